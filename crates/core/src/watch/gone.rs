//! What is on record of a watched folder and is not there any more: nothing of it settles, and what is not sent never will be.

use std::path::Path;

use super::folder::Folder;
use crate::error::{ErrorCode, Result};
use crate::journal::Watched;
use crate::transfer::{Standing, TransferState};

impl Folder {
    /// A folder is not there: nothing in it settles, and what is not sent of it never will be.
    pub(super) async fn folder_is_gone(&mut self, folder: &Path) -> Result<()> {
        self.agenda.forget_below(folder);
        self.passed.forget(folder);
        self.strays.retain(|_, at| !at.starts_with(folder));
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
    pub(super) async fn file_is_gone(&mut self, line: &Watched, standing: &Standing) -> Result<()> {
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
}
