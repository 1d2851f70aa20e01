//! When all of a watched folder is checked because the system told something, where it loses some of what it is to tell (rules W10
//! and W13). Pure.

use tokio::time::{Duration, Instant};

/// Where the system loses some, all is checked so long after something was told.
const BURST: Duration = Duration::from_secs(45);
/// What is told within so short a time of the first is checked once.
const TOGETHER: Duration = Duration::from_secs(15);
/// Such checks take one part in so many of the time at most, however long each takes.
const SHARE: u32 = 20;

/// When all is checked because something was told: more may have happened than that. Once while more is told, and once after
/// the last of it; never so often that a folder of very many files is checked all the time.
#[derive(Debug)]
pub(super) struct Bursts {
    loses: bool,
    /// So long after the first that was told and not checked, and after the last.
    due: Option<(Instant, Instant)>,
    /// None sooner, for what the last one took.
    not_before: Option<Instant>,
}

impl Bursts {
    /// Of a system that loses some, or does not.
    pub(super) const fn new(loses: bool) -> Self {
        Self { loses, due: None, not_before: None }
    }

    /// Something was told.
    pub(super) fn told(&mut self, now: Instant) {
        if self.loses {
            let last = now + BURST;
            self.due = Some((self.due.map_or(last, |(first, _)| first), last));
        }
    }

    /// When all is to be checked.
    pub(super) fn due(&self) -> Option<Instant> {
        let due = self.due.map(|(first, last)| if last > first + TOGETHER { first } else { last });
        due.map(|due| self.not_before.map_or(due, |not_before| due.max(not_before)))
    }

    /// A check that began then is done: what was told long enough before is looked at.
    pub(super) fn checked(&mut self, begun: Instant, ended: Instant) {
        self.not_before = Some(ended + BURST.max(ended.saturating_duration_since(begun) * SHARE));
        self.due = self.due.filter(|(_, last)| *last > begun).map(|(_, last)| (last, last));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// W10: a check that somebody asked for is none of what comes after it.
    #[test]
    fn what_is_told_just_before_a_check_is_checked_once_more() {
        let begun = Instant::now();
        let later = |seconds| begun + Duration::from_secs(seconds);
        let mut bursts = Bursts::new(true);
        bursts.told(begun);
        bursts.checked(later(5), later(5));
        assert_eq!(bursts.due(), Some(later(5 + 45)));
        bursts.checked(later(50), later(50));
        assert_eq!(bursts.due(), None);
    }

    /// W13: one of a folder of a million files.
    #[test]
    fn a_check_that_takes_long_is_not_begun_again_as_soon_as_it_ends() {
        let begun = Instant::now();
        let later = |seconds| begun + Duration::from_secs(seconds);
        let mut bursts = Bursts::new(true);
        bursts.told(begun);
        bursts.checked(later(45), later(55));
        bursts.told(later(56));
        assert_eq!(bursts.due(), Some(later(55 + 10 * 20)), "ten seconds of it are one part in twenty");
    }
}
