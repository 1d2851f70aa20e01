//! Files of a watched folder that lie under another path than the one on record: within it, or because all of it does.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::Arc;

use super::folder::Folder;
use super::record::Decided;
use super::spec::Moved;
use crate::engine::feed::PausedBy;
use crate::error::Result;
use crate::file::{Asked, Seen, Sight, Stamp, Tree};
use crate::ids::WatchId;
use crate::journal::{Reader, Watched, WatchedRow};
use crate::transfer::TransferState;

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
    pub(super) async fn those_that_moved(
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
}

/// Files that nothing is on record of under this name, and that are on record under another: same number, size and time.
pub(super) fn moved(
    reader: &Reader,
    id: WatchId,
    sights: &[Sight],
    lines: &[Watched],
) -> Result<Vec<(OsString, WatchedRow)>> {
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
