//! How many requests with a body fly at a time: found by trying, because nobody can know it.
//!
//! What counts is bytes a second of all together. From a small start the width grows for as long as that brings more; what
//! brought nothing is taken back, and tried again now and then. On a link that became slower it is halved for as long as
//! that costs nothing: what flies is what a pause or a fault costs. A link that became faster is measured anew. A store that
//! says it is busy halves it. No request is ever cut to become fewer.

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
/// A rate that became so many times what it was is another link's.
const FASTER: f64 = 1.6;
const SLOWER: f64 = 0.6;
/// How long it must be slower.
const FELL: Duration = Duration::from_millis(1_500);
/// And faster: what was held back is not chance.
const ROSE: Duration = Duration::from_millis(500);
/// What was held for less may have begun with what fills the system's buffers.
const STEADY: Duration = Duration::from_secs(5);
/// What so few connections could carry at best is so many times what they do.
const VISIBLE: f64 = 2.0;
/// Fewer are enough if they bring this much of what the others did.
const ENOUGH: f64 = 0.9;
/// Until what brought nothing is tried once more; doubled each time it brings nothing again.
const AGAIN: Duration = Duration::from_secs(8);
const AGAIN_AT_MOST: Duration = Duration::from_secs(60);
/// After a store said that it is busy.
const CALM: Duration = Duration::from_secs(10);
/// Answers of a busy store that come together are one.
const TOGETHER: Duration = Duration::from_secs(2);

/// Whole objects that each go in one request are taken by the system at once: what they bring is told by how long each takes.
/// For so long after a change it is waited for enough of them.
const ROUNDS: Duration = Duration::from_secs(1);
const ROUNDS_AT_MOST: Duration = Duration::from_secs(10);
/// The last one says so long that there are such.
const RECENT: Duration = Duration::from_secs(2);

/// Whole objects that were begun and answered since the last change.
#[derive(Clone, Copy, Debug, Default)]
struct Rounds {
    count: usize,
    seconds: f64,
    bytes: f64,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// What the present width brings is not known.
    Measures,
    /// Grew from this width, which brought so many bytes a second.
    Tries { from: usize, rate: f64, pause: Duration },
    /// Shrank from this width, which brought so many bytes a second; since when no more than that fly.
    Trims { from: usize, rate: f64, alone: Option<Instant> },
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
    /// Bytes a second of a connection, at best.
    each: f64,
    rounds: Rounds,
    /// When a whole object was last answered, and how long it took.
    came_round: Option<(Instant, Duration)>,
    /// Parts of larger ones flew beside them since the last change: how many of those that fly are whole is not known.
    mixed: bool,
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
            each: 0.0,
            rounds: Rounds::default(),
            came_round: None,
            mixed: false,
        }
    }

    /// As many as may fly now.
    pub(super) const fn get(&self) -> usize {
        self.now
    }

    /// Whoever comes next goes elsewhere: what was found out says nothing of that.
    pub(super) fn begin_anew(&mut self, now: Instant) {
        if !self.fresh {
            *self = Self::new(START, self.most, now);
        }
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
        (self.now, self.fresh) = (places, false);
        self.state = State::Holds { rate: 1.0, until: now + AGAIN, pause: AGAIN };
    }

    /// A whole object was answered that counts for so many bytes, so long after it was begun.
    #[expect(clippy::cast_precision_loss, reason = "a rate, not a sum")]
    pub(super) fn comes_round(&mut self, now: Instant, took: Duration, bytes: u64) {
        self.came_round = Some((now, took));
        // One that was begun before the change says nothing of it.
        if now.duration_since(self.since) >= took {
            self.rounds.count += 1;
            self.rounds.seconds += took.as_secs_f64();
            self.rounds.bytes += bytes as f64;
        }
    }

    /// Parts of larger objects fly, too.
    pub(super) const fn is_mixed(&mut self) {
        self.mixed = true;
    }

    /// Takes the count of all bytes so far, and how many requests fly if none could be begun; often, ten times a second.
    pub(super) fn sample(&mut self, now: Instant, bytes: u64, full: Option<usize>) {
        let Some(flying) = full else {
            // Too little to do: what there is says nothing of what there could be.
            self.begin(now);
            return;
        };
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
            State::Trims { from, rate, alone } => self.trimmed(now, (from, rate), alone, flying),
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
        (self.rounds, self.mixed) = (Rounds::default(), false);
    }

    /// The rate since the last change settled, once there is one.
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    fn measured(&mut self, now: Instant) -> Option<f64> {
        let settled = now.duration_since(self.since).checked_sub(SETTLES)?;
        let rate = match self.rate_of_rounds() {
            Some(rate) => rate,
            None if self.comes_round_yet(now, settled) => return None,
            None => self.rate(now, settled)?,
        };
        self.each = self.each.max(rate / self.now as f64);
        Some(rate)
    }

    /// Whether there are whole objects alone, and enough of them will be answered soon.
    fn comes_round_yet(&self, now: Instant, settled: Duration) -> bool {
        let still = |(at, took): (Instant, Duration)| {
            now.duration_since(at) < RECENT.max(took * 2) && settled < ROUNDS.max(took * 2).min(ROUNDS_AT_MOST)
        };
        !self.mixed && self.came_round.is_some_and(still)
    }

    /// Bytes a second of whole objects, if they are most of what there is: as many as fly, by how long each takes.
    #[expect(clippy::cast_precision_loss, reason = "a rate, not a sum")]
    fn rate_of_rounds(&self) -> Option<f64> {
        let Rounds { count, seconds, bytes } = self.rounds;
        let all = self.samples.back()?.1.saturating_sub(self.samples.front()?.1) as f64;
        (!self.mixed && count >= self.now.max(START) && bytes * 3.0 >= all)
            .then(|| self.now as f64 * bytes / seconds.max(1e-6))
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
        let latest = self.rate(now, MEASURED).filter(|_| self.rate_of_rounds().is_none()).unwrap_or(rate);
        if latest > rate * 1.05 && now.duration_since(self.since) < RISES_AT_MOST {
            return;
        }
        self.now = from;
        self.factor = 1;
        self.begin(now);
        self.state = State::Holds { rate: before, until: now + pause, pause: (pause * 2).min(AGAIN_AT_MOST) };
    }

    fn hold(&mut self, now: Instant, rate: f64, until: Instant, pause: Duration) {
        let settled = now.duration_since(self.since) >= SETTLES + FELL;
        if rate == 0.0 {
            if now >= until {
                (self.state, self.factor) = (State::Measures, 1);
                self.begin(now);
            }
            return;
        }
        let lately = self.rate(now, FELL).filter(|_| settled);
        if self.rose(now, rate) {
            self.starts_over(now);
        } else if lately.is_some_and(|lately| lately / rate < SLOWER) {
            // The last of it alone is of the slower link.
            let held = now.duration_since(self.since) >= STEADY;
            let latest = self.rate(now, ROSE).filter(|_| held);
            if !latest.is_some_and(|latest| self.trim(now, latest)) {
                self.starts_over(now);
            }
        } else if now >= until
            && let Some(lately) = lately
        {
            self.try_more(now, lately, pause);
        }
    }

    /// Whether there is much more since a while than there was.
    fn rose(&self, now: Instant, rate: f64) -> bool {
        let settled = now.duration_since(self.since) >= SETTLES + ROSE;
        settled && self.rate(now, ROSE).is_some_and(|lately| lately / rate > FASTER)
    }

    /// As from the start, but from here.
    fn starts_over(&mut self, now: Instant) {
        (self.state, self.factor) = (State::Measures, 2);
        self.begin(now);
    }

    /// Half of it, unless that is fewer than the first, or so few that nobody would see when the link is faster again.
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    fn trim(&mut self, now: Instant, rate: f64) -> bool {
        let fewer = (self.now / 2).max(START.min(self.now));
        if fewer == self.now || rate * VISIBLE > self.each * fewer as f64 {
            return false;
        }
        self.state = State::Trims { from: self.now, rate, alone: None };
        self.now = fewer;
        self.begin(now);
        true
    }

    fn trimmed(&mut self, now: Instant, (from, before): (usize, f64), alone: Option<Instant>, flying: usize) {
        if self.rose(now, before) {
            self.now = from;
            return self.starts_over(now);
        }
        // None is cut: what fewer bring shows once the others have ended.
        let alone = (flying <= self.now).then(|| alone.unwrap_or(now));
        self.state = State::Trims { from, rate: before, alone };
        let long = alone.is_some_and(|since| now.duration_since(since) >= SETTLES + FELL);
        let Some(rate) = self.rate(now, FELL).filter(|_| long) else { return };
        if rate < before * ENOUGH {
            // They were needed; perhaps even more are.
            self.now = from;
            return self.starts_over(now);
        }
        if !self.trim(now, rate) {
            (self.state, self.factor) = (State::Holds { rate, until: now + AGAIN, pause: AGAIN * 2 }, 1);
            self.begin(now);
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
        /// From which step each connection stands, and what is left of the part it carries.
        standing: Vec<(u64, f64)>,
    }

    impl Link {
        fn of(each: f64, all: f64, latency: Duration) -> Self {
            Self { each, all, latency, standing: Vec::new() }
        }

        /// A tenth of a second. Answers what it carried.
        #[expect(clippy::cast_precision_loss, reason = "small")]
        fn carries(&mut self, step: u64, width: usize) -> f64 {
            const PART: f64 = 8.0 * MB;
            let from = step + u64::try_from(self.latency.as_millis()).expect("short") / 100;
            while self.standing.len() < width {
                self.standing.push((from, PART));
            }
            let up = self.standing.iter().filter(|(from, _)| *from <= step).count();
            let each = self.each.min(self.all / up.max(1) as f64) / 10.0;
            for (from, left) in &mut self.standing {
                if *from <= step {
                    *left -= each;
                }
            }
            // Who ends leaves a place that is too many.
            while self.standing.len() > width
                && let Some(at) = self.standing.iter().position(|(_, left)| *left <= 0.0)
            {
                self.standing.swap_remove(at);
            }
            self.standing.iter_mut().filter(|(_, left)| *left <= 0.0).for_each(|(_, left)| *left = PART);
            each * up as f64
        }
    }

    /// Runs a width over a link; `at` is told the width at the end of each step.
    fn over(
        width: &mut Width,
        link: &mut Link,
        begun: Instant,
        steps: std::ops::Range<u64>,
        bytes: &mut f64,
        mut at: impl FnMut(u64, usize),
    ) {
        for step in steps {
            let now = begun + Duration::from_millis(100 * step);
            *bytes += link.carries(step, width.get());
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive and small")]
            width.sample(now, *bytes as u64, Some(link.standing.len()));
            at(step, width.get());
        }
    }

    fn ocean() -> Link {
        Link::of(2.0 * MB, 60.0 * MB, Duration::from_millis(200))
    }

    /// Few connections fill it.
    fn desk() -> Link {
        Link::of(20.0 * MB, 60.0 * MB, Duration::ZERO)
    }

    /// A link of so many bytes a second in all, over which whole objects go: each connection sends one, waits for its answer
    /// and sends the next. The system takes an object at once.
    struct Objects {
        all: f64,
        each: f64,
        size: f64,
        /// Hundredths of a second that an answer takes.
        latency: u32,
        /// What is left of its object, how long that has taken, and how long it waits before or after.
        flying: Vec<(f64, u32, u32)>,
    }

    impl Objects {
        /// A hundredth of a second. Answers what the system took, what the link carried, and how long those that were answered
        /// had taken.
        #[expect(clippy::cast_precision_loss, reason = "small")]
        fn carries(&mut self, width: usize) -> (f64, f64, Vec<u32>) {
            while self.flying.len() < width {
                // Connections stand one after the other.
                let nth = u32::try_from(self.flying.len()).unwrap_or(0);
                self.flying.push((self.size, 0, self.latency + nth % 5));
            }
            let sending = self.flying.iter().filter(|(left, _, waits)| *waits == 0 && *left > 0.0).count();
            let each = self.each.min(self.all / sending.max(1) as f64) / 100.0;
            let (mut taken, mut carried, mut answered) = (0.0, 0.0, Vec::new());
            for (left, took, waits) in &mut self.flying {
                *took += 1;
                if *waits > 0 {
                    *waits -= 1;
                    if *waits == 0 && *left <= 0.0 {
                        answered.push(*took);
                        (*left, *took) = (self.size, 0);
                    }
                    continue;
                }
                taken += if (*left - self.size).abs() < 1.0 { self.size } else { 0.0 };
                carried += each.min(*left);
                *left -= each;
                *waits = if *left <= 0.0 { self.latency } else { 0 };
            }
            // Whoever is one too many ends with its object.
            let mut more = self.flying.len().saturating_sub(width);
            self.flying.retain(|(_, took, _)| {
                let goes = more > 0 && *took == 0;
                more -= usize::from(goes);
                !goes
            });
            (taken, carried, answered)
        }
    }

    #[test]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole bytes")]
    fn whole_objects_fill_a_link_too_though_the_system_takes_each_at_once() {
        for (all, latency) in [(60.0 * MB, 10), (60.0 * MB, 2), (20.0 * MB, 10), (100.0 * MB, 5), (1.0 * MB, 10)] {
            let mut link = Objects { all, each: 2.0 * MB, size: 262_144.0, latency, flying: Vec::new() };
            let mut now = Instant::now();
            let (mut width, mut bytes, mut late) = (Width::new(START, 64, now), 0.0, 0.0);
            for hundredth in 0..1_200 {
                let (taken, carried, answered) = link.carries(width.get());
                bytes += taken;
                late += if hundredth >= 500 { carried } else { 0.0 };
                now += Duration::from_millis(10);
                for took in answered {
                    width.comes_round(now, Duration::from_millis(10) * took, 262_144);
                }
                if hundredth % 10 == 9 {
                    width.sample(now, bytes as u64, Some(width.get()));
                }
            }
            assert!(late >= 0.8 * 7.0 * all, "{late} bytes of {all} a second in 7 s, {} at a time", width.get());
        }
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
        let mut link = desk();
        let (mut width, mut bytes, mut most) = (Width::new(START, 64, begun), 0.0, 0);
        over(&mut width, &mut link, begun, 0..600, &mut bytes, |_, width| most = most.max(width));
        assert!(most <= 8, "{most}");
    }

    #[test]
    fn a_link_that_becomes_slow_and_fast_again_is_followed_within_five_seconds() {
        // As long as a part takes then, and much longer.
        for slow in [90, 3_000] {
            let begun = Instant::now();
            let (mut width, mut link, mut bytes) = (Width::new(START, 64, begun), ocean(), 0.0);
            over(&mut width, &mut link, begun, 0..200, &mut bytes, |_, _| {});
            let held = width.get();
            assert!(held >= 30, "{held}");
            link.all = 6.0 * MB;
            let before = bytes;
            over(&mut width, &mut link, begun, 200..200 + slow, &mut bytes, |_, _| {});
            #[expect(clippy::cast_precision_loss, reason = "small")]
            let whole = slow as f64 / 10.0 * 6.0 * MB;
            assert!(bytes - before >= whole * 0.95, "{slow}: {}", bytes - before);
            if slow > 1_000 {
                assert!(link.standing.len() <= 10 && width.get() <= 10, "{}: as few as carry it", width.get());
            }
            link.all = 60.0 * MB;
            over(&mut width, &mut link, begun, 200 + slow..250 + slow, &mut bytes, |_, _| {});
            let before = bytes;
            over(&mut width, &mut link, begun, 250 + slow..260 + slow, &mut bytes, |_, _| {});
            assert!(bytes - before >= 0.9 * 60.0 * MB, "{slow}: {} with {}", bytes - before, width.get());
        }
    }

    #[test]
    fn connections_that_become_slower_each_are_not_made_fewer_for_long() {
        let begun = Instant::now();
        let (mut width, mut link, mut bytes) = (Width::new(START, 64, begun), ocean(), 0.0);
        over(&mut width, &mut link, begun, 0..200, &mut bytes, |_, _| {});
        link.each = 0.5 * MB;
        over(&mut width, &mut link, begun, 200..1_500, &mut bytes, |_, _| {});
        let before = bytes;
        over(&mut width, &mut link, begun, 1_500..2_500, &mut bytes, |_, _| {});
        assert!(bytes - before >= 0.85 * 100.0 * 0.5 * MB * 60.0, "{} with {}", bytes - before, width.get());
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
        let mut link = desk();
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
            width.sample(begun + Duration::from_millis(100 * step), step << 20, None);
        }
        assert_eq!(width.get(), START);
    }
}
