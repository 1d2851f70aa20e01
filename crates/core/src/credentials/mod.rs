//! Short-lived credentials: where they come from ([`CredentialSource`]) and who renews them ([`LeaseKeeper`]).
//!
//! A [`Lease`] lives in memory only: it has no `Serialize`, and its `Debug` is masked.

mod chain;
mod keeper;
mod remote;

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use aws_credential_types::Credentials;
use tokio::time::Instant;

pub use chain::{ChainSource, region};
pub use keeper::{LeaseKeeper, LeaseProvider, Refusal};
pub use remote::{Giver, Remote};

use crate::error::Result;

/// The place that credentials reach: one bucket, one prefix.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Scope {
    /// The bucket's name.
    pub bucket: String,
    /// Empty, or ends in `/`; every key written begins with it.
    pub prefix: String,
    /// The bucket's region.
    pub region: String,
}

/// Temporary credentials with the place they reach and the moment they end.
#[derive(Clone)]
pub struct Lease {
    /// The keys. Zeroed when dropped.
    pub credentials: Credentials,
    /// What they reach.
    pub scope: Scope,
    /// When they were received. Monotonic: a wrong clock cannot shorten or lengthen a lease.
    pub received: Instant,
    /// When they end, counted from receipt; none for long-lived credentials of the default chain.
    pub deadline: Option<Instant>,
    /// Tells one lease from the next; never a part of the secret.
    pub serial: u64,
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease").field("scope", &self.scope).field("serial", &self.serial).finish_non_exhaustive()
    }
}

/// A future that a trait object can return.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Where leases come from: the company's backend, or the default AWS chain.
pub trait CredentialSource: Send + Sync + fmt::Debug {
    /// A fresh lease. Called by [`LeaseKeeper`] alone, one call at a time.
    fn fetch(&self) -> BoxFuture<'_, Result<Lease>>;
}
