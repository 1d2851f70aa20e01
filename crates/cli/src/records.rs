//! What the records say of a command's files beside what its run told: failures that an earlier run met already, and what
//! a rule passed over. Every number of a summary has its lines.

use std::collections::HashSet;
use std::path::PathBuf;

use davit_core::engine::feed::{Outcome, RowState};
use davit_core::error::{Error, ErrorCode, Result};
use davit_core::file::names;
use davit_core::ids::{BatchId, TransferId};
use davit_core::journal::{PassedOver, Reader, StatusRow};
use davit_core::transfer::TransferState;

/// Where to look, and for what.
#[derive(Debug)]
pub(crate) struct Look {
    pub(crate) home: PathBuf,
    pub(crate) batch: BatchId,
    /// Failures that were told already; none where all of them were.
    pub(crate) but: Option<HashSet<TransferId>>,
    /// Whether something was passed over.
    pub(crate) skipped: bool,
}

/// What was not told yet.
#[derive(Debug, Default)]
pub(crate) struct Untold {
    pub(crate) failed: Vec<Outcome>,
    pub(crate) skipped: Vec<PassedOver>,
}

impl Look {
    /// Reads it from the records.
    ///
    /// # Errors
    /// The journal's.
    pub(crate) async fn read(self) -> Result<Untold> {
        if self.but.is_none() && !self.skipped {
            return Ok(Untold::default());
        }
        let read = tokio::task::spawn_blocking(move || {
            let journal = Reader::open(&self.home)?;
            let failed = match &self.but {
                Some(told) => journal.status()?.into_iter().filter_map(|row| self.failure(row, told)).collect(),
                None => Vec::new(),
            };
            let skipped = if self.skipped { journal.fates(self.batch)?.1 } else { Vec::new() };
            Ok(Untold { failed, skipped })
        });
        read.await.map_err(|e| Error::new(ErrorCode::Unexpected).source(e))?
    }

    fn failure(&self, row: StatusRow, told: &HashSet<TransferId>) -> Option<Outcome> {
        let TransferState::Failed { code } = row.standing.state else { return None };
        let ours = row.batch == self.batch && !told.contains(&row.id);
        ours.then(|| Outcome {
            id: row.id,
            batch: row.batch,
            path: names::shown(&row.path),
            key: None,
            size: row.size,
            state: RowState::Failed { code },
            etag: None,
            checksum: None,
        })
    }
}
