//! The folder with journal, settings and logs, and the lock that lets one engine in.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use tokio::time::{Duration, Instant};

use crate::error::{Error, ErrorCode, Result};

/// A process that was just closed or killed may hold the lock this much longer: its threads end one after the other.
const LETTING_GO: Duration = Duration::from_secs(2);

/// A home that is ours until dropped; the system lets go of the lock when the process dies.
#[derive(Debug)]
pub(super) struct Home {
    _lock: File,
}

impl Home {
    /// Opens it, after whoever is leaving it just now.
    pub(super) async fn enter(path: &Path) -> Result<Self> {
        let begun = Instant::now();
        loop {
            match Self::open(path) {
                Err(error) if error.code == ErrorCode::InstanceBusy && begun.elapsed() < LETTING_GO => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                outcome => return outcome,
            }
        }
    }

    fn open(path: &Path) -> Result<Self> {
        let failed = |e: std::io::Error| {
            let code = match e.kind() {
                std::io::ErrorKind::StorageFull => ErrorCode::DiskFull,
                _ => ErrorCode::JournalUnwritable,
            };
            Error::new(code).detail(path.display().to_string()).source(e)
        };
        make_private(path).map_err(failed)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(path.join("lock"))
            .map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { _lock: lock }),
            Err(TryLockError::WouldBlock) => {
                Err(Error::new(ErrorCode::InstanceBusy).detail(path.display().to_string()))
            }
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }
}

#[cfg(unix)]
fn make_private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// The user's profile is private already.
#[cfg(not(unix))]
fn make_private(path: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_engine_on_the_same_home_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = Home::open(folder.path()).expect("free");
        let refused = Home::open(folder.path()).expect_err("taken");
        assert_eq!(refused.code, ErrorCode::InstanceBusy);
        drop(first);
        Home::open(folder.path()).expect("free again");
    }

    #[tokio::test(start_paused = true)]
    async fn an_engine_that_is_just_leaving_is_waited_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = Home::open(folder.path()).expect("free");
        let leaving = async {
            tokio::task::yield_now().await;
            drop(first);
        };
        let (entered, ()) = tokio::join!(Home::enter(folder.path()), leaving);
        entered.expect("free by then");
    }
}
