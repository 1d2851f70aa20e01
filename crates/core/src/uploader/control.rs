//! How one process asks the engine of another: `davit pause` beside a running `davit upload` or the app.
//!
//! A Unix socket that is private to its owner, or a named pipe on Windows. One JSON line each way.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use interprocess::local_socket::ListenerOptions;
use interprocess::local_socket::tokio::Stream;
use interprocess::local_socket::traits::tokio::{Listener as _, Stream as _};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::sync::broadcast;

use super::limits::{Ask, Desk};
use super::{Forgotten, forgetting, socket, watches};
use crate::bandwidth::LimitNow;
use crate::engine::Engine;
use crate::engine::feed::{Action, Target, Wait, Way};
use crate::error::{Error, ErrorCode, Result};
use crate::ids::{DestinationId, TransferId};

/// What a command line can hold, as whole paths: 100,000 of them with 2,000 letters each. Only the user's own programs
/// can ask, so this keeps accidents out and nobody else.
const LONGEST: u64 = 256 << 20;
/// Paths are taken at once, whatever else there is to do; a process that does not by then is stopped, or hangs.
const TAKING: Duration = Duration::from_secs(5);
/// What each of them may add: it is written, carried and read.
const EACH: Duration = Duration::from_micros(100);
/// The same for what is to be done to perhaps a hundred thousand transfers, and put on record.
const ACTING: Duration = Duration::from_secs(20);
/// And for a look at all that lies in a folder, perhaps on a slow drive.
const CHECKING: Duration = Duration::from_secs(30 * 60);
/// And for a company to be forgotten: what was sent of unfinished uploads is removed first, and drives may be slow.
const FORGETTING: Duration = Duration::from_secs(2 * 60);
/// Before the socket is listened to again after an error.
const BREATH: Duration = Duration::from_millis(100);

/// What is asked of another process.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Asked {
    /// An action on transfers.
    Act(Request),
    /// Paths for its window. Also tells whether it has one.
    Add(Vec<Given>),
    /// What each transfer waits for.
    Waits,
    /// How fast it may be.
    Limit(Ask),
    /// The ways that are taken.
    Ways,
    /// Something of watched folders.
    Watch(watches::Ask),
    /// The company is to be forgotten.
    Forget,
}

/// What came of forgetting a company.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Forgot {
    /// It is forgotten.
    Done(Forgotten),
    /// It is not.
    Refused {
        /// Why.
        code: ErrorCode,
        /// For people who debug.
        detail: String,
    },
}

/// Those of a process that are asked.
#[derive(Clone)]
pub(super) struct Heard {
    pub(super) engine: Engine,
    pub(super) limits: Desk,
    pub(super) watches: watches::Desk,
    /// Paths for its window.
    pub(super) handed: broadcast::Sender<Vec<PathBuf>>,
    pub(super) forgetting: forgetting::Desk,
}

/// A path as JSON can carry it. Not every name is Unicode.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Given {
    Plain(String),
    Odd(OsString),
}

impl From<PathBuf> for Given {
    fn from(path: PathBuf) -> Self {
        path.into_os_string().into_string().map_or_else(Self::Odd, Self::Plain)
    }
}

impl From<Given> for PathBuf {
    fn from(given: Given) -> Self {
        match given {
            Given::Plain(path) => path.into(),
            Given::Odd(path) => path.into(),
        }
    }
}

/// What is asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Request {
    /// Pause, resume, cancel, retry, earlier, later, first or last.
    pub action: Action,
    /// The transfers; none means all.
    pub transfers: Option<Vec<TransferId>>,
}

/// What came of it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Reply {
    /// Files touched.
    pub count: u32,
    /// Files among them that ran and were asked to rest; the records tell what becomes of them.
    pub running: Vec<TransferId>,
    /// What goes on does so with the next process.
    pub later: bool,
}

/// Does to an engine what is asked.
///
/// # Errors
/// The engine's.
pub async fn perform(engine: &Engine, request: Request) -> Result<Reply> {
    let done = match request.transfers {
        Some(ids) => engine.act(request.action, ids.into_iter().map(Target::Transfer).collect()).await?,
        None => match request.action {
            Action::Pause => engine.pause_all().await?,
            Action::Resume => engine.resume_all().await?,
            Action::Cancel => engine.cancel_all().await?,
            Action::Retry => engine.retry_all().await?,
            Action::KeepBoth
            | Action::ProposedName
            | Action::Remove
            | Action::Undo
            | Action::Earlier
            | Action::Later
            | Action::First
            | Action::Last => {
                return Err(Error::new(ErrorCode::BadInput).detail("not for all at once"));
            }
        },
    };
    Ok(Reply { count: done.count, running: done.running, later: done.later })
}

/// Asks the process that works with `home`; nothing when no process does, or that one ends.
///
/// # Errors
/// `instance-busy` when it is there and does not answer, `unexpected` when it answers nonsense.
pub async fn send(home: &Path, request: &Request) -> Result<Option<Reply>> {
    ask(home, &Asked::Act(request.clone()), ACTING).await
}

/// Gives paths to the window of the process that works with `home`. Answers whether there is one that took them.
///
/// # Errors
/// As [`send`].
pub async fn hand_over(home: &Path, paths: Vec<PathBuf>) -> Result<bool> {
    let whole = |path: PathBuf| std::path::absolute(&path).unwrap_or(path).into();
    let within = TAKING + EACH * u32::try_from(paths.len()).unwrap_or(u32::MAX);
    let asked = Asked::Add(paths.into_iter().map(whole).collect());
    let reply: Option<Reply> = ask(home, &asked, within).await?;
    Ok(reply.is_some_and(|reply| reply.count > 0))
}

/// What each transfer, and each folder that is to be walked yet, waits for in the process that works with `home`; nothing
/// when no process does.
///
/// # Errors
/// As [`send`].
pub async fn waits(home: &Path) -> Result<Option<Vec<(Target, Wait)>>> {
    ask(home, &Asked::Waits, TAKING).await
}

/// Asks the process that works with `home` how fast it may be, or tells it; nothing when no process does.
///
/// # Errors
/// As [`send`].
pub async fn limit(home: &Path, ask_for: Ask) -> Result<Option<LimitNow>> {
    ask(home, &Asked::Limit(ask_for), TAKING).await
}

/// The ways to destinations that the process which works with `home` takes; nothing when no process does.
///
/// # Errors
/// As [`send`].
pub async fn ways(home: &Path) -> Result<Option<HashMap<DestinationId, Way>>> {
    ask(home, &Asked::Ways, TAKING).await
}

/// Asks the process that works with `home` something of watched folders; nothing when no process does.
///
/// # Errors
/// What it refuses, and as [`send`].
pub async fn watches(home: &Path, ask_for: watches::Ask) -> Result<Option<watches::Answer>> {
    // All of a folder may have to be looked at.
    let within = if matches!(ask_for, watches::Ask::Check(_)) { CHECKING } else { ACTING };
    match ask(home, &Asked::Watch(ask_for), within).await? {
        Some(watches::Answer::Refused { code, detail }) => Err(Error::new(code).detail(detail)),
        answer => Ok(answer),
    }
}

/// Asks the process that works with `home` to forget its company; nothing when no process does.
///
/// # Errors
/// What it refuses, and as [`send`].
pub async fn forget(home: &Path) -> Result<Option<Forgotten>> {
    match ask(home, &Asked::Forget, FORGETTING).await? {
        Some(Forgot::Done(forgotten)) => Ok(Some(forgotten)),
        Some(Forgot::Refused { code, detail }) => Err(Error::new(code).detail(detail)),
        None => Ok(None),
    }
}

/// Whether a process works with `home`. One that does not answer does; one that was killed and is not quite gone does not, though
/// its socket still takes connections.
pub async fn is_at_work(home: &Path) -> bool {
    match ways(home).await {
        Ok(answer) => answer.is_some(),
        Err(error) => error.code == ErrorCode::InstanceBusy,
    }
}

async fn ask<T: DeserializeOwned>(home: &Path, request: &Asked, within: Duration) -> Result<Option<T>> {
    let silent = |_| Error::new(ErrorCode::InstanceBusy).detail("it does not answer");
    tokio::time::timeout(within, say(home, request)).await.map_err(silent)?
}

async fn say<T: DeserializeOwned>(home: &Path, request: &Asked) -> Result<Option<T>> {
    let name = socket::name(home)?;
    let Ok(stream) = Stream::connect(name).await else { return Ok(None) };
    let mut line = serde_json::to_vec(request).map_err(|e| Error::new(ErrorCode::Unexpected).source(e))?;
    line.push(b'\n');
    let answer = match carry(&stream, &line).await {
        Err(error) if is_an_end(&error) => return Ok(None),
        answer => answer.map_err(odd)?,
    };
    // It ended before it answered.
    if answer.is_empty() {
        return Ok(None);
    }
    serde_json::from_str(&answer).map(Some).map_err(|e| Error::new(ErrorCode::Unexpected).detail("control").source(e))
}

async fn carry(mut stream: &Stream, line: &[u8]) -> std::io::Result<String> {
    stream.write_all(line).await?;
    let mut answer = String::new();
    BufReader::new(stream.take(LONGEST)).read_line(&mut answer).await?;
    Ok(answer)
}

/// Whether whoever is asked ended meanwhile.
fn is_an_end(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected};
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | NotConnected)
}

/// Listens for requests as long as the runtime lives.
pub(super) fn serve(home: &Path, heard: Heard, handle: &tokio::runtime::Handle) -> Result<()> {
    let _inside = handle.enter();
    let failed =
        |e: std::io::Error| Error::new(ErrorCode::JournalUnwritable).detail(format!("control socket: {e}")).source(e);
    let listener = ListenerOptions::new().name(socket::make(home)?).create_tokio().map_err(failed)?;
    socket::restrict(home).map_err(failed)?;
    let runtime = handle.clone();
    handle.spawn(async move {
        loop {
            let stream = match listener.accept().await {
                Ok(stream) => stream,
                Err(error) => {
                    // Out of descriptors, say: whoever asks next is heard all the same.
                    tracing::debug!(%error, "nobody could be heard on the control socket");
                    tokio::time::sleep(BREATH).await;
                    continue;
                }
            };
            let heard = heard.clone();
            // On its own: somebody who connects and says nothing must not keep others waiting.
            runtime.spawn(async move {
                if let Err(error) = answer(&stream, &heard).await {
                    tracing::debug!(%error, "a control request came to nothing");
                }
            });
        }
    });
    Ok(())
}

async fn answer(stream: &Stream, heard: &Heard) -> Result<()> {
    let Heard { engine, limits, watches, handed, forgetting } = heard;
    let done = match asked(stream).await? {
        Asked::Act(request) => {
            // Whoever lets everything go on means what was paused for a while, too.
            if request.action == Action::Resume && request.transfers.is_none() {
                limits.end_pause().await?;
            }
            perform(engine, request).await?
        }
        // Somebody listens: there is a window.
        Asked::Add(paths) => {
            let paths = paths.into_iter().map(Into::into).collect();
            Reply { count: u32::from(handed.send(paths).is_ok()), ..Reply::default() }
        }
        Asked::Limit(ask) => return reply(stream, limits.does(&ask).await?).await,
        Asked::Watch(ask) => return reply(stream, watches.does(ask).await).await,
        Asked::Forget => {
            // A process that has nothing left to upload ends, and would not tell.
            let _until_told = forgetting.is_asked().await;
            let forgot = match forgetting.forget().await {
                Ok(forgotten) => Forgot::Done(forgotten),
                Err(error) => Forgot::Refused { code: error.code, detail: error.detail },
            };
            return reply(stream, forgot).await;
        }
        Asked::Ways => return reply(stream, engine.ways()).await,
        Asked::Waits => return reply(stream, engine.waits().await?).await,
    };
    reply(stream, done).await
}

async fn asked(stream: &Stream) -> Result<Asked> {
    let mut line = String::new();
    BufReader::new(stream.take(LONGEST)).read_line(&mut line).await.map_err(odd)?;
    serde_json::from_str(&line).map_err(|e| Error::new(ErrorCode::BadInput).source(e))
}

async fn reply(mut stream: &Stream, reply: impl Serialize) -> Result<()> {
    let mut text = serde_json::to_vec(&reply).map_err(|e| Error::new(ErrorCode::Unexpected).source(e))?;
    text.push(b'\n');
    stream.write_all(&text).await.map_err(odd)
}

fn odd(error: std::io::Error) -> Error {
    Error::new(ErrorCode::Unexpected).detail("control").source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A process that listens at `home`, and what it would show in its window.
    fn window(home: &Path) -> broadcast::Receiver<Vec<PathBuf>> {
        let (handed, shown) = broadcast::channel(4);
        let listener = ListenerOptions::new().name(socket::make(home).expect("a name")).create_tokio().expect("free");
        tokio::runtime::Handle::current().spawn(async move {
            while let Ok(stream) = listener.accept().await {
                let request = asked(&stream).await.expect("a request");
                let Asked::Add(paths) = request else { panic!("{request:?}") };
                handed.send(paths.into_iter().map(Into::into).collect()).expect("shown");
                reply(&stream, Reply { count: 1, ..Reply::default() }).await.expect("answered");
            }
        });
        shown
    }

    #[tokio::test]
    async fn a_hundred_thousand_paths_are_handed_over_at_once() {
        let home = tempfile::tempdir().expect("a folder");
        let mut shown = window(home.path());
        let root = std::path::absolute("/").expect("a root");
        let paths: Vec<_> = (0..100_000).map(|n| root.join(format!("{}{n}.mov", "long/".repeat(42)))).collect();
        assert!(hand_over(home.path(), paths.clone()).await.expect("answered"));
        assert!(shown.recv().await.expect("handed over") == paths);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_name_that_is_not_unicode_is_handed_over_with_the_others() {
        use std::os::unix::ffi::OsStrExt as _;
        let home = tempfile::tempdir().expect("a folder");
        let mut shown = window(home.path());
        let odd = PathBuf::from(std::ffi::OsStr::from_bytes(b"/a/na\xefve.mov"));
        let paths = vec![odd, "/a/plain.mov".into()];
        assert!(hand_over(home.path(), paths.clone()).await.expect("answered"));
        assert_eq!(shown.recv().await.expect("handed over"), paths);
    }

    /// Until its last thread is gone the socket of a process that was killed takes connections, and nobody hears them.
    #[cfg(unix)]
    #[tokio::test]
    async fn a_process_that_is_ending_is_not_at_work() {
        let home = tempfile::tempdir().expect("a folder");
        let name = socket::make(home.path()).expect("a name");
        let dying = ListenerOptions::new().name(name).create_tokio().expect("free");
        let (asked, ()) = tokio::join!(is_at_work(home.path()), async { drop(dying.accept().await.expect("asked")) });
        assert!(!asked);
        let asked = tokio::join!(hand_over(home.path(), vec!["/a.mov".into()]), async { drop(dying.accept().await) }).0;
        assert!(!asked.expect("it is no error"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_process_that_does_not_answer_is_not_waited_for_without_end() {
        let home = tempfile::tempdir().expect("a folder");
        let name = socket::make(home.path()).expect("a name");
        let _silent = ListenerOptions::new().name(name).create_tokio().expect("free");
        let error = hand_over(home.path(), vec!["/a.mov".into()]).await.expect_err("silent");
        assert_eq!(error.code, ErrorCode::InstanceBusy);
        let pause = Request { action: Action::Pause, transfers: None };
        assert_eq!(send(home.path(), &pause).await.expect_err("silent").code, ErrorCode::InstanceBusy);
        assert!(is_at_work(home.path()).await);
    }
}
