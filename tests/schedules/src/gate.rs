//! A stop against the last byte of a body.

#[path = "../../../crates/core/src/s3/gate.rs"]
mod real;

use std::sync::Arc;

use shuttle::sync::atomic::{AtomicBool, Ordering};
use shuttle::{future, thread};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use real::Gate;

/// A connection that sends a body, a drive that waits for the answer, and a person who stops it.
pub fn scenario() {
    let (gate, stop, stored) = (Gate::default(), CancellationToken::new(), Arc::new(AtomicBool::new(false)));
    let (answers, answer) = oneshot::channel();
    let connection = thread::spawn({
        let (gate, stored) = (gate.clone(), Arc::clone(&stored));
        move || {
            // The drive may have gone; what the store has, it has.
            let whole = gate.pass();
            stored.store(whole, Ordering::SeqCst);
            let _ = answers.send(whole);
        }
    });
    let person = thread::spawn({
        let stop = stop.clone();
        move || stop.cancel()
    });
    let outcome = future::block_on(gate.guard(answer, stop.cancelled()));
    // Decided once, and not by whoever comes later.
    let passed = gate.passed();
    connection.join().expect("the connection ends");
    person.join().expect("the person ends");
    assert_eq!(passed || outcome.is_some(), gate.passed(), "decided twice");
    match outcome {
        None => assert!(!stored.load(Ordering::SeqCst), "cut, and the store has all of it"),
        Some(answer) => assert_eq!(answer, Ok(true), "an answer that was not waited for"),
    }
}
