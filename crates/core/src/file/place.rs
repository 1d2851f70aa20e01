//! Where a source lies, and opening it there without ever leaving what was given.
//!
//! A file that was given by name is opened by its path: the person named it, links on the way included. What lies in a
//! folder that was given is opened beneath that folder, and no link on the way is followed: whoever may write in the
//! folder could otherwise put a link to any file of this computer in the way, between the walk and the opening. Where a
//! person wants links followed, what they lead to is found first and then opened in the same way (see `links`).
//!
//! A hard link is the file itself; nobody can tell which of its names came first, and it is uploaded like any other.

use std::fs::File;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::Links;
use super::links::Following;
use super::mounted::Mounted;
use super::walk;

/// A file's place: by name, or in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    root: Option<PathBuf>,
    path: PathBuf,
    mount: Option<PathBuf>,
    /// Where links are followed: the program's own folder, which none leads into.
    follows: Option<PathBuf>,
}

impl Place {
    /// A file that was given by name.
    pub fn named(path: impl Into<PathBuf>) -> Self {
        Self { root: None, path: path.into(), mount: None, follows: None }
    }

    /// A file in a folder that was given. `path` is whole: it begins with `root`.
    pub fn within(root: impl Into<PathBuf>, path: impl Into<PathBuf>) -> Self {
        Self { root: Some(root.into()), path: path.into(), mount: None, follows: None }
    }

    /// The same on a drive that is mounted there.
    #[must_use]
    pub fn on(self, mount: Option<PathBuf>) -> Self {
        Self { mount, ..self }
    }

    /// The same where links in the folder are followed, or not: to what lies in the folder, and never into `home`.
    #[must_use]
    pub fn through(self, links: Links, home: &Path) -> Self {
        Self { follows: (links == Links::Followed).then(|| home.to_owned()), ..self }
    }

    /// Where its drive is mounted, as far as known.
    pub fn mount(&self) -> Option<&Path> {
        self.mount.as_deref()
    }

    /// Its drive; where that is not known, what lies in its folder is asked as one.
    pub(super) fn drive(&self) -> Mounted {
        Mounted::at(self.mount().or_else(|| self.path.parent()).unwrap_or(&self.path))
    }

    /// The whole path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens it for reading. A link in the last place, and in a folder any link below the folder, is an error, unless links
    /// are followed and it leads to what lies in the folder.
    pub(super) fn open(&self) -> io::Result<File> {
        match self.beneath()? {
            Some((root, within)) => root.file(&within),
            None => super::source::options().open(&self.path),
        }
    }

    /// The same, if nobody has it open for writing; nobody can open it so before it is closed.
    #[cfg(windows)]
    pub(super) fn open_unwritten(&self) -> io::Result<File> {
        match self.beneath()? {
            Some((root, within)) => root.unwritten(&within),
            None => super::source::unwritten().open(&self.path),
        }
    }

    /// The folder that it lies in, held open, and its place in that; none of a file that was given by name.
    fn beneath(&self) -> io::Result<Option<(Root, PathBuf)>> {
        let Some(root) = &self.root else { return Ok(None) };
        let within = self.path.strip_prefix(root).map_err(|_| outside())?;
        let held = Root::open(root)?;
        let real = match &self.follows {
            Some(home) => Following::within(root, walk::within(home, root)).real(within),
            None => within.to_owned(),
        };
        Ok(Some((held, real)))
    }
}

/// A path that leads out of its folder; never made by a walk.
fn outside() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "the path leaves its folder")
}

/// The names of a path that only goes down.
fn names(within: &Path) -> io::Result<Vec<&std::ffi::OsStr>> {
    let name = |part| if let Component::Normal(name) = part { Ok(name) } else { Err(outside()) };
    within.components().map(name).collect()
}

/// What tells two versions of a file apart without opening it: as the folder's entry has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stamp {
    /// Bytes.
    pub size: u64,
    /// When it was last written to: nanoseconds since 1970.
    pub mtime_ns: i64,
    /// Its number on the volume, where looking tells: not on Windows.
    pub file: Option<u64>,
}

/// What an entry of a folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Folder,
    File { stamp: Stamp, placeholder: bool },
    Link,
    Other,
}

/// An entry of a folder.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: std::ffi::OsString,
    pub(super) kind: io::Result<Kind>,
}

/// By name, so that two looks tell the same.
pub(super) fn in_order(mut entries: Vec<Entry>) -> Vec<Entry> {
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    // A folder that is written meanwhile may tell a name twice.
    entries.dedup_by(|a, b| a.name == b.name);
    entries
}

#[cfg(unix)]
pub(super) use unix::Root;
#[cfg(windows)]
pub(super) use windows::Root;

#[cfg(unix)]
mod unix {
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
    #[allow(
        clippy::unnecessary_cast,
        clippy::useless_conversion,
        clippy::cast_lossless,
        reason = "on some systems only"
    )]
    fn stamp(stat: &Stat) -> Stamp {
        let nanos = i64::try_from(stat.st_mtime_nsec).unwrap_or(0);
        Stamp {
            size: u64::try_from(stat.st_size).unwrap_or(0),
            mtime_ns: (stat.st_mtime as i64).saturating_mul(1_000_000_000).saturating_add(nanos),
            file: Some(stat.st_ino as u64),
        }
    }

    #[allow(
        clippy::unnecessary_cast,
        clippy::useless_conversion,
        reason = "the fields have other types on other systems"
    )]
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
}

/// Windows opens no file from a folder's handle by way of the standard library. Instead, every folder on the way is held
/// open so that nobody can rename, remove or replace it, was looked at while it is held, and the path is used meanwhile.
#[cfg(windows)]
mod windows {
    use std::ffi::OsString;
    use std::fs::{File, OpenOptions};
    use std::io;
    use std::os::windows::fs::{MetadataExt as _, OpenOptionsExt as _};
    use std::path::{Path, PathBuf};

    use super::{Entry, Kind, Stamp, names};
    use crate::file::FolderId;

    /// Listing takes part in the sharing rules; looking at attributes alone would not.
    const FILE_LIST_DIRECTORY: u32 = 1;
    const FILE_READ_ATTRIBUTES: u32 = 0x80;
    const SYNCHRONIZE: u32 = 0x0010_0000;
    /// Others may read and write in it, and not delete or rename it.
    const SHARE_READ_WRITE: u32 = 3;
    const FILE_FLAG_BACKUP_SEMANTICS: u32 = 0x0200_0000;
    const FILE_FLAG_OPEN_REPARSE_POINT: u32 = 0x0020_0000;

    /// A folder that was given, held open.
    #[derive(Debug)]
    pub(in crate::file) struct Root {
        path: PathBuf,
        held: File,
    }

    impl Root {
        /// Opens the folder; a link or junction in its place is an error.
        pub(in crate::file) fn open(path: &Path) -> io::Result<Self> {
            Ok(Self { held: hold(path)?, path: path.to_owned() })
        }

        /// Which folder it is.
        pub(in crate::file) fn id(&self) -> io::Result<FolderId> {
            id(&self.held)
        }

        /// Which folder one in it is. An empty path is the folder itself.
        pub(in crate::file) fn id_of(&self, within: &Path) -> io::Result<FolderId> {
            id(self.hold_way(within)?.last().unwrap_or(&self.held))
        }

        /// Whether files keep their numbers when the drive is mounted anew. None is told here.
        #[expect(clippy::unused_self, reason = "the same shape on every system")]
        pub(in crate::file) const fn keeps_numbers(&self) -> bool {
            false
        }

        /// What lasts of its volume. Here that is the volume's number.
        #[expect(clippy::unused_self, reason = "the same shape on every system")]
        pub(in crate::file) const fn serial(&self) -> Option<u64> {
            None
        }

        /// Whether nothing lies in it.
        pub(in crate::file) fn is_empty(&self) -> io::Result<bool> {
            std::fs::read_dir(&self.path)?.next().transpose().map(|first| first.is_none())
        }

        /// Opens a file in it for reading.
        pub(in crate::file) fn file(&self, within: &Path) -> io::Result<File> {
            let _way = self.hold_way(within.parent().unwrap_or(Path::new("")))?;
            crate::file::source::options().open(self.path.join(within))
        }

        /// The same, if nobody has it open for writing; nobody can open it so before it is closed.
        pub(in crate::file) fn unwritten(&self, within: &Path) -> io::Result<File> {
            let _way = self.hold_way(within.parent().unwrap_or(Path::new("")))?;
            crate::file::source::unwritten().open(self.path.join(within))
        }

        /// Gives a file in it another name in it, which nothing has.
        pub(in crate::file) fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
            let none = Path::new("");
            let _ways = (self.hold_way(from.parent().unwrap_or(none))?, self.hold_way(to.parent().unwrap_or(none))?);
            match std::fs::symlink_metadata(self.path.join(to)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    std::fs::rename(self.path.join(from), self.path.join(to))
                }
                Err(error) => Err(error),
                Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
            }
        }

        /// Makes the folders of a path in it that are not there.
        pub(in crate::file) fn make(&self, folder: &Path) -> io::Result<()> {
            let mut made = PathBuf::new();
            for name in names(folder)? {
                let _way = self.hold_way(&made)?;
                made.push(name);
                match std::fs::create_dir(self.path.join(&made)) {
                    Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                    _ => {}
                }
            }
            Ok(())
        }

        /// Removes a file in it.
        pub(in crate::file) fn remove(&self, within: &Path) -> io::Result<()> {
            let _way = self.hold_way(within.parent().unwrap_or(Path::new("")))?;
            std::fs::remove_file(self.path.join(within))
        }

        /// What these names of a folder in it are. An empty path is the folder itself.
        pub(in crate::file) fn look(&self, within: &Path, names: &[OsString]) -> io::Result<Vec<io::Result<Kind>>> {
            let _way = self.hold_way(within)?;
            let folder = self.path.join(within);
            Ok(names.iter().map(|name| std::fs::symlink_metadata(folder.join(name)).map(|meta| kind(&meta))).collect())
        }

        /// When each of these names of a folder in it was made: what is copied here keeps the time of its last write alone. An empty
        /// path is the folder itself.
        pub(in crate::file) fn came(&self, within: &Path, names: &[OsString]) -> io::Result<Vec<Option<i64>>> {
            let _way = self.hold_way(within)?;
            let folder = self.path.join(within);
            let made = |name: &OsString| std::fs::symlink_metadata(folder.join(name)).ok();
            Ok(names.iter().map(|name| made(name).map(|meta| nanos(meta.creation_time()))).collect())
        }

        /// Everything in a folder in it, in no order; `moves` is told of each. An empty path is the folder itself.
        pub(in crate::file) fn list(&self, within: &Path, moves: &dyn Fn()) -> io::Result<Vec<Entry>> {
            let _way = self.hold_way(within)?;
            let mut entries = Vec::new();
            for entry in std::fs::read_dir(self.path.join(within))? {
                moves();
                let entry = entry?;
                entries.push(Entry { name: entry.file_name(), kind: looked(&entry) });
            }
            Ok(entries)
        }

        fn hold_way(&self, within: &Path) -> io::Result<Vec<File>> {
            let mut here = self.path.clone();
            let mut held = Vec::new();
            for name in names(within)? {
                here.push(name);
                held.push(hold(&here)?);
            }
            Ok(held)
        }
    }

    fn hold(path: &Path) -> io::Result<File> {
        let folder = OpenOptions::new()
            .access_mode(FILE_LIST_DIRECTORY | FILE_READ_ATTRIBUTES | SYNCHRONIZE)
            .share_mode(SHARE_READ_WRITE)
            .custom_flags(FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT)
            .open(path)?;
        // A junction says that it is a link, like a symbolic one.
        if folder.metadata()?.is_dir() { Ok(folder) } else { Err(io::ErrorKind::NotADirectory.into()) }
    }

    fn id(folder: &File) -> io::Result<FolderId> {
        let id = winapi_util::file::information(folder)?;
        Ok(FolderId { volume: id.volume_serial_number(), file: id.file_index() })
    }

    fn looked(entry: &std::fs::DirEntry) -> io::Result<Kind> {
        entry.metadata().map(|meta| kind(&meta))
    }

    fn kind(meta: &std::fs::Metadata) -> Kind {
        let kind = meta.file_type();
        if kind.is_symlink() {
            Kind::Link
        } else if kind.is_dir() {
            Kind::Folder
        } else if kind.is_file() {
            let stamp = Stamp { size: meta.len(), mtime_ns: nanos(meta.last_write_time()), file: None };
            Kind::File { stamp, placeholder: crate::file::placeholder::by_attributes(meta.file_attributes()) }
        } else {
            Kind::Other
        }
    }

    /// Source: FILETIME counts 100 ns from 1601; 1970 is 11,644,473,600 s later.
    fn nanos(time: u64) -> i64 {
        let ticks = i64::try_from(time).unwrap_or(i64::MAX) - 116_444_736_000_000_000;
        ticks.saturating_mul(100)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::Read as _;
    use std::os::unix::fs::symlink;

    use rustix::fs::OFlags;

    use super::*;

    fn tree() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().join("given");
        std::fs::create_dir_all(root.join("day/cam")).expect("made");
        std::fs::write(root.join("day/cam/a.mov"), b"inside").expect("written");
        std::fs::create_dir(folder.path().join("outside")).expect("made");
        std::fs::write(folder.path().join("outside/a.mov"), b"secret").expect("written");
        symlink(folder.path().join("outside"), root.join("day/out")).expect("a link");
        symlink("cam", root.join("day/in")).expect("a link");
        symlink(folder.path().join("outside/a.mov"), root.join("day/cam/b.mov")).expect("a link");
        (folder, root)
    }

    #[test]
    fn no_link_below_a_given_folder_is_followed_wherever_it_leads() {
        let (_folder, path) = tree();
        let root = Root::open(&path).expect("opened");
        let mut all = String::new();
        root.file(Path::new("day/cam/a.mov")).expect("opened").read_to_string(&mut all).expect("read");
        assert_eq!(all, "inside");
        let how = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        for bad in ["day/out/a.mov", "day/in/a.mov", "day/cam/b.mov", "../outside/a.mov", "day/../../outside/a.mov"] {
            root.file(Path::new(bad)).expect_err(bad);
            root.step_by_step(Path::new(bad), how).expect_err(bad);
        }
        root.step_by_step(Path::new("day/cam/a.mov"), how).expect("opened");
        root.list(Path::new("day/out"), &|| {}).expect_err("no link is listed");
        assert_eq!(root.list(Path::new("day"), &|| {}).expect("listed").len(), 3);
    }

    #[test]
    fn a_link_in_the_place_of_a_given_folder_is_not_that_folder() {
        let (folder, path) = tree();
        std::fs::rename(&path, folder.path().join("moved")).expect("moved");
        symlink(folder.path().join("outside"), &path).expect("a link");
        Root::open(&path).expect_err("not the folder");
        Place::within(&path, path.join("a.mov")).open().expect_err("not in the folder");
    }
}
