//! The S3 operations, as AWS does them where a client could tell.

mod multipart;
mod objects;
mod receive;

use std::sync::Arc;

use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, CompleteMultipartUploadInput, CompleteMultipartUploadOutput,
    CreateBucketInput, CreateBucketOutput, CreateMultipartUploadInput, CreateMultipartUploadOutput, DeleteObjectInput,
    DeleteObjectOutput, ETagCondition, GetBucketLocationInput, GetBucketLocationOutput, GetObjectInput,
    GetObjectOutput, HeadBucketInput, HeadBucketOutput, HeadObjectInput, HeadObjectOutput, ListMultipartUploadsInput,
    ListMultipartUploadsOutput, ListObjectsV2Input, ListObjectsV2Output, ListPartsInput, ListPartsOutput,
    PutObjectInput, PutObjectOutput, UploadPartInput, UploadPartOutput,
};
use s3s::{S3, S3Error, S3Request, S3Response, S3Result, s3_error};

use crate::identity::ACCOUNT;
use crate::observe::Observer;
use crate::store::Store;

/// The service.
pub(crate) struct Operations {
    pub(crate) store: Arc<Store>,
    pub(crate) observer: Arc<Observer>,
    pub(crate) region: String,
}

impl Operations {
    /// What holds for every request: the bucket, its owner, the key's length.
    fn enter(&self, name: &'static str, bucket: &str, key: &str, owner: Option<&str>) -> S3Result<()> {
        self.observer.call(name);
        if !self.store.has_bucket(bucket) {
            return Err(s3_error!(NoSuchBucket, "The specified bucket does not exist"));
        }
        if owner.is_some_and(|owner| owner != ACCOUNT) {
            return Err(s3_error!(AccessDenied, "the bucket belongs to another account"));
        }
        if key.len() > 1_024 {
            return Err(s3_error!(KeyTooLongError, "Your key is too long"));
        }
        Ok(())
    }
}

fn broken(error: impl std::error::Error + Send + Sync + 'static) -> S3Error {
    S3Error::internal_error(error)
}

fn precondition() -> S3Error {
    s3_error!(PreconditionFailed, "At least one of the pre-conditions you specified did not hold")
}

fn conflict() -> S3Error {
    let words = "The conditional request cannot succeed due to a conflicting operation against this resource.";
    let mut error = s3_error!(ConditionalRequestConflict, "{words}");
    error.set_status_code(http::StatusCode::CONFLICT);
    error
}

/// Whether the object must not be there yet. AWS knows `*` alone for writes.
fn if_absent(condition: Option<&ETagCondition>) -> S3Result<bool> {
    match condition {
        None => Ok(false),
        Some(condition) if condition.is_any() => Ok(true),
        Some(_) => Err(s3_error!(NotImplemented, "If-None-Match takes * alone on a write")),
    }
}

/// Puts a checksum into the field that its algorithm has in an output.
macro_rules! set_checksum {
    ($output:expr, $checksum:expr) => {
        if let Some((kind, value)) = $checksum {
            let output = &mut $output;
            match kind {
                $crate::checksums::Kind::Crc32 => output.checksum_crc32 = Some(value),
                $crate::checksums::Kind::Crc32c => output.checksum_crc32c = Some(value),
                $crate::checksums::Kind::Crc64Nvme => output.checksum_crc64nvme = Some(value),
                $crate::checksums::Kind::Sha256 => output.checksum_sha256 = Some(value),
            }
        }
    };
}
use set_checksum;

/// What a Put or a Create says of the object; both inputs have the same fields.
macro_rules! about {
    ($input:expr) => {{
        let input = &$input;
        $crate::store::About {
            content_type: input.content_type.as_ref().map(ToString::to_string),
            // The chunks' framing is no property of the object.
            content_encoding: input
                .content_encoding
                .as_ref()
                .map(|all| {
                    all.split(',').map(str::trim).filter(|one| *one != "aws-chunked").collect::<Vec<_>>().join(",")
                })
                .filter(|all| !all.is_empty()),
            content_disposition: input.content_disposition.clone(),
            content_language: input.content_language.clone(),
            cache_control: input.cache_control.clone(),
            metadata: input.metadata.clone().unwrap_or_default().into_iter().collect(),
            storage_class: input.storage_class.as_ref().map(|class| class.as_str().to_owned()),
            encryption: input.server_side_encryption.as_ref().map(|kind| kind.as_str().to_owned()),
            encryption_key: input.ssekms_key_id.clone(),
            tags: input.tagging.clone(),
        }
    }};
}
use about;

fn now() -> i64 {
    time::OffsetDateTime::now_utc().unix_timestamp()
}

fn stamp(seconds: i64) -> s3s::dto::Timestamp {
    time::OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(time::OffsetDateTime::UNIX_EPOCH).into()
}

#[async_trait::async_trait]
impl S3 for Operations {
    async fn put_object(&self, request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        self.put(request).await
    }

    async fn get_object(&self, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        self.get(&request)
    }

    async fn head_object(&self, request: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        self.head(&request)
    }

    async fn delete_object(&self, request: S3Request<DeleteObjectInput>) -> S3Result<S3Response<DeleteObjectOutput>> {
        let input = &request.input;
        self.enter("DeleteObject", &input.bucket, &input.key, input.expected_bucket_owner.as_deref())?;
        self.store.delete(&input.bucket, &input.key);
        Ok(S3Response::with_status(DeleteObjectOutput::default(), http::StatusCode::NO_CONTENT))
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        self.list(&request)
    }

    async fn create_multipart_upload(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        self.create(&request)
    }

    async fn upload_part(&self, request: S3Request<UploadPartInput>) -> S3Result<S3Response<UploadPartOutput>> {
        self.part(request).await
    }

    async fn complete_multipart_upload(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        self.complete(&request)
    }

    async fn abort_multipart_upload(
        &self,
        request: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        let input = &request.input;
        let owner = input.expected_bucket_owner.as_deref();
        self.enter("AbortMultipartUpload", &input.bucket, &input.key, owner)?;
        if !self.store.abort(&input.bucket, &input.key, &input.upload_id).map_err(broken)? {
            return Err(s3_error!(NoSuchUpload, "The specified upload does not exist"));
        }
        Ok(S3Response::with_status(AbortMultipartUploadOutput::default(), http::StatusCode::NO_CONTENT))
    }

    async fn list_parts(&self, request: S3Request<ListPartsInput>) -> S3Result<S3Response<ListPartsOutput>> {
        self.parts(&request)
    }

    async fn list_multipart_uploads(
        &self,
        request: S3Request<ListMultipartUploadsInput>,
    ) -> S3Result<S3Response<ListMultipartUploadsOutput>> {
        self.unfinished(&request)
    }

    async fn head_bucket(&self, request: S3Request<HeadBucketInput>) -> S3Result<S3Response<HeadBucketOutput>> {
        self.enter("HeadBucket", &request.input.bucket, "", request.input.expected_bucket_owner.as_deref())?;
        Ok(S3Response::new(HeadBucketOutput { bucket_region: Some(self.region.clone()), ..Default::default() }))
    }

    async fn create_bucket(&self, request: S3Request<CreateBucketInput>) -> S3Result<S3Response<CreateBucketOutput>> {
        self.observer.call("CreateBucket");
        if self.store.has_bucket(&request.input.bucket) {
            return Err(s3_error!(BucketAlreadyOwnedByYou, "You already own this bucket."));
        }
        self.store.make_bucket(&request.input.bucket).map_err(broken)?;
        let location = Some(format!("/{}", request.input.bucket));
        Ok(S3Response::new(CreateBucketOutput { location }))
    }

    async fn get_bucket_location(
        &self,
        request: S3Request<GetBucketLocationInput>,
    ) -> S3Result<S3Response<GetBucketLocationOutput>> {
        self.enter("GetBucketLocation", &request.input.bucket, "", request.input.expected_bucket_owner.as_deref())?;
        let location = Some(self.region.clone().into());
        Ok(S3Response::new(GetBucketLocationOutput { location_constraint: location }))
    }
}
