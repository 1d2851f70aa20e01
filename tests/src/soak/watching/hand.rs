//! A file that is written piece by piece. What it is in between may be sent only where it stood for as long as a file has to:
//! that happens where the machine holds up whoever writes, and is no fault of anybody's.

use std::fs::File;
use std::io::{Read as _, Result};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use super::SETTLE;
use super::ledger::{Ledger, sum};

/// What stood shorter than this was never seen twice a settle apart.
pub(super) const STOOD: Duration = SETTLE.saturating_sub(Duration::from_millis(100));

/// A file in the hand of who writes it.
pub(super) struct Hand {
    file: File,
    name: String,
    now: Vec<u8>,
    /// Before it became what it is now.
    since: Instant,
    /// Whether it is neither the version before nor the one to be.
    half: bool,
}

impl Hand {
    /// Takes a file, a new one or one that is there.
    pub(super) fn on(path: &Path) -> Result<Self> {
        let since = Instant::now();
        let mut file = File::options().create(true).truncate(false).read(true).write(true).open(path)?;
        let mut now = Vec::new();
        file.read_to_end(&mut now)?;
        let half = now.is_empty();
        Ok(Self { file, name: path.display().to_string(), now, since, half })
    }

    /// Writes a piece over what is there.
    pub(super) fn puts(&mut self, at: usize, piece: &[u8], ledger: &mut Ledger) -> Result<()> {
        let begun = Instant::now();
        self.file.write_all_at(piece, at as u64)?;
        self.leaves(ledger);
        let end = at + piece.len();
        self.now.resize(self.now.len().max(end), 0);
        self.now[at..end].copy_from_slice(piece);
        (self.since, self.half) = (begun, true);
        Ok(())
    }

    /// It is whole: nothing of the version before is behind it, and it may be sent from now on.
    pub(super) fn ends(mut self, len: usize, ledger: &mut Ledger) -> Result<()> {
        if self.now.len() > len {
            self.file.set_len(len as u64)?;
            self.leaves(ledger);
            self.now.truncate(len);
        }
        ledger.may(sum(&self.now), &self.name);
        Ok(())
    }

    /// What it was is over.
    fn leaves(&self, ledger: &mut Ledger) {
        if self.half && self.since.elapsed() >= STOOD {
            ledger.may(sum(&self.now), &format!("{}, half-written and left alone", self.name));
        }
    }
}
