//! Goals R6 and R13: the network goes, the computer sleeps; bytes flow again within ten seconds.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::World;
use crate::fault::{FaultProxy, Standing};
use crate::source::{noise, sha256};

/// Bytes of a part, so that 64 of them are in flight for a while.
const PART: u64 = 1 << 20;
/// When a request that hangs is noticed at the latest.
const NOTICED: Duration = Duration::from_secs(31);

/// The network goes without a word for this long, with 64 parts in flight: nothing is refused, nothing answered. Answers when
/// a request came again after its return.
pub async fn hole(lasts: Duration, standing: Standing) -> Duration {
    let world = World::of_small_parts().await;
    let mut link = FaultProxy::before(world.cloud.address()).await;
    link.faults.rate.store(40 << 20, Ordering::SeqCst);
    let file = world.sources().join("cut.mov");
    noise(&file, 160 << 20);
    let mut run = world.upload_by(&link.endpoint(), &[&file]);
    let mut running = run.env("DAVIT_TEST_PART_SIZE", PART.to_string()).args(["--concurrency", "64"]).start();
    running.until_sent(20 << 20);
    while world.cloud.observer().most_in_flight() < 64 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let gone = Instant::now();
    link.becomes_a_hole(standing).await;
    tokio::time::sleep(lasts).await;
    let before = link.faults.requests.load(Ordering::SeqCst);
    link.faults.rate.store(0, Ordering::SeqCst);
    link.is_no_hole().await;
    let back = Instant::now();
    while link.faults.requests.load(Ordering::SeqCst) == before {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (flows, noticed) = (back.elapsed(), gone.elapsed());
    let ended = running.end();
    assert_eq!(ended.code, Some(0), "{}", ended.out);
    assert_eq!(world.sha256("in/cut.mov"), sha256(&file));
    match standing {
        Standing::Cut => {
            world.nothing_was_sent_twice();
            assert!(flows <= Duration::from_secs(10), "{flows:?}");
        }
        // Of what stands and looks alive nobody knows before it hung for as long as a slow way may take.
        Standing::Dead => {
            assert!(flows <= Duration::from_secs(10) || noticed <= NOTICED, "{flows:?}, {noticed:?} after it went");
            // What was answered into the hole is sent again, and no more.
            let twice = world.cloud.observer().acknowledged_twice();
            assert!(twice.len() <= 64, "{}", twice.len());
        }
    }
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
