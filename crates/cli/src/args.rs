//! What can be typed.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use davit_core::session::Collision;

use crate::limit::{Limit, Rate};

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
    Earlier(Moved),
    /// Upload files later: one place down in the list.
    Later(Moved),
    /// Show where uploads may go.
    Destinations {
        /// The company's address; without it, that of `DAVIT_SERVER`, or the one that was connected last.
        #[arg(long, value_name = "URL")]
        server: Option<String>,
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Check records, company, sign-in, credentials, storage and clock.
    Doctor {
        /// The company's address; without it, that of `DAVIT_SERVER`, or the one that was connected last.
        #[arg(long, value_name = "URL")]
        server: Option<String>,
    },
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

#[expect(clippy::struct_excessive_bools, reason = "flags, each by itself")]
#[derive(Debug, ClapArgs)]
pub(crate) struct Upload {
    /// Files and folders.
    #[arg(required = true)]
    pub(crate) paths: Vec<PathBuf>,
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
    /// What to do when a name is taken; without it, as the destination says.
    #[arg(long)]
    pub(crate) collision: Option<OnCollision>,
    /// Pieces in flight at a time, 1 to 128; without it, as many as turn out best.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=128))]
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
