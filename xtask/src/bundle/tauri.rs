//! Packages for Windows and macOS, by Tauri's bundler: it knows their installers, their signatures and Apple's notary.
//!
//! What signs comes from the environment. macOS, as Tauri names it: `APPLE_CERTIFICATE`, `APPLE_CERTIFICATE_PASSWORD`,
//! `APPLE_SIGNING_IDENTITY`, and for the notary `APPLE_API_ISSUER`, `APPLE_API_KEY`, `APPLE_API_KEY_PATH`. Windows:
//! `DAVIT_WINDOWS_SIGN_COMMAND` (Tauri's `signCommand`, as JSON with `cmd` and `args`), or `DAVIT_WINDOWS_THUMBPRINT`, of a
//! certificate in the person's store. Where it is missing, packages are made unsigned, and a file beside them says so. By
//! `--step build` and then `--step pack` what is built, and what packs, does not meet it while it is fetched.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::{Step, WARNING, apple_double, folder, signing};
use crate::packages::Purpose;
use crate::run::{cargo, command, must, output, root, target, tauri, works};
use crate::{licences, setup};

pub(super) fn run(step: Option<Step>) -> Result<Vec<PathBuf>> {
    let triple = if cfg!(windows) { host()? } else { UNIVERSAL.to_owned() };
    if step != Some(Step::Pack) {
        build(&triple)?;
    }
    if step == Some(Step::Build) {
        // What packs for Windows (NSIS, WiX) is fetched when it is first asked to: while nothing is there that signs.
        if cfg!(windows) {
            must("what packs installers", bundler("bundle", &triple)?.arg("--no-sign"))?;
        }
        return Ok(Vec::new());
    }
    let bundles = if cfg!(windows) { windows(&triple)? } else { macos(&triple)? };
    std::fs::create_dir_all(folder())?;
    let mut packages = Vec::new();
    for (from, ends) in bundles {
        for entry in std::fs::read_dir(&from).with_context(|| format!("nothing was made in {}", from.display()))? {
            let path = entry?.path();
            if path.extension().is_some_and(|kind| kind == ends) {
                let at = folder().join(path.file_name().context("a file has a name")?);
                std::fs::copy(&path, &at)?;
                packages.push(at);
            }
        }
    }
    anyhow::ensure!(!packages.is_empty(), "no package was made");
    warn()?;
    Ok(packages)
}

/// Says beside the packages what people have to know of them.
fn warn() -> Result<()> {
    let file = folder().join(format!("{}-{}{WARNING}", std::env::consts::OS, std::env::consts::ARCH));
    let signed = if cfg!(windows) { signs_for_windows()?.is_some() } else { signs() };
    let Some(warning) = signing::warning(std::env::consts::OS, signed, said("APPLE_API_KEY").is_some()) else {
        // Of packages before these.
        return if file.exists() { Ok(std::fs::remove_file(file)?) } else { Ok(()) };
    };
    print!("== {warning}");
    Ok(std::fs::write(file, warning)?)
}

/// Folders with what was made, and how it ends.
type Bundles = Vec<(PathBuf, &'static str)>;

/// Both kinds of processors in one.
const UNIVERSAL: &str = "universal-apple-darwin";

/// The release build, and what goes into the packages with it.
fn build(triple: &str) -> Result<()> {
    setup::run(Purpose::Build)?;
    // Source: ring, BUILDING.md.
    let clang = !cfg!(all(windows, target_arch = "aarch64")) || works(&mut command("clang", &["--version"]));
    anyhow::ensure!(clang, "clang is missing, which compiles ring's assembler on ARM; install LLVM");
    let beside = root().join("src-tauri/gen/external");
    std::fs::create_dir_all(&beside)?;
    let licences = licences::of_the_app(&["davit-app", "davit"], cfg!(windows))?;
    std::fs::write(beside.join("licences.txt"), licences)?;
    if triple == UNIVERSAL {
        let mut both = Vec::new();
        for triple in ["aarch64-apple-darwin", "x86_64-apple-darwin"] {
            both.push(beside_the_app(&beside, triple)?);
        }
        let mut lipo = command("lipo", &["-create", "-output"]);
        must("davit for both processors", lipo.arg(beside.join(format!("davit-{UNIVERSAL}"))).args(both))?;
    } else {
        beside_the_app(&beside, triple)?;
    }
    let mut build = bundler("build", triple)?;
    must("release build", build.args(["--no-bundle", "--", "--locked"]))
}

fn windows(triple: &str) -> Result<Bundles> {
    let signs = signs_for_windows()?.map(|signs| signs.to_string());
    let bundles = || -> Result<std::process::Command> {
        let mut tauri = bundler("bundle", triple)?;
        if let Some(signs) = &signs {
            tauri.args(["--config", signs]);
        }
        Ok(tauri)
    };
    let made = target().join(triple).join("release/bundle");
    // What an earlier version left there would go by the name of this one's packages.
    for kind in ["nsis", "all-users", "msi"] {
        let folder = made.join(kind);
        if folder.exists() {
            std::fs::remove_dir_all(folder)?;
        }
    }
    // Tauri's one installer for both wants an administrator of whoever is one, at every update of their own as well.
    let for_all =
        serde_json::json!({ "bundle": { "windows": { "nsis": { "installMode": "perMachine" } } } }).to_string();
    must("installer for all persons", bundles()?.args(["--bundles", "nsis", "--config", &for_all]))?;
    set_aside(&made.join("nsis"), &made.join("all-users"))?;
    must("installers", &mut bundles()?)?;
    Ok(vec![(made.join("nsis"), "exe"), (made.join("all-users"), "exe"), (made.join("msi"), "msi")])
}

/// Tauri calls both installers the same: puts what is in a folder into another, by the name of those for all persons.
fn set_aside(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from).with_context(|| format!("nothing was made in {}", from.display()))? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        if let Some(name) = name.and_then(|name| name.strip_suffix(super::FOR_ONE)) {
            std::fs::rename(&path, to.join(format!("{name}{}", super::FOR_ALL)))?;
        }
    }
    Ok(())
}

/// One package for both kinds of processors.
fn macos(triple: &str) -> Result<Bundles> {
    must("disk image", &mut bundler("bundle", triple)?)?;
    let made = target().join(triple).join("release/bundle");
    // As the updater takes it.
    let updates = made.join("updates");
    std::fs::create_dir_all(&updates)?;
    let name = format!("Davit_{}_universal.app.tar.gz", env!("CARGO_PKG_VERSION"));
    packed(&made.join("macos"), &updates.join(name))?;
    Ok(vec![(made.join("dmg"), "dmg"), (updates, "gz")])
}

/// Packs the app, and makes sure that what is unpacked is what was signed: without the files that this system's tar would put
/// beside those that have attributes.
fn packed(folder: &Path, archive: &Path) -> Result<()> {
    let mut pack = command("tar", &["--no-mac-metadata", "--no-xattrs", "-czf"]);
    pack.arg(archive).arg("-C").arg(folder).arg("Davit.app").env("COPYFILE_DISABLE", "1");
    must("the app, packed", &mut pack)?;
    let unpacked = command("gzip", &["-dc"]).arg(archive).output().context("gzip cannot be started")?;
    anyhow::ensure!(unpacked.status.success(), "{} cannot be unpacked", archive.display());
    let strange = apple_double::names(&unpacked.stdout);
    anyhow::ensure!(strange.is_empty(), "{} holds {}", archive.display(), strange.join(", "));
    if signs() {
        let place = tempfile::tempdir()?;
        let mut unpack = command("tar", &["-xzf"]);
        must("the app, unpacked", unpack.arg(archive).arg("-C").arg(place.path()))?;
        let mut verify = command("codesign", &["--verify", "--deep", "--strict", "--verbose=2"]);
        must("its signature", verify.arg(place.path().join("Davit.app")))?;
    }
    Ok(())
}

/// Whether the app is signed.
fn signs() -> bool {
    said("APPLE_SIGNING_IDENTITY").is_some()
}

fn signs_for_windows() -> Result<Option<serde_json::Value>> {
    let (command, thumbprint) = (said("DAVIT_WINDOWS_SIGN_COMMAND"), said("DAVIT_WINDOWS_THUMBPRINT"));
    signing::for_windows(command.as_deref(), thumbprint.as_deref())
}

fn said(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|said| !said.is_empty())
}

/// The command line, where the bundler looks for it.
fn beside_the_app(beside: &Path, triple: &str) -> Result<PathBuf> {
    let build = ["build", "--release", "--locked", "--package", "davit", "--target", triple];
    must(&format!("davit for {triple}"), &mut cargo(&build))?;
    let end = std::env::consts::EXE_SUFFIX;
    let at = beside.join(format!("davit-{triple}{end}"));
    std::fs::copy(target().join(triple).join("release").join(format!("davit{end}")), &at)?;
    Ok(at)
}

/// Tauri's tool with one of its commands, by the configuration of packages.
fn bundler(word: &str, triple: &str) -> Result<std::process::Command> {
    let config = if cfg!(windows) { "packages.windows.json" } else { "packages.macos.json" };
    let mut tauri = tauri(&[word, "--ci", "--target", triple]);
    tauri.arg("--config").arg(root().join("src-tauri").join(config));
    if let Some(updater) = super::updater()? {
        tauri.arg("--config").arg(updater.to_string());
    }
    Ok(tauri)
}

/// What this computer is, as compilers call it.
fn host() -> Result<String> {
    let said = output(&mut command("rustc", &["-vV"])).context("rustc does not answer")?;
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc does not say what this computer is")?.to_owned())
}
