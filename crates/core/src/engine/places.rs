//! Places that become more and fewer while they are taken.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use crate::error::{Error, ErrorCode, Result};

/// Places of one kind.
#[derive(Debug)]
pub(super) struct Places {
    free: Arc<Semaphore>,
    count: Mutex<Count>,
    /// Somebody took a place where none was taken.
    begun: Notify,
}

#[derive(Debug)]
struct Count {
    /// As many as there should be.
    wanted: usize,
    /// Taken ones that are too many: each goes when it is given back, so that no request is cut to save a place.
    surplus: usize,
    taken: usize,
}

/// A place, left when dropped.
#[derive(Debug)]
pub(super) struct Place {
    permit: Option<OwnedSemaphorePermit>,
    of: Arc<Places>,
}

impl Places {
    pub(super) fn new(wanted: usize) -> Arc<Self> {
        let count = Mutex::new(Count { wanted, surplus: 0, taken: 0 });
        Arc::new(Self { free: Arc::new(Semaphore::new(wanted)), count, begun: Notify::new() })
    }

    /// How many there should be.
    pub(super) fn wanted(&self) -> usize {
        self.count().wanted
    }

    /// Whether none is taken.
    pub(super) fn is_idle(&self) -> bool {
        self.count().taken == 0
    }

    /// How many are taken: more than there should be, after these became fewer.
    pub(super) fn taken(&self) -> usize {
        self.count().taken
    }

    /// Waits until one is taken where none was.
    pub(super) async fn begun(&self) {
        self.begun.notified().await;
    }

    fn count(&self) -> MutexGuard<'_, Count> {
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Not asked by who is counted: one that goes to the next in line is counted when that one runs.
    pub(super) fn has_room(&self) -> bool {
        self.free.available_permits() > 0
    }

    /// Waits for one.
    ///
    /// # Errors
    /// `unexpected` when the engine is closing.
    pub(super) async fn place(self: &Arc<Self>) -> Result<Place> {
        let closed = |_| Error::new(ErrorCode::Unexpected).detail("the engine is closing");
        Ok(self.take(Arc::clone(&self.free).acquire_owned().await.map_err(closed)?))
    }

    /// One that nobody waits for: who does comes first.
    pub(super) fn spare(self: &Arc<Self>) -> Option<Place> {
        Some(self.take(Arc::clone(&self.free).try_acquire_owned().ok()?))
    }

    fn take(self: &Arc<Self>, permit: OwnedSemaphorePermit) -> Place {
        let mut count = self.count();
        count.taken += 1;
        if count.taken == 1 {
            self.begun.notify_one();
        }
        Place { permit: Some(permit), of: Arc::clone(self) }
    }

    /// As many places from now on.
    pub(super) fn resize(&self, places: usize) {
        let mut count = self.count();
        if places >= count.wanted {
            let more = places - count.wanted;
            let spared = more.min(count.surplus);
            count.surplus -= spared;
            self.free.add_permits(more - spared);
        } else {
            let fewer = count.wanted - places;
            count.surplus += fewer - self.free.forget_permits(fewer);
        }
        count.wanted = places;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut count = self.of.count();
        count.taken -= 1;
        if count.surplus > 0
            && let Some(permit) = self.permit.take()
        {
            count.surplus -= 1;
            permit.forget();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    fn take(places: &Arc<Places>) -> Option<Place> {
        places.place().now_or_never().map(|place| place.expect("open"))
    }

    #[tokio::test]
    async fn places_become_fewer_as_they_are_given_up() {
        let places = Places::new(4);
        let mut taken: Vec<_> = (0..4).map(|_| take(&places).expect("free")).collect();
        places.resize(2);
        assert_eq!(places.count().taken, 4, "nobody loses a place");
        taken.truncate(2);
        assert!(take(&places).is_none(), "two are gone");
        places.resize(3);
        let third = take(&places).expect("one more");
        assert!(take(&places).is_none());
        drop((taken, third));
        assert_eq!(places.count().taken, 0);
        let all: Vec<_> = (0..3).map(|_| take(&places).expect("free")).collect();
        assert!(take(&places).is_none());
        drop(all);
    }

    #[tokio::test]
    async fn places_that_were_to_go_and_are_wanted_again_never_went() {
        let places = Places::new(3);
        let all: Vec<_> = (0..3).map(|_| take(&places).expect("free")).collect();
        places.resize(1);
        places.resize(3);
        drop(all);
        let again: Vec<_> = (0..3).map(|_| take(&places).expect("free")).collect();
        assert!(take(&places).is_none());
        drop(again);
    }
}
