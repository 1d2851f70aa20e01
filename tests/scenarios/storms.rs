//! Watched folders through kills and storms. The loops are in `davit_tests::soak::watching`; here they run a few times.

use davit_tests::soak::watching::After;
use davit_tests::soak::watching::kills::kills;
use davit_tests::soak::watching::storms::{Hears, storm};
use davit_tests::soak::{seed, size, times};

/// New files of a storm.
fn files() -> u32 {
    size(2_000, 100_000)
}

/// W6 to W8, W10, W12, W22. `DAVIT_SOAK` says how many kills.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_watches_is_killed_at_any_moment_and_every_version_is_sent_once() {
    kills(times(6), After::Kept, seed()).await;
}

/// W24. `DAVIT_SOAK` says how many kills.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_watches_is_killed_at_any_moment_and_what_is_moved_lies_in_one_place() {
    kills(times(6), After::Moved, seed()).await;
}

/// W24: what was deleted was sent, and nothing else is gone. `DAVIT_SOAK` says how many kills.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_watches_is_killed_at_any_moment_and_what_is_deleted_was_sent() {
    kills(times(6), After::Deleted, seed()).await;
}

/// W6, W7.
#[tokio::test(flavor = "multi_thread")]
async fn a_burst_of_new_files_and_a_storm_of_new_names_send_every_version_once() {
    storm(files(), Hears::All).await;
}

/// W10.
#[tokio::test(flavor = "multi_thread")]
async fn events_that_the_system_loses_are_told_and_what_they_were_about_is_sent_once() {
    storm(files(), Hears::NotAll).await;
}
