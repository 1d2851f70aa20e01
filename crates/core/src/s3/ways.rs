//! The ways to a bucket.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::units::ByteRate;

/// A way to a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum WayKind {
    /// Through Transfer Acceleration.
    Accelerated,
    /// To the bucket's region, or to another store.
    Direct,
}

/// Why a way is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum WayWhy {
    /// There is no other.
    Only,
    /// Both are taken, and compared.
    Measuring,
    /// It is the faster one, by enough to be worth its price.
    Faster,
    /// The other is slower, or not so much faster that it is worth its price.
    OtherSlower,
    /// The other does not get through.
    OtherBlocked,
}

/// The way that is taken to a destination's bucket, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Way {
    /// Which.
    pub kind: WayKind,
    /// Why.
    pub why: WayWhy,
    /// What one connection carried through Transfer Acceleration, where that was measured.
    pub accelerated: Option<ByteRate>,
    /// What one connection carried to the region, where that was measured.
    pub direct: Option<ByteRate>,
}
