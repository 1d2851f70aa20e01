//! Which of two ways to a bucket is taken, by what the bodies that took them showed. Pure: whoever asks says what time
//! it is.
//!
//! In a round both ways are taken in turn, by real bodies and at the same time, so that both meet the same link; then the
//! faster one is taken, and Transfer Acceleration only where it is worth its price. After a while a body or two go by the
//! other way again: where that would be chosen now, a whole round tells. A way that does not get through is left as soon as
//! the other does, and tried now and then by one body that can be sent again.

use std::collections::{HashMap, VecDeque};

use tokio::time::{Duration, Instant};

use super::{Way, WayKind, WayWhy};
use crate::units::ByteRate;

/// So many that arrived tell how fast a way is.
const ENOUGH: usize = 4;
/// Bodies that look whether the other way is still the slower one.
const GLANCE: u32 = 2;
/// Shorter bodies say more of the way there and back than of its pace.
const TELLING: u64 = 256 << 10;
/// What is remembered of a way.
const REMEMBERED: usize = 8;
/// Acceleration is chosen where it carries so many hundredths of what the other way does, and left below the second.
const PAYS: u64 = 110;
const STILL_PAYS: u64 = 105;
/// What takes so many times as long as on the other way is slower, whenever it may arrive.
const OVERDUE: u32 = 2;
/// So many failures in a row that may be chance are none.
const CHANCE: u32 = 3;
/// A way that is blocked is tried after pauses that double up to so many times the first.
const PAUSES: u32 = 8;

/// When things are looked at again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pauses {
    /// Whether the other way is still the slower one.
    pub(super) compare: Duration,
    /// What was remembered from another run.
    pub(super) soon: Duration,
    /// Whether a way that did not get through does.
    pub(super) blocked: Duration,
}

/// What a failure says of the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::s3) enum Trouble {
    /// Nothing.
    Nothing,
    /// Something broke on it, which may be chance, or everybody's lot.
    Perhaps,
    /// The store cannot be reached by it.
    Certain,
}

/// What is sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cargo {
    /// Its length, in bytes.
    pub(super) bytes: u64,
    /// Whether it can be sent again without a thought.
    pub(super) free: bool,
}

/// A body on its way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flight {
    kind: WayKind,
    begun: Instant,
    bytes: u64,
    /// Whether it tells how fast the way is.
    tells: bool,
}

/// A way that does not get through.
#[derive(Clone, Copy, Debug)]
struct Blocked {
    since: Instant,
    until: Instant,
    pause: Duration,
    /// Whether a body that tries it costs nothing: what blocks it does so before the store has any of it.
    certain: bool,
    trying: Option<u64>,
}

/// What one way showed.
#[derive(Debug, Default)]
struct Known {
    /// Bytes a second of bodies that arrived.
    seen: VecDeque<u64>,
    /// Bodies of this round that are under way or arrived.
    begun: u32,
    rate: Option<u64>,
    /// Failures since something arrived.
    in_a_row: u32,
    failed: Option<Instant>,
    worked: Option<Instant>,
    blocked: Option<Blocked>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// A round.
    Measuring,
    Chosen(WayKind),
    /// Chosen, and a body or two go by the other.
    Glancing(WayKind),
}

/// The choice between two ways.
#[derive(Debug)]
pub(super) struct Choice {
    accelerated: Known,
    direct: Known,
    state: State,
    compared: Instant,
    /// When the network came back after it was gone for both.
    back: Option<Instant>,
    flights: HashMap<u64, Flight>,
    flown: u64,
    pauses: Pauses,
}

const fn other(kind: WayKind) -> WayKind {
    match kind {
        WayKind::Accelerated => WayKind::Direct,
        WayKind::Direct => WayKind::Accelerated,
    }
}

fn median(mut rates: Vec<u64>) -> Option<u64> {
    rates.sort_unstable();
    let middle = rates.len() / 2;
    let upper = *rates.get(middle)?;
    Some(if rates.len().is_multiple_of(2) { u64::midpoint(rates[middle - 1], upper) } else { upper })
}

fn rate(bytes: u64, took: Duration) -> u64 {
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX).max(1);
    u64::try_from(u128::from(bytes) * 1_000_000 / u128::from(micros)).unwrap_or(u64::MAX)
}

fn pays(accelerated: u64, direct: u64, at: u64) -> bool {
    accelerated.saturating_mul(100) >= direct.saturating_mul(at)
}

impl Known {
    fn begin_anew(&mut self) {
        self.seen.clear();
        self.begun = 0;
    }

    fn saw(&mut self, rate: u64) {
        self.seen.truncate(REMEMBERED - 1);
        self.seen.push_front(rate);
    }

    fn is_measured(&self) -> bool {
        self.seen.len() >= ENOUGH
    }

    fn median(&self) -> Option<u64> {
        median(self.seen.iter().copied().collect())
    }
}

impl Choice {
    pub(super) fn new(now: Instant, pauses: Pauses) -> Self {
        Self {
            accelerated: Known::default(),
            direct: Known::default(),
            state: State::Measuring,
            compared: now,
            back: None,
            flights: HashMap::new(),
            flown: 0,
            pauses,
        }
    }

    /// As it was found not long ago; looked at again soon. A way whose rate is not known was blocked.
    pub(super) fn remembered(now: Instant, pauses: Pauses, way: &Way) -> Self {
        let mut choice = Self::new(now, pauses);
        choice.accelerated.rate = way.accelerated.map(|rate| rate.0);
        choice.direct.rate = way.direct.map(|rate| rate.0);
        let is_known = match other(way.kind) {
            WayKind::Accelerated => way.accelerated.is_some(),
            WayKind::Direct => way.direct.is_some(),
        };
        if way.why == WayWhy::OtherBlocked || !is_known {
            let (since, until) = (now, now + pauses.soon);
            let blocked = Blocked { since, until, pause: pauses.blocked, certain: true, trying: None };
            choice.known_mut(other(way.kind)).blocked = Some(blocked);
            return choice;
        }
        choice.state = State::Chosen(way.kind);
        choice.compared = (now + pauses.soon).checked_sub(pauses.compare).unwrap_or(now);
        choice
    }

    fn known(&self, kind: WayKind) -> &Known {
        match kind {
            WayKind::Accelerated => &self.accelerated,
            WayKind::Direct => &self.direct,
        }
    }

    fn known_mut(&mut self, kind: WayKind) -> &mut Known {
        match kind {
            WayKind::Accelerated => &mut self.accelerated,
            WayKind::Direct => &mut self.direct,
        }
    }

    fn is_blocked(&self, kind: WayKind) -> bool {
        self.known(kind).blocked.is_some()
    }

    /// Neither gets through: it is the network, and no way of the two.
    pub(super) fn is_cut_off(&self) -> bool {
        self.is_blocked(WayKind::Accelerated) && self.is_blocked(WayKind::Direct)
    }

    /// Whether something failed on it, and nothing worked on either since.
    fn is_doubtful(&self, kind: WayKind) -> bool {
        let worked = self.accelerated.worked.max(self.direct.worked);
        self.known(kind).failed.is_some_and(|failed| worked.is_none_or(|worked| worked < failed))
    }

    /// The way that counts, whatever is tried besides.
    fn leader(&self) -> WayKind {
        match self.state {
            State::Chosen(kind) | State::Glancing(kind) => kind,
            State::Measuring if self.direct.seen.len() > self.accelerated.seen.len() => WayKind::Direct,
            State::Measuring => WayKind::Accelerated,
        }
    }

    /// The one of both that failed longer ago.
    fn rested(&self) -> WayKind {
        let accelerated = self.accelerated.failed <= self.direct.failed;
        if accelerated { WayKind::Accelerated } else { WayKind::Direct }
    }

    /// The way for a question.
    pub(super) fn to_ask(&self) -> WayKind {
        let leader = self.leader();
        let shuns = |kind| self.is_blocked(kind) || self.is_doubtful(kind);
        match (shuns(leader), shuns(other(leader))) {
            (false, _) => leader,
            (true, false) => other(leader),
            (true, true) if self.is_blocked(leader) == self.is_blocked(other(leader)) => self.rested(),
            (true, true) if self.is_blocked(leader) => other(leader),
            (true, true) => leader,
        }
    }

    /// The way for a body, and what it is called until it arrives or does not.
    pub(super) fn takes_off(&mut self, now: Instant, cargo: Cargo) -> (WayKind, u64) {
        self.flown += 1;
        let id = self.flown;
        let (kind, tells) = self.pick(now, cargo, id);
        if tells && !matches!(self.state, State::Chosen(_)) {
            self.known_mut(kind).begun += 1;
        }
        self.flights.insert(id, Flight { kind, begun: now, bytes: cargo.bytes, tells });
        (kind, id)
    }

    /// The other way, for what did not get through and loses nothing by it.
    pub(super) fn takes_off_by(&mut self, now: Instant, kind: WayKind, cargo: Cargo) -> u64 {
        self.flown += 1;
        self.flights.insert(self.flown, Flight { kind, begun: now, bytes: cargo.bytes, tells: false });
        self.flown
    }

    fn pick(&mut self, now: Instant, cargo: Cargo, id: u64) -> (WayKind, bool) {
        let tells = cargo.bytes >= TELLING;
        if self.is_cut_off() {
            return (self.rested(), false);
        }
        for kind in [WayKind::Accelerated, WayKind::Direct] {
            let Some(blocked) = &mut self.known_mut(kind).blocked else { continue };
            let tries = blocked.until <= now && blocked.trying.is_none() && (cargo.free || blocked.certain);
            if !tries {
                return (other(kind), tells);
            }
            blocked.trying = Some(id);
            return (kind, false);
        }
        let leader = self.leader();
        match (self.is_doubtful(leader), self.is_doubtful(other(leader))) {
            (true, true) => return (self.rested(), false),
            (true, false) => return (other(leader), false),
            (false, _) => {}
        }
        if !tells {
            return (leader, false);
        }
        if let State::Chosen(kind) = self.state
            && now.duration_since(self.compared) >= self.pauses.compare
        {
            self.state = State::Glancing(kind);
            self.known_mut(other(kind)).begin_anew();
        }
        match self.state {
            State::Measuring => {
                let direct = self.burden(WayKind::Direct) < self.burden(WayKind::Accelerated);
                (if direct { WayKind::Direct } else { WayKind::Accelerated }, true)
            }
            State::Glancing(_) if self.known(other(leader)).begun < GLANCE => (other(leader), true),
            State::Glancing(_) | State::Chosen(_) => (leader, true),
        }
    }

    /// What is under way, then what began in this round: both ways carry the same, whatever each takes for it.
    fn burden(&self, kind: WayKind) -> (usize, u32) {
        let flying = self.flights.values().filter(|flight| flight.kind == kind).count();
        (flying, self.known(kind).begun)
    }

    /// A body was answered as it should be.
    pub(super) fn arrived(&mut self, now: Instant, id: u64) {
        let Some(flight) = self.flights.remove(&id) else { return };
        if flight.tells {
            let rate = rate(flight.bytes, now.duration_since(flight.begun));
            self.known_mut(flight.kind).saw(rate);
        }
        self.works(now, flight.kind, Some(flight.begun));
        self.weigh(now);
    }

    /// A question was answered.
    pub(super) fn answered(&mut self, now: Instant, kind: WayKind) {
        self.works(now, kind, None);
    }

    /// Something was answered; a body that began then was.
    fn works(&mut self, now: Instant, kind: WayKind, body: Option<Instant>) {
        let both_fail = self.is_doubtful(WayKind::Accelerated) && self.is_doubtful(WayKind::Direct);
        let was_cut_off = self.is_cut_off() || both_fail;
        let known = self.known_mut(kind);
        known.worked = Some(now);
        if body.is_some() {
            (known.in_a_row, known.failed) = (0, None);
        }
        // What failed while there was no network at all says nothing of a way.
        if was_cut_off {
            for known in [&mut self.accelerated, &mut self.direct] {
                (known.blocked, known.in_a_row, known.failed) = (None, 0, None);
            }
            self.back = Some(now);
            return self.measure(now);
        }
        // What began before may have a connection that stands still.
        if known.blocked.is_some_and(|blocked| body.is_some_and(|begun| begun >= blocked.since)) {
            known.blocked = None;
            return self.measure(now);
        }
        let left = other(kind);
        if body.is_some() && self.known(left).in_a_row >= CHANCE {
            self.block(now, left, false);
        }
    }

    /// The way's own address does not answer any more, and the other's does.
    pub(super) fn falls_silent(&mut self, now: Instant, kind: WayKind) {
        if self.known(other(kind)).blocked.is_none() {
            self.known_mut(other(kind)).worked = Some(now);
            self.block(now, kind, true);
        }
    }

    fn measure(&mut self, now: Instant) {
        self.state = State::Measuring;
        self.compared = now;
        self.accelerated.begin_anew();
        self.direct.begin_anew();
    }

    /// A body ended in whatever way but the wanted one.
    pub(super) fn failed(&mut self, now: Instant, id: u64, trouble: Trouble) {
        let Some(flight) = self.forget(id) else { return };
        self.trouble(now, flight.begun, flight.kind, trouble);
    }

    /// The same of a question that was asked then.
    pub(super) fn trouble(&mut self, now: Instant, begun: Instant, kind: WayKind, trouble: Trouble) {
        // What began while there was no network fails for that.
        if self.back.is_some_and(|back| begun < back) {
            return;
        }
        let known = self.known_mut(kind);
        match trouble {
            Trouble::Nothing => {}
            Trouble::Perhaps => {
                known.in_a_row += 1;
                known.failed = Some(now);
                if known.blocked.is_some() {
                    self.block(now, kind, false);
                }
            }
            Trouble::Certain => {
                known.failed = Some(now);
                self.block(now, kind, true);
            }
        }
    }

    /// A way does not get through; one that was tried again gets a longer pause.
    fn block(&mut self, now: Instant, kind: WayKind, certain: bool) {
        let first = self.pauses.blocked;
        let known = self.known_mut(kind);
        let (since, pause) = match known.blocked {
            Some(before) if before.until > now => (before.since, before.pause),
            Some(before) => (before.since, (before.pause * 2).min(first * PAUSES)),
            None => (now, first),
        };
        let trying = known.blocked.and_then(|before| before.trying);
        known.blocked = Some(Blocked { since, until: now + pause, pause, certain, trying });
        known.begin_anew();
    }

    /// A body that nobody waits for any more.
    pub(super) fn forget(&mut self, id: u64) -> Option<Flight> {
        let flight = self.flights.remove(&id)?;
        let known = self.known_mut(flight.kind);
        if flight.tells {
            known.begun = known.begun.saturating_sub(1);
        }
        if let Some(blocked) = &mut known.blocked
            && blocked.trying == Some(id)
        {
            blocked.trying = None;
        }
        Some(flight)
    }

    /// What a way carries, where what is overdue on it counts as what it can be at most.
    fn at_most(&self, now: Instant, kind: WayKind, by: u64) -> Option<u64> {
        let flights = self.flights.values().filter(|flight| flight.kind == kind && flight.tells);
        let overdue = flights.filter_map(|flight| {
            let age = now.duration_since(flight.begun);
            (rate(flight.bytes, age) <= by / u64::from(OVERDUE)).then(|| rate(flight.bytes, age))
        });
        let rates: Vec<u64> = self.known(kind).seen.iter().copied().chain(overdue).collect();
        if rates.len() < GLANCE as usize { None } else { median(rates) }
    }

    /// Looks whether enough arrived to choose by.
    fn weigh(&mut self, now: Instant) {
        if self.is_blocked(WayKind::Accelerated) || self.is_blocked(WayKind::Direct) {
            // Shown, though there is nothing to compare it with.
            for known in [&mut self.accelerated, &mut self.direct] {
                known.rate = if known.is_measured() { known.median() } else { known.rate };
            }
            return;
        }
        let measured = |choice: &Self, kind| choice.known(kind).median().filter(|_| choice.known(kind).is_measured());
        match self.state {
            State::Measuring => {
                let both = (measured(self, WayKind::Accelerated), measured(self, WayKind::Direct));
                let (accelerated, direct) = match both {
                    (Some(accelerated), Some(direct)) => (accelerated, direct),
                    (Some(accelerated), None) => match self.at_most(now, WayKind::Direct, accelerated) {
                        Some(direct) if direct <= accelerated / 2 => (accelerated, direct),
                        _ => return,
                    },
                    (None, Some(direct)) => match self.at_most(now, WayKind::Accelerated, direct) {
                        Some(accelerated) if accelerated <= direct / 2 => (accelerated, direct),
                        _ => return,
                    },
                    (None, None) => return,
                };
                let kind = if pays(accelerated, direct, PAYS) { WayKind::Accelerated } else { WayKind::Direct };
                self.choose(now, kind, accelerated, direct);
            }
            State::Chosen(kind) => {
                if let Some(rate) = measured(self, kind) {
                    self.known_mut(kind).rate = Some(rate);
                }
            }
            State::Glancing(kind) => {
                let Some(ours) = self.known(kind).median() else { return };
                let seen =
                    self.known(other(kind)).median().filter(|_| self.known(other(kind)).seen.len() >= GLANCE as usize);
                let late = || self.at_most(now, other(kind), ours).filter(|theirs| *theirs <= ours / 2);
                let Some(theirs) = seen.or_else(late) else { return };
                let stays = match kind {
                    WayKind::Accelerated => pays(ours, theirs, STILL_PAYS),
                    WayKind::Direct => !pays(theirs, ours, PAYS),
                };
                if !stays {
                    return self.measure(now);
                }
                let (accelerated, direct) = match kind {
                    WayKind::Accelerated => (ours, theirs),
                    WayKind::Direct => (theirs, ours),
                };
                self.choose(now, kind, accelerated, direct);
            }
        }
    }

    fn choose(&mut self, now: Instant, kind: WayKind, accelerated: u64, direct: u64) {
        self.state = State::Chosen(kind);
        self.compared = now;
        (self.accelerated.rate, self.direct.rate) = (Some(accelerated), Some(direct));
        (self.accelerated.begun, self.direct.begun) = (0, 0);
    }

    /// The way that is taken, and why.
    pub(super) fn way(&self) -> Way {
        let leader = self.leader();
        let blocked = |kind| self.is_blocked(kind) && !self.is_cut_off();
        let (kind, why) = match self.state {
            _ if blocked(leader) => (other(leader), WayWhy::OtherBlocked),
            _ if blocked(other(leader)) => (leader, WayWhy::OtherBlocked),
            State::Measuring => (WayKind::Accelerated, WayWhy::Measuring),
            State::Chosen(kind) | State::Glancing(kind) => match kind {
                WayKind::Accelerated => (kind, WayWhy::Faster),
                WayKind::Direct => (kind, WayWhy::OtherSlower),
            },
        };
        let told = |kind| {
            let known = self.known(kind);
            let rate = known.rate.or_else(|| known.median());
            rate.filter(|_| !blocked(kind)).map(ByteRate)
        };
        Way { kind, why, accelerated: told(WayKind::Accelerated), direct: told(WayKind::Direct) }
    }

    /// Whether the way is known so well that another run may begin by it: by both rates, or since the other is blocked and
    /// this one worked after that.
    pub(super) fn is_settled(&self) -> bool {
        match self.state {
            State::Chosen(_) | State::Glancing(_) if !self.is_cut_off() => true,
            _ => self.has_left(WayKind::Accelerated) || self.has_left(WayKind::Direct),
        }
    }

    /// Whether a way is blocked for certain: the other worked since.
    pub(super) fn has_left(&self, kind: WayKind) -> bool {
        let worked = self.known(other(kind)).worked;
        !self.is_cut_off() && self.known(kind).blocked.is_some_and(|blocked| worked >= Some(blocked.since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PART: u64 = 8 << 20;
    const PAUSES: Pauses =
        Pauses { compare: Duration::from_secs(300), soon: Duration::from_secs(30), blocked: Duration::from_secs(60) };
    use WayKind::{Accelerated, Direct};

    /// What a body on a way meets: how long it takes, and what is wrong with it.
    type Meets<'a> = &'a dyn Fn(WayKind, Duration) -> (Duration, Option<Trouble>);

    /// A link with so many requests in flight.
    struct Link {
        choice: Choice,
        begun: Instant,
        now: Instant,
        width: usize,
        /// When each is over, what it is called, and what came of it.
        flying: Vec<(Instant, u64, WayKind, Option<Trouble>)>,
        /// Bodies that arrived, and how.
        arrived: Vec<WayKind>,
        failed: u32,
    }

    impl Link {
        fn new(width: usize) -> Self {
            let now = Instant::now();
            Self::with(Choice::new(now, PAUSES), now, width)
        }

        fn with(choice: Choice, now: Instant, width: usize) -> Self {
            Self { choice, begun: now, now, width, flying: Vec::new(), arrived: Vec::new(), failed: 0 }
        }

        fn one(&mut self, bytes: u64, meets: Meets<'_>) {
            while self.flying.len() < self.width {
                let (kind, id) = self.choice.takes_off(self.now, Cargo { bytes, free: true });
                let (takes, trouble) = meets(kind, self.now - self.begun);
                self.flying.push((self.now + takes, id, kind, trouble));
            }
            let next = (0..self.flying.len()).min_by_key(|at| self.flying[*at].0).expect("some fly");
            let (at, id, kind, trouble) = self.flying.swap_remove(next);
            self.now = at;
            match trouble {
                None => {
                    self.choice.arrived(at, id);
                    self.arrived.push(kind);
                }
                Some(trouble) => {
                    self.choice.failed(at, id, trouble);
                    self.failed += 1;
                }
            }
        }

        /// Sends until so many more arrived; answers those.
        fn send(&mut self, parts: usize, meets: Meets<'_>) -> Vec<WayKind> {
            let until = self.arrived.len() + parts;
            for _ in 0..100 * parts {
                if self.arrived.len() == until {
                    return self.arrived[until - parts..].to_vec();
                }
                self.one(PART, meets);
            }
            panic!("nothing gets through");
        }

        fn why(&self) -> (WayKind, WayWhy) {
            let way = self.choice.way();
            (way.kind, way.why)
        }
    }

    fn count(parts: &[WayKind], kind: WayKind) -> usize {
        parts.iter().filter(|part| **part == kind).count()
    }

    /// Parts take so many milliseconds.
    fn takes(accelerated: u64, direct: u64) -> impl Fn(WayKind, Duration) -> (Duration, Option<Trouble>) {
        move |kind, _| (Duration::from_millis(if kind == Accelerated { accelerated } else { direct }), None)
    }

    #[test]
    fn the_faster_way_is_chosen_after_a_few_parts_and_acceleration_only_where_it_pays() {
        for width in [1, 2, 4, 16, 64] {
            for (accelerated, direct, wanted) in [
                (1_000, 4_000, Accelerated),
                (1_000, 1_120, Accelerated),
                (1_000, 1_080, Direct),
                (1_000, 1_000, Direct),
                (4_000, 1_000, Direct),
                (60_000, 1_000, Direct),
                (1_000, 60_000, Accelerated),
            ] {
                let mut link = Link::new(width);
                assert_eq!(link.why(), (Accelerated, WayWhy::Measuring));
                let meets = takes(accelerated, direct);
                let parts = link.send(200, &meets);
                let slower = count(&parts, other(wanted));
                // Beside a round, what is under way when it ends.
                assert!(slower <= 4 + width, "{width} {accelerated} {direct}: {slower} went by the slower");
                let why = if wanted == Accelerated { WayWhy::Faster } else { WayWhy::OtherSlower };
                assert_eq!(link.why(), (wanted, why), "{width} {accelerated} {direct}");
            }
        }
    }

    #[test]
    fn a_way_that_takes_for_ever_does_not_keep_the_other_from_being_chosen() {
        let mut link = Link::new(8);
        let parts = link.send(30, &takes(3_600_000, 1_000));
        assert_eq!((count(&parts, Direct), link.why()), (30, (Direct, WayWhy::OtherSlower)));
        assert!(link.now - link.begun < Duration::from_secs(60));
    }

    #[test]
    fn the_other_way_is_looked_at_now_and_then_by_a_part_or_two() {
        for (accelerated, direct, chosen) in [(1_000, 3_000, Accelerated), (3_000, 1_000, Direct)] {
            let mut link = Link::new(4);
            let meets = takes(accelerated, direct);
            link.send(40, &meets);
            // Half an hour.
            let parts = link.send(7_200, &meets);
            let glances = count(&parts, other(chosen));
            assert!((4..=16).contains(&glances), "{glances} parts in {:?}", link.now - link.begun);
            assert_eq!(link.why().0, chosen);
        }
    }

    #[test]
    fn what_becomes_faster_is_chosen_once_it_is_looked_at() {
        let mut link = Link::new(4);
        link.send(40, &takes(1_000, 3_000));
        assert_eq!(link.why(), (Accelerated, WayWhy::Faster));
        link.send(2_000, &takes(3_000, 1_000));
        assert_eq!(link.why(), (Direct, WayWhy::OtherSlower));
        link.send(2_000, &takes(1_000, 3_000));
        assert_eq!(link.why(), (Accelerated, WayWhy::Faster));
    }

    #[test]
    fn a_way_that_is_blocked_is_left_at_once_and_comes_back_when_it_does() {
        for blocked in [Accelerated, Direct] {
            for from_the_start in [true, false] {
                let fast = |kind: WayKind| Duration::from_millis(if kind == blocked { 500 } else { 1_000 });
                let mut link = Link::new(8);
                if !from_the_start {
                    link.send(40, &|kind, _| (fast(kind), None));
                }
                let refuses = |kind, _| {
                    if kind == blocked {
                        (Duration::from_millis(5), Some(Trouble::Certain))
                    } else {
                        (fast(kind), None)
                    }
                };
                let parts = link.send(100, &refuses);
                // What was under way when it went, at most.
                assert!(count(&parts, blocked) <= 8, "{blocked:?}");
                assert_eq!(link.why(), (other(blocked), WayWhy::OtherBlocked));
                assert!(link.failed <= 8, "{blocked:?} {}", link.failed);
                assert!(link.choice.has_left(blocked) && link.choice.is_settled());
                // Ten minutes: it is tried less and less often.
                let before = link.failed;
                link.send(4_800, &refuses);
                assert!((2..=6).contains(&(link.failed - before)), "tried {} times", link.failed - before);
                link.send(8_000, &|kind, _| (fast(kind), None));
                assert_eq!(link.why().0, blocked, "it is the faster");
                assert_ne!(link.why().1, WayWhy::OtherBlocked);
            }
        }
    }

    #[test]
    fn a_way_on_which_all_breaks_is_left_when_the_other_is_seen_to_work() {
        let mut link = Link::new(8);
        link.send(40, &takes(500, 1_000));
        let breaks = |kind, _| match kind {
            Accelerated => (Duration::from_millis(300), Some(Trouble::Perhaps)),
            Direct => (Duration::from_millis(1_000), None),
        };
        link.send(40, &breaks);
        assert_eq!(link.why(), (Direct, WayWhy::OtherBlocked));
        assert!(link.failed <= 16, "{}", link.failed);
    }

    #[test]
    fn what_breaks_now_and_then_is_no_reason_to_leave() {
        let mut link = Link::new(8);
        link.send(40, &takes(500, 1_000));
        let nth = std::cell::Cell::new(0);
        let parts = link.send(400, &|kind, _| {
            nth.set(nth.get() + 1);
            let breaks = kind == Accelerated && nth.get() % 20 == 0;
            (Duration::from_millis(if kind == Accelerated { 500 } else { 1_000 }), breaks.then_some(Trouble::Perhaps))
        });
        assert!(count(&parts, Accelerated) > 360, "{}", count(&parts, Accelerated));
        assert_eq!(link.why(), (Accelerated, WayWhy::Faster));
    }

    #[test]
    fn a_network_that_is_gone_for_both_blocks_none_and_both_are_compared_when_it_is_back() {
        for trouble in [Trouble::Certain, Trouble::Perhaps] {
            let mut link = Link::new(8);
            let works = takes(500, 1_000);
            link.send(40, &works);
            for _ in 0..300 {
                link.one(PART, &|_, _| (Duration::from_secs(1), Some(trouble)));
            }
            assert!(!link.choice.has_left(Accelerated) && !link.choice.has_left(Direct));
            let parts = link.send(60, &works);
            assert_eq!(link.why(), (Accelerated, WayWhy::Faster), "{trouble:?}");
            assert!(count(&parts, Accelerated) > 40, "{trouble:?}");
        }
    }

    #[test]
    fn what_is_too_short_to_tell_goes_by_the_way_that_counts() {
        let mut link = Link::new(8);
        for _ in 0..100 {
            link.one(10_000, &takes(100, 100));
        }
        assert_eq!(count(&link.arrived, Accelerated), 100);
        link.send(40, &takes(3_000, 1_000));
        link.arrived.clear();
        link.flying.clear();
        for _ in 0..100 {
            link.one(10_000, &takes(100, 100));
        }
        assert_eq!(count(&link.arrived, Direct), 100);
    }

    #[test]
    fn what_was_remembered_is_taken_at_once_and_looked_at_soon() {
        let now = Instant::now();
        let rates = |accelerated: Option<u64>, direct: Option<u64>| (accelerated.map(ByteRate), direct.map(ByteRate));
        for (kind, why, (accelerated, direct)) in [
            (Accelerated, WayWhy::Faster, rates(Some(16 << 20), Some(4 << 20))),
            (Direct, WayWhy::OtherSlower, rates(Some(4 << 20), Some(16 << 20))),
            (Direct, WayWhy::OtherBlocked, rates(None, Some(16 << 20))),
        ] {
            let way = Way { kind, why, accelerated, direct };
            let mut link = Link::with(Choice::remembered(now, PAUSES, &way), now, 4);
            assert_eq!(link.choice.way(), way);
            let meets =
                takes(if kind == Accelerated { 500 } else { 2_000 }, if kind == Accelerated { 2_000 } else { 500 });
            let parts = link.send(100, &meets);
            assert_eq!(count(&parts, kind), 100, "{why:?}");
            let parts = link.send(400, &meets);
            let looked = count(&parts, other(kind));
            assert!((2..=6).contains(&looked), "{why:?} {looked}");
            assert_eq!(link.why().0, kind);
        }
    }

    #[test]
    fn questions_go_by_a_way_that_works() {
        let now = Instant::now();
        let mut choice = Choice::new(now, PAUSES);
        assert_eq!(choice.to_ask(), Accelerated);
        choice.trouble(now, now, Accelerated, Trouble::Perhaps);
        assert_eq!(choice.to_ask(), Direct, "in doubt, the other");
        choice.answered(now + Duration::from_secs(1), Direct);
        assert_eq!(choice.to_ask(), Accelerated, "it was chance, perhaps");
        choice.trouble(now + Duration::from_secs(2), now + Duration::from_secs(2), Accelerated, Trouble::Certain);
        assert_eq!(choice.to_ask(), Direct);
        choice.trouble(now + Duration::from_secs(3), now + Duration::from_secs(3), Direct, Trouble::Certain);
        assert_eq!(choice.to_ask(), Accelerated, "by turns, where neither gets through");
        choice.trouble(now + Duration::from_secs(4), now + Duration::from_secs(4), Accelerated, Trouble::Certain);
        assert_eq!(choice.to_ask(), Direct);
        choice.answered(now + Duration::from_secs(5), Direct);
        assert_eq!(choice.to_ask(), Accelerated, "the network is back");
    }

    #[test]
    fn a_way_that_falls_silent_is_left_once_the_other_answers() {
        let mut link = Link::new(4);
        link.send(40, &takes(500, 1_000));
        link.choice.falls_silent(link.now, Accelerated);
        assert_eq!(link.why(), (Direct, WayWhy::OtherBlocked));
        assert!(link.choice.has_left(Accelerated));
    }
}
