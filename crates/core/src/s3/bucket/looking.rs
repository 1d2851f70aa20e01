//! Looking at an object, where that is allowed.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::types::ChecksumMode;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use tokio::time::Duration;

use super::Bucket;
use crate::credentials::Refusal;
use crate::error::{Error, ErrorCode, Result};
use crate::ids::ObjectKey;
use crate::s3::classify::{Failure, classify, is_a_page, is_named};
use crate::s3::requests::Head;
use crate::s3::watchdog::{self, SHORT};
use crate::s3::ways::{Leg, WayKind};
use crate::session::wire::TOKEN;
use crate::transfer::checksum;
use crate::units::UnixTime;

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
        let inner = &self.0;
        let lease = inner.keeper.lease().await?;
        let mut seen = self.leased(|leg| self.seen(leg, key)).await;
        if matches!(seen, Ok(Seen::Refused)) && lease.received.elapsed() > FRESH && self.may_look() {
            // A right that is missing and a lease that was withdrawn look the same.
            inner.keeper.renew(&lease, Refusal::Unsaid).await?;
            seen = self.leased(|leg| self.seen(leg, key)).await;
        }
        let head = match seen {
            Ok(Seen::Object(head)) => head,
            Ok(Seen::Refused) => Head::Unknown,
            Err(error) if error.code == ErrorCode::AccessDenied => Head::Unknown,
            Err(error) => return Err(error),
        };
        // Of the next key that says nothing: who may not list the bucket is refused where nothing lies.
        inner.may_look.store(head != Head::Unknown, Ordering::Relaxed);
        Ok(head)
    }

    async fn seen(&self, leg: Arc<Leg>, key: &ObjectKey) -> Result<Seen, Failure> {
        let (inner, place) = (&self.0, &self.0.place);
        let signed = inner.clock.time();
        let request = leg
            .client
            .head_object()
            .bucket(&place.scope.bucket)
            .key(key.as_str())
            .checksum_mode(ChecksumMode::Enabled)
            .set_expected_bucket_owner(place.account_id.clone());
        let refused = match watchdog::within(SHORT, &leg.pace, request.send()).await? {
            // Whatever is there has an ETag; a page of the local network has none.
            Ok(there) if there.e_tag().is_none_or(str::is_empty) => {
                return Err(Error::new(ErrorCode::CaptivePortal).detail("200 to HEAD without an ETag").into());
            }
            Ok(there) => {
                return Ok(Seen::Object(Head::There {
                    etag: there.e_tag().unwrap_or_default().to_owned(),
                    size: there.content_length().and_then(|len| u64::try_from(len).ok()).unwrap_or(0),
                    crc64: there.checksum_crc64_nvme().and_then(checksum::from_base64),
                    token: there.metadata().and_then(|all| all.get(TOKEN)).cloned(),
                    at: there.last_modified().and_then(|at| u64::try_from(at.secs()).ok()).map(UnixTime),
                }));
            }
            Err(error) => error,
        };
        let answer = refused.raw_response();
        let status = answer.map_or(0, |answer| answer.status().as_u16());
        let told = answer.is_some_and(is_a_page) || is_elsewhere(answer, &place.scope.region);
        if told || !matches!(status, 400 | 403 | 404) {
            return Err(classify(refused));
        }
        // HEAD has no body: the status is all there is, and anybody may say it.
        if !answer.is_some_and(is_named) {
            return self.in_words(&leg, key).await;
        }
        // So is a bucket that knows no acceleration refused, and nothing says so but words.
        if status == 400 && leg.kind == WayKind::Accelerated {
            return self.in_words(&leg, key).await;
        }
        match status {
            404 => Ok(Seen::Object(Head::Absent)),
            403 if inner.clock.was_off(signed) => {
                Err(Failure::Skewed(Error::new(ErrorCode::ClockWrong).detail("403 to HEAD, by another clock")))
            }
            403 => Ok(Seen::Refused),
            // What S3 says of a session that is over, where there is room to say it.
            _ => {
                let said = Error::new(ErrorCode::AccessDenied).detail("400 to HEAD");
                Err(Failure::Expired(said, Refusal::Unsaid))
            }
        }
    }

    /// Asks for the first byte instead: that is refused in words, which the store alone has. Not every store names its
    /// answers.
    async fn in_words(&self, leg: &Leg, key: &ObjectKey) -> Result<Seen, Failure> {
        let place = &self.0.place;
        let request = leg
            .client
            .get_object()
            .bucket(&place.scope.bucket)
            .key(key.as_str())
            .range("bytes=0-0")
            .set_expected_bucket_owner(place.account_id.clone());
        let Err(refused) = watchdog::within(SHORT, &leg.pace, request.send()).await? else {
            let nobodys = Error::new(ErrorCode::Offline).detail("HEAD refused by something that is not the storage");
            return Err(nobodys.into());
        };
        match refused.code() {
            Some("NoSuchKey") => Ok(Seen::Object(Head::Absent)),
            Some("AccessDenied") => Ok(Seen::Refused),
            _ => Err(classify(refused)),
        }
    }
}

/// Whether an answer says that the bucket is in another region.
fn is_elsewhere(answer: Option<&HttpResponse>, region: &str) -> bool {
    answer.and_then(|answer| answer.headers().get("x-amz-bucket-region")).is_some_and(|there| there != region)
}
