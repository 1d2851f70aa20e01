//! What watched folders of very many files cost: they run alone. The loops are in `davit_tests::soak::watching`.

use std::time::Duration;

use davit_tests::soak::size;
use davit_tests::soak::watching::idle::ten_folders;
use davit_tests::soak::watching::many::many_files;

/// W22.
#[tokio::test(flavor = "multi_thread")]
async fn a_look_at_very_many_files_needs_little_memory_and_opens_none_that_did_not_change() {
    many_files(size(5_000, 100_000), size(100, 1_000)).await;
}

/// W11.
#[tokio::test(flavor = "multi_thread")]
async fn watched_folders_in_which_nothing_happens_are_not_looked_at() {
    ten_folders(size(200, 10_000), size(Duration::from_secs(3), Duration::from_secs(60))).await;
}
