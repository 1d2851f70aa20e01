//! Through the real window: a person connects, drops, pauses, loses power, starts again, and it is all there.

use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::Ordering;

use davit_tests::World;
use davit_tests::davit::program;
use davit_tests::fault::FaultProxy;
use davit_tests::issuer::Issuer;
use davit_tests::screen::{choose_in_dialog, windows_of};
use davit_tests::source::{noise, sha256};
use davit_tests::window::Window;
use davit_tests::world::BUCKET;

/// The middle of the largest target.
pub(crate) const USUAL_PLACE: (u32, u32) = (560, 230);
/// The middle of the second.
pub(crate) const OTHER_PLACE: (u32, u32) = (900, 400);
/// Text half as large again as usual. A desktop's text-scaling-factor and `Xft.dpi` come to the same place, the resolution of GDK's
/// screen; this is for one program alone.
pub(crate) const LARGER_TEXT: (&str, &str) = ("GDK_DPI_SCALE", "1.5");
const PART: u64 = 8 << 20;
/// What is told of what was sent.
const SENT: &str = "return document.querySelector('.hero .sub').innerText";

/// Of this test alone: the keychain has what others left, and a port of theirs may be the company's next.
fn own_token() -> String {
    format!("the right token {}", std::process::id())
}

/// A cloud behind a link of a known speed, and a backend that wants a token, or a sign-in at an issuer, and offers two places.
pub(crate) struct Office {
    pub(crate) world: World,
    config: String,
    pub(crate) link: FaultProxy,
}

impl Office {
    pub(crate) async fn open() -> Self {
        let hash = davit_backend::hash_token(&own_token());
        let people = format!("people = [{{ id = \"ada@example.com\", token_sha256 = \"{hash}\" }}]");
        Self::with(&format!("kind = \"token\", {people}")).await
    }

    /// The same, whose people sign in at this issuer.
    pub(crate) async fn by(issuer: &Issuer) -> Self {
        Self::with(&format!("kind = \"oidc\", issuer = \"{}\", client_id = \"davit\"", issuer.url())).await
    }

    async fn with(auth: &str) -> Self {
        let mut world = World::new().await;
        let place = |id: &str, label: &str, collision: &str| {
            format!(
                "[[destinations]]\nid = \"{id}\"\nlabel = \"{label}\"\nbucket = \"{BUCKET}\"\n\
                 region = \"eu-central-1\"\nprefix = \"{id}/{{person}}/\"\ncollision = \"{collision}\"\n\
                 link_template = \"https://media.example.com/{{key}}\"\n"
            )
        };
        let config = format!(
            "listen = \"127.0.0.1:0\"\nname = \"Example Films\"\nperson_salt = \"salt\"\n\
             verify = true\n\
             sts = {{ kind = \"federation-token\", seconds = 900 }}\n\
             auth = {{ {auth} }}\n{}{}",
            place("rushes", "Projects › Rushes", "suffix"),
            place("archive", "Archive", "fail")
        );
        world.start_backend(&config).await;
        let link = FaultProxy::before(world.cloud.address()).await;
        Self { world, config, link }
    }

    /// The company does not answer; it stands where it stood once it is back.
    pub(crate) fn company_goes_away(&mut self) -> SocketAddr {
        self.world.backend.take().expect("a backend").address()
    }

    pub(crate) async fn company_comes_back(&mut self, at: SocketAddr) {
        while TcpListener::bind(at).is_err() {
            tokio::task::yield_now().await;
        }
        let config = self.config.replace("127.0.0.1:0", &at.to_string());
        self.world.start_backend(&config).await;
    }

    pub(crate) async fn window(&self) -> Window {
        Window::open(&self.world.home(), &[("DAVIT_DEV_S3_ENDPOINT", self.link.endpoint())]).await
    }

    /// The company stands where it stood, and knows no more what it knew of its issuer.
    pub(crate) async fn company_begins_anew(&mut self) {
        self.world.start_backend(&self.config).await;
    }

    /// From now on the company takes another token, and no other.
    pub(crate) async fn company_changes_the_token_to(&mut self, token: &str) {
        let hash = davit_backend::hash_token(&own_token());
        self.config = self.config.replace(&hash, &davit_backend::hash_token(token));
        self.world.start_backend(&self.config).await;
    }

    pub(crate) fn address(&self) -> String {
        self.world.backend.as_ref().expect("a backend").url()
    }

    /// Parts and objects that began to reach the store.
    fn sent(&self) -> u32 {
        let seen = self.world.cloud.observer();
        seen.calls("UploadPart") + seen.calls("PutObject")
    }

    /// Parts that the store acknowledged.
    fn acknowledged(&self) -> u64 {
        let parts = self.world.cloud.observer().parts();
        parts.values().map(|part| u64::from(part.acknowledged)).sum()
    }

    /// Kill -9, and what is on the line is lost with it: bytes that still arrived later would look like sent twice.
    pub(crate) fn loses_power(&self, window: Window) {
        window.kill();
        self.link.goes_away();
        self.link.comes_back();
    }

    /// Every file lies in the store, byte for byte, below `rushes/`.
    pub(crate) fn all_there(&self, files: &[PathBuf]) {
        let keys = self.world.keys();
        assert_eq!(keys.len(), files.len(), "{keys:?}");
        for file in files {
            let rel = file.strip_prefix(self.world.sources()).expect("a source").to_str().expect("plain");
            let key = keys.iter().find(|key| key.ends_with(&format!("/{rel}"))).expect(rel);
            assert!(key.starts_with("rushes/"), "{key}");
            assert_eq!(self.world.sha256(key), sha256(file), "{rel}");
        }
    }
}

pub(crate) async fn connect(window: &Window, office: &Office) {
    window.until_says("Connect to your company").await;
    window.picture("welcome").await;
    window.fill("address", &office.address()).await;
    window.click("Continue").await;
    window.until_says("Sign in with Example Films").await;
    window.fill("token", "a wrong token").await;
    window.click("Sign in").await;
    window.until_says("This token was not accepted.").await;
    window.picture("wrong-token").await;
    window.until("document.querySelector('#token').value === ''").await;
    window.fill("token", &own_token()).await;
    window.script("document.querySelector('form').requestSubmit()").await;
    window.until_says("Drop files or folders here").await;
    window.picture("empty").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_drops_pauses_loses_power_and_finds_everything_uploaded() {
    let office = Office::open().await;
    let large = office.world.sources().join("harbour.mov");
    noise(&large, 300 << 20);
    let folder = office.world.sources().join("Day 1");
    let mut files = vec![large.clone()];
    for clip in 0..200u64 {
        let file = folder.join(format!("Sound {}", clip % 10)).join(format!("take {clip} ü.wav"));
        noise(&file, 20_000 + clip);
        files.push(file);
    }

    let window = office.window().await;
    connect(&window, &office).await;
    office.link.faults.rate.store(40 << 20, Ordering::SeqCst);
    let hovering = window.hover(USUAL_PLACE, &[&large, &folder]);
    window.until_says("Drop 1 folder and 1 file").await;
    window.until("document.querySelector('.tgt.over')").await;
    window.picture("drag-over").await;
    hovering.drop();
    window.until_says("harbour.mov").await;
    window.until_says("Day 1").await;
    // Well under way, and seen to be: the first parts are there.
    window.until("[...document.querySelectorAll('[role=progressbar]')].some(bar => Number(bar.ariaValueNow ?? bar.getAttribute('aria-valuenow')) >= 60)").await;
    // Small files are there sooner than the first parts.
    while office.acknowledged() <= 2 {
        tokio::task::yield_now().await;
    }
    window.picture("uploading").await;
    window.click("Pause all").await;
    window.until_says("Resume all").await;
    window.until("document.querySelector('.hero .fig').innerText === 'Paused'").await;
    window.picture("paused").await;
    let (sent, told) = (office.sent(), window.script(SENT).await);
    // For longer than a part takes, nothing leaves.
    window.script("window.since = performance.now()").await;
    window.until("performance.now() - window.since > 1000").await;
    assert_eq!((office.sent(), window.script(SENT).await), (sent, told), "paused, and yet it sends");
    office.loses_power(window);

    // The next day: signed in still, paused still, what was sent is kept.
    let window = office.window().await;
    window.until_says("harbour.mov").await;
    window.until("document.querySelector('.hero .fig').innerText === 'Paused'").await;
    window.picture("paused-after-restart").await;
    // What is told as sent is there. A part whose answer was on its way may be there besides.
    window.until("parseInt(document.querySelector('.row .bot').innerText) > 0").await;
    let now = window.script("return parseInt(document.querySelector('.row .bot').innerText)").await;
    let there = office.acknowledged() * PART / 1_000_000;
    assert!(now.as_u64().is_some_and(|now| now <= there), "{now} MB of {there}");
    assert_eq!(office.sent(), sent, "paused, and yet it sends");
    window.click("Resume all").await;
    window.until("document.querySelector('.hero .fig').innerText !== 'Paused'").await;
    let before = office.world.cloud.observer().calls("UploadPart");
    // Of a small file whose answer is lost with the power nobody without the right to look can tell what became of it;
    // docs/semantics.md. So the small ones are let through first.
    window.until(r"/Done\s*[12]\b/.test(document.body.innerText)").await;
    while office.world.cloud.observer().calls("UploadPart") < before + 4 {
        tokio::task::yield_now().await;
    }
    // Power is lost in full flight: the next start goes on without a word.
    office.loses_power(window);
    office.link.faults.rate.store(0, Ordering::SeqCst);
    let window = office.window().await;
    window.until_says("Everything is uploaded").await;
    window.picture("all-done").await;
    office.all_there(&files);
    office.world.no_byte_was_sent_twice();
    assert!(office.world.cloud.uploads(BUCKET).is_empty(), "nothing unfinished is left");
    window.click("Clear done").await;
    window.until_says("Drop files or folders here").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_come_by_the_systems_dialog_and_by_a_second_start() {
    let office = Office::open().await;
    let [picked, handed] = ["picked.mov", "handed.mov"].map(|name| office.world.sources().join(name));
    noise(&picked, 9 << 20);
    noise(&handed, 3 << 20);
    let window = office.window().await;
    connect(&window, &office).await;
    // The dialog is modal to nobody: the click returns at once.
    window.click("Choose files").await;
    let path = picked.clone();
    tokio::task::spawn_blocking(move || choose_in_dialog("Choose files", &path)).await.expect("chosen");
    // The empty window names the place that files go to; there is nothing more to ask.
    window.until_says("Everything is uploaded").await;

    let started = second_start(&office.world.home(), &handed);
    assert!(started.success(), "the second start leaves in peace");
    window.until_says("Where should 1 file go?").await;
    window.picture("where").await;
    window.until("document.activeElement?.matches('.tgt.big')").await;
    window.script("document.activeElement.click()").await;
    window.until("document.querySelectorAll('[data-item] .g-done, [data-item] [aria-label=Done]').length === 2").await;
    window.picture("done").await;
    office.all_there(&[picked, handed]);
}

/// A keychain that asks, a system that does not answer, a drive that sleeps: here a pipe, which keeps whoever reads it waiting.
#[tokio::test(flavor = "multi_thread")]
async fn the_window_stands_before_the_records_are_open() {
    let office = Office::open().await;
    let settings = office.world.home().join("settings.json");
    std::fs::create_dir_all(office.world.home()).expect("a folder");
    assert!(Command::new("mkfifo").arg(&settings).status().expect("mkfifo").success());
    let window = office.window().await;
    window.until_says("Opening your records.").await;
    assert_eq!(windows_of(window.id()).len(), 1);
    window.picture("starting").await;
    let mut answer = std::fs::OpenOptions::new().write(true).open(&settings).expect("somebody reads");
    std::fs::remove_file(&settings).expect("removed");
    answer.write_all(b"{}").expect("told");
    drop(answer);
    connect(&window, &office).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_cannot_be_opened_at_the_start_are_opened_once_they_can_be() {
    let office = Office::open().await;
    let in_the_way = office.world.home().join("journal.sqlite");
    std::fs::create_dir_all(&in_the_way).expect("a folder");
    let window = office.window().await;
    window.until_says("Davit cannot write its records.").await;
    window.picture("records-unwritable").await;
    std::fs::remove_dir(&in_the_way).expect("removed");
    window.until("!document.body.innerText.includes('Davit cannot write its records.')").await;
    connect(&window, &office).await;
    let file = office.world.sources().join("late.mov");
    noise(&file, 1_000);
    window.hover(USUAL_PLACE, &[&file]).drop();
    window.until_says("Everything is uploaded").await;
    office.all_there(&[file]);
}

/// What service managers and systems that shut down send. Killed by it, there would be no exit code.
#[tokio::test(flavor = "multi_thread")]
async fn a_polite_signal_ends_the_app_as_closing_its_window_does() {
    let world = World::new().await;
    for name in ["TERM", "INT"] {
        let home = world.path(name);
        let mut app = Command::new(program("davit-app")).env("DAVIT_HOME", &home).spawn().expect("davit-app starts");
        // Its records are open, and it hears signals.
        let id = app.id();
        let hears = || {
            let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
            let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:\t")).unwrap_or_default();
            u64::from_str_radix(caught, 16).unwrap_or(0) & (1 << 14) != 0
        };
        let begun = std::time::Instant::now();
        while !(hears() && home.join("control.sock").exists()) {
            assert!(begun.elapsed().as_secs() < 60 && app.try_wait().expect("asked").is_none(), "{name}: no app");
            tokio::task::yield_now().await;
        }
        Command::new("kill").args(["-s", name, &id.to_string()]).status().expect("kill");
        assert_eq!(app.wait().expect("ends").code(), Some(0), "{name}");
    }
}

pub(crate) fn second_start(home: &Path, path: &Path) -> std::process::ExitStatus {
    let mut second = Command::new(program("davit-app"));
    second.arg("--add").arg(path).env("DAVIT_HOME", home).status().expect("davit-app starts")
}
