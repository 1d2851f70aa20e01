//! What becomes of files once they are there, and of what is removed here or there.

use davit_core::watch::card::Doing;
use davit_tests::World;
use davit_tests::source::{noise, sha256};
use davit_tests::world::BUCKET;

use super::{PATIENCE, Watched, soon};

/// W25.
#[tokio::test]
async fn what_is_removed_there_is_not_sent_again_and_what_is_removed_here_stays_there() {
    let watched = Watched::by(soon()).await;
    let [gone_there, gone_here] = ["gone there.mov", "gone here.mov"].map(|name| watched.file(name, 2_000));
    watched.until_done(2).await;
    let key = watched.world.keys().into_iter().find(|key| key.ends_with("/gone there.mov")).expect("there");
    watched.world.cloud.remove(BUCKET, &key);
    std::fs::remove_file(&gone_here).expect("removed");
    watched.check().await;
    // Proof that the check came to its end, and what it found was acted on.
    watched.file("later.mov", 1_000);
    watched.until("the later one is there", |card| card.counts.done == 3 && card.doing == Doing::Watching).await;
    assert_eq!(watched.keys(), ["gone here.mov", "later.mov"]);
    assert!(gone_there.exists());
}

/// W24: by the system's own trash, from which it can be put back. Of the whole program, whose trash is where its user's is.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_uploaded_goes_to_the_trash_and_can_be_put_back() {
    let world = World::new().await;
    let root = world.path("in");
    std::fs::create_dir(&root).expect("made");
    let file = root.join("a.mov");
    noise(&file, 20_000);
    let sum = sha256(&file);
    let mut add = world.davit("watch");
    add.arg("add").arg(&root).args(["--existing", "all", "--settle", "1s", "--after", "trash"]);
    let added = world.by_keys(&mut add).end().await;
    assert_eq!(added.code, Some(0), "{}{}", added.out, added.err);
    let mut run = world.davit("watch");
    run.args(["run", "--json"]).env("XDG_DATA_HOME", world.path("data"));
    let running = world.by_keys(&mut run).start();
    let trashed = world.path("data/Trash/files/a.mov");
    let deadline = std::time::Instant::now() + PATIENCE;
    while file.exists() || !trashed.exists() {
        assert!(std::time::Instant::now() < deadline, "it is not in the trash");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(world.sha256("in/a.mov"), sum);
    assert_eq!(sha256(&trashed), sum);
    let info = std::fs::read_to_string(world.path("data/Trash/info/a.mov.trashinfo")).expect("where it was");
    assert!(info.contains("Path=") && info.contains("a.mov"), "{info}");
    assert_eq!(running.ended_by("TERM"), Some(0));
}

/// W27: other rights make no other version of a file, and are noticed all the same.
#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_read_is_sent_once_it_can() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new().await;
    let root = world.path("in");
    std::fs::create_dir(&root).expect("made");
    let file = root.join("a.mov");
    noise(&file, 20_000);
    let rights = |mode| std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).expect("changed");
    rights(0o000);
    let mut add = world.davit("watch");
    add.arg("add").arg(&root).args(["--existing", "all", "--settle", "1s"]);
    let added = world.by_keys(&mut add).end().await;
    assert_eq!(added.code, Some(0), "{}{}", added.out, added.err);
    // A user who may not read whatever there is.
    let mut run = world.davit("watch");
    run.args(["run", "--json"]);
    let mut running = world.by_keys(&mut run).within(&["unshare", "--user"]).start();
    let told = running.until_event("file");
    assert_eq!(told["state"]["code"].as_str(), Some("file-unreadable"), "{told}");
    rights(0o644);
    let told = running.until_event("file");
    assert_eq!(told["state"]["kind"].as_str(), Some("done"), "{told}");
    assert_eq!(world.sha256("in/a.mov"), sha256(&file));
    running.kill();
}
