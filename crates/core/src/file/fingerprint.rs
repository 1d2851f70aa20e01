//! What makes a file this file: taken when the plan is made, compared before each part and before Complete.
//!
//! Times prove that nothing was written only as far as the system keeps them:
//! - They are as fine as a tick of the kernel (Linux, some milliseconds), or as two seconds (FAT): of two writes within
//!   one tick, the second leaves no trace.
//! - A program that writes through a memory map moves them when it first touches a page after that was last written to
//!   the disk. Until then, later writes to the same page leave no trace; on a memory file system, none ever does.
//!
//! Both are over once a file has been left alone for long enough. A file that was not is [`Fingerprint::in_doubt`], and
//! is read twice.

use std::fs::{File, Metadata};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::units::UnixTime;

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
    /// Whether a later change may not show in the times.
    #[serde(default)]
    pub in_doubt: bool,
    /// Whether it is sent while it is written: the same file that has become longer is this one still.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub grows: bool,
}

/// How two fingerprints compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likeness {
    /// Nothing moved.
    Same,
    /// Size and modification time are the same. Its change time moved, or its numbers did, as they do when a file is
    /// renamed, or a drive is mounted again: only its contents can tell.
    Perhaps,
    /// Another file, or another version.
    Other,
}

/// A page that was written through a memory map is on the disk after this many seconds at most. Source: Linux,
/// `vm.dirty_expire_centisecs` (30 s) and `vm.dirty_writeback_centisecs` (5 s), and as much again for a busy disk.
const SETTLED: u64 = 60;

impl Fingerprint {
    /// What it is now, compared with what it was: all but the doubt.
    pub fn likeness(&self, other: &Self) -> Likeness {
        if other.grows {
            let is = (self.volume, self.file) == (other.volume, other.file) && self.size >= other.size;
            return if is { Likeness::Same } else { Likeness::Other };
        }
        let whole = |of: &Self| Self { in_doubt: false, grows: false, ..of.clone() };
        if whole(self) == whole(other) {
            Likeness::Same
        } else if (self.size, self.mtime) == (other.size, other.mtime) {
            Likeness::Perhaps
        } else {
            Likeness::Other
        }
    }
}

/// Changed so lately, or in the future, that a change that follows may leave no trace.
fn is_young(changed: i128, now: UnixTime) -> bool {
    changed + i128::from(SETTLED) * 1_000_000_000 > i128::from(now.0) * 1_000_000_000
}

impl Fingerprint {
    /// Whether what the system says of a path may be this file as it was: for a first look, before anything is opened.
    pub fn seems(&self, size: u64, modified: Option<SystemTime>) -> bool {
        let since = modified.and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok());
        let nanos = since.and_then(|since| i128::try_from(since.as_nanos()).ok());
        self.size == size && nanos.is_none_or(|nanos| nanos == self.mtime_ns())
    }

    /// Modification time in nanoseconds since 1970, whatever the system counts in.
    pub const fn mtime_ns(&self) -> i128 {
        // Source: FILETIME counts 100 ns from 1601; 1970 is 11,644,473,600 s later.
        if cfg!(windows) { self.mtime * 100 - 11_644_473_600_000_000_000 } else { self.mtime }
    }

    /// When it was last written to; nothing where that was before 1970.
    pub fn written(&self) -> Option<UnixTime> {
        u64::try_from(self.mtime_ns().div_euclid(1_000_000_000)).ok().map(UnixTime)
    }
}

#[cfg(unix)]
impl Fingerprint {
    #[expect(clippy::unnecessary_wraps, reason = "the same shape on every system")]
    pub(super) fn of(file: &File, meta: &Metadata) -> Result<Self> {
        use std::os::unix::fs::MetadataExt as _;
        let nanos = |seconds: i64, nanos: i64| i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
        let (mtime, ctime) = (nanos(meta.mtime(), meta.mtime_nsec()), nanos(meta.ctime(), meta.ctime_nsec()));
        Ok(Self {
            size: meta.len(),
            mtime,
            ctime: Some(ctime),
            volume: meta.dev(),
            file: meta.ino(),
            in_doubt: is_young(mtime.max(ctime), UnixTime::now()) || is_in_memory(file),
            grows: false,
        })
    }
}

/// `TMPFS_MAGIC`. Source: statfs(2).
#[cfg(target_os = "linux")]
fn is_in_memory(file: &File) -> bool {
    rustix::fs::fstatfs(file).is_ok_and(|system| u64::try_from(system.f_type) == Ok(0x0102_1994))
}

#[cfg(all(unix, not(target_os = "linux")))]
const fn is_in_memory(_: &File) -> bool {
    false
}

#[cfg(windows)]
impl Fingerprint {
    pub(super) fn of(file: &File, meta: &Metadata) -> Result<Self> {
        use crate::error::{Error, ErrorCode};
        use std::os::windows::fs::MetadataExt as _;
        /// From 1601 to 1970 in 100 ns ticks.
        const TO_1970: i128 = 116_444_736_000_000_000;
        let id = winapi_util::file::information(file)
            .map_err(|e| Error::new(ErrorCode::ReadError).detail("file id").source(e))?;
        let mtime = i128::from(meta.last_write_time());
        Ok(Self {
            size: meta.len(),
            mtime,
            ctime: None,
            volume: id.volume_serial_number(),
            file: id.file_index(),
            // NTFS tells the last write time late while the file is open for writing.
            in_doubt: is_young((mtime - TO_1970) * 100, UnixTime::now()),
            grows: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_changed_lately_or_in_the_future_is_in_doubt() {
        let now = UnixTime(1_000_000);
        let at = |seconds: i128| seconds * 1_000_000_000;
        assert!(is_young(at(1_000_000), now));
        assert!(is_young(at(999_941), now));
        assert!(!is_young(at(999_940), now));
        assert!(is_young(at(2_000_000), now), "by another clock");
    }

    #[test]
    fn a_file_whose_numbers_moved_may_still_be_the_same() {
        let before =
            Fingerprint { size: 9, mtime: 1, ctime: Some(1), volume: 7, file: 3, in_doubt: true, grows: false };
        assert_eq!(before.likeness(&Fingerprint { in_doubt: false, ..before.clone() }), Likeness::Same);
        assert_eq!(before.likeness(&Fingerprint { volume: 8, ..before.clone() }), Likeness::Perhaps);
        assert_eq!(before.likeness(&Fingerprint { ctime: Some(2), ..before.clone() }), Likeness::Perhaps);
        assert_eq!(before.likeness(&Fingerprint { mtime: 2, ..before.clone() }), Likeness::Other);
        let grows = Fingerprint { grows: true, ..before.clone() };
        let longer = |size| Fingerprint { size, mtime: 2, ctime: Some(2), ..before.clone() };
        assert_eq!(
            [longer(9), longer(10), longer(8)].map(|now| now.likeness(&grows)),
            [Likeness::Same, Likeness::Same, Likeness::Other]
        );
        assert_eq!(Fingerprint { file: 4, ..longer(10) }.likeness(&grows), Likeness::Other);
        assert_eq!(before.likeness(&Fingerprint { size: 8, ..before.clone() }), Likeness::Other);
    }
}
