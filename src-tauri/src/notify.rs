//! The system's notifications: what became of what was added together, and what is in the way. A click shows the window and leads to
//! what was told of, where the system tells of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use davit_core::engine::News;
use notify_rust::{Notification, NotificationResponse};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::Instant;

use crate::notices::{Notice, Notices};
use crate::shell::Shell;
#[cfg(target_os = "linux")]
use crate::words;

/// Notifications that somebody may click yet. Beyond it one that is shown leads nowhere: each costs a thread.
const AT_MOST: usize = 8;

/// By which the system knows whose a notification is.
#[cfg(any(windows, target_os = "macos", test))]
const OURS: &str = "org.davit.app";

/// Tells what there is to tell as long as the engine lives.
pub(crate) async fn follow(mut news: UnboundedReceiver<News>, shell: Arc<Shell>) {
    let (mut notices, mut changes) = (Notices::default(), shell.standing_changes());
    changes.mark_changed();
    loop {
        let next = notices.next(Instant::now());
        let due = async {
            match next {
                Some(next) => tokio::time::sleep_until(next).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            one = news.recv() => match one {
                Some(one) => {
                    let notice = notices.news(one, shell.preferences(), shell.is_looked_at());
                    if let Some(notice) = notice {
                        show(&shell, notice);
                    }
                }
                None => return,
            },
            Ok(()) = changes.changed() => notices.stands(&changes.borrow_and_update(), Instant::now()),
            () = due => {
                let due = notices.due(shell.preferences(), shell.is_looked_at(), Instant::now());
                for notice in due {
                    show(&shell, notice);
                }
            }
        }
    }
}

/// Shows one. A system without notifications is no reason to complain: the window and the tray say the same.
pub(crate) fn show(shell: &Arc<Shell>, notice: Notice) {
    let (clicked, waiting) = (Arc::clone(shell), Arc::clone(&shell.notices));
    // The system may take its time, and whoever is to click takes theirs.
    let shown = std::thread::Builder::new().name("davit-notice".to_owned()).spawn(move || {
        let handle = match made(&notice).show() {
            Ok(handle) => handle,
            Err(error) => return tracing::debug!(%error, "a notification was not shown"),
        };
        if waiting.fetch_add(1, Ordering::SeqCst) < AT_MOST {
            let acted = handle.wait_for_response(|acted: &NotificationResponse| {
                if !matches!(acted, NotificationResponse::Default | NotificationResponse::Action(_)) {
                    return;
                }
                match notice.leads {
                    Some(what) => clicked.wants(what),
                    None => clicked.call(),
                }
            });
            if let Err(error) = acted {
                tracing::debug!(%error, "nobody knows whether a notification was clicked");
            }
        }
        waiting.fetch_sub(1, Ordering::SeqCst);
    });
    if let Err(error) = shown {
        tracing::debug!(%error, "a notification was not shown");
    }
}

fn made(notice: &Notice) -> Notification {
    let mut made = Notification::new();
    made.appname("Davit").summary(&notice.title);
    #[cfg(target_os = "linux")]
    {
        // Desktops read some marks of HTML there.
        let body = notice.body.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let ours = notify_rust::Hint::DesktopEntry("Davit".to_owned());
        made.body(&body).icon("davit-app").hint(ours).action("default", &words::say("open"));
    }
    #[cfg(not(target_os = "linux"))]
    made.body(&notice.body);
    #[cfg(windows)]
    made.app_id(OURS);
    // Once and for all; whoever says it again is told so. Without it they would come in the Finder's name. A program that lies in no
    // bundle is none that macOS knows.
    #[cfg(target_os = "macos")]
    let _ = notify_rust::set_application(OURS);
    made
}

/// How many are shown and may be clicked.
pub(crate) type Waiting = Arc<AtomicUsize>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notification_is_in_the_name_of_what_is_installed() {
        let config: serde_json::Value = serde_json::from_str(include_str!("../tauri.conf.json")).expect("JSON");
        assert_eq!(config["identifier"], OURS);
    }
}
