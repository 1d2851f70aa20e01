//! What a watched folder hears: what people ask of it, what the system tells, and what became of its transfers.

use tokio::time::Instant;

use super::agenda::Agenda;
use super::events::Hint;
use super::folder::{Ask, Change, Folder, LATER};
use super::record::State;
use super::spec::After;
use super::{below, stopping};
use crate::error::{ErrorCode, Result};
use crate::ids::TransferId;
use crate::journal::Write;
use crate::transfer::TransferState;
use crate::units::UnixTime;

impl Folder {
    /// What is asked while a folder of many files is looked at. Answers whether the look is void by now.
    pub(super) async fn hears(&mut self) -> bool {
        while let Ok(ask) = self.asks.try_recv() {
            self.void |= self.asked(ask).await;
        }
        self.void
    }

    /// Answers whether something else is wanted by now.
    pub(super) async fn asked(&mut self, ask: Ask) -> bool {
        self.tally.is_stale();
        match ask {
            Ask::Change(change, done) => {
                let changed = self.change(change).await;
                let is_other = changed.is_ok();
                let _ = done.send(changed);
                return is_other;
            }
            Ask::Check(done) => {
                self.checks.ask(done);
                self.stays.hurry(Instant::now());
                self.checks_anew();
            }
            Ask::Rested(transfer, state) => self.rested(transfer, &state),
        }
        false
    }

    async fn change(&mut self, change: Change) -> Result<()> {
        let mut row = self.row.clone();
        change(&mut row);
        row.spec.check()?;
        let rules = row.spec.rules()?;
        self.shared.journal.write(vec![Write::Watch(Box::new(row.clone()))]).await?;
        // Also where it lay: somebody says that what stands there is the one.
        if row.path != self.row.path || row.root != self.row.root {
            self.lies_elsewhere(&row.path);
        }
        if row.state == State::Stopped {
            stopping::lets_go(&self.shared, &row, |lies, to| self.left_at(lies, to)).await?;
        } else if self.row.spec.hours.is_some() && row.spec.hours.is_none() {
            self.has_no_hours().await?;
        }
        self.events.set_mode(row.spec.mode);
        (self.row, self.rules, self.problem) = (row, rules, None);
        // Other hours hold at once, also where the folder rests.
        self.clock = Instant::now();
        // What settles by other rules, or was left by them, is found anew.
        self.agenda = Agenda::default();
        self.checks.nothing_is_told();
        self.stays.hurry(Instant::now());
        self.checks_anew();
        Ok(())
    }

    pub(super) fn hinted(&mut self, hints: Vec<Hint>) {
        let now = Instant::now();
        self.last_event = Some(UnixTime::now());
        if !hints.is_empty() {
            self.checks.told(now);
        }
        for hint in hints {
            match hint {
                Hint::Folder(folder) => {
                    for folder in self.ways.touched(&folder) {
                        self.agenda.hint(folder, now);
                    }
                }
                // Looked at and told of as if it had never been seen.
                Hint::Other(folder) => {
                    for folder in self.ways.names(&folder) {
                        if self.known.contains(&folder) {
                            below::out_of(&mut self.known, &folder);
                            self.events.forget(&folder);
                        }
                    }
                }
                Hint::Root => {
                    self.known.clear();
                    self.begins_anew();
                }
                Hint::Lost => {
                    self.row.counters.lost += 1;
                    // Of folders that came meanwhile it tells once they are looked at.
                    self.events.rest();
                    self.checks.lost(now, LATER);
                }
            }
        }
    }

    fn rested(&mut self, transfer: TransferId, state: &TransferState) {
        match state {
            TransferState::Done { at, .. } => {
                self.failures.is_over(transfer);
                if self.row.spec.after != After::Keep {
                    self.done.insert(transfer);
                }
                self.last_done = self.last_done.max(Some(*at));
                if self.failures.is_empty() {
                    self.problem = None;
                }
            }
            TransferState::Failed { code } => self.fails(transfer, *code),
            TransferState::Cancelled { .. } => self.failures.is_over(transfer),
            _ => {}
        }
        // What became of the file is looked at where it may be another version, or gone.
        if matches!(
            state,
            TransferState::Paused { .. }
                | TransferState::Failed { code: ErrorCode::FileMissing | ErrorCode::FileChanged }
                | TransferState::Waiting { code: ErrorCode::SourceOffline, .. }
        ) {
            self.looks_again.insert(transfer);
        }
    }

    /// A file failed: it is tried again by itself, or once it changes.
    pub(super) fn fails(&mut self, transfer: TransferId, code: ErrorCode) {
        self.problem = Some(code);
        self.failures.fails(transfer, code, Instant::now());
    }
}
