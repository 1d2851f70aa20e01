//! Installs what is missing, or says what to install. Nothing to do takes no time.

use anyhow::{Result, bail};

use crate::packages::{Purpose, needed};
use crate::run::{command, must, npm, output, root, superuser, works};

/// The oldest Node that the UI's tools run on.
const NODE: u32 = 20;

pub(crate) fn run(purpose: Purpose) -> Result<()> {
    system(purpose)?;
    node()
}

fn system(purpose: Purpose) -> Result<()> {
    if cfg!(target_os = "macos") {
        if !works(&mut command("xcode-select", &["-p"])) {
            bail!("Apple's command line tools are missing; run: xcode-select --install");
        }
        return Ok(());
    }
    if cfg!(windows) {
        println!("On Windows the window needs Microsoft's C++ build tools and WebView2 (part of Windows 11).");
        return Ok(());
    }
    if !works(&mut command("dpkg-query", &["--version"])) {
        println!("This is neither Debian nor Ubuntu. Install what these packages hold: {}", needed(purpose).join(" "));
        return Ok(());
    }
    install(needed(purpose))
}

/// One more package, where a command alone needs it.
pub(crate) fn tool(package: &'static str) -> Result<()> {
    install(vec![package])
}

fn install(packages: Vec<&'static str>) -> Result<()> {
    let missing: Vec<_> = packages.into_iter().filter(|package| !installed(package)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let root_user = superuser();
    let apt = |args: &[&str]| {
        let args = [&["-o", "DPkg::Lock::Timeout=300"], args].concat();
        let mut apt = if root_user {
            command("apt-get", &args)
        } else {
            command("sudo", &[&["apt-get"], args.as_slice()].concat())
        };
        apt.env("DEBIAN_FRONTEND", "noninteractive");
        apt
    };
    if !root_user && !works(&mut command("sudo", &["-V"])) {
        bail!("system packages are missing; as root run: apt-get install {}", missing.join(" "));
    }
    must("package lists", &mut apt(&["update", "-qq"]))?;
    let install = [&["install", "-y", "-qq", "--no-install-recommends"], missing.as_slice()].concat();
    must(&format!("system packages: {}", missing.join(" ")), &mut apt(&install))
}

fn installed(package: &str) -> bool {
    let asked = output(&mut command("dpkg-query", &["-W", "-f", "${Status}", package]));
    asked.is_some_and(|status| status.ends_with("ok installed"))
}

/// npm packages, when the lock file is newer than what was installed from it.
fn node() -> Result<()> {
    let ui = root().join("ui");
    if !ui.join("package.json").exists() {
        return Ok(());
    }
    let version = output(&mut command("node", &["--version"]));
    let major =
        version.as_deref().and_then(|v| v.trim().trim_start_matches('v').split('.').next()?.parse::<u32>().ok());
    if major.is_none_or(|major| major < NODE) {
        bail!("Node {NODE} or newer is needed, found {}", version.as_deref().map_or("none", str::trim));
    }
    let changed = |path: &str| std::fs::metadata(ui.join(path)).and_then(|meta| meta.modified()).ok();
    let stamp = "node_modules/.davit-installed";
    if changed(stamp).is_some_and(|stamp| changed("package-lock.json").is_none_or(|lock| lock <= stamp)) {
        return Ok(());
    }
    must("npm packages", &mut npm(&["ci", "--ignore-scripts", "--no-audit", "--no-fund"]))?;
    std::fs::write(ui.join(stamp), "")?;
    Ok(())
}
