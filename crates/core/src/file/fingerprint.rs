//! What makes a file this file: taken when the plan is made, compared before each part and before Complete.

use std::fs::{File, Metadata};

use serde::{Deserialize, Serialize};

use crate::error::Result;

/// A file's identity and version, by its handle.
///
/// A rewrite of the same size with the modification time put back is still seen by the change time, which programs
/// cannot set (on Linux and macOS; Windows' change time is not reached by the standard library).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// Bytes.
    pub size: u64,
    /// Modification time in nanoseconds since 1970, or Windows' 100 ns ticks.
    pub mtime: i128,
    /// Change time likewise, where the system has one.
    pub ctime: Option<i128>,
    /// The volume.
    pub volume: u64,
    /// The file's number on the volume.
    pub file: u64,
}

impl Fingerprint {
    /// Whether what the system says of a path may be this file as it was: for a first look, before anything is opened.
    pub fn seems(&self, meta: &Metadata) -> bool {
        let since = meta.modified().ok().and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
        let nanos = since.and_then(|since| i128::try_from(since.as_nanos()).ok());
        self.size == meta.len() && nanos.is_none_or(|nanos| nanos == self.mtime_ns())
    }

    /// Modification time in nanoseconds since 1970, whatever the system counts in.
    pub const fn mtime_ns(&self) -> i128 {
        // Source: FILETIME counts 100 ns from 1601; 1970 is 11,644,473,600 s later.
        if cfg!(windows) { self.mtime * 100 - 11_644_473_600_000_000_000 } else { self.mtime }
    }
}

#[cfg(unix)]
impl Fingerprint {
    #[expect(clippy::unnecessary_wraps, reason = "the same shape on every system")]
    pub(super) fn of(_: &File, meta: &Metadata) -> Result<Self> {
        Ok(Self::of_metadata(meta))
    }

    /// From what the system says of a path or handle.
    pub(super) fn of_metadata(meta: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        let nanos = |seconds: i64, nanos: i64| i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
        Self {
            size: meta.len(),
            mtime: nanos(meta.mtime(), meta.mtime_nsec()),
            ctime: Some(nanos(meta.ctime(), meta.ctime_nsec())),
            volume: meta.dev(),
            file: meta.ino(),
        }
    }

    /// Whether this is the same file with the same contents. A rename or a new hard link moves the change time alone,
    /// so the change time counts only where a write could have moved it.
    pub(super) fn same(&self, other: &Self) -> bool {
        self == other
    }
}

#[cfg(windows)]
impl Fingerprint {
    pub(super) fn of(file: &File, meta: &Metadata) -> Result<Self> {
        use crate::error::{Error, ErrorCode};
        use std::os::windows::fs::MetadataExt as _;
        let id = winapi_util::file::information(file)
            .map_err(|e| Error::new(ErrorCode::ReadError).detail("file id").source(e))?;
        Ok(Self {
            size: meta.len(),
            mtime: i128::from(meta.last_write_time()),
            ctime: None,
            volume: id.volume_serial_number(),
            file: id.file_index(),
        })
    }

    pub(super) fn same(&self, other: &Self) -> bool {
        self == other
    }
}
