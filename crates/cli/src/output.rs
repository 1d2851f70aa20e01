//! What `davit upload` prints: progress bars on a terminal, JSON lines for scripts, plain lines elsewhere.
//!
//! A thread of its own prints: neither the engine nor a signal ever waits for a reader. Progress that nobody reads is
//! left out; how files ended never is.

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use davit_core::engine::Settled;
use davit_core::engine::feed::{Outcome, RowState};
use davit_core::error::{Error, ErrorCode};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use tokio::sync::oneshot;

use crate::progress::Progress;
use crate::text;
use crate::words;

/// Lines that may wait to be printed before progress is left out.
const WAITING: usize = 8;

/// A line for scripts.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
enum Line {
    Progress {
        sent: u64,
        size: u64,
        speed: u64,
        seconds_left: Option<u64>,
        waiting: bool,
        code: Option<ErrorCode>,
    },
    File {
        #[serde(flatten)]
        outcome: Outcome,
    },
    Refused {
        path: String,
        code: ErrorCode,
    },
    Summary {
        uploaded: u32,
        skipped: u32,
        failed: u32,
        cancelled: u32,
        paused: u32,
        held: u32,
        bytes: u64,
    },
    Interrupted {
        why: Stopped,
    },
}

/// Why a command ends although it could go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Stopped {
    /// Ctrl-C or a service manager.
    Signal,
    /// Another process paused it.
    Paused,
    /// The sign-in is over.
    SignInEnded,
}

/// What there is to tell.
enum Told {
    Progress(Progress),
    Outcome(Box<Outcome>),
    Refused(PathBuf, ErrorCode),
    Summary(Settled, u32),
    Stopped(Stopped),
    Problem(Error),
}

/// What goes to the printing thread.
enum Word {
    Print(Told),
    /// Somebody wants to know that all before it was printed.
    Mark(oneshot::Sender<()>),
}

/// The way to the printing thread.
pub(crate) struct Output {
    told: mpsc::Sender<Word>,
    waiting: Arc<AtomicUsize>,
    printed: oneshot::Receiver<()>,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        let (sender, told) = mpsc::channel();
        let (done, printed) = oneshot::channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let left = Arc::clone(&waiting);
        std::thread::spawn(move || {
            let mut printer = Printer::new(json);
            while let Ok(told) = told.recv() {
                match told {
                    Word::Print(told) => printer.print(told),
                    Word::Mark(reached) => drop(reached.send(())),
                }
                left.fetch_sub(1, Ordering::SeqCst);
            }
            printer.clear();
            let _ = done.send(());
        });
        Self { told: sender, waiting, printed }
    }

    pub(crate) fn progress(&self, progress: Progress) {
        if self.waiting.load(Ordering::SeqCst) < WAITING {
            self.tell(Told::Progress(progress));
        }
    }

    pub(crate) fn outcome(&self, outcome: &Outcome) {
        self.tell(Told::Outcome(Box::new(outcome.clone())));
    }

    pub(crate) fn refused(&self, path: PathBuf, code: ErrorCode) {
        self.tell(Told::Refused(path, code));
    }

    pub(crate) fn summary(&self, settled: Settled, refused: u32) {
        self.tell(Told::Summary(settled, refused));
    }

    pub(crate) fn stopped(&self, why: Stopped) {
        self.tell(Told::Stopped(why));
    }

    pub(crate) fn problem(&self, error: Error) {
        self.tell(Told::Problem(error));
    }

    /// Resolves once all that was told so far was printed, which a reader who does not read can put off for ever.
    pub(crate) async fn heard(&self) {
        let (reached, printed) = oneshot::channel();
        self.send(Word::Mark(reached));
        let _ = printed.await;
    }

    /// Resolves once everything was printed, which a reader who does not read can put off for ever.
    pub(crate) async fn end(self) {
        drop(self.told);
        let _ = self.printed.await;
    }

    fn tell(&self, told: Told) {
        self.send(Word::Print(told));
    }

    fn send(&self, word: Word) {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let _ = self.told.send(word);
    }
}

/// Where it goes.
enum Form {
    Json,
    Bar(ProgressBar),
    Plain,
}

struct Printer {
    form: Form,
    /// What was told last of what everything waits for.
    waits_for: Option<ErrorCode>,
}

impl Printer {
    fn new(json: bool) -> Self {
        let form = if json {
            Form::Json
        } else if std::io::stderr().is_terminal() {
            let bar = ProgressBar::new(0);
            if let Ok(style) = ProgressStyle::with_template("{bar:20} {wide_msg}") {
                bar.set_style(style);
            }
            Form::Bar(bar)
        } else {
            Form::Plain
        };
        Self { form, waits_for: None }
    }

    fn print(&mut self, told: Told) {
        if let Form::Json = self.form {
            json(told);
            return;
        }
        match told {
            Told::Progress(progress) => self.progress(&progress),
            Told::Outcome(outcome) => match outcome.state {
                RowState::Done { .. } => self.name("done", &outcome.path),
                RowState::Cancelled { .. } => self.name("cancelled", &outcome.path),
                RowState::Failed { code } => self.failed(&outcome.path, code),
                _ => {}
            },
            Told::Refused(path, code) => self.failed(&path.display().to_string(), code),
            Told::Summary(settled, refused) => {
                self.clear();
                // The exit code tells how it ended, read or not.
                let _ = text::line(&sum(settled, refused));
            }
            Told::Stopped(why) => {
                self.clear();
                self.say(words::stopped(why));
            }
            Told::Problem(error) => {
                self.clear();
                words::complain(&error);
            }
        }
    }

    fn progress(&mut self, progress: &Progress) {
        let Progress { sent, size, speed, seconds_left, waits_for } = *progress;
        if waits_for != self.waits_for {
            self.waits_for = waits_for;
            if let Some(code) = waits_for {
                self.say(&format!("waiting    {}", words::waiting(code)));
            }
        }
        if let Form::Bar(bar) = &self.form {
            let mut message = text::size_of(sent, size);
            if waits_for.is_some() {
                message += "  waiting";
            } else {
                message = format!("{message}  {}", text::speed(speed));
                if let Some(left) = seconds_left {
                    message = format!("{message}  {}", text::time_left(left));
                }
            }
            bar.set_length(size);
            bar.set_position(sent);
            bar.set_message(message);
        }
    }

    fn failed(&self, path: &str, code: ErrorCode) {
        let words = words::of(code);
        self.name("failed", path);
        self.say(&format!("           {} {} [{code}]", words.what, words.action));
    }

    /// A name on one line: cut on a terminal, whole in a file.
    fn name(&self, what: &str, name: &str) {
        let name = match self.form {
            Form::Bar(_) => text::fit(name, usize::from(console::Term::stderr().size().1).saturating_sub(12).max(20)),
            Form::Json | Form::Plain => text::plain(name),
        };
        self.say(&format!("{what:<10} {name}"));
    }

    fn say(&self, words: &str) {
        match &self.form {
            Form::Bar(bar) if !bar.is_finished() => bar.println(words),
            Form::Bar(_) | Form::Json | Form::Plain => text::note(words),
        }
    }

    fn clear(&self) {
        if let Form::Bar(bar) = &self.form {
            bar.finish_and_clear();
        }
    }
}

fn sum(settled: Settled, refused: u32) -> String {
    let Settled { uploaded, skipped, failed, cancelled, paused, held, bytes } = settled;
    let failed = failed + refused;
    let mut told = format!("{uploaded} uploaded, {skipped} skipped, {failed} failed, {}", text::size(bytes.get()));
    for (count, word) in [(cancelled, "cancelled"), (paused, "paused"), (held, "waiting for a sign-in")] {
        if count > 0 {
            told = format!("{told}, {count} {word}");
        }
    }
    told
}

fn json(told: Told) {
    let line = match told {
        Told::Progress(Progress { sent, size, speed, seconds_left, waits_for: code }) => {
            Line::Progress { sent, size, speed, seconds_left, waiting: code.is_some(), code }
        }
        Told::Outcome(outcome) => Line::File { outcome: *outcome },
        Told::Refused(path, code) => Line::Refused { path: path.display().to_string(), code },
        Told::Summary(Settled { uploaded, skipped, failed, cancelled, paused, held, bytes }, refused) => {
            let failed = failed + refused;
            Line::Summary { uploaded, skipped, failed, cancelled, paused, held, bytes: bytes.get() }
        }
        Told::Stopped(why) => Line::Interrupted { why },
        Told::Problem(error) => {
            words::complain(&error);
            return;
        }
    };
    let mut text = serde_json::to_vec(&line).unwrap_or_default();
    text.push(b'\n');
    let mut out = std::io::stdout().lock();
    // A reader that has gone away is no reason to stop uploading.
    let _ = out.write_all(&text).and_then(|()| out.flush());
}
