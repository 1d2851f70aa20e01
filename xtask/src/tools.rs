//! Tools of cargo's that make more of the tests, where they are installed. Nobody needs them: they take minutes to compile.

use crate::run::{cargo, works};

/// A tool that stands beside cargo.
pub(crate) struct Tool {
    name: &'static str,
    /// The one the project was last tried with.
    version: &'static str,
    without: &'static str,
}

pub(crate) const NEXTEST: Tool =
    Tool { name: "nextest", version: "0.9.143", without: "the tests are run by cargo test, which takes longer" };
pub(crate) const DENY: Tool =
    Tool { name: "deny", version: "0.20.2", without: "licences, bans, sources and advisories are not checked here" };

/// Whether it is installed. Where it is not, a line says what is missed and how to have it.
pub(crate) fn has(tool: &Tool) -> bool {
    let has = works(&mut cargo(&[tool.name, "--version"]));
    if !has {
        println!("== cargo-{} is not installed: {}; {}", tool.name, tool.without, how(tool));
    }
    has
}

/// The command that installs it.
pub(crate) fn how(tool: &Tool) -> String {
    format!("cargo install cargo-{} --locked --version {}", tool.name, tool.version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::root;

    /// Where packages are made for people it is not left out.
    #[test]
    fn a_release_is_made_of_crates_that_were_looked_at() {
        let workflow = std::fs::read_to_string(root().join(".github/workflows/release.yml")).expect("a workflow");
        for line in [how(&DENY), "cargo deny check".to_owned()] {
            assert!(workflow.lines().any(|of| of.trim() == format!("run: {line}")), "{line}");
        }
    }
}
