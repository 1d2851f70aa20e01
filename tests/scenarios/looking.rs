//! A backend that looks for its clients: an answer that was lost needs no person and makes no second copy.

use std::process::Stdio;
use std::sync::atomic::Ordering;

use davit_core::ids::{DestinationId, ObjectKey};
use davit_core::net::Net;
use davit_core::s3::Head;
use davit_core::session::{Session, Vault};
use davit_tests::World;
use davit_tests::fault::{Fault, FaultProxy};
use davit_tests::source::{noise, sha256};
use davit_tests::world::BUCKET;
use serde_json::{Value, json};
use tokio::io::AsyncBufReadExt as _;

const COMPLETE: &str = "POST *?uploadId";
const PUT: &str = "PUT ";

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_ends_as_done_without_a_second_copy_where_the_backend_looks() {
    let world = World::with_backend(900, "role").await;
    let link = FaultProxy::before(world.cloud.address()).await;
    let mut number = 0;
    for (name, len, request) in [("note.txt", 1_000, PUT), ("cut.mov", 40 << 20, COMPLETE)] {
        let file = world.sources().join(name);
        noise(&file, len);
        for collision in ["fail", "suffix"] {
            for refused in [false, true] {
                number += 1;
                world.cloud.replayed_complete_is_refused(refused);
                link.faults.lose_answers(request, 1);
                let mut run = world.upload_by_backend(&[&file]);
                run.env("DAVIT_DEV_S3_ENDPOINT", link.endpoint()).args(["--collision", collision]);
                run.env("DAVIT_HOME", world.path(&number.to_string())).end().await.all_done();
                assert_eq!(link.faults.lost_answers.load(Ordering::SeqCst), 0, "the fault was met");
                let keys = world.keys();
                assert!(keys.len() == 1 && keys[0].ends_with(name), "{collision}: {keys:?}");
                assert_eq!(world.sha256(&keys[0]), sha256(&file));
                world.cloud.remove(BUCKET, &keys[0]);
            }
        }
    }
    assert_eq!(world.cloud.uploads(BUCKET).len(), 0, "nothing is left behind");
    world.nothing_was_sent_twice();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_name_is_seen_before_a_byte_of_a_large_file_is_sent_where_the_backend_looks() {
    let world = World::with_backend(900, "role").await;
    let (others, ours) = (world.sources().join("other/cut.mov"), world.sources().join("cut.mov"));
    noise(&others, 100);
    noise(&ours, 40 << 20);
    world.upload_by_backend(&[&others]).end().await.all_done();
    let upload = |home: &str, collision: &str| {
        let mut run = world.upload_by_backend(&[&ours]);
        run.env("DAVIT_HOME", world.path(home)).args(["--collision", collision]);
        run
    };
    assert_eq!(upload("a", "fail").end().await.failures(), ["already-there"]);
    assert_eq!(world.cloud.observer().calls("CreateMultipartUpload"), 0);
    upload("b", "suffix").end().await.all_done();
    assert_eq!(world.cloud.observer().calls("CreateMultipartUpload"), 1, "none in vain");
    let keys = world.keys();
    assert!(keys.len() == 2 && keys[0].ends_with("/cut (2).mov"), "{keys:?}");
    assert_eq!(world.sha256(&keys[0]), sha256(&ours));
}

/// Each cut comes while the store has files whose answers are on their way.
#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_small_files_outlive_three_cuts_and_none_is_there_twice() {
    for collision in ["suffix", "fail"] {
        let world = World::with_backend(900, "role").await;
        let link = FaultProxy::before(world.cloud.address()).await;
        let folder = world.sources().join("sounds");
        for clip in 0..100u64 {
            noise(&folder.join(format!("{clip}.wav")), 20_000 + clip);
        }
        PUT.clone_into(&mut link.faults.only.lock().expect("faults"));
        let mut run = world.upload_by_backend(&[&folder]);
        run.env("DAVIT_DEV_S3_ENDPOINT", link.endpoint()).args(["--collision", collision]);
        let running = tokio::spawn(async move { run.end().await });
        for cut in 1..=3 {
            link.faults.hold.send_replace(true);
            let mut held = link.faults.held.subscribe();
            let before = *held.borrow();
            held.wait_for(|held| *held >= before + 4).await.expect("the proxy runs");
            link.goes_away();
            link.faults.hold.send_replace(false);
            link.comes_back();
            while world.keys().len() < 25 * cut {
                tokio::task::yield_now().await;
            }
        }
        let ended = running.await.expect("it runs");
        ended.all_done();
        assert_eq!(ended.failures(), Vec::<String>::new());
        let keys = world.keys();
        assert!(keys.len() == 100 && !keys.iter().any(|key| key.contains('(')), "{collision}: {keys:?}");
        assert!(world.backend.as_ref().expect("a backend").looks() >= 4, "the cuts struck");
        for key in keys {
            let (_, name) = key.split_once("sounds/").expect("a clip");
            assert_eq!(world.sha256(&key), sha256(&folder.join(name)), "{key}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backend_that_is_away_while_it_is_asked_to_look_is_waited_for() {
    let world = World::with_backend(900, "role").await;
    let link = FaultProxy::before(world.cloud.address()).await;
    let backend = FaultProxy::before(world.backend.as_ref().expect("a backend").address()).await;
    let down = Fault::Says { status: "503 Service Unavailable", code: "" };
    for (number, fault) in
        [Fault::ResetBefore, Fault::Lost, Fault::Truncated, down, Fault::Page].into_iter().enumerate()
    {
        let file = world.sources().join(format!("{number}.wav"));
        noise(&file, 1_000);
        link.faults.lose_answers(PUT, 1);
        backend.faults.meet("POST /v1/verify", 3, fault);
        let mut run = world.upload_by_backend(&[&file]);
        run.env("DAVIT_DEV_S3_ENDPOINT", link.endpoint()).env("DAVIT_SERVER", backend.endpoint());
        run.env("DAVIT_HOME", world.path(&number.to_string())).args(["--collision", "suffix"]).end().await.all_done();
        assert_eq!(backend.faults.still_to_meet(), 0, "the fault was met: {fault:?}");
        assert_eq!(world.keys().len(), number + 1, "{fault:?}: {:?}", world.keys());
    }
}

/// It announces that it looks, and does not know the path: then it is as if it did not look at all.
#[tokio::test(flavor = "multi_thread")]
async fn a_backend_that_cannot_look_after_all_is_taken_for_one_that_never_could() {
    let world = World::with_backend(900, "role").await;
    let backend = FaultProxy::before(world.backend.as_ref().expect("a backend").address()).await;
    for (number, status) in ["404 Not Found", "405 Method Not Allowed"].into_iter().enumerate() {
        let file = world.sources().join(format!("{number}.mov"));
        noise(&file, 20 << 20);
        let fault = Fault::Problem { status, code: "not-found" };
        backend.faults.meet("POST /v1/verify", u32::MAX, fault);
        let mut run = world.upload_by_backend(&[&file]);
        run.env("DAVIT_SERVER", backend.endpoint()).args(["--collision", "fail"]).end().await.all_done();
        assert!(backend.faults.still_to_meet() < u32::MAX, "it was asked");
        let session = Session::connect(&backend.endpoint(), &Net::default(), Vault::Memory).await.expect("connects");
        let seen = session.look(&DestinationId("rushes".to_owned()), &ObjectKey::new("x").expect("a key")).await;
        assert_eq!(seen.expect("an answer"), Head::Unknown, "{status}");
    }
}

async fn asked(url: &str, body: &Value) -> (u16, Value) {
    let client = Net::default().backend_client().expect("a client");
    let answer = client.post(format!("{url}/v1/verify")).json(body).send().await.expect("an answer");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backend_tells_what_lies_at_a_persons_own_keys_and_at_no_others() {
    let world = World::with_backend(900, "role").await;
    let url = world.backend.as_ref().expect("a backend").url();
    let file = world.sources().join("a #1 ü?.wav");
    noise(&file, 1_000);
    world.upload_by_backend(&[&file]).end().await.all_done();
    let key = world.keys().remove(0);
    let look = async |key: &str| asked(&url, &json!({"destination": "rushes", "key": key})).await;

    let (status, body) = look(&key).await;
    assert_eq!((status, &body["found"], &body["size"]), (200, &json!(true), &json!(1_000)), "{body}");
    assert_eq!(body["token"].as_str().map(str::len), Some(32), "{body}");
    assert!(body["last_modified"].as_str().is_some_and(|at| at.ends_with('Z')), "{body}");
    assert_eq!(body["checksum_crc64nvme"].as_str().map(str::len), Some(12), "{body}");
    assert_eq!(look(&format!("{key}x")).await, (200, json!({"found": false})));

    let (prefix, _) = key.rsplit_once('/').expect("a prefix");
    let outside = [
        String::new(),
        "x".to_owned(),
        "rushes/x".to_owned(),
        format!("{prefix}x/y"),
        format!("{prefix}/../x"),
        format!("{prefix}/a/./b"),
        format!("/{key}"),
    ];
    for key in outside {
        let (status, body) = look(&key).await;
        assert_eq!((status, &body["code"]), (403, &json!("not-allowed")), "{key}");
    }
    assert_eq!(look(&format!("{prefix}/{}", "x".repeat(1_024))).await.0, 400);
    assert_eq!(asked(&url, &json!({"destination": "rushes"})).await.0, 400);
    assert_eq!(asked(&url, &json!({"destination": "archive", "key": key})).await.0, 404);

    let mut blind = World::new().await;
    blind.start_backend(&World::backend_config(900, "role").replace("verify = true", "")).await;
    let url = blind.backend.as_ref().expect("a backend").url();
    assert_eq!(asked(&url, &json!({"destination": "rushes", "key": key})).await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn looks_of_one_person_have_their_own_limit() {
    let mut world = World::new().await;
    let config = World::backend_config(900, "role").replace("looks_a_minute = 100000", "looks_a_minute = 2");
    world.start_backend(&config).await;
    let url = world.backend.as_ref().expect("a backend").url();
    let body = json!({"destination": "rushes", "key": "x"});
    for wanted in [403, 403, 429] {
        assert_eq!(asked(&url, &body).await.0, wanted);
    }
}

/// By its program and the environment alone; its keys are those of a session that may only write.
#[tokio::test(flavor = "multi_thread")]
async fn a_backend_whose_own_rights_are_wrong_says_so_and_logs_which() {
    let world = World::with_backend(900, "role").await;
    let http = Net::default().backend_client().expect("a client");
    let lease = http.post(format!("{}/v1/credentials", world.backend.as_ref().expect("a backend").url()));
    let lease: Value =
        lease.json(&json!({"destination": "rushes"})).send().await.expect("sent").json().await.expect("JSON");
    let text = |field: &str| lease[field].as_str().expect(field).to_owned();
    let file = world.path("backend.toml");
    std::fs::write(&file, World::backend_config(900, "role")).expect("written");
    let body = json!({"destination": "rushes", "key": format!("{}x", text("key_prefix"))});
    let root = world.cloud.keys();
    let root = [root.access_key_id.clone(), root.secret_access_key.clone(), String::new()];
    let session = ["access_key_id", "secret_access_key", "session_token"].map(text);
    for ([id, secret, token], status) in [(root, 200), (session, 502)] {
        let mut command = tokio::process::Command::new(davit_tests::davit::program("davit-backend"));
        command.arg("--config").arg(&file).env("AWS_ENDPOINT_URL_S3", world.cloud.endpoint());
        command.env("AWS_ACCESS_KEY_ID", id).env("AWS_SECRET_ACCESS_KEY", secret).env_remove("AWS_SESSION_TOKEN");
        if !token.is_empty() {
            command.env("AWS_SESSION_TOKEN", token);
        }
        command.env_remove("AWS_PROFILE").env_remove("AWS_REGION").env("RUST_LOG", "error");
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut backend = command.spawn().expect("it starts");
        let mut lines = tokio::io::BufReader::new(backend.stdout.take().expect("its output")).lines();
        let ready = lines.next_line().await.expect("a line").expect("a line");
        let url = serde_json::from_str::<Value>(&ready).expect("JSON")["url"].as_str().expect("a url").to_owned();
        let (seen, said) = asked(&url, &body).await;
        assert_eq!(seen, status, "{said}");
        backend.start_kill().expect("killed");
        let log = backend.wait_with_output().await.expect("its end").stderr;
        let log = String::from_utf8_lossy(&log);
        assert_eq!(log.contains("s3:ListBucket on media for rushes/{person}/"), status == 502, "{log}");
    }
}
