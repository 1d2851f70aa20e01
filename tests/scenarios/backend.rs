//! The reference backend as a company runs it: by its program, with its receipts and its end.

use davit_core::error::ErrorCode;
use davit_core::net::Net;
use davit_core::session::wire::Receipt;
use davit_core::session::{Backend, address};
use davit_tests::World;
use davit_tests::source::noise;
use davit_tests::world::BUCKET;
use secrecy::SecretString;
use serde_json::{Value, json};

const BATCH: &str = "0198a000-0000-7000-8000-000000000001";

/// A file with two people, of whom one may use one destination more, and a folder for receipts.
fn config(receipts: &std::path::Path) -> String {
    let hash = davit_backend::hash_token;
    format!(
        r#"
        listen = "127.0.0.1:0"
        name = "Example Films"
        person_salt = "salt"
        requests_a_minute = 10000
        receipts = '{}'
        longest_receipt_mib = 64
        sts = {{ kind = "federation-token", seconds = 900 }}
        auth = {{ kind = "token", people = [
            {{ id = "ada@example.com", token_sha256 = "{}", groups = ["editors"] }},
            {{ id = "bob@example.com", token_sha256 = "{}" }},
        ] }}
        [[destinations]]
        id = "rushes"
        label = "Rushes"
        bucket = "{BUCKET}"
        region = "eu-central-1"
        prefix = "u/{{person}}/"
        [[destinations]]
        id = "final"
        label = "Final"
        bucket = "{BUCKET}"
        region = "eu-central-1"
        prefix = "final/"
        groups = ["editors"]
        "#,
        receipts.display(),
        hash("ada"),
        hash("bob").to_uppercase(),
    )
}

async fn with_receipts() -> (World, Backend, std::path::PathBuf) {
    let mut world = World::new().await;
    let folder = world.path("receipts");
    world.start_backend(&config(&folder)).await;
    let url = world.backend.as_ref().expect("a backend").url();
    let client = Backend::new(address::parse(&url).expect("an address"), &Net::default()).expect("a client");
    (world, client, folder)
}

fn receipt(destination: &str, uploaded: Vec<Value>) -> Receipt {
    let receipt = json!({
        "batch_id": BATCH, "destination": destination, "finished_at": "2026-11-23T20:00:00Z",
        "client_version": "0.1.0", "uploaded": uploaded,
        "skipped": [{"path": ".DS_Store", "rule": "junk"}], "failed": [{"path": "pipe", "code": "not-a-file"}],
    });
    serde_json::from_value(receipt).expect("a receipt")
}

fn uploaded(key: &str) -> Value {
    json!({"path": "day 1/cut.mov", "key": key, "size": 5, "mtime": "2026-11-23T19:00:00.5Z",
           "crc64nvme": "AAAAAAAAAAA=", "etag": "\"d41d8cd98f00b204e9800998ecf8427e\""})
}

fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_of_a_hundred_thousand_files_is_kept_once_with_who_sent_it() {
    let (_world, client, folder) = with_receipts().await;
    let name = "a name of the length that names of clips have on a day of shooting, take".to_owned();
    let entries = (0..100_000).map(|n| {
        let mut entry = uploaded(&format!("final/day 1/{name} {n}.mov"));
        entry["path"] = json!(format!("/Volumes/Card/day 1/{name} {n}.mov"));
        entry
    });
    let sent = receipt("final", entries.collect());
    assert!(serde_json::to_vec(&sent).expect("JSON").len() > 25 << 20);
    let ada = SecretString::from("ada".to_owned());
    client.send_receipt(Some(&ada), &sent).await.expect("taken");
    client.send_receipt(Some(&ada), &sent).await.expect("taken again");
    client.send_receipt(Some(&ada), &receipt("rushes", Vec::new())).await.expect("the first one stays");
    let kept = files(&folder);
    assert_eq!(kept.len(), 1, "{kept:?}");
    let text = std::fs::read(&kept[0]).expect("read");
    let kept: Value = serde_json::from_slice(&text).expect("JSON");
    assert_eq!(kept["person"], "ada@example.com");
    assert_eq!(serde_json::from_value::<Receipt>(kept["receipt"].clone()).expect("a receipt"), sent);
    // The same batch from somebody else is another one.
    let bob = SecretString::from("bob".to_owned());
    client.send_receipt(Some(&bob), &receipt("rushes", Vec::new())).await.expect("taken");
    assert_eq!(files(&folder).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_of_strangers_for_other_places_and_nonsense_leave_nothing_behind() {
    let (world, client, folder) = with_receipts().await;
    let bob = SecretString::from("bob".to_owned());
    let code = |outcome: davit_core::error::Result<()>| outcome.expect_err("refused").code;
    assert_eq!(code(client.send_receipt(None, &receipt("rushes", Vec::new())).await), ErrorCode::SignInEnded);
    let final_ = receipt("final", Vec::new());
    assert_eq!(code(client.send_receipt(Some(&bob), &final_).await), ErrorCode::NotAllowed);
    let gone = receipt("archive", Vec::new());
    assert_eq!(code(client.send_receipt(Some(&bob), &gone).await), ErrorCode::DestinationGone);
    let foreign = receipt("rushes", vec![uploaded("final/x.mov")]);
    assert_eq!(code(client.send_receipt(Some(&bob), &foreign).await), ErrorCode::BackendContract);

    let url = format!("{}/v1/receipts", world.backend.as_ref().expect("a backend").url());
    let http = Net::default().backend_client().expect("a client");
    let whole = serde_json::to_string(&receipt("rushes", Vec::new())).expect("JSON");
    let bodies = [
        (String::new(), 400),
        ("{}".to_owned(), 400),
        (whole[..whole.len() / 2].to_owned(), 400),
        // What would end the receipt within its file, and say that somebody else sent it.
        (format!("{whole},\"person\":\"ada@example.com\""), 400),
        (whole.replace(BATCH, "../../x"), 400),
        (whole.replace("2026-11-23T20:00:00Z", "today"), 400),
        (format!("{}{whole}", " ".repeat(64 << 20)), 413),
    ];
    for (body, status) in bodies {
        let shown: String = body.chars().take(80).collect();
        let answer = http.post(&url).bearer_auth("bob").body(body).send().await.expect("an answer");
        let kind = answer.headers()["content-type"].clone();
        assert_eq!(
            (answer.status().as_u16(), kind.to_str().expect("text")),
            (status, "application/problem+json"),
            "{shown}"
        );
    }
    assert_eq!(files(&folder), Vec::<std::path::PathBuf>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reference_backend_keeps_the_contract_for_people_with_tokens_and_receipts() {
    let (world, _, folder) = with_receipts().await;
    let url = world.backend.as_ref().expect("a backend").url();
    let findings = davit_backend::check::check(&url, Some("ada")).await.expect("asked");
    let broken: Vec<_> = findings.iter().filter(|finding| finding.broken.is_some()).collect();
    assert!(broken.is_empty() && findings.len() > 40, "{broken:?}");
    assert_eq!(files(&folder).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_with_tags_a_class_and_a_key_is_within_its_sessions_rights() {
    let mut world = World::new().await;
    let key = "arn:aws:kms:eu-central-1:123456789012:key/1234";
    let more = format!(
        "{}\ntags = {{ project = \"rushes\" }}\nstorage_class = \"STANDARD_IA\"\nsse = {{ kind = \"kms\", key_id = \"{key}\" }}\n",
        World::backend_config(900, "federation")
    );
    world.start_backend(&more).await;
    let (small, large) = (world.sources().join("small.txt"), world.sources().join("large.mov"));
    noise(&small, 10);
    noise(&large, 20 << 20);
    world.upload_by_backend(&[&small, &large]).end().await.all_done();
    assert_eq!(world.keys().len(), 2);
}

/// By DNS rebinding any web page could send these, and read the answers.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_sign_in_no_web_page_gets_a_lease() {
    let world = World::with_backend(900, "role").await;
    let backend = world.backend.as_ref().expect("a backend");
    let (url, own) = (format!("{}/v1/credentials", backend.url()), backend.address().to_string());
    let http = Net::default().backend_client().expect("a client");
    let json = "application/json";
    let localhost = format!("localhost:{}", backend.address().port());
    let page = format!("http://{own}");
    for (host, origin, kind, status) in [
        (own.as_str(), None, Some(json), 200),
        (localhost.as_str(), None, Some("application/json; charset=utf-8"), 200),
        (own.as_str(), Some(page.as_str()), Some(json), 200),
        ("evil.example.com", None, Some(json), 403),
        ("127.0.0.1.example.com:80", None, Some(json), 403),
        (own.as_str(), Some("http://evil.example.com"), Some(json), 403),
        (own.as_str(), Some("null"), Some(json), 403),
        (own.as_str(), None, Some("text/plain"), 415),
        (own.as_str(), None, None, 415),
    ] {
        let mut request = http.post(&url).header("host", host).body(r#"{"destination":"rushes"}"#);
        for (name, value) in [("origin", origin), ("content-type", kind)] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), status, "{host} {origin:?} {kind:?}");
        if status != 200 {
            assert_eq!(answer.headers()["content-type"], "application/problem+json");
        }
    }
    // Where it may upload is nobody's either.
    let list = http.get(format!("{}/v1/destinations", backend.url()));
    assert_eq!(list.header("host", "evil.example.com").send().await.expect("an answer").status(), 403);
    assert_eq!(backend.leases(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_of_an_address_that_does_not_answer_says_so_and_why() {
    let gone = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port");
    let said = davit_backend::check::check(&format!("http://{gone}"), None).await.expect_err("nobody is there");
    assert!(said.starts_with(&format!("http://{gone}/ does not answer: ")), "{said}");
    assert!(said.to_lowercase().contains("refused") && !said.contains("sending request"), "{said}");
}

/// An STS that answers nothing until it is told to, in front of the real one.
#[cfg(unix)]
struct SlowSts {
    address: std::net::SocketAddr,
    asked: tokio::sync::watch::Receiver<bool>,
    gate: tokio::sync::watch::Sender<bool>,
}

#[cfg(unix)]
async fn slow_sts(to: std::net::SocketAddr) -> SlowSts {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    let (asked, was_asked) = tokio::sync::watch::channel(false);
    let (gate, opened) = tokio::sync::watch::channel(false);
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            asked.send_replace(true);
            let mut opened = opened.clone();
            tokio::spawn(async move {
                opened.wait_for(|open| *open).await.expect("opened");
                let mut sts = tokio::net::TcpStream::connect(to).await.expect("the real one");
                let _ = tokio::io::copy_bidirectional(&mut client, &mut sts).await;
            });
        }
    });
    SlowSts { address, asked: was_asked, gate }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_signal_ends_the_backend_once_requests_in_flight_are_answered() {
    use tokio::io::AsyncBufReadExt as _;
    let world = World::new().await;
    let file = world.path("backend.toml");
    std::fs::write(&file, World::backend_config(900, "role")).expect("written");
    for signal in ["-TERM", "-INT"] {
        let mut sts = slow_sts(world.cloud.address()).await;
        // Nothing but the environment says where STS is.
        let mut backend = tokio::process::Command::new(davit_tests::davit::program("davit-backend"))
            .arg("--config")
            .arg(&file)
            .env("AWS_ENDPOINT_URL_STS", format!("http://{}", sts.address))
            .env("AWS_ACCESS_KEY_ID", &world.cloud.keys().access_key_id)
            .env("AWS_SECRET_ACCESS_KEY", &world.cloud.keys().secret_access_key)
            .env_remove("AWS_SESSION_TOKEN")
            .env_remove("AWS_PROFILE")
            .env_remove("AWS_REGION")
            .env("RUST_LOG", "error")
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("it starts");
        let mut lines = tokio::io::BufReader::new(backend.stdout.take().expect("its output")).lines();
        let ready: Value =
            serde_json::from_str(&lines.next_line().await.expect("a line").expect("a line")).expect("JSON");
        let url = ready["url"].as_str().expect("a url").to_owned();
        let http = Net::default().backend_client().expect("a client");
        let asked = http.post(format!("{url}/v1/credentials")).json(&json!({"destination": "rushes"})).send();
        let asked = tokio::spawn(asked);
        sts.asked.wait_for(|asked| *asked).await.expect("asked");

        let id = backend.id().expect("it runs").to_string();
        std::process::Command::new("kill").args([signal, &id]).status().expect("kill");
        // It takes nobody new any more.
        let address = url.trim_start_matches("http://").to_owned();
        while tokio::net::TcpStream::connect(&address).await.is_ok() {
            tokio::task::yield_now().await;
        }
        sts.gate.send_replace(true);
        let answer = asked.await.expect("no panic").expect("an answer");
        assert_eq!(answer.status(), 200, "{signal}");
        let ended = backend.wait_with_output().await.expect("it ends");
        assert_eq!(ended.status.code(), Some(0), "{signal}");
        let log = String::from_utf8_lossy(&ended.stderr);
        assert!(
            log.contains("\"lease\"") && log.contains("rushes"),
            "the audit line comes whatever RUST_LOG says: {log}"
        );
    }
}
