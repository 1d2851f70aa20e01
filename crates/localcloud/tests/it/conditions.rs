//! Conditional writes: an object that is there is never lost to them.

use aws_sdk_s3::primitives::ByteStream;
use tokio::io::AsyncWriteExt as _;

use crate::cloud::{BUCKET, Cloud, filled, is, refusal, until};
use crate::multipart::list;
use crate::wire::{Ask, answer};

#[tokio::test]
async fn what_is_there_is_not_written_over() {
    let cloud = Cloud::start().await;
    let put = |text: &'static str| {
        let put = cloud.s3().put_object().bucket(BUCKET).key("a").if_none_match("*");
        put.body(ByteStream::from_static(text.as_bytes())).send()
    };
    assert_eq!(refusal(put("first").await), is(200, ""));
    assert_eq!(refusal(put("second").await), is(412, "PreconditionFailed"));
    let id = cloud.begin("a").await;
    let etag = cloud.part("a", &id, 1, filled(10, 1)).await;
    let complete = || {
        let complete = cloud.s3().complete_multipart_upload().bucket(BUCKET).key("a").upload_id(&id);
        complete.multipart_upload(list(&[(1, &etag)]))
    };
    assert_eq!(refusal(complete().if_none_match("*").send().await), is(412, "PreconditionFailed"));
    assert_eq!(cloud.bytes("a"), b"first");
    assert_eq!(refusal(complete().send().await), is(200, ""), "the upload is still there, and may overwrite");
    assert!(cloud.bytes("a") == filled(10, 1));
}

#[tokio::test]
async fn of_two_conditional_writes_the_first_to_end_wins() {
    let cloud = Cloud::start().await;
    let ask = Ask::new(&cloud.cloud, "PUT", "/media/a").header("if-none-match", "*");
    let mut slow = ask.open(2).await;
    slow.write_all(b"1").await.expect("sent");
    until("it begins", || cloud.files() == 1).await;
    assert_eq!(ask.send(b"22").await.status, 200);
    slow.write_all(b"1").await.expect("sent");
    assert_eq!(answer(&mut slow).await.refusal(), is(412, "PreconditionFailed"));
    assert_eq!(cloud.bytes("a"), b"22");
    assert_eq!(cloud.files(), 1);
}

#[tokio::test]
async fn a_write_crossed_by_another_operation_is_a_conflict() {
    let cloud = Cloud::start().await;
    let ask = Ask::new(&cloud.cloud, "PUT", "/media/a").header("if-none-match", "*");
    let mut slow = ask.open(2).await;
    slow.write_all(b"1").await.expect("sent");
    until("it begins", || cloud.files() == 1).await;
    let id = cloud.begin("a").await;
    let etag = cloud.part("a", &id, 1, filled(10, 1)).await;
    let complete = cloud.s3().complete_multipart_upload().bucket(BUCKET).key("a").upload_id(&id);
    let complete = complete.multipart_upload(list(&[(1, &etag)])).if_none_match("*");
    assert_eq!(refusal(complete.send().await), is(409, "ConditionalRequestConflict"));
    // Another comes and goes while the slow one is under way.
    assert_eq!(Ask::new(&cloud.cloud, "PUT", "/media/a").send(b"x").await.status, 200);
    cloud.s3().delete_object().bucket(BUCKET).key("a").send().await.expect("deleted");
    slow.write_all(b"1").await.expect("sent");
    assert_eq!(answer(&mut slow).await.refusal(), is(409, "ConditionalRequestConflict"));
    assert!(cloud.cloud.object(BUCKET, "a").is_none());
}
