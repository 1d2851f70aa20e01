//! Bytes that arrive other than they left. Mostly it is chance, and they are sent again; again and again it is a fault of
//! the line or the machine, and the person is told.

use std::sync::atomic::{AtomicU32, Ordering};

use tokio::time::Duration;

use crate::error::{Error, ErrorCode, Retry};

/// How often one body is sent in all.
const TRIES: u32 = 3;
/// The next try comes soon.
const SOON: Duration = Duration::from_millis(100);

/// How often one body arrived damaged.
#[derive(Debug, Default)]
pub(super) struct Damage(AtomicU32);

impl Damage {
    /// Whether what went wrong is worth another try.
    pub(super) fn weigh(&self, error: Error) -> Error {
        if error.code != ErrorCode::DamagedOnTheWay {
            return error;
        }
        let enough = self.0.fetch_add(1, Ordering::Relaxed) + 1 >= TRIES;
        error.retry(if enough { Retry::Never } else { Retry::After(SOON) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_third_time_is_no_chance() {
        let damage = Damage::default();
        let weighed = || damage.weigh(Error::new(ErrorCode::DamagedOnTheWay)).retry;
        assert_eq!([weighed(), weighed(), weighed()], [Retry::After(SOON), Retry::After(SOON), Retry::Never]);
        let other = damage.weigh(Error::new(ErrorCode::Offline));
        assert_eq!(other.retry, Retry::WhenOnline);
    }
}
