//! Pages of the local network.

use std::time::Duration;

use davit_tests::soak::network::{Portal, Start, backend_behind, commands_behind, store_behind, tls_portal};
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

#[tokio::test(flavor = "multi_thread")]
async fn started_behind_a_page_of_the_local_network_it_goes_on_once_that_is_gone() {
    for portal in [Portal::Moved, Portal::Page, Portal::Bare] {
        Start::behind(portal).await.goes_on_by_itself().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn started_behind_a_certificate_of_the_local_network_it_goes_on_once_that_is_gone() {
    Start::behind_tls().await.goes_on_by_itself().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_begins_behind_a_page_goes_on_or_says_so_where_the_company_was_there_before() {
    commands_behind().await;
}
