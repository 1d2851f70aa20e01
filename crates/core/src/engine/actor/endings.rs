//! Rows and batches that end: nothing of them is still to come. History has the rows; shells that follow it are told of the batches,
//! also of the first problem of one that goes on, and the company that wants receipts is told of the ends.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use uuid::Uuid;

use super::Actor;
use crate::credentials::Remote;
use crate::engine::book::{Item, Rest};
use crate::engine::shelf::Shelf;
use crate::engine::{Ended, News, Stumbled};
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

    /// Tells which batches ended since the last tick, and which have their first problem, and puts the ends on record.
    pub(super) async fn note_endings(&mut self) {
        let may_have = std::mem::take(&mut self.ending);
        self.news.retain(|news| !news.is_closed());
        if !self.news.is_empty() && !may_have.is_empty() {
            for news in self.news_of(&may_have) {
                self.news.iter().for_each(|told| drop(told.send(news.clone())));
            }
        }
        let may_have: HashSet<BatchId> = may_have.into_iter().chain(self.unnoted.drain()).collect();
        if may_have.is_empty() || !self.shared.routes.wants_receipts() {
            return;
        }
        // What went to a place without a company is no company's business. One of which nothing could be taken is not on the
        // shelf, and was given here.
        let companys = |batch: &BatchId| {
            let known = self.shelf.batches.get(batch);
            known.is_none_or(|batch| batch.remote.as_ref().is_some_and(Remote::is_company))
        };
        let mut ended: HashSet<BatchId> = may_have.into_iter().filter(companys).collect();
        for item in self.shelf.book.items.iter().filter(|item| !item.is_at_end()) {
            ended.remove(&item.batch);
        }
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

    /// What is told of these batches. One that ended may have a first problem once more, where a person tries it again.
    fn news_of(&mut self, may_have: &HashSet<BatchId>) -> Vec<News> {
        let mut news = Vec::new();
        for (batch, (ended, is_over)) in self.shelf.gestures(may_have, UnixTime::now()) {
            if is_over {
                self.stumbled.remove(&batch);
                if ended.done + ended.failed > 0 {
                    news.push(News::Ended(ended));
                }
            } else if ended.failed > 0 && self.stumbled.insert(batch) {
                let Ended { destination, failed, why, .. } = ended;
                let (item, name) = if failed == 1 { self.shelf.failed_file(batch) } else { (None, None) };
                news.push(News::Stumbled(Stumbled { batch, destination, item, name, failed, why }));
            }
        }
        news
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
}

impl Shelf {
    /// How far these batches are, and whether nothing of them is still to come.
    fn gestures(&self, wanted: &HashSet<BatchId>, now: UnixTime) -> HashMap<BatchId, (Ended, bool)> {
        let comes = |item: &Item| item.here && !item.removed && item.watch.is_none() && item.goes_on();
        let last = !self.book.items.iter().any(comes);
        let mut all: HashMap<BatchId, (Ended, bool)> = HashMap::new();
        for item in self.book.items.iter().filter(|item| wanted.contains(&item.batch)) {
            let (done, failed, is_over) = (item.counts.done(), item.counts.failed(), item.is_at_end());
            let took = Duration::from_secs(now.0.saturating_sub(item.added.0));
            let one = all.entry(item.batch);
            one.and_modify(|(before, all_over)| {
                before.item = None;
                before.name = None;
                before.done += done;
                before.failed += failed;
                before.took = before.took.max(took);
                *all_over &= is_over;
            })
            .or_insert_with(|| {
                let (batch, watch, destination) = (item.batch, item.watch, self.label(item.batch));
                let (item, name) = (Some(item.id), Some(item.name.to_string()));
                (Ended { batch, watch, destination, item, name, done, failed, why: None, took, last }, is_over)
            });
        }
        let failed = all.iter().filter(|(_, (ended, _))| ended.failed > 0).map(|(batch, _)| *batch).collect();
        for (batch, why) in self.reasons(&failed) {
            if let Some((ended, _)) = all.get_mut(&batch) {
                ended.why = why;
            }
        }
        all
    }

    /// Why files of these batches need the person, where all that do of one have the same reason. Whatever the number of batches, all
    /// files are gone through once: of a watched folder each may be a batch.
    fn reasons(&self, batches: &HashSet<BatchId>) -> HashMap<BatchId, Option<ErrorCode>> {
        let mut reasons = HashMap::new();
        if batches.is_empty() {
            return reasons;
        }
        for slot in &self.book.slots {
            let Rest::Failed { code } = slot.rest else { continue };
            let batch = self.book.items[slot.item as usize].batch;
            if batches.contains(&batch) {
                let why = reasons.entry(batch).or_insert(Some(code));
                *why = why.filter(|why| *why == code);
            }
        }
        reasons
    }

    /// The row of a batch that needs the person, and what its file is called, where that was given by itself.
    fn failed_file(&self, batch: BatchId) -> (Option<ItemId>, Option<String>) {
        let failed = self.book.items.iter().find(|item| item.batch == batch && item.counts.failed() > 0);
        let name = failed.filter(|failed| !failed.folder).map(|failed| failed.name.to_string());
        (failed.map(|failed| failed.id), name)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use tokio::sync::mpsc;

    use super::*;
    use crate::engine::feed::{Action, PausedBy, Target};
    use crate::engine::fixture::{records, rows, start};
    use crate::ids::{TransferId, WatchId};
    use crate::journal::{Ended, ItemRow};
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
            let batch = BatchId::new(batch);
            let (ended, is_over) =
                shelf.gestures(&HashSet::from([batch]), UnixTime(160)).remove(&batch).expect("it is there");
            assert!(is_over, "it ended");
            ended
        };
        let mut shelf = Shelf::default();
        row(&mut shelf, 1, 1, None, &[failed.clone(), cancelled]);
        let one = ended(&shelf, 1);
        assert_eq!((one.item, one.why, one.failed), (Some(ItemId::new(1)), Some(ErrorCode::FileMissing), 1));
        assert_eq!((one.took, one.last), (Duration::from_secs(60), true));
        // Two of a gesture are told by their number.
        row(&mut shelf, 2, 2, None, std::slice::from_ref(&failed));
        row(&mut shelf, 3, 2, None, &[failed]);
        let two = ended(&shelf, 2);
        assert_eq!((two.item, two.why, two.failed), (None, Some(ErrorCode::FileMissing), 2));
        // A watched folder never ends; what somebody added by hand does.
        row(&mut shelf, 4, 3, Some(WatchId::new(1)), &[TransferState::Queued]);
        assert!(ended(&shelf, 1).last);
        row(&mut shelf, 5, 4, None, &[TransferState::Queued]);
        assert!(!ended(&shelf, 1).last);
    }

    #[test]
    fn of_batches_that_end_at_once_each_has_the_reason_that_all_of_its_files_share() {
        let failed = |code| TransferState::Failed { code };
        let (missing, denied) = (failed(ErrorCode::FileMissing), failed(ErrorCode::AccessDenied));
        let mut shelf = Shelf::default();
        for (batch, files) in [
            (1, vec![missing.clone(), missing.clone()]),
            (2, vec![denied.clone(), TransferState::Queued]),
            (3, vec![missing.clone(), denied.clone(), missing.clone(), missing]),
            (4, vec![TransferState::Queued]),
            (5, vec![denied]),
        ] {
            row(&mut shelf, batch, batch, None, &files);
        }
        let wanted = HashSet::from([1, 2, 3, 4].map(BatchId::new));
        let told = shelf.gestures(&wanted, UnixTime(160));
        let why = |batch| told[&BatchId::new(batch)].0.why;
        let both = (Some(ErrorCode::FileMissing), Some(ErrorCode::AccessDenied));
        assert_eq!(((why(1), why(2)), why(3), why(4)), (both, None, None));
        assert_eq!(told.len(), 4);
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

    #[tokio::test]
    async fn the_first_problem_of_a_batch_is_told_once_while_the_rest_is_still_to_come() {
        let home = tempfile::tempdir().expect("a folder");
        let (batch, item, file) = rows(Path::new("/cut.mov"), Standing::NEW);
        let other = ItemRow { id: ItemId::new(2), name: "harbour.mov".to_owned(), ..item.clone() };
        let mut actor = Actor::new(start(home.path(), records(home.path(), (batch, item, file)).await));
        actor.shelf.add_items(&[other]);
        actor.shelf.book.add(TransferId::new(2), ItemId::new(2), ByteCount(1), &Standing::NEW, ByteCount::ZERO);
        let (sender, mut news) = mpsc::unbounded_channel();
        actor.news.push(sender);
        let refused = Rest::Failed { code: ErrorCode::AccessDenied };
        let (batch, destination) = (BatchId::new(1), "D".to_owned());
        let why = Some(ErrorCode::AccessDenied);
        let (item, name) = (Some(ItemId::new(1)), Some("cut.mov".to_owned()));
        let first = Stumbled { batch, destination: destination.clone(), item, name, failed: 1, why };
        let both = crate::engine::Ended {
            batch,
            watch: None,
            destination,
            item: None,
            name: None,
            done: 1,
            failed: 1,
            why,
            took: Duration::ZERO,
            last: true,
        };
        let at_once = |news| match news {
            News::Ended(ended) => News::Ended(crate::engine::Ended { took: Duration::ZERO, ..ended }),
            stumbled @ News::Stumbled(_) => stumbled,
        };
        let paused = Rest::Paused { by: PausedBy::You, since: 1 };
        // The other one is paused meanwhile: nobody is kept waiting for it.
        for (at, rest, told) in [
            (1, paused, None),
            (0, refused, Some(News::Stumbled(first))),
            (0, refused, None),
            (1, Rest::Done { at: 1 }, Some(News::Ended(both))),
        ] {
            actor.set(at, rest, ByteCount(1), ByteCount::ZERO);
            actor.may_have_ended(at);
            actor.note_endings().await;
            assert_eq!(news.try_recv().ok().map(at_once), told, "{rest:?}");
        }
    }

    #[tokio::test]
    async fn a_problem_that_was_there_at_the_start_is_no_news() {
        let home = tempfile::tempdir().expect("a folder");
        let refused = Standing { state: TransferState::Failed { code: ErrorCode::AccessDenied }, ..Standing::NEW };
        let (batch, item, file) = rows(Path::new("/cut.mov"), refused);
        let other = ItemRow { id: ItemId::new(2), ..item.clone() };
        let mut actor = Actor::new(start(home.path(), records(home.path(), (batch, item, file)).await));
        actor.shelf.add_items(&[other]);
        actor.shelf.book.add(TransferId::new(2), ItemId::new(2), ByteCount(1), &Standing::NEW, ByteCount::ZERO);
        let (sender, mut news) = mpsc::unbounded_channel();
        actor.news.push(sender);
        actor.may_have_ended(0);
        actor.note_endings().await;
        assert_eq!(news.try_recv().ok(), None);
    }
}
