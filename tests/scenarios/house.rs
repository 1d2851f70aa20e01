//! The house itself: which room may know which, and that every promise names its test.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

fn root() -> &'static Path {
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

#[test]
fn nothing_that_ships_is_built_with_the_local_cloud_and_no_client_with_the_backend() {
    let metadata = metadata();
    for ships in ["davit", "davit-backend"] {
        assert!(!tree(&metadata, ships).contains("davit-localcloud"), "{ships}");
    }
    assert!(!tree(&metadata, "davit").contains("davit-backend"));
    assert!(!tree(&metadata, "davit-core").contains("davit-backend"));
}

#[test]
fn every_promise_names_a_test_that_exists() {
    let text = std::fs::read_to_string(root().join("docs/semantics.md")).expect("docs/semantics.md");
    let named: Vec<&str> = text
        .lines()
        .filter_map(|line| line.split_once("Test: "))
        .flat_map(|(_, names)| names.split('`').skip(1).step_by(2))
        .collect();
    assert!(named.len() >= 15, "{named:?}");
    let mut sources = String::new();
    gather(root(), &mut sources);
    for name in named {
        assert!(sources.contains(&format!("fn {name}(")), "no test is called {name}");
    }
}

fn gather(folder: &Path, all: &mut String) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && !matches!(name.as_str(), "target" | "node_modules" | ".git" | "artefacts") {
            gather(&path, all);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            all.push_str(&std::fs::read_to_string(&path).expect("a source"));
        }
    }
}
