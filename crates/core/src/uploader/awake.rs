//! Keeps this computer awake while anything is sent, where a person prefers that and the battery is not low.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::engine::Engine;
use crate::engine::feed::{Overview, Totals, Update, View};
use crate::power::{Awake, Power};
use crate::settings::Preferences;

/// Nobody is asked for what is over sooner.
const SOON: Duration = Duration::from_secs(2);
/// Between two files nothing may be sent for a moment.
const AFTER: Duration = Duration::from_secs(3);
/// A network that is gone comes back by itself more often than not.
const WAITING: Duration = Duration::from_secs(5 * 60);
/// While it matters it is looked at this often, and the battery every so often.
const LOOK: Duration = Duration::from_secs(1);
const BATTERY: Duration = Duration::from_secs(30);

/// What there is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Work {
    /// Nothing.
    Rests,
    /// All of it waits for something that may come by itself.
    Waits,
    /// Bytes flow.
    Flows,
}

impl Work {
    fn of(totals: &Totals) -> Self {
        match totals.overview {
            // What is in line and not let go on rests as well.
            Overview::Moving if totals.moving > 0 => Self::Flows,
            Overview::Offline | Overview::Waiting(_) => Self::Waits,
            Overview::Moving
            | Overview::Empty
            | Overview::Paused
            | Overview::Stuck { .. }
            | Overview::SignedOut { .. }
            | Overview::AllDone { .. }
            | Overview::NeedsYou => Self::Rests,
        }
    }
}

/// Whether there is anything to stay awake for.
#[derive(Debug, Default)]
struct Busy {
    /// When it began to flow, and when it did last; nothing once that is over.
    flowed: Option<(Instant, Instant)>,
}

impl Busy {
    /// Answers whether there is, as things stand at this moment.
    fn see(&mut self, work: Work, now: Instant) -> bool {
        let (began, last) = self.flowed.unwrap_or((now, now));
        let lasts = match work {
            Work::Flows => {
                self.flowed = Some((began, now));
                return now.duration_since(began) >= SOON;
            }
            Work::Waits => WAITING,
            Work::Rests => AFTER,
        };
        if now.duration_since(last) >= lasts {
            self.flowed = None;
        }
        self.flowed.is_some() && last.duration_since(began) >= SOON
    }

    /// Whether that can change by itself.
    const fn may_change(&self) -> bool {
        self.flowed.is_some()
    }
}

/// Whether a computer is kept awake that is busy.
fn is_kept(preferences: Preferences, power: Power) -> bool {
    preferences.keep_awake && !power.is_low()
}

/// Keeps it awake as long as the engine lives.
pub(super) async fn keep(engine: Engine, mut preferences: watch::Receiver<Preferences>) {
    let Ok(mut feed) = engine.subscribe(View::default()).await else { return };
    let (mut work, mut busy, mut awake) = (Work::Rests, Busy::default(), None);
    let mut power: Option<(Instant, Power)> = None;
    loop {
        tokio::select! {
            update = feed.next() => match update {
                Some(Update::Snapshot(all)) => work = Work::of(&all.totals),
                Some(Update::Delta(some)) => work = Work::of(&some.totals),
                None => return,
            },
            changed = preferences.changed() => {
                if changed.is_err() {
                    return;
                }
            }
            () = tokio::time::sleep(LOOK), if busy.may_change() => {}
        }
        let now = Instant::now();
        if !busy.see(work, now) {
            awake = None;
            continue;
        }
        let known = power.filter(|(at, _)| now.duration_since(*at) < BATTERY);
        let (at, of) = match known {
            Some(known) => known,
            None => (now, tokio::task::spawn_blocking(Power::now).await.unwrap_or(Power::Mains)),
        };
        power = Some((at, of));
        let preferred = *preferences.borrow();
        if is_kept(preferred, of) {
            awake.get_or_insert_with(Awake::ask);
        } else {
            awake = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_computer_is_kept_awake_where_that_is_preferred_and_its_battery_is_not_low() {
        let preferred = Preferences::default();
        assert!(is_kept(preferred, Power::Mains));
        assert!(is_kept(preferred, Power::Battery { charge: 0.2 }));
        assert!(!is_kept(preferred, Power::Battery { charge: 0.19 }));
        assert!(!is_kept(Preferences { keep_awake: false, ..preferred }, Power::Mains));
    }

    #[test]
    fn what_flows_is_work_and_what_a_person_has_to_see_to_is_none() {
        let of = |overview, moving| Work::of(&Totals { moving, overview, ..Totals::default() });
        assert_eq!(of(Overview::Moving, 1), Work::Flows);
        assert_eq!(of(Overview::Moving, 0), Work::Rests, "it is in line, and held back");
        assert_eq!(of(Overview::Offline, 1), Work::Waits);
        for rests in [Overview::Empty, Overview::Paused, Overview::NeedsYou] {
            assert_eq!(of(rests, 1), Work::Rests);
        }
    }

    #[test]
    fn short_work_keeps_nobody_awake_and_a_short_break_lets_nobody_sleep() {
        let begun = Instant::now();
        let at = |seconds: u64| begun + Duration::from_secs(seconds);
        let mut busy = Busy::default();
        assert!(!busy.see(Work::Rests, at(0)) && !busy.may_change());
        assert!(!busy.see(Work::Flows, at(1)), "it has only just begun");
        assert!(!busy.see(Work::Rests, at(2)));
        assert!(!busy.see(Work::Rests, at(4)) && !busy.may_change(), "that was all");

        assert!(!busy.see(Work::Flows, at(10)));
        assert!(busy.see(Work::Flows, at(12)));
        assert!(busy.see(Work::Rests, at(13)), "the next file may follow");
        assert!(busy.see(Work::Flows, at(14)));
        assert!(busy.see(Work::Waits, at(15)));
        assert!(busy.see(Work::Waits, at(14 + 299)), "the network may come back");
        assert!(!busy.see(Work::Waits, at(14 + 300)) && !busy.may_change());

        assert!(!busy.see(Work::Flows, at(400)) && busy.see(Work::Flows, at(402)));
        assert!(!busy.see(Work::Rests, at(405)), "it rests");
    }
}
