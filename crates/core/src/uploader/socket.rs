//! Where the control socket of a home lies.
//!
//! In the home, as long as its path fits into a socket's address. Otherwise in a folder that is private to the user, and
//! the home holds a link to it, so that whoever asks finds it whatever its environment says.

#[cfg(unix)]
pub(super) use unix::{make, name, restrict};
#[cfg(windows)]
pub(super) use windows::{make, name, restrict};

#[cfg(unix)]
mod unix {
    use std::os::unix::ffi::OsStrExt as _;
    use std::path::{Path, PathBuf};

    use interprocess::local_socket::{GenericFilePath, Name, ToFsName as _};

    use super::super::home;
    use crate::error::{Error, ErrorCode, Result};

    /// Bytes of a socket's address, of which the last is a zero.
    const ADDRESS: usize = if cfg!(target_os = "linux") { 108 } else { 104 };

    /// The same for everybody, however the home is spelt.
    fn usual(home: &Path) -> PathBuf {
        let home =
            std::fs::canonicalize(home).or_else(|_| std::path::absolute(home)).unwrap_or_else(|_| home.to_owned());
        home.join("control.sock")
    }

    /// The socket to connect to.
    pub(in super::super) fn name(home: &Path) -> Result<Name<'static>> {
        let usual = usual(home);
        let path = std::fs::read_link(&usual).unwrap_or(usual);
        path.to_fs_name::<GenericFilePath>().map_err(|e| Error::new(ErrorCode::BadInput).source(e))
    }

    /// The socket to listen on. What a process that was killed left there is gone afterwards; the lock says that
    /// nobody uses it.
    pub(in super::super) fn make(home: &Path) -> Result<Name<'static>> {
        let usual = usual(home);
        let failed = |e: std::io::Error| {
            let detail = format!("control socket in {}", home.display());
            Error::new(ErrorCode::JournalUnwritable).detail(detail).source(e)
        };
        match std::fs::remove_file(&usual) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        if usual.as_os_str().len() >= ADDRESS {
            let elsewhere = elsewhere(&usual)?;
            let _ = std::fs::remove_file(&elsewhere);
            std::os::unix::fs::symlink(&elsewhere, &usual).map_err(failed)?;
        }
        name(home)
    }

    /// Nobody else may ask, whatever the folder says.
    pub(in super::super) fn restrict(home: &Path) -> std::io::Result<()> {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(usual(home), std::fs::Permissions::from_mode(0o600))
    }

    /// A place with a short path that is the home's own.
    fn elsewhere(usual: &Path) -> Result<PathBuf> {
        let own = crc_fast::checksum(crc_fast::CrcAlgorithm::Crc64Nvme, usual.as_os_str().as_bytes());
        let user = format!("davit-{}", rustix::process::geteuid().as_raw());
        let run = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute());
        let places = [
            run.map(|run| run.join("davit")),
            Some(std::env::temp_dir().join(&user)),
            Some(Path::new("/tmp").join(&user)),
        ];
        let mut problem = None;
        for folder in places.into_iter().flatten() {
            let path = folder.join(format!("{own:016x}.sock"));
            if path.as_os_str().len() >= ADDRESS {
                continue;
            }
            match home::make_private(&folder) {
                Ok(()) => return Ok(path),
                Err(error) => problem = Some(error),
            }
        }
        Err(problem
            .unwrap_or_else(|| Error::new(ErrorCode::JournalUnwritable).detail("no place for the control socket")))
    }
}

/// Pipes live in one namespace for the machine: the home's path makes the name its own.
#[cfg(windows)]
mod windows {
    use std::path::Path;

    use interprocess::local_socket::{GenericNamespaced, Name, ToNsName as _};

    use crate::error::{Error, ErrorCode, Result};

    pub(in super::super) fn name(home: &Path) -> Result<Name<'static>> {
        let path = std::path::absolute(home).unwrap_or_else(|_| home.to_owned());
        let text = path.to_string_lossy().to_lowercase();
        let own = crc_fast::checksum(crc_fast::CrcAlgorithm::Crc64Nvme, text.as_bytes());
        let name = format!("davit-{own:016x}");
        name.to_ns_name::<GenericNamespaced>().map_err(|e| Error::new(ErrorCode::BadInput).source(e))
    }

    /// A pipe is its maker's.
    #[expect(clippy::unnecessary_wraps, reason = "the same shape on every system")]
    pub(in super::super) fn restrict(_: &Path) -> std::io::Result<()> {
        Ok(())
    }

    /// A pipe is gone with its process.
    pub(in super::super) fn make(home: &Path) -> Result<Name<'static>> {
        name(home)
    }
}
