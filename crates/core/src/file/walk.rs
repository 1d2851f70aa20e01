//! A folder's files, one after the other, in the order of their names. Links are not followed; nothing is read.

use std::path::{Path, PathBuf};

use super::names;
use super::place::{Entry, Kind, Root, in_order};
use super::source::classify;
use crate::error::{Error, ErrorCode, Result};
use crate::ids::ObjectKey;

/// What system folders leave behind and nobody wants to keep.
const JUNK: [&str; 3] = [".DS_Store", "Thumbs.db", "desktop.ini"];

/// A folder's path that is longer, in bytes, holds no file that a key can name. A composed name is at least a third as
/// long as what it is composed of.
pub(super) const TOO_DEEP: usize = 3 * ObjectKey::MAX_BYTES;

/// One entry of a folder.
#[derive(Debug)]
pub enum Found {
    /// A file to upload.
    File {
        /// Where it lies.
        path: PathBuf,
        /// Its path within the folder, `/` between parts, as it stands on disk.
        rel: String,
        /// Bytes.
        size: u64,
    },
    /// Passed over by a rule.
    Skipped {
        /// Where it lies.
        path: PathBuf,
        /// Which rule.
        why: Skip,
    },
    /// Something the person would expect to be uploaded, and that cannot be.
    Refused {
        /// Where it lies.
        path: PathBuf,
        /// Why.
        error: Error,
    },
}

/// The rules that pass entries over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skip {
    /// A symbolic link, a junction or an alias of the Finder: what it leads to may lie outside of what was given.
    Link,
    /// A leftover of the system.
    Junk,
    /// A file that lies in the cloud; reading would fetch it.
    Placeholder,
    /// The folder in which this program keeps its own records.
    Own,
}

impl Skip {
    /// Its name in receipts.
    pub const fn rule(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Junk => "junk",
            Self::Placeholder => "placeholder",
            Self::Own => "own-records",
        }
    }
}

/// Walks the folder `root`, which is no link. One folder is open at a time, however deep it goes; names are in order, so
/// that two walks find the same.
pub fn walk(root: &Path) -> impl Iterator<Item = Found> + use<> {
    Walk { path: root.to_owned(), own: None, root: None, levels: Vec::new(), begun: false }
}

/// Where `home` lies within `root`, if it does.
pub(super) fn within(home: &Path, root: &Path) -> Option<PathBuf> {
    let (home, root) = (home.canonicalize().ok()?, root.canonicalize().ok()?);
    home.strip_prefix(root).ok().map(Path::to_owned)
}

/// The same without `home`, the program's own, and on a drive that may go away: `is_away` looks. Then the walk ends with
/// an error, and nothing that the drive took with it is called missing.
///
/// # Errors
/// `source-offline`, as the last item.
pub fn walk_on<F: Fn() -> bool>(root: &Path, home: &Path, is_away: Option<F>) -> WalkOn<F> {
    let walk = Walk { path: root.to_owned(), own: within(home, root), root: None, levels: Vec::new(), begun: false };
    WalkOn { walk, is_away, over: false }
}

/// A walk on a drive that may go away.
pub struct WalkOn<F> {
    walk: Walk,
    is_away: Option<F>,
    over: bool,
}

impl<F: Fn() -> bool> WalkOn<F> {
    /// The next one; `moves` is told whenever the drive gave something on the way to it.
    pub(crate) fn next_telling(&mut self, moves: &dyn Fn()) -> Option<Result<Found>> {
        if self.over {
            return None;
        }
        let next = self.walk.next_telling(moves);
        // An empty folder may be where the drive was mounted, and what cannot be read may be gone with it.
        let clear = matches!(next, Some(Found::File { .. } | Found::Skipped { .. }));
        let away = !clear && self.is_away.as_ref().is_some_and(|is_away| is_away());
        self.over = away || next.is_none();
        if away {
            return Some(Err(Error::new(ErrorCode::SourceOffline).detail("the drive went away during the walk")));
        }
        next.map(Ok)
    }
}

impl<F: Fn() -> bool> Iterator for WalkOn<F> {
    type Item = Result<Found>;

    fn next(&mut self) -> Option<Result<Found>> {
        self.next_telling(&|| {})
    }
}

struct Walk {
    path: PathBuf,
    /// A folder within it that is passed over.
    own: Option<PathBuf>,
    root: Option<Root>,
    levels: Vec<Level>,
    begun: bool,
}

/// A folder that is being walked.
struct Level {
    within: PathBuf,
    left: std::vec::IntoIter<Entry>,
}

impl Iterator for Walk {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        self.next_telling(&|| {})
    }
}

impl Walk {
    fn next_telling(&mut self, moves: &dyn Fn()) -> Option<Found> {
        if !self.begun {
            self.begun = true;
            match Root::open(&self.path) {
                Ok(root) => self.root = Some(root),
                Err(error) => {
                    return Some(Found::Refused { error: classify(&error, &self.path), path: self.path.clone() });
                }
            }
            if let Some(refused) = self.enter(PathBuf::new(), moves) {
                return Some(refused);
            }
        }
        loop {
            let level = self.levels.last_mut()?;
            let Some(entry) = level.left.next() else {
                self.levels.pop();
                continue;
            };
            let within = level.within.join(&entry.name);
            let found = match entry.kind {
                Ok(Kind::Folder) if self.own.as_ref() == Some(&within) => {
                    Some(Found::Skipped { path: self.path.join(within), why: Skip::Own })
                }
                Ok(Kind::Folder) => self.enter(within, moves),
                Ok(kind) => Some(self.found(&entry.name, kind, &within)),
                Err(error) => {
                    let path = self.path.join(within);
                    Some(Found::Refused { error: classify(&error, &path), path })
                }
            };
            if found.is_some() {
                return found;
            }
        }
    }

    /// Goes into a folder; answers why not.
    fn enter(&mut self, within: PathBuf, moves: &dyn Fn()) -> Option<Found> {
        let root = self.root.as_ref()?;
        let path = self.path.join(&within);
        if within.as_os_str().len() > TOO_DEEP {
            let error =
                Error::new(ErrorCode::KeyTooLong).detail("the path of this folder alone is longer than any key");
            return Some(Found::Refused { path, error });
        }
        match root.list(&within, moves) {
            Ok(entries) => {
                self.levels.push(Level { within, left: in_order(entries).into_iter() });
                None
            }
            Err(error) => Some(Found::Refused { error: classify(&error, &path), path }),
        }
    }

    fn found(&self, name: &std::ffi::OsStr, kind: Kind, within: &Path) -> Found {
        let path = self.path.join(within);
        let skipped = |path, why| Found::Skipped { path, why };
        let (size, placeholder) = match kind {
            Kind::Link => return skipped(path, Skip::Link),
            _ if JUNK.iter().any(|junk| name == *junk) => return skipped(path, Skip::Junk),
            Kind::File { stamp, placeholder } => (stamp.size, placeholder),
            Kind::Folder | Kind::Other => {
                let error = Error::new(ErrorCode::NotAFile).detail("a pipe, socket or device");
                return Found::Refused { path, error };
            }
        };
        if placeholder {
            return skipped(path, Skip::Placeholder);
        }
        if let Err(error) = names::relative_key(within) {
            return Found::Refused { path, error };
        }
        let parts: Vec<_> = within.components().map(|part| part.as_os_str().to_string_lossy()).collect();
        Found::File { rel: parts.join("/"), size, path }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_a_file_skipped_or_refused_and_links_lead_nowhere() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path();
        std::fs::create_dir(root.join("day 1")).expect("made");
        std::fs::write(root.join("day 1/b.mov"), b"12").expect("written");
        std::fs::write(root.join("a.txt"), b"").expect("written");
        std::fs::write(root.join(".DS_Store"), b"x").expect("written");
        std::os::unix::fs::symlink(root, root.join("day 1/loop")).expect("a link");
        let pipe = root.join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());

        let (mut files, mut skipped, mut refused) = (vec![], vec![], vec![]);
        for found in walk(root) {
            match found {
                Found::File { rel, size, .. } => files.push((rel, size)),
                Found::Skipped { why, .. } => skipped.push(why),
                Found::Refused { error, .. } => refused.push(error.code),
            }
        }
        assert_eq!(files, [("a.txt".to_owned(), 0), ("day 1/b.mov".to_owned(), 2)]);
        assert_eq!(skipped, [Skip::Junk, Skip::Link]);
        assert_eq!(refused, [ErrorCode::NotAFile]);
    }

    #[cfg(unix)]
    #[test]
    fn the_programs_own_records_are_passed_over_by_whatever_name_they_are_reached() {
        let folder = tempfile::tempdir().expect("a folder");
        let (root, home) = (folder.path().join("home"), folder.path().join("home/.local/davit"));
        std::fs::create_dir_all(&home).expect("made");
        for file in [home.join("journal.sqlite"), root.join("note.txt")] {
            std::fs::write(file, b"12").expect("written");
        }
        std::os::unix::fs::symlink(&root, folder.path().join("link")).expect("linked");
        let found: Vec<_> = walk_on(&root, &folder.path().join("link/.local/davit"), None::<fn() -> bool>).collect();
        let [Ok(Found::Skipped { path, why: Skip::Own }), Ok(Found::File { rel, .. })] = &found[..] else {
            panic!("{found:?}")
        };
        assert_eq!((path, &**rel), (&home, "note.txt"));
    }

    #[test]
    fn a_drive_that_goes_away_during_a_walk_leaves_nothing_called_missing_or_empty() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path();
        for name in ["a", "b"] {
            std::fs::create_dir(root.join(name)).expect("made");
            std::fs::write(root.join(name).join("1.mov"), b"12").expect("written");
        }
        let looks = std::cell::Cell::new(0);
        let away = |when: bool| {
            let looks = &looks;
            Some(move || {
                looks.set(looks.get() + 1);
                when
            })
        };
        let nowhere = Path::new("/nowhere");
        let all: Vec<_> = walk_on(root, nowhere, away(false)).map(|found| found.expect("there")).collect();
        assert_eq!((all.len(), looks.take()), (2, 1), "one look, at the end");

        // What is left of the drive: its folders cannot be opened any more, or are empty.
        let mut walk = walk_on(root, nowhere, away(true));
        assert!(matches!(walk.next(), Some(Ok(Found::File { .. }))));
        std::fs::remove_dir_all(root.join("b")).expect("gone");
        let error = walk.next().expect("a word").expect_err("away");
        assert_eq!(error.code, ErrorCode::SourceOffline);
        assert!(walk.next().is_none());
        let empty = tempfile::tempdir().expect("a folder");
        let found: Vec<_> = walk_on(empty.path(), nowhere, away(true)).collect();
        assert!(matches!(found[..], [Err(_)]), "{found:?}");
        assert!(walk_on(empty.path(), nowhere, None::<fn() -> bool>).next().is_none(), "nothing can take it away");
    }

    #[test]
    fn a_tree_a_thousand_deep_is_walked() {
        let folder = tempfile::tempdir().expect("a folder");
        // Longer than a path may be: made step by step, as tools do.
        let mut here =
            rustix::fs::open(folder.path(), rustix::fs::OFlags::DIRECTORY, rustix::fs::Mode::empty()).expect("opened");
        for _ in 0..1_000 {
            rustix::fs::mkdirat(&here, "d", 0o700.into()).expect("made");
            here = rustix::fs::openat(&here, "d", rustix::fs::OFlags::DIRECTORY, rustix::fs::Mode::empty())
                .expect("entered");
        }
        let file =
            rustix::fs::openat(&here, "leaf", rustix::fs::OFlags::CREATE | rustix::fs::OFlags::WRONLY, 0o600.into());
        drop(file.expect("made"));
        let files = walk(folder.path()).filter(|found| matches!(found, Found::File { .. })).count();
        assert_eq!(files, 1);
    }
}
