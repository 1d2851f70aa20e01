//! The real window as those are told of it who do not see it: whatever can be used has a name, every row says what it is, how it
//! stands and whether it is selected, and what changes by itself is said.

use std::path::Path;
use std::sync::atomic::Ordering;

use davit_tests::accessible::{Part, Reader, all, outline, within};
use davit_tests::source::noise;
use davit_tests::window::Window;

use crate::window::{Office, USUAL_PLACE, connect, second_start};
use crate::window_around::quit;
use crate::window_watched::{go, watch};

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

/// Whether this is said by itself: "polite"ly or "assertive"ly.
fn is_said(parts: &[Part], live: &str, words: &str) -> bool {
    let said = |part: &Part| part.text.contains(words);
    (0..parts.len()).any(|at| parts[at].live == live && within(parts, at).iter().any(said))
}

/// Gives the focus to the row of a file.
async fn focus(window: &Window, name: &str) {
    let more = format!("[aria-label=\"More for this transfer: {name}\"]");
    window.script(&format!("document.querySelector('{more}').closest('.row').focus()")).await;
}

/// Closes what lies above the list.
async fn leave(window: &Window) {
    window.press("Escape", false).await;
    window.until("!document.querySelector('.sheet')").await;
}

/// A folder that is open, all of its files, the shortcuts, and what can be taken back.
async fn what_opens_in_the_list_is_told(window: &Window, reader: &mut Reader) {
    window.click("Show files: Day 1").await;
    let told = reader.until("an open folder", |parts| has(parts, "push button", "Show all files: Day 1"));
    is_told("an open folder", &told);
    assert!(is(&told, "Day 1", "expanded"), "{}", outline(&told));
    window.click("Show all files: Day 1").await;
    let told = reader.until("all files", |parts| {
        all(parts, "dialog").any(|one| one[0].name == "Day 1" && one.iter().any(|part| part.text.contains("take.wav")))
    });
    is_told("all files", &told);
    assert!(has(&told, "entry", "Search files") && has(&told, "image", "Done"), "{}", outline(&told));
    leave(window).await;

    window.press("/", true).await;
    let told = reader.until("the shortcuts", |parts| has(parts, "dialog", "Keyboard shortcuts"));
    is_told("the shortcuts", &told);
    leave(window).await;

    focus(window, "small.wav").await;
    window.press("Delete", false).await;
    let told = reader.until("what was removed", |parts| is_said(parts, "polite", "Removed from list."));
    is_told("a toast", &told);
    assert!(has(&told, "push button", "Undo"), "{}", outline(&told));
    window.click("Undo").await;
    window.until("document.querySelectorAll('.row [aria-label=Done]').length === 4").await;
}

/// A watched folder, and the sheet that tells what is wanted of it.
async fn what_is_watched_is_told(window: &Window, reader: &mut Reader, folder: &Path) {
    std::fs::create_dir_all(folder).expect("made");
    let name = folder.file_name().and_then(|name| name.to_str()).expect("a name");
    watch(window, folder).await;
    let more = format!("More for this folder: {name}");
    let told = reader.until("a watched folder", |parts| has(parts, "push button", &more));
    is_told("watched folders", &told);
    assert!(has(&told, "table", "Watched folders") && has(&told, "table row", name), "{}", outline(&told));
    window.click(&more).await;
    window.click("Edit").await;
    let told = reader.until("its sheet", |parts| has(parts, "dialog", "Edit watched folder"));
    is_told("a watched folder's sheet", &told);
    let both = |part: &Part| part.role == "radio button" && part.name.starts_with("Keep both");
    assert!(has(&told, "push button", "Save") && told.iter().any(both), "{}", outline(&told));
    leave(window).await;
}

/// The question of where something goes, and a sign-in that ended and is had again.
async fn what_is_asked_is_told(office: &mut Office, window: &Window, reader: &mut Reader) {
    const ARCHIVE: &str = "[...document.querySelectorAll('.tgt')].find(one => one.innerText.includes('Archive'))";
    let late = office.world.sources().join("late.wav");
    noise(&late, 20_000);
    go(window, "transfers").await;
    assert!(second_start(&office.world.home(), &late).success());
    let told = reader.until("where to", |parts| {
        let place = |part: &Part| part.role == "push button" && part.name.contains("Archive");
        parts.iter().any(|part| part.name == "Where should 1 file go?") && parts.iter().any(place)
    });
    is_told("where to", &told);
    // This place has given no credentials yet: they are asked for now.
    office.company_changes_the_token_to("another token").await;
    window.script(&format!("{ARCHIVE}.click()")).await;
    let told = reader.until("that the sign-in ended", |parts| {
        stands(parts, "late.wav", "Waiting for sign-in") && is_said(parts, "assertive", "Sign in to continue")
    });
    is_told("signed out", &told);
    window.click("Sign in").await;
    let told = reader.until("the way in", |parts| has(parts, "password text", "Access token"));
    is_told("the way in", &told);
    window.fill("token", "another token").await;
    window.script("document.querySelector('form').requestSubmit()").await;
    reader.until("that it goes on", |parts| stands(parts, "late.wav", "Done"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_screen_reader_is_told_every_control_every_row_and_what_changes() {
    const FILES: [&str; 3] = ["harbour.mov", "refused.wav", "small.wav"];
    let mut office = Office::open().await;
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
    for tab in ["Connection", "Limits", "Notifications", "General", "Diagnostics"] {
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
    what_opens_in_the_list_is_told(&window, &mut reader).await;
    what_is_watched_is_told(&window, &mut reader, &office.world.path("watched")).await;
    what_is_asked_is_told(&mut office, &window, &mut reader).await;
}
