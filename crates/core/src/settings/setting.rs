//! One setting as policies, their templates and the page know it: its name, what it may be, and what it says.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use ts_rs::TS;

use super::{SETTINGS, Settings};
use crate::bandwidth::{LimitTime, Limits};
use crate::net::ProxyChoice;
use crate::units::ByteRate;

/// A setting's name, as the page and the records spell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(rename = "SettingName")]
pub enum Name {
    /// The company's address.
    Server,
    /// The limit outside of the schedule.
    UsualLimit,
    /// The times at which another limit holds.
    Schedule,
    /// Pieces in flight at a time.
    Concurrency,
    /// The system tells what is uploaded.
    TellDone,
    /// The system tells what needs the person.
    TellNeedsYou,
    /// The system tells what a watched folder uploaded.
    TellWatched,
    /// The computer stays awake.
    KeepAwake,
    /// It goes on without its window.
    KeepWorking,
    /// It shows its icon.
    Tray,
    /// It starts when a person signs in.
    StartAtLogin,
    /// What to do where a name is taken.
    SameName,
    /// Nothing is sent on a metered network.
    PauseMetered,
    /// Nothing is sent on a low battery.
    PauseOnLowBattery,
    /// Light or dark.
    Theme,
    /// An update is put in place by itself.
    InstallUpdates,
    /// Which proxy is taken.
    Proxy,
}

/// A row of [`SETTINGS`].
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its name.
    pub name: Name,
    /// The same as policies spell it.
    pub key: &'static str,
    /// What it may be.
    pub kind: Kind,
    /// What it is called where administrators see to it.
    pub title: &'static str,
    /// What it does, in whole sentences.
    pub says: &'static str,
    /// Whether the company's backend may say it, or a computer's own policy alone.
    pub backend: bool,
}

/// What a setting may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Yes or no.
    Switch,
    /// A number within bounds; 0 for none.
    Number {
        /// The smallest.
        least: u64,
        /// The largest.
        most: u64,
        /// One that makes sense.
        example: u64,
    },
    /// A text.
    Text {
        /// One that makes sense.
        example: &'static str,
    },
    /// One of a few words.
    Choice {
        /// Each, and what it is called where administrators see to it. What is usual is the first.
        of: &'static [(&'static str, &'static str)],
        /// One that makes sense.
        example: &'static str,
    },
    /// Which proxy is taken, as [`ProxyChoice::written`] has it.
    Proxy {
        /// One that makes sense.
        example: &'static str,
    },
    /// Times of a week, as [`LimitTime`] has them; none of them for no schedule.
    Times,
}

/// What a setting is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Yes or no.
    Switch(bool),
    /// A number; 0 for none.
    Number(u64),
    /// A text or a word of a few; empty for none.
    Text(String),
    /// Times of a week.
    Times(Vec<LimitTime>),
}

/// The longest text of a setting, in characters.
pub const LONGEST: usize = 2_048;

impl Kind {
    /// Whether [`super::Preferences`] have it: they are switches and choices of a few.
    pub const fn is_preference(self) -> bool {
        matches!(self, Self::Switch | Self::Choice { .. })
    }
}

impl Setting {
    /// The row that policies spell so.
    pub fn with_key(key: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| setting.key == key)
    }

    /// What holds where nobody says anything.
    pub fn usual(&self) -> Value {
        Settings::default().value(self.name)
    }

    /// A value as policies write it.
    ///
    /// # Errors
    /// The end of a sentence that begins with the setting's name.
    pub fn read(&self, json: &Json) -> Result<Value, String> {
        match self.kind {
            Kind::Switch => json.as_bool().map(Value::Switch).ok_or_else(|| "is true or false".to_owned()),
            Kind::Number { least, most, .. } => {
                let number = json.as_u64().filter(|number| *number == 0 || (least..=most).contains(number));
                number.map(Value::Number).ok_or_else(|| format!("is a number from {least} to {most}, or 0 for none"))
            }
            Kind::Text { .. } => {
                let text = json.as_str().filter(|text| (1..=LONGEST).contains(&text.chars().count()));
                text.map(|text| Value::Text(text.to_owned())).ok_or_else(|| "is a text".to_owned())
            }
            Kind::Choice { of, .. } => {
                let word = json.as_str().filter(|word| of.iter().any(|(one, _)| one == word));
                word.map(|word| Value::Text(word.to_owned())).ok_or_else(|| {
                    let words: Vec<_> = of.iter().map(|(word, _)| *word).collect();
                    format!("is one of {}", words.join(", "))
                })
            }
            Kind::Proxy { .. } => {
                let choice = json.as_str().filter(|text| text.chars().count() <= LONGEST).and_then(ProxyChoice::read);
                choice
                    .map(|choice| Value::proxy(&choice))
                    .ok_or_else(|| "is automatic, none, or a proxy's address without a name and password".to_owned())
            }
            Kind::Times => {
                let times: Vec<LimitTime> =
                    serde_json::from_value(json.clone()).map_err(|error| format!("is a list of times: {error}"))?;
                let schedule = Limits { usual: None, scheduled: true, times };
                schedule.check().map_err(|error| format!("has {}", error.detail))?;
                Ok(Value::Times(schedule.times))
            }
        }
    }
}

impl Value {
    /// A limit; none is 0.
    pub fn rate(rate: Option<ByteRate>) -> Self {
        Self::Number(rate.map_or(0, |rate| rate.0))
    }

    /// Which proxy is taken.
    pub fn proxy(choice: &ProxyChoice) -> Self {
        Self::Text(choice.written().to_owned())
    }

    /// As policies write it.
    pub fn json(&self) -> Json {
        match self {
            Self::Switch(on) => Json::from(*on),
            Self::Number(number) => Json::from(*number),
            Self::Text(text) => Json::from(text.as_str()),
            Self::Times(times) => serde_json::to_value(times).unwrap_or_default(),
        }
    }
}
