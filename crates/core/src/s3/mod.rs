//! The only user of the AWS SDK for S3: requests in, typed answers and errors out. What has a body goes past its orchestrator,
//! see `lean`.
//!
//! The SDK's own retries, identity cache, checksums and stall protection are off; each has an answer of ours that fits
//! uploads (docs/reliability.md): retries above in `engine::parts`, leases in [`crate::credentials`], the checksum in
//! `body`, stalls in `watchdog`, which goes by `pace`, whether there is a way at all in `lifesign`.

mod body;
mod bucket;
mod classify;
mod client;
mod clock;
mod framing;
mod fuzz;
mod gate;
mod lean;
mod lifesign;
mod list;
mod moved;
mod pace;
mod place;
mod requests;
mod sign;
mod still;
mod tap;
mod watch;
mod watchdog;
mod ways;

pub use bucket::Bucket;
pub use client::http_client;
pub(crate) use fuzz::answer;
pub use gate::Gate;
pub use list::PartList;
pub use moved::Moved;
pub use place::{Endpoint, Place, Sse};
pub use requests::{Aborted, Completed, Created, Head, PartBody, Stored};
pub use sign::StoreSign;
pub(crate) use sign::{address as store_address, latency_of, sign_of, store_answers};
pub use tap::{Lane, Tap, Tapped};
pub use ways::{Way, WayKind, WayWhy};
