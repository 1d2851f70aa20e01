//! What a backend says is input: nothing odd of it reaches a request or a screen, and nobody is led elsewhere.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use davit_core::error::{Error, ErrorCode};
use davit_core::ids::{DestinationId, ObjectKey};
use davit_core::net::Net;
use davit_core::session::{Session, Vault};
use serde_json::{Value, json};

const DISCOVERY: &str = "/.well-known/davit.json";
const DESTINATIONS: &str = "/v1/destinations";
const CREDENTIALS: &str = "/v1/credentials";
const VERIFY: &str = "/v1/verify";

/// What one path answers.
#[derive(Clone)]
enum Answer {
    /// JSON, with 200.
    Body(String),
    /// Every byte of it.
    Raw(String),
    /// A body of this many bytes, as long as somebody reads.
    Endless(u64),
}

fn good(path: &str) -> Value {
    match path {
        DISCOVERY => json!({"api_version": 1, "name": "Example", "auth": {"kind": "none"}, "verify": true}),
        DESTINATIONS => json!([{"id": "a", "label": "A", "bucket": "media", "region": "eu-central-1",
                                "collision": "fail", "link_template": "https://media.example.com/{key}",
                                "storage_class": "STANDARD_IA", "tags": {"project": "Rushes 1"},
                                "sse": {"kind": "kms", "key_id": "alias/media"}, "account_id": "123456789012"}]),
        VERIFY => json!({"found": true, "size": 5, "etag": "\"9b2c\"", "checksum_crc64nvme": "AAAAAAAAAAA=",
                         "last_modified": "2026-11-23T19:00:00Z", "token": "5f3a"}),
        _ => json!({"access_key_id": "ASIAEXAMPLE", "secret_access_key": "wJalr/XUt+", "session_token": "FwoG==",
                    "region": "eu-central-1", "bucket": "media", "key_prefix": "u/5f/", "expiration": in_seconds(3_600)}),
    }
}

fn in_seconds(seconds: i64) -> String {
    let at = time::OffsetDateTime::now_utc() + time::Duration::seconds(seconds);
    at.format(&time::format_description::well_known::Rfc3339).expect("a date")
}

/// A good answer with one field changed; `field` is a pointer into the first destination or the answer.
fn with(path: &'static str, field: &str, value: Value) -> (&'static str, Answer) {
    let mut body = good(path);
    let place = if path == DESTINATIONS { &mut body[0] } else { &mut body };
    let (object, name) = field.rsplit_once('/').unwrap_or(("", field));
    let object = if object.is_empty() { place } else { &mut place[object] };
    object[name] = value;
    (path, Answer::Body(body.to_string()))
}

/// A backend of which one path is hostile. Answers its address.
fn backend(hostile: &'static str, answer: Answer) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address");
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let answer = answer.clone();
            std::thread::spawn(move || serve(client, hostile, &answer));
        }
    });
    format!("http://{address}")
}

fn serve(mut client: TcpStream, hostile: &str, answer: &Answer) {
    let (mut asked, mut buffer) = (String::new(), [0; 4_096]);
    while !asked.contains("\r\n\r\n") {
        match client.read(&mut buffer) {
            Ok(n) if n > 0 => asked.push_str(&String::from_utf8_lossy(&buffer[..n])),
            _ => return,
        }
    }
    let path = asked.split(' ').nth(1).unwrap_or_default();
    let json = |length: u64| {
        format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
        )
    };
    let body = match answer {
        Answer::Raw(raw) if path == hostile => {
            let _ = client.write_all(raw.as_bytes());
            return;
        }
        Answer::Endless(length) if path == hostile => {
            let _ = client.write_all(json(*length).as_bytes());
            while client.write_all(&[b' '; 1 << 14]).is_ok() {}
            return;
        }
        Answer::Body(body) if path == hostile => body.clone(),
        _ => good(path).to_string(),
    };
    let _ = client.write_all((json(body.len() as u64) + &body).as_bytes());
}

/// All that a client does before its first byte goes to S3, and what it asks when an answer was lost.
async fn until_a_lease_and_a_look(server: &str) -> Result<(), Error> {
    let session = Session::connect(server, &Net::default(), Vault::Memory).await?;
    let destinations = session.destinations().await?;
    let id = destinations.first().map_or_else(|| DestinationId("a".to_owned()), |first| first.id.clone());
    session.source(&id).fetch().await?;
    session.look(&id, &ObjectKey::new("u/5f/x")?).await.map(|_| ())
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_answers_are_refused() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").expect("a port");
    let other = format!("http://{}/", elsewhere.local_addr().expect("its address"));
    let visits = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&visits);
    std::thread::spawn(move || {
        for _ in elsewhere.incoming() {
            seen.fetch_add(1, Ordering::SeqCst);
        }
    });
    until_a_lease_and_a_look(&backend("", Answer::Body(String::new()))).await.expect("the good one is taken");

    let moved =
        |status: &str| Answer::Raw(format!("HTTP/1.1 {status}\r\nlocation: {other}\r\ncontent-length: 0\r\n\r\n"));
    let two = {
        let one = good(DESTINATIONS)[0].clone();
        Answer::Body(json!([one, one]).to_string())
    };
    let many: Vec<_> = (0..1_001).map(|n| json!({"id": n.to_string(), "label": "A", "bucket": "media", "region": "eu-central-1", "collision": "fail"})).collect();
    let deep = format!("{{\"x\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let eleven: serde_json::Map<_, _> = (0..11).map(|n| (format!("k{n}"), json!("v"))).collect();
    let cases = [
        // Who it is.
        (DISCOVERY, moved("302 Found")),
        (DISCOVERY, Answer::Endless(400_000_000)),
        (DISCOVERY, Answer::Body(deep.clone())),
        with(DISCOVERY, "name", json!("Exa\u{1b}[2Jmple")),
        with(DISCOVERY, "name", json!("Exa\u{202e}mple")),
        with(DISCOVERY, "name", json!("")),
        with(DISCOVERY, "minimum_client_version", json!("0.1\r\nx: y")),
        with(DISCOVERY, "support", json!({"words": "Ask\u{7}", "url": null})),
        with(DISCOVERY, "support", json!({"words": "Ask", "url": "javascript:alert(1)"})),
        with(DISCOVERY, "policy", json!({"presets": {"server": "https://evil.example"}})),
        with(DISCOVERY, "policy", json!({"locks": {"usual_limit": 1}})),
        with(
            DISCOVERY,
            "policy",
            json!({"locks": {"schedule": [{"days": [], "from": 0, "to": 0, "rule": {"kind": "pause"}}]}}),
        ),
        with(DISCOVERY, "policy", json!("none")),
        with(DISCOVERY, "auth", json!({"kind": "oidc", "issuer": "http://x.io", "client_id": "x", "scopes": []})),
        // Where to.
        (DESTINATIONS, moved("307 Temporary Redirect")),
        (DESTINATIONS, Answer::Endless(u64::MAX >> 1)),
        (DESTINATIONS, Answer::Body(format!("[{deep}]"))),
        (DESTINATIONS, Answer::Body(Value::from(many).to_string())),
        (DESTINATIONS, two),
        with(DESTINATIONS, "id", json!("a\r\nb")),
        with(DESTINATIONS, "label", json!("Rushes\u{1b}]0;x\u{7}")),
        with(DESTINATIONS, "label", json!("x".repeat(2_000))),
        with(DESTINATIONS, "bucket", json!("evil.com/media")),
        with(DESTINATIONS, "bucket", json!("169.254.169.254")),
        with(DESTINATIONS, "bucket", json!("media--x-s3")),
        with(DESTINATIONS, "region", json!("eu-central-1.evil.com")),
        with(DESTINATIONS, "account_id", json!("12345678901\n")),
        with(DESTINATIONS, "storage_class", json!("STANDARD\r\nx-amz-acl: public-read")),
        with(DESTINATIONS, "storage_class", json!("TWO WORDS")),
        with(DESTINATIONS, "tags", json!({"project": "a\r\nx-amz-acl: public-read"})),
        with(DESTINATIONS, "tags", json!({"": "x"})),
        with(DESTINATIONS, "tags", Value::from(eleven)),
        with(DESTINATIONS, "sse/key_id", json!("alias/x\r\nx-amz-acl: public-read")),
        with(DESTINATIONS, "sse/key_id", json!("schl\u{fc}ssel")),
        with(DESTINATIONS, "sse", json!({"kind": "customer", "key": "x"})),
        with(DESTINATIONS, "link_template", json!("https://media.example.com/\u{7}{key}")),
        with(DESTINATIONS, "link_template", json!("https://{key}/")),
        with(DESTINATIONS, "link_template", json!("javascript:alert('{key}')")),
        // With what.
        (CREDENTIALS, moved("308 Permanent Redirect")),
        (CREDENTIALS, Answer::Endless(400_000_000)),
        (CREDENTIALS, Answer::Body(deep.clone())),
        with(CREDENTIALS, "bucket", json!("other-media")),
        with(CREDENTIALS, "region", json!("us-east-1")),
        with(CREDENTIALS, "region", json!("evil.com/")),
        with(CREDENTIALS, "key_prefix", json!("")),
        with(CREDENTIALS, "key_prefix", json!("../")),
        with(CREDENTIALS, "key_prefix", json!("u/\r\n/")),
        with(CREDENTIALS, "expiration", json!(in_seconds(10 * 365 * 86_400))),
        with(CREDENTIALS, "expiration", json!("tomorrow")),
        with(CREDENTIALS, "access_key_id", json!("ASIA/../x")),
        with(CREDENTIALS, "session_token", json!("a\r\nx-amz-acl: public-read")),
        with(CREDENTIALS, "session_token", json!("x".repeat(20_000))),
        with(CREDENTIALS, "secret_access_key", json!("")),
        // What is there.
        (VERIFY, moved("307 Temporary Redirect")),
        (VERIFY, Answer::Endless(400_000_000)),
        (VERIFY, Answer::Body(format!("[{deep}]"))),
        (VERIFY, Answer::Body("{}".to_owned())),
        (VERIFY, Answer::Body(json!({"found": true}).to_string())),
        with(VERIFY, "found", json!("yes")),
        with(VERIFY, "size", Value::Null),
        with(VERIFY, "size", json!(-1)),
        with(VERIFY, "size", json!(1e30)),
        with(VERIFY, "etag", Value::Null),
        with(VERIFY, "etag", json!("\"9b2c\"\r\nx: y")),
        with(VERIFY, "etag", json!("\u{1b}[2J")),
        with(VERIFY, "etag", json!("e".repeat(300))),
        with(VERIFY, "checksum_crc64nvme", json!("AAAAAAAAAAA")),
        with(VERIFY, "checksum_crc64nvme", json!("AAAAAAAAAAB=")),
        with(VERIFY, "checksum_crc64nvme", json!("not a checksum")),
        with(VERIFY, "last_modified", json!("yesterday")),
        with(VERIFY, "token", json!("a\r\nb")),
        with(VERIFY, "token", json!("x".repeat(300))),
    ];
    let mut taken = Vec::new();
    for (at, (path, answer)) in cases.into_iter().enumerate() {
        let refused = [ErrorCode::BackendContract, ErrorCode::AddressNotDavit, ErrorCode::CaptivePortal];
        match until_a_lease_and_a_look(&backend(path, answer)).await {
            Err(error) if refused.contains(&error.code) => {
                assert!(
                    !error.detail.chars().any(char::is_control) && error.detail.len() < 1_000,
                    "{:?}",
                    error.detail
                );
            }
            other => taken.push((at, path, other)),
        }
    }
    assert!(taken.is_empty(), "{taken:#?}");
    assert_eq!(visits.load(Ordering::SeqCst), 0, "nobody was led elsewhere");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_refusal_says_is_one_line_without_controls() {
    let problem =
        json!({"title": "x", "status": 418, "code": "x\u{1b}[2J", "detail": "a\r\nb".repeat(500)}).to_string();
    let raw = format!(
        "HTTP/1.1 418 Teapot\r\ncontent-type: application/problem+json\r\ncontent-length: {}\r\n\r\n{problem}",
        problem.len()
    );
    let error = until_a_lease_and_a_look(&backend(CREDENTIALS, Answer::Raw(raw))).await.expect_err("refused");
    assert!(!error.detail.chars().any(char::is_control) && error.detail.len() <= 300, "{:?}", error.detail);
}
