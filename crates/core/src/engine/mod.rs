//! The actor that runs transfers, and what shells see of it.

pub mod feed;
