//! One Davit watches a folder (rule W28): of the same folder, two would upload everything twice. What says so lies outside of it,
//! since an open file would keep its drive from being taken away; so it tells of others on this computer alone. It is a name
//! that one process can have, whoever runs it and whatever it sees of the disk, and that is free when the process dies.

use crate::file::FolderId;

/// A folder is ours until this is dropped, or the process dies.
#[derive(Debug)]
pub(super) struct Owner {
    name: String,
    /// None where the system gives no such name.
    held: Option<system::Held>,
}

/// Whose a folder is.
#[derive(Debug)]
pub(super) enum Claim {
    /// Ours from now on.
    Ours(Owner),
    /// Another Davit watches it.
    Theirs,
}

impl Owner {
    /// Takes a folder, if nobody else has it.
    pub(super) fn claim(folder: FolderId) -> Claim {
        let name = name(folder);
        match system::take(&name) {
            Ok(Some(held)) => Claim::Ours(Self { name, held: Some(held) }),
            Ok(None) => Claim::Theirs,
            // Whoever cannot be told of another watches all the same: most have no other.
            Err(error) => {
                tracing::warn!(name, %error, "a watched folder cannot be claimed");
                Claim::Ours(Self { name, held: None })
            }
        }
    }

    /// Whether it is ours still. To be asked now and then: some systems take away what nobody touches.
    pub(super) fn lasts(&self) -> bool {
        self.held.as_ref().is_none_or(|held| system::lasts(held, &self.name))
    }
}

/// The process that has a folder, where the system tells. Asked once by whoever finds that it is taken: nobody answers there.
pub(super) fn holder(folder: FolderId) -> Option<u32> {
    system::holder(&name(folder))
}

fn name(folder: FolderId) -> String {
    format!("davit-watch-{:x}-{:x}", folder.volume, folder.file)
}

/// A socket's name in a space of its own, or a pipe's.
#[cfg(any(target_os = "linux", windows))]
mod system {
    use std::io::{ErrorKind, Result};
    use std::time::Duration;

    use interprocess::ConnectWaitMode;
    use interprocess::local_socket::prelude::*;
    use interprocess::local_socket::{ConnectOptions, GenericNamespaced, Listener, ListenerOptions};

    /// A queue that is full answers nobody.
    const SOON: Duration = Duration::from_millis(100);

    pub(super) type Held = Listener;

    pub(super) fn holder(name: &str) -> Option<u32> {
        let name = name.to_ns_name::<GenericNamespaced>().ok()?;
        let stream = ConnectOptions::new().name(name).wait_mode(ConnectWaitMode::Timeout(SOON)).connect_sync().ok()?;
        let process = stream.peer_creds().ok()?.pid()?;
        u32::try_from(process).ok()
    }

    pub(super) fn take(name: &str) -> Result<Option<Held>> {
        match ListenerOptions::new().name(name.to_ns_name::<GenericNamespaced>()?).create_sync() {
            Ok(held) => Ok(Some(held)),
            // A pipe of another user is told as one that may not be had, and Wine tells of any as one that is there.
            Err(error) if is_taken(error.kind()) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// As long as the process does.
    pub(super) const fn lasts(_: &Held, _: &str) -> bool {
        true
    }

    const fn is_taken(kind: ErrorKind) -> bool {
        matches!(
            kind,
            ErrorKind::AddrInUse | ErrorKind::PermissionDenied | ErrorKind::AlreadyExists | ErrorKind::ResourceBusy
        )
    }
}

/// A file in the folder for everybody's, locked. What nobody touches for three days is taken away there.
#[cfg(not(any(target_os = "linux", windows)))]
mod system {
    use std::fs::{File, OpenOptions, TryLockError};
    use std::io::{ErrorKind, Result, Write as _};
    use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};

    pub(super) type Held = File;

    fn path(name: &str) -> String {
        format!("/tmp/{name}.lock")
    }

    /// As the holder wrote it.
    pub(super) fn holder(name: &str) -> Option<u32> {
        std::fs::read_to_string(path(name)).ok()?.trim().parse().ok()
    }

    pub(super) fn take(name: &str) -> Result<Option<Held>> {
        let path = path(name);
        let made = OpenOptions::new().create_new(true).read(true).write(true).mode(0o644).open(&path);
        let file = match made {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => match OpenOptions::new().read(true).open(&path) {
                // Another user's.
                Err(error) if error.kind() == ErrorKind::PermissionDenied => return Ok(None),
                found => found?,
            },
            made => made?,
        };
        match file.try_lock() {
            Ok(()) => {
                tell(&path);
                Ok(Some(file))
            }
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Whether the file of this name is the one that is locked. It is touched.
    pub(super) fn lasts(held: &Held, name: &str) -> bool {
        let path = path(name);
        let is_it = match (std::fs::metadata(&path), held.metadata()) {
            (Ok(there), Ok(held)) => (there.dev(), there.ino()) == (held.dev(), held.ino()),
            _ => false,
        };
        if is_it {
            tell(&path);
        }
        is_it
    }

    /// Who has it is told where that can be written: the file of another user may only be read.
    fn tell(path: &str) {
        if let Ok(mut told) = OpenOptions::new().write(true).truncate(true).open(path) {
            let _ = writeln!(told, "{}", std::process::id());
        }
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
        assert_eq!(holder(folder), Some(std::process::id()), "and who has it is told");
        let again = system::take(&name(folder));
        assert!(matches!(again, Ok(None)), "{again:?}");
        assert!(matches!(Owner::claim(folder), Claim::Theirs));
        assert!(matches!(Owner::claim(other), Claim::Ours(_)));
        assert!(first.lasts());
        drop(first);
        assert!(matches!(Owner::claim(folder), Claim::Ours(_)), "free again");
    }
}
