//! Files that are safely there and of which something is to become (rule W24). Those that are read first come after all others, one
//! after the other: none keeps another waiting for longer than a piece of it takes. Pure.

use std::collections::BTreeSet;

use crate::ids::TransferId;

/// Which they are.
#[derive(Debug, Default)]
pub(super) struct Due {
    all: BTreeSet<TransferId>,
    /// Those of which it is known that much is to be read first.
    unread: BTreeSet<TransferId>,
}

impl Due {
    /// One came.
    pub(super) fn insert(&mut self, transfer: TransferId) {
        if !self.unread.contains(&transfer) {
            self.all.insert(transfer);
        }
    }

    /// Takes one out that was not looked at yet.
    pub(super) fn take(&mut self) -> Option<TransferId> {
        self.all.pop_first()
    }

    /// One is to be read first.
    pub(super) fn is_read_first(&mut self, transfer: TransferId) {
        self.unread.insert(transfer);
    }

    /// The one that is to be read: the same until it is [`Self::was_read`].
    pub(super) fn to_read(&self) -> Option<TransferId> {
        self.unread.first().copied()
    }

    /// It was read, or needs not be.
    pub(super) fn was_read(&mut self, transfer: TransferId) {
        self.unread.remove(&transfer);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty() && self.unread.is_empty()
    }

    #[cfg(all(test, unix))]
    pub(super) fn contains(&self, transfer: TransferId) -> bool {
        self.all.contains(&transfer) || self.unread.contains(&transfer)
    }
}

impl Extend<TransferId> for Due {
    fn extend<T: IntoIterator<Item = TransferId>>(&mut self, more: T) {
        for transfer in more {
            self.insert(transfer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// W24: however many they are.
    #[test]
    fn those_that_are_read_first_keep_no_other_waiting_and_are_read_one_after_the_other() {
        let mut due = Due::default();
        due.extend((1..=100).map(TransferId::new));
        while let Some(next) = due.take() {
            due.is_read_first(next);
        }
        due.extend([1, 101].map(TransferId::new));
        assert_eq!((due.take(), due.take()), (Some(TransferId::new(101)), None), "it is known of the first");
        for id in (1..=100).map(TransferId::new) {
            assert_eq!([(); 3].map(|()| due.to_read()), [Some(id); 3], "until it is read");
            due.was_read(id);
        }
        assert!(due.is_empty());
    }
}
