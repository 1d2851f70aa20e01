//! As many connections as the link is worth, and no slow one at the end.

use std::fs::File;
use std::sync::atomic::Ordering;

use davit_tests::World;
use davit_tests::fault::{Fault, FaultProxy};
use davit_tests::source::{noise, sha256};

const MB: u64 = 1_000_000;
const PART: u64 = 128 << 10;

/// Much more than the system keeps of a slow connection before it is sent: what is taken would come in bursts that say nothing.
const LARGER: u64 = 1 << 20;

/// Much more than takes as long as it takes to find out what such a link is worth.
const LONG: u64 = 4_000 * MB;
const MANY: u32 = 32;

#[tokio::test(flavor = "multi_thread")]
async fn slow_connections_become_many() {
    let world = World::of_small_parts().await;
    let link = FaultProxy::tight(world.cloud.address());
    link.faults.rate_each.store(MB, Ordering::SeqCst);
    link.faults.rate.store(100 * MB, Ordering::SeqCst);
    let file = world.sources().join("cut.mov");
    File::create(&file).and_then(|file| file.set_len(LONG)).expect("file");
    let mut run = world.upload_by(&link.endpoint(), &[&file]);
    let mut running = run.env("DAVIT_TEST_PART_SIZE", LARGER.to_string()).start();
    // How soon is the machine's affair as well.
    tokio::task::block_in_place(|| {
        while link.faults.connections.load(Ordering::SeqCst) < MANY {
            running.until_event("progress");
        }
    });
    running.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn fast_connections_stay_few() {
    let world = World::of_small_parts().await;
    let link = FaultProxy::tight(world.cloud.address());
    link.faults.rate.store(6 * MB, Ordering::SeqCst);
    let file = world.sources().join("cut.mov");
    noise(&file, 24 * MB);
    let mut run = world.upload_by(&link.endpoint(), &[&file]);
    run.env("DAVIT_TEST_PART_SIZE", PART.to_string()).end().await.all_done();
    assert_eq!(world.sha256("in/cut.mov"), sha256(&file));
    world.no_byte_was_sent_twice();
    let few = link.faults.connections.load(Ordering::SeqCst);
    assert!(few <= 16, "{few}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_last_part_that_hangs_is_sent_by_another_connection_too() {
    let world = World::of_small_parts().await;
    let link = FaultProxy::before(world.cloud.address()).await;
    let file = world.sources().join("cut.mov");
    noise(&file, 64 * PART);
    link.faults.meet("partNumber=64", 1, Fault::StallMid { at: PART / 2 });
    let mut run = world.upload_by(&link.endpoint(), &[&file]);
    run.env("DAVIT_TEST_PART_SIZE", PART.to_string());
    run.end().await.all_done();
    assert_eq!(world.sha256("in/cut.mov"), sha256(&file));
    assert_eq!(link.faults.requests.load(Ordering::SeqCst), 2);
    assert_eq!(link.faults.hung_beside.load(Ordering::SeqCst), 1, "the first was given up before there was a second");
}

/// Each of them is tried again and again; what was not begun waits for that.
#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_busy_is_not_asked_for_all_there_is() {
    const PLACES: u32 = 4;
    let world = World::of_small_parts().await;
    let link = FaultProxy::before(world.cloud.address()).await;
    let file = world.sources().join("cut.mov");
    noise(&file, 100 * PART);
    // Each of what may be under way is asked for more than once.
    let refused = PLACES * 5;
    link.faults.answer("partNumber=", refused, "503 Slow Down", "SlowDown");
    let mut run = world.upload_by(&link.endpoint(), &[&file]);
    run.args(["--concurrency", &PLACES.to_string()]).env("DAVIT_TEST_PART_SIZE", PART.to_string());
    let running = run.start();
    tokio::task::block_in_place(|| {
        while link.faults.requests.load(Ordering::SeqCst) < refused {
            std::thread::yield_now();
        }
    });
    let parts = link.faults.asked.lock().expect("faults").len();
    assert!(parts <= 2 * PLACES as usize, "{parts} of 100");
    running.end().all_done();
    assert_eq!(world.sha256("in/cut.mov"), sha256(&file));
}
