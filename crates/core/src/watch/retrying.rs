//! What failed is tried again (rule W27): when its time has come, and what could not be read once it can.

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

use tokio::time::Instant;

use super::folder::Folder;
use crate::engine::feed::{Action, Target};
use crate::error::{ErrorCode, Result};
use crate::file::{Asked, Tree};
use crate::ids::TransferId;
use crate::journal::Watched;
use crate::transfer::TransferState;

impl Folder {
    /// Those whose time has come.
    pub(super) async fn try_again(&mut self) -> Result<()> {
        let now = Instant::now();
        let mut due = Vec::new();
        while let Some((at, transfer)) = self.again.first().copied()
            && at <= now
        {
            self.again.pop_first();
            // Who gave it up meanwhile, or found that it is gone, is not overruled.
            if self.failed.contains_key(&transfer) {
                due.push(Target::Transfer(transfer));
            }
        }
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
            Ok(unread.into_iter().filter(can_be_read).map(|(id, _)| Target::Transfer(id)).collect())
        };
        let readable = self.drive.ask_for_much(Asked::Names, open).await?;
        self.retry(readable).await
    }

    async fn retry(&self, these: Vec<Target>) -> Result<()> {
        if these.is_empty() { Ok(()) } else { self.shared.engine.act(Action::Retry, these).await.map(drop) }
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
