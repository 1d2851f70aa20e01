//! `davit`: the same engine as the app, without a window.
//!
//! Exit codes: 0 all done, 1 nothing could be done, 3 some files failed, 130 interrupted and resumable.

mod args;
mod checked;
mod control;
mod diagnose;
mod doctor;
mod existing;
mod forget;
mod history;
mod hours;
mod left;
mod limit;
mod look;
mod manual;
mod output;
mod patterns;
mod progress;
mod receipt;
mod records;
mod sign_in;
mod signals;
mod status;
mod text;
mod upload;
mod watch;
mod watched;
mod wish;
mod words;

use std::process::ExitCode;

use clap::Parser as _;
use davit_core::engine::feed::Action;

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
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // Help and version come this way too.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { NOTHING } else { DONE });
        }
    };
    // Escapes are for terminals, and for those who want them.
    let _guard = davit_core::log::begin("off", console::colors_enabled_stderr());
    let outcome = match args.command {
        Command::Upload(upload) => upload::run(*upload).await,
        Command::Status { json } => status::run(json).await,
        Command::History(asked) => history::run(asked),
        Command::Pause(which) => control::run(Action::Pause, &which).await,
        Command::Resume(which) => control::run(Action::Resume, &which).await,
        Command::Cancel(which) => control::run(Action::Cancel, &which).await,
        Command::Limit { limit } => limit::run(limit).await,
        Command::Earlier { moved, first } => {
            control::run(if first { Action::First } else { Action::Earlier }, &moved.into()).await
        }
        Command::Later { moved, last } => {
            control::run(if last { Action::Last } else { Action::Later }, &moved.into()).await
        }
        Command::Watch { command } => watch::run(command).await,
        Command::SignIn { device, server } => sign_in::run(server, device).await,
        Command::Destinations { server, json } => status::destinations(server, json).await,
        Command::Forget { yes } => forget::run(yes).await,
        Command::Doctor { server } => doctor::run(server).await,
        Command::Diagnose { to, names } => diagnose::run(&to, names),
        Command::Completions { shell } => Ok(manual::completions(shell)),
        Command::Manual { into } => manual::pages(&into),
    };
    ExitCode::from(outcome.unwrap_or_else(|error| {
        words::complain(&error);
        NOTHING
    }))
}
