//! What the store has of an upload, and who else writes there.

use davit_tests::fault::Fault;
use davit_tests::soak::network::{list_of_parts, two_machines};

#[tokio::test(flavor = "multi_thread")]
async fn exactly_the_missing_parts_are_sent_whatever_happens_to_the_list() {
    for fault in [Fault::Truncated, Fault::Page] {
        list_of_parts(1_200, fault, 2).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_machines_at_one_key_never_replace_each_other() {
    two_machines(6).await;
}
