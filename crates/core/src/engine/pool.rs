//! How many requests with a body are under way at once, for all transfers together: as many as [`Width`] finds worth it,
//! or as many as somebody said.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use tokio::time::{Duration, Instant};

use super::live::Live;
pub(super) use super::places::Place;
use super::places::Places;
use super::reach::{Probe, Reach};
use super::routes::Route;
pub(super) use super::towards::Bound;
use super::towards::Towards;
use super::width::{START, Width};
use crate::error::{ErrorCode, Result};
use crate::remembered::Note;
use crate::s3::Tap;

/// How often the width is told what came of it.
const LOOK: Duration = Duration::from_millis(100);
/// What answers came counts half after this.
const FORGOTTEN: Duration = Duration::from_secs(1);
/// More at a time bring nothing anywhere, and cost memory.
const MOST: usize = 64;
/// What a request costs besides its bytes: many small files are answers a second rather than bytes.
const REQUEST: u64 = 32 << 10;
/// Places for what is urgent at least, where parts have taken the others.
const URGENT: usize = 4;

/// The places of all transfers. What the store acknowledged waits for the records in a place of its own, and there are
/// as many of these: where the records are slow or out of room, sending waits for them, and no crash costs more than
/// twice what is under way.
#[derive(Debug)]
pub(super) struct Pool {
    sending: Arc<Places>,
    recording: Arc<Places>,
    urgent: Arc<Places>,
    /// How many of those that send are parts.
    parts: watch::Sender<usize>,
    aim: Aim,
    /// Held while places become as many as that: those who send and those who record are as many.
    fits: Mutex<()>,
    /// Of a low limit fewer can be fed.
    tap: Arc<Tap>,
    /// Bytes that the connections of all bodies took.
    tally: Arc<AtomicU64>,
    lately: Mutex<Lately>,
    towards: Towards,
}

/// The place of a small file, left when dropped, and what it probes where the store is not reached.
#[derive(Debug)]
pub(super) struct SmallPlace {
    _place: Place,
    _probe: Option<Probe>,
}

/// The same of a part.
#[derive(Debug)]
pub(super) struct PartPlace {
    _place: Place,
    _probe: Option<Probe>,
    parts: watch::Sender<usize>,
}

impl Drop for PartPlace {
    fn drop(&mut self) {
        self.parts.send_modify(|parts| *parts -= 1);
    }
}

/// What requests came to in the last seconds: one refusal among many answers is chance, many are a store that is busy.
#[derive(Clone, Copy, Debug, Default)]
struct Lately {
    answered: u32,
    busy: u32,
}

impl Lately {
    /// Of so many answers one that says so.
    const ONE_OF: u32 = 8;
    /// At least.
    const FEW: u32 = 2;

    fn is_busy(self) -> bool {
        self.busy >= Self::FEW && self.busy * Self::ONE_OF >= self.answered + self.busy
    }
}

/// How many places there should be.
#[derive(Debug)]
enum Aim {
    /// As many as somebody said.
    Fixed(usize),
    Found(Mutex<Width>),
}

impl Aim {
    fn places(&self) -> usize {
        match self {
            Self::Fixed(places) => *places,
            Self::Found(width) => width.lock().unwrap_or_else(PoisonError::into_inner).get(),
        }
    }

    fn tell(&self, tell: impl FnOnce(&mut Width, Instant)) {
        if let Self::Found(width) = self {
            tell(&mut width.lock().unwrap_or_else(PoisonError::into_inner), Instant::now());
        }
    }
}

impl Pool {
    /// So many places, or as many as turn out best once [`Self::govern`] runs.
    pub(super) fn new(fixed: Option<u16>, tap: Arc<Tap>) -> Self {
        let aim = match fixed {
            Some(places) => Aim::Fixed(usize::from(places.max(1))),
            None => Aim::Found(Mutex::new(Width::new(START, MOST, Instant::now()))),
        };
        let [sending, recording, urgent] = [aim.places(), aim.places(), urgent(aim.places())].map(Places::new);
        Self {
            sending,
            recording,
            urgent,
            parts: watch::Sender::default(),
            aim,
            fits: Mutex::default(),
            tap,
            tally: Arc::default(),
            lately: Mutex::default(),
            towards: Towards::default(),
        }
    }

    /// Somebody sets out for a destination: begins with what another run found of it.
    pub(super) fn learns(&self, note: &Note) -> Bound {
        let (bound, elsewhere) = self.towards.sets_out(note.of());
        if elsewhere {
            self.aim.tell(Width::begin_anew);
            *self.lately() = Lately::default();
        }
        if let Some(places) = note.places() {
            self.aim.tell(|width, now| width.recall(usize::from(places), now));
        }
        self.fit();
        bound
    }

    /// Keeps what was found for the next run: of the link, and of no limit.
    pub(super) fn teaches(&self, note: &Note) {
        if let Aim::Found(width) = &self.aim
            && !self.tap.holds_back()
            && self.towards.is_alone(note.of())
            && let Some(places) = width.lock().unwrap_or_else(PoisonError::into_inner).found()
            && let Ok(places) = u16::try_from(places)
        {
            note.set_places(places);
        }
    }

    /// What bodies count into.
    pub(super) fn tally(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.tally)
    }

    /// How many may be under way now.
    pub(super) fn places(&self) -> usize {
        self.sending.wanted()
    }

    /// Whether there are places that nobody waits for.
    pub(super) fn has_room(&self) -> bool {
        self.sending.has_room()
    }

    /// Waits for a place to send in.
    ///
    /// # Errors
    /// `unexpected` when the engine is closing.
    pub(super) async fn to_send(&self) -> Result<Place> {
        self.sending.place().await
    }

    /// The same for a transfer that may have waited for the way before: behind others who get through, it no longer does.
    ///
    /// # Errors
    /// `unexpected` when the engine is closing.
    pub(super) async fn to_send_by(&self, route: &Route, live: &Live) -> Result<PartPlace> {
        let (probe, place) = Self::in_line(self.to_send(), route, live).await?;
        Ok(self.of_part(place, probe))
    }

    /// The same for what is small and urgent: it does not wait behind the parts of large objects, whatever these do.
    ///
    /// # Errors
    /// `unexpected` when the engine is closing.
    pub(super) async fn to_send_soon_by(&self, route: &Route, live: &Live) -> Result<SmallPlace> {
        let (probe, place) = Self::in_line(self.soon(), route, live).await?;
        Ok(SmallPlace { _place: place, _probe: probe })
    }

    async fn soon(&self) -> Result<Place> {
        let beside_parts = async {
            let _ = self.parts.subscribe().wait_for(|parts| *parts > 0).await;
            self.urgent.place().await
        };
        tokio::select! {
            biased;
            place = self.to_send() => place,
            place = beside_parts => place,
        }
    }

    fn of_part(&self, place: Place, probe: Option<Probe>) -> PartPlace {
        self.parts.send_modify(|parts| *parts += 1);
        PartPlace { _place: place, _probe: probe, parts: self.parts.clone() }
    }

    async fn in_line(
        place: impl Future<Output = Result<Place>>,
        route: &Route,
        live: &Live,
    ) -> Result<(Option<Probe>, Place)> {
        let place = async { Ok((route.reach.probe(route.bucket.gets_through()).await, place.await?)) };
        tokio::pin!(place);
        loop {
            tokio::select! {
                biased;
                place = &mut place => return place,
                () = route.bucket.gets_through() => live.is_in_line(),
            }
        }
    }

    /// Whether a limit holds back what is sent.
    pub(super) fn is_held_back(&self) -> bool {
        self.tap.holds_back()
    }

    /// A place to send in that nobody waits for.
    pub(super) fn spare(&self) -> Option<Place> {
        self.sending.spare()
    }

    /// Waits for a place in which to wait for the records.
    ///
    /// # Errors
    /// `unexpected` when the engine is closing.
    pub(super) async fn to_record(&self) -> Result<Place> {
        self.recording.place().await
    }

    /// What came of a request that had a place to send in.
    pub(super) fn came_to<T>(&self, reach: &Reach, outcome: &Result<T>) {
        reach.came_to(outcome);
        match outcome {
            Ok(_) => {
                self.tally.fetch_add(REQUEST, Ordering::Relaxed);
                self.lately().answered += 1;
            }
            Err(error) if error.code == ErrorCode::StorageBusy => {
                let lately = {
                    let mut lately = self.lately();
                    lately.busy += 1;
                    *lately
                };
                if lately.is_busy() {
                    self.aim.tell(Width::busy);
                    self.fit();
                }
            }
            Err(_) => {}
        }
    }

    /// A whole object of so many bytes was sent and answered in so much time.
    pub(super) fn came_round(&self, took: Duration, bytes: u64) {
        self.aim.tell(|width, now| width.comes_round(now, took, bytes + REQUEST));
    }

    fn lately(&self) -> MutexGuard<'_, Lately> {
        self.lately.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Follows what the link can carry and what the limit can feed, for as long as it is run.
    pub(super) async fn govern(self: Arc<Self>) {
        let (mut idle, mut halved) = (true, Instant::now());
        loop {
            if idle {
                self.sending.begun().await;
                // What answers came before the pause says nothing any more.
                *self.lately() = Lately::default();
                self.fit();
            }
            if halved.elapsed() >= FORGOTTEN {
                halved = Instant::now();
                let mut lately = self.lately();
                *lately = Lately { answered: lately.answered / 2, busy: lately.busy / 2 };
            }
            tokio::time::sleep(LOOK).await;
            idle = self.sending.is_idle();
            // Where a limit is too low for all there could be, nothing is to be found out.
            let full = !self.sending.has_room() && self.places() == self.aim.places();
            let full = full.then(|| self.sending.taken());
            let mixed = self.tap.feeds_parts();
            self.aim.tell(|width, now| {
                if mixed {
                    width.is_mixed();
                }
                width.sample(now, self.tally.load(Ordering::Relaxed), full);
            });
            self.fit();
        }
    }

    fn fit(&self) {
        let _fits = self.fits.lock().unwrap_or_else(PoisonError::into_inner);
        let (was, is) = (self.places(), self.tap.feeds(self.aim.places()));
        if was != is {
            tracing::debug!(was, is, "requests at a time");
            self.sending.resize(is);
            self.recording.resize(is);
            self.urgent.resize(urgent(is));
        }
    }
}

/// The parts beside stand almost still meanwhile: alone, what is urgent takes as many connections to fill the link.
fn urgent(places: usize) -> usize {
    places.max(URGENT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remembered::Memory;
    use crate::units::ByteRate;

    #[test]
    fn what_turns_out_best_is_kept_of_a_destination_that_was_alone() {
        let home = tempfile::tempdir().expect("a folder");
        let memory = Memory::of(home.path());
        let (here, there) = (memory.note("here".into()), memory.note("there".into()));
        let pool = |fixed| Pool::new(fixed, Arc::default());
        let finds = |pool: &Pool| pool.aim.tell(|width, now| width.finds(24, now));
        for (notes, fixed, kept) in [
            (vec![&here], Some(7), None),
            (vec![&here, &there], None, None),
            (vec![&here, &there, &here], None, None),
            (vec![&here, &here], None, Some(24)),
        ] {
            let pool = pool(fixed);
            // Some end before others begin, but for one, whatever it waits for meanwhile.
            let _first = pool.learns(notes[0]);
            for note in &notes[1..] {
                drop(pool.learns(note));
            }
            finds(&pool);
            pool.teaches(notes[notes.len() - 1]);
            assert_eq!((here.places(), there.places()), (kept, None));
        }
        let next = pool(None);
        drop(next.learns(&there));
        assert_eq!(next.places(), START);
        let next = pool(None);
        drop(next.learns(&here));
        assert_eq!(next.places(), 12);
        // What ended says nothing of who comes after it, and is not told of it.
        finds(&next);
        let after = next.learns(&there);
        assert_eq!(next.places(), START);
        next.teaches(&there);
        assert_eq!(there.places(), None);
        finds(&next);
        next.teaches(&there);
        assert_eq!(there.places(), Some(24));
        // Who goes there again goes on with it; who goes back begins with what was found there.
        drop(after);
        let again = next.learns(&there);
        next.fit();
        assert_eq!(next.places(), 24);
        drop(again);
        drop(next.learns(&here));
        assert_eq!(next.places(), 12);
        // Under a limit, what turns out best is the limit's.
        let limited = memory.note("limited".into());
        let slow = pool(None);
        let _bound = slow.learns(&limited);
        finds(&slow);
        slow.tap.set(Some(ByteRate(1)));
        slow.teaches(&limited);
        assert_eq!(limited.places(), None);
    }

    /// Whatever these do just then: they may be on their way to the store yet, or wait for its answer.
    #[tokio::test]
    async fn what_is_small_has_a_place_beside_parts_that_came_first_or_come_meanwhile() {
        let pool = Pool::new(Some(1), Arc::default());
        let place = pool.to_send().await.expect("a place");
        let mut soon = std::pin::pin!(pool.soon());
        assert!(futures::poll!(&mut soon).is_pending(), "of small ones no more than there are places");
        let part = pool.of_part(place, None);
        let _beside = soon.await.expect("beside it");
        drop(part);
        let _next = pool.soon().await.expect("its place");
        assert!(futures::poll!(std::pin::pin!(pool.soon())).is_pending());
    }

    #[test]
    fn a_busy_store_is_asked_half_as_much_by_all() {
        let pool = Pool::new(None, Arc::default());
        pool.aim.tell(|width, now| width.finds(24, now));
        pool.fit();
        let reach = Reach::default();
        let busy = || pool.came_to::<()>(&reach, &Err(crate::error::Error::new(ErrorCode::StorageBusy)));
        busy();
        assert_eq!(pool.places(), 24, "one is chance");
        busy();
        assert_eq!(pool.places(), 12);
        pool.came_to::<()>(&reach, &Err(crate::error::Error::new(ErrorCode::Offline)));
        assert_eq!(pool.places(), 12);
    }

    #[test]
    fn one_refusal_among_many_answers_is_chance_and_many_are_a_busy_store() {
        for (answered, busy, is_busy) in
            [(0, 1, false), (0, 2, true), (14, 2, true), (15, 2, false), (1_000, 20, false)]
        {
            assert_eq!(Lately { answered, busy }.is_busy(), is_busy, "{busy} of {answered}");
        }
    }
}
