//! People by the tokens of an issuer (OpenID Connect): whose a bearer is, and for whom, checked by the keys that the issuer publishes.

mod keys;
mod signatures;

use std::sync::Arc;

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, decode, decode_header};
use serde_json::{Map, Value};

use crate::config::Oidc;
use crate::people::Stranger;
use keys::{Keys, candidates};

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
    keys: Arc<Keys>,
}

impl Issuer {
    /// The issuer of a file that was checked.
    ///
    /// # Errors
    /// A sentence.
    pub(crate) fn new(said: &Oidc) -> Result<Self, String> {
        signatures::install();
        Ok(Self { said: said.clone(), keys: Arc::new(Keys::of(&said.issuer)?) })
    }

    /// Whose this token is.
    pub(crate) async fn bearer(&self, token: &str) -> Result<Bearer, Stranger> {
        let header = decode_header(token).map_err(|_| Stranger::Unknown)?;
        if !ALGORITHMS.contains(&header.alg) {
            return Err(Stranger::Unknown);
        }
        let keys = self.keys.may_have(&header).await?;
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
}

#[cfg(test)]
mod tests {
    use std::future::ready;

    use axum::Router;
    use axum::routing::get;
    use base64::Engine as _;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
    use ring::rand::SystemRandom;
    use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
    use serde_json::json;
    use time::OffsetDateTime;
    use tokio::time::{Duration, Instant, advance, sleep};

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
        issuer_at(US, keys)
    }

    /// One that was asked just now.
    fn issuer_at(address: &str, keys: &[&Signer]) -> Issuer {
        let said = Oidc { groups: "teams".to_owned(), ..Oidc::of(address, "davit") };
        let issuer = Issuer::new(&said).expect("an issuer");
        issuer.keys.knows(keys.iter().map(|key| serde_json::from_value(key.published()).expect("a key")).collect());
        issuer
    }

    fn good() -> Value {
        of(US)
    }

    fn of(issuer: &str) -> Value {
        let now = OffsetDateTime::now_utc().unix_timestamp();
        json!({"iss": issuer, "aud": ["api", "davit"], "sub": "ada", "exp": now + 600, "teams": ["editors"]})
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

    #[tokio::test]
    async fn an_issuer_describes_itself_in_any_place_where_clients_look() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("http://{}/a", listener.local_addr().expect("an address"));
        let signer = Signer::new("a");
        let said = json!({"issuer": address, "jwks_uri": format!("{address}/keys")}).to_string();
        let keys = json!({"keys": [signer.published()]}).to_string();
        let router = Router::new()
            .route("/.well-known/oauth-authorization-server/a", get(move || ready(said.clone())))
            .route("/a/keys", get(move || ready(keys.clone())));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let issuer = Issuer::new(&Oidc::of(&address, "davit")).expect("an issuer");
        let token = signer.sign(&json!({"alg": "ES256", "kid": "a"}), &of(&address));
        assert_eq!(issuer.bearer(&token).await.expect("known").id, "ada");
    }

    /// Nobody answers where it is.
    #[tokio::test(start_paused = true)]
    async fn an_issuer_that_does_not_answer_keeps_nobody_waiting_whose_key_is_known() {
        let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}", silent.local_addr().expect("an address"));
        let signer = Signer::new("a");
        let issuer = issuer_at(&address, &[&signer]);
        let token = signer.sign(&json!({"alg": "ES256", "kid": "a"}), &of(&address));
        let waited = async || {
            let begun = Instant::now();
            issuer.bearer(&token).await.expect("known");
            begun.elapsed().as_secs()
        };
        assert_eq!(waited().await, 0);
        advance(Duration::from_secs(3_601)).await;
        assert_eq!(waited().await, 1, "it may have another by now");
        // Whoever asked is gone; the question ends without them, and the next are not kept by it.
        sleep(Duration::from_secs(15)).await;
        assert_eq!(waited().await, 0);
        advance(Duration::from_secs(24 * 3_600)).await;
        assert_eq!(issuer.bearer(&token).await.expect_err("a day old"), Stranger::Unsure);
    }
}
