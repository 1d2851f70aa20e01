//! Notices requests that hang, without mistaking slow ones for dead ones.
//!
//! What moves a body is what its connection takes, and what the other side acknowledges (`Watch::look`): a link may be as
//! slow as it likes. A body that does not move is dead after [`STALL`]. After the last frame an answer must come within
//! [`ANSWER`] of the last byte that moved, and a little later where bytes may still be on their way. Where others get
//! through meanwhile, a part that does not is noticed after [`QUICK`]: it is compared with whole bodies that began later
//! and were answered, never with a clock alone. A request that hangs is dropped; its connection goes with it. What others
//! show is in `pace`. A body that waits for its turn at the `tap` is no body that hangs, unless nothing of what was taken of
//! it before is acknowledged for [`STALL`].
//!
//! After something hung, `lifesign` asks whether the store can be reached at all; once it can, whoever began before that
//! and stands still begins again. Where all stand still together it asks before anything hung: see `still`.

use std::sync::Arc;

use tokio::time::{Duration, Instant};

use super::pace::Pace;
use super::watch::{Progress, Told, Watch};
use crate::error::{Done, Error, ErrorCode, Result};
use crate::units::UnixTime;

const STALL: Duration = Duration::from_secs(20);
/// The part of it that what is taken at once needs at most, before it adds to it.
const ALLOWED: Duration = Duration::from_secs(5);
const ANSWER: Duration = Duration::from_secs(18);
/// A body that stands still for this long is dead where others move, or a life sign is answered and nothing else.
const QUICK: Duration = Duration::from_secs(8);
/// After the computer slept, when connections are mostly dead and look alive.
const AWAKE: Duration = Duration::from_secs(5);
/// A forward jump of the clock against the steady one by this much is a sleep.
const SLEPT: u64 = 10;
/// The system takes more of a body once this much of its buffer is sent, on links that are slow.
const GULP: u64 = 160 << 10;
/// How often it is looked.
const LOOK: Duration = Duration::from_secs(1);
/// Requests without a body of note.
pub(super) const SHORT: Duration = Duration::from_secs(25);

/// How long putting so many parts together may take in silence. Ten thousand may take minutes. Source: S3 API reference,
/// CompleteMultipartUpload.
pub(super) fn complete_within(parts: usize) -> Duration {
    SHORT + Duration::from_millis(30) * u32::try_from(parts).unwrap_or(u32::MAX)
}

/// Whether a request that was perhaps answered can be sent again without a thought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    /// A part: the same once more changes nothing.
    Free,
    /// A whole object: whose the name then is may be unclear.
    Costly,
}

/// Why a request is taken for dead, if it is.
fn verdict(
    pace: &Arc<Pace>,
    begun: Instant,
    now: Progress,
    len: u64,
    again: Again,
    told: Told,
) -> Option<&'static str> {
    let silence = now.moved.elapsed();
    // Where all of it arrived, the answer may take its time, if answers do here.
    let may_be_answered = told == Told::Arrived && now.ended && !pace.is_missing(silence);
    if pace.missed(now.moved) && (!may_be_answered || pace.came_back(now.moved)) {
        return Some("there is a way again, and nothing of this one moved");
    }
    if (again == Again::Free || !now.ended) && silence >= QUICK && pace.overtook(now.moved, len) {
        return Some("others got through, nothing of this one moved");
    }
    let is_under_way = match told {
        Told::Nothing => false,
        Told::Waits => true,
        Told::Arrived => !now.ended || (again == Again::Free && !may_be_answered),
    };
    let may = is_under_way && pace.may_be_hurried(begun);
    if may && pace.still().looks(now.moved) {
        pace.ask();
    }
    if may && silence >= QUICK && pace.still().shows_a_way(now.moved) {
        return Some("there is a way, and nothing of any moved");
    }
    let told = told != Told::Nothing;
    let (limit, what) = if now.ended {
        let way = pace.emptied(len, now.moved.duration_since(begun));
        (ANSWER + pace.later(way, told), "no answer after the last byte")
    } else {
        let gulp = pace.taken_at_once(now.frame) + GULP.min(len);
        let way = if told { Duration::ZERO } else { pace.time_for(gulp).saturating_sub(ALLOWED) };
        (STALL + pace.later(way, told), "no byte was taken")
    };
    (silence >= limit).then_some(what)
}

/// Notices that the computer slept: the steady clock stood still meanwhile.
#[derive(Clone, Copy, Debug)]
struct Nap {
    here: UnixTime,
    at: Instant,
}

impl Nap {
    fn look(&mut self, here: UnixTime, at: Instant) -> bool {
        let steady = at.duration_since(self.at).as_secs();
        let slept = here.0.saturating_sub(self.here.0) >= steady + SLEPT;
        *self = Self { here, at };
        slept
    }
}

/// Runs a request with a body under watch.
pub(super) async fn watched<T>(request: impl Future<Output = T>, watch: &Watch, len: u64, again: Again) -> Result<T> {
    let pace: Arc<Pace> = watch.pace();
    let begun = Instant::now();
    let (mut nap, mut awake) = (Nap { here: UnixTime::now(), at: begun }, None);
    tokio::pin!(request);
    loop {
        tokio::select! {
            biased;
            answer = &mut request => {
                let now = watch.progress();
                if now.ended {
                    pace.saw(len, begun, now.moved.elapsed(), watch.waited());
                }
                return Ok(answer);
            }
            () = tokio::time::sleep(LOOK) => {}
        }
        if watch.look() {
            pace.moves();
        }
        // How long a drive may say nothing is not the network's matter.
        if watch.is_reading() {
            continue;
        }
        // Who waits for a turn at the tap cannot move. What it took before can.
        let stuck = watch.is_held().then(|| watch.stands_still());
        if stuck.is_some_and(|since| since < STALL) {
            continue;
        }
        let now = watch.progress();
        if nap.look(UnixTime::now(), Instant::now()) {
            awake = Some(Instant::now());
        }
        let dead = awake.is_some_and(|awake: Instant| awake > now.moved && awake.elapsed() >= AWAKE);
        let verdict = if stuck.is_some() {
            Some("nothing of what was taken got through")
        } else if dead {
            Some("nothing came after a sleep")
        } else {
            verdict(&pace, begun, now, len, again, watch.told())
        };
        if let Some(what) = verdict {
            pace.stalled(begun);
            let silence = stuck.unwrap_or_else(|| now.moved.elapsed()).as_secs();
            tracing::info!(silence_s = silence, "{what}");
            return Err(Error::new(ErrorCode::Offline).detail(format!("{what} for {silence} s")));
        }
    }
}

/// Runs a request without a body of note: it is answered within `limit`, or has hung.
pub(super) async fn within<T>(limit: Duration, pace: &Pace, request: impl Future<Output = T>) -> Result<T> {
    let begun = Instant::now();
    bounded(limit, pace, request, || begun).await
}

/// Runs a request whose answer may take long and shows that it is coming: every byte of it counts.
pub(super) async fn heard<T>(limit: Duration, watch: &Watch, request: impl Future<Output = T>) -> Result<T> {
    bounded(limit, &watch.pace(), request, || watch.progress().moved).await
}

async fn bounded<T>(
    limit: Duration,
    pace: &Pace,
    request: impl Future<Output = T>,
    moved: impl Fn() -> Instant,
) -> Result<T> {
    let begun = Instant::now();
    tokio::pin!(request);
    loop {
        tokio::select! {
            biased;
            answer = &mut request => {
                pace.answered();
                return Ok(answer);
            }
            () = tokio::time::sleep(LOOK.min(limit)) => {}
        }
        let moved = moved();
        if moved.elapsed() >= limit || pace.missed(moved) {
            pace.stalled(begun);
            let silence = moved.elapsed().as_secs();
            return Err(Error::new(ErrorCode::Offline)
                .detail(format!("no answer for {silence} s"))
                .done(Done::Unanswered));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::pace::OFTEN;
    use super::*;

    const PART: u64 = 8 << 20;

    fn hung() -> std::future::Pending<()> {
        std::future::pending()
    }

    /// A connection that takes something every `pause`.
    async fn moves(watch: &Watch, pause: Duration, times: u32) {
        for _ in 0..times {
            tokio::time::sleep(pause).await;
            watch.moves(false);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_hangs_is_given_up_within_half_a_minute() {
        for known in [true, false] {
            for out in [true, false] {
                let (pace, begun) = (Arc::<Pace>::default(), Instant::now());
                if known {
                    tokio::time::advance(Duration::from_secs(1)).await;
                    pace.saw(PART, begun, Duration::ZERO, Duration::ZERO);
                }
                let watch = Watch::new(Arc::clone(&pace));
                watch.moves(out);
                let error = watched(hung(), &watch, PART, Again::Costly).await.expect_err("hung");
                assert_eq!(error.code, ErrorCode::Offline);
                assert!(begun.elapsed() <= Duration::from_secs(30), "{out} {:?}", begun.elapsed());
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_is_missing_since_there_was_no_way_is_given_up_soon_after_the_way_is_back() {
        let seconds = |n| tokio::time::advance(Duration::from_secs(n));
        // Asked before the last life sign that was not answered, and between that and the first that was.
        for (was_gone, before) in [(true, 5), (true, 0), (false, 5)] {
            let pace = Arc::<Pace>::default();
            seconds(5 - before).await;
            let begun = Instant::now();
            let given_up = || {
                let sent = Progress { moved: begun, ended: true, frame: 0 };
                verdict(&pace, begun, sent, PART, Again::Costly, Told::Arrived).is_some()
            };
            seconds(before).await;
            if was_gone {
                pace.hears_nothing();
            }
            seconds(1).await;
            pace.lives(Instant::now());
            seconds(2).await;
            assert!(!given_up(), "it may be on its way");
            seconds(2).await;
            assert_eq!(given_up(), was_gone, "a store may think for longer");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_part_that_stands_still_while_others_move_is_noticed_within_ten_seconds() {
        for out in [true, false] {
            let (pace, begun) = (Arc::<Pace>::default(), Instant::now());
            let stuck = Watch::new(Arc::clone(&pace));
            stuck.moves(out);
            let others = async {
                for _ in 0..100 {
                    let watch = Watch::new(Arc::clone(&pace));
                    let send = async {
                        moves(&watch, Duration::from_millis(125), 7).await;
                        watch.moves(true);
                    };
                    watched(send, &watch, PART, Again::Free).await.expect("answered");
                }
            };
            tokio::select! {
                outcome = watched(hung(), &stuck, PART, Again::Free) => { outcome.expect_err("stands still"); }
                () = others => unreachable!("it was not noticed"),
            }
            assert!(begun.elapsed() <= Duration::from_secs(10), "{out} {:?}", begun.elapsed());
        }
    }

    /// 128 kbit/s for half an hour, shared by four, in gulps as large as the HTTP client makes them.
    #[tokio::test(start_paused = true)]
    async fn a_slow_link_that_moves_is_never_taken_for_a_dead_one() {
        let pace = Arc::<Pace>::default();
        let gulp = pace.taken_at_once(0);
        let each = |n: u64| {
            let pace = Arc::clone(&pace);
            async move {
                let watch = Watch::new(pace);
                // One of them gets much less than the others.
                let pause = Duration::from_millis(gulp * 1_000 * 4 / (16 << 10) + if n == 0 { 4_000 } else { 0 });
                let times = u32::try_from(1_800_000 / pause.as_millis()).unwrap_or(0);
                let send = async {
                    moves(&watch, pause, times).await;
                    watch.moves(true);
                    // What the system buffered is on its way still.
                    tokio::time::sleep(Duration::from_secs(20)).await;
                };
                watched(send, &watch, PART, Again::Free).await
            }
        };
        for outcome in futures::future::join_all((0..4).map(each)).await {
            outcome.expect("no stall");
        }
    }

    /// Whatever the size: what fits the system's buffers is gone at once, and nobody knows when it is there.
    #[tokio::test(start_paused = true)]
    async fn a_body_of_any_size_that_is_out_and_not_answered_is_given_up_within_half_a_minute() {
        for len in [1, 1 << 10, 100 << 10, 1 << 20, 3 << 20, 4 << 20, 5 << 20, 64 << 20] {
            let pace = Arc::<Pace>::default();
            for _ in 0..OFTEN {
                let (watch, begun) = (Watch::new(Arc::clone(&pace)), Instant::now());
                watch.moves(true);
                watched(hung(), &watch, len, Again::Costly).await.expect_err("hung");
                assert!(begun.elapsed() <= Duration::from_secs(30), "{len} {:?}", begun.elapsed());
            }
        }
    }

    /// A proxy that takes a body whole and passes it on for two minutes.
    #[tokio::test(start_paused = true)]
    async fn what_hangs_again_and_again_is_given_the_time_that_it_needs() {
        let pace = Arc::<Pace>::default();
        for _ in 0..10 {
            let watch = Watch::new(Arc::clone(&pace));
            watch.moves(true);
            let slow = tokio::time::sleep(Duration::from_secs(120));
            if watched(slow, &watch, PART, Again::Free).await.is_ok() {
                return;
            }
        }
        panic!("never answered");
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_shows_that_it_is_coming_is_waited_for_and_one_that_does_not_is_not() {
        let watch = Watch::new(Arc::default());
        let slow = async {
            moves(&watch, Duration::from_secs(10), 60).await;
        };
        heard(SHORT, &watch, slow).await.expect("it was coming");
        let begun = Instant::now();
        heard(SHORT, &watch, hung()).await.expect_err("silent");
        assert!(begun.elapsed() <= SHORT + LOOK);
    }

    #[tokio::test(start_paused = true)]
    async fn who_stands_still_begins_again_once_there_is_a_way() {
        let pace = Arc::<Pace>::default();
        within(SHORT, &pace, hung()).await.expect_err("hung");
        assert!(pace.in_doubt());
        let begun = Instant::now();
        let watch = Watch::new(Arc::clone(&pace));
        let returns = async {
            tokio::time::sleep(Duration::from_secs(5)).await;
            pace.lives(Instant::now());
        };
        let body = watched(hung(), &watch, PART, Again::Costly);
        let (body, other, ()) = tokio::join!(body, within(SHORT, &pace, hung()), returns);
        body.expect_err("dropped");
        other.expect_err("dropped");
        assert!(begun.elapsed() <= Duration::from_secs(7), "{:?}", begun.elapsed());
        // Who begins after it is not hurried.
        let watch = Watch::new(Arc::clone(&pace));
        watch.moves(true);
        watched(tokio::time::sleep(Duration::from_secs(15)), &watch, PART, Again::Free).await.expect("an answer");
        assert!(!pace.in_doubt() || watch.progress().ended);
    }

    #[tokio::test(start_paused = true)]
    async fn what_hangs_together_makes_the_next_wait_longer_once_and_never_for_hours() {
        let pace = Arc::<Pace>::default();
        let mut longest = Duration::ZERO;
        for _ in 0..10 {
            let begun = Instant::now();
            let all = (0..16).map(|_| {
                let watch = Watch::new(Arc::clone(&pace));
                watch.moves(true);
                async move { watched(hung(), &watch, PART, Again::Free).await }
            });
            futures::future::join_all(all).await;
            longest = longest.max(begun.elapsed());
        }
        assert!(longest <= Duration::from_secs(175), "{longest:?}");
    }

    #[test]
    fn a_clock_that_runs_ahead_of_the_steady_one_is_a_sleep() {
        let (here, at) = (UnixTime(1_000), Instant::now());
        let mut nap = Nap { here, at };
        assert!(!nap.look(UnixTime(1_002), at + Duration::from_secs(1)));
        assert!(!nap.look(UnixTime(500), at + Duration::from_secs(2)), "set back");
        assert!(nap.look(UnixTime(4_100), at + Duration::from_secs(3)));
        assert!(!nap.look(UnixTime(4_101), at + Duration::from_secs(4)), "told once");
    }

    #[test]
    fn a_complete_of_few_parts_is_missed_soon_and_one_of_many_late() {
        assert!(complete_within(100) <= Duration::from_secs(30));
        assert!(complete_within(10_000) >= Duration::from_secs(300));
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_takes_its_time_is_waited_for() {
        let watch = Watch::new(Arc::default());
        let slow = tokio::time::sleep(Duration::from_secs(17));
        watched(slow, &watch, PART, Again::Free).await.expect("an answer");
    }

    /// A limit of a frame an hour, whatever the pace was before.
    #[tokio::test(start_paused = true)]
    async fn a_body_that_waits_for_its_turn_is_not_hung_until_what_was_taken_of_it_stands_still() {
        for waits in [false, true] {
            let (watch, begun) = (Watch::new(Arc::default()), Instant::now());
            watch.waits_for_its_turn(true);
            watch.is_told_of(waits);
            let held = tokio::time::timeout(Duration::from_secs(3_600), watched(hung(), &watch, PART, Again::Free));
            match held.await {
                Ok(outcome) => {
                    outcome.expect_err("hung");
                    assert!(waits && begun.elapsed() <= Duration::from_secs(30), "{:?}", begun.elapsed());
                }
                Err(_) => assert!(!waits, "nothing was acknowledged for an hour"),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_pace_of_a_limit_is_not_taken_for_that_of_the_link() {
        let pace = Arc::<Pace>::default();
        pace.saw(PART, Instant::now(), Duration::ZERO, Duration::ZERO);
        let frame = pace.frame();
        let watch = Watch::new(Arc::clone(&pace));
        let send = async {
            watch.waits_for_its_turn(true);
            tokio::time::sleep(Duration::from_secs(600)).await;
            watch.waits_for_its_turn(false);
            watch.moves(true);
        };
        watched(send, &watch, PART, Again::Free).await.expect("answered");
        assert_eq!(pace.frame(), frame);
    }
}
