//! The local cloud, asked by the real SDKs, and by hand where no SDK would ask so.
#![allow(clippy::disallowed_methods, reason = "tests of a server, with their own clock and tasks")]

mod bodies;
mod checksums;
mod cloud;
mod conditions;
mod lasting;
mod multipart;
mod objects;
mod sessions;
mod signatures;
mod sts;
mod wire;
