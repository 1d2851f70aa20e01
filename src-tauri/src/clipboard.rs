//! The system's clipboard. On X11 a text lives as long as the program that copied it holds the clipboard open, so one is
//! held until the end.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use davit_core::error::{Error, ErrorCode, Result};

/// The one clipboard, opened when it is first needed.
#[derive(Clone, Default)]
pub struct Clipboard(Arc<Mutex<Option<arboard::Clipboard>>>);

impl std::fmt::Debug for Clipboard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clipboard")
    }
}

impl Clipboard {
    /// Puts a text there.
    ///
    /// # Errors
    /// `unexpected` where the system has no clipboard, or somebody else keeps it.
    pub async fn copy(&self, text: String) -> Result<()> {
        self.with(move |clipboard| clipboard.set_text(text)).await
    }

    /// Files that were copied in the system's file manager.
    ///
    /// # Errors
    /// As [`Self::copy`]. Nothing copied is no error.
    pub async fn files(&self) -> Result<Vec<PathBuf>> {
        let copied = self.with(|clipboard| match clipboard.get().file_list() {
            Err(arboard::Error::ContentNotAvailable) => Ok(Vec::new()),
            files => files,
        });
        copied.await
    }

    /// Lets go of it; a clipboard manager, where one runs, takes over what was copied.
    pub fn close(&self) {
        self.held().take();
    }

    fn held(&self) -> MutexGuard<'_, Option<arboard::Clipboard>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another program may take its time to hand over what it holds.
    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut arboard::Clipboard) -> std::result::Result<T, arboard::Error> + Send + 'static,
    ) -> Result<T> {
        let clipboard = self.clone();
        let failed = |why: String| Error::new(ErrorCode::Unexpected).detail(format!("clipboard: {why}"));
        let done = tauri::async_runtime::spawn_blocking(move || {
            let mut held = clipboard.held();
            let open = match held.take() {
                Some(open) => open,
                None => arboard::Clipboard::new()?,
            };
            work(held.insert(open))
        });
        done.await.map_err(|e| failed(e.to_string()))?.map_err(|e| failed(e.to_string()))
    }
}
