//! `davit upload`: takes paths in, shows how they go, and ends when none of them moves any more.

use std::time::Duration;

use davit_core::engine::feed::{Overview, Totals, Update, View};
use davit_core::engine::{EnqueueOptions, Settled};
use davit_core::error::{Error, ErrorCode, Result};
use davit_core::session::Destination;
use davit_core::uploader::{Direct, Options, SessionStatus, Uploader};

use crate::args::Upload;
use crate::output::Output;
use crate::{DONE, INTERRUPTED, NOTHING, SOME};

/// A company that does not answer within this is told as a failure; nothing was recorded yet.
const ANSWER: Duration = Duration::from_secs(20);

/// The end waits this long for what is still to be removed from S3.
const SWEEP: Duration = Duration::from_secs(5);

pub(crate) async fn run(args: Upload) -> Result<u8> {
    let mut options = Options::from_env()?;
    options.server = args.server.clone().or(options.server);
    options.net.ca_bundle = args.ca_bundle.clone();
    options.concurrency = args.concurrency;
    options.direct = direct(&args)?;
    if options.direct.is_none() && !options.knows_a_company() {
        let none = "no company address: give --server, DAVIT_SERVER or --s3";
        return Err(Error::new(ErrorCode::BadInput).detail(none));
    }
    let uploader = Uploader::open(options).await?;
    let outcome = upload(&uploader, &args).await;
    tokio::select! {
        () = uploader.close() => outcome,
        // The second one means it: what was acknowledged is on record anyway.
        () = interrupted() => Ok(INTERRUPTED),
    }
}

async fn upload(uploader: &Uploader, args: &Upload) -> Result<u8> {
    let output = Output::new(args.json);
    let to = destination(uploader, args.to.as_deref()).await?;
    let engine = uploader.engine();
    let mut feed = engine.subscribe(View { outcomes: true, ..View::default() }).await?;
    let options = EnqueueOptions { collision: args.collision.map(Into::into), resume_same: true };
    let ticket = engine.enqueue(args.paths.clone(), to.id, options).await?;
    for (path, code) in &ticket.refused {
        output.refused(path, *code);
    }
    let refused = u32::try_from(ticket.refused.len()).unwrap_or(u32::MAX);
    let settled = engine.settled(ticket.items);
    tokio::pin!(settled);
    let settled = loop {
        tokio::select! {
            biased;
            update = feed.next() => match update {
                Some(update) => {
                    show(&output, &update);
                    // A script must know; what is on record goes on with the next run.
                    if let Overview::Stuck { code } = totals(&update).overview {
                        return Err(Error::new(code).detail("the records cannot be written"));
                    }
                }
                None => return Err(Error::new(ErrorCode::Unexpected).detail("the engine ended")),
            },
            settled = &mut settled => break settled?,
            () = interrupted() => {
                output.interrupted();
                return Ok(INTERRUPTED);
            }
        }
    };
    // Told before the rows settled, and perhaps not read yet.
    while let Some(update) = feed.try_next() {
        show(&output, &update);
    }
    // What S3 still holds of given-up uploads; what cannot be removed now stays on record.
    let _ = tokio::time::timeout(SWEEP, engine.sweep()).await;
    output.summary(settled, refused);
    Ok(code(settled, refused))
}

fn totals(update: &Update) -> &Totals {
    match update {
        Update::Snapshot(snapshot) => &snapshot.totals,
        Update::Delta(delta) => &delta.totals,
    }
}

fn show(output: &Output, update: &Update) {
    if let Update::Delta(delta) = update {
        delta.outcomes.iter().for_each(|outcome| output.outcome(outcome));
    }
    output.totals(totals(update));
}

fn code(settled: Settled, refused: u32) -> u8 {
    let Settled { uploaded, skipped, failed, cancelled, paused, held, .. } = settled;
    let left = failed + refused + cancelled + paused + held;
    match (left, uploaded + skipped) {
        (0, _) => DONE,
        (_, 0) => NOTHING,
        _ => SOME,
    }
}

/// The destination that was named, or the only one.
async fn destination(uploader: &Uploader, named: Option<&str>) -> Result<Destination> {
    let all = connected(uploader).await?;
    let found = match named {
        Some(name) => all.iter().find(|to| to.id.0 == name || to.label == name),
        None if all.len() == 1 => all.first(),
        None => {
            let names: Vec<_> = all.iter().map(|to| to.id.0.as_str()).collect();
            let detail = format!("several destinations, name one with --to: {}", names.join(", "));
            return Err(Error::new(ErrorCode::BadInput).detail(detail));
        }
    };
    found.cloned().ok_or_else(|| Error::new(ErrorCode::DestinationGone).detail(named.unwrap_or_default()))
}

/// Waits until the company has answered, one way or another.
pub(crate) async fn connected(uploader: &Uploader) -> Result<std::sync::Arc<[Destination]>> {
    let mut changes = uploader.session_changes();
    let answered = async {
        loop {
            let now = changes.borrow_and_update().clone();
            match now {
                SessionStatus::Connected { destinations, .. } => return Ok(destinations),
                SessionStatus::Welcome { problem: Some((code, detail)), .. } => {
                    return Err(Error::new(code).detail(detail));
                }
                SessionStatus::Welcome { problem: None, .. } => {
                    return Err(Error::new(ErrorCode::BadInput).detail("no company address"));
                }
                SessionStatus::NeedsToken { .. } if !uploader.has_token() => {
                    return Err(Error::new(ErrorCode::SignInEnded).detail("DAVIT_TOKEN is not set"));
                }
                SessionStatus::TokenRefused { code, detail } => return Err(Error::new(code).detail(detail)),
                SessionStatus::SignedOut { .. } => return Err(Error::new(ErrorCode::SignInEnded)),
                SessionStatus::NeedsToken { .. } | SessionStatus::Connecting { .. } => {}
            }
            if changes.changed().await.is_err() {
                return Err(Error::new(ErrorCode::Unexpected));
            }
        }
    };
    tokio::time::timeout(ANSWER, answered)
        .await
        .unwrap_or_else(|_| Err(Error::new(ErrorCode::BackendDown).detail("no answer for 20 s")))
}

/// `s3://BUCKET/PREFIX/` and what belongs to it.
fn direct(args: &Upload) -> Result<Option<Direct>> {
    let Some(text) = &args.s3 else { return Ok(None) };
    let bad = || Error::new(ErrorCode::BadInput).detail("--s3 wants s3://BUCKET/PREFIX/");
    let rest = text.strip_prefix("s3://").ok_or_else(bad)?;
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    if bucket.is_empty() || prefix.starts_with('/') || prefix.contains("//") {
        return Err(bad());
    }
    let prefix = if prefix.is_empty() || prefix.ends_with('/') { prefix.to_owned() } else { format!("{prefix}/") };
    Ok(Some(Direct {
        bucket: bucket.to_owned(),
        prefix,
        region: args.region.clone(),
        endpoint: args.endpoint_url.clone(),
        path_style: args.path_style,
        accelerate: args.accelerate,
    }))
}

/// Ctrl-C, or the polite signal of a service manager.
async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut term) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = term.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
