//! Whether the store can be reached at all: asked after something hung, or where all stand still, by a connection of its
//! own, with a request that needs no rights and costs nothing. Any answer is one.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use bytes::Bytes;
use http_body_util::Empty;
use tokio::time::{Duration, Instant};

use super::place::{Endpoint, Place};
use super::watchdog::Pace;
use crate::error::{Error, ErrorCode, Result};
use crate::net::{HttpClient, Net, http_date};
use crate::units::UnixTime;

/// How often it is asked. With [`ANSWERS`] and the pause before the next try, bytes flow within ten seconds.
const EVERY: Duration = Duration::from_secs(1);
/// A way that does not answer within this is none.
const ANSWERS: Duration = Duration::from_secs(3);
/// Who looks on purpose waits for longer.
const PATIENCE: Duration = Duration::from_secs(10);

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
}

impl LifeSign {
    pub(super) fn new(place: &Place, net: &Net) -> Result<Arc<Self>> {
        let address = address(&place.endpoint, &place.scope.bucket, &place.scope.region);
        Ok(Arc::new(Self { client: net.store_client()?, address, asking: AtomicBool::new(false) }))
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
        self.asks(ANSWERS).await.is_some()
    }

    /// The same for who wants to know and has little time.
    pub(super) async fn answers_soon(&self) -> bool {
        self.asks(EVERY).await.is_some()
    }

    async fn asks(&self, within: Duration) -> Option<http::HeaderMap> {
        asks(&self.client, &self.address, within).await
    }
}

/// Where a store is asked: no bucket of it is, and no rights are needed.
fn address(endpoint: &Endpoint, bucket: &str, region: &str) -> String {
    match endpoint {
        Endpoint::Accelerate => format!("https://{bucket}.s3-accelerate.amazonaws.com/"),
        Endpoint::Regional if region.starts_with("cn-") => format!("https://s3.{region}.amazonaws.com.cn/"),
        Endpoint::Regional => format!("https://s3.{region}.amazonaws.com/"),
        Endpoint::Custom { url, .. } => url.to_string(),
    }
}

async fn asks(client: &HttpClient<Empty<Bytes>>, address: &str, within: Duration) -> Option<http::HeaderMap> {
    let request = http::Request::get(address).header("connection", "close").body(Empty::new());
    let answer = tokio::time::timeout(within, client.request(request.ok()?)).await;
    answer.ok()?.ok().map(|answer| answer.headers().clone())
}

/// What time it is at a store, where its answer says; any answer is one.
///
/// # Errors
/// `offline` where there is none; `bad-certificate-file`, `bad-input` for a proxy that is none.
pub(crate) async fn time_at(endpoint: &Endpoint, bucket: &str, region: &str, net: &Net) -> Result<Option<UnixTime>> {
    let net = match endpoint {
        Endpoint::Custom { url, .. } => net.towards(url),
        Endpoint::Regional | Endpoint::Accelerate => net.clone(),
    };
    let address = address(endpoint, bucket, region);
    let answer = asks(&net.store_client()?, &address, PATIENCE).await;
    let answer =
        answer.ok_or_else(|| Error::new(ErrorCode::Offline).detail(format!("nothing answers at {address}")))?;
    let date = answer.get(http::header::DATE).and_then(|date| date.to_str().ok()).and_then(http_date);
    Ok(date.and_then(|date| u64::try_from(date).ok()).map(UnixTime))
}
