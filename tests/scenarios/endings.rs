//! Every ending of the request that makes an object.

use davit_tests::soak::network::{endings, some_endings};
use davit_tests::soak::{seed, times};

#[tokio::test(flavor = "multi_thread")]
async fn every_ending_of_complete_and_put_is_told_as_what_it_is() {
    let rounds = match times(0) {
        0 => some_endings(seed()).await,
        times => endings(times).await,
    };
    println!("R11: {rounds} rounds, each told as it was");
}
