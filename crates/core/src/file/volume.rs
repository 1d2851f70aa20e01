//! What lasts of a volume on Linux, wherever and whenever it is mounted: the UUID that its file system has, or where a network drive
//! comes from. A device has whatever number is free when it comes, and another one may have it later.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
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

/// File systems of other computers, and of programs that serve one. Source: as those of `mount`, by their names in the table.
const SERVED: [&str; 18] = [
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "9p", "ceph", "afs", "coda", "gfs2", "ocfs2", "lustre", "gpfs",
    "beegfs", "virtiofs", "vboxsf", "fuse",
];

/// Whether a drive of another computer, or one that a program serves, is mounted below a folder. None of them is asked.
pub(super) fn is_served_below(folder: &Path) -> bool {
    std::fs::read_to_string("/proc/self/mountinfo").is_ok_and(|table| serves_below(&table, folder))
}

fn serves_below(table: &str, folder: &Path) -> bool {
    table.lines().any(|line| {
        let Some((before, behind)) = line.split_once(" - ") else { return false };
        let at = before.split(' ').nth(4).map(|at| plain(at.as_bytes()));
        let kind = behind.split(' ').next().unwrap_or_default();
        let is_served = SERVED.contains(&kind) || kind.starts_with("fuse.") || kind == "fuseblk";
        is_served && at.is_some_and(|at| at != folder && at.starts_with(folder))
    })
}

/// A path as it is written in the system's tables of mounts: blanks and such are three octal digits there.
pub(crate) fn plain(word: &[u8]) -> PathBuf {
    let (mut plain, mut rest) = (Vec::with_capacity(word.len()), word);
    while let [first, after @ ..] = rest {
        rest = after;
        match (first, after) {
            (b'\\', [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', behind @ ..]) => {
                plain.push((a - b'0') * 64 + (b - b'0') * 8 + (c - b'0'));
                rest = behind;
            }
            _ => plain.push(*first),
        }
    }
    PathBuf::from(OsString::from_vec(plain))
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

    /// W13: the system does not tell what others write there.
    #[test]
    fn a_share_that_is_mounted_in_a_folder_is_found_by_the_table_alone() {
        for (folder, is) in [("/mnt", true), ("/", true), ("/mnt/nas", false), ("/mnt/na", false), ("/media", false)] {
            assert_eq!(serves_below(TABLE, Path::new(folder)), is, "{folder}");
        }
        let served = "80 24 0:60 / /data/my\\040share rw - fuse.sshfs a@b:/ rw\n";
        assert!(serves_below(served, Path::new("/data")) && !serves_below(served, Path::new("/data/my share")));
    }

    /// W15: a share is the same whatever number it has, and another is another.
    #[test]
    fn what_lasts_of_a_share_is_where_it_comes_from() {
        let [nas, other] = ["//nas/share", "//nas/other"].map(|source| sum(&["cifs", source, "/mnt/nas"]));
        assert_ne!(nas, other);
        assert_eq!(nas, sum(&["cifs", "//nas/share", "/mnt/nas"]));
    }
}
