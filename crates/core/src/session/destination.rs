//! Where a batch may go and by which rules, once checked.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::ids::DestinationId;
use crate::s3::Sse;
use crate::units::ByteCount;

/// What to do when a key is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Collision {
    /// Leave it, and ask the person.
    #[default]
    Fail,
    /// Replace it.
    Overwrite,
    /// Upload beside it, as "name (2)".
    Suffix,
}

/// What may be sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// The largest file, in bytes.
    #[serde(default)]
    pub largest: Option<ByteCount>,
}

/// A destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    /// Its id.
    pub id: DestinationId,
    /// Path-like words, "Projects / Rushes".
    pub label: String,
    /// The bucket.
    pub bucket: String,
    /// Its region.
    pub region: String,
    /// The account that must own it.
    pub account_id: Option<String>,
    /// Whether Transfer Acceleration may be used.
    pub accelerate: bool,
    /// What to do when a key is taken.
    pub collision: Collision,
    /// What may be sent.
    pub rules: Option<Rules>,
    /// Storage class of new objects.
    pub storage_class: Option<String>,
    /// Encryption of new objects.
    pub sse: Option<Sse>,
    /// Tags of new objects.
    pub tags: BTreeMap<String, String>,
    /// What "Copy link" gives.
    pub link_template: Option<String>,
}

impl Destination {
    /// A place that no company named: the command line's `--s3`.
    pub(crate) fn direct(
        id: DestinationId,
        label: String,
        bucket: String,
        region: String,
        collision: Collision,
    ) -> Self {
        Self {
            id,
            label,
            bucket,
            region,
            account_id: None,
            accelerate: false,
            collision,
            rules: None,
            storage_class: None,
            sse: None,
            tags: BTreeMap::new(),
            link_template: None,
        }
    }
}
