//! Who asks, and the opaque id that stands for them in prefixes.

use axum::http::HeaderMap;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::config::{Auth, Config, Destination, Person};
use crate::issuer::Issuer;

/// The length of a person's opaque id.
pub(crate) const OPAQUE: usize = 24;

/// A person who may ask.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// For the audit log.
    pub(crate) id: String,
    groups: Vec<String>,
    opaque: String,
}

/// Why nobody is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stranger {
    Unknown,
    Disabled,
    /// The issuer that would know does not answer.
    Unsure,
}

/// A token as it is kept.
pub fn hash_token(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

/// The person behind a request's bearer token.
pub(crate) async fn caller(config: &Config, issuer: Option<&Issuer>, headers: &HeaderMap) -> Result<Caller, Stranger> {
    match &config.auth {
        Auth::None => Ok(person(config, "local", &[])),
        Auth::Token { people } => by_token(config, people, token(headers)?),
        Auth::Oidc(said) => {
            let bearer = issuer.ok_or(Stranger::Unsure)?.bearer(token(headers)?).await?;
            if said.disabled.contains(&bearer.id) {
                return Err(Stranger::Disabled);
            }
            Ok(person(config, &bearer.id, &bearer.groups))
        }
    }
}

fn token(headers: &HeaderMap) -> Result<&str, Stranger> {
    let header = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (scheme, token) = header.split_once(' ').ok_or(Stranger::Unknown)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(token.trim()) } else { Err(Stranger::Unknown) }
}

fn by_token(config: &Config, people: &[Person], token: &str) -> Result<Caller, Stranger> {
    let hash = hash_token(token);
    // Every entry is looked at, each in constant time: how long it takes tells nothing.
    let found = people.iter().fold(None, |found, person| {
        let same: bool = person.token_sha256.to_ascii_lowercase().as_bytes().ct_eq(hash.as_bytes()).into();
        if same { Some(person) } else { found }
    });
    match found {
        Some(found) if found.disabled => Err(Stranger::Disabled),
        Some(found) => Ok(person(config, &found.id, &found.groups)),
        None => Err(Stranger::Unknown),
    }
}

fn person(config: &Config, id: &str, groups: &[String]) -> Caller {
    let mut hash = Sha256::new();
    hash.update(config.person_salt.as_bytes());
    hash.update([0]);
    hash.update(id.as_bytes());
    let mut opaque = hex::encode(hash.finalize());
    opaque.truncate(OPAQUE);
    Caller { id: id.to_owned(), groups: groups.to_vec(), opaque }
}

impl Caller {
    /// Whether a destination is open to them.
    pub(crate) fn may_use(&self, destination: &Destination) -> bool {
        destination.groups.is_empty() || destination.groups.iter().any(|group| self.groups.contains(group))
    }

    /// Their prefix within it: never a raw name, so no wildcard, `..` or Unicode twin gets in.
    pub(crate) fn prefix(&self, destination: &Destination) -> String {
        destination.prefix.replace("{person}", &self.opaque)
    }

    /// What stands for them wherever their name must not.
    pub(crate) fn opaque(&self) -> &str {
        &self.opaque
    }

    /// A name for STS sessions: letters and digits only.
    pub(crate) fn session_name(&self) -> String {
        format!("davit-{}", self.opaque)
    }
}
