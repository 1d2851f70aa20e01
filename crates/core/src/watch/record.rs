//! What is on record of a watched folder beside what the person wants of it.

use serde::{Deserialize, Serialize};

use super::spec::After;
use crate::error::{ErrorCode, Result};
use crate::file::{FolderId, OF_A_UUID, Tree};
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
        /// Whether nobody said yet what of that which was there is to be uploaded: they are asked once it goes on.
        #[serde(default)]
        asks: bool,
    },
    /// It is watched no more. What it uploaded stays in the list.
    Stopped,
}

/// Which folder it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootId {
    /// Its number, and its volume's.
    #[serde(flatten)]
    pub folder: FolderId,
    /// What lasts of its volume, wherever and whenever that is mounted, where the system tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<u64>,
}

impl RootId {
    /// The folder that is held open.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn of(tree: &Tree) -> Result<Self> {
        Ok(Self { folder: tree.id()?, serial: tree.serial() })
    }

    /// Whether a folder that is seen now has the numbers of this one, and lies on the same mount. What lasts of its volume may not
    /// be told for a moment.
    pub(super) fn is_still(self, now: Self) -> bool {
        self.folder == now.folder && !self.lies_elsewhere(now)
    }

    /// The same after it was away. What lasts of its volume counts for more than the volume's number, which may be another with
    /// every mount.
    pub(super) fn is_again(self, now: Self) -> bool {
        let lasts = self.serial.is_some() && self.serial == now.serial;
        self.is_still(now) || (lasts && self.folder.file == now.folder.file)
    }

    /// Whether a folder that is seen now is known to lie on another volume.
    pub(super) fn lies_elsewhere(self, now: Self) -> bool {
        self.serial.zip(now.serial).is_some_and(|(was, is)| was != is && was & is & OF_A_UUID != 0)
    }

    /// Whether no folder of another volume ever has its numbers. On Windows a volume's number is its own, where it has one.
    pub(super) const fn lasts(self) -> bool {
        self.serial.is_some() || (cfg!(windows) && self.folder.volume != 0)
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// W15.
    #[test]
    fn a_folder_is_told_by_its_numbers_and_by_what_lasts_of_its_volume() {
        let folder = FolderId { volume: 1, file: u64::MAX };
        let with = |serial| RootId { folder, serial };
        assert!(with(None).is_still(with(Some(7))) && with(Some(7)).is_still(with(Some(7))));
        let elsewhere = |serial| RootId { folder: FolderId { volume: 2, ..folder }, serial };
        let other = RootId { folder: FolderId { file: 5, ..folder }, serial: Some(7) };
        assert!(with(Some(7)).is_still(with(None)), "nobody tells just then");
        for now in [with(Some(9)), elsewhere(None), other] {
            assert!(!with(Some(7)).is_still(now) && !with(Some(7)).is_again(now), "{now:?}");
        }
        // The same volume has another number with every mount.
        assert!(with(Some(7)).is_again(elsewhere(Some(7))) && !with(Some(7)).is_still(elsewhere(Some(7))));
        assert!(!with(None).is_again(elsewhere(None)));
        assert!(with(Some(7)).lies_elsewhere(with(Some(9))));
        assert!(!with(Some(6)).lies_elsewhere(with(Some(8))), "a share may be called otherwise by now");
        for (was, now) in [(None, Some(9)), (Some(7), None), (Some(7), Some(7))] {
            assert!(!with(was).lies_elsewhere(with(now)), "nobody knows, or it does not");
        }
    }

    #[test]
    fn what_earlier_versions_wrote_is_read() {
        let folder = FolderId { volume: 1, file: u64::MAX };
        let before = serde_json::to_string(&folder).expect("written");
        assert_eq!(serde_json::from_str::<RootId>(&before).expect("read"), RootId { folder, serial: None });
        let now = RootId { folder, serial: Some(7) };
        let written = serde_json::to_string(&now).expect("written");
        assert_eq!(serde_json::from_str::<RootId>(&written).expect("read"), now);
        let paused = serde_json::from_str::<State>(r#"{"kind":"paused","since":9}"#).expect("read");
        assert_eq!(paused, State::Paused { since: UnixTime(9), asks: false });
    }
}
