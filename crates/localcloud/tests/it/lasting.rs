//! What a restart leaves: everything. And who may start at all.

use crate::cloud::{BUCKET, Cloud, LEAST, filled, is, refusal};
use crate::multipart::list;
use crate::wire::Ask;

#[tokio::test]
async fn objects_uploads_and_keys_outlast_a_restart() {
    let cloud = Cloud::start().await;
    let keys = cloud.cloud.keys().clone();
    Ask::new(&cloud.cloud, "PUT", "/media/whole").header("x-amz-meta-a", "b").send(b"whole").await;
    let id = cloud.begin("a").await;
    let one = cloud.part("a", &id, 1, filled(LEAST, 1)).await;
    cloud.s3().create_bucket().bucket("fresh").send().await.expect("a bucket");

    let cloud = cloud.restart().await;
    assert_eq!(cloud.cloud.keys().secret_access_key, keys.secret_access_key);
    assert_eq!(cloud.bytes("whole"), b"whole");
    assert_eq!(cloud.cloud.object(BUCKET, "whole").expect("an object").metadata["a"], "b");
    assert!(cloud.s3().head_bucket().bucket("fresh").send().await.is_ok());
    let parts = cloud.s3().list_parts().bucket(BUCKET).key("a").upload_id(&id).send().await.expect("parts");
    assert_eq!(parts.parts()[0].e_tag.as_ref(), Some(&one));
    let two = cloud.part("a", &id, 2, filled(10, 2)).await;
    let complete = cloud.s3().complete_multipart_upload().bucket(BUCKET).key("a").upload_id(&id);
    complete.multipart_upload(list(&[(1, &one), (2, &two)])).send().await.expect("an object");

    let cloud = cloud.restart().await;
    assert!(cloud.bytes("a") == [filled(LEAST, 1), filled(10, 2)].concat());
    assert!(cloud.cloud.uploads(BUCKET).is_empty());
}

#[tokio::test]
async fn a_kill_between_object_and_upload_loses_neither_bytes_nor_truth() {
    let cloud = Cloud::start().await;
    let id = cloud.begin("a").await;
    let etag = cloud.part("a", &id, 1, filled(10, 1)).await;
    // The upload's folder as it was before, put back afterwards: what a kill between the two steps leaves.
    let folder = cloud.folder.path().join("uploads").join(&id);
    let kept: Vec<_> = std::fs::read_dir(&folder)
        .expect("the upload")
        .map(|entry| entry.expect("an entry").path())
        .map(|path| (path.clone(), std::fs::read(path).expect("a record")))
        .collect();
    let complete = || {
        let complete = cloud.s3().complete_multipart_upload().bucket(BUCKET).key("a").upload_id(&id);
        complete.multipart_upload(list(&[(1, &etag)])).send()
    };
    complete().await.expect("an object");
    std::fs::create_dir(&folder).expect("a folder");
    for (path, bytes) in kept {
        std::fs::write(path, bytes).expect("written");
    }
    let cloud = cloud.restart().await;
    let abort = cloud.s3().abort_multipart_upload().bucket(BUCKET).key("a").upload_id(&id).send().await;
    assert_eq!(refusal(abort), is(404, "NoSuchUpload"));
    assert!(cloud.bytes("a") == filled(10, 1));
}

#[tokio::test]
async fn sessions_outlast_a_restart_and_so_does_their_end() {
    let allow = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}]}"#;
    let cloud = Cloud::start().await;
    let ended = cloud.federated(allow).await;
    cloud.cloud.expire_sessions();
    let mine = cloud.federated(allow).await;
    let cloud = cloud.restart().await;
    let put = async |keys| refusal(cloud.s3_as(keys).put_object().bucket(BUCKET).key("a").send().await);
    assert_eq!(put(&mine).await, is(200, ""));
    assert_eq!(put(&ended).await, is(400, "ExpiredToken"));
    let read = cloud.s3_as(&mine).get_object().bucket(BUCKET).key("a").send().await;
    assert_eq!(refusal(read), is(403, "AccessDenied"), "its policy is still the same");
    #[cfg(unix)]
    for secret in walk(cloud.folder.path()).iter().filter(|path| !path.ends_with("lock")) {
        use std::os::unix::fs::PermissionsExt as _;
        let text = std::fs::read_to_string(secret).unwrap_or_default();
        let mode = std::fs::metadata(secret).expect("it is there").permissions().mode() & 0o777;
        assert!(!text.contains("secret_access_key") || mode == 0o600, "{} {mode:o}", secret.display());
    }
}

/// Every file below a folder.
#[cfg(unix)]
fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

#[tokio::test]
async fn a_second_cloud_on_the_same_folder_is_refused() {
    let cloud = Cloud::start().await;
    let second = davit_localcloud::LocalCloud::start(davit_localcloud::Config::new(cloud.folder.path())).await;
    let words = second.expect_err("one is there").to_string();
    assert!(words.starts_with("another local cloud serves "), "{words}");
    cloud.restart().await;
}

#[tokio::test]
async fn a_bucket_that_s3_would_not_make_is_refused_and_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["BAD_Name", "ab", "../x", ""] {
        let mut config = davit_localcloud::Config::new(folder.path().join("data"));
        config.buckets = vec![name.to_owned()];
        let words = davit_localcloud::LocalCloud::start(config).await.expect_err(name).to_string();
        assert!(words.contains("is not a bucket's name"), "{words}");
    }
    assert!(!folder.path().join("data").exists());
}

#[tokio::test]
async fn a_folder_of_no_cloud_is_told_and_left_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let nowhere = folder.path().join("nowhere");
    for word in [vec!["ls"], vec!["cat", "media/a"]] {
        let run = tokio::process::Command::new(env!("CARGO_BIN_EXE_davit-localcloud"));
        let out = { run }.args(word).arg("--data").arg(&nowhere).output().await.expect("it runs");
        let words = String::from_utf8_lossy(&out.stderr);
        assert!(!out.status.success() && words.contains("holds no data of a local cloud"), "{words}");
    }
    assert!(!nowhere.exists());
}
