//! What has a body, whole objects and parts, past the SDK's orchestrator: of a hundred thousand small files that would be most
//! of the cost (docs/performance.md). What makes a request and reads its answer is the SDK's own, and so are the bucket's
//! address and the signer; the lease, the connection, the watch, the clock and the table of errors are those of every other
//! request.

use std::fmt;
use std::time::SystemTime;

use aws_sdk_s3::config::endpoint::{DefaultResolver, Params, ResolveEndpoint as _};
use aws_sdk_s3::operation::put_object::builders::PutObjectInputBuilder;
use aws_sdk_s3::operation::put_object::{PutObject, PutObjectError, PutObjectInput, PutObjectOutput};
use aws_sdk_s3::operation::upload_part::builders::UploadPartInputBuilder;
use aws_sdk_s3::operation::upload_part::{UploadPart, UploadPartError, UploadPartInput, UploadPartOutput};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, StorageClass};
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode,
    sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_async::time::TimeSource as _;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::HttpConnector as _;
use aws_smithy_runtime_api::client::interceptors::context::Input;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_plugin::RuntimePlugin as _;
use aws_smithy_runtime_api::client::ser_de::{
    DeserializeResponse as _, SerializeRequest as _, SharedRequestSerializer, SharedResponseDeserializer,
};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::{ConfigBag, FrozenLayer, Storable, StoreReplace};
use futures::FutureExt as _;
use http_body_util::{BodyExt as _, Limited};

use super::client::Sender;
use super::clock::StoreClock;
use super::framing::Way;
use super::place::{Endpoint, Place, encryption, tagging};
use super::watchdog::SHORT;
use crate::credentials::Lease;
use crate::error::{Error, ErrorCode, Result};
use crate::ids::{ObjectKey, PartNumber, UploadId};
use crate::net::USER_AGENT;
use crate::session::wire::TOKEN;

/// More than this is no answer of a store to an object or a part.
const SAID_AT_MOST: usize = 64 << 10;

type Answer<O, E> = std::result::Result<O, SdkError<E, HttpResponse>>;
type Made = std::result::Result<HttpRequest, BoxError>;

/// Sends objects and parts to one bucket.
#[derive(Debug)]
pub(super) struct Lean {
    sender: Sender,
    clock: StoreClock,
    objects: Sdk,
    parts: Sdk,
    place: Place,
    /// Where the bucket is.
    address: String,
}

/// A whole object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Object<'a> {
    pub(super) key: &'a ObjectKey,
    pub(super) token: &'a str,
    pub(super) if_absent: bool,
}

/// A part of one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part<'a> {
    pub(super) key: &'a ObjectKey,
    pub(super) upload: &'a UploadId,
    pub(super) number: PartNumber,
}

impl Lean {
    /// # Errors
    /// `bad-input` for a place that has no address.
    pub(super) fn new(place: &Place, sender: Sender, clock: StoreClock) -> Result<Self> {
        let (objects, parts) = (Sdk::of_objects(), Sdk::of_parts());
        Ok(Self { sender, clock, objects, parts, place: place.clone(), address: address(place)? })
    }

    /// Sends an object.
    pub(super) async fn put(
        &self,
        lease: &Lease,
        object: Object<'_>,
        body: SdkBody,
        way: &Way,
    ) -> Answer<PutObjectOutput, PutObjectError> {
        self.sent(&self.objects, self.object(object, body), lease, way).await
    }

    /// Sends a part.
    pub(super) async fn upload_part(
        &self,
        lease: &Lease,
        part: Part<'_>,
        body: SdkBody,
        way: &Way,
    ) -> Answer<UploadPartOutput, UploadPartError> {
        self.sent(&self.parts, self.part(part, body), lease, way).await
    }

    fn object(&self, object: Object<'_>, body: SdkBody) -> Made {
        self.objects.write(Input::erase(of_object(&self.place, object).body(ByteStream::new(body)).build()?))
    }

    fn part(&self, part: Part<'_>, body: SdkBody) -> Made {
        self.parts.write(Input::erase(of_part(&self.place, part).body(ByteStream::new(body)).build()?))
    }

    async fn sent<O, E>(&self, sdk: &Sdk, made: Made, lease: &Lease, way: &Way) -> Answer<O, E>
    where
        O: Send + Sync + fmt::Debug + 'static,
        E: std::error::Error + Send + Sync + 'static,
    {
        let request = made.and_then(|request| self.ready(request, lease, way, self.clock.now()));
        // Not sent, and no better when it is tried again.
        let odd = |why| SdkError::construction_failure(Error::new(ErrorCode::Unexpected).detail(format!("{why}")));
        let answer = self.sender.call(request.map_err(odd)?).await.map_err(SdkError::dispatch_failure)?;
        self.clock.reads(&answer);
        sdk.read(answer).await
    }

    fn ready(&self, mut request: HttpRequest, lease: &Lease, way: &Way, now: SystemTime) -> Made {
        request.uri_mut().set_endpoint(&self.address)?;
        request.headers_mut().insert("user-agent", USER_AGENT);
        let body = way.frame(&mut request).to_signable_body();
        self.sign(&mut request, lease, body, now)?;
        Ok(request)
    }

    fn sign(
        &self,
        request: &mut HttpRequest,
        lease: &Lease,
        body: SignableBody<'_>,
        now: SystemTime,
    ) -> std::result::Result<(), BoxError> {
        let identity = lease.credentials.clone().into();
        let params =
            v4::SigningParams::builder().identity(&identity).region(&self.place.scope.region).name("s3").time(now);
        let params = params.settings(settings()).build()?.into();
        let signed = {
            let (method, uri) = (request.method(), request.uri());
            sign(SignableRequest::new(method, uri, request.headers().iter(), body)?, &params)?.into_parts().0
        };
        for header in signed.into_parts().0 {
            let mut value = http::HeaderValue::from_str(header.value())?;
            value.set_sensitive(header.sensitive());
            request.headers_mut().insert(header.name(), value);
        }
        Ok(())
    }
}

/// As S3 wants a request signed. Source: S3 API reference, "Create a signed AWS API request".
fn settings() -> SigningSettings {
    let mut settings = SigningSettings::default();
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    settings
}

fn of_object(place: &Place, object: Object<'_>) -> PutObjectInputBuilder {
    let input = PutObjectInput::builder()
        .key(object.key.as_str())
        .metadata(TOKEN, object.token)
        .set_if_none_match(object.if_absent.then(|| "*".to_owned()))
        .set_expected_bucket_owner(place.account_id.clone())
        .checksum_algorithm(ChecksumAlgorithm::Crc64Nvme)
        .set_tagging(tagging(&place.tags))
        .set_storage_class(place.storage_class.as_deref().map(StorageClass::from));
    let Some(sse) = &place.sse else { return input };
    let (kind, key_id) = encryption(sse);
    input.server_side_encryption(kind).set_ssekms_key_id(key_id)
}

fn of_part(place: &Place, part: Part<'_>) -> UploadPartInputBuilder {
    UploadPartInput::builder()
        .key(part.key.as_str())
        .upload_id(&part.upload.0)
        .part_number(i32::from(part.number.get()))
        .set_expected_bucket_owner(place.account_id.clone())
        .checksum_algorithm(ChecksumAlgorithm::Crc64Nvme)
}

/// The bucket's address, by the rules of the SDK.
fn address(place: &Place) -> Result<String> {
    let params = Params::builder().bucket(&place.scope.bucket).region(&place.scope.region);
    let params = match &place.endpoint {
        Endpoint::Regional => params,
        Endpoint::Accelerate => params.accelerate(true),
        Endpoint::Custom { url, path_style, .. } => {
            params.endpoint(url.as_str().trim_end_matches('/')).force_path_style(*path_style)
        }
    };
    let none = |why: String| Error::new(ErrorCode::BadInput).detail(why);
    let params = params.build().map_err(|why| none(why.to_string()))?;
    let found = DefaultResolver::new().resolve_endpoint(&params).now_or_never();
    let found = found.ok_or_else(|| none("an address that is not known at once".to_owned()))?;
    Ok(found.map_err(|why| none(why.to_string()))?.url().to_owned())
}

/// What the SDK makes a request with, and reads an answer with.
#[derive(Debug)]
struct Sdk(Option<FrozenLayer>);

impl Sdk {
    fn of_objects() -> Self {
        Self(PutObject::new().config())
    }

    fn of_parts() -> Self {
        Self(UploadPart::new().config())
    }

    fn has<T: Storable<Storer = StoreReplace<T>>>(&self) -> std::result::Result<&T, &'static str> {
        self.0.as_ref().and_then(|layer| layer.load::<T>()).ok_or("the SDK knows of no such request")
    }

    fn write(&self, input: Input) -> Made {
        self.has::<SharedRequestSerializer>()?.serialize_input(input, &mut ConfigBag::base())
    }

    /// Reads an answer to its end, or its connection is of no more use.
    async fn read<O, E>(&self, mut answer: HttpResponse) -> Answer<O, E>
    where
        O: Send + Sync + fmt::Debug + 'static,
        E: std::error::Error + Send + Sync + 'static,
    {
        let body = Limited::new(answer.take_body(), SAID_AT_MOST).collect();
        let body = match tokio::time::timeout(SHORT, body).await {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(why)) => return Err(SdkError::response_error(why, answer)),
            Err(late) => return Err(SdkError::response_error(late, answer)),
        };
        *answer.body_mut() = SdkBody::from(body);
        let reads = match self.has::<SharedResponseDeserializer>() {
            Ok(reads) => reads,
            Err(why) => return Err(SdkError::response_error(why, answer)),
        };
        let error = match reads.deserialize_nonstreaming_with_config(&answer, &ConfigBag::base()) {
            Ok(output) => {
                let stored = output.downcast::<O>();
                return stored.map_err(|_| SdkError::response_error("an answer to something else", answer));
            }
            Err(error) => error,
        };
        let mut said = None;
        let unread = error.map_operation_error(|error| said = error.downcast::<E>().ok());
        Err(match said {
            Some(said) => SdkError::service_error(said, answer),
            None => SdkError::response_error(unread.to_string(), answer),
        })
    }
}

/// Reads any answer as that to an object.
pub(super) async fn read_any(answer: HttpResponse) -> Answer<PutObjectOutput, PutObjectError> {
    Sdk::of_objects().read(answer).await
}

/// The same as that to a part.
pub(super) async fn read_any_of_a_part(answer: HttpResponse) -> Answer<UploadPartOutput, UploadPartError> {
    Sdk::of_parts().read(answer).await
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use aws_credential_types::Credentials;
    use aws_sdk_s3::Client;
    use aws_sdk_s3::config::{Intercept, RuntimeComponents};
    use aws_smithy_async::time::StaticTimeSource;
    use aws_smithy_runtime_api::client::http::{
        HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
    };
    use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
    use aws_smithy_runtime_api::client::result::ConnectorError;
    use bytes::Bytes;
    use futures::StreamExt as _;
    use http_body::Frame;
    use http_body_util::StreamBody;
    use url::Url;

    use super::*;
    use crate::credentials::Scope;
    use crate::net::Net;
    use crate::s3::Sse;
    use crate::s3::body::Mode;
    use crate::s3::classify::classify;
    use crate::s3::watch::{Rides, Watch};
    use crate::s3::ways::config;

    /// The headers of our framing for the SDK, which is kept from hashing the body.
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
        ) -> std::result::Result<(), BoxError> {
            let signing = self.frame(context.request_mut());
            bag.interceptor_state().store_put(signing);
            Ok(())
        }
    }

    /// Keeps what it is to send, and answers as it is told.
    #[derive(Clone, Debug, Default)]
    struct Caught {
        request: Arc<Mutex<Option<HttpRequest>>>,
        answer: Option<(u16, &'static str)>,
    }

    impl HttpConnector for Caught {
        fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
            *self.request.lock().expect("one thread") = Some(request);
            let nobody = || ConnectorError::other("nobody is there".into(), None);
            HttpConnectorFuture::ready(self.answer.map(answer).ok_or_else(nobody))
        }
    }

    fn answer((status, body): (u16, &'static str)) -> HttpResponse {
        let status = http::StatusCode::from_u16(status).expect("a status");
        HttpResponse::new(status.into(), SdkBody::from(body))
    }

    fn place(bucket: &str, region: &str, endpoint: Endpoint) -> Place {
        Place {
            scope: Scope { bucket: bucket.into(), prefix: "in/".into(), region: region.into() },
            endpoint,
            account_id: Some("123456789012".into()),
            storage_class: Some("INTELLIGENT_TIERING".into()),
            sse: Some(Sse::Kms { key_id: "alias/media".into() }),
            tags: vec![("project".into(), "a & b=c".into()), ("who".into(), "Zoë".into())],
        }
    }

    fn plain(bucket: &str, region: &str, endpoint: Endpoint) -> Place {
        Place { account_id: None, storage_class: None, sse: None, tags: Vec::new(), ..place(bucket, region, endpoint) }
    }

    fn custom(url: &str, path_style: bool) -> Endpoint {
        Endpoint::custom(Url::parse(url).expect("a url"), path_style).expect("allowed")
    }

    fn lease(place: &Place) -> Lease {
        let credentials = Credentials::new("AKIAID", "secret", Some("a/session+token==".into()), None, "test");
        let received = tokio::time::Instant::now();
        Lease { credentials, scope: place.scope.clone(), received, deadline: None, serial: 1 }
    }

    fn way(mode: Mode) -> Way {
        let crc64 = (mode == Mode::Header).then_some(7);
        Way { mode, len: 5, crc64, rides: Rides(Watch::new(Arc::default())) }
    }

    fn lean(place: &Place) -> Lean {
        Lean::new(place, Sender::new(&Net::default()).expect("made"), StoreClock::default()).expect("made")
    }

    /// The SDK, which keeps what it is to send and is answered as told.
    fn sdk(place: &Place, now: SystemTime, answer: Option<(u16, &'static str)>) -> (Client, Caught) {
        let caught = Caught { answer, ..Caught::default() };
        let connector = SharedHttpConnector::new(caught.clone());
        let client = config(place, &StoreClock::default())
            .http_client(http_client_fn(move |_, _| connector.clone()))
            .credentials_provider(lease(place).credentials)
            .time_source(StaticTimeSource::new(now))
            .build();
        (Client::from_conf(client), caught)
    }

    fn sent(caught: &Caught) -> HttpRequest {
        caught.request.lock().expect("one thread").take().expect("it was to be sent")
    }

    /// What the SDK does with the same object.
    async fn by_the_sdk(
        place: &Place,
        object: Object<'_>,
        way: &Way,
        now: SystemTime,
        answer: Option<(u16, &'static str)>,
    ) -> (HttpRequest, Answer<PutObjectOutput, PutObjectError>) {
        let (client, caught) = sdk(place, now, answer);
        let mut request = client
            .put_object()
            .bucket(&place.scope.bucket)
            .key(object.key.as_str())
            .set_expected_bucket_owner(place.account_id.clone())
            .checksum_algorithm(ChecksumAlgorithm::Crc64Nvme)
            .metadata(TOKEN, object.token)
            .set_if_none_match(object.if_absent.then(|| "*".to_owned()))
            .set_tagging(tagging(&place.tags))
            .set_storage_class(place.storage_class.as_deref().map(StorageClass::from))
            .body(ByteStream::from_static(b"hello"));
        if let Some(sse) = &place.sse {
            let (kind, key_id) = encryption(sse);
            request = request.server_side_encryption(kind).set_ssekms_key_id(key_id);
        }
        let outcome = request.customize().interceptor(way.clone()).send().await;
        (sent(&caught), outcome)
    }

    /// What it does with the same part.
    async fn part_by_the_sdk(
        place: &Place,
        part: Part<'_>,
        way: &Way,
        now: SystemTime,
        answer: Option<(u16, &'static str)>,
    ) -> (HttpRequest, Answer<UploadPartOutput, UploadPartError>) {
        let (client, caught) = sdk(place, now, answer);
        let request = client
            .upload_part()
            .bucket(&place.scope.bucket)
            .key(part.key.as_str())
            .upload_id(&part.upload.0)
            .part_number(i32::from(part.number.get()))
            .set_expected_bucket_owner(place.account_id.clone())
            .checksum_algorithm(ChecksumAlgorithm::Crc64Nvme)
            .body(ByteStream::from_static(b"hello"));
        let outcome = request.customize().interceptor(way.clone()).send().await;
        (sent(&caught), outcome)
    }

    fn headers(request: &HttpRequest) -> BTreeMap<String, String> {
        request.headers().iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// What the SDK tells of itself, and the signature over that.
    const OF_ITSELF: [&str; 5] =
        ["amz-sdk-invocation-id", "amz-sdk-request", "authorization", "user-agent", "x-amz-user-agent"];
    /// What a signer adds.
    const SIGNERS: [&str; 5] = ["authorization", "host", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token"];

    /// Signs what the SDK sent once more.
    fn signed_again(lean: &Lean, sent: &HttpRequest, lease: &Lease, way: &Way, now: SystemTime) -> String {
        let all = headers(sent);
        let names = all["authorization"].split("SignedHeaders=").nth(1).and_then(|rest| rest.split(',').next());
        let names: Vec<&str> = names.expect("signed").split(';').collect();
        let mut request = HttpRequest::new(SdkBody::empty());
        request.set_method(sent.method()).expect("a method");
        request.set_uri(sent.uri().to_owned()).expect("an address");
        for (name, value) in &all {
            if names.contains(&name.as_str()) && !SIGNERS.contains(&name.as_str()) {
                request.headers_mut().insert(name.clone(), value.clone());
            }
        }
        let body = match way.mode {
            Mode::Trailer => SignableBody::StreamingUnsignedPayloadTrailer,
            Mode::Header => SignableBody::UnsignedPayload,
        };
        lean.sign(&mut request, lease, body, now).expect("signed");
        headers(&request).remove("authorization").expect("signed")
    }

    #[tokio::test]
    async fn an_object_and_a_part_are_sent_as_the_sdk_would_send_them() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_906_514);
        let places = [
            place("media", "eu-central-1", Endpoint::Regional),
            plain("media", "us-east-1", Endpoint::Regional),
            plain("media.example.com", "eu-west-3", Endpoint::Regional),
            plain("media", "cn-north-1", Endpoint::Regional),
            plain("media", "eu-central-1", Endpoint::Accelerate),
            place("media", "us-east-1", custom("http://127.0.0.1:9000", true)),
            plain("media", "us-east-1", custom("http://127.0.0.1:9000/", true)),
            plain("media", "auto", custom("https://store.example", false)),
            plain("media", "us-east-1", custom("https://store.example:8443/below/", true)),
        ];
        let keys = [
            "in/a",
            "in/a b+c",
            "in/ä/日本",
            "in/100%",
            "in/%41",
            "in/a//b",
            "in//",
            "in/./a/../b",
            "in/a&b=c?d#e",
            "in/(x)[y]{z}'!*;:@$,|^`~\\\"<>",
            "in/🎬\u{7f}",
            "/in/a",
        ];
        let keys: Vec<ObjectKey> = keys.iter().filter_map(|key| ObjectKey::new(*key).ok()).collect();
        assert!(keys.len() >= 10, "most are keys");
        for place in &places {
            let (lean, lease) = (lean(place), lease(place));
            for (n, key) in keys.iter().enumerate() {
                let object = Object { key, token: "token", if_absent: n % 2 == 0 };
                let way = way(if n % 3 == 0 { Mode::Trailer } else { Mode::Header });
                let upload = UploadId("a+b/c=~_.-é".to_owned());
                let number = PartNumber::new(u32::try_from(n).expect("few") + 1).expect("a number");
                let part = Part { key, upload: &upload, number };
                let body = || SdkBody::from("hello");
                let object_by_the_sdk = by_the_sdk(place, object, &way, now, None).await.0;
                let part_by_the_sdk = part_by_the_sdk(place, part, &way, now, None).await.0;
                for (theirs, made) in
                    [(object_by_the_sdk, lean.object(object, body())), (part_by_the_sdk, lean.part(part, body()))]
                {
                    let ours = lean.ready(made.expect("made"), &lease, &way, now).expect("signed");
                    assert_eq!((ours.method(), ours.uri()), (theirs.method(), theirs.uri()));
                    let without = |request: &HttpRequest| {
                        let mut all = headers(request);
                        all.retain(|name, _| !OF_ITSELF.contains(&name.as_str()));
                        all
                    };
                    assert_eq!(without(&ours), without(&theirs), "{}", ours.uri());
                    let again = signed_again(&lean, &theirs, &lease, &way, now);
                    assert_eq!(again, headers(&theirs)["authorization"], "{}", ours.uri());
                }
            }
        }
    }

    #[tokio::test]
    async fn an_answer_to_an_object_or_a_part_is_read_as_the_sdk_reads_it() {
        let place = plain("media", "eu-central-1", Endpoint::Regional);
        let key = ObjectKey::new("in/a").expect("a key");
        let object = Object { key: &key, token: "token", if_absent: true };
        let said = |code: &str| -> &'static str {
            format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>why</Message></Error>").leak()
        };
        let codes = ["SlowDown", "ExpiredToken", "RequestTimeTooSkewed", "NotImplemented", "NoSuchBucket", "BadDigest"];
        let mut answers: Vec<_> = codes.iter().map(|code| (400, said(code))).collect();
        answers.extend([(200, ""), (200, said("InternalError")), (412, said("PreconditionFailed")), (503, "")]);
        answers.extend([(403, ""), (301, ""), (200, "<html>hello"), (500, "<Error><Code>Slow"), (400, "\u{0}\u{1}")]);
        for given in answers {
            let sent = by_the_sdk(&place, object, &way(Mode::Header), SystemTime::UNIX_EPOCH, Some(given)).await;
            let told = |outcome: Answer<_, _>| format!("{:?}", outcome.map_err(classify));
            assert_eq!(told(read_any(answer(given)).await), told(sent.1), "{given:?}");
            let upload = UploadId("u".to_owned());
            let part = Part { key: &key, upload: &upload, number: PartNumber::FIRST };
            let sent = part_by_the_sdk(&place, part, &way(Mode::Trailer), SystemTime::UNIX_EPOCH, Some(given)).await;
            let told = |outcome: Answer<_, _>| format!("{:?}", outcome.map_err(classify));
            assert_eq!(told(read_any_of_a_part(answer(given)).await), told(sent.1), "{given:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_does_not_end_is_given_up() {
        let body = |silent: bool| {
            let frames = futures::stream::repeat_with(|| {
                Ok::<_, std::io::Error>(Frame::data(Bytes::from_static(&[b' '; 1 << 10])))
            });
            let frames = if silent {
                frames.take(1).chain(futures::stream::pending()).left_stream()
            } else {
                frames.right_stream()
            };
            HttpResponse::new(http::StatusCode::OK.into(), SdkBody::from_body_1_x(StreamBody::new(frames)))
        };
        for silent in [true, false] {
            let begun = tokio::time::Instant::now();
            let outcome = read_any(body(silent)).await;
            assert!(matches!(outcome, Err(SdkError::ResponseError(_))), "{silent}");
            assert!(begun.elapsed() <= SHORT + Duration::from_secs(1));
        }
    }
}
