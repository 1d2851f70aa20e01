//! Answers those who wait until their rows move no more.

use std::collections::HashSet;

use super::{Actor, Settled};
use crate::engine::feeds::Subscriber;
use crate::ids::ItemId;

impl Actor {
    pub(super) fn settle(&mut self) {
        let shelf = &self.shelf;
        let settled = |items: &[ItemId]| {
            let mut sum = Settled::default();
            let wanted: HashSet<_> = items.iter().collect();
            for item in shelf.book.items.iter().filter(|item| wanted.contains(&item.id)) {
                let signed_out = shelf.held(item);
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
                sum.bytes += item.rested;
                if counts.waiting() > 0 {
                    if !signed_out {
                        return None;
                    }
                    sum.held += counts.waiting();
                }
            }
            Some(sum)
        };
        let feeds_know = self.ended.is_empty() && self.feeds.iter().all(Subscriber::told_all);
        for at in (0..self.settling.len()).rev() {
            if let Some(sum) = settled(&self.settling[at].0).filter(|_| feeds_know) {
                let (_, reply) = self.settling.swap_remove(at);
                let _ = reply.send(sum);
            }
        }
    }
}
