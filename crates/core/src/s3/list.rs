//! The parts that `CompleteMultipartUpload` names, written once and sent as often as it takes. The SDK would hold each part
//! three times over: 8 MiB for 8,192 of them.

use aws_sdk_s3::primitives::SdkBody;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_xml::encode::XmlWriter;
use bytes::Bytes;
use http::header::CONTENT_LENGTH;

use crate::ids::PartNumber;
use crate::transfer::checksum;

/// What one part takes where its `ETag` is an MD5, in bytes.
const USUAL: usize = 152;

/// The parts of one object, in their order, as the store is told of them.
#[derive(Clone, Debug)]
pub struct PartList {
    xml: Bytes,
    len: usize,
}

impl PartList {
    /// Of numbers, `ETag`s and CRC64NVMEs.
    pub fn of<'a>(parts: impl ExactSizeIterator<Item = (PartNumber, &'a str, u64)>) -> Self {
        let len = parts.len();
        let mut xml = String::with_capacity(USUAL * (len + 1));
        let mut writer = XmlWriter::new(&mut xml);
        let root = writer.start_el("CompleteMultipartUpload");
        let mut all = root.write_ns("http://s3.amazonaws.com/doc/2006-03-01/", None).finish();
        for (number, etag, crc64) in parts {
            let mut part = all.start_el("Part").finish();
            part.start_el("ETag").finish().data(etag);
            part.start_el("ChecksumCRC64NVME").finish().data(&checksum::to_base64(crc64));
            part.start_el("PartNumber").finish().data(&number.get().to_string());
        }
        all.finish();
        Self { xml: xml.into(), len }
    }

    /// How many there are.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Makes them what a request says.
    pub(super) fn fill(&self, request: &mut HttpRequest) {
        request.headers_mut().insert(CONTENT_LENGTH.as_str(), self.xml.len().to_string());
        *request.body_mut() = SdkBody::from(self.xml.clone());
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
    use aws_smithy_runtime_api::client::result::ConnectorError;

    use super::*;

    /// Says what it is to send.
    #[derive(Clone, Debug)]
    struct Caught(std::sync::mpsc::Sender<HttpRequest>);

    impl HttpConnector for Caught {
        fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
            self.0.send(request).expect("somebody asks");
            HttpConnectorFuture::ready(Err(ConnectorError::other("nobody is there".into(), None)))
        }
    }

    fn number(number: u32) -> PartNumber {
        PartNumber::new(number).expect("a number")
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
        for parts in [
            vec![(number(1), "\"d41d8cd98f00b204e9800998ecf8427e\"", 0x0123_4567_89ab_cdef)],
            (1..=1_000).map(|n| (number(n), "\"a<b>&'c\r\n\u{e9}", u64::from(n))).collect(),
        ] {
            let request = || client.complete_multipart_upload().bucket("b").key("k").upload_id("u");
            let completed = |(number, etag, crc64): &(PartNumber, &str, u64)| {
                let part = CompletedPart::builder().part_number(i32::from(number.get())).e_tag(*etag);
                part.checksum_crc64_nvme(checksum::to_base64(*crc64)).build()
            };
            let list = CompletedMultipartUpload::builder().set_parts(Some(parts.iter().map(completed).collect()));
            request().multipart_upload(list.build()).send().await.expect_err("nobody");
            let theirs = caught.try_recv().expect("sent");

            let list = PartList::of(parts.iter().copied());
            request().customize().mutate_request(move |request| list.fill(request)).send().await.expect_err("nobody");
            let ours = caught.try_recv().expect("sent");
            assert_eq!(ours.body().bytes().map(str::from_utf8), theirs.body().bytes().map(str::from_utf8));
            for name in ["content-length", "content-type", "x-amz-content-sha256"] {
                assert!(ours.headers().get(name).is_some(), "{name}");
                assert_eq!(ours.headers().get(name), theirs.headers().get(name));
            }
        }
    }

    #[test]
    fn what_is_kept_of_a_part_is_what_is_said_of_it() {
        let parts = |len| (1..=len).map(|n| (number(n), "\"d41d8cd98f00b204e9800998ecf8427e\"", u64::MAX));
        let list = PartList::of(parts(10_000).collect::<Vec<_>>().into_iter());
        assert_eq!(list.len(), 10_000);
        assert!(list.xml.len() <= USUAL * 10_001, "written without another copy: {}", list.xml.len());
    }
}
