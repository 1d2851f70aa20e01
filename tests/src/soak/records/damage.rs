//! Damage: files that are cut off anywhere, bits that flip, zeros, foreign bytes, files that are gone or may not be written.
//! Whatever it is, the records open, every row that is in them is one that was written, and what is missing is told.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use davit_core::journal::{Journal, Notice};

use super::{Chance, Image, folder, grown, image, lay_out, rows};

const FILE: &str = "journal.sqlite";
const LOG: &str = "journal.sqlite-wal";
const COPY: &str = "journal.good.sqlite";
/// Bytes of a page, and of the head of one in the log.
const PAGE: usize = 4_096;
const FRAME: usize = 24;
/// Bytes of the log's own head.
const LOG_HEAD: usize = 32;

/// Records to be damaged.
struct Subject {
    image: Image,
    files: u64,
    /// The rows in it, and every row that it ever had.
    now: BTreeSet<String>,
    ever: BTreeSet<String>,
    /// How long the log was after each commit, and the rows then. The first is the file itself.
    commits: Vec<(usize, BTreeSet<String>)>,
    place: tempfile::TempDir,
    /// Gives every opening a folder of its own.
    next: AtomicU32,
}

impl Subject {
    /// Records at a clean end: one file, and a copy of it.
    async fn at_rest(seed: u64) -> Self {
        Self::at_rest_after(seed, 150).await
    }

    async fn at_rest_after(seed: u64, commits: usize) -> Self {
        let place = folder();
        let home = place.path().join("home");
        let (journal, files, ever) = grown(&home, &mut Chance::new(seed), commits).await;
        journal.keep_copy().await;
        let (image, now) = (image(&home), rows(&home, files));
        assert!(image.contains_key(COPY) && image.get(LOG).is_none_or(Vec::is_empty), "a clean end");
        Self { image, files, now, ever, commits: Vec::new(), place, next: AtomicU32::new(0) }
    }

    /// Records of a process that was killed: a file, its log, and a copy from before.
    async fn killed(seed: u64) -> Self {
        Self::killed_after(seed, 100, 50).await
    }

    async fn killed_after(seed: u64, before: usize, after: usize) -> Self {
        let place = folder();
        let home = place.path().join("home");
        let mut chance = Chance::new(seed);
        let (journal, mut files, mut ever) = grown(&home, &mut chance, before).await;
        journal.keep_copy().await;
        let log = || std::fs::metadata(home.join(LOG)).map_or(0, |log| usize::try_from(log.len()).expect("short"));
        let mut commits = vec![(0, rows(&home, files))];
        for _ in 0..after {
            journal.write(super::commit(&mut chance, &mut files)).await.expect("written");
            let now = rows(&home, files);
            ever.extend(now.iter().cloned());
            commits.push((log(), now));
        }
        let (image, now) = (image(&home), rows(&home, files));
        assert!(image.get(LOG).is_some_and(|log| log.len() > 4_096), "a log");
        Self { image, files, now, ever, commits, place, next: AtomicU32::new(0) }
    }

    /// Opens records like these after some damage. Answers what was told, and the rows that are there.
    fn opened(&self, damaged: &Image, what: &str) -> (Option<Notice>, BTreeSet<String>) {
        let home = self.place.path().join(format!("damaged-{}", self.next.fetch_add(1, Ordering::Relaxed)));
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

    /// Whether rows are those that there were after one of the commits.
    fn was(&self, found: &BTreeSet<String>) -> bool {
        self.commits.iter().any(|(_, rows)| rows == found)
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

/// At which bytes records are cut off.
#[derive(Clone, Copy, Debug)]
pub enum Cuts {
    /// At the ends of what they are made of, a byte before and after, and at some others that this seed has.
    Few(u64),
    /// At every byte of which the number divided by [`SLICES`] leaves this: all of them are every byte.
    Slice(u64),
}

/// One takes minutes.
pub const SLICES: u64 = 16;

/// Where a file of blocks behind a head is cut off.
fn cuts(len: usize, head: usize, block: usize, which: Cuts, chance: &mut Chance) -> Vec<usize> {
    if let Cuts::Slice(slice) = which {
        return (0..len).filter(|at| *at as u64 % SLICES == slice % SLICES).collect();
    }
    let ends = (0..).map(|n| head + n * block).take_while(|end| *end <= len);
    let about = ends.flat_map(|end| [end.saturating_sub(1), end, end + 1]).chain([0, 1]);
    let between = std::iter::repeat_with(|| chance.below(len)).take(20);
    let all: BTreeSet<_> = about.chain(between).filter(|at| *at < len).collect();
    all.into_iter().collect()
}

/// Cuts one file at all these places and looks what comes of it, on as many threads as there are processors.
fn each(at: &[usize], look: impl Fn(usize) + Sync) {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for first in 0..threads {
            let look = &look;
            scope.spawn(move || at.iter().skip(first).step_by(threads).for_each(|at| look(*at)));
        }
    });
}

/// Records, their log and their copy, each cut off at every byte, or at some of them. Nothing is there that never was; with
/// a copy nothing is lost, without one what can be read is kept, and either way it is told. Of a log there is all up to the
/// last commit that is whole in it, as after a power cut.
pub async fn truncations(which: Cuts) {
    // Slices are of the same records.
    let seed = if let Cuts::Few(seed) = which { seed } else { 1 };
    let (rest, killed) = (Subject::at_rest_after(seed, 40).await, Subject::killed_after(seed, 30, 8).await);
    let chance = &mut Chance::new(seed);
    let (anew, opened) = (AtomicU32::new(0), AtomicU32::new(0));
    let cut = |subject: &Subject, name: &str, at: usize| {
        opened.fetch_add(1, Ordering::Relaxed);
        let mut damaged = subject.image.clone();
        damaged.get_mut(name).expect("there").truncate(at);
        damaged
    };
    let lost = |subject: &Subject, found: &BTreeSet<String>, what: &str| {
        let lost: Vec<_> = subject.now.difference(found).filter(|row| !row.contains("AcknowledgedPart")).collect();
        assert!(lost.is_empty(), "{what}: the copy has it all but parts, and S3 tells of those: {lost:?}");
    };
    let pages =
        |subject: &Subject, name: &str, chance: &mut Chance| cuts(subject.image[name].len(), 0, PAGE, which, chance);

    let places = pages(&rest, FILE, chance);
    each(&places, |at| {
        let what = format!("seed {seed}, cut off at byte {at}");
        let mut damaged = cut(&rest, FILE, at);
        let (notice, found) = rest.opened(&damaged, &what);
        // The end of the last page may be empty.
        assert!(notice.is_some() || found == rest.now, "{what}: lost and not told");
        lost(&rest, &found, &what);

        damaged.remove(COPY);
        let (notice, found) = rest.opened(&damaged, &format!("{what}, no copy"));
        // An empty file is what a first start leaves that was ended at once.
        assert!(notice.is_some() || at == 0 || found == rest.now, "{what}: lost and not told");
        let none = at == 0 || notice == Some(Notice::BegunAnew);
        assert!(none == found.is_empty(), "{what}: {notice:?} and {} rows", found.len());
        anew.fetch_add(u32::from(found.is_empty()), Ordering::Relaxed);
    });
    let places = pages(&killed, FILE, chance);
    each(&places, |at| {
        let what = format!("seed {seed}, a killed one's cut off at byte {at}");
        let (notice, found) = killed.opened(&cut(&killed, FILE, at), &what);
        // What the log has of a page is what counts.
        assert!(notice.is_some() || found == killed.now, "{what}: lost and not told");
    });
    let places = cuts(killed.image[LOG].len(), LOG_HEAD, FRAME + PAGE, which, chance);
    each(&places, |at| {
        let what = format!("seed {seed}, its log cut off at byte {at}");
        let (notice, found) = killed.opened(&cut(&killed, LOG, at), &what);
        assert_eq!(notice, None, "{what}: a log that ends early ends as a power cut would end it");
        let (_, whole) = killed.commits.iter().rfind(|(end, _)| *end <= at).expect("the file itself");
        assert!(found == *whole, "{what}: not as after the last commit that is whole");
    });
    let places = pages(&rest, COPY, chance);
    each(&places, |at| {
        let what = format!("seed {seed}, the copy cut off at byte {at}");
        let mut damaged = cut(&rest, COPY, at);
        let (notice, found) = rest.opened(&damaged, &what);
        assert!(notice.is_none() && found == rest.now, "{what}: {notice:?}");

        damaged.remove(FILE);
        let (notice, found) = rest.opened(&damaged, &format!("{what}, nothing else"));
        assert!(notice.is_some(), "{what}: not told");
        let none = notice == Some(Notice::BegunAnew);
        assert!(none == found.is_empty(), "{what}: {notice:?} and {} rows", found.len());
    });
    let bytes = [&rest.image[FILE], &killed.image[FILE], &killed.image[LOG], &rest.image[COPY]].map(Vec::len);
    let (opened, anew) = (opened.into_inner(), anew.into_inner());
    println!("{which:?}: cut off at {opened} places of {bytes:?} bytes; without a copy {anew} began anew");
}

/// So many single bits flipped, in records at rest and in those of a killed process, with and without a copy.
pub async fn flips(count: u32, seed: u64) {
    let (rest, killed) = (Subject::at_rest(seed).await, Subject::killed(seed).await);
    let mut chance = Chance::new(seed);
    let (mut unseen, mut told_of_logs, mut kept, mut had) = (0, 0, 0, 0);
    for flip in 0..count {
        let which = [(&rest, FILE), (&rest, FILE), (&killed, FILE), (&killed, LOG), (&rest, COPY)];
        let (subject, name) = chance.one(&which);
        let mut damaged = subject.image.clone();
        let bytes = damaged.get_mut(name).expect("there");
        let (at, bit) = (chance.below(bytes.len()), chance.below(8));
        bytes[at] ^= 1 << bit;
        let copy = chance.below(2) == 0;
        if name == COPY {
            // It is all that is left.
            damaged.remove(FILE);
        } else if !copy {
            damaged.remove(COPY);
        }
        let what = format!("seed {seed}, flip {flip}: bit {bit} of byte {at} of {name}, copy {copy}");
        let (notice, found) = subject.opened(&damaged, &what);
        unseen += u32::from(notice.is_none());
        assert!(name != COPY || notice.is_some(), "{what}: the records were gone and it is not told");
        if name == LOG {
            let hit = subject.commits.iter().take_while(|(end, _)| *end <= at).count();
            // Only what the last two commits wrote may end as a power cut would end it.
            let must = at < LOG_HEAD || hit + 2 < subject.commits.len();
            told_of_logs += u32::from(must);
            assert!(notice.is_some() || !must, "{what}: lost and not told");
            assert!(notice.is_some() || subject.was(&found), "{what}: not as after a commit");
        }
        if name == FILE {
            assert!(notice.is_some() || found == subject.now, "{what}: lost and not told");
            kept += found.intersection(&subject.now).count();
            had += subject.now.len();
        }
        if copy && name == FILE && std::ptr::eq(subject, &raw const rest) {
            let lost: Vec<_> = subject.now.difference(&found).filter(|row| !row.contains("AcknowledgedPart")).collect();
            assert!(lost.is_empty(), "{what}: the copy has it all but parts, and S3 tells of those: {lost:?}");
        }
    }
    println!(
        "{count} flips from seed {seed}: {unseen} were not told, {told_of_logs} had to be, in logs; of {had} rows {kept} were kept"
    );
}

/// Zeros, foreign bytes, files that are gone, in any file or in several, so many times. Unless the log is damaged too, all
/// is there or it is told; with a log that is damaged alone it is as after one of its commits, or told; and with a whole
/// copy there is all that was in it.
pub async fn havoc(count: u32, seed: u64) {
    let subjects = [Subject::at_rest(seed).await, Subject::killed(seed).await];
    let (mut chance, mut told) = (Chance::new(seed), 0);
    for time in 0..count {
        let subject = chance.one(&[&subjects[0], &subjects[1]]);
        let mut damaged = subject.image.clone();
        let mut what = format!("seed {seed}, time {time}:");
        for name in [FILE, LOG, COPY] {
            let Some(bytes) = damaged.get_mut(name).filter(|bytes| !bytes.is_empty()) else { continue };
            let (at, len) = (chance.below(bytes.len()), 1 + chance.below(3 * 4_096));
            let end = (at + len).min(bytes.len());
            let kind = chance.one(&[
                "nothing",
                "nothing",
                "nothing",
                "nothing",
                "zeros",
                "noise",
                "gone",
                "short",
                "a word",
                "all noise",
            ]);
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
        let (notice, found) = subject.opened(&damaged, &what);
        told += u32::from(notice.is_some());
        let same = |name: &str| damaged.get(name) == subject.image.get(name);
        if notice.is_none() {
            assert!(damaged.contains_key(FILE) && damaged.contains_key(LOG), "{what}: gone and not told");
            assert!(found == subject.now || (!same(LOG) && subject.was(&found)), "{what}: lost and not told");
        }
        if same(COPY) && subject.commits.is_empty() {
            let lost: Vec<_> = subject.now.difference(&found).filter(|row| !row.contains("AcknowledgedPart")).collect();
            assert!(lost.is_empty(), "{what}: the copy has it all but parts, and S3 tells of those: {lost:?}");
        }
        if same(COPY) || (same(FILE) && same(LOG)) {
            assert!(found.len() > 5, "{what}: {} rows", found.len());
        }
    }
    println!("{count} times havoc from seed {seed}: {told} of them were told");
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
