//! Asking what lies on a drive from a thread aside: a drive that does not answer (a server that is gone, a cable that is
//! pulled) keeps whoever asks it waiting in the system, sometimes for ever. Here that costs one of a few threads, the asker
//! hears after a while that the drive is away, and nobody asks it any more until one of those threads is back.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::Semaphore;
use tokio::time::{Duration, Instant};

use crate::error::{Error, ErrorCode, Result};

/// A drive that says nothing for so long is away. Disks that sleep take ten seconds or so to spin up.
const SILENT: Duration = Duration::from_secs(20);
/// A single answer takes no longer, though others come meanwhile.
const LATE: Duration = Duration::from_secs(60);
/// How often whoever waits looks whether the drive still answers anybody.
const LOOK: Duration = Duration::from_secs(1);
/// So many are asked for at a time: more threads than that no drive that is away takes from the others.
const AT_A_TIME: usize = 32;

/// What a drive is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// What it may answer from memory, while it gives no byte of a file.
    Names,
    /// Bytes of a file.
    Bytes,
}

/// The drive that is mounted in one place. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Mounted(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    seats: Arc<Semaphore>,
    open: Mutex<Open>,
}

/// What was asked and is not answered.
#[derive(Debug, Default)]
struct Open {
    since: BTreeMap<u64, Instant>,
    next: u64,
    /// When bytes last came.
    read: Option<Instant>,
}

impl Default for Mounted {
    fn default() -> Self {
        Self(Arc::new(Inner { seats: Arc::new(Semaphore::new(AT_A_TIME)), open: Mutex::default() }))
    }
}

/// What is known of each drive, as long as anybody asks it or waits for its answer.
static DRIVES: LazyLock<Mutex<HashMap<PathBuf, Weak<Inner>>>> = LazyLock::new(Mutex::default);

impl Mounted {
    /// The drive that is mounted there; one of its own where that is not known.
    pub(crate) fn at(mount: Option<&Path>) -> Self {
        let Some(mount) = mount else { return Self::default() };
        let mut drives = DRIVES.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = drives.get(mount).and_then(Weak::upgrade) {
            return Self(known);
        }
        drives.retain(|_, known| known.strong_count() > 0);
        let new = Self::default();
        drives.insert(mount.to_owned(), Arc::downgrade(&new.0));
        new
    }

    /// Does work that asks the drive, on a thread aside.
    ///
    /// # Errors
    /// `source-offline` when the drive does not answer; what the work says.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        what: Asked,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let seats = Arc::clone(&self.0.seats);
        let seat = self.unless_silent(seats.acquire_owned(), None).await?;
        let asking = self.begin(what);
        let task = tokio::task::spawn_blocking(move || {
            let (_seat, _asking) = (seat, asking);
            work()
        });
        self.unless_silent(task, Some(LATE)).await?.map_err(|e| Error::new(ErrorCode::Unexpected).source(e))?
    }

    async fn unless_silent<T>(&self, answer: impl Future<Output = T>, at_most: Option<Duration>) -> Result<T> {
        let begun = Instant::now();
        tokio::pin!(answer);
        while !self.is_silent() && at_most.is_none_or(|at_most| begun.elapsed() < at_most) {
            tokio::select! {
                biased;
                answer = &mut answer => return Ok(answer),
                () = tokio::time::sleep(LOOK) => {}
            }
        }
        Err(Error::new(ErrorCode::SourceOffline).detail("the drive does not answer"))
    }

    /// Whether something was asked for long ago, and no byte came since.
    pub(crate) fn is_silent(&self) -> bool {
        let open = self.0.open();
        let first = open.since.values().min().copied();
        first.is_some_and(|first| open.read.map_or(first, |read| read.max(first)).elapsed() >= SILENT)
    }

    fn begin(&self, what: Asked) -> Asking {
        let mut open = self.0.open();
        open.next += 1;
        let number = open.next;
        open.since.insert(number, Instant::now());
        Asking { number, what, drive: Arc::clone(&self.0) }
    }
}

impl Inner {
    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Something that is asked for; answered when dropped.
#[derive(Debug)]
struct Asking {
    number: u64,
    what: Asked,
    drive: Arc<Inner>,
}

impl Drop for Asking {
    fn drop(&mut self) {
        let mut open = self.drive.open();
        open.since.remove(&self.number);
        if self.what == Asked::Bytes {
            open.read = Some(Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// Asks for something that is answered when the sender is dropped, and gives that up after a moment.
    async fn hangs(drive: &Mounted) -> mpsc::Sender<()> {
        let (holds, held) = mpsc::channel::<()>();
        let (asks, asked) = tokio::sync::oneshot::channel();
        let hung = drive.ask(Asked::Bytes, move || {
            let _ = asks.send(());
            let _ = held.recv();
            Ok(())
        });
        tokio::select! {
            _ = hung => {}
            _ = asked => {}
        }
        holds
    }

    #[tokio::test(start_paused = true)]
    async fn a_drive_that_does_not_answer_is_away_and_asked_no_more_until_it_does() {
        let place = Path::new("/davit/silent");
        let drive = Mounted::at(Some(place));
        let holds = hangs(&drive).await;
        drive.ask(Asked::Names, || Ok(())).await.expect("others answer, for now");
        tokio::time::advance(SILENT).await;
        assert!(Mounted::at(Some(place)).is_silent(), "known wherever it is asked");
        let asked = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let work = {
            let asked = Arc::clone(&asked);
            move || {
                asked.store(true, std::sync::atomic::Ordering::SeqCst);
                Ok(())
            }
        };
        let error = drive.ask(Asked::Names, work).await.expect_err("away");
        assert_eq!(error.code, ErrorCode::SourceOffline);
        assert!(!asked.load(std::sync::atomic::Ordering::SeqCst), "it was left alone");
        let other = Mounted::at(Some(Path::new("/davit/other")));
        other.ask(Asked::Names, || Ok(())).await.expect("another drive answers");
        drop(holds);
        while drive.is_silent() {
            tokio::task::yield_now().await;
        }
        drive.ask(Asked::Names, || Ok(())).await.expect("it is back");
    }

    #[tokio::test(start_paused = true)]
    async fn a_drive_that_gives_bytes_is_slow_and_not_away() {
        let drive = Mounted::default();
        let _holds = hangs(&drive).await;
        for _ in 0..5 {
            tokio::time::advance(SILENT / 2).await;
            drive.ask(Asked::Bytes, || Ok(())).await.expect("it reads");
        }
        assert!(!drive.is_silent());
    }

    #[tokio::test(start_paused = true)]
    async fn no_drive_takes_more_than_its_threads() {
        let drive = Mounted::default();
        let mut holds = Vec::new();
        for _ in 0..AT_A_TIME {
            holds.push(hangs(&drive).await);
        }
        let mut more = std::pin::pin!(drive.ask(Asked::Names, || Ok(())));
        assert!(futures::poll!(more.as_mut()).is_pending(), "in line");
        holds.pop();
        more.await.expect("a thread is free");
    }
}
