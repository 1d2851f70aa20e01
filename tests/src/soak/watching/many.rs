//! Very many files: what the first look at all of them costs, and what a look does when nothing changed. It opens folders, and
//! no file.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use super::desk::{Desk, Told};
use super::ledger::sum;
use super::meter::{Meter, Opened};
use super::plant;
use crate::soak::size;
use crate::source::sha256;

/// The most memory that whoever watches may need, in bytes. Source: docs/reliability.md, W.
const MEMORY: u64 = 150 << 20;
/// Within so long all of it was looked at for the first time. Source: the same. Asserted at full size: what runs beside the small
/// runs takes the time from them.
const FIRST: Duration = Duration::from_secs(5);

/// What it took.
#[derive(Clone, Copy, Debug)]
pub struct Looked {
    /// From the start of whoever watches until all of it had been looked at.
    pub first: Duration,
    /// The same when everything was sent and nothing had changed, from the command to its end.
    pub again: Duration,
    /// The most memory that it ever held, in bytes.
    pub memory: u64,
    /// What was opened when nothing had changed.
    pub opened: Opened,
}

/// So many files in so many folders, all of them new, are looked at and sent; then they are looked at again.
pub async fn many_files(files: u64, folders: u64) -> Looked {
    let what = format!("{files} files in {folders} folders");
    let mut desk = Desk::new().await;
    let root = desk.folder("in");
    // Empty, so that nothing of it is looked at before it is measured.
    desk.add(&root, "all", &[]).await;
    let name = |n: u64| format!("{}/{n}.mov", n % folders);
    for n in 0..files {
        plant(&root.join(name(n)), n, 20);
    }
    let begun = Instant::now();
    desk.begin(None);
    desk.until(&what, |told| told.iter().all(Told::is_watched)).await;
    let first = begun.elapsed();
    let done = |told: &[Told]| told.iter().map(|one| one.number("done")).sum::<u64>();
    let all_done = |told: &[Told]| told.iter().all(Told::is_up_to_date) && done(told) == files;
    desk.while_it_goes_on(&what, all_done, done).await;
    let memory = desk.watcher().peak_memory();
    let (again, opened) = looked_at_again(&desk, &root, &root.join(name(0))).await;
    println!(
        "W, {what}: looked at in {:.2} s, and again in {:.2} s, which opened {} files and {} folders; {} MiB of memory at most",
        first.as_secs_f64(),
        again.as_secs_f64(),
        opened.files,
        opened.folders,
        memory >> 20
    );
    assert!(first < size(Duration::MAX, FIRST), "{what}: looked at after {first:?}");
    assert_eq!(opened.files, 0, "{what}: nothing changed, and files were opened");
    assert!(opened.folders > folders, "{what}: {} of {folders} folders and their own were looked at", opened.folders);
    assert!(memory <= MEMORY, "{what}: {} MiB", memory >> 20);
    let sums: BTreeSet<_> = desk.world.keys().iter().map(|key| desk.world.sha256(key)).collect();
    assert_eq!(sums.len() as u64, files, "{what}: each is there");
    assert_eq!(desk.world.keys().len() as u64, files, "{what}: each is there once");
    desk.kill().await;
    Looked { first, again, memory, opened }
}

/// What a look takes when nothing changed, and what it opens.
async fn looked_at_again(desk: &Desk, root: &Path, one: &Path) -> (Duration, Opened) {
    let meter = Meter::on(&[root]);
    // Whoever opens a file is seen.
    assert_eq!(sha256(one), sum(&std::fs::read(one).expect("read")));
    assert!(meter.read().files > 0, "an opened file is told");
    let begun = Instant::now();
    desk.check(root).await;
    let took = begun.elapsed();
    desk.until_up_to_date("after a look").await;
    (took, meter.read())
}
