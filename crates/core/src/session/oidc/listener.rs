//! Where the browser comes back to: one port of this computer, for one answer, as long as somebody waits for it.
//!
//! Whatever runs on this computer may ask there. What does not know the sign-in's own word (`state`) is sent away and changes
//! nothing; the first answer that does is the last that is taken.

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Duration, timeout};
use url::form_urlencoded;

use crate::error::{Error, ErrorCode, Result};

/// What a company's issuer knows of it: `http://127.0.0.1/sign-in`, with any port. Source: RFC 8252, 7.3: the port is free, and
/// the path is not.
const PATH: &str = "/sign-in";
/// Browsers open connections that they may need.
const OPEN_AT_MOST: usize = 16;
/// And say nothing on some of them.
const SILENT: Duration = Duration::from_secs(10);
/// Longer than any answer.
const LONGEST: usize = 32 << 10;
/// The page is words alone: it runs nothing, fetches nothing, and stands in no other page.
const PAGE_MAY: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What the page says that the browser shows in the end.
#[derive(Clone, Debug)]
pub struct Pages {
    /// The sign-in goes on in Davit.
    pub back: String,
    /// This is not the sign-in that Davit waits for.
    pub other: String,
}

/// What the browser brought.
pub(super) struct Answer {
    /// Worth nothing without the verifier that never left this process.
    pub(super) code: Option<String>,
    /// Why there is none.
    pub(super) error: Option<String>,
    /// Who says so.
    pub(super) issuer: Option<String>,
}

/// Listens for one answer. Dropped, it listens no more.
#[derive(Debug)]
pub(super) struct Listener {
    socket: TcpListener,
    host: String,
    pages: Pages,
}

impl Listener {
    /// On loopback, at a port that is free.
    ///
    /// # Errors
    /// `computer-busy`.
    pub(super) async fn open(pages: Pages) -> Result<Self> {
        let none =
            |error| Error::new(ErrorCode::ComputerBusy).detail("no port for the browser to come back to").source(error);
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(none)?;
        let host = socket.local_addr().map_err(none)?.to_string();
        Ok(Self { socket, host, pages })
    }

    /// Where the browser comes back to.
    pub(super) fn redirect(&self) -> String {
        format!("http://{}{PATH}", self.host)
    }

    /// The one answer to the sign-in that has this word.
    pub(super) async fn answer(self, state: &str) -> Answer {
        let mut open = FuturesUnordered::new();
        loop {
            tokio::select! {
                accepted = self.socket.accept(), if open.len() < OPEN_AT_MOST => match accepted {
                    Ok((stream, _)) => open.push(self.serve(stream, state)),
                    // No descriptor is free; it may pass.
                    Err(error) => {
                        tracing::debug!(%error, "a connection of the browser");
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                },
                done = open.next(), if !open.is_empty() => {
                    if let Some(Some(answer)) = done {
                        return answer;
                    }
                }
            }
        }
    }

    /// Answers on one connection. What is taken has been answered.
    async fn serve(&self, stream: TcpStream, state: &str) -> Option<Answer> {
        let found = Mutex::new(None);
        let service = service_fn(|request: Request<Incoming>| {
            let answer = self.read(&request, state);
            let page = self.page(answer.is_some());
            if answer.is_some() {
                *found.lock().unwrap_or_else(PoisonError::into_inner) = answer;
            }
            async move { Ok::<_, Infallible>(page) }
        });
        let mut http = http1::Builder::new();
        http.keep_alive(false).max_buf_size(LONGEST).timer(TokioTimer::new()).header_read_timeout(SILENT);
        let served = http.serve_connection(TokioIo::new(stream), service);
        let _ = timeout(SILENT, served).await;
        found.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Nothing where it is no answer to this sign-in. Who comes by another name than the redirect's was led here by somebody else.
    fn read(&self, request: &Request<Incoming>, state: &str) -> Option<Answer> {
        let host = request.headers().get(HOST).is_some_and(|host| host.as_bytes() == self.host.as_bytes());
        let ours = host && request.method() == Method::GET && request.uri().path() == PATH;
        if ours { answer(request.uri().query()?, state) } else { None }
    }

    fn page(&self, taken: bool) -> Response<Full<Bytes>> {
        let words = if taken { &self.pages.back } else { &self.pages.other };
        let mut page = Response::new(Full::new(Bytes::from(html(words))));
        *page.status_mut() = if taken { StatusCode::OK } else { StatusCode::NOT_FOUND };
        let headers = page.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(PAGE_MAY));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        page
    }
}

fn answer(query: &str, state: &str) -> Option<Answer> {
    let all = |name: &str| form_urlencoded::parse(query.as_bytes()).filter(move |(known, _)| known == name).count();
    // Who says something twice may be understood in two ways. Source: RFC 6749, 3.1.
    if ["code", "error", "state", "iss"].into_iter().any(|name| all(name) > 1) {
        return None;
    }
    let one = |name: &str| {
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        pairs.find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
    };
    let (code, error) = (one("code"), one("error"));
    let ours = one("state").as_deref() == Some(state) && code.is_some() != error.is_some();
    ours.then(|| Answer { code, error, issuer: one("iss") })
}

fn html(words: &str) -> String {
    let words = words.replace('&', "&amp;").replace('<', "&lt;");
    format!("<!doctype html><meta charset=\"utf-8\"><title>Davit</title><p>{words}</p>\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_the_sign_ins_own_word_and_either_a_code_or_an_error() {
        let read = |query| answer(query, "word");
        let taken = read("code=c%2F1&state=word&iss=https%3A%2F%2Fid.example.com").expect("an answer");
        assert_eq!(taken.code.as_deref(), Some("c/1"));
        assert_eq!(taken.issuer.as_deref(), Some("https://id.example.com"));
        assert_eq!(read("error=access_denied&state=word").expect("an answer").error.as_deref(), Some("access_denied"));
        for odd in [
            "",
            "code=c",
            "code=c&state=",
            "code=c&state=words",
            "code=c&state=word&state=word",
            "code=c&code=d&state=word",
            "code=c&error=e&state=word",
            "code=c&code=d&error=e&state=word",
            "code=c&state=word&iss=https%3A%2F%2Fid.example.com&iss=https%3A%2F%2Fevil.example.com",
            "state=word",
        ] {
            assert!(read(odd).is_none(), "{odd}");
        }
    }

    #[tokio::test]
    async fn the_page_runs_and_fetches_nothing_is_not_kept_and_comes_from_this_computer_alone() {
        let pages = Pages { back: "Go back.".to_owned(), other: "Another sign-in.".to_owned() };
        let listener = Listener::open(pages).await.expect("a port");
        assert!(listener.socket.local_addr().expect("its address").ip().is_loopback());
        for (taken, status) in [(true, StatusCode::OK), (false, StatusCode::NOT_FOUND)] {
            let page = listener.page(taken);
            assert_eq!(page.status(), status);
            for (name, value) in [
                (CONTENT_TYPE, "text/html; charset=utf-8"),
                (X_CONTENT_TYPE_OPTIONS, "nosniff"),
                (CONTENT_SECURITY_POLICY, PAGE_MAY),
                (CACHE_CONTROL, "no-store"),
                (REFERRER_POLICY, "no-referrer"),
            ] {
                assert_eq!(page.headers().get(&name).map(HeaderValue::as_bytes), Some(value.as_bytes()), "{name}");
            }
        }
    }

    #[test]
    fn what_the_page_says_is_text() {
        assert!(html("a <b> & c").contains("a &lt;b> &amp; c"));
    }
}
