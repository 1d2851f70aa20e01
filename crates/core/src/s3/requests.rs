//! What goes into requests to S3 and comes out of them.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::gate::Gate;
use super::moved::Moved;
use super::tap::Tapped;
use crate::error::Error;
use crate::file::buffers::is_one_frame;
use crate::file::{Fingerprint, SourceFile};
use crate::ids::UploadId;
use crate::units::UnixTime;

/// In seconds.
const DAY: u64 = 24 * 60 * 60;

/// A range of an open file, as the body of one request.
#[derive(Clone, Debug)]
pub struct PartBody {
    /// The file.
    pub file: Arc<SourceFile>,
    /// Where the range begins, in bytes.
    pub offset: u64,
    /// How long it is, in bytes.
    pub len: u64,
    /// Bytes the connection has taken in this attempt; set to zero when it begins.
    pub sent: Arc<AtomicU64>,
    /// When the other side last acknowledged any.
    pub moved: Moved,
    /// Bytes that connections took of all bodies, ever.
    pub tally: Arc<AtomicU64>,
    /// What the file must still be when the last byte leaves.
    pub fingerprint: Fingerprint,
    /// What the last byte passes.
    pub gate: Gate,
    /// Where its bytes are taken from.
    pub tapped: Tapped,
}

impl PartBody {
    /// Whether it is so short that it is read, and the file looked at, before a byte of it leaves.
    pub fn is_read_first(&self) -> bool {
        is_one_frame(self.len)
    }
}

/// An upload that S3 opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// Its id.
    pub upload: UploadId,
    /// For how many days it is kept unfinished, where a rule of the bucket says so.
    pub kept: Option<u32>,
}

impl Created {
    /// By when it is removed, and what time it is. A rule counts from the midnight that follows: what is left over of a day
    /// is of that.
    pub(super) fn new(upload: UploadId, ends: Option<UnixTime>, now: UnixTime) -> Self {
        let days = |ends: UnixTime| u32::try_from(ends.0.saturating_sub(now.0) / DAY).ok().filter(|days| *days > 0);
        Self { upload, kept: ends.and_then(days) }
    }
}

/// What came of asking for the parts to be put together.
#[derive(Debug)]
pub enum Completed {
    /// The object is there, and its checksum is ours.
    Stored(Stored),
    /// Nothing was put together: S3 has other parts than were named.
    OtherParts(Error),
}

/// What came of an abort.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aborted {
    /// S3 removed it: nothing will be put together of it.
    Removed,
    /// S3 knew of none: it was removed before, or became the object.
    NotThere,
}

/// An object that S3 stored, with a checksum equal to ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its `ETag`.
    pub etag: String,
    /// CRC64NVME of the whole.
    pub crc64: u64,
    /// Its version, in a bucket that keeps them.
    pub version_id: Option<String>,
}

/// What lies at a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Head {
    /// Nothing.
    Absent,
    /// An object.
    There {
        /// Its `ETag`.
        etag: String,
        /// Its bytes.
        size: u64,
        /// CRC64NVME of the whole, where the store has it.
        crc64: Option<u64>,
        /// The token that the upload which made it carried.
        token: Option<String>,
        /// When it was stored, where the store says so.
        at: Option<UnixTime>,
    },
    /// No right to look.
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_days_that_an_unfinished_upload_is_kept_are_told() {
        let kept = |ends| Created::new(UploadId("u".to_owned()), ends, UnixTime(10 * DAY + 3_600)).kept;
        assert_eq!(kept(None), None, "no rule");
        // Seven days, from the midnight after it was opened.
        assert_eq!(kept(Some(UnixTime(18 * DAY))), Some(7));
        assert_eq!(kept(Some(UnixTime(11 * DAY))), None, "within the day");
        assert_eq!(kept(Some(UnixTime(DAY))), None, "a clock that is off");
    }
}
