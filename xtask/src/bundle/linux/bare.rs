//! A system with nothing but the distribution's essentials, in a folder.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

use crate::run::{command, must, output};

/// How packages are reached, and where the distribution itself writes down what it offers.
const WAY_TO_PACKAGES: &[&str] = &[
    "etc/apt/apt-mirrors.txt",
    "etc/apt/apt.conf",
    "etc/apt/apt.conf.d",
    "etc/apt/sources.list.d/debian.sources",
    "etc/apt/sources.list.d/ubuntu.sources",
    "etc/hosts",
    "etc/resolv.conf",
];

/// Where a system and its package managers write for themselves, and what a person has.
const OTHERS: &[&str] = &[
    "/dev",
    "/proc",
    "/root",
    "/run",
    "/sys",
    "/tmp",
    // Made by a trigger of the icons' theme, which every package with an icon sets off.
    "/usr/share/icons/hicolor/icon-theme.cache",
    "/var/cache",
    "/var/lib/apt",
    "/var/lib/dpkg",
    "/var/lib/rpm",
    "/var/log",
];

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
        // Packages come from where this machine has the distribution's, by the same proxy; what others offer it is not there.
        for part in WAY_TO_PACKAGES.iter().map(Path::new).filter(|part| Path::new("/").join(part).exists()) {
            let into = path.join(part.parent().unwrap_or(Path::new("")));
            must("its sources", Command::new("cp").arg("-aL").arg(Path::new("/").join(part)).arg(into))?;
        }
        let list = std::fs::read_to_string("/etc/apt/sources.list").unwrap_or_default();
        std::fs::write(path.join("etc/apt/sources.list"), of_the_distribution(&list, suite))?;
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

    /// All that the package in a file of it needs, and not the package itself: what comes from then on is of its making.
    pub(super) fn install_for(&self, package: &str, name: &str) -> Result<()> {
        let words = ["apt-get", "install", "--simulate", "-qq", "--no-install-recommends", package];
        let told = output(&mut self.run(&words)).context("apt does not tell what the package needs")?;
        self.install("what it needs", &needed(&told, name))
    }

    /// Everything that lies in it and is not others'.
    pub(super) fn everything(&self) -> Result<BTreeSet<String>> {
        Ok(self.found(OTHERS, &["-print"])?.into_iter().collect())
    }

    /// Fails where something lies in it that did not before.
    pub(super) fn holds_no_more_than(&self, before: &BTreeSet<String>) -> Result<()> {
        let now = self.everything()?;
        let left: Vec<&str> = now.difference(before).map(String::as_str).collect();
        ensure!(left.is_empty(), "what was not there before: {}", left.join(", "));
        Ok(())
    }

    /// What has our name, but in a person's home.
    pub(super) fn traces(&self) -> Result<Vec<String>> {
        self.found(&["/dev", "/proc", "/root", "/sys"], &["-iname", "*davit*", "-print"])
    }

    fn found(&self, nowhere: &[&str], what: &[&str]) -> Result<Vec<String>> {
        let mut find = self.run(&["find", "/", "-xdev"]);
        for &place in nowhere {
            find.args(["-path", place, "-prune", "-o"]);
        }
        let found = output(find.args(what)).context("find failed in the bare system")?;
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

/// The packages that apt would install for one, and not the one itself.
fn needed<'a>(told: &'a str, name: &str) -> Vec<&'a str> {
    let names = told.lines().filter_map(|line| line.strip_prefix("Inst ")?.split(' ').next());
    names.filter(|needed| *needed != name).collect()
}

/// What a machine's own list has of this release. Others' lists lie beside it, in files of their own.
fn of_the_distribution(list: &str, suite: &str) -> String {
    let own = |word: &str| word.strip_prefix(suite).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
    let lines = list.lines().filter(|line| line.starts_with("deb ") && line.split_whitespace().any(own));
    lines.flat_map(|line| [line, "\n"]).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_package_needs_is_there_before_the_package() {
        let told = "Inst libjson-c5 (0.16-2 Debian:12.15/oldstable [amd64])\n\
                    Inst libglib2.0-0 [2.74.6-2] (2.74.6-2+deb12u9 Debian:12.15/oldstable [amd64])\n\
                    Inst davit (0.1.0 local-deb [amd64])\nConf davit (0.1.0 local-deb [amd64])\n";
        assert_eq!(needed(told, "davit"), ["libjson-c5", "libglib2.0-0"]);
    }

    #[test]
    fn a_bare_system_takes_nothing_from_anybody_but_its_distribution() {
        let list = "# See the manual.\ndeb mirror+file:/etc/apt/apt-mirrors.txt jammy main\n\
                    deb [arch=amd64] http://example.com/ubuntu jammy-security main universe\n\
                    deb-src http://example.com/ubuntu jammy main\n\
                    deb [signed-by=/k] https://packages.example.com/prod stable main\n\
                    deb https://packages.example.com/repos/jammytool any main\n";
        assert_eq!(
            of_the_distribution(list, "jammy"),
            "deb mirror+file:/etc/apt/apt-mirrors.txt jammy main\n\
             deb [arch=amd64] http://example.com/ubuntu jammy-security main universe\n"
        );
        let beside: Vec<_> = WAY_TO_PACKAGES.iter().filter(|part| part.contains("sources.list.d")).collect();
        assert_eq!(beside, [&"etc/apt/sources.list.d/debian.sources", &"etc/apt/sources.list.d/ubuntu.sources"]);
    }
}
