//! The manifest that updates are found by, as Tauri's updater reads it: for each system and kind of package where it is and
//! its signature.
//!
//! Source: the updater's documentation, "Static JSON File".

use anyhow::{Result, ensure};
use serde_json::{Map, Value, json};

use crate::bundle;

/// Of names of packages with their signatures.
pub(super) fn of(signed: &[(String, String)], downloads: &str, day: &str) -> Result<Value> {
    let mut platforms = Map::new();
    for (name, signature) in signed {
        for platform in platforms_of(name) {
            let there = platforms
                .insert(platform.clone(), json!({ "signature": signature, "url": format!("{downloads}{name}") }));
            ensure!(there.is_none(), "two packages are for {platform}, {name} among them");
        }
    }
    ensure!(!platforms.is_empty(), "none of the packages is one that an update is told of");
    Ok(json!({ "version": env!("CARGO_PKG_VERSION"), "pub_date": day, "platforms": platforms }))
}

/// What an app that came in this package asks for; nothing for what asks for none. A package whose
/// system updates it asks, too, and is told by Davit itself who brings the next one.
fn platforms_of(name: &str) -> Vec<String> {
    if name.starts_with("davit-backend") || name.contains("-trial-") || name.ends_with(bundle::FOR_ALL) {
        return Vec::new();
    }
    let machine = if ["aarch64", "arm64"].iter().any(|word| name.contains(word)) { "aarch64" } else { "x86_64" };
    match name.rsplit('.').next().unwrap_or_default() {
        "deb" => vec![format!("linux-{machine}-deb")],
        "rpm" => vec![format!("linux-{machine}-rpm")],
        "AppImage" => vec![format!("linux-{machine}-appimage"), format!("linux-{machine}")],
        "exe" => vec![format!("windows-{machine}-nsis"), format!("windows-{machine}")],
        "msi" => vec![format!("windows-{machine}-msi")],
        // One app for both kinds of Macs, packed as the updater wants it; the disk image is for people.
        "gz" => ["aarch64", "x86_64"].map(|machine| format!("darwin-{machine}")).to_vec(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_package_is_found_by_who_came_in_one_of_its_kind() {
        let signed = [
            "Davit-0.1.0-x86_64.AppImage",
            "Davit_0.1.0_arm64-setup.exe",
            "Davit_0.1.0_universal.app.tar.gz",
            "Davit_0.1.0_universal.dmg",
            "Davit_0.1.0_x64-setup-all-users.exe",
            "Davit_0.1.0_x64-setup.exe",
            "Davit_0.1.0_x64_en-US.msi",
            "davit-0.1.0-1.aarch64.rpm",
            "davit-backend_0.1.0_amd64.deb",
            "davit_0.1.0_amd64.deb",
            "Davit-0.1.0-x64-trial-installer.exe",
        ]
        .map(|name| (name.to_owned(), format!("signature of {name}")));
        let manifest = of(&signed, "https://releases.example.com/", "2026-11-30T00:00:00Z").expect("made");
        let platforms = manifest["platforms"].as_object().expect("platforms");
        let mut names: Vec<_> = platforms.keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(
            names,
            [
                "darwin-aarch64",
                "darwin-x86_64",
                "linux-aarch64-rpm",
                "linux-x86_64",
                "linux-x86_64-appimage",
                "linux-x86_64-deb",
                "windows-aarch64",
                "windows-aarch64-nsis",
                "windows-x86_64",
                "windows-x86_64-msi",
                "windows-x86_64-nsis",
            ]
        );
        assert_eq!(platforms["linux-x86_64-deb"]["url"], "https://releases.example.com/davit_0.1.0_amd64.deb");
        assert_eq!(platforms["windows-x86_64-nsis"]["signature"], "signature of Davit_0.1.0_x64-setup.exe");
        assert_eq!(platforms["windows-x86_64-msi"]["signature"], "signature of Davit_0.1.0_x64_en-US.msi");
    }

    #[test]
    fn two_packages_for_the_same_are_no_release() {
        let signed = ["a_amd64.deb", "b_amd64.deb"].map(|name| (name.to_owned(), String::new()));
        assert!(of(&signed, "", "").is_err());
    }
}
