//! The slow proofs: each goal's loop at its full size. The tests run the same loops small.

use std::fmt::Write as _;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use crate::packages::Purpose;
use crate::run::{cargo, command, must, root, took};
use crate::{setup, tools};

mod loops;

use loops::{LOOPS, Loop};

/// One loop, whether or not the tests leave it out.
const NEXTEST: &str =
    "nextest run --workspace --locked --cargo-profile soak --profile soak --no-capture --run-ignored all -E";

pub(crate) fn run(goal: Option<&str>, times: Option<u32>, seed: u64) -> Result<()> {
    let loops: Vec<_> =
        LOOPS.iter().filter(|one| goal.is_none_or(|goal| goal.eq_ignore_ascii_case(one.goal))).collect();
    if loops.is_empty() {
        let mut goals: Vec<_> = LOOPS.iter().map(|one| one.goal).collect();
        goals.dedup();
        bail!("there is no such goal; there are {}", goals.join(", "));
    }
    if !tools::has(&tools::NEXTEST) {
        bail!("the loops are run by nextest; install it: {}", tools::how(&tools::NEXTEST));
    }
    setup::run(Purpose::Test)?;
    // Built for minutes, where it runs for hours.
    must("build", &mut cargo(&["build", "--workspace", "--locked", "--profile", "soak"]))?;
    let file = root().join("artefacts/soak.md");
    std::fs::create_dir_all(root().join("artefacts"))?;
    let mut table = "| goal | loop | times | result | time |\n|---|---|---|---|---|\n".to_owned();
    let mut broken = Vec::new();
    for Loop { goal, times: full, what, test } in loops {
        let times = times.unwrap_or(*full);
        println!("== {goal}: {what}, {times} times from seed {seed}");
        let begun = Instant::now();
        let program = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        let filter = format!("test(={test})");
        let words =
            ["tests/tools/with-screen", &program].into_iter().chain(NEXTEST.split(' ')).chain([filter.as_str()]);
        let mut run = command("bash", &words.collect::<Vec<_>>());
        run.env("DAVIT_SOAK", times.to_string()).env("DAVIT_SEED", seed.to_string());
        let held = run.status().context("nextest could not be started")?.success();
        let result = if held { "held" } else { "broken" };
        writeln!(table, "| {goal} | {what} | {times} | {result} | {} |", took(begun))?;
        // At once: the next loop may take hours, or be stopped.
        std::fs::write(&file, &table)?;
        if !held {
            broken.push(*goal);
        }
    }
    println!("\n{table}\nwritten to {}", file.display());
    if broken.is_empty() { Ok(()) } else { bail!("broken: {}", broken.join(", ")) }
}
