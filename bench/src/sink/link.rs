//! How fast bytes may come: for each connection, for all of them, and what an answer's way costs in time.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What lies between a client and the sink. The default is loopback as it is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Link {
    /// Bytes per second of each connection.
    pub(crate) each: Option<u64>,
    /// Bytes per second of all, from so long after the first request on; the first entry counts from the start.
    pub(crate) all: Vec<(Duration, u64)>,
    /// What each connect and each answer waits.
    pub(crate) latency: Duration,
    /// `SO_RCVBUF`, in bytes.
    pub(crate) receive_buffer: Option<usize>,
}

impl Link {
    /// How much is read at a time: little where it is counted.
    pub(super) fn step(&self) -> usize {
        if self.each.is_some() || !self.all.is_empty() { 32 << 10 } else { usize::MAX }
    }
}

/// A thread wakes later than it asked for; so much of that is made up for.
const CREDIT: Duration = Duration::from_millis(20);

/// When bytes are through: after those that came before them.
#[derive(Debug, Default)]
pub(super) struct Gauge(Mutex<Option<Instant>>);

impl Gauge {
    /// When so many bytes more are through at this rate.
    pub(super) fn book(&self, bytes: usize, rate: u64) -> Instant {
        let now = Instant::now();
        let mut free = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let begins = free.map_or(now, |free| free.max(now.checked_sub(CREDIT).unwrap_or(now)));
        let through = begins + Duration::from_secs_f64(bytes as f64 / rate.max(1) as f64);
        *free = Some(through);
        through
    }
}

/// How much came when, since the first request with a body.
#[derive(Debug, Default)]
pub(crate) struct Course(Mutex<Vec<u64>>);

/// What is counted together.
pub(crate) const SLOT: Duration = Duration::from_millis(100);
const A_SECOND: usize = 10;

impl Course {
    pub(super) fn came(&self, bytes: u64, since: Duration) {
        let slot = usize::try_from(since.as_millis() / SLOT.as_millis()).unwrap_or(0);
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() <= slot {
            slots.resize(slot + 1, 0);
        }
        slots[slot] += bytes;
    }

    /// Bytes of each slot.
    pub(crate) fn slots(&self) -> Vec<u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How long after a moment a second begins in which so many bytes came as wanted; none if none does.
    pub(crate) fn second_after(slots: &[u64], from: Duration, wanted: impl Fn(u64) -> bool) -> Option<Duration> {
        let from = usize::try_from(from.as_millis() / SLOT.as_millis()).ok()?;
        let mut seconds = slots.get(from..)?.windows(A_SECOND).map(|second| second.iter().sum());
        let n = seconds.position(wanted)?;
        Some(SLOT * u32::try_from(n).ok()?)
    }
}

/// The rate of a link that changes, so long after it began.
pub(super) fn rate_at(all: &[(Duration, u64)], since: Duration) -> Option<u64> {
    all.iter().rev().find(|(from, _)| *from <= since).or(all.first()).map(|(_, rate)| *rate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_changes_when_its_time_has_come() {
        let all: Vec<_> = [(0, 60), (4, 6), (8, 60)].map(|(at, rate)| (Duration::from_secs(at), rate)).into();
        let at = |ms| rate_at(&all, Duration::from_millis(ms));
        assert_eq!((at(0), at(3_999), at(4_000), at(9_000)), (Some(60), Some(60), Some(6), Some(60)));
        assert_eq!(rate_at(&[], Duration::ZERO), None);
    }

    #[test]
    fn a_second_is_found_in_which_enough_came() {
        let course = Course::default();
        for tenth in 0..40 {
            course.came(if tenth < 15 { 1 } else { 10 }, SLOT * tenth);
        }
        let after = |from, least| Course::second_after(&course.slots(), SLOT * from, |bytes| bytes >= least);
        assert_eq!(after(10, 100), Some(SLOT * 5));
        assert_eq!(after(20, 100), Some(Duration::ZERO));
        assert_eq!((after(0, 101), after(35, 10)), (None, None));
    }

    #[test]
    fn bytes_wait_for_those_before_them() {
        let (gauge, begun) = (Gauge::default(), Instant::now());
        let through = (0..50).map(|_| gauge.book(1_000, 100_000)).last();
        assert!(through >= Some(begun + Duration::from_millis(499)));
    }
}
