//! Whole objects: put, get, head, list.

use futures::StreamExt as _;
use s3s::dto::{
    ChecksumType, ContentType, ETag, GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput,
    ListObjectsV2Input, ListObjectsV2Output, PutObjectInput, PutObjectOutput, StreamingBlob,
};
use s3s::{S3Request, S3Response, S3Result, s3_error};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

use super::receive::{Incoming, Received, receive, said};
use super::{Operations, about, broken, conflict, if_absent, now, precondition, set_checksum, stamp};
use crate::access::MayList;
use crate::store::{Object, Taken};

impl Operations {
    pub(super) async fn put(&self, request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        let input = &request.input;
        let owner = input.expected_bucket_owner.as_deref();
        self.enter("PutObject", &input.bucket, &input.key, owner)?;
        let (bucket, key) = (input.bucket.clone(), input.key.clone());
        let absent = if_absent(input.if_none_match.as_ref())?;
        let taken = |why| match why {
            Taken::There => precondition(),
            Taken::Busy => conflict(),
        };
        let claim = if absent { Some(self.store.claim(&bucket, &key).map_err(taken)?) } else { None };
        let about = about!(input);
        let incoming = Incoming {
            declared: input.content_length,
            said: said(&request.headers)?,
            body: request.input.body,
            headers: &request.headers,
            trailers: request.trailing_headers,
            keep: None,
        };
        let Received { blob, draft, echo } = receive(&self.store, incoming).await?;
        let (etag, checksum) = (blob.etag.clone(), blob.checksum.clone());
        let mut output = PutObjectOutput {
            e_tag: Some(ETag::Strong(etag.clone())),
            checksum_type: Some(ChecksumType::from_static(ChecksumType::FULL_OBJECT)),
            server_side_encryption: about.encryption.clone().map(Into::into),
            ssekms_key_id: about.encryption_key.clone(),
            ..Default::default()
        };
        set_checksum!(output, Some(echo));
        let object = Object::new(bucket, key, etag, vec![blob], checksum, true, about, now());
        match &claim {
            Some(claim) => self.store.put_if_absent(object, claim).map_err(broken)?.map_err(taken)?,
            None => self.store.put(object).map_err(broken)?,
        }
        draft.keep();
        Ok(S3Response::new(output))
    }

    /// Who may not list the bucket does not learn that a key is not there. Source: S3 API reference, GetObject.
    fn found(&self, bucket: &str, key: &str, extensions: &http::Extensions) -> S3Result<Object> {
        self.store.get(bucket, key).ok_or_else(|| match extensions.get() {
            Some(MayList(true)) => s3_error!(NoSuchKey, "The specified key does not exist."),
            _ => s3_error!(AccessDenied, "Access Denied"),
        })
    }

    pub(super) fn get(&self, request: &S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        let input = &request.input;
        self.enter("GetObject", &input.bucket, &input.key, input.expected_bucket_owner.as_deref())?;
        let object = self.found(&input.bucket, &input.key, &request.extensions)?;
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
        output.content_encoding.clone_from(&object.about.content_encoding);
        output.content_disposition.clone_from(&object.about.content_disposition);
        output.content_language.clone_from(&object.about.content_language);
        output.cache_control.clone_from(&object.about.cache_control);
        output.storage_class = object.about.storage_class.clone().map(Into::into);
        output.server_side_encryption = object.about.encryption.clone().map(Into::into);
        output.ssekms_key_id.clone_from(&object.about.encryption_key);
        output.tag_count = tag_count(&object);
        if input.checksum_mode.is_some() && !partial {
            output.checksum_type = Some(super::multipart::kind_of(object.full_object));
            set_checksum!(output, object.checksum);
        }
        Ok(S3Response::new(output))
    }

    pub(super) fn head(&self, request: &S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        let input = &request.input;
        self.enter("HeadObject", &input.bucket, &input.key, input.expected_bucket_owner.as_deref())?;
        let object = self.found(&input.bucket, &input.key, &request.extensions)?;
        let mut output = HeadObjectOutput {
            content_length: i64::try_from(object.size).ok(),
            e_tag: Some(ETag::Strong(object.etag.clone())),
            last_modified: Some(stamp(object.modified)),
            metadata: Some(object.about.metadata.clone().into_iter().collect()),
            content_type: content_type(&object),
            content_encoding: object.about.content_encoding.clone(),
            content_disposition: object.about.content_disposition.clone(),
            content_language: object.about.content_language.clone(),
            cache_control: object.about.cache_control.clone(),
            storage_class: object.about.storage_class.clone().map(Into::into),
            server_side_encryption: object.about.encryption.clone().map(Into::into),
            ssekms_key_id: object.about.encryption_key.clone(),
            ..Default::default()
        };
        if input.checksum_mode.is_some() {
            output.checksum_type = Some(super::multipart::kind_of(object.full_object));
            set_checksum!(output, object.checksum);
        }
        Ok(S3Response::new(output))
    }

    pub(super) fn list(&self, request: &S3Request<ListObjectsV2Input>) -> S3Result<S3Response<ListObjectsV2Output>> {
        let input = &request.input;
        self.enter("ListObjectsV2", &input.bucket, "", input.expected_bucket_owner.as_deref())?;
        if input.delimiter.is_some() {
            return Err(s3_error!(NotImplemented, "lists by folder are not served here"));
        }
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

fn tag_count(object: &Object) -> Option<i32> {
    let tags = object.about.tags.as_ref()?;
    i32::try_from(tags.split('&').filter(|tag| !tag.is_empty()).count()).ok()
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
