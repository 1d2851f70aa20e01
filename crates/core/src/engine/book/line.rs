//! Files of one kind that wait for a slot, by where they are to go: what one destination holds up holds up no other.

use std::collections::BTreeSet;

/// A file in line: its row's place in the order, and its own among all files.
pub(super) type Turn = (u32, u32);

/// The lines of all destinations, each by its number.
#[derive(Debug, Default)]
pub(super) struct Line(Vec<BTreeSet<Turn>>);

impl Line {
    pub(super) fn insert(&mut self, to: u16, turn: Turn) {
        let to = usize::from(to);
        if self.0.len() <= to {
            self.0.resize_with(to + 1, BTreeSet::new);
        }
        self.0[to].insert(turn);
    }

    pub(super) fn remove(&mut self, to: u16, turn: Turn) {
        if let Some(line) = self.0.get_mut(usize::from(to)) {
            line.remove(&turn);
        }
    }

    /// The first file in line of all whose destination has room.
    pub(super) fn next(&self, has_room: impl Fn(u16) -> bool) -> Option<u32> {
        let lines = (0..).zip(&self.0).filter(|(to, line)| !line.is_empty() && has_room(*to));
        lines.filter_map(|(_, line)| line.first()).min().map(|(_, file)| *file)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.iter().map(BTreeSet::len).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_without_room_holds_up_no_other() {
        let mut line = Line::default();
        for (to, turn) in [(0, (0, 0)), (0, (1, 1)), (2, (2, 2)), (1, (3, 3)), (2, (4, 4))] {
            line.insert(to, turn);
        }
        assert_eq!(line.next(|_| true), Some(0), "in their order, wherever they go");
        assert_eq!(line.next(|to| to != 0), Some(2));
        assert_eq!(line.next(|to| to == 1), Some(3));
        assert_eq!(line.next(|_| false), None);
        line.remove(2, (2, 2));
        line.remove(9, (2, 2));
        assert_eq!((line.next(|to| to == 2), line.len()), (Some(4), 4));
    }
}
