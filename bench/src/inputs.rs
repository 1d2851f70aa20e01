//! What is uploaded, made once and kept; and the checksums that prove that it arrived.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result, bail};
use crc_fast::{CrcAlgorithm, Digest, checksum, checksum_combine};

use crate::sink::{Held, mixed};

const MIB: u64 = 1 << 20;
/// A file that changed later than this may change again without a trace: Davit reads it twice.
const SETTLED: Duration = Duration::from_secs(62);

/// What is uploaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// One file of noise, of so many bytes.
    Noise(u64),
    /// One file without anything on the disk.
    Sparse(u64),
    /// A folder of so many files of so many bytes each.
    Many(u32, u64),
}

/// An input on the disk.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    pub(crate) is_folder: bool,
    /// Size and checksum by name.
    pub(crate) files: HashMap<String, (u64, u64)>,
}

impl Input {
    pub(crate) fn files(self) -> u32 {
        match self {
            Self::Noise(_) | Self::Sparse(_) => 1,
            Self::Many(files, _) => files,
        }
    }

    pub(crate) fn bytes(self) -> u64 {
        match self {
            Self::Noise(bytes) | Self::Sparse(bytes) => bytes,
            Self::Many(files, bytes) => u64::from(files) * bytes,
        }
    }

    fn name(self) -> String {
        match self {
            Self::Noise(bytes) => format!("noise-{bytes}.bin"),
            Self::Sparse(bytes) => format!("sparse-{bytes}.bin"),
            Self::Many(files, bytes) => format!("{files}-files-of-{bytes}"),
        }
    }

    /// Makes it where it is not there yet; reads it once, so that the system holds what it can of it.
    pub(crate) fn make(self, folder: &Path) -> Result<Source> {
        let path = folder.join(self.name());
        match self {
            Self::Noise(bytes) => noise(&path, bytes, bytes)?,
            Self::Sparse(bytes) if is_there(&path, bytes) => {}
            Self::Sparse(bytes) => File::create(&path)?.set_len(bytes)?,
            Self::Many(files, bytes) => {
                std::fs::create_dir_all(&path)?;
                for n in 0..files {
                    noise(&path.join(format!("{n:06}.bin")), bytes, u64::from(n))?;
                }
            }
        }
        let files = match self {
            Self::Sparse(bytes) => HashMap::from([(self.name(), (bytes, zeros(bytes)))]),
            Self::Noise(_) => HashMap::from([(self.name(), read(&path)?)]),
            Self::Many(..) => std::fs::read_dir(&path)?
                .map(|entry| {
                    let entry = entry?;
                    Ok((entry.file_name().to_string_lossy().into_owned(), read(&entry.path())?))
                })
                .collect::<Result<_>>()?,
        };
        let is_folder = matches!(self, Self::Many(..));
        Ok(Source { path, is_folder, files })
    }
}

impl Source {
    /// Waits until it has been left alone for so long that nobody has to read it twice to be sure of what was read.
    pub(crate) fn settle(&self) -> Result<()> {
        let mut changed = std::fs::metadata(&self.path)?.modified()?;
        for entry in self.is_folder.then(|| std::fs::read_dir(&self.path)).transpose()?.into_iter().flatten() {
            changed = changed.max(entry?.metadata()?.modified()?);
        }
        // One in the future is as old as it gets.
        let age = SystemTime::now().duration_since(changed).unwrap_or(SETTLED);
        std::thread::sleep(SETTLED.saturating_sub(age));
        Ok(())
    }

    /// Whether a store holds exactly this: the same names, sizes and checksums, and nothing else.
    pub(crate) fn prove(&self, objects: &HashMap<String, Held>) -> Result<()> {
        if objects.len() != self.files.len() {
            bail!("{} objects of {} arrived", objects.len(), self.files.len());
        }
        for (key, held) in objects {
            let name = key.rsplit('/').next().unwrap_or_default();
            let (size, crc64) = self.files.get(name).with_context(|| format!("{key} was not asked for"))?;
            if (held.size, held.crc64) != (*size, *crc64) {
                bail!("{key} is not what was sent");
            }
        }
        Ok(())
    }
}

fn is_there(path: &Path, bytes: u64) -> bool {
    std::fs::metadata(path).is_ok_and(|there| there.len() == bytes)
}

fn noise(path: &Path, bytes: u64, seed: u64) -> Result<()> {
    if is_there(path, bytes) {
        return Ok(());
    }
    let mut file = File::create(path)?;
    let mut block = Vec::with_capacity(1 << 20);
    let mut at = 0;
    while at < bytes {
        block.clear();
        let len = MIB.min(bytes - at);
        for word in 0..len.div_ceil(8) {
            block.extend_from_slice(&mixed(mixed(seed).wrapping_add(at / 8 + word)).to_le_bytes());
        }
        block.truncate(usize::try_from(len)?);
        file.write_all(&block)?;
        at += len;
    }
    Ok(())
}

fn read(path: &Path) -> Result<(u64, u64)> {
    let mut file = File::open(path)?;
    let (mut size, mut digest) = (0, Digest::new(CrcAlgorithm::Crc64Nvme));
    let mut buffer = vec![0; 256 << 10];
    loop {
        let more = file.read(&mut buffer)?;
        if more == 0 {
            return Ok((size, digest.finalize()));
        }
        digest.update(&buffer[..more]);
        size += more as u64;
    }
}

/// The checksum of so many zeros, without looking at each.
fn zeros(bytes: u64) -> u64 {
    let algorithm = CrcAlgorithm::Crc64Nvme;
    let rest = usize::try_from(bytes % MIB).unwrap_or_default();
    let mut crc64 = checksum(algorithm, &vec![0; rest]);
    let (mut run, mut len) = (checksum(algorithm, &vec![0; 1 << 20]), MIB);
    let mut runs = bytes / MIB;
    while runs > 0 {
        if runs % 2 == 1 {
            crc64 = checksum_combine(algorithm, crc64, run, len);
        }
        run = checksum_combine(algorithm, run, run, len);
        (len, runs) = (len * 2, runs / 2);
    }
    crc64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_have_the_checksum_of_zeros() {
        for bytes in [0, 1, MIB, 5 * MIB, 7 * MIB + 13] {
            let plain = checksum(CrcAlgorithm::Crc64Nvme, &vec![0; usize::try_from(bytes).expect("fits")]);
            assert_eq!(zeros(bytes), plain, "{bytes}");
        }
    }
}
