//! Around the protocol layer: what AWS says of every request and every answer, and s3s does not.
//!
//! Before: only SigV4, signed for this region, with `host` and every `x-amz-*` header among the signed ones; a short
//! body's hash. After: request ids, errors of STS in STS' form, and the rest of a refused body read to its end, so that
//! the client gets to read the refusal instead of a reset.

use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::{Frame, Incoming, SizeHint};
use s3s::Body;
use s3s::service::S3Service;
use sha2::{Digest as _, Sha256};

use crate::answers::{self, Fault};
use crate::identity::random;
use crate::{rechunk, sts};

/// The longest body of a POST, in bytes: a Complete of 10,000 parts with checksums is a fifth of it.
const POST_AT_MOST: usize = 16 << 20;
/// So much of a refused body is read before the connection is given up, in bytes.
const DRAIN_AT_MOST: u64 = 64 << 20;

/// So long is waited for it: a client that stalls must not keep its refusal from being sent.
const DRAIN_FOR: Duration = Duration::from_secs(3);

/// The service with what surrounds it.
pub(crate) struct Front {
    pub(crate) service: S3Service,
    pub(crate) region: String,
}

/// What a signature says of itself.
struct Scope {
    region: String,
    sts: bool,
    /// Lower-case names; none where a query carries the signature.
    signed: Option<BTreeSet<String>>,
}

impl Front {
    /// Answers a request.
    pub(crate) async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        let id = random(16).to_uppercase();
        let (parts, body) = request.into_parts();
        let tap = Tap::of(body, parts.headers.contains_key(header::EXPECT));
        let scope = Scope::of(&parts);
        let sts = match &scope {
            Ok(Some(scope)) => scope.sts,
            Ok(None) | Err(_) => sts::is_asked(&parts.method, &parts.uri, &parts.headers),
        };
        let passed = match scope.and_then(|scope| self.check(&parts, scope.as_ref())) {
            Ok(()) => self.pass(parts, &tap).await,
            Err(fault) => Err(fault),
        };
        let response = passed.unwrap_or_else(Fault::into_response);
        if response.status().is_client_error() || response.status().is_server_error() {
            let _ = tokio::time::timeout(DRAIN_FOR, tap.drain()).await;
            return answers::error(response, sts, &id).await;
        }
        answers::with_ids(response, &id)
    }

    fn check(&self, parts: &Parts, scope: Option<&Scope>) -> Result<(), Fault> {
        if parts.method == Method::POST && text(&parts.headers, "content-type").starts_with("multipart/form-data") {
            return Err(Fault::new(StatusCode::NOT_IMPLEMENTED, "NotImplemented", "form uploads are not served here"));
        }
        let Some(scope) = scope else { return Ok(()) };
        if scope.region != self.region {
            return Err(if scope.sts {
                let words = format!("Credential should be scoped to a valid region, not '{}'.", scope.region);
                Fault::new(StatusCode::FORBIDDEN, "SignatureDoesNotMatch", words)
            } else {
                let words = format!(
                    "The authorization header is malformed; the region '{}' is wrong; expecting '{}'",
                    scope.region, self.region
                );
                let fault = Fault::new(StatusCode::BAD_REQUEST, "AuthorizationHeaderMalformed", words);
                fault.with("Region", &self.region).with_header("x-amz-bucket-region", &self.region)
            });
        }
        let Some(signed) = &scope.signed else { return Ok(()) };
        let must = |name: &str| name == "host" || name.starts_with("x-amz-");
        let unsigned = parts.headers.keys().map(header::HeaderName::as_str);
        let unsigned: Vec<_> = unsigned.filter(|name| must(name) && !signed.contains(*name)).collect();
        if unsigned.is_empty() {
            return Ok(());
        }
        let words = "There were headers present in the request which were not signed";
        Err(Fault::new(StatusCode::FORBIDDEN, "AccessDenied", words).with("HeadersNotSigned", &unsigned.join(", ")))
    }

    async fn pass(&self, parts: Parts, tap: &Tap) -> Result<Response<Body>, Fault> {
        let hash = text(&parts.headers, "x-amz-content-sha256").to_owned();
        let body = if parts.method == Method::POST {
            Body::from(short(tap.clone(), &hash).await?)
        } else if hash == "STREAMING-UNSIGNED-PAYLOAD-TRAILER" {
            rechunk::body(tap.clone())
        } else {
            Body::http_body(tap.clone())
        };
        self.service.call(Request::from_parts(parts, body)).await.map_err(|error| {
            let cause: Box<dyn std::error::Error + Send + Sync> = error.into();
            Fault::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", cause.to_string())
        })
    }
}

impl Scope {
    /// What the signature is for; `None` where there is none.
    fn of(parts: &Parts) -> Result<Option<Self>, Fault> {
        let only_v4 = || {
            let words = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.";
            Fault::new(StatusCode::BAD_REQUEST, "InvalidRequest", words)
        };
        let malformed = || {
            let words = "The authorization header that you provided is not valid.";
            Fault::new(StatusCode::BAD_REQUEST, "AuthorizationHeaderMalformed", words)
        };
        let query = parts.uri.query().unwrap_or_default();
        let pairs = || url::form_urlencoded::parse(query.as_bytes());
        let (credential, signed) = if parts.headers.contains_key(header::AUTHORIZATION) {
            let header = text(&parts.headers, "authorization");
            let fields = header.strip_prefix("AWS4-HMAC-SHA256").ok_or_else(only_v4)?;
            let field = |name: &str| fields.split(',').find_map(|field| field.trim().strip_prefix(name));
            let signed = field("SignedHeaders=").ok_or_else(malformed)?;
            let signed = signed.split(';').map(str::to_ascii_lowercase).collect();
            (field("Credential=").ok_or_else(malformed)?.to_owned(), Some(signed))
        } else if let Some((_, credential)) = pairs().find(|(name, _)| name == "X-Amz-Credential") {
            (credential.into_owned(), None)
        } else if pairs().any(|(name, _)| name == "AWSAccessKeyId") {
            return Err(only_v4());
        } else {
            return Ok(None);
        };
        let [_key, _day, region, service, "aws4_request"] = credential.split('/').collect::<Vec<_>>()[..] else {
            return Err(malformed());
        };
        Ok(Some(Self { region: region.to_owned(), sts: service == "sts", signed }))
    }
}

/// A whole short body, its hash compared with the signed one.
async fn short(body: Tap, hash: &str) -> Result<Bytes, Fault> {
    let whole = Limited::new(body, POST_AT_MOST).collect().await.map_err(|error| {
        let code = if error.is::<http_body_util::LengthLimitError>() { "EntityTooLarge" } else { "IncompleteBody" };
        Fault::new(StatusCode::BAD_REQUEST, code, "the body could not be read to its end")
    })?;
    let whole = whole.to_bytes();
    let hashed = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    if hashed && hex::encode(Sha256::digest(&whole)) != hash {
        let words = "The provided 'x-amz-content-sha256' header does not match what was computed.";
        return Err(Fault::new(StatusCode::BAD_REQUEST, "XAmzContentSHA256Mismatch", words));
    }
    Ok(whole)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).map(HeaderValue::to_str).and_then(Result::ok).unwrap_or_default()
}

/// A body that can still be read to its end once the protocol layer has let go of it.
#[derive(Clone)]
pub(crate) struct Tap(Arc<Tapped>);

struct Tapped {
    body: Mutex<Incoming>,
    /// The client waits for `100 Continue`, which the first read sends.
    expects: bool,
    begun: AtomicBool,
}

impl Tap {
    fn of(body: Incoming, expects: bool) -> Self {
        Self(Arc::new(Tapped { body: Mutex::new(body), expects, begun: AtomicBool::new(false) }))
    }

    fn body(&self) -> MutexGuard<'_, Incoming> {
        self.0.body.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn drain(mut self) {
        if self.0.expects && !self.0.begun.load(Ordering::Relaxed) {
            return;
        }
        let mut left = DRAIN_AT_MOST;
        while let Some(Ok(frame)) = self.frame().await {
            let len = frame.data_ref().map_or(0, |data| data.len() as u64);
            let Some(rest) = left.checked_sub(len) else { return };
            left = rest;
        }
    }
}

impl http_body::Body for Tap {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        self.0.begun.store(true, Ordering::Relaxed);
        Pin::new(&mut *self.body()).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body().is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body().size_hint()
    }
}
