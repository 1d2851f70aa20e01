//! The system's trash, for files that were uploaded (rule W24). A file goes there by another name or not at all: where there is
//! no trash on its own drive, it would be copied to another one and then deleted by its path, whatever lies there by then.
//!
//! Known: folders of one drive that have quotas of their own (projects of XFS and ext4) are two drives to a rename, and nothing
//! tells that before.

use std::path::Path;

use crate::error::{Error, ErrorCode, Result};
#[cfg(unix)]
use crate::file::classify;

/// Puts a file in the trash. It takes paths and no handles, and puts a file back to where its path was.
///
/// # Errors
/// As [`may_go`]; `file-unreadable` where the system does not take it.
pub(super) fn to_trash(path: &Path) -> Result<()> {
    may_go(path)?;
    put(path).map_err(|error| Error::new(ErrorCode::FileUnreadable).detail(format!("to the trash: {error}")))
}

/// Whether a file that lies here is in a trash.
#[cfg(unix)]
pub(super) fn is_in_trash(lies: &Path) -> bool {
    if cfg!(target_os = "macos") {
        return lies.iter().any(|name| name == ".Trash" || name == ".Trashes");
    }
    let record = || {
        let (folder, mut name) = (lies.parent()?, lies.file_name()?.to_owned());
        name.push(".trashinfo");
        (folder.file_name()? == "files").then(|| folder.with_file_name("info").join(name))
    };
    record().is_some_and(|record| record.exists())
}

/// Puts back what was last put in the trash from this path: another version than the one that was to go there.
///
/// # Errors
/// `file-unreadable` where it is in the trash still.
#[cfg(target_os = "linux")]
pub(super) fn put_back(path: &Path) -> Result<()> {
    use trash::os_limited::{list, restore_all};
    let still = |why: String| {
        Error::new(ErrorCode::FileUnreadable).detail(format!("another version is in the trash, and stays: {why}"))
    };
    let whole = path.parent().and_then(|folder| folder.canonicalize().ok()).zip(path.file_name());
    let whole = whole.map(|(folder, name)| folder.join(name));
    let all = list().map_err(|error| still(error.to_string()))?;
    let its = all.into_iter().filter(|item| Some(item.original_path()) == whole);
    // By the time that it was put on record there: that in the record counts no parts of seconds.
    let when = |item: &trash::TrashItem| std::fs::metadata(&item.id).and_then(|record| record.modified()).ok();
    let last = its.max_by_key(when).ok_or_else(|| still("it is not found there".to_owned()))?;
    restore_all([last]).map_err(|error| still(error.to_string()))
}

/// Nothing here puts back what is in the trash.
///
/// # Errors
/// `file-unreadable`: it is there still.
#[cfg(not(target_os = "linux"))]
pub(super) fn put_back(_: &Path) -> Result<()> {
    Err(Error::new(ErrorCode::FileUnreadable).detail("another version is in the trash, and stays"))
}

/// Whether a file can go to the trash, as far as can be told before.
///
/// # Errors
/// As [`may_leave`]; `no-trash` where it could only be copied there.
pub(super) fn may_go(path: &Path) -> Result<()> {
    may_leave(path)?;
    #[cfg(target_os = "linux")]
    linux::has_trash(path)?;
    Ok(())
}

/// Whether a file may be taken out of its folder, as far as rights tell.
///
/// # Errors
/// `file-unreadable` where it may not; what the system says.
#[cfg(unix)]
pub(super) fn may_leave(path: &Path) -> Result<()> {
    use rustix::fs::{Access, access};
    use rustix::io::Errno;
    let folder = path.parent().unwrap_or(path);
    access(folder, Access::WRITE_OK | Access::EXEC_OK).map_err(|error| match error {
        Errno::ROFS => Error::new(ErrorCode::FileUnreadable).detail(format!("{}: {error}", folder.display())),
        error => classify(&std::io::Error::from(error), folder),
    })
}

/// Nothing tells before: it is tried.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same shape on every system")]
pub(super) fn may_leave(_: &Path) -> Result<()> {
    Ok(())
}

/// The Finder would ask a person first whether Davit may ask it, and is not there where nobody sits in front of the computer.
#[cfg(target_os = "macos")]
fn put(path: &Path) -> std::result::Result<(), trash::Error> {
    use trash::macos::{DeleteMethod, TrashContextExtMacos as _};
    let mut system = trash::TrashContext::new();
    system.set_delete_method(DeleteMethod::NsFileManager);
    system.delete(path)
}

#[cfg(not(target_os = "macos"))]
fn put(path: &Path) -> std::result::Result<(), trash::Error> {
    trash::delete(path)
}

/// Source: the Trash specification of freedesktop.org, 1.0, and how the `trash` crate goes by it: to the trash of its user where
/// that is on the same mount; else to `.Trash/$uid` or `.Trash-$uid` of the mount; where that may not be written, to that of
/// its user after all, and by a copy then. That last step is the one that is never to be taken.
#[cfg(target_os = "linux")]
mod linux {
    use std::ffi::OsString;
    use std::fs::Metadata;
    use std::io;
    use std::os::unix::fs::MetadataExt as _;
    use std::path::{Path, PathBuf};

    use rustix::fs::{Access, AtFlags, CWD, StatxAttributes, StatxFlags, access, statx};

    use crate::error::{Error, ErrorCode, Result};
    use crate::file::{classify, plain};

    /// In a folder with this bit a file is given another name by its owner and the folder's alone. Source: inode(7).
    const STICKY: u32 = 0o1000;

    /// # Errors
    /// `no-trash`; `file-unreadable` where nobody may give the file another name; what the system says.
    pub(super) fn has_trash(path: &Path) -> Result<()> {
        let none = || Error::new(ErrorCode::NoTrash).detail("this drive has no trash");
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return Err(none()) };
        let said = |error: io::Error| classify(&error, folder);
        let folder = folder.canonicalize().map_err(said)?;
        let of_folder = std::fs::metadata(&folder).map_err(said)?;
        let file = folder.join(name);
        if is_fast(&file, &folder, &of_folder) {
            return Err(Error::new(ErrorCode::FileUnreadable).detail("it may not be given another name"));
        }
        let home = home_trash(std::env::var_os("XDG_DATA_HOME"), std::env::var_os("HOME"));
        let home = home.and_then(|home| resolved(&home).ok());
        let (Some(home), Ok(table)) = (home, std::fs::read("/proc/mounts")) else { return Err(none()) };
        let mounts = mounts(&table);
        let mount = mount_of(&file, &mounts);
        let own = trash_on(mount, rustix::process::getuid().as_raw());
        let homes = (mount_of(&home, &mounts), drive_of(&home));
        if is_reached((mount, of_folder.dev()), homes, drive_of(&own)) { Ok(()) } else { Err(none()) }
    }

    /// Whether a file on a mount and drive gets to a trash by another name: to that of its user on the same mount, else to that of
    /// its own mount. Each is told by the drive that it is on; none where it may not be written.
    fn is_reached(file: (&Path, u64), home: (&Path, Option<u64>), own: Option<u64>) -> bool {
        let trash = if file.0 == home.0 { home.1 } else { own };
        trash == Some(file.1)
    }

    /// Whether a file may not be given another name though its folder may be written to.
    fn is_fast(file: &Path, folder: &Path, of_folder: &Metadata) -> bool {
        let me = rustix::process::geteuid();
        let is_theirs = || {
            let owner = std::fs::symlink_metadata(file).map(|is| is.uid());
            !owner.is_ok_and(|owner| [owner, of_folder.uid()].contains(&me.as_raw()))
        };
        let bound = |path: &Path| {
            let is = statx(CWD, path, AtFlags::SYMLINK_NOFOLLOW, StatxFlags::BASIC_STATS);
            let marks = StatxAttributes::IMMUTABLE | StatxAttributes::APPEND;
            is.is_ok_and(|is| is.stx_attributes.intersects(marks))
        };
        (of_folder.mode() & STICKY != 0 && !me.is_root() && is_theirs()) || bound(file) || bound(folder)
    }

    /// The trash of this computer's user.
    fn home_trash(data: Option<OsString>, home: Option<OsString>) -> Option<PathBuf> {
        let set = |value: Option<OsString>| value.filter(|value| !value.is_empty()).map(PathBuf::from);
        set(data).map(|data| data.join("Trash")).or_else(|| set(home).map(|home| home.join(".local/share/Trash")))
    }

    /// The trash on a mount: the one that all share where that is sound, else one that the user may make.
    fn trash_on(mount: &Path, user: u32) -> PathBuf {
        let shared = mount.join(".Trash");
        // Anybody could lead a link elsewhere, or put another folder in the place of one that is not sticky.
        let is_sound = std::fs::symlink_metadata(&shared).is_ok_and(|is| is.is_dir() && is.mode() & STICKY != 0);
        let own = shared.join(user.to_string());
        if is_sound && own.is_dir() { own } else { mount.join(format!(".Trash-{user}")) }
    }

    /// The drive of a trash; none where it may not be written, or not be made.
    fn drive_of(trash: &Path) -> Option<u64> {
        let drive = |folder: &str| {
            let folder = trash.join(folder);
            let (at, is) = folder.ancestors().find_map(|at| Some(at).zip(std::fs::metadata(at).ok()))?;
            let may = access(at, Access::WRITE_OK | Access::EXEC_OK).is_ok();
            (is.is_dir() && may).then(|| is.dev())
        };
        drive("info").and_then(|_| drive("files"))
    }

    /// A path without links on the way, as far as it is there.
    fn resolved(path: &Path) -> io::Result<PathBuf> {
        for there in path.ancestors() {
            match there.canonicalize() {
                Ok(whole) => return Ok(whole.join(path.strip_prefix(there).unwrap_or(Path::new("")))),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::ErrorKind::NotFound.into())
    }

    /// The mount that a path without links lies on.
    fn mount_of<'a>(path: &Path, mounts: &'a [PathBuf]) -> &'a Path {
        let above = mounts.iter().map(PathBuf::as_path).filter(|mount| path.starts_with(mount));
        above.max_by_key(|mount| mount.as_os_str().len()).unwrap_or(Path::new("/"))
    }

    /// Where something is mounted, by the table of the system: the second word of each line. Source: proc(5), fstab(5).
    fn mounts(table: &[u8]) -> Vec<PathBuf> {
        let place = |line: &[u8]| line.split(|byte| *byte == b' ').nth(1).map(plain);
        table.split(|byte| *byte == b'\n').filter_map(place).collect()
    }

    #[cfg(test)]
    mod tests {
        use std::os::unix::fs::PermissionsExt as _;

        use super::*;

        /// W24: nothing is ever copied to another drive.
        #[test]
        fn a_file_goes_to_the_trash_only_where_that_is_on_its_own_drive() {
            let [root, disk] = ["/", "/mnt/data"].map(Path::new);
            assert!(is_reached((root, 1), (root, Some(1)), None), "that of its user");
            assert!(!is_reached((root, 1), (root, None), Some(1)), "which may not be written");
            assert!(!is_reached((root, 1), (root, Some(2)), None), "a volume of its own within the mount");
            assert!(is_reached((disk, 2), (root, Some(1)), Some(2)), "that of its drive");
            assert!(!is_reached((disk, 2), (root, Some(1)), None), "of which it has none");
            assert!(!is_reached((disk, 2), (root, Some(1)), Some(3)), "or it lies elsewhere");
            assert!(!is_reached((disk, 1), (root, Some(1)), None), "one drive that is mounted twice is two");
        }

        #[test]
        fn the_mount_of_a_path_is_the_nearest_above_it() {
            let lines = [
                "none / tmpfs rw 0 0",
                r"//nas/a /mnt/my\040disk cifs rw 0 0",
                r"/dev/b /mnt/my\040disk/b ext4 rw 0 0",
                "",
            ];
            let mounts = mounts(lines.join("\n").as_bytes());
            assert_eq!(mounts, ["/", "/mnt/my disk", "/mnt/my disk/b"].map(PathBuf::from));
            for (path, mount) in [("/mnt/my disk/a", 1), ("/mnt/my disk/b/a", 2), ("/mnt/my disk/bc", 1), ("/mnt", 0)] {
                assert_eq!(mount_of(Path::new(path), &mounts), mounts[mount], "{path}");
            }
            assert_eq!(mount_of(Path::new("/a"), &[]), Path::new("/"));
        }

        #[test]
        fn the_trash_that_all_share_is_taken_where_nobody_could_lead_it_elsewhere() {
            let mount = tempfile::tempdir().expect("a folder");
            let (shared, own) = (mount.path().join(".Trash"), mount.path().join(".Trash-7"));
            assert_eq!(trash_on(mount.path(), 7), own, "there is none");
            std::fs::create_dir_all(shared.join("7")).expect("made");
            assert_eq!(trash_on(mount.path(), 7), own, "it is not sticky");
            std::fs::set_permissions(&shared, std::fs::Permissions::from_mode(0o1777)).expect("sticky");
            assert_eq!(trash_on(mount.path(), 7), shared.join("7"));
            assert_eq!(trash_on(mount.path(), 8), mount.path().join(".Trash-8"), "it has no place for that user");
            std::fs::rename(&shared, mount.path().join("elsewhere")).expect("moved");
            std::os::unix::fs::symlink("elsewhere", &shared).expect("a link");
            assert_eq!(trash_on(mount.path(), 7), own, "it is a link");
        }

        #[test]
        fn the_trash_of_a_user_is_where_programs_of_the_desktop_look_for_it() {
            let at = |data: Option<&str>, home: Option<&str>| home_trash(data.map(Into::into), home.map(Into::into));
            assert_eq!(at(Some("/d"), Some("/h")), Some("/d/Trash".into()));
            assert_eq!(at(Some(""), Some("/h")), Some("/h/.local/share/Trash".into()));
            assert_eq!(at(None, None), None);
            let there = tempfile::tempdir().expect("a folder");
            let whole = there.path().canonicalize().expect("there");
            assert_eq!(resolved(&there.path().join("not/there")).expect("resolved"), whole.join("not/there"));
        }

        #[test]
        fn a_trash_that_is_not_there_yet_is_on_the_drive_of_what_is_there_of_its_path() {
            let there = tempfile::tempdir().expect("a folder");
            let drive = std::fs::metadata(there.path()).expect("there").dev();
            let trash = there.path().join("Trash");
            assert_eq!(drive_of(&trash), Some(drive));
            std::fs::write(&trash, b"a file").expect("written");
            assert_eq!(drive_of(&trash), None, "nothing can be made in a file");
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    /// W24: by the trash of whoever runs this.
    #[test]
    fn what_went_to_the_trash_last_from_a_path_is_put_back_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("ä = 1%.mov");
        for holds in ["sent", "another"] {
            std::fs::write(&path, holds).expect("written");
            to_trash(&path).expect("in the trash");
            assert!(!path.exists());
        }
        for holds in ["another", "sent"] {
            put_back(&path).expect("put back");
            assert_eq!(std::fs::read_to_string(&path).expect("there"), holds);
            std::fs::remove_file(&path).expect("removed");
        }
        assert_eq!(put_back(&path).expect_err("nothing is there").code, ErrorCode::FileUnreadable);
    }
}
