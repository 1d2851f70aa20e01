//! The real command line as a child process: run to the end, killed, watched.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// A command about to be run.
pub struct Run(Command);

/// What came of it.
pub struct Ended {
    /// The exit code; none when it was killed.
    pub code: Option<i32>,
    /// JSON lines of standard output.
    pub lines: Vec<Value>,
    /// Standard output as it is.
    pub out: String,
    /// Standard error.
    pub err: String,
}

/// A running command, killed when dropped.
pub struct Running {
    child: Child,
    out: BufReader<std::process::ChildStdout>,
}

/// One of our programs, built beside the tests; those that are measured lie in `DAVIT_BENCH_PROGRAMS`.
pub fn program(name: &str) -> PathBuf {
    let beside = || {
        let mut path = std::env::current_exe().expect("our own path");
        path.pop();
        if path.ends_with("deps") {
            path.pop();
        }
        path
    };
    let path = std::env::var_os("DAVIT_BENCH_PROGRAMS").map_or_else(beside, PathBuf::from);
    let path = path.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(path.exists(), "{} is not built; run: cargo build --workspace", path.display());
    path
}

/// Takes away everything of the machine's own AWS set-up and proxies.
pub(crate) fn clean(command: &mut Command) {
    for name in [
        "AWS_PROFILE",
        "AWS_SESSION_TOKEN",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "DAVIT_SERVER",
        "DAVIT_TOKEN",
        "HTTPS_PROXY",
        "HTTP_PROXY",
        "https_proxy",
        "http_proxy",
        "ALL_PROXY",
        "all_proxy",
    ] {
        command.env_remove(name);
    }
    command.env("AWS_EC2_METADATA_DISABLED", "true").env("AWS_CONFIG_FILE", "/nonexistent");
}

impl Run {
    pub(crate) fn new(word: &str, home: &Path) -> Self {
        let mut command = Command::new(program("davit"));
        command.arg(word).env("DAVIT_HOME", home);
        clean(&mut command);
        Self(command)
    }

    /// Adds an argument.
    pub fn arg(&mut self, arg: impl AsRef<OsStr>) -> &mut Self {
        self.0.arg(arg);
        self
    }

    /// Adds arguments.
    pub fn args<S: AsRef<OsStr>>(&mut self, args: impl IntoIterator<Item = S>) -> &mut Self {
        self.0.args(args);
        self
    }

    /// Sets a variable of its environment.
    pub fn env(&mut self, name: &str, value: impl AsRef<OsStr>) -> &mut Self {
        self.0.env(name, value);
        self
    }

    /// Runs it by another program, which takes its words after its own.
    pub fn within(&mut self, words: &[&str]) -> &mut Self {
        let mut outer = Command::new(words[0]);
        outer.args(&words[1..]).arg(self.0.get_program()).args(self.0.get_args());
        for (name, value) in self.0.get_envs() {
            match value {
                Some(value) => outer.env(name, value),
                None => outer.env_remove(name),
            };
        }
        self.0 = outer;
        self
    }

    /// Runs it to its end, without holding up the world around it.
    pub async fn end(&mut self) -> Ended {
        let mut command = tokio::process::Command::from(std::mem::replace(&mut self.0, Command::new("true")));
        let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await.expect("davit runs");
        let out = String::from_utf8_lossy(&output.stdout).into_owned();
        Ended {
            code: output.status.code(),
            lines: out.lines().filter_map(|line| serde_json::from_str(line).ok()).collect(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
            out,
        }
    }

    /// Starts it.
    pub fn start(&mut self) -> Running {
        let mut child =
            self.0.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("davit starts");
        let out = BufReader::new(child.stdout.take().expect("its output"));
        Running { child, out }
    }
}

impl Ended {
    /// The last summary line.
    #[track_caller]
    pub fn summary(&self) -> &Value {
        let found = self.lines.iter().rev().find(|line| line["event"] == "summary");
        found.unwrap_or_else(|| panic!("no summary; code {:?}\n{}\n{}", self.code, self.out, self.err))
    }

    /// Error codes of files that failed or were refused.
    pub fn failures(&self) -> Vec<String> {
        let code = |line: &Value| {
            let code = if line["event"] == "refused" { &line["code"] } else { &line["state"]["code"] };
            code.as_str().map(str::to_owned)
        };
        self.lines.iter().filter_map(code).collect()
    }

    /// Whether it told that it waits for this.
    pub fn waited_for(&self, code: &str) -> bool {
        self.lines.iter().any(|line| line["event"] == "progress" && line["code"] == code)
    }

    /// It ended well, all of it uploaded.
    #[track_caller]
    pub fn all_done(&self) {
        assert_eq!(self.code, Some(0), "{}\n{}", self.out, self.err);
    }
}

impl Running {
    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for a progress line with at least this many bytes sent.
    pub fn until_sent(&mut self, bytes: u64) {
        self.until(|line| line["event"] == "progress" && line["sent"].as_u64() >= Some(bytes));
    }

    /// Waits for a line of this kind.
    pub fn until_event(&mut self, name: &str) -> Value {
        self.until(|line| line["event"] == name)
    }

    fn until(&mut self, is_it: impl Fn(&Value) -> bool) -> Value {
        let (mut line, mut said) = (String::new(), String::new());
        loop {
            line.clear();
            assert_ne!(self.out.read_line(&mut line).expect("its output"), 0, "it ended before:\n{said}");
            let seen: Value = serde_json::from_str(&line).unwrap_or(Value::Null);
            if is_it(&seen) {
                return seen;
            }
            said += &line;
        }
    }

    /// Waits for its end; what it printed before was read.
    pub fn end(mut self) -> Ended {
        let mut out = String::new();
        std::io::Read::read_to_string(&mut self.out, &mut out).expect("its output");
        let code = self.child.wait().expect("ends").code();
        let lines = out.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        Ended { code, lines, out, err: String::new() }
    }

    /// kill -9.
    pub fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
    }

    /// SIGINT, and the exit code.
    pub fn interrupt(self) -> Option<i32> {
        self.ended_by("INT")
    }

    /// Another signal, and the exit code.
    pub fn ended_by(self, name: &str) -> Option<i32> {
        self.signal(name);
        self.ends().0
    }

    /// Its end: the exit code, and the output nobody read yet.
    pub fn ends(mut self) -> (Option<i32>, String) {
        let mut rest = String::new();
        let _ = self.out.read_to_string(&mut rest);
        (self.child.wait().expect("ends").code(), rest)
    }

    /// Waits until its output says this; answers all of it up to there.
    pub fn until_says(&mut self, words: &str) -> String {
        let mut said = Vec::new();
        let mut byte = [0];
        while !said.ends_with(words.as_bytes()) {
            let more = self.out.read(&mut byte).expect("its output");
            assert_eq!(more, 1, "it never said “{words}” but:\n{}", String::from_utf8_lossy(&said));
            said.extend(byte);
        }
        String::from_utf8_lossy(&said).into_owned()
    }

    /// A signal by its name, such as `STOP`.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        Command::new("kill").args([&format!("-{name}"), &id]).status().expect("kill");
    }

    /// The most memory it ever held, in bytes, as Linux tells it.
    pub fn peak_memory(&self) -> u64 {
        peak_memory_of(self.child.id()).expect("a peak")
    }

    /// How much of what it holds lies in files as well, in bytes: its own code above all, of which a debug build has more than of all else.
    pub fn memory_in_files(&self) -> u64 {
        in_status(self.child.id(), "RssFile:").expect("it runs")
    }

    /// Waits for its end; answers the most memory it held, in bytes, besides.
    pub fn end_with_peak(self) -> (Ended, u64) {
        let (id, over) = (self.child.id(), std::sync::atomic::AtomicBool::new(false));
        std::thread::scope(|scope| {
            let watching = scope.spawn(|| {
                let mut peak = 0;
                while !over.load(std::sync::atomic::Ordering::SeqCst) {
                    peak = peak_memory_of(id).unwrap_or(peak);
                    std::thread::sleep(std::time::Duration::from_millis(20));
                }
                peak
            });
            let ended = self.end();
            over.store(true, std::sync::atomic::Ordering::SeqCst);
            (ended, watching.join().expect("watched"))
        })
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        self.child.try_wait().expect("asked").is_none()
    }
}

fn peak_memory_of(id: u32) -> Option<u64> {
    in_status(id, "VmHWM:")
}

/// Bytes. None once the process is over.
fn in_status(id: u32, name: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim().trim_end_matches("kB").trim().parse::<u64>().expect("a number") << 10)
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
