//! Paths that a person gave, held here. The page sees an id, a count and a size; it can name no path at all.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What is held at most; older gestures that nobody confirmed are forgotten.
const HELD: usize = 32;

/// A gesture's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[ts(type = "number")]
pub struct InboxId(u32);

/// A gesture, as the page sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct InboxView {
    /// Its name.
    pub id: InboxId,
    /// Files among it.
    pub files: u32,
    /// Folders among it.
    pub folders: u32,
    /// Bytes of the files; folders are counted later.
    #[ts(type = "number")]
    pub size: u64,
    /// At most three names.
    pub names: Vec<String>,
}

/// All gestures that wait for a destination.
#[derive(Debug, Default)]
pub struct Inbox {
    held: Mutex<(u32, BTreeMap<InboxId, Vec<PathBuf>>)>,
}

impl Inbox {
    fn held(&self) -> MutexGuard<'_, (u32, BTreeMap<InboxId, Vec<PathBuf>>)> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds paths; nothing when there are none.
    pub fn hold(&self, paths: Vec<PathBuf>) -> Option<InboxView> {
        if paths.is_empty() {
            return None;
        }
        let (mut files, mut folders, mut size) = (0, 0, 0);
        for path in &paths {
            match std::fs::metadata(path) {
                Ok(meta) if meta.is_dir() => folders += 1,
                Ok(meta) => {
                    files += 1;
                    size += meta.len();
                }
                // It will be named when it is added.
                Err(_) => files += 1,
            }
        }
        let name = |path: &PathBuf| path.file_name().map(|name| name.to_string_lossy().into_owned());
        let names = paths.iter().filter_map(name).take(3).collect();
        let mut held = self.held();
        held.0 += 1;
        let id = InboxId(held.0);
        held.1.insert(id, paths);
        while held.1.len() > HELD {
            held.1.pop_first();
        }
        Some(InboxView { id, files, folders, size, names })
    }

    /// Gives paths out, once.
    pub fn take(&self, id: InboxId) -> Option<Vec<PathBuf>> {
        self.held().1.remove(&id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gesture_is_counted_held_and_given_out_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a.txt");
        std::fs::write(&file, b"12345").expect("written");
        let inbox = Inbox::default();
        let view = inbox.hold(vec![file.clone(), folder.path().to_owned()]).expect("held");
        assert_eq!((view.files, view.folders, view.size), (1, 1, 5));
        assert_eq!(inbox.take(view.id), Some(vec![file, folder.path().to_owned()]));
        assert_eq!(inbox.take(view.id), None, "a page that asks twice gets nothing");
        assert_eq!(inbox.hold(Vec::new()), None);
    }

    #[test]
    fn gestures_that_nobody_confirms_do_not_pile_up() {
        let inbox = Inbox::default();
        let first = inbox.hold(vec!["a".into()]).expect("held");
        for _ in 0..HELD {
            inbox.hold(vec!["b".into()]).expect("held");
        }
        assert_eq!(inbox.take(first.id), None);
    }
}
