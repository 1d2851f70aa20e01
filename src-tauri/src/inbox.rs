//! Paths that a person gave, held here. The page sees an id, a count and a size; it can name no path at all.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What is held at most; older gestures that nobody confirmed are forgotten. Some file managers start a program once for
/// every file that is opened with it.
const HELD: usize = 4096;
/// A drive that is away may never answer; the window does not wait for it.
const LOOKING: Duration = Duration::from_millis(500);

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
    /// What it has instead where the drive does not answer: nobody knows what they are.
    pub unknown: u32,
    /// Bytes of the files; folders are counted later.
    #[ts(type = "number")]
    pub size: u64,
    /// At most three names.
    pub names: Vec<String>,
}

/// All gestures that wait for a destination.
#[derive(Debug, Default)]
pub struct Inbox {
    held: Mutex<Held>,
}

/// What a gesture gave.
type Gesture = (InboxId, Vec<PathBuf>);

#[derive(Debug, Default)]
struct Held {
    last: u32,
    gestures: BTreeMap<InboxId, Vec<PathBuf>>,
}

impl Inbox {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds paths; nothing when there are none. Looks at none of them.
    pub fn hold(&self, paths: Vec<PathBuf>) -> Option<InboxId> {
        if paths.is_empty() {
            return None;
        }
        let mut held = self.held();
        held.last += 1;
        let id = InboxId(held.last);
        held.gestures.insert(id, paths);
        while held.gestures.len() > HELD {
            held.gestures.pop_first();
        }
        Some(id)
    }

    /// Whether nothing waits for a destination.
    pub fn is_empty(&self) -> bool {
        self.held().gestures.is_empty()
    }

    /// Whether it is here still.
    pub fn holds(&self, id: InboxId) -> bool {
        self.held().gestures.contains_key(&id)
    }

    /// The one path of a gesture, which stays here.
    pub fn only(&self, id: InboxId) -> Option<PathBuf> {
        match self.held().gestures.get(&id).map(Vec::as_slice) {
            Some([only]) => Some(only.clone()),
            _ => None,
        }
    }

    /// What a held gesture has in it; nothing once it was given out. Never takes longer than [`LOOKING`].
    pub async fn view(&self, id: InboxId) -> Option<InboxView> {
        self.view_by(id, seen).await
    }

    async fn view_by(
        &self,
        id: InboxId,
        look: impl FnOnce(InboxId, &[PathBuf]) -> InboxView + Send + 'static,
    ) -> Option<InboxView> {
        let paths = self.held().gestures.get(&id)?.clone();
        let unknown = unseen(id, &paths);
        let looking = tauri::async_runtime::spawn_blocking(move || look(id, &paths));
        let seen = tokio::time::timeout(LOOKING, looking).await;
        Some(seen.ok().and_then(Result::ok).unwrap_or(unknown))
    }

    /// Gives out what some gestures gave, once: all of it, or nothing when one of them is not here.
    pub fn take(&self, ids: &[InboxId]) -> Option<Vec<Gesture>> {
        let mut held = self.held();
        if !ids.iter().all(|id| held.gestures.contains_key(id)) {
            return None;
        }
        Some(ids.iter().filter_map(|id| held.gestures.remove_entry(id)).collect())
    }

    /// What was given out was not used.
    pub fn give_back(&self, gestures: Vec<Gesture>) {
        self.held().gestures.extend(gestures);
    }
}

fn names(paths: &[PathBuf]) -> Vec<String> {
    let name = |path: &PathBuf| path.file_name().map(|name| name.to_string_lossy().into_owned());
    paths.iter().filter_map(name).take(3).collect()
}

fn unseen(id: InboxId, paths: &[PathBuf]) -> InboxView {
    let unknown = u32::try_from(paths.len()).unwrap_or(u32::MAX);
    InboxView { id, files: 0, folders: 0, unknown, size: 0, names: names(paths) }
}

fn seen(id: InboxId, paths: &[PathBuf]) -> InboxView {
    let (mut files, mut folders, mut size) = (0, 0, 0);
    for path in paths {
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
    InboxView { id, files, folders, unknown: 0, size, names: names(paths) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_gesture_is_counted_held_and_given_out_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a.txt");
        std::fs::write(&file, b"12345").expect("written");
        let inbox = Inbox::default();
        assert!(inbox.is_empty());
        let id = inbox.hold(vec![file.clone(), folder.path().to_owned()]).expect("held");
        assert!(!inbox.is_empty());
        let view = inbox.view(id).await.expect("seen");
        assert_eq!((view.files, view.folders, view.unknown, view.size), (1, 1, 0, 5));
        assert_eq!(inbox.take(&[id]), Some(vec![(id, vec![file, folder.path().to_owned()])]));
        assert_eq!(inbox.take(&[id]), None, "a page that asks twice gets nothing");
        assert_eq!(inbox.view(id).await, None);
        assert_eq!(inbox.hold(Vec::new()), None);
    }

    #[test]
    fn gestures_are_given_out_together_or_not_at_all_and_can_be_given_back() {
        let inbox = Inbox::default();
        let ids = ["a", "b"].map(|name| inbox.hold(vec![name.into()]).expect("held"));
        assert_eq!(inbox.take(&[ids[0], InboxId(9)]), None);
        let taken = inbox.take(&ids).expect("both");
        assert_eq!(taken.len(), 2);
        assert!(!inbox.holds(ids[0]));
        inbox.give_back(taken);
        assert!(ids.into_iter().all(|id| inbox.holds(id)));
    }

    #[tokio::test]
    async fn a_drive_that_does_not_answer_is_not_waited_for() {
        let (comes_back, answers) = std::sync::mpsc::channel::<()>();
        let inbox = Inbox::default();
        let id = inbox.hold(vec!["/mnt/lab/a.mov".into(), "/mnt/lab/day".into()]).expect("held");
        let look = move |id, paths: &[PathBuf]| {
            let _ = answers.recv();
            seen(id, paths)
        };
        let view = inbox.view_by(id, look).await.expect("held still");
        assert_eq!((view.files, view.folders, view.unknown), (0, 0, 2));
        assert_eq!(view.names, ["a.mov", "day"]);
        drop(comes_back);
    }

    #[test]
    fn gestures_that_nobody_confirms_do_not_pile_up() {
        let inbox = Inbox::default();
        let first = inbox.hold(vec!["a".into()]).expect("held");
        for _ in 0..HELD {
            inbox.hold(vec!["b".into()]).expect("held");
        }
        assert!(!inbox.holds(first));
    }
}
