//! Somebody who may write in a folder puts links in the way while it is walked and its files are opened: nothing from
//! outside of the folder is ever read or even named.

use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;

use davit_core::file::walk::{self, Found};
use davit_core::file::{Place, SourceFile};

use super::Chance;
use crate::World;
use crate::world::BUCKET;

/// What lies outside.
const SECRET: &[u8] = b"secret!!";
const INSIDE: &[u8] = b"inside!!";

/// A folder that was given, another that was not, and somebody who swaps one for the other without rest.
struct Tampered {
    root: PathBuf,
    stop: Arc<AtomicBool>,
    swaps: Arc<AtomicU64>,
    racer: Option<JoinHandle<()>>,
}

impl Tampered {
    /// Swaps these places in it; an empty one is the folder itself.
    fn new(folder: &Path, places: &'static [&'static str], seed: u64) -> Self {
        let (root, outside) = (folder.join("given"), folder.join("outside"));
        for file in ["a.mov", "day/a.mov", "day/cam/a.mov", "day/cam/b.mov"] {
            write(&root.join(file), INSIDE);
            write(&outside.join(file), SECRET);
        }
        for file in ["only.mov", "day/only.mov", "day/cam/only.mov"] {
            write(&outside.join(file), SECRET);
        }
        let (stop, swaps) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (stopped, counted, within) = (Arc::clone(&stop), Arc::clone(&swaps), root.clone());
        let racer = std::thread::spawn(move || {
            let mut chance = Chance::new(seed);
            while !stopped.load(Ordering::Relaxed) {
                let at = chance.one(places);
                swap(&within.join(at), &outside.join(at)).expect("swapped and put back");
                counted.fetch_add(1, Ordering::Relaxed);
            }
        });
        Self { root, stop, swaps, racer: Some(racer) }
    }
}

/// All but the folder itself: a link that a person gives by name means what it leads to.
const BELOW: &[&str] = &["a.mov", "day", "day/a.mov", "day/cam", "day/cam/b.mov"];
const ALL: &[&str] = &["", "a.mov", "day", "day/a.mov", "day/cam", "day/cam/b.mov"];

impl Drop for Tampered {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(racer) = self.racer.take() {
            let _ = racer.join();
        }
    }
}

fn write(path: &Path, bytes: &[u8]) {
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    std::fs::write(path, bytes).expect("written");
}

/// A link in the place of what is there, and back.
fn swap(path: &Path, to: &Path) -> io::Result<()> {
    let path = path.components().as_path();
    let kept = path.with_extension("kept");
    std::fs::rename(path, &kept)?;
    symlink(to, path)?;
    std::thread::yield_now();
    std::fs::remove_file(path)?;
    std::fs::rename(&kept, path)
}

/// Walks and opens until that many links were put in the way.
pub fn links_put_in_the_way(count: u32, seed: u64) {
    let folder = tempfile::tempdir().expect("a folder");
    let tampered = Tampered::new(folder.path(), ALL, seed);
    let (mut read, mut refused) = (0, 0);
    while tampered.swaps.load(Ordering::Relaxed) < u64::from(count) {
        for found in walk::walk(&tampered.root) {
            let Found::File { path, rel, .. } = found else {
                refused += 1;
                continue;
            };
            assert!(!rel.contains("only"), "{rel} lies outside, seed {seed}");
            let Ok(file) = SourceFile::open_at(&Place::within(&tampered.root, path)) else {
                refused += 1;
                continue;
            };
            let mut bytes = [0; SECRET.len()];
            file.read_exact_at(&mut bytes, 0).expect("read");
            assert_eq!(bytes, INSIDE, "{rel} was read from outside, seed {seed}");
            read += 1;
        }
    }
    assert!(read > 0 && refused > 0, "both happen: {read} read, {refused} refused");
}

/// The same with the real command line, `count` times.
pub async fn links_put_in_the_way_of_uploads(count: u32, seed: u64) {
    for round in 0..count {
        let world = World::new().await;
        let tampered = Tampered::new(&world.sources(), BELOW, seed + u64::from(round));
        let ended = world.upload(&[&tampered.root]).end().await;
        assert!(ended.code.is_some_and(|code| code != 101), "{}", ended.err);
        for object in world.cloud.objects(BUCKET) {
            assert!(!object.key.contains("only"), "{} lies outside, seed {seed}", object.key);
            let bytes: Vec<u8> = object.parts.iter().flat_map(|part| std::fs::read(part).expect("a part")).collect();
            assert_eq!(bytes, INSIDE, "{} was read from outside, seed {seed}", object.key);
        }
    }
}
