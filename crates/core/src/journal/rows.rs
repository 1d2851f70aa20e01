//! What the journal's rows hold, in the core's own types.

use std::path::PathBuf;

use rusqlite::Row;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::watches::Sweep;
use crate::credentials::{Remote, Scope};
use crate::error::{Error, ErrorCode, Fact, Result};
use crate::file::Fingerprint;
use crate::ids::{BatchId, ItemId, TransferId, UploadId};
use crate::session::{Collision, Destination};
use crate::transfer::{OnS3, Plan, Standing, TransferState};
use crate::units::{ByteCount, UnixTime};

/// One gesture.
#[derive(Clone, Debug)]
pub struct BatchRow {
    /// Its identity.
    pub id: BatchId,
    /// When.
    pub added: UnixTime,
    /// The destination as it was then.
    pub destination: Destination,
    /// What to do when a key is taken.
    pub collision: Collision,
    /// The place its keys lie in, once the first lease told.
    pub scope: Option<Scope>,
    /// Whose it is; a batch that does not know rests for good.
    pub remote: Option<Remote>,
    /// Whether whoever gave it needs not be told how it ended, or was. One that was not goes on when it is given again.
    pub told: bool,
}

/// An upload that S3 is still to be rid of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// Its id.
    pub upload: UploadId,
    /// The batch that it was begun for.
    pub batch: BatchId,
    /// Its key without the scope's prefix.
    pub key: String,
}

/// An unfinished upload that nobody will finish by itself and that S3 may hold.
#[derive(Clone, Debug)]
pub struct Left {
    /// The batch that it was begun for.
    pub batch: BatchRow,
    /// The whole key.
    pub key: String,
    /// Its id; none where S3's answer that names it never came.
    pub upload: Option<UploadId>,
    /// Since when S3 was to be rid of it, or when it may have been begun; none when that is not on record yet.
    pub since: Option<UnixTime>,
    /// Why S3 still is not, as far as it was asked.
    pub code: Option<ErrorCode>,
    /// Why its file failed: it is kept, so that trying again goes on with it.
    pub kept: Option<ErrorCode>,
}

/// One dropped file or folder.
#[derive(Clone, Debug)]
pub struct ItemRow {
    /// Its identity.
    pub id: ItemId,
    /// The gesture.
    pub batch: BatchId,
    /// When.
    pub added: UnixTime,
    /// Where it lies.
    pub path: PathBuf,
    /// Its name, as shown.
    pub name: String,
    /// Whether it is a folder.
    pub folder: bool,
    /// Whether the folder was walked to its end.
    pub counted: bool,
    /// Entries passed over by a rule.
    pub skipped: u32,
    /// Taken from the list.
    pub removed: bool,
    /// Where the drive it lies on is mounted, where that can be taken away.
    pub mount: Option<PathBuf>,
    /// What made it, where a watched folder did.
    pub sweep: Option<Sweep>,
}

/// One file to one object.
#[derive(Clone, Debug)]
pub struct TransferRow {
    /// Its identity.
    pub id: TransferId,
    /// The item it belongs to.
    pub item: ItemId,
    /// Where it lies.
    pub path: PathBuf,
    /// Path within the item, `/` between parts; the name itself for a single file.
    pub rel: String,
    /// The key without the scope's prefix.
    pub key: String,
    /// Bytes when it was found.
    pub size: ByteCount,
    /// Where it stands.
    pub standing: Standing,
    /// Tells our object from another's, and from other versions of the same file: it lies in the object's metadata.
    pub token: String,
    /// The source's identity when the plan was made.
    pub fingerprint: Option<Fingerprint>,
    /// How it is cut.
    pub plan: Option<Plan>,
    /// CRC64NVME of the whole, once known.
    pub crc64: Option<u64>,
    /// The last problem.
    pub problem: Option<Problem>,
}

/// A batch that ended, and that the company has not taken word of yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The receipt's id on the wire. A batch that moves again and ends anew has another one.
    pub id: Uuid,
    /// The batch.
    pub batch: BatchId,
    /// When its last file ended.
    pub at: UnixTime,
}

/// What became of one path of a batch.
#[derive(Clone, Debug)]
pub struct Fate {
    /// The path in the batch, `/` between parts.
    pub path: String,
    /// The key without the scope's prefix.
    pub key: String,
    /// Bytes.
    pub size: ByteCount,
    /// Where it stands.
    pub standing: Standing,
    /// The source as it was sent.
    pub fingerprint: Option<Fingerprint>,
    /// CRC64NVME of the whole.
    pub crc64: Option<u64>,
    /// The object's version.
    pub version: Option<String>,
}

impl Fate {
    /// Of a row that is not as it was written: what became of it nobody knows.
    pub(super) fn damaged(path: String) -> Self {
        let state = TransferState::Failed { code: ErrorCode::JournalDamaged };
        let standing = Standing { state, on_s3: OnS3::Nothing };
        let (fingerprint, crc64, version) = (None, None, None);
        Self { path, key: String::new(), size: ByteCount::ZERO, standing, fingerprint, crc64, version }
    }
}

/// A path of a batch that a rule passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassedOver {
    /// The path in the batch, `/` between parts.
    pub path: String,
    /// The rule's name.
    pub rule: String,
}

/// The last problem of a transfer, for the details.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Its code.
    pub code: ErrorCode,
    /// One line for people who debug.
    pub detail: String,
    /// S3's request id.
    pub request_id: Option<String>,
    /// The number or the object that it is told with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fact: Option<Fact>,
}

impl From<&Error> for Problem {
    fn from(error: &Error) -> Self {
        Self {
            code: error.code,
            detail: error.detail.clone(),
            request_id: error.request_id.clone(),
            fact: error.fact.clone(),
        }
    }
}

/// SQLite's integers are signed; our numbers cross as their bits.
pub(super) const fn bits(number: u64) -> i64 {
    number.cast_signed()
}

pub(super) fn number(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    Ok(row.get::<_, i64>(column)?.cast_unsigned())
}

pub(super) fn json<T: for<'a> Deserialize<'a>>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text)
        .map_err(|e| rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(e)))
}

pub(super) fn json_if_any<T: for<'a> Deserialize<'a>>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>> {
    match row.get_ref(column)? {
        rusqlite::types::ValueRef::Null => Ok(None),
        _ => json(row, column).map(Some),
    }
}

pub(super) fn text<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|e| Error::new(ErrorCode::Unexpected).source(e))
}

/// A path's bytes as the system has them, so that a name that is not Unicode survives a restart.
#[cfg(unix)]
pub(super) fn path_bytes(path: &std::path::Path) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt as _;
    path.as_os_str().as_bytes().to_vec()
}

#[cfg(unix)]
pub(super) fn path_from(bytes: Vec<u8>) -> PathBuf {
    use std::os::unix::ffi::OsStringExt as _;
    std::ffi::OsString::from_vec(bytes).into()
}

/// UTF-16 units, low byte first: lone surrogates survive.
#[cfg(windows)]
pub(super) fn path_bytes(path: &std::path::Path) -> Vec<u8> {
    use std::os::windows::ffi::OsStrExt as _;
    path.as_os_str().encode_wide().flat_map(u16::to_le_bytes).collect()
}

#[cfg(windows)]
pub(super) fn path_from(bytes: Vec<u8>) -> PathBuf {
    use std::os::windows::ffi::OsStringExt as _;
    let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    std::ffi::OsString::from_wide(&units).into()
}
