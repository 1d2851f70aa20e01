//! `davit`: the same engine as the app, without a window.
//!
//! Exit codes: 0 all done, 1 nothing could be done, 3 some files failed, 130 interrupted and resumable.

mod args;
mod control;
mod doctor;
mod output;
mod status;
mod upload;
mod words;

use std::process::ExitCode;

use clap::Parser as _;
use davit_core::error::Error;

use args::{Args, Command};

/// All done.
const DONE: u8 = 0;
/// Nothing could be done.
const NOTHING: u8 = 1;
/// Some files failed.
const SOME: u8 = 3;
/// Interrupted; the same command goes on.
const INTERRUPTED: u8 = 130;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let args = Args::parse();
    let wanted = tracing_subscriber::EnvFilter::try_from_env("DAVIT_LOG").unwrap_or_else(|_| "off".into());
    let caps = davit_core::log::CAPS.iter().filter_map(|cap| cap.parse().ok());
    let log = caps.fold(wanted, tracing_subscriber::EnvFilter::add_directive);
    tracing_subscriber::fmt().with_env_filter(log).with_writer(std::io::stderr).init();
    let outcome = match args.command {
        Command::Upload(upload) => upload::run(*upload).await,
        Command::Status { json } => status::run(json),
        Command::Pause(which) => control::run(davit_core::engine::feed::Action::Pause, &which).await,
        Command::Resume(which) => control::run(davit_core::engine::feed::Action::Resume, &which).await,
        Command::Cancel(which) => control::run(davit_core::engine::feed::Action::Cancel, &which).await,
        Command::Destinations { server, json } => status::destinations(server, json).await,
        Command::Doctor { server } => doctor::run(server).await,
    };
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            complain(&error);
            ExitCode::from(NOTHING)
        }
    }
}

/// One plain sentence, one action, and the line for people who debug.
fn complain(error: &Error) {
    let words = words::of(error.code);
    eprintln!("davit: {} {}", words.what, words.action);
    eprintln!("       [{error}]");
}
