//! `davit sign-in`: signs in with the company, in the browser of this computer or with a code. What comes of it is in the keychain,
//! where the app and every later command find it.

use davit_core::error::{Error, ErrorCode, Result};
use davit_core::session::{By, Pages};
use davit_core::uploader::{Door, Options, SessionStatus, Uploader};

use crate::upload::connected;
use crate::{DONE, text, words};

pub(crate) async fn run(server: Option<String>, device: bool) -> Result<u8> {
    let options = Options::from_env()?;
    let server = server.or_else(|| options.server.clone());
    let uploader = Uploader::open(Options { server, hold: true, ..options }).await?;
    words::tell(uploader.notice());
    let outcome = sign_in(&uploader, if device { By::Code } else { By::Browser }).await;
    uploader.close().await;
    outcome
}

async fn sign_in(uploader: &Uploader, by: By) -> Result<u8> {
    match connected(uploader).await {
        Ok(_) => return said(&uploader.session()),
        Err(_) if matches!(uploader.session(), SessionStatus::NeedsBrowser { .. }) => {}
        Err(error) => return Err(error),
    }
    let pages = Pages {
        back: "You can close this page and go back to Davit.".to_owned(),
        other: "This is not the sign-in that Davit waits for. You can close this page.".to_owned(),
    };
    let signed_in = uploader.sign_in_by(by, pages, shown).await?;
    if !signed_in.lasts {
        return Err(Error::new(ErrorCode::KeychainUnavailable).detail("the sign-in ended with this command"));
    }
    said(&signed_in.status)
}

/// Answers whether a browser is open at it.
fn shown(door: &Door) -> bool {
    match &door.code {
        Some(code) => {
            // Whoever reads this may be a program that waits for it.
            let _ = text::line(&asked(&door.typed, code));
            false
        }
        None if has_a_screen() && open::that_detached(&door.page).is_ok() => {
            text::note("Your browser is open. Sign in there.");
            true
        }
        None => false,
    }
}

fn asked(page: &str, code: &str) -> String {
    format!("Open {} in a browser, and enter {} there.", text::plain(page), text::plain(code))
}

/// Where nothing can be shown, whatever opens pages opens none, and says nothing of it.
#[cfg(target_os = "linux")]
fn has_a_screen() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

#[cfg(not(target_os = "linux"))]
const fn has_a_screen() -> bool {
    true
}

fn said(status: &SessionStatus) -> Result<u8> {
    let SessionStatus::Connected { company, .. } = status else { return Err(Error::new(ErrorCode::SignInUnfinished)) };
    text::line(&format!("Signed in with {}.", text::plain(company)))?;
    Ok(DONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuers_words_command_no_terminal() {
        assert_eq!(
            asked("https://id.example.com/device", "AB\u{1b}[2J"),
            "Open https://id.example.com/device in a browser, and enter AB\\u{1b}[2J there."
        );
    }
}
