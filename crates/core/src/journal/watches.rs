//! Watched folders on record: what is wanted of each, which items they made, and the ledger of what they decided. Where a
//! version's upload stands is its transfer's matter, and is joined when it is read: nothing can disagree.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension as _};

use super::classify;
use super::rows::{ItemRow, bits, path_bytes, text};
use super::seal::{SWEEPS, WATCHED, WATCHES};
use super::write::{added, plain};
use crate::credentials::Remote;
use crate::error::Result;
use crate::file::Stamp;
use crate::ids::{ItemId, WatchId};
use crate::session::Destination;
use crate::transfer::Standing;
use crate::units::UnixTime;
use crate::watch::Spec;
use crate::watch::record::{Aftermath, Counters, Decided, RootId, State};

/// A watched folder.
#[derive(Clone, Debug, PartialEq)]
pub struct WatchRow {
    /// Its identity.
    pub id: WatchId,
    /// Since when.
    pub added: UnixTime,
    /// Where it lies.
    pub path: PathBuf,
    /// What is wanted of it.
    pub spec: Spec,
    /// Where its files go.
    pub destination: Destination,
    /// Whose that is.
    pub remote: Remote,
    /// Which folder it is, once it was seen.
    pub root: Option<RootId>,
    /// Where it stands.
    pub state: State,
    /// What is counted.
    pub counters: Counters,
}

/// What an item is, as its row says.
pub(super) const FILE: i64 = 0;
pub(super) const FOLDER: i64 = 1;
/// What a watched folder found, one file and several.
pub(super) const SWEEP_OF_ONE: i64 = 2;
pub(super) const SWEEP: i64 = 3;

/// What a watched folder made an item of, beside the item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// Which watched folder.
    pub watch: WatchId,
    /// Where in the destination its files go. No `/` at its ends; empty is the destination itself.
    pub under: String,
}

/// A line of the ledger: the newest version of a file that was decided on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchedRow {
    /// The file's folder, from the watched one on.
    pub folder: PathBuf,
    /// Its name.
    pub name: OsString,
    /// The version.
    pub stamp: Stamp,
    /// What was decided.
    pub decided: Decided,
    /// What became of the file after it was safely there.
    pub after: Option<Aftermath>,
}

/// A line of the ledger, and where its transfer stands.
#[derive(Clone, Debug)]
pub struct Watched {
    /// The line.
    pub row: WatchedRow,
    /// Where its transfer stands; none for a version that has none.
    pub standing: Option<Standing>,
    /// Where its transfer takes the file from.
    pub path: Option<PathBuf>,
}

/// How many files of a watched folder stand where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tallied {
    /// They are in line or move.
    pub moving: u32,
    /// They move no further for now: they wait for the connection, for their drive or for another try, or somebody paused them.
    pub stalled: u32,
    /// They rest until the hours of their folder begin.
    pub rests: u32,
    /// They are safely there.
    pub done: u32,
    /// Those among them that are since the moment that was asked for.
    pub since: u32,
    /// They need somebody.
    pub failed: u32,
    /// When the last of them was done.
    pub last: Option<UnixTime>,
}

/// Adds a watched folder, or changes all of it.
pub(super) fn put(c: &Connection, w: &WatchRow) -> Result<()> {
    let id = bits(w.id.get());
    let (spec, to, remote) = (text(&w.spec)?, text(&w.destination)?, text(&w.remote)?);
    let (root, state, counters) = (w.root.as_ref().map(text).transpose()?, text(&w.state)?, text(&w.counters)?);
    let (at, path) = (bits(w.added.0), path_bytes(&w.path));
    let there = "SELECT 1 FROM watches WHERE id=?";
    if c.query_row(there, [id], |_| Ok(())).optional().map_err(classify)?.is_some() {
        let set = "path=?2,spec=?3,destination=?4,remote=?5,root=?6,state=?7,counters=?8,added=?9";
        return WATCHES.change(c, id, set, &[&path, &spec, &to, &remote, &root, &state, &counters, &at]);
    }
    added(WATCHES.insert(c, "", &[&id, &at, &path, &spec, &to, &remote, &root, &state, &counters]))
}

/// What the row of an item says that it is.
pub(super) const fn kind(item: &ItemRow) -> i64 {
    match (&item.sweep, item.folder) {
        (Some(_), true) => SWEEP,
        (Some(_), false) => SWEEP_OF_ONE,
        (None, true) => FOLDER,
        (None, false) => FILE,
    }
}

/// Says of an item which watched folder made it.
pub(super) fn put_sweep(c: &Connection, item: ItemId, sweep: &Sweep) -> Result<()> {
    added(SWEEPS.insert(c, "", &[&bits(item.get()), &bits(sweep.watch.get()), &sweep.under]))
}

/// Adds a line of the ledger in the place of the one before.
pub(super) fn put_line(c: &Connection, watch: WatchId, line: &WatchedRow) -> Result<()> {
    let (transfer, why) = match line.decided {
        Decided::Given(id) => (Some(bits(id.get())), None),
        Decided::Growing(id) => (Some(bits(id.get())), Some(GROWING)),
        Decided::Existing => (None, Some(EXISTING)),
    };
    let (folder, name) = (path_bytes(&line.folder), path_bytes(Path::new(&line.name)));
    let (size, file) = (bits(line.stamp.size), line.stamp.file.map(bits));
    let after = line.after.as_ref().map(text).transpose()?;
    added(WATCHED.insert(
        c,
        "OR REPLACE",
        &[&bits(watch.get()), &folder, &name, &size, &line.stamp.mtime_ns, &file, &transfer, &why, &after],
    ))
}

/// Takes a line of the ledger away.
pub(super) fn forget_line(c: &Connection, watch: WatchId, folder: &Path, name: &Path) -> Result<()> {
    let sql = "DELETE FROM watched WHERE watch=? AND folder=? AND name=?";
    plain(c, sql, &[&bits(watch.get()), &path_bytes(folder), &path_bytes(name)])
}

/// The word for what was there before.
pub(super) const EXISTING: &str = "existing";
/// The word for what is sent while it is written.
pub(super) const GROWING: &str = "growing";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::Giver;
    use crate::engine::feed::PausedBy;
    use crate::engine::fixture::{FILE as ONE, rows};
    use crate::error::ErrorCode;
    use crate::file::{FolderId, Links};
    use crate::journal::read::Expected;
    use crate::journal::{Journal, Reader, Write};
    use crate::transfer::{OnS3, TransferState};
    use crate::watch::spec::Changed;

    const ID: WatchId = WatchId::new(3);

    fn watch(path: &Path) -> WatchRow {
        let (batch, ..) = rows(path, Standing::NEW);
        WatchRow {
            id: ID,
            added: UnixTime(5),
            path: path.to_owned(),
            spec: Spec { settle: 30, ..Spec::default() },
            destination: batch.destination,
            remote: Remote { giver: Giver::Company { address: "https://a.example".to_owned() }, store: None },
            root: None,
            state: State::Asks,
            counters: Counters::default(),
        }
    }

    fn line(name: &str, decided: Decided) -> WatchedRow {
        let stamp = Stamp { size: 7, mtime_ns: -9, file: Some(u64::MAX) };
        WatchedRow { folder: "day".into(), name: name.into(), stamp, decided, after: None }
    }

    /// A watched folder that made an item of one file.
    async fn records(home: &Path) -> Journal {
        let (batch, item, file) = rows(Path::new("/in"), Standing::NEW);
        let item = ItemRow { folder: true, sweep: Some(Sweep { watch: ID, under: "rushes".to_owned() }), ..item };
        let (journal, _) = Journal::open(home).expect("opened");
        let watch = Write::Watch(Box::new(watch(Path::new("/in"))));
        let given = Write::Watched(ID, line("a.mov", Decided::Given(ONE)));
        let all = vec![watch, Write::Batch(batch.into()), Write::Item(item), Write::Transfer(file.into()), given];
        journal.write(all).await.expect("written");
        journal
    }

    #[tokio::test]
    async fn a_watched_folder_is_on_record_as_it_was_written_and_changed() {
        let home = tempfile::tempdir().expect("a folder");
        let journal = records(home.path()).await;
        let changed = WatchRow {
            root: Some(RootId { folder: FolderId { volume: 1, file: u64::MAX }, serial: Some(u64::MAX) }),
            state: State::Paused { since: UnixTime(9), asks: true },
            counters: Counters { lost: 1, recovered: 2, checked: Some(UnixTime(8)) },
            spec: Spec { links: Links::Followed, ..Spec::default() },
            ..watch(Path::new("/moved/in"))
        };
        assert_eq!(journal.read(Reader::watches).await.expect("read"), [watch(Path::new("/in"))]);
        let links = |id| journal.read(move |reader| reader.links_in(id));
        assert_eq!(links(ID).await.expect("read"), Links::Skipped);
        journal.write(vec![Write::Watch(Box::new(changed.clone()))]).await.expect("written");
        assert_eq!(links(ID).await.expect("read"), Links::Followed);
        assert_eq!(links(WatchId::new(ID.get() + 1)).await.expect("read"), Links::Skipped, "nobody says so");
        let first = |id| journal.read(move |reader| reader.finishes_first(id));
        assert!(!first(ID).await.expect("read"), "nobody wants it");
        let spec = Spec { changed: Changed::FinishedFirst, ..changed.spec.clone() };
        let wanted = WatchRow { spec, ..changed.clone() };
        journal.write(vec![Write::Watch(Box::new(wanted.clone()))]).await.expect("written");
        assert!(first(ID).await.expect("read"));
        assert!(!first(WatchId::new(ID.get() + 1)).await.expect("read"), "another folder");
        let stopped = WatchRow { state: State::Stopped, ..wanted };
        journal.write(vec![Write::Watch(Box::new(stopped))]).await.expect("written");
        assert!(!first(ID).await.expect("read"), "nobody would send the other");
        journal.write(vec![Write::Watch(Box::new(changed.clone()))]).await.expect("written");
        assert_eq!(journal.read(Reader::watches).await.expect("read"), [changed]);
    }

    #[tokio::test]
    async fn a_line_of_the_ledger_says_where_its_transfer_stands_and_never_says_so_itself() {
        let home = tempfile::tempdir().expect("a folder");
        let journal = records(home.path()).await;
        let ledger = |journal: &Journal| {
            let journal = journal.clone();
            async move { journal.read(|reader| reader.watched(ID, Path::new("day"))).await.expect("read") }
        };
        let before = ledger(&journal).await;
        assert_eq!(before.len(), 1);
        assert_eq!(before[0].row, line("a.mov", Decided::Given(ONE)));
        assert_eq!(before[0].standing, Some(Standing::NEW));
        assert!(before[0].path.is_some(), "and where its transfer takes the file from");
        let failed = TransferState::Failed { code: ErrorCode::ReadError };
        let failed = Standing { state: failed, on_s3: OnS3::Nothing };
        let other = line("b.mov", Decided::Existing);
        let there = WatchedRow { after: Some(Aftermath::Did), ..line("A.mov", Decided::Existing) };
        let more = [&other, &there].map(|line| Write::Watched(ID, line.clone()));
        journal.write([vec![Write::Standing(ONE, failed.clone())], more.to_vec()].concat()).await.expect("written");
        let after = ledger(&journal).await;
        let told: Vec<_> = after.iter().map(|line| (line.row.clone(), line.standing.clone())).collect();
        assert_eq!(told, [(there, None), (line("a.mov", Decided::Given(ONE)), Some(failed)), (other, None)]);
        let found = journal.read(|reader| {
            let is = |size, mtime| reader.expected(ID, ONE, (size, mtime));
            Ok((reader.watched_as(ID, u64::MAX)?.len(), [is(7, -9)?, is(7, -8)?, is(8, -9)?]))
        });
        assert_eq!(found.await.expect("read"), (3, [Expected::All, Expected::Nothing, Expected::Nothing]));
        let grows = Write::Watched(ID, line("a.mov", Decided::Growing(ONE)));
        journal.write(vec![grows]).await.expect("written");
        let found = journal.read(|reader| {
            let is = |size, mtime| reader.expected(ID, ONE, (size, mtime));
            Ok([is(7, -9)?, is(8, -8)?, is(6, -9)?])
        });
        assert_eq!(found.await.expect("read"), [Expected::Beginning, Expected::Beginning, Expected::Nothing], "W21");
        let stopped = WatchRow { state: State::Stopped, ..watch(Path::new("/in")) };
        journal.write(vec![Write::Watch(Box::new(stopped))]).await.expect("written");
        let whatever = journal.read(|reader| reader.expected(ID, ONE, (1, 1))).await.expect("read");
        assert_eq!(whatever, Expected::All, "whatever there is");
        let open = journal.read(|reader| reader.watched_open_below(ID, Path::new("day"))).await.expect("read");
        assert_eq!(open.into_iter().map(|line| line.row.name).collect::<Vec<_>>(), ["a.mov"]);
        assert!(journal.read(|reader| reader.watched_open_below(ID, Path::new("da"))).await.expect("read").is_empty());
        let some = journal.read(|reader| reader.watched_sample(ID, 9)).await.expect("read");
        assert_eq!(some.len(), 2, "what was taken away says nothing");
        assert_eq!(journal.read(|reader| reader.watched_folders(ID)).await.expect("read"), [PathBuf::from("day")]);
        let gone = Write::Unwatched(ID, "day".into(), "b.mov".into());
        journal.write(vec![gone]).await.expect("written");
        assert_eq!(ledger(&journal).await.len(), 2);
        journal.write(vec![Write::ForgetWatched(ID)]).await.expect("written");
        assert_eq!(ledger(&journal).await.len(), 0);
    }

    /// W7.
    #[tokio::test]
    async fn files_without_numbers_are_found_by_name_size_and_time() {
        let home = tempfile::tempdir().expect("a folder");
        let journal = records(home.path()).await;
        let stamp = Stamp { file: None, ..line("", Decided::Existing).stamp };
        let there = |folder: &str, name| {
            let row = WatchedRow { folder: folder.into(), stamp, ..line(name, Decided::Existing) };
            Write::Watched(ID, row)
        };
        journal
            .write(vec![there("day", "b.mov"), there("night", "b.mov"), there("day", "c.mov")])
            .await
            .expect("written");
        let alike = |name: &'static str, stamp: Stamp| {
            let journal = journal.clone();
            async move {
                let look = move |reader: &Reader| reader.watched_alike(ID, std::ffi::OsStr::new(name), stamp);
                journal.read(look).await.expect("read").len()
            }
        };
        assert_eq!(alike("b.mov", stamp).await, 2, "in whatever folder");
        assert_eq!(alike("a.mov", stamp).await, 0, "that one has a number");
        assert_eq!(alike("b.mov", Stamp { size: 8, ..stamp }).await, 0);
        assert_eq!(alike("b.mov", Stamp { mtime_ns: 9, ..stamp }).await, 0);
    }

    #[tokio::test]
    async fn files_are_counted_by_where_they_stand_and_since_when() {
        let home = tempfile::tempdir().expect("a folder");
        let journal = records(home.path()).await;
        let count = |since| {
            let journal = journal.clone();
            async move { journal.read(move |reader| reader.watched_counts(ID, UnixTime(since))).await.expect("read") }
        };
        assert_eq!(count(0).await, Tallied { moving: 1, ..Tallied::default() });
        let (since, stalled) = (UnixTime(9), Tallied { stalled: 1, ..Tallied::default() });
        for (state, counted) in [
            (TransferState::Waiting { code: ErrorCode::Offline, until: None }, stalled),
            (TransferState::Paused { by: PausedBy::You, since }, stalled),
            (TransferState::Paused { by: PausedBy::Watch, since }, stalled),
            (TransferState::Paused { by: PausedBy::Schedule, since }, Tallied { rests: 1, ..Tallied::default() }),
        ] {
            let standing = Standing { state: state.clone(), on_s3: OnS3::Nothing };
            journal.write(vec![Write::Standing(ONE, standing)]).await.expect("written");
            assert_eq!(count(0).await, counted, "{state:?}");
        }
        let done = TransferState::Done { etag: "e".to_owned(), at: UnixTime(50) };
        let done = Standing { state: done, on_s3: OnS3::Nothing };
        journal.write(vec![Write::Standing(ONE, done)]).await.expect("written");
        let all = Tallied { done: 1, since: 1, last: Some(UnixTime(50)), ..Tallied::default() };
        assert_eq!(count(50).await, all);
        assert_eq!(count(51).await, Tallied { since: 0, ..all });
    }

    #[tokio::test]
    async fn an_item_of_a_watched_folder_of_which_that_is_not_known_any_more_is_none() {
        let home = tempfile::tempdir().expect("a folder");
        let journal = records(home.path()).await;
        let item = journal.read(|reader| reader.item(ItemId::new(1))).await.expect("read").expect("there");
        assert_eq!(item.sweep, Some(Sweep { watch: ID, under: "rushes".to_owned() }));
        drop(journal);
        let path = Journal::path(home.path());
        rusqlite::Connection::open(&path).and_then(|c| c.execute("UPDATE sweeps SET under='a'", [])).expect("damaged");
        let reader = Reader::open(home.path()).expect("opened");
        assert_eq!(reader.item(ItemId::new(1)).expect_err("damaged").code, ErrorCode::JournalDamaged);
    }

    #[tokio::test]
    async fn what_is_whole_of_watched_folders_is_taken_out_of_damaged_records() {
        let home = tempfile::tempdir().expect("a folder");
        let journal = records(home.path()).await;
        journal.write(vec![Write::Watched(ID, line("b.mov", Decided::Existing))]).await.expect("written");
        drop(journal);
        let path = Journal::path(home.path());
        let c = rusqlite::Connection::open(&path).expect("opened");
        c.execute("UPDATE watched SET size=1 WHERE transfer IS NULL", []).expect("damaged");
        c.execute("UPDATE transfers SET key='x'", []).expect("damaged");
        drop(c);
        let new = tempfile::tempdir().expect("a folder");
        let mut made = crate::journal::schema::open_for_writing(&Journal::path(new.path())).expect("made");
        let lost = crate::journal::salvage::from_damaged(&mut made, &path).expect("taken");
        crate::journal::salvage::walk_again(&made, &lost).expect("written");
        drop(made);
        let reader = Reader::open(new.path()).expect("opened");
        assert_eq!(reader.watches().expect("read"), [watch(Path::new("/in"))]);
        assert_eq!(reader.watched(ID, Path::new("day")).expect("read").len(), 0, "its file is found anew");
        let item = reader.item(ItemId::new(1)).expect("read").expect("there");
        assert!(item.counted && item.sweep.is_some(), "and by its watch, not by a walk of all that lies there");
    }
}
