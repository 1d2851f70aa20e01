//! What a person does to rows: files at rest are stepped, running ones are asked to rest.

use std::collections::{HashMap, HashSet};

use super::{ActDone, Active, Actor};
use crate::engine::book::{Item, Rest, Slot};
use crate::engine::feed::{Action, Event, PausedBy, Target};
use crate::engine::feeds;
use crate::engine::{intake, keys};
use crate::error::{ErrorCode, Result};
use crate::ids::{ItemId, TransferId};
use crate::journal::{Leftover, TransferRow, Write};
use crate::transfer::state::unfinished;
use crate::transfer::{Input, OnS3, Standing, TransferState, step};
use crate::units::{ByteCount, UnixTime};

/// Whether a row is one of those.
fn named(targets: &[Target]) -> impl Fn(&Item) -> bool + use<> {
    let wanted: HashSet<_> = targets.iter().copied().collect();
    move |item| wanted.contains(&Target::Item(item.id)) || wanted.contains(&Target::Batch(item.batch))
}

/// What holds for files of a folder that are not found yet, once something more is asked of it: as for those that are.
const fn holds(before: Option<Action>, asked: Action) -> Option<Action> {
    use Action::{Cancel, Earlier, First, KeepBoth, Last, Later, Pause, ProposedName, Remove, Resume, Retry, Undo};
    match (before, asked) {
        (_, Cancel) => Some(Cancel),
        (Some(Cancel), Undo | Retry) | (Some(Pause), Resume) => None,
        (None, Pause) => Some(Pause),
        (before, Pause | Resume | Undo | Retry | KeepBoth | ProposedName | Remove | Earlier | Later | First | Last) => {
            before
        }
    }
}

/// What becomes of a file that runs once it rests, after it is to go on. What a person asked of it only a person takes back.
fn then(active: &Active, action: Action, by: PausedBy) -> Option<Input> {
    match (&active.asked, &active.then) {
        (Some(Input::Pause(asked, _)), _) if by == PausedBy::You || *asked == by => Some(Input::Resume),
        (Some(Input::Cancel(_)), _) if by == PausedBy::You => Some(Input::Undo),
        // Given up, taken back and paused after that.
        (Some(Input::Cancel(_)), Some(Input::Pause(asked, _))) if *asked == by => Some(Input::Undo),
        // It may be about to rest for its folder, which tells nobody to go on any more.
        (None, _) if by == PausedBy::Watch && action == Action::Resume => Some(Input::Resume),
        (_, then) => then.clone(),
    }
}

/// The key that a file is given by this.
fn key_of(write: &Write) -> Option<String> {
    if let Write::Key(_, key) = write { Some(key.clone()) } else { None }
}

impl Actor {
    pub(super) async fn act(&mut self, action: Action, targets: Vec<Target>) -> Result<ActDone> {
        match action {
            Action::Remove => self.remove(targets, true).await,
            Action::Undo => {
                // What was taken off the list comes back as it was; what was cancelled stays cancelled with it.
                let on_list = |at: &u32| !self.shelf.book.item_of(*at).removed;
                let files = self.files(&targets).into_iter().filter(on_list).collect();
                let folders = named(&targets);
                let rows = self.remove(targets, false).await?;
                self.keep_for_found(action, folders).await;
                let files = self.change(Action::Undo, files).await?;
                Ok(ActDone { undo: false, count: rows.count + files.count, ..files })
            }
            Action::Earlier | Action::Later | Action::First | Action::Last => self.reorder(action, &targets).await,
            Action::Pause
            | Action::Resume
            | Action::Cancel
            | Action::Retry
            | Action::KeepBoth
            | Action::ProposedName => {
                // Before it is done to those that are there: a kill in between leaves nothing done that was taken back.
                self.keep_for_found(action, named(&targets)).await;
                self.change(action, self.files(&targets)).await
            }
        }
    }

    /// Keeps what is asked of folders that are not walked to their end, for what is found in them yet.
    pub(super) async fn keep_for_found(&mut self, action: Action, of: impl Fn(&Item) -> bool) {
        for item in self.shelf.book.items.iter().filter(|item| item.counting && of(item)) {
            let before = self.asked_of_folders.get(&item.id).copied();
            let now = holds(before, action);
            match now {
                Some(action) => self.asked_of_folders.insert(item.id, action),
                None => self.asked_of_folders.remove(&item.id),
            };
            if now != before {
                self.asked_unrecorded.insert(item.id);
            }
        }
        self.record_what_is_asked().await;
    }

    /// Puts on record what is asked of folders. What cannot be now holds all the same, and is later.
    pub(super) async fn record_what_is_asked(&mut self) {
        if self.asked_unrecorded.is_empty() {
            return;
        }
        let asked = |id: &ItemId| Write::Asked(*id, self.asked_of_folders.get(id).copied());
        match self.shared.journal.write(self.asked_unrecorded.iter().map(asked).collect()).await {
            Ok(()) => self.asked_unrecorded.clear(),
            Err(error) => tracing::warn!(%error, "what was asked of a folder is not on record yet"),
        }
    }

    /// Does to files that the process before found, and did not live to do it to, what was asked of their folders.
    pub(super) async fn do_as_asked_before(&mut self) {
        let asked = |item: &Item| self.asked_of_folders.contains_key(&item.id);
        let slots = self.shelf.book.slots.iter();
        let items = &self.shelf.book.items;
        let is_new = |slot: &&Slot| slot.rest == Rest::Queued && !slot.on_s3;
        let files = slots.filter(is_new).filter(|slot| asked(&items[slot.item as usize]));
        let files: Vec<_> = files.map(|slot| slot.id).collect();
        if files.is_empty() {
            return;
        }
        // What somebody let go on by itself stays so.
        match self.shared.journal.read(move |journal| journal.untouched(files)).await {
            Ok(files) => self.do_as_asked(&files).await,
            Err(error) => tracing::warn!(%error, "what was asked of a folder could not be looked up"),
        }
    }

    /// Does to files that were found just now what was asked of their folder before.
    pub(super) async fn do_as_asked(&mut self, files: &[TransferId]) {
        if self.asked_of_folders.is_empty() {
            return;
        }
        for action in [Action::Pause, Action::Cancel] {
            let as_asked = |at: &u32| self.asked_of_folders.get(&self.shelf.book.item_of(*at).id) == Some(&action);
            let files: Vec<_> = files.iter().filter_map(|id| self.shelf.book.index(*id)).filter(as_asked).collect();
            let Err(error) = self.change(action, files.clone()).await else { continue };
            tracing::warn!(%error, "what was asked of a folder is not on record for all of it yet");
            let input = match action {
                Action::Cancel => Input::Cancel(UnixTime::now()),
                _ => Input::Pause(PausedBy::You, UnixTime::now()),
            };
            // New files, and at rest. Nothing begins before that is on record.
            let new = |at: &u32| self.shelf.book.slots[*at as usize].rest == Rest::Queued;
            let (Ok((standing, _)), files) = (step(&Standing::NEW, input), files.into_iter().filter(new)) else {
                continue;
            };
            for at in files.collect::<Vec<_>>() {
                self.owes(at, standing.clone());
                self.may_have_ended(at);
            }
        }
    }

    /// Where a file at rest stands from now on; put on record as soon as that can be.
    pub(super) fn owes(&mut self, at: u32, standing: Standing) {
        let slot = self.shelf.book.slots[at as usize];
        self.shelf.book.set(at, Rest::of(&standing.state), slot.size, slot.acknowledged, &standing.on_s3);
        self.owed.insert(slot.id, standing);
    }

    /// What is at an end is told, and may be the last of its batch.
    pub(super) fn may_have_ended(&mut self, at: u32) {
        let slot = self.shelf.book.slots[at as usize];
        if slot.rest.is_over() {
            self.ended.push(slot.id);
            let Item { id, batch, .. } = *self.shelf.book.item_of(at);
            self.may_end(id, batch);
        }
    }

    fn files(&self, targets: &[Target]) -> Vec<u32> {
        let mut files: Vec<u32> = targets.iter().flat_map(|target| self.shelf.book.files_of(*target)).collect();
        files.sort_unstable();
        files.dedup();
        files
    }

    /// Lets files rest outside the hours of their watched folder, or go on where it is what they rest for.
    pub(super) async fn keep_hours(&mut self, files: &[TransferId], rest: bool) -> Result<()> {
        let action = if rest { Action::Pause } else { Action::Resume };
        let files = files.iter().filter_map(|id| self.shelf.book.index(*id)).collect();
        self.change_by(action, PausedBy::Schedule, files).await.map(drop)
    }

    /// Tries files of a watched folder again that failed. None that a person gave up, or paused.
    pub(super) async fn try_again(&mut self, files: &[TransferId]) -> Result<()> {
        let files = files.iter().filter_map(|id| self.shelf.book.index(*id)).collect();
        self.change_by(Action::Retry, PausedBy::Watch, files).await.map(drop)
    }

    /// Lets files go on that rest for a watched folder: until its hours, or until somebody has written them.
    pub(super) async fn go_on_alone(&mut self, files: &[TransferId]) -> Result<()> {
        for by in [PausedBy::Schedule, PausedBy::Watch] {
            let files = files.iter().filter_map(|id| self.shelf.book.index(*id)).collect();
            self.change_by(Action::Resume, by, files).await?;
        }
        Ok(())
    }

    /// Steps files at rest, and asks running ones to rest.
    pub(super) async fn change(&mut self, action: Action, files: Vec<u32>) -> Result<ActDone> {
        self.change_by(action, PausedBy::You, files).await
    }

    /// The same by somebody else than a person, who lets nothing go on that rests for another reason.
    async fn change_by(&mut self, action: Action, by: PausedBy, files: Vec<u32>) -> Result<ActDone> {
        self.pay().await;
        let now = UnixTime::now();
        let later = self.hold || self.closing.is_some();
        let mut done = ActDone { undo: action == Action::Cancel, later, ..ActDone::default() };
        let mut resting = Vec::new();
        for at in files {
            let slot = self.shelf.book.slots[at as usize];
            let wanted = match (action, slot.rest) {
                (Action::Pause, Rest::Queued | Rest::Active { .. } | Rest::Waiting { .. })
                | (Action::Resume, Rest::Paused { .. } | Rest::Waiting { .. })
                | (Action::Retry, Rest::Failed { .. } | Rest::Cancelled { .. })
                | (Action::KeepBoth, Rest::Failed { .. })
                | (Action::ProposedName, Rest::Failed { code: ErrorCode::NameRefused })
                | (Action::Undo, Rest::Cancelled { .. }) => true,
                (Action::Resume | Action::Undo | Action::Retry, Rest::Active { .. }) => true,
                (Action::Cancel, rest) => !matches!(rest, Rest::Done { .. } | Rest::Cancelled { .. }),
                _ => false,
            };
            // What was taken off the list comes back by another word.
            let is_off = action == Action::Retry && self.shelf.book.item_of(at).removed;
            let is_given_up = matches!(slot.rest, Rest::Cancelled { .. }) && by != PausedBy::You;
            if !wanted || is_off || is_given_up {
                continue;
            }
            match (self.active.get_mut(&slot.id), action) {
                (Some(active), Action::Pause) => {
                    let input = Input::Pause(by, now);
                    match (&active.asked, &active.then) {
                        // It is given up, and was not taken back; or a person paused it.
                        (Some(Input::Cancel(_)), None) => continue,
                        (Some(Input::Pause(PausedBy::You, _)), None) | (_, Some(Input::Pause(PausedBy::You, _)))
                            if by != PausedBy::You =>
                        {
                            continue;
                        }
                        (Some(Input::Cancel(_)), Some(_)) => active.then = Some(input),
                        _ => {
                            active.asked = Some(input.clone());
                            active.then = None;
                            active.stop.because(input);
                        }
                    }
                    done.count += 1;
                    done.running.push(slot.id);
                }
                (Some(active), Action::Cancel) => {
                    active.asked = Some(Input::Cancel(now));
                    active.then = None;
                    active.stop.because(Input::Cancel(now));
                    done.count += 1;
                    done.running.push(slot.id);
                }
                // It was asked to rest and does not yet: the last word counts.
                (Some(active), Action::Resume | Action::Undo | Action::Retry) => {
                    active.then = then(active, action, by);
                    done.count += u32::from(active.then.is_some());
                }
                (Some(_), _) => {}
                (None, _) => resting.push((at, slot.id)),
            }
        }
        let ids = resting.iter().map(|(_, id)| *id).collect();
        let rows: HashMap<_, _> =
            feeds::named(&self.shared.journal, ids).await?.into_iter().map(|row| (row.id, row)).collect();
        let mut writes = Vec::new();
        let mut changes = Vec::new();
        let (mut again, mut go_on, mut given) = (HashSet::new(), HashSet::new(), HashSet::new());
        for (at, id) in resting {
            let Some(row) = rows.get(&id) else { continue };
            // Whether an entry of a folder can be uploaded now, only the folder tells.
            if action == Action::Retry && intake::is_mendable(row) && self.shelf.book.item_of(at).folder {
                again.insert(row.item);
                done.count += 1;
                continue;
            }
            let Some((standing, more)) = self.resting_step((action, by, now), at, row, &given).await? else { continue };
            given.extend(more.iter().filter_map(key_of));
            if !Rest::of(&standing.state).is_over() {
                go_on.insert(self.shelf.book.item_of(at).batch);
            }
            writes.push(Write::Standing(id, standing.clone()));
            writes.extend(more);
            changes.push((at, standing));
        }
        let left = writes.iter().any(|write| matches!(write, Write::Leftover(_)));
        writes.extend(go_on.into_iter().map(Write::GoesOn));
        if !writes.is_empty() {
            self.shared.journal.write(writes).await?;
        }
        if left {
            self.leftovers.wanted();
        }
        for (at, standing) in changes {
            let slot = self.shelf.book.slots[at as usize];
            let rest = Rest::of(&standing.state);
            self.shelf.book.set(at, rest, slot.size, slot.acknowledged, &standing.on_s3);
            self.sweeps.remove(&slot.id);
            self.owed.remove(&slot.id);
            if matches!(rest, Rest::Cancelled { .. }) {
                self.may_have_ended(at);
                // Who would try it again by itself does not any more.
                self.tell_follower(at, &standing.state);
                if self.shelf.book.slots[at as usize].on_s3 {
                    self.sweeps.insert(slot.id, self.until_final());
                }
            }
            done.count += 1;
        }
        for item in again {
            self.walk_again(item).await;
        }
        Ok(done)
    }

    /// It rests as it was asked to, and was asked to go on meanwhile.
    pub(super) async fn last_word(&mut self, at: u32, standing: &Standing, input: Input) {
        let slot = self.shelf.book.slots[at as usize];
        let fits = match input {
            Input::Resume => matches!(slot.rest, Rest::Paused { .. }),
            _ => matches!(slot.rest, Rest::Cancelled { .. }),
        };
        if !fits {
            return;
        }
        let next = match input {
            // What was given up is taken back before it is paused.
            Input::Pause(..) => step(standing, Input::Undo).and_then(|(back, _)| step(&back, input)),
            input => step(standing, input),
        };
        let Ok((next, _)) = next else { return };
        // On record before it is in line: whoever admits it reads where it stands.
        match self.shared.journal.write(vec![Write::Standing(slot.id, next.clone())]).await {
            Ok(()) => self.shelf.book.set(at, Rest::of(&next.state), slot.size, slot.acknowledged, &next.on_s3),
            Err(error) => tracing::warn!(%error, "a last word could not be put on record"),
        }
    }

    async fn resting_step(
        &self,
        (action, whose, now): (Action, PausedBy, UnixTime),
        at: u32,
        row: &TransferRow,
        given: &HashSet<String>,
    ) -> Result<Option<(Standing, Vec<Write>)>> {
        let standing = step(&row.standing, Input::Restarted).map_or(row.standing.clone(), |(standing, _)| standing);
        let cancelled = matches!(standing.state, TransferState::Cancelled { .. });
        let input = match action {
            Action::Pause => Input::Pause(whose, now),
            Action::Resume => match standing.state {
                TransferState::Paused { by, .. } if whose != PausedBy::You && by != whose => return Ok(None),
                // A wait has no step of its own on record: it is in line again after every start.
                TransferState::Queued => return Ok(Some((standing, Vec::new()))),
                _ => Input::Resume,
            },
            Action::Cancel => Input::Cancel(now),
            Action::Retry if cancelled => Input::Undo,
            Action::Retry => Input::Retry,
            Action::KeepBoth | Action::ProposedName => Input::KeepBoth,
            Action::Undo => Input::Undo,
            Action::Remove | Action::Earlier | Action::Later | Action::First | Action::Last => return Ok(None),
        };
        let event = match action {
            Action::Pause => Some(Event::Paused { by: whose }),
            Action::Cancel => Some(Event::Cancelled),
            Action::Resume | Action::Retry | Action::KeepBoth | Action::ProposedName | Action::Undo => {
                Some(Event::Resumed)
            }
            Action::Remove | Action::Earlier | Action::Later | Action::First | Action::Last => None,
        };
        // A stillborn file never had a key; trying again would only fail later and worse. A name of its own mends one.
        let code = row.problem.as_ref().map(|problem| problem.code);
        let named = action == Action::KeepBoth && code == Some(ErrorCode::AlreadyThere);
        if row.key.is_empty() && !named && matches!(action, Action::Retry | Action::KeepBoth) {
            return Ok(None);
        }
        let mut writes: Vec<_> = event.map(|event| Write::Happened(row.id, now, event)).into_iter().collect();
        if action == Action::KeepBoth {
            let id = self.shelf.book.item_of(at).id;
            if let Some(item) = self.shared.journal.read(move |journal| journal.item(id)).await? {
                writes.push(Write::Key(row.id, keys::next(&self.shared.journal, &item, row, false).await?));
                // What S3 holds is of the former name.
                let upload = unfinished(&standing.on_s3);
                let left = upload.map(|upload| Leftover { upload, batch: item.batch, key: row.key.clone() });
                writes.extend(left.map(Write::Leftover));
                writes.push(Write::ForgetParts(row.id));
            }
        }
        if action == Action::ProposedName {
            let id = row.item;
            let Some(item) = self.shared.journal.read(move |journal| journal.item(id)).await? else { return Ok(None) };
            let Some(key) = keys::proposed(&self.shared.journal, &item, row, given).await? else { return Ok(None) };
            writes.push(Write::Key(row.id, key));
        }
        match step(&standing, input) {
            Ok((standing, _)) => Ok(Some((standing, writes))),
            Err(illegal) => {
                tracing::debug!(%illegal, "an action that does nothing");
                Ok(None)
            }
        }
    }

    /// Takes rows at an end from the list, or puts them back.
    pub(super) async fn remove(&mut self, targets: Vec<Target>, removed: bool) -> Result<ActDone> {
        let named = named(&targets);
        let at_end = |item: &Item| item.counts.moving() == 0 && !item.counting;
        let items: Vec<_> = self
            .shelf
            .book
            .items
            .iter()
            .filter(|item| named(item) && item.removed != removed && (!removed || at_end(item)))
            .map(|item| item.id)
            .collect();
        let writes = items.iter().map(|id| Write::Removed(*id, removed)).collect();
        self.shared.journal.write(writes).await?;
        for id in &items {
            if let Some(item) = self.shelf.book.item_mut(*id) {
                item.removed = removed;
            }
        }
        if removed {
            self.sweep_what_is_given_up(self.until_final());
        }
        let count = u32::try_from(items.len()).unwrap_or(u32::MAX);
        Ok(ActDone { undo: removed, count, ..ActDone::default() })
    }

    /// What S3 holds of a failed file is let go of: its row was taken off the list, and nobody took that back.
    pub(super) async fn let_go(&mut self, at: u32) {
        let slot = self.shelf.book.slots[at as usize];
        let batch = self.shelf.book.item_of(at).batch;
        let Ok(Some(row)) = self.shared.journal.read(move |journal| journal.transfer(slot.id)).await else { return };
        let Some(upload) = unfinished(&row.standing.on_s3) else { return };
        let standing = Standing { on_s3: OnS3::Nothing, ..row.standing };
        let writes = vec![
            Write::Leftover(Leftover { upload, batch, key: row.key }),
            Write::ForgetParts(slot.id),
            Write::Standing(slot.id, standing.clone()),
        ];
        match self.shared.journal.write(writes).await {
            Ok(()) => {
                self.shelf.book.set(at, slot.rest, slot.size, ByteCount(0), &standing.on_s3);
                self.leftovers.wanted();
            }
            // The next start tries again.
            Err(error) => tracing::warn!(%error, "what is given up could not be put on record"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::engine::Command;
    use crate::engine::drive::Report;
    use crate::engine::fixture::{FILE, kind, rows, start};
    use crate::ids::ItemId;
    use crate::journal::{ItemRow, Journal};

    const FOLDER: ItemId = ItemId::new(1);

    /// An engine with a folder that is not walked to its end; two files of it are on record, and none was told.
    async fn walked(home: &Path) -> Actor {
        let (batch, item, file) = rows(Path::new("/shoot"), Standing::NEW);
        let item = ItemRow { folder: true, counted: false, ..item };
        let file = |id| TransferRow { id: TransferId::new(id), rel: id.to_string(), ..file.clone() };
        let mut actor = Actor::new(start(home, Journal::open(home).expect("opened")));
        let files = [file(1), file(2)].map(|file| Write::Transfer(file.into()));
        let all = [Write::Batch(batch.into()), Write::Item(item.clone())].into_iter().chain(files).collect();
        actor.shared.journal.write(all).await.expect("written");
        actor.shelf.add_items(&[item]);
        actor
    }

    fn found(id: u64) -> Report {
        let files = vec![(TransferId::new(id), ByteCount(1), Standing::NEW)];
        Report::Found { item: FOLDER, files, skipped: 0 }
    }

    fn rests(actor: &Actor) -> Vec<&'static str> {
        actor.shelf.book.slots.iter().map(|slot| kind(slot.rest)).collect()
    }

    /// How a file rests by the records.
    async fn on_record(actor: &Actor, id: u64) -> &'static str {
        let row = actor.shared.journal.read(move |journal| journal.transfer(TransferId::new(id))).await.expect("read");
        kind(Rest::of(&row.expect("there").standing.state))
    }

    #[tokio::test]
    async fn what_is_asked_of_a_folder_holds_for_what_is_found_later() {
        use Action as A;
        for (asked, wanted) in [
            (vec![A::Cancel], "cancelled"),
            (vec![A::Pause], "paused"),
            (vec![A::Pause, A::Resume], "queued"),
            (vec![A::Pause, A::Retry], "paused"),
            (vec![A::Pause, A::Cancel], "cancelled"),
            (vec![A::Pause, A::Cancel, A::Undo], "queued"),
            (vec![A::Cancel, A::Pause], "cancelled"),
            (vec![A::Cancel, A::Pause, A::Resume], "cancelled"),
            (vec![A::Cancel, A::Undo], "queued"),
            (vec![A::Cancel, A::Retry], "queued"),
            (vec![A::Cancel, A::Undo, A::Pause], "paused"),
        ] {
            let home = tempfile::tempdir().expect("a folder");
            let mut actor = walked(home.path()).await;
            actor.report(found(1)).await;
            for action in &asked {
                actor.act(*action, vec![Target::Item(FOLDER)]).await.expect("done");
            }
            actor.report(found(2)).await;
            assert_eq!(rests(&actor), [wanted; 2], "{asked:?}");
            assert_eq!(on_record(&actor, 2).await, wanted, "{asked:?}");
            actor.report(Report::Walked { item: FOLDER }).await;
            assert!(actor.asked_of_folders.is_empty(), "the next walk finds what nobody has seen");
        }
    }

    #[tokio::test]
    async fn what_is_asked_of_a_folder_holds_in_the_next_process_as_well() {
        use Action as A;
        for (asked, wanted) in
            [(vec![A::Cancel], "cancelled"), (vec![A::Pause], "paused"), (vec![A::Cancel, A::Undo], "queued")]
        {
            let home = tempfile::tempdir().expect("a folder");
            let mut actor = walked(home.path()).await;
            for action in &asked {
                actor.act(*action, vec![Target::Item(FOLDER)]).await.expect("done");
            }
            drop(actor);
            let open = || Actor::new(start(home.path(), Journal::open(home.path()).expect("opened")));
            let mut next = open();
            next.do_as_asked_before().await;
            assert_eq!(rests(&next), [wanted; 2], "found, and nobody lived to do it: {asked:?}");
            let (_, _, file) = rows(Path::new("/shoot"), Standing::NEW);
            let late = TransferRow { id: TransferId::new(3), rel: "3".to_owned(), ..file };
            next.shared.journal.write(vec![Write::Transfer(late.into())]).await.expect("written");
            next.report(found(3)).await;
            assert_eq!((rests(&next)[2], on_record(&next, 3).await), (wanted, wanted), "{asked:?}");
            let over = Write::Counted { item: FOLDER, counted: true, skipped: 0 };
            next.shared.journal.write(vec![over]).await.expect("written");
            drop(next);
            assert!(open().asked_of_folders.is_empty(), "the next walk finds what nobody has seen");
            // Asked while the end of the walk was being told.
            let mut last = open();
            last.shelf.book.item_mut(FOLDER).expect("there").counting = true;
            last.act(A::Cancel, vec![Target::Item(FOLDER)]).await.expect("done");
            drop(last);
            assert!(open().asked_of_folders.is_empty(), "nothing is found in it yet");
        }
    }

    #[cfg(unix)] // Elsewhere no file has such a name.
    #[tokio::test]
    async fn a_name_that_is_refused_gives_way_to_the_proposed_one_and_the_file_keeps_its_own() {
        let home = tempfile::tempdir().expect("a folder");
        let mut actor = walked(home.path()).await;
        actor.report(found(1)).await;
        let state = TransferState::Failed { code: ErrorCode::NameRefused };
        let refused = Standing { state, on_s3: OnS3::Nothing };
        let (_, _, file) = rows(Path::new("/shoot"), refused.clone());
        let within = |id, rel: &str| {
            let (path, key) = (Path::new("/shoot").join(rel), String::new());
            TransferRow { id: TransferId::new(id), rel: rel.to_owned(), path, key, ..file.clone() }
        };
        let (one, other) = (within(3, "day/cut\n.mov"), within(4, "day/cut\t.mov"));
        let files = [&one, &other].map(|file| Write::Transfer(file.clone().into()));
        actor.shared.journal.write(files.into()).await.expect("written");
        for file in [&one, &other] {
            actor.shelf.book.add(file.id, file.item, file.size, &refused, ByteCount::ZERO);
        }
        let done = actor.act(Action::ProposedName, vec![Target::Item(FOLDER)]).await.expect("done");
        assert_eq!(done.count, 2, "and nothing of what is in line");
        let look = |journal: &crate::journal::Reader| Ok([3, 4].map(|id| journal.transfer(TransferId::new(id))));
        let now = actor.shared.journal.read(look).await.expect("read");
        let now = now.map(|file| file.expect("read").expect("there"));
        assert_eq!([&*now[0].key, &*now[1].key], ["cut.mov/day/cut_.mov", "cut.mov/day/cut_ (2).mov"]);
        assert_eq!(now.each_ref().map(|file| &file.standing), [&Standing::NEW; 2]);
        assert_eq!([&now[0].path, &now[1].path], [&one.path, &other.path]);
        let again = actor.act(Action::ProposedName, vec![Target::Item(FOLDER)]).await.expect("done");
        assert_eq!(again.count, 0);
    }

    #[tokio::test]
    async fn what_went_on_by_itself_is_not_asked_again_in_the_next_process() {
        for action in [Action::Cancel, Action::Pause] {
            let home = tempfile::tempdir().expect("a folder");
            let mut actor = walked(home.path()).await;
            actor.report(found(1)).await;
            actor.act(action, vec![Target::Item(FOLDER)]).await.expect("done");
            for goes_on in [Action::Undo, Action::Resume] {
                actor.act(goes_on, vec![Target::Transfer(FILE)]).await.expect("done");
            }
            drop(actor);
            let mut next = Actor::new(start(home.path(), Journal::open(home.path()).expect("opened")));
            next.do_as_asked_before().await;
            assert_eq!(rests(&next)[0], "queued", "{action:?}");
            assert_ne!(rests(&next)[1], "queued", "{action:?}");
        }
    }

    #[tokio::test]
    async fn what_is_asked_of_all_and_what_is_there_in_another_version_holds_as_well() {
        let home = tempfile::tempdir().expect("a folder");
        let mut actor = walked(home.path()).await;
        let (reply, done) = tokio::sync::oneshot::channel();
        actor.command(Command::All(Action::Cancel, reply)).await;
        done.await.expect("answered").expect("done");
        actor.report(found(1)).await;
        assert_eq!(rests(&actor), ["cancelled"]);
        // It was done once, and is another version now.
        actor.shared.journal.write(vec![Write::Standing(FILE, Standing::NEW)]).await.expect("written");
        actor.report(Report::Anew { files: vec![(FILE, ByteCount(2))] }).await;
        assert_eq!(rests(&actor), ["cancelled"]);
    }

    #[tokio::test]
    async fn what_a_person_gave_up_is_not_tried_again_with_all_that_failed() {
        let home = tempfile::tempdir().expect("a folder");
        let mut actor = walked(home.path()).await;
        let failed = TransferState::Failed { code: ErrorCode::AccessDenied };
        for (id, state) in [(1, failed), (2, TransferState::Cancelled { at: UnixTime(1) })] {
            actor.report(found(id)).await;
            let standing = Standing { state, on_s3: OnS3::Nothing };
            let at = actor.shelf.book.index(TransferId::new(id)).expect("found");
            actor.set(at, Rest::of(&standing.state), ByteCount(1), ByteCount::ZERO);
            let written = vec![Write::Standing(TransferId::new(id), standing)];
            actor.shared.journal.write(written).await.expect("written");
        }
        let (reply, done) = tokio::sync::oneshot::channel();
        actor.command(Command::All(Action::Retry, reply)).await;
        assert_eq!(done.await.expect("answered").expect("done").count, 1);
        assert_eq!(rests(&actor), ["queued", "cancelled"]);
    }

    #[tokio::test]
    async fn what_was_cleared_comes_back_at_a_word_and_what_was_removed_by_itself_does_not() {
        let home = tempfile::tempdir().expect("a folder");
        let mut actor = walked(home.path()).await;
        let (_, item, _) = rows(Path::new("/cut.mov"), Standing::NEW);
        let others = [2, 3].map(|id| ItemRow { id: ItemId::new(id), ..item.clone() });
        actor.shared.journal.write(others.clone().map(Write::Item).to_vec()).await.expect("written");
        actor.shelf.add_items(&others);
        for id in [2, 3] {
            actor.shelf.book.add(TransferId::new(id), ItemId::new(id), ByteCount(1), &Standing::NEW, ByteCount::ZERO);
            let at = actor.shelf.book.index(TransferId::new(id)).expect("added");
            actor.set(at, Rest::Done { at: 1 }, ByteCount(1), ByteCount(1));
        }
        actor.act(Action::Remove, vec![Target::Item(ItemId::new(3))]).await.expect("done");
        for (clears, is_off) in [(true, [true, true]), (false, [false, true]), (false, [false, true])] {
            let (reply, done) = tokio::sync::oneshot::channel();
            let command = if clears { Command::ClearDone(reply) } else { Command::UndoClear(reply) };
            actor.command(command).await;
            done.await.expect("answered").expect("done");
            let removed = [2, 3].map(|id| actor.shelf.book.item(ItemId::new(id)).expect("there").removed);
            assert_eq!(removed, is_off);
        }
    }

    #[tokio::test]
    async fn what_is_asked_of_a_folder_holds_though_it_cannot_be_put_on_record_yet() {
        for (action, wanted) in [(Action::Cancel, "cancelled"), (Action::Pause, "paused")] {
            let home = tempfile::tempdir().expect("a folder");
            let mut actor = walked(home.path()).await;
            actor.act(action, vec![Target::Item(FOLDER)]).await.expect("done");
            let others = rusqlite::Connection::open(home.path().join("journal.sqlite")).expect("opened");
            let refuses = "CREATE TRIGGER refuses BEFORE UPDATE ON transfers BEGIN SELECT RAISE(FAIL, 'no'); END";
            others.execute_batch(refuses).expect("made");
            actor.report(found(1)).await;
            assert_eq!((rests(&actor), on_record(&actor, 1).await), (vec![wanted], "queued"));
            assert!(!actor.owed.is_empty(), "nothing begins");
            assert_eq!(actor.ended.is_empty(), action == Action::Pause, "an end is told");
            others.execute_batch("DROP TRIGGER refuses").expect("dropped");
            actor.pay().await;
            assert_eq!(on_record(&actor, 1).await, wanted);
        }
    }
}
