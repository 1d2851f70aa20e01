//! Answers as AWS words them: request ids everywhere, S3's `<Error>` and STS' `<ErrorResponse>`.

use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use s3s::Body;

use crate::identity::random;

/// A refusal that the protocol layer does not know.
pub(crate) struct Fault {
    status: StatusCode,
    code: &'static str,
    words: String,
    more: Vec<(&'static str, String)>,
    headers: Vec<(&'static str, String)>,
}

impl Fault {
    pub(crate) fn new(status: StatusCode, code: &'static str, words: impl Into<String>) -> Self {
        Self { status, code, words: words.into(), more: Vec::new(), headers: Vec::new() }
    }

    /// Another element of the error's body.
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.more.push((name, value.to_owned()));
        self
    }

    /// Another header of the answer.
    pub(crate) fn with_header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub(crate) fn into_response(self) -> Response<Body> {
        let mut xml = format!("<Error><Code>{}</Code><Message>{}</Message>", self.code, escape(&self.words));
        for (name, value) in &self.more {
            xml.push_str(&element(name, value));
        }
        xml.push_str("</Error>");
        let mut response = Response::new(Body::from(xml));
        *response.status_mut() = self.status;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(HeaderName::from_static(name), value);
            }
        }
        response
    }
}

/// The answer with its ids, which support asks for.
pub(crate) fn with_ids(mut response: Response<Body>, id: &str) -> Response<Body> {
    for name in ["x-amz-request-id", "x-amzn-requestid"] {
        if let Ok(value) = HeaderValue::from_str(id) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    if let Ok(value) = HeaderValue::from_str(&random(40)) {
        response.headers_mut().insert(HeaderName::from_static("x-amz-id-2"), value);
    }
    response
}

/// An error with its ids in header and body, in the form that the asked service writes.
pub(crate) async fn error(response: Response<Body>, sts: bool, id: &str) -> Response<Body> {
    let (mut parts, body) = response.into_parts();
    let bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let mut xml = String::from_utf8_lossy(&bytes).into_owned();
    if sts && !xml.contains("<ErrorResponse") {
        let (status, code) = as_sts(parts.status, &within(&xml, "Code"));
        parts.status = status;
        xml = sts_error(&code, &within(&xml, "Message"));
        parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/xml"));
    }
    if sts {
        xml = xml.replace("</ErrorResponse>", &format!("{}</ErrorResponse>", element("RequestId", id)));
    } else {
        let ids = format!("{}{}", element("RequestId", id), element("HostId", "local"));
        xml = xml.replace("</Error>", &format!("{ids}</Error>"));
    }
    parts.headers.remove(header::CONTENT_LENGTH);
    with_ids(Response::from_parts(parts, Body::from(xml)), id)
}

/// An error as STS writes it; the text is escaped already.
pub(crate) fn sts_error(code: &str, escaped: &str) -> String {
    format!(
        "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
         <Code>{code}</Code><Message>{escaped}</Message></Error></ErrorResponse>"
    )
}

/// What STS calls it. Source: STS API reference, "Common errors"; the AWS SDKs' lists of clock-skew errors.
fn as_sts(status: StatusCode, code: &str) -> (StatusCode, String) {
    match code {
        "InvalidAccessKeyId" | "InvalidToken" => (StatusCode::FORBIDDEN, "InvalidClientTokenId".to_owned()),
        // STS says of a wrong clock that the signature has expired.
        "RequestTimeTooSkewed" => (StatusCode::FORBIDDEN, "SignatureDoesNotMatch".to_owned()),
        "AccessDenied" => (StatusCode::FORBIDDEN, "MissingAuthenticationToken".to_owned()),
        other => (status, other.to_owned()),
    }
}

fn within(xml: &str, name: &str) -> String {
    let after = xml.split_once(&format!("<{name}>")).map_or("", |(_, after)| after);
    after.split_once(&format!("</{name}>")).map_or("", |(inner, _)| inner).to_owned()
}

fn element(name: &str, value: &str) -> String {
    format!("<{name}>{}</{name}>", escape(value))
}

/// Text that can stand in XML.
pub(crate) fn escape(text: &str) -> String {
    let mut all = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => all.push_str("&lt;"),
            '>' => all.push_str("&gt;"),
            '&' => all.push_str("&amp;"),
            // XML 1.0 has no other control characters, escaped or not.
            c if c.is_control() && !matches!(c, '\t' | '\n' | '\r') => all.push('\u{fffd}'),
            c => all.push(c),
        }
    }
    all
}
