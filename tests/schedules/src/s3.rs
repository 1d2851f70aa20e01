//! What the core's files take from its `s3`.

#[path = "../../../crates/core/src/s3/moved.rs"]
mod moved;

pub(crate) use moved::Moved;
