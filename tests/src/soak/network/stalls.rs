//! Goals R7 and R8: what hangs is noticed within half a minute and sent again by a new connection; what is slow is not
//! taken for that.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::World;
use crate::fault::{Fault, FaultProxy};
use crate::soak::until;
use crate::source::{noise, sha256};

/// The request that hangs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// A whole object.
    Put,
    /// A part.
    Part,
    /// The opening of an upload.
    Create,
    /// Its end.
    Complete,
    /// What it has.
    List,
}

/// Where it hangs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    /// Before the head is read.
    Before,
    /// In the midst of the body.
    Mid,
    /// Once the store has done it.
    After,
}

/// One request that hangs once. Answers how long it was before it was sent again.
pub async fn stall(request: Request, place: Where) -> Duration {
    let world = World::new().await;
    let link = FaultProxy::before(world.cloud.address()).await;
    let file = world.sources().join("cut.mov");
    noise(&file, if request == Request::Put { 6 << 20 } else { 20 << 20 });
    let line = match request {
        Request::Put => "PUT /media/in/cut.mov",
        Request::Part => "partNumber=2",
        Request::Create => "POST /media/in/cut.mov?uploads",
        Request::Complete => "POST /media/in/cut.mov?uploadId=",
        Request::List => "GET /media/in/cut.mov?",
    };
    let fault = match place {
        Where::Before => Fault::StallBefore,
        Where::Mid => Fault::StallMid { at: 1 << 20 },
        Where::After => Fault::StallAfter,
    };
    if request == Request::List {
        let mut first = world.upload_by(&link.endpoint(), &[&file]);
        first.env("DAVIT_FAILPOINT", "part:2:after").args(["--concurrency", "1"]).end().await;
    }
    link.faults.meet(line, 1, fault);
    link.faults.requests.store(0, Ordering::SeqCst);
    let mut run = world.upload_by(&link.endpoint(), &[&file]);
    run.args(["--concurrency", "1"]);
    let ended = run.end();
    let watched = async {
        until(|| link.faults.still_to_meet() == 0).await;
        let begun = Instant::now();
        until(|| link.faults.requests.load(Ordering::SeqCst) > 1).await;
        (begun.elapsed(), link.faults.last_on.load(Ordering::SeqCst))
    };
    let (ended, (noticed, again_by)) = tokio::join!(ended, watched);
    ended.all_done();
    assert_eq!(world.sha256("in/cut.mov"), sha256(&file), "{request:?} {place:?}");
    assert_ne!(
        again_by,
        link.faults.met_on.load(Ordering::SeqCst),
        "{request:?} {place:?}: by the connection that hung"
    );
    assert!(noticed <= Duration::from_secs(31), "{request:?} {place:?}: {noticed:?}");
    noticed
}

/// A single request of this size whose answer does not come, so often in a row. Answers the longest time before it was
/// sent again.
pub async fn stall_of(bytes: u64, in_a_row: u32) -> Duration {
    let world = World::new().await;
    let link = FaultProxy::before(world.cloud.address()).await;
    let file = world.sources().join("note.txt");
    noise(&file, bytes);
    link.faults.meet("PUT /media/in/note.txt", in_a_row, Fault::StallAfter);
    link.faults.requests.store(0, Ordering::SeqCst);
    let mut run = world.upload_by(&link.endpoint(), &[&file]);
    let watched = async {
        let mut longest = Duration::ZERO;
        for n in 1..=in_a_row {
            until(|| link.faults.requests.load(Ordering::SeqCst) >= n).await;
            let begun = Instant::now();
            until(|| link.faults.requests.load(Ordering::SeqCst) > n).await;
            longest = longest.max(begun.elapsed());
        }
        longest
    };
    let (ended, noticed) = tokio::join!(run.end(), watched);
    ended.all_done();
    assert_eq!(world.keys(), ["in/note.txt"]);
    assert!(noticed <= Duration::from_secs(31), "{bytes} bytes: {noticed:?}");
    noticed
}

/// The way takes everything and answers nothing for so long. Answers how long after its return a request came through.
pub async fn mute(bytes: u64, lasts: Duration) -> Duration {
    let world = World::new().await;
    let link = FaultProxy::before(world.cloud.address()).await;
    link.faults.rate.store(8 << 20, Ordering::SeqCst);
    let file = world.sources().join("cut.mov");
    noise(&file, bytes);
    link.faults.mute.store(bytes < (8 << 20), Ordering::SeqCst);
    let mut running = world.upload_by(&link.endpoint(), &[&file]).args(["--concurrency", "4"]).start();
    if bytes >= (8 << 20) {
        // In full flight.
        running.until_sent(8 << 20);
        link.faults.mute.store(true, Ordering::SeqCst);
    }
    tokio::time::sleep(lasts).await;
    let before = calls(&world);
    link.faults.rate.store(0, Ordering::SeqCst);
    link.faults.mute.store(false, Ordering::SeqCst);
    let back = Instant::now();
    until(|| calls(&world) > before).await;
    let flows = back.elapsed();
    let ended = running.end();
    assert_eq!(ended.code, Some(0), "{}", ended.out);
    assert_eq!(world.sha256("in/cut.mov"), sha256(&file));
    assert!(flows <= Duration::from_secs(10), "{bytes} bytes: {flows:?}");
    flows
}

fn calls(world: &World) -> u32 {
    ["PutObject", "UploadPart", "CreateMultipartUpload"].map(|call| world.cloud.observer().calls(call)).iter().sum()
}

/// A link of so many bytes a second and 600 ms to and fro for this long, with parts of this size; it must never look dead.
pub async fn slow_link(connections: u16, part: u64, rate: u64, lasts: Duration) {
    let world = World::of_small_parts().await;
    let link = FaultProxy::narrow(world.cloud.address());
    link.faults.rate.store(rate, Ordering::SeqCst);
    link.faults.request_latency_ms.store(300, Ordering::SeqCst);
    link.faults.latency_ms.store(300, Ordering::SeqCst);
    let file = world.sources().join("cut.mov");
    let parts = (lasts.as_secs() * rate).div_ceil(part);
    noise(&file, parts * part);
    let mut run = world.upload_by(&link.endpoint(), &[&file]);
    run.env("DAVIT_TEST_PART_SIZE", part.to_string()).args(["--concurrency", &connections.to_string()]);
    let ended = run.env("DAVIT_LOG", "davit_core=debug").end().await;
    ended.all_done();
    assert_eq!(world.sha256("in/cut.mov"), sha256(&file));
    let begun: u32 = world.cloud.observer().parts().values().map(|part| part.begun).sum();
    assert_eq!(u64::from(begun), parts, "no part was begun again: {}", ended.err);
}
