//! What is known to be wrong with packages of npm's, as npm's registry tells it. Of crates cargo-deny knows it.

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::run::{npm_in, root};

/// Folders with a lock of npm's.
const LOCKS: [&str; 2] = ["ui", ".github/lint"];

/// Fails where something is known. Where the registry does not say, a line does.
pub(crate) fn of_npm() -> Result<()> {
    for folder in LOCKS {
        let ask = ["audit", "--package-lock-only", "--json", "--fetch-retries=0"];
        let told = npm_in(&root().join(folder), &ask).output().context("npm cannot be started")?;
        let Some(known) = known(&told.stdout) else {
            println!("== npm's registry tells no advisories: the packages of {folder} are not checked here");
            continue;
        };
        ensure!(known.is_empty(), "of {folder} there are advisories about {}; run npm audit there", known.join(", "));
    }
    Ok(())
}

/// Packages that something is known of, in what npm tells; nothing where it tells none.
fn known(told: &[u8]) -> Option<Vec<String>> {
    let told: Value = serde_json::from_slice(told).ok()?;
    Some(told["vulnerabilities"].as_object()?.keys().cloned().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_answer_is_told_from_no_advisory() {
        let told = br#"{ "auditReportVersion": 2, "vulnerabilities": { "left-pad": { "severity": "low" } } }"#;
        assert_eq!(known(told).expect("an answer"), ["left-pad"]);
        let none = br#"{ "auditReportVersion": 2, "vulnerabilities": {}, "metadata": {} }"#;
        assert_eq!(known(none).expect("an answer"), [""; 0]);
        for silent in [&br#"{ "message": "405 Method Not Allowed", "statusCode": 405 }"#[..], b""] {
            assert!(known(silent).is_none());
        }
    }

    /// Where packages are made for people, no answer is a failure.
    #[test]
    fn a_release_is_made_of_packages_that_were_looked_at() {
        let workflow = std::fs::read_to_string(root().join(".github/workflows/release.yml")).expect("a workflow");
        for folder in LOCKS {
            assert!(root().join(folder).join("package-lock.json").exists(), "{folder}");
            assert!(workflow.contains(&format!("npm audit --prefix {folder}")), "{folder}");
        }
    }
}
