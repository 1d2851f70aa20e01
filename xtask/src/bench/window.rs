//! What the window costs: the release build on a screen of its own, driven by the tests that drive it small, and the same page in
//! Chromium.

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
    must("measure the window", &mut tests)?;
    must(
        "measure its page in Chromium",
        npm(&["run", "--silent", "pace", "--"]).arg(results().join("window-chromium.md")),
    )?;
    for &name in TABLES {
        let mut put = command(&bench, &["put", "--name", name]);
        put.arg("--table").arg(results().join(format!("{name}.md"))).arg("--document").arg(document());
        must(name, &mut put)?;
    }
    Ok(())
}
