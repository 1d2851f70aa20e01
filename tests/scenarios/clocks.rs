//! This computer's clock is wrong.

use davit_tests::World;
use davit_tests::soak::network::{clock, clock_before_a_look, doctor, jumping_clock};
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

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_tells_a_wrong_clock_and_a_store_that_does_not_answer() {
    let world = World::with_backend(900, "role").await;
    let store = world.cloud.endpoint();
    let (code, told) = doctor(&world, &store, "+0").await;
    assert!(code == Some(0) && told.contains("\nclock       ok") && told.contains("\nstorage     ok"), "{told}");
    for off in ["+25h", "-25h"] {
        let (code, told) = doctor(&world, &store, off).await;
        assert!(code == Some(1) && told.contains("[clock-wrong: "), "{off}: {told}");
    }
    // Nobody listens there.
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = free.local_addr().expect("its address");
    drop(free);
    let (code, told) = doctor(&world, &format!("http://{address}"), "+0").await;
    assert!(code == Some(1) && told.contains("\nstorage     ") && told.contains("[offline"), "{told}");
    assert!(told.contains("\nclock       ok"), "{told}");
}
