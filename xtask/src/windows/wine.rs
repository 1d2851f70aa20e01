//! Wine: a Windows of its own for what is run there, and an installer as it is tried in it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use crate::cross::folder;
use crate::run::{command, must, output, works};

/// How long an installer may take, with a Wine that starts for the first time.
const PATIENCE: Duration = Duration::from_secs(180);

/// Whom an installer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// The person who runs it.
    Person,
    /// All of the computer.
    All,
}

/// A Windows of its own, without a screen.
pub(super) struct Wine(PathBuf);

impl Wine {
    pub(super) fn start() -> Result<Self> {
        let wine = Self(folder().join("wine"));
        std::fs::create_dir_all(folder())?;
        if !wine.c().join("windows/system32").exists() {
            must("Wine", wine.with(&mut command("wineboot", &["-i"])))?;
        }
        // Debian 12's lacks the source of chance that Rust's standard library asks.
        let source = folder().join("chance.c");
        std::fs::write(&source, CHANCE)?;
        let mut compile = command("x86_64-w64-mingw32-gcc", &["-shared", "-o"]);
        compile.arg(wine.c().join("windows/system32/bcryptprimitives.dll")).arg(&source).arg("-ladvapi32");
        must("what Wine lacks", &mut compile)?;
        Ok(wine)
    }

    fn c(&self) -> PathBuf {
        self.0.join("drive_c")
    }

    pub(super) fn with<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("WINEPREFIX", &self.0).env("WINEDEBUG", "-all").env_remove("DISPLAY")
    }

    fn run(&self, program: &Path, words: &[&str]) -> Command {
        let mut wine = command("wine", &[]);
        self.with(wine.arg(program).args(words));
        wine
    }

    /// Installs silently, starts what was installed, and removes it, with or without what is on record.
    pub(super) fn tries(&self, installer: &Path, mode: Mode, delete: bool) -> Result<()> {
        must(&format!("install silently, {mode:?}"), &mut self.run(installer, &["/S"]))?;
        let place = self.installed().with_context(|| format!("{mode:?}: nothing was installed"))?;
        let said = output(&mut self.run(&place.join("davit.exe"), &["--version"]));
        let said = said.context("what was installed does not start")?;
        ensure!(said.contains(env!("CARGO_PKG_VERSION")), "what was installed says {said}");
        println!("installed: {} in {}", said.trim(), place.display());
        let sends = self.of_persons("AppData/Roaming/Microsoft/Windows/SendTo/Davit.lnk").is_some();
        ensure!(sends == (mode == Mode::Person), "{mode:?}: an entry in Send to: {sends}");
        for key in of_the_registry(mode) {
            ensure!(self.knows(&key), "{mode:?}: {key} was not written");
        }
        let home = self.c().join("home-of-the-trial");
        let _ = std::fs::remove_dir_all(&home);
        let watches = ["watch", "run"];
        let mut runs =
            self.run(&place.join("davit.exe"), &watches).env("DAVIT_HOME", r"C:\home-of-the-trial").spawn()?;
        let there = until("at work", || home.join("journal.sqlite").exists() || !matches!(runs.try_wait(), Ok(None)));
        let removed = there.and_then(|()| {
            self.over_what_runs(installer, mode, &place)?;
            self.removes(&place, mode, delete)
        });
        let _ = runs.kill();
        let _ = runs.wait();
        removed
    }

    /// Uninstalls, also what runs.
    fn removes(&self, place: &Path, mode: Mode, delete: bool) -> Result<()> {
        let records = self.person()?.join("AppData/Local/davit/Davit/data");
        std::fs::create_dir_all(&records)?;
        let mut words = vec!["/S"];
        words.extend(delete.then_some("/DELETEDATA"));
        must(&format!("uninstall silently, {mode:?}"), &mut self.run(&place.join("uninstall.exe"), &words))?;
        // It goes on in a copy of itself.
        until("uninstalled", || !place.exists())?;
        until("without its entries", || {
            self.of_persons("AppData/Roaming/Microsoft/Windows/SendTo/Davit.lnk").is_none()
        })?;
        for key in of_the_registry(mode) {
            until(&format!("without {key}"), || !self.knows(&key))?;
        }
        if delete {
            until("without what was on record", || !records.exists())?;
        } else {
            ensure!(records.exists(), "{mode:?}: what was on record went along");
        }
        Ok(())
    }

    /// Installs once more, over a command line that runs.
    fn over_what_runs(&self, installer: &Path, mode: Mode, place: &Path) -> Result<()> {
        must(&format!("install over what runs, {mode:?}"), &mut self.run(installer, &["/S"]))?;
        let said = output(&mut self.run(&place.join("davit.exe"), &["--version"]));
        ensure!(said.is_some_and(|said| said.contains(env!("CARGO_PKG_VERSION"))), "it does not start any more");
        Ok(())
    }

    /// Installs as a person does it: by its pages, with Return.
    pub(super) fn by_its_pages(&self, installer: &Path) -> Result<()> {
        // What ran before had no screen, and whoever starts beside it has none either.
        let script = r#"wineserver -k; wine "$1" & until [ -n "$(find "$2" -path '*/Programs/Davit.lnk')" ]; do
            xdotool key Return; sleep 1; done; sleep 1; wineserver -k; wait || true"#;
        let mut pages = command("timeout", &["180", "bash", "tests/tools/with-screen", "bash", "-c", script, "_"]);
        self.with(pages.arg(installer).arg(self.c()));
        must("install by its pages", &mut pages)?;
        let place = self.installed().context("its pages installed nothing")?;
        must("uninstall silently", &mut self.run(&place.join("uninstall.exe"), &["/S"]))?;
        until("uninstalled", || !place.exists())
    }

    /// Whether there is this key of the registry.
    fn knows(&self, key: &str) -> bool {
        works(&mut self.run(Path::new("reg"), &["query", key]))
    }

    /// Where it was installed.
    fn installed(&self) -> Option<PathBuf> {
        let all = self.c().join("Program Files/Davit");
        let one = || self.of_persons("AppData/Local/Programs/Davit");
        Some(all).filter(|place| place.join("uninstall.exe").exists()).or_else(one)
    }

    fn of_persons(&self, file: &str) -> Option<PathBuf> {
        self.person().ok().map(|person| person.join(file)).filter(|path| path.exists())
    }

    /// The home of the only person there.
    fn person(&self) -> Result<PathBuf> {
        let entries = std::fs::read_dir(self.c().join("users"))?;
        let mut homes = entries.filter_map(|entry| Some(entry.ok()?.path()));
        homes.find(|home| !home.ends_with("Public")).context("Wine has no person")
    }
}

impl Drop for Wine {
    fn drop(&mut self) {
        let _ = self.with(&mut command("wineserver", &["-k"])).status();
    }
}

/// The keys that an installation writes beside the uninstaller's own.
fn of_the_registry(mode: Mode) -> Vec<String> {
    let all = mode == Mode::All;
    let root = if all { "HKLM" } else { "HKCU" };
    let verbs = [r"Software\Classes\*\shell\Davit", r"Software\Classes\Directory\shell\Davit"];
    let path = r"Software\Microsoft\Windows\CurrentVersion\App Paths\davit.exe";
    verbs.into_iter().filter(|_| all).chain([path]).map(|key| format!(r"{root}\{key}")).collect()
}

/// Waits for a state of the disk.
fn until(what: &str, mut is_so: impl FnMut() -> bool) -> Result<()> {
    let begun = Instant::now();
    while !is_so() {
        ensure!(begun.elapsed() < PATIENCE, "it is not {what} after {} s", PATIENCE.as_secs());
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

const CHANCE: &str = r"#include <windows.h>
BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE p, SIZE_T n) { return SystemFunction036(p, (ULONG)n); }
";
