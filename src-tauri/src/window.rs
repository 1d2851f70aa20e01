//! The window. It shows the app's own page and never anything else.

use std::sync::Arc;

use tauri::webview::NewWindowResponse;
use tauri::{App, Manager as _, Url, WebviewUrl, WebviewWindowBuilder};

use crate::drag;
use crate::shell::Shell;

pub(crate) fn open(app: &mut App) -> tauri::Result<()> {
    let shell = Arc::clone(&app.state::<Arc<Shell>>());
    let window = WebviewWindowBuilder::new(app, "main", WebviewUrl::default())
        .title("Davit")
        .inner_size(1080.0, 720.0)
        .min_inner_size(640.0, 440.0)
        .on_navigation(is_ours)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .build()?;
    drag::follow(&window, shell);
    Ok(())
}

/// Whether an address is the page's own; as systems spell it.
fn is_ours(url: &Url) -> bool {
    match url.scheme() {
        "tauri" => url.host_str() == Some("localhost"),
        "http" => cfg!(windows) && url.host_str() == Some("tauri.localhost") && url.port().is_none(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_apps_own_page_is_ours() {
        let ours = |url: &str| is_ours(&Url::parse(url).expect(url));
        assert!(ours("tauri://localhost/index.html"));
        assert_eq!(ours("http://tauri.localhost/"), cfg!(windows));
        for other in [
            "http://tauri.localhost:81/",
            "http://127.0.0.1/",
            "https://tauri.localhost.example.com/",
            "tauri://example.com/",
            "file:///etc/passwd",
            "data:text/html,x",
            "about:blank",
        ] {
            assert!(!ours(other), "{other}");
        }
    }
}
