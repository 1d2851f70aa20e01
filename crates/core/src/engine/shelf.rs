//! Everything the actor and the feeds look at: the book, what runs, and the meters.

use std::collections::{HashMap, HashSet};

use tokio::time::Instant;

use super::book::{Book, Counts, Item, Rest};
use super::list::{self, Meters, Running};
use super::rate::Meter;
use crate::credentials::Remote;
use crate::engine::feed::{Filter, Overview, Row, Totals};
use crate::error::ErrorCode;
use crate::file::drive_of;
use crate::ids::{BatchId, ItemId, TransferId};
use crate::journal::{BatchRow, ItemRow, Recovered};
use crate::transfer::{Input, step};
use crate::units::{ByteCount, UnixTime};

/// What is known of every row.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    pub(super) book: Book,
    pub(super) batches: HashMap<BatchId, BatchRow>,
    pub(super) running: Running,
    pub(super) meters: Meters,
    pub(super) total: Meter,
    pub(super) signed_out: Option<UnixTime>,
    /// Whose batches run now; those of others rest.
    remote: Option<Remote>,
    pub(super) offline: bool,
    /// Why the records cannot be written, while they cannot.
    pub(super) stuck: Option<ErrorCode>,
}

impl Shelf {
    /// As the journal has it; whatever ran when the process ended is in line again.
    pub(super) fn from(recovered: Recovered) -> Self {
        let batches = recovered.batches.into_iter().map(|batch| (batch.id, batch)).collect();
        let mut shelf = Self { batches, ..Self::default() };
        for item in &recovered.items {
            shelf.add_item(item);
        }
        for transfer in recovered.transfers {
            let standing = step(&transfer.standing, Input::Restarted).map_or(transfer.standing, |(now, _)| now);
            shelf.book.add(transfer.id, transfer.item, transfer.size, &standing, transfer.acknowledged);
        }
        shelf
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

    /// Whether a row can only wait for somebody to sign in.
    pub(super) fn held(&self, item: &Item) -> bool {
        self.signed_out.is_some() || !item.here
    }

    pub(super) fn add_item(&mut self, row: &ItemRow) {
        self.book.add_item(Item {
            id: row.id,
            batch: row.batch,
            here: self.is_here(row.batch),
            name: row.name.as_str().into(),
            drive: drive_of(&row.path).map(Into::into),
            mount: row.mount.as_deref().map(Into::into),
            folder: row.folder,
            counting: !row.counted,
            removed: row.removed,
            skipped: row.skipped,
            added: row.added,
            first: None,
            counts: Counts::default(),
            size: ByteCount::ZERO,
            rested: ByteCount::ZERO,
            shown: ByteCount::ZERO,
            ended: UnixTime::default(),
        });
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
        if self.running.is_empty() {
            self.total.rest();
        } else {
            self.total.sample(now, sum);
        }
    }

    pub(super) fn totals(&self, now: Instant) -> Totals {
        let mut totals = Totals::default();
        let (mut paused, mut done_size, mut goes_on, mut elsewhere) = (0, ByteCount::ZERO, false, false);
        for item in self.book.rows(Filter::All) {
            totals.all += 1;
            totals.moving += u32::from(item.passes(Filter::Moving));
            totals.needs_you += u32::from(item.passes(Filter::NeedsYou));
            if item.passes(Filter::Done) {
                totals.done += 1;
                done_size += item.size;
            }
            goes_on |= item.goes_on() && item.here;
            elsewhere |= item.goes_on() && !item.here;
            paused += item.counts.paused();
            totals.sent += item.shown;
            totals.size += item.size;
        }
        totals.speed = self.total.speed(now);
        totals.seconds_left = self.total.seconds_left(now, totals.size - totals.sent);
        totals.overview = match self.signed_out {
            _ if totals.all == 0 => Overview::Empty,
            Some(since) if goes_on || elsewhere => Overview::SignedOut { since },
            _ if goes_on && let Some(code) = self.stuck => Overview::Stuck { code },
            _ if goes_on && self.offline => Overview::Offline,
            _ if goes_on => Overview::Moving,
            _ if paused > 0 => Overview::Paused,
            _ if totals.needs_you > 0 || elsewhere => Overview::NeedsYou,
            _ if totals.done > 0 => Overview::AllDone { items: totals.done, size: done_size },
            _ => Overview::Empty,
        };
        totals
    }

    pub(super) fn label(&self, batch: BatchId) -> String {
        self.batches.get(&batch).map(|batch| batch.destination.label.clone()).unwrap_or_default()
    }

    pub(super) fn row(&self, item: &Item, now: Instant) -> Row {
        let meter = self.meters.get(item.id);
        list::row(&self.book, item, self.label(item.batch), &self.running, meter, now, self.held(item))
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
