//! The real window drawn twice as large, by the web view's own zoom, and in a system whose text is larger than usual: nothing
//! scrolls sideways, nothing is cut off, and every control can be brought into view, in the smallest window, too. Every other state is
//! asked the same in a page as narrow as such a window (`ui/gallery/zoom.mjs`).

use std::sync::atomic::Ordering;

use davit_tests::source::noise;
use davit_tests::window::Window;
use serde_json::json;

use crate::window::{LARGER_TEXT, Office, USUAL_PLACE, connect};
use crate::window_watched::go;

/// Answers what does not fit; by the same script as in any other engine.
const FITS: &str = include_str!("../../ui/gallery/fits.js");
/// How large the page is drawn, step by step.
const STEPS: [f64; 5] = [1.1, 1.25, 1.5, 1.75, 2.0];
/// The smallest that a person can make it.
const SMALLEST: (u32, u32) = (640, 440);
/// Bytes a second: the file is under way as long as it is looked at.
const CRAWLS: u64 = 1 << 20;

/// How wide the page is, in its own pixels.
async fn width(window: &Window) -> f64 {
    window.script("return innerWidth").await.as_f64().expect("a width")
}

/// Waits until the page is so wide, to a pixel or two that the web view rounds away.
async fn until_wide(window: &Window, wanted: f64) {
    window.until(&format!("Math.abs(innerWidth - {wanted}) <= 2")).await;
}

/// What moves into its place has come to it; what turns for ever stands in its own.
const STILL: &str = "document.getAnimations().every((moved) => moved.effect.getComputedTiming().endTime === Infinity)";

async fn fits(window: &Window, view: &str) {
    window.until(STILL).await;
    window.script(FITS).await;
    let wrong = window.script("return window.fits()").await;
    assert_eq!(wrong, json!([]), "{view}, {} wide", width(window).await);
}

/// Every place of the window.
async fn everything_fits(window: &Window) {
    go(window, "transfers").await;
    window.until("document.querySelector('.row')").await;
    fits(window, "transfers").await;
    window.script("document.querySelector('.row').focus()").await;
    window.press("Enter", false).await;
    window.until("document.querySelector('.panel')").await;
    fits(window, "details").await;
    window.press("Escape", false).await;
    window.until("!document.querySelector('.panel')").await;
    go(window, "watched").await;
    window.until("document.querySelector('.main .drop')").await;
    fits(window, "watched folders").await;
    go(window, "history").await;
    window.until("document.querySelector('.hrow')").await;
    fits(window, "history").await;
    go(window, "settings").await;
    window.until("document.querySelectorAll('[role=tab]').length > 4").await;
    for tab in 0..5 {
        window.script(&format!("document.querySelectorAll('[role=tab]')[{tab}].click()")).await;
        window
            .until(&format!("document.querySelectorAll('[role=tab]')[{tab}].getAttribute('aria-selected') === 'true'"))
            .await;
        fits(window, &format!("settings, {tab}")).await;
    }
}

/// A window with a file under way, and one that is done.
async fn uploads(office: &Office) -> Window {
    let window = office.window().await;
    connect(&window, office).await;
    office.link.faults.rate.store(CRAWLS, Ordering::SeqCst);
    let long = office.world.sources().join("a recording of the harbour in the early morning, second camera.mov");
    let short = office.world.sources().join("bells.wav");
    noise(&long, 96 << 20);
    noise(&short, 1_000);
    window.hover(USUAL_PLACE, &[&short, &long]).drop();
    for shape in ["Uploading", "Done"] {
        window.until(&format!("document.querySelector('.row [aria-label={shape:?}]')")).await;
    }
    window
}

#[tokio::test(flavor = "multi_thread")]
async fn at_twice_its_size_everything_fits_into_the_usual_window_and_into_the_smallest() {
    let office = Office::open().await;
    let window = uploads(&office).await;
    let usual = width(&window).await;
    for step in STEPS {
        window.press("+", true).await;
        until_wide(&window, usual / step).await;
    }
    window.picture("zoomed").await;
    everything_fits(&window).await;

    window.resize(SMALLEST.0, SMALLEST.1).await;
    until_wide(&window, f64::from(SMALLEST.0) / 2.0).await;
    everything_fits(&window).await;
    window.picture("zoomed-smallest").await;
    window.press("0", true).await;
    until_wide(&window, f64::from(SMALLEST.0)).await;
    everything_fits(&window).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_system_whose_text_is_larger_the_page_is_and_everything_fits() {
    let office = Office::open().await;
    let window = uploads(&office).await;
    let usual = width(&window).await;
    window.end();
    let (name, larger) = LARGER_TEXT;
    let variables = [("DAVIT_DEV_S3_ENDPOINT", office.link.endpoint()), (name, larger.to_owned())];
    let window = Window::open(&office.world.home(), &variables).await;
    window.until("document.querySelector('.row')").await;
    until_wide(&window, usual / 1.5).await;
    everything_fits(&window).await;
    window.picture("larger-text").await;
}
