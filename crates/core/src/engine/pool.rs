//! How many requests with a body are under way at once, for all transfers together.

use std::sync::Arc;

use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

use super::live::Live;
use crate::error::{Error, ErrorCode, Result};
use crate::s3::Bucket;

/// The places of all transfers. What the store acknowledged waits for the records in a place of its own, and there are
/// as many of these: where the records are slow or out of room, sending waits for them, and no crash costs more than
/// twice what is under way.
#[derive(Debug)]
pub(super) struct Pool {
    sending: Arc<Semaphore>,
    recording: Arc<Semaphore>,
}

/// A place, left when dropped.
#[derive(Debug)]
pub(super) struct Place(#[expect(dead_code, reason = "held")] OwnedSemaphorePermit);

impl Pool {
    pub(super) fn new(places: u16) -> Self {
        let places = usize::from(places.max(1));
        Self { sending: Arc::new(Semaphore::new(places)), recording: Arc::new(Semaphore::new(places)) }
    }

    /// Waits for a place to send in.
    ///
    /// # Errors
    /// `unexpected` when the engine is closing.
    pub(super) async fn to_send(&self) -> Result<Place> {
        Arc::clone(&self.sending).acquire_owned().await.map(Place).map_err(closed)
    }

    /// The same for a transfer that may have waited for the way before: behind others who get through, it no longer does.
    ///
    /// # Errors
    /// `unexpected` when the engine is closing.
    pub(super) async fn to_send_by(&self, bucket: &Bucket, live: &Live) -> Result<Place> {
        let place = self.to_send();
        tokio::pin!(place);
        loop {
            tokio::select! {
                biased;
                place = &mut place => return place,
                () = bucket.gets_through() => live.is_in_line(),
            }
        }
    }

    /// Waits for a place in which to wait for the records.
    ///
    /// # Errors
    /// `unexpected` when the engine is closing.
    pub(super) async fn to_record(&self) -> Result<Place> {
        Arc::clone(&self.recording).acquire_owned().await.map(Place).map_err(closed)
    }
}

fn closed(_: AcquireError) -> Error {
    Error::new(ErrorCode::Unexpected).detail("the engine is closing")
}
