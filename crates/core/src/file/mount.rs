//! Where the drive of a path is mounted, and whether it is there: one look tells for everything that lies on it.
//!
//! The place of the mount is kept, not the volume's number: a drive that comes back may have another one.

use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorCode};

/// Where the drive is mounted that a folder lies on; none for what cannot be taken away by itself. A file is asked for
/// by its folder.
pub fn mount_of(folder: &Path) -> Option<PathBuf> {
    system::mount_of(folder)
}

/// Whether the drive that was mounted here is away. Blocks; call it on a blocking thread.
pub fn is_unmounted(mount: &Path) -> bool {
    system::is_unmounted(mount)
}

/// What an error means for something on a drive: when that is away, nothing on it is missing or damaged.
pub(crate) fn unless_unmounted(error: Error, mount: Option<&Path>) -> Error {
    let tells_nothing = matches!(
        error.code,
        ErrorCode::FileMissing | ErrorCode::FileUnreadable | ErrorCode::ReadError | ErrorCode::NotAFile
    );
    if tells_nothing && mount.is_some_and(is_unmounted) {
        return Error::new(ErrorCode::SourceOffline).detail(error.detail);
    }
    error
}

#[cfg(unix)]
mod system {
    use std::os::unix::fs::MetadataExt as _;
    use std::path::{Path, PathBuf};

    fn volume(path: &Path) -> std::io::Result<u64> {
        std::fs::metadata(path).map(|meta| meta.dev())
    }

    /// The last folder on the way up that lies on the same volume; the root of all cannot be away.
    pub(super) fn mount_of(folder: &Path) -> Option<PathBuf> {
        let own = volume(folder).ok()?;
        let same = |path: &&Path| volume(path).is_ok_and(|volume| volume == own);
        let mount = folder.ancestors().take_while(same).last()?;
        mount.parent().filter(|above| !above.as_os_str().is_empty())?;
        Some(mount.to_owned())
    }

    /// Nothing stands there, or the folder that it was mounted on.
    pub(super) fn is_unmounted(mount: &Path) -> bool {
        let Some(above) = mount.parent() else { return false };
        match (volume(mount), volume(above)) {
            (Ok(here), Ok(above)) => here == above,
            (Err(error), _) => error.kind() != std::io::ErrorKind::PermissionDenied,
            (Ok(_), Err(_)) => false,
        }
    }
}

/// A drive has a letter, a share its server's name; drives that are mounted in folders are not told apart.
#[cfg(windows)]
mod system {
    use std::path::{Component, Path, PathBuf, Prefix};

    pub(super) fn mount_of(folder: &Path) -> Option<PathBuf> {
        let mut steps = folder.components();
        let (Some(Component::Prefix(prefix)), Some(Component::RootDir)) = (steps.next(), steps.next()) else {
            return None;
        };
        let system = matches!(prefix.kind(), Prefix::Disk(b'C' | b'c') | Prefix::VerbatimDisk(b'C' | b'c'));
        let root = || Path::new(prefix.as_os_str()).join(std::path::MAIN_SEPARATOR_STR);
        (!system).then(root)
    }

    pub(super) fn is_unmounted(mount: &Path) -> bool {
        std::fs::metadata(mount).is_err()
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_lies_on_the_root_has_no_drive_of_its_own() {
        assert_eq!(mount_of(Path::new("/")), None);
        assert_eq!(mount_of(Path::new("relative")), None);
        assert_eq!(mount_of(Path::new("/not/there")), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_drive_is_found_by_its_mount_and_is_away_when_only_the_folder_below_it_is_left() {
        // Mounted on every Linux.
        assert_eq!(mount_of(Path::new("/proc/sys/kernel")).as_deref(), Some(Path::new("/proc")));
        assert!(!is_unmounted(Path::new("/proc")));
        let folder = tempfile::tempdir().expect("a folder");
        let empty = folder.path().join("drive");
        std::fs::create_dir(&empty).expect("made");
        assert!(is_unmounted(&empty), "nothing is mounted on it");
        assert!(is_unmounted(&empty.join("gone")));
    }

    #[test]
    fn only_what_a_drive_that_is_away_would_answer_is_put_down_to_it() {
        let away = Path::new("/davit/not/mounted");
        let code = |code, mount| unless_unmounted(Error::new(code), mount).code;
        assert_eq!(code(ErrorCode::FileMissing, Some(away)), ErrorCode::SourceOffline);
        assert_eq!(code(ErrorCode::FileMissing, None), ErrorCode::FileMissing);
        assert_eq!(code(ErrorCode::FileChanged, Some(away)), ErrorCode::FileChanged);
        assert_eq!(code(ErrorCode::FileMissing, Some(Path::new("/proc"))), ErrorCode::FileMissing);
    }
}
