//! When the other side last acknowledged some of what a transfer sends.

use std::sync::Arc;

use tokio::time::{Duration, Instant};

use crate::sync::{Mutex, PoisonError};

/// What moved so short a time ago still moves: it is looked at every second.
const JUST_NOW: Duration = Duration::from_secs(2);

/// Written by who watches the bodies of a transfer, read by who tells how it is. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Moved(Arc<Mutex<Option<Instant>>>);

impl Moved {
    /// Some of it was acknowledged.
    pub(crate) fn now(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Whether any was since then, or only just: what fails while others get through is no way that is gone.
    pub(crate) fn since(&self, then: Instant) -> bool {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.is_some_and(|last| last > then || last.elapsed() < JUST_NOW)
    }
}
