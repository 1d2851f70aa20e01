//! What is shown of a watched folder: its card, as it stands.

use super::card::{Card, Counts, Doing, Notices};
use super::folder::Folder;
use crate::error::ErrorCode;
use crate::file::{drive_of, names};
use crate::journal::WatchRow;
use crate::units::ByteCount;

impl Folder {
    /// Tells whoever sees it, where anything is otherwise than it was.
    pub(super) async fn publish(&mut self) {
        self.tally.count(&self.shared.journal, self.row.id, &self.agenda).await;
        let counts = self.tally.counts(self.passed.kinds());
        let card = self.card_of(counts);
        self.card.send_if_modified(|before| {
            let differs = *before != card;
            *before = card;
            differs
        });
    }

    pub(super) fn card_of(&self, counts: Counts) -> Card {
        let mut card = card_of(&self.row, self.doing, self.events.notices());
        card.drive = self.drive.name(&self.row.path);
        (card.counts, card.last_done) = (counts, self.last_done.max(self.tally.last()));
        card.last_event = self.last_event;
        let passed = self.passed.kinds().problem();
        (card.problem, card.warning) = (self.problem.or(passed), self.warned.values().next_back().cloned());
        if self.shared.engine.is_elsewhere(&self.row.remote) {
            // What is in line rests until somebody turns there.
            card.counts.stalled = card.counts.stalled.saturating_add(std::mem::take(&mut card.counts.moving));
            card.problem = card.problem.or(Some(ErrorCode::NoCredentials));
        }
        card
    }

    pub(super) fn asks_about(&mut self, files: u32, bytes: ByteCount) {
        self.doing = Doing::Asks { files, bytes };
        self.tally.is_stale();
    }
}

/// A card of which nothing is counted yet.
pub(super) fn card_of(row: &WatchRow, doing: Doing, notices: Notices) -> Card {
    Card {
        id: row.id,
        path: row.path.clone(),
        shown: names::shown(&row.path),
        drive: drive_of(&row.path, None),
        destination: row.destination.label.clone(),
        to: row.destination.id.clone(),
        spec: row.spec.clone(),
        doing,
        notices,
        counts: Counts::default(),
        counters: row.counters,
        last_done: None,
        last_event: None,
        problem: None,
        warning: None,
    }
}
