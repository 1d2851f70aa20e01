//! The tables, and opening a file that has them. Version 1.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::classify;
use crate::error::{Error, ErrorCode, Result};

/// The version this program writes.
pub(super) const VERSION: i32 = 1;

const TABLES: &str = "
CREATE TABLE batches (
    id INTEGER PRIMARY KEY, added INTEGER NOT NULL,
    destination TEXT NOT NULL,          -- JSON: the destination as it was then
    collision TEXT NOT NULL,
    scope TEXT                          -- JSON: bucket, prefix, region; bound by the first lease
) STRICT;
CREATE TABLE items (
    id INTEGER PRIMARY KEY, batch INTEGER NOT NULL REFERENCES batches(id), added INTEGER NOT NULL,
    path BLOB NOT NULL, name TEXT NOT NULL, folder INTEGER NOT NULL,
    counted INTEGER NOT NULL,           -- 1 once the folder was walked to its end
    skipped INTEGER NOT NULL, removed INTEGER NOT NULL
) STRICT;
CREATE INDEX items_path ON items(path);
CREATE TABLE transfers (
    id INTEGER PRIMARY KEY, item INTEGER NOT NULL REFERENCES items(id),
    path BLOB NOT NULL, rel TEXT NOT NULL, key TEXT NOT NULL, size INTEGER NOT NULL,
    standing TEXT NOT NULL,             -- JSON: state and what S3 holds
    ended INTEGER NOT NULL,             -- 1: done or cancelled and swept
    token TEXT NOT NULL,
    fingerprint TEXT, plan TEXT,        -- JSON, once opened
    etag TEXT, crc64 INTEGER, problem TEXT
) STRICT;
CREATE UNIQUE INDEX transfers_item ON transfers(item, rel);
CREATE TABLE parts (
    transfer INTEGER NOT NULL REFERENCES transfers(id), number INTEGER NOT NULL,
    etag TEXT NOT NULL, crc64 INTEGER NOT NULL, size INTEGER NOT NULL,
    PRIMARY KEY (transfer, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE story (transfer INTEGER NOT NULL, at INTEGER NOT NULL, event TEXT NOT NULL) STRICT;
CREATE INDEX story_transfer ON story(transfer, at);
";

pub(super) fn open_for_writing(path: &Path) -> Result<Connection> {
    let mut connection = Connection::open(path).map_err(classify)?;
    restrict(path)?;
    // FULL: an acknowledged part must survive a power cut. On macOS only fullfsync reaches the platter.
    connection
        .execute_batch("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA fullfsync=1; PRAGMA foreign_keys=ON;")
        .map_err(classify)?;
    match version(&connection)? {
        0 => {
            let made = connection.transaction().map_err(classify)?;
            made.execute_batch(TABLES).map_err(classify)?;
            made.pragma_update(None, "user_version", VERSION).map_err(classify)?;
            made.commit().map_err(classify)?;
        }
        VERSION => {}
        newer => return Err(newer_than_us(newer)),
    }
    Ok(connection)
}

pub(super) fn open_for_reading(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(classify)?;
    connection.busy_timeout(std::time::Duration::from_secs(5)).map_err(classify)?;
    match version(&connection)? {
        VERSION => Ok(connection),
        newer => Err(newer_than_us(newer)),
    }
}

fn version(connection: &Connection) -> Result<i32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(classify)
}

fn newer_than_us(version: i32) -> Error {
    Error::new(ErrorCode::JournalNewer).detail(format!("version {version}, this program knows {VERSION}"))
}

/// Other people on this computer have no business in it.
#[cfg(unix)]
fn restrict(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
        .map_err(|e| Error::new(ErrorCode::JournalUnwritable).source(e))
}

/// The home lies in the user's own profile, which others cannot read.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same shape on every system")]
fn restrict(_: &Path) -> Result<()> {
    Ok(())
}
