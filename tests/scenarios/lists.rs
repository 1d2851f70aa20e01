//! What the store has of an upload, and who else writes there.

use davit_tests::fault::Fault;
use davit_tests::soak::network::{PARTS, list_of_parts, two_machines};
use davit_tests::soak::{size, times};

#[tokio::test(flavor = "multi_thread")]
async fn exactly_the_missing_parts_are_sent_whatever_happens_to_the_list() {
    let every = [Fault::Truncated, Fault::Page, Fault::INTERNAL, Fault::Bare, Fault::Moved];
    for _ in 0..times(1) {
        for fault in &every[..size(2, every.len())] {
            list_of_parts(size(1_200, PARTS), *fault, size(2, 3)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_machines_at_one_key_never_replace_each_other() {
    two_machines(times(6)).await;
}
