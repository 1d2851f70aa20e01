//! The way to the store as all transfers see it: whether it works, and a wake-up for everybody when it works again.

use tokio::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

use crate::error::{Done, Error, ErrorCode, Result, Retry};
use crate::net::Quiet;
use crate::sync::{Mutex, Notify, PoisonError, sleep};

/// A failure younger than this does not make the header say "Offline".
const GRACE: Duration = Duration::from_secs(2);
/// No wait between two attempts is longer, so that bytes flow within ten seconds of the network's return.
const LONGEST: Duration = Duration::from_secs(5);

/// A request that breaks so often on its way while others are answered does not do so by chance.
const CHANCE: u32 = 3;

/// What the local network wants first stays what is in the way until it was not seen for this long: many of its tries end
/// otherwise.
const GATE_STAYS: Duration = Duration::from_secs(60);

/// Since when requests get no answer, and when the last did not.
#[derive(Clone, Copy, Debug)]
struct Broken {
    since: Instant,
    last: Instant,
}

/// Shared by all transfers.
#[derive(Debug, Default)]
pub(super) struct Link {
    broken: Mutex<Option<Broken>>,
    worked: Mutex<Option<Instant>>,
    /// What the local network was last seen to want first, and when; nothing was answered since.
    gate: Mutex<Option<(ErrorCode, Instant)>>,
    /// The store wants to be left alone until then.
    quiet: Quiet,
    mended: Notify,
}

impl Link {
    /// A request was answered.
    pub(super) fn works(&self) {
        *self.worked.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        *self.gate.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let was = self.broken.lock().unwrap_or_else(PoisonError::into_inner).take();
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
            let (mut broken, now) = (self.broken.lock().unwrap_or_else(PoisonError::into_inner), Instant::now());
            broken.get_or_insert(Broken { since: now, last: now }).last = now;
        }
        if matches!(error.code, ErrorCode::CaptivePortal | ErrorCode::ProxyAuth) {
            *self.gate.lock().unwrap_or_else(PoisonError::into_inner) = Some((error.code, Instant::now()));
        }
    }

    /// What stands in the way: where the local network wants something first, whatever else fails is its doing.
    fn seen(&self, error: Error) -> Error {
        let of_the_network = matches!(error.code, ErrorCode::Offline | ErrorCode::UntrustedServer);
        match self.gate() {
            Some(code) if of_the_network && error.retry == Retry::WhenOnline => {
                Error::new(code).detail(error.detail.clone()).source(error)
            }
            _ => error,
        }
    }

    /// The store said when it wants to be asked again: until then nobody asks.
    fn is_asked(&self, error: &Error) {
        if let Some(wait) = error.retry.asked_for().filter(|_| error.code == ErrorCode::StorageBusy) {
            self.quiet.keep_for(wait);
        }
    }

    /// How much longer the store wants to be left alone.
    pub(super) fn quiet_for(&self) -> Option<Duration> {
        self.quiet.left()
    }

    /// What the local network wants before anything gets through: a sign-in on its page, or a password for its proxy.
    pub(super) fn gate(&self) -> Option<ErrorCode> {
        let seen = *self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        seen.filter(|(_, at)| at.elapsed() < GATE_STAYS).map(|(code, _)| code)
    }

    /// Whether the connection has been gone for a while. `moved` tells whether bytes got through since then: on a slow link
    /// they do long before anything is answered. What a page of the local network takes is no sign of that.
    pub(super) fn offline(&self, now: Instant, moved: impl Fn(Instant) -> bool) -> bool {
        let broken = *self.broken.lock().unwrap_or_else(PoisonError::into_inner);
        broken.is_some_and(|broken| {
            now.duration_since(broken.since) >= GRACE && (self.gate().is_some() || !moved(broken.last))
        })
    }

    /// Repeats a request until it is answered or trying again is of no use; the network may be away for days. `held` is
    /// told what it waits for before every try but the first, and how long. `stop` ends it between two tries.
    ///
    /// # Errors
    /// The first that does not pass by itself; the last, once stopped.
    pub(super) async fn patiently<T, F>(
        &self,
        stop: &CancellationToken,
        mut request: impl FnMut() -> F,
        mut held: impl FnMut(&Error, Duration),
    ) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let (mut attempt, mut broke) = (0, 0);
        loop {
            // What the store said to one it said to all.
            if let Some(rest) = self.quiet_for() {
                let error =
                    Error::new(ErrorCode::StorageBusy).retry(Retry::After(rest)).detail("it said when to come back");
                held(&error, rest);
                tokio::select! {
                    () = sleep(rest + spread()) => continue,
                    () = stop.cancelled() => return Err(error),
                }
            }
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
                    let error = self.seen(error);
                    self.is_asked(&error);
                    match error.retry {
                        Retry::WhenOnline => self.fails(&error),
                        // An answer, though not the one that was wanted.
                        _ => self.works(),
                    }
                    // Others got through while this one still tried to connect: the network is back.
                    if error.retry == Retry::WhenOnline && self.worked_since(begun) {
                        // A proxy may want a password for this place alone.
                        broke += u32::from(error.done == Done::Unanswered || error.code == ErrorCode::ProxyAuth);
                        attempt = 1;
                    }
                    // Something on the way takes offence at this one alone.
                    let alone = broke >= CHANCE;
                    if alone {
                        attempt = broke;
                    }
                    let wait = pause_before(attempt, &error);
                    tracing::debug!(attempt, %error, wait_ms = wait.as_millis(), "it will be tried again");
                    held(&error, error.retry.asked_for().unwrap_or(wait));
                    tokio::select! {
                        () = sleep(wait), if alone => {}
                        () = pause(wait, &error, mended), if !alone => {}
                        () = stop.cancelled() => return Err(error),
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Waits before attempt `attempt` (from 1), or until a neighbour's request is answered.
    pub(super) async fn back_off(&self, attempt: u32, error: &Error) {
        pause(pause_before(attempt, error), error, self.mended.notified()).await;
    }
}

async fn pause(wait: Duration, error: &Error, mended: impl Future<Output = ()>) {
    tokio::select! {
        () = sleep(wait) => {}
        () = mended, if error.retry == Retry::WhenOnline => {}
    }
}

/// Whether the same request is worth sending again without anybody doing anything.
pub(super) fn passes_by_itself(error: &Error) -> bool {
    match error.retry {
        Retry::WhenOnline => true,
        // None of the network's.
        Retry::After(_) => {
            !matches!(error.code, ErrorCode::SourceOffline | ErrorCode::DiskFull | ErrorCode::ComputerBusy)
        }
        Retry::Never | Retry::WhenSignedIn | Retry::WhenFileQuiet => false,
    }
}

/// Whether that is within a backoff of ours, and not when somebody said.
pub(super) fn passes_soon(error: &Error) -> bool {
    passes_by_itself(error) && !matches!(error.retry, Retry::After(wait) if wait > LONGEST)
}

/// Those who all wait for the same moment do not return as one.
fn spread() -> Duration {
    Duration::from_millis(rand::random_range(0..=1_000))
}

/// The first retry comes at once; later ones double from 200 ms, spread over half their length so that 64 parts do not
/// return as one.
fn pause_before(attempt: u32, error: &Error) -> Duration {
    let part = rand::random_range(0.5..=1.0);
    let doubling = Duration::from_millis(200) * 2u32.saturating_pow(attempt.saturating_sub(2).min(6));
    let wait = if attempt <= 1 { Duration::from_millis(50) } else { doubling.min(LONGEST) };
    match error.retry {
        // Never before the time that was asked for.
        Retry::After(least) if error.retry.asked_for().is_some() => least + spread(),
        Retry::After(least) => least.max(wait.mul_f64(part)),
        _ => wait.mul_f64(part),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_pause_keeps_bytes_from_flowing_for_ten_seconds() {
        for error in [ErrorCode::Offline, ErrorCode::CaptivePortal, ErrorCode::ProxyAuth].map(Error::new) {
            for attempt in 1..60 {
                // As long again may pass for what is under way as the network comes back.
                assert!(pause_before(attempt, &error) <= Duration::from_secs(5), "{error}");
            }
            assert!(pause_before(1, &error) <= Duration::from_millis(50), "{error}");
        }
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
        assert!(!link.offline(Instant::now(), |_| false));
    }

    /// A filter that resets one part for what is in it, while its neighbours arrive.
    #[tokio::test(start_paused = true)]
    async fn what_breaks_alone_is_tried_ever_less_often_however_many_others_are_answered() {
        let breaks: [fn() -> Error; 2] = [
            || Error::new(ErrorCode::Offline).done(Done::Unanswered),
            || Error::new(ErrorCode::ProxyAuth).done(Done::No),
        ];
        for error in breaks {
            let (link, never, tries) =
                (Link::default(), CancellationToken::new(), std::sync::atomic::AtomicU32::new(0));
            let request = || async {
                tries.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(50)).await;
                Err::<(), _>(error())
            };
            let broken = link.patiently(&never, request, |_, _| {});
            let others = async {
                for _ in 0..6_000 {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                    link.works();
                }
            };
            tokio::select! {
                outcome = broken => unreachable!("{outcome:?}"),
                () = others => {}
            }
            let tries = tries.load(std::sync::atomic::Ordering::Relaxed);
            assert!((10..=30).contains(&tries), "{tries} in a minute");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_link_is_there_while_bytes_get_through_it() {
        let (link, moved) = (Link::default(), crate::s3::Moved::default());
        let offline = || link.offline(Instant::now(), |then| moved.since(then));
        link.fails(&Error::new(ErrorCode::Offline));
        assert!(!offline(), "only just");
        tokio::time::advance(GRACE).await;
        assert!(offline());
        moved.now();
        tokio::time::advance(Duration::from_secs(60)).await;
        assert!(!offline(), "nothing failed since");
        link.fails(&Error::new(ErrorCode::Offline));
        assert!(offline(), "it is gone as it was, and nothing moves");
        moved.now();
        assert!(!offline());
        link.fails(&Error::new(ErrorCode::CaptivePortal));
        moved.now();
        assert!(offline(), "a page takes bytes too");
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
        assert!(!link.offline(Instant::now(), |_| false));
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
        for outage in [3, 30, 600].map(Duration::from_secs) {
            outlived(outage, 64).await;
        }
        outlived(A_DAY, 2).await;
    }

    /// Three million requests.
    #[tokio::test(start_paused = true)]
    #[ignore = "a minute or more; run by `cargo xtask soak R6`"]
    async fn bytes_of_sixty_four_parts_flow_within_ten_seconds_after_a_day() {
        outlived(A_DAY, 64).await;
    }

    const A_DAY: Duration = Duration::from_secs(86_400);

    async fn outlived(outage: Duration, parts: u32) {
        for way in [Way::Refused, Way::BlackHole, Way::NoName] {
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

    fn busy(seconds: u64) -> Error {
        Error::new(ErrorCode::StorageBusy).retry(Retry::After(Duration::from_secs(seconds)))
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_says_when_to_come_back_is_asked_by_nobody_before_and_by_all_soon_after() {
        for seconds in [20, 3_600] {
            let (link, begun, never) = (Link::default(), Instant::now(), CancellationToken::new());
            let asked = std::cell::RefCell::new(Vec::new());
            let told = std::cell::RefCell::new(Vec::new());
            let request = || async {
                asked.borrow_mut().push(begun.elapsed());
                tokio::time::sleep(Duration::from_millis(10)).await;
                if asked.borrow().len() == 1 { Err(busy(seconds)) } else { Ok(()) }
            };
            let held = |error: &Error, wait: Duration| told.borrow_mut().push((error.code, begun.elapsed() + wait));
            let part = |after: u64| {
                let (link, never, request) = (&link, &never, &request);
                async move {
                    tokio::time::sleep(Duration::from_secs(after)).await;
                    link.patiently(never, request, held).await.expect("answered");
                }
            };
            tokio::join!(part(0), part(1), part(2), part(seconds / 2));
            let told_until = Duration::from_secs(seconds);
            let asked = asked.into_inner();
            assert_eq!(asked.len(), 5, "{asked:?}");
            let (first, last) = (asked[1], asked[4]);
            assert!(first >= told_until && last <= told_until + Duration::from_secs(2), "{asked:?}");
            for (code, until) in told.into_inner() {
                assert_eq!(code, ErrorCode::StorageBusy);
                assert!(until >= told_until && until <= told_until + Duration::from_secs(2), "{until:?}");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_only_says_that_it_is_busy_is_asked_again_soon() {
        let (link, begun, tries) = (Link::default(), Instant::now(), std::cell::Cell::new(0));
        let request = || async {
            tries.set(tries.get() + 1);
            if tries.get() < 4 { Err(Error::new(ErrorCode::StorageBusy)) } else { Ok(()) }
        };
        link.patiently(&CancellationToken::new(), request, |_, _| {}).await.expect("answered");
        assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_page_of_the_local_network_stays_told_until_something_is_answered_or_it_is_gone() {
        let (link, never, tries) = (Link::default(), CancellationToken::new(), std::cell::Cell::new(0));
        let told = std::cell::RefCell::new(Vec::new());
        // The page, then what such a network does to other requests, for a while; and the network that is gone.
        let request = || async {
            tries.set(tries.get() + 1);
            match tries.get() {
                1 => Err(Error::new(ErrorCode::CaptivePortal)),
                2..=6 => Err(Error::new(ErrorCode::Offline)),
                7 => {
                    tokio::time::sleep(GATE_STAYS).await;
                    Err(Error::new(ErrorCode::Offline))
                }
                8 => Err(Error::new(ErrorCode::CaptivePortal)),
                _ => Ok(()),
            }
        };
        let held = |error: &Error, _| told.borrow_mut().push(error.code);
        link.patiently(&never, request, held).await.expect("answered");
        let mut codes = vec![ErrorCode::CaptivePortal; 6];
        codes.extend([ErrorCode::Offline, ErrorCode::CaptivePortal]);
        assert_eq!(told.into_inner(), codes);
        assert_eq!(link.gate(), None);
        assert_eq!(link.seen(Error::new(ErrorCode::Offline)).code, ErrorCode::Offline, "something was answered");
    }

    #[tokio::test(start_paused = true)]
    async fn a_stop_ends_a_wait_that_the_store_asked_for() {
        let (link, stop) = (Link::default(), CancellationToken::new());
        link.is_asked(&busy(3_600));
        let begun = Instant::now();
        let outcome = link.patiently(&stop, || async { Ok(()) }, |_, _| stop.cancel());
        assert_eq!(outcome.await.expect_err("stopped").code, ErrorCode::StorageBusy);
        assert!(begun.elapsed() < Duration::from_secs(1));
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
