//! What is asked of a source by those who must not be held up: on a thread aside (see [`super::mounted::Mounted`]).

use std::sync::Arc;

use super::buffers::Buffer;
use super::mounted::Asked;
use super::source::{STEP, agree};
use super::{Fingerprint, Place, SourceFile};
use crate::error::Result;

/// Bytes that are read at a time for a checksum, as for sending: few enough that a drive of 13 kB/s gives them before it is
/// taken for away.
const AT_A_TIME: u64 = STEP as u64;

/// Opens a regular file where it lies, and says what it is now. `before` is what it was, where it was there before.
///
/// # Errors
/// As [`SourceFile::open_again`].
pub(crate) async fn open_aside(place: Place, before: Option<Fingerprint>) -> Result<(Arc<SourceFile>, Fingerprint)> {
    let drive = place.drive();
    let open = move || {
        let file = match before {
            Some(before) => SourceFile::open_again(&place, &before),
            None => SourceFile::open_at(&place),
        }?;
        let fingerprint = file.fingerprint()?;
        Ok((Arc::new(file), fingerprint))
    };
    drive.ask(Asked::Names, open).await
}

impl SourceFile {
    /// As [`Self::fingerprint`].
    pub(crate) async fn is_now(self: &Arc<Self>) -> Result<Fingerprint> {
        let file = Arc::clone(self);
        self.drive().ask(Asked::Names, move || file.fingerprint()).await
    }

    /// As [`Self::check`].
    pub(crate) async fn still(self: &Arc<Self>, want: &Fingerprint) -> Result<()> {
        let (file, want) = (Arc::clone(self), want.clone());
        self.drive().ask(Asked::Names, move || file.check(&want)).await
    }

    /// As [`Self::check`] and [`Self::check_place`].
    pub(crate) async fn still_there(self: &Arc<Self>, want: &Fingerprint) -> Result<()> {
        let (file, want) = (Arc::clone(self), want.clone());
        self.drive().ask(Asked::Names, move || file.check(&want).and_then(|()| file.check_place(&want))).await
    }

    /// CRC64NVME of a range.
    pub(crate) async fn sum(self: &Arc<Self>, offset: u64, len: u64) -> Result<u64> {
        let mut digest = crc_fast::Digest::new(crc_fast::CrcAlgorithm::Crc64Nvme);
        let (mut at, end) = (offset, offset + len);
        while at < end {
            let step = (end - at).min(AT_A_TIME);
            let file = Arc::clone(self);
            let read = move || file.digest(&mut digest, at, step).map(|()| digest);
            digest = self.bytes(read).await?;
            at += step;
        }
        Ok(digest.finalize())
    }

    /// As [`Self::check_again`].
    pub(crate) async fn sum_is(self: &Arc<Self>, offset: u64, len: u64, crc64: u64) -> Result<()> {
        agree(self.sum(offset, len).await?, crc64)
    }

    /// As [`Self::check_read`].
    pub(crate) async fn still_as_read(self: Arc<Self>, want: Fingerprint, len: u64, crc64: u64) -> Result<()> {
        self.still(&want).await?;
        if want.in_doubt && len == want.size { self.sum_is(0, len, crc64).await } else { Ok(()) }
    }

    /// A buffer filled from `offset`.
    pub(crate) async fn filled(self: Arc<Self>, mut buffer: Buffer, offset: u64) -> Result<Buffer> {
        let file = Arc::clone(&self);
        let read = move || file.read_exact_at(buffer.fill(), offset).map(|()| buffer);
        self.bytes(read).await
    }

    /// Work that reads it. Until it gave a byte it is read by one at a time: one that hangs by itself, and is tried again,
    /// takes a thread each time, and not one for each of its parts.
    async fn bytes<T: Send + 'static>(&self, read: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        let mut gives = self.gives.lock().await;
        if *gives {
            drop(gives);
            return self.drive().ask(Asked::Bytes, read).await;
        }
        let answer = self.drive().ask(Asked::Bytes, read).await?;
        *gives = true;
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_file_that_has_given_no_byte_is_read_by_one_at_a_time() {
        let named = tempfile::NamedTempFile::new().expect("a file");
        let file = SourceFile::open(named.path()).expect("opens");
        let (hold, held) = mpsc::channel::<()>();
        let (asks, mut asked) = tokio::sync::mpsc::unbounded_channel();
        let read = |number: u32, held: Option<mpsc::Receiver<()>>| {
            let asks = asks.clone();
            file.bytes(move || {
                let _ = asks.send(number);
                let _ = held.map(|held| held.recv());
                Ok(())
            })
        };
        let mut first = std::pin::pin!(read(1, Some(held)));
        let began = tokio::select! {
            _ = first.as_mut() => None,
            began = asked.recv() => began,
        };
        assert_eq!(began, Some(1));
        let mut second = std::pin::pin!(read(2, None));
        assert!(futures::poll!(second.as_mut()).is_pending());
        assert!(asked.try_recv().is_err(), "the first hangs");
        drop(hold);
        first.await.expect("read");
        second.await.expect("read");
        let (_hold, held) = mpsc::channel::<()>();
        let mut third = std::pin::pin!(read(3, Some(held)));
        assert!(futures::poll!(third.as_mut()).is_pending());
        read(4, None).await.expect("beside it");
    }
}
