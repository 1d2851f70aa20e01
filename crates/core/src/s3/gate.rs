//! A stop against the last byte of a body: who was first, and what then.

use std::sync::Arc;

use crate::sync::atomic::{AtomicU8, Ordering};

/// Decides between a body's last byte and a stop, once: either the store may have all of it, or it never will.
#[derive(Clone, Debug, Default)]
pub struct Gate(Arc<AtomicU8>);

impl Gate {
    const OPEN: u8 = 0;
    const PASSED: u8 = 1;
    const SHUT: u8 = 2;

    /// The last byte wants to leave. Answers whether it may.
    pub(super) fn pass(&self) -> bool {
        self.settle(Self::PASSED)
    }

    /// Keeps the last byte back. Answers whether it had not left yet.
    pub fn shut(&self) -> bool {
        self.settle(Self::SHUT)
    }

    /// Whether the store may have all of it.
    pub fn passed(&self) -> bool {
        self.0.load(Ordering::SeqCst) == Self::PASSED
    }

    /// Runs the request that this gate's body belongs to. A stop cuts it while the store cannot have all of it; after that
    /// its answer is waited for, or nobody would know whether the object is there. Nothing, when it was cut.
    pub async fn guard<T>(&self, request: impl Future<Output = T>, stop: impl Future<Output = ()>) -> Option<T> {
        tokio::pin!(request);
        tokio::select! {
            biased;
            answer = &mut request => Some(answer),
            () = stop => if self.shut() { None } else { Some(request.await) },
        }
    }

    fn settle(&self, wanted: u8) -> bool {
        match self.0.compare_exchange(Self::OPEN, wanted, Ordering::SeqCst, Ordering::SeqCst) {
            Ok(_) => true,
            Err(settled) => settled == wanted,
        }
    }
}
