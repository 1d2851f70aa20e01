//! When it is looked whether a watched folder is there though nothing happens in it (rule W15): no system tells of a drive that was
//! taken away, and once it is mounted again what told of it before tells nothing. Pure.

use tokio::time::{Duration, Instant};

use super::folder::AWAY;

/// A folder that lies on no drive of its own goes only where somebody calls one on the way to it otherwise.
const SELDOM: Duration = Duration::from_secs(60);

/// When that is, and by which mount the folder was reached.
#[derive(Debug)]
pub(super) struct Presence {
    due: Instant,
    mount: Option<u64>,
}

impl Presence {
    pub(super) const fn from(now: Instant) -> Self {
        Self { due: now, mount: None }
    }

    /// It is being looked at, and may be taken away by itself or not.
    pub(super) fn looked(&mut self, now: Instant, on_a_drive: bool) {
        self.due = now + if on_a_drive { AWAY } else { SELDOM };
    }

    /// When it is to be looked at next.
    pub(super) const fn due(&self) -> Instant {
        self.due
    }

    /// Whether it is reached by another mount than before.
    pub(super) fn is_another(&mut self, mount: Option<u64>) -> bool {
        let before = std::mem::replace(&mut self.mount, mount);
        before.is_some() && mount.is_some() && before != mount
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// W15.
    #[test]
    fn a_folder_on_a_drive_is_looked_for_every_five_seconds_and_another_every_minute() {
        let now = Instant::now();
        let mut presence = Presence::from(now);
        for (on_a_drive, seconds) in [(true, 5), (false, 60)] {
            presence.looked(now, on_a_drive);
            assert_eq!(presence.due(), now + Duration::from_secs(seconds));
        }
        let mut another = |mount| presence.is_another(mount);
        let told = [Some(1), Some(1), None, Some(2), Some(3), Some(3)].map(&mut another);
        assert_eq!(told, [false, false, false, false, true, false], "only where both are known");
    }
}
