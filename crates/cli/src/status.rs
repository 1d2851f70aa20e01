//! `davit status` and `davit destinations`: what is on record, and where uploads may go.

use std::collections::HashSet;
use std::path::Path;

use davit_core::error::{ErrorCode, Result};
use davit_core::journal::{Reader, StatusRow};
use davit_core::transfer::TransferState;
use davit_core::units::UnixTime;
use davit_core::uploader::Options;
use serde::Serialize;

use crate::look::{Look, on_record};
use crate::upload::connected;
use crate::{DONE, left, text, words};

/// What there is to say without records.
pub(crate) const NOTHING_YET: &str = "Nothing was uploaded yet. Begin with `davit upload PATH`.";

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
}

pub(crate) fn run(json: bool) -> Result<u8> {
    let options = Options::from_env()?;
    let (rows, left, waiting) = if on_record(&options.home)? {
        let journal = Reader::open(&options.home)?;
        (journal.status()?, journal.left_in_s3(UnixTime::now())?, journal.receipts_that_wait()?)
    } else {
        (Vec::new(), Vec::new(), 0)
    };
    if rows.is_empty() && !json {
        text::line(NOTHING_YET)?;
    }
    let waits =
        |row: &&StatusRow| matches!(row.standing.state, TransferState::Waiting { code: ErrorCode::SourceOffline, .. });
    let away: HashSet<_> = rows.iter().filter(waits).filter_map(|row| row.mount.as_deref()).collect();
    for row in &rows {
        let (state, code) = word(row, &away);
        let line = if json {
            let line = Line {
                id: row.id.get(),
                batch: row.batch.get(),
                state,
                code,
                path: row.path.display().to_string(),
                key: &row.key,
                destination: &row.destination,
                size: row.size.get(),
                sent: row.sent.get(),
                added: row.added.0,
            };
            serde_json::to_string(&line).unwrap_or_default()
        } else {
            // An empty file that is there is there wholly.
            let done = matches!(row.standing.state, TransferState::Done { .. });
            let percent = (row.sent.get() * 100).checked_div(row.size.get()).unwrap_or(if done { 100 } else { 0 });
            let code = code.map(|code| format!(" [{code}]")).unwrap_or_default();
            let path = text::plain(&row.path.display().to_string());
            format!("{:>6}  {state:<10} {percent:>3}%  {path}{code}", row.id.get())
        };
        if !text::line(&line)? {
            return Ok(DONE);
        }
    }
    for line in if json { left.iter().map(left::json).collect() } else { left::sentences(&left) } {
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

/// `away` are the drives that something waits for: what is in line on them waits, too.
fn word(row: &StatusRow, away: &HashSet<&Path>) -> (&'static str, Option<ErrorCode>) {
    match &row.standing.state {
        TransferState::Queued if row.mount.as_deref().is_some_and(|mount| away.contains(mount)) => {
            ("waiting", Some(ErrorCode::SourceOffline))
        }
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
