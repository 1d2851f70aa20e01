//! Taking a file away that is safely there (rule W24): moved, put in the trash or deleted, once, whatever an earlier run was
//! killed at. None but the version that was sent: that is looked at again once it has another name. Nothing here is on record.

use std::path::{Path, PathBuf};

use super::record::Aftermath;
use super::spec::After;
use super::trashing;
use crate::error::{Error, ErrorCode, Result};
use crate::failpoint::{self, Side};
use crate::file::{Fingerprint, Likeness, Tree, names};

/// Names beside a taken one that are tried.
const BESIDE_AT_MOST: u32 = 1_000;

/// What lies there is not what was sent.
pub(super) fn another() -> Error {
    Error::new(ErrorCode::FileChanged).detail("it is another version by now")
}

/// Whether a file is there.
pub(super) fn is_there(tree: &Tree, at: &Path) -> Result<bool> {
    match tree.fingerprint(at) {
        Ok(_) => Ok(true),
        Err(error) if error.code == ErrorCode::FileMissing => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether what is there is the file that was sent; none where nothing is.
fn is_it(tree: &Tree, at: &Path, sent: &Fingerprint) -> Result<Option<bool>> {
    match tree.fingerprint(at) {
        Ok(now) => Ok(Some(is_same(&now, sent))),
        Err(error) if error.code == ErrorCode::FileMissing => Ok(None),
        Err(error) => Err(error),
    }
}

/// What a file is before anything is done with it; none where it is gone already. Whether it may be taken away at all is asked
/// before its contents are, and before anything is on record.
///
/// # Errors
/// `file-changed`; what keeps it where it is.
pub(super) fn look_at(tree: &Tree, file: &Path, what: After, sent: &Fingerprint) -> Result<Option<Fingerprint>> {
    let is = match tree.fingerprint(file) {
        Ok(is) => is,
        Err(error) if error.code == ErrorCode::FileMissing => return Ok(None),
        Err(error) => return Err(error),
    };
    if is.likeness(sent) == Likeness::Other {
        return Err(another());
    }
    tree.by_path(file, |path| match what {
        After::Keep => Ok(()),
        After::Trash => trashing::may_go(path),
        After::Move | After::Delete => trashing::may_leave(path),
    })?;
    Ok(Some(is))
}

/// Does it, or ends what was begun before a kill.
pub(super) fn take(tree: &Tree, file: &Path, to: &Path, what: After, sent: &Fingerprint) -> Result<()> {
    if what == After::Delete && ended(tree, file, to, sent)? {
        return Ok(());
    }
    match (what, is_it(tree, file, sent)?) {
        // None: by an earlier run.
        (After::Keep, _) | (_, None) => Ok(()),
        (_, Some(false)) => Err(another()),
        // From its own place, where a person puts it back.
        (After::Trash, Some(true)) => trashed(tree, file, sent, trashing::to_trash, trashing::put_back),
        (After::Move, Some(true)) => moved(tree, file, to, sent).map(drop),
        (After::Delete, Some(true)) => {
            let hidden = moved(tree, file, to, sent)?;
            removed(tree, file, &hidden)
        }
    }
}

/// Puts a file in the trash, which takes whatever has its path: what was saved there in that very moment is put back. A handle of the
/// file tells, which would be in the way on Windows.
///
/// # Errors
/// `file-changed` where another version was there; those of both.
#[cfg(unix)]
fn trashed(
    tree: &Tree,
    file: &Path,
    sent: &Fingerprint,
    put: impl FnOnce(&Path) -> Result<()>,
    back: impl FnOnce(&Path) -> Result<()>,
) -> Result<()> {
    let kept = tree.keep(file)?;
    if !is_same(&kept.fingerprint()?, sent) {
        return Err(another());
    }
    tree.by_path(file, put)?;
    if is_same(&kept.fingerprint()?, sent) && kept.lies().is_none_or(|lies| trashing::is_in_trash(&lies)) {
        return Ok(());
    }
    tree.by_path(file, back)?;
    Err(another())
}

#[cfg(not(unix))]
fn trashed(
    tree: &Tree,
    file: &Path,
    _: &Fingerprint,
    put: impl FnOnce(&Path) -> Result<()>,
    _: impl FnOnce(&Path) -> Result<()>,
) -> Result<()> {
    tree.by_path(file, put)
}

/// Deletes what was hidden to be deleted, whatever lies in its own place by now. Answers whether there was any.
///
/// # Errors
/// `file-changed` where it is not what was sent, as whoever had it open may have made of it: it has its name again.
pub(super) fn ended(tree: &Tree, file: &Path, to: &Path, sent: &Fingerprint) -> Result<bool> {
    // Its name is nobody else's: the volume may have been mounted anew since, and have another number.
    let is = match tree.fingerprint(to) {
        Ok(now) => Some(is_same(&Fingerprint { volume: sent.volume, ..now }, sent)),
        Err(error) if error.code == ErrorCode::FileMissing => None,
        Err(error) => return Err(error),
    };
    match is {
        Some(true) => removed(tree, file, to).map(|()| true),
        Some(false) => renamed(tree, to, file).and(Err(another())),
        None => Ok(false),
    }
}

/// Deletes a hidden file. One that cannot be has its name again: nobody looks for files that are hidden.
fn removed(tree: &Tree, file: &Path, hidden: &Path) -> Result<()> {
    tree.remove(hidden).or_else(|error| renamed(tree, hidden, file).and(Err(error)))
}

/// Gives a file its own name again that was to be deleted, and is to stay by now. Answers what is to be on record of it.
pub(super) fn given_back(tree: &Tree, file: &Path, to: &Path, what: After) -> Result<Option<Aftermath>> {
    if what == After::Delete && is_there(tree, to)? {
        return renamed(tree, to, file).map(|_| None);
    }
    // It is where it was, or was taken away before.
    Ok((!is_there(tree, file)?).then_some(Aftermath::Did))
}

/// Gives the file another place; what turns out to be another version there is put back. Answers where.
fn moved(tree: &Tree, file: &Path, to: &Path, sent: &Fingerprint) -> Result<PathBuf> {
    failpoint::pass("take", Side::Before);
    let to = renamed(tree, file, to)?;
    failpoint::pass("take", Side::After);
    match tree.fingerprint(&to) {
        Ok(is) if is_same(&is, sent) => Ok(to),
        Ok(_) => renamed(tree, &to, file).and(Err(another())),
        Err(error) => renamed(tree, &to, file).and(Err(error)),
    }
}

/// Gives a file another name, or one beside it where something has that. Answers which.
fn renamed(tree: &Tree, from: &Path, to: &Path) -> Result<PathBuf> {
    let text = names::spelled(to);
    let beside = (2..BESIDE_AT_MOST).map(|n| PathBuf::from(names::suffixed(&text, n)));
    for to in std::iter::once(to.to_owned()).chain(beside) {
        match tree.rename(from, &to) {
            Ok(()) => return Ok(to),
            Err(error) if error.code == ErrorCode::AlreadyThere => {}
            Err(error) => return Err(error),
        }
    }
    Err(Error::new(ErrorCode::AlreadyThere).detail("a thousand files of this name"))
}

/// The same file and version; moving it moves its change time.
pub(super) fn is_same(now: &Fingerprint, sent: &Fingerprint) -> bool {
    (now.size, now.mtime, now.volume, now.file) == (sent.size, sent.mtime, sent.volume, sent.file)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(unix)]
    use crate::file::Links;
    #[cfg(unix)]
    use crate::watch::aftermath::UPLOADED;

    /// A file that was sent, and the folder that it lies in.
    fn sent() -> (tempfile::TempDir, Tree, Fingerprint) {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("day")).expect("made");
        std::fs::write(folder.path().join("day/a.mov"), b"sent").expect("written");
        let tree = Tree::open(folder.path(), Path::new("/nowhere")).expect("opened");
        let sent = tree.fingerprint(Path::new("day/a.mov")).expect("there");
        (folder, tree, sent)
    }

    const FILE: &str = "day/a.mov";

    fn does(tree: &Tree, what: After, to: &str, sent: &Fingerprint) -> Result<()> {
        take(tree, Path::new(FILE), Path::new(to), what, sent)
    }

    fn there(folder: &Path) -> Vec<String> {
        let mut all: Vec<_> =
            walk(folder).into_iter().map(|path| names::spelled(path.strip_prefix(folder).expect("in"))).collect();
        all.sort();
        all
    }

    fn walk(folder: &Path) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
        entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
    }

    /// W24.
    #[test]
    fn a_file_is_moved_or_deleted_once_and_where_a_kill_left_it() {
        for begun in [false, true] {
            let (folder, tree, sent) = sent();
            if begun {
                tree.rename(Path::new(FILE), Path::new("_uploaded/d/day/a.mov")).expect("begun");
            }
            does(&tree, After::Move, "_uploaded/d/day/a.mov", &sent).expect("moved");
            assert_eq!(there(folder.path()), ["_uploaded/d/day/a.mov"]);
            does(&tree, After::Move, "_uploaded/d/day/a.mov", &sent).expect("moved already");
            let (folder, tree, sent) = self::sent();
            if begun {
                tree.rename(Path::new(FILE), Path::new("day/.davit-1")).expect("begun");
            }
            does(&tree, After::Delete, "day/.davit-1", &sent).expect("deleted");
            assert!(there(folder.path()).is_empty());
            does(&tree, After::Delete, "day/.davit-1", &sent).expect("deleted already");
        }
    }

    /// W24.
    #[test]
    fn another_version_is_never_taken_away() {
        for what in [After::Move, After::Delete, After::Trash] {
            let (folder, tree, sent) = sent();
            std::fs::write(folder.path().join(FILE), b"another").expect("written");
            let _ = does(&tree, what, "day/.davit-1", &sent);
            assert_eq!(there(folder.path()), [FILE], "{what:?}");
            // One that took its place while it was on its way.
            std::fs::rename(folder.path().join(FILE), folder.path().join("day/.davit-1")).expect("moved");
            let _ = does(&tree, After::Delete, "day/.davit-1", &sent);
            assert_eq!(std::fs::read(folder.path().join(FILE)).expect("put back"), b"another");
        }
    }

    /// W24: nothing is left under a name that nobody looks at.
    #[test]
    fn what_was_hidden_to_be_deleted_is_deleted_whatever_lies_in_its_place_by_now() {
        const HIDDEN: &str = "day/.davit-1";
        let hide = |tree: &Tree| tree.rename(Path::new(FILE), Path::new(HIDDEN)).expect("hidden");
        let (folder, tree, sent) = sent();
        hide(&tree);
        std::fs::write(folder.path().join(FILE), b"another").expect("written");
        does(&tree, After::Delete, HIDDEN, &sent).expect("deleted");
        assert_eq!(there(folder.path()), [FILE]);
        assert_eq!(std::fs::read(folder.path().join(FILE)).expect("there"), b"another");
        // What whoever had it open wrote into it meanwhile was not sent: it has a name again, beside the other.
        let (folder, tree, sent) = self::sent();
        hide(&tree);
        for (name, holds) in [(HIDDEN, "written on"), (FILE, "another")] {
            std::fs::write(folder.path().join(name), holds).expect("written");
        }
        let error = does(&tree, After::Delete, HIDDEN, &sent).expect_err("not what was sent");
        assert_eq!(error.code, ErrorCode::FileChanged);
        assert_eq!(there(folder.path()), ["day/a (2).mov", FILE]);
        assert_eq!(std::fs::read(folder.path().join(FILE)).expect("there"), b"another");
    }

    /// W24.
    #[test]
    fn what_was_to_be_deleted_and_is_to_stay_has_its_own_name_again() {
        let (folder, tree, _) = sent();
        let [file, hidden] = [FILE, "day/.davit-1"].map(Path::new);
        let back = |what| given_back(&tree, file, hidden, what).expect("looked");
        tree.rename(file, hidden).expect("hidden");
        assert_eq!(back(After::Delete), None);
        assert_eq!(there(folder.path()), [FILE]);
        assert_eq!([After::Delete, After::Move].map(back), [None, None], "it is where it was");
        std::fs::remove_file(folder.path().join(FILE)).expect("removed");
        assert_eq!([After::Delete, After::Move].map(back), [Some(Aftermath::Did), Some(Aftermath::Did)]);
    }

    /// W24.
    #[cfg(unix)]
    #[test]
    fn nothing_goes_to_the_trash_from_where_another_folder_stands_by_then() {
        let above = tempfile::tempdir().expect("a folder");
        let folder = above.path().join("in");
        for (at, holds) in [(&folder, "sent"), (&above.path().join("other"), "of somebody")] {
            std::fs::create_dir_all(at.join("day")).expect("made");
            std::fs::write(at.join(FILE), holds).expect("written");
        }
        let tree = Tree::open(&folder, Path::new("/nowhere")).expect("opened");
        let sent = tree.fingerprint(Path::new(FILE)).expect("there");
        std::fs::rename(&folder, above.path().join("away")).expect("moved");
        std::os::unix::fs::symlink("other", &folder).expect("a link");
        assert_eq!(does(&tree, After::Trash, FILE, &sent).expect_err("refused").code, ErrorCode::FileUnreadable);
        for (at, holds) in [("away", "sent"), ("other", "of somebody")] {
            assert_eq!(std::fs::read_to_string(above.path().join(at).join(FILE)).expect("there"), holds);
        }
    }

    /// W24: the trash takes paths, and programs save by giving a new file the name of the old one, or write into it.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_version_that_is_saved_as_the_trash_takes_its_path_is_put_back() {
        use std::fs::{create_dir_all, hard_link, rename, write};
        type Saves = fn(&Path);
        fn saves(path: &Path) {
            let beside = path.with_extension("new");
            write(&beside, b"another").and_then(|()| rename(beside, path)).expect("saved");
        }
        let replaces: Saves = saves;
        let writes: Saves = |path| write(path, b"another").expect("saved");
        // As editors do that keep a copy of what was there.
        let links: Saves = |path| {
            hard_link(path, path.with_extension("link")).expect("linked");
            saves(path);
        };
        let moves: Saves = |path| {
            rename(path, path.with_extension("old")).expect("moved");
            write(path, b"another").expect("saved");
        };
        let nothing: Saves = |_| {};
        for (does, is_put_back) in [(replaces, true), (writes, true), (links, true), (moves, true), (nothing, false)] {
            let (folder, tree, sent) = sent();
            let trash = folder.path().join("Trash/files/a.mov");
            for name in ["files", "info"] {
                create_dir_all(folder.path().join("Trash").join(name)).expect("made");
            }
            write(folder.path().join("Trash/info/a.mov.trashinfo"), b"").expect("written");
            let put = |path: &Path| {
                does(path);
                rename(path, &trash).expect("in the trash");
                Ok(())
            };
            let back = |path: &Path| {
                rename(&trash, path).expect("put back");
                Ok(())
            };
            let done = trashed(&tree, Path::new(FILE), &sent, put, back);
            assert_eq!(done.err().map(|error| error.code), is_put_back.then_some(ErrorCode::FileChanged));
            assert_eq!((folder.path().join(FILE).exists(), trash.exists()), (is_put_back, !is_put_back));
        }
    }

    /// W16, W24: it is somebody else's path, and perhaps not sent under that.
    #[cfg(unix)]
    #[test]
    fn what_a_link_leads_to_is_never_taken_away() {
        let (folder, tree, sent) = sent();
        for (to, link) in [("day", "link"), ("day/a.mov", "first.mov")] {
            std::os::unix::fs::symlink(to, folder.path().join(link)).expect("a link");
        }
        let extent = crate::file::Extent { links: Links::Followed, ..crate::file::Extent::default() };
        let tree = tree.reaching(extent, Path::new(UPLOADED));
        for file in ["link/a.mov", "first.mov"].map(Path::new) {
            for (what, to) in [(After::Move, "_uploaded/d"), (After::Delete, ".davit-1"), (After::Trash, "")] {
                let _ = take(&tree, file, Path::new(to), what, &sent);
                assert_eq!(std::fs::read(folder.path().join(file)).expect("there"), b"sent", "{what:?}");
            }
        }
    }

    #[test]
    fn nothing_is_replaced_by_what_is_moved() {
        let (folder, tree, sent) = sent();
        std::fs::create_dir_all(folder.path().join("_uploaded/day")).expect("made");
        std::fs::write(folder.path().join("_uploaded/day/a.mov"), b"of yesterday").expect("written");
        does(&tree, After::Move, "_uploaded/day/a.mov", &sent).expect("moved");
        assert_eq!(there(folder.path()), ["_uploaded/day/a (2).mov", "_uploaded/day/a.mov"]);
        assert_eq!(std::fs::read(folder.path().join("_uploaded/day/a.mov")).expect("there"), b"of yesterday");
    }
}
