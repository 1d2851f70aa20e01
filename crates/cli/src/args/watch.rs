//! What can be typed of watched folders.

use std::fmt::Display;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use davit_core::watch::spec::{After, Existing, Priority, SETTLES};

use super::{OnCollision, Place, pieces};
use crate::limit::Rate;
use crate::patterns::Patterns;

#[derive(Debug, Subcommand)]
pub(crate) enum Watch {
    /// Watch a folder; it is watched while `davit watch run` or the app is at work.
    Add(Box<Add>),
    /// Change what is wanted of a folder; what is not said stays as it is. What was uploaded is not uploaded again.
    Change(Box<Change>),
    /// Say what of the files that were there at first is uploaded, where that is asked.
    Answer(Answered),
    /// Show the watched folders.
    List {
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Watch a folder no more; what it uploaded stays, and what is in line goes on.
    Remove(Folder),
    /// Let a folder rest, or all: nothing new is taken.
    Pause(Folders),
    /// Let it go on, or all that rest; what happened meanwhile is found.
    Resume(Folders),
    /// Say where a folder lies by now, or that it is the one which lies there; what was sent is not sent again where it lies there
    /// the same.
    Move(Relocated),
    /// Look at all of a folder now.
    Check(Folder),
    /// Watch the folders until stopped.
    Run(Box<Run>),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Folder {
    /// Its number, as `davit watch list` shows it, or its path.
    pub(crate) folder: String,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Folders {
    /// Its number, as `davit watch list` shows it, or its path.
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    pub(crate) folder: Option<String>,
    /// All of them.
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Relocated {
    /// Its number, as `davit watch list` shows it, or the path that it had.
    pub(crate) folder: String,
    /// Where it lies by now.
    pub(crate) to: PathBuf,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Add {
    /// The folder.
    pub(crate) path: PathBuf,
    #[command(flatten)]
    pub(crate) place: Place,
    /// What of the files that are there already is uploaded. Without it that is asked: here, where this is a terminal, or by
    /// `davit watch answer`.
    #[arg(long, value_enum)]
    pub(crate) existing: Option<OnExisting>,
    #[command(flatten)]
    pub(crate) wanted: Wanted,
    /// Say what would be uploaded and what would not, and watch nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// What is wanted of a watched folder: what is not said is as usual of one that is added, and as it was of one that is changed.
#[derive(Debug, ClapArgs)]
pub(crate) struct Wanted {
    /// What it is called where folders are shown. "" is the folder's own name.
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Where in the destination they go: a path, with `{date}`, `{host}`, `{user}` and `{folder}` in it. "" is the destination
    /// itself.
    #[arg(long, value_name = "PATH")]
    pub(crate) under: Option<String>,
    #[command(flatten)]
    pub(crate) patterns: Patterns,
    /// Whatever its name: no patterns.
    #[arg(long, conflicts_with_all = ["include", "exclude"])]
    pub(crate) all_files: bool,
    /// For how long a file has to stay the same: 10s (usual), 2min, 1h.
    #[arg(long, value_name = "TIME", value_parser = settle)]
    pub(crate) settle: Option<u32>,
    /// What to do when a name is taken: upload beside it (usual), or as said here.
    #[arg(long, value_enum)]
    pub(crate) collision: Option<OnCollision>,
    /// What becomes of a file once it is there and verified: it stays (usual), or as said here; `move` puts it into
    /// `_uploaded/DATE/` in the watched folder.
    #[arg(long, value_enum)]
    pub(crate) after: Option<OnceThere>,
    /// When they are uploaded beside what is given by hand: after it (usual), or as said here.
    #[arg(long, value_enum)]
    pub(crate) priority: Option<OnPriority>,
    /// Folders below it that are looked at: 0 is no other, `none` all of them.
    #[arg(long, value_name = "FOLDERS|none")]
    pub(crate) depth: Option<Bound<Depth>>,
    /// No files that are smaller: 500MB, 10GB, or bytes.
    #[arg(long, value_name = "SIZE|none")]
    pub(crate) least: Option<Bound<Size>>,
    /// No files that are larger.
    #[arg(long, value_name = "SIZE|none")]
    pub(crate) most: Option<Bound<Size>>,
    /// No files that were written to within this time: 10s, 2min, 1h.
    #[arg(long, value_name = "TIME|none", value_parser = age)]
    pub(crate) age: Option<Bound<u32>>,
    /// No files without bytes.
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) skip_empty: Option<bool>,
    /// Never files of this name, whatever is included, beside `*.tmp`, `.*` and other leftovers of programs. May be given several
    /// times. These and those of `--take` are all there are from then on.
    #[arg(long, value_name = "PATTERN")]
    pub(crate) never: Vec<String>,
    /// Take leftovers of programs of this pattern after all, such as `.*`.
    #[arg(long, value_name = "PATTERN")]
    pub(crate) take: Vec<String>,
    /// Only in these hours: 20:00-06:00, or “mon-fri 20:00-06:00”.
    #[arg(long, value_name = "HOURS")]
    pub(crate) hours: Option<crate::hours::Typed>,
    /// At any hour.
    #[arg(long, conflicts_with = "hours")]
    pub(crate) no_hours: bool,
    /// What was sent and then moved within the folder is sent to its new place, too.
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) moved_anew: Option<bool>,
    #[command(flatten)]
    pub(crate) beyond: Beyond,
    /// A folder in it goes as one, once nothing in it moves.
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) whole_folders: Option<bool>,
    /// Send a file while it is still written, part by part; it is there once it was left alone.
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) while_written: Option<bool>,
    /// A file that another one takes the place of while it is sent, as programs do that save at once, is sent to its end first,
    /// and the other after it. A file that is written to while it is sent is begun anew, whatever is said here, and so is one
    /// of which the upload rests meanwhile.
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) finish_first: Option<bool>,
    /// Look at it once a minute instead of waiting for the system to tell.
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) poll: Option<bool>,
    /// Wait for the system to tell, even of a drive on the network.
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true", conflicts_with = "poll")]
    pub(crate) live: Option<bool>,
}

/// A bound, or that there is none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bound<T>(pub(crate) Option<T>);

impl<T: FromStr<Err: Display>> FromStr for Bound<T> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "none" => Ok(Self(None)),
            bound => bound.parse().map(|bound| Self(Some(bound))).map_err(|odd: T::Err| odd.to_string()),
        }
    }
}

/// Folders below one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Depth(pub(crate) u16);

impl FromStr for Depth {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse().map(Self).map_err(|_| "give a number of folders from 0 to 65535, or none".to_owned())
    }
}

/// Bytes, as a person writes them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size(pub(crate) u64);

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let each = match unit.trim().to_lowercase().as_str() {
            "" | "b" => Some(1),
            "kb" => Some(1_000),
            "mb" => Some(1_000_000),
            "gb" => Some(1_000_000_000),
            "tb" => Some(1_000_000_000_000),
            _ => None,
        };
        let size = number.parse::<u64>().ok().zip(each).and_then(|(number, each)| number.checked_mul(each));
        size.map(Self).ok_or_else(|| "give a size such as 500MB, 10GB or a number of bytes, or none".to_owned())
    }
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Change {
    /// Its number, as `davit watch list` shows it, or its path.
    pub(crate) folder: String,
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(flatten)]
    pub(crate) wanted: Wanted,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Answered {
    /// Its number, as `davit watch list` shows it, or its path.
    pub(crate) folder: String,
    /// What of the files that are there already is uploaded.
    #[arg(value_enum)]
    pub(crate) existing: OnExisting,
}

/// What is taken beside plain files.
#[derive(Debug, ClapArgs)]
pub(crate) struct Beyond {
    /// Follow links and junctions to what lies in the folder: it is uploaded under the link's path, too. What lies outside is
    /// never uploaded.
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) follow_links: Option<bool>,
    /// Upload files that lie in the cloud (OneDrive, iCloud, Dropbox), too: they are fetched.
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) fetch_placeholders: Option<bool>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Run {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Pieces in flight at a time, 1 to 128; without it, as many as turn out best.
    #[arg(long, value_parser = clap::value_parser!(u16).range(pieces()))]
    pub(crate) concurrency: Option<u16>,
    /// How fast this run may be, whatever the schedule says: a rate such as 50MB/s or 100Mbit/s, or `none`.
    #[arg(long, value_name = "RATE|none")]
    pub(crate) limit: Option<Rate>,
    /// One JSON object a line instead of words.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum OnExisting {
    /// All of them.
    All,
    /// None of them, until they change.
    NewOnly,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum OnPriority {
    /// After it.
    Below,
    /// In line with it.
    AsManual,
    /// Before it.
    First,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum OnceThere {
    /// It stays.
    Keep,
    /// It goes to `_uploaded/DATE/` in the watched folder.
    Move,
    /// It goes to the system's trash.
    Trash,
    /// It is deleted.
    Delete,
}

impl From<OnceThere> for After {
    fn from(then: OnceThere) -> Self {
        match then {
            OnceThere::Keep => Self::Keep,
            OnceThere::Move => Self::Move,
            OnceThere::Trash => Self::Trash,
            OnceThere::Delete => Self::Delete,
        }
    }
}

impl From<OnExisting> for Existing {
    fn from(on: OnExisting) -> Self {
        match on {
            OnExisting::All => Self::All,
            OnExisting::NewOnly => Self::NewOnly,
        }
    }
}

impl From<OnPriority> for Priority {
    fn from(on: OnPriority) -> Self {
        match on {
            OnPriority::Below => Self::Below,
            OnPriority::AsManual => Self::AsManual,
            OnPriority::First => Self::First,
        }
    }
}

/// Seconds of a time as it is typed.
fn settle(text: &str) -> Result<u32, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let each = match unit.trim() {
        "s" => Some(1),
        "min" | "m" => Some(60),
        "h" => Some(60 * 60),
        _ => None,
    };
    let seconds = number.parse::<u32>().ok().zip(each).and_then(|(number, each)| number.checked_mul(each));
    let within = seconds.filter(|seconds| SETTLES.contains(seconds));
    within.ok_or_else(|| "give a time from 1s to 24h, such as 30s, 2min or 1h".to_owned())
}

/// The same, or none.
fn age(text: &str) -> Result<Bound<u32>, String> {
    if text == "none" { Ok(Bound(None)) } else { settle(text).map(|seconds| Bound(Some(seconds))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_typed_as_a_person_writes_them() {
        let size = |text: &str| text.parse::<Size>().map(|size| size.0);
        assert_eq!(
            ["1", "10kB", "500 MB", "2gb", "1TB"].map(size),
            [1, 10_000, 500_000_000, 2_000_000_000, 1_000_000_000_000].map(Ok)
        );
        for bad in ["", "MB", "1.5GB", "-1", "5 parsecs", "99999999999TB"] {
            assert!(size(bad).is_err(), "{bad}");
        }
    }
}
