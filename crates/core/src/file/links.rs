//! Links within a folder, where a person wants them followed (rule W16).
//!
//! No link is ever followed by opening it. What it leads to is found first, as a path from the folder on that has no link in it,
//! and that is opened as everything beneath the folder is (see [`Root`]): a link that is turned to lead out meanwhile leads
//! nowhere. What leads out of the folder is met as the link that it is.
//!
//! Links to each other's folders could be followed in as many ways as there are orders of them: on one way there are a few at
//! most.

use std::io;
use std::path::{Path, PathBuf};

use super::place::{Kind, Root};
use super::{FolderId, walk};

/// Links on the way to something.
const LINKS_AT_MOST: usize = 4;

/// How links in a folder are followed.
#[derive(Debug)]
pub(super) struct Following {
    root: PathBuf,
    /// Folders in it that no link leads into.
    closed: Vec<PathBuf>,
}

impl Following {
    /// Those in a folder, to whatever lies in it and not in these of its folders.
    pub(super) fn within(root: &Path, closed: impl IntoIterator<Item = PathBuf>) -> Self {
        Self { root: root.to_owned(), closed: closed.into_iter().collect() }
    }

    /// Where something lies, from the folder on, once every link on the way is followed. What may not be followed, and what is
    /// not there, stays as it is named.
    pub(super) fn real(&self, within: &Path) -> PathBuf {
        let real = walk::within(&self.root.join(within), &self.root);
        let real = real.filter(|real| !self.closed.iter().any(|closed| real.starts_with(closed)));
        real.unwrap_or_else(|| within.to_owned())
    }

    /// Where a link leads, and what lies there; none where it may not be followed. The folder itself always leads back.
    pub(super) fn target(&self, root: &Root, link: &Path) -> Option<(PathBuf, io::Result<Kind>)> {
        let real = self.real(link);
        if real == link {
            return None;
        }
        let (above, name) = (real.parent()?.to_owned(), real.file_name()?.to_owned());
        let kinds = root.look(&above, &[name]);
        let kind =
            kinds.and_then(|kinds| kinds.into_iter().next().unwrap_or_else(|| Err(io::ErrorKind::NotFound.into())));
        // One that took its place just now is not looked through.
        (!matches!(kind, Ok(Kind::Link))).then_some((real, kind))
    }

    /// The way to a folder.
    ///
    /// # Errors
    /// What the system says of a folder on it.
    pub(super) fn way(&self, root: &Root, folder: &Path) -> io::Result<Way> {
        let reals: Vec<_> = folder.ancestors().map(|above| self.real(above)).collect();
        let links = reals.windows(2).filter(|pair| pair[0].parent() != Some(pair[1].as_path())).count();
        let folders = reals.iter().map(|real| root.id_of(real)).collect::<io::Result<_>>()?;
        Ok(Way { folders, links })
    }
}

/// The folders that lead to one, with that one, and how many links there are between them.
#[derive(Debug)]
pub(super) struct Way {
    folders: Vec<FolderId>,
    links: usize,
}

impl Way {
    /// Whether a folder lies on it: whoever goes in goes round.
    pub(super) fn leads_through(&self, folder: FolderId) -> bool {
        self.folders.contains(&folder)
    }

    /// Whether there may be one more link on it.
    pub(super) const fn may_go_on(&self) -> bool {
        self.links < LINKS_AT_MOST
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::Read as _;
    use std::os::unix::fs::symlink;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::file::{Links, Place};

    /// A folder with a file, another beside it, and a link in it that leads there.
    fn folders(to: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().join("in");
        for name in ["in/day", "outside"] {
            std::fs::create_dir_all(folder.path().join(name)).expect("made");
        }
        std::fs::write(root.join("day/a.mov"), b"inside").expect("written");
        std::fs::write(folder.path().join("outside/a.mov"), b"secret").expect("written");
        symlink(to, root.join("link")).expect("a link");
        (folder, root)
    }

    fn held(place: &Place) -> io::Result<String> {
        let mut all = String::new();
        place.open()?.read_to_string(&mut all)?;
        Ok(all)
    }

    fn turn(root: &Path, to: &str) {
        let fresh = root.join("fresh");
        symlink(to, &fresh).expect("a link");
        std::fs::rename(&fresh, root.join("link")).expect("turned");
    }

    /// W16.
    #[test]
    fn a_link_is_followed_to_what_lies_in_the_folder_and_no_further() {
        let (folder, root) = folders("day");
        let following = Following::within(&root, [PathBuf::from("home")]);
        assert_eq!(following.real(Path::new("link/a.mov")), Path::new("day/a.mov"));
        assert_eq!(following.real(Path::new("day/a.mov")), Path::new("day/a.mov"));
        assert_eq!(following.real(Path::new("link/gone")), Path::new("link/gone"), "what is not there leads nowhere");
        turn(&root, "../outside");
        assert_eq!(following.real(Path::new("link/a.mov")), Path::new("link/a.mov"), "as it is named: a link");
        turn(&root, &folder.path().join("in/day").to_string_lossy());
        assert_eq!(following.real(Path::new("link")), Path::new("day"), "by its whole path, too");
        std::fs::create_dir(root.join("home")).expect("made");
        turn(&root, "home");
        assert_eq!(following.real(Path::new("link")), Path::new("link"), "into none of Davit's own");
    }

    /// W16.
    #[test]
    fn a_file_behind_a_link_is_opened_where_a_person_wants_that_and_only_in_the_folder() {
        let (_folder, root) = folders("day");
        let (home, path) = (Path::new("/nowhere"), root.join("link/a.mov"));
        let followed = Place::within(&root, &path).through(Links::Followed, home);
        assert_eq!(held(&followed).expect("opened"), "inside");
        held(&Place::within(&root, &path).through(Links::Skipped, home)).expect_err("nobody wants it");
        for out in ["../outside", "/", "link", "nowhere"] {
            turn(&root, out);
            held(&followed).expect_err(out);
        }
        turn(&root, "day");
        held(&Place::within(&root, &path).through(Links::Followed, &root.join("day"))).expect_err("Davit's own");
    }

    /// W16: between the look and the opening, whoever may write in the folder turns the link as often as they like.
    #[test]
    fn a_link_that_is_turned_to_lead_out_while_it_is_opened_leaks_nothing() {
        let (_folder, root) = folders("day");
        let place = Place::within(&root, root.join("link/a.mov")).through(Links::Followed, Path::new("/nowhere"));
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    turn(&root, "../outside");
                    turn(&root, "day");
                }
            });
            let leaks = (0..5_000).filter_map(|_| held(&place).ok()).filter(|all| all != "inside").count();
            over.store(true, Ordering::Relaxed);
            assert_eq!(leaks, 0);
        });
        assert_eq!(held(&place).expect("it leads into the folder again"), "inside");
    }
}
