//! Goals R6 and R13: the network goes, the computer sleeps; bytes flow again within ten seconds.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::World;
use crate::fault::{FaultProxy, Standing};
use crate::source::{noise, sha256};

/// So many parts are in flight when the network goes.
const IN_FLIGHT: u16 = 64;
/// Of each, in bytes. Half of one is more than the system takes at once.
const PART: u64 = 4 << 20;

/// The network goes without a word for this long, with 64 parts in the midst of their bodies: nothing is refused, nothing
/// answered. Answers when a request came again after its return.
pub async fn hole(lasts: Duration, standing: Standing) -> Duration {
    let world = World::of_small_parts().await;
    let mut link = FaultProxy::tight(world.cloud.address());
    // Held up half-way: the first else end before the last begin.
    "partNumber=".clone_into(&mut link.faults.only.lock().expect("faults"));
    link.faults.mid_body.store(true, Ordering::SeqCst);
    link.faults.hold.send_replace(true);
    let file = world.sources().join("cut.mov");
    noise(&file, (u64::from(IN_FLIGHT) + 2) * PART);
    let mut run = world.upload_by(&link.endpoint(), &[&file]);
    run.env("DAVIT_TEST_PART_SIZE", PART.to_string()).args(["--concurrency", &IN_FLIGHT.to_string()]);
    let running = run.start();
    let mut held = link.faults.held.subscribe();
    held.wait_for(|held| *held >= u32::from(IN_FLIGHT)).await.expect("the proxy runs");
    link.becomes_a_hole(standing).await;
    tokio::time::sleep(lasts).await;
    let before = link.faults.requests.load(Ordering::SeqCst);
    link.faults.hold.send_replace(false);
    link.is_no_hole().await;
    let back = Instant::now();
    while link.faults.requests.load(Ordering::SeqCst) == before {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let flows = back.elapsed();
    let ended = running.end();
    assert_eq!(ended.code, Some(0), "{}", ended.out);
    assert_eq!(world.sha256("in/cut.mov"), sha256(&file));
    world.no_byte_was_sent_twice();
    assert!(flows <= Duration::from_secs(10), "{flows:?}");
    flows
}

/// The process stands still for this long; meanwhile its lease ends, and its connections are cut or die without a sign.
/// Answers how long after it awoke the store was asked again.
pub async fn asleep(lasts: Duration, standing: Standing) -> Duration {
    let world = World::with_backend(2, "role").await;
    let mut link = FaultProxy::tight(world.cloud.address());
    link.faults.rate.store(20 << 20, Ordering::SeqCst);
    let file = world.sources().join("cut.mov");
    noise(&file, 64 << 20);
    let mut run = world.upload_by_backend_and(&link.endpoint(), &[&file]);
    let mut running = run.args(["--concurrency", "4"]).start();
    running.until_sent(20 << 20);
    running.signal("STOP");
    link.becomes_a_hole(standing).await;
    tokio::time::sleep(lasts).await;
    link.is_no_hole().await;
    let before = world.cloud.observer().calls("UploadPart");
    link.faults.rate.store(0, Ordering::SeqCst);
    running.signal("CONT");
    let awake = Instant::now();
    while world.cloud.observer().calls("UploadPart") == before {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let goes_on = awake.elapsed();
    let ended = running.end();
    assert_eq!(ended.code, Some(0), "{}", ended.out);
    let key = world.keys().pop().expect("an object");
    assert_eq!(world.sha256(&key), sha256(&file));
    world.no_byte_was_sent_twice();
    assert!(goes_on <= Duration::from_secs(10), "{goes_on:?}");
    goes_on
}
