//! The S3 operations, as AWS does them where a client could tell.

mod multipart;
mod objects;
mod receive;

use std::sync::Arc;

use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, CompleteMultipartUploadInput, CompleteMultipartUploadOutput,
    CreateBucketInput, CreateBucketOutput, CreateMultipartUploadInput, CreateMultipartUploadOutput, DeleteObjectInput,
    DeleteObjectOutput, GetBucketLocationInput, GetBucketLocationOutput, GetObjectInput, GetObjectOutput,
    HeadBucketInput, HeadBucketOutput, HeadObjectInput, HeadObjectOutput, ListMultipartUploadsInput,
    ListMultipartUploadsOutput, ListObjectsV2Input, ListObjectsV2Output, ListPartsInput, ListPartsOutput,
    PutObjectInput, PutObjectOutput, UploadPartInput, UploadPartOutput,
};
use s3s::{S3, S3Error, S3ErrorCode, S3Request, S3Response, S3Result, s3_error};

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
    /// What holds for every request: the region of the signature, the bucket, its owner, the key's length.
    fn enter<T>(
        &self,
        name: &'static str,
        request: &S3Request<T>,
        bucket: &str,
        key: &str,
        owner: Option<&str>,
    ) -> S3Result<()> {
        self.observer.call(name);
        let signed_for = request.region.as_ref().map(|region| region.as_str().to_owned());
        if signed_for.as_deref().is_some_and(|region| region != self.region) {
            let words =
                format!("the region '{}' is wrong; expecting '{}'", signed_for.unwrap_or_default(), self.region);
            let mut error = S3Error::with_message(S3ErrorCode::AuthorizationHeaderMalformed, words);
            error.set_status_code(http::StatusCode::BAD_REQUEST);
            let mut headers = http::HeaderMap::new();
            if let Ok(region) = http::HeaderValue::from_str(&self.region) {
                headers.insert("x-amz-bucket-region", region);
            }
            error.set_headers(headers);
            return Err(error);
        }
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
        self.enter("DeleteObject", &request, &request.input.bucket, &request.input.key, None)?;
        self.store.delete(&request.input.bucket, &request.input.key);
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
        self.enter(
            "AbortMultipartUpload",
            &request,
            &input.bucket,
            &input.key,
            input.expected_bucket_owner.as_deref(),
        )?;
        if self.store.upload(&input.bucket, &input.key, &input.upload_id).is_none() {
            return Err(s3_error!(NoSuchUpload, "The specified upload does not exist"));
        }
        self.store.abort(&input.upload_id).map_err(broken)?;
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
        self.enter("HeadBucket", &request, &request.input.bucket, "", None)?;
        Ok(S3Response::new(HeadBucketOutput { bucket_region: Some(self.region.clone()), ..Default::default() }))
    }

    async fn create_bucket(&self, request: S3Request<CreateBucketInput>) -> S3Result<S3Response<CreateBucketOutput>> {
        self.observer.call("CreateBucket");
        self.store.make_bucket(&request.input.bucket).map_err(broken)?;
        Ok(S3Response::new(CreateBucketOutput::default()))
    }

    async fn get_bucket_location(
        &self,
        request: S3Request<GetBucketLocationInput>,
    ) -> S3Result<S3Response<GetBucketLocationOutput>> {
        self.enter("GetBucketLocation", &request, &request.input.bucket, "", None)?;
        let location = Some(self.region.clone().into());
        Ok(S3Response::new(GetBucketLocationOutput { location_constraint: location }))
    }
}
