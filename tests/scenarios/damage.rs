//! What arrives other than it left is never called done.

use davit_tests::World;
use davit_tests::fault::{Fault, FaultProxy};
use davit_tests::source::{noise, sha256};
use davit_tests::world::BUCKET;

const PART: &str = "partNumber=";
const PUT: &str = "PUT /media/in/cut.mov";
const COMPLETE: &str = "POST *?uploadId=";

/// An upload of so many MiB whose requests of this kind meet a fault so often. Answers the code it failed with, if it did,
/// and how many parts or single requests the store saw begin.
async fn upload(mib: u64, only: &str, times: u32, fault: Fault) -> (Option<String>, u32, World) {
    let world = World::new().await;
    let link = FaultProxy::before(world.cloud.address()).await;
    let file = world.sources().join("cut.mov");
    noise(&file, mib << 20);
    link.faults.meet(only, times, fault);
    let ended = world.upload_by(&link.endpoint(), &[&file]).args(["--concurrency", "4"]).end().await;
    let code = ended.failures().first().cloned();
    if code.is_none() {
        ended.all_done();
        assert_eq!(world.sha256("in/cut.mov"), sha256(&file));
        let told = ended.lines.iter().find(|line| line["event"] == "file").expect("a line for the file");
        let held = world.object("in/cut.mov").crc64nvme.expect("the store's own sum");
        assert_eq!(told["checksum"].as_str(), Some(&*held), "what is told is what the store has");
    }
    let parts = world.cloud.observer().parts();
    let begun = parts.values().map(|part| part.begun).sum();
    (code, begun, world)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_piece_that_arrives_damaged_by_chance_is_sent_again_and_no_other() {
    for fault in [Fault::Flipped, Fault::OtherSum] {
        let (code, begun, _world) = upload(33, PART, 1, fault).await;
        assert_eq!((code, begun), (None, 6), "five parts, one of them twice: {fault:?}");
        let (code, ..) = upload(1, PUT, 1, fault).await;
        assert_eq!(code, None, "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_piece_that_arrives_damaged_three_times_is_told_and_no_object_comes_of_it() {
    for fault in [Fault::Flipped, Fault::OtherSum] {
        let (code, begun, world) = upload(33, PART, u32::MAX, fault).await;
        assert_eq!(code.as_deref(), Some("damaged-on-the-way"), "{fault:?}");
        assert!((3..=15).contains(&begun), "{begun}: {fault:?}");
        assert!(world.keys().is_empty(), "{fault:?}");
    }
    let (code, _, world) = upload(1, PUT, u32::MAX, Fault::Flipped).await;
    assert_eq!(code.as_deref(), Some("damaged-on-the-way"));
    assert!(world.keys().is_empty());
    let (code, ..) = upload(1, PUT, u32::MAX, Fault::OtherSum).await;
    assert_eq!(code, None, "what lies there is looked at");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_whose_sum_is_another_is_never_called_done() {
    let (code, _, world) = upload(33, COMPLETE, u32::MAX, Fault::OtherSum).await;
    assert_eq!(code.as_deref(), Some("check-mismatch"));
    assert!(world.cloud.uploads(BUCKET).is_empty(), "nothing unfinished is left");
}

/// Whoever sent it again, or beside, would fill the bucket with it.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_store_has_another_sum_of_is_told_as_such_and_sent_once() {
    let (code, begun, world) = upload(1, "/media/in/cut", u32::MAX, Fault::OtherSum).await;
    assert_eq!(code.as_deref(), Some("check-mismatch"));
    assert_eq!((world.keys().len(), begun), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_confirms_no_checksum_is_told_as_such_and_nothing_is_called_done() {
    for (mib, only) in [(33, PART), (33, COMPLETE), (1, PUT)] {
        let (code, ..) = upload(mib, only, u32::MAX, Fault::NoSum).await;
        assert_eq!(code.as_deref(), Some("no-checksums"), "{only}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_to_complete_that_arrives_damaged_is_made_again_and_no_part_is() {
    let (code, begun, world) = upload(33, COMPLETE, 2, Fault::Flipped).await;
    assert_eq!((code, begun), (None, 5));
    assert_eq!(world.cloud.observer().calls("CreateMultipartUpload"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_the_store_says_was_cut_off_is_sent_again_as_often_as_it_takes() {
    let cut_off = Fault::Says { status: "400 Bad Request", code: "IncompleteBody" };
    for (mib, only) in [(33, "partNumber=2"), (1, PUT)] {
        let (code, ..) = upload(mib, only, 5, cut_off).await;
        assert_eq!(code, None);
    }
}
