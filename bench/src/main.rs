//! Davit and its peers, measured against a store that costs next to nothing. `cargo xtask bench` runs it.
#![allow(clippy::disallowed_methods, reason = "a tool that times others, in wall clocks")]

mod again;
mod busy;
mod by_hand;
mod cases;
mod copies;
mod figures;
mod inputs;
mod kept;
mod limit;
mod measure;
mod peers;
mod rounds;
mod sink;
mod tables;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, bail};
use clap::Parser;

use peers::{Peer, Programs};
use rounds::Place;
use tables::Circumstances;

#[derive(Debug, Parser)]
#[command(about)]
enum Args {
    /// Measure.
    Run(Run),
    /// What sending costs when nothing else is done.
    Limit(limit::Limit),
    /// A store to send to by hand, until the input ends; it then says what it saw.
    Store(by_hand::Store),
    /// What reading costs by where the buffer begins.
    Copies(copies::Copies),
    /// Put a table that was made elsewhere between its marks in a document.
    #[command(hide = true)]
    Put(Put),
    /// Run one program and say what it cost.
    #[command(hide = true)]
    Measure(measure::Measure),
}

#[derive(Debug, clap::Args)]
struct Run {
    /// Only these tables.
    #[arg(long = "case", value_name = "NAME")]
    cases: Vec<String>,
    /// Only these peers.
    #[arg(long, value_delimiter = ',', value_parser = Peer::named)]
    peers: Vec<Peer>,
    /// How often each is measured.
    #[arg(long, default_value_t = 5)]
    reps: u32,
    /// Small, once: whether all of it works, and the right bytes arrive.
    #[arg(long)]
    quick: bool,
    #[command(flatten)]
    programs: Programs,
    /// Where inputs and the peers' own files lie.
    #[arg(long, value_name = "FOLDER")]
    work: PathBuf,
    /// Where tables and all figures go.
    #[arg(long, value_name = "FOLDER")]
    results: PathBuf,
    /// What Davit was built from.
    #[arg(long, value_name = "COMMIT")]
    commit: Option<String>,
    /// A document that has the tables between marks.
    #[arg(long, value_name = "FILE")]
    document: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
struct Put {
    /// The name in its marks.
    #[arg(long)]
    name: String,
    #[arg(long, value_name = "FILE")]
    table: PathBuf,
    #[arg(long, value_name = "FILE")]
    document: PathBuf,
}

fn main() -> ExitCode {
    let outcome = match Args::parse() {
        Args::Run(run) => all(&run),
        Args::Limit(limit) => limit::run(&limit),
        Args::Copies(copies) => copies::run(&copies),
        Args::Store(store) => by_hand::run(&store),
        Args::Put(put) => std::fs::read_to_string(&put.table)
            .with_context(|| format!("{} cannot be read", put.table.display()))
            .and_then(|section| write_between(&put.document, &put.name, &section)),
        Args::Measure(measure) => measure::run(&measure),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn all(run: &Run) -> Result<()> {
    let cases = cases::all(run.quick);
    let known = || cases.iter().map(|case| case.name).chain([again::NAME, kept::NAME]);
    if let Some(unknown) = run.cases.iter().find(|name| !known().any(|known| known == name.as_str())) {
        bail!("there is no table {unknown}; there are {}", known().collect::<Vec<_>>().join(", "));
    }
    let wanted = |name: &str| run.cases.is_empty() || run.cases.iter().any(|wanted| wanted == name);
    let asked = |peer: &Peer| run.peers.is_empty() || run.peers.contains(peer);
    let place = Place { folder: run.work.clone(), quick: run.quick };
    std::fs::create_dir_all(&run.results)?;
    let (mut versions, mut missing) = (Vec::new(), Vec::new());
    for peer in peers::ALL.iter().copied().filter(asked) {
        match run.programs.version(peer) {
            Ok(version) => versions.push((peer, built(&version, run.commit.as_deref().filter(|_| peer.is_ours())))),
            Err(why) => missing.push((peer, format!("{why:#}"))),
        }
    }
    for (peer, why) in &missing {
        println!("== {} is left out: {why}", peer.name());
    }
    let rounds = if run.quick { 1 } else { run.reps };
    let processors = std::thread::available_parallelism()?.get();
    let when = Circumstances { day: day()?, processors, rounds, versions, missing };
    let mut wrong = Vec::new();
    for case in cases.iter().filter(|case| wanted(case.name)) {
        println!("== {}: {}", case.name, case.title);
        let there = |peer: &&Peer| when.versions.iter().any(|(there, _)| there == *peer);
        let peers: Vec<_> = case.peers.iter().filter(there).copied().collect();
        let runs = rounds::run(case, &peers, rounds, &run.programs, &place)?;
        wrong.extend(runs.iter().filter(|run| run.peer.is_ours() && run.failure.is_some()).map(|_| case.name));
        if !run.quick {
            std::fs::write(run.results.join(format!("{}.json", case.name)), serde_json::to_vec_pretty(&runs)?)?;
        }
        keep(run, case.name, &tables::section(case, &runs, &when))?;
    }
    if wanted(again::NAME) && asked(&Peer::Davit) {
        println!("== {}", again::NAME);
        keep(run, again::NAME, &again::section(rounds, &run.programs, &place, &when)?)?;
    }
    if wanted(kept::NAME) && asked(&Peer::Davit) {
        println!("== {}", kept::NAME);
        keep(run, kept::NAME, &kept::section(rounds, &run.programs, &place, &when)?)?;
    }
    if wrong.is_empty() { Ok(()) } else { bail!("uploads that do not count: {}", wrong.join(", ")) }
}

fn built(version: &str, commit: Option<&str>) -> String {
    match commit {
        Some(commit) if !version.is_empty() => format!("{version} ({commit})"),
        _ => version.to_owned(),
    }
}

/// Prints a table and writes it down; a small one says nothing.
fn keep(run: &Run, name: &str, section: &str) -> Result<()> {
    if run.quick {
        return Ok(());
    }
    println!("\n{section}");
    std::fs::write(run.results.join(format!("{name}.md")), section)?;
    let Some(path) = run.document.as_ref() else { return Ok(()) };
    write_between(path, name, section)
}

/// Writes a table between its marks.
fn write_between(path: &Path, name: &str, section: &str) -> Result<()> {
    let document = std::fs::read_to_string(path)?;
    let new = tables::replaced(&document, name, section);
    let new = new.with_context(|| format!("{} has no marks for {name}", path.display()))?;
    Ok(std::fs::write(path, new)?)
}

/// Today, as `2026-11-28`.
fn day() -> Result<String> {
    let output = Command::new("date").args(["-u", "+%F"]).output()?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
