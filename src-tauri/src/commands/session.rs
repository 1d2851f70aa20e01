//! Who is signed in, and where.

use std::sync::Arc;

use davit_core::session::{By, Pages};
use davit_core::uploader::Door;
use davit_core::watch::Spec;
use secrecy::SecretString;
use tauri::State;
use tauri::ipc::Channel;

use crate::shell::Shell;
use crate::views::{Formats, Hello, Problem, SessionView, ShellEvent, Wishes};
use crate::words;

type Answer<T> = Result<T, Problem>;

/// What the page needs to draw itself first. Everything else of the records is asked for later.
#[tauri::command]
pub async fn hello(shell: State<'_, Arc<Shell>>) -> Answer<Hello> {
    shell.is_opened().await;
    Ok(Hello {
        version: shell.updates.view().version,
        platform: std::env::consts::OS.to_owned(),
        session: shell.session(),
        usual: Wishes::from(&Spec::default()),
        formats: Formats { numbers: words::Written::here().numbers(), times: words::Written::here().times() },
    })
}

/// Connects to the company at a typed address.
#[tauri::command]
pub async fn connect(shell: State<'_, Arc<Shell>>, address: String) -> Answer<SessionView> {
    Ok(shell.uploader()?.connect(&address).await?.into())
}

/// Signs in with a pasted token.
#[tauri::command]
pub async fn sign_in(shell: State<'_, Arc<Shell>>, token: String) -> Answer<SessionView> {
    Ok(shell.uploader()?.sign_in(SecretString::from(token.trim())).await?.into())
}

/// Signs in with the company in the person's browser, with another account than the one that is signed in there where they want
/// one. The page that opens is the company's issuer's; nobody here names it.
#[tauri::command]
pub async fn sign_in_by_browser(shell: State<'_, Arc<Shell>>, another: bool) -> Answer<SessionView> {
    let by = if another { By::BrowserAndAnotherAccount } else { By::Browser };
    let pages = Pages { back: words::say("browser.back"), other: words::say("browser.other") };
    Ok(shell.uploader()?.sign_in_by(by, pages, opens).await?.status.into())
}

/// Whether the person's browser opens there. The address is of this one sign-in: no log has it.
fn opens(door: &Door) -> bool {
    let opened = tauri_plugin_opener::open_url(&door.page, None::<&str>).is_ok();
    if !opened {
        tracing::warn!("no browser can be opened");
    }
    opened
}

/// Waits for the browser no more.
#[tauri::command]
pub async fn leave_sign_in(shell: State<'_, Arc<Shell>>) -> Answer<()> {
    shell.uploader()?.leave_sign_in();
    Ok(())
}

/// Forgets the sign-in.
#[tauri::command]
pub async fn sign_out(shell: State<'_, Arc<Shell>>) -> Answer<SessionView> {
    Ok(shell.uploader()?.sign_out().await?.into())
}

/// Forgets the company and everything that was given for it here. Answers how many unfinished uploads its storage may hold still.
#[tauri::command]
pub async fn forget_company(shell: State<'_, Arc<Shell>>) -> Answer<u32> {
    // What a check found of it would come back.
    shell.checks.notify_waiters();
    Ok(shell.uploader()?.forget_company().await?.left)
}

/// What a person answers who was asked whether Davit is to end.
#[tauri::command]
pub async fn answer_quit(shell: State<'_, Arc<Shell>>, quit: bool) -> Answer<()> {
    shell.answers(quit);
    Ok(())
}

/// A person quits in the window: what would stop is asked about, as by the tray.
#[tauri::command]
pub async fn quit(shell: State<'_, Arc<Shell>>) -> Answer<()> {
    shell.wants_to_quit();
    Ok(())
}

/// The page listens for what happens to window and session.
#[tauri::command]
pub async fn subscribe_shell(shell: State<'_, Arc<Shell>>, channel: Channel<ShellEvent>) -> Answer<()> {
    shell.listen(channel);
    Ok(())
}
