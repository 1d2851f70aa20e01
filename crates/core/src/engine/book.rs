//! What the engine keeps in memory of every row: small and flat, so that 100,000 files stay below 150 bytes each.
//! Names, paths and keys stay in the journal. Pure: no disk, no clock.

mod line;
mod order;
mod resting;

use std::collections::HashMap;
use std::path::Path;

use self::line::Line;
pub(super) use self::resting::{Kept, Resting};
use crate::engine::feed::{Filter, PausedBy, Target, Wait};
use crate::error::ErrorCode;
use crate::ids::{BatchId, ItemId, TransferId, WatchId};
use crate::limits;
use crate::transfer::{OnS3, Standing, TransferState};
use crate::units::{ByteCount, UnixTime};

/// The state of a transfer, in eight bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    Queued,
    Active { verifying: bool },
    Paused { by: PausedBy, since: u32 },
    Waiting { code: ErrorCode, until: u32 },
    Failed { code: ErrorCode },
    Done { at: u32 },
    Cancelled { at: u32 },
}

impl Rest {
    pub(super) fn of(state: &TransferState) -> Self {
        let short = |at: UnixTime| u32::try_from(at.0).unwrap_or(u32::MAX);
        match state {
            TransferState::Queued => Self::Queued,
            TransferState::Preparing | TransferState::Uploading => Self::Active { verifying: false },
            TransferState::Completing | TransferState::Verifying => Self::Active { verifying: true },
            TransferState::Done { at, .. } => Self::Done { at: short(*at) },
            TransferState::Paused { by, since } => Self::Paused { by: *by, since: short(*since) },
            TransferState::Waiting { code, until } => Self::Waiting { code: *code, until: until.map_or(0, short) },
            TransferState::Failed { code } => Self::Failed { code: *code },
            TransferState::Cancelled { at } => Self::Cancelled { at: short(*at) },
        }
    }

    /// Whether it goes on once somebody lets it, and not before.
    const fn needs_somebody(self) -> bool {
        matches!(self, Self::Failed { .. } | Self::Paused { by: PausedBy::You, .. })
    }

    /// Whether nothing more comes of it by itself.
    pub(super) const fn is_over(self) -> bool {
        matches!(self, Self::Failed { .. } | Self::Done { .. } | Self::Cancelled { .. })
    }

    const fn kind(self) -> usize {
        match self {
            Self::Queued => 0,
            Self::Active { .. } => 1,
            Self::Paused { .. } => 2,
            Self::Waiting { .. } => 3,
            Self::Failed { .. } => 4,
            Self::Done { .. } => 5,
            Self::Cancelled { .. } => 6,
        }
    }
}

/// One file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    pub(super) id: TransferId,
    pub(super) item: u32,
    pub(super) size: ByteCount,
    /// Bytes acknowledged when it last rested.
    pub(super) acknowledged: ByteCount,
    pub(super) rest: Rest,
    /// Whether S3 may hold an unfinished upload of it.
    pub(super) on_s3: bool,
}

/// Files of an item by what they do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts([u32; 7]);

impl Counts {
    pub(super) const fn queued(&self) -> u32 {
        self.0[0]
    }
    pub(super) const fn active(&self) -> u32 {
        self.0[1]
    }
    pub(super) const fn paused(&self) -> u32 {
        self.0[2]
    }
    pub(super) const fn waiting(&self) -> u32 {
        self.0[3]
    }
    pub(super) const fn failed(&self) -> u32 {
        self.0[4]
    }
    pub(super) const fn done(&self) -> u32 {
        self.0[5]
    }
    pub(super) const fn cancelled(&self) -> u32 {
        self.0[6]
    }
    pub(super) fn all(&self) -> u32 {
        self.0.iter().sum()
    }
    /// Files that will move by themselves.
    pub(super) const fn moving(&self) -> u32 {
        self.0[0] + self.0[1] + self.0[3]
    }
}

/// Rows of watched folders that come after all that are given by hand, however many those become, have ranks from here on.
pub(super) const BELOW: i64 = 1 << 40;
/// And places from here on.
const BEHIND: u32 = 1 << 31;

/// One row of the list.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "they are independent of each other, and a row is small")]
pub(super) struct Item {
    pub(super) id: ItemId,
    pub(super) batch: BatchId,
    /// Where it is to go, by the number that its destination has here.
    pub(super) to: u16,
    pub(super) name: Box<str>,
    /// The drive it lies on, where that has a name.
    pub(super) drive: Option<Box<str>>,
    /// Where that is mounted, where it can be taken away.
    pub(super) mount: Option<Box<Path>>,
    /// Whether that is away, as far as anybody looked.
    pub(super) away: bool,
    pub(super) folder: bool,
    pub(super) counting: bool,
    pub(super) removed: bool,
    /// Whether its batch belongs to whom we are connected with; the rest is not let into the lines.
    pub(super) here: bool,
    pub(super) skipped: u32,
    /// The watched folder that made it.
    pub(super) watch: Option<WatchId>,
    pub(super) added: UnixTime,
    /// Its only transfer, for a single file; the first one for a folder.
    pub(super) first: Option<TransferId>,
    pub(super) counts: Counts,
    /// Bytes of everything in it that is not cancelled.
    pub(super) size: ByteCount,
    /// Bytes of what is done, and of the parts of what rests.
    pub(super) rested: ByteCount,
    /// Bytes that are still to be sent of what goes on once somebody lets it, and not before.
    pub(super) idle: ByteCount,
    /// Bytes that are there or on their way, as last looked.
    pub(super) there: ByteCount,
    /// The most that was ever shown as sent, so that progress never goes back.
    pub(super) shown: ByteCount,
    /// When its last file was done.
    pub(super) ended: UnixTime,
    /// What it is ordered by: as it was added, unless the person moved it.
    pub(super) rank: i64,
    /// Its place in that order.
    pub(super) place: u32,
}

impl Item {
    /// A row of one file on the computer's own disk, of which nothing is known yet.
    pub(super) fn new(id: ItemId, batch: BatchId, name: &str) -> Self {
        Self {
            id,
            batch,
            to: 0,
            name: name.into(),
            drive: None,
            mount: None,
            away: false,
            folder: false,
            counting: false,
            removed: false,
            here: true,
            skipped: 0,
            watch: None,
            added: UnixTime(0),
            first: None,
            counts: Counts::default(),
            size: ByteCount::ZERO,
            rested: ByteCount::ZERO,
            idle: ByteCount::ZERO,
            there: ByteCount::ZERO,
            shown: ByteCount::ZERO,
            ended: UnixTime(0),
            rank: id.get().cast_signed(),
            place: 0,
        }
    }

    /// Whether it is shown under a filter. A folder that moves and has a problem is shown under both.
    pub(super) fn passes(&self, filter: Filter) -> bool {
        match filter {
            Filter::All => true,
            Filter::Moving => self.counting || self.counts.active() + self.counts.waiting() > 0,
            Filter::NeedsYou => self.counts.failed() > 0,
            Filter::Done => self.counts.done() > 0 && self.counts.done() + self.counts.cancelled() == self.counts.all(),
        }
    }

    /// For what it waits while its drive is away.
    pub(super) fn wait_for_drive(&self) -> Wait {
        Wait::new(ErrorCode::SourceOffline, None, self.drive.as_deref())
    }

    /// Whether something of it waits for its turn.
    pub(super) fn is_in_line(&self) -> bool {
        !self.removed && (self.counting || self.counts.queued() + self.counts.waiting() > 0)
    }

    /// Whether nothing of it is still to come.
    pub(super) fn is_at_end(&self) -> bool {
        let counts = self.counts;
        !self.counting && counts.done() + counts.failed() + counts.cancelled() == counts.all()
    }

    /// Bytes that are still to be sent by itself.
    pub(super) fn left(&self) -> ByteCount {
        self.size - self.idle - self.there
    }

    /// Whether something of it will move by itself.
    pub(super) fn goes_on(&self) -> bool {
        self.counting || self.counts.moving() > 0
    }
}

/// Every row and file, and the two lines of those that wait for a slot.
#[derive(Debug, Default)]
pub(super) struct Book {
    pub(super) items: Vec<Item>,
    pub(super) slots: Vec<Slot>,
    item_at: HashMap<ItemId, u32>,
    /// Places of rows in `items`, in the order they are uploaded in.
    order: Vec<u32>,
    /// The same of those that come after all others, however many those become.
    below: Vec<u32>,
    queued_small: Line,
    queued_large: Line,
    /// Everything pauses.
    resting: Option<Resting>,
}

impl Book {
    pub(super) fn add_item(&mut self, item: Item) {
        let index = u32::try_from(self.items.len()).unwrap_or(u32::MAX);
        self.item_at.insert(item.id, index);
        // Ids only ever grow, and in each of both ranks are ids that were exchanged, or lower.
        let (line, first) = if item.rank < BELOW { (&mut self.order, 0) } else { (&mut self.below, BEHIND) };
        let place = first + u32::try_from(line.len()).unwrap_or(BEHIND - 1);
        line.push(index);
        self.items.push(Item { place, ..item });
    }

    /// Adds a file; ids only ever grow.
    pub(super) fn add(&mut self, id: TransferId, item: ItemId, size: ByteCount, standing: &Standing, sent: ByteCount) {
        let Some(&at) = self.item_at.get(&item) else { return };
        let index = u32::try_from(self.slots.len()).unwrap_or(u32::MAX);
        let rest = Rest::of(&standing.state);
        let on_s3 = crate::transfer::state::unfinished(&standing.on_s3).is_some();
        let slot = Slot { id, item: at, size, acknowledged: sent, rest, on_s3 };
        self.slots.push(slot);
        let row = &mut self.items[at as usize];
        row.first = row.first.or(Some(id));
        self.count(index, slot, true);
    }

    /// Takes files out that are on record no more. Rare, and slow: places of others move.
    pub(super) fn forget(&mut self, ids: &[TransferId]) {
        for id in ids {
            let Some(at) = self.index(*id) else { continue };
            let slot = self.slots[at as usize];
            self.count(at, slot, false);
            self.slots.remove(at as usize);
            let item = slot.item;
            if self.items[item as usize].first == Some(*id) {
                let next = self.slots[at as usize..].iter().find(|slot| slot.item == item);
                self.items[item as usize].first = next.map(|slot| slot.id);
            }
        }
        let here: Vec<_> = self.items.iter().map(|item| item.here).collect();
        self.let_in(&here);
    }

    pub(super) fn index(&self, id: TransferId) -> Option<u32> {
        // Ids are given in order of finding, but several folders are walked at a time: nearly sorted, not quite.
        let guess = self.slots.partition_point(|slot| slot.id < id);
        let near = guess.saturating_sub(4_096)..(guess + 4_096).min(self.slots.len());
        if self.slots.get(guess).is_some_and(|slot| slot.id == id) {
            return u32::try_from(guess).ok();
        }
        let found = near.clone().find(|&at| self.slots[at].id == id);
        found.or_else(|| self.slots.iter().position(|slot| slot.id == id)).and_then(|at| u32::try_from(at).ok())
    }

    pub(super) fn item(&self, id: ItemId) -> Option<&Item> {
        self.item_at.get(&id).map(|&at| &self.items[at as usize])
    }

    pub(super) fn item_mut(&mut self, id: ItemId) -> Option<&mut Item> {
        let at = *self.item_at.get(&id)?;
        self.items.get_mut(at as usize)
    }

    pub(super) fn item_of(&self, index: u32) -> &Item {
        &self.items[self.slots[index as usize].item as usize]
    }

    /// Changes what a file does; all sums follow.
    pub(super) fn set(&mut self, index: u32, rest: Rest, size: ByteCount, sent: ByteCount, on_s3: &OnS3) {
        let before = self.slots[index as usize];
        self.count(index, before, false);
        let on_s3 = crate::transfer::state::unfinished(on_s3).is_some();
        let after = Slot { rest, size, acknowledged: sent, on_s3, ..before };
        self.slots[index as usize] = after;
        self.count(index, after, true);
    }

    fn count(&mut self, index: u32, slot: Slot, add: bool) {
        let may_begin = self.goes_on_by_hand(slot.id);
        let item = &mut self.items[slot.item as usize];
        let kind = slot.rest.kind();
        let cancelled = matches!(slot.rest, Rest::Cancelled { .. });
        let rested = match slot.rest {
            Rest::Done { .. } => slot.size,
            Rest::Cancelled { .. } | Rest::Active { .. } => ByteCount::ZERO,
            _ => slot.acknowledged,
        };
        let idle = if slot.rest.needs_somebody() { slot.size - slot.acknowledged } else { ByteCount::ZERO };
        let size = if cancelled { ByteCount::ZERO } else { slot.size };
        let line = line(slot.size, &mut self.queued_small, &mut self.queued_large);
        if add {
            item.counts.0[kind] += 1;
            item.size += size;
            item.rested += rested;
            item.idle += idle;
            if let Rest::Done { at } = slot.rest {
                item.ended = item.ended.max(UnixTime(u64::from(at)));
            }
            if slot.rest == Rest::Queued && !item.removed && item.here && may_begin {
                line.insert(item.to, (item.place, index));
            }
        } else {
            item.counts.0[kind] -= 1;
            item.size = item.size - size;
            item.rested = item.rested - rested;
            item.idle = item.idle - idle;
            line.remove(item.to, (item.place, index));
        }
    }

    /// Makes the lines anew; `here` tells of every item whether it is let in.
    pub(super) fn let_in(&mut self, here: &[bool]) {
        self.items.iter_mut().zip(here).for_each(|(item, here)| item.here = *here);
        self.line_up();
    }

    fn line_up(&mut self) {
        (self.queued_small, self.queued_large) = Default::default();
        for (index, slot) in (0u32..).zip(&self.slots) {
            let item = &self.items[slot.item as usize];
            if slot.rest == Rest::Queued && !item.removed && item.here && self.goes_on_by_hand(slot.id) {
                let line = line(slot.size, &mut self.queued_small, &mut self.queued_large);
                line.insert(item.to, (item.place, index));
            }
        }
    }

    /// The next file in line that is sent in one request, of those whose destination has room.
    pub(super) fn next_small(&self, has_room: impl Fn(u16) -> bool) -> Option<u32> {
        self.queued_small.next(has_room)
    }

    /// The same of those that are sent in parts.
    pub(super) fn next_large(&self, has_room: impl Fn(u16) -> bool) -> Option<u32> {
        self.queued_large.next(has_room)
    }

    /// Whether any file is in line.
    pub(super) fn has_line(&self) -> bool {
        self.next_small(|_| true).or_else(|| self.next_large(|_| true)).is_some()
    }

    /// Places of all files that an action on `target` is about.
    pub(super) fn files_of(&self, target: Target) -> Vec<u32> {
        let of = |wanted: &dyn Fn(&Slot) -> bool| -> Vec<u32> {
            (0u32..).zip(&self.slots).filter(|(_, slot)| wanted(slot)).map(|(at, _)| at).collect()
        };
        match target {
            Target::Transfer(id) => self.index(id).into_iter().collect(),
            Target::Item(id) => {
                let Some(&at) = self.item_at.get(&id) else { return Vec::new() };
                match &self.items[at as usize] {
                    Item { folder: false, first: Some(first), .. } => self.index(*first).into_iter().collect(),
                    _ => of(&|slot| slot.item == at),
                }
            }
            Target::Batch(id) => of(&|slot| self.items[slot.item as usize].batch == id),
        }
    }
}

fn line<T>(size: ByteCount, small: T, large: T) -> T {
    if size.get() < limits::single_put_below() { small } else { large }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resting_file_takes_less_than_150_bytes() {
        assert!(size_of::<Slot>() <= 48, "{}", size_of::<Slot>());
        // With the room that a growing list has to spare, and its place in the line: nodes of that hold six at least.
        let mut book = Book::default();
        let item = ItemId::new(1);
        book.add_item(Item { folder: true, ..Item::new(item, BatchId::new(1), "rushes") });
        let files = 100_000;
        for n in 1..=files {
            book.add(TransferId::new(n), item, ByteCount(10), &Standing::NEW, ByteCount::ZERO);
        }
        let node = 11 * size_of::<line::Turn>() + 2 * size_of::<usize>();
        let line = book.queued_small.len().div_ceil(6) * node * 13 / 12;
        let all = book.slots.capacity() * size_of::<Slot>() + line;
        assert!(all as u64 <= 150 * files, "{all}");
    }
}
