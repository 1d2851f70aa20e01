//! `davit watch`: folders that upload by themselves, asked of the process that is at work, or kept for the next when none is.

use std::path::{Path, PathBuf};

use davit_core::bandwidth::Zone;
use davit_core::engine::feed::{Update, View};
use davit_core::error::{Error, ErrorCode, Result};
use davit_core::file::{Extent, Links, Placeholders};
use davit_core::ids::WatchId;
use davit_core::journal::{Reader, Tallied, WatchRow};
use davit_core::units::{ByteCount, UnixTime};
use davit_core::uploader::watches::{Answer, Ask};
use davit_core::uploader::{Options, Uploader, control};
use davit_core::watch::Spec;
use davit_core::watch::card::{Card, Counts, Doing, Notices, Why};
use davit_core::watch::preview::{Listing, Preview};
use davit_core::watch::record::State;
use davit_core::watch::rules::{self, Bounds, LEFTOVERS};
use davit_core::watch::spec::{Changed, Existing, Mode, Moved, Unit};
use serde::Serialize;

use crate::args::{Add, Beyond, Change, Folder, Folders, Relocated, Run, Wanted, Watch};
use crate::output::Output;
use crate::signals::Signals;
use crate::upload::{connected, place};
use crate::{DONE, INTERRUPTED, NOTHING, hours, text, words};

/// What there is to say without any.
const NONE: &str = "No folder is watched. Begin with `davit watch add FOLDER`.";
/// What comes of a check of a folder that rests or is away.
const LATER: &str = "rests or is not there; it is looked at once it goes on";
/// What is watched by nobody.
const NOBODY: &str = "Nobody watches them now: begin with `davit watch run`, or open the app.";

pub(crate) async fn run(command: Watch) -> Result<u8> {
    match command {
        Watch::Add(add) => self::add(*add).await,
        Watch::Change(change) => self::change(&change).await,
        Watch::List { json } => list(json).await,
        Watch::Remove(folder) => ask(&folder, Ask::Remove, "is watched no more").await,
        Watch::Pause(some) => ask_some(some, Ask::Pause, Ask::PauseAll, "rests").await,
        Watch::Resume(some) => ask_some(some, Ask::Resume, Ask::ResumeAll, "is watched again").await,
        Watch::Move(place) => relocate(&place).await,
        Watch::Check(folder) => ask(&folder, Ask::Check, "was looked at").await,
        Watch::Run(run) => watch(*run).await,
    }
}

impl Beyond {
    const fn extent(&self) -> Extent {
        Extent {
            links: if self.follow_links { Links::Followed } else { Links::Skipped },
            placeholders: if self.fetch_placeholders { Placeholders::Fetched } else { Placeholders::Skipped },
        }
    }
}

impl Wanted {
    fn spec(&self, existing: Existing) -> Spec {
        let Extent { links, placeholders } = self.beyond.extent();
        let include = self.include.iter().cloned().map(rules::Line::Include);
        let lines = self.exclude.iter().cloned().map(rules::Line::Exclude).chain(include).collect();
        Spec {
            under: self.under.clone(),
            settle: self.settle,
            lines,
            links,
            placeholders,
            existing,
            collision: self.collision.into(),
            priority: self.priority.into(),
            after: self.after.into(),
            bounds: Bounds {
                depth: self.depth,
                least: self.least.map(ByteCount),
                most: self.most.map(ByteCount),
                age: self.age,
            },
            allow_empty: !self.skip_empty,
            leftovers: self.leftovers(),
            hours: self.hours.clone().map(|hours| hours.0),
            moved: if self.moved_anew { Moved::Uploaded } else { Moved::Ignored },
            while_written: self.while_written,
            changed: if self.finish_first { Changed::FinishedFirst } else { Changed::BegunAnew },
            unit: if self.whole_folders { Unit::TopFolder } else { Unit::EachFile },
            mode: self.mode(),
        }
    }

    /// What is never taken.
    fn leftovers(&self) -> Vec<String> {
        let usual = LEFTOVERS.iter().map(|pattern| (*pattern).to_owned()).filter(|usual| !self.take.contains(usual));
        usual.chain(self.never.iter().cloned()).collect()
    }

    const fn mode(&self) -> Mode {
        match (self.poll, self.live) {
            (true, _) => Mode::Poll,
            (_, true) => Mode::Live,
            _ => Mode::Auto,
        }
    }
}

/// What would be taken of a folder as it is.
async fn would(add: &Add) -> Result<u8> {
    let spec = add.wanted.spec(add.existing.into());
    spec.check()?;
    let home = Options::from_env()?.home;
    // A link that is named means where it leads.
    let path = add.path.canonicalize().unwrap_or_else(|_| add.path.clone());
    let preview = Listing::of(&path, &home, spec.extent()).await?.by(&spec.rules()?, UnixTime::now());
    let named = preview.some_taken.iter().map(|path| format!("{:<10} {}", "upload", text::plain(path)));
    let left = preview.some_left.iter().map(|one| {
        let why = words::of_rule(one.why, &spec);
        format!("{:<10} {} ({})", "leave", text::plain(&one.path), text::plain(&why))
    });
    for line in named.chain(left) {
        if !text::line(&line)? {
            return Ok(DONE);
        }
    }
    let shown = preview.some_taken.len() + preview.some_left.len();
    if shown < preview.taken as usize + preview.left as usize {
        text::line("…")?;
    }
    let Preview { taken, bytes, left, .. } = preview;
    text::line(&format!("{taken} files match now ({}), {left} do not.", text::size(bytes.get())))?;
    Ok(DONE)
}

async fn add(add: Add) -> Result<u8> {
    if add.dry_run {
        return would(&add).await;
    }
    let options = place(&add.place)?;
    let path = std::path::absolute(&add.path).unwrap_or_else(|_| add.path.clone());
    // In a process that is at work it is by its id.
    let to = add.place.to.clone().or_else(|| options.direct.as_ref().map(|place| place.id().0));
    let ask_for =
        Ask::Add { path: path.clone().into_os_string(), to, spec: Box::new(add.wanted.spec(add.existing.into())) };
    let (answer, at_work) = asked(options, ask_for).await?;
    let Answer::Added(id) = answer else { return Err(Error::new(ErrorCode::Unexpected)) };
    text::line(&format!("{id}  {} is watched.", text::plain(&path.to_string_lossy())))?;
    if !at_work {
        text::note(NOBODY);
    }
    Ok(DONE)
}

/// Asks the process that is at work, or does it on record where none is. Answers whether one is.
async fn asked(options: Options, ask: Ask) -> Result<(Answer, bool)> {
    if control::is_at_work(&options.home).await
        && let Some(answer) = control::watches(&options.home, ask.clone()).await?
    {
        return Ok((answer, true));
    }
    // Nothing is uploaded meanwhile: the next run does.
    let uploader = Uploader::open(Options { hold: true, watch: true, ..options }).await?;
    words::tell(uploader.notice());
    let done = async {
        if matches!(ask, Ask::Add { .. }) {
            connected(&uploader).await?;
        }
        uploader.ask_watches(ask).await
    };
    let done = done.await;
    uploader.close().await;
    done.map(|answer| (answer, false))
}

async fn ask(folder: &Folder, what: impl Fn(WatchId) -> Ask, became: &str) -> Result<u8> {
    let options = Options::from_env()?;
    let Some(row) = folder.find(&options.home)? else {
        return Ok(unknown(&folder.folder));
    };
    let (answer, _) = asked(options, what(row.id)).await?;
    let became = if matches!(answer, Answer::NotNow) { LATER } else { became };
    text::line(&format!("{}  {} {became}.", row.id, text::plain(&row.path.to_string_lossy())))?;
    Ok(DONE)
}

/// The same of one folder, or of all of them.
async fn ask_some(some: Folders, one: impl Fn(WatchId) -> Ask, all: Ask, became: &str) -> Result<u8> {
    let Some(folder) = some.folder.filter(|_| !some.all) else {
        let options = Options::from_env()?;
        let rows = on_record(&options.home)?;
        if rows.is_empty() {
            text::line(NONE)?;
            return Ok(DONE);
        }
        asked(options, all).await?;
        for row in rows {
            text::line(&format!("{}  {} {became}.", row.id, text::plain(&row.path.to_string_lossy())))?;
        }
        return Ok(DONE);
    };
    ask(&Folder { folder }, one, became).await
}

async fn relocate(place: &Relocated) -> Result<u8> {
    let to = std::path::absolute(&place.to).unwrap_or_else(|_| place.to.clone());
    let folder = Folder { folder: place.folder.clone() };
    let became = format!("is {} from now on", text::plain(&to.to_string_lossy()));
    ask(&folder, |id| Ask::Relocate(id, to.clone().into_os_string()), &became).await
}

/// Says anew what is wanted of a folder.
async fn change(change: &Change) -> Result<u8> {
    let options = Options::from_env()?;
    let folder = Folder { folder: change.folder.clone() };
    let Some(row) = folder.find(&options.home)? else { return Ok(unknown(&folder.folder)) };
    let spec = change.wanted.spec(change.existing.map_or(row.spec.existing, Into::into));
    spec.check()?;
    asked(options, Ask::Change(row.id, Box::new(spec))).await?;
    if let Some(existing) = change.existing {
        asked(Options::from_env()?, Ask::Answer(row.id, existing.into())).await?;
    }
    text::line(&format!("{}  {} is watched so from now on.", row.id, text::plain(&row.path.to_string_lossy())))?;
    Ok(DONE)
}

fn unknown(folder: &str) -> u8 {
    text::note(&format!("davit: There is no watched folder {}. See `davit watch list`.", text::plain(folder)));
    NOTHING
}

impl Folder {
    fn find(&self, home: &Path) -> Result<Option<WatchRow>> {
        let path = PathBuf::from(&self.folder);
        let whole = path.canonicalize().unwrap_or(path);
        let is_it = |row: &WatchRow| self.folder == row.id.to_string() || row.path == whole;
        Ok(on_record(home)?.into_iter().find(is_it))
    }
}

fn on_record(home: &Path) -> Result<Vec<WatchRow>> {
    if !davit_core::journal::Journal::path(home).exists() {
        return Ok(Vec::new());
    }
    let rows = Reader::open(home)?.watches()?;
    Ok(rows.into_iter().filter(|row| row.state != State::Stopped).collect())
}

#[derive(Serialize)]
struct Line<'a> {
    id: WatchId,
    path: &'a str,
    destination: &'a str,
    under: &'a str,
    links: Links,
    /// What becomes of those that are counted below.
    cloud_files: Placeholders,
    /// Nothing where nobody watches it now.
    doing: Option<Doing>,
    paused: Option<UnixTime>,
    notices: Option<Notices>,
    settling: u32,
    still_written: u32,
    waiting: u32,
    moving: u32,
    done: u32,
    done_today: u32,
    failed: u32,
    placeholders: u32,
    /// Links, pipes, sockets and devices.
    passed: u32,
    unreadable: u32,
    /// Names that no key can have.
    refused: u32,
    events_lost: u64,
    recovered_by_a_check: u64,
    last_check: Option<UnixTime>,
    last_done: Option<UnixTime>,
    last_event: Option<UnixTime>,
    problem: Option<ErrorCode>,
    /// Why a file that was uploaded could not be moved, say.
    warning: Option<ErrorCode>,
}

async fn list(json: bool) -> Result<u8> {
    let home = Options::from_env()?.home;
    let rows = on_record(&home)?;
    let cards = match control::watches(&home, Ask::Cards).await {
        Ok(Some(Answer::Cards(cards))) => Some(cards),
        // It is at work, and watches none.
        Ok(_) => None,
        Err(error) if error.code == ErrorCode::InstanceBusy => None,
        Err(error) => return Err(error),
    };
    for row in &rows {
        let card = cards.iter().flatten().find(|card| card.id == row.id);
        let told = if json { as_json(row, card, &home)? } else { as_words(row, card, &home)? };
        if !text::line(&told)? {
            return Ok(DONE);
        }
    }
    if !json && rows.is_empty() {
        text::line(NONE)?;
    } else if !json && cards.is_none() {
        text::note(NOBODY);
    }
    Ok(DONE)
}

fn as_json(row: &WatchRow, card: Option<&Card>, home: &Path) -> Result<String> {
    let shown = davit_core::file::names::shown(&row.path);
    let counts = counts(row, card, home)?;
    let line = Line {
        id: row.id,
        path: &shown,
        destination: &row.destination.label,
        under: &row.spec.under,
        links: row.spec.links,
        cloud_files: row.spec.placeholders,
        doing: card.map(|card| card.doing),
        paused: if let State::Paused { since } = row.state { Some(since) } else { None },
        notices: card.map(|card| card.notices),
        settling: counts.settling,
        still_written: counts.still_written,
        waiting: counts.waiting,
        moving: counts.moving,
        done: counts.done,
        done_today: counts.today,
        failed: counts.failed,
        placeholders: counts.placeholders,
        passed: counts.passed,
        unreadable: counts.unreadable,
        refused: counts.refused,
        events_lost: row.counters.lost,
        recovered_by_a_check: row.counters.recovered,
        last_check: row.counters.checked,
        last_done: card.and_then(|card| card.last_done),
        last_event: card.and_then(|card| card.last_event),
        problem: card.and_then(|card| card.problem),
        warning: card.and_then(|card| card.warning),
    };
    serde_json::to_string(&line).map_err(|e| Error::new(ErrorCode::Unexpected).source(e))
}

fn counts(row: &WatchRow, card: Option<&Card>, home: &Path) -> Result<Counts> {
    if let Some(card) = card {
        return Ok(card.counts);
    }
    let midnight = Zone::here().day_began(UnixTime::now());
    let Tallied { moving, rests: waiting, done, since: today, failed, .. } =
        Reader::open(home)?.watched_counts(row.id, midnight)?;
    Ok(Counts { moving, waiting, done, today, failed, ..Default::default() })
}

fn as_words(row: &WatchRow, card: Option<&Card>, home: &Path) -> Result<String> {
    let path = text::plain(&davit_core::file::names::shown(&row.path));
    let counts = counts(row, card, home)?;
    let doing = match (card.map(|card| card.doing), row.state) {
        (_, State::Paused { since }) => format!("Paused since {}", words::date(since)),
        (Some(doing), _) => doing_in_words(doing, counts),
        (None, State::Asks) => "Waits to be told what of the files that are there is uploaded".to_owned(),
        (None, _) => "Nobody watches it now".to_owned(),
    };
    let mut told = vec![doing];
    let count = |n: u32, what: &str| (n > 0).then(|| format!("{n} {what}"));
    told.extend(count(counts.moving, "being uploaded"));
    told.extend(count(counts.settling - counts.still_written.min(counts.settling), "being written"));
    told.extend(count(counts.still_written, "still being written"));
    told.extend(count(counts.waiting, "whole, to be sent later"));
    told.extend(count(counts.failed, "need you, see `davit status`"));
    told.extend(count(counts.unreadable, "cannot be read: change their permissions"));
    told.extend(count(counts.refused, "with names that the storage refuses: rename them"));
    told.extend(count(counts.placeholders, "in the cloud, left there"));
    told.extend(count(counts.passed, "links or special files, left"));
    // What was counted says it better.
    let is_counted = |code: ErrorCode| match code {
        ErrorCode::FileUnreadable => counts.unreadable > 0,
        ErrorCode::NameRefused => counts.refused > 0,
        _ => false,
    };
    let problem = |card: &Card| card.problem.filter(|code| !is_counted(*code)).or(card.warning);
    told.extend(card.and_then(problem).map(|code| words::of(code).what.to_owned()));
    told.push(format!("{} uploaded", counts.done));
    told.extend(row.spec.hours.as_ref().map(|open| format!("in its hours, {}", hours::in_words(open))));
    told.extend((row.spec.links == Links::Followed).then(|| "links are followed".to_owned()));
    told.extend((row.spec.placeholders == Placeholders::Fetched).then(|| "files in the cloud are fetched".to_owned()));
    told.extend(card.map(|card| notices_in_words(card.notices).to_owned()));
    told.extend(row.counters.checked.map(|at| format!("last full check {}", words::date(at))));
    told.extend(
        (row.counters.lost > 0)
            .then(|| format!("events lost {}, recovered by a check {}", row.counters.lost, row.counters.recovered)),
    );
    let to = &row.destination.label;
    let under = if row.spec.under.is_empty() { String::new() } else { format!(" / {}", row.spec.under) };
    Ok(format!("{}  {path} > {}{}\n   {}", row.id, text::plain(to), text::plain(&under), told.join(", ")))
}

fn doing_in_words(doing: Doing, counts: Counts) -> String {
    match doing {
        Doing::Asks { files, bytes } => {
            let size = text::size(bytes.get());
            format!("There are {files} files ({size}): say what becomes of them")
        }
        Doing::Checking => "All of it is looked at".to_owned(),
        Doing::Watching if is_to_come(counts) => "Watched".to_owned(),
        Doing::Watching => "Up to date".to_owned(),
        Doing::Paused { since } => format!("Paused since {}", words::date(since)),
        Doing::Away => "Folder not available; it goes on by itself once it is there".to_owned(),
        Doing::Elsewhere { process: Some(process) } => format!("Another Davit watches it: process {process}"),
        Doing::Elsewhere { process: None } => "Another Davit on this computer watches it".to_owned(),
    }
}

/// Whether not all of it is there, and something is still to happen or to be done.
const fn is_to_come(counts: Counts) -> bool {
    let moves = counts.moving + counts.settling + counts.waiting;
    moves > 0 || counts.failed + counts.unreadable + counts.refused > 0
}

const fn notices_in_words(notices: Notices) -> &'static str {
    match notices {
        Notices::Live => "live",
        Notices::Polls(Why::Wanted) => "looked at once a minute",
        Notices::Polls(Why::Remote) => "looked at once a minute, since it lies on the network",
        Notices::Polls(Why::Limit { .. }) => {
            "looked at once a minute, since this system watches no more folders: raise fs.inotify.max_user_watches"
        }
        Notices::Polls(Why::Instances { .. }) => {
            "looked at once a minute, since this system tells no more programs: raise fs.inotify.max_user_instances"
        }
        Notices::Polls(Why::Refused) => "looked at once a minute, since this system does not tell",
    }
}

/// Watches until stopped.
async fn watch(run: Run) -> Result<u8> {
    let output = Output::new(run.json);
    let options = Options {
        concurrency: run.concurrency,
        limit: run.limit.map(|limit| limit.0),
        watch: true,
        ..place(&run.place)?
    };
    let mut signals = Signals::listen().map_err(|e| Error::new(ErrorCode::Unexpected).detail("signals").source(e))?;
    let uploader = tokio::select! {
        opened = Uploader::open(options) => opened?,
        () = signals.next() => return Ok(INTERRUPTED),
    };
    if let Some(notice) = uploader.notice() {
        output.records(notice);
    }
    let told = tokio::select! {
        told = tell(&uploader, &output) => told,
        () = signals.next() => Ok(()),
    };
    let code = match told {
        Ok(()) => DONE,
        Err(error) => {
            output.problem(error);
            NOTHING
        }
    };
    let end = async {
        uploader.close().await;
        output.end().await;
    };
    tokio::select! {
        () = end => Ok(code),
        () = signals.next() => Ok(INTERRUPTED),
    }
}

/// Tells of every file that reaches an end.
async fn tell(uploader: &Uploader, output: &Output) -> Result<()> {
    let mut feed = uploader.engine().subscribe(View { outcomes: true, ..View::default() }).await?;
    while let Some(update) = feed.next().await {
        if let Update::Delta(delta) = update {
            output.outcomes(delta.outcomes);
        }
    }
    Err(Error::new(ErrorCode::Unexpected).detail("the engine ended"))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::args::{Args, Command};

    /// What is wanted of a folder that is added with these words.
    fn typed(flags: &[&str]) -> Spec {
        let typed = ["davit", "watch", "add", "/in", "--existing", "all"].iter().chain(flags);
        let Command::Watch { command: Watch::Add(add) } = Args::try_parse_from(typed).expect("a command").command
        else {
            panic!("another command")
        };
        add.wanted.spec(add.existing.into())
    }

    /// W12.
    #[test]
    fn what_is_replaced_while_it_is_sent_is_finished_first_where_a_person_says_so() {
        assert_eq!(typed(&[]).changed, Changed::BegunAnew);
        assert_eq!(typed(&["--finish-first"]).changed, Changed::FinishedFirst);
    }

    /// W16, W17.
    #[test]
    fn links_are_followed_and_placeholders_fetched_where_a_person_says_so() {
        let extent = |flags: &[&str]| typed(flags).extent();
        assert_eq!(extent(&[]), Extent::default());
        let all = Extent { links: Links::Followed, placeholders: Placeholders::Fetched };
        assert_eq!(extent(&["--follow-links", "--fetch-placeholders"]), all);
        assert_eq!(extent(&["--follow-links"]), Extent { links: Links::Followed, ..Extent::default() });
    }
}
