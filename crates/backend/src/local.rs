//! Who may ask a backend without a sign-in: programs of this computer, and no web page that a browser of it shows.
//!
//! A page can send requests to loopback, and by a name of its own that it lets lead there (DNS rebinding) it could read
//! the answers. The name stands in `Host`, the page's own in `Origin`; and what a page sends without being asked for
//! leave is never `application/json`.

use std::sync::Arc;

use axum::extract::{Request, State as Shared};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use davit_core::session::address;
use url::Url;

use crate::answers::Refusal;
use crate::config::Auth;
use crate::server::State;

/// Lets through what a program of this computer may ask.
pub(crate) async fn only(Shared(app): Shared<Arc<State>>, request: Request, next: Next) -> Response {
    let held = match &app.config().auth {
        Auth::None => check(request.method(), request.headers()),
        Auth::Token { .. } | Auth::Oidc(_) => Ok(()),
    };
    match held {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

fn check(method: &Method, headers: &HeaderMap) -> Result<(), Refusal> {
    let refused = |code, title| Err(Refusal::new(StatusCode::FORBIDDEN, code, title));
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let host = text(header::HOST).unwrap_or_default();
    if !is_here(host) || headers.get_all(header::HOST).iter().count() != 1 {
        return refused("wrong-host", "Without a sign-in this service answers to names of this computer only.");
    }
    if text(header::ORIGIN).is_some_and(|origin| !origin.eq_ignore_ascii_case(&format!("http://{host}"))) {
        return refused("wrong-origin", "Without a sign-in this service answers to no web page.");
    }
    let kind = text(header::CONTENT_TYPE).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if method == Method::POST && !kind.eq_ignore_ascii_case("application/json") {
        let title = "The body must be application/json.";
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-json", title));
    }
    Ok(())
}

/// Whether a `Host` is a name of this computer: an address of loopback, or `localhost`.
fn is_here(host: &str) -> bool {
    let plain = host.bytes().all(|b| b.is_ascii_alphanumeric() || b".:[]".contains(&b));
    plain && Url::parse(&format!("http://{host}/")).is_ok_and(|url| address::is_loopback(&url))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_this_computer_are_told_from_all_others() {
        for good in
            ["localhost", "localhost:8080", "LOCALHOST:1", "127.0.0.1", "127.0.0.1:8080", "[::1]:8080", "127.9.9.9"]
        {
            assert!(is_here(good), "{good}");
        }
        for bad in [
            "",
            ":80",
            "example.com",
            "localhost.example.com",
            "127.0.0.1.example.com",
            "x@localhost",
            "10.0.0.1",
            "localhost/x",
            "[::2]",
            "0.0.0.0",
            "localhost evil.com",
        ] {
            assert!(!is_here(bad), "{bad}");
        }
    }
}
