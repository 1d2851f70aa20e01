//! The order of the list: which rows are uploaded earlier than others. It is on record before it holds.

use std::collections::HashSet;

use super::{ActDone, Actor};
use crate::engine::feed::{Action, Target};
use crate::error::Result;
use crate::ids::ItemId;
use crate::journal::Write;

impl Actor {
    /// Moves rows one place among those in line, or before or behind all of those.
    pub(super) async fn reorder(&mut self, action: Action, targets: &[Target]) -> Result<ActDone> {
        let rows = self.rows_of(targets);
        let book = &self.shelf.book;
        let ranks = match action {
            Action::First => book.moved_to_front(&rows),
            Action::Last => book.moved_to_back(&rows),
            _ => book.moved(&rows, action == Action::Earlier),
        };
        let count = ranks.iter().filter(|(id, _)| rows.contains(id)).count();
        self.rank(ranks).await?;
        Ok(ActDone { count: u32::try_from(count).unwrap_or(u32::MAX), ..ActDone::default() })
    }

    /// Puts rows before all others in line.
    pub(super) async fn put_first(&mut self, items: &[ItemId]) -> Result<()> {
        let ranks = self.shelf.book.moved_to_front(&items.iter().copied().collect());
        self.rank(ranks).await
    }

    async fn rank(&mut self, ranks: Vec<(ItemId, i64)>) -> Result<()> {
        if ranks.is_empty() {
            return Ok(());
        }
        self.shared.journal.write(ranks.iter().map(|(id, rank)| Write::Rank(*id, *rank)).collect()).await?;
        self.shelf.book.rank(&ranks);
        Ok(())
    }

    /// A file of a folder stands for the folder.
    fn rows_of(&self, targets: &[Target]) -> HashSet<ItemId> {
        let book = &self.shelf.book;
        let of = |target: &Target| -> Vec<ItemId> {
            match target {
                Target::Item(id) => vec![*id],
                Target::Transfer(id) => book.index(*id).map(|at| book.item_of(at).id).into_iter().collect(),
                Target::Batch(id) => book.items.iter().filter(|item| item.batch == *id).map(|item| item.id).collect(),
            }
        };
        targets.iter().flat_map(of).collect()
    }
}
