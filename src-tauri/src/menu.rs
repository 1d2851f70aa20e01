//! The menu bar of macOS: the system's usual one, but for "Quit", which asks where something would stop.
//!
//! The Dock's "Quit", a logout and a shutdown ask nobody: the system ends the program then, as by a signal (`signals`).

use std::sync::Arc;

use tauri::menu::{Menu, MenuItem, MenuItemKind};
use tauri::{App, Wry};

use crate::shell::Shell;
use crate::words;

const QUIT: &str = "quit-by-menu";

/// Puts it there.
pub(crate) fn open(app: &App, shell: &Arc<Shell>) -> tauri::Result<()> {
    let menu = Menu::default(app.handle())?;
    if let Some(MenuItemKind::Submenu(first)) = menu.items()?.first() {
        // It is the last of the program's own menu, and ends it without a question.
        if let Some(last) = first.items()?.len().checked_sub(1) {
            first.remove_at(last)?;
        }
        first.append(&MenuItem::<Wry>::with_id(app, QUIT, words::QUIT, true, Some("Cmd+Q"))?)?;
    }
    app.set_menu(menu)?;
    let shell = Arc::clone(shell);
    app.on_menu_event(move |_, event| {
        if event.id().as_ref() == QUIT {
            shell.wants_to_quit();
        }
    });
    Ok(())
}
