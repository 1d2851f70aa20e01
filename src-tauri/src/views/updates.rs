//! How it stands with updates, as the page tells it.

use davit_core::units::UnixTime;
use serde::Serialize;
use ts_rs::TS;

/// How it stands with updates of Davit itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct UpdatesView {
    /// The version that runs.
    pub version: String,
    /// How it stands.
    pub now: UpdatesNow,
}

/// How it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum UpdatesNow {
    /// Davit does not look for updates itself.
    Off {
        /// Why.
        why: NoUpdates,
    },
    /// Nothing newer is known of.
    Current {
        /// When that was found last.
        checked: Option<UnixTime>,
        /// What came in between since.
        trouble: Option<UpdateTrouble>,
    },
    /// Somebody is asked.
    Looking,
    /// An update is on its way.
    Fetching {
        /// Its version.
        version: String,
        /// How much of it is there.
        percent: u8,
    },
    /// An update can be put in place.
    Ready {
        /// Its version.
        version: String,
        /// What came in between when that was tried.
        trouble: Option<UpdateTrouble>,
    },
    /// It is put in place once what the store was asked to put together is done.
    Finishing {
        /// Its version.
        version: String,
    },
}

/// Why Davit does not look for updates itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum NoUpdates {
    /// The company brings them.
    Company,
    /// They come with this computer's packages.
    Packages,
    /// It lies where this person may not write.
    Place,
    /// The build names no place to look, or no key.
    Build,
}

/// What came in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum UpdateTrouble {
    /// Nobody answers where updates are.
    Unreachable,
    /// What was offered is not what was signed for this Davit.
    NotGenuine,
    /// There is no room for it.
    NoRoom,
    /// It could not be put in place.
    NotInstalled,
}
