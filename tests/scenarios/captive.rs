//! Pages of the local network.

use std::time::Duration;

use davit_tests::soak::network::{Portal, backend_behind, store_behind, tls_portal};

const STANDS: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread")]
async fn no_page_of_the_local_network_is_taken_for_the_store() {
    tokio::join!(
        store_behind(Portal::Moved, STANDS),
        store_behind(Portal::Page, STANDS),
        store_behind(Portal::Bare, STANDS),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_of_the_local_network_is_taken_for_the_company() {
    tokio::join!(backend_behind(Portal::Moved, 2 * STANDS), backend_behind(Portal::Page, 2 * STANDS));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_turns_bad_is_waited_out() {
    tls_portal(STANDS).await;
}
