//! The thin desktop shell: a window around `davit-core`. It can be deleted, and the uploads still run.
//!
//! - [`clipboard`]: what is copied and pasted.
//! - [`commands`]: what the page may ask, one line to the core each.
//! - [`inbox`]: paths that came by drop, dialog, paste or a second start. The page sees an id, never a path.
//! - [`views`]: what crosses to the page, and its TypeScript.
//! - `window`, `drag`: the window and what is dragged over it.
//! - `signals`: ends that come without the window.

pub mod clipboard;
pub mod commands;
mod drag;
pub mod inbox;
pub mod shell;
mod signals;
pub mod views;
mod window;

use std::ffi::OsString;
use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use davit_core::error::ErrorCode;
use davit_core::log;
use davit_core::uploader::{Options, control};

use shell::Shell;

const HELP: &str = "\
Davit's window. It uploads very large files to your company's storage.

Usage: davit-app [--add PATH...]

      --add PATH...  Files and folders to upload; the window asks where they should go
  -h, --help         Print help
  -V, --version      Print version

For scripts and servers there is the command line: davit --help
";
const SILENT: &str = "Another Davit is already at work and does not answer. Close that one, then start Davit again.";

/// Runs the app until its window is closed.
pub fn run() -> ExitCode {
    let added = match asked(std::env::args_os().skip(1)) {
        Asked::Window(paths) => paths,
        Asked::Words(words) => return say(&words),
    };
    let _log = log::begin("warn", std::io::stderr().is_terminal());
    let options = match Options::from_env() {
        Ok(options) => Options { watch: true, ..options },
        Err(error) => return plainly(&error.to_string()),
    };
    // Another Davit with the same records takes the paths, and this one leaves.
    match tauri::async_runtime::block_on(control::hand_over(&options.home, added.clone())) {
        Ok(true) => return ExitCode::SUCCESS,
        Err(error) if error.code == ErrorCode::InstanceBusy => return plainly(SILENT),
        Err(error) => tracing::warn!(%error, "another Davit could not be asked"),
        Ok(false) => {}
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

/// What a start is for.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    /// A window, with these paths for it.
    Window(Vec<PathBuf>),
    /// Words, and no window.
    Words(String),
}

/// `--add PATH...`, or paths as "Open with" gives them. After `--` everything is a path.
fn asked(args: impl Iterator<Item = OsString>) -> Asked {
    let mut paths = Vec::new();
    let mut options = true;
    for arg in args {
        match arg.to_str() {
            Some("--add") if options => {}
            Some("--") if options => options = false,
            Some("--help" | "-h") if options => return Asked::Words(HELP.to_owned()),
            Some("--version" | "-V") if options => {
                return Asked::Words(concat!("davit-app ", env!("CARGO_PKG_VERSION"), "\n").to_owned());
            }
            _ => paths.push(PathBuf::from(arg)),
        }
    }
    Asked::Window(paths)
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
        .set_description(format!("Davit cannot open its window.\n\n{why}"))
        .set_level(rfd::MessageLevel::Error)
        .show();
    ExitCode::FAILURE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked_by(words: &[&str]) -> Asked {
        asked(words.iter().map(OsString::from))
    }

    #[test]
    fn a_start_is_for_a_window_or_for_words() {
        let window = |paths: &[&str]| Asked::Window(paths.iter().map(PathBuf::from).collect());
        assert_eq!(asked_by(&[]), window(&[]));
        assert_eq!(asked_by(&["--add", "a", "b"]), window(&["a", "b"]));
        assert_eq!(asked_by(&["--", "--help"]), window(&["--help"]));
        assert_eq!(asked_by(&["--help", "a"]), Asked::Words(HELP.to_owned()));
        assert!(matches!(asked_by(&["-V"]), Asked::Words(words) if words.starts_with("davit-app 0.")));
    }
}
