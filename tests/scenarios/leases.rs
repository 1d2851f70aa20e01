//! Leases end at the worst moment, and nobody sees it.

use davit_tests::soak::network::{backend_in_trouble, over_on_arrival, refused_again_and_again, refused_refresh};
use davit_tests::soak::{seed, size, times};

#[tokio::test(flavor = "multi_thread")]
async fn a_new_lease_that_is_over_on_arrival_is_only_renewed_again() {
    for times in size(4..=4, 1..=4) {
        refused_again_and_again(times).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn leases_that_are_over_on_arrival_are_waited_out_and_fail_nothing() {
    over_on_arrival(3, true).await;
    over_on_arrival(7, false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn short_leases_of_a_backend_in_trouble_fail_no_part() {
    backend_in_trouble(seed() + 2, times(4), size(1_500, 10_000)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_refresh_is_asked_once_and_the_upload_goes_on_after_the_next_sign_in() {
    refused_refresh("401 Unauthorized").await;
    refused_refresh("403 Forbidden").await;
}
