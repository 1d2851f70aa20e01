//! Until when a server wants to be left alone: what it said to one it said to all.

use tokio::time::{Duration, Instant};

use crate::sync::{Mutex, PoisonError};

/// Until when nobody asks.
#[derive(Debug, Default)]
pub(crate) struct Quiet(Mutex<Option<Instant>>);

impl Quiet {
    /// It asked for this long from now; what it asked for before may last longer.
    pub(crate) fn keep_for(&self, wait: Duration) {
        let until = Instant::now() + wait;
        let mut quiet = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *quiet = Some(quiet.map_or(until, |longer| longer.max(until)));
    }

    /// How much longer.
    pub(crate) fn left(&self) -> Option<Duration> {
        let until = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        until.map(|until| until.saturating_duration_since(Instant::now())).filter(|wait| !wait.is_zero())
    }
}
