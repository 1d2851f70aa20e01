//! The workflows of GitHub Actions, by actionlint and by what it does not ask: `.github/lint/check.mjs`. And our scripts, by shellcheck.

use anyhow::Result;

use crate::run::{command, must, root, works};
use crate::setup;

/// Those for sh and bash.
const SCRIPTS: [&str; 6] = [
    "packaging/appimage/AppRun",
    "packaging/appimage/as-before",
    "tests/tools/in-a-bare-system",
    "tests/tools/lossy",
    "tests/tools/played",
    "tests/tools/with-screen",
];

pub(crate) fn run() -> Result<()> {
    let lint = root().join(".github/lint");
    setup::npm_packages(&lint)?;
    must("workflows", command("node", &["check.mjs"]).current_dir(&lint))?;
    if !works(&mut command("shellcheck", &["--version"])) {
        println!("== shellcheck is not installed: scripts are not checked here");
        return Ok(());
    }
    must("scripts", command("shellcheck", &["--severity", "warning"]).args(SCRIPTS))
}
