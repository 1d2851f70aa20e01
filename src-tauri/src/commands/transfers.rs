//! The list: its feed, and what a person does to rows.

use std::sync::Arc;

use davit_core::engine::feed::{Action, FileSlice, Slice, Target, Update, View};
use davit_core::engine::{self, Holds, Refound, What};
use davit_core::error::{Error, ErrorCode};
use davit_core::ids::{DestinationId, ItemId};
use tauri::State;
use tauri::ipc::Channel;

use crate::shell::Shell;
use crate::shown;
use crate::views::{CopyWhat, DoneView, FoundView, Problem, SavedView};
use crate::words;

/// A name may be long; a message has one name in it.
const MOST_WORDS: usize = 16 << 10;

type Answer<T> = Result<T, Problem>;

/// One stream of updates for the page; a new one replaces the old.
#[tauri::command]
pub async fn subscribe(shell: State<'_, Arc<Shell>>, channel: Channel<Update>, view: View) -> Answer<()> {
    let mut feed = shell.engine()?.subscribe(View { outcomes: false, ..view }).await?;
    let view = feed.view_setter();
    let task = tauri::async_runtime::spawn(async move {
        while let Some(update) = feed.next().await {
            if channel.send(update).is_err() {
                return;
            }
        }
    });
    shell.feed(view, task);
    Ok(())
}

/// The page shows another slice.
#[tauri::command]
pub async fn set_view(shell: State<'_, Arc<Shell>>, view: View) -> Answer<()> {
    shell.set_view(View { outcomes: false, ..view });
    Ok(())
}

/// Rows beside those that the page shows: of those that are named, or of all where none are.
#[tauri::command]
pub async fn rows(shell: State<'_, Arc<Shell>>, view: View, among: Vec<ItemId>) -> Answer<Slice> {
    Ok(shell.engine()?.rows(view, among).await?)
}

/// Something for some rows.
#[tauri::command]
pub async fn act(shell: State<'_, Arc<Shell>>, action: Action, targets: Vec<Target>) -> Answer<DoneView> {
    Ok(shell.engine()?.act(action, targets).await?.into())
}

/// Pauses everything.
#[tauri::command]
pub async fn pause_all(shell: State<'_, Arc<Shell>>) -> Answer<DoneView> {
    Ok(shell.engine()?.pause_all().await?.into())
}

/// Resumes everything, and ends a pause for a while.
#[tauri::command]
pub async fn resume_all(shell: State<'_, Arc<Shell>>) -> Answer<DoneView> {
    Ok(shell.uploader()?.resume_all().await?.into())
}

/// Tries everything that failed again.
#[tauri::command]
pub async fn retry_all(shell: State<'_, Arc<Shell>>) -> Answer<DoneView> {
    Ok(shell.engine()?.retry_all().await?.into())
}

/// Takes what is done from the list.
#[tauri::command]
pub async fn clear_done(shell: State<'_, Arc<Shell>>) -> Answer<DoneView> {
    Ok(shell.engine()?.clear_done().await?.into())
}

/// Puts it back, after the last time.
#[tauri::command]
pub async fn undo_clear(shell: State<'_, Arc<Shell>>) -> Answer<DoneView> {
    Ok(shell.engine()?.undo_clear().await?.into())
}

/// Files of a folder.
#[tauri::command]
pub async fn folder_files(
    shell: State<'_, Arc<Shell>>,
    item: ItemId,
    search: String,
    first: u32,
    count: u32,
) -> Answer<FileSlice> {
    Ok(shell.engine()?.folder_files(item, &search, first, count).await?)
}

/// Puts a link into the clipboard; answers whether it works already, or ever.
#[tauri::command]
pub async fn copy_link(shell: State<'_, Arc<Shell>>, target: Target) -> Answer<Holds> {
    let link = shell.engine()?.link(target).await?;
    shell.clipboard.copy(link.url).await?;
    Ok(link.holds)
}

/// Puts a text of a row into the clipboard.
#[tauri::command]
pub async fn copy_text(shell: State<'_, Arc<Shell>>, target: Target, what: CopyWhat) -> Answer<()> {
    let what = match what {
        CopyWhat::Key => What::Key,
        CopyWhat::Checksum => What::Checksum,
        CopyWhat::Etag => What::Etag,
        CopyWhat::Version => What::Version,
        CopyWhat::Reference => What::Reference,
        CopyWhat::From => What::From,
    };
    let text = shell.engine()?.text(target, what).await?;
    Ok(shell.clipboard.copy(text).await?)
}

/// Puts words that the page shows into the clipboard: a destination's name, a message for an administrator.
#[tauri::command]
pub async fn copy_words(shell: State<'_, Arc<Shell>>, words: String) -> Answer<()> {
    if words.len() > MOST_WORDS {
        return Err(Error::new(ErrorCode::BadInput).detail("too much to copy").into());
    }
    Ok(shell.clipboard.copy(words).await?)
}

/// Saves the receipt of what was added together, in a file that the person chooses in the system's dialog.
#[tauri::command]
pub async fn save_receipt(shell: State<'_, Arc<Shell>>, target: Target) -> Answer<SavedView> {
    let receipt = match shell.engine()?.receipt(target).await {
        Err(error) if error.code == ErrorCode::BadInput => return Ok(SavedView::Moving),
        receipt => receipt?,
    };
    let Some(_one) = shell.dialog() else { return Ok(SavedView::Left) };
    let dialog = rfd::AsyncFileDialog::new().set_title(words::say("pick.receipt")).set_file_name("receipt.csv");
    let chosen = dialog.add_filter(words::say("pick.table"), &["csv"]).add_filter("JSON", &["json"]).save_file().await;
    let Some(file) = chosen else { return Ok(SavedView::Left) };
    let path = file.path().to_owned();
    let written = tauri::async_runtime::spawn_blocking(move || engine::save_receipt(&receipt, &path)).await;
    written.map_err(|e| Error::new(ErrorCode::Unexpected).detail(e.to_string()))??;
    Ok(SavedView::Saved)
}

/// The system's dialog for a file that is missing. It is looked for where the person shows it, and goes on there.
#[tauri::command]
pub async fn find_file(shell: State<'_, Arc<Shell>>, target: Target) -> Answer<FoundView> {
    let engine = shell.engine()?;
    let Some(was) = engine.missing(target).await? else { return Ok(FoundView::Not) };
    let Some(_one) = shell.dialog() else { return Ok(FoundView::Left) };
    let name = was.file_name().unwrap_or_default().to_string_lossy();
    let title = words::fill("pick.find", [("name", words::name(&name).into())]);
    let picked = rfd::AsyncFileDialog::new().set_title(title).pick_file().await;
    let Some(file) = picked else { return Ok(FoundView::Left) };
    Ok(engine.shown(target, file.path().to_owned()).await?.into())
}

/// Sends rows whose destination is gone to another one.
#[tauri::command]
pub async fn send_to(
    shell: State<'_, Arc<Shell>>,
    targets: Vec<Target>,
    destination: DestinationId,
) -> Answer<DoneView> {
    Ok(shell.engine()?.send_to(targets, &destination).await?.into())
}

/// Shows the source in the system's file manager.
#[tauri::command]
pub async fn show_in_folder(shell: State<'_, Arc<Shell>>, target: Target) -> Answer<()> {
    Ok(show(&shell, target).await?)
}

pub(crate) async fn show(shell: &Shell, target: Target) -> davit_core::error::Result<()> {
    shown::show(shell.engine()?.source_path(target).await?).await
}

impl From<davit_core::engine::ActDone> for DoneView {
    fn from(done: davit_core::engine::ActDone) -> Self {
        Self { undo: done.undo, count: done.count }
    }
}

impl From<Refound> for FoundView {
    fn from(found: Refound) -> Self {
        match found {
            Refound::Same => Self::Same,
            Refound::Anew => Self::Anew,
        }
    }
}
