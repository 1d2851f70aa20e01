//! Packages of the release build, and the proof of them in a system that has never seen this project.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::demo::write_noise;
use crate::keep;
use crate::local::{Local, Place};
use crate::packages::Purpose;
#[cfg(test)]
use crate::run::works;
use crate::run::{binary, build, command, must, root, superuser, target, took};
use crate::setup;

/// What the clean system needs to show a window, and nothing of what the package should bring itself.
const SCREEN: &[&str] = &["dbus", "fonts-dejavu-core", "imagemagick", "xdotool", "xvfb"];

/// Runs a program where its mounts and its processes are its own: nothing that is mounted there is seen by the machine, and
/// when the program ends, however it ends, all of it is gone.
const ALONE: &[&str] =
    &["--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc", "--"];

/// How long the installed app may take to upload the sample.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) fn run(prove: bool) -> Result<()> {
    if !cfg!(target_os = "linux") {
        bail!("packages are made on Linux so far");
    }
    let begun = Instant::now();
    setup::run(Purpose::Build)?;
    let tauri = root().join("ui/node_modules/.bin/tauri");
    let mut bundle = command(tauri, &["build", "--bundles", "deb", "--ci", "--", "--locked"]);
    must("release build and package", &mut bundle)?;
    let package = newest(&target().join("release/bundle/deb"))?;
    let size = std::fs::metadata(&package)?.len();
    println!("{}  {:.1} MB  after {}", package.display(), size as f64 / 1e6, took(begun));
    if prove { proof(&package) } else { Ok(()) }
}

fn newest(folder: &Path) -> Result<PathBuf> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("no package in {}", folder.display()))?;
    let packages =
        entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|p| p.extension() == Some("deb".as_ref()));
    packages.max_by_key(|path| path.metadata().and_then(|meta| meta.modified()).ok()).context("no package was made")
}

/// Installs the package in a bare system, starts it there, and uploads a file through its window.
fn proof(package: &Path) -> Result<()> {
    if !superuser() {
        bail!("a bare system can only be made by root; run: sudo cargo xtask bundle --prove");
    }
    setup::tool("debootstrap")?;
    build()?;
    let bare = target().join("bare-system");
    remove(&bare)?;
    let mut alone = Command::new("unshare");
    alone.args(ALONE).arg(binary("xtask")).arg("prove-package").arg(package).arg(&bare);
    // Held by its input: it ends when we do.
    let mut alone = alone.stdin(Stdio::piped()).spawn().context("unshare cannot be started")?;
    let held = alone.stdin.take();
    let status = alone.wait()?;
    drop(held);
    remove(&bare)?;
    if !status.success() {
        bail!("the package is not proven; the lines above say why");
    }
    Ok(())
}

/// The proof itself, where mounts and processes are its own.
pub(crate) fn prove(package: &Path, bare: &Path) -> Result<()> {
    keep::end_when_released();
    let bare = Bare::make(bare)?;
    std::fs::copy(package, bare.0.join("tmp/davit.deb"))?;
    let install = [&["apt-get", "install", "-y", "-qq", "--no-install-recommends", "/tmp/davit.deb"], SCREEN].concat();
    must("install in a bare system", &mut bare.run(&install))?;

    let folder = tempfile::tempdir()?;
    let local = Local::start(Place::claim(folder.path().to_owned())?)?;
    let sample = bare.0.join("tmp/sample.mov");
    write_noise(&sample, 40 << 20)?;
    std::fs::copy(root().join("tests/tools/in-a-bare-system"), bare.0.join("tmp/in-a-bare-system"))?;
    let mut app = bare.run(&["dbus-run-session", "--", "bash", "/tmp/in-a-bare-system", "/tmp/sample.mov"]);
    app.env("DAVIT_SERVER", &local.server).env("DAVIT_DEV_S3_ENDPOINT", &local.store);
    println!("== start it and upload");
    let mut app = app.spawn()?;
    let begun = Instant::now();
    let arrived = loop {
        match local.holds("/sample.mov", &sample) {
            Ok(None) if begun.elapsed() < PATIENCE => std::thread::sleep(Duration::from_millis(200)),
            end => break end,
        }
    };
    // Told either way: the app must end before its system is taken down.
    std::fs::write(bare.0.join("tmp/arrived"), "")?;
    app.wait()?;
    let late = || format!("the installed app did not upload within {} s", PATIENCE.as_secs());
    let arrived = arrived?.with_context(late)?;
    let picture = root().join("artefacts/window/installed.png");
    std::fs::create_dir_all(root().join("artefacts/window"))?;
    std::fs::copy(bare.0.join("tmp/installed.png"), &picture).context("no picture of the window")?;
    println!("same bytes  {arrived}  {}; the window: {}", took(begun), picture.display());
    must("remove it", &mut bare.run(&["apt-get", "purge", "-y", "-qq", "davit"]))?;
    if bare.0.join("usr/bin/davit-app").exists() {
        bail!("the package left its program behind");
    }
    Ok(())
}

/// Removes an earlier bare system. Nothing is ever removed through a mount.
fn remove(bare: &Path) -> Result<()> {
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

/// A system with nothing but the distribution's essentials.
struct Bare(PathBuf);

impl Bare {
    fn make(path: &Path) -> Result<Self> {
        let release = std::fs::read_to_string("/etc/os-release")?;
        let suite = release.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME="));
        let suite = suite.context("the system does not name its release")?;
        let bare = Self(path.to_owned());
        let text = path.to_str().context("a plain path")?;
        must("a bare system", &mut command("debootstrap", &["--variant=minbase", suite, text]))?;
        // Packages come from where this machine has them.
        for part in ["etc/apt", "etc/resolv.conf", "etc/hosts"] {
            let from = Path::new("/").join(part);
            let into = path.join(Path::new(part).parent().unwrap_or(Path::new("")));
            must("its sources", Command::new("cp").arg("-aL").arg(from).arg(into))?;
        }
        for part in ["proc", "dev"] {
            let mut mount = Command::new("mount");
            must("its devices", mount.arg("--rbind").arg(Path::new("/").join(part)).arg(path.join(part)))?;
        }
        must("its package lists", &mut bare.run(&["apt-get", "update", "-qq"]))?;
        Ok(bare)
    }

    fn run(&self, words: &[&str]) -> Command {
        let mut command = Command::new("chroot");
        command.arg(&self.0).args(words).env("DEBIAN_FRONTEND", "noninteractive").env("HOME", "/root");
        command
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// On machines where mounts are shared, which is what systemd makes of them.
    #[test]
    fn what_is_mounted_for_a_bare_system_is_seen_by_nobody_and_gone_with_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let script = format!(
            r#"set -eu
            count() {{ wc -l </proc/self/mountinfo; }}
            before=$(count)
            unshare {} sh -c 'mount --rbind /dev "$1"; mount --rbind /proc "$2"; test -e "$1/null"; kill -9 $$' _ "$1" "$2" || true
            test "$(count)" = "$before"
            test -e /dev/null; test -d /dev/pts; test -d /dev/shm
            test ! -e "$1/null""#,
            ALONE.join(" ")
        );
        let [dev, proc] = ["dev", "proc"].map(|name| folder.path().join(name));
        for place in [&dev, &proc] {
            std::fs::create_dir(place).expect("a folder");
        }
        let shared = ["--mount", "--propagation", "shared"];
        if !works(Command::new("unshare").args(shared).arg("true")) {
            println!("skipped: only root may mount, and this user may not");
            return;
        }
        let mut unshare = Command::new("unshare");
        unshare.args(shared).args(["sh", "-c", &script, "_"]).args([&dev, &proc]);
        let output = unshare.output().expect("unshare starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
