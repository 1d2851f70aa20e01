//! The end of an upload, when nothing is left to begin: one slow connection must not hold up all that is there already.
//! A part that needs much longer than the others did is sent a second time on another connection, in a place that nobody
//! wants; whichever arrives first counts. A part sent twice is the same part. One that is out waits for its answer: the
//! store most likely has it.

use std::collections::VecDeque;

use tokio::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

use super::pool::{Place, Pool};
use crate::error::Result;
use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sync::{Mutex, PoisonError};

/// A part that needs so many times what others needed is late.
const LATE: u32 = 3;
/// So many must have landed before anything is late, and as many as still fly: the first of many that share a link say nothing
/// of the last.
const TELLING: usize = 3;
/// Of so many that landed last it is kept what they needed: what the link was hours ago says nothing of it now. More than ever
/// fly.
const LATELY: usize = 256;
/// Whatever is done sooner is not worth a second request.
const SOON: Duration = Duration::from_secs(1);
/// So many are sent a second time at once: where all are slow it is the link, and what is sent twice makes it slower.
const AT_ONCE: usize = 1;
/// How often it is looked.
const LOOK: Duration = Duration::from_millis(100);

/// What the parts of one upload needed, and whether all of them have begun.
#[derive(Debug, Default)]
pub(super) struct Tail {
    begun: CancellationToken,
    took: Mutex<VecDeque<Duration>>,
    flying: AtomicUsize,
    /// How many are sent a second time.
    seconds: AtomicUsize,
}

/// One that is counted, until this is dropped.
struct Counted<'a>(&'a AtomicUsize);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Tail {
    /// Nothing is left to begin.
    pub(super) fn begins(&self) {
        self.begun.cancel();
    }

    /// Whether others will land after those that fly.
    pub(super) fn is_ahead(&self) -> bool {
        !self.begun.is_cancelled()
    }

    /// A part landed that was sent in so much time.
    pub(super) fn took(&self, time: Duration) {
        let mut took = self.took.lock().unwrap_or_else(PoisonError::into_inner);
        if took.len() == LATELY {
            took.pop_front();
        }
        took.push_back(time);
    }

    /// A place for a second try, once one that began then is late, not `out` yet, and nobody else wants the place; of those
    /// that are late the first.
    async fn late(&self, begun: Instant, pool: &Pool, out: impl Fn() -> bool) -> (Place, Counted<'_>) {
        self.begun.cancelled().await;
        loop {
            // What a limit holds back is not slow, and is not to be sent twice.
            if self.is_late(begun.elapsed())
                && !out()
                && !pool.is_held_back()
                && let Some(second) = self.second()
                && let Some(place) = pool.spare()
            {
                return (place, second);
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    fn second(&self) -> Option<Counted<'_>> {
        let one_more = |seconds: usize| (seconds < AT_ONCE).then_some(seconds + 1);
        self.seconds.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).ok().map(|_| Counted(&self.seconds))
    }

    fn is_late(&self, needs: Duration) -> bool {
        let mut took: Vec<_> = self.took.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect();
        let half = took.len() / 2;
        took.len() >= TELLING.max(self.flying.load(Ordering::Relaxed))
            && needs > SOON.max(*took.select_nth_unstable(half).1 * LATE)
    }

    /// Runs `first`, and `second` beside it once that is late and not `out` yet.
    ///
    /// # Errors
    /// That of `first`, where neither goes well.
    pub(super) async fn raced<T>(
        &self,
        pool: &Pool,
        out: impl Fn() -> bool,
        first: impl Future<Output = Result<T>>,
        second: impl AsyncFnOnce() -> Result<T>,
    ) -> Result<T> {
        let begun = Instant::now();
        self.flying.fetch_add(1, Ordering::Relaxed);
        let _flies = Counted(&self.flying);
        tokio::pin!(first);
        let _place = tokio::select! {
            biased;
            outcome = &mut first => {
                if outcome.is_ok() {
                    self.took(begun.elapsed());
                }
                return outcome;
            }
            place = self.late(begun, pool, out) => place,
        };
        tracing::debug!(late_ms = begun.elapsed().as_millis(), "a part is sent a second time beside the first");
        let second = second();
        tokio::pin!(second);
        tokio::select! {
            biased;
            outcome = &mut first => match outcome {
                Ok(answer) => Ok(answer),
                Err(error) => second.await.map_err(|_| error),
            },
            outcome = &mut second => match outcome {
                Ok(answer) => Ok(answer),
                Err(_) => first.await,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::error::{Error, ErrorCode};

    const USUAL: Duration = Duration::from_secs(2);

    fn tail() -> Tail {
        let tail = Tail::default();
        for _ in 0..TELLING {
            tail.took(USUAL);
        }
        tail
    }

    async fn after<T>(wait: Duration, outcome: Result<T>) -> Result<T> {
        tokio::time::sleep(wait).await;
        outcome
    }

    #[tokio::test(start_paused = true)]
    async fn a_part_that_hangs_at_the_end_is_there_by_a_second_try() {
        let (tail, pool, begun) = (tail(), Pool::new(Some(2), Arc::default()), Instant::now());
        let _own = pool.to_send().await.expect("a place");
        tail.begins();
        let raced =
            tail.raced(&pool, || false, std::future::pending(), async || after(USUAL, Ok("second")).await).await;
        assert_eq!(raced.expect("there"), "second");
        let took = begun.elapsed();
        assert!(took > USUAL * LATE && took < USUAL * (LATE + 2), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_others_wait_for_is_not_spent_on_a_second_try() {
        let (tail, pool) = (tail(), Pool::new(Some(1), Arc::default()));
        let _own = pool.to_send().await.expect("a place");
        tail.begins();
        let second = async || unreachable!("no place is free");
        let raced = tail.raced(&pool, || false, after(USUAL * 10, Ok("first")), second).await;
        assert_eq!(raced.expect("there"), "first");
    }

    /// The link became slow, or somebody else's turn came: eight parts sent twice would take twice as long.
    #[tokio::test(start_paused = true)]
    async fn where_all_are_late_one_is_sent_twice_at_a_time() {
        let (tail, pool) = (Tail::default(), Pool::new(Some(64), Arc::default()));
        (0..16).for_each(|_| tail.took(USUAL));
        tail.begins();
        let (flying, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let all = (0..8).map(|_| {
            let second = async || {
                most.fetch_max(flying.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
                let outcome = after(USUAL * 2, Ok("second")).await;
                flying.fetch_sub(1, Ordering::Relaxed);
                outcome
            };
            tail.raced(&pool, || false, after(USUAL * 30, Ok("first")), second)
        });
        futures::future::try_join_all(all).await.expect("there");
        assert_eq!(most.into_inner(), AT_ONCE);
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_limit_holds_back_is_not_sent_twice() {
        let tap = Arc::<crate::s3::Tap>::default();
        tap.set(Some(crate::units::ByteRate(1 << 20)));
        let (tail, pool) = (tail(), Pool::new(Some(2), tap));
        tail.begins();
        let second = async || unreachable!("it is the limit that is slow");
        let raced = tail.raced(&pool, || false, after(USUAL * 10, Ok("first")), second).await;
        assert_eq!(raced.expect("there"), "first");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_out_waits_for_its_answer() {
        let (tail, pool) = (tail(), Pool::new(Some(2), Arc::default()));
        tail.begins();
        let second = async || unreachable!("the store has it");
        let raced = tail.raced(&pool, || true, after(USUAL * 10, Ok("first")), second).await;
        assert_eq!(raced.expect("there"), "first");
    }

    #[test]
    fn others_are_ahead_until_nothing_is_left_to_begin() {
        let tail = Tail::default();
        assert!(tail.is_ahead());
        tail.begins();
        assert!(!tail.is_ahead());
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_late_while_there_is_more_to_begin() {
        let (tail, pool) = (tail(), Pool::new(Some(2), Arc::default()));
        let second = async || unreachable!("not the end");
        let raced = tail.raced(&pool, || false, after(USUAL * 10, Ok("first")), second).await;
        assert_eq!(raced.expect("there"), "first");
    }

    #[tokio::test(start_paused = true)]
    async fn the_one_that_fails_leaves_it_to_the_other() {
        let (tail, pool) = (tail(), Pool::new(Some(4), Arc::default()));
        tail.begins();
        let fails = || Err(Error::new(ErrorCode::Offline));
        let late = USUAL * (LATE + 2);
        let second = async || after(USUAL * 4, Ok("second")).await;
        assert_eq!(tail.raced(&pool, || false, after(late, fails()), second).await.expect("there"), "second");
        let second = async || after(USUAL, fails()).await;
        assert_eq!(tail.raced(&pool, || false, after(late * 2, Ok("first")), second).await.expect("there"), "first");
        let second = async || after(USUAL, Err(Error::new(ErrorCode::StorageBusy))).await;
        let error = tail.raced(&pool, || false, after(late * 2, fails()), second).await.expect_err("neither");
        assert_eq!(error.code, ErrorCode::Offline);
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_of_many_that_share_a_link_say_nothing_of_the_last() {
        let (tail, pool) = (tail(), Pool::new(Some(64), Arc::default()));
        tail.begins();
        let slow = (0..=TELLING).map(|_| {
            let second = async || unreachable!("as many land as fly, and they do so late");
            tail.raced(&pool, || false, after(USUAL * 10, Ok("first")), second)
        });
        futures::future::try_join_all(slow).await.expect("there");
    }

    #[test]
    fn what_the_link_was_long_ago_says_nothing_of_now() {
        let tail = tail();
        for _ in 0..4 * LATELY {
            tail.took(USUAL * 10);
        }
        assert!(!tail.is_late(USUAL * 10 * LATE));
        for _ in 0..LATELY {
            tail.took(USUAL);
        }
        assert!(tail.is_late(USUAL * 10 * LATE));
        assert_eq!(tail.took.lock().expect("kept").len(), LATELY);
    }

    #[test]
    fn two_parts_say_nothing_of_a_third() {
        let tail = Tail::default();
        tail.took(USUAL);
        tail.took(USUAL);
        assert!(!tail.is_late(USUAL * 100));
    }
}
