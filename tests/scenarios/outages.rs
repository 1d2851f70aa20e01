//! The network goes, the computer sleeps, and all goes on.

use std::time::Duration;

use davit_tests::fault::Standing;
use davit_tests::soak::network::{asleep, hole};
use davit_tests::soak::{size, times};

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_goes_without_a_word_is_outlived() {
    outlives(Standing::Cut).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_goes_and_leaves_dead_connections_is_outlived() {
    outlives(Standing::Dead).await;
}

async fn outlives(standing: Standing) {
    for lasts in size(&[3][..], &[3, 30, 600]) {
        // Ten minutes once; they say nothing new.
        for _ in 0..if *lasts > 60 { 1 } else { times(1) } {
            let flows = hole(Duration::from_secs(*lasts), standing).await;
            println!("{lasts} s, {standing:?}: bytes flow {flows:?} after the return");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_computer_that_slept_goes_on_within_ten_seconds() {
    for second in 0..times(1) {
        for standing in [Standing::Cut, Standing::Dead] {
            let goes_on = asleep(Duration::from_secs(u64::from(second % 20) + 4), standing).await;
            println!("{standing:?}: goes on after {goes_on:?}");
        }
    }
}

/// A night of it: as many seconds as the loop is told.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "as long as it sleeps"]
async fn a_computer_that_slept_for_hours_goes_on_within_ten_seconds() {
    let lasts = Duration::from_secs(u64::from(times(3_600)));
    let (cut, dead) = tokio::join!(asleep(lasts, Standing::Cut), asleep(lasts, Standing::Dead));
    println!("after {lasts:?}: goes on after {cut:?} where what stood was cut, {dead:?} where it was dead");
}

/// The store's, the company's and the proxy's name lead elsewhere, and what stood is cut, or dead without a word.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_way_that_becomes_another_one_needs_nobody() {
    use davit_tests::soak::network::{Change, way_that_changes};
    if !davit_tests::inner::may_mount() {
        return;
    }
    for _ in 0..times(1) {
        // At once: they mostly wait.
        for two in size(&[[Change::Away, Change::Address]][..], Change::ALL.as_chunks::<2>().0) {
            let two = two.map(|change| tokio::spawn(way_that_changes(change)));
            for one in two {
                one.await.expect("it goes on");
            }
        }
    }
}
