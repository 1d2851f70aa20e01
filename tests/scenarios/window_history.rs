//! Through the real window: what ended is in history though its row was cleared and power was lost, is found by any part of its
//! name, saved, linked to and uploaded again.

use std::time::{Duration, Instant};

use davit_tests::screen::{choose_in_dialog, copied_text};
use davit_tests::source::noise;
use davit_tests::window::Window;

use crate::window::{Office, USUAL_PLACE, connect};
use crate::window_watched::go;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(90);

async fn search(window: &Window, words: &str) {
    window.until("document.querySelector('.hbar input')").await;
    let type_it = format!(
        "const field = document.querySelector('.hbar input'); field.value = {words:?}; \
         field.dispatchEvent(new Event('input', {{ bubbles: true }}))"
    );
    window.script(&type_it).await;
}

async fn toast(window: &Window, words: &str) {
    window.until(&format!("document.querySelector('.toast')?.innerText.includes({words:?})")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ended_is_found_in_history_though_its_row_was_cleared_and_power_was_lost() {
    let office = Office::open().await;
    let window = office.window().await;
    connect(&window, &office).await;
    let (cut, sound) = (office.world.sources().join("Fjörd cut.mov"), office.world.sources().join("sound.wav"));
    noise(&cut, 3 << 20);
    noise(&sound, 1_000);
    window.hover(USUAL_PLACE, &[&cut, &sound]).drop();
    window.until_says("Everything is uploaded").await;
    window.click("Clear done").await;
    go(&window, "history").await;
    window.until("document.querySelectorAll('.hrow').length === 2").await;
    window.picture("history").await;

    office.loses_power(window);
    let window = office.window().await;
    go(&window, "history").await;
    window.until_says("2 transfers").await;
    search(&window, "fjord MOV").await;
    window.until_says("1 of 2 transfers").await;
    window.until("document.querySelector('mark')?.textContent === 'Fjörd'").await;
    window.picture("history-searched").await;

    window.script("document.querySelector('.hrow').focus()").await;
    window.click("Copy link: Fjörd cut.mov").await;
    toast(&window, "Link copied").await;
    assert!(copied_text().ends_with("/Fj%C3%B6rd%20cut.mov"), "{}", copied_text());
    window.click("Save as CSV").await;
    let (table, path) = (office.world.path("history.csv"), office.world.path("history.csv"));
    tokio::task::spawn_blocking(move || choose_in_dialog("Save history", &path)).await.expect("chosen");
    toast(&window, "History saved").await;
    let table = std::fs::read_to_string(table).expect("a table");
    let rows: Vec<_> = table.lines().collect();
    assert!(rows.len() == 2 && rows[1].contains(",done,Fjörd cut.mov,"), "{table}");

    window.script("document.querySelector('.hrow').focus()").await;
    window.script("document.querySelector('.hrow').focus()").await;
    window.press("Enter", false).await;
    window.until_says("Done and verified").await;
    window.until_says("Verified.").await;
    window.picture("history-details").await;
    let object = office.world.keys().into_iter().find(|key| key.ends_with("cut.mov")).expect("stored");
    window.click("Copy key").await;
    toast(&window, "Copied").await;
    assert!(copied_text().ends_with(&object), "{} is not {object}", copied_text());
    window.press("Escape", false).await;
    window.until("!document.querySelector('.panel')").await;

    window.click("More for this transfer: Fjörd cut.mov").await;
    window.click("Upload again").await;
    toast(&window, "is in the list again.").await;
    let deadline = Instant::now() + PATIENCE;
    while office.world.keys().len() < 3 {
        assert!(Instant::now() < deadline, "{:?}", office.world.keys());
        tokio::task::yield_now().await;
    }
    // It is told while history is looked at.
    window.until_says("2 of 3 transfers").await;
}
