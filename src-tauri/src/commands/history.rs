//! What ended. The page names an entry by its row's number, and a slice by the number of the search that it is of.

use std::sync::Arc;

use davit_core::engine::feed::Details;
use davit_core::history::{History, Query};
use davit_core::ids::ItemId;
use tauri::State;

use crate::shell::Shell;
use crate::views::{EntryView, HistoryView, Problem, SavedView};
use crate::words;

type Answer<T> = Result<T, Problem>;

/// What matches, as far as the page has to know before it asks for a slice.
#[tauri::command]
pub async fn search_history(shell: State<'_, Arc<Shell>>, query: Query) -> Answer<HistoryView> {
    let uploader = shell.uploader()?;
    let (search, found) = uploader.search_history(query).await?;
    let destinations = uploader.history(History::destinations).await?;
    Ok(HistoryView::of(search, found, destinations))
}

/// Entries that a search found. None once something else was searched for.
#[tauri::command]
pub async fn history_rows(
    shell: State<'_, Arc<Shell>>,
    search: u32,
    first: u32,
    count: u32,
) -> Answer<Vec<Option<EntryView>>> {
    let rows = shell.uploader()?.history(move |history| history.rows(search, first, count)).await?;
    Ok(rows.into_iter().map(|row| row.map(Into::into)).collect())
}

/// All there is to say about an entry. Nothing once its row moves again.
#[tauri::command]
pub async fn history_details(shell: State<'_, Arc<Shell>>, item: ItemId) -> Answer<Option<Details>> {
    Ok(shell.uploader()?.history_details(item).await?)
}

/// Saves all that matches as a table, in a file that the person chooses in the system's dialog.
#[tauri::command]
pub async fn save_history(shell: State<'_, Arc<Shell>>, query: Query) -> Answer<SavedView> {
    let uploader = shell.uploader()?;
    let Some(_one) = shell.dialog() else { return Ok(SavedView::Left) };
    let dialog = rfd::AsyncFileDialog::new().set_title(words::say("pick.history")).set_file_name("history.csv");
    let Some(file) = dialog.add_filter(words::say("pick.table"), &["csv"]).save_file().await else {
        return Ok(SavedView::Left);
    };
    let path = file.path().to_owned();
    uploader.history(move |history| history.save(&query, &path)).await?;
    Ok(SavedView::Saved)
}

/// Uploads what an entry is of once more.
#[tauri::command]
pub async fn upload_again(shell: State<'_, Arc<Shell>>, item: ItemId) -> Answer<()> {
    Ok(shell.uploader()?.upload_again(item).await?)
}
