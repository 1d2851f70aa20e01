//! Through the real window: what is set of the connection is kept, a check tells each line, and no button leads nowhere.

use std::path::Path;

use davit_tests::source::{noise, sha256};
use davit_tests::window::Window;

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

/// There is no bus on which the keychain could be asked.
#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_no_keychain_keeps_says_so_at_once_and_in_the_settings() {
    const SAID: &str = "The system keychain cannot be used. You will sign in again next time.";
    let office = Office::open().await;
    let variables = [
        ("DAVIT_DEV_S3_ENDPOINT", office.link.endpoint()),
        ("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", office.world.path("no-bus").display())),
    ];
    let window = Window::open(&office.world.home(), &variables).await;
    connect(&window, &office).await;
    window.until_says(SAID).await;
    go(&window, "settings").await;
    window.until(&format!("[...document.querySelectorAll('.opt .d')].some(one => one.innerText === '{SAID}')")).await;
    window.picture("settings-connection-keychain").await;
    window.end();

    let window = Window::open(&office.world.home(), &variables).await;
    window.until_says("Sign in with Example Films").await;
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
