//! What a person wants of a watched folder. Checked when it comes in, believed afterwards.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};
use tokio::time::Duration;
use ts_rs::TS;

use super::key;
use super::rules::{self, Bounds, LEFTOVERS, Line, Rules};
use crate::bandwidth::{DAY, Days};
use crate::error::{Error, ErrorCode, Result};
use crate::file::{Extent, Links, Placeholders};
use crate::session::Collision;

/// For how many seconds a file may have to stay the same (rule W1).
pub const SETTLES: RangeInclusive<u32> = 1..=86_400;
/// Letters of a name at most.
pub const NAME_AT_MOST: usize = 100;
/// Lines of rules at most, of each kind.
const LINES_AT_MOST: usize = 200;

/// What a person wants of a watched folder. What is not said is as most people want it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Spec {
    /// What a person calls it; empty is the folder's own name.
    pub name: String,
    /// Where in the destination what is found goes: a path with `/`, and `{date}`, `{host}`, `{user}` and `{folder}` in it.
    /// Empty is the destination itself.
    pub under: String,
    /// Seconds for which a file has to stay the same, within [`SETTLES`] (rule W1).
    pub settle: u32,
    /// Whether files without bytes are taken (rule W4).
    pub allow_empty: bool,
    /// What is never taken (rule W5).
    pub leftovers: Vec<String>,
    /// What is taken (rule W18).
    pub lines: Vec<Line>,
    /// How large, old and deep.
    pub bounds: Bounds,
    /// What becomes of links (rule W16).
    pub links: Links,
    /// What becomes of files that lie in the cloud (rule W17).
    pub placeholders: Placeholders,
    /// What of that which is there already at the first start (rule W9).
    pub existing: Existing,
    /// How changes are noticed (rule W13).
    pub mode: Mode,
    /// What goes as one (rule W20).
    pub unit: Unit,
    /// What a move within the folder means (rule W7).
    pub moved: Moved,
    /// What to do when the key is taken (rule W23).
    pub collision: Collision,
    /// What becomes of a file that is safely there (rule W24).
    pub after: After,
    /// Before or after what is given by hand (rule W26).
    pub priority: Priority,
    /// When files are sent; none is always (rule W26).
    pub hours: Option<Hours>,
    /// Whether a file is sent while it is written (rule W21).
    pub while_written: bool,
    /// What becomes of a file that changes while it is sent (rule W12).
    pub changed: Changed,
}

impl Default for Spec {
    fn default() -> Self {
        Self {
            name: String::new(),
            under: String::new(),
            settle: 10,
            allow_empty: true,
            leftovers: LEFTOVERS.map(str::to_owned).to_vec(),
            lines: Vec::new(),
            bounds: Bounds::default(),
            links: Links::Skipped,
            placeholders: Placeholders::Skipped,
            existing: Existing::Ask,
            mode: Mode::Auto,
            unit: Unit::EachFile,
            moved: Moved::Ignored,
            collision: Collision::Suffix,
            after: After::Keep,
            priority: Priority::Below,
            hours: None,
            while_written: false,
            changed: Changed::BegunAnew,
        }
    }
}

/// What of that which is there already at the first start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Existing {
    /// A person is asked, with count and bytes.
    Ask,
    /// All of it is uploaded.
    All,
    /// None of it, until it changes.
    NewOnly,
}

/// How changes are noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// By what the system tells, where the drive is of this computer.
    Auto,
    /// By what the system tells.
    Live,
    /// By looking, once a minute.
    Poll,
}

/// What goes as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Each file once it is whole.
    EachFile,
    /// A folder of the watched one once nothing in it moves, with one receipt.
    TopFolder,
}

/// What a move within the folder of a file that was sent means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Moved {
    /// Nothing: what lies there stays there.
    Ignored,
    /// It is sent to its new key.
    Uploaded,
}

/// What becomes of a file that changes while it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Changed {
    /// What was sent of it is given up. It settles again, and is sent as what it is by then.
    BegunAnew,
    /// One in whose place another file was put is sent to its end first, and the other after it as a new version. What is written
    /// to in place is begun anew all the same: of what it was, nothing is left.
    FinishedFirst,
}

/// What becomes of a file that is safely there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum After {
    /// It stays.
    Keep,
    /// It goes to `_uploaded/{date}/` in the watched folder.
    Move,
    /// It goes to the system's trash.
    Trash,
    /// It is deleted.
    Delete,
}

/// Before or after what is given by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Priority {
    /// After it.
    Below,
    /// In line with it.
    AsManual,
    /// Before it.
    First,
}

/// Hours of the week in which files are sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Hours {
    /// The days on which they begin.
    pub days: Days,
    /// When they begin, in minutes after midnight.
    pub from: u16,
    /// When they end. Not after `from` means on the next day; the same means a whole day.
    pub to: u16,
}

impl Spec {
    /// Whether all of it can be done.
    ///
    /// # Errors
    /// `bad-input`, and `name-refused` or `key-too-long` of where it goes.
    pub fn check(&self) -> Result<()> {
        let bad = |why: &str| Err(Error::new(ErrorCode::BadInput).detail(why));
        if self.name.chars().count() > NAME_AT_MOST || self.name.chars().any(char::is_control) {
            return bad(&format!("a name has {NAME_AT_MOST} letters at most, and no line breaks"));
        }
        if !SETTLES.contains(&self.settle) {
            return bad("a file settles for 1 second at least and a day at most");
        }
        if self.lines.len() > LINES_AT_MOST || self.leftovers.len() > LINES_AT_MOST {
            return bad(&format!("{LINES_AT_MOST} patterns at most"));
        }
        let Bounds { least, most, .. } = self.bounds;
        if let (Some(least), Some(most)) = (least, most)
            && least > most
        {
            return bad("no file is as large as the least and as small as the greatest size");
        }
        if let Some(Hours { days, from, to }) = &self.hours
            && (days.0.is_empty() || *from >= DAY || *to >= DAY)
        {
            return bad("hours without a day, or past midnight");
        }
        if self.while_written && self.unit == Unit::TopFolder {
            return bad("a folder that goes as one is not sent while it is written");
        }
        let lines = self.lines.iter().map(|line| match line {
            Line::Include(pattern) | Line::Exclude(pattern) => pattern,
        });
        lines.chain(&self.leftovers).try_for_each(|pattern| rules::check(pattern))?;
        key::check(&self.under)?;
        self.rules().map(|_| ())
    }

    /// How long a file has to stay the same.
    pub fn settle(&self) -> Duration {
        Duration::from_secs(self.settle.into())
    }

    /// How far the folder reaches.
    pub const fn extent(&self) -> Extent {
        Extent { links: self.links, placeholders: self.placeholders }
    }

    /// What is taken, ready to be asked.
    ///
    /// # Errors
    /// `bad-input` with the pattern that is none.
    pub fn rules(&self) -> Result<Rules> {
        let least = self.bounds.least.max((!self.allow_empty).then_some(crate::units::ByteCount(1)));
        Rules::new(&self.leftovers, &self.lines, Bounds { least, ..self.bounds })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::ByteCount;

    #[test]
    fn what_cannot_be_done_is_refused_when_it_comes_in() {
        Spec::default().check().expect("as most people want it");
        for bad in [
            Spec { name: "x".repeat(101), ..Spec::default() },
            Spec { name: "a\nb".to_owned(), ..Spec::default() },
            Spec { settle: 0, ..Spec::default() },
            Spec { settle: SETTLES.end() + 1, ..Spec::default() },
            Spec { lines: vec![Line::Include("a[".to_owned())], ..Spec::default() },
            Spec { under: "a/{when}".to_owned(), ..Spec::default() },
            Spec { hours: Some(Hours { days: Days::default(), from: 0, to: 0 }), ..Spec::default() },
            Spec {
                bounds: Bounds { least: Some(ByteCount(2)), most: Some(ByteCount(1)), ..Bounds::default() },
                ..Spec::default()
            },
        ] {
            assert_eq!(bad.check().expect_err("refused").code, ErrorCode::BadInput, "{bad:?}");
        }
    }

    #[test]
    fn a_spec_of_an_earlier_program_is_read_and_what_it_did_not_say_is_as_most_want_it() {
        let read: Spec = serde_json::from_str(r#"{"settle":30,"after":"trash"}"#).expect("read");
        assert_eq!(read, Spec { settle: 30, after: After::Trash, ..Spec::default() });
        let text = serde_json::to_string(&read).expect("text");
        assert_eq!(serde_json::from_str::<Spec>(&text).expect("read"), read);
    }

    /// W16, W17.
    #[test]
    fn links_and_placeholders_are_left_unless_a_person_says_otherwise() {
        let before: Spec = serde_json::from_str("{}").expect("read");
        assert_eq!(before.extent(), Extent::default());
        let wanted: Spec = serde_json::from_str(r#"{"links":"followed","placeholders":"fetched"}"#).expect("read");
        assert_eq!(wanted.extent(), Extent { links: Links::Followed, placeholders: Placeholders::Fetched });
        let text = serde_json::to_string(&wanted).expect("text");
        assert_eq!(serde_json::from_str::<Spec>(&text).expect("read"), wanted);
    }

    /// W12.
    #[test]
    fn a_file_that_changes_is_begun_anew_unless_a_person_says_otherwise() {
        let before: Spec = serde_json::from_str("{}").expect("read");
        assert_eq!(before.changed, Changed::BegunAnew);
        let wanted: Spec = serde_json::from_str(r#"{"changed":"finished-first"}"#).expect("read");
        assert_eq!(wanted, Spec { changed: Changed::FinishedFirst, ..Spec::default() });
        let text = serde_json::to_string(&wanted).expect("text");
        assert_eq!(serde_json::from_str::<Spec>(&text).expect("read"), wanted);
    }

    /// W4.
    #[test]
    fn files_without_bytes_are_left_where_a_person_says_so() {
        use super::super::rules::{Rule, Verdict};
        let empty = crate::file::Stamp { size: 0, mtime_ns: 0, file: None };
        let verdict = |allow_empty| {
            let spec = Spec { allow_empty, ..Spec::default() };
            spec.rules().expect("patterns").file("a", empty, crate::units::UnixTime(9))
        };
        assert_eq!(verdict(true), Verdict::Takes);
        assert_eq!(verdict(false), Verdict::Leaves(Rule::TooSmall));
    }
}
