//! A watched folder, looked at one folder at a time: what lies there, and what tells its versions apart. Nothing but folders
//! is opened, and no link is followed.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use super::place::{Kind, Root, in_order};
use super::source::classify;
use super::walk::{Skip, TOO_DEEP, within};
use super::{Fingerprint, Stamp, names};
use crate::error::{Error, ErrorCode, Result};

/// A watched folder, held open: as long as this lives it can be renamed, and its drive cannot be taken away politely.
#[derive(Debug)]
pub struct Tree {
    root: Root,
    path: PathBuf,
    /// The program's own folder within it.
    own: Option<PathBuf>,
    /// Whether a file's number says that it is the same file.
    numbers: bool,
}

/// What tells a folder from another that stands at its path later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FolderId {
    /// The volume's number.
    pub volume: u64,
    /// The folder's number on it.
    pub file: u64,
}

/// An entry of a folder.
#[derive(Debug)]
pub struct Sight {
    /// Its name.
    pub name: OsString,
    /// What it is.
    pub what: Seen,
}

/// What an entry is.
#[derive(Debug)]
pub enum Seen {
    /// A folder.
    Folder,
    /// A file that a key can name.
    File(Stamp),
    /// Passed over, whatever the rules say.
    Passed(Skip),
    /// Nothing that can be uploaded: neither file nor folder, a name that no key can have, or it cannot be looked at.
    Refused(Error),
}

impl Tree {
    /// Opens the folder; a link in its place is an error. What lies in `home` is never seen.
    ///
    /// # Errors
    /// `file-missing`, `not-a-file` for what is no folder, and what the system says.
    pub fn open(path: &Path, home: &Path) -> Result<Self> {
        let root = Root::open(path).map_err(|error| classify(&error, path))?;
        let numbers = root.keeps_numbers();
        Ok(Self { root, path: path.to_owned(), own: within(home, path), numbers })
    }

    /// Which folder it is.
    ///
    /// # Errors
    /// What the system says.
    pub fn id(&self) -> Result<FolderId> {
        self.root.id().map_err(|error| classify(&error, &self.path))
    }

    /// What lies in a folder in it, by name; `moves` is told of each. An empty path is the folder itself.
    ///
    /// # Errors
    /// What the system says of the folder; of an entry it is told in its place.
    pub fn list(&self, folder: &Path, moves: &dyn Fn()) -> Result<Vec<Sight>> {
        if folder.as_os_str().len() > TOO_DEEP {
            return Err(
                Error::new(ErrorCode::KeyTooLong).detail("the path of this folder alone is longer than any key")
            );
        }
        let entries = self.root.list(folder, moves).map_err(|error| classify(&error, &self.path.join(folder)))?;
        let sight = |name: OsString, kind: io::Result<Kind>| {
            let what = self.seen(&folder.join(&name), kind);
            Sight { name, what }
        };
        Ok(in_order(entries).into_iter().map(|entry| sight(entry.name, entry.kind)).collect())
    }

    /// What these files of a folder in it are now; none for what is no file any more.
    ///
    /// # Errors
    /// As [`Self::list`].
    pub fn look_at(&self, folder: &Path, names: &[OsString]) -> Result<Vec<Option<Stamp>>> {
        let kinds = self.root.look(folder, names).map_err(|error| classify(&error, &self.path.join(folder)))?;
        let stamp = |kind: io::Result<Kind>| match kind {
            Ok(Kind::File { stamp, placeholder: false }) => Some(self.stamp(stamp)),
            _ => None,
        };
        Ok(kinds.into_iter().map(stamp).collect())
    }

    /// Gives a file another name in the folder, which nothing has; the folders on the way to it are made.
    ///
    /// # Errors
    /// `already-there`, and what the system says.
    pub fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        let made = to.parent().map_or(Ok(()), |folder| self.root.make(folder));
        made.and_then(|()| self.root.rename(from, to)).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => Error::new(ErrorCode::AlreadyThere).source(error),
            _ => classify(&error, &self.path.join(from)),
        })
    }

    /// Deletes a file.
    ///
    /// # Errors
    /// What the system says.
    pub fn remove(&self, file: &Path) -> Result<()> {
        self.root.remove(file).map_err(|error| classify(&error, &self.path.join(file)))
    }

    /// What a file is by its handle: as it was read when it was sent.
    ///
    /// # Errors
    /// What the system says.
    pub fn fingerprint(&self, file: &Path) -> Result<Fingerprint> {
        let path = self.path.join(file);
        let opened = self.root.file(file).map_err(|error| classify(&error, &path))?;
        let meta = opened.metadata().map_err(|error| classify(&error, &path))?;
        Fingerprint::of(&opened, &meta)
    }

    fn stamp(&self, stamp: Stamp) -> Stamp {
        Stamp { file: stamp.file.filter(|_| self.numbers), ..stamp }
    }

    fn seen(&self, at: &Path, kind: io::Result<Kind>) -> Seen {
        match kind {
            Ok(Kind::Folder) if self.own.as_deref() == Some(at) => Seen::Passed(Skip::Own),
            Ok(Kind::Link) => Seen::Passed(Skip::Link),
            Ok(Kind::File { placeholder: true, .. }) => Seen::Passed(Skip::Placeholder),
            Ok(Kind::Other) => Seen::Refused(Error::new(ErrorCode::NotAFile).detail("a pipe, socket or device")),
            Ok(kind) => match (names::relative_key(at), kind) {
                (Err(error), _) => Seen::Refused(error),
                (Ok(_), Kind::File { stamp, .. }) => Seen::File(self.stamp(stamp)),
                (Ok(_), _) => Seen::Folder,
            },
            Err(error) => Seen::Refused(classify(&error, &self.path.join(at))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(tree: &Tree, folder: &str) -> Vec<String> {
        let seen = tree.list(Path::new(folder), &|| {}).expect("listed");
        let tell = |sight: Sight| {
            let what = match sight.what {
                Seen::Folder => "folder".to_owned(),
                Seen::File(stamp) => stamp.size.to_string(),
                Seen::Passed(why) => why.rule().to_owned(),
                Seen::Refused(error) => error.code.as_str().to_owned(),
            };
            format!("{} {what}", sight.name.to_string_lossy())
        };
        seen.into_iter().map(tell).collect()
    }

    #[test]
    fn a_folder_is_seen_by_name_without_what_is_ours() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().join("in");
        std::fs::create_dir_all(root.join("b/home")).expect("made");
        std::fs::write(root.join("c.mov"), b"four").expect("written");
        std::fs::write(root.join("a.mov"), b"").expect("written");
        let tree = Tree::open(&root, &root.join("b/home")).expect("opened");
        assert_eq!(names(&tree, ""), ["a.mov 0", "b folder", "c.mov 4"]);
        assert_eq!(names(&tree, "b"), ["home own-records"]);
        let gone = tree.list(Path::new("d"), &|| {}).expect_err("nothing there");
        assert_eq!(gone.code, ErrorCode::FileMissing);
    }

    #[cfg(unix)]
    #[test]
    fn links_pipes_and_odd_names_are_told_and_never_opened() {
        let folder = tempfile::tempdir().expect("a folder");
        std::os::unix::fs::symlink("/etc", folder.path().join("link")).expect("a link");
        std::os::unix::net::UnixListener::bind(folder.path().join("socket")).expect("a socket");
        std::fs::write(folder.path().join("line\nbreak"), b"").expect("written");
        let tree = Tree::open(folder.path(), Path::new("/nowhere")).expect("opened");
        assert_eq!(names(&tree, ""), ["line\nbreak name-refused", "link link", "socket not-a-file"]);
    }

    #[test]
    fn a_write_that_a_program_hides_by_size_shows_in_the_stamp() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.mov");
        let stamp = |tree: &Tree| match tree.list(Path::new(""), &|| {}).expect("listed").remove(0).what {
            Seen::File(stamp) => stamp,
            other => panic!("{other:?}"),
        };
        std::fs::write(&path, b"first").expect("written");
        let tree = Tree::open(folder.path(), Path::new("/nowhere")).expect("opened");
        let before = stamp(&tree);
        assert_eq!(stamp(&tree), before);
        let file = std::fs::File::options().write(true).open(&path).expect("opened");
        file.set_modified(std::time::SystemTime::UNIX_EPOCH + std::time::Duration::new(5, 700)).expect("set");
        let after = stamp(&tree);
        assert_eq!((after.size, after.file), (before.size, before.file));
        assert_eq!(after.mtime_ns, 5_000_000_700, "as fine as the system keeps it");
    }

    #[test]
    fn files_are_looked_at_by_name() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir_all(folder.path().join("day/cam")).expect("made");
        std::fs::write(folder.path().join("day/a.mov"), b"four").expect("written");
        let tree = Tree::open(folder.path(), Path::new("/nowhere")).expect("opened");
        let names = ["a.mov", "gone", "cam"].map(OsString::from);
        let sizes = |folder: &str| {
            let stamps = tree.look_at(Path::new(folder), &names).expect("looked");
            stamps.into_iter().map(|stamp| stamp.map(|stamp| stamp.size)).collect::<Vec<_>>()
        };
        assert_eq!(sizes("day"), [Some(4), None, None]);
        assert_eq!(sizes(""), [None, None, None]);
        tree.look_at(Path::new("night"), &names).expect_err("no such folder");
    }

    #[test]
    fn another_folder_at_the_same_path_is_another() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("in");
        std::fs::create_dir(&path).expect("made");
        let id = || Tree::open(&path, Path::new("/nowhere")).and_then(|tree| tree.id()).expect("an id");
        let before = id();
        assert_eq!(id(), before);
        std::fs::rename(&path, folder.path().join("moved")).expect("moved");
        std::fs::create_dir(&path).expect("made");
        assert_ne!(id(), before);
    }
}
