//! The harness: a real local cloud, the reference backend, and the real command line or engine, in a world of its own.
#![allow(clippy::disallowed_methods, clippy::missing_docs_in_private_items, reason = "tests time and spawn")]
#![allow(clippy::unwrap_used, reason = "a harness that cannot go on must stop the test")]

pub mod accelerate;
#[cfg(target_os = "linux")]
pub mod accessible;
mod authority;
pub mod davit;
pub mod fault;
#[cfg(target_os = "linux")]
pub mod frames;
#[cfg(target_os = "linux")]
pub mod goals;
#[cfg(target_os = "linux")]
pub mod inner;
pub mod issuer;
#[cfg(target_os = "linux")]
pub mod panel;
#[cfg(target_os = "linux")]
pub mod process;
#[cfg(target_os = "linux")]
pub mod screen;
#[cfg(target_os = "linux")]
pub mod served;
pub mod soak;
pub mod source;
#[cfg(target_os = "linux")]
pub mod updates;
#[cfg(target_os = "linux")]
pub mod window;
pub mod world;

pub use davit::Run;
pub use world::World;
