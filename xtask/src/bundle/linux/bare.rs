//! A system with nothing but the distribution's essentials, in a folder.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::run::{command, must, output};

/// The system. Its mounts are those of whoever makes it.
pub(super) struct Bare(PathBuf);

impl Bare {
    /// The distribution's, as its own tool makes it.
    pub(super) fn make(path: &Path) -> Result<Self> {
        let release = std::fs::read_to_string("/etc/os-release")?;
        let suite = release.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME="));
        let suite = suite.context("the system does not name its release")?;
        let text = path.to_str().context("a plain path")?;
        must("a bare system", &mut command("debootstrap", &["--variant=minbase", suite, text]))?;
        // Packages come from where this machine has them.
        for part in ["etc/apt", "etc/resolv.conf", "etc/hosts"] {
            let from = Path::new("/").join(part);
            let into = path.join(Path::new(part).parent().unwrap_or(Path::new("")));
            must("its sources", Command::new("cp").arg("-aL").arg(from).arg(into))?;
        }
        let bare = Self(path.to_owned());
        bare.mount()?;
        must("its package lists", &mut bare.run(&["apt-get", "update", "-qq"]))?;
        Ok(bare)
    }

    /// Another one, as this one is; nothing is mounted in it any more.
    pub(super) fn copy(&self, path: &Path) -> Result<Self> {
        remove(path)?;
        must("another system", Command::new("cp").args(["-a", "--reflink=auto"]).arg(&self.0).arg(path))?;
        let copy = Self(path.to_owned());
        copy.mount()?;
        Ok(copy)
    }

    pub(super) fn path(&self, at: &str) -> PathBuf {
        self.0.join(at.trim_start_matches('/'))
    }

    /// A command in it.
    pub(super) fn run(&self, words: &[&str]) -> Command {
        let mut command = Command::new("chroot");
        command.arg(&self.0).args(words).env("DEBIAN_FRONTEND", "noninteractive").env("HOME", "/root");
        command.env("LC_ALL", "C.UTF-8").env_remove("XDG_DATA_HOME").env_remove("XDG_CONFIG_HOME");
        command.env_remove("XDG_CACHE_HOME").env_remove("TMPDIR");
        command
    }

    /// Packages of the distribution's, or of a file in it.
    pub(super) fn install(&self, what: &str, packages: &[&str]) -> Result<()> {
        let words = [&["apt-get", "install", "-y", "-qq", "--no-install-recommends"], packages].concat();
        must(what, &mut self.run(&words))
    }

    /// What is left of us, but in a person's home and where things are put for a while.
    pub(super) fn traces(&self) -> Result<Vec<String>> {
        let mut find = self.run(&["find", "/", "-xdev"]);
        for place in ["/proc", "/dev", "/sys", "/tmp", "/root"] {
            find.args(["-path", place, "-prune", "-o"]);
        }
        let found = output(find.args(["-iname", "*davit*", "-print"])).context("find failed in the bare system")?;
        Ok(found.lines().map(str::to_owned).collect())
    }

    /// Lets go of what is mounted in it.
    pub(super) fn leave(&self) -> Result<()> {
        for part in ["proc", "dev"] {
            let mut umount = Command::new("umount");
            must("letting go of its devices", umount.args(["--recursive", "--lazy"]).arg(self.0.join(part)))?;
        }
        Ok(())
    }

    fn mount(&self) -> Result<()> {
        for part in ["proc", "dev"] {
            let mut mount = Command::new("mount");
            must("its devices", mount.arg("--rbind").arg(Path::new("/").join(part)).arg(self.0.join(part)))?;
        }
        Ok(())
    }
}

/// Removes an earlier bare system. Nothing is ever removed through a mount.
pub(super) fn remove(bare: &Path) -> Result<()> {
    let mounted = std::fs::read_to_string("/proc/self/mountinfo")?;
    if mounted.contains(&*bare.to_string_lossy()) {
        bail!("something is mounted below {0}; run: umount --recursive {0}/proc {0}/dev", bare.display());
    }
    match std::fs::remove_dir_all(bare) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} cannot be removed", bare.display()))
        }
        _ => Ok(()),
    }
}
