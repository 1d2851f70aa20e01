//! A systemd that writes down what it is told, for what packages tell it.

use std::path::Path;
#[cfg(test)]
use std::process::Command;

#[cfg(test)]
use super::tree::Tree;

/// What stands in systemd's place: it writes its words into a file, and says that all is well.
pub(super) const SYSTEMCTL: &str = "#!/bin/sh\necho \"$*\" >>/tmp/systemctl.heard\n";

/// One of its own, in a folder.
#[cfg(test)]
pub(super) struct Recorder {
    folder: tempfile::TempDir,
}

#[cfg(test)]
impl Recorder {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let bin = Tree::new(folder.path().join("bin")).expect("made");
        let heard = folder.path().join("heard").display().to_string();
        let script = folder.path().join("script");
        std::fs::write(&script, SYSTEMCTL.replace("/tmp/systemctl.heard", &heard)).expect("written");
        bin.program(&script, "/systemctl").expect("copied");
        Self { folder }
    }

    /// The script, as it is where systemd runs.
    pub(super) fn seen_by(&self, script: &str) -> String {
        script.replace("/run/systemd/system", &self.folder.path().display().to_string())
    }

    /// What it hears from a script that is run with some words.
    pub(super) fn hears(&self, script: &str, words: &[&str]) -> Vec<String> {
        let heard = self.folder.path().join("heard");
        std::fs::write(&heard, "").expect("emptied");
        let path = format!("{}:/usr/bin:/bin", self.folder.path().join("bin").display());
        let run = Command::new("sh").args(["-euc", script, "script"]).args(words).env("PATH", path).status();
        assert!(run.expect("sh starts").success(), "{words:?}:\n{script}");
        read(&heard)
    }
}

/// What was heard, a line each.
pub(super) fn read(heard: &Path) -> Vec<String> {
    std::fs::read_to_string(heard).unwrap_or_default().lines().map(str::to_owned).collect()
}
