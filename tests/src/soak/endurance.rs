//! Goal R17: one engine uploads for hours through faults of every kind. Its memory, open files, threads and tasks stay as
//! they are, its records grow by what is on record, and no file is left.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::Chance;
use crate::World;
use crate::davit::{clean, program};
use crate::fault::{FaultProxy, Mix};
use crate::source::{noise, sha256};
use crate::world::BUCKET;

/// Bytes of a part.
const PART: usize = 16 << 10;
/// Files of a round: large ones, and small ones.
const LARGE: usize = 3;
const SMALL: usize = 150;
/// Of the whole time, how much passes before anything is compared: a quarter.
const WARM: u32 = 4;
/// What a slope of an hour or more may be. Source: goal R17.
const GROWS_AT_MOST: f64 = 1_048_576.0;
/// Shorter than that a slope says nothing: it is told, and not asserted.
const LONG_ENOUGH: Duration = Duration::from_secs(3_600);
/// Open files, threads and tasks may move by so many: connections come and go.
const FLAT: i64 = 40;
/// What a file may add to the records, in bytes.
const ON_RECORD: u64 = 4 << 10;
/// What a file in the list takes of memory, in bytes: the slot that the engine has of each until it ends.
/// Source: `engine::book`, whose tests hold a slot to it.
const IN_THE_LIST: f64 = 48.0;
/// No round may take longer, whatever breaks in it.
const STUCK: Duration = Duration::from_secs(240);

/// What the engine holds between two rounds.
#[derive(Clone, Copy, Debug)]
struct Sample {
    at: f64,
    memory: u64,
    open: i64,
    threads: i64,
    tasks: i64,
    records: u64,
    files: u64,
}

struct Engine {
    child: Child,
    folders: ChildStdin,
    answers: tokio::io::Lines<BufReader<ChildStdout>>,
}

/// One engine for this long, and at least for three rounds.
pub async fn engine_that_lives_long(lasts: Duration, seed: u64) {
    let world = World::of_small_parts().await;
    let link = FaultProxy::before(world.cloud.address()).await;
    *link.faults.mix.lock().expect("faults") = Some(Mix::usual_at(seed, (PART / 2) as u64));
    let mut engine = Engine::start(&world, &link);
    let mut chance = Chance::new(seed);
    let (begun, mut samples, mut files) = (Instant::now(), Vec::<Sample>::new(), 0);
    let mut round = 0_u64;
    while begun.elapsed() < lasts || round < 3 {
        let folder = world.sources().join(format!("round {round}"));
        let names = fill(&folder, &mut chance);
        let answer = tokio::time::timeout(STUCK, engine.upload(&folder)).await;
        let answer = answer.unwrap_or_else(|_| panic!("seed {seed}, round {round}: stuck, {:?}", left(&world, &names)));
        assert_eq!(answer["uploaded"].as_u64(), Some(names.len() as u64), "seed {seed}, round {round}: {answer}");
        for name in &names {
            let key = format!("in/round {round}/{name}");
            assert_eq!(world.sha256(&key), sha256(&folder.join(name)), "seed {seed}: {key}");
            world.cloud.remove(BUCKET, &key);
        }
        assert_eq!(world.keys(), Vec::<String>::new(), "seed {seed}, round {round}: nothing is there twice");
        // An upload whose id was lost on its way is nobody's, and empty: see "What is not promised" in docs/semantics.md.
        let left = world.cloud.uploads(BUCKET);
        assert!(left.iter().all(|upload| upload.parts == 0), "seed {seed}, round {round}: left behind: {left:?}");
        world.cloud.expire_uploads(BUCKET).expect("removed");
        std::fs::remove_dir_all(&folder).expect("removed");
        files += names.len() as u64;
        round += 1;
        let tasks = answer["tasks"].as_i64().expect("a number");
        samples.push(engine.sample(begun.elapsed(), &world.home(), tasks, files));
    }
    drop(engine.folders);
    assert_eq!(engine.child.wait().await.expect("its end").code(), Some(0));
    println!("R17: {files} files in {round} rounds, {:?}", begun.elapsed());
    judge(&samples, seed);
}

impl Engine {
    fn start(world: &World, link: &FaultProxy) -> Self {
        let mut command = std::process::Command::new(program("davit-steady"));
        clean(&mut command);
        command.args([BUCKET, world.cloud.region(), &link.endpoint()]).env("DAVIT_HOME", world.home());
        command.env("AWS_ACCESS_KEY_ID", &world.cloud.keys().access_key_id);
        command.env("AWS_SECRET_ACCESS_KEY", &world.cloud.keys().secret_access_key);
        command.env("DAVIT_TEST_PART_SIZE", PART.to_string());
        let mut command = Command::from(command);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().expect("it starts");
        let folders = child.stdin.take().expect("its input");
        let answers = BufReader::new(child.stdout.take().expect("its output")).lines();
        Self { child, folders, answers }
    }

    async fn upload(&mut self, folder: &Path) -> Value {
        self.folders.write_all(format!("{}\n", folder.display()).as_bytes()).await.expect("told");
        let line = self.answers.next_line().await.expect("its output").expect("an answer");
        serde_json::from_str(&line).expect("JSON")
    }

    fn sample(&self, at: Duration, home: &Path, tasks: i64, files: u64) -> Sample {
        let proc = format!("/proc/{}", self.child.id().expect("it runs"));
        let count = |of: &str| std::fs::read_dir(format!("{proc}/{of}")).expect("listed").count();
        let status = std::fs::read_to_string(format!("{proc}/status")).expect("status");
        let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its memory");
        let memory = memory.trim().trim_end_matches("kB").trim().parse::<u64>().expect("a number") << 10;
        let records = std::fs::read_dir(home).expect("the home").flatten();
        let records = records.filter_map(|entry| entry.metadata().ok()).map(|about| about.len()).sum();
        let whole = |n: usize| i64::try_from(n).expect("few");
        let (open, threads) = (whole(count("fd")), whole(count("task")));
        Sample { at: at.as_secs_f64(), memory, open, threads, tasks, records, files }
    }
}

/// A folder of files, of which some have parts.
fn fill(folder: &Path, chance: &mut Chance) -> Vec<String> {
    let mut names = Vec::new();
    for n in 0..LARGE + SMALL {
        let len = if n < LARGE { 40 * PART + chance.below(1 << 16) } else { chance.below(2 * PART) };
        let name = format!("{n}.wav");
        noise(&folder.join(&name), len as u64);
        names.push(name);
    }
    names
}

/// Files that are not in the store.
fn left<'a>(world: &World, names: &'a [String]) -> Vec<&'a String> {
    let keys = world.keys();
    names.iter().filter(|name| !keys.iter().any(|key| key.ends_with(&format!("/{name}")))).collect()
}

fn judge(samples: &[Sample], seed: u64) {
    let (first, last) = (samples[0], samples[samples.len() - 1]);
    println!("R17: first {first:?}\nR17: last {last:?}");
    let warm: Vec<_> = samples.iter().filter(|sample| sample.at >= last.at / f64::from(WARM)).copied().collect();
    let (early, late) = warm.split_at(warm.len() / 2);
    if early.is_empty() || late.is_empty() {
        return;
    }
    let an_hour = slope(&warm) * 3_600.0;
    println!(
        "R17: memory grows by {:.2} MiB an hour besides the list, seen over {:.0} s",
        an_hour / GROWS_AT_MOST,
        last.at - warm[0].at
    );
    if last.at - warm[0].at >= LONG_ENOUGH.as_secs_f64() * 3.0 / 4.0 {
        assert!(an_hour < GROWS_AT_MOST, "seed {seed}: {an_hour:.0} bytes an hour");
    }
    let flat = |what: &str, of: fn(&Sample) -> i64| {
        let most = |samples: &[Sample]| samples.iter().map(of).max().unwrap_or(0);
        let (before, after) = (most(early), most(late));
        println!("R17: {what}: at most {before}, later {after}");
        assert!(after <= before + FLAT, "seed {seed}: {what} grew from {before} to {after}");
    };
    flat("open files", |sample| sample.open);
    flat("threads", |sample| sample.threads);
    flat("tasks", |sample| sample.tasks);
    let (grown, files) = (last.records.saturating_sub(warm[0].records), last.files - warm[0].files);
    println!("R17: the records grew by {} bytes a file", grown / files.max(1));
    // The write-ahead log comes and goes.
    assert!(grown <= files * ON_RECORD + (8 << 20), "seed {seed}: {grown} bytes for {files} files");
}

/// Bytes a second besides those of the list, by least squares.
fn slope(samples: &[Sample]) -> f64 {
    let count = samples.len() as f64;
    let of_the_rest = |sample: &Sample| sample.memory as f64 - sample.files as f64 * IN_THE_LIST;
    let mean = |of: &dyn Fn(&Sample) -> f64| samples.iter().map(of).sum::<f64>() / count;
    let (at, memory) = (mean(&|sample| sample.at), mean(&of_the_rest));
    let both: f64 = samples.iter().map(|sample| (sample.at - at) * (of_the_rest(sample) - memory)).sum();
    let alone: f64 = samples.iter().map(|sample| (sample.at - at).powi(2)).sum();
    if alone == 0.0 { 0.0 } else { both / alone }
}
