//! Whole objects: put, get, head, list.

use futures::StreamExt as _;
use s3s::dto::{
    ChecksumType, ContentType, ETag, GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput,
    ListObjectsV2Input, ListObjectsV2Output, PutObjectInput, PutObjectOutput, StreamingBlob,
};
use s3s::{S3Request, S3Response, S3Result, s3_error};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

use super::receive::{Incoming, receive};
use super::{Operations, broken, now, stamp};
use crate::checksums::Kind;
use crate::store::{About, Object};

/// The largest object in one request, in bytes. Source: S3 API reference, PutObject.
const MOST: u64 = 5 << 30;

impl Operations {
    pub(super) async fn put(&self, request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        let input = &request.input;
        let owner = input.expected_bucket_owner.as_deref();
        self.enter("PutObject", &request, &input.bucket, &input.key, owner)?;
        let (bucket, key) = (input.bucket.clone(), input.key.clone());
        let if_absent = input.if_none_match.as_ref().is_some_and(s3s::dto::ETagCondition::is_any);
        let taken = || s3_error!(PreconditionFailed, "At least one of the pre-conditions you specified did not hold");
        if if_absent && self.store.get(&bucket, &key).is_some() {
            return Err(taken());
        }
        let about = About {
            content_type: input.content_type.as_ref().map(ToString::to_string),
            metadata: input.metadata.clone().unwrap_or_default().into_iter().collect(),
            storage_class: input.storage_class.as_ref().map(|class| class.as_str().to_owned()),
        };
        let declared = input.content_length;
        let incoming = Incoming {
            body: request.input.body,
            headers: &request.headers,
            trailers: request.trailing_headers,
            wanted: None,
            declared,
        };
        let blob = receive(&self.store, incoming).await?;
        if blob.size > MOST {
            self.store.forget_blob(&blob.file);
            return Err(s3_error!(EntityTooLarge, "one request takes at most 5 GB"));
        }
        let (etag, checksum, file) = (blob.etag.clone(), blob.checksum.clone(), blob.file.clone());
        let object = Object::new(bucket, key, etag.clone(), vec![blob], checksum.clone(), true, about, now());
        if if_absent {
            if !self.store.put_if_absent(object).map_err(broken)? {
                self.store.forget_blob(&file);
                return Err(taken());
            }
        } else {
            self.store.put(object).map_err(broken)?;
        }
        let mut output = PutObjectOutput {
            e_tag: Some(ETag::Strong(etag)),
            checksum_type: Some(ChecksumType::from_static(ChecksumType::FULL_OBJECT)),
            ..Default::default()
        };
        if let Some((kind, value)) = checksum {
            match kind {
                Kind::Crc32 => output.checksum_crc32 = Some(value),
                Kind::Crc32c => output.checksum_crc32c = Some(value),
                Kind::Crc64Nvme => output.checksum_crc64nvme = Some(value),
                Kind::Sha256 => output.checksum_sha256 = Some(value),
            }
        }
        Ok(S3Response::new(output))
    }

    fn found(&self, bucket: &str, key: &str) -> S3Result<Object> {
        self.store.get(bucket, key).ok_or_else(|| s3_error!(NoSuchKey, "The specified key does not exist."))
    }

    pub(super) fn get(&self, request: &S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        let input = &request.input;
        self.enter("GetObject", request, &input.bucket, &input.key, input.expected_bucket_owner.as_deref())?;
        let object = self.found(&input.bucket, &input.key)?;
        let range = match &input.range {
            Some(range) => range.check(object.size)?,
            None => 0..object.size,
        };
        let partial = input.range.is_some();
        let files: Vec<_> = object.blobs.iter().map(|blob| (self.store.blob_path(&blob.file), blob.size)).collect();
        let wanted = range.clone();
        let body = async_stream::try_stream! {
            let mut at = 0u64;
            for (path, size) in files {
                let (from, to) = (wanted.start.max(at), wanted.end.min(at + size));
                if from < to {
                    let mut file = tokio::fs::File::open(path).await?;
                    file.seek(std::io::SeekFrom::Start(from - at)).await?;
                    let mut left = to - from;
                    while left > 0 {
                        let mut buffer = vec![0; usize::try_from(left).unwrap_or(usize::MAX).min(256 << 10)];
                        file.read_exact(&mut buffer).await?;
                        left -= buffer.len() as u64;
                        yield bytes::Bytes::from(buffer);
                    }
                }
                at += size;
            }
        };
        let stream: futures::stream::BoxStream<'static, std::io::Result<bytes::Bytes>> = body.boxed();
        let mut output = GetObjectOutput {
            body: Some(StreamingBlob::wrap(SyncStream(std::sync::Mutex::new(stream)))),
            content_length: i64::try_from(range.end - range.start).ok(),
            content_range: partial.then(|| format!("bytes {}-{}/{}", range.start, range.end - 1, object.size)),
            e_tag: Some(ETag::Strong(object.etag.clone())),
            last_modified: Some(stamp(object.modified)),
            metadata: Some(object.about.metadata.clone().into_iter().collect()),
            ..Default::default()
        };
        output.content_type = content_type(&object);
        Ok(S3Response::new(output))
    }

    pub(super) fn head(&self, request: &S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        let input = &request.input;
        self.enter("HeadObject", request, &input.bucket, &input.key, input.expected_bucket_owner.as_deref())?;
        let object = self.found(&input.bucket, &input.key)?;
        let mut output = HeadObjectOutput {
            content_length: i64::try_from(object.size).ok(),
            e_tag: Some(ETag::Strong(object.etag.clone())),
            last_modified: Some(stamp(object.modified)),
            metadata: Some(object.about.metadata.clone().into_iter().collect()),
            content_type: content_type(&object),
            ..Default::default()
        };
        if input.checksum_mode.is_some()
            && let Some((kind, value)) = object.checksum
        {
            match kind {
                Kind::Crc32 => output.checksum_crc32 = Some(value),
                Kind::Crc32c => output.checksum_crc32c = Some(value),
                Kind::Crc64Nvme => output.checksum_crc64nvme = Some(value),
                Kind::Sha256 => output.checksum_sha256 = Some(value),
            }
        }
        Ok(S3Response::new(output))
    }

    pub(super) fn list(&self, request: &S3Request<ListObjectsV2Input>) -> S3Result<S3Response<ListObjectsV2Output>> {
        let input = &request.input;
        self.enter("ListObjectsV2", request, &input.bucket, "", None)?;
        let prefix = input.prefix.clone().unwrap_or_default();
        let after = input.continuation_token.clone().or(input.start_after.clone()).unwrap_or_default();
        let most = input.max_keys.and_then(|most| usize::try_from(most).ok()).unwrap_or(1_000).min(1_000);
        let mut found = self.store.list(&input.bucket, &prefix, &after, most + 1);
        let more = found.len() > most;
        found.truncate(most);
        let last = found.last().map(|object| object.key.clone());
        let contents: Vec<_> = found
            .into_iter()
            .map(|object| s3s::dto::Object {
                key: Some(object.key),
                size: i64::try_from(object.size).ok(),
                e_tag: Some(ETag::Strong(object.etag)),
                last_modified: Some(stamp(object.modified)),
                ..Default::default()
            })
            .collect();
        Ok(S3Response::new(ListObjectsV2Output {
            name: Some(input.bucket.clone()),
            prefix: Some(prefix),
            key_count: i32::try_from(contents.len()).ok(),
            max_keys: i32::try_from(most).ok(),
            is_truncated: Some(more),
            next_continuation_token: if more { last } else { None },
            contents: Some(contents),
            ..Default::default()
        }))
    }
}

fn content_type(object: &Object) -> Option<ContentType> {
    object.about.content_type.as_ref().and_then(|text| text.parse().ok())
}

/// The protocol layer wants bodies that can be shared between threads; only one ever polls.
struct SyncStream(std::sync::Mutex<futures::stream::BoxStream<'static, std::io::Result<bytes::Bytes>>>);

impl futures::Stream for SyncStream {
    type Item = std::io::Result<bytes::Bytes>;

    fn poll_next(
        self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).poll_next_unpin(cx)
    }
}
