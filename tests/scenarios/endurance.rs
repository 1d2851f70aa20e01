//! One engine for as long as somebody lets it run.

use std::time::Duration;

use davit_tests::soak::endurance::engine_that_lives_long;
use davit_tests::soak::{seed, size, times};

/// `DAVIT_SOAK` says how many minutes.
#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_lives_long_does_not_grow_and_leaves_no_file() {
    let lasts = Duration::from_secs(u64::from(size(12, times(0) * 60)));
    engine_that_lives_long(lasts, seed()).await;
}
