//! What belongs to our way of sending a body: its headers, and who watches it.

use aws_runtime::auth::PayloadSigningOverride;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

use super::body::{self, CHECKSUM, Mode};
use super::watch::Rides;
use crate::transfer::checksum;

/// How a body is framed.
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
