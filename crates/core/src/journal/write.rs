//! The writer thread: takes what has arrived, commits it as one transaction, tells everybody.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::Receiver;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _, ToSql, TransactionBehavior};
use tokio::sync::oneshot;
use tokio::time::{Duration, Instant};
use uuid::Uuid;

use super::history::Touched;
use super::place::Place;
use super::rows::{BatchRow, Ending, ItemRow, Leftover, Problem, TransferRow, bits, path_bytes, text};
use super::seal::{
    ASKED, BATCHES, ITEMS, LEFTOVERS, LOST, MOUNTS, PARTS, RANKS, RECEIPTS, REFUSED, SKIPS, STAYS, TRANSFERS,
};
use super::watches::{self, WatchRow, WatchedRow};
use super::{Journal, classify, forgetting, in_use, keep};
use crate::credentials::Scope;
use crate::engine::feed::{Action, Event};
use crate::error::{ErrorCode, Result};
use crate::failpoint::{self, Side};
use crate::file::Fingerprint;
use crate::ids::{BatchId, ItemId, TransferId, UploadId, WatchId};
use crate::transfer::state::unfinished;
use crate::transfer::{AcknowledgedPart, Plan, Standing, TransferState};
use crate::units::UnixTime;

/// One change of the records.
#[derive(Clone, Debug)]
pub enum Write {
    /// A gesture.
    Batch(Box<BatchRow>),
    /// The place a batch's keys lie in.
    BindBatch(BatchId, Scope),
    /// Whoever gave it knows how it ended.
    Told(BatchId),
    /// An item that may be at its end: if it is, history has an entry of it.
    History(ItemId),
    /// A dropped file or folder.
    Item(ItemRow),
    /// The one file of an item lies elsewhere now.
    Lies {
        /// The item.
        item: ItemId,
        /// Its file.
        id: TransferId,
        /// Where.
        path: PathBuf,
        /// Where the drive that it lies on is mounted, where that can be taken away.
        mount: Option<PathBuf>,
    },
    /// An item goes on as part of another gesture.
    Joins(ItemId, BatchId),
    /// How far a folder's walk got.
    Counted {
        /// Which.
        item: ItemId,
        /// Whether to the end.
        counted: bool,
        /// Entries passed over so far.
        skipped: u32,
    },
    /// Taken from the list, or put back.
    Removed(ItemId, bool),
    /// What holds for files of a folder that are not found yet; nothing once it was walked to its end.
    Asked(ItemId, Option<Action>),
    /// A watched folder, new or changed.
    Watch(Box<WatchRow>),
    /// A line of a watched folder's ledger.
    Watched(WatchId, WatchedRow),
    /// A file of a watched folder that nothing is on record of any more.
    Unwatched(WatchId, PathBuf, OsString),
    /// The whole ledger of a watched folder goes: it is watched no more.
    ForgetWatched(WatchId),
    /// What it is ordered by: a lower one is uploaded earlier.
    Rank(ItemId, i64),
    /// A file found. The largest by far, and there are many: none of the others is as large for it.
    Transfer(Box<TransferRow>),
    /// An entry that could not be uploaded, and that is none any more, or is found anew.
    Forget(TransferId),
    /// A step of the state machine.
    Standing(TransferId, Standing),
    /// The source's identity and the plan made of it.
    Opened {
        /// Which.
        id: TransferId,
        /// The source.
        fingerprint: Fingerprint,
        /// The plan.
        plan: Plan,
    },
    /// The source will be taken as it is next time: another version, whose object has a token of its own.
    ForgetPlan(TransferId, String),
    /// Another key, because the first is taken.
    Key(TransferId, String),
    /// A part that S3 acknowledged.
    Part(TransferId, AcknowledgedPart),
    /// No part is there any more.
    ForgetParts(TransferId),
    /// The whole object's checksum and `ETag`, as the store has them too.
    Proof {
        /// Which.
        id: TransferId,
        /// Its `ETag`.
        etag: String,
        /// Its version, where the bucket has versions and the answer told.
        version: Option<String>,
        /// CRC64NVME.
        crc64: u64,
    },
    /// A path that a rule passed over.
    Skip {
        /// Of which item.
        item: ItemId,
        /// The path within it.
        rel: String,
        /// Which rule.
        rule: &'static str,
    },
    /// A folder is walked anew: what its rules pass over is found again.
    ForgetSkips(ItemId),
    /// A path that was given and could not be taken.
    Refused {
        /// With which gesture.
        batch: BatchId,
        /// As it was given.
        path: String,
        /// Why.
        code: ErrorCode,
    },
    /// A batch ended; the company wants to know.
    Ending(Ending),
    /// The company knows.
    Taken(Uuid),
    /// It was none: the batch moves again and ends anew.
    NoEnd(Uuid),
    /// Something of a batch moves again: whether it ended, and who was told, is of the past.
    GoesOn(BatchId),
    /// An upload that S3 is to be rid of.
    Leftover(Leftover),
    /// S3 was asked to be rid of an upload, and still is not.
    Stays {
        /// Which.
        upload: UploadId,
        /// When it was asked; the first time counts.
        at: UnixTime,
        /// What came of it.
        code: ErrorCode,
    },
    /// S3 is rid of an upload.
    Gone(UploadId),
    /// S3 was asked for an upload at a key, and its answer never came.
    Lost {
        /// For which batch.
        batch: BatchId,
        /// The key without the scope's prefix.
        key: String,
        /// When it was asked.
        at: UnixTime,
    },
    /// The last problem.
    Problem(TransferId, Problem),
    /// Everything that was given for the company at this address.
    ForgetCompany(String),
    /// A line of the story.
    Happened(TransferId, UnixTime, Event),
}

impl Write {
    /// What it is called where tests break the program: before or after the commit that it is in.
    const fn failpoint(&self) -> &'static str {
        match self {
            Self::Batch(_) => "record-batch",
            Self::BindBatch(..) => "record-bind-batch",
            Self::Told(_) => "record-told",
            Self::History(_) => "record-history",
            Self::Item(_) => "record-item",
            Self::Lies { .. } => "record-lies",
            Self::Joins(..) => "record-joins",
            Self::Counted { .. } => "record-counted",
            Self::Removed(..) => "record-removed",
            Self::Asked(..) => "record-asked",
            Self::Rank(..) => "record-rank",
            Self::Watch(_) => "record-watch",
            Self::Watched(..) => "record-watched",
            Self::Unwatched(..) => "record-unwatched",
            Self::ForgetWatched(_) => "record-forget-watched",
            Self::Transfer(_) => "record-transfer",
            Self::Forget(_) => "record-forget",
            Self::Standing(..) => "record-standing",
            Self::Opened { .. } => "record-opened",
            Self::ForgetPlan(..) => "record-forget-plan",
            Self::Key(..) => "record-key",
            Self::Part(..) => "record-part",
            Self::ForgetParts(_) => "record-forget-parts",
            Self::Proof { .. } => "record-proof",
            Self::Skip { .. } => "record-skip",
            Self::ForgetSkips(_) => "record-forget-skips",
            Self::Refused { .. } => "record-refused",
            Self::Ending(_) => "record-ending",
            Self::Taken(_) => "record-taken",
            Self::NoEnd(_) => "record-no-end",
            Self::GoesOn(_) => "record-goes-on",
            Self::Leftover(_) => "record-leftover",
            Self::Stays { .. } => "record-stays",
            Self::Gone(_) => "record-gone",
            Self::Lost { .. } => "record-lost",
            Self::Problem(..) => "record-problem",
            Self::ForgetCompany(_) => "record-forget-company",
            Self::Happened(..) => "record-happened",
        }
    }
}

pub(super) enum Job {
    Write { writes: Vec<Write>, wait: Wait, done: Option<oneshot::Sender<Result<()>>> },
    KeepCopy(oneshot::Sender<()>),
}

/// Whether a commit waits for more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    No,
    /// [`TOGETHER`] at most, and while nothing is there that does not wait.
    ForOthers,
}

type Writes = (Vec<Write>, Option<oneshot::Sender<Result<()>>>);

/// As many jobs as one commit takes at most: keeps a failing commit's retry small.
const COMMIT_AT_MOST: usize = 512;
/// So long what others will follow waits for them: a commit costs as much as sending a megabyte, whatever is in it.
const TOGETHER: Duration = Duration::from_millis(10);

/// The one that writes.
pub(super) struct Writer {
    connection: Connection,
    home: PathBuf,
    place: Place,
    /// Whether they are marked so.
    in_use: bool,
    /// Whether the last copy lacks something.
    written: bool,
    /// How often history changed.
    history: Arc<AtomicU32>,
}

impl Writer {
    pub(super) fn new(connection: Connection, home: &Path, history: Arc<AtomicU32>) -> Self {
        let place = Place::of(Journal::path(home), Instant::now());
        Self { connection, home: home.to_owned(), place, in_use: true, written: true, history }
    }

    pub(super) fn run(mut self, jobs: &Receiver<Job>) {
        while let Ok(first) = jobs.recv() {
            let (batch, copies) = together(first, jobs, TOGETHER);
            if !batch.is_empty() {
                self.write(batch);
            }
            if !copies.is_empty() {
                self.keep_copy();
                self.rest();
            }
            for done in copies {
                let _ = done.send(());
            }
        }
        self.rest();
    }

    /// A clean end, unless something is written after it.
    fn rest(&mut self) {
        in_use::take_away(&self.home, &self.connection);
        self.in_use = false;
    }

    fn write(&mut self, batch: Vec<Writes>) {
        let kinds = kinds(&batch);
        let forgets = batch.iter().flat_map(|(writes, _)| writes).any(|one| matches!(one, Write::ForgetCompany(_)));
        pass(&kinds, Side::Before);
        self.written = true;
        if forgets {
            keep::forget_copy(&self.home);
        }
        match self.commit(batch.iter().flat_map(|(writes, _)| writes)) {
            Ok(()) => batch.into_iter().for_each(|(_, done)| answer(done, Ok(()))),
            // One bad write must not take its neighbours with it: each job gets a commit of its own.
            Err(error) => {
                // A quota is told as a failure to write.
                if matches!(error.code, ErrorCode::DiskFull | ErrorCode::JournalUnwritable) {
                    // The log may take most of the room, and what is in the file already needs none there.
                    keep::shorten(&self.connection);
                }
                for (writes, done) in batch {
                    let result = self.commit(writes.iter());
                    answer(done, result);
                }
            }
        }
        pass(&kinds, Side::After);
    }

    fn commit<'a>(&mut self, writes: impl Iterator<Item = &'a Write>) -> Result<()> {
        self.place.check(Instant::now())?;
        if !self.in_use {
            in_use::put(&self.home, &self.connection);
            self.in_use = true;
        }
        if commit(&mut self.connection, writes)? {
            self.history.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    fn keep_copy(&mut self) {
        if !self.written || !keep::copy_is_due(&self.home) {
            return;
        }
        keep::shorten(&self.connection);
        match keep::keep_copy(&self.connection, &self.home) {
            Ok(()) => self.written = false,
            Err(error) => tracing::warn!(%error, "no copy of the records was made"),
        }
    }
}

/// What is there, and what comes within that time while all of it waits for others.
fn together(first: Job, jobs: &Receiver<Job>, within: Duration) -> (Vec<Writes>, Vec<oneshot::Sender<()>>) {
    let (mut batch, mut copies) = (Vec::new(), Vec::new());
    let (mut next, mut until) = (Some(first), Some(Instant::now() + within));
    while let Some(job) = next {
        match job {
            Job::Write { writes, wait, done } => {
                batch.push((writes, done));
                until = until.filter(|_| wait == Wait::ForOthers);
            }
            Job::KeepCopy(done) => {
                copies.push(done);
                until = None;
            }
        }
        next = match until {
            _ if batch.len() >= COMMIT_AT_MOST => None,
            Some(until) => jobs.recv_timeout(until.saturating_duration_since(Instant::now())).ok(),
            None => jobs.try_recv().ok(),
        };
    }
    (batch, copies)
}

fn kinds(batch: &[Writes]) -> Vec<&'static str> {
    if !cfg!(debug_assertions) {
        return Vec::new();
    }
    batch.iter().flat_map(|(writes, _)| writes).map(Write::failpoint).collect()
}

/// Passes a commit, and each of what is in it.
fn pass(kinds: &[&'static str], side: Side) {
    failpoint::pass("journal", side);
    for kind in kinds {
        failpoint::pass(kind, side);
    }
}

fn answer(done: Option<oneshot::Sender<Result<()>>>, result: Result<()>) {
    match done {
        Some(done) => {
            // Whoever asked may have gone; the record stands all the same.
            let _ = done.send(result);
        }
        None => {
            if let Err(error) = result {
                tracing::warn!(%error, "a note was not written");
            }
        }
    }
}

/// Answers whether history is another one now.
fn commit<'a>(connection: &mut Connection, writes: impl Iterator<Item = &'a Write>) -> Result<bool> {
    // What is written begins with a look: one that looks before it has the lock is told at once that another has it (who
    // brings the log into the file, say), instead of waiting for it.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(classify)?;
    let (mut touched, mut forgets) = (Touched::default(), false);
    // What follows one another of one transfer is one change of its row.
    let mut change: Option<(TransferId, Columns)> = None;
    for write in writes {
        touched.by(&transaction, write)?;
        forgets |= matches!(write, Write::ForgetCompany(_));
        let next = of_a_transfer(write)?;
        match (&mut change, &next) {
            (Some((id, columns)), Some((same, later))) if id == same => {
                columns.retain(|(name, _)| later.iter().all(|(other, _)| other != name));
                columns.extend(later.iter().cloned());
                continue;
            }
            _ => made(&transaction, std::mem::replace(&mut change, next).as_ref())?,
        }
        if change.is_none() {
            apply(&transaction, write)?;
        }
    }
    made(&transaction, change.as_ref())?;
    let news = touched.settle(&transaction)? || forgets;
    transaction.commit().map_err(classify)?;
    Ok(news)
}

/// Columns of a row and what they become.
type Columns = Vec<(&'static str, Value)>;

/// What a write changes of a transfer's row, where it does nothing else.
fn of_a_transfer(write: &Write) -> Result<Option<(TransferId, Columns)>> {
    let (id, columns) = match write {
        Write::Standing(id, standing) => {
            (id, vec![("standing", text(standing)?.into()), ("ended", ended(standing).into())])
        }
        Write::Opened { id, fingerprint, plan } => {
            let (file, cut, size) = (text(fingerprint)?, text(plan)?, bits(plan.size()));
            (id, vec![("fingerprint", file.into()), ("plan", cut.into()), ("size", size.into())])
        }
        Write::ForgetPlan(id, token) => {
            (id, vec![("fingerprint", Value::Null), ("plan", Value::Null), ("token", token.clone().into())])
        }
        Write::Key(id, key) => (id, vec![("key", key.clone().into())]),
        Write::Proof { id, etag, version, crc64 } => {
            let (etag, version, crc64) = (etag.clone().into(), version.clone().into(), bits(*crc64).into());
            (id, vec![("etag", etag), ("version", version), ("crc64", crc64), ("problem", Value::Null)])
        }
        Write::Problem(id, problem) => (id, vec![("problem", text(problem)?.into())]),
        _ => return Ok(None),
    };
    Ok(Some((*id, columns)))
}

fn made(c: &Connection, change: Option<&(TransferId, Columns)>) -> Result<()> {
    let Some((id, columns)) = change else { return Ok(()) };
    let set: Vec<_> = columns.iter().enumerate().map(|(at, (name, _))| format!("{name}=?{}", at + 2)).collect();
    let values: Vec<&dyn ToSql> = columns.iter().map(|(_, value)| value as &dyn ToSql).collect();
    TRANSFERS.change(c, bits(id.get()), &set.join(","), &values)
}

fn apply(c: &Connection, write: &Write) -> Result<()> {
    match write {
        Write::Batch(b) => {
            let (scope, remote) = (b.scope.as_ref().map(text).transpose()?, b.remote.as_ref().map(text).transpose()?);
            let (to, collision) = (text(&b.destination)?, text(&b.collision)?);
            let (id, at) = (bits(b.id.get()), bits(b.added.0));
            added(BATCHES.insert(c, "", &[&id, &at, &to, &collision, &scope, &remote, &b.told]))
        }
        Write::BindBatch(id, scope) => BATCHES.change(c, bits(id.get()), "scope=?2", &[&text(scope)?]),
        Write::Told(id) => BATCHES.change(c, bits(id.get()), "told=1", &[]),
        Write::Item(i) => {
            let (id, batch, at, path) = (bits(i.id.get()), bits(i.batch.get()), bits(i.added.0), path_bytes(&i.path));
            added(ITEMS.insert(
                c,
                "",
                &[&id, &batch, &at, &path, &i.name, &watches::kind(i), &i.counted, &i.skipped, &i.removed],
            ))?;
            if let Some(mount) = &i.mount {
                added(MOUNTS.insert(c, "", &[&id, &path_bytes(mount)]))?;
            }
            i.sweep.as_ref().map_or(Ok(()), |sweep| watches::put_sweep(c, i.id, sweep))
        }
        Write::Lies { item, id, path, mount } => {
            let (item, path) = (bits(item.get()), path_bytes(path));
            ITEMS.change(c, item, "path=?2", &[&path])?;
            TRANSFERS.change(c, bits(id.get()), "path=?2", &[&path])?;
            plain(c, "DELETE FROM mounts WHERE item=?", &[&item])?;
            mount.as_ref().map_or(Ok(()), |mount| added(MOUNTS.insert(c, "", &[&item, &path_bytes(mount)])))
        }
        Write::Joins(id, batch) => ITEMS.change(c, bits(id.get()), "batch=?2", &[&bits(batch.get())]),
        Write::Counted { item, counted, skipped } => {
            if *counted {
                forget_asked(c, *item)?;
            }
            ITEMS.change(c, bits(item.get()), "counted=?2, skipped=?3", &[counted, skipped])
        }
        Write::Asked(item, None) => forget_asked(c, *item),
        Write::Asked(item, Some(action)) => put_asked(c, *item, *action),
        Write::Removed(id, removed) => ITEMS.change(c, bits(id.get()), "removed=?2", &[removed]),
        Write::Rank(id, rank) => added(RANKS.insert(c, "OR REPLACE", &[&bits(id.get()), rank])),
        Write::Watch(watch) => watches::put(c, watch),
        Write::Watched(watch, line) => watches::put_line(c, *watch, line),
        Write::Unwatched(watch, folder, name) => watches::forget_line(c, *watch, folder, Path::new(name)),
        Write::ForgetWatched(watch) => plain(c, "DELETE FROM watched WHERE watch=?", &[&bits(watch.get())]),
        Write::Transfer(t) => insert_transfer(c, t),
        Write::Forget(id) => {
            let id = bits(id.get());
            [
                "DELETE FROM parts WHERE transfer=?",
                "DELETE FROM story WHERE transfer=?",
                "DELETE FROM transfers WHERE id=?",
            ]
            .iter()
            .try_for_each(|sql| plain(c, sql, &[&id]))
        }
        // See `Touched`.
        Write::History(_) => Ok(()),
        // See `of_a_transfer`.
        Write::Standing(..)
        | Write::Opened { .. }
        | Write::ForgetPlan(..)
        | Write::Key(..)
        | Write::Proof { .. }
        | Write::Problem(..) => Ok(()),
        Write::Part(id, p) => {
            let (number, crc64, size) = (p.number.get(), bits(p.crc64), bits(p.size.get()));
            added(PARTS.insert(c, "OR REPLACE", &[&bits(id.get()), &number, &p.etag.to_string(), &crc64, &size]))
        }
        Write::ForgetParts(id) => plain(c, "DELETE FROM parts WHERE transfer=?", &[&bits(id.get())]),
        Write::Skip { item, rel, rule } => added(SKIPS.insert(c, "OR REPLACE", &[&bits(item.get()), rel, rule])),
        Write::ForgetSkips(item) => plain(c, "DELETE FROM skips WHERE item=?", &[&bits(item.get())]),
        Write::Refused { batch, path, code } => {
            added(REFUSED.insert(c, "OR REPLACE", &[&bits(batch.get()), path, &code.as_str()]))
        }
        Write::Ending(e) => {
            let (id, batch, at) = (e.id.to_string(), bits(e.batch.get()), bits(e.at.0));
            added(RECEIPTS.insert(c, "OR REPLACE", &[&id, &batch, &at, &false]))
        }
        Write::Taken(id) => {
            let (fits, id) = (RECEIPTS.fits(), id.to_string());
            let sql = format!("UPDATE receipts SET taken=1,sum=seal('receipts',id,batch,at,1) WHERE id=? AND {fits}");
            plain(c, &sql, &[&id])
        }
        Write::NoEnd(id) => plain(c, "DELETE FROM receipts WHERE id=?", &[&id.to_string()]),
        Write::GoesOn(batch) => plain(c, "DELETE FROM receipts WHERE batch=?", &[&bits(batch.get())]),
        Write::Leftover(left) => {
            added(LEFTOVERS.insert(c, "OR REPLACE", &[&left.upload.0, &bits(left.batch.get()), &left.key]))
        }
        Write::Stays { upload, at, code } => {
            let first = "SELECT since FROM stays WHERE upload=?";
            let first = c.query_row(first, [&upload.0], |row| row.get(0)).optional().map_err(classify)?;
            let since = first.unwrap_or_else(|| bits(at.0));
            added(STAYS.insert(c, "OR REPLACE", &[&upload.0, &since, &code.as_str()]))
        }
        Write::Gone(upload) => ["DELETE FROM leftovers WHERE upload=?", "DELETE FROM stays WHERE upload=?"]
            .iter()
            .try_for_each(|sql| plain(c, sql, &[&upload.0])),
        Write::Lost { batch, key, at } => added(LOST.insert(c, "OR REPLACE", &[&bits(batch.get()), key, &bits(at.0)])),
        Write::ForgetCompany(address) => forgetting::company(c, address),
        Write::Happened(id, at, event) => {
            plain(c, "INSERT INTO story VALUES (?,?,?)", &[&bits(id.get()), &bits(at.0), &text(event)?])
        }
    }
}

/// Of a folder whose walk ended just now nothing is found any more.
fn put_asked(c: &Connection, item: ItemId, action: Action) -> Result<()> {
    let counted = "SELECT counted FROM items WHERE id=?";
    let counted = c.query_row(counted, [bits(item.get())], |row| row.get::<_, bool>(0)).optional().map_err(classify)?;
    match counted {
        Some(false) => added(ASKED.insert(c, "OR REPLACE", &[&bits(item.get()), &text(&action)?])),
        Some(true) | None => Ok(()),
    }
}

fn forget_asked(c: &Connection, item: ItemId) -> Result<()> {
    plain(c, "DELETE FROM asked WHERE item=?", &[&bits(item.get())])
}

fn insert_transfer(c: &Connection, t: &TransferRow) -> Result<()> {
    let (id, item, path, size) = (bits(t.id.get()), bits(t.item.get()), path_bytes(&t.path), bits(t.size.get()));
    let (standing, ended) = (text(&t.standing)?, ended(&t.standing));
    let (file, plan) = (t.fingerprint.as_ref().map(text).transpose()?, t.plan.as_ref().map(text).transpose()?);
    let (etag, version, crc64) = (None::<String>, None::<String>, t.crc64.map(bits));
    let problem = t.problem.as_ref().map(text).transpose()?;
    added(TRANSFERS.insert(
        c,
        "",
        &[
            &id, &item, &path, &t.rel, &t.key, &size, &standing, &ended, &t.token, &file, &plan, &etag, &version,
            &crc64, &problem,
        ],
    ))
}

pub(super) fn plain(c: &Connection, sql: &str, values: &[&dyn ToSql]) -> Result<()> {
    added(c.prepare_cached(sql).and_then(|mut statement| statement.execute(values)))
}

pub(super) fn added(done: rusqlite::Result<usize>) -> Result<()> {
    done.map(|_| ()).map_err(classify)
}

/// Whether nothing is left to do for it, here or in S3.
fn ended(standing: &Standing) -> bool {
    match standing.state {
        TransferState::Done { .. } => true,
        TransferState::Cancelled { .. } => unfinished(&standing.on_s3).is_none(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::RecvTimeoutError;

    use super::*;

    const LONG: Duration = Duration::from_secs(3_600);

    fn job(wait: Wait) -> Job {
        Job::Write { writes: Vec::new(), wait, done: None }
    }

    /// Another connection that has the lock, until somebody waits for it.
    static HOLDER: std::sync::Mutex<Option<Connection>> = std::sync::Mutex::new(None);

    fn let_go(_: i32) -> bool {
        HOLDER.lock().expect("whole").take().is_some()
    }

    #[test]
    fn what_begins_with_a_look_waits_for_whoever_has_the_records_locked() {
        let home = tempfile::tempdir().expect("a folder");
        let (mut connection, _) = keep::open(home.path()).expect("opens");
        connection.busy_handler(Some(let_go)).expect("set");
        let holder = Connection::open(Journal::path(home.path())).expect("opened");
        holder.execute_batch("BEGIN IMMEDIATE").expect("locked");
        *HOLDER.lock().expect("whole") = Some(holder);
        let standing = Standing { state: TransferState::Cancelled { at: UnixTime(7) }, ..Standing::NEW };
        commit(&mut connection, [Write::Standing(TransferId::new(1), standing)].iter()).expect("written");
        assert!(HOLDER.lock().expect("whole").is_none(), "it waited");
    }

    #[test]
    fn what_waits_for_others_goes_with_the_first_that_does_not() {
        let (give, jobs) = std::sync::mpsc::channel();
        let taken = std::thread::spawn(move || together(job(Wait::ForOthers), &jobs, LONG).0.len());
        for wait in [Wait::ForOthers, Wait::ForOthers, Wait::No] {
            give.send(job(wait)).expect("somebody waits");
        }
        assert_eq!(taken.join().expect("ended"), 4);
    }

    #[test]
    fn nothing_waits_for_others_where_one_does_not_or_a_copy_is_wanted() {
        let (give, jobs) = std::sync::mpsc::channel();
        assert_eq!(together(job(Wait::No), &jobs, LONG).0.len(), 1);
        give.send(job(Wait::ForOthers)).expect("kept");
        assert_eq!(together(job(Wait::No), &jobs, LONG).0.len(), 2);
        let (batch, copies) = together(Job::KeepCopy(oneshot::channel().0), &jobs, LONG);
        assert_eq!((batch.len(), copies.len()), (0, 1));
        // As many as fit are not held back for more.
        (0..COMMIT_AT_MOST).for_each(|_| give.send(job(Wait::ForOthers)).expect("kept"));
        assert_eq!(together(job(Wait::ForOthers), &jobs, LONG).0.len(), COMMIT_AT_MOST);
    }

    #[test]
    fn nothing_waits_for_others_for_long_however_many_follow() {
        let (give, jobs) = std::sync::mpsc::channel();
        assert_eq!(together(job(Wait::ForOthers), &jobs, Duration::ZERO).0.len(), 1);
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        let follow = std::thread::spawn(move || {
            while stopped.recv_timeout(Duration::from_millis(1)) == Err(RecvTimeoutError::Timeout) {
                give.send(job(Wait::ForOthers)).expect("somebody waits");
            }
        });
        let taken = together(job(Wait::ForOthers), &jobs, Duration::from_millis(20)).0.len();
        drop(stop);
        follow.join().expect("ended");
        assert!(taken < COMMIT_AT_MOST, "{taken}");
    }
}
