//! Buffers of 256 KiB that are used again: small enough to stay in the processor's cache between reading, checksum and
//! sending, and few however many parts fly.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

/// Bytes of one frame. Source: docs/performance.md (128 to 256 KiB beat part-sized buffers by a third).
pub const FRAME: usize = 256 << 10;

/// Free buffers kept at most; more are given back to the system.
const KEPT: usize = 64;

/// A list of free buffers.
#[derive(Clone, Debug, Default)]
pub struct Buffers {
    free: Arc<Mutex<Vec<Box<[u8]>>>>,
}

/// A buffer that finds its way back.
#[derive(Debug)]
pub struct Buffer {
    bytes: Box<[u8]>,
    len: usize,
    home: Buffers,
}

impl Buffers {
    /// A buffer of [`FRAME`] bytes, of which the first `len` are used. What is in it is left over from before.
    pub fn take(&self, len: usize) -> Buffer {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let bytes = free.unwrap_or_else(|| vec![0; FRAME].into_boxed_slice());
        Buffer { bytes, len: len.min(FRAME), home: self.clone() }
    }
}

impl Buffer {
    /// The used part, to be filled.
    pub fn fill(&mut self) -> &mut [u8] {
        &mut self.bytes[..self.len]
    }

    /// As a frame; the buffer comes back when the last reader lets go.
    pub fn freeze(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let mut free = self.home.free.lock().unwrap_or_else(PoisonError::into_inner);
        if free.len() < KEPT {
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
}
