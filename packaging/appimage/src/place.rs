//! Where an AppImage is unpacked to: one folder that all who run the same file share, each holding a lock of it. What looks
//! through such places for old things (systemd-tmpfiles) leaves alone what is locked so. Who comes second finds everything there;
//! who goes last removes it.
//!
//! Known problem: where somebody else has made the folder, or it cannot be locked, each start has a folder of its own.

use std::fs::{DirBuilder, File};
use std::io::{Error, ErrorKind, Result};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{Mode, OFlags, open};
use rustix::io::Errno;
use rustix::process::geteuid;
use tempfile::TempDir;

/// How all such folders begin; Tauri knows by it that it runs in an AppImage.
const BEGINS: &str = ".mount_davit-";

/// Stands in a folder that has everything.
const WHOLE: &str = ".whole";

/// What was started by us is gone by then: the web view's programs end after the window.
const LOOKS: u32 = 100;
const BETWEEN: Duration = Duration::from_millis(50);

/// What of an AppImage is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// The window, with all that it stands on.
    All,
    /// The command line, which needs nothing else.
    CommandLine,
}

impl Wanted {
    /// Whether a file is among it.
    pub(crate) fn holds(self, inside: &Path) -> bool {
        self == Self::All || inside == Path::new("usr/bin/davit")
    }

    fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::CommandLine => "davit",
        }
    }
}

/// A folder in which everything lies that was wanted.
pub(crate) enum Place {
    /// That of all who run this file.
    Shared {
        at: PathBuf,
        /// Locked as long as this is there.
        held: File,
    },
    /// One of our own.
    Alone { folder: TempDir, _held: File },
}

impl Place {
    /// The place below `temporary` of what is wanted of a file. Whatever is not there yet is unpacked.
    pub(crate) fn of(
        own: &Path,
        wanted: Wanted,
        temporary: &Path,
        unpack: impl Fn(&Path) -> Result<()>,
    ) -> Result<Self> {
        let mine = format!("{BEGINS}{}-", geteuid().as_raw());
        let at = temporary.join(format!("{mine}{}-{}", identity(own)?, wanted.name()));
        let Some(held) = Self::shared(&at, &unpack)? else {
            let folder = tempfile::Builder::new().prefix(&mine).tempdir_in(temporary)?;
            // Where it can be locked: whoever sweeps here leaves it.
            let held = File::open(folder.path())?;
            let _ = held.lock_shared();
            unpack(folder.path())?;
            return Ok(Self::Alone { folder, _held: held });
        };
        let place = Self::Shared { at, held };
        place.sweep(temporary, &mine);
        Ok(place)
    }

    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Shared { at, .. } => at,
            Self::Alone { folder, .. } => folder.path(),
        }
    }

    /// The folder with a lock that others may have, too; nothing where it is not ours to lock.
    fn shared(at: &Path, unpack: &impl Fn(&Path) -> Result<()>) -> Result<Option<File>> {
        loop {
            match DirBuilder::new().mode(0o700).create(at) {
                Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
                _ => {}
            }
            let folder = match ours(at) {
                Ok(Some(folder)) => folder,
                Ok(None) => return Ok(None),
                // Whoever went last removed it just now.
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            if folder.try_lock().is_ok() && is_at(&folder, at) && !at.join(WHOLE).exists() {
                // Of one that was killed meanwhile.
                let filled = empty(at).and_then(|()| unpack(at)).and_then(|()| File::create(at.join(WHOLE)).map(drop));
                if let Err(error) = filled {
                    remove(at);
                    return Err(error);
                }
            }
            // Whoever unpacks just now is waited for.
            if folder.lock_shared().is_err() {
                return Ok(None);
            }
            if is_at(&folder, at) && at.join(WHOLE).exists() {
                return Ok(Some(folder));
            }
        }
    }

    /// Removes what earlier ones left that were killed, or that another version was.
    fn sweep(&self, temporary: &Path, mine: &str) {
        let Ok(entries) = std::fs::read_dir(temporary) else { return };
        for at in entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(mine)) {
            let at = at.path();
            if at == self.path() {
                continue;
            }
            if let Ok(Some(folder)) = ours(&at)
                && folder.try_lock().is_ok()
                && !is_used(&at)
            {
                remove(&at);
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Self::Shared { at, held } = self else { return };
        // The last one out. One whose head was killed goes on in it.
        if held.try_lock().is_ok() {
            for _ in 0..LOOKS {
                if !is_used(at) {
                    return remove(at);
                }
                std::thread::sleep(BETWEEN);
            }
        }
    }
}

/// Which file it is, and which version of it.
fn identity(own: &Path) -> Result<String> {
    let file = std::fs::metadata(own)?;
    let numbers = [file.dev(), file.ino(), file.size()].map(|number| format!("{number:x}")).join(".");
    Ok(format!("{numbers}.{:x}.{:x}", file.mtime(), file.mtime_nsec()))
}

/// A folder that is ours and nobody else's.
fn ours(at: &Path) -> Result<Option<File>> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let folder = match open(at, flags, Mode::empty()) {
        Ok(folder) => File::from(folder),
        // A file, a link, somebody else's.
        Err(Errno::NOTDIR | Errno::LOOP | Errno::ACCESS) => return Ok(None),
        Err(error) => return Err(Error::from(error)),
    };
    let found = folder.metadata()?;
    let is_closed = !Mode::from_raw_mode(found.mode()).intersects(Mode::RWXG | Mode::RWXO);
    Ok((found.uid() == geteuid().as_raw() && is_closed).then_some(folder))
}

/// Whether it still lies there.
fn is_at(folder: &File, at: &Path) -> bool {
    let (Ok(folder), Ok(found)) = (folder.metadata(), std::fs::symlink_metadata(at)) else { return false };
    (folder.dev(), folder.ino()) == (found.dev(), found.ino())
}

/// Whether a program runs that lies in it.
fn is_used(at: &Path) -> bool {
    let Ok(all) = std::fs::read_dir("/proc") else { return false };
    all.flatten().any(|process| std::fs::read_link(process.path().join("exe")).is_ok_and(|exe| exe.starts_with(at)))
}

fn empty(at: &Path) -> Result<()> {
    for entry in std::fs::read_dir(at)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            std::fs::remove_dir_all(entry.path())?;
        } else {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// What is killed meanwhile has not left a folder that seems to have everything.
fn remove(at: &Path) {
    let _ = std::fs::remove_file(at.join(WHOLE));
    let _ = std::fs::remove_dir_all(at);
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    struct Desk {
        folder: TempDir,
        own: PathBuf,
        unpacked: Cell<u32>,
    }

    impl Desk {
        fn new() -> Self {
            let folder = tempfile::tempdir().expect("a folder");
            let own = folder.path().join("Davit.AppImage");
            std::fs::write(&own, "one").expect("written");
            Self { folder, own, unpacked: Cell::new(0) }
        }

        fn place(&self) -> Place {
            let unpack = |at: &Path| {
                self.unpacked.set(self.unpacked.get() + 1);
                std::fs::write(at.join("AppRun"), "run")
            };
            Place::of(&self.own, Wanted::All, self.folder.path(), unpack).expect("a place")
        }

        fn folders(&self) -> usize {
            let entries = std::fs::read_dir(self.folder.path()).expect("a folder").flatten();
            entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(BEGINS)).count()
        }
    }

    #[test]
    fn who_comes_second_finds_it_unpacked_and_who_goes_last_leaves_nothing() {
        let desk = Desk::new();
        let (first, second) = (desk.place(), desk.place());
        assert_eq!((desk.unpacked.get(), first.path()), (1, second.path()));
        drop(first);
        assert!(second.path().join("AppRun").exists());
        drop(second);
        assert_eq!(desk.folders(), 0);
    }

    /// As systemd-tmpfiles asks before it looks into a folder. Source: tmpfiles.d(5), "Age".
    #[test]
    fn who_tidies_up_is_told_that_it_is_in_use() {
        let desk = Desk::new();
        let place = desk.place();
        let folder = File::open(place.path()).expect("it is there");
        assert!(folder.try_lock().is_err());
    }

    #[test]
    fn what_a_kill_left_is_never_taken_for_whole_and_goes_with_the_next_start() {
        let desk = Desk::new();
        let place = desk.place();
        let at = place.path().to_owned();
        drop(place);
        DirBuilder::new().mode(0o700).create(&at).expect("made");
        std::fs::write(at.join("half"), "of it").expect("written");
        let before = desk.place();
        assert_eq!((desk.unpacked.get(), at.join("half").exists()), (2, false));
        // Killed: nobody removes it. Another version comes.
        let Place::Shared { held, .. } = &before else { panic!("it is shared") };
        held.unlock().expect("let go");
        std::fs::write(&desk.own, "another").expect("written");
        let after = desk.place();
        assert_ne!(after.path(), at);
        assert_eq!(desk.folders(), 1);
        drop(before);
        assert!(after.path().join("AppRun").exists());
    }

    #[test]
    fn a_folder_that_others_may_write_to_is_not_taken() {
        let desk = Desk::new();
        let place = desk.place();
        let at = place.path().to_owned();
        drop(place);
        std::fs::create_dir(&at).expect("made");
        std::fs::set_permissions(&at, std::fs::Permissions::from_mode(0o777)).expect("open to all");
        let place = desk.place();
        assert_ne!(place.path(), at);
        assert!(place.path().join("AppRun").exists());
        let alone = place.path().to_owned();
        drop(place);
        assert!(!alone.exists());
    }

    #[test]
    fn the_command_line_is_one_file_of_all() {
        assert!(Wanted::CommandLine.holds(Path::new("usr/bin/davit")) && Wanted::All.holds(Path::new("AppRun")));
        assert!(!Wanted::CommandLine.holds(Path::new("usr/bin/davit-app")));
    }
}
