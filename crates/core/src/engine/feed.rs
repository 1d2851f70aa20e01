//! What shells see of the engine: first a snapshot, then revisioned deltas, at most ten a second.
//!
//! A [`View`] says which slice of the list a shell shows; a batch of 100,000 files never crosses whole. Changes of
//! state are never dropped, byte counts are sampled. `rev` grows by one with every update; a gap means: subscribe again.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::bandwidth::LimitNow;
use crate::error::{ErrorCode, Fact, Owner};
use crate::ids::{BatchId, ItemId, TransferId};
pub use crate::s3::{Way, WayKind, WayWhy};
use crate::units::{ByteCount, ByteRate, UnixTime};

/// Which rows a filter lets through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Filter {
    /// Everything.
    #[default]
    All,
    /// What is not at an end and needs nobody.
    Moving,
    /// What waits for the person.
    NeedsYou,
    /// What is safely there.
    Done,
}

/// The slice of the list that a shell shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
pub struct View {
    /// Rows that count.
    pub filter: Filter,
    /// Words, all of which are in a row's name or its destination's label, whatever their case and accents; none let all through.
    pub find: String,
    /// The first row shown, from 0, in the filtered list.
    pub first: u32,
    /// How many rows are shown, at most 500.
    pub count: u32,
    /// Folder rows that are open and want their peek.
    pub open: Vec<ItemId>,
    /// The row whose details are open.
    pub focus: Option<Target>,
    /// Whether every transfer that reaches an end is named in [`Delta::outcomes`] (the command line wants it).
    pub outcomes: bool,
}

/// What an action or the details are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(tag = "kind", content = "id", rename_all = "kebab-case")]
pub enum Target {
    /// A row of the list: a dropped file, or a folder with all its files.
    Item(ItemId),
    /// One file, mostly within a folder.
    Transfer(TransferId),
    /// Everything of one gesture.
    Batch(BatchId),
}

/// What the person asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Stop sending, keep what was sent.
    Pause,
    /// Go on.
    Resume,
    /// Give up; final (and swept from S3) ten seconds later, until then [`Action::Undo`] takes it back.
    Cancel,
    /// Try what failed again; for a changed file: upload the new version.
    Retry,
    /// For a key that is taken: upload beside it, under a new name.
    KeepBoth,
    /// For a name that the storage refuses: upload under the one that is proposed. The file keeps its name.
    ProposedName,
    /// Take the row from the list; history keeps it. Only for rows at an end.
    Remove,
    /// Take back the last cancel or remove of these targets.
    Undo,
    /// Upload the rows earlier: one place up among those that are in line.
    Earlier,
    /// Upload the rows later: one place down among those that are in line.
    Later,
    /// Upload the rows before all others that are in line.
    First,
    /// Upload the rows after all others that are in line by now.
    Last,
}

/// Everything a shell needs to draw itself, then what changed.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Update {
    /// The whole of what the view shows.
    Snapshot(Box<Snapshot>),
    /// What changed since the update before.
    Delta(Box<Delta>),
}

/// The whole of what a view shows.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// The revision this is.
    pub rev: u32,
    /// Numbers over everything.
    pub totals: Totals,
    /// The rows of the view.
    pub slice: Slice,
    /// The focused row's details.
    pub details: Option<Details>,
}

/// What changed.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Delta {
    /// The revision this makes.
    pub rev: u32,
    /// Numbers over everything.
    pub totals: Totals,
    /// The slice anew when rows came, went or the view moved; nothing when only contents changed.
    pub slice: Option<Slice>,
    /// Rows of the slice whose contents changed.
    pub changed: Vec<Row>,
    /// What became of the focused row's details.
    pub details: Focused,
    /// Transfers that reached an end; only when the view asks.
    pub outcomes: Vec<Outcome>,
}

/// What became of the details of the row in [`View::focus`].
#[derive(Clone, Debug, Serialize, TS)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Focused {
    /// They are as they were told, or no row has the focus.
    Same,
    /// They are so now.
    Now(Box<Details>),
    /// The row is not in the list any more.
    Gone,
}

/// A window on the filtered list.
#[derive(Clone, Debug, Default, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Slice {
    /// The filter it was cut from.
    pub filter: Filter,
    /// The words that were looked for.
    pub find: String,
    /// The first row's place in the filtered list.
    pub first: u32,
    /// Rows in the whole filtered list.
    pub total: u32,
    /// The rows, in the order they are uploaded in: as they were added, unless the person moved some.
    pub rows: Vec<Row>,
}

/// Numbers over everything in the list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Totals {
    /// Rows in the list.
    pub all: u32,
    /// Rows that move or wait by themselves.
    pub moving: u32,
    /// Rows that wait for the person.
    pub needs_you: u32,
    /// Rows that are safely there.
    pub done: u32,
    /// Bytes acknowledged by the store, of everything not cancelled.
    pub sent: ByteCount,
    /// Bytes of everything not cancelled.
    pub size: ByteCount,
    /// Mean of the last ten seconds.
    pub speed: ByteRate,
    /// For what is sent by itself, from a mean of sixty seconds; none until ten seconds have been seen.
    pub seconds_left: Option<u32>,
    /// How fast it may be now.
    pub limit: LimitNow,
    /// Another number whenever history is another one.
    pub history: u32,
    /// The state of the whole.
    pub overview: Overview,
}

/// The state of the whole, for the header.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Overview {
    /// Nothing in the list.
    #[default]
    Empty,
    /// Something moves.
    Moving,
    /// Everything that could move is paused.
    Paused,
    /// No connection.
    Offline,
    /// Everything that could move waits for the same thing.
    Waiting(Wait),
    /// The records cannot be written: nothing can go on until that is mended.
    Stuck {
        /// Why.
        code: ErrorCode,
    },
    /// The sign-in is over.
    SignedOut {
        /// Since when.
        since: UnixTime,
    },
    /// All is there.
    AllDone {
        /// Rows done today.
        items: u32,
        /// Their bytes.
        size: ByteCount,
    },
    /// Nothing moves, and something waits for the person.
    NeedsYou,
}

/// One row of the list.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// The row's identity.
    pub id: ItemId,
    /// The gesture it came with.
    pub batch: BatchId,
    /// The file's or folder's name.
    pub name: String,
    /// The destination's label, "Projects / Rushes".
    pub destination: String,
    /// Bytes in all, as far as counted.
    pub size: ByteCount,
    /// Bytes acknowledged; never goes back.
    pub sent: ByteCount,
    /// Mean of the last ten seconds.
    pub speed: ByteRate,
    /// From a mean of sixty seconds.
    pub seconds_left: Option<u32>,
    /// What it does.
    pub state: RowState,
    /// Set for folders.
    pub folder: Option<Folder>,
    /// When it was added.
    pub added: UnixTime,
    /// The number that its problem is told with, where that is known.
    pub fact: Option<Fact>,
}

/// A folder row's own numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Folder {
    /// Files found so far.
    pub files: u32,
    /// Files safely there.
    pub done: u32,
    /// Files that need the person.
    pub needs_you: u32,
    /// Files and links passed over by a rule.
    pub skipped: u32,
    /// Whether the walk still goes on.
    pub counting: bool,
    /// What an open row shows; only for rows in [`View::open`].
    pub peek: Option<Peek>,
}

/// What an open folder row shows; always the same height.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Peek {
    /// At most two files that need the person.
    pub problems: Vec<FileRow>,
    /// The files being sent now, at most four.
    pub sending: Vec<FileRow>,
    /// Files done.
    pub done: u32,
    /// Files waiting.
    pub waiting: u32,
}

/// One file within a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct FileRow {
    /// The transfer.
    pub id: TransferId,
    /// Path within the folder, `/` between parts.
    pub path: String,
    /// Bytes.
    pub size: ByteCount,
    /// Bytes acknowledged.
    pub sent: ByteCount,
    /// What it does.
    pub state: RowState,
    /// What its problem is told with, where that is known.
    pub fact: Option<Fact>,
}

/// A window on all files of a folder, in path order.
#[derive(Clone, Debug, Default, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct FileSlice {
    /// The first file's place.
    pub first: u32,
    /// Files that match in all.
    pub total: u32,
    /// The files.
    pub rows: Vec<FileRow>,
}

/// Who paused it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum PausedBy {
    /// The person.
    You,
    /// The weekly schedule.
    Schedule,
    /// The battery.
    Battery,
    /// A metered network.
    Metered,
    /// A watched folder: the file is written to, and goes on once it is left alone.
    Watch,
}

/// What is waited for, until when, and what happens next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Wait {
    /// What for.
    pub code: ErrorCode,
    /// The drive that is away, where it is known by a name.
    pub drive: Option<String>,
    /// When the next try is, where that is known; past while it goes on.
    pub until: Option<UnixTime>,
    /// What happens next.
    pub next: Next,
}

/// What a wait ends by. Afterwards everything goes on by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Next {
    /// Nobody need do anything.
    ByItself,
    /// Somebody does something: signs in, reconnects a drive, makes room.
    Person,
}

impl Wait {
    /// A wait; `drive` is what the drive of the file is called, and is kept where that is away.
    pub fn new(code: ErrorCode, until: Option<UnixTime>, drive: Option<&str>) -> Self {
        let drive = drive.filter(|_| code == ErrorCode::SourceOffline).map(str::to_owned);
        let next = match code.owner() {
            Owner::Service => Next::ByItself,
            Owner::User | Owner::Admin => Next::Person,
        };
        Self { code, drive, until, next }
    }

    /// Whether both are for the same thing, whenever they end.
    pub fn is_like(&self, other: &Self) -> bool {
        self.code == other.code && self.drive == other.drive
    }
}

/// What a row does, in the words of the design.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum RowState {
    /// In line.
    Queued {
        /// Rows before it.
        ahead: u32,
    },
    /// The folder is being walked and nothing is sent yet.
    Scanning,
    /// Bytes flow.
    Uploading,
    /// At rest.
    Paused {
        /// By whom.
        by: PausedBy,
        /// Since when.
        since: UnixTime,
    },
    /// Held up, and goes on by itself.
    Waiting(Wait),
    /// Waits for the sign-in.
    Held,
    /// All sent; the store puts it together and checks it.
    Verifying,
    /// Safely there.
    Done {
        /// When.
        at: UnixTime,
    },
    /// Needs the person.
    Failed {
        /// Why.
        code: ErrorCode,
    },
    /// Given up.
    Cancelled {
        /// When.
        at: UnixTime,
    },
}

/// A transfer that reached an end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// The transfer.
    pub id: TransferId,
    /// The gesture it came with.
    pub batch: BatchId,
    /// The file's path as given.
    pub path: String,
    /// The object's key, once known.
    pub key: Option<String>,
    /// Bytes.
    pub size: ByteCount,
    /// How it ended.
    pub state: RowState,
    /// The object's ETag, when done.
    pub etag: Option<String>,
    /// The whole object's CRC64NVME in base64, when done.
    pub checksum: Option<String>,
}

/// All there is to say about one row.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Details {
    /// What it is about.
    pub target: Target,
    /// The file's or folder's full name.
    pub name: String,
    /// What it does.
    pub state: RowState,
    /// Bytes in all.
    pub size: ByteCount,
    /// Bytes acknowledged.
    pub sent: ByteCount,
    /// Speed, as in the row.
    pub speed: ByteRate,
    /// Time left, as in the row.
    pub seconds_left: Option<u32>,
    /// The destination's label.
    pub destination: String,
    /// The object's key.
    pub key: Option<String>,
    /// The name that is proposed where the storage refuses the file's own.
    pub proposed: Option<String>,
    /// The place on this computer, for reading only.
    pub from: String,
    /// When the file was last written to, as it was when it was opened.
    pub written: Option<UnixTime>,
    /// CRC64NVME in base64: ours, equal to the store's once done.
    pub checksum: Option<String>,
    /// The object's `ETag`, when done.
    pub etag: Option<String>,
    /// The object's version, when done, where the store keeps versions.
    pub version: Option<String>,
    /// The pieces map; none for folders and single-piece files.
    pub pieces: Option<Pieces>,
    /// Files of it; none for a file.
    pub files: Option<u32>,
    /// What happened, newest first, at most fifty.
    pub story: Vec<Happening>,
    /// S3's request id or another reference for IT, of the last problem.
    pub reference: Option<String>,
    /// The line for people who debug, of the last problem.
    pub technical: Option<String>,
    /// The number or the object that the last problem is told with.
    pub fact: Option<Fact>,
    /// Whether a link can be copied.
    pub link: bool,
    /// The way that its bytes take, and why that one; none until the store was asked for anything.
    pub way: Option<Way>,
}

/// The pieces map: always 387 cells (43 x 9), each of an equal share of the pieces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Pieces {
    /// Pieces in all.
    pub total: u32,
    /// Pieces acknowledged.
    pub sent: u32,
    /// Bytes of one piece.
    pub piece_size: ByteCount,
    /// One letter a cell: `s` sent, `n` sending now, `a` again, `t` to do.
    pub cells: String,
    /// Pieces being sent now.
    pub sending: u32,
    /// Pieces being sent again.
    pub again: u32,
}

/// One line of a transfer's story.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Happening {
    /// When.
    pub at: UnixTime,
    /// What.
    pub what: Event,
}

/// What can happen to a transfer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Event {
    /// Added to the list.
    Added,
    /// The first byte left.
    Started,
    /// Paused.
    Paused {
        /// By whom.
        by: PausedBy,
    },
    /// Went on.
    Resumed,
    /// Found again after a restart, with this many pieces already there.
    Recovered {
        /// Pieces that need not be sent again.
        pieces: u32,
    },
    /// A problem, and it goes on by itself.
    Trouble {
        /// Which.
        code: ErrorCode,
    },
    /// A problem that needs the person.
    Failed {
        /// Which.
        code: ErrorCode,
    },
    /// All pieces are there.
    Sent,
    /// The store's checksum equals ours.
    Verified,
    /// Given up.
    Cancelled,
}
