//! What the window costs: the release build on a screen of its own, driven by the tests that drive it small, and the same page in
//! Chromium.

use std::path::PathBuf;

use anyhow::{Result, bail};

use super::{commit, document, folder, package, program, results};
use crate::packages::Purpose;
use crate::run::{build_page, cargo, command, must, npm, target};
use crate::setup;
use crate::test::on_a_screen;

/// The name of its tables together.
pub(super) const NAME: &str = "window";
/// Each of them, as its marks say.
const TABLES: &[&str] = &["window", "window-rows", "window-chromium"];
/// The tests that measure, one after the other.
const TESTS: &[&str] = &[
    "test",
    "--workspace",
    "--locked",
    "--test",
    "scenarios",
    "--",
    "window_measured",
    "--test-threads=1",
    "--nocapture",
];

pub(super) fn run() -> Result<()> {
    if !cfg!(target_os = "linux") {
        bail!("the window is measured on Linux so far");
    }
    setup::run(Purpose::Test)?;
    std::fs::create_dir_all(results())?;
    build_page()?;
    let programs = ["build", "--release", "--locked", "--package", "davit", "--package", "davit-app"];
    must("davit and its window, optimised", &mut cargo(&programs))?;
    must("a store", package("build", "davit-bench").arg("--release"))?;
    let bench = folder().join("release").join(program("davit-bench"));
    let mut tests = on_a_screen(TESTS);
    // At full size.
    tests.env("DAVIT_SOAK", "1").env("DAVIT_BENCH_PROGRAMS", target().join("release"));
    tests.env("DAVIT_BENCH_STORE", &bench).env("DAVIT_BENCH_TABLES", results());
    tests.env("DAVIT_BENCH_COMMIT", commit().unwrap_or_default());
    for &name in TABLES {
        let _ = std::fs::remove_file(table(name));
    }
    // What is beyond its bound fails, and stands in the document all the same.
    let window = must("measure the window", &mut tests);
    let mut pace = npm(&["run", "--silent", "pace", "--"]);
    let page = must("measure its page in Chromium", pace.arg(table("window-chromium")));
    for &name in TABLES.iter().filter(|name| table(name).exists()) {
        let mut put = command(&bench, &["put", "--name", name]);
        must(name, put.arg("--table").arg(table(name)).arg("--document").arg(document()))?;
    }
    window.and(page)
}

/// Where it is written first.
fn table(name: &str) -> PathBuf {
    results().join(format!("{name}.md"))
}
