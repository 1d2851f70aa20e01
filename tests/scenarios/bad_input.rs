//! Bad input gets a clear error, and loses nothing.

use std::sync::atomic::Ordering;

use davit_tests::World;
use davit_tests::fault::FaultProxy;
use davit_tests::source::noise;

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_sent_is_named_and_the_rest_goes_on() {
    let world = World::new().await;
    let folder = world.sources().join("folder");
    noise(&folder.join("good.txt"), 10);
    assert!(std::process::Command::new("mkfifo").arg(folder.join("pipe")).status().expect("mkfifo").success());
    std::os::unix::fs::symlink(&folder, folder.join("loop")).expect("a link");
    let deep = folder.join("d".repeat(200)).join("e".repeat(200)).join("f".repeat(200)).join("g".repeat(200));
    noise(&deep.join("h".repeat(240)), 5);
    std::fs::write(folder.join("line\nbreak"), b"x").expect("written");
    let ended = world.upload(&[&folder]).end().await;
    let mut codes = ended.failures();
    codes.sort();
    assert_eq!(codes, ["key-too-long", "name-refused", "not-a-file"], "{}", ended.out);
    let summary = ended.summary();
    assert_eq!((&summary["uploaded"], &summary["skipped"], &summary["failed"]), (&1.into(), &1.into(), &3.into()));
    assert_eq!(ended.code, Some(3));
    assert_eq!(world.keys(), ["in/folder/good.txt"]);
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_file_larger_than_any_object_is_told_at_once() {
    // Only a memory file system holds such a file, without a byte of it.
    let memory = std::path::Path::new("/dev/shm");
    assert!(memory.is_dir(), "this test wants Linux' /dev/shm");
    let folder = tempfile::tempdir_in(memory).expect("a folder");
    let giant = folder.path().join("giant.bin");
    davit_tests::source::sparse(&giant, 49 << 40);
    let world = World::new().await;
    let ended = world.upload(&[&giant]).end().await;
    assert_eq!((ended.code, ended.failures()), (Some(1), vec!["too-large".to_owned()]));
    assert_eq!(world.cloud.observer().calls("CreateMultipartUpload"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_file_is_named_and_the_others_go() {
    let world = World::new().await;
    let good = world.sources().join("good.txt");
    noise(&good, 10);
    let ended = world.upload(&[&good, &world.sources().join("gone.txt")]).end().await;
    assert_eq!(ended.failures(), ["file-missing"]);
    assert_eq!((ended.code, world.keys()), (Some(3), vec!["in/good.txt".to_owned()]));
    let ended = world.upload(&[&world.sources().join("gone.txt")]).end().await;
    assert_eq!(ended.code, Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_that_are_wrong_are_told_apart() {
    let world = World::new().await;
    let file = world.sources().join("good.txt");
    noise(&file, 10);
    let page = html_server().await;
    for (address, code) in
        [("http://example.com", "address-insecure"), ("two words", "bad-input"), (page.as_str(), "address-not-davit")]
    {
        let mut run = world.davit("upload");
        let ended = run.arg(&file).args(["--server", address]).end().await;
        assert_eq!(ended.code, Some(1));
        assert!(ended.err.contains(&format!("[{code}")), "{address}: {}", ended.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_access_a_missing_bucket_and_a_wrong_region_are_told_apart() {
    let world = World::new().await;
    let file = world.sources().join("good.txt");
    noise(&file, 10);
    let denied = world.upload(&[&file]).env("AWS_SECRET_ACCESS_KEY", "wrong").end().await;
    assert_eq!(denied.failures(), ["access-denied"], "{}", denied.out);

    let upload = |bucket: &str, region: &str| {
        let mut run = world.davit("upload");
        run.arg(&file).args(["--s3", &format!("s3://{bucket}/in/"), "--endpoint-url", &world.cloud.endpoint()]);
        run.args(["--path-style", "--region", region, "--json"]);
        run.env("DAVIT_HOME", world.path(&format!("home-{bucket}-{region}")));
        run.env("AWS_ACCESS_KEY_ID", &world.cloud.keys().access_key_id);
        run.env("AWS_SECRET_ACCESS_KEY", &world.cloud.keys().secret_access_key);
        run
    };
    assert_eq!(upload("nowhere", "eu-central-1").end().await.failures(), ["no-such-bucket"]);
    assert_eq!(upload("media", "us-west-2").end().await.failures(), ["wrong-region"]);
    assert_eq!(world.keys(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_any_aws_credentials_a_sentence_of_its_own_says_so() {
    let world = World::new().await;
    let file = world.sources().join("good.txt");
    noise(&file, 10);
    let mut run = world.upload(&[&file]);
    let none = run.env("AWS_ACCESS_KEY_ID", "").env("AWS_SECRET_ACCESS_KEY", "").end().await;
    assert_eq!((none.code, none.failures()), (Some(1), vec!["no-credentials".to_owned()]), "{}", none.out);
    // A profile that is named and not there is told by its name.
    let mut run = world.upload(&[&file]);
    run.env("AWS_ACCESS_KEY_ID", "").env("AWS_SECRET_ACCESS_KEY", "").env("DAVIT_HOME", world.path("other"));
    assert_eq!(run.env("AWS_PROFILE", "nobody").end().await.failures(), ["no-credentials"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_is_none_in_s3_is_refused_before_anything_is_recorded() {
    let world = World::new().await;
    let file = world.sources().join("good.txt");
    noise(&file, 10);
    let names = ["bu cket", "UPPER", "..", "a?b", "x#y", "ab", "10.0.0.1", "under_score", ""];
    let places = names.map(|name| format!("s3://{name}/")).into_iter();
    for place in places.chain(["s3://media/a/../b/".to_owned(), "s3://media//".to_owned(), "https://media".to_owned()])
    {
        let mut run = world.davit("upload");
        run.arg(&file).args(["--s3", &place, "--endpoint-url", &world.cloud.endpoint()]);
        run.env("AWS_ACCESS_KEY_ID", &world.cloud.keys().access_key_id);
        let ended = run.env("AWS_SECRET_ACCESS_KEY", &world.cloud.keys().secret_access_key).end().await;
        assert_eq!(ended.code, Some(1), "{place}: {} {}", ended.out, ended.err);
        assert!(ended.err.contains("[bad-input]"), "{place}: {} {}", ended.out, ended.err);
    }
    assert!(!world.home().exists());
}

/// What was wrong is named, and once.
#[tokio::test(flavor = "multi_thread")]
async fn sentences_about_what_was_typed_say_it_once_and_by_its_name() {
    let mut world = World::new().await;
    let person = format!("{{ id = \"ada\", token_sha256 = \"{}\" }}", davit_backend::hash_token("ada"));
    let auth = format!("{{ kind = \"token\", people = [{person}] }}");
    world.start_backend(&World::backend_config(900, "role").replace("{ kind = \"none\" }", &auth)).await;
    let file = world.sources().join("good.txt");
    noise(&file, 10);
    let token = world.upload_by_backend(&[&file]).env("DAVIT_TOKEN", "one\ntwo").end().await;
    assert_eq!(token.code, Some(1));
    assert!(token.err.starts_with("davit: DAVIT_TOKEN ") && token.err.contains("[bad-input]"), "{}", token.err);

    let nowhere = world.path("nowhere").join("r.csv").display().to_string();
    let receipt = world.upload(&[&file]).args(["--receipt", &nowhere]).end().await;
    assert_eq!(receipt.code, Some(1));
    assert_eq!(receipt.err.matches(&nowhere).count(), 1, "{}", receipt.err);
    assert!(receipt.err.contains("no such folder") && receipt.err.contains("[bad-input]"), "{}", receipt.err);

    let mut run = world.davit("upload");
    let store = run.arg(&file).args(["--s3", "s3://media/", "--endpoint-url", "nonsense"]).end().await;
    assert_eq!(store.code, Some(1));
    assert!(store.err.contains("--endpoint-url") && store.err.contains("[bad-input]"), "{}", store.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn records_of_a_newer_version_and_a_second_engine_are_left_alone() {
    let world = World::new().await;
    let file = world.sources().join("cut.mov");
    noise(&file, 300 << 20);
    // Slow enough to be still there when the second one has given up.
    let link = FaultProxy::before(world.cloud.address()).await;
    link.faults.rate.store(20 << 20, Ordering::SeqCst);
    let mut running = world.upload_by(&link.endpoint(), &[&file]).args(["--concurrency", "1"]).start();
    running.until_sent(8 << 20);
    let second = world.upload(&[&file]).end().await;
    assert!(second.code == Some(1) && second.err.contains("[instance-busy"), "{}", second.err);
    running.kill();

    let home = world.path("newer");
    std::fs::create_dir_all(&home).expect("a home");
    // user_version lies at byte 60 of an SQLite file, application_id at byte 68; a version stands in both.
    std::fs::copy(world.home().join("journal.sqlite"), home.join("journal.sqlite")).expect("copied");
    let mut bytes = std::fs::read(home.join("journal.sqlite")).expect("read");
    bytes[60..64].copy_from_slice(&99u32.to_be_bytes());
    bytes[68..72].copy_from_slice(&(0x4456_0000u32 + 99).to_be_bytes());
    std::fs::write(home.join("journal.sqlite"), &bytes).expect("written");
    let newer = world.upload(&[&file]).env("DAVIT_HOME", &home).end().await;
    assert!(newer.code == Some(1) && newer.err.contains("[journal-newer"), "{}", newer.err);
    assert_eq!(std::fs::read(home.join("journal.sqlite")).expect("read"), bytes, "nothing was changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_vanishes_while_it_uploads_is_told_and_nothing_is_stored() {
    let world = World::new().await;
    let file = world.sources().join("cut.mov");
    noise(&file, 100 << 20);
    world.cloud.takes(30 << 20);
    let mut running = world.upload(&[&file]).args(["--concurrency", "1"]).start();
    running.until_sent(16 << 20);
    std::fs::remove_file(&file).expect("removed");
    while running.runs() {
        tokio::task::yield_now().await;
    }
    let status = world.davit("status").arg("--json").end().await;
    assert_eq!(status.lines[0]["state"], "failed", "{}", status.out);
    assert_eq!(world.keys(), Vec::<String>::new());
}

/// A server that answers every request with a web page.
async fn html_server() -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut buffer = [0; 4_096];
            let _ = client.read(&mut buffer).await;
            let page = "<html><body>Welcome to our hotel</body></html>";
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{page}",
                page.len()
            );
            let _ = client.write_all(answer.as_bytes()).await;
        }
    });
    format!("http://{address}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_destination_that_is_gone_is_told_and_nothing_is_lost() {
    let mut world = World::with_backend(900, "role").await;
    let file = world.sources().join("cut.mov");
    noise(&file, 100 << 20);
    world.kill_midway(&mut world.upload_by_backend(&[&file]));
    world.start_backend(&World::backend_config(900, "role").replace("rushes", "archive")).await;
    let ended = world.upload_by_backend(&[&file]).args(["--to", "rushes"]).end().await;
    assert!(ended.code == Some(1) && ended.err.contains("[destination-gone"), "{} {}", ended.out, ended.err);
    // It comes back, and the upload goes on where it was.
    world.start_backend(&World::backend_config(900, "role")).await;
    world.upload_by_backend(&[&file]).end().await.all_done();
    world.no_byte_was_sent_twice();
    assert_eq!(world.cloud.observer().calls("CreateMultipartUpload"), 1);
}

/// Even the superuser may not read it: it runs without its powers.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_may_not_be_read_is_named_and_the_others_go() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new().await;
    let folder = world.sources().join("folder");
    noise(&folder.join("open.txt"), 10);
    noise(&folder.join("closed.txt"), 10);
    let closed = std::fs::Permissions::from_mode(0o000);
    std::fs::set_permissions(folder.join("closed.txt"), closed).expect("closed");
    let ended = world.upload(&[&folder]).within(&["unshare", "--user"]).end().await;
    assert_eq!(ended.failures(), ["file-unreadable"], "{} {}", ended.out, ended.err);
    assert_eq!((ended.code, world.keys()), (Some(3), vec!["in/folder/open.txt".to_owned()]));
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_too_full_for_the_records_is_told_and_nothing_is_lost() {
    if !davit_tests::inner::may_mount() {
        return;
    }
    let world = World::new().await;
    let folder = world.sources().join("folder");
    for clip in 0..400u64 {
        noise(&folder.join(format!("clip {clip}, a name that takes its room in the records.mov")), 100);
    }
    std::fs::create_dir_all(world.home()).expect("a home");
    // A disk of its own for the home, just large enough to begin.
    let home = world.home().to_str().expect("plain").to_owned();
    let small = format!("mount -t tmpfs -o size=256k none '{home}' && exec \"$@\"");
    let full = [&davit_tests::inner::MAY_MOUNT[..], &["bash", "-c", &small, "bash"]].concat();
    let ended = world.upload(&[&folder]).within(&full).end().await;
    assert!(ended.code == Some(1) || ended.code == Some(130), "{:?} {} {}", ended.code, ended.out, ended.err);
    assert!(ended.err.contains("disk-full") || ended.out.contains("disk-full"), "{} {}", ended.out, ended.err);
    assert!(!ended.err.contains("panicked"), "{}", ended.err);
    // With room, everything goes.
    world.upload(&[&folder]).args(["--collision", "overwrite"]).end().await.all_done();
    assert_eq!(world.keys().len(), 400);
}
