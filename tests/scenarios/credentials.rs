//! Leases end, reach one place only, and nobody sees it.

use davit_tests::World;
use davit_tests::source::{noise, sha256};
use davit_tests::world::BUCKET;

#[tokio::test(flavor = "multi_thread")]
async fn a_key_outside_the_prefix_is_refused_by_the_store() {
    let world = World::with_backend(900, "role").await;
    let backend = world.backend.as_ref().expect("a backend");
    let url = format!("{}/v1/credentials", backend.url());
    let client = davit_core::net::Net::default().backend_client().expect("a client");
    let answer = client.post(url).header("content-type", "application/json").body(r#"{"destination":"rushes"}"#);
    let text = answer.send().await.expect("an answer").text().await.expect("a body");
    let lease: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let text = |field: &str| lease[field].as_str().expect(field).to_owned();

    let keys = aws_sdk_s3::config::Credentials::new(
        text("access_key_id"),
        text("secret_access_key"),
        Some(text("session_token")),
        None,
        "test",
    );
    let config = aws_sdk_s3::Config::builder()
        .behavior_version_latest()
        .region(aws_sdk_s3::config::Region::new("eu-central-1"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url(world.cloud.endpoint())
        .force_path_style(true)
        .credentials_provider(keys)
        .build();
    let client = aws_sdk_s3::Client::from_conf(config);
    let put = |key: String| client.put_object().bucket(BUCKET).key(key).send();
    put(format!("{}inside", text("key_prefix"))).await.expect("inside is open");
    for outside in
        ["outside".to_owned(), "rushes/other/x".to_owned(), format!("{}x", text("key_prefix").trim_end_matches('/'))]
    {
        let refused = put(outside.clone()).await.expect_err(&outside);
        assert_eq!(aws_sdk_s3::error::ProvideErrorMetadata::code(&refused), Some("AccessDenied"), "{outside}");
    }
    let read = client.get_object().bucket(BUCKET).key(format!("{}inside", text("key_prefix"))).send().await;
    assert!(read.is_err(), "an uploader reads nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_found_in_what_an_upload_leaves_and_prints() {
    let mut world = World::new().await;
    let token = "a-token-that-nobody-may-read";
    world.start_backend(&World::backend_config_by_token(token)).await;
    let file = world.sources().join("cut.mov");
    noise(&file, 20 << 20);
    let mut upload = world.upload_by_backend(&[&file]);
    upload
        .env("DAVIT_LOG", "trace")
        .env("DAVIT_TOKEN", token)
        .env("AWS_ACCESS_KEY_ID", "")
        .env("AWS_SECRET_ACCESS_KEY", "");
    let ended = upload.end().await;
    ended.all_done();
    // One line at least for the transfer, each of its parts, and the lease.
    for span in ["transfer{", "part{", "lease{"] {
        assert!(ended.err.contains(span), "no {span} in the log: {}", ended.err);
    }
    let left = ended.out.clone() + &ended.err + &world.left();
    let sessions = world.cloud.sessions();
    assert!(!sessions.is_empty(), "a session was given");
    for (keys, token) in sessions {
        let all = [("key id", keys.access_key_id), ("secret", keys.secret_access_key), ("token", token)];
        for (what, text) in all {
            assert!(!left.contains(&text), "a session's {what} was left behind");
        }
    }
    assert!(!left.contains(token), "the sign-in's token was left behind");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reference_backend_keeps_its_own_contract() {
    let world = World::with_backend(900, "federation").await;
    let url = world.backend.as_ref().expect("a backend").url();
    let findings = davit_backend::check::check(&url, None).await.expect("asked");
    let broken: Vec<_> = findings.iter().filter(|finding| finding.broken.is_some()).collect();
    assert!(broken.is_empty() && findings.len() > 20, "{broken:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_wanted_taken_and_refused() {
    let mut world = World::new().await;
    let hash = davit_backend::hash_token("right");
    world
        .start_backend(&format!(
            r#"
            listen = "127.0.0.1:0"
            name = "Example Films"
            person_salt = "salt"
            sts = {{ kind = "federation-token", seconds = 900 }}
            auth = {{ kind = "token", people = [{{ id = "ada@example.com", token_sha256 = "{hash}" }}] }}
            [[destinations]]
            id = "rushes"
            label = "Rushes"
            bucket = "{BUCKET}"
            region = "eu-central-1"
            prefix = "u/{{person}}/"
            "#
        ))
        .await;
    let file = world.sources().join("cut.mov");
    noise(&file, 1_000);
    let none = world.upload_by_backend(&[&file]).end().await;
    assert!(none.code == Some(1) && none.err.contains("sign-in-ended"), "{}", none.err);
    let wrong = world.upload_by_backend(&[&file]).env("DAVIT_TOKEN", "wrong").end().await;
    assert!(wrong.code == Some(1) && wrong.err.contains("wrong-token"), "{}", wrong.err);
    world.upload_by_backend(&[&file]).env("DAVIT_TOKEN", "right").end().await.all_done();
    let key = world.keys().pop().expect("an object");
    assert_eq!(world.sha256(&key), sha256(&file));
    assert!(!key.contains("ada"), "the person's name is nowhere: {key}");
    let url = world.backend.as_ref().expect("a backend").url();
    let findings = davit_backend::check::check(&url, Some("right")).await.expect("asked");
    assert!(findings.iter().all(|finding| finding.broken.is_none()), "{findings:?}");
}

/// A company's own endpoint: four fields for whoever brings the token, and nothing else.
async fn least_endpoint(backend: String) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut buffer = [0; 8_192];
            let n = client.read(&mut buffer).await.unwrap_or(0);
            let asked = String::from_utf8_lossy(&buffer[..n]).to_lowercase();
            let welcome = asked.starts_with("get /sts?for=uploads ") && asked.contains("authorization: bearer sesame");
            let (status, body) = if welcome {
                let full = credentials_of(&backend).await;
                let fields = ["access_key_id", "secret_access_key", "session_token", "region"];
                let least: serde_json::Map<_, _> = fields.iter().map(|f| ((*f).to_owned(), full[*f].clone())).collect();
                ("200 OK", serde_json::Value::from(least).to_string())
            } else {
                ("401 Unauthorized", "{}".to_owned())
            };
            let answer = format!(
                "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
            let _ = client.write_all(answer.as_bytes()).await;
        }
    });
    format!("http://{address}/sts?for=uploads")
}

async fn credentials_of(backend: &str) -> serde_json::Value {
    let asked =
        davit_core::net::Net::default().backend_client().expect("a client").post(format!("{backend}/v1/credentials"));
    let asked = asked.json(&serde_json::json!({ "destination": "rushes" })).send().await.expect("an answer");
    asked.json().await.expect("credentials")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_answers_four_fields_is_enough_with_a_policy_file() {
    let world = World::with_backend(900, "role").await;
    let backend = world.backend.as_ref().expect("a backend").url();
    let prefix = credentials_of(&backend).await["key_prefix"].as_str().expect("a prefix").to_owned();
    let policy = world.path("policy.json");
    let text = serde_json::json!({ "company": {
        "name": "Example Films", "credentials_url": least_endpoint(backend).await, "method": "GET", "auth": "token",
        "destinations": [{ "id": "rushes", "label": "Rushes", "bucket": BUCKET, "region": "eu-central-1",
                           "collision": "fail", "key_prefix": prefix }],
    }});
    std::fs::write(&policy, text.to_string()).expect("written");
    let file = world.sources().join("cut.mov");
    noise(&file, 20 << 20);
    let upload = |token: &str| {
        let mut run = world.davit("upload");
        run.arg(&file).arg("--json").env("DAVIT_POLICY", &policy).env("DAVIT_TOKEN", token);
        run.env("DAVIT_DEV_S3_ENDPOINT", world.cloud.endpoint());
        run
    };
    let refused = upload("a guess").end().await;
    assert!(refused.code == Some(1) && refused.err.contains("[wrong-token"), "{}", refused.err);
    upload("sesame").end().await.all_done();
    assert_eq!(world.sha256(&format!("{prefix}cut.mov")), sha256(&file));
}
