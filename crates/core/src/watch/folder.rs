//! The task of one watched folder: it sleeps until its next deadline, a hint or a question, and then does what is due.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Duration, Instant};

use super::agenda::Agenda;
use super::card::{Card, Doing, Notices, Warning};
use super::checks::{self, Checks, Clocks};
use super::drive::Drive;
use super::due::Due;
use super::events::Events;
use super::evidence::Picked;
use super::looking::Scope;
use super::owner::Owner;
use super::passed::Passed;
use super::presence::Presence;
use super::reading::Sums;
use super::record::State;
use super::retrying::Failures;
use super::rules::Rules;
use super::stays::Stays;
use super::tally::Tally;
use super::ways::Ways;
use crate::engine::Engine;
use crate::error::{ErrorCode, Result};
use crate::ids::TransferId;
use crate::journal::{Journal, WatchRow, Write};
use crate::transfer::TransferState;
use crate::units::UnixTime;

/// How often a folder that is away is looked for (rule W15).
pub(super) const AWAY: Duration = Duration::from_secs(5);
/// After a failure that is none of the folder's.
pub(super) const LATER: Duration = Duration::from_secs(5);

/// What all watched folders share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) engine: Engine,
    pub(super) journal: Journal,
    pub(super) home: PathBuf,
}

/// What is asked of a watched folder.
pub(super) enum Ask {
    /// It is to be so from now on. Answered once that is on record.
    Change(Change, oneshot::Sender<Result<()>>),
    /// All of it is to be checked now. Answered once it was.
    Check(oneshot::Sender<()>),
    /// A transfer of it came to rest.
    Rested(TransferId, TransferState),
}

/// What becomes of a row.
pub(super) type Change = Box<dyn FnOnce(&mut WatchRow) + Send>;

/// A watched folder.
pub(super) struct Folder {
    pub(super) shared: Arc<Shared>,
    pub(super) row: WatchRow,
    pub(super) rules: Rules,
    pub(super) agenda: Agenda,
    pub(super) drive: Drive,
    pub(super) presence: Presence,
    pub(super) asks: mpsc::UnboundedReceiver<Ask>,
    pub(super) card: watch::Sender<Card>,
    pub(super) events: Events,
    /// Folders that were seen.
    pub(super) known: BTreeSet<PathBuf>,
    /// What was passed over in them, and those that could not be looked into.
    pub(super) passed: Passed,
    /// The links among them that are followed.
    pub(super) ways: Ways,
    pub(super) failures: Failures,
    /// Transfers whose files may be other versions by now, or gone.
    pub(super) looks_again: BTreeSet<TransferId>,
    /// Transfers that are safely there, of which something may be to become.
    pub(super) done: Due,
    /// Those of which that could not be done: they stay where they are until they are tried again.
    pub(super) stays: Stays,
    /// Files that have the name of one that is being deleted, and the folder that each was seen in.
    pub(super) strays: BTreeMap<OsString, PathBuf>,
    /// Files that were uploaded and could not be moved, say.
    pub(super) warned: BTreeMap<TransferId, Warning>,
    pub(super) owner: Option<Owner>,
    /// What tells whether it is the folder that it was, while it is away.
    pub(super) picked: Option<Picked>,
    pub(super) doing: Doing,
    pub(super) problem: Option<ErrorCode>,
    pub(super) last_done: Option<UnixTime>,
    pub(super) last_event: Option<UnixTime>,
    pub(super) checks: Checks,
    /// Whether something else is wanted since a look began: what it found says nothing.
    pub(super) void: bool,
    /// Nothing is done before that.
    pub(super) not_before: Option<Instant>,
    pub(super) tally: Tally,
    clocks: Clocks,
    /// When it is looked at whether its hours began or are over.
    pub(super) clock: Instant,
    /// Whether what is in line rests for the hours, where that is known.
    pub(super) rests: Option<bool>,
    /// What was read of files to tell whether they are new.
    pub(super) sums: Sums,
}

impl Folder {
    pub(super) fn new(
        shared: Arc<Shared>,
        row: WatchRow,
        rules: Rules,
        (asks, card, events): (mpsc::UnboundedReceiver<Ask>, watch::Sender<Card>, Events),
    ) -> Self {
        let drive = Drive::of(&row.path);
        Self {
            shared,
            row,
            rules,
            agenda: Agenda::default(),
            drive,
            presence: Presence::from(Instant::now()),
            asks,
            card,
            events,
            known: BTreeSet::new(),
            passed: Passed::default(),
            ways: Ways::default(),
            failures: Failures::default(),
            looks_again: BTreeSet::new(),
            done: Due::default(),
            stays: Stays::default(),
            strays: BTreeMap::new(),
            warned: BTreeMap::new(),
            owner: None,
            picked: None,
            doing: Doing::Checking,
            problem: None,
            last_done: None,
            last_event: None,
            checks: Checks::from(Instant::now()),
            void: false,
            not_before: None,
            tally: Tally::default(),
            clocks: Clocks::at(UnixTime::now(), Instant::now()),
            clock: Instant::now(),
            rests: None,
            sums: Sums::default(),
        }
    }

    /// Watches until nobody asks any more.
    pub(super) async fn run(mut self) {
        self.knows_its_drive().await;
        loop {
            self.work().await;
            self.publish().await;
            let next = self.next();
            tokio::select! {
                ask = self.asks.recv() => match ask {
                    Some(ask) => {
                        self.asked(ask).await;
                    }
                    None => return,
                },
                hints = self.events.next() => self.hinted(hints),
                () = until(next) => {}
            }
            if self.clocks.slept(UnixTime::now(), Instant::now()) {
                self.begins_anew();
            }
        }
    }

    /// The computer slept, say, or its drive was away: nothing that was told before is believed until all of it was checked, and of
    /// what comes the system is to tell anew.
    pub(super) fn begins_anew(&mut self) {
        self.events.rest();
        self.checks.nothing_is_told();
        self.clock = Instant::now();
        self.checks_anew();
    }

    /// Nothing that was known of the folder where it lay holds where it lies now.
    pub(super) fn lies_elsewhere(&mut self, path: &Path) {
        (self.drive, self.owner) = (Drive::of(path), None);
        self.events.rest();
        self.known.clear();
        self.passed = Passed::default();
    }

    /// All of it is looked at as if nothing were known.
    pub(super) fn checks_anew(&mut self) {
        self.checks.anew(Instant::now());
        self.not_before = None;
    }

    async fn work(&mut self) {
        let now = Instant::now();
        if self.not_before.is_some_and(|at| now < at) {
            return;
        }
        self.not_before = None;
        self.void = false;
        // Also of what is in line while the folder rests.
        if self.hours_at().is_some_and(|at| at <= now)
            && let Err(error) = self.keep_hours().await
        {
            tracing::warn!(watch = %self.row.id, %error, "the hours of a watched folder could not be kept yet");
            self.clock = Instant::now() + LATER;
        }
        match self.row.state {
            State::Paused { since, .. } => {
                self.rests(Doing::Paused { since });
                return;
            }
            State::Stopped => return,
            State::Asks | State::Watching => {}
        }
        let done = if self.is_due(now) {
            self.do_what_is_due(now).await
        } else if self.looks_for_it().is_some_and(|at| at <= now) {
            self.there().await.map(drop)
        } else {
            return;
        };
        match done {
            Ok(()) => {}
            // The drive says so, or the folder is gone in the midst.
            Err(error) if matches!(error.code, ErrorCode::SourceOffline | ErrorCode::FileMissing) => {
                if error.code == ErrorCode::SourceOffline {
                    self.drive.is_away(true);
                }
                self.is_away();
            }
            Err(error) => {
                tracing::warn!(watch = %self.row.id, %error, "a watched folder could not be looked at");
                self.problem = Some(error.code);
                self.checks.cannot_be_now();
                self.tally.is_stale();
                // What was to be looked at may be forgotten.
                self.checks_anew();
                self.not_before = Some(Instant::now() + LATER);
            }
        }
    }

    fn is_due(&self, now: Instant) -> bool {
        let due = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        self.checks.due() <= now
            || due(self.agenda.next())
            || (due(self.failures.next()) && !self.is_shut())
            || !self.looks_again.is_empty()
            || self.has_done(now)
            // What is whole waits for its hours, or for what else is to go with it.
            || (self.agenda.has_ready() && !self.is_shut())
    }

    /// When it is looked whether the folder is there, though nothing is to be done in it. Where it is looked at anyhow, that tells.
    fn looks_for_it(&self) -> Option<Instant> {
        let is_told = self.checks.are_done() && self.events.notices() == Notices::Live;
        is_told.then(|| self.presence.due())
    }

    /// Whether there is a file of which something may be to become by now.
    fn has_done(&self, now: Instant) -> bool {
        !self.done.is_empty() || self.stays.next().is_some_and(|at| at <= now)
    }

    async fn do_what_is_due(&mut self, now: Instant) -> Result<()> {
        let Some(tree) = self.there().await? else { return Ok(()) };
        if self.row.state == State::Asks {
            self.count_what_is_there(&tree).await?;
            if !self.void && self.row.state == State::Asks {
                self.checks.counted(now, Instant::now(), self.pause_until_check());
            }
            return Ok(());
        }
        self.keep_hours().await?;
        self.look_back().await?;
        if self.checks.due() <= now {
            if !self.checks.are_done() {
                self.doing = Doing::Checking;
                self.publish().await;
            }
            let counted = self.checks.should_be_told() && self.events.notices() == Notices::Live;
            self.check(&tree, counted).await?;
            if self.void {
                return Ok(());
            }
            self.checks.checked(now, Instant::now(), self.pause_until_check());
            self.row.counters.checked = Some(UnixTime::now());
            self.shared.journal.write(vec![Write::Watch(Box::new(self.row.clone()))]).await?;
            self.checks.are_answered();
        }
        for folder in self.agenda.take_hinted(Instant::now()) {
            self.look_below(&tree, folder, Scope::New).await?;
            if self.void {
                return Ok(());
            }
        }
        for (folder, files) in self.agenda.take_due(Instant::now()) {
            self.look_at_files(&tree, &folder, files).await?;
        }
        self.send_what_grows().await?;
        if !self.is_shut() {
            self.try_again().await?;
        }
        drop(tree);
        // What is new waits for nothing that was sent.
        self.deliver().await?;
        if !self.void && self.has_done(now) {
            let Some(tree) = self.there().await? else { return Ok(()) };
            self.see_to_what_is_done(&tree).await?;
        }
        if self.void {
            return Ok(());
        }
        // It may be looked at from now on instead of being told of.
        self.checks.are_due_by(Instant::now() + self.pause_until_check());
        if self.failures.is_empty() {
            self.problem = None;
        }
        self.doing = Doing::Watching;
        self.tally.is_stale();
        Ok(())
    }

    /// Nothing is forgotten: it is found again once the folder is.
    pub(super) fn is_away(&mut self) {
        self.is_looked_for(false);
    }

    /// The same, where an `other` folder may stand in its place.
    pub(super) fn is_looked_for(&mut self, other: bool) {
        self.rests(Doing::Away { other });
        self.checks_anew();
        self.not_before = Some(Instant::now() + AWAY);
    }

    pub(super) const fn is_elsewhere(&self) -> bool {
        matches!(self.doing, Doing::Elsewhere { .. })
    }

    pub(super) fn rests(&mut self, doing: Doing) {
        self.checks.cannot_be_now();
        if self.doing == doing {
            return;
        }
        self.doing = doing;
        self.checks.nothing_is_told();
        self.agenda = Agenda::default();
        self.events.rest();
        self.known.clear();
        self.passed = Passed::default();
        self.ways = Ways::default();
        self.owner = None;
        self.tally.is_stale();
    }

    fn pause_until_check(&self) -> Duration {
        checks::pause(self.events.notices(), rand::random_range(0.0..1.0))
    }

    fn next(&self) -> Option<Instant> {
        match self.row.state {
            State::Paused { .. } => return [self.tally.due(), self.hours_at()].into_iter().flatten().min(),
            State::Stopped => return self.tally.due(),
            State::Asks | State::Watching => {}
        }
        if let Some(at) = self.not_before {
            return Some(at);
        }
        let all = [
            Some(self.checks.due()),
            self.agenda.next(),
            // Outside its hours nothing is tried again: they begin at a time of their own.
            self.failures.next().filter(|_| !self.is_shut()),
            self.hours_at(),
            self.stays.next(),
            self.tally.due(),
            self.looks_for_it(),
        ];
        let reads = self.agenda.to_read().is_some() && !self.is_shut();
        let now = (reads || !self.looks_again.is_empty() || !self.done.is_empty()).then(Instant::now);
        all.into_iter().flatten().chain(now).min()
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
