//! How one process asks the engine of another: `davit pause` beside a running `davit upload` or the app.
//!
//! A Unix socket that is private to its owner, or a named pipe on Windows. One JSON line each way.

use std::path::{Path, PathBuf};

use interprocess::local_socket::ListenerOptions;
use interprocess::local_socket::tokio::Stream;
use interprocess::local_socket::traits::tokio::{Listener as _, Stream as _};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::sync::broadcast;

use super::socket;
use crate::engine::Engine;
use crate::engine::feed::{Action, Target};
use crate::error::{Error, ErrorCode, Result};
use crate::ids::TransferId;

/// A request is a few ids; anything longer is not one of ours.
const LONGEST: u64 = 1 << 20;

/// What is asked of another process.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Asked {
    /// An action on transfers.
    Act(Request),
    /// Paths for its window. Also tells whether it has one.
    Add(Vec<PathBuf>),
}

/// What is asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Request {
    /// Pause, resume, cancel or retry.
    pub action: Action,
    /// The transfers; none means all.
    pub transfers: Option<Vec<TransferId>>,
}

/// What came of it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Reply {
    /// Files touched.
    pub count: u32,
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
            Action::KeepBoth | Action::Remove | Action::Undo => {
                return Err(Error::new(ErrorCode::BadInput).detail("not for all at once"));
            }
        },
    };
    Ok(Reply { count: done.count })
}

/// Asks the process that works with `home`; nothing when no process does.
///
/// # Errors
/// `unexpected` when it answers nonsense.
pub async fn send(home: &Path, request: &Request) -> Result<Option<Reply>> {
    ask(home, &Asked::Act(request.clone())).await
}

/// Gives paths to the window of the process that works with `home`. Answers whether there is one that took them.
///
/// # Errors
/// As [`send`].
pub async fn hand_over(home: &Path, paths: Vec<PathBuf>) -> Result<bool> {
    let paths = paths.into_iter().map(|path| std::path::absolute(&path).unwrap_or(path)).collect();
    Ok(ask(home, &Asked::Add(paths)).await?.is_some_and(|reply| reply.count > 0))
}

async fn ask(home: &Path, request: &Asked) -> Result<Option<Reply>> {
    let name = socket::name(home)?;
    let Ok(stream) = Stream::connect(name).await else { return Ok(None) };
    let odd = |e: std::io::Error| Error::new(ErrorCode::Unexpected).detail("control").source(e);
    let mut line = serde_json::to_vec(request).map_err(|e| Error::new(ErrorCode::Unexpected).source(e))?;
    line.push(b'\n');
    (&stream).write_all(&line).await.map_err(odd)?;
    let mut answer = String::new();
    BufReader::new((&stream).take(LONGEST)).read_line(&mut answer).await.map_err(odd)?;
    serde_json::from_str(&answer).map(Some).map_err(|e| Error::new(ErrorCode::Unexpected).detail("control").source(e))
}

/// Listens for requests as long as the runtime lives.
pub(super) fn serve(
    home: &Path,
    engine: Engine,
    handed: broadcast::Sender<Vec<PathBuf>>,
    handle: &tokio::runtime::Handle,
) -> Result<()> {
    let _inside = handle.enter();
    let failed =
        |e: std::io::Error| Error::new(ErrorCode::JournalUnwritable).detail(format!("control socket: {e}")).source(e);
    let listener = ListenerOptions::new().name(socket::make(home)?).create_tokio().map_err(failed)?;
    socket::restrict(home).map_err(failed)?;
    let runtime = handle.clone();
    handle.spawn(async move {
        while let Ok(stream) = listener.accept().await {
            let (engine, handed) = (engine.clone(), handed.clone());
            // On its own: somebody who connects and says nothing must not keep others waiting.
            runtime.spawn(async move {
                if let Err(error) = answer(&stream, &engine, &handed).await {
                    tracing::debug!(%error, "a control request came to nothing");
                }
            });
        }
    });
    Ok(())
}

async fn answer(stream: &Stream, engine: &Engine, handed: &broadcast::Sender<Vec<PathBuf>>) -> Result<()> {
    let odd = |e: std::io::Error| Error::new(ErrorCode::Unexpected).detail("control").source(e);
    let mut line = String::new();
    BufReader::new(stream.take(LONGEST)).read_line(&mut line).await.map_err(odd)?;
    let request = serde_json::from_str(&line).map_err(|e| Error::new(ErrorCode::BadInput).source(e))?;
    let reply = match request {
        Asked::Act(request) => perform(engine, request).await?,
        // Somebody listens: there is a window.
        Asked::Add(paths) => Reply { count: u32::from(handed.send(paths).is_ok()) },
    };
    let mut text = serde_json::to_vec(&reply).map_err(|e| Error::new(ErrorCode::Unexpected).source(e))?;
    text.push(b'\n');
    let mut stream = stream;
    stream.write_all(&text).await.map_err(odd)
}
