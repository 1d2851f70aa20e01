//! Sections 1 to 3 of the contract, `/healthz` and `/metrics`.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use davit_core::session::wire;
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::time::{Duration, Instant};

use crate::StsAccess;
use crate::config::{Auth, Config};
use crate::people::{self, Caller, Stranger};
use crate::sts::{Asker, Refused};

/// What requests share. Nothing of it outlives the process but counters.
#[derive(Debug)]
pub(crate) struct State {
    config: Config,
    sts: Asker,
    rates: Mutex<HashMap<String, (Instant, u32)>>,
    asked: AtomicU64,
    given: AtomicU64,
}

impl State {
    pub(crate) async fn new(config: Config, sts: Option<StsAccess>) -> Self {
        let region = config.destinations.first().map_or("us-east-1", |destination| destination.region.as_str());
        let sts = Asker::new(sts, region).await;
        Self { config, sts, rates: Mutex::default(), asked: AtomicU64::new(0), given: AtomicU64::new(0) }
    }

    pub(crate) fn leases(&self) -> u64 {
        self.given.load(Ordering::Relaxed)
    }

    pub(crate) fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    /// Whether this person has asked too often within a minute; then, seconds until they may again.
    fn too_often(&self, caller: &Caller) -> Option<u64> {
        let mut rates = self.rates.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let (since, count) = rates.entry(caller.id.clone()).or_insert((now, 0));
        let age = now.duration_since(*since);
        if age >= Duration::from_secs(60) {
            (*since, *count) = (now, 0);
        }
        *count += 1;
        (*count > self.config.requests_a_minute).then(|| 60 - age.as_secs().min(59))
    }
}

type App = Arc<State>;

pub(crate) fn router(state: App) -> Router {
    Router::new()
        .route("/.well-known/davit.json", get(discovery))
        .route("/v1/destinations", get(destinations))
        .route("/v1/credentials", post(credentials))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/metrics", get(metrics))
        .fallback(|| async { problem(StatusCode::NOT_FOUND, "not-found", "There is nothing at this address.") })
        .with_state(state)
}

async fn discovery(Shared(app): Shared<App>) -> Response {
    json(&wire::Discovery {
        api_version: wire::API_VERSION,
        name: app.config.name.clone(),
        auth: match app.config.auth {
            Auth::None => wire::Auth::None,
            Auth::Token { .. } => wire::Auth::Token,
        },
        minimum_client_version: app.config.minimum_client_version.clone(),
        support: None,
        receipts: false,
    })
}

async fn destinations(Shared(app): Shared<App>, headers: HeaderMap) -> Response {
    let caller = match people::caller(&app.config, &headers) {
        Ok(caller) => caller,
        Err(stranger) => return refuse(stranger),
    };
    let open = app.config.destinations.iter().filter(|destination| caller.may_use(destination));
    let all: Vec<_> = open
        .map(|destination| wire::Destination {
            id: destination.id.clone(),
            label: destination.label.clone(),
            bucket: destination.bucket.clone(),
            region: destination.region.clone(),
            account_id: destination.account_id.clone(),
            accelerate: destination.accelerate,
            collision: destination.collision,
            rules: destination.rules.clone(),
            storage_class: destination.storage_class.clone(),
            sse: None,
            tags: destination.tags.clone(),
            link_template: destination.link_template.clone(),
        })
        .collect();
    json(&all)
}

async fn credentials(Shared(app): Shared<App>, headers: HeaderMap, body: Bytes) -> Response {
    app.asked.fetch_add(1, Ordering::Relaxed);
    let caller = match people::caller(&app.config, &headers) {
        Ok(caller) => caller,
        Err(stranger) => return refuse(stranger),
    };
    let Ok(wanted) = serde_json::from_slice::<wire::CredentialsRequest>(&body) else {
        return problem(StatusCode::BAD_REQUEST, "bad-request", "The body must be {\"destination\": \"ID\"}.");
    };
    let found = app.config.destinations.iter().find(|destination| destination.id == wanted.destination);
    let Some(destination) = found else {
        return problem(StatusCode::NOT_FOUND, "no-such-destination", "This destination does not exist.");
    };
    if !caller.may_use(destination) {
        return problem(StatusCode::FORBIDDEN, "not-allowed", "This destination is not open to you.");
    }
    if let Some(seconds) = app.too_often(&caller) {
        return wait(problem(StatusCode::TOO_MANY_REQUESTS, "too-many-requests", "Asked too often."), seconds);
    }
    match app.sts.ask(&app.config.sts, &caller, destination).await {
        Ok(given) => {
            app.given.fetch_add(1, Ordering::Relaxed);
            let ends = OffsetDateTime::from_unix_timestamp(given.expiration).unwrap_or(OffsetDateTime::UNIX_EPOCH);
            let expiration = ends.format(&Rfc3339).unwrap_or_default();
            // One line a lease: who, where to, until when. No secret.
            tracing::info!(target: "audit", person = %caller.id, destination = %destination.id, %expiration, "lease");
            json(&wire::Credentials {
                access_key_id: given.access_key_id,
                secret_access_key: given.secret_access_key,
                session_token: given.session_token,
                region: destination.region.clone(),
                bucket: Some(destination.bucket.clone()),
                key_prefix: Some(caller.prefix(destination)),
                expiration: Some(expiration),
            })
        }
        Err(Refused::Busy) => {
            let answer = problem(StatusCode::SERVICE_UNAVAILABLE, "sts-unavailable", "AWS does not answer right now.");
            wait(answer, 2)
        }
        Err(Refused::Denied(why)) => {
            tracing::error!(%why, destination = %destination.id, "STS refuses; this backend's own rights are wrong");
            problem(StatusCode::BAD_GATEWAY, "sts-refused", "AWS refuses this service; its log says why.")
        }
    }
}

async fn metrics(Shared(app): Shared<App>) -> String {
    format!(
        "# TYPE davit_credential_requests_total counter\ndavit_credential_requests_total {}\n\
         # TYPE davit_leases_total counter\ndavit_leases_total {}\n",
        app.asked(),
        app.leases()
    )
}

fn refuse(stranger: Stranger) -> Response {
    match stranger {
        Stranger::Unknown => problem(StatusCode::UNAUTHORIZED, "sign-in", "Sign in again."),
        Stranger::Disabled => problem(StatusCode::FORBIDDEN, "account-disabled", "This account is switched off."),
    }
}

fn json<T: Serialize>(body: &T) -> Response {
    let text = serde_json::to_vec(body).unwrap_or_default();
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")], text).into_response()
}

/// RFC 9457.
fn problem(status: StatusCode, code: &str, title: &str) -> Response {
    let body = wire::Problem { title: title.to_owned(), status: status.as_u16(), code: code.to_owned(), detail: None };
    let text = serde_json::to_vec(&body).unwrap_or_default();
    let headers = [(header::CONTENT_TYPE, "application/problem+json"), (header::CACHE_CONTROL, "no-store")];
    (status, headers, text).into_response()
}

fn wait(mut answer: Response, seconds: u64) -> Response {
    if let Ok(value) = seconds.to_string().parse() {
        answer.headers_mut().insert(header::RETRY_AFTER, value);
    }
    answer
}
