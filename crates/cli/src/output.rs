//! What `davit upload` prints: progress bars on a terminal, JSON lines for scripts, plain lines elsewhere.

use std::io::{IsTerminal as _, Write as _};

use davit_core::engine::Settled;
use davit_core::engine::feed::{Outcome, Overview, RowState, Totals};
use davit_core::error::ErrorCode;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::words;

/// A line for scripts.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
enum Line<'a> {
    Progress {
        sent: u64,
        size: u64,
        speed: u64,
        seconds_left: Option<u32>,
        waiting: bool,
    },
    File {
        #[serde(flatten)]
        outcome: &'a Outcome,
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
    Interrupted,
}

/// Where progress goes.
pub(crate) enum Output {
    Json,
    Bar(ProgressBar),
    Plain,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        if json {
            return Self::Json;
        }
        if !std::io::stderr().is_terminal() {
            return Self::Plain;
        }
        let bar = ProgressBar::new(0);
        let style = "{bar:30} {bytes} of {total_bytes}  {binary_bytes_per_sec}  {msg}";
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style);
        }
        Self::Bar(bar)
    }

    pub(crate) fn totals(&self, totals: &Totals) {
        let waiting = matches!(totals.overview, Overview::Offline | Overview::SignedOut { .. });
        match self {
            Self::Json => line(&Line::Progress {
                sent: totals.sent.get(),
                size: totals.size.get(),
                speed: totals.speed.0,
                seconds_left: totals.seconds_left,
                waiting,
            }),
            Self::Bar(bar) => {
                bar.set_length(totals.size.get());
                bar.set_position(totals.sent.get());
                bar.set_message(if waiting { "waiting for the connection" } else { "" });
            }
            Self::Plain => {}
        }
    }

    pub(crate) fn outcome(&self, outcome: &Outcome) {
        if let Self::Json = self {
            line(&Line::File { outcome });
            return;
        }
        let text = match &outcome.state {
            RowState::Done { .. } => format!("done       {}", outcome.path),
            RowState::Cancelled { .. } => format!("cancelled  {}", outcome.path),
            RowState::Failed { code } => {
                let words = words::of(*code);
                format!("failed     {}\n           {} {} [{code}]", outcome.path, words.what, words.action)
            }
            _ => return,
        };
        self.say(&text);
    }

    pub(crate) fn refused(&self, path: &std::path::Path, code: ErrorCode) {
        if let Self::Json = self {
            line(&Line::Refused { path: path.display().to_string(), code });
            return;
        }
        let words = words::of(code);
        self.say(&format!("failed     {}\n           {} {} [{code}]", path.display(), words.what, words.action));
    }

    pub(crate) fn summary(&self, settled: Settled, refused: u32) {
        let failed = settled.failed + refused;
        let Settled { uploaded, skipped, cancelled, paused, held, bytes, .. } = settled;
        match self {
            Self::Json => {
                line(&Line::Summary { uploaded, skipped, failed, cancelled, paused, held, bytes: bytes.get() });
            }
            Self::Bar(_) | Self::Plain => {
                if let Self::Bar(bar) = self {
                    bar.finish_and_clear();
                }
                let mut text =
                    format!("{uploaded} uploaded, {skipped} skipped, {failed} failed, {} bytes", bytes.get());
                for (count, word) in [(cancelled, "cancelled"), (paused, "paused"), (held, "waiting for a sign-in")] {
                    if count > 0 {
                        text = format!("{text}, {count} {word}");
                    }
                }
                println!("{text}");
            }
        }
    }

    pub(crate) fn interrupted(&self) {
        match self {
            Self::Json => line(&Line::Interrupted),
            Self::Bar(_) | Self::Plain => self.say("Stopped. The same command goes on from here."),
        }
    }

    fn say(&self, text: &str) {
        match self {
            Self::Bar(bar) => bar.println(text),
            Self::Json | Self::Plain => eprintln!("{text}"),
        }
    }
}

fn line(line: &impl Serialize) {
    let mut out = std::io::stdout().lock();
    // A reader that has gone away is no reason to stop uploading.
    let _ = serde_json::to_writer(&mut out, line);
    let _ = out.write_all(b"\n").and_then(|()| out.flush());
}
