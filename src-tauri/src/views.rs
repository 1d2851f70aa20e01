//! What crosses to the page besides the core's own feed, and the TypeScript made of both.

use davit_core::error::{Error, ErrorCode, Owner};
use davit_core::file::{Links, Placeholders, drive_of};
use davit_core::ids::{BatchId, DestinationId, WatchId};
use davit_core::journal::Notice;
use davit_core::session::{Collision, Destination};
use davit_core::units::UnixTime;
use davit_core::uploader::SessionStatus;
use davit_core::watch::Spec;
use davit_core::watch::card::{Card, Counts, Doing, Notices};
use davit_core::watch::rules::{Bounds, Line};
use davit_core::watch::spec::{After, Changed, Hours, Mode, Moved, Priority, Unit};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

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
    /// Ready.
    Connected {
        /// Its name.
        company: String,
        /// Its address.
        address: String,
        /// Where uploads may go.
        destinations: Vec<DestinationView>,
    },
    /// The sign-in is over.
    SignedOut {
        /// Its name.
        company: String,
        /// Its address.
        address: String,
        /// Since when.
        since: UnixTime,
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
            SessionStatus::Connected { company, address, destinations } => {
                Self::Connected { company, address, destinations: destinations.iter().map(Into::into).collect() }
            }
            SessionStatus::SignedOut { company, address, since } => Self::SignedOut { company, address, since },
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

/// What happens to the window and the session.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ShellEvent {
    /// Files hover over the window.
    Hover {
        /// What.
        inbox: InboxView,
        /// Where, in the page's pixels.
        x: f64,
        /// Where, in the page's pixels.
        y: f64,
    },
    /// They move.
    HoverMoved {
        /// Where, in the page's pixels.
        x: f64,
        /// Where, in the page's pixels.
        y: f64,
    },
    /// They left.
    HoverLeft,
    /// They were dropped.
    Dropped {
        /// What.
        inbox: InboxView,
        /// Where, in the page's pixels.
        x: f64,
        /// Where, in the page's pixels.
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
}

/// A watched folder.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct WatchView {
    /// Its identity.
    pub id: WatchId,
    /// Its last name.
    pub name: String,
    /// Where it lies, for reading only.
    pub folder: String,
    /// The drive that it lies on, where its path has a name for it.
    pub drive: Option<String>,
    /// The destination's label.
    pub destination: String,
    /// The destination.
    pub to: DestinationId,
    /// What is wanted of it.
    pub wishes: Wishes,
    /// What it does.
    pub doing: Doing,
    /// How changes are noticed.
    pub notices: Notices,
    /// Files by what becomes of them.
    pub counts: Counts,
    /// How often the system lost word of something, and what a check found.
    pub lost: u32,
    /// Versions that no word came of, and that a check found.
    pub recovered: u32,
    /// When all of it was last looked at.
    pub checked: Option<UnixTime>,
    /// When a file was last done.
    pub last_done: Option<UnixTime>,
    /// When the system last told of a change.
    pub last_event: Option<UnixTime>,
    /// The last problem.
    pub problem: Option<ErrorCode>,
    /// Why a file that was uploaded could not be moved, say.
    pub warning: Option<ErrorCode>,
}

impl From<&Card> for WatchView {
    fn from(card: &Card) -> Self {
        let name = card.path.file_name().map_or_else(|| card.shown.clone(), |name| name.to_string_lossy().into_owned());
        let few = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
        Self {
            id: card.id,
            name,
            folder: card.shown.clone(),
            drive: drive_of(&card.path, None),
            destination: card.destination.clone(),
            to: card.to.clone(),
            wishes: Wishes::from(&card.spec),
            doing: card.doing,
            notices: card.notices,
            counts: card.counts,
            lost: few(card.counters.lost),
            recovered: few(card.counters.recovered),
            checked: card.counters.checked,
            last_done: card.last_done,
            last_event: card.last_event,
            problem: card.problem,
            warning: card.warning,
        }
    }
}

/// What a person wishes of a watched folder in the window: all but what becomes of that which is there already, which is asked
/// once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Wishes {
    /// Where in the destination files go, with `{date}`, `{host}`, `{user}` and `{folder}` in it; empty is the destination itself.
    pub under: String,
    /// Which files, in order: the first line that matches decides.
    pub lines: Vec<Line>,
    /// What is never taken.
    pub leftovers: Vec<String>,
    /// How large, old and deep.
    pub bounds: Bounds,
    /// Whether files without bytes are taken.
    pub allow_empty: bool,
    /// Seconds for which a file has to stay the same.
    pub settle: u32,
    /// What becomes of a file that is safely there.
    pub after: After,
    /// What to do when the name is taken.
    pub collision: Collision,
    /// What goes as one.
    pub unit: Unit,
    /// Whether a file is sent while it is written.
    pub while_written: bool,
    /// When files are sent; none is always.
    pub hours: Option<Hours>,
    /// Before or after what is given by hand.
    pub priority: Priority,
    /// How changes are noticed.
    pub mode: Mode,
    /// What a move within the folder means.
    pub moved: Moved,
    /// What becomes of a file that changes while it is sent.
    pub changed: Changed,
    /// What becomes of links.
    pub links: Links,
    /// What becomes of files that lie in the cloud.
    pub placeholders: Placeholders,
}

impl From<&Spec> for Wishes {
    fn from(spec: &Spec) -> Self {
        Self {
            under: spec.under.clone(),
            lines: spec.lines.clone(),
            leftovers: spec.leftovers.clone(),
            bounds: spec.bounds,
            allow_empty: spec.allow_empty,
            settle: spec.settle,
            after: spec.after,
            collision: spec.collision,
            unit: spec.unit,
            while_written: spec.while_written,
            hours: spec.hours.clone(),
            priority: spec.priority,
            mode: spec.mode,
            moved: spec.moved,
            changed: spec.changed,
            links: spec.links,
            placeholders: spec.placeholders,
        }
    }
}

impl Wishes {
    /// Whether they can be wished in the place of what was to become of files before.
    ///
    /// # Errors
    /// `bad-input` for files that would be deleted: nobody wishes that by a click.
    pub(crate) fn check(&self, before: After) -> Result<(), Error> {
        if self.after == After::Delete && before != After::Delete {
            return Err(Error::new(ErrorCode::BadInput).detail("deleting is for the command line"));
        }
        Ok(())
    }

    /// The same wishes in what is wanted. What the window does not send stays as it is.
    pub(crate) fn put_into(self, spec: &mut Spec) {
        *spec = Spec {
            under: self.under,
            lines: self.lines,
            leftovers: self.leftovers,
            bounds: self.bounds,
            allow_empty: self.allow_empty,
            settle: self.settle,
            after: self.after,
            collision: self.collision,
            unit: self.unit,
            while_written: self.while_written,
            hours: self.hours,
            priority: self.priority,
            mode: self.mode,
            moved: self.moved,
            changed: self.changed,
            links: self.links,
            placeholders: self.placeholders,
            existing: spec.existing,
        };
    }

    /// What is wished otherwise than `before`. The rest stays as it is wanted by then, whoever changed it meanwhile.
    pub(crate) fn changes(self, before: Self) -> impl FnOnce(&mut Spec) + Send + 'static {
        macro_rules! put {
            ($wishes:ident, $before:ident, $spec:ident: $($wish:ident),* $(,)?) => {
                // One that is not named here does not compile.
                let Wishes { $($wish),* } = $wishes;
                $(if $wish != $before.$wish {
                    $spec.$wish = $wish;
                })*
            };
        }
        let wishes = self;
        move |spec: &mut Spec| {
            put!(
                wishes, before, spec: under, lines, leftovers, bounds, allow_empty, settle, after, collision, unit,
                while_written, hours, priority, mode, moved, changed, links, placeholders,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use davit_core::bandwidth::{Day, Days, LimitNow, LimitRule, LimitTime, Limits, Why};
    use davit_core::engine::{Holds, feed};
    use davit_core::ids::{ItemId, TransferId};
    use davit_core::units::{ByteCount, ByteRate};
    use davit_core::watch::card::Why as LooksSince;
    use davit_core::watch::preview::{Left, Preview};
    use davit_core::watch::rules::Rule;
    use davit_core::watch::spec::Existing;
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
            SessionView,
            DestinationView,
            TicketView,
            DoneView,
            CopyWhat,
            SavedView,
            Holds,
            Notice,
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
        );
        out
    }

    /// Everything other than most people want it.
    fn odd() -> Spec {
        Spec {
            under: "{host}/{date}".to_owned(),
            settle: 45,
            allow_empty: false,
            leftovers: vec!["*.cache".to_owned()],
            lines: vec![
                Line::Exclude("*.proxy.mov".to_owned()),
                Line::Include("*.mov".to_owned()),
                Line::Exclude("*".to_owned()),
            ],
            bounds: Bounds { least: Some(ByteCount(1)), most: Some(ByteCount(9)), age: Some(60), depth: Some(2) },
            existing: Existing::NewOnly,
            mode: Mode::Poll,
            unit: Unit::TopFolder,
            moved: Moved::Uploaded,
            collision: Collision::Fail,
            after: After::Delete,
            priority: Priority::First,
            hours: Some(Hours { days: Days([Day::Sat].into_iter().collect()), from: 60, to: 120 }),
            links: Links::Followed,
            placeholders: Placeholders::Fetched,
            // Beside whole folders nothing is sent while it is written.
            while_written: false,
            changed: Changed::FinishedFirst,
        }
    }

    #[test]
    fn a_setting_that_the_window_does_not_send_is_never_lost() {
        let before = odd();
        let same = Wishes::from(&before);
        same.check(before.after).expect("as it was");
        let mut after = before.clone();
        same.put_into(&mut after);
        assert_eq!(after, before, "what is saved unchanged is unchanged");
        let mut usual = Spec { existing: Existing::All, ..Spec::default() };
        Wishes::from(&before).put_into(&mut usual);
        assert_eq!(
            usual,
            Spec { existing: Existing::All, ..before.clone() },
            "all but the answer is the window's to wish"
        );
        // Another answer meanwhile stays beside the change.
        let wished = Wishes { settle: 10, after: After::Keep, ..Wishes::from(&before) };
        let mut meanwhile = Spec { existing: Existing::All, ..before.clone() };
        wished.put_into(&mut meanwhile);
        assert_eq!(meanwhile, Spec { settle: 10, after: After::Keep, existing: Existing::All, ..before });
    }

    #[test]
    fn nobody_wishes_by_a_click_that_files_are_deleted() {
        let wished = Wishes::from(&odd());
        assert_eq!(wished.check(After::Keep).expect_err("refused").code, ErrorCode::BadInput);
        wished.check(After::Delete).expect("wished at the command line");
        // Taken back there while a sheet is open, it stays so.
        let mut meanwhile = Spec { after: After::Keep, ..odd() };
        wished.clone().changes(wished)(&mut meanwhile);
        assert_eq!(meanwhile, Spec { after: After::Keep, ..odd() });
    }

    #[test]
    fn what_is_set_while_a_sheet_is_open_stays_unless_it_is_changed_there_too() {
        let before = Wishes::from(&Spec::default());
        let mut spec = Spec { hours: odd().hours, after: After::Trash, settle: 30, ..Spec::default() };
        let wished = Wishes { settle: 120, after: After::Move, ..before.clone() };
        wished.changes(before.clone())(&mut spec);
        assert_eq!(spec, Spec { hours: odd().hours, after: After::Move, settle: 120, ..Spec::default() });
        before.clone().changes(before.clone())(&mut spec);
        assert_eq!(spec.settle, 120, "nothing was changed");
        let mut all = Spec { existing: Existing::NewOnly, ..Spec::default() };
        Wishes::from(&odd()).changes(before)(&mut all);
        assert_eq!(all, odd(), "and each wish can be");
    }

    #[test]
    fn wishes_cross_to_the_page_and_back_as_they_are_and_what_cannot_be_is_refused_here() {
        let wished = Wishes::from(&odd());
        let text = serde_json::to_string(&wished).expect("text");
        assert_eq!(serde_json::from_str::<Wishes>(&text).expect("read"), wished);
        let usual = || Wishes::from(&Spec::default());
        let bounds = Bounds { least: Some(ByteCount(2)), most: Some(ByteCount(1)), ..Bounds::default() };
        for bad in [
            Wishes { settle: 0, ..usual() },
            Wishes { under: "{when}".to_owned(), ..usual() },
            Wishes { leftovers: vec!["a[".to_owned()], ..usual() },
            Wishes { bounds, ..usual() },
            Wishes { hours: Some(Hours { days: Days::default(), from: 0, to: 0 }), ..usual() },
            Wishes { unit: Unit::TopFolder, while_written: true, ..usual() },
        ] {
            let mut spec = Spec::default();
            bad.put_into(&mut spec);
            assert_eq!(spec.check().expect_err("refused").code, ErrorCode::BadInput);
        }
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
