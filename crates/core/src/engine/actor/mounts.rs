//! Drives that are away. The first file that finds its drive gone speaks for all that lie on it: they wait, and one look
//! at the drive now and then tells all of them when it is back.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::time::{Duration, Instant};

use super::{Actor, spawn};
use crate::engine::book::{Rest, Slot};
use crate::engine::drive::Report;
use crate::error::ErrorCode;
use crate::file::{self, Asked, Mounted};
use crate::units::UnixTime;

/// How often a drive that is away is looked for.
const LOOK: Duration = Duration::from_secs(5);

/// Drives that are away, and when to look for each. One that is being looked for has no time: a look may hang.
pub(super) type Away = HashMap<PathBuf, Option<Instant>>;

impl Actor {
    /// A drive is away, still or since now, or back.
    pub(super) fn mount_is(&mut self, mount: &Path, away: bool) {
        self.dirty = true;
        let to = if away {
            let now = Instant::now();
            let look = *self.away.entry(mount.to_owned()).or_default().get_or_insert(now + LOOK);
            // It waits for the next look.
            let until = UnixTime::now().0 + look.saturating_duration_since(now).as_secs();
            Rest::Waiting { code: ErrorCode::SourceOffline, until: u32::try_from(until).unwrap_or(u32::MAX) }
        } else if self.away.remove(mount).is_some() {
            Rest::Queued
        } else {
            return;
        };
        let items = self.shelf.book.items.iter_mut();
        let on_it = items.map(|item| {
            let on_it = item.mount.as_deref() == Some(mount);
            item.away = if on_it { away } else { item.away };
            on_it
        });
        let on_it: Vec<_> = on_it.collect();
        for at in 0..self.shelf.book.slots.len() {
            let Slot { id, item, size, acknowledged, rest, .. } = self.shelf.book.slots[at];
            let is_concerned = waits(rest) || away && rest == Rest::Queued;
            if on_it[item as usize] && is_concerned && !self.active.contains_key(&id) {
                self.set(u32::try_from(at).unwrap_or(u32::MAX), to, size, acknowledged);
            }
        }
    }

    /// Whether a file waits for its drive, and needs not be woken before that is back.
    pub(super) fn waits_for_its_drive(&self, slot: &Slot) -> bool {
        let mount = self.shelf.book.items[slot.item as usize].mount.as_deref();
        waits(slot.rest) && mount.is_some_and(|mount| self.away.contains_key(mount))
    }

    /// Looks for the drives that it is time to look for.
    pub(super) fn look_for_drives(&mut self, now: Instant) {
        for (mount, at) in &mut self.away {
            if at.is_none_or(|at| at > now) {
                continue;
            }
            *at = None;
            let (mount, shared) = (mount.clone(), Arc::clone(&self.shared));
            spawn(async move {
                let look = {
                    let mount = mount.clone();
                    move || Ok(file::is_unmounted(&mount))
                };
                // One that does not answer is away as well.
                let away = Mounted::at(&mount).ask(Asked::Names, look).await.unwrap_or(true);
                let _ = shared.reports.send(Report::Mount { mount, away });
            });
        }
    }
}

/// Whether a file waits for a drive.
fn waits(rest: Rest) -> bool {
    matches!(rest, Rest::Waiting { code: ErrorCode::SourceOffline, .. })
}
