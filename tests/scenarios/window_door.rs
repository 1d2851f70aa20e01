//! Through the real window: what comes before there is a place to send it to, and starts that cannot go as usual.

use std::fs::File;
use std::io::Read as _;
use std::net::TcpListener;
use std::os::unix::fs::DirBuilderExt as _;
use std::process::{Command, Stdio};

use davit_tests::World;
use davit_tests::davit::program;
use davit_tests::screen::{choose_in_dialog, confirm_message_of, open_dialogs};
use davit_tests::source::noise;
use davit_tests::window::Window;

use crate::window::{Office, USUAL_PLACE, connect, second_start};

/// Says yes to the first place.
async fn first_place(window: &Window) {
    window.until("document.activeElement?.matches('.tgt.big')").await;
    window.script("document.activeElement.click()").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_before_there_is_a_place_is_refused_or_kept_and_never_goes_without_a_choice() {
    let mut office = Office::open().await;
    let files = ["early", "one", "two", "three", "four", "five"].map(|name| {
        let path = office.world.sources().join(format!("{name}.wav"));
        noise(&path, 10_000 + name.len() as u64);
        path
    });
    let [early, one, two, three, four, five] = &files;
    let window = office.window().await;
    window.until_says("Connect to your company").await;
    let hovering = window.hover(USUAL_PLACE, &[early]);
    window.until_says("Sign in first, then drop again").await;
    window.picture("drop-before-sign-in").await;
    hovering.drop();
    window.until("!document.body.innerText.includes('then drop again')").await;
    connect(&window, &office).await;

    // The page goes nowhere else, and what the last window left behind cannot keep this one from being drawn.
    let elsewhere = TcpListener::bind("127.0.0.1:0").expect("a port");
    elsewhere.set_nonblocking(true).expect("set");
    let address = elsewhere.local_addr().expect("its address");
    window.script(&format!("location.href = 'http://{address}/'")).await;
    window.script(&format!("window.open('http://{address}/')")).await;
    window.script("localStorage.setItem('davit.recent', '{oops'); location.reload()").await;
    window.until("performance.getEntriesByType('navigation')[0]?.type === 'reload'").await;
    window.until_says("Drop files or folders here").await;
    assert!(elsewhere.accept().is_err(), "somebody else was asked for a page");

    // Two starts before there was a choice: both are asked for, together.
    for path in [one, two] {
        assert!(second_start(&office.world.home(), path).success());
    }
    window.until_says("Where should 2 files go?").await;
    first_place(&window).await;
    window.until_says("Everything is uploaded").await;

    // Three times pressed, one dialog.
    for _ in 0..3 {
        window.press("o", true).await;
    }
    let path = three.clone();
    tokio::task::spawn_blocking(move || choose_in_dialog("Choose files", &path)).await.expect("chosen");
    window.until_says("Where should 1 file go?").await;
    assert_eq!(open_dialogs("Choose files"), 0, "one dialog at a time");
    first_place(&window).await;
    window.until("document.querySelectorAll('.row [aria-label=Done]').length === 3").await;
    drop(window);

    // The company does not answer at the next start: all is kept until it does.
    let at = office.company_goes_away();
    let window = office.window().await;
    window.until("document.querySelector('.hero .fig')?.innerText === 'Offline'").await;
    window.until("/Example Films\\s+Offline/.test(document.querySelector('.side-foot')?.innerText)").await;
    assert!(second_start(&office.world.home(), four).success());
    window.until_says("1 file: you choose where as soon as Example Films answers.").await;
    let hovering = window.hover(USUAL_PLACE, &[five]);
    window.until_says("Drop here, and Example Films is waited for").await;
    window.picture("drop-while-away").await;
    hovering.drop();
    window.until_says("2 files: you choose where as soon as Example Films answers.").await;
    window.picture("kept-while-away").await;
    office.company_comes_back(at).await;
    window.until_says("Where should 2 files go?").await;
    first_place(&window).await;
    window.until("document.querySelectorAll('.row [aria-label=Done]').length === 5").await;
    office.all_there(&files[1..]);
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_somebody_else_holds_are_told_once_with_the_next_step_and_without_a_form() {
    let office = Office::open().await;
    let home = office.world.home();
    std::fs::DirBuilder::new().mode(0o700).create(&home).expect("a home");
    let lock = File::create(home.join("lock")).expect("a lock");
    lock.lock().expect("held");
    let window = office.window().await;
    window.until_says("Another Davit is already at work.").await;
    window.until_says("Use that one.").await;
    window.picture("records-held").await;
    window.until("document.body.innerText.split('already at work').length === 2").await;
    window.until("!document.querySelector('form, input, .toast')").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_davit_that_does_not_answer_is_told_plainly_by_the_next_start() {
    let world = World::new().await;
    let davit = || {
        let mut app = Command::new(program("davit-app"));
        app.env("DAVIT_HOME", world.home());
        app
    };
    let mut first = davit().spawn().expect("davit-app starts");
    let begun = std::time::Instant::now();
    while !world.home().join("control.sock").exists() {
        assert!(begun.elapsed().as_secs() < 60 && first.try_wait().expect("asked").is_none(), "no app");
        tokio::task::yield_now().await;
    }
    Command::new("kill").args(["-s", "STOP", &first.id().to_string()]).status().expect("kill");
    let mut second = davit().arg("lost.mov").stderr(Stdio::piped()).spawn().expect("davit-app starts");
    let id = second.id();
    tokio::task::spawn_blocking(move || confirm_message_of(id)).await.expect("confirmed");
    assert_eq!(second.wait().expect("ends").code(), Some(1));
    let mut said = String::new();
    second.stderr.take().expect("its errors").read_to_string(&mut said).expect("text");
    assert!(said.contains("already at work and does not answer"), "{said}");
    first.kill().expect("killed");
    first.wait().expect("gone");
}

#[test]
fn the_windows_program_tells_what_it_is_without_a_window() {
    for (word, says) in [("--help", "Usage: davit-app"), ("--version", "davit-app 0.")] {
        let told = Command::new(program("davit-app")).arg(word).env_remove("DISPLAY").output().expect("it starts");
        assert!(told.status.success() && String::from_utf8_lossy(&told.stdout).contains(says), "{told:?}");
    }
}
