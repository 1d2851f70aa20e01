//! The network goes, the computer sleeps, and all goes on.

use std::time::Duration;

use davit_tests::soak::network::{asleep, hole};

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_goes_without_a_word_is_outlived() {
    let flows = hole(Duration::from_secs(3)).await;
    println!("bytes flow {flows:?} after the return");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_computer_that_slept_goes_on_within_ten_seconds() {
    let goes_on = asleep(Duration::from_secs(4)).await;
    println!("goes on after {goes_on:?}");
}
