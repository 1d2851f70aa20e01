//! One open file, read by position from any thread.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use super::Fingerprint;
use crate::error::{Error, ErrorCode, Result};

/// A regular file, opened once.
#[derive(Debug)]
pub struct SourceFile {
    file: File,
}

/// Bytes read at a time for a checksum.
const STEP: usize = 256 << 10;

impl SourceFile {
    /// Opens a regular file for reading. Never blocks on a pipe, never follows a link in the last place of the path.
    ///
    /// # Errors
    /// `file-missing`, `file-unreadable`, `file-in-use`, `not-a-file`, `read-error`, `source-offline`.
    pub fn open(path: &Path) -> Result<Self> {
        let file = options().open(path).map_err(|e| classify(&e, path))?;
        let meta = file.metadata().map_err(|e| classify(&e, path))?;
        if !meta.is_file() {
            return Err(Error::new(ErrorCode::NotAFile).detail(path.display().to_string()));
        }
        Ok(Self { file })
    }

    /// The file's identity now.
    ///
    /// # Errors
    /// `read-error`, `source-offline`.
    pub fn fingerprint(&self) -> Result<Fingerprint> {
        let meta = self.file.metadata().map_err(|e| reading(&e))?;
        Fingerprint::of(&self.file, &meta)
    }

    /// Still the file it was.
    ///
    /// # Errors
    /// `file-changed`.
    pub fn check(&self, want: &Fingerprint) -> Result<()> {
        if self.fingerprint()?.same(want) {
            Ok(())
        } else {
            Err(Error::new(ErrorCode::FileChanged).detail("size, time or identity moved"))
        }
    }

    /// The path still leads to that file, not to another one put in its place.
    ///
    /// # Errors
    /// `file-missing`, `file-changed`.
    pub fn check_path(path: &Path, want: &Fingerprint) -> Result<()> {
        let there = Self::open(path)?.fingerprint()?;
        if (there.volume, there.file) == (want.volume, want.file) {
            Ok(())
        } else {
            Err(Error::new(ErrorCode::FileChanged).detail("another file stands in its place"))
        }
    }

    /// Fills `buffer` from `offset`.
    ///
    /// # Errors
    /// `file-changed` when the file ends before, `read-error`, `source-offline`.
    pub fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> Result<()> {
        let (mut done, mut at) = (0, offset);
        while done < buffer.len() {
            match read_at(&self.file, &mut buffer[done..], at) {
                Ok(0) => return Err(Error::new(ErrorCode::FileChanged).detail("the file became shorter")),
                Ok(n) => {
                    done += n;
                    at += n as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(reading(&error)),
            }
        }
        Ok(())
    }

    /// CRC64NVME of a range. Blocks; call it on a blocking thread.
    ///
    /// # Errors
    /// As [`Self::read_exact_at`].
    pub fn crc64(&self, offset: u64, len: u64) -> Result<u64> {
        let mut digest = crc_fast::Digest::new(crc_fast::CrcAlgorithm::Crc64Nvme);
        let mut buffer = vec![0; STEP];
        let (mut at, end) = (offset, offset + len);
        while at < end {
            let step = usize::try_from(end - at).unwrap_or(STEP).min(STEP);
            self.read_exact_at(&mut buffer[..step], at)?;
            digest.update(&buffer[..step]);
            at += step as u64;
        }
        Ok(digest.finalize())
    }
}

#[cfg(unix)]
fn options() -> OpenOptions {
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
fn options() -> OpenOptions {
    use std::os::windows::fs::OpenOptionsExt as _;
    const FILE_FLAG_SEQUENTIAL_SCAN: u32 = 0x0800_0000;
    const FILE_FLAG_OPEN_REPARSE_POINT: u32 = 0x0020_0000;
    let mut options = OpenOptions::new();
    options.read(true).share_mode(7).custom_flags(FILE_FLAG_SEQUENTIAL_SCAN | FILE_FLAG_OPEN_REPARSE_POINT);
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
        _ => reading(error).code,
    };
    Error::new(code).detail(format!("{}: {error}", path.display()))
}

/// Numbers the standard library has no names for. Source: errno(3), Windows system error codes.
fn reading(error: &io::Error) -> Error {
    let code = match error.raw_os_error() {
        // ENXIO: opening a socket. ELOOP (Linux, macOS): a link in the last place.
        #[cfg(unix)]
        Some(6 | 40 | 62) => ErrorCode::NotAFile,
        // ESTALE, ENODEV, ENOTCONN, EHOSTDOWN: the volume is away.
        #[cfg(unix)]
        Some(116 | 70 | 19 | 107 | 57 | 112) => ErrorCode::SourceOffline,
        // ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION.
        #[cfg(windows)]
        Some(32 | 33) => ErrorCode::FileInUse,
        // ERROR_NOT_READY, ERROR_BAD_NETPATH, ERROR_NETNAME_DELETED, ERROR_DEVICE_NOT_CONNECTED.
        #[cfg(windows)]
        Some(21 | 53 | 64 | 1167) => ErrorCode::SourceOffline,
        _ => ErrorCode::ReadError,
    };
    Error::new(code).detail(error.to_string())
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
        let want = SourceFile::open(&path).and_then(|file| file.fingerprint()).expect("identified");
        std::fs::write(folder.path().join("b"), b"two").expect("written");
        std::fs::rename(folder.path().join("b"), &path).expect("swapped");
        let swapped = SourceFile::check_path(&path, &want).expect_err("another");
        assert_eq!(swapped.code, ErrorCode::FileChanged);
        std::fs::remove_file(&path).expect("removed");
        assert_eq!(SourceFile::check_path(&path, &want).expect_err("gone").code, ErrorCode::FileMissing);
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_a_link_and_a_folder_are_no_files_and_block_nobody() {
        let folder = tempfile::tempdir().expect("a folder");
        let pipe = folder.path().join("pipe");
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).expect("a pipe");
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("/etc/hostname", &link).expect("a link");
        for path in [pipe, link, folder.path().to_owned()] {
            let error = SourceFile::open(&path).expect_err("no file");
            assert_eq!(error.code, ErrorCode::NotAFile, "{}", path.display());
        }
    }
}
