//! What a person gave: paths, each seen once, before anything is recorded.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use crate::error::{Error, ErrorCode, Result};
use crate::file::{self, Asked, Asking, Mounted};

/// So many threads look at the paths of one folder. When so many paths are not answered, the folder's drive is away.
const AT_A_TIME: usize = 8;
/// So many of them a thread looks at before others are asked for.
const AT_ONCE: usize = 256;

/// A file or folder that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Given {
    /// Where it lies: absolute, without `..`, and past a link that was given by name.
    pub(crate) path: PathBuf,
    /// What it is called; a link's own name where a link was given.
    pub(crate) name: std::ffi::OsString,
    /// Whether it is a folder.
    pub(crate) folder: bool,
    /// Bytes of a file.
    pub(crate) size: u64,
    /// When it was last written to.
    pub(crate) modified: Option<SystemTime>,
    /// Where its drive is mounted.
    pub(crate) mount: Option<PathBuf>,
}

/// A path, and what it is.
type Looked = (Result<Given>, PathBuf);
/// Looks what a path is. Blocks.
type Look = fn(&mut Looker, &Path) -> Result<Given>;

/// Looks what each path is. One on a drive that does not answer keeps no other from being seen.
pub(super) async fn look_at_all(paths: Vec<PathBuf>) -> Vec<Looked> {
    let mut folders: HashMap<Option<PathBuf>, VecDeque<(usize, PathBuf)>> = HashMap::new();
    for (at, path) in paths.into_iter().enumerate() {
        folders.entry(path.parent().map(Path::to_owned)).or_default().push_back((at, path));
    }
    let folders = folders.into_values().map(|paths| Folder { paths, ..Folder::default() }.looked_at(Looker::look));
    let mut seen: Vec<_> = futures::future::join_all(folders).await.into_iter().flatten().collect();
    seen.sort_unstable_by_key(|(at, _)| *at);
    seen.into_iter().map(|(_, looked)| looked).collect()
}

/// Paths that lie in one folder, by their places among all.
#[derive(Debug, Default)]
struct Folder {
    paths: VecDeque<(usize, PathBuf)>,
    seen: Vec<(usize, Looked)>,
    /// How many were not answered.
    unanswered: usize,
}

impl Folder {
    async fn looked_at(mut self, look: Look) -> Vec<(usize, Looked)> {
        while !self.paths.is_empty() {
            let threads = self.paths.len().min(AT_A_TIME);
            let folder = Mutex::new(self);
            futures::future::join_all((0..threads).map(|_| Self::looks(&folder, look))).await;
            self = folder.into_inner().unwrap_or_else(PoisonError::into_inner);
        }
        self.seen
    }

    /// One thread's share: some of them, and some more, until all were looked at, or one is not answered: what that one leaves
    /// is shared anew.
    async fn looks(folder: &Mutex<Self>, look: Look) {
        let of = || folder.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let mut some = of().some();
            if some.is_empty() {
                return;
            }
            let (mut seen, error) = look_at_some(some.iter().map(|(_, path)| path.clone()).collect(), look).await;
            let mut folder = of();
            let is_over = error.is_some();
            // Of the one that it waits for.
            if let Some(error) = error {
                folder.unanswered += usize::from(error.code == ErrorCode::SourceOffline);
                seen.push(Err(error));
            }
            let left = some.split_off(seen.len().min(some.len()));
            folder.seen.extend(some.into_iter().zip(seen).map(|((at, path), looked)| (at, (looked, path))));
            left.into_iter().rev().for_each(|one| folder.paths.push_front(one));
            if is_over {
                return;
            }
        }
    }

    /// The next ones to look at; none where the drive is away.
    fn some(&mut self) -> Vec<(usize, PathBuf)> {
        if self.unanswered >= AT_A_TIME {
            let error = || Error::new(ErrorCode::SourceOffline).detail("the drive answers for nothing in this folder");
            self.seen.extend(self.paths.drain(..).map(|(at, path)| (at, (Err(error()), path))));
        }
        // What is not answered has neighbours like it: from then on each is asked for itself.
        let at_once = if self.unanswered > 0 { 1 } else { AT_ONCE };
        let count = self.paths.len().div_ceil(AT_A_TIME).min(at_once);
        self.paths.drain(..count).collect()
    }
}

/// Looks at one path after the other. Answers what was seen, and why the next one was not.
async fn look_at_some(paths: Vec<PathBuf>, look: Look) -> (Vec<Result<Given>>, Option<Error>) {
    // Which drive it is nobody can tell before it answers: of several, one that does not says nothing of the others.
    let drive = if let [only] = &*paths { Mounted::at(only) } else { Mounted::default() };
    let seen = Arc::new(Mutex::new(Some(Vec::new())));
    let told = Arc::clone(&seen);
    let work = move |asking: &Asking| {
        let mut looker = Looker::default();
        for path in &paths {
            let looked = look(&mut looker, path);
            asking.moves();
            // Nobody waits for the rest.
            let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(told) = told.as_mut() else { break };
            told.push(looked);
        }
        Ok(())
    };
    let error = drive.ask_for_much(Asked::Names, work).await.err();
    let seen = seen.lock().unwrap_or_else(PoisonError::into_inner).take();
    (seen.unwrap_or_default(), error)
}

/// Looks at paths, and knows where the drive of the last one is mounted.
#[derive(Default)]
struct Looker {
    mount: Option<(PathBuf, Option<PathBuf>)>,
}

impl Looker {
    fn mount_of(&mut self, folder: &Path) -> Option<PathBuf> {
        if self.mount.as_ref().is_none_or(|(known, _)| known != folder) {
            self.mount = Some((folder.to_owned(), file::mount_of(folder)));
        }
        self.mount.as_ref().and_then(|(_, mount)| mount.clone())
    }

    /// Looks what a path is. Blocks.
    ///
    /// # Errors
    /// `file-missing`, `file-unreadable`, `folder-loop`, `source-offline`, `read-error`; `name-refused` for the root of a
    /// file system, which has no name.
    fn look(&mut self, path: &Path) -> Result<Given> {
        let absolute = std::path::absolute(path).map_err(|e| Error::new(ErrorCode::FileMissing).source(e))?;
        // Without what a shell puts behind the name of a folder: the system follows a link for it, and the records know one
        // folder under one path.
        let absolute: PathBuf = absolute.components().collect();
        let itself = std::fs::symlink_metadata(&absolute).map_err(|e| missing(&absolute, &e))?;
        // Only the system can tell where `..` leads, past links.
        let dotted = absolute.components().any(|part| part == Component::ParentDir);
        let plain = if dotted { resolved(&absolute)? } else { absolute };
        let Some(name) = plain.file_name().map(ToOwned::to_owned) else {
            return Err(Error::new(ErrorCode::NameRefused).detail("the root of a drive has no name; give its folders"));
        };
        let is_link = |path: &Path| std::fs::symlink_metadata(path).is_ok_and(|meta| meta.is_symlink());
        let link = if dotted { is_link(&plain) } else { itself.is_symlink() };
        // The person named it: a link they gave means the thing it leads to.
        let kind = if link { std::fs::metadata(&plain).map_err(|e| missing(&plain, &e))? } else { itself };
        let path = if link { std::fs::canonicalize(&plain).map_err(|e| missing(&plain, &e))? } else { plain };
        let folder = kind.is_dir();
        let mount = if folder { file::mount_of(&path) } else { path.parent().and_then(|above| self.mount_of(above)) };
        let (size, modified) = (if folder { 0 } else { kind.len() }, kind.modified().ok());
        Ok(Given { path, name, folder, size, modified, mount })
    }
}

/// The same path without `..`; a link in the last place keeps its name.
fn resolved(path: &Path) -> Result<PathBuf> {
    let whole = |path: &Path| std::fs::canonicalize(path).map_err(|e| missing(path, &e));
    match (path.parent(), path.file_name()) {
        (Some(folder), Some(name)) => Ok(whole(folder)?.join(name)),
        _ => whole(path),
    }
}

fn missing(path: &Path, error: &io::Error) -> Error {
    // A link that leads to itself cannot be looked through, and is there all the same.
    let loops =
        error.kind() != io::ErrorKind::NotFound && std::fs::symlink_metadata(path).is_ok_and(|meta| meta.is_symlink());
    if loops && error.kind() != io::ErrorKind::PermissionDenied {
        return Error::new(ErrorCode::FolderLoop).detail(path.display().to_string());
    }
    file::classify(error, path)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    use super::*;

    fn look(path: &Path) -> Result<Given> {
        Looker::default().look(path)
    }

    #[test]
    fn a_path_with_dots_is_made_plain_before_it_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("plain");
        std::fs::create_dir_all(root.join("day 1/cam")).expect("made");
        std::fs::write(root.join("day 1/a.mov"), b"12").expect("written");
        let up = look(&root.join("day 1/cam/..")).expect("there");
        assert_eq!((up.path, up.name), (root.join("day 1"), "day 1".into()));
        let beside = look(&root.join("day 1/cam/../a.mov")).expect("there");
        assert_eq!((beside.path, beside.size), (root.join("day 1/a.mov"), 2));
        assert_eq!(look(Path::new("/")).expect_err("no name").code, ErrorCode::NameRefused);
        assert_eq!(look(Path::new("/..")).expect_err("no name").code, ErrorCode::NameRefused);
    }

    #[test]
    fn a_link_that_was_given_means_what_it_leads_to_under_its_own_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("plain");
        std::fs::write(root.join("a.mov"), b"12").expect("written");
        symlink(root.join("a.mov"), root.join("best take.mov")).expect("a link");
        symlink("loop", root.join("loop")).expect("a link");
        symlink("gone", root.join("dangling")).expect("a link");
        let take = look(&root.join("best take.mov")).expect("there");
        assert_eq!((take.path, take.name), (root.join("a.mov"), "best take.mov".into()));
        assert_eq!(look(&root.join("loop")).expect_err("a loop").code, ErrorCode::FolderLoop);
        assert_eq!(look(&root.join("dangling")).expect_err("leads nowhere").code, ErrorCode::FileMissing);
    }

    #[test]
    fn a_slash_behind_a_name_is_no_part_of_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("plain");
        std::fs::create_dir(root.join("shoot")).expect("made");
        symlink(root.join("shoot"), root.join("today")).expect("a link");
        for behind in ["", "/", "//", "/."] {
            let look = |name: &str| look(Path::new(&format!("{}/{name}{behind}", root.display()))).expect("there");
            let (shoot, today) = (look("shoot"), look("today"));
            assert_eq!(shoot.path.as_os_str(), root.join("shoot").as_os_str(), "{behind}");
            assert_eq!((today.path.as_os_str(), &*today.name), (root.join("shoot").as_os_str(), "today".as_ref()));
        }
    }

    #[tokio::test]
    async fn many_paths_are_looked_at_in_the_order_they_were_given_in() {
        let home = tempfile::tempdir().expect("a folder");
        let root = home.path().canonicalize().expect("plain");
        let of = |n: usize| root.join(format!("{}/{n}", n % 3));
        (0..3).for_each(|n| std::fs::create_dir(root.join(n.to_string())).expect("made"));
        // Every fifth is not there.
        let count = 3 * AT_ONCE * 2;
        (0..count).filter(|n| n % 5 != 0).for_each(|n| std::fs::write(of(n), n.to_string()).expect("written"));
        let looked = look_at_all((0..count).map(of).collect()).await;
        assert_eq!(looked.len(), count);
        for (n, (outcome, path)) in looked.into_iter().enumerate() {
            assert_eq!(path, of(n));
            match outcome {
                Ok(given) => assert_eq!((given.path, given.size), (path, n.to_string().len() as u64)),
                Err(error) => assert_eq!((n % 5, error.code), (0, ErrorCode::FileMissing)),
            }
        }
    }

    static LOOKED: AtomicUsize = AtomicUsize::new(0);
    static OVER: AtomicBool = AtomicBool::new(false);

    /// The first of them is not answered before the test is over.
    fn hangs(looker: &mut Looker, path: &Path) -> Result<Given> {
        while path.ends_with("0") && !OVER.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
        let looked = looker.look(path);
        LOOKED.fetch_add(1, Ordering::SeqCst);
        looked
    }

    async fn until_looked(count: usize) {
        while LOOKED.load(Ordering::SeqCst) < count {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_path_that_is_not_answered_keeps_none_of_its_chunk_from_being_seen() {
        let path = |at: usize| Path::new("/davit/there/is/no/such/folder").join(at.to_string());
        let count = 2 * AT_A_TIME;
        let paths = (0..count).map(|at| (at, path(at))).collect();
        let looks = Folder { paths, ..Folder::default() }.looked_at(hangs);
        let waits = async {
            // For all but the one and the one behind it.
            until_looked(count - 2).await;
            // Its thread tells so a moment after it looked.
            for _ in 0..10_000 {
                tokio::task::yield_now().await;
            }
            tokio::time::advance(std::time::Duration::from_secs(21)).await;
        };
        let (mut seen, ()) = tokio::join!(looks, waits);
        OVER.store(true, Ordering::SeqCst);
        seen.sort_unstable_by_key(|(at, _)| *at);
        let code = |(_, (outcome, _)): &(usize, Looked)| outcome.as_ref().err().map(|error| error.code);
        let codes: Vec<_> = seen.iter().map(code).collect();
        assert_eq!(codes[0], Some(ErrorCode::SourceOffline));
        assert_eq!(codes[1..], vec![Some(ErrorCode::FileMissing); count - 1]);
        assert_eq!(seen.iter().map(|(at, _)| *at).collect::<Vec<_>>(), (0..count).collect::<Vec<_>>(), "each once");
    }

    #[test]
    fn once_nothing_in_a_folder_is_answered_for_the_rest_is_not_asked_for() {
        let paths: VecDeque<_> = (0..1_000).map(|at| (at, PathBuf::from(at.to_string()))).collect();
        let mut folder = Folder { paths, unanswered: AT_A_TIME - 1, ..Folder::default() };
        let some = folder.some();
        assert!(!some.is_empty() && some.len() < 1_000, "shared by several threads: {}", some.len());
        folder.unanswered += 1;
        assert!(folder.some().is_empty());
        let away = |(_, (outcome, _)): &(usize, Looked)| {
            outcome.as_ref().is_err_and(|error| error.code == ErrorCode::SourceOffline)
        };
        assert_eq!(folder.seen.len(), 1_000 - some.len());
        assert!(folder.seen.iter().all(away));
    }
}
