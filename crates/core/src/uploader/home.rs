//! The folder with journal, settings and logs, and the lock that lets one engine in.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use tokio::time::{Duration, Instant};

use crate::error::{Error, ErrorCode, Result};

/// A process that was just closed or killed may hold the lock this much longer: its threads end one after the other.
const LETTING_GO: Duration = Duration::from_secs(2);

/// The rights of everybody else.
#[cfg(unix)]
const OTHERS: u32 = 0o077;

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
        make_private(path)?;
        keep_private(path)?;
        let lock = open_lock(&path.join("lock")).map_err(|e| failed(path, e))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { _lock: lock }),
            Err(TryLockError::WouldBlock) => {
                Err(Error::new(ErrorCode::InstanceBusy).detail(path.display().to_string()))
            }
            Err(TryLockError::Error(error)) => Err(failed(path, error)),
        }
    }
}

fn failed(path: &Path, error: std::io::Error) -> Error {
    let code = match error.kind() {
        std::io::ErrorKind::StorageFull => ErrorCode::DiskFull,
        _ => ErrorCode::JournalUnwritable,
    };
    Error::new(code).detail(format!("{}: {error}", path.display())).source(error)
}

fn open_lock(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Makes a folder that nobody but the user gets into. One that is there already is made private if it is ours or empty:
/// taking away the rights to a folder full of other things would break them.
///
/// # Errors
/// `journal-unwritable` for a folder of somebody else's or open to others, and for a file in its place; `disk-full`.
#[cfg(unix)]
pub(super) fn make_private(path: &Path) -> Result<()> {
    use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
    let refused = |why: &str| Error::new(ErrorCode::JournalUnwritable).detail(format!("{}: {why}", path.display()));
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    let found = match std::fs::metadata(path) {
        Ok(found) if !found.is_dir() => return Err(refused("a file is in the place of the folder")),
        Ok(found) => found,
        Err(error) => return Err(failed(path, made.err().unwrap_or(error))),
    };
    if found.uid() != rustix::process::geteuid().as_raw() {
        return Err(refused("the folder belongs to another user"));
    }
    if found.mode() & OTHERS == 0 {
        return Ok(());
    }
    let open = "other users can get into this folder";
    if !is_ours(path).map_err(|e| failed(path, e))? {
        return Err(refused(open));
    }
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700)).map_err(|e| failed(path, e))?;
    // Some file systems take the change and forget it.
    let mode = std::fs::metadata(path).map_err(|e| failed(path, e))?.mode();
    if mode & OTHERS == 0 { Ok(()) } else { Err(refused(open)) }
}

/// Files of ours, as `keep_private` and `is_ours` know them.
#[cfg(unix)]
const OURS: [&str; 5] = ["lock", "journal.sqlite", "journal.sqlite-wal", "journal.sqlite-shm", "settings.json"];

/// Whether a folder holds our records, or nothing but what Davit leaves. A temporary folder is everybody's, even empty.
#[cfg(unix)]
fn is_ours(path: &Path) -> std::io::Result<bool> {
    let whole = std::fs::canonicalize(path)?;
    if whole == std::env::temp_dir() || ["/tmp", "/var/tmp", "/dev/shm"].iter().any(|shared| whole == Path::new(shared))
    {
        return Ok(false);
    }
    if path.join("journal.sqlite").is_file() {
        return Ok(true);
    }
    for entry in std::fs::read_dir(path)? {
        let name = entry?.file_name();
        if !OURS.iter().any(|ours| name == *ours) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Files that came with other rights, from a backup or an administrator, are made private.
#[cfg(unix)]
fn keep_private(path: &Path) -> Result<()> {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    for file in OURS.map(|name| path.join(name)) {
        let open = std::fs::symlink_metadata(&file).is_ok_and(|found| found.is_file() && found.mode() & OTHERS != 0);
        if open {
            let private = std::fs::Permissions::from_mode(0o600);
            std::fs::set_permissions(&file, private).map_err(|e| failed(&file, e))?;
        }
    }
    Ok(())
}

/// The user's profile is private already.
///
/// # Errors
/// `journal-unwritable`, `disk-full`.
#[cfg(not(unix))]
pub(super) fn make_private(path: &Path) -> Result<()> {
    std::fs::create_dir_all(path).map_err(|e| failed(path, e))
}

/// Files take their rights from the folder.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same shape on every system")]
fn keep_private(_: &Path) -> Result<()> {
    Ok(())
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

    #[cfg(unix)]
    fn mode(path: &Path) -> u32 {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::metadata(path).expect("it is there").permissions().mode() & 0o7777
    }

    #[cfg(unix)]
    fn set_mode(path: &Path, mode: u32) {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("set");
    }

    #[cfg(unix)]
    #[test]
    fn a_home_that_others_get_into_is_made_private_with_all_that_is_in_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let home = folder.path().join("home");
        std::fs::create_dir(&home).expect("a home");
        set_mode(&home, 0o777);
        drop(Home::open(&home).expect("mended"));
        assert_eq!((mode(&home), mode(&home.join("lock"))), (0o700, 0o600));
        std::fs::write(home.join("settings.json"), "{}").expect("written");
        for (file, open) in [("", 0o755), ("lock", 0o644), ("settings.json", 0o666)] {
            set_mode(&home.join(file), open);
        }
        drop(Home::open(&home).expect("mended"));
        assert_eq!((mode(&home), mode(&home.join("lock"))), (0o700, 0o600));
        assert_eq!(mode(&home.join("settings.json")), 0o600);
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_of_other_things_and_a_file_are_refused_and_left_as_they_are() {
        let folder = tempfile::tempdir().expect("a folder");
        let (full, shared, file) =
            (folder.path().join("full"), folder.path().join("shared"), folder.path().join("file"));
        std::fs::create_dir(&full).expect("a folder");
        std::fs::write(full.join("thesis.txt"), "years of work").expect("written");
        std::fs::create_dir(&shared).expect("a folder");
        std::fs::write(shared.join("lock"), "").expect("written");
        std::fs::write(shared.join("socket"), "").expect("written");
        std::fs::write(&file, "").expect("written");
        for (path, open, why) in [
            (&full, 0o755, "other users can get into this folder"),
            (&shared, 0o1777, "other users can get into this folder"),
            (&file, 0o600, "a file is in the place of the folder"),
        ] {
            set_mode(path, open);
            let error = Home::open(path).expect_err("refused");
            assert_eq!(error.code, ErrorCode::JournalUnwritable);
            assert!(error.detail.ends_with(why), "{error}");
            assert_eq!(mode(path), open);
        }
        let below = Home::open(&file.join("home")).expect_err("refused");
        assert!(below.detail.contains("Not a directory"), "{below}");
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
