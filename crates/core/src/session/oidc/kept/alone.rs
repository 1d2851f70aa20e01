//! Davits of one person on one computer renew one after the other: whoever shows an issuer what another has just spent may lose the
//! sign-in for both. Where there is no place to wait in, nobody is waited for.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use tokio::time::{Duration, Instant};

/// Nobody waits longer for another whose issuer takes its time.
const AT_MOST: Duration = Duration::from_secs(10);
/// Who waits looks again after this.
const BETWEEN: Duration = Duration::from_millis(50);

/// As long as what it answers is held no other Davit renews. None where nothing can be locked, or another takes too long.
pub(super) async fn alone(at: &Path) -> Option<File> {
    let begun = Instant::now();
    let lock = open(at).inspect_err(|error| tracing::debug!(%error, "no other Davit is waited for")).ok()?;
    loop {
        match lock.try_lock() {
            Ok(()) => return Some(lock),
            Err(TryLockError::WouldBlock) if begun.elapsed() < AT_MOST => tokio::time::sleep(BETWEEN).await,
            Err(error) => {
                tracing::debug!(%error, "no other Davit is waited for any more");
                return None;
            }
        }
    }
}

fn open(at: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_renews_after_the_other_and_none_waits_for_ever() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = folder.path().join("lock");
        let first = alone(&at).await.expect("nobody else");
        let begun = Instant::now();
        assert!(alone(&at).await.is_none(), "the first renews still");
        assert_eq!(begun.elapsed().as_secs(), AT_MOST.as_secs());
        let mut second = std::pin::pin!(alone(&at));
        tokio::time::timeout(BETWEEN, &mut second).await.expect_err("the first renews still");
        drop(first);
        assert!(second.await.is_some());
        assert!(alone(&folder.path().join("nowhere/lock")).await.is_none(), "there is no place");
    }
}
