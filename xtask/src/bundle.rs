//! Packages of the release build. On Linux we lay them out ourselves; on Windows and macOS Tauri's bundler makes them by
//! `packaging/`'s configuration. What is made lies in `target/packages`, and its size is printed.

#[cfg(any(not(target_os = "linux"), test))]
mod apple_double;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(any(not(target_os = "linux"), test))]
mod signing;
#[cfg(not(target_os = "linux"))]
mod tauri;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::ValueEnum;
use serde_json::{Value, json};

use crate::run::target;

/// A kind of package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// The app for Debian and Ubuntu.
    Deb,
    /// The app for distributions with RPM.
    Rpm,
    /// The app for any Linux desktop, without being installed.
    Appimage,
    /// The backend, for both kinds of distributions and for containers.
    Backend,
}

/// One half of the work where packages are signed, so that nothing that is compiled or installed sees what signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Step {
    /// Install what is needed, and build.
    Build,
    /// Pack what was built, and sign it.
    Pack,
}

/// How the list of what an AppImage brings of others is called, after the AppImage's name.
pub(crate) const LIBRARIES: &str = ".libraries.json";

/// How files end that say what people have to know of a system's packages.
pub(crate) const WARNING: &str = ".warning.txt";

/// How Tauri's installers for Windows end; that for one person is what updates are.
#[cfg(any(not(target_os = "linux"), test))]
const FOR_ONE: &str = "-setup.exe";
/// How one for all persons of a computer ends. It is told of by no manifest, and no Davit takes it as an update.
pub(crate) const FOR_ALL: &str = "-setup-all-users.exe";

/// Where packages are put.
pub(crate) fn folder() -> PathBuf {
    target().join("packages")
}

pub(crate) fn run(only: Option<Kind>, prove: bool, step: Option<Step>) -> Result<()> {
    // Before hours of building, and not after.
    crate::release::is_tagged_so()?;
    #[cfg(target_os = "linux")]
    let packages = {
        anyhow::ensure!(step.is_none(), "--step is for Windows and macOS");
        linux::run(only, prove)?
    };
    #[cfg(not(target_os = "linux"))]
    let packages = {
        anyhow::ensure!(only.is_none() && !prove, "--only and --prove are for Linux");
        tauri::run(step)?
    };
    for package in packages {
        println!("{}  {}", package.display(), megabytes(&package)?);
    }
    Ok(())
}

/// What a build has in its configuration besides: where its updates are and by which key they are known, as `DAVIT_UPDATER`
/// says it (`{"pubkey": "…", "endpoints": ["https://…"]}`). One without it looks for none.
fn updater() -> Result<Option<Value>> {
    let Some(said) = std::env::var("DAVIT_UPDATER").ok().filter(|said| !said.is_empty()) else {
        println!("== DAVIT_UPDATER is not set: what is built looks for no updates");
        return Ok(None);
    };
    let updater: Value = serde_json::from_str(&said).context("DAVIT_UPDATER is no JSON")?;
    Ok(Some(json!({ "plugins": { "updater": updater } })))
}

/// An AppImage of a build with this in its configuration besides.
pub(crate) fn appimage(config: &Value, file: &Path) -> Result<()> {
    #[cfg(target_os = "linux")]
    {
        linux::appimage(config, file)
    }
    #[cfg(not(target_os = "linux"))]
    {
        anyhow::bail!("{} with {config} is made on Linux", file.display())
    }
}

/// The proof of packages, where mounts and processes are our own.
pub(crate) fn prove(bare: &Path, packages: &[PathBuf]) -> Result<()> {
    #[cfg(target_os = "linux")]
    {
        linux::proof::within(bare, packages)
    }
    #[cfg(not(target_os = "linux"))]
    {
        anyhow::bail!("packages are proven on Linux: {} in {}", packages.len(), bare.display())
    }
}

/// How large a file is, as people read it.
pub(crate) fn megabytes(file: &Path) -> Result<String> {
    let size = std::fs::metadata(file).with_context(|| format!("{} was not made", file.display()))?.len();
    Ok(format!("{:.1} MB", size as f64 / 1e6))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use crate::run::root;

    /// They run where we do not: what they would miss is missed here.
    #[test]
    fn what_other_systems_bundlers_are_told_to_take_is_there() {
        let window = root().join("src-tauri");
        for (config, files) in [
            (
                "packages.windows.json",
                &["/windows/nsis/installerHooks", "/windows/nsis/installerIcon", "/windows/wix/fragmentPaths/0"][..],
            ),
            ("packages.macos.json", &["/macOS/entitlements", "/macOS/infoPlist"][..]),
        ] {
            let text = std::fs::read_to_string(window.join(config)).expect(config);
            let config: Value = serde_json::from_str(&text).expect("JSON");
            for file in files {
                let named = config["bundle"].pointer(file).and_then(Value::as_str).expect(file);
                assert!(window.join(named).exists(), "{named} is not there");
            }
        }
    }

    /// Windows asks for an administrator wherever an installer may want one, and goes on alone where none is near.
    #[test]
    fn what_updates_one_persons_davit_on_windows_asks_for_no_administrator() {
        let text = std::fs::read_to_string(root().join("src-tauri/packages.windows.json")).expect("a configuration");
        let config: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(config["bundle"]["windows"]["nsis"]["installMode"], "currentUser");
        assert!(!super::FOR_ALL.ends_with(super::FOR_ONE), "an update is known by how its name ends");
    }

    /// The folder is the company's, too: its policy lies there, and what it keeps of an earlier one.
    #[test]
    fn an_installer_for_windows_clears_away_programs_that_it_moved_and_nothing_else() {
        let hooks = std::fs::read_to_string(root().join("packaging/windows/hooks.nsh")).expect("hooks");
        let many: Vec<_> = hooks.lines().filter(|line| line.contains("$INSTDIR\\") && line.contains("*.")).collect();
        assert!(many.len() == 2, "{many:?}");
        assert!(many.iter().all(|line| line.ends_with(r#"$INSTDIR\davit*.exe.*.old""#)), "{many:?}");
    }

    /// An older program could not read records that a newer one has written.
    #[test]
    fn an_installer_for_windows_puts_no_older_version_in_the_place_of_a_newer_one() {
        let text = std::fs::read_to_string(root().join("src-tauri/packages.windows.json")).expect("a configuration");
        let config: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(config["bundle"]["windows"]["allowDowngrades"], false);
    }

    /// The `.msi` is installed by SYSTEM, and its folders are not a person's.
    #[test]
    fn what_an_msi_writes_is_all_persons_and_the_same_as_the_installers() {
        let read = |path: &str| std::fs::read_to_string(root().join(path)).expect(path);
        let fragment = read("packaging/windows/menus.wxs");
        let config: Value = serde_json::from_str(&read("src-tauri/packages.windows.json")).expect("JSON");
        let component = config["bundle"]["windows"]["wix"]["componentRefs"][0].as_str().expect("a component");
        assert!(fragment.contains(&format!("<Component Id=\"{component}\"")), "{component}");
        assert!(!fragment.contains("HKCU") && !fragment.contains("SendTo"), "{fragment}");
        // Which a search among one person's own would lead elsewhere.
        assert!(
            fragment.contains(r#"<SetProperty Id="INSTALLDIR" Value="[ProgramFiles64Folder]Davit\" After="AppSearch""#)
        );
        let hooks = read("packaging/windows/hooks.nsh");
        let keys = hooks.lines().filter(|line| line.starts_with("!define DAVIT_"));
        let keys: Vec<_> = keys.filter_map(|line| line.split('"').nth(1)).collect();
        assert!(keys.len() == 3 && keys.iter().all(|key| key.starts_with("Software\\")), "{keys:?}");
        for key in keys {
            let written = format!("<RegistryKey Root=\"HKLM\" Key=\"{key}\" ForceDeleteOnUninstall=\"yes\">");
            assert!(fragment.contains(&written), "{key}");
        }
    }
}
