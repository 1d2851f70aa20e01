//! The state machine against a model of S3, in sequences of luck; and everything that reads what others wrote, with
//! noise.

use davit_tests::soak::{model, noise, seed, times};

#[test]
fn whatever_happens_in_whatever_order_done_is_the_source_and_no_upload_is_forgotten() {
    model::sequences(times(10_000), seed());
}

#[test]
fn nothing_that_others_write_breaks_a_reader() {
    noise::every_reader(times(1_000), seed());
}
