//! Where a source lies, and opening it there without ever leaving what was given.
//!
//! A file that was given by name is opened by its path: the person named it, links on the way included. What lies in a
//! folder that was given is opened beneath that folder, and no link on the way is followed: whoever may write in the
//! folder could otherwise put a link to any file of this computer in the way, between the walk and the opening.
//!
//! A hard link is the file itself; nobody can tell which of its names came first, and it is uploaded like any other.

use std::fs::File;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::mounted::Mounted;

/// A file's place: by name, or in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    root: Option<PathBuf>,
    path: PathBuf,
    mount: Option<PathBuf>,
}

impl Place {
    /// A file that was given by name.
    pub fn named(path: impl Into<PathBuf>) -> Self {
        Self { root: None, path: path.into(), mount: None }
    }

    /// A file in a folder that was given. `path` is whole: it begins with `root`.
    pub fn within(root: impl Into<PathBuf>, path: impl Into<PathBuf>) -> Self {
        Self { root: Some(root.into()), path: path.into(), mount: None }
    }

    /// The same on a drive that is mounted there.
    #[must_use]
    pub fn on(self, mount: Option<PathBuf>) -> Self {
        Self { mount, ..self }
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

    /// Opens it for reading. A link in the last place, and in a folder any link below the folder, is an error.
    pub(super) fn open(&self) -> io::Result<File> {
        let Some(root) = &self.root else { return super::source::options().open(&self.path) };
        let within = self.path.strip_prefix(root).map_err(|_| outside())?;
        Root::open(root)?.file(within)
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

/// What an entry of a folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Folder,
    File { size: u64, placeholder: bool },
    Link,
    Other,
}

/// An entry of a folder.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: std::ffi::OsString,
    pub(super) kind: io::Result<Kind>,
}

#[cfg(unix)]
pub(super) use unix::Root;
#[cfg(windows)]
pub(super) use windows::Root;

#[cfg(unix)]
mod unix {
    use std::ffi::OsStr;
    use std::fs::File;
    use std::io;
    use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
    use std::os::unix::ffi::OsStrExt as _;
    use std::path::Path;

    use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat, openat, statat};

    use super::{Entry, Kind, names};

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

        /// Opens a file in it for reading.
        pub(in crate::file) fn file(&self, within: &Path) -> io::Result<File> {
            Ok(File::from(self.beneath(within, READ)?))
        }

        /// Everything in a folder in it, in no order; `moves` is told of each. An empty path is the folder itself.
        pub(in crate::file) fn list(&self, within: &Path, moves: &dyn Fn()) -> io::Result<Vec<Entry>> {
            let folder = if within.as_os_str().is_empty() {
                openat(&self.0, ".", LIST, Mode::empty())?
            } else {
                self.beneath(within, LIST)?
            };
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

    fn looked(folder: BorrowedFd<'_>, name: &OsStr) -> io::Result<Kind> {
        let stat = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
        Ok(match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => Kind::Folder,
            FileType::Symlink => Kind::Link,
            FileType::RegularFile => {
                Kind::File { size: u64::try_from(stat.st_size).unwrap_or(0), placeholder: is_placeholder(&stat) }
            }
            _ => Kind::Other,
        })
    }

    /// `SF_DATALESS`. Source: `sys/stat.h` of macOS.
    #[cfg(target_os = "macos")]
    const fn is_placeholder(stat: &Stat) -> bool {
        stat.st_flags & 0x4000_0000 != 0
    }

    #[cfg(not(target_os = "macos"))]
    const fn is_placeholder(_: &Stat) -> bool {
        false
    }
}

/// Windows opens no file from a folder's handle by way of the standard library. Instead, every folder on the way is held
/// open so that nobody can rename, remove or replace it, was looked at while it is held, and the path is used meanwhile.
#[cfg(windows)]
mod windows {
    use std::fs::{File, OpenOptions};
    use std::io;
    use std::os::windows::fs::{MetadataExt as _, OpenOptionsExt as _};
    use std::path::{Path, PathBuf};

    use super::{Entry, Kind, names};

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
        _held: File,
    }

    impl Root {
        /// Opens the folder; a link or junction in its place is an error.
        pub(in crate::file) fn open(path: &Path) -> io::Result<Self> {
            Ok(Self { _held: hold(path)?, path: path.to_owned() })
        }

        /// Opens a file in it for reading.
        pub(in crate::file) fn file(&self, within: &Path) -> io::Result<File> {
            let _way = self.hold_way(within.parent().unwrap_or(Path::new("")))?;
            crate::file::source::options().open(self.path.join(within))
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

    fn looked(entry: &std::fs::DirEntry) -> io::Result<Kind> {
        /// `FILE_ATTRIBUTE_RECALL_ON_DATA_ACCESS`: the bytes are fetched when read. Source: Windows file attributes.
        const RECALL: u32 = 0x0040_0000;
        let meta = entry.metadata()?;
        let kind = meta.file_type();
        Ok(if kind.is_symlink() {
            Kind::Link
        } else if kind.is_dir() {
            Kind::Folder
        } else if kind.is_file() {
            Kind::File { size: meta.len(), placeholder: meta.file_attributes() & RECALL != 0 }
        } else {
            Kind::Other
        })
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
