//! Names that meet, commands that are given again, answers that are lost: nothing is replaced unasked, nothing is left
//! behind unseen, and what cannot be known is not claimed.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use davit_core::engine::feed::{Action, Target};
use davit_core::ids::ItemId;
use davit_tests::World;
use davit_tests::davit::{Ended, Run};
use davit_tests::fault::{Fault, FaultProxy};
use davit_tests::soak::until;
use davit_tests::source::{noise, sha256};
use davit_tests::world::{BUCKET, connected};

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
            world.no_byte_was_sent_twice();
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
    world.kill_midway(&mut world.upload_by(&link.endpoint(), &[&file]));
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

/// An upload by way of this link that is killed there.
async fn killed_after(world: &World, link: &FaultProxy, by_backend: bool, file: &Path, point: &str) {
    let mut begin = if by_backend {
        world.upload_by_backend_and(&link.endpoint(), &[file])
    } else {
        world.upload_by(&link.endpoint(), &[file])
    };
    let killed = begin.env("DAVIT_FAILPOINT", point).end().await;
    assert_eq!(killed.code, None, "{}{}", killed.out, killed.err);
}

/// A cancel of everything that was begun so.
fn cancel_all(world: &World, link: &FaultProxy, by_backend: bool) -> Run {
    let keys = world.cloud.keys();
    let mut cancel = world.davit("cancel");
    cancel.arg("--all").env("AWS_ACCESS_KEY_ID", &keys.access_key_id);
    cancel.env("AWS_SECRET_ACCESS_KEY", &keys.secret_access_key);
    if by_backend {
        cancel.env("DAVIT_SERVER", world.backend.as_ref().expect("a backend").url());
        cancel.env("DAVIT_DEV_S3_ENDPOINT", link.endpoint());
    }
    cancel
}

/// Nothing runs any more, and a cancel removes what S3 holds before it ends, or says that it stays.
#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_without_a_running_process_removes_what_s3_holds_or_tells_that_it_is_left() {
    for (by_backend, refused) in [(false, false), (true, false), (false, true), (true, true)] {
        let world = World::with_backend(900, "role").await;
        let link = FaultProxy::before(world.cloud.address()).await;
        let file = world.sources().join("cut.mov");
        noise(&file, 40 << 20);
        killed_after(&world, &link, by_backend, &file, "part:2:after").await;
        assert_eq!(world.cloud.uploads(BUCKET).len(), 1);
        if refused {
            link.faults.answer("DELETE ", u32::MAX, "403 Forbidden", "AccessDenied");
        }
        let cancelled = cancel_all(&world, &link, by_backend).end().await;
        assert_eq!(cancelled.code, Some(0), "{}{}", cancelled.out, cancelled.err);
        let left = world.cloud.uploads(BUCKET).len();
        assert_eq!(left, usize::from(refused), "backend {by_backend}: {}{}", cancelled.out, cancelled.err);
        assert_eq!(cancelled.err.contains("is left under media/"), refused, "{}", cancelled.err);
        assert_eq!(cancelled.out, "1 cancelled\n");
        assert_eq!(left_in_s3(&world).await.len(), left);
        // Once the store lets it, the next cancel removes it, and says that this is what it did.
        link.faults.busy.store(0, Ordering::SeqCst);
        let again = cancel_all(&world, &link, by_backend).end().await;
        assert_eq!(again.code, Some(0), "{}{}", again.out, again.err);
        let said =
            if refused { "1 unfinished upload removed\n" } else { "There is nothing to cancel. See `davit status`.\n" };
        assert_eq!(again.out, said, "backend {by_backend}: {}", again.err);
        assert_eq!((world.cloud.uploads(BUCKET).len(), left_in_s3(&world).await.len()), (0, 0));
    }
}

/// How a cancel without a running process ends where the store says nothing, and how long that takes.
async fn cancelled_in_silence(by_backend: bool, takes_connections: bool) -> (Duration, Ended) {
    let world = World::with_backend(900, "role").await;
    let mut link = FaultProxy::before(world.cloud.address()).await;
    let file = world.sources().join("cut.mov");
    noise(&file, 20 << 20);
    killed_after(&world, &link, by_backend, &file, "part:1:after").await;
    if takes_connections {
        link.faults.mute.store(true, Ordering::SeqCst);
    } else {
        link.falls_silent().await;
    }
    let begun = Instant::now();
    let ended = cancel_all(&world, &link, by_backend).end().await;
    (begun.elapsed(), ended)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_without_a_running_process_waits_half_a_minute_for_a_silent_store_and_says_so() {
    let ways = [(false, false), (false, true), (true, false)];
    let [a, b, c] = ways.map(|(by_backend, takes)| cancelled_in_silence(by_backend, takes));
    for ((took, ended), way) in <[_; 3]>::from(tokio::join!(a, b, c)).into_iter().zip(ways) {
        let said = format!("{way:?}, {took:?}: {}{}", ended.out, ended.err);
        assert!(took < Duration::from_secs(32), "{said}");
        assert_eq!((ended.code, &*ended.out), (Some(0), "1 cancelled\n"), "{said}");
        assert!(
            ended.err.contains("Waiting for what was sent to be removed") && ended.err.contains("is left under media/"),
            "{said}"
        );
    }
}

/// Nobody signs in to a place without a company.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_at_a_place_without_a_company_is_told_with_the_place_and_without_a_sign_in() {
    let world = World::new().await;
    let link = FaultProxy::before(world.cloud.address()).await;
    let file = world.sources().join("cut.mov");
    noise(&file, 20 << 20);
    killed_after(&world, &link, false, &file, "part:1:after").await;
    "DELETE ".clone_into(&mut link.faults.only.lock().expect("faults"));
    link.faults.hold.send_replace(true);
    let cancel = cancel_all(&world, &link, false).start();
    link.holds_one().await;
    cancel.kill();
    let left = left_in_s3(&world).await;
    assert_eq!((left.len(), &left[0]["code"]), (1, &serde_json::Value::Null), "{left:?}");
    for command in ["status", "doctor"] {
        let told = world.davit(command).end().await;
        assert!(told.out.contains("left under media/in/cut.mov") && !told.out.contains("sign"), "{}", told.out);
        assert!(
            told.out.contains(&format!("`--s3 s3://media/in/ --endpoint-url {}`", link.endpoint())),
            "{}",
            told.out
        );
    }
}

/// Its parts stay, so that it goes on once the file is back; nobody is left to wonder what they are.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_of_a_file_that_failed_is_told_and_a_cancel_removes_it() {
    let world = World::new().await;
    let file = world.sources().join("cut.mov");
    noise(&file, 40 << 20);
    let killed = world.upload(&[&file]).env("DAVIT_FAILPOINT", "part:2:after").end().await;
    assert_eq!(killed.code, None, "{}{}", killed.out, killed.err);
    std::fs::remove_file(&file).expect("removed");
    let failed = world.upload(&[&file]).end().await;
    assert_eq!(failed.failures(), ["file-missing"]);
    let left = left_in_s3(&world).await;
    assert_eq!(left.len(), 1);
    assert_eq!((&left[0]["key"], &left[0]["kept"]), (&"in/cut.mov".into(), &"file-missing".into()));
    let doctor = world.davit("doctor").end().await;
    assert!(doctor.out.contains("is kept under media/in/cut.mov"), "{}", doctor.out);
    let keys = world.cloud.keys();
    let mut cancel = world.davit("cancel");
    cancel.arg("--all").env("AWS_ACCESS_KEY_ID", &keys.access_key_id);
    let cancelled = cancel.env("AWS_SECRET_ACCESS_KEY", &keys.secret_access_key).end().await;
    assert_eq!(cancelled.code, Some(0), "{}{}", cancelled.out, cancelled.err);
    assert_eq!((world.cloud.uploads(BUCKET).len(), left_in_s3(&world).await.len()), (0, 0));
}

/// A row taken off the list takes with it what S3 holds of it, once that cannot be taken back any more.
#[tokio::test(flavor = "multi_thread")]
async fn a_failed_row_taken_off_the_list_leaves_nothing_in_s3() {
    let world = World::with_backend(900, "role").await;
    let file = world.sources().join("cut.mov");
    noise(&file, 40 << 20);
    let killed = world.upload_by_backend(&[&file]).env("DAVIT_FAILPOINT", "part:2:after").end().await;
    assert_eq!(killed.code, None, "{}{}", killed.out, killed.err);
    std::fs::remove_file(&file).expect("removed");
    assert_eq!(world.upload_by_backend(&[&file]).end().await.failures(), ["file-missing"]);
    assert_eq!(world.cloud.uploads(BUCKET).len(), 1);
    let uploader = connected(world.options_by_backend(&world.cloud.endpoint())).await;
    let done = uploader.engine().act(Action::Remove, vec![Target::Item(ItemId::new(1))]).await.expect("removed");
    assert_eq!(done.count, 1);
    until(|| world.cloud.uploads(BUCKET).is_empty()).await;
    // That it is gone is on record once S3's answer has come.
    let gone = async { while !left_in_s3(&world).await.is_empty() {} };
    tokio::time::timeout(Duration::from_secs(60), gone).await.expect("on record");
    uploader.close().await;
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
async fn an_upload_that_was_asked_for_when_the_process_ended_is_told_of_at_once() {
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
            assert_eq!(left_in_s3(&world).await.len(), 0, "its answer is waited for");
            assert_eq!(running.interrupt(), Some(130));
            link.faults.hold.send_replace(false);
        } else {
            let killed = run.env("DAVIT_FAILPOINT", way).end().await;
            assert_eq!(killed.code, None, "{way}: {}{}", killed.out, killed.err);
        }
        let left = left_in_s3(&world).await;
        assert_eq!(left.len(), 1, "{way}: {left:?}");
        assert_eq!((&left[0]["key"], &left[0]["upload"]), (&"in/cut.mov".into(), &serde_json::Value::Null));
        let status = world.davit("status").end().await;
        assert!(
            status.out.contains("may be left under media/in/cut.mov: its answer was lost."),
            "{way}: {}",
            status.out
        );
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
