//! How far the rows of this command are. The engine's totals count everything on record, what older commands did too.

use std::collections::BTreeMap;

use davit_core::bandwidth::LimitNow;
use davit_core::engine::feed::{Overview, Row, RowState, Slice, Totals, Update, View, Wait};
use davit_core::error::ErrorCode;
use davit_core::ids::{BatchId, ItemId};

/// Rows a view can show at a time.
const ROWS: usize = 500;

/// What is shown of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Progress {
    pub(crate) sent: u64,
    pub(crate) size: u64,
    pub(crate) speed: u64,
    pub(crate) seconds_left: Option<u64>,
    /// What everything waits for that still has to go.
    pub(crate) waits_for: Option<Wait>,
    /// What holds while the schedule pauses all of it.
    pub(crate) rests: Option<LimitNow>,
}

/// The rows of a command as they were told last.
#[derive(Debug)]
pub(crate) struct Rows {
    ours: Vec<ItemId>,
    seen: BTreeMap<ItemId, Row>,
}

impl Rows {
    pub(crate) fn of(ours: Vec<ItemId>) -> Self {
        Self { ours, seen: BTreeMap::new() }
    }

    /// The view that will show so many rows: new ones are the last of the list.
    pub(crate) fn view(before: u32, new: usize) -> View {
        let all = usize::try_from(before).unwrap_or(usize::MAX).saturating_add(new);
        let first = u32::try_from(all.saturating_sub(ROWS)).unwrap_or(u32::MAX);
        let count = u32::try_from(ROWS).unwrap_or(u32::MAX);
        View { first, count, outcomes: true, ..View::default() }
    }

    /// Takes an update in. Nothing until the rows are there.
    pub(crate) fn take(&mut self, update: &Update) -> Option<Progress> {
        match update {
            Update::Snapshot(snapshot) => self.replace(&snapshot.slice),
            Update::Delta(delta) => {
                if let Some(slice) = &delta.slice {
                    self.replace(slice);
                }
                self.seen.extend(delta.changed.iter().map(|row| (row.id, row.clone())));
            }
        }
        (!self.seen.is_empty()).then(|| self.progress(totals(update)))
    }

    /// Whether a gesture is one that rows of this command came with.
    pub(crate) fn came_with(&self, batch: BatchId) -> bool {
        self.ours.iter().filter_map(|id| self.seen.get(id)).any(|row| row.batch == batch)
    }

    fn replace(&mut self, slice: &Slice) {
        self.seen = slice.rows.iter().map(|row| (row.id, row.clone())).collect();
    }

    fn progress(&self, totals: &Totals) -> Progress {
        let rows: Vec<_> = self.ours.iter().filter_map(|id| self.seen.get(id)).collect();
        let whole = rows.len() == self.ours.len();
        let (sent, size) = if whole {
            rows.iter().fold((0, 0), |(sent, size), row| (sent + row.sent.get(), size + row.size.get()))
        } else {
            // More rows than a view shows: everything is the nearest thing to them.
            (totals.sent.get(), totals.size.get())
        };
        let speed = totals.speed.0;
        let (left, of_all) = (size.saturating_sub(sent), totals.size.get().saturating_sub(totals.sent.get()));
        let seconds_left = totals.seconds_left.and_then(|all| seconds_left(all.into(), (left, of_all), speed));
        let waits_for = match &totals.overview {
            Overview::SignedOut { .. } => Some(Wait::new(ErrorCode::SignInEnded, None, None)),
            _ if whole && let Some(wait) = wait(&rows) => Some(wait),
            Overview::Offline => Some(Wait::new(ErrorCode::Offline, None, None)),
            Overview::Waiting(wait) => Some(wait.clone()),
            _ => None,
        };
        // Without its records a command ends, with words of its own: it waits for nothing.
        let is_for_the_records = |wait: &Wait| matches!(wait.code, ErrorCode::DiskFull | ErrorCode::JournalUnwritable);
        let waits_for = waits_for.filter(|wait| !is_for_the_records(wait));
        let rests = (totals.limit.paused && totals.overview == Overview::Paused).then(|| totals.limit.clone());
        Progress { sent, size, speed, seconds_left, waits_for, rests }
    }
}

/// How long a share of all that is left takes. The engine knows when a speed can be trusted, and what limit and schedule allow; of
/// a share it knows nothing.
fn seconds_left(all: u64, (ours, of_all): (u64, u64), speed: u64) -> Option<u64> {
    if ours >= of_all { Some(all) } else { ours.checked_div(speed).map(|seconds| seconds.min(all)) }
}

/// What all rows wait for that are not at an end.
fn wait(rows: &[&Row]) -> Option<Wait> {
    let mut first: Option<Wait> = None;
    for row in rows {
        match &row.state {
            RowState::Waiting(wait) => match &mut first {
                None => first = Some(wait.clone()),
                Some(known) if known.is_like(wait) => known.until = known.until.into_iter().chain(wait.until).min(),
                Some(_) => {}
            },
            RowState::Queued { .. } | RowState::Scanning | RowState::Uploading | RowState::Verifying => return None,
            _ => {}
        }
    }
    first
}

pub(crate) fn totals(update: &Update) -> &Totals {
    match update {
        Update::Snapshot(snapshot) => &snapshot.totals,
        Update::Delta(delta) => &delta.totals,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_left_is_the_engines_where_all_that_is_left_is_ours() {
        assert_eq!(seconds_left(3_600, (500, 500), 100), Some(3_600), "the schedule pauses, say");
        assert_eq!(seconds_left(3_600, (500, 5_000), 100), Some(5));
        assert_eq!(seconds_left(3, (500, 501), 100), Some(3), "no longer than all of it");
        assert_eq!(seconds_left(3_600, (500, 5_000), 0), None);
    }
}
