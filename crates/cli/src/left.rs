//! Unfinished uploads that nobody finishes by himself and that the store may still hold: what they are, and when they go.

use std::path::Path;
use std::time::Duration;

use davit_core::error::{ErrorCode, Result};
use davit_core::journal::{Left, Reader};
use davit_core::units::UnixTime;
use davit_core::uploader::{Direct, Options, SessionStatus, Uploader};
use serde::Serialize;

use crate::{text, words};

/// A company has so long to answer before what is left stays for later.
const ANSWER: Duration = Duration::from_secs(10);
/// All that is done at a place may take so long. Requests that are under way then end within five seconds more: half a
/// minute is promised.
const SWEEP: Duration = Duration::from_secs(24);
/// What takes longer is told.
const SOON: Duration = Duration::from_secs(1);
/// Lines of them that a person wants to read.
const SHOWN: usize = 10;

#[derive(Serialize)]
struct Line<'a> {
    event: &'static str,
    destination: &'a str,
    bucket: &'a str,
    key: &'a str,
    upload: Option<&'a str>,
    since: Option<u64>,
    code: Option<ErrorCode>,
    kept: Option<ErrorCode>,
}

/// All that is on record.
pub(crate) fn on_record(home: &Path) -> Result<Vec<Left>> {
    Reader::open(home)?.left_in_s3(UnixTime::now())
}

/// As a line of JSON.
pub(crate) fn json(left: &Left) -> String {
    let to = &left.batch.destination;
    let line = Line {
        event: "left",
        destination: &to.label,
        bucket: &to.bucket,
        key: &left.key,
        upload: left.upload.as_ref().map(|upload| upload.0.as_str()),
        since: left.since.map(|at| at.0),
        code: left.code,
        kept: left.kept,
    };
    serde_json::to_string(&line).unwrap_or_default()
}

/// As a sentence or two, with when it goes.
pub(crate) fn sentence(left: &Left) -> String {
    let place = text::plain(&format!("{}/{}", left.batch.destination.bucket, left.key));
    let since = left.since.map(|at| format!(" since {}", words::date(at))).unwrap_or_default();
    if let Some(code) = left.kept {
        return format!(
            "What was sent of a file that failed [{code}] is kept under {place}. Upload it again and it goes on, or \
             cancel it and it is removed; the bucket's lifecycle rule removes it in any case."
        );
    }
    let direct = Direct::of(&left.batch);
    let next = direct.as_ref().map_or_else(|| "The next upload there".to_owned(), next_upload_to);
    // Nobody signs in to a place without a company.
    let code = left.code.filter(|code| *code != ErrorCode::SignInEnded || direct.is_none());
    match (&left.upload, code) {
        (None, _) => format!(
            "An unfinished upload may be left under {place}{since}: its answer was lost. The bucket's lifecycle rule \
             removes it."
        ),
        (Some(_), Some(code)) => format!(
            "An unfinished upload is left under {place}{since}: {} [{code}] {next} tries again; the \
             bucket's lifecycle rule removes it in any case.",
            words::of(code).what
        ),
        (Some(_), None) => format!(
            "An unfinished upload is left under {place}. {next} removes it, and the bucket's lifecycle \
             rule does in any case."
        ),
    }
}

/// The same place has to be given again.
fn next_upload_to(place: &Direct) -> String {
    let store = place.endpoint.as_ref().map(|url| format!(" --endpoint-url {}", url.origin().ascii_serialization()));
    let given = format!("--s3 s3://{}/{}{}", place.bucket, place.prefix, store.unwrap_or_default());
    format!("The next upload to `{}`", text::plain(&given))
}

/// The first of them, and how many more there are.
pub(crate) fn sentences(all: &[Left]) -> Vec<String> {
    let mut lines: Vec<_> = all.iter().take(SHOWN).map(sentence).collect();
    if let more @ 1.. = all.len().saturating_sub(SHOWN) {
        lines.push(format!("And {more} more; see `davit status --json`."));
    }
    lines
}

/// Removes what can be removed now: what the company's credentials reach, as soon as it answers.
pub(crate) async fn sweep(uploader: &Uploader) {
    let mut changes = uploader.session_changes();
    let all = async {
        let answered = changes.wait_for(|now| !matches!(now, SessionStatus::Connecting { .. }));
        if tokio::time::timeout(ANSWER, answered).await.is_ok() {
            let _ = uploader.engine().sweep().await;
        }
    };
    tokio::pin!(all);
    if tokio::time::timeout(SOON, &mut all).await.is_err() {
        text::note("davit: Waiting for what was sent to be removed, for half a minute at most.");
        // Nobody else will remove it before the next upload; what cannot be reached now stays on record.
        let _ = tokio::time::timeout(SWEEP.saturating_sub(SOON), all).await;
    }
}

/// The same at places that were reached without a company, each once.
pub(crate) async fn sweep_places(options: &Options) -> Result<()> {
    let mut seen = Vec::new();
    for left in on_record(&options.home)? {
        let (Some(_), Some(direct)) = (&left.upload, Direct::of(&left.batch)) else { continue };
        if seen.contains(&left.batch.remote) {
            continue;
        }
        seen.push(left.batch.remote.clone());
        let uploader = Uploader::open(Options { direct: Some(direct), ..options.clone() }).await?;
        sweep(&uploader).await;
        uploader.close().await;
    }
    Ok(())
}
