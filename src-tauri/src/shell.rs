//! What the commands share: the uploader, the inbox, and the one channel of shell events.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use davit_core::engine::feed::View;
use davit_core::engine::{Engine, ViewSetter};
use davit_core::error::{Error, ErrorCode, Result};
use davit_core::uploader::{Options, SessionStatus, Uploader};
use tauri::async_runtime::JoinHandle;
use tauri::ipc::Channel;

use crate::inbox::Inbox;
use crate::views::{Problem, SessionView, ShellEvent};

/// Closing waits this long for requests to be dropped and records to be written.
const CLOSING: Duration = Duration::from_secs(2);

/// The shell.
pub struct Shell {
    uploader: Mutex<Option<std::sync::Arc<Uploader>>>,
    /// Why there is no uploader.
    problem: Option<Problem>,
    /// Paths that a person gave.
    pub inbox: Inbox,
    events: Mutex<Listening>,
    feed: Mutex<Option<Feeding>>,
}

/// What the page follows.
struct Feeding {
    view: ViewSetter,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Listening {
    channel: Option<Channel<ShellEvent>>,
    /// What happened before the page listened.
    early: Vec<ShellEvent>,
}

impl std::fmt::Debug for Shell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shell")
    }
}

impl Shell {
    /// Opens the uploader. One that cannot be opened leaves a shell that says why.
    pub async fn open(options: Options) -> Self {
        let (uploader, problem) = match Uploader::open(options).await {
            Ok(uploader) => (Some(std::sync::Arc::new(uploader)), None),
            Err(error) => {
                tracing::error!(%error, "the records cannot be opened");
                (None, Some(error.into()))
            }
        };
        let notice = uploader.as_ref().and_then(|uploader| uploader.notice());
        let early = notice.map(|notice| ShellEvent::Records { notice }).into_iter().collect();
        Self {
            uploader: Mutex::new(uploader),
            problem,
            inbox: Inbox::default(),
            events: Mutex::new(Listening { channel: None, early }),
            feed: Mutex::default(),
        }
    }

    /// The uploader.
    ///
    /// # Errors
    /// Why there is none.
    pub fn uploader(&self) -> Result<std::sync::Arc<Uploader>> {
        let missing = || match &self.problem {
            Some(problem) => Error::new(problem.code).detail(problem.detail.clone()),
            None => Error::new(ErrorCode::Unexpected).detail("closing"),
        };
        lock(&self.uploader).clone().ok_or_else(missing)
    }

    /// The engine.
    ///
    /// # Errors
    /// As [`Self::uploader`].
    pub fn engine(&self) -> Result<Engine> {
        Ok(self.uploader()?.engine().clone())
    }

    /// Who is signed in.
    pub fn session(&self) -> SessionView {
        match self.uploader() {
            Ok(uploader) => uploader.session().into(),
            Err(_) => SessionView::Welcome { address: None, problem: self.problem.clone() },
        }
    }

    /// Paths from the command line, of this start or a later one.
    pub fn add(&self, paths: Vec<PathBuf>) {
        if let Some(inbox) = self.inbox.hold(paths) {
            self.tell(ShellEvent::Added { inbox });
        }
    }

    /// Tells the page; keeps it until the page listens.
    pub fn tell(&self, event: ShellEvent) {
        let mut events = lock(&self.events);
        match &events.channel {
            Some(channel) => {
                let _ = channel.send(event);
            }
            None => events.early.push(event),
        }
    }

    /// The page listens now.
    pub fn listen(&self, channel: Channel<ShellEvent>) {
        let mut events = lock(&self.events);
        for event in std::mem::take(&mut events.early) {
            let _ = channel.send(event);
        }
        events.channel = Some(channel);
    }

    /// Follows what the uploader has to tell, as long as it lives.
    pub(crate) fn follow(self: &std::sync::Arc<Self>) {
        let Ok(uploader) = self.uploader() else { return };
        let mut changes = uploader.session_changes();
        let mut handed = uploader.handed_over();
        drop(uploader);
        let shell = std::sync::Arc::clone(self);
        tauri::async_runtime::spawn(async move {
            loop {
                tokio::select! {
                    changed = changes.changed() => {
                        if changed.is_err() {
                            return;
                        }
                        let status: SessionStatus = changes.borrow_and_update().clone();
                        shell.tell(ShellEvent::Session { session: status.into() });
                    }
                    Ok(paths) = handed.recv() => shell.add(paths),
                }
            }
        });
    }

    /// The page's view moves.
    pub fn set_view(&self, view: View) {
        if let Some(feed) = &*lock(&self.feed) {
            feed.view.set(view);
        }
    }

    /// The page follows another feed; the one before ends.
    pub(crate) fn feed(&self, view: ViewSetter, task: JoinHandle<()>) {
        if let Some(before) = lock(&self.feed).replace(Feeding { view, task }) {
            before.task.abort();
        }
    }

    /// Rests everything. What was acknowledged is on record; the next start goes on.
    pub async fn close(&self) {
        let uploader = lock(&self.uploader).take();
        if let Some(uploader) = uploader {
            let _ = tokio::time::timeout(CLOSING, uploader.rest()).await;
        }
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
