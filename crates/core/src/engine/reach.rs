//! Whether the store of a destination is reached. While it is not, few of its requests take a place: each may hold one for
//! as long as it takes to give up, and those who go elsewhere would wait behind them.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::error::{Done, Error, ErrorCode, Result, Retry};

/// So many probe at a time whether it is reached again.
const PROBES: usize = 2;

/// Shared by all transfers to one destination.
#[derive(Debug)]
pub(super) struct Reach {
    lost: watch::Sender<bool>,
    probes: Arc<Semaphore>,
}

impl Default for Reach {
    fn default() -> Self {
        Self { lost: watch::Sender::default(), probes: Arc::new(Semaphore::new(PROBES)) }
    }
}

/// A request that probes whether the store is reached, until this is dropped.
#[derive(Debug)]
pub(super) struct Probe(#[expect(dead_code, reason = "held")] OwnedSemaphorePermit);

impl Reach {
    /// What came of a request with a body.
    pub(super) fn came_to<T>(&self, outcome: &Result<T>) {
        let lost = match outcome {
            Ok(_) => false,
            Err(error) if is_told_by_the_store(error) => false,
            // What broke on its way was on its way.
            Err(error) if is_of_the_network(error) && error.done != Done::Unanswered => true,
            // A stop, a file that changed, a company that is away: nothing of the store.
            Err(_) => return,
        };
        self.lost.send_if_modified(|was| std::mem::replace(was, lost) != lost);
    }

    /// Waits until one may ask for a place: at once where the store is reached, or as one of those who probe.
    /// `gets_through` ends once some of a body is acknowledged there: its answer may take a while yet.
    pub(super) async fn probe(&self, gets_through: impl Future<Output = ()>) -> Option<Probe> {
        if !*self.lost.borrow() {
            return None;
        }
        tokio::select! {
            biased;
            () = self.reached() => None,
            probe = Arc::clone(&self.probes).acquire_owned() => probe.ok().map(Probe),
            () = gets_through => None,
        }
    }

    async fn reached(&self) {
        // Ended only with this.
        let _ = self.lost.subscribe().wait_for(|lost| !lost).await;
    }
}

fn is_told_by_the_store(error: &Error) -> bool {
    use ErrorCode as C;
    // Some stores put no number on their answers; these are never of this computer or the network.
    let code = matches!(
        error.code,
        C::StorageBusy
            | C::AlreadyThere
            | C::AccessDenied
            | C::StorageFull
            | C::DamagedOnTheWay
            | C::CheckMismatch
            | C::NoChecksums
            | C::UploadExpired
            | C::NoSuchBucket
            | C::WrongRegion
    );
    code || error.request_id.is_some()
}

fn is_of_the_network(error: &Error) -> bool {
    error.retry == Retry::WhenOnline && error.code != ErrorCode::BackendDown
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    fn came(reach: &Reach, error: Option<Error>) {
        reach.came_to(&error.map_or(Ok(()), Err));
    }

    #[tokio::test]
    async fn while_a_store_is_not_reached_few_probe_whether_it_is() {
        let (reach, offline) = (Reach::default(), || Error::new(ErrorCode::Offline));
        for _ in 0..10 {
            assert!(reach.probe(pending()).await.is_none(), "as far as is known it is reached");
        }
        came(&reach, Some(offline().done(Done::Unanswered)));
        assert!(reach.probe(pending()).await.is_none(), "what broke on its way was on its way");
        for of_others in [ErrorCode::BackendDown, ErrorCode::FileChanged] {
            came(&reach, Some(Error::new(of_others)));
            assert!(reach.probe(pending()).await.is_none(), "{of_others} says nothing of the store");
        }
        came(&reach, Some(offline()));
        let mut probes: Vec<_> = (0..PROBES).map(|_| futures::executor::block_on(reach.probe(pending()))).collect();
        assert!(probes.iter().all(Option::is_some));
        let mut waits = std::pin::pin!(reach.probe(pending()));
        assert!(futures::poll!(&mut waits).is_pending());
        assert!(reach.probe(ready(())).await.is_none(), "some of a body got through");
        probes.pop();
        probes.push(waits.await);
        let mut waits = std::pin::pin!(reach.probe(pending()));
        assert!(futures::poll!(&mut waits).is_pending(), "the next probes");
        for of_others in [ErrorCode::Unexpected, ErrorCode::FileChanged, ErrorCode::SourceOffline] {
            came(&reach, Some(Error::new(of_others)));
            assert!(futures::poll!(&mut waits).is_pending(), "{of_others} says nothing of the store");
        }
        came(&reach, Some(Error::new(ErrorCode::StorageBusy)));
        assert!(waits.await.is_none(), "it is told at once");
        assert!(reach.probe(pending()).await.is_none(), "a store that answers is reached");
    }
}
