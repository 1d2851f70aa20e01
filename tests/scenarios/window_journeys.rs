//! Through the real window: a computer that sleeps in the midst of an upload, and a drive that is pulled out with what is uploaded
//! from it and what is watched on it.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use davit_tests::fault::Standing;
use davit_tests::inner::{Drive, where_one_may_mount};
use davit_tests::source::{noise, sha256};
use davit_tests::window::Window;

use crate::window::{Office, USUAL_PLACE, connect};
use crate::window_watched::{go, until_there, watch};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(90);
/// Bytes a second, while something is to be seen under way.
const FLOWS: u64 = 8 << 20;
/// As long as a short sleep lasts, and how soon it goes on after any.
const SLEEPS: Duration = Duration::from_secs(5);
const SOON: Duration = Duration::from_secs(10);
/// How far the first row is, in percent.
const PERCENT: &str = "parseInt(document.querySelector('.row .pct')?.innerText)";

/// Waits until more parts than that began to reach the store.
async fn goes_on(office: &Office, before: u32) {
    let deadline = Instant::now() + PATIENCE;
    while office.world.cloud.observer().calls("UploadPart") <= before {
        assert!(Instant::now() < deadline, "it does not go on");
        tokio::task::yield_now().await;
    }
}

/// Drops a large file, and waits until it is well under way.
async fn under_way(office: &Office, window: &Window, file: &Path) {
    office.link.faults.rate.store(FLOWS, Ordering::SeqCst);
    window.hover(USUAL_PLACE, &[file]).drop();
    window.until(&format!("{PERCENT} >= 10")).await;
    goes_on(office, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_computer_that_slept_goes_on_by_itself_and_its_window_never_shows_less() {
    let mut office = Office::open().await;
    let window = office.window().await;
    connect(&window, &office).await;
    let file = office.world.sources().join("harbour.mov");
    noise(&file, 160 << 20);
    under_way(&office, &window, &file).await;
    // All that is shown of it from now on.
    let keeps = format!("const now = {PERCENT}; if (!isNaN(now)) window.shown.push(now)");
    window.script(&format!("window.shown = []; setInterval(() => {{ {keeps} }}, 50)")).await;
    window.until("window.shown.length > 0").await;
    window.script("window.slept = window.shown.at(-1)").await;

    window.sleeps();
    // What stood when it fell asleep is dead when it wakes, and nobody says so.
    office.link.becomes_a_hole(Standing::Dead).await;
    tokio::time::sleep(SLEEPS).await;
    office.link.is_no_hole().await;
    let before = office.world.cloud.observer().calls("UploadPart");
    window.wakes();
    let woke = Instant::now();
    goes_on(&office, before).await;
    assert!(woke.elapsed() <= SOON, "it went on after {:?}", woke.elapsed());
    window.until("window.shown.at(-1) > window.slept").await;
    window.picture("woken").await;
    office.link.faults.rate.store(0, Ordering::SeqCst);
    window.until_says("Everything is uploaded").await;
    let falls = "return window.shown.filter((now, at) => at > 0 && now < window.shown[at - 1])";
    assert_eq!(window.script(falls).await, serde_json::json!([]), "it showed less than before");
    office.all_there(&[file]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drive_that_is_pulled_out_is_told_by_its_name_and_all_of_it_goes_on_once_it_is_back() {
    let name = "window_journeys::a_drive_that_is_pulled_out_is_told_by_its_name_and_all_of_it_goes_on_once_it_is_back";
    where_one_may_mount(name, pulled_out()).await;
}

async fn pulled_out() {
    let office = Office::open().await;
    let drive = Drive::plugged_in(&office.world.path("drives"));
    let root = drive.at.join("in");
    let [first, second, large] = [root.join("first.mov"), root.join("second.mov"), drive.at.join("harbour.mov")];
    noise(&first, 1_000);
    noise(&large, 120 << 20);
    let window = office.window().await;
    connect(&window, &office).await;
    watch(&window, &root).await;
    until_there(&office, 1).await;
    window.until_says("Up to date").await;
    go(&window, "transfers").await;
    under_way(&office, &window, &large).await;

    drive.pull_out();
    window.until_says("Waiting for LAB-NAS to answer.").await;
    window.until("document.querySelector('.row [aria-label=\"Waiting for LAB-NAS\"]')").await;
    window.until("document.querySelector('.hero .fig').innerText === 'Waiting for LAB-NAS'").await;
    window.picture("drive-pulled-out").await;
    go(&window, "watched").await;
    window.until_says("Plug in the drive LAB-NAS to continue.").await;
    window.until_says("Choose another folder").await;
    window.until("document.querySelector('.nav [aria-current] .n.bad')?.innerText === '1'").await;
    window.picture("watched-drive-pulled-out").await;

    drive.plug_in();
    office.link.faults.rate.store(0, Ordering::SeqCst);
    noise(&second, 2_000);
    until_there(&office, 3).await;
    window.until_says("Up to date").await;
    go(&window, "transfers").await;
    window.until_says("Everything is uploaded").await;
    let keys = office.world.keys();
    assert_eq!(keys.len(), 3, "{keys:?}");
    for file in [&first, &second, &large] {
        let name = file.file_name().expect("a name").to_str().expect("a plain one");
        let key = keys.iter().find(|key| key.ends_with(&format!("/{name}"))).expect(name);
        assert_eq!(office.world.sha256(key), sha256(file), "{name}");
    }
    window.kill();
    drive.pull_out();
}
