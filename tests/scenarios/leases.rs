//! Leases end at the worst moment, and nobody sees it.

use davit_tests::fault::Fault;
#[cfg(target_os = "linux")]
use davit_tests::inner::{self, MAY_CUT_OFF};
use davit_tests::soak::network::{
    allowed_again, backend_in_trouble, filtered_refresh, over_on_arrival, refused_again_and_again, refused_for_many,
    refused_refresh, sign_in_through,
};
use davit_tests::soak::{seed, size, times};

#[tokio::test(flavor = "multi_thread")]
async fn a_new_lease_that_is_over_on_arrival_is_only_renewed_again() {
    for times in size(4..=4, 1..=4) {
        refused_again_and_again(times).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn leases_that_are_over_on_arrival_are_waited_out_and_fail_nothing() {
    over_on_arrival(3, true).await;
    over_on_arrival(7, false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn short_leases_of_a_backend_in_trouble_fail_no_part() {
    backend_in_trouble(seed() + 2, times(4), size(1_500, 10_000)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_refresh_is_asked_once_and_the_upload_goes_on_after_the_next_sign_in() {
    refused_refresh("401 Unauthorized").await;
    refused_refresh("403 Forbidden").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_may_not_upload_any_more_costs_one_question_however_many_files_there_are() {
    for _ in 0..times(1) {
        refused_for_many().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_was_given_the_right_and_tries_again_is_asked_for_anew_at_once() {
    allowed_again().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_something_on_the_way_refuses_is_not_taken_for_a_word_of_the_company() {
    for _ in 0..times(1) {
        tokio::join!(
            filtered_refresh(Fault::Filtered { status: "401 Unauthorized" }),
            filtered_refresh(Fault::Filtered { status: "403 Forbidden" }),
            filtered_refresh(Fault::Filtered { status: "400 Bad Request" }),
            filtered_refresh(Fault::Nobodys { status: "403 Forbidden" }),
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_by_token_outlives_what_passes() {
    let down = Fault::Problem { status: "503 Service Unavailable", code: "busy" };
    for fault in [down, Fault::ResetBefore, Fault::Lost, Fault::Page, Fault::Filtered { status: "403 Forbidden" }] {
        sign_in_through(fault).await;
    }
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_question_whose_way_dies_without_a_word_is_given_up_within_twenty_seconds() {
    inner::run(&MAY_CUT_OFF, "leases::inner_with_a_way_that_dies").await;
}

/// What the test above runs.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by another test, where one may cut the network"]
async fn inner_with_a_way_that_dies() {
    use tokio::io::AsyncReadExt as _;
    if inner::place().is_none() {
        return;
    }
    let network = |word: &str| inner::system(&["ip", "link", "set", "lo"], std::path::Path::new(word));
    network("up");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    let client = davit_core::net::Net::default().backend_client().expect("a client");
    let asking = tokio::spawn(client.post(format!("http://{address}/v1/credentials")).body("{}").send());
    let (mut company, _) = listener.accept().await.expect("a question");
    let mut asked = Vec::new();
    while !asked.ends_with(b"{}") {
        assert!(company.read_buf(&mut asked).await.expect("the question") > 0, "it broke off");
    }
    network("down");
    let begun = std::time::Instant::now();
    asking.await.expect("ends").expect_err("nobody answers");
    assert!(begun.elapsed() < std::time::Duration::from_secs(20), "{:?}", begun.elapsed());
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_company_whose_way_dies_without_a_word_is_asked_by_the_next_one_at_once() {
    use davit_tests::soak::network::{Change, way_that_changes};
    way_that_changes(Change::Company).await;
}
