//! Section 5 of the contract: what lies at a key, for clients whose leases may not look.
//!
//! It asks S3 by the backend's own role, and tells of a person's own prefix alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_config::{Region, SdkConfig};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::Builder;
use aws_sdk_s3::error::{DisplayErrorContext, SdkError};
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::primitives::DateTimeFormat;
use aws_sdk_s3::types::ChecksumMode;
use axum::body::Body;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, StatusCode};
use davit_core::session::{shape, wire};
use tokio::time::{Duration, timeout};

use crate::answers::{Answer, Pieces, Refusal, json};
use crate::config::{Config, Destination};
use crate::server::{self, LONGEST_REQUEST, State};

/// How long S3 may take, tries and all: less than a client waits for us.
const PATIENCE: Duration = Duration::from_secs(10);
/// Source: S3 user guide, "Naming Amazon S3 objects".
const LONGEST_KEY: usize = 1_024;

/// Why there is no answer.
#[derive(Debug)]
enum Blind {
    /// S3 is busy or away.
    Busy,
    /// It says no; the backend's own rights are wrong.
    Denied(String),
}

/// Clients of S3, one a region.
#[derive(Debug)]
pub(crate) struct Looker {
    clients: BTreeMap<String, Client>,
}

impl Looker {
    /// Where the file wants it, one that looks.
    pub(crate) fn new(aws: &SdkConfig, config: &Config) -> Option<Self> {
        let client = |region: &str| {
            let config = Builder::from(aws).region(Region::new(region.to_owned())).force_path_style(config.path_style);
            Client::from_conf(config.build())
        };
        let regions = config.destinations.iter().map(|to| &to.region);
        config.verify.then(|| Self { clients: regions.map(|region| (region.clone(), client(region))).collect() })
    }

    async fn look(&self, to: &Destination, key: &str) -> Result<wire::Verified, Blind> {
        let Some(client) = self.clients.get(&to.region) else { return Err(Blind::Busy) };
        let asked = client.head_object().bucket(&to.bucket).key(key).checksum_mode(ChecksumMode::Enabled);
        let asked = asked.set_expected_bucket_owner(to.account_id.clone());
        let error = match timeout(PATIENCE, asked.send()).await {
            Ok(Ok(object)) => return Ok(seen(object)),
            Ok(Err(error)) => error,
            Err(_) => return Err(Blind::Busy),
        };
        // HEAD has no body: the status is all there is.
        match error.raw_response().map_or(0, |answer| answer.status().as_u16()) {
            404 => Ok(wire::Verified::default()),
            403 => Err(Blind::Denied(self.missing(client, to, key).await)),
            status @ 300..=499 if status != 429 => {
                Err(Blind::Denied(format!("{status} {}", DisplayErrorContext(&error))))
            }
            _ => {
                tracing::warn!(error = %DisplayErrorContext(&error), "S3 did not answer");
                Err(Blind::Busy)
            }
        }
    }

    /// Which right is missing. Source: S3 API reference, HeadObject: without `s3:ListBucket` a key that is not there is
    /// answered 403 too, so a list of that one key tells the two apart.
    async fn missing(&self, client: &Client, to: &Destination, key: &str) -> String {
        let list = client.list_objects_v2().bucket(&to.bucket).prefix(key).max_keys(1);
        let list = list.set_expected_bucket_owner(to.account_id.clone());
        let Destination { bucket, prefix, .. } = to;
        match timeout(PATIENCE, list.send()).await {
            Ok(Err(SdkError::ServiceError(_))) => {
                format!("s3:ListBucket on {bucket} for {prefix}, and perhaps s3:GetObject on {bucket}/{prefix}")
            }
            _ => format!("s3:GetObject on {bucket}/{prefix}, or kms:Decrypt with the key of its objects"),
        }
    }
}

/// What S3 said. Whatever of it no client would take is left out: anybody's object may lie there.
fn seen(object: HeadObjectOutput) -> wire::Verified {
    let token = object.metadata.and_then(|mut all| all.remove(wire::TOKEN));
    wire::Verified {
        found: true,
        size: Some(object.content_length.and_then(|size| u64::try_from(size).ok()).unwrap_or(0)),
        etag: object.e_tag,
        last_modified: object.last_modified.and_then(|at| at.fmt(DateTimeFormat::DateTime).ok()),
        checksum_crc64nvme: object.checksum_crc64_nvme.filter(|text| shape::crc64(text).is_ok()),
        token: token.filter(|token| shape::header(token, 256).is_ok()),
    }
}

pub(crate) async fn answer(Shared(app): Shared<Arc<State>>, headers: HeaderMap, body: Body) -> Answer {
    let caller = app.admit(&headers, "verify", app.config().looks_a_minute).await?;
    let looker = app.looker().ok_or_else(server::nothing)?;
    app.looked();
    let bad = |title: &'static str| Refusal::new(StatusCode::BAD_REQUEST, "bad-request", title);
    let body = Pieces::of(body, LONGEST_REQUEST).whole().await?;
    let wanted: wire::VerifyRequest = serde_json::from_slice(&body)
        .map_err(|_| bad("The body must be {\"destination\": \"ID\", \"key\": \"KEY\"}."))?;
    let destination = app.destination(&caller, &wanted.destination)?;
    if wanted.key.len() > LONGEST_KEY {
        return Err(bad("The key is longer than 1,024 bytes."));
    }
    if !is_within(&wanted.key, &caller.prefix(destination)) {
        return Err(Refusal::new(StatusCode::FORBIDDEN, "not-allowed", "This key is outside your prefix."));
    }
    let told = looker.look(destination, &wanted.key).await.map_err(|blind| match blind {
        Blind::Busy => {
            let title = "S3 does not answer right now.";
            Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "store-unavailable", title).after(2)
        }
        Blind::Denied(missing) => {
            tracing::error!(%missing, destination = %destination.id, "S3 refuses; the backend's own rights are wrong");
            let title = "S3 refuses: the backend's own rights are wrong. Its log says which.";
            Refusal::new(StatusCode::BAD_GATEWAY, "store-refused", title)
        }
    })?;
    Ok(json(StatusCode::OK, &told))
}

/// Whether a key lies below a prefix, whatever a store makes of dots on the way.
fn is_within(key: &str, prefix: &str) -> bool {
    key.strip_prefix(prefix).is_some_and(|rest| !rest.split('/').any(|part| part == "." || part == ".."))
}
