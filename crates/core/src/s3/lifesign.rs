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
        asks(&self.client, &self.address, ANSWERS).await.is_ok()
    }

    /// The same for who wants to know and has little time.
    pub(super) async fn answers_soon(&self) -> bool {
        asks(&self.client, &self.address, EVERY).await.is_ok()
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

/// Asks once. What stands in for an answer says why there is none.
async fn asks(
    client: &HttpClient<Empty<Bytes>>,
    address: &str,
    within: Duration,
) -> std::result::Result<http::response::Parts, String> {
    let request = http::Request::get(address).header("connection", "close").body(Empty::new());
    let request = request.map_err(|error| error.to_string())?;
    match tokio::time::timeout(within, client.request(request)).await {
        Ok(Ok(answer)) => Ok(answer.into_parts().0),
        Ok(Err(error)) => {
            // The outer ones say that there was an error.
            let mut innermost: &dyn std::error::Error = &error;
            while let Some(source) = innermost.source() {
                innermost = source;
            }
            Err(innermost.to_string())
        }
        Err(_) => Err(format!("no answer within {} s", within.as_secs())),
    }
}

/// What answers at the address of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreSign {
    /// What time it is there, where it says.
    pub time: Option<UnixTime>,
    /// The status of its answer.
    pub status: u16,
    /// Whether it speaks as S3 does: it numbers its requests, or answers in XML.
    pub is_a_store: bool,
}

/// What answers at a store's address; nothing is asked that needs rights.
///
/// # Errors
/// `offline` with the reason where nothing does; `bad-certificate-file`, `bad-input` for a proxy that is none.
pub(crate) async fn sign_of(endpoint: &Endpoint, bucket: &str, region: &str, net: &Net) -> Result<StoreSign> {
    let net = match endpoint {
        Endpoint::Custom { url, .. } => net.towards(url),
        Endpoint::Regional | Endpoint::Accelerate => net.clone(),
    };
    let answer = asks(&net.store_client()?, &address(endpoint, bucket, region), PATIENCE).await;
    let answer = answer.map_err(|why| Error::new(ErrorCode::Offline).detail(why))?;
    let header = |name: &str| answer.headers.get(name).and_then(|value| value.to_str().ok());
    let date = header("date").and_then(http_date).and_then(|date| u64::try_from(date).ok());
    let is_a_store =
        header("x-amz-request-id").is_some() || header("content-type").is_some_and(|is| is.contains("/xml"));
    Ok(StoreSign { time: date.map(UnixTime), status: answer.status.as_u16(), is_a_store })
}
