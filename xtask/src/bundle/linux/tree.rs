//! What a package installs, laid out in a folder as it will lie below `/`.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};

/// How Tauri's programs say in what they came, before anybody told them.
const UNKNOWN: &[u8] = b"__TAURI_BUNDLE_TYPE_VAR_UNK";

/// The folder.
pub(crate) struct Tree(PathBuf);

impl Tree {
    /// An empty one, in the place of whatever was there.
    pub(crate) fn new(folder: PathBuf) -> Result<Self> {
        if folder.exists() {
            std::fs::remove_dir_all(&folder).with_context(|| format!("{} cannot be emptied", folder.display()))?;
        }
        std::fs::create_dir_all(&folder)?;
        mode(&folder, 0o755)?;
        Ok(Self(folder))
    }

    pub(crate) fn root(&self) -> &Path {
        &self.0
    }

    /// A program.
    pub(crate) fn program(&self, from: &Path, at: &str) -> Result<()> {
        let place = self.place(at)?;
        std::fs::copy(from, &place).with_context(|| format!("{} cannot be copied", from.display()))?;
        mode(&place, 0o755)
    }

    /// A program that is told in what kind of package it comes: DEB, RPM or APP.
    pub(crate) fn told(&self, at: &str, kind: &str) -> Result<()> {
        let place = self.0.join(at.trim_start_matches('/'));
        let mut bytes = std::fs::read(&place)?;
        let Some(found) = bytes.windows(UNKNOWN.len()).position(|window| window == UNKNOWN) else { return Ok(()) };
        let end = found + UNKNOWN.len();
        bytes[end - kind.len()..end].copy_from_slice(kind.as_bytes());
        std::fs::write(&place, bytes)?;
        Ok(())
    }

    /// A file.
    pub(crate) fn file(&self, from: &Path, at: &str) -> Result<()> {
        let text = std::fs::read(from).with_context(|| format!("{} cannot be read", from.display()))?;
        self.bytes(&text, at)
    }

    /// A file with these bytes.
    pub(crate) fn bytes(&self, bytes: &[u8], at: &str) -> Result<()> {
        let place = self.place(at)?;
        std::fs::write(&place, bytes)?;
        mode(&place, 0o644)
    }

    /// A compressed file, the same for the same bytes.
    pub(crate) fn compressed(&self, bytes: &[u8], at: &str) -> Result<()> {
        let plain = tempfile::NamedTempFile::new()?;
        std::fs::write(plain.path(), bytes)?;
        let gzip = Command::new("gzip").arg("-9nc").stdin(plain.reopen()?).stderr(Stdio::inherit()).output()?;
        anyhow::ensure!(gzip.status.success(), "gzip failed for {at}");
        self.bytes(&gzip.stdout, at)
    }

    /// A link.
    pub(crate) fn link(&self, to: &str, at: &str) -> Result<()> {
        Ok(std::os::unix::fs::symlink(to, self.place(at)?)?)
    }

    /// All that is no folder, as it will be installed, in order.
    pub(crate) fn files(&self) -> Result<Vec<String>> {
        let (mut files, mut folders) = (Vec::new(), vec![self.0.clone()]);
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder)? {
                let path = entry?.path();
                if path.is_dir() && !path.is_symlink() {
                    folders.push(path);
                } else {
                    let inside = path.strip_prefix(&self.0)?.to_str().context("a plain name")?;
                    files.push(format!("/{inside}"));
                }
            }
        }
        files.sort();
        Ok(files)
    }

    /// How much of a disk it takes.
    pub(crate) fn kib(&self) -> Result<u64> {
        let mut kib = 0;
        for file in self.files()? {
            kib += std::fs::symlink_metadata(self.0.join(&file[1..]))?.len().div_ceil(1024);
        }
        Ok(kib)
    }

    /// Where a file lies; its folders are made, open to everybody.
    fn place(&self, at: &str) -> Result<PathBuf> {
        let at = Path::new(at.trim_start_matches('/'));
        let mut folder = self.0.clone();
        for part in at.parent().into_iter().flat_map(Path::iter) {
            folder.push(part);
            if !folder.is_dir() {
                std::fs::create_dir(&folder)?;
                mode(&folder, 0o755)?;
            }
        }
        Ok(self.0.join(at))
    }
}

fn mode(path: &Path, mode: u32) -> Result<()> {
    Ok(std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_open_to_everybody_whoever_lays_it_out() {
        let folder = tempfile::tempdir().expect("a folder");
        let tree = Tree::new(folder.path().join("tree")).expect("made");
        tree.bytes(b"words", "/usr/share/doc/davit/a").expect("written");
        tree.program(Path::new("/bin/true"), "/usr/bin/davit").expect("copied");
        assert_eq!(tree.files().expect("files"), ["/usr/bin/davit", "/usr/share/doc/davit/a"]);
        let mode = |at: &str| std::fs::metadata(tree.root().join(at)).expect(at).permissions().mode() & 0o777;
        assert_eq!(["usr", "usr/bin", "usr/bin/davit"].map(mode), [0o755; 3]);
        assert_eq!(mode("usr/share/doc/davit/a"), 0o644);
    }

    #[test]
    fn a_program_is_told_once_in_what_it_comes() {
        let folder = tempfile::tempdir().expect("a folder");
        let tree = Tree::new(folder.path().join("tree")).expect("made");
        tree.bytes(b"..__TAURI_BUNDLE_TYPE_VAR_UNK..", "/usr/bin/davit-app").expect("written");
        tree.told("/usr/bin/davit-app", "DEB").expect("told");
        let bytes = std::fs::read(tree.root().join("usr/bin/davit-app")).expect("there");
        assert_eq!(bytes, b"..__TAURI_BUNDLE_TYPE_VAR_DEB..");
    }
}
