//! All watched folders: each has a task, and this is what shells hold.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::{Mutex, mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::Duration;

use super::card::{Card, Doing};
use super::events::Events;
use super::folder::{Ask, Change, Folder, Shared};
use super::record::{Counters, State};
use super::root;
use super::showing::card_of;
use super::spec::{Existing, Spec};
use super::{stopping, strays};
use crate::credentials::Remote;
use crate::engine::Engine;
use crate::error::{Error, ErrorCode, Result};
use crate::ids::WatchId;
use crate::journal::{Journal, WatchRow, Write};
use crate::session::Destination;
use crate::units::UnixTime;

/// A folder whose company is forgotten is asked to stop, and stopped after this long.
const SOON: Duration = Duration::from_secs(5);

/// All watched folders. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Watches(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    shared: Arc<Shared>,
    runtime: Handle,
    running: Mutex<BTreeMap<WatchId, Running>>,
    /// Held by who adds one.
    adding: Mutex<()>,
    cards: watch::Sender<Arc<[Card]>>,
}

#[derive(Debug)]
struct Running {
    path: PathBuf,
    asks: mpsc::UnboundedSender<Ask>,
    card: watch::Receiver<Card>,
    tasks: [JoinHandle<()>; 2],
}

impl Drop for Running {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Watches {
    /// Watches every folder that is on record.
    ///
    /// # Errors
    /// The journal's.
    pub(crate) async fn open(engine: Engine, journal: Journal, home: PathBuf, runtime: Handle) -> Result<Self> {
        let rows = journal.read(crate::journal::Reader::watches).await?;
        let rested = engine.follow();
        let shared = Arc::new(Shared { engine, journal, home });
        let cards = watch::Sender::new(Arc::from([]));
        let (running, adding) = (Mutex::default(), Mutex::default());
        let all = Self(Arc::new(Inner { shared, runtime, running, adding, cards }));
        for row in rows {
            if row.state == State::Stopped {
                all.ends(&row).await;
            } else {
                all.begin(row).await;
            }
        }
        all.0.runtime.spawn(tell(Arc::downgrade(&all.0), rested));
        Ok(all)
    }

    /// Watches a folder.
    ///
    /// # Errors
    /// `bad-input` for a folder that may not be watched or is watched already, and for a wish that cannot be; as the system says
    /// of what is no folder; the journal's.
    pub async fn add(&self, path: &Path, spec: Spec, destination: Destination, remote: Remote) -> Result<WatchId> {
        spec.check()?;
        // One after the other. Whoever asks for something else does not wait for a drive.
        let _one = self.0.adding.lock().await;
        let path = self.admitted(path, None).await?;
        let highest =
            self.0.shared.journal.read(crate::journal::Reader::watches).await?.last().map_or(0, |row| row.id.get());
        let row = WatchRow {
            id: WatchId::new(highest + 1),
            added: UnixTime::now(),
            path,
            spec,
            destination,
            remote,
            root: None,
            state: State::Asks,
            counters: Counters::default(),
        };
        self.0.shared.journal.write(vec![Write::Watch(Box::new(row.clone()))]).await?;
        let id = row.id;
        self.begin(row).await;
        Ok(id)
    }

    /// Changes what is wanted of a folder.
    ///
    /// # Errors
    /// `bad-input`; the journal's.
    pub async fn change(&self, id: WatchId, spec: Spec) -> Result<()> {
        spec.check()?;
        self.ask(id, Box::new(move |row| row.spec = spec)).await
    }

    /// Changes some of what is wanted of a folder: what is not named stays as it is by then. Where a destination is given, what
    /// comes from now on goes there.
    ///
    /// # Errors
    /// As [`Self::change`].
    pub(crate) async fn wish(
        &self,
        id: WatchId,
        wish: impl FnOnce(&mut Spec) + Send + 'static,
        to: Option<(Destination, Remote)>,
    ) -> Result<()> {
        let change = move |row: &mut WatchRow| {
            wish(&mut row.spec);
            if let Some((destination, remote)) = to {
                (row.destination, row.remote) = (destination, remote);
            }
        };
        self.ask(id, Box::new(change)).await
    }

    /// Goes on with a folder that lies elsewhere by now, or where it lay, whatever lies in it: whoever says so says that it is the
    /// one. What was sent stays on record: a file that lies there as it was sent is not sent again.
    ///
    /// # Errors
    /// As [`Self::add`] of the place, and as [`Self::answer`].
    pub async fn relocate(&self, id: WatchId, path: &Path) -> Result<()> {
        let _one = self.0.adding.lock().await;
        let path = self.admitted(path, Some(id)).await?;
        let lies = path.clone();
        let moves = move |row: &mut WatchRow| (row.path, row.root) = (lies, None);
        self.ask(id, Box::new(moves)).await?;
        if let Some(one) = self.0.running.lock().await.get_mut(&id) {
            one.path = path;
        }
        Ok(())
    }

    /// Says what of that which is there already is to be uploaded.
    ///
    /// # Errors
    /// `bad-input` where there is no such folder; the journal's.
    pub async fn answer(&self, id: WatchId, existing: Existing) -> Result<()> {
        let now = UnixTime::now();
        let answers = move |row: &mut WatchRow| {
            row.spec.existing = existing;
            if matches!(row.state, State::Asks | State::Paused { asks: true, .. }) {
                row.added = now;
            }
        };
        self.ask(id, Box::new(answers)).await
    }

    /// Lets a folder rest.
    ///
    /// # Errors
    /// As [`Self::answer`].
    pub async fn pause(&self, id: WatchId) -> Result<()> {
        let since = UnixTime::now();
        let rests = move |row: &mut WatchRow| {
            if matches!(row.state, State::Asks | State::Watching) {
                row.state = State::Paused { since, asks: row.state == State::Asks };
            }
        };
        self.ask(id, Box::new(rests)).await
    }

    /// Lets a folder go on: what happened meanwhile is found. One that is another folder by now is away: nobody says by this that it
    /// is the one, and its drive may come later.
    ///
    /// # Errors
    /// As [`Self::answer`].
    pub async fn resume(&self, id: WatchId) -> Result<()> {
        self.ask(id, Box::new(goes_on)).await
    }

    /// Lets every folder rest.
    ///
    /// # Errors
    /// The journal's.
    pub async fn pause_all(&self) -> Result<()> {
        self.all(|watches, id| async move { watches.pause(id).await }).await
    }

    /// Lets every folder that rests go on.
    ///
    /// # Errors
    /// The journal's.
    pub async fn resume_all(&self) -> Result<()> {
        self.all(|watches, id| async move { watches.resume(id).await }).await
    }

    /// The same of each, at once: one whose drive answers late holds up no other.
    async fn all<F: Future<Output = Result<()>>>(&self, of: impl Fn(Self, WatchId) -> F) -> Result<()> {
        let ids: Vec<_> = self.0.running.lock().await.keys().copied().collect();
        futures::future::try_join_all(ids.into_iter().map(|id| of(self.clone(), id))).await.map(drop)
    }

    /// Checks all of a folder now; resolves once it was. Answers whether it was: one that rests, or is away, is once it goes on.
    ///
    /// # Errors
    /// As [`Self::answer`].
    pub async fn check(&self, id: WatchId) -> Result<bool> {
        let (done, checked) = oneshot::channel();
        self.send(id, Ask::Check(done)).await?;
        // A folder that is away is checked once it is there; nobody waits that long.
        Ok(checked.await.is_ok())
    }

    /// Watches a folder no more. What it uploaded stays in the list, and what is in line goes on.
    ///
    /// # Errors
    /// As [`Self::answer`].
    pub async fn remove(&self, id: WatchId) -> Result<()> {
        self.ask(id, Box::new(|row| row.state = State::Stopped)).await?;
        self.0.running.lock().await.remove(&id);
        self.0.publish().await;
        Ok(())
    }

    /// Watches none of a company's folders any more, and lets go of them.
    ///
    /// # Errors
    /// The journal's.
    pub(crate) async fn forget(&self, company: &str) -> Result<()> {
        let _one = self.0.adding.lock().await;
        let rows = self.0.shared.journal.read(crate::journal::Reader::watches).await?;
        for row in rows.iter().filter(|row| row.remote.is_of(company)) {
            // One that is busy for long, or ended, is stopped as by a kill.
            match tokio::time::timeout(SOON, self.remove(row.id)).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) | Err(_) => drop(self.0.running.lock().await.remove(&row.id)),
            }
        }
        self.0.publish().await;
        stopping::forgets(&self.0.shared, company).await
    }

    /// The same where nobody watches.
    ///
    /// # Errors
    /// The journal's.
    pub(crate) async fn forget_at_rest(engine: Engine, journal: Journal, home: PathBuf, company: &str) -> Result<()> {
        stopping::forgets(&Shared { engine, journal, home }, company).await
    }

    /// Watches nothing any more, until the next start.
    pub(crate) async fn close(&self) {
        self.0.running.lock().await.clear();
    }

    /// Every watched folder as it is now, and as it changes.
    pub fn cards(&self) -> watch::Receiver<Arc<[Card]>> {
        self.0.cards.subscribe()
    }

    /// A folder that may be watched beside the others, but for one of them.
    async fn admitted(&self, path: &Path, but: Option<WatchId>) -> Result<PathBuf> {
        let running = self.0.running.lock().await;
        let others: Vec<_> =
            running.iter().filter(|(id, _)| Some(**id) != but).map(|(_, one)| one.path.clone()).collect();
        drop(running);
        let (path, home) = (path.to_owned(), self.0.shared.home.clone());
        aside(move || root::admit(&path, &home, &others)).await?
    }

    async fn begin(&self, row: WatchRow) {
        let (id, one) = (row.id, self.0.start(row));
        self.0.running.lock().await.insert(id, one);
        self.0.publish().await;
    }

    /// Of a folder that is watched no more nothing is left, unless a kill came before that was done.
    async fn ends(&self, row: &WatchRow) {
        let (shared, id) = (&self.0.shared, row.id);
        let done = match shared.journal.read(move |reader| reader.has_watched(id)).await {
            Ok(true) => stopping::lets_go(shared, row, strays::left).await,
            Ok(false) => Ok(()),
            Err(error) => Err(error),
        };
        if let Err(error) = done {
            tracing::warn!(watch = %id, %error, "a folder that is watched no more is let go of at the next start");
        }
    }

    async fn ask(&self, id: WatchId, change: Change) -> Result<()> {
        let (done, answer) = oneshot::channel();
        self.send(id, Ask::Change(change, done)).await?;
        answer.await.map_err(|_| no_such(id))?
    }

    async fn send(&self, id: WatchId, ask: Ask) -> Result<()> {
        let running = self.0.running.lock().await;
        let one = running.get(&id).ok_or_else(|| no_such(id))?;
        one.asks.send(ask).map_err(|_| no_such(id))
    }
}

impl Inner {
    fn start(self: &Arc<Self>, row: WatchRow) -> Running {
        let path = row.path.clone();
        let events = Events::new(row.spec.mode);
        let (asks, asked) = mpsc::unbounded_channel();
        let (sender, card) = watch::channel(card_of(&row, Doing::Checking, events.notices()));
        let task = match row.spec.rules() {
            Ok(rules) => {
                let folder = Folder::new(Arc::clone(&self.shared), row, rules, (asked, sender, events));
                self.runtime.spawn(folder.run())
            }
            // Believed since it was checked when it came in.
            Err(error) => self.runtime.spawn(async move { tracing::error!(%error, "a watched folder without rules") }),
        };
        let (told, mut changes) = (Arc::downgrade(self), card.clone());
        let tells = self.runtime.spawn(async move {
            while changes.changed().await.is_ok() {
                changes.borrow_and_update();
                let Some(all) = told.upgrade() else { return };
                all.publish().await;
            }
        });
        Running { path, asks, card, tasks: [task, tells] }
    }

    async fn publish(&self) {
        let running = self.running.lock().await;
        let cards: Arc<[Card]> = running.values().map(|one| one.card.borrow().clone()).collect();
        self.cards.send_replace(cards);
    }
}

/// Tells each folder what became of its files.
async fn tell(all: std::sync::Weak<Inner>, mut rested: mpsc::UnboundedReceiver<crate::engine::Rested>) {
    while let Some(one) = rested.recv().await {
        let Some(all) = all.upgrade() else { return };
        if let Some(running) = all.running.lock().await.get(&one.watch) {
            let _ = running.asks.send(Ask::Rested(one.transfer, one.state));
        }
    }
}

fn goes_on(row: &mut WatchRow) {
    if let State::Paused { asks, .. } = row.state {
        row.state = if asks { State::Asks } else { State::Watching };
    }
}

async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|e| Error::new(ErrorCode::Unexpected).source(e))
}

fn no_such(id: WatchId) -> Error {
    Error::new(ErrorCode::BadInput).detail(format!("no watched folder {id}"))
}
