//! Whether Davit starts, without its window, when a person signs in to this computer. How each system wants to be told is the
//! plugin's affair, and nothing of the plugin is the page's. What is shown is what the system does; who wanted it so is on record as
//! with every setting, and what a company wants is put in place here.

use std::sync::Arc;

use davit_core::error::ErrorCode;
use davit_core::settings::rules::{Source, Sourced};
use davit_core::settings::{Name, Preferences};
use tauri::{AppHandle, Manager as _, State};
use tauri_plugin_autostart::AutoLaunchManager;

use crate::shell::Shell;
use crate::views::Problem;

type Answer<T> = Result<T, Problem>;

/// What it is called where the system keeps it.
pub(crate) const NAME: &str = "Davit";

/// Whether it does.
#[tauri::command]
pub async fn starts_at_login(login: State<'_, AutoLaunchManager>) -> Answer<bool> {
    starts(&login)
}

/// Whether it is to.
#[tauri::command]
pub async fn start_at_login(shell: State<'_, Arc<Shell>>, login: State<'_, AutoLaunchManager>, on: bool) -> Answer<()> {
    let uploader = shell.uploader()?;
    let before = uploader.preferences();
    uploader.set_preferences(Preferences { start_at_login: on, ..before })?;
    if let Err(refused) = put(&login, on) {
        uploader.set_preferences(before)?;
        return Err(refused);
    }
    if !on {
        // Whoever does not want it there ends it with its window.
        shell.keeps_at_work(false);
    }
    Ok(())
}

/// Puts in place what the company wants of it, now and whenever that changes.
pub(crate) fn follow(app: &AppHandle, shell: &Arc<Shell>) {
    let (app, shell) = (app.clone(), Arc::clone(shell));
    tauri::async_runtime::spawn(async move {
        shell.has_records().await;
        let Ok(mut changes) = shell.uploader().map(|uploader| uploader.preferences_changes()) else { return };
        loop {
            if let Err(problem) = obeys(&app.state::<AutoLaunchManager>(), &shell) {
                tracing::warn!(detail = %problem.detail, "what the company wants of starts at sign-in is not in place");
            }
            if changes.changed().await.is_err() {
                return;
            }
        }
    });
}

fn obeys(login: &AutoLaunchManager, shell: &Shell) -> Answer<()> {
    let uploader = shell.uploader()?;
    let wanted = uploader.preferences().start_at_login;
    let sources = uploader.sources();
    let Some(said) = sources.iter().find(|one| one.name == Name::StartAtLogin) else { return Ok(()) };
    if is_due(*said, wanted, shell.memory.started_at_login()) {
        if starts(login)? != wanted {
            put(login, wanted)?;
        }
        shell.memory.starts_at_login(wanted);
    }
    Ok(())
}

/// Whether what a company wants is to be put in place: a lock always, a preset once, for the system's own switch is a person's word
/// against it, too.
fn is_due(said: Sourced, wanted: bool, before: Option<bool>) -> bool {
    matches!(said.source, Source::Policy | Source::Backend) && (said.locked || before != Some(wanted))
}

#[cfg(not(target_os = "linux"))]
fn starts(login: &AutoLaunchManager) -> Answer<bool> {
    login.is_enabled().map_err(refused)
}

#[cfg(target_os = "linux")]
#[expect(clippy::unnecessary_wraps, reason = "the same shape on every system")]
fn starts(_: &AutoLaunchManager) -> Answer<bool> {
    Ok(linux::starts(&linux::entries()))
}

#[cfg(not(target_os = "linux"))]
fn put(login: &AutoLaunchManager, on: bool) -> Answer<()> {
    // Switched on also where it is: the program may lie elsewhere by now.
    if on { login.enable() } else { login.disable() }.map_err(refused)
}

#[cfg(target_os = "linux")]
fn put(login: &AutoLaunchManager, on: bool) -> Answer<()> {
    let entries = linux::entries();
    if on {
        return login.enable().map_err(refused);
    }
    login.disable().map_err(refused)?;
    // The computer's own entry starts it still: the person's comes before that one, and says that it does not.
    if linux::starts(&entries) {
        login.enable().map_err(refused)?;
        return linux::hides(&entries).map_err(|e| Problem::of(ErrorCode::Unexpected, e.to_string()));
    }
    Ok(())
}

fn refused(error: tauri_plugin_autostart::Error) -> Problem {
    Problem::of(ErrorCode::Unexpected, error.to_string())
}

/// On Linux the first entry of its name counts, the person's before the computer's. Desktops have switches of their own for what
/// starts at sign-in, and write into the person's; the plugin knows that one alone, and looks whether it is there.
/// Source: freedesktop.org, "Desktop Application Autostart Specification".
#[cfg(target_os = "linux")]
mod linux {
    use std::io::Write as _;
    use std::path::PathBuf;

    use super::NAME;

    /// Where entries may lie, the first first. The person's is where the plugin puts it.
    pub(super) fn entries() -> Vec<PathBuf> {
        let person = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".config"));
        let computer = std::env::var_os("XDG_CONFIG_DIRS").filter(|folders| !folders.is_empty());
        let computer = computer.unwrap_or_else(|| "/etc/xdg".into());
        let folders = person.into_iter().chain(std::env::split_paths(&computer));
        folders.map(|folder| folder.join("autostart").join(format!("{NAME}.desktop"))).collect()
    }

    /// Whether the first that is there starts it.
    pub(super) fn starts(entries: &[PathBuf]) -> bool {
        let off = |line: &str| matches!(line.trim(), "Hidden=true" | "X-GNOME-Autostart-enabled=false");
        let counts = entries.iter().find_map(|entry| std::fs::read_to_string(entry).ok());
        counts.is_some_and(|entry| !entry.lines().any(off))
    }

    /// The first starts nothing.
    pub(super) fn hides(entries: &[PathBuf]) -> std::io::Result<()> {
        let first = entries.first().ok_or(std::io::ErrorKind::NotFound)?;
        std::fs::OpenOptions::new().append(true).open(first)?.write_all(b"\nHidden=true\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_company_locks_is_put_in_place_at_every_start_and_what_it_presets_once() {
        let said = |source, locked| Sourced { name: Name::StartAtLogin, source, locked };
        for source in [Source::Policy, Source::Backend] {
            assert!(is_due(said(source, true), true, Some(true)), "somebody may have switched it off");
            assert!(is_due(said(source, false), true, None) && is_due(said(source, false), false, Some(true)));
            assert!(!is_due(said(source, false), true, Some(true)), "whoever switched it off since has done so");
        }
        for source in [Source::Default, Source::Person] {
            assert!(!is_due(said(source, false), false, Some(true)), "the system's word counts");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn of_several_entries_the_first_says_whether_davit_starts() {
        let folder = tempfile::tempdir().expect("a folder");
        let [person, computer] = ["person", "computer"].map(|name| folder.path().join(name));
        let entries = [person.clone(), computer.clone()];
        let write = |at: &std::path::Path, says: &str| {
            std::fs::write(at, format!("[Desktop Entry]\nExec=davit-app --hidden\n{says}\n")).expect("written");
        };
        assert!(!linux::starts(&entries), "there is none");
        write(&computer, "Hidden=true");
        assert!(!linux::starts(&entries), "as the package brings it");
        write(&computer, "Hidden=false");
        assert!(linux::starts(&entries), "an administrator wants it for everybody");
        write(&person, "");
        linux::hides(&entries).expect("written");
        assert!(!linux::starts(&entries), "this person does not");
        write(&person, "X-GNOME-Autostart-enabled=false");
        assert!(!linux::starts(&entries));
        write(&person, "X-GNOME-Autostart-enabled=true");
        write(&computer, "Hidden=true");
        assert!(linux::starts(&entries), "this person does");
    }
}
