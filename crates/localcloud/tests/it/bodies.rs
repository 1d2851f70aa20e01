//! Bodies: of any length in bounded memory, whole or not at all.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};

use crate::cloud::{BUCKET, Cloud, crc64, is, until};
use crate::wire::{Ask, TRAILER};

fn trailer(path: &str, cloud: &Cloud, length: usize) -> Ask {
    Ask::new(&cloud.cloud, "PUT", path)
        .hash(TRAILER)
        .header("x-amz-decoded-content-length", length.to_string())
        .header("x-amz-trailer", "x-amz-checksum-crc64nvme")
}

fn framed(bytes: &[u8], checksum: &str) -> Vec<u8> {
    let end = format!("\r\n0\r\nx-amz-checksum-crc64nvme:{checksum}\r\n\r\n");
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, end.as_bytes()].concat()
}

#[tokio::test]
async fn one_unsigned_chunk_with_a_trailer_is_stored_and_its_trailer_counts() {
    let cloud = Cloud::start().await;
    let bytes = crate::cloud::filled(3 << 20, 7);
    let put = trailer("/media/a", &cloud, bytes.len());
    let answer = put.send(&framed(&bytes, &crc64(&bytes))).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.head.contains(&format!("x-amz-checksum-crc64nvme: {}", crc64(&bytes).to_lowercase())));
    assert!(cloud.bytes("a") == bytes);
    assert_eq!(put.send(&framed(&bytes, &crc64(b"other"))).await.refusal(), is(400, "BadDigest"));
    let without = [format!("{:x}\r\n", bytes.len()).as_bytes(), &bytes, b"\r\n0\r\n\r\n"].concat();
    assert_eq!(put.send(&without).await.refusal(), is(400, "MalformedTrailerError"));
    let longer = trailer("/media/a", &cloud, bytes.len() + 1);
    assert_eq!(longer.send(&framed(&bytes, &crc64(&bytes))).await.refusal(), is(400, "IncompleteBody"));
    assert_eq!(cloud.files(), 1, "what was refused leaves nothing");
}

#[tokio::test]
async fn a_body_cut_off_leaves_nothing() {
    let cloud = Cloud::start().await;
    let mut stream = Ask::new(&cloud.cloud, "PUT", "/media/a").open(1 << 20).await;
    stream.write_all(&[1; 1_000]).await.expect("sent");
    until("the body begins", || cloud.files() == 1).await;
    drop(stream);
    until("the file is gone", || cloud.files() == 0).await;
    assert!(cloud.cloud.objects(BUCKET).is_empty());
}

#[tokio::test]
async fn a_refusal_is_read_even_while_the_body_is_sent() {
    let cloud = Cloud::start().await;
    // Large enough to fill every buffer between the two.
    let body = vec![0; 32 << 20];
    let answer = Ask::new(&cloud.cloud, "PUT", "/none/a").send(&body).await;
    assert_eq!(answer.refusal(), is(404, "NoSuchBucket"));
}

#[tokio::test]
async fn a_stalled_body_does_not_keep_its_refusal_back() {
    let cloud = Cloud::start().await;
    let mut stream = Ask::new(&cloud.cloud, "PUT", "/none/a").open(1 << 20).await;
    stream.write_all(&[0; 1_000]).await.expect("sent");
    assert_eq!(crate::wire::answer(&mut stream).await.refusal(), is(404, "NoSuchBucket"));
}

#[tokio::test]
async fn more_than_five_gib_in_one_request_is_too_large() {
    let cloud = Cloud::start().await;
    let mut stream = Ask::new(&cloud.cloud, "PUT", "/media/a").open((5 << 30) + 1).await;
    stream.shutdown().await.expect("ended");
    let answer = crate::wire::answer(&mut stream).await;
    assert_eq!(answer.refusal(), is(400, "EntityTooLarge"));
}

/// A whole upload in parts of one chunk each. `DAVIT_LOCALCLOUD_MIB=6144` for the full size.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_upload_in_single_chunks_takes_bounded_memory() {
    const PART: usize = 64 << 20;
    let wanted = std::env::var("DAVIT_LOCALCLOUD_MIB").ok().and_then(|text| text.parse().ok()).unwrap_or(256usize);
    let folder = tempfile::tempdir().expect("a folder");
    let mut server = tokio::process::Command::new(env!("CARGO_BIN_EXE_davit-localcloud"))
        .args(["--bucket", BUCKET, "--data"])
        .arg(folder.path())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("it starts");
    let mut line = String::new();
    let out = server.stdout.take().expect("its output");
    BufReader::new(out).read_line(&mut line).await.expect("a line");
    let said: serde_json::Value = serde_json::from_str(&line).expect("JSON");
    let text = |name: &str| said[name].as_str().expect("a text").to_owned();
    let keys =
        davit_localcloud::Keys { access_key_id: text("access_key_id"), secret_access_key: text("secret_access_key") };
    let endpoint = text("s3_endpoint");
    let client = crate::cloud::s3_at(&endpoint, &crate::cloud::credentials(&keys, None));
    let begun = client.create_multipart_upload().bucket(BUCKET).key("long");
    let begun = begun.checksum_algorithm(aws_sdk_s3::types::ChecksumAlgorithm::Crc64Nvme).send().await.expect("begun");
    let id = begun.upload_id.expect("an id");
    let address = endpoint.trim_start_matches("http://").parse().expect("an address");
    let piece = crate::cloud::filled(1 << 20, 3);
    let whole = piece.repeat(PART >> 20);
    let checksum = crc64(&whole);
    drop(whole);
    let mut parts = Vec::new();
    for number in 1..=(wanted << 20).div_ceil(PART) {
        let ask = Ask::to(address, keys.clone(), "PUT", "/media/long")
            .query(&format!("partNumber={number}&uploadId={id}"))
            .hash(TRAILER)
            .header("x-amz-decoded-content-length", PART.to_string())
            .header("x-amz-trailer", "x-amz-checksum-crc64nvme");
        let begin = format!("{PART:x}\r\n");
        let end = format!("\r\n0\r\nx-amz-checksum-crc64nvme:{checksum}\r\n\r\n");
        let mut stream = ask.open(begin.len() + PART + end.len()).await;
        stream.write_all(begin.as_bytes()).await.expect("sent");
        for _ in 0..PART >> 20 {
            stream.write_all(&piece).await.expect("sent");
        }
        stream.write_all(end.as_bytes()).await.expect("sent");
        let answer = crate::wire::answer(&mut stream).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let etag = answer.head.split_once("etag: \"").and_then(|(_, rest)| rest.split_once('"')).expect("an ETag").0;
        let part = aws_sdk_s3::types::CompletedPart::builder();
        parts.push(part.part_number(i32::try_from(number).expect("a number")).e_tag(etag).build());
    }
    let size = i64::try_from(parts.len() * PART).expect("a size");
    let list = aws_sdk_s3::types::CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
    let complete = client.complete_multipart_upload().bucket(BUCKET).key("long").upload_id(&id).multipart_upload(list);
    complete.mpu_object_size(size).send().await.expect("it becomes an object");
    #[cfg(target_os = "linux")]
    {
        let status = std::fs::read_to_string(format!("/proc/{}/status", server.id().expect("its id"))).expect("status");
        let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the most memory");
        let most: u64 = most.trim().trim_end_matches(" kB").parse().expect("a number");
        assert!(most < 48 << 10, "it took {most} KiB");
    }
}

#[tokio::test]
async fn only_loopback_addresses_are_listened_on() {
    let out = tokio::process::Command::new(env!("CARGO_BIN_EXE_davit-localcloud"))
        .args(["--listen", "0.0.0.0:0"])
        .output()
        .await
        .expect("it runs");
    let words = String::from_utf8_lossy(&out.stderr);
    assert!(!out.status.success());
    assert_eq!(words.trim(), "davit-localcloud: the local cloud listens on loopback addresses only, not on 0.0.0.0:0");
}
