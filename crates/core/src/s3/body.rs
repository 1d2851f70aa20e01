//! A range of a file as the body of a request: read by position into pooled frames, checksummed while hot, framed as
//! one aws-chunked chunk with the checksum in the trailer.
//!
//! Frames: `"{len:x}\r\n"`, the data, `"\r\n0\r\nx-amz-checksum-crc64nvme:{base64}\r\n\r\n"`. AWS's own CRT client sends
//! the same. No byte is read twice, none is held: a retry reads again from the same open handle. What fits one frame is read
//! before it is sent, and held until it is answered: see [`Held`].
//! Reading happens on the thread that polls; see docs/performance.md for why that is not slower. Only what lies on a drive
//! that may never answer is read aside.

use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures::future::BoxFuture;
use http_body::{Body, Frame, SizeHint};
use tokio::time::Instant;

use super::pace::Pace;
use super::requests::PartBody;
use super::tap::Sip;
use super::watch::Watch;
use crate::error::{Error, ErrorCode, Result};
use crate::file::buffers::{Buffer, Buffers, FRAME};
use crate::transfer::checksum;

/// The trailer's and header's name.
pub(super) const CHECKSUM: &str = "x-amz-checksum-crc64nvme";

/// How the checksum travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// In the trailer of one aws-chunked chunk: one read.
    Trailer,
    /// In a header, from a first read: for stores that know no trailers.
    Header,
}

/// What is waited for aside.
struct Aside<T>(Mutex<BoxFuture<'static, Result<T>>>);

impl<T> Aside<T> {
    /// Begins it, or looks how it is.
    fn poll(
        slot: &mut Option<Self>,
        context: &mut Context<'_>,
        begin: impl FnOnce() -> BoxFuture<'static, Result<T>>,
    ) -> Poll<Result<T>> {
        let aside = slot.get_or_insert_with(|| Self(Mutex::new(begin())));
        let outcome = ready!(aside.0.get_mut().unwrap_or_else(PoisonError::into_inner).as_mut().poll(context));
        *slot = None;
        Poll::Ready(outcome)
    }
}

enum Stage {
    Head,
    Data,
    Over,
}

/// A whole file that was read at once, and found unchanged after that.
#[derive(Debug)]
pub(super) struct Held {
    bytes: Bytes,
    pub(super) crc64: u64,
}

impl Held {
    /// Reads a file that fits a frame.
    ///
    /// # Errors
    /// As [`SourceFile::check_read`](crate::file::SourceFile::check_read).
    pub(super) async fn read(part: &PartBody, buffers: &Buffers) -> Result<Self> {
        let PartBody { file, offset, len, fingerprint, .. } = part;
        let mut buffer = buffers.take(usize::try_from(*len).unwrap_or(FRAME));
        if file.may_hang() {
            buffer = Arc::clone(file).filled(buffer, *offset).await?;
        } else {
            file.read_exact_at(buffer.fill(), *offset)?;
        }
        let crc64 = crc_fast::checksum(crc_fast::CrcAlgorithm::Crc64Nvme, buffer.as_ref());
        if file.may_hang() {
            Arc::clone(file).still_as_read(fingerprint.clone(), *len, crc64).await?;
        } else {
            file.check_read(fingerprint, *len, crc64)?;
        }
        Ok(Self { bytes: buffer.freeze(), crc64 })
    }
}

/// The body of one attempt.
pub(super) struct Stream {
    part: PartBody,
    mode: Mode,
    buffers: Buffers,
    /// What was read before, and not again.
    held: Option<Bytes>,
    watch: Arc<Watch>,
    digest: crc_fast::Digest,
    stage: Stage,
    at: u64,
    left: u64,
    length_left: u64,
    /// Bytes of one frame, as others showed when it began.
    frame: usize,
    begun: Instant,
    sip: Sip,
    /// What the tap gave it to take next.
    given: Option<usize>,
    reading: Option<Aside<Buffer>>,
    checking: Option<Aside<()>>,
}

/// Bytes on the wire for a body of `len` bytes.
pub(super) fn framed_len(mode: Mode, len: u64) -> u64 {
    match mode {
        Mode::Header => len,
        // "\r\n0\r\n" name ":" base64 of eight bytes "\r\n\r\n"
        Mode::Trailer => head(len).len() as u64 + len + (5 + CHECKSUM.len() + 1 + 12 + 4) as u64,
    }
}

fn head(len: u64) -> String {
    format!("{len:x}\r\n")
}

impl Stream {
    pub(super) fn new(part: PartBody, mode: Mode, buffers: Buffers, watch: Arc<Watch>) -> Self {
        part.sent.store(0, Ordering::Relaxed);
        watch.begin();
        let (frame, begun) = (watch.pace().frame(), Instant::now());
        let length_left = framed_len(mode, part.len);
        let digest = crc_fast::Digest::new(crc_fast::CrcAlgorithm::Crc64Nvme);
        if length_left == 0 {
            part.gate.pass();
            watch.sums_to(digest.finalize());
        }
        let stage = if mode == Mode::Trailer { Stage::Head } else { Stage::Data };
        Self {
            stage,
            at: part.offset,
            left: part.len,
            length_left,
            frame,
            begun,
            sip: Sip::new(part.tapped.clone()),
            given: None,
            reading: None,
            checking: None,
            digest,
            part,
            mode,
            buffers,
            held: None,
            watch,
        }
    }

    /// A plain body of what was read before.
    pub(super) fn of(held: &Held, part: PartBody, buffers: Buffers, watch: Arc<Watch>) -> Self {
        let mut body = Self::new(part, Mode::Header, buffers, watch);
        body.held = Some(held.bytes.clone());
        body
    }

    /// How many bytes of those it wants it may send now.
    fn turn(&mut self, want: usize, context: &mut Context<'_>) -> Poll<usize> {
        if let Some(given) = self.given {
            return Poll::Ready(given);
        }
        let turn = self.sip.poll(want, context);
        self.watch.waits_for_its_turn(turn.is_pending());
        self.given = Some(ready!(turn));
        turn
    }

    /// The next bytes of the file.
    fn read(&mut self, len: usize, context: &mut Context<'_>) -> Poll<Result<Buffer>> {
        let (buffers, file, at) = (&self.buffers, &self.part.file, self.at);
        if !file.may_hang() {
            let mut buffer = buffers.take(len);
            return Poll::Ready(file.read_exact_at(buffer.fill(), at).map(|()| buffer));
        }
        let begin = || -> BoxFuture<'static, _> { Box::pin(Arc::clone(file).filled(buffers.take(len), at)) };
        let outcome = Aside::poll(&mut self.reading, context, begin);
        self.waits_for_the_drive(outcome.is_pending());
        outcome
    }

    /// The file must still be the one that the plan was made for, or the whole request is worthless.
    fn check(&mut self, crc64: u64, context: &mut Context<'_>) -> Poll<Result<()>> {
        let PartBody { file, fingerprint, len, .. } = &self.part;
        if !file.may_hang() {
            return Poll::Ready(file.check_read(fingerprint, *len, crc64));
        }
        let begin =
            || -> BoxFuture<'static, _> { Box::pin(Arc::clone(file).still_as_read(fingerprint.clone(), *len, crc64)) };
        let outcome = Aside::poll(&mut self.checking, context, begin);
        self.waits_for_the_drive(outcome.is_pending());
        outcome
    }

    fn waits_for_the_drive(&self, waits: bool) {
        if self.watch.is_reading() != waits {
            self.watch.reads(waits);
        }
    }

    fn next(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Bytes>>> {
        let frame = match self.stage {
            Stage::Head => {
                self.stage = Stage::Data;
                Bytes::from(head(self.part.len))
            }
            Stage::Data if self.left > 0 => {
                let frame = Pace::frame_after(self.frame, self.part.len - self.left, self.begun.elapsed());
                let want = usize::try_from(self.left).unwrap_or(FRAME).min(frame);
                self.watch.comes_in(want);
                let len = ready!(self.turn(want, context));
                let bytes = match &mut self.held {
                    Some(held) => held.split_to(len),
                    None => ready!(self.read(len, context))?.freeze(),
                };
                self.given = None;
                self.digest.update(&bytes);
                self.at += len as u64;
                self.left -= len as u64;
                if self.left == 0 {
                    self.sip.ends();
                }
                self.part.sent.fetch_add(len as u64, Ordering::Relaxed);
                self.part.tally.fetch_add(len as u64, Ordering::Relaxed);
                bytes
            }
            // It was looked at after it was read.
            Stage::Data if self.held.is_some() => return Poll::Ready(Ok(None)),
            Stage::Data => {
                let crc64 = self.digest.finalize();
                ready!(self.check(crc64, context))?;
                self.watch.sums_to(crc64);
                self.stage = Stage::Over;
                if self.mode == Mode::Header {
                    return Poll::Ready(Ok(None));
                }
                Bytes::from(format!("\r\n0\r\n{CHECKSUM}:{}\r\n\r\n", checksum::to_base64(crc64)))
            }
            Stage::Over => return Poll::Ready(Ok(None)),
        };
        // A plain body ends with its last data frame: nobody polls for more once the length is reached.
        if self.mode == Mode::Header && self.left == 0 {
            self.watch.sums_to(self.digest.finalize());
        }
        self.length_left -= frame.len() as u64;
        if self.length_left == 0 && !self.part.gate.pass() {
            return Poll::Ready(Err(Error::new(ErrorCode::Unexpected).detail("stopped before the last byte")));
        }
        Poll::Ready(Ok(Some(frame)))
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if self.reading.is_some() || self.checking.is_some() {
            self.waits_for_the_drive(false);
        }
        self.watch.waits_for_its_turn(false);
    }
}

impl Body for Stream {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(match ready!(self.next(context)) {
            Ok(Some(frame)) => {
                self.watch.moves(self.length_left == 0);
                Some(Ok(Frame::data(frame)))
            }
            Ok(None) => None,
            Err(error) => {
                let said = error.to_string();
                self.watch.fails(error);
                Some(Err(said.into()))
            }
        })
    }

    fn is_end_stream(&self) -> bool {
        self.length_left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length_left)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;
    use std::task::Waker;

    use tokio::time::Duration;

    use super::*;
    use crate::file::SourceFile;
    use crate::s3::{Gate, Lane, Moved, Tap, Tapped};
    use crate::units::ByteRate;

    fn part(bytes: &[u8]) -> (tempfile::NamedTempFile, PartBody) {
        let named = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(named.path(), bytes).expect("written");
        let file = Arc::new(SourceFile::open(named.path()).expect("opens"));
        let fingerprint = file.fingerprint().expect("identified");
        let (offset, len, sent) = (0, bytes.len() as u64, Arc::new(AtomicU64::new(0)));
        let (moved, gate, tapped, tally) = (Moved::default(), Gate::default(), Tapped::default(), Arc::default());
        (named, PartBody { file, offset, len, sent, moved, tally, fingerprint, gate, tapped })
    }

    fn collect(stream: Stream) -> Result<Vec<u8>, String> {
        let mut stream = Box::pin(stream);
        let mut all = Vec::new();
        let mut context = Context::from_waker(Waker::noop());
        loop {
            match stream.as_mut().poll_frame(&mut context) {
                Poll::Ready(Some(Ok(frame))) => all.extend_from_slice(frame.data_ref().expect("data")),
                Poll::Ready(Some(Err(error))) => return Err(error.to_string()),
                Poll::Ready(None) => return Ok(all),
                Poll::Pending => unreachable!("reading never waits"),
            }
        }
    }

    #[test]
    fn the_wire_has_one_chunk_and_the_checksum_after_it() {
        let (_kept, part) = part(b"hello");
        let watch = Watch::new(Arc::default());
        let stream = Stream::new(part, Mode::Trailer, Buffers::default(), Arc::clone(&watch));
        let wire = collect(stream).expect("sent");
        let crc = crc_fast::checksum(crc_fast::CrcAlgorithm::Crc64Nvme, b"hello");
        let expected = format!("5\r\nhello\r\n0\r\nx-amz-checksum-crc64nvme:{}\r\n\r\n", checksum::to_base64(crc));
        assert_eq!(wire, expected.as_bytes());
        assert_eq!(wire.len() as u64, framed_len(Mode::Trailer, 5));
        assert_eq!(watch.crc64(), Some(crc));
        assert!(watch.progress().ended);
    }

    #[test]
    fn a_plain_body_is_the_file_and_its_checksum_is_known_with_the_last_byte() {
        let bytes: Vec<u8> = (0..FRAME + 17).map(|n| u8::try_from(n % 251).unwrap_or(0)).collect();
        let (_kept, part) = part(&bytes);
        let (sent, watch) = (Arc::clone(&part.sent), Watch::new(Arc::default()));
        let stream = Stream::new(part, Mode::Header, Buffers::default(), Arc::clone(&watch));
        assert_eq!(collect(stream).expect("sent"), bytes);
        assert_eq!(watch.crc64(), Some(crc_fast::checksum(crc_fast::CrcAlgorithm::Crc64Nvme, &bytes)));
        assert_eq!(sent.load(Ordering::Relaxed), bytes.len() as u64);
    }

    #[test]
    fn a_file_that_changes_while_it_is_sent_breaks_the_request() {
        let (named, part) = part(&[7; 1_000]);
        let watch = Watch::new(Arc::default());
        let stream = Stream::new(part, Mode::Trailer, Buffers::default(), Arc::clone(&watch));
        named.as_file().set_len(900).expect("cut");
        collect(stream).expect_err("broken off");
        assert_eq!(watch.take_error().expect("a reason").code, ErrorCode::FileChanged);
    }

    #[tokio::test]
    async fn what_is_read_aside_is_the_same_on_the_wire() {
        let bytes: Vec<u8> = (0..3 * FRAME + 17).map(|n| u8::try_from(n % 251).unwrap_or(0)).collect();
        let (named, part) = part(&bytes);
        let whole = |part: PartBody| async {
            let watch = Watch::new(Arc::default());
            let stream = Stream::new(part, Mode::Trailer, Buffers::default(), Arc::clone(&watch));
            let wire = http_body_util::BodyExt::collect(stream).await.expect("sent").to_bytes();
            assert!(!watch.is_reading() && watch.progress().ended);
            wire
        };
        let file = SourceFile::open(named.path()).expect("opens").on_a_drive_that_may_hang();
        let aside = PartBody { file: Arc::new(file), gate: Gate::default(), ..part.clone() };
        assert_eq!(whole(aside).await, whole(part).await);
    }

    #[tokio::test]
    async fn a_small_file_that_was_read_whole_is_sent_as_it_was_found() {
        let bytes: Vec<u8> = (0..FRAME).map(|n| u8::try_from(n % 251).unwrap_or(0)).collect();
        for len in [0, 1, FRAME] {
            for may_hang in [false, true] {
                let (named, mut part) = part(&bytes[..len]);
                if may_hang {
                    let file = SourceFile::open(named.path()).expect("opens").on_a_drive_that_may_hang();
                    part.file = Arc::new(file);
                }
                let held = Held::read(&part, &Buffers::default()).await.expect("read");
                assert_eq!(held.crc64, crc_fast::checksum(crc_fast::CrcAlgorithm::Crc64Nvme, &bytes[..len]));
                named.as_file().set_len(0).expect("cut: too late to matter");
                let (crc64, sent, watch) = (held.crc64, Arc::clone(&part.sent), Watch::new(Arc::default()));
                let stream = Stream::of(&held, part.clone(), Buffers::default(), Arc::clone(&watch));
                let wire = http_body_util::BodyExt::collect(stream).await.expect("sent").to_bytes();
                assert_eq!(wire, bytes[..len]);
                assert_eq!((watch.crc64(), sent.load(Ordering::Relaxed)), (Some(crc64), len as u64));
                assert!(part.gate.passed() && (watch.progress().ended || len == 0));
            }
        }
    }

    #[tokio::test]
    async fn a_small_file_that_is_not_what_it_was_is_not_sent() {
        for may_hang in [false, true] {
            let (named, mut part) = part(b"bytes");
            if may_hang {
                let file = SourceFile::open(named.path()).expect("opens").on_a_drive_that_may_hang();
                part.file = Arc::new(file);
            }
            std::fs::write(named.path(), b"other bytes").expect("written");
            let error = Held::read(&part, &Buffers::default()).await.expect_err("changed");
            assert_eq!(error.code, ErrorCode::FileChanged);
        }
    }

    #[tokio::test]
    async fn a_stop_and_the_last_byte_agree_on_who_was_first() {
        for mode in [Mode::Trailer, Mode::Header] {
            let (_named, body) = part(b"bytes");
            assert!(body.gate.shut(), "nothing has left");
            let stream = Stream::new(body.clone(), mode, Buffers::default(), Watch::new(Arc::default()));
            assert!(collect(stream).is_err(), "the last byte is kept back");

            let (_named, body) = part(b"bytes");
            let stream = Stream::new(body.clone(), mode, Buffers::default(), Watch::new(Arc::default()));
            collect(stream).expect("sent");
            assert!(body.gate.passed() && !body.gate.shut(), "too late to stop");
        }

        let (_named, body) = part(b"bytes");
        let held = Held::read(&body, &Buffers::default()).await.expect("read");
        assert!(body.gate.shut(), "nothing has left");
        let stream = Stream::of(&held, body, Buffers::default(), Watch::new(Arc::default()));
        assert!(collect(stream).is_err(), "the last byte is kept back");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_held_back_is_the_same_on_the_wire_and_takes_the_time_that_its_limit_says() {
        let bytes: Vec<u8> = (0..1_000_000).map(|n| u8::try_from(n % 251).unwrap_or(0)).collect();
        let (_named, part) = part(&bytes);
        let tap = Arc::<Tap>::default();
        tap.set(Some(ByteRate(100_000)));
        let part = PartBody { tapped: Tapped::new(&tap, Lane::Bulk), ..part };
        let (watch, begun) = (Watch::new(Arc::default()), Instant::now());
        let stream = Stream::new(part, Mode::Header, Buffers::default(), Arc::clone(&watch));
        let held = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            watch.is_held()
        };
        let (wire, held) = tokio::join!(http_body_util::BodyExt::collect(stream), held);
        assert!(wire.expect("sent").to_bytes() == bytes);
        assert!(held && !watch.is_held());
        let (took, waited) = (begun.elapsed().as_millis(), watch.waited().as_millis());
        assert!((9_600..=10_300).contains(&took), "{took} ms");
        assert!(waited * 100 >= took * 95, "{waited} of {took} ms");
    }
}
