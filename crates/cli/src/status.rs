//! `davit status` and `davit destinations`: what is on record, and where uploads may go.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use davit_core::engine::feed::{Next, Target, Wait, Way, WayWhy};
use davit_core::error::{ErrorCode, Result};
use davit_core::file::{drive_of, names};
use davit_core::ids::DestinationId;
use davit_core::journal::{FolderRow, StatusRow};
use davit_core::transfer::TransferState;
use davit_core::units::UnixTime;
use davit_core::uploader::{Options, control};
use serde::Serialize;

use crate::look::{Look, Records};
use crate::upload::connected;
use crate::words::Words;
use crate::{DONE, left, text, words};

/// What there is to say without records.
pub(crate) const NOTHING_YET: &str = "Nothing was uploaded yet. Begin with `davit upload PATH`.";
/// The same where something was given before and is not in the list any more, or never came into it.
const EMPTY: &str = "The list is empty.";
/// What ran or was in line when its process ended.
const STOPPED: &str = "stopped";
/// And what there is to do about it.
const GOES_ON: &str = "The same `davit upload` goes on with what is stopped.";

#[derive(Serialize)]
struct Line<'a> {
    id: u64,
    batch: u64,
    state: &'static str,
    code: Option<ErrorCode>,
    path: String,
    key: &'a str,
    destination: &'a str,
    size: u64,
    sent: u64,
    added: u64,
    /// Of a wait: the drive, when it is tried again, and what ends it where a Davit runs.
    drive: Option<String>,
    until: Option<UnixTime>,
    next: Option<Next>,
}

/// A folder that is to be walked to its end yet: what is found in it then has lines of its own.
#[derive(Serialize)]
struct FolderLine<'a> {
    event: &'static str,
    item: u64,
    batch: u64,
    state: &'static str,
    code: Option<ErrorCode>,
    path: String,
    destination: &'a str,
    added: u64,
    drive: Option<String>,
    next: Option<Next>,
}

/// The way that is taken to a destination where there are two.
#[derive(Serialize)]
struct WayLine<'a> {
    event: &'static str,
    destination: &'a DestinationId,
    #[serde(flatten)]
    way: Way,
}

/// What the process at work says of its waits, where one works here; the records know those at rest alone. One that does not
/// say is at work all the same.
async fn told(home: &Path) -> Option<HashMap<Target, Wait>> {
    let waits = control::waits(home).await.unwrap_or(Some(Vec::new()));
    waits.map(|waits| waits.into_iter().collect())
}

/// The ways that the process at work takes, where there is a choice; what it does not say is nothing to wait for.
async fn ways(home: &Path) -> Vec<(DestinationId, Way)> {
    let ways = control::ways(home).await.ok().flatten().unwrap_or_default();
    let mut ways: Vec<_> = ways.into_iter().filter(|(_, way)| way.why != WayWhy::Only).collect();
    ways.sort_by(|(one, _), (other, _)| one.cmp(other));
    ways
}

pub(crate) async fn run(json: bool) -> Result<u8> {
    let options = Options::from_env()?;
    let running = told(&options.home).await;
    let ways = if running.is_some() { ways(&options.home).await } else { Vec::new() };
    let Some(records) = Records::of(&options.home)? else {
        if !json {
            text::line(NOTHING_YET)?;
        }
        return Ok(DONE);
    };
    words::tell(records.notice());
    let journal = &records.reader;
    let (rows, unwalked) = (journal.status()?, journal.unwalked()?);
    let (mut left, waiting) = (journal.left_in_s3(UnixTime::now())?, journal.receipts_that_wait()?);
    if running.is_none() {
        left.extend(journal.asked_for()?);
    }
    if rows.is_empty() && unwalked.is_empty() && !json {
        let was_begun = journal.is_begun()? || records.notice().is_some();
        text::line(if was_begun { EMPTY } else { NOTHING_YET })?;
    }
    let waits_for_a_drive =
        |row: &&StatusRow| matches!(row.standing.state, TransferState::Waiting { code: ErrorCode::SourceOffline, .. });
    let away: HashSet<_> = rows.iter().filter(waits_for_a_drive).filter_map(|row| row.mount.as_deref()).collect();
    let mut stopped = !unwalked.is_empty() && running.is_none();
    for row in &rows {
        let wait = waits(row, running.as_ref(), &away);
        let (state, code) = match &wait {
            Some(wait) => ("waiting", Some(wait.code)),
            None => word(row, running.is_some()),
        };
        stopped |= state == STOPPED;
        let line = if json {
            let next = wait.as_ref().filter(|_| running.is_some()).map(|wait| wait.next);
            let (drive, until) = wait.map_or((None, None), |wait| (wait.drive, wait.until));
            let line = Line {
                id: row.id.get(),
                batch: row.batch.get(),
                state,
                code,
                path: names::shown(&row.path),
                key: &row.key,
                destination: &row.destination,
                size: row.size.get(),
                sent: row.sent.get(),
                added: row.added.0,
                drive,
                until,
                next,
            };
            serde_json::to_string(&line).unwrap_or_default()
        } else {
            // An empty file that is there is there wholly.
            let done = matches!(row.standing.state, TransferState::Done { .. });
            let percent = (row.sent.get() * 100).checked_div(row.size.get()).unwrap_or(if done { 100 } else { 0 });
            let code = code.map(|code| format!(" [{code}]")).unwrap_or_default();
            let path = text::plain(&names::shown(&row.path));
            let why = wait.map(|wait| told_of(&wait, running.is_some())).unwrap_or_default();
            format!("{:>6}  {state:<10} {percent:>3}%  {path}{code}{why}", row.id.get())
        };
        if !text::line(&line)? {
            return Ok(DONE);
        }
    }
    for row in &unwalked {
        if !text::line(&folder(row, running.as_ref(), &away, json))? {
            return Ok(DONE);
        }
    }
    if stopped && !json && !text::line(GOES_ON)? {
        return Ok(DONE);
    }
    for line in if json { left.iter().map(left::json).collect() } else { left::sentences(&left) } {
        if !text::line(&line)? {
            break;
        }
    }
    for (to, way) in ways {
        let line = if json {
            serde_json::to_string(&WayLine { event: "way", destination: &to, way }).unwrap_or_default()
        } else {
            format!("{}: {}", text::plain(&to.0), words::way(&way))
        };
        if !text::line(&line)? {
            break;
        }
    }
    if waiting > 0 {
        let line = if json {
            serde_json::json!({ "receipts_waiting": waiting }).to_string()
        } else {
            words::receipts_wait(waiting)
        };
        text::line(&line)?;
    }
    Ok(DONE)
}

/// What a transfer waits for. `away` are the drives that something waits for: what is in line on them waits, too.
fn waits(row: &StatusRow, running: Option<&HashMap<Target, Wait>>, away: &HashSet<&Path>) -> Option<Wait> {
    let told = running.and_then(|waits| waits.get(&Target::Transfer(row.id))).cloned();
    told.or_else(|| match row.standing.state {
        TransferState::Waiting { code, until } => {
            Some(Wait::new(code, until, drive_of(&row.path, row.mount.as_deref()).as_deref()))
        }
        TransferState::Queued if row.mount.as_deref().is_some_and(|mount| away.contains(mount)) => {
            Some(Wait::new(ErrorCode::SourceOffline, None, drive_of(&row.path, row.mount.as_deref()).as_deref()))
        }
        _ => None,
    })
}

/// A folder whose walk is under way, waits for its drive, or goes on with the next upload.
fn folder(row: &FolderRow, running: Option<&HashMap<Target, Wait>>, away: &HashSet<&Path>, json: bool) -> String {
    let FolderRow { item, destination } = row;
    let told = running.and_then(|waits| waits.get(&Target::Item(item.id))).cloned();
    let wait = told.or_else(|| {
        let is_away = running.is_none() && item.mount.as_deref().is_some_and(|mount| away.contains(mount));
        is_away
            .then(|| Wait::new(ErrorCode::SourceOffline, None, drive_of(&item.path, item.mount.as_deref()).as_deref()))
    });
    let state = match &wait {
        Some(_) => "waiting",
        None if running.is_some() => "scanning",
        None => STOPPED,
    };
    let code = wait.as_ref().map(|wait| wait.code);
    let path = names::shown(&item.path);
    if json {
        let line = FolderLine {
            event: "folder",
            item: item.id.get(),
            batch: item.batch.get(),
            state,
            code,
            path,
            destination,
            added: item.added.0,
            next: wait.as_ref().filter(|_| running.is_some()).map(|wait| wait.next),
            drive: wait.and_then(|wait| wait.drive),
        };
        return serde_json::to_string(&line).unwrap_or_default();
    }
    let code = code.map(|code| format!(" [{code}]")).unwrap_or_default();
    let why = wait.map(|wait| told_of(&wait, running.is_some())).unwrap_or_default();
    format!("        {state:<10}       {}{code}{why}", text::plain(&path))
}

/// On a line of its own: why, and what happens next. Nothing goes on by itself where nobody is at work.
fn told_of(wait: &Wait, running: bool) -> String {
    let words = if running {
        words::waiting(wait)
    } else {
        let Words { what, action } = words::of(wait.code);
        format!("{what} {action}")
    };
    format!("\n                    {words}")
}

/// What a row does. Where nobody is at work nothing runs and no line moves: of a process that was stopped in good order the rows
/// are in line, of one that was killed they are what they did last.
fn word(row: &StatusRow, running: bool) -> (&'static str, Option<ErrorCode>) {
    use TransferState as S;
    match &row.standing.state {
        S::Queued | S::Preparing | S::Uploading | S::Completing | S::Verifying if !running => (STOPPED, None),
        TransferState::Queued => ("queued", None),
        TransferState::Preparing => ("preparing", None),
        TransferState::Uploading => ("uploading", None),
        TransferState::Completing => ("completing", None),
        TransferState::Verifying => ("verifying", None),
        TransferState::Done { .. } => ("done", None),
        TransferState::Paused { .. } => ("paused", None),
        TransferState::Waiting { code, .. } => ("waiting", Some(*code)),
        TransferState::Failed { code } => ("failed", Some(*code)),
        TransferState::Cancelled { .. } => ("cancelled", None),
    }
}

pub(crate) async fn destinations(server: Option<String>, json: bool) -> Result<u8> {
    let mut options = Options::from_env()?;
    options.server = server.or(options.server);
    let look = Look::open(options).await?;
    words::tell(look.uploader.notice());
    let found = connected(&look.uploader).await;
    look.uploader.close().await;
    let found = found?;
    if found.is_empty() && !json {
        text::line("This company gives you no destination. Ask your administrator.")?;
    }
    for to in found.iter() {
        let line = if json {
            let line = serde_json::json!({
                "id": to.id.0, "label": to.label, "bucket": to.bucket, "region": to.region, "accelerate": to.accelerate,
            });
            line.to_string()
        } else {
            format!("{:<20} {}", text::plain(&to.id.0), text::plain(&to.label))
        };
        if !text::line(&line)? {
            break;
        }
    }
    Ok(DONE)
}
