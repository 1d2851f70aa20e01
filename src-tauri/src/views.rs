//! What crosses to the page besides the core's own feed, and the TypeScript made of both.

mod history;
mod updates;
mod watches;

use davit_core::error::{Error, ErrorCode, Owner};
use davit_core::ids::{BatchId, DestinationId, ItemId};
use davit_core::journal::Notice;
use davit_core::session::Destination;
use davit_core::units::UnixTime;
use davit_core::uploader::SessionStatus;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

pub use history::{EntryView, HistoryView};
pub use updates::{NoUpdates, UpdateTrouble, UpdatesNow, UpdatesView};
pub(crate) use watches::named;
pub use watches::{WatchView, Wishes};

use crate::inbox::InboxView;

/// A problem, for the page's one table of words.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// What.
    pub code: ErrorCode,
    /// Who can put it right.
    pub owner: Owner,
    /// For people who debug; no secrets.
    pub detail: String,
    /// S3's request id.
    pub reference: Option<String>,
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self { code: error.code, owner: error.code.owner(), detail: error.detail, reference: error.request_id }
    }
}

impl Problem {
    pub(crate) fn of(code: ErrorCode, detail: String) -> Self {
        Self { code, owner: code.owner(), detail, reference: None }
    }
}

/// The first thing the page asks.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Hello {
    /// Of the app.
    pub version: String,
    /// `linux`, `macos` or `windows`.
    pub platform: String,
    /// Who is signed in.
    pub session: SessionView,
    /// What most people wish of a watched folder.
    pub usual: Wishes,
    /// How the system writes numbers, dates and times.
    pub formats: Formats,
}

/// Whose way of writing it is, whatever the language of the words: `de-DE`, `en-US-u-hc-h23`.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Formats {
    /// Of numbers.
    pub numbers: String,
    /// Of dates and times.
    pub times: String,
}

/// Who is signed in.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum SessionView {
    /// No company yet.
    Welcome {
        /// The address that was tried.
        address: Option<String>,
        /// What came of it.
        problem: Option<Problem>,
    },
    /// The records cannot be opened; without them there is nothing to do.
    Stopped {
        /// Why.
        problem: Problem,
        /// Whether it goes on by itself once that is mended.
        again: bool,
    },
    /// A known company that has not answered yet.
    Connecting {
        /// Its name, as it told last.
        company: Option<String>,
        /// Its address.
        address: String,
        /// What answers in its place, where something does.
        instead: Option<ErrorCode>,
    },
    /// The company wants a token.
    Token {
        /// Its name.
        company: String,
        /// Its address.
        address: String,
    },
    /// The company wants a sign-in in the browser.
    Browser {
        /// Its name.
        company: String,
        /// Its address.
        address: String,
    },
    /// Somebody signs in, in their browser or with a code.
    SigningIn {
        /// The company's name.
        company: String,
        /// Its address.
        address: String,
        /// What the page in the browser asks for, or shows.
        code: Option<String>,
        /// Where that page is, where no browser could be opened.
        at: Option<String>,
        /// So long it is waited for.
        until: UnixTime,
    },
    /// Ready.
    Connected {
        /// Its name.
        company: String,
        /// Its address.
        address: String,
        /// Where uploads may go.
        destinations: Vec<DestinationView>,
        /// Why the sign-in lasts no longer than Davit runs, where it does not.
        unkept: Option<ErrorCode>,
    },
    /// The sign-in is over.
    SignedOut {
        /// Its name.
        company: String,
        /// Its address.
        address: String,
        /// Since when.
        since: UnixTime,
        /// Whether the next one is in the browser.
        browser: bool,
    },
}

/// A destination.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DestinationView {
    /// Its id.
    pub id: DestinationId,
    /// "Projects / Rushes".
    pub label: String,
    /// Whether "Copy link" works there.
    pub linkable: bool,
}

impl From<&Destination> for DestinationView {
    fn from(to: &Destination) -> Self {
        Self { id: to.id.clone(), label: to.label.clone(), linkable: to.link_template.is_some() }
    }
}

impl From<SessionStatus> for SessionView {
    fn from(status: SessionStatus) -> Self {
        match status {
            SessionStatus::Welcome { address, problem } => {
                let problem = problem.map(|(code, detail)| Problem::of(code, detail));
                Self::Welcome { address, problem }
            }
            SessionStatus::Connecting { company, address, instead } => Self::Connecting { company, address, instead },
            SessionStatus::NeedsToken { company, address } => Self::Token { company, address },
            SessionStatus::TokenRefused { code, detail } => {
                Self::Welcome { address: None, problem: Some(Problem::of(code, detail)) }
            }
            SessionStatus::Connected { company, address, destinations, unkept } => {
                let destinations = destinations.iter().map(Into::into).collect();
                Self::Connected { company, address, destinations, unkept }
            }
            SessionStatus::NeedsBrowser { company, address } => Self::Browser { company, address },
            SessionStatus::SigningIn { company, address, code, at, until } => {
                Self::SigningIn { company, address, code, at, until }
            }
            SessionStatus::SignedOut { company, address, since, browser } => {
                Self::SignedOut { company, address, since, browser }
            }
        }
    }
}

/// What came of adding.
#[derive(Clone, Copy, Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TicketView {
    /// The gesture.
    pub batch: BatchId,
    /// Rows it made.
    pub items: u32,
    /// Paths that could not be taken, and why the first of them.
    pub refused: u32,
    /// Why.
    pub why: Option<ErrorCode>,
}

/// What came of an action.
#[derive(Clone, Copy, Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DoneView {
    /// Whether it can be taken back.
    pub undo: bool,
    /// What it touched.
    pub count: u32,
}

/// What can be copied.
#[derive(Clone, Copy, Debug, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum CopyWhat {
    /// The object's key.
    Key,
    /// The checksum.
    Checksum,
    /// The object's `ETag`.
    Etag,
    /// The object's version.
    Version,
    /// The reference for IT.
    Reference,
    /// The place on this computer.
    From,
}

/// What came of saving a receipt.
#[derive(Clone, Copy, Debug, Serialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum SavedView {
    /// It is in the file that was chosen.
    Saved,
    /// No file was chosen.
    Left,
    /// Something of it is still to come.
    Moving,
}

/// What came of looking for a missing file.
#[derive(Clone, Copy, Debug, Serialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum FoundView {
    /// No file was chosen.
    Left,
    /// The same, as far as it is known: it goes on with what was sent.
    Same,
    /// Another version: it is sent from the beginning.
    Anew,
    /// It is not missing any more, or its folder's matter.
    Not,
}

/// Which proxy is to be taken.
#[derive(Clone, Debug, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ProxyWish {
    /// What the environment or the system says.
    Automatic,
    /// None.
    None,
    /// This one.
    Fixed {
        /// As typed, without a name or password.
        address: String,
    },
}

/// What somebody chooses in the tray, the menu bar or a notification, and the page does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Wanted {
    /// To see what needs them.
    NeedsYou,
    /// To see a row.
    Row {
        /// Which.
        item: ItemId,
    },
    /// To add files.
    Files,
    /// To add a folder.
    Folder,
    /// The settings.
    Settings,
    /// All shortcuts.
    Shortcuts,
}

/// What happens to the window and the session.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ShellEvent {
    /// Files hover over the window.
    Hover {
        /// What.
        inbox: InboxView,
        /// Where, from 0 to 1 of the page's width.
        x: f64,
        /// Where, from 0 to 1 of its height.
        y: f64,
    },
    /// They move.
    HoverMoved {
        /// Where, from 0 to 1 of the page's width.
        x: f64,
        /// Where, from 0 to 1 of its height.
        y: f64,
    },
    /// They left.
    HoverLeft,
    /// They were dropped.
    Dropped {
        /// What.
        inbox: InboxView,
        /// Where, from 0 to 1 of the page's width.
        x: f64,
        /// Where, from 0 to 1 of its height.
        y: f64,
    },
    /// Paths came by a start with `--add`.
    Added {
        /// What.
        inbox: InboxView,
    },
    /// Something happened to the records before this start.
    Records {
        /// What.
        notice: Notice,
    },
    /// The records, which could not be opened at the start, are open now.
    Opened {
        /// Who is signed in.
        session: SessionView,
    },
    /// The session changed.
    Session {
        /// To this.
        session: SessionView,
    },
    /// Somebody wants Davit to end while something is sent: the person is asked.
    Quitting {
        /// Rows that would stop.
        uploading: u32,
    },
    /// That was answered elsewhere: Davit goes on.
    GoesOn,
    /// It stands otherwise with updates.
    Updates {
        /// So.
        updates: UpdatesView,
    },
    /// Somebody chose something outside of the page, and sees the window now.
    Wanted {
        /// This.
        what: Wanted,
    },
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use davit_core::bandwidth::{Day, Days, LEAST, LimitNow, LimitRule, LimitTime, Limits, MOST, TIMES_AT_MOST, Why};
    use davit_core::check::{Checked, Found, Line as CheckLine, Skipped, Step, Verdict};
    use davit_core::engine::{Holds, feed};
    use davit_core::error::Fact;
    use davit_core::file::{Links, Placeholders};
    use davit_core::history::{HistoryDay, Query, When};
    use davit_core::ids::{TransferId, WatchId};
    use davit_core::journal::Ended;
    use davit_core::net::{ProxyChoice, ProxyFrom};
    use davit_core::session::Collision;
    use davit_core::settings::{Name, PIECES, Preferences, Theme, rules};
    use davit_core::units::{ByteCount, ByteRate};
    use davit_core::uploader::Network;
    use davit_core::watch::card::{Counts, Doing, Notices, Warning, Why as LooksSince};
    use davit_core::watch::preview::{Left, Preview};
    use davit_core::watch::rules::{Bounds, Line, Rule};
    use davit_core::watch::spec::{After, Changed, Existing, Hours, Mode, Moved, NAME_AT_MOST, Priority, Unit};
    use ts_rs::Config;

    use super::*;
    use crate::commands::watches::Root;
    use crate::inbox::InboxId;

    fn typescript() -> String {
        let config = Config::new().with_large_int("number");
        let mut out = "// Made from Rust by `cargo xtask bindings`. Not to be edited.\n".to_owned();
        macro_rules! types {
            ($($kind:ty),* $(,)?) => { $(
                out.push_str("\nexport ");
                out.push_str(&<$kind as TS>::decl(&config));
                out.push('\n');
            )* };
        }
        types!(
            ErrorCode,
            Owner,
            Fact,
            ItemId,
            TransferId,
            BatchId,
            DestinationId,
            ByteCount,
            ByteRate,
            UnixTime,
            InboxId,
            InboxView,
            Problem,
            Hello,
            Formats,
            SessionView,
            DestinationView,
            TicketView,
            DoneView,
            CopyWhat,
            SavedView,
            FoundView,
            Holds,
            Notice,
            UpdatesView,
            UpdatesNow,
            NoUpdates,
            UpdateTrouble,
            Wanted,
            ShellEvent,
            feed::Filter,
            feed::View,
            feed::Target,
            feed::Action,
            feed::Update,
            feed::Snapshot,
            feed::Delta,
            feed::Focused,
            feed::Slice,
            feed::Totals,
            feed::Overview,
            LimitNow,
            Why,
            Limits,
            LimitTime,
            LimitRule,
            Days,
            Day,
            Preferences,
            Network,
            ProxyChoice,
            ProxyFrom,
            ProxyWish,
            Checked,
            CheckLine,
            Step,
            Verdict,
            Found,
            Skipped,
            Theme,
            Name,
            rules::Source,
            rules::Sourced,
            feed::Row,
            feed::Folder,
            feed::Peek,
            feed::FileRow,
            feed::FileSlice,
            feed::PausedBy,
            feed::RowState,
            feed::Wait,
            feed::Next,
            feed::Outcome,
            feed::Details,
            feed::Way,
            feed::WayKind,
            feed::WayWhy,
            feed::Pieces,
            feed::Happening,
            feed::Event,
            WatchId,
            Root,
            WatchView,
            Wishes,
            Doing,
            Notices,
            Warning,
            LooksSince,
            Counts,
            Line,
            Bounds,
            After,
            Existing,
            Collision,
            Unit,
            Hours,
            Priority,
            Mode,
            Moved,
            Changed,
            Links,
            Placeholders,
            Preview,
            Left,
            Rule,
            Query,
            When,
            HistoryView,
            HistoryDay,
            EntryView,
            Ended,
        );
        out.push_str("\n/** Bounds of what can be set: bytes a second, times of a schedule, pieces in flight, letters of a name. */\n");
        let bounds = [
            format!("leastRate: {}", LEAST.0),
            format!("mostRate: {}", MOST.0),
            format!("mostTimes: {TIMES_AT_MOST}"),
            format!("mostPieces: {}", PIECES.end()),
            format!("mostLetters: {NAME_AT_MOST}"),
        ];
        let _ = writeln!(out, "export const BOUNDS = {{ {} }} as const;", bounds.join(", "));
        out
    }

    #[test]
    fn bindings_are_what_rust_says() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/src/ipc/bindings.ts");
        let made = typescript();
        if std::env::var_os("DAVIT_WRITE_BINDINGS").is_some() {
            std::fs::write(&path, &made).expect("written");
        }
        let kept = std::fs::read_to_string(&path).expect("ui/src/ipc/bindings.ts");
        assert!(kept == made, "run: cargo xtask bindings");
    }
}
