//! What rules would take of a folder as it is now (rules W18 and W30). The folder is looked at once, and asked again with every
//! change of the rules. Nothing is opened but folders.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;
use ts_rs::TS;

use super::aftermath::{HIDDEN, UPLOADED, is_put_aside};
use super::passed::{is_of_a_system, why, why_not};
use super::rules::{Rule, Rules, Verdict};
use crate::error::{ErrorCode, Result};
use crate::file::{Asked, Asking, Extent, Mounted, Seen, Stamp, Tree, mount_of, names};
use crate::units::{ByteCount, UnixTime};

/// Files that are named at most, of each kind.
const NAMED: usize = 200;

/// The files of a folder as they were when it was looked at.
#[derive(Debug)]
pub struct Listing {
    /// By their paths with composed letters: whoever asks again does not compose them again.
    files: Vec<(String, Stamp)>,
    /// What is passed over whatever is wanted, and why: what a person can do something about first.
    passed: Vec<(String, Rule)>,
}

/// What would be taken of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Preview {
    /// Files that would be uploaded.
    pub taken: u32,
    /// Their bytes.
    pub bytes: ByteCount,
    /// Files that would not be.
    pub left: u32,
    /// Some of those that would be, by their paths in the folder.
    pub some_taken: Vec<String>,
    /// Some of those that would not be, and why.
    pub some_left: Vec<Left>,
}

/// A file that would not be uploaded, or what is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Left {
    /// Its path in the folder.
    pub path: String,
    /// Why.
    pub why: Rule,
}

impl Listing {
    /// Looks at all of a folder, as far as it reaches. What a watch passes over is told with its reason.
    ///
    /// # Errors
    /// Of the folder itself what the system says; `source-offline` when its drive does not answer.
    ///
    /// # Cancellation
    /// The folder that is asked for is listed to its end, and no other.
    pub async fn of(root: &Path, home: &Path, extent: Extent) -> Result<Self> {
        let (path, home) = (root.to_owned(), home.to_owned());
        let begin = move || {
            let tree = Tree::open(&path, &home)?.reaching(extent, Path::new(UPLOADED));
            Ok((Arc::new(tree), mount_of(&path)))
        };
        // Which drive it is tells only the folder; until then the folder is asked for as a drive of its own.
        let (tree, mount) = Mounted::at(root).ask(Asked::Names, begin).await?;
        let drive = Mounted::at(mount.as_deref().unwrap_or(root));
        let (mut open, mut files, mut passed) = (vec![PathBuf::new()], Vec::new(), Vec::new());
        while let Some(folder) = open.pop() {
            let (within, listed) = (folder.clone(), Arc::clone(&tree));
            let list = move |asking: &Asking| listed.list(&within, &|| asking.moves());
            let sights = match drive.ask_for_much(Asked::Names, list).await {
                Err(error) if !folder.as_os_str().is_empty() && error.code != ErrorCode::SourceOffline => {
                    let why = why_not(error.code).filter(|_| !is_of_a_system(&folder));
                    passed.extend(why.map(|why| (names::spelled(&folder), why)));
                    continue;
                }
                sights => sights?,
            };
            for sight in sights {
                let path = folder.join(&sight.name);
                passed.extend(why(&sight.what).map(|why| (names::spelled(&path), why)));
                match sight.what {
                    Seen::Folder if !is_put_aside(&path) => open.push(path),
                    Seen::File(stamp) if !sight.name.to_string_lossy().starts_with(HIDDEN) => {
                        files.push((names::normal(&names::spelled(&path)), stamp));
                    }
                    Seen::Folder | Seen::File(_) | Seen::Passed(_) | Seen::Refused(_) => {}
                }
            }
        }
        files.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        let is_minor = |why: Rule| !matches!(why, Rule::Unreadable | Rule::Name);
        passed.sort_unstable_by(|(one, why), (other, why_other)| {
            (is_minor(*why), one).cmp(&(is_minor(*why_other), other))
        });
        Ok(Self { files, passed })
    }

    /// What these rules would take of it.
    pub fn by(&self, rules: &Rules, now: UnixTime) -> Preview {
        let mut preview = Preview::default();
        for (path, why) in self.passed.iter().filter(|(path, _)| !rules.leaves_whatever(path)) {
            preview.leaves(path, *why);
        }
        for (path, stamp) in &self.files {
            match rules.composed(path, *stamp, now) {
                // One that is too young is taken once it is not.
                Verdict::Takes | Verdict::Young(_) | Verdict::Ahead(_) => {
                    preview.taken += 1;
                    preview.bytes += ByteCount(stamp.size);
                    if preview.some_taken.len() < NAMED {
                        preview.some_taken.push(path.clone());
                    }
                }
                Verdict::Leaves(why) => preview.leaves(path, why),
            }
        }
        preview
    }
}

impl Preview {
    fn leaves(&mut self, path: &str, why: Rule) {
        self.left += 1;
        if self.some_left.len() < NAMED {
            self.some_left.push(Left { path: path.to_owned(), why });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::Spec;
    use crate::watch::rules::Line;

    /// W18, W30.
    #[tokio::test]
    async fn what_rules_would_take_is_told_of_a_folder_as_it_is() {
        let folder = tempfile::tempdir().expect("a folder");
        for (path, len) in [
            ("a.mov", 5),
            ("day/b.mov", 7),
            ("day/c.txt", 1),
            ("d.mov.part", 1),
            ("_uploaded/2026/e.mov", 9),
            (".davit-1", 9),
        ] {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().expect("above")).expect("made");
            std::fs::write(path, vec![0; len]).expect("written");
        }
        let listing = Listing::of(folder.path(), Path::new("/nowhere"), Extent::default()).await.expect("looked at");
        let by = |lines: Vec<Line>| {
            let rules = Spec { lines, ..Spec::default() }.rules().expect("patterns");
            listing.by(&rules, UnixTime::now())
        };
        let all = by(Vec::new());
        assert_eq!((all.taken, all.bytes, all.left), (3, ByteCount(13), 1));
        assert_eq!(all.some_left, [Left { path: "d.mov.part".to_owned(), why: Rule::Leftover }]);
        let films = by(vec![Line::Include("*.mov".to_owned())]);
        assert_eq!((films.taken, films.left), (2, 2));
        assert_eq!(films.some_taken, ["a.mov", "day/b.mov"]);
        assert_eq!(films.some_left[1], Left { path: "day/c.txt".to_owned(), why: Rule::NotIncluded });
    }

    /// W18: on whatever system a name was written.
    #[tokio::test]
    async fn letters_that_are_kept_apart_are_composed_where_a_folder_is_looked_at() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("gro\u{308}\u{df}e.mov"), b"1").expect("written");
        let listing = Listing::of(folder.path(), Path::new("/nowhere"), Extent::default()).await.expect("looked at");
        let lines = vec![Line::Include("gr\u{f6}\u{df}e.*".to_owned())];
        let rules = Spec { lines, ..Spec::default() }.rules().expect("patterns");
        assert_eq!(listing.by(&rules, UnixTime::now()).some_taken, ["gr\u{f6}\u{df}e.mov"]);
    }

    /// W16: nobody believes that all of it is uploaded.
    #[cfg(unix)]
    #[tokio::test]
    async fn a_preview_names_what_is_passed_over_and_why() {
        use std::os::unix::ffi::OsStrExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("a.mov"), b"1").expect("written");
        std::fs::write(folder.path().join(std::ffi::OsStr::from_bytes(b"caf\xe9.mov")), b"1").expect("written");
        std::os::unix::fs::symlink("a.mov", at("link")).expect("a link");
        std::os::unix::fs::symlink("a.mov", at(".link")).expect("a link");
        assert!(std::process::Command::new("mkfifo").arg(at("pipe")).status().expect("mkfifo").success());
        std::os::unix::net::UnixListener::bind(at("socket")).expect("a socket");
        let listing = Listing::of(folder.path(), Path::new("/nowhere"), Extent::default()).await.expect("looked at");
        let preview = listing.by(&Spec::default().rules().expect("patterns"), UnixTime::now());
        assert_eq!((preview.taken, preview.left), (1, 4));
        let left: Vec<_> = preview.some_left.iter().map(|left| (&*left.path, left.why)).collect();
        assert!(left[0].0.contains("caf") && left[0].1 == Rule::Name, "what can be mended comes first: {left:?}");
        assert_eq!(left[1..], [("link", Rule::Link), ("pipe", Rule::Special), ("socket", Rule::Special)]);
    }

    /// W16.
    #[cfg(unix)]
    #[tokio::test]
    async fn a_preview_reaches_as_far_as_a_person_wants() {
        use crate::file::Links;
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("day")).expect("made");
        std::fs::write(folder.path().join("day/a.mov"), b"1").expect("written");
        for (to, link) in [("day", "link"), ("..", "day/up")] {
            std::os::unix::fs::symlink(to, folder.path().join(link)).expect("a link");
        }
        let rules = Spec::default().rules().expect("patterns");
        for (links, taken) in [(Links::Skipped, vec!["day/a.mov"]), (Links::Followed, vec!["day/a.mov", "link/a.mov"])]
        {
            let extent = Extent { links, ..Extent::default() };
            let listing = Listing::of(folder.path(), Path::new("/nowhere"), extent).await.expect("looked at");
            assert_eq!(listing.by(&rules, UnixTime::now()).some_taken, taken);
        }
    }
}
