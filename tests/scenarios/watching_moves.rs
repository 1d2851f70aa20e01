//! A watched folder that lies elsewhere by now.

use std::path::Path;

use davit_core::error::ErrorCode;
use davit_core::watch::Spec;
use davit_core::watch::card::Doing;
use davit_core::watch::spec::Moved;
use davit_tests::fault::FaultProxy;
use davit_tests::source::{noise, sha256};
use davit_tests::world::World;

use crate::watching::{Watched, soon};

/// As a program copies that keeps times.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to.parent().expect("a folder")).expect("made");
    std::fs::copy(from, to).expect("copied");
    let written = std::fs::metadata(from).and_then(|meta| meta.modified()).expect("a time");
    let copied = std::fs::File::options().write(true).open(to).expect("opened");
    copied.set_modified(written).expect("set");
}

/// W15, W22: what was sent is not sent again where it lies there as it was.
#[tokio::test]
async fn a_folder_that_lies_elsewhere_goes_on_and_sends_nothing_again() {
    let watched = Watched::by(soon()).await;
    for name in ["a.mov", "day/b.mov"] {
        watched.file(name, 20_000);
    }
    watched.until_done(2).await;
    let (away, now) = (watched.world.path("away"), watched.world.path("now"));
    for name in ["a.mov", "day/b.mov"] {
        copy(&watched.root.join(name), &now.join(name));
    }
    noise(&now.join("day/new.mov"), 10_000);
    std::fs::rename(&watched.root, &away).expect("unplugged");
    watched.check_soon();
    watched.until("it is away", |card| matches!(card.doing, Doing::Away { .. })).await;

    let watches = watched.uploader().watches().expect("watched").clone();
    let refused = watches.relocate(watched.id, &watched.world.home()).await.expect_err("Davit's own");
    assert_eq!(refused.code, ErrorCode::BadInput);
    watches.relocate(watched.id, &now).await.expect("it lies there");
    let card = watched.until_done(3).await;
    assert_eq!(card.path, now.canonicalize().expect("whole"));
    assert_eq!(watched.keys(), ["a.mov", "day/b.mov", "day/new.mov"]);
    watched.world.nothing_was_sent_twice();

    // And what comes is told of there.
    noise(&now.join("day/late.mov"), 10_000);
    watched.until_done(4).await;
}

/// W15: what was in line is taken from where the folder lies, once.
#[tokio::test]
async fn what_was_not_sent_yet_is_sent_from_where_the_folder_lies() {
    let world = World::with_backend(900, "role").await;
    let link = FaultProxy::before(world.cloud.address()).await;
    let watched = Watched::by_way(world, &link, soon()).await;
    link.goes_away();
    let file = watched.file("a.mov", 30_000);
    watched.until("it is in line", |card| card.counts.moving + card.counts.stalled == 1).await;
    let sum = sha256(&file);
    let now = watched.world.path("now");
    std::fs::rename(&watched.root, &now).expect("moved");
    watched.uploader().watches().expect("watched").relocate(watched.id, &now).await.expect("it lies there");
    link.comes_back();
    watched.until_done(1).await;
    assert_eq!(watched.keys(), ["a.mov"]);
    assert_eq!(watched.sum("a.mov"), sum);
}

/// W7: a file and a folder that were sent and are moved within the watched one. Where a person wants that they are sent to their
/// new keys, once, and what lies under the former ones stays; otherwise nothing is sent.
#[tokio::test]
async fn what_was_sent_and_is_moved_inside_is_sent_to_its_new_key_where_a_person_wants_that() {
    let kept = ["a.mov", "day/b.mov"];
    for (moved, more) in
        [(Moved::Uploaded, &["day 7/b.mov", "day 7/late.mov", "first.mov"][..]), (Moved::Ignored, &["day 7/late.mov"])]
    {
        let watched = Watched::by(Spec { moved, ..soon() }).await;
        let sums = [sha256(&watched.file("a.mov", 20_000)), sha256(&watched.file("day/b.mov", 21_000))];
        watched.until_done(2).await;
        let sent = || watched.world.cloud.observer().calls("PutObject");
        let before = sent();
        std::fs::rename(watched.root.join("a.mov"), watched.root.join("first.mov")).expect("moved");
        std::fs::rename(watched.root.join("day"), watched.root.join("day 7")).expect("moved");
        watched.check().await;
        // Whatever is to come of the moves has come once a later file has.
        watched.file("day 7/late.mov", 100);
        let all = u32::try_from(kept.len() + more.len()).expect("a few");
        for _ in 0..2 {
            watched.until_done(all).await;
            watched.check().await;
        }
        watched.until_done(all).await;
        let mut keys = [&kept[..], more].concat();
        keys.sort_unstable();
        assert_eq!(watched.keys(), keys, "{moved:?}");
        assert_eq!(kept.map(|key| watched.sum(key)), sums, "what was there stays");
        if moved == Moved::Uploaded {
            assert_eq!(["first.mov", "day 7/b.mov"].map(|key| watched.sum(key)), sums);
        }
        assert_eq!(sent() - before, all - 2, "{moved:?}: each once");
    }
}
