//! The same tree for distributions with RPM. What the programs are linked with is found by rpmbuild itself.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::package::{Package, Packer};
use super::tree::Tree;
use crate::run::must;

/// Folders that every system has. Source: Fedora's package `filesystem`.
const SYSTEMS: &[&str] = &[
    "/",
    "/etc",
    "/usr",
    "/usr/bin",
    "/usr/lib",
    "/usr/lib/systemd",
    "/usr/lib/systemd/system",
    "/usr/share",
    "/usr/share/applications",
    "/usr/share/doc",
    "/usr/share/man",
    "/usr/share/man/man1",
    "/usr/share/man/man8",
];

/// Those below it are of the icons' theme, which the app requires.
const ICONS: &str = "/usr/share/icons";

/// Of some version, which is ours but where an update is tried.
pub(crate) fn pack(package: &Package, version: &str, tree: &Tree, into: &Path) -> Result<PathBuf> {
    let work = tempfile::tempdir()?;
    let spec = work.path().join("package.spec");
    std::fs::write(&spec, described(package, version, &Packer::said()?, tree)?)?;
    let name = format!("{}-{version}-1.{}.rpm", package.name, std::env::consts::ARCH);
    let mut build = Command::new("rpmbuild");
    build.args(["-bb", "--quiet", "--target", std::env::consts::ARCH]);
    for (word, value) in [
        ("_topdir", work.path().display().to_string()),
        ("_rpmdir", into.display().to_string()),
        ("_rpmfilename", name.clone()),
        ("_binary_payload", "w9.xzdio".to_owned()),
        // Our programs are stripped and our files compressed already.
        ("__os_install_post", "%{nil}".to_owned()),
        ("_build_id_links", "none".to_owned()),
    ] {
        build.args(["--define", &format!("{word} {value}")]);
    }
    must(&format!("{} for distributions with RPM", package.name), build.arg(&spec))?;
    Ok(into.join(name))
}

fn described(package: &Package, version: &str, packer: &Packer, tree: &Tree) -> Result<String> {
    let mut text = format!(
        "Name: {}\nVersion: {version}\nRelease: 1\nSummary: {}\nLicense: Apache-2.0 OR MIT\n",
        package.name, package.summary
    );
    writeln!(text, "Packager: {}", packer.maintainer)?;
    if let Some(homepage) = &packer.homepage {
        writeln!(text, "URL: {homepage}")?;
    }
    for needed in package.requires {
        writeln!(text, "Requires: {needed}")?;
    }
    for missed in package.weak {
        writeln!(text, "Recommends: {missed}")?;
    }
    for missed in package.weaker {
        writeln!(text, "Suggests: {missed}")?;
    }
    writeln!(text, "\n%description\n{}\n\n%install", package.about.join("\n"))?;
    writeln!(text, "mkdir -p %{{buildroot}}\ncp -a '{}/.' %{{buildroot}}/\n", tree.root().display())?;
    if let Some(unit) = package.unit {
        for (name, script) in scripts(unit) {
            writeln!(text, "%{name}\n{script}")?;
        }
    }
    writeln!(text, "%files\n%defattr(-,root,root,-)")?;
    let files = tree.files()?;
    for folder in folders(&files) {
        writeln!(text, "%dir {folder}")?;
    }
    for file in &files {
        writeln!(text, "{}{file}", kind_of(package, file))?;
    }
    Ok(text)
}

/// Folders that may be there for our files alone, in order. Others may have them as well: whoever is the last takes them along.
fn folders(files: &[String]) -> BTreeSet<&str> {
    let above = files.iter().flat_map(|file| Path::new(file).ancestors().skip(1)).filter_map(Path::to_str);
    above.filter(|folder| !SYSTEMS.contains(folder) && !folder.starts_with(ICONS)).collect()
}

/// What RPM is told of a file, for who asks it for licences, for documents, or for what an administrator changed.
fn kind_of(package: &Package, file: &str) -> &'static str {
    let document = file.strip_prefix("/usr/share/doc/").and_then(|rest| rest.rsplit('/').next());
    match document {
        _ if package.kept.contains(&file) => "%config(noreplace) ",
        Some("copyright" | "LICENSE-APACHE.gz" | "THIRD-PARTY-LICENSES.gz") => "%license ",
        Some(_) => "%doc ",
        None => "",
    }
}

/// A service is known as soon as it is there, goes on with its new program, and ends before it is gone.
fn scripts(unit: &str) -> [(&'static str, String); 3] {
    let ask = |what: &str| format!("systemctl {what} >/dev/null 2>&1 || :");
    [
        ("post", format!("{}\n", ask("daemon-reload"))),
        ("preun", format!("if [ $1 -eq 0 ]; then {}; fi\n", ask(&format!("disable --now {unit}")))),
        (
            "postun",
            format!("{}\nif [ $1 -ge 1 ]; then {}; fi\n", ask("daemon-reload"), ask(&format!("try-restart {unit}"))),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::package::APP;
    use super::super::recorder::Recorder;
    use super::*;

    #[test]
    fn a_package_tells_its_licences_from_its_documents_and_says_who_packed_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let tree = Tree::new(folder.path().join("tree")).expect("made");
        for file in ["/usr/bin/davit", "/usr/share/doc/davit/copyright", "/usr/share/doc/davit/changelog.gz"] {
            tree.bytes(b"", file).expect("written");
        }
        tree.bytes(b"", APP.kept[0]).expect("written");
        for file in ["/usr/share/nemo/actions/davit.nemo_action", "/usr/share/icons/hicolor/16x16/apps/davit-app.png"] {
            tree.bytes(b"", file).expect("written");
        }
        let homepage = Some("https://example.com/davit".to_owned());
        let packer = Packer { maintainer: "IT <it@example.com>".to_owned(), homepage };
        let text = described(&APP, "1.2.0", &packer, &tree).expect("written");
        let license = "%license /usr/share/doc/davit/copyright";
        let doc = "%doc /usr/share/doc/davit/changelog.gz";
        let kept = format!("%config(noreplace) {}", APP.kept[0]);
        for line in
            ["Packager: IT <it@example.com>", "URL: https://example.com/davit", "/usr/bin/davit", license, doc, &kept]
        {
            assert!(text.lines().any(|of| of == line), "{line}:\n{text}");
        }
        // What would stay behind as an empty folder, and what is others' on every system.
        let folders: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("%dir ")).collect();
        let ours =
            ["/etc/xdg", "/etc/xdg/autostart", "/usr/share/doc/davit", "/usr/share/nemo", "/usr/share/nemo/actions"];
        assert_eq!(folders, ours);
        assert!(text.contains("\nRequires: hicolor-icon-theme\n"), "{text}");
    }

    /// The first word is how many of the package there are afterwards. Source: RPM's documentation, "Scriptlets".
    #[test]
    fn a_service_is_known_goes_on_with_its_new_program_and_ends_before_it_is_gone() {
        let systemd = Recorder::new();
        for (name, left, says) in [
            ("post", "1", &["daemon-reload"][..]),
            ("post", "2", &["daemon-reload"]),
            ("preun", "1", &[]),
            ("preun", "0", &["disable --now a.service"]),
            ("postun", "1", &["daemon-reload", "try-restart a.service"]),
            ("postun", "0", &["daemon-reload"]),
        ] {
            let all = scripts("a.service");
            let (_, script) = all.iter().find(|(of, _)| *of == name).expect("a script");
            assert_eq!(systemd.hears(script, &[left]), says, "{name} {left}:\n{script}");
        }
    }
}
