//! `cargo xtask`: everything a contributor runs. Each command installs what it needs first, says what it does, and
//! fails with one clear sentence.
#![allow(clippy::disallowed_methods, reason = "a tool that times itself and starts programs")]

mod bench;
mod book;
mod bundle;
mod demo;
#[allow(dead_code, reason = "a list of parts tells more of them than their licences do")]
mod dependencies;
mod icons;
mod keep;
mod licences;
mod local;
mod notices;
mod packages;
mod run;
mod screen;
mod setup;
mod soak;
mod test;
mod tools;
mod updates;

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
    /// Make a package of the release build.
    Bundle {
        /// Install it in a bare system, start it there and upload a file. Needs root.
        #[arg(long)]
        prove: bool,
    },
    /// The proof of a package, where its mounts are its own; `bundle` runs it.
    #[command(hide = true)]
    ProvePackage {
        /// The package.
        package: PathBuf,
        /// Where the bare system is made.
        bare: PathBuf,
    },
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
        Command::Bundle { prove } => bundle::run(prove),
        Command::ProvePackage { package, bare } => bundle::prove(&package, &bare),
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
