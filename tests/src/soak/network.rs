//! The network and all that lies beyond it: faults by chance, stalls, outages, leases, clocks, portals, lists of parts,
//! two machines at one key, every ending of Complete. Goals R5 to R11, R13, R14 and R18.

mod clocks;
mod endings;
mod leases;
mod listing;
mod machines;
mod mix;
mod outages;
mod portals;
mod stalls;
#[cfg(target_os = "linux")]
mod ways;

pub use clocks::{clock, clock_before_a_look, doctor, jumping_clock};
pub use endings::{endings, some_endings};
pub use leases::{
    allowed_again, backend_in_trouble, filtered_refresh, over_on_arrival, refused_again_and_again, refused_for_many,
    refused_refresh, sign_in_through,
};
pub use listing::{PARTS, list_of_parts};
pub use machines::two_machines;
pub use mix::{Measured, fault_mix};
pub use outages::{asleep, hole};
pub use portals::{Portal, Start, backend_behind, commands_behind, store_behind, tls_portal};
pub use stalls::{Request, Where, mute, slow_link, stall, stall_of};
#[cfg(target_os = "linux")]
pub use ways::{Change, way_that_changes};
