//! What `davit upload` prints: progress bars on a terminal, JSON lines for scripts, plain lines elsewhere.
//!
//! A thread of its own prints: neither the engine nor a signal ever waits for a reader. Progress that nobody reads is
//! left out; how files ended never is.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use davit_core::engine::Settled;
use davit_core::engine::feed::{Next, Outcome, RowState, Wait};
use davit_core::error::{Error, ErrorCode};
use davit_core::file::names;
use davit_core::journal::{Notice, PassedOver};
use davit_core::units::UnixTime;
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
        drive: Option<String>,
        until: Option<UnixTime>,
        next: Option<Next>,
    },
    File {
        #[serde(flatten)]
        outcome: Outcome,
    },
    Refused {
        path: String,
        code: ErrorCode,
    },
    Skipped {
        path: String,
        rule: String,
    },
    Summary {
        uploaded: u32,
        earlier: u32,
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
    Problem {
        code: ErrorCode,
        says: String,
    },
    Records {
        what: &'static str,
        says: String,
    },
    Store {
        says: String,
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
    /// The records cannot be written.
    Records,
    /// The proxy wants a password.
    ProxyAuth,
}

/// How a command ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sum {
    pub(crate) settled: Settled,
    /// Paths that could not be taken at all.
    pub(crate) refused: u32,
    /// Of what is uploaded, what an earlier run uploaded.
    pub(crate) earlier: u32,
}

/// What there is to tell.
enum Told {
    Progress(Progress),
    Outcomes(Vec<Outcome>),
    Refused(PathBuf, ErrorCode),
    Skipped(PassedOver),
    Summary(Sum),
    Stopped(Stopped),
    Problem(Error),
    Records(Notice),
    Store(String),
}

/// What goes to the printing thread.
enum Word {
    Print(Told),
    /// Somebody wants to know that all before it was printed, and whether nothing of it was lost.
    Mark(oneshot::Sender<bool>),
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
                    Word::Mark(reached) => drop(reached.send(!printer.lost)),
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

    /// How files ended, in one piece: a line at a time costs more than some of the files.
    pub(crate) fn outcomes(&self, outcomes: Vec<Outcome>) {
        if !outcomes.is_empty() {
            self.tell(Told::Outcomes(outcomes));
        }
    }

    pub(crate) fn refused(&self, path: PathBuf, code: ErrorCode) {
        self.tell(Told::Refused(path, code));
    }

    pub(crate) fn skipped(&self, what: PassedOver) {
        self.tell(Told::Skipped(what));
    }

    pub(crate) fn summary(&self, sum: Sum) {
        self.tell(Told::Summary(sum));
    }

    pub(crate) fn stopped(&self, why: Stopped) {
        self.tell(Told::Stopped(why));
    }

    pub(crate) fn problem(&self, error: Error) {
        self.tell(Told::Problem(error));
    }

    pub(crate) fn records(&self, notice: Notice) {
        self.tell(Told::Records(notice));
    }

    /// What is odd about the address of a store that somebody typed.
    pub(crate) fn store(&self, says: String) {
        self.tell(Told::Store(says));
    }

    /// Resolves once all that was told so far was printed, which a reader who does not read can put off for ever. Answers
    /// whether nothing was lost that somebody wants to read.
    pub(crate) async fn heard(&self) -> bool {
        let (reached, printed) = oneshot::channel();
        self.send(Word::Mark(reached));
        printed.await.unwrap_or(false)
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
    waits_for: Option<Wait>,
    /// Whether it was told that the schedule pauses.
    rests: bool,
    /// Whether a line could not be written though somebody wants it.
    lost: bool,
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
        Self { form, waits_for: None, rests: false, lost: false }
    }

    fn print(&mut self, told: Told) {
        if let Form::Json = self.form {
            self.json(told);
            return;
        }
        match told {
            Told::Progress(progress) => self.progress(&progress),
            Told::Outcomes(outcomes) => {
                let lines: Vec<_> = outcomes.iter().filter_map(|outcome| self.outcome(outcome)).collect();
                if !lines.is_empty() {
                    self.say(&lines.join("\n"));
                }
            }
            Told::Refused(path, code) => self.say(&self.failed(&names::shown(&path), code)),
            Told::Skipped(PassedOver { path, rule }) => {
                self.say(&format!("{:<10} {} ({rule})", "skipped", text::plain(&path)));
            }
            Told::Summary(sum) => {
                self.clear();
                self.line(&sum.words());
            }
            Told::Stopped(why) => {
                self.clear();
                self.say(words::stopped(why));
            }
            Told::Problem(error) => {
                self.clear();
                words::complain(&error);
            }
            Told::Records(notice) => self.say(&format!("davit: {}", words::of_notice(notice))),
            Told::Store(says) => self.say(&format!("davit: {says}")),
        }
    }

    fn progress(&mut self, progress: &Progress) {
        let Progress { sent, size, speed, seconds_left, ref waits_for, ref rests } = *progress;
        if let Some(now) = rests.as_ref().filter(|_| !self.rests) {
            self.say(&format!("paused     {}", words::rests(now)));
        }
        self.rests = rests.is_some();
        if let Some(wait) = waits_for
            && !self.waits_for.as_ref().is_some_and(|told| told.is_like(wait))
        {
            self.say(&format!("waiting    {}", words::waiting(wait)));
        }
        self.waits_for.clone_from(waits_for);
        if let Form::Bar(bar) = &self.form {
            let mut message = text::size_of(sent, size);
            if let Some(now) = rests {
                message = format!("{message}  {}", words::limit(now));
            } else if let Some(wait) = waits_for {
                message = format!("{message}  {}", words::waits_for(wait));
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

    fn outcome(&self, outcome: &Outcome) -> Option<String> {
        match outcome.state {
            RowState::Done { .. } => Some(self.name("done", &outcome.path)),
            RowState::Cancelled { .. } => Some(self.name("cancelled", &outcome.path)),
            RowState::Failed { code } => Some(self.failed(&outcome.path, code)),
            _ => None,
        }
    }

    fn failed(&self, path: &str, code: ErrorCode) -> String {
        let words = words::of(code);
        format!("{}\n           {} {} [{code}]", self.name("failed", path), words.what, words.action)
    }

    /// A name on one line: cut on a terminal, whole in a file.
    fn name(&self, what: &str, name: &str) -> String {
        let name = match self.form {
            Form::Bar(_) => text::fit(name, usize::from(console::Term::stderr().size().1).saturating_sub(12).max(20)),
            Form::Json | Form::Plain => text::plain(name),
        };
        format!("{what:<10} {name}")
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

    fn json(&mut self, told: Told) {
        let text = |line: &Line| serde_json::to_string(line).unwrap_or_default();
        let line = match told {
            Told::Outcomes(outcomes) => {
                let lines: Vec<_> = outcomes.into_iter().map(|outcome| text(&Line::File { outcome })).collect();
                return self.line(&lines.join("\n"));
            }
            Told::Progress(Progress { sent, size, speed, seconds_left, waits_for, rests: _ }) => {
                let (waiting, next) = (waits_for.is_some(), waits_for.as_ref().map(|wait| wait.next));
                let code = waits_for.as_ref().map(|wait| wait.code);
                let (drive, until) = waits_for.map_or((None, None), |wait| (wait.drive, wait.until));
                Line::Progress { sent, size, speed, seconds_left, waiting, code, drive, until, next }
            }
            Told::Refused(path, code) => Line::Refused { path: names::shown(&path), code },
            Told::Skipped(PassedOver { path, rule }) => Line::Skipped { path, rule },
            Told::Summary(Sum { settled, refused, earlier }) => {
                let Settled { uploaded, skipped, failed, cancelled, paused, held, bytes } = settled;
                let (failed, bytes) = (failed + refused, bytes.get());
                Line::Summary { uploaded, earlier, skipped, failed, cancelled, paused, held, bytes }
            }
            Told::Stopped(why) => Line::Interrupted { why },
            Told::Problem(error) => {
                words::complain(&error);
                Line::Problem { code: error.code, says: words::sentence(&error) }
            }
            Told::Records(notice) => {
                words::tell(Some(notice));
                let what = match notice {
                    Notice::Mended => "mended",
                    Notice::Restored { .. } => "restored",
                    Notice::BegunAnew => "begun-anew",
                };
                Line::Records { what, says: words::of_notice(notice) }
            }
            Told::Store(says) => Line::Store { says },
        };
        self.line(&text(&line));
    }

    /// A line on standard output. A reader that has gone away is no reason to stop uploading; a disk without room for the
    /// line is none either, but no success.
    fn line(&mut self, line: &str) {
        if let Err(error) = text::line(line)
            && !std::mem::replace(&mut self.lost, true)
        {
            words::complain(&error);
        }
    }
}

impl Sum {
    fn words(self) -> String {
        let Settled { uploaded, skipped, failed, cancelled, paused, held, bytes } = self.settled;
        let failed = failed + self.refused;
        let earlier = match self.earlier {
            0 => String::new(),
            all if all == uploaded => " (by an earlier run)".to_owned(),
            some => format!(" ({some} of them by an earlier run)"),
        };
        let size = text::size(bytes.get());
        let mut told = format!("{uploaded} uploaded{earlier}, {skipped} skipped, {failed} failed, {size}");
        for (count, word) in [(cancelled, "cancelled"), (paused, "paused"), (held, "waiting for a sign-in")] {
            if count > 0 {
                told = format!("{told}, {count} {word}");
            }
        }
        told
    }
}
