//! The records: cut off by the power, damaged, without room. The loops are `davit_tests::soak::records`; `DAVIT_SOAK`
//! makes them long.

use davit_tests::soak::{records, seed, times};

#[tokio::test(flavor = "multi_thread")]
async fn a_power_cut_costs_the_records_one_commit_at_most() {
    records::power::cuts(times(60), seed()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn records_cut_off_anywhere_open_and_tell() {
    records::damage::truncations(times(24), seed()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_bit_in_the_records_is_never_believed() {
    records::damage::flips(times(60), seed()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_are_zeros_noise_or_gone_are_rebuilt_or_begun_anew() {
    records::damage::havoc(times(40), seed()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_may_only_be_read_are_made_writable() {
    records::damage::unwritable(seed()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_power_cut_the_same_command_ends_with_the_right_objects() {
    records::runs::power_cuts(times(6), seed()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_damaged_records_the_same_command_ends_with_the_right_objects_and_tells_once() {
    records::runs::damage(times(8), seed()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quota_on_the_records_is_told_and_nothing_is_lost() {
    records::room::quotas(times(8)).await;
}
