//! Windows opens no file from a folder's handle by way of the standard library. Instead, every folder on the way is held
//! open so that nobody can rename, remove or replace it, was looked at while it is held, and the path is used meanwhile.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::windows::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::{Entry, Kind, Stamp, names};
use crate::file::FolderId;

/// Listing takes part in the sharing rules; looking at attributes alone would not.
const FILE_LIST_DIRECTORY: u32 = 1;
const FILE_READ_ATTRIBUTES: u32 = 0x80;
const SYNCHRONIZE: u32 = 0x0010_0000;
/// Others may read and write in it, and not delete or rename it.
const SHARE_READ_WRITE: u32 = 3;
const FILE_FLAG_BACKUP_SEMANTICS: u32 = 0x0200_0000;
const FILE_FLAG_OPEN_REPARSE_POINT: u32 = 0x0020_0000;

/// A folder that was given, held open.
#[derive(Debug)]
pub(in crate::file) struct Root {
    path: PathBuf,
    held: File,
}

impl Root {
    /// Opens the folder; a link or junction in its place is an error.
    pub(in crate::file) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { held: hold(path)?, path: path.to_owned() })
    }

    /// Which folder it is.
    pub(in crate::file) fn id(&self) -> io::Result<FolderId> {
        id(&self.held)
    }

    /// Which folder one in it is. An empty path is the folder itself.
    pub(in crate::file) fn id_of(&self, within: &Path) -> io::Result<FolderId> {
        id(self.hold_way(within)?.last().unwrap_or(&self.held))
    }

    /// Whether files keep their numbers when the drive is mounted anew. None is told here.
    #[expect(clippy::unused_self, reason = "the same shape on every system")]
    pub(in crate::file) const fn keeps_numbers(&self) -> bool {
        false
    }

    /// Nothing tells one mount from the next.
    #[expect(clippy::unused_self, reason = "the same shape on every system")]
    pub(in crate::file) const fn mount(&self) -> Option<u64> {
        None
    }

    /// What lasts of its volume. Here that is the volume's number.
    #[expect(clippy::unused_self, reason = "the same shape on every system")]
    pub(in crate::file) const fn serial(&self) -> Option<u64> {
        None
    }

    /// Whether nothing lies in it.
    pub(in crate::file) fn is_empty(&self) -> io::Result<bool> {
        std::fs::read_dir(&self.path)?.next().transpose().map(|first| first.is_none())
    }

    /// Opens a file in it for reading.
    pub(in crate::file) fn file(&self, within: &Path) -> io::Result<File> {
        let _way = self.hold_way(within.parent().unwrap_or(Path::new("")))?;
        crate::file::source::options().open(self.path.join(within))
    }

    /// The same, if nobody has it open for writing; nobody can open it so before it is closed.
    pub(in crate::file) fn unwritten(&self, within: &Path) -> io::Result<File> {
        let _way = self.hold_way(within.parent().unwrap_or(Path::new("")))?;
        crate::file::source::unwritten().open(self.path.join(within))
    }

    /// Gives a file in it another name in it, which nothing has.
    pub(in crate::file) fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let none = Path::new("");
        let _ways = (self.hold_way(from.parent().unwrap_or(none))?, self.hold_way(to.parent().unwrap_or(none))?);
        match std::fs::symlink_metadata(self.path.join(to)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                std::fs::rename(self.path.join(from), self.path.join(to))
            }
            Err(error) => Err(error),
            Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
        }
    }

    /// Makes the folders of a path in it that are not there.
    pub(in crate::file) fn make(&self, folder: &Path) -> io::Result<()> {
        let mut made = PathBuf::new();
        for name in names(folder)? {
            let _way = self.hold_way(&made)?;
            made.push(name);
            match std::fs::create_dir(self.path.join(&made)) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// Removes a file in it.
    pub(in crate::file) fn remove(&self, within: &Path) -> io::Result<()> {
        let _way = self.hold_way(within.parent().unwrap_or(Path::new("")))?;
        std::fs::remove_file(self.path.join(within))
    }

    /// What these names of a folder in it are. An empty path is the folder itself.
    pub(in crate::file) fn look(&self, within: &Path, names: &[OsString]) -> io::Result<Vec<io::Result<Kind>>> {
        let _way = self.hold_way(within)?;
        let folder = self.path.join(within);
        Ok(names.iter().map(|name| std::fs::symlink_metadata(folder.join(name)).map(|meta| kind(&meta))).collect())
    }

    /// When each of these names of a folder in it was made: what is copied here keeps the time of its last write alone. An empty
    /// path is the folder itself.
    pub(in crate::file) fn came(&self, within: &Path, names: &[OsString]) -> io::Result<Vec<Option<i64>>> {
        let _way = self.hold_way(within)?;
        let folder = self.path.join(within);
        let made = |name: &OsString| std::fs::symlink_metadata(folder.join(name)).ok();
        Ok(names.iter().map(|name| made(name).map(|meta| nanos(meta.creation_time()))).collect())
    }

    /// Everything in a folder in it, in no order; `moves` is told of each. An empty path is the folder itself.
    pub(in crate::file) fn list(&self, within: &Path, moves: &dyn Fn()) -> io::Result<Vec<Entry>> {
        let _way = self.hold_way(within)?;
        let mut entries = Vec::new();
        for entry in std::fs::read_dir(self.path.join(within))? {
            moves();
            let entry = entry?;
            entries.push(Entry { name: entry.file_name(), kind: looked(&entry) });
        }
        Ok(entries)
    }

    fn hold_way(&self, within: &Path) -> io::Result<Vec<File>> {
        let mut here = self.path.clone();
        let mut held = Vec::new();
        for name in names(within)? {
            here.push(name);
            held.push(hold(&here)?);
        }
        Ok(held)
    }
}

fn hold(path: &Path) -> io::Result<File> {
    let folder = OpenOptions::new()
        .access_mode(FILE_LIST_DIRECTORY | FILE_READ_ATTRIBUTES | SYNCHRONIZE)
        .share_mode(SHARE_READ_WRITE)
        .custom_flags(FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT)
        .open(path)?;
    // A junction says that it is a link, like a symbolic one.
    if folder.metadata()?.is_dir() { Ok(folder) } else { Err(io::ErrorKind::NotADirectory.into()) }
}

fn id(folder: &File) -> io::Result<FolderId> {
    let id = winapi_util::file::information(folder)?;
    Ok(FolderId { volume: id.volume_serial_number(), file: id.file_index() })
}

fn looked(entry: &std::fs::DirEntry) -> io::Result<Kind> {
    entry.metadata().map(|meta| kind(&meta))
}

fn kind(meta: &std::fs::Metadata) -> Kind {
    let kind = meta.file_type();
    if kind.is_symlink() {
        Kind::Link
    } else if kind.is_dir() {
        Kind::Folder
    } else if kind.is_file() {
        let stamp = Stamp { size: meta.len(), mtime_ns: nanos(meta.last_write_time()), file: None };
        Kind::File { stamp, placeholder: crate::file::placeholder::by_attributes(meta.file_attributes()) }
    } else {
        Kind::Other
    }
}

/// Source: FILETIME counts 100 ns from 1601; 1970 is 11,644,473,600 s later.
fn nanos(time: u64) -> i64 {
    let ticks = i64::try_from(time).unwrap_or(i64::MAX) - 116_444_736_000_000_000;
    ticks.saturating_mul(100)
}
