//! Sources that do not stand still, and folders that somebody tampers with while they are walked. The loops are in
//! `davit_tests::soak`; here they run a few times.

#[cfg(target_os = "linux")]
use davit_tests::inner::{where_one_may_mount, where_one_may_serve};
#[cfg(target_os = "linux")]
use davit_tests::soak::drives;
use davit_tests::soak::{seed, sources, tampering, times};

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_changes_is_stored_as_one_version_or_the_change_is_told() {
    sources::sources_that_change(times(1), seed()).await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_drive_that_goes_away_is_waited_for_and_the_upload_goes_on() {
    where_one_may_mount(
        "sources::a_drive_that_goes_away_is_waited_for_and_the_upload_goes_on",
        sources::drives_that_go_away(times(1), seed()),
    )
    .await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_whose_drive_is_away_is_walked_on_when_it_is_back() {
    where_one_may_mount(
        "sources::a_folder_whose_drive_is_away_is_walked_on_when_it_is_back",
        sources::a_walk_without_its_drive(),
    )
    .await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_drive_that_does_not_answer_is_told_holds_up_no_other_and_is_gone_on_with() {
    where_one_may_serve(
        "sources::a_drive_that_does_not_answer_is_told_holds_up_no_other_and_is_gone_on_with",
        drives::a_drive_that_falls_silent(),
    )
    .await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_drive_that_falls_silent_after_its_files_were_read_holds_up_nobody() {
    where_one_may_serve(
        "sources::a_drive_that_falls_silent_after_its_files_were_read_holds_up_nobody",
        drives::a_silent_drive_whose_files_are_sent(),
    )
    .await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_drive_that_does_not_answer_when_it_is_given_is_told_and_what_is_given_with_it_is_taken() {
    where_one_may_serve(
        "sources::a_drive_that_does_not_answer_when_it_is_given_is_told_and_what_is_given_with_it_is_taken",
        drives::a_silent_drive_that_is_given(),
    )
    .await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_drive_that_falls_silent_while_a_folder_is_walked_is_told_and_walked_on_when_it_answers() {
    where_one_may_serve(
        "sources::a_drive_that_falls_silent_while_a_folder_is_walked_is_told_and_walked_on_when_it_answers",
        drives::a_drive_that_falls_silent_during_a_walk(),
    )
    .await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_drive_that_does_not_answer_holds_up_nobody_who_stops() {
    where_one_may_serve(
        "sources::a_drive_that_does_not_answer_holds_up_nobody_who_stops",
        drives::a_silent_drive_and_whoever_stops(),
    )
    .await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_drive_that_reports_errors_for_a_while_is_waited_for() {
    where_one_may_serve(
        "sources::a_drive_that_reports_errors_for_a_while_is_waited_for",
        drives::a_drive_that_reports_errors(),
    )
    .await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_drive_that_reports_errors_again_after_parts_were_sent_is_waited_for_anew() {
    where_one_may_serve(
        "sources::a_drive_that_reports_errors_again_after_parts_were_sent_is_waited_for_anew",
        drives::a_drive_that_reports_errors_twice(),
    )
    .await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_drive_that_falls_silent_after_a_version_is_found_stored_holds_up_nobody_who_stops() {
    where_one_may_serve(
        "sources::a_drive_that_falls_silent_after_a_version_is_found_stored_holds_up_nobody_who_stops",
        drives::a_silent_drive_after_a_version_is_found_stored(),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_another_program_holds_is_waited_for_then_told_and_taken_when_it_is_free() {
    sources::a_file_that_is_held().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_touched_again_and_again_is_told_and_gone_on_with_once_it_is_left_alone() {
    sources::a_file_that_is_touched_again_and_again().await;
}

#[test]
fn nothing_outside_of_a_folder_is_read_whatever_links_are_put_in_the_way() {
    tampering::links_put_in_the_way(times(500), seed());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_outside_of_a_folder_is_uploaded_whatever_links_are_put_in_the_way() {
    tampering::links_put_in_the_way_of_uploads(times(2), seed()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_byte_less_and_a_byte_more_than_whole_parts_arrive_as_they_are() {
    sources::a_byte_less_and_a_byte_more(times(20)).await;
}
