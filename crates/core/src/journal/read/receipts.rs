//! What became of a batch, for its receipt.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use rusqlite::{Row, params};
use uuid::Uuid;

use super::Reader;
use crate::error::Result;
use crate::file::names;
use crate::ids::{BatchId, ItemId};
use crate::journal::rows::{Ending, Fate, PassedOver, bits, json, json_if_any, number};
use crate::journal::seal::{RECEIPTS, REFUSED, SKIPS, TRANSFERS};
use crate::journal::watches::{FILE, FOLDER};
use crate::units::{ByteCount, UnixTime};

impl Reader {
    /// What became of every path of a batch, in the order of finding; what a rule passed over apart. No path is there twice.
    pub fn fates(&self, batch: BatchId) -> Result<(Vec<Fate>, Vec<PassedOver>)> {
        let (roots, _) = self.roots(batch)?;
        let path = |row: &Row<'_>| -> rusqlite::Result<String> {
            let (kind, rel): (i64, String) = (row.get(0)?, row.get(2)?);
            let root = roots.get(&ItemId::new(number(row, 1)?)).map(String::as_str).unwrap_or_default();
            Ok(match kind {
                FILE => root.to_owned(),
                // A folder that could not be read stands for itself.
                FOLDER if rel.is_empty() => root.to_owned(),
                FOLDER => format!("{root}/{rel}"),
                // What a watched folder found lies where it does in that.
                _ => rel,
            })
        };
        let sql = format!(
            "SELECT i.folder,i.id,t.rel,t.key,t.size,t.standing,t.fingerprint,t.crc64,t.version,{}
             FROM transfers t JOIN items i ON i.id=t.item WHERE i.batch=? ORDER BY t.id",
            TRANSFERS.fits_as('t')
        );
        let fates = self.rows(&sql, params![bits(batch.get())], |row| {
            if !row.get::<_, bool>(9)? {
                return Ok(Fate::damaged(path(row).unwrap_or_default()));
            }
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

    /// Whether all folders of a batch were walked to their end.
    pub fn is_walked(&self, batch: BatchId) -> Result<bool> {
        let sql = "SELECT 1 FROM items WHERE batch=? AND counted=0 LIMIT 1";
        Ok(self.one(sql, params![bits(batch.get())], |_| Ok(()))?.is_none())
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

    /// How many batches a company has not taken word of. What went elsewhere, or whose row is damaged, is nobody's to take.
    pub fn receipts_that_wait(&self) -> Result<usize> {
        let batches: HashSet<BatchId> = self.endings()?.into_iter().map(|ending| ending.batch).collect();
        let waits = |batch: &&BatchId| {
            let batch = self.batch(**batch).ok().flatten();
            batch.and_then(|batch| batch.remote).is_some_and(|remote| remote.is_company())
        };
        Ok(batches.iter().filter(waits).count())
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
