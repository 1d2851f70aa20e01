//! Pages of the local network.

use std::time::Duration;

use davit_tests::soak::network::{Portal, backend_behind, store_behind, tls_portal};
use davit_tests::soak::{size, times};

fn stands() -> Duration {
    Duration::from_secs(size(2, 5))
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_of_the_local_network_is_taken_for_the_store() {
    for _ in 0..times(1) {
        tokio::join!(
            store_behind(Portal::Moved, stands()),
            store_behind(Portal::Page, stands()),
            store_behind(Portal::Bare, stands()),
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_of_the_local_network_is_taken_for_the_company() {
    for _ in 0..times(1) {
        tokio::join!(
            backend_behind(Portal::Moved, 2 * stands()),
            backend_behind(Portal::Page, 2 * stands()),
            backend_behind(Portal::Bare, 2 * stands()),
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_turns_bad_is_waited_out() {
    for _ in 0..times(1) {
        tls_portal(stands()).await;
    }
}
