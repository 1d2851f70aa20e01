//! Looking at an object, where that is allowed.

use std::sync::atomic::Ordering;

use aws_sdk_s3::types::ChecksumMode;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use tokio::time::Duration;

use super::Bucket;
use crate::credentials::Refusal;
use crate::error::{Error, ErrorCode, Result};
use crate::ids::ObjectKey;
use crate::s3::classify::{Failure, classify, is_a_page};
use crate::s3::requests::Head;
use crate::s3::watchdog::{self, SHORT};
use crate::session::wire::TOKEN;
use crate::transfer::checksum;

/// A lease this old may be over without its owner knowing.
const FRESH: Duration = Duration::from_secs(30);

/// What HEAD was answered.
enum Seen {
    Object(Head),
    Refused,
}

impl Bucket {
    /// What lies at a key, where looking is allowed.
    ///
    /// # Errors
    /// As classified.
    pub async fn head(&self, key: &ObjectKey) -> Result<Head> {
        let (inner, place) = (&self.0, &self.0.place);
        if !inner.may_look.load(Ordering::Relaxed) {
            return Ok(Head::Unknown);
        }
        let ask = || async {
            let request = inner
                .client
                .head_object()
                .bucket(&place.scope.bucket)
                .key(key.as_str())
                .checksum_mode(ChecksumMode::Enabled)
                .set_expected_bucket_owner(place.account_id.clone());
            match watchdog::within(SHORT, &inner.pace, request.send()).await? {
                // Whatever is there has an ETag; a page of the local network has none.
                Ok(there) if there.e_tag().is_none_or(str::is_empty) => {
                    Err(Error::new(ErrorCode::CaptivePortal).detail("200 to HEAD without an ETag").into())
                }
                Ok(there) => Ok(Seen::Object(Head::There {
                    etag: there.e_tag().unwrap_or_default().to_owned(),
                    size: there.content_length().and_then(|len| u64::try_from(len).ok()).unwrap_or(0),
                    crc64: there.checksum_crc64_nvme().and_then(checksum::from_base64),
                    token: there.metadata().and_then(|all| all.get(TOKEN)).cloned(),
                })),
                // HEAD has no body: the status is all there is.
                Err(error) if error.raw_response().is_some_and(is_a_page) => Err(classify(error)),
                Err(error) if is_elsewhere(error.raw_response(), &place.scope.region) => Err(classify(error)),
                Err(error) => match error.raw_response().map_or(0, |answer| answer.status().as_u16()) {
                    404 => Ok(Seen::Object(Head::Absent)),
                    403 => Ok(Seen::Refused),
                    // What S3 says of a session that is over, where there is room to say it.
                    400 => {
                        let said = Error::new(ErrorCode::AccessDenied).detail("400 to HEAD");
                        Err(Failure::Expired(said, Refusal::Unsaid))
                    }
                    _ => Err(classify(error)),
                },
            }
        };
        let lease = inner.keeper.lease().await?;
        let mut seen = self.leased(&ask).await;
        if matches!(seen, Ok(Seen::Refused)) && lease.received.elapsed() > FRESH {
            // A right that is missing and a lease that was withdrawn look the same.
            inner.keeper.renew(&lease, Refusal::Unsaid).await?;
            seen = self.leased(&ask).await;
        }
        Ok(match seen {
            Ok(Seen::Object(head)) => head,
            Err(error) if error.code == ErrorCode::AccessDenied => Head::Unknown,
            Err(error) => return Err(error),
            Ok(Seen::Refused) => {
                inner.may_look.store(false, Ordering::Relaxed);
                Head::Unknown
            }
        })
    }
}

/// Whether an answer says that the bucket is in another region.
fn is_elsewhere(answer: Option<&HttpResponse>, region: &str) -> bool {
    answer.and_then(|answer| answer.headers().get("x-amz-bucket-region")).is_some_and(|there| there != region)
}
