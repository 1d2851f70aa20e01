//! Limits, schedule and what is around the computer as they come to hold: the tap is set, and while one of them pauses, or a
//! person did for a while, nothing runs but what a person lets go on.
//!
//! What rests by any of them stays in line on record: it goes on by itself, after a restart as well, and what a person
//! paused is told from it. Everything rests so as well before the program is put in place anew.

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::Actor;
use crate::bandwidth::{Around, Rule, Ruling, Why};
use crate::engine::feed::{PausedBy, Target};
use crate::units::UnixTime;

impl Actor {
    /// What holds of the limits from now on.
    pub(super) fn look_at_limits(&mut self) -> Ruling {
        let at = UnixTime::now();
        let ruling = self.shelf.limiting.look(Instant::now(), at);
        self.shared.tap.set(ruling.rule.limit());
        let by = match ruling.why {
            Why::Chosen => PausedBy::You,
            Why::Usual | Why::Schedule => PausedBy::Schedule,
            Why::Metered => PausedBy::Metered,
            Why::Battery => PausedBy::Battery,
        };
        let pauses = (ruling.rule == Rule::Pause).then_some(by);
        if pauses != self.shelf.book.rests().map(|resting| resting.by) {
            self.shelf.book.rest(pauses.map(|by| (by, at)));
            self.dirty = true;
        }
        if pauses.is_some() {
            for id in self.shelf.running.keys().filter(|id| !self.shelf.book.goes_on_by_hand(**id)) {
                if let Some(active) = self.active.get(id) {
                    active.stop.for_now();
                }
            }
        }
        ruling
    }

    /// Something else is around the computer from now on.
    pub(super) fn is_in(&mut self, around: Around) {
        self.shelf.limiting.is_in(around);
        self.look_at_limits();
    }

    /// Begins nothing any more; what runs rests for now. What the store was asked for is answered before that.
    pub(super) fn come_to_rest(&mut self, reply: oneshot::Sender<()>) {
        self.hold = true;
        for id in self.shelf.running.keys() {
            if let Some(active) = self.active.get(id) {
                active.stop.for_now();
            }
        }
        self.coming_to_rest.push(reply);
    }

    /// Tells whoever waits for it, once nothing runs.
    pub(super) fn tell_that_all_rests(&mut self) {
        if self.active.is_empty() {
            for reply in self.coming_to_rest.drain(..) {
                let _ = reply.send(());
            }
        }
    }

    /// A person lets these go on though everything pauses. Answers how many were in line.
    pub(super) fn go_on_by_hand(&mut self, targets: &[Target]) -> u32 {
        if self.shelf.book.rests().is_none() {
            return 0;
        }
        let files: Vec<_> = targets.iter().flat_map(|target| self.shelf.book.files_of(*target)).collect();
        self.shelf.book.go_on_by_hand(&files)
    }

    /// The same of everything: the pause is over before its time.
    pub(super) fn all_go_on_by_hand(&mut self) -> u32 {
        if self.shelf.book.rests().is_none() {
            return 0;
        }
        let files: Vec<_> = (0u32..).zip(&self.shelf.book.slots).map(|(at, _)| at).collect();
        let goes_on = self.shelf.book.go_on_by_hand(&files);
        self.shelf.limiting.lift(Instant::now(), UnixTime::now());
        self.look_at_limits();
        goes_on
    }
}
