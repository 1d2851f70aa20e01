//! How soon it sends: Davit alone, given many files for the first time, or killed with much on record and started anew by
//! the same command.

use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::figures::median;
use crate::inputs::{Input, Source};
use crate::peers::{Job, Peer, Programs};
use crate::rounds::{AT_MOST, Place, Run, Started, last_words, until};
use crate::sink::{Config, Link, Sink, Store};
use crate::tables::{Circumstances, told};

/// The name of this table.
pub(crate) const NAME: &str = "again";

const PART: u64 = 8 << 20;
/// Seconds.
const AT_MOST_TO_SEND: f64 = 1.0;
const WITHIN: Duration = Duration::from_secs(AT_MOST);

/// What is on record when it is started.
struct Before {
    source: Source,
    home: PathBuf,
    store: Arc<Store>,
    port: u16,
    /// Whether each file is given by name.
    loose: bool,
}

/// One start.
struct Start {
    run: Run,
    /// Seconds from the start to the first request with a body.
    first: f64,
}

pub(crate) fn section(rounds: u32, programs: &Programs, place: &Place, when: &Circumstances) -> Result<String> {
    let (files, parts) = if place.quick { (1_000, 40) } else { (100_000, 10_000) };
    let (mut lines, mut verdicts) = (String::new(), String::new());
    let mut all = Vec::new();
    for (what, before) in [
        (format!("nothing, and given a folder of {files} files"), dropped(files, false, place)?),
        (format!("nothing, and given {files} files one by one"), dropped(files, true, place)?),
        (format!("{files} transfers of a folder"), queued(files, false, programs, place)?),
        (format!("{files} transfers, given one by one again"), queued(files, true, programs, place)?),
        (format!("an upload of {parts} parts, the last hundredth missing"), begun(parts, programs, place)?),
    ] {
        let starts = (0..rounds).map(|round| start(&before, round, programs, place)).collect::<Result<Vec<_>>>()?;
        let middle = |of: fn(&Start) -> f64| median(starts.iter().map(of)).unwrap_or_default();
        let first = middle(|start| start.first);
        let verdict = if first <= AT_MOST_TO_SEND { "" } else { ", **not reached**" };
        verdicts += &format!("- {what}: {first:.2} s; the goal is {AT_MOST_TO_SEND:.2} at most{verdict}\n");
        lines += &format!(
            "| {what} | {} | {:.2} | {:.2} | {:.0} |\n",
            starts.len(),
            first,
            middle(|start| start.run.cost.cpu),
            middle(|start| start.run.cost.memory as f64 / f64::from(1 << 20)),
        );
        all.extend(starts.into_iter().map(|start| start.run));
    }
    let told = told(&all, when);
    Ok(format!(
        "### Given, and begun again after it was killed\n\n{told}\n\
         | on record | runs | sends after s | CPU s until then or the end | RSS MiB |\n|---|---|---|---|---|\n{lines}\n\
         From the start of the program. Many files: killed when it sends. An upload: to its end, and the object is whole.\n\n\
         {verdicts}"
    ))
}

/// So many files that nothing is known of.
fn dropped(files: u32, loose: bool, place: &Place) -> Result<Before> {
    let source = place.source(Input::Many(files, 1))?;
    let sink = Sink::start(Config::default(), Arc::default())?;
    Ok(Before { source, home: place.fresh("new")?, store: Arc::default(), port: sink.port(), loose })
}

/// So many files on record, none of them sent.
fn queued(files: u32, loose: bool, programs: &Programs, place: &Place) -> Result<Before> {
    let source = place.source(Input::Many(files, 1))?;
    // Nothing gets through while they are recorded.
    let link = Link { all: vec![(Duration::ZERO, 1)], ..Link::default() };
    let sink = Sink::start(Config { link, ..Config::default() }, Arc::default())?;
    let home = place.fresh("queued")?;
    let given = Job { loose, ..job(&source, &sink, &home) };
    let mut running = programs.begin(Peer::Davit, &given)?;
    let recorded = until("all files on record", WITHIN, || {
        ensure!(running.try_wait()?.is_none(), "it ended");
        std::thread::sleep(Duration::from_millis(500));
        let mut status = Command::new(&programs.davit);
        let status = status.args(["status", "--json"]).env("DAVIT_HOME", home.join("davit")).output()?;
        let lines = status.stdout.iter().filter(|byte| **byte == b'\n').count();
        Ok(lines >= files as usize)
    });
    stop(&mut running)?;
    recorded.with_context(|| last_words(&home))?;
    Ok(Before { source, home, store: Arc::default(), port: sink.port(), loose })
}

/// An upload that lacks the last hundredth of its parts.
fn begun(parts: u32, programs: &Programs, place: &Place) -> Result<Before> {
    let source = place.source(Input::Sparse(u64::from(parts) * PART))?;
    // A small one is slow enough to be met before its end.
    let rate = (parts < 1_000).then_some((Duration::ZERO, 50_000_000));
    let link = Link { all: rate.into_iter().collect(), ..Link::default() };
    let sink = Sink::start(Config { link, ..Config::default() }, Arc::default())?;
    let home = place.fresh("begun")?;
    let mut running = programs.begin(Peer::Davit, &job(&source, &sink, &home))?;
    let enough = parts as usize * 99 / 100 - 8;
    let sent = until("most parts", WITHIN, || Ok(sink.store().parts() >= enough));
    stop(&mut running)?;
    sent.with_context(|| last_words(&home))?;
    Ok(Before { source, home, store: sink.store(), port: sink.port(), loose: false })
}

fn start(before: &Before, round: u32, programs: &Programs, place: &Place) -> Result<Start> {
    let home = place.fresh("home")?;
    copy(&before.home, &home)?;
    let others = place.others();
    // At the same address: another would be another place.
    let store = Arc::new(Store::clone(&before.store));
    let sink = Sink::start(Config { port: before.port, ..Config::default() }, store)?;
    let job = Job { loose: before.loose, ..job(&before.source, &sink, &home) };
    let started = Started::of(programs, Peer::Davit, &job)?;
    let first = sink.first(WITHIN).with_context(|| last_words(&home))?.duration_since(started.begun).as_secs_f64();
    let cost = if before.source.is_folder {
        started.killed()?
    } else {
        let cost = started.ends()?;
        before.source.prove(&sink.store().objects()).with_context(|| last_words(&home))?;
        cost
    };
    println!(
        "{NAME} round {}: sends after {first:.2} s, {:.2} s of CPU, {} MiB",
        round + 1,
        cost.cpu,
        cost.memory >> 20
    );
    let run = Run { peer: Peer::Davit, variant: 0, round, others, failure: None, cost, seen: sink.report(), wasted: 0 };
    Ok(Start { run, first })
}

fn job<'a>(source: &'a Source, sink: &Sink, home: &'a Path) -> Job<'a> {
    Job { source, url: sink.url(), ca: None, home, connections: 0, loose: false }
}

/// Kills it.
pub(crate) fn stop(running: &mut Child) -> Result<()> {
    running.kill()?;
    running.wait()?;
    Ok(())
}

/// Files and folders; what is neither was a door of the one who was killed.
fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let (entry, to) = (entry?, to);
        let target = to.join(entry.file_name());
        let kind = entry.file_type()?;
        if kind.is_dir() {
            copy(&entry.path(), &target)?;
        } else if kind.is_file() {
            std::fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
