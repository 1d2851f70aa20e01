//! What a running transfer shows while it runs: bytes, parts in flight, and what is in its way. Written by its drive,
//! read by the engine's tick.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use crate::error::{Error, ErrorCode};
use crate::ids::PartNumber;
use crate::journal::Problem;
use crate::sync::atomic::{AtomicU64, Ordering};
use crate::sync::{Mutex, MutexGuard, PoisonError};
use crate::units::UnixTime;

/// The counters of one running transfer.
#[derive(Debug, Default)]
pub(super) struct Live {
    acknowledged: AtomicU64,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    flights: BTreeMap<u16, Flight>,
    sent: HashSet<u16>,
    trouble: Option<(ErrorCode, Option<UnixTime>)>,
    problem: Option<Problem>,
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

impl Live {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
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

    /// A part has landed, or crashed.
    pub(super) fn land(&self, number: PartNumber, acknowledged: Option<u64>) {
        let mut inner = self.inner();
        inner.flights.remove(&number.get());
        if let Some(bytes) = acknowledged {
            inner.sent.insert(number.get());
            inner.trouble = None;
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

    pub(super) fn trouble(&self, error: &Error, until: Option<UnixTime>) {
        let mut inner = self.inner();
        inner.trouble = Some((error.code, until));
        inner.problem = Some(error.into());
    }

    pub(super) fn smooth(&self) {
        self.inner().trouble = None;
    }

    pub(super) fn in_the_way(&self) -> Option<(ErrorCode, Option<UnixTime>)> {
        self.inner().trouble
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
