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

/// Whether reading a file may wait for another computer, or another program, that never answers: those of a network drive,
/// and of one that a program serves.
pub(super) fn may_hang(file: &std::fs::File, path: &Path) -> bool {
    system::may_hang(file, path)
}

/// Whether a folder lies on another computer, or a program serves it, or anything in it as far as is known: the system tells of no
/// change that others make. Blocks.
pub(crate) fn is_remote(folder: &Path) -> bool {
    #[cfg(target_os = "linux")]
    if super::volume::is_served_below(folder) {
        return true;
    }
    system::is_remote(folder)
}

/// Whether nothing stands there, by what looking says: what may not be looked at is there. The folders of a share may be read
/// by many who may not read its root.
fn tells_of_nothing(error: &std::io::Error) -> bool {
    error.kind() != std::io::ErrorKind::PermissionDenied
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
    use std::fs::File;
    use std::os::unix::fs::MetadataExt as _;
    use std::path::{Path, PathBuf};

    use crate::error::ErrorCode;

    pub(super) fn is_remote(folder: &Path) -> bool {
        File::open(folder).is_ok_and(|opened| may_hang(&opened, folder))
    }

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
            (Ok(here), Ok(above)) => here == above || is_gone(mount),
            (Err(error), _) => super::tells_of_nothing(&error),
            (Ok(_), Err(_)) => false,
        }
    }

    /// Pulled out and not unmounted: nothing of it can be read, not even its folder.
    fn is_gone(mount: &Path) -> bool {
        let first = std::fs::read_dir(mount).and_then(|mut entries| entries.next().transpose());
        first.is_err_and(|error| {
            let code = crate::file::classify(&error, mount).code;
            matches!(code, ErrorCode::ReadError | ErrorCode::SourceOffline)
        })
    }

    /// NFS, SMB1, CIFS, SMB2, FUSE (and virtiofs), 9p, Ceph, AFS twice, Coda, NCP, GFS2, OCFS2, Lustre, GPFS, BeeGFS, shared
    /// folders of VirtualBox, VMware and Parallels, StorNext, ACFS, OrangeFS, PanFS, IBRIX. Source: statfs(2),
    /// `linux/magic.h`, what coreutils call remote, and their own sources.
    #[cfg(target_os = "linux")]
    const REMOTE: [u32; 24] = [
        0x6969,
        0x517b,
        0xff53_4d42,
        0xfe53_4d42,
        0x6573_5546,
        0x0102_1997,
        0x00c3_6400,
        0x5346_414f,
        0x6b41_4653,
        0x7375_7245,
        0x564c,
        0x0116_1970,
        0x7461_636f,
        0x0bd0_0bd0,
        0x4750_4653,
        0x1983_0326,
        0x786f_4256,
        0xbacb_acbc,
        0x7c7c_6673,
        0xbeef_dead,
        0x6163_6673,
        0x2003_0528,
        0xaad7_aaea,
        0x0131_11a8,
    ];

    #[cfg(target_os = "linux")]
    pub(super) fn may_hang(file: &File, _: &Path) -> bool {
        // Its sign is the machine's matter: the number has 32 bits.
        let kind = |kind: i64| u32::try_from(kind & 0xffff_ffff).unwrap_or(0);
        rustix::fs::fstatfs(file).is_ok_and(|system| REMOTE.contains(&kind(system.f_type)))
    }

    /// `MNT_LOCAL`. Source: `sys/mount.h` of macOS.
    #[cfg(target_os = "macos")]
    pub(super) fn may_hang(file: &File, _: &Path) -> bool {
        rustix::fs::fstatfs(file).is_ok_and(|system| system.f_flags & 0x1000 == 0)
    }

    #[cfg(all(unix, not(any(target_os = "linux", target_os = "macos"))))]
    pub(super) const fn may_hang(_: &File, _: &Path) -> bool {
        true
    }
}

/// A drive has a letter, a share its server's name; drives that are mounted in folders are not told apart.
#[cfg(windows)]
mod system {
    use std::fs::File;
    use std::path::{Component, Path, PathBuf, Prefix};

    pub(super) fn mount_of(folder: &Path) -> Option<PathBuf> {
        let mut steps = folder.components();
        let (Some(Component::Prefix(prefix)), Some(Component::RootDir)) = (steps.next(), steps.next()) else {
            return None;
        };
        let root = || Path::new(prefix.as_os_str()).join(std::path::MAIN_SEPARATOR_STR);
        (!is_system(prefix.kind())).then(root)
    }

    /// A letter that stands for a share leads to it.
    pub(super) fn is_remote(folder: &Path) -> bool {
        let whole = std::fs::canonicalize(folder);
        let first = whole.as_ref().ok().and_then(|path| path.components().next());
        let Some(Component::Prefix(prefix)) = first else { return true };
        matches!(prefix.kind(), Prefix::UNC(..) | Prefix::VerbatimUNC(..))
    }

    fn is_system(prefix: Prefix<'_>) -> bool {
        matches!(prefix, Prefix::Disk(b'C' | b'c') | Prefix::VerbatimDisk(b'C' | b'c'))
    }

    pub(super) fn is_unmounted(mount: &Path) -> bool {
        std::fs::metadata(mount).is_err_and(|error| super::tells_of_nothing(&error))
    }

    /// A letter that stands for a share leads to it. What programs serve calls itself a fixed disk as often as not (`WinFsp`,
    /// Google Drive): only the system's own is taken for one.
    pub(super) fn may_hang(_: &File, path: &Path) -> bool {
        let whole = std::fs::canonicalize(path);
        let first = whole.as_ref().ok().and_then(|path| path.components().next());
        let Some(Component::Prefix(prefix)) = first else { return true };
        !is_system(prefix.kind())
    }
}

#[cfg(all(test, windows))]
mod tests {
    use super::*;

    #[test]
    fn only_the_systems_own_drive_cannot_be_away() {
        assert_eq!(mount_of(Path::new(r"C:\Users\ada")), None);
        assert_eq!(mount_of(Path::new(r"G:\My Drive")).as_deref(), Some(Path::new(r"G:\")));
        assert!(is_unmounted(Path::new(r"\\davit.invalid\share\")));
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_drive_that_may_not_be_looked_at_is_there() {
        let says = |kind: std::io::ErrorKind| tells_of_nothing(&kind.into());
        assert!(!says(std::io::ErrorKind::PermissionDenied));
        assert!(says(std::io::ErrorKind::NotFound) && says(std::io::ErrorKind::TimedOut));
    }

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
