//! What an [`super::Uploader`] is opened with, and the environment it may come from.

use std::path::PathBuf;

use secrecy::SecretString;
use url::Url;

use crate::credentials::Giver;
use crate::error::{Error, ErrorCode, Result};
use crate::ids::DestinationId;
use crate::journal::BatchRow;
use crate::net::Net;
use crate::policy::Policy;
use crate::s3::Endpoint;
use crate::session::address;
use crate::settings::rules::Ruled;
use crate::settings::{Known, Settings};
use crate::units::ByteRate;

/// How to open.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder with journal, settings and logs.
    pub home: PathBuf,
    /// The company's address; none means the one that was connected last.
    pub server: Option<String>,
    /// A token that is used but never kept.
    pub token: Option<SecretString>,
    /// The way out.
    pub net: Net,
    /// What the company rolled out.
    pub policy: Policy,
    /// A store on loopback in place of AWS, for the demo and tests.
    pub dev_store: Option<Url>,
    /// Another address of that store, in the place of Transfer Acceleration.
    pub dev_accelerated: Option<Url>,
    /// One place reached with the default AWS chain instead of a company.
    pub direct: Option<Direct>,
    /// Pieces in flight; none means as the settings say, or as many as turn out best.
    pub concurrency: Option<u16>,
    /// The limit of this run, whatever the schedule says; none means as the settings say.
    pub limit: Option<Option<ByteRate>>,
    /// Nothing is uploaded until [`crate::engine::Engine::go`]: for looking, for actions without a run, and for a gesture
    /// that must come before what is unfinished goes on.
    pub hold: bool,
    /// Whether watched folders are watched: by one program of a home that runs for long.
    pub watch: bool,
}

/// One place reached with the default AWS chain.
#[derive(Clone, Debug)]
pub struct Direct {
    /// The bucket.
    pub bucket: String,
    /// Empty, or ends in `/`.
    pub prefix: String,
    /// The bucket's region; none means as AWS's environment and profile say, and us-east-1 after them.
    pub region: Option<String>,
    /// A store other than AWS, which whoever typed it approves.
    pub endpoint: Option<Url>,
    /// Whether the bucket stands in the path.
    pub path_style: bool,
    /// Whether Transfer Acceleration may be used.
    pub accelerate: bool,
}

impl Direct {
    /// What it is called as a destination.
    pub fn id(&self) -> DestinationId {
        DestinationId(format!("s3://{}/{}", self.bucket, self.prefix))
    }

    /// The place that a batch began at, where that was one without a company. Stores other than AWS all know buckets in the
    /// path.
    pub fn of(batch: &BatchRow) -> Option<Self> {
        let remote = batch.remote.as_ref()?;
        let Giver::Chain { bucket, prefix } = &remote.giver else { return None };
        Some(Self {
            bucket: bucket.clone(),
            prefix: prefix.clone(),
            region: Some(batch.destination.region.clone()),
            endpoint: remote.store.clone(),
            path_style: true,
            accelerate: batch.destination.accelerate,
        })
    }
}

impl Options {
    /// Whether the policy, the environment or a person names a company.
    pub fn knows_a_company(&self) -> bool {
        self.server.is_some() || self.policy.address().is_some() || self.policy.preset_address().is_some()
    }

    /// What holds by the policy and by what is on record.
    pub(super) fn ruled(&self, settings: &Settings) -> Ruled {
        settings.ruled(&self.policy.rules)
    }

    /// A company's address as a session spells it.
    pub(super) fn spelt(&self, address: &str) -> String {
        let url = match &self.policy.company {
            Some(company) if company.credentials_url == address => address::endpoint(address),
            _ => address::parse(address),
        };
        url.map_or_else(|_| address.to_owned(), |url| url.as_str().trim_end_matches('/').to_owned())
    }

    /// What the company at an address is called, before it answers.
    pub(super) fn name_of(&self, address: &str, known: Option<&Known>) -> Option<String> {
        match &self.policy.company {
            Some(company) if company.credentials_url == address => Some(company.name.clone()),
            _ => known.filter(|known| known.address == self.spelt(address)).map(|known| known.name.clone()),
        }
    }

    /// The store in place of AWS, where there is one.
    pub(super) fn store(&self) -> Result<Option<Endpoint>> {
        match (&self.dev_store, &self.policy.store) {
            (Some(url), _) => {
                let accelerated = self.dev_accelerated.clone().map(on_loopback).transpose()?;
                let url = on_loopback(url.clone())?;
                Ok(Some(Endpoint::Custom { url, path_style: true, accelerated }))
            }
            (None, Some(store)) => Endpoint::custom(store.endpoint.clone(), store.path_style).map(Some),
            (None, None) => Ok(None),
        }
    }

    /// From the machine's policy file, and `DAVIT_HOME`, `DAVIT_SERVER`, `DAVIT_TOKEN` and `DAVIT_DEV_S3_ENDPOINT`; for
    /// tests of two ways to a store, `DAVIT_DEV_S3_ACCELERATED` beside that.
    ///
    /// # Errors
    /// `bad-input` for an endpoint that is no loopback address, for half a policy, or when the system names no place
    /// for a home.
    pub fn from_env() -> Result<Self> {
        let text = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let home = match std::env::var_os("DAVIT_HOME").filter(|home| !home.is_empty()) {
            Some(home) => PathBuf::from(home),
            None => directories::ProjectDirs::from("org", "davit", "Davit")
                .ok_or_else(|| Error::new(ErrorCode::BadInput).detail("no home folder; set DAVIT_HOME"))?
                .data_local_dir()
                .to_owned(),
        };
        let dev = |name: &str| text(name).as_deref().map(loopback).transpose();
        let dev_store = dev("DAVIT_DEV_S3_ENDPOINT")?;
        Ok(Self {
            server: text("DAVIT_SERVER"),
            token: text("DAVIT_TOKEN").map(SecretString::from),
            net: Net::default(),
            policy: Policy::of_this_machine()?,
            dev_store,
            dev_accelerated: dev("DAVIT_DEV_S3_ACCELERATED")?,
            direct: None,
            concurrency: None,
            limit: None,
            hold: false,
            watch: false,
            home,
        })
    }
}

fn loopback(text: &str) -> Result<Url> {
    on_loopback(Url::parse(text).map_err(|_| not_on_loopback())?)
}

/// Nobody approved this store: it may not leave the computer, however secure its address.
fn on_loopback(url: Url) -> Result<Url> {
    if address::is_loopback(&url) { Ok(url) } else { Err(not_on_loopback()) }
}

fn not_on_loopback() -> Error {
    Error::new(ErrorCode::BadInput).detail("DAVIT_DEV_S3_ENDPOINT is for loopback addresses only")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_in_place_of_aws_is_on_loopback_or_refused() {
        assert!(loopback("http://127.0.0.1:9000").is_ok());
        assert!(loopback("http://[::1]:9000").is_ok());
        for bad in ["http://10.0.0.1:9000", "https://s3.example.com", "nonsense"] {
            assert_eq!(loopback(bad).expect_err(bad).code, ErrorCode::BadInput);
        }
    }
}
