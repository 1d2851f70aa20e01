//! How a file is cut into parts. Decided once, journaled, and never changed for an upload that has begun.

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::ids::PartNumber;
use crate::limits;
use crate::units::ByteCount;

/// One request, or parts of equal size of which the last may be smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Plan {
    /// One `PutObject`.
    Single {
        /// Bytes of the file.
        size: u64,
    },
    /// An S3 multipart upload.
    Multipart {
        /// Bytes of the file.
        size: u64,
        /// Bytes of every part but the last.
        part_size: u64,
        /// Parts in all, 1 to 10,000.
        count: u16,
    },
}

/// One part: its number and its range of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its number on the wire.
    pub number: PartNumber,
    /// Where it begins, in bytes.
    pub offset: u64,
    /// How long it is, in bytes.
    pub len: u64,
}

impl Plan {
    /// The plan for a file of this size.
    ///
    /// # Errors
    /// `too-large` beyond S3's largest object.
    pub fn for_size(size: ByteCount) -> Result<Self> {
        let part_size = limits::part_size(size)?.get();
        let size = size.get();
        if size < limits::single_put_below() {
            return Ok(Self::Single { size });
        }
        let count = u16::try_from(size.div_ceil(part_size)).unwrap_or(u16::MAX);
        Ok(Self::Multipart { size, part_size, count })
    }

    /// The plan for what is there of a file that is still written: whole parts only. Nothing where there is none yet.
    ///
    /// # Errors
    /// As [`Self::for_size`].
    pub fn growing(size: ByteCount) -> Result<Option<Self>> {
        let part_size = limits::growing_part_size(size)?.get();
        Ok(Self::of_parts(size.get() / part_size * part_size, part_size))
    }

    /// The same plan for what is there by now: whole parts only.
    #[must_use]
    pub fn grown(&self, size: u64) -> Option<Self> {
        match *self {
            Self::Single { .. } => None,
            Self::Multipart { part_size, .. } => Self::of_parts(size / part_size * part_size, part_size),
        }
    }

    /// The same plan for all of the file, once it is whole. Nothing where it outgrew it.
    #[must_use]
    pub fn whole(&self, size: u64) -> Option<Self> {
        match *self {
            Self::Single { .. } => None,
            Self::Multipart { part_size, .. } => Self::of_parts(size, part_size),
        }
    }

    fn of_parts(size: u64, part_size: u64) -> Option<Self> {
        let count = size.div_ceil(part_size);
        let fits = (1..=limits::MAX_PARTS).contains(&count);
        Some(Self::Multipart { size, part_size, count: u16::try_from(count).ok()? }).filter(|_| fits)
    }

    /// Whether it is one that [`Self::for_size`] could have made, in any version or part size: its parts cover the file
    /// and nothing else. What is read from a record is asked this before it is used.
    pub fn is_sound(&self) -> bool {
        match *self {
            Self::Single { size } => size <= limits::MAX_OBJECT,
            Self::Multipart { size, part_size, count } => {
                (1..=limits::MAX_OBJECT).contains(&size)
                    && (1..=limits::MAX_PART).contains(&part_size)
                    && u64::from(count) <= limits::MAX_PARTS
                    && size.div_ceil(part_size) == u64::from(count)
            }
        }
    }

    /// Bytes of the file.
    pub const fn size(&self) -> u64 {
        match self {
            Self::Single { size } | Self::Multipart { size, .. } => *size,
        }
    }

    /// Parts in all; a single request counts as one.
    pub const fn count(&self) -> u16 {
        match self {
            Self::Single { .. } => 1,
            Self::Multipart { count, .. } => *count,
        }
    }

    /// The parts in file order.
    pub fn parts(&self) -> impl Iterator<Item = Part> + use<> {
        let plan = *self;
        (1..=u32::from(self.count())).filter_map(PartNumber::new).filter_map(move |number| plan.part(number))
    }

    /// One part; nothing for a number that the plan does not have.
    pub fn part(&self, number: PartNumber) -> Option<Part> {
        let (size, part_size) = match *self {
            Self::Single { size } => (size, size),
            Self::Multipart { size, part_size, .. } => (size, part_size),
        };
        let offset = u64::from(number.get() - 1).checked_mul(part_size)?;
        let left = size.checked_sub(offset).filter(|_| number.get() <= self.count())?;
        Some(Part { number, offset, len: part_size.min(left) })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::error::ErrorCode;

    proptest! {
        #[test]
        fn parts_cover_the_file_exactly_within_s3_limits(size in 0u64..=limits::MAX_OBJECT) {
            let plan = Plan::for_size(ByteCount(size)).expect("below the largest object");
            let count = u64::from(plan.count());
            prop_assert!(plan.is_sound());
            prop_assert!(count <= 10_000);
            let (mut at, mut seen) = (0, 0);
            for part in plan.parts() {
                prop_assert_eq!(part.offset, at);
                at += part.len;
                seen += 1;
                if let Plan::Multipart { .. } = plan {
                    prop_assert!(part.len <= limits::MAX_PART);
                    prop_assert!(part.len > 0);
                    prop_assert!(seen == count || part.len >= limits::MIN_PART);
                }
            }
            prop_assert_eq!(at, size);
            prop_assert_eq!(seen, count);
        }
    }

    #[test]
    fn a_plan_whose_parts_do_not_cover_the_file_is_not_sound() {
        let multipart = |size, part_size, count| Plan::Multipart { size, part_size, count };
        assert!(multipart(20 << 20, 8 << 20, 3).is_sound());
        for bad in [
            multipart(20 << 20, 8 << 20, 2),
            multipart(20 << 20, 8 << 20, 4),
            multipart(20 << 20, 0, 3),
            multipart(0, 8 << 20, 0),
            multipart(u64::MAX, 8 << 20, 3),
            multipart(10_001, 1, 10_001),
            multipart(20 << 30, 10 << 30, 2),
            Plan::Single { size: u64::MAX },
        ] {
            assert!(!bad.is_sound(), "{bad:?}");
        }
    }

    /// W21.
    #[test]
    fn a_file_that_grows_is_cut_as_it_was_and_has_room_for_all_that_may_come() {
        assert_eq!(Plan::growing(ByteCount(65 << 20)).expect("fits"), None, "not a part of it is there");
        let first = Plan::growing(ByteCount(200 << 20)).expect("fits").expect("three parts");
        assert_eq!((first.count(), first.size()), (3, 198 << 20));
        let more = first.grown(600 << 30).expect("more of it");
        assert!(more.is_sound() && more.size() <= 600 << 30);
        let whole = first.whole((600 << 30) + 1).expect("with its end");
        assert_eq!((whole.is_sound(), whole.size()), (true, (600 << 30) + 1));
        for number in (1..=3).filter_map(PartNumber::new) {
            assert_eq!((more.part(number), whole.part(number)), (first.part(number), first.part(number)));
        }
        assert_eq!(first.whole(1 << 40), None, "outgrown");
    }

    #[test]
    fn a_file_past_the_largest_object_is_refused() {
        let error = Plan::for_size(ByteCount(limits::MAX_OBJECT + 1)).expect_err("too large");
        assert_eq!(error.code, ErrorCode::TooLarge);
    }

    #[test]
    fn a_byte_less_and_a_byte_more_than_ten_thousand_parts_fit() {
        let full = 10_000 * (8 << 20);
        for (size, count) in [(full - 1, 10_000), (full, 10_000), (full + 1, 8_889)] {
            let plan = Plan::for_size(ByteCount(size)).expect("fits");
            let end = plan.parts().last().map(|part| part.offset + part.len);
            assert_eq!((plan.count(), end), (count, Some(size)), "{size}");
        }
    }

    #[test]
    fn five_tebibytes_fit_in_ten_thousand_parts() {
        let plan = Plan::for_size(ByteCount(5 << 40)).expect("fits");
        assert!(plan.count() <= 10_000, "{plan:?}");
        assert_eq!(plan.parts().map(|p| p.len).sum::<u64>(), 5 << 40);
    }
}
