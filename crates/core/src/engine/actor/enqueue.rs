//! A gesture: what was given becomes rows on record, goes on where it was unfinished, or is refused by name.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::again::{self, Asked, as_given};
use super::{Actor, Ticket, joining};
use crate::credentials::{Remote, Scope};
use crate::engine::book::Rest;
use crate::engine::feed::{Action, Target};
use crate::engine::given::Given;
use crate::engine::{EnqueueOptions, intake};
use crate::error::Result;
use crate::ids::{ItemId, TransferId};
use crate::journal::{BatchRow, ItemRow, Write};
use crate::session::Destination;
use crate::transfer::{Input, OnS3, TransferState};
use crate::units::{ByteCount, UnixTime};

/// What was given, and where it is to go.
pub(crate) struct Gesture {
    /// Every path, and what it is.
    pub(crate) found: Vec<(Result<Given>, PathBuf)>,
    pub(crate) destination: Destination,
    pub(crate) remote: Remote,
    pub(crate) options: EnqueueOptions,
}

impl Actor {
    pub(super) async fn enqueue(&mut self, gesture: Gesture) -> Result<Ticket> {
        let Gesture { found, destination, remote, options } = gesture;
        let again =
            if options.resume_same { self.begun_before(&found, &destination, &remote).await? } else { Vec::new() };
        let mut ticket = Ticket { batch: self.numbers.batch(), items: Vec::new(), refused: Vec::new() };
        let mut given: Vec<Given> = Vec::new();
        for (outcome, path) in once_each(found) {
            match outcome {
                Ok(one) => given.push(one),
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
        let gesture = Write::Batch(batch.clone().into());
        self.shared.journal.write(std::iter::once(gesture).chain(refused).collect()).await?;
        if nothing {
            // At its end already; the program may be, too.
            self.ending.insert(batch.id);
            self.note_endings().await;
        }
        self.shelf.batches.insert(batch.id, batch.clone());
        ticket.items.extend(again.iter().map(|item| item.id));
        let mut folders = self.take_up(again, &seen, &alone, &batch).await?;
        folders.extend(self.record(given, &batch, &mut ticket).await?);
        if options.first {
            self.put_first(&ticket.items).await?;
        }
        self.walk(folders, collision);
        Ok(ticket)
    }

    async fn begun_before(
        &self,
        found: &[(Result<Given>, PathBuf)],
        to: &Destination,
        remote: &Remote,
    ) -> Result<Vec<ItemRow>> {
        // Nothing is looked up a hundred thousand times where nothing can be.
        if !self.shared.journal.read(crate::journal::Reader::is_begun).await? {
            return Ok(Vec::new());
        }
        let asked: Vec<_> = found.iter().map(|(outcome, path)| Asked::new(outcome, path)).collect();
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
        }
        // All at once: each look at what goes on is a look at all there is.
        let targets: Vec<_> = again.iter().map(|item| Target::Item(item.id)).collect();
        self.act(Action::Resume, targets.clone()).await?;
        self.act(Action::Retry, targets).await?;
        // What is known not to be done is not looked up a hundred thousand times. What runs may be by now.
        let is_done = |item: &&ItemRow| {
            let counts = self.shelf.book.item(item.id).map(|item| item.counts);
            counts.is_none_or(|counts| counts.done() + counts.active() > 0)
        };
        let singles: Vec<_> = again.iter().filter(|item| !item.folder).filter(is_done).map(|item| item.id).collect();
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

    /// Records what is new. Answers the folders among it.
    async fn record(&mut self, given: Vec<Given>, batch: &BatchRow, ticket: &mut Ticket) -> Result<Vec<ItemRow>> {
        let count = given.len();
        let mut writes = Vec::with_capacity(2 * count);
        let (mut items, mut files, mut folders) = (Vec::with_capacity(count), Vec::with_capacity(count), Vec::new());
        for given in given {
            let item = intake::item_for(&given, batch.id, &self.numbers);
            if item.folder {
                folders.push(item.clone());
            } else {
                files.push(intake::transfer_for(&item, &given, &self.numbers));
            }
            items.push(self.shelf.kept_of(&item));
            writes.push(Write::Item(item));
        }
        // A gesture that nothing went on with has no other files yet.
        let taken = if ticket.items.is_empty() {
            HashSet::new()
        } else {
            intake::taken(&self.shared.journal, batch.id, &files).await?
        };
        intake::part(&mut files, batch.collision, |key| taken.contains(key));
        let slots: Vec<_> = files.iter().map(|file| (file.id, file.item, file.size, file.standing.clone())).collect();
        writes.extend(files.into_iter().map(|file| Write::Transfer(file.into())));
        self.shared.journal.write(writes).await?;
        for item in items {
            ticket.items.push(item.id);
            self.shelf.book.add_item(item);
        }
        for (id, item, size, standing) in slots {
            self.shelf.book.add(id, item, size, &standing, ByteCount::ZERO);
            if matches!(standing.state, TransferState::Failed { .. }) {
                self.ended.push(id);
                self.may_end(item, batch.id);
            }
        }
        Ok(folders)
    }
}

/// Whatever was given twice, once: the same thing under the same name, and the same path of which nothing is known.
fn once_each(mut found: Vec<(Result<Given>, PathBuf)>) -> Vec<(Result<Given>, PathBuf)> {
    let (mut seen, mut refused) = (HashSet::new(), HashSet::new());
    let mut first = Vec::with_capacity(found.len());
    for (outcome, path) in &found {
        first.push(match outcome {
            Ok(one) => seen.insert((one.path.as_path(), &*one.name)),
            Err(_) => refused.insert(path.as_path()),
        });
    }
    let mut first = first.into_iter();
    found.retain(|_| first.next().unwrap_or(true));
    found
}
