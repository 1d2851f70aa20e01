//! What a restart leaves: everything but sessions.

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
