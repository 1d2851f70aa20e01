//! What holds when, by the clock on the wall.
//!
//! A time of the schedule holds while the clock shows it: an hour that a clock skips it does not have, an hour that the
//! clock shows twice it has twice. What follows is told in seconds since 1970, so nobody else need know of that.

use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan as _};

use super::{Choice, DAY, Day, Limits, Rule, Ruling, Why};
use crate::units::UnixTime;

/// Days that are looked ahead: the week that repeats, and one for what began the day before.
const AHEAD: i64 = 8;
const AHEAD_SECONDS: u64 = AHEAD.unsigned_abs() * DAY as u64 * 60;

/// A stretch of time in which the same holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phase {
    /// What holds.
    pub rule: Rule,
    /// Why.
    pub why: Why,
    /// When it ends, or is known no further; none for what holds for good.
    pub until: Option<UnixTime>,
}

/// Where the clock hangs.
#[derive(Clone, Debug)]
pub struct Zone(TimeZone);

impl Zone {
    /// The computer's, as it is set now.
    pub fn here() -> Self {
        Self(TimeZone::system())
    }

    /// The day and the minute of the day that the clock shows.
    pub fn reads(&self, at: UnixTime) -> (Day, u16) {
        let shown = self.shows(at);
        (day(shown.weekday()), u16::try_from(minute_of(shown)).unwrap_or(0))
    }

    /// The date that the clock shows: `2026-11-29`.
    pub fn date(&self, at: UnixTime) -> String {
        self.shows(at).date().to_string()
    }

    /// When the day began that the clock shows.
    pub fn day_began(&self, at: UnixTime) -> UnixTime {
        self.began(self.shows(at).date()).unwrap_or(at)
    }

    /// When the day ends that the clock shows.
    pub fn day_ends(&self, at: UnixTime) -> Option<UnixTime> {
        let next = self.shows(at).date().checked_add(1.days()).ok();
        next.and_then(|day| self.began(day))
    }

    /// When the day began that is so many before the one that the clock shows; the beginning of time where there is none.
    pub fn day_before_began(&self, at: UnixTime, days: u32) -> UnixTime {
        let day = Span::new().try_days(days).and_then(|days| self.shows(at).date().checked_sub(days)).ok();
        day.and_then(|day| self.began(day)).unwrap_or(UnixTime(0))
    }

    /// When the year began that the clock shows.
    pub fn year_began(&self, at: UnixTime) -> UnixTime {
        self.began(self.shows(at).date().first_of_year()).unwrap_or(UnixTime(0))
    }

    fn began(&self, day: Date) -> Option<UnixTime> {
        self.moments(day.at(0, 0, 0, 0)).next()
    }

    /// What the clock shows.
    fn shows(&self, at: UnixTime) -> DateTime {
        self.0.to_datetime(stamp(at))
    }

    /// Every moment at which the clock shows this.
    fn moments(&self, shown: DateTime) -> impl Iterator<Item = UnixTime> {
        let found = self.0.to_ambiguous_timestamp(shown);
        [found.earlier().ok(), found.later().ok()].into_iter().flatten().map(unix)
    }

    /// Every moment of the next eight days at which the clock shows one of these minutes of a day, or is put forward or back; in
    /// order.
    pub(crate) fn edges(&self, minutes: impl IntoIterator<Item = u16>, at: UnixTime) -> Vec<UnixTime> {
        let today = self.shows(at).date();
        let ends = UnixTime(at.0 + AHEAD_SECONDS);
        let shown = minutes.into_iter().flat_map(|minute| {
            let midnight = |ahead: i64| today.checked_add(ahead.days()).ok().map(|date| date.at(0, 0, 0, 0));
            (0..=AHEAD).filter_map(move |ahead| midnight(ahead)?.checked_add(i64::from(minute).minutes()).ok())
        });
        let mut all: Vec<_> = shown.flat_map(|shown| self.moments(shown)).chain(self.jumps(at, ends)).collect();
        all.retain(|moment| *moment > at && *moment <= ends);
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Berlin's rules, whatever the computer's database says.
    #[cfg(test)]
    pub(crate) fn berlin() -> Self {
        Self(TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").expect("a zone"))
    }

    /// When the clock is put forward or back.
    fn jumps(&self, after: UnixTime, until: UnixTime) -> impl Iterator<Item = UnixTime> {
        let jumps = self.0.following(stamp(after)).map(|jump| unix(jump.timestamp()));
        jumps.take_while(move |jump| *jump <= until)
    }
}

fn stamp(at: UnixTime) -> Timestamp {
    i64::try_from(at.0).ok().and_then(|seconds| Timestamp::from_second(seconds).ok()).unwrap_or(Timestamp::MAX)
}

fn unix(stamp: Timestamp) -> UnixTime {
    UnixTime(u64::try_from(stamp.as_second()).unwrap_or(0))
}

/// What holds at a moment, until when, and why.
pub fn now(limits: &Limits, choice: Option<Choice>, at: UnixTime, zone: &Zone) -> Ruling {
    course(limits, choice, at, zone)
        .first()
        .map(|phase| Ruling { rule: phase.rule, until: phase.until, why: phase.why })
        .unwrap_or_default()
}

/// What holds from a moment on, for a week at least; never empty.
pub fn course(limits: &Limits, choice: Option<Choice>, at: UnixTime, zone: &Zone) -> Vec<Phase> {
    let mut phases = scheduled(limits, at, zone);
    if let Some(choice) = choice.filter(|choice| choice.until.is_none_or(|until| until > at)) {
        let first = Phase { rule: choice.into(), why: Why::Chosen, until: choice.until };
        phases.retain(|phase| choice.until.is_some_and(|until| phase.until.is_none_or(|end| end > until)));
        phases.insert(0, first);
    }
    phases
}

fn scheduled(limits: &Limits, at: UnixTime, zone: &Zone) -> Vec<Phase> {
    let holds = |at: UnixTime| {
        let (day, minute) = zone.reads(at);
        limits.rule(day, minute)
    };
    let mut phases = Vec::new();
    let (mut rule, mut why) = holds(at);
    if limits.has_schedule() {
        for moment in zone.edges(limits.times.iter().flat_map(|time| [time.from, time.to]), at) {
            let (next, its_why) = holds(moment);
            if next != rule {
                phases.push(Phase { rule, why, until: Some(moment) });
                rule = next;
            }
            why = its_why;
        }
    }
    // What comes after is like the week before.
    let until = (!phases.is_empty()).then_some(UnixTime(at.0 + AHEAD_SECONDS));
    phases.push(Phase { rule, why, until });
    phases
}

fn minute_of(shown: DateTime) -> i16 {
    i16::from(shown.hour()) * 60 + i16::from(shown.minute())
}

const fn day(day: Weekday) -> Day {
    match day {
        Weekday::Monday => Day::Mon,
        Weekday::Tuesday => Day::Tue,
        Weekday::Wednesday => Day::Wed,
        Weekday::Thursday => Day::Thu,
        Weekday::Friday => Day::Fri,
        Weekday::Saturday => Day::Sat,
        Weekday::Sunday => Day::Sun,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Days, LimitRule, LimitTime};
    use super::*;
    use crate::units::ByteRate;

    const FAST: ByteRate = ByteRate(50_000_000);

    fn unix_of(text: &str) -> UnixTime {
        unix(text.parse().expect("a moment"))
    }

    fn limits(days: &[Day], from: u16, to: u16, rule: LimitRule) -> Limits {
        let time = LimitTime { days: Days(days.iter().copied().collect()), from, to, rule };
        Limits { usual: None, scheduled: true, times: vec![time] }
    }

    fn workdays() -> Limits {
        let days = [Day::Mon, Day::Tue, Day::Wed, Day::Thu, Day::Fri];
        limits(&days, 8 * 60, 18 * 60, LimitRule::Limit { rate: FAST })
    }

    #[test]
    fn a_day_ends_where_the_next_begins_however_long_it_is() {
        for (at, ends) in [
            ("2026-11-30T12:00:00Z", "2026-11-30T23:00:00Z"),
            ("2026-03-29T00:30:00Z", "2026-03-29T22:00:00Z"),
            ("2026-10-24T22:30:00Z", "2026-10-25T23:00:00Z"),
        ] {
            assert_eq!(Zone::berlin().day_ends(unix_of(at)), Some(unix_of(ends)), "{at}");
        }
    }

    fn at(limits: &Limits, text: &str) -> Ruling {
        now(limits, None, unix_of(text), &Zone::berlin())
    }

    #[test]
    fn what_holds_is_told_with_when_it_next_changes() {
        // A Wednesday in summer.
        let ruling = at(&workdays(), "2027-06-16T10:00:00Z");
        let until = Some(unix_of("2027-06-16T16:00:00Z"));
        assert_eq!(ruling, Ruling { rule: Rule::Limit(FAST), until, why: Why::Schedule });
        // On Friday evening it is Monday morning that comes next.
        let ruling = at(&workdays(), "2027-06-18T17:00:00Z");
        let until = Some(unix_of("2027-06-21T06:00:00Z"));
        assert_eq!(ruling, Ruling { rule: Rule::NoLimit, until, why: Why::Usual });
        // Where no time holds any more, nothing changes.
        assert_eq!(at(&Limits { scheduled: false, ..workdays() }, "2027-06-16T10:00:00Z"), Ruling::default());
        // A time that says what is usual changes nothing.
        let same = Limits { usual: Some(FAST), ..workdays() };
        assert_eq!(at(&same, "2027-06-16T10:00:00Z").until, None);
    }

    #[test]
    fn a_day_begins_at_its_midnight_by_the_clock_on_the_wall() {
        let began = |text: &str| Zone::berlin().day_began(unix_of(text));
        assert_eq!(began("2027-06-16T10:00:00Z"), unix_of("2027-06-15T22:00:00Z"));
        assert_eq!(began("2027-06-15T22:00:00Z"), unix_of("2027-06-15T22:00:00Z"));
        assert_eq!(began("2027-06-15T21:59:59Z"), unix_of("2027-06-14T22:00:00Z"));
        // The day on which the clock is put forward.
        assert_eq!(began("2027-03-28T20:00:00Z"), unix_of("2027-03-27T23:00:00Z"));
    }

    #[test]
    fn days_before_and_the_year_begin_at_their_midnights_by_the_clock_on_the_wall() {
        let (zone, now) = (Zone::berlin(), unix_of("2027-04-01T10:00:00Z"));
        assert_eq!(zone.day_before_began(now, 0), zone.day_began(now));
        // The clock was put forward on the 28th of March.
        assert_eq!(zone.day_before_began(now, 6), unix_of("2027-03-25T23:00:00Z"));
        assert_eq!(zone.day_before_began(now, u32::MAX), UnixTime(0));
        assert_eq!(zone.year_began(now), unix_of("2026-12-31T23:00:00Z"));
        assert_eq!(zone.year_began(unix_of("2026-12-31T22:59:59Z")), unix_of("2025-12-31T23:00:00Z"));
    }

    #[test]
    fn an_hour_that_the_clock_skips_is_in_no_time() {
        // 28 March 2027, a Sunday: 02:00 is 03:00 at 01:00 UTC.
        let skipped = limits(&[Day::Sun], 2 * 60, 3 * 60, LimitRule::Pause);
        assert_eq!(at(&skipped, "2027-03-28T00:59:00Z").rule, Rule::NoLimit);
        assert_eq!(at(&skipped, "2027-03-28T01:00:00Z").rule, Rule::NoLimit);
        assert_eq!(at(&skipped, "2027-03-27T12:00:00Z").until, Some(unix_of("2027-04-04T00:00:00Z")));
        // What begins within it begins with what the clock shows next.
        let begins = limits(&[Day::Sun], 2 * 60 + 30, 6 * 60, LimitRule::Pause);
        assert_eq!(at(&begins, "2027-03-28T00:59:59Z").until, Some(unix_of("2027-03-28T01:00:00Z")));
        let ruling = at(&begins, "2027-03-28T01:00:00Z");
        assert_eq!((ruling.rule, ruling.until), (Rule::Pause, Some(unix_of("2027-03-28T04:00:00Z"))));
        // Four hours by the clock are three.
        let over = limits(&[Day::Sun], 0, 4 * 60, LimitRule::Pause);
        assert_eq!(at(&over, "2027-03-27T23:00:00Z").until, Some(unix_of("2027-03-28T02:00:00Z")));
    }

    #[test]
    fn an_hour_that_the_clock_shows_twice_is_in_its_time_twice() {
        // 31 October 2027, a Sunday: 03:00 is 02:00 again at 01:00 UTC.
        let twice = limits(&[Day::Sun], 2 * 60, 2 * 60 + 30, LimitRule::Pause);
        let until = |text: &str| at(&twice, text).until;
        assert_eq!(until("2027-10-31T00:00:00Z"), Some(unix_of("2027-10-31T00:30:00Z")));
        assert_eq!(at(&twice, "2027-10-31T00:45:00Z").rule, Rule::NoLimit);
        assert_eq!(until("2027-10-31T00:45:00Z"), Some(unix_of("2027-10-31T01:00:00Z")));
        assert_eq!(at(&twice, "2027-10-31T01:00:00Z").rule, Rule::Pause);
        assert_eq!(until("2027-10-31T01:00:00Z"), Some(unix_of("2027-10-31T01:30:00Z")));
        // Over it, nothing changes in between.
        let over = limits(&[Day::Sat], 23 * 60, 6 * 60, LimitRule::Pause);
        assert_eq!(at(&over, "2027-10-30T21:00:00Z").until, Some(unix_of("2027-10-31T05:00:00Z")));
    }

    #[test]
    fn what_was_chosen_holds_until_the_schedule_changes_next() {
        let (zone, limits) = (Zone::berlin(), workdays());
        let noon = unix_of("2027-06-16T10:00:00Z");
        let evening = unix_of("2027-06-16T16:00:00Z");
        let choice = Choice { rate: None, paused: false, until: Some(evening) };
        let chosen = now(&limits, Some(choice), noon, &zone);
        assert_eq!(chosen, Ruling { rule: Rule::NoLimit, until: Some(evening), why: Why::Chosen });
        assert_eq!(now(&limits, Some(choice), evening, &zone).why, Why::Usual);
        let ends: Vec<_> = course(&limits, Some(choice), noon, &zone).iter().map(|phase| phase.until).collect();
        assert_eq!(ends[..2], [Some(evening), Some(unix_of("2027-06-17T06:00:00Z"))]);
        assert!(ends.is_sorted_by_key(|end| end.unwrap_or(UnixTime(u64::MAX))), "{ends:?}");
        let for_good = Choice { rate: Some(FAST), paused: false, until: None };
        let phase = Phase { rule: Rule::Limit(FAST), why: Why::Chosen, until: None };
        assert_eq!(course(&limits, Some(for_good), noon, &zone), [phase]);
    }

    #[test]
    fn a_pause_that_a_person_chose_ends_at_its_time_with_or_without_a_schedule() {
        let (zone, noon) = (Zone::berlin(), unix_of("2027-06-16T10:00:00Z"));
        let until = UnixTime(noon.0 + 3_600);
        let pause = Some(Choice { rate: Some(FAST), paused: true, until: Some(until) });
        let paused = Ruling { rule: Rule::Pause, until: Some(until), why: Why::Chosen };
        for limits in [Limits::default(), workdays()] {
            assert_eq!(now(&limits, pause, noon, &zone), paused);
            assert_eq!(now(&limits, pause, until, &zone), now(&limits, None, until, &zone));
        }
    }
}
