//! Watched folders: what appears in them is uploaded once, whole, without anyone looking.

mod changing;
#[cfg(target_os = "linux")]
mod drives;
mod growing;
#[cfg(target_os = "linux")]
mod known;
mod order;
#[cfg(target_os = "linux")]
mod passed;
mod taken;
mod there;

use std::path::{Path, PathBuf};
use std::time::Duration;

use davit_core::error::ErrorCode;
use davit_core::ids::WatchId;
use davit_core::session::Collision;
use davit_core::uploader::{Options, Uploader};
use davit_core::watch::Spec;
use davit_core::watch::card::{Card, Doing, Notices, Why};
use davit_core::watch::spec::{After, Existing, Mode, Unit};
#[cfg(target_os = "linux")]
use davit_tests::davit::Running;
use davit_tests::fault::{Fault, FaultProxy};
use davit_tests::source::{noise, sha256, until_old};
use davit_tests::world::{World, connected};

/// Longer than anything here takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// A watched folder, and who watches it.
pub(crate) struct Watched {
    pub(crate) world: World,
    pub(crate) uploader: Option<Uploader>,
    pub(crate) root: PathBuf,
    pub(crate) id: WatchId,
    /// Where the store is asked: what began by one way goes on by that alone.
    store: String,
}

/// Everything at once, so that no test waits for long.
pub(crate) fn soon() -> Spec {
    Spec { settle: 1, existing: Existing::All, ..Spec::default() }
}

async fn open(world: &World, store: &str) -> Uploader {
    let options = world.options_by_backend(store);
    connected(Options { concurrency: Some(4), hold: false, watch: true, ..options }).await
}

/// A folder watched at the command line by a user who may not read whatever there is.
#[cfg(target_os = "linux")]
pub(crate) async fn watched_by_nobody(world: &World, root: &Path) -> Running {
    let mut add = world.davit("watch");
    add.arg("add").arg(root).args(["--existing", "all", "--settle", "1s"]);
    let added = world.by_keys(&mut add).end().await;
    assert_eq!(added.code, Some(0), "{}{}", added.out, added.err);
    let mut run = world.davit("watch");
    run.args(["run", "--json"]);
    world.by_keys(&mut run).within(&["unshare", "--user"]).start()
}

impl Watched {
    pub(crate) async fn by(spec: Spec) -> Self {
        Self::with(spec, |_| {}).await
    }

    /// The same of a folder in which something lies already.
    pub(crate) async fn with(spec: Spec, fill: impl FnOnce(&Path)) -> Self {
        let world = World::with_backend(900, "role").await;
        let root = world.path("in");
        std::fs::create_dir(&root).expect("made");
        fill(&root);
        Self::at(world, root, spec).await
    }

    /// The same of a folder that is somewhere else.
    async fn at(world: World, root: PathBuf, spec: Spec) -> Self {
        let store = world.cloud.endpoint();
        Self::to(world, &store, root, spec).await
    }

    /// The same by way of a proxy before the store, of an empty folder.
    pub(crate) async fn by_way(world: World, link: &FaultProxy, spec: Spec) -> Self {
        let root = world.path("in");
        std::fs::create_dir(&root).expect("made");
        Self::to(world, &link.endpoint(), root, spec).await
    }

    async fn to(world: World, store: &str, root: PathBuf, spec: Spec) -> Self {
        let uploader = open(&world, store).await;
        let to = uploader.destinations().await.expect("one")[0].id.clone();
        let id = uploader.watch(&root, &to, spec).await.expect("watched");
        Self { world, uploader: Some(uploader), root, id, store: store.to_owned() }
    }

    pub(crate) fn uploader(&self) -> &Uploader {
        self.uploader.as_ref().expect("open")
    }

    async fn close(&mut self) {
        self.uploader.take().expect("open").close().await;
    }

    async fn open(&mut self) {
        self.uploader = Some(open(&self.world, &self.store).await);
    }

    /// Waits until the folder's card is so.
    pub(crate) async fn until(&self, what: &str, is_so: impl Fn(&Card) -> bool) -> Card {
        let mut cards = self.uploader().watches().expect("they are watched").cards();
        let id = self.id;
        let one = |cards: &[Card]| cards.iter().find(|card| card.id == id).cloned();
        let so = async {
            let there = cards.wait_for(|cards| one(cards).is_some_and(|card| is_so(&card))).await;
            one(&there.expect("it is watched")).expect("the folder")
        };
        let there = tokio::time::timeout(PATIENCE, so).await;
        match there {
            Ok(card) => card,
            Err(elapsed) => panic!("{what}, {elapsed}: {:?}", one(&cards.borrow())),
        }
    }

    /// Waits until so many files are done, and nothing more is to come.
    pub(crate) async fn until_done(&self, files: u32) -> Card {
        self.until("all is done", |card| {
            card.counts.done == files
                && card.counts.moving + card.counts.stalled + card.counts.settling == 0
                && card.doing == Doing::Watching
        })
        .await
    }

    pub(crate) async fn check(&self) {
        self.uploader().watches().expect("they are watched").check(self.id).await.expect("checked");
    }

    pub(crate) fn file(&self, name: &str, len: u64) -> PathBuf {
        let path = self.root.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        noise(&path, len);
        path
    }

    /// The keys there, from the person's folder on.
    pub(crate) fn keys(&self) -> Vec<String> {
        let last = |key: String| key.splitn(3, '/').nth(2).expect("below a person").to_owned();
        let mut keys: Vec<_> = self.world.keys().into_iter().map(last).collect();
        keys.sort();
        keys
    }

    pub(crate) fn sum(&self, key: &str) -> String {
        let whole = self.world.keys().into_iter().find(|whole| whole.ends_with(&format!("/{key}"))).expect(key);
        self.world.sha256(&whole)
    }
}

/// W19: a key is the path below the root. W22: what is done is not sent again, whatever is asked.
#[tokio::test]
async fn what_appears_is_uploaded_once_and_whole() {
    let watched = Watched::by(Spec { under: "from {folder}".to_owned(), ..soon() }).await;
    let files = ["a.mov", "day 1/cam/b.mov", "day 1/c.mov"].map(|name| watched.file(name, 40_000));
    watched.file("day 1/.hidden", 10);
    watched.file("d.mov.part", 10);
    watched.until_done(3).await;
    assert_eq!(watched.keys(), ["from in/a.mov", "from in/day 1/c.mov", "from in/day 1/cam/b.mov"]);
    assert_eq!(watched.sum("from in/day 1/cam/b.mov"), sha256(&files[1]));
    for _ in 0..2 {
        watched.check().await;
    }
    watched.until_done(3).await;
    assert_eq!(watched.world.keys().len(), 3);
    watched.world.nothing_was_sent_twice();
}

/// W6: the new name is a new candidate. W8: created and gone is nothing.
#[tokio::test]
async fn a_file_renamed_into_place_is_taken_under_its_name_alone() {
    let watched = Watched::by(soon()).await;
    let part = watched.file("cut.mov.part", 30_000);
    watched.file("gone.mov", 10);
    std::fs::remove_file(watched.root.join("gone.mov")).expect("removed");
    std::fs::rename(&part, watched.root.join("cut.mov")).expect("renamed");
    watched.until_done(1).await;
    assert_eq!(watched.keys(), ["cut.mov"]);
}

/// W8, W23: a new version of a file that was sent goes as the policy says.
#[tokio::test]
async fn an_atomic_save_is_a_new_version() {
    for (collision, keys) in [
        (Collision::Suffix, &["cut (2).mov", "cut.mov"][..]),
        (Collision::Overwrite, &["cut.mov"]),
        (Collision::Fail, &["cut.mov"]),
    ] {
        let watched = Watched::by(Spec { collision, ..soon() }).await;
        watched.file("cut.mov", 30_000);
        watched.until_done(1).await;
        let first = watched.sum("cut.mov");
        let saved = watched.file("cut.mov.tmp", 31_000);
        std::fs::rename(saved, watched.root.join("cut.mov")).expect("saved");
        match collision {
            Collision::Fail => drop(watched.until("it is told", |card| card.counts.failed == 1).await),
            // The ledger has the newest version of each path.
            _ => drop(
                watched
                    .until("the second is done", |card| {
                        card.counts.done == 1
                            && card.last_done.is_some()
                            && card.counts.moving + card.counts.stalled + card.counts.settling == 0
                    })
                    .await,
            ),
        }
        let now = sha256(&watched.root.join("cut.mov"));
        let wanted = match collision {
            Collision::Suffix => "cut (2).mov",
            Collision::Overwrite | Collision::Fail => "cut.mov",
        };
        let deadline = std::time::Instant::now() + PATIENCE;
        while watched.keys() != keys || (collision != Collision::Fail && watched.sum(wanted) != now) {
            assert!(std::time::Instant::now() < deadline, "{:?}", watched.keys());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        if collision != Collision::Overwrite {
            assert_eq!(watched.sum("cut.mov"), first, "nothing was replaced");
        }
    }
}

/// W9.
#[tokio::test]
async fn what_is_there_at_first_is_asked_about_with_count_and_bytes() {
    let fill = |root: &Path| {
        std::fs::create_dir(root.join("day")).expect("made");
        noise(&root.join("day/a.mov"), 1_000);
        noise(&root.join("b.mov"), 500);
        noise(&root.join("b.tmp"), 500);
    };
    let watched = Watched::with(Spec { existing: Existing::Ask, ..soon() }, fill).await;
    let asked = watched.until("it is asked", |card| matches!(card.doing, Doing::Asks { .. })).await;
    let Doing::Asks { files, bytes } = asked.doing else { unreachable!() };
    assert_eq!((files, bytes.get()), (2, 1_500));
    until_old().await;
    let watches = watched.uploader().watches().expect("watched");
    watches.answer(watched.id, Existing::NewOnly).await.expect("answered");
    watched.until("it is watched", |card| card.doing == Doing::Watching).await;
    watched.file("new.mov", 100);
    watched.until_done(1).await;
    assert_eq!(watched.keys(), ["new.mov"]);
    noise(&watched.root.join("b.mov"), 501);
    watched.until_done(2).await;
    assert_eq!(watched.keys(), ["b.mov", "new.mov"], "and what changes is new");
}

/// W7.
#[tokio::test]
async fn a_folder_moved_in_is_walked_and_a_done_file_moved_inside_is_not_sent_again() {
    let watched = Watched::by(soon()).await;
    let outside = watched.world.path("card");
    std::fs::create_dir_all(outside.join("clips/deep")).expect("made");
    for name in ["clips/a.mov", "clips/deep/b.mov"] {
        noise(&outside.join(name), 20_000);
    }
    std::fs::rename(&outside, watched.root.join("card")).expect("moved in");
    watched.until_done(2).await;
    std::fs::rename(watched.root.join("card"), watched.root.join("card 7")).expect("moved");
    std::fs::rename(watched.root.join("card 7/clips/a.mov"), watched.root.join("first.mov")).expect("moved");
    watched.check().await;
    let late = watched.file("card 7/clips/deep/late.mov", 100);
    watched.until_keys(|keys| keys.len() == 3).await;
    assert_eq!(watched.keys(), ["card 7/clips/deep/late.mov", "card/clips/a.mov", "card/clips/deep/b.mov"]);
    assert_eq!(watched.sum("card 7/clips/deep/late.mov"), sha256(&late));
    watched.world.nothing_was_sent_twice();
}

/// W15.
#[tokio::test]
async fn a_root_that_went_away_forgets_and_sends_nothing() {
    let watched = Watched::by(soon()).await;
    watched.file("a.mov", 10_000);
    watched.until_done(1).await;
    let away = watched.world.path("away");
    std::fs::rename(&watched.root, &away).expect("unplugged");
    watched.check_soon();
    watched.until("it is away", |card| matches!(card.doing, Doing::Away { .. })).await;
    // What a drive was mounted on.
    std::fs::create_dir(&watched.root).expect("made");
    noise(&watched.root.join("stranger.mov"), 100);
    noise(&away.join("b.mov"), 100);
    watched.until("it is away still", |card| matches!(card.doing, Doing::Away { .. })).await;
    std::fs::remove_dir_all(&watched.root).expect("removed");
    std::fs::rename(&away, &watched.root).expect("plugged in");
    watched.until_done(2).await;
    assert_eq!(watched.keys(), ["a.mov", "b.mov"]);
    watched.world.nothing_was_sent_twice();
}

/// W28: what happened while nobody watched, or while it rested, is found.
#[tokio::test]
async fn what_happens_while_nobody_watches_is_found() {
    let mut watched = Watched::by(soon()).await;
    watched.file("a.mov", 10_000);
    watched.until_done(1).await;
    watched.close().await;
    watched.file("b.mov", 10_000);
    watched.open().await;
    watched.until_done(2).await;
    let watches = watched.uploader().watches().expect("watched").clone();
    watches.pause(watched.id).await.expect("paused");
    watched.until("it rests", |card| matches!(card.doing, Doing::Paused { .. })).await;
    watched.file("c.mov", 10_000);
    watches.resume(watched.id).await.expect("resumed");
    watched.until_done(3).await;
    assert_eq!(watched.keys(), ["a.mov", "b.mov", "c.mov"]);
    watched.world.nothing_was_sent_twice();
}

/// W28.
#[tokio::test]
async fn a_folder_that_another_davit_watches_is_left_to_it() {
    let watched = Watched::by(soon()).await;
    watched.until("it is watched", |card| card.doing == Doing::Watching).await;
    let other = Options {
        home: watched.world.path("another home"),
        hold: false,
        watch: true,
        ..watched.world.options_by_backend(&watched.world.cloud.endpoint())
    };
    let other = connected(other).await;
    let to = other.destinations().await.expect("one")[0].id.clone();
    other.watch(&watched.root, &to, soon()).await.expect("on record");
    let mut cards = other.watches().expect("watched").cards();
    cards.wait_for(|cards| cards.first().is_some_and(|card| card.doing == other_process())).await.expect("told");
    watched.file("a.mov", 1_000);
    watched.until_done(1).await;
    assert_eq!(watched.keys(), ["a.mov"]);
    other.close().await;
}

/// This one, as it happens.
fn other_process() -> Doing {
    Doing::Elsewhere { process: Some(std::process::id()) }
}

/// W13, as far as it is wanted: stat alone, a directory at a time.
#[tokio::test]
async fn a_folder_that_is_polled_is_up_to_date_after_a_check() {
    let watched = Watched::by(Spec { mode: Mode::Poll, ..soon() }).await;
    let card = watched.until("it is watched", |card| card.doing == Doing::Watching).await;
    assert_eq!(card.notices, Notices::Polls(Why::Wanted));
    watched.file("a.mov", 1_000);
    watched.check().await;
    watched.until_done(1).await;
    assert_eq!(watched.keys(), ["a.mov"]);
}

/// W20.
#[tokio::test]
async fn a_top_folder_is_one_row_once_it_is_quiet() {
    let watched = Watched::with(Spec { unit: Unit::TopFolder, settle: 2, ..soon() }, |root| {
        std::fs::create_dir_all(root.join("day 1/cam")).expect("made");
        for name in ["day 1/a.mov", "day 1/cam/b.mov"] {
            noise(&root.join(name), 1_000);
        }
    })
    .await;
    watched.until_done(2).await;
    let rows = davit_core::journal::Reader::open(&watched.world.home()).expect("records").status().expect("rows");
    assert!(rows.iter().all(|row| row.batch == rows[0].batch), "{rows:?}");
}

/// W13, W20: what comes where nobody tells of it is found before the folder goes, and not by the check after that.
#[tokio::test]
async fn a_top_folder_that_is_looked_at_goes_as_one_however_long_it_comes() {
    let spec = Spec { unit: Unit::TopFolder, settle: 5, mode: Mode::Poll, ..soon() };
    let watched = Watched::with(spec, |root| noise(&root.join("day 1/a.mov"), 1_000)).await;
    watched.until("one settles", |card| card.counts.settling == 1).await;
    watched.file("day 1/cam/b.mov", 1_000);
    watched.until_done(2).await;
    let rows = davit_core::journal::Reader::open(&watched.world.home()).expect("records").status().expect("rows");
    assert!(rows.iter().all(|row| row.batch == rows[0].batch), "{rows:?}");
}

/// W12: a file that is written to while it is sent is sent once, whole.
#[tokio::test]
async fn a_watched_file_that_changes_settles_again_and_is_sent_once() {
    let world = World::with_backend(900, "role").await;
    let link = FaultProxy::tight(world.cloud.address());
    let watched = Watched::by_way(world, &link, soon()).await;
    watched.uploader().choose_limit(Some(davit_core::units::ByteRate(2_000_000))).await.expect("chosen");
    let path = watched.file("cut.mov", 40 << 20);
    watched.until("it is sent", |card| card.counts.moving == 1).await;
    let passed = || link.faults.passed.load(std::sync::atomic::Ordering::SeqCst);
    let deadline = std::time::Instant::now() + PATIENCE;
    while passed() < 1 << 20 {
        assert!(std::time::Instant::now() < deadline, "nothing is sent");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    noise(&path, 20 << 20);
    watched.uploader().choose_limit(None).await.expect("chosen");
    watched.until_done(1).await;
    assert_eq!(watched.keys(), ["cut.mov"]);
    assert_eq!(watched.sum("cut.mov"), sha256(&path));
    let status = davit_core::journal::Reader::open(&watched.world.home()).expect("records").status().expect("rows");
    assert_eq!(status.len(), 1, "one transfer, never two: {status:?}");
    assert_eq!(watched.world.cloud.uploads(davit_tests::world::BUCKET).len(), 0, "and nothing of the former is left");
}

impl Watched {
    /// Asks for a check that may not end while the folder is away.
    pub(crate) fn check_soon(&self) {
        let (watches, id) = (self.uploader().watches().expect("watched").clone(), self.id);
        tokio::task::spawn(async move { watches.check(id).await });
    }
}

impl Watched {
    /// Every file in the folder, from it on.
    fn left(&self) -> Vec<String> {
        fn walk(folder: &Path, all: &mut Vec<PathBuf>) {
            for entry in std::fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() { walk(&path, all) } else { all.push(path) }
            }
        }
        let mut all = Vec::new();
        walk(&self.root, &mut all);
        let within = |path: PathBuf| path.strip_prefix(&self.root).expect("in it").to_string_lossy().replace('\\', "/");
        let mut all: Vec<_> = all.into_iter().map(within).collect();
        all.sort();
        all
    }

    async fn until_so(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let deadline = std::time::Instant::now() + PATIENCE;
        while !is_so(self) {
            assert!(std::time::Instant::now() < deadline, "{what}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn until_keys(&self, is_so: impl Fn(&[String]) -> bool) {
        let deadline = std::time::Instant::now() + PATIENCE;
        while !is_so(&self.keys()) {
            assert!(std::time::Instant::now() < deadline, "{:?}", self.keys());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn until_left(&self, is_so: impl Fn(&[String]) -> bool) {
        let deadline = std::time::Instant::now() + PATIENCE;
        while !is_so(&self.left()) {
            assert!(std::time::Instant::now() < deadline, "{:?}", self.left());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// W24.
#[tokio::test]
async fn what_was_uploaded_is_moved_or_deleted_and_what_was_moved_is_not_sent_again() {
    let watched = Watched::by(Spec { after: After::Move, ..soon() }).await;
    let sum = sha256(&watched.file("day/a.mov", 20_000));
    watched.until_done(1).await;
    watched
        .until_left(|left| left.iter().all(|name| name.starts_with("_uploaded/") && name.ends_with("/day/a.mov")))
        .await;
    assert_eq!(sha256(&watched.root.join(&watched.left()[0])), sum);
    watched.check().await;
    watched.until_done(1).await;
    assert_eq!(watched.keys(), ["day/a.mov"]);
    let spec = Spec { after: After::Delete, ..soon() };
    watched.uploader().watches().expect("watched").change(watched.id, spec).await.expect("changed");
    watched.file("b.mov", 20_000);
    watched.until_done(2).await;
    watched.until_left(|left| left.len() == 1).await;
    assert!(watched.left()[0].starts_with("_uploaded/"), "what was sent before anybody wanted that stays");
}

/// W24.
#[tokio::test]
async fn nothing_is_moved_or_deleted_before_it_is_verified() {
    for after in [After::Move, After::Delete] {
        let world = World::with_backend(900, "role").await;
        let link = FaultProxy::tight(world.cloud.address());
        let watched = Watched::by_way(world, &link, Spec { after, ..soon() }).await;
        // Its answer is kept back: the store has it, and nobody knows.
        link.faults.hold.send_replace(true);
        let path = watched.file("cut.mov", 30_000);
        let mut held = link.faults.held.subscribe();
        held.wait_for(|held| *held > 0).await.expect("its answer is kept back");
        assert_eq!(watched.left(), ["cut.mov"]);
        // Touched at the very end: it is another version by now.
        noise(&path, 31_000);
        link.faults.hold.send_replace(false);
        watched
            .until("both are there", |card| {
                card.counts.done == 1 && card.counts.moving + card.counts.stalled + card.counts.settling == 0
            })
            .await;
        watched.until_left(|left| left.iter().all(|name| name != "cut.mov")).await;
        let sums = watched.keys().iter().map(|key| watched.sum(key)).collect::<Vec<_>>();
        assert_eq!(sums.len(), 2, "the version that was sent, and the one that took its place: {:?}", watched.keys());
        if let [moved] = &*watched.left() {
            assert!(sums.contains(&sha256(&watched.root.join(moved))), "what was moved is there");
        }
        watched.uploader.expect("open").close().await;
    }
}

/// W24, W27: the store has another sum of it each time.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_which_the_store_has_another_checksum_stays_and_is_counted() {
    let mut world = World::new().await;
    let link = FaultProxy::before(world.cloud.address()).await;
    link.faults.meet("/cut", u32::MAX, Fault::OtherSum);
    // Whoever looks for the client is told the same.
    world.start_backend_by(&World::backend_config(900, "role"), link.endpoint()).await;
    let watched = Watched::by_way(world, &link, Spec { after: After::Delete, ..soon() }).await;
    watched.file("cut.mov", 30_000);
    let card = watched.until("it failed", |card| card.counts.failed == 1).await;
    assert_eq!(card.problem, Some(ErrorCode::CheckMismatch), "{card:?}");
    assert_eq!(watched.left(), ["cut.mov"]);
}
