//! The credential service a company runs, and the reference of its contract (docs/backend-api.md).
//!
//! - [`config`]: the TOML file. - `people`: who asks, by a token of the file or of an `issuer`. - `policy`: what a session may do,
//!   and what AWS must be told.
//! - `listen`: connections and their bounds. - `local`: who may ask where nobody signs in.
//! - `aws`: the way to AWS. - `sts`: the two ways to ask STS. - `server`: sections 1 to 3 of the contract. - `receipts`: section 4. -
//!   `verify`: section 5. - [`check`]: the contract's test suite, against any server. - `guide`: what `davit-backend
//!   policy` prints.
//!
//! Stateless but for receipts: any number run behind a load balancer. Long-lived keys come from the default AWS chain, never from the
//! file, and never link into the app.
#![allow(clippy::disallowed_methods, reason = "a service with its own runtime and clock")]

mod answers;
mod aws;
pub mod check;
pub mod config;
pub mod guide;
mod issuer;
mod listen;
mod local;
mod people;
mod policy;
mod receipts;
mod server;
mod sts;
mod verify;

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Duration, timeout};

pub use aws::AwsAccess;
pub use people::hash_token;

use config::Config;

/// How long requests in flight may take once the end has come.
const LAST_REQUESTS: Duration = Duration::from_secs(30);

/// Why it did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The file cannot be read or says something impossible.
    #[error("{0}")]
    Config(String),
    /// The address cannot be used.
    #[error("cannot listen: {0}")]
    Listen(#[from] std::io::Error),
}

/// A running backend. It ends when dropped.
#[derive(Debug)]
pub struct Backend {
    address: SocketAddr,
    state: Arc<server::State>,
    ending: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Backend {
    /// Starts serving on the present tokio runtime, with credentials for STS from the default AWS chain.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(config: Config) -> Result<Self, StartError> {
        Self::start_with(config, None).await
    }

    /// The same, with AWS asked at `endpoint` by these keys instead of the chain's: for tests in one process.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start_with(config: Config, aws: Option<AwsAccess>) -> Result<Self, StartError> {
        config.check()?;
        if let Some(folder) = &config.receipts {
            receipts::prepare(folder).map_err(StartError::Config)?;
        }
        let listener = tokio::net::TcpListener::bind(config.listen).await?;
        let address = listener.local_addr()?;
        let issuer = match &config.auth {
            config::Auth::Oidc(said) => Some(issuer::Issuer::new(said).map_err(StartError::Config)?),
            config::Auth::None | config::Auth::Token { .. } => None,
        };
        let state = Arc::new(server::State::new(config, issuer, aws).await);
        let router = server::router(Arc::clone(&state));
        let (ending, ends) = watch::channel(false);
        let task = tokio::spawn(listen::serve(listener, router, listen::Bounds::default(), ends));
        Ok(Self { address, state, ending, task })
    }

    /// Takes no more requests, and waits half a minute at most until those in flight are answered.
    pub async fn end(mut self) {
        self.ending.send_replace(true);
        if timeout(LAST_REQUESTS, &mut self.task).await.is_err() {
            tracing::warn!("requests were still in flight after half a minute");
        }
    }

    /// Where it answers.
    pub fn address(&self) -> std::net::SocketAddr {
        self.address
    }

    /// The same as a base URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Credentials given out so far.
    pub fn leases(&self) -> u64 {
        self.state.leases()
    }

    /// Looks at keys so far, whatever came of them.
    pub fn looks(&self) -> u64 {
        self.state.looks()
    }

    /// Requests for credentials so far, whatever came of them.
    pub fn credential_requests(&self) -> u64 {
        self.state.asked()
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.task.abort();
    }
}
