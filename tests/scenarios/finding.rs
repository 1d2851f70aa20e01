//! What a person looks for in the list.

use davit_core::engine::EnqueueOptions;
use davit_core::engine::feed::{Update, View};
use davit_core::uploader::Uploader;
use davit_tests::World;
use davit_tests::source::noise;

#[tokio::test(flavor = "multi_thread")]
async fn a_slice_of_the_list_has_the_rows_that_were_looked_for_and_says_by_which_words() {
    let world = World::new().await;
    let named = |name: &str| {
        let file = world.sources().join(name);
        noise(&file, 1_000);
        file
    };
    let files = ["Fjörd cut.mov", "fjord sound.wav", "board.mp4"].map(named).to_vec();
    let uploader = Uploader::open(world.options()).await.expect("opens");
    let engine = uploader.engine();
    let to = uploader.destinations().await.expect("one")[0].id.clone();
    engine.enqueue(files, to, EnqueueOptions::default()).await.expect("taken");
    let view = |find: &str| View { count: 10, find: find.to_owned(), ..View::default() };
    let mut feed = engine.subscribe(view("FJORD")).await.expect("a feed");
    let Some(Update::Snapshot(first)) = feed.next().await else { panic!("no snapshot") };
    assert_eq!((&*first.slice.find, first.slice.total, first.totals.all), ("FJORD", 2, 3));
    // Those that match are the same: the words by which they do are told all the same.
    for (find, wanted) in [("fjord", 2), ("wav fjord", 1), ("nothing", 0), ("", 3)] {
        feed.set_view(view(find));
        let slice = loop {
            let Some(Update::Delta(delta)) = feed.next().await else { panic!("the engine ended") };
            assert_eq!(delta.totals.all, 3, "what is counted is all there is");
            if let Some(slice) = delta.slice.filter(|slice| slice.find == find) {
                break slice;
            }
        };
        assert_eq!((slice.total, slice.rows.len()), (wanted, wanted as usize), "{find}");
    }
    uploader.close().await;
}
