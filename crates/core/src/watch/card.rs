//! What shells see of a watched folder (rule W30).

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::record::Counters;
use super::spec::Spec;
use crate::error::ErrorCode;
use crate::ids::{DestinationId, WatchId};
use crate::units::{ByteCount, UnixTime};

/// A watched folder as it is now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Card {
    /// Its identity.
    pub id: WatchId,
    /// Where it lies. Never crosses to the web view.
    #[serde(skip)]
    pub path: PathBuf,
    /// The same as text, for reading only.
    pub shown: String,
    /// What the drive is called that it lies on: by its path, or, where that drive is away, by where it was mounted last.
    pub drive: Option<String>,
    /// The destination's label.
    pub destination: String,
    /// The same by its id.
    pub to: DestinationId,
    /// What is wanted of it.
    #[serde(skip)]
    pub spec: Spec,
    /// What it does.
    pub doing: Doing,
    /// How changes are noticed.
    pub notices: Notices,
    /// Files by what becomes of them.
    pub counts: Counts,
    /// What is counted of events and checks.
    pub counters: Counters,
    /// When a file was last done.
    pub last_done: Option<UnixTime>,
    /// When the system last told of a change, in this run.
    pub last_event: Option<UnixTime>,
    /// The last problem.
    pub problem: Option<ErrorCode>,
    /// A file that was uploaded and could not be moved, say: a warning, since it is safely there.
    pub warning: Option<Warning>,
}

/// What keeps a file where it is that was to be taken away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Warning {
    /// Why.
    pub code: ErrorCode,
    /// The last such file, from the watched folder on.
    pub file: String,
}

/// What a watched folder does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Doing {
    /// A person is to say what of that which is there already is to be uploaded.
    Asks {
        /// Files that are there and match.
        files: u32,
        /// Their bytes.
        bytes: ByteCount,
    },
    /// All of it is looked at.
    Checking,
    /// It is watched.
    Watching,
    /// It rests.
    Paused {
        /// Since when.
        since: UnixTime,
    },
    /// The folder is not there. Nothing is uploaded again or forgotten, and it goes on by itself.
    Away {
        /// Whether another folder stands in its place: if that is the one after all, somebody has to say so.
        other: bool,
    },
    /// Another Davit on this computer watches it.
    Elsewhere {
        /// Its process, where the system tells.
        process: Option<u32>,
    },
}

/// How changes are noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Notices {
    /// The system tells.
    Live,
    /// By looking.
    Polls(Why),
}

/// Why a folder is looked at instead of being told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "why", rename_all = "kebab-case")]
#[ts(rename = "LooksSince")]
pub enum Why {
    /// A person wants it so.
    Wanted,
    /// It lies on another computer, or a program serves it.
    Remote,
    /// The system watches no more folders than it does already: how many it may.
    Limit {
        /// As many as that.
        #[ts(type = "number")]
        most: u64,
    },
    /// The system tells no more programs of this user of folders: how often it tells one of a folder, in all.
    Instances {
        /// As often as that.
        #[ts(type = "number")]
        most: u64,
    },
    /// The system does not tell.
    Refused,
}

/// Files by what becomes of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// They settle.
    pub settling: u32,
    /// Those among them that have been written to for an hour.
    pub still_written: u32,
    /// They are whole, and wait for their hours or for what goes with them.
    pub waiting: u32,
    /// They are in line or move.
    pub moving: u32,
    /// They move no further for now: they wait for the connection, for their drive or for another try, or somebody paused them.
    pub stalled: u32,
    /// They are safely there.
    pub done: u32,
    /// Those among them that are since midnight.
    pub today: u32,
    /// They need somebody.
    pub failed: u32,
    /// They lie in the cloud, and are left.
    pub placeholders: u32,
    /// Links, pipes, sockets and devices.
    pub passed: u32,
    /// Files and folders that cannot be read.
    pub unreadable: u32,
    /// Names that no key can have.
    pub refused: u32,
}
