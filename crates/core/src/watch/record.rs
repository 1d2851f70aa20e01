//! What is on record of a watched folder beside what the person wants of it.

use serde::{Deserialize, Serialize};

use super::spec::After;
use crate::error::ErrorCode;
use crate::ids::TransferId;
use crate::units::UnixTime;

/// Where a watched folder stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum State {
    /// A person is asked what of that which is there already is to be uploaded.
    Asks,
    /// It is watched.
    Watching,
    /// A person wants it to rest.
    Paused {
        /// Since when.
        since: UnixTime,
    },
    /// It is watched no more. What it uploaded stays in the list.
    Stopped,
}

/// What is counted of a watched folder, for those who want to know whether events are lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Counters {
    /// How often the system said that events were lost.
    pub lost: u64,
    /// Versions that no event told of, and that a full check found.
    pub recovered: u64,
    /// When all of it was last checked.
    pub checked: Option<UnixTime>,
}

/// What was decided on a version of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    /// It is a transfer, whose standing says the rest.
    Given(TransferId),
    /// It was there before the folder was watched, and is not wanted.
    Existing,
    /// It is a transfer of what is there of it already, while the file is still written.
    Growing(TransferId),
}

impl Decided {
    /// The transfer that it is.
    pub const fn transfer(self) -> Option<TransferId> {
        match self {
            Self::Given(id) | Self::Growing(id) => Some(id),
            Self::Existing => None,
        }
    }
}

/// What becomes of a file once it is safely there; without one, nothing. It is as was wanted when the file was given to the
/// engine: nothing is taken away of what was sent before anybody wanted that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Aftermath {
    /// This is to be done.
    Due {
        /// What.
        what: After,
    },
    /// It is being done: it lies where it did, or there, from the watched folder on.
    Taking {
        /// What.
        what: After,
        /// Where to, `/` between the names.
        to: String,
    },
    /// It was done.
    Did,
    /// It stayed, and why.
    Failed {
        /// The reason.
        code: ErrorCode,
    },
}
