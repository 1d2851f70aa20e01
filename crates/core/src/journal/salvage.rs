//! Taking every row that is whole out of records that are not. What cannot be read costs itself and what hangs on it,
//! never its neighbours.

use std::collections::BTreeSet;
use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, ToSql, Transaction};

use super::rows::text;
use super::seal::{
    self, ASKED, BATCHES, HISTORY, ITEMS, LEFTOVERS, LOST, MOUNTS, PARTS, RANKS, RECEIPTS, REFUSED, SKIPS, STAYS,
    SWEEPS, Sealed, TRANSFERS, WATCHED, WATCHES,
};
use super::watches::FOLDER;
use super::{Reader, classify};
use crate::engine::feed::PausedBy;
use crate::error::Result;
use crate::ids::TransferId;
use crate::transfer::{Input, step};
use crate::units::UnixTime;

/// Ids that are tried one by one where a page in the middle cannot be read.
const GAP_AT_MOST: i64 = 200_000;
/// The same where one end of the table cannot be read at all: about as many as hang on one page of it.
const BEYOND: i64 = 5_000;

/// What was taken.
#[derive(Debug, Default)]
pub(super) struct Salvaged {
    /// Gestures, items and files.
    pub(super) rows: u64,
    /// Rows that are there and not as they were written.
    pub(super) lost: u64,
    /// Folders, as far as is known, of files that were lost.
    folders: BTreeSet<i64>,
    /// Whether files were lost whose folder is not known.
    unknown: bool,
}

impl Salvaged {
    /// What of the records is missing cannot be told from them.
    pub(super) const fn lacks_the_unknown(&mut self) {
        self.unknown = true;
    }
}

/// Takes what is whole in damaged records.
///
/// # Errors
/// When the new records cannot be written.
pub(super) fn from_damaged(new: &mut Connection, old: &Path) -> Result<Salvaged> {
    take(new, old).map(|(found, _)| found)
}

/// Takes what is still missing out of a copy. It may be older than a person's last word: what had not ended rests until
/// they say so again.
///
/// # Errors
/// As [`from_damaged`].
pub(super) fn from_copy(new: &mut Connection, copy: &Path, now: UnixTime) -> Result<Salvaged> {
    let (found, files) = take(new, copy)?;
    let reader = Reader::of(new_reader(new)?);
    for id in files {
        let Some(row) = reader.transfer(TransferId::new(id.cast_unsigned()))? else { continue };
        let rested = step(&row.standing, Input::Restarted)
            .and_then(|(standing, _)| step(&standing, Input::Pause(PausedBy::You, now)).map(|(standing, _)| standing));
        // Done, cancelled and failed files have nothing to pause.
        if let Ok(standing) = rested {
            TRANSFERS.change(new, id, "standing=?2", &[&text(&standing)?])?;
        }
    }
    Ok(found)
}

fn new_reader(new: &Connection) -> Result<Connection> {
    let path = new.path().unwrap_or_default().to_owned();
    super::schema::open_for_reading(Path::new(&path))
}

/// Folders of which files were lost are walked again, which finds them.
///
/// # Errors
/// When the new records cannot be written.
pub(super) fn walk_again(new: &Connection, lost: &Salvaged) -> Result<()> {
    let mut folders = lost.folders.clone();
    if lost.unknown {
        // Only those that were not done: what was added to a folder since is nobody's wish.
        let sql = "SELECT id FROM items i WHERE EXISTS (SELECT 1 FROM transfers t WHERE t.item=i.id AND t.ended=0)";
        let mut unfinished = new.prepare(sql).map_err(classify)?;
        let ids = unfinished.query_map([], |row| row.get(0)).map_err(classify)?;
        folders.extend(ids.collect::<rusqlite::Result<Vec<i64>>>().map_err(classify)?);
    }
    for id in folders {
        let kind = new.query_row("SELECT folder FROM items WHERE id=?", [id], |row| row.get(0)).optional();
        // What a watched folder lost its ledger lost as well, and it finds that by itself.
        if kind.map_err(classify)? == Some(FOLDER) {
            ITEMS.change(new, id, "counted=0", &[])?;
        }
    }
    Ok(())
}

/// Answers what was taken, and the ids of the files among it.
fn take(new: &mut Connection, old: &Path) -> Result<(Salvaged, Vec<i64>)> {
    let mut found = Salvaged::default();
    let with_log = (old.to_owned(), OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX);
    // That a log is lost is still to be seen when this does not end.
    let (old, flags) = super::schema::as_it_lies(old).unwrap_or(with_log);
    let Ok(old) = Connection::open_with_flags(old, flags) else { return Ok((found, Vec::new())) };
    seal::teach(&old)?;
    // SQLite opens no file that is shorter than it says, or of which a part of the schema is unsound, unless told so. What
    // is read has its sums.
    let _ = old.execute_batch("PRAGMA writable_schema=ON");
    let new = new.transaction().map_err(classify)?;
    for sealed in [&BATCHES, &ITEMS] {
        for id in ids(&old, sealed) {
            match one(&old, sealed, id) {
                Some(row) => found.rows += u64::from(add(&new, sealed, &row)?),
                None => found.lost += 1,
            }
        }
    }
    let mut files = Vec::new();
    for id in ids(&old, &TRANSFERS) {
        if let Some(row) = one(&old, &TRANSFERS, id) {
            if add(&new, &TRANSFERS, &row)? {
                found.rows += 1;
                files.push(id);
                follow(&old, &new, id)?;
            }
        } else {
            found.lost += 1;
            // A word of a damaged row; it only ever makes a folder of the list be looked at again.
            match old.query_row("SELECT item FROM transfers NOT INDEXED WHERE id=?", [id], |row| row.get(0)) {
                Ok(item) => {
                    found.folders.insert(item);
                }
                Err(_) => found.unknown = true,
            }
        }
    }
    let others = [
        &LEFTOVERS, &SKIPS, &RECEIPTS, &REFUSED, &MOUNTS, &STAYS, &LOST, &RANKS, &ASKED, &WATCHES, &SWEEPS, &WATCHED,
        &HISTORY,
    ];
    for sealed in others {
        for row in many(&old, sealed, "1") {
            add(&new, sealed, &row)?;
        }
    }
    new.commit().map_err(classify)?;
    Ok((found, files))
}

/// What belongs to a file: its parts and its story.
fn follow(old: &Connection, new: &Transaction<'_>, id: i64) -> Result<()> {
    for row in many(old, &PARTS, &format!("transfer={id}")) {
        add(new, &PARTS, &row)?;
    }
    let story = || -> rusqlite::Result<Vec<(i64, String)>> {
        let mut lines = old.prepare_cached("SELECT at,event FROM story WHERE transfer=? ORDER BY rowid")?;
        lines.query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
    };
    for (at, event) in story().unwrap_or_default() {
        let mut line = new.prepare_cached("INSERT INTO story VALUES (?,?,?)").map_err(classify)?;
        line.execute((id, at, event)).map_err(classify)?;
    }
    Ok(())
}

/// A row as it was written, or nothing.
fn one(old: &Connection, of: &Sealed, id: i64) -> Option<Vec<Value>> {
    let sql = format!("SELECT {} FROM {} NOT INDEXED WHERE id=? AND {}", of.columns, of.table, of.fits());
    old.prepare_cached(&sql).ok()?.query_row([id], values).ok()
}

/// Rows as they were written, up to the first that cannot be read.
fn many(old: &Connection, of: &Sealed, which: &str) -> Vec<Vec<Value>> {
    let sql = format!("SELECT {} FROM {} WHERE {which} AND {}", of.columns, of.table, of.fits());
    let Ok(mut statement) = old.prepare(&sql) else { return Vec::new() };
    let Ok(rows) = statement.query_map([], values) else { return Vec::new() };
    rows.map_while(rusqlite::Result::ok).collect()
}

fn values(row: &rusqlite::Row<'_>) -> rusqlite::Result<Vec<Value>> {
    (0..row.as_ref().column_count()).map(|column| row.get(column)).collect()
}

/// Adds a row unless one of that key is there, or what it hangs on is not.
fn add(new: &Transaction<'_>, of: &Sealed, row: &[Value]) -> Result<bool> {
    let values: Vec<&dyn ToSql> = row.iter().map(|value| value as &dyn ToSql).collect();
    match of.insert(new, "OR IGNORE", &values) {
        Ok(added) => Ok(added > 0),
        Err(error) if error.sqlite_error_code() == Some(rusqlite::ffi::ErrorCode::ConstraintViolation) => Ok(false),
        Err(error) => Err(classify(error)),
    }
}

/// Every id that a table seems to have: read from both ends, and tried one by one between two places that cannot be read.
fn ids(old: &Connection, of: &Sealed) -> Vec<i64> {
    let scan = |order: &str| -> (Vec<i64>, bool) {
        let sql = format!("SELECT id FROM {} NOT INDEXED ORDER BY id {order}", of.table);
        let Ok(mut statement) = old.prepare(&sql) else { return (Vec::new(), false) };
        let Ok(mut rows) = statement.query([]) else { return (Vec::new(), false) };
        let mut ids = Vec::new();
        loop {
            match rows.next() {
                Ok(Some(row)) => ids.extend(row.get::<_, i64>(0).ok()),
                Ok(None) => return (ids, true),
                Err(_) => return (ids, false),
            }
        }
    };
    let (forward, whole) = scan("ASC");
    let mut all: BTreeSet<i64> = forward.iter().copied().collect();
    if !whole {
        let (backward, _) = scan("DESC");
        let between = (all.last().copied(), backward.last().copied());
        all.extend(backward);
        match between {
            (None, None) => {}
            (Some(from), Some(to)) => all.extend(from..to.min(from + GAP_AT_MOST)),
            (Some(from), None) => all.extend(from..from + BEYOND),
            (None, Some(to)) => all.extend((to - BEYOND).max(0)..to),
        }
    }
    all.into_iter().collect()
}
