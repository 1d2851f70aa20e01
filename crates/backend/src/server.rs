//! Sections 1 to 3 of the contract, `/healthz` and `/metrics`; section 4 is in `receipts`, section 5 in `verify`.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use davit_core::session::wire;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::time::{Duration, Instant};

use crate::answers::{Answer, Pieces, Refusal, json};
use crate::config::{Auth, Config, Destination};
use crate::issuer::Issuer;
use crate::people::{self, Caller, Stranger};
use crate::sts::{Asker, Refused};
use crate::verify::{self, Looker};
use crate::{AwsAccess, aws, local, receipts};

/// The longest body of a request but a receipt, in bytes; it names one destination, and at most a key.
pub(crate) const LONGEST_REQUEST: u64 = 64 << 10;

/// Since when, and how often, somebody asked for something.
type Rates = HashMap<(&'static str, String), (Instant, u32)>;

/// What requests share. Nothing of it outlives the process but counters.
#[derive(Debug)]
pub(crate) struct State {
    config: Config,
    issuer: Option<Issuer>,
    sts: Asker,
    looker: Option<Looker>,
    rates: Mutex<Rates>,
    asked: AtomicU64,
    given: AtomicU64,
    looked: AtomicU64,
}

impl State {
    pub(crate) async fn new(config: Config, issuer: Option<Issuer>, access: Option<AwsAccess>) -> Self {
        let region = config.destinations.first().map_or("us-east-1", |destination| destination.region.as_str());
        let aws = aws::load(access, region).await;
        let (sts, looker) = (Asker::new(&aws), Looker::new(&aws, &config));
        let [asked, given, looked] = [(); 3].map(|()| AtomicU64::new(0));
        Self { config, issuer, sts, looker, rates: Mutex::default(), asked, given, looked }
    }

    pub(crate) fn leases(&self) -> u64 {
        self.given.load(Ordering::Relaxed)
    }

    pub(crate) fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    pub(crate) fn looks(&self) -> u64 {
        self.looked.load(Ordering::Relaxed)
    }

    /// A look is counted, whatever comes of it.
    pub(crate) fn looked(&self) {
        self.looked.fetch_add(1, Ordering::Relaxed);
    }

    /// Who looks, where the file wants it.
    pub(crate) const fn looker(&self) -> Option<&Looker> {
        self.looker.as_ref()
    }

    pub(crate) const fn config(&self) -> &Config {
        &self.config
    }

    /// The person who asks, unless nobody knows them.
    async fn caller(&self, headers: &HeaderMap) -> Result<Caller, Refusal> {
        people::caller(&self.config, self.issuer.as_ref(), headers).await.map_err(refuse)
    }

    /// The person who asks, unless they may not, or ask more than so often in a minute.
    pub(crate) async fn admit(&self, headers: &HeaderMap, what: &'static str, most: u32) -> Result<Caller, Refusal> {
        let caller = self.caller(headers).await?;
        match self.too_often(&caller, what, most) {
            None => Ok(caller),
            Some(seconds) => {
                let refusal = Refusal::new(StatusCode::TOO_MANY_REQUESTS, "too-many-requests", "Asked too often.");
                Err(refusal.after(seconds))
            }
        }
    }

    /// A destination that is open to this person.
    pub(crate) fn destination(&self, caller: &Caller, id: &str) -> Result<&Destination, Refusal> {
        let found = self.config.destinations.iter().find(|destination| destination.id == id);
        let destination = found.ok_or_else(no_such_destination)?;
        if caller.may_use(destination) { Ok(destination) } else { Err(not_allowed()) }
    }

    /// Whether this person has asked too often within a minute; then, seconds until they may again.
    fn too_often(&self, caller: &Caller, what: &'static str, most: u32) -> Option<u64> {
        let mut rates = self.rates.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let (since, count) = rates.entry((what, caller.id.clone())).or_insert((now, 0));
        let mut age = now.duration_since(*since);
        if age >= Duration::from_secs(60) {
            (*since, *count, age) = (now, 0, Duration::ZERO);
        }
        *count = count.saturating_add(1);
        (*count > most).then(|| 60 - age.as_secs().min(59))
    }
}

type App = Arc<State>;

pub(crate) fn router(state: App) -> Router {
    Router::new()
        .route("/.well-known/davit.json", get(discovery))
        .route("/v1/destinations", get(destinations))
        .route("/v1/credentials", post(credentials))
        .route("/v1/receipts", post(receipts::receive))
        .route("/v1/verify", post(verify::answer))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/metrics", get(metrics))
        .fallback(|| async { nothing() })
        .method_not_allowed_fallback(|| async { no_method() })
        .layer(axum::middleware::from_fn_with_state(Arc::clone(&state), local::only))
        .with_state(state)
}

pub(crate) fn nothing() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "not-found", "There is nothing at this address.")
}

fn no_method() -> Refusal {
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "This address is not asked like that.")
}

fn no_such_destination() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "no-such-destination", "This destination does not exist.")
}

fn not_allowed() -> Refusal {
    Refusal::new(StatusCode::FORBIDDEN, "not-allowed", "This destination is not open to you.")
}

async fn discovery(Shared(app): Shared<App>) -> Response {
    json(
        StatusCode::OK,
        &wire::Discovery {
            api_version: wire::API_VERSION,
            name: app.config.name.clone(),
            auth: match &app.config.auth {
                Auth::None => wire::Auth::None,
                Auth::Token { .. } => wire::Auth::Token,
                Auth::Oidc(said) => said.wire(),
            },
            minimum_client_version: app.config.minimum_client_version.clone(),
            support: app.config.support.clone(),
            policy: app.config.policy.clone(),
            receipts: app.config.receipts.is_some(),
            verify: app.config.verify,
        },
    )
}

async fn destinations(Shared(app): Shared<App>, headers: HeaderMap) -> Answer {
    let caller = app.caller(&headers).await?;
    let open = app.config.destinations.iter().filter(|destination| caller.may_use(destination));
    let all: Vec<_> = open.map(Destination::wire).collect();
    Ok(json(StatusCode::OK, &all))
}

async fn credentials(Shared(app): Shared<App>, headers: HeaderMap, body: Body) -> Answer {
    app.asked.fetch_add(1, Ordering::Relaxed);
    let caller = app.admit(&headers, "credentials", app.config.requests_a_minute).await?;
    let body = Pieces::of(body, LONGEST_REQUEST);
    let wanted: wire::CredentialsRequest = serde_json::from_slice(&body.whole().await?).map_err(|_| {
        Refusal::new(StatusCode::BAD_REQUEST, "bad-request", "The body must be {\"destination\": \"ID\"}.")
    })?;
    let destination = app.destination(&caller, &wanted.destination)?;
    let given = app.sts.ask(&app.config.sts, &caller, destination).await.map_err(|refused| match refused {
        Refused::Busy => {
            let title = "AWS does not answer right now.";
            Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "sts-unavailable", title).after(2)
        }
        Refused::Denied(why) => {
            tracing::error!(%why, destination = %destination.id, "STS refuses; this backend's own rights are wrong");
            Refusal::new(StatusCode::BAD_GATEWAY, "sts-refused", "AWS refuses this service; its log says why.")
        }
    })?;
    app.given.fetch_add(1, Ordering::Relaxed);
    let ends = OffsetDateTime::from_unix_timestamp(given.expiration).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let expiration = ends.format(&Rfc3339).unwrap_or_default();
    // One line a lease: who, where to, until when. No secret.
    tracing::info!(target: "audit", person = %caller.id, destination = %destination.id, %expiration, "lease");
    Ok(json(
        StatusCode::OK,
        &wire::Credentials {
            access_key_id: given.access_key_id,
            secret_access_key: given.secret_access_key,
            session_token: given.session_token,
            region: destination.region.clone(),
            bucket: Some(destination.bucket.clone()),
            key_prefix: Some(caller.prefix(destination)),
            expiration: Some(expiration),
        },
    ))
}

async fn metrics(Shared(app): Shared<App>) -> String {
    format!(
        "# TYPE davit_credential_requests_total counter\ndavit_credential_requests_total {}\n\
         # TYPE davit_leases_total counter\ndavit_leases_total {}\n\
         # TYPE davit_verify_requests_total counter\ndavit_verify_requests_total {}\n",
        app.asked(),
        app.leases(),
        app.looks()
    )
}

fn refuse(stranger: Stranger) -> Refusal {
    match stranger {
        Stranger::Unknown => Refusal::new(StatusCode::UNAUTHORIZED, "sign-in", "Sign in again."),
        Stranger::Unsure => {
            let title = "The issuer does not answer right now.";
            Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "issuer-unavailable", title).after(5)
        }
        Stranger::Disabled => Refusal::new(StatusCode::FORBIDDEN, "account-disabled", "This account is switched off."),
    }
}
