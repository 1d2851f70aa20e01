//! Goals R6 and R13: the network goes, the computer sleeps; bytes flow again within ten seconds.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::World;
use crate::fault::FaultProxy;
use crate::source::{noise, sha256};

/// The network goes without a word for this long: nothing is refused, nothing answered. Answers when a request came
/// again after its return.
pub async fn hole(lasts: Duration) -> Duration {
    let world = World::new().await;
    let mut link = FaultProxy::before(world.cloud.address()).await;
    link.faults.rate.store(40 << 20, Ordering::SeqCst);
    let file = world.sources().join("cut.mov");
    noise(&file, 100 << 20);
    let mut running = world.upload_by(&link.endpoint(), &[&file]).args(["--concurrency", "64"]).start();
    running.until_sent(20 << 20);
    link.becomes_a_hole().await;
    tokio::time::sleep(lasts).await;
    let before = link.faults.requests.load(Ordering::SeqCst);
    link.faults.rate.store(0, Ordering::SeqCst);
    link.is_no_hole().await;
    let back = Instant::now();
    while link.faults.requests.load(Ordering::SeqCst) == before {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let flows = back.elapsed();
    let ended = running.end();
    assert_eq!(ended.code, Some(0), "{}", ended.out);
    assert_eq!(world.sha256("in/cut.mov"), sha256(&file));
    world.nothing_was_sent_twice();
    assert!(flows <= Duration::from_secs(10), "{flows:?}");
    flows
}

/// The process stands still for this long; meanwhile its connections die and its lease ends. Answers how long after it
/// awoke the store was asked again.
pub async fn asleep(lasts: Duration) -> Duration {
    let world = World::with_backend(2, "role").await;
    let link = FaultProxy::before(world.cloud.address()).await;
    link.faults.rate.store(20 << 20, Ordering::SeqCst);
    let file = world.sources().join("cut.mov");
    noise(&file, 64 << 20);
    let mut run = world.upload_by_backend_and(&link.endpoint(), &[&file]);
    let mut running = run.args(["--concurrency", "4"]).start();
    running.until_sent(20 << 20);
    running.signal("STOP");
    link.goes_away();
    tokio::time::sleep(lasts).await;
    link.comes_back();
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
    world.nothing_was_sent_twice();
    assert!(goes_on <= Duration::from_secs(10), "{goes_on:?}");
    goes_on
}
