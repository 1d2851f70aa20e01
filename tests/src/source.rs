//! Files to upload: noise that differs everywhere, made quickly; sparse giants.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::time::{Duration, SystemTime};

use sha2::{Digest as _, Sha256};

/// A file of `len` bytes of noise.
pub fn noise(path: &Path, len: u64) {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).expect("a folder");
    }
    let mut file = std::io::BufWriter::new(std::fs::File::create(path).expect("a file"));
    let mut state = len.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut block = vec![0u8; 1 << 16];
    let mut left = len;
    while left > 0 {
        for word in block.chunks_exact_mut(8) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            word.copy_from_slice(&state.to_le_bytes());
        }
        let now = usize::try_from(left).unwrap_or(usize::MAX).min(block.len());
        file.write_all(&block[..now]).expect("written");
        left -= now as u64;
    }
    file.flush().expect("written");
}

/// A file of `len` bytes of which nothing is on the disk.
pub fn sparse(path: &Path, len: u64) {
    std::fs::File::create(path).and_then(|file| file.set_len(len)).expect("a sparse file");
}

/// Waits until what was written so far is older than what is asked from now on: both are compared by the second.
pub async fn until_old() {
    let second = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs();
    let written = second();
    while second() < written + 2 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// SHA-256 of a file.
pub fn sha256(path: &Path) -> String {
    let mut file = std::fs::File::open(path).expect("a file");
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let n = file.read(&mut buffer).expect("read");
        if n == 0 {
            return format!("{:x}", hash.finalize());
        }
        hash.update(&buffer[..n]);
    }
}
