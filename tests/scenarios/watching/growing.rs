//! Files that are sent while they are written (rule W21).

use std::fs::{File, OpenOptions};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use davit_tests::World;
use davit_tests::davit::Running;
use davit_tests::source::{noise, sha256};
use davit_tests::world::BUCKET;

use super::PATIENCE;

const PART: usize = 128 << 10;

/// A recording, and who watches its folder.
struct Recording {
    world: World,
    path: PathBuf,
    file: File,
    bytes: Vec<u8>,
}

impl Recording {
    async fn begin() -> (Self, Running) {
        let world = World::of_small_parts().await;
        let root = world.path("in");
        std::fs::create_dir(&root).expect("made");
        let mut add = world.davit("watch");
        add.arg("add").arg(&root).args(["--existing", "all", "--settle", "10s", "--while-written"]);
        let added = world.by_keys(&mut add).end().await;
        assert_eq!(added.code, Some(0), "{}{}", added.out, added.err);
        let running = Self::watch(&world);
        let source = world.sources().join("what is recorded");
        noise(&source, 8 * PART as u64 + 777);
        let bytes = std::fs::read(&source).expect("read");
        let path = root.join("rec.mov");
        let mut file = File::create(&path).expect("made");
        file.write_all(&bytes[..PART]).expect("written");
        let recording = Self { world, path, file, bytes };
        recording.are_seen(1).await;
        (recording, running)
    }

    /// Waits until so many files were looked at: whether they grow, the second look tells.
    async fn are_seen(&self, files: u32) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let listed = self.world.davit("watch").args(["list", "--json"]).end().await;
            if listed.lines.iter().any(|line| line["settling"] == files) {
                return;
            }
            assert!(Instant::now() < deadline, "{}{}", listed.out, listed.err);
        }
    }

    fn watch(world: &World) -> Running {
        let mut run = world.davit("watch");
        run.args(["run", "--json"]).env("DAVIT_TEST_PART_SIZE", PART.to_string());
        world.by_keys(&mut run).start()
    }

    /// Writes from one part to another, each once those before are in the store.
    fn writes(&mut self, from: usize, to: usize) {
        for n in from..to {
            self.file.write_all(&self.bytes[n * PART..(n + 1) * PART]).expect("written");
            until(&format!("{} parts are there", n + 1), || self.parts() > n);
        }
    }

    fn parts(&self) -> usize {
        self.world.cloud.uploads(BUCKET).iter().map(|upload| upload.parts).sum()
    }

    /// Writes the rest, and waits for the object.
    fn ends(&mut self, from: usize) {
        self.file.write_all(&self.bytes[from * PART..]).expect("written");
        until("it is there", || self.world.keys() == ["in/rec.mov"]);
        assert_eq!(self.world.sha256("in/rec.mov"), sha256(&self.path));
        assert!(self.world.cloud.uploads(BUCKET).is_empty(), "nothing unfinished is left");
    }

    /// Parts that were begun, in all uploads, and how many uploads those were.
    fn sent(&self) -> (u32, usize) {
        let parts = self.world.cloud.observer().parts();
        let uploads: std::collections::BTreeSet<_> = parts.keys().map(|(_, _, upload, _)| upload).collect();
        (parts.values().map(|part| part.begun).sum(), uploads.len())
    }
}

fn until(what: &str, is_so: impl Fn() -> bool) {
    tokio::task::block_in_place(|| {
        let deadline = Instant::now() + PATIENCE;
        while !is_so() {
            assert!(Instant::now() < deadline, "{what}");
            std::thread::sleep(Duration::from_millis(10));
        }
    });
}

/// W21: parts are sent behind the write head, a kill loses none, and the object comes once the file stands still.
#[tokio::test(flavor = "multi_thread")]
async fn a_growing_file_is_sent_behind_its_head_and_whole() {
    let (mut recording, running) = Recording::begin().await;
    recording.writes(1, 5);
    assert!(recording.world.keys().is_empty(), "it is not there before it is whole");
    running.kill();
    let running = Recording::watch(&recording.world);
    recording.writes(5, 8);
    recording.ends(8);
    assert_eq!(recording.sent(), (9, 1), "each part once, by one upload");
    running.kill();
}

/// W21: programs write the head of a file once its end is known.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_again_of_a_growing_file_is_sent_again_and_no_more() {
    let (mut recording, running) = Recording::begin().await;
    recording.writes(1, 6);
    recording.file.write_all(&recording.bytes[6 * PART..]).expect("written");
    let mut head = OpenOptions::new().write(true).open(&recording.path).expect("opened");
    head.seek(SeekFrom::Start(4)).and_then(|_| head.write_all(b"the length of all")).expect("written");
    drop(head);
    until("it is there", || recording.world.keys() == ["in/rec.mov"]);
    assert_eq!(recording.world.sha256("in/rec.mov"), sha256(&recording.path));
    let (sent, uploads) = recording.sent();
    assert_eq!((sent, uploads), (10, 1), "the first part twice, the others once");
    running.kill();
}

/// W21: another file that grows beside it is the proof that it was looked at each time.
#[tokio::test(flavor = "multi_thread")]
async fn a_growing_file_that_was_given_up_does_not_come_back_while_it_grows() {
    let (mut recording, running) = Recording::begin().await;
    let mut beside = File::create(recording.path.with_file_name("beside.mov")).expect("made");
    beside.write_all(&recording.bytes[..PART]).expect("written");
    recording.are_seen(2).await;
    recording.writes(1, 3);
    let given_up = recording.world.davit("cancel").arg("1").end().await;
    assert_eq!(given_up.code, Some(0), "{}{}", given_up.out, given_up.err);
    let sent = |recording: &Recording, key: &str| {
        let parts = recording.world.cloud.observer().parts();
        let of_it = parts.into_iter().filter(|((_, of, ..), _)| of == key);
        of_it.map(|(_, part)| part.acknowledged).sum::<u32>()
    };
    for n in 3..6 {
        recording.file.write_all(&recording.bytes[n * PART..(n + 1) * PART]).expect("written");
        beside.write_all(&recording.bytes[(n - 2) * PART..(n - 1) * PART]).expect("written");
        let parts = u32::try_from(n - 1).expect("a few");
        until(&format!("{parts} parts of the other are there"), || sent(&recording, "in/beside.mov") >= parts);
        assert_eq!(sent(&recording, "in/rec.mov"), 3, "nothing of it is sent any more");
    }
    let parts = recording.world.cloud.observer().parts();
    let uploads: std::collections::BTreeSet<_> =
        parts.keys().filter(|(_, of, ..)| of == "in/rec.mov").map(|(_, _, upload, _)| upload).collect();
    assert_eq!(uploads.len(), 1, "and it was never begun again");
    running.kill();
}
