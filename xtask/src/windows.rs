//! Windows, from Linux: the programs are built for it, core's tests run under Wine, and an installer is made and tried there.
//! Wine has no WebView2: the window itself is built and not started.

mod wine;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use clap::Subcommand;

use crate::cross::{Cross, folder};
use crate::packages::Purpose;
use crate::run::{build_page, command, must, root, took};
use crate::{licences, setup};
use wine::{Mode, Wine};

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

#[derive(Debug, Subcommand)]
pub(crate) enum What {
    /// Build core, command line, backend and window, and check that every test compiles.
    Build,
    /// Run core's tests under Wine.
    Test {
        /// Only tests whose name holds this.
        filter: Option<String>,
    },
    /// Make the installers for one person and for all; install, start and uninstall them under Wine, silently and by pages.
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
            for installer in installers(&cross)? {
                println!("{}  {}", installer.display(), crate::bundle::megabytes(&installer)?);
            }
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

/// Makes installers of a release build, and tries them.
fn installers(cross: &Cross) -> Result<Vec<PathBuf>> {
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
        println!("== {} is missing: these installers bring no WebView2", from.join(bootstrapper).display());
    }
    let one = packed(&from, Mode::Person)?;
    let all = packed(&from, Mode::All)?;
    let wine = Wine::start()?;
    wine.tries(&one, Mode::Person, false)?;
    wine.tries(&all, Mode::All, true)?;
    wine.by_its_pages(&one)?;
    Ok(vec![one, all])
}

/// What one of the two installers is made of.
fn packed(from: &Path, mode: Mode) -> Result<PathBuf> {
    std::fs::create_dir_all(crate::bundle::folder())?;
    let (word, name) = match mode {
        Mode::Person => ("currentUser", "trial-installer"),
        Mode::All => ("perMachine", "trial-installer-all-users"),
    };
    let out = crate::bundle::folder().join(format!("Davit-{}-x64-{name}.exe", env!("CARGO_PKG_VERSION")));
    let mut make = command("makensis", &["-V2", "-WX"]);
    make.arg(format!("-DVERSION={}", env!("CARGO_PKG_VERSION").split('-').next().unwrap_or_default()));
    make.arg(format!("-DFROM={}", from.display())).arg(format!("-DINSTALLMODE={word}"));
    make.arg(format!("-DOUTFILE={}", out.display()));
    must("installer for Windows", make.arg(root().join("packaging/windows/davit.nsi")))?;
    Ok(out)
}

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
