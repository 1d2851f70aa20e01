//! Runs one transfer: performs what [`step`] asks for, in order, and brings back what happened. While it runs it owns
//! the transfer's standing; the engine owns it at rest.

mod abort;
mod ending;
mod looking;
mod opening;
mod replaced;
mod touched;
mod watched;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

use self::ending::{DIFFERED_AT_MOST, cut_short};
use self::touched::Compared;
use super::link::{Link, passes_by_itself};
use super::live::Live;
use super::parts::Sender;
use super::pool::{Bound, Pool, SmallPlace};
use super::routes::{Route, Routes};
use super::{intake, keys};
use crate::credentials::Scope;
use crate::engine::feed::{Event, FileSlice};
use crate::error::{Done, Error, ErrorCode, Fact, Result, Retry};
use crate::failpoint::{self, Side};
use crate::file::buffers::is_one_frame;
use crate::file::{Fingerprint, SourceFile};
use crate::ids::{BatchId, ObjectKey, TransferId, UploadId};
use crate::journal::{BatchRow, ItemRow, Journal, Leftover, Problem, TransferRow, Write};
use crate::limits;
use crate::s3::{Lane, Tap, Tapped};
use crate::session::Collision;
use crate::transfer::state::unfinished;
use crate::transfer::{Acknowledged, Effect, Found, Input, OnS3, Plan, Standing, TransferState, step};
use crate::units::{ByteCount, UnixTime};

/// How long to wait before the records are tried again.
const UNWRITABLE: Duration = Duration::from_secs(5);
/// Nobody who ends waits longer for the store, or for a drive.
const SOON: Duration = Duration::from_secs(5);
/// Uploads that S3 may lose in one run before the person is told.
const LOST_AT_MOST: u32 = 2;

/// What every drive shares.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) journal: Journal,
    /// Where the program keeps what is its own, which is never uploaded with a folder.
    pub(super) home: PathBuf,
    pub(super) routes: Arc<Routes>,
    pub(super) pool: Arc<Pool>,
    pub(super) link: Arc<Link>,
    pub(super) tap: Arc<Tap>,
    pub(super) reports: mpsc::UnboundedSender<Report>,
}

/// What one try tells the next of a file that it rests for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    /// Since when another program has had the file each time that it was tried.
    pub(super) since: Instant,
    /// When its change time moved and it was compared with what was sent.
    pub(super) compared: Option<Compared>,
}

/// Some files of a folder as they are on record: those from number `first`, of so many.
#[derive(Debug)]
pub(super) struct Slice {
    pub(super) first: u32,
    pub(super) total: u32,
    pub(super) rows: Vec<TransferRow>,
}

/// What drives and walks tell the engine.
#[derive(Debug)]
pub(super) enum Report {
    /// A transfer's standing changed while it runs.
    Stands { id: TransferId, state: TransferState },
    /// A batch learnt the place its keys lie in.
    Bound { batch: BatchId, scope: Scope },
    /// A transfer rests again.
    Rests {
        id: TransferId,
        standing: Standing,
        size: ByteCount,
        sent: ByteCount,
        /// What is known of whoever has the file, where it rests for that.
        held: Option<Held>,
    },
    /// Files found in a folder, recorded.
    Found { item: crate::ids::ItemId, files: Vec<(TransferId, ByteCount, Standing)>, skipped: u32 },
    /// Files that were done, and of which another version was given. On record already.
    Anew { files: Vec<(TransferId, ByteCount)> },
    /// Entries that could not be uploaded, and of which nothing is left to say. Off the records already.
    Forgotten { files: Vec<TransferId> },
    /// The records could not be written; what wanted it tries again by itself.
    Stuck { code: ErrorCode },
    /// The drive that is mounted there went away, or still is, or is back.
    Mount { mount: PathBuf, away: bool },
    /// A folder is walked to its end.
    Walked { item: crate::ids::ItemId },
    /// Files of a folder were read for whoever looks at them.
    Looked { item: crate::ids::ItemId, at: Slice, to: oneshot::Sender<Result<FileSlice>> },
    /// Receipts were handed over; this many were not taken.
    HandedOver { left: usize },
    /// Leftovers were swept; this many could not be.
    Swept { left: usize },
}

/// How the engine asks a drive to rest.
#[derive(Clone, Debug, Default)]
pub(super) struct Stop {
    token: CancellationToken,
    reason: Arc<Mutex<Option<Input>>>,
    /// The engine ends, or whose files these are did: nothing is waited for any more.
    ends: CancellationToken,
}

impl Stop {
    /// Rest, for this reason. The first reason counts, unless a cancel follows a pause.
    pub(super) fn because(&self, input: Input) {
        let mut reason = self.reason.lock().unwrap_or_else(PoisonError::into_inner);
        if input == Input::Restarted {
            self.ends.cancel();
        }
        let only_for_now = *reason == Some(Input::Restarted) && !self.ends.is_cancelled();
        if reason.is_none() || only_for_now || matches!(input, Input::Cancel(_)) {
            *reason = Some(input);
        }
        drop(reason);
        self.token.cancel();
    }

    /// Rest, and go on later by itself. Whatever else is asked before it does counts more.
    pub(super) fn for_now(&self) {
        self.reason.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(Input::Restarted);
        self.token.cancel();
    }

    /// Waits so long for it to be asked; answers whether it was.
    pub(super) async fn is_asked_within(&self, wait: Duration) -> bool {
        tokio::time::timeout(wait, self.token.cancelled()).await.is_ok()
    }

    /// What a stop does not wait for: looking at a source may take long.
    async fn cuts<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        tokio::select! {
            outcome = work => outcome,
            () = self.token.cancelled() => Err(cut_short()),
        }
    }

    fn reason(&self) -> Option<Input> {
        self.reason.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// One transfer's run.
pub(super) struct Drive {
    pub(super) shared: Arc<Shared>,
    pub(super) row: TransferRow,
    pub(super) item: Arc<ItemRow>,
    pub(super) batch: Arc<BatchRow>,
    pub(super) live: Arc<Live>,
    pub(super) stop: Stop,
    /// Filled by [`Effect::Open`].
    pub(super) open: Option<Open>,
    pub(super) parts: Arc<Acknowledged>,
    /// A request that makes the object was sent whole and its answer never came.
    pub(super) unanswered: AtomicBool,
    /// Since when another program has had the file each time that it was tried.
    pub(super) held_since: Option<Instant>,
    /// When its change time moved and it was compared with what was sent.
    pub(super) compared: Option<Compared>,
    /// How often S3 lost the upload while this ran.
    pub(super) lost: u32,
    /// For how many days it keeps what is unfinished, as it said of the last upload that it opened.
    pub(super) kept: Option<u32>,
    /// How often it had other parts than those that were to be put together, or did not know of them.
    pub(super) differed: u32,
    /// What the store answered of the object; goes on record with the end it proves.
    pub(super) proof: Option<Write>,
    /// What was opened; goes on record with the step that follows, before anything is asked for it.
    pub(super) found: Option<Write>,
    /// It is in line on record as well.
    pub(super) in_line: bool,
    /// On the way to its destination.
    pub(super) bound: Option<Bound>,
    /// A place that it has before it is put on record as begun.
    pub(super) early: Option<SmallPlace>,
    /// The name that is on record already and is taken next.
    pub(super) next: Option<String>,
}

/// What an opened transfer holds.
#[derive(Clone)]
pub(super) struct Open {
    file: Arc<SourceFile>,
    fingerprint: Fingerprint,
    plan: Plan,
    route: Arc<Route>,
    key: ObjectKey,
    /// Whether another file stands in its place by now, and this one is sent to its end all the same.
    replaced: bool,
}

impl Open {
    /// Still the file that it was, and, unless another is known to stand there, in its place.
    async fn is_as_it_was(&self) -> Result<()> {
        if self.replaced {
            self.file.still(&self.fingerprint).await
        } else {
            self.file.still_there(&self.fingerprint).await
        }
    }

    /// Whether a taken name shows only after a whole upload.
    fn is_blind_and_large(&self) -> bool {
        matches!(self.plan, Plan::Multipart { .. }) && !self.route.may_look()
    }
}

impl Drive {
    /// Runs until the transfer rests, and reports how.
    #[tracing::instrument(name = "transfer", level = "debug", skip_all, fields(id = %self.row.id, bytes = self.row.size.get()))]
    pub(super) async fn run(mut self, first: Input) {
        let mut input = Some(first);
        let mut stopped = false;
        while let Some(now) = input.take() {
            let answer = Answer::of(&now);
            let mut standing = self.row.standing.clone();
            if now.rests() && !self.unanswered.load(Ordering::Relaxed) {
                // Known now, and to nobody later.
                standing = standing.unasked();
            }
            let (standing, effects) = match step(&standing, now) {
                Ok(next) => next,
                Err(illegal) => {
                    tracing::error!(id = %self.row.id, %illegal, "a step that does not exist");
                    break;
                }
            };
            if !self.recorded(standing, &effects, answer.is_some()).await {
                if let Some(Answer::Created(upload)) = answer {
                    self.give_back(&upload).await;
                }
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
                    // A request that a stop kept from being tried, or tried again, is no failure.
                    Err(error) if !stopped && self.stop.token.is_cancelled() && is_unsaid(&error) => {
                        stopped = true;
                        input = self.stop.reason();
                        break;
                    }
                    Err(error) => {
                        let error = self.with_its_days(error);
                        input = Some(self.judge(&error).await);
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
        let is_held =
            matches!(standing.state, TransferState::Waiting { code: ErrorCode::FileInUse | ErrorCode::ReadError, .. });
        let since = || self.held_since.unwrap_or_else(Instant::now);
        let held = is_held.then(|| Held { since: since(), compared: self.compared });
        let _ = self.shared.reports.send(Report::Rests { id, standing, size, sent, held });
    }

    fn is_running(&self) -> bool {
        use TransferState as S;
        matches!(self.row.standing.state, S::Preparing | S::Uploading | S::Completing | S::Verifying)
    }

    /// Journals a new standing, as soon as the records can be written: nothing may be done that is not on record, and
    /// what S3 `answered` must not be forgotten. Answers whether it is. A stop ends the wait; what S3 answered waits on
    /// until the engine ends, since nobody can ask for it again.
    async fn recorded(&mut self, standing: Standing, effects: &[Effect], answered: bool) -> bool {
        let stop = if answered { self.stop.ends.clone() } else { self.stop.token.clone() };
        let mut waited = false;
        loop {
            let Err(error) = self.record(standing.clone(), effects).await else {
                if waited {
                    self.live.smooth();
                }
                return true;
            };
            waited = true;
            let until = Some(UnixTime(UnixTime::now().0 + UNWRITABLE.as_secs()));
            self.live.trouble(&error, until);
            let _ = self.shared.reports.send(Report::Stuck { code: error.code });
            tokio::select! {
                () = tokio::time::sleep(UNWRITABLE) => {}
                () = stop.cancelled() => {
                    self.row.standing.state = TransferState::Waiting { code: error.code, until };
                    return false;
                }
            }
        }
    }

    /// Whether its beginning is worth a line: not where all of it is read at once, and sent in one request.
    fn takes_a_while(&self) -> bool {
        self.row.plan.is_some_and(|plan| matches!(plan, Plan::Multipart { .. }) || !is_one_frame(plan.size()))
    }

    /// Journals a new standing and tells the engine.
    async fn record(&mut self, standing: Standing, effects: &[Effect]) -> Result<()> {
        let (id, now) = (self.row.id, UnixTime::now());
        let mut writes: Vec<_> = self.found.clone().into_iter().collect();
        writes.push(Write::Standing(id, standing.clone()));
        if unfinished(&standing.on_s3).is_none() {
            // The standing forgets the upload; the records must not, until S3 is rid of it.
            writes.extend(effects.iter().filter_map(|effect| self.leftover(effect)).map(Write::Leftover));
        }
        let mut token = None;
        for effect in effects {
            match effect {
                Effect::ForgetParts => writes.push(Write::ForgetParts(id)),
                Effect::ForgetPlan => {
                    let other = token.insert(keys::token());
                    writes.push(Write::ForgetPlan(id, other.clone()));
                }
                Effect::NextName => {
                    // Where nobody may look, a name that is taken tells so only after the whole file was sent.
                    let blind = self.open.as_ref().is_some_and(Open::is_blind_and_large);
                    let key = keys::next(&self.shared.journal, &self.item, &self.row, blind).await?;
                    writes.push(Write::Key(id, self.next.insert(key).clone()));
                }
                _ => {}
            }
        }
        if matches!(standing.state, TransferState::Done { .. }) {
            writes.extend(self.proof.clone());
        }
        let event = match (&self.row.standing.state, &standing.state) {
            (TransferState::Preparing, TransferState::Uploading) if self.takes_a_while() => Some(Event::Started),
            (_, TransferState::Completing) => Some(Event::Sent),
            // That it is done stands in its row.
            (_, TransferState::Done { .. }) => None,
            (before @ TransferState::Done { .. }, _) => {
                writes.extend(intake::was_done(id, before));
                None
            }
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
        // To look at a file asks for nothing: what is on record in line stays so until something came of it.
        if matches!(effects, [Effect::Open]) && standing.on_s3 == OnS3::Nothing {
            if !std::mem::take(&mut self.in_line) {
                self.shared.journal.note(writes);
            }
        } else {
            self.shared.journal.write(writes).await?;
        }
        self.found = None;
        self.row.standing = standing;
        if let Some(token) = token {
            self.row.token = token;
        }
        let _ = self.shared.reports.send(Report::Stands { id, state: self.row.standing.state.clone() });
        Ok(())
    }

    fn leftover(&self, effect: &Effect) -> Option<Leftover> {
        let Effect::Abort(upload) = effect else { return None };
        Some(Leftover { upload: upload.clone(), batch: self.batch.id, key: self.row.key.clone() })
    }

    async fn perform(&mut self, effect: Effect) -> Result<Option<Input>> {
        let name = effect.name();
        failpoint::pass(name, Side::Before);
        let outcome = self.perform_it(effect).await;
        failpoint::pass(name, Side::After);
        outcome
    }

    /// Each on the heap by itself: a hundred transfers that run need not be as large as the largest thing that one does, nor
    /// is what one does next.
    async fn perform_it(&mut self, effect: Effect) -> Result<Option<Input>> {
        match effect {
            Effect::Open => Box::pin(self.open()).await.map(Some),
            Effect::Create => Box::pin(self.create()).await.map(Some),
            Effect::Reconcile(upload) => Box::pin(self.reconcile(&upload)).await.map(Some),
            Effect::SendParts(upload) => Box::pin(self.send_parts(&upload)).await.map(Some),
            Effect::Put => Box::pin(self.put()).await.map(Some),
            Effect::Complete(upload) => Box::pin(self.complete(&upload)).await.map(Some),
            Effect::Look => Box::pin(self.look()).await.map(Some),
            Effect::LookBack => Box::pin(self.look_back()).await.map(Some),
            // Whoever gave it by a command wants the version that is there now.
            Effect::TakeNew => {
                let wanted = !self.batch.told && Box::pin(self.has_another_version()).await;
                Ok(wanted.then_some(Input::Anew))
            }
            Effect::Abort(upload) => Box::pin(self.abort(&upload)).await,
            Effect::ForgetParts => {
                self.parts = Arc::default();
                self.live.begin([]);
                Ok(None)
            }
            Effect::ForgetPlan => {
                (self.row.plan, self.row.fingerprint) = (None, None);
                Ok(None)
            }
            Effect::NextName => {
                if let Some(key) = self.next.take() {
                    self.row.key = key;
                }
                // What was asked for the former name says nothing of this one.
                self.unanswered.store(false, Ordering::Relaxed);
                Ok(None)
            }
            Effect::Stop => {
                self.live.ground();
                Ok(None)
            }
        }
    }

    /// Whether there is a source, or may be one on a drive that is away: a stop waits no longer for that than for the store.
    async fn has_another_version(&self) -> bool {
        let stopped = async {
            self.stop.token.cancelled().await;
            tokio::time::sleep(SOON).await;
        };
        tokio::select! {
            source = self.source() => source.err().is_none_or(|error| error.code == ErrorCode::SourceOffline),
            () = stopped => true,
        }
    }

    /// An upload that the store removed is told with how long it keeps them.
    fn with_its_days(&self, error: Error) -> Error {
        match self.kept {
            Some(days) if error.code == ErrorCode::UploadExpired => error.fact(Fact::Kept { days }),
            _ => error,
        }
    }

    /// What an error that ended an effect means for the transfer.
    async fn judge(&mut self, error: &Error) -> Input {
        tracing::info!(id = %self.row.id, %error, "a transfer stopped");
        let in_secs = |wait: Duration| Some(UnixTime(UnixTime::now().0 + wait.as_secs().max(1)));
        let until = match error.retry {
            // Whoever holds the file had time to let go, and the drive to recover: now a person has to see to it.
            Retry::WhenFileQuiet if self.held_for_long() => None,
            Retry::After(wait) => in_secs(wait),
            Retry::WhenOnline | Retry::WhenFileQuiet => in_secs(Duration::from_secs(5)),
            Retry::Never | Retry::WhenSignedIn => None,
        };
        let input = match (error.code, error.retry) {
            (ErrorCode::FileChanged, _) => self.changed().await,
            // S3 was asked to put it together, and may have: that is looked into before anything is begun again.
            (ErrorCode::UploadExpired, _)
                if error.done != Done::No
                    && matches!(self.row.standing.on_s3, OnS3::Completing(_))
                    && self.differed < DIFFERED_AT_MOST =>
            {
                self.differed += 1;
                Input::Unclear
            }
            // Removed by a lifecycle rule or by somebody: begun again, unless the store makes a habit of it.
            (ErrorCode::UploadExpired, _) if self.lost < LOST_AT_MOST => {
                self.lost += 1;
                Input::UploadGone
            }
            (ErrorCode::AlreadyThere, _) if self.collision() == Collision::Suffix => Input::KeyTaken,
            (code, Retry::Never) => Input::Fail(code),
            (code, Retry::WhenFileQuiet) if until.is_none() => Input::Fail(code),
            (code, _) => Input::Trouble { code, until },
        };
        match input {
            Input::Trouble { .. } => self.live.trouble(error, until),
            // It does not wait for that.
            _ => self.live.tells(error),
        }
        input
    }

    /// Whether another program, or its drive, has kept the file from us for longer than it would at work.
    fn held_for_long(&self) -> bool {
        self.held_since.is_some_and(|since| since.elapsed() >= limits::held_at_most())
    }

    /// The rule for a taken name: the batch's. But a name beside another was chosen because it is free, and what stands
    /// there by now is nobody's to replace.
    fn collision(&self) -> Collision {
        let beside = || self.row.key != keys::base(&self.item, &self.row.rel);
        match self.batch.collision {
            Collision::Overwrite if beside() => Collision::Suffix,
            as_given => as_given,
        }
    }

    fn opened(&self) -> Result<Open> {
        self.open.clone().ok_or_else(|| Error::new(ErrorCode::Unexpected).detail("not opened"))
    }

    async fn send_parts(&mut self, upload: &UploadId) -> Result<Input> {
        loop {
            let open = self.opened()?;
            match self.send_all(&open, upload).await {
                Ok(()) if open.fingerprint.grows => return Ok(self.sent_so_far().await),
                Ok(()) => return Ok(Input::AllSent),
                Err(error) if error.code == ErrorCode::FileChanged => self.goes_on(error).await?,
                Err(error) => return Err(error),
            }
        }
    }

    async fn send_all(&mut self, open: &Open, upload: &UploadId) -> Result<()> {
        let sender = Sender {
            id: self.row.id,
            route: Arc::clone(&open.route),
            key: open.key.clone(),
            file: Arc::clone(&open.file),
            fingerprint: open.fingerprint.clone(),
            journal: self.shared.journal.clone(),
            pool: Arc::clone(&self.shared.pool),
            link: Arc::clone(&self.shared.link),
            live: Arc::clone(&self.live),
            tapped: Tapped::new(&self.shared.tap, Lane::Bulk),
        };
        let before = self.parts.len();
        let outcome = sender.send_missing(upload, &open.plan, Arc::make_mut(&mut self.parts)).await;
        if self.parts.len() > before {
            // Whatever held the file let go since.
            self.held_since = None;
        }
        outcome?;
        if open.fingerprint.grows { Ok(()) } else { self.unchanged(open).await }
    }

    /// Repeats a request until it is answered or trying again is of no use. The network may be away for days.
    async fn patiently<T, F>(&self, request: impl FnMut() -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let held = |error: &Error, wait| self.live.waits(error, wait);
        let answer = self.shared.link.patiently(&self.stop.token, request, held).await?;
        self.live.smooth();
        Ok(answer)
    }
}

/// What only the store could tell, and tells once.
enum Answer {
    /// An upload was opened.
    Created(UploadId),
    /// The object is there.
    Stored,
}

impl Answer {
    fn of(input: &Input) -> Option<Self> {
        match input {
            Input::Created(upload) => Some(Self::Created(upload.clone())),
            Input::Stored { .. } | Input::Looked(Found::Ours { .. }, _) | Input::LookedBack(Found::Ours { .. }, _) => {
                Some(Self::Stored)
            }
            _ => None,
        }
    }
}

/// Whether an error says nothing of the transfer: the next try may go well, or there was none.
fn is_unsaid(error: &Error) -> bool {
    passes_by_itself(error) || error.code == ErrorCode::Unexpected
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
        | Effect::TakeNew
        | Effect::Stop => true,
        Effect::Open | Effect::Reconcile(_) | Effect::SendParts(_) | Effect::Look | Effect::LookBack => false,
    }
}

/// A problem found before a transfer ever ran.
pub(super) fn stillborn(error: &Error) -> (Standing, Problem) {
    (Standing { state: TransferState::Failed { code: error.code }, on_s3: OnS3::Nothing }, error.into())
}
