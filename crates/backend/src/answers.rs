//! What the server answers with, and how it reads what it is sent: bounded in size and time, and whatever is refused is
//! a problem document (RFC 9457).

use std::borrow::Cow;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use davit_core::session::wire;
use http_body_util::BodyExt as _;
use serde::Serialize;
use tokio::time::{Duration, timeout};

/// How long a sender may be silent in the middle of a body.
const SILENCE: Duration = Duration::from_secs(30);
/// How much of a body that is too long is still read: who sends it hears the answer then, instead of a broken pipe.
const DRAINED: u64 = 8 << 20;

pub(crate) fn json<T: Serialize>(status: StatusCode, body: &T) -> Response {
    let text = serde_json::to_vec(body).unwrap_or_default();
    (status, [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")], text).into_response()
}

/// What a handler answers.
pub(crate) type Answer = Result<Response, Refusal>;

/// What is refused, and why: a problem document of RFC 9457.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    code: &'static str,
    title: Cow<'static, str>,
    after: Option<u64>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, code: &'static str, title: impl Into<Cow<'static, str>>) -> Self {
        Self { status, code, title: title.into(), after: None }
    }

    /// The same, to be asked for again after so many seconds.
    pub(crate) fn after(self, seconds: u64) -> Self {
        Self { after: Some(seconds), ..self }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = wire::Problem {
            title: self.title.into_owned(),
            status: self.status.as_u16(),
            code: self.code.to_owned(),
            detail: None,
        };
        let mut answer = json(self.status, &body);
        let headers = answer.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        answer
    }
}

/// A body, piece by piece.
pub(crate) struct Pieces {
    body: Body,
    most: u64,
    read: u64,
}

impl Pieces {
    /// A body of at most so many bytes.
    pub(crate) fn of(body: Body, most: u64) -> Self {
        Self { body, most, read: 0 }
    }

    /// The next piece; none at the end. What cannot be read further is refused.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Refusal> {
        let piece = self.piece().await?;
        self.read += piece.as_ref().map_or(0, |piece| piece.len() as u64);
        if self.read <= self.most {
            return Ok(piece);
        }
        while self.read <= self.most + DRAINED {
            let Ok(Some(more)) = self.piece().await else { break };
            self.read += more.len() as u64;
        }
        Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "The body is too long."))
    }

    /// All of it.
    pub(crate) async fn whole(mut self) -> Result<Vec<u8>, Refusal> {
        let mut all = Vec::new();
        while let Some(piece) = self.next().await? {
            all.extend_from_slice(&piece);
        }
        Ok(all)
    }

    async fn piece(&mut self) -> Result<Option<Bytes>, Refusal> {
        loop {
            match timeout(SILENCE, self.body.frame()).await {
                Ok(None) => return Ok(None),
                Ok(Some(Ok(frame))) => {
                    // Trailers are no part of it.
                    if let Ok(data) = frame.into_data() {
                        return Ok(Some(data));
                    }
                }
                Ok(Some(Err(_))) => {
                    return Err(Refusal::new(StatusCode::BAD_REQUEST, "bad-request", "The body broke off."));
                }
                Err(_) => {
                    return Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, "too-slow", "The body does not go on."));
                }
            }
        }
    }
}
