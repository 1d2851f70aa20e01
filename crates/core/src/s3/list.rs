//! The parts that `CompleteMultipartUpload` names, written while they are sent, as often as it takes. The SDK would hold each
//! part three times over, and all of the text: 8 MiB for 8,192 of them.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use aws_runtime::auth::SigV4OperationSigningConfig;
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sigv4::http_request::SignableBody;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_types::body::SdkBody;
use aws_smithy_xml::encode::XmlWriter;
use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http_body::{Body, Frame, SizeHint};
use sha2::{Digest as _, Sha256};

use crate::transfer::{Acknowledged, AcknowledgedPart, checksum};

/// So many parts are written at a time: about 40 KiB.
const AT_A_TIME: usize = 256;

/// The parts of one object, in their order, as the store is told of them: what a request says.
#[derive(Clone, Debug)]
pub struct PartList {
    parts: Arc<Acknowledged>,
    /// Of what is said, in bytes.
    len: u64,
    /// Of what is said, as the signature has it.
    sha256: String,
}

impl PartList {
    /// Of what the store acknowledged.
    pub fn of(parts: Arc<Acknowledged>) -> Self {
        let mut said = Said::from_the_start(Arc::clone(&parts));
        let (mut len, mut sha256) = (0, Sha256::new());
        while let Some(some) = said.next() {
            len += some.len() as u64;
            sha256.update(&some);
        }
        Self { parts, len, sha256: hex::encode(sha256.finalize()) }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.parts.len()
    }

    fn body(&self) -> SdkBody {
        let (parts, len) = (Arc::clone(&self.parts), self.len);
        SdkBody::retryable(move || {
            let said = Said::from_the_start(Arc::clone(&parts));
            SdkBody::from_body_1_x(Sent { said, left: len })
        })
    }
}

/// Makes them what a request says.
#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for PartList {
    fn name(&self) -> &'static str {
        "parts"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        request.headers_mut().insert(CONTENT_LENGTH.as_str(), self.len.to_string());
        *request.body_mut() = self.body();
        // What is written as it is sent is signed all the same.
        let mut signing = config.load::<SigV4OperationSigningConfig>().cloned().ok_or("nothing says how to sign")?;
        signing.signing_options.payload_override = Some(SignableBody::Precomputed(self.sha256.clone()));
        config.interceptor_state().store_put(signing);
        Ok(())
    }
}

/// The list, some parts after the others.
#[derive(Debug)]
struct Said {
    parts: Arc<Acknowledged>,
    written: usize,
    ended: bool,
}

impl Said {
    const fn from_the_start(parts: Arc<Acknowledged>) -> Self {
        Self { parts, written: 0, ended: false }
    }

    fn next(&mut self) -> Option<Bytes> {
        if self.ended {
            return None;
        }
        let mut xml = String::new();
        let (opens, closes) = root();
        if self.written == 0 {
            xml.push_str(&opens);
        }
        self.parts.rows().skip(self.written).take(AT_A_TIME).for_each(|part| write(&mut xml, part));
        self.written += AT_A_TIME;
        if self.written >= self.parts.len() {
            self.ended = true;
            xml.push_str(&closes);
        }
        Some(xml.into())
    }
}

/// What stands before the parts, and after them.
fn root() -> (String, String) {
    let mut opens = String::new();
    let mut writer = XmlWriter::new(&mut opens);
    writer
        .start_el("CompleteMultipartUpload")
        .write_ns("http://s3.amazonaws.com/doc/2006-03-01/", None)
        .finish()
        .finish();
    let closes = opens.split_off(opens.find("</").unwrap_or(opens.len()));
    (opens, closes)
}

fn write(xml: &mut String, part: &AcknowledgedPart) {
    let mut writer = XmlWriter::new(xml);
    let mut of = writer.start_el("Part").finish();
    of.start_el("ETag").finish().data(&part.etag.to_string());
    of.start_el("ChecksumCRC64NVME").finish().data(&checksum::to_base64(part.crc64));
    of.start_el("PartNumber").finish().data(&part.number.get().to_string());
    of.finish();
}

/// The list on its way.
#[derive(Debug)]
struct Sent {
    said: Said,
    left: u64,
}

impl Body for Sent {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let some = self.said.next();
        self.left = self.left.saturating_sub(some.as_ref().map_or(0, |some| some.len() as u64));
        Poll::Ready(some.map(|some| Ok(Frame::data(some))))
    }

    fn is_end_stream(&self) -> bool {
        self.said.ended
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::Client;
    use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
    use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
    use aws_smithy_runtime_api::client::http::{
        HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
    };
    use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
    use aws_smithy_runtime_api::client::result::ConnectorError;
    use http_body_util::BodyExt as _;

    use super::*;
    use crate::ids::PartNumber;
    use crate::units::ByteCount;

    /// Says what it is to send.
    #[derive(Clone, Debug)]
    struct Caught(std::sync::mpsc::Sender<HttpRequest>);

    impl HttpConnector for Caught {
        fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
            self.0.send(request).expect("somebody asks");
            HttpConnectorFuture::ready(Err(ConnectorError::other("nobody is there".into(), None)))
        }
    }

    fn parts(count: u32, etag: &str) -> Arc<Acknowledged> {
        let part = |number: u32| AcknowledgedPart {
            number: PartNumber::new(number).expect("a number"),
            etag: etag.into(),
            crc64: u64::from(number) << 40,
            size: ByteCount(8 << 20),
        };
        Arc::new((1..=count).map(part).collect())
    }

    #[tokio::test]
    async fn the_store_hears_of_the_parts_what_the_sdk_would_tell_it() {
        let (sender, caught) = std::sync::mpsc::channel();
        let connector = SharedHttpConnector::new(Caught(sender));
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .credentials_provider(Credentials::for_tests())
            .http_client(http_client_fn(move |_, _| connector.clone()))
            .retry_config(aws_sdk_s3::config::retry::RetryConfig::disabled())
            .build();
        let client = Client::from_conf(config);
        let md5 = "\"d41d8cd98f00b204e9800998ecf8427e\"";
        let at_once = u32::try_from(AT_A_TIME).expect("few");
        for parts in [
            parts(1, md5),
            parts(at_once, md5),
            parts(at_once + 1, md5),
            parts(1_000, "\"a<b>&'c\r\n\u{e9}"),
            parts(10_000, md5),
        ] {
            let request = || client.complete_multipart_upload().bucket("b").key("k").upload_id("u");
            let completed = |part: &AcknowledgedPart| {
                let said = CompletedPart::builder().part_number(i32::from(part.number.get()));
                said.e_tag(part.etag.to_string()).checksum_crc64_nvme(checksum::to_base64(part.crc64)).build()
            };
            let list = CompletedMultipartUpload::builder().set_parts(Some(parts.rows().map(completed).collect()));
            request().multipart_upload(list.build()).send().await.expect_err("nobody");
            let theirs = caught.try_recv().expect("sent");

            let list = PartList::of(parts);
            request().customize().interceptor(list.clone()).send().await.expect_err("nobody");
            let mut ours = caught.try_recv().expect("sent");
            assert_eq!(ours.body().content_length(), Some(list.len), "said before any of it is sent");
            for name in ["content-length", "content-type", "x-amz-content-sha256"] {
                assert!(ours.headers().get(name).is_some(), "{name}");
                assert_eq!(ours.headers().get(name), theirs.headers().get(name));
            }
            let again = ours.body().try_clone().expect("as often as it takes");
            for body in [std::mem::replace(ours.body_mut(), SdkBody::taken()), again] {
                let said = body.collect().await.expect("written").to_bytes();
                assert_eq!(str::from_utf8(&said), str::from_utf8(theirs.body().bytes().expect("in memory")));
            }
        }
    }

    #[test]
    fn little_of_a_long_list_is_in_memory_at_a_time() {
        let mut said = Said::from_the_start(parts(10_000, "\"d41d8cd98f00b204e9800998ecf8427e\""));
        let pieces: Vec<_> = std::iter::from_fn(|| said.next()).map(|some| some.len()).collect();
        assert_eq!(pieces.len(), 10_000_usize.div_ceil(AT_A_TIME));
        assert!(pieces.iter().all(|len| *len <= 48 << 10), "{pieces:?}");
    }
}
