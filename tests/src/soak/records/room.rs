//! No room for the records: a limit on the size of files stands for a quota, a small disk of its own for a full one.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use davit_core::engine::feed::{Action, Overview, Target, Update, View};
use davit_core::engine::{EnqueueOptions, Feed};
use davit_core::ids::ItemId;
use davit_core::session::Collision;
use davit_core::uploader::{Options, Uploader};

use crate::World;
use crate::fault::FaultProxy;
use crate::source::{noise, sha256};
use crate::world::{BUCKET, connected};

/// Files of the folder that is uploaded: its records take about 200 KB.
const CLIPS: u64 = 120;

fn folder(world: &World) -> PathBuf {
    let folder = world.sources().join("folder");
    for clip in 0..CLIPS {
        noise(&folder.join(format!("clip {clip}, a name that takes its room in the records.mov")), 100 + clip);
    }
    folder
}

/// The records may grow to so many sizes, evenly, and no further. The command ends in order with the reason, and with room
/// everything goes.
pub async fn quotas(count: u32) {
    let mut stopped = 0;
    for point in 0..u64::from(count) {
        let world = World::new().await;
        let folder = folder(&world);
        std::fs::create_dir_all(world.home()).expect("a home");
        let kib = 4 + point * 300 / u64::from(count);
        // As a quota would: the write fails, and no signal comes.
        let limited = format!("trap '' XFSZ; ulimit -f {kib}; exec \"$@\"");
        let ended = world.upload(&[&folder]).within(&["bash", "-c", &limited, "bash"]).end().await;
        let what = format!("{kib} KiB");
        assert!(matches!(ended.code, Some(0 | 1 | 130)), "{what}: {:?} {} {}", ended.code, ended.out, ended.err);
        assert!(!ended.err.contains("panicked"), "{what}: {}", ended.err);
        if ended.code != Some(0) {
            stopped += 1;
            let told = |word: &str| ended.err.contains(word) || ended.out.contains(word);
            assert!(told("disk-full") || told("journal-unwritable"), "{what}: {} {}", ended.out, ended.err);
        }
        let ended = world.upload(&[&folder]).args(["--collision", "overwrite"]).end().await;
        assert!(!ended.err.contains("davit: The records"), "{what}: no room is no damage: {}", ended.err);
        ended.all_done();
        all_is_there(&world, &folder, &what);
    }
    println!("{count} quotas, {stopped} of them too small");
}

fn all_is_there(world: &World, folder: &Path, what: &str) {
    assert_eq!(world.keys().len() as u64, CLIPS, "{what}");
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        assert_eq!(world.sha256(&format!("in/folder/{name}")), sha256(&path), "{what}: {name}");
    }
}

/// In a home on a small disk of its own: a running engine is out of room in the middle of its work, says so, and goes on by
/// itself within ten seconds of room.
pub async fn room_comes_back(home: PathBuf) {
    let world = World::with_backend(900, "role").await;
    let folder = folder(&world);
    let uploader = open(&world, &home, &world.cloud.endpoint()).await;
    let to = uploader.destinations().await.expect("one")[0].id.clone();
    let engine = uploader.engine();
    let mut feed = engine.subscribe(View::default()).await.expect("a feed");

    // Room for the gesture and a few files.
    let filler = home.join("filler");
    let mut file = std::fs::File::create(&filler).expect("a file");
    let mut filled = 0;
    while file.write_all(&[7; 4_096]).is_ok() {
        filled += 4_096;
    }
    file.set_len(filled - (100 << 10)).expect("some room");
    drop(file);
    let options =
        EnqueueOptions { collision: Some(Collision::Overwrite), resume_same: true, ..EnqueueOptions::default() };
    // Large ones first: what the store answers while nothing can be recorded is not forgotten.
    let cuts: Vec<_> = (0..3).map(|n| world.sources().join(format!("cut {n}.mov"))).collect();
    for cut in &cuts {
        noise(cut, 17 << 20);
    }
    let given = cuts.iter().cloned().chain([folder.clone()]).collect();
    let ticket = engine.enqueue(given, to, options).await.expect("taken");
    stuck(&mut feed, true).await;
    std::fs::remove_file(&filler).expect("room");
    let begun = Instant::now();
    stuck(&mut feed, false).await;
    println!("went on {:?} after there was room", begun.elapsed());
    assert!(begun.elapsed() <= Duration::from_secs(10), "{:?}", begun.elapsed());
    let settled = engine.settled(ticket.items).await.expect("settles");
    assert_eq!((u64::from(settled.uploaded), settled.failed), (CLIPS + 3, 0), "{settled:?}");
    assert!(world.cloud.uploads(BUCKET).is_empty(), "an upload that nobody knows of");
    world.no_byte_was_sent_twice();
    uploader.close().await;
}

/// What a store answers that may not be looked at, while there is no room to record it: each of the three answers that
/// cannot be had again. With room everything is done by it, and nothing was asked or sent twice, whoever pauses meanwhile.
pub async fn answers_without_room(home: &Path) {
    for (number, (len, request)) in ANSWERS.into_iter().enumerate() {
        for pauses in [false, true] {
            let (world, home) = (World::with_blind_backend(900, "role").await, home.join(format!("{number} {pauses}")));
            let link = FaultProxy::before(world.cloud.address()).await;
            let uploader = open(&world, &home, &link.endpoint()).await;
            let engine = uploader.engine();
            let mut feed = engine.subscribe(View::default()).await.expect("a feed");
            let items = answered_without_room(&world, &link, &uploader, &mut feed, (len, request)).await;
            if pauses {
                engine.act(Action::Pause, vec![Target::Item(items[0])]).await.expect("asked");
            }
            limit("unlimited");
            stuck(&mut feed, false).await;
            if pauses && request == CREATE {
                engine.settled(items.clone()).await.expect("rests");
                engine.act(Action::Resume, vec![Target::Item(items[0])]).await.expect("resumed");
            }
            let settled = engine.settled(items).await.expect("settles");
            assert_eq!((settled.uploaded, settled.failed), (1, 0), "{request}: {settled:?}");
            let seen = world.cloud.observer();
            for name in ["PutObject", "CreateMultipartUpload", "CompleteMultipartUpload"] {
                assert!(seen.calls(name) <= 1, "{request}: {name} was asked {} times", seen.calls(name));
            }
            assert_eq!(world.sha256(&world.keys()[0]), sha256(&world.sources().join("cut.mov")));
            assert!(world.cloud.uploads(BUCKET).is_empty(), "an upload that nobody knows of");
            uploader.close().await;
            std::fs::remove_dir_all(&home).expect("removed");
        }
    }
}

/// An upload that was opened and never recorded: who ends without room takes it away again.
pub async fn an_upload_without_room(home: &Path) {
    let world = World::with_blind_backend(900, "role").await;
    let link = FaultProxy::before(world.cloud.address()).await;
    let uploader = open(&world, home, &link.endpoint()).await;
    let mut feed = uploader.engine().subscribe(View::default()).await.expect("a feed");
    answered_without_room(&world, &link, &uploader, &mut feed, (17 << 20, CREATE)).await;
    assert_eq!(world.cloud.uploads(BUCKET).len(), 1);
    uploader.close().await;
    limit("unlimited");
    assert!(world.cloud.uploads(BUCKET).is_empty(), "an upload that nobody knows of");
    let uploader = open(&world, home, &link.endpoint()).await;
    let engine = uploader.engine();
    let mut feed = engine.subscribe(View::default()).await.expect("a feed");
    while world.keys().is_empty() {
        feed.next().await.expect("the engine runs");
    }
    assert_eq!(world.sha256(&world.keys()[0]), sha256(&world.sources().join("cut.mov")));
    uploader.close().await;
}

const CREATE: &str = "POST *?uploads";
const ANSWERS: [(u64, &str); 3] = [(1_000, "PUT "), (17 << 20, CREATE), (17 << 20, "POST *?uploadId")];

/// Gives a file, and lets no file be written while the answer to a request is on its way. Answers once the engine is stuck.
async fn answered_without_room(
    world: &World,
    link: &FaultProxy,
    uploader: &Uploader,
    feed: &mut Feed,
    (len, request): (u64, &str),
) -> Vec<ItemId> {
    let file = world.sources().join("cut.mov");
    noise(&file, len);
    request.clone_into(&mut link.faults.only.lock().expect("faults"));
    link.faults.hold.send_replace(true);
    let to = uploader.destinations().await.expect("one")[0].id.clone();
    let options = EnqueueOptions { collision: Some(Collision::Fail), resume_same: false, ..EnqueueOptions::default() };
    let ticket = uploader.engine().enqueue(vec![file], to, options).await.expect("taken");
    link.holds_one().await;
    limit("1:unlimited");
    link.faults.hold.send_replace(false);
    stuck(feed, true).await;
    ticket.items
}

/// Files of this process may have so many bytes, as with a quota: a log that is shortened makes no room then.
fn limit(bytes: &str) {
    let words = [format!("--pid={}", std::process::id()), format!("--fsize={bytes}")];
    assert!(std::process::Command::new("prlimit").args(words).status().expect("prlimit").success());
}

async fn open(world: &World, home: &Path, store: &str) -> Uploader {
    let options = world.options_by_backend(store);
    connected(Options { home: home.to_owned(), concurrency: Some(4), hold: false, ..options }).await
}

async fn stuck(feed: &mut Feed, wanted: bool) {
    while let Some(update) = feed.next().await {
        let totals = match &update {
            Update::Snapshot(snapshot) => &snapshot.totals,
            Update::Delta(delta) => &delta.totals,
        };
        if matches!(totals.overview, Overview::Stuck { .. }) == wanted {
            return;
        }
    }
    panic!("the engine ended");
}
