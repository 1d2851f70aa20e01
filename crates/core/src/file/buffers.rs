//! Buffers of up to 256 KiB that are used again: small enough to stay in the processor's cache between reading, checksum and
//! sending, and few however many parts fly.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

/// Bytes of one frame at most. Source: docs/performance.md (128 to 256 KiB beat part-sized buffers by a third).
pub const FRAME: usize = 256 << 10;

/// Whether so many bytes are read at once.
pub const fn is_one_frame(len: u64) -> bool {
    len <= FRAME as u64
}

/// The smallest, in bytes.
const SMALLEST: usize = 4 << 10;
/// Free ones are kept up to so many bytes; more are given back. As many as 32 parts hold, none of which is freed while they
/// fly: what the allocator takes for a frame that it got back before lies between smaller things, and is lost to the system.
const KEPT: usize = 8 << 20;
/// The same once none is in use: the next burst has something to begin with, and what rests costs nobody anything.
const RESTS: usize = 1 << 20;

/// Where frames begin in memory. What the system copies to a few bytes behind such a place, where the allocator puts what is
/// this large, some processors copy four times slower. Source: docs/performance.md.
const ALIGNED: usize = 64;

/// Buffers that are free.
#[derive(Clone, Debug, Default)]
pub struct Buffers {
    free: Arc<Mutex<Free>>,
}

/// By size, each twice the one before.
#[derive(Debug, Default)]
struct Free {
    of: [Vec<Box<[u8]>>; SIZES],
    /// What they are together.
    bytes: usize,
    /// How many are in use.
    out: usize,
}

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
        let free = self.free().lend(size);
        let bytes = free.unwrap_or_else(|| vec![0; bytes_of(size) + ALIGNED].into_boxed_slice());
        // It may say that it does not know.
        let start = bytes.as_ptr().align_offset(ALIGNED).min(ALIGNED);
        Buffer { bytes, size, start, len, home: self.clone() }
    }

    fn free(&self) -> MutexGuard<'_, Free> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is used of a buffer of this size, in bytes.
const fn bytes_of(size: usize) -> usize {
    SMALLEST << size
}

impl Free {
    /// One for use.
    fn lend(&mut self, size: usize) -> Option<Box<[u8]>> {
        self.out += 1;
        self.take(size)
    }

    /// One that was in use. Where there is no room, those of a size that is in less use now make it.
    fn back(&mut self, size: usize, bytes: Box<[u8]>) {
        self.out -= 1;
        self.put(size, bytes);
        while self.out == 0 && self.bytes > RESTS && self.gives_back(None) {}
    }

    fn take(&mut self, size: usize) -> Option<Box<[u8]>> {
        let taken = self.of[size].pop()?;
        self.bytes -= bytes_of(size);
        Some(taken)
    }

    fn put(&mut self, size: usize, bytes: Box<[u8]>) {
        while self.bytes + bytes_of(size) > KEPT {
            if !self.gives_back(Some(size)) {
                return;
            }
        }
        self.bytes += bytes_of(size);
        self.of[size].push(bytes);
    }

    /// One to the system, of the size that holds the most; whether there was any but of the size that is wanted.
    fn gives_back(&mut self, wanted: Option<usize>) -> bool {
        let others = (0..SIZES).filter(|other| Some(*other) != wanted && !self.of[*other].is_empty());
        let most = others.max_by_key(|other| self.of[*other].len() * bytes_of(*other));
        most.and_then(|most| self.take(most)).is_some()
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
        let bytes = std::mem::take(&mut self.bytes);
        self.home.free().back(self.size, bytes);
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
        let size = |len: usize| (len / SMALLEST).ilog2() as usize;
        let kept = |len| buffers.free().of[size(len)].len();
        let all = || {
            let all: usize = buffers.free().of.iter().flatten().map(|bytes| bytes.len() - ALIGNED).sum();
            assert_eq!(all, buffers.free().bytes);
            all
        };
        let one = buffers.take(1);
        for len in [SMALLEST, FRAME, 64 << 10] {
            drop((0..3_000).map(|_| buffers.take(len)).collect::<Vec<_>>());
            assert_eq!((kept(len), all()), (KEPT / len, KEPT), "of {len} bytes");
        }
        assert_eq!(kept(FRAME), 0, "what is not used makes room");
        drop(one);
        assert!(all() <= RESTS && all() + (64 << 10) > RESTS, "nothing is in use: {}", all());
    }
}
