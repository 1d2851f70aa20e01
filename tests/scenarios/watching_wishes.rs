//! What is wanted of a watched folder, said at the command line.

use std::time::{Duration, Instant};

use davit_core::journal::{Reader, WatchRow};
use davit_core::watch::Spec;
use davit_core::watch::record::State;
use davit_core::watch::spec::{After, Existing, Priority};
use davit_tests::World;
use davit_tests::davit::Ended;
use davit_tests::source::noise;
use davit_tests::world::BUCKET;

use crate::watching::PATIENCE;

/// The only watched folder, as it is on record.
fn row(world: &World) -> WatchRow {
    let rows = Reader::open(&world.home()).expect("records").watches().expect("rows");
    let [row] = &*rows else { panic!("{rows:?}") };
    row.clone()
}

/// `davit watch …`, without a place.
async fn watch(world: &World, words: &[&str]) -> Ended {
    world.davit("watch").args(words).end().await
}

/// W5, W18, W24, W26: a person who wants files deleted takes back nothing that was wanted before.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_changed_at_the_command_line_leaves_everything_else_as_it_is() {
    let world = World::new().await;
    let root = world.path("in");
    std::fs::create_dir(&root).expect("made");
    let mut add = world.davit("watch");
    add.arg("add").arg(&root).args([
        "--existing",
        "all",
        "--name",
        "Camera ingest",
        "--under",
        "rushes",
        "--exclude",
        "*.raw",
        "--include",
        "*.mov",
    ]);
    add.args(["--hours", "20:00-06:00", "--never", "*.cache", "--while-written", "--poll", "--depth", "2"]);
    let added = world.by_keys(&mut add).end().await;
    assert_eq!(added.code, Some(0), "{}{}", added.out, added.err);
    let before = row(&world);
    assert_eq!((before.spec.lines.len(), before.spec.under.as_str()), (2, "rushes"));
    let told = watch(&world, &["list"]).await;
    assert!(told.out.contains("Camera ingest: "), "{}", told.out);

    let changed = watch(&world, &["change", "1", "--after", "delete"]).await;
    assert_eq!(changed.code, Some(0), "{}{}", changed.out, changed.err);
    let now = row(&world);
    assert_eq!(now.spec, Spec { after: After::Delete, ..before.spec.clone() });
    assert_eq!(now.destination, before.destination);

    // And it goes elsewhere, by a word and with all that is wanted of it.
    let mut change = world.davit("watch");
    change.args(["change", "1", "--s3", &format!("s3://{BUCKET}/out/"), "--path-style", "--no-hours"]);
    change.args(["--endpoint-url", &world.cloud.endpoint(), "--region", world.cloud.region()]);
    change.env("AWS_ACCESS_KEY_ID", &world.cloud.keys().access_key_id);
    change.env("AWS_SECRET_ACCESS_KEY", &world.cloud.keys().secret_access_key);
    let changed = change.end().await;
    assert_eq!(changed.code, Some(0), "{}{}", changed.out, changed.err);
    let now = row(&world);
    assert_eq!(now.spec, Spec { after: After::Delete, hours: None, ..before.spec });
    assert_eq!(now.destination.id.0, format!("s3://{BUCKET}/out/"));
}

/// W27, W30: whoever is at work has keys for one place, and the folder's files go to another.
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_whose_files_go_to_another_place_waits_and_says_so() {
    let world = World::new().await;
    let root = world.path("in");
    noise(&root.join("a.mov"), 1_000);
    let mut add = world.davit("watch");
    add.arg("add").arg(&root).args(["--existing", "all", "--settle", "1s"]);
    let added = world.by_keys(&mut add).end().await;
    assert_eq!(added.code, Some(0), "{}{}", added.out, added.err);
    let by = |prefix: &str| {
        let mut run = world.davit("watch");
        run.args(["run", "--json", "--s3", &format!("s3://{BUCKET}/{prefix}/"), "--path-style"]);
        run.args(["--endpoint-url", &world.cloud.endpoint(), "--region", world.cloud.region()]);
        run.env("AWS_ACCESS_KEY_ID", &world.cloud.keys().access_key_id);
        run.env("AWS_SECRET_ACCESS_KEY", &world.cloud.keys().secret_access_key);
        run.start()
    };
    let elsewhere = by("out");
    let deadline = Instant::now() + PATIENCE;
    loop {
        let listed = watch(&world, &["list"]).await.out;
        if listed.contains("1 waiting") && listed.contains("no credentials for its place") {
            break;
        }
        assert!(!listed.contains("being uploaded") && Instant::now() < deadline, "{listed}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(world.keys().is_empty(), "{:?}", world.keys());
    assert_eq!(elsewhere.ended_by("TERM"), Some(0));
    let _there = by("in");
    while world.keys() != ["in/a.mov"] {
        assert!(Instant::now() < deadline, "{:?}", world.keys());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// W9: without a terminal nobody can be asked at once, and nothing is uploaded before somebody says so.
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_added_without_a_word_of_what_is_there_asks_and_is_answered_by_a_command() {
    let world = World::new().await;
    let root = world.path("in");
    noise(&root.join("a.mov"), 1_000);
    let mut add = world.davit("watch");
    add.arg("add").arg(&root).args(["--settle", "1s"]);
    let added = world.by_keys(&mut add).end().await;
    assert_eq!(added.code, Some(0), "{}{}", added.out, added.err);
    assert!(added.err.contains("`davit watch answer 1 all`"), "{}", added.err);
    assert_eq!((row(&world).spec.existing, row(&world).state), (Existing::Ask, State::Asks));
    let listed = watch(&world, &["list"]).await;
    assert!(listed.out.contains("`davit watch answer 1 all`"), "{}", listed.out);
    let checked = watch(&world, &["check", "1"]).await;
    assert_eq!(checked.code, Some(1), "{}{}", checked.out, checked.err);

    let answered = watch(&world, &["answer", "1", "all"]).await;
    assert_eq!(answered.code, Some(0), "{}{}", answered.out, answered.err);
    let mut run = world.davit("watch");
    run.args(["run", "--json"]);
    let running = world.by_keys(&mut run).start();
    let deadline = Instant::now() + PATIENCE;
    while world.keys() != ["in/a.mov"] {
        assert!(Instant::now() < deadline, "{:?}", world.keys());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let again = watch(&world, &["answer", "1", "new-only"]).await;
    assert_eq!(again.code, Some(1), "{}{}", again.out, again.err);

    // Who is at work is told, too, and of what is said alone.
    let before = row(&world).spec;
    let changed = watch(&world, &["change", "1", "--priority", "first"]).await;
    assert_eq!(changed.code, Some(0), "{}{}", changed.out, changed.err);
    assert_eq!(row(&world).spec, Spec { priority: Priority::First, ..before });

    // A check that does not come passes for none.
    assert_eq!(watch(&world, &["check", "1"]).await.code, Some(0));
    assert_eq!(watch(&world, &["pause", "1"]).await.code, Some(0));
    let checked = watch(&world, &["check", "1"]).await;
    assert_eq!(checked.code, Some(1), "{}{}", checked.out, checked.err);
    assert!(checked.err.contains("`davit watch resume 1`"), "{}", checked.err);
    running.kill();
}
