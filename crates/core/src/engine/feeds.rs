//! One subscriber: what it was told last, and what to tell it next.

use std::collections::HashMap;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::book::Kept;
use super::list;
use super::live::PartsNow;
use super::pointing::{self, To};
use super::shelf::Shelf;
use crate::engine::feed::{
    Delta, Details, Event, Focused, Happening, Outcome, Peek, Row, Slice, Snapshot, Target, Totals, Update, View,
};
use crate::error::{ErrorCode, Result};
use crate::file::names;
use crate::ids::{ItemId, TransferId};
use crate::journal::{Journal, TransferRow};
use crate::transfer::{TransferState, checksum};
use crate::units::UnixTime;

/// Rows a view may ask for at once.
const ROWS_AT_MOST: u32 = 500;
/// Rows of the peek: problems, and files being sent.
const PROBLEMS: usize = 2;
const SENDING: usize = 4;
/// Lines of a story at most.
const STORY: usize = 50;

/// A subscriber.
pub(super) struct Subscriber {
    pub(super) id: u32,
    pub(super) view: View,
    sender: mpsc::Sender<Update>,
    rev: u32,
    told: Option<Told>,
    outcomes: Vec<Outcome>,
}

struct Told {
    filter_first_total: (crate::engine::feed::Filter, u32, u32),
    order: Vec<ItemId>,
    rows: HashMap<ItemId, Row>,
    totals: Totals,
    details: Option<Details>,
}

impl Subscriber {
    pub(super) fn new(id: u32, view: View, sender: mpsc::Sender<Update>) -> Self {
        Self { id, view, sender, rev: 0, told: None, outcomes: Vec::new() }
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

    /// Tells what changed; answers whether something is owed still. A subscriber that does not keep up is told later,
    /// all at once.
    pub(super) async fn tell(&mut self, shelf: &Shelf, journal: &Journal, totals: &Totals, now: Instant) -> bool {
        let Ok(permit) = self.sender.clone().try_reserve_owned() else { return true };
        let (slice, details) = match draw(&self.view, shelf, journal, now).await {
            Ok(drawn) => drawn,
            Err(error) => {
                tracing::warn!(%error, "the list could not be drawn");
                return true;
            }
        };
        let order: Vec<_> = slice.rows.iter().map(|row| row.id).collect();
        let rows: HashMap<_, _> = slice.rows.iter().map(|row| (row.id, row.clone())).collect();
        let place = (slice.filter, slice.first, slice.total);
        let update = match &self.told {
            None => {
                Update::Snapshot(Box::new(Snapshot { rev: 0, totals: totals.clone(), slice, details: details.clone() }))
            }
            Some(told) => {
                let moved = told.order != order || told.filter_first_total != place;
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
        self.told = Some(Told { filter_first_total: place, order, rows, totals: totals.clone(), details });
        permit.send(update);
        !self.outcomes.is_empty()
    }
}

async fn draw(view: &View, shelf: &Shelf, journal: &Journal, now: Instant) -> Result<(Slice, Option<Details>)> {
    let count = view.count.min(ROWS_AT_MOST) as usize;
    let mut total = 0u32;
    let mut rows: Vec<Row> = Vec::with_capacity(count);
    for (item, ahead) in shelf.book.rows(view.filter) {
        if total >= view.first && rows.len() < count {
            rows.push(shelf.row(item, ahead, now));
        }
        total += 1;
    }
    for row in &mut rows {
        if let Some(folder) = &mut row.folder
            && view.open.contains(&row.id)
        {
            folder.peek = Some(peek(row.id, shelf, journal).await?);
        }
    }
    let slice = Slice { filter: view.filter, first: view.first, total, rows };
    let details = match view.focus {
        Some(target) => details(target, shelf, journal, now).await?,
        None => None,
    };
    Ok((slice, details))
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

async fn details(target: Target, shelf: &Shelf, journal: &Journal, now: Instant) -> Result<Option<Details>> {
    let (item, file) = match target {
        Target::Batch(_) => return Ok(None),
        Target::Item(id) => {
            let Some(item) = shelf.book.item(id) else { return Ok(None) };
            (item, item.first.filter(|_| !item.folder))
        }
        Target::Transfer(id) => {
            let Some(at) = shelf.book.index(id) else { return Ok(None) };
            (shelf.book.item_of(at), Some(id))
        }
    };
    // Off the list it can come back, but there is nothing to look at.
    if item.removed {
        return Ok(None);
    }
    let row = shelf.row(item, shelf.book.ahead(item.id), now);
    let batch = shelf.batches.get(&item.batch);
    let linked = |to: &To<'_>| batch.is_some_and(|batch| pointing::link(batch, to).is_some());
    let Some(id) = file else {
        let item_id = item.id;
        let from = journal.read(move |journal| journal.item(item_id)).await?;
        return Ok(Some(Details {
            target,
            name: row.name,
            state: row.state,
            size: row.size,
            sent: row.sent,
            speed: row.speed,
            seconds_left: row.seconds_left,
            destination: row.destination,
            key: None,
            from: from.map(|item| names::shown(&item.path)).unwrap_or_default(),
            checksum: None,
            pieces: None,
            story: Vec::new(),
            reference: None,
            technical: None,
            link: linked(&To::Folder(&item.name, false)),
            way: shelf.way(item.batch),
        }));
    };
    let seen =
        journal.read(move |journal| Ok((journal.transfer(id)?, journal.story(id, STORY)?, journal.parts(id)?))).await?;
    let (Some(transfer), mut story, parts) = seen else { return Ok(None) };
    round_off(&mut story, item.added, &transfer.standing.state);
    let Some(at) = shelf.book.index(id) else { return Ok(None) };
    let slot = &shelf.book.slots[at as usize];
    let live = shelf.running.get(&id).map(|live| &**live);
    let whole = |row: &Row| !item.folder && slot.size == row.size;
    let parts_now = match live {
        Some(live) => live.parts(),
        None if matches!(transfer.standing.state, TransferState::Done { .. }) => {
            let count = transfer.plan.map_or(0, |plan| plan.count());
            PartsNow { sent: (1..=count).collect(), ..PartsNow::default() }
        }
        None => PartsNow { sent: parts.iter().map(|part| part.number.get()).collect(), ..PartsNow::default() },
    };
    let prefix = batch.and_then(|batch| batch.scope.as_ref()).map(|scope| &*scope.prefix);
    let problem = live.and_then(super::live::Live::problem).or(transfer.problem);
    Ok(Some(Details {
        target,
        name: transfer.rel.clone(),
        state: list::file_state(slot, live, shelf.book.ahead(item.id), shelf.kept(item), item.drive.as_deref()),
        size: slot.size,
        sent: if whole(&row) { row.sent } else { list::file_sent(slot, live) },
        speed: row.speed,
        seconds_left: row.seconds_left.filter(|_| whole(&row)),
        destination: row.destination,
        key: prefix.map(|prefix| format!("{prefix}{}", transfer.key)),
        from: names::shown(&transfer.path),
        checksum: transfer.crc64.map(checksum::to_base64),
        pieces: transfer.plan.and_then(|plan| list::pieces(&plan, &parts_now)),
        story,
        reference: problem.as_ref().and_then(|problem| problem.request_id.clone()),
        technical: problem.map(|problem| format!("{}: {}", problem.code, problem.detail)),
        link: linked(&To::Object(&transfer.key, &transfer.standing.state)),
        way: shelf.way(item.batch),
    }))
}

/// The beginning of a story is that of its row, and its end where it is done stands there, too: neither has a line on record.
fn round_off(story: &mut Vec<Happening>, added: UnixTime, state: &TransferState) {
    if let TransferState::Done { at, .. } = state
        && story.first().is_none_or(|line| line.what != Event::Verified || line.at < *at)
    {
        story.insert(0, Happening { at: *at, what: Event::Verified });
    }
    story.truncate(STORY);
    if story.len() < STORY && story.last().is_none_or(|line| line.what != Event::Added) {
        story.push(Happening { at: added, what: Event::Added });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_story_begins_with_its_row_and_ends_where_it_is_done() {
        let line = |at, what| Happening { at: UnixTime(at), what };
        let done = TransferState::Done { etag: String::new(), at: UnixTime(9) };
        let told = |mut story: Vec<Happening>, state: &TransferState| {
            round_off(&mut story, UnixTime(1), state);
            story.into_iter().map(|line| (line.at.0, line.what)).collect::<Vec<_>>()
        };
        assert_eq!(told(vec![], &TransferState::Queued), [(1, Event::Added)]);
        assert_eq!(told(vec![], &done), [(9, Event::Verified), (1, Event::Added)]);
        // As earlier programs put it down.
        let all = vec![line(9, Event::Verified), line(5, Event::Started), line(1, Event::Added)];
        assert_eq!(told(all, &done), [(9, Event::Verified), (5, Event::Started), (1, Event::Added)]);
        // Another version that is done in one request, as the one before it was.
        let before = vec![line(4, Event::Verified)];
        assert_eq!(told(before, &done), [(9, Event::Verified), (4, Event::Verified), (1, Event::Added)]);
        // One that is on its way: the end of the one before has a line of its own.
        let before = vec![line(9, Event::Verified)];
        assert_eq!(told(before, &TransferState::Queued), [(9, Event::Verified), (1, Event::Added)]);
        let long = told((0..STORY as u64).map(|at| line(at, Event::Sent)).collect(), &done);
        assert_eq!((long.len(), &long[0]), (STORY, &(9, Event::Verified)));
    }
}
