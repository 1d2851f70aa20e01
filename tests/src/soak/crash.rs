//! Goal R1: killed at any point, the same command goes on; nothing on record is sent again, and the object is right.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use davit_core::ids::{BatchId, TransferId};
use davit_core::journal::Reader;
use davit_localcloud::observe::{PartKey, PartSeen};

use super::Chance;
use crate::World;
use crate::source::{noise, sha256};
use crate::world::BUCKET;

/// Where a run is killed, and how often it may pass there before.
const POINTS: [(&str, usize); 13] = [
    ("journal", 60),
    ("part", 12),
    ("part", 12),
    ("open", 3),
    ("create", 1),
    ("reconcile", 1),
    ("send-parts", 1),
    ("put", 6),
    ("complete", 1),
    ("look", 1),
    ("abort", 1),
    ("forget-parts", 1),
    ("journal", 20),
];
/// Bytes of a part.
const PART: u64 = 64 << 10;

/// What a series of kills came to.
#[derive(Debug, Default)]
pub struct Killed {
    /// Runs that were killed.
    pub killed: u32,
    /// Points that were met, and how often.
    pub points: BTreeMap<String, u32>,
    /// The longest time from a new start to its end.
    pub slowest: Duration,
    /// Parts that were sent again because their answer had not come.
    pub again: u32,
}

/// Kills `runs` uploads, some of them again and again, and lets each go on to its end.
pub async fn kills(runs: u32, seed: u64) -> Killed {
    let world = World::of_small_parts().await;
    let mut seen = Killed::default();
    for run in 0..runs {
        let seed = seed.wrapping_add(u64::from(run));
        one(&world, seed, &mut seen).await;
    }
    seen
}

async fn one(world: &World, seed: u64, seen: &mut Killed) {
    let mut chance = Chance::new(seed);
    let folder = world.sources().join(format!("run {seed}"));
    let count = 2 + chance.below(11) as u64;
    noise(&folder.join("cut.mov"), count * PART + 1 + chance.below(5_000) as u64);
    for n in 0..chance.below(8) {
        noise(&folder.join(format!("{n}.wav")), chance.below(100_000) as u64);
    }
    let home = world.path(&format!("home {seed}"));
    let concurrency = (1 + chance.below(8)).to_string();
    let collision = chance.one(&["fail", "overwrite", "suffix"]);
    let command = || {
        let mut run = world.upload(&[&folder]);
        run.env("DAVIT_HOME", &home).env("DAVIT_TEST_PART_SIZE", PART.to_string());
        run.args(["--concurrency", &concurrency, "--collision", collision]);
        run
    };
    for _ in 0..=chance.below(3) {
        let (name, passes) = chance.one(&POINTS);
        let point = format!("{name}:{}:{}", 1 + chance.below(passes), chance.one(&["before", "after"]));
        let before = acknowledged_on_record(&home, world);
        let ended = command().env("DAVIT_FAILPOINT", &point).end().await;
        assert!(ended.code.is_none() || ended.code == Some(0), "seed {seed}, {point}: {}{}", ended.out, ended.err);
        not_sent_again(world, &before, seed, &format!("{point}: {}{}", ended.out, ended.err));
        if ended.code.is_some() || is_told(&home) {
            // The point was not met, or it was the last of all: the same command would be another gesture.
            assert!(ended.out.contains("\"event\":\"summary\""), "seed {seed}, {point}: {}", ended.out);
            return there(world, &folder, seed, seen);
        }
        seen.killed += 1;
        *seen.points.entry(name.to_owned()).or_default() += 1;
    }
    let before = acknowledged_on_record(&home, world);
    let begun = Instant::now();
    let ended = command().end().await;
    assert_eq!(ended.code, Some(0), "seed {seed}: {}{}", ended.out, ended.err);
    seen.slowest = seen.slowest.max(begun.elapsed());
    not_sent_again(world, &before, seed, &format!("the last run: {}{}", ended.out, ended.err));
    there(world, &folder, seed, seen);
}

/// Whether the last gesture of a home is over, and was told: the same command is another one then.
pub fn is_told(home: &Path) -> bool {
    let Ok(journal) = Reader::open(home) else { return false };
    let batches = (1..).map_while(|id| journal.batch(BatchId::new(id)).expect("the records"));
    batches.last().is_some_and(|batch| batch.told)
}

/// Every file is there once, as it is on the disk, and nothing else.
fn there(world: &World, folder: &Path, seed: u64, seen: &mut Killed) {
    for entry in std::fs::read_dir(folder).expect("the folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let key = format!("in/run {seed}/{name}");
        assert_eq!(world.sha256(&key), sha256(&path), "seed {seed}: {key}");
    }
    let files = std::fs::read_dir(folder).expect("the folder").count();
    let prefix = format!("in/run {seed}/");
    let keys: Vec<_> = world.keys().into_iter().filter(|key| key.starts_with(&prefix)).collect();
    assert_eq!(keys.len(), files, "seed {seed}: nothing stands there twice: {keys:?}");
    // A kill between Create and its record leaves an upload without parts; nothing else is left.
    let left = world.cloud.uploads(BUCKET).into_iter().filter(|upload| upload.key.starts_with(&prefix));
    assert!(left.clone().all(|upload| upload.parts == 0), "seed {seed}: {:?}", left.collect::<Vec<_>>());
    let parts = world.cloud.observer().parts();
    let ours = parts.iter().filter(|((_, key, ..), _)| key.starts_with(&prefix));
    seen.again += ours.map(|(_, part)| part.begun.saturating_sub(1)).sum::<u32>();
}

/// Parts on record, with how often the store saw each.
fn acknowledged_on_record(home: &Path, world: &World) -> Vec<((String, u16), u32)> {
    let Ok(journal) = Reader::open(home) else { return Vec::new() };
    let seen = world.cloud.observer().parts();
    let mut all = Vec::new();
    for row in journal.status().expect("the records") {
        for part in journal.parts(TransferId::new(row.id.get())).expect("the records") {
            let (key, number) = (format!("in/{}", row.key), part.number.get());
            let begun = begun(&seen, &key, number);
            all.push(((key, number), begun));
        }
    }
    all
}

fn not_sent_again(world: &World, before: &[((String, u16), u32)], seed: u64, point: &str) {
    let seen = world.cloud.observer().parts();
    for ((key, number), begun) in before {
        let now = self::begun(&seen, key, *number);
        let all: Vec<_> = seen.iter().filter(|((_, at, ..), _)| at == key).collect();
        assert_eq!(
            now, *begun,
            "seed {seed}: part {number} of {key} was on record and was sent again\n{point}\n{all:#?}"
        );
    }
}

/// How often a part of a key was sent, in whatever upload.
fn begun(seen: &BTreeMap<PartKey, PartSeen>, key: &str, number: u16) -> u32 {
    seen.iter().filter(|((_, at, _, n), _)| at == key && *n == number).map(|(_, part)| part.begun).sum()
}
