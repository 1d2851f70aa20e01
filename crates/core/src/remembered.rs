//! What was found of the networks to destinations, for the next run: a file in the home, without secrets. It may be lost or
//! damaged at any time: then it is found anew.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::file::{Readers, write_whole};
use crate::s3::Way;
use crate::units::UnixTime;

const FILE: &str = "networks.json";
/// Older entries say nothing: whoever carries a computer about is elsewhere by now.
const FRESH: u64 = 3 * 86_400;
/// What did not change is written again no sooner, in seconds: it is as good as it was.
const AS_GOOD: u64 = 3_600;
/// The newest are kept.
const AT_MOST: usize = 200;

/// What was found of one destination.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Remembered {
    /// The way that was taken, why, and what each carried.
    pub way: Option<Way>,
    /// When that was last found.
    pub at: UnixTime,
    /// How many requests at a time turned out best.
    pub places: Option<u16>,
    /// When that was last found.
    pub placed: UnixTime,
}

/// What is remembered of all destinations.
#[derive(Debug, Default)]
pub struct Memory {
    /// None for those who leave nothing behind.
    file: Option<PathBuf>,
    all: Mutex<BTreeMap<String, Remembered>>,
    /// Held while it is written, so that the last word is the last on the disk.
    writing: Mutex<()>,
}

impl Memory {
    /// What is remembered in a home.
    pub fn of(home: &Path) -> Arc<Self> {
        let file = home.join(FILE);
        let all = std::fs::read(&file).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
        Arc::new(Self { file: Some(file), all: Mutex::new(all), writing: Mutex::default() })
    }

    /// What is remembered of one destination.
    pub fn note(self: &Arc<Self>, of: String) -> Note {
        Note { memory: Arc::clone(self), of }
    }

    /// Nothing is remembered any more.
    pub fn forget(&self) {
        self.all().clear();
        self.save();
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Remembered>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(self: &Arc<Self>, of: &str, change: impl FnOnce(&mut Remembered)) {
        {
            let mut all = self.all();
            let entry = all.entry(of.to_owned()).or_default();
            let before = *entry;
            change(entry);
            if *entry == before {
                return;
            }
            while all.len() > AT_MOST {
                let Some(oldest) =
                    all.iter().min_by_key(|(_, entry)| entry.at.max(entry.placed)).map(|(of, _)| of.clone())
                else {
                    break;
                };
                all.remove(&oldest);
            }
        }
        let memory = Arc::clone(self);
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(move || memory.save())),
            Err(_) => memory.save(),
        }
    }

    fn save(&self) {
        let Some(file) = &self.file else { return };
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let text = serde_json::to_vec_pretty(&*self.all()).unwrap_or_default();
        if let Err(error) = write_whole(file, Readers::Owner, |into| into.write_all(&text)) {
            tracing::debug!(%error, "what was found of the networks was not kept");
        }
    }
}

/// What is remembered of one destination. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Note {
    memory: Arc<Memory>,
    of: String,
}

impl Note {
    fn get(&self) -> Option<Remembered> {
        self.memory.all().get(&self.of).copied()
    }

    /// The way that was taken, unless that is too long ago to say anything.
    pub fn way(&self) -> Option<Way> {
        self.get().filter(|found| is_within(FRESH, found.at))?.way
    }

    /// The way that is taken now.
    pub fn set_way(&self, way: Way) {
        self.memory.change(&self.of, |known| (known.way, known.at) = (Some(way), UnixTime::now()));
    }

    /// How many requests at a time turned out best, unless that is too long ago.
    pub fn places(&self) -> Option<u16> {
        self.get().filter(|found| is_within(FRESH, found.placed))?.places
    }

    /// So many turned out best.
    pub fn set_places(&self, places: u16) {
        let known = self.get().filter(|known| is_within(AS_GOOD, known.placed));
        if known.and_then(|known| known.places) != Some(places) {
            self.memory.change(&self.of, |known| (known.places, known.placed) = (Some(places), UnixTime::now()));
        }
    }

    /// What it is a note of.
    pub fn of(&self) -> &str {
        &self.of
    }
}

fn is_within(seconds: u64, at: UnixTime) -> bool {
    UnixTime::now().0.abs_diff(at.0) <= seconds
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::{WayKind, WayWhy};
    use crate::units::ByteRate;

    const WAY: Way = Way {
        kind: WayKind::Direct,
        why: WayWhy::OtherSlower,
        accelerated: Some(ByteRate(7)),
        direct: Some(ByteRate(8)),
    };

    #[test]
    fn what_was_found_is_there_after_a_restart_until_it_is_old() {
        let home = tempfile::tempdir().expect("a folder");
        let note = || Memory::of(home.path()).note("rushes media".into());
        assert_eq!(note().get(), None);
        note().set_way(WAY);
        note().set_places(32);
        assert_eq!((note().way(), note().places()), (Some(WAY), Some(32)));
        assert_eq!(Memory::of(home.path()).note("other media".into()).get(), None);

        let old = UnixTime(UnixTime::now().0 - FRESH - 60);
        let found = note().get().expect("there");
        for (found, known) in [
            (Remembered { at: old, ..found }, (None, Some(32))),
            (Remembered { placed: old, ..found }, (Some(WAY), None)),
        ] {
            let memory = Memory::of(home.path());
            memory.all().insert("rushes media".into(), found);
            memory.save();
            assert_eq!((note().way(), note().places()), known);
        }
        // What is found of the one says nothing of the other.
        let memory = Memory::of(home.path());
        memory.all().insert("rushes media".into(), Remembered { at: old, placed: old, ..found });
        memory.save();
        note().set_places(8);
        assert_eq!((note().way(), note().places()), (None, Some(8)));
    }

    #[test]
    fn what_is_forgotten_is_not_there_after_a_restart() {
        let home = tempfile::tempdir().expect("a folder");
        let memory = Memory::of(home.path());
        memory.note("rushes media".into()).set_places(32);
        memory.forget();
        assert_eq!(memory.note("rushes media".into()).get(), None);
        assert_eq!(Memory::of(home.path()).note("rushes media".into()).get(), None);
    }

    #[test]
    fn what_is_damaged_is_found_anew_and_only_the_newest_are_kept() {
        let home = tempfile::tempdir().expect("a folder");
        std::fs::write(home.path().join(FILE), b"{\"rushes\": 7").expect("written");
        let memory = Memory::of(home.path());
        assert_eq!(memory.note("rushes".into()).get(), None);
        for n in 0..=AT_MOST as u64 {
            memory.all().insert(n.to_string(), Remembered { at: UnixTime(n), ..Remembered::default() });
        }
        memory.note("rushes".into()).set_way(WAY);
        let kept = Memory::of(home.path());
        assert_eq!(kept.all().len(), AT_MOST);
        assert!(!kept.all().contains_key("0") && kept.all().contains_key("rushes"));
    }
}
