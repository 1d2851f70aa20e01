//! Rows and batches that end: nothing of them is still to come. History has the rows; shells that follow it are told of the batches, and
//! the company that wants receipts is.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::{Actor, Ended};
use crate::credentials::Remote;
use crate::engine::book::Item;
use crate::engine::shelf::Shelf;
use crate::ids::{BatchId, ItemId};
use crate::journal::{Ending, Write};
use crate::units::UnixTime;

impl Actor {
    /// A row may be at its end, and its batch with it.
    pub(super) fn may_end(&mut self, item: ItemId, batch: BatchId) {
        self.over.insert(item);
        self.ending.insert(batch);
    }

    /// Puts on record which rows came to their end since the last tick. What does not live to is made up for when the records
    /// are opened next.
    pub(super) async fn enter_history(&mut self) {
        // Where they stand has to be on record first.
        if self.over.is_empty() || !self.owed.is_empty() {
            return;
        }
        let may_be: Vec<_> = self.over.drain().collect();
        let is_over = |id: &ItemId| self.shelf.book.item(*id).is_some_and(Item::is_at_end);
        let over: Vec<_> = may_be.into_iter().filter(is_over).collect();
        if over.is_empty() {
            return;
        }
        if let Err(error) = self.shared.journal.write(over.iter().copied().map(Write::History).collect()).await {
            tracing::debug!(%error, "what ended is not in history yet");
            self.over.extend(over);
        }
    }

    /// Tells which batches ended since the last tick, and puts it on record.
    pub(super) async fn note_endings(&mut self) {
        let may_have = std::mem::take(&mut self.ending);
        self.ends.retain(|ends| !ends.is_closed());
        if !self.ends.is_empty() && !may_have.is_empty() {
            for ended in self.shelf.ended(&may_have) {
                self.ends.iter().for_each(|ends| drop(ends.send(ended.clone())));
            }
        }
        let may_have: HashSet<BatchId> = may_have.into_iter().chain(self.unnoted.drain()).collect();
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
            // Whoever follows it heard of them then, or was not there.
            self.unnoted.extend(open);
        }
    }

    fn is_at_end(&self, batch: BatchId) -> bool {
        self.shelf.book.items.iter().filter(|item| item.batch == batch).all(Item::is_at_end)
    }
}

impl Shelf {
    /// Those of these batches that are at their end, and of which something came to anything.
    fn ended(&self, may_have: &HashSet<BatchId>) -> Vec<Ended> {
        let mut all: HashMap<BatchId, Option<Ended>> = HashMap::new();
        for item in self.book.items.iter().filter(|item| may_have.contains(&item.batch)) {
            let counts = item.counts;
            let is_over = !item.counting && counts.done() + counts.failed() + counts.cancelled() == counts.all();
            let (done, failed) = (counts.done(), counts.failed());
            let first = || {
                let (batch, watch, destination) = (item.batch, item.watch, self.label(item.batch));
                Some(Ended { batch, watch, destination, name: Some(item.name.to_string()), done, failed })
            };
            let and = |before: Ended| Ended {
                name: None,
                done: before.done + done,
                failed: before.failed + failed,
                ..before
            };
            let now = match all.remove(&item.batch) {
                _ if !is_over => None,
                None => first(),
                Some(before) => before.map(and),
            };
            all.insert(item.batch, now);
        }
        all.into_values().flatten().filter(|ended| ended.done + ended.failed > 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::engine::feed::{Action, Target};
    use crate::engine::fixture::{records, rows, start};
    use crate::journal::Ended;
    use crate::transfer::Standing;

    #[tokio::test]
    async fn a_row_that_ended_is_in_history_until_it_goes_on_and_stays_there_when_it_is_taken_off_the_list() {
        let home = tempfile::tempdir().expect("a folder");
        let records = records(home.path(), rows(Path::new("/cut.mov"), Standing::NEW)).await;
        let mut actor = Actor::new(start(home.path(), records));
        let row = vec![Target::Item(ItemId::new(1))];
        for (action, ended) in [
            (Action::Pause, None),
            (Action::Cancel, Some(Ended::Cancelled)),
            (Action::Undo, None),
            (Action::Cancel, Some(Ended::Cancelled)),
            (Action::Remove, Some(Ended::Cancelled)),
        ] {
            let news = actor.shared.journal.history();
            actor.act(action, row.clone()).await.expect("done");
            actor.enter_history().await;
            assert!(actor.over.is_empty(), "{action:?}");
            let entry = actor.shared.journal.read(|journal| journal.history_of(ItemId::new(1))).await.expect("read");
            assert_eq!(entry.map(|entry| entry.result), ended, "{action:?}");
            let is_news = matches!(action, Action::Cancel | Action::Undo);
            assert_eq!(actor.shared.journal.history() != news, is_news, "{action:?}");
        }
    }
}
