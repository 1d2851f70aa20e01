//! What is opened in folders: the system tells of each opening of a file and of a folder, whoever it is, and nobody is in its
//! way. A look at a name (`stat`) opens nothing and is not told.

use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::inotify::{CreateFlags, ReadFlags, Reader, WatchFlags, add_watch, init};
use rustix::io::Errno;
use walkdir::WalkDir;

/// Tells of every folder below some.
pub(super) struct Meter(OwnedFd);

/// What was opened. The same one again at once may be told as one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Opened {
    /// Files.
    pub files: u64,
    /// Folders.
    pub folders: u64,
}

impl Meter {
    pub(super) fn on(roots: &[&Path]) -> Self {
        let queue = init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).expect("an instance of inotify");
        // Found before any is told of: whoever looks for them opens them.
        let entries = roots.iter().flat_map(WalkDir::new).map(|entry| entry.expect("an entry"));
        let folders: Vec<_> = entries.filter(|entry| entry.file_type().is_dir()).collect();
        for folder in &folders {
            add_watch(&queue, folder.path(), WatchFlags::OPEN | WatchFlags::ONLYDIR).expect("told of");
        }
        Self(queue)
    }

    /// What was opened since it was last asked.
    ///
    /// # Panics
    /// Where more was opened than the system keeps: then nobody knows.
    pub(super) fn read(&self) -> Opened {
        let mut buffer = [MaybeUninit::uninit(); 8 << 10];
        let mut reader = Reader::new(&self.0, &mut buffer);
        let mut opened = Opened::default();
        loop {
            let event = match reader.next() {
                Err(Errno::AGAIN) => return opened,
                event => event.expect("an event"),
            };
            let what = event.events();
            assert!(!what.contains(ReadFlags::QUEUE_OVERFLOW), "more was opened than can be told: {opened:?}");
            if !what.contains(ReadFlags::OPEN) {
                continue;
            }
            if !what.contains(ReadFlags::ISDIR) {
                opened.files += 1;
            } else if event.file_name().is_none() {
                // By itself, and not by the folder that it lies in, which tells of it as well.
                opened.folders += 1;
            }
        }
    }
}
