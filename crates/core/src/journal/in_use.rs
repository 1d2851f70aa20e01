//! A mark beside the records while somebody writes them. As long as it is there, so is their write-ahead log: `SQLite` keeps
//! that for as long as it is open, an end without warning leaves it, and a clean end takes the mark away first. So a mark
//! without a log says that the log was lost, with all that is not in the file yet.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::{Journal, keep, schema, unwritable};
use crate::error::Result;
use crate::file::sync_folder;

pub(super) fn path(home: &Path) -> PathBuf {
    home.join("journal.in-use")
}

/// Marks records that were opened. Without room for a mark there is none, and a loss of the log is not noticed.
pub(super) fn put(home: &Path, connection: &Connection) {
    let put = || -> Result<()> {
        schema::leave_log(connection)?;
        // The log's name is on the disk before the mark is: a power cut never leaves the mark alone.
        sync_folder(home);
        let mark = path(home);
        schema::restrict(&mark)?;
        std::fs::OpenOptions::new().create(true).truncate(false).write(true).open(&mark).map_err(unwritable)?;
        sync_folder(home);
        Ok(())
    };
    if let Err(error) = put() {
        tracing::debug!(%error, "the records are not marked as in use");
    }
}

/// At a clean end, before the connection is closed. What could not be brought into the file keeps log and mark.
pub(super) fn take_away(home: &Path, connection: &Connection) {
    keep::shorten(connection);
    if keep::len(&log(home)) > 0 {
        return;
    }
    let taken = keep::remove(&path(home)).and_then(|()| {
        sync_folder(home);
        schema::open_whole(connection)
    });
    if let Err(error) = taken {
        tracing::debug!(%error, "the records stay marked as in use");
    }
}

/// Whether there is a mark and no log. To be asked before `SQLite` opens the records, which makes a log.
pub(super) fn log_is_lost(home: &Path) -> bool {
    let marked = || path(home).exists();
    // Whoever ends cleanly meanwhile takes the mark away before the log.
    marked() && !log(home).exists() && marked()
}

pub(super) fn log(home: &Path) -> PathBuf {
    keep::beside(&Journal::path(home), "-wal")
}

#[cfg(test)]
mod tests {
    use super::super::{Notice, Outlook, Reader};
    use super::*;

    fn killed(home: &Path) {
        let (connection, _) = keep::open(home).expect("opens");
        put(home, &connection);
        // As a kill leaves it: closing brings nothing into the file and keeps the log.
        drop(connection);
        assert!(log(home).exists(), "a log is kept as long as the mark is there");
    }

    #[test]
    fn a_log_that_is_missing_beside_records_in_use_is_told_once_and_by_whoever_looks() {
        let home = tempfile::tempdir().expect("a folder");
        let home = home.path();
        killed(home);
        let (_, notice) = keep::open(home).expect("opens");
        assert_eq!(notice, None, "an end without warning leaves an empty log");
        std::fs::remove_file(log(home)).expect("removed");
        let told = Outlook::of(home).expect("read").expect("lost").notice();
        drop(Reader::open(home).expect("read"));
        assert!(log_is_lost(home), "looking makes no log");
        let (connection, notice) = keep::open(home).expect("opens");
        assert_eq!((told, notice), (Notice::BegunAnew, Some(told)), "nothing was in the file");
        put(home, &connection);
        take_away(home, &connection);
        drop(connection);
        assert!(!log(home).exists() && !path(home).exists(), "a clean end");
        let (_, notice) = keep::open(home).expect("opens");
        assert_eq!(notice, None, "told once");
    }

    #[test]
    fn records_that_are_gone_beside_their_mark_are_told() {
        let home = tempfile::tempdir().expect("a folder");
        let home = home.path();
        killed(home);
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(keep::beside(&Journal::path(home), end));
        }
        let (_, notice) = keep::open(home).expect("opens");
        assert_eq!(notice, Some(Notice::BegunAnew));
    }
}
