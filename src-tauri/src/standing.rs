//! What stands around the window is told of the list: its numbers, and what was done last. One feed for all of it.

use std::sync::Arc;

use davit_core::bandwidth::Why;
use davit_core::engine::Engine;
use davit_core::engine::feed::{Filter, Overview, Slice, Totals, Update, View};
use davit_core::ids::ItemId;

use crate::shell::Shell;

/// So many of what was done last are named.
const RECENT: u32 = 5;

/// What is known of the list.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Standing {
    /// Its numbers.
    pub(crate) totals: Totals,
    /// Rows that were done last, the last first.
    pub(crate) recent: Vec<(ItemId, String)>,
}

impl Standing {
    /// Whether something is sent, or tried: an end of the program would stop it.
    pub(crate) fn sends(&self) -> bool {
        let Totals { overview, moving, .. } = &self.totals;
        *moving > 0 && matches!(overview, Overview::Moving | Overview::Offline | Overview::Waiting(_))
    }

    /// Whether something is sent by itself, now or when a pause ends.
    pub(crate) fn goes_on(&self) -> bool {
        self.sends() || (self.totals.overview == Overview::Paused && self.totals.limit.paused)
    }

    /// Whether a person paused everything for a while.
    pub(crate) fn is_paused_for_a_while(&self) -> bool {
        self.totals.limit.paused && self.totals.limit.why == Why::Chosen
    }
}

/// How far all of it is, in percent.
pub(crate) fn percent(totals: &Totals) -> Option<u64> {
    let percent = totals.sent.get().saturating_mul(100).checked_div(totals.size.get())?;
    Some(percent.min(100))
}

/// The last rows that are done, of so many.
fn last(done: u32) -> View {
    View { filter: Filter::Done, first: done.saturating_sub(RECENT), count: RECENT, ..View::default() }
}

fn recent(slice: &Slice) -> Vec<(ItemId, String)> {
    slice.rows.iter().rev().map(|row| (row.id, row.name.clone())).collect()
}

/// Follows the list as long as the engine lives.
pub(crate) async fn follow(engine: Engine, shell: Arc<Shell>) {
    let Ok(mut feed) = engine.subscribe(last(0)).await else { return };
    let mut now = Standing::default();
    while let Some(update) = feed.next().await {
        let done = now.totals.done;
        match update {
            Update::Snapshot(all) => now = Standing { recent: recent(&all.slice), totals: all.totals },
            Update::Delta(some) => {
                now.totals = some.totals;
                if let Some(slice) = &some.slice {
                    now.recent = recent(slice);
                }
            }
        }
        if now.totals.done != done {
            feed.set_view(last(now.totals.done));
        }
        shell.stands(&now);
    }
}

#[cfg(test)]
mod tests {
    use davit_core::bandwidth::LimitNow;
    use davit_core::engine::feed::Wait;
    use davit_core::error::ErrorCode;

    use super::*;

    fn standing(overview: Overview, moving: u32) -> Standing {
        Standing { totals: Totals { overview, moving, ..Totals::default() }, ..Standing::default() }
    }

    #[test]
    fn what_is_tried_is_sent_and_what_a_pause_holds_goes_on_when_it_ends() {
        let wait = Wait::new(ErrorCode::StorageBusy, None, None);
        for overview in [Overview::Moving, Overview::Offline, Overview::Waiting(wait)] {
            assert!(standing(overview, 1).sends());
        }
        for overview in [Overview::Empty, Overview::Paused, Overview::NeedsYou, Overview::Moving] {
            assert!(!standing(overview, 0).goes_on());
        }
        let mut paused = standing(Overview::Paused, 0);
        paused.totals.limit = LimitNow { paused: true, why: Why::Schedule, ..LimitNow::default() };
        assert!(paused.goes_on() && !paused.sends() && !paused.is_paused_for_a_while());
        paused.totals.limit.why = Why::Chosen;
        assert!(paused.goes_on() && paused.is_paused_for_a_while());
    }

    #[test]
    fn the_last_of_what_is_done_is_looked_at() {
        assert_eq!((last(0).first, last(5).first, last(12).first), (0, 0, 7));
        assert_eq!((last(12).filter, last(12).count), (Filter::Done, 5));
    }
}
