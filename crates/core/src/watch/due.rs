//! Files that are safely there and of which something is to become (rule W24): each has its turn. One of which much is read first
//! keeps none of the others waiting. Pure.

use std::collections::BTreeSet;
use std::ops::Bound;

use crate::ids::TransferId;

/// Which they are, and whose turn was last.
#[derive(Debug, Default)]
pub(super) struct Due {
    all: BTreeSet<TransferId>,
    last: Option<TransferId>,
}

impl Due {
    pub(super) fn insert(&mut self, transfer: TransferId) {
        self.all.insert(transfer);
    }

    /// Takes out the one whose turn it is: the next after the one that was taken before.
    pub(super) fn take(&mut self) -> Option<TransferId> {
        let after = self.last.map_or(Bound::Unbounded, Bound::Excluded);
        let next = self.all.range((after, Bound::Unbounded)).next().or_else(|| self.all.first()).copied()?;
        self.all.remove(&next);
        self.last = Some(next);
        Some(next)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    #[cfg(test)]
    pub(super) fn contains(&self, transfer: TransferId) -> bool {
        self.all.contains(&transfer)
    }
}

impl Extend<TransferId> for Due {
    fn extend<T: IntoIterator<Item = TransferId>>(&mut self, more: T) {
        self.all.extend(more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// W24: a file that is put back as often as it is taken, as one is that is read.
    #[test]
    fn one_that_is_not_done_yet_keeps_no_other_waiting() {
        let mut due = Due::default();
        let ids = [1, 2, 3].map(TransferId::new);
        due.extend(ids);
        let mut took = Vec::new();
        while let Some(next) = due.take()
            && took.len() < 6
        {
            took.push(next);
            if next == ids[0] || took.len() < 3 {
                due.insert(next);
            }
        }
        assert_eq!(took, [1, 2, 3, 1, 2, 1].map(TransferId::new));
    }
}
