//! What is asked of a source by those who must not be held up: on a thread aside (see [`Mounted`]).

use std::sync::Arc;

use super::buffers::Buffer;
use super::mounted::{Asked, Mounted};
use super::source::{STEP, agree};
use super::{Fingerprint, Place, SourceFile};
use crate::error::Result;

/// Bytes that are read at a time for a checksum: few enough that a slow drive gives them before it is taken for away.
const AT_A_TIME: u64 = 4 * STEP as u64;

/// Opens a regular file where it lies, and says what it is now. `before` is what it was, where it was there before.
///
/// # Errors
/// As [`SourceFile::open_again`].
pub(crate) async fn open_aside(place: Place, before: Option<Fingerprint>) -> Result<(Arc<SourceFile>, Fingerprint)> {
    let drive = Mounted::at(place.mount());
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
            digest = self.drive().ask(Asked::Bytes, read).await?;
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
        self.drive().ask(Asked::Bytes, read).await
    }
}
