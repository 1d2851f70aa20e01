//! What hangs is noticed, what is slow is not taken for that.

use std::time::Duration;

use davit_tests::soak::network::{Request, Where, fault_mix, slow_link, stall};
use davit_tests::soak::{seed, seeds, size, times};

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_hangs_anywhere_is_sent_again_by_a_new_connection_within_half_a_minute() {
    for _ in 0..times(1) {
        // All at once: they mostly wait.
        let noticed = tokio::join!(
            stall(Request::Part, Where::Before),
            stall(Request::Part, Where::Mid),
            stall(Request::Part, Where::After),
            stall(Request::Put, Where::Before),
            stall(Request::Put, Where::Mid),
            stall(Request::Put, Where::After),
            stall(Request::Create, Where::Before),
            stall(Request::Create, Where::After),
            stall(Request::Complete, Where::Before),
            stall(Request::Complete, Where::After),
            stall(Request::List, Where::Before),
            stall(Request::List, Where::After),
        );
        println!("noticed after {noticed:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_of_128_kilobits_is_slow_and_not_dead() {
    for _ in 0..times(1) {
        slow_link(2, 128 << 10, 16 << 10, Duration::from_secs(size(24, 60))).await;
    }
}

/// One kilobyte a second for each of them: the system has taken all of every part long before it is there.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_link_that_many_share_is_slow_and_not_dead() {
    for _ in 0..times(1) {
        let connections = size(8, 16);
        slow_link(connections, size(32, 64) << 10, u64::from(connections) << 10, Duration::from_secs(size(32, 64)))
            .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn through_faults_of_every_kind_all_parts_arrive_and_few_requests_are_made_again() {
    for seed in seeds(1) {
        let measured = fault_mix(seed, size(300, 2_000), 16 << 10, 0).await;
        println!("seed {seed}: goodput {:.0} % of clean", measured.goodput * 100.0);
        assert!(measured.requests <= 1.15, "seed {seed}: {measured:?}");
    }
}

/// What faults cost where the link is the limit: while one part waits, the others have its share.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "some minutes of a link at its limit; run by `cargo xtask soak R5`"]
async fn on_a_link_at_its_limit_faults_cost_little_of_it() {
    let measured = fault_mix(seed(), 500, 8 << 20, 60_000_000).await;
    println!("goodput {:.0} % of clean", measured.goodput * 100.0);
    assert!(measured.requests <= 1.15, "{measured:?}");
}
