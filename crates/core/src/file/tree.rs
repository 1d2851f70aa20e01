//! A watched folder, looked at one folder at a time: what lies there, and what tells its versions apart. Nothing but folders
//! is opened, and no link is followed unless a person wants that; none out of the folder, and none that leads back.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::links::{Following, Way};
use super::place::{Entry, Kind, Root, in_order};
use super::source::classify;
use super::walk::{Skip, TOO_DEEP, within};
use super::{Extent, Fingerprint, Links, Placeholders, Stamp, names};
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
    /// Where links are followed.
    following: Option<Following>,
    placeholders: Placeholders,
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
    /// Where it leads, from the folder on, where it is a link that is followed: `what` is what lies there.
    pub leads: Option<PathBuf>,
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
        let (own, placeholders) = (within(home, path), Placeholders::Skipped);
        Ok(Self { root, path: path.to_owned(), own, numbers, following: None, placeholders })
    }

    /// The same with what a person wants of it beside plain files. No link leads into its folder `closed`.
    #[must_use]
    pub fn reaching(self, extent: Extent, closed: &Path) -> Self {
        let following = (extent.links == Links::Followed).then(|| {
            let closed = self.own.iter().cloned().chain([closed.to_owned()]);
            Following::within(&self.path, closed)
        });
        Self { following, placeholders: extent.placeholders, ..self }
    }

    /// Which folder it is.
    ///
    /// # Errors
    /// What the system says.
    pub fn id(&self) -> Result<FolderId> {
        self.root.id().map_err(|error| classify(&error, &self.path))
    }

    /// What lasts of its volume, wherever and whenever that is mounted; none where the system tells nothing but the volume's number.
    pub fn serial(&self) -> Option<u64> {
        self.root.serial()
    }

    /// A number of the mount that it is reached by, where the system tells: the next mount of the same drive has another.
    pub(crate) fn mount(&self) -> Option<u64> {
        self.root.mount()
    }

    /// Whether nothing lies in it.
    ///
    /// # Errors
    /// What the system says.
    pub fn is_empty(&self) -> Result<bool> {
        self.root.is_empty().map_err(|error| classify(&error, &self.path))
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
        let real = self.real(folder);
        let entries = self.root.list(&real, moves).map_err(|error| classify(&error, &self.path.join(folder)))?;
        let listed = Listed { tree: self, folder, real: &real, moves, way: OnceCell::new() };
        Ok(in_order(entries).into_iter().map(|entry| listed.sight(entry)).collect())
    }

    /// What these files of a folder in it are now; none for what is no file any more.
    ///
    /// # Errors
    /// As [`Self::list`].
    pub fn look_at(&self, folder: &Path, names: &[OsString]) -> Result<Vec<Option<Stamp>>> {
        let kinds =
            self.root.look(&self.real(folder), names).map_err(|error| classify(&error, &self.path.join(folder)))?;
        let stamp = |(name, kind): (&OsString, io::Result<Kind>)| {
            let kind = match (kind, &self.following) {
                (Ok(Kind::Link), Some(following)) => following.target(&self.root, &folder.join(name))?.1,
                (kind, _) => kind,
            };
            match kind {
                Ok(Kind::File { stamp, placeholder }) if self.placeholders.takes(placeholder) => {
                    Some(self.stamp(stamp))
                }
                _ => None,
            }
        };
        Ok(names.iter().zip(kinds).map(stamp).collect())
    }

    /// When each of these files of a folder in it came there or was last changed in any way, in nanoseconds since 1970, whatever its
    /// time of a last write says: on Windows when it was made. None where the system does not tell.
    ///
    /// # Errors
    /// As [`Self::list`].
    pub fn came(&self, folder: &Path, names: &[OsString]) -> Result<Vec<Option<i64>>> {
        self.root.came(&self.real(folder), names).map_err(|error| classify(&error, &self.path.join(folder)))
    }

    /// Gives a file another name in the folder, which nothing has; the folders on the way to it are made. What a link leads to
    /// stays, whatever a person wants of links.
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

    /// Deletes a file, and none that a link leads to.
    ///
    /// # Errors
    /// What the system says.
    pub fn remove(&self, file: &Path) -> Result<()> {
        self.root.remove(file).map_err(|error| classify(&error, &self.path.join(file)))
    }

    /// Does something with a file in it by its path, for whoever takes nothing else: if the path leads to the very folder that it
    /// lies in. Elsewhere than on Windows somebody may put another in its place just then.
    ///
    /// # Errors
    /// `file-unreadable` where another folder stands there; what the system says, and what is done.
    pub fn by_path<T>(&self, file: &Path, work: impl FnOnce(&Path) -> Result<T>) -> Result<T> {
        let folder = file.parent().unwrap_or(Path::new(""));
        let path = self.path.join(folder);
        let classified = |error: io::Error| classify(&error, &path);
        let stands = Root::open(&path).map_err(classified)?;
        if stands.id().map_err(classified)? != self.root.id_of(folder).map_err(classified)? {
            return Err(Error::new(ErrorCode::FileUnreadable).detail("another folder stands at its path"));
        }
        work(&self.path.join(file))
    }

    /// What a file is by its handle: as it was read when it was sent. None that a link leads to.
    ///
    /// # Errors
    /// What the system says.
    pub fn fingerprint(&self, file: &Path) -> Result<Fingerprint> {
        self.keep(file)?.fingerprint()
    }

    /// Keeps a file open, to be looked at whatever becomes of its name. None that a link leads to.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn keep(&self, file: &Path) -> Result<Kept> {
        let path = self.path.join(file);
        let file = self.root.file(file).map_err(|error| classify(&error, &path))?;
        Ok(Kept { file, path })
    }

    /// Where a folder in it lies without any link on the way.
    fn real<'a>(&self, folder: &'a Path) -> Cow<'a, Path> {
        self.following.as_ref().map_or(Cow::Borrowed(folder), |following| Cow::Owned(following.real(folder)))
    }

    fn stamp(&self, stamp: Stamp) -> Stamp {
        Stamp { file: stamp.file.filter(|_| self.numbers), ..stamp }
    }

    fn seen(&self, at: &Path, kind: io::Result<Kind>) -> Seen {
        match kind {
            Ok(Kind::Folder) if self.own.as_deref() == Some(at) => Seen::Passed(Skip::Own),
            Ok(Kind::Link) => Seen::Passed(Skip::Link),
            Ok(Kind::File { placeholder, .. }) if !self.placeholders.takes(placeholder) => {
                Seen::Passed(Skip::Placeholder)
            }
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

/// A file that is kept open.
pub(crate) struct Kept {
    file: File,
    /// Where it was opened.
    path: PathBuf,
}

impl Kept {
    /// What it is by now.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn fingerprint(&self) -> Result<Fingerprint> {
        let meta = self.file.metadata().map_err(|error| classify(&error, &self.path))?;
        Fingerprint::of(&self.file, &meta)
    }

    /// Where it lies by now, as far as the system tells. Of one that is gone that is no path of anything.
    #[cfg(unix)]
    pub(crate) fn lies(&self) -> Option<PathBuf> {
        #[cfg(target_os = "linux")]
        {
            use std::os::fd::AsRawFd as _;
            std::fs::read_link(format!("/proc/self/fd/{}", self.file.as_raw_fd())).ok()
        }
        #[cfg(target_os = "macos")]
        {
            use std::ffi::OsStr;
            use std::os::unix::ffi::OsStrExt as _;
            let path = rustix::fs::getpath(&self.file).ok()?;
            Some(PathBuf::from(OsStr::from_bytes(path.as_bytes())))
        }
        #[cfg(not(any(target_os = "linux", target_os = "macos")))]
        None
    }
}

/// A folder that is being listed.
struct Listed<'a> {
    tree: &'a Tree,
    folder: &'a Path,
    /// Where it lies without any link on the way.
    real: &'a Path,
    moves: &'a dyn Fn(),
    /// What leads to it, once somebody asks; none where that cannot be told.
    way: OnceCell<Option<Way>>,
}

impl Listed<'_> {
    fn sight(&self, Entry { name, kind }: Entry) -> Sight {
        let at = self.folder.join(&name);
        let (what, leads) = match (kind, &self.tree.following) {
            (Ok(Kind::Link), Some(following)) => self.behind(following, &at),
            (Ok(Kind::Folder), Some(_)) => (self.inside(&at, &self.real.join(&name)), None),
            (kind, _) => (self.tree.seen(&at, kind), None),
        };
        Sight { name, what, leads }
    }

    /// What lies behind a link.
    fn behind(&self, following: &Following, link: &Path) -> (Seen, Option<PathBuf>) {
        (self.moves)();
        match following.target(&self.tree.root, link) {
            Some((real, Ok(Kind::Folder))) if !self.goes_on_to(&real, Way::may_go_on) => {
                (Seen::Passed(Skip::Link), None)
            }
            Some((real, kind)) => (self.tree.seen(link, kind), Some(real)),
            None => (Seen::Passed(Skip::Link), None),
        }
    }

    /// A folder that lies in this one. Behind a link it may be one that led here, or the program's own.
    fn inside(&self, at: &Path, real: &Path) -> Seen {
        if self.tree.own.as_deref() == Some(real) {
            return Seen::Passed(Skip::Own);
        }
        if self.real != self.folder && !self.goes_on_to(real, |_| true) {
            return Seen::Passed(Skip::Link);
        }
        self.tree.seen(at, Ok(Kind::Folder))
    }

    /// Whether a folder is none of those that lead here, and the way there may be.
    fn goes_on_to(&self, real: &Path, may_be: impl Fn(&Way) -> bool) -> bool {
        let tree = self.tree;
        let way = self.way.get_or_init(|| tree.following.as_ref()?.way(&tree.root, self.folder).ok());
        let id = tree.root.id_of(real);
        way.as_ref().is_some_and(|way| may_be(way) && id.is_ok_and(|id| !way.leads_through(id)))
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

    /// W16.
    #[cfg(unix)]
    #[test]
    fn links_pipes_and_odd_names_are_told_and_never_opened() {
        let folder = tempfile::tempdir().expect("a folder");
        std::os::unix::fs::symlink("/etc", folder.path().join("link")).expect("a link");
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
        std::os::unix::net::UnixListener::bind(folder.path().join("socket")).expect("a socket");
        std::fs::write(folder.path().join("line\nbreak"), b"").expect("written");
        let tree = Tree::open(folder.path(), Path::new("/nowhere")).expect("opened");
        let told = ["line\nbreak name-refused", "link link", "pipe not-a-file", "socket not-a-file"];
        assert_eq!(names(&tree, ""), told);
        assert_eq!(names(&following(tree), ""), told, "whatever a person wants of links");
    }

    #[cfg(unix)]
    fn following(tree: Tree) -> Tree {
        let extent = Extent { links: Links::Followed, ..Extent::default() };
        tree.reaching(extent, Path::new("_uploaded"))
    }

    /// A folder with two in it, of which one has a file, and these links.
    #[cfg(unix)]
    fn linked(links: &[(&str, &str)]) -> (tempfile::TempDir, Tree) {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["in/day/cam", "in/night", "in/_uploaded", "in/home", "outside"] {
            std::fs::create_dir_all(folder.path().join(name)).expect("made");
        }
        let root = folder.path().join("in");
        std::fs::write(root.join("day/a.mov"), b"four").expect("written");
        std::fs::write(folder.path().join("outside/secret.mov"), b"secret").expect("written");
        for (to, link) in links {
            std::os::unix::fs::symlink(to, root.join(link)).expect("a link");
        }
        let tree = Tree::open(&root, &root.join("home")).expect("opened");
        (folder, following(tree))
    }

    /// W16.
    #[cfg(unix)]
    #[test]
    fn links_lead_to_what_lies_in_the_folder_and_nowhere_else() {
        let (_folder, tree) = linked(&[
            ("day", "again"),
            ("day/a.mov", "first.mov"),
            ("nowhere", "gone"),
            ("home", "mine"),
            ("../outside", "out"),
            ("../outside/secret.mov", "out.mov"),
            ("_uploaded", "sent"),
        ]);
        let there = [
            "_uploaded folder",
            "again folder",
            "day folder",
            "first.mov 4",
            "gone link",
            "home own-records",
            "mine link",
            "night folder",
            "out link",
            "out.mov link",
            "sent link",
        ];
        assert_eq!(names(&tree, ""), there);
        assert_eq!(names(&tree, "again"), ["a.mov 4", "cam folder"], "what lies there has the link's path");
        let leads = tree.list(Path::new(""), &|| {}).expect("listed").into_iter().filter_map(|sight| sight.leads);
        assert_eq!(leads.collect::<Vec<_>>(), [Path::new("day"), Path::new("day/a.mov")]);
        let looked = tree.look_at(Path::new(""), &["first.mov", "out.mov"].map(OsString::from)).expect("looked");
        assert_eq!(looked.iter().map(|is| is.map(|is| is.size)).collect::<Vec<_>>(), [Some(4), None]);
        assert!(tree.look_at(Path::new("again"), &["a.mov".into()]).expect("looked")[0].is_some());
        tree.list(Path::new("out"), &|| {}).expect_err("nothing outside is listed");
        tree.list(Path::new("mine"), &|| {}).expect_err("and nothing of Davit's own");
        tree.fingerprint(Path::new("again/a.mov")).expect_err("what is moved or deleted is no link's");
    }

    /// W16: a loop is seen by the folders that lead to it, whatever they are called.
    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_back_is_not_followed() {
        let (_folder, tree) = linked(&[
            ("..", "day/up"),
            (".", "day/cam/here"),
            ("../night", "day/other"),
            ("../day", "night/back"),
            ("day/cam", "deep"),
            ("..", "day/cam/above"),
        ]);
        assert_eq!(names(&tree, "day"), ["a.mov 4", "cam folder", "other folder", "up link"]);
        assert_eq!(names(&tree, "day/cam"), ["above link", "here link"]);
        assert_eq!(names(&tree, "day/other"), ["back link"], "by two steps");
        assert_eq!(names(&tree, "deep"), ["above folder", "here link"]);
        assert_eq!(
            names(&tree, "deep/above"),
            ["a.mov 4", "cam link", "other folder", "up link"],
            "nor a folder that led here and is no link"
        );
        let mut all = (vec![PathBuf::new()], 0);
        while let Some(folder) = all.0.pop() {
            all.1 += 1;
            assert!(all.1 < 100, "it goes round: {}", folder.display());
            let sights = tree.list(&folder, &|| {}).expect("listed");
            let below = sights.into_iter().filter(|sight| matches!(sight.what, Seen::Folder));
            all.0.extend(below.map(|sight| folder.join(sight.name)));
        }
    }

    /// W16: folders that are full of links to each other are not looked at in every order.
    #[cfg(unix)]
    #[test]
    fn on_one_way_there_are_a_few_links_at_most() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut at = PathBuf::new();
        for n in 0..9 {
            std::fs::create_dir(folder.path().join(n.to_string())).expect("made");
            std::os::unix::fs::symlink(format!("../{}", n + 1), folder.path().join(format!("{n}/on"))).expect("a link");
            at.push(if n == 0 { "0" } else { "on" });
        }
        let tree = following(Tree::open(folder.path(), Path::new("/nowhere")).expect("opened"));
        let goes_on = |links: usize| names(&tree, &at.iter().take(links + 1).collect::<PathBuf>().to_string_lossy());
        assert_eq!(goes_on(3), ["on folder"]);
        assert_eq!(goes_on(4), ["on link"]);
    }

    /// W17.
    #[test]
    fn a_placeholder_is_passed_over_or_a_file_as_a_person_wants() {
        let folder = tempfile::tempdir().expect("a folder");
        let seen = |placeholders, placeholder| {
            let tree = Tree::open(folder.path(), Path::new("/nowhere")).expect("opened");
            let tree = tree.reaching(Extent { placeholders, ..Extent::default() }, Path::new("_uploaded"));
            let stamp = Stamp { size: 4, mtime_ns: 0, file: None };
            tree.seen(Path::new("a.mov"), Ok(Kind::File { stamp, placeholder }))
        };
        assert!(matches!(seen(Placeholders::Skipped, true), Seen::Passed(Skip::Placeholder)));
        for (placeholders, placeholder) in
            [(Placeholders::Skipped, false), (Placeholders::Fetched, true), (Placeholders::Fetched, false)]
        {
            assert!(matches!(seen(placeholders, placeholder), Seen::File(Stamp { size: 4, .. })));
        }
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
    fn a_folder_in_which_something_lies_is_not_empty_and_its_volume_is_the_same_each_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let open = || Tree::open(folder.path(), Path::new("/nowhere")).expect("opened");
        assert!(open().is_empty().expect("listed"));
        std::fs::create_dir(folder.path().join(".hidden")).expect("made");
        assert!(!open().is_empty().expect("listed"), "whatever it is called");
        assert_eq!(open().serial(), open().serial());
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
