//! Answers those who wait until their rows move no more.

use std::collections::HashSet;

use super::{Actor, Settled};
use crate::engine::book::Rest;
use crate::engine::feeds::Subscriber;
use crate::engine::shelf::Shelf;
use crate::ids::ItemId;

impl Actor {
    pub(super) fn settle(&mut self) {
        let feeds_know = self.ended.is_empty() && self.feeds.iter().all(Subscriber::told_all);
        for at in (0..self.settling.len()).rev() {
            if let Some(sum) = self.shelf.settled(&self.settling[at].0).filter(|_| feeds_know) {
                let (_, reply) = self.settling.swap_remove(at);
                let _ = reply.send(sum);
            }
        }
    }
}

impl Shelf {
    /// How rows ended; nothing while one of them moves by itself.
    pub(super) fn settled(&self, items: &[ItemId]) -> Option<Settled> {
        let mut sum = Settled::default();
        let wanted: HashSet<_> = items.iter().collect();
        for item in self.book.items.iter().filter(|item| wanted.contains(&item.id)) {
            let signed_out = self.held(item);
            let counts = item.counts;
            if item.counting || counts.active() > 0 || (counts.queued() > 0 && !signed_out) {
                return None;
            }
            sum.uploaded += counts.done();
            sum.skipped += item.skipped;
            sum.failed += counts.failed();
            sum.cancelled += counts.cancelled();
            sum.paused += counts.paused();
            sum.held += counts.queued();
            if counts.waiting() > 0 {
                if !signed_out {
                    return None;
                }
                sum.held += counts.waiting();
            }
        }
        for slot in self.book.slots.iter().filter(|slot| matches!(slot.rest, Rest::Done { .. })) {
            if wanted.contains(&self.book.items[slot.item as usize].id) {
                sum.bytes += slot.size;
            }
        }
        Some(sum)
    }
}
