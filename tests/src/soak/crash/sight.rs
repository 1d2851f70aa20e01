//! What is on record and what the store saw at one moment, and what a run may make of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use davit_core::journal::Reader;
use davit_core::transfer::TransferState;
use davit_core::transfer::state::unfinished;
use davit_localcloud::observe::{PartKey, PartSeen};

use crate::World;

/// A moment between two runs.
pub(super) struct Sight {
    /// Every part that the store ever saw.
    seen: BTreeMap<PartKey, PartSeen>,
    /// Parts on record: key, upload, number.
    recorded: BTreeSet<(String, String, u16)>,
    /// Uploads on record.
    uploads: BTreeSet<String>,
    /// Single requests so far.
    puts: u32,
    /// Keys that are done on record.
    done: BTreeSet<String>,
}

/// What a run had to do again.
pub(super) struct Again {
    /// Parts that had begun and were not on record before it, sent again.
    pub(super) parts: usize,
    /// Such parts in all.
    pub(super) in_flight: usize,
}

impl Sight {
    pub(super) fn of(world: &World, home: &Path) -> Self {
        let observer = world.cloud.observer();
        let (seen, puts) = (observer.parts(), observer.calls("PutObject"));
        let (mut recorded, mut uploads, mut done) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        if let Ok(journal) = Reader::open(home) {
            for row in journal.status().expect("the records") {
                let key = format!("in/{}", row.key);
                if matches!(row.standing.state, TransferState::Done { .. }) {
                    done.insert(key.clone());
                }
                let Some(upload) = unfinished(&row.standing.on_s3) else { continue };
                for part in journal.parts(row.id).expect("the records") {
                    recorded.insert((key.clone(), upload.0.clone(), part.number.get()));
                }
                uploads.insert(upload.0);
            }
        }
        Self { seen, recorded, uploads, puts, done }
    }

    /// Whether there is something to go on with.
    pub(super) fn is_unfinished(&self) -> bool {
        !self.uploads.is_empty()
    }

    pub(super) fn recorded(&self) -> usize {
        self.recorded.len()
    }

    /// Parts that began and are not on record, of uploads that are.
    fn in_flight(&self) -> impl Iterator<Item = &PartKey> {
        self.seen.keys().filter(|(_, key, upload, number)| {
            self.uploads.contains(upload) && !self.recorded.contains(&(key.clone(), upload.clone(), *number))
        })
    }

    /// What a run after this moment sent: nothing of what was on record; of the rest each part once, and once more for each
    /// answer that was lost. `plain` are the keys of files that nobody touched meanwhile.
    pub(super) fn held_against(
        &self,
        now: &Self,
        lost: u32,
        plain: &BTreeSet<String>,
        files: u32,
        what: &str,
    ) -> Again {
        let begun = |of: &Self, key: &PartKey| of.seen.get(key).map_or(0, |part| part.begun);
        let more = |key: &PartKey| begun(now, key) - begun(self, key);
        for key in now.seen.keys() {
            let (_, name, upload, number) = key;
            let on_record = self.recorded.contains(&(name.clone(), upload.clone(), *number));
            // In another upload it is on record no less, unless that upload is of another version, or another's name.
            let elsewhere = plain.contains(name) && self.recorded.iter().any(|(at, _, n)| at == name && n == number);
            assert!(!(on_record || elsewhere) || more(key) == 0, "{what}: {key:?} was on record and was sent again");
            assert!(more(key) <= 1 + lost, "{what}: {key:?} was sent {} times", more(key));
        }
        let in_flight: Vec<_> = self.in_flight().collect();
        let parts = in_flight.iter().filter(|key| more(key) > 0).count();
        for key in &in_flight {
            let stored = self.seen[*key].acknowledged > 0;
            assert!(!stored || more(key) == 0, "{what}: S3 had {key:?} already");
        }
        let puts = now.puts - self.puts;
        let few = |n: usize| u32::try_from(n).expect("few");
        let undone = files - few(self.done.intersection(plain).count());
        // What goes beside a taken name is sent there once more.
        let beside = files - few(plain.len());
        assert!(puts <= undone + beside + lost, "{what}: {puts} single requests for {undone} files");
        Again { parts, in_flight: in_flight.len() }
    }
}
