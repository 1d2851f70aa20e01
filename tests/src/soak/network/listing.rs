//! Goal R14: what the store has of an upload, in pages that break, with parts that are not ours. Exactly what is missing
//! is sent.

use std::collections::BTreeMap;

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ChecksumAlgorithm;

use crate::World;
use crate::fault::{Fault, FaultProxy};
use crate::source::{noise, sha256};
use crate::world::BUCKET;

/// Parts at full size: ten pages.
pub const PARTS: u32 = 10_000;

const PART: u64 = 1_024;

/// An upload of `parts` that is killed before its end; then strangers put parts into it, the store loses some that it had
/// acknowledged, and `fault` meets the second page of its list `times` times.
pub async fn list_of_parts(parts: u32, fault: Fault, times: u32) {
    let world = World::of_small_parts().await;
    let link = FaultProxy::before(world.cloud.address()).await;
    let file = world.sources().join("cut.mov");
    noise(&file, u64::from(parts) * PART);
    let upload = || {
        let mut run = world.upload_by(&link.endpoint(), &[&file]);
        run.env("DAVIT_TEST_PART_SIZE", PART.to_string());
        run
    };
    let kill_at = parts - parts / 10;
    upload().env("DAVIT_FAILPOINT", format!("part:{kill_at}:after")).end().await;
    let id = world.cloud.uploads(BUCKET).pop().expect("an upload").id;
    let before = acknowledged(&world);
    // Another's bytes in the place of one of ours, at one that is not there yet, and of another size at a third.
    let changed = 5;
    for (number, size) in [(changed, PART), (parts - 1, PART), (parts - 2, PART - 1)] {
        foreign(&world, &id, number, size).await;
    }
    // On record here, and not in the store's list: of the first page and of the second.
    let missing = [2, 3, kill_at / 2];
    for number in missing {
        assert!(world.cloud.lose_part(&id, number), "part {number} was there");
    }
    link.faults.meet("GET /media/in/cut.mov?*part-number-marker", times, fault);
    upload().end().await.all_done();
    assert_eq!(link.faults.still_to_meet(), 0, "the fault was met");
    assert_eq!(world.sha256("in/cut.mov"), sha256(&file));
    for (number, times) in acknowledged(&world) {
        let had = before.get(&number).copied().unwrap_or(0);
        let strangers = u32::from(number == changed || number == parts - 1 || number == parts - 2);
        // What was there and ours is not sent; what was not, once.
        let ours = u32::from(had == 0 || number == changed || missing.contains(&number));
        assert_eq!(times, had + strangers + ours, "part {number} under {fault:?}");
    }
}

fn acknowledged(world: &World) -> BTreeMap<u32, u32> {
    let parts = world.cloud.observer().parts();
    parts.into_iter().map(|((_, _, _, number), part)| (u32::from(number), part.acknowledged)).collect()
}

async fn foreign(world: &World, id: &str, number: u32, size: u64) {
    let keys = world.cloud.keys();
    let keys = aws_sdk_s3::config::Credentials::new(&keys.access_key_id, &keys.secret_access_key, None, None, "test");
    let config = aws_sdk_s3::Config::builder()
        .behavior_version_latest()
        .region(aws_sdk_s3::config::Region::new("eu-central-1"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url(world.cloud.endpoint())
        .force_path_style(true)
        .credentials_provider(keys)
        .build();
    let part = aws_sdk_s3::Client::from_conf(config).upload_part().bucket(BUCKET).key("in/cut.mov").upload_id(id);
    let part =
        part.part_number(i32::try_from(number).expect("a number")).checksum_algorithm(ChecksumAlgorithm::Crc64Nvme);
    let bytes = vec![7; usize::try_from(size).expect("a size")];
    part.body(ByteStream::from(bytes)).send().await.expect("a part of somebody else's");
}
