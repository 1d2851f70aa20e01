//! Reports for a company's IT: whatever secrets there are, and whatever names, none is in one.

use std::io::Read as _;
use std::path::Path;

use davit_core::engine::EnqueueOptions;
use davit_core::net::ProxyLogin;
use davit_core::uploader::{Options, Uploader};
use davit_tests::source::noise;

use crate::proxies::{HOST, PASSWORD, TOKEN, company};

/// What is in a report, file by file.
fn files(report: &Path) -> Vec<(String, String)> {
    let mut zip = zip::ZipArchive::new(std::fs::File::open(report).expect("saved")).expect("a ZIP file");
    let names: Vec<_> = zip.file_names().map(|name| name.expect("text").into_owned()).collect();
    let mut read = |name: &str| {
        let mut text = String::new();
        zip.by_name(name).expect("it is there").read_to_string(&mut text).expect("read");
        text
    };
    names.iter().map(|name| (name.clone(), read(name))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_and_no_name_of_a_file_is_found_in_a_report() {
    const NAME: &str = "a film that nobody knows of";
    let (world, proxy, options) = company().await;
    let uploader = Uploader::open(Options { hold: false, ..options }).await.expect("opens");
    let login = ProxyLogin { user: "ada".to_owned(), password: PASSWORD.to_owned().into() };
    uploader.set_proxy_login(&proxy.address().to_string(), login).await.expect("kept");
    uploader.connect(&format!("https://{HOST}")).await.expect("connected");
    uploader.sign_in(TOKEN.into()).await.expect("taken");
    let file = world.sources().join(format!("{NAME}.mov"));
    noise(&file, 6 << 20);
    let to = uploader.destinations().await.expect("one")[0].id.clone();
    let given = uploader.engine().enqueue(vec![file.clone()], to, EnqueueOptions::default()).await;
    uploader.engine().settled(given.expect("taken").items).await.expect("it runs");
    let mut lines = uploader.check(None);
    while lines.recv().await.is_some() {}

    // What should never be logged, as if something had.
    let (sessions, keys) = (world.cloud.sessions(), world.cloud.keys());
    assert!(!sessions.is_empty(), "a session was given");
    let key = world.keys().into_iter().find(|key| key.contains(NAME)).expect("it is stored");
    let mut log = vec![
        format!("sent {TOKEN} by http://ada:{PASSWORD}@proxy/ to get {}", file.display()),
        format!("and by http://ada:s3cret-of-ada@proxy/ with aws_secret_access_key = {}", keys.secret_access_key),
    ];
    for (keys, token) in &sessions {
        let (id, secret) = (&keys.access_key_id, &keys.secret_access_key);
        log.push(format!("x-amz-security-token: {token}"));
        log.push(format!("Authorization: AWS4-HMAC-SHA256 Credential={id}/2026/s3, next"));
        log.push(format!("{{\"accessKeyId\":\"{id}\",\"secretAccessKey\":\"{secret}\",\"sessionToken\":\"{token}\"}}"));
    }
    let account = "arn:aws:sts::123456789012:assumed-role/davit/mara";
    let place = format!("arn:aws:s3:::media/{key}");
    log.push(format!("AccessDenied: User: {account} may not s3:PutObject on resource: \"{place}\" here"));
    log.push(format!("no such thing as {key}, {NAME}.mov or {}", key.replace(' ', "%20")));
    log.push("the end of the log\n".into());
    std::fs::create_dir_all(world.home().join("log")).expect("a folder");
    std::fs::write(world.home().join("log/davit.log"), log.join("\n")).expect("written");

    let (saved, named, told) = (world.path("saved.zip"), world.path("named.zip"), world.path("told.zip"));
    uploader.save_report(saved.clone(), false).await.expect("saved");
    uploader.save_report(named.clone(), true).await.expect("saved");
    let mut diagnose = world.davit("diagnose");
    diagnose.arg("--to").arg(&told).env("DAVIT_TOKEN", TOKEN);
    let by = proxy.url().replace("http://", "http://ada:s3cret-of-ada@");
    let ended = diagnose.env("HTTPS_PROXY", by).end().await;
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);

    let mut secrets = vec![TOKEN.to_owned(), "s3cret-of-ada".to_owned(), keys.secret_access_key.clone()];
    for (keys, token) in sessions {
        secrets.extend([keys.access_key_id, keys.secret_access_key, token]);
    }
    for report in [&saved, &named, &told] {
        for (name, text) in files(report) {
            for secret in &secrets {
                assert!(!text.contains(secret), "a secret is in {name} of {}", report.display());
            }
        }
    }
    for report in [&saved, &named] {
        let all: String = files(report).into_iter().map(|(_, text)| text).collect();
        assert!(!all.contains(PASSWORD), "the proxy's password is in {}", report.display());
    }
    let (saved, named) = (files(&saved), files(&named));
    for hidden in [NAME, &NAME.replace(' ', "%20"), key.as_str(), account] {
        assert!(saved.iter().all(|(_, text)| !text.contains(hidden)), "{hidden} is in it");
    }
    assert!(named.iter().any(|(_, text)| text.contains(NAME)), "they were to be shown");
    let text = |name: &str| &saved.iter().find(|(found, _)| found == name).expect(name).1;
    assert!(text("log.txt").contains("the end of the log"), "{}", text("log.txt"));
    assert!(text("network.json").contains("\"hasPassword\": true"), "{}", text("network.json"));
    assert!(text("records.json").contains("\"done\": "), "{}", text("records.json"));
    assert!(text("check.json").contains("\"step\": \"storage\""), "{}", text("check.json"));
    uploader.close().await;
}

/// Where nothing else works, it does.
#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_saved_of_records_that_are_damaged_and_of_none() {
    let world = davit_tests::World::new().await;
    for records in [None, Some("no records")] {
        if let Some(records) = records {
            std::fs::create_dir_all(world.home()).expect("a home");
            std::fs::write(world.home().join("journal.sqlite"), records).expect("written");
        }
        let to = world.path("report.zip");
        let ended = world.davit("diagnose").arg("--to").arg(&to).end().await;
        assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
        assert!(ended.out.contains("without passwords"), "{}", ended.out);
        assert_eq!(files(&to).len(), 6);
    }
}
