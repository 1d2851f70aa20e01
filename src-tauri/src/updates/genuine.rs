//! Whether an archive is what was signed, and signed as what it is offered for. Pure, but for the reading.
//!
//! minisign's second signature is over the first and over a comment; `tauri signer` writes there, between tabs,
//! `timestamp:…`, `file:Davit_1.2.3_amd64.AppImage` and `version:1.2.3`. Source: minisign's documentation, "Signature format".

use std::io::Read;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minisign_verify::{PublicKey, Signature};
use semver::Version;

use super::offer::{Offer, Ours};
use super::place::Kind;

/// How machines are called in names of files.
const MACHINES: &[(&str, &[&str])] = &[
    ("x86_64", &["x86_64", "amd64", "x64"]),
    ("aarch64", &["aarch64", "arm64"]),
    ("arm", &["armhf", "armv7"]),
    ("x86", &["i686", "i386"]),
];
/// How the head of a Linux program calls them. Source: ELF-64 object file format, `e_machine`.
const ELF_MACHINES: &[(&str, u16)] = &[("x86_64", 62), ("aarch64", 183)];
/// So much of a file says what it is.
const HEAD: usize = 20;

/// Why an update is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    /// What answers has no manifest.
    #[error("what is at the address of updates is no manifest")]
    Manifest,
    /// Something of it does not come by https.
    #[error("an update does not come by https")]
    Insecure,
    /// The signature is none, or not of this archive by this key.
    #[error("an update is not what was signed")]
    Signature,
    /// What was signed does not say which version it is.
    #[error("an update was signed without its version")]
    NoVersion,
    /// It was signed as another version than it is offered as.
    #[error("an update was signed as another version than it is offered as")]
    OtherVersion,
    /// It was signed for other computers, or as something else.
    #[error("an update was signed for other computers")]
    OtherComputer,
    /// It says so of itself.
    #[error("an update is for other computers than it was signed for")]
    OtherContent,
    /// It is larger than any update.
    #[error("an update is larger than it can be")]
    TooLarge,
    /// It is no newer than what runs.
    #[error("an update is no newer than what runs")]
    NotNewer,
    /// It could not be read.
    #[error("an update cannot be read")]
    Unreadable,
}

/// The key that updates are signed with.
#[derive(Clone, Debug)]
pub(super) struct Key(PublicKey);

impl Key {
    /// As `tauri signer` writes it: a minisign key in base64.
    pub(super) fn read(text: &str) -> Option<Self> {
        PublicKey::decode(&plain(text)?).ok().map(Self)
    }
}

/// What stands in base64.
fn plain(text: &str) -> Option<String> {
    String::from_utf8(STANDARD.decode(text.trim()).ok()?).ok()
}

/// Reads an archive to its end, and tells whether it may stand in the place of what runs.
///
/// # Errors
/// Why it may not.
pub(super) fn check(mut archive: impl Read, offer: &Offer, key: &Key, ours: Ours) -> Result<(), Refused> {
    let text = plain(&offer.signature).ok_or(Refused::Signature)?;
    let signature = Signature::decode(&text).map_err(|_| Refused::Signature)?;
    // Another key, and the old way of signing, are refused here.
    let mut verifier = key.0.verify_stream(&signature).map_err(|_| Refused::Signature)?;
    let mut head: Vec<u8> = Vec::with_capacity(HEAD);
    let mut buffer = vec![0; 256 << 10];
    loop {
        let len = match archive.read(&mut buffer) {
            Ok(0) => break,
            Ok(len) => len,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(_) => return Err(Refused::Unreadable),
        };
        let read = buffer.get(..len).ok_or(Refused::Unreadable)?;
        let missing = HEAD - head.len();
        head.extend(read.iter().take(missing));
        verifier.update(read);
    }
    verifier.finalize().map_err(|_| Refused::Signature)?;
    // Nobody vouched for the comment before that.
    let said = |of: &str| signature.trusted_comment().split('\t').find_map(|said| said.strip_prefix(of));
    let signed = said("version:").and_then(|version| Version::parse(version.trim_start_matches('v')).ok());
    let signed = signed.ok_or(Refused::NoVersion)?;
    if signed != offer.version {
        return Err(Refused::OtherVersion);
    }
    let name = said("file:").filter(|name| is_for(name, ours)).ok_or(Refused::OtherComputer)?;
    // Whoever signs says the version by hand; what they sign has its name from its build.
    if !is_of(name, &signed) {
        return Err(Refused::OtherVersion);
    }
    if is_content_of(&head, ours) { Ok(()) } else { Err(Refused::OtherContent) }
}

/// Whether a file of this name is what this computer takes.
fn is_for(name: &str, ours: Ours) -> bool {
    let name = name.to_ascii_lowercase();
    let ends = match ours.kind {
        Kind::AppImage => ".appimage",
        Kind::Nsis => "-setup.exe",
        Kind::App => ".app.tar.gz",
    };
    let named = |words: &[&str]| words.iter().any(|word| name.contains(word));
    let machines: Vec<_> = MACHINES.iter().filter(|(_, words)| named(words)).map(|(machine, _)| *machine).collect();
    // An app for macOS is for all of its machines.
    let for_all = ours.kind == Kind::App && machines.is_empty();
    name.ends_with(ends) && (for_all || machines == [ours.arch])
}

/// Whether a file of this name is of a version: behind the product's name, and before the machine's.
fn is_of(name: &str, version: &Version) -> bool {
    let rest = name.split_once(['_', '-']).and_then(|(_, rest)| rest.strip_prefix(version.to_string().as_str()));
    let machine = rest.and_then(|rest| rest.strip_prefix(['_', '-']));
    machine.is_some_and(|machine| {
        let mut words = MACHINES.iter().flat_map(|(_, words)| *words);
        machine.starts_with("universal") || words.any(|word| machine.starts_with(word))
    })
}

/// Whether what begins so is what this computer takes. An installer's own head says nothing of what it brings.
fn is_content_of(head: &[u8], ours: Ours) -> bool {
    match ours.kind {
        Kind::AppImage => {
            let machine = ELF_MACHINES.iter().find(|(arch, _)| *arch == ours.arch).map(|(_, machine)| *machine);
            let says = head.get(18..20).and_then(|said| said.try_into().ok()).map(u16::from_le_bytes);
            head.starts_with(b"\x7fELF\x02\x01") && machine.is_some() && says == machine
        }
        Kind::Nsis => head.starts_with(b"MZ"),
        Kind::App => head.starts_with(&[0x1f, 0x8b]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_what_a_file_is_and_for_which_machines() {
        let ours = |kind, arch| Ours { arch, ..Ours::of(kind) };
        for (name, kind, arch, so) in [
            ("Davit_1.2.3_amd64.AppImage", Kind::AppImage, "x86_64", true),
            ("Davit-1.2.3-x86_64.AppImage", Kind::AppImage, "x86_64", true),
            ("Davit_1.2.3_aarch64.AppImage", Kind::AppImage, "aarch64", true),
            ("Davit_1.2.3_aarch64.AppImage", Kind::AppImage, "x86_64", false),
            ("Davit_1.2.3_amd64.AppImage", Kind::AppImage, "aarch64", false),
            ("Davit_1.2.3_amd64_arm64.AppImage", Kind::AppImage, "x86_64", false),
            ("Davit.AppImage", Kind::AppImage, "x86_64", false),
            ("Davit_1.2.3_amd64.deb", Kind::AppImage, "x86_64", false),
            ("Davit_1.2.3_x64-setup.exe", Kind::Nsis, "x86_64", true),
            ("Davit_1.2.3_arm64-setup.exe", Kind::Nsis, "x86_64", false),
            ("Davit_1.2.3_x64-setup-all-users.exe", Kind::Nsis, "x86_64", false),
            ("Davit_1.2.3_x64_en-US.msi", Kind::Nsis, "x86_64", false),
            ("Davit.app.tar.gz", Kind::App, "aarch64", true),
            ("Davit_aarch64.app.tar.gz", Kind::App, "aarch64", true),
            ("Davit_x64.app.tar.gz", Kind::App, "aarch64", false),
        ] {
            assert_eq!(is_for(name, ours(kind, arch)), so, "{name} for {arch}");
        }
    }

    #[test]
    fn a_name_tells_which_version_a_file_is() {
        for (name, version, so) in [
            ("Davit-1.2.3-x86_64.AppImage", "1.2.3", true),
            ("Davit_1.2.3_x64-setup.exe", "1.2.3", true),
            ("Davit_1.2.3_universal.app.tar.gz", "1.2.3", true),
            ("Davit-1.2.3-rc.1-x86_64.AppImage", "1.2.3-rc.1", true),
            ("Davit-1.2.3-rc.1-x86_64.AppImage", "1.2.3", false),
            ("Davit-1.2.3-x86_64.AppImage", "1.2.4", false),
            ("Davit-1.2.30-x86_64.AppImage", "1.2.3", false),
            ("Davit-11.2.3-x86_64.AppImage", "1.2.3", false),
            ("Davit_x86_64.AppImage", "1.2.3", false),
        ] {
            assert_eq!(is_of(name, &Version::parse(version).expect("a version")), so, "{name} as {version}");
        }
    }

    #[test]
    fn a_key_that_is_none_is_not_read() {
        for bad in ["", "nonsense", "dW50cnVzdGVkIGNvbW1lbnQ6IG1pbmlzaWduIHB1YmxpYyBrZXk="] {
            assert!(Key::read(bad).is_none(), "{bad}");
        }
    }
}
