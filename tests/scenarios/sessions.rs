//! Several companies one after the other: the one that was chosen last counts, whatever an earlier one answers late.

use davit_core::ids::DestinationId;
use davit_core::uploader::{Options, SessionStatus, Uploader};
use davit_tests::World;
use davit_tests::fault::{Fault, FaultProxy};
use tokio::time::Duration;

/// What comes late is there long before that.
const LATE: Duration = Duration::from_secs(2);
/// What ends by itself has ended by then.
const PATIENCE: Duration = Duration::from_secs(20);

async fn two_companies() -> (World, World, FaultProxy, Options) {
    let (first, second) = (World::with_backend(900, "role").await, World::with_backend(900, "role").await);
    let slow = FaultProxy::before(first.backend.as_ref().expect("a backend").address()).await;
    let options = Options { direct: None, server: Some(slow.endpoint()), ..first.options() };
    (first, second, slow, options)
}

fn is_at(status: &SessionStatus, company: &str) -> bool {
    matches!(status, SessionStatus::Connected { address, .. } if address == company)
}

/// Turns to the second company, lets the first one's answer go, and sees that nothing comes of it.
async fn the_second_stays(uploader: &Uploader, second: &World, slow: &FaultProxy) {
    let address = second.backend.as_ref().expect("a backend").url();
    let now = uploader.connect(&address).await.expect("connected");
    assert!(is_at(&now, &address), "{now:?}");
    let mut changes = uploader.session_changes();
    changes.mark_unchanged();
    slow.faults.hold.send_replace(false);
    let late = tokio::time::timeout(LATE, changes.changed()).await;
    assert!(late.is_err(), "{:?}", uploader.session());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_answer_of_the_company_of_the_start_does_not_turn_back_to_it() {
    let (_first, second, slow, options) = two_companies().await;
    slow.faults.hold.send_replace(true);
    let uploader = Uploader::open(options).await.expect("opened");
    slow.holds_one().await;
    the_second_stays(&uploader, &second, &slow).await;
    uploader.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_401_of_an_earlier_company_does_not_sign_out_of_the_next() {
    let (_first, second, slow, options) = two_companies().await;
    let uploader = std::sync::Arc::new(Uploader::open(options).await.expect("opened"));
    let mut changes = uploader.session_changes();
    changes.wait_for(|now| is_at(now, &slow.endpoint())).await.expect("connected");
    slow.faults.hold.send_replace(true);
    slow.faults.meet("POST /v1/credentials", 1, Fault::Problem { status: "401 Unauthorized", code: "unauthorized" });
    let asking = {
        let uploader = std::sync::Arc::clone(&uploader);
        tokio::spawn(async move { uploader.try_credentials(&DestinationId("rushes".to_owned())).await })
    };
    slow.holds_one().await;
    the_second_stays(&uploader, &second, &slow).await;
    asking.await.expect("ends").expect_err("401");
    uploader.rest().await;
}

/// What follows a session would else keep it, and the token in it, for as long as the program runs.
#[tokio::test(flavor = "multi_thread")]
async fn of_a_company_that_was_turned_away_from_nothing_stays() {
    let (_first, second, slow, options) = two_companies().await;
    let uploader = Uploader::open(options).await.expect("opened");
    let mut changes = uploader.session_changes();
    changes.wait_for(|now| is_at(now, &slow.endpoint())).await.expect("connected");
    let other = second.backend.as_ref().expect("a backend").url();
    let there_and_back = async || {
        for address in [&other, &slow.endpoint()] {
            uploader.connect(address).await.expect("connected");
        }
    };
    there_and_back().await;
    let before = uploader.tasks();
    for _ in 0..20 {
        there_and_back().await;
    }
    // Connections are closed a moment later.
    let gone = async {
        while uploader.tasks() > before + 10 {
            tokio::task::yield_now().await;
        }
    };
    let gone = tokio::time::timeout(PATIENCE, gone).await;
    assert!(gone.is_ok(), "{} tasks, {before} before", uploader.tasks());
    uploader.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_out_while_the_company_is_away_is_asked_for_a_token_once_it_answers() {
    let mut world = World::new().await;
    world.start_backend(&World::backend_config_by_token("right")).await;
    let slow = FaultProxy::before(world.backend.as_ref().expect("a backend").address()).await;
    let (server, token) = (Some(slow.endpoint()), Some("right".to_owned().into()));
    let options = Options { direct: None, server, token, ..world.options() };
    slow.faults.hold.send_replace(true);
    let uploader = Uploader::open(options).await.expect("opened");
    slow.holds_one().await;
    let now = uploader.sign_out().await.expect("signed out");
    assert!(matches!(now, SessionStatus::Connecting { .. }), "{now:?}");
    let mut changes = uploader.session_changes();
    slow.faults.hold.send_replace(false);
    let asked = |now: &SessionStatus| !matches!(now, SessionStatus::Connecting { .. });
    let answered =
        tokio::time::timeout(PATIENCE, changes.wait_for(asked)).await.expect("in time").expect("told").clone();
    assert!(matches!(answered, SessionStatus::NeedsToken { .. }), "{answered:?}");
    uploader.close().await;
}
