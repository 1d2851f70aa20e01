//! History as the page sees it: what was found, and the entries of a slice.

use davit_core::history::{Found, HistoryDay};
use davit_core::ids::ItemId;
use davit_core::journal::{Ended, Entry, EntryRow};
use davit_core::units::{ByteCount, UnixTime};
use serde::Serialize;
use ts_rs::TS;

/// What a search found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct HistoryView {
    /// What its slices are asked for by.
    pub search: u32,
    /// Entries that match.
    pub matched: u32,
    /// Entries in history.
    pub all: u32,
    /// Bytes of those that match.
    pub size: ByteCount,
    /// The days on which those ended, newest first.
    pub days: Vec<HistoryDay>,
    /// Labels of the destinations that are in history.
    pub destinations: Vec<String>,
}

impl HistoryView {
    pub(crate) fn of(search: u32, found: Found, destinations: Vec<String>) -> Self {
        let (matched, Found { all, size, days, .. }) = (found.count(), found);
        Self { search, matched, all, size, days, destinations }
    }
}

/// An entry.
#[expect(clippy::struct_excessive_bools, reason = "each is a thing that can be done with it, or a word of its own")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct EntryView {
    /// Its row.
    pub item: ItemId,
    /// When the last of it ended.
    pub ended: UnixTime,
    /// How.
    pub result: Ended,
    /// The file's or folder's name.
    pub name: String,
    /// The destination's label.
    pub destination: String,
    /// Files of it.
    pub files: u32,
    /// Bytes of these.
    pub size: ByteCount,
    /// Whether it is a folder.
    pub folder: bool,
    /// Its row is in the list still.
    pub listed: bool,
    /// It can be uploaded again.
    pub again: bool,
    /// There is a link to it.
    pub link: bool,
}

impl From<EntryRow> for EntryView {
    fn from(row: EntryRow) -> Self {
        let EntryRow { entry, listed, again, link } = row;
        let Entry { item, ended, result, name, destination, files, size, folder } = entry;
        Self { item, ended, result, name, destination, files, size, folder, listed, again, link }
    }
}
