//! How fast uploads may be.

use std::sync::Arc;

use davit_core::bandwidth::Limits;
use davit_core::units::ByteRate;
use tauri::State;

use crate::shell::Shell;
use crate::views::Problem;

type Answer<T> = Result<T, Problem>;

/// The limits on record.
#[tauri::command]
pub async fn limits(shell: State<'_, Arc<Shell>>) -> Answer<Limits> {
    Ok(shell.uploader()?.limits())
}

/// Keeps other limits; what was chosen past the former is over.
#[tauri::command]
pub async fn set_limits(shell: State<'_, Arc<Shell>>, limits: Limits) -> Answer<()> {
    Ok(shell.uploader()?.set_limits(limits).await?)
}

/// How many pieces are sent at a time, from the next start; none for as many as turn out best.
#[tauri::command]
pub async fn concurrency(shell: State<'_, Arc<Shell>>) -> Answer<Option<u16>> {
    Ok(shell.uploader()?.concurrency())
}

/// Keeps another number of them.
#[tauri::command]
pub async fn set_concurrency(shell: State<'_, Arc<Shell>>, pieces: Option<u16>) -> Answer<()> {
    Ok(shell.uploader()?.set_concurrency(pieces)?)
}

/// Another limit, or none, until the schedule changes next; for good where there is no schedule.
#[tauri::command]
pub async fn choose_limit(shell: State<'_, Arc<Shell>>, rate: Option<ByteRate>) -> Answer<()> {
    shell.uploader()?.choose_limit(rate).await?;
    Ok(())
}

/// What was chosen is over.
#[tauri::command]
pub async fn follow_schedule(shell: State<'_, Arc<Shell>>) -> Answer<()> {
    shell.uploader()?.follow_schedule().await?;
    Ok(())
}
