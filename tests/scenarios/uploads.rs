//! What goes in comes out: files, folders, names, nothing at all, through the backend and through acceleration.

use davit_tests::accelerate::ConnectProxy;
use davit_tests::source::{noise, sha256};
use davit_tests::world::BUCKET;
use davit_tests::{Run, World};

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_arrives_byte_for_byte_under_its_own_names() {
    let world = World::new().await;
    let folder = world.sources().join("Drehtag 1");
    noise(&folder.join("A001.mov"), 40 << 20);
    noise(&folder.join("Ton/u\u{308}bersicht #1 (a+b) %2e.wav"), 70_001);
    noise(&folder.join("leer.txt"), 0);
    noise(&folder.join(".DS_Store"), 10);
    let ended = world.upload(&[&folder]).end().await;
    ended.all_done();
    assert_eq!(ended.summary()["uploaded"], 3);
    assert_eq!(ended.summary()["skipped"], 1);
    let keys = ["in/Drehtag 1/A001.mov", "in/Drehtag 1/Ton/übersicht #1 (a+b) %2e.wav", "in/Drehtag 1/leer.txt"];
    assert_eq!(world.keys(), keys);
    assert_eq!(world.sha256(keys[0]), sha256(&folder.join("A001.mov")));
    assert_eq!(world.sha256(keys[1]), sha256(&folder.join("Ton/u\u{308}bersicht #1 (a+b) %2e.wav")));
    assert_eq!(world.object(keys[2]).size, 0);
    assert_eq!(world.cloud.uploads(BUCKET).len(), 0, "nothing unfinished stays behind");
    world.no_byte_was_sent_twice();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stores_checksum_and_etag_are_told_for_every_file() {
    let world = World::new().await;
    let file = world.sources().join("cut.mov");
    noise(&file, 20 << 20);
    let ended = world.upload(&[&file]).end().await;
    let told = ended.lines.iter().find(|line| line["event"] == "file").expect("a line for the file");
    assert_eq!(told["etag"], format!("\"{}\"", world.object("in/cut.mov").etag));
    assert_eq!(told["checksum"].as_str(), world.object("in/cut.mov").crc64nvme.as_deref());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backend_that_assumes_a_role_lets_a_person_upload_under_an_opaque_prefix() {
    for sts in ["role", "federation"] {
        let world = World::with_backend(900, sts).await;
        let file = world.sources().join("cut.mov");
        noise(&file, 30 << 20);
        world.upload_by_backend(&[&file]).end().await.all_done();
        let key = world.keys().pop().expect("an object");
        assert!(key.starts_with("rushes/") && key.ends_with("/cut.mov") && !key.contains("local"), "{key}");
        assert_eq!(world.sha256(&key), sha256(&file));
        assert_eq!(world.cloud.observer().calls("AssumeRole") + world.cloud.observer().calls("GetFederationToken"), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn acceleration_is_reached_over_tls_through_a_proxy_and_a_private_ca() {
    let world = World::new().await;
    let host = format!("{BUCKET}.s3-accelerate.amazonaws.com");
    let proxy = ConnectProxy::to(world.cloud.address(), &host, &world.path("")).await;
    let file = world.sources().join("cut.mov");
    noise(&file, 30 << 20);
    let accelerated = |run: &mut Run| {
        run.arg(&file).args([
            "--s3",
            &format!("s3://{BUCKET}/in/"),
            "--accelerate",
            "--region",
            "eu-central-1",
            "--json",
        ]);
        run.env("AWS_ACCESS_KEY_ID", &world.cloud.keys().access_key_id);
        run.env("AWS_SECRET_ACCESS_KEY", &world.cloud.keys().secret_access_key);
        run.env("HTTPS_PROXY", proxy.url());
    };
    let mut run = world.davit("upload");
    accelerated(&mut run);
    run.arg("--ca-bundle").arg(&proxy.ca);
    run.end().await.all_done();
    assert_eq!(world.sha256("in/cut.mov"), sha256(&file));
    let accelerated = proxy.hosts().iter().filter(|seen| **seen == format!("{host}:443")).count();
    assert!(accelerated > 1, "pieces go side by side");
    // The straight way was tried, and its certificate is none: the object is there all the same.
    let straight = format!("{BUCKET}.s3.eu-central-1.amazonaws.com:443");
    assert!(proxy.hosts().contains(&straight), "{:?}", proxy.hosts());
    assert_eq!(world.cloud.observer().calls("UploadPart"), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_certificate_nobody_vouches_for_gets_no_byte() {
    let world = World::new().await;
    let host = format!("{BUCKET}.s3-accelerate.amazonaws.com");
    let proxy = ConnectProxy::to(world.cloud.address(), &host, &world.path("")).await;
    let file = world.sources().join("cut.mov");
    noise(&file, 1_000);
    let mut run = world.davit("upload");
    run.arg(&file).args(["--s3", &format!("s3://{BUCKET}/in/"), "--accelerate", "--json"]);
    run.env("AWS_ACCESS_KEY_ID", "a").env("AWS_SECRET_ACCESS_KEY", "b").env("HTTPS_PROXY", proxy.url());
    let ended = run.end().await;
    assert_eq!(ended.failures(), ["untrusted-server"], "{}", ended.out);
    assert_eq!(world.cloud.observer().calls("PutObject"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_name_is_left_replaced_or_kept_beside_as_asked() {
    let world = World::new().await;
    for size in [1_000u64, 17 << 20] {
        let name = format!("cut-{size}.mov");
        let file = world.sources().join(&name);
        noise(&file, size);
        world.upload(&[&file]).end().await.all_done();
        let before = world.object(&format!("in/{name}")).etag;

        let refused = world.upload(&[&file]).args(["--collision", "fail"]).end().await;
        assert_eq!((refused.code, refused.failures()), (Some(1), vec!["already-there".to_owned()]));
        assert_eq!(world.object(&format!("in/{name}")).etag, before);
        let mut cancel = world.davit("cancel");
        cancel.arg("--all").end().await;

        world.upload(&[&file]).args(["--collision", "suffix"]).end().await.all_done();
        assert_eq!(world.object(&format!("in/cut-{size} (2).mov")).size, size);

        world.upload(&[&file]).args(["--collision", "overwrite"]).end().await.all_done();
        assert_ne!(world.object(&format!("in/{name}")).etag, before);
    }
    assert_eq!(world.cloud.uploads(BUCKET).len(), 0);
}
