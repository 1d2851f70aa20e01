//! What lies elsewhere than it did, or is to go elsewhere: a missing file that a person shows, and rows whose destination is gone.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::{ActDone, Actor};
use crate::credentials::Remote;
use crate::engine::book::Rest;
use crate::engine::feed::{Event, Target};
use crate::engine::given::{self, Given};
use crate::engine::{Refound, feeds, intake, keys};
use crate::error::{Error, ErrorCode, Result};
use crate::file::{Fingerprint, Likeness, Place, open_aside};
use crate::ids::{BatchId, ItemId};
use crate::journal::{BatchRow, Leftover, TransferRow, Write};
use crate::session::Destination;
use crate::transfer::state::unfinished;
use crate::transfer::{Input, OnS3, Standing, TransferState, step};
use crate::units::{ByteCount, UnixTime};

/// A file that a person showed, and what it is.
pub(crate) struct Shown {
    given: Given,
    now: Fingerprint,
}

/// Looks what a person showed. Its drive may keep this waiting for a while.
///
/// # Errors
/// What opening it answers.
pub(in crate::engine) async fn look(path: PathBuf) -> Result<Shown> {
    let seen = given::look_at_all(vec![path]).await.into_iter().next();
    let (given, _) = seen.ok_or_else(|| Error::new(ErrorCode::FileMissing))?;
    let given = given?;
    let place = Place::named(&given.path).on(given.mount.clone());
    let (_, now) = open_aside(place, None).await?;
    Ok(Shown { given, now })
}

/// Whether a file is the one that is on record, as far as that is known without reading it. What was sent of it is read again
/// before it goes on, unless nothing of it moved at all.
fn is_same(row: &TransferRow, now: &Fingerprint) -> bool {
    let by_size = row.size.get() == now.size;
    row.fingerprint.as_ref().map_or(by_size, |before| now.likeness(before) != Likeness::Other)
}

/// What lets go of all that was sent of a file: it will be another object, by a token of its own.
fn let_go(row: &TransferRow, batch: BatchId) -> Vec<Write> {
    let upload = unfinished(&row.standing.on_s3);
    let left = upload.map(|upload| Write::Leftover(Leftover { upload, batch, key: row.key.clone() }));
    let forgotten = [Write::ForgetParts(row.id), Write::ForgetPlan(row.id, keys::token())];
    left.into_iter().chain(forgotten).collect()
}

/// Where a file stands that goes to another destination than before. One that rests for another reason rests on.
fn moved(row: &TransferRow) -> Standing {
    use TransferState as S;
    let before = &row.standing.state;
    let state = match before {
        S::Paused { .. } | S::Cancelled { .. } => before.clone(),
        S::Failed { code } if *code != ErrorCode::DestinationGone => before.clone(),
        S::Queued
        | S::Preparing
        | S::Uploading
        | S::Completing
        | S::Verifying
        | S::Done { .. }
        | S::Waiting { .. }
        | S::Failed { .. } => S::Queued,
    };
    Standing { state, on_s3: OnS3::Nothing }
}

impl Actor {
    /// A missing file that can be shown, and its place in the book.
    pub(super) async fn missing(&self, target: Target) -> Result<Option<(u32, TransferRow)>> {
        let [at] = self.shelf.book.files_of(target)[..] else { return Ok(None) };
        let (slot, item) = (self.shelf.book.slots[at as usize], self.shelf.book.item_of(at));
        let is_missing = slot.rest == Rest::Failed { code: ErrorCode::FileMissing };
        if !is_missing || item.folder || item.removed || item.watch.is_some() {
            return Ok(None);
        }
        let row = self.shared.journal.read(move |journal| journal.transfer(slot.id)).await?;
        Ok(row.map(|row| (at, row)))
    }

    /// A missing file lies elsewhere now. Where it lies, and what holds of it since, goes on record as one.
    pub(super) async fn shown(&mut self, target: Target, shown: Shown) -> Result<Refound> {
        let missing = || Error::new(ErrorCode::BadInput).detail("it is not missing, or cannot be shown");
        self.pay().await;
        let Some((at, row)) = self.missing(target).await? else { return Err(missing()) };
        let (standing, _) = step(&row.standing, Input::Retry).map_err(|_| missing())?;
        let Shown { given, now } = shown;
        let (item, batch) = (row.item, self.shelf.book.item_of(at).batch);
        let is_same = is_same(&row, &now);
        let standing = if is_same { standing } else { Standing { on_s3: OnS3::Nothing, ..standing } };
        let (path, mount) = (given.path.clone(), given.mount.clone());
        let mut writes = vec![Write::Lies { item, id: row.id, path, mount }];
        if !is_same {
            writes.extend(let_go(&row, batch));
        }
        writes.push(Write::Standing(row.id, standing.clone()));
        writes.push(Write::Happened(row.id, UnixTime::now(), Event::Resumed));
        writes.push(Write::GoesOn(batch));
        self.shared.journal.write(writes).await?;
        let slot = self.shelf.book.slots[at as usize];
        let (size, sent) =
            if is_same { (slot.size, slot.acknowledged) } else { (ByteCount(now.size), ByteCount::ZERO) };
        self.shelf.book.set(at, Rest::of(&standing.state), size, sent, &standing.on_s3);
        let away = given.mount.as_deref().is_some_and(|mount| self.away.contains_key(mount));
        self.shelf.lies(item, &given.path, given.mount.as_deref(), away);
        if is_same {
            return Ok(Refound::Same);
        }
        self.leftovers.wanted();
        Ok(Refound::Anew)
    }

    /// Rows, by their gestures, that are among these and whose destination is gone.
    fn without_a_place(&self, targets: &[Target]) -> BTreeMap<BatchId, BTreeSet<ItemId>> {
        let book = &self.shelf.book;
        let mut all: BTreeMap<BatchId, BTreeSet<ItemId>> = BTreeMap::new();
        for at in targets.iter().flat_map(|target| book.files_of(*target)) {
            let item = book.item_of(at);
            let is_gone = book.slots[at as usize].rest == Rest::Failed { code: ErrorCode::DestinationGone };
            if is_gone && !item.counting && !item.removed && item.watch.is_none() {
                all.entry(item.batch).or_default().insert(item.id);
            }
        }
        for items in all.values_mut() {
            let runs = |at: u32| self.active.contains_key(&book.slots[at as usize].id);
            items.retain(|item| !book.files_of(Target::Item(*item)).into_iter().any(runs));
        }
        all
    }

    /// Sends rows whose destination is gone to another one: what is left of a gesture there is a gesture of its own.
    pub(super) async fn send_to(&mut self, targets: &[Target], to: Destination, remote: Remote) -> Result<ActDone> {
        self.pay().await;
        let later = self.hold || self.closing.is_some();
        let mut done = ActDone { later, ..ActDone::default() };
        for (from, items) in self.without_a_place(targets) {
            if let (Some(from), false) = (self.shelf.batches.get(&from).cloned(), items.is_empty()) {
                done.count += self.send(from, items, &to, &remote).await?;
            }
        }
        if done.count > 0 {
            // In the lines they had places of the former destination.
            let here: Vec<_> = self.shelf.book.items.iter().map(|item| item.here).collect();
            self.shelf.book.let_in(&here);
            self.leftovers.wanted();
        }
        Ok(done)
    }

    /// Sends items of one gesture elsewhere; one transaction. Answers how many of their files go there.
    async fn send(
        &mut self,
        from: BatchRow,
        items: BTreeSet<ItemId>,
        to: &Destination,
        remote: &Remote,
    ) -> Result<u32> {
        let now = UnixTime::now();
        // What a person chose for the gesture holds on.
        let chosen = Some(from.collision).filter(|chosen| *chosen != from.destination.collision);
        let batch = BatchRow {
            id: self.numbers.batch(),
            added: now,
            destination: to.clone(),
            collision: chosen.unwrap_or(to.collision),
            scope: None,
            remote: Some(remote.clone()),
            told: from.told,
        };
        let files = items.iter().flat_map(|item| self.shelf.book.files_of(Target::Item(*item)));
        let ids = files.map(|at| self.shelf.book.slots[at as usize].id).collect();
        let rows = feeds::named(&self.shared.journal, ids).await?;
        let mut writes = vec![Write::Batch(batch.clone().into())];
        writes.extend(items.iter().map(|item| Write::Joins(*item, batch.id)));
        let mut changes = Vec::with_capacity(rows.len());
        // What never had a key is nowhere, and goes nowhere.
        for row in rows.iter().filter(|row| !row.key.is_empty()) {
            let standing = moved(row);
            writes.extend(intake::was_done(row.id, &row.standing.state));
            writes.extend(let_go(row, from.id));
            if standing.state == TransferState::Queued {
                writes.push(Write::Happened(row.id, now, Event::Resumed));
            }
            writes.push(Write::Standing(row.id, standing.clone()));
            changes.push((row.id, standing));
        }
        self.shared.journal.write(writes).await?;
        self.shelf.batches.insert(batch.id, batch.clone());
        for item in items {
            self.shelf.send(item, batch.id);
        }
        let mut count = 0;
        for (id, standing) in changes {
            let Some(at) = self.shelf.book.index(id) else { continue };
            let size = self.shelf.book.slots[at as usize].size;
            self.shelf.book.set(at, Rest::of(&standing.state), size, ByteCount::ZERO, &standing.on_s3);
            self.sweeps.remove(&id);
            count += u32::from(standing.state == TransferState::Queued);
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::credentials::Giver;
    use crate::engine::fixture::{FILE, records, rows, start};
    use crate::file::SourceFile;
    use crate::ids::{DestinationId, TransferId, UploadId};
    use crate::journal::{ItemRow, Journal, Reader};
    use crate::session::Collision;
    use crate::transfer::Plan;
    use crate::watch::fixture::row;
    use crate::watch::record::State;

    const ITEM: Target = Target::Item(ItemId::new(1));

    fn failed(code: ErrorCode) -> Standing {
        Standing { state: TransferState::Failed { code }, on_s3: OnS3::Upload(UploadId("u".to_owned())) }
    }

    async fn on_record<T: Send + 'static>(
        actor: &Actor,
        look: impl FnOnce(&Reader) -> Result<T> + Send + 'static,
    ) -> T {
        actor.shared.journal.read(look).await.expect("read")
    }

    async fn file(actor: &Actor, id: TransferId) -> TransferRow {
        on_record(actor, move |journal| journal.transfer(id)).await.expect("there")
    }

    /// The same item, found by a watched folder that is on record.
    async fn found(home: &Path, batch: &BatchRow, item: ItemRow) -> ItemRow {
        let (watch, sweep) = row(Path::new("/in"), batch.destination.clone(), State::Watching);
        let (journal, _) = Journal::open(home).expect("opened");
        journal.write(vec![Write::Watch(Box::new(watch))]).await.expect("written");
        ItemRow { sweep: Some(sweep), ..item }
    }

    /// An engine that knows a file, of which something was sent before somebody moved it.
    async fn moved_away(home: &Path, was: &Path) -> Actor {
        std::fs::write(was, b"what was sent").expect("written");
        let before = SourceFile::open(was).and_then(|file| file.fingerprint()).expect("a file");
        let (batch, item, row) = rows(was, failed(ErrorCode::FileMissing));
        let plan = Some(Plan::Multipart { size: 13, part_size: 7, count: 2 });
        let row = TransferRow { size: ByteCount(13), fingerprint: Some(before), plan, ..row };
        Actor::new(start(home, records(home, (batch, item, row)).await))
    }

    #[tokio::test]
    async fn a_missing_file_that_is_shown_goes_on_with_what_was_sent() {
        let (home, folder) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let (was, is) = (folder.path().join("cut.mov"), folder.path().join("final cut.mov"));
        let mut actor = moved_away(home.path(), &was).await;
        std::fs::rename(&was, &is).expect("moved");
        let missing = actor.missing(ITEM).await.expect("read").expect("missing");
        assert_eq!(missing.1.path, was);
        let shown = look(is.clone()).await.expect("a file");
        assert_eq!(actor.shown(ITEM, shown).await.expect("taken"), Refound::Same);
        let now = file(&actor, FILE).await;
        assert_eq!((&now.path, &*now.key, &*now.rel), (&is, "cut.mov", "cut.mov"), "it keeps its name");
        let on_s3 = failed(ErrorCode::FileMissing).on_s3;
        assert_eq!(now.standing, Standing { state: TransferState::Queued, on_s3 });
        assert_eq!((&*now.token, now.plan.is_some()), ("token", true));
        let item = on_record(&actor, |journal| journal.item(ItemId::new(1))).await.expect("there");
        assert_eq!(item.path, is);
        assert!(on_record(&actor, Reader::leftovers).await.is_empty());
        assert!(actor.missing(ITEM).await.expect("read").is_none(), "it is in line");
        assert_eq!(
            actor.shown(ITEM, look(is).await.expect("a file")).await.expect_err("no more").code,
            ErrorCode::BadInput
        );
    }

    #[tokio::test]
    async fn a_missing_file_that_is_shown_as_another_version_begins_anew() {
        let (home, folder) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let (was, is) = (folder.path().join("cut.mov"), folder.path().join("final cut.mov"));
        let mut actor = moved_away(home.path(), &was).await;
        std::fs::remove_file(&was).expect("removed");
        std::fs::write(&is, b"longer than what was sent").expect("written");
        let shown = look(is.clone()).await.expect("a file");
        assert_eq!(actor.shown(ITEM, shown).await.expect("taken"), Refound::Anew);
        let now = file(&actor, FILE).await;
        assert_eq!((&now.path, &now.standing, now.plan), (&is, &Standing::NEW, None));
        assert_ne!(now.token, "token", "another object");
        let left = on_record(&actor, Reader::leftovers).await;
        assert_eq!(
            left,
            [Leftover { upload: UploadId("u".to_owned()), batch: BatchId::new(1), key: "cut.mov".to_owned() }]
        );
        assert_eq!(actor.shelf.book.slots[0].size, ByteCount(25));
    }

    #[tokio::test]
    async fn what_lies_in_a_folder_or_is_not_missing_is_not_asked_for() {
        for (code, folder, is_found) in [
            (ErrorCode::FileMissing, true, false),
            (ErrorCode::FileMissing, false, true),
            (ErrorCode::FileUnreadable, false, false),
        ] {
            let home = tempfile::tempdir().expect("a folder");
            let (batch, item, file) = rows(Path::new("/in/cut.mov"), failed(code));
            let item = if is_found { found(home.path(), &batch, item).await } else { ItemRow { folder, ..item } };
            let actor = Actor::new(start(home.path(), records(home.path(), (batch, item, file)).await));
            for target in [ITEM, Target::Transfer(FILE)] {
                assert!(actor.missing(target).await.expect("read").is_none(), "{code} {folder}");
            }
        }
    }

    #[tokio::test]
    async fn a_folder_is_no_file_that_could_be_shown() {
        let folder = tempfile::tempdir().expect("a folder");
        look(folder.path().to_owned()).await.map(drop).expect_err("no file");
        look(folder.path().join("gone")).await.map(drop).expect_err("nothing");
    }

    /// Somewhere else, of a company.
    fn elsewhere() -> (Destination, Remote) {
        let id = DestinationId("e".to_owned());
        let to = Destination::direct(id, "E".into(), "more".into(), "eu-central-1".into(), Collision::Suffix);
        let giver = Giver::Company { address: "https://upload.example.com".to_owned() };
        (to, Remote { giver, store: None })
    }

    #[tokio::test]
    async fn a_row_whose_destination_is_gone_goes_to_another_from_the_beginning() {
        let home = tempfile::tempdir().expect("a folder");
        let (batch, item, row) = rows(Path::new("/shoot"), failed(ErrorCode::DestinationGone));
        let item = ItemRow { folder: true, ..item };
        let with = |id: u64, state| {
            let standing = Standing { state, on_s3: OnS3::Nothing };
            TransferRow { id: TransferId::new(id), rel: id.to_string(), key: id.to_string(), standing, ..row.clone() }
        };
        let done = with(2, TransferState::Done { etag: "e".to_owned(), at: UnixTime(7) });
        let given_up = with(3, TransferState::Cancelled { at: UnixTime(7) });
        let unreadable = with(4, TransferState::Failed { code: ErrorCode::FileUnreadable });
        let (journal, recovered) = records(home.path(), (batch, item, row)).await;
        let more = [done, given_up, unreadable].map(|row| Write::Transfer(row.into()));
        journal.write(more.into()).await.expect("written");
        drop((journal, recovered));
        let mut actor = Actor::new(start(home.path(), crate::journal::Journal::open(home.path()).expect("opened")));
        let (to, remote) = elsewhere();
        let sent = actor.send_to(&[Target::Transfer(FILE)], to.clone(), remote.clone()).await.expect("sent");
        assert_eq!(sent.count, 2, "what failed for that, and what was done there");

        let states = [1, 2, 3, 4].map(TransferId::new);
        let mut all = Vec::new();
        for id in states {
            all.push(file(&actor, id).await);
        }
        assert_eq!(all[0].standing, Standing::NEW);
        assert_eq!(all[0].key, "cut.mov");
        assert_ne!(all[0].token, "token");
        assert_eq!(all[1].standing, Standing::NEW);
        assert!(matches!(all[2].standing.state, TransferState::Cancelled { .. }));
        assert_eq!(all[3].standing.state, TransferState::Failed { code: ErrorCode::FileUnreadable });
        let item = on_record(&actor, |journal| journal.item(ItemId::new(1))).await.expect("there");
        let now = on_record(&actor, move |journal| journal.batch(item.batch)).await.expect("there");
        assert_eq!((now.destination, now.collision, now.remote), (to, Collision::Suffix, Some(remote)));
        assert_eq!(now.scope, None, "the first lease tells");
        let left = on_record(&actor, Reader::leftovers).await;
        assert_eq!(left.len(), 1);
        assert_eq!((&*left[0].key, left[0].batch), ("cut.mov", BatchId::new(1)), "where it was begun");
        assert_eq!(actor.shelf.label(now.id), "E");
    }

    #[tokio::test]
    async fn what_goes_elsewhere_is_in_the_line_of_its_new_destination() {
        let home = tempfile::tempdir().expect("a folder");
        let records = records(home.path(), rows(Path::new("/in/cut.mov"), failed(ErrorCode::DestinationGone))).await;
        let mut actor = Actor::new(start(home.path(), records));
        let before = actor.shelf.book.items[0].to;
        let (to, remote) = elsewhere();
        actor.shelf.turn_to(Some(remote.clone()));
        actor.send_to(&[ITEM], to.clone(), remote.clone()).await.expect("sent");
        let now = actor.shelf.book.items[0].to;
        assert_ne!(before, now);
        assert_eq!(actor.shelf.book.next_small(|to| to == before), None);
        assert_eq!(actor.shelf.book.next_small(|to| to == now), Some(0));
        let again = actor.send_to(&[ITEM], to, remote).await.expect("nothing to do");
        assert_eq!(again.count, 0, "its destination is there");
    }

    #[tokio::test]
    async fn a_row_of_a_watched_folder_goes_where_that_says() {
        let home = tempfile::tempdir().expect("a folder");
        let (batch, item, missing) = rows(Path::new("/in/cut.mov"), failed(ErrorCode::DestinationGone));
        let item = found(home.path(), &batch, item).await;
        let mut actor = Actor::new(start(home.path(), records(home.path(), (batch, item, missing)).await));
        let (to, remote) = elsewhere();
        assert_eq!(actor.send_to(&[ITEM], to, remote).await.expect("left").count, 0);
        assert_eq!(file(&actor, FILE).await.standing, failed(ErrorCode::DestinationGone));
    }
}
