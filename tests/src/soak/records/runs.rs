//! The real command line on records that a power cut or damage left, and the same command again.

use std::path::{Path, PathBuf};

use super::{Chance, Image, image, lay_out, power};
use crate::World;
use crate::davit::{Ended, Run};
use crate::source::{noise, sha256};
use crate::world::BUCKET;

const FILE: &str = "journal.sqlite";
const LOG: &str = "journal.sqlite-wal";
const PART: u64 = 16 << 10;

/// A source of very many small parts, and a folder of small files beside it.
fn sources(world: &World, chance: &mut Chance) -> Vec<PathBuf> {
    let (large, folder) = (world.sources().join("cut.mov"), world.sources().join("day 1"));
    noise(&large, PART * 40 + 1 + chance.below(9_000) as u64);
    for clip in 0..4u64 {
        noise(&folder.join(format!("clip {clip}.wav")), 1_000 + clip + chance.below(900) as u64);
    }
    vec![large, folder]
}

fn upload(world: &World, home: &Path, sources: &[PathBuf]) -> Run {
    let paths: Vec<_> = sources.iter().map(PathBuf::as_path).collect();
    let mut run = world.upload(&paths);
    run.env("DAVIT_HOME", home).env("DAVIT_TEST_PART_SIZE", PART.to_string());
    run.args(["--concurrency", "3", "--collision", "overwrite"]);
    run
}

/// Runs the command until it is killed after a commit that chance picks. Answers whether it was.
async fn killed(world: &World, home: &Path, sources: &[PathBuf], chance: &mut Chance) -> bool {
    let at = format!("journal:{}:after", 2 + chance.below(30));
    upload(world, home, sources).env("DAVIT_FAILPOINT", at).end().await.code.is_none()
}

/// Everything in the store is one of the sources, whole and under its own key.
fn nothing_is_wrong(world: &World, what: &str) {
    for key in world.keys() {
        let name = key.strip_prefix("in/").unwrap_or_else(|| panic!("{what}: {key} is nobody's"));
        let source = world.sources().join(name);
        assert!(source.exists(), "{what}: {key} is nobody's");
        assert_eq!(world.sha256(&key), sha256(&source), "{what}: {key}");
    }
}

fn ended_in_order(ended: &Ended, what: &str) {
    assert!(matches!(ended.code, Some(0 | 1 | 3)), "{what}: {:?} {} {}", ended.code, ended.out, ended.err);
    assert!(!ended.err.contains("panicked"), "{what}: {}", ended.err);
}

/// So many runs are killed in a commit that was not on disk yet: the blocks of the log from the last commit on are lost,
/// torn or kept, and its tail ends anywhere. The log was empty when the run began, so a block that is lost is zeros. The
/// same command then ends with the right objects; no part that was acknowledged is acknowledged again.
pub async fn power_cuts(count: u32, seed: u64) {
    let (mut cut, mut lost) = (0, 0);
    for seed in (seed..).take(count as usize) {
        let mut chance = Chance::new(seed);
        let world = World::of_small_parts().await;
        let (home, sources) = (world.home(), sources(&world, &mut chance));
        if !killed(&world, &home, &sources, &mut chance).await {
            continue;
        }
        cut += 1;
        let after = image(&home);
        let log = after.get(LOG).cloned().unwrap_or_default();
        let synced = last_commit(&log);
        let left = power::mixed(&mut chance, &log[..synced], &log);
        lost += u32::from(left != log);
        lay_out(&Image::from_iter([(LOG.to_owned(), left)]), &home);
        let ended = upload(&world, &home, &sources).end().await;
        ended_in_order(&ended, &format!("seed {seed}"));
        assert!(!ended.err.contains("records"), "seed {seed}: a power cut is no damage: {}", ended.err);
        ended.all_done();
        nothing_is_wrong(&world, &format!("seed {seed}"));
        assert_eq!(world.keys().len(), 5, "seed {seed}");
        // An upload whose id was in the commit that is lost begins again; any other goes on with what S3 has of it.
        if world.cloud.observer().calls("CreateMultipartUpload") == 1 {
            world.no_byte_was_sent_twice();
        }
    }
    println!("{cut} runs were cut off, {lost} of them with less on disk than they wrote");
    assert!(cut > 0 || count == 0, "no run was killed");
}

/// Where the last commit begins in a log: after the one before it.
fn last_commit(log: &[u8]) -> usize {
    ends(log).iter().rev().nth(1).copied().unwrap_or(0)
}

/// Where a log's head and each of its commits end.
fn ends(log: &[u8]) -> Vec<usize> {
    const HEADER: usize = 32;
    const FRAME: usize = 24;
    let word = |at: usize| log.get(at..at + 4).map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]));
    let Some(page) = word(8).map(|page| page as usize) else { return Vec::new() };
    let salt = log.get(16..24);
    let (mut ends, mut at) = (vec![HEADER.min(log.len())], HEADER);
    while let Some(pages) = word(at + 4).filter(|_| log.get(at + 8..at + 16) == salt) {
        at += FRAME + page;
        // A frame that ends a commit names the size of the file.
        if pages > 0 {
            ends.push(at.min(log.len()));
        }
    }
    ends
}

/// Whether the next start must see it: records or a log that are gone or none any more, and a bit of the log before its
/// last two commits.
fn is_seen(kind: &str, name: &str, at: usize, whole: &[u8]) -> bool {
    match (kind, name) {
        ("gone", _) | ("a word", FILE) => true,
        ("a bit", LOG) => ends(whole).iter().rev().nth(2).is_some_and(|end| at < *end),
        _ => false,
    }
}

/// So many runs are killed, and their records damaged: a bit, a block, the end, all of it. The same command ends in order,
/// tells once where it can see it and at most once, and nothing wrong is ever in the store.
pub async fn damage(count: u32, seed: u64) {
    let (mut told, mut seen, mut hurt) = (0, 0, 0);
    for (nth, seed) in (seed..).take(count as usize).enumerate() {
        let mut chance = Chance::new(seed);
        let world = World::of_small_parts().await;
        let (home, sources) = (world.home(), sources(&world, &mut chance));
        killed(&world, &home, &sources, &mut chance).await;
        let mut records = image(&home);
        let logged = records.get(LOG).is_some_and(|log| !log.is_empty());
        let name = if logged && (nth < 2 || chance.below(2) == 0) { LOG } else { FILE };
        let Some(bytes) = records.get_mut(name).filter(|bytes| !bytes.is_empty()) else { continue };
        hurt += 1;
        let whole = bytes.clone();
        // The first two lose what only the log has.
        let at = if nth == 1 { 40 } else { chance.below(bytes.len()) };
        let end = (at + 4_096).min(bytes.len());
        let kind = match nth {
            0 => "gone",
            1 => "a bit",
            _ => chance.one(&["a bit", "a bit", "zeros", "short", "gone", "a word"]),
        };
        let what = format!("seed {seed}: {kind} at {at} of {name}");
        match kind {
            "a bit" => bytes[at] ^= 1 << chance.below(8),
            "zeros" => bytes[at..end].fill(0),
            "short" => bytes.truncate(at),
            "a word" => *bytes = b"not a database".to_vec(),
            _ => {
                records.remove(name);
                std::fs::remove_file(home.join(name)).expect("removed");
            }
        }
        lay_out(&records, &home);
        let ended = upload(&world, &home, &sources).end().await;
        ended_in_order(&ended, &what);
        let words = ended.err.matches("davit: The records").count();
        let must = usize::from(is_seen(kind, name, at, &whole));
        assert!((must..=1).contains(&words), "{what}: told {words} times: {}", ended.err);
        seen += must;
        told += words;
        ended.all_done();
        nothing_is_wrong(&world, &what);
        assert_eq!(world.keys().len(), 5, "{what}");
        // The upload that was open when the process was killed is lost with the rows that named it, or with the log's end.
        // Of one whose id was not on record yet it is told that there may be one.
        let status = world.davit("status").arg("--json").end().await;
        let unnamed = status.lines.iter().filter(|line| line["event"] == "left" && line["upload"].is_null());
        let unnamed: Vec<&str> = unnamed.filter_map(|line| line["key"].as_str()).collect();
        let told_of = |key: &str| unnamed.iter().any(|name| key.ends_with(name));
        let left = world.cloud.uploads(BUCKET).iter().filter(|upload| !told_of(&upload.key)).count();
        assert!(left <= usize::from(words == 1 || name == LOG), "{what}: {left} uploads that nobody names");
        let again = upload(&world, &home, &sources).end().await;
        assert!(!again.err.contains("davit: The records"), "{what}: told again: {}", again.err);
    }
    println!("{hurt} runs with damaged records ended right; {told} of them told what happened, {seen} had to");
}
