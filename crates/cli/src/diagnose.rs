//! `davit diagnose`: a report for the company's IT, without secrets.

use std::path::{Path, PathBuf};

use davit_core::error::Result;
use davit_core::report::{Subject, save};
use davit_core::settings::Settings;
use davit_core::uploader::Options;

use crate::{DONE, text};

/// Reads beside whoever is at work, and works where nothing else does.
pub(crate) fn run(to: &Path, names: bool) -> Result<u8> {
    let options = Options::from_env()?;
    if let Ok(settings) = Settings::load(&options.home) {
        options.net.proxies.choose(settings.ruled(&options.policy.rules).settings.proxy);
    }
    let secrets: Vec<_> = options.token.clone().into_iter().chain(options.net.proxies.passwords()).collect();
    save(&Subject { home: &options.home, net: &options.net, secrets: &secrets, names }, to)?;
    let whole = std::path::absolute(to).unwrap_or_else(|_| PathBuf::from(to));
    let shown = text::plain(&whole.display().to_string());
    let with = if names { "with names of files and folders" } else { "without names of files and folders" };
    // Whoever reads no output has the file all the same.
    let _ = text::line(&format!("Saved to {shown}, {with} and without passwords."));
    Ok(DONE)
}
