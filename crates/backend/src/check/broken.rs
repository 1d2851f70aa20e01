//! A server that breaks one rule at a time, and a check that must find it.

use axum::Router;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::check;

/// What was asked.
struct Asked {
    what: String,
    known: bool,
    body: Option<Value>,
    long: usize,
}

/// What is answered.
struct Said {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Value,
}

impl Said {
    fn set(&mut self, name: &'static str, value: &str) {
        self.headers.retain(|(known, _)| *known != name);
        if !value.is_empty() {
            self.headers.push((name, value.to_owned()));
        }
    }
}

fn said(status: u16, body: Value) -> Said {
    let kind = if status < 400 { "application/json" } else { "application/problem+json" };
    let headers = vec![("content-type", kind.to_owned()), ("cache-control", "no-store".to_owned())];
    Said { status, headers, body }
}

fn no(status: u16) -> Said {
    said(status, json!({"title": "No", "status": status, "code": "no"}))
}

fn in_seconds(seconds: i64) -> String {
    (OffsetDateTime::now_utc() + time::Duration::seconds(seconds)).format(&Rfc3339).expect("a date")
}

/// What a server of the contract answers.
fn good(asked: &Asked) -> Said {
    let body = asked.body.clone().unwrap_or_default();
    let names_it = body["destination"] == "a";
    match asked.what.as_str() {
        "GET /.well-known/davit.json" => said(
            200,
            json!({"api_version": 1, "name": "E", "auth": {"kind": "token"}, "receipts": true, "verify": true}),
        ),
        "GET /v1/destinations" | "POST /v1/credentials" | "POST /v1/receipts" | "POST /v1/verify" if !asked.known => {
            no(401)
        }
        "GET /v1/destinations" => {
            let one =
                json!({"id": "a", "label": "A", "bucket": "media", "region": "eu-central-1", "collision": "fail"});
            said(200, json!([one]))
        }
        "POST /v1/credentials" | "POST /v1/verify" if asked.long > 100_000 => no(413),
        "POST /v1/verify" if !body["key"].is_string() => no(400),
        "POST /v1/credentials" | "POST /v1/receipts" if !body["destination"].is_string() => no(400),
        "POST /v1/credentials" | "POST /v1/receipts" | "POST /v1/verify" if !names_it => no(404),
        "POST /v1/verify" => match body["key"].as_str().and_then(|key| key.strip_prefix("u/1/")) {
            Some(rest) if !rest.starts_with("..") => said(200, json!({"found": false})),
            _ => said(403, json!({"title": "No", "status": 403, "code": "not-allowed"})),
        },
        "POST /v1/receipts" => said(201, json!({"batch_id": body["batch_id"]})),
        "POST /v1/credentials" => said(
            200,
            json!({"access_key_id": "ASIA1", "secret_access_key": "hush", "session_token": "t", "bucket": "media",
                   "region": "eu-central-1", "key_prefix": "u/1/", "expiration": in_seconds(3_600)}),
        ),
        what if what.ends_with("/v1/credentials") => no(405),
        _ => no(404),
    }
}

type Fault = fn(&Asked, &mut Said);

/// Serves the good answers, each gone through the fault.
async fn serve(fault: Fault) -> String {
    let answer = move |request: Request| async move {
        let (parts, body) = request.into_parts();
        let bytes = to_bytes(body, 64 << 20).await.expect("a body");
        let asked = Asked {
            what: format!("{} {}", parts.method, parts.uri.path()),
            known: parts.headers.get("authorization").is_some_and(|token| token == "Bearer right"),
            body: serde_json::from_slice(&bytes).ok(),
            long: bytes.len(),
        };
        let mut said = good(&asked);
        fault(&asked, &mut said);
        let mut headers = HeaderMap::new();
        for (name, value) in said.headers {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_str(&value).expect("a value"));
        }
        (StatusCode::from_u16(said.status).expect("a status"), headers, said.body.to_string())
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
    format!("http://{address}")
}

async fn broken(fault: Fault) -> Vec<(&'static str, String)> {
    let findings = check(&serve(fault).await, Some("right")).await.expect("asked");
    findings.into_iter().filter_map(|finding| Some((finding.rule, finding.broken?))).collect()
}

fn credentials(asked: &Asked, said: &Said) -> bool {
    asked.what == "POST /v1/credentials" && said.status == 200
}

fn looks(asked: &Asked, said: &Said, status: u16) -> bool {
    asked.what == "POST /v1/verify" && said.status == status
}

#[tokio::test]
async fn nothing_is_found_where_nothing_is_broken() {
    assert_eq!(broken(|_, _| {}).await, []);
}

#[tokio::test]
async fn each_fault_of_a_server_is_found() {
    /// What is wrong, and a word of the rule that must be named.
    const FAULTS: &[(&str, Fault)] = &[
        ("discovery answers 200", |asked, said| {
            if asked.what.contains("davit.json") {
                said.set("content-type", "text/html");
            }
        }),
        ("discovery is what a client takes", |asked, said| {
            if asked.what.contains("davit.json") {
                said.body["name"] = json!("E\u{1b}[2J");
            }
        }),
        ("sends elsewhere", |asked, said| {
            if asked.what == "GET /v1/destinations" && asked.known {
                said.status = 307;
                said.set("location", "https://example.com/");
            }
        }),
        ("sends elsewhere", |asked, said| {
            if said.status == 404 && asked.what.starts_with("GET") {
                said.status = 302;
            }
        }),
        ("unknown path is answered 404", |asked, said| {
            if said.status == 404 && asked.what.starts_with("GET") {
                said.set("content-type", "text/plain");
            }
        }),
        ("wrong method is answered 405", |_, said| {
            if said.status == 405 {
                said.status = 404;
            }
        }),
        ("wrong method is answered 405", |_, said| {
            if said.status == 405 {
                said.body = json!({});
            }
        }),
        ("no token is answered 401", |asked, said| {
            if asked.what == "GET /v1/destinations" && !asked.known {
                *said = good(&Asked { what: asked.what.clone(), known: true, body: None, long: 0 });
            }
        }),
        ("a wrong token is answered 401", |_, said| {
            if said.status == 401 {
                said.set("content-type", "application/json");
            }
        }),
        ("errors neither", |_, said| {
            if said.status == 401 {
                said.set("cache-control", "");
            }
        }),
        ("errors neither", |_, said| {
            if said.status == 413 {
                said.set("cache-control", "max-age=60");
            }
        }),
        ("errors neither", |asked, said| {
            if credentials(asked, said) {
                said.set("cache-control", "public, max-age=900");
            }
        }),
        ("share an id", |asked, said| {
            if asked.what == "GET /v1/destinations" && asked.known {
                said.body = json!([said.body[0], said.body[0]]);
            }
        }),
        ("a destination is what a client takes", |asked, said| {
            if asked.what == "GET /v1/destinations" && asked.known {
                said.body[0]["storage_class"] = json!("A\r\nB");
            }
        }),
        ("body that is none is answered 400", |_, said| {
            if said.status == 400 {
                said.status = 500;
            }
        }),
        ("body that is none is answered 400", |_, said| {
            if said.status == 400 {
                said.set("content-type", "text/plain");
            }
        }),
        ("body too large is answered 413", |_, said| {
            if said.status == 413 {
                said.status = 400;
            }
        }),
        ("body too large is answered 413", |_, said| {
            if said.status == 413 {
                said.set("content-type", "text/plain");
            }
        }),
        ("unknown destination is answered 404", |asked, said| {
            if asked.what == "POST /v1/credentials" && said.status == 404 {
                said.status = 403;
            }
        }),
        ("in RFC 3339", |asked, said| {
            if credentials(asked, said) {
                said.body["expiration"] = json!("Tue, 24 Nov 2026 20:00:00 GMT");
            }
        }),
        ("900 s or more", |asked, said| {
            if credentials(asked, said) {
                said.body["expiration"] = json!(in_seconds(800));
            }
        }),
        ("900 s or more", |asked, said| {
            // By the clock of the server that answers, which is an hour ahead.
            if credentials(asked, said) {
                let ahead = OffsetDateTime::now_utc() + time::Duration::hours(1);
                let date = ahead.format(&time::format_description::well_known::Rfc2822).expect("a date");
                said.set("date", &date.replace("+0000", "GMT"));
            }
        }),
        ("36 hours at most", |asked, said| {
            if credentials(asked, said) {
                said.body["expiration"] = json!(in_seconds(10 * 365 * 86_400));
            }
        }),
        ("the prefix ends in /", |asked, said| {
            if credentials(asked, said) {
                said.body["key_prefix"] = json!("u/1");
            }
        }),
        ("destination's bucket", |asked, said| {
            if credentials(asked, said) {
                said.body["bucket"] = json!("other");
            }
        }),
        ("endpoint", |asked, said| {
            if credentials(asked, said) {
                said.body["endpoint_url"] = json!("https://example.com");
            }
        }),
        ("credentials are what a client takes", |asked, said| {
            if credentials(asked, said) {
                said.body["session_token"] = json!("hush\r\nx: y");
            }
        }),
        ("a receipt is taken", |asked, said| {
            if asked.what == "POST /v1/receipts" && said.status == 201 {
                said.body = json!({});
            }
        }),
        ("a receipt of 5 MB is taken", |asked, said| {
            if asked.what == "POST /v1/receipts" && asked.long > 2 << 20 {
                *said = no(413);
            }
        }),
        ("a receipt that is none", |asked, said| {
            if asked.what == "POST /v1/receipts" && said.status == 400 {
                *said = said_again(asked);
            }
        }),
        ("a receipt without a token", |asked, said| {
            if asked.what == "POST /v1/receipts" && said.status == 401 {
                *said = said_again(asked);
            }
        }),
        ("answered found: false", |asked, said| {
            if looks(asked, said, 200) {
                said.body = json!({"found": true, "size": 1, "etag": "x"});
            }
        }),
        ("answered found: false", |asked, said| {
            // Its own rights are wrong.
            if looks(asked, said, 200) {
                *said = no(502);
            }
        }),
        ("told as a client takes it", |asked, said| {
            if looks(asked, said, 200) {
                said.body = json!({"found": "no"});
            }
        }),
        ("lies at a key is not to be stored", |asked, said| {
            if looks(asked, said, 200) {
                said.set("cache-control", "max-age=60");
            }
        }),
        ("lies at a key is not to be stored", |asked, said| {
            if looks(asked, said, 403) {
                said.set("cache-control", "");
            }
        }),
        ("outside the person's prefix", |asked, said| {
            if looks(asked, said, 403) {
                *said = self::said(200, json!({"found": false}));
            }
        }),
        ("outside the person's prefix", |asked, said| {
            let key = asked.body.clone().unwrap_or_default()["key"].to_string();
            if looks(asked, said, 403) && key.contains("..") {
                *said = self::said(200, json!({"found": false}));
            }
        }),
        ("a look at an unknown destination", |asked, said| {
            if looks(asked, said, 404) {
                *said = no(403);
            }
        }),
        ("a look without a key", |asked, said| {
            if looks(asked, said, 400) {
                said.set("content-type", "text/plain");
            }
        }),
        ("a look too large", |asked, said| {
            if looks(asked, said, 413) {
                *said = no(400);
            }
        }),
        ("a look without a token", |asked, said| {
            if looks(asked, said, 401) {
                *said = self::said(200, json!({"found": false}));
            }
        }),
    ];
    fn said_again(asked: &Asked) -> Said {
        said(200, json!({"batch_id": asked.body.clone().unwrap_or_default()["batch_id"]}))
    }
    for (at, (rule, fault)) in FAULTS.iter().enumerate() {
        let found = broken(*fault).await;
        assert!(found.iter().any(|(broken, _)| broken.contains(rule)), "fault {at}: {rule}: {found:?}");
        assert!(found.iter().all(|(_, seen)| !seen.contains("hush")), "a secret was shown: {found:?}");
    }
}
