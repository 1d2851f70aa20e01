//! What the manifest offers. It is Tauri's static one, and nobody signed it: see the module above.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use semver::Version;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tauri::Url;

use super::genuine::Refused;
use super::place::Kind;

/// What this computer takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ours {
    /// `linux`, `windows`, `darwin`.
    pub(super) os: &'static str,
    /// `x86_64`, `aarch64`.
    pub(super) arch: &'static str,
    /// Of what is put in place anew.
    pub(super) kind: Kind,
}

impl Ours {
    /// This computer.
    pub(super) const fn of(kind: Kind) -> Self {
        let os = match kind {
            Kind::AppImage => "linux",
            Kind::Nsis => "windows",
            Kind::App => "darwin",
        };
        Self { os, arch: std::env::consts::ARCH, kind }
    }

    /// What a manifest may call it, the closest first.
    fn targets(self) -> [String; 2] {
        let Self { os, arch, kind } = self;
        let kind = match kind {
            Kind::AppImage => "appimage",
            Kind::Nsis => "nsis",
            Kind::App => "app",
        };
        [format!("{os}-{arch}-{kind}"), format!("{os}-{arch}")]
    }
}

/// An update that is offered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Offer {
    /// The version that the manifest claims.
    pub(super) version: Version,
    /// What the manifest calls this computer.
    pub(super) target: String,
    /// Where the archive is.
    pub(super) url: Url,
    /// The archive's signature, as the manifest has it.
    pub(super) signature: String,
}

#[derive(Deserialize)]
struct Manifest {
    version: Version,
    platforms: BTreeMap<String, Archive>,
}

#[derive(Clone, Deserialize)]
struct Archive {
    url: Url,
    signature: String,
}

impl Offer {
    /// What a manifest offers to whoever has this version; nothing where that is not newer, or for other computers.
    ///
    /// # Errors
    /// `Manifest` for what is none, `Insecure` for an archive that does not come by https.
    pub(super) fn read(manifest: &[u8], has: &Version, ours: Ours) -> Result<Option<Self>, Refused> {
        let Manifest { version, platforms } = serde_json::from_slice(manifest).map_err(|_| Refused::Manifest)?;
        if !is_newer(&version, has) {
            return Ok(None);
        }
        let found = ours.targets().into_iter().find_map(|target| Some((platforms.get(&target)?.clone(), target)));
        let Some((Archive { url, signature }, target)) = found else { return Ok(None) };
        if url.scheme() != "https" {
            return Err(Refused::Insecure);
        }
        Ok(Some(Self { version, target, url, signature }))
    }

    /// The manifest, and nothing else of it.
    pub(super) fn manifest(&self) -> Value {
        let archive = json!({ "url": self.url, "signature": self.signature });
        json!({ "version": self.version.to_string(), "platforms": { &self.target: archive } })
    }
}

/// Whether it comes after the other one. Another build of the same version does not.
pub(super) fn is_newer(version: &Version, than: &Version) -> bool {
    version.cmp_precedence(than) == Ordering::Greater
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: Ours = Ours { os: "linux", arch: "x86_64", kind: Kind::AppImage };

    fn read(manifest: &Value) -> Result<Option<Offer>, Refused> {
        Offer::read(manifest.to_string().as_bytes(), &Version::new(0, 2, 0), OURS)
    }

    fn manifest(version: &str, target: &str, url: &str) -> Value {
        json!({ "version": version, "platforms": { target: { "url": url, "signature": "s" } } })
    }

    #[test]
    fn only_a_newer_version_for_this_computer_is_offered() {
        let url = "https://example.com/davit";
        for (version, target, offered) in [
            ("0.2.1", "linux-x86_64-appimage", true),
            ("0.3.0", "linux-x86_64", true),
            ("0.3.0-beta.1", "linux-x86_64", true),
            ("0.2.0", "linux-x86_64", false),
            ("0.2.0+build.7", "linux-x86_64", false),
            ("0.2.0-beta.1", "linux-x86_64", false),
            ("0.1.9", "linux-x86_64", false),
            ("0.3.0", "linux-aarch64", false),
            ("0.3.0", "linux-x86_64-deb", false),
            ("0.3.0", "windows-x86_64", false),
        ] {
            let offer = read(&manifest(version, target, url)).expect("a manifest");
            assert_eq!(offer.is_some(), offered, "{version} for {target}");
        }
        // As Tauri's own reader takes it.
        let offer = read(&manifest("0.3.0", "linux-x86_64", url)).expect("a manifest").expect("an offer");
        assert_eq!(offer.manifest(), manifest("0.3.0", "linux-x86_64", url));
    }

    #[test]
    fn what_is_no_manifest_is_refused() {
        for bad in [
            json!({}),
            json!([]),
            json!({ "version": "new", "platforms": {} }),
            json!({ "version": "0.3.0", "platforms": { "linux-x86_64": { "url": "here", "signature": "s" } } }),
            json!({ "version": "0.3.0", "platforms": { "linux-x86_64": { "url": "https://example.com" } } }),
        ] {
            assert_eq!(read(&bad).expect_err("refused"), Refused::Manifest, "{bad}");
        }
        let plain = manifest("0.3.0", "linux-x86_64", "http://example.com/davit");
        assert_eq!(read(&plain).expect_err("refused"), Refused::Insecure);
    }
}
