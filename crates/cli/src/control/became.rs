//! What became of files that were to rest, go on or be given up. One whose last request the store has not answered may be
//! uploaded all the same: only its answer tells.

use std::path::Path;
use std::time::Duration;

use davit_core::engine::feed::Action;
use davit_core::error::Result;
use davit_core::ids::TransferId;
use davit_core::journal::Reader;
use davit_core::transfer::TransferState;
use davit_core::uploader::control::{self, Reply};
use serde::Serialize;
use tokio::time::Instant;

use crate::text;

/// The store mostly answers within this; what takes longer is told.
const SOON: Duration = Duration::from_secs(1);
/// Then its answer is not waited for any longer, though it may still come.
const AT_MOST: Duration = Duration::from_secs(60);
/// How often the records are asked.
const EVERY: Duration = Duration::from_millis(50);

/// Files by what became of them.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Became {
    /// What was asked for.
    pub(super) count: u32,
    uploaded: u32,
    failed: u32,
    cancelled: u32,
    /// Not known: the store did not answer in time.
    unanswered: u32,
    /// Unfinished uploads that were to be removed before, and are now.
    pub(super) removed: u32,
    /// What goes on does so with the next upload.
    later: bool,
}

#[derive(Serialize)]
struct Line<'a> {
    event: &'a str,
    #[serde(flatten)]
    became: &'a Became,
}

impl Became {
    /// Counts what came of a request, and waits for those that ran. Answers those of them that nobody works on any more.
    pub(super) async fn of(&mut self, home: &Path, action: Action, reply: &Reply) -> Result<Vec<TransferId>> {
        let ran = u32::try_from(reply.running.len()).unwrap_or(u32::MAX);
        self.count += reply.count.saturating_sub(ran);
        self.later |= reply.later;
        let mut open = reply.running.clone();
        let (begun, mut told) = (Instant::now(), false);
        while !open.is_empty() && begun.elapsed() < AT_MOST {
            // Before the records are asked: what it put on record last counts.
            let at_work = control::is_at_work(home).await;
            let journal = Reader::open(home)?;
            let mut still = Vec::new();
            for id in open {
                match journal.transfer(id)? {
                    Some(row) if self.counts(action, &row.standing.state) => {}
                    Some(_) => still.push(id),
                    None => self.failed += 1,
                }
            }
            open = still;
            if !at_work {
                return Ok(open);
            }
            if !open.is_empty() && !told && begun.elapsed() > SOON {
                told = true;
                let files = if open.len() == 1 { "1 file".to_owned() } else { format!("{} files", open.len()) };
                text::note(&format!("davit: The storage has not answered yet what became of {files}. Waiting for it."));
            }
            tokio::time::sleep(EVERY).await;
        }
        self.unanswered += u32::try_from(open.len()).unwrap_or(u32::MAX);
        Ok(Vec::new())
    }

    /// Whether it rests, and is counted.
    fn counts(&mut self, action: Action, state: &TransferState) -> bool {
        use TransferState as S;
        *match (action, state) {
            (Action::Pause, S::Paused { .. }) | (Action::Cancel, S::Cancelled { .. }) => &mut self.count,
            (_, S::Done { .. }) => &mut self.uploaded,
            (Action::Pause, S::Failed { .. }) => &mut self.failed,
            (Action::Pause, S::Cancelled { .. }) => &mut self.cancelled,
            // A cancel takes what failed or rests as well.
            _ => return false,
        } += 1;
        true
    }

    /// How many are not what was asked for.
    pub(super) fn otherwise(&self) -> u32 {
        self.uploaded + self.failed + self.cancelled + self.unanswered
    }

    /// How many may move still, or failed.
    pub(super) const fn open(&self) -> u32 {
        self.failed + self.unanswered
    }

    pub(super) fn words(&self, action: Action) -> String {
        let (_, verb, done) = verb(action);
        let later = if self.later && action == Action::Resume && self.count > 0 {
            "; the next `davit upload` to the same place goes on with them"
        } else {
            ""
        };
        let asked = (self.count > 0).then(|| format!("{} {done}{later}", self.count));
        let others =
            [(self.uploaded, "already uploaded"), (self.failed, "failed before"), (self.cancelled, "cancelled before")];
        let others = others.into_iter().filter(|(count, _)| *count > 0);
        let others = others.map(|(count, what)| format!("{count} {} {what}", if count == 1 { "was" } else { "were" }));
        let unanswered = (self.unanswered > 0).then(|| {
            format!("{} still asked to rest: the storage does not answer. See `davit status`.", self.unanswered)
        });
        let uploads = if self.removed == 1 { "upload" } else { "uploads" };
        let removed = (self.removed > 0).then(|| format!("{} unfinished {uploads} removed", self.removed));
        let told: Vec<_> = asked.into_iter().chain(others).chain(removed).chain(unanswered).collect();
        if told.is_empty() { format!("There is nothing to {verb}. See `davit status`.") } else { told.join(", ") }
    }

    pub(super) fn json(&self, action: Action) -> String {
        serde_json::to_string(&Line { event: verb(action).0, became: self }).unwrap_or_default()
    }
}

/// The event's name, what there is to do, and what was done.
const fn verb(action: Action) -> (&'static str, &'static str, &'static str) {
    match action {
        Action::Pause => ("pause", "pause", "paused"),
        Action::Resume => ("resume", "resume", "resumed"),
        Action::Earlier => ("earlier", "move up", "moved up"),
        Action::Later => ("later", "move down", "moved down"),
        Action::First => ("first", "move up", "moved up"),
        Action::Last => ("last", "move down", "moved down"),
        _ => ("cancel", "cancel", "cancelled"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_became_of_files_is_said_and_not_what_was_asked_of_them() {
        let none = Became::default();
        assert_eq!(none.words(Action::Pause), "There is nothing to pause. See `davit status`.");
        let mut some = Became { count: 2, ..Became::default() };
        let done = TransferState::Done { etag: String::new(), at: davit_core::units::UnixTime(1) };
        assert!(some.counts(Action::Cancel, &done) && !some.counts(Action::Cancel, &TransferState::Completing));
        assert_eq!(some.words(Action::Cancel), "2 cancelled, 1 was already uploaded");
        assert_eq!((some.count, some.otherwise()), (2, 1));
        let later = Became { count: 1, later: true, ..Became::default() };
        let words = "1 resumed; the next `davit upload` to the same place goes on with them";
        assert_eq!(later.words(Action::Resume), words);
        assert_eq!(later.words(Action::Cancel), "1 cancelled");
        let swept = Became { removed: 1, ..Became::default() };
        assert_eq!(swept.words(Action::Cancel), "1 unfinished upload removed");
        let both = Became { count: 1, removed: 2, ..Became::default() };
        assert_eq!(both.words(Action::Cancel), "1 cancelled, 2 unfinished uploads removed");
        assert_eq!(none.words(Action::Earlier), "There is nothing to move up. See `davit status`.");
        let moved = Became { count: 2, ..Became::default() };
        assert_eq!(moved.words(Action::Later), "2 moved down");
    }
}
