//! One lease for everybody.

#[path = "../../../crates/core/src/credentials/keeper.rs"]
mod real;

use std::sync::Arc;

use aws_credential_types::Credentials;
use davit_core::credentials::{BoxFuture, CredentialSource, Lease, Scope};
use shuttle::future;
use shuttle::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use tokio::time::{Duration, Instant};

use crate::error::{Error, ErrorCode, Result};
use crate::sync::longer_waits_are_endless;
use real::{LeaseKeeper, Refusal};

const LIFE: Duration = Duration::from_secs(60);
/// So much is left of a lease that is due, and of one that is not.
const DUE: Duration = Duration::from_secs(10);
const FRESH: Duration = Duration::from_secs(60);

/// Gives leases of a minute with so much left, or nothing from some call on.
#[derive(Debug)]
struct Source {
    calls: AtomicU32,
    inside: AtomicU32,
    left: fn(u32) -> Duration,
    fails_from: u32,
}

impl Source {
    fn new(left: fn(u32) -> Duration, fails_from: u32) -> Arc<Self> {
        Arc::new(Self { calls: AtomicU32::new(0), inside: AtomicU32::new(0), left, fails_from })
    }

    fn calls(&self) -> u32 {
        self.calls.load(Ordering::SeqCst)
    }

    async fn give(&self) -> Result<Lease> {
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        assert_eq!(self.inside.fetch_add(1, Ordering::SeqCst), 0, "a second call beside the first");
        future::yield_now().await;
        self.inside.fetch_sub(1, Ordering::SeqCst);
        if call >= self.fails_from {
            return Err(Error::new(ErrorCode::BackendDown));
        }
        let now = Instant::now();
        let left = (self.left)(call);
        Ok(Lease {
            credentials: Credentials::new("AKID", "secret", None, None, "test"),
            scope: Scope { bucket: "b".into(), prefix: "a/".into(), region: "eu-central-1".into() },
            received: now.checked_sub(LIFE.saturating_sub(left)).expect("the computer runs for a minute"),
            deadline: Some(now + left),
            serial: 0,
        })
    }
}

impl CredentialSource for Source {
    fn fetch(&self) -> BoxFuture<'_, Result<Lease>> {
        Box::pin(self.give())
    }
}

fn keeper(source: &Arc<Source>) -> Arc<LeaseKeeper> {
    longer_waits_are_endless(Duration::MAX);
    Arc::new(LeaseKeeper::new(Arc::clone(source) as Arc<dyn CredentialSource>))
}

/// Runs these side by side to their ends.
fn side_by_side<F: Future<Output = ()> + Send + 'static>(all: impl IntoIterator<Item = F>) {
    let tasks: Vec<_> = all.into_iter().map(future::spawn).collect();
    future::block_on(async {
        for task in tasks {
            task.await.expect("ends");
        }
    });
}

/// Many ask at once, and there is nothing yet.
pub fn first_lease() {
    let source = Source::new(|_| FRESH, u32::MAX);
    let keeper = keeper(&source);
    side_by_side((0..4).map(|_| {
        let keeper = Arc::clone(&keeper);
        async move { assert_eq!(keeper.lease().await.expect("a lease").serial, 1) }
    }));
    assert_eq!(source.calls(), 1);
}

/// A lease is due, and many use it. Whoever does not renew it goes on with one that is good.
pub fn due_lease() {
    let source = Source::new(|call| if call == 0 { DUE } else { FRESH }, u32::MAX);
    let keeper = keeper(&source);
    future::block_on(keeper.lease()).expect("a lease");
    side_by_side((0..4).map(|_| {
        let keeper = Arc::clone(&keeper);
        async move { drop(keeper.lease().await.expect("a lease")) }
    }));
    assert_eq!(source.calls(), 2, "one renewal for all");
}

/// A lease is due and cannot be renewed.
pub fn due_lease_of_a_backend_that_is_away() {
    let source = Source::new(|_| DUE, 1);
    let keeper = keeper(&source);
    future::block_on(keeper.lease()).expect("a lease");
    side_by_side((0..4).map(|_| {
        let keeper = Arc::clone(&keeper);
        async move { assert_eq!(keeper.lease().await.expect("still good").serial, 1) }
    }));
    assert_eq!(source.calls(), 2, "one try for all");
}

/// The store refuses a lease that is due besides, while others ask for one.
pub fn refused_lease() {
    refused(u32::MAX);
}

/// The same, and the backend is away.
pub fn refused_lease_of_a_backend_that_is_away() {
    refused(1);
}

fn refused(fails_from: u32) {
    let source = Source::new(|call| if call == 0 { DUE } else { FRESH }, fails_from);
    let keeper = keeper(&source);
    let old = future::block_on(keeper.lease()).expect("a lease");
    // The newest lease that somebody was told to renew.
    let refused = Arc::new(AtomicU64::new(0));
    side_by_side((0..4).map(|n| {
        let (keeper, old, refused) = (Arc::clone(&keeper), Arc::clone(&old), Arc::clone(&refused));
        async move {
            if n % 2 == 0 {
                let renewed = keeper.renew(&old, Refusal::Over).await;
                refused.fetch_max(old.serial, Ordering::SeqCst);
                assert!(renewed.is_ok_and(|lease| lease.serial > old.serial) || fails_from == 1);
            } else {
                let before = refused.load(Ordering::SeqCst);
                let lease = keeper.lease().await;
                assert!(lease.is_ok_and(|lease| lease.serial > before) || fails_from == 1, "a refused lease is used");
            }
        }
    }));
    assert!(fails_from == 1 || source.calls() == 2, "{} calls", source.calls());
    let after = future::block_on(keeper.lease());
    assert!(after.is_ok_and(|lease| lease.serial > old.serial) || fails_from == 1, "a refused lease is used");
}
