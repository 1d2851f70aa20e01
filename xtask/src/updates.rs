//! The slow proof of updates: two builds with a key of their own, and what the window makes of them on a screen of its own.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minisign::KeyPair;
use serde_json::json;

use crate::packages::Purpose;
use crate::run::{build, command, must, target};
use crate::{bundle, setup};

/// The version that runs first, which is this one, and the one after it.
const OLD: &str = env!("CARGO_PKG_VERSION");
const NEW: &str = "9.0.0";

/// Of builds that are there already: both, and the key that the first was built with.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Updates {
    /// A build of the version here, instead of one that is made.
    #[arg(long, requires_all = ["new", "key"])]
    old: Option<PathBuf>,
    /// A build of version 9.0.0.
    #[arg(long, requires = "old")]
    new: Option<PathBuf>,
    /// The secret key, without a password, whose other half both have.
    #[arg(long, requires = "old")]
    key: Option<PathBuf>,
}

pub(crate) fn run(given: &Updates) -> Result<()> {
    if !cfg!(target_os = "linux") {
        bail!("updates are proven with AppImages, on Linux");
    }
    setup::run(Purpose::Test)?;
    let made;
    let [old, new, key] = if let (Some(old), Some(new), Some(key)) = (&given.old, &given.new, &given.key) {
        [old, new, key].map(PathBuf::as_path)
    } else {
        made = make()?;
        [&made[0], &made[1], &made[2]].map(PathBuf::as_path)
    };
    build()?;
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let tests = ["test", "--workspace", "--locked", "--test", "scenarios", "--"];
    let these = ["--ignored", "--test-threads=1", "--nocapture", "window_updates::"];
    let words = [&["tests/tools/with-screen", &cargo], &tests[..], &these[..]].concat();
    let mut run = command("bash", &words);
    run.env("DAVIT_UPDATES_OLD", absolute(old)?).env("DAVIT_UPDATES_OLD_VERSION", OLD);
    run.env("DAVIT_UPDATES_NEW", absolute(new)?).env("DAVIT_UPDATES_NEW_VERSION", NEW);
    must("updates", run.env("DAVIT_UPDATES_KEY", absolute(key)?))
}

/// The tests run elsewhere.
fn absolute(path: &Path) -> Result<PathBuf> {
    std::fs::canonicalize(path).with_context(|| format!("{} is not there", path.display()))
}

/// Both builds, and their secret key.
fn make() -> Result<[PathBuf; 3]> {
    let folder = target().join("updates");
    std::fs::create_dir_all(&folder)?;
    let pair = KeyPair::generate_unencrypted_keypair()?;
    let key = folder.join("key");
    std::fs::write(&key, pair.sk.to_box(None)?.to_string())?;
    let public = STANDARD.encode(pair.pk.to_box()?.to_string());
    let updater = json!({ "pubkey": public, "endpoints": ["https://updates.invalid/davit.json"] });
    let named = |version: &str| folder.join(format!("Davit_{version}_{}.AppImage", std::env::consts::ARCH));
    let old = named(OLD);
    bundle::appimage(&json!({ "plugins": { "updater": updater } }), &old)?;
    let new = named(NEW);
    bundle::appimage(&json!({ "version": NEW, "plugins": { "updater": updater } }), &new)?;
    Ok([old, new, key])
}
