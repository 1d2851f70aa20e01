//! What can be typed.

mod watch;

use std::ops::RangeInclusive;
use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use davit_core::journal::Ended;
use davit_core::session::Collision;
use davit_core::settings::PIECES;

pub(crate) use watch::{Add, Answered, Change, Folder, Folders, OnExisting, Relocated, Run, Wanted, Watch};

use crate::limit::{Limit, Rate};

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
        let every = all.get_subcommands().flat_map(|one| one.get_subcommands().chain([one]));
        let helps = every.flat_map(clap::Command::get_arguments).filter(|arg| arg.get_id() == "concurrency");
        let helps: Vec<_> = helps.filter_map(|arg| Some(arg.get_help()?.to_string())).collect();
        assert!(helps.len() == 2 && helps.iter().all(|help| help.contains(&said)), "{helps:?}");
    }
}
