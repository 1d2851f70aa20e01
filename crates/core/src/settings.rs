//! What a person or company can set, with default and bounds. Kept as JSON in the home; no secret ever goes in.

use std::path::Path;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::bandwidth::{Choice, Limits};
use crate::error::{Error, ErrorCode, Result};
use crate::file::{Readers, write_whole};

/// The settings on record. A missing field has its default, an unknown one is kept out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Settings {
    /// The company's address as last connected; none until then.
    pub server: Option<String>,
    /// The company that answered last; none until then.
    pub company: Option<Known>,
    /// Pieces in flight at a time, 1 to 128; none, the default, means as many as turn out best.
    pub concurrency: Option<u16>,
    /// How fast uploads may be. Default: no limit.
    pub limits: Limits,
    /// What was chosen past the schedule, until that changes next.
    pub chosen: Option<Choice>,
    /// How it goes together with this computer and who sits there.
    pub preferences: Preferences,
}

/// How the program goes together with this computer and who sits there. Each is a switch of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[expect(clippy::struct_excessive_bools, reason = "they are independent of each other")]
pub struct Preferences {
    /// The system tells when what was added together is uploaded. Default: yes.
    pub tell_done: bool,
    /// The system tells when something of what was added together needs the person. Default: yes.
    pub tell_needs_you: bool,
    /// The system tells what a watched folder uploaded, at most once an hour for each. Default: no.
    pub tell_watched: bool,
    /// The computer stays awake while anything is sent, unless its battery is low. Default: yes.
    pub keep_awake: bool,
    /// Without its window it goes on, where its icon leads back to it. Default: yes.
    pub keep_working: bool,
    /// It shows its icon in the menu bar or tray. Default: yes.
    pub tray: bool,
    /// An update that is there is put in place when the person quits. Default: yes.
    pub install_updates: bool,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            tell_done: true,
            tell_needs_you: true,
            tell_watched: false,
            keep_awake: true,
            keep_working: true,
            tray: true,
            install_updates: true,
        }
    }
}

/// What a company is called while it does not answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Known {
    /// Its address.
    pub address: String,
    /// The name it gave itself.
    pub name: String,
}

impl Settings {
    /// Reads them; a missing or empty file means the defaults.
    ///
    /// # Errors
    /// `bad-input` for a file that is no settings file, `journal-unwritable` when it cannot be read.
    pub fn load(home: &Path) -> Result<Self> {
        let text = match std::fs::read_to_string(home.join("settings.json")) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(Error::new(ErrorCode::JournalUnwritable).detail("settings.json").source(error)),
        };
        // Some systems leave it so when the power goes.
        if text.is_empty() {
            return Ok(Self::default());
        }
        let mut settings: Self = serde_json::from_str(&text)
            .map_err(|e| Error::new(ErrorCode::BadInput).detail(format!("settings.json: {e}")))?;
        let refused = |e: Error| Error::new(e.code).detail(format!("settings.json: {}", e.detail));
        settings.limits.check().map_err(refused)?;
        settings.concurrency = settings.concurrency.map(|fixed| fixed.clamp(1, 128));
        Ok(settings)
    }

    /// Writes them whole or not at all.
    ///
    /// # Errors
    /// `disk-full`, `journal-unwritable`.
    pub fn save(&self, home: &Path) -> Result<()> {
        let failed = |e: std::io::Error| {
            let code = match e.kind() {
                std::io::ErrorKind::StorageFull => ErrorCode::DiskFull,
                _ => ErrorCode::JournalUnwritable,
            };
            Error::new(code).detail("settings.json").source(e)
        };
        let text = serde_json::to_string_pretty(self).map_err(|e| Error::new(ErrorCode::Unexpected).source(e))?;
        write_whole(&home.join("settings.json"), Readers::Owner, |file| file.write_all(text.as_bytes())).map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{ByteRate, UnixTime};

    #[test]
    fn settings_come_back_as_they_were_written_and_within_bounds() {
        let home = tempfile::tempdir().expect("a folder");
        assert_eq!(Settings::load(home.path()).expect("defaults"), Settings::default());
        let address = "https://uploads.example.com".to_owned();
        let company = Some(Known { address: address.clone(), name: "Example Films".into() });
        let chosen = Some(Choice { rate: None, paused: true, until: Some(UnixTime(1_800_000_000)) });
        let limits = Limits { usual: Some(ByteRate(10_000)), ..Limits::default() };
        let preferences = Preferences { keep_awake: false, tell_watched: true, ..Preferences::default() };
        let set = Settings { server: Some(address), company, concurrency: Some(500), limits, chosen, preferences };
        set.save(home.path()).expect("saved");
        let back = Settings::load(home.path()).expect("read");
        assert_eq!(back, Settings { concurrency: Some(128), ..set });
    }

    #[test]
    fn a_preference_that_is_not_on_record_is_as_most_people_want_it() {
        let home = tempfile::tempdir().expect("a folder");
        for (text, keep_awake) in [("{}", true), (r#"{"preferences":{"keepAwake":false,"newer":1}}"#, false)] {
            std::fs::write(home.path().join("settings.json"), text).expect("written");
            let read = Settings::load(home.path()).expect("read").preferences;
            assert_eq!(read, Preferences { keep_awake, ..Preferences::default() }, "{text}");
        }
    }

    #[test]
    fn limits_that_cannot_be_kept_to_are_refused_with_the_file_they_are_in() {
        let home = tempfile::tempdir().expect("a folder");
        for bad in [
            r#"{"limits":{"usual":9999}}"#,
            r#"{"limits":{"times":[{"days":["mon"],"from":0,"to":1440,"rule":{"kind":"pause"}}]}}"#,
            r#"{"limits":{"times":[{"days":["someday"],"from":0,"to":60,"rule":{"kind":"pause"}}]}}"#,
        ] {
            std::fs::write(home.path().join("settings.json"), bad).expect("written");
            let error = Settings::load(home.path()).expect_err(bad);
            assert!(error.code == ErrorCode::BadInput && error.detail.starts_with("settings.json: "), "{error}");
        }
    }
}
