//! How systems mark a file whose bytes lie in the cloud. Looking fetches nothing, reading does.

/// `FILE_ATTRIBUTE_RECALL_ON_DATA_ACCESS`, and `FILE_ATTRIBUTE_RECALL_ON_OPEN`, which folders' entries alone have. Source:
/// Windows file attributes.
#[cfg(any(windows, test))]
pub(super) const fn by_attributes(attributes: u32) -> bool {
    attributes & (0x0040_0000 | 0x0004_0000) != 0
}

/// `SF_DATALESS`. Source: `sys/stat.h` of macOS.
#[cfg(any(target_os = "macos", test))]
pub(super) const fn by_flags(flags: u32) -> bool {
    flags & 0x4000_0000 != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// W17.
    #[test]
    fn what_lies_in_the_cloud_is_told_by_how_the_system_marks_it() {
        // Archive, pinned, and the reparse point of a drive that shows what it has.
        for here in [0, 0x20, 0x0008_0020, 0x0420] {
            assert!(!by_attributes(here), "{here:x}");
        }
        // With the reparse point and without: both are seen.
        for away in [0x0040_0020, 0x0050_1620, 0x0004_0020] {
            assert!(by_attributes(away), "{away:x}");
        }
        assert!(by_flags(0x4000_0020) && !by_flags(0x0000_0020) && !by_flags(0));
    }
}
