//! Through the real window: what is set of the connection is kept, a check tells each line, and no button leads nowhere.

use std::path::Path;

use davit_tests::source::{noise, sha256};

use crate::window::{Office, USUAL_PLACE, connect};
use crate::window_around::until;
use crate::window_watched::go;

#[tokio::test(flavor = "multi_thread")]
async fn a_person_sets_the_connection_and_has_it_checked() {
    const PICK: &str = "document.querySelector('[aria-label^=\"Same name already there\"]')";
    let office = Office::open().await;
    let window = office.window().await;
    connect(&window, &office).await;
    go(&window, "settings").await;
    window.until_says("Example Films").await;
    window.until_says("Offered first when you drop files.").await;
    window.picture("settings-connection").await;
    window.script(&format!("{PICK}.click()")).await;
    window.click("Replace").await;
    let kept = |home: &Path| std::fs::read_to_string(home.join("settings.json")).unwrap_or_default();
    let home = office.world.home();
    until("it is on record", || kept(&home).contains("\"sameName\": \"overwrite\"")).await;

    window.click("Check now").await;
    window.until_says("A test file was sent and removed").await;
    window.until_says("Computer clock").await;
    window.until_says("Check again").await;
    window.picture("settings-diagnostics").await;
    assert!(office.world.cloud.uploads(davit_tests::world::BUCKET).is_empty(), "nothing is left of the test file");
    assert!(home.join("check.json").exists() && home.join("log").is_dir(), "both are kept for a report");
    window.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_forgets_the_company_and_begins_anew() {
    let office = Office::open().await;
    let window = office.window().await;
    connect(&window, &office).await;
    let file = office.world.sources().join("harbour.mov");
    noise(&file, 1_000);
    let before = sha256(&file);
    window.hover(USUAL_PLACE, &[&file]).drop();
    window.until_says("Everything is uploaded").await;
    go(&window, "settings").await;
    window.click("Diagnostics").await;
    window.click("Forget").await;
    window.until_says("Forget Example Films?").await;
    window.picture("forget").await;
    window.click("Keep").await;
    window.until_says("Forget this company").await;
    window.click("Forget").await;
    window.until_says("Forget Example Films?").await;
    window.click("Forget").await;
    window.until_says("Example Films is forgotten").await;
    window.until("document.querySelector('#address')").await;
    window.picture("forgotten").await;
    let settings = std::fs::read_to_string(office.world.home().join("settings.json")).expect("settings");
    assert!(!settings.contains("Example Films"), "{settings}");
    assert_eq!((sha256(&file), office.world.keys().len()), (before, 1), "every file stays");
    connect(&window, &office).await;
    window.until("!document.body.innerText.includes('harbour.mov')").await;
    window.end();
}
