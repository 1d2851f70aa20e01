//! Whether everything is right that an upload needs, and reports for a company's IT.

use std::sync::Arc;

use davit_core::check::{Checked, Line};
use davit_core::error::{Error, ErrorCode};
use davit_core::ids::DestinationId;
use davit_core::units::UnixTime;
use tauri::State;
use tauri::ipc::Channel;

use crate::shell::Shell;
use crate::views::{Problem, SavedView};
use crate::words;

type Answer<T> = Result<T, Problem>;

/// What the last check found.
#[tauri::command]
pub async fn checked(shell: State<'_, Arc<Shell>>) -> Answer<Option<Checked>> {
    Ok(shell.uploader()?.checked())
}

/// Checks everything, and tells each line as it is found. Answers all of it; nothing where it was stopped. Another check
/// stops this one.
#[tauri::command]
pub async fn check_connection(
    shell: State<'_, Arc<Shell>>,
    destination: Option<DestinationId>,
    channel: Channel<Line>,
) -> Answer<Option<Checked>> {
    shell.checks.notify_waiters();
    let stopped = shell.checks.notified();
    tokio::pin!(stopped);
    let uploader = shell.uploader()?;
    let mut lines = uploader.check(destination);
    loop {
        tokio::select! {
            () = &mut stopped => return Ok(None),
            line = lines.recv() => match line {
                Some(line) => {
                    let _ = channel.send(line);
                }
                None => return Ok(uploader.checked()),
            },
        }
    }
}

/// Stops it. Its test file is removed all the same.
#[tauri::command]
pub async fn stop_check(shell: State<'_, Arc<Shell>>) -> Answer<()> {
    shell.checks.notify_waiters();
    Ok(())
}

/// Saves a report without secrets and without names of files, in a file that the person chooses in the system's dialog.
#[tauri::command]
pub async fn save_report(shell: State<'_, Arc<Shell>>) -> Answer<SavedView> {
    let uploader = shell.uploader()?;
    let Some(_one) = shell.dialog() else { return Ok(SavedView::Left) };
    let dialog = rfd::AsyncFileDialog::new().set_title(words::say("pick.report")).set_file_name("davit-report.zip");
    let Some(file) = dialog.add_filter("ZIP", &["zip"]).save_file().await else { return Ok(SavedView::Left) };
    uploader.save_report(file.path().to_owned(), false).await?;
    Ok(SavedView::Saved)
}

/// Until when the log has more in it.
#[tauri::command]
pub async fn detailed_log(shell: State<'_, Arc<Shell>>) -> Answer<Option<UnixTime>> {
    Ok(shell.uploader()?.detailed_log())
}

/// The log has more in it for a day, or has not any more.
#[tauri::command]
pub async fn set_detailed_log(shell: State<'_, Arc<Shell>>, on: bool) -> Answer<Option<UnixTime>> {
    Ok(shell.uploader()?.set_detailed_log(on)?)
}

/// Opens what the system has for setting its clock.
#[tauri::command]
pub async fn open_clock_settings() -> Answer<()> {
    clock_settings().map_err(|why| Error::new(ErrorCode::Unexpected).detail(why).into())
}

#[cfg(windows)]
fn clock_settings() -> Result<(), String> {
    tauri_plugin_opener::open_url("ms-settings:dateandtime", None::<&str>).map_err(|e| e.to_string())
}

#[cfg(target_os = "macos")]
fn clock_settings() -> Result<(), String> {
    let pane = "x-apple.systempreferences:com.apple.preference.datetime";
    tauri_plugin_opener::open_url(pane, None::<&str>).map_err(|e| e.to_string())
}

/// Each desktop has its own; the first that is there is taken.
#[cfg(not(any(windows, target_os = "macos")))]
fn clock_settings() -> Result<(), String> {
    const PANELS: [(&str, &[&str]); 3] =
        [("gnome-control-center", &["system", "datetime"]), ("kcmshell6", &["kcm_clock"]), ("kcmshell5", &["clock"])];
    for (program, panel) in PANELS {
        if let Ok(mut open) = std::process::Command::new(program).args(panel).spawn() {
            // It stays open for as long as the person wants.
            tauri::async_runtime::spawn_blocking(move || open.wait());
            return Ok(());
        }
    }
    Err("no settings of a known desktop".to_owned())
}
