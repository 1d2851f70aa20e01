//! This computer's clock is wrong.

use davit_tests::soak::network::{clock, clock_before_a_look, jumping_clock};
use davit_tests::soak::{size, times};

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_off_costs_at_most_one_request() {
    for _ in 0..times(1) {
        for off in size(&["+20m", "-25h"][..], &["+20m", "-20m", "+25h", "-25h"]) {
            clock(off).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_off_hides_no_taken_name() {
    for _ in 0..times(1) {
        for off in size(&["+20m", "-25h"][..], &["+20m", "-20m", "+25h", "-25h"]) {
            clock_before_a_look(off).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_while_an_upload_runs_fails_nothing() {
    for _ in 0..times(1) {
        for then in size(&["+25h", "-20m"][..], &["+20m", "-20m", "+25h", "-25h"]) {
            jumping_clock(then).await;
        }
    }
}
