//! The write-ahead log as it lies on the disk: whether it ends as a power cut ends it, or is damaged.
//!
//! A commit is synced before the next one is written. So only the last one may be torn, and a frame that goes on from the end
//! of a commit in which something is bad says that this is damage. Format: <https://www.sqlite.org/walformat.html>.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

const HEAD: usize = 32;
const FRAME: usize = 24;
/// The magic number, and one more where sums are made of big-endian words.
const MAGIC: u32 = 0x377f_0682;
/// Of our records, where the head does not tell.
const PAGE: usize = 4_096;
const PAGE_AT_MOST: usize = 65_536;

/// Whether a log is damaged, as far as that can be told from a power cut. Nothing is said of one that cannot be read.
pub(super) fn is_damaged(path: &Path) -> bool {
    File::open(path).is_ok_and(|log| damaged(BufReader::with_capacity(1 << 16, log)))
}

type Sum = (u32, u32);

/// The end of a commit in which something is bad.
struct End {
    /// What the next frame's sum may go on from: as it stands there, and as it ought to be.
    sums: [Sum; 2],
    salts: [u8; 8],
}

fn damaged(mut log: impl Read) -> bool {
    let mut head = [0; HEAD];
    if log.read_exact(&mut head).is_err() {
        return false;
    }
    let (magic, size) = (word(&head, 0), word(&head, 8) as usize);
    let big = magic == MAGIC + 1;
    let mut sum = add((0, 0), &head[..24], big);
    let sound = (magic == MAGIC || big) && sum == stored(&head, 24) && size.is_power_of_two();
    let sound = sound && (512..=PAGE_AT_MOST).contains(&size);
    let (big, size) = if sound { (big, size) } else { (cfg!(target_endian = "big"), PAGE) };
    let salts = sound.then(|| eight(&head, 16));

    let (mut whole, mut end) = (sound, None::<End>);
    let mut frame = vec![0; FRAME + size];
    while log.read_exact(&mut frame).is_ok() {
        let (these, is) = (eight(&frame, 8), stored(&frame, 16));
        let from = |sum: Sum| add(add(sum, &frame[..8], big), &frame[FRAME..], big);
        let ought = from(sum);
        whole = whole && salts == Some(these) && ought == is;
        if whole {
            sum = is;
            continue;
        }
        if end.is_some_and(|end| salts.unwrap_or(end.salts) == these && end.sums.iter().any(|sum| from(*sum) == is)) {
            return true;
        }
        // A frame that ends a commit names the size of the file.
        end = (word(&frame, 4) > 0).then_some(End { sums: [is, ought], salts: these });
        sum = is;
    }
    false
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).map_or(0, u32::from_be_bytes)
}

fn stored(bytes: &[u8], at: usize) -> Sum {
    (word(bytes, at), word(bytes, at + 4))
}

fn eight(bytes: &[u8], at: usize) -> [u8; 8] {
    bytes.get(at..at + 8).and_then(|eight| eight.try_into().ok()).unwrap_or_default()
}

fn add(mut sum: Sum, bytes: &[u8], big: bool) -> Sum {
    let read = |four: &[u8]| {
        let four = four.try_into().unwrap_or_default();
        if big { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) }
    };
    for two in bytes.chunks_exact(8) {
        sum.0 = sum.0.wrapping_add(read(&two[..4])).wrapping_add(sum.1);
        sum.1 = sum.1.wrapping_add(read(&two[4..])).wrapping_add(sum.0);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A log of so many commits of several frames each, and where each of them ends.
    fn log(commits: u32) -> (Vec<u8>, Vec<usize>) {
        let home = tempfile::tempdir().expect("a folder");
        let (path, log) = (home.path().join("journal.sqlite"), home.path().join("journal.sqlite-wal"));
        let connection = super::super::schema::open_for_writing(&path).expect("made");
        super::super::keep::shorten(&connection);
        let mut ends = vec![HEAD];
        for n in 0..commits {
            connection.execute("INSERT INTO story VALUES (?,1,?)", (n, "x".repeat(9_000))).expect("written");
            ends.push(std::fs::read(&log).expect("a log").len());
        }
        (std::fs::read(&log).expect("a log"), ends)
    }

    #[test]
    fn a_log_that_is_whole_or_cut_off_anywhere_or_torn_in_its_last_commit_is_not_damaged() {
        let (log, ends) = log(5);
        assert!(!damaged(&*log));
        for at in (0..log.len()).step_by(97).chain(ends.iter().copied()) {
            assert!(!damaged(&log[..at]), "cut off at {at}");
        }
        let last = ends[ends.len() - 2];
        for at in (last..log.len()).step_by(512) {
            let mut torn = log.clone();
            let end = (at + 512).min(log.len());
            torn[at..end].fill(0);
            assert!(!damaged(&*torn), "torn at {at}");
        }
    }

    #[test]
    fn what_a_commit_leaves_of_an_earlier_use_of_the_log_is_no_damage() {
        let (old, _) = log(6);
        let (new, ends) = log(3);
        let mut used_again = old;
        used_again[..new.len()].copy_from_slice(&new);
        assert!(!damaged(&*used_again));
        let last = ends[ends.len() - 2];
        used_again[last + 100..last + 700].fill(0);
        assert!(!damaged(&*used_again), "torn in its last commit");
    }

    #[test]
    fn a_bit_that_flips_before_the_last_two_commits_of_a_log_is_damage_wherever_it_is() {
        let (log, ends) = log(5);
        let third_last = ends[ends.len() - 3];
        let heads = (HEAD..third_last).step_by(FRAME + PAGE).flat_map(|frame| frame..frame + FRAME);
        for at in (0..HEAD).chain(heads).chain((0..third_last).step_by(61)) {
            for bit in 0..8 {
                let mut flipped = log.clone();
                flipped[at] ^= 1 << bit;
                assert!(damaged(&*flipped), "bit {bit} of byte {at}");
            }
        }
    }
}
