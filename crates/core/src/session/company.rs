//! A company without a backend of the contract, as its policy file describes it.

use serde::Deserialize;

use super::{address, wire};
use crate::error::{Error, ErrorCode, Result};

/// A company whose endpoint answers credentials: `access_key_id`, `secret_access_key`, `session_token`, `region`. What
/// the contract's backend would tell besides stands here.
#[derive(Clone, Debug, Deserialize)]
pub struct Company {
    /// Shown as the company.
    pub name: String,
    /// Where credentials are asked for; https, or plain http on loopback.
    pub credentials_url: String,
    /// How they are asked for.
    #[serde(default)]
    pub method: Method,
    /// How a person proves who they are there.
    #[serde(default)]
    pub auth: Proof,
    /// Where uploads may go.
    pub destinations: Vec<Place>,
}

/// The request's method.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// With the destination's id in a JSON body, as in the contract.
    #[default]
    Post,
    /// With nothing.
    Get,
}

/// What goes with the request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Proof {
    /// A token that the person pastes once, as a bearer.
    #[default]
    Token,
    /// Nothing; loopback only.
    None,
}

/// A destination, and the prefix that the endpoint's credentials reach.
#[derive(Clone, Debug, Deserialize)]
pub struct Place {
    /// What the contract says of a destination.
    #[serde(flatten)]
    pub destination: wire::Destination,
    /// Ends in `/`; every key begins with it.
    pub key_prefix: String,
}

impl Company {
    /// Whether it may be asked at all.
    ///
    /// # Errors
    /// `address-insecure`, `bad-input`.
    pub(crate) fn check(&self) -> Result<()> {
        let url = address::endpoint(&self.credentials_url)?;
        if self.auth == Proof::None && !address::is_loopback(&url) {
            return Err(Error::new(ErrorCode::BadInput).detail("`company.auth` may be none on loopback only"));
        }
        Ok(())
    }
}
