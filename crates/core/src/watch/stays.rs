//! Files that were uploaded and could not be taken away (rule W24): each stays where it is, and is tried again ever later. Pure.

use std::collections::{BTreeSet, HashMap};

use tokio::time::Instant;

use super::backoff::pause;
use crate::ids::TransferId;

/// Which they are, and when each is tried again.
#[derive(Debug, Default)]
pub(super) struct Stays {
    /// How often each could not be taken in a row, and when it is tried next, or was last.
    known: HashMap<TransferId, (u32, Instant)>,
    /// Those that are not being tried, by their times.
    next: BTreeSet<(Instant, TransferId)>,
}

impl Stays {
    /// One could not be taken, once more.
    pub(super) fn again(&mut self, transfer: TransferId, now: Instant) {
        let (times, at) = self.known.entry(transfer).or_insert((0, now));
        self.next.remove(&(*at, transfer));
        *times += 1;
        *at = now + pause(*times);
        self.next.insert((*at, transfer));
    }

    /// Nothing more is to become of one.
    pub(super) fn forget(&mut self, transfer: TransferId) {
        if let Some((_, at)) = self.known.remove(&transfer) {
            self.next.remove(&(at, transfer));
        }
    }

    /// Those whose time has come. Each of them is told once.
    pub(super) fn due(&mut self, now: Instant) -> Vec<TransferId> {
        let mut due = Vec::new();
        while let Some((at, transfer)) = self.next.first().copied()
            && at <= now
        {
            self.next.pop_first();
            due.push(transfer);
        }
        due
    }

    /// A person wants to know now, or wants something else: all of them are tried at once.
    pub(super) fn hurry(&mut self, now: Instant) {
        for (_, transfer) in std::mem::take(&mut self.next) {
            if let Some((_, at)) = self.known.get_mut(&transfer) {
                *at = now;
                self.next.insert((now, transfer));
            }
        }
    }

    /// When the first of them is tried again.
    pub(super) fn next(&self) -> Option<Instant> {
        self.next.first().map(|(at, _)| *at)
    }

    pub(super) fn contains(&self, transfer: TransferId) -> bool {
        self.known.contains_key(&transfer)
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.known.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Duration;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    /// W24: what cannot be taken away keeps nobody busy.
    #[tokio::test]
    async fn what_could_not_be_taken_away_is_tried_ever_later_and_at_once_where_a_person_wants_that() {
        let [first, second] = [1, 2].map(TransferId::new);
        let (mut stays, now) = (Stays::default(), Instant::now());
        stays.again(first, now);
        assert_eq!(stays.next(), Some(now + MINUTE / 2));
        assert!(stays.due(now + MINUTE / 4).is_empty(), "before its time");
        assert_eq!(stays.due(now + MINUTE / 2), [first]);
        assert!(stays.due(now + MINUTE).is_empty() && stays.contains(first), "it is being tried");
        stays.again(first, now + MINUTE);
        assert_eq!(stays.next(), Some(now + MINUTE * 2), "later than before");
        stays.again(second, now + MINUTE);
        stays.hurry(now + MINUTE);
        assert_eq!(stays.due(now + MINUTE), [first, second]);
        stays.again(first, now + MINUTE);
        assert_eq!(stays.next(), Some(now + MINUTE * 6), "what was tried counts all the same");
        stays.forget(first);
        assert!(stays.next().is_none() && !stays.is_empty(), "the other is being tried");
        stays.forget(second);
        assert!(stays.is_empty());
    }
}
