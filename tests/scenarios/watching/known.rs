//! Which folder is the one that is watched, and how a person says so.

use std::time::Duration;

use davit_core::watch::Spec;
use davit_core::watch::card::Doing;
use davit_core::watch::spec::{After, Existing};
use davit_tests::World;
use davit_tests::inner::{Drive, system, where_one_may_mount};
use davit_tests::source::noise;

use super::{Watched, soon};

/// Less than the time after which other files on record are looked for.
const AT_ONCE: Duration = Duration::from_secs(45);

/// W15: hardly anything is left that was sent.
#[tokio::test]
async fn a_folder_on_a_drive_that_was_tidied_up_while_nobody_watched_is_found_at_once() {
    let plugged = async {
        let world = World::with_backend(900, "role").await;
        let drive = Drive::plugged_in(&world.path("drives"));
        let root = drive.at.join("in");
        let sent: Vec<_> = (0..200).map(|n| root.join(format!("day/{n}.mov"))).collect();
        for path in &sent {
            noise(path, 100);
        }
        let mut watched = Watched::at(world, root.clone(), soon()).await;
        watched.until_done(200).await;
        watched.close().await;
        for path in &sent[1..] {
            std::fs::remove_file(path).expect("tidied up");
        }
        noise(&root.join("new.mov"), 1_000);
        watched.open().await;
        tokio::time::timeout(AT_ONCE, watched.until_done(201)).await.expect("at once");
        assert!(watched.keys().contains(&"new.mov".to_owned()));
        watched.world.nothing_was_sent_twice();
        watched.close().await;
        drive.pull_out();
    };
    let name = "watching::known::a_folder_on_a_drive_that_was_tidied_up_while_nobody_watched_is_found_at_once";
    where_one_may_mount(name, plugged).await;
}

/// W15, W28: whoever lets a folder go on does not say that whatever stands there is the one. Whoever says where it lies does.
#[tokio::test]
async fn a_folder_that_goes_on_while_its_drive_is_away_takes_nothing_else_until_somebody_says_that_it_is_the_one() {
    let plugged = async {
        for after in [After::Keep, After::Delete] {
            let world = World::with_backend(900, "role").await;
            let drive = Drive::plugged_in(&world.path("drives"));
            let first = drive.at.join("a.mov");
            noise(&first, 1_000);
            let mut watched = Watched::at(world, drive.at.clone(), Spec { after, ..soon() }).await;
            watched.until_done(1).await;
            watched.until_so("it is deleted where that is wanted", |_| first.exists() == (after == After::Keep)).await;
            let watches = watched.uploader().watches().expect("watched").clone();
            watches.pause(watched.id).await.expect("paused");
            watched.until("it rests", |card| matches!(card.doing, Doing::Paused { .. })).await;
            drive.pull_out();
            let stranger = drive.at.join("stranger.mov");
            noise(&stranger, 1_500);
            watches.resume(watched.id).await.expect("resumed");
            watched.until("another stands there", |card| card.doing == Doing::Away { other: true }).await;
            assert!(stranger.exists() && watched.keys() == ["a.mov"], "{after:?}");
            std::fs::remove_file(&stranger).expect("removed");
            watched.until("nothing is there", |card| card.doing == Doing::Away { other: false }).await;
            drive.plug_in();
            noise(&drive.at.join("b.mov"), 2_000);
            watched.until_done(2).await;

            drive.pull_out();
            noise(&stranger, 1_500);
            watched.until("another stands there", |card| card.doing == Doing::Away { other: true }).await;
            watches.relocate(watched.id, &drive.at).await.expect("it is the one");
            watched.until_done(3).await;
            assert_eq!(watched.keys(), ["a.mov", "b.mov", "stranger.mov"], "{after:?}");
            watched.world.nothing_was_sent_twice();
            watched.close().await;
        }
    };
    let name = "watching::known::\
                a_folder_that_goes_on_while_its_drive_is_away_takes_nothing_else_until_somebody_says_that_it_is_the_one";
    where_one_may_mount(name, plugged).await;
}

/// W15, W24: another card of which files were put aside as well is another card.
#[tokio::test]
async fn a_card_with_files_that_were_put_aside_is_not_another_that_has_some() {
    let plugged = async {
        let world = World::with_backend(900, "role").await;
        let card = Drive::plugged_in(&world.path("drives"));
        noise(&card.at.join("DCIM/a.mov"), 1_000);
        let mut watched = Watched::at(world, card.at.clone(), Spec { after: After::Move, ..soon() }).await;
        watched.until_done(1).await;
        watched.until_left(|left| left.iter().all(|name| name.starts_with("_uploaded/"))).await;
        watched.close().await;
        card.pull_out();
        system(&["mount", "-t", "tmpfs", "none"], &card.at);
        let others = ["DCIM/a.mov", "DCIM/b.mov", "_uploaded/2026-11-29/DCIM/a.mov"];
        for name in others {
            noise(&card.at.join(name), 2_000);
        }
        watched.open().await;
        watched.until("another stands there", |card| card.doing == Doing::Away { other: true }).await;
        assert_eq!(watched.left(), others, "nothing is taken of it");
        assert_eq!(watched.keys(), ["DCIM/a.mov"]);
        card.pull_out();
        card.plug_in();
        noise(&card.at.join("c.mov"), 3_000);
        watched.until_done(2).await;
        assert_eq!(watched.keys(), ["DCIM/a.mov", "c.mov"]);
        watched.world.nothing_was_sent_twice();
        watched.close().await;
        card.pull_out();
    };
    let name = "watching::known::a_card_with_files_that_were_put_aside_is_not_another_that_has_some";
    where_one_may_mount(name, plugged).await;
}

/// W9, W28: and whoever was not asked yet is asked once it goes on.
#[tokio::test]
async fn a_folder_that_nobody_looked_at_yet_rests_at_a_word() {
    let spec = Spec { existing: Existing::Ask, ..soon() };
    let mut watched = Watched::with(spec, |root| noise(&root.join("a.mov"), 1_000)).await;
    watched.until("it is asked", |card| matches!(card.doing, Doing::Asks { .. })).await;
    watched.close().await;
    let away = watched.world.path("away");
    std::fs::rename(&watched.root, &away).expect("unplugged");
    watched.open().await;
    watched.until("it is away", |card| card.doing == Doing::Away { other: false }).await;
    watched.uploader().watches().expect("watched").pause(watched.id).await.expect("paused");
    watched.until("it rests", |card| matches!(card.doing, Doing::Paused { .. })).await;
    std::fs::rename(&away, &watched.root).expect("plugged in");
    // It rests also after another start.
    watched.close().await;
    watched.open().await;
    watched.until("it rests", |card| matches!(card.doing, Doing::Paused { .. })).await;
    let watches = watched.uploader().watches().expect("watched").clone();
    assert!(!watches.check(watched.id).await.expect("asked"), "it is looked at once it goes on");
    watches.resume(watched.id).await.expect("resumed");
    watched.until("it is asked", |card| matches!(card.doing, Doing::Asks { files: 1, .. })).await;
    assert!(watched.keys().is_empty());
    watches.answer(watched.id, Existing::All).await.expect("answered");
    watched.until_done(1).await;
    assert_eq!(watched.keys(), ["a.mov"]);
    watched.close().await;
}
