//! `davit watch`: folders that upload by themselves, asked of the process that is at work, or kept for the next when none is.

use std::path::{Path, PathBuf};
use std::time::Duration;

use davit_core::engine::feed::{Update, View};
use davit_core::error::{Error, ErrorCode, Result};
use davit_core::ids::WatchId;
use davit_core::journal::{Reader, WatchRow};
use davit_core::uploader::watches::{Answer, Ask};
use davit_core::uploader::{Options, Uploader, control};
use davit_core::watch::card::Doing;
use davit_core::watch::preview::Preview;
use davit_core::watch::record::State;
use davit_core::watch::spec::Existing;

use crate::args::{Add, Answered, Change, Folder, Folders, OnExisting, Relocated, Run, Watch};
use crate::output::Output;
use crate::progress::totals;
use crate::signals::Signals;
use crate::upload::{connected, for_the_proxy, place, wants_somebody};
use crate::{DONE, INTERRUPTED, NOTHING, existing, text, watched, words};

/// What there is to say without any.
const NONE: &str = "No folder is watched. Begin with `davit watch add FOLDER`.";
/// Whoever forgets a company is signed out of it on the way; what is so for longer does not pass by itself.
const PASSES: Duration = Duration::from_secs(2);
/// What is watched by nobody.
const NOBODY: &str = "Nobody watches them now: begin with `davit watch run`, or open the app.";

pub(crate) async fn run(command: Watch) -> Result<u8> {
    match command {
        Watch::Add(add) => self::add(*add).await,
        Watch::Change(change) => self::change(&change).await,
        Watch::Answer(answered) => self::answer(&answered).await,
        Watch::List { json } => list(json).await,
        Watch::Remove(folder) => ask(&folder, Ask::Remove, "is watched no more").await,
        Watch::Pause(some) => ask_some(some, Ask::Pause, Ask::PauseAll, "rests").await,
        Watch::Resume(some) => ask_some(some, Ask::Resume, Ask::ResumeAll, "is watched again").await,
        Watch::Move(place) => relocate(&place).await,
        Watch::Check(folder) => check(&folder).await,
        Watch::Run(run) => watch(*run).await,
    }
}

/// What would be taken of a folder as it is.
async fn would(add: &Add) -> Result<u8> {
    let spec = add.wanted.fresh();
    spec.check()?;
    let preview = existing::preview(&add.path, &Options::from_env()?.home, &spec).await?;
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
    if is_missing(&path) {
        return Ok(no_folder(&path));
    }
    let mut spec = add.wanted.fresh();
    spec.check()?;
    let chosen = match add.existing {
        Some(existing) => Some(existing.into()),
        None => existing::chosen(&path, &options.home, &spec).await?,
    };
    let Some(existing) = chosen else { return Ok(NOTHING) };
    spec.existing = existing;
    // In a process that is at work it is by its id.
    let to = add.place.to.clone().or_else(|| options.direct.as_ref().map(|place| place.id().0));
    let ask_for = Ask::Add { path: path.clone().into_os_string(), to, spec: Box::new(spec) };
    let (answer, at_work) = asked(options, ask_for).await?;
    let Answer::Added(id) = answer else { return Err(Error::new(ErrorCode::Unexpected)) };
    text::line(&format!("{id}  {} is watched.", text::plain(&path.to_string_lossy())))?;
    if existing == Existing::Ask {
        text::note(&format!("What of the files that are there is uploaded is asked: {}.", existing::how(id)));
    }
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
        if matches!(ask, Ask::Add { .. } | Ask::Change { to: Some(_), .. }) {
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
    asked(options, what(row.id)).await?;
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
    if is_missing(&to) {
        return Ok(no_folder(&to));
    }
    let folder = Folder { folder: place.folder.clone() };
    let became = format!("is {} from now on", text::plain(&to.to_string_lossy()));
    ask(&folder, |id| Ask::Relocate(id, to.clone().into_os_string()), &became).await
}

/// Has all of a folder looked at.
async fn check(folder: &Folder) -> Result<u8> {
    let options = Options::from_env()?;
    let Some(row) = folder.find(&options.home)? else { return Ok(unknown(&folder.folder)) };
    let path = text::plain(&row.path.to_string_lossy());
    let home = options.home.clone();
    if matches!(asked(options, Ask::Check(row.id)).await?, (Answer::NotNow, _)) {
        let doing = match control::watches(&home, Ask::Cards).await {
            Ok(Some(Answer::Cards(cards))) => cards.iter().find(|card| card.id == row.id).map(|card| card.doing),
            _ => None,
        };
        text::note(&format!("davit: {path} was not looked at: {}.", why_not(&row, doing)));
        return Ok(NOTHING);
    }
    text::line(&format!("{}  {path} was looked at.", row.id))?;
    Ok(DONE)
}

/// Why a folder is not looked at now, and what becomes of it.
fn why_not(row: &WatchRow, doing: Option<Doing>) -> String {
    match row.state {
        _ if matches!(doing, Some(Doing::Elsewhere { .. })) => {
            "another Davit watches it. Close that one, or let it go on there".to_owned()
        }
        State::Asks | State::Watching if !row.path.exists() => {
            format!("it is not where it was. Bring it back, or say where it is: `davit watch move {} PATH`", row.id)
        }
        State::Paused { .. } => format!("it rests, and is once it goes on: `davit watch resume {}`", row.id),
        State::Asks if row.spec.existing == Existing::Ask => {
            format!("it asks what of the files that are there is uploaded: {}", existing::how(row.id))
        }
        State::Asks | State::Watching | State::Stopped => {
            "it is another folder than it was, cannot be read, or another Davit watches it. See `davit watch list`"
                .to_owned()
        }
    }
}

/// Changes what is said of what is wanted of a folder, and where its files go from now on.
async fn change(change: &Change) -> Result<u8> {
    let goes_elsewhere = change.place.to.is_some() || change.place.s3.is_some();
    let options = if goes_elsewhere { place(&change.place)? } else { Options::from_env()? };
    let folder = Folder { folder: change.folder.clone() };
    let Some(row) = folder.find(&options.home)? else { return Ok(unknown(&folder.folder)) };
    // As it is on record, where whoever is at work puts it first.
    let mut spec = row.spec.clone();
    change.wanted.put_into(&mut spec);
    spec.check()?;
    let to = change.place.to.clone().or_else(|| options.direct.as_ref().map(|place| place.id().0));
    asked(options, Ask::Change { id: row.id, spec: Box::new(spec), to }).await?;
    text::line(&format!("{}  {} is watched so from now on.", row.id, text::plain(&row.path.to_string_lossy())))?;
    Ok(DONE)
}

/// Says what of the files that are there is uploaded.
async fn answer(answered: &Answered) -> Result<u8> {
    let options = Options::from_env()?;
    let folder = Folder { folder: answered.folder.clone() };
    let Some(row) = folder.find(&options.home)? else { return Ok(unknown(&folder.folder)) };
    let path = text::plain(&row.path.to_string_lossy());
    if !matches!(row.state, State::Asks | State::Paused { asks: true, .. }) {
        return Ok(told(format!("{path} does not ask: what becomes of the files that were there is said already.")));
    }
    asked(options, Ask::Answer(row.id, answered.existing.into())).await?;
    let became = match answered.existing {
        OnExisting::All => "the files that are there are uploaded",
        OnExisting::NewOnly => "only new files are uploaded",
    };
    text::line(&format!("{}  {path}: {became}.", row.id))?;
    Ok(DONE)
}

fn told(what: String) -> u8 {
    words::complain(&Error::new(ErrorCode::BadInput).detail(what));
    NOTHING
}

fn is_missing(path: &Path) -> bool {
    std::fs::metadata(path).is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
}

fn no_folder(path: &Path) -> u8 {
    told(format!("There is no folder {}. Check the path.", path.display()))
}

fn unknown(folder: &str) -> u8 {
    told(format!("There is no watched folder {folder}. See `davit watch list`."))
}

impl Folder {
    fn find(&self, home: &Path) -> Result<Option<WatchRow>> {
        let path = PathBuf::from(&self.folder);
        let whole = path.canonicalize().ok().or_else(|| once(&path)).unwrap_or(path);
        let is_it = |row: &WatchRow| self.folder == row.id.to_string() || row.path == whole;
        Ok(on_record(home)?.into_iter().find(is_it))
    }
}

/// The whole path of a folder that is gone: that in which it was is there still.
fn once(path: &Path) -> Option<PathBuf> {
    let path = std::path::absolute(path).ok()?;
    Some(path.parent()?.canonicalize().ok()?.join(path.file_name()?))
}

fn on_record(home: &Path) -> Result<Vec<WatchRow>> {
    if !davit_core::journal::Journal::path(home).exists() {
        return Ok(Vec::new());
    }
    let rows = Reader::open(home)?.watches()?;
    Ok(rows.into_iter().filter(|row| row.state != State::Stopped).collect())
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
        let told = if json { watched::as_json(row, card, &home)? } else { watched::as_words(row, card, &home)? };
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

/// Watches until stopped.
async fn watch(run: Run) -> Result<u8> {
    let output = Output::new(run.json);
    let options = Options {
        concurrency: run.concurrency,
        limit: run.limit.map(|limit| limit.0),
        watch: true,
        ..place(&run.place)?
    };
    for note in bound_elsewhere(&options)? {
        text::note(&note);
    }
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
        error = nobody_is_signed_in(&uploader) => Err(error),
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

/// Of folders whose files go to another place than the one that these keys are for: they are watched, and nothing of them is sent.
fn bound_elsewhere(options: &Options) -> Result<Vec<String>> {
    let Some(place) = options.direct.as_ref().map(davit_core::uploader::Direct::id) else { return Ok(Vec::new()) };
    let elsewhere = on_record(&options.home)?.into_iter().filter(|row| row.destination.id != place);
    let note = |row: WatchRow| {
        let (path, to) = (row.path.to_string_lossy(), &row.destination.id.0);
        let [path, to, here] = [&*path, to, &place.0].map(text::plain);
        format!("davit: {path} goes to {to}, and waits: only what goes to {here} is sent by this run.")
    };
    Ok(elsewhere.map(note).collect())
}

/// Resolves once nothing goes to the company before somebody signs in, which nobody can here: to watch on in silence would look
/// like all being well.
async fn nobody_is_signed_in(uploader: &Uploader) -> Error {
    let mut changes = uploader.session_changes();
    loop {
        let wanted = wants_somebody(&changes.borrow_and_update(), uploader.has_token());
        let changed = match wanted {
            Some(error) => match tokio::time::timeout(PASSES, changes.changed()).await {
                Ok(changed) => changed,
                Err(_) => return error,
            },
            None => changes.changed().await,
        };
        if changed.is_err() {
            return Error::new(ErrorCode::Unexpected).detail("the session ended");
        }
    }
}

/// Tells of every file that reaches an end.
async fn tell(uploader: &Uploader, output: &Output) -> Result<()> {
    let mut feed = uploader.engine().subscribe(View { outcomes: true, ..View::default() }).await?;
    let mut told = false;
    while let Some(update) = feed.next().await {
        // Nobody looks at a service: that it waits for somebody is said each time it begins to.
        let waits = for_the_proxy(&totals(&update).overview);
        let is_told = std::mem::replace(&mut told, waits.is_some());
        if let Some(error) = waits.filter(|_| !is_told) {
            output.problem(error);
        }
        if let Update::Delta(delta) = update {
            output.outcomes(delta.outcomes);
        }
    }
    Err(Error::new(ErrorCode::Unexpected).detail("the engine ended"))
}
