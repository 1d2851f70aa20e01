//! The system around the window: where it stands.

use crate::window::Office;

/// What is within its frame.
const SIZE: &str = "return `${innerWidth} ${innerHeight}`";

#[tokio::test(flavor = "multi_thread")]
async fn a_window_stands_as_it_stood() {
    let office = Office::open().await;
    let window = office.window().await;
    window.until_says("Connect to your company").await;
    let first = window.script(SIZE).await;
    window.resize(900, 620).await;
    window.until("innerWidth < 1000 && innerHeight < 700").await;
    // However large its frame is.
    let put = window.script(SIZE).await;
    assert_ne!(put, first);
    window.end();

    let window = office.window().await;
    window.until_says("Connect to your company").await;
    assert_eq!(window.script(SIZE).await, put);
    window.kill();
    // What is damaged is as at first.
    std::fs::write(office.world.home().join("window.json"), "{").expect("written");
    let window = office.window().await;
    window.until_says("Connect to your company").await;
    assert_eq!(window.script(SIZE).await, first);
}
