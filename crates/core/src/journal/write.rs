//! The writer thread: takes what has arrived, commits it as one transaction, tells everybody.

use std::sync::mpsc::Receiver;

use rusqlite::{Connection, params};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::classify;
use super::rows::{BatchRow, Ending, ItemRow, Leftover, PartRow, Problem, TransferRow, bits, path_bytes, text};
use crate::credentials::Scope;
use crate::engine::feed::Event;
use crate::error::{Error, Result};
use crate::failpoint::{self, Side};
use crate::file::Fingerprint;
use crate::ids::{BatchId, ItemId, TransferId, UploadId};
use crate::transfer::{OnS3, Plan, Standing, TransferState};
use crate::units::UnixTime;

/// One change of the records.
#[derive(Clone, Debug)]
pub enum Write {
    /// A gesture.
    Batch(BatchRow),
    /// The place a batch's keys lie in.
    BindBatch(BatchId, Scope),
    /// Whoever gave it knows how it ended.
    Told(BatchId),
    /// A dropped file or folder.
    Item(ItemRow),
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
    /// A file found.
    Transfer(TransferRow),
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
    /// The source will be taken as it is next time.
    ForgetPlan(TransferId),
    /// Another key, because the first is taken.
    Key(TransferId, String),
    /// A part that S3 acknowledged.
    Part(TransferId, PartRow),
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
    /// A batch ended; the company wants to know.
    Ending(Ending),
    /// The company knows, or will never take it.
    Taken(Uuid),
    /// An upload that S3 is to be rid of.
    Leftover(Leftover),
    /// S3 is rid of an upload.
    Gone(UploadId),
    /// The last problem.
    Problem(TransferId, Problem),
    /// A line of the story.
    Happened(TransferId, UnixTime, Event),
}

pub(super) struct Job {
    pub(super) writes: Vec<Write>,
    pub(super) done: Option<oneshot::Sender<Result<()>>>,
}

/// As many jobs as one commit takes at most: keeps a failing commit's retry small.
const COMMIT_AT_MOST: usize = 512;

pub(super) fn run(mut connection: Connection, jobs: &Receiver<Job>) {
    while let Ok(first) = jobs.recv() {
        let mut batch = vec![first];
        while batch.len() < COMMIT_AT_MOST {
            let Ok(more) = jobs.try_recv() else { break };
            batch.push(more);
        }
        failpoint::pass("journal", Side::Before);
        match commit(&mut connection, batch.iter().flat_map(|job| &job.writes)) {
            Ok(()) => batch.into_iter().for_each(|job| answer(job.done, Ok(()))),
            // One bad write must not take its neighbours with it: each job gets a commit of its own.
            Err(_) => {
                for job in batch {
                    let result = commit(&mut connection, job.writes.iter());
                    answer(job.done, result);
                }
            }
        }
        failpoint::pass("journal", Side::After);
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

fn commit<'a>(connection: &mut Connection, writes: impl Iterator<Item = &'a Write>) -> Result<()> {
    let transaction = connection.transaction().map_err(classify)?;
    for write in writes {
        apply(&transaction, write)?;
    }
    transaction.commit().map_err(classify)
}

fn apply(c: &Connection, write: &Write) -> Result<()> {
    let done = match write {
        Write::Batch(b) => c.prepare_cached("INSERT INTO batches VALUES (?,?,?,?,?,?,?)").and_then(|mut s| {
            s.execute(params![
                bits(b.id.get()),
                bits(b.added.0),
                text(&b.destination).map_err(opaque)?,
                text(&b.collision).map_err(opaque)?,
                b.scope.as_ref().map(text).transpose().map_err(opaque)?,
                b.remote.as_ref().map(text).transpose().map_err(opaque)?,
                b.told,
            ])
        }),
        Write::BindBatch(id, scope) => c
            .prepare_cached("UPDATE batches SET scope=? WHERE id=?")
            .and_then(|mut s| s.execute(params![text(scope).map_err(opaque)?, bits(id.get())])),
        Write::Told(id) => {
            c.prepare_cached("UPDATE batches SET told=1 WHERE id=?").and_then(|mut s| s.execute([bits(id.get())]))
        }
        Write::Item(i) => c.prepare_cached("INSERT INTO items VALUES (?,?,?,?,?,?,?,?,?)").and_then(|mut s| {
            s.execute(params![
                bits(i.id.get()),
                bits(i.batch.get()),
                bits(i.added.0),
                path_bytes(&i.path),
                i.name,
                i.folder,
                i.counted,
                i.skipped,
                i.removed
            ])
        }),
        Write::Joins(id, batch) => c
            .prepare_cached("UPDATE items SET batch=? WHERE id=?")
            .and_then(|mut s| s.execute([bits(batch.get()), bits(id.get())])),
        Write::Counted { item, counted, skipped } => c
            .prepare_cached("UPDATE items SET counted=?, skipped=? WHERE id=?")
            .and_then(|mut s| s.execute(params![counted, skipped, bits(item.get())])),
        Write::Removed(id, removed) => c
            .prepare_cached("UPDATE items SET removed=? WHERE id=?")
            .and_then(|mut s| s.execute(params![removed, bits(id.get())])),
        Write::Transfer(t) => insert_transfer(c, t),
        Write::Standing(id, standing) => c
            .prepare_cached("UPDATE transfers SET standing=?, ended=? WHERE id=?")
            .and_then(|mut s| s.execute(params![text(standing).map_err(opaque)?, ended(standing), bits(id.get())])),
        Write::Opened { id, fingerprint, plan } => {
            c.prepare_cached("UPDATE transfers SET fingerprint=?, plan=?, size=? WHERE id=?").and_then(|mut s| {
                s.execute(params![
                    text(fingerprint).map_err(opaque)?,
                    text(plan).map_err(opaque)?,
                    bits(plan.size()),
                    bits(id.get())
                ])
            })
        }
        Write::ForgetPlan(id) => c
            .prepare_cached("UPDATE transfers SET fingerprint=NULL, plan=NULL WHERE id=?")
            .and_then(|mut s| s.execute([bits(id.get())])),
        Write::Key(id, key) => c
            .prepare_cached("UPDATE transfers SET key=? WHERE id=?")
            .and_then(|mut s| s.execute(params![key, bits(id.get())])),
        Write::Part(id, part) => {
            c.prepare_cached("INSERT OR REPLACE INTO parts VALUES (?,?,?,?,?)").and_then(|mut s| {
                let number = part.number.get();
                s.execute(params![bits(id.get()), number, part.etag, bits(part.crc64), bits(part.size.get())])
            })
        }
        Write::ForgetParts(id) => {
            c.prepare_cached("DELETE FROM parts WHERE transfer=?").and_then(|mut s| s.execute([bits(id.get())]))
        }
        Write::Proof { id, etag, version, crc64 } => c
            .prepare_cached("UPDATE transfers SET etag=?, version=?, crc64=?, problem=NULL WHERE id=?")
            .and_then(|mut s| s.execute(params![etag, version, bits(*crc64), bits(id.get())])),
        Write::Skip { item, rel, rule } => c
            .prepare_cached("INSERT OR REPLACE INTO skips VALUES (?,?,?)")
            .and_then(|mut s| s.execute(params![bits(item.get()), rel, rule])),
        Write::Ending(ending) => c
            .prepare_cached("INSERT OR REPLACE INTO receipts VALUES (?,?,?,0)")
            .and_then(|mut s| s.execute(params![ending.id.to_string(), bits(ending.batch.get()), bits(ending.at.0)])),
        Write::Taken(id) => {
            c.prepare_cached("UPDATE receipts SET taken=1 WHERE id=?").and_then(|mut s| s.execute([id.to_string()]))
        }
        Write::Leftover(left) => c
            .prepare_cached("INSERT OR REPLACE INTO leftovers VALUES (?,?,?)")
            .and_then(|mut s| s.execute(params![left.upload.0, bits(left.batch.get()), left.key])),
        Write::Gone(upload) => {
            c.prepare_cached("DELETE FROM leftovers WHERE upload=?").and_then(|mut s| s.execute([&upload.0]))
        }
        Write::Problem(id, problem) => c
            .prepare_cached("UPDATE transfers SET problem=? WHERE id=?")
            .and_then(|mut s| s.execute(params![text(problem).map_err(opaque)?, bits(id.get())])),
        Write::Happened(id, at, event) => c
            .prepare_cached("INSERT INTO story VALUES (?,?,?)")
            .and_then(|mut s| s.execute(params![bits(id.get()), bits(at.0), text(event).map_err(opaque)?])),
    };
    done.map(|_| ()).map_err(classify)
}

fn insert_transfer(c: &Connection, t: &TransferRow) -> rusqlite::Result<usize> {
    c.prepare_cached(
        "INSERT INTO transfers (id,item,path,rel,key,size,standing,ended,token,problem) VALUES (?,?,?,?,?,?,?,?,?,?)",
    )?
    .execute(params![
        bits(t.id.get()),
        bits(t.item.get()),
        path_bytes(&t.path),
        t.rel,
        t.key,
        bits(t.size.get()),
        text(&t.standing).map_err(opaque)?,
        ended(&t.standing),
        t.token,
        t.problem.as_ref().map(text).transpose().map_err(opaque)?
    ])
}

/// Whether nothing is left to do for it, here or in S3.
fn ended(standing: &Standing) -> bool {
    match standing.state {
        TransferState::Done { .. } => true,
        TransferState::Cancelled { .. } => matches!(standing.on_s3, OnS3::Nothing | OnS3::Putting),
        _ => false,
    }
}

fn opaque(error: Error) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(Box::new(error))
}
