//! Goal R15: very many files, a very large one, a very deep tree. The first request leaves soon, memory stays small, and
//! every file is uploaded or named.

use std::collections::BTreeSet;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rustix::fs::{CWD, Mode, OFlags, mkdirat, openat};

use super::Chance;
use crate::World;
use crate::davit::{Ended, Running};
use crate::fault::FaultProxy;
use crate::source::{noise, sha256, sparse};
use crate::world::BUCKET;

/// The most memory that whatever is uploaded may need, in bytes. Source: goal R15.
const MEMORY: u64 = 300 << 20;
/// Where a start is no longer slow but broken; what is wanted is three seconds, on a machine of its own.
const BROKEN: Duration = Duration::from_secs(30);

/// What a run of this size took.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// From the command's start to the first request at the store.
    pub first_request: Duration,
    /// The most memory it held, in bytes.
    pub memory: u64,
    /// All of it.
    pub took: Duration,
}

impl Scale {
    fn within_bounds(self, of: &str) -> Self {
        println!(
            "R15, {of}: first request after {:.2} s, {} MiB of memory at most, {:.1} s in all",
            self.first_request.as_secs_f64(),
            self.memory >> 20,
            self.took.as_secs_f64()
        );
        assert!(self.memory <= MEMORY, "{of}: {} MiB", self.memory >> 20);
        assert!(self.first_request <= BROKEN, "{of}: the first request after {:?}", self.first_request);
        self
    }
}

/// So many files of 0 B to 1 MiB, mostly small, in one folder of folders.
pub async fn many_files(count: u32, seed: u64) -> Scale {
    let world = World::new().await;
    let link = FaultProxy::before(world.cloud.address()).await;
    let folder = world.sources().join("project");
    let mut chance = Chance::new(seed);
    for n in 0..count {
        let len = match chance.below(1_000) {
            0..100 => 0,
            100..900 => chance.below(1 << 10),
            900..995 => chance.below(16 << 10),
            _ => chance.below(1 << 20) + 1,
        };
        noise(&folder.join(format!("{}/{}/{n}.dat", n % 7, n % 101)), len as u64);
    }
    let begun = Instant::now();
    let running = world.upload_by(&link.endpoint(), &[&folder]).start();
    let first_request = first_request(&link, begun).await;
    let (ended, memory) = to_its_end(running).await;
    let took = begun.elapsed();
    ended.all_done();
    let there = world.cloud.objects(BUCKET).len();
    assert_eq!(there, usize::try_from(count).expect("a count"));
    for n in 0..count {
        let within = format!("project/{}/{}/{n}.dat", n % 7, n % 101);
        let (key, file) = (format!("in/{within}"), world.sources().join(&within));
        assert_eq!(world.sha256(&key), sha256(&file), "seed {seed}: {key}");
    }
    Scale { first_request, memory, took }.within_bounds(&format!("{count} files"))
}

/// A file of a tebibyte, of which nothing is on the disk, in 10,000 parts: it begins, rests, and is given up.
pub async fn giant() -> Scale {
    const SIZE: u64 = 1 << 40;
    let world = World::new().await;
    let link = FaultProxy::before(world.cloud.address()).await;
    link.faults.rate.store(200 << 20, Ordering::SeqCst);
    let file = world.sources().join("archive.bin");
    sparse(&file, SIZE);
    let begun = Instant::now();
    let mut run = world.upload_by(&link.endpoint(), &[&file]);
    run.env("DAVIT_TEST_PART_SIZE", SIZE.div_ceil(10_000).to_string()).args(["--concurrency", "4"]);
    let mut running = run.start();
    let first_request = first_request(&link, begun).await;
    // Two rounds of four parts are less than this: some are acknowledged.
    running.until_sent(1 << 30);
    let memory = running.peak_memory();
    assert_eq!(world.davit("pause").arg("--all").end().await.code, Some(0));
    assert_eq!(running.ends().0, Some(130), "paused from elsewhere is an end that can go on");
    let took = begun.elapsed();
    let status = world.davit("status").arg("--json").end().await;
    assert_eq!(status.lines[0]["state"], "paused", "{}", status.out);
    assert_eq!(status.lines[0]["size"].as_u64(), Some(SIZE), "{}", status.out);
    assert!(status.lines[0]["sent"].as_u64() > Some(0), "{}", status.out);
    assert_eq!(world.davit("cancel").arg("--all").end().await.code, Some(0));
    // What the store holds of it is gone with the next command at the latest.
    let other = world.sources().join("note.txt");
    noise(&other, 10);
    world.upload_by(&link.endpoint(), &[&other]).end().await.all_done();
    assert_eq!(world.keys(), ["in/note.txt"]);
    assert_eq!(world.cloud.uploads(BUCKET).len(), 0, "nothing is left behind");
    world.no_byte_was_sent_twice();
    Scale { first_request, memory, took }.within_bounds("a tebibyte in 10,000 parts")
}

/// A tree of so many folders, one in another, each with this name and with a file.
pub async fn deep_tree(levels: usize, name: &str) -> Scale {
    let world = World::new().await;
    let link = FaultProxy::before(world.cloud.address()).await;
    let root = world.sources().join("tree");
    plant(&root, levels, name);
    let begun = Instant::now();
    let running = world.upload_by(&link.endpoint(), &[&root]).start();
    let first_request = first_request(&link, begun).await;
    let (ended, memory) = to_its_end(running).await;
    let took = begun.elapsed();
    // Cut down by what goes from folder to folder: the system takes no path this long.
    let felled = std::process::Command::new("rm").arg("-rf").arg(&root).status().expect("rm");
    assert!(felled.success());

    assert_eq!(ended.code, Some(3), "some are refused, and the rest goes on: {}{}", ended.out, ended.err);
    let refused: BTreeSet<&str> = ended.lines.iter().filter_map(|line| line["path"].as_str()).collect();
    assert!(ended.failures().iter().all(|code| code == "key-too-long"), "{:?}", ended.failures());
    let (mut uploaded, mut told) = (0, 0);
    let (mut path, mut within) = (root.clone(), String::new());
    for level in 0..=levels {
        let key = format!("in/tree/{within}leaf");
        let leaf = path.join("leaf");
        if key.len() <= 1_024 {
            assert_eq!(bytes(&world, &key), level.to_string().into_bytes(), "{key}");
            uploaded += 1;
        } else {
            // By its own name, or with the folder that no key leads into.
            let named =
                leaf.ancestors().take_while(|at| *at != root).any(|at| refused.contains(&*at.to_string_lossy()));
            assert!(named, "level {level}: {} is neither uploaded nor named", shortened(&leaf));
            told += 1;
        }
        path.push(name);
        within = format!("{within}{name}/");
    }
    assert_eq!(world.keys().len(), uploaded);
    assert!(uploaded > 0 && told > 0, "{uploaded} uploaded, {told} named");
    let longest = path.as_os_str().as_bytes().len();
    println!("{uploaded} uploaded, {told} named; the longest path has {longest} bytes");
    Scale { first_request, memory, took }.within_bounds(&format!("{levels} folders deep"))
}

/// Folders, one in another, made from folder to folder.
fn plant(root: &Path, levels: usize, name: &str) {
    std::fs::create_dir_all(root).expect("a folder");
    let mut here = openat(CWD, root, OFlags::DIRECTORY, Mode::empty()).expect("opened");
    for level in 0..=levels {
        let leaf = openat(&here, "leaf", OFlags::CREATE | OFlags::WRONLY, 0o600.into()).expect("a file");
        std::io::Write::write_all(&mut std::fs::File::from(leaf), level.to_string().as_bytes()).expect("written");
        if level < levels {
            mkdirat(&here, name, 0o700.into()).expect("a folder");
            here = openat(&here, name, OFlags::DIRECTORY, Mode::empty()).expect("entered");
        }
    }
}

fn bytes(world: &World, key: &str) -> Vec<u8> {
    world.object(key).parts.iter().flat_map(|part| std::fs::read(part).expect("a part file")).collect()
}

fn shortened(path: &Path) -> String {
    let text = path.to_string_lossy();
    format!("…{}", &text[text.len().saturating_sub(80)..])
}

async fn first_request(link: &FaultProxy, begun: Instant) -> Duration {
    while link.faults.requests.load(Ordering::SeqCst) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
        assert!(begun.elapsed() < 10 * BROKEN, "it never asked anything");
    }
    begun.elapsed()
}

/// Its end, read elsewhere: the world around it goes on.
async fn to_its_end(running: Running) -> (Ended, u64) {
    tokio::task::spawn_blocking(|| running.end_with_peak()).await.expect("read")
}
