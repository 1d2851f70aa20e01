//! One Davit watches a folder (rule W28): of the same folder, two would upload everything twice. The lock lies outside of it,
//! since an open file would keep its drive from being taken away; so it tells of others on this computer alone.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use crate::file::FolderId;

/// A folder is ours until this is dropped, or the process dies.
#[derive(Debug)]
pub struct Owner {
    /// None where no lock could be made.
    _lock: Option<File>,
}

/// Whose a folder is.
#[derive(Debug)]
pub enum Claim {
    /// Ours from now on.
    Ours(Owner),
    /// Another Davit watches it.
    Theirs,
}

impl Owner {
    /// Takes a folder, if nobody else has it.
    pub fn claim(folder: FolderId) -> Claim {
        let path = std::env::temp_dir().join(format!("davit-watch-{:x}-{:x}.lock", folder.volume, folder.file));
        let lock = match open(&path) {
            Ok(lock) => lock,
            // Whoever cannot be told of another watches all the same: most have no other.
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "no lock for a watched folder");
                return Claim::Ours(Self { _lock: None });
            }
        };
        match lock.try_lock() {
            Ok(()) => Claim::Ours(Self { _lock: Some(lock) }),
            Err(TryLockError::WouldBlock) => Claim::Theirs,
            Err(TryLockError::Error(error)) => {
                tracing::warn!(path = %path.display(), %error, "a watched folder cannot be locked");
                Claim::Ours(Self { _lock: None })
            }
        }
    }
}

/// A lock of another user is read: nobody else may write it, and making it anew in a folder of everybody's is refused.
fn open(path: &Path) -> std::io::Result<File> {
    match OpenOptions::new().read(true).open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let mut options = OpenOptions::new();
            options.create_new(true).read(true).write(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o644);
            match options.open(path) {
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                    OpenOptions::new().read(true).open(path)
                }
                made => made,
            }
        }
        found => found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// W28.
    #[test]
    fn one_instance_owns_a_folder() {
        let folder = FolderId { volume: u64::from(std::process::id()), file: u64::MAX };
        let other = FolderId { file: u64::MAX - 1, ..folder };
        let Claim::Ours(first) = Owner::claim(folder) else { panic!("it is free") };
        assert!(matches!(Owner::claim(folder), Claim::Theirs));
        assert!(matches!(Owner::claim(other), Claim::Ours(_)));
        drop(first);
        assert!(matches!(Owner::claim(folder), Claim::Ours(_)), "free again");
    }
}
