//! The actor: one loop that takes commands and reports, admits what has a slot, and tells the feeds.
//!
//! It owns every standing at rest; a running transfer's is owned by its drive, which the actor asks to rest by
//! [`Stop`].

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::{Duration, Instant};

use super::book::Rest;
use super::drive::{Drive, Report, Shared, Stop, next_name};
use super::feeds::{Subscriber, named};
use super::intake::{self, Numbers};
use super::live::Live;
use super::shelf::Shelf;
use super::{ActDone, Command, EnqueueOptions, Link, Settled, Start, Ticket, What, list};
use crate::engine::feed::{Action, FileSlice, Outcome, PausedBy, Target};
use crate::error::{Error, ErrorCode, Result};
use crate::ids::{ItemId, TransferId};
use crate::journal::{BatchRow, ItemRow, Problem, TransferRow, Write};
use crate::limits;
use crate::session::Destination;
use crate::transfer::{Input, Standing, TransferState, checksum, step};
use crate::units::{ByteCount, UnixTime};

/// The feed is told at most this often.
const TICK: Duration = Duration::from_millis(250);
/// A cancel can be taken back for this long.
const UNDO: Duration = Duration::from_secs(10);
/// Files in parts at a time: enough to keep the pool busy at every tail, few enough to keep a disk reading in order.
const LARGE_AT_A_TIME: usize = 4;

struct Active {
    stop: Stop,
    large: bool,
    /// What was asked of it while it ran.
    asked: Option<Input>,
}

pub(super) struct Actor {
    shared: Arc<Shared>,
    reports: mpsc::UnboundedReceiver<Report>,
    numbers: Arc<Numbers>,
    shelf: Shelf,
    active: HashMap<TransferId, Active>,
    sweeps: BTreeMap<TransferId, Instant>,
    feeds: Vec<Subscriber>,
    next_feed: u32,
    settling: Vec<(Vec<ItemId>, oneshot::Sender<Settled>)>,
    swept: Vec<oneshot::Sender<()>>,
    ended: Vec<TransferId>,
    concurrency: usize,
    hold: bool,
    dirty: bool,
    closing: Option<oneshot::Sender<()>>,
}

impl Actor {
    pub(super) fn new(start: Start) -> Self {
        let (sender, reports) = mpsc::unbounded_channel();
        let concurrency = usize::from(start.concurrency.max(1));
        let shared = Shared {
            journal: start.journal,
            routes: start.routes,
            pool: Arc::new(Semaphore::new(concurrency)),
            link: Arc::default(),
            reports: sender,
        };
        Self {
            shared: Arc::new(shared),
            reports,
            numbers: Arc::new(Numbers::after(start.recovered.highest)),
            shelf: Shelf::from(start.recovered),
            active: HashMap::new(),
            sweeps: BTreeMap::new(),
            feeds: Vec::new(),
            next_feed: 0,
            settling: Vec::new(),
            swept: Vec::new(),
            ended: Vec::new(),
            concurrency,
            hold: start.hold,
            dirty: true,
            closing: None,
        }
    }

    pub(super) async fn run(mut self, mut inbox: mpsc::UnboundedReceiver<Command>) {
        self.go_on_where_it_ended().await;
        let mut next_tick = Instant::now();
        loop {
            if !self.hold && self.closing.is_none() {
                self.admit();
            }
            let busy = self.dirty || !self.active.is_empty() || self.has_timers();
            tokio::select! {
                command = inbox.recv() => match command {
                    Some(command) => self.command(command).await,
                    None => break,
                },
                Some(report) = self.reports.recv() => self.report(report),
                () = tokio::time::sleep_until(next_tick), if busy => {
                    next_tick = Instant::now() + TICK;
                    self.tick().await;
                }
            }
            if self.active.is_empty()
                && let Some(reply) = self.closing.take()
            {
                self.tick().await;
                let _ = reply.send(());
                break;
            }
        }
    }

    /// Folders whose walk was cut off are walked on; what was cancelled and not swept is swept.
    async fn go_on_where_it_ended(&mut self) {
        if self.hold {
            return;
        }
        let unwalked: Vec<_> = self.shelf.book.items.iter().filter(|item| item.counting).map(|item| item.id).collect();
        for id in unwalked {
            if let Ok(Some(row)) = self.shared.journal.read(move |journal| journal.item(id)).await {
                self.walk(row);
            }
        }
        self.sweep_what_is_cancelled(Instant::now());
    }

    fn sweep_what_is_cancelled(&mut self, at: Instant) {
        for slot in &self.shelf.book.slots {
            if matches!(slot.rest, Rest::Cancelled { .. }) && slot.on_s3 {
                self.sweeps.insert(slot.id, at);
            }
        }
    }

    fn walk(&self, row: ItemRow) {
        let (shared, numbers) = (Arc::clone(&self.shared), Arc::clone(&self.numbers));
        spawn(intake::walk_folder(shared, numbers, row));
    }

    fn has_timers(&self) -> bool {
        let waits = || self.shelf.book.items.iter().any(|item| item.counts.waiting() > 0);
        !self.sweeps.is_empty() || !self.settling.is_empty() || waits()
    }

    fn admit(&mut self) {
        if self.shelf.signed_out.is_some() {
            return;
        }
        while self.active.len() < self.concurrency + LARGE_AT_A_TIME {
            let large = self.active.values().filter(|active| active.large).count();
            let small = self.active.len() - large;
            let next = match (self.shelf.book.next_small(), self.shelf.book.next_large()) {
                (Some(at), _) if small < self.concurrency => at,
                (_, Some(at)) if large < LARGE_AT_A_TIME => at,
                _ => return,
            };
            self.start(next, Input::Admit);
        }
    }

    /// Runs a transfer in its own task.
    fn start(&mut self, at: u32, input: Input) {
        let slot = self.shelf.book.slots[at as usize];
        let large = slot.size.get() >= limits::SINGLE_PUT_BELOW;
        let (live, stop) = (Arc::new(Live::default()), Stop::default());
        live.begin([]);
        let active = Active { stop: stop.clone(), large, asked: None };
        self.active.insert(slot.id, active);
        if input == Input::Admit {
            self.shelf.running.insert(slot.id, Arc::clone(&live));
            let rest = Rest::Active { verifying: false };
            self.set(at, rest, slot.size, slot.acknowledged);
        }
        let (shared, id) = (Arc::clone(&self.shared), slot.id);
        spawn(async move {
            let loaded = shared.journal.read(move |journal| load(journal, id)).await;
            if let Ok(Some((mut row, item, batch))) = loaded {
                if let Ok((standing, _)) = step(&row.standing, Input::Restarted) {
                    row.standing = standing;
                }
                let parts = BTreeMap::new();
                Drive { shared, row, item, batch, live, stop, open: None, parts, unanswered: false.into() }
                    .run(input)
                    .await;
            } else {
                let code = ErrorCode::JournalDamaged;
                let standing = Standing { state: TransferState::Failed { code }, ..Standing::NEW };
                let rests = Report::Rests { id, standing, size: slot.size, sent: slot.acknowledged };
                let _ = shared.reports.send(rests);
            }
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

    fn report(&mut self, report: Report) {
        self.dirty = true;
        match &report {
            Report::Stands { .. } | Report::Found { .. } | Report::Walked { .. } => self.shelf.stuck = None,
            Report::Bound { .. } | Report::Rests { .. } | Report::Stuck { .. } => {}
        }
        match report {
            Report::Stuck { code } => self.shelf.stuck = Some(code),
            Report::Stands { id, state } => {
                let Some(at) = self.shelf.book.index(id) else { return };
                // What is at an end is told with the rest, once nothing runs.
                if let Rest::Active { verifying } = Rest::of(&state) {
                    let slot = self.shelf.book.slots[at as usize];
                    self.set(at, Rest::Active { verifying }, slot.size, slot.acknowledged);
                }
            }
            Report::Bound { batch, scope } => {
                if let Some(batch) = self.shelf.batches.get_mut(&batch) {
                    batch.scope.get_or_insert(scope);
                }
            }
            Report::Rests { id, standing, size, sent } => self.rests(id, &standing, size, sent),
            Report::Found { item, files, skipped } => {
                for (id, size, standing) in files {
                    self.shelf.book.add(id, item, size, &standing, ByteCount::ZERO);
                    if matches!(standing.state, TransferState::Failed { .. }) {
                        self.ended.push(id);
                    }
                }
                if let Some(item) = self.shelf.book.item_mut(item) {
                    item.skipped = skipped;
                }
            }
            Report::Walked { item } => {
                if let Some(item) = self.shelf.book.item_mut(item) {
                    item.counting = false;
                }
            }
        }
    }

    fn rests(&mut self, id: TransferId, standing: &Standing, size: ByteCount, sent: ByteCount) {
        self.shelf.running.remove(&id);
        let asked = self.active.remove(&id).and_then(|active| active.asked);
        let Some(at) = self.shelf.book.index(id) else { return };
        // A drive that never left the line rests as it was found.
        let rest = match Rest::of(&standing.state) {
            Rest::Active { .. } => Rest::Queued,
            rest => rest,
        };
        let slot = self.shelf.book.slots[at as usize];
        let sent = if sent == ByteCount::ZERO && standing.on_s3 != crate::transfer::OnS3::Nothing {
            slot.acknowledged
        } else {
            sent
        };
        self.shelf.book.set(at, rest, size, sent, &standing.on_s3);
        match rest {
            Rest::Done { .. } | Rest::Failed { .. } | Rest::Cancelled { .. } => self.ended.push(id),
            _ => {}
        }
        // Asked to rest at the very moment it rested by itself: ask again, now of its standing.
        if let Some(input) = asked {
            let missed = match (&input, rest) {
                (Input::Cancel(_), Rest::Cancelled { .. }) | (_, Rest::Done { .. } | Rest::Paused { .. }) => false,
                (Input::Pause(..), _) => matches!(rest, Rest::Queued | Rest::Waiting { .. }),
                _ => true,
            };
            if missed && let Ok((next, _)) = step(standing, input) {
                self.shelf.book.set(at, Rest::of(&next.state), size, sent, &next.on_s3);
                self.shared.journal.note(vec![Write::Standing(id, next)]);
            }
        }
        if matches!(self.shelf.book.slots[at as usize].rest, Rest::Cancelled { .. })
            && self.shelf.book.slots[at as usize].on_s3
            && !self.sweeps.contains_key(&id)
            && self.swept.is_empty()
        {
            self.sweeps.insert(id, Instant::now() + UNDO);
        }
    }

    async fn tick(&mut self) {
        let now = Instant::now();
        self.wake(UnixTime::now());
        let due: Vec<_> = self.sweeps.iter().filter(|(_, at)| **at <= now).map(|(id, _)| *id).collect();
        for id in due {
            self.sweeps.remove(&id);
            if let Some(at) = self.shelf.book.index(id)
                && matches!(self.shelf.book.slots[at as usize].rest, Rest::Cancelled { .. })
                && !self.active.contains_key(&id)
            {
                self.start(at, Input::Sweep);
            }
        }
        if self.sweeps.is_empty() && self.active.is_empty() {
            for reply in self.swept.drain(..) {
                let _ = reply.send(());
            }
        }
        self.shelf.offline = self.shared.link.offline(now);
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
        let totals = self.shelf.totals(now);
        let mut owed = false;
        for feed in &mut self.feeds {
            feed.keep(&outcomes);
            owed |= feed.tell(&self.shelf, &self.shared.journal, &totals, now).await;
        }
        owed
    }

    async fn outcomes(&mut self) -> Vec<Outcome> {
        let ids = std::mem::take(&mut self.ended);
        let Ok(rows) = named(&self.shared.journal, ids.clone()).await else {
            self.ended = ids;
            return Vec::new();
        };
        let outcome = |row: TransferRow| {
            let at = self.shelf.book.index(row.id)?;
            let slot = &self.shelf.book.slots[at as usize];
            let batch = self.shelf.batches.get(&self.shelf.book.item_of(at).batch)?;
            let etag = match &row.standing.state {
                TransferState::Done { etag, .. } => Some(etag.clone()),
                _ => None,
            };
            Some(Outcome {
                id: row.id,
                batch: batch.id,
                path: row.path.display().to_string(),
                key: batch.scope.as_ref().map(|scope| format!("{}{}", scope.prefix, row.key)),
                size: slot.size,
                state: list::file_state(slot, None, 0, false),
                checksum: etag.as_ref().and(row.crc64).map(checksum::to_base64),
                etag,
            })
        };
        rows.into_iter().filter_map(outcome).collect()
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
        let ready: Vec<u32> =
            (0u32..).zip(&self.shelf.book.slots).filter(|(_, slot)| due(slot.rest)).map(|(at, _)| at).collect();
        for at in ready {
            let slot = self.shelf.book.slots[at as usize];
            if !self.active.contains_key(&slot.id) {
                self.set(at, Rest::Queued, slot.size, slot.acknowledged);
            }
        }
    }

    fn settle(&mut self) {
        let shelf = &self.shelf;
        let settled = |items: &[ItemId]| {
            let mut sum = Settled::default();
            let wanted: HashSet<_> = items.iter().collect();
            for item in shelf.book.items.iter().filter(|item| wanted.contains(&item.id)) {
                let signed_out = shelf.signed_out.is_some();
                let counts = item.counts;
                if item.counting || counts.active() > 0 || (counts.queued() > 0 && !signed_out) {
                    return None;
                }
                sum.uploaded += counts.done();
                sum.skipped += item.skipped;
                sum.failed += counts.failed();
                sum.cancelled += counts.cancelled();
                sum.paused += counts.paused();
                sum.held += counts.queued();
                sum.bytes += item.rested;
                if counts.waiting() > 0 {
                    if !signed_out {
                        return None;
                    }
                    sum.held += counts.waiting();
                }
            }
            Some(sum)
        };
        let feeds_know = self.ended.is_empty() && self.feeds.iter().all(Subscriber::told_all);
        for at in (0..self.settling.len()).rev() {
            if let Some(sum) = settled(&self.settling[at].0).filter(|_| feeds_know) {
                let (_, reply) = self.settling.swap_remove(at);
                let _ = reply.send(sum);
            }
        }
    }

    async fn command(&mut self, command: Command) {
        self.dirty = true;
        match command {
            Command::Enqueue(paths, to, options, reply) => {
                let _ = reply.send(self.enqueue(paths, *to, options).await);
            }
            Command::Act(action, targets, reply) => {
                let _ = reply.send(self.act(action, targets).await);
            }
            Command::All(action, reply) => {
                let files = (0u32..).zip(&self.shelf.book.slots).map(|(at, _)| at).collect();
                let _ = reply.send(self.change(action, files).await);
            }
            Command::ClearDone(reply) => {
                let rows = self.shelf.book.rows(crate::engine::feed::Filter::Done);
                let targets = rows.map(|item| Target::Item(item.id)).collect();
                let _ = reply.send(self.remove(targets, true).await);
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
            Command::FolderFiles(item, search, first, count, reply) => {
                let _ = reply.send(self.folder_files(item, search, first, count).await);
            }
            Command::Link(target, reply) => {
                let _ = reply.send(self.link(target).await);
            }
            Command::Text(target, what, reply) => {
                let _ = reply.send(self.text(target, what).await);
            }
            Command::Settled(items, reply) => self.settling.push((items, reply)),
            Command::Sweep(reply) => {
                self.swept.push(reply);
                self.sweep_what_is_cancelled(Instant::now());
            }
            Command::SignedOut(since) => self.shelf.signed_out = since,
            Command::Close(reply) => {
                // Not a pause: what runs now goes on by itself at the next start.
                self.active.values().for_each(|active| active.stop.because(Input::Restarted));
                self.closing = Some(reply);
            }
        }
    }

    async fn enqueue(&mut self, paths: Vec<PathBuf>, to: Destination, options: EnqueueOptions) -> Result<Ticket> {
        let mut ticket = Ticket { batch: self.numbers.batch(), items: Vec::new(), refused: Vec::new() };
        let collision = options.collision.unwrap_or(to.collision);
        let batch = BatchRow { id: ticket.batch, added: UnixTime::now(), destination: to, collision, scope: None };
        let mut rows = Vec::new();
        for path in paths {
            if options.resume_same {
                let (absolute, id) = (std::path::absolute(&path).unwrap_or(path.clone()), batch.destination.id.clone());
                let same = self.shared.journal.read(move |journal| journal.unfinished_items(&absolute, &id)).await?;
                if let Some(item) = same.last() {
                    ticket.items.push(*item);
                    continue;
                }
            }
            match intake::item_for(&path, batch.id, &self.numbers) {
                Ok(item) => rows.push(item),
                Err(error) => ticket.refused.push((path, error.code)),
            }
        }
        // What was stopped goes on: the person asked for it again.
        let again: Vec<_> = ticket.items.iter().map(|id| Target::Item(*id)).collect();
        if !again.is_empty() {
            self.act(Action::Resume, again.clone()).await?;
            self.act(Action::Retry, again).await?;
        }
        if rows.is_empty() {
            return Ok(ticket);
        }
        let mut writes = vec![Write::Batch(batch.clone())];
        let mut files = Vec::new();
        for item in &rows {
            writes.push(Write::Item(item.clone()));
            if !item.folder {
                let file = intake::transfer_for(item, &self.numbers);
                writes.push(Write::Transfer(file.clone()));
                writes.push(Write::Happened(file.id, item.added, crate::engine::feed::Event::Added));
                files.push(file);
            }
        }
        self.shared.journal.write(writes).await?;
        self.shelf.batches.insert(batch.id, batch);
        for item in rows {
            ticket.items.push(item.id);
            self.shelf.add_item(&item);
            if item.folder {
                self.walk(item);
            }
        }
        for file in files {
            self.shelf.book.add(file.id, file.item, file.size, &file.standing, ByteCount::ZERO);
            if matches!(file.standing.state, TransferState::Failed { .. }) {
                self.ended.push(file.id);
            }
        }
        Ok(ticket)
    }

    async fn act(&mut self, action: Action, targets: Vec<Target>) -> Result<ActDone> {
        match action {
            Action::Remove => self.remove(targets, true).await,
            Action::Undo => {
                // What was taken off the list comes back as it was; what was cancelled stays cancelled with it.
                let on_list = |at: &u32| !self.shelf.book.item_of(*at).removed;
                let files = self.files(&targets).into_iter().filter(on_list).collect();
                let rows = self.remove(targets, false).await?;
                let files = self.change(Action::Undo, files).await?;
                Ok(ActDone { undo: false, count: rows.count + files.count })
            }
            Action::Pause | Action::Resume | Action::Cancel | Action::Retry | Action::KeepBoth => {
                self.change(action, self.files(&targets)).await
            }
        }
    }

    fn files(&self, targets: &[Target]) -> Vec<u32> {
        let mut files: Vec<u32> = targets.iter().flat_map(|target| self.shelf.book.files_of(*target)).collect();
        files.sort_unstable();
        files.dedup();
        files
    }

    /// Steps files at rest, and asks running ones to rest.
    async fn change(&mut self, action: Action, files: Vec<u32>) -> Result<ActDone> {
        let now = UnixTime::now();
        let mut done = ActDone { undo: action == Action::Cancel, count: 0 };
        let mut resting = Vec::new();
        for at in files {
            let slot = self.shelf.book.slots[at as usize];
            let wanted = match (action, slot.rest) {
                (Action::Pause, Rest::Queued | Rest::Active { .. } | Rest::Waiting { .. })
                | (Action::Resume, Rest::Paused { .. } | Rest::Waiting { .. })
                | (Action::Retry, Rest::Failed { .. } | Rest::Cancelled { .. })
                | (Action::KeepBoth, Rest::Failed { .. })
                | (Action::Undo, Rest::Cancelled { .. }) => true,
                (Action::Cancel, rest) => !matches!(rest, Rest::Done { .. } | Rest::Cancelled { .. }),
                _ => false,
            };
            if !wanted {
                continue;
            }
            match (self.active.get_mut(&slot.id), action) {
                (Some(active), Action::Pause) => {
                    let input = Input::Pause(PausedBy::You, now);
                    active.asked = Some(input.clone());
                    active.stop.because(input);
                    done.count += 1;
                }
                (Some(active), Action::Cancel) => {
                    active.asked = Some(Input::Cancel(now));
                    active.stop.because(Input::Cancel(now));
                    done.count += 1;
                }
                (Some(_), _) => {}
                (None, _) => resting.push((at, slot.id)),
            }
        }
        let ids = resting.iter().map(|(_, id)| *id).collect();
        let rows: HashMap<_, _> =
            named(&self.shared.journal, ids).await?.into_iter().map(|row| (row.id, row)).collect();
        let mut writes = Vec::new();
        let mut changes = Vec::new();
        for (at, id) in resting {
            let Some(row) = rows.get(&id) else { continue };
            let Some((standing, more)) = self.resting_step(action, at, row, now).await? else { continue };
            writes.push(Write::Standing(id, standing.clone()));
            writes.extend(more);
            changes.push((at, standing));
        }
        if !writes.is_empty() {
            self.shared.journal.write(writes).await?;
        }
        for (at, standing) in changes {
            let slot = self.shelf.book.slots[at as usize];
            let rest = Rest::of(&standing.state);
            self.shelf.book.set(at, rest, slot.size, slot.acknowledged, &standing.on_s3);
            self.sweeps.remove(&slot.id);
            if matches!(rest, Rest::Cancelled { .. }) {
                self.ended.push(slot.id);
                if self.shelf.book.slots[at as usize].on_s3 {
                    self.sweeps.insert(slot.id, Instant::now() + UNDO);
                }
            }
            done.count += 1;
        }
        Ok(done)
    }

    async fn resting_step(
        &self,
        action: Action,
        at: u32,
        row: &TransferRow,
        now: UnixTime,
    ) -> Result<Option<(Standing, Vec<Write>)>> {
        let standing = step(&row.standing, Input::Restarted).map_or(row.standing.clone(), |(standing, _)| standing);
        let cancelled = matches!(standing.state, TransferState::Cancelled { .. });
        let input = match action {
            Action::Pause => Input::Pause(PausedBy::You, now),
            Action::Resume => match standing.state {
                // A wait has no step of its own on record: it is in line again after every start.
                TransferState::Queued => return Ok(Some((standing, Vec::new()))),
                _ => Input::Resume,
            },
            Action::Cancel => Input::Cancel(now),
            Action::Retry if cancelled => Input::Undo,
            Action::Retry | Action::KeepBoth => Input::Retry,
            Action::Undo => Input::Undo,
            Action::Remove => return Ok(None),
        };
        let event = match action {
            Action::Pause => Some(crate::engine::feed::Event::Paused { by: PausedBy::You }),
            Action::Cancel => Some(crate::engine::feed::Event::Cancelled),
            Action::Resume | Action::Retry | Action::KeepBoth | Action::Undo => {
                Some(crate::engine::feed::Event::Resumed)
            }
            Action::Remove => None,
        };
        let mut writes: Vec<_> = event.map(|event| Write::Happened(row.id, now, event)).into_iter().collect();
        if action == Action::KeepBoth {
            let id = self.shelf.book.item_of(at).id;
            if let Some(item) = self.shared.journal.read(move |journal| journal.item(id)).await? {
                writes.push(Write::Key(row.id, next_name(&item, row)));
            }
        }
        // A stillborn file never had a key; trying again would only fail later and worse.
        if row.key.is_empty() && matches!(action, Action::Retry | Action::KeepBoth) {
            return Ok(None);
        }
        match step(&standing, input) {
            Ok((standing, _)) => Ok(Some((standing, writes))),
            Err(illegal) => {
                tracing::debug!(%illegal, "an action that does nothing");
                Ok(None)
            }
        }
    }

    /// Takes rows at an end from the list, or puts them back.
    async fn remove(&mut self, targets: Vec<Target>, removed: bool) -> Result<ActDone> {
        let wanted: HashSet<_> = targets.into_iter().collect();
        let named = |item: &super::book::Item| {
            wanted.contains(&Target::Item(item.id)) || wanted.contains(&Target::Batch(item.batch))
        };
        let at_end = |item: &super::book::Item| item.counts.moving() == 0 && !item.counting;
        let items: Vec<_> = self
            .shelf
            .book
            .items
            .iter()
            .filter(|item| named(item) && item.removed != removed && (!removed || at_end(item)))
            .map(|item| item.id)
            .collect();
        let writes = items.iter().map(|id| Write::Removed(*id, removed)).collect();
        self.shared.journal.write(writes).await?;
        for id in &items {
            if let Some(item) = self.shelf.book.item_mut(*id) {
                item.removed = removed;
            }
        }
        Ok(ActDone { undo: removed, count: u32::try_from(items.len()).unwrap_or(u32::MAX) })
    }

    async fn folder_files(&self, item: ItemId, search: String, first: u32, count: u32) -> Result<FileSlice> {
        let look = move |journal: &crate::journal::Reader| journal.files(item, &search, first, count);
        let (total, rows) = self.shared.journal.read(look).await?;
        let row = |row: &TransferRow| {
            let slot = &self.shelf.book.slots[self.shelf.book.index(row.id)? as usize];
            let live = self.shelf.running.get(&row.id).map(|live| &**live);
            Some(list::file_row(slot, row, live, self.shelf.signed_out.is_some()))
        };
        Ok(FileSlice { first, total, rows: rows.iter().filter_map(row).collect() })
    }

    /// The row and transfer that a text is wanted of.
    async fn found(&self, target: Target) -> Result<(BatchRow, ItemRow, Option<TransferRow>)> {
        let gone = || Error::new(ErrorCode::BadInput).detail("no such row");
        let (item, file) = match target {
            Target::Batch(_) => return Err(gone()),
            Target::Item(id) => {
                let item = self.shelf.book.item(id).ok_or_else(gone)?;
                (item, item.first.filter(|_| !item.folder))
            }
            Target::Transfer(id) => {
                let at = self.shelf.book.index(id).ok_or_else(gone)?;
                (self.shelf.book.item_of(at), Some(id))
            }
        };
        let batch = self.shelf.batches.get(&item.batch).cloned().ok_or_else(gone)?;
        let id = item.id;
        let look = move |journal: &crate::journal::Reader| {
            Ok((journal.item(id)?, file.map(|file| journal.transfer(file)).transpose()?.flatten()))
        };
        let (item, file) = self.shared.journal.read(look).await?;
        Ok((batch, item.ok_or_else(gone)?, file))
    }

    async fn link(&self, target: Target) -> Result<Link> {
        let (batch, item, file) = self.found(target).await?;
        let template = batch.destination.link_template.as_deref();
        let template = template.ok_or_else(|| Error::new(ErrorCode::BadInput).detail("no links here"))?;
        let prefix = batch.scope.as_ref().map_or("", |scope| &scope.prefix);
        let key = file.as_ref().map_or_else(|| format!("{}/", item.name), |file| file.key.clone());
        let encoded: String = url::form_urlencoded::byte_serialize(format!("{prefix}{key}").as_bytes()).collect();
        let encoded = encoded.replace("%2F", "/").replace('+', "%20");
        let ready = match &file {
            Some(file) => matches!(file.standing.state, TransferState::Done { .. }),
            None => self.shelf.book.item(item.id).is_some_and(|item| item.counts.done() == item.counts.all()),
        };
        Ok(Link { url: template.replace("{key}", &encoded), ready })
    }

    async fn text(&self, target: Target, what: What) -> Result<String> {
        let (batch, item, file) = self.found(target).await?;
        let none = || Error::new(ErrorCode::BadInput).detail("there is none");
        let prefix = batch.scope.as_ref().map(|scope| scope.prefix.clone());
        match (what, file) {
            (What::From, file) => Ok(file.map_or(item.path, |file| file.path).display().to_string()),
            (What::Key, Some(file)) => prefix.map(|prefix| format!("{prefix}{}", file.key)).ok_or_else(none),
            (What::Checksum, Some(file)) => file.crc64.map(checksum::to_base64).ok_or_else(none),
            (What::Reference, Some(file)) => {
                let words = |p: Problem| format!("{} {} {}", p.code, p.request_id.unwrap_or_default(), p.detail);
                file.problem.map(words).ok_or_else(none)
            }
            (What::Key | What::Checksum | What::Reference, None) => Err(none()),
        }
    }
}

fn load(journal: &crate::journal::Reader, id: TransferId) -> Result<Option<(TransferRow, ItemRow, BatchRow)>> {
    let Some(row) = journal.transfer(id)? else { return Ok(None) };
    let Some(item) = journal.item(row.item)? else { return Ok(None) };
    Ok(journal.batch(item.batch)?.map(|batch| (row, item, batch)))
}

#[expect(clippy::disallowed_methods, reason = "the engine's one door to its runtime")]
fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(task);
}
