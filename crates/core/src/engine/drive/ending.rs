//! After the last byte, or with it: the object put together or put whole, and what the store really holds.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::{Drive, Open};
use crate::engine::damage::Damage;
use crate::engine::link::passes_by_itself;
use crate::error::{Error, ErrorCode, Result};
use crate::file::{Place, SourceFile};
use crate::ids::{PartNumber, UploadId};
use crate::journal::{PartRow, Write};
use crate::s3::{Completed, Gate, Head, PartBody, Stored};
use crate::session::Collision;
use crate::transfer::{Found, Input, Plan, checksum};
use crate::units::{ByteCount, UnixTime};

/// How often S3 may have other parts in one run before the person is told.
const DIFFERED_AT_MOST: u32 = 3;

impl Drive {
    /// Where the source lies.
    pub(super) fn place(&self) -> Place {
        if self.item.folder { Place::within(&self.item.path, &self.row.path) } else { Place::named(&self.row.path) }
    }

    /// All parts are sent: the file is still what they were read from. One in doubt is read once more: each part was
    /// read before, and is read again after all were, so what agrees is what the whole file held in between.
    pub(super) async fn unchanged(&self, open: &Open) -> Result<()> {
        still_the_same(open)?;
        if open.fingerprint.in_doubt {
            read_again(&open.file, open.plan, self.parts.values()).await?;
            still_the_same(open)?;
        }
        Ok(())
    }

    pub(super) async fn put(&mut self) -> Result<Input> {
        let open = self.opened()?;
        let if_absent = self.batch.collision != Collision::Overwrite;
        let damage = Damage::default();
        let once = || async { self.put_once(&open, if_absent).await.map_err(|error| damage.weigh(error)) };
        let stored = match self.patiently(once).await {
            Ok(stored) => stored,
            // Taken, perhaps by ourselves: an answer that was lost, or spoilt.
            Err(error) if error.code == ErrorCode::AlreadyThere => match self.looked(&open).await? {
                (Found::Ours { etag }, Some(crc64)) => Stored { etag, crc64, version_id: None },
                (Found::Unknown, _) if self.unanswered.load(Ordering::Relaxed) => {
                    return Err(self.perhaps_ours(error));
                }
                _ => return Err(error),
            },
            Err(error) => return Err(error),
        };
        // The last byte left only after the file was found unchanged; what it became since is another version.
        self.stored(stored).await
    }

    /// One try. A stop cuts it while the store cannot have all of it; after that its answer is waited for, or nobody
    /// would know whether the object is there.
    async fn put_once(&self, open: &Open, if_absent: bool) -> Result<Stored> {
        let only = PartNumber::FIRST;
        let _permit = tokio::select! {
            permit = Arc::clone(&self.shared.pool).acquire_owned() => permit,
            () = self.stop.token.cancelled() => return Err(cut_short()),
        };
        open.file.check(&open.fingerprint)?;
        let (len, gate) = (open.plan.size(), Gate::default());
        let body = PartBody {
            file: Arc::clone(&open.file),
            offset: 0,
            len,
            sent: self.live.take_off(only, false),
            fingerprint: open.fingerprint.clone(),
            gate: gate.clone(),
        };
        let request = open.route.bucket.put(&open.key, &self.row.token, body, if_absent);
        let outcome = gate.guard(request, self.stop.token.cancelled()).await.unwrap_or_else(|| Err(cut_short()));
        if outcome.as_ref().is_err_and(passes_by_itself) && gate.passed() {
            self.unanswered.store(true, Ordering::Relaxed);
        }
        self.live.land(only, outcome.is_ok().then_some(len));
        outcome
    }

    /// A key that an earlier try of ours may have taken, where nobody may look. Beside it is safe; to call it done, or
    /// somebody else's, would be a guess.
    fn perhaps_ours(&self, error: Error) -> Error {
        if self.batch.collision == Collision::Suffix {
            error
        } else {
            Error::new(ErrorCode::OutcomeUnknown).source(error)
        }
    }

    pub(super) async fn complete(&mut self, upload: &UploadId) -> Result<Input> {
        let open = self.opened()?;
        still_the_same(&open)?;
        let parts: Vec<_> = self.parts.values().map(sent_part).collect();
        let crc64 = checksum::combine(self.parts.values().map(|part| (part.crc64, part.size.get())));
        let (size, if_absent) = (ByteCount(open.plan.size()), self.batch.collision != Collision::Overwrite);
        let bucket = &open.route.bucket;
        let ask = || async {
            let outcome = bucket.complete(&open.key, upload, &parts, size, crc64, if_absent).await;
            if outcome.as_ref().is_err_and(passes_by_itself) {
                self.unanswered.store(true, Ordering::Relaxed);
            }
            outcome
        };
        match self.patiently(ask).await {
            Ok(Completed::Stored(stored)) => self.stored(stored).await,
            // A request that was thought dead arrived after all and replaced a part: what S3 has now is asked for, and sent
            // again where it is not the file's.
            Ok(Completed::OtherParts(error)) if self.differed < DIFFERED_AT_MOST => {
                self.differed += 1;
                tracing::info!(id = %self.row.id, %error, "S3 has other parts than were put together");
                Ok(Input::PartsDiffer)
            }
            Ok(Completed::OtherParts(error)) => Err(error),
            // Gone by a request of ours whose answer was lost, or by somebody else's.
            Err(error) if error.code == ErrorCode::UploadExpired && self.unanswered.load(Ordering::Relaxed) => {
                Ok(Input::Unclear)
            }
            Err(error) if error.code == ErrorCode::AlreadyThere => match self.looked(&open).await? {
                (Found::Ours { etag }, _) => self.stored(Stored { etag, crc64, version_id: None }).await,
                // Whoever may not look can still ask for the upload: while it is there, the object is another's. Once it
                // is gone, an answer of ours was lost, and whose the object is nobody can tell.
                (Found::Unknown, _) if self.is_gone(&open, upload).await? => {
                    Err(Error::new(ErrorCode::OutcomeUnknown).source(error))
                }
                _ => Err(error),
            },
            Err(error) => Err(error),
        }
    }

    async fn is_gone(&self, open: &Open, upload: &UploadId) -> Result<bool> {
        Ok(self.patiently(|| open.route.bucket.list_parts(&open.key, upload)).await?.is_none())
    }

    pub(super) async fn stored(&mut self, stored: Stored) -> Result<Input> {
        let Stored { etag, crc64, version_id: version } = stored;
        self.row.crc64 = Some(crc64);
        let proof = Write::Proof { id: self.row.id, etag: etag.clone(), version, crc64 };
        self.shared.journal.write(vec![proof]).await?;
        self.live.smooth();
        Ok(Input::Stored { etag, at: UnixTime::now() })
    }

    pub(super) async fn look(&mut self) -> Result<Input> {
        let open = self.opened()?;
        if self.parts.is_empty() {
            let id = self.row.id;
            let parts = self.shared.journal.read(move |journal| journal.parts(id)).await?;
            self.parts = parts.into_iter().map(|part| (part.number, part)).collect();
        }
        let (found, crc64) = self.looked(&open).await?;
        if found == Found::Other && self.batch.collision != Collision::Overwrite {
            return Err(Error::new(ErrorCode::AlreadyThere).detail("another's object is there"));
        }
        if found == Found::Unknown {
            self.unanswered.store(true, Ordering::Relaxed);
        }
        if let (Found::Ours { etag }, Some(crc64)) = (&found, crc64) {
            let proof = Write::Proof { id: self.row.id, etag: etag.clone(), version: None, crc64 };
            self.shared.journal.write(vec![proof]).await?;
        }
        Ok(Input::Looked(found, UnixTime::now()))
    }

    /// What the store holds at the key: ours only by token, size and checksum.
    pub(super) async fn looked(&self, open: &Open) -> Result<(Found, Option<u64>)> {
        let head = self.patiently(|| open.route.look(&open.key)).await?;
        let expected = match open.plan {
            Plan::Multipart { count, .. } if self.parts.len() == usize::from(count) => {
                Some(checksum::combine(self.parts.values().map(|part| (part.crc64, part.size.get()))))
            }
            Plan::Multipart { .. } => None,
            Plan::Single { size } => Some(self.crc_of(open, 0, size).await?),
        };
        Ok(match head {
            Head::Absent => (Found::Absent, None),
            Head::Unknown => (Found::Unknown, None),
            Head::There { etag, size, crc64, token } => {
                let named = token.as_deref() == Some(&*self.row.token) && size == open.plan.size();
                match (named, crc64) {
                    (true, Some(crc64)) if Some(crc64) == expected => (Found::Ours { etag }, expected),
                    // Ours by name; what it holds, this store does not tell.
                    (true, None) => (Found::Unknown, None),
                    _ => (Found::Other, None),
                }
            }
        })
    }
}

/// The handle still has what was sent, and its place still leads to it.
fn still_the_same(open: &Open) -> Result<()> {
    open.file.check(&open.fingerprint)?;
    open.file.check_place(&open.fingerprint)
}

/// Reads parts that were sent once more.
///
/// # Errors
/// `file-changed` when the file holds something else now, or it cannot be read.
pub(super) async fn read_again(
    file: &Arc<SourceFile>,
    plan: Plan,
    parts: impl Iterator<Item = &PartRow>,
) -> Result<()> {
    for row in parts {
        let Some(part) = plan.part(row.number) else { continue };
        let (file, crc64) = (Arc::clone(file), row.crc64);
        let reading = tokio::task::spawn_blocking(move || file.check_again(part.offset, part.len, crc64));
        reading.await.map_err(|e| Error::new(ErrorCode::Unexpected).source(e))??;
    }
    Ok(())
}

fn sent_part(row: &PartRow) -> crate::s3::SentPart {
    crate::s3::SentPart { number: row.number, etag: row.etag.clone(), crc64: row.crc64, size: row.size.get() }
}

/// A request that a stop ended before the store could have had all of it.
fn cut_short() -> Error {
    Error::new(ErrorCode::Unexpected).detail("stopped")
}
