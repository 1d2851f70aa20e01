//! What the app's package installs: the window, the command line, and what a desktop and a shell know of them.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use super::tree::Tree;
use crate::run::{command, must, output, root};
use crate::{icons, licences};

/// The sizes that desktops ask for, besides the drawing itself.
const SIZES: [&str; 10] = ["16", "22", "24", "32", "48", "64", "96", "128", "256", "512"];

/// "Upload with Davit" in the menus of file managers, and where each looks for it.
const FILE_MANAGERS: [(&str, &str); 4] = [
    ("thunar-sendto.desktop", "/usr/share/Thunar/sendto/davit.desktop"),
    ("kio-servicemenu.desktop", "/usr/share/kio/servicemenus/davit.desktop"),
    ("davit.nemo_action", "/usr/share/nemo/actions/davit.nemo_action"),
    ("davit-nautilus.py", "/usr/share/nautilus-python/extensions/davit.py"),
];

/// What is the same in every kind of package.
pub(crate) struct App {
    /// Of the release build.
    programs: std::path::PathBuf,
    /// Pictures, manual and words for shells.
    made: tempfile::TempDir,
    licences: String,
    /// Those of the AppImage, which has a head besides.
    with_head: String,
}

impl App {
    /// Makes what is made.
    pub(crate) fn new(programs: &Path) -> Result<Self> {
        let made = tempfile::tempdir()?;
        let sizes: Vec<&str> = SIZES.iter().flat_map(|size| ["--png", size]).collect();
        icons::draw(&root().join("icons/davit.svg"), made.path(), &sizes)?;
        let davit = programs.join("davit");
        must("the manual", Command::new(&davit).arg("manual").arg(made.path().join("man")))?;
        for shell in ["bash", "zsh", "fish"] {
            let words = output(Command::new(&davit).args(["completions", shell]));
            std::fs::write(
                made.path().join(shell),
                words.with_context(|| format!("davit knows no words for {shell}"))?,
            )?;
        }
        let of = |programs: &[&str]| licences::of_the_app(programs, false);
        let (licences, with_head) = (of(&["davit-app", "davit"])?, of(&["davit-app", "davit", "davit-appimage"])?);
        Ok(Self { programs: programs.to_owned(), made, licences, with_head })
    }

    /// Lays all of it out, for a kind of package: DEB, RPM or APP.
    pub(crate) fn lay(&self, tree: &Tree, kind: &str) -> Result<()> {
        let linux = root().join("packaging/linux");
        for program in ["davit-app", "davit"] {
            tree.program(&self.programs.join(program), &format!("/usr/bin/{program}"))?;
        }
        tree.told("/usr/bin/davit-app", kind)?;
        tree.file(&linux.join("Davit.desktop"), "/usr/share/applications/Davit.desktop")?;
        let metainfo = std::fs::read_to_string(linux.join("org.davit.app.metainfo.xml"))?;
        let metainfo = metainfo.replace("@VERSION@", env!("CARGO_PKG_VERSION")).replace("@DATE@", &day()?);
        tree.bytes(metainfo.as_bytes(), "/usr/share/metainfo/org.davit.app.metainfo.xml")?;
        let icons = "/usr/share/icons/hicolor";
        for size in SIZES {
            let picture = self.made.path().join(format!("{size}x{size}.png"));
            tree.file(&picture, &format!("{icons}/{size}x{size}/apps/davit-app.png"))?;
        }
        tree.file(&root().join("icons/davit.svg"), &format!("{icons}/scalable/apps/davit-app.svg"))?;
        self.words(tree, kind)?;
        documents(tree, "davit", if kind == "APP" { &self.with_head } else { &self.licences })?;
        if kind != "APP" {
            for (entry, at) in FILE_MANAGERS {
                tree.file(&linux.join(entry), at)?;
            }
            tree.file(&linux.join("autostart.desktop"), "/etc/xdg/autostart/Davit.desktop")?;
        }
        Ok(())
    }

    /// The manual, and what shells complete.
    fn words(&self, tree: &Tree, kind: &str) -> Result<()> {
        for entry in std::fs::read_dir(self.made.path().join("man"))? {
            let page = entry?.path();
            let name = page.file_name().unwrap_or_default().to_string_lossy().into_owned();
            tree.compressed(&std::fs::read(&page)?, &format!("/usr/share/man/man1/{name}.gz"))?;
        }
        let window = std::fs::read(root().join("packaging/linux/davit-app.1"))?;
        tree.compressed(&window, "/usr/share/man/man1/davit-app.1.gz")?;
        let zsh = if kind == "DEB" { "vendor-completions" } else { "site-functions" };
        for (shell, at) in [
            ("bash", "/usr/share/bash-completion/completions/davit".to_owned()),
            ("zsh", format!("/usr/share/zsh/{zsh}/_davit")),
            ("fish", "/usr/share/fish/vendor_completions.d/davit.fish".to_owned()),
        ] {
            tree.file(&self.made.path().join(shell), &at)?;
        }
        Ok(())
    }
}

/// What a package says about itself on the disk: whose it is, what changed, and whose parts are in it.
pub(crate) fn documents(tree: &Tree, package: &str, licences: &str) -> Result<()> {
    let folder = format!("/usr/share/doc/{package}");
    let mit = std::fs::read_to_string(root().join("LICENSE-MIT"))?;
    let copyright = format!(
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: Davit\n\n\
         Files: *\nCopyright: The Davit authors\nLicense: Apache-2.0 or Expat\n\n\
         License: Apache-2.0\n See LICENSE-APACHE.gz beside this file. Parts that others made have their licences in\n \
         THIRD-PARTY-LICENSES.gz.\n\nLicense: Expat\n{}\n",
        mit.lines()
            .map(|line| if line.is_empty() { " .".to_owned() } else { format!(" {line}") })
            .collect::<Vec<_>>()
            .join("\n")
    );
    tree.bytes(copyright.as_bytes(), &format!("{folder}/copyright"))?;
    tree.compressed(&std::fs::read(root().join("LICENSE-APACHE"))?, &format!("{folder}/LICENSE-APACHE.gz"))?;
    tree.compressed(licences.as_bytes(), &format!("{folder}/THIRD-PARTY-LICENSES.gz"))?;
    tree.compressed(&std::fs::read(root().join("CHANGELOG.md"))?, &format!("{folder}/changelog.gz"))
}

/// The day of what is built: that of its last change, so that the same source makes the same package.
fn day() -> Result<String> {
    let day = output(&mut command("git", &["log", "-1", "--format=%cs"])).context("git does not tell the day")?;
    Ok(day.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What it is read with in GNOME Files stands in for itself here; a file of an earlier one comes behind its window.
    const GNOME_FILES: &str = r#"
import sys, types
class Item:
    def __init__(self, **of): self.of = of
    def connect(self, when, run, *with_it): self.press = lambda: run(self, *with_it)
started = []
Subprocess = types.SimpleNamespace(new=lambda words, flags: started.append(words))
known = types.SimpleNamespace(
    Gio=types.SimpleNamespace(Subprocess=Subprocess, SubprocessFlags=types.SimpleNamespace(NONE=0)),
    GObject=types.SimpleNamespace(GObject=type("GObject", (), {})),
    Nautilus=types.SimpleNamespace(MenuProvider=type("MenuProvider", (), {}), MenuItem=Item),
)
sys.modules["gi"] = types.ModuleType("gi")
sys.modules["gi.repository"] = known
read = {}
exec(open(sys.argv[1], encoding="utf-8").read(), read)
extension = read["Davit"]()
file = lambda path: types.SimpleNamespace(get_location=lambda: types.SimpleNamespace(get_path=lambda: path))
(item,) = extension.get_file_items([file("/a/one.mov"), file("/a/-two")])
assert item.of["label"] == "Upload with Davit" and item.of["icon"] == "davit-app"
item.press()
(item,) = extension.get_file_items("a window", [file("/a")])
item.press()
assert started == [["davit-app", "/a/one.mov", "/a/-two"], ["davit-app", "/a"]], started
assert extension.get_file_items([file("/a"), file(None)]) == [] == extension.get_file_items([])
assert extension.get_background_items(file("/a")) == []
"#;

    #[test]
    fn gnome_files_offers_what_lies_on_this_computer_and_starts_davit_with_it() {
        let extension = root().join("packaging/linux/davit-nautilus.py");
        let read =
            Command::new("/usr/bin/python3").args(["-c", GNOME_FILES]).arg(extension).output().expect("python3 starts");
        assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    }

    /// The page is written by hand.
    #[test]
    fn the_manual_of_the_window_has_all_that_can_be_typed() {
        let page = std::fs::read_to_string(root().join("packaging/linux/davit-app.1")).expect("a page");
        let page = page.replace('\\', "");
        let window = std::fs::read_to_string(root().join("src-tauri/src/asked.rs")).expect("a source");
        let help = window.split("const HELP").nth(1).and_then(|rest| rest.split("\";").next()).expect("help");
        let words = help.split_whitespace().filter(|word| word.starts_with("--")).collect::<Vec<_>>();
        assert!(words.len() > 4, "{words:?}");
        // The last one is the command line's.
        for word in &words[..words.len() - 1] {
            assert!(page.contains(word), "{word}");
        }
    }
}
