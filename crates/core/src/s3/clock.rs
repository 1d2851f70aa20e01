//! The time that requests are signed with: this computer's clock until the store has answered, the store's from then on.
//!
//! S3 takes no request that is signed more than 15 minutes off. Every answer says what time it is there; between two
//! answers the time that passed is counted. A clock that is wrong costs one request, one that is set while it runs none.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_sdk_s3::config::{Intercept, RuntimeComponents};
use aws_smithy_async::time::TimeSource;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::DateTime;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::date_time::Format;
use tokio::time::Instant;

use crate::units::UnixTime;

/// So many seconds no request is on its way, and S3 takes more.
const OFF: u64 = 5 * 60;

/// The store's clock, as its answers tell it. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct StoreClock(Arc<Mutex<Option<Heard>>>);

/// What an answer said, and when by our own clocks it came.
#[derive(Clone, Copy, Debug)]
struct Heard {
    there: UnixTime,
    here: UnixTime,
    at: Instant,
}

impl StoreClock {
    /// Learns from an answer what time it is there.
    pub(super) fn reads(&self, answer: &HttpResponse) {
        let date = answer.headers().get("date").and_then(|date| DateTime::from_str(date, Format::HttpDate).ok());
        if let Some(there) = date.and_then(|date| u64::try_from(date.secs()).ok()) {
            self.hear(UnixTime(there));
        }
    }

    fn hear(&self, there: UnixTime) {
        let heard = Heard { there, here: UnixTime::now(), at: Instant::now() };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(heard);
    }

    fn unix(&self, here: UnixTime, at: Instant) -> UnixTime {
        let Some(heard) = *self.0.lock().unwrap_or_else(PoisonError::into_inner) else { return here };
        // The steady clock stands still while the computer sleeps, the other may be set back: the larger is right.
        let steady = at.duration_since(heard.at).as_secs();
        UnixTime(heard.there.0.saturating_add(steady.max(here.0.saturating_sub(heard.here.0))))
    }

    /// What requests are signed with now.
    pub(super) fn time(&self) -> UnixTime {
        self.unix(UnixTime::now(), Instant::now())
    }

    /// How many seconds this computer's clock was off, one way or the other, when the store was heard last.
    pub(super) fn off_by(&self) -> Option<u32> {
        let heard = (*self.0.lock().unwrap_or_else(PoisonError::into_inner))?;
        u32::try_from(heard.there.0.abs_diff(heard.here.0)).ok()
    }

    /// Whether a request that was signed then may have been refused for it: an answer since then told another time.
    pub(super) fn was_off(&self, signed: UnixTime) -> bool {
        self.time().0.abs_diff(signed.0) >= OFF
    }
}

impl TimeSource for StoreClock {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(self.time().0)
    }
}

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for StoreClock {
    fn name(&self) -> &'static str {
        "store's clock"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.reads(context.response());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard() -> (StoreClock, UnixTime, Instant) {
        let (here, at) = (UnixTime(2_000_000), Instant::now());
        let clock = StoreClock::default();
        *clock.0.lock().expect("one thread") = Some(Heard { there: UnixTime(5_000_000), here, at });
        (clock, here, at)
    }

    #[test]
    fn before_any_answer_it_is_this_computers_time() {
        assert_eq!(StoreClock::default().unix(UnixTime(7), Instant::now()), UnixTime(7));
    }

    #[test]
    fn how_far_a_clock_is_off_is_told_whichever_way() {
        assert_eq!(StoreClock::default().off_by(), None);
        let (clock, ..) = heard();
        assert_eq!(clock.off_by(), Some(3_000_000));
        let (there, here) = (UnixTime(2_000_000), UnixTime(2_001_260));
        *clock.0.lock().expect("one thread") = Some(Heard { there, here, at: Instant::now() });
        assert_eq!(clock.off_by(), Some(21 * 60));
    }

    #[test]
    fn a_clock_that_is_set_back_changes_nothing_and_sleep_is_counted() {
        let (clock, here, at) = heard();
        let minute = at + Duration::from_secs(60);
        assert_eq!(clock.unix(UnixTime(here.0 + 60), minute), UnixTime(5_000_060));
        assert_eq!(clock.unix(UnixTime(here.0 - 90_000), minute), UnixTime(5_000_060));
        assert_eq!(clock.unix(UnixTime(here.0 + 7_200), minute), UnixTime(5_007_200));
    }
}
