//! The menu bar of macOS: the system's usual one, with what the page has in it, and but for "Quit", which asks where something would
//! stop.
//!
//! The Dock's "Quit", a logout and a shutdown ask nobody: the system ends the program then, as by a signal (`signals`). A key goes to
//! the page first, which knows the same ones; the menu does what the page leaves.

use crate::views::Wanted;

/// A line that leads to what the page has.
struct Leads {
    id: &'static str,
    /// The name of its message.
    words: &'static str,
    keys: &'static str,
    to: Wanted,
}

// The tray hears of what is chosen here as well: no line of its menu is called so.
const SETTINGS: Leads = Leads { id: "settings-by-menu", words: "settings", keys: "Cmd+Comma", to: Wanted::Settings };
const FILES: Leads = Leads { id: "files-by-menu", words: "addFiles", keys: "Cmd+O", to: Wanted::Files };
const FOLDER: Leads = Leads { id: "folder-by-menu", words: "addFolder", keys: "Cmd+Shift+O", to: Wanted::Folder };
const SHORTCUTS: Leads =
    Leads { id: "shortcuts-by-menu", words: "shortcuts", keys: "Cmd+Slash", to: Wanted::Shortcuts };
const ALL: [Leads; 4] = [SETTINGS, FILES, FOLDER, SHORTCUTS];

#[cfg(target_os = "macos")]
pub(crate) use bar::open;

#[cfg(target_os = "macos")]
mod bar {
    use std::sync::Arc;

    use tauri::menu::{HELP_SUBMENU_ID, Menu, MenuItem, MenuItemKind, PredefinedMenuItem, Submenu};
    use tauri::{App, Wry};

    use super::{ALL, FILES, FOLDER, Leads, SETTINGS, SHORTCUTS};
    use crate::shell::Shell;
    use crate::words;

    const QUIT: &str = "quit-by-menu";

    /// Puts it there.
    pub(crate) fn open(app: &App, shell: &Arc<Shell>) -> tauri::Result<()> {
        let menu = Menu::default(app.handle())?;
        let line = |of: Leads| MenuItem::<Wry>::with_id(app, of.id, words::say(of.words), true, Some(of.keys));
        let gap = || PredefinedMenuItem::<Wry>::separator(app);
        for (nth, kind) in menu.items()?.into_iter().enumerate() {
            let MenuItemKind::Submenu(one) = kind else { continue };
            if nth == 0 {
                // Behind what it is and a line.
                one.insert_items(&[&line(SETTINGS)?, &gap()?], 2)?;
                quits(app, &one)?;
            } else if nth == 1 {
                one.insert_items(&[&line(FILES)?, &line(FOLDER)?, &gap()?], 0)?;
            } else if one.id() == HELP_SUBMENU_ID {
                one.append(&line(SHORTCUTS)?)?;
            }
        }
        app.set_menu(menu)?;
        let shell = Arc::clone(shell);
        app.on_menu_event(move |_, event| {
            let id = event.id().as_ref();
            if id == QUIT {
                shell.wants_to_quit();
            } else if let Some(leads) = ALL.iter().find(|leads| leads.id == id) {
                shell.wants(leads.to);
            }
        });
        Ok(())
    }

    /// The last of the program's own menu ends it without a question; ours asks.
    fn quits(app: &App, first: &Submenu<Wry>) -> tauri::Result<()> {
        if let Some(last) = first.items()?.len().checked_sub(1) {
            first.remove_at(last)?;
        }
        first.append(&MenuItem::<Wry>::with_id(app, QUIT, words::say("quit"), true, Some("Cmd+Q"))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_menu_bar_has_the_pages_keys() {
        let table = include_str!("../../ui/src/views/shortcuts.ts");
        for (leads, keys) in ALL.iter().zip([
            "settings: [mod(',')]",
            "files: [mod('o')]",
            "folder: [modShift('o')]",
            "shortcuts: [mod('/')]",
        ]) {
            assert!(table.contains(keys), "{}: {keys}", leads.words);
        }
        let keys: Vec<_> = ALL.iter().map(|leads| leads.keys).collect();
        assert_eq!(keys, ["Cmd+Comma", "Cmd+O", "Cmd+Shift+O", "Cmd+Slash"]);
        assert_eq!(ALL.map(|leads| leads.to), [Wanted::Settings, Wanted::Files, Wanted::Folder, Wanted::Shortcuts]);
        assert!(ALL.iter().all(|leads| leads.id.ends_with("-by-menu")));
    }
}
