//! More happens than the system tells: a burst of new files, folders and files that are given one name after another, and events
//! that it loses. Every version is sent once all the same, and whoever looks is told that events were lost, and what a check
//! found instead.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use super::desk::{Desk, Told};
use super::hand::STOOD;
use super::ledger::{Ledger, sum};
use super::plant;
use crate::process::is_stopped;
use crate::soak::until;

/// Files that are there before, and have one name after another in the storm.
const RENAMED: u64 = 40;
/// How often each of them has another name, and each of their folders.
const ROUNDS: u64 = 20;
/// New files of a folder.
const IN_A_FOLDER: u64 = 100;
/// Files of a day ago, as they come off a card: nothing tells of them but a check.
const OLD: u64 = 3;
/// More events than this nobody makes: whoever allows more is told that nothing was lost.
const TOO_MANY: u64 = 1 << 22;

/// Whether who watches is let to hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hears {
    /// It is told of everything, as fast as it can be.
    All,
    /// It stands still until more happened than the system keeps for it.
    NotAll,
}

/// A folder in the storm.
struct Storm {
    root: PathBuf,
    ledger: Ledger,
}

/// A storm with so many new files.
pub async fn storm(files: u32, hears: Hears) {
    let what = format!("{files} new files, {hears:?}");
    let mut desk = Desk::new().await;
    let mut storm = Storm { root: desk.folder("in"), ledger: Ledger::default() };
    storm.begins();
    desk.add(&storm.root, "all", &[]).await;
    desk.begin(None);
    let begun = |told: &[Told]| told.iter().all(|one| one.is_up_to_date() && one.number("done") == RENAMED);
    desk.until(&what, begun).await;
    storm.ledger.judge(&desk.world, &what);
    let lost = match hears {
        Hears::NotAll => storm.is_not_heard(&desk, files).await,
        Hears::All => {
            storm.rages(files);
            false
        }
    };
    let quiet = Instant::now();
    let all = RENAMED + u64::from(files) + if lost { OLD + 2 } else { 0 };
    // In line or done: nothing of what happened is unknown any more.
    let known =
        |told: &[Told]| told.iter().all(|one| one.number("moving") + one.number("stalled") + one.number("done") >= all);
    desk.until(&what, known).await;
    let found = quiet.elapsed();
    let done = |told: &[Told]| told.iter().map(|one| one.number("done")).sum::<u64>();
    let (world, ledger) = (&desk.world, &mut storm.ledger);
    let is_there = |told: &[Told]| told.iter().all(Told::is_up_to_date) && ledger.missing(world).is_empty();
    let told = desk.while_it_goes_on(&what, is_there, done).await;
    let took = quiet.elapsed();
    let (events, recovered) = (told[0].number("events_lost"), told[0].number("recovered_by_a_check"));
    println!("W, {what}: all known {found:.1?} after the last change, all sent after {took:.1?}");
    println!("W, {what}: told that events were lost {events} times, and of {recovered} versions recovered by a check");
    if lost {
        assert!(events >= 1, "{what}: more happened than the system keeps, and nobody is told");
        assert!(recovered >= OLD, "{what}: {recovered} of {OLD} that no event told of are told as recovered");
    }
    storm.ledger.judge(&desk.world, &what);
    desk.check(&storm.root).await;
    desk.until_up_to_date(&what).await;
    storm.ledger.judge(&desk.world, &what);
    desk.kill().await;
}

impl Storm {
    /// What is there and sent before it rages.
    fn begins(&mut self) {
        for n in 0..RENAMED {
            self.comes(&format!("day {}/clip {n}.mov", n % 4), n);
        }
        std::fs::create_dir(self.root.join("quiet")).expect("made");
    }

    /// A new file, which has to be there.
    fn comes(&mut self, within: &str, number: u64) {
        let begun = Instant::now();
        let content = plant(&self.root.join(within), number, 20);
        // On a machine that stood still meanwhile it was an empty file first.
        if begun.elapsed() >= STOOD {
            self.ledger.may(sum(b""), within);
        }
        self.stands(within, &content);
    }

    fn stands(&mut self, within: &str, content: &[u8]) {
        let sum = sum(content);
        self.ledger.may(sum.clone(), within);
        self.ledger.must(&sum);
    }

    /// New files and new names.
    fn rages(&mut self, files: u32) {
        let rounds = ROUNDS * RENAMED;
        let each = rounds.div_ceil(u64::from(files).max(1));
        let mut round = 0;
        for n in 0..u64::from(files) {
            self.comes(&format!("burst {}/{n}.mov", n / IN_A_FOLDER), RENAMED + n);
            for _ in 0..each {
                if round < rounds {
                    self.renames(round);
                    round += 1;
                }
            }
        }
    }

    /// A file has another name, and now and then its folder. Those that are there already: none goes again.
    fn renames(&self, round: u64) {
        let (n, before) = (round % RENAMED, round / RENAMED);
        let named = |before: u64| if before == 0 { String::new() } else { format!(" cut {before}") };
        let day = |day: u64, before: u64| self.root.join(format!("day {day}{}", named(before)));
        let folder = day(n % 4, before);
        let file = |before: u64| folder.join(format!("clip {n}{}.mov", named(before)));
        std::fs::rename(file(before), file(before + 1)).expect("renamed");
        // Once all of its files have theirs.
        if n + 4 >= RENAMED {
            std::fs::rename(&folder, day(n % 4, before + 1)).expect("renamed");
        }
    }

    /// The same while who watches stands still, after so many events that the rest is lost. Answers whether it is.
    async fn is_not_heard(&mut self, desk: &Desk, files: u32) -> bool {
        let process = desk.watcher().id();
        desk.watcher().signal("STOP");
        until(|| is_stopped(process)).await;
        let lost = self.is_busy();
        self.rages(files);
        if lost {
            self.comes_off_a_card(&desk.folder("card"));
        }
        desk.watcher().signal("CONT");
        lost
    }

    /// So many events that the system keeps no more: two files in turn, since the same event twice is kept once. Answers whether
    /// it could be done.
    fn is_busy(&mut self) -> bool {
        let kept = std::fs::read_to_string("/proc/sys/fs/inotify/max_queued_events").expect("Linux says so");
        let kept: u64 = kept.trim().parse().expect("a number");
        if kept > TOO_MANY {
            println!("W: the system keeps {kept} events for each; none is lost here");
            return false;
        }
        let names = ["busy a.mov", "busy b.mov"];
        let mut both = names.map(|name| std::fs::File::create(self.root.join(name)).expect("a file"));
        for (n, letter) in (0..kept + 1_000).zip((b'a'..=b'z').cycle()) {
            both[usize::from(n % 2 == 1)].write_all(&[letter]).expect("written");
        }
        for name in names {
            let content = std::fs::read(self.root.join(name)).expect("read");
            self.stands(name, &content);
        }
        true
    }

    /// Into a folder in which nothing else happened: the event is lost, and no other leads there.
    fn comes_off_a_card(&mut self, card: &Path) {
        let day = Duration::from_secs(24 * 60 * 60);
        for n in 0..OLD {
            let (name, number) = (format!("of yesterday {n}.mov"), u64::MAX / 2 + n);
            let content = plant(&card.join(&name), number, 20);
            let file = std::fs::File::options().write(true).open(card.join(&name)).expect("opened");
            file.set_modified(SystemTime::now() - day).expect("set");
            std::fs::rename(card.join(&name), self.root.join("quiet").join(&name)).expect("moved in");
            self.stands(&format!("quiet/{name}"), &content);
        }
    }
}
