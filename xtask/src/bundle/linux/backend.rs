//! What the backend's package installs: the service, and how systemd runs it.

use std::path::Path;

use anyhow::Result;

use super::app::documents;
use super::tree::Tree;
use crate::dependencies::crates;
use crate::licences;
use crate::run::root;

pub(crate) fn lay(tree: &Tree, programs: &Path) -> Result<()> {
    let linux = root().join("packaging/linux");
    tree.program(&programs.join("davit-backend"), "/usr/bin/davit-backend")?;
    tree.file(&linux.join("davit-backend.service"), "/usr/lib/systemd/system/davit-backend.service")?;
    tree.file(&linux.join("backend.toml"), "/usr/share/doc/davit-backend/backend.toml")?;
    tree.compressed(&std::fs::read(linux.join("davit-backend.8"))?, "/usr/share/man/man8/davit-backend.8.gz")?;
    notices(tree)
}

/// Whose parts are in it, which goes wherever the program goes.
pub(crate) fn notices(tree: &Tree) -> Result<()> {
    documents(tree, "davit-backend", &licences::of(&crates(&["davit-backend"])?)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{command, output};

    /// The page is written by hand.
    #[test]
    fn the_manual_of_the_backend_has_all_that_can_be_typed() {
        let page = std::fs::read_to_string(root().join("packaging/linux/davit-backend.8")).expect("a page");
        let program = std::fs::read_to_string(root().join("crates/backend/src/main.rs")).expect("a source");
        let commands =
            program.split("enum Command {").nth(1).and_then(|rest| rest.split("\n}").next()).expect("commands");
        let named = commands
            .lines()
            .filter_map(|line| line.strip_prefix("    "))
            .filter(|line| line.starts_with(|first: char| first.is_ascii_uppercase()));
        let named: Vec<String> =
            named.map(|line| line.split([' ', '(', ',']).next().unwrap_or_default().to_lowercase()).collect();
        assert!(named.len() >= 3, "{named:?}");
        for command in named {
            assert!(page.contains(&format!("\n.B {command}\n")), "{command}");
        }
        for option in ["config", "token"] {
            assert!(page.contains(&format!("\n\\fB\\-\\-{option}\\fR ")), "{option}");
        }
    }

    /// What an administrator relies on.
    #[test]
    fn the_service_runs_as_nobody_and_writes_only_what_is_its_own() {
        let unit = std::fs::read_to_string(root().join("packaging/linux/davit-backend.service")).expect("a unit");
        for line in ["DynamicUser=yes", "ProtectSystem=strict", "NoNewPrivileges=yes", "CapabilityBoundingSet="] {
            assert!(unit.lines().any(|of| of == line), "{line}");
        }
        assert!(unit.lines().all(|line| line.starts_with('#') || !line.contains(" #")), "a comment behind a value");
    }

    #[test]
    fn systemd_takes_the_unit_and_finds_it_locked_down() {
        // "systemd 252 (252.39-1~deb12u1)": from 250 on it looks at files.
        let version = output(&mut command("systemd-analyze", &["--version"])).unwrap_or_default();
        let number = version.split(' ').nth(1).and_then(|number| number.parse::<u32>().ok());
        if number.is_none_or(|number| number < 250) {
            println!("skipped: there is no systemd-analyze that looks at files");
            return;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let unit = std::fs::read_to_string(root().join("packaging/linux/davit-backend.service")).expect("a unit");
        let place = folder.path().join("davit-backend.service");
        std::fs::write(&place, unit.replace("/usr/bin/davit-backend", "/bin/true")).expect("written");
        let verify = command("systemd-analyze", &["verify"]).arg(&place).output().expect("starts");
        assert!(verify.status.success(), "{}", String::from_utf8_lossy(&verify.stderr));
        // Tenths of the exposure that may be left; an empty unit has 96.
        let mut security = command("systemd-analyze", &["security", "--offline=true", "--threshold=20"]);
        let security = security.arg(&place).output().expect("starts");
        assert!(security.status.success(), "{}", String::from_utf8_lossy(&security.stdout));
    }
}
