//! SigV4: who signs wrong is told so in AWS' words.

use sha2::{Digest as _, Sha256};
use time::Duration;

use crate::cloud::{Cloud, crc64, credentials, is, refusal};
use crate::wire::{Ask, SIGNED_CHUNKS, SIGNED_CHUNKS_AND_TRAILER};

#[tokio::test]
async fn a_wrong_secret_does_not_match() {
    let cloud = Cloud::start().await;
    let mut keys = cloud.cloud.keys().clone();
    keys.secret_access_key.push('x');
    let put = cloud.s3_as(&credentials(&keys, None)).put_object().bucket("media").key("a").send().await;
    assert_eq!(refusal(put), is(403, "SignatureDoesNotMatch"));
    keys.access_key_id = "AKIANOBODY".to_owned();
    let put = cloud.s3_as(&credentials(&keys, None)).put_object().bucket("media").key("a").send().await;
    assert_eq!(refusal(put), is(403, "InvalidAccessKeyId"));
}

#[tokio::test]
async fn a_request_without_a_signature_is_denied() {
    let cloud = Cloud::start().await;
    let mut stream = tokio::net::TcpStream::connect(cloud.cloud.address()).await.expect("a connection");
    let head = "PUT /media/a HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n";
    tokio::io::AsyncWriteExt::write_all(&mut stream, head.as_bytes()).await.expect("sent");
    assert_eq!(crate::wire::answer(&mut stream).await.refusal(), is(403, "AccessDenied"));
}

#[tokio::test]
async fn a_clock_more_than_fifteen_minutes_off_is_refused() {
    let cloud = Cloud::start().await;
    let put = Ask::new(&cloud.cloud, "PUT", "/media/a");
    for minutes in [16, -16, 25 * 60] {
        let answer = put.clone().off(Duration::minutes(minutes)).send(b"x").await;
        assert_eq!(answer.refusal(), is(403, "RequestTimeTooSkewed"), "{minutes}");
        assert!(answer.head.contains("\r\ndate: "), "a client sets its clock by the answer");
    }
    assert_eq!(put.off(Duration::minutes(14)).send(b"x").await.status, 200);
}

#[tokio::test]
async fn a_signature_for_another_region_is_told_the_right_one() {
    let cloud = Cloud::start().await;
    let answer = Ask::new(&cloud.cloud, "PUT", "/media/a").region("us-east-1").send(b"x").await;
    assert_eq!(answer.refusal(), is(400, "AuthorizationHeaderMalformed"));
    assert!(answer.body.contains("<Region>eu-central-1</Region>"), "{}", answer.body);
}

#[tokio::test]
async fn every_amz_header_must_be_signed() {
    let cloud = Cloud::start().await;
    let put = Ask::new(&cloud.cloud, "PUT", "/media/a");
    let answer = put.clone().unsigned("x-amz-meta-a", "b").send(b"x").await;
    assert_eq!(answer.refusal(), is(403, "AccessDenied"));
    assert!(answer.body.contains("<HeadersNotSigned>x-amz-meta-a</HeadersNotSigned>"), "{}", answer.body);
    assert_eq!(put.unsigned("x-other", "b").send(b"x").await.status, 200);
}

#[tokio::test]
async fn a_changed_path_or_header_does_not_match() {
    let cloud = Cloud::start().await;
    let put = Ask::new(&cloud.cloud, "PUT", "/media/a").header("x-amz-meta-a", "b");
    let head = put.sign(1).head;
    for (from, to) in [("/media/a", "/media/b"), ("x-amz-meta-a: b", "x-amz-meta-a: c")] {
        let mut stream = tokio::net::TcpStream::connect(cloud.cloud.address()).await.expect("a connection");
        let wire = format!("{}x", head.replace(from, to));
        tokio::io::AsyncWriteExt::write_all(&mut stream, wire.as_bytes()).await.expect("sent");
        assert_eq!(crate::wire::answer(&mut stream).await.refusal(), is(403, "SignatureDoesNotMatch"), "{to}");
    }
}

#[tokio::test]
async fn a_signed_hash_must_be_the_bodys() {
    let cloud = Cloud::start().await;
    let hash = hex::encode(Sha256::digest("right"));
    let put = Ask::new(&cloud.cloud, "PUT", "/media/a").hash(&hash);
    assert_eq!(put.send(b"right").await.status, 200);
    assert_eq!(put.send(b"wrong").await.refusal(), is(400, "XAmzContentSHA256Mismatch"));
    assert_eq!(cloud.bytes("a"), b"right");
    let complete = Ask::new(&cloud.cloud, "POST", "/media/a").query("uploadId=none").hash(&hash);
    assert_eq!(complete.send(b"wrong").await.refusal(), is(400, "XAmzContentSHA256Mismatch"));
}

#[tokio::test]
async fn every_chunk_must_carry_its_own_signature() {
    let cloud = Cloud::start().await;
    let put = Ask::new(&cloud.cloud, "PUT", "/media/a").hash(SIGNED_CHUNKS);
    let put = put.header("x-amz-decoded-content-length", "16384");
    let (one, two) = ([1u8; 8_192], [2u8; 8_192]);
    let length = put.sign(0).chunks(&[&one, &two]).len();
    for change in [false, true] {
        let signed = put.sign(length);
        let mut wire = signed.chunks(&[&one, &two]);
        if change {
            let at = wire.len() - 1_000;
            wire[at] ^= 1;
        }
        let mut stream = tokio::net::TcpStream::connect(cloud.cloud.address()).await.expect("a connection");
        let whole = [signed.head.as_bytes(), &wire].concat();
        tokio::io::AsyncWriteExt::write_all(&mut stream, &whole).await.expect("sent");
        let answer = crate::wire::answer(&mut stream).await;
        let expected = if change { is(403, "SignatureDoesNotMatch") } else { is(200, "") };
        assert_eq!(answer.refusal(), expected);
    }
    assert_eq!(cloud.bytes("a"), [one, two].concat());
}

#[tokio::test]
async fn a_trailer_after_signed_chunks_is_signed_too_and_counts() {
    let cloud = Cloud::start().await;
    let bytes = [3u8; 8_192];
    let put = Ask::new(&cloud.cloud, "PUT", "/media/a").hash(SIGNED_CHUNKS_AND_TRAILER);
    let put = put.header("x-amz-decoded-content-length", "8192").header("x-amz-trailer", "x-amz-checksum-crc64nvme");
    let trailer = |bytes: &[u8]| format!("x-amz-checksum-crc64nvme:{}", crc64(bytes));
    let length = put.sign(0).chunks_and_trailer(&[&bytes], &trailer(&bytes)).len();
    for (sum, tamper, expected) in [
        (trailer(b"other"), false, is(400, "BadDigest")),
        (trailer(&bytes), true, is(403, "SignatureDoesNotMatch")),
        (trailer(&bytes), false, is(200, "")),
    ] {
        let signed = put.sign(length);
        let mut wire = signed.chunks_and_trailer(&[&bytes], &sum);
        if tamper {
            let last = wire.len() - 5;
            wire[last] = if wire[last] == b'0' { b'1' } else { b'0' };
        }
        let mut stream = tokio::net::TcpStream::connect(cloud.cloud.address()).await.expect("a connection");
        let whole = [signed.head.as_bytes(), &wire].concat();
        tokio::io::AsyncWriteExt::write_all(&mut stream, &whole).await.expect("sent");
        assert_eq!(crate::wire::answer(&mut stream).await.refusal(), expected);
    }
    assert_eq!(cloud.bytes("a"), bytes);
}

#[tokio::test]
async fn older_signatures_are_not_known() {
    let cloud = Cloud::start().await;
    let mut stream = tokio::net::TcpStream::connect(cloud.cloud.address()).await.expect("a connection");
    let head = "GET /media/a HTTP/1.1\r\nhost: localhost\r\nauthorization: AWS AKID:c2ln\r\n\r\n";
    tokio::io::AsyncWriteExt::write_all(&mut stream, head.as_bytes()).await.expect("sent");
    assert_eq!(crate::wire::answer(&mut stream).await.refusal(), is(400, "InvalidRequest"));
}

#[tokio::test]
async fn every_answer_carries_a_request_id() {
    let cloud = Cloud::start().await;
    let good = Ask::new(&cloud.cloud, "PUT", "/media/a").send(b"x").await;
    let bad = Ask::new(&cloud.cloud, "GET", "/media/none").send(b"").await;
    assert_eq!((good.status, bad.status), (200, 404));
    let id = |head: &str| head.split_once("x-amz-request-id: ").map(|(_, rest)| rest[..16].to_uppercase());
    assert!(id(&good.head).is_some() && good.head.contains("x-amz-id-2: "), "{}", good.head);
    let id = id(&bad.head).expect("an id");
    assert!(bad.body.contains(&format!("<RequestId>{id}</RequestId>")), "{}", bad.body);
}
