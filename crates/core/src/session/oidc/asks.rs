//! Requests to an issuer, and what its refusals mean. Of a body nothing is repeated but the word of an error: there may be a
//! secret in it.

use futures::future::BoxFuture;
use oauth2::basic::{BasicErrorResponse, BasicErrorResponseType};
use oauth2::{HttpRequest, HttpResponse, RequestTokenError};
use reqwest::header::{CONTENT_TYPE, DATE, HeaderValue, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use url::Url;

use super::super::backend::{bounded, no_answer, of_another};
use super::super::shape;
use super::broken;
use crate::error::{Error, ErrorCode, Result, Retry};
use crate::net::{Net, retry_after};

/// A client that takes our way out, and that way.
#[derive(Clone, Debug)]
pub(super) struct Way {
    pub(super) net: Net,
    pub(super) client: reqwest::Client,
}

/// What the library sends its requests by.
pub(super) fn by(way: &Way) -> impl Fn(HttpRequest) -> BoxFuture<'static, Result<HttpResponse>> + Send + Sync + use<> {
    let way = way.clone();
    move |request: HttpRequest| -> BoxFuture<'static, Result<HttpResponse>> { Box::pin(ask(way.clone(), request)) }
}

async fn ask(way: Way, request: HttpRequest) -> Result<HttpResponse> {
    let odd = |_| Error::new(ErrorCode::BadInput).detail("this cannot be asked of an issuer");
    let request = reqwest::Request::try_from(request).map_err(odd)?;
    let sent = way.net.execute(&way.client, request).await.map_err(|error| no_answer(&error))?;
    let (status, bytes) = read(sent).await?;
    let mut answer = HttpResponse::new(bytes);
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(answer)
}

/// What lies at an address; nothing where nothing does.
pub(super) async fn get(way: &Way, from: Url) -> Result<Option<Vec<u8>>> {
    let sent = way.net.send(way.client.get(from)).await.map_err(|error| no_answer(&error))?;
    if sent.status() == StatusCode::NOT_FOUND {
        return Ok(None);
    }
    let (status, bytes) = read(sent).await?;
    if status.is_success() {
        Ok(Some(bytes))
    } else {
        Err(broken(&format!("{status} in the place of its description")))
    }
}

/// An answer, whole, unless the issuer is away, or something on the way answers in its place.
pub(super) async fn read(response: Response) -> Result<(StatusCode, Vec<u8>)> {
    let status = response.status();
    let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let kind = header(CONTENT_TYPE).unwrap_or_default();
    let wait = retry_after(header(RETRY_AFTER).as_deref(), header(DATE).as_deref());
    if matches!(status.as_u16(), 408 | 429 | 500..) && status != StatusCode::NETWORK_AUTHENTICATION_REQUIRED {
        let away = Error::new(ErrorCode::BackendDown).detail(format!("{status} from the issuer"));
        return Err(match wait {
            Some(wait) => away.retry(Retry::After(wait)),
            None => away,
        });
    }
    if status.is_redirection() || status == StatusCode::NETWORK_AUTHENTICATION_REQUIRED {
        return Err(of_another(status, &kind));
    }
    let bytes = bounded(response).await?;
    // A word of assent may be empty.
    if !bytes.is_empty() && !kind.contains("json") {
        return Err(of_another(status, &kind));
    }
    Ok((status, bytes))
}

/// What a refusal of the token endpoint means; `over` where what it was given is good no more.
pub(super) fn refused(error: RequestTokenError<Error, BasicErrorResponse>, over: ErrorCode) -> Error {
    match error {
        RequestTokenError::Request(error) => error,
        RequestTokenError::ServerResponse(said) => {
            let word = said.error().to_string();
            let known = *said.error() == BasicErrorResponseType::InvalidGrant;
            let code = if known { over } else { meant(&word, over) };
            said_so(code, &word)
        }
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => broken("its answer is none of RFC 6749"),
    }
}

/// Words beyond those of RFC 6749, 5.2.
fn meant(word: &str, over: ErrorCode) -> ErrorCode {
    match word {
        "server_error" | "temporarily_unavailable" => ErrorCode::BackendDown,
        // Source: OpenID Connect Core 1.0, 3.1.2.6: a person has to do something.
        "interaction_required" | "login_required" | "consent_required" | "account_selection_required" => over,
        _ => ErrorCode::BackendContract,
    }
}

/// The issuer's own word for it.
pub(super) fn said_so(code: ErrorCode, word: &str) -> Error {
    Error::new(code).detail(format!("the issuer says {}", shape::told(word)))
}
