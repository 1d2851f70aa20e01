//! `davit limit`: how fast uploads may be, asked of the process that is at work, or of the records when none is.

use std::str::FromStr;

use davit_core::bandwidth::within_bounds;
use davit_core::error::Result;
use davit_core::units::ByteRate;
use davit_core::uploader::limits::{Ask, at_rest};
use davit_core::uploader::{Options, control};

use crate::{DONE, text, words};

/// A limit as it is typed; none is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rate(pub(crate) Option<ByteRate>);

/// What `davit limit` may be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    /// Another limit.
    Choose(Rate),
    /// What the schedule says.
    Schedule,
}

/// Bytes a second of one, by the units that a rate may have.
const UNITS: [(&str, f64); 7] = [
    ("kbit/s", 125.0),
    ("Mbit/s", 125e3),
    ("Gbit/s", 125e6),
    ("B/s", 1.0),
    ("kB/s", 1e3),
    ("MB/s", 1e6),
    ("GB/s", 1e9),
];

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.eq_ignore_ascii_case("none") {
            return Ok(Self(None));
        }
        let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let unit = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit.trim()));
        let (Ok(number), Some((_, each))) = (number.parse::<f64>(), unit) else {
            return Err("give a rate such as 50MB/s, 800kB/s or 100Mbit/s, or none".to_owned());
        };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, and is no less than 0")]
        let rate = ByteRate((number * each).round() as u64);
        within_bounds(rate).map_err(|error| error.detail)?;
        Ok(Self(Some(rate)))
    }
}

impl FromStr for Limit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.eq_ignore_ascii_case("schedule") { Ok(Self::Schedule) } else { text.parse().map(Self::Choose) }
    }
}

pub(crate) async fn run(limit: Option<Limit>) -> Result<u8> {
    let Options { home, policy, .. } = Options::from_env()?;
    let ask = match limit {
        None => Ask::Now,
        Some(Limit::Choose(Rate(rate))) => Ask::Choose(rate),
        Some(Limit::Schedule) => Ask::Follow,
    };
    let now = match control::limit(&home, ask.clone()).await? {
        Some(now) => now,
        None => at_rest(&home, &policy.rules, &ask).await?,
    };
    text::line(&words::limit(&now))?;
    Ok(DONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_typed_in_bytes_or_bits_and_none_is_none() {
        let rate = |text: &str| text.parse::<Rate>().map(|rate| rate.0.map(|rate| rate.0));
        assert_eq!(rate("50MB/s"), Ok(Some(50_000_000)));
        assert_eq!(rate("800kB/s"), Ok(Some(800_000)));
        assert_eq!(rate("1.5 mb/s"), Ok(Some(1_500_000)));
        assert_eq!(rate("100Mbit/s"), Ok(Some(12_500_000)));
        assert_eq!(rate("None"), Ok(None));
        for bad in ["", "50", "MB/s", "5kB/s", "-1MB/s", "1.2.3MB/s", "50MB", "9e9GB/s", "9999999GB/s", "fast"] {
            assert!(rate(bad).is_err(), "{bad}");
        }
        assert_eq!("schedule".parse(), Ok(Limit::Schedule));
        assert_eq!("none".parse(), Ok(Limit::Choose(Rate(None))));
    }
}
