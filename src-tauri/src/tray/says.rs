//! What the tray's icon and menu say of how things stand. Pure.

use davit_core::bandwidth::{LimitNow, Why};
use davit_core::engine::feed::Overview;
use davit_core::error::ErrorCode;
use davit_core::ids::ItemId;
use davit_core::units::ByteRate;

use crate::standing::{Standing, percent};
use crate::words;

/// Limits that can be chosen at a word, as in the window.
const QUICK: [ByteRate; 4] = [ByteRate(10_000_000), ByteRate(20_000_000), ByteRate(50_000_000), ByteRate(100_000_000)];

/// What the icon says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// Nothing moves.
    Idle,
    /// Bytes flow.
    Uploading,
    /// A person or the schedule holds it back.
    Paused,
    /// Somebody is waited for.
    NeedsYou,
}

/// What can be done to everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Can {
    /// It can rest, for good or for an hour.
    Pause,
    /// It can go on.
    Resume,
    /// There is nothing to hold back; what comes can rest for an hour.
    Nothing,
}

/// All that the tray says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Says {
    /// The icon.
    pub(crate) look: Look,
    /// The first line: state and speed.
    pub(crate) line: String,
    /// The first line says what waits for the person, and leads there.
    pub(crate) leads: bool,
    /// What waits for them, where the first line does not say so.
    pub(crate) needs: Option<String>,
    /// What can be done.
    pub(crate) can: Can,
    /// Limits that can be chosen, and which of them holds; none is no limit.
    pub(crate) limits: Vec<(Option<ByteRate>, bool)>,
    /// A limit was chosen past the schedule.
    pub(crate) chosen: bool,
    /// What was done last, by its name, the last first.
    pub(crate) recent: Vec<(ItemId, String)>,
}

impl Says {
    /// What it says.
    pub(crate) fn of(standing: &Standing) -> Self {
        let totals = &standing.totals;
        let paused = standing.is_paused_for_a_while() || totals.overview == Overview::Paused;
        let needs = words::all_need_you(totals.needs_you, standing.folders());
        let line = line(standing, needs.as_deref());
        let look = match &totals.overview {
            _ if standing.needs_somebody() => Look::NeedsYou,
            _ if paused => Look::Paused,
            Overview::Moving => Look::Uploading,
            _ => Look::Idle,
        };
        let can = if paused {
            Can::Resume
        } else if standing.sends() {
            Can::Pause
        } else {
            Can::Nothing
        };
        let recent = standing.recent.iter().map(|(id, name)| (*id, words::name(name))).collect();
        let leads = needs.as_ref() == Some(&line);
        let (needs, limit) = (needs.filter(|_| !leads), &totals.limit);
        Self { look, leads, line, needs, can, limits: limits(limit), chosen: limit.why == Why::Chosen, recent }
    }
}

fn limits(now: &LimitNow) -> Vec<(Option<ByteRate>, bool)> {
    let mut rates: Vec<_> = QUICK.into_iter().chain(now.rate).collect();
    rates.sort_unstable();
    rates.dedup();
    let rates = rates.into_iter().map(|rate| (Some(rate), now.rate == Some(rate)));
    std::iter::once((None, now.rate.is_none() && !now.paused)).chain(rates).collect()
}

fn line(standing: &Standing, needs: Option<&str>) -> String {
    let totals = &standing.totals;
    match &totals.overview {
        Overview::Stuck { code: ErrorCode::DiskFull } => words::say("diskFull.title"),
        Overview::Stuck { .. } => words::say("stuck"),
        Overview::SignedOut { .. } => words::say("signIn.title"),
        _ if standing.is_paused_for_a_while()
            && let Some(until) = totals.limit.until =>
        {
            words::paused_until(until)
        }
        Overview::Paused if totals.limit.paused => match totals.limit.why {
            Why::Metered => words::say("pausedOnMetered"),
            Why::Battery => words::say("pausedOnBattery"),
            Why::Usual | Why::Schedule | Why::Chosen => words::paused_by_schedule(totals.limit.until),
        },
        Overview::Paused => words::say("paused"),
        Overview::Moving => words::uploading(percent(totals), totals.speed.0, totals.seconds_left),
        Overview::Offline => words::say("offline"),
        Overview::Waiting(wait) => match (words::in_the_way(wait.code), &wait.drive) {
            (Some(says), _) => says.title,
            (None, Some(drive)) => words::waiting_for(drive),
            (None, None) => words::say("waiting"),
        },
        Overview::Empty | Overview::AllDone { .. } | Overview::NeedsYou => {
            needs.map_or_else(|| words::say("upToDate"), str::to_owned)
        }
    }
}

#[cfg(test)]
mod tests {
    use davit_core::engine::feed::{Totals, Wait};
    use davit_core::ids::WatchId;
    use davit_core::units::{ByteCount, UnixTime};

    use super::*;
    use crate::standing::{Folder, Wrong};

    fn says(totals: Totals) -> Says {
        Says::of(&Standing { totals, ..Standing::default() })
    }

    #[test]
    fn the_icon_and_the_first_line_say_how_things_stand() {
        let moving = Totals {
            overview: Overview::Moving,
            moving: 4,
            speed: ByteRate(38_400_000),
            seconds_left: Some(66_000),
            sent: ByteCount(1_640),
            size: ByteCount(4_110),
            ..Totals::default()
        };
        let now = says(moving.clone());
        assert_eq!((now.look, now.can, now.needs), (Look::Uploading, Can::Pause, None));
        assert_eq!(now.line, "Uploading 39%, 38.4\u{a0}MB/s, about 18\u{a0}h left");
        let checked = says(Totals { sent: ByteCount(4_110), ..moving.clone() });
        assert_eq!(checked.line, "Uploading 99%, 38.4\u{a0}MB/s, about 18\u{a0}h left", "not all of it is verified");
        let now = says(Totals { needs_you: 3, ..moving });
        assert_eq!((now.look, now.needs.as_deref()), (Look::NeedsYou, Some("3 transfers need you")));
        assert!(!now.leads, "the line below does");
        for (overview, look, line) in [
            (Overview::Empty, Look::Idle, "Up to date"),
            (Overview::AllDone { items: 2, size: ByteCount(7) }, Look::Idle, "Up to date"),
            (Overview::Offline, Look::Idle, "Waiting for the connection"),
            (
                Overview::Waiting(Wait::new(ErrorCode::SourceOffline, None, Some("LAB-NAS"))),
                Look::Idle,
                "Waiting for LAB-NAS",
            ),
            (Overview::Waiting(Wait::new(ErrorCode::StorageBusy, None, None)), Look::Idle, "Waiting"),
            (
                Overview::Waiting(Wait::new(ErrorCode::ProxyAuth, None, None)),
                Look::NeedsYou,
                "Your company network asks for a password",
            ),
            (Overview::Paused, Look::Paused, "Paused"),
            (Overview::SignedOut { since: UnixTime(7) }, Look::NeedsYou, "Sign in to continue"),
            (Overview::Stuck { code: ErrorCode::DiskFull }, Look::NeedsYou, "This computer’s disk is full"),
            (
                Overview::Stuck { code: ErrorCode::JournalUnwritable },
                Look::NeedsYou,
                "Stopped: Davit cannot write its records",
            ),
        ] {
            let now = says(Totals { overview, ..Totals::default() });
            assert_eq!((now.look, now.line.as_str(), now.needs), (look, line, None));
        }
    }

    #[test]
    fn what_needs_somebody_is_said_once() {
        let now = says(Totals { overview: Overview::NeedsYou, needs_you: 1, ..Totals::default() });
        assert_eq!((now.look, now.line.as_str(), now.needs), (Look::NeedsYou, "1 transfer needs you", None));
        assert!(now.leads);
    }

    #[test]
    fn a_watched_folder_that_needs_somebody_is_said_beside_whatever_else_goes_on() {
        let folder = Folder { watch: WatchId::new(7), name: "scans".to_owned(), wrong: Wrong::Away(None) };
        for (overview, needs_you, line, needs) in [
            (Overview::Empty, 0, "1 watched folder needs you", None),
            (Overview::AllDone { items: 2, size: ByteCount(7) }, 0, "1 watched folder needs you", None),
            (Overview::NeedsYou, 3, "3 transfers and 1 watched folder need you", None),
            (Overview::Moving, 0, "Uploading", Some("1 watched folder needs you")),
        ] {
            let totals = Totals { overview, needs_you, ..Totals::default() };
            let now = Says::of(&Standing { totals, folders: vec![folder.clone()], ..Standing::default() });
            assert_eq!((now.look, now.line.as_str(), now.needs.as_deref()), (Look::NeedsYou, line, needs));
        }
    }

    #[test]
    fn a_pause_for_an_hour_is_said_whatever_there_is_to_do() {
        let limit = LimitNow { paused: true, until: Some(UnixTime(1_800_000_000)), why: Why::Chosen, rate: None };
        for overview in [Overview::Empty, Overview::Paused, Overview::AllDone { items: 1, size: ByteCount(1) }] {
            let now = says(Totals { overview, limit: limit.clone(), ..Totals::default() });
            assert_eq!((now.look, now.can), (Look::Paused, Can::Resume));
            assert!(now.line.starts_with("Paused until "), "{}", now.line);
        }
        let by_schedule = LimitNow { why: Why::Schedule, ..limit };
        let now = says(Totals { overview: Overview::Paused, limit: by_schedule.clone(), ..Totals::default() });
        assert!(now.line.starts_with("Paused by schedule until "), "{}", now.line);
        let now = says(Totals { limit: by_schedule.clone(), ..Totals::default() });
        assert_eq!((now.look, now.can), (Look::Idle, Can::Nothing), "it holds nothing back");
        for (why, line) in [(Why::Metered, "Paused on a metered network"), (Why::Battery, "Paused on a low battery")] {
            let limit = LimitNow { why, until: None, ..by_schedule.clone() };
            let now = says(Totals { overview: Overview::Paused, limit, ..Totals::default() });
            assert_eq!((now.look, now.can, now.line.as_str()), (Look::Paused, Can::Resume, line));
        }
    }

    #[test]
    fn the_limits_are_those_of_the_window_and_what_holds_is_marked() {
        let at = |rate: Option<u64>, paused, why| {
            let limit = LimitNow { rate: rate.map(ByteRate), paused, until: None, why };
            let now = says(Totals { limit, ..Totals::default() });
            let holds: Vec<_> = now.limits.iter().filter(|(_, holds)| *holds).map(|(rate, _)| *rate).collect();
            (now.limits.len(), holds, now.chosen)
        };
        assert_eq!(at(None, false, Why::Usual), (5, vec![None], false));
        assert_eq!(at(Some(20_000_000), false, Why::Schedule), (5, vec![Some(ByteRate(20_000_000))], false));
        assert_eq!(at(Some(2_500_000), false, Why::Chosen), (6, vec![Some(ByteRate(2_500_000))], true));
        assert_eq!(at(None, true, Why::Metered), (5, vec![], false), "nothing is sent, and no limit is why");
    }

    #[test]
    fn what_was_done_last_is_told_by_names_that_stay_on_their_line() {
        let recent = vec![(ItemId::new(7), "cut\n.mov".to_owned())];
        let now = Says::of(&Standing { recent, ..Standing::default() });
        assert_eq!(now.recent, [(ItemId::new(7), "cut\u{fffd}.mov".to_owned())]);
    }
}
