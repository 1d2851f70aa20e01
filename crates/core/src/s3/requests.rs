//! What goes into requests to S3 and comes out of them.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::gate::Gate;
use super::moved::Moved;
use super::tap::Tapped;
use crate::error::Error;
use crate::file::buffers::is_one_frame;
use crate::file::{Fingerprint, SourceFile};

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
    },
    /// No right to look.
    Unknown,
}
