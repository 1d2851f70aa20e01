//! One bucket, reached with leases: every request the uploader ever makes.

mod looking;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_s3::operation::RequestId as _;
use aws_sdk_s3::primitives::SdkBody;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumType, StorageClass};
use tokio::time::{Duration, Instant};

use super::body::{Held, Mode, Stream};
use super::classify::{Failure, classify, damaged};
use super::clock::StoreClock;
use super::framing::Way;
use super::lean::{Object, Part};
use super::list::PartList;
use super::place::{Endpoint, Place, encryption, tagging};
use super::requests::{Aborted, Completed, Created, PartBody, Stored};
use super::watch::{Rides, Watch};
use super::watchdog::{self, Again, SHORT};
use super::ways::{self, Leg, Stopped, Trip, Trouble, WayKind, Ways};
use crate::credentials::{Lease, LeaseKeeper, Refusal};
use crate::error::{Done, Error, ErrorCode, Fact, Result};
use crate::file::buffers::Buffers;
use crate::ids::{ObjectKey, PartNumber, UploadId};
use crate::limits;
use crate::net::Net;
use crate::remembered::Note;
use crate::session::wire::TOKEN;
use crate::transfer::{AcknowledgedPart, checksum};
use crate::units::{ByteCount, UnixTime};

/// A Complete that met another request for its key is asked again after pauses that grow by this, up to the other.
const CONFLICT: Duration = Duration::from_millis(200);
const CONFLICT_AT_MOST: Duration = Duration::from_secs(2);
/// One request meets so many leases that are over before it is told as a failure; the keeper is stricter when all do.
const EXPIRED_AT_MOST: u32 = 10;
/// One request without a body of note arrives damaged so many times before it is told.
const DAMAGED_AT_MOST: u32 = 3;
/// The first answer tells how far the clock is off; a clock that moves may be off once more.
const SKEWED_AT_MOST: u32 = 3;

/// A bucket. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Bucket(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    ways: Arc<Ways>,
    keeper: Arc<LeaseKeeper>,
    place: Place,
    buffers: Buffers,
    /// Whether the store takes checksums in trailers; remembered once it said no.
    trailers: AtomicBool,
    clock: StoreClock,
    /// Whether the last question what lies at a key was answered.
    may_look: AtomicBool,
    /// Whether the store was ever reached.
    reached: AtomicBool,
}

impl Bucket {
    /// A bucket reached with the keeper's leases.
    ///
    /// # Errors
    /// `bad-certificate-file`, `bad-input` for a proxy that is none or a bucket that cannot be accelerated.
    pub fn new(place: Place, keeper: Arc<LeaseKeeper>, net: &Net, note: Note) -> Result<Self> {
        let ways = place.endpoint.ways();
        Self::of(place, ways, keeper, net, note)
    }

    /// The same by one of its ways alone, for whoever compares them.
    ///
    /// # Errors
    /// As [`Self::new`]; `bad-input` where there is no such way.
    pub(crate) fn by(kind: WayKind, place: Place, keeper: Arc<LeaseKeeper>, net: &Net, note: Note) -> Result<Self> {
        let ways: Vec<_> = place.endpoint.ways().into_iter().filter(|(of, _)| *of == kind).collect();
        if ways.is_empty() {
            return Err(Error::new(ErrorCode::BadInput).detail("no such way"));
        }
        Self::of(place, ways, keeper, net, note)
    }

    fn of(
        place: Place,
        ways: Vec<(WayKind, Endpoint)>,
        keeper: Arc<LeaseKeeper>,
        net: &Net,
        note: Note,
    ) -> Result<Self> {
        let clock = StoreClock::default();
        let ways = Ways::new(&place, ways, &keeper, &clock, net, note)?;
        Ok(Self(Arc::new(Inner {
            ways,
            keeper,
            place,
            buffers: Buffers::default(),
            trailers: AtomicBool::new(true),
            clock,
            may_look: AtomicBool::new(true),
            reached: AtomicBool::new(false),
        })))
    }

    /// Opens an upload.
    ///
    /// # Errors
    /// As classified; see `classify`.
    pub async fn create(&self, key: &ObjectKey, token: &str) -> Result<Created> {
        let place = &self.0.place;
        let answer = self
            .leased(|leg| async move {
                let mut request = leg
                    .client
                    .create_multipart_upload()
                    .bucket(&place.scope.bucket)
                    .key(key.as_str())
                    .set_expected_bucket_owner(place.account_id.clone())
                    .checksum_algorithm(ChecksumAlgorithm::Crc64Nvme)
                    .checksum_type(ChecksumType::FullObject)
                    .metadata(TOKEN, token)
                    .set_tagging(tagging(&place.tags))
                    .set_storage_class(place.storage_class.as_deref().map(StorageClass::from));
                if let Some(sse) = &place.sse {
                    let (kind, key_id) = encryption(sse);
                    request = request.server_side_encryption(kind).set_ssekms_key_id(key_id);
                }
                watchdog::within(SHORT, &leg.pace, request.send()).await?.map_err(classify)
            })
            .await?;
        let upload = answer.upload_id().filter(|id| !id.is_empty());
        let upload = upload.ok_or_else(|| Error::new(ErrorCode::CaptivePortal).detail("an answer without an id"))?;
        let ends = answer.abort_date().and_then(|date| u64::try_from(date.secs()).ok()).map(UnixTime);
        Ok(Created::new(UploadId(upload.to_owned()), ends, self.0.clock.time()))
    }

    /// Sends one part. Answers only with S3's `ETag` and a checksum equal to ours.
    ///
    /// # Cancellation
    /// Dropping it closes the connection; S3 may have stored the part or not.
    ///
    /// # Errors
    /// As classified; `damaged-on-the-way` when the checksums differ, `captive-portal` when they are missing.
    pub async fn upload_part(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        number: PartNumber,
        part: PartBody,
    ) -> Result<AcknowledgedPart> {
        let (which, size) = (Part { key, upload, number }, part.len);
        let (answer, crc64) = self
            .sent(&part, Reads::AsItGoes, Again::Free, |leg, lease, body, watch, way| async move {
                let request = leg.lean.upload_part(&lease, which, body, &way);
                let answer = watchdog::watched(request, &watch, size, Again::Free).await?.map_err(classify)?;
                is_the_stores(answer.e_tag()).map(|()| answer)
            })
            .await?;
        let etag = proven(answer.e_tag(), answer.checksum_crc64_nvme(), answer.request_id(), crc64)?;
        Ok(AcknowledgedPart { number, etag: etag.into(), crc64, size: ByteCount(size) })
    }

    /// Sends a whole object in one request.
    ///
    /// # Errors
    /// As [`Self::upload_part`]; `already-there` when the key is taken and `if_absent` is set.
    pub async fn put(&self, key: &ObjectKey, token: &str, part: PartBody, if_absent: bool) -> Result<Stored> {
        let (object, size) = (Object { key, token, if_absent }, part.len);
        let reads = if part.is_read_first() { Reads::First } else { Reads::AsItGoes };
        let (answer, crc64) = self
            .sent(&part, reads, Again::Costly, |leg, lease, body, watch, way| async move {
                let request = leg.lean.put(&lease, object, body, &way);
                let answer = watchdog::watched(request, &watch, size, Again::Costly).await?.map_err(classify)?;
                is_the_stores(answer.e_tag()).map(|()| answer)
            })
            .await?;
        let etag = proven(answer.e_tag(), answer.checksum_crc64_nvme(), answer.request_id(), crc64)?;
        Ok(Stored { etag: etag.to_owned(), crc64, version_id: answer.version_id().map(str::to_owned) })
    }

    /// Puts the parts together. S3 compares size and checksum with ours and refuses a mismatch; we compare its answer.
    ///
    /// # Errors
    /// As classified; `already-there`, `upload-expired` when S3 no longer knows the upload, `check-mismatch`.
    pub async fn complete(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        parts: &PartList,
        size: ByteCount,
        crc64: u64,
        if_absent: bool,
    ) -> Result<Completed> {
        let place = &self.0.place;
        let size = i64::try_from(size.get()).map_err(|_| Error::new(ErrorCode::TooLarge))?;
        let answer = self
            .leased(|leg| async move {
                let request = leg
                    .client
                    .complete_multipart_upload()
                    .bucket(&place.scope.bucket)
                    .key(key.as_str())
                    .upload_id(&upload.0)
                    .set_expected_bucket_owner(place.account_id.clone())
                    .checksum_type(ChecksumType::FullObject)
                    .checksum_crc64_nvme(checksum::to_base64(crc64))
                    .mpu_object_size(size)
                    .set_if_none_match(if_absent.then(|| "*".to_owned()));
                // S3 may answer at once and take minutes for the rest: what it sends meanwhile counts.
                let limit = watchdog::complete_within(parts.len());
                let watch = Watch::new(Arc::clone(&leg.pace));
                let (begun, mut conflicts, mut damaged_before) = (Instant::now(), 0, 0);
                loop {
                    let rides = Rides(Arc::clone(&watch));
                    let again = request.clone().customize().interceptor(parts.clone());
                    let again = again.mutate_request(move |r| r.add_extension(rides.clone()));
                    match watchdog::heard(limit, &watch, again.send()).await?.map_err(classify) {
                        // Not put together by this one; the other request is over soon, and may be ours: one whose
                        // answer was not waited for any longer.
                        Err(Failure::Conflict(error)) if begun.elapsed() < limit => {
                            conflicts += 1;
                            tracing::debug!(%error, conflicts, "another request for the same key");
                            tokio::time::sleep((CONFLICT * conflicts).min(CONFLICT_AT_MOST)).await;
                        }
                        // Source: S3 API reference, CompleteMultipartUpload: begin again with Create.
                        Err(Failure::Conflict(error)) => {
                            let anew = Error::new(ErrorCode::UploadExpired).detail(error.detail);
                            return Err(anew.done(Done::No).into());
                        }
                        Err(Failure::OtherParts(error)) => return Ok(Err(error)),
                        // The request arrived other than it left; the parts did not.
                        Err(Failure::Other(error)) if is_chance(&error) && damaged_before < DAMAGED_AT_MOST => {
                            damaged_before += 1;
                            tracing::debug!(%error, "the request arrived damaged");
                        }
                        outcome => return outcome.map(Ok),
                    }
                }
            })
            .await
            .map_err(|error| match error.code {
                // Of the whole object there is nothing to send again: the parts are not what they were.
                ErrorCode::DamagedOnTheWay => Error::new(ErrorCode::CheckMismatch).detail(error.detail),
                _ => error,
            })?;
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => return Ok(Completed::OtherParts(error)),
        };
        let etag = answer.e_tag().filter(|etag| !etag.is_empty());
        let etag = etag.ok_or_else(|| Error::new(ErrorCode::CaptivePortal).detail("an answer without an ETag"))?;
        match answer.checksum_crc64_nvme().and_then(checksum::from_base64) {
            Some(theirs) if theirs == crc64 => {}
            None if answer.request_id().is_some() => return Err(Error::new(ErrorCode::NoChecksums)),
            theirs => {
                let detail = format!("ours {crc64:016x}, theirs {theirs:x?}");
                return Err(Error::new(ErrorCode::CheckMismatch).detail(detail));
            }
        }
        let version_id = answer.version_id().map(str::to_owned);
        Ok(Completed::Stored(Stored { etag: etag.to_owned(), crc64, version_id }))
    }

    /// Removes an unfinished upload and its parts. One that is gone is fine.
    ///
    /// # Errors
    /// As classified.
    pub async fn abort(&self, key: &ObjectKey, upload: &UploadId) -> Result<Aborted> {
        let place = &self.0.place;
        let mut aborted = Aborted::NotThere;
        // Parts in flight may land after it: S3 wants it asked until no part is left.
        for _ in 0..3 {
            let outcome = self
                .leased(|leg| async move {
                    let request = leg
                        .client
                        .abort_multipart_upload()
                        .bucket(&place.scope.bucket)
                        .key(key.as_str())
                        .upload_id(&upload.0)
                        .set_expected_bucket_owner(place.account_id.clone());
                    watchdog::within(SHORT, &leg.pace, request.send()).await?.map_err(classify)
                })
                .await;
            match outcome {
                Err(error) if error.code == ErrorCode::UploadExpired => return Ok(aborted),
                Err(error) => return Err(error),
                Ok(_) => aborted = Aborted::Removed,
            }
            if self.list_parts(key, upload).await?.is_none_or(|parts| parts.is_empty()) {
                return Ok(aborted);
            }
        }
        Err(Error::new(ErrorCode::StorageBusy).detail("parts keep landing after the abort"))
    }

    /// The parts that S3 has of an upload, all pages; nothing when it does not know the upload.
    ///
    /// # Errors
    /// As classified; a page that cannot be read fails the whole.
    pub async fn list_parts(&self, key: &ObjectKey, upload: &UploadId) -> Result<Option<Vec<AcknowledgedPart>>> {
        let place = &self.0.place;
        let mut all = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let from = &after;
            let page = self
                .leased(|leg| async move {
                    let request = leg
                        .client
                        .list_parts()
                        .bucket(&place.scope.bucket)
                        .key(key.as_str())
                        .upload_id(&upload.0)
                        .set_part_number_marker(from.clone())
                        .set_expected_bucket_owner(place.account_id.clone());
                    watchdog::within(SHORT, &leg.pace, request.send()).await?.map_err(classify)
                })
                .await;
            let page = match page {
                Err(error) if error.code == ErrorCode::UploadExpired => return Ok(None),
                page => page?,
            };
            if page.upload_id().is_some_and(|listed| listed != upload.0) {
                return Err(Error::new(ErrorCode::CaptivePortal).detail("a list of another upload's parts"));
            }
            all.extend(page.parts().iter().filter_map(listed));
            if !page.is_truncated().unwrap_or(false) {
                return Ok(Some(all));
            }
            // A page that leads back, nowhere, or past the last part that can be, is no list: it is asked for again from the
            // start.
            let number = |marker: &str| marker.parse::<u64>().unwrap_or(0);
            let next = page.next_part_number_marker().map(str::to_owned);
            let to = next.as_deref().map_or(0, number);
            if to <= after.as_deref().map_or(0, number) || to > limits::MAX_PARTS {
                return Err(Error::new(ErrorCode::Offline).detail("a list of parts that does not end"));
            }
            after = next;
        }
    }

    /// Waits until some of any body is acknowledged.
    pub(crate) async fn gets_through(&self) {
        self.0.ways.gets_through().await;
    }

    /// The way that bytes take, and why.
    pub fn way(&self) -> super::Way {
        self.0.ways.way()
    }

    /// Whether looking at objects is allowed, as far as known.
    pub fn may_look(&self) -> bool {
        self.0.may_look.load(Ordering::Relaxed)
    }

    /// Sends a body, in the way the store is known to take.
    async fn sent<T, F>(
        &self,
        part: &PartBody,
        reads: Reads,
        again: Again,
        request: impl Fn(Arc<Leg>, Arc<Lease>, SdkBody, Arc<Watch>, Way) -> F,
    ) -> Result<(T, u64)>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        // What was read once is sent as often as it takes to have a lease that is good.
        let held = match reads {
            Reads::First => Some(Held::read(part, &self.0.buffers).await?),
            Reads::AsItGoes => None,
        };
        let mut next: Option<Trip> = None;
        loop {
            let trailers = held.is_none() && self.0.trailers.load(Ordering::Relaxed) && part.len > 0;
            let mode = if trailers { Mode::Trailer } else { Mode::Header };
            let crc64 = match &held {
                Some(held) => Some(held.crc64),
                None => self.crc_first(mode, part).await?,
            };
            let trip = next.take().unwrap_or_else(|| self.0.ways.to_send(part.len, again, part.tapped.is_held_back()));
            let watch = Watch::telling(Arc::clone(&trip.leg.pace), part.moved.clone());
            let rides = Rides(Arc::clone(&watch));
            let way = Way { mode, len: part.len, crc64, rides };
            let outcome = self
                .leased_by(&trip, |leg, lease| {
                    let (part, watch, buffers) = (part.clone(), Arc::clone(&watch), self.0.buffers.clone());
                    let stream = match &held {
                        Some(held) => Stream::of(held, part, buffers, Arc::clone(&watch)),
                        None => Stream::new(part, mode, buffers, Arc::clone(&watch)),
                    };
                    request(leg, lease, SdkBody::from_body_1_x(stream), watch, way.clone())
                })
                .await;
            // What the source said counts more than what the broken request looks like.
            if let Some(error) = watch.take_error() {
                return Err(error);
            }
            match outcome {
                Ok(answer) => {
                    trip.arrives(part.tapped.is_held_back());
                    let crc64 = way.crc64.or_else(|| watch.crc64());
                    let crc64 = crc64.ok_or_else(|| {
                        Error::new(ErrorCode::CaptivePortal).detail("an answer before the last byte was sent")
                    })?;
                    return Ok((answer, crc64));
                }
                Err(Stopped { error, .. })
                    if error.code == ErrorCode::Unexpected && trailers && error.detail.starts_with("NotImpl") =>
                {
                    tracing::info!("this store takes no checksum trailers; sending it in a header from now on");
                    self.0.trailers.store(false, Ordering::Relaxed);
                }
                Err(stopped) => next = Some(trip.stops(stopped)?),
            }
        }
    }

    async fn crc_first(&self, mode: Mode, part: &PartBody) -> Result<Option<u64>> {
        if mode == Mode::Trailer {
            return Ok(None);
        }
        part.file.sum(part.offset, part.len).await.map(Some)
    }

    /// Whoever gives the leases gave none, so nothing was done. Where he did not answer, the store tells whether anybody can.
    async fn without_a_lease(&self, error: Error) -> Error {
        let is_connected = error.code == ErrorCode::Offline && self.0.ways.answers_soon().await;
        not_done(if is_connected { error.of_the_company() } else { error })
    }

    /// Asks by a way that works, with a lease.
    async fn leased<T, F>(&self, request: impl Fn(Arc<Leg>) -> F) -> Result<T>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let mut trip = self.0.ways.to_ask();
        loop {
            match self.leased_by(&trip, |leg, _| request(leg)).await {
                Ok(answer) => {
                    trip.arrives(false);
                    return Ok(answer);
                }
                Err(stopped) => trip = trip.stops(stopped)?,
            }
        }
    }

    /// Asks with a lease; again with a new one when S3 calls it expired, and again when the clock was off. A lease may be
    /// over before its request arrives (a computer that slept, a slow start), and so may the next. Without one nothing was
    /// asked, or the store said no.
    async fn leased_by<T, F>(&self, trip: &Trip, request: impl Fn(Arc<Leg>, Arc<Lease>) -> F) -> Result<T, Stopped>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let (keeper, leg) = (&self.0.keeper, &trip.leg);
        let no_way = |error| Stopped { error, trouble: Trouble::Nothing };
        let (mut expired, mut skewed) = (0, 0);
        loop {
            let lease = match keeper.lease().await {
                Ok(lease) => lease,
                Err(error) => return Err(no_way(self.without_a_lease(error).await)),
            };
            match request(Arc::clone(leg), Arc::clone(&lease)).await {
                Ok(answer) => {
                    keeper.taken(&lease);
                    self.0.reached.store(true, Ordering::Relaxed);
                    return Ok(answer);
                }
                Err(Failure::Expired(error, why)) if expired < EXPIRED_AT_MOST => {
                    expired += 1;
                    tracing::debug!(%error, expired, "the lease is over before its time");
                    if let Err(error) = keeper.renew(&lease, why).await {
                        return Err(no_way(self.without_a_lease(error).await));
                    }
                }
                Err(Failure::Expired(_, Refusal::Over)) if lease.deadline.is_some() => {
                    return Err(no_way(not_done(keeper.over())));
                }
                Err(Failure::Skewed(error)) if skewed < SKEWED_AT_MOST => {
                    skewed += 1;
                    tracing::debug!(%error, skewed, "signed by the store's clock from now on");
                }
                Err(failure) => {
                    let failure = self.by_the_clock(failure);
                    leg.pace.ask();
                    let (reached, trouble) =
                        (self.0.reached.load(Ordering::Relaxed), ways::trouble(&failure, leg.kind));
                    return Err(Stopped { error: failure.into_error().on_a_way_that_worked(reached), trouble });
                }
            }
        }
    }

    /// A clock that is refused is told with how far it is off, as far as the store's answers tell.
    fn by_the_clock(&self, failure: Failure) -> Failure {
        match (failure, self.0.clock.off_by()) {
            (Failure::Skewed(error), Some(seconds)) => Failure::Skewed(error.fact(Fact::ClockOff { seconds })),
            (failure, _) => failure,
        }
    }
}

/// When a body is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reads {
    /// Whole, before its request: the checksum goes before it, and what is sent is known to be what the file held.
    First,
    /// While it is sent: of any size, and its checksum goes after it.
    AsItGoes,
}

fn not_done(error: Error) -> Error {
    error.done(Done::No)
}

/// A request that was damaged, and not the object that it speaks of.
fn is_chance(error: &Error) -> bool {
    error.code == ErrorCode::DamagedOnTheWay && !error.detail.contains("BadDigest")
}

/// A 200 to a body without an `ETag` is nobody's.
fn is_the_stores(etag: Option<&str>) -> Result<(), Failure> {
    match etag {
        Some(etag) if !etag.is_empty() => Ok(()),
        _ => Err(Error::new(ErrorCode::CaptivePortal).detail("a 200 without ETag or checksum").into()),
    }
}

/// `ETag` and checksum of an answer. A 200 without them is a page of the local network, never a success; only a store
/// numbers its requests.
fn proven<'a>(etag: Option<&'a str>, theirs: Option<&str>, request_id: Option<&str>, ours: u64) -> Result<&'a str> {
    let (etag, theirs) = (etag.filter(|etag| !etag.is_empty()), theirs.and_then(checksum::from_base64));
    let (Some(etag), Some(theirs)) = (etag, theirs) else {
        if etag.is_some() && request_id.is_some() {
            return Err(Error::new(ErrorCode::NoChecksums).request_id(request_id));
        }
        return Err(Error::new(ErrorCode::CaptivePortal).detail("a 200 without ETag or checksum"));
    };
    if theirs == ours { Ok(etag) } else { Err(damaged(format!("ours {ours:016x}, theirs {theirs:016x}"))) }
}

/// A listed part; one without a checksum is not ours and is sent again.
pub(super) fn listed(part: &aws_sdk_s3::types::Part) -> Option<AcknowledgedPart> {
    Some(AcknowledgedPart {
        number: PartNumber::new(u32::try_from(part.part_number()?).ok()?)?,
        etag: part.e_tag()?.into(),
        crc64: part.checksum_crc64_nvme().and_then(checksum::from_base64)?,
        size: ByteCount(u64::try_from(part.size()?).ok()?),
    })
}
