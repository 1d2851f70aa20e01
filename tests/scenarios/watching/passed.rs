//! What in a watched folder cannot be uploaded: it is told, and held against nothing else.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use davit_core::error::ErrorCode;
use davit_tests::World;
use davit_tests::source::{noise, sha256};
use serde_json::Value;

use super::{PATIENCE, Watched, soon, watched_by_nobody};

/// Names that no key can have: one is not Unicode, one has a character that no XML can carry.
const REFUSED: [&[u8]; 2] = [b"caf\xe9.mov", b"line\nbreak.mov"];

/// W16, W27: sockets, devices and pipes are passed over with the reason, and so is what no key can name.
#[tokio::test(flavor = "multi_thread")]
async fn pipes_sockets_and_names_that_no_key_can_have_are_passed_over_and_told() {
    let fill = |root: &Path| {
        noise(&root.join("a.mov"), 1_000);
        let made = std::process::Command::new("mkfifo").arg(root.join("pipe")).status().expect("mkfifo");
        assert!(made.success());
        std::os::unix::net::UnixListener::bind(root.join("socket")).expect("a socket");
        for name in REFUSED {
            noise(&root.join(OsStr::from_bytes(name)), 1_500);
        }
    };
    let watched = Watched::with(soon(), fill).await;
    let card = watched.until_done(1).await;
    let told = |card: &davit_core::watch::card::Card| {
        (card.counts.passed, card.counts.refused, card.counts.unreadable, card.problem)
    };
    assert_eq!(told(&card), (2, 2, 0, Some(ErrorCode::NameRefused)));
    for _ in 0..3 {
        watched.check().await;
    }
    let card = watched.until_done(1).await;
    assert_eq!(told(&card), (2, 2, 0, Some(ErrorCode::NameRefused)), "however often it is looked at");

    let listed = watched.world.davit("watch").arg("list").end().await;
    let words = ["2 with names that the storage refuses: rename them", "2 links or special files, left"];
    assert!(words.iter().all(|words| listed.out.contains(words)), "{}", listed.out);
    assert!(!listed.out.contains("Up to date"), "{}", listed.out);
    let mut dry = watched.world.davit("watch");
    let dry = dry.args(["add", "--existing", "all", "--dry-run"]).arg(&watched.root).end().await;
    for name in ["pipe", "socket"] {
        assert!(dry.out.contains(&format!("leave      {name} (a pipe, socket or device)")), "{}", dry.out);
    }
    assert_eq!(dry.out.matches("the storage refuses its name").count(), 2, "{}", dry.out);
    assert!(dry.out.contains("4 do not."), "{}", dry.out);

    for (name, good) in REFUSED.iter().zip(["cafe.mov", "break.mov"]) {
        std::fs::rename(watched.root.join(OsStr::from_bytes(name)), watched.root.join(good)).expect("renamed");
    }
    let card = watched.until_done(3).await;
    assert_eq!(told(&card), (2, 0, 0, None), "and all is well again");
    assert_eq!(watched.keys(), ["a.mov", "break.mov", "cafe.mov"]);
}

/// The one folder as the command line tells of it, once it is so.
async fn until_told(world: &World, what: &str, is_so: impl Fn(&Value) -> bool) {
    let begun = Instant::now();
    loop {
        let listed = world.davit("watch").args(["list", "--json"]).end().await;
        if listed.lines.iter().any(|line| line["path"].is_string() && is_so(line)) {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "{what}: {}{}", listed.out, listed.err);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// W27: and its rights are noticed long before the next check of all.
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_could_not_be_read_is_told_and_is_looked_at_once_it_can_be() {
    let world = World::new().await;
    let root = world.path("in");
    noise(&root.join("day/a.mov"), 1_000);
    noise(&root.join("closed/cam/b.mov"), 2_000);
    let rights = |mode| {
        std::fs::set_permissions(root.join("closed"), std::fs::Permissions::from_mode(mode)).expect("changed");
    };
    rights(0o000);
    let running = watched_by_nobody(&world, &root).await;
    let is_told = |line: &Value| {
        line["done"] == 1 && line["unreadable"] == 1 && line["passed"] == 0 && line["problem"] == "file-unreadable"
    };
    until_told(&world, "it is told", is_told).await;
    for _ in 0..3 {
        let checked = world.davit("watch").arg("check").arg(&root).end().await;
        assert_eq!(checked.code, Some(0), "{}{}", checked.out, checked.err);
    }
    until_told(&world, "however often it is looked at", is_told).await;
    rights(0o755);
    let is_well = |line: &Value| line["done"] == 2 && line["unreadable"] == 0 && line["problem"].is_null();
    until_told(&world, "it is looked at", is_well).await;
    assert_eq!(world.sha256("in/closed/cam/b.mov"), sha256(&root.join("closed/cam/b.mov")));
    running.kill();
}
