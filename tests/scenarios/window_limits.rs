//! Through the real window: a limit is chosen from its menu, the schedule pauses and is overruled, and a file is moved up in
//! line.

use std::path::PathBuf;
use std::sync::atomic::Ordering;

use davit_tests::source::noise;
use davit_tests::window::Window;

use crate::window::{Office, USUAL_PLACE, connect};

const SLOW: u64 = 6 << 20;
/// The button of the limit.
const LIMIT: &str = ".anchor > .side-btn";
/// Of the six the first four run at once.
const FILES: [&str; 6] = ["one.mov", "two.mov", "three.mov", "four.mov", "five.mov", "six.mov"];

/// All that a selector finds in the page.
fn all(selector: &str) -> String {
    format!("[...document.querySelectorAll({selector:?})]")
}

/// What one of them is called, or says, with plain spaces.
const SAYS: &str = "(one.ariaLabel || one.innerText).replaceAll('\\u00a0', ' ').trim()";

/// Presses what stands there and begins so.
async fn presses(window: &Window, selector: &str, begins: &str) {
    let find = format!("{}.find(one => {SAYS}.startsWith({begins:?}))", all(selector));
    window.until(&find).await;
    window.script(&format!("{find}.click()")).await;
}

/// Chooses in the menu of the limit.
pub(crate) async fn limits(window: &Window, to: &str) {
    presses(window, LIMIT, "").await;
    presses(window, "[role^=menuitem]", to).await;
}

/// Waits until the button of the limit says this.
pub(crate) async fn is_limited(window: &Window, says: &str) {
    window.until(&format!("{}.some(one => {SAYS}.startsWith({says:?}))", all(LIMIT))).await;
}

/// Writes into a field and leaves it.
async fn writes(window: &Window, label: &str, words: &str) {
    let field = format!("document.querySelector('input[aria-label={label:?}]')");
    window.until(&field).await;
    let change = "dispatchEvent(new Event('change', { bubbles: true }))";
    window.script(&format!("const field = {field}; field.value = {words:?}; field.{change}")).await;
}

/// The files of the list, from above.
fn order() -> String {
    let name = format!("{FILES:?}.find(name => one.innerText.includes(name))");
    format!("{}.map(one => {name}).filter(Boolean).join(' ')", all("[role=row]"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_limits_pauses_by_the_schedule_and_moves_a_file_up_in_line() {
    let office = Office::open().await;
    let window = office.window().await;
    connect(&window, &office).await;
    office.link.faults.rate.store(SLOW, Ordering::SeqCst);
    let files: Vec<PathBuf> = FILES.iter().map(|name| office.world.sources().join(name)).collect();
    for file in &files {
        noise(file, 24 << 20);
    }
    is_limited(&window, "No limit").await;
    window.hover(USUAL_PLACE, &files.iter().map(PathBuf::as_path).collect::<Vec<_>>()).drop();
    window.until(&format!("{} === {:?}", order(), FILES.join(" "))).await;

    // The last of the line goes before the one above it.
    let last = "[...document.querySelectorAll('[role=row]')].find(row => row.innerText.includes('six.mov'))";
    let up = "{ key: 'ArrowUp', altKey: true, bubbles: true, cancelable: true }";
    window.script(&format!("{last}.focus(); {last}.dispatchEvent(new KeyboardEvent('keydown', {up}))")).await;
    window.until(&format!("{} === 'one.mov two.mov three.mov four.mov six.mov five.mov'", order())).await;
    window.picture("moved-up").await;

    // A limit, which the engine and another program see.
    limits(&window, "10 MB/s").await;
    is_limited(&window, "Limit 10 MB/s").await;
    let told = office.world.davit("limit").end().await;
    assert!(told.out.replace('\u{a0}', " ").contains("10.0 MB/s"), "{}", told.out);

    // The schedule pauses all day.
    limits(&window, "Limits").await;
    presses(&window, "input[role=switch]", "Use the schedule").await;
    while window.script("return document.querySelectorAll(\"[aria-label='Remove this time']\").length").await != 0 {
        presses(&window, "button", "Remove this time").await;
    }
    window.click("Add a time").await;
    presses(&window, ".pick", "Days").await;
    presses(&window, "[role^=menuitem]", "Every day").await;
    writes(&window, "From", "00:00").await;
    writes(&window, "To", "00:00").await;
    presses(&window, ".pick", "What happens then").await;
    presses(&window, "[role^=menuitem]", "Pause").await;
    window.picture("schedule").await;
    is_limited(&window, "Paused").await;
    presses(&window, ".side a", "Transfers").await;
    window.until("document.querySelector('.hero .fig').innerText === 'Paused'").await;
    window.picture("scheduled-pause").await;

    // Somebody is in a hurry, then is not, and is again.
    office.link.faults.rate.store(0, Ordering::SeqCst);
    limits(&window, "50 MB/s").await;
    is_limited(&window, "Limit 50 MB/s").await;
    limits(&window, "Follow the schedule").await;
    is_limited(&window, "Paused").await;
    limits(&window, "No limit").await;
    is_limited(&window, "No limit").await;
    window.until_says("Everything is uploaded").await;
    office.all_there(&files);
}
