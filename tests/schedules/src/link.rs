//! Who waits for the network, and who wakes them.

#[path = "../../../crates/core/src/engine/link.rs"]
mod real;

use std::sync::Arc;
use std::time::Duration;

use shuttle::future;
use shuttle::sync::atomic::{AtomicBool, Ordering};
use tokio_util::sync::CancellationToken;

use crate::error::{Error, ErrorCode};
use crate::sync::longer_waits_are_endless;
use real::Link;

const PARTS: usize = 3;
const SOON: Duration = Duration::from_millis(50);

/// Parts whose requests fail until the network is back. Their first wait is short; none of the others ends by itself:
/// whoever is not woken by the one that comes through first is never heard of again.
pub fn scenario() {
    longer_waits_are_endless(SOON);
    let (link, back) = (Arc::new(Link::default()), Arc::new(AtomicBool::new(false)));
    let parts: Vec<_> = (0..PARTS)
        .map(|_| {
            let (link, back) = (Arc::clone(&link), Arc::clone(&back));
            future::spawn(async move {
                let request =
                    || async { if back.load(Ordering::SeqCst) { Ok(()) } else { Err(Error::new(ErrorCode::Offline)) } };
                link.patiently(&CancellationToken::new(), request, |_, _| {}).await.expect("never given up");
            })
        })
        .collect();
    // The network returns, and one that waited for nothing gets through.
    let first = future::spawn({
        let link = Arc::clone(&link);
        async move {
            back.store(true, Ordering::SeqCst);
            link.patiently(&CancellationToken::new(), || async { Ok(()) }, |_, _| {})
                .await
                .expect("the network is back");
        }
    });
    future::block_on(async {
        first.await.expect("ends");
        for part in parts {
            part.await.expect("ends");
        }
    });
}
