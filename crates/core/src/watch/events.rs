//! What the system tells of a watched folder: hints where to look, never what to believe (rules W3, W10, W13 and W14).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use notify::event::{AccessKind, AccessMode, EventKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::Notify;

use super::below;
use super::card::{Notices, Why};
use super::spec::Mode;

/// Something to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Hint {
    /// Something may have changed in this folder, from the watched one on.
    Folder(PathBuf),
    /// What has this name may be another thing than before: a folder that was removed and made again, or moved here.
    Other(PathBuf),
    /// The watched folder itself was removed or has another name: of what stands in its place by now the system tells nothing.
    Root,
    /// Events were lost: something may have changed anywhere.
    Lost,
}

/// The events of one watched folder.
#[derive(Debug)]
pub(super) struct Events {
    mode: Mode,
    /// Whether the folder lies on another computer, or a program serves it.
    remote: bool,
    watcher: Option<RecommendedWatcher>,
    /// Why there is none, or not for all of it.
    without: Option<Why>,
    /// What of that was last written to the log: it is tried again once a minute, and said once.
    logged: Option<Why>,
    watched: BTreeSet<PathBuf>,
    told: Arc<Told>,
}

/// What was told and not taken yet. As much as there are folders, however much happens in them.
#[derive(Debug, Default)]
struct Told {
    hints: Mutex<Hints>,
    some: Notify,
}

#[derive(Debug, Default)]
struct Hints {
    folders: BTreeSet<PathBuf>,
    others: BTreeSet<PathBuf>,
    root: bool,
    lost: bool,
}

impl Told {
    fn hint(&self, change: impl FnOnce(&mut Hints)) {
        change(&mut self.hints.lock().unwrap_or_else(PoisonError::into_inner));
        self.some.notify_one();
    }

    fn lost(&self) {
        self.hint(|hints| hints.lost = true);
    }

    fn take(&self) -> Vec<Hint> {
        let Hints { folders, others, root, lost } =
            std::mem::take(&mut *self.hints.lock().unwrap_or_else(PoisonError::into_inner));
        let all = [root.then_some(Hint::Root), lost.then_some(Hint::Lost)].into_iter().flatten();
        all.chain(others.into_iter().map(Hint::Other)).chain(folders.into_iter().map(Hint::Folder)).collect()
    }

    fn told(&self, root: &Path, event: notify::Result<notify::Event>) {
        let event = match event {
            Ok(event) if event.need_rescan() => return self.lost(),
            Ok(event) => event,
            Err(error) => {
                tracing::warn!(%error, "the system told of a watched folder that it cannot tell");
                return self.lost();
            }
        };
        // Reading a folder tells of itself; looking at it again for that would never end.
        let is_read = matches!(event.kind, EventKind::Access(kind) if kind != AccessKind::Close(AccessMode::Write));
        if is_read {
            return;
        }
        for path in &event.paths {
            let Ok(within) = path.strip_prefix(root) else { continue };
            let above = within.parent().unwrap_or(Path::new("")).to_owned();
            let is_root = within.as_os_str().is_empty();
            let other = (is_another(event.kind) && !is_root).then(|| within.to_owned());
            self.hint(|hints| {
                hints.others.extend(other);
                hints.root |= is_root && is_gone(event.kind);
                hints.folders.insert(above);
            });
        }
    }
}

/// Whether folders are watched one by one: elsewhere the system watches all below one.
const ONE_BY_ONE: bool = cfg!(target_os = "linux");

impl Events {
    /// None yet, of a folder on a drive of this computer as far as is known.
    pub(super) fn new(mode: Mode) -> Self {
        Self::of(mode, false)
    }

    /// Where the folder lies. Answers whether that is elsewhere than it was: nothing is told until all of it is looked at.
    pub(super) fn lies(&mut self, remote: bool) -> bool {
        let elsewhere = self.remote != remote;
        if elsewhere {
            *self = Self::of(self.mode, remote);
        }
        elsewhere
    }

    /// All of it is looked at: of each folder the system is asked anew to tell, before that. Of one that went and came back it may have
    /// stopped without a word.
    pub(super) fn asks_anew(&mut self) {
        if ONE_BY_ONE {
            self.watched.clear();
        } else {
            self.rest();
        }
    }

    fn of(mode: Mode, remote: bool) -> Self {
        let without = match mode {
            Mode::Poll => Some(Why::Wanted),
            Mode::Auto if remote => Some(Why::Remote),
            Mode::Auto | Mode::Live => None,
        };
        Self { mode, remote, watcher: None, without, logged: None, watched: BTreeSet::new(), told: Arc::default() }
    }

    /// A person changed their mind.
    pub(super) fn set_mode(&mut self, mode: Mode) {
        if self.mode != mode {
            *self = Self::of(mode, self.remote);
        }
    }

    /// How changes are noticed.
    pub(super) fn notices(&self) -> Notices {
        self.without.map_or(Notices::Live, Notices::Polls)
    }

    /// From now on the system tells of a folder, from the watched one on: it is to be called before the folder is looked at.
    pub(super) fn watch(&mut self, root: &Path, folder: &Path) {
        // What refuses one folder may have room for another only where it counts folders.
        if self.without.is_some_and(|why| !matches!(why, Why::Limit { .. })) || self.watched.contains(folder) {
            return;
        }
        if !ONE_BY_ONE && !folder.as_os_str().is_empty() {
            return;
        }
        if self.watcher.is_none() {
            let (told, within) = (Arc::clone(&self.told), root.to_owned());
            match notify::recommended_watcher(move |event| told.told(&within, event)) {
                Ok(watcher) => self.watcher = Some(watcher),
                Err(error) => return self.cannot(&error),
            }
        }
        let mode = if ONE_BY_ONE { RecursiveMode::NonRecursive } else { RecursiveMode::Recursive };
        let path = if folder.as_os_str().is_empty() { root.to_owned() } else { root.join(folder) };
        match self.watcher.as_mut().map(|watcher| watcher.watch(&path, mode)) {
            Some(Ok(())) => drop(self.watched.insert(folder.to_owned())),
            // Gone by now: whoever looks at it next sees that.
            Some(Err(error)) if matches!(error.kind, notify::ErrorKind::PathNotFound) => {}
            // Of one that may not be read nothing is told, and nothing is taken. It is tried again at every look.
            Some(Err(error)) if is_of_one(&error) && !folder.as_os_str().is_empty() => {
                tracing::debug!(%error, "the system tells nothing of one folder in a watched one");
            }
            Some(Err(error)) => self.cannot(&error),
            None => {}
        }
    }

    /// The system may tell by now what it did not before: somebody raised a limit, or another program ended.
    pub(super) fn tries_again(&mut self) {
        if matches!(self.without, Some(Why::Limit { .. } | Why::Instances { .. } | Why::Refused)) {
            self.without = None;
        }
    }

    /// A folder is not there any more. The system sees that by itself; where it was only renamed it goes on telling of it, and
    /// would not if it were told to stop under the former name.
    pub(super) fn forget(&mut self, folder: &Path) {
        below::out_of(&mut self.watched, folder);
    }

    /// The system need not tell any more.
    pub(super) fn rest(&mut self) {
        *self = Self::of(self.mode, self.remote);
    }

    /// What is to be looked at; waits for something.
    pub(super) async fn next(&self) -> Vec<Hint> {
        loop {
            let hints = self.told.take();
            if !hints.is_empty() {
                return hints;
            }
            self.told.some.notified().await;
        }
    }

    fn cannot(&mut self, error: &notify::Error) {
        let why = why(&error.kind, most_watches, most_instances);
        if self.logged != Some(why) {
            tracing::warn!(%error, "a folder is looked at instead of being told of");
        }
        (self.without, self.logged) = (Some(why), Some(why));
    }
}

/// Whether a name may stand for another folder from now on.
const fn is_another(kind: EventKind) -> bool {
    use notify::event::{CreateKind, ModifyKind, RemoveKind};
    matches!(
        kind,
        EventKind::Create(CreateKind::Folder | CreateKind::Any)
            | EventKind::Remove(RemoveKind::Folder | RemoveKind::Any)
            | EventKind::Modify(ModifyKind::Name(_))
    )
}

/// Whether what had a name has it no more.
const fn is_gone(kind: EventKind) -> bool {
    matches!(kind, EventKind::Remove(_) | EventKind::Modify(notify::event::ModifyKind::Name(_)))
}

fn is_of_one(error: &notify::Error) -> bool {
    use std::io::ErrorKind::{NotADirectory, NotFound, PermissionDenied};
    matches!(&error.kind, notify::ErrorKind::Io(error)
        if matches!(error.kind(), PermissionDenied | NotFound | NotADirectory))
}

/// What an error says, by how much the system allows of what it counts.
fn why(
    error: &notify::ErrorKind,
    watches: impl FnOnce() -> Option<u64>,
    instances: impl FnOnce() -> Option<u64>,
) -> Why {
    match error {
        notify::ErrorKind::MaxFilesWatch => Why::Limit { most: watches().unwrap_or(0) },
        // The same is said where this process has too many files open. Then nothing can be read either, and it is not told.
        notify::ErrorKind::Io(error) if is_of_all(error) => {
            instances().map_or(Why::Refused, |most| Why::Instances { most })
        }
        _ => Why::Refused,
    }
}

/// `EMFILE`: no more programs of this user may be told of folders. Source: `inotify_init(2)`.
fn is_of_all(error: &std::io::Error) -> bool {
    cfg!(target_os = "linux") && error.raw_os_error() == Some(24)
}

/// How many folders one user may have watched: in all, and in a container. Source: inotify(7), namespaces(7).
fn most_watches() -> Option<u64> {
    least_of(["/proc/sys/fs/inotify/max_user_watches", "/proc/sys/user/max_inotify_watches"])
}

/// How often one user may be told of folders: each watched folder is once. Source: as above.
fn most_instances() -> Option<u64> {
    least_of(["/proc/sys/fs/inotify/max_user_instances", "/proc/sys/user/max_inotify_instances"])
}

fn least_of(limits: [&str; 2]) -> Option<u64> {
    limits.iter().filter_map(|path| std::fs::read_to_string(path).ok()?.trim().parse().ok()).min()
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use notify::event::{CreateKind, DataChange, ModifyKind};
    use tokio::time::{Duration, Instant};

    use super::*;
    use crate::file::Stamp;
    use crate::watch::agenda::Agenda;
    use crate::watch::spec::Unit;

    /// What the system tells of a file of a watched folder, as it comes to whoever looks.
    fn hints(kind: EventKind) -> Vec<Hint> {
        let told = Told::default();
        told.told(Path::new("/in"), Ok(notify::Event::new(kind).add_path("/in/day/a.mov".into())));
        told.take()
    }

    /// W14: which setting is to be raised depends on what the system has no more of.
    #[cfg(target_os = "linux")]
    #[test]
    fn what_the_system_has_no_more_of_is_told_apart() {
        use std::io::Error;
        let told = |kind: notify::ErrorKind, instances| why(&kind, || Some(65_536), || instances);
        let by_code = |code| notify::ErrorKind::Io(Error::from_raw_os_error(code));
        assert_eq!(told(notify::ErrorKind::MaxFilesWatch, Some(128)), Why::Limit { most: 65_536 });
        assert_eq!(told(by_code(24), Some(128)), Why::Instances { most: 128 });
        assert_eq!(told(by_code(24), None), Why::Refused, "this process has too many files open, and reads nothing");
        assert_eq!(told(by_code(12), Some(128)), Why::Refused);
    }

    /// W14: whatever the system did not tell for, but where a person or the drive wants it so.
    #[test]
    fn what_the_system_may_tell_by_now_is_tried_again() {
        for why in [Why::Limit { most: 3 }, Why::Instances { most: 128 }, Why::Refused] {
            let mut events = Events::new(Mode::Auto);
            events.without = Some(why);
            events.tries_again();
            assert_eq!(events.notices(), Notices::Live, "{why:?}");
        }
        for (mode, remote, why) in [(Mode::Poll, false, Why::Wanted), (Mode::Auto, true, Why::Remote)] {
            let mut events = Events::of(mode, remote);
            events.tries_again();
            assert_eq!(events.notices(), Notices::Polls(why));
        }
    }

    /// W3: that a writer closed a file says where to look, and nothing else; so does all that the system tells.
    #[test]
    fn an_event_alone_makes_nothing_ready() {
        let closed = EventKind::Access(AccessKind::Close(AccessMode::Write));
        let written = EventKind::Modify(ModifyKind::Data(DataChange::Any));
        let settle = Duration::from_secs(10);
        let (mut agenda, start) = (Agenda::default(), Instant::now());
        let (day, name) = (Path::new("day"), OsStr::new("a.mov"));
        let stamp = |size| Stamp { size, mtime_ns: 1, file: None };
        let told = [(0, closed), (3, written), (6, closed), (9, closed), (12, EventKind::Create(CreateKind::File))];
        for (second, kind) in told {
            let now = start + Duration::from_secs(second);
            assert_eq!(hints(kind), [Hint::Folder(day.to_owned())], "{kind:?}");
            agenda.hint(day.to_owned(), now);
            assert!(!agenda.has_ready(), "before anybody looked");
            let looked = now + Duration::from_secs(1);
            assert_eq!(agenda.take_hinted(looked), [day]);
            // It was written to once, before the second look.
            agenda.saw(day, name, stamp(if second == 0 { 1 } else { 2 }), looked, settle);
            assert!(!agenda.has_ready(), "after {second} s and {kind:?}");
        }
        agenda.saw(day, name, stamp(2), start + Duration::from_secs(3 + 1) + settle, settle);
        assert_eq!(agenda.ready(Unit::EachFile, 1).len(), 1, "it stayed the same for as long as that takes");
        let read = EventKind::Access(AccessKind::Close(AccessMode::Read));
        assert_eq!(hints(read), [], "who reads changes nothing");
    }

    /// W15: another folder may stand there by the time that anybody looks, and have its number.
    #[test]
    fn that_the_watched_folder_itself_went_is_told() {
        use notify::event::{MetadataKind, RemoveKind, RenameMode};
        let told = |kind| {
            let told = Told::default();
            told.told(Path::new("/in"), Ok(notify::Event::new(kind).add_path("/in".into())));
            told.take().contains(&Hint::Root)
        };
        assert!(told(EventKind::Remove(RemoveKind::Folder)));
        assert!(told(EventKind::Modify(ModifyKind::Name(RenameMode::From))));
        assert!(!told(EventKind::Modify(ModifyKind::Metadata(MetadataKind::Any))), "it has other rights");
        assert!(!hints(EventKind::Remove(RemoveKind::File)).contains(&Hint::Root), "a file in it");
    }

    /// W10: a watcher that fails, and one that says that it lost some.
    #[test]
    fn an_error_and_lost_events_say_that_something_may_have_changed_anywhere() {
        let rescan = notify::Event::new(EventKind::Other).set_flag(notify::event::Flag::Rescan);
        let broken = notify::Error::io(std::io::Error::other("broken"));
        for event in [Err(notify::Error::generic("no more")), Err(broken), Ok(rescan)] {
            let (told, root) = (Told::default(), Path::new("/in"));
            let made = notify::Event::new(EventKind::Create(CreateKind::File)).add_path("/in/day/a.mov".into());
            told.told(root, Ok(made));
            told.told(root, event);
            assert_eq!(told.take(), [Hint::Lost, Hint::Folder("day".into())], "and nothing that was told is lost");
            assert_eq!(told.take(), []);
        }
    }
}
