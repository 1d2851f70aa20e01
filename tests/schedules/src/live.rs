//! What a running transfer shows.

#[path = "../../../crates/core/src/engine/live.rs"]
mod real;

use std::sync::Arc;

use shuttle::sync::atomic::Ordering;
use shuttle::thread;

use crate::ids::PartNumber;
use real::Live;

const PART: u64 = 8;
const PARTS: u32 = 2;

fn number(n: u32) -> PartNumber {
    PartNumber::new(n).expect("a number")
}

/// Parts that are sent and acknowledged, and a list that is drawn meanwhile.
pub fn scenario() {
    let live = Arc::new(Live::default());
    live.begin([(number(PARTS + 1), PART)]);
    let parts = (1..=PARTS).map(|n| {
        let live = Arc::clone(&live);
        thread::spawn(move || {
            let sent = live.take_off(number(n), false);
            sent.fetch_add(PART / 2, Ordering::Relaxed);
            sent.fetch_add(PART / 2, Ordering::Relaxed);
            live.land(number(n), Some(PART));
        })
    });
    let parts: Vec<_> = parts.collect();
    let all = PART * u64::from(PARTS + 1);
    let mut before = 0;
    for _ in 0..3 {
        let now = live.on_the_way();
        assert!(before <= now && now <= all, "{before}, then {now} of {all}");
        before = now;
        let drawn = live.parts();
        assert!(drawn.sent.is_disjoint(&drawn.sending), "a part both sent and being sent: {drawn:?}");
    }
    for part in parts {
        part.join().expect("a part ends");
    }
    assert_eq!((live.acknowledged(), live.on_the_way()), (all, all));
}
