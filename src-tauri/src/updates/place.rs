//! How this Davit was installed, and so who may put another in its place.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::path::{Path, PathBuf};

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
    /// Where it lies: the one file, the app's folder, or the program that an installer put there.
    pub(super) lies: PathBuf,
}

/// Whether the company wants Davit to look for updates itself.
///
/// # Errors
/// That it does not.
pub(super) const fn allowed(policy: &Policy) -> Result<(), NoUpdates> {
    if policy.enabled { Ok(()) } else { Err(NoUpdates::Company) }
}

impl Place {
    /// As the bundler wrote into the program, and the `AppImage`'s own loader tells; this program lies there.
    ///
    /// # Errors
    /// Who brings updates instead.
    pub(super) fn of(
        bundle: Option<BundleType>,
        appimage: Option<&OsStr>,
        program: Option<&Path>,
    ) -> Result<Self, NoUpdates> {
        let (kind, lies) = match bundle {
            Some(BundleType::Deb | BundleType::Rpm) => return Err(NoUpdates::Packages),
            // Whoever rolls it out by groups of computers rolls its updates out so, too.
            Some(BundleType::Msi) => return Err(NoUpdates::Company),
            Some(BundleType::Nsis) => (Kind::Nsis, program),
            Some(BundleType::App | BundleType::Dmg) => (Kind::App, program.and_then(app_of)),
            Some(BundleType::AppImage) => (Kind::AppImage, appimage.map(Path::new)),
            None => return Err(NoUpdates::Build),
        };
        // The file itself: a link to it stays one.
        let lies = lies.and_then(|lies| std::fs::canonicalize(lies).ok()).ok_or(NoUpdates::Place)?;
        // Where the person may not write, the system would want an administrator whenever they quit. Only trying tells: rights are
        // not all that may be in the way.
        let tried = lies.parent().and_then(|folder| tempfile::tempfile_in(folder).ok());
        let writable = tried.is_some_and(|tried| kind != Kind::App || is_theirs(&lies, &tried));
        // An update is an installer for one person: from all persons' Davit, which administrators may write to, it made a second.
        let for_all = kind == Kind::Nsis && is_below(&lies, std::env::var_os("ProgramFiles"));
        if writable && !for_all && (kind == Kind::App || lies.is_file()) {
            Ok(Self { kind, lies })
        } else {
            Err(NoUpdates::Place)
        }
    }

    /// Where an update would change this Davit and no other: Windows' installer asks whoever it is to uninstall a company's `.msi`
    /// first, and goes where the registry says that this person's Davit lies.
    ///
    /// # Errors
    /// Who brings updates instead.
    pub(super) fn alone(self) -> Result<Self, NoUpdates> {
        if self.kind == Kind::Nsis {
            let (for_all, theirs) = installed();
            is_alone(&self.lies, for_all, theirs.as_deref())?;
        }
        Ok(self)
    }
}

fn is_alone(lies: &Path, for_all: bool, theirs: Option<&Path>) -> Result<(), NoUpdates> {
    if for_all {
        return Err(NoUpdates::Company);
    }
    let theirs = theirs.and_then(|folder| std::fs::canonicalize(folder).ok());
    if theirs.as_deref() == lies.parent() { Ok(()) } else { Err(NoUpdates::Place) }
}

/// Whether the registry has a Davit for all of this computer, and where it has this person's.
#[cfg(windows)]
fn installed() -> (bool, Option<PathBuf>) {
    use windows_registry::{CURRENT_USER, LOCAL_MACHINE};
    // The second is where installers of 32 bits are led to.
    let for_all = [
        r"Software\Microsoft\Windows\CurrentVersion\Uninstall",
        r"Software\WOW6432Node\Microsoft\Windows\CurrentVersion\Uninstall",
    ]
    .into_iter()
    .any(|folder| {
        let Ok(all) = LOCAL_MACHINE.open(folder) else { return false };
        let Ok(mut names) = all.keys() else { return false };
        names.any(|name| {
            let one = all.open(name).and_then(|one| one.get_string("DisplayName"));
            one.is_ok_and(|name| name == "Davit")
        })
    });
    let theirs = CURRENT_USER.open(r"Software\The Davit authors\Davit").and_then(|key| key.get_string(""));
    (for_all, theirs.ok().map(PathBuf::from))
}

/// No other system has installers of this kind.
#[cfg(not(windows))]
const fn installed() -> (bool, Option<PathBuf>) {
    (false, None)
}

fn is_below(lies: &Path, folder: Option<OsString>) -> bool {
    folder.and_then(|folder| std::fs::canonicalize(folder).ok()).is_some_and(|folder| lies.starts_with(folder))
}

/// Whether an app belongs to whoever made a file beside it: in `/Applications` every administrator may make some, and the system
/// asks for a password all the same before another's folder is moved. Source: XNU, `vn_authorize_renamex`.
#[cfg(unix)]
fn is_theirs(app: &Path, made: &File) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let (Ok(app), Ok(made)) = (app.metadata(), made.metadata()) else { return false };
    app.uid() == made.uid() && app.mode() & 0o200 != 0
}

/// There are none of them.
#[cfg(not(unix))]
fn is_theirs(app: &Path, _made: &File) -> bool {
    app.is_dir()
}

/// The app for macOS that a program belongs to.
pub(super) fn app_of(program: &Path) -> Option<&Path> {
    program.ancestors().find(|folder| folder.extension().is_some_and(|kind| kind == "app"))
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
            (Some(BundleType::Nsis), NoUpdates::Place),
            (Some(BundleType::App), NoUpdates::Place),
            (None, NoUpdates::Build),
        ] {
            let (appimage, program) = (OsStr::new("/nowhere/Davit.AppImage"), Path::new("/nowhere/davit-app"));
            assert_eq!(Place::of(bundle, Some(appimage), Some(program)).expect_err("none"), why);
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
        let place = Place::of(Some(BundleType::AppImage), Some(link.as_os_str()), None).expect("a place");
        assert_eq!(place.lies, std::fs::canonicalize(&file).expect("there"));
        assert_eq!(std::fs::read_dir(folder.path()).expect("listed").count(), 2, "nothing is left beside it");
    }

    #[test]
    fn what_lies_where_its_person_writes_is_put_in_place_anew() {
        let folder = tempfile::tempdir().expect("a folder");
        let app = folder.path().join("Davit.app");
        let program = app.join("Contents").join("MacOS").join("davit-app");
        std::fs::create_dir_all(program.parent().expect("a folder")).expect("made");
        std::fs::write(&program, b"MZ").expect("written");
        for (bundle, lies) in [(BundleType::Nsis, &program), (BundleType::App, &app), (BundleType::Dmg, &app)] {
            let place = Place::of(Some(bundle), None, Some(&program)).expect("a place");
            assert_eq!(place.lies, std::fs::canonicalize(lies).expect("there"));
        }
    }

    #[test]
    fn an_installer_is_an_update_of_the_one_davit_that_a_person_has() {
        let folder = tempfile::tempdir().expect("a folder");
        let there = std::fs::canonicalize(folder.path()).expect("there");
        let lies = there.join("davit-app.exe");
        assert_eq!(is_alone(&lies, false, Some(folder.path())), Ok(()));
        assert_eq!(is_alone(&lies, true, Some(folder.path())), Err(NoUpdates::Company));
        for elsewhere in [None, there.parent(), Some(lies.as_path())] {
            assert_eq!(is_alone(&lies, false, elsewhere), Err(NoUpdates::Place), "{elsewhere:?}");
        }
    }

    #[test]
    fn all_persons_davit_is_known_by_where_programs_of_all_lie() {
        let folder = tempfile::tempdir().expect("a folder");
        let all = folder.path().join("Program Files");
        std::fs::create_dir(&all).expect("made");
        let lies = std::fs::canonicalize(&all).expect("there").join("Davit").join("davit-app.exe");
        assert!(is_below(&lies, Some(all.clone().into_os_string())));
        assert!(!is_below(&lies, Some(all.join("Davit").into_os_string())), "what is not there holds nothing");
        assert!(!is_below(folder.path(), Some(all.into_os_string())) && !is_below(&lies, None));
    }

    #[cfg(unix)]
    #[test]
    fn an_app_that_its_person_may_not_move_is_left_to_whoever_put_it_there() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let app = folder.path().join("Davit.app");
        let program = app.join("davit-app");
        std::fs::create_dir(&app).expect("made");
        std::fs::write(&program, b"MZ").expect("written");
        let rights = |mode| std::fs::set_permissions(&app, std::fs::Permissions::from_mode(mode)).expect("changed");
        rights(0o555);
        let place = Place::of(Some(BundleType::App), None, Some(&program));
        assert_eq!(place.expect_err("none"), NoUpdates::Place);
        rights(0o755);
        assert!(Place::of(Some(BundleType::App), None, Some(&program)).is_ok());
    }

    /// Nobody writes into that folder, not even who may do everything.
    #[cfg(target_os = "linux")]
    #[test]
    fn what_lies_where_its_person_may_write_nothing_is_left_to_whoever_put_it_there() {
        let file = "/proc/version";
        for bundle in [BundleType::Nsis, BundleType::AppImage] {
            let place = Place::of(Some(bundle), Some(OsStr::new(file)), Some(Path::new(file)));
            assert_eq!(place.expect_err("none"), NoUpdates::Place);
        }
        let ours = tempfile::tempfile().expect("a file");
        assert!(!is_theirs(Path::new("/nowhere"), &ours) && !is_theirs(Path::new("/proc"), &ours));
    }
}
