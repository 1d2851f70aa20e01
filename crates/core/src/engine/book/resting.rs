//! A pause by the schedule, for what is around the computer, or for a while: what is in line rests, but for what a person lets go on.

use std::collections::HashSet;

use super::{Book, Rest};
use crate::engine::feed::PausedBy;
use crate::ids::TransferId;
use crate::units::UnixTime;

/// A pause of everything.
#[derive(Debug)]
pub(in crate::engine) struct Resting {
    /// Whose it is.
    pub(in crate::engine) by: PausedBy,
    since: UnixTime,
    /// What a person lets go on all the same.
    but: HashSet<TransferId>,
}

/// What keeps files in line from going on.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) enum Kept<'a> {
    /// Nothing.
    No,
    /// Nobody is signed in.
    Held,
    /// A pause of everything.
    Resting(&'a Resting),
}

impl Kept<'_> {
    /// Who keeps this one, and since when.
    pub(in crate::engine) fn rests(self, id: TransferId) -> Option<(PausedBy, UnixTime)> {
        match self {
            Self::Resting(resting) if !resting.but.contains(&id) => Some((resting.by, resting.since)),
            _ => None,
        }
    }
}

impl Book {
    /// The pause of everything, while there is one.
    pub(in crate::engine) fn rests(&self) -> Option<&Resting> {
        self.resting.as_ref()
    }

    /// Everything pauses since then, or does not any more.
    pub(in crate::engine) fn rest(&mut self, pause: Option<(PausedBy, UnixTime)>) {
        self.resting = pause.map(|(by, since)| Resting { by, since, but: HashSet::new() });
        self.line_up();
    }

    /// Whether a person lets it go on though everything pauses.
    pub(in crate::engine) fn goes_on_by_hand(&self, id: TransferId) -> bool {
        self.resting.as_ref().is_none_or(|resting| resting.but.contains(&id))
    }

    /// A person lets these go on though everything pauses. Answers how many were in line.
    pub(in crate::engine) fn go_on_by_hand(&mut self, files: &[u32]) -> u32 {
        let Some(resting) = &mut self.resting else { return 0 };
        let mut in_line = 0;
        for slot in files.iter().map(|at| &self.slots[*at as usize]) {
            in_line += u32::from(resting.but.insert(slot.id) && slot.rest == Rest::Queued);
        }
        self.line_up();
        in_line
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::book::Item;
    use crate::ids::{BatchId, ItemId};
    use crate::transfer::Standing;
    use crate::units::ByteCount;

    #[test]
    fn while_the_schedule_pauses_only_what_a_person_lets_go_on_is_in_line() {
        let mut book = Book::default();
        let item = ItemId::new(1);
        book.add_item(Item { folder: true, ..Item::new(item, BatchId::new(1), "rushes") });
        let add =
            |book: &mut Book, id| book.add(TransferId::new(id), item, ByteCount(10), &Standing::NEW, ByteCount::ZERO);
        add(&mut book, 1);
        let pause = (PausedBy::Schedule, UnixTime(7));
        book.rest(Some(pause));
        add(&mut book, 2);
        add(&mut book, 3);
        assert_eq!(book.next_small(|_| true), None);
        assert_eq!(book.go_on_by_hand(&[1]), 1);
        assert_eq!(book.go_on_by_hand(&[1]), 0, "it was before");
        assert_eq!(book.next_small(|_| true), Some(1));
        let kept = Kept::Resting(book.rests().expect("it pauses"));
        assert_eq!((kept.rests(TransferId::new(1)), kept.rests(TransferId::new(2))), (Some(pause), None));
        book.rest(None);
        assert_eq!(book.next_small(|_| true), Some(0));
    }
}
