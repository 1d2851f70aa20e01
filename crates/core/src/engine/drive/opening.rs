//! Before the first byte: the source identified, its plan, the way to the store, an upload, and what it has already.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::ending::read_again;
use super::{Drive, Open};
use crate::engine::drive::Report;
use crate::engine::feed::{Event, PausedBy};
use crate::engine::routes::Route;
use crate::error::{Done, Error, ErrorCode, Fact, Result};
use crate::file::{Fingerprint, Likeness, Place, SourceFile, open_aside};
use crate::ids::{ObjectKey, UploadId};
use crate::journal::{Expected, Write};
use crate::s3::{Created, Head};
use crate::session::Collision;
use crate::transfer::{Acknowledged, Input, OnS3, Plan};
use crate::units::{ByteCount, UnixTime};

impl Drive {
    /// The source, opened where it lies, and what it is now. One in whose place another file stands, and that is sent to its end,
    /// is there as long as it is held open, and no longer.
    pub(super) async fn source(&self) -> Result<(Arc<SourceFile>, Fingerprint)> {
        if let Some(open) = self.open.as_ref().filter(|open| open.replaced) {
            return Ok((Arc::clone(&open.file), open.file.is_now().await?));
        }
        let within = || Place::within(&self.item.path, &self.row.path);
        let place = match &self.item.sweep {
            Some(sweep) => {
                let watch = sweep.watch;
                let links = self.shared.journal.read(move |journal| journal.links_in(watch)).await?;
                within().through(links, &self.shared.home)
            }
            None if self.item.folder => within(),
            None => Place::named(&self.row.path),
        };
        open_aside(place.on(self.item.mount.clone()), self.row.fingerprint.clone()).await
    }

    pub(super) async fn open(&mut self) -> Result<Input> {
        let (file, mut fingerprint) = match self.source().await {
            Ok(opened) => opened,
            // Gone, and perhaps stored before it went.
            Err(error) if error.code == ErrorCode::FileMissing && self.unanswered.load(Ordering::Relaxed) => {
                return Ok(Input::ChangedUnanswered);
            }
            Err(error) => return Err(error),
        };
        let expected = self.expected(&fingerprint).await?;
        if expected == Expected::Nothing {
            return Ok(self.changed().await);
        }
        let begun = self.row.standing.on_s3 != OnS3::Nothing;
        fingerprint.grows = expected == Expected::Beginning;
        let plan = match (self.row.fingerprint.clone(), self.row.plan) {
            (before, plan) if fingerprint.grows || before.as_ref().is_some_and(|before| before.grows && begun) => {
                match growing(&fingerprint, before.zip(plan).filter(|_| begun))? {
                    Grown::By(plan) => plan,
                    Grown::Whole(plan) => {
                        self.keeps_what_holds(&file, plan).await?;
                        plan
                    }
                    Grown::TooLittle => return Ok(Input::Pause(PausedBy::Watch, UnixTime::now())),
                    Grown::Otherwise => return Ok(self.changed().await),
                }
            }
            (Some(before), Some(plan)) if begun => {
                if !self.is_what_was_sent(&file, (&fingerprint, &before), plan).await? {
                    return Ok(self.changed().await);
                }
                // What was read before was read of a file in doubt.
                fingerprint.in_doubt |= before.in_doubt;
                plan
            }
            (Some(before), Some(plan)) if !before.grows && fingerprint.likeness(&before) == Likeness::Same => plan,
            _ => Plan::for_size(ByteCount(fingerprint.size))?,
        };
        self.row.size = ByteCount(plan.size());
        if let Some(largest) = self.batch.destination.rules.as_ref().and_then(|rules| rules.largest)
            && plan.size() > largest.get()
        {
            let detail = format!("the company allows {} bytes", largest.get());
            return Err(Error::new(ErrorCode::TooLarge).detail(detail).fact(Fact::Largest { size: largest }));
        }
        self.found = Some(Write::Opened { id: self.row.id, fingerprint: fingerprint.clone(), plan });
        (self.row.fingerprint, self.row.plan) = (Some(fingerprint.clone()), Some(plan));

        let route = self.route().await?;
        let key = self.key_by(&route)?;
        let multipart = matches!(plan, Plan::Multipart { .. });
        let replaced = self.open.as_ref().is_some_and(|open| open.replaced);
        let open = Open { file, fingerprint, plan, route, key, replaced };
        self.open = Some(open.clone());
        // Of what is on record as begun a kill leaves in the dark whether it is there, where nobody may look: no more of
        // these than are sent. Nobody waits for a second place while it has one.
        self.early = None;
        if !multipart && !begun && !open.route.may_look() && self.collision() != Collision::Overwrite {
            let place = self.shared.pool.to_send_soon_by(&open.route, &self.live).await?;
            self.early = Some(place);
        }
        // Better to learn now that the key is taken than after a terabyte. Where nobody may look, S3 tells at the end.
        if multipart && !begun && self.collision() != Collision::Overwrite {
            let head = self.patiently(|| open.route.look(&open.key)).await?;
            if let Head::There { size, at, .. } = head {
                let there = Fact::There { size: ByteCount(size), at };
                let taken = Error::new(ErrorCode::AlreadyThere).detail("an object is there before the upload began");
                return Err(taken.fact(there));
            }
        }
        Ok(Input::Opened { plan })
    }

    /// What of the source is to be sent, where a watched folder found it.
    pub(super) async fn expected(&self, now: &Fingerprint) -> Result<Expected> {
        let Some(watch) = self.item.sweep.as_ref().map(|sweep| sweep.watch) else { return Ok(Expected::All) };
        let (id, is) = (self.row.id, (now.size, now.mtime_ns()));
        self.shared.journal.read(move |journal| journal.expected(watch, id, is)).await
    }

    /// The key on the wire.
    pub(super) fn key_by(&self, route: &Route) -> Result<ObjectKey> {
        if self.row.key.is_empty() {
            return Err(Error::new(ErrorCode::NameRefused).detail("no key"));
        }
        ObjectKey::new(format!("{}{}", route.scope.prefix, self.row.key))
    }

    /// Whether the parts on record are what the file holds now. A file that was moved, or whose drive was mounted again,
    /// has other numbers and the same contents.
    pub(super) async fn holds_what_was_sent(&self, file: &Arc<SourceFile>, plan: Plan) -> Result<bool> {
        let id = self.row.id;
        let parts = self.shared.journal.read(move |journal| journal.parts(id)).await?;
        match read_again(file, plan, parts.iter()).await {
            Ok(()) => Ok(true),
            Err(error) if error.code == ErrorCode::FileChanged => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Of the parts on record, those stay that the file holds: programs write the head of a file once its end is known.
    async fn keeps_what_holds(&self, file: &Arc<SourceFile>, plan: Plan) -> Result<()> {
        let id = self.row.id;
        let parts = self.shared.journal.read(move |journal| journal.parts(id)).await?;
        let mut writes = vec![Write::ForgetParts(id)];
        for part in parts {
            match read_again(file, plan, std::iter::once(&part)).await {
                Ok(()) => writes.push(Write::Part(id, part)),
                Err(error) if error.code == ErrorCode::FileChanged => {}
                Err(error) => return Err(error),
            }
        }
        self.shared.journal.write(writes).await
    }

    /// The way to the batch's destination; the first lease binds the batch to its scope.
    pub(super) async fn route(&mut self) -> Result<Arc<Route>> {
        let (shared, batch) = (Arc::clone(&self.shared), Arc::clone(&self.batch));
        let route = self.patiently(|| shared.routes.of(&batch)).await?;
        self.bound = Some(shared.pool.learns(&route.note));
        if self.batch.scope.is_none() {
            let scope = route.scope.clone();
            self.shared.journal.write(vec![Write::BindBatch(self.batch.id, scope.clone())]).await?;
            let _ = self.shared.reports.send(Report::Bound { batch: self.batch.id, scope: scope.clone() });
            Arc::make_mut(&mut self.batch).scope = Some(scope);
        }
        Ok(route)
    }

    pub(super) async fn create(&mut self) -> Result<Input> {
        let open = self.opened()?;
        let ask = || async {
            let outcome = open.route.bucket.create(&open.key, &self.row.token).await;
            if outcome.as_ref().is_err_and(may_be_opened) {
                let (batch, key, at) = (self.batch.id, self.row.key.clone(), UnixTime::now());
                self.shared.journal.note(vec![Write::Lost { batch, key, at }]);
            }
            outcome
        };
        let Created { upload, kept } = self.patiently(ask).await?;
        self.kept = kept;
        Ok(Input::Created(upload))
    }

    /// Makes the records and S3's list of parts agree. A part that S3 has and the records do not (its answer was lost)
    /// is kept when its checksum equals the file's: reading is cheaper than sending.
    pub(super) async fn reconcile(&mut self, upload: &UploadId) -> Result<Input> {
        let open = self.opened()?;
        let Some(listed) = self.patiently(|| open.route.bucket.list_parts(&open.key, upload)).await? else {
            return match self.row.standing.on_s3 {
                OnS3::Completing(_) => self.ended_unseen(&open).await,
                _ => Ok(Input::Reconciled { exists: false }),
            };
        };
        let id = self.row.id;
        let recorded = self.shared.journal.read(move |journal| journal.parts(id)).await?;
        let recorded: Acknowledged = recorded.into_iter().collect();
        let (mut kept, mut writes) = (Acknowledged::default(), vec![Write::ForgetParts(id)]);
        for part in listed {
            let Some(range) = open.plan.part(part.number).filter(|range| range.len == part.size.get()) else {
                continue;
            };
            let same = match recorded.get(part.number) {
                Some(known) => known.etag == part.etag || known.crc64 == part.crc64,
                None => open.file.sum(range.offset, range.len).await? == part.crc64,
            };
            if same {
                writes.push(Write::Part(id, part.clone()));
                kept.insert(part);
            }
        }
        let pieces = u32::try_from(kept.len()).unwrap_or(u32::MAX);
        writes.push(Write::Happened(id, UnixTime::now(), Event::Recovered { pieces }));
        self.shared.journal.write(writes).await?;
        self.parts = Arc::new(kept);
        self.live.begin(self.parts.sizes());
        Ok(Input::Reconciled { exists: true })
    }
}

/// What there is of a file that is, or was, sent while it is written.
enum Grown {
    /// This much is to be sent, and there is more to come.
    By(Plan),
    /// All of it. What was sent of it was read in the midst of being written.
    Whole(Plan),
    /// Not a part of it is there.
    TooLittle,
    /// It is not the file whose beginning was sent, or it outgrew its parts.
    Otherwise,
}

/// The plan for what there is of such a file, after what was planned `before` for an upload that has begun.
fn growing(now: &Fingerprint, before: Option<(Fingerprint, Plan)>) -> Result<Grown> {
    Ok(match before {
        None => Plan::growing(ByteCount(now.size))?.map_or(Grown::TooLittle, Grown::By),
        Some((before, _)) if now.likeness(&before) != Likeness::Same => Grown::Otherwise,
        Some((_, plan)) if now.grows => plan.grown(now.size).map_or(Grown::Otherwise, Grown::By),
        Some((_, plan)) => plan.whole(now.size).map_or(Grown::Otherwise, Grown::Whole),
    })
}

/// Whether S3 may have opened an upload and its answer never came: a gateway spoke for it, or an error came after.
fn may_be_opened(error: &Error) -> bool {
    match error.done {
        Done::No => false,
        // Of what never reached S3 nothing is told either.
        Done::Untold => error.code == ErrorCode::StorageBusy,
        Done::Unanswered => true,
    }
}
