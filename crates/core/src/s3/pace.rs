//! How fast a connection is here, and who gets through: what all requests of a bucket show together, for the watchdog that
//! compares each of them with it.
//!
//! Something on the way may take a body whole and pass it on slowly. What hangs [`OFTEN`] in a row, as it then does, is
//! given more time with every try, and what comes after it twice the time that answers usually take here.
//!
//! Where the system does not tell what was acknowledged, the pace is all there is: until the first answer a body that is
//! sent slowly is told from one that never will be on connections of 8 kB/s up.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;
use tokio::time::{Duration, Instant};

use super::lifesign::LifeSign;
use super::still::Stillness;
use crate::file::buffers::FRAME;
use crate::net::QUEUED;

/// What may be added to the time that something has, so that nothing is noticed later than half a minute after it hung.
const LATE: Duration = Duration::from_secs(11);
/// So many in a row are no accident: what they wait for takes its time.
pub(super) const OFTEN: u32 = 3;
/// What the next of them gets besides; then twice that, and so on.
const PATIENCE: Duration = Duration::from_secs(30);
/// At most.
const PATIENCE_AT_MOST: Duration = Duration::from_secs(150);
/// A request that stands still for this long may be one that began on a way that was dead.
const STILL: Duration = Duration::from_secs(2);
/// An answer that was held up with everything else is sent again within this time of the way's return.
const HELD_UP: Duration = Duration::from_secs(3);
/// After one life sign the next follows within this time.
const NEXT_SIGN: Duration = Duration::from_secs(2);
/// What a system buffers of a connection at most; Linux' default limit of `tcp_wmem`.
const BUFFERED: u64 = 4 << 20;
/// What it buffers on links however slow.
const BUFFERED_ANYWAY: u64 = 512 << 10;
/// Buffers follow the link: more than that is emptied in this time.
const EMPTIED: Duration = Duration::from_secs(10);
/// The same on links that are known for slow, in bytes a second, whose buffers may be anything.
const EMPTIED_LATE: Duration = Duration::from_secs(150);
const SLOW: u64 = 64 << 10;
/// The smallest frame of a body.
const SMALLEST: usize = 4 << 10;
/// The HTTP client takes so many frames at once, or so many bytes and a frame, and the next when all are sent.
const AT_ONCE: u64 = 16;
const AT_ONCE_BYTES: u64 = QUEUED as u64;
/// The slowest pace that is still a connection, in bytes a second.
const SLOWEST: u64 = 1_000;
/// What a connection is taken for before any was measured, in bytes a second.
const UNKNOWN: u64 = 16 << 10;
/// A body that waited this part of its time for its turn says nothing of how slow the link is.
const HELD: u32 = 10;
/// Shorter bodies say more of the way there and back than of the pace.
const TELLING: u64 = 256 << 10;
/// So many bodies as long as this one, begun and answered while nothing of it moved: the link is there, it is not.
const OVERTAKEN: usize = 3;
/// An answer that needs so many times what others need does not come.
const OVERDUE: u32 = 3;
/// So many answers are remembered: as many as parts may fly.
const REMEMBERED: usize = 128;

/// What all requests with a body show together: how fast one connection is, and who gets through.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// Bytes a second of one connection, as the last request showed.
    seen: AtomicU64,
    answers: Mutex<Answers>,
    still: Mutex<Stillness>,
    /// For who waits until some of a body is acknowledged.
    through: Notify,
    sign: Option<Arc<LifeSign>>,
}

#[derive(Debug, Default)]
struct Answers {
    /// Bodies that were answered last.
    latest: VecDeque<Answered>,
    /// When something last hung.
    hung: Option<Instant>,
    /// How often in a row, with no body answered in between.
    in_a_row: u32,
    /// Something hung, and nothing was answered since.
    doubt: bool,
    /// A request that began then, on a connection of its own, was answered.
    alive: Option<Instant>,
    /// One was given up then.
    mute: Option<Instant>,
}

/// A body that was answered.
#[derive(Clone, Copy, Debug)]
struct Answered {
    begun: Instant,
    bytes: u64,
    /// How long after its last byte.
    late: Duration,
}

impl Pace {
    pub(super) fn new(sign: Arc<LifeSign>) -> Arc<Self> {
        Arc::new(Self { sign: Some(sign), ..Self::default() })
    }

    pub(super) fn still(&self) -> std::sync::MutexGuard<'_, Stillness> {
        self.still.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answers(&self) -> std::sync::MutexGuard<'_, Answers> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A whole body of `bytes`, begun then, was sent and answered, so long after its last byte. It `waited` for its turn so
    /// long, which is not the link's matter.
    pub(super) fn saw(&self, bytes: u64, begun: Instant, late: Duration, waited: Duration) {
        self.moves();
        let mut answers = self.answers();
        (answers.in_a_row, answers.doubt) = (0, false);
        answers.latest.truncate(REMEMBERED - 1);
        answers.latest.push_front(Answered { begun, bytes, late });
        if bytes >= TELLING {
            let millis = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX).max(1);
            let pace = (bytes.saturating_mul(1_000) / millis).max(SLOWEST);
            if waited < begun.elapsed() / HELD {
                self.seen.store(pace, Ordering::Relaxed);
            } else {
                // The link is as fast as that at least.
                self.seen.fetch_max(pace, Ordering::Relaxed);
            }
        }
    }

    /// Whether others as long began later than this and were answered.
    pub(super) fn overtook(&self, then: Instant, len: u64) -> bool {
        let answers = self.answers();
        answers.latest.iter().filter(|other| other.begun > then && other.bytes >= len).count() >= OVERTAKEN
    }

    /// How long after the last byte half of what is remembered was answered, and how much that is.
    fn usually_answered(&self) -> (Duration, usize) {
        let answers = self.answers();
        let mut late: Vec<_> = answers.latest.iter().map(|answered| answered.late).collect();
        late.sort_unstable();
        (late.get(late.len() / 2).copied().unwrap_or_default(), late.len())
    }

    /// Whether an answer that did not come for so long after its last byte is missing, by what half of the others needed.
    /// Where something on the way takes bodies whole and passes them on, they need long.
    pub(super) fn is_missing(&self, silence: Duration) -> bool {
        let (usually, of) = self.usually_answered();
        of >= OVERTAKEN && silence >= usually * OVERDUE
    }

    /// A request that began then hung. What hung together counts once.
    pub(super) fn stalled(&self, begun: Instant) {
        let mut answers = self.answers();
        if answers.hung.is_none_or(|hung| begun >= hung) {
            answers.hung = Some(Instant::now());
            answers.in_a_row += 1;
        }
        answers.doubt = true;
    }

    /// A request without a body of note was answered: there is a way.
    pub(super) fn answered(&self) {
        self.answers().doubt = false;
    }

    /// Whether something hung or all stand still, and nobody knows since whether there is a way.
    pub(super) fn in_doubt(&self) -> bool {
        self.answers().doubt || self.still().is_in_doubt()
    }

    /// Asks whether there is a way, where that is in doubt.
    pub(super) fn ask(self: &Arc<Self>) {
        if let Some(sign) = self.sign.as_ref().filter(|_| self.in_doubt()) {
            sign.ask(self);
        }
    }

    /// A life sign that was asked for then was answered. Answers whether what hung knows all it needs.
    pub(super) fn hears(&self, began: Instant) -> bool {
        self.still().answered(began);
        let hung = self.answers().doubt;
        if hung {
            self.lives(began);
        }
        hung
    }

    /// A life sign was not answered.
    pub(super) fn hears_nothing(&self) {
        self.still().unanswered();
        self.answers().mute = Some(Instant::now());
    }

    /// Something of a body was acknowledged.
    pub(super) fn moves(&self) {
        self.still().moves();
        self.through.notify_waiters();
    }

    /// Waits until the other side takes some of a body.
    pub(super) async fn gets_through(&self) {
        self.through.notified().await;
    }

    /// Whether one that began then may be taken for dead for standing still with all others. What hung before it, with
    /// nothing answered since, was begun again already: it may be the other side that stands still.
    pub(super) fn may_be_hurried(&self, begun: Instant) -> bool {
        let answers = self.answers();
        answers.in_a_row == 0 || answers.hung.is_some_and(|hung| begun < hung)
    }

    /// A request that began then was answered after something hung.
    pub(super) fn lives(&self, began: Instant) {
        self.answers().alive = Some(began);
    }

    /// Whether what did not move since then missed that the way is back.
    pub(super) fn missed(&self, moved: Instant) -> bool {
        self.answers().alive.is_some_and(|alive| alive > moved) && moved.elapsed() >= STILL
    }

    /// Whether what moved last then did so while there was no way, as far as was known, and there has been one again for so
    /// long that an answer which was only held up would be here.
    pub(super) fn came_back(&self, then: Instant) -> bool {
        let answers = self.answers();
        let (Some(mute), Some(alive)) = (answers.mute, answers.alive) else { return false };
        // The sign before the one that was answered was not.
        let was_gone = alive.checked_duration_since(mute).is_some_and(|between| between <= NEXT_SIGN);
        was_gone && then < alive && alive.elapsed() >= HELD_UP
    }

    fn bytes_a_second(&self) -> u64 {
        match self.seen.load(Ordering::Relaxed) {
            0 => UNKNOWN,
            seen => seen,
        }
    }

    pub(super) fn time_for(&self, bytes: u64) -> Duration {
        time_at(self.bytes_a_second(), bytes)
    }

    /// The bytes of one frame: fine on slow links, where each is waited for, coarse on fast ones.
    pub(super) fn frame(&self) -> usize {
        // What is taken at once is then a second's worth.
        let frame = usize::try_from(self.bytes_a_second() / AT_ONCE).unwrap_or(FRAME);
        frame.clamp(SMALLEST, FRAME)
    }

    /// The same of a body that began with such frames and took so many bytes in this time: once no buffer holds all of that,
    /// it shows how fast its own connection is. What others show says nothing of one that may hang.
    pub(super) fn frame_after(began_with: usize, taken: u64, took: Duration) -> usize {
        let Some(sent) = taken.checked_sub(BUFFERED) else { return began_with };
        let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).max(1);
        let own = usize::try_from(sent.saturating_mul(1_000) / millis / AT_ONCE).unwrap_or(FRAME);
        own.min(FRAME).max(began_with)
    }

    /// What is taken of a body in one go, whose frames are as large as this, or as all of them.
    pub(super) fn taken_at_once(&self, frame: usize) -> u64 {
        let frame = frame.max(self.frame()) as u64;
        (frame * AT_ONCE).min(AT_ONCE_BYTES + frame)
    }

    /// How long the system may take to send what it took of a body, which it took in this time.
    pub(super) fn emptied(&self, len: u64, took: Duration) -> Duration {
        let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).max(1);
        let own = |buffered: u64| (len - buffered).saturating_mul(1_000) / millis;
        // What does not fit the buffers was sent for certain.
        let sure = own(len.min(BUFFERED));
        let likely = match self.seen.load(Ordering::Relaxed) {
            // The first of a slow link is its own measure.
            0 if took >= EMPTIED => own(BUFFERED_ANYWAY.min(len / 2)),
            _ => self.bytes_a_second(),
        };
        let pace = sure.max(likely);
        let most = if self.is_slow() { EMPTIED_LATE } else { time_at(pace, len.min(BUFFERED_ANYWAY)).max(EMPTIED) };
        time_at(pace, len.min(BUFFERED)).min(most)
    }

    /// Whether connections were measured, and are so slow that their buffers may be anything.
    fn is_slow(&self) -> bool {
        (1..SLOW).contains(&self.seen.load(Ordering::Relaxed))
    }

    /// How much later than usual something may come, where it may be on its way for so long.
    pub(super) fn later(&self, way: Duration, told: bool) -> Duration {
        let usually = self.usually_answered().0 * 2;
        let in_a_row = self.answers().in_a_row;
        if in_a_row >= OFTEN {
            let patience = PATIENCE * 2u32.saturating_pow((in_a_row - OFTEN).min(4));
            return way.max(patience).max(usually).min(PATIENCE_AT_MOST);
        }
        if usually > LATE {
            return way.max(usually).min(PATIENCE_AT_MOST);
        }
        // What is known for slow may be late where nobody tells what of it arrived.
        if self.is_slow() && !told { way } else { way.min(LATE) }
    }
}

fn time_at(pace: u64, bytes: u64) -> Duration {
    Duration::from_millis(bytes.saturating_mul(1_000) / pace.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_that_no_buffer_holds_is_its_own_measure_before_any_was_answered() {
        let (pace, second) = (Pace::default(), Duration::from_secs(1));
        assert_eq!(pace.frame(), SMALLEST);
        let after = |taken, took| Pace::frame_after(SMALLEST, taken, took);
        assert_eq!(after(0, Duration::ZERO), SMALLEST);
        assert_eq!(after(BUFFERED, Duration::from_millis(1)), SMALLEST, "buffered, perhaps");
        assert_eq!(after(BUFFERED + (1 << 20), second), (1 << 20) / 16);
        assert_eq!(after(BUFFERED + (1 << 30), second), FRAME);
        pace.saw(1 << 20, Instant::now(), Duration::ZERO, Duration::ZERO);
        assert_eq!(pace.frame(), FRAME, "as others showed");
        assert_eq!(Pace::frame_after(FRAME, BUFFERED + 1, second), FRAME, "no smaller than it began");
    }
}
