//! When all of a watched folder is checked without anybody asking (rules W10, W11 and W13).

use tokio::time::{Duration, Instant};

use super::card::Notices;
use crate::units::UnixTime;

/// Whether the system loses some of what it is to tell without saying so: notify 8 on Windows, where very much comes at once.
pub(super) const LOSES: bool = cfg!(windows);
/// How often where the system tells of changes, and where it loses some.
const BACKSTOP: Duration = Duration::from_secs(if LOSES { 5 * 60 } else { 30 * 60 });
/// How often where it does not tell.
const POLL: Duration = Duration::from_secs(60);
/// A clock on the wall that is so much further than the steady one went on while the computer slept, or was set. Where the
/// steady one goes on in sleep, too, the next check is due by then.
const SLEPT: Duration = Duration::from_secs(30);

/// How long until the next check, with a jitter of a quarter so that ten folders are not checked at once; `jitter` from 0 to 1.
pub(super) fn pause(notices: Notices, jitter: f64) -> Duration {
    let usual = if notices == Notices::Live { BACKSTOP } else { POLL };
    usual.mul_f64(0.75 + jitter / 2.0)
}

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

/// Both clocks, when they were last looked at.
#[derive(Debug)]
pub(super) struct Clocks {
    wall: UnixTime,
    steady: Instant,
}

impl Clocks {
    pub(super) const fn at(wall: UnixTime, steady: Instant) -> Self {
        Self { wall, steady }
    }

    /// Whether the computer slept since they were last looked at: what happened meanwhile may not be told.
    pub(super) fn slept(&mut self, wall: UnixTime, steady: Instant) -> bool {
        let went = Duration::from_secs(wall.0.saturating_sub(self.wall.0));
        let ran = steady.saturating_duration_since(self.steady);
        *self = Self { wall, steady };
        went > ran + SLEPT
    }
}

#[cfg(test)]
mod tests {
    use super::super::card::Why;
    use super::super::events::Hint;
    use super::super::fixture::watched;
    use super::*;

    /// W11, W13.
    #[test]
    fn all_is_checked_every_half_hour_and_every_minute_where_nothing_is_told_a_quarter_sooner_or_later() {
        let minutes = |notices, jitter| pause(notices, jitter).as_secs_f64() / 60.0;
        let usual = if LOSES { 5.0 } else { 30.0 };
        for (notices, usual) in [(Notices::Live, usual), (Notices::Polls(Why::Remote), 1.0)] {
            let told = [0.0, 0.5, 1.0].map(|jitter| minutes(notices, jitter) / usual);
            assert!(told.iter().zip([0.75, 1.0, 1.25]).all(|(is, want)| (is - want).abs() < 1e-9), "{told:?}");
        }
    }

    /// W10.
    #[test]
    fn a_computer_that_slept_is_noticed_and_one_that_is_busy_is_not() {
        let begun = Instant::now();
        let mut clocks = Clocks::at(UnixTime(1_000), begun);
        let later = |seconds| begun + Duration::from_secs(seconds);
        assert!(!clocks.slept(UnixTime(1_600), later(600)), "ten minutes in which nothing happened");
        assert!(clocks.slept(UnixTime(5_200), later(601)), "an hour of sleep");
        assert!(!clocks.slept(UnixTime(5_205), later(606)), "told once");
        assert!(!clocks.slept(UnixTime(100), later(700)), "a clock that was set back");
    }

    /// Seconds at which all is checked, of two minutes of which something is told in these.
    async fn checked(loses: bool, told: impl Fn(u64) -> bool) -> Vec<u64> {
        let home = tempfile::tempdir().expect("a folder");
        let (mut folder, _asks) = watched(home.path(), home.path(), |_| {}).await;
        tokio::time::pause();
        (folder.bursts, folder.check_at) = (Bursts::new(loses), Instant::now() + BACKSTOP);
        let mut checked = Vec::new();
        for second in 0..120 {
            if told(second) {
                folder.hinted(vec![Hint::Folder("day".into())]);
            }
            if folder.check_due() <= Instant::now() {
                folder.bursts.checked(Instant::now(), Instant::now());
                checked.push(second);
            }
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        tokio::time::resume();
        checked
    }

    /// W10: what is lost without a word is lost at any moment at which much comes, also at its end.
    #[tokio::test]
    async fn where_the_system_loses_without_a_word_all_is_checked_while_it_tells_and_after_the_last() {
        assert_eq!(checked(true, |second| second <= 50).await, [45, 95]);
    }

    /// W10.
    #[tokio::test]
    async fn what_is_told_in_a_short_time_is_checked_once() {
        assert_eq!(checked(true, |second| second == 3 || second == 13).await, [58]);
        assert_eq!(checked(true, |_| false).await, [0_u64; 0]);
        assert_eq!(checked(false, |second| second <= 50).await, [0_u64; 0], "of a system that says what it lost");
    }

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

    /// W10: what the system lost may be anywhere.
    #[tokio::test]
    async fn all_is_checked_at_once_where_the_system_lost_what_it_was_to_tell() {
        let home = tempfile::tempdir().expect("a folder");
        let (mut folder, _asks) = watched(home.path(), home.path(), |_| {}).await;
        (folder.checked, folder.check_at) = (true, Instant::now() + BACKSTOP);
        folder.hinted(vec![Hint::Folder("day".into())]);
        assert!(folder.checked && folder.check_at > Instant::now(), "what is told is looked at alone");
        folder.hinted(vec![Hint::Lost]);
        assert!(!folder.checked && folder.check_at <= Instant::now());
        assert_eq!(folder.row.counters.lost, 1, "and counted");
    }
}
