//! Packages are proven in systems that have never seen this project: installed or run there, a file uploaded through the
//! window, removed; what is left is the person's.

mod service;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

pub(super) use service::answers;

use super::bare::{Bare, remove};
use crate::demo::write_noise;
use crate::keep;
use crate::local::{Local, Place};
use crate::run::{binary, build, must, output, root, superuser, target, took};

/// What a system needs to show a window, and nothing of what the package should bring itself.
const SCREEN: &[&str] = &["ca-certificates", "dbus", "fonts-dejavu-core", "imagemagick", "procps", "xdotool", "xvfb"];

/// What an RPM package finds on the distributions that it is for, by Debian's names.
const RPM_S: &[&str] = &["libayatana-appindicator3-1", "libgtk-3-0", "libwebkit2gtk-4.1-0", "rpm"];

/// What every desktop has, which an AppImage leaves out.
const DESKTOP: &[&str] = &[
    "libasound2",
    "libegl1",
    "libfontconfig1",
    "libfribidi0",
    "libgbm1",
    "libgl1",
    "libgles2",
    "libharfbuzz0b",
    "libudev1",
    "libwayland-client0",
    "libwayland-cursor0",
    "libwayland-egl1",
    "libwayland-server0",
    "libx11-xcb1",
];

/// Runs a program where its mounts and its processes are its own: nothing that is mounted there is seen by the machine, and
/// when the program ends, however it ends, all of it is gone.
const ALONE: &[&str] =
    &["--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc", "--"];

/// How long the installed app may take to upload the sample.
const PATIENCE: Duration = Duration::from_secs(120);

/// The version of what is there before an update.
pub(super) const BEFORE: &str = "0.0.1";

/// Where it is packed.
pub(super) fn before() -> PathBuf {
    target().join("packages-before")
}

/// Where an AppImage lies in the system that it is proven in.
const APPIMAGE: &str = "/tmp/Davit.AppImage";

/// Each package in a system of its own.
pub(super) fn run(packages: &[PathBuf]) -> Result<()> {
    if !superuser() {
        bail!("a bare system can only be made by root; run: sudo cargo xtask bundle --prove");
    }
    build()?;
    let bare = target().join("bare-system");
    let copy = copy_of(&bare);
    for system in [&bare, &copy] {
        remove(system)?;
    }
    let mut alone = Command::new("unshare");
    alone.args(ALONE).arg(binary("xtask")).arg("prove-packages").arg(&bare).args(packages);
    // Held by its input: it ends when we do.
    let mut alone = alone.stdin(Stdio::piped()).spawn().context("unshare cannot be started")?;
    let held = alone.stdin.take();
    let status = alone.wait()?;
    drop(held);
    for system in [&bare, &copy] {
        remove(system)?;
    }
    if !status.success() {
        bail!("the packages are not proven; the lines above say why");
    }
    Ok(())
}

fn copy_of(bare: &Path) -> PathBuf {
    bare.with_file_name("bare-system-copy")
}

/// The proofs themselves, where mounts and processes are their own.
pub(crate) fn within(bare: &Path, packages: &[PathBuf]) -> Result<()> {
    keep::end_when_released();
    let base = Bare::make(bare)?;
    base.install("what shows a window", SCREEN)?;
    base.leave()?;
    for package in packages {
        let begun = Instant::now();
        let name = super::name(package);
        println!("== {name} in a system of its own");
        let system = base.copy(&copy_of(bare))?;
        ensure!(system.traces()?.is_empty(), "the bare system knows Davit already");
        let inside = format!("/tmp/{name}");
        std::fs::copy(package, system.path(&inside)).with_context(|| package.display().to_string())?;
        match (name.starts_with("davit-backend"), package.extension().and_then(|kind| kind.to_str())) {
            (true, Some("deb")) => service::deb(&system, &inside)?,
            (true, Some("rpm")) => service::rpm(&system, &inside)?,
            (false, Some("deb")) => deb(&system, &inside)?,
            (false, Some("rpm")) => rpm(&system, &inside)?,
            (false, Some("AppImage")) => appimage(&system, &inside)?,
            _ => bail!("{name} is no package of ours"),
        }
        let traces: Vec<String> = system.traces()?.into_iter().filter(|trace| *trace != inside).collect();
        ensure!(traces.is_empty(), "{name} left behind: {}", traces.join(", "));
        system.leave()?;
        println!("== {name} is proven: {}", took(begun));
    }
    Ok(())
}

fn deb(system: &Bare, package: &str) -> Result<()> {
    system.install_for(package, "davit")?;
    let before = system.everything()?;
    system.install("install it", &[package])?;
    installed(system)?;
    upload(system, None)?;
    must("remove it", &mut system.run(&["apt-get", "purge", "-y", "-qq", "davit"]))?;
    system.holds_no_more_than(&before)?;
    persons_own(system)
}

/// Debian's own database knows nothing of what RPM asks for: its libraries are looked for one by one instead.
fn rpm(system: &Bare, package: &str) -> Result<()> {
    system.install("what it is linked with", RPM_S)?;
    everything_is_there(system, package)?;
    let before = system.everything()?;
    must("install it", &mut system.run(&["rpm", "--install", "--nodeps", package]))?;
    installed(system)?;
    upload(system, None)?;
    must("remove it", &mut system.run(&["rpm", "--erase", "davit"]))?;
    system.holds_no_more_than(&before)?;
    persons_own(system)
}

fn appimage(system: &Bare, file: &str) -> Result<()> {
    system.install("what every desktop has", DESKTOP)?;
    let before = system.everything()?;
    std::fs::rename(system.path(file), system.path(APPIMAGE))?;
    upload(system, Some(APPIMAGE))?;
    let davit = "/tmp/davit";
    std::os::unix::fs::symlink(APPIMAGE, system.path(davit))?;
    must("the command line, by its name", &mut system.run(&[davit, "--version"]))?;
    std::fs::remove_file(system.path(davit))?;
    std::fs::remove_file(system.path(APPIMAGE))?;
    for entry in std::fs::read_dir(system.path("/tmp"))? {
        let name = entry?.file_name();
        ensure!(!name.to_string_lossy().starts_with(".mount_"), "it left {} in /tmp", name.display());
    }
    system.holds_no_more_than(&before)?;
    persons_own(system)
}

/// What a package brings beside the window.
fn installed(system: &Bare) -> Result<()> {
    must("the command line", &mut system.run(&["davit", "--version"]))?;
    must("its words for bash", &mut system.run(&["bash", "-n", "/usr/share/bash-completion/completions/davit"]))?;
    for file in [
        "/usr/share/man/man1/davit.1.gz",
        "/usr/share/man/man1/davit-app.1.gz",
        "/usr/share/man/man1/davit-upload.1.gz",
        "/usr/share/applications/Davit.desktop",
        "/usr/share/icons/hicolor/256x256/apps/davit-app.png",
        "/usr/share/icons/hicolor/scalable/apps/davit-app.svg",
        "/usr/share/metainfo/org.davit.app.metainfo.xml",
        "/usr/share/Thunar/sendto/davit.desktop",
        "/usr/share/kio/servicemenus/davit.desktop",
        "/usr/share/nemo/actions/davit.nemo_action",
        "/usr/share/nautilus-python/extensions/davit.py",
        "/etc/xdg/autostart/Davit.desktop",
    ] {
        ensure!(system.path(file).exists(), "the package does not bring {file}");
    }
    Ok(())
}

/// Uploads a sample through the window of what was installed, or of a program.
fn upload(system: &Bare, program: Option<&str>) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let local = Local::start(Place::claim(folder.path().to_owned())?)?;
    let sample = system.path("/tmp/sample.mov");
    write_noise(&sample, 40 << 20)?;
    std::fs::copy(root().join("tests/tools/in-a-bare-system"), system.path("/tmp/in-a-bare-system"))?;
    let mut words = vec!["dbus-run-session", "--", "bash", "/tmp/in-a-bare-system", "/tmp/sample.mov"];
    words.extend(program);
    let mut app = system.run(&words);
    app.env("DAVIT_SERVER", &local.server).env("DAVIT_DEV_S3_ENDPOINT", &local.store);
    println!("== start it and upload");
    let mut app = app.spawn()?;
    let begun = Instant::now();
    let arrived = loop {
        match local.holds("/sample.mov", &sample) {
            Ok(None) if begun.elapsed() < PATIENCE && app.try_wait()?.is_none() => {
                std::thread::sleep(Duration::from_millis(200));
            }
            end => break end,
        }
    };
    // Told either way: the app must end before its system is taken down.
    std::fs::write(system.path("/tmp/arrived"), "")?;
    app.wait()?;
    let late = || format!("the app did not upload within {} s", PATIENCE.as_secs());
    let arrived = arrived?.with_context(late)?;
    let name = format!("installed{}.png", if program.is_some() { "-appimage" } else { "" });
    let picture = root().join("artefacts/window").join(name);
    std::fs::create_dir_all(root().join("artefacts/window"))?;
    std::fs::copy(system.path("/tmp/installed.png"), &picture).context("no picture of the window")?;
    println!("same bytes  {arrived}  {}; the window: {}", took(begun), picture.display());
    Ok(())
}

/// What a person uploaded and chose outlives the package.
fn persons_own(system: &Bare) -> Result<()> {
    let own = system.path("/root/.local/share/davit");
    ensure!(own.exists(), "removing it took the person's records along");
    Ok(())
}

/// Every library that an RPM package asks for.
fn everything_is_there(system: &Bare, package: &str) -> Result<()> {
    let needed = output(&mut system.run(&["rpm", "--query", "--requires", "--package", package]));
    let needed = needed.context("rpm cannot read the package")?;
    let there = output(&mut system.run(&["ldconfig", "--print-cache"])).context("ldconfig failed")?;
    let libraries: Vec<&str> =
        needed.lines().filter_map(|line| line.split('(').next()).filter(|name| name.contains(".so.")).collect();
    ensure!(!libraries.is_empty(), "the package asks for no library:\n{needed}");
    for library in libraries {
        ensure!(there.contains(&format!("\t{library} (")), "the package asks for {library}, which is not there");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::works;

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
