//! The slow proofs: each goal's loop at its full size. The tests run the same loops small.

use std::fmt::Write as _;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use crate::packages::Purpose;
use crate::run::{build, command, root, took};
use crate::setup;

/// A goal, the test that is its loop, and how often the loop runs at full size.
struct Loop {
    goal: &'static str,
    what: &'static str,
    test: &'static str,
    times: u32,
}

const fn goal(goal: &'static str, what: &'static str, test: &'static str, times: u32) -> Loop {
    Loop { goal, what, test, times }
}

const LOOPS: &[Loop] = &[
    goal(
        "R1",
        "killed at any point, gone on with",
        "interruptions::killed_at_any_point_again_and_again_it_goes_on_and_nothing_on_record_is_sent_twice",
        500,
    ),
    goal("R2", "power cuts", "records::a_power_cut_costs_the_records_one_commit_at_most", 1_000),
    goal("R3", "flipped bits", "records::a_flipped_bit_in_the_records_is_never_believed", 1_000),
    goal("R4", "no room for the records", "records::a_quota_on_the_records_is_told_and_nothing_is_lost", 50),
];

pub(crate) fn run(goal: Option<&str>, factor: u32, seed: u64) -> Result<()> {
    let loops: Vec<_> =
        LOOPS.iter().filter(|one| goal.is_none_or(|goal| goal.eq_ignore_ascii_case(one.goal))).collect();
    if loops.is_empty() {
        let goals: Vec<_> = LOOPS.iter().map(|one| one.goal).collect();
        bail!("there is no such goal; there are {}", goals.join(", "));
    }
    setup::run(Purpose::Test)?;
    build()?;
    let mut table = "| goal | loop | times | result | time |\n|---|---|---|---|---|\n".to_owned();
    let mut broken = Vec::new();
    for Loop { goal, what, test, times } in loops {
        let times = times.saturating_mul(factor);
        println!("== {goal}: {what}, {times} times from seed {seed}");
        let begun = Instant::now();
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        let filter = format!("test(={test})");
        let words = ["tests/tools/with-screen", &cargo, "nextest", "run", "--workspace", "--locked"];
        let mut run = command("bash", &[&words[..], &["--profile", "soak", "--no-capture", "-E", &filter]].concat());
        run.env("DAVIT_SOAK", times.to_string()).env("DAVIT_SEED", seed.to_string());
        let held = run.status().context("nextest could not be started; install cargo-nextest")?.success();
        let result = if held { "held" } else { "broken" };
        writeln!(table, "| {goal} | {what} | {times} | {result} | {} |", took(begun))?;
        if !held {
            broken.push(*goal);
        }
    }
    let file = root().join("artefacts/soak.md");
    std::fs::create_dir_all(root().join("artefacts"))?;
    std::fs::write(&file, &table)?;
    println!("\n{table}\nwritten to {}", file.display());
    if broken.is_empty() { Ok(()) } else { bail!("broken: {}", broken.join(", ")) }
}
