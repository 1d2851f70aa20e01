//! The way out of this computer. A password comes by here once, on its way to the keychain; what goes back is that there is one.

use std::sync::Arc;

use davit_core::error::{Error, ErrorCode};
use davit_core::net::{ProxyChoice, ProxyLogin, SIGN_IN_PAGE};
use davit_core::uploader::Network;
use secrecy::SecretString;
use tauri::State;

use crate::shell::Shell;
use crate::views::{Problem, ProxyWish};

type Answer<T> = Result<T, Problem>;

/// The way out as it is now.
#[tauri::command]
pub async fn network(shell: State<'_, Arc<Shell>>) -> Answer<Network> {
    Ok(shell.uploader()?.network())
}

/// Takes another proxy, or none, from now on.
#[tauri::command]
pub async fn set_proxy(shell: State<'_, Arc<Shell>>, proxy: ProxyWish) -> Answer<Network> {
    let choice = match proxy {
        ProxyWish::Automatic => ProxyChoice::Automatic,
        ProxyWish::None => ProxyChoice::None,
        ProxyWish::Fixed { address } => ProxyChoice::typed(&address)?,
    };
    Ok(shell.uploader()?.set_proxy(choice).await?)
}

/// Keeps a name and password for the proxy that the person was shown. The page can name one that is taken by now, and no other.
#[tauri::command]
pub async fn set_proxy_login(
    shell: State<'_, Arc<Shell>>,
    proxy: String,
    user: String,
    password: String,
) -> Answer<Network> {
    let login = ProxyLogin { user, password: SecretString::from(password) };
    Ok(shell.uploader()?.set_proxy_login(&proxy, login).await?)
}

/// Forgets them, of a proxy that is taken or whose name and password are known.
#[tauri::command]
pub async fn forget_proxy_login(shell: State<'_, Arc<Shell>>, proxy: String) -> Answer<Network> {
    Ok(shell.uploader()?.forget_proxy_login(&proxy).await?)
}

/// Opens the page, in the person's browser, in whose place a network shows its own that wants a sign-in first.
#[tauri::command]
pub async fn open_sign_in_page() -> Answer<()> {
    let opened = tauri_plugin_opener::open_url(SIGN_IN_PAGE, None::<&str>);
    opened.map_err(|e| Error::new(ErrorCode::Unexpected).detail(e.to_string()).into())
}
