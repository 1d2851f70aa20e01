//! How far a folder reaches beyond the files that lie in it: through links, and into the cloud. Not at all, unless a person
//! wants it (rules W16 and W17).

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// How far a folder reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// Through links.
    pub links: Links,
    /// Into the cloud.
    pub placeholders: Placeholders,
}

/// What becomes of links and junctions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Links {
    /// They are passed over.
    #[default]
    Skipped,
    /// What they lead to is taken under the link's own path, where it lies in the same folder and does not lead back.
    Followed,
}

/// What becomes of files whose bytes lie in the cloud.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Placeholders {
    /// They are passed over, and counted.
    #[default]
    Skipped,
    /// They are files like others: reading fetches them.
    Fetched,
}

impl Placeholders {
    /// Whether a file is taken that is one, or is none.
    pub(super) fn takes(self, placeholder: bool) -> bool {
        !placeholder || self == Self::Fetched
    }
}
