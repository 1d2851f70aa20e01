//! The house itself: which room may know which, and that every promise names its test.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the root")
}

fn metadata() -> Value {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(root())
        .output()
        .expect("cargo metadata");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Names of everything a package is built from, without what only its tests need.
fn tree(metadata: &Value, package: &str) -> BTreeSet<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let names: BTreeMap<String, String> =
        metadata["packages"].as_array().expect("packages").iter().map(|p| (text(&p["id"]), text(&p["name"]))).collect();
    let nodes: BTreeMap<String, &Value> =
        metadata["resolve"]["nodes"].as_array().expect("nodes").iter().map(|n| (text(&n["id"]), n)).collect();
    let start = names.iter().find(|(_, name)| *name == package).map(|(id, _)| id.clone()).expect("the package");
    let (mut seen, mut todo) = (BTreeSet::new(), vec![start]);
    while let Some(id) = todo.pop() {
        if !seen.insert(id.clone()) {
            continue;
        }
        for dependency in nodes[&id]["deps"].as_array().expect("deps") {
            let kinds = dependency["dep_kinds"].as_array().expect("kinds");
            if kinds.iter().any(|kind| kind["kind"] != "dev") {
                todo.push(text(&dependency["pkg"]));
            }
        }
    }
    seen.into_iter().map(|id| names[&id].clone()).collect()
}

#[test]
fn the_core_knows_no_window_and_one_tls() {
    let metadata = metadata();
    let core = tree(&metadata, "davit-core");
    for stranger in ["tauri", "wry", "openssl", "openssl-sys", "native-tls", "aws-lc-sys", "aws-lc-rs"] {
        assert!(!core.contains(stranger), "davit-core is built with {stranger}");
    }
    let versions = |name: &str| {
        metadata["packages"].as_array().expect("packages").iter().filter(|package| package["name"] == name).count()
    };
    for one in ["rustls", "hyper", "ring", "reqwest"] {
        assert_eq!(versions(one), 1, "{one} is there more than once");
    }
}

/// Who may be built with whom of us, tests aside. Nothing knows the window, and nothing that ships the local cloud.
const KNOWS: &[(&str, &[&str])] = &[
    ("davit", &["davit-core", "davit-socket"]),
    ("davit-app", &["davit-core", "davit-socket"]),
    ("davit-appimage", &[]),
    ("davit-backend", &["davit-core", "davit-socket"]),
    ("davit-core", &["davit-socket"]),
    ("davit-localcloud", &[]),
    ("davit-schedules", &["davit-core", "davit-socket"]),
    ("davit-socket", &[]),
    ("davit-tests", &["davit-backend", "davit-core", "davit-localcloud", "davit-socket"]),
    ("xtask", &[]),
];

#[test]
fn every_crate_is_built_with_those_of_ours_that_it_may_know_and_with_no_others() {
    let metadata = metadata();
    let members = metadata["workspace_members"].as_array().expect("members").len();
    assert_eq!(KNOWS.len(), members, "a crate without a line");
    for (package, knows) in KNOWS {
        let ours: Vec<_> = tree(&metadata, package)
            .into_iter()
            .filter(|name| name != package && KNOWS.iter().any(|(ours, _)| ours == name))
            .collect();
        assert_eq!(ours, *knows, "{package}");
    }
}

/// The rooms of core that may be known only by some, or know only some. Others share their types both ways.
#[test]
fn rooms_of_the_core_know_what_they_may() {
    let core = root().join("crates/core/src");
    let known: BTreeMap<String, BTreeSet<String>> = rooms(&core);
    let below = ["error", "ids", "limits", "units"];
    for (room, knows) in &known {
        assert!(!knows.contains("uploader"), "{room} knows the uploader");
        let runs = ["journal", "transfer", "uploader", "watch"].contains(&room.as_str());
        assert!(runs || !knows.contains("engine"), "{room} knows the engine");
        if below.contains(&room.as_str()) || room == "file" {
            let strangers: Vec<_> = knows.iter().filter(|name| !below.contains(&name.as_str())).collect();
            assert!(strangers.is_empty(), "{room} knows {strangers:?}");
        }
    }
    for path in sources(&core) {
        let text = std::fs::read_to_string(&path).expect("a source");
        let asks = text.contains("aws_sdk_s3::Client") && !path.starts_with(core.join("s3"));
        assert!(!asks, "{} speaks to S3 past s3/", path.display());
    }
    let backend = "davit_core::";
    for path in sources(&root().join("crates/backend/src")) {
        let text = std::fs::read_to_string(&path).expect("a source");
        for used in text.split(backend).skip(1) {
            let room = used.split(|c: char| !c.is_ascii_lowercase()).next().unwrap_or_default();
            assert!(["limits", "net", "session"].contains(&room), "{} uses {backend}{room}", path.display());
        }
    }
}

/// What each room of a crate names of the others, tests aside.
fn rooms(folder: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let mut rooms: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for path in sources(folder) {
        let inside = path.strip_prefix(folder).expect("inside");
        let room = inside.iter().next().unwrap_or_default().to_string_lossy().trim_end_matches(".rs").to_owned();
        if ["lib", "fuzz"].contains(&room.as_str()) || ["tests.rs", "fuzz.rs"].iter().any(|name| path.ends_with(name)) {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a source");
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let code = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        for used in code.flat_map(|line| line.split("crate::").skip(1)) {
            let other = used.split(|c: char| !c.is_ascii_lowercase()).next().unwrap_or_default();
            let other = if other.is_empty() { "several" } else { other };
            if other != room {
                rooms.entry(room.clone()).or_default().insert(other.to_owned());
            }
        }
    }
    assert!(rooms.len() > 8 && rooms.values().all(|knows| !knows.contains("several")), "{rooms:?}");
    rooms
}

#[test]
fn every_dependency_that_is_named_is_used() {
    let named = |text: &str, tables: &[&str]| -> Vec<String> {
        let mut inside = false;
        let mut names = Vec::new();
        for line in text.lines() {
            if line.starts_with('[') {
                inside = tables.iter().any(|table| line.ends_with(table));
            } else if let Some((name, _)) = line.split_once(['.', ' ', '=']).filter(|_| inside) {
                names.extend((!name.is_empty() && !name.starts_with('#')).then(|| name.to_owned()));
            }
        }
        names
    };
    let mut used = BTreeSet::new();
    let crates = ["crates/backend", "crates/cli", "crates/core", "crates/localcloud", "crates/socket", "src-tauri"];
    for folder in crates.iter().chain(&["packaging/appimage", "tests", "tests/schedules", "xtask"]) {
        let folder = root().join(folder);
        let code: String = sources(&folder).iter().map(|p| std::fs::read_to_string(p).expect("a source")).collect();
        let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).expect("a manifest");
        for name in named(&manifest, &["dependencies]", "dev-dependencies]", "build-dependencies]"]) {
            let word = name.replace('-', "_");
            let is_word = |c: char| c.is_alphanumeric() || c == '_';
            let there = code
                .match_indices(&word)
                .any(|(at, _)| !code[..at].ends_with(is_word) && !code[at + word.len()..].starts_with(is_word));
            assert!(there, "{} names {name} and does not use it", folder.display());
            used.insert(name);
        }
    }
    let workspace = std::fs::read_to_string(root().join("Cargo.toml")).expect("a manifest");
    for name in named(&workspace, &["workspace.dependencies]"]) {
        assert!(used.contains(&name), "the workspace names {name}, and no crate uses it");
    }
}

/// By its name a window's test gets the screen for itself: `.config/nextest.toml`, `xtask/src/test.rs`.
#[test]
fn every_test_of_the_window_is_named_so() {
    for path in sources(&root().join("tests/scenarios")).iter().filter(|path| !path.ends_with("house.rs")) {
        let text = std::fs::read_to_string(path).expect("a source");
        let opens = ["davit_tests::window", "crate::window"].iter().any(|word| text.contains(word));
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        assert!(!opens || name.starts_with("window"), "{name} opens windows");
    }
    let nextest = std::fs::read_to_string(root().join(".config/nextest.toml")).expect("nextest.toml");
    let alone = nextest.lines().find(|line| line.starts_with("filter")).expect("a filter");
    assert_eq!(alone, "filter = 'test(/^(heavy|window)/)'");
}

/// Whether it is said where this line is built: right above it, or above the item that it stands in.
fn is_bound(lines: &[&str], at: usize) -> bool {
    let attributed = |at: usize| {
        let above = lines[..at].iter().rev().map(|line| line.trim_start());
        above.take_while(|line| line.starts_with("#[")).any(|line| line.starts_with("#[cfg("))
    };
    let item = lines[..=at].iter().rposition(|line| !line.is_empty() && !line.starts_with([' ', ')', '}']));
    attributed(at) || item.is_some_and(attributed)
}

/// The tests are built on three systems. `cargo xtask windows build` and `cargo xtask macos` ask a compiler.
#[test]
fn what_only_some_systems_have_is_named_only_where_it_is_built_for_them() {
    let (tests, scenarios) = (root().join("tests"), root().join("tests/scenarios"));
    let read = |path: &Path| std::fs::read_to_string(path).expect("a source");
    let mut rooms = Vec::new();
    for house in ["src/lib.rs", "src/soak/mod.rs"] {
        let text = read(&tests.join(house));
        let lines: Vec<&str> = text.lines().collect();
        let name = |at: usize| Some(lines[at].strip_prefix("pub mod ")?.strip_suffix(';')?.to_owned());
        rooms.extend((0..lines.len()).filter(|at| is_bound(&lines, *at)).filter_map(name));
    }
    assert!(rooms.iter().any(|room| room == "window") && rooms.len() > 10, "{rooms:?}");
    for path in sources(&scenarios).iter().filter(|path| !path.ends_with("house.rs")) {
        let folder = path.parent().expect("a folder");
        let above = [folder.join("main.rs"), folder.join("mod.rs"), folder.with_extension("rs")];
        let above = above.iter().find(|above| above.exists() && *above != path).map(|above| read(above));
        let above = above.unwrap_or_default();
        let lines: Vec<&str> = above.lines().collect();
        let declared = format!("mod {};", path.file_stem().unwrap_or_default().to_string_lossy());
        let text = read(path);
        let whole = lines.iter().position(|line| *line == declared).is_some_and(|at| is_bound(&lines, at));
        if whole || text.contains("\n#![cfg(") {
            continue;
        }
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            let ours = line.split_once("davit_tests::").map_or("", |(_, ours)| ours);
            let mut words = ours.split(|c: char| !c.is_alphanumeric() && c != '_');
            let ours = words.any(|word| rooms.iter().any(|room| room == word));
            let named = ours || ["std::os::unix", "rustix::"].iter().any(|word| line.contains(word));
            assert!(!named || is_bound(&lines, at), "{}:{}: {line}", path.display(), at + 1);
        }
    }
}

#[test]
fn every_promise_names_a_test_that_exists() {
    let text = std::fs::read_to_string(root().join("docs/semantics.md")).expect("docs/semantics.md");
    let tests = tests();
    assert!(tests.len() > 200, "{}", tests.len());
    let empty = empty_promises(&text, &tests);
    assert!(empty.is_empty(), "{}", empty.join("\n"));
}

#[test]
fn a_promise_without_a_test_or_with_a_wrong_name_is_noticed() {
    let tests: BTreeSet<String> = ["it_holds", "it_holds_too"].map(str::to_owned).into();
    let good =
        "## Whole\n- It holds. Test: `it_holds`,\n  `it_holds_too`\n\n## What is not promised\n- **`All`** of it.\n";
    assert_eq!(empty_promises(good, &tests), Vec::<String>::new());
    for (from, to) in [
        ("`it_holds_too`", "`it_holds_not`"),
        ("`it_holds`,", "`it_held`,"),
        (" Test: `it_holds`,\n  `it_holds_too`", ""),
        (" Test: `it_holds`,\n  `it_holds_too`", " Test: all of them"),
        ("of it.", "of it. Test: `it_holds_not`"),
        ("It holds. Test", "It holds; test"),
    ] {
        assert_eq!(empty_promises(&good.replace(from, to), &tests).len(), 1, "{from} -> {to}");
    }
}

/// Documents: those of the book, and those beside it.
fn documents() -> Vec<PathBuf> {
    let beside = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "bench/README.md", "fuzz/README.md"];
    let mut all: Vec<_> = beside.iter().map(|name| root().join(name)).collect();
    let mut folders = vec![root().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "md") {
                all.push(path);
            }
        }
    }
    all
}

/// What a document leads to: within it, and to other files. What stands in code leads nowhere.
fn links(text: &str) -> Vec<String> {
    let prose = text.split("```").step_by(2).collect::<String>();
    let prose = prose.split('`').step_by(2).collect::<String>();
    prose.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0.to_owned())).collect()
}

/// The names by which headings are led to, as GitHub and mdBook make them.
fn anchors(text: &str) -> Vec<String> {
    let prose = text.split("```").step_by(2).collect::<String>();
    let headings = prose.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let name = |heading: &str| -> String {
        let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
    };
    headings.map(name).collect()
}

fn dead_links(at: &Path, text: &str) -> Vec<String> {
    let read = |path: &Path| std::fs::read_to_string(path).unwrap_or_default();
    let leads = |link: &str| {
        let (file, anchor) = link.split_once('#').map_or((link, None), |(file, anchor)| (file, Some(anchor)));
        let path = if file.is_empty() { at.to_owned() } else { at.with_file_name("").join(file) };
        let there = if file.is_empty() { text.to_owned() } else { read(&path) };
        (file.is_empty() || path.exists())
            && anchor.is_none_or(|anchor| anchors(&there).iter().any(|name| name == anchor))
    };
    let ours = links(text).into_iter().filter(|link| !link.starts_with("https://") && !link.starts_with("mailto:"));
    ours.filter(|link| !leads(link)).collect()
}

#[test]
fn every_link_of_the_documents_leads_somewhere() {
    let all = documents();
    assert!(all.len() > 25, "{all:?}");
    let mut found = 0;
    for path in all {
        let text = std::fs::read_to_string(&path).expect("a document");
        found += links(&text).len();
        assert_eq!(dead_links(&path, &text), Vec::<String>::new(), "{}", path.display());
    }
    assert!(found > 30, "{found}");
}

#[test]
fn a_link_that_leads_nowhere_is_noticed() {
    let at = root().join("docs/made-up.md");
    let good = "# One way\n[a](administrators.md), [b](../README.md#two-commands), [c](#one-way), [d](https://example.com/x)\n";
    assert_eq!(dead_links(&at, good), Vec::<String>::new());
    assert_eq!(dead_links(&at, "`[a](nowhere.md)`\n```\n[b](nowhere.md)\n```\n"), Vec::<String>::new());
    for (from, to) in [("administrators", "nowhere"), ("#two-commands", "#three"), ("#one-way", "#other"), ("../", "")]
    {
        assert_eq!(dead_links(&at, &good.replace(from, to)).len(), 1, "{from} -> {to}");
    }
}

#[test]
fn every_document_is_in_the_book() {
    let contents = std::fs::read_to_string(root().join("docs/SUMMARY.md")).expect("the book's contents");
    let listed: BTreeSet<_> = links(&contents).into_iter().collect();
    for path in documents() {
        let Ok(name) = path.strip_prefix(root().join("docs")) else { continue };
        let name = name.to_string_lossy().replace('\\', "/");
        assert!(name == "SUMMARY.md" || listed.contains(&name), "docs/{name} is not in docs/SUMMARY.md");
    }
}

/// What each threat is answered by is told, and nobody is left out.
#[test]
fn every_threat_has_its_answer() {
    let text = std::fs::read_to_string(root().join("SECURITY.md")).expect("SECURITY.md");
    for threat in 1..=13 {
        assert_eq!(text.matches(&format!("\n### T{threat}: ")).count(), 1, "T{threat}");
    }
    let tests = tests();
    let empty = empty_promises(&text, &tests);
    assert!(empty.is_empty(), "{}", empty.join("\n"));
}

#[test]
fn every_crate_has_the_licence_whose_texts_lie_here() {
    for (file, words) in [("LICENSE-APACHE", "Apache License"), ("LICENSE-MIT", "MIT License")] {
        let text = std::fs::read_to_string(root().join(file)).expect(file);
        assert!(text.contains(words), "{file}");
    }
    for package in metadata()["packages"].as_array().expect("packages").iter().filter(|one| one["source"].is_null()) {
        assert_eq!(package["license"], "Apache-2.0 OR MIT", "{}", package["name"]);
    }
}

/// systemd has no comments behind a value: they belong to it.
#[test]
fn units_in_the_docs_are_units() {
    for doc in ["administrators.md", "backend-api.md", "local-cloud.md"] {
        let text = std::fs::read_to_string(root().join("docs").join(doc)).expect("a document");
        let units = text.split("```ini\n").skip(1).map(|block| block.split("```").next().unwrap_or_default());
        for line in units.flat_map(str::lines).map(str::trim).filter(|line| !line.is_empty()) {
            let whole = line.starts_with('#') || line.starts_with('[') || (line.contains('=') && !line.contains(" #"));
            assert!(whole, "{doc}: {line}");
        }
    }
}

/// Each bound of the list of systems is where it comes from: Ubuntu 22.04 has the C library, macOS 13 the web view of Safari 16.
#[test]
fn the_systems_that_are_told_are_those_that_packages_are_made_for() {
    let read = |file: &str| std::fs::read_to_string(root().join(file)).expect(file);
    let page = read("docs/packages.md");
    let macos: Value = serde_json::from_str(&read("src-tauri/packages.macos.json")).expect("JSON");
    let least = macos["bundle"]["macOS"]["minimumSystemVersion"].as_str().expect("a version");
    let row = format!("| macOS {} |", least.trim_end_matches(".0"));
    for (file, has, told) in [
        (".github/workflows/release.yml", "os: ubuntu-22.04 }", "Ubuntu 22.04"),
        (".github/workflows/release.yml", "os: ubuntu-22.04-arm }", "C library of 2.35"),
        ("ui/vite.config.ts", "'safari16'", "Safari 16"),
        ("src-tauri/packages.macos.json", least, row.as_str()),
    ] {
        assert!(read(file).contains(has) && page.contains(told), "{file} has {has}, docs/packages.md says {told}");
    }
}

/// Promises that name no test, or one that is not there.
fn empty_promises(text: &str, tests: &BTreeSet<String>) -> Vec<String> {
    let (mut bullets, mut promised) = (Vec::<(bool, String)>::new(), true);
    for line in text.lines() {
        match bullets.last_mut() {
            _ if line.starts_with("## ") => promised = line != "## What is not promised",
            _ if line.starts_with("- ") => bullets.push((promised, line.to_owned())),
            Some((_, bullet)) if line.starts_with("  ") => {
                bullet.push('\n');
                bullet.push_str(line);
            }
            _ => {}
        }
    }
    let empty = bullets.into_iter().filter(|(promised, bullet)| {
        let names: Vec<_> =
            bullet.split_once("Test:").map_or("", |(_, names)| names).split('`').skip(1).step_by(2).collect();
        (*promised && names.is_empty()) || names.iter().any(|name| !tests.contains(*name))
    });
    empty.map(|(_, bullet)| bullet).collect()
}

/// Names of all tests.
fn tests() -> BTreeSet<String> {
    tests_in(root())
}

/// Names of those below a folder.
pub(crate) fn tests_in(folder: &Path) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for path in sources(folder) {
        let text = std::fs::read_to_string(&path).expect("a source");
        let mut is_test = false;
        for line in text.lines().map(str::trim_start) {
            let attribute = line.starts_with("#[");
            is_test |= attribute && (line.contains("test]") || line.contains("test("));
            let function = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ");
            if let Some(name) = function.and_then(|rest| rest.split('(').next()) {
                names.extend(is_test.then(|| name.to_owned()));
                is_test = false;
            }
        }
    }
    names
}

/// All Rust files below a folder.
pub(crate) fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && !matches!(name.as_str(), "target" | "node_modules" | ".git" | "artefacts") {
            all.extend(sources(&path));
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            all.push(path);
        }
    }
    all
}
