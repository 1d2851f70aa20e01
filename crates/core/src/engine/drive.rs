//! Runs one transfer: performs what [`step`] asks for, in order, and brings back what happened. While it runs it owns
//! the transfer's standing; the engine owns it at rest.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Semaphore, mpsc};
use tokio::time::Duration;
use tokio_util::sync::CancellationToken;

use super::link::Link;
use super::live::Live;
use super::parts::{Sender, passes_by_itself};
use super::routes::{Route, Routes};
use crate::credentials::Scope;
use crate::engine::feed::Event;
use crate::error::{Error, ErrorCode, Result, Retry};
use crate::file::{Fingerprint, SourceFile, names};
use crate::ids::{BatchId, ObjectKey, PartNumber, TransferId, UploadId};
use crate::journal::{BatchRow, ItemRow, Journal, PartRow, Problem, TransferRow, Write};
use crate::s3::{Gate, Head, PartBody, Stored};
use crate::session::Collision;
use crate::transfer::{Effect, Found, Input, OnS3, Plan, Standing, TransferState, checksum, step};
use crate::units::{ByteCount, UnixTime};

/// An abort that the store does not answer is left to the next start, or the bucket's lifecycle rule.
const ABORT_TRIES: u32 = 3;

/// What every drive shares.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) journal: Journal,
    pub(super) routes: Arc<Routes>,
    pub(super) pool: Arc<Semaphore>,
    pub(super) link: Arc<Link>,
    pub(super) reports: mpsc::UnboundedSender<Report>,
}

/// What drives and walks tell the engine.
#[derive(Debug)]
pub(super) enum Report {
    /// A transfer's standing changed while it runs.
    Stands { id: TransferId, state: TransferState },
    /// A batch learnt the place its keys lie in.
    Bound { batch: BatchId, scope: Scope },
    /// A transfer rests again.
    Rests { id: TransferId, standing: Standing, size: ByteCount, sent: ByteCount },
    /// Files found in a folder, recorded.
    Found { item: crate::ids::ItemId, files: Vec<(TransferId, ByteCount, Standing)>, skipped: u32 },
    /// The records could not be written; what wanted it tries again by itself.
    Stuck { code: ErrorCode },
    /// A folder is walked to its end.
    Walked { item: crate::ids::ItemId },
}

/// How the engine asks a drive to rest.
#[derive(Clone, Debug, Default)]
pub(super) struct Stop {
    token: CancellationToken,
    reason: Arc<Mutex<Option<Input>>>,
}

impl Stop {
    /// Rest, for this reason. The first reason counts, unless a cancel follows a pause.
    pub(super) fn because(&self, input: Input) {
        let mut reason = self.reason.lock().unwrap_or_else(PoisonError::into_inner);
        if reason.is_none() || matches!(input, Input::Cancel(_)) {
            *reason = Some(input);
        }
        drop(reason);
        self.token.cancel();
    }

    fn reason(&self) -> Option<Input> {
        self.reason.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// One transfer's run.
pub(super) struct Drive {
    pub(super) shared: Arc<Shared>,
    pub(super) row: TransferRow,
    pub(super) item: ItemRow,
    pub(super) batch: BatchRow,
    pub(super) live: Arc<Live>,
    pub(super) stop: Stop,
    /// Filled by [`Effect::Open`].
    pub(super) open: Option<Open>,
    pub(super) parts: BTreeMap<PartNumber, PartRow>,
    /// A single request was sent whole and its answer never came.
    pub(super) unanswered: AtomicBool,
}

/// What an opened transfer holds.
#[derive(Clone)]
pub(super) struct Open {
    file: Arc<SourceFile>,
    fingerprint: Fingerprint,
    plan: Plan,
    route: Arc<Route>,
    key: ObjectKey,
}

impl Drive {
    /// Runs until the transfer rests, and reports how.
    pub(super) async fn run(mut self, first: Input) {
        let mut input = Some(first);
        let mut stopped = false;
        while let Some(now) = input.take() {
            let (standing, effects) = match step(&self.row.standing, now) {
                Ok(next) => next,
                Err(illegal) => {
                    tracing::error!(id = %self.row.id, %illegal, "a step that does not exist");
                    break;
                }
            };
            if let Err(error) = self.record(standing).await {
                let _ = self.shared.reports.send(Report::Stuck { code: error.code });
                // Nothing may be done that is not on record; it rests here until the records can be written.
                let until = Some(UnixTime(UnixTime::now().0 + 10));
                self.live.trouble(&error, until);
                self.row.standing.state = TransferState::Waiting { code: error.code, until };
                break;
            }
            for effect in effects {
                let outcome = if stopped || uninterruptible(&effect) {
                    self.perform(effect).await
                } else {
                    let token = self.stop.token.clone();
                    tokio::select! {
                        biased;
                        () = token.cancelled() => {
                            stopped = true;
                            input = self.stop.reason();
                            break;
                        }
                        outcome = self.perform(effect) => outcome,
                    }
                };
                match outcome {
                    Ok(None) => {}
                    Ok(next) => input = next,
                    // A request that a stop kept from being tried again is no failure.
                    Err(_) if !stopped && self.stop.token.is_cancelled() => {
                        stopped = true;
                        input = self.stop.reason();
                        break;
                    }
                    Err(error) => {
                        input = Some(self.judge(&error));
                        break;
                    }
                }
            }
            // What an effect brought comes first: an upload that S3 just opened must be on record before any rest.
            if input.is_none() && !stopped && self.stop.token.is_cancelled() && self.is_running() {
                stopped = true;
                input = self.stop.reason();
            }
        }
        self.live.ground();
        let sent = ByteCount(self.live.acknowledged());
        let (id, standing, size) = (self.row.id, self.row.standing, self.row.size);
        let _ = self.shared.reports.send(Report::Rests { id, standing, size, sent });
    }

    fn is_running(&self) -> bool {
        use TransferState as S;
        matches!(self.row.standing.state, S::Preparing | S::Uploading | S::Completing | S::Verifying)
    }

    /// Journals a new standing and tells the engine.
    async fn record(&mut self, standing: Standing) -> Result<()> {
        let (id, now) = (self.row.id, UnixTime::now());
        let mut writes = vec![Write::Standing(id, standing.clone())];
        let event = match (&self.row.standing.state, &standing.state) {
            (TransferState::Preparing, TransferState::Uploading) => Some(Event::Started),
            (_, TransferState::Completing) => Some(Event::Sent),
            (_, TransferState::Done { .. }) => Some(Event::Verified),
            (_, TransferState::Failed { code }) => Some(Event::Failed { code: *code }),
            (_, TransferState::Waiting { code, .. }) => Some(Event::Trouble { code: *code }),
            (_, TransferState::Paused { by, .. }) => Some(Event::Paused { by: *by }),
            (_, TransferState::Cancelled { .. }) => Some(Event::Cancelled),
            _ => None,
        };
        writes.extend(event.map(|event| Write::Happened(id, now, event)));
        if matches!(standing.state, TransferState::Failed { .. } | TransferState::Waiting { .. })
            && let Some(problem) = self.live.problem()
        {
            writes.push(Write::Problem(id, problem));
        }
        self.shared.journal.write(writes).await?;
        self.row.standing = standing;
        let _ = self.shared.reports.send(Report::Stands { id, state: self.row.standing.state.clone() });
        Ok(())
    }

    async fn perform(&mut self, effect: Effect) -> Result<Option<Input>> {
        match effect {
            Effect::Open => self.open().await.map(Some),
            Effect::Create => self.create().await.map(Some),
            Effect::Reconcile(upload) => self.reconcile(&upload).await.map(Some),
            Effect::SendParts(upload) => self.send_parts(&upload).await.map(Some),
            Effect::Put => self.put().await.map(Some),
            Effect::Complete(upload) => self.complete(&upload).await.map(Some),
            Effect::Look => self.look().await.map(Some),
            Effect::Abort(upload) => self.abort(&upload).await,
            Effect::ForgetParts => {
                self.parts.clear();
                self.live.begin([]);
                self.shared.journal.write(vec![Write::ForgetParts(self.row.id)]).await.map(|()| None)
            }
            Effect::ForgetPlan => {
                (self.row.plan, self.row.fingerprint) = (None, None);
                self.shared.journal.write(vec![Write::ForgetPlan(self.row.id)]).await.map(|()| None)
            }
            Effect::NextName => {
                self.row.key = next_name(&self.item, &self.row);
                let write = Write::Key(self.row.id, self.row.key.clone());
                self.shared.journal.write(vec![write]).await.map(|()| None)
            }
            Effect::Stop => {
                self.live.ground();
                Ok(None)
            }
        }
    }

    /// What an error that ended an effect means for the transfer.
    fn judge(&self, error: &Error) -> Input {
        tracing::info!(id = %self.row.id, %error, "a transfer stopped");
        let in_secs = |wait: Duration| Some(UnixTime(UnixTime::now().0 + wait.as_secs().max(1)));
        let until = match error.retry {
            Retry::After(wait) => in_secs(wait),
            Retry::WhenOnline | Retry::WhenFileQuiet => in_secs(Duration::from_secs(5)),
            Retry::Never | Retry::WhenSignedIn => None,
        };
        self.live.trouble(error, until);
        match (error.code, error.retry) {
            (ErrorCode::FileChanged, _) => Input::SourceChanged,
            (ErrorCode::AlreadyThere, _) if self.batch.collision == Collision::Suffix => Input::KeyTaken,
            (code, Retry::Never) => Input::Fail(code),
            (code, _) => Input::Trouble { code, until },
        }
    }

    fn opened(&self) -> Result<Open> {
        self.open.clone().ok_or_else(|| Error::new(ErrorCode::Unexpected).detail("not opened"))
    }

    async fn open(&mut self) -> Result<Input> {
        let path = self.row.path.clone();
        let file = tokio::task::spawn_blocking(move || SourceFile::open(&path))
            .await
            .map_err(|e| Error::new(ErrorCode::Unexpected).source(e))??;
        let fingerprint = file.fingerprint()?;
        let begun = self.row.standing.on_s3 != OnS3::Nothing;
        let plan = match (&self.row.fingerprint, self.row.plan) {
            (Some(before), Some(plan)) if *before == fingerprint => plan,
            (Some(_), Some(_)) if begun => return Ok(Input::SourceChanged),
            _ => Plan::for_size(ByteCount(fingerprint.size))?,
        };
        self.row.size = ByteCount(plan.size());
        if let Some(largest) = self.batch.destination.rules.as_ref().and_then(|rules| rules.largest)
            && plan.size() > largest.get()
        {
            return Err(Error::new(ErrorCode::TooLarge).detail(format!("the company allows {} bytes", largest.get())));
        }
        let opened = Write::Opened { id: self.row.id, fingerprint: fingerprint.clone(), plan };
        self.shared.journal.write(vec![opened]).await?;
        (self.row.fingerprint, self.row.plan) = (Some(fingerprint.clone()), Some(plan));

        let route = self.route().await?;
        let key = ObjectKey::new(format!("{}{}", route.scope.prefix, self.row.key))?;
        let multipart = matches!(plan, Plan::Multipart { .. });
        let open = Open { file: Arc::new(file), fingerprint, plan, route, key };
        self.open = Some(open.clone());
        // Better to learn now that the key is taken than after a terabyte. Without the right to look, S3 tells at the end.
        if multipart && !begun && self.batch.collision != Collision::Overwrite {
            let head = self.patiently(|| open.route.bucket.head(&open.key)).await?;
            if matches!(head, Head::There { .. }) {
                return Err(Error::new(ErrorCode::AlreadyThere).detail("an object is there before the upload began"));
            }
        }
        Ok(Input::Opened { plan })
    }

    /// The way to the batch's destination; the first lease binds the batch to its scope.
    async fn route(&mut self) -> Result<Arc<Route>> {
        let (shared, batch) = (Arc::clone(&self.shared), self.batch.clone());
        let route = self.patiently(|| shared.routes.to(&batch.destination, batch.scope.as_ref())).await?;
        if self.batch.scope.is_none() {
            let scope = route.scope.clone();
            self.shared.journal.write(vec![Write::BindBatch(self.batch.id, scope.clone())]).await?;
            let _ = self.shared.reports.send(Report::Bound { batch: self.batch.id, scope: scope.clone() });
            self.batch.scope = Some(scope);
        }
        Ok(route)
    }

    async fn create(&mut self) -> Result<Input> {
        let open = self.opened()?;
        let created = self.patiently(|| open.route.bucket.create(&open.key, &self.row.token)).await?;
        Ok(Input::Created(created.upload))
    }

    /// Makes the records and S3's list of parts agree. A part that S3 has and the records do not (its answer was lost)
    /// is kept when its checksum equals the file's: reading is cheaper than sending.
    async fn reconcile(&mut self, upload: &UploadId) -> Result<Input> {
        let open = self.opened()?;
        let Some(listed) = self.patiently(|| open.route.bucket.list_parts(&open.key, upload)).await? else {
            return Ok(Input::Reconciled { exists: false });
        };
        let id = self.row.id;
        let recorded = self.shared.journal.read(move |journal| journal.parts(id)).await?;
        let mut recorded: BTreeMap<_, _> = recorded.into_iter().map(|part| (part.number, part)).collect();
        let wanted: BTreeMap<_, _> = open.plan.parts().map(|part| (part.number, part)).collect();
        let (mut kept, mut writes) = (BTreeMap::new(), vec![Write::ForgetParts(id)]);
        for part in listed {
            let Some(range) = wanted.get(&part.number).filter(|range| range.len == part.size) else { continue };
            let same = match recorded.remove(&part.number) {
                Some(known) => known.etag == part.etag || known.crc64 == part.crc64,
                None => self.crc_of(&open, range.offset, range.len).await? == part.crc64,
            };
            if same {
                let (crc64, size) = (part.crc64, ByteCount(part.size));
                let row = PartRow { number: part.number, etag: part.etag, crc64, size };
                writes.push(Write::Part(id, row.clone()));
                kept.insert(row.number, row);
            }
        }
        let pieces = u32::try_from(kept.len()).unwrap_or(u32::MAX);
        writes.push(Write::Happened(id, UnixTime::now(), Event::Recovered { pieces }));
        self.shared.journal.write(writes).await?;
        self.parts = kept;
        self.live.begin(self.parts.values().map(|part| (part.number, part.size.get())));
        Ok(Input::Reconciled { exists: true })
    }

    async fn crc_of(&self, open: &Open, offset: u64, len: u64) -> Result<u64> {
        let file = Arc::clone(&open.file);
        tokio::task::spawn_blocking(move || file.crc64(offset, len))
            .await
            .map_err(|e| Error::new(ErrorCode::Unexpected).source(e))?
    }

    async fn send_parts(&mut self, upload: &UploadId) -> Result<Input> {
        let open = self.opened()?;
        let sender = Sender {
            id: self.row.id,
            bucket: open.route.bucket.clone(),
            key: open.key.clone(),
            file: Arc::clone(&open.file),
            fingerprint: open.fingerprint.clone(),
            journal: self.shared.journal.clone(),
            pool: Arc::clone(&self.shared.pool),
            link: Arc::clone(&self.shared.link),
            live: Arc::clone(&self.live),
        };
        sender.send_missing(upload, &open.plan, &mut self.parts).await?;
        self.still_the_same(&open)?;
        Ok(Input::AllSent)
    }

    /// The handle still has what was sent, and the path still names that file.
    fn still_the_same(&self, open: &Open) -> Result<()> {
        open.file.check(&open.fingerprint)?;
        SourceFile::check_path(&self.row.path, &open.fingerprint)
    }

    async fn put(&mut self) -> Result<Input> {
        let open = self.opened()?;
        let if_absent = self.batch.collision != Collision::Overwrite;
        let mut damaged = 0;
        let stored = loop {
            match self.patiently(|| self.put_once(&open, if_absent)).await {
                Ok(stored) => break stored,
                Err(error) if error.code == ErrorCode::DamagedOnTheWay && damaged < 2 => damaged += 1,
                // Taken, perhaps by ourselves: an answer that was lost.
                Err(error) if error.code == ErrorCode::AlreadyThere => match self.looked(&open).await? {
                    (Found::Ours { etag }, Some(crc64)) => break Stored { etag, crc64, version_id: None },
                    (Found::Unknown, _) if self.unanswered.load(Ordering::Relaxed) => {
                        return Err(self.perhaps_ours(error));
                    }
                    _ => return Err(error),
                },
                Err(error) => return Err(error),
            }
        };
        self.still_the_same(&open)?;
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
        tokio::pin!(request);
        let outcome = tokio::select! {
            biased;
            outcome = &mut request => outcome,
            () = self.stop.token.cancelled() => {
                if gate.shut() { Err(cut_short()) } else { request.await }
            }
        };
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

    async fn complete(&mut self, upload: &UploadId) -> Result<Input> {
        let open = self.opened()?;
        self.still_the_same(&open)?;
        let parts: Vec<_> = self.parts.values().map(sent_part).collect();
        let crc64 = checksum::combine(self.parts.values().map(|part| (part.crc64, part.size.get())));
        let (size, if_absent) = (ByteCount(open.plan.size()), self.batch.collision != Collision::Overwrite);
        let bucket = &open.route.bucket;
        let outcome = self.patiently(|| bucket.complete(&open.key, upload, &parts, size, crc64, if_absent)).await;
        match outcome {
            Ok(stored) => self.stored(stored).await,
            Err(error) if error.code == ErrorCode::UploadExpired => Ok(Input::Unclear),
            Err(error) if error.code == ErrorCode::AlreadyThere => match self.looked(&open).await? {
                (Found::Ours { etag }, _) => self.stored(Stored { etag, crc64, version_id: None }).await,
                _ => Err(error),
            },
            Err(error) => Err(error),
        }
    }

    async fn stored(&mut self, stored: Stored) -> Result<Input> {
        let Stored { etag, crc64, .. } = stored;
        self.row.crc64 = Some(crc64);
        let proof = Write::Proof { id: self.row.id, etag: etag.clone(), crc64 };
        self.shared.journal.write(vec![proof]).await?;
        self.live.smooth();
        Ok(Input::Stored { etag, at: UnixTime::now() })
    }

    async fn look(&mut self) -> Result<Input> {
        let open = self.opened()?;
        if self.parts.is_empty() {
            let id = self.row.id;
            let parts = self.shared.journal.read(move |journal| journal.parts(id)).await?;
            self.parts = parts.into_iter().map(|part| (part.number, part)).collect();
        }
        let (found, crc64) = self.looked(&open).await?;
        self.unanswered.store(found == Found::Unknown, Ordering::Relaxed);
        if let (Found::Ours { etag }, Some(crc64)) = (&found, crc64) {
            let proof = Write::Proof { id: self.row.id, etag: etag.clone(), crc64 };
            self.shared.journal.write(vec![proof]).await?;
        }
        Ok(Input::Looked(found, UnixTime::now()))
    }

    /// What the store holds at the key: ours only by token, size and checksum.
    async fn looked(&self, open: &Open) -> Result<(Found, Option<u64>)> {
        let head = self.patiently(|| open.route.bucket.head(&open.key)).await?;
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
                let ours = token.as_deref() == Some(&*self.row.token)
                    && size == open.plan.size()
                    && expected.is_some()
                    && (crc64.is_none() || crc64 == expected);
                if ours { (Found::Ours { etag }, expected) } else { (Found::Other, None) }
            }
        })
    }

    async fn abort(&mut self, upload: &UploadId) -> Result<Option<Input>> {
        let cancelled = matches!(self.row.standing.state, TransferState::Cancelled { .. });
        let key = match &self.open {
            Some(open) => Ok((open.key.clone(), Arc::clone(&open.route))),
            None => self.way_to_abort().await,
        };
        let outcome = match key {
            Ok((key, route)) => {
                let mut tries = 0;
                loop {
                    tries += 1;
                    match route.bucket.abort(&key, upload).await {
                        Err(error) if passes_by_itself(&error) && tries < ABORT_TRIES => {
                            self.shared.link.back_off(tries, &error).await;
                        }
                        outcome => break outcome,
                    }
                }
            }
            Err(error) => Err(error),
        };
        match outcome {
            Ok(()) => Ok(cancelled.then_some(Input::Swept)),
            // It stays on record and is tried again at the next start; the bucket's lifecycle rule is the last net.
            Err(error) => {
                tracing::warn!(id = %self.row.id, %error, "an unfinished upload could not be removed yet");
                Ok(None)
            }
        }
    }

    async fn way_to_abort(&self) -> Result<(ObjectKey, Arc<Route>)> {
        let route = self.shared.routes.to(&self.batch.destination, self.batch.scope.as_ref()).await?;
        let key = ObjectKey::new(format!("{}{}", route.scope.prefix, self.row.key))?;
        Ok((key, route))
    }

    /// Repeats a request until it is answered or trying again is of no use. The network may be away for days.
    async fn patiently<T, F>(&self, mut request: impl FnMut() -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let mut attempt = 0;
        loop {
            match request().await {
                Ok(answer) => {
                    self.shared.link.works();
                    self.live.smooth();
                    return Ok(answer);
                }
                Err(error) if passes_by_itself(&error) => {
                    attempt += 1;
                    self.live.trouble(&error, None);
                    self.shared.link.fails(&error);
                    tokio::select! {
                        () = self.shared.link.back_off(attempt, &error) => {}
                        () = self.stop.token.cancelled() => return Err(error),
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }
}

/// Effects whose requests a pause does not cut: their answer must be on record, or an upload would be left behind
/// unseen. They still give way between two tries.
const fn uninterruptible(effect: &Effect) -> bool {
    match effect {
        Effect::Create
        | Effect::Complete(_)
        | Effect::Put
        | Effect::Abort(_)
        | Effect::ForgetParts
        | Effect::ForgetPlan
        | Effect::NextName
        | Effect::Stop => true,
        Effect::Open | Effect::Reconcile(_) | Effect::SendParts(_) | Effect::Look => false,
    }
}

/// A request that a stop ended before the store could have had all of it.
fn cut_short() -> Error {
    Error::new(ErrorCode::Unexpected).detail("stopped")
}

/// The first name of the row "name (n).ext" after the present one.
pub(super) fn next_name(item: &ItemRow, row: &TransferRow) -> String {
    let base = base_key(item, &row.rel);
    let mut n = 2;
    if row.key != base {
        while n < 10_000 && names::suffixed(&base, n) != row.key {
            n += 1;
        }
        n += 1;
    }
    names::suffixed(&base, n)
}

/// The key a file has when nobody else has it: its name, or the folder's name and the path within.
pub(super) fn base_key(item: &ItemRow, rel: &str) -> String {
    names::normal(&if item.folder { format!("{}/{rel}", item.name) } else { rel.to_owned() })
}

fn sent_part(row: &PartRow) -> crate::s3::SentPart {
    crate::s3::SentPart { number: row.number, etag: row.etag.clone(), crc64: row.crc64, size: row.size.get() }
}

/// A problem found before a transfer ever ran.
pub(super) fn stillborn(error: &Error) -> (Standing, Problem) {
    (Standing { state: TransferState::Failed { code: error.code }, on_s3: OnS3::Nothing }, error.into())
}
