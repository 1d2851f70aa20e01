//! Hours of the week as they are typed: `20:00-06:00`, or `mon-fri 20:00-06:00`.

use std::collections::BTreeSet;
use std::str::FromStr;

use davit_core::bandwidth::{Day, Days};
use davit_core::watch::spec::Hours;

const WEEK: [(&str, Day); 7] = [
    ("mon", Day::Mon),
    ("tue", Day::Tue),
    ("wed", Day::Wed),
    ("thu", Day::Thu),
    ("fri", Day::Fri),
    ("sat", Day::Sat),
    ("sun", Day::Sun),
];

/// When files are sent.
#[derive(Clone, Debug)]
pub(crate) struct Typed(pub(crate) Hours);

impl FromStr for Typed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (days, times) = text.trim().rsplit_once(' ').unwrap_or(("mon-sun", text.trim()));
        let times = times.split_once('-').and_then(|(from, to)| Some((minute(from)?, minute(to)?)));
        let all = days.split(',').map(span).collect::<Option<Vec<_>>>();
        let hours = times.zip(all).map(|((from, to), days)| Hours {
            days: Days(days.concat().into_iter().collect()),
            from,
            to,
        });
        hours.map(Self).ok_or_else(|| "give hours such as 20:00-06:00 or “mon-fri 20:00-06:00”".to_owned())
    }
}

/// `mon`, or `mon-fri`; past the week's end, too.
fn span(text: &str) -> Option<Vec<Day>> {
    let place = |name: &str| WEEK.iter().position(|(known, _)| *known == name.trim().to_lowercase());
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (place(first)?, place(last)?);
    let count = (last + WEEK.len() - first) % WEEK.len() + 1;
    Some((first..first + count).map(|at| WEEK[at % WEEK.len()].1).collect())
}

/// Minutes after midnight; 24:00 is the next.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    let at = hour * 60 + minute;
    (hour <= 24 && minute < 60 && at <= 24 * 60).then_some(at % (24 * 60))
}

/// The same in words: `mon tue 20:00-06:00`.
pub(crate) fn in_words(Hours { days: Days(days), from, to }: &Hours) -> String {
    let every = BTreeSet::from(WEEK.map(|(_, day)| day));
    let named = WEEK.iter().filter(|(_, day)| days.contains(day)).map(|(name, _)| *name).collect::<Vec<_>>().join(" ");
    let days = if *days == every { "every day".to_owned() } else { named };
    let clock = |at: &u16| format!("{:02}:{:02}", at / 60, at % 60);
    format!("{days} {}-{}", clock(from), clock(to))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// W26.
    #[test]
    fn hours_are_typed_with_their_days_or_without() {
        let said = |text: &str| text.parse::<Typed>().map(|Typed(hours)| in_words(&hours));
        assert_eq!(said("20:00-6:00").expect("hours"), "every day 20:00-06:00");
        assert_eq!(said("Mon-Fri 08:30-24:00").expect("hours"), "mon tue wed thu fri 08:30-00:00");
        assert_eq!(said("sat-sun,wed 0:00-0:00").expect("hours"), "wed sat sun 00:00-00:00");
        assert_eq!(said("fri-mon 1:00-2:00").expect("hours"), "mon fri sat sun 01:00-02:00");
        for wrong in ["", "20:00", "25:00-1:00", "24:01-1:00", "someday 1:00-2:00", "1:60-2:00", "mon-fri"] {
            said(wrong).expect_err(wrong);
        }
    }
}
