//! How far it all is, on the window's button in the taskbar or the icon in the Dock.

use std::sync::Arc;
use std::time::Duration;

use davit_core::engine::feed::{Overview, Totals};
use tauri::WebviewWindow;
use tauri::window::{ProgressBarState, ProgressBarStatus};

use crate::shell::Shell;
use crate::standing::percent;

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
    fn of(totals: &Totals) -> Self {
        let percent = percent(totals).unwrap_or(0);
        match totals.overview {
            Overview::SignedOut { .. } | Overview::Stuck { .. } => Self::NeedsYou(percent),
            _ if totals.needs_you > 0 => Self::NeedsYou(percent),
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

/// Keeps it up to date.
pub(crate) fn follow(window: &WebviewWindow, shell: &Arc<Shell>) {
    let (window, mut changes) = (window.clone(), shell.standing_changes());
    tauri::async_runtime::spawn(async move {
        let mut shown = Bar::Nothing;
        loop {
            let bar = Bar::of(&changes.borrow_and_update().totals);
            if bar != shown {
                if let Err(error) = window.set_progress_bar(bar.into()) {
                    tracing::debug!(%error, "the taskbar shows no progress");
                }
                shown = bar;
            }
            tokio::time::sleep(OFTEN).await;
            if changes.changed().await.is_err() {
                return;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use davit_core::units::ByteCount;

    use super::*;

    #[test]
    fn the_bar_says_how_far_it_is_and_whether_somebody_is_needed() {
        let all = Totals { sent: ByteCount(43), size: ByteCount(200), ..Totals::default() };
        let of = |overview, needs_you| Bar::of(&Totals { overview, needs_you, ..all.clone() });
        assert_eq!(of(Overview::Moving, 0), Bar::Flows(21));
        assert_eq!(of(Overview::Moving, 1), Bar::NeedsYou(21));
        assert_eq!(of(Overview::Paused, 0), Bar::Rests(21));
        assert_eq!(of(Overview::Offline, 0), Bar::Rests(21));
        assert_eq!(of(Overview::Empty, 0), Bar::Nothing);
        assert_eq!(of(Overview::NeedsYou, 2), Bar::NeedsYou(21));
        assert_eq!(
            Bar::of(&Totals { overview: Overview::Moving, ..Totals::default() }),
            Bar::Flows(0),
            "nothing counted yet"
        );
    }
}
