//! Sources that change at a known moment of their upload: the object is one version that was there, or the transfer says
//! that the source moved. Judged by the SHA-256 of every version that was ever written.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering;

#[cfg(target_os = "linux")]
use davit_core::engine::feed::Event;
#[cfg(target_os = "linux")]
use davit_core::error::ErrorCode;
#[cfg(target_os = "linux")]
use davit_core::journal::Reader;

use super::{Chance, until_it_waits};
use crate::World;
use crate::davit::Ended;
use crate::fault::FaultProxy;
#[cfg(target_os = "linux")]
use crate::inner::system;
use crate::source::{noise, sha256};
use crate::world::{BUCKET, on_record};

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
    /// Another program holds it: by a lease where nobody has it open, which keeps others from opening it, else by locks
    /// that keep nobody from reading.
    Locked,
    /// Other rights.
    Permitted,
    /// A mark in its extended attributes, as an indexer leaves.
    Marked,
    /// Its times are set to what they were, as a copying program does.
    Touched,
    /// Another name besides, as a backup makes.
    HardLinked,
}

impl Change {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Appended,
        Self::Truncated,
        Self::Rewritten,
        Self::Renamed,
        Self::Deleted,
        Self::Linked,
        Self::Replaced,
        Self::Mapped,
        Self::Locked,
        Self::Permitted,
        Self::Marked,
        Self::Touched,
        Self::HardLinked,
    ];

    /// Whether it leaves the contents as they are, where they are: the change time alone moves.
    const fn is_of_the_change_time(self) -> bool {
        matches!(self, Self::Permitted | Self::Marked | Self::Touched | Self::HardLinked)
    }
}

/// When.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// While the store's answer to a request whose first line holds this is under way.
    Answering(&'static str),
    /// While the first half of such a request's body is there, and the second is not read yet.
    InBody(&'static str),
    /// Between two runs, after a kill at this point.
    BetweenRuns(&'static str),
}

/// How a source is sent.
#[derive(Clone, Copy, Debug)]
enum Shape {
    /// In eight parts and a rest, each at once in the buffers of the system.
    Parts,
    /// In two parts and a rest, each larger than those.
    LargeParts,
    /// In one request that is larger than those.
    Single,
}

impl Shape {
    const fn part(self) -> u64 {
        match self {
            Self::Parts => PART,
            Self::LargeParts | Self::Single => 12 << 20,
        }
    }

    const fn size(self) -> u64 {
        match self {
            Self::Parts => 8 * PART,
            Self::LargeParts => 24 << 20,
            Self::Single => 14 << 20,
        }
    }
}

const PART: u64 = 64 << 10;
const MOMENTS: [(Moment, Shape); 14] = [
    // First where part of the file was read, and part of it was not: there a mix is certain if it is possible.
    (Moment::Answering("partNumber=3&"), Shape::Parts),
    (Moment::InBody("PUT *x-id=PutObject"), Shape::Single),
    (Moment::BetweenRuns("part:4:after"), Shape::Parts),
    (Moment::Answering("POST *?uploads"), Shape::Parts),
    (Moment::Answering("partNumber=1&"), Shape::Parts),
    (Moment::Answering("partNumber=7&"), Shape::Parts),
    (Moment::Answering("partNumber=8&"), Shape::Parts),
    (Moment::Answering("POST *?uploadId"), Shape::Parts),
    (Moment::InBody("partNumber=1&"), Shape::LargeParts),
    (Moment::InBody("partNumber=2&"), Shape::LargeParts),
    (Moment::Answering("PUT *x-id=PutObject"), Shape::Single),
    (Moment::BetweenRuns("put:1:before"), Shape::Single),
    (Moment::BetweenRuns("part:1:after"), Shape::Parts),
    (Moment::BetweenRuns("part:8:after"), Shape::Parts),
];
/// So many of them every change meets at least once.
const FIRST: usize = 3;

/// `each` rounds of every change.
pub async fn sources_that_change(each: u32, seed: u64) {
    let world = World::with_parts_of(1).await;
    let link = FaultProxy::tight(world.cloud.address());
    let mut chance = Chance::new(seed);
    for round in 0..each {
        for change in Change::ALL {
            let moments = if round == 0 { MOMENTS[..FIRST].to_vec() } else { vec![chance.one(&MOMENTS)] };
            for (number, (moment, shape)) in moments.into_iter().enumerate() {
                eprintln!("round {round}: {change:?} {moment:?} {shape:?}, seed {seed}");
                let name = format!("{change:?}-{round}-{number}");
                one_round(&world, &link, change, (moment, shape), &mut chance, &name).await;
            }
        }
    }
}

async fn one_round(
    world: &World,
    link: &FaultProxy,
    change: Change,
    (moment, shape): (Moment, Shape),
    chance: &mut Chance,
    name: &str,
) {
    let (name, home) = (format!("{name}.mov"), world.path(&format!("home-{name}")));
    let mut source = Source::new(&world.sources().join(&name), change, shape.size(), chance);
    let path = source.path.clone();
    let upload = || {
        let mut run = world.upload_by(&link.endpoint(), &[&path]);
        run.args(["--collision", "overwrite", "--concurrency", "2"]);
        run.env("DAVIT_TEST_PART_SIZE", shape.part().to_string()).env("DAVIT_HOME", &home);
        run
    };
    let key = format!("in/{name}");
    let recorded;
    let ended = match moment {
        Moment::Answering(request) | Moment::InBody(request) => {
            link.faults.mid_body.store(matches!(moment, Moment::InBody(_)), Ordering::SeqCst);
            request.clone_into(&mut link.faults.only.lock().expect("faults"));
            link.faults.hold.send_replace(true);
            let running = upload().start();
            link.holds_one().await;
            recorded = on_record(&home);
            source.change(chance);
            link.faults.hold.send_replace(false);
            tokio::task::block_in_place(|| running.end())
        }
        Moment::BetweenRuns(point) => {
            link.faults.mid_body.store(false, Ordering::SeqCst);
            let killed = upload().env("DAVIT_FAILPOINT", point).end().await;
            assert_eq!(killed.code, None, "it was killed: {}{}", killed.out, killed.err);
            recorded = on_record(&home);
            source.change(chance);
            let running = upload().start();
            if change == Change::Locked {
                // Nobody has it open: it waits until the other program lets go.
                until_it_waits(world, &home, "file-in-use").await;
                source.release();
            }
            tokio::task::block_in_place(|| running.end())
        }
    };
    judge(world, &key, &source, &ended);
    if change.is_of_the_change_time() {
        ended.all_done();
        world.nothing_on_record_was_sent_twice(&key, &recorded);
    }
    // Whatever it said, the same command ends in the version that is there now, if one is.
    let ended = upload().end().await;
    if std::fs::symlink_metadata(&source.path).is_ok_and(|meta| meta.is_file()) {
        ended.all_done();
        if ended.summary()["uploaded"] == 1 {
            assert_eq!(world.sha256(&key), sha256(&source.path), "the last version");
        }
    }
    judge(world, &key, &source, &ended);
    world.cloud.remove(BUCKET, &key);
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
    world.no_byte_was_sent_twice();
}

/// `count` drives that are pulled out at some moment, and come back. Wants to be run where one may mount.
#[cfg(target_os = "linux")]
pub async fn drives_that_go_away(count: u32, seed: u64) {
    let world = World::with_parts_of(1).await;
    let link = FaultProxy::before(world.cloud.address()).await;
    let (disk, drive) = (world.path("disk"), world.path("drive"));
    for folder in [&disk, &drive] {
        std::fs::create_dir_all(folder).expect("a folder");
    }
    let _disk = Mount::new(&["-t", "tmpfs", "none"], &disk);
    let mut chance = Chance::new(seed);
    for round in 0..count {
        let moment = chance.one(&["POST *?uploads", "partNumber=1&", "partNumber=4&", "partNumber=8&"]);
        eprintln!("round {round}: {moment}, seed {seed}");
        let day = format!("day {round}");
        for n in 0..IN_LINE {
            noise(&disk.join(&day).join(format!("cam/{n}.mov")), 8 * PART + u64::from(round * IN_LINE + n));
        }
        let bind = ["--bind", disk.to_str().expect("Unicode")];
        let mounted = Mount::new(&bind, &drive);
        let home = world.path(&format!("home-{round}"));
        let mut upload = world.upload_by(&link.endpoint(), &[&drive.join(&day)]);
        upload.args(["--concurrency", "2"]).env("DAVIT_TEST_PART_SIZE", PART.to_string()).env("DAVIT_HOME", &home);
        moment.clone_into(&mut link.faults.only.lock().expect("faults"));
        link.faults.hold.send_replace(true);
        let running = upload.start();
        link.holds_one().await;
        drop(mounted);
        link.faults.hold.send_replace(false);
        // Those in line wait with the ones that run; none is called missing.
        until_it_waits(&world, &home, "source-offline").await;
        let _back = Mount::new(&bind, &drive);
        tokio::task::block_in_place(|| running.end()).all_done();
        for n in 0..IN_LINE {
            let key = format!("in/{day}/cam/{n}.mov");
            assert_eq!(world.sha256(&key), sha256(&disk.join(&day).join(format!("cam/{n}.mov"))));
        }
        // Only those that ran found the drive gone, each once: the others never asked it.
        let journal = Reader::open(&home).expect("records");
        let told = |id| {
            journal.story(id, usize::MAX).expect("a story").into_iter().filter(|line| is_offline(&line.what)).count()
        };
        let told: usize = journal.status().expect("rows").iter().map(|row| told(row.id)).sum();
        assert!(told <= 4, "{told} looks");
    }
    world.no_byte_was_sent_twice();
}

/// Files of a folder on a drive; four run at a time.
#[cfg(target_os = "linux")]
const IN_LINE: u32 = 12;

#[cfg(target_os = "linux")]
const fn is_offline(event: &Event) -> bool {
    matches!(event, Event::Trouble { code: ErrorCode::SourceOffline })
}

/// A folder whose walk was cut off by a kill goes on when its drive is back, and is not called missing, or empty, before.
/// Wants to be run where one may mount.
#[cfg(target_os = "linux")]
pub async fn a_walk_without_its_drive() {
    let world = World::new().await;
    let link = FaultProxy::before(world.cloud.address()).await;
    let (disk, drive) = (world.path("disk"), world.path("drive"));
    for folder in [&disk, &drive] {
        std::fs::create_dir_all(folder).expect("a folder");
    }
    let _disk = Mount::new(&["-t", "tmpfs", "none"], &disk);
    noise(&disk.join("day/cut.mov"), 1_000);
    let bind = ["--bind", disk.to_str().expect("Unicode")];
    let mounted = Mount::new(&bind, &drive);
    let folders = [drive.join("day"), drive.clone()];
    let both: Vec<&Path> = folders.iter().map(PathBuf::as_path).collect();
    // The folders are on record, and what is in them is not.
    let mut begin = world.upload_by(&link.endpoint(), &both);
    let killed = begin.env("DAVIT_FAILPOINT", "journal:4:before").end().await;
    assert_eq!(killed.code, None, "{}{}", killed.out, killed.err);
    drop(mounted);
    let other = world.sources().join("other.txt");
    noise(&other, 10);
    "PUT *other.txt".clone_into(&mut link.faults.only.lock().expect("faults"));
    link.faults.hold.send_replace(true);
    let running = world.upload_by(&link.endpoint(), &[&other]).start();
    link.holds_one().await;
    let waits = |line: &serde_json::Value| {
        line["event"] == "folder" && (&line["state"], &line["code"]) == (&"waiting".into(), &"source-offline".into())
    };
    loop {
        let status = world.davit("status").arg("--json").end().await;
        if status.lines.iter().filter(|line| waits(line)).count() == 2 {
            break;
        }
    }
    let status = world.davit("status").end().await.out;
    let line = format!("        waiting          {} [source-offline]\n", folders[0].display());
    assert!(status.contains(&line) && status.contains("It then continues by itself."), "{status}");
    let _back = Mount::new(&bind, &drive);
    loop {
        let status = world.davit("status").arg("--json").end().await;
        assert!(status.lines.iter().all(|line| line["state"] != "failed"), "{}", status.out);
        if status.lines.iter().filter(|line| line["state"] == "done").count() == 2 {
            break;
        }
    }
    link.faults.hold.send_replace(false);
    tokio::task::block_in_place(|| running.end()).all_done();
    assert_eq!(world.keys(), ["in/day/cut.mov", "in/drive/day/cut.mov", "in/other.txt"]);
}

/// A mount, taken away lazily when dropped: as a drive that is pulled out, whoever has its files open.
#[cfg(target_os = "linux")]
struct Mount(PathBuf);

#[cfg(target_os = "linux")]
impl Mount {
    fn new(words: &[&str], at: &Path) -> Self {
        system(&[&["mount"], words].concat(), at);
        Self(at.to_owned())
    }
}

#[cfg(target_os = "linux")]
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
    size: u64,
    writer: Option<Program>,
}

impl Source {
    fn new(path: &Path, change: Change, size: u64, chance: &mut Chance) -> Self {
        noise(path, size + u64::try_from(chance.below(1_000)).expect("small"));
        let writer = match change {
            Change::Mapped => Some(Program::start(MAPPED, path)),
            Change::Locked => Some(Program::start(LOCKS, path)),
            _ => None,
        };
        Self { path: path.to_owned(), versions: vec![sha256(path)], change, size, writer }
    }

    /// Whoever holds it lets go.
    fn release(&mut self) {
        self.writer.as_mut().expect("a program").acts();
    }

    /// Lets it happen, and remembers what is there afterwards.
    fn change(&mut self, chance: &mut Chance) {
        let path = &self.path;
        let open = || std::fs::File::options().write(true).open(path).expect("opened");
        let beside = path.with_extension("other");
        match self.change {
            Change::Appended => open().write_all_at(b"more", std::fs::metadata(path).expect("there").size()),
            Change::Truncated => open().set_len(u64::try_from(chance.below(8)).expect("small") * (self.size / 8) + 1),
            Change::Rewritten => {
                let time = std::fs::metadata(path).and_then(|meta| meta.modified()).expect("a time");
                let file = open();
                let at = u64::try_from(chance.below(8)).expect("small") * (self.size / 8);
                file.write_all_at(b"another version", 0).expect("written");
                file.write_all_at(b"another version", at).expect("written");
                file.set_modified(time)
            }
            Change::Renamed => std::fs::rename(path, beside),
            Change::Deleted => std::fs::remove_file(path),
            Change::Linked => {
                noise(&beside, self.size + 77);
                self.versions.push(sha256(&beside));
                std::fs::remove_file(path).expect("removed");
                std::os::unix::fs::symlink(&beside, path)
            }
            Change::Replaced => {
                noise(&beside, self.size + 99);
                std::fs::rename(&beside, path)
            }
            Change::Permitted => std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o640)),
            Change::Marked => {
                let flags = rustix::fs::XattrFlags::empty();
                rustix::fs::setxattr(path, "user.indexed", b"yes", flags).map_err(Into::into)
            }
            Change::Touched => {
                open().set_modified(std::fs::metadata(path).and_then(|meta| meta.modified()).expect("a time"))
            }
            Change::HardLinked => std::fs::hard_link(path, beside),
            Change::Mapped | Change::Locked => {
                self.writer.as_mut().expect("a program").acts();
                Ok(())
            }
        }
        .expect("changed");
        // To read a file that is held would wait for it, and end the lease.
        if self.change != Change::Locked && path.is_file() {
            self.versions.push(sha256(path));
        }
    }
}

/// Another program that does something with the source at every line that it is told, and says when it did.
struct Program {
    child: Child,
}

/// Writes through a memory map. It touches the first byte of every page when it begins; after that the system does not
/// notice what it writes.
const MAPPED: &str = "
import mmap, sys
file = open(sys.argv[1], 'r+b')
pages = mmap.mmap(file.fileno(), 0)
for number, line in enumerate(sys.stdin):
    for at in range(0, len(pages), 4096):
        pages[at] = number
    print(flush=True)
";

/// At the second line it takes a lease, or locks where others have the file open; at the third it lets go.
const LOCKS: &str = "
import fcntl, signal, sys
signal.signal(signal.SIGIO, signal.SIG_IGN)
held = None
for number, line in enumerate(sys.stdin):
    if number == 1:
        held = open(sys.argv[1], 'r+b')
        try:
            fcntl.fcntl(held, fcntl.F_SETLEASE, fcntl.F_WRLCK)
        except OSError:
            fcntl.flock(held, fcntl.LOCK_EX)
            fcntl.lockf(held, fcntl.LOCK_EX)
    if number == 2:
        held.close()
    print(flush=True)
";

impl Program {
    fn start(script: &str, path: &Path) -> Self {
        let mut python = Command::new("python3");
        python.args(["-c", script]).arg(path).stdin(Stdio::piped()).stdout(Stdio::piped());
        let child = python.spawn().expect("python3");
        let mut program = Self { child };
        program.acts();
        program
    }

    fn acts(&mut self) {
        self.child.stdin.as_mut().expect("its input").write_all(b"\n").expect("asked");
        let mut line = [0];
        self.child.stdout.as_mut().expect("its output").read_exact(&mut line).expect("done");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A file that another program holds: waited for, then told, and taken when it is free and given again.
pub async fn a_file_that_is_held() {
    let world = World::new().await;
    let file = world.sources().join("cut.mov");
    noise(&file, 1_000);
    let mut holder = Program::start(LOCKS, &file);
    holder.acts();
    let upload = || {
        let mut run = world.upload(&[&file]);
        run.env("DAVIT_TEST_HELD", "6");
        run
    };
    let running = upload().start();
    until_it_waits(&world, &world.home(), "file-in-use").await;
    let ended = tokio::task::block_in_place(|| running.end());
    assert_eq!((ended.code, ended.failures()), (Some(1), vec!["file-in-use".to_owned()]), "{}", ended.out);
    holder.acts();
    upload().end().await.all_done();
    assert_eq!(world.sha256("in/cut.mov"), sha256(&file));
}

/// A file that is touched again and again without any change to what it holds: told, with nothing thrown away, and gone on
/// with once it is left alone.
pub async fn a_file_that_is_touched_again_and_again() {
    let world = World::with_parts_of(1).await;
    let link = FaultProxy::before(world.cloud.address()).await;
    let file = world.sources().join("cut.mov");
    noise(&file, 8 * PART + 77);
    let upload = || {
        let mut run = world.upload_by(&link.endpoint(), &[&file]);
        run.args(["--concurrency", "1"]).env("DAVIT_TEST_PART_SIZE", PART.to_string()).env("DAVIT_TEST_HELD", "6");
        run
    };
    "partNumber=4&".clone_into(&mut link.faults.only.lock().expect("faults"));
    link.faults.hold.send_replace(true);
    let running = upload().start();
    link.holds_one().await;
    // The next part may be on its way before the last is on record.
    tokio::task::block_in_place(|| {
        while on_record(&world.home()).len() < 3 {
            std::thread::yield_now();
        }
    });
    let recorded = on_record(&world.home());
    assert_eq!(recorded, [1, 2, 3]);
    let left_alone = std::sync::atomic::AtomicBool::new(false);
    let ended = std::thread::scope(|scope| {
        scope.spawn(|| {
            let touched = File::options().write(true).open(&file).expect("opened");
            let time = touched.metadata().and_then(|meta| meta.modified()).expect("a time");
            while !left_alone.load(Ordering::SeqCst) {
                touched.set_modified(time).expect("touched");
            }
        });
        link.faults.hold.send_replace(false);
        let ended = tokio::task::block_in_place(|| running.end());
        left_alone.store(true, Ordering::SeqCst);
        ended
    });
    assert_eq!((ended.code, ended.failures()), (Some(1), vec!["file-in-use".to_owned()]), "{}", ended.out);
    upload().end().await.all_done();
    assert_eq!(world.sha256("in/cut.mov"), sha256(&file));
    world.nothing_on_record_was_sent_twice("in/cut.mov", &recorded);
}
