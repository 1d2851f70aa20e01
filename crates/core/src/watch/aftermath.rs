//! What becomes of a file that is safely there (rule W24): only of the very file that was sent, and only once the store's
//! checksum of it is ours. What is about to be done is on record before, so that a kill leaves neither two nor none.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::folder::Folder;
use super::record::{Aftermath, Decided};
use super::spec::After;
use crate::bandwidth::Zone;
use crate::error::{Error, ErrorCode, Result};
use crate::file::{Asked, Fingerprint, Likeness, Links, Tree, names};
use crate::journal::{TransferRow, Watched, WatchedRow, Write};
use crate::transfer::TransferState;
use crate::units::UnixTime;

/// Where files go that were uploaded, in the watched folder. Nothing in it is ever uploaded.
pub(super) const UPLOADED: &str = "_uploaded";
/// Whether a folder is that, or in it; whatever the case of its letters, which some systems do not tell apart.
pub(super) fn is_put_aside(folder: &Path) -> bool {
    folder.components().next().is_some_and(|first| first.as_os_str().eq_ignore_ascii_case(UPLOADED))
}

/// A file has such a name while it is deleted, and a folder from which one goes to the trash. Nothing that has is ever uploaded.
pub(super) const HIDDEN: &str = ".davit-";
/// Whether a folder has such a name, or lies in one: a file goes to the trash from there.
pub(super) fn is_hidden(folder: &Path) -> bool {
    folder.iter().any(|name| name.to_string_lossy().starts_with(HIDDEN))
}

/// Names beside a taken one that are tried.
const BESIDE_AT_MOST: u32 = 1_000;

impl Folder {
    /// Sees to files that came to be safely there.
    pub(super) async fn see_to_what_is_done(&mut self, tree: &Arc<Tree>) -> Result<()> {
        while let Some(transfer) = self.done.pop_first() {
            let look =
                move |reader: &crate::journal::Reader| Ok(reader.watched_by(transfer)?.zip(reader.transfer(transfer)?));
            if let Some((line, row)) = self.shared.journal.read(look).await?
                && let Err(error) = self.see_to(tree, line, row).await
            {
                self.done.insert(transfer);
                return Err(error);
            }
        }
        Ok(())
    }

    async fn see_to(&mut self, tree: &Arc<Tree>, line: Watched, sent: TransferRow) -> Result<()> {
        let is_done = matches!(sent.standing.state, TransferState::Done { .. });
        let is_of_it = matches!(line.row.decided, Decided::Given(id) if id == sent.id);
        let (Some(fingerprint), true, true) = (sent.fingerprint.clone(), is_done, is_of_it) else { return Ok(()) };
        let file = line.row.folder.join(&line.row.name);
        let (what, to) = match &line.row.after {
            Some(Aftermath::Due { what }) => (*what, place_for(*what, &file)),
            // As an earlier version began it: with the file where it lies.
            Some(Aftermath::Taking { what: After::Trash, to }) if Path::new(to) == file => {
                (After::Trash, place_for(After::Trash, &file))
            }
            Some(Aftermath::Taking { what, to }) => (*what, PathBuf::from(to)),
            None | Some(Aftermath::Did | Aftermath::Failed { .. }) => return Ok(()),
        };
        let after = |after| Write::Watched(self.row.id, WatchedRow { after: Some(after), ..line.row.clone() });
        let taking = Aftermath::Taking { what, to: names::spelled(&to) };
        self.shared.journal.write(vec![after(taking)]).await?;
        // As it is by now: its drive may have been mounted anew. Of one that an earlier run took, as it was.
        let is = match self.as_it_was_sent(tree, &file, &sent, &fingerprint).await {
            Err(Error { code: ErrorCode::FileMissing, .. }) => Ok(fingerprint),
            is => is,
        };
        let done = match is {
            Ok(is) => {
                let tree = Arc::clone(tree);
                let work = move || take(&tree, &file, &to, what, &is);
                self.drive.ask(Asked::Names, work).await
            }
            Err(error) => Err(error),
        };
        let became = match done {
            Ok(()) => Aftermath::Did,
            // It is back some time, and then this is done.
            Err(error) if error.code == ErrorCode::SourceOffline => return Err(error),
            Err(error) => {
                tracing::warn!(transfer = %sent.id, %error, "a file that was uploaded stays where it is");
                // What a link leads to stays, whatever a person wants of files.
                let is_linked = error.code == ErrorCode::NotAFile && self.row.spec.links == Links::Followed;
                if error.code != ErrorCode::FileChanged && !is_linked {
                    self.warning = Some(error.code);
                }
                Aftermath::Failed { code: error.code }
            }
        };
        self.shared.journal.write(vec![after(became)]).await
    }

    /// A file that is the one that was sent, as it is now: where its change time moved, as it does with other rights, its contents
    /// tell.
    ///
    /// # Errors
    /// `file-changed`, and what the system says.
    async fn as_it_was_sent(
        &self,
        tree: &Arc<Tree>,
        file: &Path,
        sent: &TransferRow,
        fingerprint: &Fingerprint,
    ) -> Result<Fingerprint> {
        let (looked, at) = (Arc::clone(tree), file.to_owned());
        let now = self.drive.ask(Asked::Names, move || looked.fingerprint(&at)).await?;
        let same = match now.likeness(fingerprint) {
            Likeness::Same => true,
            Likeness::Perhaps => self.sum(file).await? == sent.crc64.zip(Some(sent.size.get())),
            Likeness::Other => false,
        };
        if same { Ok(now) } else { Err(Error::new(ErrorCode::FileChanged).detail("it is another version by now")) }
    }
}

/// Where a file is to lie, and from where it is deleted or goes to the trash. There a person knows it by its own name.
fn place_for(what: After, file: &Path) -> PathBuf {
    let hidden = || file.with_file_name(format!("{HIDDEN}{}", uuid::Uuid::new_v4().simple()));
    match what {
        After::Move => Path::new(UPLOADED).join(Zone::here().date(UnixTime::now())).join(file),
        After::Delete => hidden(),
        After::Trash => file.file_name().map_or_else(hidden, |name| hidden().join(name)),
        After::Keep => file.to_owned(),
    }
}

/// Does it, or ends what was begun before a kill.
fn take(tree: &Tree, file: &Path, to: &Path, what: After, sent: &Fingerprint) -> Result<()> {
    match what {
        After::Keep => Ok(()),
        After::Move => match is_there(tree, file, sent)? {
            Some(true) => moved(tree, file, to, sent).map(drop),
            Some(false) => Err(Error::new(ErrorCode::FileChanged)),
            // By an earlier run.
            None => Ok(()),
        },
        After::Delete => taken_from(tree, file, to, sent, || tree.remove(to)),
        After::Trash => {
            let folder = to.parent().unwrap_or(Path::new(""));
            match tree.make_private(folder) {
                // Nor is the file where nothing can lie: by an earlier run.
                Err(error) if error.code == ErrorCode::FileMissing => return Ok(()),
                made => made?,
            }
            let done = taken_from(tree, file, to, sent, || to_trash(tree, file, to, sent));
            // It was made for this alone. One in which something lies stays.
            if let Err(error) = tree.remove_folder(folder) {
                tracing::info!(%error, "a hidden folder stays");
            }
            done
        }
    }
}

/// Gives the file its hidden place, and ends it there; what is another version has its name back.
fn taken_from(
    tree: &Tree,
    file: &Path,
    hidden: &Path,
    sent: &Fingerprint,
    end: impl FnOnce() -> Result<()>,
) -> Result<()> {
    if is_there(tree, file, sent)? == Some(true) {
        moved(tree, file, hidden, sent).map(drop)?;
    }
    match is_there(tree, hidden, sent)? {
        Some(true) => end(),
        // Never made by us, or not what was sent: nobody deletes it.
        Some(false) => put_back(tree, hidden, file).and(Err(Error::new(ErrorCode::FileChanged))),
        None if is_there(tree, file, sent)? == Some(false) => Err(Error::new(ErrorCode::FileChanged)),
        // By an earlier run.
        None => Ok(()),
    }
}

/// Whether the version that was sent lies there, or another; none where nothing does.
fn is_there(tree: &Tree, at: &Path, sent: &Fingerprint) -> Result<Option<bool>> {
    match tree.fingerprint(at) {
        Ok(now) => Ok(Some(is_same(&now, sent))),
        Err(error) if error.code == ErrorCode::FileMissing => Ok(None),
        Err(error) => Err(error),
    }
}

/// Gives the file another place; what turns out to be another version there is put back. Answers where.
fn moved(tree: &Tree, file: &Path, to: &Path, sent: &Fingerprint) -> Result<PathBuf> {
    for to in at_or_beside(to) {
        match tree.rename(file, &to) {
            Err(error) if error.code == ErrorCode::AlreadyThere => {}
            Err(error) => return Err(error),
            Ok(()) if is_same(&tree.fingerprint(&to)?, sent) => return Ok(to),
            Ok(()) => {
                tree.rename(&to, file)?;
                return Err(Error::new(ErrorCode::FileChanged));
            }
        }
    }
    Err(all_taken())
}

/// Gives a file that is hidden its own name again, or one beside it: nobody would find it where it is.
fn put_back(tree: &Tree, hidden: &Path, file: &Path) -> Result<()> {
    for to in at_or_beside(file) {
        match tree.rename(hidden, &to) {
            Err(error) if error.code == ErrorCode::AlreadyThere => {}
            done => return done,
        }
    }
    Err(all_taken())
}

/// A place, and those beside it for where it is taken.
fn at_or_beside(to: &Path) -> impl Iterator<Item = PathBuf> {
    let text = names::spelled(to);
    let beside = (2..BESIDE_AT_MOST).map(move |n| PathBuf::from(names::suffixed(&text, n)));
    std::iter::once(to.to_owned()).chain(beside)
}

fn all_taken() -> Error {
    Error::new(ErrorCode::AlreadyThere).detail("a thousand files of this name")
}

/// The same file and version; moving it moves its change time.
fn is_same(now: &Fingerprint, sent: &Fingerprint) -> bool {
    (now.size, now.mtime, now.volume, now.file) == (sent.size, sent.mtime, sent.volume, sent.file)
}

/// The system's trash takes paths and no handles. A file that did not get there has its own place again.
fn to_trash(tree: &Tree, file: &Path, hidden: &Path, sent: &Fingerprint) -> Result<()> {
    let unreadable = |why: String| Error::new(ErrorCode::FileUnreadable).detail(why);
    let done =
        tree.by_path(hidden, |path| trash::delete(path).map_err(|error| unreadable(format!("to the trash: {error}"))));
    let is_gone = is_there(tree, hidden, sent)?.is_none();
    if !is_gone {
        put_back(tree, hidden, file)?;
    }
    // The path led elsewhere just then, if it is there still.
    done.and_then(|()| if is_gone { Ok(()) } else { Err(unreadable("it did not go to the trash".to_owned())) })
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let all =
            [(After::Move, "day/.davit-1"), (After::Delete, "day/.davit-1"), (After::Trash, "day/.davit-1/a.mov")];
        for (what, to) in all {
            let (folder, tree, sent) = sent();
            std::fs::write(folder.path().join(FILE), b"another").expect("written");
            let _ = does(&tree, what, to, &sent);
            assert_eq!(there(folder.path()), [FILE], "{what:?}");
            assert!(!folder.path().join("day/.davit-1").exists(), "{what:?}");
            if what == After::Move {
                continue;
            }
            // One that took its place while it was on its way.
            tree.rename(Path::new(FILE), Path::new(to)).expect("moved");
            let _ = does(&tree, what, to, &sent);
            assert_eq!(std::fs::read(folder.path().join(FILE)).expect("put back"), b"another", "{what:?}");
            assert_eq!(there(folder.path()), [FILE], "{what:?}");
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
            let trash = (After::Trash, ".davit-1/a.mov");
            for (what, to) in [(After::Move, "_uploaded/d"), (After::Delete, ".davit-1"), trash] {
                let _ = take(&tree, file, Path::new(to), what, &sent);
                assert_eq!(std::fs::read(folder.path().join(file)).expect("there"), b"sent", "{what:?}");
            }
        }
    }

    /// W24: whoever may write there can put another folder, or a link to one, in the way. Here before all of it, which says the
    /// same as in the midst: the file is found by its folder's handle, and the trash is given a path.
    #[cfg(unix)]
    #[test]
    fn what_lies_in_another_folder_at_the_same_path_never_goes_to_the_trash() {
        for by_link in [false, true] {
            let folder = tempfile::tempdir().expect("a folder");
            let at = |name: &str| folder.path().join(name);
            std::fs::create_dir_all(at("in/day")).expect("made");
            std::fs::write(at("in").join(FILE), b"sent").expect("written");
            let tree = Tree::open(&at("in"), Path::new("/nowhere")).expect("opened");
            let sent = tree.fingerprint(Path::new(FILE)).expect("there");
            std::fs::rename(at("in"), at("held")).expect("moved");
            let other = if by_link { "other" } else { "in" };
            std::fs::create_dir_all(at(other).join("day/.davit-1")).expect("made");
            std::fs::write(at(other).join("day/.davit-1/a.mov"), b"somebody else's").expect("written");
            if by_link {
                std::os::unix::fs::symlink(at("other"), at("in")).expect("a link");
            }
            let error = does(&tree, After::Trash, "day/.davit-1/a.mov", &sent).expect_err("another folder");
            assert_eq!(error.code, ErrorCode::FileUnreadable, "{error}");
            assert_eq!(std::fs::read(at("held").join(FILE)).expect("put back"), b"sent");
            assert!(!at("held/day/.davit-1").exists());
            let theirs = std::fs::read(at("in/day/.davit-1/a.mov")).expect("there");
            assert_eq!(theirs, b"somebody else's");
        }
    }

    /// W24.
    #[test]
    fn a_file_on_its_way_is_hidden_and_goes_to_the_trash_by_its_own_name() {
        let place = |what| place_for(what, Path::new(FILE));
        for what in [After::Delete, After::Trash] {
            assert!(is_hidden(&place(what)) && place(what).starts_with("day"), "{what:?}");
            assert_ne!(place(what), place(what), "nobody can be there first");
        }
        assert!(place(After::Trash).ends_with("a.mov"));
        assert!(
            is_hidden(Path::new("day/.davit-1")) && !is_hidden(Path::new("day/davit-1")) && !is_hidden(Path::new(""))
        );
    }

    /// W24: some systems do not tell letters apart by their case.
    #[test]
    fn what_was_put_aside_is_so_in_whatever_letters() {
        for folder in ["_uploaded", "_Uploaded/2026-11-30", "_UPLOADED"] {
            assert!(is_put_aside(Path::new(folder)), "{folder}");
        }
        for folder in ["", "day/_uploaded", "_uploaded 2"] {
            assert!(!is_put_aside(Path::new(folder)), "{folder}");
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
