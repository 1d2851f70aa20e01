//! Multipart uploads: each rule of S3's that a client could break.

use aws_sdk_s3::operation::complete_multipart_upload::builders::CompleteMultipartUploadFluentBuilder;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};

use crate::cloud::{ACCOUNT, BUCKET, Cloud, LEAST, crc64, filled, is, refusal};

pub(crate) fn list(parts: &[(i32, &str)]) -> CompletedMultipartUpload {
    let parts = parts.iter().map(|(number, etag)| CompletedPart::builder().part_number(*number).e_tag(*etag).build());
    CompletedMultipartUpload::builder().set_parts(Some(parts.collect())).build()
}

fn complete(cloud: &Cloud, id: &str, parts: &[(i32, &str)]) -> CompleteMultipartUploadFluentBuilder {
    cloud.s3().complete_multipart_upload().bucket(BUCKET).key("a").upload_id(id).multipart_upload(list(parts))
}

#[tokio::test]
async fn parts_become_the_object_byte_for_byte() {
    let cloud = Cloud::start().await;
    let id = cloud.begin("a").await;
    let (one, two) = (filled(LEAST, 1), filled(1_000, 2));
    // Out of order, and the first one twice: the last one sent counts.
    let last = cloud.part("a", &id, 2, two.clone()).await;
    let old = cloud.part("a", &id, 1, filled(LEAST, 9)).await;
    let new = cloud.part("a", &id, 1, one.clone()).await;
    assert_ne!(old, new);
    assert_eq!(refusal(complete(&cloud, &id, &[(1, &old), (2, &last)]).send().await), is(400, "InvalidPart"));
    let done = complete(&cloud, &id, &[(1, &new), (2, &last)]).send().await.expect("an object");
    let whole = [one, two].concat();
    assert_eq!(done.checksum_crc64_nvme, Some(crc64(&whole)));
    assert!(done.e_tag.is_some_and(|etag| etag.ends_with("-2\"")));
    assert!(cloud.bytes("a") == whole);
    assert_eq!(cloud.files(), 2, "the replaced part is gone");
    let seen = cloud.cloud.observer().parts();
    let part = seen[&(BUCKET.to_owned(), "a".to_owned(), id, 1)];
    assert_eq!((part.begun, part.acknowledged), (2, 2));
}

#[tokio::test]
async fn parts_out_of_order_or_unknown_or_short_are_refused() {
    let cloud = Cloud::start().await;
    let id = cloud.begin("a").await;
    let one = cloud.part("a", &id, 1, filled(LEAST - 1, 1)).await;
    let two = cloud.part("a", &id, 2, filled(1, 2)).await;
    let ask = |parts: &[(i32, &str)]| complete(&cloud, &id, parts).send();
    assert_eq!(refusal(ask(&[(2, &two), (1, &one)]).await), is(400, "InvalidPartOrder"));
    assert_eq!(refusal(ask(&[(1, &one), (1, &one)]).await), is(400, "InvalidPartOrder"));
    assert_eq!(refusal(ask(&[(1, &two), (2, &two)]).await), is(400, "InvalidPart"));
    assert_eq!(refusal(ask(&[(1, &one), (2, &two), (3, &two)]).await), is(400, "InvalidPart"));
    assert_eq!(refusal(ask(&[(1, &one), (2, &two)]).await), is(400, "EntityTooSmall"));
    assert_eq!(refusal(ask(&[]).await), is(400, "MalformedXML"));
    assert_eq!(refusal(ask(&[(1, &one)]).await), is(200, ""), "the last part may be short");
}

#[tokio::test]
async fn part_numbers_go_from_one_to_ten_thousand() {
    let cloud = Cloud::start().await;
    let id = cloud.begin("a").await;
    for (number, expected) in
        [(0, is(400, "InvalidArgument")), (10_000, is(200, "")), (10_001, is(400, "InvalidArgument"))]
    {
        let part = cloud.s3().upload_part().bucket(BUCKET).key("a").upload_id(&id).part_number(number);
        let part = part.checksum_crc64_nvme(crc64(b"x")).body(ByteStream::from_static(b"x"));
        assert_eq!(refusal(part.send().await), expected, "{number}");
    }
}

#[tokio::test]
async fn an_upload_is_gone_after_abort_and_after_complete() {
    let cloud = Cloud::start().await;
    let gone = is(404, "NoSuchUpload");
    for completes in [false, true] {
        let id = cloud.begin("a").await;
        let etag = cloud.part("a", &id, 1, filled(10, 1)).await;
        let abort = || cloud.s3().abort_multipart_upload().bucket(BUCKET).key("a").upload_id(&id).send();
        if completes {
            complete(&cloud, &id, &[(1, &etag)]).send().await.expect("an object");
        } else {
            abort().await.expect("aborted");
        }
        assert_eq!(refusal(abort().await), gone);
        assert_eq!(refusal(complete(&cloud, &id, &[(1, &etag)]).send().await), gone);
        let list = cloud.s3().list_parts().bucket(BUCKET).key("a").upload_id(&id).send().await;
        assert_eq!(refusal(list), gone);
        let part = cloud.s3().upload_part().bucket(BUCKET).key("a").upload_id(&id).part_number(1);
        let part = part.checksum_crc64_nvme(crc64(b"x")).body(ByteStream::from_static(b"x"));
        assert_eq!(refusal(part.send().await), gone);
        assert_eq!(cloud.files(), usize::from(completes));
    }
    assert!(cloud.cloud.uploads(BUCKET).is_empty());
}

#[tokio::test]
async fn a_part_that_lands_after_the_abort_is_not_kept() {
    let cloud = Cloud::start().await;
    let id = cloud.begin("a").await;
    let ask = crate::wire::Ask::new(&cloud.cloud, "PUT", "/media/a").query(&format!("partNumber=1&uploadId={id}"));
    let mut stream = ask.open(2).await;
    tokio::io::AsyncWriteExt::write_all(&mut stream, b"a").await.expect("sent");
    crate::cloud::until("the part begins", || cloud.files() == 1).await;
    cloud.s3().abort_multipart_upload().bucket(BUCKET).key("a").upload_id(&id).send().await.expect("aborted");
    tokio::io::AsyncWriteExt::write_all(&mut stream, b"b").await.expect("sent");
    assert_eq!(crate::wire::answer(&mut stream).await.refusal(), is(404, "NoSuchUpload"));
    assert_eq!(cloud.files(), 0);
}

#[tokio::test]
async fn the_announced_size_and_owner_must_be_right() {
    let cloud = Cloud::start().await;
    let id = cloud.begin("a").await;
    let etag = cloud.part("a", &id, 1, filled(10, 1)).await;
    let ask = || complete(&cloud, &id, &[(1, &etag)]);
    assert_eq!(refusal(ask().mpu_object_size(11).send().await), is(400, "InvalidRequest"));
    assert_eq!(refusal(ask().expected_bucket_owner("999999999999").send().await), is(403, "AccessDenied"));
    assert_eq!(refusal(ask().mpu_object_size(10).expected_bucket_owner(ACCOUNT).send().await), is(200, ""));
}

#[tokio::test]
async fn parts_are_listed_by_the_thousand_with_their_checksums() {
    let cloud = Cloud::start().await;
    let id = cloud.begin("a").await;
    for number in 1..=1_001 {
        let ask = crate::wire::Ask::new(&cloud.cloud, "PUT", "/media/a");
        let answer = ask.query(&format!("partNumber={number}&uploadId={id}")).send(b"x").await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let ask = || cloud.s3().list_parts().bucket(BUCKET).key("a").upload_id(&id);
    let first = ask().send().await.expect("a page");
    assert_eq!((first.parts().len(), first.is_truncated), (1_000, Some(true)));
    let second = ask().part_number_marker(first.next_part_number_marker().expect("a marker")).send().await;
    let second = second.expect("a page");
    assert_eq!((second.parts().len(), second.is_truncated), (1, Some(false)));
    let part = &second.parts()[0];
    assert_eq!((part.part_number, part.size), (Some(1_001), Some(1)));
    assert_eq!(part.checksum_crc64_nvme.as_deref(), Some(&*crc64(b"x")));
    assert!(part.e_tag.is_some() && part.last_modified.is_some());
    assert_eq!(first.checksum_algorithm.expect("known").as_str(), "CRC64NVME");
    let few = ask().max_parts(2).part_number_marker("7").send().await.expect("a page");
    assert_eq!(few.parts().iter().filter_map(|part| part.part_number).collect::<Vec<_>>(), [8, 9]);
}

#[tokio::test]
async fn uploads_are_listed_in_pages() {
    let cloud = Cloud::start().await;
    for key in ["a", "b/1", "b/2", "b/2"] {
        cloud.begin(key).await;
    }
    let ask = || cloud.s3().list_multipart_uploads().bucket(BUCKET).prefix("b/").max_uploads(2);
    let first = ask().send().await.expect("a page");
    assert_eq!((first.uploads().len(), first.is_truncated), (2, Some(true)));
    let second = ask().set_key_marker(first.next_key_marker.clone()).set_upload_id_marker(first.next_upload_id_marker);
    let second = second.send().await.expect("a page");
    assert_eq!((second.uploads().len(), second.is_truncated), (1, Some(false)));
}
