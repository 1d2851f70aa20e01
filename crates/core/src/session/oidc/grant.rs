//! What an issuer grants: the token that the backend is shown, how long it is good, and the one that it is renewed by.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use oauth2::basic::BasicTokenType;
use oauth2::{ExtraTokenFields, StandardTokenResponse, TokenResponse as _};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use tokio::time::{Duration, Instant};

use super::super::shape;
use super::super::wire::Bearer;
use super::broken;
use super::issuer::Issuer;
use crate::error::Result;

/// Longer than any token that fits into a header.
const LONGEST: usize = 16 << 10;

/// The token endpoint's answer.
pub(super) type TokenAnswer = StandardTokenResponse<Besides, BasicTokenType>;

/// What OpenID Connect adds to it.
#[derive(Deserialize, Serialize)]
pub(super) struct Besides {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
}

impl fmt::Debug for Besides {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Besides").finish_non_exhaustive()
    }
}

impl ExtraTokenFields for Besides {}

/// What was granted.
#[derive(Clone, Debug)]
pub(in super::super) struct Grant {
    /// None of one that was kept from before: it is renewed first.
    pub(super) bearer: Option<SecretString>,
    /// None where the issuer gave none, or takes it no more.
    pub(super) refresh: Option<SecretString>,
    /// When it is renewed, and when it is over. Monotonic: a wrong clock cannot shorten or lengthen it.
    pub(super) lasts: Option<(Instant, Instant)>,
}

/// Of an ID token, what says for whom it is.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Audience,
    azp: Option<String>,
    nonce: Option<String>,
    exp: Option<i64>,
    iat: Option<i64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    fn has(&self, us: &str) -> bool {
        match self {
            Self::One(one) => one == us,
            Self::Several(all) => all.iter().any(|one| one == us),
        }
    }
}

impl Grant {
    /// The token that the backend is shown.
    pub(in super::super) fn bearer(&self) -> Option<&SecretString> {
        self.bearer.as_ref()
    }

    /// One that was kept from before.
    pub(super) fn kept(refresh: SecretString) -> Self {
        Self { bearer: None, refresh: Some(refresh), lasts: None }
    }

    /// What an answer grants that was asked for at `asked`, with this nonce where there was one.
    ///
    /// # Errors
    /// `backend-contract` for what is meant for somebody else, or is no bearer's token.
    pub(super) fn of(answer: &TokenAnswer, asked: Instant, issuer: &Issuer, nonce: Option<&str>) -> Result<Self> {
        if *answer.token_type() != BasicTokenType::Bearer {
            return Err(broken("it gives no bearer tokens"));
        }
        let id = answer.extra_fields().id_token.as_deref();
        let claims = id.map(|id| claims(id, issuer, nonce)).transpose()?;
        if nonce.is_some() && claims.is_none() {
            return Err(broken("it does not say who signed in"));
        }
        let (bearer, life) = match issuer.bearer() {
            Bearer::AccessToken => (Some(answer.access_token().secret().as_str()), answer.expires_in()),
            Bearer::IdToken => (id, claims.as_ref().and_then(Claims::life)),
        };
        let bearer = bearer.ok_or_else(|| broken("it gives no ID token"))?;
        let refresh = answer.refresh_token().map(|token| token.secret().as_str());
        for token in [Some(bearer), refresh].into_iter().flatten() {
            shape::header(token, LONGEST).map_err(|_| broken("a token of it is none"))?;
        }
        Ok(Self {
            bearer: Some(bearer.into()),
            refresh: refresh.map(Into::into),
            // More than years is for ever.
            lasts: life.and_then(|life| {
                Some((asked.checked_add(life.saturating_sub(early(life)))?, asked.checked_add(life)?))
            }),
        })
    }
}

/// So long before its end a token is renewed.
fn early(life: Duration) -> Duration {
    (life / 5).min(Duration::from_secs(300))
}

impl Claims {
    fn life(&self) -> Option<Duration> {
        let seconds = self.exp?.checked_sub(self.iat?)?;
        u64::try_from(seconds).ok().map(Duration::from_secs)
    }
}

/// Who an ID token is of and for. It came straight from the issuer by TLS, which vouches for it in the place of its signature.
/// That it is fresh its nonce says, whatever a clock that is off here does.
///
/// Source: OpenID Connect Core 1.0, 3.1.3.7.
fn claims(token: &str, issuer: &Issuer, nonce: Option<&str>) -> Result<Claims> {
    let odd = || broken("its ID token is none");
    let payload = token.split('.').nth(1).ok_or_else(odd)?;
    let payload = BASE64_URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).map_err(|_| odd())?;
    let claims: Claims = serde_json::from_slice(&payload).map_err(|_| odd())?;
    let ours = claims.iss == issuer.name()
        && claims.aud.has(issuer.client_id())
        && claims.azp.as_deref().is_none_or(|party| party == issuer.client_id());
    if !ours {
        return Err(broken("its ID token is another's"));
    }
    if nonce.is_some() && claims.nonce.as_deref() != nonce {
        return Err(broken("its ID token is of another sign-in"));
    }
    Ok(claims)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use url::Url;

    use super::*;
    use crate::error::ErrorCode;
    use crate::net::Net;

    fn issuer(bearer: Bearer) -> Issuer {
        let backend = Url::parse("https://uploads.example.com/").expect("an address");
        Issuer::new("https://id.example.com", "davit", &[], bearer, &backend, &Net::default()).expect("an issuer")
    }

    fn id_token(claims: &Value) -> String {
        format!("e30.{}.c2ln", BASE64_URL_SAFE_NO_PAD.encode(claims.to_string()))
    }

    fn answer(id: Option<String>) -> TokenAnswer {
        let mut answer =
            json!({"access_token": "access", "token_type": "Bearer", "expires_in": 3600, "refresh_token": "again"});
        if let Some(id) = id {
            answer["id_token"] = id.into();
        }
        serde_json::from_value(answer).expect("an answer")
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_is_renewed_five_minutes_before_its_end_or_a_fifth_of_its_life() {
        let asked = Instant::now();
        let grant = Grant::of(&answer(None), asked, &issuer(Bearer::AccessToken), None).expect("granted");
        let after = |seconds| asked + Duration::from_secs(seconds);
        assert_eq!(grant.lasts, Some((after(3_300), after(3_600))));
        let id = id_token(&json!({"iss": "https://id.example.com", "aud": "davit", "iat": 1_000, "exp": 1_060}));
        let grant = Grant::of(&answer(Some(id)), asked, &issuer(Bearer::IdToken), None).expect("granted");
        assert_eq!(grant.lasts, Some((after(48), after(60))));
    }

    #[test]
    fn an_id_token_of_another_issuer_audience_party_or_sign_in_is_refused() {
        let good = json!({"iss": "https://id.example.com", "aud": ["davit", "api"], "azp": "davit", "nonce": "n"});
        let of = |claims: &Value| {
            Grant::of(&answer(Some(id_token(claims))), Instant::now(), &issuer(Bearer::AccessToken), Some("n"))
        };
        of(&good).expect("good");
        for (claim, odd) in [
            ("iss", json!("https://evil.example.com")),
            ("aud", json!("api")),
            ("aud", json!([])),
            ("azp", json!("api")),
            ("nonce", json!("m")),
            ("nonce", Value::Null),
        ] {
            let mut claims = good.clone();
            claims[claim] = odd;
            assert_eq!(of(&claims).expect_err(claim).code, ErrorCode::BackendContract);
        }
        let none = Grant::of(&answer(None), Instant::now(), &issuer(Bearer::AccessToken), Some("n"));
        assert_eq!(none.expect_err("nobody says who").code, ErrorCode::BackendContract);
    }

    #[test]
    fn what_is_granted_prints_no_secret() {
        let id = id_token(&json!({"iss": "https://id.example.com", "aud": "davit"}));
        let answer = answer(Some(id.clone()));
        let grant = Grant::of(&answer, Instant::now(), &issuer(Bearer::IdToken), None).expect("granted");
        let printed = format!("{answer:?}{grant:?}");
        assert!(!printed.contains("access\"") && !printed.contains("again") && !printed.contains(&id), "{printed}");
    }
}
