//! Buffers of up to 256 KiB that are used again: small enough to stay in the processor's cache between reading, checksum and
//! sending, and few however many parts fly.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

/// Bytes of one frame at most. Source: docs/performance.md (128 to 256 KiB beat part-sized buffers by a third).
pub const FRAME: usize = 256 << 10;

/// The smallest, in bytes.
const SMALLEST: usize = 4 << 10;
/// Of each size, free ones are kept up to so many bytes; more are given back to the system.
const KEPT: usize = 4 << 20;

/// Where frames begin in memory. What the system copies to a few bytes behind such a place, where the allocator puts what is
/// this large, some processors copy four times slower. Source: docs/performance.md.
const ALIGNED: usize = 64;

/// Free buffers by size, each twice the one before.
#[derive(Clone, Debug, Default)]
pub struct Buffers {
    free: Arc<[Mutex<Free>; SIZES]>,
}

/// Those of one size.
type Free = Vec<Box<[u8]>>;

const SIZES: usize = (FRAME / SMALLEST).ilog2() as usize + 1;

/// A buffer that finds its way back.
#[derive(Debug)]
pub struct Buffer {
    /// A little more than is used, so that what is aligned lies in it.
    bytes: Box<[u8]>,
    size: usize,
    start: usize,
    len: usize,
    home: Buffers,
}

impl Buffers {
    /// A buffer of `len` bytes, [`FRAME`] at most. What is in it is left over from before.
    pub fn take(&self, len: usize) -> Buffer {
        let len = len.min(FRAME);
        let size = (len.div_ceil(SMALLEST).next_power_of_two().ilog2() as usize).min(SIZES - 1);
        let free = self.of(size).pop();
        let bytes = free.unwrap_or_else(|| vec![0; (SMALLEST << size) + ALIGNED].into_boxed_slice());
        // It may say that it does not know.
        let start = bytes.as_ptr().align_offset(ALIGNED).min(ALIGNED);
        Buffer { bytes, size, start, len, home: self.clone() }
    }

    fn of(&self, size: usize) -> MutexGuard<'_, Free> {
        self.free[size].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Buffer {
    /// The used part, to be filled.
    pub fn fill(&mut self) -> &mut [u8] {
        &mut self.bytes[self.start..self.start + self.len]
    }

    /// As a frame; the buffer comes back when the last reader lets go.
    pub fn freeze(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[self.start..self.start + self.len]
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let mut free = self.home.of(self.size);
        if free.len() < KEPT / (SMALLEST << self.size) {
            free.push(std::mem::take(&mut self.bytes));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_comes_back_when_its_frame_is_dropped() {
        let buffers = Buffers::default();
        let frame = buffers.take(10).freeze();
        let at = frame.as_ptr();
        drop(frame);
        assert_eq!(buffers.take(20).as_ref().as_ptr(), at);
    }

    #[test]
    fn a_frame_begins_where_memory_is_copied_fast_and_is_as_long_as_was_asked_for() {
        let buffers = Buffers::default();
        for len in [0, 1, SMALLEST - 1, SMALLEST, SMALLEST + 1, 64 << 10, FRAME - 1, FRAME] {
            let mut many: Vec<_> = (0..4).map(|_| buffers.take(len)).collect();
            for buffer in &mut many {
                assert_eq!((buffer.fill().as_ptr() as usize % ALIGNED, buffer.as_ref().len()), (0, len));
                assert!(buffer.bytes.len() <= 2 * len + SMALLEST + ALIGNED, "little more than it needs");
            }
        }
        assert_eq!(buffers.take(FRAME + 1).as_ref().len(), FRAME);
    }

    #[test]
    fn no_more_is_kept_than_is_used_again_soon() {
        let buffers = Buffers::default();
        drop((0..1_000).map(|_| buffers.take(FRAME)).collect::<Vec<_>>());
        assert_eq!(buffers.of(SIZES - 1).len(), KEPT / FRAME);
    }
}
