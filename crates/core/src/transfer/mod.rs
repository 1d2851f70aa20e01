//! One file to one object: how it is cut ([`plan`]), what state it is in ([`state`]), what the store has of it
//! ([`acknowledged`]), and the checksum of the whole ([`checksum`]). All pure: no clock, no disk, no network. [`crate::engine`] performs what [`state::step`] asks for.

pub mod acknowledged;
pub mod checksum;
pub mod plan;
pub mod state;

pub use acknowledged::{Acknowledged, AcknowledgedPart};
pub use plan::{Part, Plan};
pub use state::{Effect, Found, Illegal, Input, OnS3, Standing, TransferState, step};
