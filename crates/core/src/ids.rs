//! Newtypes for every identity in the house, so that no two can be mixed up.
//!
//! Numeric ids are the journal's row ids. They stay below 2^53, because they cross to the web view as JSON numbers.

use std::fmt;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::error::{Error, ErrorCode};

macro_rules! row_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
        #[ts(type = "number")]
        pub struct $name(u64);

        impl $name {
            /// The id of the journal row `row`.
            pub const fn new(row: u64) -> Self {
                Self(row)
            }

            /// The journal row's number.
            pub const fn get(self) -> u64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

row_id!(
    /// One file to one object: the user's unit.
    TransferId
);
row_id!(
    /// One thing the user dropped: a file, or a folder with all its files. One row in the list.
    ItemId
);
row_id!(
    /// One gesture (a drop, a pick, a watch sweep), for undo and the receipt.
    BatchId
);

/// A destination's id as the backend names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[ts(type = "string")]
pub struct DestinationId(pub String);

impl fmt::Display for DestinationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// S3's name for one multipart upload.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct UploadId(pub String);

/// A part's number within its upload, 1 to 10,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PartNumber(u16);

impl PartNumber {
    /// The first part, or the only one.
    pub const FIRST: Self = Self(1);

    /// The part `number`, or nothing outside 1 to 10,000.
    pub fn new(number: u32) -> Option<Self> {
        u16::try_from(number).ok().filter(|n| (1..=10_000).contains(n)).map(Self)
    }

    /// The number on the wire.
    pub const fn get(self) -> u16 {
        self.0
    }

    /// The part's place in a list that starts at 0.
    pub const fn index(self) -> usize {
        self.0 as usize - 1
    }
}

/// An object's full key: valid UTF-8 in NFC, 1 to 1,024 bytes.
///
/// Source: S3 user guide, "Naming Amazon S3 objects".
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObjectKey(String);

impl ObjectKey {
    /// The longest key S3 takes, in bytes of UTF-8.
    pub const MAX_BYTES: usize = 1_024;

    /// A key, checked.
    ///
    /// # Errors
    /// [`ErrorCode::NameRefused`] for an empty key or one with a control character, [`ErrorCode::KeyTooLong`] past
    /// 1,024 bytes.
    pub fn new(key: impl Into<String>) -> Result<Self, Error> {
        let key = key.into();
        if key.len() > Self::MAX_BYTES {
            return Err(Error::new(ErrorCode::KeyTooLong).detail(format!("{} bytes, at most 1,024", key.len())));
        }
        if key.is_empty() || key.chars().any(char::is_control) {
            return Err(Error::new(ErrorCode::NameRefused).detail("empty, or with a control character"));
        }
        Ok(Self(key))
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
