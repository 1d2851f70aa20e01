//! Promises about size, memory and long life. They run alone.

use davit_core::transfer::Plan;
use davit_core::units::ByteCount;
use davit_tests::World;
use davit_tests::source::{noise, sha256, sparse};

#[tokio::test(flavor = "multi_thread")]
async fn leases_of_two_seconds_carry_a_gibibyte_with_few_calls_and_no_failed_part() {
    let world = World::with_backend(2, "role").await;
    let file = world.sources().join("cut.mov");
    noise(&file, 1 << 30);
    // Slow enough that several leases end on the way, on any machine.
    world.cloud.takes(150 << 20);
    let begun = std::time::Instant::now();
    // One part at a time, so that several leases live and die on the way.
    let ended = world.upload_by_backend(&[&file]).args(["--concurrency", "1"]).end().await;
    ended.all_done();
    let key = world.keys().pop().expect("an object");
    assert_eq!(world.sha256(&key), sha256(&file));
    world.nothing_was_sent_twice();
    let calls = world.backend.as_ref().expect("a backend").credential_requests();
    assert!(begun.elapsed() > std::time::Duration::from_secs(4), "too quick for a lease to end on the way");
    assert!(calls >= 3, "leases ended on the way: {calls}");
    let parts = world.cloud.observer().parts();
    assert!(parts.values().all(|part| part.begun == 1), "no part was refused or sent again");
    let lives = begun.elapsed().as_secs_f64() / 2.0;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a handful")]
    let allowed = (1.2 * lives.ceil()).ceil() as u64 + 1;
    assert!(calls <= allowed, "{calls} calls in {lives:.1} lives");
}

#[tokio::test(flavor = "multi_thread")]
async fn six_gibibytes_go_with_32_parts_in_flight_in_less_than_64_mebibytes() {
    let world = World::new().await;
    let file = world.sources().join("giant.bin");
    sparse(&file, 6 << 30);
    // A word of its own in the middle of every piece: none may lie elsewhere.
    islands(&file, 8 << 20);
    let mut running = world.upload(&[&file]).args(["--concurrency", "32"]).start();
    running.until_sent(5 << 30);
    let peak = running.peak_memory();
    println!("peak memory of davit with 32 parts in flight: {} MiB", peak >> 20);
    assert!(peak < 64 << 20, "{} MiB", peak >> 20);
    running.until_sent(6 << 30);
    while running.runs() {
        tokio::task::yield_now().await;
    }
    assert_eq!(world.object("in/giant.bin").size, 6 << 30);
    assert_eq!(world.sha256("in/giant.bin"), sha256(&file));
    assert!(world.cloud.observer().most_in_flight() >= 16, "{}", world.cloud.observer().most_in_flight());
    world.nothing_was_sent_twice();
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
    use std::os::unix::fs::FileExt as _;
    let file = std::fs::File::options().write(true).open(path).expect("the file");
    let len = file.metadata().expect("its size").len();
    let at = |n: &u64| n * step + step / 2;
    for n in (0..).take_while(|n| at(n) + 8 < len) {
        file.write_all_at(&(n + 1).to_le_bytes(), at(&n)).expect("written");
    }
}
