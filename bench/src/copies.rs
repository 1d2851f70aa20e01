//! What reading a file costs by where the buffer begins in memory. Some processors copy four times slower to a few bytes behind
//! a cache line, and that is where an allocator puts what is large.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::Result;

const FRAME: usize = 256 << 10;
const PAGE: usize = 4 << 10;

#[derive(Debug, clap::Args)]
pub(crate) struct Copies {
    /// A file that the system holds in its cache, of a gibibyte or more.
    file: PathBuf,
}

pub(crate) fn run(copies: &Copies) -> Result<()> {
    let file = File::open(&copies.file)?;
    let mut memory = vec![0; FRAME + 2 * PAGE];
    let page = memory.as_ptr().align_offset(PAGE);
    // The first fills the cache.
    for behind in [0, 0, 16, 64, 128, 0, 16, 64, 128] {
        let buffer = &mut memory[page + behind..page + behind + FRAME];
        let (begun, mut at) = (Instant::now(), 0);
        loop {
            match file.read_at(buffer, at)? {
                0 => break,
                bytes => at += bytes as u64,
            }
        }
        let seconds = begun.elapsed().as_secs_f64();
        println!("{behind} bytes behind a page: {:.2} s per GiB", seconds * f64::from(1 << 30) / at as f64);
    }
    Ok(())
}
