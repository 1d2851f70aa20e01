//! Files that are sent while they are written (rule W21): what is there of them, part by part behind the write head. The object
//! comes of it once the file is whole and was read again.

use super::agenda::Ready;
use super::folder::Folder;
use super::record::Decided;
use super::rules::Verdict;
use crate::engine::Redelivered;
use crate::engine::feed::PausedBy;
use crate::error::Result;
use crate::file::names;
use crate::journal::{Watched, WatchedRow};
use crate::limits;
use crate::transfer::TransferState;
use crate::units::{ByteCount, UnixTime};

impl Folder {
    /// Gives the engine what became longer by a part at least.
    pub(super) async fn send_what_grows(&mut self) -> Result<()> {
        let grown = self.agenda.take_grown();
        if !self.row.spec.while_written || grown.is_empty() || self.is_shut() {
            return Ok(());
        }
        let mut new = Vec::new();
        for (file, line) in self.with_lines(grown).await? {
            let part = limits::growing_part_size(ByteCount(file.2.size))?.get();
            if file.2.size < part || !self.may_grow(&file) {
                continue;
            }
            match line {
                Some(Watched { row, standing: Some(standing), .. }) if !is_over(&standing.state) => {
                    let is_next = matches!(row.decided, Decided::Growing(_)) && goes_on(&standing.state);
                    if is_next && file.2.size / part > row.stamp.size / part {
                        let line = WatchedRow { stamp: file.2, ..row };
                        if self.shared.engine.redeliver(self.row.id, line).await? == Redelivered::Runs {
                            // Once what was there before is sent.
                            self.agenda.grew(&file.0, &file.1);
                        }
                    }
                }
                // Whoever gave it up waits for the whole file.
                Some(Watched { row, standing: Some(_), .. }) if matches!(row.decided, Decided::Growing(_)) => {}
                _ => new.push(file),
            }
        }
        if new.is_empty() { Ok(()) } else { self.hand_over(&new, true).await }
    }

    /// Whether the rules take it as it is: how large it becomes, nobody knows.
    fn may_grow(&self, (folder, name, stamp): &Ready) -> bool {
        let verdict = self.rules.file(&names::spelled(&folder.join(name)), *stamp, UnixTime::now());
        !matches!(verdict, Verdict::Leaves(_))
    }
}

/// Whether it rests until there is more of it, or does by itself soon. What failed has times of its own.
const fn goes_on(state: &TransferState) -> bool {
    !matches!(state, TransferState::Failed { .. } | TransferState::Paused { by: PausedBy::You, .. })
}

const fn is_over(state: &TransferState) -> bool {
    matches!(state, TransferState::Done { .. } | TransferState::Cancelled { .. })
}
