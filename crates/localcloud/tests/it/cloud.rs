//! A cloud of its own for each test, and clients for it.

use std::time::Duration;

use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region, retry::RetryConfig};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use davit_localcloud::{Config, Keys, LocalCloud};

pub(crate) const BUCKET: &str = "media";
pub(crate) const REGION: &str = "eu-central-1";
pub(crate) const ACCOUNT: &str = "123456789012";
/// The smallest part but the last, in bytes.
pub(crate) const LEAST: usize = 5 << 20;

pub(crate) struct Cloud {
    pub(crate) cloud: LocalCloud,
    pub(crate) folder: tempfile::TempDir,
}

impl Cloud {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| ()).await
    }

    pub(crate) async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut config = Config::new(folder.path());
        config.buckets = vec![BUCKET.to_owned()];
        change(&mut config);
        Self { cloud: LocalCloud::start(config).await.expect("it starts"), folder }
    }

    /// Ends, and starts again in the same folder.
    pub(crate) async fn restart(self) -> Self {
        let Self { cloud, folder } = self;
        drop(cloud);
        let mut config = Config::new(folder.path());
        config.buckets = vec![BUCKET.to_owned()];
        Self { cloud: LocalCloud::start(config).await.expect("it starts again"), folder }
    }

    pub(crate) fn s3(&self) -> aws_sdk_s3::Client {
        self.s3_as(&credentials(self.cloud.keys(), None))
    }

    pub(crate) fn s3_as(&self, credentials: &Credentials) -> aws_sdk_s3::Client {
        s3_at(&self.cloud.endpoint(), credentials)
    }

    pub(crate) fn sts(&self) -> aws_sdk_sts::Client {
        self.sts_as(credentials(self.cloud.keys(), None), REGION)
    }

    pub(crate) fn sts_as(&self, credentials: Credentials, region: &'static str) -> aws_sdk_sts::Client {
        let config = aws_sdk_sts::Config::builder()
            .behavior_version(aws_sdk_sts::config::BehaviorVersion::latest())
            .region(aws_sdk_sts::config::Region::new(region))
            .credentials_provider(credentials)
            .endpoint_url(self.cloud.endpoint())
            .retry_config(aws_sdk_sts::config::retry::RetryConfig::disabled())
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build();
        aws_sdk_sts::Client::from_conf(config)
    }

    /// Temporary keys with this policy.
    pub(crate) async fn federated(&self, policy: &str) -> Credentials {
        let answer = self.sts().get_federation_token().name("someone").policy(policy).send().await.expect("a token");
        let keys = answer.credentials.expect("credentials");
        Credentials::new(keys.access_key_id, keys.secret_access_key, Some(keys.session_token), None, "test")
    }

    /// The whole object, as it lies on disk.
    pub(crate) fn bytes(&self, key: &str) -> Vec<u8> {
        let object = self.cloud.object(BUCKET, key).expect("the object");
        object.parts.iter().flat_map(|part| std::fs::read(part).expect("a part")).collect()
    }

    /// Files of bytes, referred to or not.
    pub(crate) fn files(&self) -> usize {
        std::fs::read_dir(self.folder.path().join("data")).expect("the folder").count()
    }

    /// A begun upload's id.
    pub(crate) async fn begin(&self, key: &str) -> String {
        let answer = self.s3().create_multipart_upload().bucket(BUCKET).key(key);
        let answer = answer.checksum_algorithm(aws_sdk_s3::types::ChecksumAlgorithm::Crc64Nvme);
        answer.send().await.expect("an upload").upload_id.expect("an id")
    }

    /// Sends a part; its `ETag`.
    pub(crate) async fn part(&self, key: &str, id: &str, number: i32, bytes: Vec<u8>) -> String {
        let part = self.s3().upload_part().bucket(BUCKET).key(key).upload_id(id).part_number(number);
        let part = part.checksum_crc64_nvme(crc64(&bytes)).body(ByteStream::from(bytes));
        part.send().await.expect("the part is taken").e_tag.expect("an ETag")
    }
}

pub(crate) fn s3_at(endpoint: &str, credentials: &Credentials) -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(credentials.clone())
        .endpoint_url(endpoint)
        .force_path_style(true)
        .retry_config(RetryConfig::disabled())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    aws_sdk_s3::Client::from_conf(config)
}

pub(crate) fn credentials(keys: &Keys, token: Option<&str>) -> Credentials {
    Credentials::new(&keys.access_key_id, &keys.secret_access_key, token.map(str::to_owned), None, "test")
}

/// The refusal's status and code.
pub(crate) fn refusal<T, E, R>(outcome: Result<T, SdkError<E, R>>) -> (u16, String)
where
    E: ProvideErrorMetadata + std::fmt::Debug,
    R: std::fmt::Debug + HasStatus,
{
    match outcome {
        Ok(_) => (200, String::new()),
        Err(error) => {
            let status = error.raw_response().map_or(0, HasStatus::number);
            (status, error.code().unwrap_or_default().to_owned())
        }
    }
}

pub(crate) trait HasStatus {
    fn number(&self) -> u16;
}

impl HasStatus for aws_sdk_s3::config::http::HttpResponse {
    fn number(&self) -> u16 {
        self.status().as_u16()
    }
}

pub(crate) fn is(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

pub(crate) fn crc64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    let value = crc_fast::checksum(crc_fast::CrcAlgorithm::Crc64Nvme, bytes);
    base64::engine::general_purpose::STANDARD.encode(value.to_be_bytes())
}

/// Bytes that differ from part to part.
pub(crate) fn filled(len: usize, seed: u8) -> Vec<u8> {
    let mut state = u32::from(seed) | 1;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[1]
    })
    .take(len)
    .collect()
}

/// Waits until something holds.
pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..1_000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never: {what}");
}
