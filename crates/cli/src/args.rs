//! What can be typed.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use davit_core::journal::Ended;
use davit_core::session::Collision;
use davit_core::settings::PIECES;
use davit_core::watch::spec::{After, Existing, Priority};

use crate::limit::{Limit, Rate};
use crate::patterns::Patterns;

/// The bounds of pieces in flight, as clap has bounds. Its help writes them out.
fn pieces() -> RangeInclusive<i64> {
    i64::from(*PIECES.start())..=i64::from(*PIECES.end())
}

/// Uploads files and folders of any size to the company's storage.
///
/// Environment: `DAVIT_HOME` (records, settings), `DAVIT_SERVER` (company address), `DAVIT_TOKEN` (access token),
/// `DAVIT_LOG` (log filter, such as `info`).
#[derive(Debug, Parser)]
#[command(name = "davit", version, about)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Upload files and folders; the same command again goes on where it stopped.
    Upload(Box<Upload>),
    /// Show every transfer on record.
    Status {
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Show what ended, newest first.
    History(History),
    /// Pause transfers; what was sent is kept.
    Pause(Which),
    /// Let paused transfers go on.
    Resume(Which),
    /// Give transfers up and remove what was sent of them.
    Cancel(Which),
    /// Show how fast uploads may be and until when, or say it: to what is at work, and on record.
    Limit {
        /// A rate such as 50MB/s, 800kB/s or 100Mbit/s, `none`, or `schedule` for what the schedule says. Where there is a
        /// schedule, a rate or `none` counts until that changes next.
        #[arg(value_name = "RATE|none|schedule")]
        limit: Option<Limit>,
    },
    /// Upload files earlier: one place up in the list.
    Earlier {
        #[command(flatten)]
        moved: Moved,
        /// Before all others in line.
        #[arg(long)]
        first: bool,
    },
    /// Upload files later: one place down in the list.
    Later {
        #[command(flatten)]
        moved: Moved,
        /// After all others in line.
        #[arg(long)]
        last: bool,
    },
    /// Watch folders: what appears in them is uploaded by itself, once.
    Watch {
        #[command(subcommand)]
        command: Watch,
    },
    /// Sign in with the company, in your browser or with a code. It lasts until you forget the company, or the company ends it.
    SignIn {
        /// With a code that you type in any browser, as on another computer.
        #[arg(long)]
        device: bool,
        /// The company's address; without it, that of `DAVIT_SERVER`, or the one that was connected last.
        #[arg(long, value_name = "URL")]
        server: Option<String>,
    },
    /// Show where uploads may go.
    Destinations {
        /// The company's address; without it, that of `DAVIT_SERVER`, or the one that was connected last.
        #[arg(long, value_name = "URL")]
        server: Option<String>,
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Forget the company: sign out, watch none of its folders any more, give up what is not uploaded, clear the history here. Files
    /// on this computer stay, and so does what is uploaded.
    Forget {
        /// Without asking. Where there is no terminal to ask at, it has to be said.
        #[arg(long)]
        yes: bool,
    },
    /// Check records, company, sign-in, credentials, storage, clock, and the way there: names, proxy, certificate, a test file.
    #[command(visible_alias = "check")]
    Doctor {
        /// The company's address; without it, that of `DAVIT_SERVER`, or the one that was connected last.
        #[arg(long, value_name = "URL")]
        server: Option<String>,
    },
    /// Save a report for your IT: versions, settings, the last check, numbers of the records, the log. No passwords.
    Diagnose {
        /// The file to write, such as `davit-report.zip`.
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
        /// Show names of files, folders and keys in it, too.
        #[arg(long)]
        names: bool,
    },
    /// Print what a shell reads to complete the words of this command.
    Completions {
        /// Which shell.
        shell: Shell,
    },
    /// Write the manual's pages into a folder; packages bring them.
    #[command(hide = true)]
    Manual {
        /// The folder.
        into: PathBuf,
    },
}

#[derive(Debug, ClapArgs)]
pub(crate) struct History {
    /// Words, each of which is in the name or the destination, whatever its case and accents.
    pub(crate) search: Vec<String>,
    /// Only what ended on one of so many days; 1 is today.
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) since: Option<u32>,
    /// Only what ended so.
    #[arg(long, value_enum)]
    pub(crate) result: Option<OnResult>,
    /// One JSON object a line.
    #[arg(long)]
    pub(crate) json: bool,
    /// A table for spreadsheets.
    #[arg(long, conflicts_with = "json")]
    pub(crate) csv: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum OnResult {
    /// All of it is there.
    Done,
    /// Some of it needed somebody.
    Failed,
    /// It was given up.
    Cancelled,
}

impl From<OnResult> for Ended {
    fn from(on: OnResult) -> Self {
        match on {
            OnResult::Done => Self::Done,
            OnResult::Failed => Self::Failed,
            OnResult::Cancelled => Self::Cancelled,
        }
    }
}

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

/// Where files go.
#[derive(Debug, ClapArgs)]
pub(crate) struct Place {
    /// The destination's id or label; needed when there are several.
    #[arg(long, value_name = "DESTINATION", conflicts_with = "s3")]
    pub(crate) to: Option<String>,
    /// The company's address; without it, that of `DAVIT_SERVER`, or the one that was connected last.
    #[arg(long, value_name = "URL", conflicts_with = "s3")]
    pub(crate) server: Option<String>,
    /// A bucket and prefix reached with the default AWS credentials, `s3://BUCKET/PREFIX/`.
    #[arg(long, value_name = "S3-URL")]
    pub(crate) s3: Option<String>,
    /// Another store than AWS: https, or plain http on this computer.
    #[arg(long, value_name = "URL", requires = "s3")]
    pub(crate) endpoint_url: Option<String>,
    /// The bucket's region; without it, that of AWS's environment or profile, and us-east-1 after them.
    #[arg(long, requires = "s3")]
    pub(crate) region: Option<String>,
    /// The bucket stands in the path instead of the host name.
    #[arg(long, requires = "s3")]
    pub(crate) path_style: bool,
    /// Reach the bucket through Transfer Acceleration.
    #[arg(long, requires = "s3", conflicts_with = "endpoint_url")]
    pub(crate) accelerate: bool,
    /// A PEM file of certificates to trust besides the system's.
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_bundle: Option<PathBuf>,
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
    let within = seconds.filter(|seconds| (1..=86_400).contains(seconds));
    within.ok_or_else(|| "give a time from 1s to 24h, such as 30s, 2min or 1h".to_owned())
}

/// The same, or none.
fn age(text: &str) -> Result<Bound<u32>, String> {
    if text == "none" { Ok(Bound(None)) } else { settle(text).map(|seconds| Bound(Some(seconds))) }
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Which {
    /// Numbers of transfers, as `davit status` shows them.
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    pub(crate) ids: Vec<u64>,
    /// All of them.
    #[arg(long)]
    pub(crate) all: bool,
    /// One JSON object instead of words.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Moved {
    /// Numbers of transfers, as `davit status` shows them; a file of a folder moves the folder.
    #[arg(required = true)]
    ids: Vec<u64>,
    /// One JSON object instead of words.
    #[arg(long)]
    json: bool,
}

impl From<Moved> for Which {
    fn from(Moved { ids, json }: Moved) -> Self {
        Self { ids, all: false, json }
    }
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Upload {
    /// Files and folders.
    #[arg(required = true)]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) place: Place,
    /// What to do when a name is taken; without it, as the destination says.
    #[arg(long)]
    pub(crate) collision: Option<OnCollision>,
    /// Pieces in flight at a time, 1 to 128; without it, as many as turn out best.
    #[arg(long, value_parser = clap::value_parser!(u16).range(pieces()))]
    pub(crate) concurrency: Option<u16>,
    /// How fast this run may be, whatever the schedule says: a rate such as 50MB/s or 100Mbit/s, or `none`.
    #[arg(long, value_name = "RATE|none")]
    pub(crate) limit: Option<Rate>,
    /// Before everything that is in line already.
    #[arg(long)]
    pub(crate) first: bool,
    /// Write what became of every path to this file once all of it ended: a table where it ends in .csv, else JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) receipt: Option<PathBuf>,
    /// One JSON object a line instead of progress bars.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum OnCollision {
    /// Leave what is there, and say so.
    Fail,
    /// Replace it.
    Overwrite,
    /// Upload beside it, as "name (2)".
    Suffix,
}

impl From<OnCollision> for Collision {
    fn from(on: OnCollision) -> Self {
        match on {
            OnCollision::Fail => Self::Fail,
            OnCollision::Overwrite => Self::Overwrite,
            OnCollision::Suffix => Self::Suffix,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_help_writes_out_the_bounds_of_pieces_that_hold() {
        let said = format!("{} to {}", PIECES.start(), PIECES.end());
        let all = Args::command();
        let helps =
            all.get_subcommands().flat_map(clap::Command::get_arguments).filter(|arg| arg.get_id() == "concurrency");
        let helps: Vec<_> = helps.filter_map(|arg| Some(arg.get_help()?.to_string())).collect();
        assert!(!helps.is_empty() && helps.iter().all(|help| help.contains(&said)), "{helps:?}");
    }
}
