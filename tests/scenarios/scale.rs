//! Very many files, a very large one, a very deep tree.

use davit_tests::soak::scale::{deep_tree, giant, many_files};
use davit_tests::soak::{seeds, size};

#[tokio::test(flavor = "multi_thread")]
async fn files_without_number_begin_at_once_and_need_little_memory() {
    for seed in seeds(1) {
        many_files(size(3_000, 100_000), seed).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tebibyte_in_ten_thousand_parts_begins_rests_and_is_given_up() {
    giant().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tree_a_thousand_folders_deep_is_uploaded_or_named_to_its_last_file() {
    // Longer than a key may be, and longer than the system takes a path.
    for name in ["d", "a folder of rushes"] {
        deep_tree(1_000, name).await;
    }
}
