//! What a person or company can set, with default and bounds. Kept as JSON in the home; no secret ever goes in.
//!
//! [`SETTINGS`] is the one table of what a company may say: policies are read by it, and their schema, their templates and the
//! administrators' list are made from it by `cargo xtask policy`. [`rules`] has what holds where several say something.

pub mod rules;
mod setting;

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::path::Path;

use serde::{Deserialize, Deserializer, Serialize};
use ts_rs::TS;

use crate::bandwidth::{Choice, LEAST, Limits, MOST};
use crate::error::{Error, ErrorCode, Result};
use crate::file::{Readers, write_whole};
use crate::net::ProxyChoice;
use crate::session::Collision;
use crate::units::UnixTime;
use rules::Rules;
pub use setting::{Kind, LONGEST, Name, Setting, Value};

/// How many pieces may be in flight at a time, where somebody says how many.
pub const PIECES: RangeInclusive<u16> = 1..=128;

/// Every setting that a person can change and a company preset or lock.
pub const SETTINGS: &[Setting] = &[
    Setting {
        name: Name::Server,
        key: "server",
        kind: Kind::Text { example: "https://uploads.example.com" },
        title: "Company's address",
        says: "Where Davit signs in and asks for credentials. Preset, people may turn to another company; locked, they cannot.",
        backend: false,
    },
    Setting {
        name: Name::UsualLimit,
        key: "usual_limit",
        kind: Kind::Number { least: LEAST.0, most: MOST.0, example: 50_000_000 },
        title: "Usual speed limit",
        says: "How fast all uploads of a computer may be together, in bytes a second. 0 is no limit. It holds outside of the schedule's times.",
        backend: true,
    },
    Setting {
        name: Name::Schedule,
        key: "schedule",
        kind: Kind::Times,
        title: "Speed schedule",
        says: "Times of the week at which another limit holds, or nothing is sent. from and to are minutes after midnight by the computer's clock; an end that is not after the beginning is on the next day.",
        backend: true,
    },
    Setting {
        name: Name::Concurrency,
        key: "concurrency",
        kind: Kind::Number { least: *PIECES.start() as u64, most: *PIECES.end() as u64, example: 8 },
        title: "Pieces in flight",
        says: "How many pieces are sent at a time. 0 is as many as turn out best. It counts from the next start.",
        backend: true,
    },
    Setting {
        name: Name::TellDone,
        key: "tell_done",
        kind: Kind::Switch,
        title: "Notify when uploads are done",
        says: "The system tells when what was added together is uploaded.",
        backend: true,
    },
    Setting {
        name: Name::TellNeedsYou,
        key: "tell_needs_you",
        kind: Kind::Switch,
        title: "Notify when something needs the person",
        says: "The system tells of the first problem of what was added together, of all once it ended, and of whatever nothing goes on without.",
        backend: true,
    },
    Setting {
        name: Name::TellWatched,
        key: "tell_watched",
        kind: Kind::Switch,
        title: "Notify when a watched folder uploads",
        says: "The system tells what a watched folder uploaded, at most once an hour for each.",
        backend: true,
    },
    Setting {
        name: Name::KeepAwake,
        key: "keep_awake",
        kind: Kind::Switch,
        title: "Keep the computer awake while uploading",
        says: "The computer stays awake while anything is sent, unless its battery is low.",
        backend: true,
    },
    Setting {
        name: Name::KeepWorking,
        key: "keep_working",
        kind: Kind::Switch,
        title: "Keep working when the window is closed",
        says: "Without its window Davit goes on. Its icon leads back to it, or another start.",
        backend: true,
    },
    Setting {
        name: Name::Tray,
        key: "tray",
        kind: Kind::Switch,
        title: "Show Davit in the menu bar or tray",
        says: "Davit shows its icon in the menu bar or tray.",
        backend: true,
    },
    Setting {
        name: Name::StartAtLogin,
        key: "start_at_login",
        kind: Kind::Switch,
        title: "Start when a person signs in",
        says: "Davit starts, without its window, when a person signs in to the computer. A preset is put in place once, and whoever switches it off, in Davit or in the system, has switched it off; a lock is put in place whenever Davit starts.",
        backend: true,
    },
    Setting {
        name: Name::SameName,
        key: "same_name",
        kind: Kind::Choice {
            of: &[
                ("destination", "As the destination says"),
                ("suffix", "Keep both"),
                ("overwrite", "Replace"),
                ("fail", "Ask the person"),
            ],
            example: "suffix",
        },
        title: "Same name already there",
        says: "What happens to files that a person adds where their name is taken. Watched folders have a setting of their own.",
        backend: true,
    },
    Setting {
        name: Name::PauseMetered,
        key: "pause_metered",
        kind: Kind::Switch,
        title: "Pause on metered networks",
        says: "Nothing is sent on a metered network, a mobile hotspot say, where the system tells.",
        backend: true,
    },
    Setting {
        name: Name::PauseOnLowBattery,
        key: "pause_on_low_battery",
        kind: Kind::Switch,
        title: "Pause on a low battery",
        says: "Nothing is sent on a battery with less than a fifth in it.",
        backend: true,
    },
    Setting {
        name: Name::Theme,
        key: "theme",
        kind: Kind::Choice {
            of: &[("system", "As the system is"), ("light", "Light"), ("dark", "Dark")],
            example: "dark",
        },
        title: "Theme",
        says: "Whether the window is light or dark.",
        backend: true,
    },
    Setting {
        name: Name::InstallUpdates,
        key: "install_updates",
        kind: Kind::Switch,
        title: "Install updates by themselves",
        says: "An update that is there is put in place when the person quits, at the next start, or while the window is closed and nothing is uploading. Whether Davit looks for updates at all, and where, is said by updates.",
        backend: true,
    },
    Setting {
        name: Name::Proxy,
        key: "proxy",
        kind: Kind::Proxy { example: "http://proxy.example.com:3128/" },
        title: "Proxy",
        says: "The proxy that all is sent through: automatic for what the environment or the system's settings say, none for the straight way, or an address without a name and password. Those are the person's, and in the system's keychain.",
        backend: false,
    },
];

/// The settings on record. A missing field has its default, an unknown one is kept out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Settings {
    /// The company's address as last connected; none until then.
    pub server: Option<String>,
    /// The company that answered last; none until then.
    pub company: Option<Known>,
    /// A company that is being forgotten, by its address: the next start does what a kill kept from being done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forgetting: Option<String>,
    /// Pieces in flight at a time, within [`PIECES`]; none, the default, means as many as turn out best.
    pub concurrency: Option<u16>,
    /// How fast uploads may be. Default: no limit.
    pub limits: Limits,
    /// What was chosen past the schedule, until that changes next.
    pub chosen: Option<Choice>,
    /// How it goes together with this computer and who sits there.
    pub preferences: Preferences,
    /// Which proxy is taken. Default: what the environment or the system says. Its password is in the keychain.
    pub proxy: ProxyChoice,
    /// Until when the log has more in it. Default: it has not.
    pub detailed_log: Option<UnixTime>,
    /// What the person set to what is usual, where a company presets something else.
    #[serde(deserialize_with = "known", skip_serializing_if = "BTreeSet::is_empty")]
    pub own: BTreeSet<Name>,
}

/// Names that a newer version knows are kept out.
fn known<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<BTreeSet<Name>, D::Error> {
    let names = Vec::<serde_json::Value>::deserialize(from)?;
    Ok(names.into_iter().filter_map(|name| serde_json::from_value(name).ok()).collect())
}

/// Rules of a newer version are told anew.
fn understood<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<Rules, D::Error> {
    Ok(serde_json::from_value(serde_json::Value::deserialize(from)?).unwrap_or_default())
}

/// How the program goes together with this computer and who sits there. Each is a choice of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[expect(clippy::struct_excessive_bools, reason = "they are independent of each other")]
pub struct Preferences {
    /// The system tells when what was added together is uploaded. Default: yes.
    pub tell_done: bool,
    /// The system tells of the first problem of what was added together, of all once it ended, and of whatever nothing goes on
    /// without. Default: yes.
    pub tell_needs_you: bool,
    /// The system tells what a watched folder uploaded, at most once an hour for each. Default: no.
    pub tell_watched: bool,
    /// The computer stays awake while anything is sent, unless its battery is low. Default: yes.
    pub keep_awake: bool,
    /// Without its window it goes on; its icon leads back to it, or another start. Default: yes.
    pub keep_working: bool,
    /// It shows its icon in the menu bar or tray. Default: yes.
    pub tray: bool,
    /// It starts, without its window, when the person signs in. Default: no. What holds is what the system does, which has switches of
    /// its own for it.
    pub start_at_login: bool,
    /// What to do with files that a person adds where the name is taken; watched folders say it for themselves. Default: as
    /// the destination says.
    pub same_name: Option<Collision>,
    /// Nothing is sent on a metered network, a mobile hotspot say, where the system tells. Default: yes.
    pub pause_metered: bool,
    /// Nothing is sent on a battery with less than a fifth in it. Default: yes.
    pub pause_on_low_battery: bool,
    /// Light or dark. Default: as the system is.
    pub theme: Theme,
    /// An update that is there is put in place when the person quits, at the next start, or out of sight while nothing is sent. Default: yes.
    pub install_updates: bool,
}

/// How the window looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Theme {
    /// As the system does.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
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
            start_at_login: false,
            same_name: None,
            pause_metered: true,
            pause_on_low_battery: true,
            theme: Theme::System,
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
    /// What it presets and locks, as it said last.
    #[serde(default, deserialize_with = "understood", skip_serializing_if = "Rules::is_empty")]
    pub policy: Rules,
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
        settings.proxy.check().map_err(refused)?;
        settings.concurrency = settings.concurrency.map(|fixed| fixed.clamp(*PIECES.start(), *PIECES.end()));
        Ok(settings)
    }

    /// Has nothing of the company at this address in them any more, but the word that it is being forgotten.
    pub fn forget(&mut self, company: &str) {
        self.company.take_if(|known| known.address == company);
        self.server.take_if(|server| *server == company);
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
    use crate::units::ByteRate;

    #[test]
    fn settings_come_back_as_they_were_written_and_within_bounds() {
        let home = tempfile::tempdir().expect("a folder");
        assert_eq!(Settings::load(home.path()).expect("defaults"), Settings::default());
        let address = "https://uploads.example.com".to_owned();
        let company = Some(Known { address: address.clone(), name: "Example Films".into(), policy: Rules::default() });
        let chosen = Some(Choice { rate: None, paused: true, until: Some(UnixTime(1_800_000_000)) });
        let limits = Limits { usual: Some(ByteRate(10_000)), ..Limits::default() };
        let preferences =
            Preferences { keep_awake: false, tell_watched: true, theme: Theme::Dark, ..Preferences::default() };
        let proxy = ProxyChoice::typed("proxy.example.com:3128").expect("a proxy");
        let set = Settings {
            server: Some(address),
            company,
            forgetting: Some("https://other.example.com".to_owned()),
            concurrency: Some(500),
            limits,
            chosen,
            preferences,
            proxy,
            detailed_log: Some(UnixTime(1_800_000_000)),
            own: BTreeSet::from([Name::Tray]),
        };
        set.save(home.path()).expect("saved");
        let back = Settings::load(home.path()).expect("read");
        assert_eq!(back, Settings { concurrency: Some(*PIECES.end()), ..set });
    }

    #[test]
    fn of_a_company_that_is_forgotten_nothing_is_in_the_settings_and_what_is_anothers_stays() {
        let known = |address: &str| Known { address: address.into(), name: "A".into(), policy: Rules::default() };
        let (one, other) = ("https://a.example", "https://b.example");
        let at = |server: &str, company: &str| Settings {
            server: Some(server.to_owned()),
            company: Some(known(company)),
            concurrency: Some(8),
            ..Settings::default()
        };
        let mut settings = at(one, one);
        settings.forget(one);
        assert_eq!(settings, Settings { concurrency: Some(8), ..Settings::default() });
        let mut settings = at(other, other);
        settings.forget(one);
        assert_eq!(settings, at(other, other));
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
    fn what_a_newer_version_left_among_what_is_the_persons_or_the_companys_is_passed_over() {
        let home = tempfile::tempdir().expect("a folder");
        let text = r#"{"own":["tray","newer",1],
            "company":{"address":"https://a.example","name":"A","policy":{"locks":{"tray":"sometimes"}}}}"#;
        std::fs::write(home.path().join("settings.json"), text).expect("written");
        let read = Settings::load(home.path()).expect("read");
        assert_eq!(read.own, BTreeSet::from([Name::Tray]));
        assert_eq!(read.company.map(|known| known.policy), Some(Rules::default()));
    }

    #[test]
    fn limits_and_proxies_that_cannot_be_kept_to_are_refused_with_the_file_they_are_in() {
        let home = tempfile::tempdir().expect("a folder");
        for bad in [
            r#"{"limits":{"usual":9999}}"#,
            r#"{"limits":{"times":[{"days":["mon"],"from":0,"to":1440,"rule":{"kind":"pause"}}]}}"#,
            r#"{"limits":{"times":[{"days":["someday"],"from":0,"to":60,"rule":{"kind":"pause"}}]}}"#,
            r#"{"proxy":{"kind":"fixed","address":"http://ada:secret1@proxy.example.com:3128"}}"#,
        ] {
            std::fs::write(home.path().join("settings.json"), bad).expect("written");
            let error = Settings::load(home.path()).expect_err(bad);
            assert!(error.code == ErrorCode::BadInput && error.detail.starts_with("settings.json: "), "{error}");
            assert!(!error.to_string().contains("secret1"), "{error}");
        }
    }
}
