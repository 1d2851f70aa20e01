//! Everything comes to rest before the program is put in place anew, and goes on after it.

use std::sync::atomic::Ordering;

use davit_core::engine::EnqueueOptions;
use davit_core::uploader::Options;
use davit_tests::World;
use davit_tests::fault::FaultProxy;
use davit_tests::soak::until;
use davit_tests::source::{noise, sha256};
use davit_tests::world::{connected, on_record};

/// Bytes a second, while something is to be under way for long.
const FLOWS: u64 = 16 << 20;

#[tokio::test(flavor = "multi_thread")]
async fn what_the_store_puts_together_is_waited_for_before_all_rests_and_all_of_it_goes_on() {
    let world = World::with_backend(900, "role").await;
    let link = FaultProxy::before(world.cloud.address()).await;
    let options = Options { hold: false, ..world.options_by_backend(&link.endpoint()) };
    let uploader = connected(options.clone()).await;
    let engine = uploader.engine().clone();
    let to = uploader.destinations().await.expect("one")[0].id.clone();
    let [whole, long] = [("whole.mov", 40 << 20), ("long.mov", 160 << 20)].map(|(name, len)| {
        let file = world.sources().join(name);
        noise(&file, len);
        file
    });
    let key = |name: &str| world.keys().into_iter().find(|key| key.ends_with(name));
    let seen = world.cloud.observer();

    "POST *uploadId".clone_into(&mut link.faults.only.lock().expect("faults"));
    link.faults.hold.send_replace(true);
    let first = engine.enqueue(vec![whole.clone()], to.clone(), EnqueueOptions::default()).await.expect("taken");
    link.holds_one().await;
    link.faults.rate.store(FLOWS, Ordering::SeqCst);
    let begun = seen.calls("UploadPart");
    let second = engine.enqueue(vec![long.clone()], to, EnqueueOptions::default()).await.expect("taken");
    until(|| seen.calls("UploadPart") > begun + 1).await;

    let mut resting = std::pin::pin!(engine.come_to_rest());
    tokio::select! {
        biased;
        _ = &mut resting => panic!("the store was asked to put one together"),
        waits = engine.waits() => drop(waits.expect("it answers")),
    }
    link.faults.hold.send_replace(false);
    resting.await.expect("all rests");
    let there = key("/whole.mov").expect("its answer was waited for");
    assert_eq!(world.sha256(&there), sha256(&whole));
    assert_eq!(key("/long.mov"), None);

    // Nobody wants it after all: it goes on as if nothing had been.
    let begun = seen.calls("UploadPart");
    engine.come_to_rest().await.expect("nothing runs");
    assert_eq!(seen.calls("UploadPart"), begun, "nothing begins");
    engine.go();
    until(|| seen.calls("UploadPart") > begun + 1).await;

    // In the next process.
    engine.come_to_rest().await.expect("all rests");
    uploader.close().await;
    let recorded = on_record(&world.home());
    assert!(!recorded.is_empty());
    link.faults.rate.store(0, Ordering::SeqCst);
    let uploader = connected(options).await;
    let items = [first.items, second.items].concat();
    let settled = uploader.engine().settled(items).await.expect("settles");
    assert_eq!((settled.uploaded, settled.failed), (2, 0));
    let there = key("/long.mov").expect("there");
    assert_eq!(world.sha256(&there), sha256(&long));
    world.nothing_on_record_was_sent_twice(&there, &recorded);
    uploader.close().await;
}
