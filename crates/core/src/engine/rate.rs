//! Speeds from a count that grows: means over ten and sixty seconds, as the design wants them.

use std::collections::VecDeque;

use tokio::time::{Duration, Instant};

use crate::units::{ByteCount, ByteRate};

const SHORT: Duration = Duration::from_secs(10);
const LONG: Duration = Duration::from_secs(60);
/// Time left is first told after this long.
const SETTLED: Duration = Duration::from_secs(10);
const STEP: Duration = Duration::from_millis(500);

/// Samples of a growing count.
#[derive(Debug, Default)]
pub(super) struct Meter {
    /// When, and the sum of all growth until then. Shrinking counts as no growth.
    samples: VecDeque<(Instant, u64)>,
    last: u64,
    grown: u64,
}

impl Meter {
    /// Takes the count at this moment.
    pub(super) fn sample(&mut self, now: Instant, count: ByteCount) {
        if self.samples.is_empty() {
            self.last = count.get();
        }
        self.grown += count.get().saturating_sub(self.last);
        self.last = count.get();
        if self.samples.back().is_none_or(|(at, _)| now.duration_since(*at) >= STEP) {
            self.samples.push_back((now, self.grown));
        }
        while self.samples.len() > 2 && now.duration_since(self.samples[1].0) > LONG {
            self.samples.pop_front();
        }
    }

    /// Nothing runs: forget the past, so that the next start is not taken for a slow stretch.
    pub(super) fn rest(&mut self) {
        self.samples.clear();
    }

    /// Mean of the last ten seconds.
    pub(super) fn speed(&self, now: Instant) -> ByteRate {
        ByteRate(self.mean_over(now, SHORT))
    }

    /// Mean of a minute, once it is settled: what time left is told by.
    pub(super) fn mean(&self, now: Instant) -> Option<ByteRate> {
        let (first, _) = self.samples.front()?;
        let settled = now.duration_since(*first) >= SETTLED;
        settled.then(|| ByteRate(self.mean_over(now, LONG)))
    }

    fn mean_over(&self, now: Instant, over: Duration) -> u64 {
        let Some((at, grown)) = self.samples.iter().find(|(at, _)| now.duration_since(*at) <= over) else { return 0 };
        let millis = u64::try_from(now.duration_since(*at).as_millis()).unwrap_or(u64::MAX).max(500);
        (self.grown - grown).saturating_mul(1_000) / millis
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn speed_is_the_mean_of_ten_seconds_and_time_left_is_of_sixty_and_comes_after_ten() {
        let mut meter = Meter::default();
        let start = Instant::now();
        // A minute and a half at a megabyte a second, then ten seconds at three.
        for second in 0..=100u64 {
            let at = start + Duration::from_secs(second);
            meter.sample(at, ByteCount((second + 2 * second.saturating_sub(90)) * 1_000_000));
            match second {
                9 => assert_eq!(meter.mean(at), None),
                10..=90 => assert_eq!((meter.speed(at).0, meter.mean(at)), (1_000_000, Some(ByteRate(1_000_000)))),
                _ => {}
            }
        }
        let now = start + Duration::from_secs(100);
        assert_eq!(meter.speed(now), ByteRate(3_000_000));
        let mean = meter.mean(now).expect("known").0;
        assert!((1_300_000..=1_370_000).contains(&mean), "50 s of one and 10 s of three: {mean}");
    }
}
