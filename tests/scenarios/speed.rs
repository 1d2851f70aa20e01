//! As many connections as the link is worth, and no slow one at the end.

use std::sync::atomic::Ordering;

use davit_tests::World;
use davit_tests::fault::{Fault, FaultProxy};
use davit_tests::source::{noise, sha256};

const MB: u64 = 1_000_000;
const PART: u64 = 128 << 10;

/// Much more than the system keeps of a slow connection before it is sent: what is taken would come in bursts that say nothing.
const LARGER: u64 = 1 << 20;

/// Connections that an upload of `bytes` in such parts came by, over a link of these rates, in bytes a second.
async fn connections(bytes: u64, part: u64, each: u64, all: u64) -> u32 {
    let world = World::of_small_parts().await;
    let link = FaultProxy::tight(world.cloud.address());
    link.faults.rate_each.store(each, Ordering::SeqCst);
    link.faults.rate.store(all, Ordering::SeqCst);
    let file = world.sources().join("cut.mov");
    noise(&file, bytes);
    let mut run = world.upload_by(&link.endpoint(), &[&file]);
    run.env("DAVIT_TEST_PART_SIZE", part.to_string()).end().await.all_done();
    assert_eq!(world.sha256("in/cut.mov"), sha256(&file));
    world.no_byte_was_sent_twice();
    link.faults.connections.load(Ordering::SeqCst)
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_connections_become_many_and_fast_ones_stay_few() {
    let many = connections(160 * MB, LARGER, MB, 100 * MB).await;
    let few = connections(24 * MB, PART, 0, 6 * MB).await;
    println!("{many} slow connections, {few} fast ones");
    assert!(many >= 32, "{many}");
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
