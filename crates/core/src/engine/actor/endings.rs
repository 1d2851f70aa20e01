//! Batches that end: nothing of them is still to come. The company that wants receipts is told.

use std::collections::HashSet;

use uuid::Uuid;

use super::Actor;
use crate::credentials::Remote;
use crate::ids::BatchId;
use crate::journal::{Ending, Write};
use crate::units::UnixTime;

impl Actor {
    /// Puts on record which batches ended since the last tick.
    pub(super) async fn note_endings(&mut self) {
        let may_have: HashSet<BatchId> = self.ending.drain().chain(self.unnoted.drain()).collect();
        if !self.shared.routes.wants_receipts() {
            return;
        }
        // What went to a place without a company is no company's business. One of which nothing could be taken is not on the
        // shelf, and was given here.
        let companys = |batch: &BatchId| {
            let known = self.shelf.batches.get(batch);
            known.is_none_or(|batch| batch.remote.as_ref().is_some_and(Remote::is_company))
        };
        let ended: Vec<_> = may_have.into_iter().filter(|batch| companys(batch) && self.is_at_end(*batch)).collect();
        if ended.is_empty() {
            return;
        }
        let at = UnixTime::now();
        let writes = ended.iter().map(|&batch| Write::Ending(Ending { id: Uuid::new_v4(), batch, at }));
        match self.shared.journal.write(writes.collect()).await {
            Ok(()) => self.receipts.wanted(),
            Err(error) => {
                tracing::debug!(%error, "the end of a batch is not on record yet");
                self.unnoted.extend(ended);
            }
        }
    }

    /// Batches whose end an earlier run did not live to put on record.
    pub(super) async fn look_for_endings(&mut self) {
        let here = self.shelf.book.items.iter().filter(|item| item.here).map(|item| item.batch);
        let mut batches: Vec<_> = here.collect();
        batches.dedup();
        let look = move |journal: &crate::journal::Reader| {
            let mut open = Vec::new();
            for batch in batches {
                if !journal.has_ended(batch)? {
                    open.push(batch);
                }
            }
            Ok(open)
        };
        if let Ok(open) = self.shared.journal.read(look).await {
            self.ending.extend(open);
        }
    }

    fn is_at_end(&self, batch: BatchId) -> bool {
        let mut items = self.shelf.book.items.iter().filter(|item| item.batch == batch);
        items.all(|item| {
            let counts = item.counts;
            !item.counting && counts.done() + counts.failed() + counts.cancelled() == counts.all()
        })
    }
}
