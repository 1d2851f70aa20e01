//! Through the real window: one row after the other is looked into, copied from, cancelled, mended, kept beside, pasted,
//! put on record, and held while nobody is signed in.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use davit_tests::screen::{choose_in_dialog, copied_text, copy_files};
use davit_tests::source::{noise, sha256};
use davit_tests::window::Window;

use crate::window::{OTHER_PLACE, Office, USUAL_PLACE, connect};

const SLOW: u64 = 3 << 20;

/// A row by its file's name.
fn row(name: &str) -> String {
    let has = format!("//div[@role='row'][.//button[contains(@aria-label, '{name}')]]");
    format!("document.evaluate({has:?}, document, null, 9, null).singleNodeValue")
}

struct Walker {
    window: Window,
    office: Office,
}

impl Walker {
    async fn is(&self, name: &str, shape: &str) {
        let (row, shape) = (row(name), format!("[aria-label='{shape}']"));
        self.window.until(&format!("{row}?.querySelector({shape:?})")).await;
    }

    async fn presses(&self, name: &str, key: &str, ctrl: bool) {
        self.window.script(&format!("{}.focus()", row(name))).await;
        self.window.press(key, ctrl).await;
    }

    async fn drops(&self, at: (u32, u32), files: &[&Path]) {
        self.window.hover(at, files).drop();
    }

    fn file(&self, name: &str, len: u64) -> PathBuf {
        let path = self.office.world.sources().join(name);
        noise(&path, len);
        path
    }

    /// Presses a button that copies, and reads the clipboard as another program would.
    async fn copies(&self, button: &str, says: &str) -> String {
        self.window.click(button).await;
        self.window.until(&format!("document.querySelector('.toast')?.innerText.includes({says:?})")).await;
        copied_text()
    }

    async fn signs_in(&self, token: &str) {
        self.window.fill("token", token).await;
        self.window.script("document.querySelector('form').requestSubmit()").await;
    }

    async fn is_stored(&self, key: &str, file: &Path) {
        let keys = self.office.world.keys();
        let found = keys.iter().find(|found| found.ends_with(key)).unwrap_or_else(|| panic!("no {key} in {keys:?}"));
        assert_eq!(self.office.world.sha256(found), sha256(file), "{key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_is_looked_into_copied_from_mended_kept_beside_and_put_on_record() {
    let office = Office::open().await;
    let window = office.window().await;
    connect(&window, &office).await;
    let mut walker = Walker { window, office };
    walker.office.link.faults.rate.store(SLOW, Ordering::SeqCst);

    // Looked into and copied from, while it uploads.
    let large = walker.file("harbour.mov", 64 << 20);
    walker.drops(USUAL_PLACE, &[&large]).await;
    walker.is("harbour.mov", "Uploading").await;
    walker.presses("harbour.mov", "Enter", false).await;
    walker.window.until("document.querySelector('.panel canvas')?.getClientRects().length").await;
    walker.window.until_says("of 8").await;
    walker.window.until_says("Started. 67 MB in 8 pieces.").await;
    walker.window.picture("details").await;
    let key = walker.copies("Copy key", "Copied").await;
    assert!(key.starts_with("rushes/") && key.ends_with("/harbour.mov"), "{key}");
    assert_eq!(walker.copies("Copy destination", "Copied").await, "Projects › Rushes");
    let link =
        walker.copies("Copy link", "Link copied. If this name is taken, copy it again once the upload is done.").await;
    assert_eq!(link, format!("https://media.example.com/{key}"));

    // A second drop joins the first; the network goes, one file changes meanwhile, and the store refuses another.
    let [refused, kept] = ["refused.wav", "kept.wav"].map(|name| walker.file(name, 300_000));
    walker.window.press("Escape", false).await;
    walker.window.until("!document.querySelector('.panel')").await;
    walker.office.link.goes_away();
    walker.drops(USUAL_PLACE, &[&refused, &kept]).await;
    walker.is("harbour.mov", "Waiting for network").await;
    walker.is("refused.wav", "Waiting for network").await;
    walker.window.picture("waiting").await;
    let mut changed = std::fs::File::options().append(true).open(&large).expect("opened");
    changed.write_all(b"one more take").expect("written");
    walker.office.link.faults.answer("/refused.wav", u32::MAX, "403 Forbidden", "AccessDenied");
    walker.presses("kept.wav", "Delete", false).await;
    walker.is("kept.wav", "Cancelled").await;
    walker.window.picture("cancelled").await;
    walker.office.link.comes_back();

    walker.is("harbour.mov", "File changed").await;
    walker.is("refused.wav", "Needs you").await;
    walker.window.until_says("This file changed while it was uploading.").await;
    walker.window.until_says("No access to this place. Ask your administrator.").await;
    walker.window.picture("changed").await;
    walker.office.link.faults.busy.store(0, Ordering::SeqCst);
    walker.presses("refused.wav", "r", true).await;
    walker.is("refused.wav", "Done").await;
    walker.is_stored("/refused.wav", &refused).await;
    walker.presses("harbour.mov", "r", true).await;
    walker.is("harbour.mov", "Uploading").await;

    // The sign-in ends: what needs it is held, and goes on by itself after the next.
    walker.office.company_changes_the_token_to("another token").await;
    let taken = walker.file("taken.wav", 50_000);
    walker.drops(OTHER_PLACE, &[&taken]).await;
    walker.is("taken.wav", "Waiting for sign-in").await;
    walker.window.until_says("Signed out").await;
    walker.window.picture("held").await;
    walker.window.click("Sign in").await;
    walker.signs_in("another token").await;
    walker.office.link.faults.rate.store(0, Ordering::SeqCst);
    walker.is("harbour.mov", "Done").await;
    walker.is_stored("/harbour.mov", &large).await;

    // Signed out by a press, and in again: the list is as it was.
    walker.window.script("[...document.querySelectorAll('.side-btn')].at(-1).click()").await;
    walker.window.click("Sign out").await;
    walker.window.until_says("Sign in with Example Films").await;
    walker.signs_in("another token").await;
    walker.is("taken.wav", "Done").await;

    // A taken name is kept beside.
    walker.presses("taken.wav", "Delete", false).await;
    walker.window.until_says("Removed from list.").await;
    noise(&taken, 60_000);
    // The place that was used last is the usual one now.
    walker.drops(USUAL_PLACE, &[&taken]).await;
    walker.is("taken.wav", "Needs you").await;
    walker.window.picture("needs-you").await;
    walker.window.click("Keep both").await;
    walker.is("taken.wav", "Done").await;
    assert_eq!(walker.office.world.keys().iter().filter(|key| key.starts_with("archive/")).count(), 2);

    // Pasted, and put on record.
    let pasted = walker.file("pasted.wav", 70_000);
    let copied = copy_files(&[&pasted]);
    walker.window.press("v", true).await;
    copied.are_taken();
    walker.window.until_says("Where should 1 file go?").await;
    walker.window.click("Cancel").await;
    let copied = copy_files(&[&pasted]);
    walker.window.press("v", true).await;
    copied.are_taken();
    walker.window.until("document.activeElement?.matches('.tgt.big')").await;
    walker.window.script("document.activeElement.click()").await;
    walker.is("pasted.wav", "Done").await;
    walker.is_stored("/pasted.wav", &pasted).await;
    walker.window.click("More for this transfer: pasted.wav").await;
    walker.window.click("Save receipt").await;
    let receipt = walker.office.world.path("receipt.csv");
    let path = receipt.clone();
    tokio::task::spawn_blocking(move || choose_in_dialog("Save receipt", &path)).await.expect("chosen");
    walker.window.until_says("Receipt saved").await;
    let told = std::fs::read_to_string(receipt).expect("the receipt");
    assert!(told.contains("pasted.wav"), "{told}");
}
