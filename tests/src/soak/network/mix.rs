//! Goal R5: everything breaks now and then, and all of it arrives.

use std::sync::atomic::Ordering;
use std::time::Instant;

use crate::World;
use crate::fault::{Fault, FaultProxy, Mix};
use crate::source::{noise, sha256};

/// What a run with faults cost.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// Requests as a multiple of what is needed.
    pub requests: f64,
    /// Goodput as a share of that of a clean run.
    pub goodput: f64,
}

/// A file of so many parts, of so many bytes, through the usual faults on a link of so many bytes a second; 0 is as fast as
/// it goes. Full size: 20 seeds of 2,000 small parts.
pub async fn fault_mix(seed: u64, parts: u32, part: u64, rate: u64) -> Measured {
    let world = World::of_small_parts().await;
    let link = FaultProxy::before(world.cloud.address()).await;
    link.faults.rate.store(rate, Ordering::SeqCst);
    let file = world.sources().join("cut.mov");
    noise(&file, u64::from(parts) * part);
    let run = async |home: &str| {
        let begun = Instant::now();
        let mut run = world.upload_by(&link.endpoint(), &[&file]);
        run.env("DAVIT_HOME", world.path(home)).env("DAVIT_TEST_PART_SIZE", part.to_string());
        run.args(["--collision", "overwrite"]).end().await.all_done();
        assert_eq!(world.sha256("in/cut.mov"), sha256(&file), "seed {seed}");
        begun.elapsed().as_secs_f64()
    };
    let clean = run("clean").await;
    *link.faults.mix.lock().expect("faults") = Some(Mix::usual_at(seed, part / 2));
    // There is one Complete: of 0.5 % of that nothing would come.
    link.faults.meet("POST *?uploadId=", 1, Fault::ERROR_IN_200);
    let broken = run("broken").await;
    assert_eq!(link.faults.still_to_meet(), 0, "seed {seed}: Complete was asked for");
    let mix = link.faults.mix.lock().expect("faults").take().expect("a mix");
    // Only what was never acknowledged to us was sent again.
    let lost = [Fault::Lost, Fault::StallAfter, Fault::Truncated];
    let lost: u32 = mix.met().iter().filter(|(fault, _)| lost.contains(fault)).map(|(_, times)| times).sum();
    if parts >= 2_000 {
        assert!(mix.met().contains_key(&Fault::ResetWhole), "seed {seed}: {:?}", mix.met());
    }
    let twice = world.cloud.observer().acknowledged_twice().len();
    assert!(u32::try_from(twice).is_ok_and(|twice| twice <= lost), "seed {seed}: {twice} again, {lost} answers lost");
    // Create, Complete, and the parts.
    let requests = f64::from(mix.requests()) / f64::from(parts + 2);
    println!("seed {seed}: {clean:.1} s clean, {broken:.1} s broken, {requests:.3} x requests, {:?}", mix.met());
    Measured { requests, goodput: clean / broken }
}
