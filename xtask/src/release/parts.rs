//! The list of parts (SBOM) of what ships, in the form of CycloneDX 1.5: crates, packages of npm's, what Windows' people get of
//! Microsoft's, and the libraries that AppImages bring, which those who pack them write down.
//!
//! Source: <https://cyclonedx.org/docs/1.5/json/>

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::bundle::LIBRARIES;
use crate::dependencies::{Part, SHIPS, crates, microsofts, page, purl};
use crate::run::{command, output};

/// Of packages in a folder.
pub(super) fn list(packages: &Path, day: &str) -> Result<Value> {
    let commit = output(&mut command("git", &["rev-parse", "HEAD"])).context("git does not tell the commit")?;
    of(&[crates(&SHIPS)?, page()?, microsofts()].concat(), &libraries(packages)?, &serial(commit.trim())?, day)
}

/// Asks CycloneDX's own schema whether a file is such a list. The validator is npm's, with the page's tools.
pub(super) fn check(list: &Path) -> Command {
    let mut check = command("node", &["xtask/cyclonedx/check.mjs"]);
    check.arg(list);
    check
}

/// What AppImages bring, each package once.
fn libraries(packages: &Path) -> Result<Vec<Value>> {
    let mut all: Vec<Value> = Vec::new();
    for entry in std::fs::read_dir(packages).with_context(|| format!("{} cannot be read", packages.display()))? {
        let path = entry?.path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().ends_with(LIBRARIES)) {
            let listed: Vec<Value> = serde_json::from_slice(&std::fs::read(&path)?)
                .with_context(|| format!("{} is no list of libraries", path.display()))?;
            all.extend(listed);
        }
    }
    all.sort_by_key(|library| library["purl"].to_string());
    all.dedup_by_key(|library| library["purl"].to_string());
    Ok(all)
}

/// The list's own number: the same for the same source, and for no other.
fn serial(commit: &str) -> Result<String> {
    ensure!(commit.len() >= 32 && commit.bytes().all(|digit| digit.is_ascii_hexdigit()), "{commit} is no commit");
    // As RFC 9562 has numbers that their maker makes up (version 8).
    let (third, fourth, last) = (&commit[13..16], &commit[17..20], &commit[20..32]);
    Ok(format!("urn:uuid:{}-{}-8{third}-8{fourth}-{last}", &commit[..8], &commit[8..12]))
}

fn of(parts: &[Part], libraries: &[Value], serial: &str, day: &str) -> Result<Value> {
    let mut components: Vec<Value> = parts.iter().map(component).collect();
    components.extend(libraries.iter().map(library));
    let mut dependencies: Vec<Value> = parts
        .iter()
        .map(|part| {
            let on: Vec<String> = part.uses.iter().map(|(name, version)| purl(part.kind, name, version)).collect();
            json!({ "ref": part.purl(), "dependsOn": on })
        })
        .collect();
    let programs: Vec<&Part> =
        parts.iter().filter(|part| part.is_ours() && SHIPS.contains(&part.name.as_str())).collect();
    ensure!(programs.len() == SHIPS.len(), "not all programs are among the parts");
    let davit = purl("generic", "davit-release", env!("CARGO_PKG_VERSION"));
    let beside = parts.iter().filter(|part| part.kind != "cargo").map(Part::purl);
    let brought = libraries.iter().filter_map(|library| library["purl"].as_str().map(str::to_owned));
    let on: Vec<String> = programs.iter().map(|part| part.purl()).chain(beside).chain(brought).collect();
    dependencies.push(json!({ "ref": davit, "dependsOn": on }));
    Ok(json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": serial,
        "version": 1,
        "metadata": {
            "timestamp": day,
            "tools": { "components": [{
                "type": "application", "name": "cargo xtask release", "version": env!("CARGO_PKG_VERSION"),
            }] },
            "component": {
                "type": "application", "bom-ref": davit, "name": "Davit", "version": env!("CARGO_PKG_VERSION"),
                "licenses": [{ "expression": "Apache-2.0 OR MIT" }],
            },
        },
        "components": components,
        "dependencies": dependencies,
    }))
}

fn component(part: &Part) -> Value {
    let mut component = json!({
        "type": if SHIPS.contains(&part.name.as_str()) && part.is_ours() { "application" } else { "library" },
        "bom-ref": part.purl(),
        "name": part.name,
        "version": part.version,
        "purl": part.purl(),
        // An older way to write OR, which SPDX no longer knows.
        "licenses": [{ "expression": part.licence.replace('/', " OR ") }],
    });
    if let Some((algorithm, digits)) = &part.sum {
        component["hashes"] = json!([{ "alg": algorithm, "content": digits }]);
    }
    component
}

/// A package of a distribution's. Its licences are told in words, by the file that the AppImage brings.
fn library(library: &Value) -> Value {
    json!({
        "type": "library",
        "bom-ref": library["purl"],
        "name": library["name"],
        "version": library["version"],
        "purl": library["purl"],
        "licenses": [{ "license": { "name": format!("as in usr/share/doc/{}/copyright", text(&library["name"])) } }],
        "externalReferences": [{ "type": "distribution", "url": library["source"] }],
    })
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const DAY: &str = "2026-11-30T12:00:00Z";

    fn made(libraries: &[(&str, &str)]) -> Value {
        let folder = tempfile::tempdir().expect("a folder");
        for (file, name) in libraries {
            let listed = json!([{
                "name": name, "version": "1", "purl": format!("pkg:deb/debian/{name}@1?arch=amd64"),
                "source": format!("https://snapshot.debian.org/package/{name}/1/"),
            }]);
            std::fs::write(folder.path().join(format!("{file}{LIBRARIES}")), listed.to_string()).expect("written");
        }
        list(folder.path(), DAY).expect("made")
    }

    #[test]
    fn every_part_stands_once_and_is_built_from_parts_that_stand_there() {
        let list = made(&[("a", "libgtk-3-0"), ("b", "libgtk-3-0"), ("c", "libcairo2")]);
        let components = list["components"].as_array().expect("components");
        let names: BTreeSet<&str> = components.iter().filter_map(|part| part["bom-ref"].as_str()).collect();
        assert_eq!(names.len(), components.len());
        assert!(names.len() > 300, "{}", names.len());
        let dependencies = list["dependencies"].as_array().expect("dependencies");
        for used in dependencies.iter().flat_map(|of| of["dependsOn"].as_array().expect("a list")) {
            assert!(names.contains(used.as_str().expect("a name")), "{used}");
        }
        for part in ["pkg:cargo/backhand@", "pkg:deb/debian/libcairo2@", "pkg:nuget/Microsoft.Web.WebView2@"] {
            assert!(names.iter().any(|name| name.starts_with(part)), "{part}");
        }
        // All but what is ours, and what comes with a distribution or from Microsoft.
        let without = components.iter().filter(|part| !part["hashes"].is_array());
        let without: Vec<_> = without.filter_map(|part| part["purl"].as_str()).collect();
        let known = ["pkg:cargo/davit", "pkg:deb/", "pkg:generic/", "pkg:nuget/"];
        assert!(without.iter().all(|name| known.iter().any(|of| name.starts_with(of))), "{without:?}");
    }

    #[test]
    fn the_list_has_the_form_that_cyclonedx_asks_for() {
        let list = made(&[("a", "libgtk-3-0")]);
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("list.json");
        let fits = |list: &Value| {
            std::fs::write(&file, list.to_string()).expect("written");
            let told = check(&file).output().expect("node");
            (told.status.success(), String::from_utf8_lossy(&told.stderr).into_owned())
        };
        let (is_taken, why) = fits(&list);
        assert!(is_taken, "{why}");
        let components = list["components"].as_array().expect("components");
        let summed = components.iter().position(|part| part["hashes"].is_array()).expect("a sum");
        let hash = format!("/components/{summed}/hashes/0/content");
        for at in ["/serialNumber", "/metadata/timestamp", "/components/0/type", "/components/0/licenses/0", &hash] {
            let mut list = list.clone();
            *list.pointer_mut(at).expect(at) = json!("made up");
            let (is_taken, why) = fits(&list);
            assert!(!is_taken && why.contains("should"), "{at}: {why}");
        }
    }

    #[test]
    fn a_commit_makes_one_number() {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        assert_eq!(serial(commit).expect("made"), "urn:uuid:01234567-89ab-8def-8123-456789abcdef");
        assert!(serial("HEAD").is_err());
    }
}
