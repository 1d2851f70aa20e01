//! The tables, and opening a file that has them. A file's version is the number of steps that made it.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::classify;
use crate::error::{Error, ErrorCode, Result};

/// From an empty file to today's tables. A step that was released is never changed; the next one is added.
const STEPS: [&str; 3] = [FIRST, WHOSE_AND_LEFT, RECEIPTS];

const FIRST: &str = "
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

const WHOSE_AND_LEFT: &str = "
ALTER TABLE batches ADD COLUMN remote TEXT; -- JSON: whose it is; none was not recorded, and rests
CREATE INDEX transfers_key ON transfers(key);
CREATE TABLE leftovers (                    -- uploads that S3 is still to be rid of
    upload TEXT PRIMARY KEY, batch INTEGER NOT NULL REFERENCES batches(id), key TEXT NOT NULL
) STRICT, WITHOUT ROWID;
";

const RECEIPTS: &str = "
ALTER TABLE batches ADD COLUMN told INTEGER NOT NULL DEFAULT 1; -- 0: whoever gave it has not heard how it ended
ALTER TABLE transfers ADD COLUMN version TEXT; -- the object's, in a bucket with versions
CREATE TABLE skips (                           -- what a rule passed over
    item INTEGER NOT NULL REFERENCES items(id), rel TEXT NOT NULL, rule TEXT NOT NULL, PRIMARY KEY (item, rel)
) STRICT, WITHOUT ROWID;
CREATE TABLE receipts (                        -- batches that ended, until the company took word of it
    id TEXT PRIMARY KEY, batch INTEGER NOT NULL REFERENCES batches(id), at INTEGER NOT NULL, taken INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX receipts_batch ON receipts(batch);
";

pub(super) fn open_for_writing(path: &Path) -> Result<Connection> {
    let mut connection = Connection::open(path).map_err(classify)?;
    restrict(path)?;
    // FULL: an acknowledged part must survive a power cut. On macOS only fullfsync reaches the platter.
    connection
        .execute_batch("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA fullfsync=1; PRAGMA foreign_keys=ON;")
        .map_err(classify)?;
    let found = version(&connection)?;
    let missing =
        usize::try_from(found).ok().and_then(|found| STEPS.get(found..)).ok_or_else(|| newer_than_us(found))?;
    if !missing.is_empty() {
        let made = connection.transaction().map_err(classify)?;
        missing.iter().try_for_each(|step| made.execute_batch(step)).map_err(classify)?;
        made.pragma_update(None, "user_version", i64::try_from(STEPS.len()).unwrap_or(i64::MAX)).map_err(classify)?;
        made.commit().map_err(classify)?;
    }
    Ok(connection)
}

pub(super) fn open_for_reading(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(classify)?;
    connection.busy_timeout(std::time::Duration::from_secs(5)).map_err(classify)?;
    let found = version(&connection)?;
    if usize::try_from(found) == Ok(STEPS.len()) { Ok(connection) } else { Err(newer_than_us(found)) }
}

fn version(connection: &Connection) -> Result<i32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(classify)
}

fn newer_than_us(version: i32) -> Error {
    Error::new(ErrorCode::JournalNewer).detail(format!("version {version}, this program knows {}", STEPS.len()))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_an_older_version_is_brought_up_to_date_and_keeps_its_rows() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("journal.sqlite");
        let old = Connection::open(&path).expect("opened");
        old.execute_batch(FIRST).expect("made");
        old.execute_batch("INSERT INTO batches VALUES (1, 2, '{}', '\"fail\"', NULL); PRAGMA user_version = 1;")
            .expect("filled");
        drop(old);
        let new = open_for_writing(&path).expect("brought up to date");
        let remote: Option<String> =
            new.query_row("SELECT remote FROM batches WHERE id=1", [], |row| row.get(0)).expect("kept");
        assert_eq!(remote, None);
        open_for_reading(&path).expect("of this version");
    }
}
