//! Rows and batches that end: nothing of them is still to come. History has the rows; shells that follow it are told of the batches, and
//! the company that wants receipts is.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use uuid::Uuid;

use super::{Actor, Ended};
use crate::credentials::Remote;
use crate::engine::book::{Item, Rest};
use crate::engine::shelf::Shelf;
use crate::error::ErrorCode;
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
            for ended in self.shelf.ended(&may_have, UnixTime::now()) {
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
    fn ended(&self, may_have: &HashSet<BatchId>, now: UnixTime) -> Vec<Ended> {
        let comes = |item: &Item| item.here && !item.removed && item.watch.is_none() && item.goes_on();
        let last = !self.book.items.iter().any(comes);
        let mut all: HashMap<BatchId, Option<Ended>> = HashMap::new();
        for item in self.book.items.iter().filter(|item| may_have.contains(&item.batch)) {
            let counts = item.counts;
            let is_over = !item.counting && counts.done() + counts.failed() + counts.cancelled() == counts.all();
            let (done, failed) = (counts.done(), counts.failed());
            let why = if failed == 1 { self.why(item.id) } else { None };
            let took = Duration::from_secs(now.0.saturating_sub(item.added.0));
            let first = || {
                let (batch, watch, destination) = (item.batch, item.watch, self.label(item.batch));
                let (item, name) = (Some(item.id), Some(item.name.to_string()));
                Some(Ended { batch, watch, destination, item, name, done, failed, why, took, last })
            };
            let and = |before: Ended| Ended {
                item: None,
                name: None,
                done: before.done + done,
                failed: before.failed + failed,
                why: before.why.or(why).filter(|_| before.failed + failed == 1),
                took: before.took.max(took),
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

    /// Why a file of a row needs the person; of the first such.
    fn why(&self, item: ItemId) -> Option<ErrorCode> {
        let mut of = self.book.slots.iter().filter(|slot| self.book.items[slot.item as usize].id == item);
        of.find_map(|slot| match slot.rest {
            Rest::Failed { code } => Some(code),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::engine::feed::{Action, Target};
    use crate::engine::fixture::{records, rows, start};
    use crate::ids::{TransferId, WatchId};
    use crate::journal::Ended;
    use crate::transfer::{OnS3, Standing, TransferState};
    use crate::units::ByteCount;

    /// A row of a gesture, with a file for each of these states; added at 100.
    fn row(shelf: &mut Shelf, id: u64, batch: u64, watch: Option<WatchId>, files: &[TransferState]) {
        let item = ItemId::new(id);
        let added = UnixTime(100);
        shelf.book.add_item(Item { watch, added, ..Item::new(item, BatchId::new(batch), "cut.mov") });
        for (nth, state) in (0u64..).zip(files) {
            let standing = Standing { state: state.clone(), on_s3: OnS3::Nothing };
            shelf.book.add(TransferId::new(id * 10 + nth), item, ByteCount(7), &standing, ByteCount::ZERO);
        }
    }

    #[test]
    fn what_ended_tells_why_one_file_needs_somebody_how_long_it_took_and_whether_it_was_the_last() {
        let failed = TransferState::Failed { code: ErrorCode::FileMissing };
        let cancelled = TransferState::Cancelled { at: UnixTime(7) };
        let ended = |shelf: &Shelf, batch: u64| {
            let mut all = shelf.ended(&HashSet::from([BatchId::new(batch)]), UnixTime(160));
            all.pop().expect("it ended")
        };
        let mut shelf = Shelf::default();
        row(&mut shelf, 1, 1, None, &[failed.clone(), cancelled]);
        let one = ended(&shelf, 1);
        assert_eq!((one.item, one.why, one.failed), (Some(ItemId::new(1)), Some(ErrorCode::FileMissing), 1));
        assert_eq!((one.took, one.last), (Duration::from_secs(60), true));
        // Two of a gesture are told by their number.
        row(&mut shelf, 2, 2, None, &[failed.clone()]);
        row(&mut shelf, 3, 2, None, &[failed]);
        let two = ended(&shelf, 2);
        assert_eq!((two.item, two.why, two.failed), (None, None, 2));
        // A watched folder never ends; what somebody added by hand does.
        row(&mut shelf, 4, 3, Some(WatchId::new(1)), &[TransferState::Queued]);
        assert!(ended(&shelf, 1).last);
        row(&mut shelf, 5, 4, None, &[TransferState::Queued]);
        assert!(!ended(&shelf, 1).last);
    }

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
