//! From the SDK's errors to ours: one place, one table.

use std::time::Duration;

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use crate::credentials::Refusal;
use crate::error::{Done, Error, ErrorCode, Retry};
use crate::net::{retry_after, wants_a_login};

/// What a request came to when it failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// The lease is taken no longer: renew it and ask again.
    Expired(Error, Refusal),
    /// The clock is off; the SDK has learnt by how much: ask again.
    Skewed(Error),
    /// The store does not know this way to send a checksum.
    NoTrailers(Error),
    /// The upload has other parts than were named.
    OtherParts(Error),
    /// Another request for the same key was in the way.
    Conflict(Error),
    /// The store had nothing of it: nobody connected, or somebody else answered.
    NotReached(Error),
    /// Anything else.
    Other(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

impl Failure {
    pub(super) fn into_error(self) -> Error {
        match self {
            Self::Expired(error, _)
            | Self::Skewed(error)
            | Self::NoTrailers(error)
            | Self::OtherParts(error)
            | Self::Conflict(error)
            | Self::NotReached(error)
            | Self::Other(error) => error,
        }
    }
}

/// What an SDK error means.
pub(super) fn classify<E>(error: SdkError<E, HttpResponse>) -> Failure
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let response = error.raw_response();
    let status = response.map_or(0, |response| response.status().as_u16());
    let header = |name: &str| response.and_then(|response| response.headers().get(name)).map(str::to_owned);
    let (request_id, region, kind) =
        (header("x-amz-request-id"), header("x-amz-bucket-region"), header("content-type"));
    let wait = retry_after(header("retry-after").as_deref(), header("date").as_deref());
    match &error {
        SdkError::ServiceError(_) => {
            let code = error.code().unwrap_or_default().to_owned();
            let said = error.message().unwrap_or_default().to_owned();
            if code.is_empty() && region.is_none() && request_id.is_none() && is_nobodys(status) {
                return Failure::NotReached(not_the_store(status, kind.as_deref()));
            }
            let failure = service(&code, &said, status, region, kind);
            let failure = failure.map(|error| later(error.request_id(request_id), wait));
            if did_nothing(&code, status) { failure.map(|error| error.done(Done::No)) } else { failure }
        }
        SdkError::ResponseError(_) => {
            let odd = unreadable(status, kind.as_deref());
            // A page of the local network is nobody's answer; one that broke off may be the store's.
            let odd = if odd.code == ErrorCode::Offline { odd.done(Done::Unanswered) } else { odd };
            Failure::Other(later(odd.request_id(request_id), wait).source(error))
        }
        SdkError::TimeoutError(_) => {
            Failure::Other(Error::new(ErrorCode::Offline).detail("timed out").done(Done::Unanswered))
        }
        SdkError::DispatchFailure(_) | SdkError::ConstructionFailure(_) => match connection(&error) {
            unsent if unsent.code == ErrorCode::Offline && unsent.done == Done::Untold => Failure::NotReached(unsent),
            other => Failure::Other(other),
        },
        _ => Failure::Other(Error::new(ErrorCode::Unexpected).source(error)),
    }
}

impl Failure {
    fn map(self, with: impl FnOnce(Error) -> Error) -> Self {
        match self {
            Self::Expired(error, why) => Self::Expired(with(error), why),
            Self::Skewed(error) => Self::Skewed(with(error)),
            Self::NoTrailers(error) => Self::NoTrailers(with(error)),
            Self::OtherParts(error) => Self::OtherParts(with(error)),
            Self::Conflict(error) => Self::Conflict(with(error)),
            Self::NotReached(error) => Self::NotReached(with(error)),
            Self::Other(error) => Self::Other(with(error)),
        }
    }
}

/// A store that is not well may say when it wants to be asked again.
fn later(error: Error, wait: Option<Duration>) -> Error {
    match wait {
        Some(wait) if error.code == ErrorCode::StorageBusy => error.retry(Retry::After(wait)),
        _ => error,
    }
}

/// Whether S3 says so before it does anything. Its 500 may come after, and so may an error in the body of a 200; a gateway
/// on the way has no code, or says that a service is unavailable. Source: S3 user guide, "Error best practices"; API
/// reference, "Error responses".
fn did_nothing(code: &str, status: u16) -> bool {
    let refuses = matches!(
        code,
        "SlowDown"
            | "SlowDownWrite"
            | "Throttling"
            | "ThrottlingException"
            | "Busy"
            | "RequestTimeout"
            | "OperationAborted"
            | "ConditionalRequestConflict"
            | "IncompleteBody"
            | "ContentLengthMismatch"
            | "BadDigest"
            | "InvalidDigest"
            | "XAmzContentChecksumMismatch"
            | "XAmzContentSHA256Mismatch"
    );
    refuses && status >= 400
}

/// Source: S3 API reference, "Error responses"; quotas as stores other than AWS name them.
fn service(code: &str, said: &str, status: u16, region: Option<String>, kind: Option<String>) -> Failure {
    use ErrorCode as C;
    let plain = |ours: ErrorCode| Failure::Other(Error::new(ours).detail(format!("{status} {code}: {said}")));
    match code {
        "ExpiredToken" | "TokenRefreshRequired" | "ExpiredTokenException" => {
            Failure::Expired(Error::new(C::AccessDenied).detail(format!("{status} {code}")), Refusal::Over)
        }
        "InvalidToken" | "InvalidAccessKeyId" => {
            Failure::Expired(Error::new(C::AccessDenied).detail(format!("{status} {code}")), Refusal::Unknown)
        }
        "RequestTimeTooSkewed" => {
            Failure::Skewed(Error::new(C::ClockWrong).detail("this computer's clock is more than 15 minutes off"))
        }
        "NotImplemented" => Failure::NoTrailers(Error::new(C::Unexpected).detail(format!("{code}: {said}"))),
        "AccessDenied" | "AllAccessDisabled" | "AccountProblem" | "SignatureDoesNotMatch" => plain(C::AccessDenied),
        "NoSuchBucket" | "InvalidBucketName" => plain(C::NoSuchBucket),
        "PermanentRedirect"
        | "AuthorizationHeaderMalformed"
        | "IllegalLocationConstraintException"
        | "TemporaryRedirect" => {
            let there = region.map_or_else(String::new, |region| format!("; the bucket is in {region}"));
            Failure::Other(Error::new(C::WrongRegion).detail(format!("{code}: {said}{there}")))
        }
        "ConditionalRequestConflict" => {
            Failure::Conflict(Error::new(C::StorageBusy).detail(format!("{status} {code}")))
        }
        "InvalidPart" | "InvalidPartOrder" => {
            Failure::OtherParts(Error::new(C::DamagedOnTheWay).detail(format!("{status} {code}: {said}")))
        }
        "PreconditionFailed" => plain(C::AlreadyThere),
        "NoSuchUpload" => plain(C::UploadExpired),
        "BadDigest" | "InvalidDigest" | "XAmzContentChecksumMismatch" | "XAmzContentSHA256Mismatch" => {
            plain(C::DamagedOnTheWay)
        }
        // Cut off on the way.
        "IncompleteBody" | "ContentLengthMismatch" => plain(C::Offline),
        "EntityTooLarge" => plain(C::TooLarge),
        "KeyTooLongError" => plain(C::KeyTooLong),
        "QuotaExceeded" | "XMinioStorageFull" | "InsufficientStorage" | "XMinioAdminBucketQuotaExceeded" => {
            plain(C::StorageFull)
        }
        "SlowDown"
        | "SlowDownWrite"
        | "ServiceUnavailable"
        | "InternalError"
        | "RequestTimeout"
        | "OperationAborted"
        | "Throttling"
        | "ThrottlingException"
        | "Busy" => plain(C::StorageBusy),
        // HEAD has no body: where the bucket is, is in a header.
        _ if code.is_empty() && (300..500).contains(&status) && region.is_some() => {
            let there = region.unwrap_or_default();
            Failure::Other(Error::new(C::WrongRegion).detail(format!("{status}; the bucket is in {there}")))
        }
        _ if status == 407 => plain(C::ProxyAuth),
        _ if status == 412 => plain(C::AlreadyThere),
        _ if status == PORTAL => plain(C::CaptivePortal),
        _ if status >= 500 || status == 429 => plain(C::StorageBusy),
        _ if code.is_empty() && (200..400).contains(&status) => Failure::Other(unreadable(status, kind.as_deref())),
        _ if code.is_empty() && kind.as_deref().is_some_and(|kind| kind.starts_with("text/html")) => {
            Failure::Other(unreadable(status, kind.as_deref()))
        }
        _ if status == 403 => plain(C::AccessDenied),
        _ => plain(C::Unexpected),
    }
}

/// RFC 6585, "Network Authentication Required": nobody but a page of the local network says so.
const PORTAL: u16 = 511;

/// What S3 never says without its code and its id: something on the way does, and it passes. A proxy's 407 is told, and
/// 412 is a taken name with whatever words.
fn is_nobodys(status: u16) -> bool {
    (400..500).contains(&status) && !matches!(status, 407 | 412 | 429)
}

fn not_the_store(status: u16, kind: Option<&str>) -> Error {
    match unreadable(status, kind) {
        portal if portal.code == ErrorCode::CaptivePortal => portal,
        _ => Error::new(ErrorCode::Offline).detail(format!("{status} from something that is not the storage")),
    }
}

/// Whether an answer without a body is the store's, as far as it tells.
pub(super) fn is_named(response: &HttpResponse) -> bool {
    response.headers().get("x-amz-request-id").is_some()
}

/// Whether an answer is a web page: S3 never sends one.
pub(super) fn is_a_page(response: &HttpResponse) -> bool {
    response.headers().get("content-type").is_some_and(|kind| kind.starts_with("text/html"))
}

/// An answer that is not S3's. A page of the local network, or an answer that broke off.
fn unreadable(status: u16, kind: Option<&str>) -> Error {
    match status {
        407 => Error::new(ErrorCode::ProxyAuth).detail("the proxy wants a password"),
        _ if status == PORTAL || kind.is_some_and(|kind| kind.starts_with("text/html")) => {
            Error::new(ErrorCode::CaptivePortal).detail(format!("{status} with a web page"))
        }
        500.. => Error::new(ErrorCode::StorageBusy).detail(format!("{status} without words")),
        _ => Error::new(ErrorCode::Offline).detail(format!("{status}, an answer that broke off")),
    }
}

/// What an I/O error was made of, however often it was wrapped: its `source` passes over that.
fn within_io<'a>(mut cause: &'a (dyn std::error::Error + 'static)) -> &'a (dyn std::error::Error + 'static) {
    while let Some(inner) = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
        cause = inner;
    }
    cause
}

/// No answer at all: why, as far as the layers below tell.
fn connection<E: std::error::Error + Send + Sync + 'static>(error: &SdkError<E, HttpResponse>) -> Error {
    let (mut said, mut unsent) = (error.to_string(), false);
    let mut next: Option<&(dyn std::error::Error + 'static)> = std::error::Error::source(error);
    while let Some(cause) = next {
        // The lease that a request wanted could not be had.
        if let Some(ours) = cause.downcast_ref::<Error>() {
            return Error::new(ours.code).retry(ours.retry).detail(ours.detail.clone());
        }
        let by_pool = cause.downcast_ref::<hyper_util::client::legacy::Error>();
        unsent |= by_pool.is_some_and(hyper_util::client::legacy::Error::is_connect);
        let tls = within_io(cause).downcast_ref::<rustls::Error>();
        if let Some(rustls::Error::InvalidCertificate(why)) = tls {
            return Error::new(ErrorCode::UntrustedServer).detail(format!("certificate: {why:?}"));
        }
        said = cause.to_string();
        next = cause.source();
    }
    if wants_a_login(&said) {
        // The proxy asked, and had nothing of the request.
        return Error::new(ErrorCode::ProxyAuth).detail(said).done(Done::No);
    }
    let offline = Error::new(ErrorCode::Offline).detail(said);
    if unsent { offline } else { offline.done(Done::Unanswered) }
}

/// The first retry after a checksum that does not match comes soon: it is mostly chance.
pub(super) fn damaged(detail: String) -> Error {
    Error::new(ErrorCode::DamagedOnTheWay).retry(Retry::After(Duration::from_millis(100))).detail(detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(code: &str, status: u16) -> ErrorCode {
        service(code, "", status, None, None).into_error().code
    }

    #[test]
    fn s3_codes_have_a_meaning_and_unknown_ones_go_by_status() {
        assert_eq!(code("AccessDenied", 403), ErrorCode::AccessDenied);
        assert_eq!(code("SlowDown", 503), ErrorCode::StorageBusy);
        assert_eq!(code("PreconditionFailed", 412), ErrorCode::AlreadyThere);
        assert_eq!(code("ConditionalRequestConflict", 409), ErrorCode::StorageBusy);
        assert_eq!(code("InvalidBucketName", 400), ErrorCode::NoSuchBucket);
        assert_eq!(code("NoSuchUpload", 404), ErrorCode::UploadExpired);
        assert_eq!(code("AuthorizationHeaderMalformed", 400), ErrorCode::WrongRegion);
        assert_eq!(code("SomethingNew", 500), ErrorCode::StorageBusy);
        assert_eq!(code("SomethingNew", 418), ErrorCode::Unexpected);
        assert_eq!(code("", 200), ErrorCode::Offline);
        assert!(matches!(service("ExpiredToken", "", 400, None, None), Failure::Expired(_, Refusal::Over)));
    }

    #[test]
    fn only_what_s3_says_before_it_does_anything_is_a_refusal() {
        for (code, status) in [("SlowDown", 503), ("RequestTimeout", 400), ("BadDigest", 400)] {
            assert!(did_nothing(code, status), "{code}");
        }
        for (code, status) in [("InternalError", 500), ("SlowDown", 200), ("ServiceUnavailable", 503), ("", 503)] {
            assert!(!did_nothing(code, status), "{status} {code}");
        }
    }

    #[test]
    fn a_body_that_was_cut_off_is_the_networks_fault_and_not_the_files() {
        assert_eq!(code("IncompleteBody", 400), ErrorCode::Offline);
        assert_eq!(code("BadDigest", 400), ErrorCode::DamagedOnTheWay);
    }

    #[test]
    fn a_bucket_elsewhere_is_told_by_its_header_where_there_is_no_body() {
        let head = |status| service("", "", status, Some("eu-west-1".into()), None).into_error();
        for status in [301, 307, 400] {
            assert_eq!(head(status).code, ErrorCode::WrongRegion, "{status}");
        }
    }

    #[test]
    fn a_certificate_is_found_however_often_its_error_was_wrapped() {
        let certificate = || rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        let once = std::io::Error::other(certificate());
        let twice = std::io::Error::other(std::io::Error::other(certificate()));
        for error in [once, twice] {
            assert_eq!(within_io(&error).downcast_ref::<rustls::Error>(), Some(&certificate()));
        }
    }

    #[test]
    fn a_web_page_is_a_page_of_the_local_network() {
        let page = service("", "", 200, None, Some("text/html".into())).into_error();
        assert_eq!(page.code, ErrorCode::CaptivePortal);
        assert_eq!(code("", 511), ErrorCode::CaptivePortal);
    }

    #[test]
    fn a_store_that_says_when_to_come_back_is_taken_at_its_word_and_nobody_else() {
        let wait = Some(Duration::from_secs(20));
        let busy = later(Error::new(ErrorCode::StorageBusy), wait);
        assert_eq!(busy.retry, Retry::After(Duration::from_secs(20)));
        assert_eq!(later(Error::new(ErrorCode::AccessDenied), wait).retry, Retry::Never);
        assert_eq!(later(Error::new(ErrorCode::StorageBusy), None).retry, ErrorCode::StorageBusy.usual_retry());
    }
}
