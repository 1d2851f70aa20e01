//! Ends that do not come by the window: a service manager, a terminal, a system that shuts down.
//!
//! They end the app as closing its window does. The end of a session on Windows (`WM_ENDSESSION`) and "Quit" and logout
//! on macOS already come as [`tauri::RunEvent::Exit`]; where a screen goes away without a word, it is as after a crash:
//! what was acknowledged is on record.
//!
//! Known problem: a shutdown of Windows is not held up with a reason (`ShutdownBlockReasonCreate`). The window's library says yes to it
//! for every window, and whoever says no needs `unsafe`. Nothing is lost by it: the next start goes on.

use tauri::AppHandle;

/// Ends the app with the first signal.
pub(crate) fn follow(app: &AppHandle) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        match asked_to_end().await {
            Ok(()) => app.exit(0),
            Err(error) => tracing::warn!(%error, "signals cannot be heard"),
        }
    });
}

#[cfg(unix)]
async fn asked_to_end() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

#[cfg(windows)]
async fn asked_to_end() -> std::io::Result<()> {
    use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close};
    let (mut interrupt, mut stop, mut close) = (ctrl_c()?, ctrl_break()?, ctrl_close()?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = stop.recv() => {}
        _ = close.recv() => {}
    }
    Ok(())
}
