//! The way to the store as all transfers see it: whether it works, and a wake-up for everybody when it works again.

use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;
use tokio::time::{Duration, Instant};

use crate::error::{Error, ErrorCode, Retry};

/// A failure younger than this does not make the header say "Offline".
const GRACE: Duration = Duration::from_secs(2);
/// No wait between two attempts is longer, so that bytes flow within ten seconds of the network's return.
const LONGEST: Duration = Duration::from_secs(5);

/// Shared by all transfers.
#[derive(Debug, Default)]
pub(super) struct Link {
    broken_since: Mutex<Option<Instant>>,
    mended: Notify,
}

impl Link {
    /// A request was answered.
    pub(super) fn works(&self) {
        let was = self.broken_since.lock().unwrap_or_else(PoisonError::into_inner).take();
        if was.is_some() {
            self.mended.notify_waiters();
        }
    }

    /// A request got no answer.
    pub(super) fn fails(&self, error: &Error) {
        if error.retry == Retry::WhenOnline {
            self.broken_since.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(Instant::now);
        }
    }

    /// Whether the connection has been gone for a while.
    pub(super) fn offline(&self, now: Instant) -> bool {
        let since = *self.broken_since.lock().unwrap_or_else(PoisonError::into_inner);
        since.is_some_and(|since| now.duration_since(since) >= GRACE)
    }

    /// Waits before attempt `attempt` (from 1), or until a neighbour's request is answered.
    pub(super) async fn back_off(&self, attempt: u32, error: &Error) {
        let wait = pause_before(attempt, error);
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = self.mended.notified(), if error.retry == Retry::WhenOnline => {}
        }
    }
}

/// The first retry comes at once; later ones double from 200 ms, spread over half their length so that 64 parts do not
/// return as one.
fn pause_before(attempt: u32, error: &Error) -> Duration {
    let spread = rand::random_range(0.5..=1.0);
    let doubling = Duration::from_millis(200) * 2u32.saturating_pow(attempt.saturating_sub(2).min(6));
    let wait = if attempt <= 1 { Duration::from_millis(50) } else { doubling.min(LONGEST) };
    match error.retry {
        // The store said how long.
        Retry::After(least) if error.code != ErrorCode::StorageBusy => least.max(wait.mul_f64(spread)),
        _ => wait.mul_f64(spread),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_pause_keeps_bytes_from_flowing_for_ten_seconds() {
        let error = Error::new(ErrorCode::Offline);
        for attempt in 1..60 {
            assert!(pause_before(attempt, &error) <= LONGEST);
        }
        assert!(pause_before(1, &error) <= Duration::from_millis(50));
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_to_one_wakes_all_who_wait() {
        let link = std::sync::Arc::new(Link::default());
        let error = Error::new(ErrorCode::Offline);
        link.fails(&error);
        let start = Instant::now();
        let (waiting, neighbour) = (std::sync::Arc::clone(&link), std::sync::Arc::clone(&link));
        let waits = async move { waiting.back_off(20, &Error::new(ErrorCode::Offline)).await };
        let answers = async move {
            tokio::time::sleep(Duration::from_millis(100)).await;
            neighbour.works();
        };
        tokio::join!(waits, answers);
        assert!(start.elapsed() < Duration::from_millis(200), "{:?}", start.elapsed());
        assert!(!link.offline(Instant::now()));
    }
}
