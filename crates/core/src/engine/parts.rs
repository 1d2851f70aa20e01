//! Sending the parts of one upload: as many at a time as the shared pool lets, each tried until it is there.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::link::Link;
use super::live::Live;
use crate::error::{Error, ErrorCode, Result, Retry};
use crate::failpoint::{self, Side};
use crate::file::{Fingerprint, SourceFile};
use crate::ids::{ObjectKey, PartNumber, TransferId, UploadId};
use crate::journal::{Journal, PartRow, Write};
use crate::s3::{Bucket, Gate, PartBody};
use crate::transfer::{Part, Plan};
use crate::units::ByteCount;

/// A piece that arrives damaged this often is a fault of the line or the machine, not chance.
const DAMAGED_AT_MOST: u32 = 3;

/// Everything a part needs besides its range. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Sender {
    pub(super) id: TransferId,
    pub(super) bucket: Bucket,
    pub(super) key: ObjectKey,
    pub(super) file: Arc<SourceFile>,
    pub(super) fingerprint: Fingerprint,
    pub(super) journal: Journal,
    pub(super) pool: Arc<Semaphore>,
    pub(super) link: Arc<Link>,
    pub(super) live: Arc<Live>,
}

impl Sender {
    /// Sends what is missing of `plan`; answers once every part is acknowledged and journaled.
    ///
    /// # Cancellation
    /// Dropping it drops the parts in flight; what was acknowledged is on record.
    ///
    /// # Errors
    /// The first error that trying again cannot mend.
    pub(super) async fn send_missing(
        &self,
        upload: &UploadId,
        plan: &Plan,
        parts: &mut BTreeMap<PartNumber, PartRow>,
    ) -> Result<()> {
        let mut todo: VecDeque<Part> = plan.parts().filter(|part| !parts.contains_key(&part.number)).collect();
        let mut flights = FuturesUnordered::new();
        while !(todo.is_empty() && flights.is_empty()) {
            tokio::select! {
                biased;
                Some(landed) = flights.next(), if !flights.is_empty() => {
                    let row: PartRow = landed?;
                    parts.insert(row.number, row);
                }
                permit = Arc::clone(&self.pool).acquire_owned(), if !todo.is_empty() => {
                    let permit = permit.map_err(closed)?;
                    if let Some(part) = todo.pop_front() {
                        flights.push(self.send(upload, part, permit));
                    }
                }
            }
        }
        Ok(())
    }

    async fn send(&self, upload: &UploadId, part: Part, permit: OwnedSemaphorePermit) -> Result<PartRow> {
        let mut permit = Some(permit);
        let (mut attempt, mut damaged) = (0, 0);
        loop {
            // A part that waits for its next try leaves its place to others.
            let held = match permit.take() {
                Some(permit) => permit,
                None => Arc::clone(&self.pool).acquire_owned().await.map_err(closed)?,
            };
            let error = match self.attempt(upload, part, attempt > 0).await {
                Ok(row) => {
                    drop(held);
                    self.journal.write(vec![Write::Part(self.id, row.clone())]).await?;
                    self.live.land(part.number, Some(part.len));
                    return Ok(row);
                }
                Err(error) => error,
            };
            drop(held);
            self.live.land(part.number, None);
            attempt += 1;
            if error.code == ErrorCode::DamagedOnTheWay {
                damaged += 1;
                if damaged >= DAMAGED_AT_MOST {
                    return Err(error);
                }
            } else if !passes_by_itself(&error) {
                return Err(error);
            }
            tracing::debug!(part = part.number.get(), attempt, %error, "a part will be sent again");
            self.live.trouble(&error, None);
            self.link.fails(&error);
            self.link.back_off(attempt, &error).await;
        }
    }

    async fn attempt(&self, upload: &UploadId, part: Part, again: bool) -> Result<PartRow> {
        self.file.check(&self.fingerprint)?;
        let body = PartBody {
            file: Arc::clone(&self.file),
            offset: part.offset,
            len: part.len,
            sent: self.live.take_off(part.number, again),
            fingerprint: self.fingerprint.clone(),
            gate: Gate::default(),
        };
        failpoint::pass("part", Side::Before);
        let sent = self.bucket.upload_part(&self.key, upload, part.number, body).await?;
        failpoint::pass("part", Side::After);
        self.link.works();
        Ok(PartRow { number: part.number, etag: sent.etag, crc64: sent.crc64, size: ByteCount(sent.size) })
    }
}

/// Whether the same request is worth sending again without anybody doing anything.
pub(super) fn passes_by_itself(error: &Error) -> bool {
    match error.retry {
        Retry::WhenOnline => true,
        Retry::After(_) => !matches!(error.code, ErrorCode::SourceOffline | ErrorCode::DiskFull),
        Retry::Never | Retry::WhenSignedIn | Retry::WhenFileQuiet => false,
    }
}

fn closed(_: tokio::sync::AcquireError) -> Error {
    Error::new(ErrorCode::Unexpected).detail("the engine is closing")
}
