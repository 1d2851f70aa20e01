//! Large records: how long they take to open, and to be copied at a clean end.

use std::time::{Duration, Instant};

use davit_core::engine::feed::Event;
use davit_core::file::Fingerprint;
use davit_core::journal::{Journal, Write};
use davit_core::transfer::Plan;
use davit_core::units::{ByteCount, UnixTime};

use super::{beginning, item, transfer};

/// What records of some size took.
#[derive(Clone, Copy, Debug)]
pub struct Took {
    /// To be written.
    pub written: Duration,
    /// To be opened, at best.
    pub opened: Duration,
}

/// Makes records of so many files and opens them again, some times.
pub async fn opening(files: u64) -> Took {
    let place = super::folder();
    let begun = Instant::now();
    let (journal, _) = Journal::open(place.path()).expect("opens");
    journal.write(beginning()).await.expect("written");
    let folder = item(2, true);
    let ids: Vec<u64> = (2..=files).collect();
    for chunk in ids.chunks(500) {
        let writes = chunk.iter().flat_map(|id| {
            let row = transfer(*id, &folder);
            let (id, size) = (row.id, 1_000 + id);
            let fingerprint =
                Fingerprint { size, mtime: 1, ctime: Some(2), volume: 3, file: size, in_doubt: false, grows: false };
            let plan = Plan::for_size(ByteCount(size)).expect("a plan");
            let opened = Write::Opened { id, fingerprint, plan };
            [Write::Transfer(row.into()), opened, Write::Happened(id, UnixTime(1_700_000_000), Event::Added)]
        });
        journal.write(writes.collect()).await.expect("written");
    }
    let written = begun.elapsed();
    let begun = Instant::now();
    journal.keep_copy().await;
    let copied = begun.elapsed();
    drop(journal);
    let size = std::fs::metadata(place.path().join("journal.sqlite")).expect("there").len();
    let opens = (0..3).map(|_| {
        let begun = Instant::now();
        let (_again, recovered) = Journal::open(place.path()).expect("opens");
        let took = begun.elapsed();
        assert_eq!(recovered.transfers.len() as u64, files);
        took
    });
    let opened = opens.min().expect("three");
    println!("{files} files, {} MiB: written in {written:?}, opened in {opened:?}, copied in {copied:?}", size >> 20);
    Took { written, opened }
}
