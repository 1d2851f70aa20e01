//! Reading the journal: for recovery, for windows on the list, and for `davit status` beside a running engine.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use uuid::Uuid;

use super::keep::Notice;
use super::rows::{
    BatchRow, Ending, Fate, ItemRow, Left, Leftover, PartRow, PassedOver, TransferRow, bits, json, json_if_any, number,
    path_bytes, path_from, text,
};
use super::seal::{BATCHES, ITEMS, LEFTOVERS, LOST, MOUNTS, PARTS, RECEIPTS, REFUSED, SKIPS, STAYS, Sealed, TRANSFERS};
use super::{Journal, classify, schema};
use crate::credentials::Remote;
use crate::engine::feed::Happening;
use crate::error::{ErrorCode, Result};
use crate::file::{Fingerprint, names};
use crate::ids::{BatchId, DestinationId, ItemId, PartNumber, TransferId, UploadId};
use crate::transfer::state::unfinished;
use crate::transfer::{Plan, Standing, TransferState};
use crate::units::{ByteCount, UnixTime};

/// A connection that only reads.
#[derive(Debug)]
pub struct Reader {
    pub(super) connection: Connection,
}

/// All that the engine keeps in memory: small, whatever the number of files.
#[derive(Debug, Default)]
pub struct Recovered {
    /// Every batch with rows still in the list.
    pub batches: Vec<BatchRow>,
    /// Every item still in the list.
    pub items: Vec<ItemRow>,
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

/// An upload whose id never arrived is told of for so long, in seconds. A bucket's rule takes days.
const LOST_FOR: u64 = 30 * 86_400;

const ITEM: &str = "id,batch,added,path,name,folder,counted,skipped,removed,
    (SELECT m.path FROM mounts m WHERE m.item=items.id AND m.sum IS seal('mounts',m.item,m.path))";
const TRANSFER: &str = "id,item,path,rel,key,size,standing,token,fingerprint,plan,crc64,problem";

/// These columns of a sealed table, and whether the row is as it was written.
fn select(columns: &str, of: &Sealed) -> String {
    format!("SELECT {columns},{} AS whole FROM {}", of.fits(), of.table)
}

impl Reader {
    /// Opens the journal of `home` for reading, beside whoever writes it.
    ///
    /// # Errors
    /// `journal-newer`, `journal-damaged`, `journal-unwritable` when there is none.
    pub fn open(home: &Path) -> Result<Self> {
        Ok(Self { connection: schema::open_for_reading(&Journal::path(home))? })
    }

    pub(super) fn recover(&self) -> Result<Recovered> {
        let highest = |table: &str| {
            self.connection
                .query_row(&format!("SELECT ifnull(max(id),0) FROM {table}"), [], |row| number(row, 0))
                .map_err(classify)
        };
        Ok(Recovered {
            batches: self.whole_rows(&format!("{} ORDER BY id", select(BATCHES.columns, &BATCHES)), [], batch)?,
            items: self.whole_rows(&format!("{} WHERE removed=0 ORDER BY id", select(ITEM, &ITEMS)), [], item)?,
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
            highest: (highest("batches")?, highest("items")?, highest("transfers")?),
            notice: None,
        })
    }

    /// One transfer, whole.
    pub fn transfer(&self, id: TransferId) -> Result<Option<TransferRow>> {
        self.one(&format!("{} WHERE id=?", select(TRANSFER, &TRANSFERS)), params![bits(id.get())], transfer)
    }

    /// One batch.
    pub fn batch(&self, id: BatchId) -> Result<Option<BatchRow>> {
        self.one(&format!("{} WHERE id=?", select(BATCHES.columns, &BATCHES)), params![bits(id.get())], batch)
    }

    /// One item.
    pub fn item(&self, id: ItemId) -> Result<Option<ItemRow>> {
        self.one(&format!("{} WHERE id=?", select(ITEM, &ITEMS)), params![bits(id.get())], item)
    }

    /// The parts on record, in order. A damaged one is left out: S3 tells what it has.
    pub fn parts(&self, id: TransferId) -> Result<Vec<PartRow>> {
        let sql = format!("{} WHERE transfer=? ORDER BY number", select("number,etag,crc64,size", &PARTS));
        self.whole_rows(&sql, params![bits(id.get())], |row| {
            whole(row)?;
            let wire: u32 = row.get(0)?;
            let number_on_wire =
                PartNumber::new(wire).ok_or(rusqlite::Error::IntegralValueOutOfRange(0, i64::from(wire)))?;
            Ok(PartRow {
                number: number_on_wire,
                etag: row.get(1)?,
                crc64: number(row, 2)?,
                size: ByteCount(number(row, 3)?),
            })
        })
    }

    /// The story, newest first, at most fifty lines.
    pub fn story(&self, id: TransferId) -> Result<Vec<Happening>> {
        let sql = "SELECT at,event FROM story WHERE transfer=? ORDER BY rowid DESC LIMIT 50";
        self.whole_rows(sql, params![bits(id.get())], |row| {
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
        let sql = format!("{} WHERE item=? AND rel=?", select(TRANSFER, &TRANSFERS));
        self.one(&sql, params![bits(item.get()), rel], transfer)
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

    /// The newest item in the list that came from this path, under this name, to this destination of this remote and has
    /// something left to do or to tell.
    pub fn unfinished_item(
        &self,
        path: &Path,
        name: &str,
        to: &DestinationId,
        remote: &Remote,
    ) -> Result<Option<ItemRow>> {
        let open = "(i.counted=0 OR EXISTS (SELECT 1 FROM transfers t WHERE t.item=i.id AND t.ended=0) OR EXISTS
                     (SELECT 1 FROM batches b WHERE b.id=i.batch AND b.told=0))";
        self.item_that(open, path, name, |batch| goes_to(batch, to, remote))
    }

    /// The same whatever is left of it.
    pub fn newest_item(&self, path: &Path, name: &str, to: &DestinationId, remote: &Remote) -> Result<Option<ItemRow>> {
        self.item_that("1", path, name, |batch| goes_to(batch, to, remote))
    }

    /// The newest item in the list that came from this path, under this name, with one of these batches.
    pub fn item_among(&self, path: &Path, name: &str, batches: &HashSet<BatchId>) -> Result<Option<ItemRow>> {
        self.item_that("1", path, name, |batch| batches.contains(&batch.id))
    }

    fn item_that(&self, is: &str, path: &Path, name: &str, of: impl Fn(&BatchRow) -> bool) -> Result<Option<ItemRow>> {
        let sql = format!(
            "SELECT i.id,i.batch FROM items i WHERE i.path=? AND i.name=? AND i.removed=0 AND {is} ORDER BY i.id DESC"
        );
        let ids = |row: &Row<'_>| Ok((ItemId::new(number(row, 0)?), BatchId::new(number(row, 1)?)));
        for (item, batch) in self.rows(&sql, params![path_bytes(path), name], ids)? {
            if self.batch(batch)?.as_ref().is_some_and(&of) {
                return self.item(item);
            }
        }
        Ok(None)
    }

    /// Which of these paths could not be taken when they were given to this destination of this remote, and with which
    /// batches.
    pub fn refusals<'a>(
        &self,
        paths: impl Iterator<Item = &'a str>,
        to: &DestinationId,
        remote: &Remote,
    ) -> Result<Vec<(BatchId, String)>> {
        let sql = format!(
            "SELECT batch,path FROM refused WHERE path IN (SELECT value FROM json_each(?)) AND {}",
            REFUSED.fits()
        );
        let paths = text(&paths.collect::<Vec<_>>())?;
        let mut found = self.rows(&sql, params![paths], |row| Ok((BatchId::new(number(row, 0)?), row.get(1)?)))?;
        let mut same: HashMap<BatchId, bool> = HashMap::new();
        for (batch, _) in &found {
            if !same.contains_key(batch) {
                let goes = self.batch(*batch)?.is_some_and(|batch| goes_to(&batch, to, remote));
                same.insert(*batch, goes);
            }
        }
        found.retain(|(batch, _)| same.get(batch) == Some(&true));
        Ok(found)
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

    /// What became of every path of a batch, in the order of finding; what a rule passed over apart. No path is there twice.
    pub fn fates(&self, batch: BatchId) -> Result<(Vec<Fate>, Vec<PassedOver>)> {
        let (roots, _) = self.roots(batch)?;
        let path = |row: &Row<'_>| -> rusqlite::Result<String> {
            let (folder, rel): (bool, String) = (row.get(0)?, row.get(2)?);
            let root = roots.get(&ItemId::new(number(row, 1)?)).map(String::as_str).unwrap_or_default();
            // A folder that could not be read stands for itself.
            Ok(if folder && !rel.is_empty() { format!("{root}/{rel}") } else { root.to_owned() })
        };
        let sql = "SELECT i.folder,i.id,t.rel,t.key,t.size,t.standing,t.fingerprint,t.crc64,t.version
                   FROM transfers t JOIN items i ON i.id=t.item WHERE i.batch=? ORDER BY t.id";
        let fates = self.rows(sql, params![bits(batch.get())], |row| {
            Ok(Fate {
                path: path(row)?,
                key: row.get(3)?,
                size: ByteCount(number(row, 4)?),
                standing: json(row, 5)?,
                fingerprint: json_if_any(row, 6)?,
                crc64: row.get::<_, Option<i64>>(7)?.map(i64::cast_unsigned),
                version: row.get(8)?,
            })
        })?;
        let sql = format!(
            "SELECT i.folder,i.id,s.rel,s.rule FROM skips s JOIN items i ON i.id=s.item WHERE i.batch=? AND {}
             ORDER BY s.item, s.rel",
            SKIPS.fits_as('s')
        );
        let mut skips =
            self.rows(&sql, params![bits(batch.get())], |row| Ok(PassedOver { path: path(row)?, rule: row.get(3)? }))?;
        // What was a file once, and something that a rule passes over later, became of that file.
        let files: HashSet<&str> = fates.iter().map(|fate| fate.path.as_str()).collect();
        skips.retain(|skip| !files.contains(skip.path.as_str()));
        Ok((fates, skips))
    }

    /// Paths of a batch that were given and could not be taken, each by its name and with the error's code.
    pub fn refused(&self, batch: BatchId) -> Result<Vec<(String, String)>> {
        self.roots(batch).map(|(_, refused)| refused)
    }

    /// What the things that were given are called in their batch, each in a way of its own, and without the places where
    /// they lie: what could be taken by its item, what could not with the error's code.
    #[expect(clippy::type_complexity, reason = "both halves are what their callers answer")]
    fn roots(&self, batch: BatchId) -> Result<(HashMap<ItemId, String>, Vec<(String, String)>)> {
        let batch = params![bits(batch.get())];
        let items = self.rows("SELECT id,name FROM items WHERE batch=? ORDER BY id", batch, |row| {
            Ok((ItemId::new(number(row, 0)?), row.get::<_, String>(1)?))
        })?;
        let sql = format!("SELECT path,code FROM refused WHERE batch=? AND {} ORDER BY path", REFUSED.fits());
        let refused = self.rows(&sql, batch, |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
        let names = items.iter().map(|(_, name)| name.clone());
        let mut apart = apart(names.chain(refused.iter().map(|(path, _)| last(path))).collect()).into_iter();
        let items = items.into_iter().map(|(id, _)| id).zip(apart.by_ref()).collect();
        Ok((items, apart.zip(refused).map(|(name, (_, code))| (name, code)).collect()))
    }

    /// Whether the end of a batch was ever put on record.
    pub fn has_ended(&self, batch: BatchId) -> Result<bool> {
        let sql = "SELECT 1 FROM receipts WHERE batch=? LIMIT 1";
        Ok(self.one(sql, params![bits(batch.get())], |_| Ok(()))?.is_some())
    }

    /// Batches that ended and that the company has not taken word of.
    pub fn endings(&self) -> Result<Vec<Ending>> {
        let sql = format!("SELECT id,batch,at FROM receipts WHERE taken=0 AND {} ORDER BY at", RECEIPTS.fits());
        self.rows(&sql, [], |row| {
            let id: String = row.get(0)?;
            let id = Uuid::parse_str(&id)
                .map_err(|e| rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(e)))?;
            Ok(Ending { id, batch: BatchId::new(number(row, 1)?), at: UnixTime(number(row, 2)?) })
        })
    }

    /// How many batches the company has not taken word of.
    pub fn receipts_that_wait(&self) -> Result<usize> {
        let batches: HashSet<BatchId> = self.endings()?.into_iter().map(|ending| ending.batch).collect();
        Ok(batches.len())
    }

    /// Uploads that S3 is still to be rid of.
    pub fn leftovers(&self) -> Result<Vec<Leftover>> {
        self.whole_rows(&select(LEFTOVERS.columns, &LEFTOVERS), [], |row| {
            whole(row)?;
            let (upload, batch) = (UploadId(row.get(0)?), BatchId::new(number(row, 1)?));
            Ok(Leftover { upload, batch, key: row.get(2)? })
        })
    }

    /// Unfinished uploads that nobody will finish and that S3 may still hold, as far as this computer knows. Those whose
    /// answer was lost only for as long as a bucket's lifecycle rule may take.
    pub fn left_in_s3(&self, now: UnixTime) -> Result<Vec<Left>> {
        let known = |row: &Row<'_>| {
            whole(row)?;
            let code: String = row.get(2)?;
            Ok((UploadId(row.get(0)?), (UnixTime(number(row, 1)?), ErrorCode::parse(&code))))
        };
        let stays: HashMap<_, _> = self.whole_rows(&select(STAYS.columns, &STAYS), [], known)?.into_iter().collect();
        let cancelled = format!(
            "SELECT t.standing,i.batch,t.key,{} AS whole FROM transfers t JOIN items i ON i.id=t.item
             WHERE t.ended=0 AND t.standing LIKE '%cancelled%'",
            TRANSFERS.fits_as('t')
        );
        let cancelled = self.whole_rows(&cancelled, [], |row| {
            whole(row)?;
            let standing: Standing = json(row, 0)?;
            let upload = unfinished(&standing.on_s3).filter(|_| is_cancelled(&standing));
            let (batch, key) = (BatchId::new(number(row, 1)?), row.get(2)?);
            Ok(upload.map(|upload| Leftover { upload, batch, key }))
        })?;
        let named = self.leftovers()?.into_iter().chain(cancelled.into_iter().flatten());
        let mut found = Vec::new();
        for Leftover { upload, batch, key } in named {
            let (since, code) = stays.get(&upload).map_or((None, None), |(since, code)| (Some(*since), *code));
            let batch = self.batch(batch)?;
            found.extend(batch.map(|batch| Left {
                key: whole_key(&batch, &key),
                upload: Some(upload),
                since,
                code,
                batch,
            }));
        }
        let lost = format!("{} WHERE at>? ORDER BY at", select(LOST.columns, &LOST));
        let lost = self.whole_rows(&lost, params![bits(now.0.saturating_sub(LOST_FOR))], |row| {
            whole(row)?;
            Ok((BatchId::new(number(row, 0)?), row.get::<_, String>(1)?, UnixTime(number(row, 2)?)))
        })?;
        for (batch, key, at) in lost {
            let (batch, since) = (self.batch(batch)?, Some(at));
            found.extend(batch.map(|batch| Left {
                key: whole_key(&batch, &key),
                upload: None,
                since,
                code: None,
                batch,
            }));
        }
        Ok(found)
    }

    /// Every transfer in the list.
    pub fn status(&self) -> Result<Vec<StatusRow>> {
        let sql = format!(
            "SELECT t.id, i.batch, t.path, t.key, b.destination, t.size, t.standing, i.added,
               (SELECT ifnull(sum(size),0) FROM parts p WHERE p.transfer=t.id),
               (SELECT m.path FROM mounts m WHERE m.item=i.id AND {}), {} AND {} AND {} AS whole
             FROM transfers t JOIN items i ON i.id=t.item AND i.removed=0 JOIN batches b ON b.id=i.batch
             ORDER BY t.id",
            MOUNTS.fits_as('m'),
            TRANSFERS.fits_as('t'),
            ITEMS.fits_as('i'),
            BATCHES.fits_as('b')
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

/// The same names, and those that are there before with a number: no two are the same.
fn apart(all: Vec<String>) -> Vec<String> {
    let mut taken: HashSet<String> = all.iter().cloned().collect();
    let mut times: HashMap<String, u32> = HashMap::new();
    let one = |name: String| {
        let n = times.entry(name.clone()).or_default();
        loop {
            *n += 1;
            let beside = if *n == 1 { return name } else { names::suffixed(&name, *n) };
            if taken.insert(beside.clone()) {
                return beside;
            }
        }
    };
    all.into_iter().map(one).collect()
}

/// The last name of a path as it was given.
fn last(path: &str) -> String {
    Path::new(path).file_name().map_or_else(|| path.to_owned(), |name| name.to_string_lossy().into_owned())
}

fn goes_to(batch: &BatchRow, to: &DestinationId, remote: &Remote) -> bool {
    batch.destination.id == *to && batch.remote.as_ref() == Some(remote)
}

/// A key with the prefix that its batch is bound to.
fn whole_key(batch: &BatchRow, key: &str) -> String {
    let prefix = batch.scope.as_ref().map(|scope| scope.prefix.as_str()).unwrap_or_default();
    format!("{prefix}{key}")
}

fn is_cancelled(standing: &Standing) -> bool {
    matches!(standing.state, TransferState::Cancelled { .. })
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
fn unsound(column: usize, why: &'static str) -> rusqlite::Error {
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
        folder: row.get(5)?,
        counted: row.get(6)?,
        skipped: row.get(7)?,
        removed: row.get(8)?,
        mount: row.get::<_, Option<Vec<u8>>>(9)?.map(path_from),
    })
}

fn transfer(row: &Row<'_>) -> rusqlite::Result<TransferRow> {
    whole(row)?;
    let plan: Option<Plan> = json_if_any(row, 9)?;
    let fingerprint: Option<Fingerprint> = json_if_any(row, 8)?;
    if plan.is_some_and(|plan| !plan.is_sound() || fingerprint.as_ref().is_some_and(|file| file.size != plan.size())) {
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
