//! Signing in at the company's issuer (OpenID Connect): who it is, the two ways to sign in there, and what it grants.
//!
//! Davit is a public client (RFC 8252): an authorization code with PKCE (RFC 7636) by the system's browser and a redirect to
//! loopback, or a code that is typed on any device (RFC 8628). A refresh token goes to the keychain, the way tokens that a person
//! pastes do; everything else lives in memory. Requests take the way out that all of Davit takes.

mod asks;
mod grant;
mod issuer;
mod kept;
mod listener;
mod pending;
mod untaken;

pub(super) use issuer::Issuer;
pub(super) use kept::Kept;
pub use listener::Pages;
pub use pending::By;
pub(crate) use pending::Pending;
pub(super) use untaken::Untaken;

use crate::error::{Error, ErrorCode};

/// The company's issuer is not set up as it has to be.
fn broken(why: &str) -> Error {
    Error::new(ErrorCode::BackendContract).detail(format!("the issuer: {why}"))
}

/// Nobody signed in; whoever wants to may try again.
fn unfinished(why: &str) -> Error {
    Error::new(ErrorCode::SignInUnfinished).detail(why)
}
