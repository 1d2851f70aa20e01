//! What is dropped goes where it is let go, however fine the screen is and however large the page is drawn, or the system's text.

use davit_tests::source::noise;
use davit_tests::window::Window;

use crate::window::{LARGER_TEXT, Office, connect};

/// A window of a company that is known, with further variables, in which nothing is remembered yet.
async fn window(office: &Office, variables: &[(&str, String)]) -> Window {
    let first = office.window().await;
    connect(&first, office).await;
    first.end();
    let own = [
        ("DAVIT_DEV_S3_ENDPOINT", office.link.endpoint()),
        ("XDG_DATA_HOME", office.world.path("remembered").display().to_string()),
    ];
    let window = Window::open(&office.world.home(), &[&own[..], variables].concat()).await;
    window.until_says("Drop files or folders here").await;
    window
}

/// Drops a file on the place that is not the usual one; a pixel of the page is so many of the screen.
async fn goes_where_it_is_let_go(office: &Office, window: &Window, pixels: f64) {
    let file = office.world.sources().join("harbour.mov");
    noise(&file, 1_000);
    let mut hovering = window.hover((20, 20), &[&file]);
    window.until_says("Drop 1 file").await;
    let other = "[...document.querySelectorAll('.tgt')].find(one => one.innerText.includes('Archive'))";
    let middle = format!(
        "const box = {other}.getBoundingClientRect();
         return [box.x + box.width / 2, box.y + box.height / 2].map(at => Math.round(at * {pixels}))"
    );
    let middle = window.script(&middle).await;
    let [x, y] = [0_usize, 1].map(|n| middle[n].as_u64().and_then(|at| u32::try_from(at).ok()).expect("a pixel"));
    hovering.moves_to((x, y));
    window.until(&format!("{other}?.classList.contains('over')")).await;
    hovering.drop();
    window.until_says("Everything is uploaded").await;
    let keys = office.world.keys();
    assert!(keys.len() == 1 && keys[0].starts_with("archive/"), "{keys:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_fine_screen_what_is_dropped_goes_where_it_is_let_go() {
    let office = Office::open().await;
    let window = window(&office, &[("GDK_SCALE", "2".to_owned())]).await;
    window.until("devicePixelRatio === 2").await;
    goes_where_it_is_let_go(&office, &window, 2.0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_page_that_is_drawn_large_what_is_dropped_goes_where_it_is_let_go() {
    let office = Office::open().await;
    let window = window(&office, &[]).await;
    let usual = window.script("return innerWidth").await;
    // From step to step up to twice as large.
    for _ in 0..5 {
        window.press("+", true).await;
    }
    window.until(&format!("innerWidth * 2 <= {usual} + 1")).await;
    goes_where_it_is_let_go(&office, &window, 2.0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_system_whose_text_is_larger_what_is_dropped_goes_where_it_is_let_go() {
    let office = Office::open().await;
    let before = office.window().await;
    let usual = before.script("return innerWidth").await;
    before.end();
    let (name, larger) = LARGER_TEXT;
    let window = window(&office, &[(name, larger.to_owned())]).await;
    window.until(&format!("Math.abs(innerWidth * 1.5 - {usual}) <= 2")).await;
    goes_where_it_is_let_go(&office, &window, 1.5).await;
}
