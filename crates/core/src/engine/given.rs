//! What a person gave: paths, each seen once, before anything is recorded.

use std::collections::HashMap;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use tokio::sync::Semaphore;

use crate::error::{Error, ErrorCode, Result};
use crate::file::{self, Asked, Mounted};

/// So many paths of one folder are looked at, at a time. When none of so many is answered, the folder's drive is away.
const AT_A_TIME: usize = 8;

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

/// Looks what each path is, for itself: one on a drive that does not answer keeps no other from being seen.
pub(super) async fn look_at_all(paths: Vec<PathBuf>) -> Vec<(Result<Given>, PathBuf)> {
    struct Folder {
        places: Semaphore,
        away: AtomicUsize,
    }
    let folder = || Folder { places: Semaphore::new(AT_A_TIME), away: AtomicUsize::new(0) };
    let mut folders = HashMap::new();
    for path in &paths {
        folders.entry(path.parent().map(Path::to_owned)).or_insert_with(folder);
    }
    let looks = paths.into_iter().map(|path| async {
        let folder = &folders[&path.parent().map(Path::to_owned)];
        let _place = folder.places.acquire().await;
        if folder.away.load(Ordering::Relaxed) >= AT_A_TIME {
            let error = Error::new(ErrorCode::SourceOffline).detail("the drive answers for nothing in this folder");
            return (Err(error), path);
        }
        // Which drive it is nobody can tell before it answers.
        let looked = {
            let path = path.clone();
            Mounted::at(&path).ask(Asked::Names, move || look(&path)).await
        };
        if looked.as_ref().is_err_and(|error| error.code == ErrorCode::SourceOffline) {
            folder.away.fetch_add(1, Ordering::Relaxed);
        }
        (looked, path)
    });
    futures::future::join_all(looks).await
}

/// Looks what a path is. Blocks.
///
/// # Errors
/// `file-missing`, `file-unreadable`, `folder-loop`, `source-offline`, `read-error`; `name-refused` for the root of a
/// file system, which has no name.
fn look(path: &Path) -> Result<Given> {
    let absolute = std::path::absolute(path).map_err(|e| Error::new(ErrorCode::FileMissing).source(e))?;
    // The person named it: a link they gave means the thing it leads to.
    let kind = std::fs::metadata(&absolute).map_err(|e| missing(&absolute, &e))?;
    // Only the system can tell where `..` leads, past links.
    let dotted = absolute.components().any(|part| part == Component::ParentDir);
    let plain = if dotted { resolved(&absolute)? } else { absolute };
    let Some(name) = plain.file_name().map(ToOwned::to_owned) else {
        return Err(Error::new(ErrorCode::NameRefused).detail("the root of a drive has no name; give its folders"));
    };
    let link = std::fs::symlink_metadata(&plain).is_ok_and(|meta| meta.is_symlink());
    let path = if link { std::fs::canonicalize(&plain).map_err(|e| missing(&plain, &e))? } else { plain };
    let folder = kind.is_dir();
    let mount = if folder { file::mount_of(&path) } else { path.parent().and_then(file::mount_of) };
    let (size, modified) = (if folder { 0 } else { kind.len() }, kind.modified().ok());
    Ok(Given { path, name, folder, size, modified, mount })
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

    use super::*;

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
}
