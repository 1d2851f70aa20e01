//! Killed, interrupted, paused, cancelled: what was sent stays sent, and nothing is left behind unseen.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

use davit_tests::World;
use davit_tests::davit::Run;
use davit_tests::fault::FaultProxy;
use davit_tests::soak;
use davit_tests::source::{noise, sha256};
use davit_tests::world::BUCKET;

/// What is told while a last answer is awaited.
const AWAITED: &str = "The storage has not answered yet what became of 1 file";

/// With what it says beside its output.
fn with_notes(run: &mut Run) -> &mut Run {
    run.within(&["bash", "-c", "exec \"$@\" 2>&1", "bash"])
}

#[tokio::test(flavor = "multi_thread")]
async fn resumes_after_being_killed_at_every_journal_write() {
    let world = World::new().await;
    let file = world.sources().join("cut.mov");
    noise(&file, (11 << 23) + 12_345); // twelve parts
    let want = sha256(&file);
    let (mut stops, mut homes, mut over) = (0, 0, 0);
    for number in 1.. {
        let mut killed = 0;
        for side in ["before", "after"] {
            let home = world.path(&format!("home-{number}-{side}"));
            homes += 1;
            let run = |failpoint: Option<&str>| {
                let mut run = world.upload(&[&file]);
                run.env("DAVIT_HOME", &home).args(["--collision", "overwrite", "--concurrency", "4"]);
                if let Some(failpoint) = failpoint {
                    run.env("DAVIT_FAILPOINT", failpoint);
                }
                run
            };
            let first = run(Some(&format!("journal:{number}:{side}"))).end().await;
            if first.code == Some(0) {
                continue;
            }
            assert_eq!(first.code, None, "it was killed: {}{}", first.out, first.err);
            killed += 1;
            over += u32::from(soak::crash::is_told(&home));
            run(None).end().await.all_done();
            assert_eq!(world.sha256("in/cut.mov"), want, "killed {side} write {number}");
        }
        stops += killed;
        if killed == 0 {
            break;
        }
    }
    assert!(stops >= 20, "only {stops} places were tried");
    // What went on did so in the upload it had: only a kill before its record begins another.
    let begun = world.cloud.observer().calls("CreateMultipartUpload");
    assert!(begun <= homes + over + 2, "{begun} uploads for {homes} homes, {over} of them over when they were killed");
    world.nothing_was_sent_twice();
    // What is left: uploads that S3 opened and whose id was never recorded. Each such kill leaves one, empty.
    let left = world.cloud.uploads(BUCKET);
    assert!(left.iter().all(|upload| upload.parts == 0) && left.len() <= 2, "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_in_full_flight_costs_at_most_the_parts_in_flight() {
    let world = World::new().await;
    let file = world.sources().join("cut.mov");
    noise(&file, 120 << 20);
    world.cloud.takes(30 << 20);
    let mut running = world.upload(&[&file]).args(["--concurrency", "2"]).start();
    running.until_sent(40 << 20);
    running.kill();
    world.cloud.takes(0);
    let ended = world.upload(&[&file]).end().await;
    ended.all_done();
    assert_eq!(world.sha256("in/cut.mov"), sha256(&file));
    world.no_byte_was_sent_twice();
    assert_eq!(world.cloud.observer().calls("CreateMultipartUpload"), 1);
}

/// What the store acknowledged and is not on record yet is bounded, however slow the records are.
#[tokio::test(flavor = "multi_thread")]
async fn slow_records_hold_up_what_is_sent_and_a_kill_costs_no_more() {
    const AT_A_TIME: usize = 2;
    let world = World::of_small_parts().await;
    let file = world.sources().join("cut.mov");
    noise(&file, 120 * (64 << 10));
    let mut run = world.upload(&[&file]);
    run.env("DAVIT_FAILPOINT", "journal:1:before:slow").env("DAVIT_TEST_PART_SIZE", (64 << 10).to_string());
    let running = run.args(["--concurrency", &AT_A_TIME.to_string()]).start();
    let acknowledged = || world.cloud.observer().parts().values().filter(|part| part.acknowledged > 0).count();
    soak::until(|| acknowledged() >= 24).await;
    running.kill();
    let recorded = soak::crash::recorded(&world);
    let open = acknowledged() - recorded;
    assert!(open <= 2 * AT_A_TIME, "{open} of {} are not on record", acknowledged());
    run.env("DAVIT_FAILPOINT", "").end().await.all_done();
    assert_eq!(world.sha256("in/cut.mov"), sha256(&file));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_stops_cleanly_and_the_same_command_goes_on() {
    let world = World::new().await;
    let folder = world.sources().join("folder");
    noise(&folder.join("a.mov"), 80 << 20);
    for n in 0..20 {
        noise(&folder.join(format!("{n}.txt")), 1_000 + n);
    }
    world.cloud.takes(30 << 20);
    let mut running = world.upload(&[&folder]).args(["--concurrency", "2"]).start();
    running.until_sent(20 << 20);
    assert_eq!(running.interrupt(), Some(130));
    world.cloud.takes(0);
    world.upload(&[&folder]).end().await.all_done();
    assert_eq!(world.sha256("in/folder/a.mov"), sha256(&folder.join("a.mov")));
    assert_eq!(world.keys().len(), 21);
    world.no_byte_was_sent_twice();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_upload_is_paused_resumed_and_cancelled_from_another_process() {
    let world = World::new().await;
    let file = world.sources().join("cut.mov");
    noise(&file, 100 << 20);
    world.cloud.takes(15 << 20);
    let mut running = world.upload(&[&file]).args(["--concurrency", "1"]).start();
    running.until_sent(16 << 20);
    let status = world.davit("pause").arg("--all").end().await;
    assert_eq!(status.code, Some(0), "{}", status.err);
    // Paused is an end for the command: it says so and leaves.
    while running.runs() {
        tokio::task::yield_now().await;
    }
    let status = world.davit("status").arg("--json").end().await;
    assert_eq!(status.lines[0]["state"], "paused", "{}", status.out);
    assert!(status.lines[0]["sent"].as_u64() >= Some(8 << 20));

    assert_eq!(world.cloud.uploads(BUCKET).len(), 1, "what was sent is kept");
    let mut running = world.upload(&[&file]).args(["--concurrency", "1"]).start();
    running.until_sent(32 << 20);
    assert_eq!(world.davit("cancel").arg("--all").end().await.code, Some(0));
    while running.runs() {
        tokio::task::yield_now().await;
    }
    world.cloud.takes(0);
    // What S3 holds of it is gone with the next command at the latest.
    let other = world.sources().join("other.txt");
    noise(&other, 10);
    world.upload(&[&other]).end().await.all_done();
    assert_eq!(world.keys(), ["in/other.txt"]);
    assert!(world.cloud.uploads(BUCKET).is_empty(), "{:?}", world.cloud.uploads(BUCKET));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_changed_between_two_runs_is_never_mixed() {
    let world = World::new().await;
    let file = world.sources().join("cut.mov");
    noise(&file, 80 << 20);
    world.cloud.takes(30 << 20);
    let mut running = world.upload(&[&file]).args(["--concurrency", "1"]).start();
    running.until_sent(24 << 20);
    running.kill();
    // Another version of the same size.
    world.cloud.takes(0);
    noise(&world.sources().join("new"), (80 << 20) + 8);
    let bytes = std::fs::read(world.sources().join("new")).expect("read");
    std::fs::write(&file, &bytes[..80 << 20]).expect("rewritten");
    let told = world.upload(&[&file]).end().await;
    assert_eq!(told.failures(), ["file-changed"], "{}", told.out);
    assert_eq!(world.keys(), Vec::<String>::new());
    world.upload(&[&file]).end().await.all_done();
    assert_eq!(world.sha256("in/cut.mov"), sha256(&file));
    assert_eq!(world.cloud.uploads(BUCKET).len(), 0, "the old version's pieces are removed");
}

/// What S3 has already done when the person pauses must be on record afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn a_pause_while_the_store_answers_keeps_the_answer() {
    let world = World::with_backend(900, "role").await;
    let link = FaultProxy::before(world.cloud.address()).await;
    let by_link = |path: &Path| {
        let mut run = world.upload_by_backend(&[path]);
        run.env("DAVIT_DEV_S3_ENDPOINT", link.endpoint()).args(["--collision", "suffix"]);
        run
    };
    for (name, len, request) in [("small.wav", 200_000, "PUT "), ("large.mov", 40 << 20, "POST ")] {
        let file = world.sources().join(name);
        noise(&file, len);
        *link.faults.only.lock().expect("faults") = request.to_owned();
        link.faults.hold.send_replace(true);
        let mut running = by_link(&file).start();
        link.holds_one().await;
        let mut pausing = with_notes(world.davit("pause").arg("--all")).start();
        pausing.until_says(AWAITED);
        link.faults.hold.send_replace(false);
        assert!(pausing.ends().0.is_some());
        while running.runs() {
            tokio::task::yield_now().await;
        }
        let status = world.davit("status").arg("--json").end().await;
        if status.lines.iter().any(|line| line["state"] == "paused") {
            by_link(&file).end().await.all_done();
        }
    }
    let keys = world.keys();
    assert_eq!(keys.len(), 2, "nothing is there twice: {keys:?}");
    assert_eq!(world.cloud.observer().calls("CreateMultipartUpload"), 1, "the upload S3 opened was used");
    assert!(world.cloud.uploads(BUCKET).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_row_taken_off_the_list_comes_back_as_it_was() {
    use davit_core::engine::EnqueueOptions;
    use davit_core::engine::feed::{Action, RowState, Target, Update, View};
    let world = World::new().await;
    let file = world.sources().join("cut.mov");
    noise(&file, 100);
    let uploader = davit_core::uploader::Uploader::open(world.options()).await.expect("opens");
    let engine = uploader.engine();
    let to = uploader.destinations().await.expect("one")[0].id.clone();
    let ticket = engine.enqueue(vec![file], to, EnqueueOptions::default()).await.expect("taken");
    let row = vec![Target::Item(ticket.items[0])];
    let view = View { first: 0, count: 10, ..View::default() };
    let shown = async |wanted: usize| {
        let mut feed = engine.subscribe(view.clone()).await.expect("a feed");
        loop {
            let Some(Update::Snapshot(snapshot)) = feed.next().await else { continue };
            assert_eq!(snapshot.slice.rows.len(), wanted);
            return snapshot.slice.rows.first().map(|row| row.state.clone());
        }
    };
    engine.act(Action::Cancel, row.clone()).await.expect("cancelled");
    engine.act(Action::Remove, row.clone()).await.expect("removed");
    assert_eq!(shown(0).await, None);
    engine.act(Action::Undo, row.clone()).await.expect("undone");
    assert!(matches!(shown(1).await, Some(RowState::Cancelled { .. })), "{:?}", shown(1).await);
    // Asked once more, the cancel itself is taken back.
    engine.act(Action::Undo, row).await.expect("undone");
    assert!(!matches!(shown(1).await, Some(RowState::Cancelled { .. })));
    uploader.close().await;
}

/// Two stores with the same bucket and prefix, then another prefix: nothing goes where it was not meant to.
#[tokio::test(flavor = "multi_thread")]
async fn what_began_in_one_place_never_goes_on_in_another() {
    let (world, other) = (World::new().await, World::new().await);
    let folder = world.sources().join("private");
    for clip in 0..40u64 {
        noise(&folder.join(format!("{clip}.wav")), 300_000 + clip);
    }
    let link = FaultProxy::before(world.cloud.address()).await;
    link.faults.rate.store(2 << 20, Ordering::SeqCst);
    let mut running = world.upload_by(&link.endpoint(), &[&folder]).start();
    running.until_sent(3 << 20);
    running.kill();
    let unrelated = world.sources().join("public.txt");
    noise(&unrelated, 10);
    let mut elsewhere = world.upload_by(&other.cloud.endpoint(), &[&unrelated]);
    elsewhere.env("AWS_ACCESS_KEY_ID", &other.cloud.keys().access_key_id);
    elsewhere.env("AWS_SECRET_ACCESS_KEY", &other.cloud.keys().secret_access_key).end().await.all_done();
    assert_eq!(other.keys(), ["in/public.txt"]);
    // It waits for its own place, and goes on there.
    link.faults.rate.store(0, Ordering::SeqCst);
    world.upload_by(&link.endpoint(), &[&folder]).end().await.all_done();
    assert_eq!(world.keys().len(), 40);
    assert_eq!(other.keys().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_point_again_and_again_it_goes_on_and_nothing_on_record_is_sent_twice() {
    // Small, it meets every point once; in full again and again.
    let runs = soak::times(u32::try_from(soak::crash::points()).expect("a handful"));
    let seen = soak::crash::kills(runs, soak::seed()).await;
    let [half, nearly_all, all] = seen.begins();
    println!(
        "{} points met of {}; the store was asked within {half:?}, {nearly_all:?}, {all:?}",
        seen.met.len(),
        soak::crash::points()
    );
    // One in a hundred may meet a machine that is busy with something else; in the tests all do.
    assert!(nearly_all <= soak::size(Duration::from_secs(15), Duration::from_secs(2)), "{nearly_all:?}");
    println!("{seen:?}");
}

/// Asked to rest and to go on before it rests: the last word counts.
#[tokio::test(flavor = "multi_thread")]
async fn a_resume_right_after_a_pause_goes_on() {
    let world = World::new().await;
    let folder = world.sources().join("rushes");
    noise(&folder.join("a.mov"), 60 << 20);
    for n in 0..20 {
        noise(&folder.join(format!("{n}.wav")), 400_000 + n);
    }
    world.cloud.takes(15 << 20);
    let mut running = world.upload(&[&folder]).args(["--concurrency", "4"]).start();
    running.until_sent(4 << 20);
    assert_eq!(world.davit("pause").arg("--all").end().await.code, Some(0));
    assert_eq!(world.davit("resume").arg("--all").end().await.code, Some(0));
    world.cloud.takes(0);
    let ended = running.end();
    ended.all_done();
    assert_eq!(world.keys().len(), 21);
}

/// The store was asked for the object and has not answered: what a stop says is what became of it.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_stop_says_what_became_of_a_file_and_not_what_was_asked_of_it() {
    let world = World::new().await;
    let link = FaultProxy::before(world.cloud.address()).await;
    let cases =
        [("cancel", "small.wav", "PUT "), ("pause", "other.wav", "PUT "), ("cancel", "a.mov", "POST *uploadId")];
    for (word, name, request) in cases {
        let file = world.sources().join(name);
        noise(&file, if request == "PUT " { 200_000 } else { 20 << 20 });
        request.clone_into(&mut link.faults.only.lock().expect("faults"));
        link.faults.hold.send_replace(true);
        let running = world.upload_by(&link.endpoint(), &[&file]).start();
        link.holds_one().await;
        let mut stopping = with_notes(world.davit(word).arg("--all")).start();
        stopping.until_says(AWAITED);
        link.faults.hold.send_replace(false);
        let (code, told) = stopping.ends();
        assert!(told.ends_with("\n1 was already uploaded\n"), "{word} {name}: {told}");
        // Nothing moves any more, as was asked; but what was to be given up is there.
        assert_eq!(code, Some(i32::from(word == "cancel")), "{word} {name}: {told}");
        running.end().all_done();
    }
    // A script is told the same, here of one that can be stopped.
    let file = world.sources().join("b.mov");
    noise(&file, 60 << 20);
    link.faults.rate.store(8 << 20, Ordering::SeqCst);
    let mut running = world.upload_by(&link.endpoint(), &[&file]).start();
    running.until_sent(8 << 20);
    let told = world.davit("cancel").args(["--all", "--json"]).end().await;
    assert_eq!(told.code, Some(0), "{}{}", told.out, told.err);
    let want = serde_json::json!({
        "event": "cancel", "count": 1, "uploaded": 0, "failed": 0, "cancelled": 0, "unanswered": 0, "removed": 0,
        "later": false,
    });
    assert_eq!(told.lines, [want], "{}", told.out);
    assert_eq!(running.end().summary()["cancelled"], 1);
}

/// A pause that is taken back once it rests: the command that was paused goes on, and where it has left that is said.
#[tokio::test(flavor = "multi_thread")]
async fn a_resume_goes_on_after_a_pause_or_says_that_nobody_is_left_who_could() {
    let world = World::new().await;
    let file = world.sources().join("cut.mov");
    noise(&file, 60 << 20);
    world.cloud.takes(15 << 20);
    let mut running = world.upload(&[&file]).args(["--concurrency", "1"]).start();
    running.until_sent(4 << 20);
    assert_eq!(world.davit("pause").arg("--all").end().await.out, "1 paused\n");
    let recorded = || davit_core::journal::Reader::open(&world.home()).expect("records").status().expect("read");
    let rests = || matches!(recorded()[0].standing.state, davit_core::transfer::TransferState::Paused { .. });
    soak::until(rests).await;
    // A moment later, as a person would: the command has seen that everything rests.
    tokio::time::sleep(Duration::from_millis(400)).await;
    let resumed = world.davit("resume").arg("--all").end().await;
    assert_eq!(resumed.out, "1 resumed\n", "{}", resumed.err);
    running.until_sent(32 << 20);
    assert_eq!(world.davit("pause").arg("--all").end().await.out, "1 paused\n");
    assert_eq!(running.ends().0, Some(130));
    let resumed = world.davit("resume").arg("--all").end().await;
    assert_eq!(
        resumed.out, "1 resumed; the next `davit upload` to the same place goes on with them\n",
        "{}",
        resumed.err
    );
    world.cloud.takes(0);
    world.upload(&[&file]).end().await.all_done();
    world.no_byte_was_sent_twice();
}
