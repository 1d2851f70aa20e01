//! Programs that end with us, however we end.
//!
//! Each gets a keeper: this program once more, which starts it and reads a pipe that we hold. When we let go of the pipe,
//! or the system does because we are gone, the keeper asks its program to end, and after a while makes it.

use std::ffi::OsString;
use std::io::Read as _;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::run::{binary, took};

/// How long a program may take to end once it was asked.
const PATIENCE: Duration = Duration::from_secs(10);

/// A program with its keeper. It is asked to end when this is dropped.
pub(crate) struct Kept {
    keeper: Child,
    /// Open as long as the program may run.
    held: Option<ChildStdin>,
}

impl Kept {
    /// Starts it with what the command says of words, folder and environment.
    pub(crate) fn start(command: &Command) -> Result<Self> {
        Self::start_with(command, Stdio::inherit())
    }

    /// The same, and what it prints.
    pub(crate) fn start_and_read(command: &Command) -> Result<(Self, ChildStdout)> {
        let mut kept = Self::start_with(command, Stdio::piped())?;
        let out = kept.keeper.stdout.take().context("it has no output")?;
        Ok((kept, out))
    }

    fn start_with(command: &Command, out: Stdio) -> Result<Self> {
        let mut keeper = Command::new(binary("xtask"));
        keeper.args(["keep", "--"]).arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => keeper.env(name, value),
                None => keeper.env_remove(name),
            };
        }
        if let Some(folder) = command.get_current_dir() {
            keeper.current_dir(folder);
        }
        // Ctrl-C is for us alone: what belongs together is ended in order.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut keeper, 0);
        let mut keeper = keeper.stdin(Stdio::piped()).stdout(out).spawn()?;
        let held = keeper.stdin.take();
        Ok(Self { keeper, held })
    }

    /// How it ended, once it has.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.keeper.try_wait()?)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        drop(self.held.take());
        let _ = self.keeper.wait();
    }
}

/// Runs a program to its end, which comes with ours at the latest.
pub(crate) fn status(command: &Command) -> Result<ExitStatus> {
    let mut kept = Kept::start(command)?;
    // Whoever waits by the child alone lets go of the pipe.
    let held = kept.held.take();
    let status = kept.keeper.wait()?;
    drop(held);
    Ok(status)
}

/// The same, with its output shown; it has to succeed.
pub(crate) fn must(what: &str, command: &Command) -> Result<()> {
    let begun = Instant::now();
    println!("== {what}");
    let status = status(command)?;
    if !status.success() {
        bail!("{what} failed ({status}); the lines above say why");
    }
    println!("== {what}: {}", took(begun));
    Ok(())
}

/// The keeper itself.
pub(crate) fn keep(words: &[OsString]) -> Result<ExitCode> {
    let (program, words) = words.split_first().context("no program to keep")?;
    let mut command = Command::new(program);
    let child = command.args(words).stdin(Stdio::null()).spawn();
    let mut child = child.with_context(|| format!("{} cannot be started", program.display()))?;
    // On Windows Ctrl-C reaches everyone; whoever holds us decides.
    ctrlc::set_handler(|| {})?;
    let id = child.id();
    std::thread::spawn(move || {
        wait_for_release();
        ask(id, false);
        std::thread::sleep(PATIENCE);
        ask(id, true);
    });
    let status = child.wait()?;
    Ok(code(status))
}

/// Ends this program once whoever holds its input is gone.
#[cfg(target_os = "linux")]
pub(crate) fn end_when_released() {
    std::thread::spawn(|| {
        wait_for_release();
        std::process::exit(1);
    });
}

fn wait_for_release() {
    let mut nothing = Vec::new();
    let _ = std::io::stdin().read_to_end(&mut nothing);
}

#[cfg(unix)]
fn ask(id: u32, must: bool) {
    let _ = Command::new("kill").args([if must { "-KILL" } else { "-TERM" }, &id.to_string()]).status();
}

#[cfg(windows)]
fn ask(id: u32, must: bool) {
    let id = id.to_string();
    let mut kill = Command::new("taskkill");
    kill.args(["/PID", &id]).stdout(Stdio::null()).stderr(Stdio::null());
    if must {
        kill.arg("/F");
    }
    // A program without a window cannot be asked.
    if !kill.status().is_ok_and(|status| status.success()) {
        let _ = kill.arg("/F").status();
    }
}

/// As shells tell it.
#[cfg(unix)]
fn code(status: ExitStatus) -> ExitCode {
    use std::os::unix::process::ExitStatusExt as _;
    let signal = status.signal().map(|signal| 128 + signal);
    let code = status.code().or(signal).and_then(|code| u8::try_from(code).ok());
    code.map_or(ExitCode::FAILURE, ExitCode::from)
}

#[cfg(windows)]
fn code(status: ExitStatus) -> ExitCode {
    match status.code().map(u8::try_from) {
        Some(Ok(code)) => ExitCode::from(code),
        _ => ExitCode::FAILURE,
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::{BufRead as _, BufReader};

    use super::*;

    #[test]
    fn a_kept_program_ends_when_it_is_let_go_of() {
        let mut command = Command::new("sh");
        let (kept, out) = Kept::start_and_read(command.args(["-c", "echo $$; exec sleep 600"])).expect("starts");
        let mut id = String::new();
        BufReader::new(out).read_line(&mut id).expect("its id");
        drop(kept);
        let there = Command::new("kill").args(["-0", id.trim()]).output().expect("kill starts");
        assert!(!there.status.success(), "it is still there");
    }

    #[test]
    fn how_a_kept_program_ended_is_told() {
        for (script, code) in [("exit 7", 7), ("kill -TERM $$", 128 + 15)] {
            let ended = status(Command::new("sh").args(["-c", script])).expect("starts");
            assert_eq!(ended.code(), Some(code), "{script}");
        }
    }
}
