//! Whether the records are still where they were opened. Unix lets a file be written on that has no name any more, and what
//! is written there is lost with the process.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::Instant;

use crate::error::{Error, ErrorCode, Result};

/// So often at most it is looked: a look costs far less than a commit.
const EVERY: Duration = Duration::from_secs(2);

/// The file that is written to, and when it was last seen in its place.
#[derive(Debug)]
pub(super) struct Place {
    path: PathBuf,
    /// Unknown where the system does not tell files apart; nothing is looked at then.
    file: Option<(u64, u64)>,
    seen: Instant,
}

impl Place {
    /// Of a file that was just opened.
    pub(super) fn of(path: PathBuf, now: Instant) -> Self {
        Self { file: which(&path), path, seen: now }
    }

    /// # Errors
    /// `journal-unwritable` while another file is there, or none.
    pub(super) fn check(&mut self, now: Instant) -> Result<()> {
        if self.file.is_none() || now.saturating_duration_since(self.seen) < EVERY {
            return Ok(());
        }
        if which(&self.path) != self.file {
            return Err(Error::new(ErrorCode::JournalUnwritable).detail("journal: its file was taken away"));
        }
        self.seen = now;
        Ok(())
    }
}

/// By its name alone: closing a second handle of the file would end `SQLite`'s locks on it.
#[cfg(unix)]
fn which(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(path).ok().map(|file| (file.dev(), file.ino()))
}

/// A file that is open cannot be taken away there.
#[cfg(not(unix))]
const fn which(_: &Path) -> Option<(u64, u64)> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use super::super::{Journal, Write};
    use super::*;
    use crate::ids::BatchId;

    #[test]
    fn a_file_that_was_taken_away_is_noticed_within_seconds_and_so_is_its_return() {
        let home = tempfile::tempdir().expect("a folder");
        let (path, aside) = (home.path().join("a"), home.path().join("b"));
        std::fs::write(&path, b"").expect("written");
        let begin = Instant::now();
        let mut place = Place::of(path.clone(), begin);
        place.check(begin + EVERY).expect("there");
        std::fs::rename(&path, &aside).expect("taken away");
        place.check(begin + EVERY).expect("not looked at again so soon");
        place.check(begin + EVERY * 2).expect_err("gone");
        std::fs::write(&path, b"").expect("another");
        assert_eq!(place.check(begin + EVERY * 2).expect_err("another file").code, ErrorCode::JournalUnwritable);
        std::fs::rename(&aside, &path).expect("back");
        place.check(begin + EVERY * 2).expect("there again");
    }

    #[tokio::test]
    async fn records_that_were_taken_away_are_written_no_more_and_it_is_told() {
        let home = tempfile::tempdir().expect("a folder");
        let (journal, _) = Journal::open(home.path()).expect("opens");
        let write = || journal.write(vec![Write::GoesOn(BatchId::new(1))]);
        write().await.expect("written");
        std::fs::remove_dir_all(home.path()).expect("removed");
        let begin = Instant::now();
        let refused = loop {
            if let Err(error) = write().await {
                break error;
            }
            assert!(begin.elapsed() < EVERY * 10, "commits go to a file without a name");
        };
        assert_eq!(refused.code, ErrorCode::JournalUnwritable);
        write().await.expect_err("as long as it is gone");
    }
}
