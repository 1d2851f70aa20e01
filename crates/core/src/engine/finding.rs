//! What a shell looks for in the list: rows whose name or destination has all of some words.
//!
//! A row is looked at once for the same words. With every tick those are that came since, so that a hundred thousand rows keep
//! nobody waiting but whoever looks for something else.

use super::book::Item;
use super::shelf::Shelf;
use crate::folded::{folded_all, words};

/// What one subscriber looks for, and what is known of it.
#[derive(Debug, Default)]
pub(super) struct Finding {
    /// As it was written.
    asked: String,
    words: Vec<String>,
    /// Whether it is found in a row, by the row's place in the book.
    found: Vec<bool>,
}

impl Finding {
    /// Looks for this, in whatever was not looked at yet.
    pub(super) fn look(&mut self, asked: &str, shelf: &Shelf) {
        if self.asked != asked {
            *self = Self { asked: asked.to_owned(), words: words(asked), found: Vec::new() };
        }
        if self.words.is_empty() {
            return;
        }
        let (words, known) = (&self.words, self.found.len());
        let new = shelf.book.items.iter().skip(known).map(|item| has(item, words, shelf));
        self.found.extend(new);
    }

    /// Whether the row at that place has it.
    pub(super) fn has(&self, at: u32) -> bool {
        self.words.is_empty() || self.found.get(at as usize).is_some_and(|found| *found)
    }
}

fn has(item: &Item, words: &[String], shelf: &Shelf) -> bool {
    let label = shelf.batches.get(&item.batch).map_or("", |batch| &*batch.destination.label);
    let text = folded_all(&[&item.name, label]);
    words.iter().all(|word| text.contains(word.as_str()))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use tokio::time::Instant;

    use super::*;
    use crate::engine::feed::Filter;
    use crate::engine::fixture::rows;
    use crate::ids::{BatchId, ItemId};
    use crate::transfer::Standing;

    fn add(shelf: &mut Shelf, id: u64, name: &str) {
        shelf.book.add_item(Item::new(ItemId::new(id), BatchId::new(1), name));
    }

    /// Rows with these names, all of which go to the same place.
    fn shelf<'a>(names: impl IntoIterator<Item = &'a str>) -> Shelf {
        let mut shelf = Shelf::default();
        let (mut batch, ..) = rows(Path::new("/cut.mov"), Standing::NEW);
        batch.destination.label = "Projects / Fjörd / Rushes".to_owned();
        shelf.batches.insert(batch.id, batch);
        for (id, name) in (1u64..).zip(names) {
            add(&mut shelf, id, name);
        }
        shelf
    }

    fn found(finding: &mut Finding, asked: &str, shelf: &Shelf) -> Vec<u64> {
        finding.look(asked, shelf);
        let all = shelf.book.rows_at(Filter::All).filter(|(at, ..)| finding.has(*at));
        all.map(|(_, item, _)| item.id.get()).collect()
    }

    #[test]
    fn a_row_is_found_by_all_of_some_words_in_its_name_or_destination_whatever_their_case_and_accents() {
        let shelf = shelf(["harbour.mov", "Málaga take 2.mov", "sound.wav"]);
        let mut finding = Finding::default();
        for (asked, wanted) in [
            ("", &[1, 2, 3][..]),
            ("  ", &[1, 2, 3]),
            ("MOV", &[1, 2]),
            ("malaga", &[2]),
            ("rushes fjord", &[1, 2, 3]),
            ("fjord WAV", &[3]),
            ("take 3", &[]),
            ("movprojects", &[]),
        ] {
            assert_eq!(found(&mut finding, asked, &shelf), wanted, "{asked}");
        }
    }

    #[test]
    fn what_comes_later_is_found_as_well_and_in_the_order_of_the_list() {
        let mut shelf = shelf(["harbour.mov", "sound.wav"]);
        let mut finding = Finding::default();
        assert_eq!(found(&mut finding, "mov", &shelf), [1]);
        add(&mut shelf, 3, "quay.mov");
        add(&mut shelf, 4, "quay.wav");
        assert_eq!(found(&mut finding, "mov", &shelf), [1, 3]);
        shelf.book.rank(&[(ItemId::new(3), 0)]);
        assert_eq!(found(&mut finding, "mov", &shelf), [3, 1]);
        shelf.book.items[0].removed = true;
        assert_eq!(found(&mut finding, "mov", &shelf), [3]);
        assert_eq!(found(&mut finding, "quay", &shelf), [3, 4]);
    }

    /// Timing is printed, and is nobody's promise here: `cargo test --release --package davit-core finding -- --nocapture`.
    #[test]
    fn a_hundred_thousand_rows_are_looked_at_once_for_the_same_words() {
        let names: Vec<String> = (0..100_000).map(|n| format!("IMG_{n:06}.CR3")).collect();
        let shelf = shelf(names.iter().map(String::as_str));
        let mut finding = Finding::default();
        for asked in ["img_09", "img_09"] {
            let began = Instant::now();
            assert_eq!(found(&mut finding, asked, &shelf).len(), 10_000);
            println!("{asked} in {} rows: {:?}", names.len(), began.elapsed());
        }
    }
}
