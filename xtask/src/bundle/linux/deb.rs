//! A Debian package of a tree. Packed by xz: that is the smallest that every Debian and Ubuntu in use can unpack.

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::package::{Package, Packer, debian_machine};
use super::tree::Tree;
use crate::run::{must, output};

/// Of some version, which is ours but where an update is tried.
pub(crate) fn pack(package: &Package, version: &str, tree: &Tree, into: &Path) -> Result<PathBuf> {
    let control = tree.root().join("DEBIAN");
    std::fs::create_dir(&control)?;
    std::fs::set_permissions(&control, std::fs::Permissions::from_mode(0o755))?;
    let made = write_control(package, version, tree, &control).and_then(|()| {
        let file = into.join(format!("{}_{version}_{}.deb", package.name, debian_machine()));
        let work = tempfile::tempdir_in(into)?;
        let loose = work.path().join("loose.deb");
        let mut build = Command::new("dpkg-deb");
        build.args(["--root-owner-group", "-Znone", "--build"]).arg(tree.root()).arg(&loose);
        must(&format!("{} for Debian and Ubuntu", package.name), &mut build)?;
        tighten(&loose, work.path(), &file)?;
        Ok(file)
    });
    // The tree is packed in other ways, too.
    std::fs::remove_dir_all(&control)?;
    made
}

/// The parts of a package, packed. dpkg-deb knows nothing of xz's filter for the code of PCs, by which the app's is a twentieth
/// smaller; whatever unpacks xz takes it away again (that for ARM not: it came with 5.4).
fn tighten(loose: &Path, work: &Path, into: &Path) -> Result<()> {
    let of_a_pc = cfg!(target_arch = "x86_64").then_some("--x86");
    must("its parts", Command::new("ar").current_dir(work).arg("x").arg(loose))?;
    let mut pack = Command::new("xz");
    pack.current_dir(work).args(of_a_pc).args(["--lzma2=preset=9e", "control.tar", "data.tar"]);
    must("packing them", &mut pack)?;
    if into.exists() {
        std::fs::remove_file(into)?;
    }
    // In that order, of no time and no person, and without an index.
    let mut join = Command::new("ar");
    join.current_dir(work).arg("qcDS").arg(into).args(["debian-binary", "control.tar.xz", "data.tar.xz"]);
    must("putting them together", &mut join)
}

fn write_control(package: &Package, version: &str, tree: &Tree, control: &Path) -> Result<()> {
    let files: Vec<String> = tree.files()?.into_iter().filter(|file| !file.starts_with("/DEBIAN/")).collect();
    std::fs::write(
        control.join("control"),
        described(package, version, &Packer::said()?, tree.kib()?, &linked(package, tree)?)?,
    )?;
    let mut sums = Command::new("md5sum");
    sums.current_dir(tree.root()).args(files.iter().map(|file| &file[1..]));
    std::fs::write(control.join("md5sums"), output(&mut sums).context("md5sum failed")?)?;
    if !package.kept.is_empty() {
        std::fs::write(control.join("conffiles"), package.kept.join("\n") + "\n")?;
    }
    for (name, script) in package.unit.into_iter().flat_map(scripts) {
        let path = control.join(name);
        std::fs::write(&path, script)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}

fn described(package: &Package, version: &str, packer: &Packer, kib: u64, linked: &str) -> Result<String> {
    let needed: Vec<&str> =
        linked.split(", ").chain(package.depends.iter().copied()).filter(|n| !n.is_empty()).collect();
    let mut text = format!(
        "Package: {}\nVersion: {version}\nArchitecture: {}\nMaintainer: {}\nInstalled-Size: {kib}\nDepends: {}\n",
        package.name,
        debian_machine(),
        packer.maintainer,
        needed.join(", ")
    );
    if !package.recommends.is_empty() {
        writeln!(text, "Recommends: {}", package.recommends.join(", "))?;
    }
    if !package.suggests.is_empty() {
        writeln!(text, "Suggests: {}", package.suggests.join(", "))?;
    }
    if let Some(homepage) = &packer.homepage {
        writeln!(text, "Homepage: {homepage}")?;
    }
    writeln!(text, "Section: net\nPriority: optional\nDescription: {}", package.summary)?;
    for line in package.about {
        writeln!(text, " {line}")?;
    }
    Ok(text)
}

/// The packages that the programs are linked with, by what Debian knows of its own.
fn linked(package: &Package, tree: &Tree) -> Result<String> {
    let place = tempfile::tempdir()?;
    std::fs::create_dir(place.path().join("debian"))?;
    let source = format!("Source: {0}\n\nPackage: {0}\nArchitecture: any\n", package.name);
    std::fs::write(place.path().join("debian/control"), source)?;
    let mut ask = Command::new("dpkg-shlibdeps");
    ask.current_dir(place.path()).arg("-O");
    for program in package.programs {
        ask.arg(format!("-e{}", tree.root().join("usr/bin").join(program).display()));
    }
    let said = output(&mut ask).context("dpkg-shlibdeps does not know what the programs are linked with")?;
    let line = said.lines().find_map(|line| line.strip_prefix("shlibs:Depends="));
    Ok(line.context("dpkg-shlibdeps names no packages")?.to_owned())
}

/// A service is known as soon as it is there, goes on with its new program, and ends before it is gone. Whether it runs is
/// for the administrator to say.
fn scripts(unit: &str) -> [(&'static str, String); 3] {
    let when = |what: &str| format!("#!/bin/sh\nset -e\nif [ -d /run/systemd/system ]; then\n{what}fi\n");
    let again =
        format!("    if [ \"$1\" = configure ] && [ -n \"$2\" ]; then systemctl try-restart {unit} || true; fi\n");
    let end = format!("    if [ \"$1\" = remove ]; then systemctl disable --now {unit} || true; fi\n");
    [
        ("postinst", when(&format!("    systemctl daemon-reload || true\n{again}"))),
        ("prerm", when(&end)),
        ("postrm", when("    systemctl daemon-reload || true\n")),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::package::{APP, BACKEND};
    use super::super::recorder::Recorder;
    use super::*;

    #[test]
    fn a_package_says_what_it_needs_once_and_describes_itself() {
        let homepage = Some("https://example.com/davit".to_owned());
        let mut packer = Packer { maintainer: "IT <it@example.com>".to_owned(), homepage };
        let text = described(&APP, "1.2.0", &packer, 7, "libc6 (>= 2.34), libgtk-3-0 (>= 3.21.4)").expect("written");
        assert!(text.contains("\nDepends: libc6 (>= 2.34), libgtk-3-0 (>= 3.21.4), ca-certificates\n"), "{text}");
        assert!(text.contains("\nInstalled-Size: 7\n") && text.ends_with("command line (davit).\n"), "{text}");
        assert!(text.contains("\nMaintainer: IT <it@example.com>\n"), "{text}");
        assert!(text.contains("\nSuggests: python3-nautilus\n"), "{text}");
        assert!(text.contains("\nHomepage: https://example.com/davit\n"), "{text}");
        packer.homepage = None;
        let text = described(&BACKEND, "1.2.0", &packer, 7, "").expect("written");
        assert!(text.contains("\nDepends: ca-certificates\n") && !text.contains("Recommends"), "{text}");
        assert!(!text.contains("Suggests"), "{text}");
    }

    #[test]
    fn a_service_is_known_goes_on_with_its_new_program_and_ends_before_it_is_gone() {
        let systemd = Recorder::new();
        let all = scripts("a.service").map(|(name, script)| (name, systemd.seen_by(&script)));
        for (name, words, says) in [
            ("postinst", &["configure", ""][..], &["daemon-reload"][..]),
            ("postinst", &["configure", "0.0.1"], &["daemon-reload", "try-restart a.service"]),
            ("postinst", &["abort-upgrade", "0.0.1"], &["daemon-reload"]),
            ("prerm", &["upgrade", "2.0.0"], &[]),
            ("prerm", &["remove"], &["disable --now a.service"]),
            ("postrm", &["remove"], &["daemon-reload"]),
            ("postrm", &["purge"], &["daemon-reload"]),
        ] {
            let (_, script) = all.iter().find(|(of, _)| *of == name).expect("a script");
            assert_eq!(systemd.hears(script, words), says, "{name} {words:?}:\n{script}");
        }
        // Where systemd does not run, nobody is asked.
        for (name, script) in scripts("a.service") {
            assert!(script.contains("[ -d /run/systemd/system ]"), "{name}");
        }
    }
}
