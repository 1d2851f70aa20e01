//! What lies in a watched folder against its ledger: what differs settles, what is gone is let go of.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::time::{Duration, Instant};

use super::aftermath::{HIDDEN, UPLOADED};
use super::folder::Folder;
use super::ledger::{Difference, Known, compare};
use super::record::{Aftermath, Decided};
use super::root::{self, Root};
use super::rules::Verdict;
use super::spec::{Existing, Moved};
use crate::engine::feed::PausedBy;
use crate::error::{Error, ErrorCode, Result};
use crate::file::walk::Skip;
use crate::file::{Asked, Seen, Sight, Stamp, Tree, names};
use crate::ids::WatchId;
use crate::journal::{Reader, Watched, WatchedRow, Write};
use crate::transfer::{Standing, TransferState};
use crate::units::{ByteCount, UnixTime};

/// Seconds within which the system tells of a change.
const TOLD_WITHIN: u64 = 10;
/// Lines written at a time.
const LINES: usize = 1_024;

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
        let seen = self.look_below(tree, PathBuf::new(), Scope::All { counted }).await?;
        if self.void {
            return Ok(());
        }
        let id = self.row.id;
        let on_record = self.shared.journal.read(move |reader| reader.watched_folders(id)).await?;
        for folder in on_record.into_iter().filter(|folder| !seen.contains(folder)) {
            if !self.is_left(&folder) {
                self.folder_is_gone(&folder).await?;
            }
        }
        self.known = seen;
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
                // One that cannot be read does not keep others from being; what is known of what lies in it stays.
                Err(error) => {
                    tracing::info!(watch = %self.row.id, %error, "a folder that is passed over");
                    self.passed.entry(folder.clone()).or_default().1 += 1;
                    let (id, within) = (self.row.id, folder.clone());
                    let known = self.shared.journal.read(move |reader| reader.watched_folders(id)).await?;
                    seen.extend(known.into_iter().filter(|known| known.starts_with(&within)));
                    seen.insert(folder);
                    continue;
                }
            };
            // Before those that are new: a folder that was renamed is both.
            for gone in self.gone_from(&folder, &below) {
                self.folder_is_gone(&gone).await?;
            }
            let fresh = below.into_iter().filter(|below| scope != Scope::New || !self.known.contains(below));
            open.extend(fresh);
            self.known.insert(folder.clone());
            seen.insert(folder);
        }
        Ok(seen)
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

    /// Folders that were seen in this one and are not there.
    fn gone_from(&self, folder: &Path, below: &[PathBuf]) -> Vec<PathBuf> {
        let inside = self.known.range(folder.to_owned()..).take_while(|known| known.starts_with(folder));
        let direct = inside.filter(|known| known.parent() == Some(folder) && !known.as_os_str().is_empty());
        direct.filter(|known| !below.contains(known)).cloned().collect()
    }

    /// Looks at one folder. Answers the folders in it that are looked at, too.
    async fn look_at(&mut self, tree: &Arc<Tree>, folder: &Path, counted: bool) -> Result<Vec<PathBuf>> {
        let (within, listed) = (folder.to_owned(), Arc::clone(tree));
        let begun = Instant::now();
        let list = move |asking: &crate::file::Asking| listed.list(&within, &|| asking.moves());
        let sights = self.drive.ask_for_much(Asked::Names, list).await?;
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
        let (mut settle, mut gone, mut writes) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
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
        let (mut below, mut passed) = (Vec::new(), (0, 0));
        for sight in sights {
            match &sight.what {
                Seen::Folder => below.push(folder.join(&sight.name)),
                Seen::Passed(Skip::Placeholder) => passed.0 += 1,
                Seen::Passed(Skip::Link) | Seen::Refused(_) => passed.1 += 1,
                Seen::Passed(Skip::Junk | Skip::Own) | Seen::File(_) => {}
            }
        }
        if passed == (0, 0) {
            self.passed.remove(folder);
        } else {
            self.passed.insert(folder.to_owned(), passed);
        }
        below.retain(|below| !self.is_left(below));
        below
    }

    /// Whether nothing in a folder is ever taken.
    fn is_left(&self, folder: &Path) -> bool {
        !folder.as_os_str().is_empty()
            && (folder.starts_with(UPLOADED) || self.rules.leaves_folder(&names::spelled(folder)))
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

    /// A folder is not there: nothing in it settles, and what is not sent of it never will be.
    async fn folder_is_gone(&mut self, folder: &Path) -> Result<()> {
        self.agenda.forget_below(folder);
        self.passed.retain(|known, _| !known.starts_with(folder));
        self.known.retain(|known| !known.starts_with(folder));
        self.ways.forget(folder);
        self.events.forget(folder);
        let (id, below) = (self.row.id, folder.to_owned());
        let lines = self.shared.journal.read(move |reader| reader.watched_open_below(id, &below)).await?;
        for line in &lines {
            if let Some(standing) = &line.standing {
                self.goes_on_from(line, standing);
                self.file_is_gone(line, standing).await?;
            }
        }
        Ok(())
    }

    /// A file that is on record is not there. What was sent of it stays there; what rests is given up, and forgotten, so that
    /// the same file is sent should it come back.
    async fn file_is_gone(&mut self, line: &Watched, standing: &Standing) -> Result<()> {
        let Some(transfer) = line.row.decided.transfer() else { return Ok(()) };
        let rests = matches!(
            standing.state,
            TransferState::Queued
                | TransferState::Paused { .. }
                | TransferState::Waiting { .. }
                | TransferState::Failed { .. }
        );
        // A drive that is away takes its files with it, and brings them back.
        let is_away = matches!(standing.state, TransferState::Waiting { code: ErrorCode::SourceOffline, .. });
        if rests && !is_away {
            self.shared.engine.withdraw(self.row.id, line.row.clone()).await?;
            self.failed.remove(&transfer);
        }
        Ok(())
    }

    /// What an earlier run left: a failure is tried again by itself as one of this run is, and what is done is seen to.
    fn goes_on_from(&mut self, line: &Watched, standing: &Standing) {
        if let (
            Decided::Given(id),
            TransferState::Done { .. },
            Some(Aftermath::Due { .. } | Aftermath::Taking { .. }),
        ) = (line.row.decided, &standing.state, &line.row.after)
        {
            self.done.insert(id);
        }
        if let (Some(id), TransferState::Failed { code }) = (line.row.decided.transfer(), &standing.state)
            && !self.failed.contains_key(&id)
        {
            self.fails(id, *code);
        }
    }

    /// Lines without those whose files were to be sent from where the folder lay before a person said where it lies now: nobody
    /// waits for that place, and what lies here is found anew. What a person paused rests as it is; what runs ends first.
    async fn without_those_from_elsewhere(&mut self, lines: Vec<Watched>) -> Result<Vec<Watched>> {
        if !lines.iter().any(|line| self.is_from_elsewhere(line)) {
            return Ok(lines);
        }
        let mut here = Vec::with_capacity(lines.len());
        for line in lines {
            if self.is_from_elsewhere(&line)
                && let Decided::Given(transfer) = line.row.decided
                && self.shared.engine.withdraw(self.row.id, line.row.clone()).await?
            {
                self.failed.remove(&transfer);
            } else {
                here.push(line);
            }
        }
        Ok(here)
    }

    /// Whether the transfer of a line rests, and takes its file from elsewhere.
    fn is_from_elsewhere(&self, line: &Watched) -> bool {
        let rests = matches!(
            line.standing.as_ref().map(|standing| &standing.state),
            Some(
                TransferState::Queued
                    | TransferState::Paused { by: PausedBy::Watch, .. }
                    | TransferState::Waiting { .. }
                    | TransferState::Failed { .. }
            )
        );
        let lies = || self.row.path.join(&line.row.folder).join(&line.row.name);
        rests && line.path.as_deref().is_some_and(|path| path != lies())
    }

    /// Of files that have the number of one on record, those that are that one under a new name: nothing lies under the former
    /// any more. Answers their lines.
    async fn those_that_moved(
        &self,
        tree: &Arc<Tree>,
        found: Vec<(OsString, WatchedRow)>,
    ) -> Result<BTreeMap<OsString, WatchedRow>> {
        if found.is_empty() || self.row.spec.moved == Moved::Uploaded {
            return Ok(BTreeMap::new());
        }
        let looked = Arc::clone(tree);
        let look = move |asking: &crate::file::Asking| {
            let mut moved = BTreeMap::new();
            for (name, was) in found {
                asking.moves();
                let there = looked.look_at(&was.folder, std::slice::from_ref(&was.name)).ok();
                let there = there.and_then(|stamps| stamps.into_iter().next().flatten());
                // Two names of one file are two files.
                if there.is_none_or(|there| there.file != was.stamp.file) {
                    moved.insert(name, was);
                }
            }
            Ok(moved)
        };
        self.drive.ask_for_much(Asked::Names, look).await
    }

    /// How much of what is there already is taken, for the person who is asked (rule W9).
    pub(super) async fn count_what_is_there(&mut self, tree: &Arc<Tree>) -> Result<()> {
        match self.row.spec.existing {
            Existing::Ask => {}
            Existing::All => return self.begins(Vec::new()).await,
            Existing::NewOnly => {
                let there = self.walk(tree, |_, _, _| true).await?;
                let lines =
                    there.into_iter().map(|(folder, name, stamp)| self.line(&folder, name, stamp, Decided::Existing));
                let lines = lines.collect();
                return self.begins(lines).await;
            }
        }
        let now = UnixTime::now();
        let rules = &self.rules;
        let there = self
            .walk(tree, |folder, name, stamp| {
                !matches!(rules.file(&names::spelled(&folder.join(name)), stamp, now), Verdict::Leaves(_))
            })
            .await?;
        let files = u32::try_from(there.len()).unwrap_or(u32::MAX);
        let bytes = there.iter().map(|(.., stamp)| ByteCount(stamp.size)).sum();
        self.asks_about(files, bytes);
        Ok(())
    }

    /// From now on it is watched; what these lines say was there before.
    async fn begins(&mut self, lines: Vec<Write>) -> Result<()> {
        let mut lines = lines.into_iter();
        loop {
            let chunk: Vec<_> = lines.by_ref().take(LINES).collect();
            if chunk.is_empty() {
                break;
            }
            self.shared.journal.write(chunk).await?;
        }
        let row = crate::journal::WatchRow { state: super::record::State::Watching, ..self.row.clone() };
        self.shared.journal.write(vec![Write::Watch(Box::new(row.clone()))]).await?;
        self.row = row;
        self.checks_anew();
        Ok(())
    }

    /// Every file of it that is wanted.
    async fn walk(
        &self,
        tree: &Arc<Tree>,
        wanted: impl Fn(&Path, &OsStr, Stamp) -> bool,
    ) -> Result<Vec<(PathBuf, OsString, Stamp)>> {
        let (mut open, mut found) = (vec![PathBuf::new()], Vec::new());
        while let Some(folder) = open.pop() {
            let (within, listed) = (folder.clone(), Arc::clone(tree));
            let list = move |asking: &crate::file::Asking| listed.list(&within, &|| asking.moves());
            let sights = match self.drive.ask_for_much(Asked::Names, list).await {
                Err(error) if !folder.as_os_str().is_empty() && error.code != ErrorCode::SourceOffline => {
                    tracing::info!(%error, "a folder that is passed over");
                    continue;
                }
                sights => sights?,
            };
            for sight in sights {
                match sight.what {
                    Seen::Folder if !self.is_left(&folder.join(&sight.name)) => open.push(folder.join(sight.name)),
                    Seen::File(stamp) if wanted(&folder, &sight.name, stamp) => {
                        found.push((folder.clone(), sight.name, stamp));
                    }
                    _ => {}
                }
            }
        }
        Ok(found)
    }

    pub(super) fn line(&self, folder: &Path, name: OsString, stamp: Stamp, decided: Decided) -> Write {
        let line = WatchedRow { folder: folder.to_owned(), name, stamp, decided, after: None };
        Write::Watched(self.row.id, line)
    }
}

/// Whether the system should have told of a version by now.
fn is_old(stamp: Stamp) -> bool {
    let written = u64::try_from(stamp.mtime_ns / 1_000_000_000).unwrap_or(0);
    UnixTime::now().0.saturating_sub(written) > TOLD_WITHIN
}

/// A line as it is compared with what is there.
fn known(line: &Watched) -> Known {
    let waits = matches!(
        line.standing.as_ref().map(|standing| &standing.state),
        Some(
            TransferState::Paused { by: PausedBy::Watch, .. } | TransferState::Failed { code: ErrorCode::FileChanged }
        )
    );
    Known { name: line.row.name.clone(), stamp: line.row.stamp, waits }
}

/// Files that nothing is on record of under this name, and that are on record under another: same number, size and time.
fn moved(reader: &Reader, id: WatchId, sights: &[Sight], lines: &[Watched]) -> Result<Vec<(OsString, WatchedRow)>> {
    let mut found = Vec::new();
    for sight in sights {
        let Seen::File(stamp @ Stamp { file: Some(file), .. }) = sight.what else { continue };
        if lines.binary_search_by(|line| line.row.name.cmp(&sight.name)).is_ok() {
            continue;
        }
        let same = |line: &Watched| line.row.stamp == stamp && is_at_an_end(line);
        if let Some(line) = reader.watched_as(id, file)?.into_iter().find(same) {
            found.push((sight.name.clone(), line.row));
        }
    }
    Ok(found)
}

/// Whether a file that an earlier run began to send while it was written became longer since.
fn is_longer(lines: &[Watched], name: &OsStr, is: Stamp) -> bool {
    let line = lines.binary_search_by(|line| line.row.name.as_os_str().cmp(name)).ok().map(|at| &lines[at].row);
    line.is_some_and(|line| matches!(line.decided, Decided::Growing(_)) && line.stamp.size < is.size)
}

/// Whether nothing more is to come of a version: what is still to be sent is sent from where it lies by then.
fn is_at_an_end(line: &Watched) -> bool {
    let state = line.standing.as_ref().map(|standing| &standing.state);
    match line.row.decided {
        Decided::Existing => true,
        Decided::Given(_) | Decided::Growing(_) => {
            matches!(state, Some(TransferState::Done { .. } | TransferState::Cancelled { .. }))
        }
    }
}
