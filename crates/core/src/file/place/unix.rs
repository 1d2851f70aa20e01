//! Folders that are held open: what is beneath them is reached from there, and no link on the way is followed.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat, openat, statat};

use super::{Entry, Kind, Stamp, names};
use crate::file::FolderId;

/// A folder that was given, held open: whatever stands at its path later, this is the one.
#[derive(Debug)]
pub(in crate::file) struct Root(OwnedFd);

/// On Linux a folder can be passed through by whoever may not list it.
#[cfg(target_os = "linux")]
const PASS: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
#[cfg(not(target_os = "linux"))]
const PASS: OFlags = LIST;
const LIST: OFlags = OFlags::DIRECTORY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
/// A pipe must not hold anybody up.
const READ: OFlags = OFlags::NONBLOCK.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

impl Root {
    /// Opens the folder; a link in its place is an error.
    pub(in crate::file) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self(openat(CWD, path, PASS, Mode::empty())?))
    }

    /// Which folder it is.
    pub(in crate::file) fn id(&self) -> io::Result<FolderId> {
        Ok(id(&rustix::fs::fstat(&self.0)?))
    }

    /// Which folder one in it is. An empty path is the folder itself.
    pub(in crate::file) fn id_of(&self, within: &Path) -> io::Result<FolderId> {
        if within.as_os_str().is_empty() {
            return self.id();
        }
        Ok(id(&rustix::fs::fstat(self.beneath(within, PASS)?)?))
    }

    /// Whether files keep their numbers when the drive is mounted anew.
    pub(in crate::file) fn keeps_numbers(&self) -> bool {
        keeps_numbers(&self.0)
    }

    /// A number of the mount that it is reached by; none where the system does not tell. The next mount of the same drive has another
    /// from Linux 6.8 on; before, it may have the same. Source: statx(2), `STATX_MNT_ID` and `STATX_MNT_ID_UNIQUE`.
    #[cfg(target_os = "linux")]
    pub(in crate::file) fn mount(&self) -> Option<u64> {
        use rustix::fs::{StatxFlags, statx};
        const UNIQUE: StatxFlags = StatxFlags::from_bits_retain(0x4000);
        let told = StatxFlags::MNT_ID.union(UNIQUE);
        let is = statx(&self.0, "", AtFlags::EMPTY_PATH, told).ok()?;
        StatxFlags::from_bits_retain(is.stx_mask).intersects(told).then_some(is.stx_mnt_id)
    }

    #[cfg(not(target_os = "linux"))]
    #[expect(clippy::unused_self, reason = "the same shape on every system")]
    pub(in crate::file) const fn mount(&self) -> Option<u64> {
        None
    }

    /// What lasts of its volume, wherever and whenever that is mounted, where the system tells.
    pub(in crate::file) fn serial(&self) -> Option<u64> {
        serial(&self.0)
    }

    /// Whether nothing lies in it.
    pub(in crate::file) fn is_empty(&self) -> io::Result<bool> {
        let folder = self.folder(Path::new(""))?;
        for entry in Dir::read_from(&folder)? {
            let entry = entry?;
            if !matches!(entry.file_name().to_bytes(), b"." | b"..") {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Opens a file in it for reading.
    pub(in crate::file) fn file(&self, within: &Path) -> io::Result<File> {
        Ok(File::from(self.beneath(within, READ)?))
    }

    /// Gives a file in it another name in it, which nothing has.
    pub(in crate::file) fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        use rustix::fs::{RenameFlags, renameat, renameat_with};
        let ((folder, name), (there, new)) = (self.parent(from)?, self.parent(to)?);
        match renameat_with(&folder, name, &there, new, RenameFlags::NOREPLACE) {
            // Some drives cannot promise it.
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS | rustix::io::Errno::OPNOTSUPP) => {
                match statat(&there, new, AtFlags::SYMLINK_NOFOLLOW) {
                    Err(rustix::io::Errno::NOENT) => Ok(renameat(&folder, name, &there, new)?),
                    Err(error) => Err(error.into()),
                    Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
                }
            }
            outcome => Ok(outcome?),
        }
    }

    /// Makes the folders of a path in it that are not there.
    pub(in crate::file) fn make(&self, folder: &Path) -> io::Result<()> {
        let mut made = std::path::PathBuf::new();
        for name in names(folder)? {
            made.push(name);
            let (above, name) = self.parent(&made)?;
            match rustix::fs::mkdirat(&above, name, Mode::from_raw_mode(0o777)) {
                Err(error) if error != rustix::io::Errno::EXIST => return Err(error.into()),
                _ => {}
            }
        }
        Ok(())
    }

    /// Removes a file in it.
    pub(in crate::file) fn remove(&self, within: &Path) -> io::Result<()> {
        let (folder, name) = self.parent(within)?;
        Ok(rustix::fs::unlinkat(&folder, name, AtFlags::empty())?)
    }

    /// The folder that something in it lies in, and its name there.
    fn parent<'a>(&self, within: &'a Path) -> io::Result<(OwnedFd, &'a OsStr)> {
        let name = within.file_name().ok_or_else(super::outside)?;
        Ok((self.folder(within.parent().unwrap_or(Path::new("")))?, name))
    }

    /// What these names of a folder in it are. An empty path is the folder itself.
    pub(in crate::file) fn look(&self, within: &Path, names: &[OsString]) -> io::Result<Vec<io::Result<Kind>>> {
        let folder = self.folder(within)?;
        Ok(names.iter().map(|name| looked(folder.as_fd(), name)).collect())
    }

    /// When each of these names of a folder in it was last changed in any way: no program sets that time. An empty path is the
    /// folder itself.
    pub(in crate::file) fn came(&self, within: &Path, names: &[OsString]) -> io::Result<Vec<Option<i64>>> {
        let folder = self.folder(within)?;
        let stat = |name: &OsString| statat(&folder, name.as_os_str(), AtFlags::SYMLINK_NOFOLLOW).ok();
        Ok(names.iter().map(|name| stat(name).map(|stat| changed(&stat))).collect())
    }

    /// Everything in a folder in it, in no order; `moves` is told of each. An empty path is the folder itself.
    pub(in crate::file) fn list(&self, within: &Path, moves: &dyn Fn()) -> io::Result<Vec<Entry>> {
        let folder = self.folder(within)?;
        let mut entries = Vec::new();
        for entry in Dir::read_from(&folder)? {
            moves();
            let entry = entry?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name == "." || name == ".." {
                continue;
            }
            let kind = match entry.file_type() {
                FileType::Directory => Ok(Kind::Folder),
                FileType::Symlink => Ok(Kind::Link),
                // Only files need to be looked at, and what the file system does not tell.
                FileType::RegularFile | FileType::Unknown => looked(folder.as_fd(), name),
                _ => Ok(Kind::Other),
            };
            entries.push(Entry { name: name.to_owned(), kind });
        }
        Ok(entries)
    }

    fn folder(&self, within: &Path) -> io::Result<OwnedFd> {
        if within.as_os_str().is_empty() {
            return Ok(openat(&self.0, ".", LIST, Mode::empty())?);
        }
        self.beneath(within, LIST)
    }

    #[cfg(target_os = "linux")]
    fn beneath(&self, within: &Path, how: OFlags) -> io::Result<OwnedFd> {
        use rustix::fs::{ResolveFlags, openat2};
        use rustix::io::Errno;
        names(within)?;
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
        match openat2(&self.0, within, how, Mode::empty(), resolve) {
            // Before Linux 5.6, within sandboxes that do not know it, and deeper than a path may be long.
            Err(Errno::NOSYS | Errno::PERM | Errno::AGAIN | Errno::NAMETOOLONG) => self.step_by_step(within, how),
            outcome => Ok(outcome?),
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn beneath(&self, within: &Path, how: OFlags) -> io::Result<OwnedFd> {
        self.step_by_step(within, how)
    }

    /// Every folder on the way is opened from the one before it, and none of them may be a link.
    pub(super) fn step_by_step(&self, within: &Path, how: OFlags) -> io::Result<OwnedFd> {
        let names = names(within)?;
        let Some((last, folders)) = names.split_last() else { return Err(super::outside()) };
        let mut here = None;
        for folder in folders {
            let from = here.as_ref().map_or(self.0.as_fd(), OwnedFd::as_fd);
            here = Some(openat(from, *folder, PASS, Mode::empty())?);
        }
        let from = here.as_ref().map_or(self.0.as_fd(), OwnedFd::as_fd);
        Ok(openat(from, *last, how, Mode::empty())?)
    }
}

/// FAT, exFAT, and what programs serve: numbers are made up as files are seen. Source: `linux/magic.h`, statfs(2).
#[cfg(target_os = "linux")]
fn keeps_numbers(folder: &OwnedFd) -> bool {
    const MADE_UP: [u32; 3] = [0x4d44, 0x2011_bab0, 0x6573_5546];
    let kind = |kind: i64| u32::try_from(kind & 0xffff_ffff).unwrap_or(0);
    rustix::fs::fstatfs(folder).is_ok_and(|system| !MADE_UP.contains(&kind(system.f_type)))
}

#[cfg(not(target_os = "linux"))]
const fn keeps_numbers(_: &OwnedFd) -> bool {
    true
}

/// ext2, ext3, ext4 and btrfs make it of the volume's UUID, also where no table of mounts is to be had. What others give lasts as
/// long as the mount does. Source: `linux/magic.h`, statfs(2), and how these file systems answer that.
#[cfg(target_os = "linux")]
fn serial(folder: &OwnedFd) -> Option<u64> {
    use crate::file::OF_A_UUID;
    const BY_UUID: [u32; 2] = [0xef53, 0x9123_683e];
    let kind = |kind: i64| u32::try_from(kind & 0xffff_ffff).unwrap_or(0);
    let system = rustix::fs::fstatfs(folder).ok()?;
    if !BY_UUID.contains(&kind(system.f_type)) {
        return crate::file::volume::serial(rustix::fs::fstat(folder).ok()?.st_dev);
    }
    let id = rustix::fs::fstatvfs(folder).ok()?.f_fsid;
    // That of btrfs is the subvolume's as well, and one that was brought back has another.
    let alone = if kind(system.f_type) == BY_UUID[0] { OF_A_UUID } else { 0 };
    (id != 0).then_some((id & !OF_A_UUID) | alone)
}

#[cfg(not(target_os = "linux"))]
const fn serial(_: &OwnedFd) -> Option<u64> {
    None
}

#[allow(clippy::unnecessary_cast, clippy::cast_sign_loss, reason = "the fields have other types on other systems")]
fn id(stat: &Stat) -> FolderId {
    FolderId { volume: stat.st_dev as u64, file: stat.st_ino as u64 }
}

fn looked(folder: BorrowedFd<'_>, name: &OsStr) -> io::Result<Kind> {
    let stat = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
    Ok(match FileType::from_raw_mode(stat.st_mode) {
        FileType::Directory => Kind::Folder,
        FileType::Symlink => Kind::Link,
        // To the system it is a file; whoever looks at it sees a link.
        FileType::RegularFile if is_alias(folder, name, &stat) => Kind::Link,
        FileType::RegularFile => Kind::File { stamp: stamp(&stat), placeholder: is_placeholder(&stat) },
        _ => Kind::Other,
    })
}

/// The fields have other types on other systems.
#[allow(clippy::unnecessary_cast, clippy::useless_conversion, clippy::cast_lossless, reason = "on some systems only")]
fn stamp(stat: &Stat) -> Stamp {
    let nanos = i64::try_from(stat.st_mtime_nsec).unwrap_or(0);
    Stamp {
        size: u64::try_from(stat.st_size).unwrap_or(0),
        mtime_ns: (stat.st_mtime as i64).saturating_mul(1_000_000_000).saturating_add(nanos),
        file: Some(stat.st_ino as u64),
    }
}

#[allow(clippy::unnecessary_cast, clippy::useless_conversion, reason = "the fields have other types on other systems")]
fn changed(stat: &Stat) -> i64 {
    let nanos = i64::try_from(stat.st_ctime_nsec).unwrap_or(0);
    (stat.st_ctime as i64).saturating_mul(1_000_000_000).saturating_add(nanos)
}

#[cfg(target_os = "macos")]
const fn is_placeholder(stat: &Stat) -> bool {
    crate::file::placeholder::by_flags(stat.st_flags)
}

#[cfg(not(target_os = "macos"))]
const fn is_placeholder(_: &Stat) -> bool {
    false
}

/// What lies in the cloud is not opened to ask.
#[cfg(target_os = "macos")]
fn is_alias(folder: BorrowedFd<'_>, name: &OsStr, stat: &Stat) -> bool {
    let size = u64::try_from(stat.st_size).unwrap_or(0);
    !is_placeholder(stat) && crate::file::alias::lies_in(folder, name, size)
}

#[cfg(not(target_os = "macos"))]
const fn is_alias(_: BorrowedFd<'_>, _: &OsStr, _: &Stat) -> bool {
    false
}
