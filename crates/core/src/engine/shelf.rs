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
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::engine::feed::PausedBy;
    use crate::engine::live::Live;
    use crate::error::Error;
    use crate::ids::PartNumber;
    use crate::sync::atomic::Ordering;
    use crate::transfer::Standing;

    /// A shelf with a row for each of these drives, and a file of it that runs.
    fn shelf(drives: &[Option<&str>]) -> (Shelf, Vec<Arc<Live>>) {
        let mut shelf = Shelf::default();
        let mut lives = Vec::new();
        for (id, drive) in (1u64..).zip(drives) {
            let (item, transfer) = (ItemId::new(id), TransferId::new(id));
            let drive = drive.map(Into::into);
            shelf.book.add_item(Item { drive, ..Item::new(item, BatchId::new(1), "cut.mov") });
            shelf.book.add(transfer, item, ByteCount(10), &Standing::NEW, ByteCount::ZERO);
            let active = Rest::Active { verifying: false };
            shelf.book.set(
                shelf.book.index(transfer).expect("added"),
                active,
                ByteCount(10),
                ByteCount::ZERO,
                &crate::transfer::OnS3::Nothing,
            );
            let live = Arc::new(Live::default());
            shelf.running.insert(transfer, Arc::clone(&live));
            lives.push(live);
        }
        (shelf, lives)
    }

    fn overview(shelf: &mut Shelf) -> Overview {
        let now = Instant::now();
        shelf.sample(now);
        shelf.totals(now).overview
    }

    #[tokio::test(start_paused = true)]
    async fn where_everything_waits_for_the_same_thing_the_whole_does_after_a_moment() {
        let (mut shelf, lives) = shelf(&[Some("LAB-NAS"), Some("LAB-NAS")]);
        let busy = Error::new(ErrorCode::StorageBusy);
        lives[0].waits(&busy, Duration::from_secs(100));
        assert_eq!(overview(&mut shelf), Overview::Moving, "one flows");
        lives[1].waits(&busy, Duration::from_secs(60));
        assert_eq!(overview(&mut shelf), Overview::Moving, "only just");
        tokio::time::advance(GRACE).await;
        let Overview::Waiting(wait) = overview(&mut shelf) else { panic!("it waits") };
        assert_eq!((wait.code, wait.drive), (ErrorCode::StorageBusy, None));
        let soonest = wait.until.expect("told").0.saturating_sub(UnixTime::now().0);
        assert!((58..=60).contains(&soonest), "{soonest}");
        lives[0].smooth();
        assert_eq!(overview(&mut shelf), Overview::Moving);
    }

    /// A terabyte that failed, or that a person paused, is nothing that anybody waits for.
    #[tokio::test(start_paused = true)]
    async fn time_left_counts_what_is_sent_by_itself_and_nothing_that_waits_for_a_person() {
        let (mut shelf, lives) = shelf(&[None, None, None, None]);
        let set = |shelf: &mut Shelf, at, rest, size, sent| {
            shelf.book.set(at, rest, ByteCount(size), ByteCount(sent), &crate::transfer::OnS3::Nothing);
        };
        let paused = |by| Rest::Paused { by, since: 7 };
        let (active, failed) = (Rest::Active { verifying: false }, Rest::Failed { code: ErrorCode::AccessDenied });
        set(&mut shelf, 0, active, 1_000, 0);
        set(&mut shelf, 1, failed, 1 << 40, 1 << 30);
        set(&mut shelf, 2, paused(PausedBy::You), 1 << 40, 1 << 30);
        set(&mut shelf, 3, Rest::Queued, 500, 0);
        for id in 2..=4 {
            shelf.running.remove(&TransferId::new(id));
        }
        assert_eq!(shelf.limiting.look(Instant::now(), UnixTime::now()).rule, Rule::NoLimit);
        let sent = lives[0].take_off(PartNumber::FIRST, false);
        for _ in 0..20 {
            shelf.sample(Instant::now());
            tokio::time::advance(Duration::from_secs(1)).await;
            sent.fetch_add(10, Ordering::Relaxed);
        }
        let left = |shelf: &mut Shelf| {
            shelf.sample(Instant::now());
            let totals = shelf.totals(Instant::now());
            let row = shelf.row(shelf.book.item(ItemId::new(1)).expect("added"), 0, Instant::now());
            (totals.seconds_left, row.seconds_left)
        };
        assert_eq!(left(&mut shelf), (Some(130), Some(80)));
        let totals = shelf.totals(Instant::now());
        assert_eq!(
            (totals.size, totals.sent),
            (ByteCount((2 << 40) + 1_500), ByteCount((2 << 30) + 200)),
            "all there is"
        );
        // What is tried again, or let go on, counts again; what waits goes on by itself.
        set(&mut shelf, 1, Rest::Waiting { code: ErrorCode::Offline, until: 7 }, 3_000, 1_000);
        assert_eq!(left(&mut shelf).0, Some(330));
        set(&mut shelf, 2, paused(PausedBy::Watch), 2_000, 0);
        assert_eq!(left(&mut shelf).0, Some(530));
        shelf.book.items[2].here = false;
        assert_eq!(left(&mut shelf).0, Some(330), "it is another company's");
    }

    #[test]
    fn a_folder_is_done_sooner_than_what_failed_in_it_would_be() {
        let mut shelf = Shelf::default();
        let item = ItemId::new(1);
        shelf.book.add_item(Item { folder: true, ..Item::new(item, BatchId::new(1), "shoot") });
        for id in 1..=3 {
            shelf.book.add(TransferId::new(id), item, ByteCount(100), &Standing::NEW, ByteCount::ZERO);
        }
        let nothing = crate::transfer::OnS3::Nothing;
        shelf.book.set(0, Rest::Failed { code: ErrorCode::FileMissing }, ByteCount(100), ByteCount(40), &nothing);
        shelf.book.set(1, Rest::Done { at: 7 }, ByteCount(100), ByteCount(100), &nothing);
        shelf.sample(Instant::now());
        let left = |shelf: &Shelf| shelf.book.item(item).expect("added").left();
        assert_eq!(left(&shelf), ByteCount(100));
        shelf.book.set(0, Rest::Queued, ByteCount(100), ByteCount(40), &nothing);
        assert_eq!(left(&shelf), ByteCount(160));
    }

    #[test]
    fn what_was_done_on_another_day_is_not_of_today() {
        let (mut shelf, _) = shelf(&[None, None, None]);
        shelf.running.clear();
        for (at, ended) in [(0, 99), (1, 100), (2, 200)] {
            let done = Rest::Done { at: ended };
            shelf.book.set(at, done, ByteCount(10), ByteCount(10), &crate::transfer::OnS3::Nothing);
        }
        let of = |since| shelf.all_done(UnixTime(since));
        assert_eq!(of(100), Overview::AllDone { items: 2, size: ByteCount(20) });
        assert_eq!(of(201), Overview::AllDone { items: 0, size: ByteCount::ZERO });
        assert!(matches!(shelf.totals(Instant::now()).overview, Overview::AllDone { items: 0, .. }), "long ago");
    }

    #[tokio::test(start_paused = true)]
    async fn two_drives_that_are_away_are_not_the_same_thing() {
        for (other, same) in [("LAB-NAS", true), ("CARD", false)] {
            let (mut shelf, _) = shelf(&[Some("LAB-NAS"), Some(other)]);
            shelf.running.clear();
            for at in [0, 1] {
                let rest = Rest::Waiting { code: ErrorCode::SourceOffline, until: 7 };
                shelf.book.set(at, rest, ByteCount(10), ByteCount::ZERO, &crate::transfer::OnS3::Nothing);
            }
            overview(&mut shelf);
            tokio::time::advance(GRACE).await;
            let wait = Wait::new(ErrorCode::SourceOffline, Some(UnixTime(7)), Some("LAB-NAS"));
            let whole = if same { Overview::Waiting(wait) } else { Overview::Moving };
            assert_eq!(overview(&mut shelf), whole);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_local_network_wants_first_is_not_told_as_no_connection() {
        let (mut shelf, lives) = shelf(&[None]);
        shelf.offline = true;
        for code in [ErrorCode::CaptivePortal, ErrorCode::ProxyAuth] {
            shelf.gate = Some(code);
            assert!(matches!(overview(&mut shelf), Overview::Waiting(wait) if wait.code == code), "{code}");
        }
        shelf.gate = None;
        assert_eq!(overview(&mut shelf), Overview::Offline);
        // The company that is away is no missing network either.
        lives[0].waits(&Error::new(ErrorCode::BackendDown), Duration::from_secs(3));
        overview(&mut shelf);
        tokio::time::advance(GRACE).await;
        assert!(matches!(overview(&mut shelf), Overview::Waiting(wait) if wait.code == ErrorCode::BackendDown));
    }
}
