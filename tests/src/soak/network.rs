//! The network and all that lies beyond it: faults by chance, stalls, outages, leases, clocks, portals, lists of parts,
//! two machines at one key. Goals R5 to R10, R13, R14 and R18.

use std::time::Duration;

use crate::fault::Fault;

mod clocks;
mod leases;
mod listing;
mod machines;
mod mix;
mod outages;
mod portals;
mod stalls;

pub use clocks::{clock, jumping_clock};
pub use leases::{backend_in_trouble, refused_again_and_again, refused_refresh};
pub use listing::{PARTS, list_of_parts};
pub use machines::two_machines;
pub use mix::{Measured, fault_mix};
pub use outages::{asleep, hole};
pub use portals::{Portal, backend_behind, store_behind, tls_portal};
pub use stalls::{Request, Where, slow_link, stall};

/// All of it, `count` times where it is counted, from `seed` on. The goals' sizes are a count of 20.
pub async fn all(count: u32, seed: u64) {
    let seeds = || seed..seed + u64::from(count);
    for seed in seeds() {
        let measured = fault_mix(seed, 2_000).await;
        assert!(measured.requests <= 1.15, "seed {seed}: {measured:?}");
    }
    for _ in 0..count.div_ceil(2) {
        for lasts in [3, 30] {
            hole(Duration::from_secs(lasts)).await;
        }
    }
    hole(Duration::from_secs(600)).await;
    for _ in 0..count {
        for request in [Request::Put, Request::Part, Request::Create, Request::Complete, Request::List] {
            stall(request, Where::Before).await;
            if matches!(request, Request::Put | Request::Part) {
                stall(request, Where::Mid).await;
            }
            stall(request, Where::After).await;
        }
    }
    slow_link(2, 128 << 10, Duration::from_secs(60)).await;
    for seed in seeds().take(3) {
        backend_in_trouble(seed, 5 * count, 10_000).await;
    }
    for times in 1..=4 {
        refused_again_and_again(times).await;
    }
    for status in ["401 Unauthorized", "403 Forbidden"] {
        refused_refresh(status).await;
    }
    for _ in 0..count.div_ceil(2) {
        for off in ["+20m", "-20m", "+25h", "-25h"] {
            clock(off).await;
            jumping_clock(off).await;
        }
    }
    for second in 0..u64::from(count) {
        asleep(Duration::from_secs(1 + second)).await;
    }
    for _ in 0..count {
        for portal in [Portal::Moved, Portal::Page, Portal::Bare] {
            store_behind(portal, Duration::from_secs(5)).await;
            backend_behind(portal, Duration::from_secs(5)).await;
        }
        tls_portal(Duration::from_secs(5)).await;
    }
    for _ in 0..count.div_ceil(5) {
        for fault in [Fault::INTERNAL, Fault::Truncated, Fault::Page, Fault::Bare, Fault::Moved] {
            list_of_parts(PARTS, fault, 3).await;
        }
    }
    two_machines(5 * count).await;
}
