//! What drives, walks and chores tell: the book follows.

use super::Actor;
use crate::engine::book::Rest;
use crate::engine::drive::Report;
use crate::error::ErrorCode;
use crate::ids::TransferId;
use crate::journal::Write;
use crate::transfer::{Input, Standing, TransferState, step};
use crate::units::ByteCount;

impl Actor {
    pub(super) async fn report(&mut self, report: Report) {
        self.dirty = true;
        match &report {
            Report::Stands { .. } | Report::Found { .. } | Report::Anew { .. } | Report::Walked { .. } => {
                self.shelf.stuck = None;
            }
            Report::Bound { .. }
            | Report::Mount { .. }
            | Report::Forgotten { .. }
            | Report::Rests { .. }
            | Report::Stuck { .. }
            | Report::Swept { .. }
            | Report::HandedOver { .. } => {}
        }
        match report {
            Report::Stuck { code } => self.shelf.stuck = Some(code),
            Report::Stands { id, state } => {
                let Some(at) = self.shelf.book.index(id) else { return };
                // What is at an end is told with the rest, once nothing runs.
                if let Rest::Active { verifying } = Rest::of(&state) {
                    let slot = self.shelf.book.slots[at as usize];
                    self.set(at, Rest::Active { verifying }, slot.size, slot.acknowledged);
                }
            }
            Report::Bound { batch, scope } => {
                if let Some(batch) = self.shelf.batches.get_mut(&batch) {
                    batch.scope.get_or_insert(scope);
                }
            }
            Report::Rests { id, standing, size, sent, held_since } => {
                match held_since {
                    Some(since) => self.held.insert(id, since),
                    None => self.held.remove(&id),
                };
                self.rests(id, &standing, size, sent).await;
            }
            Report::Found { item, files, skipped } => {
                for (id, size, standing) in files {
                    self.shelf.book.add(id, item, size, &standing, ByteCount::ZERO);
                    if matches!(standing.state, TransferState::Failed { .. }) {
                        self.ended.push(id);
                    }
                }
                if let Some(item) = self.shelf.book.item_mut(item) {
                    item.skipped = skipped;
                }
            }
            Report::Mount { mount, away } => self.mount_is(&mount, away),
            Report::Swept { left } => self.leftovers.ended(left),
            Report::HandedOver { left } => self.receipts.ended(left),
            Report::Anew { files } => self.anew(files),
            Report::Forgotten { files } => self.shelf.book.forget(&files),
            Report::Walked { item } => {
                self.walking.remove(&item);
                if let Some(item) = self.shelf.book.item_mut(item) {
                    item.counting = false;
                    self.ending.insert(item.batch);
                }
            }
        }
    }

    /// Puts on record what could not be before. Nothing begins until then.
    pub(super) async fn pay(&mut self) {
        for (id, standing) in self.owed.clone() {
            match self.shared.journal.write(vec![Write::Standing(id, standing)]).await {
                // A row that is damaged is never written on, and nobody waits for it.
                Err(error) if error.code != ErrorCode::JournalDamaged => {
                    tracing::warn!(%id, %error, "where a transfer stands could not be put on record yet");
                    self.shelf.stuck = Some(error.code);
                    return;
                }
                _ => self.owed.remove(&id),
            };
        }
    }

    async fn rests(&mut self, id: TransferId, standing: &Standing, size: ByteCount, sent: ByteCount) {
        self.shelf.running.remove(&id);
        let (asked, then) = self.active.remove(&id).map_or((None, None), |active| (active.asked, active.then));
        let Some(at) = self.shelf.book.index(id) else { return };
        // A drive that never left the line rests as it was found.
        let rest = match Rest::of(&standing.state) {
            Rest::Active { .. } => Rest::Queued,
            rest => rest,
        };
        let slot = self.shelf.book.slots[at as usize];
        let sent = if sent == ByteCount::ZERO && standing.on_s3 != crate::transfer::OnS3::Nothing {
            slot.acknowledged
        } else {
            sent
        };
        self.shelf.book.set(at, rest, size, sent, &standing.on_s3);
        match rest {
            Rest::Done { .. } | Rest::Failed { .. } | Rest::Cancelled { .. } => {
                self.ended.push(id);
                self.ending.insert(self.shelf.book.item_of(at).batch);
            }
            Rest::Waiting { code: ErrorCode::SourceOffline, .. } => {
                if let Some(mount) = self.shelf.book.item_of(at).mount.clone() {
                    self.mount_is(&mount, true);
                }
            }
            _ => {}
        }
        // Asked to rest at the very moment it rested by itself: ask again, now of its standing.
        let mut standing = standing.clone();
        if let Some(input) = asked {
            let missed = match (&input, rest) {
                (Input::Cancel(_), Rest::Cancelled { .. }) | (_, Rest::Done { .. } | Rest::Paused { .. }) => false,
                (Input::Pause(..), _) => matches!(rest, Rest::Queued | Rest::Waiting { .. }),
                _ => true,
            };
            if missed && let Ok((next, _)) = step(&standing, input) {
                self.shelf.book.set(at, Rest::of(&next.state), size, sent, &next.on_s3);
                self.owed.insert(id, next.clone());
                self.pay().await;
                standing = next;
            }
        }
        if let Some(input) = then {
            self.last_word(at, &standing, input).await;
        }
        if matches!(self.shelf.book.slots[at as usize].rest, Rest::Cancelled { .. })
            && self.shelf.book.slots[at as usize].on_s3
            && !self.sweeps.contains_key(&id)
            && self.swept.is_empty()
        {
            self.sweeps.insert(id, self.until_final());
        }
    }
}
