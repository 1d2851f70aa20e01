//! Sending the parts of one upload: as many at a time as the shared pool lets, each tried until it is there.

use std::collections::VecDeque;
use std::sync::Arc;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use tokio_util::sync::CancellationToken;

use super::damage::Damage;
use super::link::Link;
use super::live::Live;
use super::pool::{PartPlace, Pool};
use super::routes::Route;
use super::tail::Tail;
use crate::error::{Error, Result};
use crate::failpoint::{self, Side};
use crate::file::{Fingerprint, SourceFile};
use crate::ids::{ObjectKey, PartNumber, TransferId, UploadId};
use crate::journal::{Journal, Write};
use crate::s3::{Gate, PartBody, Tapped};
use crate::transfer::{Acknowledged, AcknowledgedPart, Part, Plan};

/// Everything a part needs besides its range. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Sender {
    pub(super) id: TransferId,
    pub(super) route: Arc<Route>,
    pub(super) key: ObjectKey,
    pub(super) file: Arc<SourceFile>,
    pub(super) fingerprint: Fingerprint,
    pub(super) journal: Journal,
    pub(super) pool: Arc<Pool>,
    pub(super) link: Arc<Link>,
    pub(super) live: Arc<Live>,
    /// Where bytes are taken from.
    pub(super) tapped: Tapped,
}

impl Sender {
    /// Sends what is missing of `plan`; answers once every part is acknowledged and journaled.
    ///
    /// # Cancellation
    /// Dropping it drops the parts in flight; what was acknowledged is on record.
    ///
    /// # Errors
    /// The first error that trying again cannot mend.
    pub(super) async fn send_missing(&self, upload: &UploadId, plan: &Plan, parts: &mut Acknowledged) -> Result<()> {
        parts.make_room(plan);
        let mut todo: VecDeque<PartNumber> =
            plan.parts().map(|part| part.number).filter(|number| !parts.has(*number)).collect();
        let tail = Tail::default();
        let mut flights = FuturesUnordered::new();
        while !(todo.is_empty() && flights.is_empty()) {
            tokio::select! {
                biased;
                Some(landed) = flights.next(), if !flights.is_empty() => {
                    let row: AcknowledgedPart = landed?;
                    parts.insert(row);
                }
                // Of what waits for its next try no more than of what is sent: a network that is gone, or a store that is busy,
                // is not asked for all there is.
                place = self.pool.to_send_by(&self.route, &self.live),
                    if !todo.is_empty() && flights.len() < 2 * self.pool.places() =>
                {
                    let place = place?;
                    if let Some(part) = todo.pop_front().and_then(|number| plan.part(number)) {
                        flights.push(self.send(upload, part, place, &tail));
                    }
                    if todo.is_empty() {
                        tail.begins();
                    }
                }
            }
        }
        Ok(())
    }

    async fn send(&self, upload: &UploadId, part: Part, place: PartPlace, tail: &Tail) -> Result<AcknowledgedPart> {
        let (mut place, damage) = (Some(place), Damage::default());
        let once = || self.once(upload, part, place.take(), &damage, tail);
        let held = |error: &Error, wait| self.live.waits(error, wait);
        // Whoever stops it drops it.
        let (row, place) = self.link.patiently(&CancellationToken::new(), once, held).await?;
        self.recorded(&row, place, tail).await?;
        self.live.land(part.number, Some(part.len));
        Ok(row)
    }

    /// What the store acknowledged goes on record at once, or with the next ones; its place goes to others as soon as it may
    /// wait in another.
    async fn recorded(&self, row: &AcknowledgedPart, sent_in: PartPlace, tail: &Tail) -> Result<()> {
        let row = vec![Write::Part(self.id, row.clone())];
        let writing = async {
            if tail.is_ahead() { self.journal.write_with_others(row).await } else { self.journal.write(row).await }
        };
        tokio::pin!(writing);
        let _waits_in = tokio::select! {
            biased;
            written = &mut writing => return written,
            place = self.pool.to_record() => place?,
        };
        drop(sent_in);
        writing.await
    }

    /// One try, and the place it was sent in. A part that waits for its next leaves its place to others, and takes one
    /// again here.
    async fn once(
        &self,
        upload: &UploadId,
        part: Part,
        place: Option<PartPlace>,
        damage: &Damage,
        tail: &Tail,
    ) -> Result<(AcknowledgedPart, PartPlace)> {
        let again = place.is_none();
        let place = match place {
            Some(place) => place,
            None => self.pool.to_send_by(&self.route, &self.live).await?,
        };
        let out = || self.live.is_out(part.number, part.len);
        let second = async || self.attempt(upload, part, true).await;
        let raced = tail.raced(&self.pool, out, self.attempt(upload, part, again), second);
        match raced.await {
            Ok(row) => Ok((row, place)),
            Err(error) => {
                self.live.land(part.number, None);
                Err(damage.weigh(error))
            }
        }
    }

    #[tracing::instrument(name = "part", level = "debug", skip_all, fields(number = part.number.get(), bytes = part.len, again))]
    async fn attempt(&self, upload: &UploadId, part: Part, again: bool) -> Result<AcknowledgedPart> {
        self.file.still(&self.fingerprint).await?;
        let body = PartBody {
            file: Arc::clone(&self.file),
            offset: part.offset,
            len: part.len,
            sent: self.live.take_off(part.number, again),
            moved: self.live.moved(),
            tally: self.pool.tally(),
            fingerprint: self.fingerprint.clone(),
            gate: Gate::default(),
            tapped: self.tapped.clone(),
        };
        failpoint::pass("part", Side::Before);
        let outcome = self.route.bucket.upload_part(&self.key, upload, part.number, body).await;
        self.pool.came_to(&self.route.reach, &outcome);
        let sent = outcome?;
        failpoint::pass("part", Side::After);
        Ok(sent)
    }
}
