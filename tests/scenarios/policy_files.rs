//! What administrators get of the one table of settings: a schema, templates for Windows, what a policy and a profile for macOS
//! begin with, a reference of both, and the list. `cargo xtask policy` writes them to `docs/policy/`; here is kept that they are
//! what the table says.

mod taken;
mod templates;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use davit_core::bandwidth::{LEAST, MOST, TIMES_AT_MOST};
use davit_core::policy::Policy;
use davit_core::settings::{Kind, LONGEST, SETTINGS, Setting};
use serde_json::{Map, Value, json};

/// What stands in every file that can say so and is taken as it is.
const MADE: &str = "Made from crates/core/src/settings.rs by `cargo xtask policy`. Not to be edited.";
/// The same of what an administrator makes their own.
const BEGIN: &str =
    "What a profile begins with. Edit a copy: the address, the identifiers and both PayloadUUIDs are yours.";
/// And of what shows how everything is written.
const REFERENCE: &str =
    "A reference of every setting, each with some value. Copy from it what you want; never install all of it.";

/// A host and its port: a number, or a name whose last part begins with a letter, as all else would be read as a number. That the
/// parts of a name have single hyphens leaves those out that stand for other alphabets and are not spelt out.
const HOST: &str = r"(([A-Za-z0-9]+(-[A-Za-z0-9]+)*\.)*[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*|((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\.){3}(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9]))(:(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[0-9]{1,4}))?";
/// What never leaves a computer, and may be asked without https.
const LOOPBACK: &str = r"http://(localhost|127\.0\.0\.1)(:(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[0-9]{1,4}))?";
/// What may stand behind a host. A name and password stand before one, and are taken nowhere.
const REST: &str = "([/?#][!-~]*)?";

/// An address that begins so, and has nothing else around it.
fn address(begins: &str) -> String {
    format!("^({begins}){REST}$")
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/policy")
}

/// Every file, and what it holds.
fn made() -> Vec<(&'static str, String)> {
    vec![
        ("policy.schema.json", pretty(&schema())),
        ("policy.example.json", pretty(&example())),
        ("policy.reference.json", pretty(&reference())),
        ("davit.admx", templates::admx()),
        ("en-US/davit.adml", templates::adml()),
        ("davit.mobileconfig", templates::profile(BEGIN, &example(), ["01", "02"])),
        ("davit-reference.mobileconfig", templates::profile(REFERENCE, &reference(), ["03", "04"])),
        ("settings.md", list()),
    ]
}

fn pretty(json: &Value) -> String {
    format!("{json:#}\n")
}

/// By their keys: maps of JSON come out in this order whether they keep another or not.
fn sorted() -> Vec<&'static Setting> {
    let mut all: Vec<_> = SETTINGS.iter().collect();
    all.sort_by_key(|setting| setting.key);
    all
}

/// A value that makes sense.
fn example_of(setting: &Setting) -> Value {
    match setting.kind {
        Kind::Switch => setting.usual().json(),
        Kind::Number { example, .. } => json!(example),
        Kind::Text { example } | Kind::Choice { example, .. } | Kind::Proxy { example } => json!(example),
        Kind::Times => json!([{
            "days": ["mon", "tue", "wed", "thu", "fri"], "from": 480, "rule": { "kind": "limit", "rate": 10_000_000 },
            "to": 1080,
        }]),
    }
}

/// Fields stand in the order of the alphabet, as everywhere here.
fn schema_of(setting: &Setting) -> Value {
    let (title, says, usual) = (setting.title, setting.says, setting.usual().json());
    match setting.kind {
        Kind::Switch => json!({ "default": usual, "description": says, "title": title, "type": "boolean" }),
        Kind::Number { least, most, .. } => json!({
            "anyOf": [{ "const": 0 }, { "maximum": most, "minimum": least }],
            "default": usual, "description": says, "title": title, "type": "integer",
        }),
        Kind::Text { .. } => {
            json!({ "description": says, "maxLength": LONGEST, "minLength": 1, "title": title, "type": "string" })
        }
        Kind::Choice { of, .. } => {
            let words: Vec<_> = of.iter().map(|(word, _)| *word).collect();
            json!({ "default": usual, "description": says, "enum": words, "title": title, "type": "string" })
        }
        Kind::Proxy { .. } => json!({
            "default": usual, "description": says, "maxLength": LONGEST,
            "pattern": format!("^(automatic|none|(https?://)?{HOST}/?)$"), "title": title, "type": "string",
        }),
        Kind::Times => json!({
            "default": usual, "description": says, "items": { "$ref": "#/$defs/time" }, "maxItems": TIMES_AT_MOST,
            "title": title, "type": "array",
        }),
    }
}

fn schema() -> Value {
    let settings: Map<String, Value> =
        sorted().into_iter().map(|setting| (setting.key.to_owned(), schema_of(setting))).collect();
    let text = json!({ "minLength": 1, "type": "string" });
    let rate = json!({ "maximum": MOST.0, "minimum": LEAST.0, "type": "integer" });
    let limit = json!({
        "properties": { "kind": { "const": "limit" }, "rate": rate }, "required": ["kind", "rate"], "type": "object",
    });
    let pause = json!({ "properties": { "kind": { "const": "pause" } }, "required": ["kind"], "type": "object" });
    let days = json!({ "enum": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] });
    let minute = json!({ "maximum": 1439, "minimum": 0, "type": "integer" });
    let time = json!({
        "properties": {
            "days": { "items": days, "minItems": 1, "type": "array" },
            "from": minute, "rule": { "oneOf": [limit, pause] }, "to": minute,
        },
        "required": ["days", "from", "to", "rule"],
        "type": "object",
    });
    let place = json!({
        "description": "What the contract says of a destination (docs/backend-api.md), and the prefix that the credentials reach.",
        "properties": {
            "bucket": text, "collision": { "enum": ["fail", "overwrite", "suffix"] }, "id": text,
            "key_prefix": { "pattern": "/$", "type": "string" }, "label": text, "region": text,
        },
        "required": ["id", "label", "bucket", "region", "collision", "key_prefix"],
        "type": "object",
    });
    let (secure, loopback) = (format!("https://{HOST}"), address(LOOPBACK));
    let either = address(&format!("{secure}|{LOOPBACK}"));
    let company = json!({
        "anyOf": [
            { "properties": { "auth": { "const": "token" } } },
            { "properties": { "auth": { "const": "none" }, "credentials_url": { "pattern": loopback } }, "required": ["auth"] },
        ],
        "description": "A company whose endpoint gives credentials and nothing else.",
        "properties": {
            "auth": { "default": "token", "description": "none at an address of this computer alone.", "enum": ["token", "none"] },
            "credentials_url": { "pattern": either, "type": "string" },
            "destinations": { "items": place, "type": "array" },
            "method": { "default": "POST", "enum": ["POST", "GET"] },
            "name": text,
        },
        "required": ["name", "credentials_url", "destinations"],
        "type": "object",
    });
    let store = json!({
        "description": "A store other than AWS that uploads may go to.",
        "properties": {
            "endpoint": { "pattern": either, "type": "string" },
            "path_style": { "default": false, "type": "boolean" },
        },
        "required": ["endpoint"],
        "type": "object",
    });
    let updates = json!({
        "description": "How the window is kept up to date.",
        "properties": {
            "enabled": { "default": true, "description": "Whether it looks for updates by itself.", "type": "boolean" },
            "endpoint": {
                "description": "Where they are, in place of where the build says.", "pattern": address(&secure), "type": "string",
            },
        },
        "type": "object",
    });
    json!({
        "$comment": MADE,
        "$defs": { "settings": { "properties": settings, "type": "object" }, "time": time },
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "description": "What a company rolls out to its computers. Of what a backend says as its policy, presets and locks count.",
        "properties": {
            "company": company,
            "locks": { "$ref": "#/$defs/settings", "description": "What holds whatever a person sets." },
            "presets": { "$ref": "#/$defs/settings", "description": "What holds until a person sets something else." },
            "server": { "description": "The same as locks.server.", "maxLength": LONGEST, "minLength": 1, "type": "string" },
            "store": store,
            "updates": updates,
        },
        "title": "Davit policy",
        "type": "object",
    })
}

/// What a company begins with: its address, which nobody changes, and that updates are looked for.
fn example() -> Value {
    let server = SETTINGS.iter().find(|setting| setting.key == "server").map(example_of);
    json!({ "locks": { "server": server }, "updates": { "enabled": true } })
}

/// Every setting, to see how each is written: the address is locked, all else is preset.
fn reference() -> Value {
    let of = |locked: bool| -> Map<String, Value> {
        let some = sorted().into_iter().filter(|setting| (setting.key == "server") == locked);
        some.map(|setting| (setting.key.to_owned(), example_of(setting))).collect()
    };
    json!({ "locks": of(true), "presets": of(false) })
}

fn list() -> String {
    let mut out = format!("# Every setting of a policy\n\n<!-- {MADE} -->\n\n");
    out.push_str(
        "Each may stand below `presets` or `locks`, in the file, in the registry and in managed preferences.\n",
    );
    for setting in SETTINGS {
        let Setting { key, title, says, .. } = setting;
        let (is, registry) = match setting.kind {
            Kind::Switch => ("`true` or `false`".to_owned(), "`REG_DWORD`, 1 or 0"),
            Kind::Number { least, most, .. } => {
                (format!("a number from {least} to {most}, or 0"), "`REG_DWORD` or `REG_QWORD`")
            }
            Kind::Text { .. } => ("a text".to_owned(), "`REG_SZ`"),
            Kind::Choice { of, .. } => {
                let words: Vec<_> = of.iter().map(|(word, title)| format!("`{word}` ({title})")).collect();
                (words.join(", "), "`REG_SZ`")
            }
            Kind::Proxy { .. } => ("`automatic`, `none`, or a proxy's address".to_owned(), "`REG_SZ`"),
            Kind::Times => ("a list of times".to_owned(), "`REG_SZ` with the same JSON"),
        };
        let usual = match setting.kind {
            Kind::Text { .. } => "nothing".to_owned(),
            _ => format!("`{}`", setting.usual().json()),
        };
        let backend = if setting.backend { "may say it" } else { "may not say it" };
        let _ = write!(
            out,
            "\n## `{key}`\n{title}. {says}\n\n- It is {is}; {usual} where nobody says anything.\n- In the registry: {registry}.\n\
             - The company's backend {backend}.\n- For example: `{}`\n",
            example_of(setting)
        );
    }
    out
}

#[test]
fn policy_files_are_what_the_table_of_settings_says() {
    let write = std::env::var_os("DAVIT_WRITE_POLICY").is_some();
    for (name, made) in made() {
        let path = folder().join(name);
        if write {
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            std::fs::write(&path, &made).expect("written");
        }
        let kept = std::fs::read_to_string(&path).expect(name);
        assert!(kept == made, "docs/policy/{name} is not what it would be; run: cargo xtask policy");
    }
}

#[test]
fn the_example_of_a_policy_presets_nothing_and_locks_the_address_alone() {
    let policy = Policy::read(&folder().join("policy.example.json")).expect("a policy");
    assert!(policy.rules.presets.is_empty() && policy.updates.enabled);
    for setting in SETTINGS {
        assert_eq!(policy.rules.locks.get(setting.name).is_some(), setting.key == "server", "{}", setting.key);
    }
}

#[test]
fn the_reference_of_a_policy_is_one_that_says_every_setting() {
    let policy = Policy::read(&folder().join("policy.reference.json")).expect("a policy");
    for setting in SETTINGS {
        let said = policy.rules.locks.get(setting.name).or_else(|| policy.rules.presets.get(setting.name));
        assert_eq!(said.map(davit_core::settings::Value::json), Some(example_of(setting)), "{}", setting.key);
    }
}

/// Windows shows a template only where every name that it uses is there.
#[test]
fn every_word_that_the_template_for_windows_names_is_in_its_words() {
    let (admx, adml) = (templates::admx(), templates::adml());
    for (opening, tag) in [("$(string.", "string"), ("$(presentation.", "presentation")] {
        let used: Vec<_> = admx.split(opening).skip(1).filter_map(|rest| rest.split(')').next()).collect();
        assert!(used.len() > 5, "{used:?}");
        for name in used {
            assert!(adml.contains(&format!("<{tag} id=\"{name}\">")), "{name}");
        }
    }
}

#[test]
fn whatever_number_the_template_for_windows_takes_its_setting_takes() {
    let admx = templates::admx();
    let mut bounds = 0;
    for setting in SETTINGS {
        let field = format!("<decimal id=\"{}\"", setting.key);
        for field in admx.split(&field).skip(1).filter_map(|rest| rest.split("/>").next()) {
            for bound in ["minValue=\"", "maxValue=\""] {
                let number = field.split(bound).nth(1).and_then(|rest| rest.split('"').next()).expect(bound);
                let number: u64 = number.parse().expect("a number");
                setting.read(&json!(number)).unwrap_or_else(|why| panic!("{} {why}: {number}", setting.key));
                bounds += 1;
            }
        }
    }
    assert_eq!(bounds, 8, "two settings, preset and locked");
}
