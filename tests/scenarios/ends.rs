//! What was added together is told of once, when nothing of it is still to come.

use davit_core::engine::{Ended, EnqueueOptions, News};
use davit_core::error::ErrorCode;
use davit_core::session::Collision;
use davit_core::uploader::Options;
use davit_tests::World;
use davit_tests::source::noise;
use davit_tests::world::connected;
use tokio::sync::mpsc::UnboundedReceiver;

/// The next end that is told of.
async fn next_end(news: &mut UnboundedReceiver<News>) -> Ended {
    loop {
        if let News::Ended(ended) = news.recv().await.expect("told") {
            return ended;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_added_together_is_told_of_once_when_all_of_it_ended() {
    let world = World::with_backend(900, "role").await;
    let options = || Options { hold: false, ..world.options_by_backend(&world.cloud.endpoint()) };
    let uploader = connected(options()).await;
    let to = uploader.destinations().await.expect("one")[0].clone();
    let give = |folder: &str, names: &[&str]| {
        let paths: Vec<_> = names.iter().map(|name| world.sources().join(folder).join(name)).collect();
        paths.iter().zip(1_000..).for_each(|(path, len)| noise(path, len));
        let options = EnqueueOptions { collision: Some(Collision::Fail), ..EnqueueOptions::default() };
        uploader.engine().enqueue(paths, to.id.clone(), options)
    };
    let mut news = uploader.engine().news();
    let first = give("one", &["a.mov", "b.mov"]).await.expect("taken").batch;
    let ended = next_end(&mut news).await;
    let both = Ended {
        batch: first,
        watch: None,
        destination: to.label.clone(),
        item: None,
        name: None,
        done: 2,
        failed: 0,
        why: None,
        took: ended.took,
        last: true,
    };
    assert_eq!(ended, both);
    // The name of one of them is taken by now.
    let second = give("two", &["a.mov", "c.mov"]).await.expect("taken").batch;
    let ended = next_end(&mut news).await;
    let why = Some(ErrorCode::AlreadyThere);
    assert_eq!(ended, Ended { batch: second, done: 1, failed: 1, why, took: ended.took, ..both.clone() });
    let third = give("three", &["d.mov"]).await.expect("taken").batch;
    let ended = next_end(&mut news).await;
    let (item, name) = (ended.item, Some("d.mov".into()));
    assert!(item.is_some());
    assert_eq!(ended, Ended { batch: third, item, name, done: 1, took: ended.took, ..both.clone() });
    uploader.close().await;

    // What ended before is no news to the next.
    let uploader = connected(options()).await;
    let mut news = uploader.engine().news();
    let path = world.sources().join("four/e.mov");
    noise(&path, 1_000);
    let fourth = uploader.engine().enqueue(vec![path], to.id.clone(), EnqueueOptions::default()).await.expect("taken");
    let ended = next_end(&mut news).await;
    assert_eq!((ended.batch, ended.done), (fourth.batch, 1));
    uploader.close().await;
}
