//! Goal R10: this computer's clock is wrong, or is set while an upload runs. The real command line by a false clock.

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use crate::fault::FaultProxy;
use crate::source::{noise, sha256};
use crate::{Run, World};

/// Where Debian and Ubuntu keep it.
fn library() -> PathBuf {
    let folders = std::fs::read_dir("/usr/lib").expect("libraries").flatten();
    let mut found = folders.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"));
    found.find(|path| path.exists()).expect("faketime is missing; run: cargo xtask setup test")
}

/// The clock is off by what `file` says; the steady one and the times of files are true.
fn by_clock<'a>(run: &'a mut Run, file: &Path) -> &'a mut Run {
    run.env("LD_PRELOAD", library()).env("FAKETIME_TIMESTAMP_FILE", file).env("FAKETIME_NO_CACHE", "1");
    run.env("DONT_FAKE_MONOTONIC", "1").env("FAKETIME_DONT_FAKE_MONOTONIC", "1").env("NO_FAKE_STAT", "1")
}

/// A file through a proxy that counts; answers the requests made of the store.
async fn upload(world: &World, off: &str, then: Option<&str>) -> u32 {
    let link = FaultProxy::before(world.cloud.address()).await;
    let (file, clock) = (world.sources().join("cut.mov"), world.path("clock"));
    noise(&file, 56 << 20);
    std::fs::write(&clock, off).expect("written");
    let mut run = world.upload_by_backend_and(&link.endpoint(), &[&file]);
    run.args(["--collision", "overwrite", "--concurrency", "4"]);
    let mut running = by_clock(&mut run, &clock).start();
    if let Some(then) = then {
        link.faults.rate.store(24 << 20, Ordering::SeqCst);
        running.until_sent(16 << 20);
        std::fs::write(&clock, then).expect("written");
    }
    let ended = running.end();
    assert_eq!(ended.code, Some(0), "{off} {then:?}: {}", ended.out);
    let key = world.keys().pop().expect("an object");
    assert_eq!(world.sha256(&key), sha256(&file));
    world.no_byte_was_sent_twice();
    link.faults.requests.load(Ordering::SeqCst)
}

/// The clock is off by this, such as `+25h`.
pub async fn clock(off: &str) {
    let world = World::with_backend(900, "role").await;
    let right = upload(&world, "+0", None).await;
    let world = World::with_backend(900, "role").await;
    let wrong = upload(&world, off, None).await;
    assert!(wrong <= right + 1, "{off}: {wrong} requests instead of {right}");
}

/// The clock is right, and is set to this in the midst.
pub async fn jumping_clock(then: &str) {
    let world = World::with_backend(900, "role").await;
    let right = upload(&world, "+0", None).await;
    let world = World::with_backend(900, "role").await;
    let wrong = upload(&world, "+0", Some(then)).await;
    assert!(wrong <= right + 1, "{then}: {wrong} requests instead of {right}");
}

/// The clock is off by this, and the first question is whether the name is taken.
pub async fn clock_before_a_look(off: &str) {
    let mut asked = Vec::new();
    for off in ["+0", off] {
        let world = World::new().await;
        let link = FaultProxy::before(world.cloud.address()).await;
        let (theirs, ours) = (world.sources().join("theirs/cut.mov"), world.sources().join("cut.mov"));
        noise(&theirs, 700);
        noise(&ours, 56 << 20);
        world.upload(&[&theirs]).end().await.all_done();
        let clock = world.path("clock");
        std::fs::write(&clock, off).expect("written");
        let mut run = world.upload_by(&link.endpoint(), &[&ours]);
        run.args(["--collision", "fail"]);
        let ended = by_clock(&mut run, &clock).end().await;
        assert_eq!(ended.failures(), ["already-there"], "{off}: {}", ended.out);
        assert_eq!(world.cloud.observer().calls("CreateMultipartUpload"), 0, "{off}: seen before a byte is sent");
        asked.push(link.faults.requests.load(Ordering::SeqCst));
    }
    assert!(asked[1] <= asked[0] + 1, "{off}: {asked:?} requests");
}

/// What `davit doctor` says by a clock that is off by this, and its exit code.
pub async fn doctor(world: &World, store: &str, off: &str) -> (Option<i32>, String) {
    let clock = world.path("clock");
    std::fs::write(&clock, off).expect("written");
    let mut run = world.davit("doctor");
    run.env("DAVIT_SERVER", world.backend.as_ref().expect("a backend").url()).env("DAVIT_DEV_S3_ENDPOINT", store);
    let ended = by_clock(&mut run, &clock).end().await;
    (ended.code, ended.out)
}
