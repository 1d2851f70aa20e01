//! What S3 and the stores like it can take, each number with its source.

use std::sync::LazyLock;
use std::time::Duration;

use crate::error::{Error, ErrorCode, Result};
use crate::units::ByteCount;

/// One mebibyte, in bytes.
pub const MIB: u64 = 1 << 20;

/// Parts in one upload at most. Source: S3 user guide, "Amazon S3 multipart upload limits".
pub const MAX_PARTS: u64 = 10_000;
/// The smallest part but the last, in bytes. Source: the same.
pub const MIN_PART: u64 = 5 * MIB;
/// The largest part, in bytes. Source: the same.
pub const MAX_PART: u64 = 5 << 30;
/// The largest object, 48.8 TiB. Source: the same (10,000 parts of 5 GiB).
pub const MAX_OBJECT: u64 = MAX_PARTS * MAX_PART;
/// Smaller files go in one `PutObject`: two round trips less, and nothing to sweep. Source: docs/performance.md.
pub const SINGLE_PUT_BELOW: u64 = 16 * MIB;
/// Parts of this size keep waste after faults, tails and resumes short; larger ones save nothing that can be measured.
const USUAL_PART: u64 = 8 * MIB;

/// Tests of uploads with very many parts make them this small, in bytes: `DAVIT_TEST_PART_SIZE`. Debug builds only.
static TEST_PART: LazyLock<Option<u64>> =
    LazyLock::new(|| std::env::var("DAVIT_TEST_PART_SIZE").ok()?.parse().ok().filter(|size| *size > 0));

fn test_part() -> Option<u64> {
    if cfg!(debug_assertions) { *TEST_PART } else { None }
}

/// A file that another program holds is tried again for so long before the person is told. Scanners for viruses and
/// programs that save let go within seconds; a document that stays open is for the person to close.
const HELD_AT_MOST: Duration = Duration::from_secs(120);

/// Tests that hold a file make this shorter, in seconds: `DAVIT_TEST_HELD`. Debug builds only.
static TEST_HELD: LazyLock<Option<u64>> = LazyLock::new(|| std::env::var("DAVIT_TEST_HELD").ok()?.parse().ok());

/// How long a file that another program holds is tried again.
pub fn held_at_most() -> Duration {
    TEST_HELD.filter(|_| cfg!(debug_assertions)).map_or(HELD_AT_MOST, Duration::from_secs)
}

/// Tests of two ways to a store make the times after which one is looked at again this short, in milliseconds:
/// `DAVIT_TEST_WAYS`. Debug builds only.
static TEST_WAYS: LazyLock<Option<u64>> = LazyLock::new(|| std::env::var("DAVIT_TEST_WAYS").ok()?.parse().ok());

pub(crate) fn ways_again() -> Option<Duration> {
    TEST_WAYS.filter(|_| cfg!(debug_assertions)).map(Duration::from_millis)
}

/// Files below this many bytes go in one request.
pub fn single_put_below() -> u64 {
    test_part().map_or(SINGLE_PUT_BELOW, |part| 2 * part)
}

/// The part size for a file, in bytes: 8 MiB, or as much as 10,000 parts need, in whole MiB.
///
/// # Errors
/// `too-large` beyond [`MAX_OBJECT`].
pub fn part_size(size: ByteCount) -> Result<ByteCount> {
    let size = size.get();
    if size > MAX_OBJECT {
        return Err(Error::new(ErrorCode::TooLarge).detail(format!("{size} bytes, S3 takes {MAX_OBJECT}")));
    }
    if let Some(part) = test_part() {
        return Ok(ByteCount(size.div_ceil(MAX_PARTS).max(part)));
    }
    Ok(ByteCount(size.div_ceil(MAX_PARTS).next_multiple_of(MIB).clamp(USUAL_PART, MAX_PART)))
}

/// The part size for a file that is sent while it is written, in bytes. How large it becomes nobody knows: there is room for
/// sixteen times what it is, and for 640 GiB.
///
/// # Errors
/// As [`part_size`].
pub fn growing_part_size(size: ByteCount) -> Result<ByteCount> {
    match test_part() {
        Some(part) => Ok(ByteCount(part)),
        None => part_size(ByteCount(size.get().saturating_mul(16).clamp(640 << 30, MAX_OBJECT).max(size.get()))),
    }
}

/// Whether a bucket can be reached through Transfer Acceleration at all.
///
/// Source: S3 user guide, "Requirements for using Amazon S3 Transfer Acceleration" (no dots in the name; not in China).
pub fn can_accelerate(bucket: &str, region: &str) -> bool {
    !bucket.contains('.') && !region.starts_with("cn-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_8_mib_until_ten_thousand_are_not_enough() {
        let size = |bytes| part_size(ByteCount(bytes)).expect("fits").get();
        assert_eq!(size(0), 8 * MIB);
        assert_eq!(size(80_000 * MIB), 8 * MIB);
        assert_eq!(size(80_000 * MIB + 1), 9 * MIB);
        assert_eq!(size(1 << 40), 105 * MIB);
        let growing = |bytes| growing_part_size(ByteCount(bytes)).expect("fits").get();
        assert_eq!(growing(1), 66 * MIB);
        assert_eq!(growing(1 << 40), size(16 << 40));
        assert_eq!(growing(MAX_OBJECT), MAX_PART);
        assert_eq!(size(MAX_OBJECT), MAX_PART);
    }
}
