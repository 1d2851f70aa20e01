//! The thin desktop shell: a window around `davit-core`. It can be deleted, and the uploads still run.
//!
//! - [`commands`]: what the page may ask, one line to the core each.
//! - [`inbox`]: paths that came by drop, dialog, paste or a second start. The page sees an id, never a path.
//! - [`views`]: what crosses to the page, and its TypeScript.
//! - `window`: the window and what is dragged over it.
//! - `signals`: ends that come without the window.

pub mod commands;
pub mod inbox;
pub mod shell;
mod signals;
pub mod views;
mod window;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use davit_core::uploader::{Options, control};

use shell::Shell;

/// Runs the app until its window is closed.
pub fn run() -> ExitCode {
    let log = tracing_subscriber::EnvFilter::try_from_env("DAVIT_LOG").unwrap_or_else(|_| "warn".into());
    let caps = davit_core::log::CAPS.iter().filter_map(|cap| cap.parse().ok());
    let log = caps.fold(log, tracing_subscriber::EnvFilter::add_directive);
    // Standard error may be closed, or a pipe that nobody reads; a window must not wait for it.
    // A line that finds no room is lost; to complain of it where there is none would stop whatever wrote it.
    let (lines, _guard) = tracing_appender::non_blocking(std::io::stderr());
    tracing_subscriber::fmt().with_env_filter(log).with_writer(lines).log_internal_errors(false).init();

    let added = added(std::env::args_os().skip(1));
    let options = match Options::from_env() {
        Ok(options) => options,
        Err(error) => return plainly(&error.to_string()),
    };
    // Another Davit with the same records takes the paths, and this one leaves.
    let handed = tauri::async_runtime::block_on(control::hand_over(&options.home, added.clone()));
    if matches!(handed, Ok(true)) {
        return ExitCode::SUCCESS;
    }
    let shell = tauri::async_runtime::block_on(Shell::open(options));
    if !added.is_empty() {
        shell.add(added);
    }
    let app = commands::register(tauri::Builder::default())
        .plugin(tauri_plugin_opener::init())
        .manage(Arc::clone(&shell))
        .setup(|app| {
            signals::follow(app.handle());
            Ok(window::open(app)?)
        })
        .build(tauri::generate_context!());
    match app {
        Ok(app) => {
            app.run(move |_, event| {
                if let tauri::RunEvent::Exit = event {
                    tauri::async_runtime::block_on(shell.close());
                }
            });
            ExitCode::SUCCESS
        }
        Err(error) => plainly(&error.to_string()),
    }
}

/// `--add PATH...`, or paths as "Open with" gives them.
fn added(args: impl Iterator<Item = std::ffi::OsString>) -> Vec<PathBuf> {
    args.filter(|arg| arg != "--add").map(PathBuf::from).collect()
}

/// What a person sees when there can be no window: a message instead of a crash.
fn plainly(why: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "davit-app: {why}");
    rfd::MessageDialog::new()
        .set_title("Davit")
        .set_description(format!("Davit cannot open its window.\n\n{why}"))
        .set_level(rfd::MessageLevel::Error)
        .show();
    ExitCode::FAILURE
}
