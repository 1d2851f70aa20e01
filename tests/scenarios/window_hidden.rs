//! Starts without a window: Davit is at work, and shows itself once somebody wants to see it.

use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use davit_tests::davit::program;
use davit_tests::screen::{close, windows_of};
use davit_tests::source::noise;
use davit_tests::window::{Window, app, has_page};

use crate::window::{Office, connect};
use crate::window_watched::{go, until_there, watch};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(90);

async fn until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "never: {what}");
        tokio::task::yield_now().await;
    }
}

/// A start, ended with the test.
struct Started(Child);

impl Started {
    fn hidden(office: &Office) -> Self {
        Self(start(office).arg("--hidden").spawn().expect("davit-app starts"))
    }

    fn is_at_work(&mut self) -> bool {
        self.0.try_wait().expect("asked").is_none()
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(office: &Office) -> Command {
    let mut start = app(&office.world.home());
    start.env("DAVIT_DEV_S3_ENDPOINT", office.link.endpoint());
    start
}

/// W28.
#[tokio::test(flavor = "multi_thread")]
async fn a_start_without_a_window_watches_and_the_next_start_shows_it() {
    let office = Office::open().await;
    let root = office.world.sources();
    std::fs::create_dir_all(&root).expect("made");
    let window = office.window().await;
    connect(&window, &office).await;
    watch(&window, &root).await;
    window.kill();

    let mut davit = Started::hidden(&office);
    let id = davit.0.id();
    noise(&root.join("a.mov"), 100_000);
    until_there(&office, 1).await;
    until("it has a page", || has_page(id)).await;
    assert_eq!(windows_of(id), Vec::<String>::new());
    // The system starts it once more: nobody asked to see it.
    assert!(start(&office).arg("--hidden").status().expect("davit-app starts").success());
    assert_eq!(windows_of(id), Vec::<String>::new());

    // A person does.
    assert!(start(&office).status().expect("davit-app starts").success());
    until("it is shown", || !windows_of(id).is_empty()).await;
    close(&windows_of(id)[0]);
    until("it is closed", || windows_of(id).is_empty()).await;
    noise(&root.join("b.mov"), 100_000);
    until_there(&office, 2).await;
    assert!(davit.is_at_work());
    assert!(start(&office).status().expect("davit-app starts").success());
    until("it is shown again", || !windows_of(id).is_empty()).await;
    Command::new("kill").args(["-s", "TERM", &id.to_string()]).status().expect("kill");
    assert_eq!(davit.0.wait().expect("ends").code(), Some(0));
}

/// Nobody watches anything there: whoever closes the window ends it.
#[tokio::test(flavor = "multi_thread")]
async fn a_start_without_a_window_and_without_watched_folders_ends_with_its_window() {
    let office = Office::open().await;
    let mut davit = Started::hidden(&office);
    let id = davit.0.id();
    until("it has a page", || has_page(id)).await;
    assert!(start(&office).status().expect("davit-app starts").success());
    until("it is shown", || !windows_of(id).is_empty()).await;
    close(&windows_of(id)[0]);
    assert_eq!(davit.0.wait().expect("ends").code(), Some(0));
}

/// W28: what is written for the system is what it starts.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_system_starts_at_sign_in_is_written_and_taken_away() {
    let office = Office::open().await;
    let person = office.world.path("person");
    std::fs::create_dir_all(&person).expect("made");
    let text = |path: &Path| path.to_str().expect("plain").to_owned();
    let variables = [
        ("HOME", text(&person)),
        ("XDG_CONFIG_HOME", text(&person.join(".config"))),
        ("DAVIT_DEV_S3_ENDPOINT", office.link.endpoint()),
    ];
    let window = Window::open(&office.world.home(), &variables).await;
    connect(&window, &office).await;
    go(&window, "settings").await;
    window.click("General").await;
    window.until("document.querySelector('[role=switch]')?.checked === false").await;
    // It was built without a key.
    window.until_says("This Davit does not look for updates").await;
    window.picture("settings-general").await;
    window.script("document.querySelector('[role=switch]').click()").await;
    let entry = person.join(".config/autostart/Davit.desktop");
    let written = || std::fs::read_to_string(&entry).unwrap_or_default();
    until("it is written", || written().contains("Exec=")).await;
    let line = written().lines().find(|line| line.starts_with("Exec=")).expect("what is started").to_owned();
    assert!(line.contains(&text(&program("davit-app"))) && line.ends_with("--hidden"), "{line}");
    // It is told from what lies there.
    go(&window, "transfers").await;
    go(&window, "settings").await;
    window.click("General").await;
    window.until("document.querySelector('[role=switch]')?.checked === true").await;
    // So is what the desktop's own switch for it writes there.
    std::fs::write(&entry, written() + "\nHidden=true\n").expect("written");
    go(&window, "transfers").await;
    go(&window, "settings").await;
    window.click("General").await;
    window.until("document.querySelector('[role=switch]')?.checked === false").await;
    window.script("document.querySelector('[role=switch]').click()").await;
    until("it is written anew", || written().contains("Exec=") && !written().contains("Hidden")).await;
    window.script("document.querySelector('[role=switch]').click()").await;
    until("it is taken away", || !entry.exists()).await;
}

/// The switch of starts at sign-in is what the computer does, whoever wanted it, and a lock of the company's is put in place.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_computer_starts_for_everybody_is_shown_and_what_a_policy_locks_is_put_in_place() {
    const SWITCH: &str = "document.querySelector('[role=switch]')";
    let office = Office::open().await;
    let (person, computer, policy) =
        (office.world.path("person"), office.world.path("xdg/autostart"), office.world.path("policy.json"));
    for folder in [&person, &computer] {
        std::fs::create_dir_all(folder).expect("made");
    }
    std::fs::write(computer.join("Davit.desktop"), "[Desktop Entry]\nExec=davit-app --hidden\nHidden=false\n")
        .expect("written");
    std::fs::write(&policy, "{}").expect("written");
    let text = |path: &Path| path.to_str().expect("plain").to_owned();
    let variables = [
        ("HOME", text(&person)),
        ("XDG_CONFIG_HOME", text(&person.join(".config"))),
        ("XDG_CONFIG_DIRS", text(&office.world.path("xdg"))),
        ("DAVIT_POLICY", text(&policy)),
        ("DAVIT_DEV_S3_ENDPOINT", office.link.endpoint()),
    ];
    let entry = person.join(".config/autostart/Davit.desktop");
    let written = || std::fs::read_to_string(&entry).unwrap_or_default();
    let window = Window::open(&office.world.home(), &variables).await;
    connect(&window, &office).await;
    go(&window, "settings").await;
    window.click("General").await;
    window.until(&format!("{SWITCH}?.checked === true")).await;
    window.script(&format!("{SWITCH}.click()")).await;
    until("the person's own says no", || written().contains("Hidden=true")).await;
    window.until(&format!("{SWITCH}.checked === false")).await;
    window.end();

    std::fs::write(&policy, r#"{ "locks": { "start_at_login": true } }"#).expect("written");
    let window = Window::open(&office.world.home(), &variables).await;
    until("it is put in place", || written().contains("Exec=") && !written().contains("Hidden")).await;
    go(&window, "settings").await;
    window.click("General").await;
    window.until(&format!("{SWITCH}?.checked === true && {SWITCH}.disabled")).await;
    window.until_says("Set by your administrator").await;
}
