//! Packages for Linux: one tree of files, packed in three ways.

mod app;
mod appimage;
mod backend;
mod bare;
mod brought;
mod container;
mod deb;
mod package;
pub(crate) mod proof;
mod recorder;
mod rpm;
mod tree;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use super::{Kind, folder, megabytes};
use crate::packages::Purpose;
use crate::run::{build_page, cargo, command, must, root, target, took};
use crate::setup;

use app::App;
use package::{APP, BACKEND, version};
use tree::Tree;

/// No more, so that a rollout over a slow line is no burden.
const LARGEST_DEB: u64 = 10_000_000;

/// Where the document that tells sizes has them.
const SIZES: [&str; 2] = ["<!-- sizes: written by cargo xtask bundle -->\n", "<!-- end of sizes -->\n"];

pub(super) fn run(only: Option<Kind>, prove: bool) -> Result<Vec<PathBuf>> {
    let begun = Instant::now();
    setup::run(Purpose::Bundle)?;
    let wanted = |kind: Kind| only.is_none_or(|only| only == kind);
    release(super::updater()?.as_ref())?;
    let (programs, into, work) = (target().join("release"), folder(), tempfile::tempdir_in(target())?);
    std::fs::create_dir_all(&into)?;
    let mut packages = Vec::new();
    if wanted(Kind::Deb) || wanted(Kind::Rpm) || wanted(Kind::Appimage) {
        let app = App::new(&programs)?;
        for (kind, told) in [(Kind::Deb, "DEB"), (Kind::Rpm, "RPM"), (Kind::Appimage, "APP")] {
            if !wanted(kind) {
                continue;
            }
            let tree = Tree::new(work.path().join(told))?;
            app.lay(&tree, told)?;
            packages.push(match kind {
                Kind::Deb => small(deb::pack(&APP, &version(), &checked(tree)?, &into)?, LARGEST_DEB)?,
                Kind::Rpm => rpm::pack(&APP, &version(), &tree, &into)?,
                Kind::Appimage | Kind::Backend => appimage::pack(&tree, &programs.join("davit-appimage"), &into)?,
            });
        }
    }
    if wanted(Kind::Backend) {
        let tree = Tree::new(work.path().join("backend"))?;
        backend::lay(&tree, &programs)?;
        packages.push(deb::pack(&BACKEND, &version(), &tree, &into)?);
        packages.push(rpm::pack(&BACKEND, &version(), &tree, &into)?);
        if prove {
            // What is there before an update.
            let before = Tree::new(proof::before())?;
            deb::pack(&BACKEND, proof::BEFORE, &tree, before.root())?;
            rpm::pack(&BACKEND, proof::BEFORE, &tree, before.root())?;
        }
        // What the Containerfile takes.
        let context = Tree::new(into.join("backend"))?;
        context.program(&programs.join("davit-backend"), "/davit-backend")?;
        backend::notices(&context)?;
    }
    for package in packages.iter().filter(|package| package.extension().is_some_and(|kind| kind == "deb")) {
        // What Debian itself would say of them. Other distributions have none.
        match command("lintian", &["--fail-on", "error", "--display-level", ">=warning"]).arg(package).status() {
            Ok(said) => ensure!(said.success(), "{} is none that Debian would take; see above", name(package)),
            Err(_) => println!("== lintian is not installed: nobody says what Debian would of {}", name(package)),
        }
    }
    println!("== packages: {}", took(begun));
    if only.is_none() {
        document(&packages)?;
    }
    if prove {
        proof::run(&packages)?;
        if wanted(Kind::Backend) {
            container::proof(&into.join("backend"))?;
        }
    }
    Ok(packages)
}

/// An AppImage of a build with this in its configuration besides.
pub(crate) fn appimage(config: &Value, file: &Path) -> Result<()> {
    setup::run(Purpose::Bundle)?;
    release(Some(config))?;
    let (programs, work) = (target().join("release"), tempfile::tempdir_in(target())?);
    let tree = Tree::new(work.path().join("APP"))?;
    App::new(&programs)?.lay(&tree, "APP")?;
    let made = appimage::pack(&tree, &programs.join("davit-appimage"), work.path())?;
    std::fs::copy(made, file)?;
    Ok(())
}

/// The release build of all that ships, with the page within.
fn release(config: Option<&Value>) -> Result<()> {
    build_page()?;
    let mut words = vec!["build", "--release", "--locked"];
    for program in crate::dependencies::SHIPS {
        words.extend(["--package", program]);
    }
    let mut build = cargo(&words);
    if let Some(config) = config {
        // As Tauri's own tool hands it on.
        build.env("TAURI_CONFIG", config.to_string());
    }
    must("release build", &mut build)
}

/// What desktops read is valid by their own tools.
fn checked(tree: Tree) -> Result<Tree> {
    for file in ["usr/share/applications/Davit.desktop", "etc/xdg/autostart/Davit.desktop"] {
        must(file, command("desktop-file-validate", &[]).arg(tree.root().join(file)))?;
    }
    let metainfo = tree.root().join("usr/share/metainfo/org.davit.app.metainfo.xml");
    must("AppStream metadata", command("appstreamcli", &["validate", "--no-net"]).arg(metainfo))?;
    Ok(tree)
}

/// A package that is small enough. One that is not is not there afterwards: nobody hands it on by mistake.
fn small(package: PathBuf, largest: u64) -> Result<PathBuf> {
    let size = std::fs::metadata(&package)?.len();
    if size >= largest {
        std::fs::remove_file(&package).with_context(|| format!("{} is too large and stays", package.display()))?;
        bail!("{} had {size} bytes; it has to stay below {largest}", package.display());
    }
    Ok(package)
}

/// Writes the sizes into the document for administrators.
fn document(packages: &[PathBuf]) -> Result<()> {
    let path = root().join("docs/packages.md");
    let text = std::fs::read_to_string(&path).context("no docs/packages.md")?;
    let mut table = "| package | size |\n|---|---|\n".to_owned();
    for package in packages {
        writeln!(table, "| `{}` | {} |", name(package), megabytes(package)?)?;
    }
    std::fs::write(&path, with_sizes(&text, &table).context("docs/packages.md has no place for sizes")?)?;
    Ok(())
}

fn with_sizes(text: &str, table: &str) -> Option<String> {
    let (before, rest) = text.split_once(SIZES[0])?;
    let (_, after) = rest.split_once(SIZES[1])?;
    Some(format!("{before}{}{table}{}{after}", SIZES[0], SIZES[1]))
}

fn name(package: &Path) -> String {
    package.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_for_administrators_has_a_place_for_sizes() {
        let text = std::fs::read_to_string(root().join("docs/packages.md")).expect("docs/packages.md");
        let written = with_sizes(&text, "| a | b |\n").expect("a place");
        assert!(written.contains("\n| a | b |\n<!-- end of sizes -->\n"), "{written}");
        assert_eq!(with_sizes(&written, "| a | b |\n").expect("a place"), written);
    }

    #[test]
    fn a_package_that_is_too_large_is_not_there_afterwards() {
        let folder = tempfile::tempdir().expect("a folder");
        let package = folder.path().join("davit_1.2.0_amd64.deb");
        std::fs::write(&package, [0u8; 10]).expect("written");
        assert_eq!(small(package.clone(), 11).expect("small"), package);
        assert!(package.exists());
        let said = small(package.clone(), 10).expect_err("it is too large").to_string();
        assert!(said.contains("below 10") && !package.exists(), "{said}");
    }
}
