//! What is dragged over the window. Dropped paths stay in Rust, and nothing here waits for the drive they are on.

use std::path::PathBuf;
use std::sync::Arc;

use tauri::{DragDropEvent, PhysicalPosition, WebviewWindow, WindowEvent};
use tokio::sync::mpsc;

use crate::inbox::InboxView;
use crate::shell::Shell;
use crate::views::ShellEvent;

/// Tells the page what hovers and falls, in the order it happens.
pub(crate) fn follow(window: &WebviewWindow, shell: Arc<Shell>) {
    let (seen, mut events) = mpsc::unbounded_channel();
    let shown = window.clone();
    window.on_window_event(move |event| {
        let WindowEvent::DragDrop(event) = event else { return };
        if matches!(event, DragDropEvent::Drop { paths, .. } if !paths.is_empty()) {
            let _ = shown.set_focus();
        }
        let _ = seen.send((event.clone(), shown.scale_factor().unwrap_or(1.0)));
    });
    tauri::async_runtime::spawn(async move {
        let mut drag = Drag { shell, hovering: None };
        while let Some((event, scale)) = events.recv().await {
            drag.see(event, scale).await;
        }
    });
}

/// Where that is in the page's own pixels, which are as large as it is drawn. Tauri calls every position physical, and hands on what
/// the web view told: `WebView2` tells the screen's pixels, `WKWebView` and `WebKitGTK` those of the desktop, however fine the screen.
/// Source: wry, `src/{webview2,wkwebview,webkitgtk}/drag_drop.rs`.
fn on_page(system: &str, at: PhysicalPosition<f64>, scale: f64, zoom: f64) -> (f64, f64) {
    let drawn = if system == "windows" { scale * zoom } else { zoom };
    (at.x / drawn, at.y / drawn)
}

struct Drag {
    shell: Arc<Shell>,
    hovering: Option<(Vec<PathBuf>, InboxView)>,
}

impl Drag {
    async fn see(&mut self, event: DragDropEvent, scale: f64) {
        let zoom = self.shell.zoom();
        let at = |position| on_page(std::env::consts::OS, position, scale, zoom);
        match event {
            DragDropEvent::Enter { paths, position } => {
                let (x, y) = at(position);
                self.forget();
                let Some(inbox) = self.shell.hold(paths.clone()).await else { return };
                self.hovering = Some((paths, inbox.clone()));
                self.shell.tell(ShellEvent::Hover { inbox, x, y });
            }
            DragDropEvent::Over { position } => {
                let (x, y) = at(position);
                self.shell.tell(ShellEvent::HoverMoved { x, y });
            }
            DragDropEvent::Drop { paths, position } => {
                let (x, y) = at(position);
                let dropped = self.dropped(paths).await;
                let told = dropped.map_or(ShellEvent::HoverLeft, |inbox| ShellEvent::Dropped { inbox, x, y });
                self.shell.tell(told);
            }
            DragDropEvent::Leave => {
                self.forget();
                self.shell.tell(ShellEvent::HoverLeft);
            }
            _ => {}
        }
    }

    /// What hovered is what was dropped, and was looked at already; but the system has the last word.
    async fn dropped(&mut self, paths: Vec<PathBuf>) -> Option<InboxView> {
        if let Some((hovered, inbox)) = self.hovering.take() {
            if hovered == paths && self.shell.inbox.holds(inbox.id) {
                return Some(inbox);
            }
            self.shell.inbox.take(&[inbox.id]);
        }
        self.shell.hold(paths).await
    }

    fn forget(&mut self) {
        if let Some((_, inbox)) = self.hovering.take() {
            self.shell.inbox.take(&[inbox.id]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// At twice as many pixels as usual, and drawn half as large again.
    fn on(system: &str) -> (f64, f64) {
        on_page(system, PhysicalPosition::new(600.0, 300.0), 2.0, 1.5)
    }

    #[test]
    fn windows_tells_the_screens_pixels_and_the_page_has_its_own() {
        assert_eq!(on("windows"), (200.0, 100.0));
    }

    #[test]
    fn macos_tells_points_however_fine_its_screen_is() {
        assert_eq!(on("macos"), (400.0, 200.0));
    }

    #[test]
    fn linux_tells_the_desktops_pixels_however_fine_its_screen_is() {
        assert_eq!(on("linux"), (400.0, 200.0));
    }
}
