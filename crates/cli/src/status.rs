//! `davit status` and `davit destinations`: what is on record, and where uploads may go.

use davit_core::error::{ErrorCode, Result};
use davit_core::journal::{Journal, Reader, StatusRow};
use davit_core::transfer::TransferState;
use davit_core::uploader::{Options, Uploader};
use serde::Serialize;

use crate::DONE;
use crate::upload::connected;

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
    if !Journal::path(&options.home).exists() {
        if !json {
            println!("Nothing on record in {}.", options.home.display());
        }
        return Ok(DONE);
    }
    let rows = Reader::open(&options.home)?.status()?;
    for row in &rows {
        let (state, code) = word(row);
        if json {
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
            println!("{}", serde_json::to_string(&line).unwrap_or_default());
        } else {
            let percent = (row.sent.get() * 100).checked_div(row.size.get()).unwrap_or(0);
            let code = code.map(|code| format!(" [{code}]")).unwrap_or_default();
            println!("{:>6}  {state:<10} {percent:>3}%  {}{code}", row.id.get(), row.path.display());
        }
    }
    if rows.is_empty() && !json {
        println!("Nothing on record in {}.", options.home.display());
    }
    Ok(DONE)
}

fn word(row: &StatusRow) -> (&'static str, Option<ErrorCode>) {
    match &row.standing.state {
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
    options.hold = true;
    let uploader = Uploader::open(options).await?;
    let found = connected(&uploader).await;
    uploader.close().await;
    for to in found?.iter() {
        if json {
            let line = serde_json::json!({
                "id": to.id.0, "label": to.label, "bucket": to.bucket, "region": to.region, "accelerate": to.accelerate,
            });
            println!("{line}");
        } else {
            println!("{:<20} {}", to.id.0, to.label);
        }
    }
    Ok(DONE)
}
