//! What our programs are built from: Rust's crates as cargo knows them, and the page's packages as npm's lock has them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::run::{cargo, output, root};

/// The programs that ship; the last is the head of the AppImage.
pub(crate) const SHIPS: [&str; 4] = ["davit-app", "davit", "davit-backend", "davit-appimage"];

/// What Windows' web view is asked by, as `webview2-com-sys` brings it: linked into the window, or beside it as WebView2Loader.dll.
const WEBVIEW2: &str = "1.0.3800.47";

/// npm's packages of which some lands in the page; all others only build it.
const IN_THE_PAGE: [&str; 3] = ["@tauri-apps/api", "intl-messageformat", "svelte"];

/// A part that others made, or one of ours.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) version: String,
    /// An expression in SPDX's words.
    pub(crate) licence: String,
    /// As Package URLs have it.
    pub(crate) kind: &'static str,
    /// Its sum, where the lock has one: algorithm and hexadecimal digits.
    pub(crate) sum: Option<(&'static str, String)>,
    /// Where its files lie here.
    pub(crate) folder: PathBuf,
    /// Who made it, where that is said.
    pub(crate) authors: Vec<String>,
    /// Names of the parts that it is built from, each with its version.
    pub(crate) uses: Vec<(String, String)>,
}

impl Part {
    /// Its Package URL.
    pub(crate) fn purl(&self) -> String {
        purl(self.kind, &self.name, &self.version)
    }

    /// Whether it is one of this workspace.
    pub(crate) fn is_ours(&self) -> bool {
        self.kind == "cargo" && self.folder.starts_with(root())
    }
}

/// A Package URL. In names a slash stands for itself, and within names and versions what means something to it does not.
pub(crate) fn purl(kind: &str, name: &str, version: &str) -> String {
    let encoded = |text: &str| text.replace('%', "%25").replace('+', "%2B").replace(':', "%3A").replace('@', "%40");
    format!("pkg:{kind}/{}@{}", encoded(name), encoded(version))
}

/// All that some of our programs are built from on any system, themselves among it, in order and each once.
pub(crate) fn crates(programs: &[&str]) -> Result<Vec<Part>> {
    let words = ["metadata", "--format-version", "1", "--locked"];
    let said = output(&mut cargo(&words)).context("cargo metadata failed; run: cargo metadata --locked")?;
    let metadata: Value = serde_json::from_str(&said)?;
    let sums = sums()?;
    let mut known = BTreeMap::new();
    for package in list(&metadata["packages"]) {
        let manifest = PathBuf::from(text(&package["manifest_path"]));
        let (name, version) = (text(&package["name"]), text(&package["version"]));
        let part = Part {
            licence: text(&package["license"]),
            kind: "cargo",
            sum: sums.get(&(name.clone(), version.clone())).map(|sum| ("SHA-256", sum.clone())),
            folder: manifest.parent().context("a manifest lies in a folder")?.to_owned(),
            authors: list(&package["authors"]).iter().map(|author| without_address(&text(author))).collect(),
            uses: Vec::new(),
            name,
            version,
        };
        known.insert(text(&package["id"]), part);
    }
    let mut uses: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for node in list(&metadata["resolve"]["nodes"]) {
        let built_in = list(&node["deps"])
            .iter()
            .filter(|dependency| list(&dependency["dep_kinds"]).iter().any(|kind| kind["kind"] != "dev"));
        uses.insert(text(&node["id"]), built_in.map(|dependency| text(&dependency["pkg"])).collect());
    }
    let mut todo: Vec<String> = known
        .iter()
        .filter(|(_, part)| part.is_ours() && programs.contains(&part.name.as_str()))
        .map(|(id, _)| id.clone())
        .collect();
    anyhow::ensure!(todo.len() == programs.len(), "cargo knows not all of {}", programs.join(", "));
    let mut reached = BTreeSet::new();
    while let Some(id) = todo.pop() {
        if reached.insert(id.clone()) {
            todo.extend(uses.get(&id).into_iter().flatten().cloned());
        }
    }
    let named = |id: &String| known.get(id).map(|part| (part.name.clone(), part.version.clone()));
    let mut parts = Vec::new();
    for id in &reached {
        let mut part = known.get(id).context("a crate that cargo does not describe")?.clone();
        part.uses = uses.get(id).into_iter().flatten().filter_map(named).collect();
        part.uses.sort();
        part.uses.dedup();
        parts.push(part);
    }
    parts.sort();
    Ok(parts)
}

/// Sums of crates, as the lock has them.
fn sums() -> Result<BTreeMap<(String, String), String>> {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).context("no Cargo.lock")?;
    let mut sums = BTreeMap::new();
    for package in lock.split("[[package]]").skip(1) {
        let value = |key: &str| {
            let line = package.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = \""));
            line.and_then(|rest| rest.strip_suffix('"')).map(str::to_owned)
        };
        if let (Some(name), Some(version), Some(sum)) = (value("name"), value("version"), value("checksum")) {
            sums.insert((name, version), sum);
        }
    }
    Ok(sums)
}

/// What of npm's lands in the page.
pub(crate) fn page() -> Result<Vec<Part>> {
    let ui = root().join("ui");
    let lock = std::fs::read_to_string(ui.join("package-lock.json")).context("no ui/package-lock.json")?;
    page_of(&serde_json::from_str(&lock)?, &ui)
}

fn page_of(lock: &Value, ui: &std::path::Path) -> Result<Vec<Part>> {
    let (mut todo, mut reached) = (IN_THE_PAGE.map(str::to_owned).to_vec(), BTreeSet::new());
    let mut parts = Vec::new();
    while let Some(name) = todo.pop() {
        if !reached.insert(name.clone()) {
            continue;
        }
        let place = format!("node_modules/{name}");
        let package = &lock["packages"][&place];
        anyhow::ensure!(package.is_object(), "ui/package-lock.json does not know {name}");
        let version_of = |name: &str| text(&lock["packages"][format!("node_modules/{name}")]["version"]);
        let used: Vec<String> =
            package["dependencies"].as_object().into_iter().flat_map(|all| all.keys().cloned()).collect();
        parts.push(Part {
            version: text(&package["version"]),
            licence: text(&package["license"]),
            kind: "npm",
            sum: sum_of(&text(&package["integrity"])),
            folder: ui.join(&place),
            authors: Vec::new(),
            uses: used.iter().map(|name| (name.clone(), version_of(name))).collect(),
            name,
        });
        todo.extend(used);
    }
    parts.sort();
    Ok(parts)
}

/// What goes to Windows' people of Microsoft's, and is neither a crate nor a package of npm's.
pub(crate) fn microsofts() -> Vec<Part> {
    let part = |name: &str, version: &str, licence: &str, kind: &'static str| Part {
        name: name.to_owned(),
        version: version.to_owned(),
        licence: licence.to_owned(),
        kind,
        sum: None,
        folder: root().join("xtask/licences").join(name),
        authors: vec!["Microsoft".to_owned()],
        uses: Vec::new(),
    };
    vec![
        part("Microsoft.Web.WebView2", WEBVIEW2, "BSD-3-Clause", "nuget"),
        // Whichever is handed out while an installer is made.
        part("MicrosoftEdgeWebview2Setup", "evergreen", "LicenseRef-Microsoft-WebView2-Runtime", "generic"),
    ]
}

/// npm's sum, "sha512-" and base64, as lists of parts write it.
fn sum_of(integrity: &str) -> Option<(&'static str, String)> {
    let bytes = STANDARD.decode(integrity.strip_prefix("sha512-")?).ok()?;
    let mut digits = String::new();
    for byte in bytes {
        let _ = write!(digits, "{byte:02x}");
    }
    Some(("SHA-512", digits))
}

/// A name, without the address behind it.
fn without_address(author: &str) -> String {
    author.split('<').next().unwrap_or_default().trim().to_owned()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_that_ships_says_its_licence() {
        let parts = [crates(&SHIPS).expect("crates"), page().expect("the page"), microsofts()].concat();
        assert!(parts.len() > 300, "{}", parts.len());
        let without: Vec<_> = parts.iter().filter(|part| part.licence.is_empty()).map(Part::purl).collect();
        assert!(without.is_empty(), "{without:?}");
    }

    #[test]
    fn what_ships_has_no_local_cloud_and_the_backend_no_window() {
        let names = |programs: &[&str]| -> BTreeSet<String> {
            crates(programs).expect("crates").into_iter().map(|part| part.name).collect()
        };
        let (all, backend) = (names(&SHIPS), names(&["davit-backend"]));
        assert!(all.contains("backhand"), "the AppImage's head");
        assert!(all.contains("tauri") && all.contains("ring") && !all.contains("davit-localcloud"));
        assert!(backend.contains("davit-core") && !backend.contains("tauri"));
    }

    #[test]
    fn package_urls_are_written_as_their_specification_wants() {
        let part = page().expect("the page").into_iter().find(|part| part.name == "@tauri-apps/api").expect("there");
        assert!(part.purl().starts_with("pkg:npm/%40tauri-apps/api@2."), "{}", part.purl());
        assert_eq!(purl("deb", "debian/libstdc++6", "1:2+3"), "pkg:deb/debian/libstdc%2B%2B6@1%3A2%2B3");
    }

    #[test]
    fn what_npm_has_is_summed_as_the_lock_says() {
        let sums: Vec<_> = page().expect("the page").into_iter().map(|part| part.sum).collect();
        assert!(sums.iter().flatten().all(|(kind, digits)| *kind == "SHA-512" && digits.len() == 128), "{sums:?}");
        assert!(sums.iter().all(Option::is_some));
        assert_eq!(sum_of("sha512-AP8=").expect("a sum").1, "00ff");
    }

    #[test]
    fn microsofts_part_has_the_version_that_its_crate_brings() {
        let crates = crates(&SHIPS).expect("crates");
        let brings = crates.iter().find(|part| part.name == "webview2-com-sys").expect("there");
        let loader = std::fs::read(brings.folder.join("x64/WebView2Loader.dll")).expect("there");
        let wide: Vec<u8> = WEBVIEW2.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(loader.windows(wide.len()).any(|window| window == wide), "it is not {WEBVIEW2} any more");
    }
}
