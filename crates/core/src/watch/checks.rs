//! When all of a watched folder is checked without anybody asking (rules W10, W11 and W13).

use tokio::time::{Duration, Instant};

use super::card::Notices;
use crate::units::UnixTime;

/// How often where the system tells of changes, and where it loses some without saying so: notify 8 on Windows.
const BACKSTOP: Duration = Duration::from_secs(if cfg!(windows) { 5 * 60 } else { 30 * 60 });
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
        let usual = if cfg!(windows) { 5.0 } else { 30.0 };
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
