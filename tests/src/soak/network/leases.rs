//! Goal R9: leases end at the worst moment, the backend is slow, broken, or refuses.

use std::path::PathBuf;
use std::sync::atomic::Ordering;

use davit_core::engine::EnqueueOptions;
use davit_core::engine::feed::{Action, Target};
use davit_core::uploader::{Options, SessionStatus, Uploader};

use crate::World;
use crate::fault::{Fault, FaultProxy, Mix};
use crate::source::{noise, sha256};

/// A world whose leases live for two seconds, and the ways to its company and to its store.
async fn with_short_leases() -> (World, FaultProxy, FaultProxy) {
    let world = World::with_backend(2, "role").await;
    let company = FaultProxy::before(world.backend.as_ref().expect("a backend").address()).await;
    let link = FaultProxy::before(world.cloud.address()).await;
    (world, company, link)
}

/// A folder of so many files of several parts.
fn rushes(world: &World, files: u64) -> PathBuf {
    let folder = world.sources().join("rushes");
    for n in 0..files {
        noise(&folder.join(format!("{n}.mov")), (20 << 20) + n);
    }
    folder
}

/// Every one of `times` leases in a row is called expired, in the midst of a part.
pub async fn refused_again_and_again(times: u32) {
    let world = World::with_backend(900, "role").await;
    let link = FaultProxy::before(world.cloud.address()).await;
    let file = world.sources().join("cut.mov");
    noise(&file, 40 << 20);
    link.faults.meet("partNumber=3", times, Fault::EXPIRED);
    // With more places the last part may be sent twice, being late.
    let mut run = world.upload_by_backend_and(&link.endpoint(), &[&file]);
    let ended = run.args(["--concurrency", "1"]).end().await;
    ended.all_done();
    assert_eq!(link.faults.still_to_meet(), 0, "the fault was met");
    let calls = world.backend.as_ref().expect("a backend").credential_requests();
    assert!(calls <= u64::from(times) + 1, "{calls} calls for {times} expiries");
    world.no_byte_was_sent_twice();
}

/// Leases of two seconds from a backend that fails three times of ten and thinks for `thinks_ms`; long enough for about
/// `refreshes` of them.
pub async fn backend_in_trouble(seed: u64, refreshes: u32, thinks_ms: u64) {
    let (world, company, link) = with_short_leases().await;
    let broken = Fault::Says { status: "503 Service Unavailable", code: "Down" };
    "POST /v1/credentials".clone_into(&mut company.faults.only.lock().expect("faults"));
    *company.faults.mix.lock().expect("faults") = Some(Mix::new(seed).with(broken, 3_000));
    company.faults.request_latency_ms.store(thinks_ms, Ordering::SeqCst);
    // Two mebibytes a second: four of a lease's life.
    link.faults.rate.store(2 << 20, Ordering::SeqCst);
    let file = world.sources().join("cut.mov");
    noise(&file, u64::from(refreshes) * (4 << 20) + (16 << 20));
    let begun = std::time::Instant::now();
    let mut run = world.upload_by_backend_and(&link.endpoint(), &[&file]);
    let ended = run.env("DAVIT_SERVER", company.endpoint()).args(["--concurrency", "2"]).end().await;
    ended.all_done();
    let key = world.keys().pop().expect("an object");
    assert_eq!(world.sha256(&key), sha256(&file));
    world.no_byte_was_sent_twice();
    let given = world.backend.as_ref().expect("a backend").credential_requests();
    let lives = begun.elapsed().as_secs_f64() / 2.0;
    println!("seed {seed}: {given} leases in {lives:.1} lives");
    #[expect(clippy::cast_precision_loss, reason = "a handful")]
    let given = given as f64;
    assert!(given <= 1.2 * lives + 2.0, "{given} leases in {lives:.1} lives");
}

/// Leases are over when they come, until `given` were given: their answers are longer on the way than they live, or the
/// backend's clock is ahead.
pub async fn over_on_arrival(given: u64, clock: bool) {
    let world = World::with_backend(if clock { 900 } else { 1 }, "role").await;
    let company = FaultProxy::before(world.backend.as_ref().expect("a backend").address()).await;
    if clock {
        let times = u32::try_from(given).expect("a handful");
        company.faults.meet("POST /v1/credentials", times, Fault::Ahead);
    } else {
        "POST /v1/credentials".clone_into(&mut company.faults.only.lock().expect("faults"));
        company.faults.latency_ms.store(1_100, Ordering::SeqCst);
    }
    let folder = world.sources().join("rushes");
    for n in 0..8 {
        noise(&folder.join(format!("{n}.wav")), 100 + n);
    }
    let mut run = world.upload_by_backend(&[&folder]);
    let running = run.env("DAVIT_SERVER", company.endpoint()).start();
    let asked = || world.backend.as_ref().expect("a backend").credential_requests();
    while asked() < given {
        tokio::task::yield_now().await;
    }
    company.faults.latency_ms.store(0, Ordering::SeqCst);
    let ended = tokio::task::spawn_blocking(|| running.end()).await.expect("ends");
    assert_eq!(ended.code, Some(0), "{}", ended.out);
    assert_eq!(world.keys().len(), 8);
    // However many wait for one.
    assert!(asked() <= given + 12, "{} asked for, {given} of them over", asked());
}

/// Something on the way refuses a refresh of several files with a page of its own. It is none of the company's words: all
/// files wait, and go on by themselves.
pub async fn filtered_refresh(fault: Fault) {
    let (world, company, link) = with_short_leases().await;
    let folder = rushes(&world, 4);
    link.faults.rate.store(8 << 20, Ordering::SeqCst);
    "POST /v1/credentials".clone_into(&mut company.faults.only.lock().expect("faults"));
    let mut run = world.upload_by_backend_and(&link.endpoint(), &[&folder]);
    let mut running = run.env("DAVIT_SERVER", company.endpoint()).args(["--concurrency", "4"]).start();
    running.until_sent(4 << 20);
    *company.faults.always.lock().expect("faults") = Some(fault);
    running.until_says(r#""code":"captive-portal""#);
    *company.faults.always.lock().expect("faults") = None;
    link.faults.rate.store(0, Ordering::SeqCst);
    let ended = running.end();
    assert_eq!(ended.code, Some(0), "{fault:?}: {}", ended.out);
    assert_eq!(world.keys().len(), 4);
    world.no_byte_was_sent_twice();
}

/// A refresh is answered with this. It is asked once; the next run goes on.
pub async fn refused_refresh(status: &'static str) {
    let (world, company, link) = with_short_leases().await;
    link.faults.rate.store(6 << 20, Ordering::SeqCst);
    let file = world.sources().join("cut.mov");
    noise(&file, 48 << 20);
    let upload = || {
        let mut run = world.upload_by_backend_and(&link.endpoint(), &[&file]);
        run.env("DAVIT_SERVER", company.endpoint()).args(["--concurrency", "8"]);
        run
    };
    let mut running = upload().start();
    running.until_sent(8 << 20);
    "POST /v1/credentials".clone_into(&mut company.faults.only.lock().expect("faults"));
    company.faults.requests.store(0, Ordering::SeqCst);
    *company.faults.always.lock().expect("faults") = Some(Fault::Problem { status, code: "not-allowed" });
    let ended = running.end();
    // A sign-in that ended holds everything; a refusal is told of every file.
    let code = if status.starts_with("401") { 130 } else { 1 };
    assert_eq!(ended.code, Some(code), "{status}: {}", ended.out);
    assert_eq!(company.faults.requests.load(Ordering::SeqCst), 1, "{status}: asked once");
    *company.faults.always.lock().expect("faults") = None;
    link.faults.rate.store(0, Ordering::SeqCst);
    upload().end().await.all_done();
    let key = world.keys().pop().expect("an object");
    assert_eq!(world.sha256(&key), sha256(&file));
    world.no_byte_was_sent_twice();
    assert_eq!(world.cloud.observer().calls("CreateMultipartUpload"), 1, "it went on");
}

/// A person may not upload any more, with many files given and several in flight, whose parts end one after the other long
/// after that. The company is asked once for all; what was sent is kept, and the same command goes on once they may.
pub async fn refused_for_many() {
    let (world, company, link) = with_short_leases().await;
    // Those in flight, and those that wait for a slot.
    let folder = rushes(&world, 12);
    let upload = || {
        let mut run = world.upload_by_backend_and(&link.endpoint(), &[&folder]);
        run.env("DAVIT_SERVER", company.endpoint()).args(["--concurrency", "8"]);
        run
    };
    link.faults.rate.store(8 << 20, Ordering::SeqCst);
    let mut running = upload().start();
    running.until_sent(24 << 20);
    link.faults.rate.store(3 << 20, Ordering::SeqCst);
    "POST /v1/credentials".clone_into(&mut company.faults.only.lock().expect("faults"));
    company.faults.requests.store(0, Ordering::SeqCst);
    let refuses = Fault::Problem { status: "403 Forbidden", code: "not-allowed" };
    *company.faults.always.lock().expect("faults") = Some(refuses);
    let ended = running.end();
    assert_eq!(ended.code, Some(1), "{}", ended.out);
    assert_eq!(ended.failures(), vec!["not-allowed"; 12], "{}", ended.out);
    assert_eq!(company.faults.requests.load(Ordering::SeqCst), 1, "asked once, whoever wants to know");
    *company.faults.always.lock().expect("faults") = None;
    link.faults.rate.store(0, Ordering::SeqCst);
    let (begun, kept) = (world.cloud.observer().calls("CreateMultipartUpload"), world.keys().len());
    assert!(begun >= 4, "several were in flight");
    upload().end().await.all_done();
    assert_eq!(world.keys().len(), 12, "{kept} of them before");
    for key in world.keys() {
        let (_, name) = key.split_once("rushes/").and_then(|(_, rest)| rest.split_once("rushes/")).expect("a clip");
        assert_eq!(world.sha256(&key), sha256(&folder.join(name)), "{key}");
    }
    world.no_byte_was_sent_twice();
    assert_eq!(world.cloud.observer().calls("CreateMultipartUpload"), 12, "they went on");
}

/// A person with a token begins while asking where to meets this once.
pub async fn sign_in_through(fault: Fault) {
    const TOKEN: &str = "sesame";
    let mut world = World::new().await;
    world.start_backend(&World::backend_config_by_token(TOKEN)).await;
    let company = FaultProxy::before(world.backend.as_ref().expect("a backend").address()).await;
    company.faults.meet("GET /v1/destinations", 2, fault);
    let file = world.sources().join("cut.mov");
    noise(&file, 1_000);
    let mut run = world.upload_by_backend(&[&file]);
    let ended = run.env("DAVIT_SERVER", company.endpoint()).env("DAVIT_TOKEN", TOKEN).end().await;
    assert_eq!(ended.code, Some(0), "{fault:?}: {}{}", ended.out, ended.err);
    assert_eq!(company.faults.still_to_meet(), 0, "the fault was met");
}

/// A person who may not upload is given the right and tries again at once.
pub async fn allowed_again() {
    let world = World::with_backend(900, "role").await;
    let company = FaultProxy::before(world.backend.as_ref().expect("a backend").address()).await;
    let store = world.cloud.endpoint().parse().expect("an address");
    let server = Some(company.endpoint());
    let options = Options { server, dev_store: Some(store), direct: None, hold: false, ..world.options() };
    let uploader = Uploader::open(options).await.expect("opens");
    let connected = |now: &SessionStatus| matches!(now, SessionStatus::Connected { .. });
    uploader.session_changes().wait_for(connected).await.expect("connected");
    let to = uploader.destinations().await.expect("one")[0].id.clone();
    let paths: Vec<_> = (0..3).map(|n| world.sources().join(format!("{n}.wav"))).collect();
    for path in &paths {
        noise(path, 1_000);
    }
    "POST /v1/credentials".clone_into(&mut company.faults.only.lock().expect("faults"));
    company.faults.requests.store(0, Ordering::SeqCst);
    let refuses = Fault::Problem { status: "403 Forbidden", code: "not-allowed" };
    *company.faults.always.lock().expect("faults") = Some(refuses);
    let items = uploader.engine().enqueue(paths, to, EnqueueOptions::default()).await.expect("taken").items;
    let settled = uploader.engine().settled(items.clone()).await.expect("it runs");
    assert_eq!((settled.uploaded, settled.failed), (0, 3));
    assert_eq!(company.faults.requests.load(Ordering::SeqCst), 1, "asked once for all");
    *company.faults.always.lock().expect("faults") = None;
    let targets = items.iter().map(|item| Target::Item(*item)).collect();
    uploader.engine().act(Action::Retry, targets).await.expect("done");
    let settled = uploader.engine().settled(items).await.expect("it runs");
    assert_eq!((settled.uploaded, settled.failed), (3, 0));
    uploader.close().await;
}
