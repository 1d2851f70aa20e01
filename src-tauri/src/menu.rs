//! The menu bar of macOS: the system's usual lines in our words, with what the page has in it, and but for "Quit", which asks where
//! something would stop.
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

    use tauri::menu::{AboutMetadata, HELP_SUBMENU_ID, Menu, MenuItem, PredefinedMenuItem, Submenu, WINDOW_SUBMENU_ID};
    use tauri::{App, Wry};

    use super::{ALL, FILES, FOLDER, Leads, SETTINGS, SHORTCUTS};
    use crate::shell::Shell;
    use crate::words;

    /// What the system does by itself, with its usual key, called in our words.
    type Own = PredefinedMenuItem<Wry>;

    const QUIT: &str = "quit-by-menu";

    /// Puts it there.
    pub(crate) fn open(app: &App, shell: &Arc<Shell>) -> tauri::Result<()> {
        let all = [program(app)?, file(app)?, edit(app)?, view(app)?, window(app)?, help(app)?];
        let menu = Menu::<Wry>::new(app)?;
        for one in &all {
            menu.append(one)?;
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

    fn line(app: &App, of: &Leads) -> tauri::Result<MenuItem<Wry>> {
        MenuItem::<Wry>::with_id(app, of.id, words::say(of.words), true, Some(of.keys))
    }

    fn program(app: &App) -> tauri::Result<Submenu<Wry>> {
        let info = app.package_info();
        let about = AboutMetadata {
            name: Some(info.name.clone()),
            version: Some(info.version.to_string()),
            copyright: app.config().bundle.copyright.clone(),
            ..AboutMetadata::default()
        };
        Submenu::<Wry>::with_items(
            app,
            &info.name,
            true,
            &[
                &Own::about(app, Some(&words::say("bar.about")), Some(about))?,
                &Own::separator(app)?,
                &line(app, &SETTINGS)?,
                &Own::separator(app)?,
                &Own::services(app, Some(&words::say("bar.services")))?,
                &Own::separator(app)?,
                &Own::hide(app, Some(&words::say("bar.hide")))?,
                &Own::hide_others(app, Some(&words::say("bar.hideOthers")))?,
                &Own::separator(app)?,
                // The system's own ends it without a question; this one asks.
                &MenuItem::<Wry>::with_id(app, QUIT, words::say("quit"), true, Some("Cmd+Q"))?,
            ],
        )
    }

    fn file(app: &App) -> tauri::Result<Submenu<Wry>> {
        Submenu::<Wry>::with_items(
            app,
            words::say("bar.file"),
            true,
            &[
                &line(app, &FILES)?,
                &line(app, &FOLDER)?,
                &Own::separator(app)?,
                &Own::close_window(app, Some(&words::say("bar.close")))?,
            ],
        )
    }

    fn edit(app: &App) -> tauri::Result<Submenu<Wry>> {
        Submenu::<Wry>::with_items(
            app,
            words::say("bar.edit"),
            true,
            &[
                &Own::undo(app, Some(&words::say("bar.undo")))?,
                &Own::redo(app, Some(&words::say("bar.redo")))?,
                &Own::separator(app)?,
                &Own::cut(app, Some(&words::say("bar.cut")))?,
                &Own::copy(app, Some(&words::say("bar.copy")))?,
                &Own::paste(app, Some(&words::say("bar.paste")))?,
                &Own::select_all(app, Some(&words::say("bar.selectAll")))?,
            ],
        )
    }

    fn view(app: &App) -> tauri::Result<Submenu<Wry>> {
        let full = Own::fullscreen(app, Some(&words::say("bar.fullScreen")))?;
        Submenu::<Wry>::with_items(app, words::say("bar.view"), true, &[&full])
    }

    /// The system adds the windows that there are.
    fn window(app: &App) -> tauri::Result<Submenu<Wry>> {
        Submenu::<Wry>::with_id_and_items(
            app,
            WINDOW_SUBMENU_ID,
            words::say("bar.window"),
            true,
            &[
                &Own::minimize(app, Some(&words::say("bar.minimize")))?,
                &Own::maximize(app, Some(&words::say("bar.zoom")))?,
                &Own::separator(app)?,
                &Own::close_window(app, Some(&words::say("bar.close")))?,
            ],
        )
    }

    /// The system adds its search.
    fn help(app: &App) -> tauri::Result<Submenu<Wry>> {
        Submenu::<Wry>::with_id_and_items(
            app,
            HELP_SUBMENU_ID,
            words::say("bar.help"),
            true,
            &[&line(app, &SHORTCUTS)?],
        )
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

    #[test]
    fn what_the_system_does_by_itself_is_called_in_the_words_of_the_one_file() {
        let code = include_str!("menu.rs").split("#[cfg(test)]").next().expect("code");
        let own: Vec<_> = code.split("Own::").skip(1).filter(|line| !line.starts_with("separator(")).collect();
        assert!(own.len() == 15 && !code.contains("Menu::default"), "{own:?}");
        for line in own {
            let (_, given) = line.split_once("(app, ").expect("what it is called");
            assert!(given.starts_with("Some(&words::say(\"bar."), "{line}");
        }
    }
}
