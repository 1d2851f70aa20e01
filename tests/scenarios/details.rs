//! The details that a shell shows of one row.

use davit_core::engine::EnqueueOptions;
use davit_core::engine::feed::{Action, Focused, Target, Update, View};
use davit_core::uploader::Uploader;
use davit_tests::World;
use davit_tests::source::noise;

#[tokio::test(flavor = "multi_thread")]
async fn details_of_a_row_that_leaves_the_list_are_told_as_gone_and_not_as_unchanged() {
    let world = World::new().await;
    let file = world.sources().join("take.wav");
    noise(&file, 1_000);
    let uploader = Uploader::open(world.options()).await.expect("opens");
    let engine = uploader.engine();
    let to = uploader.destinations().await.expect("one")[0].id.clone();
    let ticket = engine.enqueue(vec![file], to, EnqueueOptions::default()).await.expect("taken");
    let row = Target::Item(ticket.items[0]);
    let view = View { count: 10, focus: Some(row), ..View::default() };
    let mut feed = engine.subscribe(view).await.expect("a feed");
    let Some(Update::Snapshot(first)) = feed.next().await else { panic!("no snapshot") };
    assert_eq!(first.details.expect("its details").name, "take.wav");
    engine.act(Action::Cancel, vec![row]).await.expect("cancelled");
    engine.act(Action::Remove, vec![row]).await.expect("removed");
    loop {
        let Some(Update::Delta(delta)) = feed.next().await else { panic!("the engine ended") };
        let left = delta.slice.is_some_and(|slice| slice.total == 0);
        assert_eq!(left, matches!(delta.details, Focused::Gone), "{:?}", delta.details);
        if left {
            break;
        }
    }
    uploader.close().await;
}
