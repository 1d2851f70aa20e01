//! The order of rows: that of their coming, until a person changes it. What is first in it is uploaded first.

use std::collections::HashSet;

use super::{BEHIND, BELOW, Book, Item};
use crate::engine::feed::Filter;
use crate::ids::ItemId;

impl Book {
    /// Orders rows anew by these ranks.
    pub(in crate::engine) fn rank(&mut self, ranks: &[(ItemId, i64)]) {
        for (id, rank) in ranks {
            if let Some(item) = self.item_mut(*id) {
                item.rank = *rank;
            }
        }
        let items = &mut self.items;
        let mut all = std::mem::take(&mut self.order);
        all.append(&mut self.below);
        all.sort_by_key(|at| (items[*at as usize].rank, items[*at as usize].id));
        let first_below = all.partition_point(|at| items[*at as usize].rank < BELOW);
        self.below = all.split_off(first_below);
        self.order = all;
        for (place, at) in (0u32..).zip(&self.order).chain((BEHIND..).zip(&self.below)) {
            items[*at as usize].place = place;
        }
        self.line_up();
    }

    /// The ranks that move rows one place up or down among those in line; several keep their order. What is not in line
    /// stays where it is.
    pub(in crate::engine) fn moved(&self, rows: &HashSet<ItemId>, earlier: bool) -> Vec<(ItemId, i64)> {
        let mut line: Vec<&Item> = self.in_order().filter(|item| item.is_in_line()).collect();
        let ranks: Vec<i64> = line.iter().map(|item| item.rank).collect();
        if !earlier {
            line.reverse();
        }
        for at in 1..line.len() {
            if rows.contains(&line[at].id) && !rows.contains(&line[at - 1].id) {
                line.swap(at - 1, at);
            }
        }
        if !earlier {
            line.reverse();
        }
        let changed = line.iter().zip(ranks).filter(|(item, rank)| item.rank != *rank);
        changed.map(|(item, rank)| (item.id, rank)).collect()
    }

    /// The ranks that put rows before all others in line; they keep their order.
    pub(in crate::engine) fn moved_to_front(&self, rows: &HashSet<ItemId>) -> Vec<(ItemId, i64)> {
        let line = || self.in_order().filter(|item| item.is_in_line());
        let Some(before) = line().find(|item| !rows.contains(&item.id)).map(|item| item.rank) else {
            return Vec::new();
        };
        let chosen: Vec<&Item> = line().filter(|item| rows.contains(&item.id)).collect();
        if chosen.iter().all(|item| item.rank < before) {
            return Vec::new();
        }
        // Below every rank there is: nothing else need be ranked anew.
        let lowest = self.lowest_rank().unwrap_or(before);
        let first = lowest.saturating_sub_unsigned(chosen.len() as u64);
        chosen.iter().map(|item| item.id).zip(first..).collect()
    }

    /// The ranks that put rows behind all others in line; they keep their order. They are those that are in use, as what is added later
    /// comes after them. What comes below all that is given by hand stays there, and nothing else comes among it.
    pub(in crate::engine) fn moved_to_back(&self, rows: &HashSet<ItemId>) -> Vec<(ItemId, i64)> {
        let line: Vec<&Item> = self.in_order().filter(|item| item.is_in_line()).collect();
        let (above, below) = line.split_at(line.partition_point(|item| item.rank < BELOW));
        [above, below].into_iter().flat_map(|line| behind(line, rows)).collect()
    }

    /// The rank of the row that comes first.
    pub(in crate::engine) fn lowest_rank(&self) -> Option<i64> {
        self.items.iter().map(|item| item.rank).min()
    }

    fn places(&self) -> impl Iterator<Item = u32> {
        self.order.iter().chain(&self.below).copied()
    }

    fn in_order(&self) -> impl Iterator<Item = &Item> {
        self.places().map(|at| &self.items[at as usize])
    }

    /// Every row with its place in `items`, and how many before it are in line or move.
    fn lined_up(&self) -> impl Iterator<Item = (u32, &Item, u32)> {
        let mut ahead = 0;
        self.places().map(move |at| {
            let (item, before) = (&self.items[at as usize], ahead);
            ahead += u32::from(!item.removed && item.goes_on());
            (at, item, before)
        })
    }

    /// Rows in the list under a filter, in the order they are uploaded in, with how many before each are in line or move.
    pub(in crate::engine) fn rows(&self, filter: Filter) -> impl Iterator<Item = (&Item, u32)> {
        self.rows_at(filter).map(|(_, item, ahead)| (item, ahead))
    }

    /// The same, each with its place in `items`.
    pub(in crate::engine) fn rows_at(&self, filter: Filter) -> impl Iterator<Item = (u32, &Item, u32)> {
        self.lined_up().filter(move |(_, item, _)| !item.removed && item.passes(filter))
    }

    /// Rows before this one that are in line or move.
    pub(in crate::engine) fn ahead(&self, id: ItemId) -> u32 {
        self.lined_up().find(|(_, item, _)| item.id == id).map_or(0, |(_, _, ahead)| ahead)
    }
}

/// The ranks of a line that put rows behind all others of it.
fn behind(line: &[&Item], rows: &HashSet<ItemId>) -> Vec<(ItemId, i64)> {
    let ranks = line.iter().map(|item| item.rank);
    let (chosen, others): (Vec<&Item>, Vec<&Item>) = line.iter().copied().partition(|item| rows.contains(&item.id));
    let changed = others.into_iter().chain(chosen).zip(ranks).filter(|(item, rank)| item.rank != *rank);
    changed.map(|(item, rank)| (item.id, rank)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::book::Rest;
    use crate::ids::{BatchId, TransferId};
    use crate::transfer::{OnS3, Standing};
    use crate::units::ByteCount;

    const LARGE: ByteCount = ByteCount(20 << 20);

    /// Rows of one large file each, in line.
    fn in_line(rows: u64) -> Book {
        let mut book = Book::default();
        for n in 1..=rows {
            book.add_item(Item::new(ItemId::new(n), BatchId::new(1), "cut.mov"));
            book.add(TransferId::new(n), ItemId::new(n), LARGE, &Standing::NEW, ByteCount::ZERO);
        }
        book
    }

    fn set(book: &mut Book, row: u64, rest: Rest) {
        let at = book.index(TransferId::new(row)).expect("added");
        book.set(at, rest, LARGE, ByteCount::ZERO, &OnS3::Nothing);
    }

    fn moves(book: &mut Book, rows: &[u64], earlier: bool) {
        let ranks = book.moved(&rows.iter().copied().map(ItemId::new).collect(), earlier);
        book.rank(&ranks);
    }

    fn order(book: &Book) -> Vec<u64> {
        book.rows(Filter::All).map(|(item, _)| item.id.get()).collect()
    }

    /// Rows as they are taken, one after the other.
    fn taken(mut book: Book) -> Vec<u64> {
        let mut taken = Vec::new();
        while let Some(at) = book.next_large(|_| true) {
            taken.push(book.item_of(at).id.get());
            book.set(at, Rest::Active { verifying: false }, LARGE, ByteCount::ZERO, &OnS3::Nothing);
        }
        taken
    }

    /// W26.
    #[test]
    fn rows_of_watched_folders_come_after_what_is_given_by_hand_whenever_that_is() {
        let mut book = in_line(1);
        let add = |book: &mut Book, n: u64, rank: i64| {
            book.add_item(Item { rank, ..Item::new(ItemId::new(n), BatchId::new(1), "cut.mov") });
            book.add(TransferId::new(n), ItemId::new(n), LARGE, &Standing::NEW, ByteCount::ZERO);
        };
        add(&mut book, 2, BELOW + 2);
        add(&mut book, 3, 3);
        add(&mut book, 4, BELOW + 4);
        add(&mut book, 5, 5);
        assert_eq!(order(&book), [1, 3, 5, 2, 4]);
        moves(&mut book, &[2], true);
        add(&mut book, 6, 6);
        assert_eq!(order(&book), [1, 3, 2, 6, 5, 4], "a person moves them as any other");
        assert_eq!(taken(book), [1, 3, 2, 6, 5, 4]);
    }

    /// W26.
    #[test]
    fn what_is_moved_behind_all_others_stays_before_what_watched_folders_have_below_it() {
        for (rows, wanted) in [(&[1][..], [2, 1, 5, 3, 4]), (&[3], [1, 2, 5, 4, 3]), (&[1, 3], [2, 1, 5, 4, 3])] {
            let mut book = in_line(2);
            let add = |book: &mut Book, n: u64, rank: i64| {
                book.add_item(Item { rank, ..Item::new(ItemId::new(n), BatchId::new(1), "cut.mov") });
                book.add(TransferId::new(n), ItemId::new(n), LARGE, &Standing::NEW, ByteCount::ZERO);
            };
            add(&mut book, 3, BELOW + 3);
            add(&mut book, 4, BELOW + 4);
            let ranks = book.moved_to_back(&rows.iter().copied().map(ItemId::new).collect());
            book.rank(&ranks);
            add(&mut book, 5, 5);
            assert_eq!(order(&book), wanted, "{rows:?}");
        }
    }

    #[test]
    fn rows_that_are_moved_behind_all_others_keep_their_order_and_come_before_what_is_added_later() {
        for (rows, wanted) in [
            (&[1][..], [2, 3, 4, 5, 1]),
            (&[4, 1], [2, 3, 5, 1, 4]),
            (&[5], [1, 2, 3, 4, 5]),
            (&[1, 2, 3, 4, 5], [1, 2, 3, 4, 5]),
        ] {
            let mut book = in_line(5);
            // What is not in line stays where it is.
            book.add_item(Item::new(ItemId::new(6), BatchId::new(1), "cut.mov"));
            let ranks = book.moved_to_back(&rows.iter().copied().map(ItemId::new).collect());
            book.rank(&ranks);
            book.add_item(Item::new(ItemId::new(7), BatchId::new(1), "cut.mov"));
            assert_eq!(order(&book), [&wanted[..], &[6, 7]].concat(), "{rows:?}");
        }
    }

    #[test]
    fn rows_that_are_moved_go_one_place_and_keep_their_order() {
        for (rows, earlier, wanted) in [
            (&[3][..], true, [1, 3, 2, 4, 5]),
            (&[3], false, [1, 2, 4, 3, 5]),
            (&[1], true, [1, 2, 3, 4, 5]),
            (&[5], false, [1, 2, 3, 4, 5]),
            (&[2, 3], true, [2, 3, 1, 4, 5]),
            (&[1, 2, 4], true, [1, 2, 4, 3, 5]),
            (&[2, 5], true, [2, 1, 3, 5, 4]),
            (&[3, 4], false, [1, 2, 5, 3, 4]),
            (&[2, 4, 5], false, [1, 3, 2, 4, 5]),
        ] {
            let mut book = in_line(5);
            moves(&mut book, rows, earlier);
            assert_eq!(order(&book), wanted, "{rows:?} {earlier}");
            assert_eq!(taken(book), wanted, "{rows:?} {earlier}");
        }
    }

    #[test]
    fn what_has_begun_or_ended_is_passed_over_and_keeps_its_place() {
        let mut book = in_line(5);
        set(&mut book, 2, Rest::Active { verifying: false });
        set(&mut book, 3, Rest::Done { at: 5 });
        moves(&mut book, &[4], true);
        assert_eq!(order(&book), [4, 2, 3, 1, 5]);
        assert_eq!((book.ahead(ItemId::new(4)), book.ahead(ItemId::new(1))), (0, 2), "what is done is not ahead");
        moves(&mut book, &[2, 3], true);
        assert_eq!(order(&book), [4, 2, 3, 1, 5], "they are not in line");
        assert_eq!(taken(book), [4, 1, 5]);
    }

    #[test]
    fn a_gesture_that_comes_first_is_before_all_in_line_and_what_comes_later_behind_it() {
        let mut book = in_line(4);
        let first = |book: &mut Book, rows: &[u64]| {
            let ranks = book.moved_to_front(&rows.iter().copied().map(ItemId::new).collect());
            book.rank(&ranks);
        };
        first(&mut book, &[3, 4]);
        assert_eq!(order(&book), [3, 4, 1, 2]);
        first(&mut book, &[3]);
        assert_eq!(order(&book), [3, 4, 1, 2], "it is there");
        first(&mut book, &[3, 1]);
        assert_eq!(order(&book), [3, 1, 4, 2]);
        first(&mut book, &[3, 4]);
        book.add_item(Item::new(ItemId::new(5), BatchId::new(2), "cut.mov"));
        book.add(TransferId::new(5), ItemId::new(5), LARGE, &Standing::NEW, ByteCount::ZERO);
        assert_eq!(order(&book), [3, 4, 1, 2, 5]);
        assert_eq!(taken(book), [3, 4, 1, 2, 5]);
    }

    #[test]
    fn sums_follow_every_change() {
        let mut book = Book::default();
        let item = ItemId::new(1);
        book.add_item(Item { folder: true, ..Item::new(item, BatchId::new(1), "rushes") });
        book.add(TransferId::new(1), item, ByteCount(10), &Standing::NEW, ByteCount::ZERO);
        book.add(TransferId::new(2), item, ByteCount(20 << 20), &Standing::NEW, ByteCount::ZERO);
        assert_eq!((book.next_small(|_| true), book.next_large(|_| true)), (Some(0), Some(1)));

        book.set(0, Rest::Done { at: 5 }, ByteCount(10), ByteCount(10), &OnS3::Nothing);
        book.set(1, Rest::Cancelled { at: 6 }, ByteCount(20 << 20), ByteCount::ZERO, &OnS3::Nothing);
        let row = book.item(item).expect("added");
        assert_eq!((row.counts.done(), row.counts.cancelled(), row.counts.all()), (1, 1, 2));
        assert_eq!((row.size, row.rested), (ByteCount(10), ByteCount(10)));
        assert!(row.passes(Filter::Done) && !row.passes(Filter::Moving) && !row.passes(Filter::NeedsYou));
        assert_eq!((book.next_small(|_| true), book.next_large(|_| true)), (None, None));
    }

    #[test]
    fn a_folder_of_which_nothing_is_found_yet_is_ahead_of_what_comes_after_it() {
        let mut book = in_line(1);
        let folder =
            |id, counting| Item { folder: true, counting, ..Item::new(ItemId::new(id), BatchId::new(1), "shoot") };
        book.add_item(folder(2, true));
        book.add_item(folder(3, false));
        book.add_item(folder(4, false));
        assert_eq!(book.rows(Filter::All).map(|(_, ahead)| ahead).collect::<Vec<_>>(), [0, 1, 2, 2]);
        assert_eq!(book.ahead(ItemId::new(4)), 2, "one of which nothing is to come is not");
    }
}
