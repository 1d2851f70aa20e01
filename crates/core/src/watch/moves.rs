//! Files of a watched folder that lie under another path than the one on record: within it, or because all of it does.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

use super::agenda::Ready;
use super::delivering::Is;
use super::folder::Folder;
use super::record::{Aftermath, Decided};
use super::spec::Moved;
use super::taking::is_same;
use crate::engine::feed::PausedBy;
use crate::error::{ErrorCode, Result};
use crate::file::{Asked, Seen, Sight, Stamp, Tree, open_aside};
use crate::ids::WatchId;
use crate::journal::{ALIKE_AT_MOST, Reader, TransferRow, Watched, WatchedRow, Write};
use crate::transfer::TransferState;

/// A line of the ledger, and the transfer that it is of.
type Sent = (WatchedRow, TransferRow);

impl Folder {
    /// Lines without those whose files were to be sent from where the folder lay before a person said where it lies now: nobody
    /// waits for that place, and what lies here is found anew. What a person paused rests as it is; what runs ends first.
    pub(super) async fn without_those_from_elsewhere(&mut self, lines: Vec<Watched>) -> Result<Vec<Watched>> {
        if !lines.iter().any(|line| self.is_from_elsewhere(line)) {
            return Ok(lines);
        }
        let mut here = Vec::with_capacity(lines.len());
        for line in lines {
            if self.is_from_elsewhere(&line)
                && let Decided::Given(transfer) = line.row.decided
                && self.shared.engine.withdraw(self.row.id, line.row.clone()).await?
            {
                self.failures.is_over(transfer);
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

    /// Of files that have the number of one on record, those that are that one under a new name: nothing lies under a former one
    /// any more. Answers their lines.
    pub(super) async fn those_that_moved(
        &self,
        tree: &Arc<Tree>,
        found: Vec<Renamed>,
    ) -> Result<BTreeMap<OsString, WatchedRow>> {
        if found.is_empty() || self.row.spec.moved == Moved::Uploaded {
            return Ok(BTreeMap::new());
        }
        let looked = Arc::clone(tree);
        let look = move |asking: &crate::file::Asking| {
            let is_there = |line: &WatchedRow| {
                asking.moves();
                let there = looked.look_at(&line.folder, std::slice::from_ref(&line.name)).ok();
                let there = there.and_then(|stamps| stamps.into_iter().next().flatten());
                there.is_some_and(|there| there.file == line.stamp.file)
            };
            let mut moved = BTreeMap::new();
            for Renamed { names, was, others } in found {
                // Two names of one file are two files: one that lies under a name on record moved nowhere, and each line is one
                // file's.
                if !was.iter().chain(&others).any(is_there) {
                    moved.extend(names.into_iter().zip(was));
                }
            }
            Ok(moved)
        };
        self.drive.ask_for_much(Asked::Names, look).await
    }

    /// Whether a file that is whole, and of which looking tells no number (Windows, FAT, what programs serve), is one that was sent
    /// from another place in the folder, where nothing lies any more. Then it keeps what was decided.
    pub(super) async fn is_one_that_was_sent(&mut self, file: &Ready) -> Result<Is> {
        let (folder, name, stamp) = file;
        if stamp.file.is_some() || self.row.spec.moved == Moved::Uploaded {
            return Ok(Is::New);
        }
        let (id, called, is) = (self.row.id, name.clone(), *stamp);
        let look = move |reader: &Reader| -> Result<Vec<Sent>> {
            let lines = reader.watched_alike(id, &called, is)?;
            if lines.len() > ALIKE_AT_MOST {
                return Ok(Vec::new());
            }
            lines.into_iter().filter(was_sent).filter_map(|line| with_transfer(reader, line.row).transpose()).collect()
        };
        let alike = self.shared.journal.read(look).await?;
        let mut gone = Vec::new();
        for sent in alike {
            if self.is_gone(&sent.0).await? {
                gone.push(sent);
            }
        }
        if gone.is_empty() {
            return Ok(Is::New);
        }
        let was = if let Some(at) = self.has_number_of(&folder.join(name), &gone).await? {
            Some(gone.swap_remove(at))
        } else {
            let Some(holds) = self.sums.of(file) else { return Ok(Is::Unread) };
            // Of several that hold the same it is whichever: each of them is safely there.
            gone.into_iter().find(|(_, sent)| holds.is_some() && holds == sent.crc64.zip(Some(sent.size.get())))
        };
        let Some((was, _)) = was else { return Ok(Is::New) };
        let (folder_now, name_now) = (folder.clone(), name.clone());
        let WatchedRow { folder: before, name: called, decided, after, .. } = was;
        let line = WatchedRow { folder: folder_now, name: name_now, stamp: *stamp, decided, after };
        let writes = vec![Write::Unwatched(id, before, called), Write::Watched(id, line)];
        self.shared.journal.write(writes).await?;
        self.agenda.forget(folder, name);
        Ok(Is::Known)
    }

    /// Whether nothing lies where a line says. What cannot be opened may.
    async fn is_gone(&self, was: &WatchedRow) -> Result<bool> {
        match open_aside(self.place(&was.folder.join(&was.name)), None).await {
            Err(error) if error.code == ErrorCode::SourceOffline => Err(error),
            Err(error) => Ok(error.code == ErrorCode::FileMissing),
            Ok(_) => Ok(false),
        }
    }

    /// Which of these a file is by the number that its handle tells, where that lasts.
    async fn has_number_of(&self, within: &Path, gone: &[Sent]) -> Result<Option<usize>> {
        if !cfg!(windows) {
            return Ok(None);
        }
        let is = match open_aside(self.place(within), None).await {
            Err(error) if error.code == ErrorCode::SourceOffline => return Err(error),
            Err(_) => return Ok(None),
            Ok((_, is)) => is,
        };
        let same = |(_, sent): &Sent| sent.fingerprint.as_ref().is_some_and(|before| is_same(&is, before));
        Ok(gone.iter().position(same))
    }
}

/// Whether a version was sent, and its file was not taken away after that.
fn was_sent(line: &Watched) -> bool {
    let is_done = matches!(line.standing.as_ref().map(|standing| &standing.state), Some(TransferState::Done { .. }));
    let is_taken = matches!(line.row.after, Some(Aftermath::Taking { .. } | Aftermath::Did));
    is_done && !is_taken && matches!(line.row.decided, Decided::Given(_))
}

fn with_transfer(reader: &Reader, row: WatchedRow) -> Result<Option<Sent>> {
    let Some(transfer) = row.decided.transfer() else { return Ok(None) };
    Ok(reader.transfer(transfer)?.map(|sent| (row, sent)))
}

/// A file by its number: names in one folder that nothing is on record of, and what is under others.
pub(super) struct Renamed {
    names: Vec<OsString>,
    /// Versions that are this one, and at an end.
    was: Vec<WatchedRow>,
    /// Whatever else has the number.
    others: Vec<WatchedRow>,
}

/// Files that nothing is on record of under this name, and that are on record under another: same number, size and time.
pub(super) fn moved(reader: &Reader, id: WatchId, sights: &[Sight], lines: &[Watched]) -> Result<Vec<Renamed>> {
    let mut found: BTreeMap<_, Renamed> = BTreeMap::new();
    for sight in sights {
        let Seen::File(stamp @ Stamp { size, mtime_ns, file: Some(file) }) = sight.what else { continue };
        if lines.binary_search_by(|line| line.row.name.cmp(&sight.name)).is_ok() {
            continue;
        }
        if let Some(renamed) = found.get_mut(&(file, size, mtime_ns)) {
            renamed.names.push(sight.name.clone());
            continue;
        }
        let same = |line: &Watched| line.row.stamp == stamp && is_at_an_end(line);
        let (was, others): (Vec<_>, Vec<_>) = reader.watched_as(id, file)?.into_iter().partition(same);
        if !was.is_empty() {
            let rows = |lines: Vec<Watched>| -> Vec<WatchedRow> { lines.into_iter().map(|line| line.row).collect() };
            let renamed = Renamed { names: vec![sight.name.clone()], was: rows(was), others: rows(others) };
            found.insert((file, size, mtime_ns), renamed);
        }
    }
    Ok(found.into_values().collect())
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

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(unix)]
    use crate::engine::fixture::FILE;
    use crate::ids::TransferId;
    use crate::transfer::{OnS3, Standing};
    use crate::units::UnixTime;
    #[cfg(unix)]
    use crate::watch::fixture::{NAME, watched};
    use crate::watch::spec::After;

    /// W16: what lay under one name lies under one at the most by now, and under none where another is known to have it.
    #[cfg(unix)]
    #[tokio::test]
    async fn a_file_that_got_two_names_at_once_moved_to_one_of_them_at_the_most() {
        let [home, root] = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
        let done = TransferState::Done { etag: "e".to_owned(), at: UnixTime(5) };
        let standing = Standing { state: done, on_s3: OnS3::Nothing };
        let (folder, _asks) = watched(home.path(), root.path(), |file| file.standing = standing).await;
        let [first, second] = ["b.mov", "c.mov"].map(|name| root.path().join(name));
        std::fs::write(&first, "cut").and_then(|()| std::fs::hard_link(&first, &second)).expect("made");
        let tree = Arc::new(Tree::open(root.path(), home.path()).expect("opened"));
        let stamp = tree.look_at(Path::new(""), &["b.mov".into()]).expect("looked")[0].expect("it is there");
        let line = |name: &str| {
            let (folder, name, decided) = (std::path::PathBuf::new(), name.into(), Decided::Given(FILE));
            WatchedRow { folder, name, stamp, decided, after: None }
        };
        for (on_record, wanted) in [(NAME, vec!["b.mov"]), ("c.mov", vec![])] {
            let id = folder.row.id;
            folder.shared.journal.write(vec![Write::Watched(id, line(on_record))]).await.expect("written");
            let sights = tree.list(Path::new(""), &|| {}).expect("listed");
            let look = move |reader: &Reader| moved(reader, id, &sights, &reader.watched(id, Path::new(""))?);
            let found = folder.shared.journal.read(look).await.expect("read");
            let moved = folder.those_that_moved(&tree, found).await.expect("looked");
            assert_eq!(moved.into_keys().collect::<Vec<_>>(), wanted, "{on_record} is on record");
        }
    }

    /// W7.
    #[test]
    fn only_what_was_sent_and_not_taken_away_since_can_have_moved() {
        let done = || TransferState::Done { etag: "e".to_owned(), at: UnixTime(5) };
        let given = Decided::Given(TransferId::new(1));
        let line = |decided, state, after| {
            let stamp = Stamp { size: 7, mtime_ns: 5, file: None };
            let row = WatchedRow { folder: "day".into(), name: "a.mov".into(), stamp, decided, after };
            Watched { row, standing: Some(Standing { state, on_s3: OnS3::Nothing }), path: None }
        };
        let what = After::Move;
        for after in [None, Some(Aftermath::Due { what }), Some(Aftermath::Failed { code: ErrorCode::FileInUse })] {
            assert!(was_sent(&line(given, done(), after.clone())), "{after:?}");
        }
        // The same file that is put into another folder once more is another one.
        for after in [Aftermath::Did, Aftermath::Taking { what, to: "_uploaded/a.mov".to_owned() }] {
            assert!(!was_sent(&line(given, done(), Some(after.clone()))), "{after:?}");
        }
        for state in [TransferState::Queued, TransferState::Cancelled { at: UnixTime(5) }] {
            assert!(!was_sent(&line(given, state, None)));
        }
        let nobodys = Watched { standing: None, ..line(Decided::Existing, done(), None) };
        assert!(!was_sent(&nobodys), "what was there before was never sent");
    }
}
