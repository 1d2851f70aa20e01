//! What hangs is noticed, what is slow is not taken for that.

use std::time::Duration;

use davit_tests::soak::network::{Request, Where, fault_mix, slow_link, stall};

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_hangs_anywhere_is_sent_again_by_a_new_connection_within_half_a_minute() {
    // All at once: they mostly wait.
    let noticed = tokio::join!(
        stall(Request::Part, Where::Before),
        stall(Request::Part, Where::Mid),
        stall(Request::Part, Where::After),
        stall(Request::Put, Where::Mid),
        stall(Request::Put, Where::After),
        stall(Request::Create, Where::After),
        stall(Request::Complete, Where::After),
        stall(Request::List, Where::Before),
    );
    println!("noticed after {noticed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_of_128_kilobits_is_slow_and_not_dead() {
    slow_link(2, 128 << 10, Duration::from_secs(24)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn through_faults_of_every_kind_all_parts_arrive_and_few_requests_are_made_again() {
    let measured = fault_mix(7, 300).await;
    println!("goodput {:.0} % of clean", measured.goodput * 100.0);
    assert!(measured.requests <= 1.15, "{measured:?}");
}
