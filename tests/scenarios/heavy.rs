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
    let begun = std::time::Instant::now();
    // One part at a time, so that several leases live and die on the way.
    let ended = world.upload_by_backend(&[&file]).args(["--concurrency", "1"]).end().await;
    ended.all_done();
    let key = world.keys().pop().expect("an object");
    assert_eq!(world.sha256(&key), sha256(&file));
    world.nothing_was_sent_twice();
    let calls = world.backend.as_ref().expect("a backend").credential_requests();
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
    assert!(world.cloud.observer().most_in_flight() >= 16, "{}", world.cloud.observer().most_in_flight());
    world.nothing_was_sent_twice();
}

#[test]
fn five_tebibytes_have_a_plan() {
    let plan = Plan::for_size(ByteCount(5 << 40)).expect("a plan");
    assert!((2..=10_000).contains(&plan.count()));
}
