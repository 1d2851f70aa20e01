//! What holds of limits and schedule while the engine runs.

use tokio::time::{Duration, Instant};

use crate::bandwidth::{self, Choice, Limits, Phase, Ruling, Zone};
use crate::units::UnixTime;

/// Clocks are put right, and people travel: what holds is worked out again this often at least.
const LOOK: Duration = Duration::from_secs(15);

/// The limits, and what they mean now.
#[derive(Debug, Default)]
pub(super) struct Limiting {
    limits: Limits,
    choice: Option<Choice>,
    course: Vec<Phase>,
    looked: Option<Instant>,
    /// Since when the same holds.
    since: Option<Instant>,
}

impl Limiting {
    pub(super) fn new(limits: Limits, choice: Option<Choice>) -> Self {
        Self { limits, choice, ..Self::default() }
    }

    /// What holds, as last worked out.
    pub(super) fn ruling(&self) -> Ruling {
        let now = self.course.first();
        now.map(|now| Ruling { rule: now.rule, until: now.until, why: now.why }).unwrap_or_default()
    }

    /// What holds, and what after it.
    pub(super) fn course(&self) -> &[Phase] {
        &self.course
    }

    /// Works out what holds, where that may be something else by now.
    pub(super) fn look(&mut self, now: Instant, at: UnixTime) -> Ruling {
        let is_over = self.ruling().until.is_some_and(|until| until <= at);
        if is_over || self.looked.is_none_or(|looked| now.duration_since(looked) >= LOOK) {
            let before = self.ruling().rule;
            self.course = bandwidth::course(&self.limits, self.choice, at, &Zone::here());
            self.looked = Some(now);
            if self.since.is_none() || self.ruling().rule != before {
                self.since = Some(now);
            }
        }
        self.ruling()
    }

    /// For how long the same has held.
    pub(super) fn holds_for(&self, now: Instant) -> Duration {
        self.since.map_or(Duration::ZERO, |since| now.duration_since(since))
    }

    /// Nothing limits it any more, until the schedule changes next.
    pub(super) fn lift(&mut self) {
        self.choice = Some(Choice { rate: None, paused: false, until: self.ruling().until });
        self.looked = None;
    }

    /// When to look next, where anything changes by itself.
    pub(super) fn next_look(&self, now: Instant, at: UnixTime) -> Option<Instant> {
        let left = self.ruling().until?.0.saturating_sub(at.0);
        Some(now + Duration::from_secs(left).clamp(Duration::from_millis(250), LOOK))
    }
}
