//! What a system itself hands to programs from a company's management: the registry's policies on Windows, managed
//! preferences on macOS. Both are read into the form that the policy file has, so that all that follows knows one schema.

use serde_json::Value as Json;

#[cfg(any(windows, target_os = "macos"))]
use super::there;
use crate::error::Result;
#[cfg(any(windows, test))]
use crate::settings::{Kind, Setting};

/// The keys below which settings stand, and what is none.
#[cfg(windows)]
const SECTIONS: [&str; 4] = ["presets", "locks", "store", "updates"];

/// What is no setting, and yes or no.
#[cfg(any(windows, test))]
const SWITCHES: [&str; 2] = ["enabled", "path_style"];

/// What is said to this computer, over what is said to who sits there. Nothing where the system hands over nothing.
///
/// # Errors
/// `bad-input` for a key that is there and cannot be read.
#[cfg(windows)]
pub(super) fn read() -> Result<Option<Json>> {
    use windows_registry::{CURRENT_USER, LOCAL_MACHINE};
    let mut found = Vec::new();
    for root in [CURRENT_USER, LOCAL_MACHINE] {
        let Some(key) = opened(root, super::MANAGED)? else { continue };
        let mut all = values(&key)?;
        for section in SECTIONS {
            if let Some(below) = opened(&key, section)? {
                all.insert(section.to_owned(), Json::Object(values(&below)?));
            }
        }
        found.push(Json::Object(all));
    }
    Ok(found.into_iter().reduce(over))
}

#[cfg(windows)]
fn opened(root: &windows_registry::Key, below: &str) -> Result<Option<windows_registry::Key>> {
    there(root.open(below).map_err(|error| as_of_files(error.code().0)), below)
}

/// The registry's errors are those of files in another dress.
#[cfg(windows)]
fn as_of_files(code: i32) -> std::io::Error {
    std::io::Error::from_raw_os_error(code & 0xffff)
}

/// The values of one key. One of a kind that no setting has is there, as nothing: its setting refuses it.
#[cfg(windows)]
fn values(key: &windows_registry::Key) -> Result<serde_json::Map<String, Json>> {
    use windows_registry::Type;
    let values = there(key.values().map_err(|error| as_of_files(error.code().0)), super::MANAGED)?;
    let read = values.into_iter().flatten().map(|(name, value)| {
        let found = match value.ty() {
            Type::U32 | Type::U64 => u64::try_from(value).ok().map(Found::Number),
            Type::String | Type::ExpandString => String::try_from(value).ok().map(Found::Text),
            _ => None,
        };
        row(&name, found)
    });
    Ok(read.collect())
}

/// A value of the registry by its name, which Windows takes in capitals as well.
#[cfg(any(windows, test))]
fn row(name: &str, found: Option<Found>) -> (String, Json) {
    let key = name.to_ascii_lowercase();
    let json = found.map_or(Json::Null, |found| in_schema(&key, found));
    (key, json)
}

/// A value of the registry, which knows neither yes and no nor lists.
#[cfg(any(windows, test))]
#[derive(Clone, Debug)]
enum Found {
    Number(u64),
    Text(String),
}

/// The same as the schema has it: 1 for yes, a number that was written as a text, and JSON for whatever has parts.
#[cfg(any(windows, test))]
fn in_schema(key: &str, found: Found) -> Json {
    match (Setting::with_key(key).map(|setting| setting.kind), found) {
        (kind, Found::Number(on @ (0 | 1))) if kind == Some(Kind::Switch) || SWITCHES.contains(&key) => {
            Json::from(on == 1)
        }
        (_, Found::Number(number)) => Json::from(number),
        (Some(Kind::Number { .. }), Found::Text(text)) => {
            text.trim().parse::<u64>().map_or(Json::String(text), Json::from)
        }
        (Some(Kind::Text { .. } | Kind::Choice { .. } | Kind::Proxy { .. } | Kind::Switch), Found::Text(text)) => {
            Json::String(text)
        }
        (Some(Kind::Times) | None, Found::Text(text)) => serde_json::from_str(&text).unwrap_or(Json::String(text)),
    }
}

/// What is said to this computer, over what is said to who sits there. Nothing where the system hands over nothing.
///
/// # Errors
/// `bad-input` for a file of managed preferences that is there and cannot be read.
#[cfg(target_os = "macos")]
pub(super) fn read() -> Result<Option<Json>> {
    const FILE: &str = "org.davit.app.plist";
    let computer = std::path::Path::new("/Library/Managed Preferences");
    let person = whoami::username().ok().map(|person| computer.join(person).join(FILE));
    let mut found = Vec::new();
    for file in person.into_iter().chain([computer.join(FILE)]) {
        let name = file.display().to_string();
        let Some(bytes) = there(std::fs::read(&file), &name)? else { continue };
        let one = plist::Value::from_reader(std::io::Cursor::new(bytes));
        found.push(of_plist(&one.map_err(|e| super::bad(&name, &e.to_string()))?));
    }
    Ok(found.into_iter().reduce(over))
}

/// A property list as JSON. What JSON has no word for is nothing: the setting refuses it.
#[cfg(any(target_os = "macos", test))]
fn of_plist(value: &plist::Value) -> Json {
    match value {
        plist::Value::Boolean(on) => Json::from(*on),
        plist::Value::Integer(number) => number.as_unsigned().map_or(Json::Null, Json::from),
        plist::Value::String(text) => Json::from(text.as_str()),
        plist::Value::Array(all) => all.iter().map(of_plist).collect(),
        plist::Value::Dictionary(all) => all.iter().map(|(key, value)| (key.clone(), of_plist(value))).collect(),
        _ => Json::Null,
    }
}

/// Linux has the policy file alone.
///
/// # Errors
/// None.
#[cfg(not(any(windows, target_os = "macos")))]
#[expect(clippy::unnecessary_wraps, reason = "the same shape on every system")]
pub(super) fn read() -> Result<Option<Json>> {
    Ok(None)
}

/// A policy in which the company's address stands in one place: alone, or as that of a company that is described, it is the lock that
/// many have no other than. Who says it in several ways means the one that stands alone, then the lock.
pub(super) fn folded(mut policy: Json) -> Json {
    if let Some(all) = policy.as_object_mut() {
        let alone = all.remove("server");
        // One that is described is one that nobody turns from. What is no address is refused with the company.
        let described = all.get("company").and_then(|company| company.get("credentials_url")).cloned();
        let described = described.filter(|address| address.as_str().is_some_and(|address| !address.is_empty()));
        if alone.is_some() || described.is_some() {
            let locks = all.entry("locks").or_insert_with(|| Json::Object(serde_json::Map::new()));
            // Locks that are none are refused with all of it.
            if let Some(locks) = locks.as_object_mut() {
                locks.extend(alone.map(|address| ("server".to_owned(), address)));
                if let Some(address) = described {
                    locks.entry("server").or_insert(address);
                }
            }
        }
    }
    policy
}

/// One policy over another, field by field: what both say is as the upper says it, whichever way each says the address.
pub(super) fn over(below: Json, upper: Json) -> Json {
    merged(folded(below), folded(upper))
}

fn merged(below: Json, upper: Json) -> Json {
    match (below, upper) {
        (Json::Object(mut all), Json::Object(upper)) => {
            for (key, value) in upper {
                let value = match all.remove(&key) {
                    Some(before) if ["presets", "locks", "updates"].contains(&key.as_str()) => merged(before, value),
                    _ => value,
                };
                all.insert(key, value);
            }
            Json::Object(all)
        }
        (_, upper) => upper,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::policy::Policy;
    use crate::settings::SETTINGS;

    #[test]
    fn the_profile_that_administrators_begin_with_is_a_policy_and_the_reference_says_every_setting() {
        let of = |name: &str| {
            let file = format!("{}/../../docs/policy/{name}", env!("CARGO_MANIFEST_DIR"));
            let profile = of_plist(&plist::Value::from_file(&file).expect("a profile"));
            Policy::of(profile["PayloadContent"][0].clone(), &file).expect("a policy")
        };
        let begin = of("davit.mobileconfig");
        assert!(begin.address().is_some() && begin.rules.presets.is_empty());
        let policy = of("davit-reference.mobileconfig");
        for setting in SETTINGS {
            let said = [&policy.rules.locks, &policy.rules.presets].map(|all| all.get(setting.name).is_some());
            assert!(said.contains(&true), "{}", setting.key);
        }
    }

    #[test]
    fn values_of_the_registry_are_read_as_the_schema_has_them() {
        let text = |text: &str| Found::Text(text.to_owned());
        for (key, found, read) in [
            ("keep_awake", Found::Number(0), json!(false)),
            ("tray", Found::Number(1), json!(true)),
            ("tray", Found::Number(2), json!(2)),
            ("usual_limit", Found::Number(50_000_000), json!(50_000_000)),
            ("usual_limit", text(" 50000000 "), json!(50_000_000)),
            ("usual_limit", text("fast"), json!("fast")),
            ("server", text("https://a.example"), json!("https://a.example")),
            ("server", text("7"), json!("7")),
            ("theme", text("dark"), json!("dark")),
            ("proxy", text("none"), json!("none")),
            ("schedule", text("[]"), json!([])),
            ("store", text(r#"{"endpoint":"https://s3.example"}"#), json!({"endpoint": "https://s3.example"})),
            ("updates", text(r#"{"enabled":false}"#), json!({"enabled": false})),
            ("company", text("not JSON"), json!("not JSON")),
            ("enabled", Found::Number(0), json!(false)),
            ("path_style", Found::Number(1), json!(true)),
            ("endpoint", text("https://s3.example"), json!("https://s3.example")),
        ] {
            assert_eq!(in_schema(key, found.clone()), read, "{key} {found:?}");
        }
    }

    #[test]
    fn names_of_the_registry_are_known_in_capitals_too_and_what_has_no_kind_is_refused() {
        let text = |text: &str| Some(Found::Text(text.to_owned()));
        assert_eq!(row("Server", text("https://A.example")), ("server".to_owned(), json!("https://A.example")));
        assert_eq!(row("Keep_Awake", Some(Found::Number(1))), ("keep_awake".to_owned(), json!(true)));
        for key in ["company", "store"] {
            let read = serde_json::Map::from_iter([row(key, None)]);
            Policy::of(Json::Object(read), "the registry").expect_err(key);
        }
    }

    #[test]
    fn managed_preferences_are_read_as_the_schema_has_them() {
        let text = br#"<?xml version="1.0" encoding="UTF-8"?>
            <!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
            <plist version="1.0"><dict><key>locks</key><dict><key>tray</key><false/><key>usual_limit</key>
            <integer>50000000</integer><key>schedule</key><array><dict><key>days</key><array><string>mon</string></array>
            </dict></array><key>other</key><real>1.5</real></dict></dict></plist>"#;
        let read = of_plist(&plist::Value::from_reader(std::io::Cursor::new(text)).expect("a property list"));
        let schedule = json!([{"days": ["mon"]}]);
        let locks = json!({"tray": false, "usual_limit": 50_000_000, "schedule": schedule, "other": null});
        assert_eq!(read, json!({ "locks": locks }));
    }

    #[test]
    fn one_policy_goes_over_another_setting_by_setting() {
        let below =
            json!({"server": "https://a", "locks": {"tray": true, "keep_awake": true}, "store": {"endpoint": "a"}});
        let upper = json!({"locks": {"tray": false}, "store": {"path_style": true}, "presets": {"concurrency": 4}});
        let both = json!({"locks": {"server": "https://a", "tray": false, "keep_awake": true},
            "store": {"path_style": true}, "presets": {"concurrency": 4}});
        assert_eq!(over(below.clone(), upper), both);
        assert_eq!(over(below, json!([])), json!([]), "what is no policy is refused, and not passed over");
    }

    #[test]
    fn updates_that_are_off_stay_off_where_another_place_says_where_they_are() {
        let off = json!({ "updates": { "enabled": false } });
        let elsewhere = json!({ "updates": { "endpoint": "https://it.example.com/davit.json" } });
        for (below, upper) in [(&off, &elsewhere), (&elsewhere, &off)] {
            let updates = Policy::of(over(below.clone(), upper.clone()), "both").expect("a policy").updates;
            assert!(!updates.enabled && updates.endpoint.is_some(), "{below} {upper}");
        }
        let on = json!({ "updates": { "enabled": true } });
        assert!(Policy::of(over(off, on), "both").expect("a policy").updates.enabled, "the upper counts");
    }

    #[test]
    fn whichever_way_an_address_is_said_the_upper_one_counts() {
        let alone = |address: &str| json!({ "server": address });
        let locked = |address: &str| json!({ "locks": { "server": address } });
        let described =
            |address: &str| json!({ "company": { "name": "Example", "credentials_url": address, "destinations": [] } });
        let (below, upper) = ("https://below.example", "https://upper.example");
        for below in [alone(below), locked(below), described(below)] {
            for upper in [alone(upper), locked(upper), described(upper)] {
                let both = Policy::of(over(below.clone(), upper.clone()), "both").expect("a policy");
                assert_eq!(both.address(), Some("https://upper.example"), "{below} {upper}");
            }
        }
    }
}
