//! The icon in the menu bar or tray, and its menu.
//!
//! Known problem: on Linux a library draws it that may be missing (`libayatana-appindicator3-1`), and many desktops show such icons
//! only where an extension does (GNOME). Then there is no tray: nothing is left to it that could not be found again otherwise.

mod says;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use davit_core::engine::feed::Target;
use davit_core::ids::ItemId;
use davit_core::units::ByteRate;
use tauri::image::Image;
use tauri::menu::{CheckMenuItem, Menu, MenuItem, PredefinedMenuItem, Submenu};
use tauri::tray::{TrayIcon, TrayIconBuilder};
use tauri::{AppHandle, Wry, include_image};
use tokio::sync::Notify;

use crate::commands::transfers::show;
use crate::shell::Shell;
use crate::views::Wanted;
use crate::words;
use says::{Can, Look, Says};

/// It changes no more often.
const OFTEN: Duration = Duration::from_secs(1);
/// For how long everything pauses at a word.
const HOUR: u32 = 3_600;

// What can be chosen.
const OPEN: &str = "open";
const NEEDS: &str = "needs";
const PAUSE: &str = "pause";
const RESUME: &str = "resume";
const PAUSE_HOUR: &str = "hour";
const FOLLOW: &str = "follow";
const FILES: &str = "files";
const FOLDER: &str = "folder";
const QUIT: &str = "quit";
/// With the bytes a second behind it, where it is one.
const LIMIT: &str = "limit ";
/// With the row's number behind it.
const SHOW: &str = "show ";

/// Puts it there, where the system has a place for it, and keeps it up to date.
pub(crate) fn open(app: &AppHandle, shell: &Arc<Shell>) {
    let says = Says::of(&shell.standing());
    // Where the library is missing, the one that would load it panics: that there is no tray is no reason for an end.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let built = catch_unwind(AssertUnwindSafe(|| build(app, shell, &says)));
    std::panic::set_hook(hook);
    match built {
        Ok(Ok(tray)) => {
            shell.has_a_tray();
            tauri::async_runtime::spawn(tray.follow(Arc::clone(shell), says));
        }
        Ok(Err(error)) => tracing::warn!(%error, "there is no tray"),
        Err(_) => tracing::warn!("there is no tray: libayatana-appindicator3 is missing"),
    }
}

/// The icon, its menu and that one's first line.
struct Tray {
    icon: TrayIcon,
    menu: Menu<Wry>,
    line: MenuItem<Wry>,
    /// What was chosen came to nothing: a press changes marks, whatever comes of it.
    refused: Arc<Notify>,
}

fn build(app: &AppHandle, shell: &Arc<Shell>, says: &Says) -> tauri::Result<Tray> {
    let menu = Menu::new(app)?;
    let line = fill(&menu, says)?;
    let (chosen, refused) = (Arc::clone(shell), Arc::new(Notify::new()));
    let refuses = Arc::clone(&refused);
    let mut tray = TrayIconBuilder::with_id("davit")
        .icon(icon(says.look))
        .icon_as_template(true)
        .tooltip(&says.line)
        .menu(&menu)
        .on_menu_event(move |_, event| choose(&chosen, event.id().as_ref(), &refuses));
    // Another Davit of the same person has one, too.
    if let Ok(uploader) = shell.uploader() {
        tray = tray.temp_dir_path(uploader.home().join("tray"));
    }
    Ok(Tray { icon: tray.build(app)?, menu, line, refused })
}

fn icon(look: Look) -> Image<'static> {
    // Where the system tints it, and where nobody does.
    if cfg!(target_os = "macos") {
        match look {
            Look::Idle => include_image!("../icons/tray-idle-template.png"),
            Look::Uploading => include_image!("../icons/tray-uploading-template.png"),
            Look::Paused => include_image!("../icons/tray-paused-template.png"),
            Look::NeedsYou => include_image!("../icons/tray-needs-you-template.png"),
        }
    } else {
        match look {
            Look::Idle => include_image!("../icons/tray-idle.png"),
            Look::Uploading => include_image!("../icons/tray-uploading.png"),
            Look::Paused => include_image!("../icons/tray-paused.png"),
            Look::NeedsYou => include_image!("../icons/tray-needs-you.png"),
        }
    }
}

/// Writes into an empty menu what it says now. Answers its first line.
fn fill(menu: &Menu<Wry>, says: &Says) -> tauri::Result<MenuItem<Wry>> {
    let app = menu.app_handle();
    let item = |id: &str, words: &str, can: bool| MenuItem::<Wry>::with_id(app, id, words, can, None::<&str>);
    let add = |id: &str, words: &str| menu.append(&item(id, words, true)?);
    let gap = || menu.append(&PredefinedMenuItem::<Wry>::separator(app)?);
    let line = if says.leads { item(NEEDS, &says.line, true)? } else { item("line", &says.line, false)? };
    menu.append(&line)?;
    if let Some(needs) = &says.needs {
        add(NEEDS, needs)?;
    }
    gap()?;
    match says.can {
        Can::Resume => add(RESUME, &words::say("resume"))?,
        Can::Pause => {
            add(PAUSE, &words::say("pause"))?;
            add(PAUSE_HOUR, &words::say("hour"))?;
        }
        Can::Nothing => add(PAUSE_HOUR, &words::say("hour"))?,
    }
    menu.append(&limits(app, says)?)?;
    add(FILES, &words::say("addFiles"))?;
    add(FOLDER, &words::say("addFolder"))?;
    if !says.recent.is_empty() {
        gap()?;
        menu.append(&recent(app, says)?)?;
    }
    gap()?;
    add(OPEN, &words::say("open"))?;
    add(QUIT, &words::say("quit"))?;
    Ok(line)
}

/// What was done last: each is shown in its folder.
fn recent(app: &AppHandle, says: &Says) -> tauri::Result<Submenu<Wry>> {
    let menu = Submenu::new(app, words::say("doneLast"), true)?;
    for (id, name) in &says.recent {
        // A letter behind one of these would be underlined.
        let name = name.replace('&', "&&");
        menu.append(&MenuItem::<Wry>::with_id(app, format!("{SHOW}{id}"), name, true, None::<&str>)?)?;
    }
    Ok(menu)
}

/// The limits that can be chosen. The one that holds cannot: a press would take its mark away.
fn limits(app: &AppHandle, says: &Says) -> tauri::Result<Submenu<Wry>> {
    let menu = Submenu::new(app, words::say("speedLimit"), true)?;
    for &(rate, holds) in &says.limits {
        let (id, words) = match rate {
            Some(rate) => (format!("{LIMIT}{}", rate.0), words::limit(rate.0)),
            None => (format!("{LIMIT}none"), words::say("noLimit")),
        };
        menu.append(&CheckMenuItem::<Wry>::with_id(app, id, words, !holds, holds, None::<&str>)?)?;
    }
    if says.chosen {
        menu.append(&PredefinedMenuItem::<Wry>::separator(app)?)?;
        menu.append(&MenuItem::<Wry>::with_id(app, FOLLOW, words::say("follow"), true, None::<&str>)?)?;
    }
    Ok(menu)
}

impl Tray {
    /// Keeps it up to date.
    async fn follow(mut self, shell: Arc<Shell>, mut said: Says) {
        let mut changes = shell.standing_changes();
        let (mut visible, refused) = (true, Arc::clone(&self.refused));
        loop {
            let says = Says::of(&changes.borrow_and_update());
            let shown = shell.preferences().tray;
            let done = self.says(&says, &said);
            let seen = if shown == visible { Ok(()) } else { self.icon.set_visible(shown) };
            if let Err(error) = done.and(seen) {
                tracing::debug!(%error, "the tray does not change");
            }
            (said, visible) = (says, shown);
            tokio::time::sleep(OFTEN).await;
            tokio::select! {
                changed = changes.changed() => if changed.is_err() {
                    return;
                },
                () = refused.notified() => if let Err(error) = self.write(&said) {
                    tracing::debug!(%error, "the tray does not change");
                },
            }
        }
    }

    /// Changes what is another now. The menu is written anew in its place, and only where more than its first line changes: it may
    /// be open, and desktops take one that is put in its place for another icon.
    fn says(&mut self, now: &Says, before: &Says) -> tauri::Result<()> {
        if now.look != before.look {
            self.icon.set_icon_with_as_template(Some(icon(now.look)), true)?;
        }
        if now.line != before.line {
            self.icon.set_tooltip(Some(&now.line))?;
        }
        let rest = |of: &Says| Says { look: now.look, line: now.line.clone(), ..of.clone() };
        if rest(before) == *now {
            return if now.line == before.line { Ok(()) } else { self.line.set_text(&now.line) };
        }
        self.write(now)
    }

    fn write(&mut self, now: &Says) -> tauri::Result<()> {
        while self.menu.remove_at(0)?.is_some() {}
        self.line = fill(&self.menu, now)?;
        Ok(())
    }
}

/// Somebody chose something.
fn choose(shell: &Arc<Shell>, id: &str, refused: &Arc<Notify>) {
    let (shell, id, refused) = (Arc::clone(shell), id.to_owned(), Arc::clone(refused));
    tauri::async_runtime::spawn(async move {
        if let Err(error) = does(&shell, &id).await {
            tracing::warn!(%id, %error, "what was chosen in the tray came to nothing");
            refused.notify_one();
        }
    });
}

async fn does(shell: &Arc<Shell>, id: &str) -> davit_core::error::Result<()> {
    match id {
        OPEN => shell.call(),
        NEEDS => shell.wants(Wanted::NeedsYou),
        PAUSE => {
            shell.engine()?.pause_all().await?;
        }
        RESUME => {
            shell.uploader()?.resume_all().await?;
        }
        PAUSE_HOUR => {
            shell.uploader()?.pause_for(HOUR).await?;
        }
        FOLLOW => {
            shell.uploader()?.follow_schedule().await?;
        }
        FILES => shell.wants(Wanted::Files),
        FOLDER => shell.wants(Wanted::Folder),
        QUIT => shell.wants_to_quit(),
        _ => {
            if let Some(rate) = id.strip_prefix(LIMIT) {
                shell.uploader()?.choose_limit(rate.parse().ok().map(ByteRate)).await?;
            } else if let Some(row) = id.strip_prefix(SHOW).and_then(|row| row.parse().ok()) {
                let item = ItemId::new(row);
                // Where it cannot be shown, its row is, which leads on.
                show(shell, Target::Item(item)).await.inspect_err(|_| shell.wants(Wanted::Row { item }))?;
            }
        }
    }
    Ok(())
}

/// Whether a person can find the icon.
pub(crate) async fn is_seen(shell: &Shell) -> bool {
    shell.preferences().tray && is_possible(shell).await
}

/// Whether they could, if they want it there.
pub(crate) async fn is_possible(shell: &Shell) -> bool {
    shell.tray() && is_shown().await
}

/// Whether somebody on the desktop shows such icons at all.
#[cfg(target_os = "linux")]
async fn is_shown() -> bool {
    const WATCHER: &str = "org.kde.StatusNotifierWatcher";
    let asked = async {
        let bus = zbus::Connection::session().await?;
        let watcher = zbus::Proxy::new(&bus, WATCHER, "/StatusNotifierWatcher", WATCHER).await?;
        watcher.get_property::<bool>("IsStatusNotifierHostRegistered").await
    };
    // Whoever does not answer shows nothing either.
    matches!(tokio::time::timeout(OFTEN, asked).await, Ok(Ok(true)))
}

#[cfg(not(target_os = "linux"))]
async fn is_shown() -> bool {
    true
}
