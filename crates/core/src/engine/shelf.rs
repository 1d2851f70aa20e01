//! Everything the actor and the feeds look at: the book, what runs, and the meters.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use tokio::time::{Duration, Instant};

use super::book::{Book, Item, Kept, Rest, Slot};
use super::limiting::Limiting;
use super::list::{self, Meters, Running};
use super::rate::Meter;
use crate::bandwidth::{self, Rule, Zone};
use crate::credentials::Remote;
use crate::engine::feed::{Filter, Overview, Row, RowState, Target, Totals, Wait, Way};
use crate::error::{ErrorCode, Fact};
use crate::file::drive_of;
use crate::ids::{BatchId, DestinationId, ItemId, TransferId};
use crate::journal::{BatchRow, ItemRow, Recovered};
use crate::transfer::{Input, step};
use crate::units::{ByteCount, ByteRate, UnixTime};

/// A wait younger than this does not make the header say so.
const GRACE: Duration = Duration::from_secs(2);
/// A speed is that of what holds once this has held for so long: it is a mean.
const LEARNT: Duration = Duration::from_secs(12);

/// What is known of every row.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    pub(super) book: Book,
    pub(super) batches: HashMap<BatchId, BatchRow>,
    pub(super) running: Running,
    pub(super) meters: Meters,
    pub(super) total: Meter,
    /// How fast it may be.
    pub(super) limiting: Limiting,
    pub(super) signed_out: Option<UnixTime>,
    /// Whose batches run now; those of others rest.
    remote: Option<Remote>,
    pub(super) offline: bool,
    /// What the local network wants before anything gets through.
    pub(super) gate: Option<ErrorCode>,
    /// How many seconds this computer's clock was off, where the store refused a request for it.
    pub(super) clock_off: Option<u32>,
    /// The store wants to be left alone.
    pub(super) quiet: bool,
    /// The ways to the stores of destinations, as they are taken now.
    pub(super) ways: HashMap<DestinationId, Way>,
    /// Where batches go: a row has the place of its destination here.
    destinations: Vec<DestinationId>,
    /// Since when everything waits for the same thing.
    held_up: Option<Instant>,
    /// What was sent a second when nothing limited it last.
    free: Option<ByteRate>,
    /// Why the records cannot be written, while they cannot.
    pub(super) stuck: Option<ErrorCode>,
}

impl Shelf {
    /// As the journal has it; whatever ran when the process ended is in line again.
    pub(super) fn from(recovered: Recovered) -> Self {
        let batches = recovered.batches.into_iter().map(|batch| (batch.id, batch)).collect();
        let mut shelf = Self { batches, ..Self::default() };
        shelf.add_items(&recovered.items);
        shelf.book.rank(&recovered.ranks);
        for transfer in recovered.transfers {
            let standing = step(&transfer.standing, Input::Restarted).map_or(transfer.standing, |(now, _)| now);
            shelf.book.add(transfer.id, transfer.item, transfer.size, &standing, transfer.acknowledged);
        }
        shelf
    }

    /// The number of a batch's destination. They are few.
    fn number_of(&mut self, batch: BatchId) -> u16 {
        let Some(batch) = self.batches.get(&batch) else { return 0 };
        let at = self.destinations.iter().position(|id| *id == batch.destination.id).unwrap_or_else(|| {
            self.destinations.push(batch.destination.id.clone());
            self.destinations.len() - 1
        });
        u16::try_from(at).unwrap_or_default()
    }

    fn is_here(&self, batch: BatchId) -> bool {
        let remote = self.batches.get(&batch).and_then(|batch| batch.remote.as_ref());
        remote.is_some() && remote == self.remote.as_ref()
    }

    /// Another company, or another place: what began with it goes on, what began elsewhere rests.
    pub(super) fn turn_to(&mut self, remote: Option<Remote>) {
        self.remote = remote;
        let here: Vec<_> = self.book.items.iter().map(|item| self.is_here(item.batch)).collect();
        self.book.let_in(&here);
    }

    /// An item goes on as part of another gesture.
    pub(super) fn join(&mut self, item: ItemId, batch: BatchId) {
        let here = self.is_here(batch);
        if let Some(item) = self.book.item_mut(item) {
            (item.batch, item.here) = (batch, here);
        }
    }

    /// The same of one that goes to another destination than before. Whoever calls it has the lines made anew.
    pub(super) fn send(&mut self, item: ItemId, batch: BatchId) {
        self.join(item, batch);
        let to = self.number_of(batch);
        if let Some(item) = self.book.item_mut(item) {
            item.to = to;
        }
    }

    /// The file of an item lies elsewhere now.
    pub(super) fn lies(&mut self, item: ItemId, path: &Path, mount: Option<&Path>, away: bool) {
        if let Some(item) = self.book.item_mut(item) {
            (item.drive, item.mount) = (drive_of(path, mount).map(Into::into), mount.map(Into::into));
            item.away = away;
        }
    }

    /// Whether a row can only wait for somebody to sign in.
    pub(super) fn held(&self, item: &Item) -> bool {
        self.signed_out.is_some() || !item.here
    }

    /// What keeps files of a row that are in line from going on.
    pub(super) fn kept(&self, item: &Item) -> Kept<'_> {
        match self.book.rests() {
            _ if self.held(item) => Kept::Held,
            Some(resting) => Kept::Resting(resting),
            None => Kept::No,
        }
    }

    pub(super) fn add_items(&mut self, rows: &[ItemRow]) {
        for row in rows {
            let item = self.kept_of(row);
            self.book.add_item(item);
        }
    }

    /// What is kept of a row.
    pub(super) fn kept_of(&mut self, row: &ItemRow) -> Item {
        Item {
            to: self.number_of(row.batch),
            here: self.is_here(row.batch),
            drive: drive_of(&row.path, row.mount.as_deref()).map(Into::into),
            mount: row.mount.as_deref().map(Into::into),
            folder: row.folder,
            counting: !row.counted,
            removed: row.removed,
            skipped: row.skipped,
            watch: row.sweep.as_ref().map(|sweep| sweep.watch),
            added: row.added,
            ..Item::new(row.id, row.batch, &row.name)
        }
    }

    /// Brings every shown byte count up to date; once a tick.
    pub(super) fn sample(&mut self, now: Instant) {
        let mut flying: HashMap<ItemId, u64> = HashMap::new();
        for (id, live) in &self.running {
            if let Some(at) = self.book.index(*id) {
                *flying.entry(self.book.item_of(at).id).or_default() += live.on_the_way();
            }
        }
        let mut sum = ByteCount::ZERO;
        let mut moving = HashSet::new();
        for item in &mut self.book.items {
            if item.removed {
                continue;
            }
            let bytes = flying.get(&item.id).copied();
            sum += list::row_sent(item, bytes.unwrap_or(0));
            if bytes.is_some() {
                self.meters.sample(item.id, now, item.shown);
                moving.insert(item.id);
            }
        }
        self.meters.forget_all_but(&moving);
        self.held_up = self.wait().map(|_| self.held_up.unwrap_or(now));
        if self.running.is_empty() {
            self.total.rest();
        } else {
            self.total.sample(now, sum);
            self.learn(now);
        }
    }

    /// Whole seconds until so many bytes are sent at a mean, by what holds of the limits now and later.
    fn seconds_left(&self, mean: Option<ByteRate>, left: ByteCount, now: Instant) -> Option<u32> {
        let course = self.limiting.course();
        let free = self.free.map(|free| free.0);
        let paused = || self.limiting.ruling().rule == Rule::Pause && left > ByteCount::ZERO;
        let Some(mean) = mean else {
            // Nothing is measured while nothing moves.
            return if paused() { bandwidth::seconds_left(left.get(), 0, free, course, UnixTime::now()) } else { None };
        };
        // A row has its share of all there is, now and later.
        let all = self.total.mean(now).filter(|all| *all > mean).unwrap_or(mean).0.max(1);
        let of_all = u128::from(left.get()) * u128::from(all) / u128::from(mean.0.max(1));
        let of_all = u64::try_from(of_all).unwrap_or(u64::MAX);
        if mean.0 == 0 { None } else { bandwidth::seconds_left(of_all, all, free, course, UnixTime::now()) }
    }

    /// How fast it goes where nothing limits it.
    fn learn(&mut self, now: Instant) {
        let speed = self.total.speed(now);
        let is_free = match self.limiting.ruling().rule {
            Rule::NoLimit => true,
            Rule::Limit(limit) => speed.0 < limit.0 / 10 * 9,
            Rule::Pause => false,
        };
        if is_free && speed.0 > 0 && self.limiting.holds_for(now) >= LEARNT {
            self.free = Some(speed);
        }
    }

    pub(super) fn totals(&self, now: Instant) -> Totals {
        let mut totals = Totals::default();
        let (mut paused, mut goes_on, mut elsewhere, mut left) = (0, false, false, ByteCount::ZERO);
        for (item, _) in self.book.rows(Filter::All) {
            totals.all += 1;
            totals.moving += u32::from(item.passes(Filter::Moving));
            totals.needs_you += u32::from(item.passes(Filter::NeedsYou));
            totals.done += u32::from(item.passes(Filter::Done));
            goes_on |= item.goes_on() && item.here;
            elsewhere |= item.goes_on() && !item.here;
            paused += item.counts.paused();
            totals.sent += item.shown;
            totals.size += item.size;
            // What rests with another company is nothing to wait for.
            left += if item.here { item.left() } else { ByteCount::ZERO };
        }
        totals.limit = self.limiting.ruling().into();
        totals.speed = self.total.speed(now);
        totals.seconds_left = self.seconds_left(self.total.mean(now), left, now);
        let lasts = self.held_up.is_some_and(|since| now.duration_since(since) >= GRACE);
        let wait = if goes_on && lasts { self.wait() } else { None };
        let wait = wait.filter(|wait| wait.code != ErrorCode::Offline);
        totals.overview = match self.signed_out {
            _ if totals.all == 0 => Overview::Empty,
            Some(since) if goes_on || elsewhere => Overview::SignedOut { since },
            _ if goes_on && let Some(code) = self.stuck => Overview::Stuck { code },
            _ if goes_on && self.running.is_empty() && self.book.rests().is_some() => Overview::Paused,
            _ if let Some(wait) = &wait => Overview::Waiting(wait.clone()),
            _ if goes_on
                && self.offline
                && let Some(code) = self.gate =>
            {
                Overview::Waiting(Wait::new(code, None, None))
            }
            _ if goes_on && self.offline => Overview::Offline,
            _ if goes_on => Overview::Moving,
            _ if paused > 0 => Overview::Paused,
            _ if totals.needs_you > 0 || elsewhere => Overview::NeedsYou,
            _ if totals.done > 0 => self.all_done(Zone::here().day_began(UnixTime::now())),
            _ => Overview::Empty,
        };
        totals
    }

    /// All is there: so much of it since a day began.
    fn all_done(&self, since: UnixTime) -> Overview {
        let today = self.book.rows(Filter::Done).filter(|(item, _)| item.ended >= since);
        let (items, size) = today.fold((0, ByteCount::ZERO), |(items, size), (item, _)| (items + 1, size + item.size));
        Overview::AllDone { items, size }
    }

    /// What each transfer waits for that does, at rest or while it runs, and each folder that is to be walked yet.
    pub(super) fn waits(&self) -> Vec<(Target, Wait)> {
        let wait = |slot: &Slot| {
            let item = &self.book.items[slot.item as usize];
            let (live, drive) = (self.running.get(&slot.id).map(|live| &**live), item.drive.as_deref());
            match list::file_state(slot, live, 0, Kept::No, drive) {
                RowState::Waiting(wait) if !item.removed => Some((Target::Transfer(slot.id), wait)),
                RowState::Held if !item.removed => {
                    Some((Target::Transfer(slot.id), Wait::new(ErrorCode::SignInEnded, None, None)))
                }
                _ => None,
            }
        };
        let unwalked = self.book.items.iter().filter(|item| item.counting && item.away && !item.removed);
        let folders = unwalked.map(|item| (Target::Item(item.id), item.wait_for_drive()));
        self.book.slots.iter().filter_map(wait).chain(folders).collect()
    }

    /// What everything waits for that could move; nothing where something flows, or where it is not the same.
    fn wait(&self) -> Option<Wait> {
        let mut whole: Option<Wait> = None;
        let mut other = |wait: Wait| match &mut whole {
            None => {
                whole = Some(wait);
                false
            }
            Some(known) if known.is_like(&wait) => {
                known.until = known.until.into_iter().chain(wait.until).min();
                false
            }
            Some(_) => true,
        };
        for (id, live) in &self.running {
            let Some(at) = self.book.index(*id) else { continue };
            match live.in_the_way() {
                Some((code, until)) if other(Wait::new(code, until, self.book.item_of(at).drive.as_deref())) => {
                    return None;
                }
                Some(_) => {}
                // Those who wait for a place behind who waits.
                None if self.quiet && !live.flies() => {}
                None => return None,
            }
        }
        for item in self.book.items.iter().filter(|item| !item.removed && item.here && item.counting) {
            if !item.away || other(item.wait_for_drive()) {
                return None;
            }
        }
        if self.book.items.iter().any(|item| item.counts.waiting() > 0) {
            for slot in &self.book.slots {
                let Rest::Waiting { code, until } = slot.rest else { continue };
                let item = &self.book.items[slot.item as usize];
                let until = (until > 0).then(|| UnixTime(u64::from(until)));
                if !item.removed && item.here && other(Wait::new(code, until, item.drive.as_deref())) {
                    return None;
                }
            }
        }
        whole
    }

    /// The way to the store that a batch's bytes take.
    pub(super) fn way(&self, batch: BatchId) -> Option<Way> {
        self.ways.get(&self.batches.get(&batch)?.destination.id).copied()
    }

    pub(super) fn label(&self, batch: BatchId) -> String {
        self.batches.get(&batch).map(|batch| batch.destination.label.clone()).unwrap_or_default()
    }

    pub(super) fn row(&self, item: &Item, ahead: u32, now: Instant) -> Row {
        let meter = self.meters.get(item.id);
        let of = (item, ahead, self.kept(item));
        let mut row = list::row(&self.book, of, self.label(item.batch), &self.running, meter, now);
        if row.state == RowState::Uploading {
            let mean = meter.and_then(|meter| meter.mean(now));
            row.seconds_left = mean.and_then(|mean| self.seconds_left(Some(mean), item.left(), now));
        }
        row.fact = self.fact(item.batch, &row.state);
        row
    }

    /// The number that a row's problem is told with: what is known here. The records have what is known of each file.
    fn fact(&self, batch: BatchId, state: &RowState) -> Option<Fact> {
        let RowState::Failed { code } = state else { return None };
        match code {
            ErrorCode::TooLarge => {
                let rules = self.batches.get(&batch)?.destination.rules.as_ref()?;
                rules.largest.map(|size| Fact::Largest { size })
            }
            ErrorCode::ClockWrong => self.clock_off.map(|seconds| Fact::ClockOff { seconds }),
            _ => None,
        }
    }

    /// Files of a folder that run, oldest first.
    pub(super) fn sending(&self, item: ItemId) -> Vec<TransferId> {
        let mut ids: Vec<_> = self
            .running
            .keys()
            .filter(|id| self.book.index(**id).is_some_and(|at| self.book.item_of(at).id == item))
            .copied()
            .collect();
        ids.sort_unstable();
        ids
    }

    /// Files of a row that need the person.
    pub(super) fn failed(&self, item: ItemId, at_most: usize) -> Vec<TransferId> {
        let slots = self.book.slots.iter();
        let failed = slots
            .filter(|slot| matches!(slot.rest, Rest::Failed { .. }) && self.book.items[slot.item as usize].id == item);
        failed.take(at_most).map(|slot| slot.id).collect()
    }
}

#[cfg(test)]
mod tests;
