//! Notices requests that hang, without mistaking slow ones for dead ones.
//!
//! A body must move: some frame taken every [`STALL`] plus the time a frame needs at the pace last seen. After the last
//! frame an answer must come within [`ANSWER`] plus the time that what the system still buffers needs at that pace.
//! A request that hangs is dropped; its connection goes with it.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::time::{Duration, Instant};

use super::body::Watch;
use crate::error::{Error, ErrorCode, Result};
use crate::file::buffers::FRAME;

const STALL: Duration = Duration::from_secs(20);
const ANSWER: Duration = Duration::from_secs(20);
/// Putting 10,000 parts together may take minutes. Source: S3 API reference, CompleteMultipartUpload.
pub(super) const COMPLETE: Duration = Duration::from_secs(300);
/// Requests without a body of note.
pub(super) const SHORT: Duration = Duration::from_secs(30);
/// What a system buffers of a connection at most; Linux' default limit of `tcp_wmem`.
const BUFFERED: u64 = 4 << 20;
/// The slowest pace that is still a connection, in bytes a second: 128 kbit/s shared by four parts.
const SLOWEST: u64 = 4_000;

/// Bytes a second of one connection, as the last requests showed.
#[derive(Debug, Default)]
pub(super) struct Pace(AtomicU64);

impl Pace {
    /// A request of `bytes` took this long.
    pub(super) fn saw(&self, bytes: u64, took: Duration) {
        let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).max(1);
        self.0.store((bytes.saturating_mul(1_000) / millis).max(SLOWEST), Ordering::Relaxed);
    }

    /// A request hung: the link may have become slower than it was, so the next one is given more time.
    pub(super) fn stalled(&self) {
        let now = self.0.load(Ordering::Relaxed);
        self.0.store((now / 4).max(SLOWEST), Ordering::Relaxed);
    }

    fn time_for(&self, bytes: u64) -> Duration {
        match self.0.load(Ordering::Relaxed) {
            0 => Duration::from_secs(bytes / (64 << 10)),
            pace => Duration::from_millis(bytes.saturating_mul(1_000) / pace),
        }
    }
}

/// Runs a request with a body under watch.
pub(super) async fn watched<T>(request: impl Future<Output = T>, watch: &Watch, pace: &Pace, len: u64) -> Result<T> {
    let begun = Instant::now();
    tokio::pin!(request);
    loop {
        let (moved, out) = watch.progress();
        let limit = if out { ANSWER + pace.time_for(len.min(BUFFERED)) } else { STALL + pace.time_for(FRAME as u64) };
        tokio::select! {
            biased;
            answer = &mut request => {
                pace.saw(len, begun.elapsed());
                return Ok(answer);
            }
            () = tokio::time::sleep_until(moved + limit) => {
                if watch.progress() == (moved, out) {
                    pace.stalled();
                    let what = if out { "no answer after the last byte" } else { "no byte was taken" };
                    return Err(Error::new(ErrorCode::Offline).detail(format!("{what} for {} s", limit.as_secs())));
                }
            }
        }
    }
}

/// Runs a request without a body of note.
pub(super) async fn within<T>(limit: Duration, request: impl Future<Output = T>) -> Result<T> {
    tokio::time::timeout(limit, request)
        .await
        .map_err(|_| Error::new(ErrorCode::Offline).detail(format!("no answer for {} s", limit.as_secs())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_request_that_hangs_is_given_up_within_half_a_minute() {
        let (watch, pace, begun) = (Watch::new(), Pace::default(), Instant::now());
        pace.saw(8 << 20, Duration::from_secs(1));
        let hung = watched(std::future::pending::<()>(), &watch, &pace, 8 << 20).await;
        assert_eq!(hung.expect_err("hung").code, ErrorCode::Offline);
        assert!(begun.elapsed() <= Duration::from_secs(30), "{:?}", begun.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_takes_its_time_is_waited_for() {
        let (watch, pace) = (Watch::new(), Pace::default());
        let slow = tokio::time::sleep(Duration::from_secs(19));
        watched(slow, &watch, &pace, 8 << 20).await.expect("an answer");
    }
}
