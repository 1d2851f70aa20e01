//! Which row is uploaded next: the list's order, which the person changes.

use std::path::PathBuf;

use davit_tests::World;
use davit_tests::fault::FaultProxy;
use davit_tests::source::noise;
use serde_json::Value;

/// Keys in the order in which their bytes reached the store.
fn arrived(world: &World) -> Vec<String> {
    let mut objects = world.cloud.objects(davit_tests::world::BUCKET);
    let at = |part: &PathBuf| std::fs::metadata(part).and_then(|part| part.modified()).expect("a part's time");
    objects.sort_by_key(|object| at(&object.parts[0]));
    objects.into_iter().map(|object| object.key.trim_start_matches("in/").to_owned()).collect()
}

/// The number of a file, as `davit status` tells it.
async fn number_of(world: &World, name: &str) -> String {
    let rows = world.davit("status").arg("--json").end().await.lines;
    let is_it = |row: &&Value| row["path"].as_str().is_some_and(|path| path.ends_with(name));
    rows.iter().find(is_it).unwrap_or_else(|| panic!("{name} is not in {rows:?}"))["id"].to_string()
}

async fn moves(world: &World, words: &str, names: &[&str]) -> Vec<Value> {
    let (word, flag) = words.split_once(' ').map_or((words, None), |(word, flag)| (word, Some(flag)));
    let mut run = world.davit(word);
    run.args(flag);
    for name in names {
        run.arg(number_of(world, name).await);
    }
    let ended = run.arg("--json").end().await;
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.out, ended.err);
    ended.lines
}

/// One file at a time, the first of which is on its way.
#[tokio::test(flavor = "multi_thread")]
async fn files_are_uploaded_in_the_lists_order_and_a_restart_keeps_it() {
    let world = World::new().await;
    let link = FaultProxy::before(world.cloud.address()).await;
    let names = ["a.mov", "b.mov", "c.mov", "d.mov", "e.mov"];
    let files: Vec<_> = names.iter().map(|name| world.sources().join(name)).collect();
    files.iter().zip(1_000..).for_each(|(file, len)| noise(file, len));
    let paths: Vec<_> = files.iter().map(PathBuf::as_path).collect();
    link.faults.hold.send_replace(true);
    let running = world.upload_by(&link.endpoint(), &paths).args(["--concurrency", "1"]).start();
    link.holds_one().await;
    // While it works: a, then d, e, b, c.
    for _ in 0..2 {
        let told = moves(&world, "earlier", &["d.mov", "e.mov"]).await;
        assert_eq!((&told[0]["event"], &told[0]["count"]), (&"earlier".into(), &2.into()), "{told:?}");
    }
    tokio::task::block_in_place(|| running.interrupt());
    link.faults.hold.send_replace(false);
    // While nobody works: a, then e, d, c, b.
    moves(&world, "later", &["d.mov"]).await;
    let told = moves(&world, "later --last", &["b.mov"]).await;
    assert_eq!((&told[0]["event"], &told[0]["count"]), (&"last".into(), &1.into()), "{told:?}");
    let rows = world.davit("status").arg("--json").end().await.lines;
    let shown: Vec<_> = rows.iter().filter_map(|row| Some(row["path"].as_str()?.rsplit_once('/')?.1)).collect();
    assert_eq!(shown, ["a.mov", "e.mov", "d.mov", "c.mov", "b.mov"]);

    world.upload_by(&link.endpoint(), &paths).args(["--concurrency", "1"]).end().await.all_done();
    assert_eq!(arrived(&world), ["a.mov", "e.mov", "d.mov", "c.mov", "b.mov"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gesture_that_is_to_be_first_is_uploaded_before_what_was_in_line() {
    let world = World::new().await;
    let link = FaultProxy::before(world.cloud.address()).await;
    let source = |name: &str| world.sources().join(name);
    for (name, len) in [("old/a.mov", 1_000), ("old/b.mov", 1_001), ("old/c.mov", 1_002), ("new.mov", 1_003)] {
        noise(&source(name), len);
    }
    let old = [source("old/a.mov"), source("old/b.mov"), source("old/c.mov")];
    let old: Vec<_> = old.iter().map(PathBuf::as_path).collect();
    link.faults.hold.send_replace(true);
    let running = world.upload_by(&link.endpoint(), &old).args(["--concurrency", "1"]).start();
    link.holds_one().await;
    tokio::task::block_in_place(|| running.kill());
    link.faults.hold.send_replace(false);
    let before = world.keys().len();
    let mut first = world.upload_by(&link.endpoint(), &[&source("new.mov")]);
    first.args(["--concurrency", "1", "--first"]).end().await.all_done();
    assert_eq!(arrived(&world).get(before).map(String::as_str), Some("new.mov"));
    let mut again = world.davit("earlier");
    let ended = again.arg("--first").arg(number_of(&world, "new.mov").await).end().await;
    assert_eq!(ended.code, Some(1), "{}", ended.out);
    assert_eq!(ended.out, "There is nothing to move up. See `davit status`.\n");
    world.upload_by(&link.endpoint(), &old).end().await.all_done();
    assert_eq!(world.keys().len(), 4);
}
