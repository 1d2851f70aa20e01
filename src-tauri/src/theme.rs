//! Light or dark, as a person chose: the window's frame, and what the system draws within it. The page has its own colours.

use std::sync::Arc;

use davit_core::settings;
use tauri::{Theme, WebviewWindow};

use crate::shell::Shell;

/// What the system calls it; nothing where it is to choose.
pub(crate) const fn of(chosen: settings::Theme) -> Option<Theme> {
    match chosen {
        settings::Theme::System => None,
        settings::Theme::Light => Some(Theme::Light),
        settings::Theme::Dark => Some(Theme::Dark),
    }
}

/// Follows what is chosen.
pub(crate) fn follow(window: &WebviewWindow, shell: Arc<Shell>) {
    let (window, mut changes) = (window.clone(), shell.standing_changes());
    let mut worn = shell.preferences().theme;
    tauri::async_runtime::spawn(async move {
        while changes.changed().await.is_ok() {
            let chosen = shell.preferences().theme;
            if chosen == worn {
                continue;
            }
            if let Err(error) = window.set_theme(of(chosen)) {
                tracing::debug!(%error, "the window's frame keeps its theme");
            }
            worn = chosen;
        }
    });
}
