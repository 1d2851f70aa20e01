//! What signs packages for Windows and macOS, and what people are told where nothing does.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

/// What Tauri's bundler is told of who signs for Windows: a command, as for a key that never leaves the hardware or the service
/// which holds it, or the thumbprint of a certificate in the person's store. Neither is none.
pub(super) fn for_windows(command: Option<&str>, thumbprint: Option<&str>) -> Result<Option<Value>> {
    let signs = match (command, thumbprint) {
        (Some(command), _) => {
            let command: Value = serde_json::from_str(command).context("DAVIT_WINDOWS_SIGN_COMMAND is no JSON")?;
            let named = command["cmd"].is_string();
            let takes = command["args"].as_array().is_some_and(|args| args.iter().any(|arg| arg == "%1"));
            anyhow::ensure!(
                named && takes,
                r#"DAVIT_WINDOWS_SIGN_COMMAND has to be as in: {{"cmd": "signs", "args": ["%1"]}}"#
            );
            json!({ "signCommand": command })
        }
        (None, Some(thumbprint)) => json!({ "certificateThumbprint": thumbprint }),
        (None, None) => return Ok(None),
    };
    Ok(Some(json!({ "bundle": { "windows": signs } })))
}

/// What people have to know of a package, if anything.
pub(super) fn warning(system: &str, signed: bool, notarised: bool) -> Option<String> {
    let (what, so) = match (system, signed, notarised) {
        ("macos", false, _) => ("signed", "Macs refuse it"),
        ("macos", true, false) => ("notarised by Apple", "Macs that download it refuse it"),
        ("windows", false, _) => ("signed", "Windows warns whoever opens its installer"),
        _ => return None,
    };
    let name = if system == "macos" { "macOS" } else { "Windows" };
    Some(format!("Davit for {name} is not {what}: {so}.\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_nobody_can_copy_signs_by_a_command() {
        let command = r#"{ "cmd": "artifact-signing-cli", "args": ["-a", "example", "%1"] }"#;
        let config = for_windows(Some(command), Some("00ff")).expect("JSON").expect("somebody signs");
        assert_eq!(config["bundle"]["windows"]["signCommand"]["args"][2], "%1");
        assert!(config["bundle"]["windows"]["certificateThumbprint"].is_null());
        let config = for_windows(None, Some("00ff")).expect("a thumbprint").expect("somebody signs");
        assert_eq!(config["bundle"]["windows"]["certificateThumbprint"], "00ff");
        assert!(for_windows(None, None).expect("nobody").is_none());
        for wrong in ["artifact-signing-cli %1", r#"{ "cmd": "signs", "args": [] }"#, r#"{ "args": ["%1"] }"#] {
            assert!(for_windows(Some(wrong), None).is_err(), "{wrong}");
        }
    }

    #[test]
    fn whoever_takes_what_nobody_signed_is_told() {
        for (system, signed, notarised, told) in [
            ("windows", true, false, None),
            ("windows", false, false, Some("Windows is not signed")),
            ("macos", true, true, None),
            ("macos", true, false, Some("macOS is not notarised")),
            ("macos", false, true, Some("macOS is not signed")),
        ] {
            let warning = warning(system, signed, notarised);
            assert_eq!(warning.is_some(), told.is_some(), "{warning:?}");
            assert!(warning.unwrap_or_default().contains(told.unwrap_or_default()), "{told:?}");
        }
    }
}
