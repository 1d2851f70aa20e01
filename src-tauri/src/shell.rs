//! What the commands share: the uploader, the inbox, and the one channel of shell events.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use davit_core::engine::feed::View;
use davit_core::engine::{Engine, ViewSetter};
use davit_core::error::{Error, ErrorCode, Result};
use davit_core::settings::Preferences;
use davit_core::uploader::{Options, SessionStatus, Uploader};
use davit_core::watch::Watches;
use tauri::async_runtime::JoinHandle;
use tauri::ipc::Channel;
use tokio::sync::{Notify, watch};

use crate::clipboard::Clipboard;
use crate::inbox::{Inbox, InboxView};
use crate::looks::Looks;
use crate::place::Memory;
use crate::standing::Standing;
use crate::updates::Updates;
use crate::views::{Problem, SessionView, ShellEvent, Wanted};
use crate::{notify, standing};

/// Closing waits this long for requests to be dropped and records to be written.
const CLOSING: Duration = Duration::from_secs(2);
/// Records for which there was no room, or no right, are asked for again this often.
const AGAIN: Duration = Duration::from_secs(5);

/// How small and how large the page may be drawn, in percent.
const ZOOM: RangeInclusive<u32> = 80..=200;

/// The shell.
pub struct Shell {
    uploader: Mutex<Option<Arc<Uploader>>>,
    /// Why there is no uploader.
    problem: Mutex<Option<Stopped>>,
    /// It is known whether there is one.
    tried: watch::Sender<bool>,
    /// Paths that a person gave.
    pub inbox: Inbox,
    /// What is copied and pasted.
    pub clipboard: Clipboard,
    /// One dialog of the system at a time.
    dialog: tokio::sync::Mutex<()>,
    events: Mutex<Listening>,
    feed: Mutex<Option<Feeding>>,
    /// Who tells the page of watched folders.
    watches: Mutex<Option<JoinHandle<()>>>,
    /// The folder that was last looked at for a preview.
    pub(crate) looks: Looks,
    /// A check of the connection is to stop.
    pub(crate) checks: Notify,
    /// Where the window stood.
    pub(crate) memory: Memory,
    /// Somebody wants to see the window.
    called: Notify,
    /// It is at work whether its window is open or not.
    at_work: AtomicBool,
    /// What tray, taskbar and closing know of the list.
    standing: watch::Sender<Standing>,
    /// Notifications that may be clicked.
    pub(crate) notices: notify::Waiting,
    /// There is an icon in the tray.
    tray: AtomicBool,
    /// The window has the focus.
    looked_at: AtomicBool,
    /// How large the page is drawn, in percent.
    zoom: AtomicU32,
    /// Somebody wants it to end.
    quit: Notify,
    /// They were asked whether it is to, and have not answered.
    pub(crate) asking: AtomicBool,
    /// It is to end now.
    pub(crate) ended: Notify,
    /// Another version of it.
    pub(crate) updates: Updates,
}

/// Why the records could not be opened.
#[derive(Clone)]
struct Stopped {
    problem: Problem,
    /// It is tried again until it can be.
    again: bool,
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
    /// A shell that has opened nothing yet: whatever keeps the records waiting, the window does not wait for it.
    pub fn new(options: &Options) -> Arc<Self> {
        Arc::new(Self {
            uploader: Mutex::default(),
            problem: Mutex::default(),
            tried: watch::Sender::new(false),
            inbox: Inbox::default(),
            clipboard: Clipboard::default(),
            dialog: tokio::sync::Mutex::default(),
            events: Mutex::default(),
            feed: Mutex::default(),
            watches: Mutex::default(),
            looks: Looks::default(),
            checks: Notify::new(),
            memory: Memory::of(&options.home),
            called: Notify::new(),
            at_work: AtomicBool::new(false),
            standing: watch::Sender::default(),
            notices: notify::Waiting::default(),
            tray: AtomicBool::new(false),
            looked_at: AtomicBool::new(false),
            zoom: AtomicU32::new(100),
            quit: Notify::new(),
            asking: AtomicBool::new(false),
            ended: Notify::new(),
            updates: Updates::of(options),
        })
    }

    /// Opens the uploader. One that cannot be opened leaves a shell that says why.
    pub async fn open(self: &Arc<Self>, options: Options) {
        if let Err(error) = self.try_open(options.clone()).await {
            tracing::error!(%error, "the records cannot be opened");
            let again = matches!(error.code, ErrorCode::DiskFull | ErrorCode::JournalUnwritable);
            *lock(&self.problem) = Some(Stopped { problem: error.into(), again });
            if again {
                tauri::async_runtime::spawn(Arc::clone(self).open_again(options));
            }
        }
        self.tried.send_replace(true);
    }

    /// Resolves once it is known whether there is an uploader.
    pub(crate) async fn is_opened(&self) {
        let _ = self.tried.subscribe().wait_for(|tried| *tried).await;
    }

    /// Resolves once there is one, however late that is.
    pub(crate) async fn has_records(&self) {
        let mut tried = self.tried.subscribe();
        while self.uploader().is_err() && tried.changed().await.is_ok() {}
    }

    async fn try_open(self: &Arc<Self>, options: Options) -> Result<()> {
        let uploader = Uploader::open(options).await?;
        let notice = uploader.notice();
        *lock(&self.uploader) = Some(Arc::new(uploader));
        *lock(&self.problem) = None;
        if let Some(notice) = notice {
            self.tell(ShellEvent::Records { notice });
        }
        self.follow();
        // What is preferred is known by now.
        self.look_again();
        Ok(())
    }

    /// Somebody makes room, or mends a right.
    async fn open_again(self: Arc<Self>, options: Options) {
        loop {
            tokio::time::sleep(AGAIN).await;
            match self.try_open(options.clone()).await {
                Ok(()) => {
                    self.tried.send_replace(true);
                    return self.tell(ShellEvent::Opened { session: self.session() });
                }
                Err(error) => tracing::debug!(%error, "the records cannot be opened yet"),
            }
        }
    }

    /// The uploader.
    ///
    /// # Errors
    /// Why there is none.
    pub fn uploader(&self) -> Result<Arc<Uploader>> {
        let missing = || match &*lock(&self.problem) {
            Some(Stopped { problem, .. }) => Error::new(problem.code).detail(problem.detail.clone()),
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
        let missing = match self.uploader() {
            Ok(uploader) => return uploader.session().into(),
            Err(missing) => missing,
        };
        let again = lock(&self.problem).as_ref().is_some_and(|stopped| stopped.again);
        SessionView::Stopped { problem: missing.into(), again }
    }

    /// Holds paths, and looks what they are.
    pub async fn hold(&self, paths: Vec<PathBuf>) -> Option<InboxView> {
        self.inbox.view(self.inbox.hold(paths)?).await
    }

    /// The right to open a dialog of the system; nothing while one is open.
    pub(crate) fn dialog(&self) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        self.dialog.try_lock().ok()
    }

    /// Paths from the command line, of this start or a later one.
    pub fn add(self: &Arc<Self>, paths: Vec<PathBuf>) {
        let Some(id) = self.inbox.hold(paths) else { return };
        let shell = Arc::clone(self);
        tauri::async_runtime::spawn(async move {
            if let Some(inbox) = shell.inbox.view(id).await {
                shell.tell(ShellEvent::Added { inbox });
            }
        });
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

    /// Tells the page where it listens. Answers whether it does.
    pub(crate) fn tells_at_once(&self, event: ShellEvent) -> bool {
        lock(&self.events).channel.as_ref().is_some_and(|channel| channel.send(event).is_ok())
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
    fn follow(self: &Arc<Self>) {
        let Ok(uploader) = self.uploader() else { return };
        let mut changes = uploader.session_changes();
        let mut handed = uploader.handed_over();
        let cards = uploader.watches().map(Watches::cards);
        tauri::async_runtime::spawn(standing::follow(uploader.engine().clone(), cards, Arc::clone(self)));
        tauri::async_runtime::spawn(notify::follow(uploader.engine().news(), Arc::clone(self)));
        drop(uploader);
        let shell = Arc::clone(self);
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
                    Ok(paths) = handed.recv() => {
                        shell.call();
                        shell.add(paths);
                    }
                }
            }
        });
    }

    /// Somebody wants to see the window.
    pub(crate) fn call(&self) {
        self.called.notify_one();
    }

    /// Somebody chose something that the page does: they see the window, and the page hears of it.
    pub(crate) fn wants(&self, what: Wanted) {
        self.call();
        self.tell(ShellEvent::Wanted { what });
    }

    /// Resolves once somebody wants to see the window.
    pub(crate) async fn called(&self) {
        self.called.notified().await;
    }

    /// Whether it is to stay at work without its window.
    pub(crate) fn keeps_at_work(&self, so: bool) {
        self.at_work.store(so, Ordering::Relaxed);
    }

    /// Whether it is to stay at work without its window, as it began.
    pub(crate) fn is_at_work(&self) -> bool {
        self.at_work.load(Ordering::Relaxed)
    }

    /// Whether there are folders to watch.
    pub(crate) fn watches_folders(&self) -> bool {
        let watches = |uploader: &Uploader| uploader.watches().is_some_and(|all| !all.cards().borrow().is_empty());
        self.uploader().is_ok_and(|uploader| watches(&uploader))
    }

    /// What a person prefers; what most people do, where the records are not open.
    pub(crate) fn preferences(&self) -> Preferences {
        self.uploader().map(|uploader| uploader.preferences()).unwrap_or_default()
    }

    /// How things stand.
    pub(crate) fn standing(&self) -> Standing {
        self.standing.borrow().clone()
    }

    /// The same, as it changes.
    pub(crate) fn standing_changes(&self) -> watch::Receiver<Standing> {
        self.standing.subscribe()
    }

    /// Things stand so now.
    pub(crate) fn stands(&self, now: &Standing) {
        self.standing.send_if_modified(|known| {
            let changes = known != now;
            if changes {
                known.clone_from(now);
            }
            changes
        });
    }

    /// Something else may be shown of how things stand.
    pub(crate) fn look_again(&self) {
        self.standing.send_modify(|_| {});
    }

    /// There is an icon in the tray.
    pub(crate) fn has_a_tray(&self) {
        self.tray.store(true, Ordering::Relaxed);
    }

    /// Whether there is.
    pub(crate) fn tray(&self) -> bool {
        self.tray.load(Ordering::Relaxed)
    }

    /// The window has the focus, or has it no more.
    pub(crate) fn has_focus(&self, so: bool) {
        self.looked_at.store(so, Ordering::Relaxed);
    }

    /// Whether a person looks at the window.
    pub(crate) fn is_looked_at(&self) -> bool {
        self.looked_at.load(Ordering::Relaxed)
    }

    /// The page is drawn so large from now on, in percent, or as near to that as it may be.
    pub(crate) fn zooms_to(&self, percent: u32) {
        self.zoom.store(percent.clamp(*ZOOM.start(), *ZOOM.end()), Ordering::Relaxed);
    }

    /// How large the page is drawn, where 1 is as usual.
    pub(crate) fn zoom(&self) -> f64 {
        f64::from(self.zoom.load(Ordering::Relaxed)) / 100.0
    }

    /// Somebody wants it to end.
    pub(crate) fn wants_to_quit(&self) {
        self.quit.notify_one();
    }

    /// Resolves once somebody does.
    pub(crate) async fn quit_wanted(&self) {
        self.quit.notified().await;
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

    /// Another tells the page of watched folders from now on.
    pub(crate) fn watches_told(&self, task: JoinHandle<()>) {
        if let Some(before) = lock(&self.watches).replace(task) {
            before.abort();
        }
    }

    /// Rests everything. What was acknowledged is on record; the next start goes on.
    pub async fn close(&self) {
        self.memory.save();
        self.clipboard.close();
        let uploader = lock(&self.uploader).take();
        if let Some(uploader) = uploader {
            let _ = tokio::time::timeout(CLOSING, uploader.rest()).await;
        }
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
