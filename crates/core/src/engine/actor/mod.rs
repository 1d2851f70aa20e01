//! The actor: one loop that takes commands and reports, admits what has a slot, and tells the feeds.
//!
//! It owns every standing at rest; a running transfer's is owned by its drive, which the actor asks to rest by
//! [`Stop`].

mod actions;
mod again;
mod answers;
mod chore;
pub(super) mod deliver;
pub(super) mod elsewhere;
mod endings;
pub(super) mod enqueue;
mod forgetting;
mod joining;
mod mounts;
mod order;
mod reports;
mod resting;
pub(super) mod running;
mod settle;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt as _;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Duration, Instant};

use super::book::{Item, Rest, Slot};
use super::drive::{Held, Report, Shared, Stop};
use super::feeds::{self, Subscriber};
use super::intake::{self, Numbers};
use super::limiting::Limiting;
use super::live::Live;
use super::pool::Pool;
use super::shelf::Shelf;
use super::{ActDone, Command, News, Rested, Settled, Start, Ticket, leftovers, receipts};
use crate::bandwidth::Zone;
use crate::credentials::Remote;
use crate::engine::feed::{Action, Filter, Target, Totals};
use crate::error::ErrorCode;
use crate::ids::{BatchId, ItemId, TransferId};
use crate::journal::{ItemRow, Write};
use crate::limits;
use crate::session::Collision;
use crate::transfer::state::is_asked_for;
use crate::transfer::{Input, Standing};
use crate::units::{ByteCount, UnixTime};
use chore::Chore;
use running::{drive, fail};

/// The feed is told at most this often, but for the last word.
const TICK: Duration = Duration::from_millis(250);
/// What changes by the clock on the wall is looked for this often at least.
const LOOK: Duration = Duration::from_secs(600);
/// A cancel can be taken back for this long.
const UNDO: Duration = Duration::from_secs(10);
/// Files in parts at a time: enough to keep the pool busy at every tail, few enough to keep a disk reading in order.
const LARGE_AT_A_TIME: usize = 4;

/// Small files under way that do not send: so many for each that does, and no more than that. Of who sends one at a time the
/// next one is not begun before its turn.
const BESIDE: usize = 8;
const BESIDE_AT_MOST: usize = 32;

struct Active {
    stop: Stop,
    large: bool,
    /// Where it goes.
    to: u16,
    /// What was asked of it while it ran.
    asked: Option<Input>,
    /// What was asked after that, while it did not rest yet: the last word counts.
    then: Option<Input>,
}

pub(super) struct Actor {
    shared: Arc<Shared>,
    reports: mpsc::UnboundedReceiver<Report>,
    numbers: Arc<Numbers>,
    shelf: Shelf,
    /// Transfers that had asked for an upload when the process before ended.
    asked: Vec<TransferId>,
    active: HashMap<TransferId, Active>,
    sweeps: BTreeMap<TransferId, Instant>,
    feeds: Vec<Subscriber>,
    next_feed: u32,
    settling: Vec<(Vec<ItemId>, oneshot::Sender<Settled>)>,
    swept: Vec<oneshot::Sender<()>>,
    ended: Vec<TransferId>,
    hold: bool,
    /// Whether places were free at the last tick.
    roomy: bool,
    /// Where transfers stand, which could not be put on record yet.
    owed: HashMap<TransferId, Standing>,
    /// Files that another program holds, and that wait for it.
    held: HashMap<TransferId, Held>,
    /// Drives that are away.
    away: mounts::Away,
    /// What waited and is in line to be tried again, and what it waited for.
    woken: HashMap<TransferId, (ErrorCode, Option<UnixTime>)>,
    /// Folders that are walked now.
    walking: HashSet<ItemId>,
    /// What was asked of folders that are not walked to their end: it holds for what is found in them yet.
    asked_of_folders: HashMap<ItemId, Action>,
    /// Those of them of which that is not on record as it is.
    asked_unrecorded: HashSet<ItemId>,
    /// Rows that may be at their end, and are not in history yet.
    over: HashSet<ItemId>,
    /// Rows that were cleared from the list last.
    cleared: Vec<Target>,
    /// Batches that may have ended since the last tick.
    ending: HashSet<BatchId>,
    /// Batches that may have before, and of which that is not on record.
    unnoted: HashSet<BatchId>,
    /// What S3 still holds of given-up uploads.
    leftovers: Chore,
    /// Receipts that the company has not taken yet.
    receipts: Chore,
    /// Those of them that it did not take, and when.
    offered: receipts::Offered,
    /// Who follows what becomes of files of watched folders.
    follower: Option<mpsc::UnboundedSender<Rested>>,
    /// Batches of which it was told that something needs the person, here or by an earlier run.
    stumbled: HashSet<BatchId>,
    /// Who is told what became of batches.
    news: Vec<mpsc::UnboundedSender<News>>,
    dirty: bool,
    /// Who waits until nothing runs any more.
    coming_to_rest: Vec<oneshot::Sender<()>>,
    /// A company whose rows go then.
    forgetting: Option<forgetting::Asked>,
    /// Companies that were forgotten, and were not connected to again.
    forgotten: HashSet<String>,
    closing: Option<oneshot::Sender<()>>,
}

impl Actor {
    pub(super) fn new(start: Start) -> Self {
        let (sender, reports) = mpsc::unbounded_channel();
        let asked = start.recovered.transfers.iter().filter(|transfer| is_asked_for(&transfer.standing));
        let asked = asked.map(|transfer| transfer.id).collect();
        let recovered_asked = start.recovered.asked.iter().copied().collect();
        let numbers = Numbers::after(start.recovered.highest);
        let mut shelf = Shelf::from(start.recovered);
        shelf.limiting = Limiting::new(start.limits, start.choice, start.around);
        let stumbled = shelf.book.items.iter().filter(|item| item.counts.failed() > 0).map(|item| item.batch).collect();
        let tap = Arc::default();
        let shared = Shared {
            journal: start.journal,
            home: start.home,
            routes: start.routes,
            pool: Arc::new(Pool::new(start.concurrency, Arc::clone(&tap))),
            link: Arc::default(),
            tap,
            reports: sender,
        };
        Self {
            shared: Arc::new(shared),
            reports,
            numbers: Arc::new(numbers),
            shelf,
            asked,
            active: HashMap::new(),
            sweeps: BTreeMap::new(),
            feeds: Vec::new(),
            next_feed: 0,
            settling: Vec::new(),
            swept: Vec::new(),
            ended: Vec::new(),
            hold: start.hold,
            roomy: false,
            owed: HashMap::new(),
            held: HashMap::new(),
            away: mounts::Away::new(),
            woken: HashMap::new(),
            walking: HashSet::new(),
            asked_of_folders: recovered_asked,
            asked_unrecorded: HashSet::new(),
            over: HashSet::new(),
            cleared: Vec::new(),
            ending: HashSet::new(),
            unnoted: HashSet::new(),
            leftovers: Chore::default(),
            receipts: Chore::default(),
            offered: receipts::Offered::default(),
            follower: None,
            stumbled,
            news: Vec::new(),
            dirty: true,
            coming_to_rest: Vec::new(),
            forgetting: None,
            forgotten: HashSet::new(),
            closing: None,
        }
    }

    pub(super) async fn run(mut self, mut inbox: mpsc::UnboundedReceiver<Command>) {
        leftovers::are_lost(&self.shared, std::mem::take(&mut self.asked)).await;
        self.do_as_asked_before().await;
        self.look_at_limits();
        spawn(Arc::clone(&self.shared.pool).govern());
        let mut next_tick = Instant::now();
        loop {
            if !self.hold && self.closing.is_none() {
                self.admit();
            }
            let busy = self.dirty || !self.active.is_empty() || self.has_timers();
            let changes = if busy { None } else { self.changes_by_itself(Instant::now(), UnixTime::now()) };
            tokio::select! {
                command = inbox.recv() => match command {
                    Some(command) => {
                        let before = self.waits_for();
                        self.command(command).await;
                        next_tick = next_tick.min(self.next_answer(before));
                    }
                    None => break,
                },
                Some(report) = self.reports.recv() => {
                    let before = self.waits_for();
                    self.report(report).await;
                    next_tick = next_tick.min(self.next_answer(before));
                }
                () = tokio::time::sleep_until(next_tick), if busy => {
                    next_tick = Instant::now() + TICK;
                    self.roomy = self.shared.pool.has_room();
                    self.tick().await;
                }
                // Nothing else may happen for hours.
                () = until(changes), if !busy => self.dirty = true,
            }
            self.tell_that_all_rests();
            self.forget_once_all_rests().await;
            if self.active.is_empty() && self.closing.is_some() {
                // Still closing: whatever ended just now begins nothing any more.
                self.tick().await;
                if let Some(reply) = self.closing.take() {
                    let _ = reply.send(());
                }
                break;
            }
        }
    }

    /// Another company or place. What runs for the former rests, what began with this one goes on.
    async fn turn_to(&mut self, remote: Option<Remote>) {
        self.knows_again(remote.as_ref());
        self.shelf.turn_to(remote);
        self.offered.forget();
        for (id, active) in &self.active {
            let here = self.shelf.book.index(*id).is_some_and(|at| self.shelf.book.item_of(at).here);
            if !here {
                active.stop.because(Input::Restarted);
            }
        }
        if !self.hold {
            self.go_on().await;
        }
    }

    /// Goes on where it ended: folders are walked on, what was cancelled is swept, and so is what S3 holds besides.
    async fn go_on(&mut self) {
        let mut unwalked: BTreeMap<BatchId, Vec<ItemRow>> = BTreeMap::new();
        let is_left = |item: &&Item| item.counting && item.here && !self.walking.contains(&item.id);
        let ids: Vec<_> = self.shelf.book.items.iter().filter(is_left).map(|item| item.id).collect();
        for id in ids {
            if let Ok(Some(row)) = self.shared.journal.read(move |journal| journal.item(id)).await {
                unwalked.entry(row.batch).or_default().push(row);
            }
        }
        for (batch, folders) in unwalked {
            let collision = self.shelf.batches.get(&batch).map(|batch| batch.collision).unwrap_or_default();
            self.walk(folders, collision);
        }
        self.sweep_what_is_given_up(Instant::now());
        self.look_for_endings().await;
        self.leftovers.wanted();
        self.receipts.wanted();
    }

    fn sweep_what_is_given_up(&mut self, at: Instant) {
        for slot in &self.shelf.book.slots {
            let item = &self.shelf.book.items[slot.item as usize];
            if is_given_up(slot, item) && item.here {
                let due = self.sweeps.entry(slot.id).or_insert(at);
                *due = at.min(*due);
            }
        }
    }

    fn walk(&mut self, folders: Vec<ItemRow>, collision: Collision) {
        let folders: Vec<_> = folders.into_iter().filter(|item| self.walking.insert(item.id)).collect();
        for item in &folders {
            if let Some(item) = self.shelf.book.item_mut(item.id) {
                item.counting = true;
                item.away = item.mount.as_deref().is_some_and(|mount| self.away.contains_key(mount));
            }
        }
        if !folders.is_empty() {
            let (shared, numbers) = (Arc::clone(&self.shared), Arc::clone(&self.numbers));
            spawn(intake::walk_folders(shared, numbers, collision, folders));
        }
    }

    /// Walks a folder that was walked before: what could not be read then may be in order now.
    async fn walk_again(&mut self, item: ItemId) {
        match self.shared.journal.read(move |journal| journal.item(item)).await {
            // What else lies in a watched folder is its own matter.
            Ok(Some(ItemRow { sweep: Some(_), .. })) => {}
            Ok(Some(row)) if !self.hold && self.shelf.book.item(item).is_some_and(|item| item.here) => {
                let collision = self.shelf.batches.get(&row.batch).map(|batch| batch.collision).unwrap_or_default();
                self.walk(vec![row], collision);
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "a folder could not be walked again"),
        }
    }

    /// When a cancel cannot be taken back any more: at once where nobody is there who could.
    fn until_final(&self) -> Instant {
        Instant::now() + if self.hold { Duration::ZERO } else { UNDO }
    }

    /// Starts what is due of the work that no transfer waits for.
    fn chores(&mut self, now: Instant) {
        let shared = &self.shared;
        if self.leftovers.starts(now) {
            let shared = Arc::clone(shared);
            spawn(async move {
                let left = leftovers::sweep(&shared).await.unwrap_or(1);
                let _ = shared.reports.send(Report::Swept { left });
            });
        }
        if self.receipts.starts(now) {
            let (shared, offered) = (Arc::clone(shared), self.offered.clone());
            spawn(async move {
                let left = receipts::hand_over(&shared, &offered).await.unwrap_or(1);
                let _ = shared.reports.send(Report::HandedOver { left });
            });
        }
    }

    /// When something else is to be told though nothing happens: another limit holds, or what was done today was so yesterday.
    fn changes_by_itself(&self, now: Instant, at: UnixTime) -> Option<Instant> {
        let limit = self.shelf.limiting.next_look(now, at);
        let is_told = !self.feeds.is_empty() && self.shelf.book.rows(Filter::Done).next().is_some();
        let ends = if is_told { Zone::here().day_ends(at) } else { None };
        // Time that a computer sleeps through is not counted.
        let day = ends.map(|ends| now + Duration::from_secs(ends.0.saturating_sub(at.0)).clamp(TICK, LOOK));
        limit.into_iter().chain(day).min()
    }

    fn has_timers(&self) -> bool {
        let waits = || self.shelf.book.items.iter().any(|item| item.counts.waiting() > 0);
        let endings = !self.ending.is_empty() || !self.over.is_empty();
        let chores = self.leftovers.is_open() || self.receipts.is_open() || endings;
        chores
            || !self.owed.is_empty()
            || !self.away.is_empty()
            || !self.sweeps.is_empty()
            || !self.swept.is_empty()
            || !self.settling.is_empty()
            || waits()
    }

    fn admit(&mut self) {
        // Whoever begins reads from the records where it stands.
        if self.shelf.signed_out.is_some() || !self.owed.is_empty() {
            return;
        }
        // Beside those that send there are some that are being opened, or recorded: what goes on record together costs no
        // more than one.
        let places = self.shared.pool.places();
        let small_at_most = places + (places.saturating_sub(1) * BESIDE).min(BESIDE_AT_MOST);
        // Files of a few parts leave places free.
        let large_at_most = LARGE_AT_A_TIME.max(places / 2);
        loop {
            // Of each destination: those whose store is not reached wait as they run, and others do not wait for them.
            let running = |large, to| self.active.values().filter(|one| (one.large, one.to) == (large, to)).count();
            let book = &self.shelf.book;
            let next = book
                .next_small(|to| running(false, to) < small_at_most)
                .or_else(|| book.next_large(|to| running(true, to) < LARGE_AT_A_TIME));
            // One more with every tick: what began just now has not taken its places yet.
            let one_more = || book.next_large(|to| running(true, to) < large_at_most);
            let next = next.or_else(|| one_more().filter(|_| std::mem::take(&mut self.roomy)));
            let Some(next) = next else { return };
            self.start(next, Input::Admit);
        }
    }

    /// Runs a transfer in its own task.
    fn start(&mut self, at: u32, input: Input) {
        let slot = self.shelf.book.slots[at as usize];
        let large = slot.size.get() >= limits::single_put_below();
        let (live, stop) = (Arc::new(Live::of(slot.acknowledged)), Stop::default());
        if let Some((code, until)) = self.woken.remove(&slot.id) {
            live.tries_again(code, until);
        }
        let to = self.shelf.book.item_of(at).to;
        let active = Active { stop: stop.clone(), large, to, asked: None, then: None };
        self.active.insert(slot.id, active);
        if input == Input::Admit {
            self.shelf.running.insert(slot.id, Arc::clone(&live));
            let rest = Rest::Active { verifying: false };
            self.set(at, rest, slot.size, slot.acknowledged);
        }
        let (shared, id, held) = (Arc::clone(&self.shared), slot.id, self.held.get(&slot.id).copied());
        let stopped = stop.clone();
        let driving = drive(Arc::clone(&shared), id, live, stop, held, input);
        spawn(async move {
            // A drive that broke leaves a transfer that says so, and everything else going.
            let broken = match AssertUnwindSafe(driving).catch_unwind().await {
                Ok(Ok(())) => return,
                Ok(Err(error)) => error.code,
                Err(_) => ErrorCode::Unexpected,
            };
            let standing = fail(&shared, id, &stopped, broken).await;
            let (size, sent) = (slot.size, slot.acknowledged);
            let rests = Report::Rests { id, standing, size, sent, held: None };
            let _ = shared.reports.send(rests);
        });
    }

    fn set(&mut self, at: u32, rest: Rest, size: ByteCount, sent: ByteCount) {
        let on_s3 = self.shelf.book.slots[at as usize].on_s3;
        let kept = if on_s3 {
            crate::transfer::OnS3::Upload(crate::ids::UploadId(String::new()))
        } else {
            crate::transfer::OnS3::Nothing
        };
        self.shelf.book.set(at, rest, size, sent, &kept);
        self.dirty = true;
    }

    async fn tick(&mut self) {
        let now = Instant::now();
        self.look_at_limits();
        self.pay().await;
        self.wake(UnixTime::now());
        if !self.hold && self.closing.is_none() {
            // What tries again is not told as one in line in between.
            self.admit();
        }
        self.note_endings().await;
        self.enter_history().await;
        self.chores(now);
        self.look_for_drives(now);
        let is_due = |(id, at): &(&TransferId, &Instant)| **at <= now && !self.owed.contains_key(id);
        let due: Vec<_> = self.sweeps.iter().filter(is_due).map(|(id, _)| *id).collect();
        for id in due {
            self.sweeps.remove(&id);
            let Some(at) = self.shelf.book.index(id).filter(|_| !self.active.contains_key(&id)) else { continue };
            let (slot, item) = (self.shelf.book.slots[at as usize], self.shelf.book.item_of(at));
            match slot.rest {
                Rest::Cancelled { .. } => self.start(at, Input::Sweep),
                _ if is_given_up(&slot, item) => self.let_go(at).await,
                _ => {}
            }
        }
        let busy = self.leftovers.is_busy(now) || self.receipts.is_busy(now) || !self.ending.is_empty();
        if self.sweeps.is_empty() && self.active.is_empty() && !busy {
            for reply in self.swept.drain(..) {
                let _ = reply.send(());
            }
        }
        let moved = |then| self.shelf.running.values().any(|live| live.moved_since(then));
        self.shelf.offline = self.shared.link.offline(now, moved);
        self.shelf.gate = self.shared.link.gate();
        self.shelf.quiet = self.shared.link.quiet_for().is_some();
        self.shelf.ways = self.shared.routes.ways();
        self.shelf.sample(now);
        self.dirty = self.tell(now).await;
        self.settle();
    }

    /// Answers whether a subscriber is owed something still.
    async fn tell(&mut self, now: Instant) -> bool {
        let outcomes = if self.feeds.iter().any(|feed| feed.view.outcomes) {
            self.outcomes().await
        } else {
            self.ended.clear();
            Vec::new()
        };
        self.feeds.retain(|feed| !feed.gone());
        let totals = Totals { history: self.shared.journal.history(), ..self.shelf.totals(now) };
        let mut owed = false;
        for feed in &mut self.feeds {
            feed.keep(&outcomes);
            owed |= feed.tell(&self.shelf, &self.shared.journal, &totals, now).await;
        }
        owed
    }

    /// Puts back in line what waited long enough.
    fn wake(&mut self, now: UnixTime) {
        let none_waits = self.shelf.book.items.iter().all(|item| item.counts.waiting() == 0);
        if none_waits || self.hold || self.closing.is_some() {
            return;
        }
        let signed_in = self.shelf.signed_out.is_none();
        let due = |rest: Rest| match rest {
            Rest::Waiting { code: ErrorCode::SignInEnded | ErrorCode::WrongToken, .. } => signed_in,
            Rest::Waiting { until, .. } => u64::from(until) <= now.0,
            _ => false,
        };
        let ready = |slot: &Slot| due(slot.rest) && !self.waits_for_its_drive(slot);
        let ready: Vec<u32> =
            (0u32..).zip(&self.shelf.book.slots).filter(|(_, slot)| ready(slot)).map(|(at, _)| at).collect();
        for at in ready {
            let slot = self.shelf.book.slots[at as usize];
            if !self.active.contains_key(&slot.id) {
                if let Rest::Waiting { code, until } = slot.rest {
                    self.woken.insert(slot.id, (code, (until > 0).then(|| UnixTime(u64::from(until)))));
                }
                self.set(at, Rest::Queued, slot.size, slot.acknowledged);
            }
        }
    }

    /// Whoever lets something go on may have seen to it that they may.
    fn asks_anew(&self, action: Action) {
        if matches!(action, Action::Resume | Action::Retry | Action::KeepBoth | Action::ProposedName | Action::Undo) {
            self.shared.routes.ask_anew();
        }
    }

    async fn command(&mut self, command: Command) {
        self.dirty = true;
        match command {
            Command::Enqueue(gesture, reply) => {
                self.shared.routes.ask_anew();
                let taken = match self.may_be_taken(&gesture.remote) {
                    Ok(()) => self.enqueue(*gesture).await,
                    Err(refused) => Err(refused),
                };
                let _ = reply.send(taken);
            }
            Command::Deliver(delivery, reply) => {
                let _ = reply.send(self.deliver(*delivery).await);
            }
            Command::Redeliver(watch, line, reply) => {
                let _ = reply.send(self.redeliver(watch, *line).await);
            }
            Command::Withdraw(watch, line, reply) => {
                let _ = reply.send(self.withdraw(watch, *line).await);
            }
            Command::KeepHours(files, rest, reply) => {
                let _ = reply.send(self.keep_hours(&files, rest).await);
            }
            Command::GoOnAlone(files, reply) => {
                let _ = reply.send(self.go_on_alone(&files).await);
            }
            Command::TryAgain(files, reply) => {
                self.asks_anew(Action::Retry);
                let _ = reply.send(self.try_again(&files).await);
            }
            Command::Follow(follower) => self.follower = Some(follower),
            Command::News(sender) => self.news.push(sender),
            Command::Act(action, targets, reply) => {
                self.asks_anew(action);
                let goes_on = if action == Action::Resume { self.go_on_by_hand(&targets) } else { 0 };
                let done = self.act(action, targets).await;
                let _ = reply.send(done.map(|done| ActDone { count: done.count + goes_on, ..done }));
            }
            Command::All(action, reply) => {
                self.asks_anew(action);
                let goes_on = if action == Action::Resume { self.all_go_on_by_hand() } else { 0 };
                // What was given up was so by a person, and is tried again only where they name it.
                let tries = action == Action::Retry;
                let is_meant = |slot: &Slot| !tries || matches!(slot.rest, Rest::Failed { .. });
                let slots = (0u32..).zip(&self.shelf.book.slots);
                let files = slots.filter(|(_, slot)| is_meant(slot)).map(|(at, _)| at).collect();
                self.keep_for_found(action, |_| !tries).await;
                let done = self.change(action, files).await;
                let _ = reply.send(done.map(|done| ActDone { count: done.count + goes_on, ..done }));
            }
            Command::ClearDone(reply) => {
                let rows = self.shelf.book.rows(Filter::Done);
                let targets: Vec<_> = rows.map(|(item, _)| Target::Item(item.id)).collect();
                let done = self.remove(targets.clone(), true).await;
                if done.is_ok() {
                    self.cleared = targets;
                }
                let _ = reply.send(done);
            }
            Command::UndoClear(reply) => {
                let done = self.remove(self.cleared.clone(), false).await;
                if done.is_ok() {
                    self.cleared.clear();
                }
                let _ = reply.send(done);
            }
            Command::Subscribe(view, sender, reply) => {
                let id = self.next_feed;
                self.next_feed += 1;
                self.feeds.push(Subscriber::new(id, view, sender));
                let _ = reply.send(id);
            }
            Command::SetView(id, view) => {
                if let Some(feed) = self.feeds.iter_mut().find(|feed| feed.id == id) {
                    feed.view = view;
                }
            }
            Command::Rows(view, among, reply) => {
                let among = among.into_iter().collect();
                let _ = reply.send(feeds::aside(&view, &among, &self.shelf, Instant::now()));
            }
            Command::FolderFiles(item, search, first, count, reply) => {
                self.look_at_files(item, search, first, count, reply);
            }
            Command::Link(target, reply) => {
                let _ = reply.send(self.link(target).await);
            }
            Command::Text(target, what, reply) => {
                let _ = reply.send(self.text(target, what).await);
            }
            Command::Told(batch, reply) => {
                let _ = reply.send(self.shared.journal.write(vec![Write::Told(batch)]).await);
            }
            Command::Receipt(of, reply) => {
                let receipt = match self.batch_of(of).await {
                    Ok(batch) => receipts::of(&self.shared, batch).await,
                    Err(error) => Err(error),
                };
                let _ = reply.send(receipt);
            }
            Command::Missing(target, reply) => {
                let missing = self.missing(target).await;
                let _ = reply.send(missing.map(|missing| missing.map(|(_, row)| row.path)));
            }
            Command::Shown(target, shown, reply) => {
                self.asks_anew(Action::Retry);
                let _ = reply.send(self.shown(target, *shown).await);
            }
            Command::SendTo(targets, to, reply) => {
                self.asks_anew(Action::Retry);
                let (destination, remote) = *to;
                let _ = reply.send(self.send_to(&targets, destination, remote).await);
            }
            Command::Settled(items, reply) => self.settling.push((items, reply)),
            Command::Leave(items, reply) => {
                let settled = self.shelf.settled(&items);
                self.hold |= settled.is_some();
                let _ = reply.send(settled);
            }
            Command::Waits(reply) => drop(reply.send(self.shelf.waits())),
            Command::Sweep(reply) => {
                self.swept.push(reply);
                self.sweep_what_is_given_up(Instant::now());
                self.leftovers.wanted();
                self.receipts.wanted();
            }
            Command::GiveUp(company, reply) => self.give_up(&company, reply).await,
            Command::Forget(company, reply) => self.is_to_forget(company, reply),
            Command::TurnTo(remote) => self.turn_to(remote).await,
            Command::Limit(limits, choice, reply) => {
                self.shelf.limiting.limit(limits, choice);
                let _ = reply.send(self.look_at_limits());
            }
            Command::IsIn(around) => self.is_in(around),
            Command::ComeToRest(reply) => self.come_to_rest(reply),
            Command::Go => {
                self.hold = false;
                // Whoever waited for a rest is told that there is none.
                self.coming_to_rest.clear();
                self.go_on().await;
            }
            Command::SignedOut(since) => self.shelf.signed_out = since,
            Command::Close(reply) => {
                // Not a pause: what runs now goes on by itself at the next start.
                self.active.values().for_each(|active| active.stop.because(Input::Restarted));
                self.closing = Some(reply);
            }
        }
    }
}

/// Whether S3 holds something of it for nobody: it was cancelled, or it failed and its row was taken off the list.
fn is_given_up(slot: &Slot, item: &Item) -> bool {
    let nobodys =
        matches!(slot.rest, Rest::Cancelled { .. }) || (item.removed && matches!(slot.rest, Rest::Failed { .. }));
    nobodys && slot.on_s3
}

/// Waits until then, or for good.
async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

#[expect(clippy::disallowed_methods, reason = "the engine's one door to its runtime")]
fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(task);
}
