//! How fast uploads may be: a usual limit, a weekly schedule, and what a person chose for now; a pause of an hour is one of those.
//!
//! Whatever they say, nothing is sent while what is [`Around`] the computer keeps it back.
//!
//! Here is what holds when, and how long what is left takes by it; who keeps to it is `s3::tap`. Rates are bytes a second
//! of all transfers together. The times of the schedule are those of the clock on the wall: see [`course`].

mod course;
mod left;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

pub use course::{Phase, Zone, course, now};
pub(crate) use left::seconds_left;

use crate::error::{Error, ErrorCode, Result};
use crate::units::{ByteRate, UnixTime};

/// The smallest limit: a connection moves at least every few seconds by it, and S3 closes those that do not for twenty.
pub const LEAST: ByteRate = ByteRate(10_000);
/// The largest, which no network reaches: more is a slip.
pub const MOST: ByteRate = ByteRate(1_000_000_000_000);
/// Times of the schedule at most.
pub const TIMES_AT_MOST: usize = 50;
/// Minutes of a day.
pub(crate) const DAY: u16 = 24 * 60;

/// The limits on record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
pub struct Limits {
    /// The limit outside the times of the schedule, 10 kB/s at least; none means no limit.
    pub usual: Option<ByteRate>,
    /// Whether the times count.
    pub scheduled: bool,
    /// When what else counts. Where several hold, the strictest does.
    pub times: Vec<LimitTime>,
}

/// A time of the week, and what holds in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LimitTime {
    /// The days on which it begins.
    pub days: Days,
    /// When it begins, in minutes after midnight.
    pub from: u16,
    /// When it ends. Not after `from` means on the next day; the same means a whole day.
    pub to: u16,
    /// What holds in it.
    pub rule: LimitRule,
}

/// Some days of the week.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Days(pub BTreeSet<Day>);

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Day {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

/// What holds in a time of the schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum LimitRule {
    /// No faster than this.
    Limit {
        /// Bytes a second.
        rate: ByteRate,
    },
    /// Nothing is sent.
    Pause,
}

/// What a person chose for now, past the schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Choice {
    /// The limit; none means no limit.
    pub rate: Option<ByteRate>,
    /// Nothing is sent, whatever the limit.
    #[serde(default)]
    pub paused: bool,
    /// Until when: the next change of the schedule, or the end of a pause. None means for good.
    pub until: Option<UnixTime>,
}

/// What may be done at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rule {
    /// As fast as it goes.
    #[default]
    NoLimit,
    /// No faster than this.
    Limit(ByteRate),
    /// Nothing is sent.
    Pause,
}

/// Why it holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// It is the usual limit.
    #[default]
    Usual,
    /// The schedule says so.
    Schedule,
    /// A person chose it for now.
    Chosen,
    /// The network is metered.
    Metered,
    /// The battery is low.
    Battery,
}

/// What is around the computer and keeps everything back, whatever the limits say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Around {
    /// The network is metered.
    pub metered: bool,
    /// The battery is low.
    pub battery: bool,
}

impl Around {
    /// Why nothing is sent, where that is so.
    pub const fn why(self) -> Option<Why> {
        match self {
            Self { metered: true, .. } => Some(Why::Metered),
            Self { battery: true, .. } => Some(Why::Battery),
            _ => None,
        }
    }

    /// What of it is not among the other.
    pub(crate) const fn but(self, other: Self) -> Self {
        Self { metered: self.metered && !other.metered, battery: self.battery && !other.battery }
    }
}

/// What holds at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ruling {
    /// What.
    pub rule: Rule,
    /// When it next changes by itself.
    pub until: Option<UnixTime>,
    /// Why.
    pub why: Why,
}

/// What holds now, for shells.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LimitNow {
    /// The limit; none means no limit, or a pause.
    pub rate: Option<ByteRate>,
    /// Whether nothing is sent: by the schedule, for what is around the computer, or as a person chose for a while.
    pub paused: bool,
    /// When it next changes by itself, where that is known.
    pub until: Option<UnixTime>,
    /// Why it holds.
    pub why: Why,
}

impl From<Ruling> for LimitNow {
    fn from(ruling: Ruling) -> Self {
        Self { rate: ruling.rule.limit(), paused: ruling.rule == Rule::Pause, until: ruling.until, why: ruling.why }
    }
}

impl Rule {
    fn of(rate: Option<ByteRate>) -> Self {
        rate.map_or(Self::NoLimit, Self::Limit)
    }

    /// The limit, where it is one.
    pub const fn limit(self) -> Option<ByteRate> {
        match self {
            Self::Limit(rate) => Some(rate),
            Self::NoLimit | Self::Pause => None,
        }
    }

    /// The one that lets less through.
    fn stricter(self, other: Self) -> Self {
        match (self, other) {
            (Self::Pause, _) | (_, Self::Pause) => Self::Pause,
            (Self::Limit(one), Self::Limit(another)) => Self::Limit(one.min(another)),
            (Self::Limit(rate), Self::NoLimit) | (Self::NoLimit, Self::Limit(rate)) => Self::Limit(rate),
            (Self::NoLimit, Self::NoLimit) => Self::NoLimit,
        }
    }
}

impl From<Choice> for Rule {
    fn from(choice: Choice) -> Self {
        if choice.paused { Self::Pause } else { Self::of(choice.rate) }
    }
}

impl From<LimitRule> for Rule {
    fn from(rule: LimitRule) -> Self {
        match rule {
            LimitRule::Limit { rate } => Self::Limit(rate),
            LimitRule::Pause => Self::Pause,
        }
    }
}

impl Day {
    const fn before(self) -> Self {
        match self {
            Self::Mon => Self::Sun,
            Self::Tue => Self::Mon,
            Self::Wed => Self::Tue,
            Self::Thu => Self::Wed,
            Self::Fri => Self::Thu,
            Self::Sat => Self::Fri,
            Self::Sun => Self::Sat,
        }
    }
}

impl LimitTime {
    /// Whether it holds at this minute of a day.
    fn holds(&self, day: Day, minute: u16) -> bool {
        holds(&self.days, (self.from, self.to), day, minute)
    }
}

/// Whether a time that begins on these days and lasts from one minute to another holds at this minute of a day. One that does
/// not end after it begins ends on the next day.
pub(crate) fn holds(days: &Days, (from, to): (u16, u16), day: Day, minute: u16) -> bool {
    let begins_on = |day: &Day| days.0.contains(day);
    if from < to {
        begins_on(&day) && (from..to).contains(&minute)
    } else {
        (begins_on(&day) && minute >= from) || (begins_on(&day.before()) && minute < to)
    }
}

impl Limits {
    /// Whether all of them can be kept to.
    ///
    /// # Errors
    /// `bad-input`.
    pub fn check(&self) -> Result<()> {
        let bad = |why: &str| Err(Error::new(ErrorCode::BadInput).detail(why));
        if let Some(rate) = self.usual {
            within_bounds(rate)?;
        }
        if self.times.len() > TIMES_AT_MOST {
            return bad(&format!("a schedule has {TIMES_AT_MOST} times at most"));
        }
        for time in &self.times {
            if time.days.0.is_empty() {
                return bad("a time of the schedule without a day");
            }
            if time.from >= DAY || time.to >= DAY {
                return bad("a time of the schedule past midnight");
            }
            if let LimitRule::Limit { rate } = time.rule {
                within_bounds(rate)?;
            }
        }
        Ok(())
    }

    /// Whether anything changes by itself.
    pub fn has_schedule(&self) -> bool {
        self.scheduled && !self.times.is_empty()
    }

    /// What holds at this minute of a day.
    fn rule(&self, day: Day, minute: u16) -> (Rule, Why) {
        let times = self.times.iter().filter(|time| self.scheduled && time.holds(day, minute));
        match times.map(|time| Rule::from(time.rule)).reduce(Rule::stricter) {
            Some(rule) => (rule, Why::Schedule),
            None => (Rule::of(self.usual), Why::Usual),
        }
    }
}

/// Whether a rate can be a limit.
///
/// # Errors
/// `bad-input`.
pub fn within_bounds(rate: ByteRate) -> Result<()> {
    if (LEAST..=MOST).contains(&rate) {
        return Ok(());
    }
    let why = if rate < LEAST { "a limit is 10 kB/s at least" } else { "a limit is 1 TB/s at most" };
    Err(Error::new(ErrorCode::BadInput).detail(why))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: ByteRate = ByteRate(50_000_000);

    fn time(days: &[Day], from: u16, to: u16, rule: LimitRule) -> LimitTime {
        LimitTime { days: Days(days.iter().copied().collect()), from, to, rule }
    }

    #[test]
    fn where_several_times_hold_the_strictest_counts() {
        let times = vec![
            time(&[Day::Mon], 8 * 60, 18 * 60, LimitRule::Limit { rate: RATE }),
            time(&[Day::Mon], 9 * 60, 10 * 60, LimitRule::Limit { rate: ByteRate(1_000_000) }),
            time(&[Day::Mon], 12 * 60, 13 * 60, LimitRule::Pause),
        ];
        let limits = Limits { usual: Some(ByteRate(20_000)), scheduled: true, times };
        let at = |hour: u16| limits.rule(Day::Mon, hour * 60);
        assert_eq!(at(7), (Rule::Limit(ByteRate(20_000)), Why::Usual));
        assert_eq!(at(8), (Rule::Limit(RATE), Why::Schedule));
        assert_eq!(at(9), (Rule::Limit(ByteRate(1_000_000)), Why::Schedule));
        assert_eq!(at(12), (Rule::Pause, Why::Schedule));
        assert_eq!(at(18), (Rule::Limit(ByteRate(20_000)), Why::Usual), "the end is not in it");
        assert_eq!(Limits { scheduled: false, ..limits.clone() }.rule(Day::Mon, 12 * 60).1, Why::Usual);
    }

    #[test]
    fn a_time_over_midnight_belongs_to_the_day_on_which_it_begins() {
        let night = time(&[Day::Sun], 22 * 60, 6 * 60, LimitRule::Pause);
        assert!(night.holds(Day::Sun, 22 * 60) && night.holds(Day::Mon, 5 * 60 + 59));
        assert!(!night.holds(Day::Sun, 5 * 60) && !night.holds(Day::Mon, 22 * 60) && !night.holds(Day::Mon, 6 * 60));
        let whole = time(&[Day::Sat], 0, 0, LimitRule::Pause);
        assert!(whole.holds(Day::Sat, 0) && whole.holds(Day::Sat, DAY - 1) && !whole.holds(Day::Sun, 0));
    }

    #[test]
    fn limits_that_cannot_be_kept_to_are_refused() {
        let good = time(&[Day::Sun], 60, 120, LimitRule::Limit { rate: LEAST });
        let limits = |usual, time| Limits { usual, scheduled: true, times: vec![time] };
        limits(Some(LEAST), good.clone()).check().expect("they can");
        for bad in [
            limits(Some(ByteRate(9_999)), good.clone()),
            limits(Some(ByteRate(u64::MAX)), good.clone()),
            limits(None, LimitTime { rule: LimitRule::Limit { rate: ByteRate(0) }, ..good.clone() }),
            limits(None, LimitTime { days: Days::default(), ..good.clone() }),
            limits(None, LimitTime { to: DAY, ..good.clone() }),
            Limits { times: vec![good; 51], ..Limits::default() },
        ] {
            assert_eq!(bad.check().expect_err("refused").code, ErrorCode::BadInput, "{bad:?}");
        }
    }
}
