//! Runs one program and says what it cost.
//!
//! A process of its own: the kernel counts what the parent of a child held as the child's memory until it became another
//! program, so that the parent must be a small one.

use std::fs::File;
use std::io::Read as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};
use wait4::Wait4 as _;

#[derive(Debug, clap::Args)]
pub(crate) struct Measure {
    /// Where the program's words go.
    #[arg(long)]
    log: PathBuf,
    /// The program is ended after so many seconds.
    #[arg(long)]
    within: u64,
    /// The program and its words.
    #[arg(trailing_var_arg = true, required = true)]
    words: Vec<String>,
}

/// What a program cost.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(crate) struct Cost {
    /// Seconds of CPU, user and system.
    pub(crate) cpu: f64,
    /// Seconds from its start to its end.
    pub(crate) wall: f64,
    /// The most memory it held, in bytes.
    pub(crate) memory: u64,
    /// Its exit code; none when it was killed.
    pub(crate) code: Option<i32>,
}

/// Runs it, and prints its [`Cost`]. It is killed when standard input ends.
pub(crate) fn run(measure: &Measure) -> Result<()> {
    let log = File::create(&measure.log)?;
    let mut command = Command::new(&measure.words[0]);
    command.args(&measure.words[1..]).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    let begun = Instant::now();
    let child = command.spawn().with_context(|| format!("{} cannot be started", measure.words[0]))?;
    let pid = Pid::from_child(&child);
    let within = Duration::from_secs(measure.within);
    // Both end with this process.
    std::thread::spawn(move || {
        std::thread::sleep(within);
        let _ = kill_process(pid, Signal::KILL);
    });
    std::thread::spawn(move || {
        let mut stdin = std::io::stdin();
        while stdin.read(&mut [0; 64]).is_ok_and(|more| more > 0) {}
        let _ = kill_process(pid, Signal::KILL);
    });
    let used = child.wait4()?;
    let cost = Cost {
        cpu: (used.rusage.utime + used.rusage.stime).as_secs_f64(),
        wall: begun.elapsed().as_secs_f64(),
        memory: used.rusage.maxrss,
        code: used.status.code(),
    };
    println!("{}", serde_json::to_string(&cost)?);
    Ok(())
}
