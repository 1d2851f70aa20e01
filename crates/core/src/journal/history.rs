//! History on record: an entry for every row of the list that came to its end. It says what is on record of the row's files, and
//! follows it in the same commit: what moves again has none until it ends anew. Taking a row off the list changes nothing.
//!
//! Who knows that a row may be at its end says so by `Write::History`; what a kill kept from that is made up for when the
//! records are opened next. There is one entry a row, so that none is ever there twice.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::rows::{bits, json, number};
use super::seal::{BATCHES, HISTORY, ITEMS, TRANSFERS};
use super::watches::{FILE, SWEEP_OF_ONE};
use super::write::{Write, added, plain};
use super::{classify, read};
use crate::error::{ErrorCode, Result};
use crate::ids::{ItemId, TransferId};
use crate::transfer::{Standing, TransferState};
use crate::units::{ByteCount, UnixTime};

/// How a row ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    /// All of it that was not given up is safely there.
    Done,
    /// Some of it needs the person.
    Failed,
    /// All of it was given up.
    Cancelled,
}

impl Ended {
    /// The word on record.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// What such a word stands for.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Done, Self::Failed, Self::Cancelled].into_iter().find(|ended| ended.as_str() == word)
    }
}

/// A row of the list that came to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The row.
    pub item: ItemId,
    /// When its last file ended.
    pub ended: UnixTime,
    /// How.
    pub result: Ended,
    /// Its name, as shown.
    pub name: String,
    /// The destination's label.
    pub destination: String,
    /// Its files; those that were given up are not among them, unless all were.
    pub files: u32,
    /// Bytes of these.
    pub size: ByteCount,
    /// Whether it is a folder.
    pub folder: bool,
}

/// The columns of an entry, as [`entry`] reads them.
pub(super) const ENTRY: &str = "item,ended,result,name,destination,files,size,folder";

/// An entry of the first columns of a row.
pub(super) fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let result = Ended::parse(row.get_ref(2)?.as_str()?);
    Ok(Entry {
        item: ItemId::new(number(row, 0)?),
        ended: UnixTime(number(row, 1)?),
        result: result.ok_or_else(|| read::unsound(2, "an end that is none"))?,
        name: row.get(3)?,
        destination: row.get(4)?,
        files: row.get(5)?,
        size: ByteCount(number(row, 6)?),
        folder: row.get(7)?,
    })
}

/// Items whose entries may have to follow what is written.
#[derive(Debug, Default)]
pub(super) struct Touched(BTreeSet<i64>);

impl Touched {
    /// Looks at a write before it is done. Of what has no entry only the word that there may be one counts.
    pub(super) fn by(&mut self, c: &Connection, write: &Write) -> Result<()> {
        let item = match write {
            Write::History(id) => Some(bits(id.get())),
            Write::Standing(id, _) | Write::Forget(id) => has_entry(c, OF_TRANSFER, bits(id.get()))?,
            Write::Transfer(row) => has_entry(c, OF_ITEM, bits(row.item.get()))?,
            Write::Counted { item, .. } | Write::Joins(item, _) => has_entry(c, OF_ITEM, bits(item.get()))?,
            _ => None,
        };
        self.0.extend(item);
        Ok(())
    }

    /// After all was done. Answers whether history is another one now.
    pub(super) fn settle(self, c: &Connection) -> Result<bool> {
        self.0.into_iter().try_fold(false, |news, item| Ok(settle(c, item)? || news))
    }
}

const OF_TRANSFER: &str = "SELECT h.item FROM transfers t JOIN history h ON h.item=t.item WHERE t.id=?";
const OF_ITEM: &str = "SELECT item FROM history WHERE item=?";

fn has_entry(c: &Connection, sql: &str, id: i64) -> Result<Option<i64>> {
    let mut statement = c.prepare_cached(sql).map_err(classify)?;
    statement.query_row([id], |row| row.get(0)).optional().map_err(classify)
}

/// Makes entries of what came to its end and has none.
pub(super) fn make_up(c: &Connection) -> Result<()> {
    each(c, "SELECT id FROM items i WHERE counted=1 AND NOT EXISTS (SELECT 1 FROM history h WHERE h.item=i.id)")
}

/// Makes all entries say what is on record, in records that were put together of what was left.
pub(super) fn settle_all(c: &Connection) -> Result<()> {
    each(c, "SELECT id FROM items")
}

/// All at once, in the transaction that there is or one of its own.
fn each(c: &Connection, sql: &str) -> Result<()> {
    let together = c.is_autocommit().then(|| c.unchecked_transaction()).transpose().map_err(classify)?;
    let mut items = c.prepare(sql).map_err(classify)?;
    let items = items.query_map([], |row| row.get(0)).map_err(classify)?;
    let items: Vec<i64> = items.collect::<rusqlite::Result<_>>().map_err(classify)?;
    items.into_iter().try_for_each(|item| settle(c, item).map(drop))?;
    together.map_or(Ok(()), Transaction::commit).map_err(classify)
}

/// Makes the entry of an item say what is on record of it. Answers whether it is another one now.
fn settle(c: &Connection, item: i64) -> Result<bool> {
    let now = match drawn(c, item) {
        // Of what is not as it was written nothing is told, and nobody else's write is in its way.
        Err(error) if error.code == ErrorCode::JournalDamaged => {
            tracing::warn!(%error, "a row cannot be told in history");
            None
        }
        now => now?,
    };
    match (now, kept(c, item)?) {
        (None, Kept::Nothing) => Ok(false),
        (Some(now), Kept::Whole(before)) if now == before => Ok(false),
        (now, _) => {
            plain(c, "DELETE FROM history WHERE item=?", &[&item])?;
            now.map_or(Ok(()), |entry| put(c, &entry))?;
            Ok(true)
        }
    }
}

/// What is on record of an item so far.
enum Kept {
    Nothing,
    Whole(Entry),
    /// An entry that is not as it was written.
    Damaged,
}

fn kept(c: &Connection, item: i64) -> Result<Kept> {
    static SQL: LazyLock<String> =
        LazyLock::new(|| format!("SELECT {ENTRY},{} FROM history WHERE item=?", HISTORY.fits()));
    let mut statement = c.prepare_cached(&SQL).map_err(classify)?;
    let read = |row: &Row<'_>| if row.get(8)? { entry(row).map(Kept::Whole) } else { Ok(Kept::Damaged) };
    let kept = statement.query_row([item], read).optional().map_err(classify)?;
    Ok(kept.unwrap_or(Kept::Nothing))
}

fn put(c: &Connection, entry: &Entry) -> Result<()> {
    let next = "SELECT seq+1 FROM sqlite_sequence WHERE name='history'";
    let next = c.prepare_cached(next).and_then(|mut next| next.query_row([], |row| row.get(0)).optional());
    let id: i64 = next.map_err(classify)?.unwrap_or(1);
    let Entry { item, ended, result, name, destination, files, size, folder } = entry;
    let (item, ended, result, size) = (bits(item.get()), bits(ended.0), result.as_str(), bits(size.get()));
    added(HISTORY.insert(c, "", &[&id, &item, &ended, &result, name, destination, files, &size, folder]))
}

/// The entry of an item as the records have its files; none while something of it is still to come, or where nobody knows
/// what it is.
fn drawn(c: &Connection, item: i64) -> Result<Option<Entry>> {
    static ROW: LazyLock<String> = LazyLock::new(|| {
        format!(
            "SELECT i.name, i.folder, i.added, iif(json_valid(b.destination), json_extract(b.destination,'$.label'), NULL)
             FROM items i JOIN batches b ON b.id=i.batch WHERE i.id=? AND i.counted=1 AND {} AND {}",
            ITEMS.fits_as('i'),
            BATCHES.fits_as('b')
        )
    });
    static FILES: LazyLock<String> =
        LazyLock::new(|| format!("SELECT id,size,standing,{} FROM transfers WHERE item=?", TRANSFERS.fits()));
    let mut row = c.prepare_cached(&ROW).map_err(classify)?;
    let read = |row: &Row<'_>| {
        let folder = !matches!(row.get(1)?, FILE | SWEEP_OF_ONE);
        Ok((row.get::<_, String>(0)?, folder, UnixTime(number(row, 2)?), row.get::<_, String>(3)?))
    };
    let Some((name, folder, added, destination)) = row.query_row([item], read).optional().map_err(classify)? else {
        return Ok(None);
    };
    let mut files = c.prepare_cached(&FILES).map_err(classify)?;
    let mut files = files.query([item]).map_err(classify)?;
    let (mut all, mut ended) = (Files::default(), None);
    while let Some(row) = files.next().map_err(classify)? {
        let (id, size, state) = file(row).map_err(classify)?;
        let at = match state {
            Some(TransferState::Done { at, .. }) => {
                all.done.count(size);
                Some(at)
            }
            Some(TransferState::Cancelled { at }) => {
                all.cancelled.count(size);
                Some(at)
            }
            // Nothing more comes of one that is damaged.
            Some(TransferState::Failed { .. }) | None => {
                all.failed.count(size);
                failed_at(c, id)?
            }
            Some(_) => return Ok(None),
        };
        ended = ended.max(at);
    }
    let (result, Sum { files, size }) = all.end();
    let (item, ended) = (ItemId::new(item.cast_unsigned()), ended.unwrap_or(added).max(added));
    Ok(Some(Entry { item, ended, result, name, destination, files, size, folder }))
}

/// A file: which, its bytes, and where it stands unless its row is damaged.
fn file(row: &Row<'_>) -> rusqlite::Result<(TransferId, ByteCount, Option<TransferState>)> {
    let state = if row.get(3)? { json::<Standing>(row, 2).ok().map(|standing| standing.state) } else { None };
    Ok((TransferId::new(number(row, 0)?), ByteCount(number(row, 1)?), state))
}

/// A failure has no time of its own: it is the last that happened.
fn failed_at(c: &Connection, id: TransferId) -> Result<Option<UnixTime>> {
    let mut last = c.prepare_cached("SELECT max(at) FROM story WHERE transfer=?").map_err(classify)?;
    let last: Option<i64> = last.query_row([bits(id.get())], |row| row.get(0)).map_err(classify)?;
    Ok(last.map(|at| UnixTime(at.cast_unsigned())))
}

/// Some files of an item, together.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    files: u32,
    size: ByteCount,
}

impl Sum {
    fn count(&mut self, size: ByteCount) {
        self.files = self.files.saturating_add(1);
        self.size += size;
    }

    fn and(self, other: Self) -> Self {
        Self { files: self.files.saturating_add(other.files), size: self.size + other.size }
    }
}

/// All files of an item, by how they ended.
#[derive(Clone, Copy, Debug, Default)]
struct Files {
    done: Sum,
    failed: Sum,
    cancelled: Sum,
}

impl Files {
    fn end(self) -> (Ended, Sum) {
        match self {
            Self { done, failed, .. } if failed.files > 0 => (Ended::Failed, done.and(failed)),
            Self { done, cancelled, .. } if done.files == 0 && cancelled.files > 0 => (Ended::Cancelled, cancelled),
            Self { done, .. } => (Ended::Done, done),
        }
    }
}

/// For tests: entries on record, of rows of which nothing else is.
#[cfg(test)]
pub(crate) fn put_all(home: &std::path::Path, entries: &[Entry]) {
    let mut c = super::schema::open_for_writing(&super::Journal::path(home)).expect("opened");
    let all = c.transaction().expect("begun");
    for (id, entry) in (1_i64..).zip(entries) {
        let Entry { item, ended, result, name, destination, files, size, folder } = entry;
        let (item, ended, result, size) = (bits(item.get()), bits(ended.0), result.as_str(), bits(size.get()));
        HISTORY.insert(&all, "", &[&id, &item, &ended, &result, name, destination, files, &size, folder]).expect("put");
    }
    all.commit().expect("written");
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::credentials::{Giver, Remote, Scope};
    use crate::engine::feed::Event;
    use crate::engine::fixture::{FILE as ONE, rows};
    use crate::ids::WatchId;
    use crate::journal::schema::open_for_writing;
    use crate::journal::{ItemRow, Journal, Reader, Sweep, TransferRow, WatchRow};
    use crate::transfer::OnS3;
    use crate::watch::Spec;
    use crate::watch::record::{Counters, State};

    const ITEM: ItemId = ItemId::new(1);
    const OTHER: TransferId = TransferId::new(2);

    fn standing(state: TransferState) -> Standing {
        Standing { state, on_s3: OnS3::Nothing }
    }

    fn done(at: u64) -> Standing {
        standing(TransferState::Done { etag: "e".to_owned(), at: UnixTime(at) })
    }

    fn cancelled(at: u64) -> Standing {
        standing(TransferState::Cancelled { at: UnixTime(at) })
    }

    fn failed() -> Standing {
        standing(TransferState::Failed { code: ErrorCode::ReadError })
    }

    /// A folder of two files that was walked to its end, on record.
    async fn folder(home: &Path) -> Journal {
        let (batch, item, file) = rows(Path::new("/shoot"), Standing::NEW);
        let item = ItemRow { folder: true, name: "day 07".to_owned(), ..item };
        let file = TransferRow { size: ByteCount(10), ..file };
        let other = TransferRow { id: OTHER, rel: "b.mov".to_owned(), size: ByteCount(32), ..file.clone() };
        let (journal, _) = Journal::open(home).expect("opened");
        let files = [file, other].map(|file| Write::Transfer(file.into()));
        let all = [Write::Batch(batch.into()), Write::Item(item)].into_iter().chain(files).collect();
        journal.write(all).await.expect("written");
        journal
    }

    /// What history says of the one row.
    async fn said(journal: &Journal) -> Option<Entry> {
        let all = journal.read(|reader| Ok((reader.history_of(ITEM)?, reader.history_count()?)));
        let (entry, count) = all.await.expect("read");
        assert_eq!(count, u32::from(entry.is_some()), "never twice");
        entry
    }

    /// Where both files stand from now on, and that the row may be at its end.
    async fn stand(journal: &Journal, one: Standing, other: Standing) -> Option<Entry> {
        let writes = vec![Write::Standing(ONE, one), Write::Standing(OTHER, other), Write::History(ITEM)];
        journal.write(writes).await.expect("written");
        said(journal).await
    }

    #[tokio::test]
    async fn a_row_has_an_entry_once_the_last_of_its_files_ended_and_none_while_one_moves() {
        let home = tempfile::tempdir().expect("a folder");
        let journal = folder(home.path()).await;
        assert_eq!(stand(&journal, done(50), Standing::NEW).await, None);
        let all = Entry {
            item: ITEM,
            ended: UnixTime(70),
            result: Ended::Done,
            name: "day 07".to_owned(),
            destination: "D".to_owned(),
            files: 2,
            size: ByteCount(42),
            folder: true,
        };
        assert_eq!(stand(&journal, done(50), done(70)).await, Some(all.clone()));
        let news = journal.history();
        assert_eq!(stand(&journal, done(50), done(70)).await, Some(all.clone()));
        assert_eq!(journal.history(), news, "the same once more is no news");
        // One that is tried again, by whoever says nothing of history.
        journal.write(vec![Write::Standing(OTHER, Standing::NEW)]).await.expect("written");
        assert_eq!((said(&journal).await, journal.history()), (None, news + 1));
        journal.write(vec![Write::Standing(OTHER, done(90))]).await.expect("written");
        journal.write(vec![Write::History(ITEM)]).await.expect("written");
        assert_eq!(said(&journal).await, Some(Entry { ended: UnixTime(90), ..all }));
    }

    #[tokio::test]
    async fn how_a_row_ended_is_told_of_all_its_files() {
        let home = tempfile::tempdir().expect("a folder");
        let journal = folder(home.path()).await;
        let failure = Write::Happened(OTHER, UnixTime(80), Event::Failed { code: ErrorCode::ReadError });
        journal.write(vec![failure]).await.expect("written");
        for (one, other, wanted) in [
            (done(50), failed(), (Ended::Failed, 80, 2, 42)),
            (cancelled(50), failed(), (Ended::Failed, 80, 1, 32)),
            (done(50), cancelled(60), (Ended::Done, 60, 1, 10)),
            (cancelled(50), cancelled(60), (Ended::Cancelled, 60, 2, 42)),
        ] {
            let Some(Entry { ended, result, files, size, .. }) = stand(&journal, one.clone(), other.clone()).await
            else {
                panic!("{one:?} {other:?}");
            };
            assert_eq!((result, ended.0, files, size.get()), wanted, "{one:?} {other:?}");
        }
    }

    #[tokio::test]
    async fn an_entry_stays_when_its_row_is_taken_off_the_list_and_goes_when_it_is_walked_again() {
        let home = tempfile::tempdir().expect("a folder");
        let journal = folder(home.path()).await;
        let entry = stand(&journal, done(50), failed()).await;
        assert!(entry.is_some());
        journal.write(vec![Write::Removed(ITEM, true)]).await.expect("written");
        // What S3 held of what failed is given up with its row.
        journal.write(vec![Write::Standing(OTHER, failed())]).await.expect("written");
        assert_eq!(said(&journal).await, entry);
        journal.write(vec![Write::Removed(ITEM, false)]).await.expect("written");
        let walk = |counted| vec![Write::Counted { item: ITEM, counted, skipped: 0 }];
        journal.write(walk(false)).await.expect("written");
        assert_eq!(said(&journal).await, None);
        // What could not be read is found in order, and its line is none any more.
        let mended = [vec![Write::Forget(OTHER)], walk(true), vec![Write::History(ITEM)]].concat();
        journal.write(mended).await.expect("written");
        assert_eq!(said(&journal).await.map(|entry| (entry.result, entry.files)), Some((Ended::Done, 1)));
    }

    #[tokio::test]
    async fn what_a_watched_folder_found_is_in_history_and_what_can_be_done_with_an_entry_is_told() {
        const WATCH: WatchId = WatchId::new(3);
        let home = tempfile::tempdir().expect("a folder");
        let (journal, _) = Journal::open(home.path()).expect("opened");
        let (mut batch, item, file) = rows(Path::new("/in"), done(50));
        batch.destination.link_template = Some("https://a.example/{key}".to_owned());
        batch.scope = Some(Scope { bucket: "media".into(), prefix: String::new(), region: "eu-central-1".into() });
        let watch = WatchRow {
            id: WATCH,
            added: UnixTime(5),
            path: "/in".into(),
            spec: Spec::default(),
            destination: batch.destination.clone(),
            remote: Remote { giver: Giver::Company { address: "https://a.example".to_owned() }, store: None },
            root: None,
            state: State::Asks,
            counters: Counters::default(),
        };
        let sweep = Some(Sweep { watch: WATCH, under: String::new() });
        let found = ItemRow { folder: true, name: "Ingest".to_owned(), sweep, ..item.clone() };
        let (other, off) = (ItemId::new(2), ItemRow { id: ItemId::new(2), removed: true, ..item });
        let file_of_other = TransferRow { id: OTHER, item: other, ..file.clone() };
        let files = [file, file_of_other].map(|file| Write::Transfer(file.into()));
        let rows = [Write::Watch(Box::new(watch)), Write::Batch(batch.into()), Write::Item(found), Write::Item(off)];
        let ended = [Write::History(ITEM), Write::History(other)];
        journal.write(rows.into_iter().chain(files).chain(ended).collect()).await.expect("written");
        let told = journal.read(|reader| {
            let mut numbers = Vec::new();
            reader.history_ends(UnixTime(0), None, None, |end| numbers.push(end.number))?;
            reader.history_rows(&numbers)
        });
        let told: Vec<_> = told.await.expect("read").into_iter().map(|row| row.expect("whole")).collect();
        let can: Vec<_> = told.iter().map(|row| (row.entry.item, row.listed, row.again, row.link)).collect();
        assert_eq!(can, [(other, false, true, true), (ITEM, true, false, true)]);
        assert_eq!((&*told[1].entry.name, told[1].entry.folder, told[1].entry.files), ("Ingest", true, 1));
    }

    #[tokio::test]
    async fn what_a_kill_kept_from_history_is_made_up_for_and_what_is_there_is_not_there_twice() {
        let home = tempfile::tempdir().expect("a folder");
        let journal = folder(home.path()).await;
        // The last file ended, and the process with it.
        let writes = vec![Write::Standing(ONE, done(50)), Write::Standing(OTHER, done(70))];
        journal.write(writes).await.expect("written");
        assert_eq!(said(&journal).await, None);
        for _ in 0..2 {
            let (journal, _) = Journal::open(home.path()).expect("opened");
            assert_eq!(said(&journal).await.map(|entry| entry.ended), Some(UnixTime(70)));
        }
    }

    #[tokio::test]
    async fn a_number_is_never_given_twice_and_neither_is_that_of_a_row() {
        let home = tempfile::tempdir().expect("a folder");
        let journal = folder(home.path()).await;
        let number = |journal: &Journal| {
            let journal = journal.clone();
            async move {
                let mut numbers = Vec::new();
                let ends = journal.read(move |reader| {
                    reader.history_ends(UnixTime(0), None, None, |end| numbers.push(end.number))?;
                    Ok(numbers)
                });
                ends.await.expect("read")
            }
        };
        stand(&journal, done(50), done(70)).await;
        let first = number(&journal).await;
        stand(&journal, done(50), Standing::NEW).await;
        assert_eq!(number(&journal).await, Vec::<i64>::new());
        stand(&journal, done(50), done(70)).await;
        assert_eq!(number(&journal).await, [first[0] + 1]);
        drop(journal);
        // A row that is lost leaves its entry, and no other is taken for it.
        let c = open_for_writing(&Journal::path(home.path())).expect("opened");
        for sql in ["DELETE FROM transfers", "DELETE FROM items"] {
            c.execute(sql, []).expect("lost");
        }
        drop(c);
        let (journal, recovered) = Journal::open(home.path()).expect("opened");
        assert_eq!(recovered.highest.1, ITEM.get());
        assert!(said(&journal).await.is_some());
    }

    #[tokio::test]
    async fn records_of_an_earlier_program_have_entries_of_all_that_ended_on_them() {
        let home = tempfile::tempdir().expect("a folder");
        let journal = folder(home.path()).await;
        let mut all = vec![Write::Standing(ONE, done(50)), Write::Standing(OTHER, done(70))];
        let (_, item, file) = rows(Path::new("/off.mov"), cancelled(9));
        // One that was taken off the list, and one that is not at its end.
        for (n, removed, standing) in [(2, true, cancelled(9)), (3, false, Standing::NEW)] {
            let id = ItemId::new(n);
            all.push(Write::Item(ItemRow { id, removed, ..item.clone() }));
            let file = TransferRow { id: TransferId::new(n + 1), item: id, standing, ..file.clone() };
            all.push(Write::Transfer(file.into()));
        }
        journal.write(all).await.expect("written");
        drop(journal);
        let c = open_for_writing(&Journal::path(home.path())).expect("opened");
        c.execute_batch("DROP TABLE history; DROP TABLE history_of").expect("as it was");
        c.pragma_update(None, "user_version", 10).expect("set");
        c.pragma_update(None, "application_id", 0x4456_000a).expect("set");
        drop(c);
        let reader = Reader::open(home.path()).expect("brought up");
        let said = |n| reader.history_of(ItemId::new(n)).expect("read").map(|entry| (entry.result, entry.ended.0));
        assert_eq!(said(1), Some((Ended::Done, 70)));
        assert_eq!(said(2), Some((Ended::Cancelled, 9)));
        assert_eq!((said(3), reader.history_count().expect("read")), (None, 2));
    }

    #[tokio::test]
    async fn entries_are_taken_out_of_damaged_records_and_made_anew_where_they_are_damaged_themselves() {
        let home = tempfile::tempdir().expect("a folder");
        let journal = folder(home.path()).await;
        let entry = stand(&journal, done(50), done(70)).await;
        drop(journal);
        let path = Journal::path(home.path());
        for damage in ["UPDATE history SET name='x'", "UPDATE transfers SET key='x' WHERE id=2"] {
            let c = rusqlite::Connection::open(&path).expect("opened");
            c.execute(damage, []).expect("damaged");
            drop(c);
            let (journal, recovered) = Journal::open(home.path()).expect("rebuilt");
            assert!(recovered.notice.is_some(), "{damage}");
            let now = said(&journal).await;
            if damage.contains("history") {
                assert_eq!(now, entry, "{damage}");
            } else {
                // Its folder is walked again for the file that is lost.
                assert_eq!(now, None, "{damage}");
            }
        }
    }
}
