//! What a running transfer shows while it runs: bytes, parts in flight, and what is in its way. Written by its drive,
//! read by the engine's tick.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::error::{Error, ErrorCode};
use crate::ids::PartNumber;
use crate::journal::Problem;
use crate::s3::Moved;
use crate::sync::atomic::{AtomicU64, Ordering};
use crate::sync::{Mutex, MutexGuard, PoisonError};
use crate::units::{ByteCount, UnixTime};

/// The counters of one running transfer.
#[derive(Debug, Default)]
pub(super) struct Live {
    acknowledged: AtomicU64,
    moved: Moved,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    flights: BTreeMap<u16, Flight>,
    sent: HashSet<u16>,
    trouble: Option<Trouble>,
    problem: Option<Problem>,
}

/// What a transfer waits for.
#[derive(Clone, Copy, Debug)]
struct Trouble {
    code: ErrorCode,
    until: Option<UnixTime>,
    since: Instant,
    /// Somebody said until when: no part that lands meanwhile ends it.
    asked_for: bool,
}

#[derive(Debug)]
struct Flight {
    bytes: Arc<AtomicU64>,
    again: bool,
}

/// The parts of a running transfer, for the pieces map.
#[derive(Debug, Default)]
pub(super) struct PartsNow {
    pub(super) sent: HashSet<u16>,
    pub(super) sending: HashSet<u16>,
    pub(super) again: HashSet<u16>,
}

impl Trouble {
    fn new(code: ErrorCode, until: Option<UnixTime>) -> Self {
        Self { code, until, since: Instant::now(), asked_for: false }
    }

    /// Whether it is over once bytes get through. What a page of the local network takes is no sign of the store, and one
    /// that is busy takes bytes too.
    fn is_of_the_way(&self) -> bool {
        use ErrorCode::{BackendDown, Offline, UntrustedServer};
        matches!(self.code, Offline | BackendDown | UntrustedServer) && !self.lasts()
    }

    fn lasts(&self) -> bool {
        self.asked_for && self.until > Some(UnixTime::now())
    }
}

impl Live {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Of what S3 had when it last rested: until it is looked at again nothing else is known, and none of it is sent now.
    pub(super) fn of(acknowledged: ByteCount) -> Self {
        Self { acknowledged: AtomicU64::new(acknowledged.get()), ..Self::default() }
    }

    /// Starts from what S3 has already.
    pub(super) fn begin(&self, parts: impl IntoIterator<Item = (PartNumber, u64)>) {
        let mut inner = self.inner();
        inner.sent.clear();
        let mut bytes = 0;
        for (number, size) in parts {
            inner.sent.insert(number.get());
            bytes += size;
        }
        self.acknowledged.store(bytes, Ordering::Relaxed);
    }

    /// A part takes off; the counter is what its body fills.
    pub(super) fn take_off(&self, number: PartNumber, again: bool) -> Arc<AtomicU64> {
        let bytes = Arc::new(AtomicU64::new(0));
        self.inner().flights.insert(number.get(), Flight { bytes: Arc::clone(&bytes), again });
        bytes
    }

    /// Whether the connection took all of a part that flies.
    pub(super) fn is_out(&self, number: PartNumber, len: u64) -> bool {
        self.inner().flights.get(&number.get()).is_some_and(|flight| flight.bytes.load(Ordering::Relaxed) >= len)
    }

    /// For who watches its bodies.
    pub(super) fn moved(&self) -> Moved {
        self.moved.clone()
    }

    /// A part has landed, or crashed.
    pub(super) fn land(&self, number: PartNumber, acknowledged: Option<u64>) {
        let mut inner = self.inner();
        inner.flights.remove(&number.get());
        if let Some(bytes) = acknowledged {
            inner.sent.insert(number.get());
            inner.trouble = inner.trouble.filter(Trouble::lasts);
            self.acknowledged.fetch_add(bytes, Ordering::Relaxed);
        }
    }

    /// Nothing flies any more.
    pub(super) fn ground(&self) {
        self.inner().flights.clear();
    }

    /// Bytes in acknowledged parts.
    pub(super) fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// Bytes acknowledged or on their way.
    pub(super) fn on_the_way(&self) -> u64 {
        // A part that lands between the two sums would be in both.
        let inner = self.inner();
        let flying: u64 = inner.flights.values().map(|f| f.bytes.load(Ordering::Relaxed)).sum();
        self.acknowledged() + flying
    }

    /// What stopped it, or sent it another way.
    pub(super) fn tells(&self, error: &Error) {
        let mut inner = self.inner();
        (inner.trouble, inner.problem) = (None, Some(error.into()));
    }

    pub(super) fn trouble(&self, error: &Error, until: Option<UnixTime>) {
        let mut inner = self.inner();
        inner.trouble = Some(Trouble::new(error.code, until));
        inner.problem = Some(error.into());
    }

    /// A request is tried again after this long. Of several, the next to be tried is told.
    pub(super) fn waits(&self, error: &Error, wait: Duration) {
        let now = UnixTime::now();
        let until = UnixTime(now.0 + u64::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(0));
        let mut inner = self.inner();
        let before = inner.trouble.filter(|before| before.code == error.code);
        let sooner = before.and_then(|before| before.until).filter(|sooner| *sooner > now && *sooner < until);
        let asked_for = error.retry.asked_for().is_some();
        inner.trouble = Some(Trouble { asked_for, ..Trouble::new(error.code, Some(sooner.unwrap_or(until))) });
        inner.problem = Some(error.into());
    }

    /// It is tried again what it rested for; until that went well it still waits.
    pub(super) fn tries_again(&self, code: ErrorCode, until: Option<UnixTime>) {
        self.inner().trouble = Some(Trouble::new(code, until));
    }

    /// What it waits for is its turn: others get through, and nothing of it is on its way.
    pub(super) fn is_in_line(&self) {
        let mut inner = self.inner();
        if inner.flights.is_empty() {
            inner.trouble = inner.trouble.filter(|trouble| !trouble.is_of_the_way());
        }
    }

    pub(super) fn smooth(&self) {
        self.inner().trouble = None;
    }

    /// What it waits for, and until when it does: once that is over it is tried, and nobody knows for how long.
    pub(super) fn in_the_way(&self) -> Option<(ErrorCode, Option<UnixTime>)> {
        let now = UnixTime::now();
        let is_over = |trouble: &Trouble| trouble.is_of_the_way() && self.moved.since(trouble.since);
        let trouble = self.inner().trouble.filter(|trouble| !is_over(trouble));
        trouble.map(|trouble| (trouble.code, trouble.until.filter(|until| *until >= now)))
    }

    /// Whether any of it was acknowledged since then, or only just.
    pub(super) fn moved_since(&self, then: Instant) -> bool {
        self.moved.since(then)
    }

    /// Whether anything of it is on its way.
    pub(super) fn flies(&self) -> bool {
        !self.inner().flights.is_empty()
    }

    pub(super) fn problem(&self) -> Option<Problem> {
        self.inner().problem.clone()
    }

    pub(super) fn parts(&self) -> PartsNow {
        let inner = self.inner();
        let flying = |again: bool| inner.flights.iter().filter(move |(_, f)| f.again == again).map(|(n, _)| *n);
        PartsNow { sent: inner.sent.clone(), sending: flying(false).collect(), again: flying(true).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Retry;

    fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    fn left(live: &Live) -> Option<u64> {
        live.in_the_way()?.1.map(|until| until.0.saturating_sub(UnixTime::now().0))
    }

    #[test]
    fn of_several_parts_that_wait_the_next_to_be_tried_is_told() {
        let (live, offline) = (Live::default(), Error::new(ErrorCode::Offline));
        live.waits(&offline, seconds(100));
        live.waits(&offline, seconds(300));
        assert!(left(&live).is_some_and(|left| (99..=100).contains(&left)), "{:?}", left(&live));
        live.waits(&offline, seconds(50));
        assert!(left(&live).is_some_and(|left| (49..=50).contains(&left)), "{:?}", left(&live));
        live.waits(&Error::new(ErrorCode::StorageBusy), seconds(200));
        assert!(left(&live).is_some_and(|left| (199..=200).contains(&left)), "another wait: {:?}", left(&live));
        live.tries_again(ErrorCode::Offline, Some(UnixTime(UnixTime::now().0 - 1)));
        assert!(live.in_the_way().is_some_and(|(_, until)| until.is_none()), "it is tried now");
    }

    #[test]
    fn a_part_that_lands_ends_a_wait_unless_somebody_asked_for_it() {
        let (live, first) = (Live::default(), PartNumber::FIRST);
        live.waits(&Error::new(ErrorCode::StorageBusy), seconds(5));
        live.land(first, Some(1));
        assert!(live.in_the_way().is_none());
        live.waits(&Error::new(ErrorCode::StorageBusy).retry(Retry::After(seconds(100))), seconds(100));
        live.land(first, Some(1));
        assert!(live.in_the_way().is_some());
        live.smooth();
        assert!(live.in_the_way().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn bytes_that_are_acknowledged_end_a_wait_for_the_way_and_no_other() {
        use ErrorCode::{BackendDown, CaptivePortal, Offline, StorageBusy};
        for (code, ends) in [(Offline, true), (BackendDown, true), (CaptivePortal, false), (StorageBusy, false)] {
            let live = Live::default();
            live.moved().now();
            tokio::time::advance(seconds(60)).await;
            live.waits(&Error::new(code), seconds(5));
            assert!(live.in_the_way().is_some(), "{code:?}: what moved before says nothing");
            tokio::time::advance(seconds(5)).await;
            live.moved().now();
            assert_eq!(live.in_the_way().is_none(), ends, "{code:?}");
            tokio::time::advance(seconds(60)).await;
            assert_eq!(live.in_the_way().is_none(), ends, "{code:?}: nothing failed since");
            live.waits(&Error::new(code), seconds(5));
            assert!(live.in_the_way().is_some(), "{code:?}: it failed again");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_part_that_fails_while_others_move_is_no_way_that_is_gone() {
        let live = Live::default();
        live.moved().now();
        tokio::time::advance(seconds(1)).await;
        live.waits(&Error::new(ErrorCode::Offline), seconds(5));
        assert!(live.in_the_way().is_none(), "others moved only just");
        tokio::time::advance(seconds(2)).await;
        assert!(live.in_the_way().is_some(), "and move no more");
    }

    #[test]
    fn what_waits_for_its_turn_behind_others_who_get_through_waits_for_nothing_else() {
        let (live, first) = (Live::default(), PartNumber::FIRST);
        live.waits(&Error::new(ErrorCode::Offline), seconds(5));
        live.take_off(first, true);
        live.is_in_line();
        assert!(live.in_the_way().is_some(), "a part of it is on its way");
        live.land(first, None);
        live.is_in_line();
        assert!(live.in_the_way().is_none());
        live.waits(&Error::new(ErrorCode::StorageBusy), seconds(5));
        live.is_in_line();
        assert!(live.in_the_way().is_some());
    }
}
