//! An issuer of OpenID Connect on loopback: who comes to its page is signed in at once. It enforces PKCE, gives every refresh token
//! once, and does otherwise as it is told.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::State as Shared;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use davit_core::net::Net;
use davit_core::session::Pages;
use davit_core::uploader::Door;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;
use tokio::task::JoinHandle;
use url::form_urlencoded;

/// What the client is called there.
pub const CLIENT: &str = "davit";
/// The code that a person types.
pub const CODE: &str = "WXRK-PLTM";

/// How it behaves.
#[derive(Clone, Debug)]
pub struct Does {
    /// It calls itself so, in its description.
    pub name: Option<String>,
    /// And so beside an answer.
    pub answers_as: Option<String>,
    /// Access tokens live so many seconds.
    pub life: u64,
    /// It renews nothing.
    pub refuses: bool,
    /// The person says no.
    pub denies: bool,
    /// So often it answers that a code was not typed yet.
    pub pending: u32,
    /// It knows no sign-in by code.
    pub no_codes: bool,
}

/// What was asked of it.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// People who came to its page, with what the page was asked for.
    pub came: Vec<BTreeMap<String, String>>,
    /// Who asked what it is.
    pub described: u32,
    /// Renewals, whatever came of them.
    pub renewals: u32,
    /// Refresh tokens that were shown a second time.
    pub twice: u32,
    /// Refresh tokens that were taken back.
    pub revoked: u32,
    /// Tokens that it gave, of every kind.
    pub given: Vec<String>,
}

struct Key {
    kid: String,
    key: EcdsaKeyPair,
}

struct Inner {
    url: String,
    does: Does,
    seen: Seen,
    keys: Vec<Key>,
    serial: u64,
    /// By code: challenge, redirect, nonce.
    codes: BTreeMap<String, (String, String, Option<String>)>,
    good: BTreeSet<String>,
    used: BTreeSet<String>,
    is_deaf: bool,
    has_moved: bool,
}

/// A running issuer. It ends when dropped.
pub struct Issuer {
    address: SocketAddr,
    inner: Arc<Mutex<Inner>>,
    task: JoinHandle<()>,
}

type App = Arc<Mutex<Inner>>;

fn lock(app: &App) -> MutexGuard<'_, Inner> {
    app.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Issuer {
    /// At a port that is free.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let does = Does {
            name: None,
            answers_as: None,
            life: 3_600,
            refuses: false,
            denies: false,
            pending: 0,
            no_codes: false,
        };
        let inner = Arc::new(Mutex::new(Inner {
            url: format!("http://{address}"),
            does,
            seen: Seen::default(),
            keys: vec![Key::new(0)],
            serial: 0,
            codes: BTreeMap::new(),
            good: BTreeSet::new(),
            used: BTreeSet::new(),
            is_deaf: false,
            has_moved: false,
        }));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(description))
            .route("/authorize", get(authorize))
            .route("/token", post(token_before))
            .route("/moved/token", post(token))
            .route("/code", post(code))
            .route("/keys", get(keys))
            .route("/revoke", post(revoke))
            .with_state(Arc::clone(&inner));
        let task = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Self { address, inner, task }
    }

    /// Its name.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on it does otherwise.
    pub fn does(&self, change: impl FnOnce(&mut Does)) {
        change(&mut lock(&self.inner).does);
    }

    /// What was asked of it so far.
    pub fn seen(&self) -> Seen {
        lock(&self.inner).seen.clone()
    }

    /// Whoever asks what it is, or takes a token back, waits for as long as it does not hear.
    pub fn hears(&self, hears: bool) {
        lock(&self.inner).is_deaf = !hears;
    }

    /// Tokens are given elsewhere from now on, as it says of itself, and nothing is left where they were.
    pub fn moves(&self) {
        lock(&self.inner).has_moved = true;
    }

    /// It signs by another key from now on, and knows the one before no more.
    pub fn changes_its_key(&self) {
        let mut inner = lock(&self.inner);
        inner.serial += 1;
        let next = Key::new(inner.serial);
        inner.keys = vec![next];
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Key {
    fn new(serial: u64) -> Self {
        let random = SystemRandom::new();
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).expect("a key");
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, made.as_ref(), &random).expect("a key");
        Self { kid: format!("key-{serial}"), key }
    }

    fn published(&self) -> Value {
        let (x, y) = self.key.public_key().as_ref()[1..].split_at(32);
        let (x, y) = (BASE64.encode(x), BASE64.encode(y));
        json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": self.kid, "x": x, "y": y})
    }

    fn sign(&self, claims: &Value) -> String {
        let header = json!({"alg": "ES256", "kid": self.kid});
        let said = format!("{}.{}", BASE64.encode(header.to_string()), BASE64.encode(claims.to_string()));
        let signature = self.key.sign(&SystemRandom::new(), said.as_bytes()).expect("signed");
        format!("{said}.{}", BASE64.encode(signature))
    }
}

impl Inner {
    fn next(&mut self, what: &str) -> String {
        self.serial += 1;
        format!("{what}-{}", self.serial)
    }

    /// Tokens for the one person there is.
    fn grant(&mut self, nonce: Option<&str>) -> Response {
        let now = OffsetDateTime::now_utc().unix_timestamp();
        let name = self.does.name.clone().unwrap_or_else(|| self.url.clone());
        let mut claims = json!({
            "iss": name, "aud": CLIENT, "sub": "ada", "groups": ["editors"], "iat": now,
            "exp": now + i64::try_from(self.does.life).expect("a life"), "jti": self.next("token"),
        });
        let access = self.keys[0].sign(&claims);
        if let Some(nonce) = nonce {
            claims["nonce"] = nonce.into();
        }
        let id = self.keys[0].sign(&claims);
        let refresh = self.next("refresh");
        self.good.insert(refresh.clone());
        self.seen.given.extend([&access, &id, &refresh].map(Clone::clone));
        answer(
            StatusCode::OK,
            &json!({
                "access_token": access, "token_type": "Bearer", "expires_in": self.does.life, "id_token": id,
                "refresh_token": refresh,
            }),
        )
    }
}

fn answer(status: StatusCode, body: &Value) -> Response {
    let json = HeaderValue::from_static("application/json");
    (status, [(header::CONTENT_TYPE, json)], body.to_string()).into_response()
}

fn refused(word: &str) -> Response {
    answer(StatusCode::BAD_REQUEST, &json!({"error": word, "error_description": "as it was told"}))
}

fn fields(form: &str) -> BTreeMap<String, String> {
    form_urlencoded::parse(form.as_bytes()).into_owned().collect()
}

async fn description(Shared(app): Shared<App>) -> Response {
    lock(&app).seen.described += 1;
    while lock(&app).is_deaf {
        tokio::task::yield_now().await;
    }
    let inner = lock(&app);
    let at = |path: &str| format!("{}/{path}", inner.url);
    let mut says = json!({
        "issuer": inner.does.name.as_ref().unwrap_or(&inner.url),
        "authorization_endpoint": at("authorize"), "token_endpoint": at(if inner.has_moved { "moved/token" } else { "token" }),
        "device_authorization_endpoint": at("code"), "jwks_uri": at("keys"), "revocation_endpoint": at("revoke"),
        "code_challenge_methods_supported": ["S256"], "authorization_response_iss_parameter_supported": true,
    });
    if inner.does.no_codes {
        says["device_authorization_endpoint"] = Value::Null;
    }
    answer(StatusCode::OK, &says)
}

async fn keys(Shared(app): Shared<App>) -> Response {
    let keys: Vec<_> = lock(&app).keys.iter().map(Key::published).collect();
    // Others may lie beside.
    let other = json!({"kty": "XYZ", "use": "enc", "kid": "other"});
    answer(StatusCode::OK, &json!({"keys": keys.into_iter().chain([other]).collect::<Vec<_>>()}))
}

async fn authorize(Shared(app): Shared<App>, asked: Uri) -> Response {
    let mut inner = lock(&app);
    let asked = fields(asked.query().unwrap_or_default());
    let of = |name: &str| asked.get(name).cloned().unwrap_or_default();
    let ours = of("client_id") == CLIENT && of("response_type") == "code" && of("code_challenge_method") == "S256";
    if !ours || !of("redirect_uri").starts_with("http://127.0.0.1:") {
        return refused("invalid_request");
    }
    inner.seen.came.push(asked.clone());
    let issuer = inner.does.answers_as.clone().unwrap_or_else(|| inner.url.clone());
    let mut back = form_urlencoded::Serializer::new(String::new());
    back.append_pair("state", &of("state")).append_pair("iss", &issuer);
    if inner.does.denies {
        back.append_pair("error", "access_denied");
    } else {
        let code = inner.next("code");
        back.append_pair("code", &code);
        inner.codes.insert(code, (of("code_challenge"), of("redirect_uri"), asked.get("nonce").cloned()));
    }
    let to = format!("{}?{}", of("redirect_uri"), back.finish());
    (StatusCode::FOUND, [(header::LOCATION, to)]).into_response()
}

async fn token_before(shared: Shared<App>, body: String) -> Response {
    let has_moved = lock(&shared.0).has_moved;
    if has_moved { StatusCode::NOT_FOUND.into_response() } else { token(shared, body).await }
}

async fn token(Shared(app): Shared<App>, body: String) -> Response {
    let mut inner = lock(&app);
    let asked = fields(&body);
    let of = |name: &str| asked.get(name).cloned().unwrap_or_default();
    if of("client_id") != CLIENT {
        return refused("invalid_client");
    }
    match of("grant_type").as_str() {
        "authorization_code" => {
            // A code is good once.
            let Some((challenge, redirect, nonce)) = inner.codes.remove(&of("code")) else {
                return refused("invalid_grant");
            };
            let verified = BASE64.encode(Sha256::digest(of("code_verifier"))) == challenge;
            if !verified || redirect != of("redirect_uri") {
                return refused("invalid_grant");
            }
            inner.grant(nonce.as_deref())
        }
        "refresh_token" => {
            inner.seen.renewals += 1;
            let shown = of("refresh_token");
            if inner.used.contains(&shown) {
                inner.seen.twice += 1;
            }
            if inner.does.refuses || !inner.good.remove(&shown) {
                return refused("invalid_grant");
            }
            inner.used.insert(shown);
            inner.grant(None)
        }
        "urn:ietf:params:oauth:grant-type:device_code" if inner.does.denies => refused("access_denied"),
        "urn:ietf:params:oauth:grant-type:device_code" if inner.does.pending > 0 => {
            inner.does.pending -= 1;
            refused("authorization_pending")
        }
        "urn:ietf:params:oauth:grant-type:device_code" if of("device_code") == "device" => inner.grant(None),
        _ => refused("unsupported_grant_type"),
    }
}

async fn code(Shared(app): Shared<App>, body: String) -> Response {
    let inner = lock(&app);
    if fields(&body).get("client_id").map(String::as_str) != Some(CLIENT) {
        return refused("invalid_client");
    }
    answer(
        StatusCode::OK,
        &json!({
            "device_code": "device", "user_code": CODE, "verification_uri": format!("{}/device", inner.url),
            "verification_uri_complete": format!("{}/device?code={CODE}", inner.url), "expires_in": 600, "interval": 1,
        }),
    )
}

async fn revoke(Shared(app): Shared<App>, body: String) -> StatusCode {
    while lock(&app).is_deaf {
        tokio::task::yield_now().await;
    }
    let mut inner = lock(&app);
    let shown = fields(&body).get("token").cloned().unwrap_or_default();
    if inner.good.remove(&shown) {
        inner.seen.revoked += 1;
    }
    StatusCode::OK
}

/// What pages say in tests.
pub fn pages() -> Pages {
    Pages { back: "Go back.".to_owned(), other: "Another sign-in.".to_owned() }
}

/// Asks for a page as a browser does that is led nowhere else: status, where it leads, what it says.
pub async fn asks(page: &str) -> Result<(u16, Option<String>, String), reqwest::Error> {
    let client = Net { direct: true, ..Net::default() }.backend_client().expect("a client");
    let answer = client.get(page).send().await?;
    let to = answer.headers().get("location").and_then(|to| to.to_str().ok()).map(str::to_owned);
    Ok((answer.status().as_u16(), to, answer.text().await?))
}

/// A person's browser, who signs in at once: it opens the issuer's page, and goes where that leads.
pub fn browser(door: &Door) -> bool {
    let page = door.page.clone();
    tokio::spawn(async move {
        let (_, to, said) = asks(&page).await.expect("the issuer's page");
        let to = to.unwrap_or_else(|| panic!("nowhere to go back to: {said}"));
        let (status, _, said) = asks(&to).await.expect("Davit's page");
        assert!(status == 200 && said.contains("Go back."), "{status} {said}");
    });
    true
}
