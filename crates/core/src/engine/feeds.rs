//! One subscriber: what it was told last, and what to tell it next.

use std::collections::{HashMap, HashSet};

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::book::Kept;
use super::details::details;
use super::finding::Finding;
use super::list;
use super::shelf::Shelf;
use crate::engine::feed::{Delta, Details, Filter, Focused, Outcome, Peek, Row, Slice, Snapshot, Totals, Update, View};
use crate::error::{ErrorCode, Result};
use crate::ids::{ItemId, TransferId};
use crate::journal::{Journal, TransferRow};

/// Rows a view may ask for at once.
const ROWS_AT_MOST: u32 = 500;
/// Rows of the peek: problems, and files being sent.
const PROBLEMS: usize = 2;
const SENDING: usize = 4;

/// A subscriber.
pub(super) struct Subscriber {
    pub(super) id: u32,
    pub(super) view: View,
    finding: Finding,
    sender: mpsc::Sender<Update>,
    rev: u32,
    told: Option<Told>,
    outcomes: Vec<Outcome>,
}

struct Told {
    /// What the slice was cut from, and where: its filter, the words that were looked for, its first row, and all of them.
    place: (Filter, String, u32, u32),
    order: Vec<ItemId>,
    rows: HashMap<ItemId, Row>,
    totals: Totals,
    details: Option<Details>,
}

impl Subscriber {
    pub(super) fn new(id: u32, view: View, sender: mpsc::Sender<Update>) -> Self {
        Self { id, view, finding: Finding::default(), sender, rev: 0, told: None, outcomes: Vec::new() }
    }

    /// Keeps ends until they can be told; they are never dropped.
    pub(super) fn keep(&mut self, outcomes: &[Outcome]) {
        if self.view.outcomes {
            self.outcomes.extend_from_slice(outcomes);
        }
    }

    /// Whether every end was handed over.
    pub(super) fn told_all(&self) -> bool {
        self.outcomes.is_empty()
    }

    /// Whether the subscriber has gone.
    pub(super) fn gone(&self) -> bool {
        self.sender.is_closed()
    }

    /// Rows have other places from now on: what was found of them is found anew.
    pub(super) fn looks_anew(&mut self) {
        self.finding = Finding::default();
    }

    /// Tells what changed; answers whether something is owed still. A subscriber that does not keep up is told later,
    /// all at once.
    pub(super) async fn tell(&mut self, shelf: &Shelf, journal: &Journal, totals: &Totals, now: Instant) -> bool {
        let Ok(permit) = self.sender.clone().try_reserve_owned() else { return true };
        self.finding.look(&self.view.find, shelf);
        let (slice, details) = match draw(&self.view, &self.finding, shelf, journal, now).await {
            Ok(drawn) => drawn,
            Err(error) => {
                tracing::warn!(%error, "the list could not be drawn");
                return true;
            }
        };
        let order: Vec<_> = slice.rows.iter().map(|row| row.id).collect();
        let rows: HashMap<_, _> = slice.rows.iter().map(|row| (row.id, row.clone())).collect();
        let place = (slice.filter, slice.find.clone(), slice.first, slice.total);
        let update = match &self.told {
            None => {
                Update::Snapshot(Box::new(Snapshot { rev: 0, totals: totals.clone(), slice, details: details.clone() }))
            }
            Some(told) => {
                let moved = told.order != order || told.place != place;
                let changed: Vec<_> =
                    slice.rows.iter().filter(|row| told.rows.get(&row.id) != Some(row)).cloned().collect();
                let focused = match &details {
                    _ if told.details == details => Focused::Same,
                    Some(details) => Focused::Now(Box::new(details.clone())),
                    None if self.view.focus.is_some() => Focused::Gone,
                    None => Focused::Same,
                };
                let same_details = matches!(focused, Focused::Same);
                if !moved && changed.is_empty() && same_details && told.totals == *totals && self.outcomes.is_empty() {
                    return false;
                }
                self.rev = self.rev.wrapping_add(1);
                Update::Delta(Box::new(Delta {
                    rev: self.rev,
                    totals: totals.clone(),
                    slice: moved.then_some(slice),
                    changed: if moved { Vec::new() } else { changed },
                    details: focused,
                    outcomes: std::mem::take(&mut self.outcomes),
                }))
            }
        };
        self.told = Some(Told { place, order, rows, totals: totals.clone(), details });
        permit.send(update);
        !self.outcomes.is_empty()
    }
}

async fn draw(
    view: &View,
    finding: &Finding,
    shelf: &Shelf,
    journal: &Journal,
    now: Instant,
) -> Result<(Slice, Option<Details>)> {
    let mut slice = cut(view, &HashSet::new(), finding, shelf, now);
    for row in &mut slice.rows {
        if let Some(folder) = &mut row.folder
            && view.open.contains(&row.id)
        {
            folder.peek = Some(peek(row.id, shelf, journal).await?);
        }
    }
    let details = match view.focus {
        Some(target) => details(target, shelf, journal, now).await?,
        None => None,
    };
    Ok((slice, details))
}

/// The rows that a view lets through, of those that are named, or of all where none are.
fn cut(view: &View, among: &HashSet<ItemId>, finding: &Finding, shelf: &Shelf, now: Instant) -> Slice {
    let count = view.count.min(ROWS_AT_MOST) as usize;
    let mut total = 0u32;
    let mut rows: Vec<Row> = Vec::with_capacity(count);
    let passing = shelf.book.rows_at(view.filter).filter(|(at, ..)| finding.has(*at));
    for (_, item, ahead) in passing.filter(|(_, item, _)| among.is_empty() || among.contains(&item.id)) {
        if total >= view.first && rows.len() < count {
            rows.push(shelf.row(item, ahead, now));
        }
        total += 1;
    }
    Slice { filter: view.filter, find: view.find.clone(), first: view.first, total, rows }
}

/// What somebody asks for beside what is shown to a subscriber, whose view stays as it is.
pub(super) fn aside(view: &View, among: &HashSet<ItemId>, shelf: &Shelf, now: Instant) -> Slice {
    let mut finding = Finding::default();
    finding.look(&view.find, shelf);
    cut(view, among, &finding, shelf, now)
}

async fn peek(item: ItemId, shelf: &Shelf, journal: &Journal) -> Result<Peek> {
    let problems = shelf.failed(item, PROBLEMS);
    let sending: Vec<_> = shelf.sending(item).into_iter().take(SENDING).collect();
    let wanted: Vec<_> = problems.iter().chain(&sending).copied().collect();
    let names: HashMap<_, _> = named(journal, wanted).await?.into_iter().map(|row| (row.id, row)).collect();
    let of = shelf.book.item(item);
    let (kept, drive) = (of.map_or(Kept::No, |item| shelf.kept(item)), of.and_then(|item| item.drive.as_deref()));
    let file_rows = |ids: &[TransferId]| {
        let row = |id: &TransferId| {
            let slot = &shelf.book.slots[shelf.book.index(*id)? as usize];
            let live = shelf.running.get(id).map(|live| &**live);
            Some(list::file_row(slot, names.get(id)?, live, kept, drive))
        };
        ids.iter().filter_map(row).collect()
    };
    let counts = of.map(|item| item.counts).unwrap_or_default();
    Ok(Peek {
        problems: file_rows(&problems),
        sending: file_rows(&sending),
        done: counts.done(),
        waiting: counts.queued() + counts.waiting() + counts.paused(),
    })
}

/// Transfers by id, in one look.
pub(super) async fn named(journal: &Journal, ids: Vec<TransferId>) -> Result<Vec<TransferRow>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    journal
        .read(move |journal| {
            let mut rows = Vec::with_capacity(ids.len());
            for id in ids {
                match journal.transfer(id) {
                    // One damaged row must not keep the others from being shown.
                    Err(error) if error.code == ErrorCode::JournalDamaged => {}
                    row => rows.extend(row?),
                }
            }
            Ok(rows)
        })
        .await
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::engine::book::Item;
    use crate::engine::fixture::rows;
    use crate::ids::BatchId;
    use crate::transfer::Standing;

    #[test]
    fn rows_that_are_named_come_as_far_as_they_are_let_through_and_all_where_none_are() {
        let mut shelf = Shelf::default();
        let (batch, ..) = rows(Path::new("/cut.mov"), Standing::NEW);
        shelf.batches.insert(batch.id, batch);
        for (id, name) in (1u64..).zip(["harbour.mov", "sound.wav", "quay.mov"]) {
            shelf.book.add_item(Item::new(ItemId::new(id), BatchId::new(1), name));
        }
        let asked = |find: &str, among: &[u64]| {
            let view = View { find: find.to_owned(), count: 10, ..View::default() };
            let among = among.iter().map(|id| ItemId::new(*id)).collect();
            let slice = aside(&view, &among, &shelf, Instant::now());
            slice.rows.iter().map(|row| row.id.get()).collect::<Vec<_>>()
        };
        assert_eq!(asked("", &[]), [1, 2, 3]);
        assert_eq!(asked("", &[3, 1, 7]), [1, 3]);
        assert_eq!(asked("mov", &[2, 3]), [3]);
        assert_eq!(asked("", &[7]), [0u64; 0]);
    }
}
