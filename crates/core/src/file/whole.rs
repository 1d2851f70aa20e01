//! Files that are written whole or not at all, and that a power cut does not leave empty.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use tempfile::NamedTempFile;

/// Who may read what is written, beside its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Nobody.
    Owner,
    /// Whoever the system's mask allows.
    AsUsual,
}

/// Writes a file beside `path`, then gives it that name. What is no plain file (a terminal, a pipe) is written to as it is.
///
/// # Errors
/// What writing, or `fill`, says. Whatever had the name has it still.
pub fn write_whole(
    path: &Path,
    readers: Readers,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    if std::fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir()) {
        let mut into = BufWriter::new(std::fs::OpenOptions::new().write(true).open(path)?);
        fill(&mut into)?;
        return into.flush();
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let mut into = BufWriter::new(beside(folder, readers)?);
    fill(&mut into)?;
    let file = into.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    sync_folder(folder);
    Ok(())
}

/// A name that was given to a file outlives a power cut once its folder is synced. Where that cannot be done the old name
/// may come back, with the old file.
pub(crate) fn sync_folder(folder: &Path) {
    #[cfg(unix)]
    if let Err(error) = std::fs::File::open(folder).and_then(|folder| folder.sync_all()) {
        tracing::debug!(%error, "a folder was not synced");
    }
    #[cfg(not(unix))]
    let _ = folder;
}

fn beside(folder: &Path, readers: Readers) -> io::Result<NamedTempFile> {
    #[cfg(unix)]
    if readers == Readers::AsUsual {
        let usual = std::os::unix::fs::PermissionsExt::from_mode(0o666);
        return tempfile::Builder::new().permissions(usual).tempfile_in(folder);
    }
    // Elsewhere a file has the rights of its folder.
    let _ = readers;
    NamedTempFile::new_in(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_could_not_be_filled_leaves_the_one_before() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("kept");
        write_whole(&path, Readers::Owner, |into| into.write_all(b"first")).expect("written");
        let failed = write_whole(&path, Readers::Owner, |into| {
            into.write_all(b"sec")?;
            Err(io::Error::other("no more"))
        });
        failed.expect_err("it was said to fail");
        assert_eq!(std::fs::read(&path).expect("read"), b"first");
        assert_eq!(std::fs::read_dir(folder.path()).expect("listed").count(), 1, "nothing is left beside it");
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_plain_file_is_written_to_and_not_replaced() {
        use std::io::Read as _;
        use std::os::unix::fs::FileTypeExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().expect("mkfifo").success());
        let reading = std::thread::spawn({
            let path = path.clone();
            move || {
                let mut text = String::new();
                std::fs::File::open(path).and_then(|mut pipe| pipe.read_to_string(&mut text)).expect("read");
                text
            }
        });
        write_whole(&path, Readers::AsUsual, |into| into.write_all(b"through")).expect("written");
        assert_eq!(reading.join().expect("joined"), "through");
        assert!(std::fs::metadata(&path).expect("still there").file_type().is_fifo());
    }

    #[cfg(unix)]
    #[test]
    fn who_may_read_is_as_said() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let mode = |readers| {
            let path = folder.path().join("file");
            write_whole(&path, readers, |into| into.write_all(b"x")).expect("written");
            std::fs::metadata(&path).expect("there").permissions().mode() & 0o777
        };
        assert_eq!(mode(Readers::Owner), 0o600);
        let usual = folder.path().join("usual");
        std::fs::write(&usual, b"x").expect("written");
        let usual = std::fs::metadata(&usual).expect("there").permissions().mode() & 0o777;
        assert_eq!(mode(Readers::AsUsual), usual);
    }
}
