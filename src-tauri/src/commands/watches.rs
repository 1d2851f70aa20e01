//! Watched folders. The page names one by its number, and a new one by the gesture that gave it.

use std::path::PathBuf;
use std::sync::Arc;

use davit_core::error::{Error, ErrorCode};
use davit_core::ids::{DestinationId, WatchId};
use davit_core::units::UnixTime;
use davit_core::watch::preview::Preview;
use davit_core::watch::spec::Existing;
use davit_core::watch::{Spec, Watches};
use rfd::AsyncFileDialog;
use serde::Deserialize;
use tauri::State;
use tauri::ipc::Channel;
use tokio::time::Duration;
use ts_rs::TS;

use crate::inbox::{InboxId, InboxView};
use crate::shell::Shell;
use crate::views::{Problem, WatchView, Wishes};
use crate::words;

type Answer<T> = Result<T, Problem>;

/// A folder that is watched, or may be.
#[derive(Clone, Copy, Debug, Deserialize, TS)]
#[serde(tag = "kind", content = "id", rename_all = "kebab-case")]
pub enum Root {
    /// One that a gesture gave.
    Given(InboxId),
    /// One that is watched.
    Watched(WatchId),
}

fn watches(shell: &Shell) -> Answer<Watches> {
    let none = || Error::new(ErrorCode::Unexpected).detail("nothing is watched here");
    Ok(shell.uploader()?.watches().cloned().ok_or_else(none)?)
}

/// Between two updates at least: a list is told of four times a second at most.
const BREATH: Duration = Duration::from_millis(250);

/// Every watched folder, now and whenever one changes; a new listener replaces the one before.
#[tauri::command]
pub async fn subscribe_watches(shell: State<'_, Arc<Shell>>, channel: Channel<Vec<WatchView>>) -> Answer<()> {
    let mut cards = watches(&shell)?.cards();
    let task = tauri::async_runtime::spawn(async move {
        loop {
            let now: Vec<_> = cards.borrow_and_update().iter().map(WatchView::from).collect();
            if channel.send(now).is_err() {
                return;
            }
            tokio::time::sleep(BREATH).await;
            if cards.changed().await.is_err() {
                return;
            }
        }
    });
    shell.watches_told(task);
    Ok(())
}

/// The system's dialog for one folder. Nothing when one is open already.
#[tauri::command]
pub async fn pick_watch_root(shell: State<'_, Arc<Shell>>) -> Answer<Option<InboxView>> {
    let Some(_one) = shell.dialog() else { return Ok(None) };
    let picked = AsyncFileDialog::new().set_title(words::say("pick.watched")).pick_folder().await;
    Ok(shell.hold(picked.into_iter().map(|folder| folder.path().to_owned()).collect()).await)
}

/// What would be taken of a folder as it is. Wishes that cannot be are refused before anything is looked at.
#[tauri::command]
pub async fn preview_watch(shell: State<'_, Arc<Shell>>, root: Root, wishes: Wishes) -> Answer<Preview> {
    let (path, mut spec) = found(&shell, root)?;
    wishes.put_into(&mut spec);
    spec.check()?;
    let rules = spec.rules()?;
    let home = shell.uploader()?.home().to_owned();
    let listing = shell.looks.listing(&path, &home, spec.extent()).await?;
    // Of very many files that takes long: not where uploads are driven.
    let told = tauri::async_runtime::spawn_blocking(move || listing.by(&rules, UnixTime::now())).await;
    Ok(told.map_err(|e| Error::new(ErrorCode::Unexpected).detail(e.to_string()))?)
}

/// Whether wishes can be, without a look at anything.
#[tauri::command]
pub async fn check_wishes(wishes: Wishes) -> Answer<()> {
    let mut spec = Spec::default();
    wishes.put_into(&mut spec);
    Ok(spec.check()?)
}

/// Watches a folder that a gesture gave.
#[tauri::command]
pub async fn add_watch(
    shell: State<'_, Arc<Shell>>,
    inbox: InboxId,
    destination: DestinationId,
    wishes: Wishes,
    existing: Existing,
) -> Answer<WatchId> {
    let uploader = shell.uploader()?;
    let (path, before) = found(&shell, Root::Given(inbox))?;
    let mut spec = Spec { existing, ..before };
    wishes.check(spec.after)?;
    wishes.put_into(&mut spec);
    let id = uploader.watch(&path, &destination, spec).await?;
    shell.inbox.take(&[inbox]);
    Ok(id)
}

/// Other wishes, and another destination for what comes from now on, where one is given. What is wished as it was `before` a
/// person began to change it stays as it is wanted by now.
#[tauri::command]
pub async fn change_watch(
    shell: State<'_, Arc<Shell>>,
    watch: WatchId,
    before: Wishes,
    wishes: Wishes,
    destination: Option<DestinationId>,
) -> Answer<()> {
    found(&shell, Root::Watched(watch))?;
    wishes.check(before.after)?;
    let wish = wishes.changes(before);
    Ok(shell.uploader()?.change_watch(watch, wish, destination.as_ref()).await?)
}

/// A folder that a gesture gave is the one that is watched, which lay elsewhere.
#[tauri::command]
pub async fn relocate_watch(shell: State<'_, Arc<Shell>>, watch: WatchId, inbox: InboxId) -> Answer<()> {
    let (path, _) = found(&shell, Root::Given(inbox))?;
    watches(&shell)?.relocate(watch, &path).await?;
    shell.inbox.take(&[inbox]);
    Ok(())
}

/// What of that which is there already is to be uploaded.
#[tauri::command]
pub async fn answer_watch(shell: State<'_, Arc<Shell>>, watch: WatchId, existing: Existing) -> Answer<()> {
    Ok(watches(&shell)?.answer(watch, existing).await?)
}

/// Lets one rest.
#[tauri::command]
pub async fn pause_watch(shell: State<'_, Arc<Shell>>, watch: WatchId) -> Answer<()> {
    Ok(watches(&shell)?.pause(watch).await?)
}

/// Lets one go on.
#[tauri::command]
pub async fn resume_watch(shell: State<'_, Arc<Shell>>, watch: WatchId) -> Answer<()> {
    Ok(watches(&shell)?.resume(watch).await?)
}

/// Lets all rest.
#[tauri::command]
pub async fn pause_watches(shell: State<'_, Arc<Shell>>) -> Answer<()> {
    Ok(watches(&shell)?.pause_all().await?)
}

/// Lets all that rest go on.
#[tauri::command]
pub async fn resume_watches(shell: State<'_, Arc<Shell>>) -> Answer<()> {
    Ok(watches(&shell)?.resume_all().await?)
}

/// Looks at all of one now.
#[tauri::command]
pub async fn check_watch(shell: State<'_, Arc<Shell>>, watch: WatchId) -> Answer<()> {
    // One that rests is checked once it goes on: its row says that it does.
    watches(&shell)?.check(watch).await?;
    Ok(())
}

/// Watches one no more.
#[tauri::command]
pub async fn stop_watch(shell: State<'_, Arc<Shell>>, watch: WatchId) -> Answer<()> {
    Ok(watches(&shell)?.remove(watch).await?)
}

/// Where it lies, and what is wanted of it.
fn found(shell: &Shell, root: Root) -> Answer<(PathBuf, Spec)> {
    let gone = || Error::new(ErrorCode::FileMissing).detail("this folder was chosen a while ago; choose it again");
    let found = match root {
        Root::Given(inbox) => shell.inbox.only(inbox).map(|path| (path, Spec::default())),
        Root::Watched(id) => {
            let cards = watches(shell)?.cards();
            let cards = cards.borrow();
            cards.iter().find(|card| card.id == id).map(|card| (card.path.clone(), card.spec.clone()))
        }
    };
    Ok(found.ok_or_else(gone)?)
}
