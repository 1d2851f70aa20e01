//! The primitives of what tasks and threads share.
//!
//! The modules that take them from here are also built against a checker that tries other schedules (`tests/schedules`);
//! there this module is another one, with the same names.

pub(crate) use std::sync::{Mutex, MutexGuard, PoisonError};

pub(crate) use tokio::sync::{Mutex as AsyncMutex, Notify, watch};
pub(crate) use tokio::time::sleep;

pub(crate) mod atomic {
    pub(crate) use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};
}
