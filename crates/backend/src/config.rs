//! The TOML file: people, destinations, and how STS is asked. It holds no AWS key.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use davit_core::session::{Collision, Rules};
use serde::Deserialize;

use crate::StartError;

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
    /// Leases shorter than AWS' 900 s: only against the local cloud of tests.
    #[serde(default)]
    pub allow_short_leases: bool,
    /// Older clients are asked to update.
    #[serde(default)]
    pub minimum_client_version: Option<String>,
}

const fn sixty() -> u32 {
    60
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
}

/// A person with a token.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// A stable id, such as an e-mail address. It never appears in a prefix.
    pub id: String,
    /// SHA-256 of the token, in hex: `davit-backend token` prints one.
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
        /// Life of a lease, 900 and up.
        seconds: u32,
    },
    /// By the keys of an IAM user, as companies without roles do.
    FederationToken {
        /// Life of a lease, 900 and up.
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
    /// A sentence that names the line.
    pub fn load(path: &Path) -> Result<Self, StartError> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| StartError::Config(format!("{}: {error}", path.display())))?;
        Self::parse(&text)
    }

    /// Reads a text.
    ///
    /// # Errors
    /// A sentence that names the line.
    pub fn parse(text: &str) -> Result<Self, StartError> {
        let config: Self = toml::from_str(text).map_err(|error| StartError::Config(error.to_string()))?;
        config.check()?;
        Ok(config)
    }

    pub(crate) fn check(&self) -> Result<(), StartError> {
        let no = |why: String| Err(StartError::Config(why));
        if matches!(self.auth, Auth::None) && !self.listen.ip().is_loopback() {
            return no(format!("auth kind \"none\" is for loopback addresses only, not for {}", self.listen));
        }
        let seconds = self.sts.seconds();
        if seconds < 900 && !self.allow_short_leases {
            return no(format!("STS gives leases of 900 seconds and up, not of {seconds}"));
        }
        if self.person_salt.is_empty() || self.destinations.is_empty() {
            return no("person_salt and destinations must not be empty".to_owned());
        }
        for (at, destination) in self.destinations.iter().enumerate() {
            let prefix = destination.prefix.replace("{person}", "person");
            let odd = prefix.starts_with('/')
                || !prefix.ends_with('/')
                || prefix.contains(['*', '?', '$', '{', '}'])
                || prefix.trim_end_matches('/').split('/').any(|part| matches!(part, "" | "." | ".."));
            if odd {
                return no(format!(
                    "destination {}: prefix {:?} must be like a/b/",
                    destination.id, destination.prefix
                ));
            }
            if self.destinations[..at].iter().any(|other| other.id == destination.id) {
                return no(format!("destination {} stands twice", destination.id));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
        listen = "127.0.0.1:0"
        name = "Example"
        person_salt = "s"
        auth = { kind = "none" }
        sts = { kind = "federation-token", seconds = 900 }
        [[destinations]]
        id = "a"
        label = "A"
        bucket = "media"
        region = "eu-central-1"
        prefix = "u/{person}/"
    "#;

    #[test]
    fn a_good_file_is_read_and_bad_ones_say_why() {
        Config::parse(GOOD).expect("good");
        for (from, to, word) in [
            ("127.0.0.1:0", "0.0.0.0:80", "loopback"),
            ("seconds = 900", "seconds = 60", "900"),
            ("u/{person}/", "u/*/", "prefix"),
            ("u/{person}/", "../x/", "prefix"),
            ("name =", "nmae =", "nmae"),
        ] {
            let error = Config::parse(&GOOD.replace(from, to)).expect_err(to).to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}
