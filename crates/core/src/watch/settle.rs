//! When a file is whole: it looked the same twice, long enough apart (rules W1 to W4). Pure: whoever looks brings the time.

use tokio::time::{Duration, Instant};

use crate::file::Stamp;

/// What still changes after so long is told as still being written, and waited for all the same (rule W2).
const TOLD_AFTER: Duration = Duration::from_secs(60 * 60);

/// A file that was seen and is not known to be whole.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    /// What it was when last looked at.
    is: Stamp,
    /// Since when it has looked so.
    since: Instant,
    /// When it was first seen.
    first: Instant,
}

/// What a look at a candidate says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Whole, as far as looking tells. Who takes it asks the system for writers as well.
    Ready,
    /// It may be whole then, and not before.
    Settling(Instant),
    /// The same, and it has changed for so long that a person is told.
    StillWritten(Instant),
}

impl Candidate {
    /// One that is seen for the first time, or under this name.
    pub const fn new(is: Stamp, now: Instant) -> Self {
        Self { is, since: now, first: now }
    }

    /// It looks like this now.
    pub fn look(&mut self, is: Stamp, now: Instant, settle: Duration) -> Look {
        if is != self.is {
            (self.is, self.since) = (is, now);
        }
        let whole_at = self.since + settle;
        if now >= whole_at {
            Look::Ready
        } else if self.since.duration_since(self.first) >= TOLD_AFTER {
            Look::StillWritten(whole_at)
        } else {
            Look::Settling(whole_at)
        }
    }

    /// Somebody has it open for writing: it settles anew from now on.
    pub const fn is_held(&mut self, is: Stamp, now: Instant) {
        (self.is, self.since) = (is, now);
    }

    /// Whether it has been written to for so long by then that a person is told.
    pub fn is_still_written(&self, now: Instant) -> bool {
        now.duration_since(self.first) >= TOLD_AFTER
    }

    /// What it was when last looked at.
    pub const fn is(&self) -> Stamp {
        self.is
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SETTLE: Duration = Duration::from_secs(10);

    const fn stamp(size: u64, mtime_ns: i64) -> Stamp {
        Stamp { size, mtime_ns, file: Some(7) }
    }

    /// W4.
    #[test]
    fn an_empty_file_is_ready_and_a_preallocated_one_whose_time_moves_is_not() {
        let now = Instant::now();
        let mut empty = Candidate::new(stamp(0, 1), now);
        assert_eq!(empty.look(stamp(0, 1), now + SETTLE, SETTLE), Look::Ready);
        let mut filled = Candidate::new(stamp(1 << 40, 1), now);
        let later = now + SETTLE;
        assert_eq!(filled.look(stamp(1 << 40, 2), later, SETTLE), Look::Settling(later + SETTLE));
    }

    /// W2.
    #[test]
    fn a_file_that_changes_for_an_hour_is_told_and_becomes_ready_all_the_same() {
        let start = Instant::now();
        let mut busy = Candidate::new(stamp(0, 0), start);
        for second in (5..3_600).step_by(5) {
            let now = start + Duration::from_secs(second);
            assert_eq!(busy.look(stamp(second, 0), now, SETTLE), Look::Settling(now + SETTLE));
        }
        let hour = start + TOLD_AFTER;
        assert_eq!(busy.look(stamp(3_600, 0), hour, SETTLE), Look::StillWritten(hour + SETTLE));
        assert_eq!(busy.look(stamp(3_600, 0), hour + SETTLE, SETTLE), Look::Ready);
        // Waiting long for one that does not change is not being written.
        let day = Duration::from_secs(24 * 60 * 60);
        let mut slow = Candidate::new(stamp(1, 1), start);
        assert_eq!(slow.look(stamp(1, 1), start + 2 * TOLD_AFTER, day), Look::Settling(start + day));
    }

    #[test]
    fn what_somebody_holds_settles_anew() {
        let start = Instant::now();
        let mut held = Candidate::new(stamp(1, 1), start);
        let later = start + SETTLE;
        assert_eq!(held.look(stamp(1, 1), later, SETTLE), Look::Ready);
        held.is_held(stamp(1, 1), later);
        assert!(!held.is_still_written(later) && held.is_still_written(start + TOLD_AFTER));
        assert_eq!(held.look(stamp(1, 1), later + SETTLE / 2, SETTLE), Look::Settling(later + SETTLE));
    }

    proptest! {
        /// W1: whatever is written and whenever it is looked at, a file is ready exactly when the last looks that were the
        /// same span the time to settle.
        #[test]
        fn a_file_is_ready_after_two_equal_looks_a_settle_apart(
            looks in proptest::collection::vec((1_u64..8_000, 0_u64..3, 0_i64..3), 1..40),
        ) {
            let start = Instant::now();
            let mut candidate = Candidate::new(stamp(0, 0), start);
            let mut told = vec![(stamp(0, 0), start)];
            let mut now = start;
            for (pause, size, mtime) in looks {
                now += Duration::from_millis(pause);
                told.push((stamp(size, mtime), now));
                let is = stamp(size, mtime);
                let since = told.iter().rev().take_while(|(was, _)| *was == is).last().map_or(now, |(_, at)| *at);
                let look = candidate.look(is, now, SETTLE);
                prop_assert_eq!(look == Look::Ready, now.duration_since(since) >= SETTLE);
                if let Look::Settling(next) = look {
                    prop_assert!(next > now && next == since + SETTLE);
                }
            }
        }
    }
}
