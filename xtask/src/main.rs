//! `cargo xtask`: everything a contributor runs. Each command installs what it needs first, says what it does, and
//! fails with one clear sentence.
#![allow(clippy::disallowed_methods, reason = "a tool that times itself and starts programs")]

mod advisories;
mod apple;
mod bench;
mod book;
mod bundle;
mod cross;
mod demo;
mod dependencies;
mod icons;
mod keep;
mod licences;
mod local;
mod notices;
mod packages;
mod release;
mod run;
mod screen;
mod setup;
mod soak;
mod test;
mod tools;
mod updates;
mod windows;
mod workflows;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", about = "Everything a contributor runs.")]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Install what is missing: system packages, npm packages.
    Setup {
        /// What for.
        #[arg(long = "for", value_enum, default_value_t = packages::Purpose::Test)]
        purpose: packages::Purpose,
    },
    /// Start a cloud and a backend on loopback, and Davit connected to them.
    Demo {
        /// Without a window: upload a sample and read it back.
        #[arg(long)]
        headless: bool,
    },
    /// Run every check and test.
    Test {
        /// Only tests whose name holds this.
        filter: Option<String>,
    },
    /// Run the slow proofs: each goal's loop at its full size.
    Soak {
        /// Only this goal, such as R1.
        goal: Option<String>,
        /// How often each loop runs, instead of its full size.
        #[arg(long)]
        times: Option<u32>,
        /// Chance begins here; a failure names the seed to begin with again.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Measure Davit and its peers, and write docs/performance.md's tables.
    Bench(bench::Bench),
    /// Write the page's types anew from Rust's.
    Bindings,
    /// Write the schema, templates and list of policies anew from the table of settings.
    Policy,
    /// Make the site of the documentation.
    Book,
    /// Write the licences of everything that ships.
    Notices {
        /// The file to write.
        #[arg(long)]
        to: PathBuf,
    },
    /// Draw every raster of an icon anew.
    Icons,
    /// Prove updates with two builds: one that uploads is put in place of the other, and fifteen that were tampered with are not.
    Updates(updates::Updates),
    /// Make packages of the release build, for the system that this one is.
    Bundle {
        /// Only this kind, instead of all.
        #[arg(long, value_enum)]
        only: Option<bundle::Kind>,
        /// Install each in a bare system, start it there, upload a file, and remove it. Needs root.
        #[arg(long)]
        prove: bool,
        /// Only one half of it, on Windows and macOS.
        #[arg(long, value_enum)]
        step: Option<bundle::Step>,
    },
    /// The proof of packages, where their mounts are their own; `bundle` runs it.
    #[command(hide = true)]
    ProvePackages {
        /// Where bare systems are made.
        bare: PathBuf,
        /// The packages.
        #[arg(required = true)]
        packages: Vec<PathBuf>,
    },
    /// Build for Windows on Linux: the programs, core's tests under Wine, an installer that is tried there.
    Windows {
        #[command(subcommand)]
        what: windows::What,
    },
    /// Check on Linux that the code compiles for macOS.
    Macos,
    /// What a release brings beside its packages: checksums, parts list, update manifest.
    Release {
        /// The whole of it on this machine alone: packages, installer, workflows, and a key that is thrown away.
        #[arg(long)]
        dry_run: bool,
        /// Where the packages lie that others made.
        #[arg(long, default_value = "target/packages")]
        packages: PathBuf,
        /// Only one half of it.
        #[arg(long, value_enum, conflicts_with = "dry_run")]
        step: Option<release::Step>,
    },
    /// Check the workflows of GitHub Actions.
    Workflows,
    /// Start a program, and end it when the input ends.
    #[command(hide = true)]
    Keep {
        /// The program and its words.
        #[arg(trailing_var_arg = true, required = true)]
        words: Vec<OsString>,
    },
}

fn main() -> ExitCode {
    let outcome = match Args::parse().command {
        Command::Setup { purpose } => setup::run(purpose),
        Command::Demo { headless: true } => demo::headless("demo"),
        Command::Demo { headless: false } => demo::window(),
        Command::Bundle { only, prove, step } => bundle::run(only, prove, step),
        Command::ProvePackages { bare, packages } => bundle::prove(&bare, &packages),
        Command::Windows { what } => windows::run(&what),
        Command::Macos => apple::run(),
        Command::Release { dry_run: true, .. } => release::dry_run(),
        Command::Release { dry_run: false, packages, step } => release::run(&packages, step),
        Command::Workflows => workflows::run(),
        Command::Keep { words } => match keep::keep(&words) {
            Ok(code) => return code,
            Err(error) => Err(error),
        },
        Command::Soak { goal, times, seed } => soak::run(goal.as_deref(), times, seed),
        Command::Bench(wanted) => bench::run(&wanted),
        Command::Bindings => test::bindings(),
        Command::Policy => test::policy(),
        Command::Book => book::run(),
        Command::Notices { to } => notices::run(&to),
        Command::Icons => icons::run(),
        Command::Updates(given) => updates::run(&given),
        Command::Test { filter } => test::run(filter.as_deref()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nxtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
