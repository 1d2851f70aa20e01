//! Credentials from the default AWS chain (environment, profile, SSO, role): for administrators, scripts and tests.

use aws_config::BehaviorVersion;
use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::ProvideRegion as _;
use aws_config::profile::ProfileFileRegionProvider;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_sdk_s3::config::Region;
use tokio::sync::OnceCell;
use tokio::time::{Duration, Instant};

use super::{BoxFuture, CredentialSource, Lease, Scope};
use crate::error::{Error, ErrorCode, Result};
use crate::net::Net;
use crate::s3::http_client;

/// The default chain, for one place.
#[derive(Debug)]
pub struct ChainSource {
    scope: Scope,
    net: Net,
    provider: OnceCell<SharedCredentialsProvider>,
}

impl ChainSource {
    /// Credentials for `scope`, found the way every AWS tool finds them.
    pub fn new(scope: Scope, net: Net) -> Self {
        Self { scope, net, provider: OnceCell::new() }
    }

    async fn provider(&self) -> Result<&SharedCredentialsProvider> {
        self.provider
            .get_or_try_init(|| async {
                let config = aws_config::defaults(BehaviorVersion::latest())
                    .region(Region::new(self.scope.region.clone()))
                    .http_client(http_client(&self.net)?)
                    .load()
                    .await;
                config.credentials_provider().ok_or_else(|| Error::new(ErrorCode::NoCredentials).detail(NONE))
            })
            .await
    }
}

/// The region that was named; else what the environment or the profile says, else us-east-1. The machine is not asked:
/// off EC2 that costs seconds, and on it the bucket need not be where the machine is.
pub async fn region(named: Option<String>) -> String {
    let set = |region: Option<Region>| region.map(|region| region.as_ref().to_owned()).filter(|name| !name.is_empty());
    if let Some(named) = named.filter(|named| !named.is_empty()) {
        return named;
    }
    if let Some(region) = set(EnvironmentVariableRegionProvider::new().region().await) {
        return region;
    }
    let of_profile = set(ProfileFileRegionProvider::new().region().await);
    of_profile.unwrap_or_else(|| "us-east-1".to_owned())
}

const NONE: &str = "neither the environment, a profile nor the machine has any";

/// Why the chain has nothing to give: its own words may name files and profiles, never secrets.
fn why(error: &CredentialsError) -> String {
    use std::error::Error as _;
    match (error, error.source()) {
        (CredentialsError::InvalidConfiguration(_), Some(cause)) => format!("{error}: {cause}"),
        (CredentialsError::CredentialsNotLoaded(_), _) => NONE.to_owned(),
        _ => error.to_string(),
    }
}

impl CredentialSource for ChainSource {
    fn fetch(&self) -> BoxFuture<'_, Result<Lease>> {
        Box::pin(async {
            let found = self.provider().await?.provide_credentials().await;
            let credentials = found.map_err(|e| Error::new(ErrorCode::NoCredentials).detail(why(&e)).source(e))?;
            let received = Instant::now();
            // What was given this moment cannot be over: then this computer's clock is ahead, and S3 tells the end.
            let left = credentials.expiry().and_then(|at| {
                let now = crate::units::UnixTime::now().0;
                let at = at.duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_secs();
                at.checked_sub(now).filter(|left| *left > 0).map(Duration::from_secs)
            });
            let scope = self.scope.clone();
            Ok(Lease { credentials, scope, received, deadline: left.map(|left| received + left), serial: 0 })
        })
    }
}
