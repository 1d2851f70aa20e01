//! How Davit goes together with this computer and who sits there.

use std::sync::Arc;

use davit_core::error::{Error, ErrorCode};
use davit_core::settings::Preferences;
use davit_core::settings::rules::Sourced;
use tauri::{Runtime, State, WebviewWindow};

use crate::shell::Shell;
use crate::tray;
use crate::views::Problem;

type Answer<T> = Result<T, Problem>;

/// What is preferred.
#[tauri::command]
pub async fn preferences(shell: State<'_, Arc<Shell>>) -> Answer<Preferences> {
    Ok(shell.uploader()?.preferences())
}

/// Who says what each setting is.
#[tauri::command]
pub async fn setting_sources(shell: State<'_, Arc<Shell>>) -> Answer<Vec<Sourced>> {
    Ok(shell.uploader()?.sources())
}

/// Whether this computer shows Davit's icon where a person finds it again, if they want it there.
#[tauri::command]
pub async fn has_tray(shell: State<'_, Arc<Shell>>) -> Answer<bool> {
    Ok(tray::is_possible(&shell).await)
}

/// Prefers it so from now on.
#[tauri::command]
pub async fn set_preferences(shell: State<'_, Arc<Shell>>, preferences: Preferences) -> Answer<()> {
    let uploader = shell.uploader()?;
    // What starts at sign-in is the system's to do first, and has a command of its own.
    let start_at_login = uploader.preferences().start_at_login;
    uploader.set_preferences(Preferences { start_at_login, ..preferences })?;
    shell.look_again();
    Ok(())
}

/// Draws the page so large from now on, in percent of what is usual.
#[tauri::command]
pub async fn zoom<R: Runtime>(window: WebviewWindow<R>, shell: State<'_, Arc<Shell>>, percent: u32) -> Answer<()> {
    shell.zooms_to(percent);
    let zoomed = window.set_zoom(shell.zoom());
    Ok(zoomed.map_err(|e| Error::new(ErrorCode::Unexpected).detail(e.to_string()))?)
}
