//! The manual and what shells complete: both made from what can be typed, and from nothing else.

use std::io::Write as _;
use std::path::Path;

use clap::CommandFactory as _;
use clap_complete::Shell;
use davit_core::error::{Error, ErrorCode, Result};

use crate::DONE;
use crate::args::Args;

/// What everything is called where it is started.
const NAME: &str = "davit";

/// Prints what a shell reads to complete our words.
pub(crate) fn completions(shell: Shell) -> u8 {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), NAME, &mut script);
    // Whoever takes it may close early.
    let _ = std::io::stdout().write_all(&script);
    DONE
}

/// Writes a page for each command into a folder, which is made: `davit.1`, `davit-upload.1` and so on.
///
/// # Errors
/// `bad-input` for a folder that cannot be written to.
pub(crate) fn pages(folder: &Path) -> Result<u8> {
    let written = std::fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(Args::command(), folder));
    written.map_err(|error| {
        let detail = format!("The manual cannot be written to {}: {error}.", folder.display());
        Error::new(ErrorCode::BadInput).detail(detail)
    })?;
    Ok(DONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_that_is_shown_has_its_page() {
        let folder = tempfile::tempdir().expect("a folder");
        pages(folder.path()).expect("written");
        let page = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect(name);
        for command in Args::command().get_subcommands().filter(|command| !command.is_hide_set()) {
            page(&format!("{NAME}-{}.1", command.get_name()));
        }
        assert!(page("davit.1").contains("upload"));
        assert!(page("davit-watch-add.1").contains("settle"));
        assert!(!folder.path().join("davit-manual.1").exists(), "what is hidden has a page");
    }

    #[test]
    fn every_shell_is_told_of_every_command() {
        for shell in [Shell::Bash, Shell::Elvish, Shell::Fish, Shell::PowerShell, Shell::Zsh] {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Args::command(), NAME, &mut script);
            let script = String::from_utf8(script).expect("text");
            for command in Args::command().get_subcommands().filter(|command| !command.is_hide_set()) {
                assert!(script.contains(command.get_name()), "{shell}: {}", command.get_name());
            }
        }
    }
}
