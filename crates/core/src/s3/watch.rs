//! What the request's side sees of a body while it is sent: whether its connection moves, what the other side acknowledged,
//! what it waits for, and what came of reading it. Written by the body and the HTTP client, read by the watchdog.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use davit_socket::Sent;
use hyper_util::client::legacy::connect::CaptureConnection;
use tokio::time::{Duration, Instant};

use super::moved::Moved;
use super::pace::Pace;
use crate::error::Error;
use crate::net::Signal;

/// What the request's side sees of the body while it is sent.
#[derive(Debug)]
pub(super) struct Watch {
    pace: Arc<Pace>,
    /// What the transfer knows of it.
    moved: Moved,
    seen: Mutex<Seen>,
    line: Mutex<Line>,
}

/// A request whose body is watched, by the connection that it gets.
#[derive(Clone, Debug)]
pub(super) struct Rides(pub(super) Arc<Watch>);

/// What the system says of what a connection took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// Nothing: what was taken may be anywhere.
    Nothing,
    /// The other side did not acknowledge all of it.
    Waits,
    /// The other side has all of it.
    Arrived,
}

/// The connection of a body, and what the system said when it was last looked at.
#[derive(Debug, Default)]
struct Line {
    connection: Option<CaptureConnection>,
    sent: Option<Sent>,
    /// Since when some of what was taken waits and none of it is acknowledged.
    still: Option<Instant>,
}

impl Line {
    /// Whether anything got through since the last look.
    fn moved(&mut self) -> bool {
        let Some(sent) = self.connection.as_ref().and_then(signal).and_then(|signal| signal.sent()) else {
            return false;
        };
        let moved = self.sent.replace(sent).is_some_and(|before| before.mark != sent.mark);
        let still = self.still.unwrap_or_else(Instant::now);
        self.still = (sent.waits && !moved).then_some(still);
        moved
    }
}

fn signal(connection: &CaptureConnection) -> Option<Signal> {
    let mut extensions = http::Extensions::new();
    connection.connection_metadata().as_ref()?.get_extras(&mut extensions);
    extensions.remove()
}

/// How far a body is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Progress {
    /// When the connection last took a frame, or the other side some of it.
    pub(super) moved: Instant,
    /// Whether its last byte left.
    pub(super) ended: bool,
    /// The largest of its frames, in bytes.
    pub(super) frame: usize,
}

#[derive(Debug)]
struct Seen {
    progress: Progress,
    /// Whether it is the source's drive that is waited for.
    reading: bool,
    /// Since when it waits for its turn at the tap.
    turn: Option<Instant>,
    /// For how long it did before.
    waited: Duration,
    crc64: Option<u64>,
    error: Option<Error>,
}

impl Watch {
    pub(super) fn new(pace: Arc<Pace>) -> Arc<Self> {
        Self::telling(pace, Moved::default())
    }

    /// The same of a body whose transfer is told when it moves.
    pub(super) fn telling(pace: Arc<Pace>, moved: Moved) -> Arc<Self> {
        Arc::new(Self { pace, moved, seen: Mutex::new(Self::nothing()), line: Mutex::default() })
    }

    fn nothing() -> Seen {
        let progress = Progress { moved: Instant::now(), ended: false, frame: 0 };
        Seen { progress, reading: false, turn: None, waited: Duration::ZERO, crc64: None, error: None }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What all bodies show together.
    pub(super) fn pace(&self) -> Arc<Pace> {
        Arc::clone(&self.pace)
    }

    /// The connection that it gets.
    pub(super) fn rides(&self, connection: CaptureConnection) {
        *self.line() = Line { connection: Some(connection), ..Line::default() };
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the system whether anything gets through: it may have taken all of a body and send it slowly.
    pub(super) fn look(&self) -> bool {
        let moved = self.line().moved();
        if moved {
            self.moves(false);
            self.moved.now();
        }
        moved
    }

    /// As on a connection of which the system tells.
    #[cfg(test)]
    pub(super) fn is_told_of(&self, waits: bool) {
        let still = waits.then(Instant::now);
        *self.line() = Line { sent: Some(Sent { mark: 0, waits }), still, ..Line::default() };
    }

    /// What the system said of what the other side acknowledged.
    pub(super) fn told(&self) -> Told {
        match self.line().sent {
            None => Told::Nothing,
            Some(Sent { waits: true, .. }) => Told::Waits,
            Some(Sent { waits: false, .. }) => Told::Arrived,
        }
    }

    /// For how long nothing was acknowledged of what waits for that.
    pub(super) fn stands_still(&self) -> Duration {
        self.line().still.map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// When something last moved, and whether the body is out.
    pub(super) fn progress(&self) -> Progress {
        self.seen().progress
    }

    /// The checksum of what was sent.
    pub(super) fn crc64(&self) -> Option<u64> {
        self.seen().crc64
    }

    /// This is the checksum of what is sent.
    pub(super) fn sums_to(&self, crc64: u64) {
        self.seen().crc64 = Some(crc64);
    }

    /// The source says this while it is read.
    pub(super) fn fails(&self, error: Error) {
        self.seen().error = Some(error);
    }

    /// What the source had to say while it was read.
    pub(super) fn take_error(&self) -> Option<Error> {
        self.seen().error.take()
    }

    /// The connection took a frame, perhaps the last.
    pub(super) fn moves(&self, last: bool) {
        let progress = &mut self.seen().progress;
        (progress.moved, progress.ended) = (Instant::now(), progress.ended || last);
    }

    /// Its frames are as large as this from now on.
    pub(super) fn comes_in(&self, frame: usize) {
        let progress = &mut self.seen().progress;
        progress.frame = progress.frame.max(frame);
    }

    /// An attempt begins.
    pub(super) fn begin(&self) {
        *self.seen() = Self::nothing();
    }

    /// Whether the source's drive is waited for.
    pub(super) fn is_reading(&self) -> bool {
        self.seen().reading
    }

    /// Whether it waits for its turn at the tap: nothing is expected of it then.
    pub(super) fn is_held(&self) -> bool {
        self.seen().turn.is_some()
    }

    /// For how long it did so in all.
    pub(super) fn waited(&self) -> Duration {
        let seen = self.seen();
        seen.waited + seen.turn.map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// It waits for its turn at the tap, or not any more.
    pub(super) fn waits_for_its_turn(&self, waits: bool) {
        let mut seen = self.seen();
        match (waits, seen.turn) {
            (true, None) => seen.turn = Some(Instant::now()),
            (false, Some(since)) => {
                seen.waited += since.elapsed();
                (seen.turn, seen.progress.moved) = (None, Instant::now());
            }
            _ => {}
        }
    }

    /// The source's drive is waited for, or not any more.
    pub(super) fn reads(&self, reading: bool) {
        let mut seen = self.seen();
        seen.reading = reading;
        seen.progress.moved = Instant::now();
    }
}
