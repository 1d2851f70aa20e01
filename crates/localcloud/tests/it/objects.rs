//! Whole objects, and where they are asked for.

use std::collections::HashMap;

use aws_sdk_s3::primitives::ByteStream;

use crate::cloud::{BUCKET, Cloud, LEAST, filled, is, refusal};
use crate::wire::Ask;

#[tokio::test]
async fn what_was_said_of_an_object_comes_back() {
    let cloud = Cloud::start().await;
    let put = cloud.s3().put_object().bucket(BUCKET).key("a").content_type("video/mp4").cache_control("no-store");
    let put = put.metadata("davit-token", "t").content_disposition("inline").storage_class("STANDARD_IA".into());
    let put = put.server_side_encryption("AES256".into()).body(ByteStream::from_static(b"0123456789"));
    let put = put.send().await.expect("put");
    assert_eq!(put.server_side_encryption.expect("known").as_str(), "AES256");
    let got = cloud.s3().get_object().bucket(BUCKET).key("a").send().await.expect("got");
    assert_eq!(got.content_type(), Some("video/mp4"));
    assert_eq!(got.content_disposition(), Some("inline"));
    assert_eq!(got.cache_control(), Some("no-store"));
    assert_eq!(got.storage_class().map(aws_sdk_s3::types::StorageClass::as_str), Some("STANDARD_IA"));
    assert_eq!(got.metadata(), Some(&HashMap::from([("davit-token".to_owned(), "t".to_owned())])));
    assert_eq!(got.e_tag, put.e_tag);
    let head = cloud.s3().head_object().bucket(BUCKET).key("a").send().await.expect("a head");
    assert_eq!((head.content_length, head.content_type()), (Some(10), Some("video/mp4")));
}

#[tokio::test]
async fn a_range_crosses_parts() {
    let cloud = Cloud::start().await;
    let id = cloud.begin("a").await;
    let (one, two) = (filled(LEAST, 1), filled(100, 2));
    let etags = [cloud.part("a", &id, 1, one.clone()).await, cloud.part("a", &id, 2, two.clone()).await];
    let complete = cloud.s3().complete_multipart_upload().bucket(BUCKET).key("a").upload_id(&id);
    let complete = complete.multipart_upload(crate::multipart::list(&[(1, &etags[0]), (2, &etags[1])]));
    complete.send().await.expect("an object");
    let whole = [one, two].concat();
    let get = |range: &str| cloud.s3().get_object().bucket(BUCKET).key("a").range(range).send();
    let from = LEAST - 10;
    for (range, expected) in [
        (format!("bytes={from}-{}", LEAST + 9), &whole[from..LEAST + 10]),
        ("bytes=-50".to_owned(), &whole[whole.len() - 50..]),
        (format!("bytes={LEAST}-"), &whole[LEAST..]),
    ] {
        let got = get(&range).await.expect("a range");
        assert!(got.content_range().is_some_and(|range| range.ends_with(&format!("/{}", whole.len()))));
        let bytes = got.body.collect().await.expect("bytes").into_bytes();
        assert!(bytes == expected, "{range}");
    }
    assert_eq!(refusal(get("bytes=99999999-").await), is(416, "InvalidRange"));
}

#[tokio::test]
async fn hard_keys_are_kept_as_they_are() {
    let cloud = Cloud::start().await;
    let long = "é".repeat(512);
    let keys = ["a//b", "../a", "./a", "a/../b", " a ", "a+b&c=d?e#f%2e", "サンプル/🎬.mov", "CON", "soap", &long];
    for key in keys {
        let put = cloud.s3().put_object().bucket(BUCKET).key(key).body(ByteStream::from(key.as_bytes().to_vec()));
        assert_eq!(refusal(put.send().await), is(200, ""), "{key}");
    }
    for key in keys {
        assert_eq!(cloud.bytes(key), key.as_bytes(), "{key}");
    }
    assert_eq!(cloud.cloud.objects(BUCKET).len(), keys.len());
    let too_long = cloud.s3().put_object().bucket(BUCKET).key(format!("{long}x")).send().await;
    assert_eq!(refusal(too_long), is(400, "KeyTooLongError"));
}

#[tokio::test]
async fn the_bucket_may_stand_in_the_host() {
    let cloud = Cloud::start().await;
    for host in [
        "media.s3-accelerate.amazonaws.com",
        "media.s3-accelerate.amazonaws.com:443",
        "media.s3.eu-central-1.amazonaws.com",
        "media.localhost:9000",
    ] {
        let put = Ask::new(&cloud.cloud, "PUT", "/deep/a").header("host", host);
        assert_eq!(put.send(host.as_bytes()).await.status, 200, "{host}");
        assert_eq!(cloud.bytes("deep/a"), host.as_bytes());
    }
    let none = Ask::new(&cloud.cloud, "PUT", "/deep/a").header("host", "none.localhost");
    assert_eq!(none.send(b"").await.refusal(), is(404, "NoSuchBucket"));
    let path_style = Ask::new(&cloud.cloud, "PUT", "/media/a").header("host", "s3-accelerate.amazonaws.com");
    assert_eq!(path_style.send(b"").await.refusal(), is(400, "InvalidRequest"));
}

#[tokio::test]
async fn lists_are_paged_by_key() {
    let cloud = Cloud::start().await;
    for key in ["a", "b/1", "b/2", "b/3", "c"] {
        Ask::new(&cloud.cloud, "PUT", &format!("/media/{key}")).send(b"x").await;
    }
    let ask = || cloud.s3().list_objects_v2().bucket(BUCKET).prefix("b/").max_keys(2);
    let first = ask().send().await.expect("a page");
    let keys = |page: &aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output| {
        page.contents().iter().filter_map(|object| object.key.clone()).collect::<Vec<_>>()
    };
    assert_eq!(keys(&first), ["b/1", "b/2"]);
    let second = ask().set_continuation_token(first.next_continuation_token).send().await.expect("a page");
    assert_eq!((keys(&second), second.is_truncated), (vec!["b/3".to_owned()], Some(false)));
}

#[tokio::test]
async fn a_stranger_does_not_learn_whether_a_key_is_there() {
    let cloud = Cloud::start().await;
    let policy = |action: &str| {
        format!(r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":{action},"Resource":"*"}}]}}"#)
    };
    let get =
        |client: aws_sdk_s3::Client| async move { refusal(client.get_object().bucket(BUCKET).key("a").send().await) };
    let blind = cloud.s3_as(&cloud.federated(&policy(r#""s3:GetObject""#)).await);
    assert_eq!(get(blind).await, is(403, "AccessDenied"));
    let seeing = cloud.s3_as(&cloud.federated(&policy(r#"["s3:GetObject","s3:ListBucket"]"#)).await);
    assert_eq!(get(seeing).await, is(404, "NoSuchKey"));
}

#[tokio::test]
async fn buckets_are_made_once_and_tell_their_region() {
    let cloud = Cloud::start().await;
    let create = || cloud.s3().create_bucket().bucket("fresh").send();
    assert_eq!(refusal(create().await), is(200, ""));
    assert_eq!(refusal(create().await), is(409, "BucketAlreadyOwnedByYou"));
    let head = cloud.s3().head_bucket().bucket("fresh").send().await.expect("a bucket");
    assert_eq!(head.bucket_region(), Some("eu-central-1"));
    let missing = cloud.s3().put_object().bucket("missing").key("a").send().await;
    assert_eq!(refusal(missing), is(404, "NoSuchBucket"));
}
