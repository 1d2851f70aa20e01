//! Paths in: by dialog or clipboard, and on to the engine.

use std::path::PathBuf;
use std::sync::Arc;

use davit_core::engine::EnqueueOptions;
use davit_core::error::{Error, ErrorCode};
use davit_core::ids::DestinationId;
use rfd::{AsyncFileDialog, FileHandle};
use tauri::State;

use crate::inbox::{InboxId, InboxView};
use crate::shell::Shell;
use crate::views::{Problem, TicketView};
use crate::words;

type Answer<T> = Result<T, Problem>;

/// The system's dialog for files. Nothing when one is open already.
#[tauri::command]
pub async fn pick_files(shell: State<'_, Arc<Shell>>) -> Answer<Option<InboxView>> {
    let Some(_one) = shell.dialog() else { return Ok(None) };
    let picked = AsyncFileDialog::new().set_title(words::say("pick.files")).pick_files().await;
    Ok(shell.hold(paths(picked)).await)
}

/// The system's dialog for folders. Nothing when one is open already.
#[tauri::command]
pub async fn pick_folder(shell: State<'_, Arc<Shell>>) -> Answer<Option<InboxView>> {
    let Some(_one) = shell.dialog() else { return Ok(None) };
    let picked = AsyncFileDialog::new().set_title(words::say("pick.folder")).pick_folders().await;
    Ok(shell.hold(paths(picked)).await)
}

/// Files that were copied in the system's file manager.
#[tauri::command]
pub async fn paste(shell: State<'_, Arc<Shell>>) -> Answer<Option<InboxView>> {
    let files = shell.clipboard.files().await?;
    Ok(shell.hold(files).await)
}

/// Forgets gestures.
#[tauri::command]
pub async fn discard(shell: State<'_, Arc<Shell>>, inboxes: Vec<InboxId>) -> Answer<()> {
    for inbox in inboxes {
        shell.inbox.take(&[inbox]);
    }
    Ok(())
}

/// Uploads what some gestures gave, all of it as one. What the engine does not take is held on.
#[tauri::command]
pub async fn enqueue(
    shell: State<'_, Arc<Shell>>,
    inboxes: Vec<InboxId>,
    destination: DestinationId,
) -> Answer<TicketView> {
    let gone = || Error::new(ErrorCode::BadInput).detail("this was added already, or forgotten");
    let engine = shell.engine()?;
    let gestures = shell.inbox.take(&inboxes).ok_or_else(gone)?;
    let paths = gestures.iter().flat_map(|(_, paths)| paths).cloned().collect();
    let options = EnqueueOptions { collision: shell.preferences().same_name, ..EnqueueOptions::default() };
    let ticket = match engine.enqueue(paths, destination, options).await {
        Ok(ticket) => ticket,
        Err(error) => {
            shell.inbox.give_back(gestures);
            return Err(error.into());
        }
    };
    let count = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
    Ok(TicketView {
        batch: ticket.batch,
        items: count(ticket.items.len()),
        refused: count(ticket.refused.len()),
        why: ticket.refused.first().map(|(_, code)| *code),
    })
}

fn paths(picked: Option<Vec<FileHandle>>) -> Vec<PathBuf> {
    picked.unwrap_or_default().into_iter().map(|file| file.path().to_owned()).collect()
}
