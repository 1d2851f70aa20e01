//! `davit upload`: takes paths in, shows how they go, and ends when none of them moves any more.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use davit_core::engine::feed::{Outcome, Overview, RowState, Update, View, Wait};
use davit_core::engine::{EnqueueOptions, Feed, Settled};
use davit_core::error::{Error, ErrorCode, Result};
use davit_core::ids::{BatchId, TransferId};
use davit_core::session::{Destination, shape};
use davit_core::uploader::{Direct, Options, SessionStatus, Uploader, watches};
use tokio::sync::Notify;

use crate::args::{Place, Upload};
use crate::output::{Output, Stopped, Sum};
use crate::progress::{Progress, Rows, totals};
use crate::receipt;
use crate::records::Look;
use crate::signals::Signals;
use crate::{DONE, INTERRUPTED, NOTHING, SOME};

/// What stands in the environment of a server, of a company whose people have a browser.
const TAKES_NO_TOKEN: &str = "DAVIT_TOKEN is set, and this address takes none: people sign in there in their browser. \
    Use an address of your company that takes tokens, or unset it and run `davit sign-in`.";
/// A company that does not answer within this is told as a failure; nothing was recorded yet.
const ANSWER: Duration = Duration::from_secs(20);
/// Who interrupts waits this long for requests to end and records to be written. What comes later is lost work, as after
/// a kill, and nothing worse.
const CLOSING: Duration = Duration::from_millis(1_200);
/// Who stops for another reason leaves the store some more to be rid of what could not be put on record.
const GIVING_BACK: Duration = Duration::from_secs(6);
/// And this long for the last words to be printed.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// A pause that is taken back within this is none: who was paused leaves after it.
const PAUSED: Duration = Duration::from_secs(3);

/// The end waits this long for what is still to be removed from S3.
const SWEEP: Duration = Duration::from_secs(5);

/// Reads no path and opens nothing until all that was asked for can be done.
fn options(args: &Upload) -> Result<Options> {
    let mut options = place(&args.place)?;
    options.concurrency = args.concurrency;
    options.limit = args.limit.map(|limit| limit.0);
    if let Some(file) = &args.receipt {
        receipt::may_be_written(file, &args.paths)?;
    }
    // What is unfinished goes on by the rules of this command, so it is given first.
    options.hold = true;
    Ok(options)
}

/// What opens where files are to go.
///
/// # Errors
/// `bad-input` where nobody says where that is.
pub(crate) fn place(to: &Place) -> Result<Options> {
    let mut options = Options::from_env()?;
    options.server = to.server.clone().or(options.server);
    options.net.ca_bundle.clone_from(&to.ca_bundle);
    options.direct = direct(to)?;
    if options.direct.is_none() && !options.knows_a_company() {
        return Err(no_company());
    }
    Ok(options)
}

/// Ends before anything began, for scripts as well.
async fn nothing(output: Output, error: Error) -> u8 {
    output.problem(error);
    output.end().await;
    NOTHING
}

pub(crate) async fn run(args: Upload) -> Result<u8> {
    let output = Output::new(args.json);
    let options = match options(&args) {
        Ok(options) => options,
        Err(error) => return Ok(nothing(output, error).await),
    };
    let mut signals = Signals::listen().map_err(|e| Error::new(ErrorCode::Unexpected).detail("signals").source(e))?;
    let home = options.home.clone();
    let opened = tokio::select! {
        opened = Uploader::open(options) => opened,
        () = signals.next() => return Ok(INTERRUPTED),
    };
    let uploader = match opened {
        Ok(uploader) => uploader,
        Err(error) => return Ok(nothing(output, error).await),
    };
    if let Some(notice) = uploader.notice() {
        output.records(notice);
    }
    let (outcome, in_a_hurry) = tokio::select! {
        outcome = upload(&uploader, &home, &args, &output) => (outcome, false),
        () = signals.next() => {
            output.stopped(Stopped::Signal);
            (Ok(INTERRUPTED), true)
        }
    };
    let code = outcome.unwrap_or_else(|error| {
        output.problem(error);
        NOTHING
    });
    let closing = if in_a_hurry { CLOSING } else { GIVING_BACK };
    // A further signal means it: what was acknowledged is on record anyway.
    let end = async {
        uploader.close().await;
        output.end().await;
    };
    tokio::select! {
        () = end => Ok(code),
        () = tokio::time::sleep(closing + LAST_WORDS), if code == INTERRUPTED => Ok(INTERRUPTED),
        () = signals.next() => Ok(INTERRUPTED),
    }
}

/// What is told of this command's files as they go. What older commands left goes on beside them, and is told by theirs.
struct Show<'a> {
    output: &'a Output,
    batch: BatchId,
    rows: Rows,
    done: HashSet<TransferId>,
    failed: HashSet<TransferId>,
    refused: u32,
    /// Nothing was sent, and it waits for the network.
    doubt: &'a Notify,
}

impl Show<'_> {
    fn take(&mut self, update: &Update) {
        let progress = self.rows.take(update);
        let in_doubt =
            |progress: &Progress| progress.sent == 0 && progress.waits_for.as_ref().is_some_and(is_for_a_way);
        if progress.as_ref().is_some_and(in_doubt) {
            self.doubt.notify_one();
        }
        if let Update::Delta(delta) = update {
            let ours = |outcome: &&Outcome| outcome.batch == self.batch || self.rows.came_with(outcome.batch);
            let outcomes: Vec<_> = delta.outcomes.iter().filter(ours).cloned().collect();
            for outcome in &outcomes {
                self.count(outcome);
            }
            self.output.outcomes(outcomes);
        }
        if let Some(progress) = progress {
            self.output.progress(progress);
        }
    }

    /// Shows what is told until something else is there, or the exit code where the records cannot be written.
    async fn follow<T>(&mut self, feed: &mut Feed, until: impl Future<Output = T>) -> Result<ControlFlow<u8, T>> {
        tokio::pin!(until);
        loop {
            tokio::select! {
                biased;
                update = feed.next() => match update {
                    Some(update) => {
                        self.take(&update);
                        // A script must know; what is on record goes on with the next run.
                        if let Some((problem, why)) = stops(&totals(&update).overview) {
                            self.output.problem(problem);
                            self.output.stopped(why);
                            let failed = self.refused > 0 || !self.failed.is_empty();
                            return Ok(ControlFlow::Break(if failed { SOME } else { INTERRUPTED }));
                        }
                    }
                    None => return Err(Error::new(ErrorCode::Unexpected).detail("the engine ended")),
                },
                there = &mut until => return Ok(ControlFlow::Continue(there)),
            }
        }
    }

    fn count(&mut self, outcome: &Outcome) {
        match outcome.state {
            RowState::Done { .. } => self.done.insert(outcome.id),
            RowState::Failed { .. } => self.failed.insert(outcome.id),
            _ => false,
        };
    }

    /// Of so many files, those that this run did not upload.
    fn earlier(&self, uploaded: u32) -> u32 {
        uploaded.saturating_sub(u32::try_from(self.done.len()).unwrap_or(u32::MAX))
    }

    /// What a summary counts and no line has told.
    fn untold(self, home: &Path, settled: Settled) -> Look {
        let all = usize::try_from(settled.failed).is_ok_and(|failed| failed <= self.failed.len());
        Look {
            home: home.to_owned(),
            batch: self.batch,
            but: (!all).then_some(self.failed),
            skipped: settled.skipped > 0,
        }
    }
}

/// What a command does not wait for: nobody can do anything about it while it runs.
fn stops(overview: &Overview) -> Option<(Error, Stopped)> {
    match overview {
        Overview::Stuck { code } => Some((Error::new(*code).detail("the records cannot be written"), Stopped::Records)),
        // A password in the environment reaches only the next one.
        _ => for_the_proxy(overview).map(|error| (error, Stopped::ProxyAuth)),
    }
}

/// That the proxy wants a password, where everything waits for that.
pub(crate) fn for_the_proxy(overview: &Overview) -> Option<Error> {
    let waits = matches!(overview, Overview::Waiting(wait) if wait.code == ErrorCode::ProxyAuth);
    waits.then(|| Error::new(ErrorCode::ProxyAuth).detail("the proxy lets nobody through without it"))
}

fn is_for_a_way(wait: &Wait) -> bool {
    matches!(wait.code, ErrorCode::Offline | ErrorCode::CaptivePortal)
}

/// What is sent, and beside it a look at an address that was typed, should it be in doubt.
async fn upload(uploader: &Uploader, home: &Path, args: &Upload, output: &Output) -> Result<u8> {
    let doubt = Notify::new();
    let (all, look) = (upload_all(uploader, home, args, output, &doubt), look(uploader, args, output, &doubt));
    tokio::pin!(all);
    tokio::select! {
        biased;
        outcome = &mut all => outcome,
        () = look => all.await,
    }
}

/// A store that somebody typed may be none. The upload waits for it all the same: it may be back in an hour.
async fn look(uploader: &Uploader, args: &Upload, output: &Output, doubt: &Notify) {
    let Some(Ok(url)) = args.place.endpoint_url.as_deref().map(url::Url::parse) else { return };
    doubt.notified().await;
    // What was typed may hold a password.
    let address = url.origin().ascii_serialization();
    let Ok(to) = destination(uploader, args.place.to.as_deref()).await else { return };
    let says = match uploader.sign_of_store(&to).await {
        Ok(sign) if sign.is_a_store => return,
        Ok(sign) => format!("What answers at {address} is no S3 storage (HTTP {}).", sign.status),
        Err(error) => format!("Nothing answers at {address} ({}).", error.detail),
    };
    output.store(format!("{says} The upload waits for it; if the address is wrong, stop it and give another one."));
}

async fn upload_all(uploader: &Uploader, home: &Path, args: &Upload, output: &Output, doubt: &Notify) -> Result<u8> {
    let to = destination(uploader, args.place.to.as_deref()).await?;
    let engine = uploader.engine();
    let mut feed = engine.subscribe(View { outcomes: true, ..View::default() }).await?;
    let before = match feed.next().await {
        Some(Update::Snapshot(snapshot)) => snapshot.slice.total,
        _ => 0,
    };
    feed.set_view(Rows::view(if args.first { 0 } else { before }, args.paths.len()));
    let collision = args.collision.map(Into::into);
    let options = EnqueueOptions { collision, resume_same: true, first: args.first };
    let ticket = engine.enqueue(args.paths.clone(), to.id, options).await?;
    engine.go();
    let refused = u32::try_from(ticket.refused.len()).unwrap_or(u32::MAX);
    for (path, code) in ticket.refused.clone() {
        output.refused(path, code);
    }
    let rows = Rows::of(ticket.items.clone());
    let (done, failed) = (HashSet::new(), HashSet::new());
    let mut show = Show { output, batch: ticket.batch, rows, done, failed, refused, doubt };
    let settled = loop {
        let settled = match show.follow(&mut feed, engine.settled(ticket.items.clone())).await? {
            ControlFlow::Continue(settled) => settled?,
            ControlFlow::Break(code) => return Ok(code),
        };
        if settled.paused == 0 {
            break settled;
        }
        if let ControlFlow::Break(code) = show.follow(&mut feed, tokio::time::sleep(PAUSED)).await? {
            return Ok(code);
        }
        // From here on a resume says that this one goes on with nothing.
        if let Some(settled) = engine.leave(ticket.items.clone()).await? {
            break settled;
        }
    };
    // Told before the rows settled, and perhaps not read yet.
    while let Some(update) = feed.try_next() {
        show.take(&update);
    }
    // What S3 still holds of given-up uploads; what cannot be removed now stays on record.
    let _ = tokio::time::timeout(SWEEP, engine.sweep()).await;
    let earlier = show.earlier(settled.uploaded);
    match show.untold(home, settled).read().await {
        Ok(untold) => {
            output.outcomes(untold.failed);
            untold.skipped.into_iter().for_each(|what| output.skipped(what));
        }
        Err(error) => output.problem(error),
    }
    output.summary(Sum { settled, refused, earlier });
    let (code, stopped) = verdict(settled, refused);
    if let Some(file) = args.receipt.as_deref().filter(|_| stopped.is_none())
        && let Err(error) = receipt::write(engine, ticket.batch, file).await
    {
        // What was uploaded is there all the same, and the same command writes the receipt of it.
        output.problem(error);
        return Ok(if code == DONE { SOME } else { code });
    }
    if let Some(why) = stopped {
        output.stopped(why);
        return Ok(code);
    }
    // Only once it was heard is it over, and the same command another one.
    if !output.heard().await {
        return Ok(if code == DONE { SOME } else { code });
    }
    engine.told(ticket.batch).await?;
    Ok(code)
}

/// The exit code, and why it could go on where it can.
fn verdict(settled: Settled, refused: u32) -> (u8, Option<Stopped>) {
    let Settled { uploaded, skipped, failed, cancelled, paused, held, .. } = settled;
    let stopped = match (held, paused) {
        (0, 0) => None,
        (0, _) => Some(Stopped::Paused),
        (_, _) => Some(Stopped::SignInEnded),
    };
    let code = match (failed + refused, cancelled, uploaded + skipped) {
        (0, _, _) if stopped.is_some() => INTERRUPTED,
        (0, 0, _) => DONE,
        (_, _, 0) if stopped.is_none() => NOTHING,
        _ => SOME,
    };
    (code, stopped)
}

fn no_company() -> Error {
    let none = "There is no company address. Give --server, DAVIT_SERVER or, to upload without a company, --s3.";
    Error::new(ErrorCode::BadInput).detail(none)
}

/// The destination that was named, or the only one.
async fn destination(uploader: &Uploader, named: Option<&str>) -> Result<Destination> {
    let all = connected(uploader).await?;
    watches::named(&all, named).cloned()
}

/// Waits until the company has answered, one way or another.
pub(crate) async fn connected(uploader: &Uploader) -> Result<std::sync::Arc<[Destination]>> {
    let mut changes = uploader.session_changes();
    let answered = async {
        loop {
            let now = changes.borrow_and_update().clone();
            if let Some(error) = wants_somebody(&now, uploader.has_token()) {
                return Err(error);
            }
            match now {
                SessionStatus::Connected { destinations, .. } => return Ok(destinations),
                SessionStatus::Welcome { .. } => return Err(no_company()),
                _ => {}
            }
            if changes.changed().await.is_err() {
                return Err(Error::new(ErrorCode::Unexpected));
            }
        }
    };
    match tokio::time::timeout(ANSWER, answered).await {
        Ok(outcome) => outcome,
        Err(_) => Err(match uploader.session() {
            SessionStatus::Connecting { instead: Some(code), .. } => {
                Error::new(code).detail("for 20 s something else has answered than your company")
            }
            _ => Error::new(ErrorCode::BackendDown).detail("no answer for 20 s"),
        }),
    }
}

/// Why nothing goes to the company before somebody does something that this command cannot; none where there is nobody to wait for.
pub(crate) fn wants_somebody(now: &SessionStatus, has_token: bool) -> Option<Error> {
    let ended = |why: &str| Error::new(ErrorCode::SignInEnded).detail(why);
    let input = |why: &str| Error::new(ErrorCode::BadInput).detail(why);
    Some(match now {
        SessionStatus::TokenRefused { code: ErrorCode::BadInput, .. } => {
            input("DAVIT_TOKEN has a line break or another character that no token has. Set it anew.")
        }
        SessionStatus::TokenRefused { code, detail } | SessionStatus::Welcome { problem: Some((code, detail)), .. } => {
            Error::new(*code).detail(detail.clone())
        }
        SessionStatus::NeedsToken { .. } if !has_token => ended("DAVIT_TOKEN is not set"),
        SessionStatus::NeedsBrowser { .. } if has_token => input(TAKES_NO_TOKEN),
        SessionStatus::NeedsBrowser { .. } => ended("the company signs people in by their browser"),
        SessionStatus::SignedOut { .. } => Error::new(ErrorCode::SignInEnded),
        SessionStatus::Connecting { instead: Some(ErrorCode::ProxyAuth), .. } => Error::new(ErrorCode::ProxyAuth),
        SessionStatus::Welcome { problem: None, .. }
        | SessionStatus::Connected { .. }
        | SessionStatus::NeedsToken { .. }
        | SessionStatus::SigningIn { .. }
        | SessionStatus::Connecting { .. } => return None,
    })
}

/// `s3://BUCKET/PREFIX/` and what belongs to it.
fn direct(args: &Place) -> Result<Option<Direct>> {
    let Some(text) = &args.s3 else { return Ok(None) };
    let bad = |detail: String| Error::new(ErrorCode::BadInput).detail(detail);
    let none = || bad("This is no place in S3. Give --s3 as s3://BUCKET/PREFIX/.".to_owned());
    let rest = text.strip_prefix("s3://").ok_or_else(none)?;
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    shape::bucket(bucket).map_err(|why| bad(format!("{bucket:?} {why}.")))?;
    let prefix = if prefix.is_empty() || prefix.ends_with('/') { prefix.to_owned() } else { format!("{prefix}/") };
    if !prefix.is_empty() {
        let odd = |_| {
            bad(format!("{prefix:?} is not a prefix: no part may be empty, a dot or two, and 900 bytes are enough."))
        };
        shape::prefix(&prefix).map_err(odd)?;
    }
    // What was typed may hold a password.
    let odd = || bad("What --endpoint-url names is no address. Give one like https://store.example.com.".to_owned());
    let endpoint = args.endpoint_url.as_deref().map(url::Url::parse).transpose().map_err(|_| odd())?;
    Ok(Some(Direct {
        bucket: bucket.to_owned(),
        prefix,
        region: args.region.clone(),
        endpoint,
        path_style: args.path_style,
        accelerate: args.accelerate,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_code_says_whether_all_some_or_nothing_is_there_and_whether_it_can_go_on() {
        let none = Settled::default();
        let (uploaded, skipped) = (Settled { uploaded: 2, ..none }, Settled { skipped: 2, ..none });
        assert_eq!(verdict(none, 0).0, DONE);
        assert_eq!(verdict(uploaded, 0).0, DONE);
        assert_eq!(verdict(skipped, 0).0, DONE);
        assert_eq!(verdict(none, 1).0, NOTHING);
        assert_eq!(verdict(Settled { failed: 1, ..none }, 0).0, NOTHING);
        assert_eq!(verdict(Settled { cancelled: 1, ..none }, 0).0, NOTHING);
        assert_eq!(verdict(uploaded, 1).0, SOME);
        assert_eq!(verdict(Settled { failed: 1, ..uploaded }, 0).0, SOME);
        assert_eq!(verdict(Settled { cancelled: 1, ..uploaded }, 0).0, SOME);
        assert_eq!(verdict(Settled { paused: 1, ..uploaded }, 0), (INTERRUPTED, Some(Stopped::Paused)));
        assert_eq!(verdict(Settled { held: 1, ..none }, 0), (INTERRUPTED, Some(Stopped::SignInEnded)));
        assert_eq!(verdict(Settled { paused: 1, failed: 1, ..none }, 0), (SOME, Some(Stopped::Paused)));
    }
}
