//! A store that takes bytes no faster than asked: what happens in the middle of an upload happens there on any machine.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio::time::{Duration, Instant};

/// The pace of all bodies together.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    /// Bytes a second; 0 means as fast as they come.
    rate: AtomicU64,
    /// When the next byte may be taken.
    free: Mutex<Option<Instant>>,
}

impl Pace {
    pub(crate) fn set(&self, rate: u64) {
        self.rate.store(rate, Ordering::SeqCst);
        *self.free.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Waits until so many bytes may be taken.
    pub(crate) async fn take(&self, bytes: u64) {
        let rate = self.rate.load(Ordering::SeqCst);
        if rate == 0 {
            return;
        }
        let until = {
            let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
            let from = free.map_or_else(Instant::now, |free| free.max(Instant::now()));
            *free.insert(from + Duration::from_micros(bytes.saturating_mul(1_000_000) / rate))
        };
        tokio::time::sleep_until(until).await;
    }
}
