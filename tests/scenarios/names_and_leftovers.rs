//! Names that meet, commands that are given again, answers that are lost: nothing is replaced unasked, nothing is left
//! behind unseen, and what cannot be known is not claimed.

use std::sync::atomic::Ordering;

use davit_tests::World;
use davit_tests::fault::{Fault, FaultProxy};
use davit_tests::soak::until;
use davit_tests::source::{noise, sha256};
use davit_tests::world::BUCKET;

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_goes_on_takes_what_was_added_meanwhile() {
    let world = World::new().await;
    let folder = world.sources().join("rushes");
    noise(&folder.join("a.mov"), 60 << 20);
    world.cloud.takes(30 << 20);
    let mut running = world.upload(&[&folder]).args(["--concurrency", "1"]).start();
    running.until_sent(16 << 20);
    running.kill();
    world.cloud.takes(0);
    noise(&folder.join("day 2/b.mov"), 1_000);
    noise(&folder.join("0.txt"), 10);
    world.upload(&[&folder]).end().await.all_done();
    assert_eq!(world.keys(), ["in/rushes/0.txt", "in/rushes/a.mov", "in/rushes/day 2/b.mov"]);
    world.no_byte_was_sent_twice();
}

#[tokio::test(flavor = "multi_thread")]
async fn another_collision_counts_when_a_command_is_given_again() {
    let world = World::new().await;
    let file = world.sources().join("cut.mov");
    noise(&file, 1_000);
    world.upload(&[&file]).end().await.all_done();
    noise(&file, 2_000);
    let refused = world.upload(&[&file]).args(["--collision", "fail"]).end().await;
    assert_eq!(refused.failures(), ["already-there"], "{}", refused.out);
    world.upload(&[&file]).args(["--collision", "overwrite"]).end().await.all_done();
    assert_eq!(world.keys(), ["in/cut.mov"]);
    assert_eq!(world.sha256("in/cut.mov"), sha256(&file));
}

#[tokio::test(flavor = "multi_thread")]
async fn sources_of_one_command_with_equal_names_never_replace_each_other() {
    let world = World::new().await;
    let source = |name: &str| world.sources().join(name);
    for (at, bytes) in [("a/cut.mov", 1_000), ("b/cut.mov", 2_000), ("a/day/1.wav", 10), ("b/day/1.wav", 20)] {
        noise(&source(at), bytes);
    }
    noise(&source("b/day/2.wav"), 30);
    let (files, folders) = ([source("a/cut.mov"), source("b/cut.mov")], [source("a/day"), source("b/day")]);
    let all = [&*files[0], &*files[1], &*folders[0], &*folders[1]];
    let ended = world.upload(&all).args(["--collision", "overwrite"]).end().await;
    assert_eq!(ended.code, Some(3), "{}", ended.out);
    assert_eq!(ended.failures(), ["already-there", "already-there"], "{}", ended.out);
    assert_eq!(world.keys(), ["in/cut.mov", "in/day/1.wav", "in/day/2.wav"]);
    assert_eq!(world.sha256("in/cut.mov"), sha256(&files[0]));

    let mut beside = world.upload(&all);
    beside.env("DAVIT_HOME", world.path("another home")).args(["--collision", "suffix"]).end().await.all_done();
    for (key, from) in [("in/day/1 (2).wav", "a/day/1.wav"), ("in/day/1 (3).wav", "b/day/1.wav")] {
        // Which of the two asks first is chance; both are there.
        let both = [sha256(&source("a/day/1.wav")), sha256(&source("b/day/1.wav"))];
        assert!(both.contains(&world.sha256(key)), "{key} {from}");
    }
    assert_eq!(world.keys().len(), 3 + 2 + 3, "{:?}", world.keys());
}

/// Each was begun by a command of its own that was killed; then both are given together.
#[tokio::test(flavor = "multi_thread")]
async fn sources_that_were_begun_apart_and_go_on_together_never_replace_each_other() {
    for (name, collision) in [("cut.mov", "overwrite"), ("day", "overwrite"), ("cut.mov", "suffix"), ("day", "suffix")]
    {
        let world = World::new().await;
        let (x, y) = (world.sources().join("x"), world.sources().join("y"));
        let file = if name == "day" { "day/cut.mov" } else { name };
        noise(&x.join(file), 20 << 20);
        noise(&y.join(file), 21 << 20);
        let upload = |paths: &[&std::path::Path]| {
            let mut run = world.upload(paths);
            run.args(["--collision", collision]);
            run
        };
        for source in [&x, &y] {
            let killed = upload(&[&source.join(name)]).env("DAVIT_FAILPOINT", "part:1:after").end().await;
            assert_eq!(killed.code, None, "{}{}", killed.out, killed.err);
            assert_eq!(world.davit("pause").arg("--all").end().await.code, Some(0));
        }
        let both = [x.join(name), y.join(name)];
        for time in 0..2 {
            let ended = upload(&[&both[0], &both[1]]).end().await;
            let beside = format!("in/{}", file.replace(".mov", " (2).mov"));
            if collision == "suffix" {
                ended.all_done();
                assert_eq!(world.sha256(&beside), sha256(&y.join(file)));
                assert_eq!(world.keys().len(), 2, "{:?}", world.keys());
            } else {
                assert_eq!(
                    (ended.code, ended.failures()),
                    (Some(3), vec!["already-there".to_owned()]),
                    "{}",
                    ended.out
                );
                assert_eq!(world.keys().len(), 1, "{:?}", world.keys());
            }
            assert_eq!(world.sha256(&format!("in/{file}")), sha256(&x.join(file)), "{name} {collision} {time}");
            assert_eq!(world.cloud.uploads(BUCKET).len(), 0, "what the second had begun is removed");
            world.nothing_was_sent_twice();
            if collision == "suffix" {
                break;
            }
        }
        if collision == "overwrite" {
            // Alone the second is another gesture, which may replace what is there, as asked.
            upload(&[&both[1]]).end().await.all_done();
            assert_eq!(world.sha256(&format!("in/{file}")), sha256(&y.join(file)));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_goes_up_again_leaks_nothing_of_this_computer_into_keys() {
    let world = World::new().await;
    noise(&world.sources().join("day/deep/a.wav"), 10);
    let up = world.sources().join("day/deep/..");
    world.upload(&[&up]).end().await.all_done();
    assert_eq!(world.keys(), ["in/day/deep/a.wav"]);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_was_given_is_uploaded_as_what_it_leads_to() {
    let world = World::new().await;
    let file = world.sources().join("take 7.mov");
    noise(&file, 20 << 20);
    let link = world.sources().join("best.mov");
    std::os::unix::fs::symlink(&file, &link).expect("a link");
    world.upload(&[&link]).end().await.all_done();
    assert_eq!(world.keys(), ["in/best.mov"]);
    assert_eq!(world.sha256("in/best.mov"), sha256(&file));
}

/// With write-only rights: our own object is never called another's, and another's is never called ours.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_to_complete_without_the_right_to_look_is_never_a_taken_name() {
    let world = World::with_blind_backend(900, "role").await;
    let link = FaultProxy::before(world.cloud.address()).await;
    let file = world.sources().join("cut.mov");
    noise(&file, 40 << 20);
    for (number, collision) in ["fail", "suffix", "fail", "suffix"].into_iter().enumerate() {
        world.cloud.replayed_complete_is_refused(number >= 2);
        // The store has it, and the answer that says so is swallowed.
        link.faults.lose_answers("POST *?uploadId", 1);
        let mut run = world.upload_by_backend(&[&file]);
        run.env("DAVIT_DEV_S3_ENDPOINT", link.endpoint()).args(["--collision", collision]);
        let ended = run.env("DAVIT_HOME", world.path(&number.to_string())).end().await;
        assert_eq!(ended.failures(), ["outcome-unknown"], "{collision}: {}", ended.out);
        assert_eq!(world.keys().len(), 1, "no second copy: {:?}", world.keys());
        // Another's object is known to be another's: our upload is still there to be asked for.
        let other = world.sources().join("other/cut.mov");
        noise(&other, 30 << 20);
        let mut run = world.upload_by_backend(&[&other]);
        run.env("DAVIT_HOME", world.path(&format!("other {number}"))).args(["--collision", "fail"]);
        assert_eq!(run.end().await.failures(), ["already-there"]);
        world.cloud.remove(BUCKET, &world.keys()[0]);
    }
    assert_eq!(world.cloud.uploads(BUCKET).len(), 0, "nothing is left behind");
}

#[tokio::test(flavor = "multi_thread")]
async fn taken_names_cost_at_most_one_upload_in_vain_where_nobody_may_look() {
    let world = World::with_blind_backend(900, "role").await;
    for n in 0..3 {
        let taken = world.sources().join(if n == 0 { "cut.mov".to_owned() } else { format!("cut ({}).mov", n + 1) });
        noise(&taken, 100 + n);
        world.upload_by_backend(&[&taken]).end().await.all_done();
    }
    let file = world.sources().join("new/cut.mov");
    noise(&file, 40 << 20);
    world.upload_by_backend(&[&file]).args(["--collision", "suffix"]).end().await.all_done();
    assert_eq!(world.cloud.observer().calls("CompleteMultipartUpload"), 2);
    let mut keys = world.keys();
    keys.retain(|key| world.sha256(key) == sha256(&file));
    let name = keys[0].rsplit('/').next().expect("a name");
    assert_eq!((name.len(), &name[..5], &name[13..]), (18, "cut (", ").mov"), "{keys:?}");
    assert_eq!(world.cloud.uploads(BUCKET).len(), 0, "the upload in vain was removed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bare_400_to_head_renews_the_lease_and_goes_on() {
    let world = World::new().await;
    let link = FaultProxy::before(world.cloud.address()).await;
    let file = world.sources().join("cut.mov");
    noise(&file, 20 << 20);
    link.faults.answer("HEAD ", 1, "400 Bad Request", "ExpiredToken");
    world.upload_by(&link.endpoint(), &[&file]).end().await.all_done();
    assert_eq!(link.faults.busy.load(Ordering::SeqCst), 0, "the fault was met");
    // Asked again, it is seen that the name is taken before a byte is sent.
    let parts = world.cloud.observer().calls("UploadPart");
    let mut taken = world.upload_by(&link.endpoint(), &[&file]);
    link.faults.answer("HEAD ", 1, "400 Bad Request", "ExpiredToken");
    assert_eq!(taken.env("DAVIT_HOME", world.path("other")).end().await.failures(), ["already-there"]);
    assert_eq!(world.cloud.observer().calls("UploadPart"), parts);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_abort_that_the_store_refuses_stays_on_record_until_it_is_done() {
    let world = World::new().await;
    let link = FaultProxy::before(world.cloud.address()).await;
    let file = world.sources().join("cut.mov");
    noise(&file, 60 << 20);
    world.cloud.takes(30 << 20);
    let mut running = world.upload_by(&link.endpoint(), &[&file]).args(["--concurrency", "1"]).start();
    running.until_sent(16 << 20);
    running.kill();
    world.cloud.takes(0);
    noise(&file, 61 << 20);
    link.faults.answer("DELETE ", u32::MAX, "403 Forbidden", "AccessDenied");
    let changed = world.upload_by(&link.endpoint(), &[&file]).end().await;
    assert_eq!(changed.failures(), ["file-changed"], "{}", changed.out);
    assert_eq!(world.cloud.uploads(BUCKET).len(), 1, "the store refused to remove it");
    // What is left is told, with the reason.
    let left = left_in_s3(&world).await;
    assert_eq!(left.len(), 1);
    assert_eq!((&left[0]["key"], &left[0]["code"]), (&"in/cut.mov".into(), &"access-denied".into()));
    assert!(left[0]["since"].is_u64() && left[0]["upload"].is_string(), "{left:?}");
    let doctor = world.davit("doctor").end().await;
    assert!(doctor.out.contains("left under media/in/cut.mov since"), "{}", doctor.out);
    // Whatever is uploaded next to the same place takes care of it.
    link.faults.busy.store(0, Ordering::SeqCst);
    let other = world.sources().join("other.txt");
    noise(&other, 10);
    world.upload_by(&link.endpoint(), &[&other]).end().await.all_done();
    assert_eq!(world.cloud.uploads(BUCKET).len(), 0);
    assert_eq!(left_in_s3(&world).await.len(), 0);
}

/// What `davit status` tells of unfinished uploads that nobody will finish.
async fn left_in_s3(world: &World) -> Vec<serde_json::Value> {
    let status = world.davit("status").arg("--json").end().await;
    status.lines.into_iter().filter(|line| line["event"] == "left").collect()
}

/// Nothing runs any more, and a cancel removes what S3 holds before it ends, or says that it stays.
#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_without_a_running_process_removes_what_s3_holds_or_tells_that_it_is_left() {
    for (by_backend, refused) in [(false, false), (true, false), (false, true), (true, true)] {
        let world = World::with_backend(900, "role").await;
        let link = FaultProxy::before(world.cloud.address()).await;
        let file = world.sources().join("cut.mov");
        noise(&file, 40 << 20);
        let keys = world.cloud.keys();
        let mut begin = if by_backend {
            world.upload_by_backend_and(&link.endpoint(), &[&file])
        } else {
            world.upload_by(&link.endpoint(), &[&file])
        };
        let killed = begin.env("DAVIT_FAILPOINT", "part:2:after").end().await;
        assert_eq!(killed.code, None, "{}{}", killed.out, killed.err);
        assert_eq!(world.cloud.uploads(BUCKET).len(), 1);
        if refused {
            link.faults.answer("DELETE ", u32::MAX, "403 Forbidden", "AccessDenied");
        }
        let mut cancel = world.davit("cancel");
        cancel.arg("--all").env("AWS_ACCESS_KEY_ID", &keys.access_key_id);
        cancel.env("AWS_SECRET_ACCESS_KEY", &keys.secret_access_key);
        if by_backend {
            cancel.env("DAVIT_SERVER", world.backend.as_ref().expect("a backend").url());
            cancel.env("DAVIT_DEV_S3_ENDPOINT", link.endpoint());
        }
        let cancelled = cancel.end().await;
        assert_eq!(cancelled.code, Some(0), "{}{}", cancelled.out, cancelled.err);
        let left = world.cloud.uploads(BUCKET).len();
        assert_eq!(left, usize::from(refused), "backend {by_backend}: {}{}", cancelled.out, cancelled.err);
        assert_eq!(cancelled.err.contains("is left under media/"), refused, "{}", cancelled.err);
        assert_eq!(left_in_s3(&world).await.len(), left);
    }
}

/// S3 opened an upload, and the answer with its id was lost: nobody can name it, and where it may not be listed only the
/// bucket's rule removes it.
#[tokio::test(flavor = "multi_thread")]
async fn an_upload_whose_id_never_arrived_is_told_of() {
    let world = World::new().await;
    let link = FaultProxy::before(world.cloud.address()).await;
    let file = world.sources().join("cut.mov");
    noise(&file, 20 << 20);
    link.faults.lose_answers("POST *?uploads", 1);
    world.upload_by(&link.endpoint(), &[&file]).end().await.all_done();
    assert_eq!(world.cloud.uploads(BUCKET).len(), 1, "the one that nobody knows by name");
    let left = left_in_s3(&world).await;
    assert_eq!(left.len(), 1);
    assert_eq!((&left[0]["key"], &left[0]["upload"]), (&"in/cut.mov".into(), &serde_json::Value::Null));
    let doctor = world.davit("doctor").end().await;
    assert!(doctor.out.contains("may be left under media/in/cut.mov since"), "{}", doctor.out);
    // What a gateway says of it is no answer, and neither is S3's 500; a refusal leaves nothing.
    let faults = [
        (Fault::DoneButSays { status: "500 Internal Server Error", code: "InternalError" }, 1),
        (Fault::DoneButSays { status: "502 Bad Gateway", code: "" }, 1),
        (Fault::DoneButSays { status: "503 Service Unavailable", code: "" }, 1),
        (Fault::BUSY, 0),
        (Fault::Nobodys { status: "403 Forbidden" }, 0),
        (Fault::Page, 0),
    ];
    let mut told = 1;
    for (number, (fault, more)) in faults.into_iter().enumerate() {
        let other = world.sources().join(format!("{number}.mov"));
        noise(&other, 20 << 20);
        link.faults.meet("POST *?uploads", 1, fault);
        world.upload_by(&link.endpoint(), &[&other]).end().await.all_done();
        assert_eq!(link.faults.still_to_meet(), 0, "the fault was met: {fault:?}");
        told += more;
        assert_eq!(left_in_s3(&world).await.len(), told, "{fault:?}");
        assert_eq!(world.cloud.uploads(BUCKET).len(), told, "{fault:?}");
    }
}

/// The process ends while S3 opens an upload, by a kill or because it was asked to and waits for nobody.
#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_was_asked_for_when_the_process_ended_is_told_of_from_the_next_start_on() {
    for way in ["create:1:before", "create:1:after", "interrupted"] {
        let world = World::new().await;
        let link = FaultProxy::before(world.cloud.address()).await;
        let file = world.sources().join("cut.mov");
        noise(&file, 20 << 20);
        let mut run = world.upload_by(&link.endpoint(), &[&file]);
        if way == "interrupted" {
            "POST *?uploads".clone_into(&mut link.faults.only.lock().expect("faults"));
            link.faults.hold.send_replace(true);
            let running = run.start();
            link.holds_one().await;
            assert_eq!(running.interrupt(), Some(130));
            link.faults.hold.send_replace(false);
        } else {
            let killed = run.env("DAVIT_FAILPOINT", way).end().await;
            assert_eq!(killed.code, None, "{way}: {}{}", killed.out, killed.err);
        }
        for _ in 0..2 {
            world.upload_by(&link.endpoint(), &[&file]).args(["--collision", "overwrite"]).end().await.all_done();
            let left = left_in_s3(&world).await;
            assert_eq!(left.len(), 1, "{way}: {left:?}");
            assert_eq!((&left[0]["key"], &left[0]["upload"]), (&"in/cut.mov".into(), &serde_json::Value::Null));
        }
        let doctor = world.davit("doctor").end().await;
        assert!(doctor.out.contains("may be left under media/in/cut.mov since"), "{way}: {}", doctor.out);
        assert_eq!(world.cloud.uploads(BUCKET).len(), usize::from(way != "create:1:before"));
    }
}

/// What a walk refused is looked at again when its folder is given again, or the person tries again.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_in_a_folder_is_taken_when_it_is_in_order_and_given_again() {
    let world = World::new().await;
    let folder = world.sources().join("day");
    noise(&folder.join("a.mov"), 100);
    let (pipe, odd) = (folder.join("b.mov"), folder.join("c\u{1}.mov"));
    let mkfifo = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo");
    assert!(mkfifo.success());
    noise(&odd, 300);
    for _ in 0..2 {
        let ended = world.upload(&[&folder]).end().await;
        let mut failures = ended.failures();
        failures.sort();
        assert_eq!((ended.code, failures), (Some(3), vec!["name-refused".to_owned(), "not-a-file".to_owned()]));
    }
    std::fs::remove_file(&pipe).expect("removed");
    noise(&pipe, 200);
    std::fs::rename(&odd, folder.join("c.mov")).expect("renamed");
    let ended = world.upload(&[&folder]).end().await;
    ended.all_done();
    assert_eq!(ended.failures(), Vec::<String>::new());
    assert_eq!(world.keys(), ["in/day/a.mov", "in/day/b.mov", "in/day/c.mov"]);
    let status = world.davit("status").arg("--json").end().await;
    assert!(status.lines.iter().all(|line| line["state"] == "done"), "{}", status.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_the_store_lost_begins_again_by_itself() {
    let world = World::new().await;
    let link = FaultProxy::before(world.cloud.address()).await;
    let file = world.sources().join("cut.mov");
    noise(&file, 40 << 20);
    link.faults.answer("partNumber=3", 1, "404 Not Found", "NoSuchUpload");
    world.upload_by(&link.endpoint(), &[&file]).end().await.all_done();
    assert_eq!(world.sha256("in/cut.mov"), sha256(&file));
    assert_eq!(world.cloud.observer().calls("CreateMultipartUpload"), 2);
    link.faults.answer("partNumber=3", u32::MAX, "404 Not Found", "NoSuchUpload");
    let mut again = world.upload_by(&link.endpoint(), &[&file]);
    let ended = again.args(["--collision", "overwrite"]).end().await;
    assert_eq!(ended.failures(), ["upload-expired"], "{}", ended.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_that_breaks_says_so_and_the_others_go_on() {
    let world = World::new().await;
    let folder = world.sources().join("rushes");
    noise(&folder.join("a.mov"), 20 << 20);
    for n in 0..30 {
        noise(&folder.join(format!("{n}.wav")), 1_000 + n);
    }
    let ended = world.upload(&[&folder]).env("DAVIT_FAILPOINT", "create:1:before:panic").end().await;
    assert_eq!(ended.code, Some(3), "{}{}", ended.out, ended.err);
    assert_eq!(ended.failures(), ["unexpected"], "{}", ended.out);
    assert_eq!(world.keys().len(), 30);
    world.upload(&[&folder]).end().await.all_done();
    assert_eq!(world.keys().len(), 31);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_at_the_end_is_waited_for() {
    let world = World::new().await;
    let link = FaultProxy::before(world.cloud.address()).await;
    let file = world.sources().join("cut.mov");
    noise(&file, 20 << 20);
    link.faults.answer("POST /media/in/cut.mov?uploadId", 2, "409 Conflict", "ConditionalRequestConflict");
    world.upload_by(&link.endpoint(), &[&file]).end().await.all_done();
    assert_eq!(link.faults.busy.load(Ordering::SeqCst), 0, "the conflict was met");
    assert_eq!(world.cloud.observer().calls("CreateMultipartUpload"), 1);
}

/// A request that was thought dead arrives after its part was sent again, and the store gives the part another `ETag`.
#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_arrives_late_a_second_time_is_found_and_nothing_fails() {
    let world = World::new().await;
    let link = FaultProxy::before(world.cloud.address()).await;
    let file = world.sources().join("cut.mov");
    noise(&file, 40 << 20);
    // The answer to one part is kept back: the store has it, the client that is killed does not know.
    *link.faults.only.lock().expect("faults") = "partNumber=3&".to_owned();
    link.faults.hold.send_replace(true);
    let running = world.upload_by(&link.endpoint(), &[&file]).args(["--concurrency", "8"]).start();
    link.holds_one().await;
    running.kill();
    link.faults.hold.send_replace(false);
    // Between the new list of parts and Complete the store's part 3 becomes another one with the same bytes.
    *link.faults.only.lock().expect("faults") = "POST *?uploadId".to_owned();
    link.faults.meet(
        "POST *?uploadId",
        1,
        davit_tests::fault::Fault::Says { status: "400 Bad Request", code: "InvalidPart" },
    );
    world.upload_by(&link.endpoint(), &[&file]).end().await.all_done();
    assert_eq!(link.faults.still_to_meet(), 0, "the fault was met");
    assert_eq!(world.sha256("in/cut.mov"), sha256(&file));
    assert_eq!(world.cloud.observer().calls("CreateMultipartUpload"), 1);
    world.no_byte_was_sent_twice();
}

/// What was done when a command was killed stays done, unless there is another version to upload.
#[tokio::test(flavor = "multi_thread")]
async fn a_command_given_again_uploads_other_versions_of_what_was_done() {
    let world = World::new().await;
    let folder = world.sources().join("rushes");
    for n in 0..5 {
        noise(&folder.join(format!("{n}.wav")), 1_000 + n);
    }
    noise(&folder.join("a.mov"), 40 << 20);
    let upload = || {
        let mut run = world.upload(&[&folder]);
        run.args(["--collision", "overwrite"]);
        run
    };
    let killed = upload().env("DAVIT_FAILPOINT", "complete:1:after").end().await;
    assert_eq!(killed.code, None);
    let puts = world.cloud.observer().calls("PutObject");
    assert_eq!(puts, 5);
    noise(&folder.join("3.wav"), 5_000);
    upload().end().await.all_done();
    assert_eq!(world.sha256("in/rushes/3.wav"), sha256(&folder.join("3.wav")));
    assert_eq!(world.cloud.observer().calls("PutObject"), puts + 1, "the others were not sent again");
    // Killed when all was done and nobody had been told: given again, it tells.
    let single = world.sources().join("note.txt");
    noise(&single, 10);
    let last = world.upload(&[&single]).env("DAVIT_FAILPOINT", "put:1:after").end().await;
    assert_eq!(last.code, None);
    world.upload(&[&single]).end().await.all_done();
    assert_eq!(world.keys().iter().filter(|key| key.contains("note")).count(), 1);
}

/// What a command did stays done when it is given again for what failed of it, and is told as such.
#[tokio::test(flavor = "multi_thread")]
async fn a_command_given_again_for_what_failed_leaves_what_is_done() {
    for collision in ["suffix", "fail", "overwrite"] {
        let world = World::new().await;
        let at = |name: &str| world.sources().join(name);
        let (good, refused, day, night) = (at("good.txt"), at("re\nfused.txt"), at("day"), at("night"));
        for (path, bytes) in [(&good, 10), (&refused, 20), (&day.join("1.wav"), 30), (&night.join("2.wav"), 40)] {
            noise(path, bytes);
        }
        let upload = async |paths: &[&std::path::Path], earlier: u32| {
            let ended = world.upload(paths).args(["--collision", collision]).end().await;
            assert_eq!(ended.failures(), ["name-refused"], "{collision}: {}", ended.out);
            assert_eq!(ended.code, Some(3), "{collision}: {}", ended.out);
            assert_eq!(ended.summary()["earlier"], earlier, "{collision}: {}", ended.out);
        };
        let all = [&*good, &*refused, &*day, &*night];
        upload(&all, 0).await;
        let keys = ["in/day/1.wav", "in/good.txt", "in/night/2.wav"];
        assert_eq!(world.keys(), keys);
        let puts = world.cloud.observer().calls("PutObject");
        for _ in 0..2 {
            upload(&all, 3).await;
            assert_eq!(world.cloud.observer().calls("PutObject"), puts, "{collision}: nothing is asked for again");
        }
        // With something new beside it, and what was added to a folder.
        let more = at("more.txt");
        noise(&more, 50);
        noise(&night.join("3.wav"), 60);
        upload(&[&*good, &*refused, &*day, &*night, &*more], 3).await;
        let keys = ["in/day/1.wav", "in/good.txt", "in/more.txt", "in/night/2.wav", "in/night/3.wav"];
        assert_eq!(world.keys(), keys, "{collision}");
    }
}

/// What was cancelled of a command goes up when it is given again, alone or in a folder, and what was done stays done.
#[tokio::test(flavor = "multi_thread")]
async fn a_command_given_again_after_some_of_it_was_cancelled_leaves_what_is_done() {
    for collision in ["suffix", "fail"] {
        let world = World::new().await;
        let at = |name: &str| world.sources().join(name);
        let (large, small, day) = (at("large.mov"), at("small.txt"), at("day"));
        for (path, bytes) in
            [(&large, 24 << 20), (&small, 20), (&day.join("1.wav"), 30), (&day.join("2.mov"), 24 << 20)]
        {
            noise(path, bytes);
        }
        let upload = || {
            let mut run = world.upload(&[&large, &small, &day]);
            run.args(["--collision", collision]);
            run
        };
        world.cloud.takes(1 << 20);
        let running = upload().start();
        until(|| world.cloud.observer().calls("PutObject") == 2 && world.keys().len() == 2).await;
        let mut cancel = world.davit("cancel");
        assert_eq!(cancel.arg("--all").end().await.code, Some(0));
        assert_eq!(running.end().code, Some(3));
        world.cloud.takes(0);
        let ended = upload().end().await;
        assert_eq!(ended.code, Some(0), "{collision}: {}", ended.out);
        assert_eq!(ended.summary()["earlier"], 2, "{collision}: {}", ended.out);
        assert_eq!(world.keys(), ["in/day/1.wav", "in/day/2.mov", "in/large.mov", "in/small.txt"], "{collision}");
        assert_eq!(world.sha256("in/day/2.mov"), sha256(&day.join("2.mov")));
    }
}

/// Another version of what is done goes by the rule for taken names, as it does within a folder.
#[tokio::test(flavor = "multi_thread")]
async fn a_command_given_again_for_what_failed_uploads_other_versions_of_what_is_done() {
    for collision in ["suffix", "fail", "overwrite"] {
        let world = World::new().await;
        let (good, refused) = (world.sources().join("good.txt"), world.sources().join("re\nfused.txt"));
        noise(&good, 10);
        noise(&refused, 20);
        let upload = || {
            let mut run = world.upload(&[&good, &refused]);
            run.args(["--collision", collision]);
            run
        };
        assert_eq!(upload().end().await.failures(), ["name-refused"], "{collision}");
        noise(&good, 1_000);
        let mut failures = upload().end().await.failures();
        failures.sort();
        let key = if collision == "suffix" { "in/good (2).txt" } else { "in/good.txt" };
        if collision == "fail" {
            assert_eq!(failures, ["already-there", "name-refused"]);
        } else {
            assert_eq!(failures, ["name-refused"], "{collision}");
            assert_eq!(world.sha256(key), sha256(&good), "{collision}");
        }
        assert_eq!(world.keys().len(), if collision == "suffix" { 2 } else { 1 }, "{collision}");
    }
}

/// The other rule is for what failed; what is done needs none.
#[tokio::test(flavor = "multi_thread")]
async fn another_collision_is_for_what_failed_and_not_for_what_is_done() {
    for (collision, key) in [("suffix", "in/cut (2).mov"), ("overwrite", "in/cut.mov")] {
        let world = World::new().await;
        let (good, cut, other) =
            (world.sources().join("a.mov"), world.sources().join("cut.mov"), world.path("cut.mov"));
        noise(&good, 1_000);
        noise(&cut, 2_000);
        noise(&other, 3_000);
        world.upload(&[&other]).env("DAVIT_HOME", world.path("another home")).end().await.all_done();
        let refused = world.upload(&[&good, &cut]).args(["--collision", "fail"]).end().await;
        assert_eq!(refused.failures(), ["already-there"], "{}", refused.out);
        let puts = world.cloud.observer().calls("PutObject");
        let ended = world.upload(&[&good, &cut]).args(["--collision", collision]).end().await;
        ended.all_done();
        assert_eq!(ended.summary()["earlier"], 1, "{}", ended.out);
        assert_eq!(world.sha256(key), sha256(&cut));
        assert!(!world.keys().contains(&"in/a (2).mov".to_owned()));
        let sent = world.cloud.observer().calls("PutObject") - puts;
        assert!(sent <= 2, "only what failed was asked for: {sent}");
        // All of it is done now: given again, it is another command.
        let again = world.upload(&[&good, &cut]).args(["--collision", "fail"]).end().await;
        assert_eq!(again.failures(), ["already-there", "already-there"], "{}", again.out);
    }
}

/// What could not be taken at all failed, too.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_stays_done_when_what_was_missing_is_given_again() {
    let world = World::new().await;
    let (good, late) = (world.sources().join("good.txt"), world.sources().join("late.txt"));
    noise(&good, 10);
    let upload = || {
        let mut run = world.upload(&[&good, &late]);
        run.args(["--collision", "suffix"]);
        run
    };
    for earlier in [0, 1] {
        let ended = upload().end().await;
        assert_eq!((ended.code, ended.failures()), (Some(3), vec!["file-missing".to_owned()]), "{}", ended.out);
        assert_eq!(ended.summary()["earlier"], earlier, "{}", ended.out);
    }
    noise(&late, 20);
    upload().end().await.all_done();
    assert_eq!(world.keys(), ["in/good.txt", "in/late.txt"]);
    // All of it is done now: given again, it is another command.
    upload().end().await.all_done();
    assert_eq!(world.keys().len(), 4, "{:?}", world.keys());
}
