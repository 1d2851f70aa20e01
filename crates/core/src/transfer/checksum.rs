//! The checksum of a whole object from those of its parts, so that no byte is read twice.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crc_fast::CrcAlgorithm::Crc64Nvme;

/// CRC64NVME of the parts put one after the other, from `(crc, length in bytes)` of each in order.
pub fn combine(parts: impl IntoIterator<Item = (u64, u64)>) -> u64 {
    let mut parts = parts.into_iter();
    let Some((first, _)) = parts.next() else { return crc_fast::checksum(Crc64Nvme, &[]) };
    parts.fold(first, |whole, (crc, len)| crc_fast::checksum_combine(Crc64Nvme, whole, crc, len))
}

/// As S3 writes it: base64 of the eight bytes, big end first.
pub fn to_base64(crc: u64) -> String {
    STANDARD.encode(crc.to_be_bytes())
}

/// The checksum that such a text stands for.
pub fn from_base64(text: &str) -> Option<u64> {
    STANDARD.decode(text).ok()?.try_into().ok().map(u64::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn combined_parts_equal_the_whole(bytes in proptest::collection::vec(any::<u8>(), 0..4_000), cut in 1usize..700) {
            let whole = crc_fast::checksum(Crc64Nvme, &bytes);
            let parts = bytes.chunks(cut).map(|part| (crc_fast::checksum(Crc64Nvme, part), part.len() as u64));
            prop_assert_eq!(combine(parts), whole);
        }
    }
}
