//! Checksums: computed from the bytes and compared, in headers, in trailers, over parts.

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumType, CompletedMultipartUpload, CompletedPart};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::cloud::{BUCKET, Cloud, LEAST, crc64, filled, is, refusal};
use crate::wire::Ask;

fn crc32(bytes: &[u8]) -> String {
    let value = crc_fast::checksum(crc_fast::CrcAlgorithm::Crc32IsoHdlc, bytes);
    STANDARD.encode(u32::try_from(value).expect("32 bits").to_be_bytes())
}

fn crc32c(bytes: &[u8]) -> String {
    let value = crc_fast::checksum(crc_fast::CrcAlgorithm::Crc32Iscsi, bytes);
    STANDARD.encode(u32::try_from(value).expect("32 bits").to_be_bytes())
}

fn sha256(bytes: &[u8]) -> String {
    STANDARD.encode(Sha256::digest(bytes))
}

type Sum = fn(&[u8]) -> String;

#[tokio::test]
async fn a_wrong_value_in_a_header_is_a_bad_digest() {
    let cloud = Cloud::start().await;
    let all: [(&str, Sum); 4] = [("crc32", crc32), ("crc32c", crc32c), ("crc64nvme", crc64), ("sha256", sha256)];
    for (name, sum) in all {
        let name = format!("x-amz-checksum-{name}");
        let put = |value: String| Ask::new(&cloud.cloud, "PUT", "/media/a").header(&name, value);
        let good = put(sum(b"right")).send(b"right").await;
        assert_eq!(good.status, 200, "{good:?}");
        assert!(good.head.contains(&format!("{name}: {}", sum(b"right").to_lowercase())), "{good:?}");
        assert_eq!(put(sum(b"right")).send(b"wrong").await.refusal(), is(400, "BadDigest"), "{name}");
        assert_eq!(put("AAAA".to_owned()).send(b"wrong").await.refusal(), is(400, "InvalidRequest"), "{name}");
    }
    assert_eq!(cloud.bytes("a"), b"right");
    let two = Ask::new(&cloud.cloud, "PUT", "/media/a").header("x-amz-checksum-crc32", crc32(b"x"));
    let two = two.header("x-amz-checksum-sha256", sha256(b"x"));
    assert_eq!(two.send(b"x").await.refusal(), is(400, "InvalidRequest"));
    let md5 = Ask::new(&cloud.cloud, "PUT", "/media/a").header("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==");
    assert_eq!(md5.send(b"").await.status, 200);
    assert_eq!(md5.send(b"x").await.refusal(), is(400, "BadDigest"));
}

#[tokio::test]
async fn the_sdks_own_checksums_are_taken() {
    let cloud = Cloud::start().await;
    for algorithm in
        [ChecksumAlgorithm::Crc32, ChecksumAlgorithm::Crc32C, ChecksumAlgorithm::Crc64Nvme, ChecksumAlgorithm::Sha256]
    {
        let put = || cloud.s3().put_object().bucket(BUCKET).key("a").checksum_algorithm(algorithm.clone());
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), filled(300_000, 5)).expect("written");
        // From memory it is a header; from a file a trailer.
        let memory = put().body(ByteStream::from(filled(300_000, 5))).send().await;
        assert_eq!(refusal(memory), is(200, ""), "{algorithm}");
        let body = ByteStream::from_path(file.path()).await.expect("a body");
        assert_eq!(refusal(put().body(body).send().await), is(200, ""), "{algorithm}");
        assert!(cloud.bytes("a") == filled(300_000, 5));
    }
}

#[tokio::test]
async fn a_whole_objects_value_is_combined_from_its_parts_and_compared() {
    let cloud = Cloud::start().await;
    let (one, two) = (filled(LEAST, 1), filled(100, 2));
    let whole = [one.clone(), two.clone()].concat();
    let id = cloud.begin("a").await;
    let etags = [cloud.part("a", &id, 1, one.clone()).await, cloud.part("a", &id, 2, two.clone()).await];
    let parts = |first: String| {
        let part = |number: i32, sum: String| {
            let etag = &etags[usize::try_from(number).expect("small") - 1];
            CompletedPart::builder().part_number(number).e_tag(etag).checksum_crc64_nvme(sum).build()
        };
        CompletedMultipartUpload::builder().parts(part(1, first)).parts(part(2, crc64(&two))).build()
    };
    let complete = |first: String, sum: String| {
        let complete = cloud.s3().complete_multipart_upload().bucket(BUCKET).key("a").upload_id(&id);
        complete.multipart_upload(parts(first)).checksum_crc64_nvme(sum)
    };
    assert_eq!(refusal(complete(crc64(&one), crc64(&one)).send().await), is(400, "BadDigest"));
    assert_eq!(refusal(complete(crc64(&two), crc64(&whole)).send().await), is(400, "InvalidPart"));
    let other_type = complete(crc64(&one), crc64(&whole)).checksum_type(ChecksumType::Composite);
    assert_eq!(refusal(other_type.send().await), is(400, "BadDigest"));
    let done = complete(crc64(&one), crc64(&whole)).checksum_type(ChecksumType::FullObject).send().await;
    assert_eq!(done.expect("an object").checksum_crc64_nvme, Some(crc64(&whole)));
    let head = cloud.s3().head_object().bucket(BUCKET).key("a");
    let head = head.checksum_mode(aws_sdk_s3::types::ChecksumMode::Enabled).send().await.expect("the object");
    assert_eq!(head.checksum_crc64_nvme, Some(crc64(&whole)));
    assert_eq!(head.checksum_type, Some(ChecksumType::FullObject));
}

#[tokio::test]
async fn a_composite_value_is_of_the_parts_values() {
    let cloud = Cloud::start().await;
    let begun = cloud.s3().create_multipart_upload().bucket(BUCKET).key("a");
    let begun = begun.checksum_algorithm(ChecksumAlgorithm::Sha256).send().await.expect("an upload");
    assert_eq!(begun.checksum_type, Some(ChecksumType::Composite));
    let id = begun.upload_id.expect("an id");
    let (one, two) = (filled(LEAST, 1), filled(100, 2));
    let part = |number: i32, bytes: &[u8]| {
        let part = cloud.s3().upload_part().bucket(BUCKET).key("a").upload_id(&id).part_number(number);
        part.checksum_sha256(sha256(bytes)).body(ByteStream::from(bytes.to_vec())).send()
    };
    let one_etag = part(1, &one).await.expect("taken").e_tag.expect("an ETag");
    let two_etag = part(2, &two).await.expect("taken").e_tag.expect("an ETag");
    let list = |with: bool| {
        let part = |number: i32, etag: &str, sum: String| {
            let sum = with.then_some(sum);
            CompletedPart::builder().part_number(number).e_tag(etag).set_checksum_sha256(sum).build()
        };
        let parts = [part(1, &one_etag, sha256(&one)), part(2, &two_etag, sha256(&two))];
        CompletedMultipartUpload::builder().set_parts(Some(parts.into())).build()
    };
    let complete = |with: bool| {
        cloud
            .s3()
            .complete_multipart_upload()
            .bucket(BUCKET)
            .key("a")
            .upload_id(&id)
            .multipart_upload(list(with))
            .send()
    };
    assert_eq!(refusal(complete(false).await), is(400, "InvalidRequest"), "each part's value must be named");
    let done = complete(true).await.expect("an object");
    let of_both = [Sha256::digest(&one), Sha256::digest(&two)].concat();
    assert_eq!(done.checksum_sha256, Some(format!("{}-2", sha256(&of_both))));
}

#[tokio::test]
async fn without_an_algorithm_s3_adds_its_own_over_any_of_the_parts() {
    let cloud = Cloud::start().await;
    let begun = cloud.s3().create_multipart_upload().bucket(BUCKET).key("a").send().await.expect("an upload");
    let part = || {
        let part = cloud.s3().upload_part().bucket(BUCKET).key("a").set_upload_id(begun.upload_id.clone());
        part.part_number(1).body(ByteStream::from_static(b"hello"))
    };
    assert_eq!(refusal(part().checksum_crc32(crc32(b"other")).send().await), is(400, "BadDigest"));
    let taken = part().checksum_crc32(crc32(b"hello")).send().await.expect("taken");
    assert_eq!(taken.checksum_crc32, Some(crc32(b"hello")));
    let complete = cloud.s3().complete_multipart_upload().bucket(BUCKET).key("a").set_upload_id(begun.upload_id);
    let complete = complete.multipart_upload(crate::multipart::list(&[(1, &taken.e_tag.expect("an ETag"))]));
    let done = complete.send().await.expect("an object");
    assert_eq!(done.checksum_crc64_nvme, Some(crc64(b"hello")));
}

#[tokio::test]
async fn an_upload_keeps_to_one_algorithm() {
    let cloud = Cloud::start().await;
    let id = cloud.begin("a").await;
    let part = || cloud.s3().upload_part().bucket(BUCKET).key("a").upload_id(&id).part_number(1);
    let other = part().checksum_crc32_c(crc32c(b"x")).body(ByteStream::from_static(b"x")).send().await;
    assert_eq!(refusal(other), is(400, "InvalidRequest"));
    let wrong = part().checksum_crc64_nvme(crc64(b"y")).body(ByteStream::from_static(b"x")).send().await;
    assert_eq!(refusal(wrong), is(400, "BadDigest"));
    let create = |algorithm: ChecksumAlgorithm, kind: ChecksumType| {
        let create = cloud.s3().create_multipart_upload().bucket(BUCKET).key("a");
        create.checksum_algorithm(algorithm).checksum_type(kind).send()
    };
    let nvme = create(ChecksumAlgorithm::Crc64Nvme, ChecksumType::Composite).await;
    assert_eq!(refusal(nvme), is(400, "InvalidRequest"));
    let sha = create(ChecksumAlgorithm::Sha256, ChecksumType::FullObject).await;
    assert_eq!(refusal(sha), is(400, "InvalidRequest"));
    assert_eq!(cloud.files(), 0);
}
