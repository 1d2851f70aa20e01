//! A gesture: what was given becomes rows on record, goes on where it was unfinished, or is refused by name.

use std::collections::{HashMap, HashSet, VecDeque};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::again::{self, Asked, as_given};
use super::{Actor, Ticket, joining, spawn};
use crate::credentials::{Remote, Scope};
use crate::engine::book::Rest;
use crate::engine::feed::{Action, Target};
use crate::engine::given::Given;
use crate::engine::intake::Loose;
use crate::engine::{EnqueueOptions, intake};
use crate::error::Result;
use crate::ids::{ItemId, TransferId};
use crate::journal::{BatchRow, ItemRow, Write};
use crate::session::Destination;
use crate::transfer::{Input, OnS3, Standing, TransferState};
use crate::units::{ByteCount, UnixTime};

/// So many files are recorded with all that belongs to them before anything is sent.
const FIRST: usize = 64;

/// What was given, and where it is to go.
pub(crate) struct Gesture {
    /// Every path, and what it is.
    pub(crate) found: Vec<(Result<Given>, PathBuf)>,
    pub(crate) destination: Destination,
    pub(crate) remote: Remote,
    pub(crate) options: EnqueueOptions,
}

impl Actor {
    async fn enqueue(&mut self, gesture: Gesture) -> Result<Ticket> {
        let Gesture { found, destination, remote, options } = gesture;
        let asked = || found.iter().map(|(outcome, path)| Asked::new(outcome, path)).collect();
        let again =
            if options.resume_same { self.begun_before(asked(), &destination, &remote).await? } else { Vec::new() };
        let mut ticket = Ticket { batch: self.numbers.batch(), items: Vec::new(), refused: Vec::new() };
        let mut given: Vec<Given> = Vec::new();
        let (mut seen, mut refused) = (HashSet::new(), HashSet::new());
        for (outcome, path) in found {
            match outcome {
                Ok(one) if !seen.insert((one.path.clone(), one.name.clone())) => {}
                Ok(one) => given.push(one),
                Err(_) if !refused.insert(path.clone()) => {}
                Err(error) => ticket.refused.push((path, error.code)),
            }
        }
        let alone = joining::alone(&given, &again);
        let goes_on: HashSet<(&Path, &OsStr)> =
            again.iter().map(|item| (item.path.as_path(), OsStr::new(&*item.name))).collect();
        // The drive is not asked for them once more: here everybody would wait for its answer.
        let mut seen = HashMap::new();
        given.retain(|given| {
            let goes_on = goes_on.contains(&(given.path.as_path(), &*given.name));
            if goes_on {
                seen.insert(given.path.clone(), (given.size, given.modified));
            }
            !goes_on
        });
        let nothing = given.is_empty() && again.is_empty();
        if nothing && ticket.refused.is_empty() {
            return Ok(ticket);
        }
        let collision = options.collision.unwrap_or(destination.collision);
        let batch = BatchRow {
            id: ticket.batch,
            added: UnixTime::now(),
            destination,
            collision,
            scope: self.scope_of(&again),
            remote: Some(remote),
            told: !options.resume_same,
        };
        // Receipts name what could not be taken, too.
        let refused = ticket.refused.iter();
        let refused = refused.map(|(path, code)| Write::Refused { batch: batch.id, path: as_given(path), code: *code });
        self.shared.journal.write(std::iter::once(Write::Batch(batch.clone())).chain(refused).collect()).await?;
        if nothing {
            // At its end already; the program may be, too.
            self.ending.insert(batch.id);
            self.note_endings().await;
        }
        self.shelf.batches.insert(batch.id, batch.clone());
        ticket.items.extend(again.iter().map(|item| item.id));
        let mut folders = self.take_up(again, &seen, &alone, &batch).await?;
        folders.extend(self.record(&given, &batch, &mut ticket).await?);
        if options.first {
            self.put_first(&ticket.items).await?;
        }
        self.walk(folders, collision);
        Ok(ticket)
    }

    async fn begun_before(&self, asked: Vec<Asked>, to: &Destination, remote: &Remote) -> Result<Vec<ItemRow>> {
        let (to, remote) = (to.clone(), remote.clone());
        self.shared.journal.read(move |journal| again::rows(journal, &asked, &to, &remote)).await
    }

    /// The scope that rows which go on are bound to; it stays theirs in the new gesture.
    fn scope_of(&self, again: &[ItemRow]) -> Option<Scope> {
        again.iter().find_map(|item| self.shelf.batches.get(&item.batch)?.scope.clone())
    }

    /// Rows of earlier runs become part of this gesture and follow its rules. Answers the folders among them, to be
    /// walked again: files may have been added.
    async fn take_up(
        &mut self,
        mut again: Vec<ItemRow>,
        seen: &HashMap<PathBuf, intake::Seen>,
        alone: &HashSet<ItemId>,
        batch: &BatchRow,
    ) -> Result<Vec<ItemRow>> {
        let mut joining = Vec::new();
        for item in &mut again {
            let bound = self.shelf.batches.get(&item.batch).and_then(|before| before.scope.clone());
            if bound.is_none() || bound == batch.scope {
                item.batch = batch.id;
                joining.push(item.clone());
            }
        }
        self.join(&joining, alone, batch).await?;
        for item in &again {
            self.start_anew(item.id);
            let target = vec![Target::Item(item.id)];
            self.act(Action::Resume, target.clone()).await?;
            self.act(Action::Retry, target).await?;
        }
        let singles: Vec<_> = again.iter().filter(|item| !item.folder).map(|item| item.id).collect();
        let look = move |journal: &crate::journal::Reader| {
            let rows = singles.into_iter().map(|item| journal.only_file(item));
            rows.collect::<Result<Vec<_>>>()
        };
        let rows = self.shared.journal.read(look).await?.into_iter().flatten().filter(intake::is_done);
        let done = rows.filter_map(|row| seen.get(&row.path).copied().map(|seen| (row, seen))).collect();
        let files = intake::other_versions(&self.shared.journal, done).await?;
        self.anew(files);
        again.retain(|item| item.folder);
        Ok(again)
    }

    /// Files that were done and are in line again, because another version was given.
    pub(super) fn anew(&mut self, files: Vec<(TransferId, ByteCount)>) {
        for (id, size) in files {
            if let Some(at) = self.shelf.book.index(id) {
                self.shelf.book.set(at, Rest::Queued, size, ByteCount::ZERO, &OnS3::Nothing);
            }
        }
    }

    /// What runs by the former gesture's rules rests, and is admitted again by the new one's.
    fn start_anew(&self, item: ItemId) {
        for at in self.shelf.book.files_of(Target::Item(item)) {
            if let Some(active) = self.active.get(&self.shelf.book.slots[at as usize].id) {
                active.stop.because(Input::Restarted);
            }
        }
    }

    /// Records what is new, of many files the first ones with all that belongs to them: those are sent while the others
    /// follow. Answers the folders.
    async fn record(&mut self, given: &[Given], batch: &BatchRow, ticket: &mut Ticket) -> Result<Vec<ItemRow>> {
        let (mut items, mut loose) = (Vec::with_capacity(given.len()), VecDeque::new());
        for given in given {
            let item = intake::item_for(given, batch.id, &self.numbers);
            if !item.folder {
                loose.push_back(Loose::new(item.clone(), given));
            }
            items.push(item);
        }
        let later = loose.split_off(FIRST.min(loose.len()));
        let (journal, first) = (&self.shared.journal, loose.make_contiguous());
        let (rows, writes) = intake::transfers_of(journal, &self.numbers, batch.collision, first).await?;
        let all = items.iter().cloned().map(Write::Item).chain(writes).collect();
        self.shared.journal.write(all).await?;
        ticket.items.extend(items.iter().map(|item| item.id));
        self.shelf.add_items(&items);
        self.recorded(rows.into_iter().map(|row| (row.item, row.id, row.size, row.standing)).collect()).await;
        if !later.is_empty() {
            self.recording.extend(later.iter().map(|file| file.item.id));
            let (shared, numbers) = (Arc::clone(&self.shared), Arc::clone(&self.numbers));
            spawn(intake::record_loose(shared, numbers, batch.collision, later));
        }
        items.retain(|item| item.folder);
        Ok(items)
    }

    /// Loose files are on record.
    pub(super) async fn recorded(&mut self, files: Vec<(ItemId, TransferId, ByteCount, Standing)>) {
        let ids: Vec<_> = files.iter().map(|(item, id, ..)| (*item, *id)).collect();
        for (item, id, size, standing) in files {
            self.shelf.book.add(id, item, size, &standing, ByteCount::ZERO);
            self.recording.remove(&item);
            let Some(row) = self.shelf.book.item_mut(item) else { continue };
            row.counting = false;
            if matches!(standing.state, TransferState::Failed { .. }) {
                self.ending.insert(row.batch);
                self.ended.push(id);
            }
        }
        self.do_as_asked(ids.clone()).await;
        for (item, _) in &ids {
            self.meanwhile.remove(item);
        }
    }

    /// What was given waits until what was given before is on record.
    pub(super) async fn take_in(&mut self) {
        while self.recording.is_empty()
            && let Some((gesture, reply)) = self.given.pop_front()
        {
            let _ = reply.send(self.enqueue(*gesture).await);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::credentials::Giver;
    use crate::engine::book::Rest;
    use crate::engine::drive::Report;
    use crate::engine::fixture::{rows, start};
    use crate::engine::intake::LOOSE;
    use crate::ids::BatchId;
    use crate::journal::{Journal, TransferRow};
    use crate::session::Collision;

    /// So many loose files are recorded in several goes.
    const MANY: usize = 3 * LOOSE;

    fn given(at: usize) -> (Result<Given>, PathBuf) {
        // Every fourth has the name of the one before it, in another folder.
        let path = PathBuf::from(format!("/shoot/{}/take {}.mov", at % 4, at - usize::from(at % 4 == 3)));
        let name = path.file_name().expect("a name").to_owned();
        let (size, modified) = (at as u64, Some(SystemTime::UNIX_EPOCH));
        (Ok(Given { path: path.clone(), name, folder: false, size, modified, mount: None }), path)
    }

    fn gesture() -> Gesture {
        let (batch, ..) = rows(Path::new("/cut.mov"), Standing::NEW);
        let options = EnqueueOptions { collision: Some(Collision::Suffix), ..EnqueueOptions::default() };
        let giver = Giver::Company { address: "https://portal.example.com".into() };
        let remote = Remote { giver, store: None };
        Gesture { found: (0..MANY).map(given).collect(), destination: batch.destination, remote, options }
    }

    async fn nothing_yet(home: &Path) -> Actor {
        Actor::new(start(home, Journal::open(home).expect("opened")))
    }

    /// Everything that is told, until all loose files are on record.
    async fn until_recorded(actor: &mut Actor) {
        while !actor.recording.is_empty() {
            let report = actor.reports.recv().await.expect("told");
            actor.report(report).await;
        }
    }

    /// What is on record: items, files by their keys, and whether the gesture may have ended.
    async fn on_record(actor: &Actor, batch: BatchId) -> (usize, Vec<(String, u64)>, bool) {
        let look = move |journal: &crate::journal::Reader| {
            let mut files: Vec<_> = journal.status()?.into_iter().map(|row| (row.key, row.size.get())).collect();
            files.sort();
            Ok((files, journal.is_walked(batch)?))
        };
        let (files, all) = actor.shared.journal.read(look).await.expect("read");
        (actor.shelf.book.items.len(), files, all)
    }

    fn every_file() -> Vec<(String, u64)> {
        let key = |at: usize| match at % 4 {
            3 => format!("take {} (2).mov", at - 1),
            _ => format!("take {at}.mov"),
        };
        let mut all: Vec<_> = (0..MANY).map(|at| (key(at), at as u64)).collect();
        all.sort();
        all
    }

    #[tokio::test]
    async fn of_many_loose_files_the_first_are_in_line_before_all_are_on_record_and_none_takes_anothers_key() {
        let home = tempfile::tempdir().expect("a folder");
        let mut actor = nothing_yet(home.path()).await;
        let ticket = actor.enqueue(gesture()).await.expect("taken");
        assert_eq!((ticket.items.len(), ticket.refused.len()), (MANY, 0));
        let (items, files, all) = on_record(&actor, ticket.batch).await;
        assert_eq!(items, MANY);
        assert!(files.len() >= FIRST && files.len() < MANY && !all, "{} of them, {all}", files.len());
        assert!(actor.shelf.settled(&ticket.items).is_none());
        until_recorded(&mut actor).await;
        assert_eq!(on_record(&actor, ticket.batch).await, (MANY, every_file(), true));
    }

    #[test]
    fn loose_files_that_a_crash_kept_from_the_records_are_there_after_the_next_start() {
        let home = tempfile::tempdir().expect("a folder");
        let run = || tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        // What records the others ends with the runtime.
        let batch = run().block_on(async {
            let mut actor = nothing_yet(home.path()).await;
            actor.enqueue(gesture()).await.expect("taken").batch
        });
        run().block_on(async {
            let mut actor = nothing_yet(home.path()).await;
            assert!(on_record(&actor, batch).await.1.len() < MANY);
            actor.turn_to(Some(gesture().remote)).await;
            assert!(!actor.recording.is_empty());
            until_recorded(&mut actor).await;
            let (items, files, all) = on_record(&actor, batch).await;
            let keys = |files: Vec<(String, u64)>| files.into_iter().map(|(key, _)| key).collect::<Vec<_>>();
            assert_eq!((items, keys(files), all), (MANY, keys(every_file()), true));
        });
    }

    #[tokio::test]
    async fn what_is_asked_of_loose_files_holds_for_those_that_are_not_on_record_yet() {
        for action in [Action::Pause, Action::Cancel] {
            let home = tempfile::tempdir().expect("a folder");
            let mut actor = nothing_yet(home.path()).await;
            let ticket = actor.enqueue(gesture()).await.expect("taken");
            let of_all = Target::Batch(ticket.batch);
            actor.act(action, vec![of_all]).await.expect("done");
            // One of them goes on after all.
            let last = *ticket.items.last().expect("many");
            let back = if action == Action::Pause { Action::Resume } else { Action::Undo };
            actor.act(back, vec![Target::Item(last)]).await.expect("done");
            until_recorded(&mut actor).await;
            let rests = |rest: &Rest| match action {
                Action::Pause => matches!(rest, Rest::Paused { .. }),
                _ => matches!(rest, Rest::Cancelled { .. }),
            };
            let others: Vec<_> = actor.shelf.book.slots.iter().filter(|slot| !rests(&slot.rest)).collect();
            assert_eq!(others.len(), 1, "{action:?}");
            assert_eq!(actor.shelf.book.items[others[0].item as usize].id, last);
        }
    }

    #[tokio::test]
    async fn what_is_given_while_loose_files_are_recorded_is_compared_with_all_of_them() {
        let home = tempfile::tempdir().expect("a folder");
        let mut actor = nothing_yet(home.path()).await;
        let (first, mut again) = (gesture(), gesture());
        again.options.resume_same = true;
        let mut asks = |gesture: Gesture| {
            let (reply, answer) = tokio::sync::oneshot::channel();
            actor.given.push_back((Box::new(gesture), reply));
            answer
        };
        let (first, mut again) = (asks(first), asks(again));
        actor.take_in().await;
        let first = first.await.expect("answered").expect("taken");
        assert!(again.try_recv().is_err(), "not yet");
        until_recorded(&mut actor).await;
        let again = again.await.expect("answered").expect("taken");
        assert_eq!(again.items, first.items, "the same rows go on");
        assert_eq!(on_record(&actor, again.batch).await, (MANY, every_file(), true));
    }

    #[tokio::test]
    async fn a_folder_that_is_given_up_while_it_is_walked_is_given_up_wholly() {
        let home = tempfile::tempdir().expect("a folder");
        let mut actor = nothing_yet(home.path()).await;
        let found = |id: u64| {
            let files = vec![(TransferId::new(id), ByteCount(1), Standing::NEW)];
            Report::Found { item: ItemId::new(1), files, skipped: 0 }
        };
        let (batch, item, file) = rows(Path::new("/shoot"), Standing::NEW);
        let item = ItemRow { folder: true, counted: false, ..item };
        let file = |id| TransferRow { id: TransferId::new(id), rel: id.to_string(), ..file.clone() };
        let all =
            vec![Write::Batch(batch), Write::Item(item.clone()), Write::Transfer(file(1)), Write::Transfer(file(2))];
        actor.shared.journal.write(all).await.expect("written");
        actor.shelf.add_items(&[item]);
        actor.walking.insert(ItemId::new(1));
        actor.report(found(1)).await;
        actor.act(Action::Cancel, vec![Target::Item(ItemId::new(1))]).await.expect("done");
        actor.report(found(2)).await;
        let rests = |actor: &Actor| actor.shelf.book.slots.iter().map(|slot| slot.rest).collect::<Vec<_>>();
        assert!(matches!(*rests(&actor), [Rest::Cancelled { .. }, Rest::Cancelled { .. }]), "{:?}", rests(&actor));
        actor.act(Action::Undo, vec![Target::Item(ItemId::new(1))]).await.expect("done");
        assert_eq!(rests(&actor), [Rest::Queued; 2]);
    }
}
