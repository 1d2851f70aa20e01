//! The keys that an issuer publishes.
//!
//! They are fetched when the first person comes, again every hour, and when a token names one that is not known: issuers change them.
//! An issuer that is away, or slow, takes nobody's access while the keys it had are a day old at most, and keeps nobody waiting whose
//! key is among them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use davit_core::net::Net;
use davit_core::session::address;
use jsonwebtoken::Header;
use jsonwebtoken::jwk::{Jwk, JwkSet, KeyAlgorithm, PublicKeyUse};
use serde::Deserialize;
use serde_json::Value;
use tokio::time::{Duration, Instant, timeout};
use url::Url;

use crate::people::Stranger;

/// Keys are asked for again after this long.
const FRESH: Duration = Duration::from_secs(3_600);
/// And used no longer than this where the issuer does not answer.
const STALE: Duration = Duration::from_secs(24 * 3_600);
/// For a key that nobody knows the issuer is asked no more often: tokens can name any.
const BETWEEN: Duration = Duration::from_secs(30);
/// It answers within this time, or does not. Clients wait for half a minute.
const WITHIN: Duration = Duration::from_secs(10);
/// Whose key is known waits no longer than this for others.
const SHORTLY: Duration = Duration::from_secs(1);
/// No description and no set of keys is longer.
const LONGEST: usize = 1 << 20;

/// An issuer, and its keys as far as they are known.
#[derive(Debug)]
pub(super) struct Keys {
    issuer: String,
    url: Url,
    client: reqwest::Client,
    known: Mutex<Known>,
    /// Held by whoever asks the issuer; there is never a second.
    flight: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Known {
    keys: Option<(Arc<JwkSet>, Instant)>,
    /// When the issuer was asked last, whatever came of it.
    asked: Option<Instant>,
}

/// What an issuer says of itself, as far as it matters here.
#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    jwks_uri: Url,
}

/// Its keys, RFC 7517.
#[derive(Deserialize)]
struct Published {
    keys: Vec<Value>,
}

impl Keys {
    /// Those of the issuer of a file that was checked.
    ///
    /// # Errors
    /// A sentence.
    pub(super) fn of(issuer: &str) -> Result<Self, String> {
        let url = Url::parse(issuer).map_err(|_| "auth.issuer is not an https address".to_owned())?;
        let net = Net { direct: address::is_loopback(&url), ..Net::default() };
        let client = net.backend_client().map_err(|error| error.to_string())?;
        let (known, flight) = Default::default();
        Ok(Self { issuer: issuer.to_owned(), url, client, known, flight })
    }

    /// The issuer's keys, one of which may be the token's.
    ///
    /// # Cancellation
    /// A question to the issuer goes on without whoever began it.
    pub(super) async fn may_have(self: &Arc<Self>, header: &Header) -> Result<Arc<JwkSet>, Stranger> {
        if let Some(keys) = self.known().good_for(header, FRESH) {
            return Ok(keys);
        }
        let keys = Arc::clone(self);
        let answer = tokio::spawn(async move { keys.ask().await });
        let old = self.known().good_for(header, STALE);
        if old.is_some() {
            let _ = timeout(SHORTLY, answer).await;
        } else {
            let _ = answer.await;
        }
        self.known().younger_than(STALE).ok_or(Stranger::Unsure)
    }

    /// From now on these are its keys.
    #[cfg(test)]
    pub(super) fn knows(&self, keys: Vec<Jwk>) {
        let now = Instant::now();
        *self.known() = Known { keys: Some((Arc::new(JwkSet { keys }), now)), asked: Some(now) };
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the issuer, where nobody did just now.
    async fn ask(&self) {
        let _flight = self.flight.lock().await;
        if self.known().asked.is_some_and(|asked| asked.elapsed() < BETWEEN) {
            return;
        }
        let late = |_| Err("it does not answer in time".to_owned());
        let found = timeout(WITHIN, self.fetch()).await.unwrap_or_else(late);
        let mut known = self.known();
        known.asked = Some(Instant::now());
        match found {
            Ok(keys) => known.keys = Some((Arc::new(keys), Instant::now())),
            Err(why) => tracing::error!(%why, issuer = %self.issuer, "the issuer's keys cannot be fetched"),
        }
    }

    async fn fetch(&self) -> Result<JwkSet, String> {
        // Clients look in both places. Source: OpenID Connect Discovery 1.0, 4.1, and RFC 8414, 3.1.
        let path = self.url.path().trim_end_matches('/');
        let (mut usual, mut other) = (self.url.clone(), self.url.clone());
        usual.set_path(&format!("{path}/.well-known/openid-configuration"));
        other.set_path(&format!("/.well-known/oauth-authorization-server{path}"));
        let found: Metadata = match self.get(usual).await {
            Ok(found) => found,
            Err(why) => self.get(other).await.map_err(|_| why)?,
        };
        if found.issuer != self.issuer {
            return Err(format!("it calls itself {:?}", found.issuer));
        }
        if address::leads_here(&found.jwks_uri, &self.url) || address::check(&found.jwks_uri).is_err() {
            return Err("the address of its keys is not https".to_owned());
        }
        let Published { keys } = self.get(found.jwks_uri).await?;
        // Of a kind that nobody here knows, as for encryption, there may be others beside.
        Ok(JwkSet { keys: keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect() })
    }

    async fn get<T: serde::de::DeserializeOwned>(&self, from: Url) -> Result<T, String> {
        let asked = self.client.get(from).send().await.map_err(|error| error.without_url().to_string())?;
        let mut answer = asked.error_for_status().map_err(|error| error.without_url().to_string())?;
        let mut all = Vec::new();
        while let Some(piece) = answer.chunk().await.map_err(|error| error.without_url().to_string())? {
            if all.len() + piece.len() > LONGEST {
                return Err("an answer without end".to_owned());
            }
            all.extend_from_slice(&piece);
        }
        serde_json::from_slice(&all).map_err(|error| error.to_string())
    }
}

impl Known {
    fn younger_than(&self, age: Duration) -> Option<Arc<JwkSet>> {
        self.keys.as_ref().filter(|(_, at)| at.elapsed() < age).map(|(keys, _)| Arc::clone(keys))
    }

    /// The keys, where they are younger than this and have the one that a token names.
    fn good_for(&self, header: &Header, age: Duration) -> Option<Arc<JwkSet>> {
        self.younger_than(age).filter(|keys| candidates(keys, header).next().is_some())
    }
}

/// Keys that may have signed a token: the one that it names, or all of its kind where it names none.
pub(super) fn candidates<'a>(keys: &'a JwkSet, header: &'a Header) -> impl Iterator<Item = &'a Jwk> {
    keys.keys.iter().filter(move |key| {
        let common = &key.common;
        let named = header.kid.is_none() || common.key_id == header.kid;
        let signs = common.public_key_use != Some(PublicKeyUse::Encryption);
        let kind = common.key_algorithm.is_none_or(|kind| kind == KeyAlgorithm::from(header.alg));
        named && signs && kind
    })
}
