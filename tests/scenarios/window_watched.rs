//! Through the real window: a folder is watched, loses power in the midst, lies elsewhere one day, and all of it is there once.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use davit_tests::screen::choose_in_dialog;
use davit_tests::source::{noise, sha256};
use davit_tests::window::Window;
use davit_tests::world::BUCKET;

use crate::window::{Office, connect};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(90);

/// Goes to a place by the sidebar.
pub(crate) async fn go(window: &Window, place: &str) {
    window.until(&format!("document.querySelector('.nav [href=\"#{place}\"]')")).await;
    window.script(&format!("document.querySelector('.nav [href=\"#{place}\"]').click()")).await;
}

async fn chooses(folder: &Path) {
    let folder = folder.to_owned();
    let choosing = move || choose_in_dialog("Choose a folder to watch", &folder);
    tokio::task::spawn_blocking(choosing).await.expect("chosen");
}

/// Watches a folder as most people want it; what lies in it is uploaded, too.
pub(crate) async fn watch(window: &Window, folder: &Path) {
    go(window, "watched").await;
    window.until_says("Watched folders").await;
    window.click("Add folder").await;
    chooses(folder).await;
    let name = folder.file_name().expect("a name").to_str().expect("a plain one");
    window.until(&format!("document.querySelector('.sheet .in .one')?.textContent === '{name}'")).await;
    // The destination that was used last comes first, whoever used it.
    window.script("document.querySelector('.sheet .pick').click()").await;
    let place =
        "[...document.querySelectorAll('.sheet .menu button')].find((one) => one.textContent.includes('Rushes'))";
    window.until(place).await;
    window.script(&format!("{place}.click()")).await;
    window.until("document.querySelector('.sheet .pick').textContent.includes('Rushes')").await;
    window.click("Start watching").await;
    window.until("!document.querySelector('.sheet') && document.querySelector('.wrow')").await;
}

/// Waits until so many objects are there.
pub(crate) async fn until_there(office: &Office, files: usize) {
    let deadline = Instant::now() + PATIENCE;
    while office.world.keys().len() < files {
        if Instant::now() >= deadline {
            let listed = office.world.davit("watch").args(["list", "--json"]).end().await;
            panic!("{:?}: {}{}", office.world.keys(), listed.out, listed.err);
        }
        tokio::task::yield_now().await;
    }
}

/// W10, W15, W22, W28, W30.
/// A right click on what is no field opens nothing of the web view's.
#[tokio::test(flavor = "multi_thread")]
async fn the_web_views_own_menu_comes_only_where_one_types() {
    let office = Office::open().await;
    let window = office.window().await;
    let asked = "const asked = () => new MouseEvent('contextmenu', { bubbles: true, cancelable: true });
                 return ['h1', 'main', '#address'].map(one => document.querySelector(one).dispatchEvent(asked()))";
    window.until_says("Connect to your company").await;
    assert_eq!(window.script(asked).await, serde_json::json!([false, false, true]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watched_folder_is_uploaded_once_whatever_happens_meanwhile() {
    let office = Office::open().await;
    let root = office.world.sources();
    let mut files = Vec::new();
    let mut file = |name: &str, len: u64| {
        let path = root.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        noise(&path, len);
        files.push(path);
    };
    file("first.mov", 2 << 20);
    let window = office.window().await;
    connect(&window, &office).await;
    watch(&window, &root).await;
    window.picture("watched-begun").await;
    file("Day 7/second.mov", 3 << 20);
    until_there(&office, 2).await;
    window.until_says("Up to date").await;

    // Power is lost in full flight, and files come while it is away.
    office.link.faults.rate.store(4 << 20, Ordering::SeqCst);
    file("Day 7/large.mov", 60 << 20);
    window.until_says("Uploading 1").await;
    window.picture("watched-uploading").await;
    while office.world.cloud.observer().calls("UploadPart") < 2 {
        tokio::task::yield_now().await;
    }
    office.loses_power(window);
    file("Day 8/meanwhile.mov", 1 << 20);
    office.link.faults.rate.store(0, Ordering::SeqCst);
    let window = office.window().await;
    until_there(&office, 4).await;
    go(&window, "watched").await;
    window.until_says("Up to date").await;
    office.all_there(&files);
    assert!(office.world.cloud.uploads(BUCKET).is_empty(), "nothing unfinished is left");

    // What would be uploaded, and where it lies: the sheet tells, and loses nothing.
    window.click("More for this folder: sources").await;
    window.click("See what would upload").await;
    window.until_says("Day 7/large.mov becomes Rushes/Day 7/large.mov.").await;
    window.until_says("Changes are told by the system.").await;
    window.picture("watched-look").await;
    window.click("Save").await;
    window.until("!document.querySelector('.sheet')").await;

    // It lies elsewhere one day.
    let now = office.world.path("elsewhere");
    std::fs::rename(&root, &now).expect("moved");
    window.click("More for this folder: sources").await;
    window.click("Check now").await;
    window.until_says("This folder is not where it was.").await;
    window.picture("watched-away").await;
    window.click("Choose another folder").await;
    chooses(&now).await;
    window.until_says("Up to date").await;
    let late = now.join("late.mov");
    noise(&late, 1 << 20);
    until_there(&office, 5).await;
    let keys = office.world.keys();
    let key = keys.iter().find(|key| key.ends_with("/late.mov")).expect("it is there");
    assert_eq!(office.world.sha256(key), sha256(&late));
    assert_eq!(keys.len(), 5, "{keys:?}");
}
