//! Long loops over chance: small among the scenarios, as large as `DAVIT_SOAK` says when somebody has the night. Every
//! failure names the seed that it can be replayed with, as `DAVIT_SEED`.

use std::path::Path;
use std::time::{Duration, Instant};

use tokio::task::{JoinError, JoinSet};

use crate::World;

pub mod crash;
#[cfg(target_os = "linux")]
pub mod drives;
#[cfg(target_os = "linux")]
pub mod endurance;
pub mod model;
pub mod network;
pub mod noise;
pub mod records;
#[cfg(target_os = "linux")]
pub mod scale;
#[cfg(unix)]
pub mod sources;
#[cfg(unix)]
pub mod tampering;
#[cfg(target_os = "linux")]
pub mod watching;

/// How often a loop runs: as `DAVIT_SOAK` says, or `small`.
pub fn times(small: u32) -> u32 {
    std::env::var("DAVIT_SOAK").ok().and_then(|text| text.parse().ok()).unwrap_or(small)
}

/// How much of it one round has: `small`, or `full` where somebody has the night.
pub fn size<T>(small: T, full: T) -> T {
    if std::env::var_os("DAVIT_SOAK").is_some() { full } else { small }
}

/// The seeds of so many rounds.
pub fn seeds(small: u32) -> std::ops::Range<u64> {
    seed()..seed() + u64::from(times(small))
}

/// The first seed: as `DAVIT_SEED` says, or 1.
pub fn seed() -> u64 {
    std::env::var("DAVIT_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1)
}

/// Waits for it, two minutes at most.
///
/// # Panics
/// When it did not come.
pub async fn until(mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        tokio::time::sleep(Duration::from_millis(2)).await;
        assert!(begun.elapsed() < Duration::from_secs(120), "it never came");
    }
}

/// Waits until every file that is not done waits for this.
///
/// # Panics
/// When one of them failed.
pub async fn until_it_waits(world: &World, home: &Path, code: &str) {
    loop {
        let status = world.davit("status").arg("--json").env("DAVIT_HOME", home).end().await;
        let left: Vec<_> = status.lines.iter().filter(|line| line["state"] != "done").collect();
        assert!(left.iter().all(|line| line["state"] != "failed"), "{}", status.out);
        if !left.is_empty() && left.iter().all(|line| line["state"] == "waiting" && line["code"] == code) {
            return;
        }
    }
}

/// Runs all of these, so many at once, whether or not some of them panic. Answers what each came to, in the order in which
/// they ended.
pub async fn side_by_side<T: Send + 'static>(
    at_once: usize,
    all: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<Result<T, JoinError>> {
    let (mut running, mut ended) = (JoinSet::new(), Vec::new());
    for one in all {
        if running.len() == at_once {
            ended.extend(running.join_next().await);
        }
        running.spawn(one);
    }
    while let Some(one) = running.join_next().await {
        ended.push(one);
    }
    ended
}

/// Chance that comes out the same for the same seed (SplitMix64).
#[derive(Debug)]
pub struct Chance(u64);

impl Chance {
    /// From a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % (end.max(1) as u64)).expect("below a usize")
    }

    /// One of these.
    pub fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}
