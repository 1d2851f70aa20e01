//! One tap for the bodies of all transfers: how many bytes they may take, and who goes first.
//!
//! A limit is kept by a bucket of tokens: a body takes its next frame when those before it are paid for, in the order in
//! which they asked. Frames are small enough that a second has several, and every body has one in [`ROUND`]: S3 closes
//! what is silent in mid-body for twenty seconds. [`Tap::feeds`] says how many bodies a limit can feed so.
//!
//! There are two lanes. While bodies of the urgent one take bytes, those of the other are held: all they get is a tenth,
//! and a small frame every [`KEPT`] each, so that no connection is closed for its silence. What is urgent and stands still
//! holds nobody.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::time::{Duration, Instant, Sleep};

use crate::units::ByteRate;

/// Every body takes something in this time, as long as they are not more than the limit can feed.
const ROUND: u64 = 4;
/// Frames of a second: one is a sixteenth of the rate.
const A_SECOND: u64 = 16;
/// Smaller frames cost more than they are worth, but where more bodies are open than the limit can feed.
const SMALL: u64 = 16 << 10;
const SMALLEST: u64 = 1 << 10;
/// What was not taken is made up for so much later at most.
const BURST: Duration = Duration::from_millis(100);
/// Whether a limit holds anybody back is found out anew so often.
const LATELY: Duration = Duration::from_secs(2);
/// A body that is held takes a small frame this often.
const KEPT: Duration = Duration::from_secs(4);
/// Urgent bodies that took nothing for so long stand still, each for reasons of its own connection.
const STANDS: Duration = Duration::from_secs(2);
/// Of so many bytes that urgent bodies take, the others get one.
const SHARE: u64 = 9;
/// What the others may have had and did not take counts up to this.
const SHARE_AT_MOST: u64 = 1 << 20;

/// Which bodies go first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lane {
    /// Parts of large objects.
    #[default]
    Bulk,
    /// What somebody waits for: whole objects, which are small beside those.
    Urgent,
}

/// The tap.
#[derive(Debug, Default)]
pub struct Tap(Mutex<State>);

/// The tap as a body takes from it. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Tapped {
    tap: Arc<Tap>,
    lane: Lane,
}

#[derive(Debug, Default)]
struct State {
    /// Bytes a second.
    rate: Option<u64>,
    /// When what was taken is within the rate.
    paid: Option<Instant>,
    /// How much was taken since then.
    lately: Option<(Instant, u64)>,
    /// Whether most of what the rate allows was taken of late; what is not known is taken for so.
    is_short: bool,
    /// Bodies that want bytes yet.
    open: u64,
    /// Urgent ones of them.
    urgent: u64,
    /// Until when these hold the others, unless one of them takes something.
    held: Option<Instant>,
    /// What others may take beside these.
    share: u64,
    urgent_line: Line,
    bulk_line: Line,
    next: u64,
}

/// Those that wait, first come first.
#[derive(Debug, Default)]
struct Line(VecDeque<(u64, Waker)>);

impl Line {
    /// Whether it is this one's turn.
    fn is_up(&self, id: u64) -> bool {
        self.0.front().is_none_or(|(first, _)| *first == id)
    }

    /// Lines up, or is still in line.
    fn join(&mut self, id: u64, waker: &Waker) {
        match self.0.iter_mut().find(|(known, _)| *known == id) {
            Some((_, known)) => known.clone_from(waker),
            None => self.0.push_back((id, waker.clone())),
        }
    }

    fn leave(&mut self, id: u64) {
        let first = self.is_up(id);
        self.0.retain(|(known, _)| *known != id);
        if first {
            self.wake();
        }
    }

    fn wake(&self) {
        if let Some((_, waker)) = self.0.front() {
            waker.wake_by_ref();
        }
    }

    fn wake_all(&self) {
        self.0.iter().for_each(|(_, waker)| waker.wake_by_ref());
    }
}

/// What a body that asks is told.
enum Turn {
    /// It may take this much.
    Now(u64),
    /// Not yet: at this time, or when it is woken.
    Later(Option<Instant>),
}

impl State {
    fn line(&mut self, lane: Lane) -> &mut Line {
        match lane {
            Lane::Bulk => &mut self.bulk_line,
            Lane::Urgent => &mut self.urgent_line,
        }
    }

    /// Until when bodies of this lane wait for others, if they do.
    fn holds(&self, lane: Lane, now: Instant) -> Option<Instant> {
        if lane == Lane::Urgent || self.urgent == 0 {
            return None;
        }
        // One that waits for its turn wants something still.
        if self.urgent_line.0.is_empty() { self.held.filter(|held| *held > now) } else { Some(now + STANDS) }
    }

    /// What one takes at once of what it wants.
    fn frame(&self, want: u64) -> u64 {
        let Some(rate) = self.rate else { return want };
        let fine = (rate / A_SECOND).max(SMALL);
        let even = (rate * ROUND / self.open.max(1)).max(SMALLEST);
        want.min(fine).min(even)
    }

    fn turn(&mut self, id: u64, lane: Lane, want: u64, took: Instant, now: Instant) -> Turn {
        let mut frame = self.frame(want);
        if let Some(held) = self.holds(lane, now) {
            frame = frame.min(SMALL);
            let kept = took + KEPT;
            if kept <= now {
                // Of a low limit, something is left for those who are urgent.
                let least = if self.rate.is_some() { (frame / 8).max(SMALLEST) } else { frame };
                return Turn::Now(least.min(frame));
            }
            // Its share is its own: whoever is urgent waits until it is paid for.
            let is_up = self.share >= frame && self.line(lane).is_up(id);
            return if is_up { Turn::Now(frame) } else { Turn::Later(Some(kept.min(held))) };
        }
        if !self.line(lane).is_up(id) {
            return Turn::Later(None);
        }
        match self.paid.filter(|paid| self.rate.is_some() && *paid > now) {
            Some(paid) => Turn::Later(Some(paid)),
            None => Turn::Now(frame),
        }
    }

    fn count(&mut self, rate: u64, bytes: u64, now: Instant) {
        let (since, taken) = self.lately.get_or_insert((now, 0));
        let passed = now.duration_since(*since);
        if passed >= LATELY * 2 {
            // Nobody wanted anything meanwhile.
            self.is_short = true;
            (*since, *taken) = (now, 0);
        } else if passed >= LATELY {
            let allowed = u128::from(rate) * passed.as_nanos() / 1_000_000_000;
            self.is_short = u128::from(*taken) * 5 >= allowed * 4;
            (*since, *taken) = (now, 0);
        }
        *taken += bytes;
    }

    fn take(&mut self, lane: Lane, bytes: u64, now: Instant) {
        if let Some(rate) = self.rate {
            self.count(rate, bytes, now);
            let since = self.paid.map_or(now, |paid| paid.max(now.checked_sub(BURST).unwrap_or(now)));
            self.paid = Some(since + Duration::from_nanos(bytes.saturating_mul(1_000_000_000) / rate));
        }
        if self.holds(lane, now).is_some() {
            self.share = self.share.saturating_sub(bytes);
        }
        if lane == Lane::Urgent {
            self.held = Some(now + STANDS);
            self.share = (self.share + bytes.div_ceil(SHARE)).min(SHARE_AT_MOST);
            self.bulk_line.wake();
        }
    }
}

impl Tap {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How fast all may be from now on; none means as fast as it goes. Who waits is woken.
    pub(crate) fn set(&self, rate: Option<ByteRate>) {
        let rate = rate.map(|rate| rate.0.max(1));
        let mut state = self.state();
        if state.rate != rate {
            (state.rate, state.paid, state.lately, state.is_short) = (rate, None, None, true);
            state.urgent_line.wake_all();
            state.bulk_line.wake_all();
        }
    }

    /// Whether a limit holds bodies back: a link that is slower than the limit is not limited by it.
    pub fn holds_back(&self) -> bool {
        let state = self.state();
        state.rate.is_some() && state.is_short
    }

    /// Whether parts of large objects are being sent.
    pub fn feeds_parts(&self) -> bool {
        let state = self.state();
        state.open > state.urgent
    }

    /// How many bodies may be open at most of those that are wanted, so that each moves every few seconds.
    pub fn feeds(&self, wanted: usize) -> usize {
        let Some(rate) = self.state().rate else { return wanted };
        let fed = usize::try_from(rate * ROUND / SMALL).unwrap_or(usize::MAX);
        wanted.min(fed.max(1))
    }
}

impl Tapped {
    /// A body's hold of it.
    pub(crate) fn new(tap: &Arc<Tap>, lane: Lane) -> Self {
        Self { tap: Arc::clone(tap), lane }
    }

    /// Whether a limit holds the body back.
    pub(super) fn is_held_back(&self) -> bool {
        self.tap.holds_back()
    }
}

/// How one body takes from the tap. It counts from its first question until its last byte, or its end.
#[derive(Debug)]
pub(super) struct Sip {
    tapped: Tapped,
    /// Its number, once it asked.
    id: Option<u64>,
    took: Instant,
    alarm: Option<Pin<Box<Sleep>>>,
}

impl Sip {
    pub(super) fn new(tapped: Tapped) -> Self {
        Self { tapped, id: None, took: Instant::now(), alarm: None }
    }

    /// How much of what it wants it may send now.
    pub(super) fn poll(&mut self, want: usize, context: &mut Context<'_>) -> Poll<usize> {
        let (tap, lane, now) = (Arc::clone(&self.tapped.tap), self.tapped.lane, Instant::now());
        let mut state = tap.state();
        let id = *self.id.get_or_insert_with(|| {
            self.took = now;
            state.next += 1;
            state.open += 1;
            if lane == Lane::Urgent {
                state.urgent += 1;
                state.held = Some(now + STANDS);
            }
            state.next
        });
        match state.turn(id, lane, want as u64, self.took, now) {
            Turn::Now(bytes) => {
                state.take(lane, bytes, now);
                state.line(lane).leave(id);
                drop(state);
                (self.took, self.alarm) = (now, None);
                Poll::Ready(usize::try_from(bytes).unwrap_or(want).clamp(1, want.max(1)))
            }
            Turn::Later(at) => {
                state.line(lane).join(id, context.waker());
                drop(state);
                self.wakes(at, context);
                Poll::Pending
            }
        }
    }

    fn wakes(&mut self, at: Option<Instant>, context: &mut Context<'_>) {
        let Some(at) = at else {
            self.alarm = None;
            return;
        };
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(at)));
        if alarm.deadline() != at {
            alarm.as_mut().reset(at);
        }
        if alarm.as_mut().poll(context).is_ready() {
            // Only just: it asks again.
            context.waker().wake_by_ref();
        }
    }

    /// It wants nothing more.
    pub(super) fn ends(&mut self) {
        let Some(id) = self.id.take() else { return };
        let lane = self.tapped.lane;
        let mut state = self.tapped.tap.state();
        state.line(lane).leave(id);
        state.open -= 1;
        if lane == Lane::Urgent {
            state.urgent -= 1;
            if state.urgent == 0 {
                state.share = 0;
                state.bulk_line.wake();
            }
        }
    }
}

impl Drop for Sip {
    fn drop(&mut self) {
        self.ends();
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::sync::atomic::{AtomicU64, Ordering};

    use futures::future::join_all;

    use super::*;

    const FRAME: usize = 256 << 10;

    #[tokio::test(start_paused = true)]
    async fn a_limit_that_the_link_does_not_come_up_to_holds_nobody_back() {
        let took = AtomicU64::new(0);
        for (pace, held) in [(1_000_000, false), (7_000_000, false), (9_500_000, true), (20_000_000, true)] {
            let tap = tap(Some(10_000_000));
            assert!(tap.holds_back(), "as far as is known");
            // The link takes so much a second, in tenths of it.
            let mut sip = Sip::new(Tapped::new(&tap, Lane::Bulk));
            let mut next = Instant::now();
            for _ in 0..60 {
                let mut left = pace / 10;
                while left > 0 {
                    let got = poll_fn(|context| sip.poll(left.min(FRAME), context)).await;
                    left -= got;
                    took.fetch_add(got as u64, Ordering::Relaxed);
                }
                next += Duration::from_millis(100);
                tokio::time::sleep_until(next).await;
            }
            assert_eq!(tap.holds_back(), held, "{pace}");
            tokio::time::sleep(LATELY * 1_000).await;
            poll_fn(|context| sip.poll(FRAME, context)).await;
            assert!(tap.holds_back(), "after a pause nothing is known: {pace}");
        }
    }

    fn tap(rate: Option<u64>) -> Arc<Tap> {
        let tap = Arc::<Tap>::default();
        tap.set(rate.map(ByteRate));
        tap
    }

    /// A body of so many bytes; what it took is counted as it goes. Answers the longest that it waited for a frame.
    async fn body(tap: &Arc<Tap>, lane: Lane, len: u64, took: &AtomicU64) -> Duration {
        let mut sip = Sip::new(Tapped::new(tap, lane));
        let (mut left, mut longest) = (len, Duration::ZERO);
        while left > 0 {
            let (want, asked) = (usize::try_from(left).unwrap_or(FRAME).min(FRAME), Instant::now());
            let got = poll_fn(|context| sip.poll(want, context)).await as u64;
            longest = longest.max(asked.elapsed());
            took.fetch_add(got, Ordering::Relaxed);
            left -= got;
        }
        longest
    }

    /// As many bodies as that, without end, for so long. Answers what each took.
    async fn bodies(tap: &Arc<Tap>, count: usize, seconds: u64) -> Vec<u64> {
        let took: Vec<_> = (0..count).map(|_| AtomicU64::new(0)).collect();
        let all = join_all(took.iter().map(|took| body(tap, Lane::Bulk, u64::MAX, took)));
        let _ = tokio::time::timeout(Duration::from_secs(seconds), all).await;
        took.iter().map(|took| took.load(Ordering::Relaxed)).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_is_kept_within_three_percent_over_ten_seconds_and_shared_evenly() {
        for rate in [100_000u64, 1_000_000, 50_000_000, 1_000_000_000] {
            let tap = tap(Some(rate));
            let count = tap.feeds(16);
            let took = bodies(&tap, count, 10).await;
            let sum: u64 = took.iter().sum();
            assert!(sum * 100 >= rate * 970 && sum * 100 <= rate * 1_030, "{rate}: {sum}");
            let (most, least) = (took.iter().max().expect("some"), took.iter().min().expect("some"));
            assert!(most - least <= *most / 5 + SMALL * 2, "{rate}: {took:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_not_taken_before_is_not_made_up_for() {
        let (rate, tap) = (1_000_000, tap(Some(1_000_000)));
        bodies(&tap, 1, 1).await;
        tokio::time::sleep(Duration::from_secs(60)).await;
        let sum: u64 = bodies(&tap, 4, 1).await.iter().sum();
        assert!(sum <= rate + rate / 5, "{sum}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_that_changes_holds_at_once_for_those_who_wait() {
        let (tap, took) = (tap(Some(10_000)), AtomicU64::new(0));
        let whole = async {
            tokio::join!(body(&tap, Lane::Bulk, 64 << 20, &took), body(&tap, Lane::Bulk, 64 << 20, &took));
        };
        let changes = async {
            tokio::time::sleep(Duration::from_secs(2)).await;
            assert!(took.load(Ordering::Relaxed) <= 40_000);
            tap.set(Some(ByteRate(1_000_000)));
            let before = took.load(Ordering::Relaxed);
            tokio::time::sleep(Duration::from_secs(1)).await;
            let second = took.load(Ordering::Relaxed) - before;
            assert!((900_000..=1_200_000).contains(&second), "{second}");
            tap.set(None);
        };
        let begun = Instant::now();
        tokio::join!(whole, changes);
        assert!(begun.elapsed() <= Duration::from_secs(4), "the rest goes as fast as it can");
    }

    #[tokio::test(start_paused = true)]
    async fn every_body_moves_every_few_seconds_however_low_the_limit() {
        let (tap, took) = (tap(Some(10_000)), AtomicU64::new(0));
        for open in [tap.feeds(16) as u64, 16] {
            // A minute of all of them together.
            let each = 600_000 / open;
            for longest in join_all((0..open).map(|_| body(&tap, Lane::Bulk, each, &took))).await {
                assert!(longest <= Duration::from_secs(6), "{open}: {longest:?}");
            }
        }
        assert_eq!(tap.feeds(16), 2);
        tap.set(None);
        assert_eq!(tap.feeds(16), 16);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_ends_while_it_waits_holds_nobody_up() {
        let (tap, took) = (tap(Some(1_000_000)), AtomicU64::new(0));
        let gives_up = tokio::time::timeout(Duration::from_millis(300), bodies(&tap, 8, 60));
        let begun = Instant::now();
        tokio::join!(gives_up, body(&tap, Lane::Bulk, 5_000_000, &took)).0.expect_err("given up");
        assert!(begun.elapsed() <= Duration::from_millis(5_400), "{:?}", begun.elapsed());
        assert_eq!(tap.state().open, 0);
    }

    /// A link of 50 Mbit/s, shared by what takes from it.
    async fn urgent_beside_bulk(limit: Option<u64>) -> (Duration, Vec<Duration>, u64) {
        const LINK: u64 = 6_250_000;
        let (tap, link) = (tap(limit), tap(Some(LINK)));
        let through = |lane, len: u64, took: Arc<AtomicU64>| {
            let (mut sip, mut wire) = (Sip::new(Tapped::new(&tap, lane)), Sip::new(Tapped::new(&link, Lane::Bulk)));
            async move {
                let (mut left, mut longest, mut before) = (len, Duration::ZERO, Instant::now());
                while left > 0 {
                    let want = usize::try_from(left).unwrap_or(FRAME).min(FRAME);
                    let got = poll_fn(|context| sip.poll(want, context)).await;
                    let mut unsent = got;
                    while unsent > 0 {
                        unsent -= poll_fn(|context| wire.poll(unsent, context)).await;
                    }
                    longest = longest.max(before.elapsed());
                    before = Instant::now();
                    left -= got as u64;
                    took.fetch_add(got as u64, Ordering::Relaxed);
                }
                sip.ends();
                longest
            }
        };
        let bulk = Arc::new(AtomicU64::new(0));
        let terabyte = join_all((0..16).map(|_| through(Lane::Bulk, 40 << 20, Arc::clone(&bulk))));
        let urgent = async {
            tokio::time::sleep(Duration::from_secs(5)).await;
            let (begun, before) = (Instant::now(), bulk.load(Ordering::Relaxed));
            through(Lane::Urgent, 10_000_000, Arc::default()).await;
            (begun.elapsed(), bulk.load(Ordering::Relaxed) - before)
        };
        let (silences, (took, beside)) = tokio::join!(terabyte, urgent);
        (took, silences, beside)
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_urgent_goes_first_and_the_rest_is_kept_alive() {
        for limit in [None, Some(3_000_000)] {
            let (took, silences, beside) = urgent_beside_bulk(limit).await;
            assert!(took <= Duration::from_secs(10), "{limit:?}: {took:?}");
            assert!(silences.iter().all(|silence| *silence <= Duration::from_secs(6)), "{limit:?}: {silences:?}");
            // A tenth, and what was on its way.
            assert!(beside >= 700_000, "{limit:?}: {beside}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_urgent_and_stands_still_holds_nobody() {
        const RATE: u64 = 1_000_000;
        let (tap, bulk) = (tap(Some(RATE)), AtomicU64::new(0));
        let mut sip = Sip::new(Tapped::new(&tap, Lane::Urgent));
        let others = join_all((0..4).map(|_| body(&tap, Lane::Bulk, u64::MAX, &bulk)));
        let stands = async {
            poll_fn(|context| sip.poll(FRAME, context)).await;
            tokio::time::sleep(STANDS).await;
            let before = bulk.load(Ordering::Relaxed);
            tokio::time::sleep(Duration::from_secs(10)).await;
            let alone = bulk.load(Ordering::Relaxed) - before;
            // And holds them again as soon as it moves.
            let until = Instant::now() + Duration::from_secs(10);
            while Instant::now() < until {
                poll_fn(|context| sip.poll(FRAME, context)).await;
            }
            (alone, bulk.load(Ordering::Relaxed) - before - alone)
        };
        let (alone, beside) = tokio::select! {
            _ = others => unreachable!("without end"),
            answer = stands => answer,
        };
        assert!(alone >= RATE * 95 / 10, "{alone}");
        assert!(beside <= RATE * 15 / 10, "{beside}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_that_becomes_lower_holds_within_a_second() {
        let (tap, took) = (tap(Some(50_000_000)), AtomicU64::new(0));
        let open = async {
            let _ = tokio::time::timeout(
                Duration::from_secs(30),
                join_all((0..16).map(|_| body(&tap, Lane::Bulk, u64::MAX, &took))),
            )
            .await;
        };
        let changes = async {
            tokio::time::sleep(Duration::from_secs(3)).await;
            tap.set(Some(ByteRate(1_000_000)));
            tokio::time::sleep(Duration::from_secs(1)).await;
            let before = took.load(Ordering::Relaxed);
            tokio::time::sleep(Duration::from_secs(10)).await;
            took.load(Ordering::Relaxed) - before
        };
        let ((), sum) = tokio::join!(open, changes);
        assert!((9_700_000..=10_300_000).contains(&sum), "{sum}");
    }

    #[tokio::test(start_paused = true)]
    async fn while_urgent_ones_keep_coming_the_rest_has_a_tenth() {
        let (tap, bulk, urgent) = (tap(Some(5_000_000)), AtomicU64::new(0), AtomicU64::new(0));
        let endless = async {
            loop {
                tokio::join!(
                    body(&tap, Lane::Urgent, 3_000_000, &urgent),
                    body(&tap, Lane::Urgent, 5_000_000, &urgent),
                );
            }
        };
        let all = async { tokio::join!(endless, join_all((0..4).map(|_| body(&tap, Lane::Bulk, u64::MAX, &bulk)))) };
        let _ = tokio::time::timeout(Duration::from_secs(120), all).await;
        let (bulk, urgent) = (bulk.load(Ordering::Relaxed), urgent.load(Ordering::Relaxed));
        let percent = bulk * 100 / (bulk + urgent);
        assert!((8..=14).contains(&percent), "{percent} %: {bulk} of {}", bulk + urgent);
    }
}
