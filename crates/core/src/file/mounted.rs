//! Asking what lies on a drive from a thread aside: a drive that does not answer (a server that is gone, a cable that is
//! pulled) keeps whoever asks it waiting in the system, sometimes for ever. Here that costs one of a few threads, the asker
//! hears after a while that the drive is away, and nobody asks it any more until one of those threads is back, but for one
//! question at ever longer times: a drive that was taken away by force and mounted again answers that, and never those.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Duration, Instant};

use crate::error::{Error, ErrorCode, Result, Retry};

/// A drive that says nothing for so long is away. Disks that sleep take ten seconds or so to spin up.
const SILENT: Duration = Duration::from_secs(20);
/// A single answer takes no longer, though others come meanwhile.
const LATE: Duration = Duration::from_secs(60);
/// How often whoever waits looks whether the drive still answers anybody.
const LOOK: Duration = Duration::from_secs(1);
/// So many are asked for at a time: more threads than that no drive that is away takes from the others.
const AT_A_TIME: usize = 32;
/// So many threads a drive has at most that comes back again and again and never answers what it was asked before.
const HUNG_AT_MOST: usize = 2 * AT_A_TIME;

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
    asked: BTreeMap<u64, Waiting>,
    next: u64,
    /// When bytes last came.
    read: Option<Instant>,
    /// What was asked before this one tells nothing of the drive any more, which answered this one.
    given_up_before: u64,
    again: Option<Again>,
    /// Files that nobody needs any more.
    over: Vec<File>,
    /// Whether a thread closes those.
    closing: bool,
}

#[derive(Debug)]
struct Waiting {
    /// Since when nothing of it has come.
    since: Instant,
    /// Held.
    seat: Option<OwnedSemaphorePermit>,
}

/// One question that a silent drive is asked all the same.
#[derive(Clone, Copy, Debug)]
struct Again {
    next: Instant,
    pause: Duration,
    asked: Option<u64>,
}

impl Default for Mounted {
    fn default() -> Self {
        Self(Arc::new(Inner { seats: Arc::new(Semaphore::new(AT_A_TIME)), open: Mutex::default() }))
    }
}

/// What is known of each drive, as long as anybody asks it or waits for its answer.
static DRIVES: LazyLock<Mutex<HashMap<PathBuf, Weak<Inner>>>> = LazyLock::new(Mutex::default);

impl Mounted {
    /// The drive that is mounted there.
    pub(crate) fn at(mount: &Path) -> Self {
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
    /// `source-offline` when the drive does not answer; `read-error` when it answers others; what the work says.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        what: Asked,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.ask_for_much(what, move |_| work()).await
    }

    /// The same for work that may take long, and tells whenever the drive gave something.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub(crate) async fn ask_for_much<T: Send + 'static>(
        &self,
        what: Asked,
        work: impl FnOnce(&Asking) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (asking, again) = if let Some(asking) = self.again(what) {
            (asking, true)
        } else {
            let seats = Arc::clone(&self.0.seats);
            let seat = self.answered(seats.acquire_owned(), |drive| drive.is_silent().then(away)).await?;
            (self.begin(what, seat.ok()), false)
        };
        let number = asking.number;
        let task = tokio::task::spawn_blocking(move || work(&asking));
        let fails = |drive: &Self| match drive.waits_for(number) {
            waits if again => (waits >= SILENT).then(away),
            _ if drive.is_silent() => Some(away()),
            waits => (waits >= LATE).then(hangs),
        };
        self.answered(task, fails).await?.map_err(|e| Error::new(ErrorCode::Unexpected).source(e))?
    }

    async fn answered<T>(&self, answer: impl Future<Output = T>, fails: impl Fn(&Self) -> Option<Error>) -> Result<T> {
        tokio::pin!(answer);
        loop {
            if let Some(error) = fails(self) {
                return Err(error);
            }
            tokio::select! {
                biased;
                answer = &mut answer => return Ok(answer),
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    /// Whether something was asked for long ago, and no byte came since.
    pub(crate) fn is_silent(&self) -> bool {
        self.0.open().is_silent()
    }

    fn waits_for(&self, number: u64) -> Duration {
        self.0.open().asked.get(&number).map_or(Duration::ZERO, |waiting| waiting.since.elapsed())
    }

    fn begin(&self, what: Asked, seat: Option<OwnedSemaphorePermit>) -> Asking {
        let number = self.0.open().begin(seat);
        Asking { number, what, drive: Arc::clone(&self.0) }
    }

    /// The one question that a silent drive is asked now and then, if it is time for it.
    fn again(&self, what: Asked) -> Option<Asking> {
        let mut open = self.0.open();
        if !open.is_silent() || open.asked.len() >= HUNG_AT_MOST {
            return None;
        }
        let now = Instant::now();
        let again = *open.again.get_or_insert(Again { next: now + SILENT, pause: SILENT, asked: None });
        if again.next > now {
            return None;
        }
        let (pause, number) = (again.pause * 2, open.begin(None));
        open.again = Some(Again { next: now + pause, pause, asked: Some(number) });
        Some(Asking { number, what, drive: Arc::clone(&self.0) })
    }

    /// Closes a file of it aside, for that may wait for its answer as reading does.
    pub(super) fn close(&self, file: File) {
        let mut open = self.0.open();
        open.over.push(file);
        // What it is asked for tells whether it answers. Nobody waits for this, so it can come after that.
        let is_idle = open.asked.range(open.given_up_before..).next().is_none();
        drop(open);
        if is_idle {
            self.close_all();
        }
    }

    /// One thread closes all, one after the other.
    fn close_all(&self) {
        let mut open = self.0.open();
        if open.closing || open.over.is_empty() {
            return;
        }
        open.closing = true;
        drop(open);
        let drive = self.clone();
        let next = move || {
            let mut open = drive.0.open();
            let file = open.over.pop();
            open.closing = file.is_some();
            drop(open);
            file.map(|file| (drive.begin(Asked::Names, None), file))
        };
        let close = move || {
            while let Some((asking, file)) = next() {
                drop(file);
                drop(asking);
            }
        };
        if std::thread::Builder::new().name("davit-close".to_owned()).spawn(close).is_err() {
            self.0.open().closing = false;
        }
    }
}

fn away() -> Error {
    Error::new(ErrorCode::SourceOffline).detail("the drive does not answer")
}

/// The drive is there: only this file, or folder, is not.
fn hangs() -> Error {
    Error::new(ErrorCode::ReadError).retry(Retry::WhenFileQuiet).detail("the drive gives others, and not this")
}

impl Inner {
    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn begin(&mut self, seat: Option<OwnedSemaphorePermit>) -> u64 {
        self.next += 1;
        self.asked.insert(self.next, Waiting { since: Instant::now(), seat });
        self.next
    }

    fn is_silent(&self) -> bool {
        let first = self.asked.range(self.given_up_before..).map(|(_, waiting)| waiting.since).min();
        first.is_some_and(|first| self.read.map_or(first, |read| read.max(first)).elapsed() >= SILENT)
    }

    /// The drive is there, whatever it still owes: what it was asked before keeps nobody else waiting, and no place.
    fn gives_up_before(&mut self, number: u64) {
        self.given_up_before = number;
        self.asked.range_mut(..number).for_each(|(_, waiting)| waiting.seat = None);
        self.closing = false;
    }
}

/// Something that is asked for; answered when dropped.
#[derive(Debug)]
pub(crate) struct Asking {
    number: u64,
    what: Asked,
    drive: Arc<Inner>,
}

impl Asking {
    /// The drive gave some of it.
    pub(crate) fn moves(&self) {
        let mut open = self.drive.open();
        if let Some(waiting) = open.asked.get_mut(&self.number) {
            waiting.since = Instant::now();
        }
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        let mut open = self.drive.open();
        open.asked.remove(&self.number);
        if open.again.is_some_and(|again| again.asked == Some(self.number)) {
            open.gives_up_before(self.number);
        }
        if self.what == Asked::Bytes {
            open.read = Some(Instant::now());
            open.again = None;
        }
        drop(open);
        Mounted(Arc::clone(&self.drive)).close_all();
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
        let drive = Mounted::at(place);
        let holds = hangs(&drive).await;
        drive.ask(Asked::Names, || Ok(())).await.expect("others answer, for now");
        tokio::time::advance(SILENT).await;
        assert!(Mounted::at(place).is_silent(), "known wherever it is asked");
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
        let other = Mounted::at(Path::new("/davit/other"));
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

    #[tokio::test(start_paused = true)]
    async fn a_drive_that_was_mounted_again_is_asked_again_and_owes_nobody_else_what_was_asked_before() {
        let drive = Mounted::default();
        let mut holds = Vec::new();
        for _ in 0..AT_A_TIME {
            holds.push(hangs(&drive).await);
        }
        tokio::time::advance(SILENT).await;
        // Each hangs as well, and the pauses between them grow.
        for _ in 0..300 {
            let (hold, held) = mpsc::channel::<()>();
            let work = move || {
                let _ = held.recv();
                Ok(())
            };
            let mut answer = std::pin::pin!(drive.ask(Asked::Names, work));
            // A paused clock stands still while something hangs, and is moved by hand.
            while futures::poll!(answer.as_mut()).is_pending() {
                tokio::time::advance(LOOK).await;
            }
            holds.push(hold);
            tokio::time::advance(LOOK).await;
        }
        let asked = drive.0.open().asked.len() - AT_A_TIME;
        assert!((3..=6).contains(&asked), "{asked}");
        // It is mounted again: what it is asked now it answers.
        while drive.ask(Asked::Names, || Ok(())).await.is_err() {
            tokio::time::advance(SILENT).await;
        }
        assert!(!drive.is_silent());
        let mut more = Vec::new();
        for _ in 0..AT_A_TIME {
            more.push(hangs(&drive).await);
        }
        assert_eq!(drive.0.seats.available_permits(), 0, "its threads were free again");
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_that_hangs_on_a_drive_that_gives_others_is_not_the_drive_that_is_away() {
        let drive = Mounted::default();
        let (_hold, held) = mpsc::channel::<()>();
        let mut hung = std::pin::pin!(drive.ask(Asked::Bytes, move || {
            let _ = held.recv();
            Ok(())
        }));
        let error = loop {
            if let std::task::Poll::Ready(answer) = futures::poll!(hung.as_mut()) {
                break answer.expect_err("late");
            }
            tokio::time::advance(LOOK).await;
            drive.ask(Asked::Bytes, || Ok(())).await.expect("it reads");
        };
        assert_eq!((error.code, error.retry), (ErrorCode::ReadError, Retry::WhenFileQuiet));
    }

    #[tokio::test(start_paused = true)]
    async fn what_takes_long_and_moves_is_not_away() {
        let drive = Mounted::default();
        let (step, steps) = mpsc::channel::<()>();
        let (moved, moves) = mpsc::channel::<()>();
        let mut much = std::pin::pin!(drive.ask_for_much(Asked::Names, move |asking| {
            while steps.recv().is_ok() {
                asking.moves();
                let _ = moved.send(());
            }
            Ok(())
        }));
        for _ in 0..10 {
            assert!(futures::poll!(much.as_mut()).is_pending());
            tokio::time::advance(SILENT / 2).await;
            step.send(()).expect("it listens");
            moves.recv().expect("moved");
        }
        drop(step);
        much.await.expect("at its end");
    }
}
