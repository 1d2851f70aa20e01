//! A company is forgotten: nothing of it is left here, nothing is half forgotten after a kill, and no file is touched.

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::Duration;

use davit_core::engine::EnqueueOptions;
use davit_core::error::ErrorCode;
use davit_core::policy::Policy;
use davit_core::uploader::{Forgotten, Options, SessionStatus, Uploader};
use davit_core::watch::Spec;
use davit_core::watch::spec::Existing;
use davit_tests::World;
use davit_tests::davit::Run;
use davit_tests::fault::FaultProxy;
use davit_tests::source::{noise, sha256};
use davit_tests::world::{BUCKET, connected};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(120);

/// A command in this home, which knows the company from before alone.
fn alone(world: &World, home: &Path, words: &[&str]) -> Run {
    let mut run = world.davit(words[0]);
    run.args(&words[1..]).env("DAVIT_HOME", home);
    run.env("DAVIT_DEV_S3_ENDPOINT", world.cloud.endpoint());
    run
}

/// The same, to whom the environment names the company.
fn by_company(world: &World, home: &Path, words: &[&str]) -> Run {
    let mut run = alone(world, home, words);
    run.env("DAVIT_SERVER", world.backend.as_ref().expect("a backend").url());
    run
}

/// A home in which a file is uploaded, another one begun, and a folder watched. Answers the files.
async fn used(world: &World, home: &Path) -> Vec<PathBuf> {
    let files = ["done.txt", "begun.mov", "in/new.txt"].map(|name| world.sources().join(name));
    for (file, len) in files.iter().zip([1_000, 40 << 20, 500]) {
        noise(file, len);
    }
    let upload = |file: &Path| {
        let mut run = world.upload_by_backend(&[file]);
        run.env("DAVIT_HOME", home).args(["--collision", "overwrite"]);
        run
    };
    upload(&files[0]).end().await.all_done();
    let mut watch = by_company(world, home, &["watch", "add", "--existing", "all"]);
    let added = watch.arg(world.sources().join("in")).end().await;
    assert_eq!(added.code, Some(0), "{}{}", added.out, added.err);
    let killed = upload(&files[1]).env("DAVIT_FAILPOINT", "part:2:after").end().await;
    assert_eq!(killed.code, None, "{}{}", killed.out, killed.err);
    files.into()
}

/// What a home tells of its records, and of the company.
async fn told(world: &World, home: &Path) -> Vec<String> {
    let mut told = Vec::new();
    for words in [&["status", "--json"][..], &["history", "--json"], &["watch", "list", "--json"]] {
        let ended = alone(world, home, words).end().await;
        assert_eq!(ended.code, Some(0), "{}", ended.err);
        told.extend(ended.out.lines().map(str::to_owned));
    }
    let settings = std::fs::read_to_string(home.join("settings.json")).expect("settings");
    for word in ["127.0.0.1", "Example Films", "forgetting"] {
        assert!(!settings.contains(word), "{word}: {settings}");
    }
    told
}

#[cfg(debug_assertions)] // Where tests break the program.
#[tokio::test(flavor = "multi_thread")]
async fn of_a_company_that_is_forgotten_nothing_is_left_here_and_every_file_stays() {
    let world = World::with_backend(900, "role").await;
    for (home, is_reached) in [("reached", true), ("not-reached", false)] {
        let open = world.cloud.uploads(BUCKET).len();
        let home = world.path(home);
        let files = used(&world, &home).await;
        let before: Vec<_> = files.iter().map(|file| sha256(file)).collect();
        let keys = world.keys();
        assert_eq!(world.cloud.uploads(BUCKET).len(), open + 1);
        // Nobody who did not say so forgets anything.
        let asked = by_company(&world, &home, &["forget"]).end().await;
        assert!(asked.code == Some(1) && asked.err.contains("davit forget --yes"), "{}", asked.err);
        assert_eq!(alone(&world, &home, &["history", "--json"]).end().await.lines.len(), 1);
        let command: fn(&World, &Path, &[&str]) -> Run = if is_reached { by_company } else { alone };
        let forgotten = command(&world, &home, &["forget", "--yes"]).end().await;
        assert_eq!(forgotten.code, Some(0), "{}{}", forgotten.out, forgotten.err);
        let (left, words) = if is_reached { (0, "is forgotten.\n") } else { (1, "1 unfinished upload may be left") };
        assert!(forgotten.out.starts_with("Example Films is forgotten."), "{}", forgotten.out);
        assert!(forgotten.out.contains(words), "{}", forgotten.out);
        assert_eq!(world.cloud.uploads(BUCKET).len(), open + left);
        assert_eq!(told(&world, &home).await, Vec::<String>::new());
        assert!(!home.join("history.index.sqlite").exists());
        assert_eq!(files.iter().map(|file| sha256(file)).collect::<Vec<_>>(), before);
        assert_eq!(world.keys(), keys, "and so does what is uploaded");
        let again = alone(&world, &home, &["forget", "--yes"]).end().await;
        assert_eq!((again.code, again.out.as_str()), (Some(1), "Davit knows no company.\n"), "{}", again.err);
    }
}

#[cfg(debug_assertions)] // Where tests break the program.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_moment_of_a_kill_the_next_start_forgets_the_company_to_its_end() {
    let world = World::with_backend(900, "role").await;
    for point in [
        "forget:1:after",
        "forget-folders:1:after",
        "forget-sign-in:1:after",
        "record-forget-company:1:before",
        "record-forget-company:1:after",
        "forget-rest:1:after",
        "forget-word:1:after",
    ] {
        let home = world.path(&point.replace(':', "-"));
        let files = used(&world, &home).await;
        let before: Vec<_> = files.iter().map(|file| sha256(file)).collect();
        let killed = by_company(&world, &home, &["forget", "--yes"]).env("DAVIT_FAILPOINT", point).end().await;
        assert_eq!(killed.code, None, "{point}: {}{}", killed.out, killed.err);
        // Any start, whatever it is for.
        let other = world.sources().join("other.txt");
        noise(&other, 10);
        let mut next = world.upload(&[&other]);
        next.env("DAVIT_HOME", &home).args(["--collision", "overwrite"]).end().await.all_done();
        let told = told(&world, &home).await;
        assert_eq!(told.len(), 2, "{point}: {told:?}");
        assert!(told.iter().all(|line| line.contains("other.txt")), "{point}: {told:?}");
        assert_eq!(files.iter().map(|file| sha256(file)).collect::<Vec<_>>(), before, "{point}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_that_a_policy_fixes_is_not_forgotten() {
    let world = World::with_backend(900, "role").await;
    let file = world.sources().join("a.txt");
    noise(&file, 10);
    world.upload_by_backend(&[&file]).end().await.all_done();
    let address = world.backend.as_ref().expect("a backend").url();
    let policy = world.path("policy.json");
    std::fs::write(&policy, serde_json::json!({ "locks": { "server": address } }).to_string()).expect("written");
    let mut forget = alone(&world, &world.home(), &["forget", "--yes"]);
    let refused = forget.env("DAVIT_POLICY", &policy).end().await;
    assert_eq!(refused.code, Some(1), "{}", refused.out);
    assert!(
        refused.err.contains("Your company sets this.") && refused.err.contains("[set-by-company"),
        "{}",
        refused.err
    );
    let options = world.options_by_backend(&world.cloud.endpoint());
    let uploader = connected(Options { policy: Policy::read(&policy).expect("a policy"), ..options }).await;
    assert_eq!(uploader.forget_company().await.expect_err("fixed").code, ErrorCode::SetByCompany);
    assert!(matches!(uploader.session(), SessionStatus::Connected { .. }), "{:?}", uploader.session());
    uploader.close().await;
    assert_eq!(world.davit("history").arg("--json").end().await.lines.len(), 1);
}

async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let so = async {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, so).await.unwrap_or_else(|_| panic!("it never came to this: {what}"));
}

/// As the window does it, in the midst of an upload and of a watched folder.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_at_work_forgets_its_company_and_may_connect_to_it_anew() {
    let world = World::with_backend(900, "role").await;
    let link = FaultProxy::before(world.cloud.address()).await;
    link.faults.rate.store(4 << 20, Ordering::SeqCst);
    let (file, root) = (world.sources().join("cut.mov"), world.path("in"));
    noise(&file, 60 << 20);
    noise(&root.join("a.mov"), 30 << 20);
    let before = [&file, &root.join("a.mov")].map(|file| sha256(file));
    let options = world.options_by_backend(&link.endpoint());
    let uploader = connected(Options { hold: false, watch: true, ..options.clone() }).await;
    let to = uploader.destinations().await.expect("one")[0].id.clone();
    uploader.watch(&root, &to, Spec { settle: 1, existing: Existing::All, ..Spec::default() }).await.expect("watched");
    let give = |uploader: &Uploader| {
        let (engine, file, to) = (uploader.engine().clone(), file.clone(), to.clone());
        async move { engine.enqueue(vec![file], to, EnqueueOptions::default()).await.expect("taken") }
    };
    give(&uploader).await;
    until("something is sent", || !world.cloud.uploads(BUCKET).is_empty()).await;

    let forgotten = uploader.forget_company().await.expect("forgotten");
    assert_eq!(forgotten, Forgotten { company: "Example Films".to_owned(), left: 0 });
    let session = uploader.session();
    assert!(matches!(session, SessionStatus::Welcome { address: None, problem: None }), "{session:?}");
    assert_eq!((world.cloud.uploads(BUCKET).len(), world.keys().len()), (0, 0));
    assert!(uploader.watches().expect("watching").cards().borrow().is_empty(), "no folder is watched");
    assert_eq!(world.davit("status").arg("--json").end().await.out, "");

    link.faults.rate.store(0, Ordering::SeqCst);
    let address = world.backend.as_ref().expect("a backend").url();
    let again = uploader.connect(&address).await.expect("connected");
    assert!(matches!(again, SessionStatus::Connected { .. }), "{again:?}");
    let ticket = give(&uploader).await;
    let settled = tokio::time::timeout(PATIENCE, uploader.engine().settled(ticket.items)).await.expect("in time");
    assert_eq!(settled.expect("at work").uploaded, 1);
    assert_eq!([&file, &root.join("a.mov")].map(|file| sha256(file)), before);
    uploader.close().await;
}

/// Asked by a command of its own, which says what came of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_command_asks_the_davit_at_work_to_forget_the_company() {
    let world = World::with_backend(900, "role").await;
    let link = FaultProxy::before(world.cloud.address()).await;
    link.faults.rate.store(4 << 20, Ordering::SeqCst);
    let file = world.sources().join("cut.mov");
    noise(&file, 60 << 20);
    let mut running = world.upload_by_backend_and(&link.endpoint(), &[&file]).start();
    running.until_sent(10 << 20);
    let forgotten = alone(&world, &world.home(), &["forget", "--yes"]).end().await;
    assert_eq!(
        (forgotten.code, forgotten.out.as_str()),
        (Some(0), "Example Films is forgotten.\n"),
        "{}",
        forgotten.err
    );
    assert_ne!(running.end().code, Some(0), "it did not come to its end");
    assert_eq!((world.cloud.uploads(BUCKET).len(), world.keys().len()), (0, 0));
    assert_eq!(told(&world, &world.home()).await, Vec::<String>::new());
}
