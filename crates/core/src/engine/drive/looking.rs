//! What the store really holds: asked after an answer that never came, before anything is sent again or given up.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::ending::DIFFERED_AT_MOST;
use super::{Drive, Open};
use crate::engine::leftovers;
use crate::engine::routes::Route;
use crate::error::{Done, Error, ErrorCode, Fact, Result};
use crate::ids::{ObjectKey, UploadId};
use crate::s3::{Aborted, Head, Stored};
use crate::session::Collision;
use crate::transfer::state::unfinished;
use crate::transfer::{Acknowledged, Found, Input, OnS3, Plan};
use crate::units::{ByteCount, UnixTime};

/// What lies at a key, compared with one version of the source.
pub(super) enum Seen {
    /// That version: our token, its size, its checksum.
    Ours(Stored),
    /// Nothing.
    Absent,
    /// Another object, and what it is.
    Other(Fact),
    /// That version by its token and size, and not by its checksum: the store holds something else than it was sent.
    Spoilt,
    /// No right to look, or the store does not tell what it holds.
    Unknown,
}

impl Drive {
    /// The source is what it was: is it there?
    pub(super) async fn look(&mut self) -> Result<Input> {
        let open = self.opened()?;
        if self.parts.is_empty() {
            let id = self.row.id;
            let parts = self.shared.journal.read(move |journal| journal.parts(id)).await?;
            self.parts = Arc::new(parts.into_iter().collect());
        }
        let unclear = match self.row.standing.on_s3 {
            OnS3::Unclear(under) => Some(under),
            _ => None,
        };
        let found = match self.looked(&open).await? {
            Seen::Ours(stored) => Found::Ours { etag: self.proven(stored) },
            Seen::Other(there) if self.collision() != Collision::Overwrite => return Err(taken(there)),
            Seen::Spoilt if self.collision() != Collision::Overwrite => return Err(spoilt()),
            Seen::Other(_) | Seen::Spoilt => Found::Other,
            Seen::Absent => Found::Absent,
            Seen::Unknown => {
                self.unanswered.store(true, Ordering::Relaxed);
                match (unclear, self.collision()) {
                    // The person was told, and chose what is to be done about it.
                    (Some(under), Collision::Suffix) if under != Collision::Suffix => return Ok(Input::KeyTaken),
                    (Some(under), Collision::Overwrite) if under != Collision::Overwrite => Found::Other,
                    _ => {
                        self.live.tells(&unknown());
                        Found::Unknown
                    }
                }
            }
        };
        if unclear.is_some() && matches!(found, Found::Absent | Found::Other) {
            self.unanswered.store(false, Ordering::Relaxed);
        }
        Ok(Input::Looked(found, UnixTime::now()))
    }

    /// The source is another version now, or gone: was the one before stored? What is left of its upload is given up, so
    /// that no request of ours that is still under way changes the answer.
    ///
    /// # Errors
    /// Why there is no source, where it was not stored either.
    pub(super) async fn look_back(&mut self) -> Result<Input> {
        let route = self.route().await?;
        let key = self.key_by(&route)?;
        let mut seen = self.looked_back(&route, &key).await?;
        if !matches!(seen, Seen::Ours(_)) {
            self.source().await?;
            if let Some(upload) = unfinished(&self.row.standing.on_s3) {
                let unused = match leftovers::abort(&route.bucket, &key, &upload, &self.shared.link).await {
                    Ok(aborted) => aborted == Aborted::Removed,
                    Err(error) => {
                        tracing::warn!(id = %self.row.id, %error, "an unfinished upload could not be removed yet");
                        self.has_upload(&route, &key, &upload).await?
                    }
                };
                seen = match seen {
                    // What was removed did not become the object.
                    Seen::Unknown if unused => Seen::Absent,
                    Seen::Unknown => Seen::Unknown,
                    _ => self.looked_back(&route, &key).await?,
                };
            }
        }
        let found = match seen {
            Seen::Ours(stored) => Found::Ours { etag: self.proven(stored) },
            Seen::Absent => Found::Absent,
            Seen::Other(_) | Seen::Spoilt => Found::Other,
            Seen::Unknown => {
                self.live.tells(&unknown());
                Found::Unknown
            }
        };
        Ok(Input::LookedBack(found, UnixTime::now()))
    }

    /// Nobody can tell whether it is there.
    pub(super) fn unknowable(&self) -> Input {
        self.live.tells(&unknown());
        Input::Unknowable(self.collision())
    }

    /// A Complete that was not answered may be at work still: the store says that the upload is gone, or for longer than
    /// one takes that another request for the key is under way.
    pub(super) async fn outlasted(&mut self, open: &Open, upload: &UploadId) -> Result<Input> {
        if self.differed < DIFFERED_AT_MOST {
            self.differed += 1;
            return Ok(Input::Unclear);
        }
        // It had its time. Of what is removed nothing is put together any more.
        match leftovers::abort(&open.route.bucket, &open.key, upload, &self.shared.link).await? {
            Aborted::Removed => {
                self.unanswered.store(false, Ordering::Relaxed);
                Err(not_put_together())
            }
            Aborted::NotThere => self.ended_unseen(open).await,
        }
    }

    /// An upload that was to be completed is gone, by a request of ours or by somebody else's.
    pub(super) async fn ended_unseen(&mut self, open: &Open) -> Result<Input> {
        match self.looked(open).await? {
            Seen::Ours(stored) => Ok(self.stored(stored)),
            Seen::Unknown => Ok(self.unknowable()),
            Seen::Other(there) if self.collision() != Collision::Overwrite => Err(taken(there)),
            Seen::Spoilt if self.collision() != Collision::Overwrite => Err(spoilt()),
            Seen::Other(_) | Seen::Spoilt | Seen::Absent => {
                self.unanswered.store(false, Ordering::Relaxed);
                Err(not_put_together())
            }
        }
    }

    pub(super) async fn has_upload(&self, route: &Route, key: &ObjectKey, upload: &UploadId) -> Result<bool> {
        Ok(self.patiently(|| route.bucket.list_parts(key, upload)).await?.is_some())
    }

    /// What lies at the key, compared with the source as it is open.
    pub(super) async fn looked(&self, open: &Open) -> Result<Seen> {
        let head = self.patiently(|| open.route.look(&open.key)).await?;
        Ok(match self.named(head, open.plan) {
            Named::Ours { etag, crc64 } if self.sum_of(open).await? == crc64 => {
                Seen::Ours(Stored { etag, crc64, version_id: None })
            }
            Named::Ours { .. } => Seen::Spoilt,
            Named::Not(seen) => seen,
        })
    }

    /// What lies at the key, compared with the version on record. Each version has a token of its own: where its sum is
    /// not on record, the token tells.
    async fn looked_back(&self, route: &Route, key: &ObjectKey) -> Result<Seen> {
        let (id, Some(plan)) = (self.row.id, self.row.plan) else { return Ok(Seen::Unknown) };
        let head = self.patiently(|| route.look(key)).await?;
        let parts = self.shared.journal.read(move |journal| journal.parts(id)).await?;
        let expected = combined(plan, &parts.into_iter().collect());
        Ok(match self.named(head, plan) {
            Named::Ours { etag, crc64 } if expected.is_none_or(|expected| crc64 == expected) => {
                Seen::Ours(Stored { etag, crc64, version_id: None })
            }
            Named::Ours { .. } => Seen::Spoilt,
            Named::Not(seen) => seen,
        })
    }

    /// Ours by token and size, before its sum is compared.
    fn named(&self, head: Head, plan: Plan) -> Named {
        match head {
            Head::Absent => Named::Not(Seen::Absent),
            Head::Unknown => Named::Not(Seen::Unknown),
            Head::There { etag, size, crc64, token, at } => {
                let named = token.as_deref() == Some(&*self.row.token) && size == plan.size();
                match crc64 {
                    Some(crc64) if named => Named::Ours { etag, crc64 },
                    // What it holds, this store does not tell.
                    None if named => Named::Not(Seen::Unknown),
                    _ => Named::Not(Seen::Other(Fact::There { size: ByteCount(size), at })),
                }
            }
        }
    }

    /// The sum of the whole source: of its parts where all are on record, else read once more.
    async fn sum_of(&self, open: &Open) -> Result<u64> {
        if let Some(sum) = combined(open.plan, &self.parts) {
            return Ok(sum);
        }
        let sum = open.file.sum(0, open.plan.size()).await?;
        open.file.still(&open.fingerprint).await?;
        Ok(sum)
    }
}

enum Named {
    Ours { etag: String, crc64: u64 },
    Not(Seen),
}

fn unknown() -> Error {
    Error::new(ErrorCode::OutcomeUnknown).detail("no right to look, and no upload any more")
}

fn not_put_together() -> Error {
    Error::new(ErrorCode::UploadExpired).detail("gone, and not put together").done(Done::No)
}

/// A name that is taken, by another or by an earlier version of the same file.
pub(super) fn taken(there: Fact) -> Error {
    Error::new(ErrorCode::AlreadyThere).detail("another object is there").fact(there)
}

/// An object that nobody else made, and that is not what was sent. Beside it the same would come of it.
pub(super) fn spoilt() -> Error {
    Error::new(ErrorCode::CheckMismatch).detail("the store tells another checksum of what it was sent")
}

/// The whole's sum from those of its parts, where none is missing.
fn combined(plan: Plan, parts: &Acknowledged) -> Option<u64> {
    match plan {
        Plan::Multipart { count, .. } if parts.len() == usize::from(count) => Some(parts.sum()),
        Plan::Multipart { .. } | Plan::Single { .. } => None,
    }
}
