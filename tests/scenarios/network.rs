//! The network breaks: nothing is lost, nothing is given up.

use std::sync::atomic::Ordering;
use std::time::Duration;

use davit_tests::World;
use davit_tests::fault::{Fault, FaultProxy};
use davit_tests::source::{noise, sha256};

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_parts_in_flight_outlive_an_outage_of_three_seconds() {
    let world = World::new().await;
    let proxy = FaultProxy::before(world.cloud.address()).await;
    let file = world.sources().join("cut.mov");
    noise(&file, 900 << 20);
    // Slow enough that all of them are on their way at once.
    world.cloud.takes(50 << 20);
    let mut running = world.upload_by(&proxy.endpoint(), &[&file]).args(["--concurrency", "64"]).start();
    while world.cloud.observer().most_in_flight() < 64 {
        assert!(running.runs(), "it ended with {} in flight at most", world.cloud.observer().most_in_flight());
        tokio::task::yield_now().await;
    }
    proxy.goes_away();
    tokio::time::sleep(Duration::from_secs(3)).await;
    world.cloud.takes(0);
    proxy.comes_back();
    let (code, rest) = running.ends();
    assert_eq!(code, Some(0), "{rest}");
    assert_eq!(world.sha256("in/cut.mov"), sha256(&file));
}

#[tokio::test(flavor = "multi_thread")]
async fn resets_busy_answers_and_lost_answers_are_mended_without_sending_acknowledged_parts_again() {
    let world = World::new().await;
    let proxy = FaultProxy::before(world.cloud.address()).await;
    let file = world.sources().join("cut.mov");
    noise(&file, 200 << 20);
    proxy.faults.only.lock().expect("faults").push_str("partNumber=");
    proxy.faults.resets.store(5, Ordering::SeqCst);
    proxy.faults.reset_after.store(3 << 20, Ordering::SeqCst);
    proxy.faults.busy.store(5, Ordering::SeqCst);
    world.upload_by(&proxy.endpoint(), &[&file]).end().await.all_done();
    assert_eq!(world.sha256("in/cut.mov"), sha256(&file));
    world.no_byte_was_sent_twice();
}

/// The system took every byte, and nothing of it was stored.
#[tokio::test(flavor = "multi_thread")]
async fn a_reset_after_a_whole_body_of_which_nothing_was_stored_costs_that_piece_alone() {
    for (mib, only, pieces) in [(33, "partNumber=", 5), (1, "PUT /media/in/cut.mov", 1)] {
        let world = World::new().await;
        let proxy = FaultProxy::before(world.cloud.address()).await;
        let file = world.sources().join("cut.mov");
        noise(&file, mib << 20);
        proxy.faults.meet(only, 3, Fault::ResetWhole);
        world.upload_by(&proxy.endpoint(), &[&file]).end().await.all_done();
        assert_eq!(proxy.faults.still_to_meet(), 0, "the fault was met");
        assert_eq!(world.sha256("in/cut.mov"), sha256(&file));
        let observer = world.cloud.observer();
        let seen = observer.calls("UploadPart") + observer.calls("PutObject");
        let sent = proxy.faults.requests.load(Ordering::SeqCst);
        assert_eq!((seen, sent), (pieces, pieces + 3), "the store saw none of the three");
        world.no_byte_was_sent_twice();
    }
}

/// As on a long way: each connection carries little, and the line much.
#[tokio::test(flavor = "multi_thread")]
async fn a_way_that_gives_each_connection_little_is_filled_by_many_of_them() {
    const EACH: u64 = 256 << 10;
    const PARTS: u32 = 32;
    let world = World::of_small_parts().await;
    let proxy = FaultProxy::narrow(world.cloud.address());
    proxy.faults.rate_each.store(EACH, Ordering::SeqCst);
    let file = world.sources().join("cut.mov");
    noise(&file, u64::from(PARTS) * EACH);
    let mut run = world.upload_by(&proxy.endpoint(), &[&file]);
    let begun = std::time::Instant::now();
    run.env("DAVIT_TEST_PART_SIZE", EACH.to_string()).args(["--concurrency", "16"]).end().await.all_done();
    let took = begun.elapsed();
    assert_eq!(world.sha256("in/cut.mov"), sha256(&file));
    world.no_byte_was_sent_twice();
    // One connection would need a second for each part.
    assert!(took.as_secs() < u64::from(PARTS) / 3, "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_to_complete_ends_in_the_truth() {
    let world = World::new().await;
    let proxy = FaultProxy::before(world.cloud.address()).await;
    let file = world.sources().join("cut.mov");
    noise(&file, 40 << 20);
    // POST …?uploadId=… is Complete; parts are PUT.
    proxy.faults.only.lock().expect("faults").push_str("POST /media/in/cut.mov?uploadId=");
    proxy.faults.lost_answers.store(1, Ordering::SeqCst);
    let ended = world.upload_by(&proxy.endpoint(), &[&file]).end().await;
    ended.all_done();
    assert_eq!(proxy.faults.lost_answers.load(Ordering::SeqCst), 0, "the fault was met");
    assert_eq!(world.sha256("in/cut.mov"), sha256(&file));
    assert_eq!(world.cloud.observer().calls("CreateMultipartUpload"), 1, "not uploaded again");
    world.no_byte_was_sent_twice();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_knows_no_trailers_gets_the_checksum_in_a_header() {
    let world = World::new().await;
    let proxy = FaultProxy::before(world.cloud.address()).await;
    proxy.faults.no_trailers.store(true, Ordering::SeqCst);
    let files = [("cut.mov", 40 << 20), ("still.tif", 1 << 20), ("note.txt", 1_000)];
    let [large, middle, small] = files.map(|(name, len)| {
        noise(&world.sources().join(name), len);
        world.sources().join(name)
    });
    world.upload_by(&proxy.endpoint(), &[&large, &middle, &small]).end().await.all_done();
    assert_eq!(world.sha256("in/cut.mov"), sha256(&large));
    assert_eq!(world.sha256("in/still.tif"), sha256(&middle));
    assert_eq!(world.sha256("in/note.txt"), sha256(&small));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backend_that_is_down_is_waited_for() {
    let world = World::with_backend(900, "role").await;
    let backend = world.backend.as_ref().expect("a backend").address();
    let link = FaultProxy::before(backend).await;
    let file = world.sources().join("cut.mov");
    noise(&file, 20 << 20);
    // Down at the first question, and when credentials are wanted.
    for at in ["GET /.well-known", "POST /v1/credentials"] {
        *link.faults.only.lock().expect("faults") = at.to_owned();
        link.faults.busy.store(2, Ordering::SeqCst);
        let mut run = world.upload_by_backend(&[&file]);
        run.env("DAVIT_SERVER", link.endpoint()).args(["--collision", "overwrite"]).end().await.all_done();
        assert_eq!(link.faults.busy.load(Ordering::SeqCst), 0, "the fault was met at {at}");
        assert_eq!(world.keys().len(), 1);
    }
}

/// A filter, a proxy or a gateway on the way has a bad moment. S3 says no such thing without its code and its id.
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_that_is_not_the_stores_is_waited_out() {
    let world = World::new().await;
    let link = FaultProxy::before(world.cloud.address()).await;
    let [large, small] = [("cut.mov", 20 << 20), ("note.txt", 1_000)].map(|(name, len)| {
        noise(&world.sources().join(name), len);
        world.sources().join(name)
    });
    for status in ["400 No", "401 No", "403 No", "404 No", "408 No", "409 No", "413 No", "421 No", "425 No", "502 No"] {
        for (only, file) in [("partNumber=2", &large), ("PUT /media/in/note", &small), ("POST *?upload", &large)] {
            link.faults.meet(only, 2, Fault::Nobodys { status });
            let mut run = world.upload_by(&link.endpoint(), &[file]);
            run.args(["--collision", "overwrite"]).end().await.all_done();
            assert_eq!(link.faults.still_to_meet(), 0, "{status}: the fault was met");
        }
    }
    assert_eq!(world.sha256("in/cut.mov"), sha256(&large));
    assert_eq!(world.sha256("in/note.txt"), sha256(&small));
}

/// S3 may answer Complete at once and take minutes for the rest. Source: S3 API reference, CompleteMultipartUpload.
#[tokio::test(flavor = "multi_thread")]
async fn a_complete_that_takes_its_time_and_shows_it_is_asked_once() {
    let world = World::new().await;
    let link = FaultProxy::before(world.cloud.address()).await;
    let file = world.sources().join("cut.mov");
    noise(&file, 20 << 20);
    link.faults.meet("POST *?uploadId=", 1, Fault::Blanks { seconds: 30 });
    world.upload_by(&link.endpoint(), &[&file]).end().await.all_done();
    assert_eq!(link.faults.still_to_meet(), 0, "the fault was met");
    assert_eq!(world.cloud.observer().calls("CompleteMultipartUpload"), 1);
    assert_eq!(world.sha256("in/cut.mov"), sha256(&file));
}
