//! The core's `sync`, for the checker. What tokio has is tokio's own, with a turn for others before every use.

pub(crate) use shuttle::sync::{Mutex, MutexGuard};
pub(crate) use std::sync::PoisonError;

use std::cell::Cell;
use std::time::Duration;

use shuttle::sync::atomic::{AtomicBool, Ordering};

pub(crate) mod atomic {
    pub(crate) use shuttle::sync::atomic::{AtomicU8, AtomicU64, Ordering};
}

/// Lets the checker choose who goes on.
fn turn() {
    AtomicBool::new(false).load(Ordering::SeqCst);
}

/// Wakes whoever waits.
#[derive(Debug, Default)]
pub(crate) struct Notify(tokio::sync::Notify);

impl Notify {
    pub(crate) fn notified(&self) -> tokio::sync::futures::Notified<'_> {
        turn();
        self.0.notified()
    }

    pub(crate) fn notify_waiters(&self) {
        turn();
        self.0.notify_waiters();
    }
}

/// A lock that is held across waits.
#[derive(Debug)]
pub(crate) struct AsyncMutex<T>(tokio::sync::Mutex<T>);

impl<T> AsyncMutex<T> {
    pub(crate) fn new(of: T) -> Self {
        Self(tokio::sync::Mutex::new(of))
    }

    pub(crate) async fn lock(&self) -> tokio::sync::MutexGuard<'_, T> {
        turn();
        self.0.lock().await
    }

    pub(crate) fn try_lock(&self) -> Result<tokio::sync::MutexGuard<'_, T>, tokio::sync::TryLockError> {
        turn();
        self.0.try_lock()
    }
}

pub(crate) mod watch {
    pub(crate) use tokio::sync::watch::Receiver;

    use super::turn;

    /// Tells a value as it changes.
    #[derive(Debug)]
    pub(crate) struct Sender<T>(tokio::sync::watch::Sender<T>);

    impl<T> Sender<T> {
        pub(crate) fn new(first: T) -> Self {
            Self(tokio::sync::watch::Sender::new(first))
        }

        pub(crate) fn subscribe(&self) -> Receiver<T> {
            self.0.subscribe()
        }

        pub(crate) fn send_replace(&self, now: T) -> T {
            turn();
            self.0.send_replace(now)
        }

        pub(crate) fn send_if_modified(&self, change: impl FnOnce(&mut T) -> bool) -> bool {
            turn();
            self.0.send_if_modified(change)
        }
    }
}

thread_local! {
    /// A schedule is run by one thread of the system.
    static LONGEST: Cell<Duration> = const { Cell::new(Duration::MAX) };
}

/// In this schedule longer waits than that never end by themselves.
pub(crate) fn longer_waits_are_endless(than: Duration) {
    LONGEST.set(than);
}

/// Waits until the checker likes.
pub(crate) async fn sleep(wait: Duration) {
    if wait > LONGEST.get() {
        std::future::pending::<()>().await;
    }
    shuttle::future::yield_now().await;
}
