//! The system around the window: where it stands, what goes on without it, what is asked before anything stops, the tray, and what
//! a person is told.

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use davit_tests::panel::Panel;
use davit_tests::screen::{choose_in_dialog, close, open_dialogs, windows_of};
use davit_tests::source::noise;
use davit_tests::window::{Window, app};

use crate::window::{Office, USUAL_PLACE, connect};
use crate::window_limits::{is_limited, limits};
use crate::window_watched::{go, until_there, watch};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(90);
/// Bytes a second, while something is to be seen under way, and while it is to last.
const FLOWS: u64 = 8 << 20;
const CRAWLS: u64 = 1 << 20;
/// What is within the window's frame.
const SIZE: &str = "return `${innerWidth} ${innerHeight}`";
/// What holds the title that the desktop has for the one dialog.
const QUIT: &str = "Quit while .*";

pub(crate) async fn until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "never: {what}");
        tokio::task::yield_now().await;
    }
}

/// Waits until much more of it has passed the link.
async fn goes_on(office: &Office) {
    let passed = || office.link.faults.passed.load(Ordering::SeqCst);
    office.link.faults.rate.store(FLOWS, Ordering::SeqCst);
    let before = passed();
    until("it goes on", || passed() > before + FLOWS).await;
    office.link.faults.rate.store(CRAWLS, Ordering::SeqCst);
}

/// Drops a file that takes minutes, and waits until it is on its way.
async fn under_way(office: &Office, window: &Window) -> PathBuf {
    let file = office.world.sources().join("harbour.mov");
    noise(&file, 300 << 20);
    office.link.faults.rate.store(FLOWS, Ordering::SeqCst);
    window.hover(USUAL_PLACE, &[&file]).drop();
    window.until_says("harbour.mov").await;
    goes_on(office).await;
    file
}

/// A person quits by the company's menu.
pub(crate) async fn quit(window: &Window) {
    window.script("[...document.querySelectorAll('.side-btn')].at(-1).click()").await;
    window.click("Quit Davit").await;
}

/// A person starts Davit once more.
fn starts_again(office: &Office) {
    let mut start = app(&office.world.home());
    start.env("DAVIT_DEV_S3_ENDPOINT", office.link.endpoint());
    assert!(start.status().expect("davit-app starts").success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_stands_as_it_stood() {
    let office = Office::open().await;
    let window = office.window().await;
    window.until_says("Connect to your company").await;
    let first = window.script(SIZE).await;
    window.resize(900, 620).await;
    window.until("innerWidth < 1000 && innerHeight < 700").await;
    // However large its frame is.
    let put = window.script(SIZE).await;
    assert_ne!(put, first);
    window.end();

    let window = office.window().await;
    window.until_says("Connect to your company").await;
    assert_eq!(window.script(SIZE).await, put);
    window.kill();
    // What is damaged is as at first.
    std::fs::write(office.world.home().join("window.json"), "{").expect("written");
    let window = office.window().await;
    window.until_says("Connect to your company").await;
    assert_eq!(window.script(SIZE).await, first);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_theme_that_was_chosen_holds_over_a_restart() {
    const DARK: &str = "getComputedStyle(document.documentElement).colorScheme === 'dark'";
    let office = Office::open().await;
    let window = office.window().await;
    connect(&window, &office).await;
    go(&window, "settings").await;
    window.click("General").await;
    let choose = |theme: &str| {
        format!("[...document.querySelectorAll('.seg label')].find(one => one.innerText.trim() === {theme:?}).click()")
    };
    window.until("document.querySelector('.seg input')?.checked").await;
    window.script(&choose("Dark")).await;
    window.until(DARK).await;
    window.picture("settings-general-dark").await;
    window.end();

    let window = office.window().await;
    window.until_says("Drop files or folders here").await;
    window.until(DARK).await;
    go(&window, "settings").await;
    window.click("General").await;
    window.until("document.querySelectorAll('.seg input')[2]?.checked").await;
    window.script(&choose("System")).await;
    window.until(&format!("!({DARK})")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_uploading_goes_on_without_its_window_and_the_next_start_shows_it() {
    let mut panel = Panel::start();
    let office = Office::open().await;
    let window = office.window().await;
    let id = window.id();
    connect(&window, &office).await;
    panel.until_shown();
    let file = under_way(&office, &window).await;
    panel.until_says("Uploading");
    close(&windows_of(id)[0]);
    until("it is hidden", || windows_of(id).is_empty()).await;
    panel.until_told("Davit goes on uploading");
    goes_on(&office).await;

    starts_again(&office);
    until("it is shown", || !windows_of(id).is_empty()).await;
    close(&windows_of(id)[0]);
    until("it is hidden again", || windows_of(id).is_empty()).await;

    // All of it rests and goes on by a word in the tray.
    panel.choose("Pause all");
    panel.until_says("Paused");
    panel.choose("Resume all");
    panel.until_says("Uploading");
    office.link.faults.rate.store(0, Ordering::SeqCst);
    assert_eq!(panel.until_told("harbour.mov is uploaded"), "Projects › Rushes");
    panel.until_says("Up to date");
    panel.until_says("harbour.mov");
    assert_eq!(panel.told(), ["Davit goes on uploading", "harbour.mov is uploaded"], "each once");
    panel.click();
    until("a click shows it", || !windows_of(id).is_empty()).await;
    window.until("document.querySelector('.panel')?.innerText.includes('harbour.mov')").await;
    window.until_says("Everything is uploaded").await;
    office.all_there(&[file]);
    // Nothing is left to do.
    close(&windows_of(id)[0]);
    window.ended();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_somebody_is_shown_by_a_choice_in_the_tray() {
    let mut panel = Panel::start();
    let office = Office::open().await;
    let window = office.window().await;
    let id = window.id();
    connect(&window, &office).await;
    panel.until_shown();
    // A name that the storage does not take.
    let folder = office.world.sources().join("Day 1");
    noise(&folder.join("cut\n.mov"), 1_000);
    window.hover(USUAL_PLACE, &[&folder]).drop();
    panel.until_says("1 transfer needs you");
    go(&window, "history").await;
    window.until("document.querySelector('.nav [href=\"#history\"][aria-current]')").await;
    panel.choose("1 transfer needs you");
    window.until("document.querySelector('.filters [aria-pressed=true]')?.innerText.startsWith('Needs you')").await;
    window.until("document.querySelectorAll('[data-item]').length === 1").await;
    assert_eq!(windows_of(id).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_is_chosen_in_the_tray_and_files_are_added_from_there() {
    let mut panel = Panel::start();
    let office = Office::open().await;
    let window = office.window().await;
    connect(&window, &office).await;
    panel.until_shown();
    panel.until_says("Speed limit");
    panel.choose("20 MB/s");
    is_limited(&window, "Limit 20 MB/s").await;
    assert!(!panel.menu().contains(&"Follow the schedule".to_owned()), "there is none");
    panel.choose("No limit");
    is_limited(&window, "No limit").await;
    // The window is shown first, and what is chosen goes its usual way.
    let file = office.world.sources().join("picked.mov");
    noise(&file, 1_000);
    go(&window, "history").await;
    panel.choose("Add files…");
    let path = file.clone();
    tokio::task::spawn_blocking(move || choose_in_dialog("Choose files", &path)).await.expect("chosen");
    window.until_says("Where should 1 file go?").await;
    window.until("document.activeElement?.matches('.tgt.big')").await;
    window.script("document.activeElement.click()").await;
    window.until_says("Everything is uploaded").await;
    office.all_there(&[file]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_on_without_a_window_where_no_icon_is_shown_says_how_it_is_seen_again() {
    const ICON: &str = "document.querySelector('[aria-label=\"Show Davit in the tray\"]')";
    let mut panel = Panel::start();
    let office = Office::open().await;
    let window = office.window().await;
    let id = window.id();
    connect(&window, &office).await;
    panel.until_shown();
    go(&window, "settings").await;
    window.click("General").await;
    window.until(&format!("{ICON}?.checked === true")).await;
    window.script(&format!("{ICON}.click()")).await;
    window.until_says("Start Davit again to see it.").await;
    go(&window, "transfers").await;
    let file = under_way(&office, &window).await;
    close(&windows_of(id)[0]);
    until("it is hidden", || windows_of(id).is_empty()).await;
    assert_eq!(panel.until_told("Davit goes on uploading"), "Start Davit again to see it. Quit is there, too.");
    goes_on(&office).await;
    starts_again(&office);
    until("it is shown", || !windows_of(id).is_empty()).await;

    // Nothing is sent any more, and a folder is watched.
    office.link.faults.rate.store(0, Ordering::SeqCst);
    window.until_says("Everything is uploaded").await;
    office.all_there(&[file]);
    let root = office.world.path("watched");
    std::fs::create_dir_all(&root).expect("made");
    watch(&window, &root).await;
    close(&windows_of(id)[0]);
    until("it is hidden again", || windows_of(id).is_empty()).await;
    noise(&root.join("scan.tif"), 100_000);
    until_there(&office, 2).await;
    starts_again(&office);
    until("it is shown again", || !windows_of(id).is_empty()).await;
    // Who quits while something is sent is asked.
    go(&window, "transfers").await;
    window.until_says("Everything is uploaded").await;
    window.script("[...document.querySelectorAll('.side-btn')].at(-1).click()").await;
    let quits = "[...document.querySelectorAll('[role=menuitem]')].at(-1)";
    window.until(&format!("{quits}?.innerText.includes('Quit Davit')")).await;
    // The page goes with the answer.
    window.script(&format!("setTimeout(() => {quits}.click(), 100)")).await;
    window.ended();
}

#[tokio::test(flavor = "multi_thread")]
async fn quitting_while_something_uploads_asks_and_a_no_keeps_uploading() {
    let office = Office::open().await;
    let window = office.window().await;
    connect(&window, &office).await;
    let file = under_way(&office, &window).await;
    quit(&window).await;
    window.until_says("Quit while 1 transfer is uploading?").await;
    window.until("document.activeElement?.innerText === 'Keep uploading'").await;
    window.picture("quit").await;
    window.click("Keep uploading").await;
    window.until("!document.querySelector('.dlg')").await;
    goes_on(&office).await;

    quit(&window).await;
    window.until_says("Quit while 1 transfer is uploading?").await;
    // The page goes with the answer.
    window.script("setTimeout(() => document.querySelector('.dlg .btn').click(), 100)").await;
    window.ended();
    office.link.faults.rate.store(0, Ordering::SeqCst);
    let window = office.window().await;
    window.until_says("Everything is uploaded").await;
    office.all_there(&[file]);
    office.world.nothing_was_sent_twice();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_quits_by_the_tray_is_asked_by_a_dialog_of_the_system() {
    let mut panel = Panel::start();
    let office = Office::open().await;
    let window = office.window().await;
    let id = window.id();
    connect(&window, &office).await;
    panel.until_shown();
    under_way(&office, &window).await;
    close(&windows_of(id)[0]);
    until("it is hidden", || windows_of(id).is_empty()).await;
    panel.choose("Quit Davit");
    until("it is asked", || open_dialogs(QUIT) == 1).await;
    goes_on(&office).await;
    // Nobody waits for an answer where the system ends it.
    window.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hours_pause_is_chosen_in_the_tray_and_ended_in_the_window() {
    let mut panel = Panel::start();
    let office = Office::open().await;
    let window = office.window().await;
    connect(&window, &office).await;
    panel.until_shown();
    let file = under_way(&office, &window).await;
    panel.until_says("Uploading");
    panel.choose("Pause for an hour");
    panel.until_says("Paused until ");
    window.until("document.querySelector('.hero .fig').innerText === 'Paused'").await;
    window.until_says("Until ").await;
    window.picture("paused-for-an-hour").await;
    office.link.faults.rate.store(0, Ordering::SeqCst);
    window.click("Resume all").await;
    window.until_says("Everything is uploaded").await;
    panel.until_says("Up to date");
    office.all_there(&[file]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_preferred_is_kept() {
    const AWAKE: &str = "document.querySelector('[aria-label=\"Keep this computer awake while uploading\"]')";
    const DONE: &str = "document.querySelector('[aria-label=\"Uploads are done\"]')";
    let office = Office::open().await;
    let window = office.window().await;
    connect(&window, &office).await;
    go(&window, "settings").await;
    window.click("Notifications").await;
    window.until(&format!("{DONE}?.checked === true")).await;
    window.picture("settings-notifications").await;
    window.script(&format!("{DONE}.click()")).await;
    window.click("General").await;
    window.until(&format!("{AWAKE}?.checked === true")).await;
    window.script(&format!("{AWAKE}.click()")).await;
    limits(&window, "10 MB/s").await;
    is_limited(&window, "Limit 10 MB/s").await;
    let kept = |home: &Path| std::fs::read_to_string(home.join("settings.json")).unwrap_or_default();
    let home = office.world.home();
    until("it is on record", || {
        ["\"keepAwake\": false", "\"tellDone\": false", "\"usual\": 10000000"]
            .iter()
            .all(|one| kept(&home).contains(one))
    })
    .await;
    window.end();

    let window = office.window().await;
    window.until_says("Drop files or folders here").await;
    is_limited(&window, "Limit 10 MB/s").await;
    go(&window, "settings").await;
    window.click("General").await;
    window.until(&format!("{AWAKE}?.checked === false")).await;
    window.click("Notifications").await;
    window.until(&format!("{DONE}?.checked === false")).await;
}
