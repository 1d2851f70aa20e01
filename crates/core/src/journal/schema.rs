//! The tables, and opening a file that has them. A file's version is the number of steps that made it, and stands in its
//! header twice, so that a flipped bit is not taken for a newer program.

use std::cmp::Ordering;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::{classify, history, seal};
use crate::error::{Error, ErrorCode, Result};

/// From an empty file to today's tables. A step that was released is never changed; the next one is added.
const STEPS: [&str; 11] = [
    FIRST,
    WHOSE_AND_LEFT,
    RECEIPTS,
    SUMS,
    REFUSED,
    DRIVES_AND_LEFT,
    ORDER,
    ASKED,
    WATCHED_FOLDERS,
    WITHOUT_NUMBERS,
    HISTORY,
];

/// The version's second place, from the fourth on: SQLite's `application_id` is this and the version.
const STAMP: i32 = 0x4456_0000;
/// The last version that has none.
const UNSTAMPED: usize = 3;

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

const SUMS: &str = "
ALTER TABLE batches ADD COLUMN sum INTEGER; -- of the row, see seal
ALTER TABLE items ADD COLUMN sum INTEGER;
ALTER TABLE transfers ADD COLUMN sum INTEGER;
ALTER TABLE parts ADD COLUMN sum INTEGER;
ALTER TABLE leftovers ADD COLUMN sum INTEGER;
";

const REFUSED: &str = "
ALTER TABLE skips ADD COLUMN sum INTEGER;
ALTER TABLE receipts ADD COLUMN sum INTEGER;
CREATE TABLE refused (                         -- paths that were given and could not be taken
    batch INTEGER NOT NULL REFERENCES batches(id), path TEXT NOT NULL, code TEXT NOT NULL, sum INTEGER,
    PRIMARY KEY (batch, path)
) STRICT, WITHOUT ROWID;
";

const DRIVES_AND_LEFT: &str = "
CREATE TABLE mounts (                          -- where the drive of an item is mounted
    item INTEGER PRIMARY KEY REFERENCES items(id), path BLOB NOT NULL, sum INTEGER
) STRICT;
CREATE TABLE stays (                           -- uploads that S3 would not be rid of: since when, and why
    upload TEXT PRIMARY KEY, since INTEGER NOT NULL, code TEXT NOT NULL, sum INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE lost (                            -- uploads that S3 may have begun, and whose id never arrived
    batch INTEGER NOT NULL REFERENCES batches(id), key TEXT NOT NULL, at INTEGER NOT NULL, sum INTEGER,
    PRIMARY KEY (batch, key)
) STRICT, WITHOUT ROWID;
";

const ORDER: &str = "
CREATE TABLE ranks (                           -- what an item is ordered by, once the person moved it: else its id
    item INTEGER PRIMARY KEY REFERENCES items(id), rank INTEGER NOT NULL, sum INTEGER
) STRICT;
";

const ASKED: &str = "
CREATE TABLE asked (                           -- what holds for files of a folder that are not found yet
    item INTEGER PRIMARY KEY REFERENCES items(id), action TEXT NOT NULL, sum INTEGER
) STRICT;
";

const WATCHED_FOLDERS: &str = "
CREATE TABLE watches (                         -- folders that upload by themselves
    id INTEGER PRIMARY KEY, added INTEGER NOT NULL, path BLOB NOT NULL,
    spec TEXT NOT NULL, destination TEXT NOT NULL, remote TEXT NOT NULL, -- JSON
    root TEXT,                                 -- JSON: which folder it is, once it was seen
    state TEXT NOT NULL, counters TEXT NOT NULL, sum INTEGER
) STRICT;
CREATE TABLE sweeps (                          -- items that a watched folder made
    item INTEGER PRIMARY KEY REFERENCES items(id), watch INTEGER NOT NULL REFERENCES watches(id),
    under TEXT NOT NULL, sum INTEGER
) STRICT;
CREATE TABLE watched (                         -- the ledger: the newest version of each file that was decided on
    watch INTEGER NOT NULL REFERENCES watches(id), folder BLOB NOT NULL, name BLOB NOT NULL,
    size INTEGER NOT NULL, mtime INTEGER NOT NULL, file INTEGER,
    transfer INTEGER REFERENCES transfers(id), -- how far it is says the transfer
    why TEXT,                                  -- no transfer: there before, or an error's code
    after TEXT,                                -- JSON: what became of the file once it was safely there
    sum INTEGER, PRIMARY KEY (watch, folder, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX watched_file ON watched(watch, file);
CREATE INDEX watched_transfer ON watched(transfer);
";

/// Files that have no number are found by all that they have: of an archive that was unpacked a hundred thousand have one time.
const WITHOUT_NUMBERS: &str = "
CREATE INDEX watched_written ON watched(watch, mtime, size, name) WHERE file IS NULL;
";

/// An entry refers to its item by number alone, for it outlives a damaged one. What is asked of history is answered by its
/// indexes; `history_of` tells a full-text index whose it is.
const HISTORY: &str = "
CREATE TABLE history (                         -- rows of the list that came to their end
    id INTEGER PRIMARY KEY AUTOINCREMENT,      -- another one whenever it changes, and never one that another had
    item INTEGER NOT NULL UNIQUE, ended INTEGER NOT NULL, result TEXT NOT NULL,
    name TEXT NOT NULL, destination TEXT NOT NULL, -- the destination's label
    files INTEGER NOT NULL, size INTEGER NOT NULL, folder INTEGER NOT NULL, sum INTEGER
) STRICT;
CREATE INDEX history_ended ON history(ended, id, result, size);
CREATE INDEX history_destination ON history(destination, ended, id, result, size);
CREATE TABLE history_of (token TEXT NOT NULL) STRICT;
INSERT INTO history_of VALUES (lower(hex(randomblob(16))));
";

/// A statement for every kind of write, and one that seals: none is ever made twice.
const STATEMENTS: usize = 64;

/// How long one who opens the file waits for another who does.
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(5);

/// Statements stay as they were made: planned anew for each value, a question costs several times what its answer does.
fn keep_statements(connection: &Connection) -> Result<()> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(|_| ()).map_err(classify)
}

/// Asks again while somebody else opens the file, too: `SQLite` itself does not wait where the log is begun.
fn patiently<T>(mut asks: impl FnMut() -> rusqlite::Result<T>) -> rusqlite::Result<T> {
    let mut left = PATIENCE.as_millis() / PAUSE.as_millis();
    loop {
        match asks() {
            Err(error) if left > 0 && error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy) => {
                left -= 1;
                std::thread::sleep(PAUSE);
            }
            outcome => return outcome,
        }
    }
}

/// Opens a file for the writer, or makes it. Closing it leaves the write-ahead log as it is, so that a file which turns
/// out to be damaged is set aside as it was found; [`open_whole`] says when that is over.
pub(super) fn open_for_writing(path: &Path) -> Result<Connection> {
    restrict(path)?;
    let mut connection = Connection::open(path).map_err(classify)?;
    leave_log(&connection)?;
    keep_statements(&connection)?;
    seal::teach(&connection)?;
    let found = version(&connection)?;
    if found > STEPS.len() {
        return Err(newer_than_us(found));
    }
    // FULL: an acknowledged part must survive a power cut. On macOS only fullfsync reaches the platter.
    // What is written comes in order, one page after the other, but for names in two indexes: of pages that were, 512 KiB do
    // for 100,000 files of a folder as well as 2 MiB.
    let settings = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA fullfsync=1; PRAGMA foreign_keys=ON; \
                    PRAGMA cache_size=-512;";
    patiently(|| connection.execute_batch(settings)).map_err(classify)?;
    if found < STEPS.len() {
        // Whoever comes to read a file that was just made brings it up, too: the lock first, then what is missing.
        let made = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(classify)?;
        let found = version(&made)?;
        let missing = STEPS.get(found..).ok_or_else(|| newer_than_us(found))?;
        missing.iter().try_for_each(|step| made.execute_batch(step)).map_err(classify)?;
        let sealed =
            seal::ALL.iter().map(|of| format!("UPDATE {} SET sum={} WHERE sum IS NULL;", of.table, of.of_row()));
        sealed.into_iter().try_for_each(|step| made.execute_batch(&step)).map_err(classify)?;
        history::make_up(&made)?;
        let now = i32::try_from(STEPS.len()).unwrap_or(i32::MAX);
        made.pragma_update(None, "user_version", now).map_err(classify)?;
        made.pragma_update(None, "application_id", STAMP | now).map_err(classify)?;
        made.commit().map_err(classify)?;
    }
    Ok(connection)
}

/// From now on the last to close the file brings the write-ahead log into it.
pub(super) fn open_whole(connection: &Connection) -> Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false).map(|_| ()).map_err(classify)
}

/// From now on closing the file leaves its write-ahead log.
pub(super) fn leave_log(connection: &Connection) -> Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map(|_| ()).map_err(classify)
}

pub(super) fn open_for_reading(path: &Path) -> Result<Connection> {
    let outcome = read_from(path, path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX);
    match outcome {
        // Where nothing may be written there is no room for what SQLite keeps beside them; nobody else writes there either.
        Err(error) if error.code == ErrorCode::JournalUnwritable => match read_as_it_lies(path) {
            Ok(Some(connection)) => Ok(connection),
            Ok(None) | Err(_) => Err(error),
        },
        outcome => outcome,
    }
}

/// Records of which no log is left to read: all is in their file. Makes none. Nothing where there is one.
///
/// # Errors
/// As [`open_for_reading`].
pub(super) fn read_as_it_lies(path: &Path) -> Result<Option<Connection>> {
    let Some((address, flags)) = as_it_lies(path) else { return Ok(None) };
    read_from(path, &address, flags).map(Some)
}

/// Whether a file is of a version that we know, or of none that can be read. Changes nothing, and makes no log.
///
/// # Errors
/// `journal-newer`.
pub(super) fn check_version(path: &Path) -> Result<()> {
    let with_log = (path.to_owned(), OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX);
    let (opened, flags) = as_it_lies(path).unwrap_or(with_log);
    let read = || -> Result<usize> {
        let connection = Connection::open_with_flags(opened, flags).map_err(classify)?;
        leave_log(&connection)?;
        version(&connection)
    };
    match read() {
        Ok(found) if found > STEPS.len() => Err(newer_than_us(found)),
        _ => Ok(()),
    }
}

/// How to open a file that has no log so that it gets none.
pub(super) fn as_it_lies(path: &Path) -> Option<(PathBuf, OpenFlags)> {
    if super::keep::len(&super::keep::beside(path, "-wal")) > 0 {
        return None;
    }
    let mut address = url::Url::from_file_path(path).ok()?;
    address.set_query(Some("immutable=1"));
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    Some((address.as_str().into(), flags))
}

fn read_from(path: &Path, opened: &Path, flags: OpenFlags) -> Result<Connection> {
    let connection = Connection::open_with_flags(opened, flags).map_err(classify)?;
    // Whoever only reads leaves the log where it is.
    leave_log(&connection)?;
    keep_statements(&connection)?;
    connection.busy_timeout(PATIENCE).map_err(classify)?;
    seal::teach(&connection)?;
    let found = version(&connection)?;
    match found.cmp(&STEPS.len()) {
        Ordering::Equal => Ok(connection),
        Ordering::Greater => Err(newer_than_us(found)),
        // Empty, or of an earlier program.
        Ordering::Less => {
            drop(connection);
            drop(open_for_writing(path)?);
            open_for_reading(path)
        }
    }
}

/// # Errors
/// `journal-damaged` when the two places do not agree.
fn version(connection: &Connection) -> Result<usize> {
    // Both as they are at one time, should another bring the file up just now.
    let _one = connection.is_autocommit().then(|| connection.unchecked_transaction()).transpose().map_err(classify)?;
    let read = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0)).map_err(classify);
    let (version, stamp) = (read("user_version")?, read("application_id")?);
    let number = usize::try_from(version).ok();
    number
        .filter(|number| if *number <= UNSTAMPED { stamp == 0 } else { stamp == STAMP | version })
        .ok_or_else(|| Error::new(ErrorCode::JournalDamaged).detail(format!("version {version}, stamp {stamp:x}")))
}

fn newer_than_us(version: usize) -> Error {
    Error::new(ErrorCode::JournalNewer).detail(format!("version {version}, this program knows {}", STEPS.len()))
}

/// Other people on this computer have no business in it, and it can be written.
#[cfg(unix)]
pub(super) fn restrict(path: &Path) -> Result<()> {
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
    let made = std::fs::OpenOptions::new().create_new(true).write(true).mode(0o600).open(path);
    let outcome = match made {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
        }
        Err(error) => Err(error),
    };
    outcome.map_err(super::unwritable)
}

/// The home lies in the user's own profile, which others cannot read.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same shape on every system")]
pub(super) fn restrict(_: &Path) -> Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first start, and somebody who asks how far it is.
    #[test]
    fn a_file_that_many_open_at_once_is_made_once() {
        for _ in 0..50 {
            let home = tempfile::tempdir().expect("a folder");
            let path = home.path().join("journal.sqlite");
            restrict(&path).expect("an empty file");
            let ready = std::sync::Barrier::new(4);
            std::thread::scope(|scope| {
                for writes in [true, false, false, false] {
                    let (path, ready) = (&path, &ready);
                    scope.spawn(move || {
                        ready.wait();
                        let opened = if writes { open_for_writing(path) } else { open_for_reading(path) };
                        let known = version(&opened.expect("opened")).expect("a version");
                        assert_eq!(known, STEPS.len(), "{writes}");
                    });
                }
            });
        }
    }

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
        let sql = format!("SELECT remote, {} FROM batches WHERE id=1", seal::BATCHES.fits());
        let kept = new.query_row(&sql, [], |row| Ok((row.get(0)?, row.get(1)?))).expect("kept");
        assert_eq!(kept, (None::<String>, true), "and sealed");
        open_for_reading(&path).expect("of this version");
    }

    #[test]
    fn a_commit_is_on_the_disk_before_it_is_told() {
        let home = tempfile::tempdir().expect("a folder");
        let connection = open_for_writing(&home.path().join("journal.sqlite")).expect("made");
        let set = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).expect("told");
        assert_eq!((set("synchronous"), set("fullfsync")), (2, 1), "FULL, to the platter");
        let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).expect("told");
        assert_eq!(mode, "wal");
    }

    #[test]
    fn records_that_are_empty_or_of_an_earlier_program_are_read_as_well() {
        let home = tempfile::tempdir().expect("a folder");
        let path = home.path().join("journal.sqlite");
        std::fs::write(&path, b"").expect("written");
        drop(open_for_reading(&path).expect("an empty file is no newer one"));
        let earlier = home.path().join("earlier.sqlite");
        let connection = Connection::open(&earlier).expect("opened");
        seal::teach(&connection).expect("taught");
        connection.execute_batch(STEPS[0]).expect("made");
        connection.pragma_update(None, "user_version", 1).expect("set");
        drop(connection);
        let read = open_for_reading(&earlier).expect("an earlier one is brought up");
        assert_eq!(version(&read).expect("its version"), STEPS.len());
    }

    #[test]
    fn a_newer_version_is_told_from_a_flipped_bit() {
        let known = i32::try_from(STEPS.len()).expect("few");
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("journal.sqlite");
        let code = |version: i32, stamp: i32| {
            let one = open_for_writing(&path).expect("opened");
            one.pragma_update(None, "user_version", version).expect("set");
            one.pragma_update(None, "application_id", stamp).expect("set");
            drop(one);
            let error = open_for_writing(&path).expect_err("not ours");
            let one = Connection::open(&path).expect("opened");
            one.pragma_update(None, "user_version", known).expect("set");
            one.pragma_update(None, "application_id", STAMP | known).expect("set");
            error.code
        };
        assert_eq!(code(known + 1, STAMP | (known + 1)), ErrorCode::JournalNewer);
        for (version, stamp) in [
            (known + 1, STAMP | known),
            (known + 2, STAMP | known),
            (2, STAMP | known),
            (known, STAMP | 2),
            (known, 0),
            (-1, 0),
        ] {
            assert_eq!(code(version, stamp), ErrorCode::JournalDamaged, "{version} {stamp:x}");
        }
    }
}
