//! Multipart uploads. Source: S3 user guide, "Uploading and copying objects using multipart upload"; API reference.

use s3s::dto::{
    ChecksumType, CompleteMultipartUploadInput, CompleteMultipartUploadOutput, CreateMultipartUploadInput,
    CreateMultipartUploadOutput, ETag, ListMultipartUploadsInput, ListMultipartUploadsOutput, ListPartsInput,
    ListPartsOutput, MultipartUpload, Part, UploadPartInput, UploadPartOutput,
};
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::receive::{Incoming, Received, receive, said};
use super::{Operations, about, broken, conflict, if_absent, now, precondition, set_checksum, stamp};
use crate::checksums::{self, Kind};
use crate::identity::random;
use crate::store::{Blob, Incomplete, Object, Taken, Upload};

/// Entries of a page.
const PAGE: usize = 1_000;

impl Operations {
    pub(super) fn create(
        &self,
        request: &S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        let input = &request.input;
        let owner = input.expected_bucket_owner.as_deref();
        self.enter("CreateMultipartUpload", &input.bucket, &input.key, owner)?;
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
            id: random(64),
            bucket: input.bucket.clone(),
            key: input.key.clone(),
            about: about!(input),
            kind,
            full_object,
            begun: now(),
            parts: std::collections::BTreeMap::new(),
        };
        let id = upload.id.clone();
        self.store.begin(upload).map_err(broken)?;
        Ok(S3Response::new(CreateMultipartUploadOutput {
            bucket: Some(input.bucket.clone()),
            key: Some(input.key.clone()),
            upload_id: Some(id),
            checksum_algorithm: input.checksum_algorithm.clone(),
            checksum_type: kind.map(|_| kind_of(full_object)),
            server_side_encryption: input.server_side_encryption.clone(),
            ssekms_key_id: input.ssekms_key_id.clone(),
            ..Default::default()
        }))
    }

    pub(super) async fn part(&self, request: S3Request<UploadPartInput>) -> S3Result<S3Response<UploadPartOutput>> {
        let input = &request.input;
        let owner = input.expected_bucket_owner.as_deref();
        self.enter("UploadPart", &input.bucket, &input.key, owner)?;
        let (bucket, key, id) = (input.bucket.clone(), input.key.clone(), input.upload_id.clone());
        let number = u16::try_from(input.part_number).ok().filter(|n| (1..=10_000).contains(n));
        let number = number.ok_or_else(|| s3_error!(InvalidArgument, "Part number must be 1 to 10000"))?;
        let flight = self.observer.part_begins((bucket.clone(), key.clone(), id.clone(), number));
        let begun = self.store.look(&bucket, &key, &id, |upload| (upload.kind, upload.full_object));
        let (wanted, full_object) = begun.ok_or_else(gone)?;
        let said = said(&request.headers)?;
        if let Some(wanted) = wanted {
            check_kind(wanted, full_object, said.as_ref().map(|said| said.kind))?;
        }
        let incoming = Incoming {
            declared: input.content_length,
            body: request.input.body,
            headers: &request.headers,
            trailers: request.trailing_headers,
            said,
            keep: Some(wanted.unwrap_or(Kind::Crc64Nvme)),
        };
        let Received { blob, draft, echo } = receive(&self.store, incoming).await?;
        // Aborted or completed meanwhile.
        if !self.store.add_part(&id, number, &blob).map_err(broken)? {
            return Err(gone());
        }
        draft.keep();
        flight.acknowledged(blob.checksum.as_ref().map_or("", |(_, checksum)| checksum));
        let mut output = UploadPartOutput { e_tag: Some(ETag::Strong(blob.etag)), ..Default::default() };
        set_checksum!(output, Some(echo));
        Ok(S3Response::new(output))
    }

    pub(super) fn complete(
        &self,
        request: &S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let input = &request.input;
        let owner = input.expected_bucket_owner.as_deref();
        self.enter("CompleteMultipartUpload", &input.bucket, &input.key, owner)?;
        let absent = if_absent(input.if_none_match.as_ref())?;
        let at = (&*input.bucket, &*input.key, &*input.upload_id);
        let object =
            self.store.complete(at, absent, |upload| assemble(input, upload, self.store.min_part)).map_err(|why| {
                match why {
                    Incomplete::Gone if absent && self.store.refuses_replays_of(&input.bucket, &input.key) => {
                        precondition()
                    }
                    Incomplete::Gone => gone(),
                    Incomplete::Taken(Taken::There) => precondition(),
                    Incomplete::Taken(Taken::Busy) => conflict(),
                    Incomplete::Wrong(error) => error,
                    Incomplete::Io(error) => broken(error),
                }
            })?;
        let mut output = CompleteMultipartUploadOutput {
            bucket: Some(input.bucket.clone()),
            key: Some(input.key.clone()),
            location: Some(format!("/{}/{}", input.bucket, input.key)),
            e_tag: Some(ETag::Strong(object.etag)),
            checksum_type: Some(kind_of(object.full_object)),
            server_side_encryption: object.about.encryption.map(Into::into),
            ssekms_key_id: object.about.encryption_key,
            ..Default::default()
        };
        set_checksum!(output, object.checksum);
        Ok(S3Response::new(output))
    }

    pub(super) fn parts(&self, request: &S3Request<ListPartsInput>) -> S3Result<S3Response<ListPartsOutput>> {
        let input = &request.input;
        self.enter("ListParts", &input.bucket, &input.key, input.expected_bucket_owner.as_deref())?;
        let after = input.part_number_marker.unwrap_or(0);
        let most = input.max_parts.and_then(|most| usize::try_from(most).ok()).unwrap_or(PAGE).min(PAGE);
        let look = |upload: &Upload| {
            let mut rest = upload.parts_after(u16::try_from(after).unwrap_or(u16::MAX));
            let page: Vec<Part> = rest.by_ref().take(most).map(|(number, blob)| listed(*number, blob)).collect();
            (page, rest.next().is_some(), upload.kind, upload.full_object)
        };
        let looked = self.store.look(&input.bucket, &input.key, &input.upload_id, look);
        let (page, more, kind, full_object) = looked.ok_or_else(gone)?;
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
            checksum_algorithm: kind.map(|kind| kind.name().to_owned().into()),
            checksum_type: kind.map(|_| kind_of(full_object)),
            ..Default::default()
        }))
    }

    pub(super) fn unfinished(
        &self,
        request: &S3Request<ListMultipartUploadsInput>,
    ) -> S3Result<S3Response<ListMultipartUploadsOutput>> {
        let input = &request.input;
        self.enter("ListMultipartUploads", &input.bucket, "", input.expected_bucket_owner.as_deref())?;
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
            checksum_algorithm: upload.kind.map(|kind| kind.name().to_owned().into()),
            checksum_type: upload.kind.map(|_| kind_of(upload.full_object)),
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

/// Whether a part's checksum is of the upload's kind. Source: S3's answer to a part of another algorithm.
fn check_kind(wanted: Kind, full_object: bool, said: Option<Kind>) -> S3Result<()> {
    // S3 computes what a full-object checksum needs; parts of a composite one must bring theirs.
    if said.map_or(full_object, |said| said == wanted) {
        return Ok(());
    }
    let wanted = wanted.name().to_ascii_lowercase();
    let said = said.map_or("null".to_owned(), |said| said.name().to_ascii_lowercase());
    let words =
        format!("Checksum Type mismatch occurred, expected checksum Type: {wanted}, actual checksum Type: {said}");
    Err(s3_error!(InvalidRequest, "{words}"))
}

pub(super) fn kind_of(full_object: bool) -> ChecksumType {
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
    set_checksum!(part, blob.checksum.clone());
    part
}

/// The object that the named parts make, once everything that was said about them holds.
fn assemble(input: &CompleteMultipartUploadInput, upload: &Upload, least: u64) -> S3Result<Object> {
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
        if !upload.full_object && said.iter().all(|(_, value)| value.is_none()) {
            let name = upload.kind.map_or("", Kind::name).to_ascii_lowercase();
            let words = format!(
                "The upload was created using a {name} checksum. The complete request must include the checksum for \
                 each part. It was missing for part {number} in the request."
            );
            return Err(s3_error!(InvalidRequest, "{words}"));
        }
        blobs.push(blob.clone());
    }
    if upload.kind.is_some() && blobs.len() != usize::try_from(before).unwrap_or(0) {
        // AWS answers 500 here; nobody should rely on either.
        return Err(s3_error!(InvalidPart, "with checksums, part numbers must be consecutive"));
    }
    if blobs[..blobs.len() - 1].iter().any(|blob| blob.size < least) {
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
    let etag = format!("{}-{}", random(32), blobs.len());
    let (bucket, key, about) = (upload.bucket.clone(), upload.key.clone(), upload.about.clone());
    Ok(Object::new(bucket, key, etag, blobs, whole.map(|whole| (kind, whole)), upload.full_object, about, now()))
}
