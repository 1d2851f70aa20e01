//! The parts of one upload that the store acknowledged, in their order. Closely packed: 10,000 of them take half a MiB.

use super::{Plan, checksum};
use crate::ids::{PartNumber, PartTag};
use crate::units::ByteCount;

/// A part that S3 acknowledged, or lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcknowledgedPart {
    /// Its number.
    pub number: PartNumber,
    /// S3's `ETag` of it.
    pub etag: PartTag,
    /// Its CRC64NVME, equal on both sides.
    pub crc64: u64,
    /// Its bytes.
    pub size: ByteCount,
}

/// Parts by their numbers.
#[derive(Clone, Debug, Default)]
pub struct Acknowledged(Vec<AcknowledgedPart>);

impl Acknowledged {
    /// Makes room for all parts of a plan.
    pub fn make_room(&mut self, plan: &Plan) {
        self.0.reserve_exact(usize::from(plan.count()).saturating_sub(self.0.len()));
    }

    /// One more, or another answer for the same.
    pub fn insert(&mut self, row: AcknowledgedPart) {
        match self.place_of(row.number) {
            Ok(there) => self.0[there] = row,
            // They come nearly in order: few are moved.
            Err(between) => self.0.insert(between, row),
        }
    }

    /// Whether it is among them.
    pub fn has(&self, number: PartNumber) -> bool {
        self.place_of(number).is_ok()
    }

    /// One of them.
    pub fn get(&self, number: PartNumber) -> Option<&AcknowledgedPart> {
        self.place_of(number).ok().map(|there| &self.0[there])
    }

    /// Whether none is.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// All, in their order.
    pub fn rows(&self) -> std::slice::Iter<'_, AcknowledgedPart> {
        self.0.iter()
    }

    /// Each part's bytes, for the counters.
    pub fn sizes(&self) -> impl Iterator<Item = (PartNumber, u64)> {
        self.0.iter().map(|row| (row.number, row.size.get()))
    }

    /// CRC64NVME of all of them, one after the other.
    pub fn sum(&self) -> u64 {
        checksum::combine(self.0.iter().map(|row| (row.crc64, row.size.get())))
    }

    fn place_of(&self, number: PartNumber) -> Result<usize, usize> {
        self.0.binary_search_by_key(&number, |row| row.number)
    }
}

impl FromIterator<AcknowledgedPart> for Acknowledged {
    fn from_iter<I: IntoIterator<Item = AcknowledgedPart>>(rows: I) -> Self {
        let mut all = Self::default();
        rows.into_iter().for_each(|row| all.insert(row));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(number: u32, crc64: u64) -> AcknowledgedPart {
        AcknowledgedPart {
            number: PartNumber::new(number).expect("a number"),
            etag: "e".into(),
            crc64,
            size: ByteCount(5),
        }
    }

    #[test]
    fn whatever_their_order_they_are_kept_by_their_numbers_once_each() {
        let parts: Acknowledged = [row(3, 3), row(1, 1), row(2, 2), row(3, 4)].into_iter().collect();
        let numbers = |parts: &Acknowledged| parts.rows().map(|row| row.number.get()).collect::<Vec<_>>();
        assert_eq!(numbers(&parts), [1, 2, 3]);
        assert_eq!(parts.get(row(3, 0).number).map(|row| row.crc64), Some(4), "the last one counts");
        assert!(parts.has(PartNumber::FIRST) && !parts.has(row(4, 0).number));
        assert_eq!(parts.sum(), checksum::combine([(1, 5), (2, 5), (4, 5)]));
    }

    #[test]
    fn ten_thousand_take_half_a_mebibyte() {
        let plan = Plan::Multipart { size: 10_000, part_size: 1, count: 10_000 };
        let mut parts = Acknowledged::default();
        parts.make_room(&plan);
        (1..=10_000).for_each(|number| parts.insert(row(number, 0)));
        assert!(parts.0.capacity() * size_of::<AcknowledgedPart>() <= 512 << 10, "{}", size_of::<AcknowledgedPart>());
    }
}
