//! Which folders may be watched (rule W29), and whether one is there (rule W15).

use std::path::{Path, PathBuf};

use super::record::RootId;
use crate::error::{Error, ErrorCode, Result};
use crate::file::Tree;

/// Whether a watched folder is there.
#[derive(Debug)]
pub(super) enum Root {
    /// It is, and the one that it was.
    There(Tree),
    /// Nothing is there, or another folder: a drive that is unplugged leaves the folder that it was mounted on.
    Away,
}

/// Looks whether a folder is there. One of which nothing is known yet is whatever is there.
///
/// # Errors
/// What the system says, but that it is not there.
pub(super) fn look(path: &Path, home: &Path, known: Option<RootId>) -> Result<Root> {
    match Tree::open(path, home) {
        Ok(tree) => {
            let is = RootId::of(&tree)?;
            Ok(if known.is_none_or(|known| known.is_still(is)) { Root::There(tree) } else { Root::Away })
        }
        Err(error) if matches!(error.code, ErrorCode::FileMissing | ErrorCode::NotAFile | ErrorCode::SourceOffline) => {
            Ok(Root::Away)
        }
        Err(error) => Err(error),
    }
}

/// The folder that a path leads to, if it may be watched beside those that are.
///
/// # Errors
/// `bad-input` with the other's path where one lies in the other, for a folder of the system and for one that holds Davit's
/// own; as the system says for what is no folder.
pub(super) fn admit(path: &Path, home: &Path, others: &[PathBuf]) -> Result<PathBuf> {
    let bad = |why: String| Err(Error::new(ErrorCode::BadInput).detail(why));
    let whole = path.canonicalize().map_err(|error| crate::file::classify(&error, path))?;
    if !whole.is_dir() {
        return Err(Error::new(ErrorCode::NotAFile).detail("no folder"));
    }
    let home = home.canonicalize().unwrap_or_else(|_| home.to_owned());
    if whole.starts_with(&home) {
        return bad(format!("Davit keeps its own records in {}", home.display()));
    }
    for other in others {
        // As it was found when it was added: a drive that does not answer keeps nobody from adding another.
        if whole.starts_with(other) || other.starts_with(&whole) {
            return bad(format!("{} is watched already", other.display()));
        }
    }
    if is_of_the_system(&whole) {
        return bad(format!("{} belongs to the system", whole.display()));
    }
    Ok(whole)
}

/// Whether a folder is one that programs and not people write in, or holds all of those.
fn is_of_the_system(whole: &Path) -> bool {
    // A person's own folder holds caches and settings of everything. It may be behind a link, and has another form on Windows.
    let own = directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_owned());
    let own = own.map(|own| own.canonicalize().unwrap_or(own));
    if own.is_some_and(|own| own.starts_with(whole)) {
        return true;
    }
    // Memory that looks like a folder is anybody's.
    let is_system = |system: &PathBuf| whole.starts_with(system) && !whole.starts_with("/dev/shm");
    let system = system_folders();
    // The root of a drive is a card's, say; that of the system's drive holds all that is its own.
    let holds_all = |system: &PathBuf| whole.parent().is_none() && system.starts_with(whole);
    system.iter().any(|system| is_system(system) || holds_all(system))
}

#[cfg(target_os = "linux")]
fn system_folders() -> Vec<PathBuf> {
    ["/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/proc", "/run/lock", "/run/systemd", "/sbin", "/sys", "/usr"]
        .map(PathBuf::from)
        .to_vec()
}

#[cfg(target_os = "macos")]
fn system_folders() -> Vec<PathBuf> {
    ["/System", "/Library", "/bin", "/dev", "/private/etc", "/private/var/db", "/sbin", "/usr"]
        .map(PathBuf::from)
        .to_vec()
}

#[cfg(windows)]
fn system_folders() -> Vec<PathBuf> {
    let named = ["SystemRoot", "ProgramFiles", "ProgramFiles(x86)", "ProgramData"];
    named.iter().filter_map(std::env::var_os).map(PathBuf::from).filter_map(|path| path.canonicalize().ok()).collect()
}

#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
fn system_folders() -> Vec<PathBuf> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// W29.
    #[test]
    fn nested_roots_and_system_folders_are_refused_by_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().canonicalize().expect("whole").join(name);
        for name in ["in/day", "home", "other"] {
            std::fs::create_dir_all(at(name)).expect("made");
        }
        let refused = |path: &Path, others: &[PathBuf]| {
            let error = admit(path, &at("home"), others).expect_err("refused");
            assert_eq!(error.code, ErrorCode::BadInput);
            error.detail
        };
        assert_eq!(admit(&at("in"), &at("home"), &[at("other")]).expect("free"), at("in"));
        for (path, other) in [(at("in"), at("in/day")), (at("in/day"), at("in")), (at("in"), at("in"))] {
            assert!(refused(&path, std::slice::from_ref(&other)).contains(&*other.to_string_lossy()));
        }
        assert!(refused(&at("home"), &[]).contains("its own records"));
        let system = system_folders();
        assert!(!system.is_empty() || !cfg!(any(target_os = "linux", target_os = "macos", windows)));
        for system in system.iter().filter(|path| path.is_dir()) {
            assert!(is_of_the_system(system), "{}", system.display());
        }
        let own = directories::BaseDirs::new().expect("a profile").home_dir().to_owned();
        for all in [own.ancestors().last().expect("a root"), &own] {
            assert!(refused(all, &[]).contains("belongs to the system"), "{}", all.display());
        }
        let missing = admit(&at("missing"), &at("home"), &[]).expect_err("nothing there");
        assert_eq!(missing.code, ErrorCode::FileMissing);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_a_folder_is_that_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        let whole = folder.path().canonicalize().expect("whole");
        std::fs::create_dir(whole.join("in")).expect("made");
        std::os::unix::fs::symlink(whole.join("in"), whole.join("link")).expect("a link");
        let there = admit(&whole.join("link"), Path::new("/nowhere"), &[]).expect("a folder");
        assert_eq!(there, whole.join("in"));
        admit(&whole.join("link"), Path::new("/nowhere"), &[whole.join("in")]).expect_err("watched already");
    }

    /// W15, as far as the folder goes.
    #[test]
    fn a_folder_that_is_missing_or_another_is_away() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, home) = (folder.path().join("in"), folder.path().join("home"));
        let look = |known| look(&path, &home, known).expect("looked");
        assert!(matches!(look(None), Root::Away));
        std::fs::create_dir(&path).expect("made");
        let Root::There(tree) = look(None) else { panic!("it is there") };
        let id = RootId::of(&tree).expect("an id");
        assert!(matches!(look(Some(id)), Root::There(_)));
        let folder = crate::file::FolderId { volume: id.folder.volume ^ 1, ..id.folder };
        let mut others = vec![RootId { folder, ..id }];
        // Of some volumes nothing lasts, and of others what may be called otherwise.
        let uuid = id.serial.filter(|serial| serial & crate::file::OF_A_UUID != 0);
        others.extend(uuid.map(|serial| RootId { serial: Some(serial ^ 2), ..id }));
        for other in others {
            assert!(matches!(look(Some(other)), Root::Away), "what a drive was mounted on is not the drive");
        }
    }
}
