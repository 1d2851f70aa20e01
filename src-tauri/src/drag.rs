//! What is dragged over the window. Dropped paths stay in Rust, and nothing here waits for the drive they are on.

use std::path::PathBuf;
use std::sync::Arc;

use tauri::{DragDropEvent, PhysicalPosition, PhysicalSize, Webview, WebviewWindow, WindowEvent};
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
        let _ = seen.send((event.clone(), Page::of(&shown)));
    });
    tauri::async_runtime::spawn(async move {
        let mut drag = Drag { shell, hovering: None };
        while let Some((event, page)) = events.recv().await {
            drag.see(event, page).await;
        }
    });
}

/// The page on the screen.
#[derive(Clone, Copy)]
struct Page {
    /// In the screen's pixels.
    size: PhysicalSize<u32>,
    /// Pixels of the screen to one of the desktop.
    scale: f64,
}

impl Page {
    fn of(window: &WebviewWindow) -> Self {
        let view: &Webview = window.as_ref();
        Self { size: view.size().unwrap_or_default(), scale: window.scale_factor().unwrap_or(1.0) }
    }

    /// Where that is, as parts of its width and height: how large it is drawn, by a person's zoom or because their system's text is
    /// larger, is for the page to know. Tauri calls every position physical, and hands on what the web view told: `WebView2` tells the
    /// screen's pixels, `WKWebView` and `WebKitGTK` those of the desktop, however fine the screen. Source: wry,
    /// `src/{webview2,wkwebview,webkitgtk}/drag_drop.rs`.
    fn parts(self, system: &str, at: PhysicalPosition<f64>) -> (f64, f64) {
        let fine = if system == "windows" { 1.0 } else { self.scale };
        let part = |at: f64, whole: u32| (at * fine / f64::from(whole.max(1))).clamp(0.0, 1.0);
        (part(at.x, self.size.width), part(at.y, self.size.height))
    }
}

struct Drag {
    shell: Arc<Shell>,
    hovering: Option<(Vec<PathBuf>, InboxView)>,
}

impl Drag {
    async fn see(&mut self, event: DragDropEvent, page: Page) {
        let at = |position| page.parts(std::env::consts::OS, position);
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

    /// On a page of 1000 x 500 of the desktop's pixels, which has twice as many of the screen's.
    fn on(system: &str) -> (f64, f64) {
        let page = Page { size: PhysicalSize::new(2_000, 1_000), scale: 2.0 };
        page.parts(system, PhysicalPosition::new(500.0, 125.0))
    }

    #[test]
    fn windows_tells_the_screens_pixels() {
        assert_eq!(on("windows"), (0.25, 0.125));
    }

    #[test]
    fn macos_tells_points_however_fine_its_screen_is() {
        assert_eq!(on("macos"), (0.5, 0.25));
    }

    #[test]
    fn linux_tells_the_desktops_pixels_however_fine_its_screen_is() {
        assert_eq!(on("linux"), (0.5, 0.25));
    }

    #[test]
    fn what_is_let_go_beside_a_page_or_on_one_of_no_size_is_on_its_edge() {
        let page = Page { size: PhysicalSize::new(0, 100), scale: 1.0 };
        assert_eq!(page.parts("linux", PhysicalPosition::new(-3.0, 300.0)), (0.0, 1.0));
    }
}
