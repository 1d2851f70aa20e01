//! Links in watched folders: what several paths lead to.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use davit_core::file::Links;
use davit_core::session::Collision;
use davit_core::watch::Spec;
use davit_tests::source::{noise, sha256};

use crate::watching::{PATIENCE, Watched, soon};

/// W16: two paths, two objects.
#[tokio::test]
async fn hard_links_are_two_paths_and_two_objects() {
    let fill = |root: &Path| {
        noise(&root.join("a.mov"), 10_000);
        std::fs::hard_link(root.join("a.mov"), root.join("b.mov")).expect("linked");
    };
    let watched = Watched::with(soon(), fill).await;
    watched.until_done(2).await;
    assert_eq!(watched.keys(), ["a.mov", "b.mov"]);
    // One that comes later is no file that was moved.
    std::fs::create_dir(watched.root.join("day")).expect("made");
    std::fs::hard_link(watched.root.join("a.mov"), watched.root.join("day/c.mov")).expect("linked");
    watched.until_done(3).await;
    assert_eq!(watched.keys(), ["a.mov", "b.mov", "day/c.mov"]);
    assert_eq!(watched.sum("day/c.mov"), watched.sum("b.mov"));
    watched.world.nothing_was_sent_twice();
}

/// A folder with one file, links to it, and links that lead out, back and nowhere.
fn fill(root: &Path) {
    let outside = root.with_file_name("outside");
    noise(&outside.join("secret.mov"), 5_000);
    noise(&root.join("day/a.mov"), 10_000);
    for (to, link) in [
        (PathBuf::from("day"), "again"),
        (root.join("day/a.mov"), "first.mov"),
        (outside.clone(), "out"),
        (PathBuf::from("nowhere"), "gone"),
        (outside.join("secret.mov"), "day/out.mov"),
        (PathBuf::from(".."), "day/loop"),
    ] {
        symlink(to, root.join(link)).expect("a link");
    }
}

/// W16: a link is followed where a person wants that, to what lies in the folder; nothing outside is ever sent, and no loop is
/// gone round. What changes behind links is told of, and sent under each of its paths.
#[tokio::test]
async fn links_are_passed_over_or_followed_within_the_folder_as_a_person_wants() {
    let spec = Spec { collision: Collision::Overwrite, ..soon() };
    let watched = Watched::with(spec.clone(), fill).await;
    let card = watched.until_done(1).await;
    assert_eq!((watched.keys(), card.counts.passed), (vec!["day/a.mov".to_owned()], 6));
    let followed = Spec { links: Links::Followed, ..spec };
    watched.uploader().watches().expect("watched").change(watched.id, followed).await.expect("changed");
    let card = watched.until_done(3).await;
    let keys = ["again/a.mov", "day/a.mov", "first.mov"];
    assert_eq!(watched.keys(), keys);
    assert_eq!(card.counts.passed, 6, "out and gone, and out.mov and loop by two paths");

    noise(&watched.root.join("day/a.mov"), 12_000);
    let sum = sha256(&watched.root.join("day/a.mov"));
    let deadline = std::time::Instant::now() + PATIENCE;
    while keys.iter().any(|key| watched.sum(key) != sum) {
        assert!(std::time::Instant::now() < deadline, "it is sent by all of its paths: {:?}", watched.keys());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    watched.until_done(3).await;
    assert_eq!(watched.keys(), keys);

    // What a link leads to elsewhere by now is another folder.
    noise(&watched.root.join("night/b.mov"), 3_000);
    symlink("night", watched.root.join("fresh")).expect("a link");
    std::fs::rename(watched.root.join("fresh"), watched.root.join("again")).expect("turned");
    let deadline = std::time::Instant::now() + PATIENCE;
    while !["again/b.mov", "night/b.mov"].iter().all(|key| watched.keys().iter().any(|there| there == key)) {
        assert!(std::time::Instant::now() < deadline, "{:?}", watched.keys());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
