//! The drive that a path lies on, by the name a person knows it by. No drive is asked: one that is away would not answer.

use std::path::{Component, Path, Prefix};

/// The name of the drive or share: as the path has it, "LAB-NAS", "D:", or what the place is called where it was mounted;
/// none on the computer's own disk.
pub fn drive_of(path: &Path, mount: Option<&Path>) -> Option<String> {
    by_path(path).or_else(|| Some(mount?.file_name()?.to_string_lossy().into_owned()))
}

fn by_path(path: &Path) -> Option<String> {
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
            assert_eq!(drive_of(Path::new(path), None).as_deref(), name, "{path}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_drive_that_is_mounted_elsewhere_is_called_by_its_place() {
        let name = |path, mount: &str| drive_of(Path::new(path), Some(Path::new(mount)));
        assert_eq!(name("/srv/share/LAB-NAS/scans/a.tif", "/srv/share/LAB-NAS").as_deref(), Some("LAB-NAS"));
        assert_eq!(name("/mnt/archive/fast/a.tif", "/mnt/archive/fast").as_deref(), Some("archive"));
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
            assert_eq!(drive_of(Path::new(path), None).as_deref(), name, "{path}");
        }
    }
}
