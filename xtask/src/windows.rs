//! Windows, from Linux: the programs are built for it, core's tests run under Wine, and an installer is made and tried there.
//! Wine has no WebView2: the window itself is built and not started.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use clap::Subcommand;

use crate::cross::{Cross, folder};
use crate::packages::Purpose;
use crate::run::{build_page, command, must, output, root, took, works};
use crate::{licences, setup};

const TRIPLE: &str = "x86_64-pc-windows-gnu";

/// Tests that ask of Wine what it does not do, each with what that is.
const NOT_UNDER_WINE: &[(&str, &str)] = &[
    ("another_file_in_its_place_is_seen", "it puts no file in the place of one that is open"),
    ("a_file_that_many_open_at_once_is_made_once", "it does not open new records many times at once"),
    ("when_a_file_came_is_told_though_its_time_is_set_back", "its times of making do not outlast one that is set"),
    ("one_instance_owns_a_folder", "it gives the name of a pipe twice"),
    ("a_process_that_does_not_answer_is_not_waited_for_without_end", "a wait for a silent pipe does not end"),
];

/// The programs that ship, and the crate that they stand on.
const BUILT: &[&str] =
    &["--package", "davit-core", "--package", "davit", "--package", "davit-backend", "--package", "davit-app"];

/// How long an installer may take, with a Wine that starts for the first time.
const PATIENCE: Duration = Duration::from_secs(180);

#[derive(Debug, Subcommand)]
pub(crate) enum What {
    /// Build core, command line, backend and window, and check that every test compiles.
    Build,
    /// Run core's tests under Wine.
    Test {
        /// Only tests whose name holds this.
        filter: Option<String>,
    },
    /// Make an installer; install, start and uninstall it under Wine, silently and by its pages.
    Installer,
}

pub(crate) fn run(what: &What) -> Result<()> {
    let begun = Instant::now();
    if !cfg!(target_os = "linux") {
        bail!("this builds for Windows on Linux; on Windows itself run: cargo xtask bundle");
    }
    setup::run(Purpose::Windows)?;
    let cross = Cross::to(TRIPLE)?;
    match what {
        What::Build => {
            build_page()?;
            must("build for Windows", &mut for_windows(&cross, "build", BUILT))?;
            let all = ["--workspace", "--all-targets"];
            must("all that is run there, tests among it", &mut for_windows(&cross, "check", &all))?;
        }
        What::Test { filter } => tests(&cross, filter.as_deref())?,
        What::Installer => {
            let installer = installer(&cross)?;
            println!("{}  {}", installer.display(), crate::bundle::megabytes(&installer)?);
        }
    }
    println!("== windows: {}", took(begun));
    Ok(())
}

fn for_windows(cross: &Cross, word: &str, words: &[&str]) -> Command {
    let mut cargo = cross.cargo(word, words);
    cargo.env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER", "x86_64-w64-mingw32-gcc");
    cargo
}

fn tests(cross: &Cross, filter: Option<&str>) -> Result<()> {
    let wine = Wine::start()?;
    for (test, why) in NOT_UNDER_WINE {
        println!("== left out: {test}: Wine: {why}");
    }
    let mut words = vec!["--package", "davit-core", "--lib", "--"];
    words.extend(filter);
    words.extend(NOT_UNDER_WINE.iter().flat_map(|(test, _)| ["--skip", *test]));
    let mut test = for_windows(cross, "test", &words);
    wine.with(&mut test).env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER", "wine");
    must("core's tests under Wine", &mut test)
}

/// Makes an installer of a release build, and tries it.
fn installer(cross: &Cross) -> Result<PathBuf> {
    build_page()?;
    let words = ["--release", "--package", "davit", "--package", "davit-app"];
    let mut build = for_windows(cross, "build", &words);
    // It is tried and not shipped: what would make it smaller takes many minutes.
    build.env("CARGO_PROFILE_RELEASE_LTO", "off").env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
    must("release build for Windows", &mut build)?;
    let from = folder().join("installer");
    std::fs::create_dir_all(&from)?;
    for file in ["davit-app.exe", "davit.exe", "WebView2Loader.dll"] {
        let built = cross.built("release").join(file);
        std::fs::copy(&built, from.join(file)).with_context(|| format!("{} was not built", built.display()))?;
    }
    std::fs::write(from.join("licences.txt"), licences::of_the_app(&["davit-app", "davit"], true)?)?;
    // Named by Microsoft; whoever has it puts it there.
    let bootstrapper = "MicrosoftEdgeWebview2Setup.exe";
    if !from.join(bootstrapper).exists() {
        println!("== {} is missing: this installer brings no WebView2", from.join(bootstrapper).display());
    }
    std::fs::create_dir_all(crate::bundle::folder())?;
    let out = crate::bundle::folder().join(format!("Davit-{}-x64-trial-installer.exe", env!("CARGO_PKG_VERSION")));
    let mut make = command("makensis", &["-V2", "-WX"]);
    make.arg(format!("-DVERSION={}", env!("CARGO_PKG_VERSION").split('-').next().unwrap_or_default()));
    make.arg(format!("-DFROM={}", from.display())).arg(format!("-DOUTFILE={}", out.display()));
    must("installer for Windows", make.arg(root().join("packaging/windows/davit.nsi")))?;
    let wine = Wine::start()?;
    wine.tries(&out, "/CurrentUser", false)?;
    wine.tries(&out, "/AllUsers", true)?;
    wine.by_its_pages(&out)?;
    Ok(out)
}

/// A Windows of its own, without a screen.
struct Wine(PathBuf);

impl Wine {
    fn start() -> Result<Self> {
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

    fn with<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("WINEPREFIX", &self.0).env("WINEDEBUG", "-all").env_remove("DISPLAY")
    }

    fn run(&self, program: &Path, words: &[&str]) -> Command {
        let mut wine = command("wine", &[]);
        self.with(wine.arg(program).args(words));
        wine
    }

    /// Installs silently, starts what was installed, and removes it, with or without what is on record.
    fn tries(&self, installer: &Path, mode: &str, delete: bool) -> Result<()> {
        must(&format!("install silently {mode}"), &mut self.run(installer, &["/S", mode]))?;
        let place = self.installed().with_context(|| format!("{mode} installed nothing"))?;
        let said = output(&mut self.run(&place.join("davit.exe"), &["--version"]));
        let said = said.context("what was installed does not start")?;
        ensure!(said.contains(env!("CARGO_PKG_VERSION")), "what was installed says {said}");
        println!("installed: {} in {}", said.trim(), place.display());
        let sends = self.of_persons("AppData/Roaming/Microsoft/Windows/SendTo/Davit.lnk").is_some();
        ensure!(sends == (mode == "/CurrentUser"), "{mode}: an entry in Send to: {sends}");
        for key in of_the_registry(mode) {
            ensure!(self.knows(&key), "{mode} did not write {key}");
        }
        self.over_what_runs(installer, mode, &place)?;
        let records = self.person()?.join("AppData/Local/davit/Davit/data");
        std::fs::create_dir_all(&records)?;
        let mut words = vec!["/S", mode];
        words.extend(delete.then_some("/DELETEDATA"));
        must(&format!("uninstall silently {mode}"), &mut self.run(&place.join("uninstall.exe"), &words))?;
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
            ensure!(records.exists(), "{mode} took along what was on record");
        }
        Ok(())
    }

    /// Installs once more, over a command line that runs.
    fn over_what_runs(&self, installer: &Path, mode: &str, place: &Path) -> Result<()> {
        let program = place.join("davit.exe");
        let home = self.c().join("home-of-the-trial");
        let _ = std::fs::remove_dir_all(&home);
        let mut runs = self.run(&program, &["watch", "run"]).env("DAVIT_HOME", r"C:\home-of-the-trial").spawn()?;
        let there = until("at work", || home.join("journal.sqlite").exists() || !matches!(runs.try_wait(), Ok(None)));
        let installed = there.and_then(|()| {
            must(&format!("install over what runs {mode}"), &mut self.run(installer, &["/S", mode]))?;
            let said = output(&mut self.run(&program, &["--version"]));
            ensure!(said.is_some_and(|said| said.contains(env!("CARGO_PKG_VERSION"))), "it does not start any more");
            Ok(())
        });
        let _ = runs.kill();
        let _ = runs.wait();
        installed
    }

    /// Installs as a person does it: by its pages, with Return.
    fn by_its_pages(&self, installer: &Path) -> Result<()> {
        let script = r#"wine "$1" & until [ -n "$(find "$2" -path '*/Programs/Davit.lnk')" ]; do
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
fn of_the_registry(mode: &str) -> Vec<String> {
    let all = mode == "/AllUsers";
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_under_wine_is_a_test_of_core() {
        let mut sources = String::new();
        let mut folders = vec![root().join("crates/core/src")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    sources += &std::fs::read_to_string(&path).unwrap_or_default();
                }
            }
        }
        for (test, _) in NOT_UNDER_WINE {
            assert!(sources.contains(&format!("fn {test}()")), "{test}");
        }
    }
}
