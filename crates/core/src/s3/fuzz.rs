//! Any answer at all, read as the answer to each request of ours. See [`crate::fuzz`].

use aws_credential_types::Credentials;
use aws_sdk_s3::config::{BehaviorVersion, Region, ResponseChecksumValidation};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::{Client, Config};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;

use super::bucket::listed;
use super::classify::classify;
use super::lean;

/// Answers everything alike.
#[derive(Clone, Debug)]
struct Always {
    status: u16,
    kind: String,
    body: Vec<u8>,
}

impl HttpConnector for Always {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(Ok(self.answer()))
    }
}

impl Always {
    fn answer(&self) -> HttpResponse {
        let status = http::StatusCode::from_u16(self.status.clamp(100, 999)).unwrap_or_default();
        let mut response = HttpResponse::new(status.into(), SdkBody::from(self.body.clone()));
        if let Ok(kind) = http::HeaderValue::from_str(&self.kind) {
            response.headers_mut().insert("content-type", kind);
        }
        response
    }
}

/// Reads an answer in every way that requests of ours read one.
pub(crate) async fn answer(status: u16, kind: String, body: Vec<u8>) {
    let always = Always { status, kind, body };
    let connector = SharedHttpConnector::new(always.clone());
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .http_client(http_client_fn(move |_, _| connector.clone()))
        .credentials_provider(Credentials::new("id", "secret", None, None, "fuzz"))
        .retry_config(RetryConfig::disabled())
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
        .build();
    let client = Client::from_conf(config);
    let (bucket, key, upload) = ("media", "in/a", "u");
    match client.list_parts().bucket(bucket).key(key).upload_id(upload).send().await {
        Ok(page) => page.parts().iter().filter_map(listed).for_each(drop),
        Err(error) => read(error),
    }
    let created = client.create_multipart_upload().bucket(bucket).key(key).send().await;
    created.map_or_else(read, drop);
    let completed = client.complete_multipart_upload().bucket(bucket).key(key).upload_id(upload).send().await;
    completed.map_or_else(read, drop);
    lean::read_any(always.answer()).await.map_or_else(read, drop);
    lean::read_any_of_a_part(always.answer()).await.map_or_else(read, drop);
    let there = client.head_object().bucket(bucket).key(key).send().await;
    there.map_or_else(read, drop);
}

fn read<E>(error: SdkError<E, HttpResponse>)
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    drop(classify(error).into_error().to_string());
}
