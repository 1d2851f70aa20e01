//! The only durable record: batches, items, transfers, parts and their story, in SQLite (WAL).
//!
//! One writer thread owns the only writing connection; what arrives while it commits goes into the next commit, so a
//! thousand small files cost a few commits. A write's future resolves once it is on disk (`synchronous = FULL`).
//! Losing the journal may cost sending again, never a wrong object: S3's `ListParts` is the truth about parts. Every row
//! that decides what goes where carries a sum (`seal`); what is damaged is rebuilt at opening (`keep`, `salvage`), and a
//! write-ahead log that is lost or damaged is told from one that a power cut ended (`in_use`, `log`). What came to its end has an
//! entry in `history`; the texts of these are indexed beside the records (`texts`).
//! No secret is ever written here.

mod forgetting;
#[doc(hidden)]
pub mod fuzz;
mod history;
mod in_use;
mod keep;
mod log;
mod looks;
mod outlook;
mod place;
mod read;
mod rows;
mod salvage;
mod schema;
mod seal;
mod texts;
mod watches;
mod write;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::oneshot;

#[cfg(test)]
pub(crate) use history::put_all;
pub use history::{Ended, Entry};
pub use keep::Notice;
pub use outlook::Outlook;
pub(crate) use read::{ALIKE_AT_MOST, End, Expected};
pub use read::{EntryRow, Family, FolderRow, Reader, Recovered, StatusRow};
pub use rows::{BatchRow, Ending, Fate, ItemRow, Left, Leftover, PassedOver, Problem, TransferRow};
pub(crate) use texts::Texts;
pub use watches::{Sweep, Tallied, WatchRow, Watched, WatchedRow};
pub use write::Write;

use crate::error::{Error, ErrorCode, Result};

/// The handle to the journal. Cheap to clone; the writer thread ends with the last handle.
#[derive(Clone, Debug)]
pub struct Journal {
    writer: std::sync::mpsc::Sender<write::Job>,
    looks: Arc<looks::Looks>,
    history: Arc<AtomicU32>,
}

impl Journal {
    /// The journal's file within a home.
    pub fn path(home: &Path) -> PathBuf {
        home.join("journal.sqlite")
    }

    /// Opens or makes the journal of `home` and reads what was there. One that is damaged or gone is rebuilt as far as
    /// possible; [`Recovered::notice`] tells.
    ///
    /// # Errors
    /// `journal-newer`, `disk-full`, `journal-unwritable`.
    pub fn open(home: &Path) -> Result<(Self, Recovered)> {
        let (writer, notice) = keep::open(home)?;
        if let Err(error) = history::make_up(&writer) {
            tracing::warn!(%error, "history lacks what ended last");
        }
        let reader = Reader::open(home)?;
        let recovered = Recovered { notice, ..reader.recover()? };
        in_use::put(home, &writer);
        let (sender, jobs) = std::sync::mpsc::channel();
        let history = Arc::new(AtomicU32::new(0));
        let writer = write::Writer::new(writer, home, Arc::clone(&history));
        std::thread::Builder::new()
            .name("davit-journal".into())
            .spawn(move || writer.run(&jobs))
            .map_err(|e| Error::new(ErrorCode::JournalUnwritable).source(e))?;
        Ok((Self { writer: sender, looks: looks::Looks::by(reader), history }, recovered))
    }

    /// How often history changed, as far as was told on record: it is asked again where this is another number.
    pub fn history(&self) -> u32 {
        self.history.load(Ordering::Relaxed)
    }

    /// Writes in order, in one transaction; resolves once all of it is on disk.
    ///
    /// # Cancellation
    /// Dropping the future does not take the write back.
    ///
    /// # Errors
    /// `disk-full`, `journal-unwritable`; nothing of it was written then.
    pub async fn write(&self, writes: Vec<Write>) -> Result<()> {
        self.writes(writes, write::Wait::No).await
    }

    /// The same of what others will follow soon: goes with them, and sooner than anybody would notice without.
    ///
    /// # Cancellation
    /// As of [`Self::write`].
    ///
    /// # Errors
    /// Those of [`Self::write`].
    pub async fn write_with_others(&self, writes: Vec<Write>) -> Result<()> {
        self.writes(writes, write::Wait::ForOthers).await
    }

    async fn writes(&self, writes: Vec<Write>, wait: write::Wait) -> Result<()> {
        let (done, answer) = oneshot::channel();
        let job = write::Job::Write { writes, wait, done: Some(done) };
        self.writer.send(job).map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }

    /// Writes without waiting, for what is nice to have (the story).
    pub fn note(&self, writes: Vec<Write>) {
        let _ = self.writer.send(write::Job::Write { writes, wait: write::Wait::No, done: None });
    }

    /// Keeps a copy to restore from where that is worth it; resolves once it is on disk. For clean ends: a copy that
    /// could not be made costs nothing but itself.
    pub async fn keep_copy(&self) {
        let (done, answer) = oneshot::channel();
        if self.writer.send(write::Job::KeepCopy(done)).is_ok() {
            let _ = answer.await;
        }
    }

    /// Reads on a blocking thread: all that was written before it was asked is seen.
    ///
    /// # Errors
    /// What `look` answers, or `journal-damaged`.
    pub async fn read<T, F>(&self, look: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Reader) -> Result<T> + Send + 'static,
    {
        self.looks.ask(look).await
    }
}

fn gone() -> Error {
    Error::new(ErrorCode::JournalUnwritable).detail("writer gone")
}

/// SQLite's failure in our words.
pub(crate) fn classify(error: rusqlite::Error) -> Error {
    use rusqlite::ffi::ErrorCode as Sql;
    let code = match (&error, error.sqlite_error_code()) {
        (rusqlite::Error::SqliteFailure(code, _), _)
            if code.extended_code == rusqlite::ffi::SQLITE_IOERR_SHORT_READ =>
        {
            ErrorCode::JournalDamaged
        }
        (_, Some(Sql::DiskFull)) => ErrorCode::DiskFull,
        (_, Some(Sql::DatabaseCorrupt | Sql::NotADatabase)) => ErrorCode::JournalDamaged,
        (
            _,
            Some(
                Sql::ReadOnly
                | Sql::CannotOpen
                | Sql::PermissionDenied
                | Sql::SystemIoFailure
                | Sql::DatabaseBusy
                | Sql::DatabaseLocked
                | Sql::OutOfMemory,
            ),
        ) => ErrorCode::JournalUnwritable,
        // A value of a kind that we never write.
        (
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..),
            _,
        ) => ErrorCode::JournalDamaged,
        _ => ErrorCode::Unexpected,
    };
    Error::new(code).detail(format!("journal: {error}")).source(error)
}

/// The system's failure to write a file of the journal.
fn unwritable(error: std::io::Error) -> Error {
    let code = match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => ErrorCode::DiskFull,
        _ => ErrorCode::JournalUnwritable,
    };
    Error::new(code).detail(format!("journal: {error}")).source(error)
}
