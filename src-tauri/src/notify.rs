//! The system's notifications: what became of what was added together, and what is in the way. A click shows the window and leads to
//! what was told of, where the system tells of it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use davit_core::engine::News;
use notify_rust::{Notification, NotificationHandle, NotificationResponse};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::notices::{Notice, Notices};
use crate::shell::Shell;
#[cfg(target_os = "linux")]
use crate::words;

/// Notifications that somebody may click yet: each costs a thread.
const AT_MOST: usize = 8;
/// Whoever waits for a click can be told to wait no longer. Elsewhere the system itself ends the wait, or nobody does.
const LETS_GO: bool = cfg!(target_os = "linux");

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
    let shell = Arc::clone(shell);
    // The system may take its time, and whoever is to click takes theirs.
    let shown = std::thread::Builder::new().name("davit-notice".to_owned()).spawn(move || {
        let handle = match made(&notice).show() {
            Ok(handle) => handle,
            Err(error) => return tracing::debug!(%error, "a notification was not shown"),
        };
        let Some((nth, let_go)) = shell.notices.begin() else { return };
        wait(handle, let_go, |acted: &NotificationResponse| {
            if !matches!(acted, NotificationResponse::Default | NotificationResponse::Action(_)) {
                return;
            }
            match notice.leads {
                Some(what) => shell.wants(what),
                None => shell.call(),
            }
        });
        shell.notices.end(nth);
    });
    if let Err(error) = shown {
        tracing::debug!(%error, "a notification was not shown");
    }
}

/// Waits until it is clicked or gone, or is to wait no longer.
#[cfg(target_os = "linux")]
fn wait(handle: NotificationHandle, let_go: oneshot::Receiver<()>, acted: impl FnOnce(&NotificationResponse)) {
    tauri::async_runtime::block_on(async move {
        tokio::select! {
            () = handle.wait_for_action_async(acted) => {}
            _ = let_go => {}
        }
    });
}

/// Waits until it is clicked or gone.
#[cfg(not(target_os = "linux"))]
fn wait(handle: NotificationHandle, let_go: oneshot::Receiver<()>, acted: impl FnOnce(&NotificationResponse)) {
    drop(let_go);
    if let Err(error) = handle.wait_for_response(acted) {
        tracing::debug!(%error, "nobody knows whether a notification was clicked");
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

/// Who waits for a click.
#[derive(Debug, Default)]
pub(crate) struct Waiting(Mutex<Those>);

#[derive(Debug, Default)]
struct Those {
    /// How many have begun so far.
    begun: u64,
    /// Those that have not ended, the oldest first.
    all: VecDeque<(u64, oneshot::Sender<()>)>,
}

impl Waiting {
    /// One more waits, until it ends by itself or is let go. Of too many the oldest waits no longer; where nobody can be let go, the
    /// newest does not wait.
    fn begin(&self) -> Option<(u64, oneshot::Receiver<()>)> {
        let mut those = self.lock();
        if those.all.len() == AT_MOST {
            if !LETS_GO {
                return None;
            }
            those.all.pop_front();
        }
        those.begun += 1;
        let (nth, (waits, let_go)) = (those.begun, oneshot::channel());
        those.all.push_back((nth, waits));
        Some((nth, let_go))
    }

    fn end(&self, nth: u64) {
        self.lock().all.retain(|(one, _)| *one != nth);
    }

    fn lock(&self) -> MutexGuard<'_, Those> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notification_is_in_the_name_of_what_is_installed() {
        let config: serde_json::Value = serde_json::from_str(include_str!("../tauri.conf.json")).expect("JSON");
        assert_eq!(config["identifier"], OURS);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn however_many_notifications_nobody_answers_the_newest_can_be_clicked() {
        use tokio::sync::oneshot::error::TryRecvError;

        let waiting = Waiting::default();
        let begin = || waiting.begin().expect("it waits");
        let (_, mut oldest) = begin();
        let (second, _second) = begin();
        let (_, mut third) = begin();
        let others: Vec<_> = (3..8).map(|_| begin()).collect();
        assert_eq!(oldest.try_recv(), Err(TryRecvError::Empty), "there is room for all of them");
        let (_, mut newest) = begin();
        assert_eq!(oldest.try_recv(), Err(TryRecvError::Closed), "it waits no longer");
        // What was answered makes room.
        waiting.end(second);
        let (_, mut next) = begin();
        for one in [&mut third, &mut newest, &mut next] {
            assert_eq!(one.try_recv(), Err(TryRecvError::Empty));
        }
        assert_eq!(others.len(), 5, "eight wait with those three");
    }
}
