//! The TOML file: people, destinations, and how STS is asked. It holds no AWS key.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use davit_core::session::{Collision, Rules, wire};
use serde::Deserialize;

use crate::StartError;

mod validate;

/// The whole file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where to listen. TLS is the load balancer's; plain http is for loopback and for behind it.
    pub listen: SocketAddr,
    /// The company's name.
    pub name: String,
    /// Makes people's ids in prefixes unguessable. Never change it: prefixes would move.
    pub person_salt: String,
    /// How people sign in.
    pub auth: Auth,
    /// How STS is asked.
    pub sts: Sts,
    /// Where people may upload.
    pub destinations: Vec<Destination>,
    /// Credentials for one person in a minute at most.
    #[serde(default = "sixty")]
    pub requests_a_minute: u32,
    /// Looks of one person in a minute at most: one for every large file, and one for every answer that was lost.
    #[serde(default = "six_thousand")]
    pub looks_a_minute: u32,
    /// Leases shorter than AWS' 900 s: only against the local cloud of tests.
    #[serde(default)]
    pub allow_short_leases: bool,
    /// Older clients are asked to update.
    #[serde(default)]
    pub minimum_client_version: Option<String>,
    /// Whom people may ask.
    #[serde(default)]
    pub support: Option<wire::Support>,
    /// What it presets and locks at its people's computers.
    #[serde(default)]
    pub policy: Option<wire::Policy>,
    /// A folder that keeps the receipts of finished batches; without it none are wanted.
    #[serde(default)]
    pub receipts: Option<PathBuf>,
    /// The longest receipt that is taken, in MiB. A longer one waits at the client.
    #[serde(default = "a_million_files")]
    pub longest_receipt_mib: u32,
    /// Whether clients are told what lies at a key of theirs; the backend's own role must be able to look then.
    #[serde(default)]
    pub verify: bool,
    /// Whether the bucket stands in the path when S3 is asked: for stores other than AWS.
    #[serde(default)]
    pub path_style: bool,
}

const fn sixty() -> u32 {
    60
}

const fn six_thousand() -> u32 {
    6_000
}

/// 100,000 files are some 30 MB.
const fn a_million_files() -> u32 {
    512
}

/// How people sign in.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Auth {
    /// Not at all: loopback only.
    None,
    /// By tokens of this list, kept as SHA-256.
    Token {
        /// Who has which.
        people: Vec<Person>,
    },
    /// At the company's issuer, in the browser.
    Oidc(Oidc),
}

/// An issuer of OpenID Connect, and what of its tokens counts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Oidc {
    /// Its name, letter by letter as it calls itself.
    pub issuer: String,
    /// What Davit is called there: a public client.
    pub client_id: String,
    /// What clients ask for. Without `offline_access` most issuers give nothing to renew a sign-in by.
    #[serde(default = "scopes")]
    pub scopes: Vec<String>,
    /// Which token clients show here.
    #[serde(default)]
    pub bearer: wire::Bearer,
    /// Whom that token is for: without it, for `client_id`.
    #[serde(default)]
    pub audience: Option<String>,
    /// The claim with a person's stable id. Never change it: prefixes would move.
    #[serde(default = "sub")]
    pub person: String,
    /// The claim with the groups that destinations are opened to.
    #[serde(default = "groups")]
    pub groups: String,
    /// Ids of people who are switched off here.
    #[serde(default)]
    pub disabled: Vec<String>,
}

fn scopes() -> Vec<String> {
    ["openid", "offline_access"].map(str::to_owned).to_vec()
}

fn sub() -> String {
    "sub".to_owned()
}

fn groups() -> String {
    "groups".to_owned()
}

impl Oidc {
    /// An issuer, and all else as usual.
    pub fn of(issuer: &str, client_id: &str) -> Self {
        Self {
            issuer: issuer.to_owned(),
            client_id: client_id.to_owned(),
            scopes: scopes(),
            bearer: wire::Bearer::default(),
            audience: None,
            person: sub(),
            groups: groups(),
            disabled: Vec::new(),
        }
    }

    /// Whom a token is for.
    pub(crate) fn audience(&self) -> &str {
        self.audience.as_deref().unwrap_or(&self.client_id)
    }

    /// As the contract tells it.
    pub(crate) fn wire(&self) -> wire::Auth {
        wire::Auth::Oidc {
            issuer: self.issuer.clone(),
            client_id: self.client_id.clone(),
            scopes: self.scopes.clone(),
            bearer: self.bearer,
        }
    }
}

/// A person with a token.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// A stable id, such as an e-mail address. It never appears in a prefix.
    pub id: String,
    /// SHA-256 of the token, as 64 hex digits: `davit-backend token` prints one.
    pub token_sha256: String,
    /// Groups that destinations are opened to.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Switched off.
    #[serde(default)]
    pub disabled: bool,
}

/// How STS is asked.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Sts {
    /// By a role whose policy reaches the prefix in a session tag. Preferred.
    AssumeRole {
        /// The role.
        role_arn: String,
        /// Life of a lease, 900 to 43,200 and no longer than the role allows.
        seconds: u32,
    },
    /// By the keys of an IAM user, as companies without roles do.
    FederationToken {
        /// Life of a lease, 900 to 129,600.
        seconds: u32,
    },
}

impl Sts {
    /// Life of a lease in seconds.
    pub const fn seconds(&self) -> u32 {
        match self {
            Self::AssumeRole { seconds, .. } | Self::FederationToken { seconds } => *seconds,
        }
    }
}

/// Where people may upload.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Destination {
    /// Its id.
    pub id: String,
    /// Path-like words.
    pub label: String,
    /// The bucket.
    pub bucket: String,
    /// Its region.
    pub region: String,
    /// The prefix, ending in `/`; `{person}` stands for the person's opaque id.
    pub prefix: String,
    /// Groups it is open to; empty means everybody.
    #[serde(default)]
    pub groups: Vec<String>,
    /// The account that must own the bucket.
    #[serde(default)]
    pub account_id: Option<String>,
    /// Whether Transfer Acceleration may be used.
    #[serde(default)]
    pub accelerate: bool,
    /// What to do when a name is taken.
    #[serde(default)]
    pub collision: Collision,
    /// What may be sent.
    #[serde(default)]
    pub rules: Option<Rules>,
    /// Storage class of new objects.
    #[serde(default)]
    pub storage_class: Option<String>,
    /// Encryption of new objects; a KMS key is named by its ARN, which the policies need.
    #[serde(default)]
    pub sse: Option<wire::Sse>,
    /// Tags of new objects; the role needs `s3:PutObjectTagging` then.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// What "Copy link" gives, with `{key}`.
    #[serde(default)]
    pub link_template: Option<String>,
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// A sentence that names the line or the field.
    pub fn load(path: &Path) -> Result<Self, StartError> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| StartError::Config(format!("{}: {error}", path.display())))?;
        Self::parse(&text)
    }

    /// Reads a text.
    ///
    /// # Errors
    /// A sentence that names the line or the field.
    pub fn parse(text: &str) -> Result<Self, StartError> {
        let config: Self = toml::from_str(text).map_err(|error| StartError::Config(error.to_string()))?;
        config.check()?;
        Ok(config)
    }

    pub(crate) fn check(&self) -> Result<(), StartError> {
        validate::config(self).map_err(StartError::Config)
    }
}

impl Destination {
    /// As the contract tells it.
    pub(crate) fn wire(&self) -> wire::Destination {
        wire::Destination {
            id: self.id.clone(),
            label: self.label.clone(),
            bucket: self.bucket.clone(),
            region: self.region.clone(),
            account_id: self.account_id.clone(),
            accelerate: self.accelerate,
            collision: self.collision,
            rules: self.rules.clone(),
            storage_class: self.storage_class.clone(),
            sse: self.sse.clone(),
            tags: self.tags.clone(),
            link_template: self.link_template.clone(),
        }
    }

    /// The ARN of the KMS key that new objects are encrypted with.
    pub(crate) fn key_arn(&self) -> Option<&str> {
        match &self.sse {
            Some(wire::Sse::Kms { key_id }) => Some(key_id),
            Some(wire::Sse::S3) | None => None,
        }
    }
}
