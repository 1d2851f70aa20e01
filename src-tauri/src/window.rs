//! The window. It shows the app's own page and never anything else, and stands where it stood.

use std::sync::Arc;

use tauri::webview::NewWindowResponse;
use tauri::{App, Manager as _, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder, WindowEvent};

use crate::shell::Shell;
use crate::{closing, drag, place, taskbar, theme};

/// Where the window's buttons are, so that they begin 20 from its edges: the library counts to their middle, and they are 12 high.
#[cfg(target_os = "macos")]
const BUTTONS: tauri::LogicalPosition<f64> = tauri::LogicalPosition::new(20.0, 26.0);

/// Opens it; a hidden one is drawn, and shown once somebody wants to see it.
pub(crate) fn open(app: &mut App, hidden: bool) -> tauri::Result<()> {
    let shell = Arc::clone(&app.state::<Arc<Shell>>());
    let screens: Vec<_> = app.available_monitors().unwrap_or_default().iter().map(place::screen).collect();
    let stands = shell.memory.place().on(&screens);
    let mut window = WebviewWindowBuilder::new(app, "main", WebviewUrl::default())
        .title("Davit")
        .inner_size(stands.size.0, stands.size.1)
        .min_inner_size(place::SMALLEST.0, place::SMALLEST.1)
        .maximized(stands.maximized)
        .visible(!hidden)
        .theme(theme::of(shell.preferences().theme))
        .on_navigation(is_ours)
        .on_new_window(|_, _| NewWindowResponse::Deny);
    // The page reaches up to the window's edge, and the system's buttons stand in it.
    #[cfg(target_os = "macos")]
    {
        window =
            window.title_bar_style(tauri::TitleBarStyle::Overlay).hidden_title(true).traffic_light_position(BUTTONS);
    }
    if let Some((x, y)) = stands.at {
        window = window.position(x, y);
    }
    let window = window.build()?;
    remembers(&window, Arc::clone(&shell));
    closing::follow(&window, &shell);
    taskbar::follow(&window, &shell);
    theme::follow(&window, Arc::clone(&shell));
    is_called(window.clone(), Arc::clone(&shell));
    drag::follow(&window, shell);
    Ok(())
}

/// Where a person puts it, it is at the next start.
fn remembers(window: &WebviewWindow, shell: Arc<Shell>) {
    let shown = window.clone();
    window.on_window_event(move |event| {
        if matches!(event, WindowEvent::Moved(_) | WindowEvent::Resized(_)) {
            shell.memory.look_at(&shown);
        }
    });
}

/// Shows it whenever Davit is started again.
fn is_called(window: WebviewWindow, shell: Arc<Shell>) {
    tauri::async_runtime::spawn(async move {
        loop {
            shell.called().await;
            let shown = window.show().and_then(|()| window.unminimize()).and_then(|()| window.set_focus());
            if let Err(error) = shown {
                tracing::warn!(%error, "the window cannot be shown");
            }
        }
    });
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
