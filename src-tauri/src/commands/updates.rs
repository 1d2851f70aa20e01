//! Updates of Davit itself. The page says when; what, and from where, is not the page's to say.

use std::sync::Arc;

use tauri::State;

use crate::shell::Shell;
use crate::updates as all;
use crate::views::{Problem, UpdatesView};

type Answer<T> = Result<T, Problem>;

/// How it stands with them.
#[tauri::command]
pub async fn updates(shell: State<'_, Arc<Shell>>) -> Answer<UpdatesView> {
    Ok(shell.updates.view())
}

/// Looks for them now.
#[tauri::command]
pub async fn check_updates(shell: State<'_, Arc<Shell>>) -> Answer<()> {
    shell.updates.look_now();
    Ok(())
}

/// Puts the one that is there in place, once everything rests, and starts again.
#[tauri::command]
pub async fn install_update(shell: State<'_, Arc<Shell>>) -> Answer<()> {
    all::install(&shell);
    Ok(())
}

/// Leaves it for later.
#[tauri::command]
pub async fn leave_update(shell: State<'_, Arc<Shell>>) -> Answer<()> {
    all::leave(&shell);
    Ok(())
}
