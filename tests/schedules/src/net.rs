//! What the core's files take from its `net`.

#[path = "../../../crates/core/src/net/quiet.rs"]
mod quiet;

pub(crate) use quiet::Quiet;
