//! Taking a body in: to a file, in bounded memory, its checksum computed on the way and compared with the client's.

use futures::StreamExt as _;
use http::HeaderMap;
use s3s::dto::StreamingBlob;
use s3s::{S3Error, S3ErrorCode, S3Result, TrailingHeaders, s3_error};
use tokio::io::AsyncWriteExt as _;

use super::{broken, now};
use crate::checksums::{Kind, Running};
use crate::store::{Blob, Store};

/// Bytes collected before they go to disk.
const BUFFER: usize = 1 << 20;

/// A body and all that was said about it.
pub(super) struct Incoming<'a> {
    pub(super) body: Option<StreamingBlob>,
    pub(super) headers: &'a HeaderMap,
    pub(super) trailers: Option<TrailingHeaders>,
    /// The algorithm of the upload it belongs to, where that is settled.
    pub(super) wanted: Option<Kind>,
    pub(super) declared: Option<i64>,
}

/// Receives a body. A file that is not whole or not right leaves nothing behind.
pub(super) async fn receive(store: &Store, incoming: Incoming<'_>) -> S3Result<Blob> {
    let name = Store::fresh_name();
    let outcome = write(store, &name, incoming).await;
    if outcome.is_err() {
        store.forget_blob(&name);
    }
    outcome
}

async fn write(store: &Store, name: &str, incoming: Incoming<'_>) -> S3Result<Blob> {
    let said = said(incoming.headers)?;
    let kind = said.as_ref().map_or(incoming.wanted.unwrap_or(Kind::Crc64Nvme), |(kind, _)| *kind);
    let mut running = Running::new(kind);
    let file = tokio::fs::File::create(store.blob_path(name)).await.map_err(broken)?;
    let mut file = tokio::io::BufWriter::with_capacity(BUFFER, file);
    let mut size = 0u64;
    if let Some(mut body) = incoming.body {
        while let Some(bytes) = body.next().await {
            let bytes = bytes.map_err(cut)?;
            running.update(&bytes);
            size += bytes.len() as u64;
            file.write_all(&bytes).await.map_err(broken)?;
        }
    }
    file.flush().await.map_err(broken)?;
    let declared = decoded_length(incoming.headers).or(incoming.declared.and_then(|len| u64::try_from(len).ok()));
    if declared.is_some_and(|declared| declared != size) {
        return Err(s3_error!(IncompleteBody, "the body has another length than announced"));
    }
    let ours = running.finish();
    let theirs = match said {
        Some((_, Some(value))) => Some(value),
        Some((kind, None)) => {
            let trailer = incoming.trailers.and_then(|trailers| {
                trailers.read(|all| all.get(kind.header()).and_then(|value| value.to_str().ok()).map(str::to_owned))
            });
            match trailer.flatten() {
                Some(value) => Some(value),
                None => return Err(s3_error!(InvalidRequest, "the announced trailer is missing")),
            }
        }
        None => None,
    };
    if theirs.is_some_and(|theirs| theirs != ours) {
        return Err(s3_error!(BadDigest, "The checksum you specified did not match what we received"));
    }
    // Opaque, as with KMS: a client that takes it for an MD5 is wrong.
    let etag = crate::identity::random(32);
    Ok(Blob { file: name.to_owned(), size, etag, checksum: Some((kind, ours)), modified: now() })
}

/// The algorithm and, in a header, the value that the client sends.
fn said(headers: &HeaderMap) -> S3Result<Option<(Kind, Option<String>)>> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    for kind in Kind::ALL {
        if let Some(value) = text(kind.header()) {
            return Ok(Some((kind, Some(value))));
        }
    }
    let Some(trailer) = text("x-amz-trailer") else { return Ok(None) };
    let kind = Kind::ALL.into_iter().find(|kind| kind.header().eq_ignore_ascii_case(trailer.trim()));
    match kind {
        Some(kind) => Ok(Some((kind, None))),
        None => Err(s3_error!(InvalidRequest, "a trailer that is not served here")),
    }
}

fn decoded_length(headers: &HeaderMap) -> Option<u64> {
    headers.get("x-amz-decoded-content-length")?.to_str().ok()?.parse().ok()
}

/// What broke a body off, in S3's words instead of 500.
fn cut(error: Box<dyn std::error::Error + Send + Sync>) -> S3Error {
    let mut text = String::new();
    let mut next: Option<&dyn std::error::Error> = Some(&*error);
    while let Some(cause) = next {
        text = format!("{text} {cause:?} {cause}");
        next = cause.source();
    }
    let code = if text.contains("SignatureMismatch") {
        S3ErrorCode::SignatureDoesNotMatch
    } else if text.contains("ChecksumMismatch") || text.contains("SHA256") {
        S3ErrorCode::Custom("XAmzContentSHA256Mismatch".into())
    } else {
        S3ErrorCode::IncompleteBody
    };
    let mut error = S3Error::with_message(code, "the body could not be read to its end");
    error.set_status_code(http::StatusCode::BAD_REQUEST);
    error
}
