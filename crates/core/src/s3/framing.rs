//! What belongs to our way of sending a body: its headers, and who watches it.

use aws_runtime::auth::PayloadSigningOverride;
use aws_sdk_s3::config::{Intercept, RuntimeComponents};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::config_bag::ConfigBag;

use super::body::{self, CHECKSUM, Mode};
use super::watch::Rides;
use crate::transfer::checksum;

/// Sets the headers of our framing before the request is signed, and keeps the SDK from hashing the body.
#[derive(Clone, Debug)]
pub(super) struct Way {
    pub(super) mode: Mode,
    pub(super) len: u64,
    pub(super) crc64: Option<u64>,
    pub(super) rides: Rides,
}

impl Way {
    /// Sets the headers, and who watches. Answers how the body is signed.
    pub(super) fn frame(&self, request: &mut HttpRequest) -> PayloadSigningOverride {
        request.add_extension(self.rides.clone());
        let headers = request.headers_mut();
        headers.insert("content-length", body::framed_len(self.mode, self.len).to_string());
        match self.mode {
            Mode::Trailer => {
                headers.insert("content-encoding", "aws-chunked");
                headers.insert("x-amz-trailer", CHECKSUM);
                headers.insert("x-amz-decoded-content-length", self.len.to_string());
                PayloadSigningOverride::StreamingUnsignedPayloadTrailer
            }
            Mode::Header => {
                if let Some(crc64) = self.crc64 {
                    headers.insert(CHECKSUM, checksum::to_base64(crc64));
                }
                PayloadSigningOverride::UnsignedPayload
            }
        }
    }
}

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for Way {
    fn name(&self) -> &'static str {
        "checksum framing"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let signing = self.frame(context.request_mut());
        bag.interceptor_state().store_put(signing);
        Ok(())
    }
}
