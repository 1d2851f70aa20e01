//! The drive that a path lies on, by the name a person knows it by. No drive is asked: one that is away would not answer.

use std::path::{Component, Path, PathBuf, Prefix};

/// What is mounted now. Elsewhere than on Linux a path says enough.
#[derive(Debug, Default)]
pub struct Mounts(Vec<PathBuf>);

impl Mounts {
    /// As the system tells it.
    pub fn now() -> Self {
        // Names may be of any bytes.
        let told = if cfg!(target_os = "linux") { std::fs::read("/proc/self/mountinfo").ok() } else { None };
        Self::read(&told.unwrap_or_default())
    }

    /// Source: proc_pid_mountinfo(5): the fifth word is the mount point, with blanks and breaks in octal.
    fn read(told: &[u8]) -> Self {
        let words = told.split(|byte| *byte == b'\n').filter_map(|line| line.split(|byte| *byte == b' ').nth(4));
        let points = words.filter_map(|word| String::from_utf8(unescaped(word)).ok()).map(PathBuf::from);
        Self(points.filter(|point| !is_the_systems(point)).collect())
    }

    /// The name of the drive or share, as [`drive_of`] has it, or what its place of mounting is called.
    pub fn drive_of(&self, path: &Path) -> Option<String> {
        drive_of(path).or_else(|| {
            let point =
                self.0.iter().filter(|point| path.starts_with(point)).max_by_key(|point| point.as_os_str().len())?;
            Some(point.file_name()?.to_string_lossy().into_owned())
        })
    }
}

/// Parts of the computer's own disks, and what is no drive.
fn is_the_systems(point: &Path) -> bool {
    let mut steps = point.components().skip(1).filter_map(|step| step.as_os_str().to_str());
    match (steps.next(), steps.next()) {
        (None, _) | (Some("proc" | "sys" | "dev" | "run" | "snap" | "boot"), _) => true,
        (Some(first), None) => matches!(first, "home" | "opt" | "root" | "srv" | "tmp" | "usr" | "var"),
        _ => false,
    }
}

fn unescaped(word: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(word.len());
    let mut rest = word;
    while let [first, after @ ..] = rest {
        let octal = after.get(..3).filter(|_| *first == b'\\').and_then(|digits| std::str::from_utf8(digits).ok());
        match octal.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(byte) => {
                plain.push(byte);
                rest = &after[3..];
            }
            None => {
                plain.push(*first);
                rest = after;
            }
        }
    }
    plain
}

/// The name of the drive or share by the path alone, "LAB-NAS", "D:"; none on the computer's own disk.
pub fn drive_of(path: &Path) -> Option<String> {
    let mut steps = path.components();
    let named = |name: &std::ffi::OsStr| Some(name.to_string_lossy().into_owned());
    match steps.next()? {
        Component::Prefix(prefix) => match prefix.kind() {
            Prefix::UNC(server, _) | Prefix::VerbatimUNC(server, _) => named(server),
            Prefix::Disk(letter) | Prefix::VerbatimDisk(letter) if letter != b'C' => {
                Some(format!("{}:", char::from(letter)))
            }
            _ => None,
        },
        Component::RootDir => {
            let mut step = || steps.next().and_then(|step| step.as_os_str().to_str());
            // Where macOS, the desktops and administrators mount: /Volumes/NAME, /media/WHO/NAME, /run/media/WHO/NAME, /mnt/NAME.
            let name = match step()? {
                "Volumes" | "mnt" => step()?,
                "media" => step().and_then(|who| step().or(Some(who)))?,
                "run" if step()? == "media" => step().and_then(|who| step().or(Some(who)))?,
                _ => return None,
            };
            Some(name.to_owned())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_drive_is_called_what_it_is_mounted_as() {
        for (path, name) in [
            ("/Volumes/LAB-NAS/scanner/export", Some("LAB-NAS")),
            ("/media/ada/CARD 4/DCIM", Some("CARD 4")),
            ("/run/media/ada/CARD/clip.mov", Some("CARD")),
            ("/mnt/archive/a/b", Some("archive")),
            ("/home/ada/clip.mov", None),
            ("/run/user/1000/clip.mov", None),
            ("clip.mov", None),
            ("/", None),
        ] {
            assert_eq!(drive_of(Path::new(path)).as_deref(), name, "{path}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_drive_that_is_mounted_elsewhere_is_called_by_its_place() {
        let told = b"22 1 8:1 / / rw - ext4 /dev/sda1 rw
35 22 0:30 / /home rw - ext4 /dev/sda2 rw
36 22 0:31 / /srv/share/LAB-NAS rw,relatime shared:1 - cifs //nas/lab rw
37 36 0:32 / /srv/share/LAB-NAS/fast rw - nfs nas:/fast rw
38 22 0:33 / /data/CARD\\0404 rw - vfat /dev/sdb1 rw
39 22 0:34 / /run/user/1000 rw - tmpfs tmpfs rw
40 22 0:35 / /archive rw - nfs nas:/archive rw
";
        let mounts = Mounts::read(told);
        for (path, name) in [
            ("/srv/share/LAB-NAS/scans/a.tif", Some("LAB-NAS")),
            ("/srv/share/LAB-NAS/fast/a.tif", Some("fast")),
            ("/srv/share/other/a.tif", None),
            ("/data/CARD 4/DCIM/a.mov", Some("CARD 4")),
            ("/archive/a.mov", Some("archive")),
            ("/home/ada/clip.mov", None),
            ("/run/user/1000/clip.mov", None),
            ("/mnt/other/clip.mov", Some("other")),
        ] {
            assert_eq!(mounts.drive_of(Path::new(path)).as_deref(), name, "{path}");
        }
    }

    #[cfg(windows)]
    #[test]
    fn a_drive_is_called_by_its_server_or_letter() {
        for (path, name) in [
            (r"\\LAB-NAS\scans\a.tif", Some("LAB-NAS")),
            (r"\\?\UNC\LAB-NAS\scans\a.tif", Some("LAB-NAS")),
            (r"D:\clip.mov", Some("D:")),
            (r"C:\Users\ada\clip.mov", None),
        ] {
            assert_eq!(drive_of(Path::new(path)).as_deref(), name, "{path}");
        }
    }
}
