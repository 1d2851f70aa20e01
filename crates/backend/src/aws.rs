//! The way to AWS: the default chain's keys and endpoints, or those that a test gives.

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use tokio::time::Duration;

/// How long an answer may take, tries and all: less than a client waits for us.
const PATIENCE: Duration = Duration::from_secs(20);

/// How to reach AWS without the default chain.
#[derive(Clone, Debug)]
pub struct AwsAccess {
    /// The address of STS and S3.
    pub endpoint: String,
    /// The key's id.
    pub access_key_id: String,
    /// The secret.
    pub secret_access_key: String,
}

/// What the clients of STS and S3 share.
pub(crate) async fn load(access: Option<AwsAccess>, region: &str) -> SdkConfig {
    let http = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let patience = TimeoutConfig::builder().operation_timeout(PATIENCE).build();
    let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http).timeout_config(patience);
    if let Some(access) = access {
        let keys = Credentials::new(access.access_key_id, access.secret_access_key, None, None, "given");
        loader = loader.credentials_provider(keys).endpoint_url(access.endpoint).region(Region::new(region.to_owned()));
    } else if std::env::var_os("AWS_REGION").is_none() {
        loader = loader.region(Region::new(region.to_owned()));
    }
    loader.load().await
}
