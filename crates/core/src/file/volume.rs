//! What lasts of a volume on Linux, wherever and whenever it is mounted: the UUID that its file system has, or where a network drive
//! comes from. A device has whatever number is free when it comes, and another one may have it later.

use std::path::{Path, PathBuf};

use rustix::fs::{major, minor};
use sha2::{Digest as _, Sha256};

use super::OF_A_UUID;

/// Where the system keeps file systems by their UUID.
const BY_UUID: &str = "/dev/disk/by-uuid";
/// File systems that are gone with their mount: the next one of that name is another.
const GONE_WITH_THEIR_MOUNT: [&str; 2] = ["tmpfs", "ramfs"];

/// A line of the table of mounts.
#[derive(Debug, PartialEq, Eq)]
struct Mount {
    /// Where it is mounted, as it is written there.
    at: String,
    kind: String,
    source: String,
}

/// What lasts of the volume of this number; nothing where nothing is known to. Blocks.
pub(super) fn serial(volume: u64) -> Option<u64> {
    let table = std::fs::read_to_string("/proc/self/mountinfo").ok()?;
    let mount = mount_of(&table, major(volume), minor(volume))?;
    if GONE_WITH_THEIR_MOUNT.contains(&mount.kind.as_str()) {
        return None;
    }
    if !mount.source.starts_with("/dev/") {
        // A share that is mounted elsewhere is told by what lies in it.
        return Some(sum(&[&mount.kind, &mount.source, &mount.at]) & !OF_A_UUID);
    }
    uuid_of(Path::new(&mount.source)).map(|uuid| sum(&[&uuid]) | OF_A_UUID)
}

/// The mount that shows a volume. Source: proc(5), `/proc/pid/mountinfo`.
fn mount_of(table: &str, major: u32, minor: u32) -> Option<Mount> {
    let number = format!("{major}:{minor}");
    table.lines().find_map(|line| {
        let (before, behind) = line.split_once(" - ")?;
        let mut before = before.split(' ').skip(2);
        let is_it = before.next() == Some(number.as_str());
        let at = before.nth(1)?;
        let mut behind = behind.split(' ');
        let (kind, source) = (behind.next()?, behind.next()?);
        is_it.then(|| Mount { at: at.to_owned(), kind: kind.to_owned(), source: source.to_owned() })
    })
}

fn uuid_of(device: &Path) -> Option<String> {
    let device = std::fs::canonicalize(device).ok()?;
    let is_it = |link: &PathBuf| std::fs::canonicalize(link).is_ok_and(|leads| leads == device);
    let links = std::fs::read_dir(BY_UUID).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    let found = links.into_iter().find(is_it)?;
    found.file_name().map(|name| name.to_string_lossy().into_owned())
}

fn sum(words: &[&str]) -> u64 {
    let digest = Sha256::digest(words.join("\0"));
    u64::from_be_bytes(std::array::from_fn(|at| digest[at]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "\
        24 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n\
        61 24 8:17 /day /media/my\\040card rw - vfat /dev/sdb1 rw,uid=1000\n\
        70 24 0:52 / /mnt/nas rw,relatime shared:4 master:2 - cifs //nas/share rw,vers=3\n";

    /// W15.
    #[test]
    fn a_volume_is_found_among_the_mounts_by_its_number() {
        let mount = |at: &str, kind: &str, source: &str| Mount {
            at: at.to_owned(),
            kind: kind.to_owned(),
            source: source.to_owned(),
        };
        assert_eq!(mount_of(TABLE, 8, 17), Some(mount("/media/my\\040card", "vfat", "/dev/sdb1")));
        assert_eq!(mount_of(TABLE, 0, 52), Some(mount("/mnt/nas", "cifs", "//nas/share")));
        assert_eq!(mount_of(TABLE, 8, 1), None);
        assert_eq!(mount_of("24 1 254:0 /\n - \n", 254, 0), None);
    }

    /// W15: a share is the same whatever number it has, and another is another.
    #[test]
    fn what_lasts_of_a_share_is_where_it_comes_from() {
        let [nas, other] = ["//nas/share", "//nas/other"].map(|source| sum(&["cifs", source, "/mnt/nas"]));
        assert_ne!(nas, other);
        assert_eq!(nas, sum(&["cifs", "//nas/share", "/mnt/nas"]));
    }
}
