//! Answers those who wait until their rows move no more.

use std::collections::HashSet;

use tokio::time::{Duration, Instant};

use super::{Actor, Settled, TICK};
use crate::engine::book::Rest;
use crate::engine::feeds::Subscriber;
use crate::engine::shelf::Shelf;
use crate::ids::ItemId;

/// Who waits for an end is told this soon after the last of it: what else happens at once is told with it.
const AT_LAST: Duration = Duration::from_millis(1);

impl Actor {
    /// How many run, walk or tidy up, or are in line, and how many wait for an end of all that.
    pub(super) fn waits_for(&self) -> (usize, usize) {
        let chores = usize::from(self.leftovers.runs()) + usize::from(self.receipts.runs());
        let book = &self.shelf.book;
        let in_line = usize::from(!self.hold && book.has_line());
        (self.active.len() + self.walking.len() + chores + in_line, self.settling.len() + self.swept.len())
    }

    /// When those who wait for an end are answered after something happened: with the next tick, and sooner where it was the
    /// last that ran, or the question itself.
    pub(super) fn next_answer(&self, (ran, asked): (usize, usize)) -> Instant {
        let (runs, asks) = self.waits_for();
        let is_the_last = runs == 0 && asks > 0 && (ran > 0 || asks > asked);
        Instant::now() + if is_the_last { AT_LAST } else { TICK }
    }

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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::engine::feed::View;
    use crate::engine::fixture::{records, rows, start};
    use crate::engine::{Engine, Start};
    use crate::transfer::{OnS3, Standing, TransferState};
    use crate::units::UnixTime;

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_for_an_end_is_told_as_soon_as_nothing_runs() {
        let home = tempfile::tempdir().expect("a folder");
        let standing =
            Standing { state: TransferState::Done { etag: "e".into(), at: UnixTime(7) }, on_s3: OnS3::Nothing };
        let records = records(home.path(), rows(Path::new("/cut.mov"), standing)).await;
        let start = Start { hold: true, ..start(home.path(), records) };
        let engine = Engine::start(start, &tokio::runtime::Handle::current());
        // The first tick comes at once.
        engine.subscribe(View::default()).await.expect("there").next().await.expect("a snapshot");
        for _ in 0..3 {
            let begun = Instant::now();
            let settled = engine.settled(vec![ItemId::new(1)]).await.expect("settled");
            assert_eq!(settled.uploaded, 1);
            engine.sweep().await.expect("nothing to sweep");
            assert!(begun.elapsed() < Duration::from_millis(100), "{:?}", begun.elapsed());
        }
        engine.close().await;
    }
}
