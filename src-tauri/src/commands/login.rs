//! Whether Davit starts, without its window, when a person signs in to this computer. How each system wants to be told is the
//! plugin's affair, and nothing of the plugin is the page's.

use std::sync::Arc;

use davit_core::error::ErrorCode;
use tauri::State;
use tauri_plugin_autostart::AutoLaunchManager;

use crate::shell::Shell;
use crate::views::Problem;

type Answer<T> = Result<T, Problem>;

/// Whether it does.
#[tauri::command]
pub async fn starts_at_login(login: State<'_, AutoLaunchManager>) -> Answer<bool> {
    login.is_enabled().map_err(refused)
}

/// Whether it is to.
#[tauri::command]
pub async fn start_at_login(shell: State<'_, Arc<Shell>>, login: State<'_, AutoLaunchManager>, on: bool) -> Answer<()> {
    if on {
        // Also where it does: the program may lie elsewhere by now.
        return login.enable().map_err(refused);
    }
    if login.is_enabled().map_err(refused)? {
        login.disable().map_err(refused)?;
    }
    // Whoever does not want it there ends it with its window.
    shell.keeps_at_work(false);
    Ok(())
}

fn refused(error: tauri_plugin_autostart::Error) -> Problem {
    Problem::of(ErrorCode::Unexpected, error.to_string())
}
