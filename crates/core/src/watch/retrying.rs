//! What failed is tried again (rule W27): when its time has come, and what could not be read once it can.

use std::collections::{BTreeSet, HashMap};
use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

use tokio::time::Instant;

use super::backoff::{Again, again};
use super::folder::Folder;
use crate::error::{ErrorCode, Result};
use crate::file::{Asked, Tree};
use crate::ids::TransferId;
use crate::journal::Watched;
use crate::transfer::TransferState;

/// Transfers that failed, and when they are tried again.
#[derive(Debug, Default)]
pub(super) struct Failures {
    /// How often each failed in a row.
    times: HashMap<TransferId, u32>,
    again: BTreeSet<(Instant, TransferId)>,
}

impl Failures {
    /// One failed: it is tried again by itself, or once its file changes.
    pub(super) fn fails(&mut self, transfer: TransferId, code: ErrorCode, now: Instant) {
        let times = self.times.entry(transfer).or_default();
        *times += 1;
        if let Again::After(pause) = again(code, *times) {
            self.again.insert((now + pause, transfer));
        }
    }

    /// It did not any more, or was given up.
    pub(super) fn is_over(&mut self, transfer: TransferId) {
        self.times.remove(&transfer);
    }

    /// Whether it failed.
    pub(super) fn has(&self, transfer: TransferId) -> bool {
        self.times.contains_key(&transfer)
    }

    /// Whether none did.
    pub(super) fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// When the first of them is tried again.
    pub(super) fn next(&self) -> Option<Instant> {
        self.again.first().map(|(at, _)| *at)
    }

    /// Those whose time has come.
    fn take_due(&mut self, now: Instant) -> Vec<TransferId> {
        let mut due = Vec::new();
        while let Some((at, transfer)) = self.again.first().copied()
            && at <= now
        {
            self.again.pop_first();
            // Who gave it up meanwhile, or found that it is gone, is not overruled.
            if self.has(transfer) {
                due.push(transfer);
            }
        }
        due
    }
}

impl Folder {
    /// Those whose time has come.
    pub(super) async fn try_again(&mut self) -> Result<()> {
        let due = self.failures.take_due(Instant::now());
        self.retry(due).await
    }

    /// Those of a folder that may be read by now: other rights make no other version of a file.
    pub(super) async fn try_what_can_be_read(
        &mut self,
        tree: &Arc<Tree>,
        folder: &Path,
        lines: &[Watched],
    ) -> Result<()> {
        let unread: Vec<_> = lines.iter().filter_map(unread).collect();
        if unread.is_empty() || self.is_shut() {
            return Ok(());
        }
        let (tree, folder) = (Arc::clone(tree), folder.to_owned());
        let open = move |asking: &crate::file::Asking| {
            let can_be_read = |(_, name): &(TransferId, OsString)| {
                asking.moves();
                tree.fingerprint(&folder.join(name)).is_ok()
            };
            Ok(unread.into_iter().filter(can_be_read).map(|(id, _)| id).collect())
        };
        let readable = self.drive.ask_for_much(Asked::Names, open).await?;
        self.retry(readable).await
    }

    async fn retry(&self, these: Vec<TransferId>) -> Result<()> {
        if these.is_empty() { Ok(()) } else { self.shared.engine.try_again(these).await }
    }
}

fn unread(line: &Watched) -> Option<(TransferId, OsString)> {
    let failed = line.standing.as_ref().map(|standing| &standing.state);
    match (line.row.decided.transfer(), failed) {
        (Some(id), Some(TransferState::Failed { code: ErrorCode::FileUnreadable })) => {
            Some((id, line.row.name.clone()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Duration;

    use super::*;
    use crate::engine::feed::{Action, Target};
    use crate::engine::fixture::FILE;
    use crate::transfer::{OnS3, Standing};
    use crate::watch::fixture::{stands, watched};
    use crate::watch::folder::Ask;

    /// What waiting mends.
    const CODE: ErrorCode = ErrorCode::ReadError;

    fn failed() -> Standing {
        Standing { state: TransferState::Failed { code: CODE }, on_s3: OnS3::Nothing }
    }

    /// W27.
    #[tokio::test]
    async fn what_failed_is_tried_again_by_itself_once_its_time_has_come() {
        let home = tempfile::tempdir().expect("a folder");
        let (mut folder, _asks) = watched(home.path(), home.path(), |file| file.standing = failed()).await;
        let begun = Instant::now();
        folder.fails(FILE, CODE);
        let (at, _) = folder.failures.again.first().copied().expect("it has a time");
        assert!(at >= begun + Duration::from_secs(30));
        folder.try_again().await.expect("asked");
        assert!(matches!(stands(&folder).await, TransferState::Failed { code: CODE }), "before its time");
        folder.failures.again = [(Instant::now(), FILE)].into();
        folder.try_again().await.expect("asked");
        assert!(matches!(stands(&folder).await, TransferState::Queued), "it is in line again");
        assert!(folder.failures.again.is_empty(), "once");
        folder.fails(FILE, ErrorCode::AccessDenied);
        assert!(folder.failures.again.is_empty(), "what no waiting mends has no time");
    }

    /// W27: a timer that runs takes back nothing that a person gave up.
    #[tokio::test]
    async fn what_failed_and_was_given_up_is_not_tried_again() {
        let home = tempfile::tempdir().expect("a folder");
        let (mut folder, _asks) = watched(home.path(), home.path(), |file| file.standing = failed()).await;
        folder.fails(FILE, CODE);
        let mut rested = folder.shared.engine.follow();
        let given_up = folder.shared.engine.act(Action::Cancel, vec![Target::Transfer(FILE)]).await;
        assert_eq!(given_up.expect("done").count, 1);
        folder.failures.again = [(Instant::now(), FILE)].into();
        folder.try_again().await.expect("asked");
        let before = stands(&folder).await;
        assert!(matches!(before, TransferState::Cancelled { .. }), "before the folder hears of it: {before:?}");
        let told = rested.try_recv().expect("the folder is told");
        folder.asked(Ask::Rested(told.transfer, told.state)).await;
        folder.failures.again = [(Instant::now(), FILE)].into();
        folder.try_again().await.expect("asked");
        let stands = stands(&folder).await;
        assert!(matches!(stands, TransferState::Cancelled { .. }), "{stands:?}");
    }
}
