//! Sources that change at a known moment of their upload: the object is one version that was there, or the transfer says
//! that the source moved. Judged by the SHA-256 of every version that was ever written.

use std::io::{Read as _, Write as _};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::Chance;
use crate::davit::Ended;
use crate::fault::FaultProxy;
use crate::source::{noise, sha256};
use crate::{Run, World};

/// What happens to a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Bytes are added at its end.
    Appended,
    /// It is cut.
    Truncated,
    /// Written anew with the same size, and the modification time put back.
    Rewritten,
    /// Another name.
    Renamed,
    /// Gone.
    Deleted,
    /// A link to another file in its place.
    Linked,
    /// Another file is renamed over it, as programs save.
    Replaced,
    /// Written through a memory map that was there and written to before: no time moves.
    Mapped,
}

impl Change {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Appended,
        Self::Truncated,
        Self::Rewritten,
        Self::Renamed,
        Self::Deleted,
        Self::Linked,
        Self::Replaced,
        Self::Mapped,
    ];
}

/// When.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// While the store's answer to a request whose first line holds this is under way.
    Answering(&'static str),
    /// Between two runs, after a kill with so many parts acknowledged.
    BetweenRuns(u32),
}

const PART: u64 = 64 << 10;
const MOMENTS: [Moment; 9] = [
    Moment::Answering("POST *?uploads"),
    Moment::Answering("partNumber=1&"),
    Moment::Answering("partNumber=3&"),
    Moment::Answering("partNumber=7&"),
    Moment::Answering("partNumber=8&"),
    Moment::Answering("POST *?uploadId"),
    Moment::BetweenRuns(1),
    Moment::BetweenRuns(4),
    Moment::BetweenRuns(8),
];

/// `each` rounds of every change.
pub async fn sources_that_change(each: u32, seed: u64) {
    let world = World::with_parts_of(1).await;
    let link = FaultProxy::before(world.cloud.address()).await;
    let mut chance = Chance::new(seed);
    for round in 0..each {
        for change in Change::ALL {
            // First where part of the file was read, and part of it was not: there a mix is certain if it is possible.
            let moment = if round == 0 { MOMENTS[2] } else { chance.one(&MOMENTS) };
            eprintln!("round {round}: {change:?} {moment:?}, seed {seed}");
            one_round(&world, &link, change, moment, &mut chance, round).await;
        }
    }
}

async fn one_round(world: &World, link: &FaultProxy, change: Change, moment: Moment, chance: &mut Chance, round: u32) {
    let name = format!("{change:?}-{round}.mov");
    let mut source = Source::new(&world.sources().join(&name), change, chance);
    let path = source.path.clone();
    let upload = || {
        let mut run = world.upload_by(&link.endpoint(), &[&path]);
        run.args(["--collision", "overwrite", "--concurrency", "2"]).env("DAVIT_TEST_PART_SIZE", PART.to_string());
        run.env("DAVIT_HOME", world.path(&format!("home-{name}")));
        run
    };
    let key = format!("in/{name}");
    let (mut first, mut later): (Run, Run) = (upload(), upload());
    let ended = match moment {
        Moment::Answering(request) => {
            request.clone_into(&mut link.faults.only.lock().expect("faults"));
            link.faults.hold.send_replace(true);
            let running = first.start();
            link.holds_one().await;
            source.change(chance);
            link.faults.hold.send_replace(false);
            tokio::task::block_in_place(|| running.end())
        }
        Moment::BetweenRuns(parts) => {
            let killed = first.env("DAVIT_FAILPOINT", format!("part:{parts}:after")).end().await;
            assert_eq!(killed.code, None, "it was killed: {}{}", killed.out, killed.err);
            source.change(chance);
            upload().end().await
        }
    };
    judge(world, &key, &source, &ended);
    // Whatever it said, the same command ends in the version that is there now, if one is.
    let ended = later.end().await;
    if std::fs::symlink_metadata(&source.path).is_ok_and(|meta| meta.is_file()) {
        ended.all_done();
        if ended.summary()["uploaded"] == 1 {
            assert_eq!(world.sha256(&key), sha256(&source.path), "the last version");
        }
    }
    judge(world, &key, &source, &ended);
}

/// Files of so many parts, of a byte less and of a byte more. S3 takes 10,000: one more byte makes all parts larger.
pub async fn a_byte_less_and_a_byte_more(parts: u32) {
    const SMALL: u64 = 1 << 10;
    let world = World::with_parts_of(1).await;
    for len in u64::from(parts) * SMALL - 1..=u64::from(parts) * SMALL + 1 {
        let file = world.sources().join(format!("{len}.mov"));
        noise(&file, len);
        let mut upload = world.upload(&[&file]);
        upload.args(["--concurrency", "16"]).env("DAVIT_TEST_PART_SIZE", SMALL.to_string()).end().await.all_done();
        let object = world.object(&format!("in/{len}.mov"));
        let most = if len > u64::from(parts) * SMALL && parts < 10_000 { parts + 1 } else { parts };
        assert!(object.parts.len() <= usize::try_from(most).expect("few"), "{len}: {} parts", object.parts.len());
        assert_eq!(world.sha256(&format!("in/{len}.mov")), sha256(&file), "{len}");
    }
    world.nothing_was_sent_twice();
}

/// `count` drives that are pulled out at some moment, and come back. Wants the superuser, to mount; answers whether it ran.
pub async fn drives_that_go_away(count: u32, seed: u64) -> bool {
    let world = World::with_parts_of(1).await;
    let link = FaultProxy::before(world.cloud.address()).await;
    let (disk, drive) = (world.path("disk"), world.path("drive"));
    for folder in [&disk, &drive] {
        std::fs::create_dir_all(folder).expect("a folder");
    }
    let Some(_disk) = Mount::new(&["-t", "tmpfs", "none"], &disk) else { return false };
    let mut chance = Chance::new(seed);
    for round in 0..count {
        let moment = chance.one(&["POST *?uploads", "partNumber=1&", "partNumber=4&", "partNumber=8&"]);
        eprintln!("round {round}: {moment}, seed {seed}");
        let name = format!("day/{round}.mov");
        noise(&disk.join(&name), 8 * PART + u64::from(round));
        let bind = ["--bind", disk.to_str().expect("Unicode")];
        let mounted = Mount::new(&bind, &drive).expect("mounted");
        let home = world.path(&format!("home-{round}"));
        let mut upload = world.upload_by(&link.endpoint(), &[&drive.join(&name)]);
        upload.args(["--concurrency", "2"]).env("DAVIT_TEST_PART_SIZE", PART.to_string()).env("DAVIT_HOME", &home);
        moment.clone_into(&mut link.faults.only.lock().expect("faults"));
        link.faults.hold.send_replace(true);
        let running = upload.start();
        link.holds_one().await;
        drop(mounted);
        link.faults.hold.send_replace(false);
        while world.davit("status").arg("--json").env("DAVIT_HOME", &home).end().await.lines[0]["state"] != "waiting" {}
        let _back = Mount::new(&bind, &drive).expect("mounted");
        tokio::task::block_in_place(|| running.end()).all_done();
        assert_eq!(world.sha256(&format!("in/{round}.mov")), sha256(&disk.join(&name)));
    }
    world.nothing_was_sent_twice();
    true
}

/// A mount, taken away lazily when dropped: as a drive that is pulled out, whoever has its files open.
struct Mount(PathBuf);

impl Mount {
    fn new(words: &[&str], at: &Path) -> Option<Self> {
        let mounted = Command::new("mount").args(words).arg(at).stderr(Stdio::null()).status();
        mounted.is_ok_and(|status| status.success()).then(|| Self(at.to_owned()))
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// Done with one version, or told; never a mix.
#[track_caller]
fn judge(world: &World, key: &str, source: &Source, ended: &Ended) {
    assert!(!ended.err.contains("panicked"), "{}", ended.err);
    let there = world.keys().contains(&key.to_owned());
    if there {
        let held = world.sha256(key);
        assert!(source.versions.contains(&held), "{key} holds a mix: {}", ended.out);
    }
    // A link that is given by name means what it leads to, and goes under its own name.
    let told = ["file-changed", "file-missing", "not-a-file"];
    match ended.code {
        Some(0) => assert!(there, "done, and not there: {}", ended.out),
        Some(1 | 3) => {
            let failures = ended.failures();
            assert!(failures.iter().all(|code| told.contains(&code.as_str())), "{failures:?} {}", ended.out);
            assert!(!failures.is_empty(), "{}{}", ended.out, ended.err);
        }
        code => panic!("{code:?} {}{}", ended.out, ended.err),
    }
}

/// A file, all versions it ever had, and who writes it.
struct Source {
    path: PathBuf,
    versions: Vec<String>,
    change: Change,
    writer: Option<Mapped>,
}

impl Source {
    fn new(path: &Path, change: Change, chance: &mut Chance) -> Self {
        noise(path, 8 * PART + u64::try_from(chance.below(1_000)).expect("small"));
        let writer = (change == Change::Mapped).then(|| Mapped::open(path));
        Self { path: path.to_owned(), versions: vec![sha256(path)], change, writer }
    }

    /// Lets it happen, and remembers what is there afterwards.
    fn change(&mut self, chance: &mut Chance) {
        let path = &self.path;
        let open = || std::fs::File::options().write(true).open(path).expect("opened");
        let beside = path.with_extension("other");
        match self.change {
            Change::Appended => open().write_all_at(b"more", std::fs::metadata(path).expect("there").size()),
            Change::Truncated => open().set_len(u64::try_from(chance.below(8)).expect("small") * PART + 1),
            Change::Rewritten => {
                let time = std::fs::metadata(path).and_then(|meta| meta.modified()).expect("a time");
                let file = open();
                let at = u64::try_from(chance.below(8)).expect("small") * PART;
                file.write_all_at(b"another version", 0).expect("written");
                file.write_all_at(b"another version", at).expect("written");
                file.set_modified(time)
            }
            Change::Renamed => std::fs::rename(path, beside),
            Change::Deleted => std::fs::remove_file(path),
            Change::Linked => {
                noise(&beside, 8 * PART + 77);
                self.versions.push(sha256(&beside));
                std::fs::remove_file(path).expect("removed");
                std::os::unix::fs::symlink(&beside, path)
            }
            Change::Replaced => {
                noise(&beside, 8 * PART + 99);
                std::fs::rename(&beside, path)
            }
            Change::Mapped => {
                let writer = self.writer.as_mut().expect("a writer");
                writer.touch();
                Ok(())
            }
        }
        .expect("changed");
        if path.is_file() {
            self.versions.push(sha256(path));
        }
    }
}

/// A program that writes through a memory map. It touches the first byte of every page when it begins; after that the
/// system does not notice what it writes.
struct Mapped {
    child: Child,
}

const MAPPED: &str = "
import mmap, sys
file = open(sys.argv[1], 'r+b')
pages = mmap.mmap(file.fileno(), 0)
for number, line in enumerate(sys.stdin):
    for at in range(0, len(pages), 4096):
        pages[at] = number
    print(flush=True)
";

impl Mapped {
    fn open(path: &Path) -> Self {
        let mut python = Command::new("python3");
        python.args(["-c", MAPPED]).arg(path).stdin(Stdio::piped()).stdout(Stdio::piped());
        let child = python.spawn().expect("python3");
        let mut writer = Self { child };
        writer.touch();
        writer
    }

    fn touch(&mut self) {
        self.child.stdin.as_mut().expect("its input").write_all(b"\n").expect("asked");
        let mut line = [0];
        self.child.stdout.as_mut().expect("its output").read_exact(&mut line).expect("touched");
    }
}

impl Drop for Mapped {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
