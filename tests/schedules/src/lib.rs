//! What tasks and threads share in the core, run by a checker in thousands of schedules: <https://docs.rs/shuttle>.
//!
//! The files are the core's own, built once more: what they take from the core's `sync` they take here from [`sync`],
//! where every use is a moment at which the checker may let another one go first. Nothing of it is in what ships.
//!
//! The checker orders steps; it knows no weaker memory than the strictest. Waits end whenever the checker likes, or
//! never where a scenario says so: what only time would mend is then a deadlock, and found.
// Nothing as a test of its own: the core's files would bring theirs, which want the real clock.
#![cfg(not(test))]
#![allow(unreachable_pub, dead_code, reason = "the core's own files: other parts of it use the rest")]
#![allow(clippy::missing_panics_doc, reason = "a scenario panics where a promise is broken")]

pub mod gate;
pub mod held;
pub mod keeper;
pub mod link;
pub mod live;
mod net;
pub mod present;
mod s3;
mod sync;

use davit_core::{error, ids, journal, units};
use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::{Config, Runner};
// The core's files name them.
use {rand as _, secrecy as _, tracing as _};

/// How many turns of luck the second half of the schedules has. Source: docs of [`PctScheduler`].
const DEPTH: usize = 3;
/// Deep futures without optimisation.
const STACK: usize = 1 << 20;

/// Runs a scenario in so many schedules of pure luck, and in as many of few, telling changes of turn (PCT).
pub fn explore(scenario: fn(), times: u32, seed: u64) {
    let times = times as usize;
    let mut config = Config::new();
    config.stack_size = STACK;
    config.silence_warnings = true;
    Runner::new(RandomScheduler::new_from_seed(seed, times), config.clone()).run(scenario);
    Runner::new(PctScheduler::new_from_seed(seed, DEPTH, times), config).run(scenario);
}
