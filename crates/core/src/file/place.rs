//! Where a source lies, and opening it there without ever leaving what was given.
//!
//! A file that was given by name is opened by its path: the person named it, links on the way included. What lies in a
//! folder that was given is opened beneath that folder, and no link on the way is followed: whoever may write in the
//! folder could otherwise put a link to any file of this computer in the way, between the walk and the opening. Where a
//! person wants links followed, what they lead to is found first and then opened in the same way (see `links`).
//!
//! A hard link is the file itself; nobody can tell which of its names came first, and it is uploaded like any other.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

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
