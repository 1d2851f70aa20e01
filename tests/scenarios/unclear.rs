//! Unclear endings: the answer to the request that makes the object never came. What is told then is the truth, and no
//! byte is sent again for it.

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use davit_core::engine::EnqueueOptions;
use davit_core::engine::feed::{Action, Target};
use davit_core::ids::TransferId;
use davit_core::journal::{Journal, Reader, Write};
use davit_core::session::Collision;
use davit_core::transfer::OnS3;
use davit_core::uploader::Options;
use davit_tests::davit::Ended;
use davit_tests::fault::{Fault, FaultProxy};
use davit_tests::soak::until_it_waits;
use davit_tests::source::{noise, sha256};
use davit_tests::world::{BUCKET, connected};
use davit_tests::{Run, World};
use tokio::time::Duration;

const COMPLETE: &str = "POST *?uploadId";
const PUT: &str = "PUT ";
const LARGE: u64 = 20 << 20;

/// Requests that carry bytes of a file.
fn bodies(world: &World) -> u32 {
    let seen = world.cloud.observer();
    seen.calls("PutObject") + seen.calls("UploadPart")
}

/// The one key that ends in this name.
fn key(world: &World, name: &str) -> String {
    let mut keys = world.keys();
    keys.retain(|key| key.ends_with(&format!("/{name}")));
    assert_eq!(keys.len(), 1, "{name}: {:?}", world.keys());
    keys.remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_kept_beside_replaces_no_third_one_whatever_its_destination_does() {
    for len in [1_000, LARGE] {
        let world = World::with_backend(900, "role").await;
        let source = |name: &str| world.sources().join(name);
        noise(&source("c/cut (2).mov"), 77);
        world.upload_by_backend(&[&source("c/cut (2).mov")]).end().await.all_done();
        noise(&source("a/cut.mov"), len);
        noise(&source("b/cut.mov"), len + 1);
        let options = world.options_by_backend(&world.cloud.endpoint());
        let uploader = connected(Options { home: world.path("another home"), hold: false, ..options }).await;
        let to = uploader.destinations().await.expect("one")[0].id.clone();
        let engine = uploader.engine();
        let options =
            EnqueueOptions { collision: Some(Collision::Overwrite), resume_same: false, ..EnqueueOptions::default() };
        let given = vec![source("a/cut.mov"), source("b/cut.mov")];
        let ticket = engine.enqueue(given, to, options).await.expect("taken");
        let settled = engine.settled(ticket.items.clone()).await.expect("settles");
        assert_eq!((settled.uploaded, settled.failed), (1, 1), "{settled:?}");
        engine.act(Action::KeepBoth, vec![Target::Item(ticket.items[1])]).await.expect("kept");
        let settled = engine.settled(ticket.items).await.expect("settles");
        assert_eq!(settled.uploaded, 2, "{settled:?}");
        assert_eq!(world.sha256(&key(&world, "cut (2).mov")), sha256(&source("c/cut (2).mov")), "the third");
        assert_eq!(world.sha256(&key(&world, "cut (3).mov")), sha256(&source("b/cut.mov")));
        assert_eq!(world.sha256(&key(&world, "cut.mov")), sha256(&source("a/cut.mov")));
        assert_eq!(world.cloud.uploads(BUCKET).len(), 0, "nothing is left behind");
        uploader.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_of_ours_is_known_for_ours_though_the_records_lost_one_of_its_parts() {
    let world = World::with_backend(900, "role").await;
    for collision in ["fail", "suffix", "overwrite"] {
        let name = format!("{collision}.mov");
        let file = world.sources().join(&name);
        noise(&file, LARGE);
        let home = world.path(collision);
        let upload = || {
            let mut run = world.upload_by_backend(&[&file]);
            run.env("DAVIT_HOME", &home).args(["--collision", collision]);
            run
        };
        let killed = upload().env("DAVIT_FAILPOINT", "complete:1:after").end().await;
        assert_eq!(killed.code, None, "{}{}", killed.out, killed.err);
        lose_a_part(&home).await;
        let sent = bodies(&world);
        upload().end().await.all_done();
        assert_eq!(bodies(&world), sent, "{collision}: not a byte is sent again");
        assert_eq!(world.sha256(&key(&world, &name)), sha256(&file));
    }
    assert_eq!(world.keys().len(), 3, "no second copy: {:?}", world.keys());
    assert_eq!(world.cloud.uploads(BUCKET).len(), 0, "nothing is left behind");
    world.no_byte_was_sent_twice();
}

/// As a row whose sum does not fit is left out.
async fn lose_a_part(home: &Path) {
    let (journal, _) = Journal::open(home).expect("the records");
    let id = TransferId::new(1);
    let mut parts = Reader::open(home).expect("the records").parts(id).expect("the records");
    assert_eq!(parts.len(), 3);
    parts.remove(1);
    let kept = parts.into_iter().map(|part| Write::Part(id, part));
    journal.write(std::iter::once(Write::ForgetParts(id)).chain(kept).collect()).await.expect("written");
}

fn upload(world: &World, file: &Path, collision: &str) -> Run {
    let mut run = world.upload_by_backend(&[file]);
    run.args(["--collision", collision]);
    run
}

/// Killed when the store had the object and nobody had heard; then the file becomes another version, and is given again.
/// Answers the file, what it was, and how the second command ended.
async fn overtaken(world: &World, name: &str, len: u64, point: &str, collision: &str) -> (PathBuf, String, Ended) {
    let file = world.sources().join(name);
    noise(&file, len);
    let before = sha256(&file);
    let killed = upload(world, &file, collision).env("DAVIT_FAILPOINT", point).end().await;
    assert_eq!(killed.code, None, "{}{}", killed.out, killed.err);
    noise(&file, len + 1);
    let ended = upload(world, &file, collision).end().await;
    (file, before, ended)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_stored_before_the_file_changed_is_ours_and_the_new_version_follows_the_rules() {
    for (name, len, point) in [("note.txt", 1_000, "put:1:after"), ("cut.mov", LARGE, "complete:1:after")] {
        for collision in ["fail", "suffix", "overwrite"] {
            let world = World::with_backend(900, "role").await;
            let (file, before, ended) = overtaken(&world, name, len, point, collision).await;
            let there = world.sha256(&key(&world, name));
            match collision {
                // The name is taken, by a version of this very file, and nothing else is claimed.
                "fail" => {
                    assert_eq!(ended.failures(), ["already-there"], "{name}: {}", ended.out);
                    assert_eq!(there, before);
                }
                "suffix" => {
                    ended.all_done();
                    let beside = name.replace('.', " (2).");
                    assert_eq!(world.sha256(&key(&world, &beside)), sha256(&file));
                    assert_eq!(there, before);
                }
                _ => {
                    ended.all_done();
                    assert_eq!(there, sha256(&file));
                }
            }
            assert_eq!(world.cloud.uploads(BUCKET).len(), 0, "nothing is left behind");
        }
    }
}

/// The same where the store never had it: the change is all there is to tell.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_stored_before_the_file_changed_is_told_as_a_change_whoever_may_look() {
    for blind in [false, true] {
        let world =
            if blind { World::with_blind_backend(900, "role").await } else { World::with_backend(900, "role").await };
        let file = world.sources().join("cut.mov");
        noise(&file, LARGE);
        let killed = world.upload_by_backend(&[&file]).env("DAVIT_FAILPOINT", "complete:1:before").end().await;
        assert_eq!(killed.code, None, "{}{}", killed.out, killed.err);
        noise(&file, LARGE + 1);
        let ended = world.upload_by_backend(&[&file]).end().await;
        assert_eq!(ended.failures(), ["file-changed"], "blind {blind}: {}", ended.out);
        assert_eq!(world.cloud.uploads(BUCKET).len(), 0, "its old pieces are removed");
        world.upload_by_backend(&[&file]).end().await.all_done();
        assert_eq!(world.sha256(&key(&world, "cut.mov")), sha256(&file));
    }
}

/// With write-only rights: whoever runs knows that the store never had it, and so does whoever goes on.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_store_never_had_is_not_in_doubt_however_it_rested() {
    for (name, len, refused) in
        [("note.txt", 1_000, Some(PUT)), ("note.txt", 1_000, None), ("cut.mov", LARGE, Some(COMPLETE))]
    {
        let world = World::with_blind_backend(900, "role").await;
        let mut link = FaultProxy::before(world.cloud.address()).await;
        let (address, endpoint) = (link.address(), link.endpoint());
        let file = world.sources().join(name);
        noise(&file, len);
        let upload = || {
            let mut run = world.upload_by_backend_and(&endpoint, &[&file]);
            run.args(["--collision", "fail"]);
            run
        };
        if let Some(request) = refused {
            link.faults.answer(request, 1, "403 Forbidden", "AccessDenied");
            assert_eq!(upload().end().await.failures(), ["access-denied"], "{name}");
        } else {
            // Nobody listens: what takes a connection and resets it may have had all of so small a request.
            link.is_gone();
            while tokio::net::TcpStream::connect(address).await.is_ok() {}
            let running = upload().start();
            until_it_waits(&world, &world.home(), "offline").await;
            assert_eq!(running.interrupt(), Some(130));
            link = FaultProxy::at(address, world.cloud.address());
        }
        noise(&file, len + 1);
        let again = upload().end().await;
        if len == LARGE {
            // Parts of the former version were sent.
            assert_eq!(again.failures(), ["file-changed"], "{}", again.out);
            upload().end().await.all_done();
        } else {
            again.all_done();
        }
        assert_eq!(world.sha256(&key(&world, name)), sha256(&file), "{name} {refused:?}");
        drop(link);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_gone_after_it_was_stored_is_done() {
    let world = World::with_backend(900, "role").await;
    let file = world.sources().join("cut.mov");
    noise(&file, LARGE);
    let before = sha256(&file);
    let folder = world.sources().join("day");
    std::fs::create_dir(&folder).expect("a folder");
    std::fs::rename(&file, folder.join("cut.mov")).expect("moved");
    let killed = world.upload_by_backend(&[&folder]).env("DAVIT_FAILPOINT", "complete:1:after").end().await;
    assert_eq!(killed.code, None, "{}{}", killed.out, killed.err);
    std::fs::remove_file(folder.join("cut.mov")).expect("removed");
    world.upload_by_backend(&[&folder]).end().await.all_done();
    assert_eq!(world.sha256(&key(&world, "cut.mov")), before);
}

/// With write-only rights: once told, the same command says so again and sends nothing; another rule is another answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_command_given_again_after_an_unknown_outcome_sends_nothing_unless_another_rule_is_chosen() {
    for (name, len, request) in [("note.txt", 1_000, PUT), ("cut.mov", LARGE, COMPLETE)] {
        for then in ["suffix", "overwrite", "looks"] {
            let mut world = World::with_blind_backend(900, "role").await;
            let link = FaultProxy::before(world.cloud.address()).await;
            let file = world.sources().join(name);
            noise(&file, len);
            let upload = |world: &World, collision: &str| -> Run {
                let mut run = world.upload_by_backend_and(&link.endpoint(), &[&file]);
                run.args(["--collision", collision]);
                run
            };
            link.faults.lose_answers(request, 1);
            let ended = upload(&world, "fail").end().await;
            assert_eq!(ended.failures(), ["outcome-unknown"], "{}", ended.out);
            let (sent, there) = (bodies(&world), world.object(&key(&world, name)).etag);
            for _ in 0..2 {
                let ended = upload(&world, "fail").end().await;
                assert_eq!(ended.failures(), ["outcome-unknown"], "{name}: {}", ended.out);
            }
            assert_eq!(bodies(&world), sent, "{name}: nothing is sent again");
            match then {
                "looks" => {
                    world.start_backend(&World::backend_config(900, "role")).await;
                    upload(&world, "fail").end().await.all_done();
                    assert_eq!(bodies(&world), sent, "{name}: what is seen to be there is not sent");
                    assert_eq!(world.keys().len(), 1);
                    world.no_byte_was_sent_twice();
                }
                "overwrite" => {
                    upload(&world, then).end().await.all_done();
                    assert_eq!(world.keys().len(), 1);
                    assert_ne!(world.object(&key(&world, name)).etag, there, "replaced, as asked");
                }
                _ => {
                    upload(&world, then).end().await.all_done();
                    assert_eq!(world.keys().len(), 2, "beside, as asked: {:?}", world.keys());
                }
            }
            assert_eq!(world.cloud.uploads(BUCKET).len(), 0, "nothing is left behind");
        }
    }
}

/// With write-only rights: a version that may be there, and another that is to follow.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_changed_after_an_unclear_end_is_never_called_anothers_nor_not_stored() {
    for (name, len, point) in [("note.txt", 1_000, "put:1:after"), ("cut.mov", LARGE, "complete:1:after")] {
        for collision in ["fail", "suffix", "overwrite"] {
            let world = World::with_blind_backend(900, "role").await;
            let (file, before, ended) = overtaken(&world, name, len, point, collision).await;
            assert_eq!(ended.failures(), ["outcome-unknown"], "{name} {collision}: {}", ended.out);
            let ended = upload(&world, &file, collision).end().await;
            let there = world.sha256(&key(&world, name));
            if collision == "fail" {
                assert_eq!(ended.failures(), ["outcome-unknown"], "{name}: {}", ended.out);
                assert_eq!(there, before);
            } else {
                ended.all_done();
                assert_eq!(there == sha256(&file), collision == "overwrite", "{name}");
                assert_eq!(world.keys().len(), if collision == "suffix" { 2 } else { 1 }, "{:?}", world.keys());
            }
        }
    }
}

/// Slow records leave the time to tell of a wait that is none.
#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_can_know_is_told_as_that_and_not_as_a_wait() {
    for (name, len, point) in [("note.txt", 1_000, "put:1:after"), ("cut.mov", LARGE, "complete:1:after")] {
        let world = World::with_blind_backend(900, "role").await;
        let file = world.sources().join(name);
        noise(&file, len);
        let killed = upload(&world, &file, "fail").env("DAVIT_FAILPOINT", point).end().await;
        assert_eq!(killed.code, None, "{}{}", killed.out, killed.err);
        noise(&file, len + 1);
        let ended = upload(&world, &file, "fail").env("DAVIT_FAILPOINT", "journal:1:before:slow").end().await;
        assert_eq!(ended.failures(), ["outcome-unknown"], "{name}: {}", ended.out);
        assert!(!ended.waited_for("outcome-unknown"), "{name}: {}", ended.out);
    }
}

/// With write-only rights. S3 says of its 500 that the request might have been processed or not.
#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_said_no_before_is_not_taken_for_one_that_never_answered() {
    let world = World::with_blind_backend(900, "role").await;
    let link = FaultProxy::before(world.cloud.address()).await;
    let others = world.sources().join("others/note.txt");
    noise(&others, 500);
    world.upload_by_backend(&[&others]).end().await.all_done();
    let file = world.sources().join("note.txt");
    noise(&file, 1_000);
    let said = [
        ("503 Slow Down", "SlowDown", "already-there"),
        ("400 Bad Request", "RequestTimeout", "already-there"),
        ("400 Bad Request", "BadDigest", "already-there"),
        ("409 Conflict", "ConditionalRequestConflict", "already-there"),
        ("500 Internal Server Error", "InternalError", "outcome-unknown"),
        ("503 Service Unavailable", "", "outcome-unknown"),
    ];
    for (number, (status, code, told)) in said.into_iter().enumerate() {
        link.faults.answer(PUT, 1, status, code);
        let mut run = world.upload_by_backend_and(&link.endpoint(), &[&file]);
        let ended = run.env("DAVIT_HOME", world.path(&number.to_string())).args(["--collision", "fail"]).end().await;
        assert_eq!(ended.failures(), [told], "{status} {code}: {}", ended.out);
    }
    assert_eq!(world.sha256(&key(&world, "note.txt")), sha256(&others));
}

/// HEAD has no body to tell the store's refusal from anybody's.
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_to_look_that_is_not_the_stores_is_never_believed() {
    for status in ["400 Bad Request", "403 Forbidden", "404 Not Found"] {
        for collision in ["fail", "suffix"] {
            let world = World::new().await;
            let gateway = FaultProxy::before(world.cloud.address()).await;
            let link = FaultProxy::before(gateway.address()).await;
            let upload = |file: &Path| {
                let mut run = world.upload_by(&link.endpoint(), &[file]);
                run.args(["--collision", collision]);
                run
            };
            let note = world.sources().join("note.txt");
            noise(&note, 1_000);
            link.faults.lose_answers(PUT, 1);
            gateway.faults.meet("HEAD ", 2, Fault::Nobodys { status });
            upload(&note).end().await.all_done();
            assert_eq!(gateway.faults.still_to_meet(), 0, "{status}: the fault was met");
            assert_eq!(world.keys(), ["in/note.txt"], "{status} {collision}: it is ours, and there once");

            let (theirs, ours) = (world.sources().join("theirs/cut.mov"), world.sources().join("cut.mov"));
            noise(&theirs, 700);
            noise(&ours, LARGE);
            world.upload(&[&theirs]).end().await.all_done();
            gateway.faults.meet("HEAD ", 2, Fault::Nobodys { status });
            let ended = upload(&ours).end().await;
            assert_eq!(gateway.faults.still_to_meet(), 0, "{status}: the fault was met");
            let begun = world.cloud.observer().calls("CreateMultipartUpload");
            if collision == "fail" {
                assert_eq!((ended.failures(), begun), (vec!["already-there".to_owned()], 0), "{status}: {}", ended.out);
            } else {
                ended.all_done();
                assert_eq!((world.sha256("in/cut (2).mov"), begun), (sha256(&ours), 1), "{status}: none in vain");
            }
        }
    }
}

/// A store may name none of its answers: what it says to GET it says in words.
#[tokio::test(flavor = "multi_thread")]
async fn a_store_whose_refusals_to_look_bear_no_id_is_asked_in_words() {
    let world = World::new().await;
    let link = FaultProxy::before(world.cloud.address()).await;
    let file = world.sources().join("cut.mov");
    noise(&file, LARGE);
    link.faults.meet("HEAD ", u32::MAX, Fault::Nobodys { status: "404 Not Found" });
    world.upload_by(&link.endpoint(), &[&file]).args(["--collision", "fail"]).end().await.all_done();
    assert!(link.faults.still_to_meet() < u32::MAX, "it was asked");
    assert_eq!(world.sha256("in/cut.mov"), sha256(&file));
}

/// S3 says to whoever may not list the bucket of a free name what it says to whoever may not look.
#[tokio::test(flavor = "multi_thread")]
async fn one_refusal_to_look_is_not_taken_for_the_next() {
    let world = World::new().await;
    let free = FaultProxy::before(world.cloud.address()).await;
    let link = FaultProxy::before(free.address()).await;
    let file = world.sources().join("cut.mov");
    noise(&file, LARGE);
    free.faults.meet("HEAD ", 1, Fault::Says { status: "403 Forbidden", code: "AccessDenied" });
    link.faults.lose_answers(COMPLETE, 1);
    world.upload_by(&link.endpoint(), &[&file]).args(["--collision", "fail"]).end().await.all_done();
    assert_eq!(free.faults.still_to_meet(), 0, "the fault was met");
    assert_eq!(link.faults.lost_answers.load(Ordering::SeqCst), 0, "the fault was met");
    assert_eq!(world.sha256("in/cut.mov"), sha256(&file));
    world.no_byte_was_sent_twice();
}

/// What was killed while it was sent nobody can tell the end of, where nobody may look. The records read as a kill would leave
/// them.
#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_may_look_no_more_small_files_are_in_doubt_than_are_sent() {
    const PLACES: u16 = 2;
    let world = World::with_blind_backend(900, "role").await;
    let link = FaultProxy::before(world.cloud.address()).await;
    link.faults.latency_ms.store(10, Ordering::SeqCst);
    let options = world.options_by_backend(&link.endpoint());
    let uploader = connected(Options { concurrency: Some(PLACES), hold: false, ..options }).await;
    let (engine, to) = (uploader.engine(), uploader.destinations().await.expect("one")[0].id.clone());
    let options = EnqueueOptions { collision: Some(Collision::Fail), resume_same: false, ..EnqueueOptions::default() };

    // Of something large it is asked first whether its name is taken.
    let large = world.sources().join("cut.mov");
    noise(&large, LARGE);
    let ticket = engine.enqueue(vec![large], to.clone(), options).await.expect("taken");
    assert_eq!(engine.settled(ticket.items).await.expect("settles").uploaded, 1);

    let small: Vec<_> = (0..60).map(|n| world.sources().join(format!("small/{n:02}"))).collect();
    for file in &small {
        noise(file, 1_000);
    }
    let ticket = engine.enqueue(small, to, options).await.expect("taken");
    let mut settles = std::pin::pin!(engine.settled(ticket.items));
    let reader = Reader::open(&world.home()).expect("the records");
    let (mut in_doubt, mut seen) = (0, 0);
    let settled = loop {
        let rows = reader.status().expect("rows");
        in_doubt = in_doubt.max(rows.iter().filter(|row| row.standing.on_s3 == OnS3::Putting).count());
        seen += 1;
        if let Ok(settled) = tokio::time::timeout(Duration::from_millis(1), &mut settles).await {
            break settled.expect("settles");
        }
    };
    assert_eq!(settled.uploaded, 60);
    // What one sent may be on record no sooner than what the next begins.
    let at_most = usize::from(PLACES) * 2;
    assert!((1..=at_most).contains(&in_doubt), "{in_doubt} in {seen} looks");
}

/// A Complete was not answered, and whoever asks again hears for longer than one takes that another is at work.
#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_that_lasts_after_a_lost_answer_to_complete_begins_nothing_anew() {
    let lasting = async |blind: bool, collision: &'static str| {
        let world =
            if blind { World::with_blind_backend(900, "role").await } else { World::with_backend(900, "role").await };
        let link = FaultProxy::before(world.cloud.address()).await;
        let file = world.sources().join("cut.mov");
        noise(&file, LARGE);
        link.faults.lose_answers(COMPLETE, 1);
        link.faults.meet(
            COMPLETE,
            u32::MAX,
            Fault::Says { status: "409 Conflict", code: "ConditionalRequestConflict" },
        );
        let mut run = world.upload_by_backend_and(&link.endpoint(), &[&file]);
        let ended = run.args(["--collision", collision]).end().await;
        assert_eq!(world.cloud.observer().calls("CreateMultipartUpload"), 1, "{collision}: {}", ended.out);
        if blind {
            assert_eq!(ended.failures(), ["outcome-unknown"], "{collision}: {}", ended.out);
        } else {
            ended.all_done();
        }
        assert_eq!(world.keys().len(), 1, "{collision}: {:?}", world.keys());
        world.no_byte_was_sent_twice();
    };
    tokio::join!(lasting(true, "fail"), lasting(true, "suffix"), lasting(false, "suffix"));
}

/// With write-only rights: a Complete on its way arrives just before the upload of the former version is given up.
#[tokio::test(flavor = "multi_thread")]
async fn a_complete_that_arrives_before_its_abort_is_never_called_not_stored() {
    let world = World::with_blind_backend(900, "role").await;
    let slow = FaultProxy::before(world.cloud.address()).await;
    let link = FaultProxy::before(slow.address()).await;
    let file = world.sources().join("cut.mov");
    noise(&file, LARGE);
    let before = sha256(&file);
    COMPLETE.clone_into(&mut slow.faults.only.lock().expect("faults"));
    slow.faults.mid_body.store(true, Ordering::SeqCst);
    slow.faults.hold.send_replace(true);
    let running = world.upload_by_backend_and(&link.endpoint(), &[&file]).start();
    slow.holds_one().await;
    running.kill();
    noise(&file, LARGE + 1);

    link.faults.meet("DELETE ", 1, Fault::BUSY);
    link.faults.hold.send_replace(true);
    let mut run = world.upload_by_backend_and(&link.endpoint(), &[&file]);
    let running = tokio::spawn(async move { run.end().await });
    link.holds_one().await;
    slow.faults.hold.send_replace(false);
    while world.keys().is_empty() {
        tokio::task::yield_now().await;
    }
    link.faults.hold.send_replace(false);
    let ended = running.await.expect("it runs");
    assert_eq!(ended.failures(), ["outcome-unknown"], "{}", ended.out);
    assert_eq!(world.sha256(&key(&world, "cut.mov")), before);
}

/// A backup makes another name of a small file while the answer to its request is on its way, which never comes.
#[tokio::test(flavor = "multi_thread")]
async fn a_small_file_that_is_touched_before_its_lost_answer_is_looked_into_goes_on_by_itself() {
    let touched = async |blind: bool, stored: bool, collision: &'static str| {
        let world =
            if blind { World::with_blind_backend(900, "role").await } else { World::with_backend(900, "role").await };
        let link = FaultProxy::before(world.cloud.address()).await;
        let file = world.sources().join("note.txt");
        noise(&file, 1_000);
        PUT.clone_into(&mut link.faults.only.lock().expect("faults"));
        if !stored {
            link.faults.answer(PUT, 1, "500 Internal Server Error", "InternalError");
        }
        link.faults.hold.send_replace(true);
        let mut run = world.upload_by_backend_and(&link.endpoint(), &[&file]);
        run.args(["--collision", collision]);
        let running = tokio::spawn(async move { run.end().await });
        link.holds_one().await;
        std::fs::hard_link(&file, world.sources().join("note.backup")).expect("linked");
        if stored {
            link.goes_away();
            link.comes_back();
        }
        link.faults.hold.send_replace(false);
        let ended = running.await.expect("it runs");
        ended.all_done();
        assert_eq!(ended.failures(), Vec::<String>::new(), "{stored} {collision}");
        assert_eq!(world.sha256(&key(&world, "note.txt")), sha256(&file));
        assert_eq!(world.keys().len(), 1, "{stored} {collision}: {:?}", world.keys());
    };
    for collision in ["fail", "suffix", "overwrite"] {
        tokio::join!(
            touched(false, false, collision),
            touched(true, false, collision),
            touched(false, true, collision)
        );
    }
}
