//! What answers at the address of a store, for whoever asks on purpose.

use bytes::Bytes;
use http::response::Parts;
use http_body_util::Empty;
use tokio::time::{Duration, Instant};

use super::place::Endpoint;
use super::ways::WayKind;
use crate::error::{Error, ErrorCode, Result};
use crate::net::{HttpClient, Net, ON_PURPOSE, knock, time_of};
use crate::units::UnixTime;

/// So long whoever only wants to know whether there is a connection waits for an answer.
const SOON: Duration = Duration::from_secs(1);

/// Where a store is asked: no bucket of it is, and no rights are needed.
pub(crate) fn address(endpoint: &Endpoint, bucket: &str, region: &str) -> String {
    match endpoint {
        Endpoint::Accelerate => format!("https://{bucket}.s3-accelerate.amazonaws.com/"),
        Endpoint::Regional if region.starts_with("cn-") => format!("https://s3.{region}.amazonaws.com.cn/"),
        Endpoint::Regional => format!("https://s3.{region}.amazonaws.com/"),
        Endpoint::Custom { url, .. } => url.to_string(),
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
    let mut outcome = Err(Error::new(ErrorCode::Offline));
    for (_, way) in endpoint.ways() {
        outcome = asked(&way, bucket, region, net, ON_PURPOSE).await;
        if outcome.is_ok() {
            break;
        }
    }
    let answer = outcome?;
    let has = |name: &str, part: &str| {
        answer.headers.get(name).and_then(|value| value.to_str().ok()).is_some_and(|value| value.contains(part))
    };
    let is_a_store = has("x-amz-request-id", "") || has("content-type", "/xml");
    Ok(StoreSign { time: time_of(&answer), status: answer.status.as_u16(), is_a_store })
}

/// Whether anything answers there soon.
pub(crate) async fn store_answers(endpoint: &Endpoint, bucket: &str, region: &str, net: &Net) -> bool {
    let ways = endpoint.ways();
    let all = ways.iter().map(|(_, way)| asked(way, bucket, region, net, SOON));
    futures::future::join_all(all).await.iter().any(Result::is_ok)
}

/// How long it takes, from nothing, until anything answers there by one of its ways.
///
/// # Errors
/// `offline` with the reason where nothing does, or there is no such way; `bad-certificate-file`.
pub(crate) async fn latency_of(
    endpoint: &Endpoint,
    kind: WayKind,
    bucket: &str,
    region: &str,
    net: &Net,
) -> Result<Duration> {
    let way = endpoint.ways().into_iter().find(|(of, _)| *of == kind);
    let (_, way) = way.ok_or_else(|| Error::new(ErrorCode::Offline).detail("no such way"))?;
    let client = client(&way, net)?;
    let begun = Instant::now();
    let answer = knock(&client, &address(&way, bucket, region), ON_PURPOSE).await;
    answer.map(|_| begun.elapsed()).map_err(|why| Error::new(ErrorCode::Offline).detail(why))
}

async fn asked(endpoint: &Endpoint, bucket: &str, region: &str, net: &Net, within: Duration) -> Result<Parts> {
    let answer = knock(&client(endpoint, net)?, &address(endpoint, bucket, region), within).await;
    answer.map_err(|why| Error::new(ErrorCode::Offline).detail(why))
}

fn client(endpoint: &Endpoint, net: &Net) -> Result<HttpClient<Empty<Bytes>>> {
    match endpoint {
        Endpoint::Custom { url, .. } => net.towards(url).store_client(),
        Endpoint::Regional | Endpoint::Accelerate => net.store_client(),
    }
}
