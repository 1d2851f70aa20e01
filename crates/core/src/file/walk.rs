//! A folder's files, one after the other, in the order of their names. Links are not followed; nothing is read.

use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::names;
use crate::error::{Error, ErrorCode};

/// What system folders leave behind and nobody wants to keep.
const JUNK: [&str; 3] = [".DS_Store", "Thumbs.db", "desktop.ini"];

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
    /// A symbolic link or junction: what it leads to may lie outside of what was given.
    Link,
    /// A leftover of the system.
    Junk,
    /// A file that lies in the cloud; reading would fetch it.
    Placeholder,
}

impl Skip {
    /// Its name in receipts.
    pub const fn rule(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Junk => "junk",
            Self::Placeholder => "placeholder",
        }
    }
}

/// Walks `root`, which may itself be a link.
pub fn walk(root: &Path) -> impl Iterator<Item = Found> + use<> {
    let root = root.to_owned();
    // Few handles open however deep it goes; names in order, so that two walks find the same.
    let walk = WalkDir::new(&root).follow_links(false).follow_root_links(true).max_open(16).sort_by_file_name();
    walk.into_iter().filter_map(move |entry| found(&root, entry))
}

fn found(root: &Path, entry: walkdir::Result<walkdir::DirEntry>) -> Option<Found> {
    let entry = match entry {
        Ok(entry) => entry,
        Err(error) => {
            let path = error.path().unwrap_or(root).to_owned();
            let error = match (error.loop_ancestor(), error.io_error()) {
                (Some(_), _) => Error::new(ErrorCode::FolderLoop),
                (None, Some(io)) => super::source::classify(io, &path),
                (None, None) => Error::new(ErrorCode::ReadError),
            };
            return Some(Found::Refused { path, error: error.detail("while walking a folder") });
        }
    };
    let path = entry.path().to_owned();
    let kind = entry.file_type();
    if kind.is_dir() {
        return None;
    }
    if kind.is_symlink() {
        return Some(Found::Skipped { path, why: Skip::Link });
    }
    if JUNK.iter().any(|junk| entry.file_name() == *junk) {
        return Some(Found::Skipped { path, why: Skip::Junk });
    }
    if !kind.is_file() {
        return Some(Found::Refused {
            path,
            error: Error::new(ErrorCode::NotAFile).detail("a pipe, socket or device"),
        });
    }
    let meta = match entry.metadata() {
        Ok(meta) => meta,
        Err(error) => {
            let error = error
                .io_error()
                .map_or_else(|| Error::new(ErrorCode::ReadError), |io| super::source::classify(io, &path));
            return Some(Found::Refused { path, error });
        }
    };
    if is_placeholder(&meta) {
        return Some(Found::Skipped { path, why: Skip::Placeholder });
    }
    let within = path.strip_prefix(root).unwrap_or(&path);
    if let Err(error) = names::relative_key(within) {
        return Some(Found::Refused { path, error });
    }
    let parts: Vec<_> = within.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    Some(Found::File { rel: parts.join("/"), size: meta.len(), path })
}

/// `FILE_ATTRIBUTE_RECALL_ON_DATA_ACCESS`: the bytes are fetched when read. Source: Windows file attribute constants.
#[cfg(windows)]
fn is_placeholder(meta: &std::fs::Metadata) -> bool {
    use std::os::windows::fs::MetadataExt as _;
    meta.file_attributes() & 0x0040_0000 != 0
}

/// `SF_DATALESS`. Source: `sys/stat.h` of macOS.
#[cfg(target_os = "macos")]
fn is_placeholder(meta: &std::fs::Metadata) -> bool {
    use std::os::macos::fs::MetadataExt as _;
    meta.st_flags() & 0x4000_0000 != 0
}

#[cfg(not(any(windows, target_os = "macos")))]
const fn is_placeholder(_: &std::fs::Metadata) -> bool {
    false
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
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).expect("a pipe");

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
