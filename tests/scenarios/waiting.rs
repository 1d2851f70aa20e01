//! What a transfer waits for, until when, and what happens next, as the feed and the command line tell it.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use davit_core::engine::feed::{Next, Overview, RowState, Update, View, Wait};
use davit_core::engine::{EnqueueOptions, Feed};
use davit_core::error::ErrorCode;
use davit_core::ids::{DestinationId, ItemId};
use davit_core::session::Collision;
use davit_core::units::UnixTime;
use davit_core::uploader::{Options, Uploader};
use davit_tests::World;
use davit_tests::fault::{Fault, FaultProxy};
#[cfg(target_os = "linux")]
use davit_tests::inner::{self, Drive, where_one_may_mount};
use davit_tests::source::noise;
use davit_tests::world::connected;

/// Longer than any wait here takes.
const PATIENCE: Duration = Duration::from_secs(90);

/// An engine in this process with a link to the store and one to the company, and what its list says.
struct Desk {
    world: World,
    store: FaultProxy,
    company: FaultProxy,
    uploader: Uploader,
    to: DestinationId,
    feed: Feed,
    row: Option<RowState>,
    overview: Overview,
}

impl Desk {
    async fn new() -> Self {
        let world = World::with_backend(900, "role").await;
        let home = world.home();
        Self::at(world, home).await
    }

    async fn at(world: World, home: std::path::PathBuf) -> Self {
        let links = Self::links(&world).await;
        Self::by(world, home, links, false).await
    }

    /// One to the store and one to the company.
    async fn links(world: &World) -> [FaultProxy; 2] {
        let company = world.backend.as_ref().expect("a backend").address();
        [FaultProxy::before(world.cloud.address()).await, FaultProxy::before(company).await]
    }

    async fn by(world: World, home: std::path::PathBuf, links: [FaultProxy; 2], hold: bool) -> Self {
        let [store, company] = links;
        let options = Options {
            home,
            server: Some(company.endpoint()),
            dev_store: Some(store.endpoint().parse().expect("an address")),
            direct: None,
            concurrency: Some(4),
            hold,
            ..world.options()
        };
        let uploader = connected(options).await;
        let to = uploader.destinations().await.expect("one")[0].id.clone();
        let view = View { count: 10, ..View::default() };
        let feed = uploader.engine().subscribe(view).await.expect("a feed");
        Self { world, store, company, uploader, to, feed, row: None, overview: Overview::Empty }
    }

    /// A file of three parts.
    async fn upload(&self, path: &std::path::Path) -> Vec<ItemId> {
        noise(path, 20 << 20);
        let given = vec![path.to_owned()];
        let ticket = self.uploader.engine().enqueue(given, self.to.clone(), EnqueueOptions::default()).await;
        ticket.expect("taken").items
    }

    async fn hears(&mut self) {
        let update = tokio::time::timeout(PATIENCE, self.feed.next()).await;
        let update = update.unwrap_or_else(|_| panic!("it stays: {:?}, {:?}", self.row, self.overview));
        let (totals, rows) = match update.expect("the engine runs") {
            Update::Snapshot(snapshot) => (snapshot.totals, snapshot.slice.rows),
            Update::Delta(delta) => (delta.totals, delta.slice.map_or(delta.changed, |slice| slice.rows)),
        };
        self.overview = totals.overview;
        // The first row is the one that the scenario is about.
        let first = rows.into_iter().find(|row| row.id == ItemId::new(1));
        self.row = first.map(|row| row.state).or(self.row.take());
    }

    /// Until the row waits for this.
    async fn waits_for(&mut self, code: ErrorCode) -> Wait {
        loop {
            match &self.row {
                Some(RowState::Waiting(wait)) if wait.code == code => return wait.clone(),
                _ => self.hears().await,
            }
        }
    }

    /// Until the whole says so.
    async fn whole(&mut self, wanted: impl Fn(&Overview) -> bool) {
        while !wanted(&self.overview) {
            self.hears().await;
        }
    }

    async fn is_done(&mut self) {
        while !matches!(self.row, Some(RowState::Done { .. })) {
            self.hears().await;
        }
        self.world.no_byte_was_sent_twice();
    }

    fn file(&self) -> std::path::PathBuf {
        self.world.sources().join("cut.mov")
    }
}

fn is_for(overview: &Overview, code: ErrorCode) -> bool {
    matches!(overview, Overview::Waiting(wait) if wait.code == code)
}

/// How long a wait lasts yet.
fn left(wait: &Wait) -> u64 {
    wait.until.expect("it says until when").0.saturating_sub(UnixTime::now().0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_store_that_says_when_to_come_back_is_waited_for_until_then_and_it_is_told() {
    let mut desk = Desk::new().await;
    desk.store.faults.retry_after.store(20, Ordering::SeqCst);
    desk.store.faults.answer("partNumber=", 1, "503 Slow Down", "SlowDown");
    desk.upload(&desk.file()).await;
    let wait = desk.waits_for(ErrorCode::StorageBusy).await;
    assert!((15..=22).contains(&left(&wait)), "{wait:?}");
    assert_eq!(wait.next, Next::ByItself);
    desk.whole(|overview| is_for(overview, ErrorCode::StorageBusy)).await;
    let asked = desk.store.faults.requests.load(Ordering::SeqCst);
    assert!(asked <= 3, "no part was tried twice: {asked} requests");
    assert!(
        matches!(desk.uploader.engine().waits().await.expect("told").as_slice(), [(_, told)] if told.is_like(&wait))
    );
    desk.uploader.close().await;
}

/// The store said no, and the company that is to give another lease is away: nothing of that is an answer that was lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_request_whose_new_lease_is_waited_for_is_not_taken_for_one_that_was_never_answered() {
    for (len, request) in [(1_000, "PUT "), (20 << 20, "POST *?uploadId")] {
        let world = World::with_blind_backend(900, "role").await;
        let home = world.home();
        let mut desk = Desk::at(world, home).await;
        noise(&desk.file(), len);
        desk.store.faults.answer(request, 1, "400 Bad Request", "ExpiredToken");
        desk.store.faults.hold.send_replace(true);
        let (given, options) = (
            vec![desk.file()],
            EnqueueOptions { collision: Some(Collision::Fail), resume_same: false, ..EnqueueOptions::default() },
        );
        desk.uploader.engine().enqueue(given, desk.to.clone(), options).await.expect("taken");
        desk.store.holds_one().await;
        desk.company.goes_away();
        desk.store.faults.hold.send_replace(false);
        while !matches!(desk.row, Some(RowState::Waiting(_))) {
            desk.hears().await;
        }
        // Somebody else is first.
        let theirs = desk.world.sources().join("theirs/cut.mov");
        noise(&theirs, 700);
        let mut other = desk.world.upload_by_backend(&[&theirs]);
        other.env("DAVIT_HOME", desk.world.path("another home")).end().await.all_done();
        desk.company.comes_back();
        while !matches!(desk.row, Some(RowState::Done { .. } | RowState::Failed { .. })) {
            desk.hears().await;
        }
        assert_eq!(desk.row, Some(RowState::Failed { code: ErrorCode::AlreadyThere }), "{request}");
        assert_eq!(desk.world.keys().len(), 1, "{:?}", desk.world.keys());
        desk.uploader.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_store_asked_for_is_kept_and_then_all_goes_on() {
    let mut desk = Desk::new().await;
    desk.store.faults.retry_after.store(3, Ordering::SeqCst);
    desk.store.faults.answer("partNumber=", 1, "503 Slow Down", "SlowDown");
    let begun = Instant::now();
    desk.upload(&desk.file()).await;
    desk.is_done().await;
    assert!(begun.elapsed() >= Duration::from_secs(3), "{:?}", begun.elapsed());
    assert_eq!(desk.store.faults.requests.load(Ordering::SeqCst), 4, "three parts, and one of them twice");
    desk.uploader.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_that_says_when_to_come_back_is_waited_for_until_then_and_it_is_told() {
    for (seconds, to_the_end) in [(20, false), (3, true)] {
        let mut desk = Desk::new().await;
        desk.company.faults.retry_after.store(seconds, Ordering::SeqCst);
        desk.company.faults.answer("POST /v1/credentials", 1, "503 Service Unavailable", "Busy");
        let (begun, before) = (Instant::now(), desk.company.faults.requests.load(Ordering::SeqCst));
        desk.upload(&desk.file()).await;
        desk.upload(&desk.world.sources().join("another.mov")).await;
        let wait = desk.waits_for(ErrorCode::BackendDown).await;
        assert!(left(&wait) <= seconds + 2 && wait.next == Next::ByItself, "{wait:?}");
        if to_the_end {
            desk.is_done().await;
            assert!(begun.elapsed() >= Duration::from_secs(3), "{:?}", begun.elapsed());
        } else {
            assert!(left(&wait) >= 15, "{wait:?}");
            desk.whole(|overview| is_for(overview, ErrorCode::BackendDown)).await;
            let asked = desk.company.faults.requests.load(Ordering::SeqCst) - before;
            assert_eq!(asked, 1, "asked once, whoever wants to know");
        }
        desk.uploader.close().await;
    }
}

/// A person's session often may open 256 files and could open more; sometimes it cannot.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn more_files_at_once_than_may_be_open_are_waited_for_and_no_drive_is_called_damaged() {
    for limit in ["64:4096", "72:72"] {
        let world = World::new().await;
        let folder = world.sources().join("notes");
        for n in 0..150 {
            noise(&folder.join(format!("{n}.txt")), 1_000 + n);
        }
        let mut run = world.upload(&[&folder]);
        run.args(["--concurrency", "100"]).within(&["prlimit", &format!("--nofile={limit}")]);
        let ended = run.end().await;
        assert!(ended.failures().is_empty(), "{limit}: {:?}", ended.failures());
        assert_eq!(ended.code, Some(0), "{limit}: {}", ended.err);
        assert_eq!(world.keys().len(), 150, "{limit}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_the_local_network_is_told_as_such_also_after_other_failures() {
    let mut desk = Desk::new().await;
    let stands = |desk: &Desk, fault| *desk.store.faults.always.lock().expect("faults") = fault;
    stands(&desk, Some(Fault::Page));
    desk.upload(&desk.file()).await;
    let wait = desk.waits_for(ErrorCode::CaptivePortal).await;
    assert_eq!(wait.next, Next::Person);
    desk.whole(|overview| is_for(overview, ErrorCode::CaptivePortal)).await;
    // Such a network resets what is none of its own.
    stands(&desk, Some(Fault::ResetBefore));
    let asked = desk.store.faults.requests.load(Ordering::SeqCst);
    while desk.store.faults.requests.load(Ordering::SeqCst) < asked + 4 {
        desk.hears().await;
        assert!(is_for(&desk.overview, ErrorCode::CaptivePortal), "{:?}", desk.overview);
        assert!(matches!(&desk.row, Some(RowState::Waiting(wait)) if wait.code == ErrorCode::CaptivePortal));
    }
    stands(&desk, None);
    desk.is_done().await;
    desk.uploader.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_is_away_is_told_with_the_next_try() {
    let mut desk = Desk::new().await;
    desk.store.goes_away();
    desk.upload(&desk.file()).await;
    let wait = desk.waits_for(ErrorCode::Offline).await;
    assert!(left(&wait) <= 6 && wait.next == Next::ByItself, "{wait:?}");
    desk.whole(|overview| *overview == Overview::Offline).await;
    desk.store.comes_back();
    desk.is_done().await;
    desk.uploader.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_says_what_it_waits_for_until_when_and_what_happens_next() {
    let world = World::new().await;
    let link = FaultProxy::before(world.cloud.address()).await;
    let file = world.sources().join("cut.mov");
    noise(&file, 20 << 20);
    link.faults.retry_after.store(600, Ordering::SeqCst);
    link.faults.answer("partNumber=", 1, "503 Slow Down", "SlowDown");
    let mut running = world.upload_by(&link.endpoint(), &[&file]).start();
    running.until_says(r#""code":"storage-busy","drive":null,"until":"#);
    let until: u64 = running.until_says(",").trim_end_matches(',').parse().expect("a time");
    assert!((590..=602).contains(&until.saturating_sub(UnixTime::now().0)), "{until}");
    running.until_says(r#""next":"by-itself""#);
    // Another process sees the same.
    let status = world.davit("status").arg("--json").end().await;
    let line = &status.lines[0];
    assert_eq!((&line["state"], &line["code"]), (&"waiting".into(), &"storage-busy".into()), "{}", status.out);
    assert!(line["until"].as_u64().is_some_and(|told| told.abs_diff(until) <= 1), "{}", status.out);
    assert_eq!(line["next"], "by-itself");
    let status = world.davit("status").end().await;
    assert!(
        status.out.contains("The storage is busy. Trying again in 10 min. It continues by itself, slower."),
        "{}",
        status.out
    );
    assert_eq!(running.interrupt(), Some(130), "a wait keeps nobody");
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_drive_that_is_away_is_told_by_its_name_and_stays_told() {
    where_one_may_mount("waiting::a_drive_that_is_away_is_told_by_its_name_and_stays_told", with_a_drive()).await;
}

#[cfg(target_os = "linux")]
async fn with_a_drive() {
    let place = inner::place().expect("run by the test above");
    let drive = Drive::plugged_in(&place);
    let mut desk = Desk::new().await;
    "partNumber=2&".clone_into(&mut desk.store.faults.only.lock().expect("faults"));
    desk.store.faults.hold.send_replace(true);
    desk.upload(&drive.at.join("day/cut.mov")).await;
    desk.store.holds_one().await;
    drive.pull_out();
    desk.store.faults.hold.send_replace(false);
    let wait = desk.waits_for(ErrorCode::SourceOffline).await;
    assert_eq!((wait.drive.as_deref(), wait.next), (Some("LAB-NAS"), Next::Person));
    assert!(left(&wait) <= 6, "{wait:?}");
    // While it is tried again it still waits, and nothing else is told.
    let later = |now: &Wait| now.until.is_some_and(|until| Some(until) > wait.until);
    while let Some(RowState::Waiting(now)) = &desk.row {
        assert!(now.is_like(&wait), "{now:?}");
        if later(now) {
            break;
        }
        desk.hears().await;
    }
    assert!(matches!(&desk.row, Some(RowState::Waiting(now)) if later(now)), "{:?}", desk.row);
    desk.whole(|overview| is_for(overview, ErrorCode::SourceOffline)).await;
    drive.plug_in();
    desk.is_done().await;
    desk.uploader.close().await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_to_be_walked_waits_for_its_drive() {
    where_one_may_mount("waiting::a_folder_that_is_to_be_walked_waits_for_its_drive", with_a_folder_on_a_drive()).await;
}

#[cfg(target_os = "linux")]
async fn with_a_folder_on_a_drive() {
    let place = inner::place().expect("run by the test above");
    let drive = Drive::plugged_in(&place);
    let folder = drive.at.join("day");
    noise(&folder.join("cut.mov"), 1_000);
    // The folder is on record, and what is in it is not.
    let world = World::with_backend(900, "role").await;
    let links = Desk::links(&world).await;
    let mut begin = world.upload_by_backend_and(&links[0].endpoint(), &[&folder]);
    begin.env("DAVIT_SERVER", links[1].endpoint()).env("DAVIT_FAILPOINT", "record-item:1:after");
    let killed = begin.end().await;
    assert_eq!(killed.code, None, "{}{}", killed.out, killed.err);
    let home = world.home();
    let mut desk = Desk::by(world, home, links, true).await;
    drive.pull_out();
    desk.uploader.engine().go();
    let wait = desk.waits_for(ErrorCode::SourceOffline).await;
    assert_eq!((wait.drive.as_deref(), wait.next), (Some("LAB-NAS"), Next::Person));
    desk.whole(|overview| is_for(overview, ErrorCode::SourceOffline)).await;
    drive.plug_in();
    desk.is_done().await;
    desk.uploader.close().await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_told_with_the_next_try() {
    where_one_may_mount("waiting::a_full_disk_is_told_with_the_next_try", with_a_full_disk()).await;
}

#[cfg(target_os = "linux")]
async fn with_a_full_disk() {
    use std::io::Write as _;
    const FILES: u32 = 400;
    let place = inner::place().expect("run by the test above");
    inner::system(&["mount", "-t", "tmpfs", "-o", "size=8m,mode=0700", "none"], &place);
    let world = World::with_backend(900, "role").await;
    let mut desk = Desk::at(world, place.clone()).await;
    // More of them than what the records have room for already.
    let folder = desk.world.sources().join("folder");
    (0..FILES).for_each(|n| noise(&folder.join(format!("a clip with a name that takes its room {n}.mov")), 100));
    "PUT ".clone_into(&mut desk.store.faults.only.lock().expect("faults"));
    desk.store.faults.hold.send_replace(true);
    let engine = desk.uploader.engine().clone();
    let ticket = engine.enqueue(vec![folder], desk.to.clone(), EnqueueOptions::default()).await.expect("taken");
    desk.store.holds_one().await;
    while engine.folder_files(ticket.items[0], "", 0, 1).await.expect("told").total < FILES {
        tokio::task::yield_now().await;
    }
    let filler = place.join("filler");
    let mut file = std::fs::File::create(&filler).expect("a file");
    while file.write_all(&[7; 4_096]).is_ok() {}
    drop(file);
    desk.store.faults.hold.send_replace(false);
    let wait = desk.waits_for(ErrorCode::DiskFull).await;
    assert!(left(&wait) <= 6 && wait.next == Next::Person, "{wait:?}");
    desk.whole(|overview| matches!(overview, Overview::Stuck { code: ErrorCode::DiskFull })).await;
    std::fs::remove_file(&filler).expect("room");
    desk.is_done().await;
    desk.uploader.close().await;
}

/// A backend that is killed is not a network that is away: the store answers.
#[tokio::test(flavor = "multi_thread")]
async fn a_company_that_is_killed_in_mid_upload_is_told_as_such_and_all_ends_well() {
    let mut world = World::with_backend(2, "role").await;
    let link = FaultProxy::before(world.cloud.address()).await;
    let file = world.sources().join("cut.mov");
    noise(&file, 60 << 20);
    link.faults.rate.store(8 << 20, Ordering::SeqCst);
    let mut running = world.upload_by_backend_and(&link.endpoint(), &[&file]).start();
    running.until_sent(8 << 20);
    let address = world.backend.take().expect("a backend").address();
    let told = running.until_says("\"code\":\"backend-down\"");
    assert!(!told.contains("\"offline\""), "{told}");
    let status = world.davit("status").end().await;
    assert!(status.out.contains("[backend-down]"), "{}", status.out);
    let status = world.davit("status").arg("--json").end().await;
    assert_eq!(status.lines[0]["code"], "backend-down", "{}", status.out);
    // With the store away as well there is no connection.
    link.goes_away();
    running.until_says("\"code\":\"offline\"");
    link.comes_back();
    running.until_says("\"code\":\"backend-down\"");
    let config = World::backend_config(2, "role").replace("127.0.0.1:0", &address.to_string());
    while std::net::TcpListener::bind(address).is_err() {
        tokio::task::yield_now().await;
    }
    world.start_backend(&config).await;
    running.end().all_done();
    let key = world.keys().pop().expect("an object");
    assert_eq!(world.sha256(&key), davit_tests::source::sha256(&file));
}

/// On a slow link it takes minutes until a whole part is there.
#[tokio::test(flavor = "multi_thread")]
async fn a_wait_for_the_connection_ends_once_bytes_get_through_and_not_before() {
    let world = World::with_backend(900, "role").await;
    let (home, [_, company]) = (world.home(), Desk::links(&world).await);
    let slow = FaultProxy::narrow(world.cloud.address());
    slow.faults.rate.store(16 << 10, Ordering::SeqCst);
    let mut desk = Desk::by(world, home, [slow, company], false).await;
    let file = desk.file();
    desk.upload(&file).await;
    // In the midst of bodies.
    while desk.world.cloud.observer().parts().is_empty() {
        desk.hears().await;
    }
    desk.store.goes_away();
    let mut wait = desk.waits_for(ErrorCode::Offline).await;
    // It is tried again and again, and waits all the while.
    for _ in 0..3 {
        while let Some(RowState::Waiting(now)) = &desk.row
            && now.until <= wait.until
        {
            desk.hears().await;
        }
        let Some(RowState::Waiting(now)) = &desk.row else { panic!("nothing got through: {:?}", desk.row) };
        assert_eq!(now.code, ErrorCode::Offline);
        wait = now.clone();
    }
    desk.whole(|overview| *overview == Overview::Offline).await;
    desk.store.comes_back();
    let flows = async {
        while !matches!(desk.row, Some(RowState::Uploading)) {
            desk.hears().await;
        }
        desk.whole(|overview| *overview == Overview::Moving).await;
    };
    tokio::time::timeout(PATIENCE, flows).await.expect("it is told as soon as bytes get through");
    assert!(desk.world.cloud.observer().parts().values().all(|part| part.acknowledged == 0), "no part was there yet");
    desk.uploader.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_that_goes_before_its_first_lease_is_not_told_as_no_connection() {
    let mut desk = Desk::new().await;
    let file = desk.file();
    desk.company.goes_away();
    desk.upload(&file).await;
    let told = loop {
        match &desk.row {
            Some(RowState::Waiting(wait)) => break wait.code,
            _ => desk.hears().await,
        }
    };
    assert_eq!(told, ErrorCode::BackendDown);
    // With the store away as well there is no connection.
    desk.store.goes_away();
    desk.waits_for(ErrorCode::Offline).await;
    desk.store.comes_back();
    desk.waits_for(ErrorCode::BackendDown).await;
    desk.company.comes_back();
    desk.is_done().await;
    desk.uploader.close().await;
}
