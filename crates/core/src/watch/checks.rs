//! When all of a watched folder is checked, without anybody asking as well (rules W10, W11 and W13).

use tokio::sync::oneshot;
use tokio::time::{Duration, Instant};

use super::bursts::Bursts;
use super::card::Notices;
use crate::units::UnixTime;

/// Whether the system loses some of what it is to tell without saying so: notify 8 on Windows, where very much comes at once.
const LOSES: bool = cfg!(windows);
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

/// How it stands with the checks of one folder.
#[derive(Debug)]
pub(super) struct Checks {
    /// Whether all of it was checked since it was last known to be there.
    done: bool,
    /// Whether it was since the system began to tell: what a check finds from then on should have been told.
    is_told: bool,
    /// When the next is due, where nothing is told before.
    at: Instant,
    bursts: Bursts,
    last: Option<Instant>,
    /// Who asked for one.
    asked: Vec<oneshot::Sender<()>>,
}

impl Checks {
    /// Of a folder that is to be checked now.
    pub(super) const fn from(now: Instant) -> Self {
        Self { done: false, is_told: false, at: now, bursts: Bursts::new(LOSES), last: None, asked: Vec::new() }
    }

    /// Whether all of it was checked since it was last known to be there.
    pub(super) const fn are_done(&self) -> bool {
        self.done
    }

    /// Whether what a check finds should have been told.
    pub(super) const fn should_be_told(&self) -> bool {
        self.is_told
    }

    /// When all of it is checked next.
    pub(super) fn due(&self) -> Instant {
        self.bursts.due().map_or(self.at, |due| due.min(self.at))
    }

    /// Somebody waits for one.
    pub(super) fn ask(&mut self, done: oneshot::Sender<()>) {
        self.asked.push(done);
    }

    /// Whoever waits for one is told that there is none now: it comes some day.
    pub(super) fn cannot_be_now(&mut self) {
        self.asked.clear();
    }

    /// The system told something.
    pub(super) fn told(&mut self, now: Instant) {
        self.bursts.told(now);
    }

    /// The system lost what it was to tell: all is checked now, and so long after the last one at the soonest.
    pub(super) fn lost(&mut self, now: Instant, soonest: Duration) {
        self.done = false;
        self.at = self.at.min(self.last.map_or(now, |last| last + soonest).max(now));
    }

    /// What the system told of the folder until now says nothing of what it tells next.
    pub(super) fn nothing_is_told(&mut self) {
        self.is_told = false;
    }

    /// All of it is checked now, as if it never was.
    pub(super) fn anew(&mut self, now: Instant) {
        (self.done, self.at) = (false, now);
    }

    /// The next is then, or sooner.
    pub(super) fn are_due_by(&mut self, at: Instant) {
        self.at = self.at.min(at);
    }

    /// All of it was looked at, from then to now, and nothing done: it asks first. The next is so long after.
    pub(super) fn counted(&mut self, begun: Instant, now: Instant, pause: Duration) {
        self.at = now + pause;
        self.bursts.checked(begun, now);
        self.asked.clear();
    }

    /// All of it was checked, from then to now. The next is so long after.
    pub(super) fn checked(&mut self, begun: Instant, now: Instant, pause: Duration) {
        (self.done, self.is_told, self.last) = (true, true, Some(now));
        self.bursts.checked(begun, now);
        self.at = now + pause;
    }

    /// Whoever waits for one is told that it was.
    pub(super) fn are_answered(&mut self) {
        for done in self.asked.drain(..) {
            let _ = done.send(());
        }
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
        (folder.checks.bursts, folder.checks.at) = (Bursts::new(loses), Instant::now() + BACKSTOP);
        let mut checked = Vec::new();
        for second in 0..120 {
            if told(second) {
                folder.hinted(vec![Hint::Folder("day".into())]);
            }
            if folder.checks.due() <= Instant::now() {
                folder.checks.bursts.checked(Instant::now(), Instant::now());
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

    /// W10: what the system lost may be anywhere.
    #[tokio::test]
    async fn all_is_checked_at_once_where_the_system_lost_what_it_was_to_tell() {
        let home = tempfile::tempdir().expect("a folder");
        let (mut folder, _asks) = watched(home.path(), home.path(), |_| {}).await;
        (folder.checks.done, folder.checks.at) = (true, Instant::now() + BACKSTOP);
        folder.hinted(vec![Hint::Folder("day".into())]);
        assert!(folder.checks.done && folder.checks.at > Instant::now(), "what is told is looked at alone");
        folder.hinted(vec![Hint::Lost]);
        assert!(!folder.checks.done && folder.checks.at <= Instant::now());
        assert_eq!(folder.row.counters.lost, 1, "and counted");
    }
}
