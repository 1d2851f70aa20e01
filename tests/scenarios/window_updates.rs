//! Updates from end to end: two builds, a server, a window. `cargo xtask updates` makes the builds, and runs this.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use davit_tests::screen::{close, windows_of};
use davit_tests::source::noise;
use davit_tests::updates::{Publisher, Release, Shelf, tampered};
use davit_tests::window::{Window, app_of, started_with};
use davit_tests::world::on_record;
use serde_json::{Value, json};

use crate::window::{Office, USUAL_PLACE, connect};
use crate::window_around::quit;
use crate::window_watched::go;

/// Beside an upload, an update takes its time.
const PATIENCE: Duration = Duration::from_secs(600);
/// What a look comes to, in the window's words.
const UP_TO_DATE: &str = "Davit is up to date";
const NOT_GENUINE: &str = "The update that is offered is not genuine";
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
        let desk = Self { office, shelf, program, policy };
        desk.rules(&json!({ "updates": { "endpoint": desk.shelf.endpoint() } }));
        desk
    }

    /// The computer's policy, from the next start.
    fn rules(&self, policy: &Value) {
        std::fs::write(&self.policy, policy.to_string()).expect("written");
    }

    fn variables(&self) -> [(&'static str, String); 3] {
        let path = |path: &Path| path.to_str().expect("plain").to_owned();
        [
            ("DAVIT_DEV_S3_ENDPOINT", self.office.link.endpoint()),
            ("DAVIT_POLICY", path(&self.policy)),
            ("SSL_CERT_FILE", path(&self.shelf.ca)),
        ]
    }

    async fn window(&self) -> Window {
        Window::open_as(&self.program, &self.office.world.home(), &self.variables()).await
    }

    /// A person starts it, and nobody drives it.
    fn start(&self) -> Child {
        let mut start = app_of(&self.program, &self.office.world.home());
        start.envs(self.variables()).stdin(Stdio::null()).spawn().expect("it starts")
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

/// Asks for updates until the window says this of the last look.
async fn looks_until(window: &Window, words: &str) {
    let deadline = Instant::now() + PATIENCE;
    while !window.text().await.contains(words) {
        assert!(Instant::now() < deadline, "it never said “{words}” but:\n{}", window.text().await);
        press(window).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn settings(window: &Window) {
    go(window, "settings").await;
    window.click("General").await;
    window.until("document.querySelector('.updates')").await;
}

/// Has the update fetched, which is not put in place yet.
async fn fetched(desk: &Desk, builds: &Builds, window: &Window) {
    settings(window).await;
    press(window).await;
    says_at_last(window, &format!("Version {} is ready to install", builds.new.0)).await;
    assert_eq!(desk.installed(), *builds.old.1, "nobody asked for it yet");
}

/// The new one says which it is where it looks for updates.
async fn new_one_runs(desk: &Desk, builds: &Builds) {
    until("the new one runs", || desk.shelf.asked_by(&format!("Davit/{}", builds.new.0)) > 0).await;
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

    fetched(&desk, &builds, &window).await;
    window.picture("update-ready").await;
    let recorded = on_record(&world.home());
    assert!(!recorded.is_empty());
    window.click("Restart and update").await;
    window.ended();
    assert_eq!(desk.installed(), *builds.new.1);

    new_one_runs(&desk, &builds).await;
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
    // What runs is told in between: so what is said next is said of the next one.
    let same = Release::genuine(&builds.publisher, &builds.old.0, &builds.old.1);
    let tampered = tampered(&builds.publisher, (&builds.old.0, &builds.old.1), (&builds.new.0, &builds.new.1));
    assert_eq!(tampered.len(), 15);
    for (name, release) in &tampered {
        println!("{name}");
        // That one is in order, and no update.
        let comes_to = if *name == "the same version again" {
            UP_TO_DATE
        } else {
            desk.shelf.offers(&same);
            looks_until(&window, UP_TO_DATE).await;
            NOT_GENUINE
        };
        assert!(!window.text().await.contains(comes_to), "{name}: it was said of another");
        desk.shelf.offers(release);
        looks_until(&window, comes_to).await;
        assert_eq!(desk.installed(), *builds.old.1, "{name}");
    }
    assert!(window.text().await.contains(NOT_GENUINE));
    window.picture("update-not-genuine").await;
    // A person quits, as they would with one that is in order.
    close(&windows_of(window.id())[0]);
    window.ended();
    assert_eq!(desk.installed(), *builds.old.1, "it was not put in place at the end either");

    // It starts as before, and takes the one that is in order.
    let window = desk.window().await;
    settings(&window).await;
    desk.shelf.offers(&builds.genuine());
    press(&window).await;
    says_at_last(&window, "is ready to install").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "cargo xtask updates runs it, with two builds"]
async fn window_what_a_shutdown_left_is_put_in_place_by_the_next_start() {
    let builds = Builds::given();
    let desk = Desk::with(&builds).await;
    desk.shelf.offers(&builds.genuine());
    let window = desk.window().await;
    connect(&window, &desk.office).await;
    fetched(&desk, &builds, &window).await;
    window.end();
    assert_eq!(desk.installed(), *builds.old.1, "a signal leaves no time for it");
    let mut started = desk.start();
    new_one_runs(&desk, &builds).await;
    assert_eq!(desk.installed(), *builds.new.1);
    assert!(started.wait().expect("it ended").success(), "the old one opened nothing, and left");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "cargo xtask updates runs it, with two builds"]
async fn window_whoever_quits_has_the_update_put_in_place_and_nothing_starts() {
    let builds = Builds::given();
    let desk = Desk::with(&builds).await;
    desk.shelf.offers(&builds.genuine());
    let window = desk.window().await;
    connect(&window, &desk.office).await;
    fetched(&desk, &builds, &window).await;
    close(&windows_of(window.id())[0]);
    window.ended();
    assert_eq!(desk.installed(), *builds.new.1);
    until("nothing of it runs", || started_with(&desk.office.world.home()).is_empty()).await;
    assert_eq!(desk.shelf.asked_by(&format!("Davit/{}", builds.new.0)), 0);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "cargo xtask updates runs it, with two builds"]
async fn window_who_switched_it_off_says_when_an_update_comes() {
    let builds = Builds::given();
    let desk = Desk::with(&builds).await;
    desk.rules(&json!({ "updates": { "endpoint": desk.shelf.endpoint() }, "locks": { "install_updates": false } }));
    desk.shelf.offers(&builds.genuine());
    let window = desk.window().await;
    connect(&window, &desk.office).await;
    fetched(&desk, &builds, &window).await;
    close(&windows_of(window.id())[0]);
    window.ended();
    assert_eq!(desk.installed(), *builds.old.1, "nobody asked for it");
    // The next start does not take it either, and offers it.
    let window = desk.window().await;
    settings(&window).await;
    says_at_last(&window, "is ready to install").await;
    assert_eq!(desk.installed(), *builds.old.1);
    window.click("Restart and update").await;
    window.ended();
    assert_eq!(desk.installed(), *builds.new.1);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "cargo xtask updates runs it, with two builds"]
async fn window_what_the_store_puts_together_at_a_quit_is_not_cut_short_for_an_update() {
    let builds = Builds::given();
    let desk = Desk::with(&builds).await;
    let (office, world) = (&desk.office, &desk.office.world);
    desk.shelf.offers(&builds.genuine());
    let window = desk.window().await;
    connect(&window, office).await;
    fetched(&desk, &builds, &window).await;
    go(&window, "transfers").await;
    "POST *uploadId".clone_into(&mut office.link.faults.only.lock().expect("faults"));
    office.link.faults.hold.send_replace(true);
    let file = world.sources().join("harbour.mov");
    noise(&file, 40 << 20);
    window.hover(USUAL_PLACE, &[&file]).drop();
    office.link.holds_one().await;

    quit(&window).await;
    window.until_says("Quit while 1 transfer is uploading?").await;
    // The page goes with the answer.
    window.script("setTimeout(() => document.querySelector('.dlg .btn').click(), 100)").await;
    window.ended();
    assert_eq!(desk.installed(), *builds.old.1, "the store did not answer yet");

    office.link.faults.hold.send_replace(false);
    let mut started = desk.start();
    new_one_runs(&desk, &builds).await;
    assert_eq!(desk.installed(), *builds.new.1, "it came with the next start");
    assert!(started.wait().expect("it ended").success(), "the old one left");
    until("it is uploaded", || !world.keys().is_empty()).await;
    office.all_there(&[file]);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "cargo xtask updates runs it, with two builds"]
async fn window_where_the_company_brings_updates_what_was_fetched_is_neither_kept_nor_put_in_place() {
    let builds = Builds::given();
    let desk = Desk::with(&builds).await;
    desk.shelf.offers(&builds.genuine());
    let window = desk.window().await;
    connect(&window, &desk.office).await;
    fetched(&desk, &builds, &window).await;
    window.end();
    let kept = || std::fs::read_dir(desk.office.world.home().join("updates")).expect("a folder").count();
    assert_eq!(kept(), 2, "the archive, and what is known of it");

    desk.rules(&json!({ "updates": { "endpoint": desk.shelf.endpoint(), "enabled": false } }));
    let asked = desk.shelf.asked_by("");
    let window = desk.window().await;
    settings(&window).await;
    window.until_says("Your company installs updates").await;
    window.until("!document.querySelector('.updates .btn')").await;
    assert_eq!(kept(), 0);
    close(&windows_of(window.id())[0]);
    window.ended();
    assert_eq!((desk.installed() == *builds.old.1, desk.shelf.asked_by("")), (true, asked));
}
