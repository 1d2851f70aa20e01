//! Updates from end to end: two builds, a server, a window. `cargo xtask updates` makes the builds, and runs this.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use davit_tests::source::noise;
use davit_tests::updates::{Publisher, Release, Shelf, tampered};
use davit_tests::window::{Window, started_with};
use davit_tests::world::on_record;

use crate::window::{Office, USUAL_PLACE, connect};
use crate::window_watched::go;

/// Beside an upload, an update takes its time.
const PATIENCE: Duration = Duration::from_secs(600);
/// Bytes a second, while an upload is to last.
const CRAWLS: u64 = 1 << 20;
const FLOWS: u64 = 8 << 20;

/// What `cargo xtask updates` made.
struct Builds {
    publisher: Publisher,
    old: (String, Arc<Vec<u8>>),
    new: (String, Arc<Vec<u8>>),
    program: PathBuf,
}

impl Builds {
    fn given() -> Self {
        let given = |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("{name}; run: cargo xtask updates"));
        let read = |file: &str| Arc::new(std::fs::read(file).expect(file));
        let program = given("DAVIT_UPDATES_OLD");
        Self {
            publisher: Publisher::with_key(Path::new(&given("DAVIT_UPDATES_KEY"))),
            old: (given("DAVIT_UPDATES_OLD_VERSION"), read(&program)),
            new: (given("DAVIT_UPDATES_NEW_VERSION"), read(&given("DAVIT_UPDATES_NEW"))),
            program: program.into(),
        }
    }

    fn genuine(&self) -> Release {
        Release::genuine(&self.publisher, &self.new.0, &self.new.1)
    }
}

/// A desk where the old version is installed.
struct Desk {
    office: Office,
    shelf: Shelf,
    program: PathBuf,
    policy: PathBuf,
}

impl Desk {
    async fn with(builds: &Builds) -> Self {
        let office = Office::open().await;
        let shelf = Shelf::open(&office.world.path("shelf")).await;
        let program = office.world.path("programs").join("Davit.AppImage");
        std::fs::create_dir_all(office.world.path("programs")).expect("a folder");
        std::fs::copy(&builds.program, &program).expect("installed");
        let policy = office.world.path("policy.json");
        let text = serde_json::json!({ "updates": { "endpoint": shelf.endpoint() } });
        std::fs::write(&policy, text.to_string()).expect("written");
        Self { office, shelf, program, policy }
    }

    async fn window(&self) -> Window {
        let path = |path: &Path| path.to_str().expect("plain").to_owned();
        let variables = [
            ("DAVIT_DEV_S3_ENDPOINT", self.office.link.endpoint()),
            ("DAVIT_POLICY", path(&self.policy)),
            ("SSL_CERT_FILE", path(&self.shelf.ca)),
        ];
        Window::open_as(&self.program, &self.office.world.home(), &variables).await
    }

    fn installed(&self) -> Vec<u8> {
        std::fs::read(&self.program).expect("installed")
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        // Whoever was started by the one before.
        for process in started_with(&self.office.world.home()) {
            let _ = Command::new("kill").args(["-9", &process.to_string()]).status();
        }
    }
}

async fn until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "never: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn says_at_last(window: &Window, words: &str) {
    let deadline = Instant::now() + PATIENCE;
    while !window.text().await.contains(words) {
        assert!(Instant::now() < deadline, "it never said “{words}” but:\n{}", window.text().await);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Presses the one button of updates, once it does something: while Davit looks or fetches it stands there and does nothing.
async fn press(window: &Window) {
    const BUTTON: &str = "document.querySelector('.updates .btn:not([aria-disabled=true])')";
    window.until(BUTTON).await;
    window.script(&format!("{BUTTON}?.click()")).await;
}

async fn settings(window: &Window) {
    go(window, "settings").await;
    window.click("General").await;
    window.until("document.querySelector('.updates')").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "cargo xtask updates runs it, with two builds"]
async fn window_an_old_version_that_uploads_is_offered_the_new_one_which_goes_on() {
    let builds = Builds::given();
    let desk = Desk::with(&builds).await;
    let (office, world) = (&desk.office, &desk.office.world);
    desk.shelf.offers(&builds.genuine());
    let window = desk.window().await;
    connect(&window, office).await;
    let file = world.sources().join("harbour.mov");
    noise(&file, 600 << 20);
    office.link.faults.rate.store(FLOWS, Ordering::SeqCst);
    window.hover(USUAL_PLACE, &[&file]).drop();
    window.until_says("harbour.mov").await;
    let acknowledged = || world.cloud.observer().parts().values().filter(|part| part.acknowledged > 0).count();
    until("parts are there", || acknowledged() > 2).await;
    office.link.faults.rate.store(CRAWLS, Ordering::SeqCst);

    settings(&window).await;
    press(&window).await;
    says_at_last(&window, &format!("Version {} is ready to install", builds.new.0)).await;
    window.picture("update-ready").await;
    assert_eq!(desk.installed(), *builds.old.1, "nobody asked for it yet");
    let recorded = on_record(&world.home());
    assert!(!recorded.is_empty());
    window.click("Restart and update").await;
    window.ended();
    assert_eq!(desk.installed(), *builds.new.1);

    // The next one says which it is where it looks for updates.
    until("the new one runs", || desk.shelf.asked_by(&format!("Davit/{}", builds.new.0)) > 0).await;
    assert!(world.keys().is_empty(), "it was under way still");
    office.link.faults.rate.store(0, Ordering::SeqCst);
    until("it is uploaded", || !world.keys().is_empty()).await;
    office.all_there(&[file]);
    world.nothing_on_record_was_sent_twice(&world.keys()[0], &recorded);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "cargo xtask updates runs it, with two builds"]
async fn window_fifteen_tampered_updates_are_not_installed_and_davit_still_starts() {
    let builds = Builds::given();
    let desk = Desk::with(&builds).await;
    let window = desk.window().await;
    connect(&window, &desk.office).await;
    settings(&window).await;
    let asked = || desk.shelf.asked_by("Davit/");
    let tampered = tampered(&builds.publisher, (&builds.old.0, &builds.old.1), (&builds.new.0, &builds.new.1));
    assert_eq!(tampered.len(), 15);
    for (name, release) in &tampered {
        println!("{name}");
        desk.shelf.offers(release);
        // One look follows another: once there is a second one, the first is over.
        for _ in 0..2 {
            let before = asked();
            press(&window).await;
            until(name, || asked() > before).await;
        }
        let text = window.text().await;
        assert!(!text.contains("is ready to install"), "{name}: {text}");
        assert_eq!(desk.installed(), *builds.old.1, "{name}");
    }
    window.picture("update-not-genuine").await;
    window.end();
    assert_eq!(desk.installed(), *builds.old.1, "it was not put in place at the end either");

    // It starts as before, and takes the one that is in order.
    let window = desk.window().await;
    settings(&window).await;
    desk.shelf.offers(&builds.genuine());
    press(&window).await;
    says_at_last(&window, "is ready to install").await;
}
