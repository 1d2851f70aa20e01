//! Sending the parts of one upload: as many at a time as the shared pool lets, each tried until it is there.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use super::damage::Damage;
use super::link::Link;
use super::live::Live;
use crate::error::{Error, ErrorCode, Result};
use crate::failpoint::{self, Side};
use crate::file::{Fingerprint, SourceFile};
use crate::ids::{ObjectKey, PartNumber, TransferId, UploadId};
use crate::journal::{Journal, PartRow, Write};
use crate::s3::{Bucket, Gate, PartBody};
use crate::transfer::{Part, Plan};
use crate::units::ByteCount;

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
        let (mut permit, damage) = (Some(permit), Damage::default());
        let once = || self.once(upload, part, permit.take(), &damage);
        let held = |error: &Error, wait| self.live.waits(error, wait);
        // Whoever stops it drops it.
        let row = self.link.patiently(&CancellationToken::new(), once, held).await?;
        self.journal.write(vec![Write::Part(self.id, row.clone())]).await?;
        self.live.land(part.number, Some(part.len));
        Ok(row)
    }

    /// One try. A part that waits for its next leaves its place to others, and takes one again here.
    async fn once(
        &self,
        upload: &UploadId,
        part: Part,
        permit: Option<OwnedSemaphorePermit>,
        damage: &Damage,
    ) -> Result<PartRow> {
        let again = permit.is_none();
        let _held = match permit {
            Some(permit) => permit,
            None => Arc::clone(&self.pool).acquire_owned().await.map_err(closed)?,
        };
        let outcome = self.attempt(upload, part, again).await;
        if outcome.is_err() {
            self.live.land(part.number, None);
        }
        outcome.map_err(|error| damage.weigh(error))
    }

    #[tracing::instrument(name = "part", level = "debug", skip_all, fields(number = part.number.get(), bytes = part.len, again))]
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
        Ok(PartRow { number: part.number, etag: sent.etag, crc64: sent.crc64, size: ByteCount(sent.size) })
    }
}

fn closed(_: tokio::sync::AcquireError) -> Error {
    Error::new(ErrorCode::Unexpected).detail("the engine is closing")
}
