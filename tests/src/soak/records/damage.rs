//! Damage: files that are cut off anywhere, bits that flip, zeros, foreign bytes, files that are gone or may not be written.
//! Whatever it is, the records open, every row that is in them is one that was written, and what is missing is told.

use std::collections::BTreeSet;
use std::path::Path;

use davit_core::journal::{Journal, Notice};

use super::{Chance, Image, folder, grown, image, lay_out, rows};

const FILE: &str = "journal.sqlite";
const LOG: &str = "journal.sqlite-wal";
const COPY: &str = "journal.good.sqlite";

/// Records to be damaged.
struct Subject {
    image: Image,
    files: u64,
    /// The rows in it, and every row that it ever had.
    now: BTreeSet<String>,
    ever: BTreeSet<String>,
    place: tempfile::TempDir,
}

impl Subject {
    /// Records at a clean end: one file, and a copy of it.
    async fn at_rest(seed: u64) -> Self {
        let place = folder();
        let home = place.path().join("home");
        let (journal, files, ever) = grown(&home, &mut Chance::new(seed), 150).await;
        journal.keep_copy().await;
        let (image, now) = (image(&home), rows(&home, files));
        assert!(image.contains_key(COPY) && image.get(LOG).is_none_or(Vec::is_empty), "a clean end");
        Self { image, files, now, ever, place }
    }

    /// Records of a process that was killed: a file, its log, and a copy from before.
    async fn killed(seed: u64) -> Self {
        let place = folder();
        let home = place.path().join("home");
        let mut chance = Chance::new(seed);
        let (journal, mut files, mut ever) = grown(&home, &mut chance, 100).await;
        journal.keep_copy().await;
        for _ in 0..50 {
            journal.write(super::commit(&mut chance, &mut files)).await.expect("written");
            ever.extend(rows(&home, files));
        }
        let (image, now) = (image(&home), rows(&home, files));
        assert!(image.get(LOG).is_some_and(|log| log.len() > 4_096), "a log");
        Self { image, files, now, ever, place }
    }

    /// Opens records like these after some damage. Answers what was told, and the rows that are there.
    fn opened(&self, damaged: &Image, what: &str) -> (Option<Notice>, BTreeSet<String>) {
        let home = self.place.path().join("damaged");
        lay_out(damaged, &home);
        let found = self.open_in(&home, what);
        if found.0.is_some() && damaged.get(FILE).is_some_and(|file| !file.is_empty()) {
            let names = std::fs::read_dir(&home).expect("a home").map(|entry| entry.expect("an entry").file_name());
            let mut names = names.map(|name| name.to_string_lossy().into_owned());
            assert!(names.any(|name| name.starts_with("journal.damaged-2")), "{what}: the damaged file is set aside");
        }
        std::fs::remove_dir_all(&home).expect("removed");
        found
    }

    fn open_in(&self, home: &Path, what: &str) -> (Option<Notice>, BTreeSet<String>) {
        let (journal, recovered) = Journal::open(home).unwrap_or_else(|e| panic!("{what}: {e}"));
        let found = rows(home, self.files + 10);
        let strangers: Vec<_> = found.difference(&self.ever).collect();
        assert!(strangers.is_empty(), "{what}: never written: {strangers:?}");
        drop(journal);
        // Told once: the next start has nothing to tell.
        let (_, again) = Journal::open(home).unwrap_or_else(|e| panic!("{what}, again: {e}"));
        assert_eq!(again.notice, None, "{what}: told twice");
        assert!(rows(home, self.files + 10) == found, "{what}: the next start finds the same");
        (recovered.notice, found)
    }
}

/// Records cut off at so many bytes, evenly; every byte when there are as many. With a copy nothing is lost, without one
/// what can be read is kept. Either way it is told.
pub async fn truncations(count: u32, seed: u64) {
    let subject = Subject::at_rest(seed).await;
    let whole = &subject.image[FILE];
    let step = (whole.len() / count.max(1) as usize).max(1);
    let mut anew = 0;
    for at in (0..whole.len()).step_by(step) {
        let what = format!("seed {seed}, cut off at byte {at}");
        let mut damaged = subject.image.clone();
        damaged.get_mut(FILE).expect("there").truncate(at);
        let (notice, found) = subject.opened(&damaged, &what);
        assert!(notice.is_some(), "{what}: not told");
        let lost: Vec<_> = subject.now.difference(&found).filter(|row| !row.contains("PartRow")).collect();
        assert!(lost.is_empty(), "{what}: the copy has it all but parts, and S3 tells of those: {lost:?}");

        damaged.remove(COPY);
        let (notice, found) = subject.opened(&damaged, &what);
        // An empty file is what a first start leaves that was ended at once.
        assert!(notice.is_some() || at == 0, "{what}: not told");
        let none = at == 0 || notice == Some(Notice::BegunAnew);
        assert!(none == found.is_empty(), "{what}: {notice:?} and {} rows", found.len());
        anew += u32::from(found.is_empty());
    }
    println!("cut off at {} places from seed {seed}; without a copy {anew} began anew", whole.len().div_ceil(step));
}

/// So many single bits flipped, in records at rest and in those of a killed process, with and without a copy.
pub async fn flips(count: u32, seed: u64) {
    let (rest, killed) = (Subject::at_rest(seed).await, Subject::killed(seed).await);
    let mut chance = Chance::new(seed);
    let (mut unseen, mut kept, mut had) = (0, 0, 0);
    for flip in 0..count {
        let (subject, name) = chance.one(&[(&rest, FILE), (&rest, FILE), (&killed, FILE), (&killed, LOG)]);
        let mut damaged = subject.image.clone();
        let bytes = damaged.get_mut(name).expect("there");
        let (at, bit) = (chance.below(bytes.len()), chance.below(8));
        bytes[at] ^= 1 << bit;
        let copy = chance.below(2) == 0;
        if !copy {
            damaged.remove(COPY);
        }
        let what = format!("seed {seed}, flip {flip}: bit {bit} of byte {at} of {name}, copy {copy}");
        let (notice, found) = subject.opened(&damaged, &what);
        unseen += u32::from(notice.is_none());
        // A log that ends early ends as a power cut would end it.
        if name == FILE {
            assert!(notice.is_some() || found == subject.now, "{what}: lost and not told");
            kept += found.intersection(&subject.now).count();
            had += subject.now.len();
        }
        if copy && name == FILE && std::ptr::eq(subject, &raw const rest) {
            let lost: Vec<_> = subject.now.difference(&found).filter(|row| !row.contains("PartRow")).collect();
            assert!(lost.is_empty(), "{what}: the copy has it all but parts, and S3 tells of those: {lost:?}");
        }
    }
    println!("{count} flips from seed {seed}: {unseen} changed nothing; of {had} rows {kept} were kept");
}

/// Zeros, foreign bytes, files that are gone, in any file or in several, so many times.
pub async fn havoc(count: u32, seed: u64) {
    let subjects = [Subject::at_rest(seed).await, Subject::killed(seed).await];
    let mut chance = Chance::new(seed);
    for time in 0..count {
        let subject = chance.one(&[&subjects[0], &subjects[1]]);
        let mut damaged = subject.image.clone();
        let mut what = format!("seed {seed}, time {time}:");
        for name in [FILE, LOG, COPY] {
            let Some(bytes) = damaged.get_mut(name).filter(|bytes| !bytes.is_empty()) else { continue };
            let (at, len) = (chance.below(bytes.len()), 1 + chance.below(3 * 4_096));
            let end = (at + len).min(bytes.len());
            let kind = chance.one(&["nothing", "zeros", "noise", "gone", "short", "a word", "all noise"]);
            what = format!("{what} {kind} in {name} from {at} to {end};");
            match kind {
                "zeros" => bytes[at..end].fill(0),
                "noise" => bytes[at..end].iter_mut().for_each(|byte| *byte = chance.one(&[0, 1, 13, 127, 255, 64])),
                "all noise" => bytes.iter_mut().for_each(|byte| *byte = chance.one(&[0, 1, 13, 127, 255, 64])),
                "short" => bytes.truncate(at),
                "a word" => *bytes = b"not a database".to_vec(),
                "gone" => {
                    damaged.remove(name);
                }
                _ => {}
            }
        }
        subject.opened(&damaged, &what);
    }
    println!("{count} times havoc from seed {seed}");
}

/// Records that may only be read become writable again, as they are ours; a folder in their place is told.
pub async fn unwritable(seed: u64) {
    let subject = Subject::at_rest(seed).await;
    let home = subject.place.path().join("read-only");
    lay_out(&subject.image, &home);
    let mut only_read = std::fs::metadata(home.join(FILE)).expect("there").permissions();
    only_read.set_readonly(true);
    std::fs::set_permissions(home.join(FILE), only_read).expect("set");
    let (notice, found) = subject.open_in(&home, "read-only");
    assert!(notice.is_none() && found == subject.now, "{notice:?}");

    let home = subject.place.path().join("folder");
    std::fs::create_dir_all(home.join(FILE).join("something")).expect("a folder");
    let error = Journal::open(&home).expect_err("no file");
    assert_eq!(error.code, davit_core::error::ErrorCode::JournalUnwritable, "{error}");
    assert!(home.join(FILE).join("something").exists());
}
