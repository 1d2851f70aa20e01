//! How long what is left takes, by what may be sent when.

use super::{Phase, Rule};
use crate::units::UnixTime;

/// Whole seconds until `left` bytes are sent. `rate` is what is sent a second as things are, `free` the same where nothing
/// limits it, as far as that was seen. None where nothing is known to move. After what is known of the schedule, a week and
/// more, its mean goes on.
pub(crate) fn seconds_left(left: u64, rate: u64, free: Option<u64>, phases: &[Phase], now: UnixTime) -> Option<u32> {
    let of = |nth: usize, phase: &Phase| match phase.rule {
        Rule::Pause => 0,
        // What was measured was measured by what holds now, mostly.
        Rule::Limit(limit) if nth == 0 => rate.min(limit.0),
        Rule::NoLimit if nth == 0 => rate,
        Rule::Limit(limit) => free.map_or(limit.0, |free| free.min(limit.0)),
        Rule::NoLimit => free.unwrap_or(rate),
    };
    let whole = |seconds: u64| Some(u32::try_from(seconds).unwrap_or(u32::MAX));
    let (mut sent, mut passed) = (0u64, 0u64);
    for (nth, phase) in phases.iter().enumerate() {
        let rate = of(nth, phase);
        let lasts = phase.until.map_or(u64::MAX, |until| until.0.saturating_sub(now.0).saturating_sub(passed));
        if sent.saturating_add(rate.saturating_mul(lasts)) >= left && rate > 0 {
            return whole(passed + (left - sent) / rate);
        }
        phase.until?;
        sent += rate * lasts;
        passed += lasts;
    }
    let mean = sent.checked_div(passed).filter(|mean| *mean > 0)?;
    whole(passed + (left - sent) / mean)
}

#[cfg(test)]
mod tests {
    use super::super::Why;
    use super::*;
    use crate::units::ByteRate;

    const NOW: UnixTime = UnixTime(1_000);

    fn phase(rule: Rule, lasts_until: Option<u64>) -> Phase {
        Phase { rule, why: Why::Schedule, until: lasts_until.map(|seconds| UnixTime(NOW.0 + seconds)) }
    }

    fn limit(rate: u64) -> Rule {
        Rule::Limit(ByteRate(rate))
    }

    #[test]
    fn time_left_follows_the_schedule_piece_by_piece() {
        let left = |left, rate, free, phases: &[Phase]| seconds_left(left, rate, free, phases, NOW);
        let always = [phase(limit(100), None)];
        assert_eq!(left(1_000, 90, None, &always), Some(11), "by what is measured, not by the limit");
        assert_eq!(left(1_000, 0, None, &always), None);

        let till_six = [phase(limit(100), Some(60)), phase(Rule::NoLimit, None)];
        assert_eq!(left(5_000, 100, Some(500), &till_six), Some(50), "done before");
        assert_eq!(left(11_000, 100, Some(500), &till_six), Some(60 + 10));
        assert_eq!(left(11_000, 100, None, &till_six), Some(60 + 50), "nobody knows how fast it would be");

        let tighter = [phase(Rule::NoLimit, Some(10)), phase(limit(100), None)];
        assert_eq!(left(6_000, 500, Some(500), &tighter), Some(10 + 10));
        assert_eq!(left(6_000, 50, Some(50), &tighter), Some(10 + 110), "the link is slower than the limit");

        let pauses = [phase(limit(100), Some(10)), phase(Rule::Pause, Some(70)), phase(limit(200), Some(700))];
        assert_eq!(left(2_000, 100, None, &pauses), Some(70 + 5));
        let paused = [phase(Rule::Pause, Some(60)), phase(Rule::NoLimit, Some(600))];
        assert_eq!(left(1_000, 0, Some(100), &paused), Some(60 + 10));
        assert_eq!(left(1_000, 0, None, &paused), None);
    }

    #[test]
    fn what_takes_longer_than_the_week_that_is_known_goes_on_by_its_mean() {
        let week = [phase(limit(100), Some(50)), phase(Rule::Pause, Some(100))];
        assert_eq!(seconds_left(10_000, 100, None, &week, NOW), Some(100 + 100));
    }
}
