//! How many of a folder's files stand where, for its card: counted anew now and then.

use tokio::time::{Duration, Instant};

use super::agenda::{Agenda, Unsettled};
use super::card::Counts;
use super::passed::Kinds;
use crate::bandwidth::Zone;
use crate::ids::WatchId;
use crate::journal::{Journal, Tallied};
use crate::units::UnixTime;

/// How often it is counted anew at most.
const COUNTED: Duration = Duration::from_secs(1);
/// How often it is while something moves no further: that it does again nobody tells.
const STALLED: Duration = Duration::from_secs(10);

/// What was counted last.
#[derive(Debug)]
pub(super) struct Tally {
    stale: bool,
    at: Option<Instant>,
    /// Between two counts.
    pause: Duration,
    given: Tallied,
    unsettled: Unsettled,
}

impl Default for Tally {
    fn default() -> Self {
        Self { stale: true, at: None, pause: COUNTED, given: Tallied::default(), unsettled: Unsettled::default() }
    }
}

impl Tally {
    /// Something is another number by now.
    pub(super) const fn is_stale(&mut self) {
        self.stale = true;
    }

    /// When it is to be counted anew, where it is.
    pub(super) fn due(&self) -> Option<Instant> {
        let pause = if self.stale {
            self.pause
        } else if self.given.stalled > 0 {
            STALLED.max(self.pause * 5)
        } else {
            return None;
        };
        Some(self.at.map_or_else(Instant::now, |at| at + pause))
    }

    /// Counts where that is due.
    pub(super) async fn count(&mut self, journal: &Journal, id: WatchId, agenda: &Agenda) {
        if self.due().is_none_or(|at| at > Instant::now()) {
            return;
        }
        let begun = Instant::now();
        let midnight = Zone::here().day_began(UnixTime::now());
        if let Ok(given) = journal.read(move |reader| reader.watched_counts(id, midnight)).await {
            self.given = given;
        }
        self.unsettled = agenda.unsettled();
        // Counting a hundred thousand files takes a twentieth of the time at most.
        self.pause = COUNTED.max(begun.elapsed() * 20);
        (self.at, self.stale) = (Some(Instant::now()), false);
    }

    /// As it was counted last, beside what was passed over.
    pub(super) const fn counts(&self, passed: Kinds) -> Counts {
        let Tallied { moving, stalled, rests, done, since: today, failed, .. } = self.given;
        let Unsettled { all: settling, still_written, waiting } = self.unsettled;
        let waiting = waiting.saturating_add(rests);
        let Kinds { placeholders, others: passed, unreadable, refused } = passed;
        Counts {
            settling,
            still_written,
            waiting,
            moving,
            stalled,
            done,
            today,
            failed,
            placeholders,
            passed,
            unreadable,
            refused,
        }
    }

    /// When a file was last done, as of the last count.
    pub(super) const fn last(&self) -> Option<UnixTime> {
        self.given.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// W30.
    #[test]
    fn what_moves_no_further_is_counted_anew_though_nobody_tells_that_it_moves() {
        let at = Instant::now();
        let counted = |stalled, stale| {
            let given = Tallied { stalled, ..Tallied::default() };
            Tally { stale, at: Some(at), given, ..Tally::default() }
        };
        assert_eq!(counted(0, false).due(), None);
        assert_eq!(counted(1, false).due(), Some(at + STALLED));
        assert_eq!(counted(1, true).due(), Some(at + COUNTED), "what is told is counted as soon as ever");
    }
}
