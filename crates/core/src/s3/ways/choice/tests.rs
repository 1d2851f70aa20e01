//! Links and what is on them, simulated.

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
    /// Whether a limit holds back what is sent.
    held: bool,
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
        Self { choice, begun: now, now, width, held: false, flying: Vec::new(), arrived: Vec::new(), failed: 0 }
    }

    fn one(&mut self, bytes: u64, meets: Meets<'_>) {
        while self.flying.len() < self.width {
            let (kind, id) = self.choice.takes_off(self.now, Cargo { bytes, free: true, held: self.held });
            let (takes, trouble) = meets(kind, self.now - self.begun);
            self.flying.push((self.now + takes, id, kind, trouble));
        }
        let next = (0..self.flying.len()).min_by_key(|at| self.flying[*at].0).expect("some fly");
        let (at, id, kind, trouble) = self.flying.swap_remove(next);
        self.now = at;
        match trouble {
            None => {
                self.choice.arrived(at, id, self.held);
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
fn what_a_limit_holds_back_says_nothing_of_a_way() {
    // From the start: nothing is found out, and what costs nothing is taken.
    let mut link = Link::new(4);
    link.held = true;
    let parts = link.send(100, &takes(1_000, 1_000));
    assert_eq!((count(&parts, Direct), link.why()), (100, (Direct, WayWhy::Measuring)));
    assert!(!link.choice.is_settled(), "nothing that another run could begin by");
    link.held = false;
    let faster = takes(100, 1_000);
    link.send(100, &faster);
    assert_eq!(link.why(), (Accelerated, WayWhy::Faster), "once it is lifted both are compared");
    // In the middle of a round: what flies then takes longer, and is no slower way.
    let mut link = Link::new(8);
    link.send(6, &takes(1_000, 1_050));
    link.held = true;
    link.send(8, &takes(1_000, 60_000));
    assert_eq!(link.why().1, WayWhy::Measuring);
    let mut link = Link::new(4);
    link.send(100, &faster);
    // Later, for longer than until the next look at the other: what was chosen stays.
    link.held = true;
    let parts = link.send(2_000, &takes(4_000, 4_000));
    assert_eq!((count(&parts, Accelerated), link.why()), (2_000, (Accelerated, WayWhy::Faster)));
    link.held = false;
    link.send(100, &faster);
    assert_eq!(link.why(), (Accelerated, WayWhy::Faster));
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
fn a_way_that_becomes_slower_is_compared_before_its_time_and_left() {
    for (chosen, before, after) in
        [(Accelerated, (1_000, 3_000), (10_000, 3_000)), (Direct, (3_000, 1_000), (3_000, 10_000))]
    {
        let mut link = Link::new(4);
        link.send(40, &takes(before.0, before.1));
        assert_eq!(link.why().0, chosen);
        let slowed = link.now;
        let meets = takes(after.0, after.1);
        while link.why().0 == chosen {
            link.send(1, &meets);
            assert!(link.now - slowed <= Duration::from_secs(90), "{chosen:?}");
        }
    }
}

#[test]
fn a_link_that_becomes_slower_is_no_reason_to_look_more_than_once() {
    let mut link = Link::new(4);
    link.send(40, &takes(1_000, 3_000));
    let begun = link.now;
    let parts = link.send(60, &takes(4_000, 12_000));
    assert!(link.now - begun < PAUSES.compare);
    assert!(count(&parts, Direct) <= 2 * GLANCE as usize, "{parts:?}");
    assert_eq!(link.why(), (Accelerated, WayWhy::Faster));
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
                if kind == blocked { (Duration::from_millis(5), Some(Trouble::Certain)) } else { (fast(kind), None) }
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
fn a_way_on_which_all_broke_is_taken_again_once_it_works() {
    let mut link = Link::new(4);
    let breaks = |kind, _| (Duration::from_secs(1), (kind == Accelerated).then_some(Trouble::Perhaps));
    link.send(200, &breaks);
    assert_eq!(link.why(), (Direct, WayWhy::OtherBlocked));
    // As long as it may be left alone, though the other is never quiet.
    let works = link.now;
    let meets = takes(300, 1_000);
    while link.why().0 == Direct {
        link.send(1, &meets);
        assert!(link.now - works <= PAUSES.blocked * 9, "it is never tried");
    }
    assert_eq!(link.why().0, Accelerated);
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
        let meets = takes(if kind == Accelerated { 500 } else { 2_000 }, if kind == Accelerated { 2_000 } else { 500 });
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
