//! Whether Davit starts, without its window, when a person signs in to this computer. How each system wants to be told is the
//! plugin's affair, and nothing of the plugin is the page's.

use std::sync::Arc;

use davit_core::error::ErrorCode;
use tauri::State;
use tauri_plugin_autostart::AutoLaunchManager;

use crate::shell::Shell;
use crate::views::Problem;

type Answer<T> = Result<T, Problem>;

/// What it is called where the system keeps it.
pub(crate) const NAME: &str = "Davit";

/// Whether it does.
#[tauri::command]
pub async fn starts_at_login(login: State<'_, AutoLaunchManager>) -> Answer<bool> {
    Ok(login.is_enabled().map_err(refused)? && !is_switched_off())
}

/// Linux' desktops have switches of their own for what starts at sign-in, and write into the entry; the plugin looks whether
/// there is one.
#[cfg(target_os = "linux")]
fn is_switched_off() -> bool {
    let Some(home) = std::env::var_os("HOME") else { return false };
    let entry = std::path::Path::new(&home).join(".config/autostart").join(format!("{NAME}.desktop"));
    let off = |line: &str| matches!(line.trim(), "Hidden=true" | "X-GNOME-Autostart-enabled=false");
    std::fs::read_to_string(entry).is_ok_and(|entry| entry.lines().any(off))
}

#[cfg(not(target_os = "linux"))]
const fn is_switched_off() -> bool {
    false
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
