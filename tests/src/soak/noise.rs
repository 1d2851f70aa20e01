//! Everything that reads what others wrote, with good examples that chance has spoilt: bytes flipped, taken out, doubled,
//! or put in from another example. `fuzz/` has the same targets for a fuzzer that learns.

use davit_core::fuzz::TARGETS;

use super::Chance;

/// Runs every target so many times.
pub fn every_reader(count: u32, seed: u64) {
    for (name, read, examples) in TARGETS {
        let mut chance = Chance::new(seed);
        for round in 0..count {
            let example = spoilt(chance.one(examples).as_bytes(), chance.one(examples).as_bytes(), &mut chance);
            let read = std::panic::catch_unwind(|| read(&example));
            assert!(read.is_ok(), "{name}, round {round}, seed {seed}: {:?}", String::from_utf8_lossy(&example));
        }
    }
}

/// Words that readers treat apart.
const SPECIAL: [&str; 10] = ["\"", "\\", "{", "null", "-1", "18446744073709551616", "1e999", "\0", "\u{202e}", "&#x0;"];

fn spoilt(example: &[u8], other: &[u8], chance: &mut Chance) -> Vec<u8> {
    let mut bytes = example.to_vec();
    for _ in 0..chance.below(6) {
        let at = chance.below(bytes.len());
        let end = at + chance.below(bytes.len().saturating_sub(at) + 1);
        match chance.below(6) {
            0 if at < bytes.len() => bytes[at] ^= 1 << chance.below(8),
            1 => drop(bytes.drain(at..end)),
            2 => bytes.splice(at..at, bytes[at..end].to_vec()).for_each(drop),
            3 => bytes.splice(at..end, other[other.len() / 2..].iter().copied()).for_each(drop),
            4 => bytes.splice(at..at, chance.one(&SPECIAL).bytes()).for_each(drop),
            _ => bytes.truncate(end),
        }
    }
    bytes
}
