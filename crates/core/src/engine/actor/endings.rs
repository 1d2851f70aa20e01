//! Rows and batches that end: nothing of them is still to come. History has the rows; shells that follow it are told of the batches,
//! also of the first problem of one that goes on, and the company that wants receipts is told of the ends.

use std::collections::{HashMap, HashSet};

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

    /// What is told of these batches. One that ended may have a first problem once more, where a person tries it again.
    fn news_of(&mut self, may_have: &HashSet<BatchId>) -> Vec<News> {
        let mut news = Vec::new();
        for (batch, (mut ended, is_over)) in self.shelf.gestures(may_have) {
            if ended.failed > 0 {
                ended.why = self.shelf.why(batch);
            }
            if is_over {
                self.stumbled.remove(&batch);
                if ended.done + ended.failed > 0 {
                    news.push(News::Ended(ended));
                }
            } else if ended.failed > 0 && self.stumbled.insert(batch) {
                let Ended { destination, failed, why, .. } = ended;
                let name = if failed == 1 { self.shelf.failed_file(batch) } else { None };
                news.push(News::Stumbled(Stumbled { batch, destination, name, failed, why }));
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

    fn is_at_end(&self, batch: BatchId) -> bool {
        self.shelf.book.items.iter().filter(|item| item.batch == batch).all(Item::is_at_end)
    }
}

impl Shelf {
    /// How far these batches are, and whether nothing of them is still to come.
    fn gestures(&self, wanted: &HashSet<BatchId>) -> HashMap<BatchId, (Ended, bool)> {
        let mut all: HashMap<BatchId, (Ended, bool)> = HashMap::new();
        for item in self.book.items.iter().filter(|item| wanted.contains(&item.batch)) {
            let (done, failed, is_over) = (item.counts.done(), item.counts.failed(), item.is_at_end());
            let one = all.entry(item.batch);
            one.and_modify(|(before, all_over)| {
                before.name = None;
                before.done += done;
                before.failed += failed;
                *all_over &= is_over;
            })
            .or_insert_with(|| {
                let (batch, watch, destination) = (item.batch, item.watch, self.label(item.batch));
                (
                    Ended { batch, watch, destination, name: Some(item.name.to_string()), done, failed, why: None },
                    is_over,
                )
            });
        }
        all
    }

    /// Why files of a batch need the person, where all that do have the same reason.
    fn why(&self, batch: BatchId) -> Option<ErrorCode> {
        let mut reasons = self.book.slots.iter().filter_map(|slot| match slot.rest {
            Rest::Failed { code } if self.book.items[slot.item as usize].batch == batch => Some(code),
            _ => None,
        });
        let first = reasons.next()?;
        reasons.all(|code| code == first).then_some(first)
    }

    /// What the file of a batch is called that needs the person, where it was given by itself.
    fn failed_file(&self, batch: BatchId) -> Option<String> {
        let failed = self.book.items.iter().find(|item| item.batch == batch && item.counts.failed() > 0)?;
        (!failed.folder).then(|| failed.name.to_string())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use tokio::sync::mpsc;

    use super::*;
    use crate::engine::feed::{Action, PausedBy, Target};
    use crate::engine::fixture::{records, rows, start};
    use crate::ids::TransferId;
    use crate::journal::{Ended, ItemRow};
    use crate::transfer::{Standing, TransferState};
    use crate::units::ByteCount;

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
        let first =
            Stumbled { batch, destination: destination.clone(), name: Some("cut.mov".to_owned()), failed: 1, why };
        let both = crate::engine::Ended { batch, watch: None, destination, name: None, done: 1, failed: 1, why };
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
            assert_eq!(news.try_recv().ok(), told, "{rest:?}");
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
