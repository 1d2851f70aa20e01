//! One open file, read by position from any thread.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use super::mount::may_hang;
use super::mounted::Mounted;
use super::{Fingerprint, Likeness, Place, unless_unmounted};
use crate::error::{Error, ErrorCode, Result, Retry};

/// A regular file, opened once.
#[derive(Debug)]
pub struct SourceFile {
    /// Taken when this is dropped.
    file: Option<File>,
    place: Place,
    /// The volume it lies on.
    volume: Option<u64>,
    /// The drive that it lies on.
    drive: Mounted,
    /// Whether reading it may wait for somebody who never answers.
    may_hang: bool,
    /// Whether it ever gave a byte to whoever asked aside.
    pub(super) gives: tokio::sync::Mutex<bool>,
}

/// Bytes read at a time for a checksum.
pub(super) const STEP: usize = 256 << 10;

impl SourceFile {
    /// Opens a regular file that was given by name. Never blocks on a pipe, never follows a link in the last place.
    ///
    /// # Errors
    /// As [`Self::open_at`].
    pub fn open(path: &Path) -> Result<Self> {
        Self::open_at(&Place::named(path))
    }

    /// Opens a regular file where it lies. Never blocks on a pipe, never follows a link out of a folder that was given, and
    /// none in it unless a person wants that. When its drive is away, that is what is wrong. One that says that it is empty and is not, as in Linux' /proc, is
    /// made by being read, and no file.
    ///
    /// # Errors
    /// `file-missing`, `file-unreadable`, `file-in-use`, `not-a-file`, `read-error`, `source-offline`.
    pub fn open_at(place: &Place) -> Result<Self> {
        Self::opened(place).map_err(|error| of_its_drive(error, place.mount()))
    }

    fn opened(place: &Place) -> Result<Self> {
        let path = place.path();
        let file = place.open().map_err(|e| classify(&e, path))?;
        let meta = file.metadata().map_err(|e| classify(&e, path))?;
        if !meta.is_file() {
            return Err(Error::new(ErrorCode::NotAFile).detail(path.display().to_string()));
        }
        let (volume, drive, may_hang) = (volume(&meta), place.drive(), may_hang(&file, path));
        if meta.len() == 0 && is_made_by_reading(&file).map_err(|e| classify(&e, path))? {
            let detail = format!("{}: has no size, and something in it", path.display());
            return Err(Error::new(ErrorCode::NotAFile).detail(detail));
        }
        Ok(Self { file: Some(file), place: place.clone(), volume, drive, may_hang, gives: false.into() })
    }

    fn file(&self) -> io::Result<&File> {
        self.file.as_ref().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    /// The drive that it lies on.
    pub(crate) const fn drive(&self) -> &Mounted {
        &self.drive
    }

    /// Whether reading it may wait for somebody who never answers: then it is read aside.
    pub(crate) const fn may_hang(&self) -> bool {
        self.may_hang
    }

    /// As on a drive of which some do not answer.
    #[cfg(test)]
    pub(crate) fn on_a_drive_that_may_hang(mut self) -> Self {
        self.may_hang = true;
        self
    }

    /// The same for a file that was there before: when its whole drive is away, that is what is wrong.
    ///
    /// # Errors
    /// As [`Self::open_at`].
    pub fn open_again(place: &Place, before: &Fingerprint) -> Result<Self> {
        Self::open_at(place).map_err(|error| {
            if error.code == ErrorCode::FileMissing && is_away(place.path(), before.volume) {
                return Error::new(ErrorCode::SourceOffline).detail(error.detail);
            }
            error
        })
    }

    /// The file's identity now.
    ///
    /// # Errors
    /// `read-error`, `source-offline`.
    pub fn fingerprint(&self) -> Result<Fingerprint> {
        let file = self.file().map_err(|e| self.reading(&e))?;
        let meta = file.metadata().map_err(|e| self.reading(&e))?;
        Fingerprint::of(file, &meta)
    }

    /// Still the file it was.
    ///
    /// # Errors
    /// `file-changed`; `file-missing` or `source-offline` when nothing stands in its place any more.
    pub fn check(&self, want: &Fingerprint) -> Result<()> {
        if self.fingerprint()?.likeness(want) == Likeness::Same {
            return Ok(());
        }
        // A file that is deleted or moved away changes, too: there is no new version to upload.
        match Self::open_again(&self.place, want) {
            Err(error) if matches!(error.code, ErrorCode::FileMissing | ErrorCode::SourceOffline) => Err(error),
            _ => Err(Error::new(ErrorCode::FileChanged).detail("size, time or identity moved")),
        }
    }

    /// Still the file it was, after a range of it was read that had this checksum. Where the file's times cannot be
    /// trusted with that (see [`Fingerprint::in_doubt`]) and the range is the whole, it is read once more: two readings
    /// that agree, one begun after the other ended, are what the file held between them.
    ///
    /// # Errors
    /// `file-changed`, and as [`Self::read_exact_at`].
    pub fn check_read(&self, want: &Fingerprint, len: u64, crc64: u64) -> Result<()> {
        self.check(want)?;
        if want.in_doubt && len == want.size {
            self.check_again(0, len, crc64)?;
        }
        Ok(())
    }

    /// A range still has this checksum. Blocks; call it on a blocking thread.
    ///
    /// # Errors
    /// `file-changed`, and as [`Self::read_exact_at`].
    pub fn check_again(&self, offset: u64, len: u64, crc64: u64) -> Result<()> {
        agree(self.crc64(offset, len)?, crc64)
    }

    /// Its place still leads to it, as it was, and to no other file put there.
    ///
    /// # Errors
    /// `file-missing`, `file-changed`, `source-offline`.
    pub fn check_place(&self, want: &Fingerprint) -> Result<()> {
        let there = Self::open_again(&self.place, want)?.fingerprint()?;
        if there.likeness(want) == Likeness::Same {
            Ok(())
        } else {
            Err(Error::new(ErrorCode::FileChanged).detail("another file, or another version, stands in its place"))
        }
    }

    /// Fills `buffer` from `offset`.
    ///
    /// # Errors
    /// `file-changed` when the file ends before, `read-error`, `source-offline`.
    pub fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> Result<()> {
        let (mut done, mut at) = (0, offset);
        while done < buffer.len() {
            match self.file().and_then(|file| read_at(file, &mut buffer[done..], at)) {
                Ok(0) => return Err(Error::new(ErrorCode::FileChanged).detail("the file became shorter")),
                Ok(n) => {
                    done += n;
                    at += n as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.reading(&error)),
            }
        }
        Ok(())
    }

    /// A drive that was pulled out answers with damage: look whether it is there at all.
    fn reading(&self, error: &io::Error) -> Error {
        let error = reading(error);
        let error = of_its_drive(error, self.place.mount());
        let away = |volume| is_away(self.place.path(), volume);
        if error.code == ErrorCode::ReadError && self.volume.is_some_and(away) {
            return Error::new(ErrorCode::SourceOffline).detail(error.detail);
        }
        error
    }

    /// CRC64NVME of a range. Blocks; call it on a blocking thread.
    ///
    /// # Errors
    /// As [`Self::read_exact_at`].
    pub fn crc64(&self, offset: u64, len: u64) -> Result<u64> {
        let mut digest = crc_fast::Digest::new(crc_fast::CrcAlgorithm::Crc64Nvme);
        self.digest(&mut digest, offset, len)?;
        Ok(digest.finalize())
    }

    pub(super) fn digest(&self, digest: &mut crc_fast::Digest, offset: u64, len: u64) -> Result<()> {
        let mut buffer = vec![0; usize::try_from(len).unwrap_or(STEP).min(STEP)];
        let (mut at, end) = (offset, offset + len);
        while at < end {
            let step = usize::try_from(end - at).unwrap_or(STEP).min(STEP);
            self.read_exact_at(&mut buffer[..step], at)?;
            digest.update(&buffer[..step]);
            at += step as u64;
        }
        Ok(())
    }
}

/// Closing a file may wait for its drive as reading it may, and of a drive of FUSE the kernel waits without end: whoever lets
/// go of it last is not held up.
impl Drop for SourceFile {
    fn drop(&mut self) {
        if let Some(file) = self.file.take().filter(|_| self.may_hang) {
            self.drive.close(file);
        }
    }
}

/// Two readings of a range have the same checksum.
pub(super) fn agree(one: u64, other: u64) -> Result<()> {
    if one == other { Ok(()) } else { Err(Error::new(ErrorCode::FileChanged).detail("read twice, and not the same")) }
}

/// What an error means on a drive that can be taken away: away, or damage that may be over when it is plugged in well.
fn of_its_drive(error: Error, mount: Option<&Path>) -> Error {
    let error = unless_unmounted(error, mount);
    if error.code == ErrorCode::ReadError && mount.is_some() { error.retry(Retry::WhenFileQuiet) } else { error }
}

/// Whether it gives bytes, and no size even then.
fn is_made_by_reading(file: &File) -> io::Result<bool> {
    Ok(read_at(file, &mut [0], 0)? > 0 && file.metadata()?.len() == 0)
}

#[cfg(unix)]
pub(super) fn options() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;
    let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::CLOEXEC;
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(i32::try_from(flags.bits()).unwrap_or(0));
    options
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    use std::os::unix::fs::FileExt as _;
    file.read_at(buffer, offset)
}

/// Others may go on writing, renaming and deleting; a reparse point is opened itself, never what it leads to.
#[cfg(windows)]
pub(super) fn options() -> OpenOptions {
    use std::os::windows::fs::OpenOptionsExt as _;
    const FILE_FLAG_SEQUENTIAL_SCAN: u32 = 0x0800_0000;
    const FILE_FLAG_OPEN_REPARSE_POINT: u32 = 0x0020_0000;
    let mut options = OpenOptions::new();
    options.read(true).share_mode(7).custom_flags(FILE_FLAG_SEQUENTIAL_SCAN | FILE_FLAG_OPEN_REPARSE_POINT);
    options
}

/// The same, and meanwhile others may read and delete, and not write: opening it fails where somebody has it open for that.
#[cfg(windows)]
pub(super) fn unwritten() -> OpenOptions {
    use std::os::windows::fs::OpenOptionsExt as _;
    const FILE_SHARE_READ: u32 = 1;
    const FILE_SHARE_DELETE: u32 = 4;
    let mut options = options();
    options.share_mode(FILE_SHARE_READ | FILE_SHARE_DELETE);
    options
}

#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    use std::os::windows::fs::FileExt as _;
    file.seek_read(buffer, offset)
}

/// Why a path cannot be looked at or opened.
pub(crate) fn classify(error: &io::Error, path: &Path) -> Error {
    let code = match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => ErrorCode::FileMissing,
        io::ErrorKind::PermissionDenied => ErrorCode::FileUnreadable,
        io::ErrorKind::InvalidInput => ErrorCode::NameRefused,
        _ if is_no_file(error) => ErrorCode::NotAFile,
        _ => reading(error).code,
    };
    Error::new(code).detail(format!("{}: {error}", path.display()))
}

/// Opening a socket or a device without a driver, or a link where none may be.
#[cfg(unix)]
fn is_no_file(error: &io::Error) -> bool {
    use rustix::io::Errno;
    matches!(Errno::from_io_error(error), Some(Errno::NXIO | Errno::LOOP))
}

#[cfg(not(unix))]
const fn is_no_file(_: &io::Error) -> bool {
    false
}

#[cfg(unix)]
fn reading(error: &io::Error) -> Error {
    use rustix::io::Errno;
    let code = match Errno::from_io_error(error) {
        Some(Errno::STALE | Errno::NODEV | Errno::NXIO | Errno::NOTCONN | Errno::HOSTDOWN) => ErrorCode::SourceOffline,
        // A lease or a lock that somebody holds, and what SMB makes of a sharing violation.
        Some(Errno::AGAIN | Errno::BUSY | Errno::TXTBSY) => ErrorCode::FileInUse,
        Some(Errno::MFILE | Errno::NFILE | Errno::NOMEM) => ErrorCode::ComputerBusy,
        _ => ErrorCode::ReadError,
    };
    Error::new(code).detail(error.to_string())
}

/// Source: Windows system error codes.
#[cfg(windows)]
fn reading(error: &io::Error) -> Error {
    let code = match error.raw_os_error() {
        // ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION.
        Some(32 | 33) => ErrorCode::FileInUse,
        // ERROR_NOT_READY, ERROR_BAD_NETPATH, ERROR_NETNAME_DELETED, ERROR_DEVICE_NOT_CONNECTED.
        Some(21 | 53 | 64 | 1167) => ErrorCode::SourceOffline,
        // ERROR_CANT_ACCESS_FILE: a reparse point that is no file.
        Some(1920) => ErrorCode::NotAFile,
        _ => ErrorCode::ReadError,
    };
    Error::new(code).detail(error.to_string())
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "the same shape on every system")]
fn volume(meta: &std::fs::Metadata) -> Option<u64> {
    use std::os::unix::fs::MetadataExt as _;
    Some(meta.dev())
}

/// Windows tells by the error when a drive is away.
#[cfg(not(unix))]
const fn volume(_: &std::fs::Metadata) -> Option<u64> {
    None
}

/// Whether a missing file's drive is away: what is left of its path lies on another volume, and is no folder that the
/// file was merely taken out of. An empty one is where the drive was mounted.
fn is_away(path: &Path, before: u64) -> bool {
    let there = |folder: &&Path| folder.is_dir();
    let Some(folder) = path.ancestors().skip(1).find(there) else { return false };
    let other = std::fs::metadata(folder).ok().and_then(|meta| volume(&meta)).is_some_and(|volume| volume != before);
    let is_empty = || std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
    other && (path.parent() != Some(folder) || is_empty())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn file(contents: &[u8]) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(contents).expect("written");
        file
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_says_that_it_is_empty_and_is_not_is_no_file() {
        let error = SourceFile::open(Path::new("/proc/version")).expect_err("made by being read");
        assert_eq!(error.code, ErrorCode::NotAFile, "{error}");
        SourceFile::open(file(b"").path()).expect("an empty file is one");
    }

    #[test]
    fn a_file_that_grows_shrinks_or_is_rewritten_is_seen() {
        let named = file(b"0123456789");
        let source = SourceFile::open(named.path()).expect("opens");
        let want = source.fingerprint().expect("identified");
        source.check(&want).expect("the same");

        named.as_file().set_len(4).expect("cut");
        assert_eq!(source.check(&want).expect_err("shorter").code, ErrorCode::FileChanged);
        let mut buffer = [0; 10];
        let short = source.read_exact_at(&mut buffer, 0).expect_err("too short");
        assert_eq!(short.code, ErrorCode::FileChanged);
    }

    #[cfg(unix)]
    #[test]
    fn a_rewrite_of_the_same_size_with_the_time_put_back_is_seen() {
        let mut named = file(b"0123456789");
        let source = SourceFile::open(named.path()).expect("opens");
        let want = source.fingerprint().expect("identified");
        let time = named.as_file().metadata().and_then(|meta| meta.modified()).expect("a time");
        // The change time is as fine as the kernel's clock tick: write until it moves.
        while source.check(&want).is_ok() {
            std::io::Seek::rewind(named.as_file_mut()).expect("rewound");
            named.write_all(b"abcdefghij").expect("rewritten");
            named.as_file().set_modified(time).expect("put back");
        }
        let now = source.fingerprint().expect("identified");
        assert_eq!((now.size, now.mtime), (want.size, want.mtime), "only the change time tells");
    }

    #[test]
    fn another_file_in_its_place_is_seen() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a");
        std::fs::write(&path, b"one").expect("written");
        let file = SourceFile::open(&path).expect("opens");
        let want = file.fingerprint().expect("identified");
        file.check_place(&want).expect("there");
        std::fs::write(folder.path().join("b"), b"two").expect("written");
        std::fs::rename(folder.path().join("b"), &path).expect("swapped");
        assert_eq!(file.check_place(&want).expect_err("another").code, ErrorCode::FileChanged);
        std::fs::remove_file(&path).expect("removed");
        assert_eq!(file.check_place(&want).expect_err("gone").code, ErrorCode::FileMissing);
        std::fs::write(folder.path().join("c"), b"three").expect("written");
        let left = SourceFile::open(&folder.path().join("c")).expect("opened");
        let want = left.fingerprint().expect("identified");
        std::fs::remove_file(folder.path().join("c")).expect("removed");
        assert_eq!(left.check(&want).expect_err("gone").code, ErrorCode::FileMissing);
    }

    #[test]
    fn two_readings_that_differ_are_seen_where_no_time_tells() {
        let mut named = file(b"0123456789");
        let source = SourceFile::open(named.path()).expect("opens");
        let crc = source.crc64(0, 10).expect("read");
        std::io::Seek::rewind(named.as_file_mut()).expect("rewound");
        named.write_all(b"01234_6789").expect("rewritten");
        // As a memory-mapped writer leaves it: other bytes, the same times.
        let want = Fingerprint { in_doubt: true, ..source.fingerprint().expect("identified") };
        assert_eq!(source.check_read(&want, 10, crc).expect_err("changed").code, ErrorCode::FileChanged);
        source.check_read(&Fingerprint { in_doubt: false, ..want }, 10, crc).expect("only times are asked");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_on_a_drive_that_is_away_is_not_a_missing_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let mounted = folder.path().join("drive");
        std::fs::create_dir(&mounted).expect("made");
        let volume = volume(&std::fs::metadata(&mounted).expect("there")).expect("known");
        let file = mounted.join("day/a.mov");
        assert!(is_away(&file, volume + 1), "its folders went with the drive");
        assert!(!is_away(&file, volume), "the drive is there, the folder is not");
        assert!(is_away(&mounted.join("a.mov"), volume + 1), "an empty mount point");
        std::fs::write(mounted.join("b.mov"), b"1").expect("written");
        assert!(!is_away(&mounted.join("a.mov"), volume + 1), "taken out of its folder");
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_a_link_and_a_folder_are_no_files_and_block_nobody() {
        let folder = tempfile::tempdir().expect("a folder");
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("/etc/hostname", &link).expect("a link");
        for path in [pipe, link, folder.path().to_owned()] {
            let error = SourceFile::open(&path).expect_err("no file");
            assert_eq!(error.code, ErrorCode::NotAFile, "{}", path.display());
        }
    }
}
