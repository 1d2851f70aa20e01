//! After the last byte, or with it: the object put together or put whole.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::time::Instant;

use super::looking::{Seen, spoilt};
use super::{Drive, Open};
use crate::engine::damage::Damage;
use crate::engine::link::passes_by_itself;
use crate::engine::pool::SmallPlace;
use crate::error::{Done, Error, ErrorCode, Result};
use crate::file::SourceFile;
use crate::ids::{PartNumber, UploadId};
use crate::journal::Write;
use crate::s3::{Completed, Gate, Lane, PartBody, PartList, Stored, Tapped};
use crate::session::Collision;
use crate::transfer::{AcknowledgedPart, Found, Input, Plan};
use crate::units::{ByteCount, UnixTime};

/// How often S3 may have other parts, or no upload, in one run before the person is told.
pub(super) const DIFFERED_AT_MOST: u32 = 3;

impl Drive {
    /// All parts are sent: the file is still what they were read from. One in doubt is read once more: each part was
    /// read before, and is read again after all were, so what agrees is what the whole file held in between.
    pub(super) async fn unchanged(&self, open: &Open) -> Result<()> {
        open.is_as_it_was().await?;
        if open.fingerprint.in_doubt {
            read_again(&open.file, open.plan, self.parts.rows()).await?;
            open.is_as_it_was().await?;
        }
        Ok(())
    }

    pub(super) async fn put(&mut self) -> Result<Input> {
        let (open, outcome) = loop {
            let (open, early) = (self.opened()?, self.early.take());
            match self.put_patiently(&open, early).await {
                Err(error) if error.code == ErrorCode::FileChanged => {
                    let stop = self.stop.clone();
                    stop.cuts(self.goes_on(error)).await?;
                    // An earlier try may have stored it: that is seen first.
                    if self.unanswered.load(Ordering::Relaxed) {
                        return Ok(Input::Unclear);
                    }
                }
                outcome => break (open, outcome),
            }
        };
        let stored = match outcome {
            Ok(stored) => stored,
            // Taken, perhaps by ourselves: an answer that was lost, or spoilt.
            Err(error) if error.code == ErrorCode::AlreadyThere => match self.looked(&open).await? {
                Seen::Ours(stored) => stored,
                // Perhaps by an earlier try of ours. Beside it is safe, and one too many for a watched folder, where nobody looks;
                // to call it done, or somebody else's, would be a guess.
                Seen::Unknown
                    if self.unanswered.load(Ordering::Relaxed)
                        && (self.collision() != Collision::Suffix || self.item.sweep.is_some()) =>
                {
                    return Ok(self.unknowable());
                }
                Seen::Spoilt => return Err(spoilt()),
                Seen::Other(there) => return Err(error.fact(there)),
                Seen::Absent | Seen::Unknown => return Err(error),
            },
            Err(error) => return Err(error),
        };
        // The last byte left only after the file was found unchanged; what it became since is another version.
        Ok(self.stored(stored))
    }

    async fn put_patiently(&self, open: &Open, mut early: Option<SmallPlace>) -> Result<Stored> {
        let if_absent = self.collision() != Collision::Overwrite;
        let damage = Damage::default();
        let once = || {
            let (early, damage) = (early.take(), &damage);
            async move { self.put_once(open, early, if_absent).await.map_err(|error| damage.weigh(error)) }
        };
        self.patiently(once).await
    }

    /// One try. A stop cuts it while the store cannot have all of it; after that its answer is waited for, or nobody
    /// would know whether the object is there.
    async fn put_once(&self, open: &Open, early: Option<SmallPlace>, if_absent: bool) -> Result<Stored> {
        let only = PartNumber::FIRST;
        let place = async {
            match early {
                Some(place) => Ok(place),
                None => self.shared.pool.to_send_soon_by(&open.route, &self.live).await,
            }
        };
        let _place = tokio::select! {
            place = place => place?,
            () = self.stop.token.cancelled() => return Err(cut_short()),
        };
        let begun = Instant::now();
        let (len, gate) = (open.plan.size(), Gate::default());
        let body = PartBody {
            file: Arc::clone(&open.file),
            offset: 0,
            len,
            sent: self.live.take_off(only, false),
            moved: self.live.moved(),
            tally: self.shared.pool.tally(),
            fingerprint: open.fingerprint.clone(),
            gate: gate.clone(),
            tapped: Tapped::new(&self.shared.tap, Lane::Urgent),
        };
        if !body.is_read_first() {
            self.stop.cuts(open.file.still(&open.fingerprint)).await?;
        }
        let request = open.route.bucket.put(&open.key, &self.row.token, body, if_absent);
        let outcome = gate.guard(request, self.stop.token.cancelled()).await.unwrap_or_else(|| Err(cut_short()));
        self.shared.pool.came_to(&open.route.reach, &outcome);
        if outcome.is_ok() {
            self.shared.pool.came_round(begun.elapsed(), len);
        }
        if outcome.as_ref().is_err_and(is_unclear) && gate.passed() {
            self.unanswered.store(true, Ordering::Relaxed);
        }
        self.live.land(only, outcome.is_ok().then_some(len));
        outcome
    }

    pub(super) async fn complete(&mut self, upload: &UploadId) -> Result<Input> {
        let open = loop {
            let open = self.opened()?;
            let stop = self.stop.clone();
            match stop.cuts(open.is_as_it_was()).await {
                Ok(()) => break open,
                Err(error) if error.code == ErrorCode::FileChanged => stop.cuts(self.goes_on(error)).await?,
                Err(error) => return Err(error),
            }
        };
        let parts = PartList::of(Arc::clone(&self.parts));
        let crc64 = self.parts.sum();
        let (size, if_absent) = (ByteCount(open.plan.size()), self.collision() != Collision::Overwrite);
        let bucket = &open.route.bucket;
        let ask = || async {
            let outcome = bucket.complete(&open.key, upload, &parts, size, crc64, if_absent).await;
            if outcome.as_ref().is_err_and(is_unclear) {
                self.unanswered.store(true, Ordering::Relaxed);
            }
            outcome
        };
        match self.patiently(ask).await {
            Ok(Completed::Stored(stored)) => Ok(self.stored(stored)),
            // A request that was thought dead arrived after all and replaced a part: what S3 has now is asked for, and sent
            // again where it is not the file's.
            Ok(Completed::OtherParts(error)) if self.differed < DIFFERED_AT_MOST => {
                self.differed += 1;
                tracing::info!(id = %self.row.id, %error, "S3 has other parts than were put together");
                Ok(Input::PartsDiffer)
            }
            Ok(Completed::OtherParts(error)) => Err(error),
            Err(error) if error.code == ErrorCode::UploadExpired && self.unanswered.load(Ordering::Relaxed) => {
                self.outlasted(&open, upload).await
            }
            Err(error) if error.code == ErrorCode::AlreadyThere => match self.looked(&open).await? {
                // By another upload than this one, perhaps.
                Seen::Ours(stored) => Ok(Input::Looked(Found::Ours { etag: self.proven(stored) }, UnixTime::now())),
                // Whoever may not look can still ask for the upload: while it is there, the object is another's. Once it
                // is gone, an answer of ours was lost, and whose the object is nobody can tell.
                Seen::Unknown if !self.has_upload(&open.route, &open.key, upload).await? => Ok(self.unknowable()),
                Seen::Spoilt => Err(spoilt()),
                Seen::Other(there) => Err(error.fact(there)),
                Seen::Absent | Seen::Unknown => Err(error),
            },
            Err(error) => Err(error),
        }
    }

    /// The store has it: kept in mind until it is on record.
    pub(super) fn stored(&mut self, stored: Stored) -> Input {
        let etag = self.proven(stored);
        if let Some(open) = &self.open {
            self.shared.pool.teaches(&open.route.note);
        }
        Input::Stored { etag, at: UnixTime::now() }
    }

    /// Keeps a proof for the record that tells of the end. Answers the `ETag`.
    pub(super) fn proven(&mut self, stored: Stored) -> String {
        let Stored { etag, crc64, version_id: version } = stored;
        self.row.crc64 = Some(crc64);
        self.proof = Some(Write::Proof { id: self.row.id, etag: etag.clone(), version, crc64 });
        self.live.smooth();
        etag
    }
}

/// Whether the store may have done what it was asked and did not say so.
fn is_unclear(error: &Error) -> bool {
    // A fault of ours, in the midst of a request, is nobody's answer.
    let ours = error.code == ErrorCode::Unexpected && error.request_id.is_none();
    let says_nothing = passes_by_itself(error) || error.code == ErrorCode::DamagedOnTheWay || ours;
    error.done == Done::Unanswered || (error.done != Done::No && says_nothing)
}

/// Reads parts that were sent once more.
///
/// # Errors
/// `file-changed` when the file holds something else now, or it cannot be read.
pub(super) async fn read_again(
    file: &Arc<SourceFile>,
    plan: Plan,
    parts: impl Iterator<Item = &AcknowledgedPart>,
) -> Result<()> {
    for row in parts {
        let Some(part) = plan.part(row.number) else { continue };
        file.sum_is(part.offset, part.len, row.crc64).await?;
    }
    Ok(())
}

/// A request that a stop ended before the store could have had all of it.
pub(super) fn cut_short() -> Error {
    Error::new(ErrorCode::Unexpected).detail("stopped")
}
