//! The engine: an actor that admits, runs and rests transfers, and tells every shell what it sees.
//!
//! [`Engine`] is the handle: cheap to clone, every call a message. Inside, `actor` owns the `book` (what is in memory of
//! every row), `drive` runs one transfer, `parts` sends its parts through the one shared `pool`, which `width` finds the
//! size of, and `tail` the last of them twice, `towards` knows where all are bound for, `intake` turns dropped paths into transfers, `pointing` makes links,
//! `routes` leads to buckets, `link` knows whether the network is there, `list` draws rows.

mod actor;
mod book;
mod damage;
mod details;
mod drive;
pub mod feed;
mod feeds;
mod finding;
#[cfg(test)]
pub(crate) mod fixture;
mod given;
mod intake;
mod keys;
mod leftovers;
mod limiting;
mod link;
mod list;
mod live;
mod parts;
mod places;
mod pointing;
mod pool;
mod rate;
mod reach;
mod receipts;
pub(crate) mod routes;
mod shelf;
mod tail;
mod towards;
mod width;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::sync::{mpsc, oneshot};
use ts_rs::TS;

use crate::bandwidth::{Around, Choice, Limits, Ruling};
use crate::credentials::Remote;
use crate::error::{Error, ErrorCode, Result};
use crate::ids::{BatchId, DestinationId, ItemId, TransferId, WatchId};
use crate::journal::{Journal, Recovered, WatchedRow};
use crate::session::wire::Receipt;
use crate::session::{Collision, Destination};
use crate::transfer::TransferState;
use crate::units::{ByteCount, UnixTime};
pub(crate) use actor::deliver::{Delivery, Redelivered, Whole};
use actor::{elsewhere, enqueue};
pub(crate) use details::of_ended;
use feed::{Action, FileSlice, Slice, Target, Update, View, Wait, Way};
pub use receipts::save as save_receipt;

/// How a gesture is to be taken.
#[derive(Clone, Copy, Debug, Default)]
pub struct EnqueueOptions {
    /// What to do when a key is taken; none means as the destination says.
    pub collision: Option<Collision>,
    /// Whether a path that is still unfinished at the same destination, or that ended and was not told, goes on instead of
    /// being added again.
    pub resume_same: bool,
    /// Whether it comes before everything that is in line.
    pub first: bool,
}

/// What came of a gesture.
#[derive(Clone, Debug)]
pub struct Ticket {
    /// The gesture; the newest when all of it was found unfinished.
    pub batch: BatchId,
    /// The rows it made or went on with.
    pub items: Vec<ItemId>,
    /// Paths that could not be taken at all, and why.
    pub refused: Vec<(PathBuf, ErrorCode)>,
}

/// What came of an action.
#[derive(Clone, Debug, Default)]
pub struct ActDone {
    /// Whether [`Action::Undo`] can take it back.
    pub undo: bool,
    /// Files or rows it touched.
    pub count: u32,
    /// Files among them that run and were only asked to rest: what becomes of them their last answer tells.
    pub running: Vec<TransferId>,
    /// Nothing begins in this process any more, or yet: what goes on does so with the next one.
    pub later: bool,
}

/// Where an object can be read by people who may.
#[derive(Clone, Debug)]
pub struct Link {
    /// The address, from the destination's template.
    pub url: String,
    /// Whether it leads anywhere.
    pub holds: Holds,
}

/// Whether a link leads anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Holds {
    /// To what is there.
    Now,
    /// To what will be there once the upload is done.
    Later,
    /// The upload may have to take another name yet.
    Perhaps,
}

/// What a missing file is that a person showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refound {
    /// The same, as far as it is known: it goes on with what was sent.
    Same,
    /// Another version: it is sent from the beginning.
    Anew,
}

/// A text of a row that can be copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The object's key.
    Key,
    /// The whole object's checksum.
    Checksum,
    /// The object's `ETag`.
    Etag,
    /// The object's version.
    Version,
    /// The reference of the last problem.
    Reference,
    /// The place on this computer.
    From,
}

/// How rows ended, once none of them moves any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// Files safely there.
    pub uploaded: u32,
    /// Entries passed over by a rule.
    pub skipped: u32,
    /// Files that need the person.
    pub failed: u32,
    /// Files given up.
    pub cancelled: u32,
    /// Files at rest that somebody has to resume.
    pub paused: u32,
    /// Files that wait for a sign-in.
    pub held: u32,
    /// Bytes safely there.
    pub bytes: ByteCount,
}

/// What was added together, or found together in a watched folder, is at its end: nothing of it is still to come. What a person
/// tries again of it ends once more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The gesture.
    pub batch: BatchId,
    /// The watched folder that it was found in.
    pub watch: Option<WatchId>,
    /// Where it went: "Projects / Rushes".
    pub destination: String,
    /// Its row, where it has only one.
    pub item: Option<ItemId>,
    /// What that is called.
    pub name: Option<String>,
    /// Files safely there.
    pub done: u32,
    /// Files that need the person.
    pub failed: u32,
    /// Why, where all of them do for the same reason.
    pub why: Option<ErrorCode>,
    /// Since it was added.
    pub took: Duration,
    /// Whether nothing else is still to come that was added by hand.
    pub last: bool,
}

/// Something of what was added together, or found together in a watched folder, needs the person, while the rest of it is still to
/// come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stumbled {
    /// The gesture.
    pub batch: BatchId,
    /// Where it goes: "Projects / Rushes".
    pub destination: String,
    /// The row, where it is one file.
    pub item: Option<ItemId>,
    /// The file, where it is one that was given by itself.
    pub name: Option<String>,
    /// Files that need the person by now.
    pub failed: u32,
    /// Why, where all of them do for the same reason.
    pub why: Option<ErrorCode>,
}

/// What is told of what was added together, or found together in a watched folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// Its first problem. Told once, and not of what ends with it: that is told as the end.
    Stumbled(Stumbled),
    /// Its end.
    Ended(Ended),
}

/// A transfer of a watched folder came to rest.
#[derive(Clone, Debug)]
pub(crate) struct Rested {
    /// Whose it is.
    pub(crate) watch: WatchId,
    /// Which.
    pub(crate) transfer: TransferId,
    /// Where it stands, on record.
    pub(crate) state: TransferState,
}

pub(crate) enum Command {
    Enqueue(Box<enqueue::Gesture>, oneshot::Sender<Result<Ticket>>),
    Deliver(Box<Delivery>, oneshot::Sender<Result<Vec<TransferId>>>),
    Redeliver(WatchId, Box<WatchedRow>, oneshot::Sender<Result<Redelivered>>),
    Withdraw(WatchId, Box<WatchedRow>, oneshot::Sender<Result<bool>>),
    KeepHours(Vec<TransferId>, bool, oneshot::Sender<Result<()>>),
    GoOnAlone(Vec<TransferId>, oneshot::Sender<Result<()>>),
    TryAgain(Vec<TransferId>, oneshot::Sender<Result<()>>),
    Follow(mpsc::UnboundedSender<Rested>),
    News(mpsc::UnboundedSender<News>),
    Act(Action, Vec<Target>, oneshot::Sender<Result<ActDone>>),
    All(Action, oneshot::Sender<Result<ActDone>>),
    ClearDone(oneshot::Sender<Result<ActDone>>),
    UndoClear(oneshot::Sender<Result<ActDone>>),
    Subscribe(View, mpsc::Sender<Update>, oneshot::Sender<u32>),
    SetView(u32, View),
    Rows(View, Vec<ItemId>, oneshot::Sender<Slice>),
    FolderFiles(ItemId, String, u32, u32, oneshot::Sender<Result<FileSlice>>),
    Link(Target, oneshot::Sender<Result<Link>>),
    Text(Target, What, oneshot::Sender<Result<String>>),
    Told(BatchId, oneshot::Sender<Result<()>>),
    Receipt(Target, oneshot::Sender<Result<Receipt>>),
    Missing(Target, oneshot::Sender<Result<Option<PathBuf>>>),
    Shown(Target, Box<elsewhere::Shown>, oneshot::Sender<Result<Refound>>),
    SendTo(Vec<Target>, Box<(Destination, Remote)>, oneshot::Sender<Result<ActDone>>),
    Settled(Vec<ItemId>, oneshot::Sender<Settled>),
    Leave(Vec<ItemId>, oneshot::Sender<Option<Settled>>),
    Waits(oneshot::Sender<Vec<(Target, Wait)>>),
    Sweep(oneshot::Sender<()>),
    SignedOut(Option<UnixTime>),
    GiveUp(String, oneshot::Sender<()>),
    Forget(String, oneshot::Sender<Result<()>>),
    TurnTo(Option<Remote>),
    Limit(Limits, Option<Choice>, oneshot::Sender<Ruling>),
    IsIn(Around),
    Go,
    ComeToRest(oneshot::Sender<()>),
    Close(oneshot::Sender<()>),
}

/// The handle to the engine. All that is asked of it is `unexpected` once the engine is closed; what the journal answers is
/// `disk-full`, `journal-unwritable` or `journal-damaged`.
#[derive(Clone, Debug)]
pub struct Engine {
    commands: mpsc::UnboundedSender<Command>,
    routes: Arc<routes::Routes>,
    runtime: tokio::runtime::Handle,
}

/// What the engine is started with.
pub(crate) struct Start {
    pub(crate) journal: Journal,
    /// Where the program keeps what is its own.
    pub(crate) home: PathBuf,
    pub(crate) recovered: Recovered,
    pub(crate) routes: Arc<routes::Routes>,
    /// Parts and single requests in flight: so many, or as many as turn out best.
    pub(crate) concurrency: Option<u16>,
    /// How fast it may be.
    pub(crate) limits: Limits,
    /// What was chosen past that.
    pub(crate) choice: Option<Choice>,
    /// What is around the computer.
    pub(crate) around: Around,
    /// Nothing is admitted: for looking and for actions without a run.
    pub(crate) hold: bool,
}

impl Engine {
    /// Starts the actor on the runtime of `handle`.
    pub(crate) fn start(start: Start, handle: &tokio::runtime::Handle) -> Self {
        let (commands, inbox) = mpsc::unbounded_channel();
        let routes = Arc::clone(&start.routes);
        handle.spawn(actor::Actor::new(start).run(inbox));
        Self { commands, routes, runtime: handle.clone() }
    }

    /// Whether nothing of this company, or place, goes on for now: whoever is at work turned to another.
    pub(crate) fn is_elsewhere(&self, remote: &Remote) -> bool {
        self.routes.remote().is_some_and(|here| here != *remote)
    }

    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> Result<T> {
        let (sender, answer) = oneshot::channel();
        self.commands.send(command(sender)).map_err(|_| closed())?;
        answer.await.map_err(|_| closed())
    }

    /// Takes paths in: records them, walks folders, and uploads.
    ///
    /// # Errors
    /// `destination-gone`, or the journal's; a path that cannot be taken is named in the ticket instead.
    pub async fn enqueue(&self, paths: Vec<PathBuf>, to: DestinationId, options: EnqueueOptions) -> Result<Ticket> {
        let (destination, remote) = self.destination(&to).await?;
        // A drive that is away may keep this waiting for a while; nobody else waits with it, least of all the caller's
        // runtime for its own end.
        let found = self.runtime.spawn(given::look_at_all(paths)).await;
        let found = found.map_err(|e| Error::new(ErrorCode::Unexpected).source(e))?;
        let gesture = Box::new(enqueue::Gesture { found, destination, remote, options });
        self.ask(|reply| Command::Enqueue(gesture, reply)).await?
    }

    /// A destination, and whose it is.
    async fn destination(&self, to: &DestinationId) -> Result<(Destination, Remote)> {
        let (origin, remote) = (self.routes.origin(), self.routes.remote());
        let destination = match origin {
            routes::Origin::None | routes::Origin::Connecting { .. } => None,
            routes::Origin::Direct { destination, .. } => Some(*destination).filter(|known| known.id == *to),
            routes::Origin::Session(session) => {
                session.destinations().await?.iter().find(|known| known.id == *to).cloned()
            }
        };
        destination.zip(remote).ok_or_else(|| Error::new(ErrorCode::DestinationGone).detail(to.to_string()))
    }

    /// Sends rows whose destination is gone to another one, each with all its files and from the beginning. What S3 holds of
    /// them for the former is given up. A row stays where it is while something of it runs, and so does one of a watched
    /// folder, whose own matter that is.
    ///
    /// # Errors
    /// `destination-gone`, or the journal's.
    pub async fn send_to(&self, targets: Vec<Target>, to: &DestinationId) -> Result<ActDone> {
        let to = Box::new(self.destination(to).await?);
        self.ask(|reply| Command::SendTo(targets, to, reply)).await?
    }

    /// Where a file lay that is missing, and that a person can show; nothing of others. What lies in a folder that was given, or
    /// was found in a watched one, is a matter of that folder.
    ///
    /// # Errors
    /// The journal's.
    pub async fn missing(&self, target: Target) -> Result<Option<PathBuf>> {
        self.ask(|reply| Command::Missing(target, reply)).await?
    }

    /// A missing file lies there now: it goes on where it is the same as far as it is known, and begins anew where it is another
    /// version. It keeps its name in the list and its key.
    ///
    /// # Errors
    /// `bad-input` where it is not missing any more, or none that can be shown; what opening it answers; the journal's.
    pub async fn shown(&self, target: Target, path: PathBuf) -> Result<Refound> {
        let shown = self.runtime.spawn(elsewhere::look(path)).await;
        let shown = Box::new(shown.map_err(|e| Error::new(ErrorCode::Unexpected).source(e))??);
        self.ask(|reply| Command::Shown(target, shown, reply)).await?
    }

    /// Takes files that a watched folder found whole: all of them are on record with its ledger, or none is.
    ///
    /// # Errors
    /// The journal's.
    pub(crate) async fn deliver(&self, delivery: Delivery) -> Result<Vec<TransferId>> {
        self.ask(|reply| Command::Deliver(Box::new(delivery), reply)).await?
    }

    /// Puts a file of a watched folder in line again, as the version of this line of its ledger, where its transfer rests.
    ///
    /// # Errors
    /// The journal's.
    pub(crate) async fn redeliver(&self, watch: WatchId, line: WatchedRow) -> Result<Redelivered> {
        self.ask(|reply| Command::Redeliver(watch, Box::new(line), reply)).await?
    }

    /// Gives a file of a watched folder up that is gone and was not sent. Answers whether its line is forgotten.
    ///
    /// # Errors
    /// The journal's.
    pub(crate) async fn withdraw(&self, watch: WatchId, line: WatchedRow) -> Result<bool> {
        self.ask(|reply| Command::Withdraw(watch, Box::new(line), reply)).await?
    }

    /// Lets transfers of a watched folder rest, as it is outside its hours, or go on where they rest for that.
    ///
    /// # Errors
    /// The journal's.
    pub(crate) async fn keep_hours(&self, files: Vec<TransferId>, rest: bool) -> Result<()> {
        self.ask(|reply| Command::KeepHours(files, rest, reply)).await?
    }

    /// Lets transfers of a folder that is watched no more go on, whatever of it they rest for.
    ///
    /// # Errors
    /// The journal's.
    pub(crate) async fn go_on_alone(&self, files: Vec<TransferId>) -> Result<()> {
        self.ask(|reply| Command::GoOnAlone(files, reply)).await?
    }

    /// Tries transfers of a watched folder again that failed. What a person did to one meanwhile holds.
    ///
    /// # Errors
    /// The journal's.
    pub(crate) async fn try_again(&self, files: Vec<TransferId>) -> Result<()> {
        self.ask(|reply| Command::TryAgain(files, reply)).await?
    }

    /// Tells from now on of every transfer of a watched folder that comes to rest.
    pub(crate) fn follow(&self) -> mpsc::UnboundedReceiver<Rested> {
        let (sender, rested) = mpsc::unbounded_channel();
        let _ = self.commands.send(Command::Follow(sender));
        rested
    }

    /// Tells from now on of everything that was added together: that something of it needs the person, and that it is at its end.
    pub fn news(&self) -> mpsc::UnboundedReceiver<News> {
        let (sender, news) = mpsc::unbounded_channel();
        let _ = self.commands.send(Command::News(sender));
        news
    }

    /// Does something to rows or files.
    ///
    /// # Errors
    /// The journal's.
    pub async fn act(&self, action: Action, targets: Vec<Target>) -> Result<ActDone> {
        self.ask(|reply| Command::Act(action, targets, reply)).await?
    }

    /// Pauses everything that moves.
    ///
    /// # Errors
    /// As [`Self::act`].
    pub async fn pause_all(&self) -> Result<ActDone> {
        self.ask(|reply| Command::All(Action::Pause, reply)).await?
    }

    /// Resumes everything that is paused.
    ///
    /// # Errors
    /// As [`Self::act`].
    pub async fn resume_all(&self) -> Result<ActDone> {
        self.ask(|reply| Command::All(Action::Resume, reply)).await?
    }

    /// Tries everything that failed again.
    ///
    /// # Errors
    /// As [`Self::act`].
    pub async fn retry_all(&self) -> Result<ActDone> {
        self.ask(|reply| Command::All(Action::Retry, reply)).await?
    }

    /// Gives everything unfinished up.
    ///
    /// # Errors
    /// As [`Self::act`].
    pub async fn cancel_all(&self) -> Result<ActDone> {
        self.ask(|reply| Command::All(Action::Cancel, reply)).await?
    }

    /// Takes rows that are done from the list; the journal keeps them.
    ///
    /// # Errors
    /// As [`Self::act`].
    pub async fn clear_done(&self) -> Result<ActDone> {
        self.ask(Command::ClearDone).await?
    }

    /// Puts back what the last [`Self::clear_done`] of this process took from the list.
    ///
    /// # Errors
    /// As [`Self::act`].
    pub async fn undo_clear(&self) -> Result<ActDone> {
        self.ask(Command::UndoClear).await?
    }

    /// A feed of what `view` shows; a snapshot comes first.
    ///
    /// # Errors
    /// `unexpected` once the engine is closed.
    pub async fn subscribe(&self, view: View) -> Result<Feed> {
        // A shell that does not keep up gets fewer, larger deltas, never a queue without end.
        let (sender, updates) = mpsc::channel(2);
        let id = self.ask(|reply| Command::Subscribe(view, sender, reply)).await?;
        Ok(Feed { updates, view: ViewSetter { id, commands: self.commands.clone() } })
    }

    /// Rows as they stand now, beside what a feed shows: those of `among` that `view` lets through, or of all where none
    /// are named.
    ///
    /// # Errors
    /// `unexpected` once the engine is closed.
    pub async fn rows(&self, view: View, among: Vec<ItemId>) -> Result<Slice> {
        self.ask(|reply| Command::Rows(view, among, reply)).await
    }

    /// Files of a folder row, in path order: of those whose path holds `search`, `count` from number `first`, 500 at most.
    ///
    /// # Errors
    /// The journal's.
    pub async fn folder_files(&self, item: ItemId, search: &str, first: u32, count: u32) -> Result<FileSlice> {
        let search = search.to_owned();
        self.ask(|reply| Command::FolderFiles(item, search, first, count.min(500), reply)).await?
    }

    /// Where the object can be read.
    ///
    /// # Errors
    /// `bad-input` when the destination has no links.
    pub async fn link(&self, target: Target) -> Result<Link> {
        self.ask(|reply| Command::Link(target, reply)).await?
    }

    /// A text of a row, to copy.
    ///
    /// # Errors
    /// `bad-input` where it has none; the journal's.
    pub async fn text(&self, target: Target, what: What) -> Result<String> {
        self.ask(|reply| Command::Text(target, what, reply)).await?
    }

    /// The source on this computer, for "Show in folder".
    ///
    /// # Errors
    /// As [`Self::text`].
    pub async fn source_path(&self, target: Target) -> Result<PathBuf> {
        self.text(target, What::From).await.map(PathBuf::from)
    }

    /// Whoever gave a batch with [`EnqueueOptions::resume_same`] has heard how it ended: given again, it is a new one.
    ///
    /// # Errors
    /// The journal's.
    pub async fn told(&self, batch: BatchId) -> Result<()> {
        self.ask(|reply| Command::Told(batch, reply)).await?
    }

    /// What became of every path of the batch that something belongs to, once it ended.
    ///
    /// # Errors
    /// `bad-input` while something of it is still to come.
    pub async fn receipt(&self, of: Target) -> Result<Receipt> {
        self.ask(|reply| Command::Receipt(of, reply)).await?
    }

    /// Resolves once none of the rows moves by itself any more.
    ///
    /// # Errors
    /// `unexpected` once the engine is closed.
    pub async fn settled(&self, items: Vec<ItemId>) -> Result<Settled> {
        self.ask(|reply| Command::Settled(items, reply)).await
    }

    /// Begins nothing any more, if none of the rows moves; nothing is answered, and all goes on, where one does again.
    ///
    /// # Errors
    /// `unexpected` once the engine is closed.
    pub async fn leave(&self, items: Vec<ItemId>) -> Result<Option<Settled>> {
        self.ask(|reply| Command::Leave(items, reply)).await
    }

    /// What each transfer waits for that does, and each folder that is to be walked yet.
    ///
    /// # Errors
    /// `unexpected` once the engine is closed.
    pub async fn waits(&self) -> Result<Vec<(Target, Wait)>> {
        self.ask(Command::Waits).await
    }

    /// The ways that are taken to destinations, of those that anything was sent to.
    pub fn ways(&self) -> HashMap<DestinationId, Way> {
        self.routes.ways()
    }

    /// Removes what S3 holds of cancelled transfers now instead of after the time for undo.
    ///
    /// # Errors
    /// `unexpected` once the engine is closed.
    pub async fn sweep(&self) -> Result<()> {
        self.ask(Command::Sweep).await
    }

    /// Tells whether somebody is signed in.
    pub(crate) fn signed_out(&self, since: Option<UnixTime>) {
        let _ = self.commands.send(Command::SignedOut(since));
    }

    /// How fast it may be from now on. Answers what holds.
    pub(crate) async fn limit(&self, limits: Limits, choice: Option<Choice>) -> Result<Ruling> {
        self.ask(|reply| Command::Limit(limits, choice, reply)).await
    }

    /// Tells what is around the computer from now on.
    pub(crate) fn is_in(&self, around: Around) {
        let _ = self.commands.send(Command::IsIn(around));
    }

    /// Lets an engine that was opened on hold upload.
    pub fn go(&self) {
        let _ = self.commands.send(Command::Go);
    }

    /// Begins nothing any more, and lets what is being sent rest as a pause of everything does; what the store was asked to put
    /// together is waited for, however long that takes. Resolves once nothing runs. All of it goes on with [`Self::go`], or in
    /// the next process.
    ///
    /// # Errors
    /// `unexpected` where it was let go on meanwhile, or is closed.
    pub async fn come_to_rest(&self) -> Result<()> {
        self.ask(Command::ComeToRest).await
    }

    /// Begins nothing any more, and gives up all of a company's that is not done. Resolves once nothing runs; what S3 holds of it
    /// [`Self::sweep`] removes.
    ///
    /// # Errors
    /// `unexpected` where it was let go on meanwhile, or is closed.
    pub(crate) async fn give_up(&self, company: &str) -> Result<()> {
        self.ask(|reply| Command::GiveUp(company.to_owned(), reply)).await
    }

    /// Takes all rows of a company off the records, history's as well, once nothing runs; nothing begins any more until
    /// [`Self::go`]. What S3 holds of them nobody removes any more but the bucket's lifecycle rule.
    ///
    /// # Errors
    /// The journal's; then all rows are there.
    pub(crate) async fn forget(&self, company: &str) -> Result<()> {
        self.ask(|reply| Command::Forget(company.to_owned(), reply)).await?
    }

    /// Whose batches run from now on.
    pub(crate) fn turn_to(&self, remote: Option<Remote>) {
        let _ = self.commands.send(Command::TurnTo(remote));
    }

    /// Rests everything; resolves once nothing runs. What was acknowledged is on record.
    pub(crate) async fn close(&self) {
        let _ = self.ask(Command::Close).await;
    }
}

fn closed() -> Error {
    Error::new(ErrorCode::Unexpected).detail("the engine is closed")
}

/// Updates of one view.
#[derive(Debug)]
pub struct Feed {
    updates: mpsc::Receiver<Update>,
    view: ViewSetter,
}

impl Feed {
    /// The next update; nothing once the engine is closed.
    pub async fn next(&mut self) -> Option<Update> {
        self.updates.recv().await
    }

    /// An update that is there already.
    pub fn try_next(&mut self) -> Option<Update> {
        self.updates.try_recv().ok()
    }

    /// Moves the view from elsewhere.
    pub fn view_setter(&self) -> ViewSetter {
        self.view.clone()
    }

    /// Moves the view.
    pub fn set_view(&self, view: View) {
        self.view.set(view);
    }
}

/// Moves the view of one feed.
#[derive(Clone, Debug)]
pub struct ViewSetter {
    id: u32,
    commands: mpsc::UnboundedSender<Command>,
}

impl ViewSetter {
    /// Shows another slice from the next update on.
    pub fn set(&self, view: View) {
        let _ = self.commands.send(Command::SetView(self.id, view));
    }
}

impl std::fmt::Debug for Command {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Command")
    }
}
