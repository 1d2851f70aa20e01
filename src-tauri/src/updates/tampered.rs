//! Updates that were tampered with, each by its name, before whoever has version 0.2.0: none of them is taken.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use davit_core::policy::Updates as Policy;
use minisign::KeyPair;
use semver::Version;
use serde_json::{Value, json};

use super::genuine::{Key, Refused, check};
use super::offer::{Offer, Ours};
use super::place::Kind;
use super::source::Source;

const OURS: Ours = Ours { os: "linux", arch: "x86_64", kind: Kind::AppImage };
const HAS: Version = Version::new(0, 2, 0);

/// Whoever publishes updates.
pub(super) struct Publisher {
    pair: KeyPair,
    /// Their key, as a build has it.
    pub(super) key: String,
}

impl Publisher {
    /// With a key of their own.
    pub(super) fn new() -> Self {
        let pair = KeyPair::generate_unencrypted_keypair().expect("a key");
        let key = STANDARD.encode(pair.pk.to_box().expect("a key").to_string());
        Self { pair, key }
    }

    /// A signature with this comment, as a manifest has it.
    fn signs(&self, archive: &[u8], comment: &str) -> String {
        let signed = minisign::sign(Some(&self.pair.pk), &self.pair.sk, archive, Some(comment), None).expect("signed");
        STANDARD.encode(signed.to_string())
    }
}

/// What `tauri signer` writes.
fn comment(name: &str, version: &str) -> String {
    format!("timestamp:1800000000\tfile:{name}\tversion:{version}")
}

/// What begins as a program for Linux on this machine does.
fn program(machine: u8, of: &str) -> Vec<u8> {
    let head = [&b"\x7fELF\x02\x01\x01\0AI\x02\0\0\0\0\0\x03\0"[..], &[machine, 0]].concat();
    [head, of.repeat(100_000).into_bytes()].concat()
}

const X86_64: u8 = 62;
const AARCH64: u8 = 183;

/// What is published, and what of it can be tampered with.
struct Published {
    endpoint: &'static str,
    version: String,
    url: &'static str,
    signature: String,
    archive: Vec<u8>,
}

/// What becomes of it.
#[derive(Debug, PartialEq, Eq)]
enum Taken {
    /// All of it is in order.
    Yes,
    /// There is nothing newer.
    NotNewer,
    /// Nobody is asked there.
    NotAsked,
    /// It is refused.
    Refused(Refused),
}

impl Published {
    fn genuine(by: &Publisher, version: &str) -> Self {
        let archive = program(X86_64, version);
        let signature = by.signs(&archive, &comment(&format!("Davit_{version}_amd64.AppImage"), version));
        let (endpoint, url) = ("https://example.com/davit.json", "https://example.com/davit");
        Self { endpoint, version: version.to_owned(), url, signature, archive }
    }

    /// Another archive in its place, signed with this comment.
    fn holds(&mut self, by: &Publisher, archive: Vec<u8>, comment: &str) {
        (self.signature, self.archive) = (by.signs(&archive, comment), archive);
    }

    fn manifest(&self) -> Value {
        let archive = json!({ "url": self.url, "signature": self.signature });
        json!({ "version": self.version, "platforms": { "linux-x86_64": archive } })
    }

    fn before(&self, key: &str) -> Taken {
        let build = json!({ "pubkey": key, "endpoints": [self.endpoint] });
        let Ok(source) = Source::of(Some(&build), &Policy::default()) else { return Taken::NotAsked };
        let offer = match Offer::read(self.manifest().to_string().as_bytes(), &HAS, OURS) {
            Ok(Some(offer)) => offer,
            Ok(None) => return Taken::NotNewer,
            Err(refused) => return Taken::Refused(refused),
        };
        check(&self.archive[..], &offer, &source.key, OURS).map_or_else(Taken::Refused, |()| Taken::Yes)
    }
}

type Tampering = (&'static str, fn(&mut Published, &Publisher), Taken);

/// The fifteen.
const TAMPERED: [Tampering; 15] = [
    (
        "signed by another key",
        |it, _| {
            let name = comment("Davit_0.3.0_amd64.AppImage", "0.3.0");
            it.holds(&Publisher::new(), it.archive.clone(), &name);
        },
        Taken::Refused(Refused::Signature),
    ),
    (
        "the signature of another archive",
        |it, by| it.signature = by.signs(b"another", &comment("Davit_0.3.0_amd64.AppImage", "0.3.0")),
        Taken::Refused(Refused::Signature),
    ),
    ("one bit is another", |it, _| it.archive[70_000] ^= 1, Taken::Refused(Refused::Signature)),
    ("cut short", |it, _| it.archive.truncate(300_000), Taken::Refused(Refused::Signature)),
    ("something behind it", |it, _| it.archive.push(0), Taken::Refused(Refused::Signature)),
    (
        "the signature is none",
        |it, _| it.signature = STANDARD.encode("untrusted comment: signed\nnonsense\n"),
        Taken::Refused(Refused::Signature),
    ),
    (
        "an old archive under a version that was written into its comment",
        |it, by| {
            *it = Published { version: "0.3.0".to_owned(), ..Published::genuine(by, "0.1.0") };
            let text = String::from_utf8(STANDARD.decode(&it.signature).expect("base64")).expect("text");
            it.signature = STANDARD.encode(text.replace("0.1.0", "0.3.0"));
        },
        Taken::Refused(Refused::Signature),
    ),
    (
        "an old archive told as new",
        |it, by| *it = Published { version: "0.3.0".to_owned(), ..Published::genuine(by, "0.1.0") },
        Taken::Refused(Refused::OtherVersion),
    ),
    ("an old version told as it is", |it, by| *it = Published::genuine(by, "0.1.0"), Taken::NotNewer),
    ("the same version again", |it, by| *it = Published::genuine(by, "0.2.0"), Taken::NotNewer),
    (
        "a newer one under another version",
        |it, _| it.version = "0.4.0".to_owned(),
        Taken::Refused(Refused::OtherVersion),
    ),
    (
        "signed without its version",
        |it, by| it.holds(by, it.archive.clone(), "timestamp:1800000000\tfile:Davit_0.3.0_amd64.AppImage"),
        Taken::Refused(Refused::NoVersion),
    ),
    (
        "for another machine",
        |it, by| it.holds(by, program(AARCH64, "0.3.0"), &comment("Davit_0.3.0_aarch64.AppImage", "0.3.0")),
        Taken::Refused(Refused::OtherComputer),
    ),
    ("the archive by http", |it, _| it.url = "http://example.com/davit", Taken::Refused(Refused::Insecure)),
    ("the manifest by http", |it, _| it.endpoint = "http://example.com/davit.json", Taken::NotAsked),
];

#[test]
fn fifteen_tampered_updates_are_refused_each_for_what_is_wrong_with_it() {
    let publisher = Publisher::new();
    assert_eq!(Published::genuine(&publisher, "0.3.0").before(&publisher.key), Taken::Yes, "they differ from this one");
    for (name, tampers, taken) in TAMPERED {
        let mut published = Published::genuine(&publisher, "0.3.0");
        tampers(&mut published, &publisher);
        assert_eq!(published.before(&publisher.key), taken, "{name}");
    }
}

#[test]
fn what_was_signed_as_something_else_is_refused_though_the_key_is_right() {
    let publisher = Publisher::new();
    let (name, other) = ("Davit_0.3.0_amd64.AppImage", Refused::OtherContent);
    for (archive, name, refused) in [
        // Signed by mistake under a name that is not its own.
        (program(AARCH64, "0.3.0"), name, other),
        (b"!<arch>\ndebian-binary".to_vec(), name, other),
        (Vec::new(), name, other),
        (program(X86_64, "0.3.0"), "Davit_0.3.0_amd64.deb", Refused::OtherComputer),
        (program(X86_64, "0.3.0"), "Davit_0.3.0_x64-setup.exe", Refused::OtherComputer),
        // An old one that lay beside what was released.
        (program(X86_64, "0.1.0"), "Davit_0.1.0_amd64.AppImage", Refused::OtherVersion),
    ] {
        let mut published = Published::genuine(&publisher, "0.3.0");
        published.holds(&publisher, archive, &comment(name, "0.3.0"));
        assert_eq!(published.before(&publisher.key), Taken::Refused(refused), "{name}");
    }
}

#[test]
fn a_signature_in_the_old_way_is_refused() {
    // minisign's own, over the bytes themselves. Source: minisign's documentation, "Signature format".
    let key =
        Key::read(&STANDARD.encode(
            "untrusted comment: minisign public key\nRWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3\n",
        ));
    let signature = "untrusted comment: signature from minisign secret key\n\
        RWQf6LRCGA9i59SLOFxz6NxvASXDJeRtuZykwQepbDEGt87ig1BNpWaVWuNrm73YiIiJbq71Wi+dP9eKL8OC351vwIasSSbXxwA=\n\
        trusted comment: timestamp:1555779966\tfile:test\n\
        QtKMXWyYcwdpZAlPF7tE2ENJkRd1ujvKjlj1m9RtHTBnZPa5WKU5uWRs5GoP5M/VqE81QFuMKI5k/SfNQUaOAA==\n";
    let publisher = Publisher::new();
    let manifest = Published { signature: STANDARD.encode(signature), ..Published::genuine(&publisher, "0.3.0") };
    let offer = Offer::read(manifest.manifest().to_string().as_bytes(), &HAS, OURS).expect("read").expect("an offer");
    assert_eq!(check(&b"test"[..], &offer, &key.expect("a key"), OURS), Err(Refused::Signature));
}
