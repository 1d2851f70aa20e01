//! What a release brings beside its packages: a list of parts and their licences, signatures, the manifest that updates are found
//! by, checksums.
//!
//! The key that updates are signed with comes from `TAURI_SIGNING_PRIVATE_KEY` and `TAURI_SIGNING_PRIVATE_KEY_PASSWORD`, never
//! from an argument. Whoever compiles, or asks cargo or npm for anything, does not have it yet: that is a step of its own.
//! Where packages are downloaded from is said by `DAVIT_RELEASES`, or follows from GitHub's own variables.

mod manifest;
mod parts;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};
use clap::ValueEnum;

use crate::packages::Purpose;
use crate::run::{command, must, output, root, target, tauri, took};
use crate::{bundle, notices, setup, updates, windows, workflows};

/// How packages end.
const PACKAGES: [&str; 7] = ["AppImage", "deb", "dmg", "exe", "gz", "msi", "rpm"];

/// One half of it, for a workflow where only the second knows the key, and a branch does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Step {
    /// Install what is needed, and write the list of parts.
    Parts,
    /// Signatures, manifest, checksums: nothing is compiled and nothing installed.
    Sign,
    /// The same by a key that is thrown away, for what is no release.
    Try,
}

/// What people have to know of packages that nobody signed; the draft's notes begin with it.
const NOT_SIGNED: &str = "NOT-SIGNED.txt";

/// What is released.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The checksums' file.
const SUMS: &str = "SHA256SUMS";

/// What signs updates: the key itself, and its password.
struct Key {
    private: OsString,
    password: OsString,
}

impl Key {
    /// That of real updates.
    fn of_updates() -> Result<Self> {
        is_of_a_tag(&said("GITHUB_REF_TYPE"))?;
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let Some(private) = variable("TAURI_SIGNING_PRIVATE_KEY") else {
            bail!("TAURI_SIGNING_PRIVATE_KEY is not set: nobody could trust the updates of this release");
        };
        Ok(Self { private, password: variable("TAURI_SIGNING_PRIVATE_KEY_PASSWORD").unwrap_or_default() })
    }

    /// One that nobody has any more afterwards.
    fn thrown_away() -> Result<Self> {
        let work = tempfile::tempdir()?;
        let key = work.path().join("key");
        let mut generate = tauri(&["signer", "generate", "--ci", "--password", "", "--write-keys"]);
        ensure!(output(generate.arg(&key)).is_some(), "no key could be made");
        Ok(Self { private: std::fs::read_to_string(&key)?.into(), password: OsString::new() })
    }
}

fn said(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

/// Whether a workflow may sign for people: whoever may push a branch may start it there, with any version in `Cargo.toml`.
fn is_of_a_tag(kind: &str) -> Result<()> {
    ensure!(
        kind.is_empty() || kind == "tag",
        "this is a {kind} and no tag: nothing of it is signed for people; use --step try"
    );
    Ok(())
}

/// Whether what is built is what the tag says that started the workflow. Without one there is nothing to compare.
pub(crate) fn is_tagged_so() -> Result<()> {
    is_named(&said("GITHUB_REF_TYPE"), &said("GITHUB_REF_NAME"))
}

fn is_named(kind: &str, name: &str) -> Result<()> {
    let ours = concat!("v", env!("CARGO_PKG_VERSION"));
    ensure!(
        kind != "tag" || name == ours,
        "the tag is {name}, and the version in Cargo.toml makes {ours}: change one of them"
    );
    Ok(())
}

/// For packages that others made.
pub(crate) fn run(packages: &Path, only: Option<Step>) -> Result<()> {
    is_tagged_so()?;
    let folder = root().join(packages);
    if matches!(only, None | Some(Step::Parts)) {
        setup::run(Purpose::Build)?;
        list(&folder)?;
    }
    let key = match only {
        Some(Step::Parts) => return Ok(()),
        Some(Step::Try) => Key::thrown_away()?,
        None | Some(Step::Sign) => Key::of_updates()?,
    };
    describe(&folder, &key, &downloads()?)
}

/// All of it on this machine alone, with a key that is thrown away. Nothing leaves the machine.
pub(crate) fn dry_run() -> Result<()> {
    let begun = Instant::now();
    workflows::run()?;
    bundle::run(None, false, None)?;
    updates::run(&updates::Updates::default())?;
    windows::run(&windows::What::Installer)?;
    let release = target().join("release-dry-run");
    if release.exists() {
        std::fs::remove_dir_all(&release)?;
    }
    std::fs::create_dir_all(&release)?;
    for entry in std::fs::read_dir(bundle::folder())? {
        let path = entry?.path();
        let name = path.file_name().context("a file has a name")?;
        if is_package(&path) || name.to_string_lossy().ends_with(bundle::LIBRARIES) {
            std::fs::copy(&path, release.join(name))?;
        }
    }
    let key = Key::thrown_away()?;
    list(&release)?;
    describe(&release, &key, "https://releases.example.com/davit/")?;
    let mut check = command("sha256sum", &["--check", "--strict", "--quiet", SUMS]);
    must("checksums, checked", check.current_dir(&release))?;
    for entry in std::fs::read_dir(&release)? {
        let file = entry?.path();
        println!("{}  {}", file.display(), bundle::megabytes(&file)?);
    }
    println!("== a release on this machine, Windows and macOS aside: {}", took(begun));
    Ok(())
}

/// Writes the list of parts, and their licences, beside the packages.
fn list(folder: &Path) -> Result<()> {
    let list = folder.join(format!("davit-{VERSION}.cdx.json"));
    std::fs::write(&list, serde_json::to_string_pretty(&parts::list(folder, &day()?)?)?)
        .with_context(|| format!("{} cannot be written", list.display()))?;
    must("the list of parts, by CycloneDX's schema", &mut parts::check(&list))?;
    notices::run(&folder.join("THIRD-PARTY-LICENSES.txt"))?;
    warnings(folder)
}

/// What was written beside each system's packages, as one file.
fn warnings(folder: &Path) -> Result<()> {
    let mut all = BTreeSet::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if name(&path)?.ends_with(bundle::WARNING) {
            all.insert(std::fs::read_to_string(&path)?);
            std::fs::remove_file(&path)?;
        }
    }
    if all.is_empty() {
        return Ok(());
    }
    let all: String = all.into_iter().collect();
    print!("== {all}");
    Ok(std::fs::write(folder.join(NOT_SIGNED), all)?)
}

/// Writes everything else beside the packages.
fn describe(folder: &Path, key: &Key, downloads: &str) -> Result<()> {
    let packages = packages(folder)?;
    ensure!(!packages.is_empty(), "there are no packages in {}", folder.display());
    // A signature says a version, and stays on the disk whatever fails afterwards.
    let mut unsigned = Vec::new();
    for package in &packages {
        let name = name(package)?;
        ensure!(is_of_this_version(&name), "{name} is not of {VERSION}: take it out of {}", folder.display());
        unsigned.push((name, String::new()));
    }
    manifest::of(&unsigned, downloads, "")?;
    let mut signed = Vec::new();
    for package in &packages {
        let signature = sign(package, key)?;
        signed.push((name(package)?, signature));
    }
    let manifest = manifest::of(&signed, downloads, &day()?)?;
    std::fs::write(folder.join("latest.json"), serde_json::to_string_pretty(&manifest)?)?;
    sums(folder)
}

/// Whether a package of this name is one of what is released. Debian's and RPM's write what comes before a release in their own
/// way.
fn is_of_this_version(name: &str) -> bool {
    let theirs = VERSION.replacen('-', "~", 1).replace('-', ".");
    let rest = ["davit-backend", "davit", "Davit"].iter().find_map(|product| name.strip_prefix(product));
    let rest = rest.and_then(|rest| rest.strip_prefix(['_', '-']));
    let rest = rest.and_then(|rest| rest.strip_prefix(VERSION).or_else(|| rest.strip_prefix(theirs.as_str())));
    // What follows is a machine, or the number of RPM's package: no end of a longer version.
    let ends = ["x86_64", "amd64", "x64", "aarch64", "arm64", "universal", "1."];
    rest.and_then(|rest| rest.strip_prefix(['_', '-'])).is_some_and(|rest| ends.iter().any(|end| rest.starts_with(end)))
}

/// What lies there and is a package, in order.
fn packages(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    let mut packages: Vec<PathBuf> =
        entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| is_package(path)).collect();
    packages.sort();
    Ok(packages)
}

fn is_package(path: &Path) -> bool {
    path.is_file() && path.extension().is_some_and(|kind| PACKAGES.iter().any(|of| kind == *of))
}

/// The signature that an update is taken by. Tauri's tool writes it into a file beside the package.
fn sign(package: &Path, key: &Key) -> Result<String> {
    let mut sign = tauri(&["signer", "sign", "--app-version", VERSION]);
    sign.arg(package).env("TAURI_SIGNING_PRIVATE_KEY", &key.private);
    sign.env("TAURI_SIGNING_PRIVATE_KEY_PASSWORD", &key.password);
    let package = package.display();
    ensure!(output(&mut sign).is_some(), "{package} cannot be signed; are key and password right?");
    let signature = format!("{package}.sig");
    std::fs::read_to_string(&signature).with_context(|| format!("{signature} was not written"))
}

/// Of everything, by the tool that everybody has who checks them.
fn sums(folder: &Path) -> Result<()> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_file() && !path.ends_with(SUMS) {
            names.push(name(&path)?);
        }
    }
    names.sort();
    let sums = output(Command::new("sha256sum").current_dir(folder).arg("--").args(names));
    Ok(std::fs::write(folder.join(SUMS), sums.context("sha256sum failed")?)?)
}

/// Where packages are downloaded from, with a slash at its end.
fn downloads() -> Result<String> {
    if let Ok(said) = std::env::var("DAVIT_RELEASES") {
        return Ok(format!("{}/", said.trim_end_matches('/')));
    }
    let (Ok(server), Ok(repository)) = (std::env::var("GITHUB_SERVER_URL"), std::env::var("GITHUB_REPOSITORY")) else {
        bail!("DAVIT_RELEASES is not set: the manifest has to say where packages are downloaded from");
    };
    Ok(format!("{server}/{repository}/releases/download/v{VERSION}/"))
}

/// When what is released was last changed.
fn day() -> Result<String> {
    let day = output(&mut command("git", &["log", "-1", "--format=%cI"])).context("git does not tell the day")?;
    Ok(day.trim().to_owned())
}

fn name(path: &Path) -> Result<String> {
    let name = path.file_name().and_then(|name| name.to_str());
    Ok(name.with_context(|| format!("{} has no plain name", path.display()))?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_that_names_another_version_is_no_release() {
        let ours = format!("v{VERSION}");
        assert!(is_named("tag", &ours).is_ok());
        assert!(is_named("branch", "main").is_ok() && is_named("", "").is_ok());
        for other in ["v999.0.0", VERSION, &format!("{ours}-rc.1")] {
            let said = is_named("tag", other).expect_err(other).to_string();
            assert!(said.contains(other) && said.contains(&ours), "{said}");
        }
    }

    #[test]
    fn what_is_not_of_this_version_or_told_twice_is_signed_by_no_key() {
        let nobodys = Key { private: "none".into(), password: OsString::new() };
        let ours = format!("Davit-{VERSION}-x86_64.AppImage");
        for (other, why) in [
            ("Davit-0.0.1-x86_64.AppImage".to_owned(), "is not of"),
            (format!("Davit-{VERSION}-rc.1-x86_64.AppImage"), "is not of"),
            (format!("davit_1{VERSION}_amd64.deb"), "is not of"),
            (format!("davit_{VERSION}.1_amd64.deb"), "is not of"),
            (format!("Davit_{VERSION}_amd64.AppImage"), "two packages"),
        ] {
            let folder = tempfile::tempdir().expect("a folder");
            for name in [&ours, &other] {
                std::fs::write(folder.path().join(name), b"").expect("written");
            }
            let said =
                describe(folder.path(), &nobodys, "https://releases.example.com/").expect_err(&other).to_string();
            assert!(said.contains(why), "{other}: {said}");
            assert_eq!(std::fs::read_dir(folder.path()).expect("listed").count(), 2, "{other}: nothing is signed");
        }
        for ours in [
            format!("davit-backend_{VERSION}_arm64.deb"),
            format!("davit-backend-{VERSION}-1.x86_64.rpm"),
            format!("Davit_{VERSION}_universal.app.tar.gz"),
            format!("Davit_{VERSION}_x64_en-US.msi"),
            format!("Davit_{VERSION}_arm64-setup-all-users.exe"),
            format!("Davit-{VERSION}-x64-trial-installer.exe"),
        ] {
            assert!(is_of_this_version(&ours), "{ours}");
        }
    }

    #[test]
    fn what_nobody_signed_is_told_once_in_a_file_of_the_release() {
        let folder = tempfile::tempdir().expect("a folder");
        warnings(folder.path()).expect("nothing to tell");
        let told = folder.path().join(NOT_SIGNED);
        assert!(!told.exists());
        for (of, words) in
            [("windows-x86_64", "Windows\n"), ("windows-aarch64", "Windows\n"), ("macos-aarch64", "macOS\n")]
        {
            let file = folder.path().join(format!("{of}{}", bundle::WARNING));
            std::fs::write(file, words).expect("written");
        }
        warnings(folder.path()).expect("told");
        assert_eq!(std::fs::read_to_string(told).expect("a file"), "Windows\nmacOS\n");
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1);
        let workflow = std::fs::read_to_string(root().join(".github/workflows/release.yml")).expect("a workflow");
        assert!(
            workflow.contains(&format!("--notes \"$(cat release/{NOT_SIGNED} 2>/dev/null)\"")),
            "the draft's notes"
        );
    }

    #[test]
    fn a_branch_is_never_signed_by_the_key_of_updates() {
        assert!(is_of_a_tag("tag").is_ok() && is_of_a_tag("").is_ok());
        let said = is_of_a_tag("branch").expect_err("whoever pushes one may name any version").to_string();
        assert!(said.contains("branch"), "{said}");
    }
}
