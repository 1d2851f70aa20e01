//! This computer's clock is wrong.

use davit_tests::soak::network::{clock, jumping_clock};

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_off_costs_at_most_one_request() {
    for off in ["+20m", "-25h"] {
        clock(off).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_while_an_upload_runs_fails_nothing() {
    for then in ["+25h", "-20m"] {
        jumping_clock(then).await;
    }
}
