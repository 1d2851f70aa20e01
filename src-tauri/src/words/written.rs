//! How numbers and times of day are written: in the formats of the system, with English words, as the page writes them
//! (`ui/src/text/locale.ts`). Which formats these are is asked once; who changes them starts Davit again.
//!
//! Known problem: ICU4X has no percent sign of another language yet. It stands right behind the number here, and as the language
//! wants it in the window.

use std::sync::LazyLock;

use formatjs_icu_messageformat::{
    DefaultFormatters, ExtendedNumberFormatOptions, Formatters as _, Locale, NumericValue,
};
use icu_datetime::fieldsets::T;
use icu_datetime::input::Time;
use icu_datetime::preferences::HourCycle;
use icu_datetime::{DateTimeFormatterPreferences, NoCalendarFormatter};

/// By whom numbers and times are written.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    numbers: Locale,
    times: Locale,
    /// By which a day has 24 hours, or twice twelve.
    cycle: HourCycle,
}

static HERE: LazyLock<Written> = LazyLock::new(|| {
    // Tests read the same wherever they run.
    let (numbers, times) = if cfg!(test) { (Some("en-GB".to_owned()), Some("en-GB".to_owned())) } else { told() };
    Written::by(numbers.as_deref(), times.as_deref())
});

impl Written {
    /// As the system says.
    pub(crate) fn here() -> &'static Self {
        &HERE
    }

    /// As the locales of these names want it; what nobody understands is English.
    pub(super) fn by(numbers: Option<&str>, times: Option<&str>) -> Self {
        let of = |name: Option<&str>| name.and_then(locale).unwrap_or_else(english);
        let (numbers, times) = (of(numbers), of(times));
        let afternoon = time(DateTimeFormatterPreferences::from(&times), 13, 0);
        let cycle = if afternoon.contains(&number(&times, 13.0, 0, 0)) { HourCycle::H23 } else { HourCycle::H12 };
        Self { numbers, times, cycle }
    }

    /// By whom numbers are, for the page.
    pub(crate) fn numbers(&self) -> String {
        self.numbers.to_string()
    }

    /// By whom dates and times are, for the page.
    pub(crate) fn times(&self) -> String {
        self.times.to_string()
    }

    /// By whom numbers are, for a message.
    pub(super) const fn locale(&self) -> &Locale {
        &self.numbers
    }

    /// "12,480", "38.4".
    pub(super) fn number(&self, value: f64, least: u32, most: u32) -> String {
        number(&self.numbers, value, least, most)
    }

    /// "18:00", of minutes after midnight.
    pub(super) fn clock(&self, minute: u16) -> String {
        let region = self.times.id.region.map(|region| format!("-{region}")).unwrap_or_default();
        let words = format!("en{region}").parse::<Locale>().unwrap_or_else(|_| english());
        let mut asked = DateTimeFormatterPreferences::from(&words);
        asked.hour_cycle = Some(self.cycle);
        let (hour, minute) = (u8::try_from(minute / 60).unwrap_or(0), u8::try_from(minute % 60).unwrap_or(0));
        let digit = |c: char| c.to_digit(10).map(|digit| number(&self.times, f64::from(digit), 0, 0));
        time(asked, hour, minute).chars().map(|c| digit(c).unwrap_or_else(|| c.to_string())).collect()
    }
}

fn number(by: &Locale, value: f64, least: u32, most: u32) -> String {
    let digits =
        ExtendedNumberFormatOptions::new().with_minimum_fraction_digits(least).with_maximum_fraction_digits(most);
    let written = DefaultFormatters.format_number(by, NumericValue::Float(value), &digits);
    written.unwrap_or_else(|_| value.to_string())
}

fn time(by: DateTimeFormatterPreferences, hour: u8, minute: u8) -> String {
    match (NoCalendarFormatter::try_new(by, T::hm()), Time::try_new(hour, minute, 0, 0)) {
        (Ok(formatter), Ok(time)) => formatter.format(&time).to_string(),
        _ => format!("{hour:02}:{minute:02}"),
    }
}

fn english() -> Locale {
    "en".parse().unwrap_or(Locale::UNKNOWN)
}

/// What a system calls a locale: `de_DE.UTF-8`, `de-DE`, `en_US@rg=dezzzz`. "C" and "POSIX" are none.
fn locale(name: &str) -> Option<Locale> {
    let (name, keys) = name.split_once('@').unwrap_or((name, ""));
    let tag = name.split('.').next().filter(|tag| !tag.is_empty())?.replace('_', "-");
    let mut locale: Locale = tag.parse().ok()?;
    // "POSIX" behind a language is meant for programs.
    let _ = locale.id.variants.clear();
    // Who speaks one language and lives elsewhere.
    let region = keys.split(';').find_map(|key| key.strip_prefix("rg=")).and_then(|region| region.get(..2));
    if let Some(region) = region.and_then(|region| region.parse().ok()) {
        locale.id.region = Some(region);
    }
    Some(locale)
}

/// By whom numbers, and by whom times are written: the formats of the desktop, which need not be those of its language.
#[cfg(not(any(windows, target_os = "macos")))]
fn told() -> (Option<String>, Option<String>) {
    of_environment(|name| std::env::var(name).ok())
}

#[cfg(any(test, not(any(windows, target_os = "macos"))))]
fn of_environment(read: impl Fn(&str) -> Option<String>) -> (Option<String>, Option<String>) {
    let of = |own| ["LC_ALL", own, "LANG"].into_iter().filter_map(&read).find(|value| !value.is_empty());
    (of("LC_NUMERIC"), of("LC_TIME"))
}

/// The regional format, and the clock that a person may have chosen beside it.
#[cfg(windows)]
fn told() -> (Option<String>, Option<String>) {
    let Ok(formats) = windows_registry::CURRENT_USER.open(r"Control Panel\International") else { return (None, None) };
    let Ok(name) = formats.get_string("LocaleName") else { return (None, None) };
    let times = with_clock(&name, &formats.get_string("sShortTime").unwrap_or_default());
    (Some(name), Some(times))
}

/// With the clock of a pattern such as "HH:mm" and "h:mm tt".
#[cfg(any(windows, test))]
fn with_clock(name: &str, pattern: &str) -> String {
    if pattern.contains('H') {
        format!("{name}-u-hc-h23")
    } else if pattern.contains('h') {
        format!("{name}-u-hc-h12")
    } else {
        name.to_owned()
    }
}

/// The region that is set beside the language.
#[cfg(target_os = "macos")]
fn told() -> (Option<String>, Option<String>) {
    let name = objc2_foundation::NSLocale::currentLocale().localeIdentifier().to_string();
    (Some(name.clone()), Some(name))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn numbers_and_times_read_as_in_the_window_whatever_the_formats() {
        // Written by a test of the page (`npm run words`).
        let page: BTreeMap<String, Vec<String>> = serde_json::from_str(include_str!("written.json")).expect("JSON");
        assert!(page.len() > 8, "{page:?}");
        for (name, said) in page {
            let written = Written::by(Some(&name), Some(&name));
            let here = [
                written.number(48_112.0, 0, 3),
                written.number(1_234.0, 0, 3),
                written.number(38.4, 1, 1),
                written.number(1.0, 1, 1),
                written.clock(9 * 60 + 5).replace('\u{202f}', " "),
                written.clock(16 * 60 + 2).replace('\u{202f}', " "),
            ];
            assert_eq!(said, here, "{name}");
        }
    }

    #[test]
    fn a_locale_is_known_by_whatever_name_a_system_has_for_it() {
        for (name, tag) in [
            ("de_DE.UTF-8", Some("de-DE")),
            ("de-CH", Some("de-CH")),
            ("ca_ES@valencia", Some("ca-ES")),
            ("en_GB@rg=dezzzz", Some("en-DE")),
            ("en_US@calendar=gregorian;rg=dezzzz", Some("en-DE")),
            ("en_US_POSIX", Some("en-US")),
            ("en-US-u-hc-h23", Some("en-US-u-hc-h23")),
            ("C", None),
            ("C.UTF-8", None),
            ("POSIX", None),
            ("", None),
        ] {
            assert_eq!(locale(name).map(|locale| locale.to_string()).as_deref(), tag, "{name}");
        }
        assert_eq!(Written::by(Some("C"), None).numbers(), "en");
    }

    #[test]
    fn the_formats_are_those_of_the_system_and_not_those_of_its_language() {
        let of = |set: &[(&str, &str)]| {
            of_environment(|name| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
        };
        let both = |one: &str, other: &str| (Some(one.to_owned()), Some(other.to_owned()));
        let german = [("LANG", "en_US.UTF-8"), ("LC_NUMERIC", "de_DE.UTF-8"), ("LC_TIME", "en_DK.UTF-8")];
        assert_eq!(of(&german), both("de_DE.UTF-8", "en_DK.UTF-8"));
        assert_eq!(of(&[("LANG", "fr_FR.UTF-8"), ("LC_TIME", "")]), both("fr_FR.UTF-8", "fr_FR.UTF-8"));
        assert_eq!(of(&[("LC_ALL", "sv_SE.UTF-8"), ("LC_TIME", "en_US.UTF-8")]), both("sv_SE.UTF-8", "sv_SE.UTF-8"));
        assert_eq!(of(&[]), (None, None));
    }

    #[test]
    fn a_clock_that_was_chosen_beside_the_regional_format_holds() {
        let clock = |name: &str, pattern: &str| {
            Written::by(None, Some(&with_clock(name, pattern))).clock(16 * 60 + 2).replace('\u{202f}', " ")
        };
        assert_eq!(clock("en-US", "h:mm tt"), "4:02 PM");
        assert_eq!(clock("en-US", "HH:mm"), "16:02");
        assert_eq!(clock("de-DE", "HH:mm"), "16:02");
        assert_eq!(clock("de-DE", ""), "16:02");
    }
}
