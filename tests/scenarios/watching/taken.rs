//! Watched files whose key is taken, or asked for by another request just then (rule W23).

use std::path::PathBuf;

use davit_core::error::ErrorCode;
use davit_core::session::Collision;
use davit_core::watch::Spec;
use davit_tests::World;
use davit_tests::fault::{Fault, FaultProxy};
use davit_tests::source::{noise, sha256};
use davit_tests::world::BUCKET;

use super::{Watched, soon};

/// Sent in parts.
const LARGE: u64 = 20 << 20;
/// One that goes in one request, and one that goes in parts.
const NAMES: [&str; 2] = ["note.txt", "cut.mov"];

/// W23: 409 says nothing of the key: it is asked again, and the file is there once.
#[tokio::test]
async fn a_watched_file_that_meets_another_request_for_its_key_is_sent_again_and_is_there_once() {
    for (name, len, ends) in [(NAMES[0], 1_000, "PUT */note.txt"), (NAMES[1], LARGE, "POST */cut.mov?uploadId")] {
        let world = World::with_backend(900, "role").await;
        let link = FaultProxy::before(world.cloud.address()).await;
        let conflict = Fault::Says { status: "409 Conflict", code: "ConditionalRequestConflict" };
        link.faults.meet(ends, 2, conflict);
        let watched = Watched::by_way(world, &link, soon()).await;
        let file = watched.file(name, len);
        let card = watched.until_done(1).await;
        assert_eq!((card.counts.failed, link.faults.still_to_meet()), (0, 0), "{name}: the conflict was met");
        assert_eq!(watched.keys(), [name]);
        assert_eq!(watched.sum(name), sha256(&file));
        assert!(watched.world.cloud.uploads(BUCKET).is_empty(), "{name}: nothing unfinished is left");
        watched.world.nothing_was_sent_twice();
        watched.uploader.expect("open").close().await;
    }
}

/// W23: 412 says that the key is taken: what the person chose decides.
#[tokio::test(flavor = "multi_thread")]
async fn a_watched_file_whose_key_is_taken_goes_as_the_person_chose() {
    for collision in [Collision::Suffix, Collision::Fail, Collision::Overwrite] {
        let world = World::with_backend(900, "role").await;
        let theirs = NAMES.map(|name| world.sources().join("theirs").join(name));
        noise(&theirs[0], 500);
        noise(&theirs[1], LARGE + 1);
        let mut first = world.upload_by_backend(&[&theirs[0], &theirs[1]]);
        first.env("DAVIT_HOME", world.path("another home")).end().await.all_done();
        let root = world.path("in");
        std::fs::create_dir(&root).expect("made");
        let watched = Watched::at(world, root, Spec { collision, ..soon() }).await;
        let mine = [watched.file(NAMES[0], 1_000), watched.file(NAMES[1], LARGE)];
        let card = watched
            .until("both are at an end", |card| {
                card.counts.done + card.counts.failed == 2
                    && card.counts.moving + card.counts.stalled + card.counts.settling == 0
            })
            .await;
        let sums = |files: &[PathBuf; 2]| [sha256(&files[0]), sha256(&files[1])];
        let (theirs, mine) = (sums(&theirs), sums(&mine));
        let there = |names: [&str; 2]| names.map(|name| watched.sum(name));
        let mut keys = vec!["cut.mov", "note.txt"];
        match collision {
            Collision::Suffix => {
                keys = vec!["cut (2).mov", "cut.mov", "note (2).txt", "note.txt"];
                assert_eq!(there(NAMES), theirs, "nothing was replaced");
                assert_eq!(there(["note (2).txt", "cut (2).mov"]), mine);
            }
            Collision::Fail => {
                assert_eq!((card.counts.done, card.counts.failed), (0, 2), "{card:?}");
                watched.until("it is told", |card| card.problem == Some(ErrorCode::AlreadyThere)).await;
                assert_eq!(there(NAMES), theirs, "nothing was replaced");
            }
            Collision::Overwrite => assert_eq!(there(NAMES), mine),
        }
        assert_eq!(watched.keys(), keys, "{collision:?}");
        watched.uploader.expect("open").close().await;
    }
}
