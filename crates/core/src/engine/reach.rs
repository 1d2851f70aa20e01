//! Whether the store of a destination is reached. While it is not, few of its requests take a place: each may hold one for
//! as long as it takes to give up, and those who go elsewhere would wait behind them.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::error::{Done, Result, Retry};

/// So many look at a time whether it is reached again.
const LOOK: usize = 2;

/// Shared by all transfers to one destination.
#[derive(Debug)]
pub(super) struct Reach {
    lost: watch::Sender<bool>,
    looks: Arc<Semaphore>,
}

impl Default for Reach {
    fn default() -> Self {
        Self { lost: watch::Sender::default(), looks: Arc::new(Semaphore::new(LOOK)) }
    }
}

/// The turn of one who looks, until this is dropped.
#[derive(Debug)]
pub(super) struct Turn(#[expect(dead_code, reason = "held")] OwnedSemaphorePermit);

impl Reach {
    /// What came of a request with a body.
    pub(super) fn came_to<T>(&self, outcome: &Result<T>) {
        let lost = match outcome {
            Err(error) if error.retry == Retry::WhenOnline => {
                // What broke on its way was on its way.
                if error.done == Done::Unanswered {
                    return;
                }
                true
            }
            Ok(_) | Err(_) => false,
        };
        self.lost.send_if_modified(|was| std::mem::replace(was, lost) != lost);
    }

    /// Waits until one may ask for a place: at once where the store is reached, or for a turn to look whether it is.
    /// `gets_through` ends once some of a body is acknowledged there: its answer may take a while yet.
    pub(super) async fn turn(&self, gets_through: impl Future<Output = ()>) -> Option<Turn> {
        if !*self.lost.borrow() {
            return None;
        }
        tokio::select! {
            biased;
            () = self.reached() => None,
            looks = Arc::clone(&self.looks).acquire_owned() => looks.ok().map(Turn),
            () = gets_through => None,
        }
    }

    async fn reached(&self) {
        // Ended only with this.
        let _ = self.lost.subscribe().wait_for(|lost| !lost).await;
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;
    use crate::error::{Error, ErrorCode};

    fn came(reach: &Reach, error: Option<Error>) {
        reach.came_to(&error.map_or(Ok(()), Err));
    }

    #[tokio::test]
    async fn while_a_store_is_not_reached_few_look_whether_it_is() {
        let (reach, offline) = (Reach::default(), || Error::new(ErrorCode::Offline));
        for _ in 0..10 {
            assert!(reach.turn(pending()).await.is_none(), "as far as is known it is reached");
        }
        came(&reach, Some(offline().done(Done::Unanswered)));
        assert!(reach.turn(pending()).await.is_none(), "what broke on its way was on its way");
        came(&reach, Some(offline()));
        let mut looks: Vec<_> = (0..LOOK).map(|_| futures::executor::block_on(reach.turn(pending()))).collect();
        assert!(looks.iter().all(Option::is_some));
        let mut waits = std::pin::pin!(reach.turn(pending()));
        assert!(futures::poll!(&mut waits).is_pending());
        assert!(reach.turn(ready(())).await.is_none(), "some of a body got through");
        looks.pop();
        looks.push(waits.await);
        let mut waits = std::pin::pin!(reach.turn(pending()));
        assert!(futures::poll!(&mut waits).is_pending(), "the next looks");
        came(&reach, Some(Error::new(ErrorCode::StorageBusy)));
        assert!(waits.await.is_none(), "it is told at once");
        assert!(reach.turn(pending()).await.is_none(), "a store that answers is reached");
    }
}
