//! What becomes of a file that is safely there (rule W24): only of the very file that was sent, and only once the store's
//! checksum of it is ours. What is about to be done is on record before, so that a kill leaves neither two nor none.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::folder::Folder;
use super::record::{Aftermath, Decided};
use super::spec::After;
use crate::bandwidth::Zone;
use crate::error::{Error, ErrorCode, Result};
use crate::failpoint::{self, Side};
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

/// A file has such a name while it is deleted. Nothing that has is ever uploaded.
pub(super) const HIDDEN: &str = ".davit-";
/// Names beside a taken one that are tried.
const BESIDE_AT_MOST: u32 = 1_000;

impl Folder {
    /// Sees to files that came to be safely there.
    pub(super) async fn see_to_what_is_done(&mut self, tree: &Arc<Tree>) -> Result<()> {
        while let Some(transfer) = self.done.pop_first() {
            self.stays.remove(&transfer);
            let look =
                move |reader: &crate::journal::Reader| Ok(reader.watched_by(transfer)?.zip(reader.transfer(transfer)?));
            if let Some((line, row)) = self.shared.journal.read(look).await?
                && let Err(error) = self.see_to(tree, line, row).await
            {
                self.done.insert(transfer);
                return Err(error);
            }
        }
        if self.stays.is_empty() {
            self.warning = None;
        }
        Ok(())
    }

    async fn see_to(&mut self, tree: &Arc<Tree>, line: Watched, sent: TransferRow) -> Result<()> {
        let is_done = matches!(sent.standing.state, TransferState::Done { .. });
        let is_of_it = matches!(line.row.decided, Decided::Given(id) if id == sent.id);
        let (Some(fingerprint), true, true) = (sent.fingerprint.clone(), is_done, is_of_it) else { return Ok(()) };
        let lies = line.row.folder.join(&line.row.name);
        let (what, (file, to)) = match &line.row.after {
            Some(Aftermath::Due { what }) => (*what, (lies.clone(), place_for(*what, &lies))),
            Some(Aftermath::Taking { what: After::Delete, to }) => (After::Delete, self.left_at(&lies, to)),
            Some(Aftermath::Taking { what, to }) => (*what, (lies, PathBuf::from(to))),
            None | Some(Aftermath::Did | Aftermath::Failed { .. }) => return Ok(()),
        };
        let is_begun = matches!(line.row.after, Some(Aftermath::Taking { what: After::Delete, .. }));
        let after = |after| Write::Watched(self.row.id, WatchedRow { after: Some(after), ..line.row.clone() });
        let taking = Aftermath::Taking { what, to: names::spelled(&to) };
        if line.row.after.as_ref() != Some(&taking) {
            self.shared.journal.write(vec![after(taking.clone())]).await?;
        }
        // As it is by now: its drive may have been mounted anew. Of one that an earlier run took, as it was.
        let is = match self.as_it_was_sent(tree, &file, &sent, &fingerprint).await {
            Err(Error { code: ErrorCode::FileMissing, .. }) => Ok(fingerprint.clone()),
            is => is,
        };
        let tree = Arc::clone(tree);
        let done = match is {
            Ok(is) => self.drive.ask(Asked::Names, move || take(&tree, &file, &to, what, &is)).await,
            // Another took its place. That which was sent may have its other name already.
            Err(error) if is_begun && error.code == ErrorCode::FileChanged => {
                let is_ended = self.drive.ask(Asked::Names, move || ends(&tree, &file, &to, &fingerprint)).await;
                is_ended.and_then(|is_ended| if is_ended { Ok(true) } else { Err(error) })
            }
            Err(error) => Err(error),
        };
        let became = match done {
            // Somebody took it elsewhere: once it is back it is seen to.
            Ok(false) if is_begun => return Ok(()),
            Ok(_) => Aftermath::Did,
            // It is back some time, and then this is done.
            Err(error) if error.code == ErrorCode::SourceOffline => return Err(error),
            Err(error) => {
                tracing::warn!(transfer = %sent.id, %error, "a file that was uploaded stays where it is");
                // What a link leads to stays, whatever a person wants of files.
                let is_linked = error.code == ErrorCode::NotAFile && self.row.spec.links == Links::Followed;
                if error.code == ErrorCode::FileChanged || is_linked {
                    Aftermath::Failed { code: error.code }
                } else {
                    // What is in its way is taken away some time: the next check of all tries again.
                    self.warning = Some(error.code);
                    self.stays.insert(sent.id);
                    match what {
                        // It may have its other name already.
                        After::Delete => taking,
                        After::Keep | After::Move | After::Trash => Aftermath::Due { what },
                    }
                }
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

/// Where a file is to lie, and from where it is deleted.
fn place_for(what: After, file: &Path) -> PathBuf {
    match what {
        After::Move => Path::new(UPLOADED).join(Zone::here().date(UnixTime::now())).join(file),
        After::Delete => file.with_file_name(format!("{HIDDEN}{}", uuid::Uuid::new_v4().simple())),
        After::Keep | After::Trash => file.to_owned(),
    }
}

/// Does it, or ends what was begun before a kill. Answers whether anything was there, or it is sure that nothing need be.
fn take(tree: &Tree, file: &Path, to: &Path, what: After, sent: &Fingerprint) -> Result<bool> {
    let is_there = is_there(tree, file, sent);
    match what {
        After::Keep => Ok(true),
        After::Trash => match is_there? {
            Some(true) => tree.by_path(file, to_trash).map(|()| true),
            Some(false) => Err(Error::new(ErrorCode::FileChanged)),
            // By an earlier run.
            None => Ok(true),
        },
        After::Move => match is_there? {
            Some(true) => moved(tree, file, to, sent).map(|_| true),
            Some(false) => Err(Error::new(ErrorCode::FileChanged)),
            None => Ok(true),
        },
        After::Delete => match is_there? {
            Some(true) => ends(tree, file, &moved(tree, file, to, sent)?, sent),
            Some(false) if !ends(tree, file, to, sent)? => Err(Error::new(ErrorCode::FileChanged)),
            Some(false) => Ok(true),
            None => ends(tree, file, to, sent),
        },
    }
}

/// Deletes a file that has its other name, if that is the one that was sent; else it has its own again. Answers whether it is
/// there.
fn ends(tree: &Tree, file: &Path, to: &Path, sent: &Fingerprint) -> Result<bool> {
    match is_there(tree, to, sent)? {
        Some(true) => tree.remove(to).map(|()| true),
        // Never made by us, or not what was sent: nobody deletes it.
        Some(false) => tree.rename(to, file).and(Err(Error::new(ErrorCode::FileChanged))),
        None => Ok(false),
    }
}

/// Whether a file is the one that was sent; nothing where none is.
fn is_there(tree: &Tree, at: &Path, sent: &Fingerprint) -> Result<Option<bool>> {
    match tree.fingerprint(at) {
        Ok(now) => Ok(Some(is_same(&now, sent))),
        Err(error) if error.code == ErrorCode::FileMissing => Ok(None),
        Err(error) => Err(error),
    }
}

/// Gives the file another place; what turns out to be another version there is put back. Answers where.
fn moved(tree: &Tree, file: &Path, to: &Path, sent: &Fingerprint) -> Result<PathBuf> {
    let text = names::spelled(to);
    let beside = (2..BESIDE_AT_MOST).map(|n| PathBuf::from(names::suffixed(&text, n)));
    for to in std::iter::once(to.to_owned()).chain(beside) {
        failpoint::pass("take", Side::Before);
        let renamed = tree.rename(file, &to);
        failpoint::pass("take", Side::After);
        match renamed {
            Err(error) if error.code == ErrorCode::AlreadyThere => {}
            Err(error) => return Err(error),
            Ok(()) if is_same(&tree.fingerprint(&to)?, sent) => return Ok(to),
            Ok(()) => {
                tree.rename(&to, file)?;
                return Err(Error::new(ErrorCode::FileChanged));
            }
        }
    }
    Err(Error::new(ErrorCode::AlreadyThere).detail("a thousand files of this name"))
}

/// The same file and version; moving it moves its change time.
pub(super) fn is_same(now: &Fingerprint, sent: &Fingerprint) -> bool {
    (now.size, now.mtime, now.volume, now.file) == (sent.size, sent.mtime, sent.volume, sent.file)
}

/// The system's trash takes paths and no handles, and puts a file back to where its path was: it goes from its own place.
fn to_trash(path: &Path) -> Result<()> {
    trash::delete(path).map_err(|error| Error::new(ErrorCode::FileUnreadable).detail(format!("to the trash: {error}")))
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

    fn does(tree: &Tree, what: After, to: &str, sent: &Fingerprint) -> Result<bool> {
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
