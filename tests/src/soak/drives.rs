//! Drives that a program serves, as network drives are: they fall silent, or report errors, and recover. They want to be run
//! where one may mount.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::until_it_waits;
use crate::World;
use crate::davit::{Run, Running};
use crate::fault::FaultProxy;
use crate::served::{Closing, Health, ServedDrive};
use crate::source::{noise, sha256};
use crate::world::on_record;

const PART: u64 = 64 << 10;
/// More than the engine has workers.
const AT_A_TIME: &str = "12";

/// As many large files are sent at a time.
const LARGE: usize = 4;

/// A file on a drive, and a file on another one, given together.
struct Desk {
    world: World,
    link: FaultProxy,
    drive: ServedDrive,
    whole: PathBuf,
    other: PathBuf,
}

impl Desk {
    async fn new() -> Self {
        Self::of(Closing::Asks).await
    }

    async fn of(closing: Closing) -> Self {
        let world = World::of_small_parts().await;
        let link = FaultProxy::before(world.cloud.address()).await;
        let (disk, at) = (world.path("disk"), world.path("LAB-NAS"));
        let (whole, other) = (disk.join("cut.mov"), world.sources().join("other.txt"));
        noise(&whole, 64 * PART + 77);
        noise(&other, 1_000);
        std::fs::create_dir(&at).expect("a folder");
        let drive = ServedDrive::new(&disk, &at, closing);
        Self { world, link, drive, whole, other }
    }

    fn upload(&self) -> Run {
        self.upload_with(&[])
    }

    fn upload_with(&self, more: &[PathBuf]) -> Run {
        let whole = self.drive.at.join("cut.mov");
        let mut paths: Vec<&Path> = vec![&whole, &self.other];
        paths.extend(more.iter().map(PathBuf::as_path));
        let mut run = self.world.upload_by(&self.link.endpoint(), &paths);
        run.args(["--concurrency", AT_A_TIME]).env("DAVIT_TEST_PART_SIZE", PART.to_string());
        run
    }

    /// A run that has sent some parts, whose answers are kept back: nothing of the drive is read at this moment.
    async fn begun(&self) -> Running {
        self.begun_by(&mut self.upload()).await
    }

    async fn begun_by(&self, upload: &mut Run) -> Running {
        self.begun_and_held(upload, "cut.mov*partNumber=").await
    }

    /// The same with more files; `held` are the requests whose answers are kept back.
    async fn begun_with(&self, more: &[PathBuf], held: &str) -> Running {
        self.begun_and_held(&mut self.upload_with(more), held).await
    }

    async fn begun_and_held(&self, upload: &mut Run, held: &str) -> Running {
        self.keeps_back(held);
        let running = upload.start();
        self.holds(AT_A_TIME.parse().expect("a number")).await;
        running
    }

    /// The answers to such requests are kept back from now on.
    fn keeps_back(&self, requests: &str) {
        requests.clone_into(&mut self.link.faults.only.lock().expect("faults"));
        self.link.faults.hold.send_replace(true);
    }

    async fn holds(&self, many: u32) {
        self.link.faults.held.subscribe().wait_for(|held| *held >= many).await.expect("the proxy runs");
    }

    /// Another drive's file is there within the time that it takes to tell that this one is away.
    async fn is_sent_in_time(&self, key: &str) {
        let begun = Instant::now();
        while !self.world.keys().contains(&key.to_owned()) {
            if begun.elapsed() > Duration::from_secs(30) {
                // Else nobody could end it.
                self.drive.answers();
                panic!("{key} is held up");
            }
            tokio::task::yield_now().await;
        }
    }

    fn goes_on(&self) {
        self.link.faults.hold.send_replace(false);
    }

    fn recorded(&self) -> Vec<u16> {
        on_record(&self.world.home())
    }

    fn is_there(&self, recorded: &[u16]) {
        assert_eq!(self.world.sha256("in/cut.mov"), sha256(&self.whole));
        assert_eq!(self.world.sha256("in/other.txt"), sha256(&self.other));
        self.world.nothing_on_record_was_sent_twice("in/cut.mov", recorded);
    }
}

/// A drive that says nothing any more is told within half a minute, holds up no file of another one, and is gone on with when
/// it answers.
pub async fn a_drive_that_falls_silent() {
    let desk = Desk::new().await;
    // As many as are sent at a time: what is large on the other drive is begun after the silence.
    let beside: Vec<_> = (1..LARGE).map(|n| format!("beside-{n}.mov")).collect();
    for name in &beside {
        noise(&desk.world.path("disk").join(name), 4 * PART);
    }
    let late = desk.world.sources().join("late.mov");
    noise(&late, 4 * PART);
    let mut paths: Vec<_> = beside.iter().map(|name| desk.drive.at.join(name)).collect();
    paths.push(late.clone());
    let running = desk.begun_with(&paths, "*.mov*partNumber=").await;
    desk.drive.falls_silent();
    let begun = Instant::now();
    desk.goes_on();
    desk.is_sent_in_time("in/late.mov").await;
    until_it_waits(&desk.world, &desk.world.home(), "source-offline").await;
    let told = begun.elapsed();
    assert!(told <= Duration::from_secs(30), "{told:?}");
    let recorded = desk.recorded();
    assert!(recorded.len() >= AT_A_TIME.parse().expect("a number"), "{recorded:?}");
    desk.drive.answers();
    tokio::task::block_in_place(|| running.end()).all_done();
    desk.is_there(&recorded);
    assert_eq!(desk.world.sha256("in/late.mov"), sha256(&late));
}

/// A drive falls silent after its files were read: closing them waits for it, and for nobody else.
pub async fn a_silent_drive_whose_files_are_sent() {
    let desk = Desk::new().await;
    let many = AT_A_TIME.parse().expect("a number");
    let disk = desk.world.path("disk");
    let names: Vec<_> = (0..many).map(|n: u32| format!("small-{n}.txt")).collect();
    for name in &names {
        noise(&disk.join(name), 1_000);
    }
    let mut paths: Vec<_> = names.iter().map(|name| desk.drive.at.join(name)).collect();
    paths.push(desk.other.clone());
    "PUT *small-".clone_into(&mut desk.link.faults.only.lock().expect("faults"));
    desk.link.faults.hold.send_replace(true);
    let paths: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
    // The other one is begun when one of them is done.
    let mut run = desk.world.upload_by(&desk.link.endpoint(), &paths);
    let running = run.args(["--concurrency", AT_A_TIME]).start();
    desk.link.faults.held.subscribe().wait_for(|held| *held >= many).await.expect("the proxy runs");
    desk.drive.falls_silent();
    desk.goes_on();
    desk.is_sent_in_time("in/other.txt").await;
    desk.drive.answers();
    tokio::task::block_in_place(|| running.end()).all_done();
    for name in &names {
        assert_eq!(desk.world.sha256(&format!("in/{name}")), sha256(&disk.join(name)));
    }
}

/// A drive that says nothing is given together with another one: its file is refused, the other's is taken.
pub async fn a_silent_drive_that_is_given() {
    let desk = Desk::new().await;
    desk.drive.falls_silent();
    let running = desk.upload().start();
    desk.is_sent_in_time("in/other.txt").await;
    let ended = tokio::task::block_in_place(|| running.end());
    assert_eq!(ended.failures(), ["source-offline"], "{}", ended.out);
    desk.drive.answers();
    desk.upload().end().await.all_done();
    desk.is_there(&[]);
}

/// A drive falls silent while a folder of it is listed: that is told, holds up nobody else, and the walk goes on when it
/// answers.
pub async fn a_drive_that_falls_silent_during_a_walk() {
    let desk = Desk::new().await;
    let disk = desk.world.path("disk");
    noise(&disk.join("day/cam/a.txt"), 1_000);
    desk.drive.is(Health::SilentOnceListed);
    let begun = Instant::now();
    let running = desk.world.upload(&[&desk.drive.at.join("day"), &desk.other]).start();
    desk.is_sent_in_time("in/other.txt").await;
    loop {
        let status = desk.world.davit("status").arg("--json").end().await;
        let is_told = |line: &serde_json::Value| line["event"] == "folder" && line["code"] == "source-offline";
        if status.lines.iter().any(is_told) {
            break;
        }
        if begun.elapsed() > Duration::from_secs(35) {
            desk.drive.answers();
            panic!("{}", status.out);
        }
    }
    desk.drive.is(Health::Well);
    desk.drive.answers();
    tokio::task::block_in_place(|| running.end()).all_done();
    assert_eq!(desk.world.sha256("in/day/cam/a.txt"), sha256(&disk.join("day/cam/a.txt")));
}

/// While a drive says nothing an upload from it is paused, cancelled and left at once.
pub async fn a_silent_drive_and_whoever_stops() {
    let desk = Desk::of(Closing::AsksNobody).await;
    let mut recorded = Vec::new();
    for word in ["interrupt", "pause", "cancel"] {
        let mut running = desk.begun().await;
        desk.drive.falls_silent();
        desk.goes_on();
        desk.drive.holds_up(running.id());
        let begun = Instant::now();
        match word {
            "interrupt" => running.signal("INT"),
            word => {
                let told = desk.world.davit(word).arg("--all").end().await;
                assert_eq!(told.code, Some(0), "{word}: {}{}", told.out, told.err);
            }
        }
        while running.runs() {
            tokio::task::yield_now().await;
        }
        let took = begun.elapsed();
        assert!(took < Duration::from_secs(12), "{word}: {took:?}");
        desk.drive.answers();
        if word == "interrupt" {
            recorded = desk.recorded();
        }
        if word == "pause" {
            desk.upload().end().await.all_done();
            desk.is_there(&recorded);
            desk.world.cloud.remove(crate::world::BUCKET, "in/cut.mov");
        }
    }
}

/// A drive whose files, or all of which, cannot be read for a while is waited for.
pub async fn a_drive_that_reports_errors() {
    for (health, code) in [(Health::UnreadableFiles, "read-error"), (Health::Broken, "source-offline")] {
        let desk = Desk::new().await;
        let running = desk.begun().await;
        desk.drive.is(health);
        desk.goes_on();
        until_it_waits(&desk.world, &desk.world.home(), code).await;
        let recorded = desk.recorded();
        desk.drive.is(Health::Well);
        tokio::task::block_in_place(|| running.end()).all_done();
        desk.is_there(&recorded);
    }
}

/// A drive that reported errors once does so again after the person would have been told, and parts were sent in between.
pub async fn a_drive_that_reports_errors_twice() {
    const HELD: Duration = Duration::from_secs(10);
    let desk = Desk::new().await;
    let mut upload = desk.upload();
    upload.env("DAVIT_TEST_HELD", HELD.as_secs().to_string());
    let running = desk.begun_by(&mut upload).await;
    desk.drive.is(Health::UnreadableFiles);
    desk.goes_on();
    until_it_waits(&desk.world, &desk.world.home(), "read-error").await;
    let first = Instant::now();
    // All others arrive.
    desk.keeps_back("partNumber=2");
    desk.drive.is(Health::Well);
    desk.holds(10).await;
    while desk.recorded().len() < 55 || first.elapsed() <= HELD {
        tokio::task::yield_now().await;
    }
    desk.drive.is(Health::UnreadableFiles);
    desk.goes_on();
    until_it_waits(&desk.world, &desk.world.home(), "read-error").await;
    desk.drive.is(Health::Well);
    let ended = tokio::task::block_in_place(|| running.end());
    ended.all_done();
    desk.is_there(&desk.recorded());
}

/// A drive falls silent when it was just found that what was on it before is stored: who pauses does not wait for it, and
/// the version that is there now is taken by the next run.
pub async fn a_silent_drive_after_a_version_is_found_stored() {
    let desk = Desk::new().await;
    let upload = || {
        let mut run = desk.upload();
        run.args(["--collision", "overwrite"]);
        run
    };
    let killed = upload().env("DAVIT_FAILPOINT", "complete:1:after").end().await;
    assert_eq!(killed.code, None, "{}{}", killed.out, killed.err);
    noise(&desk.whole, 64 * PART + 78);
    desk.keeps_back("HEAD *cut.mov");
    let mut running = upload().start();
    desk.holds(1).await;
    desk.drive.falls_silent();
    desk.goes_on();
    desk.drive.holds_up(running.id());
    let begun = Instant::now();
    let told = desk.world.davit("pause").arg("--all").end().await;
    assert_eq!(told.code, Some(0), "{}{}", told.out, told.err);
    while running.runs() {
        tokio::task::yield_now().await;
    }
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(12), "{took:?}");
    desk.drive.answers();
    upload().end().await.all_done();
    desk.is_there(&[]);
}
