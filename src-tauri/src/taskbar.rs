//! How far it all is, and how many need somebody, on the window's button in the taskbar or the icon in the Dock.

use std::sync::Arc;
use std::time::Duration;

use davit_core::engine::feed::Overview;
use davit_core::settings::Preferences;
use tauri::WebviewWindow;
use tauri::window::{ProgressBarState, ProgressBarStatus};

use crate::shell::Shell;
use crate::standing::{Standing, percent};

/// It changes no more often.
const OFTEN: Duration = Duration::from_secs(1);

/// A bar, and how much of it is filled, in percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bar {
    /// None.
    Nothing,
    /// Bytes flow.
    Flows(u64),
    /// Nothing flows for now.
    Rests(u64),
    /// Somebody is waited for.
    NeedsYou(u64),
}

impl Bar {
    fn of(standing: &Standing) -> Self {
        let totals = &standing.totals;
        let percent = percent(totals).unwrap_or(0);
        match &totals.overview {
            Overview::SignedOut { .. } | Overview::Stuck { .. } => Self::NeedsYou(percent),
            _ if standing.needs_somebody() => Self::NeedsYou(percent),
            Overview::Moving => Self::Flows(percent),
            Overview::Paused | Overview::Offline | Overview::Waiting(_) => Self::Rests(percent),
            Overview::Empty | Overview::AllDone { .. } | Overview::NeedsYou => Self::Nothing,
        }
    }
}

impl From<Bar> for ProgressBarState {
    fn from(bar: Bar) -> Self {
        let (status, progress) = match bar {
            Bar::Nothing => (ProgressBarStatus::None, None),
            Bar::Flows(percent) => (ProgressBarStatus::Normal, Some(percent)),
            Bar::Rests(percent) => (ProgressBarStatus::Paused, Some(percent)),
            Bar::NeedsYou(percent) => (ProgressBarStatus::Error, Some(percent)),
        };
        Self { status: Some(status), progress }
    }
}

/// How many need a person who wants to be told of that.
fn badge(standing: &Standing, preferences: Preferences) -> Option<u32> {
    Some(standing.needs()).filter(|needs| *needs > 0 && preferences.tell_needs_you)
}

/// A dot on the window's button, which can have no number.
#[cfg(windows)]
fn mark(window: &WebviewWindow, needs: Option<u32>) -> tauri::Result<()> {
    window.set_overlay_icon(needs.map(|_| tauri::image::Image::new_owned(dot(), SIDE, SIDE)))
}

/// The number.
#[cfg(not(windows))]
fn mark(window: &WebviewWindow, needs: Option<u32>) -> tauri::Result<()> {
    window.set_badge_count(needs.map(i64::from))
}

/// How large the dot's picture is. It is shown half as large where a screen is not fine.
#[cfg(any(windows, test))]
const SIDE: u32 = 32;

/// A red dot, as bytes of red, green, blue and how little of what is behind it is seen.
#[cfg(any(windows, test))]
fn dot() -> Vec<u8> {
    /// Of a pixel, in both directions.
    const PARTS: u32 = 4;
    // In halves of a part all is whole.
    let middle = SIDE * PARTS;
    let is_within = |x: u32, y: u32| {
        let (x, y) = (middle.abs_diff(2 * x + 1), middle.abs_diff(2 * y + 1));
        x * x + y * y <= middle * middle
    };
    let covered = |x: u32, y: u32| {
        let parts = (0..PARTS * PARTS).filter(|part| is_within(x * PARTS + part % PARTS, y * PARTS + part / PARTS));
        u32::try_from(parts.count()).unwrap_or(0) * 255 / (PARTS * PARTS)
    };
    let pixel = |at: u32| [0xbc, 0x2f, 0x2a, u8::try_from(covered(at % SIDE, at / SIDE)).unwrap_or(u8::MAX)];
    (0..SIDE * SIDE).flat_map(pixel).collect()
}

/// Keeps it up to date.
pub(crate) fn follow(window: &WebviewWindow, shell: &Arc<Shell>) {
    let (window, shell, mut changes) = (window.clone(), Arc::clone(shell), shell.standing_changes());
    tauri::async_runtime::spawn(async move {
        let mut shown = (Bar::Nothing, None);
        loop {
            let standing = changes.borrow_and_update().clone();
            let (bar, needs) = (Bar::of(&standing), badge(&standing, shell.preferences()));
            if bar != shown.0
                && let Err(error) = window.set_progress_bar(bar.into())
            {
                tracing::debug!(%error, "the taskbar shows no progress");
            }
            if needs != shown.1
                && let Err(error) = mark(&window, needs)
            {
                tracing::debug!(%error, "the taskbar shows no number");
            }
            shown = (bar, needs);
            tokio::time::sleep(OFTEN).await;
            if changes.changed().await.is_err() {
                return;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use davit_core::engine::feed::{Totals, Wait};
    use davit_core::error::ErrorCode;
    use davit_core::ids::WatchId;
    use davit_core::units::ByteCount;

    use super::*;
    use crate::standing::{Folder, Wrong};

    fn standing(totals: Totals) -> Standing {
        Standing { totals, ..Standing::default() }
    }

    fn gone() -> Folder {
        Folder { watch: WatchId::new(7), name: "scans".to_owned(), wrong: Wrong::Away(None) }
    }

    #[test]
    fn the_icon_has_the_number_of_what_needs_a_person_who_wants_to_be_told() {
        let some = standing(Totals { needs_you: 3, ..Totals::default() });
        let wants = Preferences::default();
        assert_eq!(badge(&some, wants), Some(3));
        assert_eq!(badge(&Standing::default(), wants), None);
        let folder = Standing { folders: vec![gone()], ..Standing::default() };
        assert_eq!(badge(&folder, wants), Some(1), "a watched folder alone");
        assert_eq!(badge(&Standing { folders: vec![gone()], ..some.clone() }, wants), Some(4));
        assert_eq!(badge(&some, Preferences { tell_needs_you: false, ..wants }), None);
    }

    #[test]
    fn the_dot_is_round_and_red() {
        let dot = dot();
        let at = |x: usize, y: usize| &dot[(y * 32 + x) * 4..][..4];
        assert_eq!(dot.len(), 32 * 32 * 4);
        assert_eq!(at(16, 16), [0xbc, 0x2f, 0x2a, 255]);
        assert_eq!((at(0, 0)[3], at(31, 31)[3]), (0, 0));
        assert!((1..255).contains(&at(4, 4)[3]), "its edge is smooth");
    }

    #[test]
    fn the_bar_says_how_far_it_is_and_whether_somebody_is_needed() {
        let all = Totals { sent: ByteCount(43), size: ByteCount(200), ..Totals::default() };
        let of = |overview, needs_you| Bar::of(&standing(Totals { overview, needs_you, ..all.clone() }));
        assert_eq!(of(Overview::Moving, 0), Bar::Flows(21));
        assert_eq!(of(Overview::Moving, 1), Bar::NeedsYou(21));
        assert_eq!(of(Overview::Paused, 0), Bar::Rests(21));
        assert_eq!(of(Overview::Offline, 0), Bar::Rests(21));
        let waits = |code| Overview::Waiting(Wait::new(code, None, None));
        assert_eq!(of(waits(ErrorCode::StorageBusy), 0), Bar::Rests(21));
        assert_eq!(of(waits(ErrorCode::ProxyAuth), 0), Bar::NeedsYou(21), "a person is to enter it");
        assert_eq!(of(Overview::Empty, 0), Bar::Nothing);
        assert_eq!(of(Overview::NeedsYou, 2), Bar::NeedsYou(21));
        let moving = standing(Totals { overview: Overview::Moving, ..Totals::default() });
        assert_eq!(Bar::of(&moving), Bar::Flows(0), "nothing counted yet");
        let sent = standing(Totals { overview: Overview::Moving, sent: all.size, ..all.clone() });
        assert_eq!(Bar::of(&sent), Bar::Flows(99), "not verified yet");
        let folder = Standing { folders: vec![gone()], ..standing(all.clone()) };
        assert_eq!(Bar::of(&folder), Bar::NeedsYou(21), "a watched folder alone");
    }
}
