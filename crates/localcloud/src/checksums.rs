//! Checksums: computed while the bytes pass, compared with what the client says, combined over parts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crc_fast::CrcAlgorithm;
use serde::{Deserialize, Serialize};
use sha2::Digest as _;

/// The algorithms that are served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Kind {
    Crc32,
    Crc32c,
    Crc64Nvme,
    Sha256,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] = [Self::Crc32, Self::Crc32c, Self::Crc64Nvme, Self::Sha256];

    /// `x-amz-checksum-…`.
    pub(crate) const fn header(self) -> &'static str {
        match self {
            Self::Crc32 => "x-amz-checksum-crc32",
            Self::Crc32c => "x-amz-checksum-crc32c",
            Self::Crc64Nvme => "x-amz-checksum-crc64nvme",
            Self::Sha256 => "x-amz-checksum-sha256",
        }
    }

    /// As in `x-amz-checksum-algorithm`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC32",
            Self::Crc32c => "CRC32C",
            Self::Crc64Nvme => "CRC64NVME",
            Self::Sha256 => "SHA256",
        }
    }

    /// Whether the text can be such a checksum.
    pub(crate) fn fits(self, text: &str) -> bool {
        STANDARD.decode(text).is_ok_and(|bytes| bytes.len() == self.width())
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    const fn crc(self) -> Option<CrcAlgorithm> {
        match self {
            Self::Crc32 => Some(CrcAlgorithm::Crc32IsoHdlc),
            Self::Crc32c => Some(CrcAlgorithm::Crc32Iscsi),
            Self::Crc64Nvme => Some(CrcAlgorithm::Crc64Nvme),
            Self::Sha256 => None,
        }
    }

    /// Bytes of the value.
    const fn width(self) -> usize {
        match self {
            Self::Crc32 | Self::Crc32c => 4,
            Self::Crc64Nvme => 8,
            Self::Sha256 => 32,
        }
    }
}

/// A running checksum.
pub(crate) enum Running {
    Crc(Kind, crc_fast::Digest),
    Sha(sha2::Sha256),
}

impl Running {
    pub(crate) fn new(kind: Kind) -> Self {
        match kind.crc() {
            Some(algorithm) => Self::Crc(kind, crc_fast::Digest::new(algorithm)),
            None => Self::Sha(sha2::Sha256::new()),
        }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Crc(_, digest) => digest.update(bytes),
            Self::Sha(digest) => digest.update(bytes),
        }
    }

    /// In base64, as S3 writes it.
    pub(crate) fn finish(self) -> String {
        match self {
            Self::Crc(kind, digest) => encode(kind, digest.finalize()),
            Self::Sha(digest) => STANDARD.encode(digest.finalize()),
        }
    }
}

fn encode(kind: Kind, value: u64) -> String {
    STANDARD.encode(&value.to_be_bytes()[8 - kind.width()..])
}

fn decode(kind: Kind, text: &str) -> Option<u64> {
    let bytes = STANDARD.decode(text).ok().filter(|bytes| bytes.len() == kind.width() && bytes.len() <= 8)?;
    Some(bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)))
}

/// The checksum of parts put one after the other, from theirs and their lengths. Only CRCs can be combined.
pub(crate) fn full_object(kind: Kind, parts: &[(String, u64)]) -> Option<String> {
    let algorithm = kind.crc()?;
    let mut parts = parts.iter();
    let (first, _) = parts.next()?;
    let mut whole = decode(kind, first)?;
    for (part, len) in parts {
        whole = crc_fast::checksum_combine(algorithm, whole, decode(kind, part)?, *len);
    }
    Some(encode(kind, whole))
}

/// The checksum of the parts' checksums, with their count.
pub(crate) fn composite(kind: Kind, parts: &[(String, u64)]) -> Option<String> {
    let mut running = Running::new(kind);
    for (part, _) in parts {
        running.update(&STANDARD.decode(part).ok()?);
    }
    Some(format!("{}-{}", running.finish(), parts.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_combine_to_the_whole() {
        for kind in [Kind::Crc32, Kind::Crc32c, Kind::Crc64Nvme] {
            let of = |bytes: &[u8]| {
                let mut running = Running::new(kind);
                running.update(bytes);
                running.finish()
            };
            let parts = [(of(b"hello "), 6), (of(b"world"), 5)];
            assert_eq!(full_object(kind, &parts), Some(of(b"hello world")), "{kind:?}");
        }
        assert_eq!(full_object(Kind::Sha256, &[(String::new(), 1)]), None);
    }
}
