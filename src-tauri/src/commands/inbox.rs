//! Paths in: by dialog or clipboard, and on to the engine.

use std::path::PathBuf;
use std::sync::Arc;

use davit_core::engine::EnqueueOptions;
use davit_core::error::{Error, ErrorCode};
use davit_core::ids::DestinationId;
use tauri::State;

use crate::inbox::{InboxId, InboxView};
use crate::shell::Shell;
use crate::views::{Problem, TicketView};

type Answer<T> = Result<T, Problem>;

/// The system's dialog for files.
#[tauri::command]
pub async fn pick_files(shell: State<'_, Arc<Shell>>) -> Answer<Option<InboxView>> {
    let picked = rfd::AsyncFileDialog::new().set_title("Choose files").pick_files().await;
    let paths = picked.unwrap_or_default().into_iter().map(|file| file.path().to_owned()).collect();
    Ok(shell.inbox.hold(paths))
}

/// The system's dialog for folders.
#[tauri::command]
pub async fn pick_folder(shell: State<'_, Arc<Shell>>) -> Answer<Option<InboxView>> {
    let picked = rfd::AsyncFileDialog::new().set_title("Choose a folder").pick_folders().await;
    let paths = picked.unwrap_or_default().into_iter().map(|folder| folder.path().to_owned()).collect();
    Ok(shell.inbox.hold(paths))
}

/// Files that were copied in the system's file manager.
#[tauri::command]
pub async fn paste(shell: State<'_, Arc<Shell>>) -> Answer<Option<InboxView>> {
    let copied = tauri::async_runtime::spawn_blocking(|| -> Vec<PathBuf> {
        let clipboard = arboard::Clipboard::new();
        clipboard.and_then(|mut clipboard| clipboard.get().file_list()).unwrap_or_default()
    });
    Ok(shell.inbox.hold(copied.await.unwrap_or_default()))
}

/// Forgets a gesture.
#[tauri::command]
pub async fn discard(shell: State<'_, Arc<Shell>>, inbox: InboxId) -> Answer<()> {
    shell.inbox.take(inbox);
    Ok(())
}

/// Uploads what was held.
#[tauri::command]
pub async fn enqueue(shell: State<'_, Arc<Shell>>, inbox: InboxId, destination: DestinationId) -> Answer<TicketView> {
    let gone = || Error::new(ErrorCode::BadInput).detail("this was added already, or forgotten");
    let engine = shell.engine()?;
    let paths = shell.inbox.take(inbox).ok_or_else(gone)?;
    let ticket = engine.enqueue(paths, destination, EnqueueOptions::default()).await?;
    let count = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
    Ok(TicketView {
        batch: ticket.batch,
        items: count(ticket.items.len()),
        refused: count(ticket.refused.len()),
        why: ticket.refused.first().map(|(_, code)| *code),
    })
}
