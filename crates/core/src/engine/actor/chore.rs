//! Work that no transfer waits for: done now and then, one run at a time, again later where something was left.

use tokio::time::{Duration, Instant};

/// What is left is tried again after this long.
const LATER: Duration = Duration::from_secs(300);

/// One kind of such work.
#[derive(Debug, Default)]
pub(super) struct Chore {
    next: Option<Instant>,
    runs: bool,
}

impl Chore {
    /// There is something to do.
    pub(super) fn wanted(&mut self) {
        self.next = Some(Instant::now());
    }

    /// Whether a run begins now.
    pub(super) fn starts(&mut self, now: Instant) -> bool {
        let starts = !self.runs && self.next.is_some_and(|at| at <= now);
        if starts {
            (self.next, self.runs) = (None, true);
        }
        starts
    }

    /// A run ended, with so much left.
    pub(super) fn ended(&mut self, left: usize) {
        self.runs = false;
        self.next = self.next.or((left > 0).then(|| Instant::now() + LATER));
    }

    /// Whether it runs.
    pub(super) const fn runs(&self) -> bool {
        self.runs
    }

    /// Whether it runs, or is about to.
    pub(super) fn is_busy(&self, now: Instant) -> bool {
        self.runs || self.next.is_some_and(|at| at <= now)
    }

    /// Whether anything of it is still to come.
    pub(super) const fn is_open(&self) -> bool {
        self.runs || self.next.is_some()
    }
}
