//! What a start is for: its words on the command line.

use std::ffi::OsString;
use std::path::PathBuf;

const HELP: &str = "\
Davit's window. It uploads very large files to your company's storage.

Usage: davit-app [--hidden] [--add PATH...]

      --add PATH...  Files and folders to upload; the window asks where they should go
      --hidden       Start without the window; starting Davit again shows it
  -h, --help         Print help
  -V, --version      Print version

For scripts and servers there is the command line: davit --help
";

/// What a start is for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// A window.
    Window {
        /// Paths for it.
        paths: Vec<PathBuf>,
        /// It is not shown before somebody wants to see it. Whoever brings paths does.
        hidden: bool,
        /// The one before put this one in its place, and may not be gone yet.
        updated: bool,
    },
    /// Words, and no window.
    Words(String),
}

impl Asked {
    /// `--add PATH...`, or paths as "Open with" gives them. After `--` everything is a path.
    pub(crate) fn by(args: impl Iterator<Item = OsString>) -> Self {
        let mut paths = Vec::new();
        let (mut options, mut hidden, mut updated) = (true, false, false);
        for arg in args {
            match arg.to_str() {
                Some("--add") if options => {}
                Some(HIDDEN) if options => hidden = true,
                Some(UPDATED) if options => updated = true,
                Some("--") if options => options = false,
                Some("--help" | "-h") if options => return Self::Words(HELP.to_owned()),
                Some("--version" | "-V") if options => {
                    return Self::Words(concat!("davit-app ", env!("CARGO_PKG_VERSION"), "\n").to_owned());
                }
                _ => paths.push(PathBuf::from(arg)),
            }
        }
        let hidden = hidden && paths.is_empty();
        Self::Window { paths, hidden, updated }
    }
}

/// How the system starts it when a person signs in.
pub(crate) const HIDDEN: &str = "--hidden";
/// How a Davit that was put in place of another is started by that. Nobody types it.
pub(crate) const UPDATED: &str = "--updated";

#[cfg(test)]
mod tests {
    use super::*;

    fn asked_by(words: &[&str]) -> Asked {
        Asked::by(words.iter().map(OsString::from))
    }

    #[test]
    fn a_start_is_for_a_window_or_for_words() {
        let window = |paths: &[&str]| Asked::Window {
            paths: paths.iter().map(PathBuf::from).collect(),
            hidden: false,
            updated: false,
        };
        assert_eq!(asked_by(&[]), window(&[]));
        assert_eq!(asked_by(&["--add", "a", "b"]), window(&["a", "b"]));
        assert_eq!(asked_by(&["--", "--help"]), window(&["--help"]));
        assert_eq!(asked_by(&["--help", "a"]), Asked::Words(HELP.to_owned()));
        assert!(matches!(asked_by(&["-V"]), Asked::Words(words) if words.starts_with("davit-app 0.")));
    }

    #[test]
    fn every_file_manager_gives_its_paths_as_a_start_takes_them() {
        let entry = |name: &str| {
            let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/linux").join(name);
            std::fs::read_to_string(path).expect(name)
        };
        for name in ["Davit.desktop", "thunar-sendto.desktop", "kio-servicemenu.desktop", "davit.nemo_action"] {
            let entry = entry(name);
            let started = entry.lines().find_map(|line| line.strip_prefix("Exec=")).expect(name);
            assert_eq!(started, "davit-app %F", "{name}");
        }
        let two = ["/media/day 7/cut.mov", "/media/day 7"];
        assert_eq!(
            asked_by(&two),
            Asked::Window { paths: two.map(PathBuf::from).to_vec(), hidden: false, updated: false }
        );
        // The one that desktops look into for who opens what.
        assert!(!entry("Davit.desktop").lines().any(|line| line.starts_with("MimeType=") && line.contains("inode/")));
    }

    #[test]
    fn a_start_without_a_window_shows_one_where_it_brings_paths() {
        let none = |hidden, updated| Asked::Window { paths: Vec::new(), hidden, updated };
        assert_eq!(asked_by(&["--hidden"]), none(true, false));
        assert_eq!(asked_by(&["--updated"]), none(false, true));
        let shown = |path: &str| Asked::Window { paths: vec![path.into()], hidden: false, updated: false };
        assert_eq!(asked_by(&["--hidden", "--add", "a"]), shown("a"));
        assert_eq!(asked_by(&["--", "--hidden"]), shown("--hidden"), "a path");
    }
}
