//! Every check and test, cheapest first, on a screen of its own.

use std::process::Command;
use std::time::Instant;

use anyhow::Result;

use crate::packages::Purpose;
use crate::run::{build, build_page, cargo, command, must, npm, root, target, took, works};
use crate::{advisories, bench, book, demo, notices, setup, tools, workflows};

/// In the names of tests that do not share the machine; `.config/nextest.toml` says the same.
const ALONE: &[&str] = &["heavy", "window"];

pub(crate) fn run(filter: Option<&str>) -> Result<()> {
    let begun = Instant::now();
    setup::run(Purpose::Test)?;
    if filter.is_none() {
        must("format", &mut cargo(&["fmt", "--all", "--check"]))?;
        must("the bench: format", &mut cargo(&["fmt", "--all", "--check", "--manifest-path", "bench/Cargo.toml"]))?;
        if root().join("ui/package.json").exists() {
            must("ui: format, lint, types, unit tests", &mut npm(&["run", "check"]))?;
            must("ui: every state in pictures, axe, keyboard, zoom", &mut npm(&["run", "gallery"]))?;
            build_page()?;
        }
        workflows::run()?;
        let clippy = ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
        must("clippy", &mut cargo(&clippy))?;
        let doc = ["doc", "--workspace", "--no-deps", "--locked"];
        must("documentation of the code", cargo(&doc).env("RUSTDOCFLAGS", "-D warnings"))?;
        book::run()?;
        notices::run(&target().join("third-party-notices.txt"))?;
        if tools::has(&tools::DENY) {
            let deny = |what: &[&str]| cargo(&[&["deny"], what].concat());
            must("licences, bans, sources", &mut deny(&["--offline", "check", "bans", "licenses", "sources"]))?;
            if works(&mut deny(&["fetch", "db"])) {
                must("advisories", &mut deny(&["--offline", "check", "advisories"]))?;
            } else {
                println!("== the advisories cannot be fetched: they are not checked here");
            }
        }
        advisories::of_npm()?;
    }
    build()?;
    if filter.is_none() {
        println!("== the demo, started twice");
        demo::proof()?;
    }
    tests(filter)?;
    if filter.is_none() {
        // It runs where its peers do.
        if cfg!(unix) {
            bench::proof()?;
        }
        // As a newcomer does it, with data of its own.
        demo::headless("demo-of-the-tests")?;
    }
    println!("== all checks and tests passed in {}", took(begun));
    Ok(())
}

/// Writes `ui/src/ipc/bindings.ts`; a test compares it from then on.
pub(crate) fn bindings() -> Result<()> {
    setup::run(Purpose::Test)?;
    let mut write = cargo(&["test", "--workspace", "--locked", "--quiet", "--", "bindings"]);
    must("the page's types", write.env("DAVIT_WRITE_BINDINGS", "1"))
}

/// Writes `docs/policy/`; a test compares it from then on.
pub(crate) fn policy() -> Result<()> {
    setup::run(Purpose::Test)?;
    let mut write = cargo(&["test", "--workspace", "--locked", "--quiet", "--", "policy_files_are"]);
    must("policies", write.env("DAVIT_WRITE_POLICY", "1"))
}

/// The tests, by nextest where it is installed.
fn tests(filter: Option<&str>) -> Result<()> {
    let all = ["--workspace", "--locked"];
    if tools::has(&tools::NEXTEST) {
        // Most of them wait for a clock most of the time.
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let threads = (cores * 2).to_string();
        let words = [&["nextest", "run", "--test-threads", &threads], &all[..], filter.as_slice()].concat();
        return must("tests", &mut on_a_screen(&words));
    }
    // Cargo's own runner knows no groups: what does not share the machine comes after the others, one by one.
    let all = [&["test", "--no-fail-fast"], &all[..]].concat();
    let one_by_one = |names: &[&str]| on_a_screen(&[&all[..], &["--"], names, &["--test-threads=1"]].concat());
    if let Some(filter) = filter {
        return must("tests", &mut one_by_one(&[filter]));
    }
    let skipped: Vec<&str> = ALONE.iter().flat_map(|name| ["--skip", name]).collect();
    must("tests", &mut on_a_screen(&[&all[..], &["--"], &skipped].concat()))?;
    must("tests that want the machine for themselves", &mut one_by_one(ALONE))
}

/// Cargo; on Linux with a screen, a session bus and a keychain of its own.
pub(crate) fn on_a_screen(words: &[&str]) -> Command {
    if !cfg!(target_os = "linux") {
        return cargo(words);
    }
    let mut command = command("bash", &["tests/tools/with-screen"]);
    command.arg(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())).args(words);
    command
}
