//! Rows and details as the shells show them, from the book and the live counters. Pure but for what the journal is
//! asked in [`super::actor`].

use std::collections::HashMap;

use tokio::time::Instant;

use super::book::{Book, Item, Kept, Rest, Slot};
use super::live::{Live, PartsNow};
use super::rate::Meter;
use crate::engine::feed::{FileRow, Folder, Pieces, Row, RowState, Wait};
use crate::error::ErrorCode;
use crate::ids::{ItemId, TransferId};
use crate::journal::TransferRow;
use crate::transfer::Plan;
use crate::units::{ByteCount, ByteRate, UnixTime};

/// The pieces map's cells: 43 across, 9 down.
const CELLS: u32 = 387;

/// Live counters of what runs.
pub(super) type Running = HashMap<TransferId, std::sync::Arc<Live>>;

/// The state of one file. `drive` is what a person calls the drive it lies on.
pub(super) fn file_state(
    slot: &Slot,
    live: Option<&Live>,
    ahead: u32,
    kept: Kept<'_>,
    drive: Option<&str>,
) -> RowState {
    match slot.rest {
        Rest::Queued if matches!(kept, Kept::Held) => RowState::Held,
        Rest::Queued => match kept.rests(slot.id) {
            Some((by, since)) => RowState::Paused { by, since },
            None => RowState::Queued { ahead },
        },
        Rest::Active { verifying } => match live.and_then(Live::in_the_way) {
            Some((code, until)) => waiting(code, until, drive),
            None if verifying => RowState::Verifying,
            None => RowState::Uploading,
        },
        Rest::Paused { by, since } => RowState::Paused { by, since: UnixTime(u64::from(since)) },
        Rest::Waiting { code, until } => waiting(code, (until > 0).then(|| UnixTime(u64::from(until))), drive),
        Rest::Failed { code } => RowState::Failed { code },
        Rest::Done { at } => RowState::Done { at: UnixTime(u64::from(at)) },
        Rest::Cancelled { at } => RowState::Cancelled { at: UnixTime(u64::from(at)) },
    }
}

fn waiting(code: ErrorCode, until: Option<UnixTime>, drive: Option<&str>) -> RowState {
    match code {
        ErrorCode::SignInEnded | ErrorCode::WrongToken => RowState::Held,
        _ => RowState::Waiting(Wait::new(code, until, drive)),
    }
}

/// Bytes of one file that are there or on their way.
pub(super) fn file_sent(slot: &Slot, live: Option<&Live>) -> ByteCount {
    match (slot.rest, live) {
        (Rest::Done { .. }, _) => slot.size,
        (Rest::Active { .. }, Some(live)) => ByteCount(live.on_the_way().min(slot.size.get())),
        (Rest::Active { .. }, None) => ByteCount::ZERO,
        _ => slot.acknowledged,
    }
}

/// The state of a row: of its file, or of all files of a folder together.
fn row_state(book: &Book, (item, ahead, kept): (&Item, u32, Kept<'_>), running: &Running) -> RowState {
    let of = |wanted: &dyn Fn(&Slot) -> bool| {
        let at = book.index(item.first?)?;
        let from = &book.slots[at as usize..];
        from.iter().find(|slot| slot.item == book.slots[at as usize].item && wanted(slot)).copied()
    };
    let state = |slot: Slot| {
        let live = running.get(&slot.id).map(|live| &**live);
        file_state(&slot, live, ahead, kept, item.drive.as_deref())
    };
    if !item.folder {
        return of(&|_| true).map_or(RowState::Queued { ahead }, state);
    }
    let counts = item.counts;
    if counts.active() > 0 {
        // Held up only when nothing of it flows.
        let flows = of(&|slot| {
            matches!(slot.rest, Rest::Active { .. })
                && running.get(&slot.id).is_none_or(|live| live.in_the_way().is_none())
        });
        let any = flows.or_else(|| of(&|slot| matches!(slot.rest, Rest::Active { .. })));
        return match any.map(state) {
            Some(RowState::Verifying) if counts.active() > 1 || counts.queued() > 0 => RowState::Uploading,
            Some(state) => state,
            None => RowState::Uploading,
        };
    }
    if counts.queued() > 0 {
        // What a person lets go on counts more than what rests beside it.
        let goes_on = of(&|slot| slot.rest == Rest::Queued && kept.rests(slot.id).is_none());
        let any = goes_on.or_else(|| of(&|slot| slot.rest == Rest::Queued));
        return any.map_or(RowState::Queued { ahead: 0 }, state);
    }
    if item.counting {
        return if item.away { RowState::Waiting(item.wait_for_drive()) } else { RowState::Scanning };
    }
    let first = |kind: fn(&Rest) -> bool| of(&|slot| kind(&slot.rest)).map(state);
    first(|rest| matches!(rest, Rest::Waiting { .. }))
        .or_else(|| first(|rest| matches!(rest, Rest::Paused { .. })))
        .or_else(|| {
            // A folder with problems in it is done with the rest; only one that has nothing else is a problem itself.
            (counts.failed() > 0 && counts.done() == 0).then(|| first(|rest| matches!(rest, Rest::Failed { .. })))?
        })
        .unwrap_or(if counts.all() > 0 && counts.cancelled() == counts.all() {
            RowState::Cancelled { at: item.ended.max(item.added) }
        } else {
            RowState::Done { at: item.ended.max(item.added) }
        })
}

/// Bytes of a row that are there or on their way; never less than was shown before.
pub(super) fn row_sent(item: &mut Item, running: u64) -> ByteCount {
    let now = ByteCount(item.rested.get() + running).min(item.size);
    item.there = now;
    item.shown = item.shown.max(now).min(item.size);
    item.shown
}

/// A whole row.
pub(super) fn row(
    book: &Book,
    (item, ahead, kept): (&Item, u32, Kept<'_>),
    destination: String,
    running: &Running,
    meter: Option<&Meter>,
    now: Instant,
) -> Row {
    let state = row_state(book, (item, ahead, kept), running);
    let moving = matches!(state, RowState::Uploading);
    Row {
        id: item.id,
        batch: item.batch,
        name: item.name.to_string(),
        destination,
        size: item.size,
        sent: item.shown,
        speed: meter.filter(|_| moving).map_or(ByteRate(0), |meter| meter.speed(now)),
        seconds_left: None,
        state,
        folder: item.folder.then(|| Folder {
            files: item.counts.all(),
            done: item.counts.done(),
            needs_you: item.counts.failed(),
            skipped: item.skipped,
            counting: item.counting,
            peek: None,
        }),
        added: item.added,
        fact: None,
    }
}

/// A file within a folder.
pub(super) fn file_row(
    slot: &Slot,
    name: &TransferRow,
    live: Option<&Live>,
    kept: Kept<'_>,
    drive: Option<&str>,
) -> FileRow {
    FileRow {
        id: slot.id,
        path: name.rel.clone(),
        size: slot.size,
        sent: file_sent(slot, live),
        state: file_state(slot, live, 0, kept, drive),
        fact: name.problem.as_ref().and_then(|problem| problem.fact.clone()),
    }
}

/// The pieces map.
pub(super) fn pieces(plan: &Plan, parts: &PartsNow) -> Option<Pieces> {
    let Plan::Multipart { part_size, count, .. } = *plan else { return None };
    let total = u32::from(count);
    let cells: String = (0..CELLS)
        .map(|cell| {
            // Of fewer pieces each has several cells.
            let from = cell * total / CELLS + 1;
            let to = ((cell + 1) * total / CELLS).max(from);
            let mut span = (from..=to).filter_map(|n| u16::try_from(n).ok());
            let any = |set: &std::collections::HashSet<u16>| span.clone().any(|n| set.contains(&n));
            if any(&parts.again) {
                'a'
            } else if any(&parts.sending) {
                'n'
            } else if span.all(|n| parts.sent.contains(&n)) {
                's'
            } else {
                't'
            }
        })
        .collect();
    let count = |set: &std::collections::HashSet<u16>| u32::try_from(set.len()).unwrap_or(u32::MAX);
    Some(Pieces {
        total,
        sent: count(&parts.sent),
        piece_size: ByteCount(part_size),
        cells,
        sending: count(&parts.sending),
        again: count(&parts.again),
    })
}

/// Meters of rows, made when a row first moves.
#[derive(Debug, Default)]
pub(super) struct Meters(HashMap<ItemId, Meter>);

impl Meters {
    pub(super) fn sample(&mut self, id: ItemId, now: Instant, sent: ByteCount) {
        self.0.entry(id).or_default().sample(now, sent);
    }

    pub(super) fn get(&self, id: ItemId) -> Option<&Meter> {
        self.0.get(&id)
    }

    pub(super) fn forget_all_but(&mut self, moving: &std::collections::HashSet<ItemId>) {
        self.0.retain(|id, _| moving.contains(id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::BatchId;

    #[test]
    fn what_is_shown_as_sent_never_goes_back_and_is_never_more_than_there_is() {
        let mut item = Item { size: ByteCount(100), ..Item::new(ItemId::new(1), BatchId::new(1), "cut.mov") };
        // A part is on its way, is lost, and is sent again.
        for (rested, running, shown) in [(0, 40, 40), (0, 10, 40), (30, 0, 40), (30, 30, 60), (100, 90, 100)] {
            item.rested = ByteCount(rested);
            assert_eq!(row_sent(&mut item, running), ByteCount(shown));
        }
        // What is cancelled of it is not of it any more.
        (item.size, item.rested) = (ByteCount(70), ByteCount(70));
        assert_eq!(row_sent(&mut item, 0), ByteCount(70));
    }

    #[test]
    fn the_pieces_map_has_a_cell_for_an_equal_share_of_the_pieces() {
        let plan = Plan::Multipart { size: 10_000, part_size: 1, count: 10_000 };
        let parts = PartsNow { sent: (1..=5_000).collect(), sending: [9_999].into(), again: [10_000].into() };
        let map = pieces(&plan, &parts).expect("multipart");
        assert_eq!(map.cells.len(), 387);
        assert_eq!(map.cells.matches('s').count(), 193);
        assert!(map.cells.ends_with('a'));

        let few = Plan::Multipart { size: 12, part_size: 4, count: 3 };
        let parts = PartsNow { sent: [1].into(), sending: [2].into(), ..PartsNow::default() };
        let each = |letter: &str| letter.repeat(129);
        assert_eq!(pieces(&few, &parts).expect("multipart").cells, [each("s"), each("n"), each("t")].concat());
        // Not of any number is each share the same: they differ by one cell.
        let some = Plan::Multipart { size: 319, part_size: 1, count: 319 };
        let parts = PartsNow { sent: (1..=319).collect(), sending: [1].into(), ..PartsNow::default() };
        let map = pieces(&some, &parts).expect("multipart").cells;
        assert_eq!((map.len(), map.matches('n').count()), (387, 2));
        assert!(map.ends_with('s') && !map.contains('t'));
    }
}
