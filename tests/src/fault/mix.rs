//! What can go wrong with one request, and chance that can be replayed.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

/// What happens to one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The connection is reset before the server sees the request.
    ResetBefore,
    /// The same in the body, after this many bytes.
    ResetMid {
        /// Where.
        at: u64,
    },
    /// The same when the whole body was read: it is out, and the server has nothing of it.
    ResetWhole,
    /// Nothing is read any more, and the connection stays.
    StallBefore,
    /// The same in the body, after this many bytes.
    StallMid {
        /// Where.
        at: u64,
    },
    /// The server has done it, and its answer never comes.
    StallAfter,
    /// The server has done it, and the connection is reset instead of an answer.
    Lost,
    /// The server has done it, and its answer breaks off.
    Truncated,
    /// A byte of the body arrives other than it left.
    Flipped,
    /// The server has done it, and the checksum in its answer is another.
    OtherSum,
    /// The server has done it, and says no checksum in its answer.
    NoSum,
    /// The server has done it, and the date in its answer is years ahead.
    Ahead,
    /// The body is read, and this is answered; the server sees nothing of it.
    Says {
        /// The status line.
        status: &'static str,
        /// S3's code.
        code: &'static str,
    },
    /// The server has done it, and this is answered instead.
    DoneButSays {
        /// The status line.
        status: &'static str,
        /// S3's code.
        code: &'static str,
    },
    /// [`Self::Says`] as a company says it: a problem document.
    Problem {
        /// The status line.
        status: &'static str,
        /// The contract's code.
        code: &'static str,
    },
    /// The same with a page of the local network.
    Page,
    /// The same with a page of a filter on the way, which refuses.
    Filtered {
        /// The status line.
        status: &'static str,
    },
    /// The same with an address of the local network's page.
    Moved,
    /// The same with a success that says nothing.
    Bare,
    /// The same with a refusal that is not the store's: no code, no id.
    Nobodys {
        /// The status line.
        status: &'static str,
    },
    /// The server has done it and says 200 at once; the rest comes after so many blanks, one a second.
    Blanks {
        /// How many.
        seconds: u32,
    },
    /// The server has done it, and the body of its answer breaks off.
    HalfBody,
}

impl Fault {
    /// "Slow down."
    pub const BUSY: Self = Self::Says { status: "503 Slow Down", code: "SlowDown" };
    /// An inner error.
    pub const INTERNAL: Self = Self::Says { status: "500 Internal Server Error", code: "InternalError" };
    /// The session is over.
    pub const EXPIRED: Self = Self::Says { status: "400 Bad Request", code: "ExpiredToken" };
    /// An error in an answer that says 200, as Complete may give.
    pub const ERROR_IN_200: Self = Self::Says { status: "200 OK", code: "InternalError" };
}

/// Faults by chance. The same seed breaks the same requests, whatever their order: chance is drawn from the seed, the
/// request and how often it was made.
#[derive(Debug)]
pub struct Mix {
    seed: u64,
    rates: Vec<(Fault, u32)>,
    made: BTreeMap<String, u32>,
    met: BTreeMap<Fault, u32>,
}

/// Chance is counted in parts of this.
const OF: u64 = 10_000;

impl Mix {
    /// No faults yet.
    pub fn new(seed: u64) -> Self {
        Self { seed, rates: Vec::new(), made: BTreeMap::new(), met: BTreeMap::new() }
    }

    /// Adds a fault that hits so many of 10,000 requests. [`Fault::ERROR_IN_200`] hits Complete alone, and faults of
    /// bodies those that have one.
    #[must_use]
    pub fn with(mut self, fault: Fault, of_10_000: u32) -> Self {
        self.rates.push((fault, of_10_000));
        self
    }

    /// 5 % busy, 2 % resets (half of them after the store had the part, a quarter when the whole body was
    /// out and nothing of it stored), 1 % stalls, 0.5 % inner errors, 0.5 % errors in
    /// a 200 of Complete, 1 % answers that break off. Source: goal R5.
    pub fn usual(seed: u64) -> Self {
        Self::usual_at(seed, 1 << 20)
    }

    /// The same for small parts: bodies break after this many bytes.
    pub fn usual_at(seed: u64, at: u64) -> Self {
        Self::new(seed)
            .with(Fault::BUSY, 500)
            .with(Fault::ResetMid { at }, 50)
            .with(Fault::ResetWhole, 50)
            .with(Fault::Lost, 100)
            .with(Fault::StallMid { at }, 50)
            .with(Fault::StallAfter, 50)
            .with(Fault::INTERNAL, 50)
            .with(Fault::ERROR_IN_200, 50)
            .with(Fault::Truncated, 100)
    }

    /// How often each fault was met.
    pub fn met(&self) -> &BTreeMap<Fault, u32> {
        &self.met
    }

    /// Requests that were seen.
    pub fn requests(&self) -> u32 {
        self.made.values().sum()
    }

    pub(super) fn decide(&mut self, first: &str, body: u64) -> Option<Fault> {
        let name = identity(first);
        let made = self.made.entry(name.clone()).or_default();
        *made += 1;
        // A hash that is the same with every compiler: a seed that was written down is worth something for years.
        let hash = Sha256::digest(format!("{} {name} {made}", self.seed));
        let mut drawn = u64::from_le_bytes(hash[..8].try_into().expect("eight bytes")) % OF;
        for (fault, rate) in &self.rates {
            if drawn < u64::from(*rate) {
                let fits = match fault {
                    Fault::ResetMid { .. } | Fault::ResetWhole | Fault::StallMid { .. } => body > 0,
                    fault if *fault == Fault::ERROR_IN_200 => first.starts_with("POST ") && first.contains("uploadId="),
                    _ => true,
                };
                if fits {
                    *self.met.entry(*fault).or_default() += 1;
                }
                return Some(*fault).filter(|_| fits);
            }
            drawn -= u64::from(*rate);
        }
        None
    }
}

/// The request without what differs from run to run.
fn identity(first: &str) -> String {
    match first.split_once("uploadId=") {
        Some((before, after)) => {
            let rest = after.find(['&', ' ']).map_or("", |at| &after[at..]);
            format!("{before}{rest}")
        }
        None => first.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_breaks_the_same_requests_in_any_order() {
        let lines = |id: &str| (1..=500).map(|n| format!("PUT /m/k?partNumber={n}&uploadId={id} HTTP/1.1")).collect();
        let (ours, theirs): (Vec<String>, Vec<String>) = (lines("abc"), lines("xyz"));
        let (mut one, mut two) = (Mix::usual(7), Mix::usual(7));
        let first: Vec<_> = ours.iter().map(|line| one.decide(line, 9 << 20)).collect();
        let mut second: Vec<_> = theirs.iter().rev().map(|line| two.decide(line, 9 << 20)).collect();
        second.reverse();
        assert_eq!(first, second);
        let hit = first.iter().flatten().count();
        assert!((20..100).contains(&hit), "about a tenth: {hit}");
    }
}
