//! What a company presets or locks, and what holds by it.
//!
//! A lock of this computer's policy comes first, then a lock of the company's backend, what the person set, a preset of
//! the policy, one of the backend, and what is usual. What a person set stays on record below a lock, and counts again
//! once that is gone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use ts_rs::TS;

use super::{Name, SETTINGS, Setting, Settings, Theme, Value};
use crate::bandwidth::Limits;
use crate::error::{Error, ErrorCode, Result};
use crate::net::ProxyChoice;
use crate::session::Collision;
use crate::units::ByteRate;

/// The words of [`Name::SameName`].
const SAME_NAMES: [(&str, Option<Collision>); 4] = [
    ("destination", None),
    ("suffix", Some(Collision::Suffix)),
    ("overwrite", Some(Collision::Overwrite)),
    ("fail", Some(Collision::Fail)),
];

/// The words of [`Name::Theme`].
const THEMES: [(&str, Theme); 3] = [("system", Theme::System), ("light", Theme::Light), ("dark", Theme::Dark)];

fn word<T: PartialEq>(words: &[(&str, T)], meant: &T) -> Value {
    let word = words.iter().find(|(_, of)| of == meant).map_or("", |(word, _)| word);
    Value::Text(word.to_owned())
}

fn meant<T: Copy + Default>(words: &[(&str, T)], word: &str) -> T {
    words.iter().find(|(one, _)| *one == word).map(|(_, of)| *of).unwrap_or_default()
}

/// What somebody presets and what they lock: part of a policy, and of what a backend says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rules {
    /// What holds until the person sets something else.
    #[serde(skip_serializing_if = "Values::is_empty")]
    pub presets: Values,
    /// What holds whatever the person sets.
    #[serde(skip_serializing_if = "Values::is_empty")]
    pub locks: Values,
}

/// Settings with values. Names that are not known are left to newer versions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, Json>", into = "BTreeMap<String, Json>")]
pub struct Values(BTreeMap<Name, Value>);

/// Who says what a setting is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// Nobody: it is as usual.
    Default,
    /// The person at this computer.
    Person,
    /// The company's backend.
    Backend,
    /// This computer's policy.
    Policy,
}

/// A setting, and who says what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Sourced {
    /// The setting.
    pub name: Name,
    /// Who says it.
    pub source: Source,
    /// Whether the person cannot change it.
    pub locked: bool,
}

/// What holds, and who says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruled {
    /// The settings as they hold. Never to be kept: what is on record is the person's.
    pub settings: Settings,
    /// Who says each.
    pub sources: Vec<Sourced>,
}

impl Values {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What a setting is.
    pub fn get(&self, name: Name) -> Option<&Value> {
        self.0.get(&name)
    }

    /// The text of a setting that is one.
    pub fn text(&self, name: Name) -> Option<&str> {
        match self.0.get(&name) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }
}

impl TryFrom<BTreeMap<String, Json>> for Values {
    type Error = String;

    fn try_from(written: BTreeMap<String, Json>) -> Result<Self, String> {
        let mut values = BTreeMap::new();
        for (key, json) in written {
            let Some(setting) = Setting::with_key(&key) else { continue };
            let value = setting.read(&json).map_err(|why| format!("field `{key}` {why}"))?;
            values.insert(setting.name, value);
        }
        Ok(Self(values))
    }
}

impl From<Values> for BTreeMap<String, Json> {
    fn from(values: Values) -> Self {
        let written = |setting: &Setting| Some((setting.key.to_owned(), values.get(setting.name)?.json()));
        SETTINGS.iter().filter_map(written).collect()
    }
}

impl Rules {
    /// Whether nothing is ruled.
    pub fn is_empty(&self) -> bool {
        self.presets.is_empty() && self.locks.is_empty()
    }

    /// Whether a backend may say all of it.
    pub fn fits_a_backend(&self) -> bool {
        let said = |setting: &&Setting| [&self.presets, &self.locks].iter().any(|all| all.get(setting.name).is_some());
        SETTINGS.iter().filter(said).all(|setting| setting.backend)
    }
}

impl Ruled {
    /// Who says what a setting is.
    pub fn of(&self, name: Name) -> Sourced {
        let usual = Sourced { name, source: Source::Default, locked: false };
        self.sources.iter().copied().find(|one| one.name == name).unwrap_or(usual)
    }

    /// Nothing where the person may change it.
    ///
    /// # Errors
    /// `set-by-company`, with the setting's name.
    pub fn may_change(&self, name: Name) -> Result<()> {
        if !self.of(name).locked {
            return Ok(());
        }
        let key = SETTINGS.iter().find(|setting| setting.name == name).map_or("", |setting| setting.key);
        Err(Error::new(ErrorCode::SetByCompany).detail(key))
    }

    /// Whether the person may choose how fast uploads are.
    ///
    /// # Errors
    /// `set-by-company`, with the setting's name.
    pub fn may_choose_a_limit(&self) -> Result<()> {
        self.may_change(Name::UsualLimit).and_then(|()| self.may_change(Name::Schedule))
    }
}

impl Settings {
    /// What holds by this computer's policy and what the company's backend said last.
    pub fn ruled(&self, policy: &Rules) -> Ruled {
        let nothing = Rules::default();
        let backend = self.company.as_ref().map_or(&nothing, |known| &known.policy);
        let mut settings = self.clone();
        let mut sources = Vec::with_capacity(SETTINGS.len());
        for Setting { name, .. } in SETTINGS {
            let locked = policy.locks.get(*name).map(|value| (value, Source::Policy));
            let locked = locked.or_else(|| Some((backend.locks.get(*name)?, Source::Backend)));
            let own = locked.is_none() && self.is_own(*name);
            let preset = policy.presets.get(*name).map(|value| (value, Source::Policy));
            let preset = preset.or_else(|| Some((backend.presets.get(*name)?, Source::Backend)));
            let source = match locked.or(preset) {
                _ if own => Source::Person,
                Some((value, source)) => {
                    settings.put(*name, value);
                    source
                }
                None => Source::Default,
            };
            sources.push(Sourced { name: *name, source, locked: locked.is_some() });
        }
        Ruled { settings, sources }
    }

    /// Takes what a person sets. What would be so anyway is on record no more: it follows whoever says it.
    ///
    /// # Errors
    /// `set-by-company` for what is locked.
    pub fn set(&mut self, name: Name, value: &Value, policy: &Rules) -> Result<()> {
        let now = self.ruled(policy);
        if now.settings.value(name) == *value {
            return Ok(());
        }
        now.may_change(name)?;
        self.own.remove(&name);
        self.put(name, &Self::default().value(name));
        if self.ruled(policy).settings.value(name) != *value {
            self.put(name, value);
            self.own.insert(name);
        }
        Ok(())
    }

    /// Takes the limits as a person sets them.
    ///
    /// # Errors
    /// `set-by-company` for what of them is locked.
    pub fn set_limits(&mut self, limits: Limits, policy: &Rules) -> Result<()> {
        let now = self.ruled(policy);
        if (now.settings.limits.scheduled, &now.settings.limits.times) != (limits.scheduled, &limits.times) {
            now.may_change(Name::Schedule)?;
            // Times that do not count for now are kept as well.
            (self.limits.scheduled, self.limits.times) = (limits.scheduled, limits.times);
            self.own.insert(Name::Schedule);
        }
        self.set(Name::UsualLimit, &Value::rate(limits.usual), policy)
    }

    /// What a setting is, by this record alone.
    pub fn value(&self, name: Name) -> Value {
        let Self { limits, preferences, .. } = self;
        match name {
            Name::Server => Value::Text(self.server.clone().unwrap_or_default()),
            Name::UsualLimit => Value::rate(limits.usual),
            Name::Schedule => Value::Times(if limits.scheduled { limits.times.clone() } else { Vec::new() }),
            Name::Concurrency => Value::Number(self.concurrency.map_or(0, u64::from)),
            Name::TellDone => Value::Switch(preferences.tell_done),
            Name::TellNeedsYou => Value::Switch(preferences.tell_needs_you),
            Name::TellWatched => Value::Switch(preferences.tell_watched),
            Name::KeepAwake => Value::Switch(preferences.keep_awake),
            Name::KeepWorking => Value::Switch(preferences.keep_working),
            Name::Tray => Value::Switch(preferences.tray),
            Name::StartAtLogin => Value::Switch(preferences.start_at_login),
            Name::SameName => word(&SAME_NAMES, &preferences.same_name),
            Name::PauseMetered => Value::Switch(preferences.pause_metered),
            Name::PauseOnLowBattery => Value::Switch(preferences.pause_on_low_battery),
            Name::Theme => word(&THEMES, &preferences.theme),
            Name::InstallUpdates => Value::Switch(preferences.install_updates),
            Name::Proxy => Value::proxy(&self.proxy),
        }
    }

    /// Has a setting so. A value of another kind changes nothing.
    fn put(&mut self, name: Name, value: &Value) {
        let Self { server, concurrency, limits, preferences, proxy, .. } = self;
        match (name, value) {
            (Name::Server, Value::Text(text)) => *server = Some(text.clone()).filter(|text| !text.is_empty()),
            (Name::UsualLimit, Value::Number(rate)) => limits.usual = (*rate > 0).then_some(ByteRate(*rate)),
            (Name::Schedule, Value::Times(times)) => {
                limits.scheduled = !times.is_empty();
                if limits.scheduled {
                    limits.times.clone_from(times);
                }
            }
            (Name::Concurrency, Value::Number(pieces)) => {
                *concurrency = u16::try_from(*pieces).ok().filter(|pieces| *pieces > 0);
            }
            (Name::TellDone, Value::Switch(on)) => preferences.tell_done = *on,
            (Name::TellNeedsYou, Value::Switch(on)) => preferences.tell_needs_you = *on,
            (Name::TellWatched, Value::Switch(on)) => preferences.tell_watched = *on,
            (Name::KeepAwake, Value::Switch(on)) => preferences.keep_awake = *on,
            (Name::KeepWorking, Value::Switch(on)) => preferences.keep_working = *on,
            (Name::Tray, Value::Switch(on)) => preferences.tray = *on,
            (Name::StartAtLogin, Value::Switch(on)) => preferences.start_at_login = *on,
            (Name::SameName, Value::Text(word)) => preferences.same_name = meant(&SAME_NAMES, word),
            (Name::PauseMetered, Value::Switch(on)) => preferences.pause_metered = *on,
            (Name::PauseOnLowBattery, Value::Switch(on)) => preferences.pause_on_low_battery = *on,
            (Name::InstallUpdates, Value::Switch(on)) => preferences.install_updates = *on,
            (Name::Theme, Value::Text(word)) => preferences.theme = meant(&THEMES, word),
            (Name::Proxy, Value::Text(text)) => *proxy = ProxyChoice::read(text).unwrap_or_default(),
            _ => {}
        }
    }

    /// Whether the person said it: what is not as usual was never anybody else's to record.
    fn is_own(&self, name: Name) -> bool {
        let kept = name == Name::Schedule && !self.limits.times.is_empty();
        kept || self.own.contains(&name) || self.value(name) != Self::default().value(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Kind, Known, Preferences};

    fn rules(text: &str) -> Rules {
        serde_json::from_str(text).expect(text)
    }

    fn at_a_company(text: &str) -> Settings {
        let (address, name) = ("https://uploads.example.com".to_owned(), "Example".to_owned());
        Settings { company: Some(Known { address, name, policy: rules(text) }), ..Settings::default() }
    }

    fn source(settings: &Settings, policy: &Rules, name: Name) -> (Source, bool, Value) {
        let ruled = settings.ruled(policy);
        let Sourced { source, locked, .. } = ruled.of(name);
        (source, locked, ruled.settings.value(name))
    }

    #[test]
    fn a_lock_of_the_computer_comes_first_then_one_of_the_company_the_person_and_presets() {
        let number = Value::Number;
        let lock = rules(r#"{"locks":{"concurrency":1}}"#);
        let preset = rules(r#"{"presets":{"concurrency":4}}"#);
        let mut settings = at_a_company(r#"{"locks":{"concurrency":2},"presets":{"concurrency":5}}"#);
        settings.concurrency = Some(3);
        let of = |settings: &Settings, policy: &Rules| source(settings, policy, Name::Concurrency);
        assert_eq!(of(&settings, &lock), (Source::Policy, true, number(1)));
        assert_eq!(of(&settings, &preset), (Source::Backend, true, number(2)));
        let mut free = at_a_company(r#"{"presets":{"concurrency":5}}"#);
        free.concurrency = Some(3);
        assert_eq!(of(&free, &preset), (Source::Person, false, number(3)));
        free.concurrency = None;
        assert_eq!(of(&free, &preset), (Source::Policy, false, number(4)));
        assert_eq!(of(&free, &Rules::default()), (Source::Backend, false, number(5)));
        assert_eq!(of(&Settings::default(), &Rules::default()), (Source::Default, false, number(0)));
    }

    #[test]
    fn what_a_person_sets_counts_before_a_preset_and_is_no_more_theirs_once_it_is_the_same() {
        let policy = rules(r#"{"presets":{"keep_awake":false}}"#);
        let mut settings = Settings::default();
        settings.set(Name::KeepAwake, &Value::Switch(true), &policy).expect("theirs to say");
        assert_eq!(source(&settings, &policy, Name::KeepAwake), (Source::Person, false, Value::Switch(true)));
        settings.set(Name::KeepAwake, &Value::Switch(false), &policy).expect("theirs to say");
        assert_eq!(source(&settings, &policy, Name::KeepAwake), (Source::Policy, false, Value::Switch(false)));
        assert_eq!(settings, Settings::default());
    }

    #[test]
    fn what_is_locked_is_refused_and_what_was_set_before_counts_again_once_the_lock_is_gone() {
        let policy = rules(r#"{"locks":{"usual_limit":50000000}}"#);
        let own = Some(ByteRate(10_000_000));
        let mut settings = Settings { limits: Limits { usual: own, ..Limits::default() }, ..Settings::default() };
        let before = settings.clone();
        let other = Limits { usual: None, ..settings.limits.clone() };
        assert_eq!(settings.set_limits(other, &policy).expect_err("locked").code, ErrorCode::SetByCompany);
        assert_eq!(settings, before);
        assert_eq!(settings.ruled(&policy).settings.limits.usual, Some(ByteRate(50_000_000)));
        assert_eq!(settings.ruled(&Rules::default()).settings.limits.usual, own);
    }

    #[test]
    fn no_limit_can_be_set_where_one_is_preset() {
        let policy = rules(
            r#"{"presets":{"usual_limit":50000000,"schedule":[{"days":["mon"],"from":480,"to":1080,"rule":{"kind":"pause"}}]}}"#,
        );
        let mut settings = Settings::default();
        let preset = settings.ruled(&policy).settings.limits;
        assert!(preset.has_schedule() && preset.usual == Some(ByteRate(50_000_000)), "{preset:?}");
        settings.set_limits(Limits { usual: None, scheduled: false, ..preset }, &policy).expect("theirs to say");
        let now = settings.ruled(&policy);
        assert!(now.settings.limits.usual.is_none() && !now.settings.limits.has_schedule());
        assert_eq!(now.settings.limits.times.len(), 1, "it can be switched on again");
    }

    #[test]
    fn a_rule_that_makes_no_sense_is_refused_by_its_name_and_one_that_is_not_known_is_left_alone() {
        for (bad, name) in [
            (r#"{"locks":{"keep_awake":1}}"#, "keep_awake"),
            (r#"{"presets":{"usual_limit":9999}}"#, "usual_limit"),
            (r#"{"presets":{"concurrency":129}}"#, "concurrency"),
            (r#"{"presets":{"concurrency":-1}}"#, "concurrency"),
            (r#"{"locks":{"server":""}}"#, "server"),
            (r#"{"presets":{"theme":"blue"}}"#, "theme"),
            (r#"{"presets":{"same_name":null}}"#, "same_name"),
            (r#"{"locks":{"proxy":"ada:secret1@proxy.example.com:3128"}}"#, "proxy"),
            (r#"{"locks":{"schedule":[{"days":[],"from":0,"to":0,"rule":{"kind":"pause"}}]}}"#, "schedule"),
        ] {
            let refused = serde_json::from_str::<Rules>(bad).expect_err(bad).to_string();
            assert!(refused.contains(&format!("field `{name}`")), "{refused}");
            assert!(!refused.contains("secret1"), "{refused}");
        }
        let known = rules(r#"{"locks":{"tray":false,"newer":[1]},"newest":{}}"#);
        assert_eq!(serde_json::to_string(&known).expect("JSON"), r#"{"locks":{"tray":false}}"#);
        assert!(known.fits_a_backend() && !rules(r#"{"presets":{"server":"https://a.example"}}"#).fits_a_backend());
    }

    /// Whatever else a setting may be than what is usual, or some of that.
    fn others(setting: &Setting) -> impl Iterator<Item = Value> {
        let times = serde_json::json!([{"days": ["mon"], "from": 0, "to": 60, "rule": {"kind": "pause"}}]);
        let all = match setting.kind {
            Kind::Switch => vec![Value::Switch(setting.usual() != Value::Switch(true))],
            Kind::Number { example, .. } => vec![Value::Number(example)],
            Kind::Text { example } | Kind::Proxy { example } => vec![Value::Text(example.to_owned())],
            Kind::Choice { of, .. } => {
                assert_eq!(setting.usual(), Value::Text(of[0].0.to_owned()), "what is usual comes first");
                of[1..].iter().map(|(word, _)| Value::Text((*word).to_owned())).collect()
            }
            Kind::Times => vec![setting.read(&times).expect("times")],
        };
        all.into_iter()
    }

    #[test]
    fn every_setting_of_the_records_stands_in_the_table_once() {
        let value = |name| serde_json::to_value(name).expect("a name").as_str().expect("a text").to_owned();
        let names: Vec<String> = SETTINGS.iter().map(|setting| value(setting.name)).collect();
        let preferences = serde_json::to_value(Preferences::default()).expect("JSON");
        for field in preferences.as_object().expect("fields").keys() {
            assert_eq!(names.iter().filter(|name| *name == field).count(), 1, "{field}");
        }
        for (setting, changed) in SETTINGS.iter().flat_map(|setting| others(setting).map(move |other| (setting, other)))
        {
            let mut other = Settings::default();
            other.set(setting.name, &changed, &Rules::default()).expect("free");
            assert_eq!(other.value(setting.name), changed, "{}", setting.key);
            assert_eq!(setting.read(&changed.json()).as_ref(), Ok(&changed), "{}", setting.key);
            let mut others = SETTINGS.iter().filter(|one| one.name != setting.name);
            assert!(others.all(|one| other.value(one.name) == one.usual()), "{}", setting.key);
        }
    }
}
