//! Where administrators put the policy, and whether nobody else could have put or changed it there: it leads the uploads of
//! everybody who sits at the computer. What others could have written is an error and not no policy, or taking a policy away
//! would be as easy as spoiling it.
//!
//! On Unix owner and rights tell that. On Windows they are told by calls that are `unsafe` alone, so it is the place that keeps
//! others out: what lies below `%ProgramFiles%` administrators alone can make (below `%ProgramData%` everybody can). What was
//! opened there for people by hand is found by trying.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::{bad, there};
use crate::error::Result;

/// The machine's policy file, whether it is there or not.
#[derive(Debug)]
pub(super) struct Place {
    file: PathBuf,
    /// Whose file and folder are.
    #[cfg(unix)]
    owner: u32,
    /// Who may make files here is an administrator.
    #[cfg(windows)]
    closed: PathBuf,
}

/// The rights of others to change something.
#[cfg(unix)]
const OTHERS: u32 = 0o022;

/// To write to a file or make one in a folder.
#[cfg(windows)]
const WRITES: u32 = 0x2;
/// That, to delete what is in a folder, to delete it, to change its rights, to become its owner.
#[cfg(windows)]
const CHANGES: [u32; 5] = [WRITES, 0x40, 0x1_0000, 0x4_0000, 0x8_0000];
/// Without it no folder is opened.
#[cfg(windows)]
const FILE_FLAG_BACKUP_SEMANTICS: u32 = 0x0200_0000;

impl Place {
    /// Where this system's administrators put it.
    #[cfg(windows)]
    pub(super) fn of_this_machine() -> Self {
        let closed = std::env::var_os("ProgramFiles").map_or_else(|| PathBuf::from(r"C:\Program Files"), PathBuf::from);
        Self { file: closed.join("Davit").join("policy.json"), closed }
    }

    /// Where this system's administrators put it.
    #[cfg(unix)]
    pub(super) fn of_this_machine() -> Self {
        let folder = if cfg!(target_os = "macos") { "/Library/Application Support/Davit" } else { "/etc/davit" };
        Self { file: Path::new(folder).join("policy.json"), owner: 0 }
    }

    /// A file of a test, as an administrator makes it: that is whoever runs the test.
    #[cfg(test)]
    pub(super) fn written(file: PathBuf, text: &str) -> Self {
        std::fs::write(&file, text).expect("written");
        #[cfg(unix)]
        tests::lets(&file, 0o644);
        Self::of_a_test(file)
    }

    /// The same, whatever is there.
    #[cfg(test)]
    pub(super) fn of_a_test(file: PathBuf) -> Self {
        Self {
            #[cfg(unix)]
            owner: rustix::process::geteuid().as_raw(),
            #[cfg(windows)]
            closed: std::env::temp_dir(),
            file,
        }
    }

    /// What it is called in an error.
    pub(super) fn name(&self) -> String {
        self.file.display().to_string()
    }

    /// What stands there, if anything does.
    ///
    /// # Errors
    /// `bad-input` for what cannot be read, and for what others than administrators could have written.
    pub(super) fn read(&self) -> Result<Option<Vec<u8>>> {
        let name = self.name();
        let Some(found) = there(std::fs::metadata(&self.file), &name)? else { return Ok(None) };
        // A pipe would be waited for.
        if !found.is_file() {
            return Err(bad(&name, "it is no file"));
        }
        let Some(mut file) = there(File::open(&self.file), &name)? else { return Ok(None) };
        self.is_administrators(&file)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(|error| bad(&name, &error.to_string()))?;
        Ok(Some(bytes))
    }

    fn folder(&self) -> &Path {
        self.file.parent().unwrap_or(&self.file)
    }

    #[cfg(unix)]
    fn is_administrators(&self, file: &File) -> Result<()> {
        use std::os::unix::fs::MetadataExt as _;
        // What was opened, and not what has its name by now.
        for (path, found) in [(&*self.file, file.metadata()), (self.folder(), std::fs::metadata(self.folder()))] {
            let name = path.display().to_string();
            let found = found.map_err(|error| bad(&name, &error.to_string()))?;
            if found.uid() != self.owner {
                return Err(bad(&name, "it does not belong to root, so it is not taken; chown it to root"));
            }
            if found.mode() & OTHERS != 0 {
                return Err(bad(&name, "others than root may write to it, so it is not taken; chmod go-w it"));
            }
        }
        Ok(())
    }

    #[cfg(windows)]
    fn is_administrators(&self, _: &File) -> Result<()> {
        // Whoever may do everything learns nothing by trying.
        if may(&self.closed, WRITES) {
            return Ok(());
        }
        for path in [&*self.file, self.folder()] {
            if CHANGES.iter().any(|change| may(path, *change)) {
                let why = "whoever sits here can change it, so it is not taken; an administrator copies it there anew";
                return Err(bad(&path.display().to_string(), why));
            }
        }
        Ok(())
    }
}

/// Whether this process may do something to a file or folder. Nothing is done.
#[cfg(windows)]
fn may(path: &Path, access: u32) -> bool {
    use std::os::windows::fs::OpenOptionsExt as _;
    let mut options = std::fs::OpenOptions::new();
    options.access_mode(access).share_mode(7).custom_flags(FILE_FLAG_BACKUP_SEMANTICS);
    options.open(path).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorCode;

    /// A policy in a folder, both as an administrator makes them.
    fn there_is() -> (tempfile::TempDir, Place) {
        let folder = tempfile::tempdir().expect("a folder");
        #[cfg(unix)]
        lets(folder.path(), 0o755);
        let place = Place::written(folder.path().join("policy.json"), "{}");
        (folder, place)
    }

    #[cfg(unix)]
    pub(super) fn lets(path: &Path, mode: u32) {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("changed");
    }

    fn refused(place: &Place, named: &str) {
        let error = place.read().expect_err("refused");
        assert!(error.code == ErrorCode::BadInput && error.detail.contains(named), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_policy_that_others_could_have_written_is_refused_and_an_administrators_own_is_taken() {
        let (folder, place) = there_is();
        assert_eq!(place.read().expect("taken").as_deref(), Some(&b"{}"[..]));
        let strange = Place { owner: place.owner + 1, file: place.file.clone() };
        refused(&strange, "policy.json: it does not belong");
        for others in [0o664, 0o646] {
            lets(&place.file, others);
            refused(&place, "policy.json: others");
        }
        lets(&place.file, 0o600);
        place.read().expect("taken again");
        let name = folder.path().file_name().and_then(|name| name.to_str()).expect("a name");
        for others in [0o775, 0o757, 0o1777] {
            lets(folder.path(), others);
            refused(&place, &format!("{name}: others"));
        }
    }

    #[cfg(windows)]
    #[test]
    fn a_policy_that_others_could_have_written_is_refused_and_an_administrators_own_is_taken() {
        let (folder, place) = there_is();
        assert_eq!(place.read().expect("taken").as_deref(), Some(&b"{}"[..]));
        // Nobody makes files in a folder that is not there: who runs this is no administrator then, and may write here.
        let closed = folder.path().join("closed");
        refused(&Place { closed, file: place.file.clone() }, "policy.json: whoever");
    }

    #[test]
    fn what_is_not_there_is_no_policy_and_a_folder_is_none_either() {
        let (folder, place) = there_is();
        std::fs::remove_file(&place.file).expect("removed");
        assert!(place.read().expect("none").is_none());
        refused(&Place::of_a_test(folder.path().to_owned()), "it is no file");
    }

    #[test]
    fn where_administrators_put_it_nobody_else_can_make_a_file() {
        let place = Place::of_this_machine();
        assert!(place.file.is_absolute() && place.file.ends_with("policy.json"), "{place:?}");
        #[cfg(unix)]
        assert_eq!(place.owner, 0);
        #[cfg(windows)]
        assert!(place.file.starts_with(&place.closed) && !place.name().contains("ProgramData"), "{place:?}");
    }
}
