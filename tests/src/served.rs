//! A drive that a program serves, as network drives are: it answers, reports errors, or says nothing for as long as a test
//! wants it to.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Mutex;

/// How a drive is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// In order.
    Well,
    /// No byte of a file can be read.
    UnreadableFiles,
    /// Nothing can be read.
    Broken,
    /// Silent from the moment that a folder is listed.
    SilentOnceListed,
}

/// What it is to close a file of it that was only read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// Whoever closes it waits for the drive's answer, even at the end of a process: so it is with most of FUSE.
    Asks,
    /// Nobody waits: so it is with the kernel's own network drives.
    AsksNobody,
}

/// A drive that shows a folder, to be read only. Gone when dropped.
pub struct ServedDrive {
    server: Child,
    says: Mutex<BufReader<ChildStdout>>,
    health: PathBuf,
    /// Where it is mounted.
    pub at: PathBuf,
}

/// Speaks the kernel's FUSE protocol, version 7. Source: `linux/fuse.h`.
const SERVER: &str = include_str!("served.py");

impl ServedDrive {
    /// Mounts one at `at` that shows `folder`. `at` must be there.
    pub fn new(folder: &Path, at: &Path, closing: Closing) -> Self {
        let health = at.with_extension("health");
        std::fs::write(&health, "").expect("written");
        let mut python = Command::new("python3");
        python.args(["-c", SERVER]).args([folder, at, &health]).arg(if closing == Closing::Asks { "asks" } else { "" });
        python.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut server = python.spawn().expect("python3");
        let says = Mutex::new(BufReader::new(server.stdout.take().expect("its output")));
        let drive = Self { server, says, health, at: at.to_owned() };
        assert_eq!(drive.next_line(), "mounted\n");
        drive
    }

    /// How it is from now on.
    pub fn is(&self, health: Health) {
        let word = match health {
            Health::Well => "",
            Health::UnreadableFiles => "files",
            Health::Broken => "all",
            Health::SilentOnceListed => "lists",
        };
        let beside = self.health.with_extension("next");
        std::fs::write(&beside, word).and_then(|()| std::fs::rename(&beside, &self.health)).expect("told");
    }

    /// It answers nothing any more; what it was asked before is answered.
    pub fn falls_silent(&self) {
        self.does("silent");
    }

    /// It answers all that it was asked.
    pub fn answers(&self) {
        self.does("answers");
    }

    fn does(&self, word: &str) {
        writeln!(self.server.stdin.as_ref().expect("its input"), "{word}").expect("told");
        assert_eq!(self.next_line().trim_end(), word);
    }

    fn next_line(&self) -> String {
        let mut line = String::new();
        self.says.lock().expect("its output").read_line(&mut line).expect("its output");
        line
    }

    /// Waits until a process waits for its answer.
    pub fn holds_up(&self, process: u32) {
        let tasks = PathBuf::from(format!("/proc/{process}/task"));
        let waits = |task: &Path| {
            std::fs::read_to_string(task.join("wchan"))
                .is_ok_and(|at| at.contains("fuse") || at.contains("request_wait"))
        };
        loop {
            let tasks = std::fs::read_dir(&tasks).expect("its threads");
            if tasks.flatten().any(|task| waits(&task.path())) {
                return;
            }
        }
    }
}

impl Drop for ServedDrive {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
        let _ = Command::new("umount").arg("-l").arg(&self.at).stderr(Stdio::null()).status();
    }
}
