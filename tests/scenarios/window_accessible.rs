//! The real window as those are told of it who do not see it: whatever can be used has a name, every row says what it is, how it
//! stands and whether it is selected, and what changes by itself is said.

use std::path::Path;
use std::sync::atomic::Ordering;

use davit_tests::accessible::{Part, Reader, all, outline};
use davit_tests::source::noise;

use crate::window::{Office, USUAL_PLACE, connect};
use crate::window_around::quit;
use crate::window_watched::go;

/// What nobody can use, or make sense of, without a name.
const NAMED: [&str; 20] = [
    "check box",
    "combo box",
    "dialog",
    "entry",
    "image",
    "link",
    "menu",
    "menu item",
    "page tab",
    "page tab list",
    "password text",
    "progress bar",
    "push button",
    "radio button",
    "radio menu item",
    "slider",
    "spin button",
    "table",
    "toggle button",
    "tree table",
];
/// Bytes a second: the large file is under way as long as it is looked at.
const CRAWLS: u64 = 2 << 20;

/// Whatever is shown and used has a name, and there are places for what is said by itself.
#[track_caller]
fn is_told(view: &str, parts: &[Part]) {
    let used = |part: &&Part| NAMED.contains(&part.role.as_str()) && part.is("showing");
    assert!(parts.iter().any(|part| used(&part)), "{view}: there is nothing in it\n{}", outline(parts));
    let nameless: Vec<_> = parts.iter().filter(used).filter(|part| part.name.is_empty()).collect();
    assert!(nameless.is_empty(), "{view}: {nameless:?}\n{}", outline(parts));
    // A question is all that there is while it is asked.
    let asks = parts.iter().any(|part| part.role == "alert" || part.role == "dialog");
    for live in ["polite", "assertive"] {
        assert!(asks || parts.iter().any(|part| part.live == live), "{view}: nothing is said so: {live}");
    }
}

fn has(parts: &[Part], role: &str, name: &str) -> bool {
    parts.iter().any(|part| part.role == role && part.name == name)
}

/// The row that names this, with all that is in it.
fn row<'a>(parts: &'a [Part], name: &'a str) -> Option<&'a [Part]> {
    all(parts, "table row").find(|row| row.iter().any(|part| part.text.contains(name)))
}

/// Whether a row says what it is and how it stands.
fn stands(parts: &[Part], name: &str, state: &str) -> bool {
    row(parts, name).is_some_and(|row| has(row, "image", state))
}

/// Whether a row is so, such as "selected".
fn is(parts: &[Part], name: &str, state: &str) -> bool {
    row(parts, name).is_some_and(|row| row[0].is(state))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_screen_reader_is_told_every_control_every_row_and_what_changes() {
    const FILES: [&str; 3] = ["harbour.mov", "refused.wav", "small.wav"];
    let office = Office::open().await;
    let window = office.window().await;
    window.until_says("Connect to your company").await;
    let mut reader = Reader::of(window.id());
    let told = reader.until("a field", |parts| parts.iter().any(|part| part.role == "entry"));
    is_told("welcome", &told);
    connect(&window, &office).await;
    let told = reader.until("what to begin with", |parts| has(parts, "push button", "Choose files"));
    is_told("the empty list", &told);

    // One that lasts, one that needs somebody, one that is done, and a folder.
    let root = office.world.sources();
    let [harbour, refused, small] = FILES.map(|name| root.join(name));
    noise(&harbour, 120 << 20);
    noise(&refused, 50_000);
    noise(&small, 40_000);
    noise(&root.join("Day 1/take.wav"), 30_000);
    office.link.faults.answer("/refused.wav", u32::MAX, "403 Forbidden", "AccessDenied");
    let day = root.join("Day 1");
    let given: [&Path; 4] = [&small, &refused, &day, &harbour];
    office.link.faults.rate.store(CRAWLS, Ordering::SeqCst);
    window.hover(USUAL_PLACE, &given).drop();
    window.until("document.querySelector('.row [aria-label=\"Needs you\"]')").await;
    window.until("document.querySelectorAll('.row [aria-label=Done]').length === 2").await;
    window.script("document.querySelector('.row[tabindex=\"0\"]').focus()").await;
    let told = reader.until("how each row stands", |parts| {
        let so = [("small.wav", "Done"), ("Day 1", "Done"), ("refused.wav", "Needs you"), ("harbour.mov", "Uploading")];
        so.iter().all(|(name, state)| stands(parts, name, state)) && is(parts, "small.wav", "focused")
    });
    is_told("the list", &told);
    assert!(has(&told, "tree table", "Transfers") && has(&told, "progress bar", "harbour.mov"), "{}", outline(&told));
    let folder = |parts: &[Part], name: &str| is(parts, name, "expandable");
    assert!(folder(&told, "Day 1") && !folder(&told, "small.wav"), "{}", outline(&told));
    assert!(FILES.iter().all(|name| !is(&told, name, "selected")), "{}", outline(&told));

    window.click("More for this transfer: small.wav").await;
    let told = reader.until("a menu", |parts| has(parts, "menu item", "Save receipt"));
    is_told("a menu", &told);
    assert!(has(&told, "menu", "More for this transfer: small.wav"), "{}", outline(&told));
    window.press("Escape", false).await;
    window.until("!document.querySelector('[role=menu]')").await;
    window.script("document.querySelector('.row[tabindex=\"0\"]').focus()").await;
    window.press("Enter", false).await;
    window.until("document.querySelector('.panel')").await;
    let told = reader.until("details", |parts| has(parts, "push button", "Close details"));
    is_told("details", &told);
    window.press("Escape", false).await;
    window.until("!document.querySelector('.panel')").await;
    window.script("document.querySelector('.row[tabindex=\"0\"]').focus()").await;
    window.press("a", true).await;
    reader.until("that all are selected", |parts| FILES.iter().all(|name| is(parts, name, "selected")));

    go(&window, "history").await;
    let told = reader.until("history", |parts| stands(parts, "small.wav", "Done"));
    is_told("history", &told);
    assert!(has(&told, "table", "History") && has(&told, "entry", "Search history"), "{}", outline(&told));
    go(&window, "watched").await;
    let told = reader.until("watched folders", |parts| has(parts, "push button", "Add folder"));
    is_told("watched folders", &told);
    go(&window, "settings").await;
    for tab in ["Limits", "Notifications", "General"] {
        window.click(tab).await;
        let is_open = |part: &Part| part.role == "page tab" && part.name == tab && part.is("selected");
        let told = reader.until("a tab", |parts| parts.iter().any(is_open));
        is_told(tab, &told);
    }
    quit(&window).await;
    window.until_says("Quit while 1 transfer is uploading?").await;
    let told = reader.until("a question", |parts| has(parts, "push button", "Keep uploading"));
    is_told("quitting", &told);
    window.click("Keep uploading").await;
    window.until("!document.querySelector('.dlg')").await;

    // What is said by itself is said in full in the end.
    office.link.faults.rate.store(0, Ordering::SeqCst);
    go(&window, "transfers").await;
    window.until("document.querySelectorAll('.row [aria-label=Done]').length === 3").await;
    reader.until("what was done", |parts| parts.iter().any(|part| part.live == "polite" && part.text.contains("done")));
    office.link.faults.busy.store(0, Ordering::SeqCst);
    window.click("Try again").await;
    window.until_says("Everything is uploaded").await;
    let whole =
        |part: &Part| part.role == "progress bar" && part.name == "All transfers" && part.value == "100 percent";
    reader.until("that all of it is sent", |parts| parts.iter().any(whole));
}
