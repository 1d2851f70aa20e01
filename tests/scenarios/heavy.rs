//! Promises about size, memory and long life. They run alone.

use std::sync::atomic::Ordering;

use davit_core::transfer::Plan;
use davit_core::units::ByteCount;
use davit_tests::World;
use davit_tests::fault::FaultProxy;
use davit_tests::source::{noise, sha256, sparse};

#[tokio::test(flavor = "multi_thread")]
async fn leases_of_two_seconds_carry_a_gibibyte_with_few_calls_and_no_failed_part() {
    let mut world = World::of_small_parts().await;
    world.start_backend(&World::backend_config(2, "role")).await;
    let file = world.sources().join("cut.mov");
    noise(&file, 1 << 30);
    // Slow enough that several leases end on the way, on any machine. A hundred parts begin in a second, and the backend
    // thinks for the tenth of one: many ask for the next lease before it is there.
    world.cloud.takes(100 << 20);
    let company = FaultProxy::before(world.backend.as_ref().expect("a backend").address()).await;
    company.faults.request_latency_ms.store(100, Ordering::SeqCst);
    let begun = std::time::Instant::now();
    let mut run = world.upload_by_backend(&[&file]);
    run.env("DAVIT_SERVER", company.endpoint()).env("DAVIT_TEST_PART_SIZE", (1 << 20).to_string());
    let ended = run.args(["--concurrency", "16"]).end().await;
    let lives = begun.elapsed().as_secs_f64() / 2.0;
    ended.all_done();
    let key = world.keys().pop().expect("an object");
    assert_eq!(world.sha256(&key), sha256(&file));
    world.no_byte_was_sent_twice();
    let observer = world.cloud.observer();
    assert!(observer.most_in_flight() >= 16, "{}", observer.most_in_flight());
    assert!(observer.parts().values().all(|part| part.begun == 1), "no part was refused or sent again");
    let calls = world.backend.as_ref().expect("a backend").credential_requests();
    println!("{calls} calls in {lives:.1} lives of a lease, 16 parts in flight");
    assert!(lives > 3.0, "too quick for leases to end on the way");
    // The first is no renewal. A lease that is over is renewed by 1.2 calls at most.
    let renewals = u32::try_from(calls - 1).expect("a handful");
    assert!(renewals >= 2 && f64::from(renewals) <= 1.2 * lives, "{renewals} renewals in {lives:.1} lives");
}

#[tokio::test(flavor = "multi_thread")]
async fn six_gibibytes_go_with_32_parts_in_flight_in_less_than_48_mebibytes() {
    let world = World::new().await;
    let file = world.sources().join("giant.bin");
    sparse(&file, 6 << 30);
    // A word of its own in the middle of every piece: none may lie elsewhere.
    islands(&file, 8 << 20);
    let mut running = world.upload(&[&file]).args(["--concurrency", "32"]).start();
    running.until_sent(5 << 30);
    let peak = running.peak_memory().saturating_sub(running.memory_in_files());
    let in_flight = world.cloud.observer().most_in_flight();
    println!("peak memory of davit with {in_flight} parts in flight: {} MiB", peak >> 20);
    // So many are begun; the store sees one when it has read its head.
    assert!((24..=32).contains(&in_flight), "{in_flight}");
    // A build for use has 35 MiB with its code: `cargo xtask bench`.
    assert!(peak < 48 << 20, "{} MiB", peak >> 20);
    running.until_sent(6 << 30);
    assert_eq!(running.ends().0, Some(0));
    assert_eq!(world.object("in/giant.bin").size, 6 << 30);
    assert_eq!(world.sha256("in/giant.bin"), sha256(&file));
    world.no_byte_was_sent_twice();
}

#[tokio::test(flavor = "multi_thread")]
async fn five_tebibytes_have_a_plan_and_begin() {
    let plan = Plan::for_size(ByteCount(5 << 40)).expect("a plan");
    assert!((2..=10_000).contains(&plan.count()));
    let world = World::new().await;
    let file = world.sources().join("archive.bin");
    sparse(&file, 5 << 40);
    world.cloud.takes(100 << 20);
    let mut running = world.upload(&[&file]).args(["--concurrency", "2"]).start();
    running.until_sent(50 << 20);
    assert_eq!(running.interrupt(), Some(130));
    let status = world.davit("status").arg("--json").end().await;
    assert_eq!(status.lines[0]["size"].as_u64(), Some(5 << 40), "{}", status.out);
}

/// Words of their own in a sparse file, one every `step` bytes.
fn islands(path: &std::path::Path, step: u64) {
    use std::io::{Seek as _, SeekFrom, Write as _};
    let mut file = std::fs::File::options().write(true).open(path).expect("the file");
    let len = file.metadata().expect("its size").len();
    let at = |n: &u64| n * step + step / 2;
    for n in (0..).take_while(|n| at(n) + 8 < len) {
        file.seek(SeekFrom::Start(at(&n))).expect("there");
        file.write_all(&(n + 1).to_le_bytes()).expect("written");
    }
}
