//! Reading the journal: for recovery, for windows on the list, and for `davit status` beside a running engine. Apart lie
//! what a gesture finds again (`given`), receipts, history, every name there is (`names`), and what is left in S3 (`left`).

mod given;
mod history;
mod left;
mod names;
mod receipts;
mod watches;

pub(crate) use history::End;
pub use history::EntryRow;
pub(crate) use watches::{ALIKE_AT_MOST, Expected};

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::keep::Notice;
use super::outlook::copies_to_read;
use super::rows::{BatchRow, ItemRow, TransferRow, bits, json, json_if_any, number, path_from, text};
use super::seal::{ASKED, BATCHES, ITEMS, MOUNTS, PARTS, RANKS, Sealed, TRANSFERS};
use super::watches::{FILE, SWEEP, SWEEP_OF_ONE, Sweep};
use super::{Journal, classify, in_use, schema};
use crate::engine::feed::{Action, Happening};
use crate::error::{ErrorCode, Result};
use crate::file::Fingerprint;
use crate::ids::{BatchId, ItemId, PartNumber, TransferId, WatchId};
use crate::transfer::{AcknowledgedPart, Plan, Standing, TransferState};
use crate::units::{ByteCount, UnixTime};

/// A connection that only reads. Whatever is asked of it is `journal-damaged` where its file is, and `journal-unwritable` where that
/// cannot be reached.
#[derive(Debug)]
pub struct Reader {
    pub(super) connection: Connection,
    /// What transfers read in the same transaction belong to; none while they are read one by one.
    families: RefCell<Option<HashMap<ItemId, Family>>>,
    /// Copies that it reads, where the records themselves cannot be read where they lie. Outlives the connection.
    _copies: Option<tempfile::TempDir>,
}

/// An item, and the gesture that it came with.
pub type Family = (Arc<ItemRow>, Arc<BatchRow>);

/// All that the engine keeps in memory: small, whatever the number of files.
#[derive(Debug, Default)]
pub struct Recovered {
    /// Every batch with rows still in the list.
    pub batches: Vec<BatchRow>,
    /// Every item still in the list.
    pub items: Vec<ItemRow>,
    /// What those items are ordered by that the person moved.
    pub ranks: Vec<(ItemId, i64)>,
    /// What holds for files of those items that are not found yet.
    pub asked: Vec<(ItemId, Action)>,
    /// Every transfer of those items: id, item, size, standing, bytes acknowledged.
    pub transfers: Vec<RecoveredTransfer>,
    /// The highest ids in use: batch, item, transfer.
    pub highest: (u64, u64, u64),
    /// What a person is told about the records.
    pub notice: Option<Notice>,
}

/// What the engine keeps of a transfer that rests.
#[derive(Debug)]
pub struct RecoveredTransfer {
    /// Its identity.
    pub id: TransferId,
    /// Its item.
    pub item: ItemId,
    /// Bytes.
    pub size: ByteCount,
    /// Where it stands.
    pub standing: Standing,
    /// Bytes in acknowledged parts.
    pub acknowledged: ByteCount,
}

/// A transfer for `davit status`.
#[derive(Debug)]
pub struct StatusRow {
    /// Its identity.
    pub id: TransferId,
    /// Its gesture.
    pub batch: BatchId,
    /// Where it lies.
    pub path: std::path::PathBuf,
    /// The key without the prefix.
    pub key: String,
    /// The destination's label.
    pub destination: String,
    /// Bytes.
    pub size: ByteCount,
    /// Bytes acknowledged.
    pub sent: ByteCount,
    /// Where it stands.
    pub standing: Standing,
    /// When it was added.
    pub added: UnixTime,
    /// Where the drive it lies on is mounted, where that can be taken away.
    pub mount: Option<std::path::PathBuf>,
}

/// A folder for `davit status` that is to be walked to its end yet.
#[derive(Debug)]
pub struct FolderRow {
    /// The folder.
    pub item: ItemRow,
    /// The destination's label.
    pub destination: String,
}

const ITEM: &str = "id,batch,added,path,name,folder,counted,skipped,removed,
    (SELECT m.path FROM mounts m WHERE m.item=items.id AND m.sum IS seal('mounts',m.item,m.path)),
    (SELECT s.watch FROM sweeps s WHERE s.item=items.id AND s.sum IS seal('sweeps',s.item,s.watch,s.under)),
    (SELECT s.under FROM sweeps s WHERE s.item=items.id AND s.sum IS seal('sweeps',s.item,s.watch,s.under))";
const TRANSFER: &str = "id,item,path,rel,key,size,standing,token,fingerprint,plan,crc64,problem";

/// These columns of a sealed table, and whether the row is as it was written.
fn select(columns: &str, of: &Sealed) -> String {
    format!("SELECT {columns},{} AS whole FROM {}", of.fits(), of.table)
}

impl Reader {
    /// Opens the journal of `home` for reading, beside whoever writes it.
    ///
    /// # Errors
    /// `journal-newer`, `journal-damaged`, `journal-unwritable` when there is none, `disk-full`.
    pub fn open(home: &Path) -> Result<Self> {
        // With a log the next start would not see that the one before is lost.
        if in_use::log_is_lost(home)
            && let Ok(Some(connection)) = schema::read_as_it_lies(&Journal::path(home))
        {
            return Ok(Self::of(connection));
        }
        match schema::open_for_reading(&Journal::path(home)) {
            // Where nothing may be written SQLite cannot read what a process that was killed left in the log.
            Err(error) if error.code == ErrorCode::JournalUnwritable => {
                let copies = copies_to_read(home)?;
                let connection = schema::open_for_reading(&Journal::path(copies.path()))?;
                Ok(Self { _copies: Some(copies), ..Self::of(connection) })
            }
            opened => opened.map(Self::of),
        }
    }

    pub(super) fn of(connection: Connection) -> Self {
        Self { connection, families: RefCell::default(), _copies: None }
    }

    /// Reads what belongs together as of one moment.
    pub(super) fn together(&self, read: impl FnOnce()) {
        // One that could not be ended would show what was there then for good.
        if !self.connection.is_autocommit()
            && let Err(error) = self.connection.execute_batch("ROLLBACK")
        {
            tracing::warn!(%error, "a look at the records does not end");
        }
        // Without a transaction each reads what is there by then.
        let one = self.connection.unchecked_transaction();
        *self.families.borrow_mut() = one.is_ok().then(HashMap::new);
        read();
        self.families.borrow_mut().take();
        drop(one);
    }

    /// All that the engine begins with.
    pub(crate) fn recover(&self) -> Result<Recovered> {
        let highest = |table: &str, id: &str| {
            self.connection
                .query_row(&format!("SELECT ifnull(max({id}),0) FROM {table}"), [], |row| number(row, 0))
                .map_err(classify)
        };
        Ok(Recovered {
            batches: self.whole_rows(&format!("{} ORDER BY id", select(BATCHES.columns, &BATCHES)), [], batch)?,
            items: self.whole_rows(&format!("{} WHERE removed=0 ORDER BY id", select(ITEM, &ITEMS)), [], item)?,
            ranks: self.ranks()?,
            asked: self.asked()?,
            transfers: self.whole_rows(
                &format!(
                    "SELECT t.id, t.item, t.size, t.standing, ifnull(p.bytes,0), {} AS whole
                     FROM transfers t JOIN items i ON i.id=t.item AND i.removed=0
                     LEFT JOIN (SELECT transfer, sum(size) AS bytes FROM parts GROUP BY transfer) p ON p.transfer=t.id
                     ORDER BY t.id",
                    TRANSFERS.fits_as('t')
                ),
                [],
                |row| {
                    whole(row)?;
                    Ok(RecoveredTransfer {
                        id: TransferId::new(number(row, 0)?),
                        item: ItemId::new(number(row, 1)?),
                        size: ByteCount(number(row, 2)?),
                        standing: json(row, 3)?,
                        acknowledged: ByteCount(number(row, 4)?),
                    })
                },
            )?,
            // An entry may be all that is left of a row.
            highest: (
                highest("batches", "id")?,
                highest("items", "id")?.max(highest("history", "item")?),
                highest("transfers", "id")?,
            ),
            notice: None,
        })
    }

    fn asked(&self) -> Result<Vec<(ItemId, Action)>> {
        let open = "item IN (SELECT id FROM items WHERE counted=0)";
        let sql = format!("{} WHERE {open}", select("item,action", &ASKED));
        self.whole_rows(&sql, [], |row| {
            whole(row)?;
            Ok((ItemId::new(number(row, 0)?), json(row, 1)?))
        })
    }

    /// Of these transfers those of which nothing ever happened: they were found, and no more.
    pub fn untouched(&self, ids: Vec<TransferId>) -> Result<Vec<TransferId>> {
        let sql = "SELECT 1 FROM story WHERE transfer=? LIMIT 1";
        let mut untouched = Vec::with_capacity(ids.len());
        for id in ids {
            if self.one(sql, params![bits(id.get())], |_| Ok(()))?.is_none() {
                untouched.push(id);
            }
        }
        Ok(untouched)
    }

    /// One that is not as it was written is none: the row is where it was added.
    fn ranks(&self) -> Result<Vec<(ItemId, i64)>> {
        let sql = format!("SELECT item, rank FROM ranks WHERE {}", RANKS.fits());
        self.rows(&sql, [], |row| Ok((ItemId::new(number(row, 0)?), row.get(1)?)))
    }

    /// One transfer, whole.
    pub fn transfer(&self, id: TransferId) -> Result<Option<TransferRow>> {
        static SQL: LazyLock<String> = LazyLock::new(|| format!("{} WHERE id=?", select(TRANSFER, &TRANSFERS)));
        self.one(&SQL, params![bits(id.get())], transfer)
    }

    /// One batch.
    pub fn batch(&self, id: BatchId) -> Result<Option<BatchRow>> {
        self.one(&format!("{} WHERE id=?", select(BATCHES.columns, &BATCHES)), params![bits(id.get())], batch)
    }

    /// One item.
    pub fn item(&self, id: ItemId) -> Result<Option<ItemRow>> {
        self.one(&format!("{} WHERE id=?", select(ITEM, &ITEMS)), params![bits(id.get())], item)
    }

    /// What an item's transfers belong to.
    ///
    /// # Errors
    /// `journal-damaged`.
    pub fn family(&self, id: ItemId) -> Result<Option<Family>> {
        if let Some(known) = self.families.borrow().as_ref().and_then(|known| known.get(&id)) {
            return Ok(Some(known.clone()));
        }
        let Some(item) = self.item(id)? else { return Ok(None) };
        let Some(batch) = self.batch(item.batch)? else { return Ok(None) };
        let family = (Arc::new(item), Arc::new(batch));
        if let Some(known) = self.families.borrow_mut().as_mut() {
            known.insert(id, family.clone());
        }
        Ok(Some(family))
    }

    /// The parts on record, in order. A damaged one is left out: S3 tells what it has.
    pub fn parts(&self, id: TransferId) -> Result<Vec<AcknowledgedPart>> {
        let sql = format!("{} WHERE transfer=? ORDER BY number", select("number,etag,crc64,size", &PARTS));
        self.whole_rows(&sql, params![bits(id.get())], |row| {
            whole(row)?;
            let wire: u32 = row.get(0)?;
            let number_on_wire =
                PartNumber::new(wire).ok_or(rusqlite::Error::IntegralValueOutOfRange(0, i64::from(wire)))?;
            Ok(AcknowledgedPart {
                number: number_on_wire,
                etag: row.get_ref(1)?.as_str()?.into(),
                crc64: number(row, 2)?,
                size: ByteCount(number(row, 3)?),
            })
        })
    }

    /// The story, newest first, this many lines at most.
    pub fn story(&self, id: TransferId, at_most: usize) -> Result<Vec<Happening>> {
        let sql = "SELECT at,event FROM story WHERE transfer=? ORDER BY rowid DESC LIMIT ?";
        self.whole_rows(sql, params![bits(id.get()), i64::try_from(at_most).unwrap_or(i64::MAX)], |row| {
            Ok(Happening { at: UnixTime(number(row, 0)?), what: json(row, 1)? })
        })
    }

    /// The file of an item that is one.
    pub fn only_file(&self, item: ItemId) -> Result<Option<TransferRow>> {
        let sql = format!("{} WHERE item=? LIMIT 1", select(TRANSFER, &TRANSFERS));
        self.one(&sql, params![bits(item.get())], transfer)
    }

    /// A file of an item, where it is on record already.
    pub fn file(&self, item: ItemId, rel: &str) -> Result<Option<TransferRow>> {
        static SQL: LazyLock<String> =
            LazyLock::new(|| format!("{} WHERE item=? AND rel=?", select(TRANSFER, &TRANSFERS)));
        self.one(&SQL, params![bits(item.get()), rel], transfer)
    }

    /// Files of a folder whose path holds `search`, in path order, and how many there are.
    pub fn files(&self, item: ItemId, search: &str, first: u32, count: u32) -> Result<(u32, Vec<TransferRow>)> {
        let like = format!("%{}%", search.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
        let filter = "WHERE item=? AND rel LIKE ? ESCAPE '\\'";
        let total = self
            .one(&format!("SELECT count(*) FROM transfers {filter}"), params![bits(item.get()), like], |row| {
                row.get(0)
            })?
            .unwrap_or(0);
        let sql = format!("{} {filter} ORDER BY rel LIMIT ? OFFSET ?", select(TRANSFER, &TRANSFERS));
        Ok((total, self.whole_rows(&sql, params![bits(item.get()), like, count, first], transfer)?))
    }

    /// Whether another file of the same gesture has this key.
    pub fn has_key(&self, batch: BatchId, key: &str) -> Result<bool> {
        let sql = "SELECT 1 FROM transfers t JOIN items i ON i.id=t.item WHERE t.key=? AND i.batch=?";
        Ok(self.one(sql, params![key, bits(batch.get())], |_| Ok(()))?.is_some())
    }

    /// Whether a file of these items has this key.
    pub fn has_key_among(&self, items: &[ItemId], key: &str) -> Result<bool> {
        let sql = "SELECT 1 FROM transfers WHERE key=? AND item IN (SELECT value FROM json_each(?))";
        Ok(self.one(sql, params![key, list(items)?], |_| Ok(()))?.is_some())
    }

    /// Files of these items that have the same key as another of them.
    pub fn meeting(&self, items: &[ItemId]) -> Result<Vec<TransferRow>> {
        let among = "item IN (SELECT value FROM json_each(?1))";
        let sql = format!(
            "{} WHERE key<>'' AND {among} AND EXISTS
               (SELECT 1 FROM transfers o WHERE o.key=transfers.key AND o.id<>transfers.id AND o.{among})",
            select(TRANSFER, &TRANSFERS)
        );
        self.whole_rows(&sql, params![list(items)?], transfer)
    }

    /// Files of an item that have no key, because they never could be uploaded.
    pub fn refused_files(&self, item: ItemId) -> Result<Vec<TransferRow>> {
        let sql = format!("{} WHERE item=? AND key='' ORDER BY id", select(TRANSFER, &TRANSFERS));
        self.whole_rows(&sql, params![bits(item.get())], transfer)
    }

    /// Every transfer in the list.
    pub fn status(&self) -> Result<Vec<StatusRow>> {
        let sql = format!(
            "SELECT t.id, i.batch, t.path, t.key, b.destination, t.size, t.standing, i.added,
               (SELECT ifnull(sum(size),0) FROM parts p WHERE p.transfer=t.id),
               (SELECT m.path FROM mounts m WHERE m.item=i.id AND {}), {} AND {} AND {} AS whole
             FROM transfers t JOIN items i ON i.id=t.item AND i.removed=0 JOIN batches b ON b.id=i.batch
             LEFT JOIN ranks r ON r.item=i.id AND {}
             ORDER BY ifnull(r.rank, i.id), t.id",
            MOUNTS.fits_as('m'),
            TRANSFERS.fits_as('t'),
            ITEMS.fits_as('i'),
            BATCHES.fits_as('b'),
            RANKS.fits_as('r')
        );
        self.whole_rows(&sql, [], |row| {
            whole(row)?;
            let standing: Standing = json(row, 6)?;
            let size = ByteCount(number(row, 5)?);
            let done = matches!(standing.state, TransferState::Done { .. });
            Ok(StatusRow {
                id: TransferId::new(number(row, 0)?),
                batch: BatchId::new(number(row, 1)?),
                path: path_from(row.get(2)?),
                key: row.get(3)?,
                destination: json::<crate::session::Destination>(row, 4)?.label,
                size,
                sent: if done { size } else { ByteCount(number(row, 8)?) },
                standing,
                added: UnixTime(number(row, 7)?),
                mount: row.get::<_, Option<Vec<u8>>>(9)?.map(path_from),
            })
        })
    }

    /// Every folder in the list that was not walked to its end.
    pub fn unwalked(&self) -> Result<Vec<FolderRow>> {
        let sql = format!("{} WHERE removed=0 AND counted=0 ORDER BY id", select(ITEM, &ITEMS));
        let mut found = Vec::new();
        for item in self.whole_rows(&sql, [], item)? {
            let destination = self.batch(item.batch)?.map(|batch| batch.destination.label);
            found.extend(destination.map(|destination| FolderRow { item, destination }));
        }
        Ok(found)
    }

    /// Whether anything was ever given.
    pub fn is_begun(&self) -> Result<bool> {
        Ok(self.one("SELECT 1 FROM batches LIMIT 1", [], |_| Ok(()))?.is_some())
    }

    /// The proof of a finished transfer: `ETag` and CRC64NVME.
    pub fn proof(&self, id: TransferId) -> Result<Option<(String, u64)>> {
        let fits = TRANSFERS.fits();
        let sql = format!(
            "SELECT etag,crc64 FROM transfers WHERE id=? AND etag IS NOT NULL AND crc64 IS NOT NULL AND {fits}"
        );
        self.one(&sql, params![bits(id.get())], |row| Ok((row.get(0)?, number(row, 1)?)))
    }

    fn rows<T>(
        &self,
        sql: &str,
        params: impl rusqlite::Params,
        map: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        let mut statement = self.connection.prepare_cached(sql).map_err(classify)?;
        let rows = statement.query_map(params, map).map_err(classify)?;
        rows.collect::<rusqlite::Result<_>>().map_err(classify)
    }

    /// The same without rows that cannot be read: one that is damaged does not take the others with it.
    fn whole_rows<T>(
        &self,
        sql: &str,
        params: impl rusqlite::Params,
        mut map: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        let mut statement = self.connection.prepare_cached(sql).map_err(classify)?;
        let mut rows = statement.query(params).map_err(classify)?;
        let mut all = Vec::new();
        while let Some(row) = rows.next().map_err(classify)? {
            match map(row).map_err(classify) {
                Ok(read) => all.push(read),
                Err(error) if error.code == ErrorCode::JournalDamaged => {
                    tracing::warn!(%error, "a row of the records is left out");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(all)
    }

    fn one<T>(
        &self,
        sql: &str,
        params: impl rusqlite::Params,
        map: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>> {
        let mut statement = self.connection.prepare_cached(sql).map_err(classify)?;
        statement.query_row(params, map).optional().map_err(classify)
    }
}

/// Items as JSON, for a query about many.
fn list(items: &[ItemId]) -> Result<String> {
    text(&items.iter().map(|item| bits(item.get())).collect::<Vec<_>>())
}

/// Refuses a row that is not as it was written.
fn whole(row: &Row<'_>) -> rusqlite::Result<()> {
    if row.get("whole")? { Ok(()) } else { Err(unsound(0, "the sum does not fit")) }
}

/// What nothing of ours can have written.
pub(super) fn unsound(column: usize, why: &'static str) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, why.into())
}

fn batch(row: &Row<'_>) -> rusqlite::Result<BatchRow> {
    whole(row)?;
    Ok(BatchRow {
        id: BatchId::new(number(row, 0)?),
        added: UnixTime(number(row, 1)?),
        destination: json(row, 2)?,
        collision: json(row, 3)?,
        scope: json_if_any(row, 4)?,
        remote: json_if_any(row, 5)?,
        told: row.get(6)?,
    })
}

fn item(row: &Row<'_>) -> rusqlite::Result<ItemRow> {
    whole(row)?;
    Ok(ItemRow {
        id: ItemId::new(number(row, 0)?),
        batch: BatchId::new(number(row, 1)?),
        added: UnixTime(number(row, 2)?),
        path: path_from(row.get(3)?),
        name: row.get(4)?,
        folder: !matches!(row.get(5)?, FILE | SWEEP_OF_ONE),
        counted: row.get(6)?,
        skipped: row.get(7)?,
        removed: row.get(8)?,
        mount: row.get::<_, Option<Vec<u8>>>(9)?.map(path_from),
        sweep: sweep(row)?,
    })
}

/// What made an item, by the columns after its mount. One that a watched folder made, and of which that is not on record any
/// more, is damaged: all that lies in the folder would be taken for its own.
fn sweep(row: &Row<'_>) -> rusqlite::Result<Option<Sweep>> {
    if !matches!(row.get(5)?, SWEEP_OF_ONE | SWEEP) {
        return Ok(None);
    }
    let (watch, under) = (row.get::<_, Option<i64>>(10)?, row.get::<_, Option<String>>(11)?);
    let known = watch.zip(under).map(|(watch, under)| Sweep { watch: WatchId::new(watch.cast_unsigned()), under });
    known.map(Some).ok_or_else(|| unsound(10, "which watched folder made it"))
}

fn transfer(row: &Row<'_>) -> rusqlite::Result<TransferRow> {
    whole(row)?;
    let plan: Option<Plan> = json_if_any(row, 9)?;
    let fingerprint: Option<Fingerprint> = json_if_any(row, 8)?;
    // Of one that grows its whole parts are planned.
    let covers = |plan: Plan, file: &Fingerprint| {
        if file.grows { plan.size() <= file.size } else { plan.size() == file.size }
    };
    if plan.is_some_and(|plan| !plan.is_sound() || fingerprint.as_ref().is_some_and(|file| !covers(plan, file))) {
        return Err(unsound(9, "a plan that does not cover the file"));
    }
    Ok(TransferRow {
        id: TransferId::new(number(row, 0)?),
        item: ItemId::new(number(row, 1)?),
        path: path_from(row.get(2)?),
        rel: row.get(3)?,
        key: row.get(4)?,
        size: ByteCount(number(row, 5)?),
        standing: json(row, 6)?,
        token: row.get(7)?,
        fingerprint,
        plan,
        crc64: row.get::<_, Option<i64>>(10)?.map(i64::cast_unsigned),
        problem: json_if_any(row, 11)?,
    })
}
