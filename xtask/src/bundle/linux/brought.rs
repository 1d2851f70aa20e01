//! Whose the libraries are that the AppImage brings: most are under the LGPL, so whoever is handed them is handed their licences as
//! well, is told what was changed in them, where their source is, and how to put others in their place.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::tree::Tree;
use crate::dependencies::purl;
use crate::run::output;

/// Licences that Debian's packages name instead of repeating them.
const COMMON: &str = "/usr/share/common-licenses";

/// A package of the distribution's of which something is in the AppImage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Brought {
    package: String,
    version: String,
    source: String,
    source_version: String,
    files: Vec<PathBuf>,
}

impl Brought {
    /// The address of its source, which the distribution keeps for good.
    fn source_is_at(&self, distribution: &str) -> String {
        let (name, version) = (&self.source, &self.source_version);
        match distribution {
            "ubuntu" => format!("https://launchpad.net/ubuntu/+source/{name}/{version}"),
            _ => format!("https://snapshot.debian.org/package/{name}/{version}/"),
        }
    }
}

/// The packages that these files are of.
pub(super) fn of(files: &BTreeSet<PathBuf>) -> Result<Vec<Brought>> {
    // Where /lib is a link to /usr/lib, a package may have either.
    let mut named: BTreeMap<PathBuf, Vec<&PathBuf>> = BTreeMap::new();
    for file in files {
        let whole = file.canonicalize().with_context(|| file.display().to_string())?;
        if let Ok(below) = whole.strip_prefix("/usr") {
            named.entry(Path::new("/").join(below)).or_default().push(file);
        }
        named.entry(whole).or_default().push(file);
    }
    // It fails where one of them is nobody's, which one of two mostly is.
    let said = Command::new("dpkg").arg("-S").args(named.keys()).output().context("dpkg cannot be started")?;
    let mut packages: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    let mut left = files.clone();
    for line in String::from_utf8_lossy(&said.stdout).lines() {
        let Some((owners, path)) = line.split_once(": ") else { continue };
        let Some(owner) = owners.split(", ").next() else { continue };
        for file in named.get(Path::new(path)).into_iter().flatten().filter(|file| left.remove(**file)) {
            packages.entry(owner.to_owned()).or_default().push((*file).clone());
        }
    }
    ensure!(
        left.is_empty(),
        "no package of the distribution's has {left:?}: nobody could say under which licence it is"
    );
    let asked = "${binary:Package}\t${Version}\t${source:Package}\t${source:Version}\n";
    packages
        .into_iter()
        .map(|(name, files)| {
            let said = output(Command::new("dpkg-query").args(["-W", "-f", asked, &name]));
            let said = said.with_context(|| format!("dpkg does not know {name}"))?;
            let mut words = said.trim().split('\t').map(str::to_owned);
            let mut word = || words.next().with_context(|| format!("dpkg does not describe {name}"));
            let package = word()?.split(':').next().unwrap_or_default().to_owned();
            Ok(Brought { package, version: word()?, source: word()?, source_version: word()?, files })
        })
        .collect()
}

/// Lays out what is said of them, and their licences.
pub(super) fn told(tree: &Tree, all: &[Brought], changed: &[String]) -> Result<()> {
    for brought in all {
        let copyright = Path::new("/usr/share/doc").join(&brought.package).join("copyright");
        tree.file(&copyright, &copyright.display().to_string())?;
    }
    for licence in std::fs::read_dir(COMMON).with_context(|| format!("no {COMMON}"))? {
        let licence = licence?.path();
        tree.file(&licence, &licence.display().to_string())?;
    }
    tree.bytes(text(all, changed, &distribution()?)?.as_bytes(), "/usr/share/doc/davit/LIBRARIES")
}

fn text(all: &[Brought], changed: &[String], distribution: &str) -> Result<String> {
    let mut text = format!(
        "Libraries of others in this AppImage. Each is under the licence that stands in usr/share/doc/PACKAGE/copyright;\n\
         what is named there below {COMMON} lies in usr/share/common-licenses.\n\n\
         Changed by us: {}: every \"/usr\" in it became \"././\", of the same length, so that it finds its other\n\
         programs below the folder that it is started in. Nothing else is changed, and nothing in any other.\n\n\
         To put others in their place: start this file with --appimage-extract, change what lies in squashfs-root/usr/lib,\n\
         and start squashfs-root/AppRun.\n",
        changed.join(", ")
    );
    for brought in all {
        let files: Vec<_> =
            brought.files.iter().map(|file| file.file_name().unwrap_or_default().to_string_lossy()).collect();
        writeln!(
            text,
            "\n{} {}\n    source: {}\n    files: {}",
            brought.package,
            brought.version,
            brought.source_is_at(distribution),
            files.join(", ")
        )?;
    }
    Ok(text)
}

/// The same for the list of parts, which is made elsewhere.
pub(super) fn listed(all: &[Brought]) -> Result<Value> {
    let distribution = distribution()?;
    let machine = super::package::debian_machine();
    let one = |brought: &Brought| {
        let named = purl("deb", &format!("{distribution}/{}", brought.package), &brought.version);
        json!({
            "name": brought.package,
            "version": brought.version,
            "purl": format!("{named}?arch={machine}"),
            "source": brought.source_is_at(&distribution),
        })
    };
    Ok(all.iter().map(one).collect())
}

/// "debian" or "ubuntu".
fn distribution() -> Result<String> {
    let release = std::fs::read_to_string("/etc/os-release")?;
    let id = release.lines().find_map(|line| line.strip_prefix("ID="));
    Ok(id.context("the system does not say what it is")?.trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{command, works};

    #[test]
    fn every_library_has_a_package_with_a_licence_and_a_source() {
        if !works(&mut command("dpkg", &["--version"])) {
            println!("skipped: this system has no dpkg");
            return;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let dpkg = Path::new("/usr/bin/dpkg").to_owned();
        let all = of(&BTreeSet::from([dpkg])).expect("it is of a package");
        assert_eq!(all.len(), 1);
        assert_eq!((&*all[0].package, &*all[0].source), ("dpkg", "dpkg"));
        let tree = Tree::new(folder.path().join("tree")).expect("made");
        told(&tree, &all, &["libchanged.so.1".to_owned()]).expect("told");
        assert!(tree.root().join("usr/share/doc/dpkg/copyright").exists());
        assert!(tree.root().join("usr/share/common-licenses/LGPL-2.1").exists());
        let text = std::fs::read_to_string(tree.root().join("usr/share/doc/davit/LIBRARIES")).expect("told");
        for said in ["Changed by us: libchanged.so.1:", "\ndpkg ", "/dpkg/", "files: dpkg\n", "--appimage-extract"] {
            assert!(text.contains(said), "{said}: {text}");
        }
        let nobodys = folder.path().join("libx.so.1");
        std::fs::write(&nobodys, "").expect("written");
        let said = of(&BTreeSet::from([nobodys])).expect_err("it is nobody's").to_string();
        assert!(said.contains("libx.so.1"), "{said}");
    }

    #[test]
    fn a_source_is_where_its_distribution_keeps_it() {
        let brought = Brought {
            package: "libwebkit2gtk-4.1-0".to_owned(),
            version: "2.50.6-1~deb12u2".to_owned(),
            source: "webkit2gtk".to_owned(),
            source_version: "2.50.6-1~deb12u2".to_owned(),
            files: Vec::new(),
        };
        let debian = "https://snapshot.debian.org/package/webkit2gtk/2.50.6-1~deb12u2/";
        assert_eq!(brought.source_is_at("debian"), debian);
        assert!(brought.source_is_at("ubuntu").starts_with("https://launchpad.net/ubuntu/+source/webkit2gtk/2.50.6"));
    }
}
