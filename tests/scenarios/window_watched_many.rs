//! The real window over a watched folder of very many files: while all of them are looked at and uploaded, it is as quick as
//! with none. What it took is told, and at full size it has its goals; how large it is says `DAVIT_SOAK`.

use std::time::{Duration, Instant};

use davit_tests::frames::{CHANGES, Frames};
use davit_tests::soak::size;
use davit_tests::window::Window;

use crate::window::{Office, connect};
use crate::window_watched::{go, watch};

/// Frames of a second at least: the window is drawn by software here, by the processors that upload as well, and is given half of the 60.
const FRAMES: f64 = 30.0;
/// Nothing may hold a window up for longer, in milliseconds.
const LONGEST: f64 = 500.0;
/// Bytes of each file.
const LEN: usize = 64;
/// Files of a folder.
const OF_A_FOLDER: u32 = 100;
/// Longer than anything takes after which nothing has changed.
const PATIENCE: Duration = Duration::from_secs(90);
/// How often we look: whoever looks takes time from the window.
const LOOK: Duration = Duration::from_millis(250);

/// W30.
#[tokio::test(flavor = "multi_thread")]
async fn very_many_files_of_a_watched_folder_do_not_hold_up_the_window() {
    let office = Office::open().await;
    let root = office.world.sources();
    let files = size(2_000, 100_000);
    for n in 0..files {
        let folder = root.join(format!("d{:04}", n / OF_A_FOLDER));
        if n % OF_A_FOLDER == 0 {
            std::fs::create_dir_all(&folder).expect("made");
        }
        let content: Vec<u8> = n.to_le_bytes().into_iter().cycle().take(LEN).collect();
        std::fs::write(folder.join(format!("{n}.mov")), content).expect("written");
    }
    let window = office.window().await;
    connect(&window, &office).await;
    go(&window, "watched").await;
    window.until("document.querySelector('.main .drop')").await;
    let begun = Instant::now();
    watch(&window, &root).await;
    println!("W, window: {files} files are watched after {:.1} s, the dialog included", begun.elapsed().as_secs_f64());

    Frames::begin_in(&window, ".main", ".list").await;
    until_all_are_there(&office, files).await;
    window.until_says("Up to date").await;
    let seen = seen(&window, &format!("{files} files come")).await;
    assert!(seen.changed_at_most(CHANGES), "{seen:?}");

    // What they would come to is told with every change of the rules.
    Frames::begin(&window, ".main").await;
    window.click("More for this folder: sources").await;
    window.click("See what would upload").await;
    // However the system's language groups digits.
    let told = "document.body.innerText.replace(/(\\d)[^\\d\\n](?=\\d{3})/g, '$1')";
    window.until(&format!("{told}.includes('{files} files match now')")).await;
    self::seen(&window, "the same are listed").await;
}

async fn until_all_are_there(office: &Office, files: u32) {
    let (mut there, mut since) = (0, Instant::now());
    while there < files as usize {
        let now = office.world.keys().len();
        if now != there {
            (there, since) = (now, Instant::now());
        }
        assert!(since.elapsed() < PATIENCE, "{there} of {files}");
        tokio::time::sleep(LOOK).await;
    }
    assert_eq!(there, files as usize);
}

async fn seen(window: &Window, what: &str) -> Frames {
    let seen = Frames::since(window).await;
    let Frames { seconds, changes, drawn, longest, busy, .. } = seen;
    println!(
        "W, window, {what}: {seconds:.1} s, {changes} changes, {:.1} frames a second, busy {busy} times above 50 ms, a frame of \
         {longest:.0} ms at most",
        seen.rate()
    );
    assert!(drawn > 0.0, "nothing was drawn");
    // No more than goals, but at full size.
    let (at_most, at_least) = size((f64::INFINITY, 0.0), (LONGEST, FRAMES));
    assert!(longest <= at_most, "{what}: a frame of {longest:.0} ms");
    assert!(seen.rate() >= at_least, "{what}: {:.1} frames a second", seen.rate());
    seen
}
