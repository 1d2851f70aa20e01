//! What the engine keeps in memory of every row: small and flat, so that 100,000 files stay below 150 bytes each.
//! Names, paths and keys stay in the journal. Pure: no disk, no clock.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;

use crate::engine::feed::{Filter, PausedBy, Target, Wait};
use crate::error::ErrorCode;
use crate::ids::{BatchId, ItemId, TransferId};
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

/// One row of the list.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "they are independent of each other, and a row is small")]
pub(super) struct Item {
    pub(super) id: ItemId,
    pub(super) batch: BatchId,
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
    pub(super) added: UnixTime,
    /// Its only transfer, for a single file; the first one for a folder.
    pub(super) first: Option<TransferId>,
    pub(super) counts: Counts,
    /// Bytes of everything in it that is not cancelled.
    pub(super) size: ByteCount,
    /// Bytes of what is done, and of the parts of what rests.
    pub(super) rested: ByteCount,
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
            name: name.into(),
            drive: None,
            mount: None,
            away: false,
            folder: false,
            counting: false,
            removed: false,
            here: true,
            skipped: 0,
            added: UnixTime(0),
            first: None,
            counts: Counts::default(),
            size: ByteCount::ZERO,
            rested: ByteCount::ZERO,
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
    queued_small: BTreeSet<Turn>,
    queued_large: BTreeSet<Turn>,
    /// The schedule pauses.
    resting: Option<Resting>,
}

/// A pause by the schedule.
#[derive(Debug)]
pub(super) struct Resting {
    since: UnixTime,
    /// What a person lets go on all the same.
    but: HashSet<TransferId>,
}

/// What keeps files in line from going on.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kept<'a> {
    /// Nothing.
    No,
    /// Nobody is signed in.
    Held,
    /// The schedule.
    Resting(&'a Resting),
}

impl Kept<'_> {
    /// Since when the schedule keeps this one.
    pub(super) fn rests(self, id: TransferId) -> Option<UnixTime> {
        match self {
            Self::Resting(resting) if !resting.but.contains(&id) => Some(resting.since),
            _ => None,
        }
    }
}

/// A file in line: its row's place in the order, and its own among all files.
type Turn = (u32, u32);

impl Book {
    pub(super) fn add_item(&mut self, item: Item) {
        let index = u32::try_from(self.items.len()).unwrap_or(u32::MAX);
        self.item_at.insert(item.id, index);
        // Ids only ever grow, and ranks are ids that were exchanged, or lower.
        let place = u32::try_from(self.order.len()).unwrap_or(u32::MAX);
        self.order.push(index);
        self.items.push(Item { place, ..item });
    }

    /// Orders rows anew by these ranks.
    pub(super) fn rank(&mut self, ranks: &[(ItemId, i64)]) {
        for (id, rank) in ranks {
            if let Some(item) = self.item_mut(*id) {
                item.rank = *rank;
            }
        }
        let items = &mut self.items;
        self.order.sort_by_key(|at| (items[*at as usize].rank, items[*at as usize].id));
        for (place, at) in (0u32..).zip(&self.order) {
            items[*at as usize].place = place;
        }
        self.line_up();
    }

    /// The ranks that move rows one place up or down among those in line; several keep their order. What is not in line
    /// stays where it is.
    pub(super) fn moved(&self, rows: &HashSet<ItemId>, earlier: bool) -> Vec<(ItemId, i64)> {
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
    pub(super) fn moved_to_front(&self, rows: &HashSet<ItemId>) -> Vec<(ItemId, i64)> {
        let line = || self.in_order().filter(|item| item.is_in_line());
        let Some(before) = line().find(|item| !rows.contains(&item.id)).map(|item| item.rank) else {
            return Vec::new();
        };
        let chosen: Vec<&Item> = line().filter(|item| rows.contains(&item.id)).collect();
        if chosen.iter().all(|item| item.rank < before) {
            return Vec::new();
        }
        // Below every rank there is: nothing else need be ranked anew.
        let lowest = self.items.iter().map(|item| item.rank).min().unwrap_or(before);
        let first = lowest.saturating_sub_unsigned(chosen.len() as u64);
        chosen.iter().map(|item| item.id).zip(first..).collect()
    }

    fn in_order(&self) -> impl Iterator<Item = &Item> {
        self.order.iter().map(|at| &self.items[*at as usize])
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

    /// The pause by the schedule, while there is one.
    pub(super) fn rests(&self) -> Option<&Resting> {
        self.resting.as_ref()
    }

    /// The schedule pauses since then, or does not any more.
    pub(super) fn rest(&mut self, since: Option<UnixTime>) {
        self.resting = since.map(|since| Resting { since, but: HashSet::new() });
        self.line_up();
    }

    /// Whether a person lets it go on though the schedule pauses.
    pub(super) fn goes_on_by_hand(&self, id: TransferId) -> bool {
        self.resting.as_ref().is_none_or(|resting| resting.but.contains(&id))
    }

    /// A person lets these go on though the schedule pauses. Answers how many were in line.
    pub(super) fn go_on_by_hand(&mut self, files: &[u32]) -> u32 {
        let Some(resting) = &mut self.resting else { return 0 };
        let mut in_line = 0;
        for slot in files.iter().map(|at| &self.slots[*at as usize]) {
            in_line += u32::from(resting.but.insert(slot.id) && slot.rest == Rest::Queued);
        }
        self.line_up();
        in_line
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
        let item = &mut self.items[slot.item as usize];
        let kind = slot.rest.kind();
        let cancelled = matches!(slot.rest, Rest::Cancelled { .. });
        let rested = match slot.rest {
            Rest::Done { .. } => slot.size,
            Rest::Cancelled { .. } | Rest::Active { .. } => ByteCount::ZERO,
            _ => slot.acknowledged,
        };
        let size = if cancelled { ByteCount::ZERO } else { slot.size };
        let may_begin = self.resting.as_ref().is_none_or(|resting| resting.but.contains(&slot.id));
        let line = line(slot.size, &mut self.queued_small, &mut self.queued_large);
        if add {
            item.counts.0[kind] += 1;
            item.size += size;
            item.rested += rested;
            if let Rest::Done { at } = slot.rest {
                item.ended = item.ended.max(UnixTime(u64::from(at)));
            }
            if slot.rest == Rest::Queued && !item.removed && item.here && may_begin {
                line.insert((item.place, index));
            }
        } else {
            item.counts.0[kind] -= 1;
            item.size = item.size - size;
            item.rested = item.rested - rested;
            line.remove(&(item.place, index));
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
                line(slot.size, &mut self.queued_small, &mut self.queued_large).insert((item.place, index));
            }
        }
    }

    /// The next file in line that is sent in one request.
    pub(super) fn next_small(&self) -> Option<u32> {
        self.queued_small.first().map(|(_, file)| *file)
    }

    /// The next file in line that is sent in parts.
    pub(super) fn next_large(&self) -> Option<u32> {
        self.queued_large.first().map(|(_, file)| *file)
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

    /// Rows in the list under a filter, in the order they are uploaded in.
    pub(super) fn rows(&self, filter: Filter) -> impl Iterator<Item = &Item> {
        self.in_order().filter(move |item| !item.removed && item.passes(filter))
    }

    /// Rows before this one that are in line or move.
    pub(super) fn ahead(&self, id: ItemId) -> u32 {
        let before = self.in_order().take_while(|item| item.id != id);
        u32::try_from(before.filter(|item| !item.removed && item.counts.moving() > 0).count()).unwrap_or(u32::MAX)
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
        let node = 11 * size_of::<Turn>() + 2 * size_of::<usize>();
        let line = book.queued_small.len().div_ceil(6) * node * 13 / 12;
        let all = book.slots.capacity() * size_of::<Slot>() + line;
        assert!(all as u64 <= 150 * files, "{all}");
    }

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
        book.rows(Filter::All).map(|item| item.id.get()).collect()
    }

    /// Rows as they are taken, one after the other.
    fn taken(mut book: Book) -> Vec<u64> {
        let mut taken = Vec::new();
        while let Some(at) = book.next_large() {
            taken.push(book.item_of(at).id.get());
            book.set(at, Rest::Active { verifying: false }, LARGE, ByteCount::ZERO, &OnS3::Nothing);
        }
        taken
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
        assert_eq!((book.next_small(), book.next_large()), (Some(0), Some(1)));

        book.set(0, Rest::Done { at: 5 }, ByteCount(10), ByteCount(10), &OnS3::Nothing);
        book.set(1, Rest::Cancelled { at: 6 }, ByteCount(20 << 20), ByteCount::ZERO, &OnS3::Nothing);
        let row = book.item(item).expect("added");
        assert_eq!((row.counts.done(), row.counts.cancelled(), row.counts.all()), (1, 1, 2));
        assert_eq!((row.size, row.rested), (ByteCount(10), ByteCount(10)));
        assert!(row.passes(Filter::Done) && !row.passes(Filter::Moving) && !row.passes(Filter::NeedsYou));
        assert_eq!((book.next_small(), book.next_large()), (None, None));
    }

    #[test]
    fn while_the_schedule_pauses_only_what_a_person_lets_go_on_is_in_line() {
        let mut book = Book::default();
        let item = ItemId::new(1);
        book.add_item(Item { folder: true, ..Item::new(item, BatchId::new(1), "rushes") });
        let add =
            |book: &mut Book, id| book.add(TransferId::new(id), item, ByteCount(10), &Standing::NEW, ByteCount::ZERO);
        add(&mut book, 1);
        book.rest(Some(UnixTime(7)));
        add(&mut book, 2);
        add(&mut book, 3);
        assert_eq!(book.next_small(), None);
        assert_eq!(book.go_on_by_hand(&[1]), 1);
        assert_eq!(book.go_on_by_hand(&[1]), 0, "it was before");
        assert_eq!(book.next_small(), Some(1));
        let kept = Kept::Resting(book.rests().expect("it pauses"));
        assert_eq!((kept.rests(TransferId::new(1)), kept.rests(TransferId::new(2))), (Some(UnixTime(7)), None));
        book.rest(None);
        assert_eq!(book.next_small(), Some(0));
    }
}
