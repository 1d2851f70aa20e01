//! When all stand still at once: the way died without a word, or it is slow.
//!
//! Which of both, a life sign tells, asked on a connection of its own once nothing of any body was acknowledged for
//! [`ALL_STILL`]. One that is answered quickly, twice, while still nothing moves, is no sign of a slow link: there
//! something moves, and a question takes its time as everything does. What stands still then begins again.

use tokio::time::{Duration, Instant};

/// Doubt begins when nothing moved for this long.
const ALL_STILL: Duration = Duration::from_secs(4);
/// Slower answers say nothing: with 600 ms to and fro, the connection alone takes as long.
const QUICKLY: Duration = Duration::from_secs(1);
/// Whoever stands still looks every second; one that was not seen for longer is gone.
const SEEN: Duration = Duration::from_secs(3);

/// What all bodies in flight show together of whether anything moves.
#[derive(Debug, Default)]
pub(super) struct Stillness {
    /// When something of a body was last acknowledged.
    moved: Option<Instant>,
    /// When a body was last seen that stands still as all do, and since when.
    seen: Option<(Instant, Instant)>,
    /// When the last questions began that were answered quickly, one after the other; the later first.
    quick: [Option<Instant>; 2],
}

impl Stillness {
    /// Something of a body was acknowledged.
    pub(super) fn moves(&mut self) {
        self.moved = Some(Instant::now());
    }

    /// A body that last moved then is looked at. Answers whether there is doubt.
    pub(super) fn looks(&mut self, moved: Instant) -> bool {
        let since = self.moved.map_or(moved, |all| all.max(moved));
        if since.elapsed() >= ALL_STILL {
            self.seen = Some((Instant::now(), since));
        }
        self.is_in_doubt()
    }

    /// Whether all stand still, and nobody knows yet whether there is a way.
    pub(super) fn is_in_doubt(&self) -> bool {
        self.seen.is_some_and(|(seen, since)| seen.elapsed() < SEEN && !self.shows_a_way(since))
    }

    /// A life sign that was asked for then was answered.
    pub(super) fn answered(&mut self, began: Instant) {
        let [last, _] = self.quick;
        self.quick = if began.elapsed() <= QUICKLY { [Some(began), last] } else { [None; 2] };
    }

    /// A life sign was not answered.
    pub(super) fn unanswered(&mut self) {
        self.quick = [None; 2];
    }

    /// Whether there is a way, and nothing of any body moved since it was asked for.
    pub(super) fn shows_a_way(&self, moved: Instant) -> bool {
        let [_, first] = self.quick;
        first > Some(moved) && first > self.moved
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::lifesign::until_heard;
    use super::super::pace::Pace;
    use super::super::watch::Watch;
    use super::super::watchdog::{Again, watched};
    use super::*;
    use crate::error::Result;

    const PART: u64 = 8 << 20;
    const NEVER: Duration = Duration::from_secs(86_400);
    const AT_ONCE: Duration = Duration::from_millis(150);

    /// Answers life signs after `takes`, from `back` on.
    async fn answers(pace: &Arc<Pace>, back: Instant, takes: Duration) {
        let asked = || async move {
            tokio::time::sleep_until(back.min(Instant::now() + Duration::from_secs(3))).await;
            let answered = Instant::now() >= back && takes <= Duration::from_secs(3);
            tokio::time::sleep(takes.min(Duration::from_secs(3))).await;
            answered
        };
        loop {
            until_heard(&Arc::downgrade(pace), asked).await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// A body of which nothing moves after the first frame. Answers how long it was waited for.
    async fn hangs(pace: &Arc<Pace>) -> Duration {
        hangs_after(pace, false).await
    }

    /// The same after the first or the `last` frame, of which something waits in the system's buffers.
    async fn hangs_after(pace: &Arc<Pace>, last: bool) -> Duration {
        let (watch, begun) = (Watch::new(Arc::clone(pace)), Instant::now());
        watch.is_told_of(true);
        watch.moves(last);
        let outcome: Result<()> = watched(std::future::pending(), &watch, PART, Again::Costly).await;
        outcome.expect_err("hung");
        begun.elapsed()
    }

    async fn hangs_while<T>(pace: &Arc<Pace>, meanwhile: impl Future<Output = T>) -> Duration {
        tokio::select! {
            waited = hangs(pace) => waited,
            _ = meanwhile => unreachable!("it has no end"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_stands_still_while_a_life_sign_is_answered_at_once_begins_again_within_ten_seconds() {
        for back in [0, 3, 5].map(Duration::from_secs) {
            let (pace, begun) = (Arc::<Pace>::default(), Instant::now());
            let all = futures::future::join_all((0..8).map(|nth| hangs_after(&pace, nth % 2 == 0)));
            tokio::select! {
                all = all => {
                    for waited in all {
                        assert!(waited >= Duration::from_secs(8) && waited <= Duration::from_secs(10), "{back:?} {waited:?}");
                    }
                }
                () = answers(&pace, begun + back, AT_ONCE) => unreachable!("it has no end"),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_stands_still_on_a_link_whose_life_signs_take_their_time_is_not_hurried() {
        // No answer at all, and what 600 ms to and fro make of it: a connection, and a request.
        for takes in [NEVER, Duration::from_millis(1_200)] {
            let pace = Arc::<Pace>::default();
            let waited = hangs_while(&pace, answers(&pace, Instant::now(), takes)).await;
            assert!(waited >= Duration::from_secs(20), "{takes:?}: {waited:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_stands_still_where_anything_moves_is_not_hurried() {
        let pace = Arc::<Pace>::default();
        let moves = async {
            loop {
                tokio::time::sleep(Duration::from_millis(3_500)).await;
                pace.moves();
            }
        };
        let both = async { tokio::join!(moves, answers(&pace, Instant::now(), AT_ONCE)) };
        let waited = hangs_while(&pace, both).await;
        assert!(waited >= Duration::from_secs(20), "{waited:?}");
    }

    /// The other side may be what stands still; it is not asked for the same again and again.
    #[tokio::test(start_paused = true)]
    async fn what_stands_still_again_on_the_new_way_is_not_hurried() {
        let pace = Arc::<Pace>::default();
        let first = hangs_while(&pace, answers(&pace, Instant::now(), AT_ONCE)).await;
        assert!(first <= Duration::from_secs(10), "{first:?}");
        let second = hangs_while(&pace, answers(&pace, Instant::now() + NEVER, AT_ONCE)).await;
        assert!(second >= Duration::from_secs(20), "{second:?}");
    }

    /// A part that arrived whole. Answers what came of it, and how long it was waited for.
    async fn arrived(pace: &Arc<Pace>, answer: Duration) -> (Result<()>, Duration) {
        let (watch, begun) = (Watch::new(Arc::clone(pace)), Instant::now());
        watch.is_told_of(false);
        watch.moves(true);
        let outcome = watched(tokio::time::sleep(answer), &watch, PART, Again::Free).await;
        (outcome, begun.elapsed())
    }

    /// The same while life signs are answered at once.
    async fn arrived_on_a_way(pace: &Arc<Pace>, answer: Duration) -> (Result<()>, Duration) {
        tokio::select! {
            came = arrived(pace, answer) => came,
            () = answers(pace, Instant::now(), AT_ONCE) => unreachable!("it has no end"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_takes_its_time_is_waited_for_however_quick_life_signs_are() {
        let pace = Arc::<Pace>::default();
        arrived_on_a_way(&pace, Duration::from_secs(17)).await.0.expect("an answer");
        // What takes bodies whole and passes them on does so with each.
        for _ in 0..3 {
            arrived_on_a_way(&pace, Duration::from_secs(6)).await.0.expect("an answer");
        }
        arrived_on_a_way(&pace, Duration::from_secs(17)).await.0.expect("an answer");
    }

    /// Four parts at a time, and something on the way that takes them at once and needs minutes to pass them on.
    #[tokio::test(start_paused = true)]
    async fn a_way_that_takes_bodies_whole_and_passes_them_on_slowly_is_learned_once() {
        for takes in [60, 100].map(Duration::from_secs) {
            let (pace, parts) = (Arc::<Pace>::default(), 10);
            let in_vain = std::cell::Cell::new(0);
            let send = async || {
                for _ in 0..parts {
                    while arrived(&pace, takes).await.0.is_err() {
                        in_vain.set(in_vain.get() + 1);
                    }
                }
            };
            let all = futures::future::join_all((0..4).map(|_| send()));
            tokio::select! {
                _ = all => {}
                () = answers(&pace, Instant::now(), AT_ONCE) => unreachable!("it has no end"),
            }
            assert!(in_vain.get() <= 4 * 5, "{takes:?}: {}", in_vain.get());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_is_missing_where_all_came_at_once_is_missed_within_ten_seconds() {
        for usually in [AT_ONCE, Duration::from_secs(2)] {
            missed_where_answers_come_after(usually).await;
        }
    }

    async fn missed_where_answers_come_after(usually: Duration) {
        let pace = Arc::<Pace>::default();
        for _ in 0..3 {
            arrived_on_a_way(&pace, usually).await.0.expect("an answer");
        }
        let (outcome, waited) = arrived_on_a_way(&pace, NEVER).await;
        outcome.expect_err("missed");
        assert!(waited <= Duration::from_secs(10), "{waited:?}");
        // Once: it may be the other side that stands still.
        let (outcome, waited) = arrived(&pace, NEVER).await;
        outcome.expect_err("missed");
        assert!(waited >= Duration::from_secs(18), "{waited:?}");
    }
}
