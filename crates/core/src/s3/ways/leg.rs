//! One way to a bucket, with what belongs to it alone: its client and connections, how fast those are, and its life sign.

use std::sync::Arc;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{
    BehaviorVersion, IdentityCache, Region, RequestChecksumCalculation, ResponseChecksumValidation,
    StalledStreamProtectionConfig,
};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;

use super::WayKind;
use crate::credentials::{LeaseKeeper, LeaseProvider};
use crate::error::{Error, ErrorCode, Result};
use crate::limits;
use crate::net::Net;
use crate::s3::client::Sender;
use crate::s3::clock::StoreClock;
use crate::s3::lean::Lean;
use crate::s3::lifesign::LifeSign;
use crate::s3::pace::Pace;
use crate::s3::place::{Endpoint, Place};

/// One way. Nothing that hangs on it makes another look so.
#[derive(Debug)]
pub(in crate::s3) struct Leg {
    pub(in crate::s3) kind: WayKind,
    pub(in crate::s3) client: Client,
    /// For what has a body.
    pub(in crate::s3) lean: Lean,
    pub(in crate::s3) pace: Arc<Pace>,
    pub(super) sign: Arc<LifeSign>,
}

impl Leg {
    /// The way to a place whose endpoint is one way.
    ///
    /// # Errors
    /// `bad-certificate-file`, `bad-input` for a proxy that is none or a bucket that cannot be accelerated.
    pub(super) fn new(
        kind: WayKind,
        place: &Place,
        keeper: &Arc<LeaseKeeper>,
        clock: &StoreClock,
        net: &Net,
    ) -> Result<Self> {
        let net = match &place.endpoint {
            Endpoint::Custom { url, .. } => net.towards(url),
            Endpoint::Regional | Endpoint::Accelerate => net.clone(),
        };
        if place.endpoint == Endpoint::Accelerate && !limits::can_accelerate(&place.scope.bucket, &place.scope.region) {
            return Err(Error::new(ErrorCode::BadInput).detail("this bucket cannot be accelerated"));
        }
        let sender = Sender::new(&net)?;
        let config = config(place, clock)
            .http_client(sender.clone().for_the_sdk())
            .credentials_provider(LeaseProvider::new(Arc::clone(keeper)))
            .timeout_config(TimeoutConfig::builder().connect_timeout(net.connect_timeout).build());
        let sign = LifeSign::new(&place.endpoint, &place.scope, &net)?;
        Ok(Self {
            kind,
            client: Client::from_conf(config.build()),
            lean: Lean::new(place, sender, clock.clone())?,
            pace: Pace::new(Arc::clone(&sign)),
            sign,
        })
    }
}

/// What the SDK is told of a place, besides who sends and by whose leave.
pub(in crate::s3) fn config(place: &Place, clock: &StoreClock) -> aws_sdk_s3::config::Builder {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(place.scope.region.clone()))
        .identity_cache(IdentityCache::no_cache())
        .retry_config(RetryConfig::disabled())
        // Its own correction lasts until the next answer to a request that began before the clock moved.
        .disable_clock_skew_correction(true)
        .time_source(clock.clone())
        .interceptor(clock.clone())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
    match &place.endpoint {
        Endpoint::Regional => config,
        Endpoint::Accelerate => config.accelerate(true),
        Endpoint::Custom { url, path_style, .. } => {
            config.endpoint_url(url.as_str().trim_end_matches('/')).force_path_style(*path_style)
        }
    }
}
