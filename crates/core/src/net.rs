//! How to get out of this computer: the proxy, the certificates that are trusted, and how long a connection may take.
//!
//! Every HTTP client of the core (the SDK's and reqwest's) is made from one [`Net`], so that all take the same way.

use std::path::PathBuf;
use std::time::Duration;

/// The way out. `Default` is the environment's proxy and the system's certificates.
#[derive(Clone, Debug)]
pub struct Net {
    /// A proxy for https, `http://[user:password@]host:port`; none means the environment's.
    pub proxy: Option<url::Url>,
    /// A PEM file of certificates trusted besides the system's.
    pub ca_bundle: Option<PathBuf>,
    /// How long a connection may take to stand. Proxies are slow; the SDK's 3.1 s is too short behind one.
    pub connect_timeout: Duration,
}

impl Default for Net {
    fn default() -> Self {
        Self { proxy: None, ca_bundle: None, connect_timeout: Duration::from_secs(10) }
    }
}
