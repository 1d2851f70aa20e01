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
    /// A watched folder.
    WatchId
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

/// S3's `ETag` of one part, as it was told. Thousands are held at a time: one that looks like an MD5, as S3's do, takes 16 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartTag(Tag);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Tag {
    Md5([u8; 16]),
    Other(Box<str>),
}

impl From<&str> for PartTag {
    fn from(told: &str) -> Self {
        let mut md5 = [0; 16];
        let quoted = told.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let digits = quoted.filter(|digits| !digits.bytes().any(|digit| digit.is_ascii_uppercase()));
        match digits.map(|digits| hex::decode_to_slice(digits, &mut md5)) {
            Some(Ok(())) => Self(Tag::Md5(md5)),
            _ => Self(Tag::Other(told.into())),
        }
    }
}

impl fmt::Display for PartTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Tag::Md5(md5) => write!(f, "\"{}\"", hex::encode(md5)),
            Tag::Other(told) => f.write_str(told),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tag_of_a_part_is_told_as_it_was_heard() {
        let md5 = "\"d41d8cd98f00b204e9800998ecf8427e\"";
        for (told, short) in [
            (md5, true),
            ("\"D41D8CD98F00B204E9800998ECF8427E\"", false),
            ("d41d8cd98f00b204e9800998ecf8427e", false),
            ("\"d41d8cd98f00b204e9800998ecf8427e-2\"", false),
            ("\"d41d8cd98f00b204e9800998ecf842\"", false),
            ("\"d41d8cd98f00b204e9800998ecf8427e00\"", false),
            ("\"", false),
            ("", false),
            ("\"\u{e9}\"", false),
        ] {
            let tag = PartTag::from(told);
            assert_eq!(tag.to_string(), told);
            assert_eq!(matches!(tag.0, Tag::Md5(_)), short, "{told}");
        }
        assert_ne!(PartTag::from(md5), PartTag::from("d41d8cd98f00b204e9800998ecf8427e"));
        assert!(size_of::<PartTag>() <= 24, "10,000 are held at a time");
    }
}
