//! What one way showed: how fast bodies were on it, and whether it gets through.

use std::collections::VecDeque;

use tokio::time::{Duration, Instant};

/// So many that arrived tell how fast a way is.
const ENOUGH: usize = 4;
/// What is remembered of a way.
const REMEMBERED: usize = 8;

/// A way that does not get through.
#[derive(Clone, Copy, Debug)]
pub(super) struct Blocked {
    pub(super) since: Instant,
    pub(super) until: Instant,
    pub(super) pause: Duration,
    /// Whether a body that tries it costs nothing: what blocks it does so before the store has any of it.
    pub(super) certain: bool,
    pub(super) trying: Option<u64>,
}

/// What one way showed.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Bytes a second of bodies that arrived.
    pub(super) seen: VecDeque<u64>,
    /// Bodies of this round that are under way or arrived.
    pub(super) begun: u32,
    pub(super) rate: Option<u64>,
    /// Failures since something arrived.
    pub(super) in_a_row: u32,
    pub(super) failed: Option<Instant>,
    pub(super) worked: Option<Instant>,
    pub(super) blocked: Option<Blocked>,
}

impl Known {
    pub(super) fn begin_anew(&mut self) {
        self.seen.clear();
        self.begun = 0;
    }

    /// One of the bodies that began in this round says nothing of it.
    pub(super) const fn is_untold(&mut self) {
        self.begun = self.begun.saturating_sub(1);
    }

    pub(super) fn saw(&mut self, rate: u64) {
        self.seen.truncate(REMEMBERED - 1);
        self.seen.push_front(rate);
    }

    pub(super) fn is_measured(&self) -> bool {
        self.seen.len() >= ENOUGH
    }

    pub(super) fn median(&self) -> Option<u64> {
        median(self.seen.iter().copied().collect())
    }
}

/// The middle one.
pub(super) fn median(mut rates: Vec<u64>) -> Option<u64> {
    rates.sort_unstable();
    let middle = rates.len() / 2;
    let upper = *rates.get(middle)?;
    Some(if rates.len().is_multiple_of(2) { u64::midpoint(rates[middle - 1], upper) } else { upper })
}

/// Bytes a second.
pub(super) fn rate(bytes: u64, took: Duration) -> u64 {
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX).max(1);
    u64::try_from(u128::from(bytes) * 1_000_000 / u128::from(micros)).unwrap_or(u64::MAX)
}
