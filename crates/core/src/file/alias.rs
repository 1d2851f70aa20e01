//! Aliases of macOS' Finder (rule W16): files that stand for others. To the system they are files; what the Finder keeps beside a
//! file says what it is. They are passed over as links are. Where they lead is the Finder's to tell: none is followed.

/// What the Finder keeps of a file, in bytes.
#[cfg(any(target_os = "macos", test))]
const LEN: usize = 32;

/// Whether that is of an alias: `kIsAlias` among the Finder's flags, which follow type and creator, the high byte first. Source:
/// `Finder.h` of macOS.
#[cfg(any(target_os = "macos", test))]
const fn by_finder_info(info: &[u8; LEN]) -> bool {
    const IS_ALIAS: u16 = 0x8000;
    u16::from_be_bytes([info[8], info[9]]) & IS_ALIAS != 0
}

#[cfg(target_os = "macos")]
mod macos {
    use std::ffi::OsStr;
    use std::os::fd::BorrowedFd;
    use std::os::unix::ffi::OsStrExt as _;
    use std::path::Path;

    use rustix::fs::{fstatfs, getpath, lgetxattr};

    use super::{LEN, by_finder_info};

    /// An alias holds the names on a way to a file, which has 1,024 bytes at most, a few times over. Of what is larger nobody is
    /// asked.
    const BYTES_AT_MOST: u64 = 64 << 10;
    /// `MNT_LOCAL`. Source: `sys/mount.h` of macOS.
    const LOCAL: u32 = 0x1000;

    /// Whether a file of so many bytes in a folder is an alias. It is not opened: by its path, which is the system's word for the
    /// folder that is held; whoever puts another there meanwhile gains an answer that is wrong until the next look. On a drive
    /// of another computer nobody is asked.
    pub(in crate::file) fn lies_in(folder: BorrowedFd<'_>, name: &OsStr, size: u64) -> bool {
        let is_local = || fstatfs(folder).is_ok_and(|system| system.f_flags & LOCAL != 0);
        size <= BYTES_AT_MOST && is_local() && {
            let mut info = [0; LEN];
            let told = getpath(folder).and_then(|path| {
                let path = Path::new(OsStr::from_bytes(path.as_bytes())).join(name);
                lgetxattr(path, "com.apple.FinderInfo", info.as_mut_slice())
            });
            told == Ok(LEN) && by_finder_info(&info)
        }
    }
}
#[cfg(target_os = "macos")]
pub(super) use macos::lies_in;

#[cfg(test)]
mod tests {
    use super::*;

    /// W16.
    #[test]
    fn an_alias_is_told_by_what_the_finder_keeps_of_it() {
        let info = |flags: [u8; 2]| {
            let mut info = *b"fdrpMACS..llll..eeeeeeeeeeeeeeee";
            info[8..10].copy_from_slice(&flags);
            info
        };
        // On its own, with an icon of its own, and with all that there is.
        for alias in [[0x80, 0], [0x84, 0], [0xff, 0xff]] {
            assert!(by_finder_info(&info(alias)), "{alias:x?}");
        }
        // Nothing, hidden and locked by name, a color, and the same bit with its bytes the other way round.
        for file in [[0, 0], [0x50, 0], [0, 0x0e], [0, 0x80]] {
            assert!(!by_finder_info(&info(file)), "{file:x?}");
        }
    }

    /// W16.
    #[cfg(target_os = "macos")]
    #[test]
    fn an_alias_is_passed_over_as_a_link_is() {
        use std::path::Path;

        use crate::file::walk::Skip;
        use crate::file::{Extent, Links, Seen, Tree};

        let folder = tempfile::tempdir().expect("a folder");
        let file = std::fs::File::create(folder.path().join("a.mov alias")).expect("made");
        let mut info = [0; LEN];
        info[8] = 0x80;
        rustix::fs::fsetxattr(&file, "com.apple.FinderInfo", &info, rustix::fs::XattrFlags::empty()).expect("set");
        for links in [Links::Skipped, Links::Followed] {
            let tree = Tree::open(folder.path(), Path::new("/nowhere")).expect("opened");
            let tree = tree.reaching(Extent { links, ..Extent::default() }, Path::new("_uploaded"));
            let seen = tree.list(Path::new(""), &|| {}).expect("listed").remove(0).what;
            assert!(matches!(seen, Seen::Passed(Skip::Link)), "{seen:?}");
        }
    }
}
