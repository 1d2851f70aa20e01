//! The ways to a bucket: one, or two where Transfer Acceleration may be used. Both lead to the same bucket, so that an
//! upload that began by one goes on by the other, part by part. `choice` says which is taken; here it is asked for every
//! request, told what came of it, and what it found is kept for the next run.

mod choice;
mod leg;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::time::{Duration, Instant};
use ts_rs::TS;

pub(super) use self::choice::Trouble;
use self::choice::{Cargo, Choice, Pauses};
pub(super) use self::leg::Leg;
#[cfg(test)]
pub(super) use self::leg::config;
use super::classify::Failure;
use super::clock::StoreClock;
use super::place::{Endpoint, Place};
use super::watchdog::Again;
use crate::credentials::LeaseKeeper;
use crate::error::{Error, ErrorCode, Result};
use crate::limits;
use crate::net::Net;
use crate::remembered::Note;
use crate::units::ByteRate;

/// Whether the other way is still the slower one is looked at so often.
const COMPARE: Duration = Duration::from_secs(5 * 60);
/// The same of what was remembered from another run.
const SOON: Duration = Duration::from_secs(30);
/// A way that did not get through is first tried after this.
const BLOCKED: Duration = Duration::from_secs(60);

/// Rates that are all that changed are put down no more often.
const NOTE: Duration = Duration::from_secs(60);

/// A way to a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum WayKind {
    /// Through Transfer Acceleration.
    Accelerated,
    /// To the bucket's region, or to another store.
    Direct,
}

/// Why a way is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum WayWhy {
    /// There is no other.
    Only,
    /// Both are taken, and compared.
    Measuring,
    /// It is the faster one, by enough to be worth its price.
    Faster,
    /// The other is slower, or not so much faster that it is worth its price.
    OtherSlower,
    /// The other does not get through.
    OtherBlocked,
}

/// The way that is taken to a destination's bucket, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Way {
    /// Which.
    pub kind: WayKind,
    /// Why.
    pub why: WayWhy,
    /// What one connection carried through Transfer Acceleration, where that was measured.
    pub accelerated: Option<ByteRate>,
    /// What one connection carried to the region, where that was measured.
    pub direct: Option<ByteRate>,
}

impl Way {
    /// Whether it is the same for the same reason, whatever the rates.
    fn is_like(&self, other: &Self) -> bool {
        (self.kind, self.why) == (other.kind, other.why)
    }
}

/// All ways to one bucket.
#[derive(Debug)]
pub(super) struct Ways {
    /// The one for whoever has no choice comes first.
    legs: Vec<Arc<Leg>>,
    /// Where there are two.
    choice: Option<Mutex<Chosen>>,
    note: Note,
}

#[derive(Debug)]
struct Chosen {
    choice: Choice,
    told: Way,
    /// What was last put down for the next run, and when.
    noted: Option<(Way, Instant)>,
}

impl Ways {
    /// # Errors
    /// `bad-certificate-file`, `bad-input` for a proxy that is none or a bucket that cannot be accelerated.
    pub(super) fn new(
        place: &Place,
        ways: Vec<(WayKind, Endpoint)>,
        keeper: &Arc<LeaseKeeper>,
        clock: &StoreClock,
        net: &Net,
        note: Note,
    ) -> Result<Arc<Self>> {
        let leg = |(kind, endpoint)| {
            let place = Place { endpoint, ..place.clone() };
            Leg::new(kind, &place, keeper, clock, net).map(Arc::new)
        };
        let legs = ways.into_iter().map(leg).collect::<Result<Vec<_>>>()?;
        let choice = (legs.len() > 1).then(|| {
            let now = Instant::now();
            let again = limits::ways_again();
            let pauses = Pauses {
                compare: again.unwrap_or(COMPARE),
                soon: again.unwrap_or(SOON),
                blocked: again.unwrap_or(BLOCKED),
            };
            let choice = match note.way() {
                Some(way) => Choice::remembered(now, pauses, &way),
                None => Choice::new(now, pauses),
            };
            Mutex::new(Chosen { told: choice.way(), choice, noted: None })
        });
        let ways = Arc::new(Self { legs, choice, note });
        if ways.choice.is_some() {
            for leg in &ways.legs {
                leg.sign.has_another_way(Arc::downgrade(&ways), leg.kind);
            }
        }
        Ok(ways)
    }

    fn leg(&self, kind: WayKind) -> &Arc<Leg> {
        self.legs.iter().find(|leg| leg.kind == kind).unwrap_or(&self.legs[0])
    }

    /// Changes what is known, and tells what becomes of it.
    fn with<T>(&self, change: impl FnOnce(&mut Choice, Instant) -> T) -> Option<T> {
        let mut chosen: MutexGuard<'_, Chosen> = self.choice.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        let left = |choice: &Choice| self.legs.iter().map(|leg| choice.has_left(leg.kind)).collect::<Vec<_>>();
        let before = left(&chosen.choice);
        let outcome = change(&mut chosen.choice, Instant::now());
        for ((leg, before), now) in self.legs.iter().zip(before).zip(left(&chosen.choice)) {
            if now && !before {
                // There is a way, though it is the other: what stands still on this one begins again.
                leg.pace.answered();
                leg.pace.lives(Instant::now());
            }
        }
        let way = chosen.choice.way();
        if !way.is_like(&chosen.told) {
            let rate = |rate: Option<ByteRate>| rate.map(|rate| rate.0);
            let (accelerated, direct) = (rate(way.accelerated), rate(way.direct));
            tracing::info!(kind = ?way.kind, why = ?way.why, accelerated, direct, "the way to the bucket");
        }
        chosen.told = way;
        let is_due = |(noted, at): (Way, Instant)| !way.is_like(&noted) || (way != noted && at.elapsed() >= NOTE);
        if chosen.choice.is_settled() && chosen.noted.is_none_or(is_due) {
            chosen.noted = Some((way, Instant::now()));
            self.note.set_way(way);
        }
        Some(outcome)
    }

    /// The way that is taken, and why.
    pub(super) fn way(&self) -> Way {
        let told = self.choice.as_ref().map(|choice| choice.lock().unwrap_or_else(PoisonError::into_inner).told);
        told.unwrap_or(Way { kind: self.legs[0].kind, why: WayWhy::Only, accelerated: None, direct: None })
    }

    /// The way for a request without a body of note: one that is known to work, where one is.
    pub(super) fn to_ask(self: &Arc<Self>) -> Trip {
        let kind = self.with(|choice, _| choice.to_ask());
        self.trip(kind, None)
    }

    /// The way for a body, which a limit may hold back.
    pub(super) fn to_send(self: &Arc<Self>, bytes: u64, again: Again, held: bool) -> Trip {
        let cargo = Cargo { bytes, free: again == Again::Free, held };
        let (kind, id) = self.with(|choice, now| choice.takes_off(now, cargo)).unzip();
        self.trip(kind, id.map(|id| (id, cargo)))
    }

    fn trip(self: &Arc<Self>, kind: Option<WayKind>, flight: Option<(u64, Cargo)>) -> Trip {
        let leg = Arc::clone(kind.map_or(&self.legs[0], |kind| self.leg(kind)));
        Trip { ways: Arc::clone(self), leg, flight, begun: Instant::now(), before: None }
    }

    /// Whether anything answers soon, by whatever way.
    pub(super) async fn answers_soon(&self) -> bool {
        let mut all: futures::stream::FuturesUnordered<_> =
            self.legs.iter().map(|leg| leg.sign.answers_soon()).collect();
        while let Some(answers) = futures::StreamExt::next(&mut all).await {
            if answers {
                return true;
            }
        }
        false
    }

    /// Waits until some of any body is acknowledged.
    pub(super) async fn gets_through(&self) {
        let all = self.legs.iter().map(|leg| Box::pin(leg.pace.gets_through()));
        futures::future::select_all(all).await;
    }

    /// A way's own address does not answer. Answers whether another's does, which is taken from now on.
    pub(super) async fn leaves(&self, kind: WayKind) -> bool {
        for leg in self.legs.iter().filter(|leg| leg.kind != kind) {
            if leg.sign.answers_soon().await {
                self.with(|choice, now| choice.falls_silent(now, kind));
                return true;
            }
        }
        false
    }
}

/// One request on its way.
#[derive(Debug)]
pub(super) struct Trip {
    ways: Arc<Ways>,
    pub(super) leg: Arc<Leg>,
    /// Of a body: what it is called.
    flight: Option<(u64, Cargo)>,
    begun: Instant,
    /// What became of it on the other way.
    before: Option<Error>,
}

/// Why a request ended, and what that says of its way.
#[derive(Debug)]
pub(super) struct Stopped {
    pub(super) error: Error,
    pub(super) trouble: Trouble,
}

impl Trip {
    /// It was answered as it should be; of a body, whether a limit holds it back by now.
    pub(super) fn arrives(mut self, held: bool) {
        let kind = self.leg.kind;
        match self.flight.take() {
            Some((id, _)) => self.ways.with(|choice, now| choice.arrived(now, id, held)),
            None => self.ways.with(|choice, now| choice.answered(now, kind)),
        };
    }

    /// It was not. Answers another way where the same can be sent at once: nothing of it was done.
    ///
    /// # Errors
    /// What stopped it, where there is none.
    pub(super) fn stops(mut self, stopped: Stopped) -> Result<Self> {
        let Stopped { error, trouble } = stopped;
        let (kind, begun, flight) = (self.leg.kind, self.begun, self.flight.take());
        self.ways.with(|choice, now| match flight {
            Some((id, _)) => choice.failed(now, id, trouble),
            None => choice.trouble(now, begun, kind, trouble),
        });
        if let Some(before) = self.before.take() {
            // That acceleration is not there is nothing to tell where the other way is only gone for a while.
            let is_of_acceleration = kind == WayKind::Accelerated && trouble == Trouble::Certain;
            return Err(if is_of_acceleration { before } else { error });
        }
        let other = self.ways.legs.iter().find(|leg| leg.kind != kind);
        let Some(leg) = other.filter(|_| trouble == Trouble::Certain).map(Arc::clone) else { return Err(error) };
        let flight = flight.and_then(|(_, cargo)| {
            self.ways.with(|choice, now| choice.takes_off_by(now, leg.kind, cargo)).map(|id| (id, cargo))
        });
        tracing::debug!(%error, from = ?kind, "sent by the other way");
        Ok(Self { ways: Arc::clone(&self.ways), leg, flight, begun: Instant::now(), before: Some(error) })
    }
}

impl Drop for Trip {
    fn drop(&mut self) {
        if let Some((id, _)) = self.flight.take() {
            self.ways.with(|choice, _| choice.forget(id));
        }
    }
}

/// What a failure says of the way it was met on.
pub(super) fn trouble(failure: &Failure, kind: WayKind) -> Trouble {
    let error = match failure {
        Failure::NotReached(_) => return Trouble::Certain,
        Failure::Other(error) => error,
        _ => return Trouble::Nothing,
    };
    match error.code {
        ErrorCode::CaptivePortal | ErrorCode::UntrustedServer => Trouble::Certain,
        ErrorCode::Offline => Trouble::Perhaps,
        // "S3 Transfer Acceleration is not configured on this bucket", or "is disabled". Of another request that is refused so
        // the region says the same. Source: S3 API reference, "Error responses".
        ErrorCode::Unexpected if kind == WayKind::Accelerated && error.detail.starts_with("400 InvalidRequest") => {
            Trouble::Certain
        }
        _ => Trouble::Nothing,
    }
}
