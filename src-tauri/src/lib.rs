//! The thin desktop shell: a window around `davit-core`. It can be deleted, and the uploads still run.
//!
//! - `asked`: what a start is for.
//! - `closing`: what goes on, and what ends, when the window is closed or somebody quits.
//! - [`clipboard`]: what is copied and pasted.
//! - [`commands`]: what the page may ask, one line to the core each.
//! - [`inbox`]: paths that came by drop, dialog, paste or a second start. The page sees an id, never a path.
//! - `looks`: what lies in a folder, for the previews of its rules.
//! - `menu`: the menu bar of macOS.
//! - `notices`, `notify`: what the system tells a person, and how.
//! - `place`: where the window stood.
//! - `standing`: what all of these know of the list.
//! - `taskbar`: how far it is, where the window has its button.
//! - `theme`: light or dark.
//! - `tray`: the icon in the menu bar or tray.
//! - [`views`]: what crosses to the page, and its TypeScript.
//! - `window`, `drag`: the window and what is dragged over it.
//! - `signals`: ends that come without the window.
//! - `updates`: another version in its place.
//! - `words`: what is said outside of the page.

mod asked;
pub mod clipboard;
mod closing;
pub mod commands;
mod drag;
pub mod inbox;
mod looks;
#[cfg(any(target_os = "macos", test))]
mod menu;
mod notices;
mod notify;
mod place;
pub mod shell;
mod shown;
mod signals;
mod standing;
mod taskbar;
mod theme;
mod tray;
mod updates;
pub mod views;
mod window;
mod words;

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use davit_core::error::ErrorCode;
use davit_core::log;
use davit_core::uploader::{Options, control};
use tauri::{AppHandle, Manager as _};

use asked::{Asked, HIDDEN};
use shell::Shell;

/// Runs the app until its window is closed; one that was started without it, and watches folders, until it is ended.
pub fn run() -> ExitCode {
    let (added, hidden, updated) = match Asked::by(std::env::args_os().skip(1)) {
        Asked::Window { paths, hidden, updated } => (paths, hidden, updated),
        Asked::Words(words) => return say(&words),
    };
    let options = match Options::from_env() {
        Ok(options) => Options { watch: true, ..options },
        Err(error) => return plainly(&error.to_string()),
    };
    let _log = log::begin_kept("warn", std::io::stderr().is_terminal(), &options.home);
    if updated {
        tauri::async_runtime::block_on(updates::wait_for_the_one_before(&options.home));
    }
    // Another Davit with the same records takes the paths and shows its window, and this one leaves. Nobody wants to see it
    // where nobody wants to see this one.
    let leaves = async {
        if hidden {
            return Ok(control::is_at_work(&options.home).await);
        }
        control::hand_over(&options.home, added.clone()).await
    };
    match tauri::async_runtime::block_on(leaves) {
        Ok(true) => return ExitCode::SUCCESS,
        Err(error) if error.code == ErrorCode::InstanceBusy => return plainly(&words::say("silent")),
        Err(error) => tracing::warn!(%error, "another Davit could not be asked"),
        Ok(false) => {}
    }
    let context: tauri::Context<tauri::Wry> = tauri::generate_context!();
    let shell = Shell::new(&options);
    updates::find(&shell, context.config(), &context.package_info().version);
    let waiting = !updated && updates::wait_for_a_start(&shell, &options);
    if !added.is_empty() {
        shell.add(added);
    }
    let app = commands::register(tauri::Builder::default())
        .plugin(tauri_plugin_opener::init())
        .plugin(tauri_plugin_autostart::Builder::new().app_name(commands::login::NAME).arg(HIDDEN).build())
        .plugin(tauri_plugin_updater::Builder::new().build())
        .manage(Arc::clone(&shell))
        .setup(move |app| {
            let shell = Arc::clone(&app.state::<Arc<Shell>>());
            // Whoever brings paths does not wait for it, and they are not handed on.
            if waiting && shell.inbox.is_empty() && updates::put_first(app.handle(), &shell, hidden) {
                app.handle().exit(0);
                return Ok(());
            }
            shell.keeps_at_work(hidden);
            signals::follow(app.handle());
            window::open(app, hidden)?;
            // A keychain that asks, or a system that does not answer, keeps nobody from seeing the window.
            tauri::async_runtime::spawn(begin(app.handle().clone(), Arc::clone(&shell), options, hidden));
            #[cfg(target_os = "macos")]
            menu::open(app, &shell)?;
            commands::login::follow(app.handle(), &shell);
            updates::begin(app.handle(), &shell);
            Ok(())
        })
        .build(context);
    match app {
        Ok(app) => {
            app.run(move |app, event| {
                #[cfg(target_os = "macos")]
                match &event {
                    // Its icon in the Dock was clicked.
                    tauri::RunEvent::Reopen { .. } => shell.call(),
                    // Files were dropped there, or opened with it.
                    tauri::RunEvent::Opened { urls } => {
                        shell.call();
                        shell.add(urls.iter().filter_map(|url| url.to_file_path().ok()).collect());
                    }
                    _ => {}
                }
                if let tauri::RunEvent::Exit = event {
                    tauri::async_runtime::block_on(shell.close());
                    updates::finish(app, &shell);
                }
            });
            ExitCode::SUCCESS
        }
        Err(error) => plainly(&error.to_string()),
    }
}

/// Opens the records, and the tray, which has its pictures in their home.
async fn begin(app: AppHandle, shell: Arc<Shell>, options: Options, hidden: bool) {
    shell.open(options).await;
    if hidden && shell.uploader().is_err() {
        // It is told to somebody.
        shell.keeps_at_work(false);
        shell.call();
    }
    let handle = app.clone();
    if let Err(error) = app.run_on_main_thread(move || tray::open(&handle, &shell)) {
        tracing::warn!(%error, "there is no tray");
    }
}

fn say(words: &str) -> ExitCode {
    let _ = write!(std::io::stdout(), "{words}");
    ExitCode::SUCCESS
}

/// What a person sees when there can be no window: a message instead of a crash.
fn plainly(why: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "davit-app: {why}");
    rfd::MessageDialog::new()
        .set_title("Davit")
        .set_description(format!("{}\n\n{why}", words::say("noWindow")))
        .set_level(rfd::MessageLevel::Error)
        .show();
    ExitCode::FAILURE
}
