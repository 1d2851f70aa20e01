//! The way to the store as all transfers see it: whether it works, and a wake-up for everybody when it works again.

use tokio::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

use crate::error::{Error, ErrorCode, Result, Retry};
use crate::sync::{Mutex, Notify, PoisonError, sleep};

/// A failure younger than this does not make the header say "Offline".
const GRACE: Duration = Duration::from_secs(2);
/// No wait between two attempts is longer, so that bytes flow within ten seconds of the network's return.
const LONGEST: Duration = Duration::from_secs(5);

/// Shared by all transfers.
#[derive(Debug, Default)]
pub(super) struct Link {
    broken_since: Mutex<Option<Instant>>,
    worked: Mutex<Option<Instant>>,
    mended: Notify,
}

impl Link {
    /// A request was answered.
    pub(super) fn works(&self) {
        *self.worked.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        let was = self.broken_since.lock().unwrap_or_else(PoisonError::into_inner).take();
        if was.is_some() {
            self.mended.notify_waiters();
        }
    }

    fn worked_since(&self, then: Instant) -> bool {
        self.worked.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|worked| worked > then)
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

    /// Repeats a request until it is answered or trying again is of no use; the network may be away for days. `failed` is
    /// told of every failure after which it is tried again. `stop` ends it between two tries.
    ///
    /// # Errors
    /// The first that does not pass by itself; the last, once stopped.
    pub(super) async fn patiently<T, F>(
        &self,
        stop: &CancellationToken,
        mut request: impl FnMut() -> F,
        mut failed: impl FnMut(u32, &Error),
    ) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let mut attempt = 0;
        loop {
            let begun = Instant::now();
            match request().await {
                Ok(answer) => {
                    self.works();
                    return Ok(answer);
                }
                Err(error) if passes_by_itself(&error) => {
                    // Before anything is looked at: whoever gets through from here on wakes this one.
                    let mended = self.mended.notified();
                    attempt += 1;
                    failed(attempt, &error);
                    match error.retry {
                        Retry::WhenOnline => self.fails(&error),
                        // An answer, though not the one that was wanted.
                        _ => self.works(),
                    }
                    // Others got through while this one still tried to connect: the network is back.
                    if error.retry == Retry::WhenOnline && self.worked_since(begun) {
                        attempt = 1;
                    }
                    tokio::select! {
                        () = pause(attempt, &error, mended) => {}
                        () = stop.cancelled() => return Err(error),
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Waits before attempt `attempt` (from 1), or until a neighbour's request is answered.
    pub(super) async fn back_off(&self, attempt: u32, error: &Error) {
        pause(attempt, error, self.mended.notified()).await;
    }
}

async fn pause(attempt: u32, error: &Error, mended: impl Future<Output = ()>) {
    tokio::select! {
        () = sleep(pause_before(attempt, error)) => {}
        () = mended, if error.retry == Retry::WhenOnline => {}
    }
}

/// Whether the same request is worth sending again without anybody doing anything.
pub(super) fn passes_by_itself(error: &Error) -> bool {
    match error.retry {
        Retry::WhenOnline => true,
        Retry::After(_) => !matches!(error.code, ErrorCode::SourceOffline | ErrorCode::DiskFull),
        Retry::Never | Retry::WhenSignedIn | Retry::WhenFileQuiet => false,
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

    /// A network that answers after `outage`, fails in `way` before, and parts that each want an answer. Answers how long
    /// after its return the first and the last had one, and how many requests there were.
    async fn through(outage: Duration, way: Way, parts: u32) -> (Duration, Duration, u32) {
        let (link, begun) = (Link::default(), Instant::now());
        let requests = std::sync::atomic::AtomicU32::new(0);
        let back = begun + outage;
        let request = || async {
            requests.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            // When a connection is asked for, and when that is given up. Into a black hole the system asks again and again.
            let (asks, until): (&[u64], u64) = match way {
                Way::Refused => (&[0], 0),
                Way::BlackHole => (&[0, 1, 3, 7], 10),
                Way::NoName => (&[0], 3),
            };
            let asked = Instant::now();
            for ask in asks {
                tokio::time::sleep_until(asked + Duration::from_secs(*ask)).await;
                if Instant::now() >= back {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    return Ok(());
                }
            }
            tokio::time::sleep_until(asked + Duration::from_secs(until)).await;
            Err(Error::new(ErrorCode::Offline))
        };
        let never = CancellationToken::new();
        let one = || async {
            link.patiently(&never, request, |_, _| {}).await.expect("never given up");
            Instant::now().duration_since(back)
        };
        let ends = futures::future::join_all((0..parts).map(|_| one())).await;
        assert!(!link.offline(Instant::now()));
        let (first, last) = (ends.iter().min().copied(), ends.iter().max().copied());
        (first.unwrap_or_default(), last.unwrap_or_default(), requests.into_inner())
    }

    #[derive(Clone, Copy, Debug)]
    enum Way {
        Refused,
        BlackHole,
        NoName,
    }

    #[tokio::test(start_paused = true)]
    async fn bytes_flow_within_ten_seconds_after_an_outage_however_long_and_of_whatever_kind() {
        for outage in [3, 30, 600, 86_400].map(Duration::from_secs) {
            for way in [Way::Refused, Way::BlackHole, Way::NoName] {
                let parts = 64;
                let (first, last, requests) = through(outage, way, parts).await;
                println!("{outage:?} {way:?}: first {first:?}, last {last:?}, {requests} requests");
                assert!(first <= Duration::from_secs(10), "{outage:?} {way:?}: {first:?}");
                // One success wakes all but those that try at this moment.
                let rest = match way {
                    Way::Refused => Duration::from_secs(3),
                    Way::BlackHole | Way::NoName => Duration::from_secs(11),
                };
                let after = last.saturating_sub(first);
                assert!(after <= rest, "{outage:?} {way:?}: {after:?} after the first");
                let each = u64::from(requests / parts);
                assert!(each <= 12 + outage.as_secs() / 2, "{outage:?} {way:?}: {each} requests each");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_stop_ends_the_wait_between_two_tries() {
        let (link, stop) = (Link::default(), CancellationToken::new());
        let mut tries = 0;
        let outcome = link.patiently(
            &stop,
            || async { Err::<(), _>(Error::new(ErrorCode::Offline)) },
            |_, _| {
                tries += 1;
                stop.cancel();
            },
        );
        assert_eq!(outcome.await.expect_err("stopped").code, ErrorCode::Offline);
        assert_eq!(tries, 1);
    }
}
