//! A file, shown in the system's file manager. Its drive may be away, and one that is answers to nobody: it is asked by a thread of
//! its own, and not waited for.
//!
//! Known problem: a drive that hangs keeps its threads, and once it has all of them no file is shown, on any drive. The way out is to
//! ask drive by drive, as core's `Mounted` does.

use std::path::{Path, PathBuf};
use std::time::Duration;

use davit_core::error::{Error, ErrorCode, Result};
use tauri_plugin_opener::reveal_item_in_dir;
use tokio::sync::Semaphore;

/// A drive that does not answer within this is away.
const LOOKING: Duration = Duration::from_secs(2);
/// A file manager may have to start first; one that takes longer is not waited for.
const SHOWING: Duration = Duration::from_secs(30);

/// Whoever presses again and again has no more threads wait for a drive.
static THREADS: Semaphore = Semaphore::const_new(4);

/// Shows a file where it lies.
///
/// # Errors
/// `source-offline` where its drive does not answer, `file-missing`, `unexpected`.
pub(crate) async fn show(path: PathBuf) -> Result<()> {
    show_by(path, Path::exists, |path| reveal_item_in_dir(path).map_err(|e| e.to_string())).await
}

async fn show_by(
    path: PathBuf,
    is_there: impl FnOnce(&Path) -> bool + Send + 'static,
    reveal: impl FnOnce(&Path) -> Result<(), String> + Send + 'static,
) -> Result<()> {
    let looked = path.clone();
    let away = || Error::new(ErrorCode::SourceOffline).detail("its drive does not answer");
    if !aside(LOOKING, move || is_there(&looked)).await.ok_or_else(away)? {
        return Err(Error::new(ErrorCode::FileMissing));
    }
    let late = || Error::new(ErrorCode::Unexpected).detail("the file manager does not answer");
    let shown = aside(SHOWING, move || reveal(&path)).await.ok_or_else(late)?;
    shown.map_err(|why| Error::new(ErrorCode::Unexpected).detail(why))
}

/// What a thread of its own answers within a time.
async fn aside<T: Send + 'static>(within: Duration, ask: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let turn = THREADS.try_acquire().ok()?;
    let asking = tauri::async_runtime::spawn_blocking(move || {
        let _turn = turn;
        ask()
    });
    tokio::time::timeout(within, asking).await.ok()?.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "/mnt/lab/a.mov";

    #[tokio::test]
    async fn a_file_is_shown_where_it_is_there_and_a_drive_that_is_away_is_told_and_not_waited_for() {
        let refused = |shown: Result<()>| shown.expect_err("not shown").code;
        let reveal = |path: &Path| if path == Path::new(FILE) { Ok(()) } else { Err("another".to_owned()) };
        show_by(FILE.into(), |_| true, reveal).await.expect("shown");
        assert_eq!(refused(show_by(FILE.into(), |_| false, |_| Ok(())).await), ErrorCode::FileMissing);
        assert_eq!(refused(show_by(FILE.into(), |_| true, |_| Err("no bus".to_owned())).await), ErrorCode::Unexpected);

        let (comes_back, answers) = std::sync::mpsc::channel::<()>();
        let hangs = move |_: &Path| answers.recv().is_ok();
        assert_eq!(refused(show_by(FILE.into(), hangs, |_| Ok(())).await), ErrorCode::SourceOffline);
        drop(comes_back);
    }
}
