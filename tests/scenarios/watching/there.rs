//! What becomes of files once they are there, and of what is removed here or there.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use davit_core::bandwidth::Zone;
use davit_core::error::ErrorCode;
use davit_core::journal::{Journal, Reader, WatchRow, Write};
use davit_core::session::Collision;
use davit_core::transfer::TransferState;
use davit_core::units::{ByteRate, UnixTime};
use davit_core::watch::Spec;
use davit_core::watch::card::Doing;
use davit_core::watch::record::State;
use davit_core::watch::spec::{After, Existing, Mode};
use davit_tests::World;
use davit_tests::fault::FaultProxy;
use davit_tests::source::{noise, sha256, until_old};
use davit_tests::world::BUCKET;

#[cfg(target_os = "linux")]
use super::watched_by_nobody;
use super::{PATIENCE, Watched, soon};

/// W25.
#[tokio::test]
async fn what_is_removed_there_is_not_sent_again_and_what_is_removed_here_stays_there() {
    let watched = Watched::by(soon()).await;
    let [gone_there, gone_here] = ["gone there.mov", "gone here.mov"].map(|name| watched.file(name, 2_000));
    watched.until_done(2).await;
    let key = watched.world.keys().into_iter().find(|key| key.ends_with("/gone there.mov")).expect("there");
    watched.world.cloud.remove(BUCKET, &key);
    std::fs::remove_file(&gone_here).expect("removed");
    watched.check().await;
    // Proof that the check came to its end, and what it found was acted on.
    watched.file("later.mov", 1_000);
    watched.until("the later one is there", |card| card.counts.done == 3 && card.doing == Doing::Watching).await;
    assert_eq!(watched.keys(), ["gone here.mov", "later.mov"]);
    assert!(gone_there.exists());
}

/// W24: by the system's own trash, from which it can be put back. Of the whole program, whose trash is where its user's is.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_uploaded_goes_to_the_trash_and_can_be_put_back() {
    let world = World::new().await;
    let root = world.path("in");
    std::fs::create_dir(&root).expect("made");
    let file = root.join("a.mov");
    noise(&file, 20_000);
    let sum = sha256(&file);
    let mut add = world.davit("watch");
    add.arg("add").arg(&root).args(["--existing", "all", "--settle", "1s", "--after", "trash"]);
    let added = world.by_keys(&mut add).end().await;
    assert_eq!(added.code, Some(0), "{}{}", added.out, added.err);
    let mut run = world.davit("watch");
    run.args(["run", "--json"]).env("XDG_DATA_HOME", world.path("data"));
    let running = world.by_keys(&mut run).start();
    let trashed = world.path("data/Trash/files/a.mov");
    let deadline = std::time::Instant::now() + PATIENCE;
    while file.exists() || !trashed.exists() {
        assert!(std::time::Instant::now() < deadline, "it is not in the trash");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(world.sha256("in/a.mov"), sum);
    assert_eq!(sha256(&trashed), sum);
    let info = std::fs::read_to_string(world.path("data/Trash/info/a.mov.trashinfo")).expect("where it was");
    assert!(info.contains("Path=") && info.contains("a.mov"), "{info}");
    assert_eq!(running.ended_by("TERM"), Some(0));
}

/// W24: killed as it has its other name, whatever its folder is called by then.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_being_deleted_at_a_kill_is_deleted_after_it() {
    for renamed in [false, true] {
        let world = World::new().await;
        let root = world.path("in");
        noise(&root.join("day/a.mov"), 20_000);
        let sum = sha256(&root.join("day/a.mov"));
        let mut add = world.davit("watch");
        add.arg("add").arg(&root).args(["--existing", "all", "--settle", "1s", "--after", "delete"]);
        let added = world.by_keys(&mut add).end().await;
        assert_eq!(added.code, Some(0), "{}{}", added.out, added.err);
        let start = |point: Option<&str>| {
            let mut run = world.davit("watch");
            run.args(["run", "--json"]);
            if let Some(point) = point {
                run.env("DAVIT_FAILPOINT", point);
            }
            world.by_keys(&mut run).start()
        };
        let deadline = std::time::Instant::now() + PATIENCE;
        let mut killed = start(Some("take:1:after"));
        while killed.runs() {
            assert!(std::time::Instant::now() < deadline, "it was never deleted");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let names = |folder: &Path| {
            let entries =
                std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
            entries.map(|name| name.to_string_lossy().into_owned()).collect::<Vec<_>>()
        };
        let left = names(&root.join("day"));
        assert!(left.len() == 1 && left[0].starts_with(".davit-"), "{left:?}");
        let folder = if renamed { "night" } else { "day" };
        std::fs::rename(root.join("day"), root.join(folder)).expect("renamed");
        let running = start(None);
        while !names(&root.join(folder)).is_empty() {
            assert!(std::time::Instant::now() < deadline, "{:?}", names(&root.join(folder)));
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(names(&root), [folder], "and nothing else was made");
        assert_eq!((world.keys(), world.sha256("in/day/a.mov")), (vec!["in/day/a.mov".to_owned()], sum));
        running.kill();
    }
}

/// W24: a move that fails is a warning and no failed upload, and is made good by a check once it can be.
#[tokio::test]
async fn what_cannot_be_moved_is_warned_of_stays_done_and_is_moved_once_it_can_be() {
    let watched = Watched::by(Spec { after: After::Move, ..soon() }).await;
    // Files where the folders of today and of tomorrow should be.
    let days = [0, 24 * 60 * 60].map(|later| Zone::here().date(UnixTime(UnixTime::now().0 + later)));
    let in_the_way = days.map(|day| watched.root.join("_uploaded").join(day));
    for path in &in_the_way {
        noise(path, 10);
    }
    let file = watched.file("day/a.mov", 20_000);
    watched
        .until("it is warned of", |card| {
            card.warning.as_ref().is_some_and(|warning| warning.code == ErrorCode::FileStays)
        })
        .await;
    let card = watched.until_done(1).await;
    assert_eq!((card.counts.failed, card.problem), (0, None), "it is there: {card:?}");
    watched.check().await;
    let card = watched.until_done(1).await;
    assert!(card.warning.is_some() && file.exists(), "it cannot be moved yet: {card:?}");
    for path in &in_the_way {
        std::fs::remove_file(path).expect("removed");
    }
    watched.check().await;
    let is_moved = |left: &[String]| {
        left.len() == 1 && left.iter().all(|name| name.starts_with("_uploaded/") && name.ends_with("/day/a.mov"))
    };
    watched.until_left(is_moved).await;
    watched.until("it is made good", |card| card.warning.is_none()).await;
    watched.until_done(1).await;
    assert_eq!(watched.keys(), ["day/a.mov"]);
    watched.world.nothing_was_sent_twice();
}

/// W27: what no waiting mends waits for another version, or for a person, and blocks no other.
#[tokio::test]
async fn what_is_refused_waits_for_another_version_or_for_a_person() {
    let world = World::with_backend(900, "role").await;
    let link = FaultProxy::before(world.cloud.address()).await;
    link.faults.answer("PUT */refused", u32::MAX, "403 Forbidden", "AccessDenied");
    let watched = Watched::by_way(world, &link, soon()).await;
    let [first, _] = ["refused-1.mov", "refused-2.mov"].map(|name| watched.file(name, 2_000));
    watched.file("other.mov", 1_000);
    watched
        .until("two are refused, and the other is there", |card| {
            card.counts.failed == 2 && card.counts.done == 1 && card.problem == Some(ErrorCode::AccessDenied)
        })
        .await;
    assert_eq!(watched.keys(), ["other.mov"]);
    let asked = || link.faults.requests.load(Ordering::SeqCst);
    let before = asked();
    watched.check().await;
    watched.file("later.mov", 1_500);
    watched.until("the later one is there", |card| card.counts.done == 2).await;
    assert_eq!(asked(), before, "nobody asks again by themselves");
    link.faults.busy.store(0, Ordering::SeqCst);
    noise(&first, 3_000);
    watched.until("the other version is there", |card| card.counts.done == 3 && card.counts.failed == 1).await;
    assert_eq!(watched.sum("refused-1.mov"), sha256(&first));
    watched.uploader().engine().retry_all().await.expect("tried again");
    watched.until_done(4).await;
    assert_eq!(watched.keys(), ["later.mov", "other.mov", "refused-1.mov", "refused-2.mov"]);
}

/// W27: other rights make no other version of a file, and are noticed all the same.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_read_is_sent_once_it_can() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new().await;
    let root = world.path("in");
    std::fs::create_dir(&root).expect("made");
    let file = root.join("a.mov");
    noise(&file, 20_000);
    let rights = |mode| std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).expect("changed");
    rights(0o000);
    let mut running = watched_by_nobody(&world, &root).await;
    let told = running.until_event("file");
    assert_eq!(told["state"]["code"].as_str(), Some("file-unreadable"), "{told}");
    rights(0o644);
    let told = running.until_event("file");
    assert_eq!(told["state"]["kind"].as_str(), Some("done"), "{told}");
    assert_eq!(world.sha256("in/a.mov"), sha256(&file));
    running.kill();
}

/// A row that was taken off the list is nothing to a file that is saved again.
#[tokio::test]
async fn what_failed_and_was_taken_off_the_list_is_sent_once_it_is_another_version() {
    use davit_core::engine::feed::{Action, Target};
    let watched = Watched::by(Spec { collision: Collision::Fail, ..soon() }).await;
    let file = watched.file("a.mov", 2_000);
    watched.until_done(1).await;
    noise(&file, 3_000);
    let card = watched.until("its name is taken", |card| card.counts.failed == 1).await;
    assert_eq!(card.problem, Some(ErrorCode::AlreadyThere));
    let rows = Reader::open(&watched.world.home()).expect("records").status().expect("rows");
    let failed = rows.iter().find(|row| matches!(row.standing.state, TransferState::Failed { .. })).expect("failed");
    let item = Reader::open(&watched.world.home()).expect("records").transfer(failed.id).expect("read").expect("there");
    let engine = watched.uploader().engine();
    engine.act(Action::Remove, vec![Target::Item(item.item)]).await.expect("removed");
    // What had its name is gone there.
    let key = watched.world.keys().remove(0);
    watched.world.cloud.remove(BUCKET, &key);
    noise(&file, 4_000);
    watched.until_so("the newest version is there", |watched| watched.keys() == ["a.mov"]).await;
    assert_eq!(watched.sum("a.mov"), sha256(&file));
}

/// What rests for a folder goes on once that is watched no more.
#[tokio::test]
async fn what_rests_for_a_folder_that_is_watched_no_more_goes_on() {
    use super::order::{now, over};
    let watched = Watched::by(Spec { hours: Some(now()), ..soon() }).await;
    watched.uploader().choose_limit(Some(ByteRate(1_000_000))).await.expect("chosen");
    watched.file("long.mov", 40 << 20);
    watched.until_so("it is sent", |watched| !watched.world.cloud.uploads(BUCKET).is_empty()).await;
    let watches = watched.uploader().watches().expect("watched").clone();
    watches.change(watched.id, Spec { hours: Some(over()), ..soon() }).await.expect("changed");
    watched.until("it rests", |card| card.counts.waiting == 1).await;
    let on_record = || Reader::open(&watched.world.home()).and_then(|reader| reader.has_watched(watched.id));
    assert!(on_record().expect("records"));
    watches.remove(watched.id).await.expect("removed");
    assert!(!on_record().expect("records"), "its ledger goes, also of what is in line");
    watched.uploader().choose_limit(None).await.expect("chosen");
    watched.until_so("it is there", |watched| watched.keys() == ["long.mov"]).await;
}

/// And what runs is as what is given by hand: nobody would give it back once it is whole.
#[tokio::test]
async fn a_file_that_changes_after_its_folder_is_watched_no_more_fails_as_one_given_by_hand() {
    use davit_core::engine::feed::{Action, Target};
    let watched = Watched::by(soon()).await;
    watched.uploader().choose_limit(Some(ByteRate(1_000_000))).await.expect("chosen");
    let file = watched.file("long.mov", 40 << 20);
    watched.until_so("it is sent", |watched| !watched.world.cloud.uploads(BUCKET).is_empty()).await;
    let watches = watched.uploader().watches().expect("watched").clone();
    watches.remove(watched.id).await.expect("removed");
    noise(&file, 41 << 20);
    watched.uploader().choose_limit(None).await.expect("chosen");
    let row = || Reader::open(&watched.world.home()).and_then(|reader| reader.status()).expect("records").remove(0);
    let failed = TransferState::Failed { code: ErrorCode::FileChanged };
    watched.until_so("it failed", |_| row().standing.state == failed).await;
    // It is on record before whoever uploads it is at its end.
    while row().standing.state == failed {
        let again = vec![Target::Transfer(row().id)];
        watched.uploader().engine().act(Action::Retry, again).await.expect("tried again");
        tokio::task::yield_now().await;
    }
    watched.until_so("it is there", |watched| watched.keys() == ["long.mov"]).await;
    assert_eq!(watched.sum("long.mov"), sha256(&file));
}

/// And where a kill came between the two: at the next start.
#[tokio::test]
async fn a_folder_that_was_not_let_go_of_is_at_the_next_start() {
    use super::order::{now, over};
    let mut watched = Watched::by(Spec { hours: Some(now()), ..soon() }).await;
    watched.uploader().choose_limit(Some(ByteRate(1_000_000))).await.expect("chosen");
    watched.file("long.mov", 40 << 20);
    watched.until_so("it is sent", |watched| !watched.world.cloud.uploads(BUCKET).is_empty()).await;
    let spec = Spec { hours: Some(over()), ..soon() };
    watched.uploader().watches().expect("watched").change(watched.id, spec).await.expect("changed");
    watched.until("it rests", |card| card.counts.waiting == 1).await;
    watched.close().await;
    let home = watched.world.home();
    let row = Reader::open(&home).and_then(|reader| reader.watches()).expect("records").remove(0);
    let (journal, _) = Journal::open(&home).expect("nobody else has them");
    let stopped = WatchRow { state: State::Stopped, ..row };
    journal.write(vec![Write::Watch(Box::new(stopped))]).await.expect("written");
    drop(journal);
    watched.open().await;
    let left = Reader::open(&home).and_then(|reader| reader.has_watched(watched.id)).expect("records");
    assert!(!left, "its ledger is gone");
    watched.uploader().choose_limit(None).await.expect("chosen");
    watched.until_so("it is there", |watched| watched.keys() == ["long.mov"]).await;
}

/// W9: what was written later is new, wherever its clock was.
#[tokio::test]
async fn only_what_was_there_when_it_was_asked_for_is_old() {
    let world = World::with_backend(900, "role").await;
    let root = world.path("in");
    noise(&root.join("old.mov"), 1_000);
    noise(&root.join("new.mov"), 1_500);
    dated(&root.join("new.mov"), SystemTime::now() + Duration::from_secs(60));
    until_old().await;
    let watched = Watched::at(world, root, Spec { existing: Existing::NewOnly, mode: Mode::Poll, ..soon() }).await;
    watched.until_done(1).await;
    assert_eq!(watched.keys(), ["new.mov"]);
    watched.uploader.expect("open").close().await;
}

fn dated(path: &Path, at: SystemTime) {
    std::fs::File::options().write(true).open(path).and_then(|file| file.set_modified(at)).expect("set");
}

/// W9: nobody looks between the asking and the first look, and whoever does is killed at once. What is copied in meanwhile keeps
/// the time of its last write.
#[tokio::test(flavor = "multi_thread")]
async fn what_came_after_a_folder_was_asked_for_is_sent_whoever_is_killed_before_the_first_look() {
    let week = Duration::from_secs(7 * 24 * 60 * 60);
    for killed in [None, Some("record-watch:1:after")] {
        let world = World::new().await;
        let root = world.path("in");
        noise(&root.join("day/old.mov"), 1_000);
        until_old().await;
        let mut add = world.davit("watch");
        add.arg("add").arg(&root).args(["--existing", "new-only", "--settle", "1s"]);
        if let Some(point) = killed {
            add.env("DAVIT_FAILPOINT", point);
        }
        let added = world.by_keys(&mut add).end().await;
        assert_eq!(added.code, if killed.is_some() { None } else { Some(0) }, "{}{}", added.out, added.err);
        // In the very second in which it was asked for, mostly.
        noise(&root.join("day/new.mov"), 1_500);
        noise(&root.join("card/clip.mov"), 1_700);
        dated(&root.join("card/clip.mov"), SystemTime::now() - week);
        let start = || {
            let mut run = world.davit("watch");
            run.args(["run", "--json"]);
            world.by_keys(&mut run).start()
        };
        start().kill();
        let running = start();
        let there = |names: &[&str]| {
            let mut keys = world.keys();
            keys.sort();
            keys == names
        };
        let deadline = std::time::Instant::now() + PATIENCE;
        while !there(&["in/card/clip.mov", "in/day/new.mov"]) {
            assert!(std::time::Instant::now() < deadline, "{killed:?}: {:?}", world.keys());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        noise(&root.join("late.mov"), 2_000);
        while !there(&["in/card/clip.mov", "in/day/new.mov", "in/late.mov"]) {
            assert!(std::time::Instant::now() < deadline, "{killed:?}: {:?}", world.keys());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        running.kill();
    }
}
