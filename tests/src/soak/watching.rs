//! Watched folders through everything that may happen to them, by the command line as people run it: kills at any moment, lost
//! events, storms of renames, very many files, and long hours in which nothing happens. Every version of a file is uploaded once,
//! and none is missed.
//!
//! - [`kills`]: an actor changes a folder while whoever watches it is killed and begun again; a ledger says what may and what
//!   has to be in the store.
//! - [`storms`]: events without number, and those that the system loses.
//! - [`many`]: what a look at many files costs; [`idle`]: what it costs when nothing happens.
//! - `desk`: the world of all of these; `actor` and `hand`: who changes files; `ledger`: who judges; `meter`: what is opened in
//!   a folder.

mod actor;
mod desk;
mod hand;
pub mod idle;
pub mod kills;
mod ledger;
pub mod many;
mod meter;
pub mod storms;

use std::path::Path;
use std::time::Duration;

pub use actor::After;
pub use meter::Opened;

/// For how long a file has to stay the same, as these folders are told.
const SETTLE: Duration = Duration::from_secs(1);
/// Within so much quiet a folder is up to date, and while files go one after another, something is done.
const QUIET: Duration = Duration::from_secs(60);

/// A file that no other is like, of some bytes.
fn plant(path: &Path, number: u64, len: usize) -> Vec<u8> {
    let content = content(number, len);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).expect("a folder");
    }
    std::fs::write(path, &content).expect("written");
    content
}

/// Bytes that say by whichever beginning of eight and more which number they are of.
fn content(number: u64, len: usize) -> Vec<u8> {
    let mut chance = super::Chance::new(number);
    let mut bytes = number.to_le_bytes().to_vec();
    while bytes.len() < len {
        bytes.extend(chance.next().to_le_bytes());
    }
    bytes.truncate(len.max(8));
    bytes
}
