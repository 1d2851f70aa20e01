//! What lies in a watched folder against its ledger: what differs settles, what is gone is let go of.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::time::{Duration, Instant};

use super::aftermath::{HIDDEN, is_put_aside};
use super::below;
use super::folder::Folder;
use super::ledger::{Difference, Known, compare};
use super::moves::moved;
use super::passed::why_not;
use super::record::{Aftermath, Decided};
use super::root::{self, Root};
use super::rules::{Rule, Verdict};
use crate::engine::feed::PausedBy;
use crate::error::{Error, ErrorCode, Result};
use crate::file::{Asked, Seen, Sight, Stamp, Tree, names};
use crate::journal::{Watched, WatchedRow, Write};
use crate::transfer::{Standing, TransferState};
use crate::units::UnixTime;

/// Seconds within which the system tells of a change.
const TOLD_WITHIN: u64 = 10;

/// Which folders are looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// All of them.
    All {
        /// Whether what is found and should have been told is counted.
        counted: bool,
    },
    /// Those that were not seen before.
    New,
}

impl Folder {
    /// Looks at all of it, and at what is on record of folders that are not there. What should have been told is `counted`.
    pub(super) async fn check(&mut self, tree: &Arc<Tree>, counted: bool) -> Result<()> {
        self.events.tries_again();
        self.events.asks_anew();
        let seen = self.look_below(tree, PathBuf::new(), Scope::All { counted }).await?;
        if self.void {
            return Ok(());
        }
        self.passed.keep(&seen);
        let id = self.row.id;
        let on_record = self.shared.journal.read(move |reader| reader.watched_folders(id)).await?;
        // What is known of what lies in one that cannot be read stays.
        let is_gone =
            |folder: &&PathBuf| !seen.contains(*folder) && !self.passed.is_closed(folder) && !self.is_left(folder);
        let gone: BTreeSet<&Path> =
            on_record.iter().filter(is_gone).filter_map(|folder| top_of(folder, &seen)).collect();
        for folder in gone {
            if self.hears().await {
                return Ok(());
            }
            self.folder_is_gone(folder).await?;
        }
        for folder in &on_record {
            if self.is_left(folder) {
                self.give_up_what_waits(folder).await?;
            }
        }
        self.known = seen;
        // Whenever the system tells of one it is looked at as if it had never been seen.
        let passed = &self.passed;
        self.known.retain(|known| !passed.is_closed(known));
        Ok(())
    }

    /// Looks at a folder and at those below it: all of them, or those that were not seen before. Answers what it saw.
    pub(super) async fn look_below(
        &mut self,
        tree: &Arc<Tree>,
        folder: PathBuf,
        scope: Scope,
    ) -> Result<BTreeSet<PathBuf>> {
        let mut seen = BTreeSet::new();
        // A system that tells of all below one folder tells of what nobody looks at, too.
        let mut open = if self.is_left(&folder) { Vec::new() } else { vec![folder] };
        while let Some(folder) = open.pop() {
            if self.hears().await {
                return Ok(seen);
            }
            // Before it is listed: what is made meanwhile is told.
            self.events.watch(&self.row.path, &self.ways.real(&folder));
            let below = match self.look_at(tree, &folder, scope == Scope::All { counted: true }).await {
                Ok(below) => below,
                Err(error) if folder.as_os_str().is_empty() || error.code == ErrorCode::SourceOffline => {
                    return Err(error);
                }
                Err(error) if error.code == ErrorCode::FileMissing => {
                    // A drive that is pulled takes all of its folders with it.
                    self.is_still_there().await?;
                    self.folder_is_gone(&folder).await?;
                    continue;
                }
                // One that cannot be read does not keep others from being.
                Err(error) => {
                    let why = why_not(error.code).unwrap_or(Rule::Unreadable);
                    if self.passed.closes(&folder, why) {
                        tracing::info!(watch = %self.row.id, %error, "a folder that is passed over");
                    }
                    below::out_of(&mut self.known, &folder);
                    seen.insert(folder);
                    continue;
                }
            };
            // Before those that are new: a folder that was renamed is both.
            for gone in self.gone_from(&folder, &below) {
                if self.hears().await {
                    return Ok(seen);
                }
                self.folder_is_gone(&gone).await?;
            }
            let fresh = below.into_iter().filter(|below| scope != Scope::New || !self.known.contains(below));
            open.extend(fresh);
            self.known.insert(folder.clone());
            seen.insert(folder);
        }
        Ok(seen)
    }

    /// Nothing in a folder is taken by now: what rests until its file is whole again would for ever.
    async fn give_up_what_waits(&mut self, folder: &Path) -> Result<()> {
        let (id, within) = (self.row.id, folder.to_owned());
        let lines = self.shared.journal.read(move |reader| reader.watched(id, &within)).await?;
        for line in &lines {
            if let Some(standing) = line.standing.as_ref().filter(|standing| waits(standing)) {
                self.file_is_gone(line, standing).await?;
            }
        }
        Ok(())
    }

    /// # Errors
    /// `file-missing` where the watched folder itself is gone, or another.
    async fn is_still_there(&self) -> Result<()> {
        let (path, home, known) = (self.row.path.clone(), self.shared.home.clone(), self.row.root);
        match self.drive.ask(Asked::Names, move || root::look(&path, &home, known)).await? {
            Root::There(_) => Ok(()),
            Root::Away => Err(Error::new(ErrorCode::FileMissing).detail("the watched folder is away")),
        }
    }

    /// Folders that were seen in this one, or could not be looked into, and are not there.
    fn gone_from(&self, folder: &Path, below: &[PathBuf]) -> Vec<PathBuf> {
        let is_direct = |known: &&PathBuf| known.parent() == Some(folder) && !known.as_os_str().is_empty();
        let direct = below::inside(&self.known, folder).chain(self.passed.closed_in(folder)).filter(is_direct);
        let below: BTreeSet<_> = below.iter().collect();
        direct.filter(|known| !below.contains(known)).cloned().collect()
    }

    /// Looks at one folder. Answers the folders in it that are looked at, too.
    async fn look_at(&mut self, tree: &Arc<Tree>, folder: &Path, counted: bool) -> Result<Vec<PathBuf>> {
        let (within, listed) = (folder.to_owned(), Arc::clone(tree));
        let begun = Instant::now();
        let list = move |asking: &crate::file::Asking| listed.list(&within, &|| asking.moves());
        let sights = self.drive.ask_for_much(Asked::Names, list).await?;
        let sights = self.without_strays(folder, sights).await?;
        self.learn_ways(folder, &sights).await?;
        let (id, within) = (self.row.id, folder.to_owned());
        let (sights, lines, moved) = self
            .shared
            .journal
            .read(move |reader| {
                let lines = reader.watched(id, &within)?;
                let moved = moved(reader, id, &sights, &lines)?;
                Ok((sights, lines, moved))
            })
            .await?;
        let moved = self.those_that_moved(tree, moved).await?;
        let lines = self.without_those_from_elsewhere(lines).await?;
        let known: Vec<_> = lines.iter().map(known).collect();
        let differences = compare(&sights, &known);
        let now = Instant::now();
        let (mut settle, mut left, mut gone, mut writes) =
            (BTreeSet::new(), BTreeSet::new(), BTreeSet::new(), Vec::new());
        for difference in differences {
            let (name, stamp) = match difference {
                Difference::New(name, stamp) => match moved.get(&name) {
                    Some(was) => {
                        let line = WatchedRow { folder: folder.to_owned(), name, stamp, ..was.clone() };
                        writes.push(Write::Unwatched(self.row.id, was.folder.clone(), was.name.clone()));
                        writes.push(Write::Watched(self.row.id, line));
                        continue;
                    }
                    None => (name, stamp),
                },
                Difference::Changed(name, stamp) | Difference::Touched(name, stamp) => (name, stamp),
                Difference::Gone(name) => {
                    gone.insert(name);
                    continue;
                }
            };
            let is_recovered = counted && is_old(stamp) && !self.agenda.knows(folder, &name);
            if self.settles(folder, &name, stamp, now) {
                self.row.counters.recovered += u64::from(is_recovered);
                if is_longer(&lines, &name, stamp) {
                    self.agenda.grew(folder, &name);
                }
                settle.insert(name);
            } else {
                left.insert(name);
            }
        }
        self.agenda.keep(folder, |name| settle.contains(name));
        if !writes.is_empty() {
            self.shared.journal.write(writes).await?;
        }
        for line in &lines {
            match &line.standing {
                Some(standing) if gone.contains(&line.row.name) => {
                    // It may have another name only, which it was about to lose when an earlier run was killed.
                    self.goes_on_from(line, standing);
                    self.file_is_gone(line, standing).await?;
                }
                // By the rules it is not taken as it is by now, and so what rests for it would for ever.
                Some(standing) if left.contains(&line.row.name) && waits(standing) => {
                    self.file_is_gone(line, standing).await?;
                }
                Some(standing) => self.goes_on_from(line, standing),
                None => {}
            }
        }
        self.try_what_can_be_read(tree, folder, &lines).await?;
        self.agenda.listed(folder, begun.elapsed());
        Ok(self.below(folder, &sights))
    }

    /// Where the links of a folder lead. One that leads elsewhere by now is another folder; and of what it leads to the system is
    /// to tell, whatever is taken of the folder that it lies in.
    async fn learn_ways(&mut self, folder: &Path, sights: &[Sight]) -> Result<()> {
        for turned in self.ways.learn(folder, sights) {
            self.folder_is_gone(&turned).await?;
        }
        for behind in self.ways.behind(folder) {
            self.events.watch(&self.row.path, &behind);
        }
        Ok(())
    }

    /// The folders among what was seen that are looked at; what is passed over is counted.
    fn below(&mut self, folder: &Path, sights: &[Sight]) -> Vec<PathBuf> {
        self.passed.saw(folder, sights, &self.rules);
        let folders = sights.iter().filter(|sight| matches!(sight.what, Seen::Folder));
        folders.map(|sight| folder.join(&sight.name)).filter(|below| !self.is_left(below)).collect()
    }

    /// Whether nothing in a folder is ever taken.
    pub(super) fn is_left(&self, folder: &Path) -> bool {
        !folder.as_os_str().is_empty() && (is_put_aside(folder) || self.rules.leaves_folder(&names::spelled(folder)))
    }

    /// A file that is not on record as it is settles, if it is taken. Answers whether it does.
    fn settles(&mut self, folder: &Path, name: &OsStr, stamp: Stamp, now: Instant) -> bool {
        if name.to_string_lossy().starts_with(HIDDEN) {
            return false;
        }
        let settle = self.row.spec.settle();
        match self.rules.file(&names::spelled(&folder.join(name)), stamp, UnixTime::now()) {
            Verdict::Takes => self.agenda.saw(folder, name, stamp, now, settle),
            Verdict::Young(seconds) => {
                let from = now + Duration::from_secs(seconds).saturating_sub(settle);
                self.agenda.settles_from((folder.to_owned(), name.to_owned(), stamp), from, settle);
            }
            Verdict::Ahead(seconds) => {
                let wait = Duration::from_secs(seconds).saturating_sub(settle);
                self.agenda.waits_once((folder.to_owned(), name.to_owned(), stamp), now, wait, settle);
            }
            Verdict::Leaves(_) => {
                self.agenda.forget(folder, name);
                return false;
            }
        }
        true
    }

    /// Looks at files that may be whole by now.
    pub(super) async fn look_at_files(&mut self, tree: &Arc<Tree>, folder: &Path, files: Vec<OsString>) -> Result<()> {
        let (within, looked) = (folder.to_owned(), Arc::clone(tree));
        let look = move |asking: &crate::file::Asking| {
            asking.moves();
            let stamps = looked.look_at(&within, &files);
            stamps.map(|stamps| files.into_iter().zip(stamps).collect::<Vec<_>>())
        };
        let seen = match self.drive.ask_for_much(Asked::Names, look).await {
            Err(error) if error.code == ErrorCode::FileMissing => {
                self.agenda.forget_below(folder);
                return Ok(());
            }
            seen => seen?,
        };
        let now = Instant::now();
        for (name, stamp) in seen {
            match stamp {
                Some(stamp) => drop(self.settles(folder, &name, stamp, now)),
                None => self.agenda.forget(folder, &name),
            }
        }
        Ok(())
    }

    /// Files whose transfers stopped because of them: their folders are looked at.
    pub(super) async fn look_back(&mut self) -> Result<()> {
        for transfer in std::mem::take(&mut self.looks_again) {
            let line = self.shared.journal.read(move |reader| reader.watched_by(transfer)).await?;
            if let Some(line) = line {
                self.agenda.hint(line.row.folder, Instant::now());
            }
        }
        Ok(())
    }

    /// What an earlier run left: a failure is tried again by itself as one of this run is, and what is done is seen to.
    pub(super) fn goes_on_from(&mut self, line: &Watched, standing: &Standing) {
        if let (Decided::Given(id), TransferState::Done { .. }, Some(Aftermath::Due { .. } | Aftermath::Taking { .. })) =
            (line.row.decided, &standing.state, &line.row.after)
            && !self.stays.contains(id)
        {
            self.done.insert(id);
        }
        if let (Some(id), TransferState::Failed { code }) = (line.row.decided.transfer(), &standing.state)
            && !self.failures.has(id)
        {
            self.fails(id, *code);
        }
    }
}

/// The highest folder on the way to one that was not seen, where that one was not: all below it goes with it.
fn top_of<'a>(folder: &'a Path, seen: &BTreeSet<PathBuf>) -> Option<&'a Path> {
    folder.ancestors().take_while(|above| !seen.contains(*above)).last()
}

/// Whether the system should have told of a version by now.
fn is_old(stamp: Stamp) -> bool {
    let written = u64::try_from(stamp.mtime_ns / 1_000_000_000).unwrap_or(0);
    UnixTime::now().0.saturating_sub(written) > TOLD_WITHIN
}

/// A line as it is compared with what is there.
fn known(line: &Watched) -> Known {
    let waits = line.standing.as_ref().is_some_and(waits);
    Known { name: line.row.name.clone(), stamp: line.row.stamp, waits }
}

/// Whether a transfer rests until its file is whole again.
const fn waits(standing: &Standing) -> bool {
    matches!(
        standing.state,
        TransferState::Paused { by: PausedBy::Watch, .. } | TransferState::Failed { code: ErrorCode::FileChanged }
    )
}

/// Whether a file that an earlier run began to send while it was written became longer since.
fn is_longer(lines: &[Watched], name: &OsStr, is: Stamp) -> bool {
    let line = lines.binary_search_by(|line| line.row.name.as_os_str().cmp(name)).ok().map(|at| &lines[at].row);
    line.is_some_and(|line| matches!(line.decided, Decided::Growing(_)) && line.stamp.size < is.size)
}
