//! The window, and what is dragged over it. Dropped paths stay in Rust.

use std::sync::Arc;

use tauri::{App, DragDropEvent, Manager as _, PhysicalPosition, WebviewUrl, WebviewWindowBuilder, WindowEvent};

use crate::shell::Shell;
use crate::views::ShellEvent;

pub(crate) fn open(app: &mut App) -> tauri::Result<()> {
    let shell = Arc::clone(&app.state::<Arc<Shell>>());
    let window = WebviewWindowBuilder::new(app, "main", WebviewUrl::default())
        .title("Davit")
        .inner_size(1080.0, 720.0)
        .min_inner_size(640.0, 440.0)
        .build()?;
    let scale = window.clone();
    let shown = window.clone();
    let hovering = std::sync::Mutex::new(None);
    window.on_window_event(move |event| {
        let at = |position: PhysicalPosition<f64>| {
            let position = position.to_logical::<f64>(scale.scale_factor().unwrap_or(1.0));
            (position.x, position.y)
        };
        let WindowEvent::DragDrop(event) = event else { return };
        let mut hovering = hovering.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match event {
            DragDropEvent::Enter { paths, position } => {
                let (x, y) = at(*position);
                if let Some(inbox) = shell.inbox.hold(paths.clone()) {
                    *hovering = Some(inbox.id);
                    shell.tell(ShellEvent::Hover { inbox, x, y });
                }
            }
            DragDropEvent::Over { position } => {
                let (x, y) = at(*position);
                shell.tell(ShellEvent::HoverMoved { x, y });
            }
            DragDropEvent::Drop { paths, position } => {
                let (x, y) = at(*position);
                // What hovered is what was dropped, but the system has the last word.
                hovering.take().and_then(|id| shell.inbox.take(id));
                if let Some(inbox) = shell.inbox.hold(paths.clone()) {
                    let _ = shown.set_focus();
                    shell.tell(ShellEvent::Dropped { inbox, x, y });
                }
            }
            DragDropEvent::Leave => {
                hovering.take().and_then(|id| shell.inbox.take(id));
                shell.tell(ShellEvent::HoverLeft);
            }
            _ => {}
        }
    });
    Ok(())
}
