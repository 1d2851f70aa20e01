//! Faults by a seed: the same requests fail in every run that makes the same requests.

use std::sync::atomic::{AtomicU64, Ordering};

/// How many of a thousand requests with a body fail.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Faults {
    /// Where chance begins.
    pub(crate) seed: u64,
    /// 503 SlowDown after the whole body was taken.
    pub(crate) busy_per_mille: u64,
    /// The connection is reset within the body.
    pub(crate) reset_per_mille: u64,
}

/// What becomes of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Well,
    Busy,
    /// Reset after so many thousandths of the body.
    Reset(u64),
}

#[derive(Debug, Default)]
pub(super) struct Dice(AtomicU64);

impl Dice {
    pub(super) fn next(&self, faults: Option<Faults>) -> Fate {
        let Some(faults) = faults else { return Fate::Well };
        let n = self.0.fetch_add(1, Ordering::Relaxed);
        let drawn = mixed(faults.seed.wrapping_mul(0x9e37_79b9).wrapping_add(n));
        match drawn % 1_000 {
            low if low < faults.busy_per_mille => Fate::Busy,
            low if low < faults.busy_per_mille + faults.reset_per_mille => Fate::Reset((drawn >> 32) % 1_000),
            _ => Fate::Well,
        }
    }
}

/// splitmix64's last step: noise of any number.
pub(crate) fn mixed(n: u64) -> u64 {
    let mut z = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_says_which_requests_fail_and_about_how_many() {
        let faults = Some(Faults { seed: 7, busy_per_mille: 20, reset_per_mille: 10 });
        let draw = || {
            let dice = Dice::default();
            (0..10_000).map(|_| dice.next(faults)).collect::<Vec<_>>()
        };
        let fates = draw();
        assert_eq!(fates, draw());
        let count = |is: fn(&Fate) -> bool| fates.iter().filter(|fate| is(fate)).count();
        assert!((140..260).contains(&count(|fate| *fate == Fate::Busy)));
        assert!((60..140).contains(&count(|fate| matches!(fate, Fate::Reset(_)))));
        assert_eq!(Dice::default().next(None), Fate::Well);
    }
}
