//! What became of every path, for whoever keeps books: nothing found is missing, nothing is counted twice.

#[cfg(unix)]
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use davit_tests::World;
use davit_tests::fault::FaultProxy;
use davit_tests::source::noise;
use serde_json::Value;

fn read(path: &std::path::Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).expect("a receipt")).expect("JSON")
}

fn count(receipt: &Value, list: &str) -> usize {
    receipt[list].as_array().expect(list).len()
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_adds_up_to_everything_that_was_found() {
    let world = World::new().await;
    let folder = world.sources().join("rushes");
    for n in 0..300 {
        noise(&folder.join(format!("day {}/{n}.wav", n % 3)), 100 + n);
    }
    noise(&folder.join("a.mov"), 20 << 20);
    std::fs::write(folder.join(".DS_Store"), b"x").expect("written");
    std::fs::write(folder.join("line\nbreak.txt"), b"x").expect("written");
    std::os::unix::fs::symlink("/etc/hostname", folder.join("link")).expect("a link");
    let single = world.sources().join("note, with \"quotes\".txt");
    noise(&single, 10);
    let gone = world.sources().join("gone.mov");
    let (json, csv) = (world.path("receipt.json"), world.path("receipt.csv"));
    let ended = world.upload(&[&folder, &single, &gone]).arg("--receipt").arg(&json).end().await;
    assert_eq!(ended.code, Some(3), "{}", ended.err);
    let receipt = read(&json);
    assert_eq!((count(&receipt, "uploaded"), count(&receipt, "skipped"), count(&receipt, "failed")), (302, 2, 2));
    let keys: BTreeMap<_, _> = world.cloud.objects("media").into_iter().map(|o| (o.key.clone(), o)).collect();
    for entry in receipt["uploaded"].as_array().expect("a list") {
        let object = &keys[entry["key"].as_str().expect("a key")];
        assert_eq!(entry["size"].as_u64(), Some(object.size));
        assert_eq!(entry["etag"].as_str().map(|etag| etag.trim_matches('"')), Some(&*object.etag), "{entry}");
        assert!(entry["mtime"].as_str().is_some_and(|at| at.starts_with("20")), "{entry}");
    }
    let summary = ended.summary();
    let told =
        ["uploaded", "skipped", "failed"].map(|list| summary[list].as_u64().and_then(|n| usize::try_from(n).ok()));
    assert_eq!(told, [Some(302), Some(2), Some(2)]);

    let again = world.sources().join("again");
    noise(&again.join("note, \"one\".txt"), 10);
    world.upload(&[&again]).arg("--receipt").arg(&csv).end().await.all_done();
    let mut table = csv::Reader::from_path(&csv).expect("a table");
    let rows: Vec<csv::StringRecord> = table.records().collect::<Result<_, _>>().expect("rows");
    assert_eq!((rows.len(), &rows[0][0], &rows[0][1]), (1, "uploaded", "again/note, \"one\".txt"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_company_gets_one_receipt_a_batch_and_it_is_kept_until_it_was_taken() {
    let mut world = World::new().await;
    let kept = world.path("receipts");
    let config = World::backend_config(900, "role");
    world.start_backend(&config.replace("[[dest", &format!("receipts = {kept:?}\n[[dest"))).await;
    let address = world.backend.as_ref().expect("a backend").address();
    let link = FaultProxy::before(address).await;
    let folder = world.sources().join("rushes");
    for n in 0..20 {
        noise(&folder.join(format!("{n}.wav")), 100 + n);
    }
    // The company does not take it today.
    link.faults.answer("POST /v1/receipts", u32::MAX, "503 Service Unavailable", "");
    let upload = |path: &std::path::Path| {
        let mut run = world.upload_by_backend(&[path]);
        run.env("DAVIT_SERVER", link.endpoint());
        run
    };
    upload(&folder).end().await.all_done();
    let receipts = || {
        let all = walkdir::WalkDir::new(&kept).into_iter().filter_map(Result::ok);
        all.filter(|entry| entry.path().extension().is_some_and(|kind| kind == "json")).count()
    };
    assert!(link.faults.busy.load(Ordering::SeqCst) < u32::MAX, "it was asked");
    // Whatever is uploaded next takes it along.
    link.faults.busy.store(0, Ordering::SeqCst);
    let other = world.sources().join("other.txt");
    noise(&other, 10);
    upload(&other).end().await.all_done();
    assert_eq!(receipts(), 2);
    // Nothing of it is handed over a second time.
    let third = world.sources().join("third.txt");
    noise(&third, 10);
    upload(&third).end().await.all_done();
    assert_eq!(receipts(), 3);
    // What could not even be taken is something that became of a path, too: alone, and beside what could.
    let (gone, alone) = (world.sources().join("gone.mov"), world.path("alone.json"));
    let ended = upload(&gone).arg("--receipt").arg(&alone).end().await;
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    let alone = read(&alone);
    // By its name: where it would lie on this computer is nobody's business.
    assert_eq!(alone["failed"], serde_json::json!([{ "path": "gone.mov", "code": "file-missing" }]));
    let fourth = world.sources().join("fourth.txt");
    noise(&fourth, 10);
    assert_eq!(upload(&fourth).arg(&gone).end().await.code, Some(3));
    let told = walkdir::WalkDir::new(&kept).into_iter().filter_map(Result::ok);
    let told = told.filter(|entry| entry.path().extension().is_some_and(|kind| kind == "json"));
    let told = told.filter(|entry| read(entry.path())["receipt"]["failed"] == alone["failed"]);
    assert_eq!(told.count(), 2, "the company knows");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_that_is_refused_is_kept_and_offered_again_at_the_next_start() {
    let mut world = World::new().await;
    let kept = world.path("receipts");
    let config = World::backend_config(900, "role");
    world.start_backend(&config.replace("[[dest", &format!("receipts = {kept:?}\n[[dest"))).await;
    let link = FaultProxy::before(world.backend.as_ref().expect("a backend").address()).await;
    let upload = |name: &str| {
        let file = world.sources().join(name);
        noise(&file, 10);
        let mut run = world.upload_by_backend(&[&file]);
        run.env("DAVIT_SERVER", link.endpoint());
        run
    };
    let refusals = [
        "400 Bad Request",
        "403 Forbidden",
        "404 Not Found",
        "408 Request Timeout",
        "409 Conflict",
        "413 Payload Too Large",
        "429 Too Many Requests",
    ];
    for (n, status) in refusals.into_iter().enumerate() {
        link.faults.answer("POST /v1/receipts", u32::MAX, status, "");
        upload(&format!("{n}.txt")).end().await.all_done();
        let told = world.davit("status").end().await;
        let words = if n == 0 { "1 receipt waits".to_owned() } else { format!("{} receipts wait", n + 1) };
        assert!(told.out.contains(&words), "{status}: {}", told.out);
        let mut doctor = world.davit("doctor");
        doctor.env("DAVIT_SERVER", link.endpoint()).env("DAVIT_DEV_S3_ENDPOINT", world.cloud.endpoint());
        let doctor = doctor.end().await;
        assert!(doctor.out.contains(&words), "{status}: {}", doctor.out);
    }
    link.faults.busy.store(0, Ordering::SeqCst);
    upload("last.txt").end().await.all_done();
    let all = walkdir::WalkDir::new(&kept).into_iter().filter_map(Result::ok);
    let all = all.filter(|entry| entry.path().extension().is_some_and(|kind| kind == "json"));
    assert_eq!(all.count(), refusals.len() + 1);
    let told = world.davit("status").end().await;
    assert!(!told.out.contains("receipt"), "{}", told.out);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_tells_things_of_one_name_apart_and_names_no_place_of_this_computer() {
    use std::os::unix::ffi::OsStrExt as _;
    let world = World::new().await;
    let [one, two] = ["monday", "tuesday"].map(|day| world.sources().join(day).join("rushes"));
    noise(&one.join("a.mov"), 10);
    noise(&two.join("b.mov"), 10);
    noise(&two.join(".DS_Store"), 10);
    let single = world.sources().join("wednesday/rushes");
    noise(&single, 10);
    // Names that are not Unicode, passed over by a rule, and alike once they are made so.
    for name in [&b"caf\xe9"[..], b"caf\xe8"] {
        std::os::unix::fs::symlink("/etc/hostname", one.join(std::ffi::OsStr::from_bytes(name))).expect("a link");
    }
    let gone = [b"gone\xe9", b"gone\xe8"].map(|name| world.sources().join(std::ffi::OsStr::from_bytes(name)));
    let file = world.path("receipt.json");
    let given = [&*one, &two, &single, &gone[0], &gone[1], &gone[0]];
    let ended = world.upload(&given).args(["--collision", "suffix"]).arg("--receipt").arg(&file).end().await;
    assert_eq!(ended.code, Some(3), "{}", ended.err);
    let receipt = read(&file);
    let paths: Vec<&str> = ["uploaded", "skipped", "failed"]
        .iter()
        .flat_map(|list| receipt[list].as_array().expect("a list"))
        .map(|entry| entry["path"].as_str().expect("a path"))
        .collect();
    let wanted = [
        // A small file is there before a folder is walked.
        "rushes (3)",
        "rushes/a.mov",
        "rushes (2)/b.mov",
        "rushes/./caf\\xE8",
        "rushes/./caf\\xE9",
        "rushes (2)/.DS_Store",
        "gone\\xE8",
        "gone\\xE9",
    ];
    assert_eq!(paths, wanted);
    let summary = ended.summary();
    let told = ["uploaded", "skipped", "failed"].map(|list| summary[list].as_u64());
    assert_eq!(told, [Some(3), Some(3), Some(2)], "{summary}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_rule_no_longer_finds_is_not_in_the_receipt() {
    let world = World::new().await;
    let folder = world.sources().join("rushes");
    noise(&folder.join("a.mov"), 10);
    noise(&folder.join("sub/.DS_Store"), 10);
    // A file that failed: the same command goes on with it, and walks the folder anew.
    noise(&folder.join("z.mov"), 10);
    let (away, file) = (world.sources().join("away"), world.path("receipt.json"));
    let link = FaultProxy::before(world.cloud.address()).await;
    link.faults.answer("PUT /media/in/rushes/z.mov", u32::MAX, "403 Forbidden", "AccessDenied");
    let ended = world.upload_by(&link.endpoint(), &[&folder]).end().await;
    assert_eq!(ended.code, Some(3), "{}", ended.out);
    std::fs::rename(folder.join("sub/.DS_Store"), &away).expect("moved");
    noise(&folder.join("sub/b.mov"), 10);
    let ended = world.upload_by(&link.endpoint(), &[&folder]).arg("--receipt").arg(&file).end().await;
    assert_eq!(ended.code, Some(3), "{}", ended.out);
    let receipt = read(&file);
    assert_eq!((count(&receipt, "uploaded"), count(&receipt, "skipped"), count(&receipt, "failed")), (2, 0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_is_never_written_among_what_is_uploaded() {
    let world = World::new().await;
    let folder = world.sources().join("rushes");
    let file = folder.join("day 1/a.mov");
    noise(&file, 10);
    for (source, receipt) in [
        (&folder, folder.join("receipt.json")),
        (&folder, folder.join("day 1/../day 1/receipt.csv")),
        (&file, file.clone()),
        (&file, folder.join("day 1/../day 1/a.mov")),
    ] {
        let ended = world.upload(&[source]).arg("--receipt").arg(&receipt).end().await;
        assert_eq!(ended.code, Some(1), "{}", ended.out);
        assert!(ended.err.contains("to be uploaded"), "{}", ended.err);
    }
    assert!(world.keys().is_empty() && std::fs::read(&file).is_ok_and(|kept| kept.len() == 10));
    let beside = folder.join("receipt.json");
    world.upload(&[&file]).arg("--receipt").arg(&beside).end().await.all_done();
    assert_eq!(count(&read(&beside), "uploaded"), 1);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_that_cannot_be_written_in_the_end_is_told_and_what_was_uploaded_counts() {
    let world = World::new().await;
    let source = world.sources().join("a.mov");
    noise(&source, 10);
    let place = world.path("books");
    std::fs::create_dir(&place).expect("made");
    let file = place.join("receipt.json");
    let link = FaultProxy::before(world.cloud.address()).await;
    link.faults.hold.send_replace(true);
    let running = world.upload_by(&link.endpoint(), &[&source]).arg("--receipt").arg(&file).start();
    link.holds_one().await;
    // Its folder goes while the file is on its way.
    std::fs::remove_dir_all(&place).expect("gone");
    link.faults.hold.send_replace(false);
    let ended = tokio::task::spawn_blocking(|| running.end()).await.expect("ends");
    assert_eq!(ended.code, Some(3), "{}", ended.out);
    assert_eq!(ended.summary()["uploaded"], 1);
    // The same command writes it.
    std::fs::create_dir(&place).expect("made");
    world.upload_by(&link.endpoint(), &[&source]).arg("--receipt").arg(&file).end().await.all_done();
    assert_eq!(count(&read(&file), "uploaded"), 1);
    assert_eq!(world.cloud.observer().calls("PutObject"), 1, "nothing was sent again");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_went_to_a_place_without_a_company_owes_no_receipt() {
    let mut world = World::new().await;
    let kept = world.path("receipts");
    let config = World::backend_config(900, "role");
    world.start_backend(&config.replace("[[dest", &format!("receipts = {kept:?}\n[[dest"))).await;
    let file = world.sources().join("cut.mov");
    noise(&file, 60 << 20);
    let link = FaultProxy::before(world.cloud.address()).await;
    link.faults.rate.store(8 << 20, Ordering::SeqCst);
    let mut running = world.upload_by(&link.endpoint(), &[&file]).start();
    running.until_sent(8 << 20);
    assert_eq!(running.interrupt(), Some(130));
    link.faults.rate.store(0, Ordering::SeqCst);
    let mut cancel = world.davit("cancel");
    cancel.arg("--all").env("DAVIT_SERVER", world.backend.as_ref().expect("a backend").url());
    cancel.env("AWS_ACCESS_KEY_ID", &world.cloud.keys().access_key_id);
    cancel.env("AWS_SECRET_ACCESS_KEY", &world.cloud.keys().secret_access_key);
    assert_eq!(cancel.end().await.code, Some(0));
    let told = world.davit("status").end().await;
    assert!(!told.out.contains("receipt"), "{}", told.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_cancelled_is_so_in_the_summary_and_in_the_receipt() {
    let world = World::new().await;
    let folder = world.sources().join("rushes");
    noise(&folder.join("a.wav"), 10);
    noise(&folder.join("cut.mov"), 60 << 20);
    std::fs::write(folder.join(".DS_Store"), b"x").expect("written");
    let (link, json) = (FaultProxy::before(world.cloud.address()).await, world.path("receipt.json"));
    link.faults.rate.store(8 << 20, Ordering::SeqCst);
    let mut running = world.upload_by(&link.endpoint(), &[&folder]).arg("--receipt").arg(&json).start();
    running.until_sent(8 << 20);
    let told = world.davit("cancel").arg("--all").end().await;
    assert_eq!(told.out, "1 cancelled\n", "{}", told.err);
    let ended = running.end();
    let sum = ended.summary();
    assert_eq!(
        (&sum["uploaded"], &sum["skipped"], &sum["cancelled"]),
        (&1.into(), &1.into(), &1.into()),
        "{}",
        ended.out
    );
    let skipped = read(&json)["skipped"].clone();
    let (junk, cancelled) = (("rushes/.DS_Store", "junk"), ("rushes/cut.mov", "cancelled"));
    let rule = |path: &str| {
        let entries = skipped.as_array().expect("a list").iter();
        entries.clone().find(|entry| entry["path"] == path).map(|entry| entry["rule"].clone())
    };
    for (path, word) in [junk, cancelled] {
        assert_eq!(rule(path), Some(word.into()), "{skipped}");
    }
    assert_eq!(count(&read(&json), "uploaded"), 1);
}
