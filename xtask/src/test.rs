//! Every check and test, cheapest first, on a screen of its own.

use std::time::Instant;

use anyhow::Result;

use crate::packages::Purpose;
use crate::run::{build, cargo, command, must, npm, root, took, works};
use crate::{demo, setup};

pub(crate) fn run(filter: Option<&str>) -> Result<()> {
    let begun = Instant::now();
    setup::run(Purpose::Test)?;
    if filter.is_none() {
        must("format", &mut cargo(&["fmt", "--all", "--check"]))?;
        if root().join("ui/package.json").exists() {
            must("ui: format, lint, types, unit tests", &mut npm(&["run", "check"]))?;
            must("ui: every state in pictures, axe, keyboard, zoom", &mut npm(&["run", "gallery"]))?;
            must("ui: build", &mut npm(&["run", "build"]))?;
        }
        let clippy = ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
        must("clippy", &mut cargo(&clippy))?;
        if works(&mut cargo(&["deny", "--version"])) {
            must(
                "licences, bans, sources",
                &mut cargo(&["deny", "--offline", "check", "bans", "licenses", "sources"]),
            )?;
        } else {
            println!("== cargo-deny is not installed: licences, bans and sources are not checked here");
        }
    }
    build()?;
    if filter.is_none() {
        println!("== the demo, started twice");
        demo::proof()?;
    }
    must("tests", &mut tests(filter))?;
    println!("== all checks and tests passed in {}", took(begun));
    Ok(())
}

/// Writes `ui/src/ipc/bindings.ts`; a test compares it from then on.
pub(crate) fn bindings() -> Result<()> {
    setup::run(Purpose::Test)?;
    let mut write = cargo(&["test", "--workspace", "--locked", "--quiet", "--", "bindings"]);
    must("the page's types", write.env("DAVIT_WRITE_BINDINGS", "1"))
}

/// The tests, by nextest where it is installed; on Linux with a screen, a session bus and a keychain of their own.
fn tests(filter: Option<&str>) -> std::process::Command {
    let nextest = works(&mut cargo(&["nextest", "--version"]));
    let mut words = if nextest { vec!["nextest", "run"] } else { vec!["test"] };
    words.extend(["--workspace", "--locked"]);
    words.extend(filter);
    if !cfg!(target_os = "linux") {
        return cargo(&words);
    }
    let mut all = vec!["tests/tools/with-screen".to_owned()];
    all.push(std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()));
    all.extend(words.into_iter().map(str::to_owned));
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    command("bash", &all)
}
