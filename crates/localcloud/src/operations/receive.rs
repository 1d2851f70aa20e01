//! Taking a body in: to a file, in bounded memory, its checksum computed on the way and compared with the client's.
//!
//! Bytes are hashed and written on a blocking thread while the next are read, a batch at a time; at most two batches
//! are held.

use std::io::Write as _;

use bytes::Bytes;
use futures::StreamExt as _;
use http::HeaderMap;
use s3s::crypto::{Checksum as _, Md5};
use s3s::dto::StreamingBlob;
use s3s::{S3Error, S3ErrorCode, S3Result, TrailingHeaders, s3_error};

use super::{broken, now};
use crate::checksums::{Kind, Running};
use crate::store::{Blob, Draft, Store};

/// Bytes of a batch.
const BATCH: usize = 1 << 20;
/// The largest body of one request, in bytes: 5 GiB. Source: S3 API reference, PutObject and UploadPart.
const MOST: u64 = 5 << 30;

/// A body and all that was said about it.
pub(super) struct Incoming<'a> {
    pub(super) body: Option<StreamingBlob>,
    pub(super) headers: &'a HeaderMap,
    pub(super) trailers: Option<TrailingHeaders>,
    pub(super) declared: Option<i64>,
    /// What the client says of the checksum.
    pub(super) said: Option<Said>,
    /// The algorithm to keep; `None` for the client's own, or S3's where it has none.
    pub(super) keep: Option<Kind>,
}

/// A body that lies there.
pub(super) struct Received<'s> {
    pub(super) blob: Blob,
    pub(super) draft: Draft<'s>,
    /// The checksum to answer with: the client's own algorithm, if it used one.
    pub(super) echo: (Kind, String),
}

/// A checksum that the client sends.
pub(super) struct Said {
    pub(super) kind: Kind,
    /// The value; `None` where it follows in a trailer.
    value: Option<String>,
}

/// Receives a body. A file that is not whole or not right leaves nothing behind.
pub(super) async fn receive<'s>(store: &'s Store, incoming: Incoming<'_>) -> S3Result<Received<'s>> {
    let Incoming { body, headers, trailers, declared, said, keep } = incoming;
    let declared = decoded_length(headers).or(declared.and_then(|len| u64::try_from(len).ok()));
    if declared.is_some_and(|declared| declared > MOST) {
        return Err(too_large());
    }
    let theirs = said.as_ref().map(|said| said.kind);
    let kept = keep.or(theirs).unwrap_or(Kind::Crc64Nvme);
    let second = theirs.filter(|theirs| *theirs != kept);
    let draft = store.draft();
    let content_md5 = headers.get("content-md5").and_then(|value| value.to_str().ok());
    let file = std::fs::File::create(draft.path()).map_err(broken)?;
    let mut sink = Sink {
        file,
        running: Running::new(kept),
        second: second.map(Running::new),
        md5: content_md5.map(|_| Md5::new()),
    };
    let mut size = 0u64;
    if let Some(mut body) = body {
        let mut writing: Option<tokio::task::JoinHandle<std::io::Result<Sink>>> = None;
        let mut spare = Some(sink);
        let (mut batch, mut held) = (Vec::new(), 0);
        loop {
            let next = body.next().await.transpose().map_err(cut)?;
            let end = next.is_none();
            if let Some(bytes) = next {
                store.pace.take(bytes.len() as u64).await;
                size += bytes.len() as u64;
                held += bytes.len();
                batch.push(bytes);
            }
            if size > MOST {
                return Err(too_large());
            }
            if held < BATCH && !end {
                continue;
            }
            let free = match (spare.take(), writing.take()) {
                (Some(sink), _) => sink,
                (None, Some(task)) => task.await.map_err(broken)?.map_err(broken)?,
                (None, None) => return Err(s3_error!(InternalError)),
            };
            let full = std::mem::take(&mut batch);
            held = 0;
            let task = tokio::task::spawn_blocking(move || free.take(&full));
            if end {
                sink = task.await.map_err(broken)?.map_err(broken)?;
                break;
            }
            writing = Some(task);
        }
    }
    if declared.is_some_and(|declared| declared != size) {
        return Err(s3_error!(IncompleteBody, "the body has another length than announced"));
    }
    if let (Some(md5), Some(said)) = (sink.md5, content_md5)
        && base64::Engine::encode(&base64::engine::general_purpose::STANDARD, md5.finalize()) != said
    {
        return Err(s3_error!(BadDigest, "The Content-MD5 you specified did not match what we received."));
    }
    let ours = (kept, sink.running.finish());
    let echo = match (second, sink.second) {
        (Some(kind), Some(running)) => (kind, running.finish()),
        _ => ours.clone(),
    };
    let wanted = match said {
        None => None,
        Some(Said { value: Some(value), .. }) => Some(value),
        Some(Said { kind, value: None }) => Some(trailer(kind, trailers)?),
    };
    if wanted.is_some_and(|wanted| wanted != echo.1) {
        let words = format!("The {} you specified did not match the calculated checksum.", echo.0.name());
        return Err(s3_error!(BadDigest, "{words}"));
    }
    // Opaque, as with KMS: a client that takes it for an MD5 is wrong.
    let etag = crate::identity::random(32);
    let blob = Blob { file: draft.file().to_owned(), size, etag, checksum: Some(ours), modified: now() };
    Ok(Received { blob, draft, echo })
}

/// Where the bytes go.
struct Sink {
    file: std::fs::File,
    running: Running,
    second: Option<Running>,
    md5: Option<Md5>,
}

impl Sink {
    fn take(mut self, batch: &[Bytes]) -> std::io::Result<Self> {
        for bytes in batch {
            self.running.update(bytes);
            if let Some(second) = &mut self.second {
                second.update(bytes);
            }
            if let Some(md5) = &mut self.md5 {
                md5.update(bytes);
            }
        }
        // In one call a batch: frames are short.
        let mut slices: Vec<_> = batch.iter().map(|bytes| std::io::IoSlice::new(bytes)).collect();
        let mut left = &mut slices[..];
        std::io::IoSlice::advance_slices(&mut left, 0);
        while !left.is_empty() {
            match self.file.write_vectored(left)? {
                0 => return Err(std::io::ErrorKind::WriteZero.into()),
                written => std::io::IoSlice::advance_slices(&mut left, written),
            }
        }
        Ok(self)
    }
}

/// The checksum that the client sends, in a header or as the announced trailer.
pub(super) fn said(headers: &HeaderMap) -> S3Result<Option<Said>> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let about = ["x-amz-checksum-algorithm", "x-amz-checksum-type", "x-amz-checksum-mode"];
    let mut values = headers
        .keys()
        .map(http::HeaderName::as_str)
        .filter(|name| name.starts_with("x-amz-checksum-") && !about.contains(name));
    let (header, second) = (values.next(), values.next());
    let trailer = text("x-amz-trailer").map(|name| name.trim().to_ascii_lowercase());
    if second.is_some() || (header.is_some() && trailer.is_some()) {
        let words = "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.";
        return Err(s3_error!(InvalidRequest, "{words}"));
    }
    let named = |name: &str| {
        let kind = Kind::ALL.into_iter().find(|kind| kind.header() == name);
        kind.ok_or_else(|| s3_error!(NotImplemented, "{} is not served here", name))
    };
    if let Some(name) = header {
        let kind = named(name)?;
        let value = text(name).filter(|value| kind.fits(value));
        let value = value.ok_or_else(|| s3_error!(InvalidRequest, "Value for {} header is invalid.", name))?;
        return Ok(Some(Said { kind, value: Some(value) }));
    }
    if let Some(name) = trailer {
        return Ok(Some(Said { kind: named(&name)?, value: None }));
    }
    if headers.contains_key("x-amz-sdk-checksum-algorithm") {
        let words = "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer \
                     headers were found.";
        return Err(s3_error!(InvalidRequest, "{words}"));
    }
    Ok(None)
}

fn trailer(kind: Kind, trailers: Option<TrailingHeaders>) -> S3Result<String> {
    let value = trailers.and_then(|trailers| {
        trailers.read(|all| all.get(kind.header()).and_then(|value| value.to_str().ok()).map(str::to_owned))
    });
    value.flatten().filter(|value| kind.fits(value)).ok_or_else(|| {
        refused("MalformedTrailerError", "The request contained trailing data that was not well-formed.")
    })
}

fn decoded_length(headers: &HeaderMap) -> Option<u64> {
    headers.get("x-amz-decoded-content-length")?.to_str().ok()?.parse().ok()
}

fn too_large() -> S3Error {
    s3_error!(EntityTooLarge, "Your proposed upload exceeds the maximum allowed size")
}

fn refused(code: &'static str, words: &'static str) -> S3Error {
    let mut error = S3Error::with_message(S3ErrorCode::Custom(code.into()), words);
    error.set_status_code(http::StatusCode::BAD_REQUEST);
    error
}

/// What broke a body off, in S3's words instead of 500. The protocol layer's types are private; their words are not.
fn cut(error: Box<dyn std::error::Error + Send + Sync>) -> S3Error {
    let mut text = String::new();
    let mut next: Option<&dyn std::error::Error> = Some(&*error);
    while let Some(cause) = next {
        text = format!("{text} {cause}");
        next = cause.source();
    }
    if text.contains("SignatureMismatch") {
        return s3_error!(SignatureDoesNotMatch, "The signature of a chunk does not match its bytes.");
    }
    if text.contains("Sha256Mismatch") {
        let words = "The provided 'x-amz-content-sha256' header does not match what was computed.";
        return refused("XAmzContentSHA256Mismatch", words);
    }
    s3_error!(IncompleteBody, "You did not provide the number of bytes specified by the Content-Length HTTP header")
}
