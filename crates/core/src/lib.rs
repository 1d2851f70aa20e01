//! The map of the house, and the way of one byte through it.
//!
//! - [`ids`], [`units`], [`error`], [`limits`], [`settings`]: the words everything else is written in.
//! - [`bandwidth`]: how fast uploads may be, by the clock on the wall.
//! - [`log`]: what may be logged at all.
//! - [`net`]: how to get out of this computer (proxy, certificates).
//! - [`session`]: sign in at the company's backend, and the destinations it offers.
//! - [`policy`]: what a company rolls out to its computers.
//! - [`power`]: what this computer runs on, and that it stays awake.
//! - [`credentials`]: short-lived credentials, renewed early and once for all.
//! - [`check`]: whether everything is right that an upload needs.
//! - [`report`]: what a company's IT is given, without secrets.
//! - [`s3`]: the only user of the AWS SDK for S3.
//! - [`file`](mod@file): open once, identify, read by position, walk folders, make keys.
//! - [`transfer`]: one file to one object; its plan and its states are pure.
//! - [`journal`]: the only durable record.
//! - [`history`]: what ended, and what is asked of it.
//! - [`watch`]: folders that upload by themselves: rules, settling, what differs from the record.
//! - [`engine`]: the actor that runs transfers; its feed is all that shells see.
//! - [`uploader`]: all of it opened in order; what a shell holds.
//!
//! The way of one byte: page cache, a positional read into a pooled buffer ([`file`](mod@file)), CRC64NVME while it is hot and
//! one frame of the streaming body ([`s3`]), TLS, S3; the answer's checksum is compared, the part journaled
//! ([`journal`]), the state stepped ([`transfer`]), and the feed told ([`engine`]).

// A transfer's future holds those of its requests, one in another.
#![recursion_limit = "256"]

pub mod bandwidth;
pub mod check;
pub mod credentials;
pub mod engine;
pub mod error;
mod failpoint;
pub mod file;
mod folded;
#[doc(hidden)]
pub mod fuzz;
pub mod history;
pub mod ids;
pub mod journal;
pub mod limits;
pub mod log;
pub mod net;
pub mod policy;
pub mod power;
pub mod remembered;
pub mod report;
pub mod s3;
pub mod session;
pub mod settings;
mod sync;
pub mod transfer;
pub mod units;
pub mod uploader;
pub mod watch;
