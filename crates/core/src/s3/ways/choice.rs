//! Which of two ways to a bucket is taken, by what the bodies that took them showed. Pure: whoever asks says what time
//! it is.
//!
//! In a round both ways are taken in turn, by real bodies and at the same time, so that both meet the same link; then the
//! faster one is taken, and Transfer Acceleration only where it is worth its price. After a while, or when it became much
//! slower, a body or two go by the other way again: where that would be chosen now, a whole round tells. A way that does not
//! get through is left as soon as the other does, and tried now and then by one body that can be sent again.

mod known;

use std::collections::HashMap;

use tokio::time::{Duration, Instant};

use self::known::{Blocked, Known, median, rate};
use super::{Way, WayKind, WayWhy};
use crate::units::ByteRate;

/// Bodies that look whether the other way is still the slower one.
const GLANCE: u32 = 2;
/// Shorter bodies say more of the way there and back than of its pace.
const TELLING: u64 = 256 << 10;
/// Acceleration is chosen where it carries so many hundredths of what the other way does, and left below the second.
const PAYS: u64 = 110;
const STILL_PAYS: u64 = 105;
/// What takes so many times as long as on the other way is slower, whenever it may arrive.
const OVERDUE: u32 = 2;
/// A way that became so many times slower than it was chosen for is compared anew.
const SLOWED: u64 = 2;
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
    /// Whether a limit holds it back: by either way it takes as long, which says nothing of them.
    pub(super) held: bool,
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
    /// What the chosen way carried then, or since.
    pace: u64,
    /// It became slower than that by much.
    slowed: bool,
    /// When the network came back after it was gone for both.
    back: Option<Instant>,
    flights: HashMap<u64, Flight>,
    flown: u64,
    /// Whether a limit held back what began last.
    held: bool,
    pauses: Pauses,
}

const fn other(kind: WayKind) -> WayKind {
    match kind {
        WayKind::Accelerated => WayKind::Direct,
        WayKind::Direct => WayKind::Accelerated,
    }
}

fn pays(accelerated: u64, direct: u64, at: u64) -> bool {
    accelerated.saturating_mul(100) >= direct.saturating_mul(at)
}

impl Choice {
    pub(super) fn new(now: Instant, pauses: Pauses) -> Self {
        Self {
            accelerated: Known::default(),
            direct: Known::default(),
            state: State::Measuring,
            compared: now,
            pace: 0,
            slowed: false,
            back: None,
            flights: HashMap::new(),
            flown: 0,
            held: false,
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
        choice.pace = choice.known(way.kind).rate.unwrap_or_default();
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
            // A limit is kept by either, and this one costs nothing.
            State::Measuring if self.held => WayKind::Direct,
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
        self.held = cargo.held;
        if cargo.held {
            self.doubt();
        }
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
        let tells = cargo.bytes >= TELLING && !cargo.held;
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
            && (self.slowed || now.duration_since(self.compared) >= self.pauses.compare)
        {
            self.slowed = false;
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

    /// A body was answered as it should be; a limit may have come to hold it back meanwhile.
    pub(super) fn arrived(&mut self, now: Instant, id: u64, held: bool) {
        let flight = if held { self.forget(id) } else { self.flights.remove(&id) };
        let Some(flight) = flight else { return };
        if held {
            self.doubt();
        } else if flight.tells {
            let rate = rate(flight.bytes, now.duration_since(flight.begun));
            self.known_mut(flight.kind).saw(rate);
        }
        self.works(now, flight.kind, Some(flight.begun));
        if !held {
            self.weigh(now);
        }
    }

    /// A limit holds back what flies: how long that takes says nothing of its way.
    fn doubt(&mut self) {
        let flights = self.flights.values_mut();
        let told: Vec<_> = flights.filter_map(|one| std::mem::take(&mut one.tells).then_some(one.kind)).collect();
        for kind in told {
            self.known_mut(kind).is_untold();
        }
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
        // Once: a way that is blocked already is tried when its pause ends, however much arrives here meanwhile.
        if body.is_some() && self.known(left).in_a_row >= CHANCE && !self.is_blocked(left) {
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
            known.is_untold();
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
                    if rate.saturating_mul(SLOWED) <= self.pace {
                        (self.pace, self.slowed) = (rate, true);
                    }
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
        self.slowed = false;
        (self.accelerated.rate, self.direct.rate) = (Some(accelerated), Some(direct));
        self.pace = self.known(kind).rate.unwrap_or_default();
        (self.accelerated.begun, self.direct.begun) = (0, 0);
    }

    /// The way that is taken, and why.
    pub(super) fn way(&self) -> Way {
        let leader = self.leader();
        let blocked = |kind| self.is_blocked(kind) && !self.is_cut_off();
        let (kind, why) = match self.state {
            _ if blocked(leader) => (other(leader), WayWhy::OtherBlocked),
            _ if blocked(other(leader)) => (leader, WayWhy::OtherBlocked),
            State::Measuring if self.held => (WayKind::Direct, WayWhy::Measuring),
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
mod tests;
