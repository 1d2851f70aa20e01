//! Power cuts.
//!
//! What is simulated: SQLite in WAL mode with `synchronous=FULL` writes the frames of a commit to the log and syncs it;
//! when it checkpoints, it then writes pages to the file and syncs that, and only then lets go of the log. So at any moment
//! either some blocks of the log or some blocks of the file are not on disk, never both, and all that was synced before
//! is. The blocks that one commit or checkpoint changed are found by comparing the files before and after it. Of these,
//! each block of 4 KiB is kept, lost (as it was before) or torn at a sector of 512 bytes, and the log's tail ends
//! anywhere.
//!
//! What is not: disks that lie about having synced.

use super::{Chance, Image, commit, folder, grown, image, lay_out, rows_with_states};
use davit_core::journal::Journal;

const BLOCK: usize = 4_096;
const SECTOR: usize = 512;
const FILE: &str = "journal.sqlite";
const LOG: &str = "journal.sqlite-wal";

/// So many cuts of the same records; then new ones begin.
const OF_ONE: u32 = 50;

/// Cuts the power in so many commits. The records open every time, without a word, as they were before or after it.
pub async fn cuts(count: u32, seed: u64) {
    for (first, seed) in (0..count).step_by(OF_ONE as usize).zip(seed..) {
        cuts_of_one(OF_ONE.min(count - first), seed).await;
    }
}

async fn cuts_of_one(count: u32, seed: u64) {
    let mut chance = Chance::new(seed);
    let place = folder();
    let home = place.path().join("home");
    let (journal, mut files, _) = grown(&home, &mut chance, 4).await;
    let (mut lost, mut checkpoints) = (0, 0);
    let mut before = (image(&home), rows_with_states(&home, files));
    for cut in 0..count {
        let checkpoint = chance.below(6) == 0;
        if checkpoint {
            journal.keep_copy().await;
        } else {
            let size = if chance.below(4) == 0 { 40 } else { 1 };
            let writes = (0..size).flat_map(|_| commit(&mut chance, &mut files)).collect();
            journal.write(writes).await.expect("written");
        }
        let after = (image(&home), rows_with_states(&home, files));
        checkpoints += u32::from(before.0.get(FILE) != after.0.get(FILE));

        let left = place.path().join(format!("cut-{cut}"));
        let cut_off = if checkpoint { in_checkpoint } else { in_commit };
        lay_out(&cut_off(&mut chance, &before.0, &after.0), &left);
        let (opened, recovered) = Journal::open(&left).unwrap_or_else(|e| panic!("seed {seed}, cut {cut}: {e}"));
        assert_eq!(recovered.notice, None, "seed {seed}, cut {cut}: a power cut is no damage");
        let found = rows_with_states(&left, files);
        assert!(
            found == before.1 || found == after.1,
            "seed {seed}, cut {cut}: more than the commit in flight is lost"
        );
        lost += u32::from(found != after.1);
        drop(opened);
        std::fs::remove_dir_all(&left).expect("removed");
        before = after;
    }
    println!(
        "{count} power cuts from seed {seed}: {lost} lost the commit in flight; {checkpoints} were in a checkpoint"
    );
}

/// What a cut in the middle of a commit leaves.
fn in_commit(chance: &mut Chance, before: &Image, after: &Image) -> Image {
    if before.get(FILE) != after.get(FILE) && chance.below(2) == 0 {
        let synced = Image::from_iter([(FILE.to_owned(), of(before, FILE)), (LOG.to_owned(), of(after, LOG))]);
        return in_checkpoint(chance, &synced, after);
    }
    let mut left = before.clone();
    left.insert(LOG.into(), mixed(chance, &of(before, LOG), &of(after, LOG)));
    left
}

/// What a cut leaves while a log, synced before, is brought into the file.
fn in_checkpoint(chance: &mut Chance, before: &Image, after: &Image) -> Image {
    let mut left = before.clone();
    left.insert(FILE.into(), mixed(chance, &of(before, FILE), &of(after, FILE)));
    left
}

fn of(image: &Image, name: &str) -> Vec<u8> {
    image.get(name).cloned().unwrap_or_default()
}

/// Blocks that differ are new, old or torn; what was added ends anywhere.
pub(super) fn mixed(chance: &mut Chance, before: &[u8], after: &[u8]) -> Vec<u8> {
    let grown = after.len().saturating_sub(before.len());
    let len = after.len() - if chance.below(2) == 0 { 0 } else { chance.below(grown + 1) };
    let mut left = before.to_vec();
    left.resize(len.max(before.len().min(after.len())), 0);
    for at in (0..left.len()).step_by(BLOCK) {
        let end = (at + BLOCK).min(left.len());
        let new = &after[at.min(after.len())..end.min(after.len())];
        let kept = match chance.below(4) {
            0 => 0,
            1 => (SECTOR * chance.below(BLOCK / SECTOR)).min(new.len()),
            _ => new.len(),
        };
        left[at..at + kept].copy_from_slice(&new[..kept]);
    }
    left
}
