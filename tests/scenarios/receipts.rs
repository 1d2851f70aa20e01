//! What became of every path, for whoever keeps books: nothing found is missing, nothing is counted twice.

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
    assert_eq!(alone["failed"], serde_json::json!([{ "path": gone, "code": "file-missing" }]));
    let fourth = world.sources().join("fourth.txt");
    noise(&fourth, 10);
    assert_eq!(upload(&fourth).arg(&gone).end().await.code, Some(3));
    let told = walkdir::WalkDir::new(&kept).into_iter().filter_map(Result::ok);
    let told = told.filter(|entry| entry.path().extension().is_some_and(|kind| kind == "json"));
    let told = told.filter(|entry| read(entry.path())["receipt"]["failed"] == alone["failed"]);
    assert_eq!(told.count(), 2, "the company knows");
}
