//! Keeping the records whole: they are checked when they are opened, and what is damaged is rebuilt from the rows that are
//! whole and from the last good copy. The damaged file is set aside under a name with its date and never deleted.

use std::fs::File;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde::Serialize;
use ts_rs::TS;

use super::salvage::{self, Salvaged};
use super::{Journal, classify, history, in_use, log, schema, seal, unwritable};
use crate::error::{Error, ErrorCode, Result};
use crate::file::sync_folder;
use crate::units::UnixTime;

/// What a person is told about the records, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Notice {
    /// They were damaged; what was whole is kept, the rest has to be added again.
    Mended,
    /// They were lost, and are as they were then. What had not ended by then is paused.
    Restored {
        /// When the copy was made.
        from: UnixTime,
    },
    /// They were lost, and nothing of them was left.
    BegunAnew,
}

/// A file of a single byte is an empty one to SQLite, which writes new records into it without a word. Source: its
/// `unixFileSize`.
const TAKEN_FOR_EMPTY: u64 = 1;

/// Opens the records, whole.
///
/// # Errors
/// `journal-newer`, `disk-full`, `journal-unwritable`.
pub(super) fn open(home: &Path) -> Result<(Connection, Option<Notice>)> {
    let path = Journal::path(home);
    if len(&path) > TAKEN_FOR_EMPTY {
        return match log_is_whole(home).and_then(|()| open_checked(&path)) {
            Ok(connection) => Ok((connection, None)),
            Err(error) if is_damage(&error, &path) => {
                tracing::warn!(%error, "the records are damaged");
                rebuild(home).map(|(connection, notice)| (connection, Some(notice)))
            }
            Err(error) => Err(error),
        };
    }
    // A rebuilding that ended between its last two steps left what it made.
    let rebuilt = rebuilt(home);
    if len(&path) == 0 && rebuilt.exists() && open_checked(&rebuilt).is_ok() {
        put_in_place(home)?;
        return Ok((open_checked(&path)?, Some(Notice::Mended)));
    }
    if is_gone(home) {
        tracing::warn!("the records are gone");
        return rebuild(home).map(|(connection, notice)| (connection, Some(notice)));
    }
    Ok((open_checked(&path)?, None))
}

/// Asked before `SQLite` opens the records, which takes a log that is not whole for one that ended there.
///
/// # Errors
/// `journal-damaged`; `journal-newer` where that is not ours to tell.
fn log_is_whole(home: &Path) -> Result<()> {
    let Some(what) = hurt(home) else { return Ok(()) };
    schema::check_version(&Journal::path(home))?;
    Err(Error::new(ErrorCode::JournalDamaged).detail(what))
}

/// What happened to the write-ahead log, but for a power cut.
fn hurt(home: &Path) -> Option<&'static str> {
    if in_use::log_is_lost(home) {
        Some("the write-ahead log is gone")
    } else {
        log::is_damaged(&in_use::log(home)).then_some("the write-ahead log is damaged")
    }
}

pub(super) fn len(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |file| file.len())
}

/// Whether there is no file of records and something shows that there was one.
fn is_gone(home: &Path) -> bool {
    let path = Journal::path(home);
    let shows = || copy_of(home).exists() || beside(&path, "-wal").exists() || in_use::path(home).exists();
    len(&path) == TAKEN_FOR_EMPTY || (len(&path) == 0 && shows())
}

/// The same of a rebuilding that did not end and of a log that is gone, too.
pub(super) fn is_lost(home: &Path) -> bool {
    is_gone(home) || in_use::log_is_lost(home) || (len(&Journal::path(home)) == 0 && rebuilt(home).exists())
}

/// Whether the next start finds the records whole, or none and nothing that shows that there were any. Reads alone.
///
/// # Errors
/// Those of reading, but for damage.
pub(super) fn is_whole(home: &Path) -> Result<bool> {
    let path = Journal::path(home);
    if len(&path) <= TAKEN_FOR_EMPTY {
        return Ok(!is_lost(home));
    }
    let looked = log_is_whole(home).and_then(|()| schema::open_for_reading(&path));
    match looked.and_then(|connection| check(&connection)) {
        Ok(()) => Ok(true),
        Err(error) if matches!(error.code, ErrorCode::JournalDamaged | ErrorCode::Unexpected) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Lays all that the next start makes records of into another folder, with its times.
///
/// # Errors
/// `journal-unwritable` when it cannot be read or laid there, `disk-full`.
pub(super) fn lay_out(home: &Path, into: &Path) -> Result<()> {
    for file in [Journal::path(home), copy_of(home), rebuilt(home), in_use::path(home)] {
        for from in [beside(&file, ""), beside(&file, "-wal")] {
            let Some(name) = from.file_name().filter(|_| from.exists()) else { continue };
            let copy = || {
                let (mut from, mut to) = (File::open(&from)?, File::create_new(into.join(name))?);
                std::io::copy(&mut from, &mut to)?;
                to.set_modified(from.metadata()?.modified()?)
            };
            copy().map_err(unwritable)?;
        }
    }
    Ok(())
}

fn open_checked(path: &Path) -> Result<Connection> {
    let connection = schema::open_for_writing(path)?;
    check(&connection)?;
    shorten(&connection);
    Ok(connection)
}

/// Brings the write-ahead log into the file. A short log has little to lose.
pub(super) fn shorten(connection: &Connection) {
    if let Err(error) = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())) {
        tracing::debug!(%error, "the write-ahead log stays as long as it is");
    }
}

/// Whether all of it is as it was written: the pages, the indexes, every sum, and what refers to what. Large records take
/// half a second: pages and rows are looked at side by side.
///
/// # Errors
/// `journal-damaged`, with the first thing that is not.
pub(super) fn check(connection: &Connection) -> Result<()> {
    let path = connection.path().filter(|path| !path.is_empty()).map(Path::new);
    std::thread::scope(|scope| {
        let pages = path.map(|path| scope.spawn(|| check_pages(&schema::open_for_reading(path)?)));
        let rows = check_rows(connection);
        let pages = match pages {
            Some(pages) => {
                pages.join().unwrap_or_else(|_| Err(Error::new(ErrorCode::Unexpected).detail("a check broke")))
            }
            None => check_pages(connection),
        };
        pages.and(rows)
    })
}

fn check_pages(connection: &Connection) -> Result<()> {
    let found: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(classify)?;
    if found == "ok" { Ok(()) } else { Err(Error::new(ErrorCode::JournalDamaged).detail(found)) }
}

fn check_rows(connection: &Connection) -> Result<()> {
    for sealed in seal::ALL {
        let sql = format!("SELECT count(*) FROM {} NOT INDEXED WHERE NOT ({})", sealed.table, sealed.fits());
        let bad: i64 = connection.query_row(&sql, [], |row| row.get(0)).map_err(classify)?;
        if bad > 0 {
            return Err(seal::damaged(&format!("{bad} of {}", sealed.table)));
        }
    }
    let mut orphans = connection.prepare("PRAGMA foreign_key_check").map_err(classify)?;
    if orphans.exists([]).map_err(classify)? {
        return Err(Error::new(ErrorCode::JournalDamaged).detail("a row whose parent is gone"));
    }
    Ok(())
}

/// Whether a failure to open is the file's own. What SQLite does not understand was not written by it; a file that it
/// will not write although we may has a header that says so.
fn is_damage(error: &Error, path: &Path) -> bool {
    use rusqlite::ffi::ErrorCode as Sql;
    match error.code {
        ErrorCode::JournalDamaged | ErrorCode::Unexpected => true,
        ErrorCode::JournalUnwritable => {
            let below = std::error::Error::source(error).and_then(|source| source.downcast_ref::<rusqlite::Error>());
            let refused =
                matches!(below.and_then(rusqlite::Error::sqlite_error_code), Some(Sql::ReadOnly | Sql::CannotOpen));
            refused && std::fs::OpenOptions::new().write(true).open(path).is_ok()
        }
        _ => false,
    }
}

/// Makes new records of what is whole in the damaged ones and, where that is not all, in the last good copy.
fn rebuild(home: &Path) -> Result<(Connection, Notice)> {
    let (path, rebuilt, copy) = (Journal::path(home), rebuilt(home), copy_of(home));
    forget(&rebuilt)?;
    let mut new = schema::open_for_writing(&rebuilt)?;
    let without_log = hurt(home).is_some();
    let mut kept = salvage::from_damaged(&mut new, &path)?;
    if without_log {
        kept.lacks_the_unknown();
    }
    // The copy itself may be damaged: the same sums tell.
    let copied = salvage::from_copy(&mut new, &copy, UnixTime::now())?;
    salvage::walk_again(&new, &kept)?;
    history::settle_all(&new)?;
    check(&new)?;
    new.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).map_err(classify)?;
    schema::open_whole(&new)?;
    new.close().map_err(|(_, error)| classify(error))?;
    let notice = notice(&kept, &copied, &copy);
    put_in_place(home)?;
    tracing::warn!(?notice, kept = kept.rows, lost = kept.lost, copied = copied.rows, "the records are rebuilt");
    Ok((open_checked(&path)?, notice))
}

fn notice(kept: &Salvaged, copied: &Salvaged, copy: &Path) -> Notice {
    match (kept.rows, copied.rows) {
        (0, 0) => Notice::BegunAnew,
        (0, _) => Notice::Restored { from: made_at(copy) },
        _ => Notice::Mended,
    }
}

/// The damaged file goes aside, then its log, then the rebuilt file takes its name. Whatever the moment of a kill, the
/// next start finds either the damaged file, or none and the rebuilt one.
fn put_in_place(home: &Path) -> Result<()> {
    let path = Journal::path(home);
    let aside = aside(home);
    for end in ["", "-wal"] {
        let (from, to) = (beside(&path, end), beside(&aside, end));
        match std::fs::rename(&from, &to) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(unwritable(error)),
            _ => {}
        }
    }
    for end in ["-shm", "-journal"] {
        remove(&beside(&path, end))?;
    }
    std::fs::rename(rebuilt(home), &path).map_err(unwritable)?;
    sync_folder(home);
    Ok(())
}

/// A name with the date, that nothing has yet.
fn aside(home: &Path) -> PathBuf {
    let now = i64::try_from(UnixTime::now().0).unwrap_or_default();
    let now = time::OffsetDateTime::from_unix_timestamp(now).unwrap_or(time::OffsetDateTime::UNIX_EPOCH);
    let format = time::macros::format_description!("[year]-[month]-[day]T[hour][minute][second]Z");
    let date = now.format(format).unwrap_or_default();
    let named = |n: u32| match n {
        1 => home.join(format!("journal.damaged-{date}.sqlite")),
        n => home.join(format!("journal.damaged-{date}-{n}.sqlite")),
    };
    let free = |path: &PathBuf| !path.exists() && !beside(path, "-wal").exists();
    (1..=1_000).map(named).find(free).unwrap_or_else(|| named(1))
}

/// A copy of small records is made at every clean end, one of large ones at most this often, in seconds.
const COPY_EVERY: u64 = 3_600;
/// What is small, in bytes: copied within a fraction of a second.
const SMALL: u64 = 16 << 20;

/// Whether a copy is worth its making now.
pub(super) fn copy_is_due(home: &Path) -> bool {
    let size = std::fs::metadata(Journal::path(home)).map_or(0, |file| file.len());
    let copy = copy_of(home);
    !copy.exists() || size < SMALL || UnixTime::now().0.saturating_sub(made_at(&copy).0) >= COPY_EVERY
}

/// Keeps a copy to restore from, checked before it takes the place of the one before.
///
/// # Errors
/// `journal-damaged` when the records are, `disk-full`, `journal-unwritable`; the copy before stays then.
pub(super) fn keep_copy(connection: &Connection, home: &Path) -> Result<()> {
    let (new, copy) = (home.join("journal.good.new"), copy_of(home));
    let Some(name) = new.to_str() else { return Ok(()) };
    forget(&new)?;
    // Before there is anything in it; what is kept beside it meanwhile has the same mode.
    schema::restrict(&new)?;
    let made = connection.execute("VACUUM INTO ?1", [name]).map_err(classify).and_then(|_| {
        check(&schema::open_for_reading(&new)?)?;
        std::fs::OpenOptions::new().write(true).open(&new).and_then(|file| file.sync_all()).map_err(unwritable)?;
        std::fs::rename(&new, &copy).map_err(unwritable)
    });
    sync_folder(home);
    made.inspect_err(|_| {
        let _ = forget(&new);
    })
}

/// The last copy goes, which has what the records have not any more.
pub(super) fn forget_copy(home: &Path) {
    if let Err(error) = forget(&copy_of(home)) {
        tracing::warn!(%error, "the copy of the records is kept until the next one");
    }
}

fn copy_of(home: &Path) -> PathBuf {
    home.join("journal.good.sqlite")
}

fn rebuilt(home: &Path) -> PathBuf {
    home.join("journal.rebuilt.sqlite")
}

fn made_at(copy: &Path) -> UnixTime {
    let since = std::fs::metadata(copy).and_then(|file| file.modified()).ok();
    let since = since.and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
    UnixTime(since.map_or(0, |since| since.as_secs()))
}

/// SQLite's files beside a file are named by adding to its name.
pub(super) fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// Removes a file that was being made, and what SQLite keeps beside it.
fn forget(path: &Path) -> Result<()> {
    ["", "-wal", "-shm", "-journal"].iter().try_for_each(|end| remove(&beside(path, end)))
}

pub(super) fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(unwritable(error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_which_a_single_byte_is_left_are_rebuilt_and_it_is_told() {
        let home = tempfile::tempdir().expect("a folder");
        std::fs::write(Journal::path(home.path()), b"S").expect("written");
        let (_, recovered) = Journal::open(home.path()).expect("opens");
        assert_eq!(recovered.notice, Some(Notice::BegunAnew));
    }

    /// `SQLite` gives what it keeps beside a file the file's mode.
    #[cfg(unix)]
    #[test]
    fn a_copy_of_the_records_is_for_nobody_else_from_its_first_byte_on() {
        use std::os::unix::fs::PermissionsExt as _;
        use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
        let home = tempfile::tempdir().expect("a folder");
        let connection = open(home.path()).expect("opens").0;
        let (seen, made) = (AtomicU32::new(0), AtomicBool::new(false));
        let new = home.path().join("journal.good.new");
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !made.load(Ordering::Relaxed) {
                    for file in [beside(&new, ""), beside(&new, "-journal")] {
                        let Ok(file) = std::fs::metadata(&file) else { continue };
                        seen.fetch_add(1, Ordering::Relaxed);
                        assert_eq!(file.permissions().mode() & 0o077, 0, "readable for others");
                    }
                }
            });
            while seen.load(Ordering::Relaxed) < 20 {
                keep_copy(&connection, home.path()).expect("copied");
            }
            made.store(true, Ordering::Relaxed);
        });
    }
}
