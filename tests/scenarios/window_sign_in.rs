//! Through the real window: a person signs in in their browser, stays signed in without a word, and signs in again once that has ended.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use davit_tests::issuer::{Issuer, asks};
use davit_tests::source::{noise, sha256};
use davit_tests::window::Window;
use serde_json::json;

use crate::window::{OTHER_PLACE, Office, USUAL_PLACE};
use crate::window_around::until;

/// Whether the window says from now on that anybody has to sign in.
const LISTENS: &str = "window.heard = false; new MutationObserver(() => { \
    if (/Sign in|Signed out|sign-in/.test(document.body.innerText)) window.heard = true \
}).observe(document.body, { subtree: true, childList: true, characterData: true })";

/// What opens pages for every program of a desktop: here it writes down which, and the test goes there.
struct Browser {
    folder: PathBuf,
    gone: usize,
}

impl Browser {
    fn of(office: &Office) -> Self {
        let folder = office.world.path("browser");
        std::fs::create_dir(&folder).expect("a folder");
        let opener = folder.join("xdg-open");
        let pages = folder.join("pages");
        let script = format!("#!/bin/sh\nprintf '%s\\n' \"$1\" >> '{}'\n", pages.display());
        std::fs::write(&opener, script).expect("written");
        std::fs::set_permissions(&opener, std::fs::Permissions::from_mode(0o755)).expect("may be run");
        Self { folder, gone: 0 }
    }

    async fn window(&self, office: &Office) -> Window {
        let path = std::env::var("PATH").expect("a path");
        let variables =
            [("DAVIT_DEV_S3_ENDPOINT", office.link.endpoint()), ("PATH", format!("{}:{path}", self.folder.display()))];
        Window::open(&office.world.home(), &variables).await
    }

    fn pages(&self) -> Vec<String> {
        let all = std::fs::read_to_string(self.folder.join("pages")).unwrap_or_default();
        all.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')).map(str::to_owned).collect()
    }

    /// Goes to the issuer's page that was opened, and wherever that leads.
    async fn goes_there_and_back(&mut self) {
        until("a page is opened", || self.pages().len() > self.gone).await;
        let page = self.pages().swap_remove(self.gone);
        self.gone += 1;
        let (_, to, said) = asks(&page).await.expect("the issuer's page");
        let to = to.unwrap_or_else(|| panic!("nowhere to go back to: {said}"));
        let (status, _, said) = asks(&to).await.expect("Davit's page");
        assert!(status == 200 && said.contains("You can close this page and go back to Davit."), "{status} {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_in_the_browser_stays_so_without_a_word_and_signs_in_again_once_that_has_ended() {
    let issuer = Issuer::start().await;
    let mut office = Office::by(&issuer).await;
    let mut browser = Browser::of(&office);
    let [first, second] = ["first.mov", "second.mov"].map(|name| office.world.sources().join(name));
    noise(&first, 1_000);
    noise(&second, 2_000);

    // The first start. Whoever goes on to such a company has pressed for the browser; there they change their mind.
    issuer.does(|does| does.denies = true);
    let window = browser.window(&office).await;
    window.until_says("Connect to your company").await;
    window.fill("address", &office.address()).await;
    window.click("Continue").await;
    window.until_says("Your browser is open. Sign in there, then come back.").await;
    window.picture("sign-in-browser").await;
    browser.goes_there_and_back().await;
    window.until_says("Sign-in was not finished.").await;
    window.until_says("Open the browser again").await;
    window.picture("sign-in-unfinished").await;
    window.end();

    // The next one opens no page by itself.
    issuer.does(|does| does.denies = false);
    let window = browser.window(&office).await;
    window.until_says("You sign in with your browser, then come back here.").await;
    assert_eq!(browser.pages().len(), 1);
    window.click("Open the browser").await;
    browser.goes_there_and_back().await;
    window.until_says("Drop files or folders here").await;
    window.until_says("Rushes").await;
    window.end();

    // Signed in still. The company takes its token no more: another one is asked for, and nobody hears of it.
    let window = browser.window(&office).await;
    window.until_says("Drop files or folders here").await;
    let before = issuer.seen().renewals;
    issuer.changes_its_key();
    office.company_begins_anew().await;
    window.script(LISTENS).await;
    window.hover(USUAL_PLACE, &[&first]).drop();
    window.until_says("Everything is uploaded").await;
    assert_eq!(window.script("return window.heard").await, json!(false), "it is done without a word");
    let seen = issuer.seen();
    assert!(seen.renewals > before && seen.twice == 0, "{seen:?}");
    assert_eq!(browser.pages().len(), 2);

    // That is refused as well: the list stays, what is dropped waits, and goes on by itself after the next sign-in.
    issuer.does(|does| does.refuses = true);
    issuer.changes_its_key();
    office.company_begins_anew().await;
    window.hover(OTHER_PLACE, &[&second]).drop();
    window.until_says("Sign in to continue").await;
    window.until("document.querySelector('[aria-label=\"Waiting for sign-in\"]')").await;
    window.picture("sign-in-again").await;
    assert_eq!(office.world.keys().len(), 1);
    issuer.does(|does| does.refuses = false);
    window.click("Sign in").await;
    browser.goes_there_and_back().await;
    window.until_says("Everything is uploaded").await;
    for (file, key) in [(&first, "rushes/"), (&second, "archive/")] {
        let keys = office.world.keys();
        let name = file.file_name().and_then(|name| name.to_str()).expect("a name");
        let found = keys.iter().find(|found| found.starts_with(key) && found.ends_with(name));
        let found = found.unwrap_or_else(|| panic!("no {name} in {keys:?}"));
        assert_eq!(office.world.sha256(found), sha256(file), "{name}");
    }
    window.end();
}
