//! How many requests with a body fly at a time: found by trying, because nobody can know it.
//!
//! What counts is bytes a second of all together. From a small start the width grows for as long as that brings more; what
//! brought nothing is taken back, and tried again now and then. A link that changes is measured anew. A store that says
//! it is busy halves it. No request is ever cut to become fewer.

use std::collections::VecDeque;

use tokio::time::{Duration, Instant};

/// The first connections, where none were measured yet.
pub(super) const START: usize = 4;
/// What happens right after a change says nothing: connections come to stand, and buffers of the system fill.
const SETTLES: Duration = Duration::from_millis(200);
/// As long as is measured then at least.
const MEASURED: Duration = Duration::from_millis(200);
/// A rate that still rises is given this long to show what it comes to.
const RISES_AT_MOST: Duration = Duration::from_secs(3);
/// A width is worth keeping if it brings this much of what so many more connections could.
const WORTH: f64 = 0.3;
/// Nothing but connections is in the way if it brings this much.
const FREE: f64 = 0.8;
/// A rate that left this band is another link's.
const BAND: std::ops::RangeInclusive<f64> = 0.6..=1.6;
/// How long it must have left it.
const LEFT: Duration = Duration::from_millis(1_500);
/// Until what brought nothing is tried once more; doubled each time it brings nothing again.
const AGAIN: Duration = Duration::from_secs(8);
const AGAIN_AT_MOST: Duration = Duration::from_secs(60);
/// After a store said that it is busy.
const CALM: Duration = Duration::from_secs(10);
/// Answers of a busy store that come together are one.
const TOGETHER: Duration = Duration::from_secs(2);

#[derive(Clone, Copy, Debug)]
enum State {
    /// What the present width brings is not known.
    Measures,
    /// Grew from this width, which brought so many bytes a second.
    Tries { from: usize, rate: f64, pause: Duration },
    /// Stays as it is, at so many bytes a second, until then.
    Holds { rate: f64, until: Instant, pause: Duration },
}

/// The width, and what it was found by.
#[derive(Debug)]
pub(super) struct Width {
    now: usize,
    most: usize,
    state: State,
    /// Since when nothing changed.
    since: Instant,
    /// By how much the next try grows.
    factor: usize,
    /// When, and bytes in all until then.
    samples: VecDeque<(Instant, u64)>,
    busy: Option<Instant>,
    /// Nothing was found out yet.
    fresh: bool,
}

impl Width {
    /// A width that begins with `start` and never passes `most`.
    pub(super) fn new(start: usize, most: usize, now: Instant) -> Self {
        let start = start.clamp(1, most.max(1));
        let samples = VecDeque::new();
        Self {
            now: start,
            most: most.max(1),
            state: State::Measures,
            since: now,
            factor: 2,
            samples,
            busy: None,
            fresh: true,
        }
    }

    /// As many as may fly now.
    pub(super) const fn get(&self) -> usize {
        self.now
    }

    /// Begins with half of what turned out best in another run, unless something was found out by now: the network may be
    /// another, so that the rest has to show again that it brings something.
    pub(super) fn recall(&mut self, places: usize, now: Instant) {
        if std::mem::take(&mut self.fresh) && places / 2 > self.now {
            self.now = (places / 2).min(self.most);
            self.begin(now);
        }
    }

    /// What turned out best, once that is known.
    pub(super) const fn found(&self) -> Option<usize> {
        match self.state {
            State::Holds { rate, .. } if rate > 0.0 => Some(self.now),
            _ => None,
        }
    }

    /// As if so many had turned out best.
    #[cfg(test)]
    pub(super) fn finds(&mut self, places: usize, now: Instant) {
        self.now = places;
        self.state = State::Holds { rate: 1.0, until: now + AGAIN, pause: AGAIN };
    }

    /// Takes the count of all bytes so far, and whether as many fly as may; often, ten times a second.
    pub(super) fn sample(&mut self, now: Instant, bytes: u64, full: bool) {
        if !full {
            // Too little to do: what there is says nothing of what there could be.
            self.begin(now);
            return;
        }
        self.samples.push_back((now, bytes));
        while self.samples.len() > 2 && now.duration_since(self.samples[1].0) > RISES_AT_MOST + SETTLES {
            self.samples.pop_front();
        }
        match self.state {
            State::Measures => {
                if let Some(rate) = self.measured(now) {
                    self.try_more(now, rate, AGAIN);
                }
            }
            State::Tries { from, rate, pause } => self.judge(now, from, rate, pause),
            State::Holds { rate, until, pause } => self.hold(now, rate, until, pause),
        }
    }

    /// The store is busy: half of it, for a while, and no fewer than the first.
    pub(super) fn busy(&mut self, now: Instant) {
        self.fresh = false;
        if self.busy.is_some_and(|then| now.duration_since(then) < TOGETHER) {
            return;
        }
        self.busy = Some(now);
        self.now = (self.now / 2).max(START.min(self.now));
        self.begin(now);
        self.state = State::Holds { rate: 0.0, until: now + CALM, pause: AGAIN };
    }

    fn begin(&mut self, now: Instant) {
        self.since = now;
        self.samples.clear();
    }

    /// The rate since the last change settled, once there is one.
    fn measured(&self, now: Instant) -> Option<f64> {
        self.rate(now, now.duration_since(self.since).checked_sub(SETTLES)?)
    }

    /// Bytes a second of the last `over`.
    fn rate(&self, now: Instant, over: Duration) -> Option<f64> {
        let (at, bytes) = *self.samples.iter().find(|(at, _)| now.duration_since(*at) <= over)?;
        let (_, last) = *self.samples.back()?;
        let span = now.duration_since(at);
        #[expect(clippy::cast_precision_loss, reason = "a rate, not a sum")]
        (span >= MEASURED).then(|| last.saturating_sub(bytes) as f64 / span.as_secs_f64())
    }

    fn try_more(&mut self, now: Instant, rate: f64, pause: Duration) {
        self.fresh = false;
        let wider = match self.factor {
            0 | 1 => self.now + (self.now / 4).max(1),
            factor => self.now * factor,
        };
        let wider = wider.min(self.most);
        if wider == self.now {
            self.state = State::Holds { rate, until: now + AGAIN_AT_MOST, pause: AGAIN_AT_MOST };
            return;
        }
        self.state = State::Tries { from: self.now, rate, pause };
        self.now = wider;
        self.begin(now);
    }

    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    fn judge(&mut self, now: Instant, from: usize, before: f64, pause: Duration) {
        let Some(rate) = self.measured(now) else { return };
        // Of what so many more connections could bring, this much came.
        let more = self.now as f64 / from as f64 - 1.0;
        let share = (rate / before.max(1.0) - 1.0) / more;
        if share >= WORTH {
            self.factor = match self.factor {
                0 | 1 => 1,
                _ if share >= FREE => 4,
                _ => 2,
            };
            return self.try_more(now, rate, AGAIN);
        }
        let latest = self.rate(now, MEASURED).unwrap_or(rate);
        if latest > rate * 1.05 && now.duration_since(self.since) < RISES_AT_MOST {
            return;
        }
        self.now = from;
        self.factor = 1;
        self.begin(now);
        self.state = State::Holds { rate: before, until: now + pause, pause: (pause * 2).min(AGAIN_AT_MOST) };
    }

    fn hold(&mut self, now: Instant, rate: f64, until: Instant, pause: Duration) {
        let settled = now.duration_since(self.since) >= SETTLES + LEFT;
        if rate == 0.0 {
            if now >= until {
                (self.state, self.factor) = (State::Measures, 1);
                self.begin(now);
            }
            return;
        }
        let lately = self.rate(now, LEFT).filter(|_| settled);
        if lately.is_some_and(|lately| !BAND.contains(&(lately / rate))) {
            // As from the start, but from here.
            (self.state, self.factor) = (State::Measures, 2);
            self.begin(now);
        } else if now >= until
            && let Some(lately) = lately
        {
            self.try_more(now, lately, pause);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MB: f64 = 1e6;

    /// A link: bytes a second of each connection and of all, and how long a connection takes to stand.
    struct Link {
        each: f64,
        all: f64,
        latency: Duration,
    }

    /// Runs a width over a link; `at` may change the link. Answers the width and the bytes at the end of each step.
    fn over(
        width: &mut Width,
        link: &mut Link,
        begun: Instant,
        steps: std::ops::Range<u64>,
        bytes: &mut f64,
        mut at: impl FnMut(u64, usize),
    ) {
        let mut standing: Vec<u64> = Vec::new();
        for step in steps {
            let now = begun + Duration::from_millis(100 * step);
            standing.resize(width.get(), step + u64::try_from(link.latency.as_millis()).expect("short") / 100);
            let up = standing.iter().filter(|from| **from <= step).count();
            #[expect(clippy::cast_precision_loss, reason = "small")]
            let rate = (up as f64 * link.each).min(link.all);
            *bytes += rate / 10.0;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive and small")]
            width.sample(now, *bytes as u64, true);
            at(step, width.get());
        }
    }

    fn ocean() -> Link {
        Link { each: 2.0 * MB, all: 60.0 * MB, latency: Duration::from_millis(200) }
    }

    #[test]
    fn many_slow_connections_are_reached_within_two_seconds() {
        let begun = Instant::now();
        let (mut width, mut link, mut bytes) = (Width::new(START, 64, begun), ocean(), 0.0);
        let mut reached = None;
        over(&mut width, &mut link, begun, 0..100, &mut bytes, |step, width| {
            if width >= 30 && reached.is_none() {
                reached = Some(step);
            }
        });
        assert!(reached.is_some_and(|step| step <= 20), "{reached:?}");
        assert!((30..=64).contains(&width.get()), "{}", width.get());
    }

    #[test]
    fn few_fast_connections_stay_few() {
        let begun = Instant::now();
        let mut link = Link { each: 20.0 * MB, all: 60.0 * MB, latency: Duration::ZERO };
        let (mut width, mut bytes, mut most) = (Width::new(START, 64, begun), 0.0, 0);
        over(&mut width, &mut link, begun, 0..600, &mut bytes, |_, width| most = most.max(width));
        assert!(most <= 8, "{most}");
    }

    #[test]
    fn a_link_that_becomes_slow_and_fast_again_is_followed_within_five_seconds() {
        let begun = Instant::now();
        let (mut width, mut link, mut bytes) = (Width::new(START, 64, begun), ocean(), 0.0);
        over(&mut width, &mut link, begun, 0..200, &mut bytes, |_, _| {});
        let held = width.get();
        link.all = 6.0 * MB;
        over(&mut width, &mut link, begun, 200..600, &mut bytes, |_, _| {});
        link.all = 60.0 * MB;
        let (before, mut fewest) = (bytes, usize::MAX);
        over(&mut width, &mut link, begun, 600..650, &mut bytes, |_, width| fewest = fewest.min(width));
        assert!(fewest >= 30 && width.get() >= held.min(30), "{held}, {fewest}, {}", width.get());
        assert!(bytes - before >= 250.0 * MB, "{}", bytes - before);
    }

    #[test]
    fn a_busy_store_halves_it_once_and_it_grows_again_later() {
        let begun = Instant::now();
        let (mut width, mut link, mut bytes) = (Width::new(32, 64, begun), ocean(), 0.0);
        over(&mut width, &mut link, begun, 0..30, &mut bytes, |_, _| {});
        let before = width.get();
        for _ in 0..10 {
            width.busy(begun + Duration::from_secs(3));
        }
        assert_eq!(width.get(), before / 2);
        over(&mut width, &mut link, begun, 31..100, &mut bytes, |_, _| {});
        assert_eq!(width.get(), before / 2, "calm for a while");
        over(&mut width, &mut link, begun, 100..400, &mut bytes, |_, _| {});
        assert!(width.get() > before / 2);
    }

    #[test]
    fn what_turned_out_best_is_where_the_next_run_begins() {
        let begun = Instant::now();
        let (mut width, mut link, mut bytes) = (Width::new(START, 64, begun), ocean(), 0.0);
        assert_eq!(width.found(), None);
        let mut steps = 0..100;
        let found = loop {
            over(&mut width, &mut link, begun, steps.clone(), &mut bytes, |_, _| {});
            match width.found() {
                Some(found) => break found,
                // It tries more just now.
                None => steps = steps.end..steps.end + 1,
            }
        };
        let mut next = Width::new(START, 64, begun);
        next.recall(found, begun);
        assert_eq!(next.get(), found / 2);
        let mut reached = None;
        over(&mut next, &mut link, begun, 0..50, &mut 0.0, |step, width| {
            if width >= 30 {
                reached.get_or_insert(step);
            }
        });
        assert!(reached.is_some_and(|step| step <= 8), "{reached:?}");
    }

    #[test]
    fn what_another_run_found_is_no_reason_where_this_one_knows_better() {
        let begun = Instant::now();
        // Another network, which brings no more by more.
        let mut link = Link { each: 20.0 * MB, all: 60.0 * MB, latency: Duration::ZERO };
        let (mut width, mut bytes) = (Width::new(START, 64, begun), 0.0);
        width.recall(32, begun);
        over(&mut width, &mut link, begun, 0..50, &mut bytes, |_, _| {});
        assert_eq!(width.get(), 16, "half of it, and no more");
        // A store that is busy, and a small file that ends meanwhile.
        let mut width = Width::new(START, 64, begun);
        width.busy(begun);
        width.recall(64, begun + Duration::from_secs(11));
        assert_eq!(width.get(), START);
        let mut width = Width::new(START, 64, begun);
        over(&mut width, &mut link, begun, 0..20, &mut 0.0, |_, _| {});
        let known = width.get();
        width.recall(64, begun + Duration::from_secs(2));
        assert_eq!(width.get(), known);
    }

    #[test]
    fn too_little_to_do_says_nothing() {
        let begun = Instant::now();
        let mut width = Width::new(START, 64, begun);
        for step in 0..100u64 {
            width.sample(begun + Duration::from_millis(100 * step), step << 20, false);
        }
        assert_eq!(width.get(), START);
    }
}
