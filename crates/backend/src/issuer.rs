//! People by the tokens of an issuer (OpenID Connect): whose a bearer is, and for whom, checked by the keys that the issuer publishes.
//!
//! The keys are fetched when the first person asks, again every hour, and when a token names one that is not known: issuers change
//! them. An issuer that is away takes nobody's access while the keys it had are a day old at most.

mod signatures;

use std::sync::{Arc, Mutex, PoisonError};

use davit_core::net::Net;
use davit_core::session::address;
use jsonwebtoken::jwk::{Jwk, JwkSet, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, decode, decode_header};
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::time::{Duration, Instant};
use url::Url;

use crate::config::Oidc;
use crate::people::Stranger;

/// Keys are asked for again after this long.
const FRESH: Duration = Duration::from_secs(3_600);
/// And used no longer than this where the issuer does not answer.
const STALE: Duration = Duration::from_secs(24 * 3_600);
/// For a key that nobody knows the issuer is asked no more often: tokens can name any.
const BETWEEN: Duration = Duration::from_secs(30);
/// No description and no set of keys is longer.
const LONGEST: usize = 1 << 20;
/// Asymmetric ones alone: an issuer's public key is no secret to make tokens with.
const ALGORITHMS: [Algorithm; 5] =
    [Algorithm::RS256, Algorithm::PS256, Algorithm::ES256, Algorithm::ES384, Algorithm::EdDSA];

/// Whose a token is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Bearer {
    pub(crate) id: String,
    pub(crate) groups: Vec<String>,
}

/// An issuer and its keys.
#[derive(Debug)]
pub(crate) struct Issuer {
    said: Oidc,
    url: Url,
    client: reqwest::Client,
    known: Mutex<Known>,
    /// Held by whoever asks the issuer; there is never a second.
    flight: tokio::sync::Mutex<()>,
}

#[derive(Clone, Debug, Default)]
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

impl Issuer {
    /// The issuer of a file that was checked.
    ///
    /// # Errors
    /// A sentence.
    pub(crate) fn new(said: &Oidc) -> Result<Self, String> {
        signatures::install();
        let url = Url::parse(&said.issuer).map_err(|_| "auth.issuer is not an https address".to_owned())?;
        let net = Net { direct: address::is_loopback(&url), ..Net::default() };
        let client = net.backend_client().map_err(|error| error.to_string())?;
        let (known, flight) = Default::default();
        Ok(Self { said: said.clone(), url, client, known, flight })
    }

    /// Whose this token is.
    pub(crate) async fn bearer(&self, token: &str) -> Result<Bearer, Stranger> {
        let header = decode_header(token).map_err(|_| Stranger::Unknown)?;
        if !ALGORITHMS.contains(&header.alg) {
            return Err(Stranger::Unknown);
        }
        let keys = self.keys(&header).await?;
        let claims = candidates(&keys, &header).find_map(|key| self.claims(token, &header, key));
        claims.and_then(|claims| self.person(&claims)).ok_or(Stranger::Unknown)
    }

    /// What the token says, where this key signed it and it is for us, from our issuer, and good now.
    fn claims(&self, token: &str, header: &Header, key: &Jwk) -> Option<Map<String, Value>> {
        let mut validation = Validation::new(header.alg);
        validation.set_issuer(&[&self.said.issuer]);
        validation.set_audience(&[self.said.audience()]);
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        validation.validate_nbf = true;
        let key = DecodingKey::from_jwk(key).ok().filter(|key| key.family() == header.alg.family())?;
        match decode::<Map<String, Value>>(token, &key, &validation) {
            Ok(decoded) => Some(decoded.claims),
            Err(error) => {
                tracing::debug!(%error, "a bearer token is not taken");
                None
            }
        }
    }

    fn person(&self, claims: &Map<String, Value>) -> Option<Bearer> {
        let id = claims.get(&self.said.person)?.as_str().filter(|id| !id.is_empty() && id.len() <= 256)?;
        let groups = match claims.get(&self.said.groups) {
            Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            Some(Value::String(all)) => all.split_whitespace().map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        Some(Bearer { id: id.to_owned(), groups })
    }

    fn known(&self) -> Known {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The issuer's keys, one of which may be the token's.
    async fn keys(&self, header: &Header) -> Result<Arc<JwkSet>, Stranger> {
        if let Some(keys) = self.known().good_for(header) {
            return Ok(keys);
        }
        let _flight = self.flight.lock().await;
        // Whoever had the flight before may have found them.
        let known = self.known();
        if let Some(keys) = known.good_for(header) {
            return Ok(keys);
        }
        let waits = known.asked.is_some_and(|asked| asked.elapsed() < BETWEEN);
        let found = if waits { None } else { Some(self.fetch().await) };
        let mut now = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        match found {
            Some(Ok(keys)) => {
                let keys = Arc::new(keys);
                (now.keys, now.asked) = (Some((Arc::clone(&keys), Instant::now())), Some(Instant::now()));
                return Ok(keys);
            }
            Some(Err(why)) => {
                now.asked = Some(Instant::now());
                tracing::error!(%why, issuer = %self.said.issuer, "the issuer's keys cannot be fetched");
            }
            None => {}
        }
        let old = now.keys.clone().filter(|(_, at)| at.elapsed() < STALE);
        old.map(|(keys, _)| keys).ok_or(Stranger::Unsure)
    }

    async fn fetch(&self) -> Result<JwkSet, String> {
        let path = self.url.path().trim_end_matches('/');
        let mut from = self.url.clone();
        from.set_path(&format!("{path}/.well-known/openid-configuration"));
        let found: Metadata = self.get(from).await?;
        if found.issuer != self.said.issuer {
            return Err(format!("it calls itself {:?}", found.issuer));
        }
        let here = address::is_here(&found.jwks_uri) && !address::is_loopback(&self.url);
        if here || address::check(&found.jwks_uri).is_err() {
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
    /// The keys, where they are fresh and have the one that a token names.
    fn good_for(&self, header: &Header) -> Option<Arc<JwkSet>> {
        let (keys, at) = self.keys.as_ref()?;
        let good = at.elapsed() < FRESH && candidates(keys, header).next().is_some();
        good.then(|| Arc::clone(keys))
    }
}

/// Keys that may have signed a token: the one that it names, or all of its kind where it names none.
fn candidates<'a>(keys: &'a JwkSet, header: &'a Header) -> impl Iterator<Item = &'a Jwk> {
    keys.keys.iter().filter(move |key| {
        let common = &key.common;
        let named = header.kid.is_none() || common.key_id == header.kid;
        let signs = common.public_key_use != Some(PublicKeyUse::Encryption);
        let kind = common.key_algorithm.is_none_or(|kind| kind == KeyAlgorithm::from(header.alg));
        named && signs && kind
    })
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
    use ring::rand::SystemRandom;
    use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
    use serde_json::json;
    use time::OffsetDateTime;

    use super::*;

    const US: &str = "https://id.example.com";

    struct Signer {
        kid: &'static str,
        key: EcdsaKeyPair,
        random: SystemRandom,
    }

    impl Signer {
        fn new(kid: &'static str) -> Self {
            let random = SystemRandom::new();
            let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).expect("a key");
            let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, made.as_ref(), &random);
            Self { kid, key: key.expect("a key"), random }
        }

        fn published(&self) -> Value {
            let (x, y) = self.key.public_key().as_ref()[1..].split_at(32);
            let (x, y) = (BASE64.encode(x), BASE64.encode(y));
            json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": self.kid, "x": x, "y": y})
        }

        fn sign(&self, header: &Value, claims: &Value) -> String {
            let said = format!("{}.{}", BASE64.encode(header.to_string()), BASE64.encode(claims.to_string()));
            let signature = self.key.sign(&self.random, said.as_bytes()).expect("signed");
            format!("{said}.{}", BASE64.encode(signature))
        }
    }

    fn issuer(keys: &[&Signer]) -> Issuer {
        let said = Oidc { groups: "teams".to_owned(), ..Oidc::of(US, "davit") };
        let issuer = Issuer::new(&said).expect("an issuer");
        let keys = keys.iter().map(|key| serde_json::from_value(key.published()).expect("a key")).collect();
        let now = Instant::now();
        *issuer.known.lock().expect("unharmed") =
            Known { keys: Some((Arc::new(JwkSet { keys }), now)), asked: Some(now) };
        issuer
    }

    fn good() -> Value {
        let now = OffsetDateTime::now_utc().unix_timestamp();
        json!({"iss": US, "aud": ["api", "davit"], "sub": "ada", "exp": now + 600, "teams": ["editors"]})
    }

    #[tokio::test]
    async fn a_token_that_the_issuer_signed_for_us_says_who_comes() {
        let signer = Signer::new("a");
        let token = signer.sign(&json!({"alg": "ES256", "kid": "a", "typ": "at+jwt"}), &good());
        let bearer = issuer(&[&Signer::new("b"), &signer]).bearer(&token).await.expect("known");
        assert_eq!(bearer, Bearer { id: "ada".to_owned(), groups: vec!["editors".to_owned()] });
    }

    #[tokio::test]
    async fn a_token_of_others_for_others_or_of_another_time_is_nobodys() {
        let (signer, thief) = (Signer::new("a"), Signer::new("a"));
        let issuer = issuer(&[&signer]);
        let header = json!({"alg": "ES256", "kid": "a"});
        let now = OffsetDateTime::now_utc().unix_timestamp();
        for (claim, odd) in [
            ("iss", json!("https://evil.example.com")),
            ("aud", json!("api")),
            ("exp", json!(now - 600)),
            ("exp", json!("never")),
            ("exp", Value::Null),
            ("nbf", json!(now + 600)),
            ("sub", json!("")),
            ("sub", json!(7)),
        ] {
            let mut claims = good();
            claims[claim] = odd;
            let refused = issuer.bearer(&signer.sign(&header, &claims)).await.expect_err(claim);
            assert_eq!(refused, Stranger::Unknown, "{claim}");
        }
        for token in [
            thief.sign(&header, &good()),
            signer.sign(&json!({"alg": "none"}), &good()),
            signer.sign(&json!({"alg": "HS256", "kid": "a"}), &good()),
            signer.sign(&json!({"alg": "RS256", "kid": "a"}), &good()),
            "a.b.c".to_owned(),
            "opaque".to_owned(),
        ] {
            assert_eq!(issuer.bearer(&token).await.expect_err("nobody's"), Stranger::Unknown, "{token}");
        }
    }

    /// The issuer was asked just now: it is not asked again for every key that somebody thinks of.
    #[tokio::test]
    async fn a_token_that_names_a_key_nobody_knows_is_nobodys() {
        let (signer, other) = (Signer::new("a"), Signer::new("other"));
        let token = other.sign(&json!({"alg": "ES256", "kid": "other"}), &good());
        assert_eq!(issuer(&[&signer]).bearer(&token).await.expect_err("unknown"), Stranger::Unknown);
    }
}
