//! The same tree for distributions with RPM. What the programs are linked with is found by rpmbuild itself.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::package::{Package, version};
use super::tree::Tree;
use crate::run::must;

pub(crate) fn pack(package: &Package, tree: &Tree, into: &Path) -> Result<PathBuf> {
    let work = tempfile::tempdir()?;
    let spec = work.path().join("package.spec");
    std::fs::write(&spec, described(package, tree)?)?;
    let name = format!("{}-{}-1.{}.rpm", package.name, version(), std::env::consts::ARCH);
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

fn described(package: &Package, tree: &Tree) -> Result<String> {
    let mut text = format!(
        "Name: {}\nVersion: {}\nRelease: 1\nSummary: {}\nLicense: Apache-2.0 OR MIT\n",
        package.name,
        version(),
        package.summary
    );
    for needed in package.requires {
        writeln!(text, "Requires: {needed}")?;
    }
    for missed in package.weak {
        writeln!(text, "Recommends: {missed}")?;
    }
    writeln!(text, "\n%description\n{}\n\n%install", package.about.join("\n"))?;
    writeln!(text, "mkdir -p %{{buildroot}}\ncp -a '{}/.' %{{buildroot}}/\n", tree.root().display())?;
    if let Some(unit) = package.unit {
        writeln!(text, "%post\nsystemctl daemon-reload >/dev/null 2>&1 || :\n")?;
        writeln!(text, "%preun\nif [ $1 -eq 0 ]; then systemctl disable --now {unit} >/dev/null 2>&1 || :; fi\n")?;
        writeln!(text, "%postun\nsystemctl daemon-reload >/dev/null 2>&1 || :")?;
        writeln!(text, "if [ $1 -ge 1 ]; then systemctl try-restart {unit} >/dev/null 2>&1 || :; fi\n")?;
    }
    writeln!(text, "%files\n%defattr(-,root,root,-)")?;
    let files = tree.files()?;
    for folder in [format!("/usr/share/doc/{}", package.name), format!("/usr/share/licenses/{}", package.name)] {
        if files.iter().any(|file| file.starts_with(&format!("{folder}/"))) {
            writeln!(text, "%dir {folder}")?;
        }
    }
    for file in files {
        let kept = if package.kept.contains(&file.as_str()) { "%config(noreplace) " } else { "" };
        writeln!(text, "{kept}{file}")?;
    }
    Ok(text)
}
