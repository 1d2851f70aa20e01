//! Through the real window: a crowd of files with hard names, all of it cancelled and brought back by two keys, a window
//! as small as it can be, and a connection that goes away.

use std::path::Path;
use std::sync::atomic::Ordering;

use davit_tests::source::noise;

use crate::window::{Office, USUAL_PLACE, connect};

const FILES: u64 = 200;
const HARD: [&str; 4] = ["ראיון עם מנהל הנמל.mov", "👩‍👩‍👧‍👦🏳️‍🌈 family reel.mov", "港湾局長インタビュー.mov", "naïve ñ.mov"];

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_files_are_dropped_cancelled_and_brought_back_by_two_keys() {
    let office = Office::open().await;
    let long = format!("{}take-03.mov", "a-very-long-name_".repeat(12));
    let plain = (0..FILES - 5).map(|n| format!("clip {n:03}.wav"));
    let names: Vec<_> = HARD.iter().map(|name| (*name).to_owned()).chain([long]).chain(plain).collect();
    let files: Vec<_> = names.iter().map(|name| office.world.sources().join(name)).collect();
    for (seed, file) in (0u64..).zip(&files) {
        noise(file, 60_000 + seed);
    }

    let window = office.window().await;
    connect(&window, &office).await;
    office.link.faults.rate.store(100 << 10, Ordering::SeqCst);
    let paths: Vec<&Path> = files.iter().map(AsRef::as_ref).collect();
    let hovering = window.hover(USUAL_PLACE, &paths);
    window.until_says("Drop 200 files").await;
    window.until("document.querySelector('.tgt.over')").await;
    hovering.drop();
    window.until("document.querySelector('.tab b')?.innerText === '200'").await;
    window.until("document.querySelectorAll('.row').length > 10").await;
    window.picture("crowd").await;
    window.until("[...document.querySelectorAll('.row')].every(row => row.offsetHeight === 56)").await;

    window.script("document.querySelector('.row[tabindex=\"0\"]').focus()").await;
    window.press("a", true).await;
    window
        .until(
            "document.querySelectorAll('.row[aria-selected=true]').length === document.querySelectorAll('.row').length",
        )
        .await;
    window.press("Delete", false).await;
    window.until("document.querySelector('.toast .btn')?.innerText === 'Undo'").await;
    window.press("z", true).await;
    window.until("document.querySelectorAll('.row [aria-label=Cancelled]').length === 0").await;
    window.until("document.activeElement.matches('.row')").await;

    window.resize(640, 440).await;
    window.until("innerWidth <= 640 && document.querySelector('.row').offsetHeight === 52").await;
    // A name from right to left begins where the others do.
    window.until("[...document.querySelectorAll('.row .mid')].every(name => name.getBoundingClientRect().left === document.querySelector('.row .mid').getBoundingClientRect().left)").await;
    window.until("document.documentElement.scrollWidth <= innerWidth").await;
    window.picture("crowd-small").await;

    office.link.goes_away();
    window.until("document.querySelector('.hero .fig').innerText === 'Offline'").await;
    window
        .until("[...document.querySelectorAll('.hero p')].every(line => line.scrollWidth <= line.clientWidth + 1)")
        .await;
    window.picture("crowd-offline").await;
    office.link.comes_back();
    office.link.faults.rate.store(0, Ordering::SeqCst);
    window.until("document.querySelector('.tab:nth-of-type(4) b').innerText === '200'").await;
    window.until_says("Everything is uploaded").await;
    // Nothing is missing, and nothing that was under way when it was cancelled or cut off is there twice.
    let keys = office.world.keys();
    for name in &names {
        assert!(keys.iter().any(|key| key.ends_with(&format!("/{name}"))), "{name} is missing: {keys:?}");
    }
    assert_eq!(keys.len(), names.len(), "{keys:?}");
}
