//! The details that a shell shows of one row.

use davit_core::engine::EnqueueOptions;
use davit_core::engine::feed::{Action, Focused, RowState, Target, Update, View};
use davit_core::error::{ErrorCode, Fact};
use davit_core::session::Collision;
use davit_core::uploader::{Options, Uploader};
use davit_tests::World;
use davit_tests::source::noise;
use davit_tests::world::connected;

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

/// The person tries an entry of a folder again that a walk refused.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_in_a_folder_is_taken_when_the_person_tries_it_again() {
    let world = World::new().await;
    let folder = world.sources().join("day");
    std::fs::create_dir_all(&folder).expect("a folder");
    let pipe = folder.join("b.mov");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    let options = davit_core::uploader::Options { hold: false, ..world.options() };
    let uploader = Uploader::open(options).await.expect("opens");
    let engine = uploader.engine();
    let to = uploader.destinations().await.expect("one")[0].id.clone();
    let ticket = engine.enqueue(vec![folder], to, EnqueueOptions::default()).await.expect("taken");
    let item = ticket.items[0];
    let row = Target::Item(item);
    let view = View { count: 10, ..View::default() };
    let mut feed = engine.subscribe(view).await.expect("a feed");
    let needs_you = |update: Update| match update {
        Update::Snapshot(snapshot) => snapshot.totals.needs_you,
        Update::Delta(delta) => delta.totals.needs_you,
    };
    while needs_you(feed.next().await.expect("an update")) == 0 {}
    let files = |name: &'static str| async move {
        let slice = engine.folder_files(item, name, 0, 10).await.expect("files");
        slice.rows.into_iter().map(|row| row.size.get()).collect::<Vec<_>>()
    };
    assert_eq!(files("b.mov").await, [0]);
    std::fs::remove_file(&pipe).expect("removed");
    noise(&pipe, 200);
    assert_eq!(engine.act(Action::Retry, vec![row]).await.expect("tried").count, 1);
    while files("b.mov").await != [200] {
        feed.next().await.expect("an update");
    }
    uploader.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_taken_is_told_with_size_and_date_of_both() {
    let world = World::with_backend(900, "role").await;
    let (first, second) = (world.sources().join("first/cut.mov"), world.sources().join("second/cut.mov"));
    noise(&first, 700);
    noise(&second, 900);
    let uploader = connected(Options { hold: false, ..world.options_by_backend(&world.cloud.endpoint()) }).await;
    let engine = uploader.engine();
    let to = uploader.destinations().await.expect("one")[0].id.clone();
    let asks = || EnqueueOptions { collision: Some(Collision::Fail), ..EnqueueOptions::default() };
    engine.enqueue(vec![first], to.clone(), asks()).await.expect("taken");
    let mut feed = engine.subscribe(View { count: 10, ..View::default() }).await.expect("a feed");
    let done = |update: Update| match update {
        Update::Snapshot(snapshot) => snapshot.totals.done,
        Update::Delta(delta) => delta.totals.done,
    };
    while done(feed.next().await.expect("an update")) == 0 {}
    let ticket = engine.enqueue(vec![second], to, asks()).await.expect("taken");
    let focus = Some(Target::Item(ticket.items[0]));
    let mut feed = engine.subscribe(View { count: 10, focus, ..View::default() }).await.expect("a feed");
    let details = loop {
        let told = match feed.next().await.expect("an update") {
            Update::Snapshot(snapshot) => snapshot.details,
            Update::Delta(delta) => match delta.details {
                Focused::Now(details) => Some(*details),
                Focused::Same | Focused::Gone => None,
            },
        };
        if let Some(details) = told.filter(|details| matches!(details.state, RowState::Failed { .. })) {
            break details;
        }
    };
    assert_eq!(details.state, RowState::Failed { code: ErrorCode::AlreadyThere });
    let Some(Fact::There { size, at: Some(_) }) = details.fact else { panic!("{details:?}") };
    assert_eq!((size.get(), details.size.get()), (700, 900));
    assert!(details.written.is_some(), "{details:?}");
    uploader.close().await;
}
