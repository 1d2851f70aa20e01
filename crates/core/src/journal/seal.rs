//! A sum over every row that decides what goes where. SQLite's pages have none, so a flipped bit in a path, a key or a
//! plan would be believed; a row whose sum does not fit is never used and never written on.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use crc_fast::CrcAlgorithm;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ToSql};

use super::classify;
use crate::error::{Error, ErrorCode, Result};

/// A table whose rows are sealed. The sum lies in a column of its own, `sum`.
#[derive(Debug)]
pub(super) struct Sealed {
    pub(super) table: &'static str,
    /// Every column that the sum is made of, the key first.
    pub(super) columns: &'static str,
}

pub(super) const BATCHES: Sealed =
    Sealed { table: "batches", columns: "id,added,destination,collision,scope,remote,told" };
pub(super) const ITEMS: Sealed =
    Sealed { table: "items", columns: "id,batch,added,path,name,folder,counted,skipped,removed" };
pub(super) const TRANSFERS: Sealed = Sealed {
    table: "transfers",
    columns: "id,item,path,rel,key,size,standing,ended,token,fingerprint,plan,etag,version,crc64,problem",
};
pub(super) const PARTS: Sealed = Sealed { table: "parts", columns: "transfer,number,etag,crc64,size" };
pub(super) const LEFTOVERS: Sealed = Sealed { table: "leftovers", columns: "upload,batch,key" };
pub(super) const SKIPS: Sealed = Sealed { table: "skips", columns: "item,rel,rule" };
pub(super) const RECEIPTS: Sealed = Sealed { table: "receipts", columns: "id,batch,at,taken" };
pub(super) const REFUSED: Sealed = Sealed { table: "refused", columns: "batch,path,code" };
pub(super) const MOUNTS: Sealed = Sealed { table: "mounts", columns: "item,path" };
pub(super) const RANKS: Sealed = Sealed { table: "ranks", columns: "item,rank" };
pub(super) const STAYS: Sealed = Sealed { table: "stays", columns: "upload,since,code" };
pub(super) const LOST: Sealed = Sealed { table: "lost", columns: "batch,key,at" };

pub(super) const ASKED: Sealed = Sealed { table: "asked", columns: "item,action" };
pub(super) const WATCHES: Sealed =
    Sealed { table: "watches", columns: "id,added,path,spec,destination,remote,root,state,counters" };
pub(super) const SWEEPS: Sealed = Sealed { table: "sweeps", columns: "item,watch,under" };
pub(super) const WATCHED: Sealed =
    Sealed { table: "watched", columns: "watch,folder,name,size,mtime,file,transfer,why,after" };
pub(super) const HISTORY: Sealed =
    Sealed { table: "history", columns: "id,item,ended,result,name,destination,files,size,folder" };

/// All of them, what others refer to first.
pub(super) const ALL: [&Sealed; 17] = [
    &BATCHES, &ITEMS, &TRANSFERS, &PARTS, &LEFTOVERS, &SKIPS, &RECEIPTS, &REFUSED, &MOUNTS, &STAYS, &LOST, &RANKS,
    &ASKED, &WATCHES, &SWEEPS, &WATCHED, &HISTORY,
];

/// Statements by table and verb, and by what they change.
type Statements = HashMap<(&'static str, &'static str), HashMap<String, Arc<str>>>;
static MADE: LazyLock<Mutex<Statements>> = LazyLock::new(Mutex::default);

impl Sealed {
    /// The sum of a row as it is, in SQL.
    pub(super) fn of_row(&self) -> String {
        format!("seal('{}',{})", self.table, self.columns)
    }

    /// Whether a row is as it was written, in SQL.
    pub(super) fn fits(&self) -> String {
        format!("sum IS {}", self.of_row())
    }

    /// The same for a query that knows the table by one letter.
    pub(super) fn fits_as(&self, letter: char) -> String {
        let columns: Vec<_> = self.columns.split(',').map(|column| format!("{letter}.{column}")).collect();
        format!("{letter}.sum IS seal('{}',{})", self.table, columns.join(","))
    }

    /// Adds a row with its sum; `or` may be `OR REPLACE`.
    pub(super) fn insert(&self, c: &Connection, or: &str, values: &[&dyn ToSql]) -> rusqlite::Result<usize> {
        let sql = self.sql("INSERT", or, || {
            let marks: Vec<_> = (1..=values.len()).map(|n| format!("?{n}")).collect();
            let marks = marks.join(",");
            let (table, columns) = (self.table, self.columns);
            format!("INSERT {or} INTO {table} ({columns},sum) VALUES ({marks},seal('{table}',{marks}))")
        });
        c.prepare_cached(&sql)?.execute(values)
    }

    /// Changes a row that is as it was written: `set` begins at `?2`. A row that is not there stays so.
    ///
    /// # Errors
    /// `journal-damaged` for a row whose sum does not fit: a new sum would make the damage look right.
    pub(super) fn change(&self, c: &Connection, id: i64, set: &str, values: &[&dyn ToSql]) -> Result<()> {
        let table = self.table;
        let mut all: Vec<&dyn ToSql> = vec![&id];
        all.extend_from_slice(values);
        let sql = self.sql("UPDATE", set, || {
            let (after, fits) = (self.after(set), self.fits());
            format!("UPDATE {table} SET {set},sum={after} WHERE id=?1 AND {fits}")
        });
        let changed = c.prepare_cached(&sql).and_then(|mut statement| statement.execute(&*all)).map_err(classify)?;
        if changed == 0 {
            let there = c
                .prepare_cached(&format!("SELECT count(*) FROM {table} WHERE id=?1"))
                .and_then(|mut statement| statement.query_row([id], |row| row.get::<_, i64>(0)))
                .map_err(classify)?;
            return if there == 0 { Ok(()) } else { Err(damaged(&format!("{table} {id}"))) };
        }
        Ok(())
    }

    /// A statement, put together once and not for each of a hundred thousand files.
    fn sql(&self, verb: &'static str, how: &str, make: impl FnOnce() -> String) -> Arc<str> {
        let mut known = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.entry((self.table, verb)).or_default();
        if let Some(sql) = known.get(how) {
            return Arc::clone(sql);
        }
        let sql: Arc<str> = make().into();
        known.insert(how.to_owned(), Arc::clone(&sql));
        sql
    }

    /// The sum of a row as it is once `set` was done, in SQL.
    pub(super) fn after(&self, set: &str) -> String {
        let set: Vec<_> = set.split(',').filter_map(|one| one.trim().split_once('=')).collect();
        let value = |column| set.iter().find(|(name, _)| *name == column).map_or(column, |(_, value)| *value);
        let values: Vec<_> = self.columns.split(',').map(value).collect();
        format!("seal('{}',{})", self.table, values.join(","))
    }
}

/// Gives a connection the function `seal(table, column, ...)`.
pub(super) fn teach(connection: &Connection) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    connection
        .create_scalar_function("seal", -1, flags, |values| {
            // At once: a sum of many short pieces takes far longer, and a start makes one of every row.
            let mut row = Vec::with_capacity(1 << 10);
            for at in 0..values.len() {
                add(&mut row, values.get_raw(at));
            }
            Ok(crc_fast::checksum(CrcAlgorithm::Crc64Nvme, &row).cast_signed())
        })
        .map_err(classify)
}

/// Kind and length go in too: what moves from one column to the next is another row.
fn add(row: &mut Vec<u8>, value: ValueRef<'_>) {
    let number;
    let (kind, bytes): (u8, &[u8]) = match value {
        ValueRef::Null => (0, &[]),
        ValueRef::Integer(value) => {
            number = value.to_le_bytes();
            (1, &number)
        }
        ValueRef::Real(value) => {
            number = value.to_le_bytes();
            (2, &number)
        }
        ValueRef::Text(bytes) => (3, bytes),
        ValueRef::Blob(bytes) => (4, bytes),
    };
    row.push(kind);
    row.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
    row.extend_from_slice(bytes);
}

pub(super) fn damaged(what: &str) -> Error {
    Error::new(ErrorCode::JournalDamaged).detail(format!("the sum does not fit: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> Connection {
        let c = Connection::open_in_memory().expect("memory");
        teach(&c).expect("taught");
        c.execute_batch("CREATE TABLE leftovers (upload TEXT, batch INTEGER, key TEXT, sum INTEGER, id INTEGER)")
            .expect("made");
        LEFTOVERS.insert(&c, "", &[&"u", &7, &"a.mov"]).expect("added");
        c.execute("UPDATE leftovers SET id=1", []).expect("numbered");
        c
    }

    fn fits(c: &Connection) -> bool {
        c.query_row(&format!("SELECT {} FROM leftovers", LEFTOVERS.fits()), [], |row| row.get(0)).expect("a row")
    }

    #[test]
    fn a_row_that_was_changed_behind_our_back_is_never_sealed_again() {
        let c = row();
        assert!(fits(&c));
        LEFTOVERS.change(&c, 1, "batch=?2", &[&8]).expect("as it was written");
        assert!(fits(&c));
        c.execute("UPDATE leftovers SET key='b.mov'", []).expect("damaged");
        assert!(!fits(&c));
        let refused = LEFTOVERS.change(&c, 1, "batch=?2", &[&9]).expect_err("damaged");
        assert_eq!(refused.code, ErrorCode::JournalDamaged);
        assert!(!fits(&c));
        LEFTOVERS.change(&c, 2, "batch=?2", &[&9]).expect("nothing there, nothing done");
    }

    #[test]
    fn a_row_fits_whatever_of_it_was_changed() {
        let c = row();
        let changes: [(&str, &[&dyn ToSql]); 4] = [
            ("batch=?2, key=?3", &[&8, &"b.mov"]),
            ("batch=NULL", &[]),
            ("key=NULL,upload=?2", &[&"v"]),
            ("batch=9", &[]),
        ];
        for (set, values) in changes {
            LEFTOVERS.change(&c, 1, set, values).expect("as it was written");
            assert!(fits(&c), "{set}");
        }
    }

    /// Records that were written by earlier programs have it.
    #[test]
    fn the_sum_of_a_row_is_what_it_always_was() {
        let mut sum = crc_fast::Digest::new(CrcAlgorithm::Crc64Nvme);
        for (kind, bytes) in [(3, &b"leftovers"[..]), (3, b"u"), (1, &7_i64.to_le_bytes()), (3, b"a.mov")] {
            sum.update(&[kind]);
            sum.update(&(bytes.len() as u64).to_le_bytes());
            sum.update(bytes);
        }
        let kept: i64 = row().query_row("SELECT sum FROM leftovers", [], |row| row.get(0)).expect("a row");
        assert_eq!(kept, sum.finalize().cast_signed());
    }

    #[test]
    fn what_moves_from_one_column_to_the_next_is_another_row() {
        let c = row();
        c.execute("UPDATE leftovers SET upload='ua', key='.mov'", []).expect("damaged");
        assert!(!fits(&c));
    }
}
