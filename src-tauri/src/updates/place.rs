//! How this Davit was installed, and so who may put another in its place.

use std::ffi::OsStr;
use std::path::PathBuf;

use davit_core::policy::Updates as Policy;
use tauri::utils::config::BundleType;

use crate::views::NoUpdates;

/// What an update is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// One file that runs, on Linux.
    AppImage,
    /// An installer, on Windows.
    Nsis,
    /// A packed app, on macOS.
    App,
}

/// What is put in place anew.
#[derive(Debug)]
pub(super) struct Place {
    /// What it is.
    pub(super) kind: Kind,
    /// The file, where it is one.
    pub(super) file: Option<PathBuf>,
}

/// Whether the company wants Davit to look for updates itself.
///
/// # Errors
/// That it does not.
pub(super) const fn allowed(policy: &Policy) -> Result<(), NoUpdates> {
    if policy.enabled { Ok(()) } else { Err(NoUpdates::Company) }
}

impl Place {
    /// As the bundler wrote into the program, and the `AppImage`'s own loader tells.
    ///
    /// # Errors
    /// Who brings updates instead.
    pub(super) fn of(bundle: Option<BundleType>, appimage: Option<&OsStr>) -> Result<Self, NoUpdates> {
        match bundle {
            Some(BundleType::Deb | BundleType::Rpm) => Err(NoUpdates::Packages),
            // Whoever rolls it out by groups of computers rolls its updates out so, too.
            Some(BundleType::Msi) => Err(NoUpdates::Company),
            Some(BundleType::Nsis) => Ok(Self { kind: Kind::Nsis, file: None }),
            Some(BundleType::App | BundleType::Dmg) => Ok(Self { kind: Kind::App, file: None }),
            Some(BundleType::AppImage) => {
                // The file itself: a link to it stays one.
                let file = appimage.and_then(|file| std::fs::canonicalize(file).ok()).filter(|file| file.is_file());
                let folder = file.as_deref().and_then(std::path::Path::parent);
                let writable = folder.is_some_and(|folder| tempfile::tempfile_in(folder).is_ok());
                if writable { Ok(Self { kind: Kind::AppImage, file }) } else { Err(NoUpdates::Place) }
            }
            None => Err(NoUpdates::Build),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_with_packages_or_the_company_is_not_put_in_place_anew() {
        for (bundle, why) in [
            (Some(BundleType::Deb), NoUpdates::Packages),
            (Some(BundleType::Rpm), NoUpdates::Packages),
            (Some(BundleType::Msi), NoUpdates::Company),
            (Some(BundleType::AppImage), NoUpdates::Place),
            (None, NoUpdates::Build),
        ] {
            assert_eq!(Place::of(bundle, Some(OsStr::new("/nowhere/Davit.AppImage"))).expect_err("none"), why);
        }
        let off = Policy { enabled: false, ..Policy::default() };
        assert_eq!((allowed(&off), allowed(&Policy::default())), (Err(NoUpdates::Company), Ok(())));
    }

    #[cfg(unix)]
    #[test]
    fn an_appimage_is_put_in_place_anew_where_it_lies_whatever_leads_to_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let (file, link) = (folder.path().join("Davit.AppImage"), folder.path().join("davit"));
        std::fs::write(&file, b"\x7fELF").expect("written");
        std::os::unix::fs::symlink(&file, &link).expect("a link");
        let place = Place::of(Some(BundleType::AppImage), Some(link.as_os_str())).expect("a place");
        assert_eq!(place.file, Some(std::fs::canonicalize(&file).expect("there")));
        assert_eq!(std::fs::read_dir(folder.path()).expect("listed").count(), 2, "nothing is left beside it");
    }
}
