//! Whether the store can be reached at all: asked after something hung, or where all stand still, by a connection of its
//! own, with a request that needs no rights and costs nothing. Any answer is one.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, Weak};

use bytes::Bytes;
use http_body_util::Empty;
use tokio::time::{Duration, Instant};

use super::pace::Pace;
use super::place::Endpoint;
use super::sign::address;
use super::ways::{WayKind, Ways};
use crate::credentials::Scope;
use crate::error::Result;
use crate::net::{HttpClient, Net, knock};

/// How often it is asked. With [`ANSWERS`] and the pause before the next try, bytes flow within ten seconds.
const EVERY: Duration = Duration::from_secs(1);
/// A way that does not answer within this is none.
const ANSWERS: Duration = Duration::from_secs(3);

/// Asks until what hung has an answer, or the doubt is over.
pub(super) async fn until_heard<F: Future<Output = bool>>(pace: &Weak<Pace>, answers: impl Fn() -> F) {
    while pace.upgrade().is_some_and(|pace| pace.in_doubt()) {
        let began = Instant::now();
        let answered = answers().await;
        match pace.upgrade() {
            Some(pace) if answered && pace.hears(began) => return,
            Some(pace) if !answered => pace.hears_nothing(),
            Some(_) | None => {}
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Asks, one at a time.
#[derive(Debug)]
pub(super) struct LifeSign {
    client: HttpClient<Empty<Bytes>>,
    address: String,
    asking: AtomicBool,
    /// Where there is another way to the same bucket: which this one is.
    other: OnceLock<(Weak<Ways>, WayKind)>,
}

impl LifeSign {
    pub(super) fn new(endpoint: &Endpoint, scope: &Scope, net: &Net) -> Result<Arc<Self>> {
        let address = address(endpoint, &scope.bucket, &scope.region);
        let (client, asking) = (net.store_client()?, AtomicBool::new(false));
        Ok(Arc::new(Self { client, address, asking, other: OnceLock::new() }))
    }

    /// There is another way to the same bucket; this one is of this kind.
    pub(super) fn has_another_way(&self, ways: Weak<Ways>, this: WayKind) {
        let _ = self.other.set((ways, this));
    }

    /// Asks until somebody answers or the doubt is over, unless it is asked already. Ends with whoever keeps `pace`.
    pub(super) fn ask(self: &Arc<Self>, pace: &Arc<Pace>) {
        if self.asking.swap(true, Ordering::SeqCst) {
            return;
        }
        let (sign, pace) = (Arc::clone(self), Arc::downgrade(pace));
        tokio::runtime::Handle::current().spawn(async move {
            until_heard(&pace, || sign.answers()).await;
            sign.asking.store(false, Ordering::SeqCst);
        });
    }

    async fn answers(&self) -> bool {
        if knock(&self.client, &self.address, ANSWERS).await.is_ok() {
            return true;
        }
        if let Some((ways, this)) = self.other.get()
            && let Some(ways) = ways.upgrade()
        {
            ways.leaves(*this).await;
        }
        false
    }

    /// The same for who wants to know and has little time.
    pub(super) async fn answers_soon(&self) -> bool {
        knock(&self.client, &self.address, EVERY).await.is_ok()
    }
}
