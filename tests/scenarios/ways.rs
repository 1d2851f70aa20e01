//! Two ways to one bucket: Transfer Acceleration and the bucket's region, here two links before one store.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use davit_tests::World;
use davit_tests::davit::{Run, Running};
use davit_tests::fault::{Fault, FaultProxy};
use davit_tests::source::{noise, sha256};
use serde_json::Value;

const PART: u64 = 1 << 20;
/// Requests at a time.
const AT_A_TIME: u64 = 4;

struct Both {
    world: World,
    accelerated: FaultProxy,
    direct: FaultProxy,
}

impl Both {
    /// Links that carry so many bytes a second on each connection; 0 means as fast as it goes.
    async fn new(accelerated: u64, direct: u64) -> Self {
        let mut world = World::of_small_parts().await;
        world.start_backend(&format!("{}\naccelerate = true\n", World::backend_config(900, "role"))).await;
        let link = |rate: u64| {
            let link = FaultProxy::tight(world.cloud.address());
            link.faults.rate_each.store(rate, Ordering::SeqCst);
            link
        };
        let (accelerated, direct) = (link(accelerated), link(direct));
        Self { world, accelerated, direct }
    }

    fn file(&self, name: &str, parts: u64) -> std::path::PathBuf {
        let file = self.world.sources().join(name);
        noise(&file, parts * PART);
        file
    }

    fn upload(&self, file: &std::path::Path) -> Run {
        let mut run = self.world.upload_by_backend_and(&self.direct.endpoint(), &[file]);
        run.env("DAVIT_DEV_S3_ACCELERATED", self.accelerated.endpoint());
        run.env("DAVIT_TEST_PART_SIZE", PART.to_string()).args(["--concurrency", &AT_A_TIME.to_string()]);
        run
    }

    /// Begins to send a file, which does not end before [`Self::lets_end`]: so it can be asked while it runs.
    fn begin(&self, file: &std::path::Path) -> Run {
        for link in [&self.accelerated, &self.direct] {
            "POST *uploadId=".clone_into(&mut link.faults.hold_only.lock().expect("faults"));
            link.faults.hold.send_replace(true);
        }
        self.upload(file)
    }

    fn lets_end(&self) {
        for link in [&self.accelerated, &self.direct] {
            link.faults.hold.send_replace(false);
        }
    }

    /// Parts that came by a link since it was last asked.
    fn came_by(link: &FaultProxy) -> u64 {
        link.faults.requests.swap(0, Ordering::SeqCst).into()
    }

    fn came(&self) -> (u64, u64) {
        (Self::came_by(&self.accelerated), Self::came_by(&self.direct))
    }

    #[track_caller]
    fn is_there(&self, file: &std::path::Path) {
        let name = format!("/{}", file.file_name().expect("a name").to_string_lossy());
        let key = self.world.keys().into_iter().find(|key| key.ends_with(&name)).expect("an object");
        assert_eq!(self.world.sha256(&key), sha256(file));
    }

    /// Every part went into one upload, and none was sent more often than what was under way when a way was lost.
    #[track_caller]
    fn lost_no_part(&self) {
        let parts = self.world.cloud.observer().parts();
        let uploads: BTreeSet<_> = parts.keys().map(|(_, _, upload, _)| upload.clone()).collect();
        assert_eq!(uploads.len(), 1, "one upload for both ways");
        let again = parts.values().filter(|part| part.begun > 1).count();
        assert!(again as u64 <= AT_A_TIME, "{again} parts were sent again");
    }

    /// What `davit status` says of the way.
    async fn way(&self) -> Option<Value> {
        let told = self.world.davit("status").arg("--json").end().await;
        told.lines.into_iter().find(|line| line["event"] == "way")
    }

    /// Waits until it says so.
    async fn until_way(&self, running: &mut Running, kind: &str, why: &str) -> Value {
        let begun = std::time::Instant::now();
        loop {
            let way = self.way().await;
            match way {
                Some(way) if way["kind"] == kind && way["why"] == why => return way,
                _ if !running.runs() => panic!("it ended: {way:?}"),
                _ => assert!(begun.elapsed().as_secs() < 60, "{kind} {why}: {way:?}"),
            }
        }
    }

    /// What is kept for the next run.
    fn remembered(&self) -> Value {
        let kept = std::fs::read(self.world.home().join("networks.json")).expect("kept");
        let kept: Value = serde_json::from_slice(&kept).expect("JSON");
        kept["rushes media"]["way"].clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_faster_way_is_found_by_the_first_parts_told_and_remembered() {
    for (accelerated, direct) in [(4 << 20, 1 << 20), (1 << 20, 4 << 20)] {
        let both = Both::new(accelerated, direct).await;
        let faster = |(accelerated_parts, direct_parts)| {
            if accelerated > direct { (accelerated_parts, direct_parts) } else { (direct_parts, accelerated_parts) }
        };
        let file = both.file("cut.mov", 48);
        let mut running = both.begin(&file).start();
        let (kind, why) = if accelerated > direct { ("accelerated", "faster") } else { ("direct", "other-slower") };
        let way = both.until_way(&mut running, kind, why).await;
        let told = (way["accelerated"].as_u64().expect("a rate"), way["direct"].as_u64().expect("a rate"));
        assert!(faster(told).0 > 2 * faster(told).1, "{way}");
        both.lets_end();
        tokio::task::block_in_place(|| running.until_sent(48 * PART));
        let ended = tokio::task::block_in_place(|| running.end());
        assert_eq!(ended.code, Some(0), "{}", ended.out);
        both.is_there(&file);
        both.lost_no_part();
        let parts = both.world.cloud.observer().calls("UploadPart");
        let (by_faster, by_slower) = faster(both.came());
        assert_eq!(parts, 48);
        assert!(by_slower <= 2 * AT_A_TIME && by_faster > 40, "{by_faster} and {by_slower} requests");

        // Another run begins by it.
        let next = both.file("next.mov", 24);
        both.upload(&next).end().await.all_done();
        both.is_there(&next);
        let (by_faster, by_slower) = faster(both.came());
        assert_eq!(by_slower, 0, "beside {by_faster}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn acceleration_that_is_blocked_from_the_start_costs_no_file() {
    let refused = Fault::Says { status: "400 Bad Request", code: "InvalidRequest" };
    let filters =
        [refused, Fault::Nobodys { status: "403 Forbidden" }, Fault::Page, Fault::Filtered { status: "403 Forbidden" }];
    for fault in filters.into_iter().map(Some).chain([None]) {
        let mut both = Both::new(0, 4 << 20).await;
        match fault {
            Some(fault) => *both.accelerated.faults.always.lock().expect("faults") = Some(fault),
            None => both.accelerated.becomes_a_hole(davit_tests::fault::Standing::Cut).await,
        }
        let file = both.file("cut.mov", 24);
        let mut running = both.begin(&file).start();
        let way = both.until_way(&mut running, "direct", "other-blocked").await;
        both.lets_end();
        assert!(way["accelerated"].is_null(), "{way}");
        let ended = tokio::task::block_in_place(|| running.ends());
        assert_eq!(ended.0, Some(0), "{fault:?}: {}", ended.1);
        both.is_there(&file);
        both.lost_no_part();
        assert!(both.came().0 <= 2 * AT_A_TIME, "{fault:?}");
        // Nor does the next, in one request.
        let small = both.world.sources().join("small.mov");
        noise(&small, 1_000);
        both.upload(&small).end().await.all_done();
        both.is_there(&small);
        assert_eq!(both.came().0, 0, "{fault:?}: it is known");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_region_that_is_blocked_is_gone_round_by_acceleration() {
    let mut both = Both::new(4 << 20, 0).await;
    both.direct.becomes_a_hole(davit_tests::fault::Standing::Cut).await;
    let file = both.file("cut.mov", 24);
    both.upload(&file).end().await.all_done();
    both.is_there(&file);
    both.lost_no_part();
}

/// The way that was chosen is cut, or falls silent, in the middle of an object.
#[tokio::test(flavor = "multi_thread")]
async fn a_way_that_is_blocked_in_the_middle_of_an_object_is_left_and_loses_no_part() {
    for (silent, by_acceleration) in [(false, true), (false, false), (true, true)] {
        let rate = |chosen: bool| if chosen { 4 << 20 } else { 2 << 20 };
        let mut both = Both::new(rate(by_acceleration), rate(!by_acceleration)).await;
        let file = both.file("cut.mov", 96);
        let mut running = both.begin(&file).start();
        tokio::task::block_in_place(|| running.until_sent(24 * PART));
        let (kind, why) = if by_acceleration { ("accelerated", "faster") } else { ("direct", "other-slower") };
        both.until_way(&mut running, kind, why).await;
        let lost = if by_acceleration { &mut both.accelerated } else { &mut both.direct };
        if silent {
            lost.falls_silent().await;
        } else {
            lost.goes_away();
        }
        let begun = std::time::Instant::now();
        both.until_way(&mut running, if by_acceleration { "direct" } else { "accelerated" }, "other-blocked").await;
        assert!(begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
        both.lets_end();
        let ended = tokio::task::block_in_place(|| running.ends());
        assert_eq!(ended.0, Some(0), "{silent} {by_acceleration}: {}", ended.1);
        both.is_there(&file);
        both.lost_no_part();
    }
}

/// The way that was chosen carries an eighth of what it did, in the middle of an object, and answers as it always did.
#[tokio::test(flavor = "multi_thread")]
async fn a_way_that_becomes_slower_in_the_middle_of_an_object_is_left_and_loses_no_part() {
    for by_acceleration in [true, false] {
        let rate = |chosen: bool| if chosen { 4 << 20 } else { 2 << 20 };
        let both = Both::new(rate(by_acceleration), rate(!by_acceleration)).await;
        let file = both.file("cut.mov", 128);
        let mut running = both.begin(&file).start();
        tokio::task::block_in_place(|| running.until_sent(24 * PART));
        let (kind, why) = if by_acceleration { ("accelerated", "faster") } else { ("direct", "other-slower") };
        both.until_way(&mut running, kind, why).await;
        let slower = if by_acceleration { &both.accelerated } else { &both.direct };
        slower.faults.rate_each.store(512 << 10, Ordering::SeqCst);
        let (kind, why) = if by_acceleration { ("direct", "other-slower") } else { ("accelerated", "faster") };
        both.until_way(&mut running, kind, why).await;
        both.came();
        both.lets_end();
        let ended = tokio::task::block_in_place(|| running.ends());
        assert_eq!(ended.0, Some(0), "{by_acceleration}: {}", ended.1);
        both.is_there(&file);
        both.lost_no_part();
        let (accelerated, direct) = both.came();
        let (by_left, by_taken) = if by_acceleration { (accelerated, direct) } else { (direct, accelerated) };
        assert!(
            by_taken >= 16 && by_taken > 4 * by_left,
            "{by_acceleration}: {by_taken}, and {by_left} by the one that was left"
        );
    }
}

/// Both carry more than the limit lets through: nothing is to be found out, and what costs nothing is taken.
#[tokio::test(flavor = "multi_thread")]
async fn under_a_limit_nothing_is_compared() {
    let both = Both::new(8 << 20, 4 << 20).await;
    let file = both.file("cut.mov", 12);
    both.upload(&file).args(["--limit", "3MB/s"]).end().await.all_done();
    both.is_there(&file);
    let (accelerated, direct) = both.came();
    // What is asked before the first body goes by whichever.
    assert!(accelerated <= 2 && direct >= 12, "{accelerated} and {direct} requests");
    assert!(!both.world.home().join("networks.json").exists() || both.remembered().is_null(), "{}", both.remembered());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_way_that_comes_back_is_taken_again_where_it_is_the_faster() {
    let both = Both::new(8 << 20, 1 << 20).await;
    both.accelerated.goes_away();
    let file = both.file("cut.mov", 128);
    let mut running = both.begin(&file).env("DAVIT_TEST_WAYS", "500").start();
    both.until_way(&mut running, "direct", "other-blocked").await;
    both.lets_end();
    tokio::task::block_in_place(|| running.until_sent(16 * PART));
    both.came();
    both.accelerated.comes_back();
    let ended = tokio::task::block_in_place(|| running.ends());
    assert_eq!(ended.0, Some(0), "{}", ended.1);
    both.is_there(&file);
    both.lost_no_part();
    let (accelerated, direct) = both.came();
    assert!(accelerated >= 32, "{accelerated} requests, and {direct} the other way");
    assert_eq!(both.remembered()["why"], "faster");
}
