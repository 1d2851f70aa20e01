//! What the command line tells of files: a line for each, sums that add up, words for what nobody is at work on.
#![cfg(unix)]

use std::path::Path;
use std::sync::atomic::Ordering;

use davit_core::journal::Reader;
use davit_core::transfer::TransferState;
use davit_tests::World;
use davit_tests::davit::Run;
use davit_tests::fault::{Fault, FaultProxy};
use davit_tests::source::noise;
use davit_tests::world::BUCKET;

#[cfg(target_os = "linux")]
use crate::command_line::by_shell;
use crate::command_line::slow_link;

/// Progress is about this command, not about everything that was ever uploaded from here.
#[tokio::test(flavor = "multi_thread")]
async fn progress_counts_what_this_command_uploads() {
    let world = World::new().await;
    let (old, new) = (world.sources().join("old.mov"), world.sources().join("new.mov"));
    noise(&old, 60 << 20);
    noise(&new, 20 << 20);
    world.upload(&[&old]).end().await.all_done();
    let ended = world.upload(&[&new]).end().await;
    ended.all_done();
    let progress: Vec<_> = ended.lines.iter().filter(|line| line["event"] == "progress").collect();
    assert!(!progress.is_empty(), "{}", ended.out);
    assert!(progress.iter().all(|line| line["size"].as_u64() <= Some(20 << 20)), "{}", ended.out);
}

/// As `World::upload`, told in words.
fn in_words(world: &World, path: &Path) -> Run {
    let mut run = world.davit("upload");
    run.arg(path).args(["--s3", &format!("s3://{BUCKET}/in/"), "--endpoint-url", &world.cloud.endpoint()]);
    run.args(["--path-style", "--region", world.cloud.region()]);
    run.env("AWS_ACCESS_KEY_ID", &world.cloud.keys().access_key_id);
    run.env("AWS_SECRET_ACCESS_KEY", &world.cloud.keys().secret_access_key);
    run
}

/// A folder of which one half can go and the other cannot.
fn good_and_refused(folder: &Path) {
    for name in ["a", "b"] {
        noise(&folder.join(format!("{name}.txt")), 10);
        noise(&folder.join(format!("{name}\nbroken.txt")), 10);
    }
    let deep = ["d", "e", "f", "g"].iter().fold(folder.to_owned(), |path, name| path.join(name.repeat(200)));
    noise(&deep.join("h".repeat(240)), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_failure_of_a_summary_has_its_line_however_often_the_command_is_given() {
    let world = World::new().await;
    let folder = world.sources().join("folder");
    good_and_refused(&folder);
    for (time, earlier) in [(1, 0), (2, 2), (3, 2)] {
        let ended = world.upload(&[&folder]).end().await;
        let mut codes = ended.failures();
        codes.sort();
        assert_eq!(codes, ["key-too-long", "name-refused", "name-refused"], "{time}: {}", ended.out);
        let sum = ended.summary();
        assert_eq!((&sum["uploaded"], &sum["failed"]), (&2.into(), &3.into()), "{time}: {}", ended.out);
        assert_eq!(sum["earlier"], earlier, "{time}: {}", ended.out);
        let broken = folder.join("a\nbroken.txt").display().to_string();
        assert!(ended.lines.iter().any(|line| line["path"] == broken.as_str()), "{time}: {}", ended.out);
    }
    let plain = in_words(&world, &folder).end().await;
    assert_eq!(plain.err.matches("[name-refused]").count(), 2, "{}", plain.err);
    assert!(plain.err.contains("a\\nbroken.txt"), "{}", plain.err);
    assert_eq!(plain.out, "2 uploaded (by an earlier run), 0 skipped, 3 failed, 20 B\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_rule_passed_over_is_named_with_the_rule() {
    let world = World::new().await;
    let folder = world.sources().join("folder");
    noise(&folder.join("good.txt"), 10);
    noise(&folder.join(".DS_Store"), 10);
    std::os::unix::fs::symlink(&folder, folder.join("loop")).expect("a link");
    for time in 0..2 {
        let ended = world.upload(&[&folder]).args(["--collision", "overwrite"]).end().await;
        let skipped: Vec<_> = ended.lines.iter().filter(|line| line["event"] == "skipped").collect();
        let told: Vec<_> = skipped.iter().map(|line| (&line["path"], &line["rule"])).collect();
        let (junk, link) = (("folder/.DS_Store".into(), "junk".into()), ("folder/loop".into(), "link".into()));
        assert_eq!(told, [(&junk.0, &junk.1), (&link.0, &link.1)], "{time}: {}", ended.out);
        assert_eq!(ended.summary()["skipped"], 2);
        assert_eq!(ended.code, Some(0));
    }
    let plain = in_words(&world, &folder).args(["--collision", "overwrite"]).end().await;
    assert!(plain.err.contains("skipped    folder/loop (link)\n"), "{}", plain.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_tells_of_its_own_files_only() {
    let world = World::new().await;
    let (first, second) = (world.sources().join("first.mov"), world.sources().join("second.mov"));
    noise(&first, 100 << 20);
    noise(&second, 101 << 20);
    let link = slow_link(&world).await;
    let mut running = world.upload_by(&link.endpoint(), &[&first]).start();
    running.until_sent(8 << 20);
    running.kill();
    let mut running = world.upload_by(&link.endpoint(), &[&second]).start();
    running.until_sent(1);
    let cancel = world.davit("cancel").arg("--all").end().await;
    assert_eq!(cancel.out, "2 cancelled\n", "{}", cancel.err);
    let ended = running.end();
    let files: Vec<_> = ended.lines.iter().filter(|line| line["event"] == "file").collect();
    assert_eq!(files.len(), 1, "{}", ended.out);
    assert!(files[0]["path"].as_str().is_some_and(|path| path.ends_with("second.mov")), "{}", ended.out);
    assert_eq!(ended.summary()["cancelled"], 1);
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_summary_that_could_not_be_written_is_no_success_and_is_told_again() {
    let world = World::new().await;
    let file = world.sources().join("good.txt");
    noise(&file, 10);
    for json in [true, false] {
        let home = world.path(&format!("home-{json}"));
        let mut run = if json { world.upload(&[&file]) } else { in_words(&world, &file) };
        run.env("DAVIT_HOME", &home).args(["--collision", "overwrite"]);
        let lost = by_shell(&mut run, "exec \"$@\" >/dev/full").end().await;
        assert_eq!(lost.code, Some(3), "{}", lost.err);
        assert!(lost.err.contains("[disk-full: standard output"), "{}", lost.err);
        let again = world.upload(&[&file]).env("DAVIT_HOME", &home).end().await;
        again.all_done();
        assert_eq!((&again.summary()["uploaded"], &again.summary()["earlier"]), (&1.into(), &1.into()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_file_that_is_there_is_there_wholly() {
    let world = World::new().await;
    let file = world.sources().join("empty.txt");
    noise(&file, 0);
    world.upload(&[&file]).end().await.all_done();
    let status = world.davit("status").end().await;
    assert!(status.out.contains("done       100%"), "{}", status.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_is_at_work_on_is_told_as_stopped() {
    let world = World::new().await;
    let file = world.sources().join("cut.mov");
    noise(&file, 60 << 20);
    let link = slow_link(&world).await;
    let states = async || {
        let (plain, json) = (world.davit("status").end().await.out, world.davit("status").arg("--json").end().await);
        (plain, json.lines[0]["state"].as_str().expect("a state").to_owned())
    };
    for killed in [true, false] {
        let mut running = world.upload_by(&link.endpoint(), &[&file]).start();
        running.until_sent(if killed { 8 << 20 } else { 24 << 20 });
        assert_eq!(states().await.1, "uploading");
        if killed {
            running.kill();
        } else {
            assert_eq!(running.interrupt(), Some(130));
            // It rested, and nothing began again behind its stop.
            let on_record = Reader::open(&world.home()).and_then(|journal| journal.status()).expect("records");
            assert_eq!(on_record[0].standing.state, TransferState::Queued);
        }
        let (plain, state) = states().await;
        assert_eq!(state, "stopped", "killed {killed}: {plain}");
        assert!(plain.contains("     1  stopped  "), "{plain}");
        assert!(plain.contains("The same `davit upload` goes on with what is stopped.\n"), "{plain}");
    }
    link.faults.rate.store(0, Ordering::SeqCst);
    world.upload_by(&link.endpoint(), &[&file]).end().await.all_done();
    assert_eq!(states().await.1, "done");
}

/// What is told as uploaded is there: bytes of what failed are not.
#[tokio::test(flavor = "multi_thread")]
async fn a_summary_counts_bytes_of_what_is_there() {
    let world = World::new().await;
    let file = world.sources().join("cut.mov");
    noise(&file, 60 << 20);
    let link = slow_link(&world).await;
    let mut running = world.upload_by(&link.endpoint(), &[&file]).start();
    running.until_sent(24 << 20);
    std::fs::remove_file(&file).expect("removed");
    link.faults.rate.store(0, Ordering::SeqCst);
    let ended = running.end();
    let sum = ended.summary();
    assert_eq!((&sum["uploaded"], &sum["failed"], &sum["bytes"]), (&0.into(), &1.into(), &0.into()), "{}", ended.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_never_had_a_key_is_told_without_one() {
    let world = World::new().await;
    let folder = world.sources().join("folder");
    noise(&folder.join("good.mov"), 60 << 20);
    let link = slow_link(&world).await;
    let mut running = world.upload_by(&link.endpoint(), &[&folder]).start();
    running.until_sent(8 << 20);
    running.kill();
    // Found where it is known already what keys here begin with.
    noise(&folder.join("bro\nken.txt"), 10);
    link.faults.rate.store(0, Ordering::SeqCst);
    let ended = world.upload_by(&link.endpoint(), &[&folder]).end().await;
    let key = |name: &str| {
        let line = ended.lines.iter().find(|line| line["path"].as_str().is_some_and(|path| path.ends_with(name)));
        line.unwrap_or_else(|| panic!("{}", ended.out))["key"].clone()
    };
    assert_eq!(key("ken.txt"), serde_json::Value::Null);
    assert_eq!(key("good.mov"), "in/folder/good.mov");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_is_told_what_happened_to_the_records() {
    let world = World::new().await;
    let file = world.sources().join("good.txt");
    noise(&file, 10);
    world.upload(&[&file]).end().await.all_done();
    for entry in std::fs::read_dir(world.home()).expect("a home") {
        let path = entry.expect("an entry").path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("journal")) {
            std::fs::write(&path, vec![7; 40_000]).expect("damaged");
        }
    }
    let ended = world.upload(&[&file]).args(["--collision", "overwrite"]).end().await;
    ended.all_done();
    let told = ended.lines.iter().find(|line| line["event"] == "records");
    let told = told.unwrap_or_else(|| panic!("{}{}", ended.out, ended.err));
    assert!(told["what"].is_string(), "{told}");
    assert!(ended.err.contains(told["says"].as_str().expect("words")), "{told}: {}", ended.err);
}

/// Of two that were given with one name, overwriting saves neither.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_was_given_twice_is_not_told_to_be_overwritten() {
    let world = World::new().await;
    let (one, two) = (world.sources().join("a/cut.mov"), world.sources().join("b/cut.mov"));
    noise(&one, 10);
    noise(&two, 11);
    let mut run = in_words(&world, &one);
    let ended = run.arg(&two).args(["--collision", "overwrite"]).end().await;
    assert!(ended.err.contains("[already-there]"), "{}", ended.err);
    assert!(!ended.err.contains("overwrite what is there"), "{}", ended.err);
}

/// Where an address that was typed leads to nothing, or to something else, that is said, and waited for all the same.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_at_which_there_is_no_store_is_named_and_waited_for() {
    for page in [false, true] {
        let world = World::new().await;
        let link = FaultProxy::before(world.cloud.address()).await;
        let endpoint = link.endpoint();
        if page {
            *link.faults.always.lock().expect("faults") = Some(Fault::Nobodys { status: "404 Not Found" });
        } else {
            link.goes_away();
        }
        let file = world.sources().join("cut.mov");
        noise(&file, 100);
        let mut running = world.upload_by(&endpoint, &[&file]).start();
        let says = running.until_event("store")["says"].to_string();
        let what = if page { "is no S3 storage (HTTP 404)" } else { "Nothing answers at" };
        assert!(says.contains(what) && says.contains(&endpoint), "{says}");
        if page {
            *link.faults.always.lock().expect("faults") = None;
        } else {
            link.comes_back();
        }
        running.end().all_done();
    }
}
