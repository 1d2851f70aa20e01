//! S3's answers, as far as clients read them.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::store::Held;

pub(super) const LOCATION: &str =
    "<LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"></LocationConstraint>";
pub(super) const NO_OBJECTS: &str = "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
     <KeyCount>0</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated></ListBucketResult>";
pub(super) const NO_UPLOADS: &str =
    "<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>";

#[derive(Debug)]
pub(super) struct Answer {
    status: u16,
    headers: String,
    body: String,
    /// What HEAD says of a body that it does not send.
    length: Option<u64>,
}

impl Answer {
    pub(super) fn empty(status: u16) -> Self {
        Self { status, headers: String::new(), body: String::new(), length: None }
    }

    pub(super) fn ok(body: String) -> Self {
        Self { body, ..Self::empty(200) }.with("Content-Type", "application/xml")
    }

    pub(super) fn refused(status: u16, code: &str) -> Self {
        let body = format!("<Error><Code>{code}</Code><Message>{code}</Message></Error>");
        Self { body, ..Self::empty(status) }.with("Content-Type", "application/xml")
    }

    pub(super) fn of_object(held: &Held) -> Self {
        let mut answer = Self { length: Some(held.size), ..Self::empty(200) }
            .with("ETag", &format!("\"{}\"", held.etag))
            .with("x-amz-checksum-crc64nvme", &BASE64_STANDARD.encode(held.crc64.to_be_bytes()))
            .with("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT");
        for (name, value) in &held.metadata {
            answer = answer.with(name, value);
        }
        answer
    }

    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        let _ = write!(self.headers, "{name}: {value}\r\n");
        self
    }

    pub(super) fn bytes(&self, head_only: bool) -> Vec<u8> {
        let reason = if self.status < 300 { "OK" } else { "Refused" };
        let mut out = format!("HTTP/1.1 {} {reason}\r\nServer: sink\r\nx-amz-request-id: SINK\r\n", self.status);
        out.push_str(&self.headers);
        // A 204 has no length.
        if self.status != 204 {
            let _ = write!(out, "Content-Length: {}\r\n", self.length.unwrap_or(self.body.len() as u64));
        }
        out.push_str("\r\n");
        if !head_only {
            out.push_str(&self.body);
        }
        out.into_bytes()
    }
}

/// The texts of all elements of a name.
pub(super) fn values<'a>(xml: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let open = format!("<{name}>");
    let mut rest = xml;
    std::iter::from_fn(move || {
        rest = &rest[rest.find(&open)? + open.len()..];
        rest.split('<').next().map(str::trim)
    })
}

/// The first word of a path is the bucket.
fn place(path: &str) -> String {
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    format!("<Bucket>{}</Bucket><Key>{}</Key>", escaped(bucket), escaped(key))
}

pub(super) fn begun(path: &str, id: &str) -> String {
    let place = place(path);
    format!("<InitiateMultipartUploadResult>{place}<UploadId>{id}</UploadId></InitiateMultipartUploadResult>")
}

pub(super) fn completed(path: &str, held: &Held) -> String {
    format!(
        "<CompleteMultipartUploadResult>{}<ETag>\"{}\"</ETag>{}<ChecksumType>FULL_OBJECT</ChecksumType>\
         </CompleteMultipartUploadResult>",
        place(path),
        held.etag,
        checksum(held)
    )
}

pub(super) fn parts(path: &str, id: &str, page: &[(u32, Held)], more: bool) -> String {
    let mut out = format!("<ListPartsResult>{}<UploadId>{id}</UploadId><IsTruncated>{more}</IsTruncated>", place(path));
    let last = page.last().map_or(0, |(number, _)| *number);
    let _ = write!(out, "<NextPartNumberMarker>{last}</NextPartNumberMarker>");
    for (number, held) in page {
        let (etag, size, checksum) = (&held.etag, held.size, checksum(held));
        let _ = write!(
            out,
            "<Part><PartNumber>{number}</PartNumber><ETag>\"{etag}\"</ETag><Size>{size}</Size>{checksum}</Part>"
        );
    }
    out + "</ListPartsResult>"
}

fn checksum(held: &Held) -> String {
    format!("<ChecksumCRC64NVME>{}</ChecksumCRC64NVME>", BASE64_STANDARD.encode(held.crc64.to_be_bytes()))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_list_are_found() {
        let xml =
            "<A><Part><PartNumber>1</PartNumber></Part><Part><ETag>x</ETag><PartNumber> 12 </PartNumber></Part></A>";
        assert_eq!(values(xml, "PartNumber").collect::<Vec<_>>(), ["1", "12"]);
    }
}
