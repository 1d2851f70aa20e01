//! Multipart uploads. Source: S3 user guide, "Uploading and copying objects using multipart upload"; API reference.

use s3s::dto::{
    ChecksumType, CompleteMultipartUploadInput, CompleteMultipartUploadOutput, CreateMultipartUploadInput,
    CreateMultipartUploadOutput, ETag, ListMultipartUploadsInput, ListMultipartUploadsOutput, ListPartsInput,
    ListPartsOutput, MultipartUpload, Part, UploadPartInput, UploadPartOutput,
};
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::receive::{Incoming, receive};
use super::{Operations, broken, now, stamp};
use crate::checksums::{self, Kind};
use crate::store::{About, Blob, Object, Store, Taken, Upload};

/// The smallest part but the last, in bytes.
const LEAST: u64 = 5 << 20;
/// The largest part, in bytes.
const MOST: u64 = 5 << 30;
/// Entries of a page.
const PAGE: usize = 1_000;

impl Operations {
    pub(super) fn create(
        &self,
        request: &S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        let input = &request.input;
        let owner = input.expected_bucket_owner.as_deref();
        self.enter("CreateMultipartUpload", request, &input.bucket, &input.key, owner)?;
        let kind = match &input.checksum_algorithm {
            Some(name) => Some(
                Kind::named(name.as_str()).ok_or_else(|| s3_error!(InvalidRequest, "an algorithm not served here"))?,
            ),
            None => None,
        };
        let asked_full = input.checksum_type.as_ref().map(|kind| kind.as_str() == ChecksumType::FULL_OBJECT);
        let full_object = match (kind, asked_full) {
            (Some(Kind::Sha256), Some(true)) | (Some(Kind::Crc64Nvme), Some(false)) => {
                return Err(s3_error!(InvalidRequest, "this algorithm has no such type"));
            }
            (Some(Kind::Crc64Nvme) | None, _) => true,
            (_, asked) => asked.unwrap_or(false),
        };
        let upload = Upload {
            id: Store::fresh_name(),
            bucket: input.bucket.clone(),
            key: input.key.clone(),
            about: About {
                content_type: input.content_type.as_ref().map(ToString::to_string),
                metadata: input.metadata.clone().unwrap_or_default().into_iter().collect(),
                storage_class: input.storage_class.as_ref().map(|class| class.as_str().to_owned()),
            },
            kind,
            full_object,
            begun: now(),
            parts: std::collections::BTreeMap::new(),
            completing: false,
        };
        let id = upload.id.clone();
        self.store.begin(upload).map_err(broken)?;
        Ok(S3Response::new(CreateMultipartUploadOutput {
            bucket: Some(input.bucket.clone()),
            key: Some(input.key.clone()),
            upload_id: Some(id),
            checksum_algorithm: input.checksum_algorithm.clone(),
            checksum_type: Some(kind_of(full_object)),
            ..Default::default()
        }))
    }

    pub(super) async fn part(&self, request: S3Request<UploadPartInput>) -> S3Result<S3Response<UploadPartOutput>> {
        let input = &request.input;
        let owner = input.expected_bucket_owner.as_deref();
        self.enter("UploadPart", &request, &input.bucket, &input.key, owner)?;
        let (bucket, key, id) = (input.bucket.clone(), input.key.clone(), input.upload_id.clone());
        let number = u16::try_from(input.part_number).ok().filter(|n| (1..=10_000).contains(n));
        let number = number.ok_or_else(|| s3_error!(InvalidArgument, "Part number must be 1 to 10000"))?;
        let flight = self.observer.part_begins((bucket.clone(), key.clone(), id.clone(), number));
        let upload = self.store.upload(&bucket, &key, &id).ok_or_else(gone)?;
        let declared = input.content_length;
        let incoming = Incoming {
            body: request.input.body,
            headers: &request.headers,
            trailers: request.trailing_headers,
            wanted: upload.kind,
            declared,
        };
        let blob = receive(&self.store, incoming).await?;
        if blob.size > MOST {
            self.store.forget_blob(&blob.file);
            return Err(s3_error!(EntityTooLarge, "a part has at most 5 GiB"));
        }
        if upload.kind.is_some_and(|kind| blob.checksum.as_ref().is_none_or(|(used, _)| *used != kind)) {
            self.store.forget_blob(&blob.file);
            return Err(s3_error!(InvalidRequest, "the upload was begun with another checksum algorithm"));
        }
        // Aborted or completed meanwhile.
        if !self.store.add_part(&id, number, &blob).map_err(broken)? {
            self.store.forget_blob(&blob.file);
            return Err(gone());
        }
        flight.acknowledged();
        let mut output = UploadPartOutput { e_tag: Some(ETag::Strong(blob.etag.clone())), ..Default::default() };
        if let Some((kind, value)) = blob.checksum {
            match kind {
                Kind::Crc32 => output.checksum_crc32 = Some(value),
                Kind::Crc32c => output.checksum_crc32c = Some(value),
                Kind::Crc64Nvme => output.checksum_crc64nvme = Some(value),
                Kind::Sha256 => output.checksum_sha256 = Some(value),
            }
        }
        Ok(S3Response::new(output))
    }

    pub(super) fn complete(
        &self,
        request: &S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let input = &request.input;
        let owner = input.expected_bucket_owner.as_deref();
        self.enter("CompleteMultipartUpload", request, &input.bucket, &input.key, owner)?;
        let upload = self.store.upload(&input.bucket, &input.key, &input.upload_id).ok_or_else(gone)?;
        let object = assemble(input, &upload)?;
        let if_absent = input.if_none_match.as_ref().is_some_and(s3s::dto::ETagCondition::is_any);
        self.store.claim(&upload.id, if_absent).map_err(|taken| match taken {
            Taken::There => {
                s3_error!(PreconditionFailed, "At least one of the pre-conditions you specified did not hold")
            }
            Taken::Busy => {
                let mut error = s3_error!(ConditionalRequestConflict, "a conflicting operation occurred");
                error.set_status_code(http::StatusCode::CONFLICT);
                error
            }
        })?;
        let (etag, checksum, full_object) = (object.etag.clone(), object.checksum.clone(), object.full_object);
        if let Err(error) = self.store.complete(&upload.id, object) {
            self.store.unclaim(&upload.id);
            return Err(broken(error));
        }
        let mut output = CompleteMultipartUploadOutput {
            bucket: Some(input.bucket.clone()),
            key: Some(input.key.clone()),
            e_tag: Some(ETag::Strong(etag)),
            checksum_type: Some(kind_of(full_object)),
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

    pub(super) fn parts(&self, request: &S3Request<ListPartsInput>) -> S3Result<S3Response<ListPartsOutput>> {
        let input = &request.input;
        self.enter("ListParts", request, &input.bucket, &input.key, input.expected_bucket_owner.as_deref())?;
        let upload = self.store.upload(&input.bucket, &input.key, &input.upload_id).ok_or_else(gone)?;
        let after = input.part_number_marker.unwrap_or(0);
        let most = input.max_parts.and_then(|most| usize::try_from(most).ok()).unwrap_or(PAGE).min(PAGE);
        let mut rest = upload.parts.iter().filter(|(number, _)| i32::from(**number) > after);
        let page: Vec<Part> = rest.by_ref().take(most).map(|(number, blob)| listed(*number, blob)).collect();
        let more = rest.next().is_some();
        let last = page.last().and_then(|part| part.part_number);
        Ok(S3Response::new(ListPartsOutput {
            bucket: Some(input.bucket.clone()),
            key: Some(input.key.clone()),
            upload_id: Some(input.upload_id.clone()),
            max_parts: i32::try_from(most).ok(),
            part_number_marker: Some(after),
            is_truncated: Some(more),
            next_part_number_marker: if more { last } else { None },
            parts: Some(page),
            checksum_type: Some(kind_of(upload.full_object)),
            ..Default::default()
        }))
    }

    pub(super) fn unfinished(
        &self,
        request: &S3Request<ListMultipartUploadsInput>,
    ) -> S3Result<S3Response<ListMultipartUploadsOutput>> {
        let input = &request.input;
        self.enter("ListMultipartUploads", request, &input.bucket, "", None)?;
        let prefix = input.prefix.clone().unwrap_or_default();
        let after = (input.key_marker.clone().unwrap_or_default(), input.upload_id_marker.clone().unwrap_or_default());
        let most = input.max_uploads.and_then(|most| usize::try_from(most).ok()).unwrap_or(PAGE).min(PAGE);
        let all = self.store.uploads_of(&input.bucket).into_iter();
        let mut rest =
            all.filter(|upload| upload.key.starts_with(&prefix) && (upload.key.clone(), upload.id.clone()) > after);
        let page: Vec<Upload> = rest.by_ref().take(most).collect();
        let more = rest.next().is_some();
        let last = page.last().cloned();
        let uploads = page.into_iter().map(|upload| MultipartUpload {
            key: Some(upload.key),
            upload_id: Some(upload.id),
            initiated: Some(stamp(upload.begun)),
            ..Default::default()
        });
        Ok(S3Response::new(ListMultipartUploadsOutput {
            bucket: Some(input.bucket.clone()),
            uploads: Some(uploads.collect()),
            is_truncated: Some(more),
            next_key_marker: last.as_ref().filter(|_| more).map(|upload| upload.key.clone()),
            next_upload_id_marker: last.filter(|_| more).map(|upload| upload.id),
            ..Default::default()
        }))
    }
}

fn gone() -> s3s::S3Error {
    s3_error!(NoSuchUpload, "The specified upload does not exist")
}

fn kind_of(full_object: bool) -> ChecksumType {
    ChecksumType::from_static(if full_object { ChecksumType::FULL_OBJECT } else { ChecksumType::COMPOSITE })
}

fn listed(number: u16, blob: &Blob) -> Part {
    let mut part = Part {
        part_number: Some(i32::from(number)),
        e_tag: Some(ETag::Strong(blob.etag.clone())),
        size: i64::try_from(blob.size).ok(),
        last_modified: Some(stamp(blob.modified)),
        ..Default::default()
    };
    if let Some((kind, value)) = blob.checksum.clone() {
        match kind {
            Kind::Crc32 => part.checksum_crc32 = Some(value),
            Kind::Crc32c => part.checksum_crc32c = Some(value),
            Kind::Crc64Nvme => part.checksum_crc64nvme = Some(value),
            Kind::Sha256 => part.checksum_sha256 = Some(value),
        }
    }
    part
}

/// The object that the named parts make, once everything that was said about them holds.
fn assemble(input: &CompleteMultipartUploadInput, upload: &Upload) -> S3Result<Object> {
    let named = input.multipart_upload.as_ref().and_then(|list| list.parts.as_deref()).unwrap_or_default();
    if named.is_empty() {
        return Err(s3_error!(MalformedXML, "you must specify at least one part"));
    }
    let mut blobs = Vec::with_capacity(named.len());
    let mut before = 0;
    for part in named {
        let number = part.part_number.unwrap_or(0);
        if number <= before {
            return Err(s3_error!(InvalidPartOrder, "The list of parts was not in ascending order"));
        }
        before = number;
        let invalid = || s3_error!(InvalidPart, "part {} could not be found or is another one", number);
        let blob = u16::try_from(number).ok().and_then(|number| upload.parts.get(&number)).ok_or_else(invalid)?;
        if part.e_tag.as_ref().is_none_or(|etag| etag.value() != blob.etag) {
            return Err(invalid());
        }
        let said = [
            (Kind::Crc32, &part.checksum_crc32),
            (Kind::Crc32c, &part.checksum_crc32c),
            (Kind::Crc64Nvme, &part.checksum_crc64nvme),
            (Kind::Sha256, &part.checksum_sha256),
        ];
        let wrong = |(kind, value): &(Kind, &Option<String>)| {
            value.as_ref().is_some_and(|value| blob.checksum.as_ref() != Some(&(*kind, value.clone())))
        };
        if said.iter().any(wrong) {
            return Err(invalid());
        }
        blobs.push(blob.clone());
    }
    if upload.kind.is_some() && blobs.len() != usize::try_from(before).unwrap_or(0) {
        // AWS answers 500 here; nobody should rely on either.
        return Err(s3_error!(InvalidPart, "with checksums, part numbers must be consecutive"));
    }
    if blobs[..blobs.len() - 1].iter().any(|blob| blob.size < LEAST) {
        return Err(s3_error!(EntityTooSmall, "Your proposed upload is smaller than the minimum allowed size"));
    }
    let size: u64 = blobs.iter().map(|blob| blob.size).sum();
    if input.mpu_object_size.is_some_and(|said| u64::try_from(said).ok() != Some(size)) {
        return Err(s3_error!(InvalidRequest, "the parts add up to another size than announced"));
    }
    let kind = upload.kind.unwrap_or(Kind::Crc64Nvme);
    if input.checksum_type.as_ref().is_some_and(|said| *said != kind_of(upload.full_object)) {
        return Err(s3_error!(BadDigest, "the upload was begun with another checksum type"));
    }
    let parts: Vec<_> = blobs.iter().filter_map(|blob| Some((blob.checksum.as_ref()?.1.clone(), blob.size))).collect();
    let whole =
        if upload.full_object { checksums::full_object(kind, &parts) } else { checksums::composite(kind, &parts) };
    let said = match kind {
        Kind::Crc32 => &input.checksum_crc32,
        Kind::Crc32c => &input.checksum_crc32c,
        Kind::Crc64Nvme => &input.checksum_crc64nvme,
        Kind::Sha256 => &input.checksum_sha256,
    };
    if said.as_ref().is_some_and(|said| Some(said) != whole.as_ref()) {
        return Err(s3_error!(BadDigest, "The checksum of the whole object is not the one you specified"));
    }
    let etag = format!("{}-{}", crate::identity::random(32), blobs.len());
    let (bucket, key, about) = (upload.bucket.clone(), upload.key.clone(), upload.about.clone());
    Ok(Object::new(bucket, key, etag, blobs, whole.map(|whole| (kind, whole)), upload.full_object, about, now()))
}
