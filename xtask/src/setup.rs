//! Installs what is missing, or says what to install. Nothing to do takes no time.

use std::path::Path;

use anyhow::{Result, bail};

use crate::packages::{BROWSER, Purpose, needed};
use crate::run::{command, must, npm_in, output, root, superuser, works};

/// What the UI's tools run on, as `ui/package.json` says it: the narrowest of what they ask for in the lock file.
const NODE: &str = "^20.19.0 || ^22.13.0 || >=24";

pub(crate) fn run(purpose: Purpose) -> Result<()> {
    system(purpose)?;
    page()?;
    if purpose == Purpose::Test { browser() } else { Ok(()) }
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

/// More packages, where a command alone needs them.
pub(crate) fn tools(packages: &[&'static str]) -> Result<()> {
    install(packages.to_vec())
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

/// npm packages of the page.
pub(crate) fn page() -> Result<()> {
    let ui = root().join("ui");
    if ui.join("package.json").exists() { npm_packages(&ui) } else { Ok(()) }
}

/// npm packages of a folder, when its lock file is newer than what was installed from it.
pub(crate) fn npm_packages(folder: &Path) -> Result<()> {
    let version = output(&mut command("node", &["--version"]));
    if !version.as_deref().is_some_and(will_do) {
        let found = version.as_deref().map_or("none", str::trim);
        bail!("Node {NODE} is needed, found {found}; https://nodejs.org has it where the system does not");
    }
    let changed = |path: &str| std::fs::metadata(folder.join(path)).and_then(|meta| meta.modified()).ok();
    let stamp = "node_modules/.davit-installed";
    if changed(stamp).is_some_and(|stamp| changed("package-lock.json").is_none_or(|lock| lock <= stamp)) {
        return Ok(());
    }
    must("npm packages", &mut npm_in(folder, &["ci", "--ignore-scripts", "--no-audit", "--no-fund"]))?;
    std::fs::write(folder.join(stamp), "")?;
    Ok(())
}

/// Whether a version of Node is one of [`NODE`].
fn will_do(version: &str) -> bool {
    let mut numbers = version.trim().trim_start_matches('v').split('.').map(|number| number.parse::<u32>().ok());
    match (numbers.next().flatten(), numbers.next().flatten()) {
        (Some(20), Some(minor)) => minor >= 19,
        (Some(22), Some(minor)) => minor >= 13,
        (Some(major), Some(_)) => major >= 24,
        _ => false,
    }
}

/// A browser that shows the UI's states; any Chromium will do.
fn browser() -> Result<()> {
    let ui = root().join("ui");
    if !ui.join("package.json").exists() {
        return Ok(());
    }
    let look = "import { found } from './gallery/browser.mjs'; process.exit(found() ? 0 : 1)";
    if works(command("node", &["--input-type=module", "-e", look]).current_dir(ui)) {
        return Ok(());
    }
    let debian = std::fs::read_to_string("/etc/os-release").is_ok_and(|text| text.lines().any(|l| l == "ID=debian"));
    if debian {
        return install(vec![BROWSER]);
    }
    bail!(
        "no Chromium was found; install Google Chrome's package or {BROWSER} (a snap on Ubuntu), or set CHROMIUM to one"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ui_asks_for_the_node_that_is_looked_for() {
        for file in ["ui/package.json", "ui/package-lock.json"] {
            let text = std::fs::read_to_string(root().join(file)).expect(file);
            assert!(text.contains(&format!("\"node\": \"{NODE}\"")), "{file} does not say {NODE}");
        }
    }

    #[test]
    fn the_tools_of_the_ui_run_on_what_is_looked_for() {
        for yes in ["v20.19.0\n", "v20.20.2", "v22.13.1", "v24.0.0", "v26.1.0"] {
            assert!(will_do(yes), "{yes}");
        }
        for no in ["v18.20.4", "v20.18.3", "v21.7.0", "v22.12.0", "v23.11.0", "", "none"] {
            assert!(!will_do(no), "{no}");
        }
    }
}
