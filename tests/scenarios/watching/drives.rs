//! Watched folders on drives: those that a program serves, those that are unplugged, and more folders than the system watches.

use std::os::unix::fs::PermissionsExt as _;

use davit_core::error::ErrorCode;
use davit_core::watch::Spec;
use davit_core::watch::card::{Doing, Notices, Why};
use davit_core::watch::spec::{After, Mode};
use davit_tests::World;
use davit_tests::inner::{self, Drive, where_one_may_mount, where_one_may_serve};
use davit_tests::served::{Closing, ServedDrive};
use davit_tests::source::{noise, sha256};

use super::{Watched, soon};

/// W13: detected without anybody saying so.
#[tokio::test]
async fn a_drive_that_a_program_serves_is_looked_at_instead_of_being_told_of() {
    let served = async {
        let mut drive = None;
        let watched = Watched::with(soon(), |root| {
            let disk = root.with_file_name("disk");
            std::fs::create_dir(&disk).expect("made");
            noise(&disk.join("a.mov"), 1_000);
            drive = Some(ServedDrive::new(&disk, root, Closing::AsksNobody));
        })
        .await;
        let card = watched.until_done(1).await;
        assert_eq!(card.notices, Notices::Polls(Why::Remote));
        let disk = watched.root.with_file_name("disk");
        noise(&disk.join("b.mov"), 1_000);
        watched.check().await;
        watched.until_done(2).await;
        assert_eq!(watched.keys(), ["a.mov", "b.mov"]);
        watched.uploader.expect("open").close().await;
    };
    let name = "watching::drives::a_drive_that_a_program_serves_is_looked_at_instead_of_being_told_of";
    where_one_may_serve(name, served).await;
}

/// W7: what has no number that lasts is told by what it holds.
#[tokio::test]
async fn what_moves_on_a_drive_without_numbers_is_not_sent_again_and_what_holds_something_else_is() {
    let served = async {
        let mut drive = None;
        let watched = Watched::with(soon(), |root| {
            let disk = root.with_file_name("disk");
            for (name, len) in [("day/a.mov", 20_000), ("day/cam/b.mov", 30_000)] {
                noise(&disk.join(name), len);
            }
            drive = Some(ServedDrive::new(&disk, root, Closing::AsksNobody));
        })
        .await;
        watched.until_done(2).await;
        let disk = watched.root.with_file_name("disk");
        std::fs::rename(disk.join("day"), disk.join("night")).expect("moved");
        // The same size and time, and something else in it.
        let other = disk.join("night/cam/b.mov");
        let written = std::fs::metadata(&other).and_then(|meta| meta.modified()).expect("a time");
        let mut bytes = std::fs::read(&other).expect("read");
        bytes[0] ^= 1;
        std::fs::write(&other, bytes).expect("written");
        let file = std::fs::File::options().write(true).open(&other).expect("opened");
        file.set_modified(written).expect("set");
        noise(&disk.join("late.mov"), 1_000);
        watched.check().await;
        // What was sent and is not there any more counts, too.
        watched.until_done(4).await;
        assert_eq!(watched.keys(), ["day/a.mov", "day/cam/b.mov", "late.mov", "night/cam/b.mov"]);
        assert_eq!(watched.sum("night/cam/b.mov"), sha256(&other));
        // It is known where it lies by now: moved again, it is the same still.
        std::fs::rename(disk.join("night"), disk.join("noon")).expect("moved");
        noise(&disk.join("later.mov"), 1_000);
        watched.check().await;
        watched.until_done(5).await;
        assert_eq!(watched.keys(), ["day/a.mov", "day/cam/b.mov", "late.mov", "later.mov", "night/cam/b.mov"]);
        watched.uploader.expect("open").close().await;
    };
    let name =
        "watching::drives::what_moves_on_a_drive_without_numbers_is_not_sent_again_and_what_holds_something_else_is";
    where_one_may_serve(name, served).await;
}

/// W13: a person may have it otherwise, and the card says which it is.
#[tokio::test]
async fn how_changes_are_noticed_is_as_a_person_wants_it_wherever_the_folder_lies() {
    let served = async {
        let mut drive = None;
        let watched = Watched::with(Spec { mode: Mode::Live, ..soon() }, |root| {
            let disk = root.with_file_name("disk");
            std::fs::create_dir(&disk).expect("made");
            noise(&disk.join("a.mov"), 1_000);
            drive = Some(ServedDrive::new(&disk, root, Closing::AsksNobody));
        })
        .await;
        let card = watched.until_done(1).await;
        assert_eq!(card.notices, Notices::Live, "of a drive that is served");
        let watches = watched.uploader().watches().expect("watched").clone();
        let disk = watched.root.with_file_name("disk");
        for (mode, notices, name, all) in [
            (Mode::Poll, Notices::Polls(Why::Wanted), "b.mov", 2),
            (Mode::Auto, Notices::Polls(Why::Remote), "c.mov", 3),
            (Mode::Live, Notices::Live, "d.mov", 4),
        ] {
            watches.change(watched.id, Spec { mode, ..soon() }).await.expect("changed");
            noise(&disk.join(name), 1_000);
            watched.check().await;
            let card = watched.until_done(all).await;
            assert_eq!(card.notices, notices, "{mode:?}");
        }
        watched.world.nothing_was_sent_twice();
        watched.uploader.expect("open").close().await;
    };
    let name = "watching::drives::how_changes_are_noticed_is_as_a_person_wants_it_wherever_the_folder_lies";
    where_one_may_serve(name, served).await;
}

/// W13: and what the system tells of a folder of this computer is heard: nobody checks it, and the next check is far.
#[tokio::test]
async fn a_folder_that_is_told_of_as_a_person_wants_it_needs_no_check() {
    let watched = Watched::by(Spec { mode: Mode::Poll, ..soon() }).await;
    watched.file("a.mov", 1_000);
    watched.check().await;
    let card = watched.until_done(1).await;
    assert_eq!((card.notices, card.last_event), (Notices::Polls(Why::Wanted), None), "nothing is told of it");
    let watches = watched.uploader().watches().expect("watched").clone();
    watches.change(watched.id, Spec { mode: Mode::Live, ..soon() }).await.expect("changed");
    watched.check().await;
    watched.file("b.mov", 1_000);
    let card = watched.until_done(2).await;
    assert!(card.notices == Notices::Live && card.last_event.is_some(), "{card:?}");
    watched.uploader.expect("open").close().await;
}

/// Once the system tells of all of it again, the next file is heard of, and nothing was sent twice.
async fn is_told_again(watched: Watched, file: &str, done: u32) {
    watched.check().await;
    watched.until("the system tells of all of it", |card| card.notices == Notices::Live).await;
    watched.file(file, 1_000);
    watched.until_done(done).await;
    watched.world.nothing_was_sent_twice();
    watched.uploader.expect("open").close().await;
}

/// W14.
#[tokio::test]
async fn past_the_systems_limit_a_folder_is_looked_at_and_says_so() {
    const LIMIT: &str = "/proc/sys/user/max_inotify_watches";
    let limited = async {
        std::fs::write(LIMIT, "3").expect("of this user namespace");
        let watched = Watched::with(soon(), |root| {
            for n in 0..6 {
                let folder = root.join(format!("card {n}"));
                std::fs::create_dir(&folder).expect("made");
                noise(&folder.join("a.mov"), 1_000);
            }
        })
        .await;
        let card = watched.until_done(6).await;
        assert_eq!(card.notices, Notices::Polls(Why::Limit { most: 3 }));
        watched.file("card 5/b.mov", 1_000);
        watched.check().await;
        watched.until_done(7).await;
        std::fs::write(LIMIT, "1000").expect("raised");
        is_told_again(watched, "card 5/c.mov", 8).await;
    };
    let name = "watching::drives::past_the_systems_limit_a_folder_is_looked_at_and_says_so";
    where_one_may_mount(name, limited).await;
}

/// W14: each watched folder is told of by itself, and one user's programs may be told of so many.
#[tokio::test]
async fn where_the_system_tells_no_more_programs_a_folder_is_looked_at_and_says_so() {
    const LIMIT: &str = "/proc/sys/user/max_inotify_instances";
    let limited = async {
        std::fs::write(LIMIT, "0").expect("of this user namespace");
        let watched = Watched::with(soon(), |root| noise(&root.join("a.mov"), 1_000)).await;
        let card = watched.until_done(1).await;
        assert_eq!(card.notices, Notices::Polls(Why::Instances { most: 0 }));
        std::fs::write(LIMIT, "100").expect("raised");
        is_told_again(watched, "b.mov", 2).await;
    };
    let name = "watching::drives::where_the_system_tells_no_more_programs_a_folder_is_looked_at_and_says_so";
    where_one_may_mount(name, limited).await;
}

/// W10, W15: and nothing is moved, deleted or forgotten of what is not there.
#[tokio::test]
async fn a_drive_that_is_unplugged_and_back_goes_on_by_itself() {
    let plugged = async {
        let world = World::with_backend(900, "role").await;
        let drive = Drive::plugged_in(&world.path("drives"));
        let root = drive.at.join("in");
        std::fs::create_dir(&root).expect("made");
        noise(&root.join("a.mov"), 1_000);
        let watched = Watched::at(world, root.clone(), Spec { after: After::Keep, ..soon() }).await;
        watched.until_done(1).await;
        drive.pull_out();
        watched.until("it is away", |card| matches!(card.doing, Doing::Away { .. })).await;
        drive.plug_in();
        let late = root.join("b.mov");
        noise(&late, 2_000);
        watched.until_done(2).await;
        assert_eq!(watched.keys(), ["a.mov", "b.mov"]);
        assert_eq!(watched.sum("b.mov"), sha256(&late));
        watched.world.nothing_was_sent_twice();
        watched.uploader.expect("open").close().await;
        drive.pull_out();
    };
    where_one_may_mount("watching::drives::a_drive_that_is_unplugged_and_back_goes_on_by_itself", plugged).await;
}

/// W15: what lies on the bare mount point is nobody's, whatever becomes of files afterwards.
#[tokio::test]
async fn a_bare_mount_point_is_not_the_drive_that_was_mounted_on_it() {
    let plugged = async {
        for after in [After::Move, After::Delete] {
            let world = World::with_backend(900, "role").await;
            let drive = Drive::plugged_in(&world.path("drives"));
            noise(&drive.at.join("a.mov"), 1_000);
            let watched = Watched::at(world, drive.at.clone(), Spec { after, ..soon() }).await;
            watched.until_done(1).await;
            watched.until_left(|left| !left.contains(&"a.mov".to_owned())).await;
            drive.pull_out();
            watched.until("it is away", |card| matches!(card.doing, Doing::Away { .. })).await;
            let stranger = drive.at.join("stranger.mov");
            noise(&stranger, 1_000);
            let clock = tokio::time::Instant::now();
            watched.until_so("it was looked for again and again", |_| clock.elapsed() > TWICE).await;
            watched.until("it is away still", |card| matches!(card.doing, Doing::Away { .. })).await;
            assert!(stranger.exists() && watched.keys() == ["a.mov"], "{after:?}");
            drive.plug_in();
            noise(&drive.at.join("b.mov"), 1_000);
            watched.until_done(2).await;
            watched.uploader.expect("open").close().await;
            drive.pull_out();
        }
    };
    where_one_may_mount("watching::drives::a_bare_mount_point_is_not_the_drive_that_was_mounted_on_it", plugged).await;
}

/// W15: empty after it was full, on another drive and on its own. Nothing is forgotten, whatever becomes of files afterwards.
#[tokio::test]
async fn a_drive_that_is_empty_after_it_was_full_is_away_until_it_is_full_again() {
    let plugged = async {
        for after in [After::Keep, After::Move] {
            let world = World::with_backend(900, "role").await;
            let drive = Drive::plugged_in(&world.path("drives"));
            noise(&drive.at.join("day/a.mov"), 1_000);
            let mut watched = Watched::at(world, drive.at.clone(), Spec { after, ..soon() }).await;
            watched.until_done(1).await;
            if after == After::Move {
                watched.until_left(|left| left.len() == 1 && left[0].starts_with("_uploaded/")).await;
            }
            let lines = watched.left();

            // Nothing is on the mount point, and nobody saw the drive go.
            watched.close().await;
            drive.pull_out();
            watched.open().await;
            watched.until("it is away", |card| matches!(card.doing, Doing::Away { .. }) && card.counts.done == 1).await;
            drive.plug_in();
            noise(&drive.at.join("b.mov"), 2_000);
            watched.until_done(2).await;
            assert_eq!(watched.keys(), ["b.mov", "day/a.mov"], "{after:?}");

            // The same drive, with all that it held somewhere else.
            if after == After::Keep {
                watched.close().await;
                let elsewhere = drive.at.join(".elsewhere");
                std::fs::create_dir(&elsewhere).expect("made");
                for name in ["day", "b.mov"] {
                    std::fs::rename(drive.at.join(name), elsewhere.join(name)).expect("moved");
                }
                watched.open().await;
                watched
                    .until("it is away", |card| matches!(card.doing, Doing::Away { .. }) && card.counts.done == 2)
                    .await;
                for name in ["day", "b.mov"] {
                    std::fs::rename(elsewhere.join(name), drive.at.join(name)).expect("moved back");
                }
                noise(&drive.at.join("c.mov"), 3_000);
                watched.until_done(3).await;
                assert_eq!(watched.keys(), ["b.mov", "c.mov", "day/a.mov"]);
            }
            assert!(lines.iter().all(|line| drive.at.join(line).exists()), "{after:?}: nothing is taken away");
            watched.world.nothing_was_sent_twice();
            watched.uploader.expect("open").close().await;
            drive.pull_out();
        }
    };
    let name = "watching::drives::a_drive_that_is_empty_after_it_was_full_is_away_until_it_is_full_again";
    where_one_may_mount(name, plugged).await;
}

/// A folder that is away is looked for every five seconds.
const TWICE: std::time::Duration = std::time::Duration::from_secs(11);

/// As its user may write everywhere else, and has to ask as anybody does.
const AS_ANYBODY: [&str; 2] = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"];

/// W24: nothing is copied to another drive.
#[tokio::test]
async fn what_has_no_trash_on_its_own_drive_stays_and_is_warned_of() {
    let Some(place) = inner::place() else {
        if inner::may_mount() {
            let name = "watching::drives::what_has_no_trash_on_its_own_drive_stays_and_is_warned_of";
            let place = tempfile::tempdir().expect("a folder");
            let home = format!("XDG_DATA_HOME={}", place.path().join("data").display());
            let words: Vec<_> = inner::MAY_MOUNT.into_iter().chain(AS_ANYBODY).chain(["env", home.as_str()]).collect();
            inner::run_in(place.path(), &words, name).await;
        }
        return;
    };
    let world = World::with_backend(900, "role").await;
    let drive = Drive::plugged_in(&world.path("drives"));
    let root = drive.at.join("in");
    std::fs::create_dir(&root).expect("made");
    let writable = |mode| std::fs::set_permissions(&drive.at, std::fs::Permissions::from_mode(mode)).expect("changed");
    writable(0o555);
    let watched = Watched::at(world, root, Spec { after: After::Trash, ..soon() }).await;
    let sum = sha256(&watched.file("a.mov", 20_000));
    watched
        .until("it is warned of", |card| {
            card.warning.as_ref().is_some_and(|warning| warning.code == ErrorCode::NoTrash)
        })
        .await;
    watched.check().await;
    let card = watched.until_done(1).await;
    assert_eq!((card.counts.failed, watched.left()), (0, vec!["a.mov".to_owned()]));
    assert!(!place.join("data/Trash").exists(), "nothing was copied to the trash of its user");

    // Its drive may have one by now.
    writable(0o755);
    watched.check().await;
    watched.until_left(<[String]>::is_empty).await;
    watched.until("it is made good", |card| card.warning.is_none()).await;
    let trashed = drive.at.join(".Trash-0/files/a.mov");
    assert_eq!(sha256(&trashed), sum);
    watched.world.nothing_was_sent_twice();
    watched.uploader.expect("open").close().await;
    drive.pull_out();
}
